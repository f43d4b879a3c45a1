#include "queue.h"

#include "../base/memory.h"

#include <stdlib.h>

const char *h9_class_name(enum h9_class c) {
  static const char *const names[H9_CLASSES] = {"low", "normal", "high"};
  return names[c];
}

int h9_queue_open(h9_queue *q, uint32_t limit, h9_error *e) {
  *q = (h9_queue){.limit = limit};
  q->pool = h9_alloc(limit, sizeof *q->pool);
  q->spare = h9_alloc(limit, sizeof *q->spare);
  q->run = h9_alloc(limit, sizeof *q->run);
  bool all = q->pool && q->spare && q->run;
  for (int c = 0; c < H9_CLASSES; c++) all &= (q->lane[c].place = h9_alloc(limit, sizeof(uint32_t))) != NULL;
  if (!all) {
    h9_queue_close(q);
    return h9_fail_memory(e, limit * (sizeof *q->pool + 5 * sizeof(uint32_t)), "waiting signals");
  }
  for (uint32_t i = 0; i < limit; i++) q->spare[i] = i;
  return H9_OK;
}

void h9_queue_close(h9_queue *q) {
  free(q->pool);
  free(q->spare);
  free(q->run);
  for (int c = 0; c < H9_CLASSES; c++) free(q->lane[c].place);
  *q = (h9_queue){0};
}

/* Whether a comes before b. */
static bool before(const h9_queued *a, const h9_queued *b) {
  if (a->step != b->step) return a->step < b->step;
  if (a->priority != b->priority) return a->priority > b->priority;
  return a->arrival < b->arrival;
}

static void push(h9_queue *q, h9_queue_lane *l, uint32_t place) {
  uint32_t at = l->n++;
  while (at > 0) {
    uint32_t up = (at - 1) / 2;
    if (!before(&q->pool[place], &q->pool[l->place[up]])) break;
    l->place[at] = l->place[up];
    at = up;
  }
  l->place[at] = place;
}

static uint32_t pop(h9_queue *q, h9_queue_lane *l) {
  uint32_t top = l->place[0], last = l->place[--l->n], at = 0;
  for (;;) {
    uint32_t down = 2 * at + 1;
    if (down >= l->n) break;
    if (down + 1 < l->n && before(&q->pool[l->place[down + 1]], &q->pool[l->place[down]])) down++;
    if (!before(&q->pool[l->place[down]], &q->pool[last])) break;
    l->place[at] = l->place[down];
    at = down;
  }
  l->place[at] = last;
  return top;
}

/* Gives up one of the lowest class that is below c: the last leaf, of the later half. */
static bool make_room(h9_queue *q, enum h9_class c) {
  for (int k = 0; k < (int)c; k++) {
    h9_queue_lane *l = &q->lane[k];
    if (l->n == 0) continue;
    q->spare[q->limit - q->n] = l->place[--l->n];
    q->n--;
    q->account[k].refused++;
    return true;
  }
  return false;
}

bool h9_queue_put(h9_queue *q, const h9_queued *s) {
  enum h9_class c = h9_class_of(s->priority);
  h9_queue_account *a = &q->account[c];
  uint64_t arrival = q->arrivals++;
  a->in++;
  if (s->step <= q->now && s->step != H9_STEP_NOW) a->late++;
  if (q->n == q->limit && !make_room(q, c)) {
    a->refused++;
    return false;
  }
  uint32_t place = q->spare[q->limit - q->n - 1];
  q->n++;
  if (q->n > q->largest) q->largest = q->n;
  q->pool[place] = *s;
  q->pool[place].arrival = arrival;
  if (s->step <= q->now) q->pool[place].step = q->now + 1;
  push(q, &q->lane[c], place);
  return true;
}

/* Up to `most` due places of a class, in order, to run[]. */
static uint32_t take_class(h9_queue *q, enum h9_class c, h9_step to, uint64_t most, uint32_t *run) {
  h9_queue_lane *l = &q->lane[c];
  uint32_t n = 0;
  while (l->n && n < most && q->pool[l->place[0]].step <= to) run[n++] = pop(q, l);
  q->account[c].delivered += n;
  return n;
}

size_t h9_queue_take(h9_queue *q, h9_step to, uint64_t budget, bool low, h9_queued *out) {
  uint32_t *run[H9_CLASSES], n[H9_CLASSES], at[H9_CLASSES] = {0}, total = 0;
  for (int c = H9_CLASSES - 1; c >= 0; c--) {
    uint64_t left = c == H9_CLASS_HIGH ? UINT64_MAX : budget > total ? budget - total : 0;
    run[c] = q->run + total;
    n[c] = c == H9_CLASS_LOW && !low ? 0 : take_class(q, (enum h9_class)c, to, left, run[c]);
    total += n[c];
  }
  for (uint32_t i = 0; i < total; i++) { /* merges the classes */
    int best = -1;
    for (int c = 0; c < H9_CLASSES; c++)
      if (at[c] < n[c] && (best < 0 || before(&q->pool[run[c][at[c]]], &q->pool[run[best][at[best]]]))) best = c;
    uint32_t place = run[best][at[best]++];
    out[i] = q->pool[place];
    if (out[i].step <= q->now) {
      q->account[best].put_off++;
      out[i].step = q->now + 1;
    }
  }
  for (uint32_t i = 0; i < total; i++) q->spare[q->limit - q->n + i] = q->run[i];
  q->n -= total;
  q->now = to;
  return total;
}

uint64_t h9_queue_due(const h9_queue *q, enum h9_class c, h9_step to) {
  const h9_queue_lane *l = &q->lane[c];
  uint64_t n = 0;
  for (uint32_t i = 0; i < l->n; i++) n += q->pool[l->place[i]].step <= to;
  return n;
}

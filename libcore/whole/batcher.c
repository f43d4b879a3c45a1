#include "batcher.h"

#include "../base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct h9_batch_mark { /* signals before index `end` of those held came at `ns` */
  size_t end;
  uint64_t ns;
};

const h9_batch_settings h9_batch_preset[H9_LATENCIES] = {
    [H9_LATENCY_LOW] = {10, 50, 1},
    [H9_LATENCY_NORMAL] = {100, 1000, 10},
    [H9_LATENCY_HIGH] = {1000, 10000, 50},
};

int h9_batch_latency_of(const char *name) {
  static const char *const names[H9_LATENCIES] = {"low", "normal", "high"};
  for (int i = 0; i < H9_LATENCIES; i++)
    if (strcmp(name, names[i]) == 0) return i;
  return -1;
}

void h9_batcher_open(h9_batcher *b, const h9_batch_settings *s, h9_step longest, h9_batch_fn send, void *ctx) {
  *b = (h9_batcher){.set = *s, .longest = longest, .send = send, .ctx = ctx};
}

void h9_batcher_close(h9_batcher *b) {
  h9_signals_release(&b->held);
  free(b->mark);
  b->mark = NULL;
}

static size_t waiting(const h9_batcher *b) { return b->held.n - b->at; }

/* What the batch of `n` signals says of waiting; forgets when they came. */
static void note_sent(h9_batcher *b, size_t n, uint64_t now_ns) {
  h9_batch_stats *t = &b->stats;
  t->batches++;
  t->signals += n;
  if (n > t->largest) t->largest = n;
  if (n && b->mark_at < b->mark_n) {
    uint64_t came = b->mark[b->mark_at].ns, wait = now_ns > came ? now_ns - came : 0;
    if (wait > t->wait_ns) t->wait_ns = wait;
  }
  while (b->mark_at < b->mark_n && b->mark[b->mark_at].end <= b->at + n) b->mark_at++;
}

/* Sends the next n of those held, as all up to step `to`. */
static int send(h9_batcher *b, size_t n, h9_step to, uint64_t now_ns, h9_error *e) {
  h9_signals *h = &b->held, part = *h;
  part.n = part.cap = n;
  part.to = to;
  part.step += b->at;
  part.id += b->at;
  if (part.strength_bytes) part.strength += b->at;
  if (part.prioritised) part.priority += b->at;
  note_sent(b, n, now_ns);
  b->at += n;
  h->from = to;
  return b->send(b->ctx, &part, e);
}

/* Whole steps, as many as a batch takes, at least one. */
static size_t cut(const h9_batcher *b) {
  const h9_step *step = b->held.step + b->at;
  size_t n = waiting(b), k = b->set.size && b->set.size < n ? b->set.size : n;
  if (k == n) return n;
  while (k > 0 && step[k - 1] == step[k]) k--;
  if (k > 0) return k;
  for (k = 1; k < n && step[k] == step[0]; k++) continue;
  return k;
}

static int send_one(h9_batcher *b, uint64_t now_ns, h9_error *e) {
  size_t n = cut(b);
  return send(b, n, n == waiting(b) ? b->held.to : b->held.step[b->at + n] - 1, now_ns, e);
}

static int send_all(h9_batcher *b, uint64_t now_ns, h9_error *e) {
  int rc = H9_OK;
  do rc = send_one(b, now_ns, e);
  while (rc == H9_OK && waiting(b));
  return rc;
}

/* Moves what is left to the front. */
static void settle(h9_batcher *b) {
  h9_signals *h = &b->held;
  size_t n = waiting(b);
  if (b->at == 0) return;
  memmove(h->step, h->step + b->at, n * sizeof *h->step);
  memmove(h->id, h->id + b->at, n * sizeof *h->id);
  if (h->strength_bytes) memmove(h->strength, h->strength + b->at, n * sizeof *h->strength);
  if (h->prioritised) memmove(h->priority, h->priority + b->at, n);
  for (size_t i = b->mark_at; i < b->mark_n; i++)
    b->mark[i - b->mark_at] = (struct h9_batch_mark){b->mark[i].end - b->at, b->mark[i].ns};
  b->mark_n -= b->mark_at;
  b->mark_at = b->at = 0;
  h->n = n;
}

static int hold(h9_batcher *b, const h9_signals *p, uint64_t now_ns, h9_error *e) {
  h9_signals *h = &b->held;
  for (size_t i = 0; i < p->n; i++)
    if (h9_signals_add_strong(h, p->step[i], p->id[i], p->strength_bytes ? p->strength[i] : 0,
                              p->prioritised ? p->priority[i] : 0) != H9_OK)
      return h9_fail_memory(e, h->n * 21, "signals");
  h->to = p->to;
  if (p->n == 0) return H9_OK;
  if (h9_grow(&b->mark, &b->mark_cap, b->mark_n + 1, sizeof *b->mark) != H9_OK)
    return h9_fail_memory(e, b->mark_n * sizeof *b->mark, "batches");
  b->mark[b->mark_n++] = (struct h9_batch_mark){h->n, now_ns};
  if (waiting(b) > b->stats.backlog) b->stats.backlog = waiting(b);
  return H9_OK;
}

/* A piece unlike those held ends their batch. */
static int begin_piece(h9_batcher *b, const h9_signals *p, uint64_t now_ns, h9_error *e) {
  h9_signals *h = &b->held;
  bool alike = p->strength_bytes == h->strength_bytes && p->prioritised == h->prioritised;
  int rc = b->begun && !alike && waiting(b) ? send_all(b, now_ns, e) : H9_OK;
  settle(b);
  if (!b->begun) h->from = p->from;
  b->begun = true;
  h->strength_bytes = p->strength_bytes;
  h->prioritised = p->prioritised;
  return rc;
}

int h9_batcher_add(h9_batcher *b, const h9_signals *piece, uint64_t now_ns, h9_error *e) {
  if (!h9_batch_gathers(&b->set)) {
    if (piece->n > b->stats.backlog) b->stats.backlog = piece->n;
    note_sent(b, piece->n, now_ns);
    return b->send(b->ctx, piece, e);
  }
  int rc = begin_piece(b, piece, now_ns, e);
  if (rc == H9_OK) rc = hold(b, piece, now_ns, e);
  if (rc == H9_OK && b->set.urgent && waiting(b) >= b->set.urgent) {
    b->stats.urgent++;
    rc = send_all(b, now_ns, e);
  }
  while (rc == H9_OK && b->set.size && waiting(b) >= b->set.size) {
    b->stats.full++;
    rc = send_one(b, now_ns, e);
  }
  if (rc == H9_OK && b->longest && b->held.to - b->held.from >= b->longest) rc = send_all(b, now_ns, e);
  return rc == H9_OK ? h9_batcher_poll(b, now_ns, e) : rc;
}

uint64_t h9_batcher_due(const h9_batcher *b) {
  if (b->set.wait_ms < 0 || b->mark_at == b->mark_n) return UINT64_MAX;
  return b->mark[b->mark_at].ns + (uint64_t)(b->set.wait_ms * 1e6);
}

int h9_batcher_poll(h9_batcher *b, uint64_t now_ns, h9_error *e) {
  if (h9_batcher_due(b) > now_ns) return H9_OK;
  b->stats.waited++;
  return send_all(b, now_ns, e);
}

int h9_batcher_flush(h9_batcher *b, uint64_t now_ns, h9_error *e) {
  if (!b->begun || (waiting(b) == 0 && b->held.to <= b->held.from)) return H9_OK;
  return send_all(b, now_ns, e);
}

void h9_batcher_measure(const h9_batcher *b, const char *prefix, h9_metrics *m) {
  const h9_batch_stats *t = &b->stats;
  const struct {
    const char *name;
    double value;
  } item[] = {{"batches", (double)t->batches},
              {"batch_largest", (double)t->largest},
              {"batches_full", (double)t->full},
              {"batches_waited", (double)t->waited},
              {"batches_urgent", (double)t->urgent},
              {"batch_backlog", (double)t->backlog},
              {"batch_wait_s", (double)t->wait_ns * 1e-9}};
  size_t n = h9_batch_gathers(&b->set) ? sizeof item / sizeof *item : 2; /* nothing waits else */
  for (size_t i = 0; i < n; i++) {
    char name[64];
    snprintf(name, sizeof name, "%s.%s", prefix, item[i].name);
    h9_metrics_set(m, name, item[i].value);
  }
}

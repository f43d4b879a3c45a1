/* Batches of signals: sizes, waits, backlogs. Authority: hand-computed batches, and random pieces put together again. */
#include "../../libcore/whole/batcher.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

typedef struct seen {
  size_t batches, n[64];
  h9_step from[64], to[64];
  h9_signals all;
  h9_step end;
  bool gap, splits;
} seen;

static int take(void *ctx, const h9_signals *g, h9_error *e) {
  seen *s = ctx;
  (void)e;
  if (s->batches < 64) {
    s->n[s->batches] = g->n;
    s->from[s->batches] = g->from;
    s->to[s->batches] = g->to;
  }
  if (s->batches && g->from != s->end) s->gap = true;
  for (size_t i = 0; i < g->n; i++) {
    if (g->step[i] <= g->from || g->step[i] > g->to) s->splits = true;
    if (h9_signals_add_strong(&s->all, g->step[i], g->id[i], g->strength_bytes ? g->strength[i] : 0,
                              g->prioritised ? g->priority[i] : 0) != H9_OK)
      return H9_ESYSTEM;
  }
  s->end = g->to;
  s->batches++;
  return H9_OK;
}

/* A piece of `n` steps from `from` on with `each` signals a step. */
static int give(h9_batcher *b, h9_step from, h9_step n, uint32_t each, uint64_t ms, h9_error *e) {
  h9_signals g = {.from = from, .to = from + n};
  for (h9_step s = from + 1; s <= g.to; s++)
    for (uint32_t k = 0; k < each; k++) (void)!h9_signals_add(&g, s, k + 1);
  int rc = h9_batcher_add(b, &g, ms * 1000000, e);
  h9_signals_release(&g);
  return rc;
}

static void sizes(void) {
  h9_error e = {0};
  seen s = {0};
  h9_batcher b;
  h9_batcher_open(&b, &(h9_batch_settings){10, 0, -1}, 0, take, &s);
  int rc = give(&b, 0, 4, 3, 0, &e); /* 12 signals: three steps are 9, the fourth would make 12 */
  ok(rc == H9_OK && s.batches == 1 && s.n[0] == 9 && s.from[0] == 0 && s.to[0] == 3,
     "at 12 of at most 10, three whole steps of 3 go out");
  rc = give(&b, 4, 1, 25, 0, &e); /* 3 + 25 */
  ok(rc == H9_OK && s.batches == 3 && s.n[1] == 3 && s.to[1] == 4 && s.n[2] == 25 && s.to[2] == 5,
     "a step with more signals than a batch may have goes alone, behind those before it");
  rc = give(&b, 5, 10, 0, 0, &e);
  ok(rc == H9_OK && s.batches == 3 && h9_batcher_due(&b) == UINT64_MAX, "no signal, no batch, nothing due");
  rc = h9_batcher_flush(&b, 0, &e);
  ok(rc == H9_OK && s.batches == 4 && s.n[3] == 0 && s.from[3] == 5 && s.to[3] == 15,
     "a flush sends an empty batch up to the end of the last piece");
  rc = h9_batcher_flush(&b, 0, &e);
  ok(rc == H9_OK && s.batches == 4 && !s.gap && !s.splits, "and a second one nothing; no gap between batches");
  h9_batcher_close(&b);
  h9_signals_release(&s.all);
}

static void waits(void) {
  h9_error e = {0};
  seen s = {0};
  h9_batcher b;
  h9_batcher_open(&b, &(h9_batch_settings){100, 0, 5}, 0, take, &s);
  int rc = give(&b, 0, 1, 2, 10, &e) | give(&b, 1, 1, 2, 12, &e);
  ok(rc == H9_OK && s.batches == 0 && h9_batcher_due(&b) == 15000000, "signals of 10 ms are due at 15 ms with 5 ms of wait");
  rc = h9_batcher_poll(&b, 14999999, &e);
  ok(rc == H9_OK && s.batches == 0, "not a nanosecond before");
  rc = h9_batcher_poll(&b, 16000000, &e);
  ok(rc == H9_OK && s.batches == 1 && s.n[0] == 4 && b.stats.wait_ns == 6000000 && b.stats.waited == 1,
     "then with all that came since; the longest wait is 6 ms");
  rc = give(&b, 2, 1, 1, 20, &e) | give(&b, 3, 1, 0, 26, &e);
  ok(rc == H9_OK && s.batches == 2 && s.n[1] == 1 && s.to[1] == 4, "a piece without signals ends the wait of others, too");
  rc = give(&b, 4, 7, 20, 30, &e); /* 140: five steps go, two wait */
  ok(rc == H9_OK && s.batches == 3 && s.n[2] == 100 && h9_batcher_due(&b) == 35000000,
     "what a full batch leaves has waited since it came");
  h9_batcher_close(&b);
  h9_signals_release(&s.all);
}

static void urgency(void) {
  h9_error e = {0};
  seen s = {0};
  h9_batcher b;
  h9_batcher_open(&b, &(h9_batch_settings){10, 50, 1000}, 0, take, &s);
  int rc = give(&b, 0, 49, 1, 0, &e);
  ok(rc == H9_OK && s.batches == 4 && b.stats.urgent == 0 && b.stats.full == 4, "49 of 50: four full batches, nine wait");
  rc = give(&b, 49, 42, 1, 0, &e); /* 9 + 42 = 51 */
  ok(rc == H9_OK && s.batches == 10 && s.n[9] == 1 && b.stats.urgent == 1 && b.stats.backlog == 51,
     "51: all go at once, in batches of 10 and the last of 1");
  h9_batcher_close(&b);
  h9_signals_release(&s.all);
  s = (seen){0};
  h9_batcher_open(&b, &(h9_batch_settings){10, 0, -1}, 100, take, &s);
  rc = give(&b, 0, 60, 0, 0, &e) | give(&b, 60, 60, 0, 0, &e);
  ok(rc == H9_OK && s.batches == 1 && s.to[0] == 120 && s.n[0] == 0, "a batch without a signal when the time of the longest is over");
  h9_batcher_close(&b);
}

/* Any pieces under any settings: the same signals come out, in whole steps and in bounds. */
static void any(void) {
  h9_error e = {0};
  bool same = true, bounds = true, whole = true;
  srand(5);
  for (int round = 0; round < 300; round++) {
    h9_batch_settings set = {(uint32_t)(rand() % 20), (uint32_t)(rand() % 100), rand() % 4 - 1};
    seen s = {.all = {.strength_bytes = 8, .prioritised = true}};
    h9_signals want = {.strength_bytes = 8, .prioritised = true};
    h9_batcher b;
    h9_batcher_open(&b, &set, 30, take, &s);
    h9_step at = 0;
    for (int i = 0; i < 40; i++) {
      h9_signals g = {.from = at, .to = at + 1 + rand() % 5, .strength_bytes = rand() % 9 == 0 ? 4 : 0};
      g.prioritised = g.strength_bytes != 0;
      for (h9_step t = at + 1; t <= g.to; t++)
        for (int k = 0, n = rand() % 7; k < n; k++) {
          double w = g.strength_bytes ? rand() % 100 : 0;
          uint8_t p = g.prioritised ? (uint8_t)rand() : 0;
          (void)!h9_signals_add_strong(&g, t, (h9_id)(k + 1), w, p);
          (void)!h9_signals_add_strong(&want, t, (h9_id)(k + 1), w, p);
        }
      at = g.to;
      same &= h9_batcher_add(&b, &g, (uint64_t)i * 700000, &e) == H9_OK;
      h9_signals_release(&g);
    }
    same &= h9_batcher_flush(&b, 0, &e) == H9_OK && s.all.n == want.n && s.end == at;
    for (size_t i = 0; same && i < want.n; i++)
      same &= s.all.step[i] == want.step[i] && s.all.id[i] == want.id[i] && s.all.strength[i] == want.strength[i] &&
              s.all.priority[i] == want.priority[i];
    whole &= !s.gap && !s.splits;
    if (set.size > 6) bounds &= !h9_batch_gathers(&set) || b.stats.largest <= set.size; /* a step has 6 at most */
    h9_batcher_close(&b);
    h9_signals_release(&s.all);
    h9_signals_release(&want);
  }
  ok(same, "300 settings and streams: what goes in comes out, strengths and priorities with it");
  ok(whole, "batches follow each other without gaps and end at ends of steps");
  ok(bounds, "none is larger than asked for");
}

int main(void) {
  sizes();
  waits();
  urgency();
  any();
  ok(h9_batch_latency_of("normal") == H9_LATENCY_NORMAL && h9_batch_latency_of("middle") == -1 &&
         h9_batch_preset[H9_LATENCY_LOW].size == 10 && h9_batch_preset[H9_LATENCY_NORMAL].wait_ms == 10 &&
         h9_batch_preset[H9_LATENCY_HIGH].urgent == 10000,
     "presets: 10 / 1 ms / 50, 100 / 10 ms / 1,000, 1,000 / 50 ms / 10,000");
  return done();
}

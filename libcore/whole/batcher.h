/* Signals gathered into batches: one is sent when it is full, when its oldest signal has waited long enough, or when
 * so many wait that all go at once.
 *
 * A batch holds whole steps, so that a reader knows everything up to its end: a step with more signals than a batch may
 * have is a batch of its own. Without any setting nothing is gathered: what comes goes out as it is. */
#ifndef H9_WHOLE_BATCHER_H
#define H9_WHOLE_BATCHER_H

#include "../format/codec.h"

typedef struct h9_batch_settings {
  uint32_t size;   /* signals of the largest batch; 0: any number */
  uint32_t urgent; /* so many waiting go at once; 0: any number may wait */
  double wait_ms;  /* longest wait of a signal, of the wall clock; below 0: any time */
} h9_batch_settings;

#define H9_BATCH_NONE ((h9_batch_settings){0, 0, -1})
static inline bool h9_batch_gathers(const h9_batch_settings *s) { return s->size || s->urgent || s->wait_ms >= 0; }

enum h9_batch_latency { H9_LATENCY_LOW, H9_LATENCY_NORMAL, H9_LATENCY_HIGH, H9_LATENCIES };
/* 10 signals, 1 ms, urgent at 50; 100, 10 ms, 1,000; 1,000, 50 ms, 10,000. */
extern const h9_batch_settings h9_batch_preset[H9_LATENCIES];
/* "low", "normal", "high"; -1: another text. */
int h9_batch_latency_of(const char *name);

typedef struct h9_batch_stats {
  uint64_t batches, signals;
  uint64_t full, waited, urgent; /* why: size reached, wait over; how often all went at once as too many waited */
  uint64_t largest;              /* signals of a batch */
  uint64_t backlog;              /* most that waited */
  uint64_t wait_ns;              /* longest wait of a signal */
} h9_batch_stats;

typedef int (*h9_batch_fn)(void *ctx, const h9_signals *batch, h9_error *e);

typedef struct h9_batcher {
  h9_batch_settings set;
  h9_step longest; /* steps of the longest batch; 0: any */
  h9_batch_fn send;
  void *ctx;
  h9_signals held;   /* from `at` on */
  size_t at;
  struct h9_batch_mark *mark; /* when they came, from `mark_at` on */
  size_t mark_n, mark_at, mark_cap;
  bool begun;
  h9_batch_stats stats;
} h9_batcher;

void h9_batcher_open(h9_batcher *b, const h9_batch_settings *s, h9_step longest, h9_batch_fn send, void *ctx);
/* All signals of from < step <= to, in order, the next after the piece before; came at `now_ns`, and sends what is due.
 * H9_ESYSTEM, or what `send` returned. */
int h9_batcher_add(h9_batcher *b, const h9_signals *piece, uint64_t now_ns, h9_error *e) H9_UNUSED_RESULT;
/* Sends what has waited long enough. */
int h9_batcher_poll(h9_batcher *b, uint64_t now_ns, h9_error *e) H9_UNUSED_RESULT;
/* When the oldest will have waited long enough; UINT64_MAX: never. */
uint64_t h9_batcher_due(const h9_batcher *b);
/* Sends all that is held, up to the last piece's end. */
int h9_batcher_flush(h9_batcher *b, uint64_t now_ns, h9_error *e) H9_UNUSED_RESULT;
void h9_batcher_close(h9_batcher *b);

/* "step.batches" and so on, under the program's prefix. */
void h9_batcher_measure(const h9_batcher *b, const char *prefix, h9_metrics *m);

#endif

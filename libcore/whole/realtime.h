/* A simulation paced by the wall clock: frames of equal length, each simulated when its time has come, with the signals
 * that came until then.
 *
 * Signals from outside pass through a queue (queue.h): files are read as time goes on, pipes by a thread each as they
 * come. When a frame begins, those that are due are delivered in it; all of them, unless a budget is set or time is short:
 * then high ones are, normal ones as the budget lasts, low ones as it lasts and only when the clock is kept up with. */
#ifndef H9_WHOLE_REALTIME_H
#define H9_WHOLE_REALTIME_H

#include "../base/histogram.h"
#include "../model/queue.h"
#include "batcher.h"
#include "sim.h"

#include <argp.h>
#include <signal.h>

typedef struct h9_realtime_options { /* zeroed: nothing given */
  bool on;
  double factor;   /* wall time over simulated time */
  double frame_ms; /* of wall time */
  uint64_t budget; /* signals a frame */
  uint64_t queue;  /* signals that may wait */
  const char *log; /* file of delivered signals; NULL: none */
} h9_realtime_options;

/* A child of a program's parser; its input is a h9_realtime_options. */
extern const struct argp h9_realtime_argp;

typedef struct h9_realtime_stats {
  uint64_t frames, missed;  /* missed: not done when the next should have begun */
  double frame_s, lag_s;    /* lag: the most that a frame began late */
  uint64_t short_frames;    /* begun so late that low signals waited */
  uint32_t backlog;         /* most signals that waited */
  uint64_t pending[H9_CLASSES], later[H9_CLASSES]; /* held at the end: due, and for later than the end */
  h9_queue_account account[H9_CLASSES];
  h9_histogram jitter;  /* ns from a frame's time to its begin, of frames that were waited for */
  h9_histogram latency; /* ns from a signal's arrival to the writing of the first spike of its step or later */
} h9_realtime_stats;

typedef struct h9_realtime h9_realtime;

/* Takes over the inputs of the simulation (its stimuli are open, with the option `live`). `sim` and `b` outlive it. */
int h9_realtime_open(h9_realtime **rt, const h9_realtime_options *o, h9_sim *sim, const h9_network *net, h9_batcher *b,
                     h9_error *e) H9_UNUSED_RESULT;
/* Simulates up to `steps` more; 0: until all inputs have ended. Ends early, behind a whole frame, when *stop is not 0. */
int h9_realtime_run(h9_realtime *rt, h9_step steps, const volatile sig_atomic_t *stop, h9_error *e) H9_UNUSED_RESULT;
/* To be told of each batch that was written. */
void h9_realtime_sent(h9_realtime *rt, const h9_signals *batch);
const h9_realtime_stats *h9_realtime_stats_get(const h9_realtime *rt);
/* Ends threads and the log. H9_EIO. */
int h9_realtime_finish(h9_realtime *rt, h9_error *e) H9_UNUSED_RESULT;
void h9_realtime_free(h9_realtime *rt);

void h9_realtime_measure(const h9_realtime *rt, h9_metrics *m);
/* Lines of text for the user. */
void h9_realtime_report(const h9_realtime *rt, h9_buf *b);

#endif

/* Signals that wait to be delivered: a queue of bounded size, ordered by time, then priority, then arrival.
 *
 * Priorities fall into three classes. Where not everything due may be delivered, high signals all are, normal ones before
 * low ones; what is not waits. A full queue takes a signal only in the place of one of a lower class. Each is counted:
 * in = delivered + held + refused. All memory is taken when the queue is opened. */
#ifndef H9_MODEL_QUEUE_H
#define H9_MODEL_QUEUE_H

#include "../base/status.h"

enum h9_class { H9_CLASS_LOW, H9_CLASS_NORMAL, H9_CLASS_HIGH, H9_CLASSES };
enum { H9_PRIORITY_LOW = 0, H9_PRIORITY_NORMAL = 128, H9_PRIORITY_HIGH = 255 }; /* of each class, as words say it */
static inline enum h9_class h9_class_of(uint8_t priority) {
  return priority < 64 ? H9_CLASS_LOW : priority < 192 ? H9_CLASS_NORMAL : H9_CLASS_HIGH;
}
const char *h9_class_name(enum h9_class c);

#define H9_STEP_NOW INT64_MIN /* as soon as possible */

typedef struct h9_queued {
  h9_step step;     /* when it is to be delivered */
  double weight;
  uint64_t came_ns; /* by the wall clock */
  uint64_t arrival; /* set by the queue: number, from 0 */
  uint32_t index;   /* of the neuron */
  uint8_t priority; /* 255 the highest */
} h9_queued;

typedef struct h9_queue_account { /* of a class */
  uint64_t in, delivered, refused;
  uint64_t late;    /* came after their time: of those in */
  uint64_t put_off; /* waited beyond their time for the budget: of those delivered */
} h9_queue_account;

typedef struct h9_queue_lane { /* a binary heap of places in the pool */
  uint32_t *place, n;
} h9_queue_lane;

typedef struct h9_queue {
  uint32_t limit, n, largest; /* held at most, now, and at the peak */
  uint64_t arrivals;
  h9_step now;                /* everything up to here was delivered: later signals are for now + 1 at the earliest */
  h9_queued *pool;            /* [limit] */
  uint32_t *spare;            /* places that are free: the first limit - n */
  uint32_t *run;              /* [limit] taken ones */
  h9_queue_lane lane[H9_CLASSES];
  h9_queue_account account[H9_CLASSES];
} h9_queue;

int h9_queue_open(h9_queue *q, uint32_t limit, h9_error *e) H9_UNUSED_RESULT;
void h9_queue_close(h9_queue *q);
/* Takes a signal in or refuses it, or another of a lower class in its place; counts. A time that is over becomes the next
 * step. False: this one was refused. */
bool h9_queue_put(h9_queue *q, const h9_queued *s);
/* Moves what is due up to step `to` into out[], room for `limit`, in order: at most `budget` signals, but all high ones;
 * low ones only where `low`. What was put off comes with the step q->now + 1, where q->now becomes `to`. */
size_t h9_queue_take(h9_queue *q, h9_step to, uint64_t budget, bool low, h9_queued *out);
/* Held signals of the class with a time up to step `to`. */
uint64_t h9_queue_due(const h9_queue *q, enum h9_class c, h9_step to);

#endif

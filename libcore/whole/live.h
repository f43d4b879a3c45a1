/* The inputs of a paced simulation, merged in a queue: files are read up to the time that is asked for, pipes by a thread
 * each as they come. While the queue is half full, what a pipe has for later than a second from now is left in it. */
#ifndef H9_WHOLE_LIVE_H
#define H9_WHOLE_LIVE_H

#include "../model/queue.h"
#include "stimulus_file.h"

#include <pthread.h>

typedef struct h9_live_input {
  struct h9_live *live;
  h9_stimulus_input *in;
  pthread_t thread;
  bool runs;
} h9_live_input;

typedef struct h9_live {
  uint32_t n;
  h9_live_input *input;
  h9_step ahead;      /* steps of a second */
  int wake;           /* readable: threads shall end */
  h9_event_list list; /* of files */
  pthread_mutex_t mu; /* guards all that follows */
  pthread_cond_t space;
  h9_queue queue;
  uint32_t running;   /* pipes that have not ended */
  bool stop;
  h9_error failure;
} h9_live;

/* `in` and the network outlive it. Room for `limit` signals. */
int h9_live_open(h9_live *l, h9_stimulus_input **in, uint32_t n, double dt, uint32_t limit, h9_error *e) H9_UNUSED_RESULT;
/* Starts to read pipes; everything up to step `now` is over. H9_ESYSTEM. */
int h9_live_start(h9_live *l, h9_step now, h9_error *e) H9_UNUSED_RESULT;
/* What is due up to step `to`, as h9_queue_take gives it; out[] has room for `limit`. Fails if an input did. */
int h9_live_take(h9_live *l, h9_step to, uint64_t budget, bool low, h9_queued *out, size_t *n, h9_error *e) H9_UNUSED_RESULT;
/* Whether no more signals will come and none waits. */
bool h9_live_ended(h9_live *l);
/* H9_OK, or what an input failed with. */
int h9_live_failed(h9_live *l, h9_error *e);
/* Ends the threads. */
void h9_live_stop(h9_live *l);
void h9_live_close(h9_live *l);

#endif

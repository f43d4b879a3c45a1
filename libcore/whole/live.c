#include "live.h"

#include "../base/clock.h"
#include "../base/memory.h"
#include "../base/thread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

int h9_live_open(h9_live *l, h9_stimulus_input **in, uint32_t n, double dt, uint32_t limit, h9_error *e) {
  *l = (h9_live){.n = n, .wake = -1, .ahead = (h9_step)(1000 / dt) + 1};
  pthread_mutex_init(&l->mu, NULL);
  pthread_cond_init(&l->space, NULL);
  int rc = h9_queue_open(&l->queue, limit, e);
  l->input = calloc((size_t)n + 1, sizeof *l->input);
  l->wake = eventfd(0, EFD_CLOEXEC);
  if (rc == H9_OK && !l->input) rc = h9_fail_memory(e, n * sizeof *l->input, "stimuli");
  if (rc == H9_OK && l->wake < 0) rc = h9_fail_sys(e, H9_ESYSTEM, errno, "cannot make an event");
  for (uint32_t i = 0; rc == H9_OK && i < n; i++) l->input[i] = (h9_live_input){.live = l, .in = in[i]};
  return rc;
}

static h9_queued queued(const h9_event *v, uint64_t came_ns) {
  return (h9_queued){
      .step = v->step, .weight = v->weight, .came_ns = came_ns, .index = v->index, .priority = v->priority};
}

/* With the lock: waits while the queue is half full and what comes next is for much later. */
static void wait_for_space(h9_live *l, const h9_event *v) {
  const h9_queue *q = &l->queue;
  while (!l->stop && q->n > q->limit / 2 && v->step > q->now + l->ahead) pthread_cond_wait(&l->space, &l->mu);
}

static void put(h9_live *l, const h9_event_list *list) {
  uint64_t now = h9_clock_ns();
  pthread_mutex_lock(&l->mu);
  for (size_t i = 0; i < list->n && !l->stop; i++) {
    wait_for_space(l, &list->event[i]);
    h9_queued s = queued(&list->event[i], now);
    (void)h9_queue_put(&l->queue, &s); /* it counts what it refuses */
  }
  pthread_mutex_unlock(&l->mu);
}

static void *reader(void *data) {
  h9_live_input *x = data;
  h9_live *l = x->live;
  h9_event_list list = {0};
  h9_error e = {0};
  int rc = H9_OK;
  while (rc == H9_OK) {
    list.n = 0;
    rc = h9_stimulus_input_more(x->in, l->wake, &list, &e);
    if (list.n) put(l, &list); /* those before a mistake, too */
  }
  free(list.event);
  pthread_mutex_lock(&l->mu);
  l->running--;
  if (rc != H9_EOF && !l->stop && l->failure.code == H9_OK) l->failure = e;
  pthread_mutex_unlock(&l->mu);
  return NULL;
}

int h9_live_start(h9_live *l, h9_step now, h9_error *e) {
  l->queue.now = now;
  for (uint32_t i = 0; i < l->n; i++) {
    h9_live_input *x = &l->input[i];
    if (!h9_stimulus_input_is_live(x->in)) continue;
    pthread_mutex_lock(&l->mu);
    x->runs = h9_threads_start(&x->thread, 1, reader, x) == 1;
    l->running += x->runs;
    pthread_mutex_unlock(&l->mu);
    if (!x->runs) return h9_fail(e, H9_ESYSTEM, "a thread that reads stimuli could not be had");
  }
  return H9_OK;
}

int h9_live_failed(h9_live *l, h9_error *e) {
  pthread_mutex_lock(&l->mu);
  int rc = l->failure.code;
  if (rc != H9_OK) *e = l->failure;
  pthread_mutex_unlock(&l->mu);
  return rc;
}

int h9_live_take(h9_live *l, h9_step to, uint64_t budget, bool low, h9_queued *out, size_t *n, h9_error *e) {
  l->list.n = 0;
  for (uint32_t i = 0; i < l->n; i++) {
    if (h9_stimulus_input_is_live(l->input[i].in)) continue; /* its thread's */
    int rc = h9_stimulus_input_read(l->input[i].in, to, &l->list, e);
    if (rc != H9_OK) return rc;
  }
  pthread_mutex_lock(&l->mu);
  for (size_t i = 0; i < l->list.n; i++) {
    h9_queued s = queued(&l->list.event[i], 0);
    (void)h9_queue_put(&l->queue, &s);
  }
  *n = h9_queue_take(&l->queue, to, budget, low, out);
  pthread_cond_broadcast(&l->space);
  pthread_mutex_unlock(&l->mu);
  return h9_live_failed(l, e);
}

bool h9_live_ended(h9_live *l) {
  bool ended = l->n > 0;
  for (uint32_t i = 0; i < l->n; i++)
    ended &= h9_stimulus_input_is_live(l->input[i].in) || h9_stimulus_input_ended(l->input[i].in);
  pthread_mutex_lock(&l->mu);
  ended &= l->running == 0 && l->queue.n == 0;
  pthread_mutex_unlock(&l->mu);
  return ended;
}

void h9_live_stop(h9_live *l) {
  if (l->wake < 0) return;
  uint64_t one = 1;
  pthread_mutex_lock(&l->mu);
  l->stop = true;
  pthread_cond_broadcast(&l->space);
  pthread_mutex_unlock(&l->mu);
  while (write(l->wake, &one, sizeof one) < 0 && errno == EINTR) continue;
  for (uint32_t i = 0; l->input && i < l->n; i++) {
    if (l->input[i].runs) h9_threads_join(&l->input[i].thread, 1);
    l->input[i].runs = false;
  }
}

void h9_live_close(h9_live *l) {
  h9_live_stop(l);
  if (l->wake >= 0) close(l->wake);
  h9_queue_close(&l->queue);
  pthread_mutex_destroy(&l->mu);
  pthread_cond_destroy(&l->space);
  free(l->list.event);
  free(l->input);
}

#include "realtime.h"

#include "../base/clock.h"
#include "../base/io.h"
#include "../base/memory.h"
#include "live.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { QUEUE_DEFAULT = 1 << 16, MEASURED_MAX = 1 << 16 };
static const uint64_t look_up_ns = 50000000; /* how often a sleeper looks whether to end */

typedef struct answered { /* a delivered signal that no spike has followed yet */
  h9_step step;
  uint64_t came_ns;
} answered;

struct h9_realtime {
  h9_realtime_options o;
  h9_sim *sim;
  h9_batcher *batcher;
  double dt, frame_ns, frame_steps;
  h9_live live;
  h9_queued *due; /* of the frame: due_n, handed out up to due_at */
  size_t due_n, due_at;
  answered *waiting; /* a ring */
  uint64_t waiting_from, waiting_to;
  h9_output log;
  bool logs;
  h9_buf text; /* of the log */
  h9_realtime_stats stats;
};

int h9_realtime_open(h9_realtime **out, const h9_realtime_options *o, h9_sim *sim, const h9_network *net, h9_batcher *b,
                     h9_error *e) {
  h9_realtime *rt = calloc(1, sizeof *rt);
  if (!rt) return h9_fail_memory(e, sizeof *rt, "a paced simulation");
  rt->o = *o;
  rt->sim = sim;
  rt->batcher = b;
  rt->dt = net->dt;
  rt->live.wake = -1;
  if (!(rt->o.frame_ms > 0)) rt->o.frame_ms = 1000.0 / 60;
  if (!rt->o.queue) rt->o.queue = QUEUE_DEFAULT;
  if (!rt->o.budget) rt->o.budget = UINT64_MAX;
  rt->frame_ns = rt->o.frame_ms * 1e6;
  rt->frame_steps = rt->o.frame_ms / rt->o.factor / rt->dt;
  rt->stats.frame_s = rt->o.frame_ms * 1e-3;
  rt->due = h9_alloc(rt->o.queue, sizeof *rt->due);
  rt->waiting = h9_alloc(MEASURED_MAX, sizeof *rt->waiting);
  h9_stimulus_input **in;
  uint32_t n = h9_sim_stimulus_inputs(sim, &in);
  int rc = rt->due && rt->waiting ? H9_OK : h9_fail_memory(e, rt->o.queue * sizeof *rt->due, "waiting signals");
  if (rc == H9_OK && rt->frame_steps < 1 - 1e-9)
    rc = h9_fail(e, H9_EUSAGE, "--frame: found %g ms of the clock, %g ms of simulated time, expected a step of %g ms or more",
                 rt->o.frame_ms, rt->o.frame_ms / rt->o.factor, rt->dt);
  if (rc == H9_OK) rc = h9_live_open(&rt->live, in, n, rt->dt, (uint32_t)rt->o.queue, e);
  if (rc == H9_OK && o->log) {
    rc = h9_output_open(&rt->log, o->log, true, e);
    rt->logs = rc == H9_OK;
  }
  if (rc != H9_OK) h9_realtime_free(rt);
  else *out = rt;
  return rc;
}

void h9_realtime_free(h9_realtime *rt) {
  if (!rt) return;
  if (rt->live.wake >= 0) h9_live_close(&rt->live);
  if (rt->logs) h9_output_abandon(&rt->log);
  h9_buf_release(&rt->text);
  free(rt->due);
  free(rt->waiting);
  free(rt);
}

const h9_realtime_stats *h9_realtime_stats_get(const h9_realtime *rt) { return &rt->stats; }

/* ---- signals ---- */

static void log_signal(h9_realtime *rt, const h9_queued *s) {
  char line[96];
  int n = snprintf(line, sizeof line, "%.12g\t%u\t%.17g\t%u\n", (double)s->step * rt->dt, s->index + 1, s->weight, s->priority);
  h9_buf_put(&rt->text, line, (size_t)n);
}

static int write_log(h9_realtime *rt, h9_error *e) {
  if (rt->text.failed) return h9_fail_memory(e, rt->text.len, "the log of stimuli");
  int rc = rt->text.len ? h9_write_full(rt->log.fd, rt->text.data, rt->text.len, e) : H9_OK;
  rt->text.len = 0;
  return rc == H9_OK ? rc : h9_fail_at(e, "%s", rt->o.log);
}

/* The signals of the frame that ends with step `to`. */
static int collect(h9_realtime *rt, h9_step to, bool low, h9_error *e) {
  int rc = h9_live_take(&rt->live, to, rt->o.budget, low, rt->due, &rt->due_n, e);
  rt->due_at = 0;
  for (size_t i = 0; rc == H9_OK && i < rt->due_n; i++) {
    const h9_queued *s = &rt->due[i];
    if (rt->logs) log_signal(rt, s);
    if (s->came_ns && rt->waiting_to - rt->waiting_from < MEASURED_MAX)
      rt->waiting[rt->waiting_to++ % MEASURED_MAX] = (answered){s->step, s->came_ns};
  }
  return rc == H9_OK && rt->logs ? write_log(rt, e) : rc;
}

static int arrive(void *ctx, h9_step to, h9_event_list *list, h9_error *e) {
  h9_realtime *rt = ctx;
  for (; rt->due_at < rt->due_n && rt->due[rt->due_at].step <= to; rt->due_at++) {
    const h9_queued *s = &rt->due[rt->due_at];
    if (h9_grow(&list->event, &list->cap, list->n + 1, sizeof *list->event) != H9_OK)
      return h9_fail_memory(e, (list->n + 1) * sizeof *list->event, "spikes of a stimulus");
    list->event[list->n++] = (h9_event){s->step, s->index, s->priority, s->weight};
  }
  return H9_OK;
}

void h9_realtime_sent(h9_realtime *rt, const h9_signals *batch) {
  if (batch->n == 0) return;
  uint64_t now = h9_clock_ns();
  while (rt->waiting_from < rt->waiting_to) {
    const answered *a = &rt->waiting[rt->waiting_from % MEASURED_MAX];
    if (a->step > batch->step[batch->n - 1]) return;
    h9_histogram_add(&rt->stats.latency, now - a->came_ns);
    rt->waiting_from++;
  }
}

/* ---- frames ---- */

static int sleep_until(h9_realtime *rt, uint64_t until, const volatile sig_atomic_t *stop, h9_error *e) {
  for (;;) {
    uint64_t now = h9_clock_ns(), next = now + look_up_ns, due = h9_batcher_due(rt->batcher);
    if (now >= until || *stop) return H9_OK;
    int rc = due <= now ? h9_batcher_poll(rt->batcher, now, e) : h9_live_failed(&rt->live, e);
    if (rc != H9_OK) return rc;
    if (due > now && due < next) next = due;
    if (until < next) next = until;
    struct timespec t = {(time_t)(next / 1000000000), (long)(next % 1000000000)};
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
  }
}

/* Waits for the time of a frame; whether there was any left. */
static int begin_frame(h9_realtime *rt, uint64_t at, const volatile sig_atomic_t *stop, uint64_t *late, h9_error *e) {
  bool early = h9_clock_ns() < at;
  int rc = sleep_until(rt, at, stop, e);
  uint64_t now = h9_clock_ns();
  *late = now > at ? now - at : 0;
  if (early && now >= at) h9_histogram_add(&rt->stats.jitter, *late);
  if ((double)*late * 1e-9 > rt->stats.lag_s) rt->stats.lag_s = (double)*late * 1e-9;
  return rc;
}

static void count_rest(h9_realtime *rt) {
  h9_realtime_stats *t = &rt->stats;
  pthread_mutex_lock(&rt->live.mu);
  const h9_queue *q = &rt->live.queue;
  for (int c = 0; c < H9_CLASSES; c++) {
    t->account[c] = q->account[c];
    t->pending[c] = h9_queue_due(q, (enum h9_class)c, q->now);
    t->later[c] = q->lane[c].n - t->pending[c];
  }
  t->backlog = q->largest;
  pthread_mutex_unlock(&rt->live.mu);
}

int h9_realtime_run(h9_realtime *rt, h9_step steps, const volatile sig_atomic_t *stop, h9_error *e) {
  h9_realtime_stats *t = &rt->stats;
  h9_step begin = h9_sim_now(rt->sim), now = begin, end = steps ? begin + steps : (h9_step)UINT32_MAX - 1;
  uint64_t zero = h9_clock_ns();
  h9_sim_feed_by(rt->sim, arrive, rt);
  int rc = h9_live_start(&rt->live, begin, e);
  for (uint64_t k = 0; rc == H9_OK && now < end; k++) {
    uint64_t at = zero + (uint64_t)((double)k * rt->frame_ns), next = zero + (uint64_t)((double)(k + 1) * rt->frame_ns), late;
    h9_step to = begin + (h9_step)floor((double)(k + 1) * rt->frame_steps + 0.5);
    if (to > end) to = end;
    rc = begin_frame(rt, at, stop, &late, e);
    if (rc != H9_OK || (*stop && k > 0)) break;
    bool in_time = late < next - at;
    rc = collect(rt, to, in_time, e);
    if (rc == H9_OK) rc = h9_sim_run(rt->sim, to - now, e);
    if (rc == H9_OK) rc = h9_batcher_poll(rt->batcher, h9_clock_ns(), e);
    now = to;
    t->frames++;
    t->short_frames += !in_time;
    t->missed += h9_clock_ns() > next;
    if (*stop || (!steps && h9_live_ended(&rt->live))) break;
  }
  h9_live_stop(&rt->live);
  count_rest(rt);
  return rc;
}

int h9_realtime_finish(h9_realtime *rt, h9_error *e) {
  if (!rt->logs) return H9_OK;
  rt->logs = false;
  return h9_output_commit(&rt->log, e);
}

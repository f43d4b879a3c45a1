/* What a paced simulation tells of itself: measurements and text. */
#include "realtime.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

typedef struct total {
  uint64_t in, delivered, deferred, refused, late, put_off, later;
} total;

static void add(total *t, const h9_realtime_stats *s, int c) {
  const h9_queue_account *a = &s->account[c];
  t->in += a->in;
  t->delivered += a->delivered;
  t->deferred += s->pending[c] + s->later[c];
  t->refused += a->refused;
  t->late += a->late;
  t->put_off += a->put_off;
  t->later += s->later[c];
}

void h9_realtime_measure(const h9_realtime *rt, h9_metrics *m) {
  const h9_realtime_stats *s = h9_realtime_stats_get(rt);
  total t = {0};
  for (int c = 0; c < H9_CLASSES; c++) add(&t, s, c);
  h9_metrics_set(m, "step.realtime_frame_s", s->frame_s);
  h9_metrics_set(m, "step.realtime_frames", (double)s->frames);
  h9_metrics_set(m, "step.realtime_missed", (double)s->missed);
  h9_metrics_set(m, "step.jitter_median_s", h9_histogram_quantile(&s->jitter, 0.5) * 1e-9);
  h9_metrics_set(m, "step.jitter_p99_s", h9_histogram_quantile(&s->jitter, 0.99) * 1e-9);
  h9_metrics_set(m, "step.jitter_max_s", (double)s->jitter.largest * 1e-9);
  h9_metrics_set(m, "step.lag_max_s", s->lag_s);
  h9_metrics_set(m, "step.stimuli_in", (double)t.in);
  h9_metrics_set(m, "step.stimuli_delivered", (double)t.delivered);
  h9_metrics_set(m, "step.stimuli_deferred", (double)t.deferred);
  h9_metrics_set(m, "step.stimuli_refused", (double)t.refused);
  h9_metrics_set(m, "step.stimuli_late", (double)t.late);
  h9_metrics_set(m, "step.stimuli_put_off", (double)t.put_off);
  h9_metrics_set(m, "step.stimuli_backlog", s->backlog);
  if (s->latency.n == 0) return;
  h9_metrics_set(m, "step.latency_median_s", h9_histogram_quantile(&s->latency, 0.5) * 1e-9);
  h9_metrics_set(m, "step.latency_p99_s", h9_histogram_quantile(&s->latency, 0.99) * 1e-9);
  h9_metrics_set(m, "step.latency_max_s", (double)s->latency.largest * 1e-9);
}

H9_PRINTF(2, 3) static void say(h9_buf *b, const char *fmt, ...) {
  char line[256];
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(line, sizeof line, fmt, ap);
  va_end(ap);
  h9_buf_put(b, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

static void say_class(h9_buf *b, const char *name, const total *t) {
  const struct {
    uint64_t n;
    const char *what;
  } more[] = {{t->put_off, "delivered later than wanted"}, {t->late, "came when their time was over"},
              {t->later, "for later than the end"}};
  say(b, "signals %-6s %" PRIu64 " in = %" PRIu64 " delivered + %" PRIu64 " deferred + %" PRIu64 " refused", name, t->in,
      t->delivered, t->deferred, t->refused);
  for (size_t i = 0; i < sizeof more / sizeof *more; i++)
    if (more[i].n) say(b, "; %" PRIu64 " %s", more[i].n, more[i].what);
  say(b, "\n");
}

void h9_realtime_report(const h9_realtime *rt, h9_buf *b) {
  const h9_realtime_stats *s = h9_realtime_stats_get(rt);
  total all = {0};
  int classes = 0;
  say(b, "frames         %" PRIu64 " of %.4g ms, %" PRIu64 " missed; largest lag %.3g ms\n", s->frames, s->frame_s * 1e3,
      s->missed, s->lag_s * 1e3);
  say(b, "jitter         median %.3g ms, 99th percentile %.3g ms, largest %.3g ms\n",
      h9_histogram_quantile(&s->jitter, 0.5) * 1e-6, h9_histogram_quantile(&s->jitter, 0.99) * 1e-6,
      (double)s->jitter.largest * 1e-6);
  for (int c = H9_CLASSES - 1; c >= 0; c--) {
    total one = {0};
    add(&one, s, c);
    add(&all, s, c);
    classes += one.in > 0;
    if (one.in) say_class(b, h9_class_name((enum h9_class)c), &one);
  }
  if (all.in == 0) return;
  if (classes > 1) say_class(b, "all", &all);
  say(b, "backlog        %" PRIu32 " signals at most", s->backlog);
  if (s->short_frames) say(b, "; low ones waited in %" PRIu64 " frames for lack of time", s->short_frames);
  say(b, "\n");
  if (s->latency.n)
    say(b, "latency        from stimulus to spike: median %.3g ms, 99th percentile %.3g ms, largest %.3g ms\n",
        h9_histogram_quantile(&s->latency, 0.5) * 1e-6, h9_histogram_quantile(&s->latency, 0.99) * 1e-6,
        (double)s->latency.largest * 1e-6);
}

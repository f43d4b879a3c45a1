/* Performance of the run that made a stream, from its metrics, and what follows from them. */
#include "report.h"

#include <math.h>
#include <stdio.h>

enum { MOST = 40 };
typedef struct figure {
  const char *key, *about;
  double value, shown_in; /* for people: value / shown_in */
} figure;

typedef struct figures {
  uint32_t n;
  figure item[MOST];
} figures;

static void add(figures *f, const char *key, const char *about, double value, double shown_in) {
  if (isfinite(value) && f->n < MOST) f->item[f->n++] = (figure){key, about, value, shown_in};
}

static void add_measured(figures *f, const h9_metrics *m) {
  static const struct {
    const char *metric, *key, *about;
    double shown_in;
  } table[] = {
      {"step.real_time_factor", "real_time_factor", "real-time factor", 1},
      {"step.threads", "threads", "threads", 1},
      {"step.build_s", "build_s", "building, s", 1},
      {"step.simulate_s", "simulate_s", "simulating, s", 1},
      {"step.deliver_s", "deliver_s", "  delivery of spikes, s", 1},
      {"step.update_s", "update_s", "  update of neurons, s", 1},
      {"step.drive_s", "drive_s", "  external drive, s", 1},
      {"step.exchange_s", "exchange_s", "  exchange of spikes, s", 1},
      {"step.output_s", "output_s", "  output, s", 1},
      {"step.signals", "signals", "spikes", 1},
      {"step.events", "events", "synaptic events", 1},
      {"step.peak_rss_bytes", "peak_rss_bytes", "peak memory, MB", 1e6},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    add(f, table[i].key, table[i].about, h9_metrics_get(m, table[i].metric), table[i].shown_in);
}

/* The whole run is building and simulating; a neuron's part of it, how many neurons a millisecond of it does,
 * and how much of the network's time a second of simulating. */
static void add_derived(figures *f, const h9_stream_report *s) {
  const h9_metrics *m = &s->net.metrics;
  double simulate = h9_metrics_get(m, "step.simulate_s"), all = h9_metrics_get(m, "step.build_s") + simulate,
         simulated = h9_metrics_get(m, "step.simulated_s"), neurons = s->net.n_neurons,
         signals = h9_metrics_get(m, "step.signals"), met = h9_metrics_get(m, "step.frames_met"),
         missed = h9_metrics_get(m, "step.frames_missed");
  if (simulate > 0) {
    add(f, "events_per_s", "synaptic events a second", h9_metrics_get(m, "step.events") / simulate, 1);
    add(f, "signals_per_s", "spikes a second", signals / simulate, 1);
  }
  if (!(neurons > 0)) return;
  add(f, "time_per_neuron_s", "time a neuron, us", all / neurons, 1e-6);
  add(f, "signals_per_neuron", "signals a neuron", signals / neurons, 1);
  if (all > 0) add(f, "neurons_per_ms", "efficiency, neurons a ms", neurons / (all * 1e3), 1);
  if (simulate > 0) add(f, "biological_s_per_s", "efficiency, biol. s a s", simulated / simulate, 1);
  if (!(met + missed > 0)) return;
  add(f, "frames_met", "frames of 16.67 ms met", met, 1);
  add(f, "frames_missed", "frames missed", missed, 1);
  add(f, "frame_median_s", "  median frame, ms", h9_metrics_get(m, "step.frame_median_s"), 1e-3);
  add(f, "frame_99_s", "  99 % of frames, ms", h9_metrics_get(m, "step.frame_99_s"), 1e-3);
  add(f, "frame_longest_s", "  longest frame, ms", h9_metrics_get(m, "step.frame_longest_s"), 1e-3);
}

static figures figures_of(const h9_stream_report *s) {
  figures f = {0};
  add_measured(&f, &s->net.metrics);
  add_derived(&f, s);
  return f;
}

static void put(h9_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(h9_buf *b, const char *fmt, ...) {
  char t[512];
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(t, sizeof t, fmt, ap);
  va_end(ap);
  h9_buf_put(b, t, n < (int)sizeof t ? (size_t)n : sizeof t - 1);
}

/* Whether every frame was met: networks can go along with the world in real time then, at 60 frames a second.
 */
static int realtime(const h9_stream_report *s) {
  double met = h9_metrics_get(&s->net.metrics, "step.frames_met"),
         missed = h9_metrics_get(&s->net.metrics, "step.frames_missed");
  return met + missed > 0 ? missed == 0 : -1;
}

void h9_stream_report_performance_text(const h9_stream_report *s, h9_buf *out) {
  figures f = figures_of(s);
  put(out, "Performance\n");
  for (uint32_t i = 0; i < f.n; i++)
    put(out, "  %-26s %12.6g\n", f.item[i].about, f.item[i].value / f.item[i].shown_in);
  int yes = realtime(s);
  if (yes >= 0) put(out, "  %-26s %12s\n", "real time at 60 FPS", yes ? "yes" : "no");
}

void h9_stream_report_performance_json(const h9_stream_report *s, h9_json *j) {
  figures f = figures_of(s);
  h9_json_begin(j, "performance", '{');
  for (uint32_t i = 0; i < f.n; i++) h9_json_number(j, f.item[i].key, f.item[i].value);
  int yes = realtime(s);
  if (yes >= 0) h9_json_whole(j, "is_real_time", (uint64_t)yes);
  h9_json_end(j, '}');
}

void h9_stream_report_performance_tsv(const h9_stream_report *s, h9_buf *out) {
  figures f = figures_of(s);
  int yes = realtime(s);
  for (uint32_t i = 0; i < f.n; i++)
    put(out, "%s\tperformance\t\t%s\t%.9g\n", s->name, f.item[i].key, f.item[i].value);
  if (yes >= 0) put(out, "%s\tperformance\t\tis_real_time\t%d\n", s->name, yes);
}

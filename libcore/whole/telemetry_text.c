/* The text exposition format of Prometheus, version 0.0.4: HELP and TYPE before the samples of a name,
 * seconds and bytes, counters that end in _total. Each sample bears the program's name, so that the files of
 * a pipeline's programs can be gathered in one place. */
#include "telemetry.h"

#include "../base/memory.h"
#include "../format/stream.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

typedef struct exposition {
  h9_buf *out;
  const char *program;
} exposition;

static void put(h9_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(h9_buf *b, const char *fmt, ...) {
  char t[512];
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(t, sizeof t, fmt, ap);
  va_end(ap);
  h9_buf_put(b, t, n < (int)sizeof t ? (size_t)n : sizeof t - 1);
}

static void head(const exposition *x, const char *name, const char *type, const char *help) {
  put(x->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void value(h9_buf *b, double v) {
  if (isnan(v)) put(b, "NaN\n");
  else if (isinf(v)) put(b, "%sInf\n", v < 0 ? "-" : "+");
  else if (v == floor(v) && fabs(v) < 0x1p53) put(b, "%.0f\n", v);
  else put(b, "%.15g\n", v);
}

/* A sample with further labels, as 'stage="read"'; NULL: none. */
static void sample(const exposition *x, const char *name, const char *labels, double v) {
  put(x->out, "%s{program=\"%s\"%s%s} ", name, x->program, labels ? "," : "", labels ? labels : "");
  value(x->out, v);
}

static void alone(const exposition *x, const char *name, const char *type, const char *help, double v) {
  head(x, name, type, help);
  sample(x, name, NULL, v);
}

static void put_process(const exposition *x, const h9_telemetry_state *t) {
  double seconds[H9_STAGES], all = h9_stage_seconds(seconds);
  struct rusage use = {0};
  char labels[64];
  getrusage(RUSAGE_SELF, &use);
  head(x, "hal9_build_info", "gauge", "Version of the program, as a label.");
  snprintf(labels, sizeof labels, "version=\"%s\"", h9_version);
  sample(x, "hal9_build_info", labels, 1);
  if (t->profile) {
    head(x, "hal9_profile_info", "gauge",
         "Profile of settings in use, as a label, and whether the network's size chose it.");
    snprintf(labels, sizeof labels, "profile=\"%s\",chosen=\"%s\"", t->profile,
             t->profile_auto ? "auto" : "given");
    sample(x, "hal9_profile_info", labels, 1);
  }
  alone(x, "hal9_start_time_seconds", "gauge", "When the program began, in seconds since 1970.",
        t->begun_unix_s);
  alone(x, "hal9_running", "gauge", "1 while the program runs, 0 once it has ended.", t->running);
  if (!t->running) alone(x, "hal9_exit_status", "gauge", "Exit status of the program.", t->exit_status);
  alone(x, "hal9_elapsed_seconds", "gauge", "Wall clock time since the program began.", all);
  head(x, "hal9_stage_seconds_total", "counter", "Wall clock time spent in each stage of the program.");
  for (int i = 0; i < H9_STAGES; i++) {
    if (!(seconds[i] > 0)) continue;
    snprintf(labels, sizeof labels, "stage=\"%s\"", h9_stage_name((enum h9_stage)i));
    sample(x, "hal9_stage_seconds_total", labels, seconds[i]);
  }
  head(x, "hal9_cpu_seconds_total", "counter", "Processor time of all threads.");
  sample(x, "hal9_cpu_seconds_total", "mode=\"user\"",
         (double)use.ru_utime.tv_sec + (double)use.ru_utime.tv_usec * 1e-6);
  sample(x, "hal9_cpu_seconds_total", "mode=\"system\"",
         (double)use.ru_stime.tv_sec + (double)use.ru_stime.tv_usec * 1e-6);
  alone(x, "hal9_resident_memory_bytes", "gauge", "Resident memory.", (double)h9_memory_rss());
  alone(x, "hal9_peak_resident_memory_bytes", "gauge", "Largest resident memory so far.",
        (double)h9_memory_peak_rss());
}

static void put_counters(const exposition *x) {
  static const struct {
    enum h9_counter counter;
    const char *name, *type, *help;
    double unit;
  } table[] = {
      {H9_COUNT_READ_BYTES, "hal9_read_bytes_total", "counter", "Bytes read from inputs.", 1},
      {H9_COUNT_WRITTEN_BYTES, "hal9_written_bytes_total", "counter", "Bytes written to outputs.", 1},
      {H9_COUNT_NEURONS, "hal9_neurons", "gauge", "Neurons of the network.", 1},
      {H9_COUNT_STEPS, "hal9_steps_total", "counter", "Time steps simulated.", 1},
      {H9_COUNT_SIMULATED_NS, "hal9_simulated_seconds_total", "counter", "Time of the network simulated.",
       1e-9},
      {H9_COUNT_SIGNALS, "hal9_signals_total", "counter", "Signals (spikes) that neurons sent.", 1},
      {H9_COUNT_EVENTS, "hal9_synaptic_events_total", "counter", "Signals that synapses delivered.", 1},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    alone(x, table[i].name, table[i].type, table[i].help,
          (double)h9_counted(&h9_counters[table[i].counter]) * table[i].unit);
}

static void put_phases(const exposition *x) {
  static const char *const names[] = {"deliver", "update", "drive", "exchange", "output"};
  head(
      x, "hal9_simulate_seconds_total", "counter",
      "Parts of the time of simulating, the mean over the threads, estimated from every sixteenth interval.");
  for (int p = 0; p < 5; p++) {
    char labels[32];
    snprintf(labels, sizeof labels, "phase=\"%s\"", names[p]);
    sample(x, "hal9_simulate_seconds_total", labels,
           (double)h9_counted(&h9_counters[H9_COUNT_DELIVER_NS + p]) * 1e-9);
  }
}

static void put_kinds(const exposition *x, const char *name, const char *help,
                      const h9_counter_cell cell[H9_DIRECTIONS][H9_COUNT_KINDS]) {
  head(x, name, "counter", help);
  for (int d = 0; d < H9_DIRECTIONS; d++)
    for (int k = 0; k < H9_COUNT_KINDS; k++) {
      uint64_t n = h9_counted(&cell[d][k]);
      char labels[96];
      if (!n) continue;
      snprintf(labels, sizeof labels, "direction=\"%s\",kind=\"%s\"", d == H9_COUNT_READ ? "read" : "written",
               h9_block_kind_name((uint32_t)k));
      sample(x, name, labels, (double)n);
    }
}

static void put_frames(const exposition *x) {
  enum { FIRST = 14, LAST = 34 }; /* 16 us to 17 s */
  const h9_durations *d = &h9_frame_durations;
  uint64_t n = 0;
  char labels[64];
  head(x, "hal9_frames_total", "counter",
       "Frames of simulated time, by whether they took longer on the wall clock.");
  sample(x, "hal9_frames_total", "result=\"met\"", (double)h9_counted(&h9_counters[H9_COUNT_FRAMES_MET]));
  sample(x, "hal9_frames_total", "result=\"missed\"",
         (double)h9_counted(&h9_counters[H9_COUNT_FRAMES_MISSED]));
  head(x, "hal9_frame_seconds", "histogram", "Wall clock time of a frame.");
  for (unsigned i = FIRST; i <= LAST; i++) {
    n = h9_durations_below(d, i);
    snprintf(labels, sizeof labels, "le=\"%.9g\"", ldexp(1e-9, (int)i));
    sample(x, "hal9_frame_seconds_bucket", labels, (double)n);
  }
  n = h9_durations_below(d, H9_DURATION_CELLS / 4); /* what the buckets say, whatever came in between */
  sample(x, "hal9_frame_seconds_bucket", "le=\"+Inf\"", (double)n);
  sample(x, "hal9_frame_seconds_sum", NULL, (double)d->sum_ns * 1e-9);
  sample(x, "hal9_frame_seconds_count", NULL, (double)n);
}

/* "step.build_s" as hal9_step_build_seconds: letters, digits and _ only. */
static void put_measured(const exposition *x, const h9_metrics *m) {
  for (uint32_t i = 0; i < m->n; i++) {
    char name[96];
    size_t n = (size_t)snprintf(name, sizeof name, "hal9_%s", m->item[i].name);
    for (size_t k = 0; k < n; k++)
      if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", name[k])) name[k] = '_';
    if (n > 2 && strcmp(name + n - 2, "_s") == 0) snprintf(name + n - 1, sizeof name - n + 1, "seconds");
    char help[128];
    snprintf(help, sizeof help, "%s of the metrics block.", m->item[i].name);
    alone(x, name, "gauge", help, m->item[i].value);
  }
}

void h9_telemetry_text(const h9_telemetry_state *t, h9_buf *out) {
  exposition x = {out, t->program};
  put_process(&x, t);
  put_counters(&x);
  put_kinds(&x, "hal9_blocks_total", "Blocks of streams.", h9_counted_blocks);
  put_kinds(&x, "hal9_records_total", "What blocks of streams hold.", h9_counted_records);
  if (h9_counted(&h9_counters[H9_COUNT_STEPS])) put_phases(&x);
  if (h9_frame_durations.n) put_frames(&x);
  if (t->measured) put_measured(&x, t->measured);
}

/* Counters, durations, stages and frames. Authority: sums over threads known beforehand, quantiles of the
 * sorted durations, frame borders computed by hand. */
#include "../../libcore/base/clock.h"
#include "../../libcore/base/counters.h"
#include "../../libcore/base/parallel.h"
#include "../../libcore/whole/frames.h"
#include "../../libcore/whole/telemetry.h"
#include "tap.h"

#include <pthread.h>

enum { EACH = 200000 };

static void add(void *ctx, int me, int n) {
  (void)ctx;
  (void)n;
  for (int i = 0; i < EACH; i++) {
    h9_count(H9_COUNT_SIGNALS, 1 + (uint64_t)(me & 1));
    h9_count_block(H9_COUNT_READ, 6, 3);
  }
}

static void test_counters(void) {
  int threads = h9_parallel(4, add, NULL);
  uint64_t want = 0;
  for (int i = 0; i < threads; i++) want += (uint64_t)EACH * (1 + (uint64_t)(i & 1));
  ok(h9_counted(&h9_counters[H9_COUNT_SIGNALS]) == want, "%d threads lose no count", threads);
  ok(h9_counted(&h9_counted_blocks[H9_COUNT_READ][6]) == (uint64_t)threads * EACH, "blocks");
  ok(h9_counted(&h9_counted_records[H9_COUNT_READ][6]) == (uint64_t)threads * EACH * 3, "records");
  h9_count_block(H9_COUNT_WRITTEN, H9_COUNT_KINDS, 1);
  h9_count_block(H9_COUNT_WRITTEN, UINT32_MAX, 1);
  ok(sizeof h9_counters / H9_COUNTERS == 64, "a cache line each; unknown kinds touch nothing");
}

/* Xorshift; Marsaglia 2003, J. Stat. Softw. 8(14). */
static double unit(uint64_t *x) {
  *x ^= *x << 13;
  *x ^= *x >> 7;
  *x ^= *x << 17;
  return (double)(*x >> 11) * 0x1p-53;
}

static int by_size(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static void test_durations(void) {
  enum { N = 5000 };
  static h9_durations d, one;
  static uint64_t ns[N];
  ok(isnan(h9_durations_quantile(&d, 0.5)), "no durations: no median");
  uint64_t r = 5;
  uint64_t sum = 0;
  for (int i = 0; i < N; i++) {
    ns[i] = (uint64_t)ldexp(1 + unit(&r), (int)(unit(&r) * 38));
    sum += ns[i];
    h9_durations_add(&d, ns[i]);
  }
  qsort(ns, N, sizeof *ns, by_size);
  ok(d.n == N && d.sum_ns == sum && d.longest_ns == ns[N - 1], "number, sum and longest are exact");
  int wrong = 0;
  for (int i = 1; i <= 100; i++) {
    double q = i / 100.0, got = h9_durations_quantile(&d, q) * 1e9, want = (double)ns[(int)ceil(q * N) - 1];
    wrong += !(got >= want * (1 - 1e-9) && (got <= want * 1.25 + 4));
  }
  ok(wrong == 0, "quantiles: at most a quarter of an octave's cell above those of the sorted list (%d wrong)",
     wrong);
  wrong = 0;
  for (unsigned o = 2; o < 41; o++) {
    uint64_t below = 0;
    while (below < N && ns[below] < UINT64_C(1) << o) below++;
    wrong += h9_durations_below(&d, o) != below;
  }
  ok(wrong == 0, "numbers below powers of two are exact (%d wrong)", wrong);
  h9_durations_add(&one, 0);
  ok(h9_durations_quantile(&one, 1) == 0 && h9_durations_below(&one, 41) == 1, "a duration of nothing");
  h9_durations_add(&one, UINT64_MAX >> 1);
  near(h9_durations_quantile(&one, 1) / ((double)(UINT64_MAX >> 1) * 1e-9), 1, 1e-12,
       "one beyond the last cell");
}

static void wait_ns(uint64_t ns) {
  for (uint64_t end = h9_clock_ns() + ns; h9_clock_ns() < end;) continue;
}

static _Atomic int reading;
static void *read_stages(void *data) {
  double before = 0, s[H9_STAGES];
  int *wrong = data;
  while (reading) {
    double all = h9_stage_seconds(s), sum = 0;
    for (int i = 0; i < H9_STAGES; i++) sum += s[i];
    *wrong += !(all >= before) || fabs(sum - all) > 1e-9 * (1 + all);
    before = all;
  }
  return NULL;
}

static void test_stages(void) {
  double s[H9_STAGES];
  ok(h9_stage_seconds(s) == 0, "before the first stage no time has passed");
  int wrong = 0;
  pthread_t t;
  reading = 1;
  uint64_t begin = h9_clock_ns();
  h9_stage_enter(H9_STAGE_START);
  bool started = pthread_create(&t, NULL, read_stages, &wrong) == 0;
  for (int i = 0; i < 20000; i++) h9_stage_enter(i % 2 ? H9_STAGE_READ : H9_STAGE_BUILD);
  wait_ns(2000000);
  h9_stage_enter(H9_STAGE_WRITE);
  double all = h9_stage_seconds(s), passed = (double)(h9_clock_ns() - begin) * 1e-9;
  reading = 0;
  if (started) pthread_join(t, NULL);
  ok(s[H9_STAGE_READ] >= 0.002 && s[H9_STAGE_SIMULATE] == 0, "time is counted where it was spent");
  ok(all <= passed && all > passed - 0.5, "all stages make the time since the first");
  ok(started && wrong == 0, "who reads meanwhile sees sums that fit and only grow (%d wrong)", wrong);
}

static void run(h9_frames *f, h9_step from, h9_step to, double dt) {
  h9_frames_begin(f, from, dt);
  for (h9_step now = from + 1; now <= to; now++) h9_frames_reach(f, now);
  h9_frames_stop(f, to);
}

static uint64_t steps_counted(void) { return h9_counted(&h9_counters[H9_COUNT_STEPS]); }

static void test_frames(void) {
  uint64_t before = steps_counted();
  h9_frames f = {0};
  run(&f, 0, 1666, 0.1);
  ok(f.met + f.missed == 9, "166.6 ms hold 9 frames");
  run(&f, 1666, 1667, 0.1);
  ok(f.met + f.missed == 10, "the tenth ends with step 1667, in a run of its own");
  run(&f, 1667, 10000, 0.1);
  ok(f.met + f.missed == 60, "60 in a second");
  ok(steps_counted() - before == 10000, "all steps are counted once");
  ok(h9_counted(&h9_counters[H9_COUNT_SIMULATED_NS]) == 1000000000, "and the time that they make");
  h9_frames late = {0};
  h9_frames_begin(&late, 0, 0.1);
  wait_ns(18000000);
  h9_frames_reach(&late, 167);
  wait_ns(1000000);
  h9_frames_reach(&late, 333);
  h9_frames_stop(&late, 333);
  ok(late.missed >= 1 && late.met + late.missed == 2, "18 ms for 16.7 ms is a frame missed");
  wait_ns(18000000);
  h9_frames_begin(&late, 333, 0.1);
  h9_frames_reach(&late, 500);
  ok(late.met >= 1 && late.met + late.missed == 3, "time between two runs is none of a frame's");
  h9_frames coarse = {0};
  run(&coarse, 0, 10, 40);
  ok(coarse.met + coarse.missed == 10, "a step longer than a frame is one frame");
}

static void test_text(void) {
  h9_metrics m = {0};
  h9_metrics_set(&m, "step.odd-name_s", 1.5);
  h9_metrics_set(&m, "step.nothing", (double)NAN);
  h9_telemetry_state t = {.program = "test", .begun_unix_s = 1e9, .measured = &m, .exit_status = 3};
  h9_buf b = {0};
  h9_telemetry_text(&t, &b);
  h9_buf_put8(&b, 0);
  const char *text = (const char *)b.data;
  ok(strstr(text, "\nhal9_step_odd_name_seconds{program=\"test\"} 1.5\n") != NULL,
     "names have letters, digits and _ only");
  ok(strstr(text, "\nhal9_step_nothing{program=\"test\"} NaN\n") != NULL, "what is no number says so");
  ok(strstr(text, "\nhal9_exit_status{program=\"test\"} 3\n") != NULL, "the exit status");
  h9_buf_release(&b);
}

int main(void) {
  test_stages();
  test_counters();
  test_durations();
  test_frames();
  test_text();
  return done();
}

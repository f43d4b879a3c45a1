/* Statistics of activity on trains made for it. Authority: values computed by hand, closed forms of
 * renewal processes (Cox & Lewis 1966; LV of a gamma process of order k: 3 / (2k + 1), Shinomoto et al.
 * 2003), and, for what has no closed form, a direct computation over the counts below. */
#include "../../libcore/base/rng.h"
#include "../../libcore/model/activity.h"
#include "tap.h"

static h9_population pops[3] = {{.name = (char[]){"a"}, .first = 1, .count = 4},
                                {.name = (char[]){"b"}, .first = 5, .count = 300}};
static h9_network net = {.dt = 0.1, .n_neurons = 304, .n_populations = 2, .populations = pops};

/* Spikes in the order of a recording. */
typedef struct train {
  size_t n, cap;
  uint64_t *at;
} train;
static train all;
static void fire(h9_step step, h9_id id) {
  if (all.n == all.cap) {
    all.cap = all.cap ? 2 * all.cap : 1024;
    all.at = realloc(all.at, all.cap * sizeof *all.at);
    if (!all.at) exit(71);
  }
  all.at[all.n++] = (uint64_t)step << 32 | id;
}
static int ascending(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}
static void clear(void) { all.n = 0; }

static h9_activity_options usual(void) {
  return (h9_activity_options){.start = NAN,
                               .stop = NAN,
                               .bin = 2,
                               .sync_bin = 3,
                               .fano_window = 100,
                               .sample = 250,
                               .min_spikes = 10,
                               .seed = 1};
}

static struct {
  uint64_t signals;
  double from, duration;
} last;
static h9_activity *kept;

/* Feeds the recording (from, to] in batches of `batch` steps. */
static void analyse(h9_activity_options o, h9_step from, h9_step to, h9_step batch,
                    h9_activity_population *r) {
  h9_error e = {0};
  qsort(all.at, all.n, sizeof *all.at, ascending);
  h9_activity_free(kept);
  if (h9_activity_new(&kept, &net, &o, &e)) exit(71);
  h9_step *step = malloc((all.n + 1) * sizeof *step);
  h9_id *id = malloc((all.n + 1) * sizeof *id);
  size_t at = 0;
  for (h9_step s = from; s < to; s += batch) {
    h9_signals b = {.from = s, .to = s + batch < to ? s + batch : to, .step = step, .id = id};
    for (; at < all.n && (h9_step)(all.at[at] >> 32) <= b.to; at++)
      if ((h9_step)(all.at[at] >> 32) > s) {
        step[b.n] = (h9_step)(all.at[at] >> 32);
        id[b.n++] = (h9_id)all.at[at];
      }
    if (h9_activity_add(kept, &b, &e)) exit(70);
  }
  if (h9_activity_finish(kept, r, &e)) exit(70);
  free(step);
  free(id);
  last.signals = h9_activity_signals(kept);
  last.from = h9_activity_from(kept);
  last.duration = h9_activity_duration(kept);
}

static void regular(void) {
  h9_activity_population r[2];
  clear();
  for (h9_step s = 100; s <= 10000; s += 100) fire(s, 1);               /* 100 Hz for 1 s */
  for (int i = 0; i < 99; i++) fire(200 + i / 2 * 200 + i % 2 * 50, 2); /* intervals 50, 150, 50, ... */
  fire(5, 3);
  analyse(usual(), 0, 10000, 10000, r);
  near(r[0].rate.mean, (100 + 99 + 1 + 0) / 4.0, 1e-12, "mean rate");
  near(r[0].rate.decile[10], 100, 1e-12, "greatest rate");
  near(r[0].rate.decile[0], 0, 0, "least rate");
  near(r[0].rate.sd, sqrt((50.0 * 50 + 49 * 49 + 49 * 49 + 50 * 50) / 3), 1e-12, "sd of rates");
  near(r[0].silent, 0.25, 0, "silent part");
  ok(r[0].cv.n == 2, "CV of those with enough spikes only: %llu", (unsigned long long)r[0].cv.n);
  near(r[0].cv.decile[0], 0, 1e-12, "CV of a regular train");
  /* 98 intervals: 49 of 50 and 49 of 150 steps */
  double mean = 100, var = 98 * 50 * 50 / 97.0;
  near(r[0].cv.decile[10], sqrt(var) / mean, 1e-12, "CV of alternating intervals");
  near(r[0].lv.decile[0], 0, 1e-12, "LV of a regular train");
  near(r[0].lv.decile[10], 3 * 0.25, 1e-12, "LV of intervals 1 and 3: 3 (2/4)^2");
  near(r[0].fano.decile[0], 0, 1e-12, "Fano factor of a regular train");
  ok(r[1].spikes == 0 && r[1].silent == 1 && r[1].rate.mean == 0 && isnan(r[1].cv.mean) &&
         isnan(r[1].lv.mean) && isnan(r[1].fano.mean) && isnan(r[1].correlation) && isnan(r[1].synchrony),
     "a silent population has a rate of 0 and nothing else");
  ok(last.signals == 200 && last.from == 0 && fabs(last.duration - 1000) < 1e-9,
     "spikes, beginning, duration");
  h9_activity_options o = usual();
  o.min_spikes = 101;
  analyse(o, 0, 10000, 10000, r);
  ok(r[0].cv.n == 0 && r[0].lv.n == 0 && r[0].fano.n == 0 && isnan(r[0].cv.mean), "min_spikes");
}

static void counts(void) {
  h9_activity_population r[2];
  h9_activity_options o = usual();
  o.min_spikes = 3;
  /* counts of neuron 1 in windows of 10 ms: 2, 0, 1, 3, and one in the window that the end cuts */
  clear();
  const int step[] = {1, 100, 201, 301, 350, 400, 401};
  for (int i = 0; i < 7; i++) fire(step[i], 1);
  o.fano_window = 10;
  o.sync_bin = 10;
  o.psth_bin = 10;
  analyse(o, 0, 450, 450, r);
  double mean = 6 / 4.0, var = (0.25 + 2.25 + 0.25 + 2.25) / 3;
  near(r[0].fano.mean, var / mean, 1e-12,
       "Fano factor by hand; borders belong to the window before, the cut one to none");
  near(r[0].synchrony, var / mean, 1e-12, "synchrony of one neuron is the same");
  ok(r[0].n_psth == 4 && r[0].psth[0] == 2 && r[0].psth[1] == 0 && r[0].psth[2] == 1 && r[0].psth[3] == 3,
     "PSTH of complete bins");
  ok(r[1].n_psth == 4 && r[1].psth[0] + r[1].psth[3] == 0, "a silent population has as many bins");
  near(r[0].rate.decile[10], 7 / 0.045, 1e-9, "the rate counts all");
  o.start = 10;
  o.stop = 40;
  analyse(o, 0, 450, 450, r);
  ok(last.signals == 4 && last.from == 10 && fabs(last.duration - 30) < 1e-9,
     "start excluded, stop included: %llu", (unsigned long long)last.signals);
  ok(r[0].n_psth == 3 && r[0].psth[0] == 0 && r[0].psth[1] == 1 && r[0].psth[2] == 3, "bins begin at start");
  mean = 4 / 3.0, var = (mean * mean + (mean - 1) * (mean - 1) + (3 - mean) * (3 - mean)) / 2;
  near(r[0].synchrony, var / mean, 1e-12, "synchrony from start to stop");
  o.start = 50;
  o.stop = NAN;
  analyse(o, 0, 450, 450, r);
  ok(last.signals == 0 && last.duration == 0 && isnan(r[0].rate.mean) && isnan(r[0].synchrony),
     "a start after the end leaves nothing");
  o.start = NAN;
  o.stop = 1e300;
  analyse(o, 100, 450, 450, r);
  ok(last.signals == 5 && fabs(last.from - 10) < 1e-9,
     "a transient that was not recorded, a stop beyond the end: %llu", (unsigned long long)last.signals);
}

static void correlations(void) {
  h9_activity_population r[2];
  h9_activity_options o = usual();
  h9_draws d = h9_draws_make(h9_key_make(3, H9_PURPOSE_SAMPLE, 9), 0, 0, 0);
  clear();
  for (int k = 0; k < 400; k++) {
    h9_step s = 1 + (h9_step)(h9_draw_uniform(&d) * 20000);
    fire(s, 1);
    fire(s, 2);
  }
  analyse(o, 0, 20000, 20000, r);
  near(r[0].correlation, 1, 1e-12, "identical trains");
  ok(r[0].correlation_neurons == 2, "of the two that spiked");
  /* neuron 2 fires in every bin in which neuron 1 does not */
  clear();
  for (int k = 0; k < 1000; k++) fire(k * 20 + 7, 1 + (h9_draw32(&d) >> 31));
  analyse(o, 0, 20000, 20000, r);
  near(r[0].correlation, -1, 1e-12, "exclusive trains");
  /* counts of four bins, by hand: (1 0 2 0), (0 0 1 1); and a spike in the cut bin that must not count */
  clear();
  const int one[] = {3, 45, 46, 85}, two[] = {50, 80, 81};
  for (int i = 0; i < 4; i++) fire(one[i], 1);
  for (int i = 0; i < 3; i++) fire(two[i], 2);
  analyse(o, 0, 90, 90, r);
  double x[] = {1, 0, 2, 0}, y[] = {0, 0, 1, 1}, mx = 0.75, my = 0.5, sxy = 0, sxx = 0, syy = 0;
  for (int i = 0; i < 4; i++)
    sxy += (x[i] - mx) * (y[i] - my), sxx += (x[i] - mx) * (x[i] - mx), syy += (y[i] - my) * (y[i] - my);
  near(r[0].correlation, sxy / sqrt(sxx * syy), 1e-12, "Pearson by hand, the last bin cut");
}

/* 300 Poisson neurons of 20 Hz for 50 s: 1000 spikes each. */
static void poisson(double order) {
  h9_activity_population r[2];
  double rate = 20;
  clear();
  for (h9_id i = 0; i < 300; i++) {
    h9_draws d = h9_draws_make(h9_key_make(11, H9_PURPOSE_SAMPLE, (uint32_t)order), i, 0, 0);
    for (double t = 0;;) {
      t += (order == 1 ? h9_draw_exponential(&d) : h9_draw_gamma(&d, order) / order) / rate * 1000;
      if (t >= 50000) break;
      fire((h9_step)(t / 0.001) + 1, 5 + i);
    }
  }
  double dt = net.dt;
  net.dt = 0.001; /* fine, so that steps do not show */
  h9_activity_options o = usual();
  analyse(o, 0, 50000000, 1000000, r);
  net.dt = dt;
  /* standard errors over 300 neurons of 1000 spikes: CV 0.022 / 17, LV about 0.03 / 17, Fano sqrt(2 / 500) /
   * 17 */
  printf("# gamma order %g: rate %.3f CV %.4f LV %.4f Fano %.4f correlation %.5f +- %.4f synchrony %.4f\n",
         order, r[1].rate.mean, r[1].cv.mean, r[1].lv.mean, r[1].fano.mean, r[1].correlation,
         r[1].correlation_sd, r[1].synchrony);
  near(r[1].rate.mean, 20, 0.2, "rate");
  near(r[1].cv.mean, 1 / sqrt(order), 0.008, "CV: 1 / sqrt(order)");
  near(r[1].lv.mean, 3 / (2 * order + 1), 0.01, "LV: 3 / (2 order + 1)");
  if (order > 1) return;
  near(r[1].fano.mean, 1, 0.015, "Fano factor of a Poisson process");
  near(r[1].correlation, 0, 5 / sqrt(25000.0 * 250 * 249 / 2),
       "correlation of independent trains, five standard errors");
  near(r[1].correlation_sd, 1 / sqrt(25000.0), 0.0005, "its spread over pairs: 1 / sqrt(bins)");
  near(r[1].synchrony, 1, 0.05,
       "synchrony of independent neurons (sd of a variance ratio: sqrt(2 / 16667) = 0.011)");
  ok(r[1].correlation_neurons == 250, "the sample is full");
}

static void batches(void) {
  h9_activity_population a[2], b[2];
  h9_activity_options o = usual();
  o.psth_bin = 1.3;
  o.fano_window = 7.7;
  o.sample = 100;
  clear();
  h9_draws d = h9_draws_make(h9_key_make(5, H9_PURPOSE_SAMPLE, 1), 0, 0, 0);
  for (int k = 0; k < 20000; k++) fire(501 + (h9_step)h9_draw_below(&d, 9999), 1 + h9_draw_below(&d, 304));
  qsort(all.at, all.n, sizeof *all.at, ascending);
  size_t n = 1; /* a neuron spikes at most once a step */
  for (size_t i = 1; i < all.n; i++)
    if (all.at[i] != all.at[n - 1]) all.at[n++] = all.at[i];
  all.n = n;
  analyse(o, 500, 10500, 10000, a);
  uint64_t psth[2000];
  size_t bins = a[1].n_psth;
  memcpy(psth, a[1].psth, bins * sizeof *psth);
  const h9_step cut[] = {1, 7, 13, 100, 9999};
  for (int k = 0; k < 5; k++) {
    analyse(o, 500, 10500, cut[k], b);
    ok(b[1].n_psth == bins && memcmp(psth, b[1].psth, bins * sizeof *psth) == 0,
       "PSTH with batches of %lld steps", (long long)cut[k]);
    for (int p = 0; p < 2; p++) b[p].psth = a[p].psth;
    ok(memcmp(a, b, sizeof a) == 0, "the same bits with batches of %lld steps", (long long)cut[k]);
  }
  o.seed = 2;
  analyse(o, 500, 10500, 10000, b);
  ok(b[1].correlation != a[1].correlation && b[1].cv.mean == a[1].cv.mean,
     "the seed chooses the sample, and nothing else");
  /* a direct computation over all neurons */
  o.sample = 2000;
  analyse(o, 500, 10500, 10000, b);
  enum { BINS = 500 };
  static double c[304][BINS];
  memset(c, 0, sizeof c);
  for (size_t i = 0; i < all.n; i++) c[(uint32_t)all.at[i] - 1][((all.at[i] >> 32) - 501) / 20]++;
  double sum = 0;
  int pairs = 0;
  for (int i = 4; i < 304; i++)
    for (int j = i + 1; j < 304; j++) {
      double mi = 0, mj = 0, ij = 0, ii = 0, jj = 0;
      for (int k = 0; k < BINS; k++) mi += c[i][k] / BINS, mj += c[j][k] / BINS;
      for (int k = 0; k < BINS; k++)
        ij += (c[i][k] - mi) * (c[j][k] - mj), ii += (c[i][k] - mi) * (c[i][k] - mi),
            jj += (c[j][k] - mj) * (c[j][k] - mj);
      sum += ij / sqrt(ii * jj);
      pairs++;
    }
  near(b[1].correlation, sum / pairs, 1e-12, "correlation of all pairs, computed directly");
}

int main(void) {
  regular();
  counts();
  correlations();
  poisson(1);
  poisson(3);
  batches();
  h9_activity_free(kept);
  free(all.at);
  return done();
}

/* Generators of stimuli and what they do to neurons. Authorities: libm in extended precision, exact Poisson
 * probabilities, the normal distribution (Kolmogorov's bound), and the closed form of a leaky membrane under
 * a current that is constant in each step, V(s) = a V(s-1) + R (1 - a) I(s), a = exp(-dt / tau_m). */
#include "../../libcore/base/mathfn.h"
#include "../../libcore/model/generators.h"
#include "simkit.h"

#include <math.h>

static void test_sine(void) {
  const double times[] = {0, 0.1, 12.3, 999.9, 86400e3, 3.6e8};
  double worst = 0;
  for (int i = 0; i < 6; i++)
    for (int k = 0; k < 40; k++) {
      double f = 0.37 * k * k, phase = 0.5 * k - 3;
      long double cycles = (long double)f * (times[i] * 1e-3);
      double want =
          (double)sinl(2 * 3.14159265358979323846264338327950288L * (cycles - floorl(cycles)) + phase);
      /* rounding of f t leaves half a unit in the last place of so many cycles */
      double error = fabs(h9_gen_sine(f, phase, times[i]) - want) / (1e-14 + 1.5e-15 * (double)cycles);
      if (error > worst) worst = error;
    }
  ok(worst < 1, "sines agree with libm within the rounding of f t (%.2f of it)", worst);
  near(h9_gen_sine(10, 0, 25), 1, 1e-15, "a quarter of a cycle");
}

static void test_steps(void) {
  h9_step after[] = {0, 10, 11};
  double value[] = {5, 7, 9};
  h9_gen_steps g = {3, after, value};
  const h9_step at[] = {0, 1, 10, 11, 12, 1000};
  const double want[] = {0, 5, 5, 7, 9, 9};
  bool good = true;
  for (int i = 0; i < 6; i++) good &= h9_gen_steps_at(&g, at[i]) == want[i];
  ok(good, "a value holds in the steps behind its time, 0 before the first");
  g.n = 0;
  ok(h9_gen_steps_at(&g, 7) == 0, "no values: 0");
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void test_normals(void) {
  enum { N = 20001 };
  static double all[N], part[N];
  h9_key key = h9_key_make(7, H9_PURPOSE_NOISE, 3);
  h9_gen_normals(key, 5, 0, N, all);
  bool same = true;
  for (uint32_t first = 0; first < N; first += 777) {
    uint32_t n = N - first < 777 ? N - first : 777;
    h9_gen_normals(key, 5, first, n, part);
    same &= memcmp(part, all + first, n * sizeof *part) == 0;
  }
  ok(same, "noise of a neuron does not depend on the range it is drawn in");
  h9_gen_normals(key, 6, 0, N, part);
  double mean = 0, square = 0, across = 0, distance = 0;
  for (int i = 0; i < N; i++) {
    mean += all[i] / N;
    square += all[i] * all[i] / N;
    across += all[i] * part[i] / N;
  }
  ok(fabs(mean) < 4 / sqrt(N) && fabs(square - 1) < 4 * sqrt(2.0 / N), "mean %.4f, square %.4f", mean,
     square);
  ok(fabs(across) < 4 / sqrt(N), "intervals are uncorrelated (%.4f)", across);
  qsort(all, N, sizeof *all, ascending);
  for (int i = 0; i < N; i++) {
    double d = fabs(0.5 * erfc(-all[i] / sqrt(2)) - (i + 0.5) / N);
    if (d > distance) distance = d;
  }
  ok(distance < 1.95 / sqrt(N), "Kolmogorov's distance from the normal distribution is %.4f", distance);
}

static void test_poisson(void) {
  const double means[] = {0.01, 0.7, 5, 15.9, 16.1, 60};
  h9_key key = h9_key_make(1, H9_PURPOSE_DRIVE, 0);
  for (int m = 0; m < 6; m++) {
    enum { N = 40000, K = 200 };
    double mean = means[m], none = exp(-mean), chi2 = 0, expected = 0, seen = 0;
    static uint32_t hist[K];
    int bins = 0;
    memset(hist, 0, sizeof hist);
    for (uint32_t i = 0; i < N; i++) {
      uint32_t k = h9_gen_poisson(key, i / 400, i % 400, mean, none);
      hist[k < K ? k : K - 1]++;
    }
    for (int k = 0; k < K; k++) { /* bins of at least ten expected */
      expected += N * exp(k * log(mean) - mean - lgamma(k + 1));
      seen += hist[k];
      if (expected < 10 || k == K - 1) continue;
      chi2 += (seen - expected) * (seen - expected) / expected;
      expected = seen = 0;
      bins++;
    }
    double z = (chi2 - (bins - 1)) / sqrt(2.0 * (bins - 1) + 1);
    ok(fabs(z) < 4.5, "Poisson counts of mean %g: chi square %.1f of %d bins", mean, chi2, bins);
  }
}

enum { NEURONS = 300, STEPS = 400 };

/* Membrane of tau_m 10 ms, R 40 MOhm; never fires. */
static void membranes(kit *k, const h9_stimulus *x, int n) {
  kit_init(k, 5);
  kit_population(k, "exc", "iaf_psc_exp", NEURONS);
  kit_value(k, 0, "C_m", 250);
  kit_value(k, 0, "tau_m", 10);
  kit_value(k, 0, "E_L", -70);
  kit_value(k, 0, "V_m", -70);
  kit_value(k, 0, "V_th", 1e6);
  for (int i = 0; i < n; i++) k->stimulus[k->config.n_stimuli++] = x[i];
}

/* The worst difference of a neuron's potential from the closed form under I(step), in any step. */
static double follow(const h9_stimulus *x, int n, bool precise, int threads, uint32_t neuron,
                     double (*current)(h9_step)) {
  kit k;
  membranes(&k, x, n);
  h9_sim_options o = {.threads = threads, .seed = 5, .precision_double = precise};
  h9_rowsource_options ro = {.threads = threads};
  h9_rowsource *source = NULL;
  h9_sim *sim = NULL;
  double worst = INFINITY, v = 0, a = exp(-0.01);
  if (h9_projections_plan(&k.net, &k.e) == H9_OK && h9_sim_make(&sim, &k.net, &k.config, &o, &k.e) == H9_OK &&
      h9_rowsource_expand(&source, &k.net, &ro, &k.e) == H9_OK && h9_sim_build(sim, source, &k.e) == H9_OK) {
    worst = 0;
    for (h9_step s = 1; s <= STEPS; s++) {
      if (h9_sim_run(sim, 1, &k.e) != H9_OK) worst = INFINITY;
      v = a * v + 0.04 * (1 - a) * current(s);
      double d = fabs(h9_sim_state(sim, neuron + 1, "V_m") - (v - 70));
      if (!(d <= worst)) worst = d;
    }
  }
  if (k.e.code) printf("# %s\n", k.e.text);
  h9_rowsource_free(source);
  h9_sim_free(sim);
  kit_release(&k);
  return worst;
}

static double none(h9_step s) { return 0 * (double)s; }
static double direct(h9_step s) { return s > 50 && s <= 250 ? 120 : 0; }
static double stepped(h9_step s) { return s <= 100 ? 0 : s <= 200 ? 80 : -30; }
static double sine(h9_step s) {
  return s > 50 && s <= 250 ? 20 + 90 * sin(2 * acos(-1) * 35e-3 * 0.1 * (double)s + 0.4) : 0;
}
static double all(h9_step s) { return direct(s) + stepped(s) + sine(s); }

static void test_currents(void) {
  static double times[] = {10, 20}, amplitudes[] = {80, -30};
  h9_stimulus dc = {.type = H9_STIMULUS_DC, .amplitude = 120, .start = 5, .stop = 25};
  h9_stimulus steps = {
      .type = H9_STIMULUS_STEP_CURRENT, .stop = INFINITY, .n_times = 2, .times = times, .values = amplitudes};
  h9_stimulus ac = {.type = H9_STIMULUS_AC,
                    .amplitude = 90,
                    .offset = 20,
                    .frequency = 35,
                    .phase = 0.4,
                    .start = 5,
                    .stop = 25};
  const struct {
    const char *name;
    h9_stimulus x;
    double (*current)(h9_step);
  } cases[] = {{"dc", dc, direct}, {"step_current", steps, stepped}, {"ac", ac, sine}};
  for (int i = 0; i < 3; i++) {
    h9_stimulus x = cases[i].x;
    double d = follow(&x, 1, true, 1, 7, cases[i].current), s = follow(&x, 1, false, 1, 7, cases[i].current);
    ok(d < 1e-11, "%s, double precision: within %.1e mV of the closed form", cases[i].name, d);
    ok(s < 1e-4, "%s, single precision: within %.1e mV", cases[i].name, s);
    x.first = 129, x.last = 297, x.every = 3;
    d = follow(&x, 1, true, 1, 132, cases[i].current);
    ok(d < 1e-11, "%s, chosen neuron: within %.1e mV", cases[i].name, d);
    ok(follow(&x, 1, true, 1, 133, none) == 0 && follow(&x, 1, true, 1, 126, none) == 0 &&
           follow(&x, 1, false, 1, 298, none) == 0,
       "%s: neurons that are not chosen get nothing", cases[i].name);
  }
  h9_stimulus three[] = {dc, steps, ac};
  three[1].first = 0, three[1].last = 299, three[1].every = 1;
  double d = follow(three, 3, true, 2, 200, all);
  ok(d < 1e-11, "currents add up, some for all and some for chosen neurons (%.1e mV)", d);
}

static void test_noise(void) {
  const h9_stimulus x = {.type = H9_STIMULUS_NOISE, .mean = 50, .std = 100, .interval = 1, .stop = INFINITY};
  kit k;
  membranes(&k, &x, 1);
  kit_begin(&k, 1, 1);
  double sum = 0, square = 0, a = exp(-0.1);
  int n = 0;
  for (int i = 0; i < 100; i++) { /* at ends of intervals, five time constants apart */
    if (h9_sim_run(k.sim, i ? 500 : 1000, &k.e) != H9_OK) break;
    for (uint32_t j = 0; j < NEURONS; j++, n++) {
      double v = h9_sim_state(k.sim, j + 1, "V_m") + 70;
      sum += v;
      square += v * v;
    }
  }
  double mean = sum / n, variance = square / n - mean * mean;
  double want = pow(0.04 * 100, 2) * (1 - a) / (1 + a);
  ok(fabs(mean - 2) < 5 * sqrt(want / n), "noise: mean potential %.4f mV above rest, expected 2", mean);
  ok(fabs(variance / want - 1) < 5 * sqrt(2.0 / n), "noise: variance %.4f, expected %.4f", variance, want);
  kit_end(&k);
  kit_release(&k);
}

static void test_spikes(void) {
  static double times[] = {1, 2, 2, 2, 3}, weights[] = {100, 50, -30, 1e-3, -20};
  h9_stimulus x = {
      .type = H9_STIMULUS_SPIKES, .stop = INFINITY, .n_times = 5, .times = times, .values = weights};
  kit k;
  h9_sim_options o = {.threads = 1, .seed = 5, .precision_double = true};
  h9_rowsource_options ro = {.threads = 1};
  h9_rowsource *source = NULL;
  membranes(&k, &x, 1);
  if (h9_projections_plan(&k.net, &k.e) != H9_OK ||
      h9_sim_make(&k.sim, &k.net, &k.config, &o, &k.e) != H9_OK ||
      h9_rowsource_expand(&source, &k.net, &ro, &k.e) != H9_OK || h9_sim_build(k.sim, source, &k.e) != H9_OK)
    printf("# %s\n", k.e.text);
  double d = exp(-0.1 / 2), ex = 0, in = 0, worst = 0; /* tau_syn 2 ms */
  for (h9_step s = 1; s <= 60; s++) {
    if (h9_sim_run(k.sim, 1, &k.e) != H9_OK) worst = INFINITY;
    ex *= d;
    in *= d;
    if (s == 10) ex += 100;
    if (s == 20) ex += 50 + 1e-3, in -= 30;
    if (s == 30) in -= 20;
    worst = fmax(worst, fabs(h9_sim_state(k.sim, 20, "I_syn_ex") - ex));
    worst = fmax(worst, fabs(h9_sim_state(k.sim, 20, "I_syn_in") - in));
  }
  ok(worst < 1e-10, "spikes arrive at the end of their step, by sign (%.1e pA)", worst);
  h9_rowsource_free(source);
  kit_end(&k);
  kit_release(&k);
}

int main(void) {
  test_sine();
  test_steps();
  test_normals();
  test_poisson();
  test_currents();
  test_noise();
  test_spikes();
  return done();
}

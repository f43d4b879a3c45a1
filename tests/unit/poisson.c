/* The Poisson drive: kernels of all levels against the one-neuron definition, counts against the Poisson
 * distribution (chi-square), the alias table. */
#include "../../libcore/model/poisson.h"
#include "tap.h"

enum { NEURONS = 8 * H9_TILE_GRAIN };

static double pmf(double mean, uint32_t k) { return exp(-mean + k * log(mean) - lgamma(k + 1.0)); }

/* Upper quantile of chi-square for p = 1e-6 by Wilson & Hilferty 1931. */
static double chi2_limit(double df) {
  double z = 4.753, a = 2 / (9 * df);
  return df * pow(1 - a + z * sqrt(a), 3);
}

static void distribution(enum h9_simd level, double mean, uint32_t steps) {
  h9_poisson p;
  h9_poisson_make(&p, mean, 4711, 3);
  static float out[NEURONS];
  static double seen[1 << 16];
  memset(seen, 0, sizeof seen);
  h9_poisson_fn draw = h9_poisson_choose(level);
  double sum = 0, sum2 = 0, lag = 0, n = (double)steps * NEURONS;
  for (uint32_t s = 1; s <= steps; s++) {
    memset(out, 0, sizeof out);
    draw(&p, s, 0, NEURONS / H9_TILE_GRAIN, 1.0f, out);
    for (int i = 0; i < NEURONS; i++) {
      seen[(uint32_t)out[i]]++;
      sum += out[i];
      sum2 += (out[i] - mean) * (out[i] - mean);
      if (i) lag += (out[i] - mean) * (out[i - 1] - mean);
    }
  }
  double chi2 = 0, expect = 0, got = 0;
  int bins = 0;
  for (uint32_t k = 0; k < 1 << 16; k++) { /* bins of at least ten expected */
    expect += n * pmf(mean, k);
    got += seen[k];
    if (expect >= 10 && n * pmf(mean, k + 1) >= 10) {
      chi2 += (got - expect) * (got - expect) / expect;
      bins++;
      expect = got = 0;
    } else if (k > mean && n * pmf(mean, k + 1) < 1e-9) {
      break;
    }
  }
  if (expect > 1) {
    chi2 += (got - expect) * (got - expect) / expect;
    bins++;
  }
  ok(chi2 < chi2_limit(bins > 1 ? bins - 1 : 1), "mean %g: chi-square %.1f of %d bins below %.1f", mean, chi2,
     bins, chi2_limit(bins > 1 ? bins - 1 : 1));
  near(sum / n, mean, 5 * sqrt(mean / n), "mean");
  near(sum2 / n, mean, 5 * sqrt((2 * mean * mean + mean) / n), "variance");
  near(lag / n, 0, 5 * mean / sqrt(n), "covariance of neighbours");
}

/* Every kernel equals the definition by 48 bits, for all neurons, steps that fill both counter words, and any
 * grain. */
static void levels(double mean) {
  h9_poisson p;
  h9_error e = {0};
  enum h9_simd top;
  if (h9_simd_choose(&top, &e) != H9_OK) return;
  h9_poisson_make(&p, mean, 99, 1);
  static _Alignas(64) float out[NEURONS];
  for (int level = H9_SIMD_SCALAR; level <= (int)top; level++) {
    uint64_t bad = 0, refined = 0;
    for (uint64_t step = 1; step < 400; step++) {
      uint64_t s = step % 7 ? step : step << 31;
      for (int i = 0; i < NEURONS; i++) out[i] = 0.5f;
      h9_poisson_choose(level)(&p, s, 3, NEURONS / H9_TILE_GRAIN, 0.25f, out);
      for (uint32_t i = 0; i < NEURONS; i++) {
        uint32_t index = 3 * H9_TILE_GRAIN + i, c = h9_poisson_count(&p, s, index);
        bad += out[i] != 0.5f + 0.25f * (float)c;
        refined++;
      }
    }
    ok(bad == 0, "mean %g, %s: %llu of %llu counts differ from the definition", mean, h9_simd_name(level),
       (unsigned long long)bad, (unsigned long long)refined);
  }
}

/* The alias table holds the Poisson probabilities: outcome k has its column's own part and what other columns
 * lend it. */
static void table(double mean) {
  h9_poisson p;
  h9_poisson_make(&p, mean, 1, 1);
  long double got[H9_POISSON_COLUMNS] = {0}, worst = 0;
  double each = mean / p.parts;
  for (int i = 0; i < H9_POISSON_COLUMNS; i++) {
    got[i] += (long double)p.accept[i] * 0x1p-48L;
    got[p.alias[i]] += (long double)((UINT64_C(1) << 43) - p.accept[i]) * 0x1p-48L;
  }
  for (int k = 0; k < H9_POISSON_COLUMNS; k++)
    worst = fmaxl(worst, fabsl(got[k] - expl(-(long double)each + k * logl(each) - lgammal(k + 1.0L))));
  ok(worst < 0x1p-47L, "mean %g: %u parts, probabilities within %.2Lg of the distribution", mean, p.parts,
     worst);
}

int main(void) {
  enum h9_simd level;
  h9_error e = {0};
  if (h9_simd_choose(&level, &e) != H9_OK) return 1;
  table(0.01);
  table(1.6);
  table(40);
  table(4);
  distribution(level, 0.01, 2000);
  distribution(level, 1.6, 2000);
  distribution(level, 12.5, 1000);
  distribution(level, 200, 500);
  distribution(level, 900, 50);
  levels(0.001);
  levels(1.6);
  levels(30);
  levels(70);
  return done();
}

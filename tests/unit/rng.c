/* Random numbers: Philox against Random123 itself, samplers against closed forms by chi-square and
 * Kolmogorov-Smirnov tests at fixed seeds, each test shown to see a deviation of a few percent. */
#include "../../libcore/base/rng.h"
#include "../../libcore/base/status.h"
#include "fit.h"
#include "tap.h"
#include <Random123/philox.h>

enum { N = 200000 };
static double v[N];

static h9_draws stream(uint32_t i) { return h9_draws_make(h9_key_make(2024, H9_PURPOSE_SAMPLE, 5), i, 0, 0); }

static void philox(void) {
  int bad = 0;
  h9_draws d = stream(0);
  for (int i = 0; i < 20000; i++) {
    philox4x32_ctr_t c;
    philox4x32_key_t k;
    for (int j = 0; j < 4; j++) c.v[j] = i ? h9_draw32(&d) : 0;
    for (int j = 0; j < 2; j++) k.v[j] = i ? h9_draw32(&d) : 0;
    philox4x32_ctr_t want = philox4x32_R(7, c, k);
    h9_ctr got = h9_philox((h9_key){{k.v[0], k.v[1]}}, c.v[0], c.v[1], c.v[2], c.v[3]);
    bad += memcmp(want.v, got.v, 16) != 0;
  }
  ok(bad == 0, "Philox agrees with Random123's philox4x32_R(7) on 20,000 inputs");
  h9_draws e = h9_draws_make((h9_key){{1, 2}}, 3, 4, 5);
  uint32_t first[9];
  for (int i = 0; i < 9; i++) first[i] = h9_draw32(&e);
  h9_ctr a = h9_philox((h9_key){{1, 2}}, 3, 4, 5, 0), b = h9_philox((h9_key){{1, 2}}, 3, 4, 5, 1),
         c = h9_philox((h9_key){{1, 2}}, 3, 4, 5, 2);
  ok(!memcmp(first, a.v, 16) && !memcmp(first + 4, b.v, 16) && first[8] == c.v[0],
     "a sequence counts in word 3, four words a block");
  enum { K = 3 * 9 * 100 };
  static uint64_t keys[K];
  int n = 0, same = 0;
  for (uint64_t seed = 0; seed < 3; seed++)
    for (int p = 1; p <= 9; p++)
      for (uint32_t sub = 0; sub < 100; sub++) {
        h9_key k = h9_key_make(seed << 32 | seed, (enum h9_purpose)p, sub);
        keys[n++] = (uint64_t)k.k[0] << 32 | k.k[1];
      }
  for (int i = 0; i < n; i++)
    for (int j = 0; j < i; j++) same += keys[i] == keys[j];
  ok(same == 0, "%d keys of seeds, purposes and subs differ", n);
}

static double normal_cdf(double x, const void *sd) {
  return 0.5 * erfc(-x / *(const double *)sd * M_SQRT1_2);
}
static double exponential_cdf(double x, const void *mean) {
  return x <= 0 ? 0 : -expm1(-x / *(const double *)mean);
}
static double gamma_cdf(double x, const void *shape) { return 1 - gamma_q(*(const double *)shape, x); }
static double uniform_cdf(double x, const void *w) { return fmin(fmax(x / *(const double *)w, 0), 1); }

/* right passes, wrong does not */
static void compare(double (*cdf)(double, const void *), double right, double wrong, const char *what) {
  double p = ks_p(v, N, cdf, &right), q = ks_p(v, N, cdf, &wrong);
  ok(p > 0.001 && q < 1e-6, "%s: p = %.3g (and %.2g against %g instead of %g)", what, p, q, wrong, right);
}

static void continuous(void) {
  for (int i = 0; i < N; i++) {
    h9_draws d = stream((uint32_t)i);
    v[i] = h9_draw_uniform(&d);
  }
  compare(uniform_cdf, 1, 1.02, "uniform");
  for (int i = 0; i < N; i++) {
    h9_draws d = stream((uint32_t)i);
    v[i] = h9_draw_normal(&d);
  }
  compare(normal_cdf, 1, 1.03, "normal");
  for (int i = 0; i < N; i++) {
    h9_draws d = stream((uint32_t)i);
    v[i] = h9_draw_exponential(&d);
  }
  compare(exponential_cdf, 1, 1.02, "exponential");
  static const double shapes[] = {0.1, 0.5, 0.99, 1, 1.5, 3, 20, 1000};
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    char what[64];
    for (int i = 0; i < N; i++) {
      h9_draws d = stream((uint32_t)i);
      v[i] = h9_draw_gamma(&d, shapes[s]);
    }
    snprintf(what, sizeof what, "gamma of shape %g", shapes[s]);
    compare(gamma_cdf, shapes[s], shapes[s] * 1.03, what);
  }
}

enum { CELLS = 4000 };
static double seen[CELLS], expected[CELLS];

/* Fills `expected` with N times a distribution given by its log-probability, from value `lo` on. */
static void fill(double lo, double (*logp)(double, double, double), double a, double b) {
  double total = 0;
  for (int i = 0; i < CELLS; i++) total += expected[i] = N * exp(logp(lo + i, a, b));
  if (lo == 0) expected[CELLS - 1] += fmax(N - total, 0);
}
static double log_poisson(double k, double m, double unused) {
  (void)unused;
  return k < 0 ? -INFINITY : (double)(-(long double)m + k * logl(m) - lgammal(k + 1));
}
static double log_binomial(double k, double n, double p) {
  if (k < 0 || k > n) return -INFINITY;
  return (double)(lgammal(n + 1) - lgammal(k + 1) - lgammal(n - k + 1) + k * logl(p) +
                  (n - k) * log1pl(-(long double)p));
}

static void discrete(void) {
  static const double means[] = {0.01, 0.5, 3, 9.99, 10, 12.5, 30, 300, 1e4, 1e5};
  for (size_t m = 0; m < sizeof means / sizeof *means; m++) {
    double mean = means[m], lo = fmax(0, floor(mean - CELLS / 2));
    memset(seen, 0, sizeof seen);
    int out = 0;
    for (int i = 0; i < N; i++) {
      h9_draws d = stream((uint32_t)i);
      double k = (double)h9_draw_poisson(&d, mean) - lo;
      if (k >= 0 && k < CELLS) seen[(int)k]++;
      else out++;
    }
    fill(lo, log_poisson, mean, 0);
    double p = chi_square_p(seen, expected, CELLS);
    double off = mean < 0.1 ? 1.2 : 1 + 0.05 / sqrt(fmax(mean, 1)); /* a shift of 0.05 standard deviations */
    fill(lo, log_poisson, mean * off, 0);
    double q = chi_square_p(seen, expected, CELLS);
    ok(p > 0.001 && q < 0.0001 && out == 0, "poisson of mean %g: p = %.3g (and %.2g against %g)", mean, p, q,
       mean * off);
  }
  static const double big[] = {1e9, 1e15};
  for (size_t m = 0; m < 2; m++) {
    for (int i = 0; i < N; i++) {
      h9_draws d = stream((uint32_t)i);
      /* a uniform part within the unit makes it continuous */
      v[i] = ((double)h9_draw_poisson(&d, big[m]) - big[m] + h9_draw_uniform(&d) - 0.5) / sqrt(big[m]);
    }
    char what[64];
    snprintf(what, sizeof what, "poisson of mean %g, standardised, against the normal", big[m]);
    compare(normal_cdf, 1, 1.03, what);
  }
  h9_draws d = stream(1);
  ok(h9_draw_poisson(&d, 0) == 0, "poisson of mean 0 is 0");
  static const struct {
    double n, p;
  } b[] = {{1, 0.3},    {10, 0.5},   {10, 0.97},  {100, 0.02}, {100, 0.1}, {40, 0.5},
           {1000, 0.3}, {1000, 0.9}, {1e6, 3e-6}, {1e6, 0.01}, {1e9, 1e-5}};
  for (size_t m = 0; m < sizeof b / sizeof *b; m++) {
    double mean = b[m].n * b[m].p, lo = fmax(0, floor(mean - CELLS / 2));
    memset(seen, 0, sizeof seen);
    int out = 0;
    for (int i = 0; i < N; i++) {
      d = stream((uint32_t)i);
      double k = (double)h9_draw_binomial(&d, (uint64_t)b[m].n, b[m].p) - lo;
      if (k >= 0 && k < CELLS) seen[(int)k]++;
      else out++;
    }
    fill(lo, log_binomial, b[m].n, b[m].p);
    double p = chi_square_p(seen, expected, CELLS);
    double sd = sqrt(mean * (1 - b[m].p)), off = b[m].p + 0.05 * sd / b[m].n;
    fill(lo, log_binomial, b[m].n, off);
    double q = chi_square_p(seen, expected, CELLS);
    ok(p > 0.001 && q < 0.0001 && out == 0, "binomial of %g and %g: p = %.3g (and %.2g against %.6g)", b[m].n,
       b[m].p, p, q, off);
  }
  ok(h9_draw_binomial(&d, 0, 0.5) == 0 && h9_draw_binomial(&d, 7, 0) == 0 && h9_draw_binomial(&d, 7, 1) == 7,
     "binomial: ends");
  /* 3 * 2^30 is the worst case of a biased method: a third of the range would be twice as likely */
  uint32_t n = 3221225472u;
  double in[3] = {0}, third[3] = {N / 3.0, N / 3.0, N / 3.0};
  for (int i = 0; i < N; i++) {
    d = stream((uint32_t)i);
    in[h9_draw_below(&d, n) / (n / 3)]++;
  }
  double p = chi_square_p(in, third, 3);
  ok(p > 0.001, "below 3 * 2^30: thirds are equally likely, p = %.3g", p);
  double seven[7] = {0}, even[7];
  for (int i = 0; i < 7; i++) even[i] = N / 7.0;
  for (int i = 0; i < N; i++) {
    d = stream((uint32_t)i);
    seven[h9_draw_below(&d, 7)]++;
  }
  p = chi_square_p(seven, even, 7);
  ok(p > 0.001 && h9_draw_below(&d, 1) == 0, "below 7: p = %.3g", p);
}

/* What the table means, counted exactly: each column has 1/n of all first words. */
static void alias(void) {
  enum { M = 1000 };
  static double w[M], prob[M];
  for (int round = 0; round < 4; round++) {
    double total = 0;
    h9_draws d = stream((uint32_t)round);
    for (int i = 0; i < M; i++) {
      w[i] = round == 0   ? 1
             : round == 1 ? pow(h9_draw_uniform(&d), 20)
             : round == 2 ? (i % 3 ? 0 : i)
                          : (i == 77);
      total += w[i];
      prob[i] = 0;
    }
    h9_alias t;
    if (h9_alias_build(&t, w, M) != H9_OK) {
      ok(0, "alias table");
      return;
    }
    for (uint32_t i = 0; i < M; i++) {
      double a = t.accept[i] * 0x1p-32;
      prob[i] += a / M;
      prob[t.other[i]] += (1 - a) / M;
    }
    double worst = 0;
    int never = 1;
    for (int i = 0; i < M; i++) {
      worst = fmax(worst, fabs(prob[i] - w[i] / total));
      if (w[i] == 0 && prob[i] > 0) never = 0;
    }
    ok(worst <= 0x1p-32 && never, "alias table %d: worst error %.3g, at most 2^-32; weight 0 is never drawn",
       round, worst);
    h9_alias_release(&t);
  }
  double five[5] = {1, 2, 3, 0, 4}, counts[5] = {0}, want[5];
  h9_alias t;
  if (h9_alias_build(&t, five, 5) != H9_OK) return;
  for (uint32_t i = 0; i < N; i++) {
    h9_ctr c = h9_philox((h9_key){{9, 9}}, i, 0, 0, 0);
    counts[h9_alias_draw(&t, c.v[0], c.v[1])]++;
  }
  for (int i = 0; i < 5; i++) want[i] = five[i] / 10 * N;
  ok(counts[3] == 0, "alias: no draw of weight 0 in %d", N);
  counts[3] = counts[4];
  want[3] = want[4];
  double p = chi_square_p(counts, want, 4);
  ok(p > 0.001, "alias: draws follow the weights, p = %.3g", p);
  h9_alias_release(&t);
}

/* FNV-1a over the bits of draws: published results depend on these. */
static void known(void) {
  uint64_t h = UINT64_C(0xcbf29ce484222325);
  for (uint32_t i = 0; i < 20000; i++) {
    h9_draws d = stream(i);
    double r[4] = {h9_draw_normal(&d), h9_draw_exponential(&d), h9_draw_gamma(&d, 0.3 + i % 10), 0};
    uint64_t k[4] = {h9_draw_poisson(&d, 0.1 * i), h9_draw_binomial(&d, i, 0.37), h9_draw_below(&d, i + 1),
                     0};
    const unsigned char *b[2] = {(unsigned char *)r, (unsigned char *)k};
    for (int j = 0; j < 2; j++)
      for (int m = 0; m < 32; m++) h = (h ^ b[j][m]) * UINT64_C(0x100000001b3);
  }
  ok(h == UINT64_C(0xfc4977cf0af63868), "known answer: hash of 120,000 draws is %016llx",
     (unsigned long long)h);
}

int main(void) {
  philox();
  continuous();
  discrete();
  alias();
  known();
  return done();
}

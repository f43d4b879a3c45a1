/* Samplers. All are exact up to rounding of doubles; rejection methods read as many words as
 * they need from their own keyed sequence, so no sampler disturbs another.
 *
 * normal       quantile of one uniform (Wichura 1988, AS 241): always two words
 * exponential  quantile of one uniform: always two words
 * gamma        Marsaglia & Tsang 2000, ACM TOMS 26:363
 * poisson      inversion below a mean of 10, else PTRS (Hoermann 1993, Insurance: Mathematics and
 *              Economics 12:39)
 * binomial     inversion below n p = 10, else BTRS (Hoermann 1993, J. Statist. Comput. Simul. 46:101)
 * below        Lemire 2019, ACM TOMACS 29:3
 * Probabilities of PTRS and BTRS by saddle points (Loader 2000, "Fast and accurate computation of
 * binomial probabilities"), which keep their digits at large means. */
#include "rng.h"
#include "mathfn.h"
#include "status.h"
#include <math.h>
#include <stdlib.h>

h9_key h9_key_make(uint64_t seed, enum h9_purpose purpose, uint32_t sub) {
  h9_key k = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
  h9_ctr c = h9_philox(k, (uint32_t)purpose, sub, UINT32_C(0x6839), 0);
  return (h9_key){{c.v[0], c.v[1]}};
}

double h9_draw_normal(h9_draws *d) { return h9_normal_quantile(h9_draw_uniform(d)); }

double h9_draw_exponential(h9_draws *d) { return -h9_log(h9_draw_uniform(d)); }

double h9_draw_gamma(h9_draws *d, double shape) {
  double boost = 1;
  if (shape < 1) { /* section 6 there */
    boost = h9_pow(h9_draw_uniform(d), 1 / shape);
    shape += 1;
  }
  double a = shape - 1.0 / 3, c = 1 / sqrt(9 * a);
  for (;;) {
    double x = h9_draw_normal(d), v = 1 + c * x, u = h9_draw_uniform(d);
    if (v <= 0) continue;
    v = v * v * v;
    double x2 = x * x;
    if (u < 1 - 0.0331 * x2 * x2 || h9_log(u) < 0.5 * x2 + a * (1 - v + h9_log(v))) return a * v * boost;
  }
}

/* log(n!) less Stirling's formula */
static double stirling_error(double n) {
  static const double small[16] = {0.0,
                                   0.08106146679532726,
                                   0.04134069595540929,
                                   0.02767792568499834,
                                   0.02079067210376509,
                                   0.01664469118982119,
                                   0.01387612882307075,
                                   0.01189670994589177,
                                   0.01041126526197209,
                                   0.009255462182712733,
                                   0.008330563433362871,
                                   0.007573675487951841,
                                   0.006942840107209530,
                                   0.006408994188004207,
                                   0.005951370112758848,
                                   0.005554733551962801};
  if (n < 16) return small[(int)n];
  double z = 1 / (n * n);
  return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - z / 1188) * z) * z) * z) / n;
}

/* k log(k / m) + m - k without cancellation; k >= 0, m > 0 */
static double deviance(double k, double m) {
  if (k == 0) return m;
  if (fabs(k - m) < 0.1 * (k + m)) {
    double v = (k - m) / (k + m), s = (k - m) * v, e = 2 * k * v, w = v * v;
    for (int j = 1; j < 1000; j++) {
      e *= w;
      double t = s + e / (2 * j + 1);
      if (t == s) break;
      s = t;
    }
    return s;
  }
  return k * h9_log(k / m) + m - k;
}

static const double TWO_PI = 0x1.921fb54442d18p+2;

static double log_poisson(double k, double mean) {
  if (k == 0) return -mean;
  return -stirling_error(k) - deviance(k, mean) - 0.5 * h9_log(TWO_PI * k);
}

static double log_binomial(double k, double n, double p) {
  double q = 1 - p;
  if (k == 0) return n * h9_log1p(-p);
  if (k == n) return n * h9_log(p);
  return stirling_error(n) - stirling_error(k) - stirling_error(n - k) - deviance(k, n * p) -
         deviance(n - k, n * q) + 0.5 * h9_log(n / (TWO_PI * k * (n - k)));
}

uint64_t h9_draw_poisson(h9_draws *d, double mean) {
  if (!(mean > 0)) return 0;
  if (mean < 10) {
    /* P(k > 150) is below 1e-100: the bound only stops what rounding leaves of u */
    double u = h9_draw_uniform(d), p = h9_exp(-mean);
    uint64_t k = 0;
    while (u > p && k < 150) {
      u -= p;
      k++;
      p *= mean / (double)k;
    }
    return k;
  }
  double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
  double inv_alpha = 1.1239 + 1.1328 / (b - 3.4), vr = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    double u = h9_draw_uniform(d) - 0.5, v = h9_draw_uniform(d), us = 0.5 - fabs(u);
    double k = floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vr) return (uint64_t)k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (h9_log(v * inv_alpha / (a / (us * us) + b)) <= log_poisson(k, mean)) return (uint64_t)k;
  }
}

uint64_t h9_draw_binomial(h9_draws *d, uint64_t n, double p) {
  if (n == 0 || !(p > 0)) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - h9_draw_binomial(d, n, 1 - p);
  double nd = (double)n;
  if (nd * p < 10) {
    double u = h9_draw_uniform(d), f = h9_exp(nd * h9_log1p(-p)), odds = p / (1 - p);
    uint64_t k = 0;
    while (u > f && k < n && k < 150) {
      u -= f;
      k++;
      f *= odds * (nd - (double)k + 1) / (double)k;
    }
    return k;
  }
  double spq = sqrt(nd * p * (1 - p)), b = 1.15 + 2.53 * spq, a = -0.0873 + 0.0248 * b + 0.01 * p;
  double c = nd * p + 0.5, vr = 0.92 - 4.2 / b, alpha = (2.83 + 5.1 / b) * spq;
  double at_mode = log_binomial(floor((nd + 1) * p), nd, p);
  for (;;) {
    double u = h9_draw_uniform(d) - 0.5, v = h9_draw_uniform(d), us = 0.5 - fabs(u);
    double k = floor((2 * a / us + b) * u + c);
    if (us >= 0.07 && v <= vr) return (uint64_t)k;
    if (k < 0 || k > nd) continue;
    if (h9_log(v * alpha / (a / (us * us) + b)) <= log_binomial(k, nd, p) - at_mode) return (uint64_t)k;
  }
}

uint32_t h9_draw_below(h9_draws *d, uint32_t n) {
  uint64_t m = (uint64_t)h9_draw32(d) * n;
  if ((uint32_t)m < n) {
    uint32_t t = -n % n;
    while ((uint32_t)m < t) m = (uint64_t)h9_draw32(d) * n;
  }
  return (uint32_t)(m >> 32);
}

/* Vose's construction: columns of height 1; those below are filled up by those above. */
int h9_alias_build(h9_alias *t, const double *weights, uint32_t n) {
  *t = (h9_alias){n, malloc(n * sizeof(uint32_t) + 1), malloc(n * sizeof(uint32_t) + 1)};
  double *height = malloc(n * sizeof(double) + 1);
  uint32_t *stack = malloc(n * sizeof(uint32_t) + 1); /* low ones from the left, high ones from the right */
  if (!t->accept || !t->other || !height || !stack) {
    free(height);
    free(stack);
    h9_alias_release(t);
    return H9_ESYSTEM;
  }
  double total = 0, most = 0;
  uint32_t heaviest = 0;
  for (uint32_t i = 0; i < n; i++) {
    total += weights[i];
    if (weights[i] > most) most = weights[i], heaviest = i;
  }
  uint32_t low = 0, high = n;
  for (uint32_t i = 0; i < n; i++) {
    height[i] = weights[i] / total * n;
    if (height[i] < 1) stack[low++] = i;
    else stack[--high] = i;
  }
  while (low > 0 && high < n) {
    uint32_t s = stack[--low], g = stack[high];
    t->accept[s] = (uint32_t)floor(height[s] * 0x1p32 < 0xffffffffp0 ? height[s] * 0x1p32 : 0xffffffffp0);
    t->other[s] = g;
    height[g] -= 1 - height[s];
    if (height[g] < 1) {
      high++;
      stack[low++] = g;
    }
  }
  /* what is left has height 1 but for rounding; nothing of weight 0 may ever be drawn */
  for (; high < n; high++) t->accept[stack[high]] = UINT32_MAX, t->other[stack[high]] = stack[high];
  while (low > 0) {
    uint32_t s = stack[--low];
    t->accept[s] = UINT32_MAX;
    t->other[s] = s;
    if (weights[s] == 0) t->accept[s] = 0, t->other[s] = heaviest;
  }
  free(height);
  free(stack);
  return H9_OK;
}

void h9_alias_release(h9_alias *t) {
  free(t->accept);
  free(t->other);
  *t = (h9_alias){0, NULL, NULL};
}

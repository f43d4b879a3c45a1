/* Goodness of fit: Kolmogorov-Smirnov and chi-square p-values, by libm alone. */
#ifndef H9_TESTS_FIT_H
#define H9_TESTS_FIT_H

#include <math.h>
#include <stdlib.h>

/* Regularised upper incomplete gamma function Q(a, x): series below, continued fraction (Lentz) above. */
__attribute__((unused)) static double gamma_q(double a, double x) {
  if (x <= 0) return 1;
  double front = exp(-x + a * log(x) - lgamma(a));
  if (x < a + 1) {
    double term = 1 / a, sum = term;
    for (int n = 1; n < 100000 && term > sum * 1e-16; n++) sum += term *= x / (a + n);
    return 1 - front * sum;
  }
  double b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
  for (int i = 1; i < 100000; i++) {
    double an = -i * (i - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    h *= d * c;
    if (fabs(d * c - 1) < 1e-15) break;
  }
  return front * h;
}

/* Observed counts against expected ones; neighbours are pooled until 8 are expected. */
__attribute__((unused)) static double chi_square_p(const double *seen, const double *expected, int n) {
  double chi = 0, s = 0, x = 0, last_s = 0, last_x = 0;
  int cells = 0;
  for (int i = 0; i < n; i++) {
    s += seen[i];
    x += expected[i];
    if (x < 8 && i < n - 1) continue;
    if (x < 8 && cells) { /* the rest joins the last cell */
      chi -= (last_s - last_x) * (last_s - last_x) / last_x;
      s += last_s;
      x += last_x;
      cells--;
    }
    chi += (s - x) * (s - x) / x;
    cells++;
    last_s = s;
    last_x = x;
    s = x = 0;
  }
  return gamma_q((cells - 1) / 2.0, chi / 2);
}

__attribute__((unused)) static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Sorts `v`. p-value by Stephens' correction of the asymptotic distribution. */
__attribute__((unused)) static double ks_p(double *v, int n, double (*cdf)(double, const void *),
                                           const void *ctx) {
  qsort(v, (size_t)n, sizeof *v, by_value);
  double d = 0;
  for (int i = 0; i < n; i++) {
    double f = cdf(v[i], ctx);
    d = fmax(d, fmax((i + 1.0) / n - f, f - (double)i / n));
  }
  double t = d * (sqrt(n) + 0.12 + 0.11 / sqrt(n)), p = 0;
  if (t < 0.3) return 1;
  for (int k = 1; k < 100; k++) p += (k & 1 ? 2 : -2) * exp(-2.0 * k * k * t * t);
  return fmin(p, 1);
}

#endif

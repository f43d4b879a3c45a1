#include "summary.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

h9_summary h9_summary_of(double *v, size_t n) {
  h9_summary s = {.n = n, .mean = NAN, .sd = NAN};
  for (int i = 0; i <= 10; i++) s.decile[i] = NAN;
  if (n == 0) return s;
  qsort(v, n, sizeof *v, ascending);
  double sum = 0, squares = 0;
  for (size_t i = 0; i < n; i++) sum += v[i];
  s.mean = sum / (double)n;
  for (size_t i = 0; i < n; i++) squares += (v[i] - s.mean) * (v[i] - s.mean);
  if (n > 1) s.sd = sqrt(squares / (double)(n - 1));
  for (int i = 0; i <= 10; i++) {
    double at = (double)(n - 1) * i / 10;
    size_t k = (size_t)at;
    s.decile[i] = v[k] + (k + 1 < n ? (at - (double)k) * (v[k + 1] - v[k]) : 0);
  }
  return s;
}

h9_summary h9_summary_counts(const uint64_t *counts, size_t n) {
  h9_summary s = {.mean = NAN, .sd = NAN};
  for (int i = 0; i <= 10; i++) s.decile[i] = NAN;
  double sum = 0, squares = 0;
  for (size_t k = 0; k < n; k++) {
    s.n += counts[k];
    sum += (double)counts[k] * (double)k;
  }
  if (s.n == 0) return s;
  s.mean = sum / (double)s.n;
  uint64_t seen = 0;
  int next = 0;
  for (size_t k = 0; k < n; k++) {
    squares += (double)counts[k] * ((double)k - s.mean) * ((double)k - s.mean);
    seen += counts[k];
    while (next <= 10 && seen && (double)(seen - 1) >= (double)(s.n - 1) * next / 10) s.decile[next++] = (double)k;
  }
  if (s.n > 1) s.sd = sqrt(squares / (double)(s.n - 1));
  return s;
}

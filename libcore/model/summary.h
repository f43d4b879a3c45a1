/* Mean, spread and quantiles of a set of values. */
#ifndef H9_MODEL_SUMMARY_H
#define H9_MODEL_SUMMARY_H

#include "../base/types.h"

typedef struct h9_summary {
  uint64_t n;
  double mean, sd;     /* sd with n - 1; NaN below two values */
  double decile[11];   /* 0, 10, ..., 100 %; linear between order statistics; NaN without values */
} h9_summary;

/* Sorts v. */
h9_summary h9_summary_of(double *v, size_t n);
/* The same of whole numbers given as counts[0 .. n): how often each value occurs. */
h9_summary h9_summary_counts(const uint64_t *counts, size_t n);

#endif

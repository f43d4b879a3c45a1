/* Times of many events in bounded memory: counts in classes 1.6 % wide, from which quantiles are read. */
#ifndef H9_BASE_HISTOGRAM_H
#define H9_BASE_HISTOGRAM_H

#include "types.h"

enum { H9_HISTOGRAM_FINE = 64, H9_HISTOGRAM_CLASSES = 59 * H9_HISTOGRAM_FINE };

typedef struct h9_histogram { /* zeroed: empty */
  uint64_t n, largest;
  uint64_t count[H9_HISTOGRAM_CLASSES];
} h9_histogram;

void h9_histogram_add(h9_histogram *h, uint64_t value);
/* The value that a part q of all, 0 to 1, does not exceed; 0 where there are none. */
double h9_histogram_quantile(const h9_histogram *h, double q);

#endif

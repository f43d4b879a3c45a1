#include "histogram.h"

/* Values below FINE have a class each; above, each power of two has FINE classes. */
static unsigned class_of(uint64_t v) {
  if (v < H9_HISTOGRAM_FINE) return (unsigned)v;
  unsigned shift = 63 - (unsigned)__builtin_clzll(v) - 6;
  return (shift + 1) * H9_HISTOGRAM_FINE + (unsigned)(v >> shift) % H9_HISTOGRAM_FINE;
}

/* The middle of a class. */
static double value_of(unsigned c) {
  if (c < H9_HISTOGRAM_FINE) return c;
  unsigned shift = c / H9_HISTOGRAM_FINE - 1;
  double width = (double)(UINT64_C(1) << shift);
  return (H9_HISTOGRAM_FINE + c % H9_HISTOGRAM_FINE) * width + (width - 1) / 2;
}

void h9_histogram_add(h9_histogram *h, uint64_t value) {
  h->n++;
  if (value > h->largest) h->largest = value;
  h->count[class_of(value)]++;
}

double h9_histogram_quantile(const h9_histogram *h, double q) {
  double need = q * (double)h->n;
  uint64_t seen = 0;
  for (unsigned c = 0; c < H9_HISTOGRAM_CLASSES && h->n; c++) {
    seen += h->count[c];
    if ((double)seen < need || seen == 0) continue;
    double v = value_of(c);
    return v < (double)h->largest ? v : (double)h->largest;
  }
  return 0;
}

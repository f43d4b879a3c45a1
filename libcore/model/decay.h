/* exp(-k dt / tau) for whole numbers of steps k: the product of two numbers from tables, each the nearest double,
 * so that the error is below 2 units in the last place. */
#ifndef H9_MODEL_DECAY_H
#define H9_MODEL_DECAY_H

#include "../base/status.h"

typedef struct h9_decay {
  double *low, *high; /* of k % 2^bits and of k / 2^bits */
  uint32_t bits, n_high;
} h9_decay;

/* tau > 0 in the unit of dt. H9_OK or H9_ESYSTEM. */
int h9_decay_make(h9_decay *d, double dt, double tau, h9_error *e) H9_UNUSED_RESULT;
void h9_decay_release(h9_decay *d);

static inline double h9_decay_at(const h9_decay *d, uint32_t k) {
  uint32_t h = k >> d->bits;
  return d->low[k & ((1u << d->bits) - 1)] * d->high[h < d->n_high ? h : d->n_high - 1];
}

#endif

/* The Poisson drive: every neuron gets its own Poisson count in every step, drawn by inversion.
 *
 * A count is #{k : U >= F(k)}, F the distribution function and U uniform with 48 bits. The top 16 bits are
 * enough except where they equal those of a threshold; only then the other 32 are drawn. So counts are exact to
 * 2^-48, and a Philox block of four words serves eight neurons. Means above H9_POISSON_PART are drawn as
 * sums of equal parts.
 *
 * U of a neuron is a function of (seed, stimulus, step, index in the population) alone: with g = index / 128,
 * i = index % 128, it is half i / 16 % 2 (0: the low one) of word i / 32 of the Philox block at counter
 * (16 g + i % 16, step low, step high, part). */
#ifndef H9_MODEL_POISSON_H
#define H9_MODEL_POISSON_H

#include "../base/cpu.h"
#include "../base/rng.h"
#include "tiles.h"

#define H9_POISSON_PART 256.0

typedef struct h9_poisson {
  h9_key key;
  uint32_t parts;  /* each count is the sum of so many */
  uint32_t n_all;  /* thresholds */
  uint64_t *all;   /* F(k) * 2^48, rising, all below 2^48 */
  uint32_t base;   /* thresholds below 2^32 (top 16 bits zero) */
  uint32_t n;      /* thresholds with other tops */
  uint16_t *top;   /* [n] */
} h9_poisson;

/* mean: expected count of a step, 0 .. 1e6; stimulus: number of the stimulus in the configuration. */
int h9_poisson_make(h9_poisson *p, double mean, uint64_t seed, uint32_t stimulus, h9_error *e) H9_UNUSED_RESULT;
void h9_poisson_release(h9_poisson *p);

/* Adds weight * count to out[0 .. grains * H9_TILE_GRAIN) for the neurons from index grain * H9_TILE_GRAIN on. */
typedef void (*h9_poisson_fn)(const h9_poisson *p, uint64_t step, uint32_t grain, uint32_t grains, float weight, float *out);
h9_poisson_fn h9_poisson_choose(enum h9_simd level);

/* One neuron's count by the full 48 bits; what all the others must equal. */
uint32_t h9_poisson_count(const h9_poisson *p, uint64_t step, uint32_t index);

#endif

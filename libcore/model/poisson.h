/* The Poisson drive: every neuron gets its own Poisson count in every step, drawn by Walker's alias method.
 *
 * A uniform number U of 48 bits makes a count: its top 5 bits choose a column i of 32, and the other 43 bits,
 * compared with accept[i], choose between i and alias[i]. The top 16 bits are enough except where the 11
 * below the column equal those of accept[i]; only then the other 32 are drawn. So probabilities are exact to
 * 2^-48, and a Philox block of four words serves eight neurons. Means above H9_POISSON_PART are drawn as sums
 * of equal parts.
 *
 * U of a neuron is a function of (seed, stimulus, step, index in the population) alone: with g = index / 128,
 * i = index % 128, its top is half i / 16 % 2 (0: the low one) of word i / 32 of the Philox block at counter
 * (step low, 16 g + i % 16, step high, part).
 *
 * Walker 1977, ACM Trans Math Softw 3:253-256; Vose 1991, IEEE Trans Softw Eng 17:972-975. */
#ifndef H9_MODEL_POISSON_H
#define H9_MODEL_POISSON_H

#include "../base/cpu.h"
#include "../base/rng.h"
#include "tiles.h"

#define H9_POISSON_PART 4.0 /* mean: outcomes above 31 have a probability below 2^-58 */
enum { H9_POISSON_COLUMNS = 32 };

typedef struct h9_poisson {
  _Alignas(64) uint16_t top[H9_POISSON_COLUMNS]; /* accept >> 32 */
  uint16_t alias[H9_POISSON_COLUMNS];
  uint64_t accept[H9_POISSON_COLUMNS]; /* of 2^43 */
  h9_key key;
  uint32_t parts; /* each count is the sum of so many */
} h9_poisson;

/* mean: expected count of a step, 0 .. 1e6; stimulus: number of the stimulus in the configuration. */
void h9_poisson_make(h9_poisson *p, double mean, uint64_t seed, uint32_t stimulus);

/* Adds weight * count to out[0 .. grains * H9_TILE_GRAIN) for the neurons from index grain * H9_TILE_GRAIN
 * on. */
typedef void (*h9_poisson_fn)(const h9_poisson *p, uint64_t step, uint32_t grain, uint32_t grains,
                              float weight, float *out);
h9_poisson_fn h9_poisson_choose(enum h9_simd level);

/* One neuron's count by the full 48 bits; what all the others must equal. */
uint32_t h9_poisson_count(const h9_poisson *p, uint64_t step, uint32_t index);

#endif

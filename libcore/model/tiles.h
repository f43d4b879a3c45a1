/* Which thread's memory a neuron lives in. A network is cut into tiles; a tile holds one slice, its part,
 * of every population, and is owned by one thread. The inputs of its neurons are numbered by 16-bit
 * slots, so that a synapse needs two bytes for its target.
 *
 * Slices begin at multiples of H9_TILE_GRAIN neurons: vector kernels and the random numbers of the
 * drive work on whole grains, whatever the tiling. */
#ifndef H9_MODEL_TILES_H
#define H9_MODEL_TILES_H

#include "../base/status.h"
#include "model.h"

enum { H9_TILE_SLOTS_MAX = 65536 };

typedef struct h9_part {
  uint32_t first, n; /* neurons [first, first + n) of the population; n may be 0 */
  uint32_t slot;     /* of its first neuron */
  uint32_t stride;   /* slots from a neuron's first receptor to its second; 0: one receptor */
} h9_part;

typedef struct h9_tiling {
  uint32_t n_tiles, n_populations;
  uint32_t n_shares; /* one a thread: share k is the tiles from k * n_tiles / n_shares on, equally many each */
  h9_part *part;      /* [n_tiles * n_populations], by tile, then population */
  uint32_t *slots;    /* [n_tiles] slots in use, a multiple of H9_SLOT_ALIGN */
  uint16_t **tile_of; /* [n_populations][(count + grain - 1) / grain] */
} h9_tiling;

/* Cuts into the smallest multiple of `threads` tiles (at least `threads` * `per_thread`) in which every
 * tile has at most H9_TILE_SLOTS_MAX slots. receptors[p]: 1 or 2. H9_OK or H9_ESYSTEM. */
int h9_tiling_make(h9_tiling *t, const uint32_t *counts, const uint32_t *receptors, uint32_t n_populations,
                   int threads, int per_thread, h9_error *e) H9_UNUSED_RESULT;
void h9_tiling_release(h9_tiling *t);

static inline uint32_t h9_tiling_per_share(const h9_tiling *t) { return t->n_tiles / t->n_shares; }
static inline const h9_part *h9_tiling_part(const h9_tiling *t, uint32_t tile, uint32_t population) {
  return &t->part[(size_t)tile * t->n_populations + population];
}

#endif

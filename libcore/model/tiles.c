#include "tiles.h"

#include <stdlib.h>

enum { TILES_MAX = 65535 };

static uint32_t round_up(uint32_t n, uint32_t to) { return (n + to - 1) / to * to; }

static int allocate(h9_tiling *t, const uint32_t *counts, h9_error *e) {
  t->part = calloc((size_t)t->n_tiles * t->n_populations + 1, sizeof *t->part);
  t->slots = calloc(t->n_tiles, sizeof *t->slots);
  t->tile_of = calloc((size_t)t->n_populations + 1, sizeof *t->tile_of);
  bool good = t->part && t->slots && t->tile_of;
  for (uint32_t p = 0; p < t->n_populations && good; p++) {
    t->tile_of[p] = calloc((size_t)counts[p] / H9_TILE_GRAIN + 1, sizeof **t->tile_of);
    good = t->tile_of[p] != NULL;
  }
  return good ? H9_OK : h9_fail_memory(e, (size_t)t->n_tiles * t->n_populations * sizeof *t->part, "tiles");
}

/* Borders are placed where the neurons up to a tile, over all populations so far, come nearest to an even
 * share: what one population leaves uneven the next one makes good. */
static bool cut(h9_tiling *t, const uint32_t *counts, const uint32_t *receptors, uint64_t *given) {
  uint64_t total = 0;
  for (uint32_t k = 0; k < t->n_tiles; k++) given[k] = t->slots[k] = 0;
  for (uint32_t p = 0; p < t->n_populations; p++) {
    uint32_t grains = counts[p] / H9_TILE_GRAIN + (counts[p] % H9_TILE_GRAIN != 0), at = 0;
    total += counts[p];
    for (uint32_t k = 0; k < t->n_tiles; k++) {
      uint64_t share = (uint64_t)((unsigned __int128)total * (k + 1) / t->n_tiles);
      uint64_t want = share > given[k] ? (share - given[k] + H9_TILE_GRAIN / 2) / H9_TILE_GRAIN : 0;
      uint32_t end = k + 1 == t->n_tiles || want > grains ? grains : (uint32_t)want;
      if (end < at) end = at;
      uint32_t first = at * H9_TILE_GRAIN, last = end == grains ? counts[p] : end * H9_TILE_GRAIN;
      if (first > last) first = last;
      h9_part *part = &t->part[(size_t)k * t->n_populations + p];
      uint32_t wide = round_up(last - first, H9_SLOT_ALIGN);
      *part = (h9_part){first, last - first, t->slots[k], receptors[p] > 1 ? wide : 0};
      if (wide > H9_TILE_SLOTS_MAX || t->slots[k] + wide * receptors[p] > H9_TILE_SLOTS_MAX) return false;
      t->slots[k] += wide * receptors[p];
      for (uint32_t g = at; g < end; g++) t->tile_of[p][g] = (uint16_t)k;
      given[k] += last;
      at = end;
    }
  }
  return true;
}

int h9_tiling_make(h9_tiling *t, const uint32_t *counts, const uint32_t *receptors, uint32_t n_populations,
                   int threads, int per_thread, h9_error *e) {
  for (uint64_t each = (uint64_t)per_thread;; each++) {
    *t = (h9_tiling){.n_tiles = (uint32_t)(each * (uint64_t)threads),
                     .n_populations = n_populations,
                     .n_shares = (uint32_t)threads};
    if (each * (uint64_t)threads > TILES_MAX)
      return h9_fail(e, H9_ESYSTEM, "its neurons need more than %d tiles, which is as many as there can be: expected fewer neurons", TILES_MAX);
    int rc = allocate(t, counts, e);
    uint64_t *given = rc == H9_OK ? calloc(t->n_tiles, sizeof *given) : NULL;
    if (rc == H9_OK && !given) rc = h9_fail_memory(e, t->n_tiles * sizeof *given, "tiles");
    bool fits = rc == H9_OK && cut(t, counts, receptors, given);
    free(given);
    if (fits) return H9_OK;
    h9_tiling_release(t);
    if (rc != H9_OK) return rc;
  }
}

void h9_tiling_release(h9_tiling *t) {
  if (t->tile_of)
    for (uint32_t p = 0; p < t->n_populations; p++) free(t->tile_of[p]);
  free(t->tile_of);
  free(t->part);
  free(t->slots);
  *t = (h9_tiling){0};
}

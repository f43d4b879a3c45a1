/* Whether the int32 inputs of a tile can overflow, from the rows themselves: for networks whose rules say
 * nothing about in-degrees. */
#include "delayrows.h"

#include <stdlib.h>

static void add_segment(const uint32_t *p, uint32_t n, uint32_t kind, uint64_t *sum) {
  if (kind == H9_RECORD_NARROW) {
    for (uint32_t i = 0; i < n; i++) sum[p[i] & 0xffff] += (uint64_t)abs((int32_t)p[i] >> 16);
  } else if (kind == H9_RECORD_CONSTANT) {
    int64_t w = (int32_t)p[0];
    for (uint32_t i = 0; i < n; i++)
      sum[i % 2 ? p[1 + i / 2] >> 16 : p[1 + i / 2] & 0xffff] += (uint64_t)llabs(w);
  }
}

int h9_delayrows_bound(const h9_delayrows *d, uint32_t tile, uint64_t *most, h9_error *e) {
  const uint32_t *words = h9_delayrows_words(d, tile), *offsets = h9_delayrows_offsets(d, tile);
  uint64_t *sum = h9_alloc(H9_TILE_SLOTS_MAX, sizeof *sum);
  if (!sum) return h9_fail_memory(e, H9_TILE_SLOTS_MAX * sizeof *sum, "checking inputs");
  for (uint32_t s = 0; s < d->n_sources; s++) {
    if (offsets[s] == 0) continue;
    const uint32_t *p = words + offsets[s];
    for (uint32_t h = *p++;; h = *p++) {
      uint32_t n = h & 0xffff, kind = h >> 16 & 3;
      add_segment(p, n, kind, sum);
      p += n == 0 ? 0 : kind == H9_RECORD_CONSTANT ? 1 + (n + 1) / 2 : kind == H9_RECORD_WIDE ? 2 * n : n;
      if ((h >> 18 & 255) == H9_ROW_DELTA_END) break;
    }
  }
  *most = 0;
  for (uint32_t i = 0; i < H9_TILE_SLOTS_MAX; i++)
    if (sum[i] > *most) *most = sum[i];
  free(sum);
  return H9_OK;
}

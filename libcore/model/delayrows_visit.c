/* Reading the rows back: every synapse as it is held. */
#include "delayrows.h"
#include "loose.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct visit {
  const h9_delayrows *d;
  h9_held h;
  h9_held_fn see;
  void *ctx;
} visit;

static void give(visit *v, uint32_t slot, bool wide, int32_t quanta, double value) {
  v->h.slot = slot;
  v->h.wide = wide;
  v->h.quanta = wide ? 0 : quanta;
  v->h.value = wide ? value : 0;
  v->see(v->ctx, &v->h);
}

static uint32_t slot_of(const uint32_t *p, uint32_t i) { return i % 2 ? p[i / 2] >> 16 : p[i / 2] & 0xffff; }

static void see_segment(visit *v, const uint32_t *p, uint32_t n, uint32_t kind) {
  int32_t quanta = (int32_t)p[0];
  double value;
  memcpy(&value, p, sizeof value);
  for (uint32_t i = 0; i < n; i++) {
    float f;
    switch (kind) {
    case H9_RECORD_NARROW:
      give(v, p[i] & 0xffff, false, (int32_t)p[i] >> 16, 0);
      break;
    case H9_RECORD_CONSTANT:
      give(v, slot_of(p + 1, i), false, quanta, 0);
      break;
    case H9_RECORD_WIDE:
      memcpy(&f, &p[2 * i + 1], sizeof f);
      give(v, p[2 * i], true, 0, (double)f);
      break;
    default:
      give(v, slot_of(p + 2, i), true, 0, value);
    }
  }
}

static void see_row(visit *v, uint32_t tile, uint32_t offset) {
  const uint32_t *p = h9_delayrows_words(v->d, tile) + offset;
  uint32_t delta = *p++ >> 18 & 255;
  v->h.tile = tile;
  v->h.delay = 0;
  v->h.loose = false;
  while (delta != H9_ROW_DELTA_END) {
    uint32_t h = *p++, n = h & 0xffff, kind = h >> 16 & 3;
    v->h.delay += delta;
    if (n) see_segment(v, p, n, kind);
    p += h9_row_words(n, kind);
    delta = h >> 18 & 255;
  }
}

static void see_loose(visit *v, uint32_t share, const uint32_t *p) {
  uint32_t per_share = h9_tiling_per_share(v->d->tiling), shift = 16 - h9_loose_bits(per_share);
  v->h.loose = true;
  for (bool last = false; !last;) {
    uint32_t n = p[0] & 0xffff, least = p[0] >> 16, kind = p[1] & 3;
    const uint32_t *record = p + 2 + (kind & 1);
    last = p[1] & H9_LOOSE_LAST;
    for (uint32_t i = 0; i < n; i++) {
      uint32_t r = kind == H9_RECORD_WIDE ? record[2 * i] : record[i], key = r >> 16;
      if (kind == H9_RECORD_NARROW) {
        uint16_t k;
        memcpy(&k, (const unsigned char *)&record[n] + 2 * (size_t)i, sizeof k);
        key = k;
      }
      v->h.tile = share * per_share + (key >> shift);
      v->h.delay = least + (key & ((1u << shift) - 1));
      float f;
      memcpy(&f, &record[kind == H9_RECORD_WIDE ? 2 * i + 1 : i], sizeof f);
      if (kind == H9_RECORD_NARROW) give(v, r & 0xffff, false, (int32_t)r >> 16, 0);
      else if (kind == H9_RECORD_CONSTANT) give(v, r & 0xffff, false, (int32_t)p[2], 0);
      else give(v, r & 0xffff, true, 0, kind == H9_RECORD_WIDE ? (double)f : v->d->constant[p[2]]);
    }
    p += h9_loose_words(n, kind);
  }
}

void h9_delayrows_visit(const h9_delayrows *d, uint32_t share, h9_held_fn see, void *ctx) {
  const uint32_t *directory = h9_delayrows_directory(d, share), *lists = h9_delayrows_lists(d, share);
  uint32_t per_share = h9_tiling_per_share(d->tiling);
  visit v = {.d = d, .see = see, .ctx = ctx};
  for (uint32_t s = 0; s < d->n_sources; s++) {
    uint32_t entry = directory[s];
    v.h.source = s;
    if (entry && !(entry & H9_ENTRY_LIST)) see_row(&v, share * per_share, entry);
    if (!(entry & H9_ENTRY_LIST)) continue;
    const uint32_t *p = lists + (size_t)(entry & ~H9_ENTRY_LIST) * 2;
    uint32_t head = *p++;
    for (uint32_t n = head & 0xffff; n; n--, p += 2) see_row(&v, share * per_share + p[0], p[1]);
    if (head & H9_LIST_LOOSE) see_loose(&v, share, p);
  }
}

typedef struct sums {
  uint32_t first; /* tile */
  uint64_t *quanta;
  double *wide;
} sums;

static void add(void *ctx, const h9_held *h) {
  sums *s = ctx;
  size_t i = (size_t)(h->tile - s->first) * H9_TILE_SLOTS_MAX + h->slot;
  if (h->wide) s->wide[i] += fabs(h->value);
  else s->quanta[i] += (uint64_t)llabs(h->quanta);
}

int h9_delayrows_bound(const h9_delayrows *d, uint32_t share, uint64_t *quanta, double *wide, h9_error *e) {
  uint32_t per_share = h9_tiling_per_share(d->tiling);
  size_t n = (size_t)per_share * H9_TILE_SLOTS_MAX;
  sums s = {share * per_share, h9_alloc(n, sizeof *s.quanta), h9_alloc(n, sizeof *s.wide)};
  int rc = s.quanta && s.wide ? H9_OK : h9_fail_memory(e, n * 16, "checking inputs");
  *quanta = 0;
  *wide = 0;
  if (rc == H9_OK) h9_delayrows_visit(d, share, add, &s);
  for (size_t i = 0; i < n && rc == H9_OK; i++) {
    if (s.quanta[i] > *quanta) *quanta = s.quanta[i];
    if (s.wide[i] > *wide) *wide = s.wide[i];
  }
  free(s.quanta);
  free(s.wide);
  return rc;
}

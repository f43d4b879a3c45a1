/* Lists of tiles and loose rows: written after a source's rows by tile, whose offsets they hold. */
#include "delayrows_parts.h"

#include <string.h>

enum { LINE_WORDS = 16, LINES_MAX = 0x7fff };

int h9_loose_count(h9_build *b, h9_builder *w, const h9_group *g, uint32_t r, uint32_t n_classes,
                   h9_error *e) {
  const h9_tiling *t = b->d->tiling;
  size_t n = (size_t)t->n_shares * n_classes;
  if (h9_grow(&w->loose, &w->loose_cap, n, sizeof *w->loose) != H9_OK)
    return h9_fail_memory(e, n * sizeof *w->loose, "rows");
  memset(w->loose, 0, n * sizeof *w->loose);
  for (uint32_t k = 0; k < g->n_rows; k++) {
    h9_run u = h9_run_of(g, k, r);
    const uint16_t *tile_of = t->tile_of[b->net->projections[u.rows->projection].target];
    h9_loose_place *place = w->loose + w->class_first[k];
    for (uint64_t i = u.from; i < u.to; i++) {
      uint32_t tile = tile_of[u.rows->target[i] / H9_TILE_GRAIN];
      if (w->number[tile] != H9_TILE_LOOSE) continue;
      place[(size_t)(tile / b->per_share) * n_classes].n++;
      if (u.rows->delay[i] > w->loose_delay_max) w->loose_delay_max = u.rows->delay[i];
      w->loose_records++;
    }
  }
  return H9_OK;
}

/* The segments of the loose row, from `at` on; returns the end. */
static uint32_t lay_out_segments(const h9_builder *w, uint32_t *base, h9_loose_place *place,
                                 uint32_t n_classes, uint32_t least_delay, uint32_t at) {
  uint32_t *last = NULL;
  for (uint32_t c = 0; c < n_classes; c++) {
    h9_loose_place *p = &place[c];
    const h9_class *k = &w->class_of[c];
    if (p->n == 0) continue;
    base[at] = p->n | least_delay << 16;
    base[at + 1] = k->kind;
    last = &base[at + 1];
    p->at = at + 2;
    if (k->kind == H9_RECORD_CONSTANT) memcpy(&base[p->at++], &k->weight, 4);
    else if (k->kind == H9_RECORD_EXACT) base[p->at++] = k->index;
    p->keys = p->at + p->n;
    at += (uint32_t)h9_loose_words(p->n, k->kind);
  }
  if (last) *last |= H9_LOOSE_LAST;
  return at;
}

int h9_loose_lay_out(h9_build *b, h9_builder *w, uint32_t source, uint32_t share, const uint32_t *tiles,
                     uint32_t n_tiles, uint32_t least_delay, uint32_t n_classes, h9_error *e) {
  h9_delayrows *d = b->d;
  uint32_t *entry = (uint32_t *)(void *)d->directory.base + (size_t)share * d->n_sources + source;
  h9_loose_place *place = w->loose + (size_t)share * n_classes;
  uint64_t words = 0;
  uint32_t rows = 0, only = 0;
  for (uint32_t c = 0; c < n_classes; c++)
    if (place[c].n) words += h9_loose_words(place[c].n, w->class_of[c].kind);
  for (uint32_t i = 0; i < n_tiles; i++)
    if (w->row[tiles[i]]) {
      rows++;
      only = w->row[tiles[i]];
    }
  if (rows == 0 && words == 0) return H9_OK;
  if (b->per_share == 1 && words == 0 && only < H9_ENTRY_LIST) {
    *entry = only;
    w->row[tiles[0]] = 0;
    return H9_OK;
  }
  words += 1 + 2 * (uint64_t)rows;
  words += words % 2; /* the directory tells half the offset */
  h9_quarry *q = &w->list[share];
  int rc = h9_quarry_need(b, q, d->tiling->n_tiles + share, words, e);
  if (rc != H9_OK) return rc;
  uint32_t *base = (uint32_t *)(void *)d->lists[share].base, at = q->at;
  *entry = H9_ENTRY_LIST | at / 2;
  uint64_t lines = (at + words - 1) / LINE_WORDS - at / LINE_WORDS + 1;
  base[at++] = rows | (uint32_t)(lines < LINES_MAX ? lines : LINES_MAX) << 16;
  for (uint32_t i = 0; i < n_tiles; i++) {
    if (!w->row[tiles[i]]) continue;
    base[at++] = tiles[i] % b->per_share;
    base[at++] = w->row[tiles[i]];
    w->row[tiles[i]] = 0;
  }
  uint32_t segments = at;
  at = lay_out_segments(w, base, place, n_classes, least_delay, at);
  if (at > segments) base[q->at] |= H9_LIST_LOOSE;
  w->words += words;
  q->at += (uint32_t)words;
  return H9_OK;
}

void h9_loose_put(h9_build *b, h9_builder *w, const h9_form *f, uint32_t class_, uint32_t n_classes,
                  uint32_t tile, uint32_t slot, uint32_t late, int32_t quanta, float value) {
  uint32_t share = tile / b->per_share;
  h9_loose_place *p = &w->loose[(size_t)share * n_classes + class_];
  uint32_t *base = (uint32_t *)(void *)b->d->lists[share].base, i = p->filled++;
  uint16_t key = (uint16_t)((tile % b->per_share) << (16 - b->bits) | late);
  switch (f->kind) {
  case H9_RECORD_NARROW:
    base[p->at + i] = slot | (uint32_t)quanta << 16;
    memcpy((unsigned char *)&base[p->keys] + 2 * (size_t)i, &key, 2);
    break;
  case H9_RECORD_WIDE:
    base[p->at + 2 * i] = slot | (uint32_t)key << 16;
    memcpy(&base[p->at + 2 * i + 1], &value, 4);
    break;
  default:
    base[p->at + i] = slot | (uint32_t)key << 16;
  }
}

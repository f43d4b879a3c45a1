/* One source's rows: a counting sort of its connections by (tile, delay, class), a class being a kind of
 * record (for weights kept once a segment: one weight). Tiles in which the source has few connections, or
 * hardly more than segments, get no row: those connections lie loose. */
#include "delayrows_parts.h"

#include <math.h>
#include <string.h>

enum {
  LINE_WORDS = 16,
  FILLED = 32,       /* connections a tile, on average, above which every tile gets a row */
};

/* Classes of the row's connections. Rows so long that a bin might not fit a segment's count get classes of
 * their own for every H9_ROW_COUNT_MAX connections of a projection. */
static int make_classes(h9_build *b, h9_builder *w, const h9_group *g, uint32_t r, bool split,
                        uint32_t *n_classes) {
  uint32_t n = 0;
  for (uint32_t k = 0; k < g->n_rows; k++) {
    const h9_form *f = &b->forms[g->rows[k].projection];
    h9_class c = {f->kind, f->kind == H9_RECORD_CONSTANT ? f->weight : 0, g->rows[k].projection,
                  f->kind == H9_RECORD_EXACT ? f->value : 0};
    h9_run u = h9_run_of(g, k, r);
    uint64_t copies = split ? (u.to - u.from) / H9_ROW_COUNT_MAX + 1 : 1;
    if (h9_grow(&w->class_of, &w->class_cap, n + copies, sizeof *w->class_of) != H9_OK) return H9_ESYSTEM;
    uint32_t same = n;
    if (!split)
      for (same = 0; same < n; same++) {
        const h9_class *o = &w->class_of[same];
        if (o->kind == c.kind && o->weight == c.weight && o->value == c.value) break;
      }
    w->class_first[k] = same;
    if (same < n) continue;
    for (uint64_t i = 0; i < copies; i++) w->class_of[n++] = c;
  }
  *n_classes = n;
  return H9_OK;
}

/* Numbers the delays that occur in the row, in rising order. */
static uint32_t rank_delays(h9_builder *w, const h9_group *g, uint32_t r) {
  uint32_t low = H9_DELAY_MAX + 1, high = 0, n = 0;
  for (uint32_t k = 0; k < g->n_rows; k++) {
    h9_run u = h9_run_of(g, k, r);
    if (u.from == u.to) continue;
    const uint16_t *delay = u.rows->delay;
    if (delay[u.from] < low) low = delay[u.from];
    if (delay[u.to - 1] > high) high = delay[u.to - 1];
    for (uint64_t i = u.from; i < u.to; i++) w->present[delay[i]] = 1;
  }
  for (uint32_t d = low; d <= high; d++)
    if (w->present[d]) {
      w->present[d] = 0;
      w->rank[d] = (uint16_t)n;
      w->delay[n++] = (uint16_t)d;
    }
  if (n && low < w->delay_min) w->delay_min = low;
  if (n && high > w->delay_max) w->delay_max = high;
  return n;
}

static uint32_t segment_words(h9_class c, uint32_t count) { return 1 + h9_row_words(count, c.kind); }
static uint32_t bridges(uint32_t gap) { return (gap - 1) / H9_ROW_DELTA_MAX; }

/* Words before a segment's first record. */
static uint32_t write_heads(uint32_t *at, h9_class c, uint32_t count) {
  at[0] = h9_row_header(count, c.kind, H9_ROW_DELTA_END, 0);
  if (c.kind == H9_RECORD_CONSTANT) {
    memcpy(&at[1], &c.weight, 4);
    return 2;
  }
  if (c.kind == H9_RECORD_EXACT) {
    memcpy(&at[1], &c.value, 8);
    return 3;
  }
  return 1;
}

/* Lays out the row of a tile, the n-th with one: head, headers, and in w->place where each bin's records go.
 */
static int lay_out(h9_build *b, h9_builder *w, uint32_t tile, uint32_t number, uint32_t n_ranks,
                   uint32_t n_classes, h9_error *e) {
  const uint32_t *count = w->count + (size_t)number * n_ranks * n_classes;
  uint32_t *place = w->place + (size_t)number * n_ranks * n_classes;
  uint64_t words = 1;
  uint32_t last = 0;
  for (uint32_t i = 0; i < n_ranks; i++) {
    bool any = false;
    for (uint32_t c = 0; c < n_classes; c++) {
      uint32_t n = count[i * n_classes + c];
      if (n == 0) continue;
      any = true;
      words += segment_words(w->class_of[c], n);
    }
    if (!any) continue;
    words += bridges(w->delay[i] - last);
    last = w->delay[i];
  }
  if (words == 1) return H9_OK;
  int rc = h9_quarry_need(b, &w->tile[tile], tile, words, e);
  if (rc != H9_OK) return rc;
  uint32_t *base = (uint32_t *)(void *)b->d->words[tile].base;
  uint32_t at = w->tile[tile].at, header = at; /* header: the one whose delta and lines are still open */
  w->row[tile] = at;
  base[at++] = h9_row_header(0, H9_RECORD_NARROW, H9_ROW_DELTA_END, 0);
  last = 0;
  for (uint32_t i = 0; i < n_ranks; i++) {
    uint32_t begin = 0, open = header;
    for (uint32_t c = 0; c < n_classes; c++) {
      uint32_t n = count[i * n_classes + c];
      if (n == 0) continue;
      if (begin == 0) { /* the first segment of this delay: close what came before */
        uint32_t gap = w->delay[i] - last;
        for (; gap > H9_ROW_DELTA_MAX; gap -= H9_ROW_DELTA_MAX) {
          base[open] = (base[open] & 0x3ffff) | h9_row_header(0, 0, H9_ROW_DELTA_MAX, 1);
          open = at;
          base[at++] = h9_row_header(0, H9_RECORD_NARROW, H9_ROW_DELTA_END, 0);
        }
        base[open] = (base[open] & 0x3ffff) | h9_row_header(0, 0, gap, 0);
        header = open;
        last = w->delay[i];
        begin = at;
      } else {
        base[open] &= 0x3ffff; /* delta 0: due together */
      }
      open = at;
      h9_class k = w->class_of[c];
      place[i * n_classes + c] = at + write_heads(&base[at], k, n);
      at += segment_words(k, n);
    }
    if (begin == 0) continue;
    uint32_t lines = (at - 1) / LINE_WORDS - begin / LINE_WORDS + 1;
    base[header] |= h9_row_header(0, 0, 0, lines < H9_ROW_LINES_MAX ? lines : H9_ROW_LINES_MAX);
    header = open;
  }
  w->words += at - w->tile[tile].at;
  w->tile[tile].at = at;
  return H9_OK;
}

static const uint16_t *tiles_of(const h9_build *b, const h9_rows *rows) {
  return b->d->tiling->tile_of[b->net->projections[rows->projection].target];
}

/* The tiles that the row touches, rising, each with a number or loose. Returns how many have a number. */
static uint32_t survey(h9_build *b, h9_builder *w, const h9_group *g, uint32_t r, bool may_loose,
                       uint32_t *n_touched) {
  for (uint32_t k = 0; k < g->n_rows; k++) {
    h9_run u = h9_run_of(g, k, r);
    const uint16_t *tile_of = tiles_of(b, u.rows);
    for (uint64_t i = u.from; i < u.to; i++) {
      uint32_t t = tile_of[u.rows->target[i] / H9_TILE_GRAIN];
      w->per_tile[t]++;
      w->touched[t / 64] |= UINT64_C(1) << t % 64;
    }
  }
  uint32_t n = 0, m = 0;
  for (uint32_t i = 0; i <= b->d->tiling->n_tiles / 64; i++) {
    for (uint64_t bits = w->touched[i]; bits; bits &= bits - 1) {
      uint32_t t = i * 64 + (uint32_t)__builtin_ctzll(bits);
      w->tiles[n++] = t;
      w->number[t] = may_loose && w->per_tile[t] < H9_ROW_LEAST ? H9_TILE_LOOSE : m++;
      w->per_tile[t] = 0;
    }
    w->touched[i] = 0;
  }
  *n_touched = n;
  return m;
}

/* The bin of every connection of the run, counted. */
static void count_run(h9_build *b, h9_builder *w, h9_run u, uint32_t first_class, bool split,
                      const uint32_t *number, uint32_t n_ranks, uint32_t n_classes, uint32_t *bin) {
  const uint16_t *tile_of = tiles_of(b, u.rows);
  const uint32_t *target = u.rows->target;
  const uint16_t *delay = u.rows->delay;
  for (uint64_t i = u.from; i < u.to; i++) {
    uint32_t c = first_class + (split ? (uint32_t)((i - u.from) / H9_ROW_COUNT_MAX) : 0);
    uint32_t n = number[tile_of[target[i] / H9_TILE_GRAIN]];
    if (n == H9_TILE_LOOSE) {
      bin++;
      continue;
    }
    uint32_t k = (n * n_ranks + w->rank[delay[i]]) * n_classes + c;
    *bin++ = k;
    w->count[k]++;
  }
}

/* Whether the tile's connections are too few for its segments. */
static bool too_thin(const h9_builder *w, uint32_t number, uint32_t bins) {
  const uint32_t *count = w->count + (size_t)number * bins;
  uint64_t records = 0, segments = 0;
  for (uint32_t i = 0; i < bins; i++) {
    records += count[i];
    segments += count[i] != 0;
  }
  return records < H9_SEGMENT_LEAST * segments;
}

static void store16(uint32_t *words, uint32_t at, uint32_t i, uint16_t v) {
  memcpy((unsigned char *)&words[at] + (size_t)i * 2, &v, 2);
}

static void place_run(h9_build *b, h9_builder *w, h9_run u, uint32_t first_class, const uint32_t *number,
                      uint32_t n_classes, uint32_t least_delay, const uint32_t *bin) {
  const h9_tiling *t = b->d->tiling;
  const h9_form *f = &b->forms[u.rows->projection];
  uint32_t population = b->net->projections[u.rows->projection].target;
  const uint16_t *tile_of = t->tile_of[population];
  if (f->kind == H9_RECORD_EXACT && u.from < u.to && fabs(f->value) > w->weight_max)
    w->weight_max = fabs(f->value);
  for (uint64_t i = u.from; i < u.to; i++) {
    uint32_t target = u.rows->target[i], tile = tile_of[target / H9_TILE_GRAIN], k = *bin++;
    const h9_part *part = h9_tiling_part(t, tile, population);
    uint32_t *words = (uint32_t *)(void *)b->d->words[tile].base;
    uint32_t slot = part->slot + (target - part->first);
    int32_t q = 0;
    float v = 0;
    bool negative;
    switch (f->kind) {
    case H9_RECORD_NARROW:
      q = f->given ? u.rows->weight[i] : f->weight;
      negative = q < 0;
      break;
    case H9_RECORD_CONSTANT:
      q = f->weight;
      negative = q < 0;
      break;
    case H9_RECORD_WIDE:
      v = f->f64   ? (float)u.rows->weight_d[i]
          : f->f32 ? u.rows->weight_f[i]
                   : (float)u.rows->weight[i] * f->unit;
      negative = v < 0;
      if (fabsf(v) > (float)w->weight_max) w->weight_max = (double)fabsf(v);
      break;
    default:
      negative = f->value < 0;
    }
    slot += negative ? part->stride : 0;
    if (number[tile] == H9_TILE_LOOSE) {
      h9_loose_put(b, w, f, first_class, n_classes, tile, slot, u.rows->delay[i] - least_delay, q, v);
    } else if (f->kind == H9_RECORD_NARROW) {
      words[w->place[k]++] = slot | (uint32_t)q << 16;
    } else if (f->kind == H9_RECORD_WIDE) {
      words[w->place[k]] = slot;
      memcpy(&words[w->place[k] + 1], &v, 4);
      w->place[k] += 2;
    } else {
      /* count runs backwards to the index of the record: two of them share a word */
      uint32_t at = --w->count[k];
      store16(words, w->place[k], at, (uint16_t)slot);
    }
  }
}

/* Decides for every tile touched, having counted its bins. */
static bool loosen(const h9_builder *w, uint32_t *number, const uint32_t *tiles, uint32_t n_tiles,
                   uint32_t bins) {
  bool any = false;
  for (uint32_t i = 0; i < n_tiles; i++) {
    uint32_t *n = &number[tiles[i]];
    if (*n != H9_TILE_LOOSE && too_thin(w, *n, bins)) *n = H9_TILE_LOOSE;
    any |= *n == H9_TILE_LOOSE;
  }
  return any;
}

/* Rows of all tiles touched, share by share. */
static int lay_out_all(h9_build *b, h9_builder *w, uint32_t source, const uint32_t *number,
                       uint32_t n_touched, bool any_loose, uint32_t least_delay, uint32_t n_ranks,
                       uint32_t n_classes, h9_error *e) {
  const uint32_t *tiles = w->tiles;
  for (uint32_t i = 0; i < n_touched;) {
    uint32_t share = tiles[i] / b->per_share, from = i;
    for (; i < n_touched && tiles[i] / b->per_share == share; i++) {
      if (number[tiles[i]] == H9_TILE_LOOSE) continue;
      int rc = lay_out(b, w, tiles[i], number[tiles[i]], n_ranks, n_classes, e);
      if (rc != H9_OK) return rc;
    }
    int rc = h9_loose_lay_out(b, w, source, share, tiles + from, i - from, least_delay,
                              any_loose ? n_classes : 0, e);
    if (rc != H9_OK) return rc;
  }
  return H9_OK;
}

int h9_build_row(h9_build *b, h9_builder *w, const h9_group *g, uint32_t r, h9_error *e) {
  uint64_t n = 0;
  for (uint32_t k = 0; k < g->n_rows; k++) {
    h9_run u = h9_run_of(g, k, r);
    n += u.to - u.from;
  }
  if (n == 0) return H9_OK;
  bool split = n > H9_ROW_COUNT_MAX;
  uint32_t n_classes, n_ranks = rank_delays(w, g, r), all = b->d->tiling->n_tiles;
  if (make_classes(b, w, g, r, split, &n_classes) != H9_OK) return h9_fail_memory(e, 0, "rows");
  uint32_t least = w->delay[0], most = w->delay[n_ranks - 1];
  bool may_loose = !split && most <= H9_LOOSE_DELAY_MAX && most - least < 1u << (16 - b->bits);
  uint32_t n_touched = all, rows = all;
  if (!split && n < (uint64_t)all * FILLED) rows = survey(b, w, g, r, may_loose, &n_touched);
  else {
    memcpy(w->number, w->identity, all * sizeof *w->number);
    memcpy(w->tiles, w->identity, all * sizeof *w->tiles);
  }
  uint64_t bins = (uint64_t)rows * n_ranks * n_classes;
  if (bins > UINT32_MAX || n > UINT32_MAX)
    return h9_fail(e, H9_ESYSTEM, "a row of %llu connections with %u delays is too large",
                   (unsigned long long)n, n_ranks);
  if (h9_grow(&w->bin, &w->bin_cap, n, sizeof *w->bin) != H9_OK ||
      h9_grow(&w->count, &w->count_cap, bins, sizeof *w->count) != H9_OK ||
      h9_grow(&w->place, &w->place_cap, bins, sizeof *w->place) != H9_OK)
    return h9_fail_memory(e, bins * 8 + n * 4, "rows");
  if (bins) memset(w->count, 0, bins * sizeof *w->count);
  uint32_t *bin = w->bin;
  for (uint32_t k = 0; k < g->n_rows; k++) {
    h9_run u = h9_run_of(g, k, r);
    count_run(b, w, u, w->class_first[k], split, w->number, n_ranks, n_classes, bin);
    bin += u.to - u.from;
  }
  bool any_loose = may_loose && loosen(w, w->number, w->tiles, n_touched, n_ranks * n_classes);
  int rc = any_loose ? h9_loose_count(b, w, g, r, n_classes, e) : H9_OK;
  uint32_t source = b->net->populations[g->population].first - 1 + g->first + r;
  if (rc == H9_OK)
    rc = lay_out_all(b, w, source, w->number, n_touched, any_loose, least, n_ranks, n_classes, e);
  if (rc != H9_OK) return rc;
  bin = w->bin;
  for (uint32_t k = 0; k < g->n_rows; k++) {
    h9_run u = h9_run_of(g, k, r);
    place_run(b, w, u, w->class_first[k], w->number, n_classes, least, bin);
    bin += u.to - u.from;
  }
  w->records += n;
  return H9_OK;
}

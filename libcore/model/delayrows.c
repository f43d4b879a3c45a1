/* Building: every group of rows is turned into delay rows by the worker that got it, with a counting sort by
 * (tile, delay, class), a class being a kind of record (for constant weights: one weight). Each worker
 * fills chunks of the tiles' regions that it takes by one atomic addition. */
#include "delayrows.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_WORDS = 1 << 18, LINE_WORDS = 16 };

typedef struct class_ {
  uint8_t kind;
  int32_t weight;
} class_;

typedef struct worker {
  uint32_t *chunk_at, *chunk_end; /* [n_tiles] word offsets */
  uint32_t *bin;                  /* of each connection of the row at hand */
  size_t bin_cap;
  uint32_t *count, *place; /* [bins] records; word offset of the next one */
  size_t count_cap, place_cap;
  uint8_t *present; /* [H9_DELAY_MAX + 1] */
  uint16_t *rank;   /* of a delay among those of the row */
  uint16_t *delay;  /* by rank */
  class_ *class_of;
  size_t class_cap;
  uint32_t *class_first; /* [n_projections] class of a projection's first connections */
  uint64_t records, words;
  float weight_max;
  uint32_t delay_min, delay_max;
} worker;

typedef struct build {
  h9_delayrows *d;
  const h9_network *net;
  const h9_form *forms;
  atomic_uint_least64_t *used; /* [n_tiles] words given out */
  uint64_t limit;              /* words in a tile's region */
  worker *workers;
} build;

static int take_chunk(build *b, worker *w, uint32_t tile, uint64_t words, h9_error *e) {
  uint64_t take = words > CHUNK_WORDS ? words : CHUNK_WORDS;
  uint64_t at = atomic_fetch_add_explicit(&b->used[tile], take, memory_order_relaxed);
  if (at + take > b->limit)
    return h9_fail(e, H9_ESYSTEM, "tile %u: more connections than expected: no room beyond %llu bytes", tile,
                   (unsigned long long)b->limit * 4);
  w->chunk_at[tile] = (uint32_t)at;
  w->chunk_end[tile] = (uint32_t)(at + take);
  return H9_OK;
}

/* Connections of one projection in the row at hand. */
typedef struct run {
  const h9_rows *rows;
  uint64_t from, to;
} run;

static run run_of(const h9_group *g, uint32_t k, uint32_t r) {
  const h9_rows *rows = &g->rows[k];
  return (run){rows, rows->start[r], rows->start[r + 1]};
}

/* Classes of the row's connections. Rows so long that a bin might not fit a segment's count get classes of
 * their own for every H9_ROW_COUNT_MAX connections of a projection. */
static int make_classes(build *b, worker *w, const h9_group *g, uint32_t r, bool split, uint32_t *n_classes) {
  uint32_t n = 0;
  for (uint32_t k = 0; k < g->n_rows; k++) {
    const h9_form *f = &b->forms[g->rows[k].projection];
    class_ c = {f->kind, f->kind == H9_RECORD_CONSTANT ? f->weight : 0};
    run u = run_of(g, k, r);
    uint64_t copies = split ? (u.to - u.from) / H9_ROW_COUNT_MAX + 1 : 1;
    if (h9_grow(&w->class_of, &w->class_cap, n + copies, sizeof *w->class_of) != H9_OK) return H9_ESYSTEM;
    uint32_t same = n;
    if (!split)
      for (same = 0; same < n; same++)
        if (w->class_of[same].kind == c.kind && w->class_of[same].weight == c.weight) break;
    w->class_first[k] = same;
    if (same < n) continue;
    for (uint64_t i = 0; i < copies; i++) w->class_of[n++] = c;
  }
  *n_classes = n;
  return H9_OK;
}

/* Numbers the delays that occur in the row, in rising order. */
static uint32_t rank_delays(worker *w, const h9_group *g, uint32_t r) {
  uint32_t low = H9_DELAY_MAX + 1, high = 0, n = 0;
  for (uint32_t k = 0; k < g->n_rows; k++) {
    run u = run_of(g, k, r);
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

static uint32_t segment_words(class_ c, uint32_t count) {
  switch (c.kind) {
  case H9_RECORD_CONSTANT:
    return 2 + (count + 1) / 2;
  case H9_RECORD_WIDE:
    return 1 + 2 * count;
  default:
    return 1 + count;
  }
}
static uint32_t bridges(uint32_t gap) { return (gap - 1) / H9_ROW_DELTA_MAX; }

/* Lays out one tile's row: head, headers, and in w->place where each bin's records go. */
static int lay_out(build *b, worker *w, uint32_t source, uint32_t tile, uint32_t n_ranks, uint32_t n_classes,
                   h9_error *e) {
  const uint32_t *count = w->count + (size_t)tile * n_ranks * n_classes;
  uint32_t *place = w->place + (size_t)tile * n_ranks * n_classes;
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
  if (w->chunk_end[tile] - w->chunk_at[tile] < words) {
    int rc = take_chunk(b, w, tile, words, e);
    if (rc != H9_OK) return rc;
  }
  uint32_t *base = (uint32_t *)(void *)b->d->words[tile].base;
  uint32_t at = w->chunk_at[tile], header = at; /* header: the one whose delta and lines are still open */
  ((uint32_t *)(void *)b->d->offsets.base)[(size_t)tile * b->d->n_sources + source] = at;
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
      class_ k = w->class_of[c];
      base[at] = h9_row_header(n, k.kind, H9_ROW_DELTA_END, 0);
      place[i * n_classes + c] = at + (k.kind == H9_RECORD_CONSTANT ? 2 : 1);
      if (k.kind == H9_RECORD_CONSTANT) memcpy(&base[at + 1], &k.weight, 4);
      at += segment_words(k, n);
    }
    if (begin == 0) continue;
    uint32_t lines = (at - 1) / LINE_WORDS - begin / LINE_WORDS + 1;
    base[header] |= h9_row_header(0, 0, 0, lines < H9_ROW_LINES_MAX ? lines : H9_ROW_LINES_MAX);
    header = open;
  }
  w->words += at - w->chunk_at[tile];
  w->chunk_at[tile] = at;
  return H9_OK;
}

/* The bin of every connection of the run, counted. */
static void count_run(build *b, worker *w, run u, uint32_t first_class, bool split, uint32_t n_ranks,
                      uint32_t n_classes, uint32_t *bin) {
  const uint16_t *tile_of = b->d->tiling->tile_of[b->net->projections[u.rows->projection].target];
  const uint32_t *target = u.rows->target;
  const uint16_t *delay = u.rows->delay;
  for (uint64_t i = u.from; i < u.to; i++) {
    uint32_t c = first_class + (split ? (uint32_t)((i - u.from) / H9_ROW_COUNT_MAX) : 0);
    uint32_t k = ((uint32_t)tile_of[target[i] / H9_TILE_GRAIN] * n_ranks + w->rank[delay[i]]) * n_classes + c;
    *bin++ = k;
    w->count[k]++;
  }
}

static void store16(uint32_t *words, uint32_t at, uint32_t i, uint16_t v) {
  memcpy((unsigned char *)&words[at] + (size_t)i * 2, &v, 2);
}

static void place_run(build *b, worker *w, run u, const uint32_t *bin) {
  const h9_tiling *t = b->d->tiling;
  const h9_form *f = &b->forms[u.rows->projection];
  uint32_t population = b->net->projections[u.rows->projection].target;
  const uint16_t *tile_of = t->tile_of[population];
  for (uint64_t i = u.from; i < u.to; i++) {
    uint32_t target = u.rows->target[i], tile = tile_of[target / H9_TILE_GRAIN], k = *bin++;
    const h9_part *part = h9_tiling_part(t, tile, population);
    uint32_t *words = (uint32_t *)(void *)b->d->words[tile].base;
    uint32_t slot = part->slot + (target - part->first);
    if (f->kind == H9_RECORD_NARROW) {
      int32_t v = f->given ? u.rows->weight[i] : f->weight;
      slot += v < 0 ? part->stride : 0;
      words[w->place[k]++] = slot | (uint32_t)v << 16;
    } else if (f->kind == H9_RECORD_CONSTANT) {
      slot += f->weight < 0 ? part->stride : 0;
      /* count runs backwards to the index of the record: two of them share a word */
      uint32_t at = --w->count[k];
      store16(words, w->place[k], at, (uint16_t)slot);
    } else {
      float v = !f->given ? f->value : f->f32 ? u.rows->weight_f[i] : (float)u.rows->weight[i] * f->unit;
      slot += v < 0 ? part->stride : 0;
      if (v > w->weight_max) w->weight_max = v;
      if (-v > w->weight_max) w->weight_max = -v;
      words[w->place[k]] = slot;
      memcpy(&words[w->place[k] + 1], &v, 4);
      w->place[k] += 2;
    }
  }
}

static int build_row(build *b, worker *w, const h9_group *g, uint32_t r, h9_error *e) {
  uint64_t n = 0;
  for (uint32_t k = 0; k < g->n_rows; k++) {
    run u = run_of(g, k, r);
    n += u.to - u.from;
  }
  if (n == 0) return H9_OK;
  bool split = n > H9_ROW_COUNT_MAX;
  uint32_t n_classes, n_ranks = rank_delays(w, g, r), tiles = b->d->tiling->n_tiles;
  if (make_classes(b, w, g, r, split, &n_classes) != H9_OK) return h9_fail_memory(e, 0, "rows");
  uint64_t bins = (uint64_t)tiles * n_ranks * n_classes;
  if (bins > UINT32_MAX || n > UINT32_MAX)
    return h9_fail(e, H9_ESYSTEM, "a row of %llu connections with %u delays is too large",
                   (unsigned long long)n, n_ranks);
  if (h9_grow(&w->bin, &w->bin_cap, n, sizeof *w->bin) != H9_OK ||
      h9_grow(&w->count, &w->count_cap, bins, sizeof *w->count) != H9_OK ||
      h9_grow(&w->place, &w->place_cap, bins, sizeof *w->place) != H9_OK)
    return h9_fail_memory(e, bins * 8 + n * 4, "rows");
  memset(w->count, 0, bins * sizeof *w->count);
  uint32_t *bin = w->bin;
  for (uint32_t k = 0; k < g->n_rows; k++) {
    run u = run_of(g, k, r);
    count_run(b, w, u, w->class_first[k], split, n_ranks, n_classes, bin);
    bin += u.to - u.from;
  }
  uint32_t source = b->net->populations[g->population].first - 1 + g->first + r;
  for (uint32_t t = 0; t < tiles; t++) {
    int rc = lay_out(b, w, source, t, n_ranks, n_classes, e);
    if (rc != H9_OK) return rc;
  }
  bin = w->bin;
  for (uint32_t k = 0; k < g->n_rows; k++) {
    run u = run_of(g, k, r);
    place_run(b, w, u, bin);
    bin += u.to - u.from;
  }
  w->records += n;
  return H9_OK;
}

static int build_group(void *ctx, int id, const h9_group *g, void **slot, h9_error *e) {
  build *b = ctx;
  (void)slot;
  int rc = H9_OK;
  for (uint32_t r = 0; r < g->n && rc == H9_OK; r++) rc = build_row(b, &b->workers[id], g, r, e);
  return rc;
}

static int worker_init(worker *w, uint32_t tiles, uint32_t projections, h9_error *e) {
  w->chunk_at = calloc(tiles, sizeof *w->chunk_at);
  w->chunk_end = calloc(tiles, sizeof *w->chunk_end);
  w->present = calloc(H9_DELAY_MAX + 1, 1);
  w->rank = calloc(H9_DELAY_MAX + 1, sizeof *w->rank);
  w->delay = calloc(H9_DELAY_MAX + 1, sizeof *w->delay);
  w->class_first = calloc((size_t)projections + 1, sizeof *w->class_first);
  w->delay_min = UINT32_MAX;
  if (!w->chunk_at || !w->chunk_end || !w->present || !w->rank || !w->delay || !w->class_first)
    return h9_fail_memory(e, (size_t)tiles * 8 + (H9_DELAY_MAX + 1) * 5, "building rows");
  return H9_OK;
}

static void worker_release(worker *w) {
  free(w->chunk_at);
  free(w->chunk_end);
  free(w->bin);
  free(w->count);
  free(w->place);
  free(w->present);
  free(w->rank);
  free(w->delay);
  free(w->class_of);
  free(w->class_first);
}

static int open_regions(build *b, double expected, int threads, h9_error *e) {
  h9_delayrows *d = b->d;
  uint32_t tiles = d->tiling->n_tiles;
  /* Address space for all synapses in every tile, in the wide form with a header each: only what is used
   * costs. */
  double words =
      4096 + (double)CHUNK_WORDS * (threads + 1) + 4 * (expected * 1.05 + 10 * (double)d->n_sources);
  b->limit = words < 0xf0000000 ? (uint64_t)words : 0xf0000000;
  d->words = calloc(tiles, sizeof *d->words);
  b->used = calloc(tiles, sizeof *b->used);
  if (!d->words || !b->used) return h9_fail_memory(e, tiles * sizeof *d->words, "tiles");
  int rc = h9_region_open(&d->offsets, (size_t)tiles * d->n_sources * sizeof(uint32_t), e);
  for (uint32_t t = 0; t < tiles && rc == H9_OK; t++) {
    rc = h9_region_open(&d->words[t], b->limit * 4, e);
    atomic_init(&b->used[t], 1); /* offset 0 means "no row" */
  }
  return rc;
}

int h9_delayrows_build(h9_delayrows *d, const h9_network *net, const h9_tiling *tiling, const h9_form *forms,
                       h9_rowsource *source, int threads, double expected, h9_error *e) {
  *d = (h9_delayrows){.tiling = tiling, .n_sources = net->n_neurons};
  build b = {.d = d, .net = net, .forms = forms};
  b.workers = calloc((size_t)threads, sizeof *b.workers);
  int rc = b.workers ? open_regions(&b, expected, threads, e)
                     : h9_fail_memory(e, (size_t)threads * sizeof *b.workers, "building rows");
  for (int i = 0; i < threads && rc == H9_OK; i++)
    rc = worker_init(&b.workers[i], tiling->n_tiles, net->n_projections, e);
  if (rc == H9_OK) rc = h9_rowsource_run(source, build_group, NULL, &b, e);
  d->delay_min = UINT32_MAX;
  d->bytes = (uint64_t)tiling->n_tiles * d->n_sources * 4;
  for (int i = 0; b.workers && i < threads; i++) {
    worker *w = &b.workers[i];
    d->records += w->records;
    d->bytes += w->words * 4;
    if (w->weight_max > d->weight_max) d->weight_max = w->weight_max;
    if (w->delay_max && w->delay_min < d->delay_min) d->delay_min = w->delay_min;
    if (w->delay_max > d->delay_max) d->delay_max = w->delay_max;
    worker_release(w);
  }
  if (d->delay_max == 0) d->delay_min = 0;
  free(b.workers);
  free(b.used);
  if (rc != H9_OK) h9_delayrows_release(d);
  return rc;
}

void h9_delayrows_release(h9_delayrows *d) {
  if (d->words)
    for (uint32_t t = 0; t < d->tiling->n_tiles; t++) h9_region_close(&d->words[t]);
  free(d->words);
  h9_region_close(&d->offsets);
  *d = (h9_delayrows){0};
}

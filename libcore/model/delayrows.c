/* Building: every group of rows is turned into delay rows by the worker that got it. Each worker fills chunks
 * of the regions that it takes by one atomic addition. */
#include "delayrows_parts.h"

#include <stdlib.h>

enum { CHUNK_LEAST = 1 << 10, CHUNK_MOST = 1 << 18 };
#define REGION_WORDS_MAX 0xf0000000u

int h9_quarry_need(h9_build *b, h9_quarry *q, uint32_t which, uint64_t words, h9_error *e) {
  if (q->end - q->at >= words) return H9_OK;
  uint32_t tiles = b->d->tiling->n_tiles;
  uint64_t take = words > b->chunk ? words : b->chunk, limit = which < tiles ? b->limit : b->list_limit;
  uint64_t at = atomic_fetch_add_explicit(&b->used[which], take, memory_order_relaxed);
  if (at + take > limit)
    return h9_fail(e, H9_ESYSTEM, "%s %u: more connections than expected: no room beyond %llu bytes",
                   which < tiles ? "tile" : "thread", which < tiles ? which : which - tiles,
                   (unsigned long long)limit * 4);
  *q = (h9_quarry){(uint32_t)at, (uint32_t)(at + take)};
  return H9_OK;
}

static int build_group(void *ctx, int id, const h9_group *g, void **slot, h9_error *e) {
  h9_build *b = ctx;
  (void)slot;
  int rc = H9_OK;
  for (uint32_t r = 0; r < g->n && rc == H9_OK; r++) rc = h9_build_row(b, &b->builders[id], g, r, e);
  return rc;
}

static int builder_init(h9_builder *w, uint32_t tiles, uint32_t shares, uint32_t projections, h9_error *e) {
  w->tile = calloc(tiles, sizeof *w->tile);
  w->list = calloc(shares, sizeof *w->list);
  w->present = calloc(H9_DELAY_MAX + 1, 1);
  w->rank = calloc(H9_DELAY_MAX + 1, sizeof *w->rank);
  w->delay = calloc(H9_DELAY_MAX + 1, sizeof *w->delay);
  w->class_first = calloc((size_t)projections + 1, sizeof *w->class_first);
  w->identity = calloc(tiles, sizeof *w->identity);
  w->per_tile = calloc(tiles, sizeof *w->per_tile);
  w->touched = calloc((size_t)tiles / 64 + 1, sizeof *w->touched);
  w->number = calloc(tiles, sizeof *w->number);
  w->row = calloc(tiles, sizeof *w->row);
  w->tiles = calloc(tiles, sizeof *w->tiles);
  w->delay_min = UINT32_MAX;
  if (!w->tile || !w->list || !w->present || !w->rank || !w->delay || !w->class_first || !w->identity ||
      !w->per_tile || !w->touched || !w->number || !w->row || !w->tiles)
    return h9_fail_memory(e, (size_t)tiles * 32 + (H9_DELAY_MAX + 1) * 5, "building rows");
  for (uint32_t t = 0; t < tiles; t++) w->identity[t] = t;
  return H9_OK;
}

static void builder_release(h9_builder *w) {
  free(w->tile);
  free(w->list);
  free(w->bin);
  free(w->count);
  free(w->place);
  free(w->present);
  free(w->rank);
  free(w->delay);
  free(w->class_of);
  free(w->class_first);
  free(w->identity);
  free(w->per_tile);
  free(w->touched);
  free(w->number);
  free(w->row);
  free(w->tiles);
  free(w->loose);
}

static uint64_t at_most(double words) {
  return words < REGION_WORDS_MAX ? (uint64_t)words : (uint64_t)REGION_WORDS_MAX;
}

/* Address space for all synapses in every region, in the widest form with a header each: only what is used
 * costs. */
static int open_regions(h9_build *b, double expected, int threads, h9_error *e) {
  h9_delayrows *d = b->d;
  uint32_t tiles = d->tiling->n_tiles, shares = d->tiling->n_shares;
  double chunk = expected / tiles / threads / 16;
  b->chunk = chunk < CHUNK_LEAST  ? CHUNK_LEAST
             : chunk > CHUNK_MOST ? CHUNK_MOST
                                  : (uint32_t)chunk / CHUNK_LEAST * CHUNK_LEAST;
  double words = 4096 + (double)b->chunk * (threads + 1) + 4 * (expected * 1.05 + 10 * (double)d->n_sources);
  b->limit = at_most(words);
  b->list_limit = at_most(words + 3 * (double)b->per_share * d->n_sources);
  d->words = calloc(tiles, sizeof *d->words);
  d->lists = calloc(shares, sizeof *d->lists);
  b->used = calloc((size_t)tiles + shares, sizeof *b->used);
  if (!d->words || !d->lists || !b->used) return h9_fail_memory(e, tiles * sizeof *d->words, "tiles");
  int rc = h9_region_open(&d->directory, (size_t)shares * d->n_sources * sizeof(uint32_t), e);
  for (uint32_t t = 0; t < tiles && rc == H9_OK; t++) {
    rc = h9_region_open(&d->words[t], b->limit * 4, e);
    atomic_init(&b->used[t], 1); /* offset 0 means "no row" */
  }
  for (uint32_t t = 0; t < shares && rc == H9_OK; t++) {
    rc = h9_region_open(&d->lists[t], b->list_limit * 4, e);
    atomic_init(&b->used[tiles + t], 0);
  }
  return rc;
}

static int keep_constants(h9_delayrows *d, const h9_form *forms, uint32_t n, h9_error *e) {
  d->constant = calloc((size_t)n + 1, sizeof *d->constant);
  if (!d->constant) return h9_fail_memory(e, n * sizeof *d->constant, "weights");
  d->n_constants = n;
  for (uint32_t i = 0; i < n; i++) {
    if (forms[i].kind == H9_RECORD_EXACT) d->constant[i] = forms[i].value;
  }
  return H9_OK;
}

int h9_delayrows_build(h9_delayrows *d, const h9_network *net, const h9_tiling *tiling, const h9_form *forms,
                       h9_rowsource *source, int threads, double expected, h9_error *e) {
  *d = (h9_delayrows){.tiling = tiling, .n_sources = net->n_neurons};
  h9_build b = {.d = d, .net = net, .forms = forms, .per_share = h9_tiling_per_share(tiling)};
  b.bits = h9_loose_bits(b.per_share);
  b.builders = calloc((size_t)threads, sizeof *b.builders);
  int rc = b.builders ? open_regions(&b, expected, threads, e)
                      : h9_fail_memory(e, (size_t)threads * sizeof *b.builders, "building rows");
  if (rc == H9_OK) rc = keep_constants(d, forms, net->n_projections, e);
  for (int i = 0; i < threads && rc == H9_OK; i++)
    rc = builder_init(&b.builders[i], tiling->n_tiles, tiling->n_shares, net->n_projections, e);
  if (rc == H9_OK) rc = h9_rowsource_run(source, build_group, NULL, &b, e);
  d->delay_min = UINT32_MAX;
  d->bytes = (uint64_t)tiling->n_shares * d->n_sources * 4;
  for (int i = 0; b.builders && i < threads; i++) {
    h9_builder *w = &b.builders[i];
    d->records += w->records;
    d->loose += w->loose_records;
    d->bytes += w->words * 4;
    if (w->weight_max > d->weight_max) d->weight_max = w->weight_max;
    if (w->delay_max && w->delay_min < d->delay_min) d->delay_min = w->delay_min;
    if (w->delay_max > d->delay_max) d->delay_max = w->delay_max;
    if (w->loose_delay_max > d->loose_delay_max) d->loose_delay_max = w->loose_delay_max;
    builder_release(w);
  }
  if (d->delay_max == 0) d->delay_min = 0;
  free(b.builders);
  free(b.used);
  if (rc != H9_OK) h9_delayrows_release(d);
  return rc;
}

void h9_delayrows_release(h9_delayrows *d) {
  if (d->words)
    for (uint32_t t = 0; t < d->tiling->n_tiles; t++) h9_region_close(&d->words[t]);
  if (d->lists)
    for (uint32_t t = 0; t < d->tiling->n_shares; t++) h9_region_close(&d->lists[t]);
  free(d->words);
  free(d->lists);
  free(d->constant);
  h9_region_close(&d->directory);
  *d = (h9_delayrows){0};
}

/* What the sources that build delay rows share. */
#ifndef H9_MODEL_DELAYROWS_PARTS_H
#define H9_MODEL_DELAYROWS_PARTS_H

#include "delayrows.h"
#include "loose.h"

#include <stdatomic.h>

enum { H9_TILE_LOOSE = UINT32_MAX };

/* A kind of record; for weights kept once a segment, one weight. */
typedef struct h9_class {
  uint8_t kind;
  int32_t weight;
  uint32_t index; /* exact: a projection that has the value */
  double value;
} h9_class;

/* Where a worker writes next in a region that all fill, chunk by chunk. */
typedef struct h9_quarry {
  uint32_t at, end; /* word offsets */
} h9_quarry;

typedef struct h9_loose_place {
  uint32_t n, filled, at, keys; /* records; word offsets of the first record, of its 16-bit keys */
} h9_loose_place;

typedef struct h9_builder {
  h9_quarry *tile;         /* [n_tiles] */
  h9_quarry *list;         /* [n_shares] */
  uint32_t *bin;           /* of each connection of the row at hand */
  uint32_t *count, *place; /* [bins] records; word offset of the next one */
  size_t bin_cap, count_cap, place_cap;
  uint8_t *present; /* [H9_DELAY_MAX + 1] */
  uint16_t *rank;   /* of a delay among those of the row */
  uint16_t *delay;  /* by rank */
  h9_class *class_of;
  size_t class_cap;
  uint32_t *class_first; /* [n_projections] class of a projection's first connections */
  uint32_t *identity;    /* [n_tiles] */
  uint32_t *per_tile;    /* [n_tiles] connections; zero between rows */
  uint64_t *touched;     /* [n_tiles / 64 + 1] bits; zero between rows */
  uint32_t *number;      /* [n_tiles] a tile's number among those with a row of their own, or H9_TILE_LOOSE */
  uint32_t *row;         /* [n_tiles] offset of the tile's row, 0: none; zero between sources */
  uint32_t *tiles;       /* [n_tiles] those the row at hand touches, rising */
  h9_loose_place *loose; /* [n_shares * classes] */
  size_t loose_cap;
  uint64_t records, loose_records, words;
  double weight_max;
  uint32_t delay_min, delay_max, loose_delay_max;
} h9_builder;

typedef struct h9_build {
  h9_delayrows *d;
  const h9_network *net;
  const h9_form *forms;
  atomic_uint_least64_t *used; /* [n_tiles + n_shares] words given out of the regions */
  uint64_t limit, list_limit;  /* words in a region */
  uint32_t chunk;              /* words */
  uint32_t per_share, bits;
  h9_builder *builders;
} h9_build;

/* Connections of one projection in a row. */
typedef struct h9_run {
  const h9_rows *rows;
  uint64_t from, to;
} h9_run;
static inline h9_run h9_run_of(const h9_group *g, uint32_t k, uint32_t r) {
  const h9_rows *rows = &g->rows[k];
  return (h9_run){rows, rows->start[r], rows->start[r + 1]};
}

/* Makes sure of `words` in one piece at q->at. which: a tile, or n_tiles + a share. */
int h9_quarry_need(h9_build *b, h9_quarry *q, uint32_t which, uint64_t words, h9_error *e) H9_UNUSED_RESULT;

/* delayrows_row.c: all rows of the r-th source of a group. */
int h9_build_row(h9_build *b, h9_builder *w, const h9_group *g, uint32_t r, h9_error *e) H9_UNUSED_RESULT;

/* delayrows_loose.c. The sources' loose connections counted by share and class, */
int h9_loose_count(h9_build *b, h9_builder *w, const h9_group *g, uint32_t r, uint32_t n_classes,
                   h9_error *e) H9_UNUSED_RESULT;
/* the share's list and the heads of its loose row written, its place in the directory, */
int h9_loose_lay_out(h9_build *b, h9_builder *w, uint32_t source, uint32_t share, const uint32_t *tiles,
                     uint32_t n_tiles, uint32_t least_delay, uint32_t n_classes,
                     h9_error *e) H9_UNUSED_RESULT;
/* and one connection put there. */
void h9_loose_put(h9_build *b, h9_builder *w, const h9_form *f, uint32_t class_, uint32_t n_classes,
                  uint32_t tile, uint32_t slot, uint32_t late, int32_t quanta, float value);

#endif

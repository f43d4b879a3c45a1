/* What the files of the grid share. */
#ifndef H9_MODEL_GRID_PARTS_H
#define H9_MODEL_GRID_PARTS_H

#include "grid.h"
#include "grid_kernel.h"

enum { H9_GRID_PAD = 16 }; /* arrays of points may be read in whole vectors, up to as many beyond the end */

/* Points of a crowd that lie together, and the box around them. */
typedef struct h9_block {
  float low[3], high[3];
  uint32_t from, to;
  uint32_t next; /* the block after its parts; the following one where there are none */
} h9_block;

struct h9_grid {
  h9_grid_options o;
  uint32_t n;
  uint32_t cells[3];    /* along each dimension */
  double lo[3], inv[3]; /* cell of a coordinate: floor((x - lo) * inv), clamped */
  double slack[3];      /* cells by which rounding may misplace a border or a point */
  uint32_t *start;      /* [cells + 1], x runs fastest */
  uint32_t *index;      /* [n] original index, by cell; padded */
  float *c[3];          /* [n] coordinates, by cell; padded */
  struct h9_block *block; /* of crowds, each followed by its parts */
  uint32_t *crowd;      /* [n_crowds + 1] first block of each, in the order of points */
  uint32_t n_crowds;    /* cells with too many points */
  uint32_t *portion;    /* [n_portions + 1] where points are cut into portions; NULL: at cells */
  size_t n_portions;
  const h9_near_set *kernels;
};

/* The `want` first of the list, by (d2, index). */
int h9_hits_nearest(h9_hits *h, uint32_t want, h9_error *e) H9_UNUSED_RESULT;
/* Room for `more` further hits, so that runs of points are taken without asking. */
int h9_hits_room(h9_hits *h, size_t more, h9_error *e) H9_UNUSED_RESULT;

typedef int (*h9_run_fn)(void *ctx, uint32_t from, uint32_t to, h9_error *e);
/* Looks for crowds in a grid that is filled, and orders their points. */
int h9_crowds_make(h9_grid *g, h9_error *e) H9_UNUSED_RESULT;
void h9_crowds_release(h9_grid *g);
/* Takes the points [from, to) of whole cells, without those parts of crowds that have nothing to do with the
 * box [low, high], which where width is above 0 (NULL: nowhere) has images of that period. */
int h9_crowds_visit(const h9_grid *g, uint32_t from, uint32_t to, const double low[3], const double high[3],
                    const double width[3], h9_run_fn take, void *ctx, h9_error *e) H9_UNUSED_RESULT;
/* A distance within which more than k points lie, or all of the crowd; inf where none begins at `from`. */
double h9_crowd_reach(const h9_grid *g, uint32_t from, const double at[3], uint32_t k);

#endif

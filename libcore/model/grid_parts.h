/* What the files of the grid share. */
#ifndef H9_MODEL_GRID_PARTS_H
#define H9_MODEL_GRID_PARTS_H

#include "grid.h"
#include "grid_kernel.h"

enum { H9_GRID_PAD = 16 }; /* arrays of points may be read in whole vectors, up to as many beyond the end */

struct h9_grid {
  h9_grid_options o;
  uint32_t n;
  uint32_t cells[3];    /* along each dimension */
  double lo[3], inv[3]; /* cell of a coordinate: floor((x - lo) * inv), clamped */
  double slack[3];      /* cells by which rounding may misplace a border or a point */
  uint32_t *start;      /* [cells + 1], x runs fastest */
  uint32_t *index;      /* [n] original index, by cell; padded */
  float *c[3];          /* [n] coordinates, by cell; padded */
  const h9_near_set *kernels;
};

/* The `want` first of the list, by (d2, index). */
int h9_hits_nearest(h9_hits *h, uint32_t want, h9_error *e) H9_UNUSED_RESULT;
/* Room for `more` further hits, so that runs of points are taken without asking. */
int h9_hits_room(h9_hits *h, size_t more, h9_error *e) H9_UNUSED_RESULT;

#endif

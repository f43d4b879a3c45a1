/* What the grid asks of vectors: which points of a run are within a distance. */
#ifndef H9_MODEL_GRID_KERNEL_H
#define H9_MODEL_GRID_KERNEL_H

#include "../base/cpu.h"

typedef struct h9_near {
  const float *c[3];     /* coordinates by cell */
  const uint32_t *index; /* of the points */
  double at[3], r2;
  double half[3], width[3]; /* half inf, width 0: that axis is open */
  int dimensions;
  bool periodic;         /* any axis */
  uint32_t except;       /* never listed */
} h9_near;

typedef struct h9_near_set {
  uint32_t (*count)(const h9_near *q, uint32_t from, uint32_t to);
  /* Writes to index and d2, which have room for all of the run; returns how many are near. */
  uint32_t (*list)(const h9_near *q, uint32_t from, uint32_t to, uint32_t *index, double *d2);
} h9_near_set;

extern const h9_near_set h9_near_scalar, h9_near_sse, h9_near_avx2, h9_near_avx512;

#endif

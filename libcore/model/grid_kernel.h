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
  bool periodic;   /* any axis */
  uint32_t except; /* never listed */
} h9_near;

typedef struct h9_near_set {
  uint32_t (*count)(const h9_near *q, uint32_t from, uint32_t to);
  /* Writes to index and d2, which have room for all of the run; returns how many are near. */
  uint32_t (*list)(const h9_near *q, uint32_t from, uint32_t to, uint32_t *index, double *d2);
  /* Of n packed points, how many have a single-precision squared distance from q of at most `sure`, and of
   * at most `maybe`. */
  void (*tally)(const float *const c[3], uint32_t n, int dimensions, const float q[3], float sure,
                float maybe, uint32_t near[2]);
  /* Bit j % 64 of words[j / 64]: point j has one of at most `limit`. n is a multiple of 16. */
  void (*mark)(const float *const c[3], uint32_t n, int dimensions, const float q[3], float limit,
               uint64_t *words);
  /* place[i]: how many d2 are below d2[i]; there is room for n rounded up to 8 in both. False where two
   * are equal. */
  bool (*rank)(const double *d2, uint32_t n, uint32_t *place);
} h9_near_set;

extern const h9_near_set h9_near_scalar, h9_near_sse, h9_near_avx2, h9_near_avx512;

#endif

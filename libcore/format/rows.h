/* Rows of connections in memory: a range of sources of one projection. */
#ifndef H9_FORMAT_ROWS_H
#define H9_FORMAT_ROWS_H

#include "../base/status.h"

typedef struct h9_rows {
  uint32_t projection;
  uint32_t first;  /* index in the source population of row 0, from 0 */
  uint32_t n_rows;
  uint64_t n;      /* connections = start[n_rows] */
  uint64_t *start; /* [n_rows + 1] */
  uint32_t *target; /* [n] index in the target population, from 0 */
  uint16_t *delay;  /* [n] steps, 1 .. H9_DELAY_MAX */
  int16_t *weight;  /* [n] multiples of the projection's quantum (H9_WEIGHT_I16), else unused */
  float *weight_f;  /* [n] (H9_WEIGHT_F32), else unused */
  size_t row_cap, cap;
  double *weight_d; /* [n] (H9_WEIGHT_F64; there is room only after h9_rows_reserve_doubles), else unused */
  size_t double_cap;
} h9_rows;
/* Canonical order: by row; within a row by delay, then target, then weight. Every producer
 * leaves rows in it, every consumer may rely on it. */

/* Makes room for n_rows rows and n connections (contents kept); arrays only grow.
 * H9_OK or H9_ESYSTEM. */
int h9_rows_reserve(h9_rows *r, uint32_t n_rows, uint64_t n) H9_UNUSED_RESULT;
/* The same for weight_d alone. */
int h9_rows_reserve_doubles(h9_rows *r, uint64_t n) H9_UNUSED_RESULT;
void h9_rows_release(h9_rows *r);

#endif

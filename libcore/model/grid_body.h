/* The grid's kernels, written once and compiled for every level: define SET, VECTOR_BYTES, the loop
 * directives VECTOR_SUM(x) and VECTOR_SUM2(x, y), which add up x and y, and VECTOR_OR(x), before including.
 * Double arithmetic throughout, in the order of h9_displacement. */
#include "grid_kernel.h"

#include <string.h>

#define ALWAYS static inline __attribute__((always_inline))

/* One axis, without a branch: a displacement beyond half the width is moved by the width. */
ALWAYS double square_apart(float to, double from, double half, double width, bool periodic) {
  double d = (double)to - from;
  if (periodic) {
    d -= d > half ? width : 0;
    d += d < -half ? width : 0;
  }
  return d * d;
}

ALWAYS double apart(const h9_near *q, uint32_t i, int dimensions, bool periodic) {
  double s = square_apart(q->c[0][i], q->at[0], q->half[0], q->width[0], periodic);
  if (dimensions > 1) s += square_apart(q->c[1][i], q->at[1], q->half[1], q->width[1], periodic);
  if (dimensions > 2) s += square_apart(q->c[2][i], q->at[2], q->half[2], q->width[2], periodic);
  return s;
}

ALWAYS uint32_t count_run(const h9_near *query, uint32_t from, uint32_t to, int dimensions, bool periodic) {
  const h9_near q = *query; /* a copy of our own: nothing written can change it */
  uint32_t n = 0;
  VECTOR_SUM(n) for (uint32_t i = from; i < to; i++) n += apart(&q, i, dimensions, periodic) <= q.r2;
  return n;
}

enum { PIECE = 64 };

ALWAYS uint32_t list_run(const h9_near *query, uint32_t from, uint32_t to, uint32_t *index, double *d2,
                         int dimensions, bool periodic) {
  const h9_near q = *query;
  double s[PIECE];
  uint32_t at = 0, any = 0;
  for (uint32_t n; from < to; from += n) {
    n = to - from < PIECE ? to - from : PIECE;
    any = 0;
    VECTOR_SUM(any) for (uint32_t i = 0; i < n; i++) {
      s[i] = apart(&q, from + i, dimensions, periodic);
      any += s[i] <= q.r2;
    }
    for (uint32_t i = 0; any && i < n; i++) { /* every point is written, those near move on */
      index[at] = q.index[from + i];
      d2[at] = s[i];
      at += (s[i] <= q.r2) & (q.index[from + i] != q.except);
    }
  }
  return at;
}

static uint32_t count(const h9_near *q, uint32_t from, uint32_t to) {
  if (q->periodic)
    return q->dimensions == 3   ? count_run(q, from, to, 3, true)
           : q->dimensions == 2 ? count_run(q, from, to, 2, true)
                                : count_run(q, from, to, 1, true);
  return q->dimensions == 3   ? count_run(q, from, to, 3, false)
         : q->dimensions == 2 ? count_run(q, from, to, 2, false)
                              : count_run(q, from, to, 1, false);
}

static uint32_t list(const h9_near *q, uint32_t from, uint32_t to, uint32_t *index, double *d2) {
  if (q->periodic)
    return q->dimensions == 3   ? list_run(q, from, to, index, d2, 3, true)
           : q->dimensions == 2 ? list_run(q, from, to, index, d2, 2, true)
                                : list_run(q, from, to, index, d2, 1, true);
  return q->dimensions == 3   ? list_run(q, from, to, index, d2, 3, false)
         : q->dimensions == 2 ? list_run(q, from, to, index, d2, 2, false)
                              : list_run(q, from, to, index, d2, 1, false);
}

#include "grid_scan_body.h"

const h9_near_set SET = {count, list, tally, mark, rank};

#include "rows.h"

#include <stdlib.h>
#include <string.h>

/* Keeps the contents; `p` points to the array's pointer. */
static int resize(void *p, size_t n, size_t size) {
  void *old, *new;
  memcpy(&old, p, sizeof old);
  if (n > SIZE_MAX / size || !(new = realloc(old, n * size))) return H9_ESYSTEM;
  memcpy(p, &new, sizeof new);
  return H9_OK;
}

int h9_rows_reserve(h9_rows *r, uint32_t n_rows, uint64_t n) {
  size_t rows = (size_t)n_rows + 1;
  if (rows > r->row_cap) {
    if (rows < r->row_cap + r->row_cap / 2) rows = r->row_cap + r->row_cap / 2;
    if (resize(&r->start, rows, sizeof *r->start) != H9_OK) return H9_ESYSTEM;
    r->row_cap = rows;
  }
  if (n > r->cap) {
    size_t cap = n;
    if (cap < r->cap + r->cap / 2) cap = r->cap + r->cap / 2;
    if (resize(&r->target, cap, sizeof *r->target) != H9_OK ||
        resize(&r->delay, cap, sizeof *r->delay) != H9_OK ||
        resize(&r->weight, cap, sizeof *r->weight) != H9_OK ||
        resize(&r->weight_f, cap, sizeof *r->weight_f) != H9_OK)
      return H9_ESYSTEM;
    r->cap = cap;
  }
  return H9_OK;
}

int h9_rows_reserve_doubles(h9_rows *r, uint64_t n) {
  if (n <= r->double_cap) return H9_OK;
  size_t cap = n;
  if (cap < r->double_cap + r->double_cap / 2) cap = r->double_cap + r->double_cap / 2;
  if (resize(&r->weight_d, cap, sizeof *r->weight_d) != H9_OK) return H9_ESYSTEM;
  r->double_cap = cap;
  return H9_OK;
}

void h9_rows_release(h9_rows *r) {
  free(r->start);
  free(r->target);
  free(r->delay);
  free(r->weight);
  free(r->weight_f);
  free(r->weight_d);
  *r = (h9_rows){0};
}

/* Cells of a uniform grid that hold far too many points, as where points lie in clumps or one strays far from
 * the rest: the points of such a cell are put in order by splitting them at the median of their widest axis
 * again and again, and the boxes around all parts are kept, so that a question passes over whole parts of
 * the crowd (Bentley 1975, doi:10.1145/361002.361007). Grids of evenly spread points have no crowds. */
#include "grid_parts.h"

#include "../base/memory.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { CROWD = 160, BLOCK = 24 }; /* points of a cell that make a crowd; of a part that is not split */

typedef struct member {
  float c[3];
  uint32_t index;
} member;

/* Blocks that `n` points make: fixed by their number, so that crowds are split concurrently. */
static uint32_t blocks(uint32_t n) { return n <= BLOCK ? 1 : 1 + blocks(n / 2) + blocks(n - n / 2); }

static bool before(const member *a, const member *b, int axis) {
  return a->c[axis] != b->c[axis] ? a->c[axis] < b->c[axis] : a->index < b->index;
}

/* The `middle` first along the axis to the front (Hoare 1961), by pivots that no order of points foresees. */
static void select_first(member *m, uint32_t n, uint32_t middle, int axis) {
  uint32_t low = 0, high = n - 1, random = n;
  while (low < high) {
    random = random * 1664525 + 1013904223;
    const member pivot = m[low + (uint32_t)((uint64_t)random * (high - low + 1) >> 32)];
    uint32_t i = low, j = high;
    for (;; i++, j--) {
      while (before(&m[i], &pivot, axis)) i++;
      while (before(&pivot, &m[j], axis)) j--;
      if (i >= j) break;
      const member t = m[i];
      m[i] = m[j];
      m[j] = t;
    }
    if (j + 1 <= middle) low = j + 1;
    else high = j;
  }
}

/* Splits m[0 .. n), which come to lie at `from`, and fills blocks from `at`; returns the block after. */
static uint32_t split(h9_block *block, uint32_t at, member *m, uint32_t n, uint32_t from) {
  h9_block *b = &block[at];
  int widest = 0;
  for (int k = 0; k < 3; k++) {
    b->low[k] = b->high[k] = m[0].c[k];
    for (uint32_t i = 1; i < n; i++) {
      if (m[i].c[k] < b->low[k]) b->low[k] = m[i].c[k];
      if (m[i].c[k] > b->high[k]) b->high[k] = m[i].c[k];
    }
    if ((double)b->high[k] - b->low[k] > (double)b->high[widest] - b->low[widest]) widest = k;
  }
  b->from = from;
  b->to = from + n;
  b->next = at + 1;
  if (n > BLOCK) {
    select_first(m, n, n / 2, widest);
    b->next = split(block, at + 1, m, n / 2, from);
    b->next = split(block, b->next, m + n / 2, n - n / 2, from + n / 2);
  }
  return b->next;
}

static bool is_leaf(const h9_grid *g, uint32_t block) { return g->block[block].next == block + 1; }

/* Where the questions of all points are cut into portions: at cells, and in crowds at the smallest blocks. */
static int portions(h9_grid *g, size_t cells, uint32_t n_blocks, h9_error *e) {
  size_t most = cells + n_blocks + 1, crowd = 0;
  g->portion = malloc(most * sizeof *g->portion);
  if (!g->portion) return h9_fail_memory(e, most * sizeof *g->portion, "the grid");
  g->portion[0] = 0;
  for (size_t k = 0; k < cells; k++) {
    if (g->start[k] == g->start[k + 1]) continue;
    if (crowd == g->n_crowds || g->block[g->crowd[crowd]].from != g->start[k]) {
      g->portion[++g->n_portions] = g->start[k + 1];
      continue;
    }
    for (uint32_t b = g->crowd[crowd]; b < g->crowd[crowd + 1]; b++)
      if (is_leaf(g, b)) g->portion[++g->n_portions] = g->block[b].to;
    crowd++;
  }
  return H9_OK;
}

static int order(h9_grid *g, uint32_t crowd, uint32_t from, uint32_t n) {
  member *m = malloc(n * sizeof *m);
  if (!m) return H9_ESYSTEM;
  for (uint32_t i = 0; i < n; i++)
    m[i] = (member){{g->c[0][from + i], g->c[1][from + i], g->c[2][from + i]}, g->index[from + i]};
  split(g->block, g->crowd[crowd], m, n, from);
  for (uint32_t i = 0; i < n; i++) {
    for (int k = 0; k < 3; k++) g->c[k][from + i] = m[i].c[k];
    g->index[from + i] = m[i].index;
  }
  free(m);
  return H9_OK;
}

int h9_crowds_make(h9_grid *g, h9_error *e) {
  size_t cells = (size_t)g->cells[0] * g->cells[1] * g->cells[2], at = 0;
  uint32_t n = 0, n_blocks = 0;
  for (size_t k = 0; k < cells; k++) n += g->start[k + 1] - g->start[k] > CROWD;
  if (n == 0) return H9_OK;
  uint32_t *from = malloc(n * sizeof *from), *many = malloc(n * sizeof *many);
  g->crowd = malloc(((size_t)n + 1) * sizeof *g->crowd);
  if (from && many && g->crowd) {
    for (size_t k = 0; k < cells; k++) {
      uint32_t here = g->start[k + 1] - g->start[k];
      if (here <= CROWD) continue;
      from[at] = g->start[k];
      many[at] = here;
      g->crowd[at++] = n_blocks;
      n_blocks += blocks(here);
    }
    g->crowd[n] = n_blocks;
    g->block = malloc(n_blocks * sizeof *g->block);
  }
  int rc = g->block ? H9_OK : h9_fail_memory(e, n_blocks * sizeof *g->block, "the grid");
  bool failed = false;
#pragma omp parallel for schedule(dynamic, 1) num_threads(g->o.threads > 0 ? g->o.threads : 1) \
    reduction(|| : failed)
  for (uint32_t k = 0; k < (rc ? 0 : n); k++) failed = failed || order(g, k, from[k], many[k]) != H9_OK;
  if (failed) rc = h9_fail_memory(e, g->n * sizeof(member), "the grid");
  free(from);
  free(many);
  if (rc) return rc;
  g->n_crowds = n;
  return portions(g, cells, n_blocks, e);
}

void h9_crowds_release(h9_grid *g) {
  free(g->block);
  free(g->crowd);
  free(g->portion);
}

/* Whether the block has nothing to do with the box, or with any image of it where space wraps. */
static bool beside(double a, double z, double low, double high) {
  double some = 4 * DBL_EPSILON * (fabs(a) + fabs(z) + fabs(low) + fabs(high));
  return a - high > some || low - z > some;
}
static bool apart(const h9_block *b, int dimensions, const double low[3], const double high[3],
                  const double width[3]) {
  for (int k = 0; k < dimensions; k++) {
    double a = b->low[k], z = b->high[k], by = 0;
    /* the first image that does not end below the box; the one before, should rounding have skipped it */
    if (width && width[k] > 0) by = ceil((low[k] - z) / width[k]) * width[k];
    if (beside(a + by, z + by, low[k], high[k]) &&
        (by == 0 || beside(a + by - width[k], z + by - width[k], low[k], high[k])))
      return true;
  }
  return false;
}

/* The first crowd that begins at `from` or later. */
static uint32_t crowd_from(const h9_grid *g, uint32_t from) {
  uint32_t low = 0, high = g->n_crowds;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (g->block[g->crowd[middle]].from < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

int h9_crowds_visit(const h9_grid *g, uint32_t from, uint32_t to, const double low[3], const double high[3],
                    const double width[3], h9_run_fn take, void *ctx, h9_error *e) {
  uint32_t end = from; /* from .. end: a run to be taken */
  for (uint32_t crowd = crowd_from(g, from);; crowd++) {
    bool there = crowd < g->n_crowds && g->block[g->crowd[crowd]].from < to;
    end = there ? g->block[g->crowd[crowd]].from : to;
    if (!there) break;
    for (uint32_t b = g->crowd[crowd]; b < g->crowd[crowd + 1];) {
      const h9_block *here = &g->block[b];
      if (apart(here, g->o.dimensions, low, high, width)) b = here->next;
      else if (!is_leaf(g, b)) b++;
      else {
        if (here->from != end) {
          int rc = from < end ? take(ctx, from, end, e) : H9_OK;
          if (rc) return rc;
          from = here->from;
        }
        end = here->to;
        b++;
      }
    }
    uint32_t after = g->block[g->crowd[crowd]].to;
    if (end != after) {
      int rc = from < end ? take(ctx, from, end, e) : H9_OK;
      if (rc) return rc;
      from = after;
    }
  }
  return from < end ? take(ctx, from, end, e) : H9_OK;
}

double h9_crowd_reach(const h9_grid *g, uint32_t from, const double at[3], uint32_t k) {
  uint32_t crowd = crowd_from(g, from), best;
  if (crowd == g->n_crowds || g->block[g->crowd[crowd]].from != from) return INFINITY;
  double d2 = 0;
  for (best = g->crowd[crowd]; !is_leaf(g, best);) {
    uint32_t child[2] = {best + 1, g->block[best + 1].next};
    double away[2] = {0};
    for (int i = 0; i < 2; i++)
      for (int d = 0; d < g->o.dimensions; d++) {
        const h9_block *b = &g->block[child[i]];
        double gap = fmax(fmax(b->low[d] - at[d], at[d] - b->high[d]), 0);
        away[i] += gap * gap;
      }
    uint32_t next = child[away[1] < away[0]];
    if (g->block[next].to - g->block[next].from <= k) break;
    best = next;
  }
  for (int d = 0; d < g->o.dimensions; d++) {
    double far = fmax(fabs(at[d] - g->block[best].low[d]), fabs(at[d] - g->block[best].high[d]));
    d2 += far * far;
  }
  return sqrt(d2) * (1 + 1e-9);
}

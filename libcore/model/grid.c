#include "grid_parts.h"

#include "../base/memory.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double wrap(double d, double width) { /* minimum image */
  if (!(width > 0)) return d;
  if (d > width / 2) d -= width;
  else if (d < -width / 2) d += width;
  return d;
}

double h9_displacement(const h9_grid_options *o, const double from[3], const double to[3], double d[3]) {
  double d2 = 0;
  for (int k = 0; k < 3; k++) {
    d[k] = k < o->dimensions ? to[k] - from[k] : 0;
    if (o->periodic) d[k] = wrap(d[k], o->hi[k] - o->lo[k]);
    d2 += d[k] * d[k];
  }
  return d2;
}

void h9_hits_release(h9_hits *h) {
  free(h->index);
  free(h->d2);
  *h = (h9_hits){0};
}

static int hits_add(h9_hits *h, uint32_t i, double d2, h9_error *e) {
  if (h->n == h->cap) {
    size_t cap = h->cap ? 2 * h->cap : 64;
    uint32_t *index = realloc(h->index, cap * sizeof *index);
    if (index) h->index = index;
    double *d = realloc(h->d2, cap * sizeof *d);
    if (d) h->d2 = d;
    if (!index || !d) return h9_fail_memory(e, cap * 12, "neighbours");
    h->cap = cap;
  }
  h->index[h->n] = i;
  h->d2[h->n++] = d2;
  return H9_OK;
}

int h9_hits_room(h9_hits *h, size_t more, h9_error *e) {
  size_t cap = h->cap ? h->cap : 64;
  if (h->n + more <= h->cap) return H9_OK;
  while (cap < h->n + more) cap *= 2;
  uint32_t *index = realloc(h->index, cap * sizeof *index);
  if (index) h->index = index;
  double *d = realloc(h->d2, cap * sizeof *d);
  if (d) h->d2 = d;
  if (!index || !d) return h9_fail_memory(e, cap * 12, "neighbours");
  h->cap = cap;
  return H9_OK;
}

typedef struct hit {
  double d2;
  uint32_t index;
} hit;
static int by_distance(const void *a, const void *b) {
  const hit *x = a, *y = b;
  if (x->d2 != y->d2) return x->d2 < y->d2 ? -1 : 1;
  return (x->index > y->index) - (x->index < y->index);
}
/* Nearest first: few hits, and an order on doubles. */
int h9_hits_nearest(h9_hits *h, uint32_t want, h9_error *e) {
  enum { FEW = 64 };
  if (want == 0) h->n = 0;
  if (want <= FEW) { /* the nearest ones so far are kept in order at the front */
    uint32_t m = 0;
    for (uint32_t i = 0; i < h->n; i++) {
      double d2 = h->d2[i];
      uint32_t index = h->index[i], at = m < want ? m : want - 1;
      if (m == want && (d2 > h->d2[at] || (d2 == h->d2[at] && index > h->index[at]))) continue;
      for (; at > 0 && (h->d2[at - 1] > d2 || (h->d2[at - 1] == d2 && h->index[at - 1] > index)); at--) {
        h->d2[at] = h->d2[at - 1];
        h->index[at] = h->index[at - 1];
      }
      h->d2[at] = d2;
      h->index[at] = index;
      m += m < want;
    }
    h->n = m;
    return H9_OK;
  }
  hit *t = malloc(((size_t)h->n + 1) * sizeof *t);
  if (!t) return h9_fail_memory(e, h->n * sizeof *t, "neighbours");
  for (uint32_t i = 0; i < h->n; i++) t[i] = (hit){h->d2[i], h->index[i]};
  qsort(t, h->n, sizeof *t, by_distance);
  for (uint32_t i = 0; i < h->n; i++) {
    h->d2[i] = t[i].d2;
    h->index[i] = t[i].index;
  }
  free(t);
  return H9_OK;
}

/* By index: counting passes over its bytes, between the list and room behind it. */
static int hits_sort_index(h9_hits *h, uint32_t points, h9_error *e) {
  uint32_t n = h->n, *a = h->index, *b;
  double *ad, *bd;
  if (n < 48) { /* insertion */
    for (uint32_t i = 1; i < n; i++) {
      uint32_t x = a[i], j = i;
      double d = h->d2[i];
      for (; j > 0 && a[j - 1] > x; j--) a[j] = a[j - 1], h->d2[j] = h->d2[j - 1];
      a[j] = x;
      h->d2[j] = d;
    }
    return H9_OK;
  }
  int rc = h9_hits_room(h, n, e);
  if (rc) return rc;
  a = h->index, ad = h->d2, b = a + n, bd = ad + n;
  for (int shift = 0; shift < 32 && (points - 1) >> shift; shift += 8) {
    uint32_t at[256] = {0}, sum = 0;
    for (uint32_t i = 0; i < n; i++) at[a[i] >> shift & 255]++;
    for (int k = 0; k < 256; k++) {
      uint32_t many = at[k];
      at[k] = sum;
      sum += many;
    }
    for (uint32_t i = 0; i < n; i++) {
      uint32_t to = at[a[i] >> shift & 255]++;
      b[to] = a[i];
      bd[to] = ad[i];
    }
    uint32_t *t = a;
    double *td = ad;
    a = b, ad = bd, b = t, bd = td;
  }
  if (a != h->index) {
    memcpy(h->index, a, n * sizeof *a);
    memcpy(h->d2, ad, n * sizeof *ad);
  }
  return H9_OK;
}

static uint32_t cell_of(const h9_grid *g, int k, double x) {
  double t = floor((x - g->lo[k]) * g->inv[k]);
  if (!(t > 0)) return 0;
  return t < g->cells[k] ? (uint32_t)t : g->cells[k] - 1;
}

static int check_points(const float *const *c, uint32_t n, const h9_grid_options *o, h9_error *e) {
  for (int k = 0; k < o->dimensions; k++)
    for (uint32_t i = 0; c[k] && i < n; i++) {
      if (!isfinite(c[k][i]))
        return h9_fail(e, H9_EDATA, "point %u: coordinate %c is not finite", i + 1, "xyz"[k]);
      if (o->periodic && o->hi[k] > o->lo[k] && !(c[k][i] >= (float)o->lo[k] && c[k][i] <= (float)o->hi[k]))
        return h9_fail(e, H9_EDATA,
                       "point %u: coordinate %c is %.9g um, expected %.9g to %.9g in a periodic domain",
                       i + 1, "xyz"[k], (double)c[k][i], o -> lo[k], o -> hi[k]);
    }
  return H9_OK;
}

/* Cells of about ten or `per_cell` points, never more cells than points. */
static void choose_cells(h9_grid *g, const double lo[3], const double hi[3]) {
  double volume = 1, most = (double)g->n / 4 + 1;
  int free_dims = 0;
  for (int k = 0; k < 3; k++)
    if (hi[k] > lo[k]) {
      volume *= hi[k] - lo[k];
      free_dims++;
    }
  double side = g->o.cell > 0 ? g->o.cell
                : free_dims   ? pow(volume * (g->o.per_cell > 0 ? g->o.per_cell : 10) / ((double)g->n + 1), 1.0 / free_dims)
                              : 1;
  for (;;) {
    double total = 1;
    for (int k = 0; k < 3; k++) {
      double width = hi[k] - lo[k], m = width > 0 && side > 0 ? ceil(width / side) : 1;
      if (!(m >= 1)) m = 1;
      if (m > most) m = most < 1 ? 1 : floor(most);
      g->cells[k] = (uint32_t)m;
      g->lo[k] = lo[k];
      g->inv[k] = width > 0 ? m / width : 0;
      g->slack[k] = 1e-6 + g->inv[k] * FLT_EPSILON * (fabs(lo[k]) + fabs(hi[k]));
      total *= m;
    }
    if (total <= most || total <= 1) return;
    side *= 1.26;
    if (!(side > 0)) side = 1;
  }
}

int h9_grid_build(h9_grid **out, const float *x, const float *y, const float *z, uint32_t n,
                  const h9_grid_options *o, h9_error *e) {
  const float *c[3] = {x, o->dimensions > 1 ? y : NULL, o->dimensions > 2 ? z : NULL};
  *out = NULL;
  static const h9_near_set *const kernels[H9_SIMD_LEVELS] = {
#ifdef __x86_64__
      [H9_SIMD_SSE] = &h9_near_sse,
      [H9_SIMD_AVX2] = &h9_near_avx2,
      [H9_SIMD_AVX512] = &h9_near_avx512,
#endif
      [H9_SIMD_SCALAR] = &h9_near_scalar};
  enum h9_simd level;
  int rc = h9_simd_choose(&level, e);
  if (rc == H9_OK) rc = check_points(c, n, o, e);
  if (rc) return rc;
  h9_grid *g = calloc(1, sizeof *g);
  if (!g) return h9_fail_memory(e, sizeof *g, "the grid");
  g->o = *o;
  g->n = n;
  g->kernels = kernels[level];
  double lo[3] = {0}, hi[3] = {0};
  for (int k = 0; k < 3; k++)
    for (uint32_t i = 0; c[k] && i < n; i++) {
      if (i == 0 || c[k][i] < lo[k]) lo[k] = c[k][i];
      if (i == 0 || c[k][i] > hi[k]) hi[k] = c[k][i];
    }
  for (int k = 0; k < o->dimensions && o->periodic; k++)
    if (o->hi[k] > o->lo[k]) lo[k] = o->lo[k], hi[k] = o->hi[k];
  choose_cells(g, lo, hi);
  size_t cells = (size_t)g->cells[0] * g->cells[1] * g->cells[2];
  uint32_t *cell = malloc(((size_t)n + 1) * sizeof *cell);
  g->start = calloc(cells + 1, sizeof *g->start);
  g->index = h9_alloc((size_t)n + H9_GRID_PAD, sizeof *g->index);
  bool good = cell && g->start && g->index;
  for (int k = 0; k < 3; k++)
    good = (g->c[k] = h9_alloc((size_t)n + H9_GRID_PAD, sizeof(float))) != NULL && good;
  if (!good) {
    free(cell);
    h9_grid_free(g);
    return h9_fail_memory(e, (size_t)n * 20 + cells * 4, "the grid");
  }
  for (uint32_t i = 0; i < n; i++) {
    uint32_t a[3] = {0};
    for (int k = 0; k < 3; k++)
      if (c[k]) a[k] = cell_of(g, k, c[k][i]);
    cell[i] = (a[2] * g->cells[1] + a[1]) * g->cells[0] + a[0];
    g->start[cell[i]]++;
  }
  uint32_t sum = 0;
  for (size_t k = 0; k <= cells; k++) {
    uint32_t many = g->start[k];
    g->start[k] = sum;
    sum += many;
  }
  for (uint32_t i = 0; i < n; i++) {
    uint32_t at = g->start[cell[i]]++;
    g->index[at] = i;
    for (int k = 0; k < 3; k++) g->c[k][at] = c[k] ? c[k][i] : 0;
  }
  memmove(g->start + 1, g->start, cells * sizeof *g->start);
  g->start[0] = 0;
  free(cell);
  rc = h9_crowds_make(g, e);
  if (rc) h9_grid_free(g);
  else *out = g;
  return rc;
}

void h9_grid_free(h9_grid *g) {
  if (!g) return;
  free(g->start);
  free(g->index);
  for (int k = 0; k < 3; k++) free(g->c[k]);
  h9_crowds_release(g);
  free(g);
}

/* Cells along dimension k that a distance reaches: first and how many, to be taken modulo the cells there
 * are. */
static void reach(const h9_grid *g, int k, double low, double high, int64_t *first, int64_t *many) {
  double periods = g->o.periodic && g->o.hi[k] > g->o.lo[k];
  double a = floor((low - g->lo[k]) * g->inv[k] - g->slack[k]),
         b = floor((high - g->lo[k]) * g->inv[k] + g->slack[k]);
  double cells = g->cells[k];
  a = !(a > -1e15) ? -1e15 : a < 1e15 ? a : 1e15;
  b = !(b < 1e15) ? 1e15 : b > -1e15 ? b : -1e15;
  if (periods) {
    if (b - a + 1 >= cells) a = 0, b = cells - 1;
  } else {
    a = a < 0 ? 0 : a > cells - 1 ? cells - 1 : a;
    b = b < 0 ? 0 : b > cells - 1 ? cells - 1 : b;
  }
  *first = (int64_t)a;
  *many = (int64_t)(b - a) + 1;
}

/* Calls `take` with every run of points of cells that the box [low, high] meets. */
static int runs(const h9_grid *g, const double low[3], const double high[3], h9_run_fn take, void *ctx,
                h9_error *e) {
  int64_t first[3], many[3], cells[3] = {g->cells[0], g->cells[1], g->cells[2]};
  double from[3], to[3], width[3];
  for (int k = 0; k < 3; k++) {
    /* a distance is rounded before it is compared, more so from far away */
    double some = 4 * DBL_EPSILON * (fabs(low[k]) + fabs(high[k]));
    from[k] = some < INFINITY ? low[k] - some : low[k];
    to[k] = some < INFINITY ? high[k] + some : high[k];
    width[k] = g->o.periodic && k < g->o.dimensions ? g->o.hi[k] - g->o.lo[k] : 0;
    reach(g, k, from[k], to[k], &first[k], &many[k]);
    if (first[k] < 0 || first[k] >= cells[k]) first[k] = (first[k] % cells[k] + cells[k]) % cells[k];
  }
  for (int64_t kz = 0, z = first[2]; kz < many[2]; kz++, z = z + 1 == cells[2] ? 0 : z + 1)
    for (int64_t ky = 0, y = first[1]; ky < many[1]; ky++, y = y + 1 == cells[1] ? 0 : y + 1) {
      int64_t row = (z * cells[1] + y) * cells[0], x = first[0], left = many[0];
      while (left > 0) { /* at most twice: a run that wraps */
        int64_t here = left < cells[0] - x ? left : cells[0] - x;
        uint32_t a = g->start[row + x], b = g->start[row + x + here];
        int rc = g->n_crowds ? h9_crowds_visit(g, a, b, from, to, width, take, ctx, e) : take(ctx, a, b, e);
        if (rc) return rc;
        left -= here;
        x = 0;
      }
    }
  return H9_OK;
}

typedef struct handing {
  const h9_grid *g;
  h9_grid_take take;
  void *ctx;
} handing;
static int hand_on(void *ctx, uint32_t from, uint32_t to, h9_error *e) {
  const handing *h = ctx;
  const h9_grid *g = h->g;
  if (from == to) return H9_OK;
  return h->take(h->ctx, g->index + from, g->c[0] + from, g->c[1] + from, g->c[2] + from, to - from, e);
}
int h9_grid_runs(const h9_grid *g, const double low[3], const double high[3], h9_grid_take take, void *ctx,
                 h9_error *e) {
  handing h = {g, take, ctx};
  return runs(g, low, high, hand_on, &h, e);
}

typedef struct radius_query {
  const h9_grid *g;
  h9_near near;
  h9_hits *hits; /* NULL: count only */
  uint32_t count;
} radius_query;

static int take_radius(void *ctx, uint32_t from, uint32_t to, h9_error *e) {
  radius_query *q = ctx;
  if (!q->hits) {
    q->count += q->g->kernels->count(&q->near, from, to);
    return H9_OK;
  }
  int rc = h9_hits_room(q->hits, to - from, e);
  if (rc) return rc;
  q->hits->n +=
      q->g->kernels->list(&q->near, from, to, q->hits->index + q->hits->n, q->hits->d2 + q->hits->n);
  return H9_OK;
}

static radius_query radius_about(const h9_grid *g, double x, double y, double z, h9_hits *hits,
                                 uint32_t except) {
  radius_query q = {.g = g, .hits = hits};
  q.near = (h9_near){.c = {g->c[0], g->c[1], g->c[2]},
                     .index = g->index,
                     .at = {x, y, z},
                     .dimensions = g->o.dimensions,
                     .except = except};
  for (int k = 0; k < 3; k++) {
    bool wraps = g->o.periodic && g->o.hi[k] > g->o.lo[k];
    q.near.width[k] = wraps ? g->o.hi[k] - g->o.lo[k] : 0;
    q.near.half[k] = wraps ? q.near.width[k] / 2 : INFINITY;
    q.near.periodic = q.near.periodic || wraps;
  }
  return q;
}

static int radius_run(radius_query *q, double radius, h9_error *e) {
  double low[3], high[3];
  q->near.r2 = radius * radius;
  for (int k = 0; k < 3; k++) low[k] = q->near.at[k] - radius, high[k] = q->near.at[k] + radius;
  return runs(q->g, low, high, take_radius, q, e);
}

int h9_grid_around(const h9_grid *g, double x, double y, double z, double radius, h9_hits *hits,
                   h9_error *e) {
  radius_query q = radius_about(g, x, y, z, hits, UINT32_MAX);
  hits->n = 0;
  return radius >= 0 ? radius_run(&q, radius, e) : H9_OK;
}

int h9_grid_radius(const h9_grid *g, double x, double y, double z, double radius, h9_hits *hits,
                   h9_error *e) {
  int rc = h9_grid_around(g, x, y, z, radius, hits, e);
  return rc ? rc : hits_sort_index(hits, g->n, e);
}

uint32_t h9_grid_count(const h9_grid *g, double x, double y, double z, double radius) {
  radius_query q = radius_about(g, x, y, z, NULL, UINT32_MAX);
  h9_error e;
  if (radius >= 0 && radius_run(&q, radius, &e) != H9_OK)
    return 0; /* counting allocates nothing and cannot fail */
  return q.count;
}

int h9_grid_nearest(const h9_grid *g, double x, double y, double z, uint32_t k, uint32_t except,
                    h9_hits *hits, h9_error *e) {
  hits->n = 0;
  if (k == 0 || g->n == 0) return H9_OK;
  uint32_t there = g->n - (except < g->n), want = k < there ? k : there;
  double cell = 0;
  for (int d = 0; d < 3; d++)
    if (g->inv[d] > 0 && 1 / g->inv[d] > cell) cell = 1 / g->inv[d];
  double per_cell = (double)g->n / ((double)g->cells[0] * g->cells[1] * g->cells[2]);
  /* a first reach that holds half as many again as are wanted, were all cells alike */
  double radius = (cell > 0 ? cell : 1) * cbrt((1.5 * k + 4) / (per_cell > 1 ? per_cell : 1) * 0.2387);
  if (g->n_crowds) {
    const double at[3] = {x, y, z};
    uint32_t a[3];
    for (int d = 0; d < 3; d++) a[d] = cell_of(g, d, at[d]);
    size_t own = (a[2] * (size_t)g->cells[1] + a[1]) * g->cells[0] + a[0];
    radius = fmin(radius, h9_crowd_reach(g, g->start[own], at, k));
  }
  for (;;) {
    radius_query q = radius_about(g, x, y, z, hits, except);
    hits->n = 0;
    int rc = radius_run(&q, radius, e);
    if (rc) return rc;
    if (hits->n >= want) break;
    radius = radius > 0 ? radius * 1.35 : (cell > 0 ? cell : 1) * 1e-6;
  }
  int rc = h9_hits_nearest(hits, want, e);
  hits->n = want;
  return rc;
}

typedef struct box_query {
  const h9_grid *g;
  double lo[3], hi[3];
  h9_hits *hits;
} box_query;

static bool inside(const double p[3], const double lo[3], const double hi[3], int dimensions) {
  for (int k = 0; k < dimensions; k++)
    if (!(p[k] >= lo[k] && p[k] <= hi[k])) return false;
  return true;
}

static int take_box(void *ctx, uint32_t from, uint32_t to, h9_error *e) {
  box_query *q = ctx;
  for (uint32_t i = from; i < to; i++) {
    double p[3] = {q->g->c[0][i], q->g->c[1][i], q->g->c[2][i]};
    int rc = inside(p, q->lo, q->hi, q->g->o.dimensions) ? hits_add(q->hits, q->g->index[i], NAN, e) : H9_OK;
    if (rc) return rc;
  }
  return H9_OK;
}

int h9_grid_box(const h9_grid *g, const double lo[3], const double hi[3], h9_hits *hits, h9_error *e) {
  box_query q = {.g = g, .lo = {lo[0], lo[1], lo[2]}, .hi = {hi[0], hi[1], hi[2]}, .hits = hits};
  hits->n = 0;
  int rc = runs(g, lo, hi, take_box, &q, e);
  return rc ? rc : hits_sort_index(hits, g->n, e);
}

static void point(const h9_points *p, uint32_t i, double at[3]) {
  at[0] = p->x[i];
  at[1] = p->o.dimensions > 1 && p->y ? p->y[i] : 0;
  at[2] = p->o.dimensions > 2 && p->z ? p->z[i] : 0;
}

int h9_brute_radius(const h9_points *p, double x, double y, double z, double radius, h9_hits *hits,
                    h9_error *e) {
  double from[3] = {x, y, z}, to[3], d[3];
  hits->n = 0;
  for (uint32_t i = 0; i < p->n && radius >= 0; i++) {
    point(p, i, to);
    double d2 = h9_displacement(&p->o, from, to, d);
    int rc = d2 <= radius * radius ? hits_add(hits, i, d2, e) : H9_OK;
    if (rc) return rc;
  }
  return H9_OK;
}

int h9_brute_nearest(const h9_points *p, double x, double y, double z, uint32_t k, uint32_t except,
                     h9_hits *hits, h9_error *e) {
  double from[3] = {x, y, z}, to[3], d[3];
  hits->n = 0;
  for (uint32_t i = 0; i < p->n; i++) {
    if (i == except) continue;
    point(p, i, to);
    int rc = hits_add(hits, i, h9_displacement(&p->o, from, to, d), e);
    if (rc) return rc;
  }
  int rc = h9_hits_nearest(hits, k < hits->n ? k : hits->n, e);
  if (hits->n > k) hits->n = k;
  return rc;
}

int h9_brute_box(const h9_points *p, const double lo[3], const double hi[3], h9_hits *hits, h9_error *e) {
  double at[3];
  hits->n = 0;
  for (uint32_t i = 0; i < p->n; i++) {
    point(p, i, at);
    int rc = inside(at, lo, hi, p->o.dimensions) ? hits_add(hits, i, NAN, e) : H9_OK;
    if (rc) return rc;
  }
  return H9_OK;
}

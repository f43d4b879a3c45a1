/* Every point asks, cell by cell: the candidates of all points of a cell are packed once into arrays that
 * the scans run through, with rows of cells cut to the ball around the cell. Single precision filters; what
 * lies close to the limit is decided in double precision, so that answers are those of single queries. */
#include "grid_parts.h"

#include "../base/memory.h"
#include "../base/parallel.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { RANKED = 256 }; /* up to as many candidates are ordered by counting those before each */

typedef struct packed {
  float *c[3];
  uint32_t *index; /* of the points */
  uint32_t *slot;  /* in the grid's order; where space wraps */
  uint64_t *near;  /* a bit each: worth a second look */
  uint32_t n;
  size_t cap;
  double slack; /* um: what moving a candidate to its image may have cost in precision */
} packed;

static void packed_release(packed *p) {
  for (int k = 0; k < 3; k++) free(p->c[k]);
  free(p->index);
  free(p->slot);
  free(p->near);
}

/* What is packed moves over. */
static bool packed_grow(void *array, size_t cap, size_t size, size_t used) {
  void *old, *more = h9_alloc(cap, size);
  if (!more) return false;
  memcpy(&old, array, sizeof old);
  if (old) memcpy(more, old, used * size);
  free(old);
  memcpy(array, &more, sizeof more);
  return true;
}

/* Room for `need`, and to copy in whole vectors. */
static int packed_room(packed *p, size_t need, h9_error *e) {
  need += H9_GRID_PAD;
  if (need <= p->cap) return H9_OK;
  size_t cap = p->cap ? p->cap : 1024;
  while (cap < need) cap *= 2;
  bool good = packed_grow(&p->index, cap, sizeof *p->index, p->n) &&
              packed_grow(&p->slot, cap, sizeof *p->slot, p->n) &&
              packed_grow(&p->near, cap / 64, sizeof *p->near, 0);
  for (int k = 0; k < 3 && good; k++) good = packed_grow(&p->c[k], cap, sizeof(float), p->n);
  if (!good) return h9_fail_memory(e, cap * 20, "candidates");
  p->cap = cap;
  return H9_OK;
}

static int64_t cell_at(const h9_grid *g, int k, double x, double beside) {
  double t = (x - g->lo[k]) * g->inv[k] + beside;
  t = t > -1e15 ? t : -1e15;
  t = t < 1e15 ? t : 1e15;
  int64_t i = (int64_t)t; /* rounded down without a call */
  return i - ((double)i > t);
}

/* What lies between cell `i` along k (of any period) and low..high, from below. */
static double gap(const h9_grid *g, int k, int64_t i, double low, double high) {
  if (!(g->inv[k] > 0)) return 0;
  double a = g->lo[k] + ((double)i - g->slack[k]) / g->inv[k],
         b = g->lo[k] + ((double)i + 1 + g->slack[k]) / g->inv[k];
  return a > high ? a - high : b < low ? low - b : 0;
}

/* n words, in whole vectors: a little beyond the end is read and written, too. */
static void copy(void *to, const void *from, uint32_t n) {
  char *t = to;
  const char *f = from;
  for (size_t i = 0; i < 4 * (size_t)n; i += 4 * H9_GRID_PAD) memcpy(t + i, f + i, 4 * H9_GRID_PAD);
}

/* What is packed, from where, and by how many um it is moved. */
typedef struct packing {
  const h9_grid *g;
  packed *p;
  double shift[3];
} packing;

static int pack_run(void *ctx, uint32_t from, uint32_t to, h9_error *e) {
  const packing *how = ctx;
  const h9_grid *g = how->g;
  packed *p = how->p;
  const double *shift = how->shift;
  uint32_t n = to - from;
  if (n == 0) return H9_OK;
  int rc = packed_room(p, (size_t)p->n + n, e);
  if (rc) return rc;
  for (int k = 0; k < g->o.dimensions; k++)
    if (shift[k] == 0) copy(p->c[k] + p->n, g->c[k] + from, n);
    else
      for (uint32_t i = 0; i < n; i++) p->c[k][p->n + i] = (float)((double)g->c[k][from + i] + shift[k]);
  copy(p->index + p->n, g->index + from, n);
  for (uint32_t i = 0; i < n && g->o.periodic; i++) p->slot[p->n + i] = from + i;
  p->n += n;
  return H9_OK;
}

/* Packs all points within `reach` of the box low..high, and some beyond. *whole: all points there are.
 * H9_EOF where a point would come twice, as images of itself. */
static int pack(const h9_grid *g, const double low[3], const double high[3], double reach, packed *p,
                bool *whole, h9_error *e) {
  int64_t first[3], last[3], cells[3] = {g->cells[0], g->cells[1], g->cells[2]};
  double width[3], most = 0;
  p->n = 0;
  *whole = true;
  for (int k = 0; k < 3; k++) {
    width[k] = g->o.periodic && k < g->o.dimensions && g->o.hi[k] > g->o.lo[k] ? g->o.hi[k] - g->o.lo[k] : 0;
    first[k] = cell_at(g, k, low[k] - reach, -g->slack[k]);
    last[k] = cell_at(g, k, high[k] + reach, g->slack[k]);
    *whole = *whole && width[k] == 0 && first[k] <= 0 && last[k] >= cells[k] - 1;
    if (width[k] > 0) {
      if (last[k] - first[k] + 1 > cells[k]) return H9_EOF;
      if (first[k] < 0 || last[k] >= cells[k])
        most = fmax(most, fabs(g->o.lo[k]) + fabs(g->o.hi[k]) + width[k]);
    } else {
      if (first[k] < 0) first[k] = 0;
      if (last[k] > cells[k] - 1) last[k] = cells[k] - 1;
      /* coordinates on a border count to the cell inside it */
      if (first[k] > cells[k] - 1) first[k] = cells[k] - 1;
      if (last[k] < 0) last[k] = 0;
    }
  }
  p->slack = 2 * most * FLT_EPSILON;
  *whole = *whole && g->n_crowds == 0; /* of crowds only parts are packed */
  for (int64_t z = first[2]; z <= last[2]; z++) {
    double dz = *whole ? 0 : gap(g, 2, z, low[2], high[2]), left_z = reach * reach - dz * dz;
    int64_t pz = z < 0 ? -1 : z >= cells[2];
    for (int64_t y = first[1]; y <= last[1] && left_z >= 0; y++) {
      double dy = *whole ? 0 : gap(g, 1, y, low[1], high[1]), left = left_z - dy * dy;
      if (left < 0) continue;
      double rx = sqrt(left);
      int64_t py = y < 0 ? -1 : y >= cells[1];
      int64_t a = *whole ? first[0] : cell_at(g, 0, low[0] - rx, -g->slack[0]);
      int64_t b = *whole ? last[0] : cell_at(g, 0, high[0] + rx, g->slack[0]);
      size_t row = (size_t)(((z - pz * cells[2]) * cells[1] + y - py * cells[1]) * cells[0]);
      if (a < first[0]) a = first[0];
      if (b > last[0]) b = last[0];
      for (int px = -(a < 0); px <= (b >= cells[0]);
           px++) { /* parts of the row in the periods below, of, and above the domain */
        int64_t from = a > px * cells[0] ? a : px * cells[0];
        int64_t to = b < (px + 1) * cells[0] - 1 ? b : (px + 1) * cells[0] - 1;
        if (from > to) continue;
        packing how = {g, p, {px * width[0], (double)py * width[1], (double)pz * width[2]}};
        size_t run = row + (size_t)(from - px * cells[0]), end = row + (size_t)(to - px * cells[0]) + 1;
        double lowest[3], highest[3];
        for (int k = 0; k < 3; k++) {
          lowest[k] = low[k] - reach - how.shift[k];
          highest[k] = high[k] + reach - how.shift[k];
        }
        int rc = g->n_crowds ? h9_crowds_visit(g, g->start[run], g->start[end], lowest, highest, NULL,
                                               pack_run, &how, e)
                             : pack_run(&how, g->start[run], g->start[end], e);
        if (rc) return rc;
      }
    }
  }
  int rc = packed_room(p, p->n, e);
  for (uint32_t i = p->n; rc == H9_OK && i % H9_GRID_PAD; i++) p->c[0][i] = NAN; /* near nobody */
  return rc;
}
static uint32_t padded(const packed *p) { return (p->n + H9_GRID_PAD - 1) / H9_GRID_PAD * H9_GRID_PAD; }

/* Squared single-precision distances at most `sure` belong to squared distances of at most d2, those above
 * `maybe` to larger ones; an answer between them is decided elsewhere. False where single precision runs
 * out of exponents. */
static bool limits(double d2, double slack, float *sure, float *maybe) {
  const double some = 16 * FLT_EPSILON;
  double r = sqrt(d2), less = r - slack, more = r + slack;
  if (!(d2 >= 1e-28 && d2 <= 1e36 && less > 0)) return false;
  *sure = (float)(less * less * (1 - some));
  *maybe = (float)(more * more * (1 + some));
  return *sure >= 1e-30f;
}

static void bounds(const h9_grid *g, uint32_t from, uint32_t to, double low[3], double high[3]) {
  for (int k = 0; k < 3; k++) {
    float a = g->c[k][from], b = a;
    for (uint32_t i = from + 1; i < to; i++) {
      a = g->c[k][i] < a ? g->c[k][i] : a;
      b = g->c[k][i] > b ? g->c[k][i] : b;
    }
    low[k] = a;
    high[k] = b;
  }
}

typedef struct asked {
  const h9_grid *g;
  double radius;
  uint32_t *counts;
  uint32_t want; /* nearest; without the point itself */
  h9_grid_answer answer;
  void *ctx;
} asked;

typedef struct asker {
  packed p;
  h9_hits hits, sorted;
  uint32_t *place;
  size_t place_cap;
  double reach; /* um^2: was enough for the nearest of the last cell */
  double usual; /* um^2: of late */
} asker;

static uint32_t count_by_itself(const h9_grid *g, uint32_t i, double radius) {
  return h9_grid_count(g, (double)g->c[0][i], (double)g->c[1][i], (double)g->c[2][i], radius) - 1;
}

static int count_cell(const asked *a, asker *w, uint32_t from, uint32_t to, h9_error *e) {
  const h9_grid *g = a->g;
  double low[3], high[3];
  float sure = 0, maybe = 0;
  bool whole;
  bounds(g, from, to, low, high);
  int rc = pack(g, low, high, a->radius, &w->p, &whole, e);
  if (rc != H9_OK && rc != H9_EOF) return rc;
  bool scan = rc == H9_OK && limits(a->radius * a->radius, w->p.slack, &sure, &maybe);
  const float *const c[3] = {w->p.c[0], w->p.c[1], w->p.c[2]};
  for (uint32_t i = from; i < to; i++) {
    const float q[3] = {g->c[0][i], g->c[1][i], g->c[2][i]};
    uint32_t near[2] = {0, 1};
    if (scan) g->kernels->tally(c, padded(&w->p), g->o.dimensions, q, sure, maybe, near);
    a->counts[g->index[i]] = near[0] == near[1] ? near[0] - 1 : count_by_itself(g, i, a->radius);
  }
  return H9_OK;
}

typedef struct sought {
  uint32_t self;
  double limit, at[3];
} sought;

/* Those marked that lie within the limit, by the arithmetic of h9_displacement (below the dimension there are
 * zeros); the point itself left out. Every one is written, those near move on. */
static uint32_t decide(const packed *p, uint32_t words, const sought *q, uint32_t *index, double *d2) {
  const float *const x = p->c[0], *const y = p->c[1], *const z = p->c[2];
  const uint32_t *const is = p->index, self = q->self;
  const uint64_t *const near = p->near;
  const double limit = q->limit, x0 = q->at[0], y0 = q->at[1], z0 = q->at[2];
  uint32_t n = 0;
  for (uint32_t k = 0; k < words; k++)
    for (uint64_t bits = near[k]; bits; bits &= bits - 1) {
      uint32_t at = 64 * k + (uint32_t)__builtin_ctzll(bits);
      double dx = (double)x[at] - x0, dy = (double)y[at] - y0, dz = (double)z[at] - z0;
      double s = dx * dx + dy * dy + dz * dz;
      index[n] = is[at];
      d2[n] = s;
      n += (is[at] != self) & (s <= limit);
    }
  return n;
}
static uint32_t decide_wrapped(const h9_grid *g, const packed *p, uint32_t words, const sought *q,
                               uint32_t *index, double *d2) {
  uint32_t n = 0;
  for (uint32_t k = 0; k < words; k++)
    for (uint64_t bits = p->near[k]; bits; bits &= bits - 1) {
      uint32_t at = 64 * k + (uint32_t)__builtin_ctzll(bits), slot = p->slot[at];
      const double to[3] = {(double)g->c[0][slot], (double)g->c[1][slot], (double)g->c[2][slot]};
      double d[3];
      index[n] = p->index[at];
      d2[n] = h9_displacement(&g->o, q->at, to, d);
      n += (p->index[at] != q->self) & (d2[n] <= q->limit);
    }
  return n;
}

/* The nearest of point i among the packed. *found: they are, and lie within sqrt(limit). */
static int nearest_among(const asked *a, asker *w, uint32_t i, double limit, bool whole, bool *found,
                         h9_error *e) {
  const h9_grid *g = a->g;
  packed *p = &w->p;
  const double from[3] = {(double)g->c[0][i], (double)g->c[1][i], (double)g->c[2][i]};
  const float q[3] = {g->c[0][i], g->c[1][i], g->c[2][i]};
  const float *const c[3] = {p->c[0], p->c[1], p->c[2]};
  float sure, maybe = INFINITY;
  uint32_t many = 0, n = 0;
  *found = false;
  if (!whole && !limits(limit, p->slack, &sure, &maybe)) return H9_OK;
  if (whole) limit = INFINITY;
  uint32_t words = (padded(p) + 63) / 64;
  g->kernels->mark(c, padded(p), g->o.dimensions, q, maybe, p->near);
  for (uint32_t k = 0; k < words; k++) many += (uint32_t)__builtin_popcountll(p->near[k]);
  if (many <= a->want) return H9_OK; /* the point itself is one of them */
  int rc = h9_hits_room(&w->hits, (size_t)many + 8, e);
  if (rc == H9_OK) rc = h9_hits_room(&w->sorted, (size_t)many + 8, e);
  if (rc == H9_OK && h9_grow(&w->place, &w->place_cap, many + 8, sizeof *w->place) != H9_OK)
    rc = h9_fail_memory(e, many * sizeof *w->place, "candidates");
  if (rc) return rc;
  const sought q2 = {.self = g->index[i], .limit = limit, .at = {from[0], from[1], from[2]}};
  n = g->o.periodic ? decide_wrapped(g, p, words, &q2, w->hits.index, w->hits.d2)
                    : decide(p, words, &q2, w->hits.index, w->hits.d2);
  if (n < a->want) return H9_OK;
  h9_hits *in_order = &w->hits;
  w->hits.n = n;
  if (n <= RANKED && g->kernels->rank(w->hits.d2, n, w->place)) {
    for (uint32_t k = 0; k < n; k++) {
      w->sorted.d2[w->place[k]] = w->hits.d2[k];
      w->sorted.index[w->place[k]] = w->hits.index[k];
    }
    in_order = &w->sorted;
  } else if ((rc = h9_hits_nearest(&w->hits, a->want, e)) != H9_OK) return rc;
  in_order->n = a->want;
  *found = true;
  rc = a->answer(a->ctx, g->index[i], in_order, e);
  w->reach = fmax(w->reach, in_order->d2[a->want - 1]);
  w->usual += 0.25 * (in_order->d2[a->want - 1] - w->usual);
  w->hits.n = w->sorted.n = 0;
  return rc;
}

/* All within the radius of each point of a cell. */
static int list_cell(const asked *a, asker *w, uint32_t from, uint32_t to, h9_error *e) {
  const h9_grid *g = a->g;
  double low[3], high[3];
  float sure, maybe;
  bool whole;
  bounds(g, from, to, low, high);
  int rc = pack(g, low, high, a->radius, &w->p, &whole, e);
  if (rc != H9_OK && rc != H9_EOF) return rc;
  bool scan = rc == H9_OK && limits(a->radius * a->radius, w->p.slack, &sure, &maybe);
  const float *const c[3] = {w->p.c[0], w->p.c[1], w->p.c[2]};
  uint32_t words = scan ? (padded(&w->p) + 63) / 64 : 0;
  for (uint32_t i = from; i < to; i++) {
    const float q[3] = {g->c[0][i], g->c[1][i], g->c[2][i]};
    const sought at = {.self = g->index[i], .limit = a->radius * a->radius, .at = {(double)q[0], (double)q[1], (double)q[2]}};
    uint32_t many = 0, n = 0;
    if (scan) {
      g->kernels->mark(c, padded(&w->p), g->o.dimensions, q, maybe, w->p.near);
      for (uint32_t k = 0; k < words; k++) many += (uint32_t)__builtin_popcountll(w->p.near[k]);
      if ((rc = h9_hits_room(&w->hits, (size_t)many + 8, e)) != H9_OK) return rc;
      w->hits.n = g->o.periodic ? decide_wrapped(g, &w->p, words, &at, w->hits.index, w->hits.d2)
                                : decide(&w->p, words, &at, w->hits.index, w->hits.d2);
    } else {
      if ((rc = h9_grid_around(g, at.at[0], at.at[1], at.at[2], a->radius, &w->hits, e)) != H9_OK) return rc;
      for (uint32_t k = 0; k < w->hits.n; k++) {
        w->hits.index[n] = w->hits.index[k];
        w->hits.d2[n] = w->hits.d2[k];
        n += w->hits.index[k] != at.self;
      }
      w->hits.n = n;
    }
    rc = a->answer(a->ctx, at.self, &w->hits, e);
    w->hits.n = 0;
    if (rc != H9_OK) return rc;
  }
  return H9_OK;
}

static int nearest_by_itself(const asked *a, asker *w, uint32_t i, h9_error *e) {
  const h9_grid *g = a->g;
  int rc = h9_grid_nearest(g, (double)g->c[0][i], (double)g->c[1][i], (double)g->c[2][i], a->want,
                           g->index[i], &w->hits, e);
  if (rc == H9_OK) rc = a->answer(a->ctx, g->index[i], &w->hits, e);
  w->hits.n = 0;
  return rc;
}

/* w->reach: a squared distance that was enough for the cell before; at the end, for this one. */
enum { TOGETHER = 64 };
static int nearest_some(const asked *a, asker *w, uint32_t from, uint32_t to, h9_error *e) {
  const h9_grid *g = a->g;
  uint32_t open[TOGETHER], n_open = 0;
  double low[3], high[3], limit = w->reach * 1.2;
  for (uint32_t i = from; i < to; i++) open[n_open++] = i;
  bounds(g, from, to, low, high);
  w->reach = 0;
  for (int round = 0; n_open; round++) {
    bool whole = false, found;
    double reach = sqrt(limit) * (1 + 1e-9);
    int rc = round < 40 ? pack(g, low, high, reach, &w->p, &whole, e) : H9_EOF;
    if (rc != H9_OK && rc != H9_EOF) return rc;
    uint32_t left = 0;
    for (uint32_t k = 0; k < n_open; k++) {
      int bad = H9_OK;
      found = rc == H9_EOF;
      if (found) bad = nearest_by_itself(a, w, open[k], e);
      else if (w->usual * 1.3 < limit && !whole)
        bad = nearest_among(a, w, open[k], w->usual * 1.3, whole, &found, e);
      if (!bad && !found) bad = nearest_among(a, w, open[k], limit, whole, &found, e);
      if (bad) return bad;
      if (!found) open[left++] = open[k];
    }
    n_open = left;
    limit *= 1.7;
  }
  if (!(w->reach > 0)) w->reach = limit / 1.7;
  return H9_OK;
}
static int nearest_cell(const asked *a, asker *w, uint32_t from, uint32_t to, h9_error *e) {
  int rc = H9_OK;
  for (; from < to && rc == H9_OK; from += TOGETHER)
    rc = nearest_some(a, w, from, to - from < TOGETHER ? to : from + TOGETHER, e);
  return rc;
}

typedef int (*cell_fn)(const asked *a, asker *w, uint32_t from, uint32_t to, h9_error *e);

/* A first guess for the nearest in a crowd, from how closely these points lie; um^2. */
static double guess(const asked *a, uint32_t from, uint32_t to, double reach) {
  double low[3], high[3], volume = 1;
  int dimensions = 0;
  bounds(a->g, from, to, low, high);
  for (int k = 0; k < 3; k++)
    if (high[k] > low[k]) volume *= high[k] - low[k], dimensions++;
  if (to - from < 8 || dimensions == 0) return reach;
  volume *= (1.5 * a->want + 1) / (to - from);
  double r = dimensions == 3 ? cbrt(volume * 0.2387) : dimensions == 2 ? sqrt(volume * 0.3183) : volume * 0.5;
  return fmin(r * r, reach);
}

/* Cells, or portions of crowds, some neighbouring ones at a time to a worker. */
enum { PIECE = 64 };
typedef struct rounds {
  const asked *a;
  cell_fn one;
  double reach;
  size_t cells;
  atomic_size_t next; /* piece */
  pthread_mutex_t mutex;
  h9_error *e; /* the first failure */
  int failed;
} rounds;

static void work_on_pieces(void *ctx, int me, int n) {
  rounds *r = ctx;
  const h9_grid *g = r->a->g;
  const uint32_t *start = g->portion ? g->portion : g->start;
  asker w = {0};
  h9_error own = {0};
  int rc = H9_OK;
  (void)me, (void)n;
  while (rc == H9_OK) {
    size_t first = PIECE * atomic_fetch_add_explicit(&r->next, 1, memory_order_relaxed);
    if (first >= r->cells) break;
    w.reach = w.usual = r->reach; /* nobody's answer depends on who came before */
    for (size_t k = first; k < r->cells && k < first + PIECE && rc == H9_OK; k++) {
      if (start[k] == start[k + 1]) continue;
      if (g->portion && r->reach > 0) w.reach = w.usual = guess(r->a, start[k], start[k + 1], w.reach);
      rc = r->one(r->a, &w, start[k], start[k + 1], &own);
    }
  }
  if (rc != H9_OK) {
    pthread_mutex_lock(&r->mutex);
    if (r->failed == H9_OK) {
      r->failed = rc;
      *r->e = own;
    }
    pthread_mutex_unlock(&r->mutex);
  }
  packed_release(&w.p);
  h9_hits_release(&w.hits);
  h9_hits_release(&w.sorted);
  free(w.place);
}

static int each_cell(const asked *a, cell_fn one, double reach, h9_error *e) {
  enum { ENOUGH = 2000 }; /* points that pay for a thread's start */
  const h9_grid *g = a->g;
  rounds r = {.a = a, .one = one, .reach = reach, .e = e, .mutex = PTHREAD_MUTEX_INITIALIZER,
              .cells = g->portion ? g->n_portions : (size_t)g->cells[0] * g->cells[1] * g->cells[2]};
  int threads = g->o.threads > 0 ? g->o.threads : 1, most = 1 + (int)(g->n / ENOUGH);
  (void)h9_parallel(threads < most ? threads : most, work_on_pieces, &r);
  return r.failed;
}

int h9_grid_counts_all(const h9_grid *g, double radius, uint32_t *counts, h9_error *e) {
  asked a = {.g = g, .radius = radius, .counts = counts};
  if (!(radius >= 0)) {
    memset(counts, 0, g->n * sizeof *counts);
    return H9_OK;
  }
  return each_cell(&a, count_cell, 0, e);
}

int h9_grid_radius_all(const h9_grid *g, double radius, h9_grid_answer answer, void *ctx, h9_error *e) {
  asked a = {.g = g, .radius = radius >= 0 ? radius : -1, .answer = answer, .ctx = ctx};
  const h9_hits none = {0};
  int rc = H9_OK;
  if (radius >= 0) return each_cell(&a, list_cell, 0, e);
  for (uint32_t i = 0; i < g->n && rc == H9_OK; i++) rc = answer(ctx, i, &none, e);
  return rc;
}

int h9_grid_nearest_all(const h9_grid *g, uint32_t k, h9_grid_answer answer, void *ctx, h9_error *e) {
  asked a = {.g = g, .want = k < g->n ? k : g->n - 1, .answer = answer, .ctx = ctx};
  if (g->n == 0) return H9_OK;
  double cell = 0, occupied = 0;
  size_t cells = (size_t)g->cells[0] * g->cells[1] * g->cells[2];
  int dimensions = 0;
  for (int d = 0; d < 3; d++)
    if (g->inv[d] > 0) cell = fmax(cell, 1 / g->inv[d]), dimensions++;
  for (size_t i = 0; i < cells; i++) occupied += g->start[i] < g->start[i + 1];
  /* a ball that holds half as many again as are wanted, were all cells that hold points alike */
  double volumes = (1.5 * a.want + 1) * occupied / g->n, radius;
  if (dimensions == 3) radius = cbrt(volumes * 0.2387);
  else radius = dimensions == 2 ? sqrt(volumes * 0.3183) : volumes * 0.5;
  radius *= cell > 0 ? cell : 1;
  if (a.want == 0) {
    const h9_hits none = {0};
    for (uint32_t i = 0; i < g->n; i++) {
      int rc = answer(ctx, i, &none, e);
      if (rc) return rc;
    }
    return H9_OK;
  }
  return each_cell(&a, nearest_cell, radius * radius, e);
}

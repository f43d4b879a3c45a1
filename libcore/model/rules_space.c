/* Rules that look at positions: who lies within reach of whom, by kernel and mask. */
#include "rules.h"

#include "../base/mathfn.h"
#include "kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct h9_space {
  h9_grid_options o;
  h9_points pool;      /* positions of the pool population */
  const float *own[3]; /* of the owners */
  const h9_grid *grid; /* NULL: every pair is tested */
  h9_kernel_ready kernel;
  h9_mask_ready mask;
  double limit2;             /* squared distance beyond which pairs are never joined */
  bool plain;                /* all within `radius` of the owner itself: nothing further to test */
  double radius;             /* of the query, where plain */
  double half[3], offset[3]; /* else: a box around owner + offset that holds all candidates; inf: no end */
  double width[3], wrap[3];  /* of the domain where periodic, else 0; and half of it, else inf */
  double *bound;             /* [BOUNDS + 1] what a pair's probability cannot exceed, by squared distance */
  double bounds_per_d2;
};

enum { BOUNDS = 4096 };

void h9_space_free(h9_space *s) {
  if (s) free(s->bound);
  free(s);
}

static const h9_grid *grid_of(const h9_compiled *c, const h9_space *s, h9_grids *all, uint32_t population,
                              int *rc, h9_error *e) {
  for (uint32_t i = 0; i < all->n; i++)
    if (all->entry[i].population == population && all->entry[i].periodic == c->p->periodic)
      return all->entry[i].grid;
  struct h9_grid_entry *more = realloc(all->entry, (all->n + 1) * sizeof *more);
  if (!more) {
    *rc = h9_fail_memory(e, (all->n + 1) * sizeof *more, "a spatial index");
    return NULL;
  }
  all->entry = more;
  h9_grid_options o = s->o;
  o.threads = all->threads;
  o.per_cell = all->per_cell;
  h9_grid *g = NULL;
  *rc = h9_grid_build(&g, s->pool.x, s->pool.y, s->pool.z, s->pool.n, &o, e);
  if (*rc != H9_OK) {
    h9_fail_at(e, "population '%s'", c->net->populations[population].name);
    return NULL;
  }
  all->entry[all->n++] = (struct h9_grid_entry){population, c->p->periodic, g};
  return g;
}

static void owner_at(const h9_space *s, uint32_t i, double at[3]) {
  for (int k = 0; k < 3; k++) at[k] = s->own[k] ? (double)s->own[k][i] : 0;
}
static void pool_at(const h9_space *s, uint32_t i, double at[3]) {
  at[0] = (double)s->pool.x[i];
  at[1] = s->pool.y ? (double)s->pool.y[i] : 0;
  at[2] = s->pool.z ? (double)s->pool.z[i] : 0;
}

typedef struct look {
  const h9_compiled *c;
  h9_scratch *w;
  uint32_t owner, index; /* index: of the next point where points come without one */
  double from[3], centre[3];
} look;

static int look_room(h9_scratch *w, uint32_t more, h9_error *e) {
  h9_hits *h = &w->hits;
  size_t need = (size_t)h->n + more;
  if (need > h->cap) {
    size_t cap = h->cap ? h->cap : 256;
    while (cap < need) cap *= 2;
    uint32_t *index = realloc(h->index, cap * sizeof *index);
    if (index) h->index = index;
    double *d2 = realloc(h->d2, cap * sizeof *d2);
    if (d2) h->d2 = d2;
    if (!index || !d2) return h9_fail_memory(e, cap * 12, "candidates");
    h->cap = cap;
  }
  if (h9_grow(&w->place, &w->place_cap, 3 * need, sizeof *w->place) != H9_OK)
    return h9_fail_memory(e, 3 * need * sizeof *w->place, "candidates");
  return H9_OK;
}

/* h9_displacement along one axis, to the same bits, without a branch. */
static inline double apart(double from, double to, double width, double wrap) {
  double d = to - from;
  d -= d > wrap ? width : 0;
  d += d < -wrap ? width : 0;
  return d;
}

/* Keeps those points that kernel and mask reach. */
static int look_take(void *ctx, const uint32_t *index, const float *x, const float *y, const float *z,
                     uint32_t n, h9_error *e) {
  look *l = ctx;
  const h9_space *s = l->c->space;
  h9_hits *h = &l->w->hits;
  const bool masked = s->mask.m->type != H9_MASK_NONE, limited = isfinite(s->limit2);
  const bool box = s->mask.m->type == H9_MASK_BOX && !s->mask.turned;
  int rc = look_room(l->w, n, e);
  if (rc != H9_OK) return rc;
  for (uint32_t k = 0; k < n; k++) {
    uint32_t i = index ? index[k] : l->index++;
    const double to[3] = {(double)x[k], y ? (double)y[k] : 0, z ? (double)z[k] : 0};
    double beside[3], d[3], d2 = 0;
    if (masked) {
      for (int a = 0; a < 3; a++) beside[a] = apart(l->centre[a], to[a], s->width[a], s->wrap[a]);
      if (box) {
        bool in = true;
        for (int a = 0; a < s->o.dimensions; a++)
          in &= (beside[a] >= s->mask.low[a]) & (beside[a] <= s->mask.high[a]);
        if (!in) continue;
      } else if (!h9_mask_inside(&s->mask, beside)) continue;
    }
    for (int a = 0; a < 3; a++) {
      d[a] = apart(l->from[a], to[a], s->width[a], s->wrap[a]);
      d2 += d[a] * d[a];
    }
    if ((limited && d2 > s->limit2) || (l->c->no_self && i == l->owner) || (l->c->half && i < l->owner))
      continue;
    memcpy(l->w->place + 3 * (size_t)h->n, d, sizeof d);
    h->index[h->n] = i;
    h->d2[h->n++] = d2;
  }
  return H9_OK;
}

/* Everybody who may be the owner's partner, with squared distance, into w->hits, in no particular order; with
 * displacement into w->place unless the rule is plain. */
static int candidates(const h9_compiled *c, h9_scratch *w, uint32_t owner, h9_error *e) {
  const h9_space *s = c->space;
  h9_hits *h = &w->hits;
  look l = {.c = c, .w = w, .owner = owner};
  owner_at(s, owner, l.from);
  h->n = 0;
  if (!s->plain) {
    double low[3], high[3];
    for (int i = 0; i < 3; i++) {
      double centre = l.from[i] + s->mask.centre[i];
      if (s->width[i] > 0 && s->mask.centre[i] != 0)
        centre -= s->width[i] * floor((centre - s->o.lo[i]) / s->width[i]);
      l.centre[i] = centre;
      low[i] = l.from[i] + s->offset[i] - s->half[i];
      high[i] = l.from[i] + s->offset[i] + s->half[i];
    }
    if (s->grid) return h9_grid_runs(s->grid, low, high, look_take, &l, e);
    return look_take(&l, NULL, s->pool.x, s->pool.y, s->pool.z, s->pool.n, e);
  }
  int rc = s->grid ? h9_grid_around(s->grid, l.from[0], l.from[1], l.from[2], s->radius, h, e)
                   : h9_brute_radius(&s->pool, l.from[0], l.from[1], l.from[2], s->radius, h, e);
  if (rc != H9_OK || (!c->no_self && !c->half)) return rc;
  uint32_t kept = 0;
  for (uint32_t k = 0; k < h->n; k++) {
    uint32_t i = h->index[k];
    h->index[kept] = i;
    h->d2[kept] = h->d2[k];
    kept += !((c->no_self && i == owner) || (c->half && i < owner));
  }
  h->n = kept;
  return H9_OK;
}

/* The kernel's value for a candidate. */
static double value(const h9_compiled *c, const h9_scratch *w, uint32_t k) {
  const h9_space *s = c->space;
  double to[3] = {0};
  if (s->kernel.k->type == H9_KERNEL_CONSTANT) return 1;
  if (s->kernel.directed && (s->kernel.k->expr.variables >> H9_VAR_X & 7)) pool_at(s, w->hits.index[k], to);
  return h9_kernel_value(&s->kernel, sqrt(w->hits.d2[k]), w->place + 3 * (size_t)k, to);
}

/* Orders candidates and their values by index: sums must not depend on how candidates were found. The
 * values pass through w->hits.d2, which is lost. */
static void by_index(const h9_compiled *c, h9_scratch *w) {
  uint32_t n = w->hits.n, *a = w->hits.index, *b = w->chosen;
  double *av = w->cumulative, *bv = w->hits.d2;
  if (n == 0) return;
  for (int shift = 0; shift < 32 && (c->n_pool - 1) >> shift; shift += 8) {
    uint32_t at[256] = {0}, sum = 0;
    for (uint32_t i = 0; i < n; i++) at[a[i] >> shift & 255]++;
    for (int d = 0; d < 256; d++) {
      uint32_t many = at[d];
      at[d] = sum;
      sum += many;
    }
    for (uint32_t i = 0; i < n; i++) {
      uint32_t to = at[a[i] >> shift & 255]++;
      b[to] = a[i];
      bv[to] = av[i];
    }
    uint32_t *t = a;
    double *tv = av;
    a = b, av = bv, b = t, bv = tv;
  }
  if (n && a != w->hits.index) {
    memcpy(w->hits.index, a, n * sizeof *a);
    memcpy(w->cumulative, av, n * sizeof *av);
  }
}

static h9_id id_of(const h9_compiled *c, uint32_t owner) {
  return c->net->populations[c->by_target ? c->p->target : c->p->source].first + owner;
}
static int bad_kernel(const h9_compiled *c, uint32_t owner, double v, h9_error *e) {
  char text[400];
  return h9_fail(e, H9_ECONFIG, "%s: neuron %u: the kernel is %g, expected a finite number",
                 h9_projection_text(c->net, c->index, text), id_of(c, owner), v);
}

static int room(h9_scratch *w, uint32_t n, h9_error *e) {
  if (h9_grow(&w->cumulative, &w->cumulative_cap, n, sizeof *w->cumulative) != H9_OK ||
      h9_grow(&w->chosen, &w->chosen_cap, n, sizeof *w->chosen) != H9_OK)
    return h9_fail_memory(e, (size_t)n * 12, "candidates");
  return H9_OK;
}

/* radius, and all_to_all within a mask. */
static int all_near(const h9_compiled *c, h9_scratch *w, uint32_t owner, h9_error *e) {
  int rc = candidates(c, w, owner, e);
  if (rc == H9_OK) rc = h9_scratch_reserve(w, w->hits.n, e);
  for (uint32_t k = 0; rc == H9_OK && k < w->hits.n; k++) {
    uint32_t t = w->hits.index[k];
    rc = h9_rule_emit(c, w, owner, t, t, H9_DRAW_PAIR, h9_rule_pair(c, owner, t), e);
  }
  return rc;
}

/* Most candidates of a kernel with a long tail are refused: their numbers are drawn in vectors, and a
 * number above a bound of the probability from a table over squared distance needs no kernel. */
static int bernoulli(const h9_compiled *c, h9_scratch *w, uint32_t owner, h9_error *e) {
  int rc = candidates(c, w, owner, e);
  if (rc == H9_OK) rc = h9_scratch_reserve(w, w->hits.n, e);
  if (rc == H9_OK) rc = room(w, w->hits.n, e);
  if (rc != H9_OK) return rc;
  const double scale = c->p->kernel.scale, per_d2 = c->space->bounds_per_d2;
  const double *bound = c->space->bound;
  c->draws.pairs(c->key, owner, w->hits.index, w->hits.n, w->chosen);
  for (uint32_t k = 0; rc == H9_OK && k < w->hits.n; k++) {
    double u = h9_uniform32(w->chosen[k]);
    if (bound && u >= bound[(uint32_t)(w->hits.d2[k] * per_d2)]) continue;
    double p = scale * value(c, w, k);
    if (isnan(p)) return bad_kernel(c, owner, p, e);
    uint32_t t = w->hits.index[k];
    if (u < p) rc = h9_rule_emit(c, w, owner, t, t, H9_DRAW_PAIR, h9_rule_pair(c, owner, t), e);
  }
  return rc;
}

static int poisson(const h9_compiled *c, h9_scratch *w, uint32_t owner, h9_error *e) {
  int rc = candidates(c, w, owner, e);
  for (uint32_t k = 0; rc == H9_OK && k < w->hits.n; k++) {
    uint32_t t = w->hits.index[k];
    double mean = c->p->number * c->p->kernel.scale * value(c, w, k);
    if (!(mean < 1e9)) return bad_kernel(c, owner, mean, e);
    h9_draws d = h9_draws_make(c->key, owner, t, H9_DRAW_KEY);
    uint32_t n = mean > 0 ? (uint32_t)h9_draw_poisson(&d, mean) : 0;
    rc = h9_scratch_reserve(w, n, e);
    for (uint32_t i = 0; rc == H9_OK && i < n; i++)
      rc = h9_rule_emit(c, w, owner, t, t, H9_DRAW_PAIR + 8 * i, h9_philox(c->key, owner, t, H9_DRAW_PAIR, i),
                        e);
  }
  return rc;
}

static int k_nearest(const h9_compiled *c, h9_scratch *w, uint32_t owner, h9_error *e) {
  const h9_space *s = c->space;
  double at[3];
  owner_at(s, owner, at);
  uint32_t k = (uint32_t)c->p->number, except = c->no_self ? owner : UINT32_MAX;
  int rc = s->grid ? h9_grid_nearest(s->grid, at[0], at[1], at[2], k, except, &w->hits, e)
                   : h9_brute_nearest(&s->pool, at[0], at[1], at[2], k, except, &w->hits, e);
  if (rc == H9_OK) rc = h9_scratch_reserve(w, w->hits.n, e);
  for (uint32_t i = 0; rc == H9_OK && i < w->hits.n; i++) {
    uint32_t t = w->hits.index[i];
    if (c->p->symmetric &&
        t < owner) { /* one connection, whoever found the other: its values belong to the pair */
      rc = h9_rule_emit(c, w, t, owner, owner, H9_DRAW_PAIR, h9_rule_pair(c, t, owner), e);
      if (rc == H9_OK) w->record[w->n - 1] = h9_record_with(w->record[w->n - 1], t);
    } else rc = h9_rule_emit(c, w, owner, t, t, H9_DRAW_PAIR, h9_rule_pair(c, owner, t), e);
  }
  return rc;
}

static int too_few(const h9_compiled *c, uint32_t owner, uint32_t asked, uint32_t available, h9_error *e) {
  char text[400];
  return h9_fail(e, H9_ECONFIG, "%s: neuron %u: %u %s asked, %u available within kernel and mask",
                 h9_projection_text(c->net, c->index, text), id_of(c, owner), asked,
                 c->p->multapses ? "connections" : "different partners", available);
}

/* Each draw takes a candidate with probability proportional to its kernel value. */
static int weighted_with(const h9_compiled *c, h9_scratch *w, uint32_t owner, h9_error *e) {
  uint32_t asked = (uint32_t)c->p->number;
  if (asked == 0) return H9_OK;
  int rc = candidates(c, w, owner, e);
  if (rc == H9_OK) rc = room(w, w->hits.n, e);
  if (rc == H9_OK) rc = h9_scratch_reserve(w, asked, e);
  if (rc != H9_OK) return rc;
  double sum = 0;
  for (uint32_t k = 0; k < w->hits.n; k++) {
    double v = value(c, w, k);
    if (!isfinite(v)) return bad_kernel(c, owner, v, e);
    w->cumulative[k] = v;
  }
  by_index(c, w);
  for (uint32_t k = 0; k < w->hits.n; k++) w->cumulative[k] = sum += w->cumulative[k];
  if (!(sum > 0)) return too_few(c, owner, asked, 0, e);
  for (uint32_t i = 0; rc == H9_OK && i < asked; i++) {
    h9_ctr words = h9_philox(c->key, owner, i, H9_DRAW_INDEXED, 0);
    double u = h9_uniform32(words.v[0]) * sum;
    uint32_t low = 0, high = w->hits.n - 1; /* the first whose cumulative value exceeds u */
    while (low < high) {
      uint32_t mid = low + (high - low) / 2;
      if (w->cumulative[mid] > u) high = mid;
      else low = mid + 1;
    }
    rc = h9_rule_emit(c, w, owner, w->hits.index[low], i, H9_DRAW_INDEXED, words, e);
  }
  return rc;
}

/* Moves the k smallest keys to the front: Hoare's FIND (1961, Commun ACM 4:321). */
static void smallest(double *key, uint32_t *index, uint32_t n, uint32_t k) {
  int64_t low = 0, high = (int64_t)n - 1, want = (int64_t)k - 1;
  while (low < high) {
    double pivot = key[want];
    int64_t i = low, j = high;
    do {
      while (key[i] < pivot) i++;
      while (key[j] > pivot) j--;
      if (i > j) break;
      double t = key[i];
      key[i] = key[j];
      key[j] = t;
      uint32_t x = index[i];
      index[i++] = index[j];
      index[j--] = x;
    } while (i <= j);
    if (j < want) low = i;
    if (want < i) high = j;
  }
}

/* Successive draws without replacement, each proportional to the kernel among those left: the k
 * smallest of exponential variates with the kernel values as rates have the same law (Efraimidis &
 * Spirakis 2006, Inf Process Lett 97:181), and need no order of draws. */
static int weighted_without(const h9_compiled *c, h9_scratch *w, uint32_t owner, h9_error *e) {
  uint32_t asked = (uint32_t)c->p->number, n = 0;
  if (asked == 0) return H9_OK;
  int rc = candidates(c, w, owner, e);
  if (rc == H9_OK) rc = room(w, w->hits.n, e);
  if (rc == H9_OK) rc = h9_scratch_reserve(w, asked, e);
  if (rc != H9_OK) return rc;
  for (uint32_t k = 0; k < w->hits.n; k++) {
    double v = value(c, w, k);
    if (!isfinite(v)) return bad_kernel(c, owner, v, e);
    if (!(v > 0)) continue;
    h9_ctr u = h9_philox(c->key, owner, w->hits.index[k], H9_DRAW_KEY, 0);
    w->cumulative[n] = -h9_log(h9_uniform53(u.v[0], u.v[1])) / v;
    w->chosen[n++] = w->hits.index[k];
  }
  if (n < asked) return too_few(c, owner, asked, n, e);
  if (n > asked) smallest(w->cumulative, w->chosen, n, asked);
  for (uint32_t i = 0; rc == H9_OK && i < asked; i++) {
    uint32_t t = w->chosen[i];
    rc = h9_rule_emit(c, w, owner, t, t, H9_DRAW_PAIR, h9_rule_pair(c, owner, t), e);
  }
  return rc;
}

int h9_space_expected(const h9_compiled *c, h9_scratch *w, uint32_t owner, double *expected, h9_error *e) {
  int rc = candidates(c, w, owner, e);
  if (rc == H9_OK) rc = room(w, w->hits.n, e);
  if (rc != H9_OK) return rc;
  *expected = w->hits.n;
  if (c->p->rule != H9_RULE_PAIRWISE_BERNOULLI && c->p->rule != H9_RULE_PAIRWISE_POISSON) return H9_OK;
  for (uint32_t k = 0; k < w->hits.n; k++) {
    double p = c->p->kernel.scale * value(c, w, k);
    w->cumulative[k] = c->p->rule == H9_RULE_PAIRWISE_POISSON ? c->p->number * p : fmin(1, p);
  }
  by_index(c, w);
  double sum = 0;
  for (uint32_t k = 0; k < w->hits.n; k++) sum += w->cumulative[k];
  *expected = sum;
  return H9_OK;
}

/* What to ask the index for: the smaller of the kernel's reach around the owner and the mask's
 * around its centre, a little enlarged where exact tests follow. */
static void reach(const h9_compiled *c, h9_space *s) {
  bool masked = c->p->mask.type != H9_MASK_NONE;
  double own = c->p->rule == H9_RULE_RADIUS        ? c->p->number
               : c->p->rule == H9_RULE_ALL_TO_ALL  ? INFINITY
               : masked && isfinite(s->mask.reach) ? s->kernel.reach
                                                   : s->kernel.reach_cut;
  s->limit2 = own * own;
  s->radius = own;
  bool centred = s->mask.centre[0] == 0 && s->mask.centre[1] == 0 && s->mask.centre[2] == 0;
  s->plain =
      isfinite(own) && (!masked || (c->p->mask.type == H9_MASK_SPHERE && centred && own <= s->mask.reach));
  if (!s->plain && masked && c->p->mask.type == H9_MASK_SPHERE && centred) {
    s->radius = s->mask.reach;
    s->plain = s->radius <= own;
  }
  if (s->kernel.directed) s->plain = false; /* it wants displacements */
  bool inner = isfinite(own);               /* the kernel's reach lies within the mask's */
  for (int i = 0; i < s->o.dimensions; i++) inner &= own <= s->mask.half[i];
  for (int i = 0; i < 3; i++) {
    s->half[i] = inner || !masked ? own : s->mask.half[i];
    s->offset[i] = inner || !masked ? 0 : s->mask.centre[i];
    /* enlarged by what rounding of centre and distance can do: exact tests follow */
    s->half[i] += 1e-9 * (fabs(s->o.lo[i]) + fabs(s->o.hi[i]) + fabs(s->offset[i]));
    if (isfinite(s->half[i])) s->half[i] *= 1 + 1e-9;
  }
}

/* Only where the kernel falls with distance and has an end. */
static int bounds_open(const h9_compiled *c, h9_space *s, h9_error *e) {
  const h9_kernel *k = &c->p->kernel;
  bool falls = (k->type == H9_KERNEL_GAUSSIAN && k->arg[1] <= 0) || k->type == H9_KERNEL_EXPONENTIAL ||
               k->type == H9_KERNEL_LINEAR || k->type == H9_KERNEL_STEP || k->type == H9_KERNEL_CONSTANT;
  double far = s->plain ? s->radius : sqrt(s->limit2);
  if (c->p->rule != H9_RULE_PAIRWISE_BERNOULLI || !falls || !isfinite(far) || !(far > 0)) return H9_OK;
  s->bound = malloc((BOUNDS + 1) * sizeof *s->bound);
  if (!s->bound) return h9_fail_memory(e, (BOUNDS + 1) * sizeof *s->bound, "a kernel's table");
  /* The farthest pair's rounded d2 must still find a place. */
  s->bounds_per_d2 = BOUNDS / (far * far) * (1 - 1e-9);
  for (int i = 0; i <= BOUNDS; i++) {
    double nearest = sqrt(i / s->bounds_per_d2) * (1 - 1e-9);
    s->bound[i] = k->scale * h9_kernel_value(&s->kernel, nearest, NULL, NULL) * (1 + 1e-9);
  }
  return H9_OK;
}

int h9_rules_space(h9_compiled *c, h9_grids *grids, h9_error *e) {
  const h9_network *net = c->net;
  uint32_t own = c->by_target ? c->p->target : c->p->source,
           pool = c->by_target ? c->p->source : c->p->target;
  char text[400];
  if (!net->x || !net->populations[own].placed || !net->populations[pool].placed)
    return h9_fail(e, H9_ECONFIG, "%s: needs positions, but the neurons have none",
                   h9_projection_text(net, c->index, text));
  h9_space *s = calloc(1, sizeof *s);
  if (!s) return h9_fail_memory(e, sizeof *s, "a spatial rule");
  c->space = s;
  s->o =
      (h9_grid_options){.dimensions = net->dimensions, .periodic = c->p->periodic, .threads = grids->threads};
  for (int i = 0; i < 3; i++) {
    s->o.lo[i] = net->lo[i];
    s->o.hi[i] = net->hi[i];
  }
  const float *axis[3] = {net->x, net->dimensions > 1 ? net->y : NULL, net->dimensions > 2 ? net->z : NULL};
  size_t a = net->populations[own].first - 1, b = net->populations[pool].first - 1;
  for (int i = 0; i < 3; i++) s->own[i] = axis[i] ? axis[i] + a : NULL;
  s->pool = (h9_points){axis[0] + b, axis[1] ? axis[1] + b : NULL, axis[2] ? axis[2] + b : NULL,
                        net->populations[pool].count, s->o};
  for (int i = 0; i < 3; i++) {
    bool wraps = c->p->periodic && i < net->dimensions && net->hi[i] > net->lo[i];
    s->width[i] = wraps ? net->hi[i] - net->lo[i] : 0;
    s->wrap[i] = wraps ? s->width[i] / 2 : INFINITY;
  }
  h9_kernel_prepare(&s->kernel, &c->p->kernel);
  h9_mask_prepare(&s->mask, &c->p->mask, net->dimensions);
  reach(c, s);
  switch (c->p->rule) {
  case H9_RULE_ALL_TO_ALL:
  case H9_RULE_RADIUS:
    c->generate = all_near;
    break;
  case H9_RULE_PAIRWISE_BERNOULLI:
    c->generate = bernoulli;
    break;
  case H9_RULE_PAIRWISE_POISSON:
    c->generate = poisson;
    break;
  case H9_RULE_K_NEAREST:
    c->generate = k_nearest;
    break;
  default:
    c->generate = c->p->multapses ? weighted_with : weighted_without;
    break;
  }
  int rc = bounds_open(c, s, e);
  bool ends = s->plain || c->p->rule == H9_RULE_K_NEAREST;
  for (int i = 0; i < net->dimensions; i++) ends |= isfinite(s->half[i]);
  if (rc == H9_OK && !grids->brute && ends) s->grid = grid_of(c, s, grids, pool, &rc, e);
  if (rc != H9_OK) {
    h9_space_free(s);
    c->space = NULL;
  }
  return rc;
}

/* Rules that look at positions: who lies within reach of whom, by kernel and mask. */
#include "rules.h"

#include "../base/mathfn.h"
#include "kernel.h"

#include <math.h>
#include <stdlib.h>

struct h9_space {
  h9_grid_options o;
  h9_points pool;      /* positions of the pool population */
  const float *own[3]; /* of the owners */
  const h9_grid *grid; /* NULL: every pair is tested */
  h9_kernel_ready kernel;
  h9_mask_ready mask;
  double limit2; /* squared distance beyond which pairs are never joined */
  bool plain;    /* all within `radius` of the owner itself: nothing further to test */
  double radius; /* of the query, around owner + offset; inf: everybody */
  double offset[3];
  double *bound; /* [BOUNDS + 1] what a pair's probability cannot exceed, by squared distance */
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

/* Everybody who may be the owner's partner, with squared distance, into w->hits; by index where `ordered`
 * (sums and cumulative weights must not depend on how candidates are found), else as they come. */
static int candidates(const h9_compiled *c, h9_scratch *w, uint32_t owner, bool ordered, h9_error *e) {
  const h9_space *s = c->space;
  h9_hits *h = &w->hits;
  double from[3], around[3];
  owner_at(s, owner, from);
  bool listed = isfinite(s->radius) && (s->grid || s->plain);
  if (listed) {
    for (int i = 0; i < 3; i++) {
      double size = s->o.hi[i] - s->o.lo[i];
      around[i] = from[i] + s->offset[i];
      if (s->o.periodic && i < s->o.dimensions && size > 0 && s->offset[i] != 0)
        around[i] -= size * floor((around[i] - s->o.lo[i]) / size);
    }
    int rc = !s->grid  ? h9_brute_radius(&s->pool, around[0], around[1], around[2], s->radius, h, e)
             : ordered ? h9_grid_radius(s->grid, around[0], around[1], around[2], s->radius, h, e)
                       : h9_grid_around(s->grid, around[0], around[1], around[2], s->radius, h, e);
    if (rc != H9_OK) return rc;
    if (s->plain && !c->no_self && !c->half) return H9_OK;
  } else if (h->cap < s->pool.n) {
    free(h->index);
    free(h->d2);
    h->index = malloc((size_t)s->pool.n * sizeof *h->index);
    h->d2 = malloc((size_t)s->pool.n * sizeof *h->d2);
    h->cap = h->index && h->d2 ? s->pool.n : 0;
    if (!h->cap) return h9_fail_memory(e, (size_t)s->pool.n * 12, "candidates");
  }
  uint32_t n = listed ? h->n : s->pool.n, kept = 0;
  for (uint32_t k = 0; k < n; k++) {
    uint32_t i = listed ? h->index[k] : k;
    if ((c->no_self && i == owner) || (c->half && i < owner)) continue;
    double d2 = listed ? h->d2[k] : 0;
    if (!s->plain) {
      double to[3], d[3];
      pool_at(s, i, to);
      d2 = h9_displacement(&s->o, from, to, d);
      if (d2 > s->limit2) continue;
      if (s->mask.m->type != H9_MASK_NONE) {
        double centre[3], beside[3];
        for (int a = 0; a < 3; a++) centre[a] = from[a] + s->mask.centre[a];
        if (s->o.periodic)
          for (int a = 0; a < s->o.dimensions; a++) {
            double size = s->o.hi[a] - s->o.lo[a];
            if (size > 0 && s->mask.centre[a] != 0)
              centre[a] -= size * floor((centre[a] - s->o.lo[a]) / size);
          }
        h9_displacement(&s->o, centre, to, beside);
        if (!h9_mask_inside(&s->mask, beside)) continue;
      }
    }
    h->index[kept] = i;
    h->d2[kept++] = d2;
  }
  h->n = kept;
  return H9_OK;
}

/* The kernel's value for a candidate. */
static double value(const h9_compiled *c, const h9_scratch *w, uint32_t owner, uint32_t k) {
  const h9_space *s = c->space;
  if (s->kernel.k->type == H9_KERNEL_CONSTANT) return 1;
  double from[3], to[3], d[3];
  if (s->kernel.directed) {
    owner_at(s, owner, from);
    pool_at(s, w->hits.index[k], to);
    h9_displacement(&s->o, from, to, d);
  }
  return h9_kernel_value(&s->kernel, sqrt(w->hits.d2[k]), d, to);
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
  int rc = candidates(c, w, owner, false, e);
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
  int rc = candidates(c, w, owner, false, e);
  if (rc == H9_OK) rc = h9_scratch_reserve(w, w->hits.n, e);
  if (rc == H9_OK) rc = room(w, w->hits.n, e);
  if (rc != H9_OK) return rc;
  const double scale = c->p->kernel.scale, per_d2 = c->space->bounds_per_d2;
  const double *bound = c->space->bound;
  c->draws.pairs(c->key, owner, w->hits.index, w->hits.n, w->chosen);
  for (uint32_t k = 0; rc == H9_OK && k < w->hits.n; k++) {
    double u = h9_uniform32(w->chosen[k]);
    if (bound && u >= bound[(uint32_t)(w->hits.d2[k] * per_d2)]) continue;
    double p = scale * value(c, w, owner, k);
    if (isnan(p)) return bad_kernel(c, owner, p, e);
    uint32_t t = w->hits.index[k];
    if (u < p) rc = h9_rule_emit(c, w, owner, t, t, H9_DRAW_PAIR, h9_rule_pair(c, owner, t), e);
  }
  return rc;
}

static int poisson(const h9_compiled *c, h9_scratch *w, uint32_t owner, h9_error *e) {
  int rc = candidates(c, w, owner, false, e);
  for (uint32_t k = 0; rc == H9_OK && k < w->hits.n; k++) {
    uint32_t t = w->hits.index[k];
    double mean = c->p->number * c->p->kernel.scale * value(c, w, owner, k);
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
  int rc = candidates(c, w, owner, true, e);
  if (rc == H9_OK) rc = room(w, w->hits.n, e);
  if (rc == H9_OK) rc = h9_scratch_reserve(w, asked, e);
  if (rc != H9_OK) return rc;
  double sum = 0;
  for (uint32_t k = 0; k < w->hits.n; k++) {
    double v = value(c, w, owner, k);
    if (!isfinite(v)) return bad_kernel(c, owner, v, e);
    w->cumulative[k] = sum += v;
  }
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
  int rc = candidates(c, w, owner, false, e);
  if (rc == H9_OK) rc = room(w, w->hits.n, e);
  if (rc == H9_OK) rc = h9_scratch_reserve(w, asked, e);
  if (rc != H9_OK) return rc;
  for (uint32_t k = 0; k < w->hits.n; k++) {
    double v = value(c, w, owner, k);
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
  int rc = candidates(c, w, owner, true, e);
  if (rc != H9_OK) return rc;
  *expected = w->hits.n;
  if (c->p->rule != H9_RULE_PAIRWISE_BERNOULLI && c->p->rule != H9_RULE_PAIRWISE_POISSON) return H9_OK;
  double sum = 0;
  for (uint32_t k = 0; k < w->hits.n; k++) {
    double p = c->p->kernel.scale * value(c, w, owner, k);
    sum += c->p->rule == H9_RULE_PAIRWISE_POISSON ? c->p->number * p : fmin(1, p);
  }
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
  if (s->plain) return;
  if (masked && s->mask.reach < s->radius) {
    s->radius = s->mask.reach;
    for (int i = 0; i < 3; i++) s->offset[i] = s->mask.centre[i];
  }
  double far = fabs(s->radius);
  for (int i = 0; i < 3; i++) far += fabs(s->o.lo[i]) + fabs(s->o.hi[i]) + fabs(s->offset[i]);
  if (isfinite(s->radius)) s->radius += 1e-9 * far; /* rounding of centre and distance */
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
  if (rc == H9_OK && !grids->brute && (isfinite(s->radius) || c->p->rule == H9_RULE_K_NEAREST))
    s->grid = grid_of(c, s, grids, pool, &rc, e);
  if (rc != H9_OK) {
    h9_space_free(s);
    c->space = NULL;
  }
  return rc;
}

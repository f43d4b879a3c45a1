/* Rules on pairs with a probability that does not depend on place: one_to_one, all_to_all,
 * pairwise_bernoulli, pairwise_poisson. */
#include "rules.h"

#include "../base/mathfn.h"

#include <math.h>
#include <stdlib.h>

/* The pool as an owner sees it: [low, n_pool) without itself where it may not be its own partner. */
typedef struct view {
  uint32_t low, size, self;
} view;
static inline view view_of(const h9_compiled *c, uint32_t owner) {
  view v = {0, c->n_pool, UINT32_MAX};
  if (c->half) {
    v.low = owner + (c->no_self ? 1 : 0);
    v.size = c->n_pool - v.low;
  } else if (c->no_self) {
    v.self = owner;
    v.size--;
  }
  return v;
}
static inline uint32_t view_at(view v, uint32_t i) {
  i += v.low;
  return i >= v.self ? i + 1 : i;
}

static int one_to_one(const h9_compiled *c, h9_scratch *s, uint32_t owner, h9_error *e) {
  int rc = h9_scratch_reserve(s, 1, e);
  if (rc != H9_OK) return rc;
  return h9_rule_emit(c, s, owner, owner, 0, H9_DRAW_INDEXED, h9_philox(c->key, owner, 0, H9_DRAW_INDEXED, 0),
                      e);
}

static int all_to_all(const h9_compiled *c, h9_scratch *s, uint32_t owner, h9_error *e) {
  view v = view_of(c, owner);
  int rc = h9_scratch_reserve(s, v.size, e);
  for (uint32_t i = 0; rc == H9_OK && i < v.size; i++) {
    uint32_t t = view_at(v, i);
    rc = h9_rule_emit(c, s, owner, t, t, H9_DRAW_PAIR, h9_rule_pair(c, owner, t), e);
  }
  return rc;
}

/* The gaps between accepted partners are geometric: the number of trials is what is drawn, not each
 * trial. One alias table holds the gaps below skip_n; the value skip_n means "none of the next
 * skip_n", after which the geometric law starts anew. */
static int bernoulli_table(const h9_compiled *c, h9_scratch *s, uint32_t owner, h9_error *e) {
  view v = view_of(c, owner);
  uint64_t at = 0;
  for (uint32_t i = 0;; i++) {
    h9_ctr w = h9_philox(c->key, owner, i, H9_DRAW_INDEXED, 0);
    uint32_t gap = h9_table16_draw1(&c->skip, w.v[0]);
    at += gap;
    if (at >= v.size) return H9_OK;
    if (gap == c->skip_n) continue;
    int rc = h9_scratch_reserve(s, 1, e);
    if (rc == H9_OK) rc = h9_rule_emit(c, s, owner, view_at(v, (uint32_t)at), i, H9_DRAW_INDEXED, w, e);
    if (rc != H9_OK) return rc;
    at++;
  }
}

/* Sparse: the gap by inversion, floor(log u / log(1 - p)). */
static int bernoulli_sparse(const h9_compiled *c, h9_scratch *s, uint32_t owner, h9_error *e) {
  view v = view_of(c, owner);
  double scale = 1 / h9_log1p(-c->p->kernel.scale), at = 0;
  for (uint32_t i = 0;; i++) {
    h9_ctr u = h9_philox(c->key, owner, i, H9_DRAW_SKIP, 0);
    at += floor(h9_log(h9_uniform53(u.v[0], u.v[1])) * scale);
    if (!(at < v.size)) return H9_OK;
    h9_ctr w = h9_philox(c->key, owner, i, H9_DRAW_INDEXED, 0);
    int rc = h9_scratch_reserve(s, 1, e);
    if (rc == H9_OK) rc = h9_rule_emit(c, s, owner, view_at(v, (uint32_t)at), i, H9_DRAW_INDEXED, w, e);
    if (rc != H9_OK) return rc;
    at++;
  }
}

static int nothing(const h9_compiled *c, h9_scratch *s, uint32_t owner, h9_error *e) {
  (void)c, (void)s, (void)owner, (void)e;
  return H9_OK;
}

/* Independent Poisson counts of m pairs are a Poisson count of mean m * number thrown at the pairs
 * uniformly. */
static int poisson(const h9_compiled *c, h9_scratch *s, uint32_t owner, h9_error *e) {
  view v = view_of(c, owner);
  if (v.size == 0) return H9_OK;
  h9_draws d = h9_draws_make(c->key, owner, 0, H9_DRAW_COUNT);
  char text[400];
  uint64_t n = c->p->number * v.size < 1e10 ? h9_draw_poisson(&d, c->p->number * v.size) : UINT64_MAX;
  if (n > UINT32_MAX)
    return h9_fail(e, H9_ECONFIG, "%s: a row of %.3g connections, expected at most %u",
                   h9_projection_text(c->net, c->index, text), c->p->number * v.size, UINT32_MAX);
  int rc = h9_scratch_reserve(s, n, e);
  for (uint32_t i = 0; rc == H9_OK && i < n; i++) {
    h9_ctr w = h9_philox(c->key, owner, i, H9_DRAW_INDEXED, 0);
    rc = h9_rule_emit(c, s, owner, view_at(v, h9_below(w.v[0], v.size)), i, H9_DRAW_INDEXED, w, e);
  }
  return rc;
}

enum { SKIP_MAX = 4096 };

static int bernoulli_open(h9_compiled *c, h9_error *e) {
  double p = c->p->kernel.scale;
  if (p <= 0) c->generate = nothing;
  else if (p >= 1) c->generate = all_to_all;
  else if (p < 8.0 / SKIP_MAX) c->generate = bernoulli_sparse;
  else {
    c->skip_n = (uint32_t)fmin(SKIP_MAX, ceil(8 / p));
    double *w = malloc((c->skip_n + 1) * sizeof *w);
    uint16_t *v = malloc((c->skip_n + 1) * sizeof *v);
    int rc = H9_ESYSTEM;
    if (w && v) {
      double left = 1;
      for (uint32_t k = 0; k < c->skip_n; k++) {
        w[k] = left * p;
        left *= 1 - p;
        v[k] = (uint16_t)k;
      }
      w[c->skip_n] = left;
      v[c->skip_n] = (uint16_t)c->skip_n;
      rc = h9_table16_build(&c->skip, w, v, c->skip_n + 1);
    }
    free(w);
    free(v);
    if (rc != H9_OK) return h9_fail_memory(e, c->skip_n * sizeof *w, "a table of gaps");
    c->generate = bernoulli_table;
  }
  return H9_OK;
}

int h9_rules_pairs(h9_compiled *c, h9_error *e) {
  switch (c->p->rule) {
  case H9_RULE_ONE_TO_ONE:
    c->generate = one_to_one;
    return H9_OK;
  case H9_RULE_ALL_TO_ALL:
    c->generate = all_to_all;
    return H9_OK;
  case H9_RULE_PAIRWISE_BERNOULLI:
    return bernoulli_open(c, e);
  default:
    c->generate = c->p->number > 0 ? poisson : nothing;
    return H9_OK;
  }
}

/* Rules with given numbers that do not look at place: fixed_indegree, fixed_outdegree,
 * fixed_total_number. */
#include "rules.h"

#include <stdlib.h>

/* `n` partners of the owner, each drawn from the whole pool (multapses allowed). */
static int with_replacement(const h9_compiled *c, h9_scratch *s, uint32_t owner, uint32_t n, h9_error *e) {
  uint32_t size = c->n_pool - (c->no_self ? 1 : 0), self = c->no_self ? owner : UINT32_MAX;
  int rc = h9_scratch_reserve(s, n, e);
  if (rc != H9_OK) return rc;
  if (c->sampler.fast) {
    c->draws.fill(c->key, &c->sampler, owner, n, size, self, s->record + s->n);
    s->n += n;
    return H9_OK;
  }
  for (uint32_t i = 0; rc == H9_OK && i < n; i++) {
    h9_ctr w = h9_philox(c->key, owner, i, H9_DRAW_INDEXED, 0);
    uint32_t t = h9_below(w.v[0], size);
    rc = h9_rule_emit(c, s, owner, t + (t >= self), i, H9_DRAW_INDEXED, w, e);
  }
  return rc;
}

/* `n` different partners, every subset equally likely: Floyd's algorithm (Bentley & Floyd 1987,
 * Commun ACM 30:754), which draws exactly n numbers however full the subset is. */
static int without_replacement(const h9_compiled *c, h9_scratch *s, uint32_t owner, uint32_t n, h9_error *e) {
  uint32_t size = c->n_pool - (c->no_self ? 1 : 0), self = c->no_self ? owner : UINT32_MAX;
  char text[400];
  if (n > size)
    return h9_fail(e, H9_ECONFIG, "%s: neuron %u: %u different partners asked, %u available",
                   h9_projection_text(c->net, c->index, text),
                   c->net->populations[c->by_target ? c->p->target : c->p->source].first + owner, n, size);
  if (s->bits_n < c->n_pool) {
    free(s->bits);
    s->bits = calloc(((size_t)c->n_pool + 63) / 64, sizeof *s->bits);
    s->bits_n = s->bits ? c->n_pool : 0;
    if (!s->bits) return h9_fail_memory(e, c->n_pool / 8, "the partners drawn");
  }
  int rc = h9_scratch_reserve(s, n, e);
  size_t begin = s->n;
  for (uint32_t i = 0; rc == H9_OK && i < n; i++) {
    h9_ctr w = h9_philox(c->key, owner, i, H9_DRAW_INDEXED, 0);
    uint32_t last = size - n + i, t = h9_below(w.v[0], last + 1);
    if (s->bits[t / 64] >> (t % 64) & 1) t = last;
    s->bits[t / 64] |= UINT64_C(1) << (t % 64);
    rc = h9_rule_emit(c, s, owner, t + (t >= self), i, H9_DRAW_INDEXED, w, e);
  }
  for (size_t i = begin; i < s->n; i++) {
    uint32_t t = h9_record_partner(s->record[i]);
    t -= t > self && self != UINT32_MAX;
    s->bits[t / 64] = 0;
  }
  if (rc != H9_OK) /* the failed one left its bit */
    for (size_t i = 0; i < ((size_t)c->n_pool + 63) / 64; i++) s->bits[i] = 0;
  return rc;
}

static int draw(const h9_compiled *c, h9_scratch *s, uint32_t owner, uint32_t n, h9_error *e) {
  if (n == 0) return H9_OK;
  return c->p->multapses ? with_replacement(c, s, owner, n, e) : without_replacement(c, s, owner, n, e);
}

static int fixed_degree(const h9_compiled *c, h9_scratch *s, uint32_t owner, h9_error *e) {
  return draw(c, s, owner, (uint32_t)c->p->number, e);
}

static int total_begin(const h9_compiled *c, h9_scratch *s, uint32_t first, uint32_t n, h9_error *e) {
  if (s->count_cap < n) {
    free(s->count);
    s->count = malloc((size_t)n * sizeof *s->count);
    s->count_cap = s->count ? n : 0;
    if (!s->count) return h9_fail_memory(e, (size_t)n * sizeof *s->count, "connection counts");
  }
  s->count_first = first;
  return h9_split_counts(c, first, n, s->count, e);
}
static int total(const h9_compiled *c, h9_scratch *s, uint32_t owner, h9_error *e) {
  return draw(c, s, owner, s->count[owner - s->count_first], e);
}

int h9_rules_degree(h9_compiled *c, h9_error *e) {
  (void)e;
  if (c->p->rule == H9_RULE_FIXED_TOTAL_NUMBER) {
    c->begin = total_begin;
    c->generate = total;
  } else c->generate = fixed_degree;
  return H9_OK;
}

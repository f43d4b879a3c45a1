#include "rules.h"

#include <stdlib.h>

void h9_scratch_release(h9_scratch *s) {
  free(s->record);
  free(s->f);
  free(s->sorted);
  free(s->sorted_f);
  free(s->bits);
  free(s->count);
  free(s->place);
  free(s->cumulative);
  free(s->chosen);
  h9_hits_release(&s->hits);
  *s = (h9_scratch){0};
}

int h9_scratch_reserve(h9_scratch *s, size_t more, h9_error *e) {
  if (more <= s->cap - s->n) return H9_OK;
  size_t need = s->n + more, cap = s->cap ? s->cap : 4096;
  while (cap < need) cap *= 2;
  uint64_t *r = realloc(s->record, cap * sizeof *r);
  if (r) s->record = r;
  float *f = realloc(s->f, cap * sizeof *f);
  if (f) s->f = f;
  uint64_t *t = realloc(s->sorted, cap * sizeof *t);
  if (t) s->sorted = t;
  float *tf = realloc(s->sorted_f, cap * sizeof *tf);
  if (tf) s->sorted_f = tf;
  if (!r || !f || !t || !tf)
    return h9_fail_memory(e, cap * (2 * sizeof *r + 2 * sizeof *f), "a row of connections");
  s->cap = cap;
  return H9_OK;
}

bool h9_rule_is_spatial(const h9_projection *p) {
  if (p->rule == H9_RULE_RADIUS || p->rule == H9_RULE_K_NEAREST) return true;
  return p->kernel.type != H9_KERNEL_CONSTANT || p->mask.type != H9_MASK_NONE || p->kernel.cutoff < 1e300;
}

void h9_grids_release(h9_grids *g) {
  for (uint32_t i = 0; i < g->n; i++) h9_grid_free(g->entry[i].grid);
  free(g->entry);
  *g = (h9_grids){0};
}

int h9_compile_rule(h9_compiled *c, const h9_network *net, uint32_t projection, h9_grids *grids,
                    h9_error *e) {
  const h9_projection *p = &net->projections[projection];
  char text[400];
  *c = (h9_compiled){.net = net, .p = p, .index = projection};
  c->n_source = net->populations[p->source].count;
  c->n_target = net->populations[p->target].count;
  c->by_target = p->rule == H9_RULE_FIXED_INDEGREE;
  c->n_owner = c->by_target ? c->n_target : c->n_source;
  c->n_pool = c->by_target ? c->n_source : c->n_target;
  c->no_self = p->source == p->target && !p->autapses;
  c->half = p->symmetric && p->rule != H9_RULE_K_NEAREST;
  c->dedupe = p->symmetric && p->rule == H9_RULE_K_NEAREST && !p->multapses;
  c->scatter = p->symmetric || c->by_target;
  c->wide = p->weight_encoding == H9_WEIGHT_F32;
  c->key = h9_key_make(net->seed, H9_PURPOSE_CONNECT, projection);
  c->key_split = h9_key_make(net->seed, H9_PURPOSE_SPLIT, projection);
  if (p->rule == H9_RULE_EXPLICIT)
    return h9_fail(e, H9_ECONFIG, "%s: connections given one by one cannot be made by a rule",
                   h9_projection_text(net, projection, text));
  int rc = h9_draws_choose(&c->draws, e);
  if (rc != H9_OK) return rc;
  if (h9_rule_is_spatial(p)) return h9_rules_space(c, grids, e);
  if (p->rule == H9_RULE_FIXED_INDEGREE || p->rule == H9_RULE_FIXED_OUTDEGREE ||
      p->rule == H9_RULE_FIXED_TOTAL_NUMBER)
    return h9_rules_degree(c, e);
  return h9_rules_pairs(c, e);
}

int h9_compile(h9_compiled *c, const h9_network *net, uint32_t projection, h9_grids *grids, h9_error *e) {
  *c = (h9_compiled){0};
  int rc = h9_projection_check(net, projection, e);
  if (rc == H9_OK) rc = h9_compile_rule(c, net, projection, grids, e);
  if (rc == H9_OK) rc = h9_sampler_open(&c->sampler, net, projection, e);
  if (rc != H9_OK) h9_compiled_release(c);
  return rc;
}

void h9_compiled_release(h9_compiled *c) {
  h9_sampler_release(&c->sampler);
  h9_table16_release(&c->skip);
  h9_space_free(c->space);
  c->space = NULL;
}

int h9_compiled_rows(const h9_compiled *c, h9_scratch *s, uint32_t first, uint32_t n, h9_rows *rows,
                     h9_error *e) {
  s->n = 0;
  rows->projection = c->index;
  rows->first = first;
  rows->n_rows = n;
  rows->n = 0;
  int rc = h9_rows_reserve(rows, n, 0);
  if (rc != H9_OK) return h9_fail_memory(e, (size_t)n * 8, "rows of connections");
  if (c->begin && (rc = c->begin(c, s, first, n, e)) != H9_OK) return rc;
  rows->start[0] = 0;
  for (uint32_t i = 0; i < n; i++) {
    s->n = 0;
    if ((rc = c->generate(c, s, first + i, e)) != H9_OK) return rc;
    if (h9_rows_reserve(rows, n, rows->n + s->n) != H9_OK)
      return h9_fail_memory(e, s->n * 8, "rows of connections");
    float *f = c->wide ? s->f : NULL;
    h9_row_sort(s->record, f, s->sorted, s->sorted_f, s->n, c->n_target, c->sampler.delay_most);
    rows->n += h9_row_unpack(c, s->record, f, s->n, rows, rows->n);
    rows->start[i + 1] = rows->n;
  }
  return H9_OK;
}

/* Decisions before anything is built: how the weights onto each population are held, what drives it. */
#include "sim_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Most synapses of projection p that one target can have. Random degrees are bounded ten standard deviations
 * above their mean (a probability below 1e-20). INFINITY where nothing is known. */
static double indegree_bound(const h9_network *net, const h9_projection *p) {
  double sources = net->populations[p->source].count, targets = net->populations[p->target].count;
  double most = p->symmetric ? 2 * sources : sources, mean;
  switch (p->rule) {
  case H9_RULE_ONE_TO_ONE:
    return 1;
  case H9_RULE_FIXED_INDEGREE:
    return p->number;
  case H9_RULE_PAIRWISE_POISSON:
    mean = p->number * most;
    break;
  case H9_RULE_FIXED_OUTDEGREE:
    if (!p->multapses) return most;
    if (p->kernel.type != H9_KERNEL_CONSTANT || p->mask.type != H9_MASK_NONE) return p->number * sources;
    mean = p->number * sources / targets;
    break;
  case H9_RULE_FIXED_TOTAL_NUMBER:
    if (!p->multapses) return most;
    mean = p->number / targets;
    break;
  case H9_RULE_EXPLICIT:
    return INFINITY;
  default:
    return most;
  }
  return mean + 10 * sqrt(mean) + 64;
}

/* The same in events of one step: a neuron that repeats its inputs may send up to 255 spikes at once. */
static double events_bound(const h9_sim *s, const h9_projection *p) {
  return indegree_bound(s->net, p) * (s->populations[p->source].model->counts ? 255 : 1);
}

static bool is_constant(const h9_projection *p) { return p->weight_encoding == H9_WEIGHT_CONSTANT; }
static double constant_weight(const h9_sim *s, const h9_projection *p) {
  return s->populations[p->target].model->counts ? 1 : h9_dist_constant(&p->weight);
}

/* The quantum of a population's int32 inputs: that of its drawn weights; else the constants' common value,
 * where they are whole multiples of it; else the finest power of two that cannot overflow. */
static double choose_quantum(const h9_sim *s, uint32_t population) {
  double common = 0, sum = 0;
  bool exact = true;
  if (s->populations[population].model->counts) return 1;
  for (uint32_t i = 0; i < s->net->n_projections; i++) {
    const h9_projection *p = &s->net->projections[i];
    if (p->target != population || p->weight_encoding >= H9_WEIGHT_F32) continue;
    if (p->weight_encoding == H9_WEIGHT_I16) return p->quantum;
    double w = constant_weight(s, p), bound = events_bound(s, p);
    if (common == 0) common = p->quantum;
    exact &= fabs(floor(w / common + 0.5) * common - w) <= 1e-12 * fabs(w) && fabs(w / common) <= INT16_MAX;
    sum += fabs(w) * (isinf(bound) ? 65536 : bound);
  }
  if (exact && common > 0) return common;
  int x;
  frexp(sum > 0 ? sum / 0x1p30 : 1, &x);
  return ldexp(1, x);
}

/* Constant weights are kept once a segment where segments are long enough to gain by it. */
static bool worth_constant(const h9_sim *s, const h9_projection *p, double expected) {
  double delays = h9_dist_is_constant(&p->delay) ? 1 : 32;
  return expected / s->net->populations[p->source].count / s->tiling.n_tiles / delays >= 4;
}

static h9_form choose_form(const h9_sim *s, const h9_projection *p, double quantum, double expected) {
  h9_form f = {.kind = H9_RECORD_NARROW};
  if (p->weight_encoding == H9_WEIGHT_F32 || p->weight_encoding == H9_WEIGHT_F64)
    return (h9_form){.kind = H9_RECORD_WIDE,
                     .given = true,
                     .f32 = p->weight_encoding == H9_WEIGHT_F32,
                     .f64 = p->weight_encoding == H9_WEIGHT_F64};
  if (!is_constant(p)) {
    f.given = true;
    f.unit = (float)p->quantum;
    if (p->quantum != quantum) f.kind = H9_RECORD_WIDE;
    return f;
  }
  double w = constant_weight(s, p), k = floor(w / quantum + 0.5);
  f.value = w;
  /* In single precision a constant is rounded to the resolution that drawn weights onto the same population
   * have, by 1 in 8192 at most. */
  bool exactly = s->o.precision_double && !s->populations[p->target].model->counts;
  if (exactly || fabs(k) > INT32_MAX || fabs(k * quantum - w) > fabs(w) * 0x1p-13)
    f.kind = H9_RECORD_EXACT;
  else {
    f.weight = (int32_t)k;
    if (fabs(k) > INT16_MAX || worth_constant(s, p, expected)) f.kind = H9_RECORD_CONSTANT;
  }
  return f;
}

static void widen(h9_form *f) { f->kind = f->given ? H9_RECORD_WIDE : H9_RECORD_EXACT; }
static bool is_wide(const h9_form *f) { return f->kind == H9_RECORD_WIDE || f->kind == H9_RECORD_EXACT; }

static int plan_population(h9_sim *s, uint32_t population, const double *expected, h9_error *e) {
  h9_sim_population *t = &s->populations[population];
  double quantum = choose_quantum(s, population), sum = 0;
  t->quantum = quantum;
  for (uint32_t i = 0; i < s->net->n_projections; i++) {
    const h9_projection *p = &s->net->projections[i];
    if (p->target != population) continue;
    h9_form *f = &s->forms[i];
    *f = choose_form(s, p, quantum, expected[i]);
    if (t->model->counts) {
      if (f->given || is_wide(f)) *f = (h9_form){.kind = H9_RECORD_NARROW, .weight = 1};
    }
    double bound = events_bound(s, p);
    if (!is_wide(f))
      sum += (isinf(bound) ? 65536 : bound) * (f->given ? 32768 : fabs((double)f->weight));
  }
  bool overflow = sum >= 0x1p31;
  if (overflow && t->model->counts)
    return h9_fail(e, H9_ECONFIG, "population '%s': more inputs than a %s can count",
                   s->net->populations[population].name, t->model->name);
  for (uint32_t i = 0; i < s->net->n_projections; i++) {
    if (s->net->projections[i].target != population) continue;
    if (overflow) widen(&s->forms[i]);
    if (is_wide(&s->forms[i])) t->wide = s->any_wide = true;
  }
  return H9_OK;
}

int h9_sim_plan_forms(h9_sim *s, h9_error *e) {
  uint32_t n = s->net->n_projections;
  double *expected = calloc((size_t)n + 1, sizeof *expected);
  s->forms = calloc((size_t)n + 1, sizeof *s->forms);
  int rc = expected && s->forms ? H9_OK : h9_fail_memory(e, n * sizeof *s->forms, "projections");
  for (uint32_t i = 0; i < n && rc == H9_OK; i++) {
    const h9_projection *p = &s->net->projections[i];
    if (strcmp(p->synapse, "static") != 0)
      rc = h9_fail(e, H9_EDATA, "projection %u: found synapses of model '%s', expected static", i + 1, p->synapse);
    expected[i] = h9_projection_expected(s->net, p);
    if (isnan(expected[i]))
      rc = h9_fail(e, H9_EDATA, "projection %u: its number of connections is not known", i + 1);
  }
  for (uint32_t i = 0; i < s->net->n_populations && rc == H9_OK; i++) rc = plan_population(s, i, expected, e);
  double bytes = (double)s->tiling.n_tiles * s->net->n_neurons * 8, connections = 0;
  for (uint32_t i = 0; i < n && rc == H9_OK; i++) {
    const h9_projection *p = &s->net->projections[i];
    uint8_t kind = s->forms[i].kind;
    double delays = h9_dist_is_constant(&p->delay) ? 1 : 40;
    double segments = delays * s->tiling.n_tiles * s->net->populations[p->source].count;
    connections += expected[i];
    bytes += expected[i] * (kind == H9_RECORD_CONSTANT ? 2 : kind == H9_RECORD_WIDE ? 8 : 4);
    bytes += 4 * (segments < expected[i] ? segments : expected[i]);
  }
  s->estimate.connections = connections;
  s->estimate.row_bytes = bytes;
  free(expected);
  return rc;
}

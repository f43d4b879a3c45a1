/* Decisions before anything is built: how the weights onto each population are held, what drives it. */
#include "sim_parts.h"

#include "../model/indegree.h"

#include <math.h>
#include <stdlib.h>

/* Most events of one step that projection p can bring a neuron: one that repeats its inputs may send up to
 * 255 spikes at once. */
static double events_bound(h9_sim *s, const h9_projection *p) {
  bool certain;
  double bound = h9_indegree_bound(s->net, p, &certain);
  s->check_sums |= !certain;
  return (isinf(bound) ? 65536 : bound) * (s->populations[p->source].model->counts ? 255 : 1);
}

/* What is known of a projection before it is made. */
typedef struct prospect {
  double connections, events;   /* expected; bound of one step's onto a neuron */
  double tile, segment;         /* expected connections of a source in a tile; of one delay */
  double row_tile, row_segment; /* the same with all projections of the source */
} prospect;

enum { DELAYS = 32 }; /* where they are drawn: steps that most of them spread over */

static int foresee(h9_sim *s, prospect *x, h9_error *e) {
  const h9_network *net = s->net;
  for (uint32_t i = 0; i < net->n_projections; i++) {
    const h9_projection *p = &net->projections[i];
    x[i].connections = h9_projection_expected(net, p);
    if (isnan(x[i].connections))
      return h9_fail(e, H9_EDATA, "projection %u: its number of connections is not known", i + 1);
    if (h9_plastic_has(s->plastic, i)) continue; /* apart from the rows */
    x[i].events = events_bound(s, p);
    x[i].tile = x[i].connections / net->populations[p->source].count / s->tiling.n_tiles;
    x[i].segment = x[i].tile / (h9_dist_is_constant(&p->delay) ? 1 : DELAYS);
  }
  prospect *row = calloc((size_t)net->n_populations + 1, sizeof *row); /* by source */
  if (!row) return h9_fail_memory(e, net->n_populations * sizeof *row, "populations");
  for (uint32_t i = 0; i < net->n_projections; i++) {
    prospect *r = &row[net->projections[i].source];
    r->tile += x[i].tile;
    r->segment += x[i].segment;
  }
  for (uint32_t i = 0; i < net->n_projections; i++) {
    x[i].row_tile = row[net->projections[i].source].tile;
    x[i].row_segment = row[net->projections[i].source].segment;
  }
  free(row);
  return H9_OK;
}
static bool mostly_loose(const prospect *x) {
  return x->row_tile < H9_ROW_LEAST || x->row_segment < H9_SEGMENT_LEAST;
}

static bool is_constant(const h9_projection *p) { return p->weight_encoding == H9_WEIGHT_CONSTANT; }
static double constant_weight(const h9_sim *s, const h9_projection *p) {
  return s->populations[p->target].model->counts ? 1 : h9_dist_constant(&p->weight);
}

/* The quantum of a population's int32 inputs: that of its drawn weights; else the constants' common value,
 * where they are whole multiples of it; else the finest power of two that cannot overflow. */
static double choose_quantum(const h9_sim *s, uint32_t population, const prospect *x) {
  double common = 0, sum = 0;
  bool exact = true;
  if (s->populations[population].model->counts) return 1;
  for (uint32_t i = 0; i < s->net->n_projections; i++) {
    const h9_projection *p = &s->net->projections[i];
    if (p->target != population || p->weight_encoding >= H9_WEIGHT_F32 || h9_plastic_has(s->plastic, i))
      continue;
    if (p->weight_encoding == H9_WEIGHT_I16) return p->quantum;
    double w = constant_weight(s, p);
    if (common == 0) common = p->quantum;
    exact &= fabs(floor(w / common + 0.5) * common - w) <= 1e-12 * fabs(w) && fabs(w / common) <= INT16_MAX;
    sum += fabs(w) * x[i].events;
  }
  if (exact && common > 0) return common;
  int exponent;
  frexp(sum > 0 ? sum / 0x1p30 : 1, &exponent);
  return ldexp(1, exponent);
}

/* Constant weights are kept once a segment where that takes less: in long segments, and loose. */
static bool worth_constant(const prospect *x) { return mostly_loose(x) || x->segment >= 4; }

static h9_form choose_form(const h9_sim *s, const h9_projection *p, double quantum, const prospect *x) {
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
  bool exactly = s->populations[p->target].precision == H9_DOUBLE && !s->populations[p->target].model->counts;
  if ((exactly && k * quantum != w) || fabs(k) > INT32_MAX || fabs(k * quantum - w) > fabs(w) * 0x1p-13) f.kind = H9_RECORD_EXACT;
  else {
    f.weight = (int32_t)k;
    if (fabs(k) > INT16_MAX || worth_constant(x)) f.kind = H9_RECORD_CONSTANT;
  }
  return f;
}

static void widen(h9_form *f) { f->kind = f->given ? H9_RECORD_WIDE : H9_RECORD_EXACT; }
static bool is_wide(const h9_form *f) { return f->kind == H9_RECORD_WIDE || f->kind == H9_RECORD_EXACT; }

static int plan_population(h9_sim *s, uint32_t population, const prospect *x, h9_error *e) {
  h9_sim_population *t = &s->populations[population];
  double quantum = choose_quantum(s, population, x), sum = 0;
  t->quantum = quantum;
  for (uint32_t i = 0; i < s->net->n_projections; i++) {
    const h9_projection *p = &s->net->projections[i];
    if (p->target != population || h9_plastic_has(s->plastic, i)) continue;
    h9_form *f = &s->forms[i];
    *f = choose_form(s, p, quantum, &x[i]);
    if (t->model->counts) {
      if (f->given || is_wide(f)) *f = (h9_form){.kind = H9_RECORD_NARROW, .weight = 1};
    }
    if (!is_wide(f)) sum += x[i].events * (f->given ? 32768 : fabs((double)f->weight));
  }
  bool overflow = sum >= 0x1p31;
  if (overflow && t->model->counts)
    return h9_fail(e, H9_ECONFIG, "population '%s': more inputs than a %s can count",
                   s->net->populations[population].name, t->model->name);
  for (uint32_t i = 0; i < s->net->n_projections; i++) {
    if (s->net->projections[i].target != population) continue;
    if (h9_plastic_has(s->plastic, i)) {
      if (!t->model->counts) t->wide |= h9_plastic_signs(s->plastic, i);
      continue;
    }
    if (overflow) widen(&s->forms[i]);
    if (is_wide(&s->forms[i])) t->wide |= s->forms[i].given ? 3 : s->forms[i].value < 0 ? 2 : 1;
  }
  s->any_wide |= t->wide != 0;
  return H9_OK;
}

/* Bytes that a projection's synapses take, headers included. */
static double bytes_of(const h9_sim *s, uint32_t i, const prospect *x) {
  static const double row[] = {4, 2, 8, 2}, loose[] = {6, 4, 8, 4}, heads[] = {4, 8, 4, 12};
  uint8_t kind = s->forms[i].kind;
  if (mostly_loose(x)) return x->connections * loose[kind];
  double segments = x->connections / fmax(x->segment, 1);
  return x->connections * row[kind] + segments * heads[kind];
}

/* Directories; heads of rows, lists of tiles and loose rows. */
static double directory_bytes(const h9_sim *s, const prospect *x) {
  const h9_tiling *t = &s->tiling;
  double bytes = 4.0 * t->n_shares * s->net->n_neurons;
  for (uint32_t i = 0; i < s->net->n_projections; i++) {
    if (!(x[i].row_tile > 0)) continue;
    double rows = s->net->populations[s->net->projections[i].source].count * x[i].tile / x[i].row_tile;
    double shares = fmin(t->n_shares, x[i].row_tile * t->n_tiles);
    bytes += rows * (mostly_loose(&x[i])        ? 20 * shares
                     : t->n_tiles > t->n_shares ? 12.0 * t->n_tiles
                                                : 4.0 * t->n_tiles);
  }
  return bytes;
}

int h9_sim_plan_forms(h9_sim *s, h9_error *e) {
  uint32_t n = s->net->n_projections;
  prospect *x = calloc((size_t)n + 1, sizeof *x);
  s->expected = calloc((size_t)n + 1, sizeof *s->expected);
  s->forms = calloc((size_t)n + 1, sizeof *s->forms);
  int rc = x && s->expected && s->forms ? h9_plastic_make(&s->plastic, s->net, &s->tiling, e)
                                        : h9_fail_memory(e, n * sizeof *s->forms, "projections");
  if (rc == H9_OK && s->plastic && !s->o.trace) h9_plastic_untrace(s->plastic);
  if (rc == H9_OK) rc = foresee(s, x, e);
  for (uint32_t i = 0; i < s->net->n_populations && rc == H9_OK; i++) rc = plan_population(s, i, x, e);
  if (rc == H9_OK) s->estimate.row_bytes = directory_bytes(s, x);
  for (uint32_t i = 0; i < n && rc == H9_OK; i++) {
    s->expected[i] = x[i].connections;
    s->estimate.connections += x[i].connections;
    s->estimate.row_bytes += h9_plastic_has(s->plastic, i) ? h9_plastic_bytes(s->plastic, i, x[i].connections)
                                                           : bytes_of(s, i, &x[i]);
  }
  free(x);
  return rc;
}

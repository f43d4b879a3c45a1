/* Rows of plastic projections. A worker that has a source's connections counts them by tile, takes room in each
 * tile's arrays by an atomic addition, and writes them there: in order, so that a row can be told connection by
 * connection from the rows it was made of. */
#include "plastic_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A projection whose largest weight is not known beforehand may outgrow its bound by this. */
#define GROWTH_MOST 0x1p20

static int worker_make(h9_plastic_worker *w, uint32_t tiles, h9_error *e) {
  w->count = calloc(tiles, sizeof *w->count);
  w->segments = calloc(tiles, sizeof *w->segments);
  w->last = calloc(tiles, sizeof *w->last);
  w->touched = calloc(tiles, sizeof *w->touched);
  w->at = calloc(tiles, sizeof *w->at);
  w->segment_at = calloc(tiles, sizeof *w->segment_at);
  bool good = w->count && w->segments && w->last && w->touched && w->at && w->segment_at;
  return good ? H9_OK : h9_fail_memory(e, (size_t)tiles * 32, "building rows");
}

static int part_open(h9_plastic_part *t, const h9_plastic_rule *r, const h9_part *slots, double expected,
                     h9_error *e) {
  double most = expected > 0 ? expected * 1.1 + 10 * sqrt(expected) + 65536 : (double)UINT32_MAX - 1;
  t->limit = most < UINT32_MAX ? (uint64_t)most : UINT32_MAX;
  int rc = h9_region_open(&t->weight, t->limit * sizeof(double), e);
  if (rc == H9_OK) rc = h9_region_open(&t->target, t->limit * sizeof(uint16_t), e);
  if (rc == H9_OK && r->own) rc = h9_region_open(&t->own, t->limit * sizeof(double), e);
  if (rc == H9_OK) rc = h9_region_open(&t->segments, t->limit * sizeof(h9_plastic_segment), e);
  if (rc == H9_OK) rc = h9_region_open(&t->rows, r->n_sources * sizeof(h9_plastic_row), e);
  if (rc != H9_OK || !r->post) return rc;
  t->post = h9_alloc(slots->n, sizeof *t->post);
  t->past = h9_alloc(slots->n, sizeof *t->past);
  t->last = calloc(slots->n + 1, sizeof *t->last);
  return t->post && t->past && t->last ? H9_OK : h9_fail_memory(e, slots->n * sizeof *t->post, "postsynaptic traces");
}

int h9_plastic_begin(h9_plastic *p, const double *expected, int workers, h9_error *e) {
  int rc = H9_OK;
  p->n_workers = workers;
  p->worker = calloc((size_t)workers, sizeof *p->worker);
  if (!p->worker) return h9_fail_memory(e, (size_t)workers * sizeof *p->worker, "building rows");
  for (int i = 0; i < workers && rc == H9_OK; i++) rc = worker_make(&p->worker[i], p->tiling->n_tiles, e);
  for (uint32_t t = 0; t < p->tiling->n_tiles; t++)
    for (uint32_t i = 0; i < p->n_rules && rc == H9_OK; i++) {
      h9_plastic_rule *r = &p->rule[i];
      rc = part_open(h9_plastic_part_of(p, t, i), r, h9_tiling_part(p->tiling, t, r->population),
                     expected[r->projection], e);
    }
  return rc;
}

static double weight_of(const h9_projection *j, const h9_rows *rows, uint64_t i) {
  switch (j->weight_encoding) {
  case H9_WEIGHT_I16:
    return rows->weight[i] * j->quantum;
  case H9_WEIGHT_F32:
    return (double)rows->weight_f[i];
  case H9_WEIGHT_F64:
    return rows->weight_d[i];
  default:
    return h9_dist_constant(&j->weight);
  }
}

static int connection_fail(const h9_plastic_rule *r, uint32_t source, uint32_t target,
                           const char *why, h9_error *e) {
  return h9_fail(e, H9_EDATA, "projection %u: %s: connection of %u to %u: %s", r->projection + 1, r->model->name,
                 r->first_source + source + 1, r->first_target + target + 1, why);
}

static int check_delay(const h9_plastic_rule *r, uint32_t source, uint32_t target,
                       uint32_t delay, h9_error *e) {
  char why[160];
  if (!r->post || (r->dendritic_given ? delay >= r->dendritic : delay > r->axonal)) return H9_OK;
  snprintf(why, sizeof why, "a delay of %u steps, expected at least %s", delay,
           r->dendritic_given ? "the dendritic part" : "one more than the axonal part");
  return connection_fail(r, source, target, why, e);
}

/* Room for the row's connections in every tile; their numbers in w->touched. */
static int lay_out(h9_plastic *p, h9_plastic_worker *w, uint32_t rule, const h9_rows *rows, uint64_t from,
                   uint64_t to, uint32_t source, uint32_t *n_touched, h9_error *e) {
  const h9_plastic_rule *r = &p->rule[rule];
  const uint16_t *tile_of = p->tiling->tile_of[r->population];
  uint32_t n = 0;
  for (uint64_t i = from; i < to; i++) {
    uint32_t t = tile_of[rows->target[i] / H9_TILE_GRAIN], d = rows->delay[i];
    int rc = check_delay(r, source, rows->target[i], d, e);
    if (rc != H9_OK) return rc;
    if (w->count[t] == 0) w->touched[n++] = t;
    if (w->count[t] == 0 || w->last[t] != d) w->segments[t]++;
    w->count[t]++;
    w->last[t] = d;
  }
  *n_touched = n;
  for (uint32_t k = 0; k < n; k++) {
    uint32_t t = w->touched[k];
    h9_plastic_part *part = h9_plastic_part_of(p, t, rule);
    w->at[t] = atomic_fetch_add_explicit(&part->used, w->count[t], memory_order_relaxed);
    w->segment_at[t] = atomic_fetch_add_explicit(&part->used_segments, w->segments[t], memory_order_relaxed);
    if (w->at[t] + w->count[t] > part->limit)
      return h9_fail(e, H9_ESYSTEM, "tile %u, projection %u: more connections than expected", t, r->projection + 1);
    h9_plastic_rows(part)[source] = (h9_plastic_row){(uint32_t)w->segment_at[t], w->segments[t]};
    w->segment_at[t]--; /* the first connection begins the first segment */
    w->count[t] = w->segments[t] = 0;
  }
  return H9_OK;
}

static int build_row(h9_plastic *p, h9_plastic_worker *w, uint32_t rule, const h9_rows *rows, uint32_t row,
                     h9_error *e) {
  const h9_plastic_rule *r = &p->rule[rule];
  const h9_projection *j = &p->net->projections[r->projection];
  const uint16_t *tile_of = p->tiling->tile_of[r->population];
  uint64_t from = rows->start[row], to = rows->start[row + 1];
  uint32_t source = rows->first + row, n_touched;
  double first_own = r->kind == H9_SYNAPSE_DOPAMINE      ? h9_synapse_value_of(r->model, r->values, "c")
                     : r->own ? h9_synapse_value_of(r->model, r->values, "Kplus") : 0;
  char why[200];
  if (from == to) return H9_OK;
  int rc = lay_out(p, w, rule, rows, from, to, source, &n_touched, e);
  if (rc != H9_OK) return rc;
  for (uint32_t k = 0; k < n_touched; k++) w->last[w->touched[k]] = 0;
  for (uint64_t i = from; i < to; i++) {
    uint32_t target = rows->target[i], t = tile_of[target / H9_TILE_GRAIN], d = rows->delay[i];
    h9_plastic_part *part = h9_plastic_part_of(p, t, rule);
    double weight = weight_of(j, rows, i);
    if (!h9_synapse_weight_fits(r->model, r->values, weight, why, sizeof why))
      return connection_fail(r, source, target, why, e);
    uint64_t at = w->at[t]++;
    h9_plastic_weight(part)[at] = weight;
    h9_plastic_target(part)[at] = (uint16_t)(target - h9_tiling_part(p->tiling, t, r->population)->first);
    if (r->own) h9_plastic_own(part)[at] = first_own;
    h9_plastic_segment *s = h9_plastic_segments(part);
    if (w->last[t] != d) {
      if (w->last[t]) s[w->segment_at[t]].more = 1;
      s[++w->segment_at[t]] = (h9_plastic_segment){(uint32_t)at, 0, (uint16_t)d, 0};
      w->last[t] = d;
    }
    s[w->segment_at[t]].n++;
  }
  w->synapses += to - from;
  return H9_OK;
}

int h9_plastic_build(void *plastic, int worker, const h9_group *g, void **slot, h9_error *e) {
  h9_plastic *p = plastic;
  (void)slot;
  for (uint32_t k = 0; k < g->n_rows; k++) {
    const h9_rows *rows = &g->rows[k];
    for (uint32_t row = 0; row < g->n; row++) {
      int rc = build_row(p, &p->worker[worker], p->rule_of[rows->projection], rows, row, e);
      if (rc != H9_OK) return rc;
    }
  }
  return H9_OK;
}

/* Delays and weights that the parts hold. */
static void survey(h9_plastic *p, uint32_t rule) {
  h9_plastic_rule *r = &p->rule[rule];
  double most = 0;
  for (uint32_t t = 0; t < p->tiling->n_tiles; t++) {
    const h9_plastic_part *part = h9_plastic_part_of(p, t, rule);
    const h9_plastic_segment *s = h9_plastic_segments(part);
    const double *weight = h9_plastic_weight(part);
    for (uint64_t i = 0; i < part->used_segments; i++) {
      uint32_t dendritic = h9_plastic_dendritic(r, s[i].delay);
      if (s[i].delay < r->delay_min) r->delay_min = s[i].delay;
      if (s[i].delay > r->delay_max) r->delay_max = s[i].delay;
      if (dendritic > r->dendritic_max) r->dendritic_max = dendritic;
    }
    for (uint64_t i = 0; i < part->used; i++)
      if (fabs(weight[i]) > most) most = fabs(weight[i]);
    r->synapses += part->used;
  }
  r->bound = r->kind == H9_SYNAPSE_STDP_PL ? most * GROWTH_MOST : fmax(most, fmax(fabs(r->w_max), fabs(r->w_min)));
}

int h9_plastic_finish(h9_plastic *p, h9_error *e) {
  for (uint32_t i = 0; i < p->n_rules; i++) {
    h9_plastic_rule *r = &p->rule[i];
    survey(p, i);
    uint32_t slots = 1;
    while (slots <= r->delay_max) slots *= 2;
    for (uint32_t t = 0; t < p->tiling->n_tiles; t++) {
      h9_plastic_part *part = h9_plastic_part_of(p, t, i);
      uint32_t n = h9_tiling_part(p->tiling, t, r->population)->n;
      if (part->used == 0) continue;
      part->due_mask = slots - 1;
      part->due = calloc(slots, sizeof *part->due);
      if (!part->due) return h9_fail_memory(e, slots * sizeof *part->due, "spikes in flight");
      part->log_limit = 4096 + 4 * (size_t)n + part->used / 16;
    }
  }
  return H9_OK;
}

/* Largest sum of bounds onto one neuron. */
static double bound_of(const h9_plastic *p, uint32_t tile, double *sum) {
  double most = 0;
  for (uint32_t i = 0; i < p->n_rules; i++) {
    const h9_plastic_part *part = h9_plastic_part_of(p, tile, i);
    uint32_t slot = h9_tiling_part(p->tiling, tile, p->rule[i].population)->slot;
    for (uint64_t k = 0; k < part->used; k++) sum[slot + h9_plastic_target(part)[k]] += p->rule[i].bound;
  }
  for (uint32_t k = 0; k < p->tiling->slots[tile]; k++) {
    if (sum[k] > most) most = sum[k];
    sum[k] = 0;
  }
  return most;
}

h9_plastic_size h9_plastic_size_of(const h9_plastic *p) {
  h9_plastic_size z = {0};
  double *sum = calloc(H9_TILE_SLOTS_MAX, sizeof *sum);
  for (uint32_t t = 0; sum && t < p->tiling->n_tiles; t++) {
    double most = bound_of(p, t, sum);
    if (most > z.bound) z.bound = most;
  }
  for (uint32_t i = 0; i < p->n_rules; i++) {
    const h9_plastic_rule *r = &p->rule[i];
    z.synapses += r->synapses;
    if (!sum) z.bound += r->bound * (double)r->synapses;
    if (r->synapses == 0) continue;
    if (z.delay_min == 0 || r->delay_min < z.delay_min) z.delay_min = r->delay_min;
    if (r->delay_max > z.delay_max) z.delay_max = r->delay_max;
    for (uint32_t t = 0; t < p->tiling->n_tiles; t++) {
      const h9_plastic_part *part = h9_plastic_part_of(p, t, i);
      z.bytes += part->used * (10 + (r->own ? 8 : 0)) + part->used_segments * sizeof(h9_plastic_segment) +
                 r->n_sources * sizeof(h9_plastic_row);
    }
  }
  free(sum);
  return z;
}

/* Of equal pairs and delays the weights ascend. */
static void order(h9_rows *rows, uint64_t from, uint64_t to) {
  for (uint64_t i = from + 1; i < to; i++)
    for (uint64_t k = i; k > from && rows->target[k] == rows->target[k - 1] && rows->delay[k] == rows->delay[k - 1] &&
                         rows->weight_d[k] < rows->weight_d[k - 1];
         k--) {
      double t = rows->weight_d[k];
      rows->weight_d[k] = rows->weight_d[k - 1];
      rows->weight_d[k - 1] = t;
    }
}

int h9_plastic_weights(const h9_plastic *p, h9_rows *rows, h9_error *e) {
  uint32_t rule = p->rule_of[rows->projection], tiles = p->tiling->n_tiles;
  const uint16_t *tile_of = p->tiling->tile_of[p->rule[rule].population];
  uint64_t *at = calloc(tiles, sizeof *at);
  if (!at || h9_rows_reserve_doubles(rows, rows->n) != H9_OK) {
    free(at);
    return h9_fail_memory(e, rows->n * sizeof *rows->weight_d, "weights");
  }
  for (uint32_t row = 0; row < rows->n_rows; row++) {
    for (uint32_t t = 0; t < tiles; t++) {
      const h9_plastic_part *part = h9_plastic_part_of(p, t, rule);
      const h9_plastic_row *k = &h9_plastic_rows(part)[rows->first + row];
      at[t] = k->n ? h9_plastic_segments(part)[k->segment].first : 0;
    }
    for (uint64_t i = rows->start[row]; i < rows->start[row + 1]; i++) {
      uint32_t t = tile_of[rows->target[i] / H9_TILE_GRAIN];
      rows->weight_d[i] = h9_plastic_weight(h9_plastic_part_of(p, t, rule))[at[t]++];
    }
    order(rows, rows->start[row], rows->start[row + 1]);
  }
  free(at);
  return H9_OK;
}

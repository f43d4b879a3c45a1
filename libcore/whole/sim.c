/* Making, building and releasing a simulation. */
#include "sim_parts.h"

#include "equations.h"

#include "../base/clock.h"
#include "../base/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int plan_populations(h9_sim *s, h9_error *e) {
  const h9_network *net = s->net;
  s->populations = calloc((size_t)net->n_populations + 1, sizeof *s->populations);
  s->receptors = calloc((size_t)net->n_populations + 1, sizeof *s->receptors);
  if (!s->populations || !s->receptors)
    return h9_fail_memory(e, net->n_populations * sizeof *s->populations, "populations");
  for (uint32_t i = 0; i < net->n_populations; i++) {
    const h9_population *p = &net->populations[i];
    h9_sim_population *t = &s->populations[i];
    t->model = h9_model_find(p->model);
    if (!t->model)
      return h9_fail(e, H9_EDATA, "population '%s': found model '%s', expected one of hal9-models(7) or one given with --model",
                     p->name, p->model);
    int rc = h9_equations_build(p->model, e);
    if (rc != H9_OK) return rc;
    for (uint32_t k = 0; k < p->n_values; k++)
      if (h9_model_value_find(t->model, p->values[k].name) < 0)
        return h9_fail(e, H9_EDATA, "population '%s': %s has no '%s'", p->name, p->model, p->values[k].name);
    bool apart = s->o.keep_receptors || s->o.precision_double;
    t->receptors = s->receptors[i] = apart ? t->model->receptors : h9_cells_receptors(t->model, p);
    t->precision = t->model->always_double ? H9_DOUBLE : s->precision;
    h9_cells_form form = {.receptors = t->receptors, .precision = t->precision};
    s->estimate.neuron_bytes += (double)p->count * h9_cells_bytes(t->model, p, &form);
  }
  return H9_OK;
}

/* Tiles a thread: one, unless their inputs would crowd the second-level cache (1 MB) out of the rows' way. */
static int tiles_per_thread(const h9_sim *s) {
  uint64_t slots = 0;
  for (uint32_t i = 0; i < s->net->n_populations; i++)
    slots += (uint64_t)s->net->populations[i].count * s->receptors[i];
  uint64_t per = slots / (uint64_t)s->o.threads / 49152 + 1;
  return (int)per;
}

int h9_sim_make(h9_sim **out, const h9_network *net, const h9_simulation_config *c, const h9_sim_options *o,
                h9_error *e) {
  h9_sim *s = aligned_alloc(H9_ALIGN, (sizeof *s + H9_ALIGN - 1) / H9_ALIGN * H9_ALIGN);
  if (!s) return h9_fail_memory(e, sizeof *s, "a simulation");
  memset(s, 0, sizeof *s);
  s->net = net;
  s->o = *o;
  s->precision = o->precision_double ? H9_DOUBLE : H9_SINGLE;
  if (s->o.threads < 1) s->o.threads = 1;
  if (s->o.batch_steps < 1) s->o.batch_steps = (h9_step)ceil(100 / net->dt);
  if (s->o.spike_steps < 1 || s->o.spike_steps > s->o.batch_steps) s->o.spike_steps = s->o.batch_steps;
  s->record.from = s->record.sampled = s->o.record_from;
  int rc = h9_simd_choose(&s->level, e);
  if (rc == H9_OK) rc = plan_populations(s, e);
  if (rc == H9_OK) {
    uint32_t *counts = calloc((size_t)net->n_populations + 1, sizeof *counts);
    for (uint32_t i = 0; counts && i < net->n_populations; i++) counts[i] = net->populations[i].count;
    rc = !counts ? h9_fail_memory(e, net->n_populations * sizeof *counts, "populations")
                 : h9_tiling_make(&s->tiling, counts, s->receptors, net->n_populations, s->o.threads,
                                  o->tiles_per_thread > 0 ? o->tiles_per_thread : tiles_per_thread(s), e);
    free(counts);
  }
  if (rc == H9_OK) rc = h9_sim_plan_forms(s, e);
  if (rc == H9_OK) rc = h9_sim_plan_stimuli(s, c, e);
  s->poisson = h9_poisson_choose(s->level);
  s->wide_kernels = h9_wide_choose(s->level);
  h9_barrier_init(&s->barrier, s->o.threads);
  s->estimate.tiles = s->tiling.n_tiles;
  s->estimate.bytes = s->estimate.row_bytes + s->estimate.neuron_bytes;
  if (rc != H9_OK) h9_sim_free(s);
  else *out = s;
  return rc;
}

void h9_sim_estimated(const h9_sim *s, h9_sim_estimate *out) { *out = s->estimate; }

static int build_tile(h9_sim *s, uint32_t t, h9_error *e) {
  h9_sim_tile *tile = &s->tiles[t];
  const h9_network *net = s->net;
  uint32_t slots = s->tiling.slots[t];
  tile->slots = h9_alloc(slots, sizeof *tile->slots);
  if (s->any_wide) tile->wide = h9_alloc(slots, sizeof *tile->wide);
  tile->cells = calloc((size_t)net->n_populations + 1, sizeof *tile->cells);
  if (!tile->slots || (s->any_wide && !tile->wide) || !tile->cells)
    return h9_fail_memory(e, (size_t)slots * 12, "neurons");
  int rc = H9_OK;
  for (uint32_t p = 0; p < net->n_populations && rc == H9_OK; p++) {
    const h9_part *part = h9_tiling_part(&s->tiling, t, p);
    if (part->n == 0) continue;
    h9_cells_form form = {s->receptors[p], net->dt, s->level, s->populations[p].precision, s->populations[p].own_currents};
    rc = h9_cells_make(&tile->cells[p], &net->populations[p], part->first, part->n, &form, e);
  }
  return rc;
}

static void build_share(void *ctx, uint64_t share, int me) {
  h9_sim *s = ctx;
  h9_sim_thread *th = &s->threads[share];
  (void)me;
  th->rc = h9_sim_drive_open(s, th, &th->error);
  for (int k = 0; k < 2 && th->rc == H9_OK; k++)
    th->rc = h9_spike_list_open(&th->sent[k], s->most_sent, &th->error);
  if (th->rc == H9_OK)
    th->rc = h9_inflight_open(&th->inflight, &s->rows, (uint32_t)share, s->wide_scale, &th->error);
  for (uint32_t t = 0; t < s->tiling.n_tiles && th->rc == H9_OK; t++)
    if (s->tiles[t].owner == (int)share) th->rc = build_tile(s, t, &th->error);
}

/* Each thread's tiles are made together. */
static int build_tiles(h9_sim *s, h9_error *e) {
  int threads = s->o.threads;
  s->tiles = calloc(s->tiling.n_tiles, sizeof *s->tiles);
  s->threads = h9_alloc((size_t)threads, sizeof *s->threads);
  if (!s->tiles || !s->threads) return h9_fail_memory(e, (size_t)threads * sizeof *s->threads, "threads");
  for (uint32_t t = 0; t < s->tiling.n_tiles; t++)
    s->tiles[t].owner = (int)((uint64_t)t * (uint64_t)threads / s->tiling.n_tiles);
  uint64_t most = 0;
  for (uint32_t i = 0; i < s->net->n_populations; i++)
    most += (uint64_t)s->net->populations[i].count * (s->populations[i].model->marks ? 255 : 1);
  most *= (uint64_t)s->interval;
  s->most_sent = most < (UINT64_C(1) << 31) ? most : UINT64_C(1) << 31;
  h9_parallel_each(threads, (uint64_t)threads, build_share, s);
  for (int k = 0; k < threads; k++)
    if (s->threads[k].rc != H9_OK) {
      *e = s->threads[k].error;
      return s->threads[k].rc;
    }
  return H9_OK;
}

/* From the rows themselves, the largest sums onto a neuron: connections given one by one have no rule that
 * bounds those of a step. */
static int check_sums(const h9_sim *s, double *wide, h9_error *e) {
  *wide = 0;
  for (uint32_t k = 0; k < s->tiling.n_shares; k++) {
    uint64_t quanta;
    double most;
    int rc = h9_delayrows_bound(&s->rows, k, &quanta, &most, e);
    if (rc == H9_OK && quanta > INT32_MAX)
      rc = h9_fail(e, H9_EDATA,
                   "the connections onto one neuron weigh %llu quanta in all, expected at most %d",
                   (unsigned long long)quanta, INT32_MAX);
    if (rc != H9_OK) return rc;
    if (most > *wide) *wide = most;
  }
  return H9_OK;
}

/* The finest power of two for wide sums that none can leave int64 with: from a bound of all weights at once,
 * or, where precision is asked for, of those onto one neuron; a neuron that repeats its inputs sends up to
 * 255 spikes at once. */
static int choose_wide_scale(h9_sim *s, h9_error *e) {
  double most = s->rows.weight_max * (double)s->rows.records, onto_one;
  if (s->plastic) s->plastic_size = h9_plastic_size_of(s->plastic);
  if (s->check_sums || (s->o.precision_double && s->any_wide)) {
    int rc = check_sums(s, &onto_one, e);
    if (rc != H9_OK) return rc;
    if (s->o.precision_double) most = onto_one;
  }
  most += s->plastic_size.bound;
  bool repeats = false;
  for (uint32_t i = 0; i < s->net->n_populations; i++) repeats |= s->populations[i].model->counts;
  int x;
  frexp(most * (repeats ? 255 : 1) * (1 + 0x1p-40), &x);
  s->wide_scale = ldexp(1, 62 - x);
  if (s->plastic) h9_plastic_scale(s->plastic, s->wide_scale);
  return H9_OK;
}

/* Rows of static synapses, and apart from them of plastic ones. */
static int build_rows(h9_sim *s, h9_rowsource *source, double expected, h9_error *e) {
  bool *plastic = calloc((size_t)s->net->n_projections + 1, sizeof *plastic);
  if (!plastic) return h9_fail_memory(e, s->net->n_projections, "projections");
  int rc = H9_OK;
  if (s->plastic) {
    for (uint32_t i = 0; i < s->net->n_projections; i++) {
      plastic[i] = h9_plastic_has(s->plastic, i);
      if (s->net->projections[i].rule == H9_RULE_EXPLICIT) s->expected[i] = 0;
    }
    h9_rowsource_divert(source, plastic, h9_plastic_build, s->plastic);
    rc = h9_plastic_begin(s->plastic, s->expected, s->o.threads, e);
  }
  if (rc == H9_OK) rc = h9_delayrows_build(&s->rows, s->net, &s->tiling, s->forms, source, s->o.threads, expected, e);
  s->built = rc == H9_OK;
  if (rc == H9_OK && s->plastic) rc = h9_plastic_finish(s->plastic, e);
  free(plastic);
  return rc;
}

static uint32_t least_delay(const h9_sim *s) {
  uint32_t a = s->rows.delay_min, b = s->plastic_size.delay_min;
  return a == 0 || (b != 0 && b < a) ? b : a;
}

int h9_sim_build(h9_sim *s, h9_rowsource *source, h9_error *e) {
  uint64_t begin = h9_clock_ns();
  bool unknown = false;
  for (uint32_t i = 0; i < s->net->n_projections; i++)
    unknown |= s->net->projections[i].rule == H9_RULE_EXPLICIT;
  double expected = unknown ? 0x1p32 : s->estimate.connections;
  int rc = build_rows(s, source, expected, e);
  if (rc == H9_OK) rc = choose_wide_scale(s, e);
  if (rc != H9_OK) return rc;
  enum { INTERVAL_MAX = 64 };
  uint32_t least = least_delay(s);
  s->interval = least == 0 || least > INTERVAL_MAX ? INTERVAL_MAX : least;
  rc = build_tiles(s, e);
  if (rc == H9_OK) rc = h9_sim_state_open(s, e);
  if (rc == H9_OK) rc = h9_sim_record_reserve(s, s->o.spike_room, e);
  s->build_s = (double)(h9_clock_ns() - begin) * 1e-9;
  return rc;
}

void h9_sim_inject(h9_sim *s, const h9_spike *spikes, size_t n) {
  s->inject = spikes;
  s->n_inject = n;
  s->injected = 0;
}

h9_step h9_sim_now(const h9_sim *s) { return s->now; }

double h9_sim_state(const h9_sim *s, h9_id id, const char *variable) {
  uint32_t p = h9_network_population_of(s->net, id), i = id - s->net->populations[p].first;
  uint32_t t = s->tiling.tile_of[p][i / H9_TILE_GRAIN];
  const h9_cells *c = &s->tiles[t].cells[p];
  int k = h9_model_recordable_find(c->model, variable);
  return k < 0 ? NAN : h9_cells_state(c, k, i - h9_tiling_part(&s->tiling, t, p)->first);
}

bool h9_sim_is_plastic(const h9_sim *s, uint32_t projection) { return h9_plastic_has(s->plastic, projection); }
bool h9_sim_is_traced(const h9_sim *s) { return h9_plastic_traced(s->plastic); }

int h9_sim_weights(const h9_sim *s, h9_rows *rows, bool *plastic, h9_error *e) {
  *plastic = h9_plastic_has(s->plastic, rows->projection);
  return *plastic ? h9_plastic_weights(s->plastic, rows, e) : H9_OK;
}

void h9_sim_stats_get(const h9_sim *s, h9_sim_stats *out) {
  *out = (h9_sim_stats){
      .threads = (uint32_t)s->o.threads,
      .tiles = s->tiling.n_tiles,
      .connections = s->rows.records + s->plastic_size.synapses,
      .row_bytes = s->rows.bytes + s->plastic_size.bytes,
      .neuron_bytes = (uint64_t)s->estimate.neuron_bytes,
      .delay_min = least_delay(s),
      .delay_max = s->rows.delay_max > s->plastic_size.delay_max ? s->rows.delay_max : s->plastic_size.delay_max,
      .recorded = s->record.recorded,
      .build_s = s->build_s,
      .simulate_s = s->simulate_s,
      .frames = s->frames,
  };
  double phase[H9_PHASES] = {0};
  for (int k = 0; s->threads && k < s->o.threads; k++) {
    out->spikes += s->threads[k].spikes;
    out->events += s->threads[k].events;
    for (int i = 0; i < H9_PHASES; i++) phase[i] += (double)s->threads[k].phase_ns[i] * 1e-9;
  }
  double scale = s->timed_intervals ? (double)s->intervals / (double)s->timed_intervals / s->o.threads : 0;
  out->deliver_s = phase[H9_PHASE_DELIVER] * scale;
  out->update_s = phase[H9_PHASE_UPDATE] * scale;
  out->drive_s = phase[H9_PHASE_DRIVE] * scale;
  out->exchange_s = phase[H9_PHASE_EXCHANGE] * scale;
  out->output_s = phase[H9_PHASE_OUTPUT] * scale;
}

void h9_sim_free(h9_sim *s) {
  if (!s) return;
  for (uint32_t t = 0; s->tiles && t < s->tiling.n_tiles; t++) {
    free(s->tiles[t].slots);
    free(s->tiles[t].wide);
    for (uint32_t p = 0; s->tiles[t].cells && p < s->net->n_populations; p++)
      h9_cells_release(&s->tiles[t].cells[p]);
    free(s->tiles[t].cells);
  }
  for (int k = 0; s->threads && k < s->o.threads; k++) {
    for (int i = 0; i < 2; i++) h9_spike_list_close(&s->threads[k].sent[i]);
    h9_inflight_close(&s->threads[k].inflight);
    h9_sim_drive_close(&s->threads[k]);
  }
  for (uint32_t p = 0; s->populations && p < s->net->n_populations; p++)
    h9_sim_stimuli_release(&s->populations[p]);
  h9_sim_feed_close(&s->feed);
  if (s->built) h9_delayrows_release(&s->rows);
  h9_plastic_free(s->plastic);
  free(s->expected);
  h9_tiling_release(&s->tiling);
  h9_sim_record_release(&s->record);
  h9_sim_state_close(s);
  free(s->tiles);
  free(s->threads);
  free(s->populations);
  free(s->receptors);
  free(s->forms);
  free(s);
}

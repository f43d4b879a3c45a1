/* Small networks to simulate, and all their spikes in one list. */
#ifndef H9_TESTS_SIMKIT_H
#define H9_TESTS_SIMKIT_H

#include "../../libcore/whole/sim.h"
#include "tap.h"

enum { KIT_POPULATIONS = 16, KIT_PROJECTIONS = 32, KIT_VALUES = 16 };

typedef struct kit {
  h9_network net;
  h9_population pop[KIT_POPULATIONS];
  h9_value value[KIT_POPULATIONS][KIT_VALUES];
  h9_projection proj[KIT_PROJECTIONS];
  h9_stimulus stimulus[KIT_POPULATIONS];
  h9_simulation_config config;
  /* what a run left */
  h9_sim *sim;
  h9_spike *spikes;
  size_t n, cap;
  h9_sim_stats stats;
  h9_error e;
} kit;

static inline char *kit_text(const char *s) { return (char *)(uintptr_t)s; }

__attribute__((unused)) static void kit_init(kit *k, uint64_t seed) {
  memset(k, 0, sizeof *k);
  k->net.dt = 0.1;
  k->net.seed = seed;
  k->net.populations = k->pop;
  k->net.projections = k->proj;
  k->config.stimuli = k->stimulus;
}
__attribute__((unused)) static uint32_t kit_population(kit *k, const char *name, const char *model,
                                                       uint32_t count) {
  uint32_t i = k->net.n_populations++;
  k->pop[i] = (h9_population){.name = kit_text(name),
                              .model = kit_text(model),
                              .first = k->net.n_neurons + 1,
                              .count = count,
                              .values = k->value[i]};
  k->net.n_neurons += count;
  return i;
}
__attribute__((unused)) static h9_value *kit_value(kit *k, uint32_t p, const char *name, double value) {
  h9_value *v = &k->value[p][k->pop[p].n_values++];
  *v = (h9_value){.name = kit_text(name), .constant = value};
  return v;
}
__attribute__((unused)) static h9_dist kit_dist(enum h9_dist_type type, double a, double b, double min,
                                                double max) {
  h9_dist d = {.type = (uint8_t)type, .min = min, .max = max};
  if (h9_expr_constant(&d.a, a) != H9_OK || h9_expr_constant(&d.b, b) != H9_OK) exit(71);
  return d;
}
__attribute__((unused)) static h9_dist kit_constant(double a) {
  return kit_dist(H9_DIST_EXPRESSION, a, 0, -INFINITY, INFINITY);
}
__attribute__((unused)) static h9_projection *kit_projection(kit *k, enum h9_rule rule, uint32_t source,
                                                             uint32_t target, double number, double weight,
                                                             double delay) {
  h9_projection *p = &k->proj[k->net.n_projections++];
  *p = (h9_projection){.name = kit_text(""),
                       .synapse = kit_text("static"),
                       .source = source,
                       .target = target,
                       .rule = (uint8_t)rule,
                       .autapses = true,
                       .multapses = true,
                       .number = number};
  p->kernel.scale = 1;
  p->kernel.cutoff = INFINITY;
  p->weight = kit_constant(weight);
  p->delay = kit_constant(delay);
  return p;
}
__attribute__((unused)) static void kit_set(h9_dist *d, h9_dist value) {
  h9_dist_release(d);
  *d = value;
}
__attribute__((unused)) static void kit_poisson(kit *k, uint32_t target, double rate, double weight) {
  k->stimulus[k->config.n_stimuli++] = (h9_stimulus){
      .type = H9_STIMULUS_POISSON, .target = target, .rate = rate, .weight = weight, .stop = INFINITY};
}

static int kit_take(void *ctx, const h9_signals *s, h9_error *e) {
  kit *k = ctx;
  if (h9_grow(&k->spikes, &k->cap, k->n + s->n, sizeof *k->spikes) != H9_OK)
    return h9_fail_memory(e, s->n * 8, "spikes");
  for (size_t i = 0; i < s->n; i++) k->spikes[k->n++] = h9_spike_make(s->step[i], s->id[i]);
  return H9_OK;
}

/* Builds the simulation; kit_end releases it. */
__attribute__((unused)) static int kit_begin(kit *k, int threads, int tiles) {
  h9_sim_options o = {
      .threads = threads, .tiles_per_thread = tiles, .seed = k->net.seed, .batch = kit_take, .ctx = k};
  h9_rowsource_options ro = {.threads = threads};
  h9_rowsource *source = NULL;
  k->n = 0;
  k->sim = NULL;
  k->e = (h9_error){0};
  int rc = h9_projections_plan(&k->net, &k->e);
  if (rc == H9_OK) rc = h9_sim_make(&k->sim, &k->net, &k->config, &o, &k->e);
  if (rc == H9_OK) rc = h9_rowsource_expand(&source, &k->net, &ro, &k->e);
  if (rc == H9_OK) rc = h9_sim_build(k->sim, source, &k->e);
  h9_rowsource_free(source);
  if (rc != H9_OK) printf("# %s\n", k->e.text);
  return rc;
}
__attribute__((unused)) static void kit_end(kit *k) {
  if (k->sim) h9_sim_stats_get(k->sim, &k->stats);
  h9_sim_free(k->sim);
  k->sim = NULL;
}
__attribute__((unused)) static int kit_run(kit *k, int threads, int tiles, h9_step steps) {
  int rc = kit_begin(k, threads, tiles);
  if (rc == H9_OK) rc = h9_sim_run(k->sim, steps, &k->e);
  kit_end(k);
  return rc;
}
__attribute__((unused)) static void kit_release(kit *k) {
  for (uint32_t i = 0; i < k->net.n_projections; i++) {
    h9_dist_release(&k->proj[i].weight);
    h9_dist_release(&k->proj[i].delay);
  }
  free(k->spikes);
}

#endif

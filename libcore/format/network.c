#include "codec.h"

#include <stdlib.h>
#include <string.h>

static const char *const rule_names[H9_RULES] = {
    [H9_RULE_ONE_TO_ONE] = "one_to_one",
    [H9_RULE_ALL_TO_ALL] = "all_to_all",
    [H9_RULE_PAIRWISE_BERNOULLI] = "pairwise_bernoulli",
    [H9_RULE_PAIRWISE_POISSON] = "pairwise_poisson",
    [H9_RULE_FIXED_INDEGREE] = "fixed_indegree",
    [H9_RULE_FIXED_OUTDEGREE] = "fixed_outdegree",
    [H9_RULE_FIXED_TOTAL_NUMBER] = "fixed_total_number",
    [H9_RULE_RADIUS] = "radius",
    [H9_RULE_K_NEAREST] = "k_nearest",
    [H9_RULE_EXPLICIT] = "explicit",
};

const char *h9_rule_name(enum h9_rule r) {
  return (unsigned)r < H9_RULES && rule_names[r] ? rule_names[r] : "unknown";
}

enum h9_rule h9_rule_parse(const char *name) {
  for (unsigned i = 1; i < H9_RULES; i++)
    if (strcmp(rule_names[i], name) == 0) return (enum h9_rule)i;
  return (enum h9_rule)0;
}

const char *h9_kernel_name(unsigned type) {
  static const char *const names[H9_KERNELS] = {"constant", "gaussian", "exponential", "gamma",
                                                "gabor",    "linear",   "step",        "expression"};
  return type < H9_KERNELS ? names[type] : "unknown";
}

const char *h9_mask_name(unsigned type) {
  static const char *const names[H9_MASKS] = {"none", "sphere", "box", "ellipsoid", "doughnut"};
  return type < H9_MASKS ? names[type] : "unknown";
}

static void population_release(h9_population *p) {
  for (uint32_t i = 0; p->values && i < p->n_values; i++) {
    free(p->values[i].name);
    free(p->values[i].column);
  }
  free(p->values);
  free(p->name);
  free(p->model);
}

static void projection_release(h9_projection *p) {
  free(p->name);
  free(p->synapse);
  for (uint32_t i = 0; p->synapse_values && i < p->n_synapse_values; i++) free(p->synapse_values[i].name);
  free(p->synapse_values);
  h9_expr_release(&p->kernel.expr);
  h9_dist_release(&p->weight);
  h9_dist_release(&p->delay);
}

void h9_network_forget_projections(h9_network *net) {
  for (uint32_t i = 0; net->projections && i < net->n_projections; i++) projection_release(&net->projections[i]);
  free(net->projections);
  net->projections = NULL;
  net->n_projections = 0;
}

void h9_network_release(h9_network *net) {
  for (uint32_t i = 0; net->populations && i < net->n_populations; i++)
    population_release(&net->populations[i]);
  h9_network_forget_projections(net);
  for (uint32_t i = 0; net->provenance && i < net->n_provenance; i++)
    h9_provenance_release(&net->provenance[i]);
  free(net->populations);
  free(net->provenance);
  h9_labels_release(&net->labels);
  free(net->x);
  free(net->y);
  free(net->z);
  *net = (h9_network){0};
}

int h9_network_find(const h9_network *net, const char *name) {
  for (uint32_t i = 0; i < net->n_populations; i++)
    if (strcmp(net->populations[i].name, name) == 0) return (int)i;
  return -1;
}

int h9_network_named(const h9_network *net, const char *name, h9_error *e) {
  int p = h9_network_find(net, name);
  if (p >= 0) return p;
  const char **names = calloc(net->n_populations + (size_t)1, sizeof *names);
  for (uint32_t i = 0; names && i < net->n_populations; i++) names[i] = net->populations[i].name;
  h9_fail(e, H9_EDATA, "there is no population '%.200s'", name);
  if (names) h9_fail_near(e, name, names, net->n_populations, true);
  free(names);
  return -1;
}

uint32_t h9_network_population_of(const h9_network *net, h9_id id) {
  uint32_t lo = 0, hi = net->n_populations;
  while (hi - lo > 1) { /* the last one whose first id is not above `id` */
    uint32_t mid = lo + (hi - lo) / 2;
    if (net->populations[mid].first <= id) lo = mid;
    else hi = mid;
  }
  return lo;
}

const h9_value *h9_population_value(const h9_population *p, const char *name) {
  for (uint32_t i = 0; i < p->n_values; i++)
    if (strcmp(p->values[i].name, name) == 0) return &p->values[i];
  return NULL;
}

bool h9_network_is_loaded(const h9_network *net) {
  for (uint32_t i = 0; i < net->n_populations; i++) {
    const h9_population *p = &net->populations[i];
    if (p->placed && !net->x) return false;
    for (uint32_t k = 0; k < p->n_values; k++)
      if (p->values[k].varies && !p->values[k].column) return false;
  }
  return true;
}

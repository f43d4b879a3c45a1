/* The key synapse of a connection: a model's name, or a map of the model and its values. */
#include "config_synapses.h"

#include "../base/memory.h"
#include "../model/synapses.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keys of the connection itself that are values of its synapses, too. */
static const char *const beside[] = {"axonal_delay", "dendritic_delay"};

static const h9_synapse_model *read_model(h9_config_reader *r, const h9_node *n) {
  char hint[300], t[100], all[400] = "";
  const char *names[32];
  size_t k = 0;
  const h9_synapse_model *m = n->type == H9_NODE_SCALAR ? h9_synapse_find(n->text) : NULL;
  if (m) return m;
  for (const h9_synapse_model *x; k < 32 && (x = h9_synapse_at(k)); k++) {
    names[k] = x->name;
    if (strlen(all) + strlen(x->name) + 3 < sizeof all) strcat(strcat(all, k ? ", " : ""), x->name);
  }
  h9_config_mistake(r, n, "synapse", "unknown synapse model %s%s (known: %s)", h9_config_found(n, t, sizeof t),
                    n->type == H9_NODE_SCALAR ? h9_config_hint(n->text, names, k, hint, sizeof hint) : "", all);
  return NULL;
}

static bool keep(h9_config_reader *r, h9_projection *p, const char *name, double v) {
  h9_synapse_value *grown = realloc(p->synapse_values, (p->n_synapse_values + 1) * sizeof *grown);
  if (grown) p->synapse_values = grown;
  char *copy = h9_strdup(name);
  if (!grown || !copy) {
    free(copy);
    r->out_of_memory = true;
    return false;
  }
  grown[p->n_synapse_values++] = (h9_synapse_value){copy, v};
  return true;
}

/* The value `v` of m, given at `key`; `unit`: of weights onto the target. */
static bool read_value(h9_config_reader *r, const h9_node *key, const h9_node *item, const h9_model_value *v,
                       const char *weight_unit, h9_projection *p) {
  double x = v->initial;
  if (strcmp(v->unit, "population") == 0) {
    uint32_t *index = calloc((size_t)r->c->net.n_populations + 1, sizeof *index);
    if (!index) return r->out_of_memory = true, false;
    uint32_t n = h9_config_populations(r, item, v->name, index);
    x = index[0];
    free(index);
    if (n > 1) h9_config_mistake(r, item, v->name, "found %u populations, expected one", n);
    return n == 1 && keep(r, p, v->name, x);
  }
  if (!item) {
    h9_config_mistake(r, key, v->name, "found nothing, expected a number");
    return false;
  }
  h9_unit unit = h9_model_unit(strcmp(v->unit, "weight") == 0 ? weight_unit : v->unit);
  if (!h9_config_number(r, item, v->name, &unit, v->low, v->high, &x)) return false;
  if (isinf(x)) {
    h9_config_mistake(r, item, v->name, "found %g, expected a finite number", x);
    return false;
  }
  return keep(r, p, v->name, x);
}

static bool unknown(h9_config_reader *r, const h9_node *key, const h9_synapse_model *m) {
  const char *names[H9_SYNAPSE_VALUES_MAX];
  char hint[300], all[600] = "";
  size_t len = 0;
  for (uint32_t j = 0; j < m->n_values; j++) {
    names[j] = m->values[j].name;
    if (len < sizeof all)
      len += (size_t)snprintf(all + len, sizeof all - len, "%s%s", j ? ", " : "", names[j]);
  }
  h9_config_mistake(r, key, key->text, "unknown value of synapse model %s%s (known: %s)", m->name,
                    h9_config_hint(key->text, names, m->n_values, hint, sizeof hint),
                    m->n_values ? all : "none");
  return false;
}

/* Weights that are known now: the others are looked at when they are made. */
static bool check_weight(h9_config_reader *r, const h9_node *entry, const h9_synapse_model *m,
                         const double *values, const h9_projection *p) {
  char why[200];
  const h9_node *weight = h9_node_get(entry, "weight");
  if (!h9_dist_is_constant(&p->weight) ||
      h9_synapse_weight_fits(m, values, h9_dist_constant(&p->weight), why, sizeof why))
    return true;
  h9_config_mistake(r, weight ? weight : entry, "weight", "%s: %s", m->name, why);
  return false;
}

/* The delay is known, or bounded, now. */
static bool check_delay(h9_config_reader *r, const h9_node *at, const h9_synapse_model *m, const double *values,
                        const h9_projection *p) {
  if (m->kind < H9_SYNAPSE_STDP || !h9_dist_is_constant(&p->delay)) return true;
  double dt = r->c->net.dt, d = h9_dist_constant(&p->delay), axonal = h9_synapse_value_of(m, values, "axonal_delay");
  double dendritic = h9_synapse_value_of(m, values, "dendritic_delay");
  if (!isnan(dendritic)) axonal = d - dendritic;
  if (axonal > -dt / 2 && d - axonal > dt / 2) return true;
  h9_config_mistake(r, at, "synapse", "axonal delay of %.9g ms and dendritic delay of %.9g ms, expected at least 0 and %.9g ms (one step)",
                    axonal, d - axonal, dt);
  return false;
}

bool h9_config_read_synapse(h9_config_reader *r, const h9_node *entry, const char *weight_unit,
                            h9_projection *p) {
  const h9_node *n = h9_node_get(entry, "synapse"), *map = n && n->type == H9_NODE_MAP ? n : NULL;
  const h9_node *model = map ? h9_node_get(map, "model") : n;
  bool good = true;
  if (map && !model) {
    h9_config_mistake(r, n, "model", "is missing, expected the name of a synapse model");
    return false;
  }
  const h9_synapse_model *m = model ? read_model(r, model) : h9_synapse_at(0);
  if (!m) return false;
  free(p->synapse);
  if (!(p->synapse = h9_strdup(m->name))) return r->out_of_memory = true, false;
  for (size_t i = 0; map && i < map->n; i++) {
    const h9_node *key = map->key[i];
    if (strcmp(key->text, "model") == 0) continue;
    if (strcmp(key->text, "trace") == 0) {
      good = h9_config_bool(r, map->item[i], "trace", &p->trace) && good;
      continue;
    }
    int k = h9_synapse_value_find(m, key->text);
    good = (k < 0 ? unknown(r, key, m) : read_value(r, key, map->item[i], &m->values[k], weight_unit, p)) && good;
  }
  for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
    const h9_node *item = h9_node_get(entry, beside[i]);
    if (!item) continue;
    int k = h9_synapse_value_find(m, beside[i]);
    if (k < 0) {
      h9_config_mistake(r, item, beside[i], "synapses of model %s do not tell the parts of a delay", m->name);
      good = false;
    } else if (map && h9_node_get(map, beside[i])) {
      h9_config_mistake(r, item, beside[i], "is given here and under synapse");
      good = false;
    } else good = read_value(r, item, item, &m->values[k], weight_unit, p) && good;
  }
  good = h9_config_bool(r, h9_node_get(entry, "trace"), "trace", &p->trace) && good;
  if (!good) return false;
  if (p->trace && !h9_synapse_is_plastic(m)) {
    h9_config_mistake(r, n ? n : entry, "trace", "synapses of model static have nothing to trace");
    return false;
  }
  h9_error e = {0};
  double values[H9_SYNAPSE_VALUES_MAX];
  if (h9_synapse_values(&r->c->net, p, &m, values, &e) != H9_OK) {
    h9_config_mistake(r, n ? n : entry, "synapse", "%s", e.text);
    return false;
  }
  return check_weight(r, entry, m, values, p) && check_delay(r, n ? n : entry, m, values, p);
}

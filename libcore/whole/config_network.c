/* Sections populations and connections. */
#include "config_synapses.h"

#include "../base/memory.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const h9_config_key population_keys[] = {{"count", "", true},
                                                {"model", NULL, true},
                                                {"params", NULL, false},
                                                {"state", NULL, false},
                                                {"layout", NULL, false}};
static const h9_config_key layout_keys[] = {
    {"type", NULL, true},      {"extent", "um", false},       {"center", "um", false},
    {"dimensions", "", false}, {"round", NULL, false},        {"jitter", "", false},
    {"spread", "um", false},   {"min_distance", "um", false}, {"file", NULL, false}};

static void read_layout(h9_config_reader *r, const h9_node *n, const char *what, h9_layout *l) {
  char label[300], hint[300];
  snprintf(label, sizeof label, "layout of %.200s", what);
  if (!H9_CONFIG_KEYS(r, n, n, label, layout_keys)) return;
  const h9_node *type = h9_node_get(n, "type");
  const char *name = h9_config_text(r, type, "type");
  if (!name) return;
  int t = h9_layout_parse(name);
  if (t <= H9_LAYOUT_NONE) {
    const char *names[H9_LAYOUTS];
    size_t k = 0;
    char all[200] = "";
    for (int i = H9_LAYOUT_NONE + 1; i < H9_LAYOUTS; i++) {
      names[k++] = h9_layout_name(i);
      strcat(strcat(all, k > 1 ? ", " : ""), h9_layout_name(i));
    }
    h9_config_mistake(r, type, "type", "unknown layout '%.80s'%s (known: %s)", name,
                      h9_config_hint(name, names, k, hint, sizeof hint), all);
    return;
  }
  l->type = (enum h9_layout_type)t;
  int n_extent = 0, n_center = 0, n_spread = 0;
  double dimensions = 0;
  bool good = h9_config_vector(r, h9_node_get(n, "extent"), "extent", &h9_unit_um, l->extent, 3, &n_extent);
  good =
      h9_config_vector(r, h9_node_get(n, "center"), "center", &h9_unit_um, l->center, 3, &n_center) && good;
  good =
      h9_config_vector(r, h9_node_get(n, "spread"), "spread", &h9_unit_um, l->spread, 3, &n_spread) && good;
  good = h9_config_whole(r, h9_node_get(n, "dimensions"), "dimensions", 1, 3, &dimensions) && good;
  good = h9_config_bool(r, h9_node_get(n, "round"), "round", &l->round) && good;
  good = h9_config_number(r, h9_node_get(n, "jitter"), "jitter", &h9_unit_one, 0, 1, &l->jitter) && good;
  good = h9_config_number(r, h9_node_get(n, "min_distance"), "min_distance", &h9_unit_um, 0, INFINITY,
                          &l->min_distance) &&
         good;
  const h9_node *file = h9_node_get(n, "file");
  if (file) {
    if (file->type == H9_NODE_SCALAR && file->text[0]) {
      free(l->file);
      if (!(l->file = h9_strdup(file->text))) r->out_of_memory = true;
    } else {
      h9_config_mistake(r, file, "file", "expected the name of a file of positions");
      good = false;
    }
  }
  if (n_center == 1) l->center[1] = l->center[2] = l->center[0];
  l->dimensions = (int)dimensions;
  h9_error e = {0};
  if (good && h9_layout_complete(l, n_extent, n_spread, &e) != H9_OK)
    h9_config_mistake(r, n, label, "%s", e.text);
}

/* One of the maps params and state. */
static void read_values(h9_config_reader *r, const h9_node *map, const h9_model *m, bool state,
                        h9_population_config *p, double *constant, bool *all_constant) {
  const char *section = state ? "state" : "params";
  char t[100], hint[300];
  if (!map) return;
  if (map->type != H9_NODE_MAP) {
    h9_config_mistake(r, map, section, "found %s, expected a map of names and values",
                      h9_config_found(map, t, sizeof t));
    return;
  }
  for (size_t i = 0; i < map->n; i++) {
    const h9_node *key = map->key[i];
    int k = h9_model_value_find(m, key->text);
    if (k < 0) {
      const char *names[H9_MODEL_VALUES_MAX];
      char all[600] = "";
      size_t len = 0;
      for (uint32_t j = 0; j < m->n_values; j++) {
        names[j] = m->values[j].name;
        if (len < sizeof all)
          len += (size_t)snprintf(all + len, sizeof all - len, "%s%s", j ? ", " : "", names[j]);
      }
      h9_config_mistake(r, key, key->text, "unknown value of model %s%s (known: %s)", m->name,
                        h9_config_hint(key->text, names, m->n_values, hint, sizeof hint), all);
      continue;
    }
    const h9_model_value *v = &m->values[k];
    if (v->state != state) {
      h9_config_mistake(r, key, key->text, "belongs under %s, found it under %s",
                        v->state ? "state" : "params", section);
      continue;
    }
    h9_dist d;
    h9_unit unit = h9_model_unit(v->unit);
    if (!h9_config_dist(r, map->item[i], key->text, &unit, H9_PLACE_POINT, &d)) continue;
    if (h9_dist_is_constant(&d)) {
      double c = h9_dist_constant(&d);
      constant[k] = c;
      if (!(c >= v->low && c <= v->high) || isnan(c) || isinf(c)) {
        const char *u = unit.name;
        if (v->low == DBL_MIN)
          h9_config_mistake(r, map->item[i], key->text, "found %.9g %s, expected more than 0", c, u);
        else if (isinf(v->low) && isinf(v->high))
          h9_config_mistake(r, map->item[i], key->text, "found %.9g, expected a finite number of %s", c, u);
        else
          h9_config_mistake(r, map->item[i], key->text, "found %.9g %s, expected %.9g to %.9g", c, u, v->low,
                            v->high);
        h9_dist_release(&d);
        *all_constant = false;
        continue;
      }
    } else *all_constant = false;
    char **names = realloc(p->value_name, (p->n_values + 1) * sizeof *names);
    if (names) p->value_name = names;
    h9_dist *dists = realloc(p->value, (p->n_values + 1) * sizeof *dists);
    if (dists) p->value = dists;
    char *copy = h9_strdup(v->name);
    if (!names || !dists || !copy) {
      free(copy);
      h9_dist_release(&d);
      r->out_of_memory = true;
      return;
    }
    names[p->n_values] = copy;
    dists[p->n_values++] = d;
  }
}

static void read_population(h9_config_reader *r, const h9_node *key, const h9_node *n, h9_population *pop,
                            h9_population_config *pc) {
  char what[300], hint[300];
  snprintf(what, sizeof what, "population %.200s", key->text);
  if (!n || n->type != H9_NODE_MAP) {
    H9_CONFIG_KEYS(r, n, key, what, population_keys);
    return;
  }
  H9_CONFIG_KEYS(r, n, key, what, population_keys);
  double count = 1;
  if (h9_config_whole(r, h9_node_get(n, "count"), "count", 1, H9_ID_MAX, &count))
    pop->count = (uint32_t)count;
  const h9_node *model = h9_node_get(n, "model");
  const char *name = model ? h9_config_text(r, model, "model") : NULL;
  const h9_model *m = name ? h9_model_find(name) : NULL;
  /* a model of the file's own that is not there has mistakes, which are noted */
  if (name && !m && !h9_node_get(h9_node_get(r->c->yaml.root, "models"), name)) {
    const char *names[64];
    size_t k = 0;
    char all[600] = "";
    for (const h9_model *x; k < 64 && (x = h9_model_at(k)); k++) {
      names[k] = x->name;
      if (strlen(all) + strlen(x->name) + 3 < sizeof all) strcat(strcat(all, k ? ", " : ""), x->name);
    }
    h9_config_mistake(r, model, "model", "unknown model '%.80s'%s (known: %s)", name,
                      h9_config_hint(name, names, k, hint, sizeof hint), all);
  }
  if (name && !(pop->model = h9_strdup(name))) r->out_of_memory = true;
  if (m) {
    double constant[H9_MODEL_VALUES_MAX];
    bool all_constant = true;
    for (uint32_t i = 0; i < m->n_values; i++) constant[i] = m->values[i].initial;
    size_t before = r->n_mistakes;
    read_values(r, h9_node_get(n, "params"), m, false, pc, constant, &all_constant);
    read_values(r, h9_node_get(n, "state"), m, true, pc, constant, &all_constant);
    h9_error e = {0};
    if (all_constant && before == r->n_mistakes && h9_model_check(m, constant, &e) != H9_OK) {
      const h9_node *params = h9_node_get(n, "params");
      h9_config_mistake(r, params ? params : n, what, "%s", e.text);
    }
  }
  const h9_node *layout = h9_node_get(n, "layout");
  if (layout) {
    read_layout(r, layout, what, &pc->layout);
    pop->placed = pc->layout.type != H9_LAYOUT_NONE;
  }
}

void h9_config_read_populations(h9_config_reader *r, const h9_node *n) {
  h9_config *c = r->c;
  char t[100];
  if (!n || n->type != H9_NODE_MAP || n->n == 0) {
    h9_config_mistake(r, n, "populations", "found %s, expected a map of names and populations",
                      n && n->n ? h9_config_found(n, t, sizeof t) : "none");
    return;
  }
  if (n->n > H9_POPULATIONS_MAX) {
    h9_config_mistake(r, n, "populations", "found %zu, expected at most %u", n->n, H9_POPULATIONS_MAX);
    return;
  }
  c->net.populations = calloc(n->n, sizeof *c->net.populations);
  c->populations = calloc(n->n, sizeof *c->populations);
  if (!c->net.populations || !c->populations) {
    r->out_of_memory = true;
    return;
  }
  c->has_populations = true;
  uint64_t total = 0;
  for (size_t i = 0; i < n->n; i++) {
    h9_population *p = &c->net.populations[c->net.n_populations];
    const char *name = h9_config_text(r, n->key[i], "populations");
    if (!name) continue;
    if (strcmp(name, "*") == 0 || strpbrk(name, ",\t\n "))
      h9_config_mistake(r, n->key[i], name,
                        "a population's name holds no space, comma or tab and is not '*'");
    p->name = h9_strdup(name);
    p->count = 1;
    if (!p->name) r->out_of_memory = true;
    read_population(r, n->key[i], n->item[i], p, &c->populations[c->net.n_populations]);
    p->first = (h9_id)(total + 1);
    total += p->count;
    c->net.n_populations++;
    if (total > H9_ID_MAX) {
      h9_config_mistake(r, n->key[i], name, "brings the network to %llu neurons, expected at most %u",
                        (unsigned long long)total, H9_ID_MAX);
      return;
    }
  }
  c->net.n_neurons = (uint32_t)total;
}

/* Connections. The keys that every rule takes, and those that only some do. */
static const h9_config_key connection_keys[] = {
    {"source", NULL, true},     {"target", NULL, true},     {"rule", NULL, true},
    {"name", NULL, false},      {"synapse", NULL, false},   {"receptor", "", false},
    {"weight", "", false},      {"delay", "ms", false},     {"autapses", NULL, false},
    {"multapses", NULL, false}, {"symmetric", NULL, false}, {"periodic", NULL, false},
    {"number", "", false},      {"p", "", false},           {"mean", "", false},
    {"radius", "um", false},    {"kernel", NULL, false},    {"mask", NULL, false},
    {"trace", NULL, false},     {"axonal_delay", "ms", false}, {"dendritic_delay", "ms", false}};

/* Which key holds a rule's number, and whether it takes kernel and mask. */
static const struct rule_form {
  uint8_t rule;
  const char *number;
  bool space;
} rule_forms[] = {
    {H9_RULE_ONE_TO_ONE, NULL, false},
    {H9_RULE_ALL_TO_ALL, NULL, true},
    {H9_RULE_PAIRWISE_BERNOULLI, "p", true},
    {H9_RULE_PAIRWISE_POISSON, "mean", true},
    {H9_RULE_FIXED_INDEGREE, "number", true},
    {H9_RULE_FIXED_OUTDEGREE, "number", true},
    {H9_RULE_FIXED_TOTAL_NUMBER, "number", false},
    {H9_RULE_RADIUS, "radius", false},
    {H9_RULE_K_NEAREST, "number", false},
};

static const struct kernel_form {
  const char *name;
  uint8_t type;
  struct {
    const char *key;
    char unit;
    bool required;
    double initial;
  } arg[5]; /* u: um, 1: pure, +: more than 0 um */
} kernel_forms[] = {
    {"constant", H9_KERNEL_CONSTANT, {{0}}},
    {"gaussian", H9_KERNEL_GAUSSIAN, {{"sigma", '+', true, 0}, {"mean", 'u', false, 0}}},
    {"exponential", H9_KERNEL_EXPONENTIAL, {{"tau", '+', true, 0}}},
    {"gamma", H9_KERNEL_GAMMA, {{"kappa", 'p', true, 0}, {"theta", '+', true, 0}}},
    {"gabor",
     H9_KERNEL_GABOR,
     {{"sigma", '+', true, 0},
      {"lambda", '+', true, 0},
      {"theta", '1', false, 0},
      {"psi", '1', false, 0},
      {"gamma", 'p', false, 1}}},
    {"linear", H9_KERNEL_LINEAR, {{"range", '+', true, 0}}},
    {"step", H9_KERNEL_STEP, {{"range", '+', true, 0}}},
};

static bool read_kernel(h9_config_reader *r, const h9_node *n, h9_kernel *k) {
  char t[100], hint[300];
  static const char *const names[] = {"constant", "gaussian", "exponential", "gamma", "gabor",
                                      "linear",   "step",     "expression",  "cutoff"};
  if (n->type != H9_NODE_MAP) {
    h9_config_mistake(r, n, "kernel", "found %s, expected a map such as {gaussian: {sigma: 100 um}}",
                      h9_config_found(n, t, sizeof t));
    return false;
  }
  bool good = true;
  const h9_node *chosen = NULL;
  for (size_t i = 0; i < n->n; i++) {
    const char *name = n->key[i]->text;
    const struct kernel_form *f = NULL;
    for (size_t j = 0; j < sizeof kernel_forms / sizeof kernel_forms[0]; j++)
      if (strcmp(kernel_forms[j].name, name) == 0) f = &kernel_forms[j];
    if (strcmp(name, "cutoff") == 0) {
      good = h9_config_number(r, n->item[i], "cutoff", &h9_unit_um, DBL_MIN, INFINITY, &k->cutoff) && good;
      continue;
    }
    if (!f && strcmp(name, "expression") != 0) {
      h9_config_mistake(r, n->key[i], "kernel",
                        "unknown kernel '%.80s'%s (known: constant, gaussian, exponential, gamma, gabor, "
                        "linear, step, expression; cutoff)",
                        name, h9_config_hint(name, names, 9, hint, sizeof hint));
      good = false;
      continue;
    }
    if (chosen) {
      h9_config_mistake(r, n->key[i], "kernel", "found a second kernel, '%.80s', beside '%.80s'", name,
                        chosen->text);
      good = false;
      continue;
    }
    chosen = n->key[i];
    if (!f) {
      h9_node plain = *n->item[i];
      plain.quoted = false; /* an expression may be quoted */
      k->type = H9_KERNEL_EXPRESSION;
      good = h9_config_expr(r, &plain, "expression", &h9_unit_one, H9_PLACE_PAIR, &k->expr) && good;
      continue;
    }
    k->type = f->type;
    h9_config_key keys[5];
    size_t n_keys = 0;
    for (; n_keys < 5 && f->arg[n_keys].key; n_keys++)
      keys[n_keys] = (h9_config_key){f->arg[n_keys].key, "um", f->arg[n_keys].required};
    if (n_keys == 0) continue;
    if (!h9_config_keys(r, n->item[i], n->key[i], name, keys, n_keys)) {
      good = false;
      continue;
    }
    for (size_t a = 0; a < n_keys; a++) {
      char u = f->arg[a].unit;
      k->arg[a] = f->arg[a].initial;
      good = h9_config_number(r, h9_node_get(n->item[i], keys[a].name), keys[a].name,
                              u == 'u' || u == '+' ? &h9_unit_um : &h9_unit_one,
                              u == '+' || u == 'p' ? DBL_MIN : -INFINITY, INFINITY, &k->arg[a]) &&
             good;
    }
  }
  if (good && !chosen) h9_config_mistake(r, n, "kernel", "names no kernel, expected one such as gaussian");
  return good && chosen;
}

static bool read_mask(h9_config_reader *r, const h9_node *n, h9_mask *m) {
  static const h9_config_key keys[] = {
      {"sphere", NULL, false}, {"box", NULL, false},   {"ellipsoid", NULL, false}, {"doughnut", NULL, false},
      {"anchor", "um", false}, {"azimuth", "", false}, {"polar", "", false}};
  static const h9_config_key sphere[] = {{"radius", "um", true}},
                             box[] = {{"low", "um", true}, {"high", "um", true}},
                             ellipsoid[] = {{"axes", "um", true}},
                             doughnut[] = {{"inner", "um", true}, {"outer", "um", true}};
  if (!H9_CONFIG_KEYS(r, n, n, "mask", keys)) return false;
  int given = 0, chosen = 0;
  bool good = true;
  const h9_node *s;
  if ((s = h9_node_get(n, "sphere")) && ++chosen) {
    m->type = H9_MASK_SPHERE;
    good =
        H9_CONFIG_KEYS(r, s, n, "sphere", sphere) &&
        h9_config_number(r, h9_node_get(s, "radius"), "radius", &h9_unit_um, DBL_MIN, INFINITY, &m->arg[0]) &&
        good;
  }
  if ((s = h9_node_get(n, "box")) && ++chosen) {
    m->type = H9_MASK_BOX;
    int g1 = 0, g2 = 0;
    good = H9_CONFIG_KEYS(r, s, n, "box", box) &&
           h9_config_vector(r, h9_node_get(s, "low"), "low", &h9_unit_um, m->arg, 3, &g1) &&
           h9_config_vector(r, h9_node_get(s, "high"), "high", &h9_unit_um, m->arg + 3, 3, &g2) && good;
    if (good && g1 != g2) {
      h9_config_mistake(r, s, "box", "found %d numbers in low and %d in high, expected as many", g1, g2);
      good = false;
    }
    for (int i = g1; i < 3; i++)
      m->arg[i] = -INFINITY, m->arg[3 + i] = INFINITY; /* directions not given are free */
    for (int i = 0; good && i < g1; i++)
      if (!(m->arg[i] < m->arg[3 + i])) {
        h9_config_mistake(r, s, "box", "low is %.9g um and high %.9g um, expected low below high", m->arg[i],
                          m->arg[3 + i]);
        good = false;
      }
  }
  if ((s = h9_node_get(n, "ellipsoid")) && ++chosen) {
    m->type = H9_MASK_ELLIPSOID;
    good = H9_CONFIG_KEYS(r, s, n, "ellipsoid", ellipsoid) &&
           h9_config_vector(r, h9_node_get(s, "axes"), "axes", &h9_unit_um, m->arg, 3, &given) && good;
    for (int i = given; i < 3; i++) m->arg[i] = INFINITY;
    for (int i = 0; good && i < given; i++)
      if (!(m->arg[i] > 0)) {
        h9_config_mistake(r, s, "axes", "found %.9g um, expected more than 0", m->arg[i]);
        good = false;
      }
  }
  if ((s = h9_node_get(n, "doughnut")) && ++chosen) {
    m->type = H9_MASK_DOUGHNUT;
    good =
        H9_CONFIG_KEYS(r, s, n, "doughnut", doughnut) &&
        h9_config_number(r, h9_node_get(s, "inner"), "inner", &h9_unit_um, 0, INFINITY, &m->arg[0]) &&
        h9_config_number(r, h9_node_get(s, "outer"), "outer", &h9_unit_um, DBL_MIN, INFINITY, &m->arg[1]) &&
        good;
    if (good && !(m->arg[0] < m->arg[1])) {
      h9_config_mistake(r, s, "doughnut", "inner is %.9g um and outer %.9g um, expected inner below outer",
                        m->arg[0], m->arg[1]);
      good = false;
    }
  }
  if (chosen != 1) {
    h9_config_mistake(r, n, "mask", "found %d shapes, expected one of sphere, box, ellipsoid, doughnut",
                      chosen);
    return false;
  }
  good = h9_config_vector(r, h9_node_get(n, "anchor"), "anchor", &h9_unit_um, m->anchor, 3, &given) && good;
  good = h9_config_number(r, h9_node_get(n, "azimuth"), "azimuth", &h9_unit_one, -INFINITY, INFINITY,
                          &m->azimuth) &&
         good;
  good =
      h9_config_number(r, h9_node_get(n, "polar"), "polar", &h9_unit_one, -INFINITY, INFINITY, &m->polar) &&
      good;
  return good;
}

/* Everything of an entry but source, target and weight, which follow for each pair. */
static bool read_rule(h9_config_reader *r, const h9_node *n, h9_projection *p) {
  char hint[300];
  const h9_node *rule = h9_node_get(n, "rule");
  const char *name = h9_config_text(r, rule, "rule");
  if (!name) return false;
  const struct rule_form *f = NULL;
  const char *names[sizeof rule_forms / sizeof rule_forms[0]];
  char all[400] = "";
  for (size_t i = 0; i < sizeof rule_forms / sizeof rule_forms[0]; i++) {
    names[i] = h9_rule_name(rule_forms[i].rule);
    strcat(strcat(all, i ? ", " : ""), names[i]);
    if (strcmp(names[i], name) == 0) f = &rule_forms[i];
  }
  if (!f) {
    h9_config_mistake(r, rule, "rule", "unknown rule '%.80s'%s (known: %s)", name,
                      h9_config_hint(name, names, sizeof names / sizeof names[0], hint, sizeof hint), all);
    return false;
  }
  bool good = true, neighbours = f->rule == H9_RULE_RADIUS || f->rule == H9_RULE_K_NEAREST;
  p->rule = f->rule;
  p->autapses = !neighbours;
  p->multapses = f->rule == H9_RULE_FIXED_INDEGREE || f->rule == H9_RULE_FIXED_OUTDEGREE ||
                 f->rule == H9_RULE_FIXED_TOTAL_NUMBER || f->rule == H9_RULE_PAIRWISE_POISSON;
  p->kernel = (h9_kernel){.scale = 1, .cutoff = INFINITY};
  static const char *const numbers[] = {"number", "p", "mean", "radius"};
  for (size_t i = 0; i < 4; i++) {
    const h9_node *given = h9_node_get(n, numbers[i]);
    if (given && (!f->number || strcmp(f->number, numbers[i]) != 0)) {
      h9_config_mistake(r, given, numbers[i], "is not a key of rule %s, which takes %s", name,
                        f->number ? f->number : "no number");
      good = false;
    }
  }
  if (!f->space)
    for (int i = 0; i < 2; i++) {
      const char *key = i ? "mask" : "kernel";
      const h9_node *given = h9_node_get(n, key);
      if (!given) continue;
      h9_config_mistake(r, given, key, "is not a key of rule %s", name);
      good = false;
    }
  const h9_node *number = f->number ? h9_node_get(n, f->number) : NULL;
  if (f->number && !number) {
    h9_config_mistake(r, n, f->number, "is missing, rule %s needs it", name);
    good = false;
  } else if (f->rule == H9_RULE_PAIRWISE_BERNOULLI)
    good = h9_config_number(r, number, "p", &h9_unit_one, 0, 1, &p->kernel.scale) && good;
  else if (f->rule == H9_RULE_PAIRWISE_POISSON)
    good = h9_config_number(r, number, "mean", &h9_unit_one, 0, 1e6, &p->number) && good;
  else if (f->rule == H9_RULE_RADIUS)
    good = h9_config_number(r, number, "radius", &h9_unit_um, 0, INFINITY, &p->number) && good;
  else if (number)
    good = h9_config_whole(r, number, "number", 0, f->rule == H9_RULE_FIXED_TOTAL_NUMBER ? 0x1p53 : H9_ID_MAX,
                           &p->number) &&
           good;
  good = h9_config_bool(r, h9_node_get(n, "autapses"), "autapses", &p->autapses) && good;
  good = h9_config_bool(r, h9_node_get(n, "multapses"), "multapses", &p->multapses) && good;
  good = h9_config_bool(r, h9_node_get(n, "symmetric"), "symmetric", &p->symmetric) && good;
  good = h9_config_bool(r, h9_node_get(n, "periodic"), "periodic", &p->periodic) && good;
  good =
      h9_config_number(r, h9_node_get(n, "receptor"), "receptor", &h9_unit_one, 0, 15, &p->receptor) && good;
  const h9_node *kernel = h9_node_get(n, "kernel"), *mask = h9_node_get(n, "mask");
  if (kernel && f->space) good = read_kernel(r, kernel, &p->kernel) && good;
  if (mask && f->space) good = read_mask(r, mask, &p->mask) && good;
  const h9_node *delay = h9_node_get(n, "delay");
  if (!delay) good = h9_dist_constant_make(&p->delay, 1) == H9_OK && good;
  else if (!h9_config_dist(r, delay, "delay", &h9_unit_ms, H9_PLACE_CONNECTION, &p->delay)) good = false;
  else if (h9_dist_is_constant(&p->delay)) {
    double d = h9_dist_constant(&p->delay), dt = r->c->net.dt;
    if (!(d >= dt / 2 && d <= H9_DELAY_MAX * dt)) {
      h9_config_mistake(r, delay, "delay",
                        "found %.9g ms, expected %.9g to %.9g ms (one step to %u steps of dt)", d, dt,
                        H9_DELAY_MAX * dt, H9_DELAY_MAX);
      good = false;
    }
  }
  return good;
}

static bool add_projection(h9_config_reader *r, const h9_node *n, const h9_projection *like, uint32_t s,
                           uint32_t t) {
  h9_network *net = &r->c->net;
  const h9_model *m = net->populations[t].model ? h9_model_find(net->populations[t].model) : NULL;
  if (!m) return false; /* said before */
  if (net->n_projections >= H9_PROJECTIONS_MAX) {
    h9_config_mistake(r, n, "connections", "more than %u projections", H9_PROJECTIONS_MAX);
    return false;
  }
  h9_projection *grown = realloc(net->projections, (net->n_projections + 1) * sizeof *grown);
  if (!grown) return r->out_of_memory = true, false;
  net->projections = grown;
  h9_projection *p = &grown[net->n_projections];
  *p = *like;
  p->source = s;
  p->target = t;
  p->name = p->synapse = NULL;
  p->weight = p->delay = (h9_dist){0};
  p->kernel.expr = (h9_expr){0};
  const h9_node *name = h9_node_get(n, "name"), *weight = h9_node_get(n, "weight");
  bool good = true;
  h9_unit unit = h9_model_unit(m->weight);
  if (weight) good = h9_config_dist(r, weight, "weight", &unit, H9_PLACE_CONNECTION, &p->weight);
  else if (h9_dist_constant_make(&p->weight, 1) != H9_OK) r->out_of_memory = true;
  const char *text = name ? h9_config_text(r, name, "name") : "";
  if (h9_dist_copy(&p->delay, &like->delay) != H9_OK ||
      h9_expr_copy(&p->kernel.expr, &like->kernel.expr) != H9_OK ||
      !(p->name = h9_strdup(text ? text : "")) || !(p->synapse = h9_strdup("static")))
    r->out_of_memory = true;
  net->n_projections++;
  return good && !r->out_of_memory && h9_config_read_synapse(r, n, m->weight, p);
}

void h9_config_read_connections(h9_config_reader *r, const h9_node *n) {
  char t[100];
  h9_network *net = &r->c->net;
  if (n->type != H9_NODE_LIST) {
    h9_config_mistake(r, n, "connections", "found %s, expected a list of maps",
                      h9_config_found(n, t, sizeof t));
    return;
  }
  r->c->has_connections = true;
  uint32_t *from = calloc(net->n_populations + 1, sizeof *from),
           *to = calloc(net->n_populations + 1, sizeof *to);
  if (!from || !to) r->out_of_memory = true;
  for (size_t i = 0; i < n->n && !r->out_of_memory; i++) {
    const h9_node *entry = n->item[i];
    if (!entry || entry->type != H9_NODE_MAP) {
      H9_CONFIG_KEYS(r, entry, n, "connections", connection_keys);
      continue;
    }
    bool good = H9_CONFIG_KEYS(r, entry, n, "connections", connection_keys);
    uint32_t n_from = h9_config_populations(r, h9_node_get(entry, "source"), "source", from);
    uint32_t n_to = h9_config_populations(r, h9_node_get(entry, "target"), "target", to);
    h9_projection like = {0};
    if (h9_node_get(entry, "rule")) good = read_rule(r, entry, &like) && good;
    for (uint32_t s = 0; s < n_from && good; s++)
      for (uint32_t k = 0; k < n_to && good; k++) good = add_projection(r, entry, &like, from[s], to[k]);
    h9_dist_release(&like.delay);
    h9_expr_release(&like.kernel.expr);
  }
  free(from);
  free(to);
}

/* Edges become connections, with a projection for each type, source and target population. */
#include "convert_sonata.h"

#include "../base/memory.h"
#include "../model/models.h"
#include "../model/synapses.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 1 << 16, GROUPS_MAX = 4096 };
enum { WEIGHT, DELAY, TIMES, ATTRIBUTES }; /* TIMES: how many synapses an edge stands for */
static const char *const attributes[ATTRIBUTES] = {"syn_weight", "delay", "nsyns"};

typedef struct type {       /* a row of the table */
  double value[ATTRIBUTES]; /* NaN: none */
  const h9_synapse_model *synapse;
  h9_sonata_params params;
} type;

typedef struct group {
  int64_t id;
  h9_h5_array array[ATTRIBUTES]; /* closed: it has none */
  double *whole[ATTRIBUTES];     /* once rows are not in order */
} group;

typedef struct reading {
  h9_sonata_import *x;
  const h9_h5 *h5;
  const char *name;
  h9_sonata_types types;
  type *type;       /* [types.n] */
  int32_t *kind_of; /* [types.n * populations] class; -1: none so far */
  const h9_sonata_nodes *source, *target;
  uint64_t n;
  h9_h5_array from, to, of, in, at; /* ids, type, group, place in it */
  group *group;
  size_t n_groups;
  /* of a round */
  int64_t *ids[5];
  double *value[ATTRIBUTES];
  uint64_t unweighted, undelayed, rounded;
  double worst; /* ms */
} reading;

static char *below(const reading *r, const char *what) {
  return h9_sonata_path("/edges/%s/%s", r->name, what);
}

/* ---- types ---- */

static int read_type(reading *r, size_t row, h9_error *e) {
  type *t = &r->type[row];
  h9_buf *notes = &r->x->m->notes;
  int rc = H9_OK;
  for (int k = 0; k < ATTRIBUTES && rc == H9_OK; k++) {
    bool there;
    t->value[k] = NAN;
    rc = h9_sonata_types_number(&r->types, row, attributes[k], &t->value[k], &there, e);
  }
  const char *template = h9_sonata_types_get(&r->types, row, "model_template"),
             *file = h9_sonata_types_get(&r->types, row, "dynamics_params"),
             *folder = r->x->config.synapses ? r->x->config.synapses : r->x->config.folder;
  const char *colon = template ? strrchr(template, ':') : NULL;
  t->synapse = h9_synapse_find(template ? (colon ? colon + 1 : template) : "static");
  if (!t->synapse) {
    h9_note(notes, "%s:%llu: synapse model '%s' is not of hal9-synapses(7): static connections",
            r->types.path, (unsigned long long)r->types.line[row + 1], template);
    t->synapse = h9_synapse_find("static");
  }
  if (rc == H9_OK && file) rc = h9_sonata_params_read(&t->params, folder, file, e);
  for (size_t i = 0; i < t->params.n && rc == H9_OK; i++)
    if (h9_synapse_value_find(t->synapse, t->params.param[i].name) < 0)
      h9_note(notes, "%s: synapse model %s has no parameter %s, which is not taken over", file,
              t->synapse->name, t->params.param[i].name);
  return rc;
}

/* A parameter's value; of a population its index. */
static int synapse_value(const reading *r, const type *t, const struct h9_sonata_param *p, double *value,
                         h9_error *e) {
  const h9_model_value *v = &t->synapse->values[h9_synapse_value_find(t->synapse, p->name)];
  *value = p->value;
  if (strcmp(v->unit, "population") == 0) {
    int at = h9_network_find(&r->x->m->net, p->text ? p->text : "");
    if (at < 0)
      return h9_fail(e, H9_EDATA, "%s: parameter %s of %s: found '%s', expected a population", r->types.path,
                     p->name, t->synapse->name, p->text ? p->text : "a number");
    *value = at;
  } else if (p->text || !(p->value >= v->low && p->value <= v->high))
    return h9_fail(e, H9_EDATA, "%s: parameter %s of %s: found %.9g, expected a number from %.9g to %.9g",
                   r->types.path, p->name, t->synapse->name, p->value, v->low, v->high);
  return H9_OK;
}

/* The class of connections of a type onto a population. */
static int kind_of(reading *r, size_t row, uint32_t population, uint16_t *kind, h9_error *e) {
  h9_import *m = r->x->m;
  int32_t *known = &r->kind_of[row * m->net.n_populations + population];
  const type *t = &r->type[row];
  if (*known >= 0) {
    *kind = (uint16_t)*known;
    return H9_OK;
  }
  if (m->n_classes == UINT16_MAX)
    return h9_fail(e, H9_EDATA, "%s: more than %u pairs of a type and a population", r->types.path,
                   UINT16_MAX);
  if (h9_grow(&m->classes, &m->cap_classes, m->n_classes + (size_t)1, sizeof *m->classes) != H9_OK)
    return h9_fail_memory(e, m->n_classes * sizeof *m->classes, "types");
  *known = (int32_t)m->n_classes;
  *kind = (uint16_t)m->n_classes;
  h9_import_class *c = &m->classes[m->n_classes++];
  const char *name = h9_sonata_types_get(&r->types, row, "name");
  *c = (h9_import_class){.target = population,
                         .name = h9_strdup(name && h9_import_is_name(name, strlen(name)) ? name : ""),
                         .synapse = h9_strdup(t->synapse->name),
                         .values = calloc(t->params.n + 1, sizeof *c->values)};
  if (!c->name || !c->synapse || !c->values)
    return h9_fail_memory(e, t->params.n * sizeof *c->values, "types");
  for (uint32_t i = 0; i < t->synapse->n_values; i++) /* in the model's order, as everywhere */
    for (size_t j = 0; j < t->params.n; j++) {
      if (strcmp(t->params.param[j].name, t->synapse->values[i].name) != 0) continue;
      h9_synapse_value *v = &c->values[c->n_values++];
      if (!(v->name = h9_strdup(t->params.param[j].name))) return h9_fail_memory(e, 64, "a name");
      int rc = synapse_value(r, t, &t->params.param[j], &v->value, e);
      if (rc != H9_OK) return rc;
    }
  return H9_OK;
}

/* ---- groups ---- */

static int open_groups(reading *r, h9_error *e) {
  char **names = NULL, *path = h9_sonata_path("/edges/%s", r->name);
  size_t n = 0;
  int rc = path ? h9_h5_members(r->h5, path, &names, &n, e) : h9_fail_memory(e, 64, "a name");
  r->group = calloc(n + 1, sizeof *r->group);
  if (rc == H9_OK && (!r->group || n > GROUPS_MAX)) rc = h9_fail_memory(e, n * sizeof *r->group, "groups");
  for (size_t i = 0; i < n && rc == H9_OK; i++) {
    if (strspn(names[i], "0123456789") != strlen(names[i]) || strlen(names[i]) > 9) continue;
    group *g = &r->group[r->n_groups++];
    char **members = NULL, *inner = below(r, names[i]);
    size_t n_members = 0;
    g->id = strtoll(names[i], NULL, 10);
    for (int k = 0; k < ATTRIBUTES; k++) g->array[k].id = -1;
    rc = inner ? h9_h5_members(r->h5, inner, &members, &n_members, e) : h9_fail_memory(e, 64, "a name");
    for (size_t j = 0; j < n_members && rc == H9_OK; j++) {
      int k = 0;
      while (k < ATTRIBUTES && strcmp(members[j], attributes[k]) != 0) k++;
      if (k == ATTRIBUTES) {
        h9_note(&r->x->m->notes, "%s:%s/%s: is not taken over", r->h5->path, inner, members[j]);
        continue;
      }
      char *at = h9_sonata_path("%s/%s", inner, members[j]);
      rc = at ? h9_h5_array_open(&g->array[k], r->h5, at, e) : h9_fail_memory(e, 64, "a name");
      if (rc == H9_OK && g->array[k].width)
        rc = h9_fail(e, H9_EDATA, "%s: expected a list", g->array[k].where);
      free(at);
    }
    h9_h5_members_release(members, n_members);
    free(inner);
  }
  h9_h5_members_release(names, n);
  free(path);
  return rc;
}

static group *group_of(const reading *r, int64_t id) {
  for (size_t i = 0; i < r->n_groups; i++)
    if (r->group[i].id == id) return &r->group[i];
  return NULL;
}

/* Values of rows whose places in one group follow each other are read as they lie; else the group's are all
 * kept. */
static int gather(reading *r, uint64_t first, size_t n, h9_error *e) {
  const int64_t *in = r->in.id >= 0 ? r->ids[3] : NULL, *at = r->at.id >= 0 ? r->ids[4] : NULL;
  bool in_order = true;
  for (size_t i = 1; i < n; i++) in_order &= (!in || in[i] == in[0]) && (!at || at[i] == at[0] + (int64_t)i);
  for (size_t i = 0; i < n; i++)
    for (int k = 0; k < ATTRIBUTES; k++) r->value[k][i] = NAN;
  for (size_t i = 0; i < n; i++) {
    group *g = group_of(r, in ? in[i] : 0);
    int64_t place = at ? at[i] : (int64_t)(first + i);
    for (int k = 0; g && k < ATTRIBUTES; k++) {
      h9_h5_array *a = &g->array[k];
      int rc = H9_OK;
      if (a->id < 0) continue;
      if (place < 0 || (uint64_t)place >= a->n)
        return h9_fail(e, H9_EDATA, "%s: holds %llu values, but edge %llu is at %lld", a->where,
                       (unsigned long long)a->n, (unsigned long long)(first + i), (long long)place);
      if (in_order) rc = h9_h5_array_read(a, H9_H5_F64, (uint64_t)place, n, r->value[k], e);
      else {
        if (!g->whole[k]) {
          if (a->n > SIZE_MAX / 16 || !(g->whole[k] = malloc((size_t)a->n * 8)))
            return h9_fail_memory(e, (size_t)a->n * 8, a->where);
          rc = h9_h5_array_read(a, H9_H5_F64, 0, a->n, g->whole[k], e);
        }
        if (rc == H9_OK) r->value[k][i] = g->whole[k][place];
      }
      if (rc != H9_OK) return rc;
    }
    if (in_order) break;
  }
  return H9_OK;
}

/* ---- edges ---- */

static int delay_of(reading *r, uint64_t row, double ms, uint16_t *delay, h9_error *e) {
  double dt = r->x->m->o->dt, step = floor(ms / dt + 0.5), off = fabs(ms / dt - step);
  if (!(step >= 1 && step <= UINT16_MAX))
    return h9_fail(e, H9_EDATA,
                   "%s:/edges/%s: edge %llu: found delay %.9g ms, expected 1 to 65,535 steps of dt, %.9g ms",
                   r->h5->path, r->name, (unsigned long long)row, ms, dt);
  if (off > 1e-6 && !r->x->m->o->round)
    return h9_fail(
        e, H9_EDATA,
        "%s:/edges/%s: edge %llu: found delay %.15g ms, which is between steps, expected a multiple of dt, "
        "%.9g ms; or give --round, or another --dt",
        r->h5->path, r->name, (unsigned long long)row, ms, dt);
  r->rounded += off > 1e-6;
  if (off * dt > r->worst) r->worst = off * dt;
  *delay = (uint16_t)step;
  return H9_OK;
}

static int node(const reading *r, const h9_sonata_nodes *of, int64_t id, const char *what, uint64_t row,
                h9_id *to, h9_error *e) {
  if (id < 0 || id >= of->n)
    return h9_fail(e, H9_EDATA, "%s:/edges/%s/%s: edge %llu: found %lld, expected 0 to %u, a node of %s",
                   r->h5->path, r->name, what, (unsigned long long)row, (long long)id, of->n - 1, of->name);
  *to = of->id[id];
  return H9_OK;
}

static int take_edge(reading *r, uint64_t row, size_t i, size_t *type_row, h9_error *e) {
  h9_import *m = r->x->m;
  const h9_convert_options *o = m->o;
  h9_import_edge *to = &m->edge[m->n_edges];
  int64_t id = r->ids[2][i];
  h9_id target = 0;
  int rc = node(r, r->source, r->ids[0][i], "source_node_id", row, &m->source[m->n_edges], e);
  if (rc == H9_OK) rc = node(r, r->target, r->ids[1][i], "target_node_id", row, &target, e);
  if (rc != H9_OK) return rc;
  if (*type_row >= r->types.n || r->types.id[*type_row] != id)
    *type_row = h9_sonata_types_find(&r->types, id);
  if (*type_row == SIZE_MAX)
    return h9_fail(e, H9_EDATA, "%s:/edges/%s: edge %llu: type %lld is not in %s, expected it there",
                   r->h5->path, r->name, (unsigned long long)row, (long long)id,
                   r->types.path ? r->types.path : "a table of types, of which the configuration names none");
  double v[ATTRIBUTES];
  for (int k = 0; k < ATTRIBUTES; k++)
    v[k] = isnan(r->value[k][i]) ? r->type[*type_row].value[k] : r->value[k][i];
  if (isnan(v[WEIGHT])) v[WEIGHT] = isnan(o->weight) ? 1 : o->weight, r->unweighted++;
  if (isnan(v[DELAY])) v[DELAY] = isnan(o->delay) ? 1 : o->delay, r->undelayed++;
  *to = (h9_import_edge){.weight = v[WEIGHT] * (isnan(v[TIMES]) ? 1 : v[TIMES]), .target = target};
  if (!isfinite(to->weight))
    return h9_fail(e, H9_EDATA, "%s:/edges/%s: edge %llu: found an infinite weight", r->h5->path, r->name,
                   (unsigned long long)row);
  rc = delay_of(r, row, v[DELAY], &to->delay, e);
  if (rc == H9_OK) rc = kind_of(r, *type_row, h9_network_population_of(&m->net, target), &to->kind, e);
  m->n_edges += rc == H9_OK;
  return rc;
}

static int read_rounds(reading *r, h9_error *e) {
  h9_import *m = r->x->m;
  h9_h5_array *lists[5] = {&r->from, &r->to, &r->of, &r->in, &r->at};
  size_t type_row = SIZE_MAX;
  int rc = H9_OK;
  for (uint64_t first = 0; first < r->n && rc == H9_OK; first += ROWS) {
    size_t n = r->n - first < ROWS ? (size_t)(r->n - first) : ROWS;
    for (int k = 0; k < 5 && rc == H9_OK; k++)
      if (lists[k]->id >= 0) rc = h9_h5_array_read(lists[k], H9_H5_I64, first, n, r->ids[k], e);
    if (rc == H9_OK) rc = gather(r, first, n, e);
    if (rc == H9_OK && (h9_grow(&m->edge, &m->cap_edges, m->n_edges + n, sizeof *m->edge) != H9_OK ||
                        h9_grow(&m->source, &m->cap_sources, m->n_edges + n, sizeof *m->source) != H9_OK))
      rc = h9_fail_memory(e, (m->n_edges + n) * sizeof *m->edge, "connections");
    for (size_t i = 0; i < n && rc == H9_OK; i++) rc = take_edge(r, first + i, i, &type_row, e);
  }
  return rc;
}

/* The list at `what`, of as many edges as there are, and the nodes that it is of. */
static int open_list(reading *r, const char *what, bool needed, h9_h5_array *a, h9_error *e) {
  char *path = below(r, what);
  a->id = -1;
  int rc = !path                                ? h9_fail_memory(e, 64, "a name")
           : !needed && !h9_h5_has(r->h5, path) ? H9_OK
                                                : h9_h5_array_open(a, r->h5, path, e);
  free(path);
  if (rc != H9_OK || a->id < 0) return rc;
  if (a == &r->from) r->n = a->n;
  if (!a->whole || a->width || a->n != r->n)
    rc = h9_fail(e, H9_EDATA, "%s: found %llu %s, expected a list of %llu integers", a->where,
                 (unsigned long long)a->n, a->whole ? "integers" : "fractional numbers",
                 (unsigned long long)r->n);
  return rc;
}

static int nodes_of(const reading *r, const char *what, const h9_sonata_nodes **to, h9_error *e) {
  char name[H9_NAME_MAX + 1], *path = below(r, what);
  bool there;
  int rc = path ? h9_h5_get_text(r->h5, path, "node_population", name, sizeof name, &there, e)
                : h9_fail_memory(e, 64, "a name");
  if (rc == H9_OK && !there && r->x->n_nodes == 1) *to = &r->x->nodes[0];
  else if (rc == H9_OK && !there)
    rc = h9_fail(e, H9_EDATA, "%s:%s: no attribute node_population, expected the name of a population",
                 r->h5->path, path);
  else if (rc == H9_OK && !(*to = h9_sonata_nodes_find(r->x, name)))
    rc = h9_fail(e, H9_EDATA,
                 "%s:%s: node_population: found '%s', expected a population of the circuit's nodes",
                 r->h5->path, path, name);
  free(path);
  return rc;
}

static int read_population(reading *r, h9_error *e) {
  h9_h5_array *lists[5] = {&r->from, &r->to, &r->of, &r->in, &r->at};
  static const char *const names[5] = {"source_node_id", "target_node_id", "edge_type_id", "edge_group_id",
                                       "edge_group_index"};
  int rc = H9_OK;
  for (int k = 0; k < 5; k++) lists[k]->id = -1;
  for (int k = 0; k < 5 && rc == H9_OK; k++) rc = open_list(r, names[k], k < 3, lists[k], e);
  if (rc == H9_OK) rc = nodes_of(r, names[0], &r->source, e);
  if (rc == H9_OK) rc = nodes_of(r, names[1], &r->target, e);
  if (rc == H9_OK) rc = open_groups(r, e);
  for (int k = 0; k < 5 && rc == H9_OK; k++)
    if (!(r->ids[k] = calloc(ROWS, sizeof *r->ids[k]))) rc = h9_fail_memory(e, ROWS * 8, "connections");
  for (int k = 0; k < ATTRIBUTES && rc == H9_OK; k++)
    if (!(r->value[k] = calloc(ROWS, sizeof *r->value[k]))) rc = h9_fail_memory(e, ROWS * 8, "connections");
  if (rc == H9_OK) rc = read_rounds(r, e);
  h9_buf *notes = &r->x->m->notes;
  if (rc == H9_OK && r->unweighted)
    h9_note(notes, "%s:/edges/%s: %llu edges have no weight: %.9g", r->h5->path, r->name,
            (unsigned long long)r->unweighted, isnan(r->x->m->o->weight) ? 1 : r->x->m->o->weight);
  if (rc == H9_OK && r->undelayed)
    h9_note(notes, "%s:/edges/%s: %llu edges have no delay: %.9g ms", r->h5->path, r->name,
            (unsigned long long)r->undelayed, isnan(r->x->m->o->delay) ? 1 : r->x->m->o->delay);
  if (rc == H9_OK && r->rounded)
    h9_note(notes,
            "%s:/edges/%s: %llu delays are no multiples of dt, %.9g ms, and are rounded, by up to %.3g ms",
            r->h5->path, r->name, (unsigned long long)r->rounded, r->x->m->o->dt, r->worst);
  for (int k = 0; k < 5; k++) {
    if (lists[k]->id >= 0) h9_h5_array_close(lists[k]);
    free(r->ids[k]);
  }
  for (size_t i = 0; i < r->n_groups; i++)
    for (int k = 0; k < ATTRIBUTES; k++) {
      if (r->group[i].array[k].id >= 0) h9_h5_array_close(&r->group[i].array[k]);
      free(r->group[i].whole[k]);
    }
  free(r->group);
  for (int k = 0; k < ATTRIBUTES; k++) free(r->value[k]);
  return rc;
}

static int read_file(h9_sonata_import *x, const struct h9_sonata_file *f, h9_error *e) {
  reading base = {.x = x};
  h9_h5 h5 = {.id = -1};
  char **names = NULL;
  size_t n = 0, cells = 0;
  int rc = f->types ? h9_sonata_types_read(&base.types, f->types, "edge_type_id", e) : H9_OK;
  if (rc == H9_OK) {
    cells = base.types.n * x->m->net.n_populations;
    base.type = calloc(base.types.n + 1, sizeof *base.type);
    base.kind_of = malloc((cells + 1) * sizeof *base.kind_of);
    if (!base.type || !base.kind_of) rc = h9_fail_memory(e, cells * 4, "types");
  }
  for (size_t i = 0; i < cells && rc == H9_OK; i++) base.kind_of[i] = -1;
  for (size_t i = 0; i < base.types.n && rc == H9_OK; i++) rc = read_type(&base, i, e);
  if (rc == H9_OK) rc = h9_h5_open(&h5, f->h5, e);
  if (rc == H9_OK) rc = h9_h5_members(&h5, "/edges", &names, &n, e);
  for (size_t i = 0; i < n && rc == H9_OK; i++) {
    reading r = base;
    r.h5 = &h5;
    r.name = names[i];
    rc = read_population(&r, e);
  }
  h9_h5_members_release(names, n);
  if (h5.path) (void)!h9_h5_close(&h5, &(h9_error){0});
  for (size_t i = 0; base.type && i < base.types.n; i++) h9_sonata_params_release(&base.type[i].params);
  free(base.type);
  free(base.kind_of);
  h9_sonata_types_release(&base.types);
  return rc;
}

int h9_sonata_read_edges(h9_sonata_import *x, h9_error *e) {
  int rc = H9_OK;
  for (size_t i = 0; i < x->config.n_edges && rc == H9_OK; i++) rc = read_file(x, &x->config.edges[i], e);
  x->m->has_connections = x->config.n_edges > 0;
  return rc;
}

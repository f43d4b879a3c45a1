/* Nodes become populations: those of one type are one, named as the population of nodes, and after the type
 * where there are several. So each has one model, and parameters of a type stay exact numbers. */
#include "convert_sonata.h"

#include "../base/memory.h"
#include "../model/models.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GROUPS_MAX = 4096 };

typedef struct kind { /* of one population of nodes: a type, which is a population of hal9 */
  int64_t type;
  uint32_t count;
  h9_population *p;
  const h9_model *model;
  float *column[H9_MODEL_VALUES_MAX];
  double constant[H9_MODEL_VALUES_MAX];
} kind;

typedef struct reading {
  h9_sonata_import *x;
  const h9_h5 *h5;
  const char *name; /* of the population of nodes */
  h9_sonata_types types;
  const char *types_path;
  uint32_t n, first;               /* first: id of its first neuron */
  int64_t *id, *type, *group, *at; /* [n] by row; group, at: NULL where there is one group, in order */
  uint32_t *kind_of;               /* [n] by row */
  size_t n_kinds, cap_kinds;
  kind *kinds;
  uint64_t rounded;
} reading;

static int fail(const reading *r, h9_error *e, const char *what) {
  return h9_fail(e, H9_EDATA, "%s:/nodes/%s: %s", r->h5->path, r->name, what);
}

static char *below(const reading *r, const char *what) {
  return h9_sonata_path("/nodes/%s/%s", r->name, what);
}

/* A list of integers for each node; *to NULL where it is not, and need not be. */
static int list(const reading *r, const char *what, bool needed, int64_t **to, h9_error *e) {
  char *path = below(r, what);
  *to = NULL;
  int rc = !path                                ? h9_fail_memory(e, 64, "a name")
           : !needed && !h9_h5_has(r->h5, path) ? H9_OK
                                                : h9_h5_list(r->h5, path, H9_H5_I64, r->n, (void **)to, e);
  free(path);
  return rc;
}

/* ---- ids and types ---- */

/* Ids are 0 to n - 1, each once; without them they follow the rows. */
static int check_ids(reading *r, h9_error *e) {
  unsigned char *seen = calloc(r->n / 8 + 1, 1);
  int rc = seen ? H9_OK : h9_fail_memory(e, r->n / 8, "ids");
  if (rc == H9_OK && !r->id) {
    r->id = malloc(r->n * sizeof *r->id);
    if (!r->id) rc = h9_fail_memory(e, r->n * sizeof *r->id, "ids");
    for (uint32_t i = 0; i < r->n && rc == H9_OK; i++) r->id[i] = i;
  }
  for (uint32_t i = 0; i < r->n && rc == H9_OK; i++) {
    int64_t id = r->id[i];
    bool fine = id >= 0 && id < r->n;
    if (!fine || seen[id / 8] >> id % 8 & 1)
      rc = h9_fail(e, H9_EDATA, "%s:/nodes/%s/node_id: row %u: found %lld%s, expected 0 to %u, each once",
                   r->h5->path, r->name, i, (long long)id, fine ? " again" : "", r->n - 1);
    else seen[id / 8] |= (unsigned char)(1u << id % 8);
  }
  free(seen);
  return rc;
}

static int find_kind(reading *r, int64_t type, uint32_t hint, uint32_t *which, h9_error *e) {
  if (hint < r->n_kinds && r->kinds[hint].type == type) {
    *which = hint;
    return H9_OK;
  }
  for (uint32_t k = 0; k < r->n_kinds; k++)
    if (r->kinds[k].type == type) {
      *which = k;
      return H9_OK;
    }
  if (h9_grow(&r->kinds, &r->cap_kinds, r->n_kinds + 1, sizeof *r->kinds) != H9_OK)
    return h9_fail_memory(e, r->n_kinds * sizeof *r->kinds, "types");
  *which = (uint32_t)r->n_kinds;
  r->kinds[r->n_kinds++] = (kind){.type = type};
  return H9_OK;
}

/* Types in the order in which ids meet them; each node's. */
static int find_kinds(reading *r, h9_error *e) {
  uint32_t *row = malloc(r->n * sizeof *row), which = 0;
  r->kind_of = malloc(r->n * sizeof *r->kind_of);
  int rc = row && r->kind_of ? H9_OK : h9_fail_memory(e, r->n * 8, "types");
  for (uint32_t i = 0; i < r->n && rc == H9_OK; i++) row[r->id[i]] = i;
  for (uint32_t i = 0; i < r->n && rc == H9_OK; i++) {
    rc = find_kind(r, r->type[row[i]], which, &which, e);
    r->kind_of[row[i]] = which;
    if (rc == H9_OK) r->kinds[which].count++;
  }
  free(row);
  return rc;
}

/* The model that a template such as "nest:iaf_psc_exp" names. */
static int find_model(const reading *r, size_t row, kind *k, h9_error *e) {
  const char *type = h9_sonata_types_get(&r->types, row, "model_type"),
             *template = h9_sonata_types_get(&r->types, row, "model_template"), *names[64], *near;
  unsigned long long line = (unsigned long long)r->types.line[row + 1];
  if (type && strcmp(type, "virtual") == 0) template = "parrot_neuron";
  else if (type && strcmp(type, "point_neuron") != 0 && strcmp(type, "point_process") != 0 &&
           strcmp(type, "point_soma") != 0)
    return h9_fail(
        e, H9_EDATA,
        "%s:%llu: model_type: found '%s', expected point_neuron or virtual: neurons here are points",
        r->types.path, line, type);
  if (!template)
    return h9_fail(e, H9_EDATA, "%s:%llu: no model_template, expected one such as nest:iaf_psc_exp",
                   r->types.path, line);
  const char *colon = strrchr(template, ':'), *name = colon ? colon + 1 : template;
  k->model = h9_model_find(name);
  if (k->model) return H9_OK;
  size_t n = 0;
  for (const h9_model *m; n < 64 && (m = h9_model_at(n)); n++) names[n] = m->name;
  near = h9_nearest_name(name, names, n);
  return h9_fail(e, H9_EDATA, "%s:%llu: model_template: found '%s', expected a model of hal9-models(7)%s%s%s",
                 r->types.path, line, template, near ? "; did you mean " : "", near ? near : "",
                 near ? "?" : "");
}

/* Parameters of the type: a JSON file's, and the table's own columns by their names. */
static int take_constants(const reading *r, size_t row, kind *k, h9_error *e) {
  const char *file = h9_sonata_types_get(&r->types, row, "dynamics_params"),
             *folder = r->x->config.neurons ? r->x->config.neurons : r->x->config.folder;
  h9_sonata_params params = {0};
  int rc = H9_OK;
  for (uint32_t i = 0; i < k->model->n_values; i++) k->constant[i] = k->model->values[i].initial;
  if (file) rc = h9_sonata_params_read(&params, folder, file, e);
  for (size_t i = 0; i < params.n && rc == H9_OK; i++) {
    int at = params.param[i].text ? -1 : h9_model_value_find(k->model, params.param[i].name);
    if (at >= 0) k->constant[at] = params.param[i].value;
    else
      h9_note(&r->x->m->notes, "%s: model %s has no parameter %s, which is not taken over", file,
              k->model->name, params.param[i].name);
  }
  for (uint32_t i = 0; i < k->model->n_values && rc == H9_OK; i++) {
    double v;
    bool there;
    rc = h9_sonata_types_number(&r->types, row, k->model->values[i].name, &v, &there, e);
    if (rc == H9_OK && there) k->constant[i] = v;
  }
  h9_sonata_params_release(&params);
  return rc;
}

static int make_population(reading *r, kind *k, h9_error *e) {
  h9_network *net = &r->x->m->net;
  size_t row = h9_sonata_types_find(&r->types, k->type);
  if (row == SIZE_MAX)
    return h9_fail(e, H9_EDATA, "%s:/nodes/%s: type %lld is not in %s, expected it there", r->h5->path,
                   r->name, (long long)k->type,
                   r->types_path ? r->types.path : "a table of types, of which the configuration names none");
  if (net->n_populations == H9_POPULATIONS_MAX)
    return h9_fail(e, H9_EDATA, "%s: more than %u populations", r->h5->path, H9_POPULATIONS_MAX);
  h9_population *grown = realloc(net->populations, (net->n_populations + (size_t)1) * sizeof *grown);
  if (!grown) return h9_fail_memory(e, net->n_populations * sizeof *grown, "populations");
  net->populations = grown;
  h9_population *p = &net->populations[net->n_populations++];
  *p = (h9_population){.count = k->count, .first = net->n_neurons + 1};
  net->n_neurons += k->count;
  p->name = r->n_kinds == 1 ? h9_strdup(r->name) : h9_sonata_path("%s_%lld", r->name, (long long)k->type);
  if (!p->name) return h9_fail_memory(e, H9_NAME_MAX, "a name");
  if (!h9_import_is_name(p->name, strlen(p->name)))
    return h9_fail(
        e, H9_EDATA,
        "%s: found population '%s', expected a name of at most %u bytes without spaces and @ [ ] : ,",
        r->h5->path, p->name, H9_NAME_MAX);
  for (uint32_t i = 0; i + 1 < net->n_populations; i++)
    if (strcmp(net->populations[i].name, p->name) == 0)
      return h9_fail(e, H9_EDATA, "%s: found population '%s' again, expected each once", r->h5->path,
                     p->name);
  int rc = find_model(r, row, k, e);
  if (rc == H9_OK) rc = take_constants(r, row, k, e);
  if (rc == H9_OK && !(p->model = h9_strdup(k->model->name))) rc = h9_fail_memory(e, H9_NAME_MAX, "a name");
  return rc;
}

/* ---- positions and parameters of single nodes ---- */

typedef struct group {
  int64_t id;
  char *path; /* within the file */
} group;

static void round_to(reading *r, float *to, double v) {
  *to = (float)v;
  r->rounded += (double)*to != v && !isnan(v);
}

static int read_list(const h9_h5 *h5, const char *folder, const char *name, double **v, uint64_t *n,
                     uint32_t *width, h9_error *e) {
  h9_h5_array a;
  char *path = h9_sonata_path("%s/%s", folder, name);
  *v = NULL;
  int rc = path ? h9_h5_array_open(&a, h5, path, e) : h9_fail_memory(e, 64, "a name");
  free(path);
  if (rc != H9_OK) return rc;
  uint64_t wide = a.width ? a.width : 1;
  *n = a.n;
  *width = a.width;
  if (wide > 3) rc = h9_fail(e, H9_EDATA, "%s: found %u columns, expected 1 or 3", a.where, a.width);
  else if (a.n > H9_ID_MAX || !(*v = malloc((size_t)(a.n * wide + 1) * sizeof **v)))
    rc = h9_fail_memory(e, (size_t)a.n * wide * 8, a.where);
  else rc = h9_h5_array_read(&a, H9_H5_F64, 0, a.n, *v, e);
  h9_h5_array_close(&a);
  if (rc != H9_OK) free(*v), *v = NULL;
  return rc;
}

static bool in_group(const reading *r, uint32_t row, const group *g) {
  return !r->group || r->group[row] == g->id;
}
static uint64_t place_of(const reading *r, uint32_t row) { return r->at ? (uint64_t)r->at[row] : row; }

/* Coordinates: lists x, y, z, or a table of all three. */
static int take_positions(reading *r, const group *g, unsigned *axes, h9_error *e) {
  static const char *const names[] = {"x", "y", "z", "positions"};
  h9_network *net = &r->x->m->net;
  float *axis[3] = {net->x, net->y, net->z};
  int rc = H9_OK;
  for (int k = 0; k < 4 && rc == H9_OK; k++) {
    char *path = h9_sonata_path("%s/%s", g->path, names[k]);
    bool there = path && h9_h5_has(r->h5, path);
    double *v;
    uint64_t n;
    uint32_t width;
    free(path);
    if (!there) continue;
    rc = read_list(r->h5, g->path, names[k], &v, &n, &width, e);
    if (rc == H9_OK && (width != (k == 3 ? 3 : 0)))
      rc = fail(r, e, "coordinates: expected lists x, y and z, or a table of three columns");
    *axes |= k < 3 ? 1u << k : 7u;
    for (uint32_t i = 0; i < r->n && rc == H9_OK; i++) {
      if (!in_group(r, i, g)) continue;
      uint64_t at = place_of(r, i);
      h9_id id = r->x->nodes[r->x->n_nodes - 1].id[r->id[i]];
      if (at >= n)
        rc = h9_fail(e, H9_EDATA, "%s:%s/%s: holds %llu values, but a node is at %llu", r->h5->path, g->path,
                     names[k], (unsigned long long)n, (unsigned long long)at);
      else if (k < 3) round_to(r, &axis[k][id - 1], v[at]);
      else
        for (int j = 0; j < 3; j++) round_to(r, &axis[j][id - 1], v[3 * at + (uint64_t)j]);
    }
    free(v);
  }
  return rc;
}

/* Nodes that are told nothing have the type's value. */
static int begin_column(kind *k, int at, h9_error *e) {
  k->column[at] = malloc(k->count * sizeof(float));
  if (!k->column[at]) return h9_fail_memory(e, k->count * sizeof(float), k->model->values[at].name);
  for (uint32_t i = 0; i < k->count; i++) k->column[at][i] = (float)k->constant[at];
  return H9_OK;
}

static int take_value(reading *r, const group *g, const char *folder, const char *name, h9_error *e) {
  double *v;
  uint64_t n;
  uint32_t width, missing = 0;
  int rc = read_list(r->h5, folder, name, &v, &n, &width, e);
  if (rc == H9_OK && width) rc = h9_fail(e, H9_EDATA, "%s:%s/%s: expected a list", r->h5->path, folder, name);
  for (uint32_t i = 0; i < r->n && rc == H9_OK; i++) {
    if (!in_group(r, i, g)) continue;
    kind *k = &r->kinds[r->kind_of[i]];
    int at = h9_model_value_find(k->model, name);
    uint64_t place = place_of(r, i);
    h9_id id = r->x->nodes[r->x->n_nodes - 1].id[r->id[i]];
    if (at < 0) missing++;
    else if (place >= n)
      rc = h9_fail(e, H9_EDATA, "%s:%s/%s: holds %llu values, but a node is at %llu", r->h5->path, folder,
                   name, (unsigned long long)n, (unsigned long long)place);
    else if (isnan(v[place])) continue; /* BMTK's way to say that a node has none */
    else {
      if (!k->column[at]) rc = begin_column(k, at, e);
      if (rc == H9_OK) round_to(r, &k->column[at][id - k->p->first], v[place]);
    }
  }
  if (missing)
    h9_note(&r->x->m->notes, "%s:%s/%s: models of %u nodes have no such parameter, which is not taken over",
            r->h5->path, folder, name, missing);
  free(v);
  return rc;
}

static int take_values(reading *r, const group *g, h9_error *e) {
  char **names, *folder = h9_sonata_path("%s/dynamics_params", g->path);
  size_t n;
  if (!folder) return h9_fail_memory(e, 64, "a name");
  if (!h9_h5_has(r->h5, folder)) {
    free(folder);
    return H9_OK;
  }
  int rc = h9_h5_members(r->h5, folder, &names, &n, e);
  for (size_t i = 0; i < n && rc == H9_OK; i++) rc = take_value(r, g, folder, names[i], e);
  h9_h5_members_release(names, rc == H9_OK || names ? n : 0);
  free(folder);
  return rc;
}

/* What of a group is not known here. */
static int note_others(reading *r, const group *g, h9_error *e) {
  char **names;
  size_t n;
  int rc = h9_h5_members(r->h5, g->path, &names, &n, e);
  if (rc != H9_OK) return rc;
  for (size_t i = 0; i < n; i++)
    if (strcmp(names[i], "x") != 0 && strcmp(names[i], "y") != 0 && strcmp(names[i], "z") != 0 &&
        strcmp(names[i], "positions") != 0 && strcmp(names[i], "dynamics_params") != 0)
      h9_note(&r->x->m->notes, "%s:%s/%s: is not taken over", r->h5->path, g->path, names[i]);
  h9_h5_members_release(names, n);
  return H9_OK;
}

static int take_groups(reading *r, unsigned *axes, h9_error *e) {
  int64_t ids[GROUPS_MAX];
  int n = 0, rc = H9_OK;
  for (uint32_t i = 0; i < (r->group ? r->n : 1) && rc == H9_OK; i++) {
    int64_t id = r->group ? r->group[i] : 0;
    int k = 0;
    while (k < n && ids[k] != id) k++;
    if (k < n) continue;
    if (n == GROUPS_MAX || id < 0)
      rc = fail(r, e, "node_group_id: expected numbers from 0 on, of at most 4096 groups");
    else ids[n++] = id;
  }
  for (uint32_t i = 0; i < r->n && rc == H9_OK && r->at; i++)
    if (r->at[i] < 0) rc = fail(r, e, "node_group_index: expected numbers from 0 on");
  for (int k = 0; k < n && rc == H9_OK; k++) {
    group g = {ids[k], h9_sonata_path("/nodes/%s/%lld", r->name, (long long)ids[k])};
    if (!g.path) return h9_fail_memory(e, 64, "a name");
    if (h9_h5_has(r->h5, g.path)) { /* it may have nothing to say */
      rc = take_positions(r, &g, axes, e);
      if (rc == H9_OK) rc = take_values(r, &g, e);
      if (rc == H9_OK) rc = note_others(r, &g, e);
    }
    free(g.path);
  }
  return rc;
}

/* ---- a population of nodes ---- */

/* What differs from the model's defaults, in its order; each neuron is one that the model can be. */
static int keep_values(const reading *r, kind *k, h9_error *e) {
  const h9_model *m = k->model;
  h9_population *p = k->p;
  double values[H9_MODEL_VALUES_MAX];
  bool varies = false;
  p->values = calloc(m->n_values + (size_t)1, sizeof *p->values);
  if (!p->values) return h9_fail_memory(e, m->n_values * sizeof *p->values, "values");
  for (uint32_t i = 0; i < m->n_values; i++) {
    values[i] = k->constant[i];
    varies |= k->column[i] != NULL;
    if (!k->column[i] && k->constant[i] == m->values[i].initial) continue;
    h9_value *v = &p->values[p->n_values++];
    *v = (h9_value){.name = h9_strdup(m->values[i].name),
                    .constant = k->column[i] ? 0 : k->constant[i],
                    .column = k->column[i],
                    .varies = k->column[i] != NULL};
    k->column[i] = NULL; /* the network's now */
    if (!v->name) return h9_fail_memory(e, H9_NAME_MAX, "a name");
  }
  for (uint32_t j = 0; j < (varies ? p->count : 1); j++) {
    for (uint32_t i = 0; i < p->n_values; i++)
      if (p->values[i].varies)
        values[h9_model_value_find(m, p->values[i].name)] = (double)p->values[i].column[j];
    if (h9_model_check(m, values, e) == H9_OK) continue;
    e->code = H9_EDATA;
    return h9_fail_at(e, "%s:/nodes/%s: a node of type %lld", r->h5->path, r->name, (long long)k->type);
  }
  return H9_OK;
}

static int grow_positions(h9_network *net, uint32_t from, h9_error *e) {
  float **axis[3] = {&net->x, &net->y, &net->z};
  for (int k = 0; k < 3; k++) {
    float *grown = realloc(*axis[k], ((size_t)net->n_neurons + 1) * sizeof *grown);
    if (!grown) return h9_fail_memory(e, (size_t)net->n_neurons * sizeof *grown, "positions");
    *axis[k] = grown;
    for (uint32_t i = from; i < net->n_neurons; i++) grown[i] = NAN;
  }
  return H9_OK;
}

/* All nodes of it have the coordinates, or none has. */
static int settle_positions(reading *r, unsigned axes, h9_error *e) {
  h9_network *net = &r->x->m->net;
  const float *axis[3] = {net->x, net->y, net->z};
  int dimensions = axes == 1 ? 1 : axes == 3 ? 2 : axes == 7 ? 3 : 0;
  if (axes && !dimensions)
    return fail(r, e, "has some of the coordinates x, y, z, expected x, then y, then z");
  if (dimensions > net->dimensions) net->dimensions = dimensions;
  for (size_t k = 0; k < r->n_kinds; k++) {
    h9_population *p = r->kinds[k].p;
    uint32_t known = 0;
    for (uint32_t i = p->first - 1; i < p->first - 1 + p->count; i++) {
      bool here = dimensions > 0;
      for (int j = 0; j < dimensions; j++) {
        if (isinf(axis[j][i]))
          return fail(r, e, "coordinates: found an infinite one, expected numbers in um");
        here &= !isnan(axis[j][i]);
      }
      known += here;
    }
    if (known && known < p->count)
      return fail(r, e, "some nodes of a type have coordinates, others have none; expected all or none");
    p->placed = known > 0;
  }
  return H9_OK;
}

/* The domain, where hal9 wrote the file. */
static int read_domain(reading *r, h9_error *e) {
  h9_network *net = &r->x->m->net;
  double low[3], high[3];
  bool there[2] = {false, false};
  char *path = h9_sonata_path("/nodes/%s", r->name);
  int rc = path ? h9_h5_get_numbers(r->h5, path, H9_SONATA_LOW, low, 3, &there[0], e)
                : h9_fail_memory(e, 64, "a name");
  if (rc == H9_OK) rc = h9_h5_get_numbers(r->h5, path, H9_SONATA_HIGH, high, 3, &there[1], e);
  free(path);
  for (int k = 0; k < 3 && there[0] && there[1] && rc == H9_OK; k++) {
    if (!(isfinite(low[k]) && isfinite(high[k]) && low[k] <= high[k]))
      return fail(r, e, "attributes of the domain: expected its lower corner below the upper one");
    net->lo[k] = low[k];
    net->hi[k] = high[k];
  }
  r->x->has_domain |= there[0] && there[1];
  return rc;
}

static int give_ids(reading *r, h9_error *e) {
  h9_sonata_import *x = r->x;
  uint32_t *row = malloc((r->n + (size_t)1) * sizeof *row), *next = malloc(r->n_kinds * sizeof *next);
  h9_sonata_nodes *s = NULL;
  int rc = row && next && h9_grow(&x->nodes, &x->cap_nodes, x->n_nodes + 1, sizeof *x->nodes) == H9_OK
               ? H9_OK
               : h9_fail_memory(e, r->n * 8, "ids");
  if (rc == H9_OK) {
    s = &x->nodes[x->n_nodes++];
    *s = (h9_sonata_nodes){
        .name = h9_strdup(r->name), .n = r->n, .id = malloc((r->n + (size_t)1) * sizeof *s->id)};
    if (!s->name || !s->id) rc = h9_fail_memory(e, r->n * 4, "ids");
  }
  for (size_t k = 0; k < r->n_kinds && rc == H9_OK; k++) next[k] = r->kinds[k].p->first;
  for (uint32_t i = 0; i < r->n && rc == H9_OK; i++) row[r->id[i]] = i;
  for (uint32_t i = 0; i < r->n && rc == H9_OK; i++) s->id[i] = next[r->kind_of[row[i]]]++;
  free(row);
  free(next);
  return rc;
}

static void reading_release(reading *r) {
  for (size_t k = 0; k < r->n_kinds; k++)
    for (int i = 0; i < H9_MODEL_VALUES_MAX; i++) free(r->kinds[k].column[i]);
  free(r->kinds);
  free(r->id);
  free(r->type);
  free(r->group);
  free(r->at);
  free(r->kind_of);
}

static int count(reading *r, h9_error *e) {
  char *path = below(r, "node_type_id");
  h9_h5_array a;
  int rc = path ? h9_h5_array_open(&a, r->h5, path, e) : h9_fail_memory(e, 64, "a name");
  free(path);
  if (rc != H9_OK) return rc;
  if (a.n == 0 || a.n > H9_ID_MAX - r->x->m->net.n_neurons)
    rc = h9_fail(e, H9_EDATA, "%s: found %llu nodes, expected 1 to %u, with those before", a.where,
                 (unsigned long long)a.n, H9_ID_MAX);
  r->n = (uint32_t)a.n;
  h9_h5_array_close(&a);
  return rc;
}

static int read_population(reading *r, h9_error *e) {
  h9_network *net = &r->x->m->net;
  uint32_t populations = net->n_populations, neurons = net->n_neurons;
  unsigned axes = 0;
  int rc = count(r, e);
  if (rc == H9_OK) rc = list(r, "node_type_id", true, &r->type, e);
  if (rc == H9_OK) rc = list(r, "node_id", false, &r->id, e);
  if (rc == H9_OK) rc = list(r, "node_group_id", false, &r->group, e);
  if (rc == H9_OK) rc = list(r, "node_group_index", false, &r->at, e);
  if (rc == H9_OK) rc = check_ids(r, e);
  if (rc == H9_OK) rc = find_kinds(r, e);
  for (size_t k = 0; k < r->n_kinds && rc == H9_OK; k++) rc = make_population(r, &r->kinds[k], e);
  if (rc != H9_OK) return rc;
  for (size_t k = 0; k < r->n_kinds; k++) r->kinds[k].p = &net->populations[populations + k];
  rc = give_ids(r, e);
  if (rc == H9_OK) rc = grow_positions(net, neurons, e);
  if (rc == H9_OK) rc = take_groups(r, &axes, e);
  if (rc == H9_OK) rc = settle_positions(r, axes, e);
  if (rc == H9_OK) rc = read_domain(r, e);
  for (size_t k = 0; k < r->n_kinds && rc == H9_OK; k++) rc = keep_values(r, &r->kinds[k], e);
  if (rc == H9_OK && r->rounded)
    h9_note(&r->x->m->notes, "%s:/nodes/%s: %llu coordinates and parameters are rounded to 32-bit floats",
            r->h5->path, r->name, (unsigned long long)r->rounded);
  return rc;
}

static int read_file(h9_sonata_import *x, const struct h9_sonata_file *f, h9_error *e) {
  reading base = {.x = x, .types_path = f->types};
  h9_h5 h5 = {.id = -1};
  char **names = NULL;
  size_t n = 0;
  int rc = f->types ? h9_sonata_types_read(&base.types, f->types, "node_type_id", e) : H9_OK;
  if (rc == H9_OK) rc = h9_h5_open(&h5, f->h5, e);
  if (rc == H9_OK) rc = h9_h5_members(&h5, "/nodes", &names, &n, e);
  for (size_t i = 0; i < n && rc == H9_OK; i++) {
    reading r = base;
    r.h5 = &h5;
    r.name = names[i];
    rc = read_population(&r, e);
    reading_release(&r);
  }
  h9_h5_members_release(names, n);
  if (h5.path) (void)!h9_h5_close(&h5, &(h9_error){0});
  h9_sonata_types_release(&base.types);
  return rc;
}

/* The domain is the box of all positions, unless the file tells hal9's. */
static void settle_domain(h9_network *net) {
  const float *axis[3] = {net->x, net->y, net->z};
  for (int k = 0; k < net->dimensions; k++) {
    net->lo[k] = INFINITY;
    net->hi[k] = -INFINITY;
    for (uint32_t p = 0; p < net->n_populations; p++)
      for (uint32_t i = 0; i < net->populations[p].count && net->populations[p].placed; i++) {
        double v = (double)axis[k][net->populations[p].first - 1 + i];
        net->lo[k] = fmin(net->lo[k], v);
        net->hi[k] = fmax(net->hi[k], v);
      }
  }
}

int h9_sonata_read_nodes(h9_sonata_import *x, h9_error *e) {
  h9_network *net = &x->m->net;
  float **axis[3] = {&net->x, &net->y, &net->z};
  int rc = H9_OK;
  for (size_t i = 0; i < x->config.n_nodes && rc == H9_OK; i++) rc = read_file(x, &x->config.nodes[i], e);
  for (int k = 0; k < 3 && rc == H9_OK; k++) {
    for (uint32_t i = 0; i < net->n_neurons; i++)
      if (isnan((*axis[k])[i]))
        (*axis[k])[i] = 0; /* of populations that have no positions, or fewer coordinates */
    if (k >= net->dimensions) free(*axis[k]), *axis[k] = NULL;
  }
  if (rc == H9_OK && !x->has_domain) settle_domain(net);
  x->m->settled = rc == H9_OK;
  return rc;
}

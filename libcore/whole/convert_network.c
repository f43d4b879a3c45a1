/* Rows of neurons become populations, positions and values. */
#include "convert.h"

#include "../base/decimal.h"
#include "../base/memory.h"
#include "../base/parallel.h"
#include "../base/text.h"
#include "../model/models.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct taking {
  h9_import *m;
  const h9_neuron_rows *r;
  uint32_t *rank; /* [row] population */
  h9_id *id;      /* [row] */
  uint32_t *row;  /* [id - 1] */
} taking;

static int fail_row(const taking *t, size_t i, h9_error *e) {
  return h9_fail_at(e, "%s:%llu", t->r->name, (unsigned long long)t->r->line[i]);
}

/* ---- populations and ids ---- */

static char *name_of(const h9_labelmap *map, uint32_t entry) {
  size_t len;
  const char *p = h9_labelmap_label(map, entry, &len);
  return strndup(p, len);
}

static int make_populations(taking *t, h9_error *e) {
  const h9_neuron_rows *r = t->r;
  h9_network *net = &t->m->net;
  h9_labelmap_stats s = {.labels = 1};
  int rc = H9_OK;
  if (r->populations) {
    rc = h9_labelmap_rank((h9_labelmap *)r->populations, e);
    h9_labelmap_stats_get(r->populations, &s);
  }
  if (rc != H9_OK) return rc;
  if (s.labels > H9_POPULATIONS_MAX)
    return h9_fail(e, H9_EDATA, "%s: %llu populations, expected at most %u", r->name, (unsigned long long)s.labels,
                   H9_POPULATIONS_MAX);
  net->n_neurons = (uint32_t)r->n;
  net->populations = calloc(s.labels, sizeof *net->populations);
  if (!net->populations) return h9_fail_memory(e, s.labels * sizeof *net->populations, "populations");
  net->n_populations = (uint32_t)s.labels;
  for (uint32_t p = 0; p < s.labels; p++) {
    net->populations[p].name =
        r->populations ? name_of(r->populations, h9_labelmap_entry(r->populations, p)) : h9_strdup(t->m->o->population);
    if (!net->populations[p].name) return h9_fail_memory(e, H9_NAME_MAX, "a name");
  }
  for (size_t i = 0; i < r->n; i++) {
    t->rank[i] = r->populations ? h9_labelmap_rank_of(r->populations, r->population[i]) : 0;
    h9_population *p = &net->populations[t->rank[i]];
    if (p->count++ == 0) {
      p->model = r->models ? name_of(r->models, r->model[i]) : h9_strdup(t->m->o->model);
      if (!p->model) return h9_fail_memory(e, H9_NAME_MAX, "a name");
      if (h9_model_find(p->model)) continue;
      h9_fail(e, H9_EDATA, "found model '%s', expected one of hal9-models(7)", p->model);
      return fail_row(t, i, e);
    }
    size_t len;
    const char *model = r->models ? h9_labelmap_label(r->models, r->model[i], &len) : NULL;
    if (!model || (strlen(p->model) == len && memcmp(model, p->model, len) == 0)) continue;
    h9_fail(e, H9_EDATA, "found model '%.*s', but population '%s' is of %s; expected one model a population",
                   (int)len, model, p->name, p->model);
    return fail_row(t, i, e);
  }
  return H9_OK;
}

/* Ids follow the rows of each population; the populations follow each other. */
static int give_ids(taking *t, h9_error *e) {
  h9_network *net = &t->m->net;
  uint32_t first = 1, *next = malloc(net->n_populations * sizeof *next);
  if (!next) return h9_fail_memory(e, net->n_populations * sizeof *next, "populations");
  for (uint32_t p = 0; p < net->n_populations; p++) {
    net->populations[p].first = next[p] = first;
    first += net->populations[p].count;
  }
  for (size_t i = 0; i < t->r->n; i++) t->id[i] = next[t->rank[i]]++;
  free(next);
  return H9_OK;
}

/* Ids are given: each from 1 to n once, and those of a population follow each other. */
static int take_ids(taking *t, h9_error *e) {
  h9_network *net = &t->m->net;
  uint32_t n = net->n_neurons;
  memset(t->row, 0xff, n * sizeof *t->row);
  for (size_t i = 0; i < t->r->n; i++) {
    h9_id id = t->id[i] = t->r->id[i];
    if (id > n)
      h9_fail(e, H9_EDATA, "found id %u, expected 1 to %u in a table of %u neurons; --ids text takes any", id, n, n);
    else if (t->row[id - 1] != UINT32_MAX)
      h9_fail(e, H9_EDATA, "found id %u again, first in line %llu; expected each neuron once", id,
                     (unsigned long long)t->r->line[t->row[id - 1]]);
    else {
      t->row[id - 1] = (uint32_t)i;
      continue;
    }
    return fail_row(t, i, e);
  }
  /* populations in the order of their ids */
  h9_population *by_id = calloc(net->n_populations, sizeof *by_id);
  uint32_t *place = malloc(net->n_populations * sizeof *place), k = 0;
  if (!by_id || !place) {
    free(by_id);
    free(place);
    return h9_fail_memory(e, net->n_populations * sizeof *by_id, "populations");
  }
  for (uint32_t at = 0; at < n && e->code == H9_OK; k++) {
    uint32_t p = t->rank[t->row[at]], count = net->populations[p].count, i = 0;
    while (i < count && at + i < n && t->rank[t->row[at + i]] == p) i++;
    if (i < count) { /* some lie elsewhere: before or behind */
      h9_fail(e, H9_EDATA, "id %u is not of population '%s'; expected the ids of a population to follow each other, or --ids text",
                     at + i + 1, net->populations[p].name);
      (void)!fail_row(t, t->row[at], e);
      break;
    }
    by_id[k] = net->populations[p];
    by_id[k].first = at + 1;
    place[p] = k;
    at += count;
  }
  if (e->code == H9_OK) {
    memcpy(net->populations, by_id, net->n_populations * sizeof *by_id);
    for (size_t i = 0; i < t->r->n; i++) t->rank[i] = place[t->rank[i]];
  }
  free(by_id);
  free(place);
  return e->code;
}

/* ---- positions and values ---- */

/* Whether all rows of a population have the number, or none has; a row that breaks it is told. */
static int some_or_none(const taking *t, const h9_population *p, const double *v, const char *name, bool *some, h9_error *e) {
  const uint32_t *row = t->row + p->first - 1;
  *some = !isnan(v[row[0]]);
  for (uint32_t i = 1; i < p->count; i++) {
    if (!isnan(v[row[i]]) == *some) continue;
    size_t odd = *some ? row[i] : row[0];
    h9_fail(e, H9_EDATA, "found nan for %s, expected a finite number, as others of population '%s' have", name, p->name);
    return fail_row(t, odd, e);
  }
  return H9_OK;
}

/* Numbers that a 32-bit float does not hold: those of which it is not the shortest form. */
typedef struct narrowing {
  const taking *t;
  const double *v;
  uint32_t first, count; /* ids - 1 */
  float *to;
  uint64_t lost[1024]; /* by thread: --threads is at most that */
} narrowing;
enum { NARROW = 1 << 14 };

static void narrow(void *ctx, uint64_t k, int me) {
  narrowing *x = ctx;
  uint32_t from = (uint32_t)k * NARROW, to = x->count - from < NARROW ? x->count : from + NARROW;
  for (uint32_t i = from; i < to; i++) {
    double v = x->v[x->t->row[x->first + i]], back;
    float f = (float)v;
    x->to[i] = f;
    if ((double)f == v) continue;
    char text[H9_TEXT_MAX + 1], *end = h9_text_f32(text, f);
    *end = 0;
    x->lost[me] += !h9_decimal_parse(text, (size_t)(end - text), &back) || back != v;
  }
}

static uint64_t narrow_all(const taking *t, const double *v, const h9_population *p, float *to) {
  narrowing *x = calloc(1, sizeof *x);
  uint64_t lost = 0;
  if (!x) return 0;
  *x = (narrowing){.t = t, .v = v, .first = p->first - 1, .count = p->count, .to = to};
  h9_parallel_each(t->m->o->threads, (p->count + NARROW - 1) / NARROW, narrow, x);
  for (size_t i = 0; i < sizeof x->lost / sizeof x->lost[0]; i++) lost += x->lost[i];
  free(x);
  return lost;
}

static int take_positions(taking *t, h9_error *e) {
  const h9_neuron_rows *r = t->r;
  h9_network *net = &t->m->net;
  float **axis[3] = {&net->x, &net->y, &net->z};
  uint64_t lost = 0;
  for (int k = 0; k < r->dimensions; k++) {
    if (!(*axis[k] = calloc(r->n, sizeof(float)))) return h9_fail_memory(e, r->n * sizeof(float), "positions");
    net->lo[k] = INFINITY;
    net->hi[k] = -INFINITY;
    for (uint32_t i = 0; i < net->n_populations; i++) {
      h9_population *p = &net->populations[i];
      bool some;
      int rc = some_or_none(t, p, r->number[k], r->number_name[k], &some, e);
      if (rc != H9_OK) return rc;
      if (k == 0) p->placed = some;
      if (some != p->placed)
        return h9_fail(e, H9_EDATA, "%s: population '%s' has only some of its coordinates", r->name, p->name);
      if (!some) continue;
      lost += narrow_all(t, r->number[k], p, *axis[k] + p->first - 1);
      for (uint32_t j = 0; j < p->count; j++) {
        float x = (*axis[k])[p->first - 1 + j];
        if (!isfinite(x)) {
          h9_fail(e, H9_EDATA, "found %.9g for %s, expected less than %g um", r->number[k][t->row[p->first - 1 + j]],
                         r->number_name[k], (double)FLT_MAX);
          return fail_row(t, t->row[p->first - 1 + j], e);
        }
        if ((double)x < net->lo[k]) net->lo[k] = (double)x;
        if ((double)x > net->hi[k]) net->hi[k] = (double)x;
      }
    }
    if (net->lo[k] > net->hi[k]) net->lo[k] = net->hi[k] = 0;
  }
  bool any = false;
  for (uint32_t i = 0; i < net->n_populations; i++) any |= net->populations[i].placed;
  net->dimensions = any ? r->dimensions : 0;
  if (lost) h9_note(&t->m->notes, "%s: %llu coordinates have more digits than a 32-bit float holds, and are rounded", r->name, (unsigned long long)lost);
  return H9_OK;
}

/* Value k of the population: one number, or a column. */
static int take_value(taking *t, h9_population *p, const h9_model *m, uint32_t k, uint64_t *lost, h9_error *e) {
  const double *v = t->r->number[k];
  const char *name = t->r->number_name[k];
  const uint32_t *row = t->row + p->first - 1;
  bool some, same = true;
  int at = h9_model_value_find(m, name), rc = some_or_none(t, p, v, name, &some, e);
  if (rc != H9_OK || !some) return rc;
  if (at < 0) {
    h9_fail(e, H9_EDATA, "found %s, which model %s of population '%s' does not have; expected nan", name, m->name, p->name);
    return fail_row(t, row[0], e);
  }
  h9_value *x = &p->values[p->n_values++];
  *x = (h9_value){.name = h9_strdup(m->values[at].name)};
  if (!x->name) return h9_fail_memory(e, H9_NAME_MAX, "a name");
  for (uint32_t i = 1; i < p->count && same; i++) same = v[row[i]] == v[row[0]];
  x->constant = same ? v[row[0]] : 0;
  x->varies = !same;
  if (same) return H9_OK;
  x->column = malloc(p->count * sizeof *x->column);
  if (!x->column) return h9_fail_memory(e, p->count * sizeof *x->column, name);
  *lost += narrow_all(t, v, p, x->column);
  return H9_OK;
}

/* Each neuron is one that its model can be. */
static int check_values(const taking *t, const h9_population *p, const h9_model *m, h9_error *e) {
  double values[H9_MODEL_VALUES_MAX];
  int at[H9_MODEL_VALUES_MAX];
  bool varies = false;
  for (uint32_t i = 0; i < m->n_values; i++) values[i] = m->values[i].initial;
  for (uint32_t k = 0; k < p->n_values; k++) {
    at[k] = h9_model_value_find(m, p->values[k].name);
    varies |= p->values[k].varies;
  }
  for (uint32_t i = 0; i < (varies ? p->count : 1); i++) {
    int rc = H9_OK;
    for (uint32_t k = 0; k < p->n_values && rc == H9_OK; k++) {
      const h9_value *x = &p->values[k];
      const h9_model_value *v = &m->values[at[k]];
      double found = values[at[k]] = x->varies ? (double)x->column[i] : x->constant;
      if (!(found >= v->low && found <= v->high))
        rc = h9_fail(e, H9_EDATA, "found %s = %.9g, expected %.9g to %.9g", v->name, found, v->low, v->high);
    }
    if (rc == H9_OK) rc = h9_model_check(m, values, e);
    if (rc != H9_OK) {
      e->code = H9_EDATA;
      return fail_row(t, t->row[p->first - 1 + i], e);
    }
  }
  return H9_OK;
}

static int take_values(taking *t, h9_error *e) {
  h9_network *net = &t->m->net;
  const h9_neuron_rows *r = t->r;
  uint64_t lost = 0;
  for (uint32_t i = 0; i < net->n_populations; i++) {
    h9_population *p = &net->populations[i];
    const h9_model *m = h9_model_find(p->model);
    p->values = calloc(r->n_values + 1, sizeof *p->values);
    if (!p->values) return h9_fail_memory(e, r->n_values * sizeof *p->values, "values");
    /* in the model's order, as everywhere */
    int rc = H9_OK;
    for (uint32_t j = 0; j < m->n_values && rc == H9_OK; j++)
      for (uint32_t k = 0; k < r->n_values && rc == H9_OK; k++)
        if (strcmp(r->number_name[(uint32_t)r->dimensions + k], m->values[j].name) == 0)
          rc = take_value(t, p, m, (uint32_t)r->dimensions + k, &lost, e);
    for (uint32_t k = 0; k < r->n_values && rc == H9_OK; k++)
      if (h9_model_value_find(m, r->number_name[(uint32_t)r->dimensions + k]) < 0)
        rc = take_value(t, p, m, (uint32_t)r->dimensions + k, &lost, e);
    if (rc == H9_OK) rc = check_values(t, p, m, e);
    if (rc != H9_OK) return rc;
  }
  if (lost) h9_note(&t->m->notes, "%s: %llu values have more digits than a 32-bit float holds, and are rounded", r->name, (unsigned long long)lost);
  return H9_OK;
}

static int keep_labels(taking *t, h9_error *e) {
  h9_import *m = t->m;
  uint32_t n = m->net.n_neurons, *entry = malloc(n * sizeof *entry);
  m->id_of = malloc((h9_labelmap_entries(m->labels) + (size_t)1) * sizeof *m->id_of);
  int rc = entry && m->id_of ? H9_OK : h9_fail_memory(e, n * 2 * sizeof *entry, "labels");
  for (uint32_t i = 0; i < n && rc == H9_OK; i++) {
    entry[i] = t->r->id[t->row[i]];
    m->id_of[entry[i]] = i + 1;
  }
  if (rc == H9_OK) rc = h9_import_keep_labels(m, entry, e);
  free(entry);
  return rc;
}

int h9_import_take_neurons(h9_import *m, const h9_neuron_rows *r, h9_error *e) {
  taking t = {.m = m, .r = r};
  t.rank = malloc(r->n * sizeof *t.rank);
  t.id = malloc(r->n * sizeof *t.id);
  t.row = malloc(r->n * sizeof *t.row);
  int rc = t.rank && t.id && t.row ? H9_OK : h9_fail_memory(e, 3 * r->n * sizeof *t.id, "neurons");
  if (rc == H9_OK) rc = make_populations(&t, e);
  if (rc == H9_OK) rc = m->labels ? give_ids(&t, e) : take_ids(&t, e);
  for (size_t i = 0; i < r->n && rc == H9_OK; i++) t.row[t.id[i] - 1] = (uint32_t)i;
  if (rc == H9_OK) rc = take_positions(&t, e);
  if (rc == H9_OK) rc = take_values(&t, e);
  if (rc == H9_OK && m->labels) rc = keep_labels(&t, e);
  m->settled = rc == H9_OK;
  free(t.rank);
  free(t.id);
  free(t.row);
  return rc;
}

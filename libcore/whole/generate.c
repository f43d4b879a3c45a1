#include "generate.h"

#include "../base/memory.h"
#include "../base/parallel.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES = H9_MODEL_VALUES_MAX };

/* What a population's neurons are made from. */
typedef struct plan {
  const h9_model *model;
  double fixed[VALUES]; /* constants and defaults, in the model's order */
  uint32_t n_drawn;     /* values that vary */
  int index[VALUES];    /* of a drawn one: place in the model's table */
  const h9_dist *dist[VALUES];
  h9_points_file points;
} plan;

struct h9_generator {
  h9_network *net;
  h9_population_config *pops;
  plan *plans;
};

/* Values */

static int out_of_range(const h9_model_value *m, double v, h9_error *e) {
  const char *u = h9_model_unit(m->unit).name;
  if (!isfinite(v))
    return h9_fail(e, H9_ECONFIG, "%s = %g: expected a finite number; is its distribution valid everywhere?",
                   m->name, v);
  if (m->low == DBL_MIN)
    return h9_fail(e, H9_ECONFIG, "%s = %.9g %s: expected a value above 0", m->name, v, u);
  return h9_fail(e, H9_ECONFIG, "%s = %.9g %s: expected %.9g to %.9g %s", m->name, v, u, m->low, m->high, u);
}

static bool in_range(const h9_model_value *m, double v) { return isfinite(v) && v >= m->low && v <= m->high; }

static int by_index(const void *a, const void *b) { return ((const int *)a)[0] - ((const int *)b)[0]; }

/* The population's values in the model's order: constants into `values`, distributions into the plan. */
static int plan_values(plan *pl, h9_population *p, const h9_population_config *c, h9_error *e) {
  const h9_model *m = pl->model;
  if (m->n_values > VALUES)
    return h9_fail(e, H9_EINTERNAL, "model %s has %u values, expected at most %d", m->name, m->n_values,
                   VALUES);
  for (uint32_t i = 0; i < m->n_values; i++) pl->fixed[i] = m->values[i].initial;
  int order[VALUES][2]; /* place in the table, in the configuration */
  if (c->n_values > m->n_values)
    return h9_fail(e, H9_ECONFIG, "%u values, but model %s has %u", c->n_values, m->name, m->n_values);
  for (uint32_t i = 0; i < c->n_values; i++) {
    order[i][0] = h9_model_value_find(m, c->value_name[i]);
    order[i][1] = (int)i;
    if (order[i][0] < 0)
      return h9_fail(e, H9_ECONFIG, "model %s has no parameter %s", m->name, c->value_name[i]);
  }
  qsort(order, c->n_values, sizeof *order, by_index);
  p->values = calloc(c->n_values + 1, sizeof *p->values);
  if (!p->values) return h9_fail_memory(e, (c->n_values + 1) * sizeof *p->values, "values");
  for (uint32_t i = 0; i < c->n_values; i++) {
    const h9_dist *d = &c->value[order[i][1]];
    const h9_model_value *mv = &m->values[order[i][0]];
    h9_value *v = &p->values[p->n_values++];
    if (!(v->name = h9_strdup(mv->name))) return h9_fail_memory(e, strlen(mv->name), "a name");
    if (h9_dist_is_constant(d)) {
      v->constant = pl->fixed[order[i][0]] = h9_dist_constant(d);
      if (!in_range(mv, v->constant)) return out_of_range(mv, v->constant, e);
      continue;
    }
    uint32_t place = 1u << H9_VAR_X | 1u << H9_VAR_Y | 1u << H9_VAR_Z;
    if (!p->placed && ((d->a.variables | d->b.variables) & place))
      return h9_fail(e, H9_ECONFIG, "%s depends on the position, but the population has no layout", mv->name);
    v->varies = true;
    pl->index[pl->n_drawn] = order[i][0];
    pl->dist[pl->n_drawn++] = d;
  }
  return pl->n_drawn == 0 ? h9_model_check(m, pl->fixed, e) : H9_OK;
}

static int plan_population(h9_generator *g, uint32_t i, h9_error *e) {
  h9_population *p = &g->net->populations[i];
  h9_layout *l = &g->pops[i].layout;
  plan *pl = &g->plans[i];
  pl->model = h9_model_find(p->model);
  if (!pl->model) return h9_fail(e, H9_ECONFIG, "model %s is unknown", p->model);
  p->placed = l->type != H9_LAYOUT_NONE;
  if (l->type == H9_LAYOUT_FILE) {
    int code = h9_points_file_read(&pl->points, l->file, e);
    if (code == H9_OK) code = h9_layout_adopt(l, &pl->points, e);
    if (code != H9_OK) return code;
    if (pl->points.n != p->count)
      return h9_fail(e, H9_ECONFIG, "%s holds %u positions, expected %u, one a neuron", l->file, pl->points.n,
                     p->count);
  }
  return plan_values(pl, p, &g->pops[i], e);
}

int h9_generator_new(h9_generator **out, h9_network *net, h9_population_config *pops, h9_error *e) {
  h9_generator *g = calloc(1, sizeof *g);
  *out = g;
  if (g) g->plans = calloc(net->n_populations + 1, sizeof *g->plans);
  if (!g || !g->plans) {
    free(g);
    *out = NULL;
    return h9_fail_memory(e, (net->n_populations + 1) * sizeof *g->plans, "populations");
  }
  g->net = net;
  g->pops = pops;
  net->dimensions = 0;
  for (uint32_t i = 0; i < net->n_populations; i++) {
    if (plan_population(g, i, e) != H9_OK) {
      h9_fail_at(e, "population '%s'", net->populations[i].name);
      h9_generator_free(g);
      *out = NULL;
      return e->code;
    }
    if (!net->populations[i].placed) continue;
    double lo[3], hi[3];
    h9_layout_bounds(&pops[i].layout, lo, hi);
    bool first = net->dimensions == 0;
    for (int j = 0; j < 3; j++) {
      if (first || lo[j] < net->lo[j]) net->lo[j] = lo[j];
      if (first || hi[j] > net->hi[j]) net->hi[j] = hi[j];
    }
    if (pops[i].layout.dimensions > net->dimensions) net->dimensions = pops[i].layout.dimensions;
  }
  return H9_OK;
}

void h9_generator_free(h9_generator *g) {
  if (!g) return;
  for (uint32_t i = 0; i < g->net->n_populations; i++) h9_points_file_release(&g->plans[i].points);
  free(g->plans);
  free(g);
}

size_t h9_generator_neuron_bytes(const h9_network *net, uint32_t population) {
  const h9_population *p = &net->populations[population];
  size_t n = p->placed ? (size_t)net->dimensions : 0;
  for (uint32_t i = 0; i < p->n_values; i++) n += p->values[i].varies;
  return n * sizeof(float);
}

/* Blocks */

typedef struct slot { /* one block being made */
  uint32_t first, n;
  float *x, *y, *z, *columns[VALUES];
  float *memory;
  h9_error error;
} slot;

/* Draws and checks the values of a block whose positions are there. */
static int make_values(const h9_generator *g, uint32_t population, slot *s) {
  const plan *pl = &g->plans[population];
  const h9_model *m = pl->model;
  if (pl->n_drawn == 0) return H9_OK;
  h9_key key = h9_key_make(g->net->seed, H9_PURPOSE_PARAMETER, population);
  double values[VALUES], vars[H9_VARIABLES] = {0};
  memcpy(values, pl->fixed, sizeof values);
  for (uint32_t i = 0; i < s->n; i++) {
    uint32_t neuron = s->first + i;
    if (s->x) {
      vars[H9_VAR_X] = s->x[i];
      vars[H9_VAR_Y] = s->y[i];
      vars[H9_VAR_Z] = s->z[i];
    }
    int code = H9_OK;
    for (uint32_t j = 0; j < pl->n_drawn && code == H9_OK; j++) {
      /* keyed by the value's place in the model's table: the order of the file does not matter */
      h9_draws d = h9_draws_make(key, neuron, 0, (uint32_t)pl->index[j]);
      float v = (float)h9_dist_draw(pl->dist[j], &d, vars);
      values[pl->index[j]] = v;
      s->columns[j][i] = v;
      const h9_model_value *mv = &m->values[pl->index[j]];
      if (!in_range(mv, v)) code = out_of_range(mv, v, &s->error);
    }
    if (code == H9_OK) code = h9_model_check(m, values, &s->error);
    if (code != H9_OK)
      return h9_fail_at(&s->error, "population '%s': neuron %u (id %u)", g->net->populations[population].name,
                        neuron + 1, g->net->populations[population].first + neuron);
  }
  return H9_OK;
}

static int slot_open(slot *s, const plan *pl, bool placed, uint32_t n, h9_error *e) {
  size_t arrays = (placed ? 3 : 0) + pl->n_drawn;
  s->memory = malloc(arrays * n * sizeof(float) + 1);
  if (!s->memory) return h9_fail_memory(e, arrays * n * sizeof(float), "a block of neurons");
  float *at = s->memory;
  s->x = s->y = s->z = NULL;
  if (placed) {
    s->x = at;
    s->y = at + n;
    s->z = at + (size_t)2 * n;
    at += (size_t)3 * n;
  }
  for (uint32_t j = 0; j < pl->n_drawn; j++, at += n) s->columns[j] = at;
  return H9_OK;
}

typedef struct maker {
  const h9_generator *g;
  h9_placer *placer;
  uint32_t population;
  slot *slots;
  bool place;
} maker;

static void make_block(void *ctx, uint64_t i, int me) {
  const maker *m = ctx;
  slot *s = &m->slots[i];
  int code = H9_OK;
  (void)me;
  s->error.code = H9_OK;
  if (m->place) code = h9_placer_place(m->placer, s->first, s->n, s->x, s->y, s->z, &s->error);
  if (code == H9_OK) code = make_values(m->g, m->population, s);
  s->error.code = code;
}

/* Makes the blocks of one round, one a slot: positions in order where a minimum distance asks for it. */
static int make_round(const h9_generator *g, h9_placer *placer, uint32_t population, slot *slots, int n_slots,
                      int threads, h9_error *e) {
  bool placed = g->net->populations[population].placed, in_order = placed && h9_placer_in_order(placer);
  for (int i = 0; i < n_slots && in_order; i++) {
    slot *s = &slots[i];
    int code = h9_placer_place(placer, s->first, s->n, s->x, s->y, s->z, e);
    if (code != H9_OK) return code;
  }
  maker m = {g, placer, population, slots, placed && !in_order};
  h9_parallel_each(threads, (uint64_t)n_slots, make_block, &m);
  for (int i = 0; i < n_slots; i++)
    if (slots[i].error.code != H9_OK) {
      *e = slots[i].error;
      return e->code;
    }
  return H9_OK;
}

static int write_population(h9_generator *g, h9_placer *placer, uint32_t population, slot *slots, int threads,
                            h9_writer *w, h9_progress *progress, h9_error *e) {
  h9_population *p = &g->net->populations[population];
  const plan *pl = &g->plans[population];
  h9_layout *l = &g->pops[population].layout;
  int code = H9_OK;
  if (p->placed) {
    bool keep = false;
    for (uint32_t i = population + 1; i < g->net->n_populations; i++)
      keep |= g->pops[i].layout.min_distance > 0;
    code = h9_placer_begin(placer, population, p->name, l, l->type == H9_LAYOUT_FILE ? &pl->points : NULL,
                           p->count, keep, e);
  }
  uint32_t block = p->count < H9_GENERATE_BLOCK ? p->count : H9_GENERATE_BLOCK;
  for (int i = 0; i < threads && code == H9_OK; i++) code = slot_open(&slots[i], pl, p->placed, block, e);
  for (uint32_t at = 0; at < p->count && code == H9_OK;) {
    int n = 0;
    for (uint32_t first = at; n < threads && first < p->count; n++, first += slots[n - 1].n) {
      slots[n].first = first;
      slots[n].n = p->count - first < block ? p->count - first : block;
    }
    code = make_round(g, placer, population, slots, n, threads, e);
    for (int i = 0; i < n && code == H9_OK; i++) {
      slot *s = &slots[i];
      code = h9_neurons_write(w, g->net, population, s->first, s->n, s->x, s->y, s->z,
                              (const float *const *)s->columns, e);
      at += s->n;
      if (progress)
        h9_progress_show(progress, (double)(p->first - 1) + at, g->net->n_neurons, "neurons", NULL);
    }
  }
  for (int i = 0; i < threads; i++) {
    free(slots[i].memory);
    slots[i].memory = NULL;
  }
  return code;
}

int h9_generator_write(h9_generator *g, h9_writer *w, int threads, h9_progress *progress, h9_error *e) {
  h9_placer *placer = NULL;
  slot *slots = calloc((size_t)threads, sizeof *slots);
  if (!slots) return h9_fail_memory(e, (size_t)threads * sizeof *slots, "blocks of neurons");
  int code = h9_placer_new(&placer, g->net->seed, e);
  for (uint32_t i = 0; i < g->net->n_populations && code == H9_OK; i++)
    if (g->net->populations[i].placed || g->plans[i].n_drawn)
      code = write_population(g, placer, i, slots, threads, w, progress, e);
  h9_placer_free(placer);
  free(slots);
  return code;
}

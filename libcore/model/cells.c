#include "cells.h"

#include "../base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void h9_cells_values(const h9_model *m, const h9_population *p, uint32_t i, double *values) {
  for (uint32_t k = 0; k < m->n_values; k++) {
    const h9_value *v = h9_population_value(p, m->values[k].name);
    values[k] = !v ? m->values[k].initial : v->column ? (double)v->column[i] : v->constant;
  }
}

static bool varies(const h9_population *p, const char *name) {
  const h9_value *v = h9_population_value(p, name);
  return v && v->column;
}

/* Do any parameters (not states) differ between neurons? */
static bool parameters_vary(const h9_model *m, const h9_population *p) {
  for (uint32_t k = 0; k < m->n_values; k++)
    if (!m->values[k].state && varies(p, m->values[k].name)) return true;
  return false;
}

uint32_t h9_cells_receptors(const h9_model *m, const h9_population *p) {
  if (m->receptors < 2 || !m->merge) return m->receptors;
  double values[H9_MODEL_VALUES_MAX];
  h9_cells_values(m, p, 0, values);
  return !parameters_vary(m, p) && m->merge(values) ? 1 : m->receptors;
}

double h9_cells_bytes(const h9_model *m, const h9_population *p, const h9_cells_form *form) {
  bool columns = form->columns || parameters_vary(m, p);
  double reals = m->n_states + (columns ? m->n_coefs : 0);
  return reals * (double)h9_real_size(form->precision) + 4 * form->receptors + (columns ? 4 : 0) +
         (m->t_ref >= 0 ? sizeof(struct h9_rest) : 0);
}

static void *carve(unsigned char **at, size_t n, size_t size) {
  void *p = *at;
  *at += (n * size + H9_ALIGN - 1) / H9_ALIGN * H9_ALIGN;
  return p;
}

static int allocate(h9_cells *c, h9_error *e) {
  const h9_model *m = c->model;
  bool rests = m->t_ref >= 0;
  size_t real = h9_real_size(c->precision), wide = c->columns ? c->padded : 1;
  size_t bytes = c->padded * (m->n_states * real + sizeof *c->rest * rests) +
                 wide * (m->n_coefs * real + sizeof *c->hold) + m->n_recordables * sizeof *c->shift +
                 H9_ALIGN * (m->n_states + m->n_coefs + 4);
  c->memory = h9_alloc(bytes, 1);
  if (!c->memory) return h9_fail_memory(e, bytes, "neurons");
  unsigned char *at = c->memory;
  for (uint32_t k = 0; k < m->n_states; k++) c->state[k] = carve(&at, c->padded, real);
  for (uint32_t k = 0; k < m->n_coefs; k++) c->coef[k] = carve(&at, wide, real);
  c->hold = carve(&at, wide, sizeof *c->hold);
  c->shift = carve(&at, m->n_recordables, sizeof *c->shift);
  if (rests) c->rest = carve(&at, c->padded, sizeof *c->rest);
  return H9_OK;
}

static inline void put(void *reals, uint32_t i, double v, enum h9_precision p) {
  if (p == H9_DOUBLE) ((double *)reals)[i] = v;
  else ((float *)reals)[i] = (float)v;
}
static inline double get(const void *reals, uint32_t i, enum h9_precision p) {
  return p == H9_DOUBLE ? ((const double *)reals)[i] : (double)((const float *)reals)[i];
}

static int make_neuron(h9_cells *c, uint32_t i, uint32_t of, double dt, h9_error *e) {
  const h9_model *m = c->model;
  double values[H9_MODEL_VALUES_MAX], coef[H9_COEFS_MAX] = {0}, state[H9_STATES_MAX] = {0};
  h9_cells_values(m, c->population, c->first + of, values);
  int rc = h9_model_check(m, values, e);
  if (rc != H9_OK) return h9_fail_at(e, "population '%s': neuron %u", c->population->name, c->first + of + 1);
  if (m->prepare) m->prepare(values, dt, coef, state);
  uint32_t to = c->columns ? i : 0;
  for (uint32_t k = 0; k < m->n_states; k++) put(c->state[k], i, state[k], c->precision);
  for (uint32_t k = 0; k < m->n_coefs; k++) put(c->coef[k], to, coef[k], c->precision);
  for (uint32_t k = 0; k < m->n_recordables; k++)
    c->shift[k] = m->recordables[k].shift >= 0 ? values[m->recordables[k].shift] : 0;
  double steps = m->t_ref >= 0 ? floor(values[m->t_ref] / dt + 0.5) : 0;
  if (steps > 0x1p30)
    return h9_fail(e, H9_ECONFIG, "population '%s': t_ref is %g ms, expected at most %g ms",
                   c->population->name, values[m->t_ref], 0x1p30 * dt);
  c->hold[to] = (uint32_t)steps;
  return H9_OK;
}

int h9_cells_make(h9_cells *c, const h9_population *p, uint32_t first, uint32_t n, const h9_cells_form *form,
                  h9_error *e) {
  const h9_model *m = h9_model_find(p->model);
  *c = (h9_cells){.model = m, .precision = form->precision, .n = n, .population = p, .first = first};
  c->padded = (n + H9_SLOT_ALIGN - 1) / H9_SLOT_ALIGN * H9_SLOT_ALIGN;
  c->columns = form->columns || parameters_vary(m, p);
  const h9_update_set *set = NULL;
  for (int level = (int)form->level; level >= 0 && !set; level--) set = m->kernels[level];
  c->update = (*set)[form->precision][form->receptors - 1][c->columns];
  int rc = allocate(c, e);
  for (uint32_t i = 0; i < c->padded && rc == H9_OK; i++) /* padding copies a neuron; nobody looks at it */
    rc = make_neuron(c, i, i < n ? i : 0, form->dt, e);
  if (rc != H9_OK) h9_cells_release(c);
  return rc;
}

void h9_cells_release(h9_cells *c) {
  free(c->memory);
  *c = (h9_cells){0};
}

void h9_cells_aim(const h9_cells *c, uint32_t at, uint32_t n, h9_update *u) {
  size_t real = h9_real_size(c->precision), to = c->columns ? at * real : 0;
  u->n = n;
  for (uint32_t k = 0; k < c->model->n_states; k++) u->state[k] = (char *)c->state[k] + at * real;
  for (uint32_t k = 0; k < c->model->n_coefs; k++) u->coef[k] = (const char *)c->coef[k] + to;
}

static void wake(h9_cells *c, struct h9_rest r) {
  double reset = get(c->coef[c->model->reset], c->columns ? r.index : 0, c->precision);
  put(c->state[c->model->v], r.index, reset, c->precision);
}

void h9_cells_wake(h9_cells *c, h9_step now) {
  uint32_t step = (uint32_t)now;
  if (!c->columns) { /* a ring: who rested first wakes first */
    while (c->rest_n && c->rest[c->rest_first].wake == step) {
      wake(c, c->rest[c->rest_first]);
      c->rest_first = c->rest_first + 1 == c->padded ? 0 : c->rest_first + 1;
      c->rest_n--;
    }
    return;
  }
  for (uint32_t i = 0; i < c->rest_n;) {
    if (c->rest[i].wake == step) {
      wake(c, c->rest[i]);
      c->rest[i] = c->rest[--c->rest_n];
    } else {
      i++;
    }
  }
}

/* Neuron i reached the threshold: to V_reset, or to rest. */
static void reset(h9_cells *c, uint32_t i, h9_step now) {
  uint32_t k = c->columns ? i : 0;
  if (c->hold[k] == 0) {
    put(c->state[c->model->v], i, get(c->coef[c->model->reset], k, c->precision), c->precision);
    return;
  }
  put(c->state[c->model->v], i, NAN, c->precision);
  uint32_t to = c->columns ? c->rest_n : (uint32_t)(((uint64_t)c->rest_first + c->rest_n) % c->padded);
  c->rest[to] = (struct h9_rest){i, (uint32_t)now + c->hold[k] + 1};
  c->rest_n++;
}

/* Whether any of a block of neurons reached one threshold: most blocks have none, and are passed over so. */
enum { BLOCK = 16 };
static inline bool any_float(const float *v, float theta) {
  int32_t any = 0;
#pragma omp simd reduction(| : any)
  for (int i = 0; i < BLOCK; i++) any |= v[i] >= theta;
  return any != 0;
}
static inline bool any_double(const double *v, double theta) {
  int64_t any = 0;
#pragma omp simd reduction(| : any)
  for (int i = 0; i < BLOCK; i++) any |= v[i] >= theta;
  return any != 0;
}

static inline uint32_t crossed(const h9_cells *c, uint32_t at, uint32_t end, const enum h9_precision p,
                               uint32_t *out) {
  uint32_t found = 0;
  const void *v = c->state[c->model->v], *theta = c->coef[c->model->theta];
  for (uint32_t block = at; block < end; block += BLOCK) {
    uint32_t to = end - block < BLOCK ? end : block + BLOCK;
    if (!c->columns && to == block + BLOCK &&
        !(p == H9_DOUBLE ? any_double((const double *)v + block, *(const double *)theta)
                         : any_float((const float *)v + block, *(const float *)theta)))
      continue;
    for (uint32_t i = block; i < to; i++) {
      out[found] = i;
      found += get(v, i, p) >= get(theta, c->columns ? i : 0, p);
    }
  }
  return found;
}

uint32_t h9_cells_fire(h9_cells *c, uint32_t at, uint32_t n, h9_step now, uint32_t *out) {
  uint32_t end = at + n < c->n ? at + n : c->n;
  if (at >= end) return 0;
  uint32_t found = c->precision == H9_DOUBLE ? crossed(c, at, end, H9_DOUBLE, out)
                                             : crossed(c, at, end, H9_SINGLE, out);
  for (uint32_t k = 0; k < found; k++) reset(c, out[k], now);
  return found;
}

double h9_cells_state(const h9_cells *c, int k, uint32_t i) {
  const h9_model *m = c->model;
  const h9_model_recordable *r = &m->recordables[k];
  double v = get(c->state[r->state], i, c->precision);
  if (isnan(v) && r->state == m->v && m->reset >= 0)
    v = get(c->coef[m->reset], c->columns ? i : 0, c->precision); /* rests */
  if (r->shift < 0) return v;
  const h9_value *own = h9_population_value(c->population, m->values[r->shift].name);
  return v + (own && own->column ? (double)own->column[c->first + i] : c->shift[k]);
}

#include "cells.h"

#include "../base/memory.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const h9_dynamics *const table[] = {
    &h9_dynamics_iaf_psc_exp,
    &h9_dynamics_iaf_psc_delta,
    &h9_dynamics_parrot_neuron,
};

const h9_dynamics *h9_dynamics_find(const char *model) {
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (strcmp(table[i]->model, model) == 0) return table[i];
  return NULL;
}

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
  const h9_dynamics *d = h9_dynamics_find(m->name);
  if (m->receptors < 2 || !d->merge) return m->receptors;
  double values[H9_MODEL_VALUES_MAX];
  h9_cells_values(m, p, 0, values);
  return !parameters_vary(m, p) && d->merge(values) ? 1 : m->receptors;
}

static void *carve(unsigned char **at, size_t n, size_t size) {
  void *p = *at;
  *at += (n * size + H9_ALIGN - 1) / H9_ALIGN * H9_ALIGN;
  return p;
}

static int allocate(h9_cells *c, size_t n_coefs, bool v_column, h9_error *e) {
  const h9_dynamics *d = c->dynamics;
  bool rests = d->t_ref >= 0;
  size_t bytes = (size_t)c->padded *
                     (4 * ((size_t)d->n_states + n_coefs + v_column + c->columns) + sizeof *c->rest * rests) +
                 64 * (H9_STATES_MAX + H9_COEFS_MAX + 4);
  c->memory = h9_alloc(bytes, 1);
  if (!c->memory) return h9_fail_memory(e, bytes, "neurons");
  unsigned char *at = c->memory;
  size_t wide = c->columns ? c->padded : 1;
  for (uint32_t k = 0; k < d->n_states; k++) c->state[k] = carve(&at, c->padded, sizeof(float));
  for (uint32_t k = 0; k < d->n_coefs; k++) c->coef[k] = carve(&at, wide, sizeof(float));
  c->hold = carve(&at, wide, sizeof *c->hold);
  if (rests) c->rest = carve(&at, c->padded, sizeof *c->rest);
  if (v_column) c->v_shift_column = carve(&at, c->padded, sizeof(float));
  return H9_OK;
}

static int check(const h9_model *m, const double *values, h9_error *e) {
  for (uint32_t k = 0; k < m->n_values; k++) {
    const h9_model_value *v = &m->values[k];
    if (!(values[k] >= v->low && values[k] <= v->high))
      return h9_fail(e, H9_EDATA, "%s is %g, expected %s%g to %g %s", v->name, values[k],
                     v->low == DBL_MIN ? "above " : "", v->low == DBL_MIN ? 0 : v->low, v->high,
                     v->unit.name);
  }
  return m->check ? m->check(values, e) : H9_OK;
}

int h9_cells_make(h9_cells *c, const h9_population *p, uint32_t first, uint32_t n, uint32_t receptors,
                  double dt, enum h9_simd level, h9_error *e) {
  const h9_model *m = h9_model_find(p->model);
  const h9_dynamics *d = h9_dynamics_find(p->model);
  *c = (h9_cells){.dynamics = d, .n = n};
  c->padded = (n + H9_SLOT_ALIGN - 1) / H9_SLOT_ALIGN * H9_SLOT_ALIGN;
  c->columns = parameters_vary(m, p);
  c->update = (*d->kernels(level))[receptors - 1][c->columns];
  bool v_column = d->v_shift >= 0 && varies(p, m->values[d->v_shift].name);
  int rc = allocate(c, c->columns ? d->n_coefs : 0, v_column, e);
  for (uint32_t i = 0; i < c->padded && rc == H9_OK; i++) {
    double values[H9_MODEL_VALUES_MAX];
    float coef[H9_COEFS_MAX] = {0}, state[H9_STATES_MAX] = {0};
    h9_cells_values(m, p, first + (i < n ? i : 0), values); /* padding copies a neuron; nobody looks at it */
    if ((rc = check(m, values, e)) != H9_OK) {
      h9_fail_at(e, "population '%s': neuron %u", p->name, first + i + 1);
      break;
    }
    if (d->prepare) d->prepare(values, dt, coef, state);
    for (uint32_t k = 0; k < d->n_states; k++) c->state[k][i] = state[k];
    uint32_t to = c->columns ? i : 0;
    for (uint32_t k = 0; k < d->n_coefs; k++) c->coef[k][to] = coef[k];
    double steps = d->t_ref >= 0 ? floor(values[d->t_ref] / dt + 0.5) : 0;
    if (steps > 0x1p30)
      rc = h9_fail(e, H9_ECONFIG, "population '%s': t_ref is %g ms, expected at most %g ms", p->name,
                   values[d->t_ref], 0x1p30 * dt);
    else c->hold[to] = (uint32_t)steps;
    if (v_column) c->v_shift_column[i] = (float)values[d->v_shift];
    else if (d->v_shift >= 0) c->v_shift = values[d->v_shift];
  }
  if (rc != H9_OK) h9_cells_release(c);
  return rc;
}

void h9_cells_release(h9_cells *c) {
  free(c->memory);
  *c = (h9_cells){0};
}

void h9_cells_aim(const h9_cells *c, uint32_t at, uint32_t n, h9_update *u) {
  uint32_t to = c->columns ? at : 0;
  u->n = n;
  for (uint32_t k = 0; k < c->dynamics->n_states; k++) u->state[k] = c->state[k] + at;
  for (uint32_t k = 0; k < c->dynamics->n_coefs; k++) u->coef[k] = c->coef[k] + to;
}

static void wake(h9_cells *c, struct h9_rest r) {
  c->state[c->dynamics->v_state][r.index] = c->coef[c->dynamics->reset][c->columns ? r.index : 0];
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

uint32_t h9_cells_fire(h9_cells *c, uint32_t at, uint32_t n, h9_step now, uint32_t *out) {
  float *v = c->state[c->dynamics->v_state];
  const float *theta = c->coef[c->dynamics->theta], *reset = c->coef[c->dynamics->reset];
  uint32_t found = 0, end = at + n < c->n ? at + n : c->n;
  for (uint32_t i = at; i < end; i++) {
    uint32_t k = c->columns ? i : 0;
    if (!(v[i] >= theta[k])) continue;
    out[found++] = i;
    if (c->hold[k] == 0) {
      v[i] = reset[k];
      continue;
    }
    v[i] = NAN;
    uint32_t to = c->columns ? c->rest_n : (uint32_t)(((uint64_t)c->rest_first + c->rest_n) % c->padded);
    c->rest[to] = (struct h9_rest){i, (uint32_t)now + c->hold[k] + 1};
    c->rest_n++;
  }
  return found;
}

double h9_cells_v(const h9_cells *c, uint32_t i) {
  if (c->dynamics->v_state < 0) return NAN;
  float v = c->state[c->dynamics->v_state][i];
  if (isnan(v)) v = c->coef[c->dynamics->reset][c->columns ? i : 0]; /* rests */
  return (double)v + (c->v_shift_column ? (double)c->v_shift_column[i] : c->v_shift);
}

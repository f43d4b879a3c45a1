#include "models.h"

#include "model_table.h"

#include <string.h>

static const h9_model *const table[] = {
    &h9_model_iaf_psc_exp,   &h9_model_iaf_psc_alpha,     &h9_model_iaf_psc_delta, &h9_model_iaf_cond_exp,
    &h9_model_iaf_cond_alpha, &h9_model_izhikevich,       &h9_model_aeif_cond_exp, &h9_model_aeif_psc_exp,
    &h9_model_hh_cond_exp_traub, &h9_model_parrot_neuron,
};

enum { BUILT_IN = sizeof table / sizeof *table, ADDED_MAX = 64 };
static const h9_model *added[ADDED_MAX];
static size_t n_added;

const h9_model *h9_model_at(size_t i) {
  return i < BUILT_IN ? table[i] : i - BUILT_IN < n_added ? added[i - BUILT_IN] : NULL;
}

int h9_model_add(const h9_model *m, h9_error *e) {
  if (h9_model_find(m->name)) return h9_fail(e, H9_ECONFIG, "there is a model '%s' already", m->name);
  if (n_added == ADDED_MAX)
    return h9_fail(e, H9_ECONFIG, "found more than %d models of the user's", ADDED_MAX);
  added[n_added++] = m;
  return H9_OK;
}

const h9_model *h9_model_named(const char *name, h9_error *e) {
  const h9_model *m = h9_model_find(name);
  if (m) return m;
  const char *known[256];
  size_t n = 0;
  for (const h9_model *k; n < 256 && (k = h9_model_at(n)); n++) known[n] = k->name;
  h9_fail(e, H9_EUSAGE, "there is no model '%.80s' (hal9-models(7))", name);
  h9_fail_near(e, name, known, n, true);
  return NULL;
}

const h9_model *h9_model_find(const char *name) {
  const h9_model *m;
  for (size_t i = 0; (m = h9_model_at(i)); i++)
    if (strcmp(m->name, name) == 0) return m;
  return NULL;
}

int h9_model_value_find(const h9_model *m, const char *name) {
  for (uint32_t i = 0; i < m->n_values; i++)
    if (strcmp(m->values[i].name, name) == 0) return (int)i;
  return -1;
}

int h9_model_recordable_find(const h9_model *m, const char *name) {
  for (uint32_t i = 0; i < m->n_recordables; i++)
    if (strcmp(m->recordables[i].name, name) == 0) return (int)i;
  return -1;
}

h9_unit h9_model_unit(const char *name) {
  h9_unit u = {"", {0, 0, 0, 0}, 1};
  size_t len = strlen(name);
  if (strcmp(name, "1") != 0 && !h9_unit_parse(name, &len, &u)) u.name = "";
  return u;
}

int h9_model_check(const h9_model *m, const double *values, h9_error *e) {
  for (uint32_t k = 0; k < m->n_values; k++) {
    const h9_model_value *v = &m->values[k];
    if (!(values[k] >= v->low && values[k] <= v->high))
      return h9_fail(e, H9_EDATA, "%s is %g, expected %s%g to %g %s", v->name, values[k],
                     v->low == DBL_MIN ? "above " : "", v->low == DBL_MIN ? 0 : v->low, v->high,
                     h9_model_unit(v->unit).name);
  }
  char why[256] = "";
  if (m->check && !m->check(values, why, sizeof why)) return h9_fail(e, H9_ECONFIG, "%s", why);
  return H9_OK;
}

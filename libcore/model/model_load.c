/* Models from shared objects. Nothing of one is used before its table has been checked. */
#include "models.h"

#include <ctype.h>
#include <dlfcn.h>
#include <math.h>
#include <string.h>

static bool is_name(const char *s) {
  if (!s || !(isalpha((unsigned char)*s) || *s == '_')) return false;
  size_t n = strlen(s);
  for (size_t i = 0; i < n; i++)
    if (!isalnum((unsigned char)s[i]) && s[i] != '_') return false;
  return n <= 63;
}

static bool is_unit(const char *s) {
  h9_unit u;
  size_t len = 0;
  return s && (strcmp(s, "1") == 0 || (h9_unit_parse(s, &len, &u) && len == strlen(s)));
}

static int check_values(const h9_model *m, h9_error *e) {
  if (m->n_values > H9_MODEL_VALUES_MAX || (m->n_values && !m->values))
    return h9_fail(e, H9_EDATA, "n_values is %u, expected at most %d and a table", m->n_values,
                   H9_MODEL_VALUES_MAX);
  for (uint32_t i = 0; i < m->n_values; i++) {
    const h9_model_value *v = &m->values[i];
    if (!is_name(v->name))
      return h9_fail(e, H9_EDATA, "value %u: found name '%s', expected letters, digits and '_'", i + 1,
                     v->name ? v->name : "");
    if (h9_model_value_find(m, v->name) != (int)i) return h9_fail(e, H9_EDATA, "value %s occurs twice", v->name);
    if (!is_unit(v->unit))
      return h9_fail(e, H9_EDATA, "value %s: found unit '%s', expected one of hal9-config(5), or 1", v->name,
                     v->unit ? v->unit : "");
    if (!(v->initial >= v->low && v->initial <= v->high))
      return h9_fail(e, H9_EDATA, "value %s: its default is %g, expected %g to %g", v->name, v->initial, v->low,
                     v->high);
    if (!v->about) return h9_fail(e, H9_EDATA, "value %s: says nothing about itself", v->name);
  }
  for (uint32_t i = 0; i < m->n_recordables; i++) {
    const h9_model_recordable *r = &m->recordables[i];
    if (!is_name(r->name) || !is_unit(r->unit) || r->state < 0 || r->state >= (int)m->n_states ||
        r->shift >= (int)m->n_values)
      return h9_fail(e, H9_EDATA, "recordable %u: expected a name, a unit, a state and a value that there are",
                     i + 1);
  }
  return H9_OK;
}

static int check_spiking(const h9_model *m, h9_error *e) {
  if (m->counts && !m->marks) return h9_fail(e, H9_EDATA, "counts without marks");
  if (m->v >= (int)m->n_states) return h9_fail(e, H9_EDATA, "v is %d, expected below n_states", m->v);
  if (m->marks) return H9_OK;
  int coefs = (int)m->n_coefs;
  if (m->v < 0 || m->theta < 0 || m->reset < 0 || m->theta >= coefs || m->reset >= coefs ||
      m->t_ref >= (int)m->n_values)
    return h9_fail(e, H9_EDATA,
                   "found v %d, theta %d, reset %d, t_ref %d, expected a state, two coefficients and a value",
                   m->v, m->theta, m->reset, m->t_ref);
  return H9_OK;
}

static int check(const h9_model *m, h9_error *e) {
  if (m->abi != H9_MODEL_ABI)
    return h9_fail(e, H9_EDATA, "made for version %u of the interface, expected %d", m->abi, H9_MODEL_ABI);
  if (m->size != sizeof *m)
    return h9_fail(e, H9_EDATA, "size is %u, expected %zu", m->size, sizeof *m);
  if (!is_name(m->name) || !m->about)
    return h9_fail(e, H9_EDATA, "found name '%s', expected letters, digits and '_', and a description",
                   m->name ? m->name : "");
  if (!is_unit(m->weight)) return h9_fail(e, H9_EDATA, "weight: expected a unit such as pA, mV, nS or 1");
  if (m->receptors < 1 || m->receptors > 2)
    return h9_fail(e, H9_EDATA, "receptors is %u, expected 1 or 2", m->receptors);
  if (m->n_states > H9_STATES_MAX || m->n_coefs > H9_COEFS_MAX)
    return h9_fail(e, H9_EDATA, "found %u states and %u coefficients, expected at most %d and %d", m->n_states,
                   m->n_coefs, H9_STATES_MAX, H9_COEFS_MAX);
  if ((m->n_states || m->n_coefs) && !m->prepare) return h9_fail(e, H9_EDATA, "prepare is missing");
  if (!m->kernels[0]) return h9_fail(e, H9_EDATA, "kernels[0] is missing");
  for (uint32_t p = 0; p < H9_PRECISIONS; p++)
    for (uint32_t r = 0; r < m->receptors; r++)
      if (!(*m->kernels[0])[p][r][0] || !(*m->kernels[0])[p][r][1])
        return h9_fail(e, H9_EDATA, "a kernel is missing for %s precision, %u receptors",
                       p == H9_DOUBLE ? "double" : "single", r + 1);
  int rc = check_values(m, e);
  return rc == H9_OK ? check_spiking(m, e) : rc;
}

int h9_model_load(const char *path, const h9_model **out, h9_error *e) {
  void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL); /* stays loaded */
  if (!object) {
    const char *why = dlerror();
    return h9_fail(e, H9_ESYSTEM, "%s: found no shared object that can be loaded: %s", path, why ? why : "");
  }
  h9_model_export_fn *get = NULL;
  void *symbol = dlsym(object, "h9_model_export");
  memcpy(&get, &symbol, sizeof get);
  if (!get) return h9_fail(e, H9_EDATA, "%s: found no function h9_model_export, expected one as in hal9-model(7)", path);
  const h9_model *m = get();
  if (!m) return h9_fail(e, H9_EDATA, "%s: h9_model_export gave no model", path);
  int rc = check(m, e);
  if (rc == H9_OK) rc = h9_model_add(m, e);
  if (rc != H9_OK) return h9_fail_at(e, "%s", path);
  if (out) *out = m;
  return H9_OK;
}

#include "model_table.h"
#include <string.h>

static const h9_model *const table[] = {
    &h9_model_iaf_psc_exp,
    &h9_model_iaf_psc_delta,
    &h9_model_parrot_neuron,
};

const h9_model *h9_model_at(size_t i) { return i < sizeof table / sizeof *table ? table[i] : NULL; }

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

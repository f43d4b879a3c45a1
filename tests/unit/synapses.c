/* The table of synapse models against hal9-synapses(7), as tests/unit/models.c does for neurons. */
#include "../../libcore/model/synapses.h"
#include "tap.h"

#include <math.h>

static void check_row(const h9_synapse_model *m, const char *line, int *rows) {
  char name[64], unit[64], value[64], about[256];
  if (sscanf(line, ".It Va %63s Ta %63s Ta %63s Ta %255[^\n]", name, unit, value, about) != 4) return;
  int k = h9_synapse_value_find(m, name);
  if (!ok(k >= 0, "%s: %s of the manual is in the table", m->name, name)) return;
  const h9_model_value *v = &m->values[k];
  ok(strcmp(unit, v->unit) == 0, "%s: %s: unit %s, manual %s", m->name, name, v->unit, unit);
  ok(isnan(v->initial) ? strcmp(value, "-") == 0 : strtod(value, NULL) == v->initial,
     "%s: %s: default %g, manual %s", m->name, name, v->initial, value);
  ok(strcmp(about, v->about) == 0, "%s: %s: '%s', manual '%s'", m->name, name, v->about, about);
  (*rows)++;
}

int main(void) {
  FILE *manual = fopen("man/hal9-synapses.7", "r");
  const h9_synapse_model *m;
  char line[1024], head[128];
  if (!ok(manual != NULL, "the manual opens")) return done();
  for (size_t i = 0; (m = h9_synapse_at(i)); i++) {
    bool inside = false, found = false;
    int rows = 0;
    snprintf(head, sizeof head, ".Ss %s\n", m->name);
    rewind(manual);
    while (fgets(line, sizeof line, manual)) {
      if (strncmp(line, ".S", 2) == 0) inside = strcmp(line, head) == 0;
      found |= inside;
      if (inside) check_row(m, line, &rows);
    }
    ok(found, "%s has a section in the manual", m->name);
    ok(rows == (int)m->n_values, "%s: %d rows in the manual, %u values", m->name, rows, m->n_values);
    ok(h9_synapse_find(m->name) == m, "%s is found by name", m->name);
    for (uint32_t k = 0; k < m->n_values; k++) {
      const h9_model_value *v = &m->values[k];
      ok(isnan(v->initial) || (v->initial >= v->low && v->initial <= v->high),
         "%s: default of %s within its range", m->name, v->name);
    }
  }
  fclose(manual);
  return done();
}

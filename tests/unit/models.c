/* The table of models against hal9-models(7), and against NEST's defaults as that manual promises. */
#include "../../libcore/model/models.h"
#include "tap.h"

/* One row ".It Va NAME Ta UNIT Ta DEFAULT Ta ABOUT" of the section of a model. */
static void check_row(const h9_model *m, const char *line, int *rows) {
  char name[64], unit[64], value[64], about[256];
  if (sscanf(line, ".It Va %63s Ta %63s Ta %63s Ta %255[^\n]", name, unit, value, about) != 4) return;
  int k = h9_model_value_find(m, name);
  if (!ok(k >= 0, "%s: %s of the manual is in the table", m->name, name)) return;
  const h9_model_value *v = &m->values[k];
  ok(strcmp(unit, v->unit) == 0, "%s: %s: unit %s, manual %s", m->name, name, v->unit, unit);
  ok(strtod(value, NULL) == v->initial, "%s: %s: default %g, manual %s", m->name, name, v->initial, value);
  ok(strcmp(about, v->about) == 0, "%s: %s: '%s', manual '%s'", m->name, name, v->about, about);
  (*rows)++;
}

static void check_model(const h9_model *m, FILE *manual) {
  char line[1024];
  bool inside = false, found = false;
  int rows = 0;
  rewind(manual);
  while (fgets(line, sizeof line, manual)) {
    if (strncmp(line, ".S", 2) == 0)
      inside = strncmp(line, ".Ss ", 4) == 0 && strcspn(line + 4, "\n") == strlen(m->name) &&
               strncmp(line + 4, m->name, strlen(m->name)) == 0;
    found |= inside;
    if (inside && strncmp(line, ".It Va", 6) == 0) check_row(m, line, &rows);
  }
  ok(found, "%s has a section in the manual", m->name);
  ok(rows == (int)m->n_values, "%s: %d rows in the manual, %u values in the table", m->name, rows,
     m->n_values);
}

int main(void) {
  FILE *manual = fopen("man/hal9-models.7", "r");
  const h9_model *m;
  if (!ok(manual != NULL, "the manual opens")) return done();
  for (size_t i = 0; (m = h9_model_at(i)); i++) {
    check_model(m, manual);
    ok(h9_model_find(m->name) == m, "%s is found by name", m->name);
    ok(m->n_values <= H9_MODEL_VALUES_MAX && m->receptors >= 1, "%s: counts within bounds", m->name);
    for (uint32_t k = 0; k < m->n_values; k++)
      ok(m->values[k].initial >= m->values[k].low && m->values[k].initial <= m->values[k].high,
         "%s: default of %s within its range", m->name, m->values[k].name);
  }
  ok(h9_model_find("iaf") == NULL, "an unknown name is not found");
  fclose(manual);
  double values[H9_MODEL_VALUES_MAX];
  h9_error e = {0};
  m = h9_model_find("iaf_psc_exp");
  for (uint32_t k = 0; k < m->n_values; k++) values[k] = m->values[k].initial;
  ok(h9_model_check(m, values, &e) == H9_OK, "defaults are accepted");
  values[h9_model_value_find(m, "V_th")] = -70;
  ok(h9_model_check(m, values, &e) == H9_ECONFIG, "V_th at V_reset is refused: %s", e.text);
  return done();
}

/* A table of neurons: label, x, y, z, population, model, and values of the models by their names. */
#include "convert_parts.h"

#include "../base/memory.h"
#include "../base/parallel.h"
#include "../base/text.h"
#include "../model/models.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL, X, Y, Z, POPULATION, MODEL, KNOWN };
static const h9_sheet_known known[KNOWN] = {{"label", "id", NULL}, {"x", NULL, "um"},           {"y", NULL, "um"},
                                            {"z", NULL, "um"},     {"population", NULL, NULL}, {"model", NULL, NULL}};
enum { NUMBERS_MAX = 3 + H9_MODEL_VALUES_MAX };

/* Rows as they came: of a part of a round, or of all so far. */
typedef struct rows {
  size_t n, cap;
  uint64_t *line;
  uint32_t *id, *population, *model; /* entries (id: an id where ids are compact) */
  double *number[NUMBERS_MAX];
} rows;

typedef struct reading {
  h9_import *m;
  h9_sheet *sheet;
  h9_sheet_place place[KNOWN];
  uint32_t n_numbers;                   /* coordinates and values that the table has */
  h9_sheet_place number[NUMBERS_MAX];
  char value[NUMBERS_MAX][H9_NAME_MAX + 1]; /* name of a value; "": a coordinate */
  h9_labelmap *populations, *models;
  rows all, part[H9_SHEET_PARTS_MAX];
  h9_error *error; /* [H9_SHEET_PARTS_MAX] */
} reading;

/* ---- rows ---- */

static void rows_release(rows *r) {
  free(r->line);
  free(r->id);
  free(r->population);
  free(r->model);
  for (int k = 0; k < NUMBERS_MAX; k++) free(r->number[k]);
  *r = (rows){0};
}

/* Room for n rows; arrays double. */
static int rows_reserve(rows *r, size_t n, uint32_t n_numbers, h9_error *e) {
  if (n <= r->cap) return H9_OK;
  size_t cap = 2 * r->cap > n ? 2 * r->cap : n;
  bool good = true;
#define GROW(array)                                                                                                    \
  do {                                                                                                                 \
    void *grown = realloc(array, cap * sizeof *(array));                                                               \
    good &= grown != NULL;                                                                                             \
    if (grown) (array) = grown;                                                                                        \
  } while (0)
  GROW(r->line);
  GROW(r->id);
  GROW(r->population);
  GROW(r->model);
  for (uint32_t k = 0; k < n_numbers; k++) GROW(r->number[k]);
#undef GROW
  if (good) r->cap = cap;
  return good ? H9_OK : h9_fail_memory(e, cap * (20 + 8 * (size_t)n_numbers), "neurons");
}

static void rows_append(rows *to, const rows *from, uint32_t n_numbers) {
  memcpy(to->line + to->n, from->line, from->n * sizeof *to->line);
  memcpy(to->id + to->n, from->id, from->n * sizeof *to->id);
  memcpy(to->population + to->n, from->population, from->n * sizeof *to->population);
  memcpy(to->model + to->n, from->model, from->n * sizeof *to->model);
  for (uint32_t k = 0; k < n_numbers; k++)
    memcpy(to->number[k] + to->n, from->number[k], from->n * sizeof *to->number[k]);
  to->n += from->n;
}

/* ---- reading ---- */

/* A name of a population or model. */
static int name_add(reading *r, h9_labelmap *map, int me, const h9_sheet_part *p, const h9_cell *cells, int column,
                    uint32_t *entry, h9_error *e) {
  (void)r;
  const h9_cell *c = &cells[column];
  bool fine = h9_import_is_name(c->text, c->len);
  if (!fine)
    h9_fail(e, H9_EDATA, "found '%.*s', expected a name without spaces and @ [ ] : ,",
                   c->len < 40 ? (int)c->len : 40, c->text);
  else if ((*entry = h9_labelmap_add(map, me, c->text, c->len, p->row_line)) == H9_LABELMAP_NONE)
    return h9_fail_memory(e, c->len, "a name");
  return fine ? H9_OK : h9_sheet_fail_at(p, (uint32_t)column, e);
}

static int take_row(reading *r, int me, const h9_sheet_part *p, const h9_cell *cells, rows *out, h9_error *e) {
  size_t i = out->n;
  const h9_cell *label = &cells[r->place[LABEL].column];
  out->line[i] = p->row_line;
  int rc = h9_import_label(r->m, me, label->text, label->len, p->row_line, &out->id[i], e);
  if (rc != H9_OK) return h9_sheet_fail_at(p, (uint32_t)r->place[LABEL].column, e);
  out->population[i] = out->model[i] = 0;
  if (r->place[POPULATION].column >= 0)
    rc = name_add(r, r->populations, me, p, cells, r->place[POPULATION].column, &out->population[i], e);
  if (rc == H9_OK && r->place[MODEL].column >= 0)
    rc = name_add(r, r->models, me, p, cells, r->place[MODEL].column, &out->model[i], e);
  for (uint32_t k = 0; k < r->n_numbers && rc == H9_OK; k++) {
    rc = h9_sheet_number(p, cells, &r->number[k], &out->number[k][i], e);
    if (rc == H9_OK && isinf(out->number[k][i])) rc = h9_sheet_finite(p, cells, &r->number[k], &out->number[k][i], e);
  }
  out->n++;
  return rc;
}

static void take_part(void *ctx, uint64_t i, int me) {
  reading *r = ctx;
  h9_sheet_part *p = &r->sheet->part[i];
  rows *out = &r->part[i];
  h9_cell cells[H9_SHEET_COLUMNS_MAX];
  h9_error *e = &r->error[i];
  e->code = H9_OK;
  out->n = 0;
  int rc = rows_reserve(out, p->lines, r->n_numbers, e);
  while (rc == H9_OK && (rc = h9_sheet_row(p, cells, e)) == H9_OK) rc = take_row(r, me, p, cells, out, e);
  e->code = rc == H9_EOF ? H9_OK : rc;
}

/* The same label in two rows: the one that comes second is told. */
static int no_twins(const reading *r, const rows *x, h9_error *e) {
  for (size_t i = 0; i < x->n && r->m->labels; i++) {
    uint64_t first = h9_labelmap_first(r->m->labels, x->id[i]);
    if (first == x->line[i]) continue;
    size_t len;
    char text[H9_NAME_MAX + 1];
    const void *label = h9_labelmap_label(r->m->labels, x->id[i], &len);
    if (r->m->ids == H9_IDS_UUID) *h9_uuid_text(text, label) = 0;
    else memcpy(text, label, len), text[len] = 0;
    return h9_fail(e, H9_EDATA, "%s:%llu: column %d (%s): found '%s' again, first in line %llu; expected each neuron once",
                   r->sheet->name, (unsigned long long)x->line[i], r->place[LABEL].column + 1,
                   r->sheet->column[r->place[LABEL].column], text, (unsigned long long)first);
  }
  return H9_OK;
}

/* The form of ids, by the first row. */
static int begin_labels(reading *r, h9_error *e) {
  char *memory;
  h9_cell cells[H9_SHEET_COLUMNS_MAX];
  int rc = h9_sheet_peek(r->sheet, &memory, cells, e);
  if (rc == H9_OK) {
    const h9_cell *c = &cells[r->place[LABEL].column];
    rc = h9_import_begin_labels(r->m, c->text, c->len, e);
  }
  free(memory);
  return rc == H9_EOF ? H9_OK : rc;
}

static int read_rounds(reading *r, h9_error *e) {
  int rc;
  while ((rc = h9_sheet_next(r->sheet, e)) == H9_OK) {
    uint64_t lines = 0;
    if (r->m->ids == H9_IDS_AUTO) rc = begin_labels(r, e);
    for (uint32_t i = 0; i < r->sheet->n_parts; i++) lines += r->sheet->part[i].lines;
    if (rc == H9_OK && r->m->labels) rc = h9_labelmap_reserve(r->m->labels, lines, e);
    if (rc == H9_OK) rc = h9_labelmap_reserve(r->populations, lines, e);
    if (rc == H9_OK) rc = h9_labelmap_reserve(r->models, lines, e);
    if (rc != H9_OK) return rc;
    h9_parallel_each(r->m->o->threads, r->sheet->n_parts, take_part, r);
    for (uint32_t i = 0; i < r->sheet->n_parts; i++) {
      if (r->error[i].code != H9_OK) {
        *e = r->error[i];
        return e->code;
      }
      rc = no_twins(r, &r->part[i], e);
      if (rc == H9_OK) rc = rows_reserve(&r->all, r->all.n + r->part[i].n, r->n_numbers, e);
      if (rc != H9_OK) return rc;
      rows_append(&r->all, &r->part[i], r->n_numbers);
    }
  }
  if (rc != H9_EOF) return rc;
  if (r->all.n == 0) return h9_fail(e, H9_EDATA, "%s: holds no neurons, expected a line each", r->sheet->name);
  if (r->all.n > H9_ID_MAX) return h9_fail(e, H9_EDATA, "%s: holds %zu neurons, expected at most %u", r->sheet->name, r->all.n, H9_ID_MAX);
  return H9_OK;
}

/* ---- columns ---- */

/* Whether some model has a value of that name, alone or with a unit in brackets. */
static bool is_value(const char *column, char name[H9_NAME_MAX + 1], h9_sheet_place *place, const char **unit) {
  size_t len = strcspn(column, "[(");
  if (column[len] && strlen(column + len + 1) > sizeof place->unit) return false;
  if (column[len]) {
    size_t n = strlen(column + len + 1);
    memcpy(place->unit, column + len + 1, n ? n - 1 : 0);
    place->unit[n ? n - 1 : 0] = 0;
  }
  while (len && column[len - 1] == ' ') len--;
  if (len == 0 || len > H9_NAME_MAX) return false;
  memcpy(name, column, len);
  name[len] = 0;
  const h9_model *m;
  for (size_t i = 0; (m = h9_model_at(i)); i++) {
    int at = h9_model_value_find(m, name);
    if (at >= 0) *unit = m->values[at].unit;
    if (at >= 0) return true;
  }
  return false;
}

static int find_columns(reading *r, h9_error *e) {
  uint32_t other[H9_SHEET_COLUMNS_MAX], n;
  const h9_sheet *s = r->sheet;
  int rc = h9_sheet_match(s, known, KNOWN, r->place, other, &n, e);
  if (rc != H9_OK) return rc;
  if (r->place[LABEL].column < 0)
    return h9_fail(e, H9_EDATA, "%s:%llu: no column 'label', expected it (and x, y, z, population, model or values of models)",
                   s->name, (unsigned long long)s->header_line);
  for (int k = X; k <= Z; k++) {
    if (r->place[k].column < 0) continue;
    if (k > X && r->place[k - 1].column < 0)
      return h9_fail(e, H9_EDATA, "%s:%llu: column '%s' without '%s'", s->name, (unsigned long long)s->header_line,
                     known[k].name, known[k - 1].name);
    r->number[r->n_numbers++] = r->place[k];
  }
  for (uint32_t i = 0; i < n; i++) {
    h9_sheet_place place = {.column = (int)other[i], .up = 1, .down = 1};
    const char *own = "", *names[H9_SHEET_COLUMNS_MAX];
    h9_dim a, b;
    double up, down;
    if (!is_value(s->column[other[i]], r->value[r->n_numbers], &place, &own)) {
      for (int k = 0; k < KNOWN; k++) names[k] = known[k].name;
      const char *near = h9_nearest_name(s->column[other[i]], names, KNOWN);
      if (near && r->place[LABEL].column >= 0 && strlen(s->column[other[i]]) > 1)
        return h9_fail(e, H9_EDATA, "%s:%llu: column %u (%s): unknown; did you mean '%s'?", s->name,
                       (unsigned long long)s->header_line, other[i] + 1, s->column[other[i]], near);
      r->value[r->n_numbers][0] = 0;
      h9_note(&r->m->notes, "%s: column %u (%s) is not taken over", s->name, other[i] + 1, s->column[other[i]]);
      continue;
    }
    if (r->n_numbers == NUMBERS_MAX)
      return h9_fail(e, H9_EDATA, "%s: more than %d columns of values", s->name, H9_MODEL_VALUES_MAX);
    if (*place.unit && (!h9_sheet_unit(place.unit, &place.up, &place.down, &a) || !h9_sheet_unit(own, &up, &down, &b) ||
                        !h9_dim_equal(a, b)))
      return h9_fail(e, H9_EDATA, "%s:%llu: column %u (%s): found unit '%s', expected %s", s->name,
                     (unsigned long long)s->header_line, other[i] + 1, s->column[other[i]], place.unit, own);
    r->number[r->n_numbers++] = place;
  }
  return H9_OK;
}

int h9_import_neurons(h9_import *m, h9_sheet *sheet, h9_error *e) {
  reading *r = calloc(1, sizeof *r);
  if (!r || !(r->error = calloc(H9_SHEET_PARTS_MAX, sizeof *r->error))) {
    free(r);
    h9_sheet_close(sheet);
    return h9_fail_memory(e, sizeof *r, "a table");
  }
  r->m = m;
  r->sheet = sheet;
  int rc = find_columns(r, e);
  if (rc == H9_OK) rc = h9_labelmap_new(&r->populations, H9_LABELMAP_FREE, false, m->o->threads, e);
  if (rc == H9_OK) rc = h9_labelmap_new(&r->models, H9_LABELMAP_FREE, false, m->o->threads, e);
  if (rc == H9_OK) rc = read_rounds(r, e);
  if (rc == H9_OK) {
    h9_neuron_rows all = {.name = r->sheet->name,
                          .n = r->all.n,
                          .line = r->all.line,
                          .id = r->all.id,
                          .populations = r->place[POPULATION].column >= 0 ? r->populations : NULL,
                          .models = r->place[MODEL].column >= 0 ? r->models : NULL,
                          .population = r->all.population,
                          .model = r->all.model,
                          .dimensions = (r->place[X].column >= 0) + (r->place[Y].column >= 0) + (r->place[Z].column >= 0),
                          .n_values = 0};
    for (uint32_t k = 0; k < r->n_numbers; k++) {
      all.number[k] = r->all.number[k];
      all.number_name[k] = k < (uint32_t)all.dimensions ? &"x\0y\0z"[2 * k] : r->value[k];
    }
    all.n_values = r->n_numbers - (uint32_t)all.dimensions;
    rc = h9_import_take_neurons(m, &all, e);
  }
  h9_sheet_close(r->sheet);
  for (int i = 0; i < H9_SHEET_PARTS_MAX; i++) rows_release(&r->part[i]);
  rows_release(&r->all);
  h9_labelmap_free(r->populations);
  h9_labelmap_free(r->models);
  free(r->error);
  free(r);
  return rc;
}

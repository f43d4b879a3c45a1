/* Recorded state as rows: one a sample. */
#include "view.h"

#include <stdlib.h>

enum { TIME, STEP, VARIABLE, UNIT, GROUP, ID, NEURON, LABEL, VALUE };
static const h9_view_column known[] = {{"time", TIME},   {"step", STEP}, {"variable", VARIABLE}, {"unit", UNIT},
                                       {"group", GROUP}, {"id", ID},     {"neuron", NEURON},     {"value", VALUE},
                                       {"label", LABEL}};

typedef struct states {
  h9_view *v;
  h9_network net;
  h9_table table;
  char **names, **population; /* names of columns; of populations, as they stand in a cell */
  int code[H9_TABLE_COLUMNS_MAX];
  uint32_t n;
  size_t row_bytes, longest;
  h9_multiple dt;
} states;

static int begin(states *s, h9_error *e) {
  s->dt = h9_multiple_of(s->net.dt);
  int rc = h9_view_columns(s->v, s->v->labels ? "time,variable,group,id,label,value" : "time,variable,group,id,value", known, sizeof known / sizeof known[0], -1,
                           &s->names, s->code, &s->n, e);
  if (rc == H9_OK) rc = h9_view_begin(s->v, &s->table, s->names, s->n, e);
  if (rc != H9_OK) return rc;
  s->population = calloc(s->net.n_populations + 1, sizeof *s->population);
  if (!s->population) return h9_fail_memory(e, s->net.n_populations * sizeof *s->population, "names");
  for (uint32_t p = 0; p < s->net.n_populations; p++) {
    s->population[p] = h9_view_cell_text(&s->table, s->net.populations[p].name);
    if (!s->population[p]) return h9_fail_memory(e, H9_NAME_MAX, "names");
    size_t len = strlen(s->population[p]);
    if (len > s->longest) s->longest = len;
  }
  return H9_OK;
}

/* Texts that are the same for all samples of a block, as they stand in a cell. */
typedef struct texts {
  char *variable, *unit, *of;
} texts;

static int put_row(states *s, const h9_state *d, const texts *t, h9_step step, h9_id id, double value, h9_error *e) {
  h9_view *v = s->v;
  uint32_t p = id ? h9_network_population_of(&s->net, id) : 0;
  char *q = h9_view_room(v, s->row_bytes, e);
  if (!q) return e->code;
  for (uint32_t k = 0; k < s->n; k++) {
    q = h9_table_cell(&s->table, k, q);
    switch (s->code[k]) {
    case TIME: q = h9_text_multiple(q, &s->dt, step); break;
    case STEP: q = h9_text_i64(q, step); break;
    case VARIABLE: q = stpcpy(q, t->variable); break;
    case UNIT: q = stpcpy(q, t->unit); break;
    case GROUP: q = stpcpy(q, id ? s->population[p] : t->of); break;
    case ID: q = h9_text_u64(q, id); break;
    case LABEL: q = h9_view_label(&s->table, &s->net.labels, id, q); break;
    case NEURON: q = h9_text_u64(q, id ? id - s->net.populations[p].first + 1 : 0); break;
    default: q = d->wide ? h9_table_f64(&s->table, q, value) : h9_table_f32(&s->table, q, (float)value);
    }
  }
  h9_view_took(v, h9_table_end(&s->table, q));
  return H9_OK;
}

/* H9_EOF: enough rows. Times may go back from block to block, so all are looked at. */
static int rows(states *s, const h9_state *d, const texts *t, h9_error *e) {
  h9_view *v = s->v;
  const h9_select *sel = &v->select;
  uint32_t width = h9_state_width(d);
  bool all = h9_select_is_all(sel);
  if (!all && !d->n_ids) return H9_OK; /* neurons are asked for */
  for (uint32_t k = 0; k < d->n_times; k++) {
    h9_step step = d->first + (h9_step)k * d->interval;
    if (sel->timed && (step <= sel->after_step || step > sel->until_step)) continue;
    for (uint32_t i = 0; i < width; i++) {
      h9_id id = d->n_ids ? d->id[i] : 0;
      if (!all && !h9_select_has(sel, &s->net, id)) continue;
      if (v->rows >= v->head) return H9_EOF;
      v->rows++;
      if (v->count) continue;
      int rc = put_row(s, d, t, step, id, d->sample[(size_t)k * width + i], e);
      if (rc != H9_OK) return rc;
    }
  }
  return H9_OK;
}

static int block(states *s, const h9_state *d, h9_error *e) {
  texts t = {h9_view_cell_text(&s->table, d->variable), h9_view_cell_text(&s->table, d->unit),
             h9_view_cell_text(&s->table, d->of)};
  int rc = t.variable && t.unit && t.of ? H9_OK : h9_fail_memory(e, H9_NAME_MAX, "names");
  if (rc == H9_OK) {
    s->row_bytes = s->table.row_bytes + s->n * (s->longest + strlen(t.variable) + strlen(t.unit) + strlen(t.of) + H9_VIEW_LABEL);
    rc = rows(s, d, &t, e);
  }
  free(t.variable);
  free(t.unit);
  free(t.of);
  return rc;
}

static int all_of(states *s, h9_reader *r, h9_error *e) {
  h9_view *v = s->v;
  h9_block b;
  int rc = h9_network_read_head(r, &s->net, e);
  if (rc == H9_OK) rc = h9_select_resolve(&v->select, &s->net, e);
  if (rc == H9_OK) rc = begin(s, e);
  if (rc == H9_OK) rc = h9_network_read_labels(r, &s->net, &b, e);
  for (; rc == H9_OK; rc = rc == H9_OK ? h9_reader_next(r, &b, e) : rc) {
    if (b.kind != H9_BLOCK_STATE) continue;
    h9_state d = {0};
    rc = h9_state_decode(&b, s->net.n_neurons, &d, e);
    if (rc == H9_EDATA) h9_reader_fail_at(r, &b, e);
    if (rc == H9_OK) rc = block(s, &d, e);
    h9_state_release(&d);
  }
  if (rc != H9_EOF) return rc;
  return v->count ? h9_view_put_count(v, v->rows, e) : h9_view_flush(v, true, e);
}

int h9_view_states(h9_view *v, int fd, const char *name, h9_error *e) {
  states s = {.v = v};
  h9_reader *r;
  int rc = h9_reader_open(&r, fd, name, 1u << H9_BLOCK_STATE | 1u << H9_BLOCK_LABELS, v->threads, e);
  if (rc != H9_OK) return rc;
  rc = all_of(&s, r, e);
  h9_view_names_free(s.population, s.net.n_populations);
  h9_view_names_free(s.names, s.n);
  h9_table_release(&s.table);
  h9_network_release(&s.net);
  h9_reader_close(r);
  return rc;
}

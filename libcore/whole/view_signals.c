/* Signals as rows, batch by batch. */
#include "view.h"

#include "../base/io.h"

#include <math.h>
#include <stdlib.h>

enum { STEP, ID, TIME, POPULATION, LABEL, STRENGTH, PRIORITY };
static const h9_view_column known[] = {{"step", STEP},
                                       {"id", ID},
                                       {"time", TIME},
                                       {"population", POPULATION},
                                       {"label", LABEL},
                                       {"strength", STRENGTH},
                                       {"priority", PRIORITY}};

typedef struct signals {
  h9_view *v;
  int fd;
  h9_network net;
  h9_table table;
  char **names, **population; /* names of columns; of populations, as they stand in a cell */
  int code[H9_TABLE_COLUMNS_MAX];
  uint32_t n;
  size_t row_bytes;
  h9_multiple dt;
} signals;

static int begin(signals *s, h9_error *e) {
  s->dt = h9_multiple_of(s->net.dt);
  int rc = h9_view_columns(s->v, s->v->labels ? "step,id,label" : "step,id", known, sizeof known / sizeof known[0], -1, &s->names, s->code,
                           &s->n, e);
  if (rc == H9_OK) rc = h9_view_begin(s->v, &s->table, s->names, s->n, e);
  if (rc != H9_OK) return rc;
  s->row_bytes = s->table.row_bytes;
  for (uint32_t i = 0; i < s->n; i++) s->row_bytes += s->code[i] == LABEL ? H9_VIEW_LABEL : 0;
  bool wanted = false;
  for (uint32_t i = 0; i < s->n; i++) wanted |= s->code[i] == POPULATION;
  if (!wanted) return H9_OK;
  s->population = calloc(s->net.n_populations + 1, sizeof *s->population);
  if (!s->population) return h9_fail_memory(e, s->net.n_populations * sizeof *s->population, "names");
  size_t longest = 0;
  for (uint32_t p = 0; p < s->net.n_populations; p++) {
    s->population[p] = h9_view_cell_text(&s->table, s->net.populations[p].name);
    if (!s->population[p]) return h9_fail_memory(e, H9_NAME_MAX, "names");
    size_t len = strlen(s->population[p]);
    if (len > longest) longest = len;
  }
  s->row_bytes += s->n * longest;
  return H9_OK;
}

/* H9_EOF: enough rows, or past the last time asked for. */
static int batch(signals *s, const h9_signals *g, h9_error *e) {
  h9_view *v = s->v;
  const h9_select *sel = &v->select;
  bool all = h9_select_is_all(sel);
  for (size_t i = 0; i < g->n; i++) {
    if (sel->timed) {
      if (g->step[i] <= sel->after_step) continue;
      if (g->step[i] > sel->until_step) return H9_EOF;
    }
    if (!all && !h9_select_has(sel, &s->net, g->id[i])) continue;
    if (v->rows >= v->head) return H9_EOF;
    v->rows++;
    if (v->count) continue;
    char *q = h9_view_room(v, s->row_bytes, e);
    if (!q) return e->code;
    for (uint32_t k = 0; k < s->n; k++) {
      q = h9_table_cell(&s->table, k, q);
      switch (s->code[k]) {
      case STEP: q = h9_text_i64(q, g->step[i]); break;
      case ID: q = h9_text_u64(q, g->id[i]); break;
      case TIME: q = h9_text_multiple(q, &s->dt, g->step[i]); break;
      case LABEL: q = h9_view_label(&s->table, &s->net.labels, g->id[i], q); break;
      case STRENGTH: q = h9_table_f64(&s->table, q, g->strength_bytes ? g->strength[i] : NAN); break;
      case PRIORITY:
        q = g->prioritised ? h9_text_u64(q, g->priority[i]) : h9_table_f64(&s->table, q, NAN);
        break;
      default: q = stpcpy(q, s->population[h9_network_population_of(&s->net, g->id[i])]);
      }
    }
    h9_view_took(v, h9_table_end(&s->table, q));
  }
  return sel->timed && g->to > sel->until_step ? H9_EOF : H9_OK;
}

static int all_of(signals *s, h9_reader *r, bool by_tags, h9_error *e) {
  h9_view *v = s->v;
  h9_signals g = {0};
  h9_block b;
  int rc = h9_network_read_head(r, &s->net, e);
  if (rc == H9_OK) rc = h9_select_resolve(&v->select, &s->net, e);
  if (rc == H9_OK) rc = begin(s, e);
  if (rc == H9_OK) rc = h9_network_read_labels(r, &s->net, &b, e);
  for (; rc == H9_OK; rc = rc == H9_OK ? h9_reader_next(r, &b, e) : rc) {
    if (b.kind != H9_BLOCK_SIGNALS) continue;
    if (by_tags) {
      v->rows += b.count;
      continue;
    }
    rc = h9_signals_decode(&b, s->net.n_neurons, &g, e);
    if (rc == H9_EDATA) h9_reader_fail_at(r, &b, e);
    if (rc == H9_OK) rc = batch(s, &g, e);
    if (rc == H9_OK && h9_input_live(s->fd)) rc = h9_view_flush(v, true, e); /* a live one: what came is shown */
  }
  h9_signals_release(&g);
  if (rc != H9_EOF) return rc;
  return v->count ? h9_view_put_count(v, v->rows, e) : h9_view_flush(v, true, e);
}

int h9_view_signals(h9_view *v, int fd, const char *name, h9_error *e) {
  signals s = {.v = v, .fd = fd};
  h9_reader *r;
  bool by_tags = v->count && h9_select_is_all(&v->select) && !v->select.timed;
  int rc = h9_reader_open(&r, fd, name, by_tags ? 0 : 1u << H9_BLOCK_SIGNALS | 1u << H9_BLOCK_LABELS, v->threads, e);
  if (rc != H9_OK) return rc;
  rc = all_of(&s, r, by_tags, e);
  h9_view_names_free(s.population, s.net.n_populations);
  h9_view_names_free(s.names, s.n);
  h9_table_release(&s.table);
  h9_network_release(&s.net);
  h9_reader_close(r);
  return rc;
}

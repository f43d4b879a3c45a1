/* Neurons as rows. Values that do not vary take the population's constant, or the model's default. */
#include "view.h"

#include "../model/models.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ID, POPULATION, MODEL, LABEL, X, Y, Z, VALUE };
static const h9_view_column known[] = {
    {"id", ID}, {"population", POPULATION}, {"model", MODEL}, {"label", LABEL}, {"x", X}, {"y", Y}, {"z", Z}};

typedef struct neurons {
  h9_view *v;
  h9_network net;
  h9_table table;
  char **names;
  int code[H9_TABLE_COLUMNS_MAX];
  uint32_t n;
  /* of the population at hand: */
  char *fixed[H9_TABLE_COLUMNS_MAX]; /* text that all its neurons share; NULL: by neuron */
  int column[H9_TABLE_COLUMNS_MAX];  /* 0..2: coordinate, from 3 on: varying value */
  size_t row_bytes;
} neurons;

/* Columns: id, population, coordinates, and the values that vary somewhere. */
static char *own_columns(const h9_network *net, bool labels) {
  h9_buf b = {0};
  const char *names[H9_TABLE_COLUMNS_MAX];
  uint32_t n = 0;
  h9_buf_put(&b, labels ? "id,label,population" : "id,population", labels ? 19 : 13);
  for (int k = 0; k < net->dimensions; k++) h9_buf_put(&b, &",x,y,z"[2 * k], 2);
  for (uint32_t i = 0; i < net->n_populations; i++)
    for (uint32_t k = 0; k < net->populations[i].n_values; k++) {
      const h9_value *v = &net->populations[i].values[k];
      bool there = !v->varies;
      for (uint32_t j = 0; j < n && !there; j++) there = strcmp(names[j], v->name) == 0;
      if (there || n >= H9_TABLE_COLUMNS_MAX - 8) continue;
      names[n++] = v->name;
      h9_buf_put8(&b, ',');
      h9_buf_put(&b, v->name, strlen(v->name));
    }
  h9_buf_put8(&b, 0);
  if (!b.failed) return (char *)b.data;
  h9_buf_release(&b);
  return NULL;
}

/* A value of the population's model: varies (its place among the varying in *column), or one number. */
static bool value_of(const h9_population *p, const char *name, int *column, double *constant) {
  *column = -1;
  *constant = NAN;
  int place = 0;
  for (uint32_t k = 0; k < p->n_values; k++) {
    const h9_value *v = &p->values[k];
    if (strcmp(v->name, name) == 0) {
      if (v->varies) *column = place;
      else *constant = v->constant;
      return true;
    }
    place += v->varies;
  }
  const h9_model *m = h9_model_find(p->model);
  int i = m ? h9_model_value_find(m, name) : -1;
  if (i >= 0) *constant = m->values[i].initial;
  return i >= 0;
}

/* Every value asked for exists in some population; else the nearest names. */
static int values_check(const neurons *s, h9_error *e) {
  for (uint32_t i = 0; i < s->n; i++) {
    bool found = s->code[i] != VALUE;
    int column;
    double constant;
    for (uint32_t p = 0; p < s->net.n_populations && !found; p++)
      found = value_of(&s->net.populations[p], s->names[i], &column, &constant);
    if (found) continue;
    const char *names[256];
    size_t n = 0;
    for (; n < sizeof known / sizeof known[0]; n++) names[n] = known[n].name;
    for (uint32_t p = 0; p < s->net.n_populations; p++) {
      const h9_model *m = h9_model_find(s->net.populations[p].model);
      for (uint32_t k = 0; m && k < m->n_values && n < 256; k++) names[n++] = m->values[k].name;
    }
    h9_fail(e, H9_EUSAGE, "--columns: there is no column '%s'", s->names[i]);
    return h9_fail_near(e, s->names[i], names, n, true);
  }
  return H9_OK;
}

static void fixed_free(neurons *s) {
  for (uint32_t i = 0; i < s->n; i++) {
    free(s->fixed[i]);
    s->fixed[i] = NULL;
  }
}

static char *number_text(const h9_table *t, double v) {
  char *s = malloc(H9_TEXT_MAX + 1);
  if (s) *h9_table_f64(t, s, v) = 0;
  return s;
}

/* What is the same in all rows of a population is made once. */
static int population_begin(neurons *s, const h9_population *p, h9_error *e) {
  fixed_free(s);
  s->row_bytes = s->table.row_bytes;
  for (uint32_t i = 0; i < s->n; i++) {
    double constant = NAN;
    s->column[i] = -1;
    char *text = NULL;
    switch (s->code[i]) {
    case ID: continue;
    case LABEL: s->row_bytes += H9_VIEW_LABEL; continue;
    case POPULATION: text = h9_view_cell_text(&s->table, p->name); break;
    case MODEL: text = h9_view_cell_text(&s->table, p->model); break;
    case VALUE:
      value_of(p, s->names[i], &s->column[i], &constant);
      if (s->column[i] >= 0) {
        s->column[i] += 3;
        continue;
      }
      text = number_text(&s->table, constant);
      break;
    default:
      if (p->placed && s->code[i] - X < s->net.dimensions) {
        s->column[i] = s->code[i] - X;
        continue;
      }
      text = number_text(&s->table, NAN);
    }
    if (!text) return h9_fail_memory(e, H9_NAME_MAX, "columns");
    s->fixed[i] = text;
    s->row_bytes += strlen(text);
  }
  return H9_OK;
}

/* Rows of neurons first .. first + n of population p; `c` holds their columns, NULL where it has none.
 * H9_EOF: enough. */
static int rows(neurons *s, uint32_t population, uint32_t first, uint32_t n, const h9_neurons *c,
                h9_error *e) {
  const h9_population *p = &s->net.populations[population];
  if (!h9_select_has_population(&s->v->select, population)) return H9_OK;
  if (s->v->select.n_ranges) { /* nothing of this range: no row is looked at */
    size_t i = 0;
    while (i < s->v->select.n_ranges && s->v->select.range[i].last < p->first + first) i++;
    if (i == s->v->select.n_ranges || s->v->select.range[i].first > (uint64_t)p->first + first + n - 1)
      return H9_OK;
  }
  int rc = population_begin(s, p, e);
  if (rc != H9_OK) return rc;
  const float *data[H9_TABLE_COLUMNS_MAX] = {0};
  for (uint32_t i = 0; i < s->n; i++) {
    if (s->column[i] < 0) continue;
    if (!c)
      return h9_fail(e, H9_EDATA, "%s of population '%s' is not in this stream: it holds no neurons",
                     s->names[i], p->name);
    data[i] = s->column[i] == 0   ? c->x
              : s->column[i] == 1 ? c->y
              : s->column[i] == 2 ? c->z
                                  : c->columns[s->column[i] - 3];
  }
  const bool some = !h9_select_is_whole(&s->v->select);
  for (uint32_t k = 0; k < n; k++) {
    h9_id id = p->first + first + k;
    if (some && !h9_select_has(&s->v->select, &s->net, id)) continue;
    if (s->v->rows >= s->v->head) return H9_EOF;
    s->v->rows++;
    if (s->v->count) continue;
    char *q = h9_view_room(s->v, s->row_bytes, e);
    if (!q) return e->code;
    for (uint32_t i = 0; i < s->n; i++) {
      q = h9_table_cell(&s->table, i, q);
      if (s->fixed[i]) q = stpcpy(q, s->fixed[i]);
      else if (data[i]) q = h9_table_f32(&s->table, q, data[i][k]);
      else if (s->code[i] == LABEL) q = h9_view_label(&s->table, &s->net.labels, id, q);
      else q = h9_text_u64(q, id);
    }
    h9_view_took(s->v, h9_table_end(&s->table, q));
  }
  return H9_OK;
}

/* Populations from `from` up to `to` that have no columns, or none in this stream. */
static int plain(neurons *s, uint32_t from, uint32_t to, h9_error *e) {
  int rc = H9_OK;
  for (uint32_t p = from; p < to && rc == H9_OK; p++)
    rc = rows(s, p, 0, s->net.populations[p].count, NULL, e);
  return rc;
}

/* Behind the labels; *b is the first block, unless the stream ended. */
static int blocks(neurons *s, h9_reader *r, h9_block *b, bool ended, h9_error *e) {
  h9_neurons n = {0};
  h9_neurons_order order = {0};
  uint32_t next = 0; /* population not begun yet */
  int rc = ended ? H9_EOF : H9_OK;
  for (; rc == H9_OK; rc = rc == H9_OK ? h9_reader_next(r, b, e) : rc) {
    if (b->kind != H9_BLOCK_NEURONS) continue; /* on to the end block, which tells that nothing is missing */
    rc = h9_neurons_decode(&s->net, b, &n, e);
    if (rc == H9_OK) rc = h9_neurons_follow(&s->net, &order, n.population, n.first, n.n, e);
    if (rc == H9_EDATA) h9_reader_fail_at(r, b, e);
    if (rc == H9_OK && n.population >= next) {
      rc = plain(s, next, n.population, e);
      next = n.population + 1;
    }
    if (rc == H9_OK) rc = rows(s, n.population, n.first, n.n, &n, e);
  }
  h9_neurons_release(&n);
  bool enough = rc == H9_EOF && s->v->rows >= s->v->head && s->v->head != UINT64_MAX;
  if (rc != H9_OK && rc != H9_EOF) return rc;
  if (enough) return H9_OK;
  rc = h9_neurons_complete(&s->net, &order, e);
  if (rc == H9_OK) rc = plain(s, next, s->net.n_populations, e);
  if (rc == H9_EDATA) h9_fail_at(e, "%s", h9_reader_name(r));
  return rc == H9_EOF ? H9_OK : rc;
}

static int all_of(neurons *s, h9_reader *r, h9_error *e) {
  h9_view *v = s->v;
  h9_block b;
  int rc = h9_network_read_head(r, &s->net, e);
  if (rc == H9_OK) rc = h9_select_resolve(&v->select, &s->net, e);
  if (rc == H9_OK) rc = h9_network_read_labels(r, &s->net, &b, e);
  bool ended = rc == H9_EOF;
  if (rc != H9_OK && !ended) return rc;
  char *own = own_columns(&s->net, v->labels);
  if (!own) return h9_fail_memory(e, 256, "columns");
  rc = h9_view_columns(v, own, known, sizeof known / sizeof known[0], VALUE, &s->names, s->code, &s->n, e);
  free(own);
  if (rc == H9_OK) rc = values_check(s, e);
  if (rc == H9_OK) rc = h9_view_begin(v, &s->table, s->names, s->n, e);
  if (rc != H9_OK) return rc;
  if (v->count && h9_select_is_all(&v->select)) v->rows = s->net.n_neurons;
  else rc = blocks(s, r, &b, ended, e);
  if (rc == H9_OK) rc = v->count ? h9_view_put_count(v, v->rows, e) : h9_view_flush(v, true, e);
  return rc;
}

int h9_view_neurons(h9_view *v, int fd, const char *name, h9_error *e) {
  neurons s = {.v = v};
  h9_reader *r;
  uint32_t wanted = v->count && h9_select_is_all(&v->select) ? 0 : 1u << H9_BLOCK_NEURONS | 1u << H9_BLOCK_LABELS;
  int rc = h9_reader_open(&r, fd, name, wanted, v->threads, e);
  if (rc != H9_OK) return rc;
  rc = all_of(&s, r, e);
  fixed_free(&s);
  h9_table_release(&s.table);
  h9_view_names_free(s.names, s.n);
  h9_network_release(&s.net);
  h9_reader_close(r);
  return rc;
}

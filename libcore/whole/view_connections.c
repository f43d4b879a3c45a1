/* Connections as rows, in the order of the network: made by rule where they are deferred. Workers turn groups
 * of rows into text, which is then written in order. */
#include "view.h"

#include "../base/io.h"
#include "../model/grid.h"
#include "../model/rowsource.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

enum { SOURCE, TARGET, WEIGHT, DELAY, DELAY_STEPS, DISTANCE, PROJECTION, FROM, TO, SOURCE_LABEL, TARGET_LABEL };
static const h9_view_column known[] = {
    {"source", SOURCE},           {"target", TARGET},     {"weight", WEIGHT},
    {"delay", DELAY},             {"distance", DISTANCE}, {"delay_steps", DELAY_STEPS},
    {"projection", PROJECTION},   {"source_population", FROM}, {"target_population", TO},
    {"source_label", SOURCE_LABEL}, {"target_label", TARGET_LABEL},
};

/* Texts of numbers lately written: weights and delays come again and again. */
enum { KEPT = 2048 };
typedef struct kept { double value; uint32_t len; char text[H9_TEXT_MAX]; } kept;

/* The text of a group. All hang together, since those of a run that stops early are never emitted. */
typedef struct part {
  h9_buf text;
  uint64_t rows;
  struct part *next;
} part;

static void parts_free(part *t) {
  while (t) {
    part *next = t->next;
    h9_buf_release(&t->text);
    free(t);
    t = next;
  }
}

typedef struct connections {
  h9_view *v;
  h9_network net;
  h9_table table;
  char **names, **population;
  int code[H9_TABLE_COLUMNS_MAX];
  uint32_t n;
  size_t row_bytes;
  h9_multiple dt;
  h9_grid_options space; /* for distances */
  kept *numbers;         /* [threads][KEPT] */
  part *parts;
} connections;

static char *number(const connections *s, kept *table, char *p, double v) {
  uint64_t u;
  memcpy(&u, &v, 8);
  kept *k = &table[(u * UINT64_C(0x9e3779b97f4a7c15)) >> 53];
  if (k->len == 0 || memcmp(&k->value, &v, 8) != 0) {
    /* Drawn weights are f32 or small multiples of a power of two: the short form says all. */
    char *end = v == (double)(float)v ? h9_table_f32(&s->table, k->text, (float)v)
                                      : h9_table_f64(&s->table, k->text, v);
    k->len = (uint32_t)(end - k->text);
    k->value = v;
  }
  memcpy(p, k->text, k->len);
  return p + k->len;
}

static double distance(const connections *s, const h9_projection *p, h9_id source, h9_id target) {
  const h9_network *net = &s->net;
  if (!net->x || !net->populations[p->source].placed || !net->populations[p->target].placed) return NAN;
  double from[3] = {0}, to[3] = {0}, d[3];
  const float *axis[3] = {net->x, net->y, net->z};
  for (int k = 0; k < 3; k++) {
    if (!axis[k]) continue;
    from[k] = (double)axis[k][source - 1];
    to[k] = (double)axis[k][target - 1];
  }
  h9_grid_options o = s->space;
  o.periodic = p->periodic;
  return sqrt(h9_displacement(&o, from, to, d));
}

/* One row of the table. */
static char *row(const connections *s, kept *numbers, const h9_rows *r, h9_id source, uint64_t i, char *q) {
  const h9_projection *p = &s->net.projections[r->projection];
  h9_id target = s->net.populations[p->target].first + r->target[i];
  for (uint32_t k = 0; k < s->n; k++) {
    q = h9_table_cell(&s->table, k, q);
    switch (s->code[k]) {
    case SOURCE: q = h9_text_u64(q, source); break;
    case TARGET: q = h9_text_u64(q, target); break;
    case WEIGHT:
      q = number(s, numbers, q, p->weight_encoding == H9_WEIGHT_I16   ? r->weight[i] * p->quantum
                                : p->weight_encoding == H9_WEIGHT_F32 ? (double)r->weight_f[i]
                                : p->weight_encoding == H9_WEIGHT_F64 ? r->weight_d[i]
                                                                      : h9_dist_constant(&p->weight));
      break;
    case DELAY: q = h9_text_multiple(q, &s->dt, r->delay[i]); break;
    case DELAY_STEPS: q = h9_text_u64(q, r->delay[i]); break;
    case DISTANCE: q = h9_table_f32(&s->table, q, (float)distance(s, p, source, target)); break;
    case PROJECTION: q = h9_text_u64(q, r->projection + 1); break;
    case FROM: q = stpcpy(q, s->population[p->source]); break;
    case SOURCE_LABEL: q = h9_view_label(&s->table, &s->net.labels, source, q); break;
    case TARGET_LABEL: q = h9_view_label(&s->table, &s->net.labels, target, q); break;
    default: q = stpcpy(q, s->population[p->target]);
    }
  }
  return h9_table_end(&s->table, q);
}

static int work(void *ctx, int worker, const h9_group *g, void **slot, h9_error *e) {
  connections *s = ctx;
  const h9_select *sel = &s->v->select;
  kept *numbers = s->numbers + (size_t)worker * KEPT;
  part *t = calloc(1, sizeof *t);
  if (!t) return h9_fail_memory(e, sizeof *t, "rows");
  *slot = t;
#pragma omp critical(view_parts)
  {
    t->next = s->parts;
    s->parts = t;
  }
  if (!h9_select_has_population(sel, g->population)) return H9_OK;
  h9_id first = s->net.populations[g->population].first + g->first;
  for (uint32_t k = 0; k < g->n; k++) { /* source by source, its projections in order */
    h9_id source = first + k;
    if (!h9_select_is_whole(sel) && !h9_select_has(sel, &s->net, source)) continue;
    for (uint32_t j = 0; j < g->n_rows; j++) {
      const h9_rows *r = &g->rows[j];
      uint64_t from = r->start[k], to = r->start[k + 1];
      t->rows += to - from;
      if (s->v->count || from == to) continue;
      size_t len = t->text.len;
      char *q = (char *)h9_buf_extend(&t->text, (to - from) * s->row_bytes);
      if (!q) return h9_fail_memory(e, (to - from) * s->row_bytes, "rows");
      for (uint64_t i = from; i < to && i - from < s->v->head; i++) q = row(s, numbers, r, source, i, q);
      t->text.len = (size_t)(q - (char *)t->text.data);
      if (t->text.len < len) return h9_fail(e, H9_EINTERNAL, "rows of negative length");
    }
  }
  return H9_OK;
}

static int emit(void *ctx, const h9_group *g, void *slot, h9_error *e) {
  connections *s = ctx;
  h9_view *v = s->v;
  part *t = slot;
  int rc = H9_OK;
  (void)g;
  size_t len = t->text.len;
  if (t->rows > v->head - v->rows) { /* cut after the last row wanted */
    const char *p = (const char *)t->text.data, *end = p;
    for (uint64_t i = v->rows; i < v->head && !v->count; i++)
      end = (const char *)memchr(end, '\n', len - (size_t)(end - p)) + 1;
    len = (size_t)(end - p);
    t->rows = v->head - v->rows;
    rc = H9_EOF;
  }
  v->rows += t->rows;
  if (!v->count && len > 0 && h9_write_full(v->fd, t->text.data, len, e) != H9_OK)
    rc = e->code;
  h9_buf_release(&t->text);
  return rc;
}

static int begin(connections *s, h9_error *e) {
  s->dt = h9_multiple_of(s->net.dt);
  s->space.dimensions = s->net.dimensions;
  for (int k = 0; k < 3; k++) {
    s->space.lo[k] = s->net.lo[k];
    s->space.hi[k] = s->net.hi[k];
  }
  s->numbers = calloc((size_t)s->v->threads * KEPT, sizeof *s->numbers);
  s->population = calloc(s->net.n_populations + 1, sizeof *s->population);
  if (!s->numbers || !s->population)
    return h9_fail_memory(e, (size_t)s->v->threads * KEPT * sizeof(kept), "numbers");
  int rc = h9_view_begin(s->v, &s->table, s->names, s->n, e);
  if (rc != H9_OK) return rc;
  size_t longest = 0;
  for (uint32_t p = 0; p < s->net.n_populations; p++) {
    s->population[p] = h9_view_cell_text(&s->table, s->net.populations[p].name);
    if (!s->population[p]) return h9_fail_memory(e, H9_NAME_MAX, "names");
    size_t len = strlen(s->population[p]);
    if (len > longest) longest = len;
  }
  s->row_bytes = s->table.row_bytes;
  for (uint32_t i = 0; i < s->n; i++) 
    s->row_bytes += s->code[i] == FROM || s->code[i] == TO                      ? longest
                    : s->code[i] == SOURCE_LABEL || s->code[i] == TARGET_LABEL ? (size_t)H9_VIEW_LABEL
                                                                               : 0;
  return h9_view_flush(s->v, true, e);
}

/* Positions are loaded for distances and for rules in space. */
static int all_of(connections *s, h9_reader *r, h9_error *e) {
  h9_view *v = s->v;
  h9_block b;
  int rc = h9_network_read(r, &s->net, true, &b, e);
  bool ended = rc == H9_EOF;
  if (rc != H9_OK && !ended) return rc;
  rc = h9_select_resolve(&v->select, &s->net, e);
  if (rc == H9_OK) rc = begin(s, e);
  if (rc != H9_OK) return rc;
  h9_rowsource *source;
  h9_rowsource_options o = {.threads = v->threads};
  rc = h9_rowsource_read(&source, &s->net, r, &b, &ended, &o, e);
  if (rc != H9_OK) return rc;
  rc = h9_rowsource_run(source, work, emit, s, e);
  h9_rowsource_free(source);
  if (rc == H9_OK)
    while (!ended && rc == H9_OK) { /* to the end block, which tells that nothing is missing */
      rc = h9_reader_next(r, &b, e);
      ended = rc == H9_EOF;
    }
  return rc == H9_EOF ? H9_OK : rc;
}

/* All connections in the stream: the tags tell how many. */
static int count_tags(h9_view *v, int fd, const char *name, bool *all, h9_error *e) {
  h9_reader *r;
  h9_network net;
  h9_block b;
  int rc = h9_reader_open(&r, fd, name, 0, v->threads, e);
  if (rc != H9_OK) return rc;
  rc = h9_network_read(r, &net, false, &b, e);
  if (rc == H9_OK || rc == H9_EOF) {
    *all = true;
    for (uint32_t i = 0; i < net.n_projections; i++) *all &= net.projections[i].materialised;
    h9_network_release(&net);
    while (rc == H9_OK && *all) {
      rc = h9_reader_next(r, &b, e);
    }
    if (rc == H9_EOF) rc = H9_OK;
    v->rows = h9_reader_count(r, H9_BLOCK_CONNECTIONS);
  }
  h9_reader_close(r);
  return rc;
}

int h9_view_connections(h9_view *v, int fd, const char *name, h9_error *e) {
  connections s = {.v = v};
  bool by_tags = false;
  off_t at = lseek(fd, 0, SEEK_CUR);
  int rc = h9_view_columns(v, v->labels ? "source,target,source_label,target_label,weight,delay" : "source,target,weight,delay", known, sizeof known / sizeof known[0], -1,
                           &s.names, s.code, &s.n, e);
  if (rc == H9_OK && v->count && h9_select_is_all(&v->select) && at >= 0) {
    rc = count_tags(v, fd, name, &by_tags, e);
    if (rc == H9_OK && !by_tags && lseek(fd, at, SEEK_SET) < 0)
      rc = h9_fail(e, H9_EIO, "%s: cannot go back", name);
  }
  if (rc == H9_OK && !by_tags) {
    h9_reader *r;
    rc = h9_reader_open(&r, fd, name, 1u << H9_BLOCK_CONNECTIONS | 1u << H9_BLOCK_NEURONS | 1u << H9_BLOCK_LABELS, v->threads, e);
    if (rc == H9_OK) {
      rc = all_of(&s, r, e);
      h9_reader_close(r);
    }
  }
  if (rc == H9_OK && v->count) rc = h9_view_put_count(v, v->rows, e);
  parts_free(s.parts);
  h9_view_names_free(s.population, s.net.n_populations);
  h9_view_names_free(s.names, s.n);
  h9_table_release(&s.table);
  h9_network_release(&s.net);
  free(s.numbers);
  return rc;
}

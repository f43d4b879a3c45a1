/* Tables of connections (source, target, weight, delay) and of signals (time, neuron, strength, priority). */
#include "convert.h"
#include "sheet.h"

#include "../base/decimal.h"
#include "../base/memory.h"
#include "../base/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE, TARGET, WEIGHT, DELAY, OF_CONNECTIONS };
static const h9_sheet_known of_connections[OF_CONNECTIONS] = {
    {"source", "pre", NULL}, {"target", "post", NULL}, {"weight", NULL, ""}, {"delay", NULL, "ms"}};
enum { TIME, NEURON, STRENGTH, PRIORITY, OF_SIGNALS };
static const h9_sheet_known of_signals[OF_SIGNALS] = {
    {"time", "t", "ms"}, {"neuron", "id", NULL}, {"strength", NULL, ""}, {"priority", NULL, NULL}};
#define SIGNALS_AFTER (UINT64_C(1) << 40) /* positions of labels: connections come first */

typedef struct reading {
  h9_import *m;
  h9_sheet sheet;
  h9_sheet_place place[4];
  bool signals;
  struct part {
    size_t n, cap;
    uint32_t *source;
    void *record; /* h9_import_edge[] or h9_import_signal[] */
    uint64_t rounded;
    double worst; /* ms */
    h9_error error;
  } part[H9_SHEET_PARTS_MAX];
  uint64_t rounded;
  double worst;
} reading;

/* ---- cells ---- */

static int label(const reading *r, int me, const h9_sheet_part *p, const h9_cell *cells, int which, uint32_t *id, h9_error *e) {
  int column = r->place[which].column;
  const h9_cell *c = &cells[column];
  uint64_t position = p->row_line * 2 + (!r->signals && which == TARGET) + (r->signals ? SIGNALS_AFTER : 0);
  int rc = r->m->settled ? h9_import_find(r->m, c->text, c->len, id, e)
                         : h9_import_label(r->m, me, c->text, c->len, position, id, e);
  return rc == H9_OK ? rc : h9_sheet_fail_at(p, (uint32_t)column, e);
}

/* A time as the nearest step; how far off is kept. */
static int steps(const reading *r, struct part *x, const h9_sheet_part *p, const h9_cell *cells, int which, double low,
                 double high, double *step, h9_error *e) {
  double ms, dt = r->m->o->dt;
  int rc = h9_sheet_finite(p, cells, &r->place[which], &ms, e);
  if (rc != H9_OK) return rc;
  *step = floor(ms / dt + 0.5);
  double off = fabs(ms / dt - *step);
  if (off > 1e-6) {
    x->rounded++;
    if (off * dt > x->worst) x->worst = off * dt;
  }
  if (*step >= low && *step <= high) return H9_OK;
  h9_fail(e, H9_EDATA, "found %.9g ms, expected %.9g to %.9g ms, %s", ms, low * dt, high * dt,
                 r->signals ? "a time" : "1 to 65,535 steps of dt");
  return h9_sheet_fail_at(p, (uint32_t)r->place[which].column, e);
}

static int edge(const reading *r, struct part *x, int me, const h9_sheet_part *p, const h9_cell *cells, h9_error *e) {
  h9_import_edge *to = (h9_import_edge *)x->record + x->n;
  double weight = isnan(r->m->o->weight) ? 1 : r->m->o->weight, dt = r->m->o->dt;
  double delay = floor((isnan(r->m->o->delay) ? 1 : r->m->o->delay) / dt + 0.5);
  int rc = label(r, me, p, cells, SOURCE, &x->source[x->n], e);
  *to = (h9_import_edge){0};
  if (rc == H9_OK) rc = label(r, me, p, cells, TARGET, &to->target, e);
  if (rc == H9_OK && r->place[WEIGHT].column >= 0) {
    rc = h9_sheet_finite(p, cells, &r->place[WEIGHT], &weight, e);
  }
  if (rc == H9_OK && r->place[DELAY].column >= 0) rc = steps(r, x, p, cells, DELAY, 1, H9_DELAY_MAX, &delay, e);
  to->weight = weight;
  to->delay = (uint16_t)delay;
  return rc;
}

static int signal(const reading *r, struct part *x, int me, const h9_sheet_part *p, const h9_cell *cells, h9_error *e) {
  h9_import_signal *to = (h9_import_signal *)x->record + x->n;
  double step = 0;
  *to = (h9_import_signal){0};
  int rc = steps(r, x, p, cells, TIME, -0x1p52, 0x1p52, &step, e);
  to->step = (h9_step)step;
  if (rc == H9_OK) rc = label(r, me, p, cells, NEURON, &to->id, e);
  if (rc == H9_OK && r->place[STRENGTH].column >= 0) rc = h9_sheet_finite(p, cells, &r->place[STRENGTH], &to->strength, e);
  if (rc == H9_OK && r->place[PRIORITY].column >= 0) {
    const h9_cell *c = &cells[r->place[PRIORITY].column];
    uint64_t v;
    if (h9_whole_parse(c->text, c->len, 255, &v)) to->priority = (uint8_t)v;
    else {
      h9_fail(e, H9_EDATA, "found '%.*s', expected a whole number from 0 to 255", c->len < 40 ? (int)c->len : 40, c->text);
      rc = h9_sheet_fail_at(p, (uint32_t)r->place[PRIORITY].column, e);
    }
  }
  return rc;
}

/* ---- rounds ---- */

static size_t record_bytes(const reading *r) { return r->signals ? sizeof(h9_import_signal) : sizeof(h9_import_edge); }

static int part_reserve(const reading *r, struct part *x, size_t n, h9_error *e) {
  if (n <= x->cap) return H9_OK;
  free(x->record);
  free(x->source);
  x->record = malloc(n * record_bytes(r));
  x->source = r->signals ? NULL : malloc(n * sizeof *x->source);
  x->cap = x->record && (r->signals || x->source) ? n : 0;
  return x->cap ? H9_OK : h9_fail_memory(e, n * (record_bytes(r) + 4), "rows");
}

static void take_part(void *ctx, uint64_t i, int me) {
  reading *r = ctx;
  h9_sheet_part *p = &r->sheet.part[i];
  struct part *x = &r->part[i];
  h9_cell cells[H9_SHEET_COLUMNS_MAX];
  x->n = 0;
  x->rounded = 0;
  int rc = part_reserve(r, x, p->lines, &x->error);
  while (rc == H9_OK && (rc = h9_sheet_row(p, cells, &x->error)) == H9_OK) {
    rc = r->signals ? signal(r, x, me, p, cells, &x->error) : edge(r, x, me, p, cells, &x->error);
    x->n++;
  }
  x->error.code = rc == H9_EOF ? H9_OK : rc;
}

static int append(reading *r, const struct part *x, h9_error *e) {
  h9_import *m = r->m;
  size_t *n = r->signals ? &m->n_signals : &m->n_edges, bytes = record_bytes(r);
  int rc = r->signals ? h9_grow(&m->signal, &m->cap_signals, *n + x->n, bytes)
                      : h9_grow(&m->edge, &m->cap_edges, *n + x->n, bytes);
  if (rc == H9_OK && !r->signals) rc = h9_grow(&m->source, &m->cap_sources, *n + x->n, sizeof *m->source);
  if (rc != H9_OK) return h9_fail_memory(e, (*n + x->n) * bytes, r->signals ? "signals" : "connections");
  memcpy((char *)(r->signals ? (void *)m->signal : (void *)m->edge) + *n * bytes, x->record, x->n * bytes);
  if (!r->signals) memcpy(m->source + *n, x->source, x->n * sizeof *m->source);
  *n += x->n;
  r->rounded += x->rounded;
  if (x->worst > r->worst) r->worst = x->worst;
  return H9_OK;
}

static int begin_labels(reading *r, h9_error *e) {
  char *memory;
  h9_cell cells[H9_SHEET_COLUMNS_MAX];
  int rc = h9_sheet_peek(&r->sheet, &memory, cells, e);
  const h9_cell *c = rc == H9_OK ? &cells[r->place[r->signals ? NEURON : SOURCE].column] : NULL;
  if (c) rc = h9_import_begin_labels(r->m, c->text, c->len, e);
  free(memory);
  return rc == H9_EOF ? H9_OK : rc;
}

static int read_rounds(reading *r, h9_error *e) {
  h9_import *m = r->m;
  int rc;
  while ((rc = h9_sheet_next(&r->sheet, e)) == H9_OK) {
    uint64_t lines = 0;
    if (m->ids == H9_IDS_AUTO) rc = begin_labels(r, e);
    for (uint32_t i = 0; i < r->sheet.n_parts; i++) lines += r->sheet.part[i].lines;
    if (rc == H9_OK && m->labels && !m->settled) rc = h9_labelmap_reserve(m->labels, 2 * lines, e);
    if (rc != H9_OK) return rc;
    h9_parallel_each(m->o->threads, r->sheet.n_parts, take_part, r);
    for (uint32_t i = 0; i < r->sheet.n_parts && rc == H9_OK; i++) {
      if (r->part[i].error.code == H9_OK) rc = append(r, &r->part[i], e);
      else {
        *e = r->part[i].error;
        rc = e->code;
      }
    }
    if (rc != H9_OK) return rc;
  }
  return rc == H9_EOF ? H9_OK : rc;
}

static int find_columns(reading *r, const h9_sheet_known *known, int n_known, int n_needed, h9_error *e) {
  uint32_t other[H9_SHEET_COLUMNS_MAX], n;
  const h9_sheet *s = &r->sheet;
  int rc = h9_sheet_match(s, known, (size_t)n_known, r->place, other, &n, e);
  if (rc != H9_OK) return rc;
  const char *names[4];
  for (int k = 0; k < n_known; k++) names[k] = known[k].name;
  for (int k = 0; k < n_needed; k++)
    if (r->place[k].column < 0)
      return h9_fail(e, H9_EDATA, "%s:%llu: no column '%s', expected %s", s->name, (unsigned long long)s->header_line,
                     known[k].name, r->signals ? "time and neuron (and strength, priority)"
                                               : "source and target (and weight, delay)");
  for (uint32_t i = 0; i < n; i++) {
    const char *column = s->column[other[i]], *near = h9_nearest_name(column, names, (size_t)n_known);
    if (near)
      return h9_fail(e, H9_EDATA, "%s:%llu: column %u (%s): unknown; did you mean '%s'?", s->name,
                     (unsigned long long)s->header_line, other[i] + 1, column, near);
    h9_note(&r->m->notes, "%s: column %u (%s) is not taken over", s->name, other[i] + 1, column);
  }
  return H9_OK;
}

/* The unit that a column of weights or strengths declares: the models that take them must agree. */
static int take_unit(reading *r, int which, h9_error *e) {
  h9_sheet_place *p = &r->place[which];
  h9_import *m = r->m;
  h9_dim dim;
  if (p->column < 0 || !*p->unit) return H9_OK;
  if (!h9_sheet_unit(p->unit, &p->up, &p->down, &dim))
    return h9_fail(e, H9_EDATA, "%s:%llu: column %d (%s): found unit '%s', expected one such as pA, mV or nS", r->sheet.name,
                   (unsigned long long)r->sheet.header_line, p->column + 1, r->sheet.column[p->column], p->unit);
  if (!r->signals) {
    m->weight_given = true;
    m->weight_dim = dim;
    memcpy(m->weight_unit, p->unit, sizeof m->weight_unit);
  }
  return H9_OK;
}

static int read_list(h9_import *m, const char *path, char separator, bool signals, h9_error *e) {
  reading *r = calloc(1, sizeof *r);
  if (!r) return h9_fail_memory(e, sizeof *r, "a table");
  r->m = m;
  r->signals = signals;
  int rc = h9_sheet_open(&r->sheet, path, separator, e);
  if (rc == H9_OK)
    rc = signals ? find_columns(r, of_signals, OF_SIGNALS, 2, e) : find_columns(r, of_connections, OF_CONNECTIONS, 2, e);
  if (rc == H9_OK) rc = take_unit(r, signals ? STRENGTH : WEIGHT, e);
  if (rc == H9_OK) rc = read_rounds(r, e);
  if (rc == H9_OK && signals) {
    m->has_signals = true;
    m->strong = r->place[STRENGTH].column >= 0;
    m->prioritised = r->place[PRIORITY].column >= 0;
  } else if (rc == H9_OK) m->has_connections = true;
  if (rc == H9_OK && r->rounded)
    h9_note(&m->notes, "%s: %llu %s are no multiples of dt, %.9g ms, and are rounded, by up to %.3g ms", r->sheet.name,
            (unsigned long long)r->rounded, signals ? "times" : "delays", m->o->dt, r->worst);
  h9_sheet_close(&r->sheet);
  for (int i = 0; i < H9_SHEET_PARTS_MAX; i++) {
    free(r->part[i].source);
    free(r->part[i].record);
  }
  free(r);
  return rc;
}

int h9_import_connections(h9_import *m, const char *path, char separator, h9_error *e) {
  return read_list(m, path, separator, false, e);
}
int h9_import_signals(h9_import *m, const char *path, char separator, h9_error *e) {
  return read_list(m, path, separator, true, e);
}

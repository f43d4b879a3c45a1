/* Tables of connections (source, target, weight, delay) and of signals (time, neuron, strength, priority). */
#include "convert_parts.h"

#include "../base/decimal.h"
#include "../base/memory.h"
#include "../base/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE, TARGET, WEIGHT, DELAY, DELAY_STEPS, OF_CONNECTIONS };
static const h9_sheet_known of_connections[OF_CONNECTIONS] = {{"source", "pre|i", NULL},
                                                              {"target", "post|j", NULL},
                                                              {"weight", NULL, ""},
                                                              {"delay", NULL, "ms"},
                                                              {"delay_step", "delay_steps", NULL}};
enum { NEURON, TIME, STEP, OFFSET, STRENGTH, PRIORITY, POPULATION, OF_SIGNALS };
static const h9_sheet_known of_signals[OF_SIGNALS] = {{"neuron", "id|sender|node_id|node_ids", NULL},
                                                      {"time", "t|timestamp|timestamps", "ms"},
                                                      {"step", "steps|time_step|time_steps", NULL},
                                                      {"offset", "time_offset", "ms"},
                                                      {"strength", NULL, ""},
                                                      {"priority", NULL, NULL},
                                                      {"population", NULL, NULL}};
#define SIGNALS_AFTER                                                                                        \
  (UINT64_C(1) << 40) /* positions of labels: connections come first, and files in their order */

typedef struct reading {
  h9_import *m;
  h9_sheet *sheet;
  h9_sheet_place place[OF_SIGNALS];
  bool signals, in_steps; /* in_steps: a column of times is one of steps */
  uint64_t after;         /* added to positions */
  int within[2];          /* population that sources, targets are counted in; -1: ids */
  double delay;           /* steps, where there is no column of it */
  bool local;             /* ids count in the population that a column names */
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

static int label(const reading *r, int me, const h9_sheet_part *p, const h9_cell *cells, int which,
                 uint32_t *id, h9_error *e) {
  int column = r->place[which].column;
  const h9_cell *c = &cells[column];
  uint64_t position = p->row_line * 2 + (!r->signals && which == TARGET) + r->after;
  int rc = !r->signals && r->within[which] >= 0
               ? h9_import_index(r->m, r->within[which], c->text, c->len, id, e)
           : r->m->settled ? h9_import_find(r->m, c->text, c->len, id, e)
                           : h9_import_label(r->m, me, c->text, c->len, position, id, e);
  return rc == H9_OK ? rc : h9_sheet_fail_at(p, (uint32_t)column, e);
}

/* The neuron of a signal by its population and its index there. */
static int local(const reading *r, int me, const h9_sheet_part *p, const h9_cell *cells, h9_import_signal *to,
                 h9_error *e) {
  const h9_cell *name = &cells[r->place[POPULATION].column], *index = &cells[r->place[NEURON].column];
  const h9_network *net = &r->m->net;
  uint32_t id = 0;
  int rc, at = -1;
  if (r->m->settled) {
    at = h9_network_named(net, name->text, e);
  } else if (!h9_import_is_name(name->text, name->len))
    h9_fail(e, H9_EDATA, "found '%.*s', expected a name without spaces and @ [ ] : ,",
            name->len < 40 ? (int)name->len : 40, name->text);
  else {
    uint32_t entry = h9_labelmap_add(r->m->local, me, name->text, name->len, p->row_line + r->after);
    if (entry >= 1u << 24) return h9_fail_memory(e, name->len, "a name");
    to->population = entry & 0xffffff;
  }
  if (e->code != H9_OK) return h9_sheet_fail_at(p, (uint32_t)r->place[POPULATION].column, e);
  rc = h9_import_index(r->m, at, index->text, index->len, &id, e);
  to->id = id;
  return rc == H9_OK ? rc : h9_sheet_fail_at(p, (uint32_t)r->place[NEURON].column, e);
}

/* A time as a step: the nearest one where that is allowed; how far off is kept. */
static int to_step(const reading *r, struct part *x, const h9_sheet_part *p, int column, double ms,
                   double low, double high, double *step, h9_error *e) {
  double dt = r->m->o->dt;
  *step = floor(ms / dt + 0.5);
  double off = fabs(ms / dt - *step), fine = fmax(1e-6, fabs(*step) * 0x1p-50);
  if (!(*step >= low && *step <= high))
    h9_fail(e, H9_EDATA, "found %.9g ms, expected %.9g to %.9g ms, %s", ms, low * dt, high * dt,
            r->signals ? "a time" : "1 to 65,535 steps of dt");
  else if (off > fine && !r->m->o->round)
    h9_fail(e, H9_EDATA,
            "found %.15g ms, which is between steps, expected a multiple of dt, %.9g ms; or give --round, or "
            "another --dt",
            ms, dt);
  else {
    x->rounded += off > fine;
    if (off > fine && off * dt > x->worst) x->worst = off * dt;
    return H9_OK;
  }
  return h9_sheet_fail_at(p, (uint32_t)column, e);
}

/* A column of times, or of steps. */
static int steps(const reading *r, struct part *x, const h9_sheet_part *p, const h9_cell *cells, int in_time,
                 int in_steps, double low, double high, double *step, h9_error *e) {
  bool count = r->place[in_time].column < 0;
  const h9_sheet_place *place = &r->place[count ? in_steps : in_time];
  double v, offset = 0;
  int rc = h9_sheet_finite(p, cells, place, &v, e);
  if (rc == H9_OK && r->signals && r->place[OFFSET].column >= 0)
    rc = h9_sheet_finite(p, cells, &r->place[OFFSET], &offset, e);
  if (rc != H9_OK) return rc;
  if (count || r->in_steps) {
    if (v != floor(v) && !r->m->o->round) {
      const h9_cell *c = &cells[place->column];
      h9_fail(e, H9_EDATA, "found '%.*s', expected a whole number of steps", c->len < 40 ? (int)c->len : 40,
              c->text);
      return h9_sheet_fail_at(p, (uint32_t)place->column, e);
    }
    v *= r->m->o->dt;
  }
  return to_step(r, x, p, place->column, v - offset, low, high, step, e);
}

static int edge(const reading *r, struct part *x, int me, const h9_sheet_part *p, const h9_cell *cells,
                h9_error *e) {
  h9_import_edge *to = (h9_import_edge *)x->record + x->n;
  double weight = isnan(r->m->o->weight) ? 1 : r->m->o->weight, delay = r->delay;
  int rc = label(r, me, p, cells, SOURCE, &x->source[x->n], e);
  *to = (h9_import_edge){0};
  if (rc == H9_OK) rc = label(r, me, p, cells, TARGET, &to->target, e);
  if (rc == H9_OK && r->place[WEIGHT].column >= 0) {
    rc = h9_sheet_finite(p, cells, &r->place[WEIGHT], &weight, e);
  }
  if (rc == H9_OK && (r->place[DELAY].column >= 0 || r->place[DELAY_STEPS].column >= 0))
    rc = steps(r, x, p, cells, DELAY, DELAY_STEPS, 1, H9_DELAY_MAX, &delay, e);
  to->weight = weight;
  to->delay = (uint16_t)delay;
  return rc;
}

static int signal(const reading *r, struct part *x, int me, const h9_sheet_part *p, const h9_cell *cells,
                  h9_error *e) {
  h9_import_signal *to = (h9_import_signal *)x->record + x->n;
  double step = 0;
  *to = (h9_import_signal){0};
  int rc = steps(r, x, p, cells, TIME, STEP, -0x1p52, 0x1p52, &step, e);
  to->step = (h9_step)step;
  if (rc == H9_OK && r->local) rc = local(r, me, p, cells, to, e);
  else if (rc == H9_OK) rc = label(r, me, p, cells, NEURON, &to->id, e);
  if (rc == H9_OK && r->place[STRENGTH].column >= 0)
    rc = h9_sheet_finite(p, cells, &r->place[STRENGTH], &to->strength, e);
  if (rc == H9_OK && r->place[PRIORITY].column >= 0) {
    const h9_cell *c = &cells[r->place[PRIORITY].column];
    uint64_t v;
    if (h9_whole_parse(c->text, c->len, 255, &v)) to->priority = (uint8_t)v;
    else {
      h9_fail(e, H9_EDATA, "found '%.*s', expected a whole number from 0 to 255",
              c->len < 40 ? (int)c->len : 40, c->text);
      rc = h9_sheet_fail_at(p, (uint32_t)r->place[PRIORITY].column, e);
    }
  }
  return rc;
}

/* ---- rounds ---- */

static size_t record_bytes(const reading *r) {
  return r->signals ? sizeof(h9_import_signal) : sizeof(h9_import_edge);
}

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
  h9_sheet_part *p = &r->sheet->part[i];
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
  if (r->signals && (rc = h9_import_signals_added(m, x->n, e)) != H9_OK) return rc;
  r->rounded += x->rounded;
  if (x->worst > r->worst) r->worst = x->worst;
  return H9_OK;
}

static int begin_labels(reading *r, h9_error *e) {
  char *memory;
  h9_cell cells[H9_SHEET_COLUMNS_MAX];
  int rc = h9_sheet_peek(r->sheet, &memory, cells, e);
  const h9_cell *c = rc == H9_OK ? &cells[r->place[r->signals ? NEURON : SOURCE].column] : NULL;
  if (c) rc = h9_import_begin_labels(r->m, c->text, c->len, e);
  free(memory);
  return rc == H9_EOF ? H9_OK : rc;
}

static int read_rounds(reading *r, h9_error *e) {
  h9_import *m = r->m;
  int rc;
  while ((rc = h9_sheet_next(r->sheet, e)) == H9_OK) {
    uint64_t lines = 0;
    if (m->ids == H9_IDS_AUTO) rc = begin_labels(r, e);
    for (uint32_t i = 0; i < r->sheet->n_parts; i++) lines += r->sheet->part[i].lines;
    if (rc == H9_OK && r->local && !m->settled) rc = h9_labelmap_reserve(m->local, lines, e);
    if (rc == H9_OK && m->labels && !m->settled) rc = h9_labelmap_reserve(m->labels, 2 * lines, e);
    if (rc != H9_OK) return rc;
    h9_parallel_each(m->o->threads, r->sheet->n_parts, take_part, r);
    for (uint32_t i = 0; i < r->sheet->n_parts && rc == H9_OK; i++) {
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

/* What a time without a unit is in, by --time-unit; no other one may be declared. */
static int take_time(reading *r, h9_sheet_place *p, h9_error *e) {
  static const struct {
    const char *unit;
    double up, down;
  } of[] = {{"", 1, 1}, {"ms", 1, 1}, {"s", 1000, 1}, {"us", 1, 1000}, {"steps", 1, 1}};
  enum h9_time_unit u = r->m->o->time_unit;
  double up, down;
  h9_dim dim;
  if (p->column < 0 || u == H9_TIME_DEFAULT) return H9_OK;
  if (*p->unit &&
      (u == H9_TIME_STEPS || !h9_sheet_unit(of[u].unit, &up, &down, &dim) || up / down != p->up / p->down))
    return h9_fail(e, H9_EDATA, "%s:%llu: column %d (%s): is in %s, but --time-unit is %s", r->sheet->name,
                   (unsigned long long)r->sheet->header_line, p->column + 1, r->sheet->column[p->column],
                   p->unit, of[u].unit);
  if (*p->unit) return H9_OK;
  p->up = of[u].up;
  p->down = of[u].down;
  r->in_steps = u == H9_TIME_STEPS;
  return H9_OK;
}

static int find_columns(reading *r, h9_error *e) {
  bool is_local = r->local;
  uint32_t other[H9_SHEET_COLUMNS_MAX], n;
  const h9_sheet *s = r->sheet;
  const h9_sheet_known *known = r->signals ? of_signals : of_connections;
  int n_known = r->signals ? (is_local ? OF_SIGNALS : POPULATION) : OF_CONNECTIONS;
  int rc = h9_sheet_match(s, known, (size_t)n_known, r->place, other, &n, e);
  if (rc != H9_OK) return rc;
  const char *names[OF_SIGNALS];
  for (int k = 0; k < n_known; k++) names[k] = known[k].name;
  for (int k = 0; k < (is_local ? n_known : 2); k++)
    if (r->place[k].column < 0 && (k < 2 || k == POPULATION) &&
        !(r->signals && k == TIME && r->place[STEP].column >= 0))
      return h9_fail(e, H9_EDATA, "%s:%llu: no column '%s', expected %s", s->name,
                     (unsigned long long)s->header_line, known[k].name,
                     is_local     ? "timestamps, population and node_ids"
                     : r->signals ? "time and neuron (and strength, priority)"
                                  : "source and target (and weight, delay)");
  int twice = r->signals ? STEP : DELAY_STEPS;
  if (r->place[twice].column >= 0 && r->place[twice - 1].column >= 0)
    return h9_fail(e, H9_EDATA, "%s:%llu: columns '%s' and '%s', expected one of them", s->name,
                   (unsigned long long)s->header_line, s->column[r->place[twice - 1].column],
                   s->column[r->place[twice].column]);
  for (uint32_t i = 0; i < n; i++) {
    const char *column = s->column[other[i]], *near = h9_nearest_name(column, names, (size_t)n_known);
    if (near && strlen(column) > 1)
      return h9_fail(e, H9_EDATA, "%s:%llu: column %u (%s): unknown; did you mean '%s'?", s->name,
                     (unsigned long long)s->header_line, other[i] + 1, column, near);
    h9_note(&r->m->notes, "%s: column %u (%s) is not taken over", s->name, other[i] + 1, column);
  }
  return take_time(r, &r->place[r->signals ? TIME : DELAY], e);
}

/* The unit that a column of weights or strengths declares: the models that take them must agree. */
static int take_unit(reading *r, int which, h9_error *e) {
  h9_sheet_place *p = &r->place[which];
  h9_import *m = r->m;
  h9_dim dim;
  if (p->column < 0 || !*p->unit) return H9_OK;
  if (!h9_sheet_unit(p->unit, &p->up, &p->down, &dim))
    return h9_fail(e, H9_EDATA, "%s:%llu: column %d (%s): found unit '%s', expected one such as pA, mV or nS",
                   r->sheet->name, (unsigned long long)r->sheet->header_line, p->column + 1,
                   r->sheet->column[p->column], p->unit);
  if (!r->signals) {
    m->weight_given = true;
    m->weight_dim = dim;
    memcpy(m->weight_unit, p->unit, sizeof m->weight_unit);
  }
  return H9_OK;
}

/* Where sources and targets are counted, and the delay of connections that have none. */
static int prepare(reading *r, h9_error *e) {
  const h9_convert_options *o = r->m->o;
  const char *name[2] = {o->source, o->target};
  r->within[0] = r->within[1] = -1;
  if (r->signals) return H9_OK;
  for (int k = 0; k < 2; k++) {
    if (!name[k]) continue;
    r->within[k] = h9_network_named(&r->m->net, name[k], e);
    if (r->within[k] < 0) return h9_fail_at(e, "--%s", k ? "target" : "source");
  }
  double delay = (isnan(o->delay) ? 1 : o->delay) / o->dt;
  r->delay = floor(delay + 0.5);
  if (r->delay < 1 || r->delay > H9_DELAY_MAX)
    return h9_fail(e, H9_EUSAGE, "--delay: found %.9g ms, expected %.9g to %.9g ms, 1 to 65,535 steps of dt",
                   delay * o->dt, o->dt, H9_DELAY_MAX * o->dt);
  if (fabs(delay - r->delay) > 1e-6 && !o->round)
    return h9_fail(
        e, H9_EUSAGE,
        "--delay: found %.9g ms, which is between steps, expected a multiple of dt, %.9g ms; or give --round",
        delay * o->dt, o->dt);
  return H9_OK;
}

static void note_rounded(reading *r) {
  const char *what = r->signals ? "times" : "delays";
  if (r->rounded)
    h9_note(&r->m->notes, "%s: %llu %s are no multiples of dt, %.9g ms, and are rounded, by up to %.3g ms",
            r->sheet->name, (unsigned long long)r->rounded, what, r->m->o->dt, r->worst);
}

static int read_list(h9_import *m, h9_sheet *sheet, bool signals, bool is_local, h9_error *e) {
  reading *r = calloc(1, sizeof *r);
  if (!r) {
    h9_sheet_close(sheet);
    return h9_fail_memory(e, sizeof *r, "a table");
  }
  r->m = m;
  r->sheet = sheet;
  r->signals = signals;
  r->local = is_local;
  r->after = signals ? SIGNALS_AFTER * (1 + (uint64_t)m->n_files++) : 0;
  int rc = prepare(r, e);
  if (rc == H9_OK) rc = find_columns(r, e);
  if (rc == H9_OK) rc = take_unit(r, signals ? STRENGTH : WEIGHT, e);
  if (rc == H9_OK && is_local && !m->settled && !m->local)
    rc = h9_labelmap_new(&m->local, H9_LABELMAP_FREE, false, m->o->threads, e);
  if (rc == H9_OK) rc = read_rounds(r, e);
  if (rc == H9_OK && signals) {
    m->has_signals = true;
    m->strong |= r->place[STRENGTH].column >= 0;
    m->prioritised |= r->place[PRIORITY].column >= 0;
  } else if (rc == H9_OK) m->has_connections = true;
  if (rc == H9_OK) note_rounded(r);
  h9_sheet_close(r->sheet);
  for (int i = 0; i < H9_SHEET_PARTS_MAX; i++) {
    free(r->part[i].source);
    free(r->part[i].record);
  }
  free(r);
  return rc;
}

int h9_import_connections(h9_import *m, h9_sheet *s, h9_error *e) { return read_list(m, s, false, false, e); }
int h9_import_signals(h9_import *m, h9_sheet *s, bool local_ids, h9_error *e) {
  return read_list(m, s, true, local_ids, e);
}

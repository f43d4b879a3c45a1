/* Rows of neurons, connections and signals on their way out. */
#include "convert_listing.h"
#include "convert_text.h"

#include "../base/json.h"
#include "../base/memory.h"
#include "../model/models.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- columns ---- */

static const char *const time_suffix[] = {"_ms", "_ms", "_s", "_us", "_step"};

enum h9_time_unit h9_listing_time(const h9_listing *c) {
  enum h9_time_unit u = c->o->time_unit != H9_TIME_DEFAULT ? c->o->time_unit : c->f->time;
  return u == H9_TIME_DEFAULT ? H9_TIME_MS : u;
}

int h9_listing_add(h9_listing *c, enum h9_part part, enum h9_listing_kind kind, h9_error *e, const char *fmt,
                   ...) {
  if (h9_grow(&c->column[part], &c->cap[part], c->n[part] + 1, sizeof *c->column[part]) != H9_OK)
    return h9_fail_memory(e, sizeof *c->column[part], "columns");
  h9_listing_column *to = &c->column[part][c->n[part]++];
  *to = (h9_listing_column){.kind = kind};
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(to->name, sizeof to->name, fmt, ap);
  va_end(ap);
  return H9_OK;
}

/* All values that some population has, in order of appearance. */
static int add_values(h9_listing *c, h9_error *e) {
  const h9_network *net = c->net;
  uint32_t before = c->n[H9_PART_NEURONS];
  for (uint32_t p = 0; p < net->n_populations; p++)
    for (uint32_t k = 0; k < net->populations[p].n_values; k++) {
      const char *name = net->populations[p].values[k].name;
      uint32_t i = before;
      while (i < c->n[H9_PART_NEURONS] && strcmp(c->column[H9_PART_NEURONS][i].value, name) != 0) i++;
      if (i < c->n[H9_PART_NEURONS]) continue;
      const h9_model *m = h9_model_find(net->populations[p].model);
      int at = m ? h9_model_value_find(m, name) : -1;
      const char *unit = at >= 0 && strcmp(m->values[at].unit, "1") != 0 ? m->values[at].unit : "";
      int rc = h9_listing_add(c, H9_PART_NEURONS, H9_SHOWS_VALUE, e, *unit ? "%s[%s]" : "%s%s", name, unit);
      if (rc != H9_OK) return rc;
      c->column[H9_PART_NEURONS][i].value = name;
    }
  return H9_OK;
}

/* The unit that the models of all targets share, or "". */
const char *h9_listing_weight_unit(const h9_listing *c) {
  const h9_network *net = c->net;
  const char *unit = NULL;
  for (uint32_t k = 0; k < net->n_projections; k++) {
    const h9_projection *p = &net->projections[k];
    if ((c->source >= 0 && p->source != (uint32_t)c->source) ||
        (c->target >= 0 && p->target != (uint32_t)c->target))
      continue;
    const h9_model *m = h9_model_find(net->populations[p->target].model);
    const char *own = m && strcmp(m->weight, "1") != 0 ? m->weight : "";
    if (!unit) unit = own;
    else if (strcmp(unit, own) != 0) return "";
  }
  return unit ? unit : "";
}

static int add_neurons(h9_listing *c, h9_error *e) {
  enum h9_part part = H9_PART_NEURONS;
  int rc = h9_listing_add(c, part, H9_SHOWS_LABEL, e, "label");
  for (int k = 0; c->loaded && k < c->net->dimensions && rc == H9_OK; k++)
    rc = h9_listing_add(c, part, (enum h9_listing_kind)(H9_SHOWS_X + k), e, "%c_um", "xyz"[k]);
  if (rc == H9_OK) rc = h9_listing_add(c, part, H9_SHOWS_POPULATION, e, "population");
  if (rc == H9_OK) rc = h9_listing_add(c, part, H9_SHOWS_MODEL, e, "model");
  return rc == H9_OK ? add_values(c, e) : rc;
}

static int add_connections(h9_listing *c, h9_error *e) {
  enum h9_part part = H9_PART_CONNECTIONS;
  const char *unit = h9_listing_weight_unit(c);
  if (c->f->columns) return c->f->columns(c, part, e);
  int rc = h9_listing_add(c, part, H9_SHOWS_SOURCE, e, "source");
  if (rc == H9_OK) rc = h9_listing_add(c, part, H9_SHOWS_TARGET, e, "target");
  if (rc == H9_OK) rc = h9_listing_add(c, part, H9_SHOWS_WEIGHT, e, *unit ? "weight_%s" : "weight%s", unit);
  return rc == H9_OK ? h9_listing_add(c, part, H9_SHOWS_DELAY, e, "delay%s", time_suffix[h9_listing_time(c)])
                     : rc;
}

static size_t widest_label(const h9_labels *l) {
  size_t most = 9; /* of an id */
  if (l->uuid) return 36;
  for (uint32_t i = 0; i < l->n; i++) {
    size_t len = strlen((const char *)l->bytes + l->at[i]);
    most = len > most ? len : most;
  }
  return most;
}

/* What the cells of each column are; one label's width is every label's. */
static void classify(h9_listing *c, enum h9_part part) {
  const h9_network *net = c->net;
  size_t label = c->labels ? widest_label(&net->labels) : 0;
  for (uint32_t i = 0; i < c->n[part]; i++) {
    h9_listing_column *q = &c->column[part][i];
    bool inside =
        (q->kind == H9_SHOWS_SOURCE && c->source >= 0) || (q->kind == H9_SHOWS_TARGET && c->target >= 0);
    q->widest = 1;
    q->is = H9_IS_WHOLE;
    switch (q->kind) {
    case H9_SHOWS_LABEL:
    case H9_SHOWS_SOURCE:
    case H9_SHOWS_TARGET:
    case H9_SHOWS_NEURON:
      if (label && !inside) q->is = H9_IS_TEXT, q->widest = label;
      break;
    case H9_SHOWS_POPULATION:
    case H9_SHOWS_MODEL:
      q->is = H9_IS_TEXT;
      for (uint32_t p = 0; p < net->n_populations; p++) {
        size_t len = strlen(q->kind == H9_SHOWS_MODEL ? net->populations[p].model : net->populations[p].name);
        q->widest = len > q->widest ? len : q->widest;
      }
      break;
    case H9_SHOWS_X:
    case H9_SHOWS_Y:
    case H9_SHOWS_Z:
      q->is = H9_IS_FLOAT;
      break;
    case H9_SHOWS_VALUE:
      q->is = H9_IS_FLOAT;
      for (uint32_t p = 0; p < net->n_populations; p++) {
        const h9_value *v = h9_population_value(&net->populations[p], q->value);
        if (v && !v->varies) q->is = H9_IS_DOUBLE;
      }
      break;
    case H9_SHOWS_WEIGHT:
    case H9_SHOWS_STRENGTH:
      q->is = H9_IS_DOUBLE;
      break;
    case H9_SHOWS_DELAY:
    case H9_SHOWS_TIME:
      q->is = H9_IS_TIME;
      break;
    case H9_SHOWS_OFFSET:
    case H9_SHOWS_PRIORITY:
      break;
    }
  }
}

int h9_listing_signals(h9_listing *c, bool strong, bool prioritised, h9_error *e) {
  enum h9_part part = H9_PART_SIGNALS;
  bool steps = h9_listing_time(c) == H9_TIME_STEPS;
  int rc;
  if (c->f->columns) return c->f->columns(c, part, e);
  rc = h9_listing_add(c, part, H9_SHOWS_TIME, e, steps ? "step%s" : "time%s",
                      steps ? "" : time_suffix[h9_listing_time(c)]);
  if (rc == H9_OK) rc = h9_listing_add(c, part, H9_SHOWS_NEURON, e, "neuron");
  if (rc == H9_OK && strong) rc = h9_listing_add(c, part, H9_SHOWS_STRENGTH, e, "strength");
  if (rc == H9_OK && prioritised) rc = h9_listing_add(c, part, H9_SHOWS_PRIORITY, e, "priority");
  if (rc == H9_OK) classify(c, part);
  return rc;
}

/* ---- beginning ---- */

static int find_population(const h9_listing *c, const char *option, const char *name, int *at, h9_error *e) {
  *at = -1;
  if (!name) return H9_OK;
  *at = h9_network_named(c->net, name, e);
  return *at >= 0 ? H9_OK : h9_fail_at(e, "%s", option);
}

/* Steps in a unit of time; multiples print exactly, so the unit moves the decimal point. */
static h9_multiple multiple(double dt, enum h9_time_unit u) {
  h9_multiple m = h9_multiple_of(u == H9_TIME_STEPS ? 1 : dt);
  m.unit *= u == H9_TIME_S ? 1e-3 : u == H9_TIME_US ? 1e3 : 1;
  m.decimals += u == H9_TIME_S ? 3 : u == H9_TIME_US ? -3 : 0;
  for (; m.decimals < 0; m.decimals++) m.whole *= 10;
  return m;
}

static uint32_t not_unicode(const h9_labels *l) {
  uint32_t bad = 0;
  for (uint32_t i = 0; i < l->n && !l->uuid; i++) {
    const unsigned char *s = l->bytes + l->at[i];
    for (int n; *s && (n = h9_utf8(s)) > 0;) s += n;
    bad += *s != 0;
  }
  return bad;
}

int h9_listing_begin(h9_listing *c, const h9_format *f, const h9_convert_options *o, const h9_network *net,
                     h9_buf *notes, const char *name, h9_error *e) {
  *c = (h9_listing){.f = f, .o = o, .net = net, .loaded = h9_network_is_loaded(net)};
  c->base = o->base_given ? (o->id_base_0 ? 0 : 1) : f->id_base_0 ? 0 : 1;
  c->dt = multiple(net->dt, h9_listing_time(c));
  bool used = o->path[H9_PART_SIGNALS] || o->path[H9_PART_NEURONS] ||
              (o->path[H9_PART_CONNECTIONS] && !o->source && !o->target);
  c->labels =
      net->labels.n && !f->local_ids && !f->indices && (!f->numbers || h9_labels_numeral(&net->labels));
  if (net->labels.n && !c->labels && used)
    h9_note(notes, "%s: its neurons have labels, which format %s cannot hold: they are numbers there", name,
            f->name);
  uint32_t bad = f->unicode && c->labels ? not_unicode(&net->labels) : 0;
  if (bad) h9_note(notes, "%s: %u labels are not in UTF-8, and lose bytes in format %s", name, bad, f->name);
  int rc = find_population(c, "--source", o->source, &c->source, e);
  if (rc == H9_OK) rc = find_population(c, "--target", o->target, &c->target, e);
  if (rc == H9_OK && o->path[H9_PART_NEURONS]) rc = add_neurons(c, e);
  if (rc == H9_OK && o->path[H9_PART_CONNECTIONS]) rc = add_connections(c, e);
  classify(c, H9_PART_NEURONS);
  classify(c, H9_PART_CONNECTIONS);
  return rc;
}

void h9_listing_release(h9_listing *c) {
  for (int i = 0; i < H9_PARTS; i++) free(c->column[i]);
  *c = (h9_listing){0};
}

/* ---- values ---- */

/* What a neuron is called: its label; its id, where no neuron has one; or its id in a form that is told from
 * a count. */
static void get_neuron(const h9_listing *c, h9_id id, h9_listing_value *v) {
  const h9_labels *l = &c->net->labels;
  v->is = H9_IS_WHOLE;
  v->whole = (uint64_t)id - 1 + c->base;
  if (!c->labels) return;
  char *end = h9_labels_text(l, id, v->room);
  if (end == v->room) end = h9_text_id(v->room, id);
  v->is = H9_IS_TEXT;
  v->text = v->room;
  v->len = (size_t)(end - v->room);
}

/* Of a source or target: where one is counted in its population, its number there. */
static void get_end(const h9_listing *c, int population, h9_id id, h9_listing_value *v) {
  if (population < 0) {
    get_neuron(c, id, v);
    return;
  }
  v->is = H9_IS_WHOLE;
  v->whole = (uint64_t)(id - c->net->populations[population].first) + c->base;
}

static void get_text(const char *text, h9_listing_value *v) {
  v->is = H9_IS_TEXT;
  v->text = text;
  v->len = strlen(text);
}

static void get_number(enum h9_listing_is is, double number, h9_listing_value *v) {
  v->is = is;
  v->number = number;
}

static void get_axis(const h9_listing *c, const float *axis, const h9_listing_row *r, h9_listing_value *v) {
  (void)c;
  get_number(H9_IS_FLOAT, r->population->placed ? (double)axis[r->id - 1] : NAN, v);
}

static void get_value(const h9_listing *c, const char *name, const h9_listing_row *r, h9_listing_value *v) {
  const h9_value *p = h9_population_value(r->population, name);
  if (p && !p->varies) get_number(H9_IS_DOUBLE, p->constant, v);
  else get_number(H9_IS_FLOAT, p && c->loaded ? (double)p->column[r->id - r->population->first] : NAN, v);
}

void h9_listing_get(const h9_listing *c, const h9_listing_column *column, const h9_listing_row *r,
                    h9_listing_value *v) {
  switch (column->kind) {
  case H9_SHOWS_LABEL:
    get_neuron(c, r->id, v);
    break;
  case H9_SHOWS_NEURON:
    if (c->f->local_ids) v->is = H9_IS_WHOLE, v->whole = (uint64_t)(r->id - r->population->first) + c->base;
    else get_neuron(c, r->id, v);
    break;
  case H9_SHOWS_SOURCE:
    get_end(c, c->source, r->id, v);
    break;
  case H9_SHOWS_TARGET:
    get_end(c, c->target, r->target, v);
    break;
  case H9_SHOWS_X:
    get_axis(c, c->net->x, r, v);
    break;
  case H9_SHOWS_Y:
    get_axis(c, c->net->y, r, v);
    break;
  case H9_SHOWS_Z:
    get_axis(c, c->net->z, r, v);
    break;
  case H9_SHOWS_POPULATION:
    get_text(r->population->name, v);
    break;
  case H9_SHOWS_MODEL:
    get_text(r->population->model, v);
    break;
  case H9_SHOWS_VALUE:
    get_value(c, column->value, r, v);
    break;
  case H9_SHOWS_WEIGHT:
    get_number(H9_IS_DOUBLE, r->weight, v);
    break;
  case H9_SHOWS_STRENGTH:
    get_number(H9_IS_DOUBLE, r->strength, v);
    break;
  case H9_SHOWS_DELAY:
  case H9_SHOWS_TIME:
    v->is = H9_IS_TIME, v->step = r->step;
    break;
  case H9_SHOWS_OFFSET:
    v->is = H9_IS_WHOLE, v->whole = 0;
    break;
  case H9_SHOWS_PRIORITY:
    v->is = H9_IS_WHOLE, v->whole = r->priority;
    break;
  }
}

static void put_time(const h9_listing *c, h9_step step, h9_buf *b) {
  char s[H9_TEXT_MAX];
  h9_buf_put(b, s, (size_t)(h9_text_multiple(s, &c->dt, step) - s));
}

void h9_listing_text(const h9_listing *c, const h9_listing_value *v, h9_buf *b) {
  char s[H9_TEXT_MAX], *end = s;
  switch (v->is) {
  case H9_IS_TEXT:
    h9_buf_put(b, v->text, v->len);
    return;
  case H9_IS_TIME:
    put_time(c, v->step, b);
    return;
  case H9_IS_WHOLE:
    end = h9_text_u64(s, v->whole);
    break;
  case H9_IS_FLOAT:
    end = h9_text_f32(s, (float)v->number);
    break;
  case H9_IS_DOUBLE:
    end = h9_text_f64(s, v->number);
    break;
  }
  h9_buf_put(b, s, (size_t)(end - s));
}

/* ---- text ---- */

static void put_quoted(char separator, const h9_listing_value *v, h9_buf *b) {
  const char *s = v->text;
  if (*s != '"' && *s != '#' && !memchr(s, separator, v->len) && !memchr(s, '"', v->len)) {
    h9_buf_put(b, s, v->len);
    return;
  }
  h9_buf_put8(b, '"');
  for (size_t i = 0; i < v->len; i++) {
    if (s[i] == '"') h9_buf_put8(b, '"');
    h9_buf_put8(b, (uint8_t)s[i]);
  }
  h9_buf_put8(b, '"');
}

static void put_scaled(double number, int power, h9_buf *b) {
  char s[H9_TEXT_MAX + 1], *end = h9_text_f64(s, number);
  *end = 0;
  h9_text_scaled(b, s, (size_t)(end - s), power);
}

void h9_listing_names(const h9_listing *c, enum h9_part part, h9_buf *b) {
  for (uint32_t i = 0; i < c->n[part]; i++) {
    if (i) h9_buf_put8(b, (uint8_t)c->f->separator);
    h9_buf_put(b, c->column[part][i].name, strlen(c->column[part][i].name));
  }
  h9_buf_put8(b, '\n');
}

void h9_listing_put(const h9_listing *c, enum h9_part part, const h9_listing_row *r, h9_buf *b) {
  h9_listing_value v;
  for (uint32_t i = 0; i < c->n[part]; i++) {
    if (i) h9_buf_put8(b, (uint8_t)c->f->separator);
    h9_listing_get(c, &c->column[part][i], r, &v);
    if (v.is == H9_IS_TEXT) put_quoted(c->f->separator, &v, b);
    else if (c->column[part][i].power) put_scaled(v.number, c->column[part][i].power, b);
    else h9_listing_text(c, &v, b);
  }
  h9_buf_put8(b, '\n');
}

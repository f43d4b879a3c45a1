/* A stream becomes tables of neurons, connections and signals. */
#include "convert.h"

#include "../base/io.h"
#include "../base/text.h"
#include "../model/models.h"
#include "../model/rowsource.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FLUSH = 1 << 18 };

typedef struct export {
  const h9_convert_options *o;
  char separator;
  const char *name;
  h9_reader *reader;
  h9_network net;
  h9_block block;
  bool ended;
  h9_buf *notes;
  h9_output out[H9_PARTS];
  bool open[H9_PARTS];
  h9_multiple dt;
  struct part { h9_buf text; struct part *next; } *parts; /* texts of groups, until all are written */
} export;

/* ---- cells ---- */

static void put_text(const export *x, h9_buf *b, const char *s, size_t len) {
  bool plain = *s != '"' && *s != '#' && !memchr(s, x->separator, len) && !memchr(s, '"', len);
  if (plain) {
    h9_buf_put(b, s, len);
    return;
  }
  h9_buf_put8(b, '"');
  for (size_t i = 0; i < len; i++) {
    if (s[i] == '"') h9_buf_put8(b, '"');
    h9_buf_put8(b, (uint8_t)s[i]);
  }
  h9_buf_put8(b, '"');
}

/* What a neuron is called: its label; its id, where no neuron has one; or its id in a form that is told from a count. */
static void put_neuron(const export *x, h9_buf *b, h9_id id) {
  char text[H9_NAME_MAX + 1], *end = text;
  const h9_labels *l = &x->net.labels;
  if (l->n) end = h9_labels_text(l, id, text);
  if (end == text) end = l->n ? h9_text_id(text, id) : h9_text_u64(text, id);
  if (l->n && !l->uuid) {
    *end = 0;
    put_text(x, b, text, (size_t)(end - text));
  } else h9_buf_put(b, text, (size_t)(end - text));
}

static void put_number(h9_buf *b, char *(*text)(char *, double), double v) {
  char s[H9_TEXT_MAX];
  h9_buf_put(b, s, (size_t)(text(s, v) - s));
}

static char *as_f32(char *p, double v) { return h9_text_f32(p, (float)v); }

static void put_time(const export *x, h9_buf *b, h9_step step) {
  char s[H9_TEXT_MAX];
  h9_buf_put(b, s, (size_t)(h9_text_multiple(s, &x->dt, step) - s));
}

static int flush(export *x, int part, h9_buf *b, bool all, h9_error *e) {
  if (b->failed) return h9_fail_memory(e, FLUSH, "a table");
  if (b->len == 0 || (!all && b->len < FLUSH)) return H9_OK;
  int rc = h9_write_full(x->out[part].fd, b->data, b->len, e);
  b->len = 0;
  return rc == H9_OK ? rc : h9_fail_at(e, "%s", x->o->path[part]);
}

/* Names with their units, separated. */
static void put_header(const export *x, h9_buf *b, const char *names) {
  for (; *names; names++) h9_buf_put8(b, *names == ',' ? (uint8_t)x->separator : (uint8_t)*names);
}

/* ---- neurons ---- */

/* Names of all values that some population has, in order of appearance. */
static uint32_t value_names(const h9_network *net, const char *names[64], const char *units[64]) {
  uint32_t n = 0;
  for (uint32_t p = 0; p < net->n_populations; p++)
    for (uint32_t k = 0; k < net->populations[p].n_values; k++) {
      uint32_t i = 0;
      while (i < n && strcmp(names[i], net->populations[p].values[k].name) != 0) i++;
      if (i < n || n == 64) continue;
      const h9_model *m = h9_model_find(net->populations[p].model);
      int at = m ? h9_model_value_find(m, net->populations[p].values[k].name) : -1;
      units[n] = at >= 0 && strcmp(m->values[at].unit, "1") != 0 ? m->values[at].unit : "";
      names[n++] = net->populations[p].values[k].name;
    }
  return n;
}

static void put_value(h9_buf *b, const h9_population *p, const char *name, uint32_t i, bool loaded) {
  const h9_value *v = h9_population_value(p, name);
  if (v && !v->varies) put_number(b, h9_text_f64, v->constant);
  else if (v && loaded) put_number(b, as_f32, (double)v->column[i]);
  else h9_buf_put(b, "nan", 3);
}

static int write_neurons(export *x, h9_error *e) {
  const h9_network *net = &x->net;
  const char *names[64], *units[64];
  bool loaded = h9_network_is_loaded(net);
  uint32_t n_values = value_names(net, names, units);
  const float *axis[3] = {net->x, net->y, net->z};
  h9_buf b = {0};
  int rc = H9_OK;
  put_header(x, &b, "label");
  for (int k = 0; loaded && k < net->dimensions; k++) {
    h9_buf_put8(&b, (uint8_t)x->separator);
    h9_buf_put(&b, &"x_umy_umz_um"[4 * k], 4);
  }
  put_header(x, &b, ",population,model");
  for (uint32_t k = 0; k < n_values; k++) {
    h9_buf_put8(&b, (uint8_t)x->separator);
    h9_buf_put(&b, names[k], strlen(names[k]));
    if (!*units[k]) continue;
    h9_buf_put8(&b, '[');
    h9_buf_put(&b, units[k], strlen(units[k]));
    h9_buf_put8(&b, ']');
  }
  h9_buf_put8(&b, '\n');
  for (uint32_t p = 0; p < net->n_populations && rc == H9_OK; p++) {
    const h9_population *q = &net->populations[p];
    for (uint32_t i = 0; i < q->count && rc == H9_OK; i++) {
      put_neuron(x, &b, q->first + i);
      for (int k = 0; loaded && k < net->dimensions; k++) {
        h9_buf_put8(&b, (uint8_t)x->separator);
        put_number(&b, as_f32, q->placed ? (double)axis[k][q->first - 1 + i] : NAN);
      }
      h9_buf_put8(&b, (uint8_t)x->separator);
      put_text(x, &b, q->name, strlen(q->name));
      h9_buf_put8(&b, (uint8_t)x->separator);
      put_text(x, &b, q->model, strlen(q->model));
      for (uint32_t k = 0; k < n_values; k++) {
        h9_buf_put8(&b, (uint8_t)x->separator);
        put_value(&b, q, names[k], i, loaded);
      }
      h9_buf_put8(&b, '\n');
      rc = flush(x, H9_PART_NEURONS, &b, false, e);
    }
  }
  if (rc == H9_OK) rc = flush(x, H9_PART_NEURONS, &b, true, e);
  h9_buf_release(&b);
  if (!loaded) h9_note(x->notes, "%s: holds no positions and no values of single neurons", x->name);
  return rc;
}

/* ---- connections ---- */

static double weight_of(const h9_projection *p, const h9_rows *r, uint64_t i) {
  return p->weight_encoding == H9_WEIGHT_I16   ? r->weight[i] * p->quantum
         : p->weight_encoding == H9_WEIGHT_F32 ? (double)r->weight_f[i]
         : p->weight_encoding == H9_WEIGHT_F64 ? r->weight_d[i]
                                               : h9_dist_constant(&p->weight);
}

static int work(void *ctx, int worker, const h9_group *g, void **slot, h9_error *e) {
  export *x = ctx;
  struct part *t = calloc(1, sizeof *t);
  (void)worker;
  if (!t) return h9_fail_memory(e, sizeof *t, "rows");
  *slot = t;
#pragma omp critical(export_parts)
  {
    t->next = x->parts;
    x->parts = t;
  }
  h9_id first = x->net.populations[g->population].first + g->first;
  h9_buf *b = &t->text;
  for (uint32_t k = 0; k < g->n; k++)
    for (uint32_t j = 0; j < g->n_rows; j++) {
      const h9_rows *r = &g->rows[j];
      const h9_projection *p = &x->net.projections[r->projection];
      for (uint64_t i = r->start[k]; i < r->start[k + 1]; i++) {
        put_neuron(x, b, first + k);
        h9_buf_put8(b, (uint8_t)x->separator);
        put_neuron(x, b, x->net.populations[p->target].first + r->target[i]);
        h9_buf_put8(b, (uint8_t)x->separator);
        put_number(b, h9_text_f64, weight_of(p, r, i));
        h9_buf_put8(b, (uint8_t)x->separator);
        put_time(x, b, r->delay[i]);
        h9_buf_put8(b, '\n');
      }
    }
  return b->failed ? h9_fail_memory(e, b->len, "rows") : H9_OK;
}

static int emit(void *ctx, const h9_group *g, void *slot, h9_error *e) {
  export *x = ctx;
  struct part *t = slot;
  (void)g;
  int rc = flush(x, H9_PART_CONNECTIONS, &t->text, true, e);
  h9_buf_release(&t->text);
  return rc;
}

/* The unit that all targets' models share, or "". */
static const char *weight_unit(const h9_network *net) {
  const char *unit = NULL;
  for (uint32_t k = 0; k < net->n_projections; k++) {
    const h9_model *m = h9_model_find(net->populations[net->projections[k].target].model);
    const char *own = m && strcmp(m->weight, "1") != 0 ? m->weight : "";
    if (!unit) unit = own;
    else if (strcmp(unit, own) != 0) return "";
  }
  return unit ? unit : "";
}

static int write_connections(export *x, h9_error *e) {
  h9_buf b = {0};
  const char *unit = weight_unit(&x->net);
  put_header(x, &b, "source,target,weight");
  if (*unit) h9_buf_put8(&b, '_');
  h9_buf_put(&b, unit, strlen(unit));
  put_header(x, &b, ",delay_ms");
  h9_buf_put8(&b, '\n');
  int rc = flush(x, H9_PART_CONNECTIONS, &b, true, e);
  h9_buf_release(&b);
  if (rc != H9_OK || x->net.n_projections == 0) return rc;
  h9_rowsource *source;
  h9_rowsource_options ro = {.threads = x->o->threads};
  rc = h9_rowsource_read(&source, &x->net, x->reader, &x->block, &x->ended, &ro, e);
  if (rc != H9_OK) return rc;
  rc = h9_rowsource_run(source, work, emit, x, e);
  h9_rowsource_free(source);
  for (struct part *t = x->parts, *next; t; t = next) {
    next = t->next;
    h9_buf_release(&t->text);
    free(t);
  }
  x->parts = NULL;
  return rc;
}

/* What of the projections no list of connections can say. */
static void note_projections(const export *x) {
  const h9_network *net = &x->net;
  uint32_t rules = 0, plastic = 0, receptors = 0, doubled = 0;
  for (uint32_t k = 0; k < net->n_projections; k++) {
    const h9_projection *p = &net->projections[k];
    rules += p->rule != H9_RULE_EXPLICIT;
    plastic += strcmp(p->synapse, "static") != 0;
    receptors += p->receptor > 0;
    for (uint32_t j = 0; j < k; j++)
      if (net->projections[j].source == p->source && net->projections[j].target == p->target) {
        doubled++;
        break;
      }
  }
  if (rules) h9_note(x->notes, "%s: the rules of %u projections become the connections that they made", x->name, rules);
  if (plastic) h9_note(x->notes, "%s: the synapse models of %u projections are not in a table: read again, they are static", x->name, plastic);
  if (receptors) h9_note(x->notes, "%s: the receptors of %u projections are not in a table", x->name, receptors);
  if (doubled) h9_note(x->notes, "%s: %u projections are between the same populations as others, and joined with them", x->name, doubled);
}

/* ---- signals, and the rest of the stream ---- */

typedef struct tail {
  h9_signals batch;
  h9_buf text;
  bool begun, strong, prioritised;
  h9_step from, to, last;
  uint64_t samples, signals;
} tail;

static int write_batch(export *x, tail *t, h9_error *e) {
  const h9_signals *g = &t->batch;
  h9_buf *b = &t->text;
  if (!t->begun) {
    t->begun = true;
    t->from = g->from;
    t->strong = g->strength_bytes;
    t->prioritised = g->prioritised;
    put_header(x, b, "time_ms,neuron");
    if (t->strong) put_header(x, b, ",strength");
    if (t->prioritised) put_header(x, b, ",priority");
    h9_buf_put8(b, '\n');
  }
  t->to = g->to;
  if ((g->strength_bytes && !t->strong) || (g->prioritised && !t->prioritised))
    return h9_fail(e, H9_EDATA, "has strengths or priorities, but the first batch has none; expected all batches alike");
  for (size_t i = 0; i < g->n; i++) {
    put_time(x, b, t->last = g->step[i]);
    h9_buf_put8(b, (uint8_t)x->separator);
    put_neuron(x, b, g->id[i]);
    if (t->strong) h9_buf_put8(b, (uint8_t)x->separator), put_number(b, h9_text_f64, g->strength_bytes ? g->strength[i] : 0);
    if (t->prioritised) {
      char s[H9_TEXT_MAX];
      h9_buf_put8(b, (uint8_t)x->separator);
      h9_buf_put(b, s, (size_t)(h9_text_u64(s, g->prioritised ? g->priority[i] : 0) - s));
    }
    h9_buf_put8(b, '\n');
  }
  return flush(x, H9_PART_SIGNALS, b, false, e);
}

static int take_tail(export *x, tail *t, h9_error *e) {
  int rc = H9_OK;
  while (!x->ended && rc == H9_OK) {
    if (x->block.kind == H9_BLOCK_SIGNALS) {
      t->signals += x->block.count;
      if (x->o->path[H9_PART_SIGNALS]) {
        rc = h9_signals_decode(&x->block, x->net.n_neurons, &t->batch, e);
        if (rc == H9_OK) rc = write_batch(x, t, e);
        if (rc == H9_EDATA) h9_reader_fail_at(x->reader, &x->block, e);
      }
    } else if (x->block.kind == H9_BLOCK_STATE) t->samples += x->block.count;
    if (rc == H9_OK) rc = h9_reader_next(x->reader, &x->block, e);
    x->ended = rc == H9_EOF;
    if (x->ended) rc = H9_OK;
  }
  if (rc == H9_OK && x->o->path[H9_PART_SIGNALS] && !t->begun)
    rc = h9_fail(e, H9_EDATA, "%s: holds no signals for %s", x->name, x->o->path[H9_PART_SIGNALS]);
  return rc == H9_OK && t->begun ? flush(x, H9_PART_SIGNALS, &t->text, true, e) : rc;
}

static void note_rest(const export *x, const tail *t) {
  const h9_network *net = &x->net;
  const char *const *path = x->o->path;
  double dt = net->dt;
  if (dt != 0.1) h9_note(x->notes, "%s: dt is %.9g ms, which tables do not say: read them with --dt %.9gms", x->name, dt, dt);
  if (net->seed != 1)
    h9_note(x->notes, "%s: the seed is %llu, which tables do not say: read them with --seed %llu", x->name,
            (unsigned long long)net->seed, (unsigned long long)net->seed);
  if (t->begun && (t->from != 0 || t->to != t->last))
    h9_note(x->notes, "%s: the recording is from %.9g to %.9g ms: read its table with --start %.9gms --stop %.9gms", x->name,
            (double)t->from * dt, (double)t->to * dt, (double)t->from * dt, (double)t->to * dt);
  if (path[H9_PART_CONNECTIONS]) note_projections(x);
  else if (net->n_projections) h9_note(x->notes, "%s: its connections are not taken: --connections FILE", x->name);
  if (!path[H9_PART_SIGNALS] && t->signals)
    h9_note(x->notes, "%s: its %llu signals are not taken: --signals FILE", x->name, (unsigned long long)t->signals);
  if (t->samples) h9_note(x->notes, "%s: its %llu samples of state have no table here; see hal9-view --states", x->name,
                          (unsigned long long)t->samples);
}

static int write_all(export *x, h9_error *e) {
  tail t = {0};
  const char *const *path = x->o->path;
  int rc = h9_network_read(x->reader, &x->net, true, &x->block, e);
  x->ended = rc == H9_EOF;
  if (rc != H9_OK && !x->ended) return rc;
  x->dt = h9_multiple_of(x->net.dt);
  rc = path[H9_PART_NEURONS] ? write_neurons(x, e) : H9_OK;
  if (rc == H9_OK && path[H9_PART_CONNECTIONS]) rc = write_connections(x, e);
  if (rc == H9_OK) rc = take_tail(x, &t, e);
  if (rc == H9_OK) note_rest(x, &t);
  h9_signals_release(&t.batch);
  h9_buf_release(&t.text);
  return rc;
}

int h9_export_tables(const h9_format *f, const h9_convert_options *o, int fd, const char *name, h9_buf *notes, h9_error *e) {
  export x = {.o = o, .separator = f->separator, .name = name, .notes = notes};
  uint32_t wanted = 1u << H9_BLOCK_NEURONS | 1u << H9_BLOCK_LABELS;
  if (o->path[H9_PART_CONNECTIONS]) wanted |= 1u << H9_BLOCK_CONNECTIONS;
  if (o->path[H9_PART_SIGNALS]) wanted |= 1u << H9_BLOCK_SIGNALS;
  int rc = h9_reader_open(&x.reader, fd, name, wanted, o->threads, e);
  for (int i = 0; i < H9_PARTS && rc == H9_OK; i++) {
    if (!o->path[i]) continue;
    rc = h9_output_open(&x.out[i], o->path[i], true, e);
    x.open[i] = rc == H9_OK;
  }
  if (rc == H9_OK) rc = write_all(&x, e);
  for (int i = 0; i < H9_PARTS; i++) {
    if (!x.open[i]) continue;
    if (rc == H9_OK) rc = h9_output_commit(&x.out[i], e);
    else h9_output_abandon(&x.out[i]);
  }
  h9_network_release(&x.net);
  if (x.reader) h9_reader_close(x.reader);
  return rc;
}

/* A stream becomes tables of neurons, connections and signals. */
#include "convert_listing.h"

#include "../base/io.h"
#include "../model/rowsource.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FLUSH = 1 << 18 };

typedef struct export {
  const h9_convert_options *o;
  const h9_format *f;
  const char *name;
  h9_reader *reader;
  h9_network net;
  h9_listing listing;
  h9_block block;
  bool ended;
  h9_buf *notes;
  h9_output out[H9_PARTS];
  bool open[H9_PARTS];
  int held[H9_PARTS];              /* rows of counted formats until all are there; -1: none */
  h9_step least_delay, most_delay; /* of connections taken, where their form has none */
  uint64_t rows[H9_PARTS], others; /* others: connections of other populations than are wanted */
  struct part {
    h9_buf text;
    uint64_t rows, others;
    h9_step least, most;
    struct part *next;
  } * parts; /* of groups, until all are written */
}
export;

static int flush(export *x, int part, h9_buf *b, bool all, h9_error *e) {
  if (b->failed) return h9_fail_memory(e, FLUSH, "a table");
  if (b->len == 0 || (!all && b->len < FLUSH)) return H9_OK;
  int rc = h9_write_full(x->held[part] >= 0 ? x->held[part] : x->out[part].fd, b->data, b->len, e);
  b->len = 0;
  return rc == H9_OK ? rc : h9_fail_at(e, "%s", x->o->path[part]);
}

static void put_header(const export *x, enum h9_part part, h9_buf *b) {
  if (x->f->counted) return;
  if (x->f->header) x->f->header(&x->listing, part, 0, b);
  else h9_listing_names(&x->listing, part, b);
}

/* What counts its rows, when all are there. */
static int finish(export *x, enum h9_part part, h9_error *e) {
  int from = x->held[part], to = x->out[part].fd;
  h9_buf b = {0};
  if (from < 0) return H9_OK;
  if (lseek(from, 0, SEEK_SET) != 0) return h9_fail_sys(e, H9_EIO, errno, "a temporary file: cannot seek");
  if (x->f->finish) return x->f->finish(&x->listing, part, x->rows[part], from, to, e);
  x->f->header(&x->listing, part, x->rows[part], &b);
  int rc = b.failed ? h9_fail_memory(e, b.len, "a header") : h9_write_full(to, b.data, b.len, e);
  h9_buf_release(&b);
  return rc == H9_OK ? h9_copy_full(from, to, e) : rc;
}

static void put_row(const export *x, enum h9_part part, const h9_listing_row *r, h9_buf *b) {
  if (x->f->row) x->f->row(&x->listing, part, r, b);
  else h9_listing_put(&x->listing, part, r, b);
}

/* ---- neurons ---- */

static int write_neurons(export *x, h9_error *e) {
  const h9_network *net = &x->net;
  h9_buf b = {0};
  int rc = H9_OK;
  put_header(x, H9_PART_NEURONS, &b);
  for (uint32_t p = 0; p < net->n_populations && rc == H9_OK; p++) {
    h9_listing_row r = {.population = &net->populations[p]};
    for (uint32_t i = 0; i < r.population->count && rc == H9_OK; i++) {
      r.id = r.population->first + i;
      put_row(x, H9_PART_NEURONS, &r, &b);
      x->rows[H9_PART_NEURONS]++;
      rc = flush(x, H9_PART_NEURONS, &b, false, e);
    }
  }
  if (rc == H9_OK) rc = flush(x, H9_PART_NEURONS, &b, true, e);
  h9_buf_release(&b);
  if (!x->listing.loaded)
    h9_note(x->notes, "%s: holds no positions and no values of single neurons", x->name);
  return rc;
}

/* ---- connections ---- */

static double weight_of(const h9_projection *p, const h9_rows *r, uint64_t i) {
  return p->weight_encoding == H9_WEIGHT_I16   ? r->weight[i] * p->quantum
         : p->weight_encoding == H9_WEIGHT_F32 ? (double)r->weight_f[i]
         : p->weight_encoding == H9_WEIGHT_F64 ? r->weight_d[i]
                                               : h9_dist_constant(&p->weight);
}

static bool wanted(const h9_listing *c, const h9_projection *p) {
  return (c->source < 0 || p->source == (uint32_t)c->source) &&
         (c->target < 0 || p->target == (uint32_t)c->target);
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
  const h9_population *source = &x->net.populations[g->population];
  h9_listing_row row = {.population = source};
  for (uint32_t k = 0; k < g->n; k++)
    for (uint32_t j = 0; j < g->n_rows; j++) {
      const h9_rows *r = &g->rows[j];
      const h9_projection *p = &x->net.projections[r->projection];
      *(wanted(&x->listing, p) ? &t->rows : &t->others) += r->start[k + 1] - r->start[k];
      if (!wanted(&x->listing, p)) continue;
      row.id = source->first + g->first + k;
      for (uint64_t i = r->start[k]; i < r->start[k + 1]; i++) {
        row.target = x->net.populations[p->target].first + r->target[i];
        row.weight = weight_of(p, r, i);
        row.step = r->delay[i];
        if (row.step < t->least || t->least == 0) t->least = row.step;
        if (row.step > t->most) t->most = row.step;
        put_row(x, H9_PART_CONNECTIONS, &row, &t->text);
      }
    }
  return t->text.failed ? h9_fail_memory(e, t->text.len, "rows") : H9_OK;
}

static int emit(void *ctx, const h9_group *g, void *slot, h9_error *e) {
  export *x = ctx;
  struct part *t = slot;
  (void)g;
  x->rows[H9_PART_CONNECTIONS] += t->rows;
  x->others += t->others;
  if (t->most && (t->least < x->least_delay || x->least_delay == 0)) x->least_delay = t->least;
  if (t->most > x->most_delay) x->most_delay = t->most;
  int rc = flush(x, H9_PART_CONNECTIONS, &t->text, true, e);
  h9_buf_release(&t->text);
  return rc;
}

static int write_connections(export *x, h9_error *e) {
  h9_buf b = {0};
  put_header(x, H9_PART_CONNECTIONS, &b);
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
  if (rules)
    h9_note(x->notes, "%s: the rules of %u projections become the connections that they made", x->name,
            rules);
  if (plastic)
    h9_note(x->notes,
            "%s: the synapse models of %u projections are not in a table: read again, they are static",
            x->name, plastic);
  if (receptors)
    h9_note(x->notes, "%s: the receptors of %u projections are not in a table", x->name, receptors);
  if (doubled)
    h9_note(x->notes, "%s: %u projections are between the same populations as others, and joined with them",
            x->name, doubled);
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
  h9_listing_row row = {0};
  h9_buf *b = &t->text;
  if (!t->begun) {
    t->begun = true;
    t->from = g->from;
    t->strong = g->strength_bytes;
    t->prioritised = g->prioritised;
    int rc = h9_listing_signals(&x->listing, t->strong, t->prioritised, e);
    if (rc != H9_OK) return rc;
    put_header(x, H9_PART_SIGNALS, b);
  }
  t->to = g->to;
  if ((g->strength_bytes && !t->strong) || (g->prioritised && !t->prioritised))
    return h9_fail(e, H9_EDATA,
                   "has strengths or priorities, but the first batch has none; expected all batches alike");
  for (size_t i = 0; i < g->n; i++) {
    row.step = t->last = g->step[i];
    row.id = g->id[i];
    row.population = &x->net.populations[h9_network_population_of(&x->net, row.id)];
    row.strength = g->strength_bytes ? g->strength[i] : 0;
    row.priority = g->prioritised ? g->priority[i] : 0;
    put_row(x, H9_PART_SIGNALS, &row, b);
  }
  x->rows[H9_PART_SIGNALS] += g->n;
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
  if (dt != 0.1)
    h9_note(x->notes, "%s: dt is %.9g ms, which tables do not say: read them with --dt %.9gms", x->name, dt,
            dt);
  if (net->seed != 1)
    h9_note(x->notes, "%s: the seed is %llu, which tables do not say: read them with --seed %llu", x->name,
            (unsigned long long)net->seed, (unsigned long long)net->seed);
  if (t->begun && (t->from != 0 || t->to != t->last))
    h9_note(x->notes,
            "%s: the recording is from %.9g to %.9g ms: read its table with --start %.9gms --stop %.9gms",
            x->name, (double)t->from * dt, (double)t->to * dt, (double)t->from * dt, (double)t->to * dt);
  if (t->begun && x->f->plain && (t->strong || t->prioritised))
    h9_note(x->notes, "%s: its signals have %s, which format %s cannot hold", x->name,
            t->strong && t->prioritised ? "strengths and priorities"
            : t->strong                 ? "strengths"
                                        : "priorities",
            x->f->name);
  if (x->f->no_delays && x->most_delay > x->least_delay)
    h9_note(x->notes, "%s: delays from %.9g to %.9g ms are lost in format %s", x->name,
            (double)x->least_delay * dt, (double)x->most_delay * dt, x->f->name);
  else if (x->f->no_delays && x->most_delay)
    h9_note(x->notes, "%s: the delay of %.9g ms is not in format %s: read it with --delay %.9gms", x->name,
            (double)x->most_delay * dt, x->f->name, (double)x->most_delay * dt);
  if (x->others)
    h9_note(x->notes, "%s: %llu connections of other populations are not taken", x->name,
            (unsigned long long)x->others);
  if (path[H9_PART_CONNECTIONS]) note_projections(x);
  else if (net->n_projections)
    h9_note(x->notes, "%s: its connections are not taken: --connections FILE", x->name);
  if (!path[H9_PART_SIGNALS] && t->signals)
    h9_note(x->notes, "%s: its %llu signals are not taken: --signals FILE", x->name,
            (unsigned long long)t->signals);
  if (t->samples)
    h9_note(x->notes, "%s: its %llu samples of state have no table here; see hal9-view --states", x->name,
            (unsigned long long)t->samples);
}

static int write_all(export *x, h9_error *e) {
  tail t = {0};
  const char *const *path = x->o->path;
  int rc = h9_network_read(x->reader, &x->net, true, &x->block, e);
  x->ended = rc == H9_EOF;
  if (rc != H9_OK && !x->ended) return rc;
  rc = h9_listing_begin(&x->listing, x->f, x->o, &x->net, x->notes, x->name, e);
  if (rc != H9_OK) return rc;
  rc = path[H9_PART_NEURONS] ? write_neurons(x, e) : H9_OK;
  if (rc == H9_OK && path[H9_PART_CONNECTIONS]) rc = write_connections(x, e);
  if (rc == H9_OK) rc = take_tail(x, &t, e);
  if (rc == H9_OK) note_rest(x, &t);
  h9_signals_release(&t.batch);
  h9_buf_release(&t.text);
  return rc;
}

int h9_export_tables(const h9_format *f, const h9_convert_options *o, int fd, const char *name, h9_buf *notes,
                     h9_error *e) {
  export x = {.o = o, .f = f, .name = name, .notes = notes, .held = {-1, -1, -1}};
  uint32_t wanted = 1u << H9_BLOCK_NEURONS | 1u << H9_BLOCK_LABELS;
  if (o->path[H9_PART_CONNECTIONS]) wanted |= 1u << H9_BLOCK_CONNECTIONS;
  if (o->path[H9_PART_SIGNALS]) wanted |= 1u << H9_BLOCK_SIGNALS;
  int rc = h9_reader_open(&x.reader, fd, name, wanted, o->threads, e);
  for (int i = 0; i < H9_PARTS && rc == H9_OK; i++) {
    if (!o->path[i]) continue;
    rc = h9_output_open(&x.out[i], o->path[i], !f->binary, e);
    x.open[i] = rc == H9_OK;
    if (rc == H9_OK && f->counted) rc = h9_temporary_open(&x.held[i], e);
  }
  if (rc == H9_OK) rc = write_all(&x, e);
  for (int i = 0; i < H9_PARTS && rc == H9_OK; i++) rc = finish(&x, (enum h9_part)i, e);
  for (int i = 0; i < H9_PARTS; i++) {
    if (x.held[i] >= 0) close(x.held[i]);
    if (!x.open[i]) continue;
    if (rc == H9_OK) rc = h9_output_commit(&x.out[i], e);
    else h9_output_abandon(&x.out[i]);
  }
  h9_listing_release(&x.listing);
  h9_network_release(&x.net);
  if (x.reader) h9_reader_close(x.reader);
  return rc;
}

/* An import becomes a stream. */
#include "convert_parts.h"

#include "../base/memory.h"
#include "../base/parallel.h"
#include "../model/models.h"
#include "batcher.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP_SOURCES = 4096, GROUP_EDGES = 1 << 20, BATCH = 1 << 16 };

typedef struct writing {
  h9_import *m;
  h9_writer *w;
  uint64_t *start;       /* [n_neurons + 1] first edge of each source */
  h9_import_edge *edge;  /* by source; in a source by class, delay, target, weight */
  uint32_t n_classes;
  int32_t *projection;   /* [populations * n_classes], -1: none */
} writing;

/* ---- connections by source ---- */

static int by_place(const void *a, const void *b) {
  const h9_import_edge *x = a, *y = b;
  if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
  if (x->delay != y->delay) return x->delay < y->delay ? -1 : 1;
  if (x->target != y->target) return x->target < y->target ? -1 : 1;
  return (x->weight > y->weight) - (x->weight < y->weight);
}

static void sort_some(void *ctx, uint64_t k, int me) {
  const writing *x = ctx;
  const h9_network *net = &x->m->net;
  (void)me;
  uint64_t from = k * GROUP_SOURCES, to = from + GROUP_SOURCES < net->n_neurons ? from + GROUP_SOURCES : net->n_neurons;
  for (uint64_t i = from; i < to; i++) {
    for (uint64_t j = x->start[i]; j < x->start[i + 1] && !x->m->classes; j++)
      x->edge[j].kind = (uint16_t)h9_network_population_of(net, x->edge[j].target);
    qsort(x->edge + x->start[i], x->start[i + 1] - x->start[i], sizeof *x->edge, by_place);
  }
}

/* A counting sort by source, in place of the lists as they came. */
static int by_source(writing *x, h9_error *e) {
  h9_import *m = x->m;
  uint32_t n = m->net.n_neurons;
  x->start = calloc((size_t)n + 2, sizeof *x->start);
  x->edge = malloc((m->n_edges + 1) * sizeof *x->edge);
  if (!x->start || !x->edge) return h9_fail_memory(e, m->n_edges * sizeof *x->edge + n * sizeof *x->start, "connections");
  for (size_t i = 0; i < m->n_edges; i++) x->start[m->source[i] + 1]++; /* of source id - 1, two places up */
  for (uint32_t i = 0; i < n; i++) x->start[i + 1] += x->start[i];
  for (size_t i = 0; i < m->n_edges; i++) x->edge[x->start[m->source[i]]++] = m->edge[i];
  free(m->source);
  free(m->edge);
  m->source = NULL;
  m->edge = NULL;
  h9_parallel_each(m->o->threads, ((uint64_t)n + GROUP_SOURCES - 1) / GROUP_SOURCES, sort_some, x);
  return H9_OK;
}

/* ---- projections ---- */

/* What the weights of one projection need. */
typedef struct weights {
  double first, least; /* least: magnitude above 0 */
  double most, sum, delay;
  bool same, narrow, multiples; /* narrow: floats hold them; multiples: of `least` */
  int low;                      /* exponent of the lowest bit set in any */
  uint64_t n;
  uint32_t indegree;            /* most onto one neuron from the source's population, of all kinds */
} weights;

static int lowest_bit(double v) {
  int exponent;
  double f = frexp(v, &exponent);
  int64_t m = (int64_t)ldexp(fabs(f), 53);
  return m ? exponent - 53 + __builtin_ctzll((unsigned long long)m) : 1024;
}

/* Twice over all edges: the multiples are of the least. */
static void gather(const writing *x, weights *of) {
  const h9_network *net = &x->m->net;
  for (int round = 0; round < 2; round++)
    for (uint32_t p = 0; p < net->n_populations; p++)
      for (uint32_t i = net->populations[p].first - 1; i < net->populations[p].first - 1 + net->populations[p].count; i++)
        for (uint64_t j = x->start[i]; j < x->start[i + 1]; j++) {
          double v = x->edge[j].weight, a = fabs(v);
          weights *q = &of[(size_t)p * x->n_classes + x->edge[j].kind];
          if (round) {
            double k = q->least > 0 ? floor(v / q->least + 0.5) : 0;
            q->multiples &= fabs(k) <= INT16_MAX && k * q->least == v;
            continue;
          }
          if (q->n++ == 0)
            *q = (weights){.first = v, .least = INFINITY, .same = true, .narrow = true, .multiples = true, .low = 1024, .n = 1};
          q->same &= v == q->first;
          q->narrow &= (double)(float)v == v;
          if (a > 0 && a < q->least) q->least = a;
          if (a > q->most) q->most = a;
          int low = lowest_bit(v);
          if (low < q->low) q->low = low;
          q->sum += v;
          q->delay += x->edge[j].delay;
        }
}

static int take_synapse(const h9_import_class *c, h9_projection *p, h9_error *e) {
  p->name = h9_strdup(c ? c->name : "");
  p->synapse = h9_strdup(c ? c->synapse : "static");
  p->synapse_values = c ? calloc(c->n_values + (size_t)1, sizeof *p->synapse_values) : NULL;
  if (!p->name || !p->synapse || (c && !p->synapse_values)) return h9_fail_memory(e, sizeof *p, "projections");
  for (uint32_t i = 0; c && i < c->n_values; i++) {
    p->synapse_values[p->n_synapse_values++] = (h9_synapse_value){h9_strdup(c->values[i].name), c->values[i].value};
    if (!p->synapse_values[i].name) return h9_fail_memory(e, H9_NAME_MAX, "a name");
  }
  return H9_OK;
}

/* For each population: how many connections from it onto a neuron, and the most of those that a kind meets. */
static int count_inputs(const writing *x, weights *of, h9_error *e) {
  const h9_network *net = &x->m->net;
  uint32_t *count = malloc(((size_t)net->n_neurons + 1) * sizeof *count);
  if (!count) return h9_fail_memory(e, (size_t)net->n_neurons * sizeof *count, "connections");
  for (uint32_t p = 0; p < net->n_populations; p++) {
    uint64_t from = x->start[net->populations[p].first - 1], to = x->start[net->populations[p].first - 1 + net->populations[p].count];
    if (from == to) continue;
    memset(count, 0, ((size_t)net->n_neurons + 1) * sizeof *count);
    for (uint64_t j = from; j < to; j++) {
      weights *q = &of[(size_t)p * x->n_classes + x->edge[j].kind];
      uint32_t n = ++count[x->edge[j].target];
      if (n > q->indegree) q->indegree = n;
    }
  }
  free(count);
  return H9_OK;
}

static int make_projection(const writing *x, uint32_t source, uint32_t kind, const weights *q, h9_projection *p,
                           h9_error *e) {
  const h9_network *net = &x->m->net;
  const h9_import_class *c = x->m->classes ? &x->m->classes[kind] : NULL;
  uint32_t target = c ? c->target : kind;
  *p = (h9_projection){.source = source,
                       .target = target,
                       .rule = H9_RULE_EXPLICIT,
                       .autapses = true,
                       .multapses = true,
                       .materialised = true,
                       .quantum = 1,
                       .number = (double)q->n,
                       .kernel = {.scale = q->indegree, .cutoff = INFINITY}};
  int rc = take_synapse(c, p, e);
  double power = q->low < 1024 ? ldexp(1, q->low) : 1, n = (double)q->n;
  double weight = q->same ? q->first : q->sum / n;
  if (q->same) p->weight_encoding = H9_WEIGHT_CONSTANT;
  else if (q->most / power <= INT16_MAX) p->weight_encoding = H9_WEIGHT_I16, p->quantum = power;
  else if (q->multiples) p->weight_encoding = H9_WEIGHT_I16, p->quantum = q->least;
  else p->weight_encoding = q->narrow ? H9_WEIGHT_F32 : H9_WEIGHT_F64;
  if (rc != H9_OK) return rc;
  if (h9_dist_constant_make(&p->weight, weight) != H9_OK ||
      h9_dist_constant_make(&p->delay, floor(q->delay / n + 0.5) * net->dt) != H9_OK)
    return h9_fail_memory(e, sizeof *p, "projections");
  const h9_model *m = h9_model_find(net->populations[target].model);
  h9_unit unit = h9_model_unit(m->weight);
  if (x->m->weight_given && !h9_dim_equal(unit.dim, x->m->weight_dim))
    return h9_fail(e, H9_EDATA, "%s: weights are in %s, but model %s of population '%s' takes %s",
                   x->m->o->path[H9_PART_CONNECTIONS], x->m->weight_unit, m->name, net->populations[target].name,
                   *unit.name ? unit.name : "numbers");
  return H9_OK;
}

/* One for each pair of population and class that has connections, in order of pairs. */
static int make_projections(writing *x, h9_error *e) {
  h9_network *net = &x->m->net;
  x->n_classes = x->m->classes ? x->m->n_classes : net->n_populations;
  size_t pairs = (size_t)net->n_populations * x->n_classes;
  weights *of = calloc(pairs, sizeof *of);
  x->projection = malloc(pairs * sizeof *x->projection);
  uint32_t n = 0;
  int rc = H9_OK;
  if (!of || !x->projection) rc = h9_fail_memory(e, pairs * sizeof *of, "projections");
  if (rc == H9_OK) gather(x, of);
  if (rc == H9_OK) rc = count_inputs(x, of, e);
  for (size_t i = 0; rc == H9_OK && i < pairs; i++) n += of[i].n > 0;
  if (rc == H9_OK && n > H9_PROJECTIONS_MAX)
    rc = h9_fail(e, H9_EDATA, "%u pairs of populations (and types) are connected, expected at most %u", n, H9_PROJECTIONS_MAX);
  if (rc == H9_OK && !(net->projections = calloc(n + (size_t)1, sizeof *net->projections)))
    rc = h9_fail_memory(e, n * sizeof *net->projections, "projections");
  for (size_t i = 0; rc == H9_OK && i < pairs; i++) {
    x->projection[i] = -1;
    if (of[i].n == 0) continue;
    x->projection[i] = (int32_t)net->n_projections;
    rc = make_projection(x, (uint32_t)(i / x->n_classes), (uint32_t)(i % x->n_classes), &of[i],
                         &net->projections[net->n_projections++], e);
  }
  free(of);
  return rc;
}

/* ---- rows ---- */

/* Rows of one projection for sources [first, first + n) of its population. */
static int fill(const writing *x, const h9_projection *p, uint32_t kind, uint32_t k, uint32_t first, uint32_t n, h9_rows *r, h9_error *e) {
  const h9_network *net = &x->m->net;
  const uint64_t *start = x->start + net->populations[p->source].first - 1 + first;
  uint64_t most = start[n] - start[0];
  int rc = h9_rows_reserve(r, n, most);
  if (rc == H9_OK && p->weight_encoding == H9_WEIGHT_F64) rc = h9_rows_reserve_doubles(r, most);
  if (rc != H9_OK) return h9_fail_memory(e, most * 16, "connections");
  r->projection = k;
  r->first = first;
  r->n_rows = n;
  r->n = r->start[0] = 0;
  for (uint32_t i = 0; i < n; i++) {
    for (uint64_t j = start[i]; j < start[i + 1]; j++) {
      const h9_import_edge *g = &x->edge[j];
      if (g->kind != kind) continue;
      r->target[r->n] = g->target - net->populations[p->target].first;
      r->delay[r->n] = g->delay;
      if (p->weight_encoding == H9_WEIGHT_I16) r->weight[r->n] = (int16_t)floor(g->weight / p->quantum + 0.5);
      else if (p->weight_encoding == H9_WEIGHT_F32) r->weight_f[r->n] = (float)g->weight;
      else if (p->weight_encoding == H9_WEIGHT_F64) r->weight_d[r->n] = g->weight;
      r->n++;
    }
    r->start[i + 1] = r->n;
  }
  return H9_OK;
}

static int write_rows(const writing *x, h9_error *e) {
  const h9_network *net = &x->m->net;
  h9_rows r = {0};
  int rc = H9_OK;
  for (uint32_t s = 0; s < net->n_populations && rc == H9_OK; s++) {
    const h9_population *pop = &net->populations[s];
    const uint64_t *start = x->start + pop->first - 1;
    for (uint32_t first = 0, n; first < pop->count && rc == H9_OK; first += n) {
      n = 1;
      while (first + n < pop->count && n < GROUP_SOURCES && start[first + n + 1] - start[first] <= GROUP_EDGES) n++;
      for (uint32_t t = 0; t < x->n_classes && rc == H9_OK; t++) {
        int32_t k = x->projection[(size_t)s * x->n_classes + t];
        if (k < 0) continue;
        h9_buf body = {0};
        rc = fill(x, &net->projections[k], t, (uint32_t)k, first, n, &r, e);
        if (rc == H9_OK && (h9_rows_encode(net, &r, &body) != H9_OK || body.failed))
          rc = h9_fail_memory(e, r.n * 16, "connections");
        if (rc == H9_OK) rc = h9_writer_block(x->w, H9_BLOCK_CONNECTIONS, r.n, &body, e);
        h9_buf_release(&body);
      }
    }
  }
  h9_rows_release(&r);
  return rc;
}

static int write_connections(writing *x, h9_error *e) {
  int rc = by_source(x, e);
  if (rc == H9_OK) rc = make_projections(x, e);
  if (rc == H9_OK) rc = h9_projections_write(x->w, &x->m->net, e);
  if (rc == H9_OK) rc = write_rows(x, e);
  free(x->start);
  free(x->edge);
  free(x->projection);
  return rc;
}

/* ---- signals ---- */

static int recorded(const h9_import *m, h9_step *from, h9_step *to, h9_error *e) {
  double dt = m->net.dt;
  h9_step first = m->n_all_signals ? m->first : 1, last = m->n_all_signals ? m->last : 0;
  *from = !isnan(m->o->start) ? (h9_step)floor(m->o->start / dt + 0.5) : first > 0 ? 0 : first - 1;
  *to = !isnan(m->o->stop) ? (h9_step)floor(m->o->stop / dt + 0.5) : last > *from ? last : *from;
  if (m->n_all_signals && (first <= *from || last > *to))
    return h9_fail(e, H9_EDATA, "%s: a signal at %.9g ms, expected later than --start, %.9g ms, and not later than --stop, %.9g ms",
                   m->o->path[H9_PART_SIGNALS], (double)(first <= *from ? first : last) * dt, (double)*from * dt,
                   (double)*to * dt);
  if (*to < *from) return h9_fail(e, H9_EUSAGE, "--stop is before --start");
  return H9_OK;
}

static int write_batch(void *ctx, const h9_signals *g, h9_error *e) {
  writing *x = ctx;
  h9_buf b = {0};
  h9_signals_encode(g, &b);
  int rc = b.failed ? h9_fail_memory(e, g->n * 16, "signals") : h9_writer_block(x->w, H9_BLOCK_SIGNALS, g->n, &b, e);
  h9_buf_release(&b);
  return rc;
}

static int write_signals(writing *x, h9_error *e) {
  h9_import *m = x->m;
  h9_step to;
  h9_batcher batcher;
  h9_batcher_open(&batcher, &(h9_batch_settings){(uint32_t)m->o->batch, 0, -1}, 0, write_batch, x);
  h9_signals g = {.strength_bytes = m->strong ? 8 : 0, .prioritised = m->prioritised};
  int rc = recorded(m, &g.from, &to, e);
  if (rc == H9_OK) rc = h9_import_signals_begin(m, e);
  const h9_import_signal *s = NULL;
  h9_step last = g.from;
  int more = rc == H9_OK ? h9_import_signals_next(m, &s, e) : rc;
  for (bool ended = false; rc == H9_OK && !ended; g.from = g.to) {
    g.n = 0;
    g.to = to;
    for (; more == H9_OK && rc == H9_OK; more = h9_import_signals_next(m, &s, e)) {
      if (g.n >= BATCH && s->step > last) {
        g.to = last;
        break;
      }
      last = s->step;
      if (h9_signals_add_strong(&g, s->step, s->id, s->strength, s->priority) != H9_OK)
        rc = h9_fail_memory(e, g.n * 32, "signals");
    }
    ended = more != H9_OK;
    if (rc == H9_OK && ended && more != H9_EOF) rc = more;
    if (rc == H9_OK) rc = h9_batcher_add(&batcher, &g, 0, e);
  }
  if (rc == H9_OK) rc = h9_batcher_flush(&batcher, 0, e);
  h9_batcher_close(&batcher);
  h9_signals_release(&g);
  return rc;
}

/* ---- states ---- */

enum { SAMPLES = 1 << 18 }; /* of a block */

static int write_state(const writing *x, const h9_state *s, h9_error *e) {
  uint32_t width = h9_state_width(s), most = SAMPLES / (width ? width : 1);
  if (most == 0) most = 1;
  int rc = H9_OK;
  for (uint32_t t = 0; t < s->n_times && rc == H9_OK; t += most) {
    h9_state some = *s;
    h9_buf b = {0};
    some.first = s->first + (h9_step)t * s->interval;
    some.n_times = s->n_times - t < most ? s->n_times - t : most;
    some.sample = s->sample + (size_t)t * width;
    if (h9_state_encode(&some, &b) != H9_OK || b.failed) rc = h9_fail_memory(e, b.len, "state");
    else rc = h9_writer_block(x->w, H9_BLOCK_STATE, (uint64_t)some.n_times * width, &b, e);
    h9_buf_release(&b);
  }
  return rc;
}

int h9_import_write(h9_import *m, h9_writer *w, h9_error *e) {
  writing x = {.m = m, .w = w};
  m->net.dt = m->o->dt;
  m->net.seed = m->o->seed;
  int rc = h9_network_write_head(w, &m->net, e);
  if (rc == H9_OK && (m->has_neurons || m->o->path[H9_PART_NEURONS] || m->has_connections || (m->known && !m->has_signals))) rc = h9_network_write_neurons(w, &m->net, e);
  if (rc == H9_OK && m->has_connections) rc = write_connections(&x, e);
  if (rc == H9_OK && m->has_signals) rc = write_signals(&x, e);
  for (size_t i = 0; i < m->n_states && rc == H9_OK; i++) rc = write_state(&x, &m->state[i], e);
  return rc;
}

#include "report.h"

#include "../base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static h9_summary degrees(const uint32_t *degree, uint32_t n, double *v) {
  for (uint32_t i = 0; i < n; i++) v[i] = degree[i];
  return h9_summary_of(v, n);
}

/* Marks n neurons of a population, chosen by the seed: again and again the one with the least random number above the
 * last, since n is small. */
static void choose(const h9_network *net, uint32_t p, uint32_t n, uint64_t seed, bool *marked) {
  const h9_population *q = &net->populations[p];
  h9_key key = h9_key_make(seed, H9_PURPOSE_SAMPLE, p);
  for (uint32_t k = 0; k < n && k < q->count; k++) {
    uint64_t least = UINT64_MAX;
    uint32_t chosen = q->count;
    for (uint32_t i = 0; i < q->count; i++) {
      h9_ctr c = h9_philox(key, i, 2, 0, 0);
      uint64_t v = (uint64_t)c.v[0] << 32 | c.v[1];
      if (!marked[q->first - 1 + i] && (v < least || chosen == q->count)) least = v, chosen = i;
    }
    marked[q->first - 1 + chosen] = true;
  }
}

static int gather_connections(h9_stream_report *s, h9_reader *r, h9_block *b, bool *ended,
                              const h9_report_options *o, h9_error *e) {
  h9_network *net = &s->net;
  h9_rowsource *source = NULL;
  h9_rowsource_options ro = {.threads = o->threads};
  bool materialised = net->projections[0].materialised;
  s->has_connections = true;
  if (o->quick && !materialised) {
    for (uint32_t k = 0; k < net->n_projections; k++)
      s->connections += h9_projection_expected(net, &net->projections[k]);
    return H9_OK;
  }
  int rc = materialised ? h9_rowsource_read(&source, net, r, b, ended, &ro, e)
                        : h9_rowsource_expand(&source, net, &ro, e);
  bool *follow = rc == H9_OK && o->follow ? calloc((size_t)net->n_neurons + 1, sizeof *follow) : NULL;
  if (rc == H9_OK && o->follow && !follow) rc = h9_fail_memory(e, net->n_neurons, "a choice of neurons");
  for (uint32_t p = 0; follow && p < net->n_populations; p++) choose(net, p, o->follow, o->activity.seed, follow);
  if (rc == H9_OK) rc = h9_netstats_gather(&s->connection_stats, net, source, follow, o->threads, e);
  free(follow);
  h9_rowsource_free(source);
  if (rc) return rc;
  s->expanded = true;
  s->connections = (double)s->connection_stats.connections;
  double *v = malloc(((size_t)net->n_neurons + 1) * sizeof *v);
  s->indegree = calloc(net->n_populations, sizeof *s->indegree);
  s->outdegree = calloc(net->n_populations, sizeof *s->outdegree);
  if (!v || !s->indegree || !s->outdegree) rc = h9_fail_memory(e, net->n_neurons * sizeof *v, "statistics");
  for (uint32_t p = 0; p < net->n_populations && rc == H9_OK; p++) {
    const h9_population *q = &net->populations[p];
    s->indegree[p] = degrees(s->connection_stats.indegree + q->first - 1, q->count, v);
    s->outdegree[p] = degrees(s->connection_stats.outdegree + q->first - 1, q->count, v);
  }
  free(v);
  return rc;
}

static int read_signals(h9_stream_report *s, h9_reader *r, h9_block *b, bool ended,
                        const h9_report_options *o, h9_report_progress progress, void *ctx, h9_error *e) {
  h9_signals batch = {0};
  int rc = H9_OK;
  for (; rc == H9_OK && !ended;) {
    if (b->kind == H9_BLOCK_SIGNALS) {
      if (!s->activity) {
        rc = h9_activity_new(&s->activity, &s->net, &o->activity, e);
        if (rc) break;
        s->has_activity = true;
      }
      rc = h9_signals_decode(b, s->net.n_neurons, &batch, e);
      if (rc) rc = h9_reader_fail_at(r, b, e);
      else rc = h9_activity_add(s->activity, &batch, e);
    } else if (b->kind == H9_BLOCK_STATE) {
      h9_state d = {0};
      rc = h9_state_decode(b, s->net.n_neurons, &d, e);
      if (rc) rc = h9_reader_fail_at(r, b, e);
      else
        rc = h9_stream_report_state(s, &d, isnan(o->activity.start) ? -INFINITY : o->activity.start,
                                    isnan(o->activity.stop) ? INFINITY : o->activity.stop, e);
      h9_state_release(&d);
    } else {
      rc = h9_network_absorb(r, &s->net, b, e);
    }
    if (rc) break;
    if (progress) progress(ctx, (double)h9_reader_bytes(r));
    rc = h9_reader_next(r, b, e);
    if (rc == H9_EOF) ended = true, rc = H9_OK;
  }
  h9_signals_release(&batch);
  if (rc || !s->activity) return rc;
  s->population = calloc(s->net.n_populations, sizeof *s->population);
  if (!s->population) return h9_fail_memory(e, s->net.n_populations * sizeof *s->population, "statistics");
  s->signals = h9_activity_signals(s->activity);
  s->from = h9_activity_from(s->activity);
  s->duration = h9_activity_duration(s->activity);
  return h9_activity_finish(s->activity, s->population, e);
}

int h9_stream_report_make(h9_stream_report *s, int fd, const char *name, const h9_report_options *o,
                          h9_report_progress progress, void *ctx, h9_error *e) {
  *s = (h9_stream_report){.name = h9_strdup(name), .top = o->top};
  if (!s->name) return h9_fail_memory(e, strlen(name), "a name");
  h9_reader *r = NULL;
  h9_block b = {0};
  bool ended = false;
  int rc = h9_reader_open(&r, fd, name, H9_WANT_ALL, o->threads, e);
  if (rc == H9_OK) rc = h9_network_read(r, &s->net, true, &b, e);
  if (rc == H9_EOF) ended = true, rc = H9_OK;
  if (rc == H9_OK && s->net.n_projections) rc = gather_connections(s, r, &b, &ended, o, e);
  if (rc == H9_OK) rc = read_signals(s, r, &b, ended, o, progress, ctx, e);
  if (r) s->stream_bytes = h9_reader_bytes(r);
  h9_reader_close(r);
  if (rc) h9_stream_report_release(s);
  return rc;
}

void h9_stream_report_release(h9_stream_report *s) {
  free(s->name);
  free(s->indegree);
  free(s->outdegree);
  free(s->population);
  h9_activity_free(s->activity);
  h9_stream_report_state_release(s);
  h9_netstats_release(&s->connection_stats);
  h9_network_release(&s->net);
  *s = (h9_stream_report){0};
}

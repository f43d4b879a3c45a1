#include "lib_rows.h"

#include "../base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Sources and connections of a group at most; a source with more is a group of its own. */
enum { GROUP_SOURCES = 1 << 16, GROUP_EDGES = 1 << 20 };

struct h9_edge {
  double weight;
  uint32_t projection, row, target; /* row: from the group's first source on */
  uint16_t delay;
};

static int by_place(const void *a, const void *b) {
  const h9_edge *x = a, *y = b;
  if (x->projection != y->projection) return x->projection < y->projection ? -1 : 1;
  if (x->row != y->row) return x->row < y->row ? -1 : 1;
  if (x->delay != y->delay) return x->delay < y->delay ? -1 : 1;
  if (x->target != y->target) return x->target < y->target ? -1 : 1;
  return (x->weight > y->weight) - (x->weight < y->weight);
}

static int list_leaving(h9_grouping *g, const h9_network *net, h9_error *e) {
  if (g->listed == g->population + 1) return H9_OK;
  if (!g->leaving && !(g->leaving = malloc((net->n_projections + (size_t)1) * sizeof *g->leaving)))
    return h9_fail_memory(e, net->n_projections * sizeof *g->leaving, "projections");
  g->n_leaving = 0;
  for (uint32_t i = 0; i < net->n_projections; i++)
    if (net->projections[i].source == g->population) g->leaving[g->n_leaving++] = i;
  g->listed = g->population + 1;
  return H9_OK;
}

/* The rows of projection k for n sources, from edges of it that begin at *at, which moves behind them. */
static int write_rows(h9_grouping *g, h9_writer *w, const h9_network *net, uint32_t k, uint32_t n, size_t *at,
                      h9_error *e) {
  const h9_projection *p = &net->projections[k];
  h9_rows *r = &g->rows;
  size_t end = *at;
  while (end < g->n && g->edge[end].projection == k) end++;
  uint64_t count = end - *at;
  int rc = h9_rows_reserve(r, n, count);
  if (rc == H9_OK && p->weight_encoding == H9_WEIGHT_F64) rc = h9_rows_reserve_doubles(r, count);
  if (rc != H9_OK) return h9_fail_memory(e, count * 16 + n * 8, "connections");
  r->projection = k;
  r->first = g->first;
  r->n_rows = n;
  r->n = 0;
  for (uint32_t row = 0; row < n; row++) {
    r->start[row] = r->n;
    for (; *at < end && g->edge[*at].row == row; ++*at) {
      const h9_edge *x = &g->edge[*at];
      r->target[r->n] = x->target;
      r->delay[r->n] = x->delay;
      if (p->weight_encoding == H9_WEIGHT_I16) r->weight[r->n] = (int16_t)floor(x->weight / p->quantum + 0.5);
      else if (p->weight_encoding == H9_WEIGHT_F32) r->weight_f[r->n] = (float)x->weight;
      else if (p->weight_encoding == H9_WEIGHT_F64) r->weight_d[r->n] = x->weight;
      r->n++;
    }
  }
  r->start[n] = r->n;
  h9_buf body = {0};
  if (h9_rows_encode(net, r, &body) != H9_OK || body.failed)
    rc = h9_fail_memory(e, count * 16, "connections");
  else rc = h9_writer_block(w, H9_BLOCK_CONNECTIONS, count, &body, e);
  h9_buf_release(&body);
  return rc;
}

/* Writes the population's rows before row `end`. */
static int write_until(h9_grouping *g, h9_writer *w, const h9_network *net, uint32_t end, h9_error *e) {
  int rc = list_leaving(g, net, e);
  bool sorted = true;
  for (size_t i = 1; i < g->n && sorted; i++) sorted = by_place(&g->edge[i - 1], &g->edge[i]) <= 0;
  if (!sorted) qsort(g->edge, g->n, sizeof *g->edge, by_place);
  while (rc == H9_OK && g->first < end) {
    uint32_t n = end - g->first < GROUP_SOURCES ? end - g->first : GROUP_SOURCES;
    size_t at = 0;
    for (uint32_t i = 0; i < g->n_leaving && rc == H9_OK; i++)
      rc = write_rows(g, w, net, g->leaving[i], n, &at, e);
    g->first += n;
    g->n = 0; /* all lie in the first group: see h9_grouping_add */
  }
  return rc;
}

/* Up to a source of another population. */
static int write_populations(h9_grouping *g, h9_writer *w, const h9_network *net, uint32_t end, h9_error *e) {
  int rc = H9_OK;
  while (rc == H9_OK && g->population < end) {
    rc = write_until(g, w, net, net->populations[g->population].count, e);
    g->population++;
    g->first = g->last = 0;
  }
  return rc;
}

static int fail_at(const hal9_connections *c, uint64_t i, h9_error *e) {
  return h9_fail_at(e, "connection %llu, %u to %u", (unsigned long long)i, c->source[i], c->target[i]);
}

/* The weight as the projection keeps it. */
static int check_weight(const h9_projection *p, double v, h9_error *e) {
  bool fits = true;
  if (p->weight_encoding == H9_WEIGHT_I16) {
    double k = floor(v / p->quantum + 0.5);
    fits = k >= INT16_MIN && k <= INT16_MAX && k * p->quantum == v;
    if (!fits)
      return h9_fail(e, H9_EUSAGE, "found weight %.17g, expected %d to %d times the quantum %.17g", v,
                     INT16_MIN, INT16_MAX, p->quantum);
  }
  if (p->weight_encoding == H9_WEIGHT_F32) fits = (double)(float)v == v;
  if (!fits || !isfinite(v))
    return h9_fail(e, H9_EUSAGE, "found weight %.17g, expected a finite number%s", v,
                   p->weight_encoding == H9_WEIGHT_F32 ? " that a 32-bit float holds" : "");
  return H9_OK;
}

static int add(h9_grouping *g, h9_writer *w, const h9_network *net, const hal9_connections *c, uint64_t i,
               h9_error *e) {
  if (c->projection[i] >= net->n_projections)
    return h9_fail(e, H9_EUSAGE, "found projection %u, expected 0 to %u, those added", c->projection[i],
                   net->n_projections - 1);
  const h9_projection *p = &net->projections[c->projection[i]];
  const h9_population *from = &net->populations[p->source], *to = &net->populations[p->target];
  if (c->source[i] - from->first >= from->count || c->target[i] - to->first >= to->count)
    return h9_fail(e, H9_EUSAGE, "projection %u, expected sources %u to %u and targets %u to %u",
                   c->projection[i], from->first, from->first + from->count - 1, to->first,
                   to->first + to->count - 1);
  if (c->delay[i] == 0) return h9_fail(e, H9_EUSAGE, "found a delay of 0 steps, expected at least 1");
  uint32_t row = c->source[i] - from->first;
  if (p->source < g->population || (p->source == g->population && row < g->last))
    return h9_fail(e, H9_EUSAGE, "expected source %u or one behind it: sources come in order",
                   net->populations[g->population].first + g->last);
  int rc = H9_OK;
  bool varies = p->weight_encoding != H9_WEIGHT_CONSTANT;
  if (varies) {
    if (!c->weight)
      return h9_fail(e, H9_EUSAGE, "found no weights, but projection %u keeps them", c->projection[i]);
    rc = check_weight(p, c->weight[i], e);
  }
  if (rc == H9_OK && p->source > g->population) rc = write_populations(g, w, net, p->source, e);
  if (rc == H9_OK && row > g->last && (g->n >= GROUP_EDGES || row - g->first >= GROUP_SOURCES))
    rc = write_until(g, w, net, row, e);
  if (rc == H9_OK && h9_grow(&g->edge, &g->cap, g->n + 1, sizeof *g->edge) != H9_OK)
    rc = h9_fail_memory(e, g->n * sizeof *g->edge, "connections");
  if (rc != H9_OK) return rc;
  g->edge[g->n++] = (h9_edge){varies ? c->weight[i] : 0, c->projection[i], row - g->first,
                              c->target[i] - to->first, c->delay[i]};
  g->last = row;
  return H9_OK;
}

int h9_grouping_add(h9_grouping *g, h9_writer *w, const h9_network *net, const hal9_connections *c,
                    h9_error *e) {
  for (uint64_t i = 0; i < c->n; i++) {
    int rc = add(g, w, net, c, i, e);
    if (rc == H9_EUSAGE) return fail_at(c, i, e);
    if (rc != H9_OK) return rc;
  }
  return H9_OK;
}

int h9_grouping_finish(h9_grouping *g, h9_writer *w, const h9_network *net, h9_error *e) {
  return write_populations(g, w, net, net->n_populations, e);
}

void h9_grouping_release(h9_grouping *g) {
  free(g->edge);
  free(g->leaving);
  h9_rows_release(&g->rows);
  *g = (h9_grouping){0};
}

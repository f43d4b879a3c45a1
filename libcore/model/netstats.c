#include "netstats.h"

#include "../base/memory.h"
#include "grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double h9_moments_mean(const h9_moments *m) { return m->n > 0 ? m->sum / m->n : NAN; }
double h9_moments_sd(const h9_moments *m) {
  return m->n > 1 ? sqrt(fmax(0, (m->squares - m->sum * m->sum / m->n) / (m->n - 1))) : NAN;
}

static void add(h9_moments *m, double v) {
  if (m->n == 0 || v < m->min) m->min = v;
  if (m->n == 0 || v > m->max) m->max = v;
  m->n++;
  m->sum += v;
  m->squares += v * v;
}

static void join(h9_moments *m, const h9_moments *more) {
  if (more->n == 0) return;
  if (m->n == 0 || more->min < m->min) m->min = more->min;
  if (m->n == 0 || more->max > m->max) m->max = more->max;
  m->n += more->n;
  m->sum += more->sum;
  m->squares += more->squares;
}

/* What a worker counts alone: whole numbers, which may be added in any order. */
typedef struct worker {
  uint32_t *indegree; /* [n_neurons] */
  uint64_t *delays;   /* [n_projections * H9_NETSTATS_DELAYS] */
  struct long_delays {
    uint64_t n, sum, squares, min, max;
  } * longer;          /* [n_projections] of those beyond the counts, steps */
  uint64_t *distances; /* [n_projections * H9_NETSTATS_DISTANCES], where any distance is taken */
  h9_link *link;
  size_t n_links, cap_links;
} worker;

typedef struct partial { /* of one projection in one group */
  uint32_t projection;
  h9_moments weight, distance;
} partial;
typedef struct partials {
  uint32_t n;
  partial of[];
} partials;

typedef struct gather {
  h9_netstats *s;
  const h9_network *net;
  worker *workers;
  double reach; /* greatest distance possible, um */
  bool placed;
  const bool *follow;
} gather;

static bool has_distance(const gather *g, const h9_projection *p) {
  return g->placed && g->net->populations[p->source].placed && g->net->populations[p->target].placed;
}

static double distance_of(const gather *g, const h9_projection *p, const h9_grid_options *o, uint32_t s,
                          uint32_t t) {
  const h9_network *n = g->net;
  uint32_t i = n->populations[p->source].first - 1 + s, j = n->populations[p->target].first - 1 + t;
  double from[3] = {n->x[i], n->y ? n->y[i] : 0, n->z ? n->z[i] : 0},
         to[3] = {n->x[j], n->y ? n->y[j] : 0, n->z ? n->z[j] : 0}, d[3];
  return sqrt(h9_displacement(o, from, to, d));
}

static void count_rows(gather *g, worker *w, const h9_rows *rows, partial *out) {
  const h9_projection *p = &g->net->projections[rows->projection];
  uint32_t first_target = g->net->populations[p->target].first - 1,
           first_source = g->net->populations[p->source].first - 1;
  uint64_t *delays = w->delays + (size_t)rows->projection * H9_NETSTATS_DELAYS;
  for (uint32_t r = 0; r < rows->n_rows; r++) /* each source is in one group: no two workers meet here */
    g->s->outdegree[first_source + rows->first + r] += (uint32_t)(rows->start[r + 1] - rows->start[r]);
  for (uint64_t i = 0; i < rows->n; i++) {
    w->indegree[first_target + rows->target[i]]++;
    uint64_t d = rows->delay[i];
    delays[d < H9_NETSTATS_DELAYS ? d : H9_NETSTATS_DELAYS - 1]++;
    if (d < H9_NETSTATS_DELAYS - 1) continue;
    struct long_delays *l = &w->longer[rows->projection];
    if (l->n == 0 || d < l->min) l->min = d;
    if (d > l->max) l->max = d;
    l->n++;
    l->sum += d;
    l->squares += d * d;
  }
  out->projection = rows->projection;
  if (p->weight_encoding == H9_WEIGHT_CONSTANT) {
    double v = h9_dist_constant(&p->weight), n = (double)rows->n;
    if (rows->n) out->weight = (h9_moments){n, n * v, n * v * v, v, v};
  } else if (p->weight_encoding == H9_WEIGHT_I16) {
    int64_t sum = 0, squares = 0;
    int low = 32767, high = -32768;
    for (uint64_t i = 0; i < rows->n; i++) {
      int v = rows->weight[i];
      sum += v;
      squares += (int64_t)v * v;
      low = v < low ? v : low;
      high = v > high ? v : high;
    }
    double q = p->quantum;
    if (rows->n)
      out->weight =
          (h9_moments){(double)rows->n, (double)sum * q, (double)squares * q * q, low * q, high * q};
  } else
    for (uint64_t i = 0; i < rows->n; i++)
      add(&out->weight, p->weight_encoding == H9_WEIGHT_F64 ? rows->weight_d[i] : (double)rows->weight_f[i]);
  if (!has_distance(g, p)) return;
  h9_grid_options o = {.dimensions = g->net->dimensions, .periodic = p->periodic};
  memcpy(o.lo, g->net->lo, sizeof o.lo);
  memcpy(o.hi, g->net->hi, sizeof o.hi);
  uint64_t *distances = w->distances + (size_t)rows->projection * H9_NETSTATS_DISTANCES;
  for (uint32_t r = 0; r < rows->n_rows; r++)
    for (uint64_t i = rows->start[r]; i < rows->start[r + 1]; i++) {
      double d = distance_of(g, p, &o, rows->first + r, rows->target[i]);
      add(&out->distance, d);
      double k = d / g->reach * H9_NETSTATS_DISTANCES;
      distances[k < H9_NETSTATS_DISTANCES - 1 ? (size_t)k : H9_NETSTATS_DISTANCES - 1]++;
    }
}

static int follow_rows(const gather *g, worker *w, const h9_rows *rows, h9_error *e) {
  const h9_projection *p = &g->net->projections[rows->projection];
  uint32_t target = g->net->populations[p->target].first, source = g->net->populations[p->source].first + rows->first;
  for (uint32_t r = 0; r < rows->n_rows; r++) {
    if (!g->follow[source + r - 1]) continue;
    size_t n = (size_t)(rows->start[r + 1] - rows->start[r]);
    if (h9_grow(&w->link, &w->cap_links, w->n_links + n + 1, sizeof *w->link) != H9_OK)
      return h9_fail_memory(e, (w->n_links + n) * sizeof *w->link, "connections");
    for (uint64_t i = rows->start[r]; i < rows->start[r + 1]; i++)
      w->link[w->n_links++] = (h9_link){source + r, target + rows->target[i]};
  }
  return H9_OK;
}

static int count_group(void *ctx, int id, const h9_group *group, void **slot, h9_error *e) {
  gather *g = ctx;
  partials *p = calloc(1, sizeof *p + group->n_rows * sizeof p->of[0]);
  if (!p) return h9_fail_memory(e, group->n_rows * sizeof p->of[0], "statistics");
  p->n = group->n_rows;
  for (uint32_t k = 0; k < group->n_rows; k++) count_rows(g, &g->workers[id], &group->rows[k], &p->of[k]);
  *slot = p;
  int rc = H9_OK;
  for (uint32_t k = 0; k < group->n_rows && g->follow && rc == H9_OK; k++)
    rc = follow_rows(g, &g->workers[id], &group->rows[k], e);
  if (rc != H9_OK) {
    free(p);
    *slot = NULL;
  }
  return rc;
}

static int join_group(void *ctx, const h9_group *group, void *slot, h9_error *e) {
  gather *g = ctx;
  partials *p = slot;
  (void)group;
  (void)e;
  for (uint32_t k = 0; k < p->n; k++) {
    h9_projection_stats *s = &g->s->projection[p->of[k].projection];
    join(&s->weight, &p->of[k].weight);
    join(&s->distance, &p->of[k].distance);
  }
  free(p);
  return H9_OK;
}

static int by_ends(const void *a, const void *b) {
  const h9_link *x = a, *y = b;
  if (x->source != y->source) return x->source < y->source ? -1 : 1;
  return (x->target > y->target) - (x->target < y->target);
}

static int join_links(gather *g, int threads, h9_error *e) {
  h9_netstats *s = g->s;
  size_t n = 0;
  for (int t = 0; t < threads; t++) n += g->workers[t].n_links;
  if (!(s->link = malloc((n + 1) * sizeof *s->link))) return h9_fail_memory(e, n * sizeof *s->link, "connections");
  for (int t = 0; t < threads; t++) {
    if (g->workers[t].n_links) memcpy(s->link + s->n_links, g->workers[t].link, g->workers[t].n_links * sizeof *s->link);
    s->n_links += g->workers[t].n_links;
  }
  qsort(s->link, s->n_links, sizeof *s->link, by_ends);
  return H9_OK;
}

static void finish(gather *g, int threads) {
  h9_netstats *s = g->s;
  for (int t = 0; t < threads; t++)
    for (uint32_t i = 0; i < g->net->n_neurons; i++) s->indegree[i] += g->workers[t].indegree[i];
  for (uint32_t k = 0; k < s->n_projections; k++) {
    h9_projection_stats *p = &s->projection[k];
    struct long_delays all = {0};
    uint64_t *bins = p->distances;
    for (int t = 0; t < threads; t++) {
      for (int d = 0; d < H9_NETSTATS_DELAYS; d++)
        p->delays[d] += g->workers[t].delays[(size_t)k * H9_NETSTATS_DELAYS + d];
      for (int d = 0; g->placed && d < H9_NETSTATS_DISTANCES; d++)
        bins[d] += g->workers[t].distances[(size_t)k * H9_NETSTATS_DISTANCES + d];
    }
    for (int d = 0; d < H9_NETSTATS_DELAYS; d++) {
      double n = (double)p->delays[d], v = d * g->net->dt;
      p->connections += p->delays[d];
      if (n > 0 && d < H9_NETSTATS_DELAYS - 1) join(&p->delay, &(h9_moments){n, n * v, n * v * v, v, v});
    }
    for (int t = 0; t < threads; t++) {
      const struct long_delays *l = &g->workers[t].longer[k];
      all.min = l->n && (all.n == 0 || l->min < all.min) ? l->min : all.min;
      all.max = l->max > all.max ? l->max : all.max;
      all.n += l->n;
      all.sum += l->sum;
      all.squares += l->squares;
    }
    double dt = g->net->dt;
    join(&p->delay, &(h9_moments){(double)all.n, (double)all.sum * dt, (double)all.squares * dt * dt,
                                  (double)all.min * dt, (double)all.max * dt});
    s->connections += p->connections;
    h9_summary q = h9_summary_counts(bins, bins ? H9_NETSTATS_DISTANCES : 0);
    for (int i = 0; i <= 10; i++)
      p->distance_decile[i] = (q.decile[i] + 0.5) * g->reach / H9_NETSTATS_DISTANCES;
    if (p->distance.n > 0) p->distance_decile[0] = p->distance.min, p->distance_decile[10] = p->distance.max;
  }
}

int h9_netstats_gather(h9_netstats *s, const h9_network *net, h9_rowsource *source, const bool *follow, int threads,
                       h9_error *e) {
  *s = (h9_netstats){.n_projections = net->n_projections};
  gather g = {.s = s, .net = net, .placed = net->x != NULL && net->dimensions > 0, .follow = follow};
  double squares = 0;
  for (int k = 0; k < 3; k++) squares += (net->hi[k] - net->lo[k]) * (net->hi[k] - net->lo[k]);
  s->reach = g.reach = squares > 0 ? sqrt(squares) : 1;
  size_t projections = (size_t)net->n_projections + 1, neurons = (size_t)net->n_neurons + 1;
  s->projection = calloc(projections, sizeof *s->projection);
  s->indegree = calloc(neurons, sizeof *s->indegree);
  s->outdegree = calloc(neurons, sizeof *s->outdegree);
  g.workers = calloc((size_t)threads, sizeof *g.workers);
  bool good = s->projection && s->indegree && s->outdegree && g.workers;
  for (uint32_t k = 0; good && k < net->n_projections; k++)
    good = (s->projection[k].delays = calloc(H9_NETSTATS_DELAYS, sizeof(uint64_t))) != NULL;
  for (uint32_t k = 0; good && g.placed && k < net->n_projections; k++)
    good = (s->projection[k].distances = calloc(H9_NETSTATS_DISTANCES, sizeof(uint64_t))) != NULL;
  for (int t = 0; good && t < threads; t++) {
    worker *w = &g.workers[t];
    w->indegree = calloc(neurons, sizeof *w->indegree);
    w->delays = calloc(projections * H9_NETSTATS_DELAYS, sizeof *w->delays);
    w->longer = calloc(projections, sizeof *w->longer);
    w->distances = g.placed ? calloc(projections * H9_NETSTATS_DISTANCES, sizeof *w->distances) : NULL;
    good = w->indegree && w->delays && w->longer && (w->distances || !g.placed);
  }
  int rc = good ? h9_rowsource_run(source, count_group, join_group, &g, e)
                : h9_fail_memory(e, projections * H9_NETSTATS_DISTANCES * 8, "statistics of connections");
  if (rc == H9_OK) finish(&g, threads);
  if (rc == H9_OK && follow) rc = join_links(&g, threads, e);
  for (int t = 0; g.workers && t < threads; t++) {
    free(g.workers[t].indegree);
    free(g.workers[t].delays);
    free(g.workers[t].longer);
    free(g.workers[t].distances);
    free(g.workers[t].link);
  }
  free(g.workers);
  if (rc) h9_netstats_release(s);
  return rc;
}

void h9_netstats_release(h9_netstats *s) {
  for (uint32_t k = 0; s->projection && k < s->n_projections; k++) {
    free(s->projection[k].delays);
    free(s->projection[k].distances);
  }
  free(s->link);
  free(s->projection);
  free(s->indegree);
  free(s->outdegree);
  *s = (h9_netstats){0};
}

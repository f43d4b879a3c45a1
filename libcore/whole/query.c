#include "query.h"

#include "../base/io.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../model/grid.h"
#include "options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int h9_query_point(const char *option, const char *text, double v[3], h9_error *e) {
  int n;
  v[0] = v[1] = v[2] = 0;
  return h9_option_quantities(option, text, &h9_unit_um, 3, v, &n, e);
}

int h9_query_parse(h9_query *q, const char *text, h9_error *e) {
  uint64_t k;
  if (strncmp(text, "radius=", 7) == 0) {
    q->type = H9_QUERY_RADIUS;
    int rc = h9_option_quantity("--query radius", text + 7, &h9_unit_um, &q->radius, e);
    if (rc == H9_OK && !(q->radius >= 0))
      return h9_fail(e, H9_EUSAGE, "--query radius: found '%s', expected a length of at least 0", text + 7);
    return rc;
  }
  if (strncmp(text, "k=", 2) == 0) {
    q->type = H9_QUERY_NEAREST;
    int rc = h9_option_whole("--query k", text + 2, 1, H9_ID_MAX, &k, e);
    q->k = rc ? 0 : (uint32_t)k;
    return rc;
  }
  if (strncmp(text, "box=", 4) == 0) {
    double v[6];
    q->type = H9_QUERY_BOX;
    int n, rc = h9_option_quantities("--query box", text + 4, &h9_unit_um, 6, v, &n, e);
    if (rc != H9_OK) return rc;
    if (n % 2)
      return h9_fail(e, H9_EUSAGE,
                     "--query box: found %d lengths, expected 2, 4 or 6: lowest, then highest coordinates",
                     n);
    for (int i = 0; i < 3; i++) {
      q->lo[i] = i < n / 2 ? v[i] : -INFINITY;
      q->hi[i] = i < n / 2 ? v[n / 2 + i] : INFINITY;
      if (!(q->lo[i] <= q->hi[i]))
        return h9_fail(e, H9_EUSAGE, "--query box: lowest %.9g um is above highest %.9g um", q->lo[i],
                       q->hi[i]);
    }
    return H9_OK;
  }
  return h9_fail(e, H9_EUSAGE, "--query: found '%s', expected radius=LENGTH, k=K or box=LENGTHS", text);
}

typedef struct finder {
  const h9_query *q;
  const h9_network *net;
  h9_points points;
  uint32_t first; /* index of point 0 in the network */
  h9_grid *grid;  /* NULL: brute force */
  /* where all neurons ask at once: how many neighbours each has, and which; else NULL */
  uint32_t *counts;
  uint32_t k, *near;
  double *near_d2;
} finder;

static int find(const finder *f, const double at[3], uint32_t except, h9_hits *hits, h9_error *e) {
  const h9_query *q = f->q;
  switch (q->type) {
  case H9_QUERY_RADIUS:
    return f->grid ? h9_grid_radius(f->grid, at[0], at[1], at[2], q->radius, hits, e)
                   : h9_brute_radius(&f->points, at[0], at[1], at[2], q->radius, hits, e);
  case H9_QUERY_NEAREST:
    return f->grid ? h9_grid_nearest(f->grid, at[0], at[1], at[2], q->k, except, hits, e)
                   : h9_brute_nearest(&f->points, at[0], at[1], at[2], q->k, except, hits, e);
  default:
    return f->grid ? h9_grid_box(f->grid, q->lo, q->hi, hits, e)
                   : h9_brute_box(&f->points, q->lo, q->hi, hits, e);
  }
}

/* A distance to a billionth of a um, far below what single-precision coordinates tell, without trailing
 * zeros. */
static char *put_distance(char *p, double d) {
  if (!(d < 4e6)) return h9_text_f64(p, d);
  uint64_t v = (uint64_t)(d * 1e9 + 0.5), part = v % 1000000000;
  p = h9_text_u64(p, v / 1000000000);
  if (part == 0) return p;
  *p++ = '.';
  for (uint64_t unit = 100000000; part; unit /= 10) {
    *p++ = (char)('0' + part / unit);
    part %= unit;
  }
  return p;
}

static void put_count(h9_buf *out, h9_id id, uint32_t count) {
  char t[2 * H9_TEXT_MAX], *p = h9_text_u64(t, id);
  *p++ = '\t';
  p = h9_text_u64(p, count);
  *p++ = '\n';
  h9_buf_put(out, t, (size_t)(p - t));
}

static void put_neighbours(const finder *f, h9_id id, uint32_t self, const uint32_t *index, const double *d2,
                           uint32_t n, h9_buf *out) {
  for (uint32_t i = 0; i < n; i++) {
    if (index[i] == self) continue;
    char t[3 * H9_TEXT_MAX], *p = h9_text_u64(t, id);
    *p++ = '\t';
    p = h9_text_u64(p, (uint64_t)f->first + index[i] + 1);
    if (f->q->type != H9_QUERY_BOX) { /* a box has no distance */
      *p++ = '\t';
      p = put_distance(p, sqrt(d2[i]));
    }
    *p++ = '\n';
    h9_buf_put(out, t, (size_t)(p - t));
  }
}

static int answer(const finder *f, h9_id id, const double at[3], h9_hits *hits, h9_buf *out, h9_error *e) {
  uint32_t self =
      id && id - 1 >= f->first && id - 1 - f->first < f->points.n ? id - 1 - f->first : UINT32_MAX;
  uint32_t count = 0;
  if (f->counts && id) { /* found already */
    size_t at_once = (size_t)self * f->k;
    if (f->q->counts) put_count(out, id, f->counts[self]);
    else put_neighbours(f, id, self, f->near + at_once, f->near_d2 + at_once, f->counts[self], out);
    return H9_OK;
  }
  if (f->q->counts && f->q->type == H9_QUERY_RADIUS && f->grid) {
    count = h9_grid_count(f->grid, at[0], at[1], at[2], f->q->radius);
    put_count(out, id, count - (self != UINT32_MAX)); /* the neuron itself is always within reach */
    return H9_OK;
  }
  int rc = find(f, at, self, hits, e);
  if (rc) return rc;
  for (uint32_t i = 0; i < hits->n; i++) count += hits->index[i] != self;
  if (f->q->counts) put_count(out, id, count);
  else put_neighbours(f, id, self, hits->index, hits->d2, hits->n, out);
  return H9_OK;
}

/* Where every neuron asks among all, the grid answers cell by cell, much faster than in the order of ids, as
 * far as the answers fit into memory set apart for them. */
static int keep_nearest(void *ctx, uint32_t point, const h9_hits *hits, h9_error *e) {
  finder *f = ctx;
  (void)e;
  f->counts[point] = hits->n;
  if (!f->near) return H9_OK;
  memcpy(f->near + (size_t)point * f->k, hits->index, hits->n * sizeof *f->near);
  memcpy(f->near_d2 + (size_t)point * f->k, hits->d2, hits->n * sizeof *f->near_d2);
  return H9_OK;
}
static int ask_all(finder *f, h9_error *e) {
  enum { ANSWERS_MAX = 1 << 24 };
  const h9_query *q = f->q;
  const uint32_t n = f->points.n;
  if (!q->all || !f->grid || n != f->net->n_neurons || q->type == H9_QUERY_BOX) return H9_OK;
  bool nearest = q->type == H9_QUERY_NEAREST;
  f->k = q->k < n ? q->k : n;
  if (!q->counts && (!nearest || (uint64_t)n * f->k > ANSWERS_MAX)) return H9_OK;
  f->counts = malloc(n * sizeof *f->counts);
  if (!f->counts) return h9_fail_memory(e, n * sizeof *f->counts, "answers");
  if (!nearest) return h9_grid_counts_all(f->grid, q->radius, f->counts, e);
  if (!q->counts) {
    f->near = malloc((size_t)n * f->k * sizeof *f->near);
    f->near_d2 = malloc((size_t)n * f->k * sizeof *f->near_d2);
    if (!f->near || !f->near_d2) return h9_fail_memory(e, (size_t)n * f->k * 12, "answers");
  }
  return h9_grid_nearest_all(f->grid, q->k, keep_nearest, f, e);
}
static void finder_release(finder *f) {
  h9_grid_free(f->grid);
  free(f->counts);
  free(f->near);
  free(f->near_d2);
}

static void place_of(const h9_network *net, uint32_t i, double at[3]) {
  at[0] = net->x[i];
  at[1] = net->y ? net->y[i] : 0;
  at[2] = net->z ? net->z[i] : 0;
}

/* Questions are answered in chunks, one worker a chunk, and written window by window. */
enum { QUESTIONS = 512, WINDOW = 64 };

static int answer_window(const finder *f, uint64_t base, uint64_t chunks, uint64_t total, uint64_t places,
                         const double (*at)[3], h9_buf *out, h9_error *e) {
  int rc = H9_OK;
#pragma omp parallel num_threads(f->q->threads)
  {
    h9_hits hits = {0};
#pragma omp for schedule(dynamic, 1)
    for (uint64_t c = 0; c < chunks; c++) {
      h9_error own = {0};
      int bad = H9_OK;
      out[c].len = 0;
      for (uint64_t i = (base + c) * QUESTIONS; i < total && i < (base + c + 1) * QUESTIONS && !bad; i++) {
        double here[3];
        h9_id id = 0;
        if (i < places) memcpy(here, at[i], sizeof here);
        else {
          id = f->q->all ? (h9_id)(i - places + 1) : f->q->id[i - places];
          place_of(f->net, id - 1, here);
        }
        bad = answer(f, id, here, &hits, &out[c], &own);
      }
      if (!bad && out[c].failed) bad = h9_fail_memory(&own, out[c].len, "answers");
      if (bad) {
#pragma omp critical(h9_query_failed)
        if (rc == H9_OK) {
          rc = bad;
          *e = own;
        }
      }
    }
    h9_hits_release(&hits);
  }
  return rc;
}

static int finder_make(finder *f, const h9_query *q, const h9_network *net, h9_error *e) {
  *f = (finder){.q = q, .net = net};
  uint32_t n = net->n_neurons;
  if (q->population >= 0) {
    f->first = net->populations[q->population].first - 1;
    n = net->populations[q->population].count;
  }
  for (uint32_t p = 0; p < net->n_populations; p++)
    if (!net->populations[p].placed && (q->population < 0 || q->population == (int)p))
      return h9_fail(e, H9_EDATA, "population %s has no positions, a query needs them",
                     net->populations[p].name);
  for (size_t i = 0; i < q->n_id; i++)
    if (q->id[i] < 1 || q->id[i] > net->n_neurons)
      return h9_fail(e, H9_EUSAGE, "--id: found %u, expected 1 to %u", q->id[i], net->n_neurons);
  h9_grid_options o = {.dimensions = net->dimensions, .periodic = q->periodic, .per_cell = q->per_cell, .threads = q->threads};
  memcpy(o.lo, net->lo, sizeof o.lo);
  memcpy(o.hi, net->hi, sizeof o.hi);
  f->points = (h9_points){net->x + f->first, net->y ? net->y + f->first : NULL,
                          net->z ? net->z + f->first : NULL, n, o};
  return q->brute_force ? H9_OK : h9_grid_build(&f->grid, f->points.x, f->points.y, f->points.z, n, &o, e);
}

int h9_query_answer(const h9_query *q, const h9_network *net, int fd, h9_error *e) {
  static const double nowhere[1][3] = {{0}};
  finder f;
  int rc = finder_make(&f, q, net, e);
  if (rc) return rc;
  const double(*at)[3] = q->type == H9_QUERY_BOX ? nowhere : q->at;
  uint64_t places = q->type == H9_QUERY_BOX ? 1 : q->n_at, ids = q->type == H9_QUERY_BOX ? 0
                                                                 : q->all                ? net->n_neurons
                                                                                         : q->n_id;
  uint64_t total = places + ids, chunks = (total + QUESTIONS - 1) / QUESTIONS;
  rc = ask_all(&f, e);
  h9_buf *out = calloc(WINDOW, sizeof *out);
  if (rc == H9_OK && !out) rc = h9_fail_memory(e, WINDOW * sizeof *out, "answers");
  for (uint64_t base = 0; base < chunks && rc == H9_OK; base += WINDOW) {
    uint64_t here = chunks - base < WINDOW ? chunks - base : WINDOW;
    rc = answer_window(&f, base, here, total, places, at, out, e);
    for (uint64_t c = 0; c < here && rc == H9_OK; c++) rc = h9_write_full(fd, out[c].data, out[c].len, e);
  }
  for (int c = 0; out && c < WINDOW; c++) h9_buf_release(&out[c]);
  free(out);
  finder_release(&f);
  return rc;
}

static int explicit_projections(const h9_query *q, h9_network *net, h9_error *e) {
  uint32_t targets = q->population >= 0 ? 1 : net->n_populations;
  uint64_t many = (uint64_t)net->n_populations * targets;
  if (many > H9_PROJECTIONS_MAX)
    return h9_fail(e, H9_EDATA, "%llu pairs of populations, expected at most %u", (unsigned long long)many,
                   H9_PROJECTIONS_MAX);
  net->projections = calloc(many, sizeof *net->projections);
  if (!net->projections) return h9_fail_memory(e, many * sizeof *net->projections, "projections");
  for (uint32_t s = 0; s < net->n_populations; s++)
    for (uint32_t k = 0; k < targets; k++) {
      h9_projection *p = &net->projections[net->n_projections++];
      *p = (h9_projection){.source = s,
                           .target = q->population >= 0 ? (uint32_t)q->population : k,
                           .rule = H9_RULE_EXPLICIT,
                           .periodic = q->periodic,
                           .materialised = true,
                           .quantum = 1,
                           .kernel = {.scale = 1, .cutoff = INFINITY}};
      p->name = h9_strdup("");
      p->synapse = h9_strdup("static");
      if (!p->name || !p->synapse || h9_dist_constant_make(&p->weight, 1) != H9_OK ||
          h9_dist_constant_make(&p->delay, net->dt) != H9_OK)
        return h9_fail_memory(e, sizeof *p, "projections");
    }
  return H9_OK;
}

static bool asks(const h9_query *q, h9_id id) {
  for (size_t i = 0; i < q->n_id && !q->all; i++)
    if (q->id[i] == id) return true;
  return q->all;
}

static int by_value(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* The neighbours of sources [first, first + n) of population s, one rows for each projection from it. */
static int neighbour_rows(const finder *f, uint32_t s, uint32_t first, uint32_t n, h9_rows *rows,
                          uint32_t projections, h9_hits *hits, h9_error *e) {
  const h9_network *net = f->net;
  for (uint32_t k = 0; k < projections; k++) {
    rows[k].projection = s * projections + k;
    rows[k].first = first;
    rows[k].n_rows = n;
    rows[k].n = 0;
    if (h9_rows_reserve(&rows[k], n, 0) != H9_OK) return h9_fail_memory(e, n * 8, "connections");
    rows[k].start[0] = 0;
  }
  for (uint32_t r = 0; r < n; r++) {
    h9_id id = net->populations[s].first + first + r;
    uint32_t self = id - 1 >= f->first && id - 1 - f->first < f->points.n ? id - 1 - f->first : UINT32_MAX;
    double here[3];
    place_of(net, id - 1, here);
    hits->n = 0;
    int rc = asks(f->q, id) ? find(f, here, self, hits, e) : H9_OK;
    if (rc) return rc;
    qsort(hits->index, hits->n, sizeof *hits->index, by_value);
    for (uint32_t i = 0, k = 0; i < hits->n; i++) {
      if (hits->index[i] == self) continue;
      uint32_t at = f->first + hits->index[i];
      const h9_population *t = &net->populations[net->projections[rows[k].projection].target];
      while (at - (t->first - 1) >= t->count)
        t = &net->populations[net->projections[rows[++k].projection].target];
      h9_rows *x = &rows[k];
      if (h9_rows_reserve(x, n, x->n + 1) != H9_OK) return h9_fail_memory(e, x->n * 8, "connections");
      x->target[x->n] = at - (t->first - 1);
      x->delay[x->n++] = 1;
    }
    for (uint32_t k = 0; k < projections; k++) rows[k].start[r + 1] = rows[k].n;
  }
  return H9_OK;
}

int h9_query_connect(const h9_query *q, h9_network *net, h9_writer *w, h9_error *e) {
  enum { SOURCES = 4096 };
  if (q->type == H9_QUERY_BOX || q->n_at)
    return h9_fail(e, H9_EUSAGE,
                   "--stream: connections begin at neurons, expected --id or --all, not places or a box");
  finder f;
  int rc = finder_make(&f, q, net, e);
  if (rc == H9_OK) rc = explicit_projections(q, net, e);
  uint32_t projections = q->population >= 0 ? 1 : net->n_populations;
  h9_rows *rows = rc == H9_OK ? calloc(projections, sizeof *rows) : NULL;
  h9_hits hits = {0};
  if (rc == H9_OK && !rows) rc = h9_fail_memory(e, projections * sizeof *rows, "connections");
  if (rc == H9_OK) rc = h9_projections_write(w, net, e);
  for (uint32_t s = 0; s < net->n_populations && rc == H9_OK; s++)
    for (uint32_t first = 0; first < net->populations[s].count && rc == H9_OK; first += SOURCES) {
      uint32_t left = net->populations[s].count - first, n = left < SOURCES ? left : SOURCES;
      rc = neighbour_rows(&f, s, first, n, rows, projections, &hits, e);
      for (uint32_t k = 0; k < projections && rc == H9_OK; k++) {
        h9_buf body = {0};
        if (h9_rows_encode(net, &rows[k], &body) != H9_OK || body.failed)
          rc = h9_fail_memory(e, rows[k].n * 4, "connections");
        else rc = h9_writer_block(w, H9_BLOCK_CONNECTIONS, rows[k].n, &body, e);
        h9_buf_release(&body);
      }
    }
  for (uint32_t k = 0; rows && k < projections; k++) h9_rows_release(&rows[k]);
  free(rows);
  h9_hits_release(&hits);
  finder_release(&f);
  return rc;
}

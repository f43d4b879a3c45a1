/* A network becomes files of nodes, edges and their types. A population is one of nodes, of one type; the
 * connections from one to another are a population of edges, in order of their sources, with a type for each
 * projection. */
#include "convert_sonata.h"

#include "../base/json.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "../model/models.h"
#include "../model/rowsource.h"
#include "../model/synapses.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { ROWS = 1 << 14 };

/* ---- files ---- */

char *h9_sonata_path(const char *fmt, ...) {
  char *path;
  va_list args;
  va_start(args, fmt);
  if (vasprintf(&path, fmt, args) < 0) path = NULL;
  va_end(args);
  return path;
}

/* Makes the folders above a file. */
static int make_folders(const char *path, h9_error *e) {
  char *now = h9_strdup(path);
  int rc = now ? H9_OK : h9_fail_memory(e, strlen(path), "a name");
  for (char *slash = now; rc == H9_OK && (slash = strchr(slash + 1, '/'));) {
    *slash = 0;
    if (mkdir(now, 0777) != 0 && errno != EEXIST)
      rc = h9_fail_sys(e, H9_EIO, errno, "%s: cannot make the folder", now);
    *slash = '/';
  }
  free(now);
  return rc;
}

int h9_sonata_out_open(h9_sonata_out *o, const char *path, h9_error *e) {
  static const uint32_t version[2] = {0, 1}, magic = H9_SONATA_MAGIC;
  *o = (h9_sonata_out){.h5 = {.id = -1}, .out = {.fd = -1}};
  int rc = make_folders(path, e);
  if (rc == H9_OK) rc = h9_output_open(&o->out, path, false, e);
  if (rc != H9_OK) return rc;
  if (!o->out.partial) rc = h9_fail(e, H9_EUSAGE, "%s: is no regular file, which HDF5 needs", path);
  if (rc == H9_OK) rc = h9_h5_create(&o->h5, o->out.partial, e);
  if (rc == H9_OK) rc = h9_h5_put_numbers(&o->h5, "/", "magic", H9_H5_U32, &magic, 0, e);
  if (rc == H9_OK) rc = h9_h5_put_numbers(&o->h5, "/", "version", H9_H5_U32, version, 2, e);
  if (rc != H9_OK) h9_sonata_out_drop(o);
  return rc;
}

void h9_sonata_out_drop(h9_sonata_out *o) {
  if (o->h5.path) (void)!h9_h5_close(&o->h5, &(h9_error){0});
  if (o->out.path) h9_output_abandon(&o->out);
  *o = (h9_sonata_out){.h5 = {.id = -1}, .out = {.fd = -1}};
}

int h9_sonata_out_close(h9_sonata_out *o, h9_error *e) {
  int rc = h9_h5_close(&o->h5, e);
  if (rc == H9_OK) {
    rc = h9_output_commit(&o->out, e);
    o->out = (h9_output){.fd = -1};
  }
  h9_sonata_out_drop(o);
  return rc;
}

int h9_sonata_put_text(const char *folder, const char *name, const h9_buf *text, h9_error *e) {
  h9_output out;
  char *path = h9_sonata_path("%s/%s", folder, name);
  int rc = path && !text->failed ? make_folders(path, e) : h9_fail_memory(e, text->len, "a text");
  if (rc == H9_OK) {
    rc = h9_output_open(&out, path, false, e);
    if (rc == H9_OK) {
      rc = h9_write_full(out.fd, text->data, text->len, e);
      if (rc == H9_OK) rc = h9_output_commit(&out, e);
      else h9_output_abandon(&out);
    }
  }
  free(path);
  return rc;
}

/* A cell of a table; in quotes where blanks are in it. */
static void put_cell(h9_buf *b, const char *text, bool last) {
  bool quoted = !*text || strpbrk(text, " \t\"");
  if (quoted) h9_buf_put8(b, '"');
  for (const char *p = text; *p; p++)
    if (*p != '"') h9_buf_put8(b, (uint8_t)*p);
  if (quoted) h9_buf_put8(b, '"');
  h9_buf_put8(b, last ? '\n' : ' ');
}

static void put_number_cell(h9_buf *b, double v, bool last) {
  char text[H9_TEXT_MAX + 1];
  *h9_text_f64(text, v) = 0;
  put_cell(b, isnan(v) ? "NULL" : text, last);
}

/* A group or file may be called so. */
static int check_name(const char *name, h9_error *e) {
  if (!strchr(name, '/') && *name != '.') return H9_OK;
  return h9_fail(e, H9_EDATA,
                 "population '%s': expected a name without '/' that does not begin with '.', as files and "
                 "groups are called after it",
                 name);
}

/* ---- nodes ---- */

static int write_list(h9_h5 *h5, const char *group, const char *name, enum h9_h5_type type, const void *v,
                      uint64_t n, const char *unit, h9_error *e) {
  h9_h5_column c = {.id = -1};
  char *path = h9_sonata_path("%s/%s", group, name);
  int rc = path ? h9_h5_column_open(&c, h5, path, type, 0, e) : h9_fail_memory(e, 64, "a name");
  if (rc == H9_OK) rc = h9_h5_column_add(&c, v, n, e);
  if (rc == H9_OK) rc = h9_h5_column_close(&c, e);
  if (rc == H9_OK && unit) rc = h9_h5_put_text(h5, path, "units", unit, e);
  h9_h5_column_drop(&c);
  free(path);
  return rc;
}

/* The same number for all, or the row's. */
static int write_count(h9_h5 *h5, const char *group, const char *name, enum h9_h5_type type, uint64_t n,
                       bool rows, uint32_t value, h9_error *e) {
  h9_h5_column c = {.id = -1};
  char *path = h9_sonata_path("%s/%s", group, name);
  int rc = path ? h9_h5_column_open(&c, h5, path, type, 0, e) : h9_fail_memory(e, 64, "a name");
  for (uint64_t i = 0; i < n && rc == H9_OK; i++) {
    uint64_t wide = rows ? i : value;
    uint32_t narrow = (uint32_t)wide;
    rc = h9_h5_column_add(&c, type == H9_H5_U64 ? (const void *)&wide : &narrow, 1, e);
  }
  if (rc == H9_OK) rc = h9_h5_column_close(&c, e);
  h9_h5_column_drop(&c);
  free(path);
  return rc;
}

/* Everything that the model has, so that nobody's defaults matter; what is told of each node is there. */
static int write_params(const h9_network *net, const h9_population *p, const char *folder, h9_error *e) {
  const h9_model *m = h9_model_find(p->model);
  h9_json j = {0};
  char *name = h9_sonata_path("components/point_neurons/%s.json", p->name);
  (void)net;
  h9_json_begin(&j, NULL, '{');
  for (uint32_t i = 0; m && i < m->n_values; i++) {
    const h9_value *v = h9_population_value(p, m->values[i].name);
    double value = v && !v->varies ? v->constant : m->values[i].initial;
    if (!(v && v->varies) && isfinite(value)) h9_json_number(&j, m->values[i].name, value);
  }
  h9_json_end(&j, '}');
  h9_buf_put8(&j.out, '\n');
  int rc = name ? h9_sonata_put_text(folder, name, &j.out, e) : h9_fail_memory(e, 64, "a name");
  h9_buf_release(&j.out);
  free(name);
  return rc;
}

static int write_node_types(const h9_network *net, const h9_population *p, uint32_t k, const char *folder,
                            h9_error *e) {
  h9_buf b = {0};
  char text[H9_NAME_MAX + 16], *name = h9_sonata_path("network/%s_node_types.csv", p->name);
  int rc = name ? write_params(net, p, folder, e) : h9_fail_memory(e, 64, "a name");
  static const char header[] = "node_type_id population model_type model_template dynamics_params\n";
  h9_buf_put(&b, header, sizeof header - 1);
  snprintf(text, sizeof text, "%u", 100 + k);
  put_cell(&b, text, false);
  put_cell(&b, p->name, false);
  put_cell(&b, "point_neuron", false);
  snprintf(text, sizeof text, "nest:%s", p->model);
  put_cell(&b, text, false);
  snprintf(text, sizeof text, "%s.json", p->name);
  put_cell(&b, text, true);
  if (rc == H9_OK) rc = h9_sonata_put_text(folder, name, &b, e);
  h9_buf_release(&b);
  free(name);
  return rc;
}

static int write_population(const h9_network *net, uint32_t k, const char *folder, h9_error *e) {
  const h9_population *p = &net->populations[k];
  h9_sonata_out o = {.h5 = {.id = -1}};
  char *path = h9_sonata_path("%s/network/%s_nodes.h5", folder, p->name),
       *group = h9_sonata_path("/nodes/%s", p->name), *inner = h9_sonata_path("/nodes/%s/0", p->name),
       *params = h9_sonata_path("/nodes/%s/0/dynamics_params", p->name);
  int rc = path && group && inner && params ? check_name(p->name, e) : h9_fail_memory(e, 256, "names");
  if (rc == H9_OK) rc = h9_sonata_out_open(&o, path, e);
  if (rc == H9_OK) rc = h9_h5_group(&o.h5, inner, e);
  if (rc == H9_OK) rc = write_count(&o.h5, group, "node_id", H9_H5_U64, p->count, true, 0, e);
  if (rc == H9_OK) rc = write_count(&o.h5, group, "node_type_id", H9_H5_U32, p->count, false, 100 + k, e);
  if (rc == H9_OK) rc = write_count(&o.h5, group, "node_group_id", H9_H5_U32, p->count, false, 0, e);
  if (rc == H9_OK) rc = write_count(&o.h5, group, "node_group_index", H9_H5_U64, p->count, true, 0, e);
  const float *axis[3] = {net->x, net->y, net->z};
  if (rc == H9_OK && net->dimensions)
    rc = h9_h5_put_numbers(&o.h5, group, H9_SONATA_LOW, H9_H5_F64, net->lo, 3, e);
  if (rc == H9_OK && net->dimensions)
    rc = h9_h5_put_numbers(&o.h5, group, H9_SONATA_HIGH, H9_H5_F64, net->hi, 3, e);
  for (int i = 0; i < net->dimensions && p->placed && rc == H9_OK; i++)
    rc = write_list(&o.h5, inner, &"x\0y\0z"[2 * i], H9_H5_F32, axis[i] + p->first - 1, p->count, "um", e);
  const h9_model *m = h9_model_find(p->model);
  for (uint32_t i = 0; i < p->n_values && rc == H9_OK; i++) {
    const h9_value *v = &p->values[i];
    int at = m ? h9_model_value_find(m, v->name) : -1;
    if (v->varies)
      rc = write_list(&o.h5, params, v->name, H9_H5_F32, v->column, p->count,
                      at >= 0 ? m->values[at].unit : NULL, e);
  }
  if (rc == H9_OK) rc = h9_sonata_out_close(&o, e);
  if (rc == H9_OK) rc = write_node_types(net, p, k, folder, e);
  if (rc != H9_OK) h9_sonata_out_drop(&o);
  free(path);
  free(group);
  free(inner);
  free(params);
  return rc;
}

int h9_sonata_write_nodes(const h9_network *net, const char *folder, h9_buf *notes, const char *name,
                          h9_error *e) {
  int rc = H9_OK;
  for (uint32_t k = 0; k < net->n_populations && rc == H9_OK; k++) rc = write_population(net, k, folder, e);
  if (net->labels.n) h9_note(notes, "%s: labels of %u neurons are not in the files", name, net->labels.n);
  return rc;
}

/* ---- edges ---- */

/* Connections from one population to another. */
typedef struct pair {
  uint32_t source, target;
  bool weights, delays; /* told edge by edge, not by type */
  h9_sonata_out out;
  char *group; /* "/edges/A_B" */
  h9_h5_column from, to, type, weight, delay;
  uint64_t n;
  uint64_t *count;        /* [sources of the pair] edges, for the index */
  uint32_t *targets, cap; /* [n] for the other index; grows */
  size_t cap_targets;
} pair;

typedef struct exporting {
  const h9_network *net;
  const char *folder;
  size_t n;
  pair *pairs;
  int32_t *pair_of; /* [projection] */
  h9_sonata_clock clock;
} exporting;

/* Rows of a group, copied out for the one that writes. */
typedef struct part {
  uint64_t n;
  struct edge {
    double weight;
    uint32_t source, target, projection;
    uint16_t delay;
  } * edge;
} part;

static double weight_of(const h9_projection *p, const h9_rows *r, uint64_t i) {
  return p->weight_encoding == H9_WEIGHT_I16   ? r->weight[i] * p->quantum
         : p->weight_encoding == H9_WEIGHT_F32 ? (double)r->weight_f[i]
         : p->weight_encoding == H9_WEIGHT_F64 ? r->weight_d[i]
                                               : h9_dist_constant(&p->weight);
}

static int copy_out(void *ctx, int worker, const h9_group *g, void **slot, h9_error *e) {
  const exporting *x = ctx;
  part *t = calloc(1, sizeof *t);
  uint64_t n = 0, k = 0;
  (void)worker;
  for (uint32_t j = 0; j < g->n_rows; j++) n += g->rows[j].n;
  if (t) t->edge = malloc((n + 1) * sizeof *t->edge);
  if (!t || !t->edge) {
    free(t);
    return h9_fail_memory(e, n * sizeof *t->edge, "rows");
  }
  t->n = n;
  for (uint32_t i = 0; i < g->n; i++) /* all of a source together, whatever the projection */
    for (uint32_t j = 0; j < g->n_rows; j++) {
      const h9_rows *r = &g->rows[j];
      const h9_projection *p = &x->net->projections[r->projection];
      for (uint64_t l = r->start[i]; l < r->start[i + 1]; l++)
        t->edge[k++] =
            (struct edge){weight_of(p, r, l), g->first + i, r->target[l], r->projection, r->delay[l]};
    }
  *slot = t;
  return H9_OK;
}

static int put_edges(void *ctx, const h9_group *g, void *slot, h9_error *e) {
  exporting *x = ctx;
  part *t = slot;
  int rc = H9_OK;
  (void)g;
  for (uint64_t i = 0; i < t->n && rc == H9_OK; i++) {
    const struct edge *d = &t->edge[i];
    pair *q = &x->pairs[x->pair_of[d->projection]];
    uint64_t source = d->source, target = d->target;
    uint32_t type = 100 + d->projection;
    double ms = h9_sonata_ms(&x->clock, d->delay);
    rc = h9_h5_column_add(&q->from, &source, 1, e);
    if (rc == H9_OK) rc = h9_h5_column_add(&q->to, &target, 1, e);
    if (rc == H9_OK) rc = h9_h5_column_add(&q->type, &type, 1, e);
    if (rc == H9_OK && q->weights) rc = h9_h5_column_add(&q->weight, &d->weight, 1, e);
    if (rc == H9_OK && q->delays) rc = h9_h5_column_add(&q->delay, &ms, 1, e);
    if (rc == H9_OK && h9_grow(&q->targets, &q->cap_targets, (size_t)q->n + 1, sizeof *q->targets) != H9_OK)
      rc = h9_fail_memory(e, q->n * 4, "an index");
    if (rc != H9_OK) break;
    q->targets[q->n++] = d->target;
    q->count[d->source]++;
  }
  free(t->edge);
  free(t);
  return rc;
}

/* An index: of each node the ranges of edges, which are given in order of nodes as `ranges` edges [2 * k, 2 *
 * k + 1). */
static int write_index(pair *q, const char *which, uint32_t nodes, const uint64_t *first,
                       const uint64_t *range, uint64_t n, h9_error *e) {
  char *base = h9_sonata_path("%s/indices/%s", q->group, which),
       *a = h9_sonata_path("%s/node_id_to_ranges", base),
       *alias = h9_sonata_path("%s/node_id_to_range", base), *b = h9_sonata_path("%s/range_to_edge_id", base);
  h9_h5_column c = {.id = -1};
  int rc = base && a && alias && b ? h9_h5_column_open(&c, &q->out.h5, a, H9_H5_I64, 2, e)
                                   : h9_fail_memory(e, 256, "names");
  for (uint32_t i = 0; i < nodes && rc == H9_OK; i++) {
    int64_t of[2] = {(int64_t)first[i], (int64_t)first[i + 1]};
    rc = h9_h5_column_add(&c, of, 1, e);
  }
  if (rc == H9_OK) rc = h9_h5_column_close(&c, e);
  if (rc == H9_OK) rc = h9_h5_column_open(&c, &q->out.h5, b, H9_H5_I64, 2, e);
  if (rc == H9_OK) rc = h9_h5_column_add(&c, range, n, e);
  if (rc == H9_OK) rc = h9_h5_column_close(&c, e);
  if (rc == H9_OK) rc = h9_h5_link(&q->out.h5, a, alias, e); /* the name that BMTK reads and writes */
  h9_h5_column_drop(&c);
  free(base);
  free(a);
  free(alias);
  free(b);
  return rc;
}

/* Edges of a source follow each other: one range each. */
static int index_sources(pair *q, uint32_t n, h9_error *e) {
  uint64_t *first = malloc(((size_t)n + 1) * sizeof *first),
           *range = malloc(((size_t)n + 1) * 2 * sizeof *range), k = 0, at = 0;
  int rc = first && range ? H9_OK : h9_fail_memory(e, (size_t)n * 24, "an index");
  for (uint32_t i = 0; i < n && rc == H9_OK; i++) {
    first[i] = k;
    if (q->count[i]) range[2 * k] = at, range[2 * k++ + 1] = at + q->count[i];
    at += q->count[i];
  }
  if (rc == H9_OK) {
    first[n] = k;
    rc = write_index(q, "source_to_target", n, first, range, k, e);
  }
  free(first);
  free(range);
  return rc;
}

/* Those of a target lie apart: a counting sort; edges that follow each other are one range. */
static int index_targets(pair *q, uint32_t n, h9_error *e) {
  uint64_t *start = calloc((size_t)n + 2, sizeof *start), *order = malloc((q->n + 1) * sizeof *order),
           *first = malloc(((size_t)n + 1) * sizeof *first), *range = malloc((q->n + 1) * 2 * sizeof *range),
           k = 0;
  int rc = start && order && first && range ? H9_OK : h9_fail_memory(e, q->n * 24, "an index");
  if (rc == H9_OK) {
    for (uint64_t i = 0; i < q->n; i++) start[q->targets[i] + 2]++;
    for (uint32_t i = 1; i <= n; i++) start[i + 1] += start[i];
    for (uint64_t i = 0; i < q->n; i++) order[start[q->targets[i] + 1]++] = i;
    for (uint32_t i = 0; i < n; i++) {
      first[i] = k;
      for (uint64_t j = start[i]; j < start[i + 1]; j++) {
        if (j > start[i] && range[2 * k - 1] == order[j]) range[2 * k - 1]++;
        else range[2 * k] = order[j], range[2 * k++ + 1] = order[j] + 1;
      }
    }
    first[n] = k;
    rc = write_index(q, "target_to_source", n, first, range, k, e);
  }
  free(start);
  free(order);
  free(first);
  free(range);
  return rc;
}

static int open_column(pair *q, h9_h5_column *c, const char *name, enum h9_h5_type type, h9_error *e) {
  char *path = h9_sonata_path("%s/%s", q->group, name);
  int rc = path ? h9_h5_column_open(c, &q->out.h5, path, type, 0, e) : h9_fail_memory(e, 64, "a name");
  free(path);
  return rc;
}

static int open_pair(const exporting *x, pair *q, h9_error *e) {
  const h9_network *net = x->net;
  const char *a = net->populations[q->source].name, *b = net->populations[q->target].name;
  char *path = h9_sonata_path("%s/network/%s_%s_edges.h5", x->folder, a, b), *inner = NULL;
  q->group = h9_sonata_path("/edges/%s_%s", a, b);
  q->count = calloc(net->populations[q->source].count, sizeof *q->count);
  int rc = path && q->group && q->count && (inner = h9_sonata_path("%s/0", q->group))
               ? H9_OK
               : h9_fail_memory(e, 256, "edges");
  if (rc == H9_OK) rc = h9_sonata_out_open(&q->out, path, e);
  if (rc == H9_OK) rc = h9_h5_group(&q->out.h5, inner, e);
  if (rc == H9_OK) rc = open_column(q, &q->from, "source_node_id", H9_H5_U64, e);
  if (rc == H9_OK) rc = open_column(q, &q->to, "target_node_id", H9_H5_U64, e);
  if (rc == H9_OK) rc = open_column(q, &q->type, "edge_type_id", H9_H5_U32, e);
  if (rc == H9_OK && q->weights) rc = open_column(q, &q->weight, "0/syn_weight", H9_H5_F64, e);
  if (rc == H9_OK && q->delays) rc = open_column(q, &q->delay, "0/delay", H9_H5_F64, e);
  free(path);
  free(inner);
  return rc;
}

static int put_attribute(pair *q, const char *name, const char *attribute, const char *text, h9_error *e) {
  char *path = h9_sonata_path("%s/%s", q->group, name);
  int rc = path ? h9_h5_put_text(&q->out.h5, path, attribute, text, e) : h9_fail_memory(e, 64, "a name");
  free(path);
  return rc;
}

static int close_pair(const exporting *x, pair *q, h9_error *e) {
  const h9_population *a = &x->net->populations[q->source], *b = &x->net->populations[q->target];
  const h9_model *m = h9_model_find(b->model);
  int rc = h9_h5_column_close(&q->from, e);
  if (rc == H9_OK) rc = h9_h5_column_close(&q->to, e);
  if (rc == H9_OK) rc = h9_h5_column_close(&q->type, e);
  if (rc == H9_OK) rc = h9_h5_column_close(&q->weight, e);
  if (rc == H9_OK) rc = h9_h5_column_close(&q->delay, e);
  if (rc == H9_OK) rc = write_count(&q->out.h5, q->group, "edge_group_id", H9_H5_U32, q->n, false, 0, e);
  if (rc == H9_OK) rc = write_count(&q->out.h5, q->group, "edge_group_index", H9_H5_U64, q->n, true, 0, e);
  if (rc == H9_OK) rc = put_attribute(q, "source_node_id", "node_population", a->name, e);
  if (rc == H9_OK) rc = put_attribute(q, "target_node_id", "node_population", b->name, e);
  if (rc == H9_OK && q->weights) rc = put_attribute(q, "0/syn_weight", "units", m ? m->weight : "1", e);
  if (rc == H9_OK && q->delays) rc = put_attribute(q, "0/delay", "units", "ms", e);
  if (rc == H9_OK) rc = index_sources(q, a->count, e);
  if (rc == H9_OK) rc = index_targets(q, b->count, e);
  return rc == H9_OK ? h9_sonata_out_close(&q->out, e) : rc;
}

static void release_pair(pair *q) {
  h9_h5_column *columns[] = {&q->from, &q->to, &q->type, &q->weight, &q->delay};
  for (int i = 0; i < 5; i++) h9_h5_column_drop(columns[i]);
  h9_sonata_out_drop(&q->out);
  free(q->group);
  free(q->count);
  free(q->targets);
}

/* ---- types of edges ---- */

/* Values of a projection's synapses that were given; populations by their names. */
static int write_synapse(const h9_network *net, const h9_projection *p, uint32_t k, const char *folder,
                         h9_error *e) {
  const h9_synapse_model *m = h9_synapse_find(p->synapse);
  h9_json j = {0};
  char *name = h9_sonata_path("components/synapses/%u.json", 100 + k);
  h9_json_begin(&j, NULL, '{');
  for (uint32_t i = 0; i < p->n_synapse_values; i++) {
    const h9_synapse_value *v = &p->synapse_values[i];
    int at = m ? h9_synapse_value_find(m, v->name) : -1;
    if (at >= 0 && strcmp(m->values[at].unit, "population") == 0 && v->value >= 0 &&
        v->value < net->n_populations)
      h9_json_text(&j, v->name, net->populations[(uint32_t)v->value].name);
    else h9_json_number(&j, v->name, v->value);
  }
  h9_json_end(&j, '}');
  h9_buf_put8(&j.out, '\n');
  int rc = name ? h9_sonata_put_text(folder, name, &j.out, e) : h9_fail_memory(e, 64, "a name");
  h9_buf_release(&j.out);
  free(name);
  return rc;
}

static int write_edge_types(const exporting *x, const pair *q, h9_error *e) {
  const h9_network *net = x->net;
  h9_buf b = {0};
  char text[64], *name = h9_sonata_path("network/%s_%s_edge_types.csv", net->populations[q->source].name,
                                        net->populations[q->target].name);
  int rc = name ? H9_OK : h9_fail_memory(e, 64, "a name");
  static const char header[] =
      "edge_type_id population name model_template dynamics_params syn_weight delay\n";
  h9_buf_put(&b, header, sizeof header - 1);
  for (uint32_t k = 0; k < net->n_projections && rc == H9_OK; k++) {
    const h9_projection *p = &net->projections[k];
    if (p->source != q->source || p->target != q->target) continue;
    bool is_static = strcmp(p->synapse, "static") == 0;
    snprintf(text, sizeof text, "%u", 100 + k);
    put_cell(&b, text, false);
    put_cell(&b, q->group + strlen("/edges/"), false);
    put_cell(&b, *p->name ? p->name : "NULL", false);
    put_cell(&b, is_static ? "static_synapse" : p->synapse, false);
    snprintf(text, sizeof text, "%u.json", 100 + k);
    put_cell(&b, is_static ? "NULL" : text, false);
    put_number_cell(&b, q->weights ? NAN : h9_dist_constant(&p->weight), false);
    put_number_cell(
        &b,
        q->delays ? NAN
                  : h9_sonata_ms(&x->clock, (h9_step)floor(h9_dist_constant(&p->delay) / net->dt + 0.5)),
        true);
    if (!is_static) rc = write_synapse(net, p, k, x->folder, e);
  }
  if (rc == H9_OK) rc = h9_sonata_put_text(x->folder, name, &b, e);
  h9_buf_release(&b);
  free(name);
  return rc;
}

/* Pairs of populations, and what of their projections is the same for all edges of a type. */
static int find_pairs(exporting *x, h9_error *e) {
  const h9_network *net = x->net;
  x->pairs = calloc(net->n_projections + (size_t)1, sizeof *x->pairs);
  x->pair_of = malloc((net->n_projections + (size_t)1) * sizeof *x->pair_of);
  if (!x->pairs || !x->pair_of) return h9_fail_memory(e, net->n_projections * sizeof *x->pairs, "edges");
  for (uint32_t k = 0; k < net->n_projections; k++) {
    const h9_projection *p = &net->projections[k];
    size_t i = 0;
    while (i < x->n && (x->pairs[i].source != p->source || x->pairs[i].target != p->target)) i++;
    pair *q = &x->pairs[i];
    if (i == x->n) {
      *q = (pair){.source = p->source, .target = p->target, .out = {.h5 = {.id = -1}, .out = {.fd = -1}}};
      x->n++;
    }
    x->pair_of[k] = (int32_t)i;
    q->weights |= p->weight_encoding != H9_WEIGHT_CONSTANT;
    /* of connections given one by one the projection tells the mean */
    q->delays |= p->rule == H9_RULE_EXPLICIT || !h9_dist_is_constant(&p->delay);
  }
  return H9_OK;
}

static void note_projections(const h9_network *net, h9_buf *notes, const char *name) {
  uint32_t rules = 0, receptors = 0, plastic = 0;
  for (uint32_t k = 0; k < net->n_projections; k++) {
    rules += net->projections[k].rule != H9_RULE_EXPLICIT;
    receptors += net->projections[k].receptor > 0;
    plastic += strcmp(net->projections[k].synapse, "static") != 0;
  }
  if (rules)
    h9_note(notes, "%s: the rules of %u projections become the connections that they made", name, rules);
  if (receptors) h9_note(notes, "%s: the receptors of %u projections are not in the files", name, receptors);
  if (plastic)
    h9_note(
        notes,
        "%s: the synapse models of %u projections are told by NEST's names, which other readers may not know",
        name, plastic);
}

int h9_sonata_write_edges(h9_network *net, h9_reader *reader, h9_block *block, bool *ended,
                          const char *folder, int threads, h9_buf *notes, const char *name, h9_error *e) {
  exporting x = {.net = net, .folder = folder, .clock = h9_sonata_clock_of(net->dt)};
  h9_rowsource *source = NULL;
  if (net->n_projections == 0) return H9_OK;
  int rc =
      h9_rowsource_read(&source, net, reader, block, ended, &(h9_rowsource_options){.threads = threads}, e);
  if (rc == H9_OK) rc = find_pairs(&x, e);
  for (size_t i = 0; i < x.n && rc == H9_OK; i++) rc = open_pair(&x, &x.pairs[i], e);
  if (rc == H9_OK) rc = h9_rowsource_run(source, copy_out, put_edges, &x, e);
  for (size_t i = 0; i < x.n && rc == H9_OK; i++) {
    rc = close_pair(&x, &x.pairs[i], e);
    if (rc == H9_OK) rc = write_edge_types(&x, &x.pairs[i], e);
    release_pair(&x.pairs[i]); /* an index of each is enough at a time */
    x.pairs[i] = (pair){.out = {.h5 = {.id = -1}, .out = {.fd = -1}}};
  }
  for (size_t i = 0; i < x.n; i++) release_pair(&x.pairs[i]);
  free(x.pairs);
  free(x.pair_of);
  h9_rowsource_free(source);
  if (rc == H9_OK) note_projections(net, notes, name);
  return rc;
}

/* Short tables: projections, provenance, metrics. */
#include "view.h"

#include <math.h>
#include <stdlib.h>

/* ---- texts of rules ---- */

static void number_put(h9_buf *b, double v) {
  char s[H9_TEXT_MAX];
  h9_buf_put(b, s, (size_t)(h9_text_f64(s, v) - s));
}
static void text_put(h9_buf *b, const char *s) { h9_buf_put(b, s, strlen(s)); }

static void expr_text(h9_buf *b, const h9_expr *x) {
  if (h9_expr_is_constant(x)) number_put(b, h9_expr_eval(x, NULL));
  else text_put(b, "expression");
}

/* "normal(mean=87.8,sd=8.78,min=0)"; a constant is its number. */
static void dist_text(h9_buf *b, const h9_dist *d) {
  static const char *const names[H9_DIST_TYPES][3] = {{"expression", "", ""},
                                                      {"uniform", "low", "high"},
                                                      {"normal", "mean", "sd"},
                                                      {"lognormal", "mu", "sigma"},
                                                      {"exponential", "mean", ""}};
  if (h9_dist_is_constant(d)) {
    number_put(b, h9_dist_constant(d));
    return;
  }
  const char *const *n = names[d->type < H9_DIST_TYPES ? d->type : 0];
  text_put(b, n[0]);
  h9_buf_put8(b, '(');
  size_t begin = b->len;
  if (*n[1]) {
    text_put(b, n[1]);
    h9_buf_put8(b, '=');
    expr_text(b, &d->a);
  }
  if (*n[2]) {
    h9_buf_put8(b, ',');
    text_put(b, n[2]);
    h9_buf_put8(b, '=');
    expr_text(b, &d->b);
  }
  if (isfinite(d->min)) {
    text_put(b, b->len > begin ? ",min=" : "min=");
    number_put(b, d->min);
  }
  if (isfinite(d->max)) {
    text_put(b, b->len > begin ? ",max=" : "max=");
    number_put(b, d->max);
  }
  h9_buf_put8(b, ')');
}

/* "gaussian(sigma=100,mean=0)" */
static void kernel_text(h9_buf *b, const h9_kernel *k) {
  static const char *const args[H9_KERNELS][6] = {
      {0},       {"sigma", "mean"}, {"tau"}, {"kappa", "theta"}, {"sigma", "lambda", "theta", "psi", "gamma"},
      {"range"}, {"range"},         {0}};
  text_put(b, h9_kernel_name(k->type));
  for (int i = 0; args[k->type][i]; i++) {
    h9_buf_put8(b, i ? ',' : '(');
    text_put(b, args[k->type][i]);
    h9_buf_put8(b, '=');
    number_put(b, k->arg[i]);
  }
  if (args[k->type][0]) h9_buf_put8(b, ')');
}

static void mask_text(h9_buf *b, const h9_mask *m) {
  static const int n_args[H9_MASKS] = {0, 1, 6, 3, 2};
  text_put(b, h9_mask_name(m->type));
  for (int i = 0; i < n_args[m->type]; i++) {
    h9_buf_put8(b, i ? ',' : '(');
    number_put(b, m->arg[i]);
  }
  if (n_args[m->type]) h9_buf_put8(b, ')');
}

/* ---- projections ---- */

enum {
  INDEX,
  NAME,
  SOURCE,
  TARGET,
  RULE,
  NUMBER,
  P,
  KERNEL,
  MASK,
  AUTAPSES,
  MULTAPSES,
  SYMMETRIC,
  PERIODIC,
  WEIGHT,
  DELAY,
  SYNAPSE,
  SYNAPSE_VALUES,
  TRACE,
  STORED,
  QUANTUM
};
static const h9_view_column of_projections[] = {
    {"projection", INDEX},   {"name", NAME},           {"source", SOURCE},         {"target", TARGET},
    {"rule", RULE},          {"number", NUMBER},       {"p", P},                   {"kernel", KERNEL},
    {"mask", MASK},          {"autapses", AUTAPSES},   {"multapses", MULTAPSES},   {"symmetric", SYMMETRIC},
    {"periodic", PERIODIC},  {"weight", WEIGHT},       {"delay", DELAY},           {"synapse", SYNAPSE},
    {"synapse_values", SYNAPSE_VALUES}, {"trace", TRACE},
    {"stored", STORED},      {"quantum", QUANTUM},
};

static void projection_cell(const h9_table *t, h9_buf *b, const h9_network *net, uint32_t i, int code) {
  const h9_projection *p = &net->projections[i];
  h9_buf text = {0};
  switch (code) {
  case INDEX: h9_table_put_i64(b, (int64_t)i + 1); return;
  case NUMBER: h9_table_put_f64(t, b, p->number); return;
  case P: h9_table_put_f64(t, b, p->kernel.scale); return;
  case QUANTUM: h9_table_put_f64(t, b, p->quantum); return;
  case AUTAPSES: h9_table_put_bool(t, b, p->autapses); return;
  case MULTAPSES: h9_table_put_bool(t, b, p->multapses); return;
  case SYMMETRIC: h9_table_put_bool(t, b, p->symmetric); return;
  case PERIODIC: h9_table_put_bool(t, b, p->periodic); return;
  case TRACE: h9_table_put_bool(t, b, p->trace); return;
  case WEIGHT:
  case DELAY: {
    const h9_dist *d = code == WEIGHT ? &p->weight : &p->delay;
    if (h9_dist_is_constant(d)) {
      h9_table_put_f64(t, b, h9_dist_constant(d));
      return;
    }
    dist_text(&text, d);
    break;
  }
  case NAME: text_put(&text, p->name); break;
  case SOURCE: text_put(&text, net->populations[p->source].name); break;
  case TARGET: text_put(&text, net->populations[p->target].name); break;
  case RULE: text_put(&text, h9_rule_name((enum h9_rule)p->rule)); break;
  case KERNEL: kernel_text(&text, &p->kernel); break;
  case MASK: mask_text(&text, &p->mask); break;
  case SYNAPSE: text_put(&text, p->synapse); break;
  case SYNAPSE_VALUES: h9_view_synapse_text(&text, net, p, ","); break;
  default: text_put(&text, p->materialised ? "connections" : "rule"); break;
  }
  h9_buf_put8(&text, 0);
  if (text.failed) b->failed = true;
  else h9_table_put_text(t, b, (const char *)text.data);
  h9_buf_release(&text);
}

void h9_view_synapse_text(h9_buf *b, const h9_network *net, const h9_projection *p, const char *between) {
  for (uint32_t i = 0; i < p->n_synapse_values; i++) {
    const h9_synapse_value *v = &p->synapse_values[i];
    if (i) text_put(b, between);
    text_put(b, v->name);
    h9_buf_put8(b, '=');
    if (strcmp(v->name, "vt") == 0 && v->value >= 0 && v->value < net->n_populations)
      text_put(b, net->populations[(uint32_t)v->value].name);
    else number_put(b, v->value);
  }
}

/* ---- provenance ---- */

enum { ENTRY, PROGRAM, VERSION, SEED, OPTIONS, LABEL, PARENTS };
static const h9_view_column of_provenance[] = {
    {"entry", ENTRY},     {"program", PROGRAM}, {"version", VERSION}, {"seed", SEED},
    {"options", OPTIONS}, {"label", LABEL},     {"parents", PARENTS}};

static void provenance_cell(const h9_table *t, h9_buf *b, const h9_provenance *p, uint32_t i, int code) {
  char text[H9_TEXT_MAX + 8 * 33] = "";
  switch (code) {
  case ENTRY: h9_table_put_i64(b, (int64_t)i + 1); return;
  case SEED: { /* a JSON number holds 53 bits only */
    char *end = h9_text_u64(text, p->seed);
    *end = 0;
    if (p->seed < UINT64_C(1) << 53) h9_buf_put(b, text, (size_t)(end - text));
    else h9_table_put_text(t, b, text);
    return;
  }
  case PROGRAM: h9_table_put_text(t, b, p->program); return;
  case VERSION: h9_table_put_text(t, b, p->version); return;
  case OPTIONS: h9_table_put_text(t, b, p->options); return;
  case LABEL: h9_table_put_text(t, b, p->label); return;
  default:
    for (uint32_t k = 0; k < p->n_parents; k++) {
      h9_hash_text(p->output_of_parents[k], text + 33 * k);
      if (k + 1 < p->n_parents) text[33 * k + 32] = ',';
    }
    h9_table_put_text(t, b, text);
  }
}

/* ---- the tables ---- */

typedef struct list {
  h9_view *v;
  h9_network net;
  h9_table table;
  char **names;
  int code[H9_TABLE_COLUMNS_MAX];
  uint32_t n;
} list;

static int begin(list *l, const char *own, const h9_view_column *known, size_t n_known, h9_error *e) {
  int rc = h9_view_columns(l->v, own, known, n_known, -1, &l->names, l->code, &l->n, e);
  return rc == H9_OK ? h9_view_begin(l->v, &l->table, l->names, l->n, e) : rc;
}

/* Reads the description and every later block that adds to it. */
static int read_all(list *l, h9_reader *r, h9_error *e) {
  h9_block b;
  int rc = h9_network_read(r, &l->net, false, &b, e);
  while (rc == H9_OK) {
    rc = h9_network_absorb(r, &l->net, &b, e);
    if (rc == H9_OK) rc = h9_reader_next(r, &b, e);
  }
  return rc == H9_EOF ? H9_OK : rc;
}

static int finish(list *l, int rc, uint64_t n, h9_error *e) {
  if (rc == H9_OK) rc = l->v->count ? h9_view_put_count(l->v, n, e) : h9_view_flush(l->v, true, e);
  h9_view_names_free(l->names, l->n);
  h9_table_release(&l->table);
  h9_network_release(&l->net);
  return rc;
}

/* Opens, reads and begins; the rest differs. */
static int open_list(list *l, int fd, const char *name, uint32_t wanted, const char *own,
                     const h9_view_column *known, size_t n_known, h9_error *e) {
  h9_reader *r;
  int rc = h9_reader_open(&r, fd, name, wanted, l->v->threads, e);
  if (rc != H9_OK) return rc;
  rc = read_all(l, r, e);
  h9_reader_close(r);
  return rc == H9_OK ? begin(l, own, known, n_known, e) : rc;
}

int h9_view_projections(h9_view *v, int fd, const char *name, h9_error *e) {
  list l = {.v = v};
  int rc =
      open_list(&l, fd, name, 0, "projection,source,target,rule,number,p,kernel,mask,weight,delay,stored",
                of_projections, sizeof of_projections / sizeof of_projections[0], e);
  if (rc == H9_OK) rc = h9_select_resolve(&v->select, &l.net, e);
  for (uint32_t i = 0; rc == H9_OK && i < l.net.n_projections; i++) {
    if (!h9_select_has_population(&v->select, l.net.projections[i].source)) continue;
    if (v->rows >= v->head) break;
    v->rows++;
    if (v->count) continue;
    for (uint32_t k = 0; k < l.n; k++) {
      h9_table_put(&l.table, k, &v->out);
      projection_cell(&l.table, &v->out, &l.net, i, l.code[k]);
    }
    h9_table_put_end(&l.table, &v->out);
  }
  return finish(&l, rc, v->rows, e);
}

int h9_view_provenance(h9_view *v, int fd, const char *name, h9_error *e) {
  list l = {.v = v};
  int rc = open_list(&l, fd, name, 0, "entry,program,version,seed,options,label,parents", of_provenance,
                     sizeof of_provenance / sizeof of_provenance[0], e);
  for (uint32_t i = 0; rc == H9_OK && !v->count && i < l.net.n_provenance && i < v->head; i++) {
    for (uint32_t k = 0; k < l.n; k++) {
      h9_table_put(&l.table, k, &v->out);
      provenance_cell(&l.table, &v->out, &l.net.provenance[i], i, l.code[k]);
    }
    h9_table_put_end(&l.table, &v->out);
  }
  return finish(&l, rc, l.net.n_provenance, e);
}

enum { METRIC, VALUE };
static const h9_view_column of_metrics[] = {{"name", METRIC}, {"value", VALUE}};

int h9_view_metrics(h9_view *v, int fd, const char *name, h9_error *e) {
  list l = {.v = v};
  int rc = open_list(&l, fd, name, 1u << H9_BLOCK_METRICS, "name,value", of_metrics,
                     sizeof of_metrics / sizeof of_metrics[0], e);
  for (uint32_t i = 0; rc == H9_OK && !v->count && i < l.net.metrics.n && i < v->head; i++) {
    for (uint32_t k = 0; k < l.n; k++) {
      h9_table_put(&l.table, k, &v->out);
      if (l.code[k] == METRIC) h9_table_put_text(&l.table, &v->out, l.net.metrics.item[i].name);
      else h9_table_put_f64(&l.table, &v->out, l.net.metrics.item[i].value);
    }
    h9_table_put_end(&l.table, &v->out);
  }
  return finish(&l, rc, l.net.metrics.n, e);
}

/* ---- for the summary ---- */

void h9_view_rule_text(h9_buf *b, const h9_projection *p) {
  text_put(b, h9_rule_name((enum h9_rule)p->rule));
  if (p->rule == H9_RULE_PAIRWISE_BERNOULLI) {
    text_put(b, " p=");
    number_put(b, p->kernel.scale);
  } else if (p->number != 0) {
    h9_buf_put8(b, ' ');
    number_put(b, p->number);
  }
  if (p->kernel.type != H9_KERNEL_CONSTANT) {
    h9_buf_put8(b, ' ');
    kernel_text(b, &p->kernel);
  }
  if (p->mask.type != H9_MASK_NONE) {
    h9_buf_put8(b, ' ');
    mask_text(b, &p->mask);
  }
  if (p->periodic) text_put(b, " periodic");
  if (p->symmetric) text_put(b, " symmetric");
  if (!p->autapses) text_put(b, " no-autapses");
  if (!p->multapses) text_put(b, " no-multapses");
}

void h9_view_dist_text(h9_buf *b, const h9_dist *d) { dist_text(b, d); }

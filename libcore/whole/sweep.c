#include "sweep.h"

#include "../base/memory.h"
#include "../base/text.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATISTICS "statistics.json"

static void put(h9_buf *b, const char *text) { h9_buf_put(b, text, strlen(text)); }

static int add_column(h9_sweep *s, const char *name, const char *path, h9_error *e) {
  char **c = realloc(s->column, (s->n_columns + 1) * sizeof *c);
  if (c) s->column = c;
  char **q = realloc(s->path, (s->n_columns + 1) * sizeof *q);
  if (q) s->path = q;
  if (!c || !q) return h9_fail_memory(e, 0, "columns");
  s->column[s->n_columns] = h9_strdup(name);
  s->path[s->n_columns] = h9_strdup(path);
  if (!s->column[s->n_columns++] || !s->path[s->n_columns - 1]) return h9_fail_memory(e, 0, "columns");
  return H9_OK;
}

static int set_values(h9_sweep *s, h9_error *e) {
  size_t n = s->p->n * (s->n_columns + 1);
  if (!(s->value = malloc(n * sizeof *s->value))) return h9_fail_memory(e, n * 8, "figures");
  for (size_t i = 0; i < n; i++) s->value[i] = NAN;
  return H9_OK;
}

int h9_sweep_open(h9_sweep *s, const h9_plan *p, h9_error *e) {
  *s = (h9_sweep){.p = p, .there = calloc(p->n + 1, sizeof *s->there)};
  int rc = s->there ? H9_OK : h9_fail_memory(e, p->n, "runs");
  for (size_t i = 0; i < p->x->n_summaries && rc == H9_OK; i++) rc = add_column(s, p->x->summary[i].name, p->x->summary[i].path, e);
  if (rc == H9_OK && s->n_columns) rc = set_values(s, e);
  if (rc != H9_OK) h9_sweep_release(s);
  return rc;
}

/* The member of a map, or the item of a list that has that number or `name`. */
static const h9_node *member(const h9_node *n, const char *key) {
  char *end;
  if (n->type == H9_NODE_MAP) return h9_node_get(n, key);
  if (n->type != H9_NODE_LIST) return NULL;
  unsigned long i = strtoul(key, &end, 10);
  if (*key && !*end) return i < n->n ? n->item[i] : NULL;
  for (size_t k = 0; k < n->n; k++) {
    const h9_node *name = n->item[k]->type == H9_NODE_MAP ? h9_node_get(n->item[k], "name") : NULL;
    if (name && name->type == H9_NODE_SCALAR && strcmp(name->text, key) == 0) return n->item[k];
  }
  return NULL;
}

static const h9_node *find(const h9_node *n, const char *path) {
  char key[256];
  for (const char *s = path; n && *s;) {
    size_t len = strcspn(s, ".");
    snprintf(key, sizeof key, "%.*s", (int)len, s);
    n = member(n, key);
    s += len + (s[len] == '.');
  }
  return n;
}

/* Without a summary: rates and irregularity of all populations. */
static int choose(h9_sweep *s, const h9_node *root, h9_error *e) {
  static const char *const figures[] = {"rate_hz", "cv_isi"};
  const h9_node *populations = find(root, "activity.populations");
  int rc = H9_OK;
  for (size_t i = 0; populations && populations->type == H9_NODE_LIST && i < populations->n; i++) {
    const h9_node *name = h9_node_get(populations->item[i], "name");
    for (int k = 0; k < 2 && name && rc == H9_OK; k++) {
      char column[300], path[300];
      snprintf(column, sizeof column, "%s.%s", name->text, figures[k]);
      snprintf(path, sizeof path, "activity.populations.%zu.%s", i, figures[k]);
      rc = add_column(s, column, path, e);
    }
  }
  return rc == H9_OK ? set_values(s, e) : rc;
}

int h9_sweep_add(h9_sweep *s, size_t run, const char *folder, h9_error *e) {
  char path[PATH_MAX];
  h9_yaml y = {0};
  s->there[run] = true;
  snprintf(path, sizeof path, "%s/" STATISTICS, folder);
  if (access(path, R_OK) != 0) {
    if (!s->p->x->n_summaries) return H9_OK;
    return h9_fail(e, H9_EDATA, "%s: is not there, expected the statistics that the summary is taken from", path);
  }
  int rc = h9_yaml_read(&y, path, e); /* JSON is YAML */
  if (rc == H9_OK && !s->value) rc = choose(s, y.root, e);
  for (size_t i = 0; i < s->n_columns && rc == H9_OK; i++) {
    const h9_node *n = find(y.root, s->path[i]);
    char *end = NULL;
    if (!n || n->type != H9_NODE_SCALAR) {
      rc = h9_fail(e, H9_EDATA, "summary %s: %s has no number at %s", s->column[i], path, s->path[i]);
      break;
    }
    double v = strtod(n->text, &end);
    if (*n->text && !*end) s->value[run * s->n_columns + i] = v;
    else if (strcmp(n->text, "null") != 0)
      rc = h9_fail(e, H9_EDATA, "summary %s: found '%s' at %s of %s, expected a number", s->column[i], n->text, s->path[i], path);
  }
  h9_yaml_release(&y);
  return rc;
}

void h9_sweep_release(h9_sweep *s) {
  for (size_t i = 0; i < s->n_columns; i++) {
    free(s->column[i]);
    free(s->path[i]);
  }
  free(s->column);
  free(s->path);
  free(s->value);
  free(s->there);
  *s = (h9_sweep){.n_columns = 0};
}

int h9_sweep_table(const h9_sweep *s, h9_buf *b, h9_error *e) {
  const h9_experiment *x = s->p->x;
  char number[100];
  put(b, "run");
  for (size_t k = 0; k < x->n_parameters; k++) put(b, "\t"), put(b, x->parameter[k]);
  put(b, "\trepeat\tseed");
  for (size_t i = 0; i < s->n_columns; i++) put(b, "\t"), put(b, s->column[i]);
  put(b, "\n");
  for (size_t r = 0; r < s->p->n; r++) {
    const h9_run *run = &s->p->run[r];
    if (!s->there[r]) continue;
    put(b, run->name);
    for (size_t k = 0; k < x->n_parameters; k++) put(b, "\t"), put(b, x->value[run->point * x->n_parameters + k]);
    snprintf(number, sizeof number, "\t%llu\t%llu", (unsigned long long)run->repeat, (unsigned long long)run->seed);
    put(b, number);
    for (size_t i = 0; i < s->n_columns; i++) {
      char *end = h9_text_f64(number, s->value[r * s->n_columns + i]);
      put(b, "\t");
      h9_buf_put(b, number, (size_t)(end - number));
    }
    put(b, "\n");
  }
  return b->failed ? h9_fail_memory(e, 0, "the table of runs") : H9_OK;
}

/* Cells of the summary: width by column, then lines. */
typedef struct cells {
  size_t columns, n;
  char **text;
} cells;

static void cell(cells *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void cell(cells *c, const char *fmt, ...) {
  char t[300];
  va_list a;
  va_start(a, fmt);
  vsnprintf(t, sizeof t, fmt, a);
  va_end(a);
  c->text[c->n++] = h9_strdup(t);
}

static void lay_out(const cells *c, h9_buf *b) {
  for (size_t i = 0; i < c->n; i += c->columns) {
    for (size_t k = 0; k < c->columns; k++) {
      size_t width = 0;
      for (size_t r = k; r < c->n; r += c->columns)
        if (c->text[r] && strlen(c->text[r]) > width) width = strlen(c->text[r]);
      const char *t = c->text[i + k] ? c->text[i + k] : "?";
      for (size_t w = strlen(t); w < width; w++) put(b, " ");
      put(b, t);
      put(b, k + 1 < c->columns ? "  " : "\n");
    }
  }
}

/* Of a point's finished runs that have the figure; how many they are. NaN where too few. */
static size_t moments(const h9_sweep *s, size_t point, size_t column, double *mean, double *sd) {
  size_t repeats = s->p->x->repeats, n = 0;
  double sum = 0, squares = 0;
  for (size_t r = 0; r < repeats; r++) {
    double v = s->value[(point * repeats + r) * s->n_columns + column];
    if (isnan(v)) continue;
    sum += v;
    n++;
  }
  *mean = n ? sum / (double)n : NAN;
  for (size_t r = 0; r < repeats; r++) {
    double v = s->value[(point * repeats + r) * s->n_columns + column] - *mean;
    if (!isnan(v)) squares += v * v;
  }
  *sd = n > 1 ? sqrt(squares / (double)(n - 1)) : NAN;
  return n;
}

static size_t finished(const h9_sweep *s, size_t point) {
  size_t runs = 0;
  for (size_t r = 0; r < s->p->x->repeats; r++) runs += s->there[point * s->p->x->repeats + r];
  return runs;
}

void h9_sweep_json(const h9_sweep *s, h9_json *j) {
  const h9_experiment *x = s->p->x;
  h9_json_begin(j, NULL, '[');
  for (size_t p = 0; p < x->n_points; p++) {
    h9_json_begin(j, NULL, '{');
    h9_json_begin(j, "parameters", '{');
    for (size_t k = 0; k < x->n_parameters; k++) h9_json_text(j, x->parameter[k], x->value[p * x->n_parameters + k]);
    h9_json_end(j, '}');
    h9_json_whole(j, "runs", finished(s, p));
    for (size_t i = 0; i < s->n_columns; i++) {
      double mean, sd;
      char name[300];
      moments(s, p, i, &mean, &sd);
      h9_json_number(j, s->column[i], mean);
      snprintf(name, sizeof name, "%.250s_sd", s->column[i]);
      if (x->repeats > 1) h9_json_number(j, name, sd);
    }
    h9_json_end(j, '}');
  }
  h9_json_end(j, ']');
}

int h9_sweep_summary(const h9_sweep *s, h9_buf *b, h9_error *e) {
  const h9_experiment *x = s->p->x;
  bool spread = x->repeats > 1;
  cells c = {.columns = x->n_parameters + 1 + s->n_columns * (spread ? 2 : 1)};
  if (!(c.text = calloc(c.columns * (x->n_points + 1), sizeof *c.text))) return h9_fail_memory(e, 0, "the summary");
  for (size_t k = 0; k < x->n_parameters; k++) cell(&c, "%s", x->parameter[k]);
  cell(&c, "runs");
  for (size_t i = 0; i < s->n_columns; i++) {
    cell(&c, "%s", s->column[i]);
    if (spread) cell(&c, "sd");
  }
  for (size_t p = 0; p < x->n_points; p++) {
    for (size_t k = 0; k < x->n_parameters; k++) cell(&c, "%s", x->value[p * x->n_parameters + k]);
    cell(&c, "%zu", finished(s, p));
    for (size_t i = 0; i < s->n_columns; i++) {
      double mean, sd;
      size_t n = moments(s, p, i, &mean, &sd);
      if (n) cell(&c, "%.4g", mean);
      else cell(&c, "-");
      if (spread && n > 1) cell(&c, "%.2g", sd);
      else if (spread) cell(&c, "-");
    }
  }
  lay_out(&c, b);
  for (size_t i = 0; i < c.n; i++) free(c.text[i]);
  free(c.text);
  return b->failed ? h9_fail_memory(e, 0, "the summary") : H9_OK;
}

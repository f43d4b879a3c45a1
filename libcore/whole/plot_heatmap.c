/* Sweeps: a value over two parameters as a map of colours, or over one as a line, from a table with one row a
 * run. Runs with the same parameters are averaged. */
#include "plot.h"
#include "sheet.h"

#include "../base/decimal.h"
#include "../base/memory.h"
#include "../format/expr.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 1000, TICS = 12 };

typedef struct axis {
  uint32_t column;
  char **text;     /* of each level, as found first */
  double *at;      /* its number; NaN where levels are words */
  uint32_t *place; /* of a level along the axis */
  uint32_t n;
  size_t cap_t, cap_a;
  bool words;
} axis;

typedef struct run {
  uint32_t x, y;
  double value;
} run;

typedef struct sweep {
  axis x, y;
  uint32_t value;
  run *run;
  size_t n, cap, without; /* runs; those that have no value */
} sweep;

static int find_column(const h9_sheet *s, const char *option, const char *name, uint32_t *column,
                       h9_error *e) {
  const char *all[H9_SHEET_COLUMNS_MAX];
  for (uint32_t i = 0; i < s->n_columns; i++) {
    if (strcmp(s->column[i], name) == 0) {
      *column = i;
      return H9_OK;
    }
    all[i] = s->column[i];
  }
  h9_fail(e, H9_EDATA, "%s: %s: no column '%s'", s->name, option, name);
  return h9_fail_near(e, name, all, s->n_columns, true);
}

/* The level that a cell stands for. Numbers are one level when they are equal, however written. */
static int level_of(axis *a, const h9_sheet_part *part, const h9_cell *c, uint32_t *level, h9_error *e) {
  double v;
  if (!h9_decimal_parse(c->text, c->len, &v) || !isfinite(v)) v = NAN;
  for (uint32_t i = a->n; i-- > 0;)
    if (isnan(v) ? strcmp(a->text[i], c->text) == 0 : a->at[i] == v) {
      *level = i;
      return H9_OK;
    }
  if (a->n == LEVELS) {
    h9_fail(e, H9_EDATA, "more than %d different values, expected a parameter of a sweep", LEVELS);
    return h9_sheet_fail_at(part, a->column, e);
  }
  if (h9_grow(&a->text, &a->cap_t, a->n + 1, sizeof *a->text) != H9_OK ||
      h9_grow(&a->at, &a->cap_a, a->n + 1, sizeof *a->at) != H9_OK || !(a->text[a->n] = h9_strdup(c->text)))
    return h9_fail_memory(e, a->n * sizeof *a->text, "a sweep");
  a->words |= isnan(v);
  a->at[a->n] = v;
  *level = a->n++;
  return H9_OK;
}

static bool is_missing(const h9_cell *c) {
  return c->len == 0 || strcasecmp(c->text, "nan") == 0 || strcasecmp(c->text, "na") == 0;
}

static int take_row(sweep *w, bool two, const h9_sheet_part *part, const h9_cell *c, h9_error *e) {
  h9_sheet_place place = {.column = (int)w->value, .up = 1, .down = 1};
  run r = {.value = NAN};
  int rc = level_of(&w->x, part, &c[w->x.column], &r.x, e);
  if (rc == H9_OK && two) rc = level_of(&w->y, part, &c[w->y.column], &r.y, e);
  if (rc == H9_OK && !is_missing(&c[w->value])) rc = h9_sheet_finite(part, c, &place, &r.value, e);
  if (rc != H9_OK) return rc;
  if (h9_grow(&w->run, &w->cap, w->n + 1, sizeof *w->run) != H9_OK)
    return h9_fail_memory(e, w->n * sizeof *w->run, "a sweep");
  w->run[w->n++] = r;
  return H9_OK;
}

static int read_table(const h9_plot *p, sweep *w, const char *name, h9_error *e) {
  const char *dot = name ? strrchr(name, '.') : NULL;
  h9_sheet *s = calloc(1, sizeof *s);
  if (!s) return h9_fail_memory(e, sizeof *s, "a table");
  int rc = h9_sheet_open(s, name, dot && strcasecmp(dot, ".csv") == 0 ? ',' : '\t', e);
  if (rc != H9_OK) {
    free(s);
    return rc;
  }
  rc = find_column(s, "--x", p->x, &w->x.column, e);
  if (rc == H9_OK && p->y) rc = find_column(s, "--y", p->y, &w->y.column, e);
  if (rc == H9_OK) rc = find_column(s, "--value", p->value, &w->value, e);
  h9_cell cells[H9_SHEET_COLUMNS_MAX];
  while (rc == H9_OK && (rc = h9_sheet_next(s, e)) == H9_OK)
    for (uint32_t i = 0; i < s->n_parts && rc == H9_OK; i++) {
      while ((rc = h9_sheet_row(&s->part[i], cells, e)) == H9_OK)
        if ((rc = take_row(w, p->y != NULL, &s->part[i], cells, e)) != H9_OK) break;
      if (rc == H9_EOF) rc = H9_OK;
    }
  if (rc == H9_EOF) rc = w->n ? H9_OK : h9_fail(e, H9_EDATA, "%s: holds column names but no rows", s->name);
  h9_sheet_close(s);
  free(s);
  return rc;
}

/* Numbers stand in their order, words in that of the table. */
static int order(axis *a, h9_error *e) {
  a->place = calloc((size_t)a->n + 1, sizeof *a->place);
  if (!a->place) return h9_fail_memory(e, a->n * sizeof *a->place, "a sweep");
  for (uint32_t i = 0; i < a->n; i++) {
    if (a->words) a->place[i] = i;
    for (uint32_t k = 0; k < a->n && !a->words; k++) a->place[i] += a->at[k] < a->at[i];
  }
  return H9_OK;
}

static int longest(const axis *a) {
  size_t most = 0;
  for (uint32_t i = 0; i < a->n; i++) most = strlen(a->text[i]) > most ? strlen(a->text[i]) : most;
  return most > 14 ? 14 : (int)most;
}

static bool is_turned(const axis *a) { return (longest(a) + 1) * (a->n / (a->n / TICS + 1)) > 42; }

/* Names of levels at their places, of more than a dozen only some. */
static void write_tics(const axis *a, char which, FILE *f) {
  uint32_t every = a->n / TICS + 1;
  fprintf(f, "set %ctics scale 0 %s(", which, which == 'x' && is_turned(a) ? "rotate by -45 " : "");
  bool some = false;
  for (uint32_t i = 0; i < a->n; i++) {
    if (a->place[i] % every) continue;
    fputs(some ? ", '" : "'", f);
    h9_plot_name(f, a->text[i], 14);
    fprintf(f, "' %u", a->place[i]);
    some = true;
  }
  fputs(")\n", f);
}

static void write_label(const char *which, const char *name, FILE *f) {
  const char *offset = strchr(which, ' ');
  fprintf(f, "set %.*s '", offset ? (int)(offset - which) : 20, which);
  h9_plot_text(f, name);
  fprintf(f, "'%s\n", offset ? offset : "");
}

static void draw_map(const h9_plot *p, const sweep *w, uint32_t most, FILE *f) {
  h9_plot_begin(p, f);
  h9_plot_palette(f);
  if (most > 1) h9_plot_title(p, f, "%s: means of up to %u runs", p->value, most);
  else h9_plot_title(p, f, "%s", p->value);
  h9_plot_panel(f, fmin(0.3, 0.075 + 1.06 * h9_plot_letter(p) * longest(&w->y)), 0.8,
                is_turned(&w->x) ? 0.3 : 0.18, 0.88);
  write_label("xlabel", p->x, f);
  write_label("ylabel", p->y, f);
  write_label("cblabel offset 0.6,0", p->value, f);
  fprintf(f,
          "set xrange [-0.5:%g]\nset yrange [-0.5:%g]\nset border 15\nunset key\nset object 1 rectangle from "
          "graph 0, "
          "graph 0 to graph 1, graph 1 behind fillcolor '#DDDDDD' fillstyle solid noborder\n",
          w->x.n - 0.5, w->y.n - 0.5);
  write_tics(&w->x, 'x', f);
  write_tics(&w->y, 'y', f);
  fputs("plot $map using 1:2:3 with image pixels\n", f);
}

static void draw_line(const h9_plot *p, const sweep *w, uint32_t most, FILE *f) {
  h9_plot_begin(p, f);
  if (most > 1) h9_plot_title(p, f, "%s: mean and range of up to %u runs", p->value, most);
  else h9_plot_title(p, f, "%s", p->value);
  write_label("xlabel", p->x, f);
  write_label("ylabel", p->value, f);
  fputs("unset key\nset offsets graph 0.03, graph 0.03, graph 0.05, graph 0.05\n", f);
  if (w->x.words) write_tics(&w->x, 'x', f);
  fprintf(f,
          "plot $line using 1:2:3:4 with yerrorbars pt 7 ps %.3g lc '%s', $line using 1:2 with lines lw 1.5 "
          "lc '%s'\n",
          1.2 * h9_plot_scale(p), h9_plot_colour(0), h9_plot_colour(0));
}

/* Means by place: map[y][x]; the greatest number of runs of one place. */
static int average(const h9_plot *p, const sweep *w, FILE *f, uint32_t *most, h9_error *e) {
  uint32_t ny = p->y ? w->y.n : 1;
  size_t cells = (size_t)w->x.n * ny, seen = 0;
  struct cell {
    double sum, low, high;
    uint32_t n;
  } *cell = calloc(cells + 1, sizeof *cell);
  if (!cell) return h9_fail_memory(e, cells * sizeof *cell, "a sweep");
  *most = 0;
  for (size_t i = 0; i < w->n; i++) {
    const run *r = &w->run[i];
    struct cell *c = &cell[(size_t)(p->y ? w->y.place[r->y] : 0) * w->x.n + w->x.place[r->x]];
    if (isnan(r->value)) continue;
    c->low = c->n == 0 || r->value < c->low ? r->value : c->low;
    c->high = c->n == 0 || r->value > c->high ? r->value : c->high;
    c->sum += r->value;
    if (c->n++ == 0) seen++;
    if (c->n > *most) *most = c->n;
  }
  double *at = calloc((size_t)w->x.n + 1, sizeof *at); /* numbers of x by place */
  for (uint32_t i = 0; at && i < w->x.n; i++) at[w->x.place[i]] = w->x.words ? w->x.place[i] : w->x.at[i];
  fputs(p->y ? "$map << EOD\n" : "$line << EOD\n", f);
  for (uint32_t y = 0; y < ny; y++)
    for (uint32_t x = 0; x < w->x.n; x++) {
      const struct cell *c = &cell[(size_t)y * w->x.n + x];
      if (p->y && c->n) fprintf(f, "%u\t%u\t%.10g\n", x, y, c->sum / c->n);
      else if (p->y) fprintf(f, "%u\t%u\tNaN\n", x, y);
      else if (c->n && at) fprintf(f, "%.10g\t%.10g\t%.10g\t%.10g\n", at[x], c->sum / c->n, c->low, c->high);
    }
  fputs("EOD\n", f);
  free(cell);
  int rc = at ? H9_OK : h9_fail_memory(e, w->x.n * sizeof *at, "a sweep");
  free(at);
  if (rc == H9_OK && !seen) return h9_fail(e, H9_EDATA, "column '%s' holds no number in any row", p->value);
  return rc;
}

static void release(axis *a) {
  for (uint32_t i = 0; i < a->n; i++) free(a->text[i]);
  free(a->text);
  free(a->at);
  free(a->place);
}

int h9_plot_heatmap(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) {
  sweep w = {0};
  uint32_t most = 0;
  (void)fd;
  int rc = read_table(p, &w, name, e);
  if (rc == H9_OK) rc = order(&w.x, e);
  if (rc == H9_OK) rc = order(&w.y, e);
  if (rc == H9_OK && (rc = average(p, &w, script, &most, e)) == H9_EDATA)
    h9_fail_at(e, "%s", name ? name : "standard input");
  if (rc == H9_OK && p->y) draw_map(p, &w, most, script);
  else if (rc == H9_OK) draw_line(p, &w, most, script);
  release(&w.x);
  release(&w.y);
  free(w.run);
  return rc;
}

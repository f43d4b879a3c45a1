/* Connections as text of other programs: PyNN's lists and Matrix Market's coordinates. */
#include "convert_listing.h"
#include "convert_text.h"

#include "../base/decimal.h"
#include "../model/models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- PyNN ---- */

/* The unit of what targets take, or "": of --target's population, of all, or of neurons that are given no
 * model. */
static const char *target_unit(const h9_import *m) {
  const char *unit = NULL;
  for (uint32_t p = 0; p < m->net.n_populations; p++) {
    if (m->o->target && strcmp(m->net.populations[p].name, m->o->target) != 0) continue;
    const h9_model *q = h9_model_find(m->net.populations[p].model);
    const char *own = q && strcmp(q->weight, "1") != 0 ? q->weight : "";
    if (unit && strcmp(unit, own) != 0) return "";
    unit = own;
  }
  if (m->net.n_populations == 0) {
    const h9_model *q = h9_model_find(m->o->model);
    unit = q && strcmp(q->weight, "1") != 0 ? q->weight : "";
  }
  return unit ? unit : "";
}

/* PyNN has nA and uS for pA and nS. */
static int power_of(const char *unit) { return strcmp(unit, "pA") == 0 || strcmp(unit, "nS") == 0 ? 3 : 0; }

/* A column of the list by its name there. */
static void name_column(h9_text *t, const char *name, size_t len) {
  const char *unit = target_unit(t->m);
  char own[H9_NAME_MAX + 1];
  int k = t->n_columns;
  snprintf(own, sizeof own, "%.*s", len < 64 ? (int)len : 64, name);
  if (strcmp(own, "i") == 0 || strcmp(own, "j") == 0) {
    strcpy(own, *own == 'i' ? "source" : "target");
    t->column[k].is_id = true;
  } else if (strcmp(own, "weight") == 0) {
    if (*unit) snprintf(own, sizeof own, "weight_%s", unit);
    t->column[k].power = power_of(unit);
  } else if (strcmp(own, "delay") == 0) strcpy(own, "delay_ms");
  size_t used = strlen(t->names);
  snprintf(t->names + used, sizeof t->names - used, "%s%s", k ? "\t" : "", own);
  t->n_columns++;
}

/* # columns = ["i", "j", "weight", "delay"] */
static int take_columns(h9_text *t, const char *p, h9_error *e) {
  t->names[0] = 0;
  t->n_columns = 0;
  for (; *p && *p != ']' && *p != ')'; p++) {
    if (*p != '"' && *p != '\'') continue;
    const char *end = strchr(p + 1, *p);
    if (!end || end == p + 1 || memchr(p, '\t', (size_t)(end - p)) || t->n_columns == H9_TEXT_COLUMNS)
      return h9_lines_fail(&t->lines, e,
                           "found '%.40s', expected columns = [\"i\", \"j\", \"weight\", \"delay\"]", p);
    name_column(t, p + 1, (size_t)(end - p - 1));
    p = end;
  }
  return H9_OK;
}

/* The columns that a list without that line has. */
static int usual_columns(h9_text *t, int n, h9_error *e) {
  static const char *const usual[] = {"i", "j", "weight", "delay"};
  if (n > 4 || n < 2)
    return h9_lines_fail(&t->lines, e, "found %d numbers, expected i, j, weight and delay", n);
  for (int k = 0; k < n; k++) name_column(t, usual[k], strlen(usual[k]));
  return H9_OK;
}

static int take_pynn(h9_text *t, char *line, size_t len, h9_buf *out, h9_error *e) {
  h9_cell cells[H9_TEXT_COLUMNS];
  int rc = H9_OK;
  if (*line == '#') {
    const char *p = line + 1 + strspn(line + 1, " ");
    bool columns = strncmp(p, "columns", 7) == 0 && p[7 + strspn(p + 7, " ")] == '=';
    if (columns && !t->begun) rc = take_columns(t, p, e);
    if (t->begun) h9_buf_put8(out, '\n');
    return rc;
  }
  int n = h9_text_split(line, len, cells, H9_TEXT_COLUMNS);
  if (n == 0) {
    if (t->begun) h9_buf_put8(out, '\n');
    return rc;
  }
  if (t->n_columns == 0) rc = usual_columns(t, n, e);
  if (rc == H9_OK && n != t->n_columns)
    rc = h9_lines_fail(&t->lines, e, "found %d numbers, expected %d, one for each column", n, t->n_columns);
  if (rc != H9_OK) return rc;
  if (!t->begun) h9_text_header(t, t->names, out);
  h9_text_row(t, out, cells, n);
  return H9_OK;
}

static int end_pynn(h9_text *t, h9_buf *out, h9_error *e) {
  if (t->begun) return H9_OK;
  if (t->lines.line == 0)
    return h9_fail(e, H9_ENOINPUT, "%s: is empty, expected a list of connections", t->lines.name);
  h9_text_header(t, t->n_columns ? t->names : "source\ttarget", out);
  return H9_OK;
}

/* ---- Matrix Market ---- */

enum stage { BANNER, SIZE, ENTRIES };
typedef struct matrix {
  bool pattern, symmetric, skew;
  uint64_t rows, columns;
} matrix;

static int take_banner(h9_text *t, const char *line, h9_error *e) {
  static const char expected[] =
      "%%MatrixMarket matrix coordinate real, integer or pattern, general or symmetric";
  char of[5][20];
  matrix *m = t->own;
  if (sscanf(line, "%19s %19s %19s %19s %19s", of[0], of[1], of[2], of[3], of[4]) != 5 ||
      strcmp(of[0], "%%MatrixMarket") != 0)
    return h9_lines_fail(&t->lines, e, "found '%.60s', expected %s", line, expected);
  m->pattern = strcasecmp(of[3], "pattern") == 0;
  m->skew = strcasecmp(of[4], "skew-symmetric") == 0;
  m->symmetric = m->skew || strcasecmp(of[4], "symmetric") == 0;
  bool number = m->pattern || strcasecmp(of[3], "real") == 0 || strcasecmp(of[3], "integer") == 0;
  if (strcasecmp(of[1], "matrix") != 0 || strcasecmp(of[2], "coordinate") != 0 || !number ||
      (!m->symmetric && strcasecmp(of[4], "general") != 0))
    return h9_lines_fail(&t->lines, e, "found a %s %s %s %s, expected %s", of[1], of[2], of[3], of[4],
                         expected);
  t->stage = SIZE;
  return H9_OK;
}

/* How many neurons there are in --source, --target or in all; H9_ID_MAX where nothing says. */
static uint64_t most_of(const h9_import *m, const char *population) {
  int p = population ? h9_network_find(&m->net, population) : -1;
  return p >= 0 ? m->net.populations[p].count : m->settled ? m->net.n_neurons : H9_ID_MAX;
}

static int take_size(h9_text *t, h9_cell *cells, int n, h9_buf *out, h9_error *e) {
  matrix *m = t->own;
  h9_import *to = t->m;
  uint64_t most[2] = {most_of(to, to->o->source), most_of(to, to->o->target)},
           *of[3] = {&m->rows, &m->columns, &t->n_rows};
  if (n != 3) return h9_lines_fail(&t->lines, e, "found %d numbers, expected rows, columns and entries", n);
  for (int k = 0; k < 3; k++) {
    uint64_t limit = k < 2 ? most[k] : UINT64_C(1) << 48;
    if (!h9_whole_parse(cells[k].text, cells[k].len, limit, of[k]))
      return h9_lines_fail(&t->lines, e, "found '%.30s', expected %s, at most %llu", cells[k].text,
                           k == 0   ? "rows, a number of sources"
                           : k == 1 ? "columns, a number of targets"
                                    : "a number of entries",
                           (unsigned long long)limit);
  }
  if (m->symmetric && m->rows != m->columns)
    return h9_lines_fail(&t->lines, e,
                         "found %llu rows and %llu columns, expected a square matrix, as it is symmetric",
                         (unsigned long long)m->rows, (unsigned long long)m->columns);
  to->least_neurons = (uint32_t)(m->rows > m->columns ? m->rows : m->columns);
  t->stage = ENTRIES;
  h9_text_header(t, m->pattern ? "source\ttarget" : "source\ttarget\tweight", out);
  h9_buf_put8(out, '\n');
  return H9_OK;
}

static int take_entry(h9_text *t, const h9_cell *cells, int n, h9_buf *out, h9_error *e) {
  const matrix *m = t->own;
  uint64_t index[2], limit[2] = {m->rows, m->columns};
  double v;
  int want = m->pattern ? 2 : 3;
  if (n != want)
    return h9_lines_fail(&t->lines, e, "found %d numbers, expected %s", n,
                         m->pattern ? "row and column" : "row, column and value");
  for (int k = 0; k < 2; k++)
    if (!h9_whole_parse(cells[k].text, cells[k].len, limit[k], &index[k]) || index[k] == 0)
      return h9_lines_fail(&t->lines, e, "found '%.30s', expected a %s from 1 to %llu", cells[k].text,
                           k ? "column" : "row", (unsigned long long)limit[k]);
  if (!m->pattern && !h9_decimal_parse(cells[2].text, cells[2].len, &v))
    return h9_lines_fail(&t->lines, e, "found '%.30s', expected a number", cells[2].text);
  if (++t->rows > t->n_rows)
    return h9_lines_fail(&t->lines, e, "found more than %llu entries, as many as the line of sizes says",
                         (unsigned long long)t->n_rows);
  h9_text_row(t, out, cells, n);
  if (!m->symmetric || index[0] == index[1]) return H9_OK;
  h9_cell turned[3] = {cells[1], cells[0], n > 2 ? cells[2] : cells[0]};
  char negative[64];
  if (m->skew && !m->pattern) {
    const char *from = turned[2].text;
    size_t sign = *from == '-' || *from == '+', len = turned[2].len - sign;
    if (len >= sizeof negative - 1)
      return h9_lines_fail(&t->lines, e, "found '%.30s...', expected fewer digits", from);
    snprintf(negative, sizeof negative, "%s%s", *from == '-' ? "" : "-", from + sign);
    turned[2] = (h9_cell){negative, strlen(negative)};
  }
  h9_text_row(t, out, turned, n);
  return H9_OK;
}

static int take_matrix(h9_text *t, char *line, size_t len, h9_buf *out, h9_error *e) {
  h9_cell cells[4];
  if (t->stage == BANNER) return take_banner(t, line, e);
  int n = *line == '%' ? 0 : h9_text_split(line, len, cells, 4);
  if (n == 0) {
    if (t->begun) h9_buf_put8(out, '\n');
    return H9_OK;
  }
  return t->stage == SIZE ? take_size(t, cells, n, out, e) : take_entry(t, cells, n, out, e);
}

static int end_matrix(h9_text *t, h9_buf *out, h9_error *e) {
  (void)out;
  if (t->lines.line == 0) return h9_fail(e, H9_ENOINPUT, "%s: is empty, expected a matrix", t->lines.name);
  if (t->stage != ENTRIES) return h9_fail(e, H9_EDATA, "%s: ends before its line of sizes", t->lines.name);
  if (t->rows < t->n_rows)
    return h9_fail(e, H9_EDATA, "%s: ends after %llu entries, expected %llu, as the line of sizes says",
                   t->lines.name, (unsigned long long)t->rows, (unsigned long long)t->n_rows);
  return H9_OK;
}

/* ---- both ---- */

static int open_part(const h9_format *f, h9_import *m, enum h9_part part, const char *path, h9_sheet *s,
                     void **own, h9_error *e) {
  h9_text *t;
  bool list = f == &h9_format_pynn;
  (void)part;
  if (list && m->settled && m->net.n_populations > 1 && !(m->o->source && m->o->target))
    return h9_fail(e, H9_EUSAGE, "a list of PyNN joins two populations: expected --source and --target");
  int rc = h9_text_open(&t, path, e);
  if (rc != H9_OK) return rc;
  *own = t;
  t->m = m;
  t->take = list ? take_pynn : take_matrix;
  t->end = list ? end_pynn : end_matrix;
  if (!list && !(t->own = calloc(1, sizeof(matrix)))) return h9_fail_memory(e, sizeof(matrix), "a matrix");
  return h9_text_sheet(t, 0, s, e);
}

static int read_connections(const h9_format *f, h9_import *m, h9_error *e) {
  return h9_import_sheets(f, m, &(h9_part_source){open_part, h9_text_close}, e);
}

/* ---- writing ---- */

static int columns(h9_listing *c, enum h9_part part, h9_error *e) {
  bool list = c->f == &h9_format_pynn;
  if (list && c->net->n_populations > 1 && (c->source < 0 || c->target < 0))
    return h9_fail(e, H9_EUSAGE, "a list of PyNN joins two populations: expected --source and --target");
  int rc = h9_listing_add(c, part, H9_SHOWS_SOURCE, e, "i");
  if (rc == H9_OK) rc = h9_listing_add(c, part, H9_SHOWS_TARGET, e, "j");
  if (rc == H9_OK) rc = h9_listing_add(c, part, H9_SHOWS_WEIGHT, e, "weight");
  if (rc != H9_OK || !list) return rc;
  c->column[part][2].power = -power_of(h9_listing_weight_unit(c));
  return h9_listing_add(c, part, H9_SHOWS_DELAY, e, "delay");
}

static void pynn_header(const h9_listing *c, enum h9_part part, uint64_t n, h9_buf *b) {
  static const char line[] = "# columns = [\"i\", \"j\", \"weight\", \"delay\"]\n";
  (void)c, (void)part, (void)n;
  h9_buf_put(b, line, sizeof line - 1);
}

static void matrix_header(const h9_listing *c, enum h9_part part, uint64_t n, h9_buf *b) {
  const h9_network *net = c->net;
  char s[256];
  (void)part;
  int len =
      snprintf(s, sizeof s,
               "%%%%MatrixMarket matrix coordinate real general\n%% rows: sources; columns: targets; "
               "hal9-convert " H9_VERSION "\n%u %u %llu\n",
               c->source >= 0 ? net->populations[c->source].count : net->n_neurons,
               c->target >= 0 ? net->populations[c->target].count : net->n_neurons, (unsigned long long)n);
  h9_buf_put(b, s, (size_t)len);
}

const h9_format h9_format_pynn = {
    .name = "pynn",
    .about = "connections as PyNN's lists: i, j from 0, weights in nA or uS, delays in ms",
    .indices = true,
    .id_base_0 = true,
    .separator = '\t',
    .time = H9_TIME_MS,
    .times = 1 << H9_TIME_MS,
    .parts = 1 << H9_PART_CONNECTIONS,
    .read = read_connections,
    .write = h9_export_tables,
    .columns = columns,
    .header = pynn_header};
const h9_format h9_format_mtx = {
    .name = "mtx",
    .about = "connections as Matrix Market's coordinates: source, target from 1, weight",
    .indices = true,
    .no_delays = true,
    .separator = ' ',
    .time = H9_TIME_MS,
    .times = 1 << H9_TIME_MS,
    .parts = 1 << H9_PART_CONNECTIONS,
    .read = read_connections,
    .write = h9_export_tables,
    .columns = columns,
    .header = matrix_header,
    .counted = true};

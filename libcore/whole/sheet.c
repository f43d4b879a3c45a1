#include "sheet.h"

#include "../base/decimal.h"
#include "../base/io.h"
#include "../base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW = 8 << 20, PART = 128 << 10 };

/* ---- lines and cells ---- */

/* Fills the window; more is wanted as long as no whole line is there. */
static int fill(h9_sheet *s, h9_error *e) {
  memmove(s->window, s->window + s->used, s->len - s->used);
  s->len -= s->used;
  s->used = 0;
  while (!s->ended && s->len < WINDOW) {
    size_t got;
    int rc = s->source ? s->source->read(s->source->ctx, s->window + s->len, WINDOW - s->len, &got, e)
                       : h9_read_full(s->fd, s->window + s->len, WINDOW - s->len, &got, e);
    if (rc != H9_OK) return s->source ? rc : h9_fail_at(e, "%s", s->name);
    s->ended = got < WINDOW - s->len;
    s->len += got;
  }
  if (s->ended && s->len > 0 && s->window[s->len - 1] != '\n') s->window[s->len++] = '\n';
  return H9_OK;
}

/* Splits a line, which may be changed, into at most `most` cells; the number there are. -1: an open quote. */
static int split(char *p, char *end, char separator, h9_cell *cells, uint32_t most) {
  uint32_t n = 0;
  if (end > p && end[-1] == '\r') end--;
  *end = 0;
  for (;; p++) {
    char *to = p, *stop;
    if (p < end && *p == '"') {
      char *from = p + 1;
      for (;; from++) {
        if (from >= end) return -1;
        if (*from == '"') {
          if (from[1] != '"') break;
          from++;
        }
        *to++ = *from;
      }
      stop = from + 1;
      if (stop < end && *stop != separator) return -1;
    } else {
      stop = memchr(p, separator, (size_t)(end - p));
      if (!stop) stop = end;
      to = stop;
    }
    if (n < most) cells[n] = (h9_cell){p, (size_t)(to - p)};
    n++;
    bool last = stop >= end;
    *to = 0;
    if (last) return (int)n;
    p = stop;
  }
}

static bool passed_over(const char *p, const char *end) {
  return p == end || *p == '#' || (end == p + 1 && *p == '\r');
}

int h9_sheet_row(h9_sheet_part *p, h9_cell *cells, h9_error *e) {
  while (p->at < p->end) {
    char *line = p->at, *end = memchr(line, '\n', (size_t)(p->end - line));
    p->at = end + 1;
    p->row_line = p->line++;
    if (passed_over(line, end)) continue;
    int n = split(line, end, p->sheet->separator, cells, p->sheet->n_columns);
    if (n == (int)p->sheet->n_columns) return H9_OK;
    if (n < 0)
      return h9_fail(e, H9_EDATA, "%s:%llu: a quoted cell does not end where it should, expected \"...\" within the line",
                     p->sheet->name, (unsigned long long)p->row_line);
    return h9_fail(e, H9_EDATA, "%s:%llu: found %d cells, expected %u, one for each name in line %llu", p->sheet->name,
                   (unsigned long long)p->row_line, n, p->sheet->n_columns, (unsigned long long)p->sheet->header_line);
  }
  return H9_EOF;
}

int h9_sheet_peek(const h9_sheet *s, char **memory, h9_cell *cells, h9_error *e) {
  *memory = NULL;
  for (uint32_t i = 0; i < s->n_parts; i++)
    for (const char *line = s->part[i].at, *end; line < s->part[i].end; line = end + 1) {
      end = memchr(line, '\n', (size_t)(s->part[i].end - line));
      if (passed_over(line, end)) continue;
      size_t len = (size_t)(end - line);
      char *copy = *memory = malloc(len + 1); /* splitting changes it */
      if (!copy) return h9_fail_memory(e, len, "a line");
      memcpy(copy, line, len);
      return split(copy, copy + len, s->separator, cells, s->n_columns) == (int)s->n_columns ? H9_OK : H9_EOF;
    }
  return H9_EOF;
}

int h9_sheet_fail_at(const h9_sheet_part *p, uint32_t column, h9_error *e) {
  return h9_fail_at(e, "%s:%llu: column %u (%s)", p->sheet->name, (unsigned long long)p->row_line, column + 1,
                    p->sheet->column[column]);
}

/* ---- opening ---- */

static int header(h9_sheet *s, h9_error *e) {
  h9_cell cells[H9_SHEET_COLUMNS_MAX];
  const char *form = s->separator == ',' ? "with commas between" : "with tabs between";
  for (;;) {
    if (s->used == s->len)
      return h9_fail(e, s->len ? H9_EDATA : H9_ENOINPUT, "%s: %s, expected a line of column names %s", s->name,
                     s->len ? "holds no data" : "is empty", form);
    char *line = s->window + s->used, *end = memchr(line, '\n', s->len - s->used);
    if (!end) return h9_fail(e, H9_EDATA, "%s: its first line is longer than %d bytes", s->name, WINDOW);
    s->used += (size_t)(end + 1 - line);
    s->header_line = s->next_line++;
    if (passed_over(line, end)) continue;
    if (memchr(line, 0, (size_t)(end - line)))
      return h9_fail(e, H9_EDATA, "%s: holds zero bytes: it is no text; expected a line of column names %s", s->name, form);
    int n = split(line, end, s->separator, cells, H9_SHEET_COLUMNS_MAX);
    if (n < 0 || n > H9_SHEET_COLUMNS_MAX)
      return h9_fail(e, H9_EDATA, "%s:%llu: found %d columns, expected 1 to %d names %s", s->name,
                     (unsigned long long)s->header_line, n, H9_SHEET_COLUMNS_MAX, form);
    for (int i = 0; i < n; i++) {
      if (!(s->column[s->n_columns] = h9_strdup(cells[i].text))) return h9_fail_memory(e, cells[i].len, "column names");
      s->n_columns++;
      for (int k = 0; k < i; k++)
        if (strcmp(s->column[k], cells[i].text) == 0)
          return h9_fail(e, H9_EDATA, "%s:%llu: columns %d and %d are both called '%s'", s->name,
                         (unsigned long long)s->header_line, k + 1, i + 1, cells[i].text);
    }
    return H9_OK;
  }
}

static int begin(h9_sheet *s, h9_error *e) {
  int rc = H9_OK;
  s->window = malloc(WINDOW + 1);
  if (!s->window) rc = h9_fail_memory(e, WINDOW, "a window into a table");
  if (rc == H9_OK) rc = fill(s, e);
  if (rc == H9_OK) rc = header(s, e);
  if (rc != H9_OK) h9_sheet_close(s);
  return rc;
}

int h9_sheet_open(h9_sheet *s, const char *path, char separator, h9_error *e) {
  *s = (h9_sheet){.separator = separator, .next_line = 1, .fd = -1};
  int rc = h9_input_open(path, &s->fd, &s->name, e);
  if (rc != H9_OK) return rc;
  s->own_fd = s->fd != STDIN_FILENO;
  return begin(s, e);
}

int h9_sheet_open_source(h9_sheet *s, const h9_sheet_source *source, h9_error *e) {
  *s = (h9_sheet){.separator = '\t', .next_line = source->first_line, .fd = -1, .source = source, .name = source->name};
  int rc = begin(s, e);
  if (s->header_line == 0) s->header_line = 1; /* names that stand nowhere are told with the first row */
  return rc;
}

void h9_sheet_close(h9_sheet *s) {
  for (uint32_t i = 0; i < s->n_columns; i++) free(s->column[i]);
  s->n_columns = 0;
  free(s->window);
  s->window = NULL;
  if (s->own_fd) close(s->fd);
  s->own_fd = false;
}

/* ---- rounds ---- */

int h9_sheet_next(h9_sheet *s, h9_error *e) {
  s->n_parts = 0;
  int rc = fill(s, e);
  if (rc != H9_OK || s->len == 0) return rc == H9_OK ? H9_EOF : rc;
  char *last = memrchr(s->window, '\n', s->len);
  if (!last)
    return h9_fail(e, H9_EDATA, "%s:%llu: a line of more than %d bytes", s->name, (unsigned long long)s->next_line, WINDOW);
  size_t whole = (size_t)(last + 1 - s->window);
  for (char *at = s->window, *end = s->window + whole; at < end;) {
    h9_sheet_part *p = &s->part[s->n_parts++];
    char *stop = end - at > PART && s->n_parts < H9_SHEET_PARTS_MAX ? (char *)memchr(at + PART, '\n', (size_t)(end - at - PART)) + 1 : end;
    *p = (h9_sheet_part){.sheet = s, .at = at, .end = stop, .line = s->next_line};
    for (const char *q = at; q < stop; q++) {
      q = memchr(q, '\n', (size_t)(stop - q));
      p->lines++;
    }
    s->next_line += p->lines;
    at = stop;
  }
  s->used = whole;
  return H9_OK;
}

/* ---- columns ---- */

bool h9_sheet_unit(const char *text, double *up, double *down, h9_dim *dim) {
  size_t len = 0;
  return *text && h9_unit_scale(text, &len, up, down, dim) && text[len] == 0;
}

/* Whether `column` is one of `names`, alone or with a unit: "time", "time_ms", "time[ms]", "time (ms)". */
static bool named(const char *column, const char *names, char unit[16]) {
  size_t n = names ? strcspn(names, "|") : 0;
  *unit = 0;
  if (!names) return false;
  if (names[n] && named(column, names + n + 1, unit)) return true;
  if (strncasecmp(column, names, n) != 0) return false;
  const char *p = column + n;
  while (*p == ' ') p++;
  if (!*p) return true;
  const char *close = *p == '[' ? "]" : *p == '(' ? ")" : *p == '_' ? "" : NULL;
  size_t len = close ? strlen(++p) : 0, tail = close ? strlen(close) : 0;
  if (!close || len <= tail || len - tail > 15 || strcmp(p + len - tail, close) != 0) return false;
  memcpy(unit, p, len - tail);
  unit[len - tail] = 0;
  double up, down;
  h9_dim dim;
  return *close || h9_sheet_unit(unit, &up, &down, &dim); /* "source_population" is no source in populations */
}

static int take_unit(const h9_sheet *s, uint32_t i, const h9_sheet_known *k, h9_sheet_place *place, h9_error *e) {
  double up, down;
  h9_dim a, b;
  if (!*place->unit) return H9_OK;
  if (k->unit && !*k->unit) return H9_OK; /* for the caller to judge */
  if (!k->unit || !h9_sheet_unit(k->unit, &up, &down, &b) || !h9_sheet_unit(place->unit, &place->up, &place->down, &a) ||
      !h9_dim_equal(a, b))
    return h9_fail(e, H9_EDATA, "%s:%llu: column %u (%s): found unit '%s', expected %s", s->name,
                   (unsigned long long)s->header_line, i + 1, s->column[i], place->unit,
                   k->unit ? k->unit : "none");
  return H9_OK;
}

int h9_sheet_match(const h9_sheet *s, const h9_sheet_known *known, size_t n_known, h9_sheet_place *place,
                   uint32_t *other, uint32_t *n_others, h9_error *e) {
  *n_others = 0;
  for (size_t k = 0; k < n_known; k++) place[k] = (h9_sheet_place){.column = -1, .up = 1, .down = 1};
  for (uint32_t i = 0; i < s->n_columns; i++) {
    char unit[16];
    size_t k = 0;
    while (k < n_known && !named(s->column[i], known[k].name, unit) && !named(s->column[i], known[k].also, unit)) k++;
    if (k == n_known) {
      other[(*n_others)++] = i;
      continue;
    }
    if (place[k].column >= 0)
      return h9_fail(e, H9_EDATA, "%s:%llu: columns %d (%s) and %u (%s) are both %s", s->name,
                     (unsigned long long)s->header_line, place[k].column + 1, s->column[place[k].column], i + 1,
                     s->column[i], known[k].name);
    place[k].column = (int)i;
    memcpy(place[k].unit, unit, sizeof unit);
    int rc = take_unit(s, i, &known[k], &place[k], e);
    if (rc != H9_OK) return rc;
  }
  return H9_OK;
}

int h9_sheet_number(const h9_sheet_part *p, const h9_cell *cells, const h9_sheet_place *place, double *v, h9_error *e) {
  const h9_cell *c = &cells[place->column];
  if (h9_decimal_parse(c->text, c->len, v)) {
    *v = *v * place->up / place->down;
    return H9_OK;
  }
  h9_fail(e, H9_EDATA, "found '%.*s', expected a number", c->len < 40 ? (int)c->len : 40, c->text);
  return h9_sheet_fail_at(p, (uint32_t)place->column, e);
}

int h9_sheet_finite(const h9_sheet_part *p, const h9_cell *cells, const h9_sheet_place *place, double *v, h9_error *e) {
  int rc = h9_sheet_number(p, cells, place, v, e);
  if (rc != H9_OK || isfinite(*v)) return rc;
  const h9_cell *c = &cells[place->column];
  h9_fail(e, H9_EDATA, "found '%.*s', expected a finite number", c->len < 40 ? (int)c->len : 40, c->text);
  return h9_sheet_fail_at(p, (uint32_t)place->column, e);
}

/* Tables of types of nodes and edges: text with blanks between cells. */
#include "convert_sonata.h"

#include "../base/decimal.h"
#include "../base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 1 << 26 }; /* bytes of a table */

/* The whole file as text with a zero behind it. */
static int read_all(const char *path, char **text, size_t *len, h9_error *e) {
  int fd;
  const char *shown;
  int rc = h9_input_open(path, &fd, &shown, e);
  if (rc != H9_OK) return rc;
  size_t cap = 0;
  *text = NULL;
  *len = 0;
  for (size_t got = 1; rc == H9_OK && got > 0; *len += got) {
    if (*len > MOST)
      rc = h9_fail(e, H9_EDATA, "%s: longer than %d MiB, expected a table of types", path, MOST >> 20);
    else if (h9_grow(text, &cap, *len + 65537, 1) != H9_OK) rc = h9_fail_memory(e, *len, path);
    else rc = h9_read_full(fd, *text + *len, 65536, &got, e);
    if (rc != H9_OK) got = 0;
  }
  if (fd != STDIN_FILENO) close(fd);
  if (rc == H9_OK) (*text)[*len] = 0;
  return rc;
}

/* The next cell of a line from *p on, with a zero behind it; NULL at the line's end. *closed: its quotes are.
 */
static char *cell(char **p, bool *closed) {
  char *q = *p + strspn(*p, " \t");
  if (!*q) return NULL;
  char *from = q, *to = q;
  bool quoted = false;
  for (; *q && (quoted || (*q != ' ' && *q != '\t')); q++)
    if (*q == '"') quoted = !quoted;
    else *to++ = *q;
  *closed = !quoted;
  *p = *q ? q + 1 : q;
  *to = 0;
  return from;
}

static int split(h9_sonata_types *t, h9_error *e) {
  size_t cap = 0, cap_line = 0, used = 0;
  uint64_t number = 0;
  for (char *line = t->text, *next; *line; line = next) {
    char *end = strchr(line, '\n');
    next = end ? end + 1 : line + strlen(line);
    if (end) *end = 0;
    size_t len = strlen(line), n = 0;
    if (len && line[len - 1] == '\r') line[len - 1] = 0;
    number++;
    bool closed = true;
    char *p = line, *c;
    while ((c = cell(&p, &closed))) {
      if (!closed)
        return h9_fail(e, H9_EDATA, "%s:%llu: a quote is not closed", t->path, (unsigned long long)number);
      if (h9_grow(&t->cell, &cap, used + 1, sizeof *t->cell) != H9_OK)
        return h9_fail_memory(e, used * 8, t->path);
      t->cell[used++] = c;
      n++;
    }
    if (n == 0) continue;
    if (h9_grow(&t->line, &cap_line, t->n + 2, sizeof *t->line) != H9_OK)
      return h9_fail_memory(e, t->n * 8, t->path);
    if (t->n_columns == 0) {
      t->n_columns = n;
      t->line[0] = number;
      continue;
    }
    if (n != t->n_columns)
      return h9_fail(e, H9_EDATA, "%s:%llu: found %zu values, expected %zu, as the names of columns", t->path,
                     (unsigned long long)number, n, t->n_columns);
    t->line[++t->n] = number;
  }
  if (t->n_columns == 0) return h9_fail(e, H9_EDATA, "%s: is empty, expected names of columns", t->path);
  return H9_OK;
}

static size_t column_of(const h9_sonata_types *t, const char *name) {
  for (size_t i = 0; i < t->n_columns; i++)
    if (strcmp(t->cell[i], name) == 0) return i;
  return SIZE_MAX;
}

int h9_sonata_types_read(h9_sonata_types *t, const char *path, const char *key, h9_error *e) {
  size_t len = 0;
  *t = (h9_sonata_types){.path = h9_strdup(path)};
  int rc = t->path ? read_all(path, &t->text, &len, e) : h9_fail_memory(e, strlen(path), "a name");
  if (rc == H9_OK && strlen(t->text) != len)
    rc = h9_fail(e, H9_EDATA, "%s: is no text, expected a table of types", path);
  if (rc == H9_OK) rc = split(t, e);
  size_t at = rc == H9_OK ? column_of(t, key) : 0;
  if (rc == H9_OK && at == SIZE_MAX)
    rc = h9_fail(e, H9_EDATA, "%s:%llu: no column '%s', expected it", path, (unsigned long long)t->line[0],
                 key);
  if (rc == H9_OK && !(t->id = malloc((t->n + 1) * sizeof *t->id))) rc = h9_fail_memory(e, t->n * 8, path);
  for (size_t i = 0; i < t->n && rc == H9_OK; i++) {
    const char *text = t->cell[(i + 1) * t->n_columns + at];
    uint64_t id;
    if (!h9_whole_parse(text, strlen(text), INT64_MAX, &id))
      rc = h9_fail(e, H9_EDATA, "%s:%llu: %s: found '%.40s', expected a whole number", path,
                   (unsigned long long)t->line[i + 1], key, text);
    else t->id[i] = (int64_t)id;
  }
  if (rc != H9_OK) h9_sonata_types_release(t);
  return rc;
}

void h9_sonata_types_release(h9_sonata_types *t) {
  free(t->path);
  free(t->text);
  free(t->cell);
  free(t->line);
  free(t->id);
  *t = (h9_sonata_types){0};
}

size_t h9_sonata_types_find(const h9_sonata_types *t, int64_t id) {
  for (size_t i = 0; i < t->n; i++)
    if (t->id[i] == id) return i;
  return SIZE_MAX;
}

const char *h9_sonata_types_get(const h9_sonata_types *t, size_t row, const char *column) {
  size_t at = row < t->n ? column_of(t, column) : SIZE_MAX;
  if (at == SIZE_MAX) return NULL;
  const char *v = t->cell[(row + 1) * t->n_columns + at];
  return !*v || strcmp(v, "NULL") == 0 || strcmp(v, "None") == 0 || strcmp(v, "nan") == 0 ? NULL : v;
}

int h9_sonata_types_number(const h9_sonata_types *t, size_t row, const char *column, double *v, bool *there,
                           h9_error *e) {
  const char *text = h9_sonata_types_get(t, row, column);
  *there = text != NULL;
  if (!text || h9_decimal_parse(text, strlen(text), v)) return H9_OK;
  return h9_fail(e, H9_EDATA, "%s:%llu: %s: found '%.40s', expected a number", t->path,
                 (unsigned long long)t->line[row + 1], column, text);
}

/* NDJSON: a flat JSON object a line (RFC 8259), whose keys are the names of a table's columns. */
#include "convert_listing.h"
#include "convert_text.h"

#include "../base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

typedef struct scan {
  h9_text *t;
  const char *at, *end;
  h9_error *e;
} scan;

static void blanks(scan *s) {
  while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\r')) s->at++;
}

static int fail(scan *s, const char *expected) {
  const char *shown = s->at < s->end ? s->at : "the end of the line";
  return h9_lines_fail(&s->t->lines, s->e, "found '%.20s', expected %s", shown, expected);
}

static bool taken(scan *s, char c) {
  blanks(s);
  if (s->at >= s->end || *s->at != c) return false;
  s->at++;
  return true;
}

static int hex4(const char *p, const char *end, uint32_t *v) {
  *v = 0;
  if (end - p < 4) return 0;
  for (int i = 0; i < 4; i++) {
    char c = p[i];
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
    if (digit < 0) return 0;
    *v = *v << 4 | (uint32_t)digit;
  }
  return 4;
}

/* A character by its number, two halves joined; where the escape "\uXXXX" was no such thing: NULL. */
static const char *code_point(const char *p, const char *end, uint32_t *v) {
  uint32_t low;
  if (!hex4(p, end, v)) return NULL;
  p += 4;
  if (*v < 0xd800 || *v > 0xdfff) return p;
  if (*v > 0xdbff || end - p < 6 || p[0] != '\\' || p[1] != 'u' || !hex4(p + 2, end, &low) || low < 0xdc00 ||
      low > 0xdfff)
    return NULL;
  *v = 0x10000 + ((*v - 0xd800) << 10) + (low - 0xdc00);
  return p + 6;
}

/* A string between quotes to `to`; no control characters, which no cell holds. */
static int string(scan *s, h9_buf *to) {
  static const char from[] = "\"\\/", what[] = "a string without control characters";
  if (!taken(s, '"')) return fail(s, "a string");
  while (s->at < s->end && *s->at != '"') {
    char c = *s->at;
    if ((unsigned char)c < ' ') return fail(s, what);
    if (c != '\\') {
      h9_buf_put8(to, (uint8_t)c);
      s->at++;
      continue;
    }
    uint32_t v = 0;
    const char *next = s->at + 2;
    if (s->at + 1 < s->end && s->at[1] == 't') v = '\t';
    else if (s->at + 1 < s->end && strchr(from, s->at[1])) v = (unsigned char)s->at[1];
    else if (s->at + 1 < s->end && s->at[1] == 'u') next = code_point(s->at + 2, s->end, &v);
    if (!next || v == 0 || (v < ' ' && v != '\t')) return fail(s, what);
    h9_text_utf8(to, v);
    s->at = next;
  }
  return taken(s, '"') ? H9_OK : fail(s, "the end of a string");
}

/* A string, a number as it stands, or null, which is nan. */
static int value(scan *s, h9_buf *to) {
  blanks(s);
  if (s->at < s->end && *s->at == '"') return string(s, to);
  size_t n = strcspn(s->at, ",} \t\r");
  if (n == 4 && strncmp(s->at, "null", 4) == 0) h9_buf_put(to, "nan", 3);
  else if (n && strchr("-0123456789", *s->at)) h9_buf_put(to, s->at, n);
  else return fail(s, "a number, a string or null");
  s->at += n;
  return H9_OK;
}

static void put_cell(h9_buf *out, const h9_buf *v) {
  h9_buf_put8(out, '"');
  for (size_t i = 0; i < v->len; i++) {
    if (v->data[i] == '"') h9_buf_put8(out, '"');
    h9_buf_put8(out, v->data[i]);
  }
  h9_buf_put8(out, '"');
}

/* Which column a key is of; the first object makes them. -1: none. */
static int column(h9_text *t, const h9_buf *key, bool first) {
  size_t at = 0;
  for (int k = 0; k < t->n_columns; k++, at += strlen(t->names + at) + 1)
    if (strlen(t->names + at) == key->len && memcmp(t->names + at, key->data, key->len) == 0) return k;
  if (!first || t->n_columns == H9_TEXT_COLUMNS || sizeof t->names - at <= key->len) return -1;
  memcpy(t->names + at, key->data, key->len);
  t->names[at + key->len] = 0;
  return t->n_columns++;
}

static int members(scan *s, h9_buf *key, h9_buf cells[H9_TEXT_COLUMNS], bool *has) {
  bool first = !s->t->begun;
  if (!taken(s, '{')) return fail(s, "an object, {\"name\": value, ...}");
  do {
    key->len = 0;
    int rc = string(s, key);
    if (rc != H9_OK) return rc;
    if (key->failed) return h9_fail_memory(s->e, key->len, "a key");
    int k = key->len ? column(s->t, key, first) : -1;
    if (k < 0 || has[k])
      return h9_lines_fail(&s->t->lines, s->e,
                           k >= 0  ? "key '%.*s' again, expected each once"
                           : first ? "key '%.*s': expected at most 64 keys that are short"
                                   : "key '%.*s', which the first object has not; expected objects alike",
                           key->len < 40 ? (int)key->len : 40, key->data ? (const char *)key->data : "");
    has[k] = true;
    if (!taken(s, ':')) return fail(s, "':' behind a key");
    cells[k].len = 0;
    if ((rc = value(s, &cells[k])) != H9_OK) return rc;
  } while (taken(s, ','));
  if (!taken(s, '}')) return fail(s, "',' or '}' behind a value");
  blanks(s);
  return s->at == s->end ? H9_OK : fail(s, "one object a line");
}

static int take_object(h9_text *t, char *line, size_t len, h9_buf *out, h9_error *e) {
  scan s = {t, line, line + len, e};
  h9_buf key = {0}, cells[H9_TEXT_COLUMNS] = {0};
  bool has[H9_TEXT_COLUMNS] = {false};
  blanks(&s);
  int rc = H9_OK;
  if (s.at == s.end) {
    if (t->begun) h9_buf_put8(out, '\n');
    return rc;
  }
  rc = members(&s, &key, cells, has);
  const char *name = t->names;
  if (rc == H9_OK && !t->begun) {
    h9_buf names = {0};
    for (int k = 0; k < t->n_columns; k++, name += strlen(name) + 1) {
      if (k) h9_buf_put8(&names, '\t');
      key.len = 0;
      h9_buf_put(&key, name, strlen(name));
      put_cell(&names, &key);
    }
    h9_buf_put8(&names, 0);
    if (names.failed) rc = h9_fail_memory(e, names.len, "names");
    else h9_text_header(t, (const char *)names.data, out);
    h9_buf_release(&names);
  }
  name = t->names;
  for (int k = 0; k < t->n_columns && rc == H9_OK; k++, name += strlen(name) + 1) {
    if (!has[k])
      rc = h9_lines_fail(&t->lines, e, "no key '%.40s', which the first object has; expected objects alike",
                         name);
    if (cells[k].failed) rc = h9_fail_memory(e, cells[k].len, "a value");
    if (k) h9_buf_put8(out, '\t');
    put_cell(out, &cells[k]);
  }
  if (rc == H9_OK) h9_buf_put8(out, '\n');
  h9_buf_release(&key);
  for (int k = 0; k < H9_TEXT_COLUMNS; k++) h9_buf_release(&cells[k]);
  return rc;
}

static int end_objects(h9_text *t, h9_buf *out, h9_error *e) {
  (void)out;
  return t->begun ? H9_OK : h9_fail(e, H9_ENOINPUT, "%s: is empty, expected an object a line", t->lines.name);
}

static int open_part(const h9_format *f, h9_import *m, enum h9_part part, const char *path, h9_sheet *s,
                     void **own, h9_error *e) {
  h9_text *t;
  int rc = h9_text_open(&t, path, e);
  (void)f, (void)part;
  if (rc != H9_OK) return rc;
  *own = t;
  t->m = m;
  t->take = take_object;
  t->end = end_objects;
  return h9_text_sheet(t, 0, s, e);
}

static int read_objects(const h9_format *f, h9_import *m, h9_error *e) {
  return h9_import_sheets(f, m, &(h9_part_source){open_part, h9_text_close}, e);
}

/* ---- writing ---- */

static void no_header(const h9_listing *c, enum h9_part part, uint64_t n, h9_buf *b) {
  (void)c, (void)part, (void)n, (void)b;
}

static void put_object(const h9_listing *c, enum h9_part part, const h9_listing_row *r, h9_buf *b) {
  h9_listing_value v;
  for (uint32_t i = 0; i < c->n[part]; i++) {
    h9_buf_put8(b, i ? ',' : '{');
    h9_json_escape(b, c->column[part][i].name);
    h9_buf_put8(b, ':');
    h9_listing_get(c, &c->column[part][i], r, &v);
    if (v.is == H9_IS_TEXT) {
      if (v.text == v.room) v.room[v.len] = 0;
      h9_json_escape(b, v.text);
    } else if ((v.is == H9_IS_FLOAT || v.is == H9_IS_DOUBLE) && !isfinite(v.number)) h9_buf_put(b, "null", 4);
    else h9_listing_text(c, &v, b);
  }
  h9_buf_put(b, "}\n", 2);
}

const h9_format h9_format_ndjson = {.name = "ndjson",
                                    .about = "tables as a JSON object a line",
                                    .unicode = true,
                                    .parts = 7,
                                    .read = read_objects,
                                    .write = h9_export_tables,
                                    .header = no_header,
                                    .row = put_object};

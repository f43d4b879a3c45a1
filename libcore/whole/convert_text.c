/* Lists of numbers in text as other programs print them: lines that become rows of a sheet. */
#include "convert_text.h"

#include "../base/decimal.h"
#include "../base/io.h"
#include "../base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW = 1 << 20 };

/* ---- lines ---- */

int h9_lines_open(h9_lines *l, const char *path, h9_error *e) {
  *l = (h9_lines){.fd = -1};
  int rc = h9_input_open(path, &l->fd, &l->name, e);
  if (rc != H9_OK) return rc;
  l->own_fd = l->fd != STDIN_FILENO;
  l->window = malloc(WINDOW + 1);
  if (l->window) return H9_OK;
  h9_lines_close(l);
  return h9_fail_memory(e, WINDOW, "a window into a text");
}

void h9_lines_close(h9_lines *l) {
  free(l->window);
  l->window = NULL;
  if (l->own_fd) close(l->fd);
  l->own_fd = false;
}

int h9_lines_next(h9_lines *l, char **line, size_t *len, h9_error *e) {
  for (;;) {
    char *from = l->window + l->used, *end = memchr(from, '\n', l->len - l->used);
    size_t left = l->len - l->used, got;
    if (!end && l->ended) {
      if (left == 0) return H9_EOF;
      end = from + left;
    }
    if (end) {
      l->used += (size_t)(end - from) + (left > (size_t)(end - from));
      l->line++;
      if (memchr(from, 0, (size_t)(end - from)))
        return h9_lines_fail(l, e, "holds a zero byte: it is no text");
      *line = from;
      *len = (size_t)(end - from) - (end > from && end[-1] == '\r');
      from[*len] = 0;
      return H9_OK;
    }
    if (left == WINDOW) {
      l->line++;
      return h9_lines_fail(l, e, "a line of more than %d bytes", WINDOW);
    }
    memmove(l->window, from, left);
    l->len = left;
    l->used = 0;
    int rc = h9_read_full(l->fd, l->window + left, WINDOW - left, &got, e);
    if (rc != H9_OK) return h9_fail_at(e, "%s", l->name);
    l->ended = got < WINDOW - left;
    l->len += got;
  }
}

int h9_lines_fail(const h9_lines *l, h9_error *e, const char *fmt, ...) {
  char text[512];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  return h9_fail(e, H9_EDATA, "%s:%llu: %s", l->name, (unsigned long long)l->line, text);
}

/* ---- cells ---- */

int h9_text_split(char *line, size_t len, h9_cell *cells, int most) {
  int n = 0;
  for (char *p = line, *end = line + len; p < end;) {
    while (p < end && (*p == ' ' || *p == '\t')) p++;
    char *from = p;
    while (p < end && *p != ' ' && *p != '\t') p++;
    if (p == from) break;
    if (n < most) cells[n] = (h9_cell){from, (size_t)(p - from)};
    n++;
    if (p < end) *p++ = 0;
  }
  return n;
}

/* "3.0" and "3e+00", as programs write ids out of tables of floats, are 3. */
static void put_id(h9_buf *b, const h9_cell *c) {
  double v;
  char text[H9_TEXT_MAX];
  if (strpbrk(c->text, ".eE") && h9_decimal_parse(c->text, c->len, &v) && v >= 0 && v <= 0x1p53 &&
      v == floor(v))
    h9_buf_put(b, text, (size_t)(h9_text_u64(text, (uint64_t)v) - text));
  else h9_buf_put(b, c->text, c->len);
}

/* The digits of a decimal number and how many stand before its point; false: more than there is room for, or
 * none. */
static bool digits_of(const char *p, char digits[40], int *n, long *point) {
  bool behind = false;
  *n = 0;
  *point = 0;
  for (; (*p >= '0' && *p <= '9') || *p == '.'; p++) {
    if (*p == '.') behind = true;
    else if (*n == 0 && *p == '0') *point -= behind;
    else if (*n == 40) return false;
    else digits[(*n)++] = *p, *point += !behind;
  }
  if (*p == 'e' || *p == 'E') *point += strtol(p + 1, NULL, 10);
  while (*n > 0 && digits[*n - 1] == '0') (*n)--;
  return *n > 0;
}

/* The point moves; numbers far from 1 get an exponent. */
void h9_text_scaled(h9_buf *b, const char *text, size_t len, int power) {
  char digits[40], exponent[H9_TEXT_MAX];
  int n;
  long point;
  double v;
  bool sign = *text == '-' || *text == '+';
  if (!h9_decimal_parse(text, len, &v) || !isfinite(v) || !digits_of(text + sign, digits, &n, &point)) {
    bool number = h9_decimal_parse(text, len, &v) && isfinite(v) && v != 0;
    size_t mantissa = strcspn(text, "eE");
    h9_buf_put(b, text, number ? mantissa : len);
    if (!number) return;
    long own = mantissa < len ? strtol(text + mantissa + 1, NULL, 10) : 0;
    h9_buf_put8(b, 'e');
    h9_buf_put(b, exponent, (size_t)(h9_text_i64(exponent, own + power) - exponent));
    return;
  }
  if (*text == '-') h9_buf_put8(b, '-');
  point += power;
  if (point > 21 || point < -5) {
    h9_buf_put8(b, (uint8_t)digits[0]);
    if (n > 1) h9_buf_put8(b, '.');
    h9_buf_put(b, digits + 1, (size_t)n - 1);
    h9_buf_put8(b, 'e');
    h9_buf_put(b, exponent, (size_t)(h9_text_i64(exponent, point - 1) - exponent));
    return;
  }
  if (point <= 0) h9_buf_put(b, "0.000000", (size_t)(2 - point));
  for (int i = 0; i < n || i < point; i++) {
    if (i == point && point > 0) h9_buf_put8(b, '.');
    h9_buf_put8(b, (uint8_t)(i < n ? digits[i] : '0'));
  }
}

void h9_text_row(const h9_text *t, h9_buf *out, const h9_cell *cells, int n) {
  for (int i = 0; i < n; i++) {
    if (i) h9_buf_put8(out, '\t');
    if (t->column[i].is_id) put_id(out, &cells[i]);
    else if (t->column[i].power) h9_text_scaled(out, cells[i].text, cells[i].len, t->column[i].power);
    else h9_buf_put(out, cells[i].text, cells[i].len);
  }
  h9_buf_put8(out, '\n');
}

void h9_text_header(h9_text *t, const char *names, h9_buf *out) {
  h9_buf_put(out, names, strlen(names));
  h9_buf_put8(out, '\n');
  for (uint64_t i = 1; i < t->lines.line; i++) h9_buf_put8(out, '\n');
  t->begun = true;
}

int h9_text_numbers(h9_text *t, char *line, size_t len, h9_buf *out, h9_error *e) {
  h9_cell cells[H9_TEXT_COLUMNS];
  int n = h9_text_split(line, len, cells, H9_TEXT_COLUMNS);
  if (n == 0 || *cells[0].text == '#') {
    if (t->begun) h9_buf_put8(out, '\n');
    return H9_OK;
  }
  if (n < t->least || n > t->n_columns)
    return h9_lines_fail(&t->lines, e, "found %d cells, expected %d: %s", n, t->n_columns, t->expected);
  if (!t->begun) {
    h9_text_header(t, n < t->n_columns ? t->short_header : t->header, out);
    t->n_columns = t->least = n;
  }
  h9_text_row(t, out, cells, n);
  return H9_OK;
}

int h9_text_numbers_end(h9_text *t, h9_buf *out, h9_error *e) {
  (void)e;
  if (!t->begun) h9_text_header(t, t->header, out);
  return H9_OK;
}

void h9_text_utf8(h9_buf *b, uint32_t v) {
  if (v < 0x80) h9_buf_put8(b, (uint8_t)v);
  else {
    int more = v < 0x800 ? 1 : v < 0x10000 ? 2 : 3;
    h9_buf_put8(b, (uint8_t)((0xff00 >> (more + 1) & 0xff) | v >> 6 * more));
    while (more-- > 0) h9_buf_put8(b, (uint8_t)(0x80 | (v >> 6 * more & 0x3f)));
  }
}

/* ---- a sheet ---- */

static int read_rows(void *ctx, char *to, size_t room, size_t *got, h9_error *e) {
  h9_text *t = ctx;
  for (*got = 0;;) {
    size_t n = t->out.len - t->given < room - *got ? t->out.len - t->given : room - *got;
    if (n) memcpy(to + *got, t->out.data + t->given, n);
    *got += n;
    t->given += n;
    if (*got == room || t->ended) return H9_OK;
    t->out.len = t->given = 0;
    char *line;
    size_t len;
    int rc = h9_lines_next(&t->lines, &line, &len, e);
    t->ended = rc == H9_EOF;
    if (t->ended) rc = t->end ? t->end(t, &t->out, e) : H9_OK;
    else if (rc == H9_OK) rc = t->take(t, line, len, &t->out, e);
    if (rc == H9_OK && t->out.failed) rc = h9_fail_memory(e, t->out.len, "a line");
    if (rc != H9_OK) return rc;
  }
}

int h9_text_open(h9_text **t, const char *path, h9_error *e) {
  *t = calloc(1, sizeof **t);
  if (!*t) return h9_fail_memory(e, sizeof **t, "a text");
  int rc = h9_lines_open(&(*t)->lines, path, e);
  if (rc == H9_OK) return rc;
  free(*t);
  *t = NULL;
  return rc;
}

int h9_text_sheet(h9_text *t, uint64_t first_line, h9_sheet *s, h9_error *e) {
  t->source = (h9_sheet_source){.ctx = t, .name = t->lines.name, .read = read_rows, .first_line = first_line};
  return h9_sheet_open_source(s, &t->source, e);
}

void h9_text_close(void *p) {
  h9_text *t = p;
  h9_lines_close(&t->lines);
  h9_buf_release(&t->out);
  free(t->own);
  free(t);
}

/* NumPy's arrays on their way in: as rows of a sheet, numbered from 1 in messages. Memory is that of a piece
 * of the rows. */
#include "convert_npy.h"

#include "../base/io.h"
#include "../base/memory.h"
#include "../base/text.h"
#include "convert_text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { PIECE = 1 << 20, HEAD_MAX = 1 << 16, TEXT_MAX = 1 << 16 };

/* ---- headers: a literal of Python ---- */

typedef struct scan {
  const char *at, *end;
  h9_error *e;
} scan;

static int fail(const scan *s, const char *expected) {
  int n = s->end - s->at < 30 ? (int)(s->end - s->at) : 30;
  return h9_fail(s->e, H9_EDATA, "its header: found '%.*s', expected %s", n, s->at, expected);
}

static bool taken(scan *s, char c) {
  while (s->at < s->end && (*s->at == ' ' || *s->at == '\n')) s->at++;
  if (s->at == s->end || *s->at != c) return false;
  s->at++;
  return true;
}

static int quoted(scan *s, char *to, size_t room) {
  char quote = taken(s, '\'') ? '\'' : '"';
  if (quote == '"' && !taken(s, '"')) return fail(s, "a name in quotes");
  const char *end = memchr(s->at, quote, (size_t)(s->end - s->at));
  if (!end || (size_t)(end - s->at) >= room || memchr(s->at, '\\', (size_t)(end - s->at)) ||
      memchr(s->at, 0, (size_t)(end - s->at)))
    return fail(s, "a short name without backslashes");
  memcpy(to, s->at, (size_t)(end - s->at));
  to[end - s->at] = 0;
  s->at = end + 1;
  return H9_OK;
}

static int whole(scan *s, uint64_t *v) {
  const char *from = s->at;
  for (*v = 0; s->at < s->end && *s->at >= '0' && *s->at <= '9' && s->at - from < 18; s->at++)
    *v = *v * 10 + (uint64_t)(*s->at - '0');
  return s->at > from ? H9_OK : fail(s, "a whole number");
}

/* "<f8" */
static int type(scan *s, h9_npy_field *f) {
  char text[16];
  uint64_t n;
  scan at = *s;
  int rc = quoted(s, text, sizeof text);
  if (rc != H9_OK) return rc;
  scan size = {text + 2, text + strlen(text), s->e};
  if (strlen(text) < 3 || !strchr("<>|=", text[0]) || whole(&size, &n) != H9_OK || size.at != size.end ||
      n == 0) {
    s->e->code = H9_OK;
    return fail(&at, "a type such as '<f8'");
  }
  f->type = text[1];
  f->swapped = text[0] == '>';
  f->size = (uint32_t)(n < TEXT_MAX ? n : TEXT_MAX);
  bool fine = ((f->type == 'i' || f->type == 'u') && (n == 1 || n == 2 || n == 4 || n == 8)) ||
              (f->type == 'f' && (n == 4 || n == 8)) || (f->type == 'S' && n <= TEXT_MAX) ||
              (f->type == 'U' && n <= TEXT_MAX / 4);
  if (f->type == 'U') f->size *= 4;
  return fine ? H9_OK : fail(&at, "integers, floats of 4 or 8 bytes, or texts");
}

static int fields(scan *s, h9_npy_head *h) {
  if (!taken(s, '[')) return type(s, &h->field[0]);
  while (!taken(s, ']')) {
    if (h->n_fields == H9_SHEET_COLUMNS_MAX) return fail(s, "fewer fields");
    h9_npy_field *f = &h->field[h->n_fields++];
    if (!taken(s, '(')) return fail(s, "('name', 'type')");
    int rc = quoted(s, f->name, H9_NAME_MAX);
    if (rc == H9_OK && !taken(s, ',')) rc = fail(s, "','");
    if (rc == H9_OK) rc = type(s, f);
    if (rc == H9_OK && !taken(s, ')')) rc = fail(s, "')', as a field is one number or text");
    if (rc != H9_OK) return rc;
    f->at = h->record;
    h->record += f->size;
    (void)taken(s, ',');
  }
  return h->n_fields ? H9_OK : fail(s, "fields");
}

static int shape(scan *s, h9_npy_head *h) {
  if (!taken(s, '(')) return fail(s, "a shape");
  while (!taken(s, ')')) {
    if (h->dimensions == 2) return fail(s, "one or two dimensions");
    while (s->at < s->end && *s->at == ' ') s->at++;
    int rc = whole(s, &h->shape[h->dimensions++]);
    if (rc != H9_OK) return rc;
    (void)taken(s, ',');
  }
  return H9_OK;
}

int h9_npy_head_parse(h9_npy_head *h, const char *text, size_t len, h9_error *e) {
  scan s = {text, text + len, e};
  *h = (h9_npy_head){0};
  int seen = 0, rc = H9_OK;
  if (!taken(&s, '{')) return fail(&s, "'{'");
  while (rc == H9_OK && !taken(&s, '}')) {
    char key[16];
    rc = quoted(&s, key, sizeof key);
    if (rc == H9_OK && !taken(&s, ':')) rc = fail(&s, "':'");
    if (rc != H9_OK) return rc;
    if (strcmp(key, "descr") == 0 && !(seen & 1)) rc = fields(&s, h), seen |= 1;
    else if (strcmp(key, "shape") == 0 && !(seen & 2)) rc = shape(&s, h), seen |= 2;
    else if (strcmp(key, "fortran_order") == 0 && !(seen & 4)) {
      size_t n = 0;
      (void)taken(&s, ' ');
      while (s.at + n < s.end && ((s.at[n] >= 'a' && s.at[n] <= 'z') || s.at[n] == 'T' || s.at[n] == 'F'))
        n++;
      h->fortran = n == 4 && strncmp(s.at, "True", 4) == 0;
      if (!h->fortran && !(n == 5 && strncmp(s.at, "False", 5) == 0)) rc = fail(&s, "True or False");
      s.at += n;
      seen |= 4;
    } else rc = fail(&s, "descr, fortran_order and shape");
    (void)taken(&s, ',');
  }
  if (rc == H9_OK && seen != 7) rc = fail(&s, "descr, fortran_order and shape");
  return rc;
}

/* ---- arrays ---- */

typedef struct column {
  h9_npy_field field;
  bool short_float; /* a float of four bytes that is a time: 0.1 is meant, not 0.10000000149 */
  uint32_t stride;
  uint64_t at, end;     /* in the file: of the next row, behind the last one */
  unsigned char *piece; /* of an archive: own */
  const unsigned char *base;
  uint32_t crc, want;
} column;

typedef struct arrays {
  int fd;
  bool own_fd, archive, numbered; /* numbered: neurons are called by the numbers of their rows */
  const char *name;
  uint64_t n, row;
  uint32_t base, stride, n_columns, n_piece, in_piece; /* rows a piece has at most; rows of this one */
  uint32_t from;                                       /* of in_piece, so far */
  column *column;
  unsigned char *piece; /* of an array */
  h9_buf out;
  size_t given;
  h9_sheet_source source;
} arrays;

static void close_arrays(void *p) {
  arrays *a = p;
  for (uint32_t i = 0; a->column && i < a->n_columns; i++) free(a->column[i].piece);
  free(a->column);
  free(a->piece);
  h9_buf_release(&a->out);
  if (a->own_fd) close(a->fd);
  free(a);
}

/* The header at the file's place; *bytes of it, *crc with them. */
static int read_head(const arrays *a, const char *what, h9_npy_head *h, uint64_t *bytes, uint32_t *crc,
                     h9_error *e) {
  unsigned char *p = malloc(HEAD_MAX + 12);
  size_t got, more = 0;
  if (!p) return h9_fail_memory(e, HEAD_MAX, "a header");
  int rc = h9_read_full(a->fd, p, 10, &got, e);
  bool wide = rc == H9_OK && got == 10 && p[6] > 1;
  if (rc == H9_OK && got == 0) rc = h9_fail(e, H9_ENOINPUT, "is empty, expected an array of numpy.save");
  else if (rc == H9_OK && (got < 10 || memcmp(p, "\x93NUMPY", 6) != 0 || p[6] == 0 || p[6] > 3))
    rc = h9_fail(e, H9_EDATA, "is no array of numpy.save, format 1 to 3");
  if (rc == H9_OK && wide) rc = h9_read_full(a->fd, p + 10, 2, &more, e);
  size_t head = wide ? 12 : 10, len = rc != H9_OK ? 0
                                      : wide      ? (more == 2 ? h9_load32(p + 8) : 0)
                                                  : h9_load16(p + 8);
  if (rc == H9_OK && len > HEAD_MAX)
    rc = h9_fail(e, H9_EDATA, "has a header of %zu bytes, expected at most %d", len, HEAD_MAX);
  if (rc == H9_OK) rc = h9_read_full(a->fd, p + head, len, &got, e);
  if (rc == H9_OK && got < len) rc = h9_fail(e, H9_EDATA, "ends in its header");
  if (rc == H9_OK) rc = h9_npy_head_parse(h, (const char *)p + head, len, e);
  *bytes = head + len;
  *crc = h9_crc32(0, p, rc == H9_OK ? head + len : 0);
  free(p);
  return rc == H9_OK ? rc : h9_fail_at(e, "%s%s%s", a->name, *what ? ": " : "", what);
}

static void take_column(column *c, const h9_npy_field *f) {
  static const char *const times[] = {"time", "t", "timestamp", "delay"};
  c->field = *f;
  for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
    size_t n = strlen(times[i]);
    c->short_float |=
        f->type == 'f' && f->size == 4 && strncasecmp(f->name, times[i], n) == 0 && (n > 1 || !f->name[1]);
  }
}

/* Columns of an array of two dimensions have the names of a table's first ones. */
static int name_columns(arrays *a, enum h9_part part, const h9_npy_head *h, h9_error *e) {
  static const char *const names[H9_PARTS][4] = {{"x", "y", "z", NULL},
                                                 {"source", "target", "weight", "delay"},
                                                 {"time", "neuron", "strength", "priority"}};
  uint64_t most = part == H9_PART_NEURONS ? 3 : 4, least = part == H9_PART_NEURONS ? 1 : 2;
  if (h->dimensions != 2 || h->shape[1] < least || h->shape[1] > most)
    return h9_fail(e, H9_EDATA,
                   "%s: found an array of %s, expected records, or two dimensions and %llu to %llu columns",
                   a->name, h->dimensions == 2 ? "other columns" : "one dimension", (unsigned long long)least,
                   (unsigned long long)most);
  if (h->fortran && h->shape[0] > 1 && h->shape[1] > 1)
    return h9_fail(
        e, H9_EDATA,
        "%s: lies in the order of Fortran, expected rows one after the other: numpy.ascontiguousarray",
        a->name);
  a->n_columns = (uint32_t)h->shape[1];
  a->numbered = part == H9_PART_NEURONS;
  a->stride = h->field[0].size * a->n_columns;
  for (uint32_t i = 0; i < a->n_columns; i++) {
    h9_npy_field f = h->field[0];
    strcpy(f.name, names[part][i]);
    f.at = (uint64_t)i * f.size;
    take_column(&a->column[i], &f);
  }
  return H9_OK;
}

static int open_array(arrays *a, enum h9_part part, h9_npy_head *h, h9_error *e) {
  uint64_t bytes;
  uint32_t crc;
  int rc = read_head(a, "", h, &bytes, &crc, e);
  if (rc != H9_OK) return rc;
  a->n = h->dimensions ? h->shape[0] : 1;
  if (h->n_fields == 0) rc = name_columns(a, part, h, e);
  else if (h->dimensions > 1)
    rc = h9_fail(e, H9_EDATA, "%s: found records in two dimensions, expected one", a->name);
  else {
    a->n_columns = h->n_fields;
    a->stride = h->record;
    for (uint32_t i = 0; i < a->n_columns; i++) take_column(&a->column[i], &h->field[i]);
  }
  a->n_piece = PIECE / (a->stride ? a->stride : 1) + 1;
  if (rc == H9_OK && !(a->piece = malloc((size_t)a->n_piece * a->stride)))
    rc = h9_fail_memory(e, (size_t)a->n_piece * a->stride, "rows");
  for (uint32_t i = 0; rc == H9_OK && i < a->n_columns; i++) {
    a->column[i].base = a->piece + a->column[i].field.at;
    a->column[i].stride = a->stride;
  }
  return rc;
}

static int open_member(arrays *a, const h9_zip_member *m, h9_npy_head *h, h9_error *e) {
  column *c = &a->column[a->n_columns];
  uint64_t bytes;
  size_t len = strlen(m->name);
  if (lseek(a->fd, (off_t)m->at, SEEK_SET) < 0)
    return h9_fail_sys(e, H9_EIO, errno, "%s: cannot seek", a->name);
  int rc = read_head(a, m->name, h, &bytes, &c->crc, e);
  if (rc != H9_OK) return rc;
  if (h->n_fields || h->dimensions != 1)
    return h9_fail(e, H9_EDATA, "%s: %s: expected a plain array of one dimension, a column", a->name,
                   m->name);
  if (len > 4 && strcmp(m->name + len - 4, ".npy") == 0) len -= 4;
  if (len > H9_NAME_MAX) return h9_fail(e, H9_EDATA, "%s: %s: expected a shorter name", a->name, m->name);
  memcpy(h->field[0].name, m->name, len);
  h->field[0].name[len] = 0;
  take_column(c, &h->field[0]);
  if (a->n_columns++ == 0) a->n = h->shape[0];
  if (h->shape[0] != a->n)
    return h9_fail(e, H9_EDATA, "%s: %s: found %llu rows, expected %llu, as %s has", a->name, m->name,
                   (unsigned long long)h->shape[0], (unsigned long long)a->n, a->column[0].field.name);
  if (bytes > m->size || a->n > (m->size - bytes) / c->field.size)
    return h9_fail(e, H9_EDATA, "%s: %s: ends before its rows", a->name, m->name);
  c->want = m->crc;
  c->stride = c->field.size;
  c->at = m->at + bytes;
  c->end = m->at + m->size;
  a->n_piece = PIECE / 16;
  c->base = c->piece = malloc((size_t)a->n_piece * c->stride);
  return c->piece ? H9_OK : h9_fail_memory(e, (size_t)a->n_piece * c->stride, "rows");
}

static int open_archive(arrays *a, h9_npy_head *h, h9_error *e) {
  uint32_t n = 0;
  h9_zip_member *m = calloc(H9_SHEET_COLUMNS_MAX, sizeof *m);
  if (!m) return h9_fail_memory(e, H9_SHEET_COLUMNS_MAX * sizeof *m, "columns");
  int rc = h9_input_hold(&a->fd, a->name, e);
  if (rc == H9_OK) rc = h9_zip_list(a->fd, a->name, m, H9_SHEET_COLUMNS_MAX, &n, e);
  for (uint32_t i = 0; i < n && rc == H9_OK; i++) rc = open_member(a, &m[i], h, e);
  free(m);
  return rc;
}

/* ---- rows ---- */

static uint64_t load(const unsigned char *p, const h9_npy_field *f) {
  uint64_t v = 0;
  for (uint32_t i = 0; i < f->size; i++) v |= (uint64_t)p[f->swapped ? f->size - 1 - i : i] << (8 * i);
  return v;
}

static void put_float(h9_buf *b, const column *c, uint64_t bits) {
  char s[H9_TEXT_MAX], *end;
  double v;
  float f = 0;
  uint32_t low = (uint32_t)bits;
  if (c->field.size == 8) memcpy(&v, &bits, 8);
  else memcpy(&f, &low, 4), v = (double)f;
  if (fabs(v) < 0x1p53 && v == floor(v) && !(v == 0 && signbit(v)))
    end = h9_text_i64(s, (int64_t)v); /* an id, maybe */
  else end = c->short_float ? h9_text_f32(s, f) : h9_text_f64(s, v);
  h9_buf_put(b, s, (size_t)(end - s));
}

/* A text in quotes; false: it holds what no cell does. */
static bool put_text(h9_buf *b, const unsigned char *p, const h9_npy_field *f) {
  uint32_t step = f->type == 'U' ? 4 : 1, n = f->size / step;
  h9_npy_field one = *f;
  one.size = step;
  while (n > 0 && load(p + (size_t)(n - 1) * step, &one) == 0) n--;
  h9_buf_put8(b, '"');
  for (uint32_t i = 0; i < n; i++) {
    uint64_t v = load(p + (size_t)i * step, &one);
    if (v < ' ' || v > 0x10ffff) return false;
    if (v == '"') h9_buf_put8(b, '"');
    if (step == 1) h9_buf_put8(b, (uint8_t)v);
    else h9_text_utf8(b, (uint32_t)v);
  }
  h9_buf_put8(b, '"');
  return true;
}

static int put_cell(arrays *a, const column *c, h9_error *e) {
  const unsigned char *p = c->base + (size_t)a->from * c->stride;
  char s[H9_TEXT_MAX];
  const h9_npy_field *f = &c->field;
  if (f->type == 'f') put_float(&a->out, c, load(p, f));
  else if (f->type == 'u') h9_buf_put(&a->out, s, (size_t)(h9_text_u64(s, load(p, f)) - s));
  else if (f->type == 'i') {
    int shift = 64 - 8 * (int)f->size;
    h9_buf_put(&a->out, s, (size_t)(h9_text_i64(s, (int64_t)(load(p, f) << shift) >> shift) - s));
  } else if (!put_text(&a->out, p, f))
    return h9_fail(e, H9_EDATA, "%s:%llu: column %s: found a control character, expected a text without",
                   a->name, (unsigned long long)a->row + 1, f->name);
  return H9_OK;
}

/* The next rows into memory. */
static int next_piece(arrays *a, h9_error *e) {
  uint32_t n = a->n - a->row < a->n_piece ? (uint32_t)(a->n - a->row) : a->n_piece;
  a->in_piece = n;
  a->from = 0;
  for (uint32_t i = 0; i < (a->archive ? a->n_columns : 1); i++) {
    column *c = &a->column[i];
    size_t got, bytes = (size_t)n * (a->archive ? c->stride : a->stride);
    if (a->archive && lseek(a->fd, (off_t)c->at, SEEK_SET) < 0)
      return h9_fail_sys(e, H9_EIO, errno, "%s: cannot seek", a->name);
    int rc = h9_read_full(a->fd, a->archive ? c->piece : a->piece, bytes, &got, e);
    if (rc != H9_OK) return h9_fail_at(e, "%s", a->name);
    if (got < bytes)
      return h9_fail(e, H9_EDATA, "%s:%llu: ends within its rows, expected %llu of them", a->name,
                     (unsigned long long)(a->row + got / (bytes / n) + 1), (unsigned long long)a->n);
    if (!a->archive) continue;
    c->at += bytes;
    c->crc = h9_crc32(c->crc, c->piece, bytes);
    if (a->row + n == a->n && c->at == c->end && c->crc != c->want)
      return h9_fail(e, H9_EDATA, "%s: %s.npy: is damaged: its checksum is %08x, expected %08x", a->name,
                     c->field.name, c->crc, c->want);
  }
  return H9_OK;
}

static int put_names(arrays *a, h9_error *e) {
  if (a->numbered) h9_buf_put(&a->out, "label\t", 6);
  for (uint32_t i = 0; i < a->n_columns; i++) {
    const char *name = a->column[i].field.name;
    if (strpbrk(name, "\t\n\"") || !*name)
      return h9_fail(e, H9_EDATA, "%s: found a field '%.40s', expected another name", a->name, name);
    if (i) h9_buf_put8(&a->out, '\t');
    h9_buf_put(&a->out, name, strlen(name));
  }
  h9_buf_put8(&a->out, '\n');
  return H9_OK;
}

static int read_rows(void *ctx, char *to, size_t room, size_t *got, h9_error *e) {
  arrays *a = ctx;
  for (*got = 0;;) {
    size_t n = a->out.len - a->given < room - *got ? a->out.len - a->given : room - *got;
    if (n) memcpy(to + *got, a->out.data + a->given, n);
    *got += n;
    a->given += n;
    if (*got == room || a->row == a->n) return H9_OK;
    a->out.len = a->given = 0;
    int rc = a->from == a->in_piece ? next_piece(a, e) : H9_OK;
    if (rc == H9_OK && a->numbered) {
      char s[H9_TEXT_MAX];
      h9_buf_put(&a->out, s, (size_t)(h9_text_u64(s, a->row + a->base) - s));
      h9_buf_put8(&a->out, '\t');
    }
    for (uint32_t i = 0; i < a->n_columns && rc == H9_OK; i++) {
      if (i) h9_buf_put8(&a->out, '\t');
      rc = put_cell(a, &a->column[i], e);
    }
    h9_buf_put8(&a->out, '\n');
    if (rc == H9_OK && a->out.failed) rc = h9_fail_memory(e, a->out.len, "a row");
    if (rc != H9_OK) return rc;
    a->row++;
    a->from++;
  }
}

static int open_part(const h9_format *f, h9_import *m, enum h9_part part, const char *path, h9_sheet *s,
                     void **own, h9_error *e) {
  arrays *a = calloc(1, sizeof *a);
  h9_npy_head *h = malloc(sizeof *h);
  if (a) a->fd = -1, a->column = calloc(H9_SHEET_COLUMNS_MAX, sizeof *a->column);
  int rc = a && h && a->column ? h9_input_open(path, &a->fd, &a->name, e)
                               : h9_fail_memory(e, sizeof *h, "an array");
  *own = a;
  if (rc == H9_OK) {
    a->own_fd = a->fd != STDIN_FILENO;
    a->base = m->o->id_base_0 ? 0 : 1;
    a->archive = f == &h9_format_npz;
    rc = a->archive ? open_archive(a, h, e) : open_array(a, part, h, e);
    a->own_fd = a->fd != STDIN_FILENO;
  }
  free(h);
  if (rc == H9_OK) rc = put_names(a, e);
  if (rc != H9_OK) return rc;
  a->source = (h9_sheet_source){.ctx = a, .name = a->name, .read = read_rows, .first_line = 0};
  return h9_sheet_open_source(s, &a->source, e);
}

int h9_npy_read(const h9_format *f, h9_import *m, h9_error *e) {
  return h9_import_sheets(f, m, &(h9_part_source){open_part, close_arrays}, e);
}

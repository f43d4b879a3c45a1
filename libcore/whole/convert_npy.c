/* NumPy's arrays on their way out: one array of records (.npy), or an array for each column (.npz). */
#include "convert_npy.h"

#include "../base/io.h"
#include "../base/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- types ---- */

void h9_npy_field_of(const h9_listing *c, const h9_listing_column *column, h9_npy_field *f) {
  memcpy(f->name, column->name, sizeof f->name);
  f->swapped = false;
  switch (column->is) {
  case H9_IS_TEXT:
    f->type = 'U';
    f->size = 4 * (uint32_t)column->widest;
    break;
  case H9_IS_WHOLE:
    f->type = 'u';
    f->size = column->kind == H9_SHOWS_PRIORITY ? 1 : 4;
    break;
  case H9_IS_TIME:
    f->type = h9_listing_time(c) == H9_TIME_STEPS ? 'i' : 'f';
    f->size = 8;
    break;
  case H9_IS_FLOAT:
    f->type = 'f';
    f->size = 4;
    break;
  case H9_IS_DOUBLE:
    f->type = 'f';
    f->size = 8;
    break;
  }
}

static void put_text(h9_buf *b, const char *s) { h9_buf_put(b, s, strlen(s)); }

static void put_type(h9_buf *b, const h9_npy_field *f) {
  char s[24];
  snprintf(s, sizeof s, "'%c%c%u'", f->size == 1 ? '|' : '<', f->type,
           f->type == 'U' ? f->size / 4 : f->size);
  put_text(b, s);
}

/* Names of columns are those of models' values with units: no quotes in them. */
void h9_npy_head_put(const h9_npy_field *f, uint32_t n_fields, uint64_t n, h9_buf *b) {
  static const unsigned char magic[8] = {0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0};
  char s[64];
  size_t from = b->len;
  h9_buf_put(b, magic, sizeof magic);
  h9_buf_put32(b, 0);
  put_text(b, "{'descr': ");
  if (n_fields == 0) put_type(b, f);
  for (uint32_t i = 0; i < n_fields; i++) {
    put_text(b, i ? ", ('" : "[('");
    put_text(b, f[i].name);
    put_text(b, "', ");
    put_type(b, &f[i]);
    put_text(b, i + 1 < n_fields ? ")" : ")]");
  }
  snprintf(s, sizeof s, ", 'fortran_order': False, 'shape': (%llu,), }", (unsigned long long)n);
  put_text(b, s);
  while ((b->len - from) % 64 != 63 && !b->failed) h9_buf_put8(b, ' ');
  h9_buf_put8(b, '\n');
  if (!b->failed) h9_store32(b->data + from + 8, (uint32_t)(b->len - from - 12));
}

/* ---- rows ---- */

/* UTF-8 as characters of four bytes, zeros behind; a byte that is none becomes U+FFFD. */
static void put_characters(h9_buf *b, const char *text, size_t len, uint32_t size) {
  const unsigned char *s = (const unsigned char *)text;
  uint32_t done = 0;
  for (size_t i = 0; i < len && done < size; done += 4) {
    int n = h9_utf8(s + i);
    uint32_t v = n == 1 ? s[i] : n ? s[i] & (0x7fu >> n) : 0xfffd;
    for (int k = 1; k < n; k++) v = v << 6 | (s[i + (size_t)k] & 0x3f);
    h9_buf_put32(b, v);
    i += n ? (size_t)n : 1;
  }
  for (; done < size; done += 4) h9_buf_put32(b, 0);
}

static void put_f32(h9_buf *b, float v) {
  uint32_t u;
  memcpy(&u, &v, 4);
  h9_buf_put32(b, u);
}

/* A time as the double that its decimal number reads as. */
static double time_of(const h9_listing *c, h9_step step) {
  static const double tens[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  double whole = (double)step * (double)c->dt.whole;
  return c->dt.whole && fabs(whole) <= 0x1p53 ? whole / tens[c->dt.decimals] : (double)step * c->dt.unit;
}

static void put_value(const h9_listing *c, const h9_npy_field *f, h9_listing_value *v, h9_buf *b) {
  switch (v->is) {
  case H9_IS_TEXT:
    if (v->text == v->room) v->room[v->len] = 0;
    put_characters(b, v->text, v->len, f->size);
    return;
  case H9_IS_WHOLE:
    if (f->size == 1) h9_buf_put8(b, (uint8_t)v->whole);
    else h9_buf_put32(b, (uint32_t)v->whole);
    return;
  case H9_IS_TIME:
    if (f->type == 'i') h9_buf_put64(b, (uint64_t)v->step);
    else h9_buf_put_f64(b, time_of(c, v->step));
    return;
  case H9_IS_FLOAT:
  case H9_IS_DOUBLE:
    if (f->size == 4) put_f32(b, (float)v->number);
    else h9_buf_put_f64(b, v->number);
  }
}

/* Fields of a part's columns; *record gets the bytes of a row. */
static h9_npy_field *fields(const h9_listing *c, enum h9_part part, uint32_t *record) {
  h9_npy_field *f = calloc(c->n[part] + (size_t)1, sizeof *f);
  *record = 0;
  for (uint32_t i = 0; f && i < c->n[part]; i++) {
    h9_npy_field_of(c, &c->column[part][i], &f[i]);
    f[i].at = *record;
    *record += f[i].size;
  }
  return f;
}

static void put_row(const h9_listing *c, enum h9_part part, const h9_listing_row *r, h9_buf *b) {
  h9_listing_value v;
  for (uint32_t i = 0; i < c->n[part]; i++) {
    h9_npy_field f;
    h9_npy_field_of(c, &c->column[part][i], &f);
    h9_listing_get(c, &c->column[part][i], r, &v);
    put_value(c, &f, &v, b);
  }
}

static void npy_header(const h9_listing *c, enum h9_part part, uint64_t n, h9_buf *b) {
  uint32_t record;
  h9_npy_field *f = fields(c, part, &record);
  if (f) h9_npy_head_put(f, c->n[part], n, b);
  else b->failed = true;
  free(f);
}

/* ---- an array for each column ---- */

enum { PIECE = 1 << 18 };

/* Goes once over the rows for one column: its bytes into the sum, or out. */
static int column(int from, uint64_t n, uint32_t record, const h9_npy_field *f, int to, uint32_t *crc,
                  h9_error *e) {
  uint32_t rows = PIECE / record ? PIECE / record : 1;
  unsigned char *piece = malloc((size_t)rows * record), *own = malloc((size_t)rows * f->size);
  int rc = piece && own ? H9_OK : h9_fail_memory(e, PIECE, "a piece of a table");
  if (rc == H9_OK && lseek(from, 0, SEEK_SET) != 0)
    rc = h9_fail_sys(e, H9_EIO, errno, "a temporary file: cannot seek");
  for (uint64_t done = 0; rc == H9_OK && done < n; done += rows) {
    uint32_t k = n - done < rows ? (uint32_t)(n - done) : rows;
    size_t got;
    rc = h9_read_full(from, piece, (size_t)k * record, &got, e);
    if (rc == H9_OK && got < (size_t)k * record) rc = h9_fail(e, H9_EIO, "a temporary file ends early");
    for (uint32_t i = 0; i < k && rc == H9_OK; i++)
      memcpy(own + (size_t)i * f->size, piece + (size_t)i * record + f->at, f->size);
    if (rc == H9_OK && to >= 0) rc = h9_write_full(to, own, (size_t)k * f->size, e);
    else if (rc == H9_OK) *crc = h9_crc32(*crc, own, (size_t)k * f->size);
  }
  free(piece);
  free(own);
  return rc;
}

static int npz_finish(const h9_listing *c, enum h9_part part, uint64_t n, int from, int to, h9_error *e) {
  uint32_t record, k = c->n[part];
  h9_npy_field *f = fields(c, part, &record);
  h9_zip_member *m = calloc(k + (size_t)1, sizeof *m);
  uint64_t at = 0;
  h9_buf b = {0}, head = {0};
  int rc = f && m ? H9_OK : h9_fail_memory(e, k * sizeof *m, "columns");
  for (uint32_t i = 0; i < k && rc == H9_OK; i++) {
    head.len = b.len = 0;
    h9_npy_head_put(&f[i], 0, n, &head);
    if (head.failed) rc = h9_fail_memory(e, head.len, "a header");
    snprintf(m[i].name, sizeof m[i].name, "%s.npy", f[i].name);
    m[i].size = head.len + n * f[i].size;
    m[i].crc = h9_crc32(0, head.data, head.len);
    if (rc == H9_OK) rc = column(from, n, record, &f[i], -1, &m[i].crc, e);
    h9_zip_begin(&m[i], &b);
    m[i].at = at + b.len;
    at = m[i].at + m[i].size;
    h9_buf_put(&b, head.data, head.len);
    if (rc == H9_OK && b.failed) rc = h9_fail_memory(e, b.len, "a header");
    if (rc == H9_OK) rc = h9_write_full(to, b.data, b.len, e);
    if (rc == H9_OK) rc = column(from, n, record, &f[i], to, NULL, e);
  }
  b.len = 0;
  h9_zip_end(m, k, at, &b);
  if (rc == H9_OK)
    rc = b.failed ? h9_fail_memory(e, b.len, "an archive") : h9_write_full(to, b.data, b.len, e);
  h9_buf_release(&b);
  h9_buf_release(&head);
  free(f);
  free(m);
  return rc;
}

const h9_format h9_format_npy = {.name = "npy",
                                 .about = "tables as NumPy's arrays of records",
                                 .unicode = true,
                                 .binary = true,
                                 .parts = 7,
                                 .read = h9_npy_read,
                                 .write = h9_export_tables,
                                 .header = npy_header,
                                 .row = put_row,
                                 .counted = true};
const h9_format h9_format_npz = {.name = "npz",
                                 .about = "tables as NumPy's archives, an array for each column",
                                 .unicode = true,
                                 .binary = true,
                                 .parts = 7,
                                 .read = h9_npy_read,
                                 .write = h9_export_tables,
                                 .row = put_row,
                                 .counted = true,
                                 .finish = npz_finish};

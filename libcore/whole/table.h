/* Tables of records as tab-separated values or newline-delimited JSON, written fast. */
#ifndef H9_WHOLE_TABLE_H
#define H9_WHOLE_TABLE_H

#include "../base/bytes.h"
#include "../base/text.h"

enum { H9_TABLE_COLUMNS_MAX = 64 };

typedef struct h9_table {
  bool json;
  uint32_t n;
  char *before[H9_TABLE_COLUMNS_MAX]; /* what stands before column i's value: a tab, or `,"name":` */
  uint32_t before_len[H9_TABLE_COLUMNS_MAX];
  size_t row_bytes; /* a row of numbers never takes more */
} h9_table;

/* H9_ESYSTEM. n is at most H9_TABLE_COLUMNS_MAX. */
int h9_table_init(h9_table *t, bool json, const char *const *names, uint32_t n) H9_UNUSED_RESULT;
void h9_table_release(h9_table *t);
/* The line of names; nothing for JSON. */
void h9_table_header(h9_buf *b, const char *const *names, uint32_t n);

/* A row, written at p into room made beforehand (row_bytes and the lengths of its texts): */
static inline char *h9_table_cell(const h9_table *t, uint32_t i, char *p) {
  memcpy(p, t->before[i], t->before_len[i]);
  return p + t->before_len[i];
}
static inline char *h9_table_end(const h9_table *t, char *p) {
  if (t->json) *p++ = '}';
  *p++ = '\n';
  return p;
}
/* Numbers that are not finite are `nan`, `inf` in TSV and null in JSON. */
char *h9_table_f32(const h9_table *t, char *p, float v);
char *h9_table_f64(const h9_table *t, char *p, double v);

/* The same into a buffer, a piece at a time, for short tables with texts: */
void h9_table_put(const h9_table *t, uint32_t i, h9_buf *b);
void h9_table_put_text(const h9_table *t, h9_buf *b,
                       const char *s); /* quoted, or masked, as the form needs */
void h9_table_put_f64(const h9_table *t, h9_buf *b, double v);
void h9_table_put_i64(h9_buf *b, int64_t v);
void h9_table_put_bool(const h9_table *t, h9_buf *b, bool v); /* yes, no; true, false */
void h9_table_put_end(const h9_table *t, h9_buf *b);

#endif

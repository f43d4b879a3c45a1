#include "table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void json_put(h9_buf *b, const char *s) {
  h9_buf_put8(b, '"');
  for (; *s; s++) {
    unsigned char c = (unsigned char)*s;
    char t[8];
    if (c == '"' || c == '\\') {
      h9_buf_put8(b, '\\');
      h9_buf_put8(b, c);
    } else if (c < 0x20 || c == 0x7f) h9_buf_put(b, t, (size_t)snprintf(t, sizeof t, "\\u%04x", c));
    else h9_buf_put8(b, c);
  }
  h9_buf_put8(b, '"');
}

int h9_table_init(h9_table *t, bool json, const char *const *names, uint32_t n) {
  *t = (h9_table){.json = json, .n = n, .row_bytes = 2};
  for (uint32_t i = 0; i < n; i++) {
    h9_buf b = {0};
    if (json) {
      h9_buf_put8(&b, i == 0 ? '{' : ',');
      json_put(&b, names[i]);
      h9_buf_put8(&b, ':');
    } else if (i > 0) h9_buf_put8(&b, '\t');
    else (void)h9_buf_extend(&b, 1), b.len = 0; /* an empty text has a place, too */
    if (b.failed) return H9_ESYSTEM;
    t->before[i] = (char *)b.data;
    t->before_len[i] = (uint32_t)b.len;
    t->row_bytes += b.len + H9_TEXT_MAX;
  }
  return H9_OK;
}

void h9_table_release(h9_table *t) {
  for (uint32_t i = 0; i < t->n; i++) free(t->before[i]);
  *t = (h9_table){0};
}

void h9_table_header(h9_buf *b, const char *const *names, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    if (i > 0) h9_buf_put8(b, '\t');
    h9_buf_put(b, names[i], strlen(names[i]));
  }
  h9_buf_put8(b, '\n');
}

static char *null_put(char *p) {
  memcpy(p, "null", 4);
  return p + 4;
}

char *h9_table_f32(const h9_table *t, char *p, float v) {
  return t->json && !isfinite(v) ? null_put(p) : h9_text_f32(p, v);
}
char *h9_table_f64(const h9_table *t, char *p, double v) {
  return t->json && !isfinite(v) ? null_put(p) : h9_text_f64(p, v);
}

void h9_table_put(const h9_table *t, uint32_t i, h9_buf *b) { h9_buf_put(b, t->before[i], t->before_len[i]); }

void h9_table_put_text(const h9_table *t, h9_buf *b, const char *s) {
  if (t->json) {
    json_put(b, s);
    return;
  }
  for (; *s; s++)
    h9_buf_put8(b, *s == '\t' || *s == '\n'                 ? ' '
                   : (unsigned char)*s < 0x20 || *s == 0x7f ? '?'
                                                            : (uint8_t)*s);
}
void h9_table_put_f64(const h9_table *t, h9_buf *b, double v) {
  char s[H9_TEXT_MAX];
  h9_buf_put(b, s, (size_t)(h9_table_f64(t, s, v) - s));
}
void h9_table_put_i64(h9_buf *b, int64_t v) {
  char s[H9_TEXT_MAX];
  h9_buf_put(b, s, (size_t)(h9_text_i64(s, v) - s));
}
void h9_table_put_bool(const h9_table *t, h9_buf *b, bool v) {
  const char *s = t->json ? (v ? "true" : "false") : v ? "yes" : "no";
  h9_buf_put(b, s, strlen(s));
}
void h9_table_put_end(const h9_table *t, h9_buf *b) {
  if (t->json) h9_buf_put8(b, '}');
  h9_buf_put8(b, '\n');
}

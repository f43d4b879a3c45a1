#include "bytes.h"

#include <stdlib.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "array copies below assume little-endian");

unsigned char *h9_buf_extend(h9_buf *b, size_t n) {
  if (b->failed) return NULL;
  if (n > b->cap - b->len) {
    size_t cap = b->cap ? b->cap : 256;
    while (cap - b->len < n) {
      if (cap > SIZE_MAX / 2) {
        b->failed = true;
        return NULL;
      }
      cap *= 2;
    }
    unsigned char *p = realloc(b->data, cap);
    if (!p) {
      b->failed = true;
      return NULL;
    }
    b->data = p;
    b->cap = cap;
  }
  unsigned char *at = b->data + b->len;
  b->len += n;
  return at;
}

void h9_buf_put(h9_buf *b, const void *p, size_t n) {
  if (n == 0) return;
  unsigned char *at = h9_buf_extend(b, n);
  if (at) memcpy(at, p, n);
}
void h9_buf_put8(h9_buf *b, uint8_t v) { h9_buf_put(b, &v, 1); }
void h9_buf_put16(h9_buf *b, uint16_t v) {
  unsigned char *at = h9_buf_extend(b, 2);
  if (at) h9_store16(at, v);
}
void h9_buf_put32(h9_buf *b, uint32_t v) {
  unsigned char *at = h9_buf_extend(b, 4);
  if (at) h9_store32(at, v);
}
void h9_buf_put64(h9_buf *b, uint64_t v) {
  unsigned char *at = h9_buf_extend(b, 8);
  if (at) h9_store64(at, v);
}
void h9_buf_put_f64(h9_buf *b, double v) {
  unsigned char *at = h9_buf_extend(b, 8);
  if (at) h9_store_f64(at, v);
}
void h9_buf_put_varint(h9_buf *b, uint64_t v) {
  unsigned char t[10];
  size_t n = 0;
  do {
    t[n] = (unsigned char)(v & 0x7f);
    v >>= 7;
    if (v) t[n] |= 0x80;
    n++;
  } while (v);
  h9_buf_put(b, t, n);
}
void h9_buf_put_name(h9_buf *b, const char *s) {
  size_t n = strlen(s);
  if (n > H9_NAME_MAX) n = H9_NAME_MAX;
  h9_buf_put16(b, (uint16_t)n);
  h9_buf_put(b, s, n);
}
void h9_buf_put_u32s(h9_buf *b, const uint32_t *v, size_t n) { h9_buf_put(b, v, n * 4); }
void h9_buf_put_u16s(h9_buf *b, const uint16_t *v, size_t n) { h9_buf_put(b, v, n * 2); }
void h9_buf_put_f32s(h9_buf *b, const float *v, size_t n) { h9_buf_put(b, v, n * 4); }

void h9_buf_release(h9_buf *b) {
  free(b->data);
  *b = (h9_buf){0};
}

const unsigned char *h9_bytes_take(h9_bytes *c, size_t n) {
  if (c->failed || n > c->len - c->at) {
    c->failed = true;
    return NULL;
  }
  const unsigned char *p = c->data + c->at;
  c->at += n;
  return p;
}
uint8_t h9_bytes_get8(h9_bytes *c) {
  const unsigned char *p = h9_bytes_take(c, 1);
  return p ? *p : 0;
}
uint16_t h9_bytes_get16(h9_bytes *c) {
  const unsigned char *p = h9_bytes_take(c, 2);
  return p ? h9_load16(p) : 0;
}
uint32_t h9_bytes_get32(h9_bytes *c) {
  const unsigned char *p = h9_bytes_take(c, 4);
  return p ? h9_load32(p) : 0;
}
uint64_t h9_bytes_get64(h9_bytes *c) {
  const unsigned char *p = h9_bytes_take(c, 8);
  return p ? h9_load64(p) : 0;
}
double h9_bytes_get_f64(h9_bytes *c) {
  const unsigned char *p = h9_bytes_take(c, 8);
  return p ? h9_load_f64(p) : 0;
}
uint64_t h9_bytes_get_varint(h9_bytes *c) {
  uint64_t v = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const unsigned char *p = h9_bytes_take(c, 1);
    if (!p) return 0;
    v |= (uint64_t)(*p & 0x7f) << shift;
    if (!(*p & 0x80)) {
      if (shift == 63 && *p > 1) break;
      return v;
    }
  }
  c->failed = true;
  return 0;
}
char *h9_bytes_get_name(h9_bytes *c) {
  size_t n = h9_bytes_get16(c);
  if (n > H9_NAME_MAX) c->failed = true;
  const unsigned char *p = h9_bytes_take(c, n);
  if (!p || memchr(p, 0, n)) {
    c->failed = true;
    return NULL;
  }
  char *s = malloc(n + 1);
  if (!s) {
    c->failed = true;
    return NULL;
  }
  memcpy(s, p, n);
  s[n] = 0;
  return s;
}
static void take_array(h9_bytes *c, void *v, size_t n, size_t width) {
  if (n > SIZE_MAX / width) {
    c->failed = true;
    return;
  }
  const unsigned char *p = h9_bytes_take(c, n * width);
  if (p && n) memcpy(v, p, n * width);
}
void h9_bytes_get_u32s(h9_bytes *c, uint32_t *v, size_t n) { take_array(c, v, n, 4); }
void h9_bytes_get_u16s(h9_bytes *c, uint16_t *v, size_t n) { take_array(c, v, n, 2); }
void h9_bytes_get_f32s(h9_bytes *c, float *v, size_t n) { take_array(c, v, n, 4); }

/* Little-endian loads and stores, a growing byte buffer to encode into, and a bounded cursor to
 * decode from. Everything that reaches a stream is written field by field through these. */
#ifndef H9_BASE_BYTES_H
#define H9_BASE_BYTES_H

#include "status.h"
#include <string.h>

static inline uint16_t h9_load16(const void *p) {
  const unsigned char *b = p;
  return (uint16_t)(b[0] | b[1] << 8);
}
static inline uint32_t h9_load32(const void *p) {
  const unsigned char *b = p;
  return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}
static inline uint64_t h9_load64(const void *p) {
  return h9_load32(p) | (uint64_t)h9_load32((const char *)p + 4) << 32;
}
static inline void h9_store16(void *p, uint16_t v) {
  unsigned char *b = p;
  b[0] = (unsigned char)v;
  b[1] = (unsigned char)(v >> 8);
}
static inline void h9_store32(void *p, uint32_t v) {
  unsigned char *b = p;
  for (int i = 0; i < 4; i++) b[i] = (unsigned char)(v >> (8 * i));
}
static inline void h9_store64(void *p, uint64_t v) {
  unsigned char *b = p;
  for (int i = 0; i < 8; i++) b[i] = (unsigned char)(v >> (8 * i));
}
static inline double h9_load_f64(const void *p) {
  uint64_t u = h9_load64(p);
  double d;
  memcpy(&d, &u, 8);
  return d;
}
static inline void h9_store_f64(void *p, double d) {
  uint64_t u;
  memcpy(&u, &d, 8);
  h9_store64(p, u);
}

/* A growing buffer. Zero-initialise; release with h9_buf_release. A failed growth sets `failed`
 * and later puts do nothing, so a long encoding is checked once at its end. */
typedef struct h9_buf {
  unsigned char *data;
  size_t len, cap;
  bool failed;
} h9_buf;

/* Makes room for n more bytes and returns where they start (NULL on failure); len grows by n. */
unsigned char *h9_buf_extend(h9_buf *b, size_t n);
void h9_buf_put(h9_buf *b, const void *p, size_t n);
void h9_buf_put8(h9_buf *b, uint8_t v);
void h9_buf_put16(h9_buf *b, uint16_t v);
void h9_buf_put32(h9_buf *b, uint32_t v);
void h9_buf_put64(h9_buf *b, uint64_t v);
void h9_buf_put_f64(h9_buf *b, double v);
void h9_buf_put_varint(h9_buf *b, uint64_t v); /* LEB128, unsigned, at most 10 bytes */
void h9_buf_put_name(h9_buf *b, const char *s); /* u16 length, then the bytes, no zero */
void h9_buf_put_u32s(h9_buf *b, const uint32_t *v, size_t n);
void h9_buf_put_u16s(h9_buf *b, const uint16_t *v, size_t n);
void h9_buf_put_f32s(h9_buf *b, const float *v, size_t n);
void h9_buf_release(h9_buf *b);

/* A bounded cursor over bytes owned by the caller. A read past the end sets `failed` and yields
 * zero, so that a decoder checks once per record. `at` tells how far it came. */
typedef struct h9_bytes {
  const unsigned char *data;
  size_t len, at;
  bool failed;
} h9_bytes;

static inline size_t h9_bytes_left(const h9_bytes *c) { return c->len - c->at; }
const unsigned char *h9_bytes_take(h9_bytes *c, size_t n); /* NULL past the end */
uint8_t h9_bytes_get8(h9_bytes *c);
uint16_t h9_bytes_get16(h9_bytes *c);
uint32_t h9_bytes_get32(h9_bytes *c);
uint64_t h9_bytes_get64(h9_bytes *c);
double h9_bytes_get_f64(h9_bytes *c);
uint64_t h9_bytes_get_varint(h9_bytes *c);
/* A name as written by h9_buf_put_name, copied to a malloc'ed zero-terminated string that the
 * caller frees. NULL (and failed) when it is cut, longer than H9_NAME_MAX or holds a zero byte. */
char *h9_bytes_get_name(h9_bytes *c);
void h9_bytes_get_u32s(h9_bytes *c, uint32_t *v, size_t n);
void h9_bytes_get_u16s(h9_bytes *c, uint16_t *v, size_t n);
void h9_bytes_get_f32s(h9_bytes *c, float *v, size_t n);

#endif

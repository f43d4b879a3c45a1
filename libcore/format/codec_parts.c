#include "codec_parts.h"

#include <stdio.h>
#include <string.h>

int h9_body_end(const h9_bytes *c, const char *what, h9_error *e) {
  if (c->failed) return h9_fail(e, H9_EDATA, "%s cut or damaged near byte %zu of %zu", what, c->at, c->len);
  if (c->at != c->len)
    return h9_fail(e, H9_EDATA, "%zu bytes after the %s, expected none", c->len - c->at, what);
  return H9_OK;
}

int h9_body_begin(const h9_block *b, h9_bytes *c, h9_error *e) {
  *c = (h9_bytes){b->body, b->len, 0, false};
  return b->body ? H9_OK : h9_fail(e, H9_EINTERNAL, "a block that was not decompressed is to be decoded");
}

int h9_body_write(h9_writer *w, enum h9_block_kind kind, uint64_t count, h9_buf *b, h9_error *e) {
  int rc =
      b->failed ? h9_fail_memory(e, b->len, h9_block_kind_name(kind)) : h9_writer_block(w, kind, count, b, e);
  h9_buf_release(b);
  return rc;
}

bool h9_name_is_fine(const char *s) {
  if (!*s) return false;
  for (; *s; s++)
    if ((unsigned char)*s < 0x20 || *s == 0x7f) return false;
  return true;
}

void h9_projection_describe(const h9_network *net, uint32_t p, char out[600]) {
  const h9_projection *j = &net->projections[p];
  snprintf(out, 600, "projection %u ('%s' to '%s')", p + 1, net->populations[j->source].name,
           net->populations[j->target].name);
}

int h9_width_for(uint32_t most) { return most <= 0xff ? 1 : most <= 0xffff ? 2 : 4; }

unsigned char *h9_planes_put(h9_buf *b, const uint32_t *v, size_t n, int width) {
  unsigned char *out = h9_buf_extend(b, n * (size_t)width);
  if (!out) return NULL;
  for (int k = 0; k < width; k++)
    for (size_t i = 0; i < n; i++) out[(size_t)k * n + i] = (unsigned char)(v[i] >> (8 * k));
  return out;
}

/* Loops of a fixed length, which compilers turn into vectors at -O2. */
enum { LANES = 32 };

static void get2(const unsigned char *restrict a, const unsigned char *restrict b, size_t n,
                 uint32_t *restrict v) {
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t j = i; j < i + LANES; j++) v[j] = (uint32_t)a[j] | (uint32_t)b[j] << 8;
  for (; i < n; i++) v[i] = (uint32_t)a[i] | (uint32_t)b[i] << 8;
}

void h9_planes_get(const unsigned char *p, size_t n, int width, uint32_t *restrict v) {
  const unsigned char *a = p, *b = p + n, *c = b + n, *d = c + n;
  if (width == 1)
    for (size_t i = 0; i < n; i++) v[i] = a[i];
  else if (width == 2) get2(a, b, n, v);
  else
    for (size_t i = 0; i < n; i++)
      v[i] = (uint32_t)a[i] | (uint32_t)b[i] << 8 | (uint32_t)c[i] << 16 | (uint32_t)d[i] << 24;
}

void h9_planes_put16(unsigned char *restrict out, const uint16_t *restrict v, size_t n) {
  for (size_t i = 0; i < n; i++) {
    out[i] = (unsigned char)v[i];
    out[n + i] = (unsigned char)(v[i] >> 8);
  }
}

void h9_planes_get16(const unsigned char *restrict p, size_t n, uint16_t *restrict v) {
  const unsigned char *q = p + n;
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t j = i; j < i + LANES; j++) v[j] = (uint16_t)(p[j] | q[j] << 8);
  for (; i < n; i++) v[i] = (uint16_t)(p[i] | q[i] << 8);
}

void h9_planes_put_f32(unsigned char *restrict out, const float *restrict v, size_t n) {
  for (size_t i = 0; i < n; i++) {
    uint32_t u;
    memcpy(&u, &v[i], 4);
    for (int k = 0; k < 4; k++) out[(size_t)k * n + i] = (unsigned char)(u >> (8 * k));
  }
}

void h9_planes_get_f32(const unsigned char *restrict p, size_t n, float *restrict v) {
  const unsigned char *a = p, *b = p + n, *c = b + n, *d = c + n;
  for (size_t i = 0; i < n; i++) {
    uint32_t u = (uint32_t)a[i] | (uint32_t)b[i] << 8 | (uint32_t)c[i] << 16 | (uint32_t)d[i] << 24;
    memcpy(&v[i], &u, 4);
  }
}

void h9_planes_put_f64(unsigned char *restrict out, const double *restrict v, size_t n) {
  for (size_t i = 0; i < n; i++) {
    uint64_t u;
    memcpy(&u, &v[i], 8);
    for (int k = 0; k < 8; k++) out[(size_t)k * n + i] = (unsigned char)(u >> (8 * k));
  }
}

void h9_planes_get_f64(const unsigned char *restrict p, size_t n, double *restrict v) {
  for (size_t i = 0; i < n; i++) {
    uint64_t u = 0;
    for (int k = 0; k < 8; k++) u |= (uint64_t)p[(size_t)k * n + i] << (8 * k);
    memcpy(&v[i], &u, 8);
  }
}

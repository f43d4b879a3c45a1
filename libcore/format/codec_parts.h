/* What the files of the block codec share. */
#ifndef H9_FORMAT_CODEC_PARTS_H
#define H9_FORMAT_CODEC_PARTS_H

#include "codec.h"

/* Ends a body: nothing may be left, nothing may have been missing. H9_EDATA naming `what`. */
int h9_body_end(const h9_bytes *c, const char *what, h9_error *e) H9_UNUSED_RESULT;
/* Begins one: fails where the block's body was not decompressed. */
int h9_body_begin(const h9_block *b, h9_bytes *c, h9_error *e) H9_UNUSED_RESULT;
/* Writes the buffer as a block and releases it in every case; H9_ESYSTEM when the buffer failed. */
int h9_body_write(h9_writer *w, enum h9_block_kind kind, uint64_t count, h9_buf *b,
                  h9_error *e) H9_UNUSED_RESULT;
/* A name that people and tables can show: not empty, no control characters. */
bool h9_name_is_fine(const char *s);
/* "projection 3 ('exc' to 'inh')" */
void h9_projection_describe(const h9_network *net, uint32_t p, char out[600]);

/* Numbers of 1, 2 or 4 bytes as byte planes: the lowest byte of each, then the next lowest, ... Low bytes
 * look random and high ones repeat, so they compress better and faster apart. */
int h9_width_for(uint32_t most);
unsigned char *h9_planes_put(h9_buf *b, const uint32_t *v, size_t n, int width);
void h9_planes_get(const unsigned char *p, size_t n, int width, uint32_t *v);
void h9_planes_put16(unsigned char *out, const uint16_t *v, size_t n);
void h9_planes_put_f32(unsigned char *out, const float *v, size_t n);
void h9_planes_get_f32(const unsigned char *p, size_t n, float *v);
void h9_planes_put_f64(unsigned char *out, const double *v, size_t n);
void h9_planes_get_f64(const unsigned char *p, size_t n, double *v);
void h9_planes_get16(const unsigned char *p, size_t n, uint16_t *v);

/* Unsigned LEB128 of at most 32 bits at *p, not beyond `end`; false when it is cut, too large or longer
 * than needed. */
static inline bool h9_varint32(const unsigned char **p, const unsigned char *end, uint32_t *v) {
  const unsigned char *q = *p;
  if (q < end && *q < 0x80) {
    *v = *q;
    *p = q + 1;
    return true;
  }
  uint64_t x = 0;
  for (int shift = 0; q < end && shift < 35; shift += 7) {
    unsigned char byte = *q++;
    x |= (uint64_t)(byte & 0x7f) << shift;
    if (byte & 0x80) continue;
    *v = (uint32_t)x;
    *p = q;
    return x <= UINT32_MAX && (byte != 0 || shift == 0);
  }
  return false;
}

#endif

#include "stream_frame.h"

#include <zstd.h>

/* h9_packer and h9_unpacker are never defined: they are ZSTD_CCtx and ZSTD_DCtx to the outside. */

/* RFC 8878, 3.1.1.1: the frame header descriptor's bits. */
enum { FRAME_SINGLE_SEGMENT = 1 << 5, FRAME_CHECKSUM = 1 << 2, FRAME_SIZE_SHIFT = 6 };

size_t h9_frame_bound(size_t payload) { return ZSTD_compressBound(payload); }

h9_packer *h9_packer_new(int level) {
  ZSTD_CCtx *c = ZSTD_createCCtx();
  if (!c) return NULL;
  if (ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, level)) ||
      ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1))) {
    ZSTD_freeCCtx(c);
    return NULL;
  }
  return (h9_packer *)c;
}

void h9_packer_free(h9_packer *p) {
  if (p) ZSTD_freeCCtx((ZSTD_CCtx *)p);
}

int h9_frame_pack(h9_packer *p, const void *payload, size_t n, void *frame, size_t room, size_t *len,
                  h9_error *e) {
  ZSTD_CCtx *c = (ZSTD_CCtx *)p;
  /* A window as large as the payload makes zstd write the single-segment form at every level. */
  int window = 10;
  while (((size_t)1 << window) < n) window++;
  size_t r = ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, window);
  if (!ZSTD_isError(r)) r = ZSTD_compress2(c, frame, room, payload, n);
  if (ZSTD_isError(r))
    return h9_fail(e, H9_ESYSTEM, "cannot compress %zu bytes: %s", n, ZSTD_getErrorName(r));
  *len = r;
  return H9_OK;
}

h9_unpacker *h9_unpacker_new(void) { return (h9_unpacker *)ZSTD_createDCtx(); }

void h9_unpacker_free(h9_unpacker *u) {
  if (u) ZSTD_freeDCtx((ZSTD_DCtx *)u);
}

int h9_frame_measure(const unsigned char *frame, size_t len, size_t *payload, h9_error *e) {
  if (len < H9_FRAME_HEAD_MIN || h9_load32(frame) != ZSTD_MAGICNUMBER)
    return h9_fail(e, H9_EDATA, "no zstd frame follows its tag");
  unsigned descriptor = frame[4], form = descriptor >> FRAME_SIZE_SHIFT;
  if ((descriptor & 0x3f) != (FRAME_SINGLE_SEGMENT | FRAME_CHECKSUM) || form > 2)
    return h9_fail(e, H9_EDATA, "zstd frame header 0x%02x is not of a stream's form", descriptor);
  static const unsigned char bytes[3] = {1, 2, 4};
  if (len < 5u + bytes[form]) return h9_fail(e, H9_EDATA, "the zstd frame is cut inside its header");
  size_t n = form == 0 ? frame[5] : form == 1 ? h9_load16(frame + 5) + (size_t)256 : h9_load32(frame + 5);
  if (n < H9_PAYLOAD_HEAD || n > H9_PAYLOAD_MAX || (form == 2 && n < 65536 + 256))
    return h9_fail(e, H9_EDATA, "zstd frame of %zu bytes, expected %d to %lu in shortest form", n,
                   H9_PAYLOAD_HEAD, (unsigned long)H9_PAYLOAD_MAX);
  *payload = n;
  return H9_OK;
}

int h9_frame_unpack(h9_unpacker *u, const unsigned char *frame, size_t len, void *payload, size_t n,
                    h9_error *e) {
  size_t one = ZSTD_findFrameCompressedSize(frame, len);
  if (ZSTD_isError(one)) return h9_fail(e, H9_EDATA, "damaged zstd frame: %s", ZSTD_getErrorName(one));
  if (one != len) return h9_fail(e, H9_EDATA, "its zstd frame has %zu bytes, the tag says %zu", one, len);
  size_t r = ZSTD_decompressDCtx((ZSTD_DCtx *)u, payload, n, frame, len);
  if (ZSTD_isError(r)) return h9_fail(e, H9_EDATA, "damaged zstd frame: %s", ZSTD_getErrorName(r));
  if (r != n) return h9_fail(e, H9_EDATA, "its zstd frame holds %zu bytes, its header says %zu", r, n);
  return H9_OK;
}

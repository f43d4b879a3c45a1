#define H9_SCALAR
#define KERNELS h9_wide_scalar
#include "wide_body.h"

const h9_wide_kernels *h9_wide_choose(enum h9_simd level) {
  switch (level) {
#ifdef __x86_64__
  case H9_SIMD_AVX512:
    return &h9_wide_avx512;
  case H9_SIMD_AVX2:
    return &h9_wide_avx2;
  case H9_SIMD_SSE:
    return &h9_wide_sse;
#endif
  default:
    return &h9_wide_scalar;
  }
}

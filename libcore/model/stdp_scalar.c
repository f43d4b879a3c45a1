#define H9_SCALAR
#define KERNELS h9_stdp_scalar
#include "stdp_body.h"

const h9_stdp_kernels *h9_stdp_choose(enum h9_simd level) {
  switch (level) {
#ifdef __x86_64__
  case H9_SIMD_AVX512:
    return &h9_stdp_avx512;
  case H9_SIMD_AVX2:
    return &h9_stdp_avx2;
  case H9_SIMD_SSE:
    return &h9_stdp_sse;
#endif
  default:
    return &h9_stdp_scalar;
  }
}

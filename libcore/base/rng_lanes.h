/* h9_philox on sixteen counters at once, for files compiled once a SIMD level. Define VECTOR as a loop
 * directive (or as nothing) before including. The same numbers as h9_philox at every level.
 *
 * The intrinsics are here because compilers do not see that only the lower halves of 64-bit lanes are
 * multiplied. A lane's upper half holds remainders that no later step looks at. */
#ifndef H9_BASE_RNG_LANES_H
#define H9_BASE_RNG_LANES_H

#include "rng.h"

enum { H9_LANES = 16 };

#if defined(__AVX512F__)
#include <immintrin.h>
enum { H9_LANES_STEP = H9_LANES };
/* Both halves go through the rounds together: one hides the other's latency. */
static inline __attribute__((always_inline)) void h9_philox_some(h9_key key, uint32_t c0, const uint32_t *c1,
                                                                 uint32_t c2, uint32_t c3,
                                                                 uint32_t out[4][H9_LANES], int at) {
  const __m512i m0 = _mm512_set1_epi64(0xD2511F53), m1 = _mm512_set1_epi64(0xCD9E8D57);
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  __m512i a = _mm512_set1_epi64(c0), c = _mm512_set1_epi64(c2), d = _mm512_set1_epi64(c3), a2 = a, c2_ = c, d2 = d;
  __m512i b = _mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *)(c1 + at))),
          b2 = _mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *)(c1 + at + 8)));
  __m512i k0 = _mm512_set1_epi64(key.k[0]), k1 = _mm512_set1_epi64(key.k[1]);
#pragma GCC unroll 8
  for (int r = 0; r < H9_PHILOX_ROUNDS; r++) {
    __m512i p0 = _mm512_mul_epu32(a, m0), p1 = _mm512_mul_epu32(c, m1);
    __m512i q0 = _mm512_mul_epu32(a2, m0), q1 = _mm512_mul_epu32(c2_, m1);
    a = _mm512_ternarylogic_epi64(_mm512_srli_epi64(p1, 32), b, k0, 0x96);
    c = _mm512_ternarylogic_epi64(_mm512_srli_epi64(p0, 32), d, k1, 0x96);
    a2 = _mm512_ternarylogic_epi64(_mm512_srli_epi64(q1, 32), b2, k0, 0x96);
    c2_ = _mm512_ternarylogic_epi64(_mm512_srli_epi64(q0, 32), d2, k1, 0x96);
    b = p1;
    d = p0;
    b2 = q1;
    d2 = q0;
    k0 = _mm512_add_epi32(k0, _mm512_set1_epi64(0x9E3779B9));
    k1 = _mm512_add_epi32(k1, _mm512_set1_epi64(0xBB67AE85));
  }
  _mm512_storeu_si512(out[0] + at, _mm512_permutex2var_epi32(a, even, a2));
  _mm512_storeu_si512(out[1] + at, _mm512_permutex2var_epi32(b, even, b2));
  _mm512_storeu_si512(out[2] + at, _mm512_permutex2var_epi32(c, even, c2_));
  _mm512_storeu_si512(out[3] + at, _mm512_permutex2var_epi32(d, even, d2));
}
#elif defined(__AVX2__)
#include <immintrin.h>
enum { H9_LANES_STEP = 4 };
static inline __attribute__((always_inline)) void h9_philox_store(uint32_t *to, __m256i v) {
  const __m256i even = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
  _mm_storeu_si128((__m128i *)to, _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(v, even)));
}
static inline __attribute__((always_inline)) void h9_philox_some(h9_key key, uint32_t c0, const uint32_t *c1,
                                                                 uint32_t c2, uint32_t c3,
                                                                 uint32_t out[4][H9_LANES], int at) {
  const __m256i m0 = _mm256_set1_epi64x(0xD2511F53), m1 = _mm256_set1_epi64x(0xCD9E8D57);
  __m256i a = _mm256_set1_epi64x(c0), c = _mm256_set1_epi64x(c2), d = _mm256_set1_epi64x(c3);
  __m256i b = _mm256_cvtepu32_epi64(_mm_loadu_si128((const __m128i *)(c1 + at)));
  uint32_t k0 = key.k[0], k1 = key.k[1];
  for (int r = 0; r < H9_PHILOX_ROUNDS; r++) {
    __m256i p0 = _mm256_mul_epu32(a, m0), p1 = _mm256_mul_epu32(c, m1);
    a = _mm256_xor_si256(_mm256_srli_epi64(p1, 32), _mm256_xor_si256(b, _mm256_set1_epi64x(k0)));
    c = _mm256_xor_si256(_mm256_srli_epi64(p0, 32), _mm256_xor_si256(d, _mm256_set1_epi64x(k1)));
    b = p1;
    d = p0;
    k0 += UINT32_C(0x9E3779B9);
    k1 += UINT32_C(0xBB67AE85);
  }
  h9_philox_store(out[0] + at, a);
  h9_philox_store(out[1] + at, b);
  h9_philox_store(out[2] + at, c);
  h9_philox_store(out[3] + at, d);
}
#else
enum { H9_LANES_STEP = H9_LANES };
static inline __attribute__((always_inline)) void h9_philox_some(h9_key key, uint32_t c0, const uint32_t *c1,
                                                                 uint32_t c2, uint32_t c3,
                                                                 uint32_t out[4][H9_LANES], int at) {
  uint32_t k0 = key.k[0], k1 = key.k[1];
  (void)at;
  VECTOR for (int i = 0; i < H9_LANES; i++) {
    out[0][i] = c0;
    out[1][i] = c1[i];
    out[2][i] = c2;
    out[3][i] = c3;
  }
  for (int r = 0; r < H9_PHILOX_ROUNDS; r++) {
    VECTOR for (int i = 0; i < H9_LANES; i++) {
      uint64_t p0 = (uint64_t)UINT32_C(0xD2511F53) * out[0][i],
               p1 = (uint64_t)UINT32_C(0xCD9E8D57) * out[2][i];
      uint32_t n0 = (uint32_t)(p1 >> 32) ^ out[1][i] ^ k0, n2 = (uint32_t)(p0 >> 32) ^ out[3][i] ^ k1;
      out[1][i] = (uint32_t)p1;
      out[3][i] = (uint32_t)p0;
      out[0][i] = n0;
      out[2][i] = n2;
    }
    k0 += UINT32_C(0x9E3779B9);
    k1 += UINT32_C(0xBB67AE85);
  }
}
#endif

/* out[k][i] is word k of the number at counter (c0, c1[i], c2, c3). */
static inline __attribute__((always_inline)) void h9_philox_lanes(h9_key key, uint32_t c0, const uint32_t *c1,
                                                                  uint32_t c2, uint32_t c3,
                                                                  uint32_t out[4][H9_LANES]) {
  for (int i = 0; i < H9_LANES; i += H9_LANES_STEP) h9_philox_some(key, c0, c1, c2, c3, out, i);
}

#endif

/* Functions for the steps of models, in single and double precision: the same bits at every SIMD level, and
 * inline, so that loops that use them are vectorized.
 *
 * exp: reduction by ln 2 in two parts (Cody & Waite 1980), Taylor series on [-ln 2 / 2, ln 2 / 2], scaling by
 * bits. The argument is held to the range whose results are normal numbers. Errors: tests/unit/real.c. */
#ifndef H9_MODEL_REAL_H
#define H9_MODEL_REAL_H

#include <stdint.h>
#include <string.h>

/* Functions of a step: always inline, for a call would keep its loop from being vectorized. */
#define H9_INLINE static inline __attribute__((always_inline))

/* The directives for a loop of a kernel, and for one that or's into a sum. */
#define H9_PRAGMA(x) _Pragma(#x)
#ifdef H9_SCALAR
#define H9_VECTOR
#define H9_VECTOR_OR(sum)
#else
#define H9_VECTOR H9_PRAGMA(omp simd)
#define H9_VECTOR_OR(sum) H9_PRAGMA(omp simd reduction(| : sum))
#endif

H9_INLINE float h9_exp_float(float x) { /* error <= 2 ulp on [-87, 88] */
  x = x < -87.0f ? -87.0f : x;
  x = x > 88.0f ? 88.0f : x;
  float t = x * 0x1.715476p+0f + 0x1.8p23f, k = t - 0x1.8p23f;
  uint32_t bits;
  memcpy(&bits, &t, 4);
  bits = (bits << 23) + 0x3f800000u;
  float scale, r = (x - k * 0x1.62e4p-1f) - k * 0x1.7f7d1cp-20f;
  memcpy(&scale, &bits, 4);
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  return p * scale;
}

H9_INLINE double h9_exp_double(double x) { /* error <= 2 ulp on [-708, 709] */
  x = x < -708.0 ? -708.0 : x;
  x = x > 709.0 ? 709.0 : x;
  double t = x * 0x1.71547652b82fep+0 + 0x1.8p52, k = t - 0x1.8p52;
  uint64_t bits;
  memcpy(&bits, &t, 8);
  bits = (bits << 52) + UINT64_C(0x3ff0000000000000);
  double scale, r = (x - k * 0x1.62e42feep-1) - k * 0x1.a39ef35793c76p-33;
  memcpy(&scale, &bits, 8);
  double p = 1.0 / 6227020800;
  p = p * r + 1.0 / 479001600;
  p = p * r + 1.0 / 39916800;
  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  return p * scale;
}

/* log: m 2^k with m in [sqrt(1/2), sqrt(2)), series of atanh((m - 1)/(m + 1)); x > 0 and normal, else unspecified. */
H9_INLINE float h9_log_float(float x) { /* error <= 3 ulp */
  uint32_t bits;
  memcpy(&bits, &x, 4);
  int32_t k = (int32_t)((bits - 0x3f3504f3u) >> 23 << 24) >> 24;
  bits -= (uint32_t)k << 23;
  memcpy(&x, &bits, 4);
  float s = (x - 1) / (x + 1), z = s * s, p = 1.0f / 11;
  p = p * z + 1.0f / 9;
  p = p * z + 1.0f / 7;
  p = p * z + 1.0f / 5;
  p = p * z + 1.0f / 3;
  p = p * z + 1;
  return (float)k * 0x1.62e430p-1f + 2 * s * p;
}
H9_INLINE double h9_log_double(double x) { /* error <= 3 ulp */
  uint64_t bits;
  memcpy(&bits, &x, 8);
  int64_t k = (int64_t)((bits - UINT64_C(0x3fe6a09e667f3bcd)) >> 52 << 53) >> 53;
  bits -= (uint64_t)k << 52;
  memcpy(&x, &bits, 8);
  double s = (x - 1) / (x + 1), z = s * s, p = 1.0 / 23;
  p = p * z + 1.0 / 21;
  p = p * z + 1.0 / 19;
  p = p * z + 1.0 / 17;
  p = p * z + 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  p = p * z + 1;
  return (double)(int32_t)k * 0x1.62e42fefa39efp-1 + 2 * s * p;
}

#define square_root(x) ((real)__builtin_sqrt(x))
#define absolute(x) ((real)__builtin_fabs(x))
#define least(a, b) ((a) < (b) ? (a) : (b))
#define greatest(a, b) ((a) > (b) ? (a) : (b))
#define choose(condition, a, b) ((condition) != 0 ? (a) : (b))

/* Currents, conductances and potentials that faded this far are zero: nothing that is seen depends on them,
 * and numbers without leading bits would slow every later step. NaN stays. By bits: a choice between two values
 * would tempt compilers to branches. */
H9_INLINE float h9_settle_float(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  bits &= -(uint32_t) !(__builtin_fabsf(x) < 1e-15f);
  memcpy(&x, &bits, 4);
  return x;
}
H9_INLINE double h9_settle_double(double x) {
  uint64_t bits;
  memcpy(&bits, &x, 8);
  bits &= -(uint64_t) !(__builtin_fabs(x) < 1e-30);
  memcpy(&x, &bits, 8);
  return x;
}

#endif

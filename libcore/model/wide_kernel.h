/* Wide inputs, int64 sums of weights * scale: adding to them, and taking them out. */
#ifndef H9_MODEL_WIDE_KERNEL_H
#define H9_MODEL_WIDE_KERNEL_H

#include "../base/cpu.h"

#include <stddef.h>
#include <stdint.h>

typedef struct h9_wide_kernels {
  /* in[target] += weight * factor * scale, rounded to nearest; that of a sum below 0 `negative` further on. */
  void (*send)(const double *weight, const uint16_t *target, uint32_t n, double factor, double scale, int64_t *in,
               size_t negative);
  /* out[i] = base[i] + wide[i] * unit; wide[i] = 0. `out` may be `base`. */
  void (*take_float)(int64_t *wide, uint32_t n, double unit, const float *base, float *out);
  void (*take_double)(int64_t *wide, uint32_t n, double unit, const double *base, double *out);
} h9_wide_kernels;

const h9_wide_kernels *h9_wide_choose(enum h9_simd level);
extern const h9_wide_kernels h9_wide_scalar, h9_wide_sse, h9_wide_avx2, h9_wide_avx512;

#endif

#include "poisson.h"

#include "../base/mathfn.h"
#include "poisson_kernel.h"

#include <math.h>

/* Columns and aliases from the probabilities in units of 2^-48, which add up to 2^48: in whole numbers, so
 * exact. */
static void make_alias(h9_poisson *p, uint64_t *w) {
  enum { N = H9_POISSON_COLUMNS };
  const uint64_t full = UINT64_C(1) << 43;
  int small[N], large[N], n_small = 0, n_large = 0;
  for (int i = 0; i < N; i++) {
    p->accept[i] = full;
    p->alias[i] = (uint16_t)i;
    if (w[i] < full) small[n_small++] = i;
    else large[n_large++] = i;
  }
  while (n_small) {
    int s = small[--n_small], l = large[n_large - 1];
    p->accept[s] = w[s];
    p->alias[s] = (uint16_t)l;
    w[l] -= full - w[s];
    if (w[l] < full) {
      n_large--;
      small[n_small++] = l;
    }
  }
  for (int i = 0; i < N; i++) p->top[i] = (uint16_t)(p->accept[i] >> 32);
}

void h9_poisson_make(h9_poisson *p, double mean, uint64_t seed, uint32_t stimulus) {
  *p = (h9_poisson){.key = h9_key_make(seed, H9_PURPOSE_DRIVE, stimulus), .parts = 1};
  if (mean > H9_POISSON_PART) p->parts = (uint32_t)ceil(mean / H9_POISSON_PART);
  double each = mean / p->parts, term = h9_exp(-each), sum = 0;
  uint64_t w[H9_POISSON_COLUMNS], below = 0;
  for (uint32_t k = 0; k < H9_POISSON_COLUMNS; k++) {
    sum += term;
    term *= each / (k + 1);
    uint64_t f =
        k + 1 < H9_POISSON_COLUMNS && sum < 1 ? (uint64_t)floor(sum * 0x1p48 + 0.5) : UINT64_C(1) << 48;
    w[k] = f - below;
    below = f;
  }
  make_alias(p, w);
}

uint32_t h9_poisson_refine(const h9_poisson *p, uint64_t step, uint32_t index, uint32_t part, uint16_t top) {
  h9_ctr more = h9_philox(p->key, (uint32_t)step, index, (uint32_t)(step >> 32), part | H9_POISSON_MORE);
  uint32_t column = top >> 11;
  uint64_t u = (uint64_t)(top & 2047) << 32 | more.v[0];
  return u < p->accept[column] ? column : p->alias[column];
}

uint32_t h9_poisson_count(const h9_poisson *p, uint64_t step, uint32_t index) {
  uint32_t g = index / H9_TILE_GRAIN, i = index % H9_TILE_GRAIN, count = 0;
  for (uint32_t part = 0; part < p->parts; part++) {
    h9_ctr c = h9_philox(p->key, (uint32_t)step, 16 * g + i % 16, (uint32_t)(step >> 32), part);
    uint32_t word = c.v[i / 32];
    count += h9_poisson_refine(p, step, index, part, (uint16_t)(i / 16 % 2 ? word >> 16 : word));
  }
  return count;
}

h9_poisson_fn h9_poisson_choose(enum h9_simd level) {
  switch (level) {
#ifdef __x86_64__
  case H9_SIMD_AVX512:
    return h9_poisson_avx512;
  case H9_SIMD_AVX2:
    return h9_poisson_avx2;
  case H9_SIMD_SSE:
    return h9_poisson_sse;
#endif
  default:
    return h9_poisson_scalar;
  }
}

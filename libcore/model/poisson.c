#include "poisson.h"

#include "../base/mathfn.h"
#include "poisson_kernel.h"

#include <math.h>
#include <stdlib.h>

int h9_poisson_make(h9_poisson *p, double mean, uint64_t seed, uint32_t stimulus, h9_error *e) {
  *p = (h9_poisson){.key = h9_key_make(seed, H9_PURPOSE_DRIVE, stimulus)};
  p->parts = mean > H9_POISSON_PART ? (uint32_t)ceil(mean / H9_POISSON_PART) : 1;
  double each = mean / p->parts;
  size_t room = (size_t)(each + 12 * sqrt(each)) + 64;
  p->all = malloc(room * sizeof *p->all);
  p->top = malloc(room * sizeof *p->top);
  if (!p->all || !p->top) {
    h9_poisson_release(p);
    return h9_fail_memory(e, room * 10, "the Poisson drive");
  }
  double term = h9_exp(-each), sum = term; /* e^-256 is far above the smallest double */
  for (uint32_t k = 1; p->n_all < room; k++) {
    uint64_t f = (uint64_t)floor(sum * 0x1p48 + 0.5);
    if (f >= UINT64_C(1) << 48) break;
    p->all[p->n_all++] = f;
    uint16_t top = (uint16_t)(f >> 32);
    if (top == 0) p->base++;
    else p->top[p->n++] = top;
    term *= each / k;
    sum += term;
  }
  return H9_OK;
}

void h9_poisson_release(h9_poisson *p) {
  free(p->all);
  free(p->top);
  *p = (h9_poisson){0};
}

uint32_t h9_poisson_refine(const h9_poisson *p, uint64_t step, uint32_t index, uint32_t part, uint16_t top) {
  h9_ctr more = h9_philox(p->key, index, (uint32_t)step, (uint32_t)(step >> 32), part | H9_POISSON_MORE);
  uint64_t u = (uint64_t)top << 32 | more.v[0];
  uint32_t n = 0;
  while (n < p->n_all && p->all[n] <= u) n++;
  return n;
}

uint32_t h9_poisson_count(const h9_poisson *p, uint64_t step, uint32_t index) {
  uint32_t g = index / H9_TILE_GRAIN, i = index % H9_TILE_GRAIN, count = 0;
  for (uint32_t part = 0; part < p->parts; part++) {
    h9_ctr c = h9_philox(p->key, 16 * g + i % 16, (uint32_t)step, (uint32_t)(step >> 32), part);
    uint32_t word = c.v[i / 32];
    count += h9_poisson_refine(p, step, index, part, (uint16_t)(i / 16 % 2 ? word >> 16 : word));
  }
  return count;
}

h9_poisson_fn h9_poisson_choose(enum h9_simd level) {
  switch (level) {
#ifdef __x86_64__
  case H9_SIMD_AVX512: return h9_poisson_avx512;
  case H9_SIMD_AVX2: return h9_poisson_avx2;
  case H9_SIMD_SSE: return h9_poisson_sse;
#endif
  default: return h9_poisson_scalar;
  }
}

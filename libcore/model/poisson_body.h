/* The Poisson kernel, compiled once a level: define KERNEL, and VECTOR as a loop directive, before including.
 * A grain is sixteen Philox blocks, one a lane. */
#include "poisson_kernel.h"

enum { LANES = 16 };

static inline __attribute__((always_inline)) void philox_lanes(h9_key key, uint32_t first, uint32_t c1_, uint32_t c2_,
                                                              uint32_t c3_, uint32_t out[4][LANES]) {
  uint32_t c0[LANES], c1[LANES], c2[LANES], c3[LANES], k0 = key.k[0], k1 = key.k[1];
  VECTOR for (int i = 0; i < LANES; i++) {
    c0[i] = first + (uint32_t)i;
    c1[i] = c1_;
    c2[i] = c2_;
    c3[i] = c3_;
  }
  for (int r = 0; r < H9_PHILOX_ROUNDS; r++) {
    VECTOR for (int i = 0; i < LANES; i++) {
      uint64_t p0 = (uint64_t)UINT32_C(0xD2511F53) * c0[i], p1 = (uint64_t)UINT32_C(0xCD9E8D57) * c2[i];
      uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1[i] ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3[i] ^ k1;
      c1[i] = (uint32_t)p1;
      c3[i] = (uint32_t)p0;
      c0[i] = n0;
      c2[i] = n2;
    }
    k0 += UINT32_C(0x9E3779B9);
    k1 += UINT32_C(0xBB67AE85);
  }
  VECTOR for (int i = 0; i < LANES; i++) {
    out[0][i] = c0[i];
    out[1][i] = c1[i];
    out[2][i] = c2[i];
    out[3][i] = c3[i];
  }
}

void KERNEL(const h9_poisson *p, uint64_t step, uint32_t grain, uint32_t grains, float weight, float *out) {
  uint32_t n = p->n;
  const uint16_t *top = p->top;
  uint16_t base = (uint16_t)p->base;
  for (uint32_t g = grain; g < grain + grains; g++, out += H9_TILE_GRAIN)
    for (uint32_t part = 0; part < p->parts; part++) {
      uint32_t words[4][LANES];
      uint16_t u[H9_TILE_GRAIN], count[H9_TILE_GRAIN], tie[H9_TILE_GRAIN];
      philox_lanes(p->key, g * LANES, (uint32_t)step, (uint32_t)(step >> 32), part, words);
      for (int w = 0; w < 4; w++) {
        VECTOR for (int i = 0; i < LANES; i++) u[w * 32 + i] = (uint16_t)words[w][i];
        VECTOR for (int i = 0; i < LANES; i++) u[w * 32 + 16 + i] = (uint16_t)(words[w][i] >> 16);
      }
      VECTOR for (int i = 0; i < H9_TILE_GRAIN; i++) {
        count[i] = base;
        tie[i] = u[i] == 0;
      }
      for (uint32_t k = 0; k < n; k++) {
        uint16_t t = top[k];
        VECTOR for (int i = 0; i < H9_TILE_GRAIN; i++) {
          count[i] = (uint16_t)(count[i] + (u[i] > t));
          tie[i] = (uint16_t)(tie[i] | (u[i] == t));
        }
      }
      uint16_t any = 0;
      for (int i = 0; i < H9_TILE_GRAIN; i++) any |= tie[i];
      if (any)
        for (uint32_t i = 0; i < H9_TILE_GRAIN; i++)
          if (tie[i]) count[i] = (uint16_t)h9_poisson_refine(p, step, g * H9_TILE_GRAIN + i, part, u[i]);
      VECTOR for (int i = 0; i < H9_TILE_GRAIN; i++) out[i] += weight * (float)count[i];
    }
}

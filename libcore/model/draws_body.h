/* Define LEVEL, and VECTOR as a loop directive, before including. */
#include "draws_kernel.h"

#include "../base/rng_lanes.h"

#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)

void PASTE(h9_draws_fill, LEVEL)(h9_key key, const h9_sampler *s, uint32_t owner, uint32_t n, uint32_t size,
                                 uint32_t self, uint64_t *out) {
  const h9_table16 weight = s->weight, delay = s->delay;
  const uint64_t constant = (uint64_t)s->delay_constant << 48 | s->weight_constant;
  for (uint32_t first = 0; first < n; first += H9_LANES) {
    uint32_t w[4][H9_LANES], t[H9_LANES], draw[H9_LANES], m = n - first < H9_LANES ? n - first : H9_LANES;
    VECTOR for (int i = 0; i < H9_LANES; i++) draw[i] = first + (uint32_t)i;
    h9_philox_lanes(key, owner, draw, H9_DRAW_INDEXED, 0, w);
    VECTOR for (int i = 0; i < H9_LANES; i++) {
      t[i] = (uint32_t)((uint64_t)w[0][i] * size >> 32);
      t[i] += t[i] >= self;
    }
    uint64_t *to = out + first;
    if (weight.n && delay.n)
      for (uint32_t i = 0; i < m; i++)
        to[i] = (uint64_t)h9_table16_draw1(&delay, w[3][i]) << 48 | (uint64_t)t[i] << 16 |
                h9_table16_draw(&weight, w[1][i], w[2][i]);
    else if (weight.n)
      for (uint32_t i = 0; i < m; i++)
        to[i] = constant | (uint64_t)t[i] << 16 | h9_table16_draw(&weight, w[1][i], w[2][i]);
    else if (delay.n)
      for (uint32_t i = 0; i < m; i++)
        to[i] = constant | (uint64_t)t[i] << 16 | (uint64_t)h9_table16_draw1(&delay, w[3][i]) << 48;
    else
      for (uint32_t i = 0; i < m; i++) to[i] = constant | (uint64_t)t[i] << 16;
  }
}

void PASTE(h9_draws_pairs, LEVEL)(h9_key key, uint32_t owner, const uint32_t *partner, uint32_t n,
                                  uint32_t *word) {
  for (uint32_t first = 0; first < n; first += H9_LANES) {
    uint32_t w[4][H9_LANES], c[H9_LANES], m = n - first < H9_LANES ? n - first : H9_LANES;
    for (uint32_t i = 0; i < H9_LANES; i++) c[i] = partner[i < m ? first + i : first];
    h9_philox_lanes(key, owner, c, H9_DRAW_PAIR, 0, w);
    for (uint32_t i = 0; i < m; i++) word[first + i] = w[0][i];
  }
}

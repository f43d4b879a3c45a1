/* The Poisson kernel, compiled once a level: define KERNEL, and VECTOR as a loop directive, before including.
 * A grain is sixteen Philox blocks; each of their words gives two counts, GROUP = 32 neurons a word. */
#include "../base/rng_lanes.h"
#include "poisson_kernel.h"

enum { GROUP = 2 * H9_LANES };

/* Counts of a group from one word of its blocks; returns whether any needs further bits, marked in `tie`. */
#if defined(__AVX512BW__)
typedef struct tables {
  __m512i top, alias;
} tables;
static inline tables tables_load(const h9_poisson *p) {
  return (tables){_mm512_loadu_si512(p->top), _mm512_loadu_si512(p->alias)};
}
static inline __attribute__((always_inline)) bool group(const tables *t, const uint32_t *word, uint16_t *u16,
                                                        uint16_t *count, uint16_t *tie) {
  __m512i w = _mm512_loadu_si512(word);
  __m512i low = _mm512_castsi256_si512(_mm512_cvtepi32_epi16(w));
  __m512i u = _mm512_inserti64x4(low, _mm512_cvtepi32_epi16(_mm512_srli_epi32(w, 16)), 1);
  __m512i column = _mm512_srli_epi16(u, 11), rest = _mm512_and_si512(u, _mm512_set1_epi16(2047));
  __m512i top = _mm512_permutexvar_epi16(column, t->top), other = _mm512_permutexvar_epi16(column, t->alias);
  __mmask32 own = _mm512_cmplt_epu16_mask(rest, top), same = _mm512_cmpeq_epi16_mask(rest, top);
  _mm512_storeu_si512(count, _mm512_mask_mov_epi16(other, own, column));
  if (same == 0) return false;
  _mm512_storeu_si512(u16, u);
  _mm512_storeu_si512(tie, _mm512_movm_epi16(same));
  return true;
}
#elif defined(__AVX2__)
/* Lookups of 32 bytes by two shuffles of 16. */
typedef struct tables {
  __m256i low[2], high[2], alias[2];
} tables;
static inline __m256i half_table(const uint16_t *t, int shift, int from) {
  unsigned char b[32];
  for (int i = 0; i < 32; i++) b[i] = (unsigned char)(t[from + i % 16] >> shift);
  return _mm256_loadu_si256((const __m256i *)b);
}
static inline tables tables_load(const h9_poisson *p) {
  tables t;
  for (int h = 0; h < 2; h++) {
    t.low[h] = half_table(p->top, 0, 16 * h);
    t.high[h] = half_table(p->top, 8, 16 * h);
    t.alias[h] = half_table(p->alias, 0, 16 * h);
  }
  return t;
}
static inline __m256i look_up(const __m256i t[2], __m256i at, __m256i upper) {
  return _mm256_blendv_epi8(_mm256_shuffle_epi8(t[0], at), _mm256_shuffle_epi8(t[1], at), upper);
}
static inline __attribute__((always_inline)) bool group(const tables *t, const uint32_t *word, uint16_t *u16,
                                                        uint16_t *count, uint16_t *tie) {
  const __m256i byte = _mm256_set1_epi16(255);
  __m256i a = _mm256_loadu_si256((const __m256i *)word), b = _mm256_loadu_si256((const __m256i *)(word + 8));
  __m256i any = _mm256_setzero_si256();
  for (int half = 0; half < 2; half++) {
    __m256i x = half ? _mm256_srli_epi32(a, 16) : _mm256_and_si256(a, _mm256_set1_epi32(0xffff));
    __m256i y = half ? _mm256_srli_epi32(b, 16) : _mm256_and_si256(b, _mm256_set1_epi32(0xffff));
    __m256i u = _mm256_permute4x64_epi64(_mm256_packus_epi32(x, y), 0xd8);
    __m256i column = _mm256_srli_epi16(u, 11), rest = _mm256_and_si256(u, _mm256_set1_epi16(2047));
    __m256i at = _mm256_or_si256(column, _mm256_slli_epi16(column, 8)), upper = _mm256_slli_epi16(at, 3);
    __m256i top = _mm256_or_si256(_mm256_and_si256(look_up(t->low, at, upper), byte),
                                  _mm256_andnot_si256(byte, look_up(t->high, at, upper)));
    __m256i other = _mm256_and_si256(look_up(t->alias, at, upper), byte);
    __m256i same = _mm256_cmpeq_epi16(rest, top);
    __m256i c = _mm256_blendv_epi8(other, column, _mm256_cmpgt_epi16(top, rest));
    _mm256_storeu_si256((__m256i *)(count + half * H9_LANES), c);
    _mm256_storeu_si256((__m256i *)(u16 + half * H9_LANES), u);
    _mm256_storeu_si256((__m256i *)(tie + half * H9_LANES), same);
    any = _mm256_or_si256(any, same);
  }
  return !_mm256_testz_si256(any, any);
}
#else
typedef struct tables {
  const h9_poisson *p;
} tables;
static inline tables tables_load(const h9_poisson *p) { return (tables){p}; }
static inline bool group(const tables *t, const uint32_t *word, uint16_t *u16, uint16_t *count,
                         uint16_t *tie) {
  uint32_t any = 0;
  for (int i = 0; i < GROUP; i++) {
    uint16_t u = (uint16_t)(i < H9_LANES ? word[i] : word[i - H9_LANES] >> 16);
    uint16_t column = u >> 11, rest = u & 2047, top = t->p->top[column];
    u16[i] = u;
    count[i] = rest < top ? column : t->p->alias[column];
    any |= tie[i] = rest == top;
  }
  return any;
}
#endif

void KERNEL(const h9_poisson *p, uint64_t step, uint32_t grain, uint32_t grains, float weight, float *out) {
  tables t = tables_load(p);
  for (uint32_t g = grain; g < grain + grains; g++, out += H9_TILE_GRAIN)
    for (uint32_t part = 0; part < p->parts; part++) {
      uint32_t block[H9_LANES], word[4][H9_LANES];
      VECTOR for (int i = 0; i < H9_LANES; i++) block[i] = g * H9_LANES + (uint32_t)i;
      h9_philox_lanes(p->key, (uint32_t)step, block, (uint32_t)(step >> 32), part, word);
#pragma GCC unroll 4
      for (uint32_t w = 0; w < 4; w++) {
        uint16_t u[GROUP], count[GROUP], tie[GROUP];
        float *to = out + w * GROUP;
        if (group(&t, word[w], u, count, tie))
          for (uint32_t i = 0; i < GROUP; i++)
            if (tie[i])
              count[i] = (uint16_t)h9_poisson_refine(p, step, g * H9_TILE_GRAIN + w * GROUP + i, part, u[i]);
        VECTOR for (int i = 0; i < GROUP; i++) to[i] += weight * (float)count[i];
      }
    }
}

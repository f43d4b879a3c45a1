/* Counter-based random numbers (Philox4x32, Salmon et al. 2011, SC'11, doi:10.1145/2063384.2063405).
 *
 * A number is a pure function of (seed, purpose, sub, counter): never of a thread, a rank or the
 * order of calls. `purpose` says what the number is for, `sub` which population or projection,
 * the four counter words which neuron, connection, draw or step. Seven rounds: the fewest that
 * pass BigCrush in that paper. */
#ifndef H9_BASE_RNG_H
#define H9_BASE_RNG_H

#include "types.h"

enum { H9_PHILOX_ROUNDS = 7 };

/* One value a use; never reuse or renumber, since numbers fix published results. */
enum h9_purpose {
  H9_PURPOSE_POSITION = 1,
  H9_PURPOSE_PARAMETER = 2,  /* word 2 of the counter: index of the parameter */
  H9_PURPOSE_CONNECT = 3,    /* which pairs a rule joins */
  H9_PURPOSE_WEIGHT = 4,
  H9_PURPOSE_DELAY = 5,
  H9_PURPOSE_SPLIT = 6,      /* multinomial splits of a total over ranges */
  H9_PURPOSE_DRIVE = 7,      /* Poisson drive of the simulation */
  H9_PURPOSE_SAMPLE = 8,     /* sampling in statistics and pictures */
  H9_PURPOSE_EXPERIMENT = 9,
  H9_PURPOSE_STIMULUS = 16, /* values of stimuli; word 2 of the counter: which value */
  H9_PURPOSE_NOISE = 17,    /* noise currents */
};

typedef struct h9_key { uint32_t k[2]; } h9_key;
typedef struct h9_ctr { uint32_t v[4]; } h9_ctr;

/* The key of one (seed, purpose, sub). */
h9_key h9_key_make(uint64_t seed, enum h9_purpose purpose, uint32_t sub);

/* Four independent uniform words. */
static inline h9_ctr h9_philox(h9_key key, uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3) {
  uint32_t k0 = key.k[0], k1 = key.k[1];
  for (int r = 0; r < H9_PHILOX_ROUNDS; r++) {
    uint64_t p0 = (uint64_t)UINT32_C(0xD2511F53) * c0, p1 = (uint64_t)UINT32_C(0xCD9E8D57) * c2;
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1;
    c3 = (uint32_t)p0;
    c0 = n0;
    c2 = n2;
    k0 += UINT32_C(0x9E3779B9);
    k1 += UINT32_C(0xBB67AE85);
  }
  return (h9_ctr){{c0, c1, c2, c3}};
}

/* Uniform in (0, 1), never 0 or 1, from two words: 53 bits. */
static inline double h9_uniform53(uint32_t a, uint32_t b) {
  return ((double)(((uint64_t)a << 32 | b) >> 11) + 0.5) * 0x1p-53;
}
/* Uniform in (0, 1) from one word: 32 bits. */
static inline double h9_uniform32(uint32_t a) { return ((double)a + 0.5) * 0x1p-32; }
/* Uniform integer in [0, n) from one word, n > 0: multiply and shift; bias below n / 2^32. */
static inline uint32_t h9_below(uint32_t a, uint32_t n) { return (uint32_t)((uint64_t)a * n >> 32); }

/* A sequence of draws of any length keyed like the above: for rejection methods and samplers that
 * need an unknown number of words. `draw` counts in word 3 of the counter. */
typedef struct h9_draws {
  h9_key key;
  uint32_t c0, c1, c2, next;
  h9_ctr block;
  int left; /* words left in block */
} h9_draws;

static inline h9_draws h9_draws_make(h9_key key, uint32_t c0, uint32_t c1, uint32_t c2) {
  return (h9_draws){key, c0, c1, c2, 0, {{0}}, 0};
}
static inline uint32_t h9_draw32(h9_draws *d) {
  if (d->left == 0) {
    d->block = h9_philox(d->key, d->c0, d->c1, d->c2, d->next++);
    d->left = 4;
  }
  return d->block.v[4 - d->left--];
}
static inline double h9_draw_uniform(h9_draws *d) {
  uint32_t a = h9_draw32(d);
  return h9_uniform53(a, h9_draw32(d));
}

/* Samplers. Exact up to double rounding; each documents its method and source in rng.c. */
double h9_draw_normal(h9_draws *d);                          /* mean 0, sd 1 */
double h9_draw_exponential(h9_draws *d);                     /* mean 1 */
double h9_draw_gamma(h9_draws *d, double shape);             /* shape > 0, scale 1 */
uint64_t h9_draw_poisson(h9_draws *d, double mean);          /* mean in [0, 1e15] */
uint64_t h9_draw_binomial(h9_draws *d, uint64_t n, double p); /* p in [0, 1] */
uint32_t h9_draw_below(h9_draws *d, uint32_t n);             /* [0, n), exactly uniform (Lemire 2019) */

/* Alias table (Walker 1977, Vose 1991): a draw of a discrete distribution from one 64-bit number
 * (two words). n entries; weights >= 0, not all zero. Built once, read by any thread. */
typedef struct h9_alias {
  uint32_t n;
  uint32_t *accept; /* n: take the entry when the low word is below this */
  uint32_t *other;  /* n: else this one */
} h9_alias;
int h9_alias_build(h9_alias *t, const double *weights, uint32_t n) H9_UNUSED_RESULT; /* H9_OK, H9_ESYSTEM */
void h9_alias_release(h9_alias *t);
static inline uint32_t h9_alias_draw(const h9_alias *t, uint32_t a, uint32_t b) {
  uint32_t i = h9_below(a, t->n);
  return b < t->accept[i] ? i : t->other[i];
}

#endif

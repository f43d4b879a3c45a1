/* The kernels of plastic synapses, compiled once a level: define KERNELS before including. */
#include "real.h"
#include "stdp_kernel.h"

enum { BLOCK = 8 };

/* x to the power mu, x >= 0; 0 to the power 0 is 1. */
H9_INLINE double power(double x, double mu) {
  double v = h9_exp_double(mu * h9_log_double(x > 0x1p-1000 ? x : 0x1p-1000)), at_0 = mu > 0 ? 0.0 : 1.0;
  return v * (x > 0 ? 1.0 : 0.0) + (x > 0 ? 0.0 : at_0);
}

H9_INLINE double facilitated(const h9_stdp *s, enum h9_stdp_form form, double inverse, double v, double by) {
  double u;
  switch (form) {
  case H9_STDP_POWER_OF_WEIGHT:
    return v + by * power(v, s->mu_plus);
  case H9_STDP_MULTIPLICATIVE:
    u = v + by * (s->top - v);
    break;
  case H9_STDP_POWER:
    u = v + by * s->top * power(1 - v * inverse, s->mu_plus);
    break;
  default:
    u = v + by * s->top;
  }
  return u < s->top ? u : s->top;
}

H9_INLINE double depressed(const h9_stdp *s, enum h9_stdp_form form, double inverse, double v, double by) {
  double u;
  switch (form) {
  case H9_STDP_SYMMETRIC:
    u = v + by * s->top;
    u = (u < s->top ? u : s->top) - s->less;
    break;
  case H9_STDP_MULTIPLICATIVE:
  case H9_STDP_POWER_OF_WEIGHT:
    u = v - by * v;
    break;
  case H9_STDP_POWER:
    u = v - by * s->top * power(v * inverse, s->mu_minus);
    break;
  default:
    u = v - by * s->top;
  }
  return u > 0 ? u : 0;
}

/* What a block of synapses needs of their neurons, in columns. */
typedef struct block {
  _Alignas(64) uint64_t steps[2][BLOCK]; /* two steps in each */
  double facilitate[3][BLOCK], depress[3][BLOCK];
  double weight[BLOCK];
  int64_t quanta[BLOCK], left[BLOCK];
} block;

#ifdef __AVX512F__
/* Cache lines to columns: a transposition of eight by eight. */
typedef double line __attribute__((vector_size(64)));
#define MIX(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
H9_INLINE void gather(const h9_stdp *s, const uint32_t *target, block *b) {
  line r[8], t[8];
  for (int i = 0; i < 8; i++) memcpy(&r[i], &s->post[target[i]], sizeof r[i]);
  for (int i = 0; i < 8; i += 2) {
    t[i] = MIX(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    t[i + 1] = MIX(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int i = 0; i < 8; i += 4)
    for (int k = 0; k < 2; k++) {
      r[i + k] = MIX(t[i + k], t[i + k + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      r[i + k + 2] = MIX(t[i + k], t[i + k + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int k = 0; k < 4; k++) {
    t[k] = MIX(r[k], r[k + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    t[k + 4] = MIX(r[k], r[k + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
  memcpy(b->steps, t, 2 * sizeof *t);
  memcpy(b->facilitate, t + 2, 3 * sizeof *t);
  memcpy(b->depress, t + 5, 3 * sizeof *t);
}
#else
H9_INLINE void gather(const h9_stdp *s, const uint32_t *target, block *b) {
  for (int i = 0; i < BLOCK; i++) {
    const h9_stdp_post *p = &s->post[target[i]];
    b->steps[0][i] = (uint64_t)p->step[1] << 32 | p->step[0];
    b->steps[1][i] = (uint64_t)p->step[3] << 32 | p->step[2];
    for (int k = 0; k < 3; k++) b->facilitate[k][i] = p->facilitate[k];
    for (int k = 0; k < 3; k++) b->depress[k][i] = p->depress[k];
  }
}
#endif

H9_INLINE void change(const h9_stdp *s, enum h9_stdp_form form, bool first, bool due, double inverse, block *b) {
  int64_t lo = s->lo, hi = s->hi, old = s->old;
  H9_VECTOR
  for (int i = 0; i < BLOCK; i++) {
    int64_t s0 = b->steps[0][i] & UINT32_MAX, s1 = (int64_t)(b->steps[0][i] >> 32);
    int64_t s2 = b->steps[1][i] & UINT32_MAX, s3 = (int64_t)(b->steps[1][i] >> 32);
    int64_t in0 = (s0 > lo) & (s0 <= hi), in1 = (s1 > lo) & (s1 <= hi), in2 = (s2 > lo) & (s2 <= hi);
    double v = b->weight[i] * s->sign, by;
    /* What does not count, counts nothing: a choice between weights would tempt compilers to branches. */
    if (first) {
      by = in2 ? b->facilitate[2][i] : in1 ? b->facilitate[1][i] : in0 ? b->facilitate[0][i] : 0.0;
      v = facilitated(s, form, inverse, v, s->plus * by);
    } else {
      by = in2 ? b->facilitate[2][i] : 0.0;
      v = facilitated(s, form, inverse, v, s->plus * by);
      by = in1 ? b->facilitate[1][i] : 0.0;
      v = facilitated(s, form, inverse, v, s->plus * by);
      by = in0 ? b->facilitate[0][i] : 0.0;
      v = facilitated(s, form, inverse, v, s->plus * by);
    }
    if (due) {
      by = s2 < hi ? b->depress[2][i] : 0.0;
      by = s1 < hi ? b->depress[1][i] : by;
      by = s0 < hi ? b->depress[0][i] : by;
      if (first) by = in0 | in1 | in2 ? by : 0.0;
      v = depressed(s, form, inverse, v, s->minus * by);
      b->quanta[i] = (int64_t)(v * s->scale + 0.5);
    }
    b->weight[i] = v * s->sign;
    b->left[i] = (s3 > lo) | (s2 >= hi) | (old & (s0 > lo));
  }
}

/* One synapse, by the longer list; false when that does not reach. */
H9_INLINE bool change_one(const h9_stdp *s, enum h9_stdp_form form, bool first, bool due, double inverse, uint32_t i) {
  const h9_stdp_past *past = &s->past[s->target[i]];
  const h9_stdp_post *post = &s->post[s->target[i]];
  uint32_t to = 0, from; /* past->step[to .. from - 1] are in the window */
  while (to < H9_STDP_PAST && past->step[to] > s->hi) to++;
  for (from = to; from < H9_STDP_PAST && past->step[from] > s->lo;) from++;
  if (from == H9_STDP_PAST || s->old || (due && post->step[2] >= s->hi)) return false;
  bool any = from > to;
  double v = s->weight[i] * s->sign;
  for (uint32_t k = from; k-- > (first && any ? from - 1 : to);)
    v = facilitated(s, form, inverse, v, s->plus * past->facilitate[k]);
  if (due && (any || !first)) {
    int k = post->step[0] < s->hi ? 0 : post->step[1] < s->hi ? 1 : 2;
    v = depressed(s, form, inverse, v, s->minus * post->depress[k]);
  }
  s->weight[i] = v * s->sign;
  if (due) {
    int64_t quanta = (int64_t)(v * s->scale + 0.5);
    s->in[s->target[i]] += s->sign < 0 ? -quanta : quanta;
  }
  return true;
}

H9_INLINE uint32_t run(const h9_stdp *s, enum h9_stdp_form form, bool first, bool due) {
  enum { AHEAD = 2 * BLOCK };
  double inverse = 1 / s->top;
  uint32_t n_left = 0, n_more = 0;
  for (uint32_t at = 0; at < s->n; at += BLOCK) {
    uint32_t m = s->n - at < BLOCK ? s->n - at : BLOCK, target[BLOCK];
    double *weight = s->weight + at;
    const uint16_t *to = s->target + at;
    block b;
    for (uint32_t i = AHEAD; i < AHEAD + BLOCK && at + i < s->n; i++) __builtin_prefetch(&s->post[to[i]]);
    if (m == BLOCK)
      for (int i = 0; i < BLOCK; i++) {
        target[i] = to[i];
        b.weight[i] = weight[i];
      }
    else
      for (uint32_t i = 0; i < BLOCK; i++) {
        target[i] = to[i < m ? i : 0];
        b.weight[i] = weight[i < m ? i : 0];
      }
    gather(s, target, &b);
    change(s, form, first, due, inverse, &b);
    int64_t any_left = 0;
    for (int i = 0; i < BLOCK; i++) any_left |= b.left[i];
    if (m == BLOCK && !any_left) {
      memcpy(weight, b.weight, sizeof b.weight);
      for (int i = 0; due && i < BLOCK; i++) s->in[target[i]] += s->sign < 0 ? -b.quanta[i] : b.quanta[i];
      continue;
    }
    for (uint32_t i = 0; i < m; i++) {
      if (b.left[i]) {
        const h9_stdp_past *past = &s->past[target[i]];
        __builtin_prefetch(past->step);
        __builtin_prefetch(past->facilitate);
        __builtin_prefetch(past->facilitate + 8);
        s->left[n_more++] = at + i;
        continue;
      }
      weight[i] = b.weight[i];
      if (due) s->in[target[i]] += s->sign < 0 ? -b.quanta[i] : b.quanta[i];
    }
  }
  for (uint32_t k = 0; k < n_more; k++)
    if (!change_one(s, form, first, due, inverse, s->left[k])) s->left[n_left++] = s->left[k];
  return n_left;
}

#define FORM(name, form, first)                                                                              \
  static uint32_t name(const h9_stdp *s) {                                                                   \
    return s->due ? run(s, form, first, true) : run(s, form, first, false);                                  \
  }
FORM(additive, H9_STDP_ADDITIVE, false)
FORM(multiplicative, H9_STDP_MULTIPLICATIVE, false)
FORM(by_power, H9_STDP_POWER, false)
FORM(first_additive, H9_STDP_ADDITIVE, true)
FORM(first_multiplicative, H9_STDP_MULTIPLICATIVE, true)
FORM(first_by_power, H9_STDP_POWER, true)
FORM(by_power_of_weight, H9_STDP_POWER_OF_WEIGHT, false)
FORM(symmetric, H9_STDP_SYMMETRIC, false)

static void rebase(h9_stdp_post *post, h9_stdp_past *past, uint32_t n, double facilitate, double depress) {
  for (uint32_t i = 0; i < n; i++) {
    for (int k = 0; k < 3; k++) post[i].facilitate[k] *= facilitate;
    for (int k = 0; k < 3; k++) post[i].depress[k] *= depress;
    for (int k = 0; k < H9_STDP_PAST; k++) past[i].facilitate[k] *= facilitate;
  }
}

const h9_stdp_kernels KERNELS = {
    .form = {additive, multiplicative, by_power, first_additive, first_multiplicative, first_by_power,
             by_power_of_weight, symmetric},
    .rebase = rebase,
};

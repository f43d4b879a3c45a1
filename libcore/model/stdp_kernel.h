/* Plastic synapses of one segment, many at a time: the same bits at every SIMD level.
 *
 * For each target neuron there are its latest spikes, each with a factor for facilitation by pairs, and for the
 * latest three one for depression:
 *
 *   facilitate = a exp(-(p - base) / tau of the presynaptic trace)    a: 1, or what a triplet rule adds
 *   depress    = K exp((p - base) / tau of the postsynaptic trace)    K: that trace after the spike p
 *
 * so that what a pair of spikes contributes is one of these times a number that the whole segment has in common.
 * `base` follows the simulated time (rebase), lest they leave the range of doubles. A cache line holds what most
 * pairs need; a synapse whose target fired more than three times in the window goes through the longer list. */
#ifndef H9_MODEL_STDP_KERNEL_H
#define H9_MODEL_STDP_KERNEL_H

#include "../base/cpu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The latest three spikes of a neuron, latest first, and the step of the fourth; step 0: none. */
typedef struct h9_stdp_post {
  uint32_t step[4];
  double facilitate[3], depress[3];
} h9_stdp_post;

/* The same of more of them. */
enum { H9_STDP_PAST = 32 };
typedef struct h9_stdp_past {
  uint32_t step[H9_STDP_PAST];
  double facilitate[H9_STDP_PAST];
} h9_stdp_past;

enum h9_stdp_form {
  H9_STDP_ADDITIVE,
  H9_STDP_MULTIPLICATIVE,
  H9_STDP_POWER,          /* powers of the weight over the largest (Guetig et al. 2003) */
  H9_STDP_FIRST_ADDITIVE, /* only the first postsynaptic spike after a presynaptic one */
  H9_STDP_FIRST_MULTIPLICATIVE,
  H9_STDP_FIRST_POWER,
  H9_STDP_POWER_OF_WEIGHT, /* Morrison et al. 2007: facilitation by a power of the weight, unbounded */
  H9_STDP_SYMMETRIC,       /* Vogels et al. 2011 */
  H9_STDP_FORMS,
};

/* Weights are worked on by size: `sign` is that of all of them. */
typedef struct h9_stdp {
  const h9_stdp_post *post; /* [targets], each at the start of a cache line */
  const h9_stdp_past *past; /* [targets] */
  const uint16_t *target;
  double *weight;
  uint32_t n;
  uint32_t lo, hi; /* steps: spikes lo < p <= hi facilitate, those before hi depress */
  bool due;        /* else spikes facilitate, and that is all */
  bool old;        /* spikes after lo may be too old for their factors */
  double plus, minus;         /* by which the factors are multiplied */
  double top, mu_plus, mu_minus;
  double less;                /* symmetric rule: what every presynaptic spike takes */
  double sign, scale;         /* inputs get weight * scale, rounded */
  int64_t *in;                /* of the targets */
  uint32_t *left;             /* synapses that have to be done one by one: room for n */
} h9_stdp;

/* Returns how many synapses are left; of these nothing is changed. */
typedef uint32_t (*h9_stdp_fn)(const h9_stdp *);
typedef struct h9_stdp_kernels {
  h9_stdp_fn form[H9_STDP_FORMS];
  void (*rebase)(h9_stdp_post *post, h9_stdp_past *past, uint32_t n, double facilitate, double depress);
} h9_stdp_kernels;

const h9_stdp_kernels *h9_stdp_choose(enum h9_simd level);
extern const h9_stdp_kernels h9_stdp_scalar, h9_stdp_sse, h9_stdp_avx2, h9_stdp_avx512;

#endif

/* What the sources of the single models share. */
#ifndef H9_MODEL_TABLE_H
#define H9_MODEL_TABLE_H

#include "../base/mathfn.h"
#include "model.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* The fields that every model begins with, and its kernels, which the build makes of MODEL_step.h. */
#define H9_MODEL_BUILT_IN(model) .abi = H9_MODEL_ABI, .size = sizeof(h9_model), .name = #model
#ifdef __x86_64__
#define H9_MODEL_KERNELS(model) {&h9_##model##_scalar, &h9_##model##_sse, &h9_##model##_avx2, &h9_##model##_avx512}
#else
#define H9_MODEL_KERNELS(model) {&h9_##model##_scalar}
#endif
#define H9_MODEL_DECLARE(model)                                                                              \
  extern const h9_model h9_model_##model;                                                                    \
  extern const h9_update_set h9_##model##_scalar, h9_##model##_sse, h9_##model##_avx2, h9_##model##_avx512;

H9_MODEL_DECLARE(iaf_psc_exp)
H9_MODEL_DECLARE(iaf_psc_alpha)
H9_MODEL_DECLARE(iaf_psc_delta)
H9_MODEL_DECLARE(iaf_cond_exp)
H9_MODEL_DECLARE(iaf_cond_alpha)
H9_MODEL_DECLARE(izhikevich)
H9_MODEL_DECLARE(aeif_cond_exp)
H9_MODEL_DECLARE(aeif_psc_exp)
H9_MODEL_DECLARE(hh_cond_exp_traub)
H9_MODEL_DECLARE(parrot_neuron)

/* Whether v[a] is below v[b] (at most v[b]), else the reason in why[size]; `values` is the table. */
#define H9_MODEL_LESS(v, a, b, why, size)                                                                    \
  ((v)[a] < (v)[b] ||                                                                                        \
   (snprintf(why, size, "%s is %.9g %s, expected less than %s (%.9g %s)", values[a].name, (v)[a],              \
             values[a].unit, values[b].name, (v)[b], values[b].unit),                                        \
    false))
#define H9_MODEL_AT_MOST(v, a, b, why, size)                                                                 \
  ((v)[a] <= (v)[b] ||                                                                                       \
   (snprintf(why, size, "%s is %.9g %s, expected at most %s (%.9g %s)", values[a].name, (v)[a],                \
             values[a].unit, values[b].name, (v)[b], values[b].unit),                                        \
    false))

/* What decays by exp(-x) in a step, where the stages of a step lie (ode.h). */
static inline void h9_model_stages(double *coef, double x) {
  static const double at[5] = {0.2, 0.3, 0.6, 1, 0.875};
  for (int i = 0; i < 5; i++) coef[i] = h9_exp(-at[i] * x);
}

/* Refractory period in whole steps. */
static inline double h9_model_steps(double ms, double dt) { return floor(ms / dt + 0.5); }

#endif

/* iaf_psc_delta: leaky integrate-and-fire neuron whose potential jumps by the weight at each input.
 *
 *   dV/dt = -(V - E_L)/tau_m + I_e/C_m + sum_j w_j delta(t - t_j - d_j)
 *
 * V >= V_th makes a spike; V is then held at V_reset for t_ref, and inputs that arrive meanwhile are
 * lost. V never falls below V_min.
 *
 * Brunel 2000, J Comput Neurosci 8:183-208; Rotter & Diesmann 1999, Biol Cybern 81:381-402 (exact
 * integration on a grid). */
#include "../base/mathfn.h"
#include "iaf_psc_delta_kernel.h"
#include "model_table.h"

enum { C_M, TAU_M, T_REF, E_L, V_RESET, V_TH, V_MIN, I_E, V_M, N };

static const h9_model_value values[N] = {
    [C_M] = {"C_m", H9_MODEL_PF, 250, DBL_MIN, INFINITY, false, "capacitance of the membrane"},
    [TAU_M] = {"tau_m", H9_MODEL_MS, 10, DBL_MIN, INFINITY, false, "time constant of the membrane"},
    [T_REF] = {"t_ref", H9_MODEL_MS, 2, 0, INFINITY, false, "duration of the refractory period"},
    [E_L] = {"E_L", H9_MODEL_MV, -70, -INFINITY, INFINITY, false, "resting potential"},
    [V_RESET] = {"V_reset", H9_MODEL_MV, -70, -INFINITY, INFINITY, false, "potential after a spike"},
    [V_TH] = {"V_th", H9_MODEL_MV, -55, -INFINITY, INFINITY, false, "threshold of spikes"},
    [V_MIN] = {"V_min", H9_MODEL_MV, -INFINITY, -INFINITY, INFINITY, false, "lower bound of the potential"},
    [I_E] = {"I_e", H9_MODEL_PA, 0, -INFINITY, INFINITY, false, "constant input current"},
    [V_M] = {"V_m", H9_MODEL_MV, -70, -INFINITY, INFINITY, true, "potential at the start"},
};

static int check(const double *v, h9_error *e) {
  if (!(v[V_RESET] < v[V_TH]))
    return h9_fail(e, H9_ECONFIG, "V_reset is %.9g mV, expected less than V_th (%.9g mV)", v[V_RESET],
                   v[V_TH]);
  if (!(v[V_MIN] <= v[V_RESET]))
    return h9_fail(e, H9_ECONFIG, "V_min is %.9g mV, expected at most V_reset (%.9g mV)", v[V_MIN],
                   v[V_RESET]);
  return H9_OK;
}

const h9_model h9_model_iaf_psc_delta = {
    .name = "iaf_psc_delta",
    .about = "leaky integrate-and-fire, potential jumps at each input",
    .weight = H9_MODEL_MV,
    .receptors = 1,
    .n_values = N,
    .values = values,
    .check = check,
};

static void prepare(const double *v, double h, float *coef, float *state) {
  double from_e = -h9_expm1(-h / v[TAU_M]) * v[TAU_M] / v[C_M];
  coef[DELTA_LEAK] = (float)h9_expm1(-h / v[TAU_M]);
  coef[DELTA_FROM_E] = (float)from_e;
  coef[DELTA_REST] = (float)(from_e * v[I_E]);
  coef[DELTA_THETA] = (float)(v[V_TH] - v[E_L]);
  coef[DELTA_RESET] = (float)(v[V_RESET] - v[E_L]);
  coef[DELTA_FLOOR] = (float)(v[V_MIN] - v[E_L]);
  state[0] = (float)(v[V_M] - v[E_L]);
}

static const h9_update_set *kernels(enum h9_simd level) {
  switch (level) {
#ifdef __x86_64__
  case H9_SIMD_AVX512:
    return &h9_iaf_psc_delta_avx512;
  case H9_SIMD_AVX2:
    return &h9_iaf_psc_delta_avx2;
  case H9_SIMD_SSE:
    return &h9_iaf_psc_delta_sse;
#endif
  default:
    return &h9_iaf_psc_delta_scalar;
  }
}

const h9_dynamics h9_dynamics_iaf_psc_delta = {
    .model = "iaf_psc_delta",
    .n_states = 1,
    .n_coefs = DELTA_COEFS,
    .v_state = 0,
    .v_shift = E_L,
    .t_ref = T_REF,
    .theta = DELTA_THETA,
    .reset = DELTA_RESET,
    .prepare = prepare,
    .kernels = kernels,
};

/* iaf_psc_exp: leaky integrate-and-fire neuron with exponentially decaying post-synaptic currents.
 *
 *   C_m dV/dt = -C_m/tau_m (V - E_L) + I_syn_ex + I_syn_in + I_e
 *   dI_syn_x/dt = -I_syn_x/tau_syn_x + sum_j w_j delta(t - t_j - d_j)
 *
 * V >= V_th makes a spike; V is then held at V_reset for t_ref. A weight above zero goes to
 * I_syn_ex, one below zero to I_syn_in.
 *
 * Tsodyks, Uziel & Markram 2000, J Neurosci 20:RC50 (the model); Rotter & Diesmann 1999, Biol
 * Cybern 81:381-402, doi:10.1007/s004220050570 (exact integration on a grid); Diesmann, Gewaltig,
 * Rotter & Aertsen 2001, Neurocomputing 38-40:565-571 (order of events in a step). */
#include "../base/mathfn.h"
#include "iaf_psc_exp_kernel.h"
#include "model_table.h"

enum { C_M, TAU_M, TAU_SYN_EX, TAU_SYN_IN, T_REF, E_L, V_RESET, V_TH, I_E, V_M, N };

static const h9_model_value values[N] = {
    [C_M] = {"C_m", H9_MODEL_PF, 250, DBL_MIN, INFINITY, false, "capacitance of the membrane"},
    [TAU_M] = {"tau_m", H9_MODEL_MS, 10, DBL_MIN, INFINITY, false, "time constant of the membrane"},
    [TAU_SYN_EX] = {"tau_syn_ex", H9_MODEL_MS, 2, DBL_MIN, INFINITY, false,
                    "time constant of excitatory synaptic currents"},
    [TAU_SYN_IN] = {"tau_syn_in", H9_MODEL_MS, 2, DBL_MIN, INFINITY, false,
                    "time constant of inhibitory synaptic currents"},
    [T_REF] = {"t_ref", H9_MODEL_MS, 2, 0, INFINITY, false, "duration of the refractory period"},
    [E_L] = {"E_L", H9_MODEL_MV, -70, -INFINITY, INFINITY, false, "resting potential"},
    [V_RESET] = {"V_reset", H9_MODEL_MV, -70, -INFINITY, INFINITY, false, "potential after a spike"},
    [V_TH] = {"V_th", H9_MODEL_MV, -55, -INFINITY, INFINITY, false, "threshold of spikes"},
    [I_E] = {"I_e", H9_MODEL_PA, 0, -INFINITY, INFINITY, false, "constant input current"},
    [V_M] = {"V_m", H9_MODEL_MV, -70, -INFINITY, INFINITY, true, "potential at the start"},
};

static int check(const double *v, h9_error *e) {
  if (!(v[V_RESET] < v[V_TH]))
    return h9_fail(e, H9_ECONFIG, "V_reset is %.9g mV, expected less than V_th (%.9g mV)", v[V_RESET],
                   v[V_TH]);
  return H9_OK;
}

const h9_model h9_model_iaf_psc_exp = {
    .name = "iaf_psc_exp",
    .about = "leaky integrate-and-fire, exponential post-synaptic currents",
    .weight = H9_MODEL_PA,
    .receptors = 2,
    .n_values = N,
    .values = values,
    .check = check,
};

/* dV over a step from a current 1 pA at its start that decays with tau_syn:
 * 1/C_m int_0^h exp(-(h-s)/tau_m) exp(-s/tau_syn) ds = h/C_m exp(-h/tau_m) (exp(x) - 1)/x, x = h (1/tau_m -
 * 1/tau_syn), which is good for equal time constants, too. */
static double from_current(double h, double tau_m, double tau_syn, double c_m) {
  double x = h * (1 / tau_m - 1 / tau_syn);
  double mean = fabs(x) < 1e-9 ? 1 + x / 2 : h9_expm1(x) / x;
  return h / c_m * h9_exp(-h / tau_m) * mean;
}

static void prepare(const double *v, double h, float *coef, float *state) {
  double from_e = -h9_expm1(-h / v[TAU_M]) * v[TAU_M] / v[C_M];
  coef[EXP_LEAK] = (float)h9_expm1(-h / v[TAU_M]);
  coef[EXP_FROM_EX] = (float)from_current(h, v[TAU_M], v[TAU_SYN_EX], v[C_M]);
  coef[EXP_FROM_IN] = (float)from_current(h, v[TAU_M], v[TAU_SYN_IN], v[C_M]);
  coef[EXP_DECAY_EX] = (float)h9_exp(-h / v[TAU_SYN_EX]);
  coef[EXP_DECAY_IN] = (float)h9_exp(-h / v[TAU_SYN_IN]);
  coef[EXP_FROM_E] = (float)from_e;
  coef[EXP_REST] = (float)(from_e * v[I_E]);
  coef[EXP_THETA] = (float)(v[V_TH] - v[E_L]);
  coef[EXP_RESET] = (float)(v[V_RESET] - v[E_L]);
  state[0] = (float)(v[V_M] - v[E_L]);
}

/* With equal time constants the two currents are one: their sum obeys the same equation. */
static bool merge(const double *v) { return v[TAU_SYN_EX] == v[TAU_SYN_IN]; }

static const h9_update_set *kernels(enum h9_simd level) {
  switch (level) {
#ifdef __x86_64__
  case H9_SIMD_AVX512:
    return &h9_iaf_psc_exp_avx512;
  case H9_SIMD_AVX2:
    return &h9_iaf_psc_exp_avx2;
  case H9_SIMD_SSE:
    return &h9_iaf_psc_exp_sse;
#endif
  default:
    return &h9_iaf_psc_exp_scalar;
  }
}

const h9_dynamics h9_dynamics_iaf_psc_exp = {
    .model = "iaf_psc_exp",
    .n_states = 3,
    .n_coefs = EXP_COEFS,
    .v_state = 0,
    .v_shift = E_L,
    .t_ref = T_REF,
    .theta = EXP_THETA,
    .reset = EXP_RESET,
    .merge = merge,
    .prepare = prepare,
    .kernels = kernels,
};

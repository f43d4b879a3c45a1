/* aeif_psc_exp: adaptive exponential integrate-and-fire neuron, exponentially decaying synaptic currents.
 *
 *   C_m dV/dt = -g_L (V - E_L) + g_L Delta_T exp((V - V_th)/Delta_T) + I_syn_ex - I_syn_in - w + I_e
 *   tau_w dw/dt = a (V - E_L) - w
 *   dI_syn_x/dt = -I_syn_x/tau_syn_x + sum_j |w_j| delta(t - t_j - d_j)
 *
 * V >= V_peak makes a spike: V becomes V_reset, w grows by b, and V is held for t_ref; with Delta_T = 0 the
 * spike is at V_th. A weight above zero goes to I_syn_ex, one below zero, with its sign dropped, to I_syn_in.
 *
 * Brette & Gerstner 2005, J Neurophysiol 94:3637-3642, doi:10.1152/jn.00686.2005. */
#include "aeif_psc_exp_step.h"
#include "model_table.h"

enum { C_M, G_L, E_L, V_TH, DELTA_T, V_PEAK, V_RESET, A, B, TAU_W, T_REF, TAU_SYN_EX, TAU_SYN_IN,
       GSL_ERROR_TOL, I_E, V_M, W, I_SYN_EX, I_SYN_IN, N };
enum { H9_STATES(H9_MODEL_STATE) STATES };
enum { H9_COEFS(H9_MODEL_COEF) COEFS };

static const h9_model_value values[N] = {
    [C_M] = {"C_m", "pF", 281, DBL_MIN, INFINITY, false, "capacitance of the membrane"},
    [G_L] = {"g_L", "nS", 30, DBL_MIN, INFINITY, false, "leak conductance"},
    [E_L] = {"E_L", "mV", -70.6, -INFINITY, INFINITY, false, "resting potential"},
    [V_TH] = {"V_th", "mV", -50.4, -INFINITY, INFINITY, false, "threshold of the upstroke"},
    [DELTA_T] = {"Delta_T", "mV", 2, 0, INFINITY, false, "slope factor of the upstroke"},
    [V_PEAK] = {"V_peak", "mV", 0, -INFINITY, INFINITY, false, "potential at which a spike is seen"},
    [V_RESET] = {"V_reset", "mV", -60, -INFINITY, INFINITY, false, "potential after a spike"},
    [A] = {"a", "nS", 4, -INFINITY, INFINITY, false, "adaptation below the threshold"},
    [B] = {"b", "pA", 80.5, -INFINITY, INFINITY, false, "adaptation by a spike"},
    [TAU_W] = {"tau_w", "ms", 144, DBL_MIN, INFINITY, false, "time constant of the adaptation"},
    [T_REF] = {"t_ref", "ms", 0, 0, INFINITY, false, "duration of the refractory period"},
    [TAU_SYN_EX] = {"tau_syn_ex", "ms", 0.2, DBL_MIN, INFINITY, false,
                    "time constant of excitatory synaptic currents"},
    [TAU_SYN_IN] = {"tau_syn_in", "ms", 2, DBL_MIN, INFINITY, false,
                    "time constant of inhibitory synaptic currents"},
    [GSL_ERROR_TOL] = {"gsl_error_tol", "1", 1e-6, 1e-13, 1e-2, false,
                       "absolute error of a step, mV and pA"},
    [I_E] = {"I_e", "pA", 0, -INFINITY, INFINITY, false, "constant input current"},
    [V_M] = {"V_m", "mV", -70.6, -INFINITY, INFINITY, true, "potential at the start"},
    [W] = {"w", "pA", 0, -INFINITY, INFINITY, true, "adaptation at the start"},
    [I_SYN_EX] = {"I_syn_ex", "pA", 0, 0, INFINITY, true, "excitatory current at the start"},
    [I_SYN_IN] = {"I_syn_in", "pA", 0, 0, INFINITY, true, "inhibitory current at the start"},
};

static const h9_model_recordable recordables[] = {
    {"V_m", "mV", S_v, E_L},
    {"w", "pA", S_w, -1},
    {"I_syn_ex", "pA", S_ex, -1},
    {"I_syn_in", "pA", S_in, -1},
};

static bool check(const double *v, char *why, size_t size) {
  return H9_MODEL_LESS(v, V_RESET, V_PEAK, why, size) &&
         (v[DELTA_T] == 0 || H9_MODEL_AT_MOST(v, V_TH, V_PEAK, why, size)) &&
         (v[DELTA_T] > 0 || H9_MODEL_LESS(v, V_RESET, V_TH, why, size));
}

static void prepare(const double *v, double h, double *coef, double *state) {
  bool sharp = v[DELTA_T] == 0;
  coef[K_h] = h;
  coef[K_hold] = h9_model_steps(v[T_REF], h);
  coef[K_tolerance] = v[GSL_ERROR_TOL];
  coef[K_per_c] = 1 / v[C_M];
  coef[K_g_l] = v[G_L];
  coef[K_delta] = v[DELTA_T];
  coef[K_per_delta] = sharp ? 0 : 1 / v[DELTA_T];
  coef[K_v_th] = v[V_TH] - v[E_L];
  coef[K_peak] = (sharp ? v[V_TH] : v[V_PEAK]) - v[E_L];
  coef[K_reset] = v[V_RESET] - v[E_L];
  coef[K_a] = v[A];
  coef[K_b] = v[B];
  coef[K_per_tau_w] = 1 / v[TAU_W];
  coef[K_decay_w] = h9_exp(-h / v[TAU_W]);
  coef[K_i_e] = v[I_E];
  coef[K_per_tau_ex] = 1 / v[TAU_SYN_EX];
  coef[K_per_tau_in] = 1 / v[TAU_SYN_IN];
  coef[K_fade_ex] = h9_expm1(-h / v[TAU_SYN_EX]);
  coef[K_fade_in] = h9_expm1(-h / v[TAU_SYN_IN]);
  h9_model_stages(&coef[K_ex1], h / v[TAU_SYN_EX]);
  h9_model_stages(&coef[K_in1], h / v[TAU_SYN_IN]);
  state[S_v] = v[V_M] - v[E_L];
  state[S_w] = v[W];
  state[S_ex] = v[I_SYN_EX];
  state[S_in] = v[I_SYN_IN];
}

const h9_model h9_model_aeif_psc_exp = {
    H9_MODEL_BUILT_IN(aeif_psc_exp),
    .about = "adaptive exponential integrate-and-fire, exponential currents",
    .weight = "pA",
    .receptors = 2,
    .n_values = N,
    .n_states = STATES,
    .n_coefs = COEFS,
    .values = values,
    .recordables = recordables,
    .n_recordables = H9_MODEL_COUNT(recordables),
    .marks = true,
    .v = S_v,
    .theta = -1,
    .reset = -1,
    .t_ref = -1,
    .check = check,
    .prepare = prepare,
    .kernels = H9_MODEL_KERNELS(aeif_psc_exp),
};

/* iaf_psc_delta: leaky integrate-and-fire neuron whose potential jumps by the weight at each input.
 *
 *   dV/dt = -(V - E_L)/tau_m + I_e/C_m + sum_j w_j delta(t - t_j - d_j)
 *
 * V >= V_th makes a spike; V is then held at V_reset for t_ref. Inputs that arrive meanwhile are lost, or,
 * with refractory_input, decay with tau_m and are added when the neuron wakes. V never falls below V_min.
 *
 * Brunel 2000, J Comput Neurosci 8:183-208; Rotter & Diesmann 1999, Biol Cybern 81:381-402 (exact
 * integration on a grid). */
#include "iaf_psc_delta_step.h"
#include "model_table.h"

enum { C_M, TAU_M, T_REF, E_L, V_RESET, V_TH, V_MIN, REFRACTORY_INPUT, I_E, V_M, N };
enum { H9_STATES(H9_MODEL_STATE) STATES };
enum { H9_COEFS(H9_MODEL_COEF) COEFS };

static const h9_model_value values[N] = {
    [C_M] = {"C_m", "pF", 250, DBL_MIN, INFINITY, false, "capacitance of the membrane"},
    [TAU_M] = {"tau_m", "ms", 10, DBL_MIN, INFINITY, false, "time constant of the membrane"},
    [T_REF] = {"t_ref", "ms", 2, 0, INFINITY, false, "duration of the refractory period"},
    [E_L] = {"E_L", "mV", -70, -INFINITY, INFINITY, false, "resting potential"},
    [V_RESET] = {"V_reset", "mV", -70, -INFINITY, INFINITY, false, "potential after a spike"},
    [V_TH] = {"V_th", "mV", -55, -INFINITY, INFINITY, false, "threshold of spikes"},
    [V_MIN] = {"V_min", "mV", -INFINITY, -INFINITY, INFINITY, false, "lower bound of the potential"},
    [REFRACTORY_INPUT] = {"refractory_input", "1", 0, 0, 1, false,
                          "whether inputs of the refractory period count"},
    [I_E] = {"I_e", "pA", 0, -INFINITY, INFINITY, false, "constant input current"},
    [V_M] = {"V_m", "mV", -70, -INFINITY, INFINITY, true, "potential at the start"},
};

static const h9_model_recordable recordables[] = {
    {"V_m", "mV", S_v, E_L},
};

static bool check(const double *v, char *why, size_t size) {
  return H9_MODEL_LESS(v, V_RESET, V_TH, why, size) &&
         H9_MODEL_AT_MOST(v, V_MIN, V_RESET, why, size);
}

static void prepare(const double *v, double h, double *coef, double *state) {
  double from_e = -h9_expm1(-h / v[TAU_M]) * v[TAU_M] / v[C_M];
  coef[K_leak] = h9_expm1(-h / v[TAU_M]);
  coef[K_from_e] = from_e;
  coef[K_rest] = from_e * v[I_E];
  coef[K_theta] = v[V_TH] - v[E_L];
  coef[K_reset] = v[V_RESET] - v[E_L];
  coef[K_least] = v[V_MIN] - v[E_L];
  coef[K_held_decay] = v[REFRACTORY_INPUT] != 0 ? h9_exp(-h / v[TAU_M]) : 0;
  state[S_v] = v[V_M] - v[E_L];
}

const h9_model h9_model_iaf_psc_delta = {
    H9_MODEL_BUILT_IN(iaf_psc_delta),
    .about = "leaky integrate-and-fire, potential jumps at each input",
    .weight = "mV",
    .receptors = 1,
    .n_values = N,
    .n_states = STATES,
    .n_coefs = COEFS,
    .values = values,
    .recordables = recordables,
    .n_recordables = H9_MODEL_COUNT(recordables),
    .marks = false,
    .v = S_v,
    .theta = K_theta,
    .reset = K_reset,
    .t_ref = T_REF,
    .check = check,
    .prepare = prepare,
    .kernels = H9_MODEL_KERNELS(iaf_psc_delta),
};

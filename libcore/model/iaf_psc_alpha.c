/* iaf_psc_alpha: leaky integrate-and-fire neuron with alpha-shaped post-synaptic currents.
 *
 *   C_m dV/dt = -C_m/tau_m (V - E_L) + I_syn_ex + I_syn_in + I_e
 *   I_syn_x(t) = sum_j w_j e/tau_syn_x s exp(-s/tau_syn_x), s = t - t_j - d_j: the peak is w_j, at tau_syn_x
 *
 * V >= V_th makes a spike; V is then held at V_reset for t_ref. A weight above zero goes to
 * I_syn_ex, one below zero to I_syn_in. V never falls below V_min.
 *
 * Rotter & Diesmann 1999, Biol Cybern 81:381-402, doi:10.1007/s004220050570 (exact integration on a grid);
 * Diesmann, Gewaltig, Rotter & Aertsen 2001, Neurocomputing 38-40:565-571 (order of events in a step). */
#include "iaf_psc_alpha_step.h"
#include "model_table.h"

enum { C_M, TAU_M, TAU_SYN_EX, TAU_SYN_IN, T_REF, E_L, V_RESET, V_TH, V_MIN, I_E, V_M, N };
enum { H9_STATES(H9_MODEL_STATE) STATES };
enum { H9_COEFS(H9_MODEL_COEF) COEFS };

static const h9_model_value values[N] = {
    [C_M] = {"C_m", "pF", 250, DBL_MIN, INFINITY, false, "capacitance of the membrane"},
    [TAU_M] = {"tau_m", "ms", 10, DBL_MIN, INFINITY, false, "time constant of the membrane"},
    [TAU_SYN_EX] = {"tau_syn_ex", "ms", 2, DBL_MIN, INFINITY, false,
                    "time to the peak of excitatory synaptic currents"},
    [TAU_SYN_IN] = {"tau_syn_in", "ms", 2, DBL_MIN, INFINITY, false,
                    "time to the peak of inhibitory synaptic currents"},
    [T_REF] = {"t_ref", "ms", 2, 0, INFINITY, false, "duration of the refractory period"},
    [E_L] = {"E_L", "mV", -70, -INFINITY, INFINITY, false, "resting potential"},
    [V_RESET] = {"V_reset", "mV", -70, -INFINITY, INFINITY, false, "potential after a spike"},
    [V_TH] = {"V_th", "mV", -55, -INFINITY, INFINITY, false, "threshold of spikes"},
    [V_MIN] = {"V_min", "mV", -INFINITY, -INFINITY, INFINITY, false, "lower bound of the potential"},
    [I_E] = {"I_e", "pA", 0, -INFINITY, INFINITY, false, "constant input current"},
    [V_M] = {"V_m", "mV", -70, -INFINITY, INFINITY, true, "potential at the start"},
};

static const h9_model_recordable recordables[] = {
    {"V_m", "mV", S_v, E_L},
    {"I_syn_ex", "pA", S_ex, -1},
    {"I_syn_in", "pA", S_in, -1},
};

static bool check(const double *v, char *why, size_t size) {
  return H9_MODEL_LESS(v, V_RESET, V_TH, why, size) &&
         H9_MODEL_AT_MOST(v, V_MIN, V_RESET, why, size);
}

/* dV over a step from a current I(s) = exp(-s/tau_syn) (1 + d s) pA, split into the parts of 1 and of d:
 * with x = h (1/tau_m - 1/tau_syn), 1/C_m exp(-h/tau_m) times int_0^h exp(x s/h) ds = h (exp(x) - 1)/x and times
 * int_0^h s exp(x s/h) ds = h^2 ((x - 1) exp(x) + 1)/x^2, by its series where x is small. */
static void from_alpha(double h, double tau_m, double tau_syn, double c_m, double *current, double *slope) {
  double x = h * (1 / tau_m - 1 / tau_syn), scale = h / c_m * h9_exp(-h / tau_m), first = 1, second = 0.5;
  if (fabs(x) > 0.5) {
    first = h9_expm1(x) / x;
    second = (h9_exp(x) - first) / x;
  } else {
    double term = 1;
    first = second = 0;
    for (int k = 0; k < 24; k++) { /* x^k/k! over k + 1 and over k + 2 */
      first += term / (k + 1);
      second += term / (k + 2);
      term *= x / (k + 1);
    }
  }
  *current = scale * first;
  *slope = scale * h * second;
}

static void prepare(const double *v, double h, double *coef, double *state) {
  double from_e = -h9_expm1(-h / v[TAU_M]) * v[TAU_M] / v[C_M], e = h9_exp(1);
  coef[K_leak] = h9_expm1(-h / v[TAU_M]);
  from_alpha(h, v[TAU_M], v[TAU_SYN_EX], v[C_M], &coef[K_ex_to_v], &coef[K_d_ex_to_v]);
  from_alpha(h, v[TAU_M], v[TAU_SYN_IN], v[C_M], &coef[K_in_to_v], &coef[K_d_in_to_v]);
  coef[K_fade_ex] = h9_expm1(-h / v[TAU_SYN_EX]);
  coef[K_fade_in] = h9_expm1(-h / v[TAU_SYN_IN]);
  coef[K_d_ex_to_ex] = h * h9_exp(-h / v[TAU_SYN_EX]);
  coef[K_d_in_to_in] = h * h9_exp(-h / v[TAU_SYN_IN]);
  coef[K_jump_ex] = e / v[TAU_SYN_EX];
  coef[K_jump_in] = e / v[TAU_SYN_IN];
  coef[K_from_e] = from_e;
  coef[K_rest] = from_e * v[I_E];
  coef[K_theta] = v[V_TH] - v[E_L];
  coef[K_reset] = v[V_RESET] - v[E_L];
  coef[K_least] = v[V_MIN] - v[E_L];
  state[S_v] = v[V_M] - v[E_L];
}

/* With equal time constants the two currents are one: their sum obeys the same equation. */
static bool merge(const double *v) { return v[TAU_SYN_EX] == v[TAU_SYN_IN]; }

const h9_model h9_model_iaf_psc_alpha = {
    H9_MODEL_BUILT_IN(iaf_psc_alpha),
    .about = "leaky integrate-and-fire, alpha-shaped post-synaptic currents",
    .weight = "pA",
    .receptors = 2,
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
    .merge = merge,
    .check = check,
    .prepare = prepare,
    .kernels = H9_MODEL_KERNELS(iaf_psc_alpha),
};

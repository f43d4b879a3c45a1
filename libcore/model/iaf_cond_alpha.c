/* iaf_cond_alpha: leaky integrate-and-fire neuron with alpha-shaped synaptic conductances.
 *
 *   C_m dV/dt = -g_L (V - E_L) - g_ex (V - E_ex) - g_in (V - E_in) + I_e
 *   g_x(t) = sum_j |w_j| e/tau_syn_x s exp(-s/tau_syn_x), s = t - t_j - d_j: the peak is |w_j|, at tau_syn_x
 *
 * V >= V_th makes a spike; V is then held at V_reset for t_ref. A weight above zero goes to g_ex, one below
 * zero, with its sign dropped, to g_in. Where V lies above V_th within a step its slope is that at V_th.
 *
 * Method: in single precision the classical Runge-Kutta method of fourth order, in double precision that of Cash
 * and Karp, adaptively where its error estimate exceeds 1e-7 mV.
 *
 * Meffin, Burkitt & Grayden 2004, J Comput Neurosci 16:159-175; Bernander, Douglas, Martin & Koch 1991, PNAS
 * 88:11569-11573. */
#include "iaf_cond_alpha_step.h"
#include "model_table.h"

enum { C_M, G_L, E_L, V_TH, V_RESET, T_REF, E_EX, E_IN, TAU_SYN_EX, TAU_SYN_IN, I_E, V_M, G_EX, G_IN, DG_EX,
       DG_IN, N };
enum { H9_STATES(H9_MODEL_STATE) STATES };
enum { H9_COEFS(H9_MODEL_COEF) COEFS };

static const h9_model_value values[N] = {
    [C_M] = {"C_m", "pF", 250, DBL_MIN, INFINITY, false, "capacitance of the membrane"},
    [G_L] = {"g_L", "nS", 16.6667, DBL_MIN, INFINITY, false, "leak conductance"},
    [E_L] = {"E_L", "mV", -70, -INFINITY, INFINITY, false, "resting potential"},
    [V_TH] = {"V_th", "mV", -55, -INFINITY, INFINITY, false, "threshold of spikes"},
    [V_RESET] = {"V_reset", "mV", -60, -INFINITY, INFINITY, false, "potential after a spike"},
    [T_REF] = {"t_ref", "ms", 2, 0, INFINITY, false, "duration of the refractory period"},
    [E_EX] = {"E_ex", "mV", 0, -INFINITY, INFINITY, false, "excitatory reversal potential"},
    [E_IN] = {"E_in", "mV", -85, -INFINITY, INFINITY, false, "inhibitory reversal potential"},
    [TAU_SYN_EX] = {"tau_syn_ex", "ms", 0.2, DBL_MIN, INFINITY, false,
                    "time to the peak of excitatory conductances"},
    [TAU_SYN_IN] = {"tau_syn_in", "ms", 2, DBL_MIN, INFINITY, false,
                    "time to the peak of inhibitory conductances"},
    [I_E] = {"I_e", "pA", 0, -INFINITY, INFINITY, false, "constant input current"},
    [V_M] = {"V_m", "mV", -70, -INFINITY, INFINITY, true, "potential at the start"},
    [G_EX] = {"g_ex", "nS", 0, 0, INFINITY, true, "excitatory conductance at the start"},
    [G_IN] = {"g_in", "nS", 0, 0, INFINITY, true, "inhibitory conductance at the start"},
    [DG_EX] = {"dg_ex", "nS/ms", 0, -INFINITY, INFINITY, true,
               "slope of the excitatory conductance at the start, beyond its decay"},
    [DG_IN] = {"dg_in", "nS/ms", 0, -INFINITY, INFINITY, true,
               "slope of the inhibitory conductance at the start, beyond its decay"},
};

static const h9_model_recordable recordables[] = {
    {"V_m", "mV", S_v, E_L},
    {"g_ex", "nS", S_ex, -1},
    {"g_in", "nS", S_in, -1},
};

static bool check(const double *v, char *why, size_t size) {
  return H9_MODEL_LESS(v, V_RESET, V_TH, why, size);
}

static void prepare(const double *v, double h, double *coef, double *state) {
  coef[K_h] = h;
  coef[K_per_c] = 1 / v[C_M];
  coef[K_g_l] = v[G_L];
  coef[K_e_ex] = v[E_EX] - v[E_L];
  coef[K_e_in] = v[E_IN] - v[E_L];
  coef[K_half] = h / 2;
  coef[K_half_ex] = h9_exp(-h / 2 / v[TAU_SYN_EX]);
  coef[K_half_in] = h9_exp(-h / 2 / v[TAU_SYN_IN]);
  coef[K_decay_ex] = h9_exp(-h / v[TAU_SYN_EX]);
  coef[K_decay_in] = h9_exp(-h / v[TAU_SYN_IN]);
  coef[K_fade_ex] = h9_expm1(-h / v[TAU_SYN_EX]);
  coef[K_fade_in] = h9_expm1(-h / v[TAU_SYN_IN]);
  coef[K_jump_ex] = h9_exp(1) / v[TAU_SYN_EX];
  coef[K_jump_in] = h9_exp(1) / v[TAU_SYN_IN];
  coef[K_i_e] = v[I_E];
  coef[K_theta] = v[V_TH] - v[E_L];
  coef[K_reset] = v[V_RESET] - v[E_L];
  coef[K_per_tau_ex] = 1 / v[TAU_SYN_EX];
  coef[K_per_tau_in] = 1 / v[TAU_SYN_IN];
  h9_model_stages(&coef[K_ex1], h / v[TAU_SYN_EX]);
  h9_model_stages(&coef[K_in1], h / v[TAU_SYN_IN]);
  state[S_v] = v[V_M] - v[E_L];
  state[S_ex] = v[G_EX];
  state[S_in] = v[G_IN];
  state[S_d_ex] = v[DG_EX];
  state[S_d_in] = v[DG_IN];
}

const h9_model h9_model_iaf_cond_alpha = {
    H9_MODEL_BUILT_IN(iaf_cond_alpha),
    .about = "leaky integrate-and-fire, alpha-shaped conductances",
    .weight = "nS",
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
    .check = check,
    .prepare = prepare,
    .kernels = H9_MODEL_KERNELS(iaf_cond_alpha),
};

/* hh_cond_exp_traub: Hodgkin-Huxley neuron after Traub and Miles, as modified by Destexhe, with exponentially
 * decaying synaptic conductances.
 *
 *   C_m dV/dt = -g_L (V - E_L) - g_Na m^3 h (V - E_Na) - g_K n^4 (V - E_K)
 *               - g_ex (V - E_ex) - g_in (V - E_in) + I_e
 *   dx/dt = alpha_x (1 - x) - beta_x x for the gates m, h, n, with u = V - V_T in mV, rates per ms:
 *     alpha_m = 0.32 (13 - u)/(exp((13 - u)/4) - 1)   beta_m = 0.28 (u - 40)/(exp((u - 40)/5) - 1)
 *     alpha_h = 0.128 exp((17 - u)/18)                beta_h = 4/(1 + exp((40 - u)/5))
 *     alpha_n = 0.032 (15 - u)/(exp((15 - u)/5) - 1)  beta_n = 0.5 exp((10 - u)/40)
 *   dg_x/dt = -g_x/tau_syn_x + sum_j |w_j| delta(t - t_j - d_j)
 *
 * A spike is where V falls again after a maximum above V_T + 30 mV, t_ref after the one before at the earliest;
 * nothing is reset. The gates start at rest for the potential at the start.
 *
 * Traub & Miles 1991, Neuronal Networks of the Hippocampus, Cambridge; Brette et al. 2007, J Comput Neurosci
 * 23:349-398, doi:10.1007/s10827-007-0038-6 (benchmark 3, with these parameters). */
#include "hh_cond_exp_traub_step.h"
#include "model_table.h"

enum { G_NA, G_K, G_L, C_M, E_NA, E_K, E_L, V_T, T_REF, E_EX, E_IN, TAU_SYN_EX, TAU_SYN_IN, I_E, V_M, G_EX,
       G_IN, N };
enum { H9_STATES(H9_MODEL_STATE) STATES };
enum { H9_COEFS(H9_MODEL_COEF) COEFS };

static const h9_model_value values[N] = {
    [G_NA] = {"g_Na", "nS", 20000, 0, INFINITY, false, "sodium conductance"},
    [G_K] = {"g_K", "nS", 6000, 0, INFINITY, false, "potassium conductance"},
    [G_L] = {"g_L", "nS", 10, DBL_MIN, INFINITY, false, "leak conductance"},
    [C_M] = {"C_m", "pF", 200, DBL_MIN, INFINITY, false, "capacitance of the membrane"},
    [E_NA] = {"E_Na", "mV", 50, -INFINITY, INFINITY, false, "sodium reversal potential"},
    [E_K] = {"E_K", "mV", -90, -INFINITY, INFINITY, false, "potassium reversal potential"},
    [E_L] = {"E_L", "mV", -60, -INFINITY, INFINITY, false, "resting potential"},
    [V_T] = {"V_T", "mV", -63, -INFINITY, INFINITY, false, "shift of the potential in the rates"},
    [T_REF] = {"t_ref", "ms", 2, 0, INFINITY, false, "least time between spikes"},
    [E_EX] = {"E_ex", "mV", 0, -INFINITY, INFINITY, false, "excitatory reversal potential"},
    [E_IN] = {"E_in", "mV", -80, -INFINITY, INFINITY, false, "inhibitory reversal potential"},
    [TAU_SYN_EX] = {"tau_syn_ex", "ms", 5, DBL_MIN, INFINITY, false,
                    "time constant of excitatory conductances"},
    [TAU_SYN_IN] = {"tau_syn_in", "ms", 10, DBL_MIN, INFINITY, false,
                    "time constant of inhibitory conductances"},
    [I_E] = {"I_e", "pA", 0, -INFINITY, INFINITY, false, "constant input current"},
    [V_M] = {"V_m", "mV", -60, -INFINITY, INFINITY, true, "potential at the start"},
    [G_EX] = {"g_ex", "nS", 0, 0, INFINITY, true, "excitatory conductance at the start"},
    [G_IN] = {"g_in", "nS", 0, 0, INFINITY, true, "inhibitory conductance at the start"},
};

static const h9_model_recordable recordables[] = {
    {"V_m", "mV", S_v, -1},
    {"Act_m", "1", S_m, -1},
    {"Inact_h", "1", S_h, -1},
    {"Act_n", "1", S_n, -1},
    {"g_ex", "nS", S_ex, -1},
    {"g_in", "nS", S_in, -1},
};

/* x / (exp(x / k) - 1) */
static double trap(double x, double k) { return fabs(x) < 1e-9 ? k : x / h9_expm1(x / k); }

static void prepare(const double *v, double h, double *coef, double *state) {
  coef[K_dt] = h;
  coef[K_hold] = h9_model_steps(v[T_REF], h);
  coef[K_per_c] = 1 / v[C_M];
  coef[K_g_na] = v[G_NA];
  coef[K_g_k] = v[G_K];
  coef[K_g_l] = v[G_L];
  coef[K_e_na] = v[E_NA];
  coef[K_e_k] = v[E_K];
  coef[K_e_l] = v[E_L];
  coef[K_v_t] = v[V_T];
  coef[K_i_e] = v[I_E];
  coef[K_e_ex] = v[E_EX];
  coef[K_e_in] = v[E_IN];
  coef[K_per_tau_ex] = 1 / v[TAU_SYN_EX];
  coef[K_per_tau_in] = 1 / v[TAU_SYN_IN];
  coef[K_fade_ex] = h9_expm1(-h / v[TAU_SYN_EX]);
  coef[K_fade_in] = h9_expm1(-h / v[TAU_SYN_IN]);
  h9_model_stages(&coef[K_ex1], h / v[TAU_SYN_EX]);
  h9_model_stages(&coef[K_in1], h / v[TAU_SYN_IN]);
  double u = v[V_M] - v[V_T];
  double alpha_m = 0.32 * trap(13 - u, 4), beta_m = 0.28 * trap(u - 40, 5);
  double alpha_h = 0.128 * h9_exp((17 - u) / 18), beta_h = 4 / (1 + h9_exp((40 - u) / 5));
  double alpha_n = 0.032 * trap(15 - u, 5), beta_n = 0.5 * h9_exp((10 - u) / 40);
  state[S_v] = v[V_M];
  state[S_m] = alpha_m / (alpha_m + beta_m);
  state[S_h] = alpha_h / (alpha_h + beta_h);
  state[S_n] = alpha_n / (alpha_n + beta_n);
  state[S_ex] = v[G_EX];
  state[S_in] = v[G_IN];
}

const h9_model h9_model_hh_cond_exp_traub = {
    H9_MODEL_BUILT_IN(hh_cond_exp_traub),
    .about = "Hodgkin-Huxley after Traub, exponential conductances",
    .weight = "nS",
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
    .prepare = prepare,
    .kernels = H9_MODEL_KERNELS(hh_cond_exp_traub),
};

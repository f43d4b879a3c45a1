/* izhikevich: the neuron of Izhikevich 2003.
 *
 *   dV/dt = 0.04 V^2 + 5 V + 140 - U + I_e        dU/dt = a (b V - U)
 *
 * V >= V_th makes a spike: V becomes c and U grows by d. With consistent_integration both are carried by one
 * explicit Euler step and an input adds its weight to V; without, V is carried by two half steps, as in the
 * paper's program, an input is a current during the step in which it arrives, and U follows with the new V. V
 * never falls below V_min. The upstroke amplifies rounding to a step's shift of a spike in single precision, so
 * the model is always computed in double.
 *
 * Izhikevich 2003, IEEE Trans Neural Netw 14:1569-1572, doi:10.1109/TNN.2003.820440. */
#include "izhikevich_step.h"
#include "model_table.h"

enum { A, B, C, D, V_TH, V_MIN, CONSISTENT_INTEGRATION, I_E, V_M, U_M, N };
enum { H9_STATES(H9_MODEL_STATE) STATES };
enum { H9_COEFS(H9_MODEL_COEF) COEFS };

static const h9_model_value values[N] = {
    [A] = {"a", "1", 0.02, -INFINITY, INFINITY, false, "rate of the recovery variable, per ms"},
    [B] = {"b", "1", 0.2, -INFINITY, INFINITY, false, "sensitivity of the recovery variable to V"},
    [C] = {"c", "mV", -65, -INFINITY, INFINITY, false, "potential after a spike"},
    [D] = {"d", "1", 8, -INFINITY, INFINITY, false, "growth of the recovery variable at a spike"},
    [V_TH] = {"V_th", "mV", 30, -INFINITY, INFINITY, false, "threshold of spikes"},
    [V_MIN] = {"V_min", "mV", -INFINITY, -INFINITY, INFINITY, false, "lower bound of the potential"},
    [CONSISTENT_INTEGRATION] = {"consistent_integration", "1", 1, 0, 1, false,
                                "whether one Euler step carries V"},
    [I_E] = {"I_e", "pA", 0, -INFINITY, INFINITY, false, "constant input current"},
    [V_M] = {"V_m", "mV", -65, -INFINITY, INFINITY, true, "potential at the start"},
    [U_M] = {"U_m", "1", -13, -INFINITY, INFINITY, true, "recovery variable at the start"},
};

static const h9_model_recordable recordables[] = {
    {"V_m", "mV", S_v, -1},
    {"U_m", "1", S_u, -1},
};

static bool check(const double *v, char *why, size_t size) {
  return H9_MODEL_LESS(v, C, V_TH, why, size);
}

static void prepare(const double *v, double h, double *coef, double *state) {
  coef[K_h] = h;
  coef[K_a] = v[A];
  coef[K_b] = v[B];
  coef[K_c] = v[C];
  coef[K_d] = v[D];
  coef[K_i_e] = v[I_E];
  coef[K_theta] = v[V_TH];
  coef[K_least] = v[V_MIN];
  coef[K_consistent] = v[CONSISTENT_INTEGRATION];
  state[S_v] = v[V_M];
  state[S_u] = v[U_M];
}

const h9_model h9_model_izhikevich = {
    H9_MODEL_BUILT_IN(izhikevich),
    .about = "Izhikevich 2003",
    .weight = "mV",
    .receptors = 1,
    .n_values = N,
    .n_states = STATES,
    .n_coefs = COEFS,
    .values = values,
    .recordables = recordables,
    .n_recordables = H9_MODEL_COUNT(recordables),
    .always_double = true,
    .marks = true,
    .v = S_v,
    .theta = -1,
    .reset = -1,
    .t_ref = -1,
    .check = check,
    .prepare = prepare,
    .kernels = H9_MODEL_KERNELS(izhikevich),
};

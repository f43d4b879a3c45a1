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
    return h9_fail(e, H9_ECONFIG, "V_reset is %.9g mV, expected less than V_th (%.9g mV)", v[V_RESET], v[V_TH]);
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

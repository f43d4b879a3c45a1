#!/usr/bin/python3
"""The networks of examples/vogels-abbott-coba.yaml and -cuba.yaml in Brian2: networks coba and cuba."""
import sys

import brian2_common


def describe(network, n, held=5.0):
    """Brian2 holds a neuron for one step less than `held` ms: 4.9 of 5 ms."""
    import warnings

    warnings.simplefilter("ignore")
    from brian2 import (NeuronGroup, SpikeMonitor, Synapses, mV, ms, nS, pA, pF)

    common = {"C_m": 200 * pF, "g_L": 10 * nS, "V_th": -50 * mV, "V_reset": -60 * mV,
              "tau_ex": 5 * ms, "tau_in": 10 * ms}
    if network == "coba":
        space = dict(common, E_L=-60 * mV, E_ex=0 * mV, E_in=-80 * mV, I_b=200 * pA,
                     w_ex=4 * nS, w_in=51 * nS)
        equations = """
        dv/dt = (g_L * (E_L - v) + g_ex * (E_ex - v) + g_in * (E_in - v) + I_b) / C_m : volt (unless refractory)
        dg_ex/dt = -g_ex / tau_ex : siemens
        dg_in/dt = -g_in / tau_in : siemens
        """
        method, ex, inh = "exponential_euler", "g_ex += w_ex", "g_in += w_in"
    else:
        space = dict(common, E_L=-49 * mV, w_ex=16.2 * pA, w_in=-90 * pA)
        equations = """
        dv/dt = (g_L * (E_L - v) + I_ex + I_in) / C_m : volt (unless refractory)
        dI_ex/dt = -I_ex / tau_ex : amp
        dI_in/dt = -I_in / tau_in : amp
        """
        method, ex, inh = "exact", "I_ex += w_ex", "I_in += w_in"
    neurons = NeuronGroup(n, equations, threshold="v >= V_th", reset="v = V_reset", refractory=held * ms,
                          method=method, namespace=space)
    neurons.v = "V_reset + rand() * (V_th - V_reset)"
    n_ex = round(0.8 * n)
    synapses = []
    for source, onto in ((neurons[:n_ex], ex), (neurons[n_ex:], inh)):
        s = Synapses(source, neurons, on_pre=onto, delay=0.8 * ms, namespace=space)
        s.connect(p=80 / n)
        synapses.append(s)
    monitor = SpikeMonitor(neurons)
    return [neurons, monitor] + synapses, monitor, n


if __name__ == "__main__":
    if sys.argv[1] not in ("coba", "cuba"):
        sys.exit(64)
    brian2_common.main(describe)

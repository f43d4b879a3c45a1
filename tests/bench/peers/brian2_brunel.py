#!/usr/bin/python3
"""The network of examples/brunel.yaml in Brian2: network brunel."""
import sys

import brian2_common


def describe(network, n):
    import warnings

    import numpy as np

    warnings.simplefilter("ignore")
    from brian2 import Hz, NeuronGroup, PoissonInput, SpikeMonitor, Synapses, mV, ms

    n_in = n // 5
    n_ex = 4 * n_in
    k_ex, k_in = round(0.1 * n_ex), round(0.1 * n_in)
    g, eta = 5, 2
    space = {"tau": 20 * ms, "theta": 20 * mV, "v_reset": 10 * mV, "J": 0.1 * mV, "g": g}
    neurons = NeuronGroup(n, "dv/dt = -v / tau : volt (unless refractory)", threshold="v >= theta",
                          reset="v = v_reset", refractory=2 * ms, method="exact", namespace=space)
    neurons.v = "rand() * theta"
    # every neuron draws its sources, with replacement; what arrives in the refractory period is lost
    rng = np.random.default_rng(1)
    synapses = []
    for count, k, onto, first in ((n_ex, k_ex, "v_post += J * int(not_refractory_post)", 0),
                                  (n_in, k_in, "v_post += -g * J * int(not_refractory_post)", n_ex)):
        s = Synapses(neurons[first:first + count], neurons, on_pre=onto, delay=1.5 * ms, namespace=space)
        s.connect(i=rng.integers(0, count, n * k), j=np.repeat(np.arange(n), k))
        synapses.append(s)
    nu = float(space["theta"] / (space["J"] * k_ex * space["tau"]) / Hz)
    drive = PoissonInput(neurons, "v", N=k_ex, rate=eta * nu * Hz, weight=space["J"])
    monitor = SpikeMonitor(neurons)
    return [neurons, monitor, drive] + synapses, monitor, n


if __name__ == "__main__":
    if sys.argv[1] != "brunel":
        sys.exit(64)
    brian2_common.main(describe)

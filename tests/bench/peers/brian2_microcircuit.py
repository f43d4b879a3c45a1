#!/usr/bin/python3
"""The network of examples/microcircuit.yaml at a part of its size in Brian2: network microcircuit.

Populations, synapse counts, weights and delays are those that hal9 derives from the file (hal9-index, hal9-view
--projections); the drive is computed here by the file's formulas. Needs hal9's programs on the PATH.
"""
import json
import os
import re
import subprocess
import sys

import numpy as np

import brian2_common

POPULATIONS = ["L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"]
EXTERNAL = [1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100]  # inputs of 8 Hz at full scale
RATES = [0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829]  # Hz at full scale
START = [(-68.28, 5.36), (-63.16, 4.57), (-63.33, 4.74), (-63.45, 4.94), (-63.11, 4.94), (-61.66, 4.55),
         (-66.72, 5.46), (-61.43, 4.48)]  # mV, mean and standard deviation


def projections(scale):
    """Lines of source, target, number, (mean, sd) of weight in pA and of delay in ms; sizes of populations."""
    here = os.path.dirname(os.path.abspath(__file__))
    yaml = os.path.join(here, "..", "..", "..", "examples", "microcircuit.yaml")
    common = ["-c", yaml, "--set", "scale=%.17g" % scale]
    gen = subprocess.run(["hal9-gen"] + common, check=True, stdout=subprocess.PIPE).stdout
    net = subprocess.run(["hal9-index", "--defer"] + common, input=gen, check=True, stdout=subprocess.PIPE).stdout
    text = subprocess.run(["hal9-view", "--projections", "--ndjson"], input=net, check=True,
                          stdout=subprocess.PIPE).stdout.decode()
    stats = json.loads(subprocess.run(["hal9-stats", "--json", "--quick"], input=net, check=True,
                                      stdout=subprocess.PIPE).stdout)
    sizes = {p["name"]: p["count"] for p in stats["network"]["populations"]}

    def normal(value):
        numbers = re.search(r"normal\(mean=([-0-9.e]+),sd=([-0-9.e]+)", str(value))
        return float(numbers.group(1)), float(numbers.group(2))

    rows = [json.loads(line) for line in text.splitlines()]
    return [(r["source"], r["target"], int(r["number"]), normal(r["weight"]), normal(r["delay"])) for r in rows], sizes


def redrawn(rng, mean, sd, n, ok):
    """Normal values, drawn again while not ok."""
    x = rng.normal(mean, sd, n)
    while True:
        bad = np.flatnonzero(~ok(x))
        if not len(bad):
            return x
        x[bad] = rng.normal(mean, sd, len(bad))


def describe(network, n):
    import warnings

    warnings.simplefilter("ignore")
    from brian2 import Hz, NeuronGroup, PoissonInput, SpikeMonitor, Synapses, mV, ms, pA, pF

    scale = float("%.4g" % (n / 77169))
    rows, sizes = projections(scale)
    rng = np.random.default_rng(1)
    first = dict(zip(POPULATIONS, np.concatenate([[0], np.cumsum([sizes[p] for p in POPULATIONS])])))
    count = sum(sizes.values())
    tau_m, tau_s, c_m = 10, 0.5, 250
    peak = (tau_m / tau_s) ** (tau_m / (tau_s - tau_m)) - (tau_m / tau_s) ** (tau_s / (tau_s - tau_m))
    w_full = 0.15 / (tau_m * tau_s / (c_m * (tau_s - tau_m)) * peak)  # pA
    w = w_full / np.sqrt(scale)
    neurons = NeuronGroup(count, """
        dv/dt = (E_L - v) / tau_m + (I + I_dc) / C_m : volt (unless refractory)
        dI/dt = -I / tau_s : amp
        I_dc : amp (constant)
        """, threshold="v >= V_th", reset="v = E_L", refractory=2 * ms, method="exact",
        namespace={"E_L": -65 * mV, "V_th": -50 * mV, "tau_m": tau_m * ms, "tau_s": tau_s * ms, "C_m": c_m * pF})
    v = np.concatenate([rng.normal(m, sd, sizes[p]) for p, (m, sd) in zip(POPULATIONS, START)])
    neurons.v = v * mV
    recurrent = dict.fromkeys(POPULATIONS, 0.0)  # mean current in pA at full scale
    pairs = []
    for source, target, number, weight, delay in rows:
        recurrent[target] += (number / sizes[target] / scale * weight[0] * np.sqrt(scale) * tau_s * 1e-3 *
                              RATES[POPULATIONS.index(source)])
        sign = np.sign(weight[0])
        steps = np.maximum(1, np.rint(redrawn(rng, *delay, number, lambda x: x >= 0.05) * 10))
        pairs.append((first[source] + rng.integers(0, sizes[source], number),
                      first[target] + rng.integers(0, sizes[target], number),
                      redrawn(rng, *weight, number, lambda x: x * sign >= 0), steps / 10))
    i, j, weights, delays = (np.concatenate(x) for x in zip(*pairs))
    order = np.lexsort((j, i))
    synapses = Synapses(neurons, neurons, "w : amp (constant)", on_pre="I += w")
    synapses.connect(i=i[order], j=j[order])
    synapses.w = weights[order] * pA
    synapses.delay = delays[order] * ms
    drives = []
    dc = np.zeros(count)
    for p, k in zip(POPULATIONS, EXTERNAL):
        part = neurons[int(first[p]):int(first[p]) + sizes[p]]
        drives.append(PoissonInput(part, "I", N=round(k * scale), rate=8 * Hz, weight=w * pA))
        external = w_full * tau_s * 1e-3 * 8 * k
        dc[int(first[p]):int(first[p]) + sizes[p]] = (1 - np.sqrt(scale)) * (recurrent[p] + external)
    neurons.I_dc = dc * pA
    monitor = SpikeMonitor(neurons)
    return [neurons, synapses, monitor] + drives, monitor, count


if __name__ == "__main__":
    if sys.argv[1] != "microcircuit":
        sys.exit(64)
    brian2_common.main(describe)

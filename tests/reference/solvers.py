"""The neuron models solved anew, from their equations alone: the authority of tests/reference/solve.

Current-based models by the matrix exponential of their linear equations (scipy.linalg.expm), izhikevich by the Euler
formula that defines it, all others by Hairer's DOP853 at a relative tolerance of 1e-13, restarted at every grid point
and every spike; late in the upstroke of the adaptive exponential models V takes the place of the time, so that spikes are
located as they are solved.

Each function takes the parameters, h in ms, the number of steps, and arrays over steps: what arrives at the end of a
step by sign (plus, minus: sums of weights) and the current that acts during it. It gives spike steps and a
dictionary of traces, the state after all that happens in a step.
"""
import math

import numpy as np
from scipy.integrate import ode
from scipy.linalg import expm
from scipy.optimize import brentq


def hold(p, h):
    return round(p["t_ref"] / h)


def linear(p, h, steps, plus, minus, current, alpha):
    """iaf_psc_exp and iaf_psc_alpha: y = V - E_L, then per synapse the current (and its slope's part), then 1."""
    m = 2 if alpha else 1
    a = np.zeros((2 * m + 2, 2 * m + 2))
    a[0, 0] = -1 / p["tau_m"]
    for k, tau in enumerate((p["tau_syn_ex"], p["tau_syn_in"])):
        at = 1 + m * k
        a[0, at] = 1 / p["C_m"]
        a[at, at] = -1 / tau
        if alpha:
            a[at, at + 1] = 1
            a[at + 1, at + 1] = -1 / tau
    y = np.zeros(2 * m + 2)
    y[0], y[-1] = p["V_m"] - p["E_L"], 1
    steppers, spikes, rests = {}, [], 0
    out = np.zeros((steps, 3))
    jump = [math.e / p[t] if alpha else 1 for t in ("tau_syn_ex", "tau_syn_in")]
    for s in range(steps):
        drive = p["I_e"] + current[s]
        if drive not in steppers:
            b = a.copy()
            b[0, -1] = drive / p["C_m"]
            steppers[drive] = expm(b * h)
        old = y[0]
        y = steppers[drive] @ y
        if rests:
            y[0] = old
            rests -= 1
        elif "V_min" in p:
            y[0] = max(y[0], p["V_min"] - p["E_L"])
        y[m] += plus[s] * jump[0]
        y[2 * m] += minus[s] * jump[1]
        if not rests and y[0] >= p["V_th"] - p["E_L"]:
            y[0] = p["V_reset"] - p["E_L"]
            rests = hold(p, h)
            spikes.append(s + 1)
        out[s] = y[0] + p["E_L"], y[1], y[1 + m]
    return spikes, {"V_m": out[:, 0], "I_syn_ex": out[:, 1], "I_syn_in": out[:, 2]}


def iaf_psc_exp(p, h, steps, plus, minus, current):
    return linear(p, h, steps, plus, minus, current, False)


def iaf_psc_alpha(p, h, steps, plus, minus, current):
    return linear(p, h, steps, plus, minus, current, True)


def iaf_psc_delta(p, h, steps, plus, minus, current):
    v, rests, waiting, spikes, out = p["V_m"], 0, 0.0, [], np.zeros(steps)
    decay = math.exp(-h / p["tau_m"])
    for s in range(steps):
        jump = plus[s] + minus[s]
        if rests:
            waiting += jump * math.exp(-rests * h / p["tau_m"]) if p.get("refractory_input") else 0
            rests -= 1
        else:
            far = p["E_L"] + (p["I_e"] + current[s]) * p["tau_m"] / p["C_m"]
            v = max(far + (v - far) * decay + jump + waiting, p.get("V_min", -math.inf))
            waiting = 0.0
        if v >= p["V_th"]:
            v, rests = p["V_reset"], hold(p, h)
            spikes.append(s + 1)
        out[s] = v
    return spikes, {"V_m": out}


def izhikevich(p, h, steps, plus, minus, current):
    v, u, spikes, out = p["V_m"], p["U_m"], [], np.zeros((steps, 2))
    for s in range(steps):
        drive = p["I_e"] + current[s]
        if p["consistent_integration"]:
            slope = 0.04 * v * v + 5 * v + 140 - u + drive
            v, u = v + (h * slope + (plus[s] + minus[s])), u + h * p["a"] * (p["b"] * v - u)
        else:
            for _ in range(2):
                v += h / 2 * (0.04 * v * v + 5 * v + 140 - u + drive + (plus[s] + minus[s]))
            u += h * p["a"] * (p["b"] * v - u)
        v = max(v, p.get("V_min", -math.inf))
        if v >= p["V_th"]:
            v, u = p["c"], u + p["d"]
            spikes.append(s + 1)
        out[s] = v, u
    return spikes, {"V_m": out[:, 0], "U_m": out[:, 1]}


class Solver:
    """DOP853 from 0 to a time within a step."""

    def __init__(self, slope):
        self.ode = ode(slope).set_integrator("dop853", rtol=1e-13, atol=1e-13, nsteps=100000)

    def __call__(self, y, begin, end, *arguments):
        if end <= begin:
            return np.array(y)
        self.ode.set_f_params(*arguments).set_initial_value(y, begin)
        y = self.ode.integrate(end)
        if not self.ode.successful():
            raise RuntimeError("DOP853 failed")
        return y


def cond(p, h, steps, plus, minus, current, alpha):
    """iaf_cond_exp and iaf_cond_alpha; the slope above V_th is that at V_th."""
    ex, inh, leak, c = p["tau_syn_ex"], p["tau_syn_in"], p["g_L"], p["C_m"]

    def slope(t, y, g, drive):
        decay_ex, decay_in = math.exp(-t / ex), math.exp(-t / inh)
        g_ex, g_in = (g[0] + t * g[1]) * decay_ex, (g[2] + t * g[3]) * decay_in
        v = min(y[0], p["V_th"])
        return [(drive - leak * (v - p["E_L"]) - g_ex * (v - p["E_ex"]) - g_in * (v - p["E_in"])) / c]

    solve, spikes, rests, v = Solver(slope), [], 0, p["V_m"]
    g = [p.get("g_ex", 0), 0.0, p.get("g_in", 0), 0.0]
    out = np.zeros((steps, 3))
    for s in range(steps):
        if rests:
            rests -= 1
        else:
            v = solve([v], 0, h, g, p["I_e"] + current[s])[0]
        if v >= p["V_th"]:
            v, rests = p["V_reset"], hold(p, h)
            spikes.append(s + 1)
        decay_ex, decay_in = math.exp(-h / ex), math.exp(-h / inh)
        g = [(g[0] + h * g[1]) * decay_ex, g[1] * decay_ex, (g[2] + h * g[3]) * decay_in, g[3] * decay_in]
        g[int(alpha)] += plus[s] * (math.e / ex if alpha else 1)
        g[2 + int(alpha)] -= minus[s] * (math.e / inh if alpha else 1)
        out[s] = v, g[0], g[2]
    return spikes, {"V_m": out[:, 0], "g_ex": out[:, 1], "g_in": out[:, 2]}


def iaf_cond_exp(p, h, steps, plus, minus, current):
    return cond(p, h, steps, plus, minus, current, False)


def iaf_cond_alpha(p, h, steps, plus, minus, current):
    return cond(p, h, steps, plus, minus, current, True)


def aeif(p, h, steps, plus, minus, current, conductances):
    """Above `switch` the upstroke cannot be stopped: from there t and w are solved as functions of V."""
    ex, inh, leak, c, wide = p["tau_syn_ex"], p["tau_syn_in"], p["g_L"], p["C_m"], p["Delta_T"]
    peak = p["V_peak"] if wide > 0 else p["V_th"]
    switch = min(peak, p["V_th"] + 10 * wide)

    def slopes(t, v, w, synapses, drive):
        s_ex, s_in = synapses[0] * math.exp(-t / ex), synapses[1] * math.exp(-t / inh)
        synaptic = -s_ex * (v - p["E_ex"]) - s_in * (v - p["E_in"]) if conductances else s_ex - s_in
        up = leak * wide * math.exp((v - p["V_th"]) / wide) if wide > 0 else 0.0
        return [(-leak * (v - p["E_L"]) + up + synaptic - w + drive) / c, (p["a"] * (v - p["E_L"]) - w) / p["tau_w"]]

    below = Solver(lambda t, y, synapses, drive: slopes(t, min(y[0], switch), y[1], synapses, drive))

    def by_v(v, y, synapses, drive):
        d_v, d_w = slopes(y[0], v, y[1], synapses, drive)
        return [1 / d_v, d_w / d_v]

    above = Solver(by_v)

    def advance(y, t, more):
        """To the end of the step or to the peak: V, w, time."""
        if y[0] < switch:
            end = below(y, t, h, *more)
            if end[0] < switch:
                return *end, h
            at = brentq(lambda x: below(y, t, x, *more)[0] - switch, t, h, xtol=1e-14)
            t, y = at, (switch, below(y, t, at, *more)[1])
        end = above((t, y[1]), y[0], peak, *more)
        if end[0] <= h:
            return peak, end[1], end[0]
        v = brentq(lambda x: above((t, y[1]), y[0], x, *more)[0] - h, y[0], peak, xtol=1e-14)
        return v, above((t, y[1]), y[0], v, *more)[1], h

    def rest(w, time):
        still = p["a"] * (p["V_reset"] - p["E_L"])
        return still + (w - still) * math.exp(-time / p["tau_w"])

    spikes, rests, v, w = [], 0, p["V_m"], p["w"]
    synapses = [p.get("g_ex", 0.0), p.get("g_in", 0.0)]
    out = np.zeros((steps, 4))
    for s in range(steps):
        t = 0.0
        if rests:
            w, t, rests = rest(w, h), h, rests - 1
        while t < h:
            v, w, t = advance((v, w), t, (synapses, p["I_e"] + current[s]))
            if v < peak:
                break
            v, w = p["V_reset"], w + p["b"]
            spikes.append(s + 1)
            if hold(p, h):
                w, t, rests = rest(w, h - t), h, hold(p, h)
        synapses = [synapses[0] * math.exp(-h / ex) + plus[s], synapses[1] * math.exp(-h / inh) - minus[s]]
        out[s] = v, w, *synapses
    names = ("g_ex", "g_in") if conductances else ("I_syn_ex", "I_syn_in")
    return spikes, {"V_m": out[:, 0], "w": out[:, 1], names[0]: out[:, 2], names[1]: out[:, 3]}


def aeif_cond_exp(p, h, steps, plus, minus, current):
    return aeif(p, h, steps, plus, minus, current, True)


def aeif_psc_exp(p, h, steps, plus, minus, current):
    return aeif(p, h, steps, plus, minus, current, False)


def gates(u):
    trap = lambda x, k: k if x == 0 else x / math.expm1(x / k)
    return ((0.32 * trap(13 - u, 4), 0.28 * trap(u - 40, 5)),
            (0.128 * math.exp((17 - u) / 18), 4 / (1 + math.exp((40 - u) / 5))),
            (0.032 * trap(15 - u, 5), 0.5 * math.exp((10 - u) / 40)))


def hh_cond_exp_traub(p, h, steps, plus, minus, current):
    def slope(t, y, synapses, drive):
        v, m, hh, n = y
        s_ex, s_in = synapses[0] * math.exp(-t / p["tau_syn_ex"]), synapses[1] * math.exp(-t / p["tau_syn_in"])
        i = (p["g_Na"] * m**3 * hh * (v - p["E_Na"]) + p["g_K"] * n**4 * (v - p["E_K"]) + p["g_L"] * (v - p["E_L"])
             + s_ex * (v - p["E_ex"]) + s_in * (v - p["E_in"]))
        rates = gates(v - p["V_T"])
        return [(drive - i) / p["C_m"]] + [a * (1 - x) - b * x for (a, b), x in zip(rates, (m, hh, n))]

    solve, spikes, rests = Solver(slope), [], 0
    y = np.array([p["V_m"]] + [a / (a + b) for a, b in gates(p["V_m"] - p["V_T"])])
    synapses = [p.get("g_ex", 0.0), p.get("g_in", 0.0)]
    out = np.zeros((steps, 6))
    for s in range(steps):
        old = y[0]
        y = solve(y, 0, h, synapses, p["I_e"] + current[s])
        if rests:
            rests -= 1
        elif y[0] >= p["V_T"] + 30 and old > y[0]:
            rests = hold(p, h)
            spikes.append(s + 1)
        synapses = [synapses[0] * math.exp(-h / p["tau_syn_ex"]) + plus[s],
                    synapses[1] * math.exp(-h / p["tau_syn_in"]) - minus[s]]
        out[s] = *y, *synapses
    return spikes, dict(zip(("V_m", "Act_m", "Inact_h", "Act_n", "g_ex", "g_in"), out.T))

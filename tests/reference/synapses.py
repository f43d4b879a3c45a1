#!/usr/bin/env python3
"""Weights of plastic synapses by brute force, from the spikes on both sides of them.

    synapses.py TRACE.tsv SPIKES.tsv DT [WORST]

TRACE.tsv as hal9-step --trace-synapses writes it, with a file TRACE.tsv.json that tells each projection's rule:
{"1": {"rule": NAME, "axonal": steps, "delay": steps, values...}}. SPIKES.tsv: step, neuron. Every weight is worked
out from the definitions in the papers that hal9-models(7) names, by sums over all spikes, one synapse at a time,
and compared: WORST is the largest deviation allowed, of the largest weight (default 1e-9)."""
import bisect
import csv
import json
import math
import sys


def pairs_rule(v, pre, post, weight):
    """Yields the weight after each presynaptic spike. pre, post: times at the synapse, ms."""
    rule, top = v["rule"], v.get("Wmax", 0.0)
    tp, tm = v.get("tau_plus", v.get("tau")), v["tau_minus"]
    sign = -1.0 if top < 0 else 1.0
    w, top = weight * sign, abs(top)
    lam, alpha = v.get("lambda", 0.0), v.get("alpha", 0.0)
    accumulated = 0.0  # of presynaptic spikes since the last postsynaptic one (presynaptic centred)
    last = None
    tiny = 1e-6

    def power(x, mu):
        return 1.0 if mu == 0 else x ** mu

    def up(w, k):
        if rule == "pl":
            return w + lam * w ** v["mu"] * k
        if rule in ("triplet", "vogels"):
            return min(w + k, top)
        return min(w + lam * top * power(1 - w / top, v["mu_plus"]) * k, top)

    def down(w, k):
        if rule == "pl":
            return max(w - alpha * lam * w * k, 0.0)
        if rule in ("triplet", "vogels"):
            return max(w - k, 0.0)
        return max(w - alpha * lam * top * power(w / top, v["mu_minus"]) * k, 0.0)

    def trace(times, before, tau, strictly):
        """Sum over the times before `before`; those 40 time constants ago are nothing."""
        hi = bisect.bisect_left(times, before - tiny if strictly else before + tiny)
        return math.fsum(math.exp(-(before - t) / tau) for t in times[bisect.bisect_left(times, before - 40 * tau):hi])

    for i, t in enumerate(pre):
        since = -math.inf if last is None else last
        window = post[bisect.bisect_right(post, since + tiny):bisect.bisect_right(post, t + tiny)]
        for k, p in enumerate(window):
            # The start of the simulation stands for a presynaptic spike before the first, as it does in NEST.
            earlier = pre[:i] or ([v["start"]] if rule.startswith("nn") else [])
            if rule in ("nn_symm", "nn_restr"):
                if earlier and (rule == "nn_symm" or k == 0):
                    w = up(w, math.exp(-(p - earlier[-1]) / tp))
            elif rule == "nn_pre_centered":
                if k == 0 and accumulated:
                    w = up(w, accumulated * math.exp(-(p - last) / tp))
                accumulated = 0.0
            else:
                plus = trace(earlier, p, tp, False)
                if rule == "triplet":
                    plus *= v["Aplus"] + v["Aplus_triplet"] * trace(post, p, v["tau_minus_triplet"], True)
                if rule == "vogels":
                    plus *= v["eta"]
                w = up(w, plus)
        before = [p for p in post if p < t - tiny]
        nearest = math.exp(-(t - before[-1]) / tm) if before else 0.0
        if rule == "nn_restr":
            w = down(w, nearest) if window else w
        elif rule in ("nn_symm", "nn_pre_centered"):
            w = down(w, nearest)
        else:
            minus = trace(post, t, tm, True)
            if rule == "triplet":
                minus *= v["Aminus"] + v["Aminus_triplet"] * trace(pre[:i], t, v["tau_plus_triplet"], False)
            if rule == "vogels":
                w = up(w, v["eta"] * minus)
                minus = v["alpha"] * v["eta"]
            w = down(w, minus)
        if rule == "nn_pre_centered":
            accumulated = accumulated * (math.exp(-(t - last) / tp) if last is not None else 0.0) + 1
        last = t
        yield w * sign


def dopamine_rule(v, pre, post, releases, weight):
    """Izhikevich 2007 between all events in closed form: c and n decay, dw/dt = c (n - b)."""
    events = [(t, 1, "post") for t in post] + [(t, 0, "release") for t in releases]
    w, c, n, now, a, b = weight, v.get("c", 0.0), v.get("n", 0.0), 0.0, v["tau_c"], v["b"]
    tn = v["tau_n"]
    events += [(t, 2, "pre") for t in pre]
    done_pre, done_post = [], []
    for t, _, kind in sorted(events):
        h = t - now
        if h > 0:
            s = 1 / a + 1 / tn
            w += c * (n * (1 - math.exp(-h * s)) / s - b * a * (1 - math.exp(-h / a)))
            w = min(max(w, v["Wmin"]), v["Wmax"])
            c, n, now = c * math.exp(-h / a), n * math.exp(-h / tn), t
        if kind == "release":
            n += 1 / tn
        elif kind == "post":
            c += v["A_plus"] * math.fsum(math.exp(-(t - x) / v["tau_plus"]) for x in done_pre[-400:])
            done_post.append(t)
        else:
            minus = math.fsum(math.exp(-(t - x) / v["tau_minus"]) for x in done_post[-400:] if x < t - 1e-6)
            yield w
            c -= v["A_minus"] * minus
            done_pre.append(t)


def short_term(v, pre, weight):
    """Tsodyks & Markram: what is sent with each spike."""
    u, x, y, last = v["u"], v["x"], v.get("y", 0.0), None
    for t in pre:
        if v["rule"] == "tsodyks2":
            if last is not None:
                h = t - last
                x = 1 + (x - x * u - 1) * math.exp(-h / v["tau_rec"])
                u = v["U"] + u * (1 - v["U"]) * (math.exp(-h / v["tau_fac"]) if v["tau_fac"] else 0.0)
            yield x * u * weight
        else:  # x + y + z = 1; y decays with tau_psc into z, z with tau_rec into x (Tsodyks et al. 2000)
            h = t if last is None else t - last
            z = 1 - x - y
            a, r = v["tau_psc"], v["tau_rec"]
            gone, back = math.exp(-h / a), math.exp(-h / r)
            z = z * back + y * r / (r - a) * (back - gone)
            y *= gone
            x = 1 - y - z
            u = u * (math.exp(-h / v["tau_fac"]) if v["tau_fac"] else 0.0)
            u += v["U"] * (1 - u)
            yield u * x * weight
            x, y = x - u * x, y + u * x
        last = t


def main():
    trace, spikes, dt = sys.argv[1], sys.argv[2], float(sys.argv[3])
    most = float(sys.argv[4]) if len(sys.argv) > 4 else 1e-9
    with open(trace + ".json") as f:
        rules = json.load(f)
    train = {}
    with open(spikes) as f:
        for line in f:
            step, neuron = line.split()
            train.setdefault(int(neuron), []).append(int(step))
    synapse = {}
    with open(trace, newline="") as f:
        for r in csv.DictReader(f, delimiter="\t"):
            synapse.setdefault((r["projection"], int(r["source"]), int(r["target"])), []).append(r)
    worst, count = {}, {}
    for (projection, source, target), rows in synapse.items():
        v = rules[projection]
        axonal = v.get("axonal", 0)
        v["start"] = axonal * dt
        pre = [(s + axonal) * dt for s in train[source]]
        post = [(p + v["delay"] - axonal) * dt for p in train.get(target, [])]
        if v["rule"].startswith("tsodyks"):
            want = list(short_term(v, pre, v["weight"]))
            column = "w_sent"
        else:
            if v["rule"] == "dopamine":
                released = sorted((s + v["vt_delay"]) * dt for n in range(v["vt"][0], v["vt"][1] + 1) for s in train.get(n, []))
                want = list(dopamine_rule(v, pre, post, released, v["weight"]))
            else:
                want = list(pairs_rule(v, pre, post, v["weight"]))
            column = "weight"
        if len(rows) != len(want):
            sys.exit(f"synapse {source} to {target}, projection {projection}: {len(rows)} spikes, expected {len(want)}")
        size = max(abs(w) for w in want)
        for r, w in zip(rows, want):
            name = v["rule"]
            worst[name] = max(worst.get(name, 0.0), abs(float(r[column]) - w) / size)
            count[name] = count.get(name, 0) + 1
    bad = 0
    for name in sorted(worst):
        print(f"{name}: {count[name]} spikes at synapses, worst {worst[name]:.2g}")
        bad += worst[name] > most
    sys.exit(1 if bad or set(worst) != {v["rule"] for v in rules.values()} else 0)


main()

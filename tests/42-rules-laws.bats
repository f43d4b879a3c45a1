# Connection rules through the programs, judged by numpy and scipy (the authority), from the text that
# hal9-view prints. Each law is also given a wrong parameter, which the same test must reject.

network() { # network FILE RULE...: populations a (1500) and b (1000) in a plane, one projection
  cat >"$1" <<YAML
populations:
  a: {count: 1500, model: iaf_psc_exp, layout: {type: box, extent: [1 mm, 1 mm]}}
  b: {count: 1000, model: iaf_psc_exp, layout: {type: box, extent: [1 mm, 1 mm]}}
connections:
  - {source: a, target: b, $2}
simulation: {dt: 0.1 ms, seed: 5}
YAML
}
connections() { # connections FILE OUT
  set -o pipefail
  hal9-gen -c "$1" >"$1.gen" && hal9-index -c "$1" <"$1.gen" >"$1.h9" && hal9-view --connections "$1.h9" |
    awk '$1 ~ /^[0-9]+$/' >"$2"
}
judge() { # judge PYTHON: with s, t, w, d (arrays from 0), and the tests of scipy
  "$PYTHON" - "$BATS_TEST_TMPDIR/c.tsv" "$BATS_TEST_TMPDIR/p.tsv" <<PY
import sys, os
import numpy as np
from scipy import stats
c = np.loadtxt(sys.argv[1], ndmin=2)
s, t, w, d = c[:, 0].astype(int) - 1, c[:, 1].astype(int) - 1501, c[:, 2], c[:, 3]
pos = np.loadtxt(sys.argv[2]) if os.path.exists(sys.argv[2]) else None
def chi(values, law, most):
    "P of integers against a frozen discrete law, cells of at least 5 expected"
    seen = np.bincount(np.minimum(values, most), minlength=most + 1).astype(float)
    want = law.pmf(np.arange(most + 1)) * len(values)
    want[-1] += len(values) - want.sum()
    o, e, so, se = [], [], 0, 0
    for a, b in zip(seen, want):
        so += a; se += b
        if se >= 5: o.append(so); e.append(se); so = se = 0
    o[-1] += so; e[-1] += se
    return stats.chisquare(o, e).pvalue
def good(p, wrong, what):
    print(what, p, wrong)
    assert p > 1e-3 and wrong < 1e-6, what
$1
PY
}

@test "fixed_total_number: binomial degrees, exact total" {
  network "$BATS_TEST_TMPDIR/n.yaml" "rule: fixed_total_number, number: 60000, weight: 1 pA, delay: 1 ms"
  connections "$BATS_TEST_TMPDIR/n.yaml" "$BATS_TEST_TMPDIR/c.tsv"
  judge "
assert len(s) == 60000
good(chi(np.bincount(s, minlength=1500), stats.binom(60000, 1/1500), 200), chi(np.bincount(s, minlength=1500), stats.binom(60000, 1/1400), 200), 'out')
good(chi(np.bincount(t, minlength=1000), stats.binom(60000, 1/1000), 200), chi(np.bincount(t, minlength=1000), stats.binom(60000, 1/950), 200), 'in')"
}

@test "fixed_indegree: exact in-degree, binomial out-degree, no pair twice without multapses" {
  network "$BATS_TEST_TMPDIR/n.yaml" "rule: fixed_indegree, number: 60, multapses: false, weight: 1 pA, delay: 1 ms"
  connections "$BATS_TEST_TMPDIR/n.yaml" "$BATS_TEST_TMPDIR/c.tsv"
  judge "
assert (np.bincount(t, minlength=1000) == 60).all() and len(set(zip(s, t))) == 60000
good(chi(np.bincount(s, minlength=1500), stats.binom(1000, 60/1500), 200), chi(np.bincount(s, minlength=1500), stats.binom(1000, 66/1500), 200), 'out')"
}

@test "fixed_outdegree and pairwise_bernoulli: degrees" {
  network "$BATS_TEST_TMPDIR/n.yaml" "rule: fixed_outdegree, number: 40, weight: 1 pA, delay: 1 ms"
  connections "$BATS_TEST_TMPDIR/n.yaml" "$BATS_TEST_TMPDIR/c.tsv"
  judge "
assert (np.bincount(s, minlength=1500) == 40).all()
good(chi(np.bincount(t, minlength=1000), stats.binom(60000, 1/1000), 200), chi(np.bincount(t, minlength=1000), stats.binom(57000, 1/1000), 200), 'in')"
  network "$BATS_TEST_TMPDIR/n.yaml" "rule: pairwise_bernoulli, p: 0.04, weight: 1 pA, delay: 1 ms"
  connections "$BATS_TEST_TMPDIR/n.yaml" "$BATS_TEST_TMPDIR/c.tsv"
  judge "
good(chi(np.bincount(s, minlength=1500), stats.binom(1000, 0.04), 200), chi(np.bincount(s, minlength=1500), stats.binom(1000, 0.044), 200), 'out')
good(chi(np.bincount(t, minlength=1000), stats.binom(1500, 0.04), 200), chi(np.bincount(t, minlength=1000), stats.binom(1500, 0.044), 200), 'in')"
}

@test "weights and delays: truncated normal and uniform laws" {
  network "$BATS_TEST_TMPDIR/n.yaml" "rule: fixed_total_number, number: 60000, weight: {normal: {mean: 87.8 pA, sd: 40 pA, min: 0 pA}}, delay: {uniform: {low: 0.5 ms, high: 4 ms}}"
  connections "$BATS_TEST_TMPDIR/n.yaml" "$BATS_TEST_TMPDIR/c.tsv"
  judge "
law = lambda m: stats.truncnorm(-m/40, np.inf, loc=m, scale=40)
jitter = np.random.default_rng(1).uniform(-.5, .5, len(w)) * 87.8 * 2**-15 # the quantum's share
good(stats.kstest(w + jitter, law(87.8).cdf).pvalue, stats.kstest(w + jitter, law(90).cdf).pvalue, 'weight')
steps = np.rint(d / 0.1 if d.max() < 5 else d).astype(int)
class uniform: # steps 5 and 40 have half a cell
    pmf = staticmethod(lambda k: np.where((k == 5) | (k == 40), .5, (k > 5) & (k < 40)) / 35)
class other:
    pmf = staticmethod(lambda k: ((k >= 5) & (k <= 40)) / 36)
good(chi(steps, uniform, 45), chi(steps, other, 45), 'delay')"
}

@test "gaussian kernel, periodic: distances, and delays by distance" {
  network "$BATS_TEST_TMPDIR/n.yaml" "rule: pairwise_bernoulli, p: 0.3, kernel: {gaussian: {sigma: 80 um}}, mask: {sphere: {radius: 400 um}}, periodic: true, weight: 1 pA, delay: 0.5 ms + distance / (300 um/ms)"
  connections "$BATS_TEST_TMPDIR/n.yaml" "$BATS_TEST_TMPDIR/c.tsv"
  hal9-view --tsv --columns id,x,y "$BATS_TEST_TMPDIR/n.yaml.h9" | awk '$1 ~ /^[0-9]+$/' >"$BATS_TEST_TMPDIR/p.tsv"
  judge "
xy = pos[np.argsort(pos[:, 0]), 1:]
v = xy[1500 + t] - xy[s]
v -= 1000 * np.rint(v / 1000)
r = np.hypot(v[:, 0], v[:, 1])
cdf = lambda a: (lambda x: (1 - np.exp(-x**2 / (2*a*a))) / (1 - np.exp(-400**2 / (2*a*a))))
good(stats.kstest(r, cdf(80)).pvalue, stats.kstest(r, cdf(88)).pvalue, 'distance')
steps = d / 0.1 if d.max() < 5 else d
assert np.abs(steps - (0.5 + r / 300) / 0.1).max() < 0.51"
}

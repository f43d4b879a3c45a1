# hal9-gen -c: populations, layouts, drawn parameters and state of a configuration. Authority: scipy's
# distributions.

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR"
  set -o pipefail
  cat > net.yaml <<'Y'
parameters: {N: 4000, sd: 4 mV}
populations:
  exc:
    count: N
    model: iaf_psc_exp
    params:
      C_m: {uniform: {low: 200 pF, high: 300 pF}}
      tau_m: {lognormal: {mu: 2, sigma: 0.3}}
      t_ref: {exponential: {mean: 2 ms, min: 1 ms, max: 6 ms}}
      I_e: {normal: {mean: 1 pA/um * x, sd: 2 pA}}
      tau_syn_ex: 0.5 ms
    state: {V_m: {normal: {mean: -58 mV, sd: sd, max: -55 mV}}}
    layout: {type: box, extent: [1 mm, 1 mm, 0.5 mm], center: [0, 0, 1 mm]}
  inh:
    count: N / 4
    model: iaf_psc_delta
    layout: {type: ball, extent: 400 um, center: [0, 0, 1 mm], min_distance: 5 um}
  input: {count: 3, model: parrot_neuron}
simulation: {dt: 0.2 ms, seed: 11}
Y
}

tsv() { hal9-view --tsv --no-header --columns "$@"; }
py() { "$PYTHON" -c "import sys, numpy as np; from scipy import stats; d = np.loadtxt(sys.stdin, ndmin=2); $1"; }

@test "parameters and state follow their distributions" {
  hal9-gen -c net.yaml -o net.h9
  tsv id,x,C_m,tau_m,t_ref,I_e,V_m --population exc net.h9 | py '
assert len(d) == 4000
i, x, c, tm, tr, ie, v = d.T
p = [stats.kstest(c, "uniform", (200, 100)).pvalue,
     stats.kstest(np.log(tm), "norm", (2, .3)).pvalue,
     stats.kstest(tr, stats.truncexpon(5 / 2, 1, 2).cdf).pvalue,
     stats.kstest(ie - x, "norm", (0, 2)).pvalue,
     stats.kstest(v, stats.truncnorm(-np.inf, .75, -58, 4).cdf).pvalue]
assert min(p) > 1e-3, p
r = np.corrcoef([c, tm, tr, ie - x, v, x])
assert abs(r - np.eye(6)).max() < .07, r'
}

@test "populations follow each other; min_distance holds across populations" {
  hal9-gen -c net.yaml -o net.h9
  tsv id,x,y,z net.h9 --population inh | py '
assert (d[:,0] == np.arange(4001, 5001)).all()
assert np.hypot(np.hypot(d[:,1], d[:,2]), d[:,3] - 1000).max() <= 200.001'
  { tsv id,x,y,z --population exc net.h9; tsv id,x,y,z --population inh net.h9; } | py 'from scipy.spatial import cKDTree
a, b = d[:4000,1:], d[4000:,1:]
assert cKDTree(a).query(b)[0].min() >= 5 - 1e-4 and cKDTree(b).query(b, 2)[0][:,1].min() >= 5 - 1e-4'
  [ "$(tsv id --population input net.h9 | tr '\n' ' ')" = "5001 5002 5003 " ]
}

@test "options override the file: --set, --seed, --dt" {
  hal9-gen -c net.yaml --dry-run | grep -q 'dt 0.2 ms, seed 11'
  hal9-gen -c net.yaml --seed 5 --dt 0.1ms --set N=800 --dry-run > out
  grep -q 'dt 0.1 ms, seed 5' out
  grep -q '^exc *800 ' out
  grep -q '^inh *200 ' out
}

@test "same bytes for 1, 2 and 4 threads" {
  for t in 1 2 4; do hal9-gen -c net.yaml --set N=150000 -@ $t | md5sum; done | uniq | wc -l | grep -qx 1
}

@test "the order of parameters in the file does not matter" {
  sed '/C_m:/d' net.yaml | sed 's/^      tau_syn_ex/      C_m: {uniform: {low: 200 pF, high: 300 pF}}\n      tau_syn_ex/' > other.yaml
  run ! cmp -s net.yaml other.yaml
  hal9-gen -c net.yaml -o a.h9
  hal9-gen -c other.yaml -o b.h9
  diff <(tsv id,x,C_m,V_m a.h9 --population exc) <(tsv id,x,C_m,V_m b.h9 --population exc)
}

@test "a drawn value outside of the model's range names population, neuron, value and range" {
  sed -i 's/low: 200 pF/low: -1 pF/' net.yaml
  run -78 hal9-gen -c net.yaml -o never.h9
  [[ "$output" == *"population 'exc'"*"neuron "*"C_m = -"*"expected a value above 0"* ]]
  [ ! -e never.h9 ]
}

@test "a file without populations" {
  echo 'simulation: {dt: 0.1 ms}' > empty.yaml
  run -78 hal9-gen -c empty.yaml -o never.h9
  [[ "$output" == *"populations"* ]]
}

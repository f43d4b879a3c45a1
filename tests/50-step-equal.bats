# The same spikes whatever computes them: threads, tiles, vector instructions, connections in the stream or deferred.
# Authority: the run on one thread with scalar kernels.

setup() {
  cd "$BATS_TEST_TMPDIR"
  cat > net.yaml <<'Y'
parameters: {n: 1000, w: 87.8 pA}
populations:
  exc: {count: 0.8 * n, model: iaf_psc_exp, params: {tau_syn_ex: 0.5 ms, tau_syn_in: 0.5 ms, tau_m: {normal: {mean: 10 ms, sd: 1 ms, min: 5 ms}}}, layout: {type: box, extent: [400 um, 400 um]}}
  inh: {count: 0.2 * n, model: iaf_psc_exp, params: {tau_syn_ex: 0.5 ms, tau_syn_in: 1 ms}, layout: {type: box, extent: [400 um, 400 um]}}
connections:
  - {source: exc, target: [exc, inh], rule: pairwise_bernoulli, p: 0.3, kernel: {gaussian: {sigma: 100 um}}, weight: {normal: {mean: w, sd: 0.1 * w, min: 0 pA}}, delay: 0.5 ms + distance / (300 um/ms)}
  - {source: inh, target: exc, rule: fixed_indegree, number: 50, weight: {lognormal: {mu: 5, sigma: 1}}, delay: {uniform: {low: 0.1 ms, high: 3 ms}}}
  - {source: inh, target: inh, rule: fixed_total_number, number: 5000, weight: -4 * w, delay: 0.8 ms}
simulation:
  seed: 9
  stimuli:
    - {type: poisson, target: [exc, inh], rate: 15 kHz, weight: w}
    - {type: poisson, target: exc, rate: 2 kHz, weight: -w}
Y
  hal9-gen -c net.yaml -o neurons.h9
  hal9-index -c net.yaml -o net.h9 neurons.h9
  HAL9_SIMD=scalar hal9-step -c net.yaml -t 120ms -@ 1 net.h9 | hal9-view --signals --no-header > want
  [ "$(wc -l < want)" -gt 400 ]
}

same() { "$@" | hal9-view --signals --no-header > got; cmp want got; }

@test "1, 2, 3, 4 and 7 threads" {
  for t in 1 2 3 4 7; do same hal9-step -c net.yaml -t 120ms -@ $t net.h9; done
}

@test "any number of tiles" {
  for n in 1 2 5; do same hal9-step -c net.yaml -t 120ms -@ 2 --tiles $n net.h9; done
}

@test "every level of vector instructions that this processor has" {
  n=0
  for l in scalar sse avx2 avx512; do
    HAL9_SIMD=$l hal9-step -c net.yaml -t 120ms net.h9 > a.h9 2> err || { grep -q "$l" err; continue; }
    hal9-view --signals --no-header a.h9 > got
    cmp want got
    n=$((n + 1))
  done
  [ $n -gt 0 ]
}

@test "connections deferred" {
  hal9-index -c net.yaml --defer -o deferred.h9 neurons.h9
  for t in 1 2; do same hal9-step -c net.yaml -t 120ms -@ $t deferred.h9; done
}

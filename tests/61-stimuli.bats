# Stimuli of hal9-step: rates, spike trains, currents, files and pipes. Authorities: hal9-config(5), hal9-step(1);
# Poisson statistics by scipy; hand-computed spikes of neurons that repeat their input.

bats_require_minimum_version 1.5.0

setup() { cd "$BATS_TEST_TMPDIR"; }

# A network of neurons that send on what they get, and the stimuli of standard input.
relay() {
  { cat <<'Y'
populations:
  a: {count: 400, model: parrot_neuron, layout: {type: grid, dimensions: 2, extent: 400 um}}
  b: {count: 50, model: parrot_neuron}
simulation:
  seed: 11
  duration: 2 s
  stimuli:
Y
    cat
  } > relay.yaml
  hal9-gen -c relay.yaml -o relay.h9
}
spikes() { hal9-view --signals --no-header "$1"; }

# Rate of each neuron in each bin of 10 ms against expected means: rate(t in ms, index) in Hz.
rates() {
  spikes "$1" > table
  "$PYTHON" - "$2" <<'P'
import sys, numpy as np
from scipy import stats
step, ident = np.loadtxt('table', dtype=int, ndmin=2).T
rate = eval('lambda t, i: ' + sys.argv[1], {'np': np})
counts = np.zeros((20000, 400))
np.add.at(counts, (step - 1, ident - 1), 1)
t, i = np.meshgrid(np.arange(1, 20001) * 0.1, np.arange(1, 401), indexing='ij')
mean = np.broadcast_to(np.maximum(rate(t, i), 0) * 1e-4, counts.shape)
# chi square over time, over neurons
for axis, cut in ((1, 100), (0, 1)):
    c = counts.sum(axis).reshape(-1, cut).sum(1); m = mean.sum(axis).reshape(-1, cut).sum(1)
    assert c[m == 0].sum() == 0, 'spikes where the rate is 0'
    use = m > 5
    chi2 = ((c - m)[use] ** 2 / m[use]).sum(); n = use.sum()
    p = stats.chi2.sf(chi2, n)
    print('chi2 %.1f of %d, p %.4f' % (chi2, n, p))
    assert 1e-4 < p < 1 - 1e-4
# single counts are Poisson: variance over mean, and the part of empty steps
total, want = counts.sum(), mean.sum()
assert abs(total - want) < 4.5 * np.sqrt(want), (total, want)
empty, expect = (counts == 0).sum(), np.exp(-mean).sum()
assert abs(empty - expect) < 4.5 * np.sqrt(want), (empty, expect)
two = (counts >= 2).sum(); expect = (1 - np.exp(-mean) * (1 + mean)).sum()
assert abs(two - expect) < 4.5 * np.sqrt(expect + 1), (two, expect)
P
}

@test "a stepped Poisson rate: nothing before the first time, then each rate, with Poisson counts" {
  relay <<'Y'
    - {type: poisson, target: a, weight: 1, times: [0.1 s, 0.5 s, 1.2 s, 1.5 s], rates: [100 Hz, 2 kHz, 0 Hz, 30 Hz]}
Y
  hal9-step -c relay.yaml relay.h9 -o out.h9
  rates out.h9 'np.select([t <= 100.01, t <= 500.01, t <= 1200.01, t <= 1500.01], [0, 100, 2000, 0], 30)'
}

@test "a sinusoidal Poisson rate follows max(0, rate + amplitude sin), at the end of each step" {
  relay <<'Y'
    - {type: sinusoidal_poisson, target: a, weight: 1, rate: 200 Hz, amplitude: 300 Hz, frequency: 7 Hz, phase: 60 deg}
Y
  hal9-step -c relay.yaml relay.h9 -o out.h9
  rates out.h9 '200 + 300 * np.sin(2 * np.pi * 7e-3 * t + np.pi / 3)'
}

@test "rates of each neuron's own, by position and by distribution, constant and sinusoidal" {
  relay <<'Y'
    - {type: poisson, target: a, weight: 1, rate: 100 Hz + 100 Hz * x / (200 um), start: 100 ms, stop: 1.1 s}
Y
  hal9-step -c relay.yaml relay.h9 -o out.h9
  hal9-view --tsv --columns=x --no-header relay.h9 | head -n 400 > x.txt
  rates out.h9 '(100 + 0.5 * np.loadtxt("x.txt")[i - 1]) * ((t > 100.01) & (t < 1100.01))'
  relay <<'Y'
    - {type: sinusoidal_poisson, target: 'a[1:399:2]', weight: 1, rate: {uniform: {low: 0 Hz, high: 400 Hz}}, amplitude: 100 Hz, frequency: 5 Hz}
Y
  hal9-step -c relay.yaml relay.h9 -o out.h9
  spikes out.h9 > table
  "$PYTHON" - <<'P'
import numpy as np
step, ident = np.loadtxt('table', dtype=int).T
assert (ident % 2 == 1).all() and ident.max() <= 399
counts = np.bincount(ident, minlength=401)[1:400:2] / 2      # Hz, 2 s
sd = np.sqrt(200 / 2 + 400 ** 2 / 12)
assert abs(counts.mean() - 202) < 4 * sd / np.sqrt(200), counts.mean()  # rates under 100 Hz are cut at 0: 2 Hz more
assert abs(counts.std() - 400 / 12 ** 0.5) < 15, counts.std()
P
}

@test "chosen neurons get what they get when all are chosen" {
  relay <<'Y'
    - {type: poisson, target: a, weight: 1, rate: 300 Hz}
Y
  hal9-step -c relay.yaml relay.h9 -o all.h9
  sed -i "s/target: a,/target: 'a[101:299:3]',/" relay.yaml
  hal9-step -c relay.yaml relay.h9 -o some.h9
  spikes all.h9 | awk '$2 >= 101 && $2 <= 299 && ($2 - 101) % 3 == 0' > want
  spikes some.h9 > got
  [ -s got ]
  cmp want got
}

@test "given spikes reach the neurons chosen, at their step, as often as given" {
  relay <<'Y'
    - {type: spikes, target: ['a[1]', 'b[49:]'], times: [1 ms, 1 ms, 20 ms], weight: 1}
    - {type: spikes, target: 'a[:3:2]', times: [0.1 ms, 30 ms, 40 ms], weight: 1, start: 10 ms, stop: 35 ms}
Y
  hal9-step -c relay.yaml relay.h9 -o out.h9
  printf '%s\t%s\n' 10 1 10 1 10 449 10 449 10 450 10 450 200 1 200 449 200 450 300 1 300 3 > want
  spikes out.h9 | cmp want -
}

@test "spikes from text and from a stream, in the configuration and by option, are merged by time" {
  relay <<'Y'
    - {type: spikes, file: given.txt, target: a}
Y
  printf '# time id weight\n\n1 2\n1, 1, 7 # twice\n1 1\n3.04 400\n' > given.txt
  printf '0.5 450 1\n3 1 1\n' > more.txt
  hal9-step -c relay.yaml relay.h9 --stimulus more.txt -o out.h9
  printf '%s\t%s\n' 5 450 10 1 10 1 10 2 30 1 30 400 > want
  spikes out.h9 | cmp want -
  # what was written is read again: from a file, a pipe, a pipe that writes slowly
  hal9-step -t 2s relay.h9 --stimulus out.h9 | hal9-view --signals --no-header | cmp want -
  hal9-step -t 2s relay.h9 --stimulus - < out.h9 | hal9-view --signals --no-header | cmp want -
  size=$(stat -c %s out.h9)
  { head -c 300 out.h9; sleep 0.3; tail -c +301 out.h9; } | hal9-step -t 2s --stimulus - relay.h9 | hal9-view --signals --no-header | cmp want -
  [ "$size" -gt 300 ]
  # twice the same input: every spike twice
  hal9-step -t 2s relay.h9 --stimulus out.h9 --stimulus - < out.h9 | hal9-view --signals --no-header > twice
  { cat want want; } | sort -k1,1n -k2,2n | cmp - twice
}

@test "steps of a stream with another dt are converted by time" {
  relay <<'Y'
    - {type: spikes, target: a, times: [1 ms, 1.5 ms, 30 ms], weight: 1}
Y
  hal9-step -c relay.yaml relay.h9 -t 40ms -o fine.h9
  hal9-gen -c relay.yaml --dt 0.25 -o coarse.h9
  hal9-step -t 40ms --stimulus fine.h9 coarse.h9 -o out.h9
  [ "$(spikes out.h9 | cut -f1 | uniq -c | awk '{print $2, $1}' | tr '\n' ',')" = "4 400,6 400,120 400," ]
  hal9-step -t 40ms --stimulus out.h9 relay.h9 | hal9-view --signals | cmp - <(spikes fine.h9)
}

@test "an input longer than the run is closed, a shorter one means no more spikes" {
  relay <<'Y'
    - {type: poisson, target: a, weight: 1, rate: 100 Hz}
Y
  hal9-step -c relay.yaml relay.h9 -o long.h9
  set -o pipefail
  hal9-step -t 0.1s relay.h9 --stimulus long.h9 | hal9-view --signals --no-header > got
  spikes long.h9 | awk '$1 <= 1000' | cmp - got
  hal9-step -c relay.yaml -t 0.1s relay.h9 | hal9-step -t 1s --stimulus - relay.h9 -o out.h9
  spikes out.h9 | cmp got -
  hal9-step -c relay.yaml -t 0.1s relay.h9 | hal9-step -t 0.1s --stimulus - relay.h9 | hal9-view --signals --no-header | cmp got -
}

@test "the stream is consumed as time advances: batches come out while the input is open" {
  relay <<'Y'
    - {type: poisson, target: a, weight: 1, rate: 100 Hz}
Y
  hal9-step -c relay.yaml relay.h9 -o long.h9
  mkfifo in
  size=$(stat -c %s long.h9)
  hal9-step -t 2s --stimulus - relay.h9 < in > out.h9 &
  job=$!
  exec 7> in
  head -c $((size / 2)) long.h9 >&7
  for _ in $(seq 100); do [ "$(stat -c %s out.h9)" -gt $((size / 4)) ] && break; sleep 0.1; done
  kill -0 $job
  [ "$(stat -c %s out.h9)" -gt $((size / 4)) ]
  tail -c +$((size / 2 + 1)) long.h9 >&7
  exec 7>&-
  wait $job
  spikes long.h9 > want
  spikes out.h9 | cmp want -
}

mixed() {
  cat > mixed.yaml <<'Y'
populations:
  exc: {count: 1500, model: iaf_psc_exp, params: &p {tau_syn_ex: 0.5 ms, tau_syn_in: 2 ms}, layout: {type: box, extent: 1 mm}}
  inh: {count: 300, model: iaf_psc_exp, params: *p}
connections:
  - {source: exc, target: [exc, inh], rule: fixed_indegree, number: 50, weight: {normal: {mean: 60 pA, sd: 6 pA}}, delay: 1.5 ms}
  - {source: inh, target: [exc, inh], rule: fixed_indegree, number: 20, weight: -300 pA, delay: 0.8 ms}
simulation:
  seed: 3
  duration: 100 ms
  stimuli:
    - {type: poisson, target: '*', rate: 6 kHz, weight: {normal: {mean: 80 pA, sd: 60 pA}}}
    - {type: sinusoidal_poisson, target: exc, rate: {lognormal: {mu: 6, sigma: 1}}, amplitude: 1 kHz, frequency: 20 Hz, weight: 80 pA}
    - {type: poisson, target: 'exc[7:1200:5]', times: [0 ms, 50 ms], rates: [5 kHz, 1 kHz], weight: -50 pA}
    - {type: spikes, target: 'exc[100:900]', times: [10 ms, 20 ms, 30 ms], weight: 800 pA + 1 pA * x / (1 um)}
    - {type: spikes, file: given.txt}
    - {type: noise, target: '*', std: {uniform: {low: 0 pA, high: 300 pA}}, every: 0.7 ms, start: 12 ms}
    - {type: ac, target: inh, amplitude: 100 pA, frequency: 40 Hz, offset: {exponential: {mean: 50 pA}}}
    - {type: step_current, target: 'inh[1:150]', times: [30 ms], amplitudes: [200 pA]}
    - {type: dc, target: exc, amplitude: 50 pA}
Y
  "$PYTHON" - > given.txt <<'P'
import random
random.seed(1)
for k in range(5000): print('%.1f %d %.17g' % (0.1 + k // 50, random.randint(1, 1800), random.uniform(-500, 900)))
P
  hal9-gen -c mixed.yaml | hal9-index -c mixed.yaml -o mixed.h9
}

@test "all kinds together: the same bytes for any number of threads, tiles, SIMD level, and order of inputs" {
  mixed
  hal9-step --no-metrics -@ 1 -c mixed.yaml mixed.h9 -o one.h9
  [ "$(spikes one.h9 | wc -l)" -gt 1000 ]
  hal9-step --no-metrics -@ 3 -c mixed.yaml mixed.h9 | cmp one.h9 -
  hal9-step --no-metrics -@ 2 --tiles 5 -c mixed.yaml mixed.h9 | cmp one.h9 -
  for level in scalar sse avx2; do
    HAL9_SIMD=$level hal9-step --no-metrics -@ 1 -c mixed.yaml mixed.h9 | cmp one.h9 -
  done
  hal9-step --no-metrics -@ 1 --precision double -c mixed.yaml mixed.h9 -o double.h9
  HAL9_SIMD=scalar hal9-step --no-metrics -@ 3 --precision double -c mixed.yaml mixed.h9 | cmp double.h9 -
  # the file of spikes in two parts, either way round
  sed -i '/given.txt/d' mixed.yaml
  awk 'NR % 3' given.txt > p.txt
  awk 'NR % 3 == 0' given.txt > q.txt
  hal9-step -@ 2 -c mixed.yaml --stimulus p.txt --stimulus q.txt mixed.h9 -o pq.h9
  hal9-step -@ 1 -c mixed.yaml --stimulus q.txt --stimulus p.txt mixed.h9 -o qp.h9
  spikes pq.h9 > pq
  spikes qp.h9 | cmp pq -
}

@test "another seed, other noise and other rates" {
  relay <<'Y'
    - {type: poisson, target: a, weight: 1, rate: {uniform: {low: 0 Hz, high: 100 Hz}}}
Y
  hal9-step -c relay.yaml relay.h9 -o a.h9
  hal9-step -c relay.yaml --seed 12 relay.h9 -o b.h9
  ! cmp -s <(spikes a.h9) <(spikes b.h9)
}

wrong() { # stimulus, expected message
  relay <<< "    - $1"
  run hal9-step -c relay.yaml relay.h9 -o /dev/null
  echo "$output"
  [ "$status" = 78 ]
  [[ "$output" == *"relay.yaml:8:"*"$2"* ]]
}

@test "mistakes are told by file, line and key" {
  gen() { # mistakes that every program finds
    printf 'populations:\n  a: {count: 10, model: parrot_neuron}\nsimulation:\n  stimuli:\n    - %s\n' "$1" > bad.yaml
    run hal9-gen -c bad.yaml -o /dev/null
    echo "$output"
    [ "$status" = 78 ]
    [[ "$output" == *"bad.yaml:5:"*"$2"* ]]
  }
  gen '{type: sinus, target: a}' "type: unknown stimulus 'sinus'"
  gen '{type: poisson, target: a, weight: 1}' 'rate: is missing, stimulus poisson needs it, or times and rates, and not both'
  gen '{type: poisson, target: a, weight: 1, times: [1 ms]}' 'rates: is missing'
  gen '{type: poisson, target: a, weight: 1, times: [1 ms], rates: [1 Hz, 2 Hz]}' 'rates: found 2 numbers for 1 times'
  gen '{type: poisson, target: a, weight: 1, times: [2 ms, 1 ms], rates: [1 Hz, 2 Hz]}' 'times: found 1 ms after 2 ms, expected ascending'
  gen '{type: poisson, target: a, weight: 1, times: [1 ms], rates: [-1 Hz]}' 'rates: found -1 Hz'
  gen '{type: ac, target: a, amplitude: 1 pA}' 'frequency: is missing, stimulus ac needs it'
  gen '{type: dc, target: a, amplitude: 1 pA, phase: 1}' 'phase: is not a key of stimulus dc'
  gen '{type: dc, target: a, amplitude: 1 mV}' 'amplitude: found'
  gen '{type: noise, target: a, std: -1 pA}' 'std: found -1 pA'
  gen '{type: spikes, target: a, weight: 1}' 'times: is missing, stimulus spikes needs it, or file'
  gen '{type: spikes, target: a, times: [1 ms]}' 'weight: is missing'
  gen '{type: spikes, target: a, times: [1 ms], file: x, weight: 1}' 'times: is missing'
  gen '{type: spikes, file: x, weights: [1]}' 'weights: belongs to times'
  gen "{type: dc, target: 'a[0:3]', amplitude: 1 pA}" "target: found 'a[0:3]', expected neurons of a"
  gen "{type: dc, target: 'a[3:11]', amplitude: 1 pA}" 'from 1 to 10'
  gen "{type: dc, target: 'c[1]', amplitude: 1 pA}" "target: no population 'c'"
  gen '{type: dc, target: [a, a], amplitude: 1 pA}' 'is listed twice'
  gen '{type: dc, amplitude: 1 pA}' 'target: is missing'
  gen '{type: dc, target: a, amplitude: 1 pA, start: 5 ms, stop: 5 ms}' 'stop: is 5 ms'
}

@test "mistakes that only a network shows" {
  wrong '{type: noise, target: a, std: 1 pA, every: 0.25 ms}' 'every: found 0.25 ms, expected a whole number of steps'
  wrong '{type: poisson, target: b, weight: 1, rate: 1 Hz * x / (1 um)}' "rate: uses positions, but the neurons of population 'b' have none"
  wrong '{type: poisson, target: a, weight: 1, rate: 1 Hz * x / (1 um)}' 'rate: -'
  wrong '{type: poisson, target: a, weight: 1, rate: {normal: {mean: 0 Hz, sd: 1 Hz}}}' 'rate: -'
  wrong '{type: sinusoidal_poisson, target: a, weight: 1, rate: 1e9 Hz, amplitude: 9.1e9 Hz, frequency: 1 Hz}' 'a million spikes a step'
  wrong '{type: spikes, target: a, times: [0 ms], weight: 1}' 'times: found 0 ms'
}

@test "files of spikes: mistakes are told by file and line, exit 65" {
  relay <<'Y'
    - {type: spikes, file: given.txt, target: a}
Y
  try() {
    printf '# first\n%b' "$1" > given.txt
    run hal9-step -c relay.yaml relay.h9 -o /dev/null
    echo "$output"
    [ "$status" = 65 ]
    [ "$output" = "hal9-step: given.txt:$2" ]
  }
  try '1 1\nx 2\n' "3: found 'x', expected a time in ms"
  try '1 1.5\n' "2: found '1.5', expected the id of a neuron"
  try '1 1 1 1 1\n' "2: found '1' after 4 numbers, expected time, neuron, weight and priority only"
  try '1 1 1 256\n' "2: found '256', expected a priority: 0 to 255, low, normal or high"
  try 'now 1\n' "2: found 'now', expected a time in ms"
  try '1\n' '2: found one number, expected time and neuron'
  try '2 1\n1 1\n' '3: found 1 ms after 2 ms, expected lines in order of time (sort -n)'
  try '1 0\n' '2: neuron 0, expected 1 to 450'
  try '1 451\n' '2: neuron 451, expected 1 to 450'
  try '1 401\n' "2: neuron 401 is of population 'b', which is no target of the stimulus"
  try '0.04 1\n' '2: found 0.04 ms, expected spikes that arrive at the end of a step of 0.1 ms'
  try '1 1\0\n' '2: found a zero byte, expected text'
  rm given.txt
  run hal9-step -c relay.yaml relay.h9 -o /dev/null
  [ "$status" = 66 ]
}

@test "streams of spikes: weights are needed where neurons weigh, damage and standard input are told" {
  mixed
  sed -i '/given.txt/d' mixed.yaml
  hal9-step -c mixed.yaml mixed.h9 -t 20ms -o in.h9
  run hal9-step -c mixed.yaml --stimulus in.h9 mixed.h9 -o /dev/null
  [ "$status" = 65 ]
  [[ "$output" == *"in.h9: block "*"has no weight, and none is given for those without"* ]]
  hal9-step -c mixed.yaml --stimulus in.h9 --stimulus-weight 100 mixed.h9 -o /dev/null
  head -c $(($(stat -c %s in.h9) - 20)) in.h9 > cut.h9
  run hal9-step -c mixed.yaml --stimulus cut.h9 --stimulus-weight 100 mixed.h9 -o /dev/null
  [ "$status" = 65 ]
  [[ "$output" == *"cut.h9: "*truncated* ]]
  run hal9-step -c mixed.yaml --stimulus - < mixed.h9
  [ "$status" = 64 ]
  run hal9-step -c mixed.yaml --stimulus - --stimulus - mixed.h9 < in.h9
  [ "$status" = 64 ]
  run hal9-step -c mixed.yaml --stimulus in.h9 --stimulus-weight heavy mixed.h9
  [ "$status" = 64 ]
  [[ "$output" == *"--stimulus-weight: found 'heavy', expected a number"* ]]
  run hal9-step -c mixed.yaml --stimulus missing.h9 mixed.h9
  [ "$status" = 66 ]
}

@test "strengths of a stream are weights: the same spikes from the stream and from its text" {
  # strengths in its last batch:
  (cd "$BATS_TEST_DIRNAME/.." && "$BUILD/unit/codec" "$BATS_TEST_TMPDIR/sample.h9" 3)
  cat > strong.yaml <<'Y'
populations:
  a: {count: 303, model: iaf_psc_exp, params: {tau_syn_ex: 1 ms, tau_syn_in: 2 ms, t_ref: 0.5 ms}}
simulation:
  stimuli:
    - {type: dc, target: a, amplitude: 500 pA}
Y
  hal9-gen -c strong.yaml -o strong.h9
  hal9-view --signals --columns time,id,strength sample.h9 > sample.txt
  awk '$3 != "nan" && $3 < -200' sample.txt | grep -q .
  awk '$3 == "nan"' sample.txt | grep -q .
  hal9-step --no-metrics -c strong.yaml -t 100ms --stimulus sample.h9 --stimulus-weight 2000 strong.h9 -o a.h9
  hal9-step --no-metrics -c strong.yaml -t 100ms --stimulus sample.txt --stimulus-weight 2000 strong.h9 -o b.h9
  hal9-step --no-metrics -c strong.yaml -t 100ms strong.h9 -o without.h9
  cut -f1,2 <(spikes a.h9) > a
  spikes b.h9 | cmp a -
  [ -s a ]
  ! spikes without.h9 | cmp -s a -
  # the strengths themselves matter
  awk '{print $1, $2, $3 == "nan" ? "nan" : 2 * $3}' sample.txt > double.txt
  hal9-step -c strong.yaml -t 100ms --stimulus double.txt --stimulus-weight 2000 strong.h9 | hal9-view --signals > c
  ! cmp -s a c
}

@test "what was fed in is named among the parents and options of the result" {
  relay <<'Y'
    - {type: poisson, target: a, weight: 1, rate: 10 Hz}
Y
  hal9-step -c relay.yaml relay.h9 -t 50ms -o in.h9
  hal9-step relay.h9 --stimulus in.h9 -t 50ms -o out.h9
  hash=$(hal9-view --hash in.h9 | cut -d' ' -f1)
  hal9-view --provenance out.h9 | tail -n 1 | grep -F -- '--stimulus in.h9' | grep -F "$hash"
}

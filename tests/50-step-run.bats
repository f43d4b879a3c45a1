# hal9-step as a program: what it reads, writes and refuses. Authority: hal9-step(1), hal9-stream(5), hand-computed
# numbers of small networks.

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR"
  cat > net.yaml <<'Y'
parameters: {n: 200, w: 87.8 pA}
populations:
  exc: {count: 0.8 * n, model: iaf_psc_exp, params: &p {tau_syn_ex: 0.5 ms, tau_syn_in: 0.5 ms}, state: {V_m: {uniform: {low: -70 mV, high: -55 mV}}}}
  inh: {count: 0.2 * n, model: iaf_psc_exp, params: *p}
connections:
  - {source: exc, target: [exc, inh], rule: pairwise_bernoulli, p: 0.1, weight: {normal: {mean: w, sd: 0.1 * w, min: 0 pA}}, delay: {normal: {mean: 1.5 ms, sd: 0.75 ms, min: 0.1 ms}}}
  - {source: inh, target: [exc, inh], rule: fixed_indegree, number: 20, weight: -4 * w, delay: 0.8 ms}
simulation:
  seed: 3
  duration: 50 ms
  stimuli:
    - {type: poisson, target: [exc, inh], rate: 8 Hz * 2000, weight: w}
Y
  hal9-gen -c net.yaml -o neurons.h9
  hal9-index -c net.yaml -o net.h9 neurons.h9
}

steps() { hal9-view --signals --no-header "$1" | cut -f1; }

@test "reads from standard input and from a file, writes to standard output and to a file" {
  hal9-step --no-metrics -c net.yaml net.h9 > a.h9
  hal9-step --no-metrics -c net.yaml < net.h9 > b.h9
  hal9-step --no-metrics -c net.yaml -o c.h9 - < net.h9
  cmp a.h9 b.h9
  cmp a.h9 c.h9
  hal9-view --check a.h9
  [ "$(steps a.h9 | wc -l)" -gt 100 ]
}

@test "the duration comes from the option, else from the configuration; times are counted from the transient's start" {
  hal9-step -c net.yaml net.h9 > a.h9
  [ "$(steps a.h9 | sort -n | tail -n 1)" -le 500 ]
  hal9-step -c net.yaml -t 0.1s --transient 20ms net.h9 > b.h9
  [ "$(steps b.h9 | sort -n | head -n 1)" -gt 200 ]
  [ "$(steps b.h9 | sort -n | tail -n 1)" -gt 1000 ]
  [ "$(steps b.h9 | sort -n | tail -n 1)" -le 1200 ]
  # the recorded part is that of the run without a transient
  hal9-step -c net.yaml -t 120 net.h9 > c.h9
  hal9-view --signals --no-header c.h9 | awk '$1 > 200' > want
  hal9-view --signals --no-header b.h9 > got
  cmp want got
}

@test "spikes come in order of step and id" {
  hal9-step -c net.yaml -t 200ms net.h9 > a.h9
  hal9-view --signals --no-header a.h9 > got
  sort -k1,1n -k2,2n got > want
  [ -s got ]
  cmp want got
}

@test "--record-spikes no writes no signals, but what was simulated" {
  hal9-step -c net.yaml --record-spikes no net.h9 > a.h9
  hal9-view --check a.h9
  [ "$(steps a.h9 | wc -l)" = 0 ]
  hal9-view --metrics a.h9 | grep step.signals | awk '{exit !($NF > 100)}'
}

@test "measurements and provenance are in the stream; --no-metrics makes equal runs equal bytes" {
  hal9-step -c net.yaml --label here net.h9 > a.h9
  hal9-view --metrics a.h9 > m
  for k in real_time_factor build_s simulate_s peak_rss_bytes threads signals events update_s deliver_s drive_s exchange_s output_s; do
    grep -q "step.$k" m
  done
  hal9-view --provenance a.h9 > p
  grep -q hal9-gen p
  grep -q hal9-index p
  grep -q 'hal9-step.*-t 50ms' p
  grep -q here p
  hal9-step -c net.yaml --no-metrics net.h9 > b.h9
  hal9-step -c net.yaml --no-metrics -@ 3 --tiles 2 net.h9 > c.h9
  cmp b.h9 c.h9
}

@test "--seed changes the stimuli, not the network" {
  hal9-step -c net.yaml net.h9 | hal9-view --signals --no-header > a
  hal9-step -c net.yaml --seed 3 net.h9 | hal9-view --signals --no-header > b
  hal9-step -c net.yaml --seed 4 net.h9 | hal9-view --signals --no-header > c
  cmp a b
  ! cmp -s a c
}

@test "--dry-run prints counts as text and writes no stream" {
  hal9-step -c net.yaml --dry-run net.h9 > text
  grep -qE '^neurons +200$' text
  # 160 * 200 * 0.1 expected + 200 * 20
  grep -qE '^connections +7200$' text
  grep -qE '^steps +500 of 0.1 ms$' text
  grep -qE '^bytes ' text
}

@test "--profile, --verbose and --progress always speak on standard error only" {
  hal9-step --no-metrics -c net.yaml net.h9 > a.h9
  hal9-step --no-metrics -c net.yaml --profile -v --progress always net.h9 > b.h9 2> err
  cmp a.h9 b.h9
  for k in deliver update drive exchange output simulate build events synapses; do grep -q "$k" err; done
  # the account agrees with the stream's own measurements
  hal9-step -c net.yaml --profile net.h9 2> err > m.h9
  hal9-view --metrics m.h9 > m
  for k in events signals; do
    awk -v k=$k -v want="$(awk -v k="step.$k" '$1 == k {print $2}' m)" '
      $1 == k {seen = 1; bad = ($2 / want - 1) ^ 2 > 1e-6} END {exit !seen || bad}' err
  done
  awk '$1 == "updates" {exit !($2 == 200 * 500)}' err
  grep -qE '^bandwidth +[0-9.]+ +GB/s read, [0-9.]+ GB/s triad: measured' err
  grep -qE '^delivered +[0-9.]+ +GB/s of synapses, [0-9]+ % of memory' err
  grep -qE '^updated +[0-9.]+ +GB/s of states and inputs, [0-9]+ % of memory' err
  hal9-step -q --progress never --no-metrics -c net.yaml net.h9 2> err2 > /dev/null
  [ ! -s err2 ]
}

@test "without a duration: exit 64 and what to do" {
  run -64 hal9-step net.h9 -o x.h9
  [[ "$output" == *"-t TIME"* ]]
  [ ! -e x.h9 ]
}

@test "wrong options: exit 64" {
  for o in '-t 0' '-t -1' '-t 5kg' '--transient x' '--record-spikes maybe' '--tiles 0' '--nonsense' 'a.h9 b.h9'; do
    run -64 hal9-step $o
  done
}

@test "bad input: missing 66, empty 66, garbage 65, cut short 65, and no output appears" {
  run -66 hal9-step -t 10 -o x.h9 missing.h9
  : > empty.h9
  run -66 hal9-step -t 10 -o x.h9 empty.h9
  echo "this is no stream" > garbage.h9
  run -65 hal9-step -t 10 -o x.h9 garbage.h9
  [[ "$output" == *garbage.h9* ]]
  for n in 100 1000 5000 $(($(stat -c %s net.h9) - 1)); do
    head -c "$n" net.h9 > cut.h9
    run -65 hal9-step -t 10 -o x.h9 cut.h9
    [[ "$output" == *cut.h9* ]]
  done
  [ ! -e x.h9 ]
  [ ! -e x.h9.partial ]
}

@test "a configuration of other populations: exit 65 and which" {
  sed 's/n: 200/n: 300/' net.yaml > other.yaml
  run -65 hal9-step -c other.yaml net.h9 -o x.h9
  [[ "$output" == *exc* ]]
  [ ! -e x.h9 ]
}

@test "a stimulus that cannot be: exit 78" {
  sed 's/8 Hz \* 2000/-8 Hz/' net.yaml > bad.yaml
  run -78 hal9-step -c bad.yaml net.h9 -o x.h9
  [[ "$output" == *rate* ]]
}

@test "a full disk: exit 74; a closed pipe: quiet" {
  run -74 bash -c 'hal9-step -c net.yaml net.h9 > /dev/full'
  run bash -c 'hal9-step -c net.yaml -t 2s net.h9 2> err | head -c 10 > /dev/null; cat err'
  [ -z "$output" ]
}

@test "a network that does not fit in memory is refused at once, with numbers" {
  cat > big.yaml <<'Y'
populations: {a: {count: 1000000, model: iaf_psc_exp}}
connections: [{source: a, target: a, rule: fixed_indegree, number: 500000, weight: {normal: {mean: 1 pA, sd: 0.1 pA}}, delay: 1 ms}]
Y
  hal9-gen -c big.yaml | hal9-index -c big.yaml --defer -o big.h9
  run -71 timeout 20 hal9-step -t 1s big.h9 -o x.h9
  [[ "$output" == *"GB"*"available"* ]]
}

@test "a network without connections or stimuli runs" {
  hal9-gen -n 10 --param I_e=400 -o ten.h9
  hal9-step -t 100ms ten.h9 > a.h9
  # tau_m 10 ms, C_m 250 pF: V_m reaches 15 mV above E_L after -10 ln(1 - 15 / 16) = 27.7 ms: step 278
  [ "$(steps a.h9 | head -n 1)" = 278 ]
  # then every 2 ms later again: 278 + 20 + 278 = 576, 874
  [ "$(steps a.h9 | sort -nu | tr '\n' ' ')" = "278 576 874 " ]
  [ "$(steps a.h9 | wc -l)" = 30 ]
}

@test "parrots repeat Poisson spikes, and a direct current makes the rate of its closed form" {
  cat > two.yaml <<'Y'
populations:
  p: {count: 100, model: parrot_neuron}
  q: {count: 10, model: iaf_psc_delta, params: {tau_m: 20 ms, C_m: 250 pF}}
simulation:
  duration: 1 s
  stimuli:
    - {type: poisson, target: p, rate: 50 Hz, weight: 1}
    - {type: dc, target: q, amplitude: 500 pA, start: 100 ms, stop: 900 ms}
Y
  hal9-gen -c two.yaml | hal9-step -c two.yaml > a.h9
  # 5000 expected, standard deviation 71
  n=$(hal9-view --signals --no-header --population p a.h9 | wc -l)
  [ "$n" -gt 4600 ] && [ "$n" -lt 5400 ]
  # 40 mV drive, threshold 15 mV: 20 ln(40 / 25) = 9.40 ms, 94 + 1 - 1 steps, period 94.. steps + 20
  hal9-view --signals --no-header --population q a.h9 | cut -f1 | sort -nu > q
  [ "$(head -n 1 q)" = 1095 ]
  [ "$(sed -n 2p q)" = 1210 ]
  [ "$(tail -n 1 q)" -le 9000 ]
}

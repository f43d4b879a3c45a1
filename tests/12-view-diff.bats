# hal9-view --diff: the first place where streams part. Authority: changes made by hand, cmp(1) and sort over the text of
# the records.

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_FILE_TMPDIR"
  cat > net.yaml <<'Y'
populations:
  exc: {count: 200, model: iaf_psc_exp, params: {C_m: 250 pF}, state: {V_m: {uniform: {low: -70 mV, high: -55 mV}}}, layout: {type: box, extent: [200 um, 200 um]}}
  inh: {count: 50, model: iaf_psc_exp, layout: {type: box, extent: [200 um, 200 um]}}
connections:
  - {source: exc, target: [exc, inh], rule: fixed_indegree, number: 10, weight: {normal: {mean: 60 pA, sd: 6 pA}}, delay: 1.5 ms}
  - {source: inh, target: exc, rule: radius, radius: 40 um, weight: -300 pA, delay: 0.8 ms}
simulation:
  duration: 60 ms
  stimuli: [{type: poisson, target: [exc, inh], rate: 15 kHz, weight: 60 pA}]
  record: ['V_m@exc/5ms', 'mean(V_m)@inh/5ms']
Y
  hal9-gen -c net.yaml -o neurons.h9
  hal9-index -c net.yaml -o net.h9 neurons.h9
  hal9-index -c net.yaml --defer -o rules.h9 neurons.h9
  hal9-step -c net.yaml -o spikes.h9 net.h9
}
setup() { cd "$BATS_FILE_TMPDIR"; T=$BATS_TEST_TMPDIR; }
same() { run hal9-view --diff "$@"; [ "$status" = 0 ] && [ -z "$output" ] || { echo "$*: $status $output"; return 1; }; }
# parts WHERE ARGUMENT...: status 1, and the line ends so
parts() { want=$1; shift; run hal9-view --diff "$@"; [ "$status" = 1 ] && [ "${#lines[@]}" = 1 ] && [[ "$output" == *" differ: "$want ]] || { echo "$*: $status $output"; return 1; }; }
# changed SED-EXPRESSION: the network by another configuration
changed() { sed "$1" net.yaml > "$T/other.yaml"; ! cmp -s net.yaml "$T/other.yaml"; hal9-gen -c "$T/other.yaml" | hal9-index -c "$T/other.yaml" -o "$T/other.h9"; }

@test "the same network, materialised and by rule, from files and pipes, is equal" {
  for n in 1 3; do
    same -@ $n net.h9 net.h9; same -@ $n net.h9 rules.h9; same -@ $n rules.h9 net.h9; same -@ $n rules.h9 rules.h9
    same --connections -@ $n rules.h9 rules.h9
  done
  same <(cat net.h9) - < rules.h9
  hal9-index -c net.yaml --level 19 neurons.h9 | hal9-view --diff - net.h9
}

@test "the same signals in other batches, without metrics, from a relayed recording, are equal" {
  hal9-view --cat --batch-size 5 spikes.h9 -o "$T/small.h9"
  same spikes.h9 "$T/small.h9"; same "$T/small.h9" spikes.h9
  hal9-step -c net.yaml -@ 3 --no-metrics rules.h9 -o "$T/again.h9"
  same spikes.h9 "$T/again.h9"
  parts "metric step.real_time_factor: * | nan" --metrics spikes.h9 "$T/again.h9"
  parts "provenance: entries: 4 | 3" --provenance "$T/small.h9" spikes.h9
}

@test "headers and populations part by name" {
  changed 's/duration: 60 ms/duration: 60 ms\n  dt: 0.2 ms/'
  parts "header: dt in ms: 0.1 | 0.2" net.h9 "$T/other.h9"
  hal9-gen -c net.yaml --seed 5 -o "$T/seed.h9"
  parts "header: seed: 1 | 5" neurons.h9 "$T/seed.h9"
  changed 's/count: 50/count: 51/'
  parts "population 'inh': neurons: 50 | 51" net.h9 "$T/other.h9"
  changed 's/C_m: 250/C_m: 251/'
  parts "population 'exc': C_m: 250 | 251" net.h9 "$T/other.h9"
  changed 's/C_m: 250 pF/tau_m: 12 ms/'
  parts "population 'exc': C_m: given | the model's default" net.h9 "$T/other.h9"
  changed 's/inh/in2/g'
  parts "name of population 2: inh | in2" net.h9 "$T/other.h9"
}

@test "neurons part at the first position or value that does" {
  changed 's/low: -70 mV/low: -71 mV/'
  v=$(hal9-view --columns id,V_m --no-header --id 1 "$T/other.h9" | cut -f 2); w=$(hal9-view --columns V_m --no-header --id 1 net.h9)
  parts "neuron 1 (exc\[1\]): V_m: $w | $v" net.h9 "$T/other.h9"
  parts "neuron 17 (exc\[17\]): V_m: *" --id 17-20 net.h9 "$T/other.h9"
  same --id 201-250 net.h9 "$T/other.h9" # inhibitory ones are as they were
  parts "positions and values of neurons: there | none" net.h9 spikes.h9
}

@test "projections and connections part at the first that does" {
  changed 's/-300 pA/-301 pA/'
  parts "projection 3 (inh to exc): weight: -300 | -301" net.h9 "$T/other.h9"
  hal9-view --connections --columns source,target net.h9 > "$T/list"
  n=$(awk '$1 > 200 { print NR; exit }' "$T/list"); t=$(sed -n "${n}p" "$T/list" | cut -f 2)
  for a in net.h9 rules.h9; do
    parts "connection $n: 201 (inh\[1\]) -> $t (exc\[$t\]), projection 3, weight -300, delay 0.8 ms | 201 (inh\[1\]) -> $t (exc\[$t\]), projection 3, weight -301, delay 0.8 ms" --connections $a "$T/other.h9"
  done
  same --connections --population exc net.h9 "$T/other.h9"
  changed 's/radius: 40 um/radius: 41 um/'
  parts "projection 3 (inh to exc): number: 40 | 41" net.h9 "$T/other.h9"
  # the first connection that the text of both shows otherwise
  hal9-view --connections net.h9 > "$T/a"; hal9-view --connections "$T/other.h9" > "$T/b"
  n=$(paste -d '|' "$T/a" "$T/b" | awk -F '|' '$1 != $2 { print NR; exit }')
  parts "connection $n: *" --connections -@ 3 rules.h9 "$T/other.h9"
  changed '/radius: 40/d'
  parts "projections: 3 | 2" net.h9 "$T/other.h9"
  parts "projections: 0 | 3" neurons.h9 net.h9
}

@test "signals part at the first that does, by order, id, end, strength" {
  hal9-step -c net.yaml --seed 2 -o "$T/other.h9" net.h9
  hal9-view --signals spikes.h9 > "$T/a"; hal9-view --signals "$T/other.h9" > "$T/b"
  n=$(paste -d '|' "$T/a" "$T/b" | awk -F '|' '$1 != $2 { print NR; exit }')
  read -r step id <<< "$(sed -n "${n}p" "$T/a")"
  run hal9-view --diff --signals spikes.h9 "$T/other.h9"
  [ "$status" = 1 ]; [[ "$output" == "spikes.h9 $T/other.h9 differ: signal $n: step $step ("*" ms), id $id ("*" | step "* ]]
  hal9-view --cat --time ..40 spikes.h9 -o "$T/short.h9"
  n=$(awk '$1 > 400 { print NR; exit }' "$T/a")
  parts "signal $n: step * | none up to the end, step 400 (40 ms)" spikes.h9 "$T/short.h9"
  same --signals --time ..30 spikes.h9 "$T/short.h9"
  hal9-view --cat --shift 1 spikes.h9 -o "$T/late.h9"
  parts "begin of the recording of signals in ms: 0 | 1" spikes.h9 "$T/late.h9"
  for s in 2.5 2.25; do
    printf 'time\tneuron\tstrength\n1\ta\t1\n2\ta\t%s\n' $s > "$T/in"
    hal9-convert --from tsv --signals "$T/in" -o "$T/$s.h9"
  done
  parts "signal 2: step 20 (2 ms), id 1 (neurons\[1\]), strength 2.5 | step 20 (2 ms), id 1 (neurons\[1\]), strength 2.25" "$T/2.5.h9" "$T/2.25.h9"
}

@test "states part at the first sample that does" {
  hal9-view --states spikes.h9 | grep -q V_m
  hal9-step -c net.yaml --seed 2 -o "$T/other.h9" net.h9
  run hal9-view --diff --states spikes.h9 "$T/other.h9"
  [ "$status" = 1 ]; [[ "$output" == *" differ: state at step "*": V_m of neuron "*" | "* ]]
  step=$(sed 's/.*state at step \([0-9]*\) .*/\1/' <<< "$output"); id=$(sed 's/.*of neuron \([0-9]*\) .*/\1/' <<< "$output")
  value() { hal9-view --states --columns value --id "$id" --time "$(awk "BEGIN { print ($step - 1) / 10 }")..$(awk "BEGIN { print $step / 10 }")" "$1"; }
  [ "$(value spikes.h9)" != "$(value "$T/other.h9")" ]
  [ "${output##*: }" = "$(value spikes.h9) | $(value "$T/other.h9")" ]
  hal9-view --cat --time ..40 spikes.h9 -o "$T/short.h9"
  parts "state: V_m of neuron 1 (exc\[1\]): next sample: step 450 | none" --states spikes.h9 "$T/short.h9"
  same --states --time ..40 spikes.h9 "$T/short.h9"
  # series of other neurons: what both have is compared where only that is selected
  hal9-step -c net.yaml --record 'V_m@exc[1:20]/5ms' -o "$T/few.h9" net.h9
  parts "state: V_m of neuron 1 (exc\[1\]): next sample: * | none" --states spikes.h9 "$T/few.h9"
  same --states --id 3-20 spikes.h9 "$T/few.h9"
}

@test "trouble is another exit status than a difference" {
  run hal9-view --diff net.h9 nosuch; [ "$status" = 66 ]
  run hal9-view --diff net.h9; [ "$status" = 64 ]; [[ "$output" == *"found 1 streams, expected two"* ]]
  run hal9-view --diff net.h9 net.h9 net.h9; [ "$status" = 64 ]
  run hal9-view --diff - - < net.h9; [ "$status" = 64 ]
  run hal9-view --diff --blocks net.h9 net.h9; [ "$status" = 64 ]
  run hal9-view --diff --ndjson net.h9 net.h9; [ "$status" = 64 ]
  head -c 4000 net.h9 > "$T/cut.h9"
  run hal9-view --diff net.h9 "$T/cut.h9"; [ "$status" = 65 ]; [[ "$output" == *truncated* ]]
  run hal9-view --diff "$T/cut.h9" rules.h9; [ "$status" = 65 ]
  size=$(wc -c < spikes.h9); head -c $((size - 500)) spikes.h9 > "$T/cut.h9"
  run hal9-view --diff spikes.h9 "$T/cut.h9"; [ "$status" = 65 ]
  hal9-gen -n 30 -o "$T/n.h9"
  run hal9-view --diff --id 3 net.h9 "$T/n.h9"; [ "$status" = 64 ]; [[ "$output" == *"have other populations"* ]]
  run hal9-view --diff -q neurons.h9 net.h9; [ "$status" = 1 ]; [ -z "$output" ]
  run hal9-view --diff -o "$T/where" neurons.h9 net.h9; [ "$status" = 1 ]; [ -z "$output" ]; grep -q 'differ: projections: 0 | 3' "$T/where"
}

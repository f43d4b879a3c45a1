# hal9-view on streams of the other programs. Authority: the configuration they were made from.

setup() {
  cd "$BATS_TEST_DIRNAME/.."
  T=$BATS_TEST_TMPDIR
  cat > "$T/net.yaml" <<'Y'
populations:
  exc: {count: 400, model: iaf_psc_exp, params: {C_m: 200 pF}, state: {V_m: {uniform: {low: -70 mV, high: -50 mV}}}, layout: {type: box, extent: [200 um, 200 um]}}
  inh: {count: 100, model: iaf_psc_exp, layout: {type: box, extent: [200 um, 200 um]}}
connections:
  - {source: exc, target: [exc, inh], rule: fixed_indegree, number: 20, weight: {normal: {mean: 80 pA, sd: 8 pA, min: 0 pA}}, delay: {normal: {mean: 1.5 ms, sd: 0.7 ms, min: 0.1 ms}}}
  - {source: inh, target: exc, rule: radius, radius: 30 um, weight: -300 pA, delay: 0.8 ms}
simulation:
  duration: 100 ms
  stimuli: [{type: poisson, target: exc, rate: 20 kHz, weight: 80 pA}]
Y
  hal9-gen -c "$T/net.yaml" -o "$T/neurons.h9"
  hal9-index -c "$T/net.yaml" -o "$T/net.h9" "$T/neurons.h9"
  hal9-index -c "$T/net.yaml" --defer -o "$T/rules.h9" "$T/neurons.h9"
}

@test "deferred and materialised networks show the same connections" {
  hal9-view --connections "$T/net.h9" > "$T/net.txt"
  hal9-view --connections "$T/rules.h9" | cmp - "$T/net.txt"
  hal9-view --connections -@ 3 --columns source,target,weight,delay_steps,distance,projection "$T/rules.h9" > "$T/a"
  hal9-view --connections -@ 1 --columns source,target,weight,delay_steps,distance,projection "$T/net.h9" | cmp - "$T/a"
  [ "$(hal9-view --connections --count "$T/rules.h9")" = "$(wc -l < "$T/net.txt")" ]
  [ "$(hal9-view --connections --count "$T/net.h9")" = "$(wc -l < "$T/net.txt")" ]
  # 20 from exc for each of 500 neurons, and those within 30 um of an inhibitory one
  [ "$(awk '$1 <= 400' "$T/net.txt" | wc -l)" = 10000 ]
  awk '$6 == 3 && ($5 > 30 || $3 != -300) { bad = 1 } END { exit bad }' "$T/a"
  LC_ALL=C sort -k1,1n -k6,6n -k4,4n -k2,2n -s -c "$T/a"
}

@test "all streams of a pipeline pass the check, and provenance names the parents' hashes" {
  hal9-step -c "$T/net.yaml" -t 100ms -o "$T/spikes.h9" "$T/net.h9"
  run hal9-view --check "$T"/*.h9
  [ "$status" = 0 ]
  [ "${#lines[@]}" = 4 ]
  [ "$(hal9-view --provenance --no-header --columns program "$T/spikes.h9" | tr '\n' ' ')" = "hal9-gen hal9-index hal9-step " ]
  [ "$(hal9-view --provenance --no-header --columns parents "$T/spikes.h9" | tail -n 1)" = "$(hal9-view --hash "$T/net.h9")" ]
  [ "$(hal9-view --provenance --no-header --columns parents "$T/net.h9" | tail -n 1)" = "$(hal9-view --hash "$T/neurons.h9")" ]
  [ "$(hal9-view --signals --count "$T/spikes.h9")" -gt 100 ]
  hal9-view --signals "$T/spikes.h9" | awk '$1 < 1 || $1 > 1000 || $2 < 1 || $2 > 500 { bad = 1 } END { exit bad }'
  run hal9-view --columns x "$T/spikes.h9"
  [ "$status" = 65 ]; [[ "$output" == *"x of population 'exc' is not in this stream"* ]]
}

@test "drawn values lie where they were asked for" {
  hal9-view --tsv --no-header --columns V_m,C_m,x --population exc "$T/neurons.h9" |
    awk '$1 < -70 || $1 > -50 || $2 != 200 || $3 < -100 || $3 > 100 { bad = 1 } END { exit bad || NR != 400 }'
  [ "$(hal9-view --columns C_m,V_m --no-header --population inh "$T/neurons.h9" | sort -u | wc -l)" = 1 ]
}

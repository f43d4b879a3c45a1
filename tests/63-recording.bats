#!/usr/bin/env bats
# Recording of state, by neuron and by group. Authorities: closed forms of the membrane equation and of the
# postsynaptic current, worked out in awk; means recomputed from the neurons' own samples.

setup() {
  cd "$BATS_TEST_TMPDIR"
  cat > net.yaml <<'Y'
populations:
  exc: {count: 400, model: iaf_psc_exp, state: {V_m: {uniform: {low: -70 mV, high: -55 mV}}}}
  inh: {count: 100, model: izhikevich}
connections:
  - {source: exc, target: exc, rule: fixed_indegree, number: 40, weight: 20 pA, delay: 1.5 ms}
simulation:
  duration: 100 ms
  stimuli:
    - {type: poisson, target: exc, rate: 8000 Hz, weight: 40 pA}
    - {type: dc, target: inh, amplitude: 5 pA}
Y
  hal9-gen -c net.yaml | hal9-index -c net.yaml -o net.h9
}

step() { hal9-step -c net.yaml --no-metrics "$@" net.h9; }

@test "the potential under a constant current follows the exponential, in both precisions" {
  for p in single double; do
    hal9-gen -n 1 --param I_e=300 | hal9-step -t 50ms --precision $p --record 'V_m/0.5ms' | hal9-view --states > v
    [ "$(wc -l < v)" -eq 100 ]
    awk -v most=$([ $p = single ] && echo 1e-4 || echo 1e-11) '
      { want = -70 + 300 * 10 / 250 * (1 - exp(-$1 / 10)); d = $5 - want; if (d < 0) d = -d; if (d > worst) worst = d }
      END { if (!(worst <= most)) { print worst; exit 1 } }' v
  done
}

@test "a current decays exponentially; variables of a model by name, several at once" {
  printf '10 1\n' > one.txt
  hal9-gen -n 1 > one.h9
  hal9-step -t 20ms --stimulus one.txt --stimulus-weight 100 --record 'V_m,I_syn_ex,I_syn_in@neurons' --precision double one.h9 |
    hal9-view --states > v
  [ "$(cut -f2 v | sort | uniq -c | awk '{ print $1, $2 }' | tr '\n' ';')" = '200 I_syn_ex;200 I_syn_in;200 V_m;' ]
  awk '$2 == "I_syn_ex" { want = $1 < 9.95 ? 0 : 100 * exp(-($1 - 10) / 2); d = $5 - want; if (d * d > 1e-18) { print; exit 1 } }
       $2 == "I_syn_in" && $5 != 0 { print; exit 1 }' v
}

@test "means and deviations are those of the neurons" {
  step --record 'V_m@exc' --record 'mean(V_m)@exc/1ms' --record 'sd(V_m)@exc/1ms' --record 'mean(V_m)@exc[11:110:2]/1ms' > s.h9
  hal9-view --states --columns step,variable,group,neuron,value s.h9 > all
  awk '$2 == "V_m" { m = int(($1 + 9) / 10); n[m]++; s[$1] += $5; q[$1] += $5 * $5
                     if ($4 >= 11 && $4 <= 110 && $4 % 2 == 1) part[m] += $5 }
       $2 == "mean(V_m)" && $3 == "exc" { mean[$1 / 10] = $5 }
       $2 == "mean(V_m)" && $3 != "exc" { of[$3]; half[$1 / 10] = $5 }
       $2 == "sd(V_m)" { sd[$1 / 10] = $5 }
       END {
         if (!("exc[11:109:2]" in of)) exit 1
         for (m = 1; m <= 100; m++) {
           if (n[m] != 4000) exit 1
           a = d = 0
           for (k = m * 10 - 9; k <= m * 10; k++) { a += s[k] / 4000; d += sqrt(q[k] / 400 - (s[k] / 400) ^ 2) / 10 }
           if ((a - mean[m]) ^ 2 > 1e-10 || (d - sd[m]) ^ 2 > 1e-6 || (part[m] / 500 - half[m]) ^ 2 > 1e-10) {
             print m, a, mean[m], d, sd[m], part[m] / 500, half[m]; exit 1
           }
         }
       }' all
}

@test "rates count the spikes; spikes of chosen neurons only" {
  step --record 'rate@exc/5ms' > s.h9
  hal9-view --signals s.h9 | awk '$2 <= 400 { n[int(($1 - 1) / 50)]++ } END { for (i = 0; i < 20; i++) printf "%.6f\n", n[i] / 400 / 0.005 }' > want
  hal9-view --states s.h9 | awk '{ printf "%.6f\n", $5 }' | cmp - want
  step --record 'spikes@exc[1:20]' | hal9-view --signals > few
  hal9-view --signals s.h9 | awk '$2 <= 20' | cmp - few
  [ -s few ]
}

@test "the same bytes for any threads, tiles and SIMD level; after a transient" {
  set -o pipefail
  local record=(--record 'V_m@*/0.5ms' --record 'mean(V_m)@*/1ms' --record 'sd(U_m)@inh/2ms' --record 'rate@exc/10ms')
  step "${record[@]}" --transient 20.3ms -@ 1 > one.h9
  step "${record[@]}" --transient 20.3ms -@ 2 > two.h9
  step "${record[@]}" --transient 20.3ms -@ 2 --tiles 2 > tiles.h9
  HAL9_SIMD=scalar step "${record[@]}" --transient 20.3ms > scalar.h9
  for f in two tiles scalar; do cmp <(hal9-view --states one.h9) <(hal9-view --states $f.h9); done
  [ "$(hal9-view --states one.h9 | awk '$2 == "V_m" { print $1; exit }')" = 20.5 ]
  hal9-view --check one.h9 | grep -q samples
}

@test "without spikes; from the configuration; selection, times, columns and JSON of hal9-view" {
  sed -i 's/^  duration.*/&\n  record_spikes: false\n  record: ["V_m@exc[1:3]\/1ms", U_m@inh\/50ms]/' net.yaml
  step > s.h9
  [ "$(hal9-view --signals s.h9 | wc -l)" -eq 0 ]
  [ "$(hal9-view --states --count s.h9)" -eq $((300 + 200)) ]
  [ "$(hal9-view --states --id 2 --time 10ms..20ms --columns time,neuron,unit s.h9 | tr '\t\n' ',;')" = \
    '11,2,mV;12,2,mV;13,2,mV;14,2,mV;15,2,mV;16,2,mV;17,2,mV;18,2,mV;19,2,mV;20,2,mV;' ]
  hal9-view --states --ndjson --head 1 s.h9 | /usr/bin/python3 -c 'import json, sys; d = json.load(sys.stdin); assert d["variable"] == "V_m" and d["time"] == 1 and d["id"] == 1'
  [ "$(hal9-view --states --head 3 s.h9 | wc -l)" -eq 3 ]
}

@test "hal9-stats summarises what was recorded" {
  step --record 'V_m@exc/0.5ms' > s.h9
  hal9-view --states s.h9 | awk '{ n++; s += $5; q += $5 * $5; if (n == 1 || $5 < low) low = $5; if (n == 1 || $5 > high) high = $5 }
    END { printf "%d %.3f %.3f %.3f %.3f\n", n, s / n, sqrt((q - s * s / n) / (n - 1)), low, high }' > want
  hal9-stats --json s.h9 | "$PYTHON" -c 'import json, sys
s, = json.load(sys.stdin)["state"]
print(s["samples"], *("%.3f" % s[k] for k in ("mean", "sd", "least", "greatest")))' | cmp - want
  hal9-stats s.h9 | grep -qE '^  V_m +exc +mV +80000 '
  [ "$(hal9-stats --tsv s.h9 | cut -f2-4 | grep -c "^state	exc	V_m_")" -eq 4 ]
}

@test "mistakes are named" {
  run step --record 'V_n@exc'; [ "$status" -eq 64 ]; [[ "$output" == *"no variable 'V_n' in population exc; did you mean 'V_m'? (known: V_m, I_syn_ex, I_syn_in)"* ]]
  run step --record 'V_m@exk'; [ "$status" -eq 65 ]; [[ "$output" == *"no population 'exk'; did you mean 'exc'?"* ]]
  run step --record 'V_m@exc[5:900]'; [ "$status" -eq 64 ]; [[ "$output" == *"found neurons '[5:900]'"*"from 1 to 400"* ]]
  run step --record 'V_m@exc/0.25ms'; [ "$status" -eq 64 ]; [[ "$output" == *"an interval of 0.25 ms, expected a multiple of dt (0.1 ms)"* ]]
  run step --record 'V_m@exc/x'; [ "$status" -eq 64 ]; [[ "$output" == *"expected a time such as 0.5ms"* ]]
  run step --record 'mean(V_m@exc'; [ "$status" -eq 64 ]; [[ "$output" == *"found no ')'"* ]]
  run step --record 'spikes@exc/1ms'; [ "$status" -eq 64 ]; [[ "$output" == *"every spike is recorded"* ]]
  run step --record 'V_m@exc' --record 'V_m@exc'; [ "$status" -eq 64 ]; [[ "$output" == *"asked for twice"* ]]
  sed -i 's/^  duration.*/&\n  record: [V_n@exc]/' net.yaml
  run step; [ "$status" -eq 78 ]; [[ "$output" == *"net.yaml:"*"record: 'V_n@exc': there is no variable"* ]]
}

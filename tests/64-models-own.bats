#!/usr/bin/env bats
# Models of the user's own: shared objects, and equations. Authorities: the same model made the other way; the built-in
# models, whose own authority is NEST; a closed form.

setup() {
  cd "$BATS_TEST_TMPDIR"
  root=$BATS_TEST_DIRNAME/..
  mkdir -p include && ln -sfn "$root/libcore" include/hal9
}

object() { # SOURCE OBJECT
  cc -I include -O3 -march=native -ffp-contract=off -fno-trapping-math -fopenmp-simd -shared -fPIC -Wall -Wextra -Werror \
    -o "$2" "$1" -lm
}

@test "a shared object and equations of the same oscillator send the same spikes" {
  object "$root/examples/models/resonate_and_fire.c" resonate_and_fire.so
  hal9-gen -n 20 --model ./resonate_and_fire.so --param 'I_e=0.3' -o own.h9
  hal9-step --model ./resonate_and_fire.so -t 1s --precision double own.h9 | hal9-view --signals > own
  cat > r.yaml <<'Y'
models:
  resonator:
    parameters: {b: -0.05 kHz, omega: 0.25 kHz, I_e: 0.3 kHz, y_th: 1}
    state: {x: 0, y: 0}
    equations: |
      dx/dt = b * x - omega * y + I_e
      dy/dt = omega * x + b * y
    threshold: y >= y_th
    reset: |
      x = 0
      y = 0
populations:
  neurons: {count: 20, model: resonator}
Y
  hal9-gen -c r.yaml | hal9-step -c r.yaml -t 1s --precision double | hal9-view --signals > equations
  [ -s own ]
  [ "$(wc -l < own)" -eq "$(wc -l < equations)" ]
  paste own equations | awk '{ if ($1 != $3 || $2 != $4) exit 1 }'
}

lif() { # the membrane of iaf_psc_exp as equations beside the built-in one
  cat > lif.yaml <<'Y'
models:
  lif:
    about: leaky integrate-and-fire
    parameters: {C_m: 250 pF, tau_m: 10 ms, tau_syn: 2 ms, E_L: -70 mV, V_th: -55 mV, V_reset: -70 mV, t_ref: 2 ms}
    state: {V_m: -70 mV, I_ex: 0 pA, I_in: 0 pA}
    equations: |
      I = I_ex - I_in + I_stim      # in pA
      dV_m/dt = -(V_m - E_L) / tau_m + I / C_m

      dI_ex/dt = -I_ex / tau_syn
      dI_in/dt = -I_in / tau_syn
    threshold: V_m >= V_th
    reset: V_m = V_reset
    refractory: t_ref
    inputs: {excitatory: I_ex, inhibitory: I_in}
populations:
  a: {count: 50, model: lif, params: {C_m: {uniform: {low: 200 pF, high: 300 pF}}}}
  b: {count: 50, model: iaf_psc_exp}
  train: {count: 50, model: parrot_neuron}
connections:
  - {source: train, target: [a, b], rule: one_to_one, weight: 300 pA, delay: 1 ms}
  - {source: train, target: [a, b], rule: one_to_one, weight: -90 pA, delay: 2.5 ms}
simulation:
  duration: 500 ms
  stimuli:
    - {type: poisson, target: train, rate: 500 Hz, weight: 1}
    - {type: dc, target: [a, b], amplitude: 200 pA, start: 100 ms}
Y
  sed 's/, params: {C_m: {uniform.*}}}/}/' lif.yaml > same.yaml
}

@test "leaky integrate-and-fire by equations is iaf_psc_exp" {
  lif
  hal9-gen -c same.yaml | hal9-index -c same.yaml -o net.h9
  hal9-step -c same.yaml --precision double --record 'V_m@a/1ms' --record 'V_m@b/1ms' -o s.h9 net.h9
  hal9-view --signals s.h9 | awk '$2 <= 50 { print $1, $2 }' > a
  hal9-view --signals s.h9 | awk '$2 > 50 && $2 <= 100 { print $1, $2 - 50 }' | cmp - a
  [ "$(wc -l < a)" -gt 100 ]
  hal9-view --states --columns group,neuron,step,value s.h9 | awk '
    $1 == "a" { v[$2 " " $3] = $4 } $1 == "b" { d = $4 - v[$2 " " $3]; if (d < 0) d = -d; if (d > worst) worst = d; n++ }
    END { if (n != 25000 || !(worst < 1e-4)) { print n, worst; exit 1 } }'
}

@test "equations: the same bytes for any threads and SIMD level of the rest; values of each neuron's own" {
  lif
  hal9-gen -c lif.yaml | hal9-index -c lif.yaml -o net.h9
  hal9-step -c lif.yaml --no-metrics -@ 1 -o one.h9 net.h9
  hal9-step -c lif.yaml --no-metrics -@ 2 --tiles 2 -o two.h9 net.h9
  HAL9_SIMD=scalar hal9-step -c lif.yaml --no-metrics -o scalar.h9 net.h9
  cmp <(hal9-view --signals one.h9) <(hal9-view --signals two.h9)
  cmp <(hal9-view --signals one.h9) <(hal9-view --signals scalar.h9)
  hal9-view --signals one.h9 | awk '$2 <= 50 { n[$2]++ } END { for (i in n) seen[n[i]]; for (i in seen) k++; exit !(k > 3) }'
}

# Equations test the threshold at the ends of steps, the built-in model locates its spikes within them.
@test "an adaptive exponential neuron by equations has the spikes of aeif_cond_exp, a step or so a spike apart" {
  cat > a.yaml <<'Y'
models:
  aeif:
    parameters: {C_m: 281 pF, g_L: 30 nS, E_L: -70.6 mV, V_th: -50.4 mV, Delta_T: 2 mV, V_peak: 0 mV, V_reset: -60 mV,
                 a: 4 nS, b: 80.5 pA, tau_w: 144 ms, tau_ex: 2 ms, E_ex: 0 mV}
    state: {V_m: -70.6 mV, w: 0 pA, g_ex: 0 nS}
    tolerance: 1e-9
    equations: |
      V = min(V_m, V_peak)
      spike = g_L * Delta_T * exp((V - V_th) / Delta_T)
      dV_m/dt = (-g_L * (V - E_L) + spike - g_ex * (V - E_ex) - w + I_stim) / C_m
      dw/dt = (a * (V - E_L) - w) / tau_w
      dg_ex/dt = -g_ex / tau_ex
    threshold: V_m >= V_peak
    reset: |
      V_m = V_reset
      w = w + b
    hold: []
    inputs: g_ex
populations:
  own: {count: 1, model: aeif}
  built_in: {count: 1, model: aeif_cond_exp, params: {tau_syn_ex: 2 ms}}
simulation:
  duration: 1 s
  stimuli:
    - {type: dc, target: '*', amplitude: 700 pA}
    - {type: spikes, target: '*', times: [100, 120, 310, 311, 312, 700], weight: 10}
Y
  hal9-gen -c a.yaml | hal9-step -c a.yaml --precision double | hal9-view --signals > s
  awk '$2 == 1 { own[++n] = $1 } $2 == 2 { built_in[++m] = $1 }
       END { if (n != m || n < 5) { print n, m; exit 1 }
             for (i = 1; i <= n; i++) { d = own[i] - built_in[i]; if (d * d > (i + 1) ^ 2) { print i, own[i], built_in[i]; exit 1 } } }' s
}

@test "exp, log, sqrt, tanh, powers, min, max, choices have their values; the closed form of a decay" {
  cat > f.yaml <<'Y'
models:
  f:
    parameters: {tau: 7 ms}
    state: {u: 2, a: 0, b: 0, c: 0, d: 0, g: 0}
    equations: |
      du/dt = -u / tau
      da/dt = (exp(u) - a) * 1 kHz
    threshold: u < 0
    reset: |
      b = log(u)
      c = sqrt(u) + tanh(u)
      d = u^3 - u^-2
      g = min(u, 1) + max(u, 1) + (5 if u > 1 else 7) + abs(-u)
    inputs: u
populations:
  n: {count: 1, model: f}
simulation: {duration: 10 ms}
Y
  sed 's/threshold: u < 0/threshold: u > 0/' f.yaml > g.yaml
  hal9-gen -c f.yaml | hal9-step -c f.yaml --precision double --record 'u@n' | hal9-view --states |
    awk '{ d = $5 - 2 * exp(-$1 / 7); if (d * d > 1e-14) { print; exit 1 } }'
  hal9-gen -c g.yaml | hal9-step -c g.yaml --precision double --record 'u,b,c,d,g@n' | hal9-view --states |
    "$PYTHON" -c '
import math, sys
v = {}
for line in sys.stdin:
    time, name, _, _, x = line.split()
    v[name] = float(x)
u = v["u"]
want = {"b": math.log(u), "c": math.sqrt(u) + math.tanh(u), "d": u**3 - u**-2,
        "g": min(u, 1) + max(u, 1) + (5 if u > 1 else 7) + abs(-u)}
assert all(abs(v[k] - want[k]) < 1e-13 for k in want), (v, want)'
}

@test "mistakes in equations are named by line and unit" {
  lif
  try() { sed "$1" lif.yaml > bad.yaml; run hal9-gen -c bad.yaml; [ "$status" -eq 78 ]; [[ "$output" == *"$2"*"${3:-}"* ]] || { echo "$output"; false; }; }
  try 's|/ tau_m + I|* tau_m + I|' "bad.yaml:8:" "units differ"
  try 's|dI_ex/dt = -I_ex / tau_syn|dI_ex/dt = -I_ex|' "bad.yaml:10:" "I_ex: found pA, expected pA/ms"
  try 's|dI_ex/dt|dI_xe/dt|' "bad.yaml:10:" "no state variable 'I_xe'; did you mean 'I_ex'?"
  try 's|V_m >= V_th|V_m >= t_ref|' "threshold:" "units differ"
  try 's|V_m >= V_th|V_m - V_th|' "threshold:"
  try 's|reset: V_m = V_reset|reset: V_m = t_ref|' "V_m: found ms, expected mV"
  try 's|refractory: t_ref|refractory: V_th|' "refractory: found mV, expected ms"
  try 's|excitatory: I_ex|excitatory: V_m|' "differ in their units"
  try 's|I_ex: 0 pA, I_in|I_ex: 0 pA, tau_m|' "the name 'tau_m' is taken"
  try 's|threshold:|threshhold:|' "threshhold" "did you mean 'threshold'?"
  try 's|model: lif|model: liv|' "did you mean 'lif'?"
}

@test "mistakes with shared objects are named" {
  cat > no.c <<'C'
int nothing;
C
  cc -shared -fPIC -o no.so no.c
  sed 's/\.abi = H9_MODEL_ABI/.abi = 99/' "$root/examples/models/resonate_and_fire.c" > old.c
  sed 's/"omega", "1"/"omega", "furlong"/' "$root/examples/models/resonate_and_fire.c" > unit.c
  cp "$root/examples/models/resonate_and_fire_step.h" .
  object old.c old.so; object unit.c unit.so; object "$root/examples/models/resonate_and_fire.c" good.so
  try() { run hal9-gen -n 1 --model "$1"; [ "$status" -ne 0 ]; [[ "$output" == *"$2"* ]] || { echo "$output"; false; }; }
  try ./missing.so "no shared object"
  try ./no.so "no function h9_model_export"
  try ./old.so "version 99 of the interface, expected 1"
  try ./unit.so "value omega: found unit 'furlong'"
  run hal9-gen -n 1 --model ./good.so --param y_reset=2; [ "$status" -ne 0 ]; [[ "$output" == *"y_reset is not below y_th"* ]]
  hal9-gen -n 1 --model ./good.so -o n.h9
  run hal9-step -t 1ms n.h9; [ "$status" -eq 65 ]; [[ "$output" == *"found model 'resonate_and_fire'"*"--model"* ]]
  run hal9-step --model good -t 1ms n.h9; [ "$status" -eq 64 ]; [[ "$output" == *"expected the path of a shared object, such as ./good.so"* ]]
  hal9-view n.h9 > /dev/null && hal9-stats n.h9 > /dev/null # what needs no kernels goes without
}

@test "without a compiler the message says what to install" {
  lif
  hal9-gen -c lif.yaml | hal9-index -c lif.yaml -o net.h9
  run env CC=no-such-compiler hal9-step -c lif.yaml net.h9
  [ "$status" -eq 71 ]
  [[ "$output" == *"need a C compiler, and 'no-such-compiler' is not found"* ]]
}

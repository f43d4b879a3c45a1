#!/usr/bin/env bats
# Plastic synapses. Authorities: brute-force sums over the spikes on both sides of each synapse
# (tests/reference/synapses.py, from the definitions in the papers), closed forms for single pairs, and a second
# run from written weights. Synapses recorded in NEST are compared by 59-reference.bats.

bats_require_minimum_version 1.5.0

setup() { cd "$BATS_TEST_TMPDIR"; }

# Networks with every rule. Sources fire at very different rates, so that windows hold no, few and many spikes.
# $1: axonal part of a delay of 1.5 ms, in ms; $2: yes: weights below 0
rules() {
  "$PYTHON" - "$1" "$2" <<'P'
import json, sys
axonal, negative = float(sys.argv[1]), sys.argv[2] == "yes"
dt, delay = 0.1, 1.5
top = -80.0 if negative else 80.0
w = -30.0 if negative else 30.0
pairs = dict(tau_plus=17.0, tau_minus=33.0, Wmax=top)
rules = {
    "additive": ("stdp_synapse", {**pairs, "lambda": 0.02, "alpha": 1.1, "mu_plus": 0, "mu_minus": 0}),
    "multiplicative": ("stdp_synapse", {**pairs, "lambda": 0.03, "alpha": 0.9, "mu_plus": 1, "mu_minus": 1}),
    "power": ("stdp_synapse", {**pairs, "lambda": 0.03, "alpha": 0.9, "mu_plus": 0.4, "mu_minus": 0.7}),
    "mixed": ("stdp_synapse", {**pairs, "lambda": 0.03, "alpha": 0.9, "mu_plus": 0, "mu_minus": 1}),
    "nn_symm": ("stdp_nn_symm_synapse", {**pairs, "lambda": 0.02, "alpha": 1.0, "mu_plus": 0, "mu_minus": 0}),
    "nn_restr": ("stdp_nn_restr_synapse", {**pairs, "lambda": 0.02, "alpha": 1.0, "mu_plus": 1, "mu_minus": 1}),
    "nn_pre_centered": ("stdp_nn_pre_centered_synapse", {**pairs, "lambda": 0.02, "alpha": 1.0, "mu_plus": 1, "mu_minus": 1}),
    "triplet": ("stdp_triplet_synapse", dict(tau_plus=16.8, tau_plus_triplet=101.0, tau_minus=33.7, tau_minus_triplet=125.0,
                Aplus=0.02, Aminus=0.15, Aplus_triplet=0.2, Aminus_triplet=0.01, Wmax=top)),
    "vogels": ("vogels_sprekeler_synapse", dict(tau=20.0, tau_minus=20.0, alpha=0.3, eta=0.1, Wmax=top)),
}
if not negative:
    rules["pl"] = ("stdp_pl_synapse_hom", {"tau_plus": 17.0, "tau_minus": 33.0, "lambda": 0.03, "alpha": 0.06, "mu": 0.4})
    rules["dopamine"] = ("stdp_dopamine_synapse", dict(vt="vt", vt_delay=2.0, A_plus=1.0, A_minus=1.5, tau_plus=20.0,
                         tau_minus=33.0, tau_c=400.0, tau_n=150.0, b=0.01, Wmin=0.0, Wmax=200.0))
    rules["tsodyks2"] = ("tsodyks2_synapse", dict(U=0.3, tau_rec=200.0, tau_fac=500.0, u=0.3, x=1.0))
    rules["tsodyks"] = ("tsodyks_synapse", dict(U=0.3, tau_rec=200.0, tau_fac=500.0, tau_psc=3.0, u=0.0, x=1.0, y=0.0))
text = ["populations:",
        "  slow: {count: 4, model: parrot_neuron}", "  fast: {count: 6, model: parrot_neuron}",
        "  vt: {count: 2, model: parrot_neuron}",
        "  calm: {count: 6, model: iaf_psc_exp}", "  brisk: {count: 5, model: iaf_psc_exp}", "connections:"]
told = {}
for source in "slow", "fast":
    for target in "calm", "brisk":
        for name, (model, values) in rules.items():
            v = {k: x for k, x in values.items()}
            if not name.startswith("tsodyks") and axonal: v["axonal_delay"] = axonal
            text.append(f"  - {{source: {source}, target: {target}, rule: all_to_all, weight: {w}, delay: {delay}, trace: true, "
                        f"synapse: {{model: {model}, {', '.join(f'{k}: {x}' for k, x in v.items())}}}}}")
            told[str(len(told) + 1)] = {**values, "rule": name, "weight": w, "delay": 15,
                "axonal": 0 if name.startswith("tsodyks") else round(axonal / dt),
                **({"vt": [11, 12], "vt_delay": 20} if name == "dopamine" else {})}
text += ["simulation:", "  duration: 5 s", "  precision: double", "  seed: 5", "  stimuli:",
         "    - {type: poisson, target: slow, rate: 0.7 Hz, weight: 1}", "    - {type: poisson, target: fast, rate: 25 Hz, weight: 1}",
         "    - {type: poisson, target: vt, rate: 3 Hz, weight: 1}",
         f"    - {{type: poisson, target: calm, rate: 8000 Hz, weight: {36 if negative else 27}}}",
         f"    - {{type: poisson, target: brisk, rate: 9000 Hz, weight: {42 if negative else 31}}}"]
open("net.yaml", "w").write("\n".join(text) + "\n")
json.dump(told, open("trace.tsv.json", "w"))
P
}

run_rules() {
  rules "$1" "$2"
  hal9-gen -c net.yaml | hal9-index -c net.yaml --defer -o net.h9
  hal9-step -c net.yaml --no-metrics --trace-synapses trace.tsv -o out.h9 net.h9
  hal9-view --signals --columns step,id out.h9 | grep '^[0-9]' > spikes.tsv
}

@test "every rule gives the weights that brute force does" {
  run_rules 0 no
  "$PYTHON" "$BATS_TEST_DIRNAME/reference/synapses.py" trace.tsv spikes.tsv 0.1
}

@test "so do delays of which a part is axonal" {
  run_rules 1.1 no
  "$PYTHON" "$BATS_TEST_DIRNAME/reference/synapses.py" trace.tsv spikes.tsv 0.1
}

@test "so do weights below 0" {
  run_rules 0 yes
  "$PYTHON" "$BATS_TEST_DIRNAME/reference/synapses.py" trace.tsv spikes.tsv 0.1
}

@test "threads, tiles and SIMD levels do not show: the same trace, spikes and weights" {
  rules 0.3 no
  hal9-gen -c net.yaml | hal9-index -c net.yaml --defer -o net.h9
  run() { hal9-step -c net.yaml -t 1s --no-metrics --trace-synapses "$1.tsv" --weights "$1.w.h9" -o "$1.h9" "${@:2}" net.h9; }
  run one -@1
  for level in scalar sse avx2 avx512; do
    HAL9_SIMD=$level run other -@1 2> no || { grep -q HAL9_SIMD no && continue; cat no; return 1; }
    cmp one.tsv other.tsv; cmp one.h9 other.h9; cmp one.w.h9 other.w.h9
  done
  for how in '-@2' '-@2 --tiles 3' '-@4 --tiles 2' '-@1 --tiles 7'; do
    run other $how
    cmp one.tsv other.tsv; cmp one.h9 other.h9; cmp one.w.h9 other.w.h9
  done
}

# One pair of spikes: closed form. Neurons 1 and 2 are made to fire by one strong input each.
@test "a single pair: exponentials of the difference, scaled by the rate" {
  for d in -40 -12 -1 1 7.5 30; do
    cat > pair.yaml <<Y
populations:
  pre: {count: 1, model: parrot_neuron}
  post: {count: 1, model: parrot_neuron}
connections:
  - {source: pre, target: post, rule: all_to_all, weight: 50, delay: 1, receptor: 1, trace: true,
     synapse: {model: stdp_synapse, Wmax: 100, lambda: 0.1, alpha: 1.2, mu_plus: 0, mu_minus: 0, tau_plus: 20, tau_minus: 30}}
simulation:
  duration: 400 ms
  stimuli:
    - {type: spikes, target: pre, times: [100, 300], weight: 1}
    - {type: spikes, target: post, times: [$(awk -v d="$d" 'BEGIN { print 99 + d }')], weight: 1}
Y
    hal9-gen -c pair.yaml | hal9-index -c pair.yaml | hal9-step -c pair.yaml --trace-synapses t.tsv > out.h9
    # the postsynaptic spike arrives at the synapse 1 ms later: d after the first spike of the other
    awk -v d=$d 'NR == 3 {
        w = 50
        if (d < 0) w -= 1.2 * 0.1 * 100 * exp(d / 30)
        else w += 0.1 * 100 * exp(-d / 20)
        w -= 1.2 * 0.1 * 100 * exp(-(200 - d) / 30) * (d > 0) + 1.2 * 0.1 * 100 * exp(-(200 - d) / 30) * (d < 0)
        if ((w - $6) ^ 2 > 1e-18) { print d, w, $6; exit 1 } }' t.tsv
  done
}

@test "the STDP window and short-term plasticity of the example follow their closed forms; its pictures are drawn" {
  sh "$BATS_TEST_DIRNAME/../examples/plasticity.sh" here
  cd here
  awk 'function e(x) { return exp(x) }
    { want = $1 > 0 ? 60 * e(-$1 / 13.3) : $1 < 0 ? -30 * e($1 / 34.5) : 0
      if (($2 - want) ^ 2 > 1e-8) { print $1, $2, want; exit 1 } } END { if (NR != 201) exit 1 }' window.tsv
  # a train of ten spikes has reached 1e-4 of its stationary state by its end of ten seconds
  awk '{ x = exp(-1000 / ($1 * 800)); d = 0.5 * (1 - x) / (1 - 0.5 * x)
      u = 0.03 / (1 - 0.97 * exp(-1000 / ($1 * 530))); r = exp(-1000 / ($1 * 130)); f = u * (1 - r) / (1 - (1 - u) * r)
      if (($2 / d - 1) ^ 2 > 1e-4 || ($3 / f - 1) ^ 2 > 1e-4) { print $0, d, f; exit 1 } } END { if (NR != 40) exit 1 }' stationary.tsv
  # the potential's peaks fall from spike to spike under depression, rise under facilitation
  awk '$2 == 2 { k = int(($1 - 100) / 50); if (k >= 0 && k < 10 && (!(k in d) || $3 > d[k])) d[k] = $3 }
       $2 == 3 { k = int(($1 - 100) / 50); if (k >= 0 && k < 10 && (!(k in f) || $3 > f[k])) f[k] = $3 }
       END { for (k = 1; k < 6; k++) if (!(d[k] < d[k - 1]) || !(f[k] > f[k - 1])) exit 1 }' potentials.tsv
  if [ ! -e no-gnuplot ]; then
    for f in stdp-window short-term; do
      [ "$(head -c 8 $f.png | od -An -c | tr -d ' ')" = '211PNG\r\n032\n' ] && [ "$(wc -c < $f.png)" -gt 20000 ]
    done
  fi
}

@test "written weights are a network: the same connections, simulated on, and written again" {
  cat > net.yaml <<'Y'
populations:
  exc: {count: 80, model: iaf_psc_exp}
  inh: {count: 20, model: iaf_psc_exp}
connections:
  - {source: exc, target: [exc, inh], rule: fixed_indegree, number: 10, weight: {normal: {mean: 40, sd: 5}}, delay: {uniform: {low: 0.5, high: 3}},
     synapse: {model: stdp_synapse, Wmax: 100, lambda: 0.05, alpha: 1.05}}
  - {source: inh, target: exc, rule: fixed_indegree, number: 5, weight: -80, delay: 1}
simulation:
  duration: 1 s
  stimuli: [{type: poisson, target: [exc, inh], rate: 8000 Hz, weight: 32}]
Y
  hal9-gen -c net.yaml | hal9-index -c net.yaml --defer -o deferred.h9
  hal9-gen -c net.yaml | hal9-index -c net.yaml -o whole.h9
  hal9-step -c net.yaml --weights a.h9 deferred.h9 > s.h9
  hal9-step -c net.yaml --weights b.h9 whole.h9 > t.h9
  hal9-step -c net.yaml --weights c.h9 - < <(cat whole.h9) > u.h9 # a pipe is held
  for f in a b c; do
    hal9-view --check $f.h9
    hal9-view --connections $f.h9 | tail -n +2 | LC_ALL=C sort > $f.tsv
    hal9-view --connections --columns source,target,delay $f.h9 | tail -n +2 | LC_ALL=C sort > $f.pairs
  done
  cmp b.tsv c.tsv
  hal9-view --connections --columns source,target,delay whole.h9 | tail -n +2 | LC_ALL=C sort > whole.pairs
  cmp b.pairs whole.pairs
  # of the deferred network the plastic ones stand in the stream, the rest stays a rule; equal weights
  awk 'NR == FNR { w[$0]++; next } !($0 in w) { exit 1 }' b.tsv a.tsv
  [ "$(wc -l < a.tsv)" -eq 1000 ] && [ "$(wc -l < b.tsv)" -eq 1400 ]
  # weights have moved, and a further run begins with them
  hal9-view --connections whole.h9 | tail -n +2 | LC_ALL=C sort > before.tsv
  ! cmp -s before.tsv b.tsv
  hal9-step -c net.yaml --weights d.h9 --record-spikes no b.h9 > v.h9
  hal9-step -c net.yaml -t 0.1ms --weights e.h9 --record-spikes no b.h9 > v.h9
  hal9-view --connections e.h9 | tail -n +2 | LC_ALL=C sort | cmp - b.tsv
  ! cmp -s b.h9 d.h9
}

@test "weights at intervals equal those of shorter runs, byte for byte" {
  rules 0 no
  hal9-gen -c net.yaml | hal9-index -c net.yaml -o net.h9
  hal9-step -c net.yaml -t 600ms --weights 'w%.h9' --weights-every 200ms --record-spikes no net.h9 > out.h9
  [ "$(echo w*.h9)" = 'w200.h9 w400.h9 w600.h9' ]
  for t in 200 600; do
    hal9-step -c net.yaml -t ${t}ms --weights one.h9 --record-spikes no net.h9 > out.h9
    cmp one.h9 w$t.h9
  done
}

@test "what cannot be is refused, by key and line; nothing is left behind" {
  printf 'populations: {a: {count: 2, model: parrot_neuron}}\nconnections:\n  - {source: a, target: a, rule: all_to_all, weight: 1,\n     synapse: {model: %s}}\n' X > net.yaml
  fails() { # the synapse, and what the message has
    sed "s/X/$1/" net.yaml > bad.yaml
    hal9-gen -c bad.yaml > n.h9 2> no && return 1
    grep -qF "$2" no || { cat no; return 1; }
    grep -q '^hal9-gen: bad.yaml:[34]:' no || { cat no; return 1; }
  }
  fails 'stdp' "'stdp'"
  fails 'stdp_synapse, tau_plus: -1 ms' 'tau_plus'
  fails 'stdp_synapse, tau_plus: .nan' 'tau_plus'
  fails 'stdp_synapse, Wmax: 0' 'Wmax'
  fails 'stdp_synapse, Wmax: -5' 'weight 1'
  fails 'stdp_synapse, lamda: 1' "did you mean 'lambda'"
  fails 'stdp_dopamine_synapse' 'vt'
  fails 'stdp_dopamine_synapse, vt: b' "'b'"
  fails 'tsodyks_synapse, tau_rec: 3' 'tau_rec'
  fails 'tsodyks2_synapse, U: 2' 'U'
  fails 'static, trace: true' 'trace'
  hal9-gen -n 5 -o five.h9
  hal9-index --k-nearest 2 five.h9 -o static.h9
  run ! hal9-step -t 1ms --weights w.h9 static.h9 -o out.h9
  [[ "$output" == *'no projection has plastic synapses'* ]]
  run ! hal9-step -t 1ms --trace-synapses w.tsv static.h9 -o out.h9
  [[ "$output" == *"'trace: true'"* ]]
  run ! hal9-step -t 1ms --weights-every 1ms static.h9 -o out.h9
  run ! hal9-step -t 1ms --weights w.h9 --weights-every 1ms static.h9 -o out.h9
  [[ "$output" == *'%'* ]]
  run ! hal9-step -t 1ms --weights - static.h9
  [ ! -e w.h9 ] && [ ! -e w.tsv ] && [ ! -e out.h9 ] && [ ! -e out.h9.partial ]
}

# Single neurons and synapses through the programs against figures recorded in NEST (tests/data/reference/singles), in
# double and in single precision. Lines "# | ..." are tables, which `make check` prints.

bats_require_minimum_version 1.5.0

setup() {
  export PYTHONDONTWRITEBYTECODE=1
  cd "$BATS_TEST_DIRNAME/.."
  D=tests/data/reference/singles
}

@test "neurons: every spike, state within the reference's tolerance" {
  ls $D/{iaf,izhikevich,aeif}*.json.zst > "$BATS_TEST_TMPDIR/cases"
  [ "$(wc -l < "$BATS_TEST_TMPDIR/cases")" -eq 11 ]
  run tests/reference/check --both $(cat "$BATS_TEST_TMPDIR/cases")
  echo "$output" | sed 's/^/# | /' >&3
  [ "$status" = 0 ]
  [ "$(grep -c ' ok$' <<<"$output")" -eq 22 ]
}

@test "the same of many neurons side by side, with parameters of the population and of each neuron" {
  cases=$(ls $D/{iaf_psc_exp,iaf_psc_alpha,iaf_psc_delta,izhikevich_rs,iaf_cond_alpha,iaf_cond_exp,aeif_psc_exp}.json.zst)
  tests/reference/check --single --copies 37 $cases
  tests/reference/check --both --copies 37 --each $cases
}

@test "synapses: weights and state at every presynaptic spike" {
  ls $D/{stdp,tsodyks}*.json.zst > "$BATS_TEST_TMPDIR/cases"
  [ "$(wc -l < "$BATS_TEST_TMPDIR/cases")" -eq 6 ]
  run tests/reference/check --both $(cat "$BATS_TEST_TMPDIR/cases")
  echo "$output" | sed 's/^/# | /' >&3
  [ "$status" = 0 ]
  [ "$(grep -c ' ok$' <<<"$output")" -eq 12 ]
}

@test "the files are those that were recorded" {
  for c in $D/*.json.zst; do
    zstd -dcq "$c" | jq -r '.files[] | "\(.sha256) \(.file)"'
  done > "$BATS_TEST_TMPDIR/sums"
  [ "$(wc -l < "$BATS_TEST_TMPDIR/sums")" -gt 30 ]
  while read -r sum file; do
    if [ -e "$D/$file" ]; then got=$(sha256sum < "$D/$file"); else got=$(zstd -dcq "$D/$file.zst" | sha256sum); fi
    [ "${got%% *}" = "$sum" ] || { echo "$file"; false; }
  done < "$BATS_TEST_TMPDIR/sums"
}

# A case that differs from the recorded one in one number.
changed() { # changed CASE FILTER
  rm -rf "$BATS_TEST_TMPDIR/c"
  mkdir -p "$BATS_TEST_TMPDIR/c"
  zstd -dcq "$D/$1.json.zst" | jq "$2" > "$BATS_TEST_TMPDIR/c/$1.json"
  for k in spikes trace pre syn; do
    if [ -e "$D/$1_$k.csv" ]; then cp "$D/$1_$k.csv" "$BATS_TEST_TMPDIR/c"; fi
    if [ -e "$D/$1_$k.csv.zst" ]; then zstd -dcq "$D/$1_$k.csv.zst" > "$BATS_TEST_TMPDIR/c/$1_$k.csv"; fi
  done
  run tests/reference/check "$BATS_TEST_TMPDIR/c/$1.json"
  echo "$output"
}

@test "plain files are taken as well; a changed parameter, input or initial state is seen" {
  changed iaf_psc_exp .
  [ "$status" = 0 ]
  changed iaf_psc_exp '.params_set.tau_m = 10.01 | .params_all.tau_m = 10.01'
  [ "$status" = 1 ]
  [[ "$output" == *FAILED ]]
  changed iaf_psc_exp '.inputs[0].times_steps[5] += 1'
  [ "$status" = 1 ]
  changed iaf_cond_exp '.initial_state.V_m = -69'
  [ "$status" = 1 ]
  changed stdp_add_parrot '.synapse_params_all.lambda = 0.0500001'
  [ "$status" = 1 ]
}

@test "what cannot be run is FAILED, and says why" {
  changed iaf_psc_exp '.model = "iaf_of_nobody"'
  [ "$status" = 1 ]
  [[ "$output" == *iaf_of_nobody*FAILED ]]
  changed iaf_psc_exp '.params_all.unheard_of = 3'
  [ "$status" = 1 ]
  [[ "$output" == *unheard_of*FAILED ]]
  echo '{' > "$BATS_TEST_TMPDIR/bad.json"
  run tests/reference/check "$BATS_TEST_TMPDIR/bad.json" "$BATS_TEST_TMPDIR/none.json" $D/iaf_psc_delta.json.zst
  echo "$output"
  [ "$status" = 1 ]
  [ "$(grep -c 'FAILED$' <<<"$output")" -eq 2 ]
  [ "$(grep -c ' ok$' <<<"$output")" -eq 1 ]
}

@test "the solutions by SciPy are those that NEST recorded where its models are exact" {
  "$PYTHON" - $D <<'P'
import json, subprocess, sys
sys.path.insert(0, "tests/reference")
import numpy as np
import solvers
def read(path):
    return subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True, text=True).stdout
for name, most in (("iaf_psc_exp", 1e-12), ("iaf_psc_exp_tau_equal", 1e-12), ("iaf_psc_alpha", 1e-12), ("iaf_psc_delta", 1e-12),
                   ("izhikevich_rs", 1e-7), ("aeif_cond_exp_tol1e-12", 1e-7), ("aeif_psc_exp", 1e-8), ("iaf_cond_exp", 2e-5)):
    c = json.loads(read(f"{sys.argv[1]}/{name}.json.zst"))
    p = {**c["params_all"], **c["params_set"], **c["initial_state"]}
    p = {k: v for k, v in p.items() if not (k == "V_min" and v < -1e300)}
    plus, minus = np.zeros(12000), np.zeros(12000)
    for t in c["inputs"]:
        for s in t["times_steps"]:
            (plus if t["weight"] > 0 else minus)[s + round(t["delay_ms"] / c["dt_ms"]) - 1] += t["weight"]
    steps = 2000 if name[0] == "a" or "cond" in name else 10000
    spikes, trace = getattr(solvers, c["model"])(p, c["dt_ms"], steps, plus, minus, np.zeros(steps))
    lines = read(f"{sys.argv[1]}/{name}_trace.csv.zst").split()
    at = lines[0].split(",").index("V_m")
    v = np.array([float(x.split(",")[at]) for x in lines[1:steps + 1]])
    worst = np.max(abs(v - trace["V_m"]))
    print(name, len(spikes), worst)
    if worst > most or spikes != [s for s in c["output_spike_steps"] if s <= steps]:
        sys.exit(1)
P
}

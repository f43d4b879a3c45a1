# Single neurons through the programs against solutions by SciPy (tests/reference/solvers.py): DOP853 at a relative
# tolerance of 1e-13, matrix exponentials. Lines "# | ..." are tables, which make check prints.

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_DIRNAME/.."
  D=tests/data/reference/singles
}

@test "other parameters, inputs, currents and time steps: against solutions by SciPy" {
  "$PYTHON" tests/reference/solve "$BATS_TEST_TMPDIR/solved"
  ls "$BATS_TEST_TMPDIR"/solved/*.json > "$BATS_TEST_TMPDIR/cases"
  [ "$(wc -l < "$BATS_TEST_TMPDIR/cases")" -ge 26 ]
  [ "$(wc -l < "$BATS_TEST_TMPDIR/cases")" -eq "$("$PYTHON" tests/reference/solve --list | wc -l)" ]
  run tests/reference/check --both $(cat "$BATS_TEST_TMPDIR/cases")
  echo "$output" | sed 's/^/# | /' >&3
  [ "$status" = 0 ]
  [ "$(grep -c ' ok$' <<<"$output")" -eq $((2 * $(wc -l < "$BATS_TEST_TMPDIR/cases"))) ]
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

# The microcircuit at full scale, 10 s. Authority: NEST 3.10 at full scale
# (tests/data/microcircuit-reference.json); needs 3 GB of memory and about a minute.

@test "each population's mean rate within 10 % of the reference; CV, correlation compared" {
  cd "$BATS_TEST_DIRNAME/../.."
  y=examples/microcircuit.yaml
  set -o pipefail
  hal9-gen -c $y | hal9-index -c $y --defer | hal9-step -c $y -t 10s -o "$BATS_TEST_TMPDIR/s.h9"
  hal9-stats --json "$BATS_TEST_TMPDIR/s.h9" > "$BATS_TEST_TMPDIR/s.json"
  "$PYTHON" - "$BATS_TEST_TMPDIR/s.json" <<'P' >&3
import json, sys
ref = {p["name"]: p for p in json.load(open("tests/data/microcircuit-reference.json"))["populations"]}
bad = 0
print("# population   rate Hz (NEST)     CV (NEST)        correlation (NEST)")
for p in json.load(open(sys.argv[1]))["activity"]["populations"]:
    r = ref[p["name"]]
    off = abs(p["rate_hz"] / r["rate_hz"] - 1)
    print(f'# {p["name"]:6} {p["rate_hz"]:10.3f} ({r["rate_hz"]:.3f})  {p["cv_isi"]:8.3f} ({r["cv_isi_mean"]:.3f})'
          f'  {p["correlation"]:10.5f} ({r["correlation_mean"]:.5f})')
    bad += off > 0.10 or abs(p["cv_isi"] - r["cv_isi_mean"]) > 0.05
sys.exit(bad)
P
}

# Networks and neurons against other simulators, longer and with more seeds than in make check. Authorities: NEST 3.10's figures
# (tests/data/reference/networks), Brian2, run anew, and SciPy.

setup() {
  cd "$BATS_TEST_DIRNAME/../.."
  D=tests/data/reference/networks
}

@test "Brunel's networks with 12 seeds against NEST's three" {
  tests/reference/networks brunel $D/brunel.json 12 | sed 's/^/# /' >&3
  [ "${PIPESTATUS[0]}" = 0 ]
}

@test "Vogels-Abbott networks with 48 seeds against 48 stored of Brian2" {
  for n in coba cuba; do
    tests/reference/networks vogels-abbott $D/vogels-abbott-$n.json 48 | sed 's/^/# /' >&3
    [ "${PIPESTATUS[0]}" = 0 ]
  done
}

@test "Vogels-Abbott networks against 16 seeds of Brian2, run now" {
  "$PYTHON" -c 'import brian2' 2>/dev/null || skip "Brian2 is not installed (make bench installs it)"
  for n in coba cuba; do
    tests/reference/brian2-vogels-abbott $n 16 > "$BATS_TEST_TMPDIR/$n.json" 2>/dev/null
    tests/reference/networks vogels-abbott "$BATS_TEST_TMPDIR/$n.json" 16 | sed 's/^/# /' >&3
    [ "${PIPESTATUS[0]}" = 0 ]
  done
}

@test "180 neurons with random parameters, weights and time steps: every spike at its step in double precision" {
  "$PYTHON" tests/reference/solve --random 7 20 "$BATS_TEST_TMPDIR/random"
  tests/reference/check "$BATS_TEST_TMPDIR"/random/*.json > "$BATS_TEST_TMPDIR/table" || true
  grep -v ' ok$' "$BATS_TEST_TMPDIR/table" | sed 's/^/# /' >&3
  [ "$(grep -c ', shift 0;.* ok$' "$BATS_TEST_TMPDIR/table")" -eq 180 ]
}

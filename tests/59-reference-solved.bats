# Single neurons through the programs against solutions by SciPy (tests/reference/solvers.py): DOP853 at a relative
# tolerance of 1e-13, matrix exponentials. Lines "# | ..." are tables, which make check prints.

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_TEST_DIRNAME/.."
  "$PYTHON" tests/reference/solve "$BATS_FILE_TMPDIR/solved" aeif 3>&- &
  "$PYTHON" tests/reference/solve "$BATS_FILE_TMPDIR/solved" i hh
  wait $!
  tests/reference/check --both "$BATS_FILE_TMPDIR"/solved/*.json > "$BATS_FILE_TMPDIR/table" || true
}

setup() {
  export PYTHONDONTWRITEBYTECODE=1
  cd "$BATS_TEST_DIRNAME/.."
  D=tests/data/reference/singles
  S=$BATS_FILE_TMPDIR/solved T=$BATS_FILE_TMPDIR/table
}

@test "other parameters, inputs, currents and time steps: against solutions by SciPy" {
  n=$("$PYTHON" tests/reference/solve --list | wc -l)
  [ "$n" -ge 26 ]
  [ "$(ls "$S"/*.json | wc -l)" -eq "$n" ]
  sed 's/^/# | /' "$T" >&3
  [ "$(grep -c ' ok$' "$T")" -eq $((2 * n)) ]
  [ "$(wc -l < "$T")" -eq $((2 * n)) ]
}

@test "hal9-models(7) states what is measured: deviations, and how errors fall with step and tolerance" {
  tests/reference/check --both $D/{iaf,izhikevich,aeif}*.json.zst > "$BATS_TEST_TMPDIR/recorded"
  "$PYTHON" tests/reference/convergence > "$BATS_TEST_TMPDIR/convergence"
  sed 's/^/# | /' "$BATS_TEST_TMPDIR/convergence" >&3
  tests/reference/manual man/hal9-models.7 "$T" "$BATS_TEST_TMPDIR"/{recorded,convergence}
  # a figure that is too good, and one that is too bad
  for wrong in 's/^\(.It NEST Ta \)[^ ]*/\11e-17/' 's/^\(.It SciPy Ta [^ ]* Ta \).*/\15/'; do
    sed "$wrong" man/hal9-models.7 > "$BATS_TEST_TMPDIR/wrong.7"
    run tests/reference/manual "$BATS_TEST_TMPDIR/wrong.7" "$T" "$BATS_TEST_TMPDIR"/{recorded,convergence}
    [ "$status" = 1 ]
  done
}

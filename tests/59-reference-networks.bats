# Whole networks through the programs against figures recorded in other simulators: NEST's of Brunel's networks and
# Brian2's of Vogels and Abbott's (tests/data/reference/networks). Lines "# | ..." are tables, which make check prints.

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_DIRNAME/.."
  D=tests/data/reference/networks
}

table() { # table COMMAND...: prints its lines for make check
  run "$@"
  echo "$output" | sed 's/^/# | /' >&3
  [ "$status" = 0 ]
}

@test "Brunel's networks: rate within 1 %, CV within 0.01 of NEST where its own seeds agree so closely" {
  table tests/reference/networks brunel $D/brunel.json 3
  [ "$(grep -c ' ok$' <<<"$output")" -eq 8 ]
}

@test "Vogels-Abbott networks of the examples: rate and CV inside the spread of 48 seeds of Brian2" {
  for n in coba cuba; do
    table tests/reference/networks vogels-abbott $D/vogels-abbott-$n.json 8
    [ "$(grep -c ' ok$' <<<"$output")" -eq 2 ]
  done
  # rates a tenth off are seen
  jq '.rate_hz |= map(. * 1.1)' $D/vogels-abbott-cuba.json > "$BATS_TEST_TMPDIR/off.json"
  run tests/reference/networks vogels-abbott "$BATS_TEST_TMPDIR/off.json" 8
  echo "$output"
  [ "$status" = 1 ]
  [[ "$output" == *FAILED* ]]
}

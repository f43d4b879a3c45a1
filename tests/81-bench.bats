# The benchmark: its networks and its own arithmetic. No time is asserted.

setup() {
  cd "$BATS_TEST_DIRNAME/.."
  T=$BATS_TEST_TMPDIR
}

activity() { # activity YAML OPTIONS...: rate in Hz and CV of the excitatory population
  local y=$1; shift
  set -o pipefail
  hal9-gen -c "$y" "$@" | hal9-index -c "$y" --defer "$@" | hal9-step -c "$y" -t 2s "$@" |
    hal9-stats --json --min-spikes 3 | jq -r '.activity.populations[] | select(.name == "exc") | "\(.rate_hz) \(.cv_isi)"'
}

@test "vogels-abbott-coba with 20,000 neurons: 17.6 Hz within 10 %, irregular" {
  # authority: the rate that Auryn, GeNN and Brian2 have with the same network
  run activity examples/vogels-abbott-coba.yaml --set N=20000
  echo "$output"
  [ "$status" = 0 ]
  echo "$output" | awk '{exit !($1 > 17.6 * 0.9 && $1 < 17.6 * 1.1 && $2 > 1.3)}'
}

@test "vogels-abbott-cuba with 20,000 neurons: 5.7 Hz within 10 %" {
  run activity examples/vogels-abbott-cuba.yaml --set N=20000
  echo "$output"
  [ "$status" = 0 ]
  echo "$output" | awk '{exit !($1 > 5.7 * 0.9 && $1 < 5.7 * 1.1 && $2 > 0.4)}'
}

@test "vogels-abbott-coba with the conductances of the review: active after a push, silent without" {
  set -- --set w_exc=6nS --set w_inh=67nS --set I_b=0pA
  run activity examples/vogels-abbott-coba.yaml "$@" --set push=300Hz
  echo "$output"
  [ "$status" = 0 ]
  echo "$output" | awk '{exit !($1 > 10 && $1 < 30)}'
  run activity examples/vogels-abbott-coba.yaml "$@"
  echo "$output"
  echo "$output" | awk '{exit !($1 == 0)}'
}

@test "the benchmark's arithmetic: medians, ratios, regimes, peers that are missing" {
  # authority: fake peers whose figures give the rows by hand
  run sh tests/bench/run --self-test
  echo "$output"
  [ "$status" = 0 ]
  [[ "$output" != *"not ok"* ]]
  [[ "$output" == *"1..11"* ]]
}

# The benchmark's networks in Brian2, whose programs take long to compile: the regimes of both agree, so that each
# row has a ratio. Authority: Brian2.

@test "Vogels-Abbott, Brunel and the scaled microcircuit: rates of hal9 and Brian2 within 10 %" {
  cd "$BATS_TEST_DIRNAME/../.."
  "$PYTHON" -c 'import brian2' 2> /dev/null || skip "Brian2 is not installed"
  T=$BATS_TEST_TMPDIR
  PATH=$(cd "${BUILD:-build}" && pwd)/bin:$PATH
  export OUT=$T H9_BENCH_CACHE=$T RUNS=3 THREADS=1 BUDGET=60
  export WORKS="coba 20000 1.2
cuba 20000 1.2
brunel 2500 1.2
microcircuit 3858 1.2"
  PROGRAMS="hal9 tests/bench/peers/hal9
a $PYTHON tests/bench/peers/brian2_vogels_abbott.py
b $PYTHON tests/bench/peers/brian2_brunel.py
c $PYTHON tests/bench/peers/brian2_microcircuit.py" run sh tests/bench/networks.sh
  echo "$output"
  [ "$status" = 0 ]
  echo "$output" | awk -F '\t' '$3 == "Brian2" && $6 == "RTF" && $12 > 0 {n++} END {exit n != 4}'
}

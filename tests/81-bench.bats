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
  echo "$output" | tail -n 1 | awk '{exit !($1 == 0)}' # behind the note that no neuron fired
}

@test "the benchmark's arithmetic: medians, ratios, regimes, peers that are missing" {
  # authority: fake peers whose figures give the rows by hand
  run sh tests/bench/run --self-test
  echo "$output"
  [ "$status" = 0 ]
  [[ "$output" != *"not ok"* ]]
  [[ "$output" == *"1..11"* ]]
}

# A build folder of its own, so that results of a benchmark are not overwritten.
apart() {
  mkdir -p "$T/b"
  ln -s "$(cd "${BUILD:-build}" && pwd)"/bin "$(cd "${BUILD:-build}" && pwd)"/lib "$T/b/"
}
# rows FILE: all have thirteen columns; medians lie between least and most; prints how many there are
rows() {
  awk -F '\t' '/^#/ || $1 == "section" {next}
    NF != 13 || ($11 > 0 && !($9 <= $8 && $8 <= $10 && $9 > 0)) {print "bad: " $0; bad = 1}
    {n++} END {print n + 0; exit bad}' "$1"
}

@test "the driver: sections at toy size give rows of one form, a description of the machine, pictures" {
  apart
  export BUILD=$T/b N=400 SIZES="400 800" RATES="5 40" AT="400 10" INPUTS=20 RUNS=1 SCALE=0.01
  run sh tests/bench/run --quick plastic start stream scaling
  echo "$output"
  [ "$status" = 0 ]
  for k in host system compiler hal9 date; do grep -q "^# $k: ..." "$T/b/bench/bench.tsv"; done
  # 14 of plastic, 2 of start, 4 of stream, 5 figures of each of 4 networks
  run rows "$T/b/bench/bench.tsv"
  [ "$output" = 40 ]
  # the peer beside hal9, same bytes: a ratio
  awk -F '\t' '$1 == "stream" && $3 == "zstd" && $12 > 0 {n++} END {exit n != 2}' "$T/b/bench/bench.tsv"
  [ -s "$T/b/bench/scaling.png" ]
}

@test "ids: malloc and the kernel give an array of compact ids a quarter of one of UUIDs; waits are counted" {
  # authority: 4 and 16 bytes a neuron, rounded up to pages at most
  apart
  PATH=$T/b/bin:$PATH BUILD=$T/b IDS=100000 LABELS=3000 THREADS="1 2" RUNS=1 run sh tests/bench/ids.sh
  echo "$output"
  [ "$status" = 0 ]
  [ "$(echo "$output" | awk -F '\t' 'NF == 13 && $11 == 1' | wc -l)" = $((5 + 3 * 3 * 2 + 4)) ]
  value() { echo "$output" | awk -F '\t' -v p="$1" -v f="$2" '$3 == p && $6 == f {print $8; exit}'; }
  awk -v u="$(value UUIDs allocated)" -v i="$(value hal9 'allocated, compact ids')" -v r="$(value UUIDs resident)" \
    -v s="$(value hal9 'resident, compact ids')" 'BEGIN {
      exit !(u >= 1600000 && u < 1610000 && i >= 400000 && i < 410000 && r > 1580000 && r < 1640000 && s > 380000 && s < 440000)}'
  [ "$(value one-lock 'waits an operation')" = 0 ] # one thread never waits
}

@test "batch: a signal costs less in larger batches, and waits no less than its setting says" {
  # authority: the settings themselves; every signal came through, which the program checks
  apart
  PATH=$T/b/bin:$PATH BUILD=$T/b QUICK=1 RUNS=1 TIME=20ms run sh tests/bench/batch.sh
  echo "$output"
  [ "$status" = 0 ]
  [ "$(echo "$output" | awk -F '\t' 'NF == 13 && $11 == 1 && $8 > 0' | wc -l)" = $((2 + 5 * 2 + 2 * 3 * 2 + 4)) ]
  # median of signals that come evenly: half of what the first one waits
  echo "$output" | awk -F '\t' '$2 ~ /high, 1000 signals/ && $6 ~ /median/ {exit !($8 > 15)}'
}

@test "realtime: all high signals are delivered in their step under twice the load of the budget; the account balances" {
  # authority: the flood as it was made, beside the log of what was delivered
  apart
  PATH=$T/b/bin:$PATH BUILD=$T/b QUICK=1 TIME=1 run --separate-stderr sh tests/bench/realtime.sh
  echo "$output"
  echo "$stderr"
  [ "$status" = 0 ]
  value() { echo "$output" | awk -F '\t' -v f="$1" '$6 == f {print $8; exit}'; }
  [ "$(value 'high on time')" = 100 ]
  [ "$(value 'high delivered')" = 100 ]
  awk -v n="$(value 'normal delivered')" -v l="$(value 'low delivered')" 'BEGIN {exit !(n > l && n < 100)}'
}

@test "profiles: the same spikes with all, a row each, and the best by name is 1" {
  # authority: the programs' hashes, which the section compares; arithmetic of the rows
  apart
  PATH=$T/b/bin:$PATH QUICK=1 RUNS=2 TIME=20ms SIZES="50 500" run sh tests/bench/profiles.sh
  echo "$output"
  [ "$status" = 0 ]
  echo "$output" > "$T/out"
  [ "$(rows "$T/out")" = 40 ]
  [ "$(grep -c 'the best by name' "$T/out")" = 8 ]
  awk -F '\t' '/the best by name/ {best[$2, $6] = $8; if ($12 != 1) exit 1}
    {v[NR] = $8; r[NR] = $12; k[NR] = $2 SUBSEP $6; auto[NR] = $3 ~ /auto/}
    END {for (i in v) {x = v[i] / best[k[i]]; if ((x / r[i] - 1) ^ 2 > 1e-3 || (!auto[i] && r[i] < 1)) exit 1}}' "$T/out"
}

@test "scaling: a network that does not fit in memory is skipped by name" {
  apart
  PATH=$T/b/bin:$PATH SIZES=100000000 INPUTS=1000000 RATES= run sh tests/bench/scaling.sh
  [ "$status" = 0 ]
  [[ "$output" == *"skipped: too little memory"* ]]
}

@test "networks: hal9 and NEURON, at toy size, simulate the same regime" {
  # authority: NEURON, with its own networks; CUBA with 1,000 neurons
  "$PYTHON" -c 'import neuron' 2> /dev/null || skip "NEURON is not installed"
  PATH=$(cd "${BUILD:-build}" && pwd)/bin:$PATH
  export OUT=$T H9_BENCH_CACHE=$T WORKS="cuba 1000 2.2" RUNS=3 THREADS=1
  PROGRAMS="hal9 tests/bench/peers/hal9
neuron $PYTHON tests/bench/peers/neuron_vogels_abbott.py" run sh tests/bench/networks.sh
  echo "$output"
  [ "$status" = 0 ]
  echo "$output" | awk -F '\t' '$3 == "NEURON" && $6 == "RTF" {seen = $12 > 0} END {exit !seen}'
}

@test "a peer that is not installed is a row that says so; one that has not the network is passed over" {
  PATH=$(cd "${BUILD:-build}" && pwd)/bin:$PATH
  export OUT=$T H9_BENCH_CACHE=$T WORKS="brunel 500 0.4" RUNS=1 THREADS=1
  mkdir "$T/none"
  echo 'raise ModuleNotFoundError("No module named brian2")' > "$T/none/brian2.py"
  PROGRAMS="hal9 tests/bench/peers/hal9
neuron $PYTHON tests/bench/peers/neuron_vogels_abbott.py
brian2 env PYTHONPATH=$T/none $PYTHON tests/bench/peers/brian2_brunel.py" run sh tests/bench/networks.sh
  echo "$output"
  [[ "$output" == *"skipped: ModuleNotFoundError: No module named brian2"* ]]
  [[ "$output" == *"brunel-500"*hal9*RTF* ]]
  [[ "$output" != *neuron* ]]
}

@test "the driver refuses what it does not know" {
  run sh tests/bench/run --fast
  [ "$status" = 64 ]
  [[ "$output" == *"--quick"* ]]
  run sh tests/bench/run nonsense
  [ "$status" = 64 ]
}

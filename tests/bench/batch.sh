#!/bin/sh
# Batches of signals: what a signal costs its writer and its reader in batches of 1 to 10,000, how long it is on its way
# with each setting of --latency, and what the settings cost a simulation. A ratio is the time with one signal a block (of
# the simulation: without batches) over this one's.
set -eu
. "$(dirname "$0")/rows.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
runs=7 n=200000 v=$(hal9_version) seconds_each=2
[ -z "${QUICK:-}" ] || { runs=3; n=50000; seconds_each=1; }
runs=${RUNS:-$runs}
${CC:-gcc} -D_GNU_SOURCE -std=c11 -O2 -fopenmp -o "$dir/core" tests/bench/batch_core.c "${BUILD:-build}/lib/libhal9.a" \
  -lyaml -lzstd -lxxhash -lm

for i in $(seq "$runs"); do
  for size in 0 1 10 100 1000 10000; do
    "$dir/core" $n 0 $size -1 0 > "$dir/line"
    cut -d ' ' -f 1 "$dir/line" >> "$dir/f.write.$size"
    cut -d ' ' -f 2 "$dir/line" >> "$dir/f.read.$size"
  done
done
row batch "one signal a block" unbatched "$v" 1 write "ns a signal" "$dir/f.write.0" 1 "$n signals through a pipe"
row batch "one signal a block" unbatched "$v" 1 read "ns a signal" "$dir/f.read.0" 1 ""
for size in 1 10 100 1000 10000; do
  for what in write read; do
    row batch "batches of $size" hal9 "$v" 1 $what "ns a signal" "$dir/f.$what.$size" \
      "$(ratio "$dir/f.$what.0" "$dir/f.$what.$size")" ""
  done
done

# size, wait and urgency of each --latency, at rates at which a batch ends by waiting and by its size
for rate in 1000 100000; do
  for setting in "low 10 1 50" "normal 100 10 1000" "high 1000 50 10000"; do
    set -- $setting
    for i in $(seq "$runs"); do
      "$dir/core" $((rate * seconds_each)) $rate "$2" "$3" "$4" > "$dir/line"
      cut -d ' ' -f 3 "$dir/line" >> "$dir/f.median.$rate.$1"
      cut -d ' ' -f 4 "$dir/line" >> "$dir/f.p99.$rate.$1"
      set -- $setting
    done
    row batch "--latency $1, $rate signals a second" hal9 "$v" 1 "to the reader, median" ms "$dir/f.median.$rate.$1" "" \
      "batches of at most $2, $3 ms, urgent at $4"
    row batch "--latency $1, $rate signals a second" hal9 "$v" 1 "to the reader, 99 %" ms "$dir/f.p99.$rate.$1" "" ""
  done
done

# a simulation: about 470,000 spikes a second of its time
y=examples/brunel.yaml
hal9-gen -c $y | hal9-index -c $y --defer -o "$dir/net.h9"
t=${TIME:-1s}
for i in $(seq "$runs"); do
  for o in none low normal high; do
    option="--latency $o"
    [ $o != none ] || option=
    # shellcheck disable=SC2086
    hal9-step -c $y -t "$t" $option -o "$dir/s.h9" "$dir/net.h9"
    hal9-view --metrics "$dir/s.h9" > "$dir/metrics" 2> /dev/null
    awk '$1 == "step.real_time_factor" {print $2}' "$dir/metrics" >> "$dir/f.rtf.$o"
    awk '$1 == "step.batches" {print $2}' "$dir/metrics" > "$dir/batches.$o"
  done
done
for o in none low normal high; do
  row batch "brunel, --latency $o" hal9 "$v" "$(nproc)" RTF 1 "$dir/f.rtf.$o" "$(ratio "$dir/f.rtf.none" "$dir/f.rtf.$o")" \
    "$(cat "$dir/batches.$o") batches"
done

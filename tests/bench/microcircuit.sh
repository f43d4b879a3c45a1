#!/bin/sh
# The Potjans-Diesmann microcircuit at full scale: real-time factor, building, memory, whole pipelines.
# Needs 3 GB of free memory. No peer but real time itself: ratio = 1 / RTF.
set -eu
. "$(dirname "$0")/rows.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
runs=${RUNS:-5} time=${TIME:-10s} scale=${SCALE:-1} v=$(hal9_version) t=$(nproc)
y=examples/microcircuit.yaml
work="microcircuit, scale $scale"
set -- -c $y --set scale=$scale
hal9-gen "$@" | hal9-index "$@" --defer -o "$dir/net.h9"
# poisson: the Poisson drive, spikes recorded; dc: direct current in its place; none: nothing recorded
for mode in poisson dc none; do
  p=1 record=yes what="Poisson drive, recorded"
  case $mode in dc) p=0 what="direct current, recorded" ;; none) record=no what="Poisson drive, not recorded" ;; esac
  for i in $(seq $runs); do
    hal9-step "$@" --set poisson=$p --record-spikes $record -t "$time" --transient 0.5s -o "$dir/s.h9" "$dir/net.h9"
    hal9-view --metrics "$dir/s.h9" > "$dir/m"
    for m in step.real_time_factor step.build_s step.peak_rss_bytes; do
      awk -v m=$m '$1 == m {print $2}' "$dir/m" >> "$dir/$mode.$m"
    done
  done
  f=$dir/$mode.step
  row microcircuit "$work" hal9 "$v" "$t" RTF 1 "$f.real_time_factor" "$(awk -v m="$(median "$f.real_time_factor")" 'BEGIN {printf "%.3g", 1 / m}')" "$what"
  [ $mode = poisson ] || continue
  row microcircuit "$work" hal9 "$v" "$t" building s "$f.build_s" "" "synapses made from the rules"
  row microcircuit "$work" hal9 "$v" "$t" "peak memory" B "$f.peak_rss_bytes" "" "hal9-step, all included"
done
# from start to the first step: one step simulated, the rest of the time is building
deferred() { hal9-gen "$@" | hal9-index "$@" --defer | hal9-step "$@" -t 0.1ms --transient 0ms; }
written() { hal9-gen "$@" | hal9-index "$@" | hal9-step "$@" -t 0.1ms --transient 0ms; }
for i in 1 2 3; do
  seconds "$dir/deferred" deferred "$@"
  seconds "$dir/written" written "$@"
done
row microcircuit "$work" hal9 "$v" "$t" "pipeline to the first step" s "$dir/deferred" "" "connections as rules"
row microcircuit "$work" hal9 "$v" "$t" "pipeline to the first step" s "$dir/written" "" "connections written out"

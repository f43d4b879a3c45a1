#!/bin/sh
# The Potjans-Diesmann microcircuit at full scale (a tenth with QUICK): real-time factor, building, memory.
# The peer is real time itself: ratio = 1 / RTF. Needs 3 GB of free memory at full scale.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
scale=1 runs=5 time=10s
[ -z "${QUICK:-}" ] || { scale=0.1 runs=3 time=2s; }
y=examples/microcircuit.yaml
hal9-gen -c $y --set scale=$scale | hal9-index -c $y --set scale=$scale --defer -o "$dir/net.h9"
for mode in poisson dc; do
  : > "$dir/rtf"
  p=1; [ $mode = poisson ] || p=0
  for i in $(seq $runs); do
    hal9-step -c $y --set scale=$scale --set poisson=$p -t $time -o "$dir/s.h9" "$dir/net.h9"
    hal9-view --metrics "$dir/s.h9" | awk '$1 == "step.real_time_factor" {r = $2} $1 == "step.build_s" {b = $2}
      $1 == "step.peak_rss_bytes" {m = $2} END {print r, b, m}' >> "$dir/rtf"
  done
  sort -n "$dir/rtf" | awk -v name="microcircuit scale $scale, $mode drive" '{r[NR] = $1; b[NR] = $2; m = $3}
    END {k = int((NR + 1) / 2)
      printf "%s, RTF (best %.3f)\t%.3f\treal time\t1\t%.2f\t%.2f\n", name, r[1], r[k], 1 / r[k], r[NR] / r[1]
      printf "%s, building (s) and peak memory (GB)\t%.2f\t\t%.2f\t\t\n", name, b[k], m / 1e9}'
done

#!/bin/sh
# What measuring costs: a simulation with and without --metrics every 100 ms, by turns; and what hal9-stats makes of it.
set -eu
. "$(dirname "$0")/rows.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
runs=9 time=5s v=$(hal9_version) t=1
[ -z "${QUICK:-}" ] || { runs=5 time=2s; }
runs=${RUNS:-$runs} time=${TIME:-$time}
y=examples/vogels-abbott-cuba.yaml
hal9-gen -c $y --set N=10000 | hal9-index -c $y --set N=10000 --defer -o "$dir/net.h9"
once() { # once NAME OPTIONS...
  name=$1; shift
  hal9-step -q -c $y --set N=10000 -t "$time" -o "$dir/s.h9" "$@" "$dir/net.h9"
  hal9-view --metrics "$dir/s.h9" | awk '$1 == "step.real_time_factor" {print $2}' >> "$dir/$name"
}
for i in $(seq "$runs"); do
  once without -@ 1
  once with -@ 1 --metrics "$dir/m" --metrics-interval 100ms
done
work="CUBA, 10,000 neurons"
row metrics "$work" hal9 "$v" "$t" "RTF, --metrics every 100 ms" 1 "$dir/with" "" "$(grep -vc '^#' "$dir/m") values a time"
row metrics "$work" "without --metrics" "$v" "$t" RTF 1 "$dir/without" "$(ratio "$dir/without" "$dir/with")" ""
hal9-stats --tsv "$dir/s.h9" > "$dir/stats"
hal9-stats "$dir/s.h9" | sed -n '/^Performance/,$p' >&2
awk -F '\t' '$2 == "performance" {print $4, $5}' "$dir/stats" | while read -r name value; do
  echo "$value" > "$dir/one"
  row metrics "$work" hal9 "$v" "$t" "$name" 1 "$dir/one" "" "hal9-stats"
done

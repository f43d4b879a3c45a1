#!/bin/sh
# Starting up: the whole pipeline for one step of 4,000 neurons and 320,000 synapses.
set -eu
. "$(dirname "$0")/rows.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
y=examples/vogels-abbott-cuba.yaml
deferred() { hal9-gen -c $y | hal9-index -c $y --defer | hal9-step -c $y -t 0.1ms --transient 0ms; }
written() { hal9-gen -c $y | hal9-index -c $y | hal9-step -c $y -t 0.1ms --transient 0ms; }
for i in $(seq 11); do
  seconds "$dir/deferred" deferred
  seconds "$dir/written" written
done
row start "pipeline, 4,000 neurons" hal9 "$(hal9_version)" "$(nproc)" "to the first step" s "$dir/deferred" "" "connections as rules; target 0.1 s"
row start "pipeline, 4,000 neurons" hal9 "$(hal9_version)" "$(nproc)" "to the first step" s "$dir/written" "" "connections written out; target 0.1 s"

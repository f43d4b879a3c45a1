#!/bin/sh
# hello.sh: a spatial network without any YAML, in four filters and a few seconds.
# Needs the programs on the PATH (make puts them in build/bin).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# 10,000 neurons in a ball 1 mm across, driven just above threshold from unequal starts, each
# connected to all neurons within 60 um, weakly and inhibitory. A demonstration, after no paper.
# Expected: 161,558 connections, 31.7 spikes/s of every neuron, synchronous at first; under a second.
hal9-gen -n 10000 --layout ball --extent 1000um --seed 7 \
  --param I_e=400pA --param 'V_m=-60 + x / (100 um)' -o "$dir/neurons.h9"
hal9-index --radius 60um --weight=-5 --delay 1ms -o "$dir/network.h9" "$dir/neurons.h9"

echo "The network:"
hal9-stats "$dir/network.h9"
echo
echo "Its first second:"
hal9-step -t 1s "$dir/network.h9" | hal9-stats
echo
echo "The neurons nearest to the centre (id, neighbour, distance in um):"
hal9-index --query k=5 --at 0,0,0 "$dir/neurons.h9"

#!/bin/sh
# The spatial index: 100,000 neurons in a ball, about 100 neighbours each within 52 um. hal9's figures are whole
# programs (reading the stream and printing a count a neuron, or writing a stream, included); the peers' are their tree and queries alone, in
# memory, without reading or printing. Neighbour counts must agree before a ratio is printed.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
runs=5
[ -z "${QUICK:-}" ] || runs=3
radius=52 k=16
hal9-gen -n 100000 --layout ball --extent 1000um --seed 7 -o "$dir/n.h9"
hal9-view --tsv --no-header --columns x,y,z "$dir/n.h9" > "$dir/n.tsv"
g++ -O3 -march=native -fopenmp -o "$dir/nanoflann" tests/bench/nanoflann_peer.cpp

seconds() { # seconds FILE COMMAND...: wall seconds of the runs, sorted, into FILE
  file=$1; shift
  : > "$file"
  for i in $(seq $runs); do
    a=$(date +%s%N); "$@" > "$dir/out"; b=$(date +%s%N)
    awk -v a="$a" -v b="$b" 'BEGIN {printf "%.4f\n", (b - a) / 1e9}' >> "$file"
  done
  sort -n -o "$file" "$file"
}
median() { awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}' "$1"; }
spread() { awk '{v[NR] = $1} END {printf "%.2f", v[NR] / v[1]}' "$1"; }

# the same file through the whole pipeline: generated, indexed, connected, written
pipeline() { hal9-gen -n 100000 --layout ball --extent 1000um --seed 7 -@ 2 | hal9-index --radius $radius -@ 2; }
seconds "$dir/t" pipeline
hal9-index --radius $radius -@ 2 -v -o "$dir/net.h9" "$dir/n.h9" 2> "$dir/said"
printf '100,000 neurons generated, indexed, all within %s um connected (s; %s)\t%s\t\t\t\t%s\n' $radius \
  "$(sed 's/hal9-index: //' "$dir/said")" "$(median "$dir/t")" "$(spread "$dir/t")"

for t in 1 2; do
  seconds "$dir/counts" hal9-index --query radius=$radius --all --counts -@ $t "$dir/n.h9"
  mine=$(awk '{s += $2} END {printf "%.4f", s / NR}' "$dir/out")
  seconds "$dir/nearest" hal9-index --query k=$k --all --counts -@ $t "$dir/n.h9"
  for peer in nanoflann scipy; do
    : > "$dir/peer"
    for i in $(seq $runs); do
      if [ $peer = scipy ]; then "$PYTHON" tests/bench/scipy_peer.py "$dir/n.tsv" $t $radius $k
      else "$dir/nanoflann" "$dir/n.tsv" $t $radius $k; fi >> "$dir/peer"
    done
    theirs=$(awk 'NR == 1 {print $4}' "$dir/peer")
    awk -v a="$mine" -v b="$theirs" 'BEGIN {exit !(a - b < 0.01 && b - a < 0.01)}' || { echo "counts differ: $mine, $peer $theirs" >&2; exit 1; }
    for what in 2 3; do
      awk -v c=$what '{print $1 + $c}' "$dir/peer" | sort -n > "$dir/p"
      file=$dir/counts name="all neighbours counted"
      [ $what = 2 ] || { file=$dir/nearest name="$k nearest of all found"; }
      printf '%s, %s thread(s) (s)\t%s\t%s\t%s\t%s\t%s\n' "$name" $t "$(median "$file")" $peer "$(median "$dir/p")" \
        "$(awk -v a="$(median "$file")" -v b="$(median "$dir/p")" 'BEGIN {printf "%.2f", b / a}')" "$(spread "$file")"
    done
  done
done

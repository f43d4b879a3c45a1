#!/bin/sh
# The spatial index: 100,000 neurons in a ball, about 100 neighbours each within 52 um.
# "in memory": hal9's grid and the peers' trees do the same with the same positions: build, then ask for every
# point, in one process. "hal9-index": the whole program, which reads the stream and prints a line a neuron, too,
# beside the same peers. Before a ratio is printed, neighbour counts and distances of the 16th must agree.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
runs=5
[ -z "${QUICK:-}" ] || runs=3
radius=52 k=16
hal9-gen -n 100000 --layout ball --extent 1000um --seed 7 -o "$dir/n.h9"
hal9-view --tsv --no-header --columns x,y,z "$dir/n.h9" > "$dir/n.tsv"
${CC:-gcc} -D_GNU_SOURCE -std=c11 -O2 -fopenmp -o "$dir/core" tests/bench/index_core.c "${BUILD:-build}/lib/libhal9.a" \
  -lyaml -lzstd -lxxhash -lm
g++ -O3 -march=native -fopenmp -o "$dir/nanoflann" tests/bench/peers/nanoflann.cpp

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

several() { # several FILE COMMAND...: its lines of figures into FILE
  file=$1; shift
  for i in $(seq $runs); do "$@" "$dir/n.tsv" $t $radius $k; done > "$file"
}
agree() { # agree FILE FILE: mean counts and mean distances
  cat "$1" "$2" | awk 'NR == 1 {c = $4; d = $5} {if ($4 != c || ($5 - d) ^ 2 > 1e-6) bad = 1} END {exit bad}' ||
    { echo "answers differ: $(tail -n 1 "$1") and $(tail -n 1 "$2")" >&2; exit 1; }
}
column() { # column FILE N: building and the Nth, sorted
  awk -v c="$2" '{printf "%.6f\n", $1 + $c}' "$1" | sort -n > "$1.$2"
}
row() { # row NAME FILE PEER FILE
  printf '%s, %s thread%s (s)\t%s\t%s\t%s\t%s\t%s\n' "$1" $t "$([ $t = 1 ] || echo s)" "$(median "$2")" "$3" "$(median "$4")" \
    "$(awk -v a="$(median "$2")" -v b="$(median "$4")" 'BEGIN {printf "%.1f", b / a}')" "$(spread "$2")"
}

for t in 1 2; do
  several "$dir/hal9" "$dir/core"
  several "$dir/nanoflann.t" "$dir/nanoflann"
  several "$dir/scipy.t" "$PYTHON" tests/bench/peers/scipy_tree.py
  agree "$dir/hal9" "$dir/nanoflann.t"
  agree "$dir/hal9" "$dir/scipy.t"
  seconds "$dir/counts" hal9-index --query radius=$radius --all --counts -@ $t "$dir/n.h9"
  awk -v c="$(awk 'NR == 1 {print $4}' "$dir/hal9")" '{s += $2} END {exit !((s / NR - c) ^ 2 < 1e-8)}' "$dir/out" ||
    { echo "counts of hal9-index differ" >&2; exit 1; }
  seconds "$dir/nearest" hal9-index --query k=$k --all --counts -@ $t "$dir/n.h9"
  for c in 2 3; do
    what="all neighbours counted" whole=$dir/counts
    [ $c = 2 ] || { what="$k nearest of all" whole=$dir/nearest; }
    column "$dir/hal9" $c
    for peer in nanoflann scipy; do
      column "$dir/$peer.t" $c
      row "$what, in memory" "$dir/hal9.$c" $peer "$dir/$peer.t.$c"
      row "$what, hal9-index" "$whole" $peer "$dir/$peer.t.$c"
    done
  done
done

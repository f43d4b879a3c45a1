#!/bin/sh
# The spatial index: 100,000 neurons in a ball, about 100 neighbours each within 52 um.
# "in memory": hal9's grid and the peers' trees do the same with the same positions: build, then ask for every
# point, in one process. "program": the whole of hal9-index, which reads the stream and prints a line a neuron, too,
# beside the same peers. Before a ratio is printed, neighbour counts and distances of the 16th must agree.
set -eu
. "$(dirname "$0")/rows.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
runs=5 threads="1 2"
[ -z "${QUICK:-}" ] || { runs=3 threads=2; }
radius=52 k=16 v=$(hal9_version)
hal9-gen -n 100000 --layout ball --extent 1000um --seed 7 -o "$dir/n.h9"
hal9-view --tsv --no-header --columns x,y,z "$dir/n.h9" > "$dir/n.tsv"
${CC:-gcc} -D_GNU_SOURCE -std=c11 -O2 -fopenmp -o "$dir/core" tests/bench/index_core.c "${BUILD:-build}/lib/libhal9.a" \
  -lyaml -lzstd -lxxhash -lm
g++ -O3 -march=native -fopenmp -o "$dir/nanoflann" tests/bench/peers/nanoflann.cpp

# generated, indexed, connected, written
pipeline() { hal9-gen -n 100000 --layout ball --extent 1000um --seed 7 -@ 2 | hal9-index --radius $radius -@ 2; }
for i in $(seq $runs); do seconds "$dir/t" pipeline; done
hal9-index --radius $radius -@ 2 -v -o "$dir/net.h9" "$dir/n.h9" 2> "$dir/said"
row index "gen and index within $radius um" hal9 "$v" 2 pipeline s "$dir/t" "" "$(sed 's/hal9-index: //' "$dir/said")"

agree() { # agree FILE FILE: mean counts and mean distances
  cat "$1" "$2" | awk 'NR == 1 {c = $4; d = $5} {if ($4 != c || ($5 - d) ^ 2 > 1e-6) bad = 1} END {exit bad}' ||
    { echo "answers differ: $(tail -n 1 "$1") and $(tail -n 1 "$2")" >&2; exit 1; }
}
column() { awk -v c="$2" '{printf "%.6f\n", $1 + $c}' "$1" > "$1.$2"; } # building and the Nth
nanoflann_version=$(dpkg-query -W -f '${Version}' libnanoflann-dev 2>/dev/null || echo '?')
scipy_version=$("$PYTHON" -c 'import scipy; print(scipy.__version__)')

for t in $threads; do
  rm -f "$dir"/hal9* "$dir"/nanoflann.t* "$dir"/scipy.t* "$dir"/counts* "$dir"/nearest*
  for i in $(seq $runs); do
    "$dir/core" "$dir/n.tsv" $t $radius $k >> "$dir/hal9"
    "$dir/nanoflann" "$dir/n.tsv" $t $radius $k >> "$dir/nanoflann.t"
    "$PYTHON" tests/bench/peers/scipy_tree.py "$dir/n.tsv" $t $radius $k >> "$dir/scipy.t"
    seconds "$dir/counts" hal9-index --query radius=$radius --all --counts -@ $t "$dir/n.h9"
    seconds "$dir/nearest" hal9-index --query k=$k --all --counts -@ $t "$dir/n.h9"
  done
  agree "$dir/hal9" "$dir/nanoflann.t"
  agree "$dir/hal9" "$dir/scipy.t"
  awk -v c="$(awk 'NR == 1 {print $4}' "$dir/hal9")" '{s += $2} END {exit !((s / NR - c) ^ 2 < 1e-8)}' "$dir/counts.out" ||
    { echo "counts of hal9-index differ" >&2; exit 1; }
  for c in 2 3; do
    what="all neighbours counted" whole=$dir/counts
    [ $c = 2 ] || { what="$k nearest of all" whole=$dir/nearest; }
    for who in hal9 nanoflann.t scipy.t; do column "$dir/$who" $c; done
    row index "$what" hal9 "$v" $t "in memory" s "$dir/hal9.$c" "" ""
    row index "$what" hal9 "$v" $t program s "$whole" "" ""
    for who in nanoflann scipy; do
      [ $who = scipy ] && pv=$scipy_version || pv=$nanoflann_version
      row index "$what" $who "$pv" $t "in memory" s "$dir/$who.t.$c" "$(ratio "$dir/$who.t.$c" "$dir/hal9.$c")" \
        "against the whole program $(ratio "$dir/$who.t.$c" "$whole")"
    done
  done
done

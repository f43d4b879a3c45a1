#!/bin/sh
# Compact ids: memory of an array of neurons' names as UUIDs and as ids; the map from one to the other, shared by threads through
# one lock, sixteen, or none, with waits counted; and tables of labels through hal9-convert.
set -eu
. "$(dirname "$0")/rows.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
runs=5 sizes="10000 100000 1000000" threads="1 2 4 8" distinct=200000 times=50 labels=1000000
[ -z "${QUICK:-}" ] || { runs=3; distinct=50000; times=40; labels=100000; }
runs=${RUNS:-$runs} sizes=${IDS:-$sizes} threads=${THREADS:-$threads} distinct=${LABELS:-$distinct} labels=${LABELS:-$labels}
v=$(hal9_version)
${CC:-gcc} -D_GNU_SOURCE -std=c11 -O2 -fopenmp -o "$dir/core" tests/bench/ids_core.c "${BUILD:-build}/lib/libhal9.a" -lyaml -lzstd -lxxhash -lm
column() { awk -v c="$2" '{print $c}' "$1" > "$1.$2"; }

for n in $sizes; do
  rm -f "$dir"/memory*
  for i in $(seq $runs); do "$dir/core" memory "$n" >> "$dir/memory"; done
  for c in 2 3 4 5 6; do column "$dir/memory" $c; done
  saved=$(awk -v a="$(median "$dir/memory.2")" -v b="$(median "$dir/memory.4")" 'BEGIN {printf "%.1f %% less", 100 - 100 * b / a}')
  work="ids of $n neurons"
  row ids "$work" hal9 "$v" 1 "allocated, compact ids" B "$dir/memory.4" "" "$saved"
  row ids "$work" UUIDs "" 1 "allocated" B "$dir/memory.2" "$(ratio "$dir/memory.2" "$dir/memory.4")" "16 bytes each"
  row ids "$work" hal9 "$v" 1 "resident, compact ids" B "$dir/memory.5" "" "page by page"
  row ids "$work" UUIDs "" 1 "resident" B "$dir/memory.3" "$(ratio "$dir/memory.3" "$dir/memory.5")" "page by page"
  row ids "$work" hal9 "$v" 1 "allocated, map" B "$dir/memory.6" "" "needed only while labels are mapped"
done

work="map of $distinct UUIDs, each met $times times"
kinds="one-lock sixteen-locks lock-free"
for t in $threads; do
  rm -f "$dir"/k.*
  for i in $(seq $runs); do # by turns
    k=0
    for name in $kinds; do
      "$dir/core" contention $k "$t" "$distinct" "$times" > "$dir/line"
      awk '{printf "%.6g\n", 1e9 * $1 / $2}' "$dir/line" >> "$dir/k.$name.ns"
      awk '{printf "%.6g\n", $3 / $2}' "$dir/line" >> "$dir/k.$name.waits"
      awk '{printf "%.6g\n", 1e9 * $4 / $2}' "$dir/line" >> "$dir/k.$name.waited"
      k=$((k + 1))
    done
  done
  for name in $kinds; do
    less() { # less FIGURE: than one lock
      [ $name = one-lock ] || awk -v a="$(median "$dir/k.one-lock.$1")" -v b="$(median "$dir/k.$name.$1")" \
        'BEGIN {if (a > 0) printf "%.1f %% %s than one lock", b < a ? 100 - 100 * b / a : 100 * b / a - 100, b < a ? "less" : "more"}'
    }
    row ids "$work" "$name" "$v" "$t" "waits an operation" 1 "$dir/k.$name.waits" "" "$(less waits)"
    row ids "$work" "$name" "$v" "$t" "waited an operation" ns "$dir/k.$name.waited" "" "$(less waited)"
    row ids "$work" "$name" "$v" "$t" "time an operation" ns "$dir/k.$name.ns" "$(ratio "$dir/k.$name.ns" "$dir/k.lock-free.ns")" "ratio: over lock-free"
  done
done

awk -v n="$labels" 'BEGIN {
  srand(1); print "label\tx\ty\tz"
  for (i = 0; i < n; i++) {
    u = ""; for (k = 0; k < 8; k++) u = u sprintf("%04x", int(rand() * 65536))
    printf "%s-%s-%s-%s-%s\t%.3f\t%.3f\t%.3f\n", substr(u, 1, 8), substr(u, 9, 4), substr(u, 13, 4), substr(u, 17, 4), substr(u, 21),
      rand() * 1000, rand() * 1000, rand() * 1000
  }}' > "$dir/n.tsv"
for t in 1 2; do
  rm -f "$dir/convert" "$dir/back"
  for i in $(seq $runs); do
    seconds "$dir/convert" hal9-convert --from tsv --neurons "$dir/n.tsv" -@ $t -o "$dir/n.h9"
    seconds "$dir/back" hal9-convert --to tsv --neurons "$dir/back.tsv" -@ $t -q "$dir/n.h9"
  done
  row ids "table of $labels UUIDs and positions" hal9 "$v" $t "to a stream" s "$dir/convert" "" "$(wc -c < "$dir/n.tsv") bytes to $(wc -c < "$dir/n.h9")"
  row ids "table of $labels UUIDs and positions" hal9 "$v" $t "back to a table" s "$dir/back" "" ""
done

#!/bin/sh
# Memory taken before the run: allocations that simulating longer costs, counted by a preloaded allocator; resident memory of a long and a short run; and
# signals through the pooled queue beside one that allocates each.
set -eu
. "$(dirname "$0")/rows.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
runs=7 long=61s signals=2000000 v=$(hal9_version)
[ -z "${QUICK:-}" ] || { runs=3 long=6s signals=500000; }
runs=${RUNS:-$runs} long=${LONG:-$long}
${CC:-gcc} -D_GNU_SOURCE -std=gnu11 -O2 -shared -fPIC -o "$dir/count.so" tests/bench/count_allocations.c
${CC:-gcc} -D_GNU_SOURCE -std=c11 -O2 -fopenmp -o "$dir/core" tests/bench/pools_core.c "${BUILD:-build}/lib/libhal9.a" -lyaml -lzstd -lxxhash -lm
y=examples/vogels-abbott-cuba.yaml
hal9-gen -c $y | hal9-index -c $y --defer -o "$dir/net.h9"
allocations() { # allocations TIME
  rm -f "$dir/count"
  LD_PRELOAD=$dir/count.so COUNT_ALLOCATIONS=$dir/count hal9-step -q -c $y -t "$1" --record-spikes no -o "$dir/s.h9" "$dir/net.h9"
  cat "$dir/count"
  hal9-view --metrics "$dir/s.h9" | awk '$1 == "step.peak_rss_bytes" {print $2}' > "$dir/rss"
}
allocations 1s > "$dir/a.short"; cp "$dir/rss" "$dir/r.short"
allocations $long > "$dir/a.long"; cp "$dir/rss" "$dir/r.long"
awk -v a="$(cat "$dir/a.short")" -v b="$(cat "$dir/a.long")" 'BEGIN {print b - a}' > "$dir/more"
work="CUBA, 4,000 neurons"
row pools "$work" hal9 "$v" "$(nproc)" "allocations of $long beyond those of 1 s" 1 "$dir/more" "" "$(cat "$dir/a.short") to start and end"
row pools "$work" hal9 "$v" "$(nproc)" "resident memory, 1 s" B "$dir/r.short" "" ""
row pools "$work" hal9 "$v" "$(nproc)" "resident memory, $long" B "$dir/r.long" "" ""
for held in 1000 100000; do
  for i in $(seq "$runs"); do
    for with in pool malloc; do "$dir/core" $signals $held $with > "$dir/line"; awk '{print $1}' "$dir/line" >> "$dir/$with.$held"; cut -d ' ' -f 2,3 "$dir/line" >> "$dir/sums.$held"; done
  done
  [ "$(sort -u "$dir/sums.$held" | wc -l)" = 1 ] || { echo "pools: signals came out in another order" >&2; exit 1; }
  row pools "queue of $held signals" hal9 "$v" 1 "pool" "ns a signal" "$dir/pool.$held" "" ""
  row pools "queue of $held signals" "malloc and free" "" 1 "a node each" "ns a signal" "$dir/malloc.$held" "$(ratio "$dir/malloc.$held" "$dir/pool.$held")" ""
done

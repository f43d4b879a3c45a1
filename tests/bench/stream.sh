#!/bin/sh
# The stream: writing and reading a network's connections, beside zstd on the same bytes at the same level with as
# many threads. hal9 also hashes what it writes and verifies what it reads; both write to a file and read the
# file's pages from memory.
set -eu
. "$(dirname "$0")/rows.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
scale=0.3 runs=7 levels="1 3" y=examples/microcircuit.yaml v=$(hal9_version) t=2
[ -z "${QUICK:-}" ] || { scale=0.15; runs=3; levels=1; }
scale=${SCALE:-$scale}
hal9-gen -c $y --set scale="$scale" | hal9-index -c $y --set scale="$scale" -o "$dir/net.h9"
zstd -dcq "$dir/net.h9" > "$dir/raw"
bytes=$(wc -c < "$dir/raw")
${CC:-gcc} -D_GNU_SOURCE -std=c11 -O2 -fopenmp -o "$dir/core" tests/bench/stream_core.c "${BUILD:-build}/lib/libhal9.a" \
  -lyaml -lzstd -lxxhash -lm
zv=$(zstd --version | sed -n 's/.*v\([0-9.]*\),.*/\1/p')
for level in $levels; do
  rm -f "$dir"/f.*
  for i in $(seq $runs); do
    "$dir/core" "$dir/net.h9" $t "$level" "$dir/out.h9" > "$dir/line"
    cut -d ' ' -f 1 "$dir/line" >> "$dir/f.write"
    cut -d ' ' -f 2 "$dir/line" >> "$dir/f.read"
    seconds "$dir/f.zwrite" zstd -q -f -T$t -"$level" -o "$dir/raw.zst" "$dir/raw"
    seconds "$dir/f.zread" zstd -q -d -f -T$t -o /dev/null "$dir/raw.zst"
  done
  work="connections, $bytes bytes, level $level"
  row stream "$work" hal9 "$v" $t write s "$dir/f.write" "" "$(wc -c < "$dir/out.h9") bytes written"
  row stream "$work" zstd "$zv" $t write s "$dir/f.zwrite" "$(ratio "$dir/f.zwrite" "$dir/f.write")" "$(wc -c < "$dir/raw.zst") bytes written"
  row stream "$work" hal9 "$v" $t read s "$dir/f.read" "" ""
  row stream "$work" zstd "$zv" $t read s "$dir/f.zread" "$(ratio "$dir/f.zread" "$dir/f.read")" ""
done

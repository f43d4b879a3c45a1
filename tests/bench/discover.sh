#!/bin/sh
# A network's first moments at sizes from 100 to 10 million neurons: created, indexed, all neighbours of every neuron found and listed (about
# 64 within 24.8 um, one neuron in a cube of 10 um), one round of signals to all neighbours. Beside it, testing every pair. The exponents
# are least squares of log time over log size, from 1,000 neurons on.
set -eu
. "$(dirname "$0")/rows.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
runs=5 sizes="100 1000 10000 100000 1000000 10000000" pairs="100 1000 3000 10000 30000" t=$(nproc) v=$(hal9_version) radius=24.8
[ -z "${QUICK:-}" ] || { runs=3 sizes="100 1000 10000 100000 1000000" pairs="100 1000 3000 10000"; }
runs=${RUNS:-$runs} sizes=${SIZES:-$sizes} pairs=${PAIRS:-$pairs} t=${THREADS:-$t}
${CC:-gcc} -D_GNU_SOURCE -std=c11 -O2 -fopenmp -o "$dir/core" tests/bench/discover_core.c "${BUILD:-build}/lib/libhal9.a" -lyaml -lzstd -lxxhash -lm
few() { [ "$1" -lt 1000000 ] && echo "$runs" || echo $((runs < 3 ? runs : 3)); }
for n in $pairs; do
  for i in $(seq "$(few "$n")"); do "$dir/core" "$n" "$t" $radius brute >> "$dir/b.$n"; done
  awk '{print 1000 * $3}' "$dir/b.$n" > "$dir/b.$n.ms"
  echo "$n $(median "$dir/b.$n.ms")" >> "$dir/b.curve"
done
for n in $sizes; do
  for i in $(seq "$(few "$n")"); do "$dir/core" "$n" "$t" $radius grid >> "$dir/g.$n"; done
  # both ways must have found the same
  [ ! -f "$dir/b.$n" ] || [ "$(cut -d ' ' -f 5,6 "$dir/g.$n" "$dir/b.$n" | sort -u | wc -l)" = 1 ] || { echo "neighbours of $n differ" >&2; exit 1; }
  near=$(awk 'NR == 1 {print $5}' "$dir/g.$n")
  for c in "1 create" "2 index" "3 discover" "4 round"; do
    set -- $c
    awk -v c="$1" '{print 1000 * $c}' "$dir/g.$n" > "$dir/g.$n.$2"
    note=
    [ "$2" != discover ] || note="$near neighbours each"
    row discover "$n neurons" hal9 "$v" "$t" "$2" ms "$dir/g.$n.$2" "" "$note"
  done
  [ ! -f "$dir/b.$n.ms" ] || row discover "$n neurons" "every pair" "$v" "$t" discover ms "$dir/b.$n.ms" "$(ratio "$dir/b.$n.ms" "$dir/g.$n.discover")" ""
  awk '{print 1000 * ($1 + $2 + $3)}' "$dir/g.$n" > "$dir/g.$n.found"
  awk '{print 1000 * ($1 + $2 + $3 + $4)}' "$dir/g.$n" > "$dir/g.$n.all"
  row discover "$n neurons" hal9 "$v" "$t" "create, index, discover" ms "$dir/g.$n.found" "" ""
  row discover "$n neurons" hal9 "$v" "$t" "all four" ms "$dir/g.$n.all" "" ""
  echo "$n $(median "$dir/g.$n.discover")" >> "$dir/g.curve"
done
for n in $pairs; do # where only the pairs were tested
  case " $sizes " in *" $n "*) ;; *) row discover "$n neurons" "every pair" "$v" "$t" discover ms "$dir/b.$n.ms" "" "" ;; esac
done
for c in g b; do
  awk '$1 >= 1000 {x = log($1); y = log($2); n++; sx += x; sy += y; sxx += x * x; sxy += x * y}
    END {if (n > 1) printf "%.3f\n", (n * sxy - sx * sy) / (n * sxx - sx * sx)}' "$dir/$c.curve" > "$dir/$c.exponent"
  [ -s "$dir/$c.exponent" ] || continue
  [ $c = g ] && what=hal9 || what="every pair"
  row discover "growth with the number of neurons" "$what" "$v" "$t" exponent 1 "$dir/$c.exponent" "" "time of discovery, fitted from 1,000 neurons on"
done

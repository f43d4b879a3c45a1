#!/bin/sh
# Networks that others simulate, too: hal9 and each peer by turns, so that all see the same machine. A program that
# has used up its share of time is not run again; its number of runs is in the row.
set -eu
here=$(dirname "$0")
runs=${RUNS:-5} budget=${BUDGET:-45} threads=${THREADS:-1 2}
# network, neurons, seconds (0.2 of them transient), peers' seconds where that takes long
works="coba 4000 2.2
cuba 4000 2.2
coba 20000 1.2
cuba 20000 1.2
brunel 12500 1.2
microcircuit 7717 1.2"
if [ -n "${QUICK:-}" ]; then
  runs=${RUNS:-5} budget=${BUDGET:-5} threads=${THREADS:-1}
  works="coba 4000 1.2
cuba 4000 1.2"
fi
works=${WORKS:-$works}

# Programs: hal9, those beside, and whatever of the same form is on the PATH.
programs() {
  echo "hal9 $here/peers/hal9"
  for p in vogels_abbott brunel microcircuit; do
    for who in brian2 neuron; do
      [ ! -f "$here/peers/${who}_$p.py" ] || echo "${who}_$p ${PYTHON:-/usr/bin/python3} $here/peers/${who}_$p.py"
    done
  done
  echo "$PATH" | tr : '\n' | while read -r d; do
    for p in "$d"/hal9-bench-peer-*; do [ ! -x "$p" ] || echo "$(basename "$p") $p"; done
  done
}
raw=$OUT/networks.raw.tsv
list=$(mktemp) seen=$(mktemp) line=$(mktemp) err=$(mktemp)
trap 'rm -f "$list" "$seen" "$line" "$err"' EXIT
if [ -n "${PROGRAMS:-}" ]; then echo "$PROGRAMS" > "$list"; else programs > "$list"; fi
: > "$raw"
now() { date +%s; }
tab=$(printf '\t')

# once NAME NETWORK N THREADS SECONDS COMMAND...: a line into the raw file; 69 and 64 of a peer: not available, not its work
once() {
  name=$1 network=$2 n=$3 t=$4 s=$5; shift 5
  key="$name $network $n $t"
  spent=$(awk -F '\t' -v k="$key" '$1 == k {s += $2} END {print s + 0}' "$seen")
  [ "$spent" -lt "$budget" ] || return 0
  a=$(now) code=0
  timeout 600 "$@" "$network" "$n" "$t" "$s" > "$line" 2> "$err" < /dev/null || code=$?
  b=$(now)
  case $code in
    0) tail -n 1 "$line" | awk -F '\t' -v OFS='\t' -v n="$n" '{$3 = $3 OFS n; print}' >> "$raw"
       # the first run may have compiled: it is free
       grep -qF "$key$tab" "$seen" || a=$b
       printf '%s\t%s\n' "$key" $((b - a)) >> "$seen" ;;
    *) [ $code = 64 ] || printf 'skipped\t%s\t%s-%s\t%s\n' "$name" "$network" "$n" "$(tail -n 1 "$err" | tr '\t' ' ')" >> "$raw"
       cat "$err" >&2
       printf '%s\t%s\n' "$key" "$budget" >> "$seen" ;;
  esac
}
echo "$works" | while read -r network n s; do
  for i in $(seq "$runs"); do
    # a run is another network: the rate of 4,000 neurons differs by 5 % from one to the next
    export H9_BENCH_SEED="$i"
    for t in $threads; do
      while read -r name command; do
        # shellcheck disable=SC2086
        once "$name" "$network" "$n" "$t" "$s" $command
      done < "$list"
    done
  done
done
awk -v section=networks -f "$here/summarise.awk" "$raw"

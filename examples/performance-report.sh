#!/bin/sh
# performance-report.sh [--markdown] [--quick]: what hal9's systems reach on this machine, each beside what it replaces: compact ids, spatial
# index, sharding, batching, pools, priorities, metrics, settings, the loop by the clock, and networks of 100 to 10 million neurons. All figures are of
# this run. About eight minutes and 4 GB of memory; --quick: less than a minute, smaller and noisier. It needs hal9's sources: the benchmark's parts.
set -eu
markdown= quick=
for a in "$@"; do
  case $a in
    --markdown) markdown=1 ;;
    --quick) quick=--quick ;;
    -h | --help) sed -n '2,4s/^# //p' "$0"; exit 0 ;;
    *) echo "performance-report.sh: unknown option '$a'; expected --markdown or --quick" >&2; exit 64 ;;
  esac
done
cd "$(dirname "$0")/.."
if [ ! -f tests/bench/run ] || [ ! -f Makefile ]; then
  echo "performance-report.sh: $(pwd) has no sources of hal9, whose benchmark it is made of; run it from a source tree" >&2
  exit 66
fi
BUILD=${BUILD:-build}
[ -x "$BUILD/bin/hal9-step" ] || make -s all >&2
tsv=$BUILD/bench/report.tsv
rows=$BUILD/bench/bench.tsv
SECTIONS=${SECTIONS:-discover ids pools batch metrics profiles realtime}
# shellcheck disable=SC2086
BUILD=$BUILD sh tests/bench/run $quick $SECTIONS > "$BUILD/report.log" 2>&1 || { tail -n 5 "$BUILD/report.log" >&2; exit 70; }
cp "$rows" "$tsv"

# v WORK PROGRAM THREADS FIGURE [FACTOR]: "median (least to most)"; WORK, PROGRAM and FIGURE begin so; THREADS * for any
v() {
  awk -F '\t' -v w="$1" -v p="$2" -v t="$3" -v f="$4" -v k="${5:-1}" '
    function short(x) {return x == 0 ? "0" : (x >= 1000 || x == int(x)) && x < 1e7 ? sprintf("%.0f", x) : sprintf("%.3g", x)}
    !/^#/ && index($2, w) == 1 && index($3, p) == 1 && (t == "*" || $5 == t) && index($6, f) == 1 {
      a = short($8 * k); b = short($9 * k); c = short($10 * k)
      print (($11 > 1 && b != c) ? a " (" b " to " c ")" : a); found = 1; exit}
    END {if (!found) print "-"}' "$tsv"
}
# m: the median alone; n: the note; r: the ratio
m() { v "$@" | sed 's/ (.*//'; }
col() { c=$1; shift; awk -F '\t' -v w="$1" -v p="$2" -v t="$3" -v f="$4" -v c="$c" '!/^#/ && index($2, w) == 1 && index($3, p) == 1 && (t == "*" || $5 == t) && index($6, f) == 1 {print $c; found = 1; exit} END {if (!found) print "-"}' "$tsv"; }
r() { col 12 "$@"; }
note() { col 13 "$@"; }
over() { awk -v a="$1" -v b="$2" 'BEGIN {if (a + 0 > 0 && b + 0 > 0) printf "%.3g\n", a / b; else print "-"}'; }

title() { if [ -n "$markdown" ]; then printf '\n## %s\n\n' "$1"; else printf '\n%s\n' "$1"; fi; }
say() { if [ -n "$markdown" ]; then printf '%s\n' "$*"; else printf '%s\n' "$*" | fold -s -w 100 | sed 's/^/  /; s/ *$//'; fi; }
# table: lines of fields separated by |, the first one the head
table() {
  awk -F '|' -v md="$markdown" '
    {for (i = 1; i <= NF; i++) {c[NR, i] = $i; if (length($i) > w[i]) w[i] = length($i)}; if (NF > n) n = NF}
    END {
      for (r = 1; r <= NR; r++) {
        line = md ? "|" : " "
        for (i = 1; i <= n; i++) line = line (md ? " " c[r, i] " |" : sprintf(" %" (i == 1 ? "-" : "") w[i] "s ", c[r, i]))
        sub(/ +$/, "", line); print line
        if (md && r == 1) {line = "|"; for (i = 1; i <= n; i++) line = line " --- |"; print line}
      }
      print ""
    }'
}

[ -z "$markdown" ] && echo "hal9 performance report" || echo "# hal9 performance report"
[ -z "$markdown" ] || echo
grep '^#' "$tsv" | grep -v 'written to' | sed 's/^# //' | while read -r line; do if [ -n "$markdown" ]; then echo "- $line"; else echo "  $line"; fi; done
say ""
say "Figures are medians, with the least and the most of several runs in parentheses. Ratios are of medians in the same run."
t=$(nproc)

title "Networks: created, indexed, every neighbour of every neuron found, one round of signals"
{
  echo "neurons|create ms|index ms|discover ms|round ms|all ms|every pair ms|gain|neighbours each"
  for n in 100 1000 10000 100000 1000000 10000000; do
    w="$n neurons"
    [ "$(m "$w" hal9 "*" create)" != - ] || continue
    echo "$n|$(m "$w" hal9 "*" create)|$(m "$w" hal9 "*" "index")|$(v "$w" hal9 "*" discover)|$(m "$w" hal9 "*" round)|$(v "$w" hal9 "*" "all four")|$(m "$w" every "*" discover)|$(r "$w" every "*" discover)|$(note "$w" hal9 "*" discover | sed 's/ .*//')"
  done
} | table
say "Time of discovery grows with the number of neurons to the power $(m growth hal9 "*" exponent) by the index, $(m growth every "*" exponent) by testing every pair (fitted from 1,000 on). $t threads; the round of signals, 64 a neuron, on one."
say "100,000 neurons created, indexed and all neighbours found: $(v "100000 neurons" hal9 "*" "create, index") ms; 1 million: $(v "1000000 neurons" hal9 "*" "create, index") ms. The first report: 94 ms for 100,000 neurons and the neighbours of 1,000 of them."

title "Compact ids"
{
  echo "neurons|UUIDs, bytes allocated|compact|less|resident UUIDs|compact"
  for n in 10000 100000 1000000; do
    w="ids of $n neurons"
    echo "$n|$(m "$w" UUIDs 1 allocated)|$(m "$w" hal9 1 "allocated, compact")|$(note "$w" hal9 1 "allocated, compact" | sed 's/ less//')|$(m "$w" UUIDs 1 resident)|$(m "$w" hal9 1 "resident, compact")"
  done
} | table

title "Sharding: a map from UUIDs to ids that all threads fill"
{
  echo "threads|waits an operation: one lock|sixteen|lock-free|ns an operation: one lock|sixteen|lock-free"
  for n in 1 2 4 8; do
    line=$n
    for f in "waits an" "time an"; do for p in one-lock sixteen-locks lock-free; do line="$line|$(m "map of" $p $n "$f")"; done; done
    echo "$line"
  done
} | table
say "Simulation itself takes no lock and makes no system call in a step (a test counts them)."

title "Batches of signals"
{
  echo "signals a batch|write ns a signal|gain|read ns a signal|gain"
  for n in 1 10 100 1000 10000; do
    w="batches of $n"
    awk -F '\t' -v w="$w" '$2 == w && $6 == "write" {a = $8; b = $12} $2 == w && $6 == "read" {print substr(w, 12) "|" a "|" b "|" $8 "|" $12}' "$tsv"
  done
} | table
{
  echo "setting|batch, wait, urgent at|to the reader: median ms|99 % ms|at 100,000 a second: median ms|99 % ms"
  for l in low normal high; do
    a="--latency $l, 1000 signals" b="--latency $l, 100000 signals"
    echo "$l|$(note "$a" hal9 "*" "to the reader, median" | sed 's/batches of at most //; s/urgent at //')|$(m "$a" hal9 "*" "to the reader, median")|$(m "$a" hal9 "*" "to the reader, 99")|$(m "$b" hal9 "*" "to the reader, median")|$(m "$b" hal9 "*" "to the reader, 99")"
  done
} | table

title "Pools"
{
  echo "what|with|without|gain"
  for n in 1000 100000; do
    echo "a signal through a queue of $n, ns|$(v "queue of $n signals" hal9 1 pool)|$(v "queue of $n signals" malloc 1 "a node")|$(r "queue of $n signals" malloc 1 "a node")"
  done
} | table
say "$(col 6 CUBA hal9 "*" "allocations" | sed 's/^a/A/'): $(m CUBA hal9 "*" allocations) ($(note CUBA hal9 "*" allocations)). Resident memory at the peak, bytes: $(m CUBA hal9 "*" "resident memory, 1 s") for 1 s, $(awk -F '\t' '$1 == "pools" && $6 ~ /^resident memory/ {x = $8; n = $6} END {sub(/resident memory, /, "", n); printf "%.0f for %s", x, n}' "$tsv")."

title "Priorities, with twice the signals that the budget takes"
{
  echo "class|on time %|delivered %|account"
  for c in high normal low; do echo "$c|$(awk -F '\t' -v f="$c on time" '$6 == f {printf "%.4g", $8}' "$tsv")|$(awk -F '\t' -v f="$c delivered" '$6 == f {printf "%.4g", $8}' "$tsv")|$(awk -F '\t' -v f="$c on time" '$6 == f {print $13}' "$tsv" | sed 's/;.*//')"; done
} | table

title "By the clock: 10,000 neurons in a closed loop, 60 frames a second"
{
  echo "machine|frames met %|jitter, 99 % ms|stimulus to spike: median ms|99 % ms|round trip: median ms|99 % ms"
  for w in "10,000 neurons in" "the same beside"; do
    line="$(awk -F '\t' -v w="$w" 'index($2, w) == 1 {print $2; exit}' "$tsv" | sed 's/10,000 neurons in a closed loop, /alone, /; s/the same //')"
    for f in "frames met" "jitter" "stimulus to spike, median" "stimulus to spike, 99" "round trip, median" "round trip, 99"; do line="$line|$(m "$w" hal9 "*" "$f")"; done
    echo "$line"
  done
} | table
say "Alone: $(note "10,000 neurons in" hal9 "*" "frames met"). Beside busy programs: $(note "the same beside" hal9 "*" "frames met")."

title "Metrics"
say "A simulation that writes $(note CUBA hal9 1 "RTF" | sed 's/ a time//') ten times a second takes $(over "$(m CUBA hal9 1 RTF)" "$(m CUBA without 1 RTF)") times as long as without (real-time factors $(v CUBA hal9 1 RTF) and $(v CUBA without 1 RTF))."
say "Of 10,000 neurons on one thread: $(m "CUBA, 10" hal9 1 time_per_neuron_s 1e6) us a neuron, $(m "CUBA, 10" hal9 1 signals_per_neuron) signals a neuron, efficiency $(m "CUBA, 10" hal9 1 neurons_per_ms) neurons a ms; frames at 60 a second: $(m "CUBA, 10" hal9 1 frames_met) met, $(m "CUBA, 10" hal9 1 frames_missed) missed."

title "Settings: connecting, building and simulating, beside the best profile by name"
{
  echo "neurons|auto s|over the best|small|medium|large|massive"
  for n in 50 500 5000 50000; do
    w="$n neurons"
    [ "$(m "$w" --profile=auto "*" all)" != - ] || continue
    echo "$n|$(v "$w" --profile=auto "*" all)|$(r "$w" --profile=auto "*" all)|$(m "$w" --profile=small "*" all)|$(m "$w" --profile=medium "*" all)|$(m "$w" --profile=large "*" all)|$(m "$w" --profile=massive "*" all)"
  done
} | table

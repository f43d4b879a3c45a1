#!/bin/sh
# By the clock: a closed loop of 10,000 neurons with a controller in C, alone and beside as many busy programs as there are
# processors; and priorities under overload: all high signals on time, each of the others accounted for. Fails where the
# account does not balance. Times of FRAME (default: 16.67 ms, 60 a second) for TIME (60 s).
set -eu
. "$(dirname "$0")/rows.sh"
dir=$(mktemp -d)
busy=
trap 'for p in $busy; do kill "$p" 2> /dev/null; done; rm -rf "$dir"' EXIT
t=60 v=$(hal9_version) frame=${FRAME:-16.666666666666668} flood=20000
[ -z "${QUICK:-}" ] || { t=4; flood=5000; }
t=${TIME:-$t}
${CC:-gcc} -D_GNU_SOURCE -std=c11 -O2 -fopenmp -Ilibcore/whole -o "$dir/closed_loop" examples/closed_loop.c \
  "${BUILD:-build}/lib/libhal9.a" -lyaml -lzstd -lxxhash -lm

cat > "$dir/net.yaml" <<'Y'
populations:
  exc:   {count: 8000, model: iaf_psc_exp}
  inh:   {count: 2000, model: iaf_psc_exp}
  probe: {count: 1, model: parrot_neuron}
connections:
  - {source: exc, target: [exc, inh], rule: fixed_indegree, number: 80, weight: 15 pA, delay: 1.5 ms}
  - {source: inh, target: [exc, inh], rule: fixed_indegree, number: 20, weight: -75 pA, delay: 1 ms}
simulation:
  stimuli:
    - {type: poisson, target: [exc, inh], rate: 8 kHz, weight: 20 pA}
Y
hal9-gen -c "$dir/net.yaml" | hal9-index -c "$dir/net.yaml" -o "$dir/net.h9"

value() { awk -v n="step.$1" -v k="$2" '$1 == n {print $2 * k}' "$dir/metrics"; }
one() { # one FIGURE UNIT VALUE NOTE: a row of one run
  echo "$3" > "$dir/f.one"
  row realtime "$work" hal9 "$v" "$(nproc)" "$1" "$2" "$dir/f.one" "" "$4"
}
# The account of the measurements.
balanced() {
  awk '$1 ~ /stimuli_(delivered|deferred|refused)/ {sum += $2} $1 == "step.stimuli_in" {n = $2}
    END {exit !(n > 0 && n == sum)}' "$dir/metrics" || { echo "realtime: the account does not balance" >&2; exit 1; }
}

loop() {
  rm -f "$dir/back"
  mkfifo "$dir/back"
  hal9-step -c "$dir/net.yaml" --realtime --frame "$frame" -t "${t}s" --stimulus "$dir/back" "$dir/net.h9" 2> "$dir/told" |
    tee "$dir/spikes.h9" | "$dir/closed_loop" exc 5 probe > "$dir/back" 2> "$dir/loop"
  hal9-view --metrics "$dir/spikes.h9" > "$dir/metrics"
  cat "$dir/told" "$dir/loop" >&2
  balanced
  one "frames met" % "$(awk '$1 == "step.realtime_frames" {n = $2} $1 == "step.realtime_missed" {m = $2} END {print 100 * (1 - m / n)}' "$dir/metrics")" \
    "$(value realtime_missed 1) of $(value realtime_frames 1) frames of $(value realtime_frame_s 1000) ms missed, largest lag $(value lag_max_s 1000) ms"
  one "jitter, 99 %" ms "$(value jitter_p99_s 1000)" ""
  one "stimulus to spike, median" ms "$(value latency_median_s 1000)" "$(value stimuli_in 1) stimuli"
  one "stimulus to spike, 99 %" ms "$(value latency_p99_s 1000)" ""
  one "round trip, median" ms "$(sed -n 's/.*median \([0-9.e+-]*\) ms.*/\1/p' "$dir/loop")" "$(sed 's/closed_loop: //' "$dir/loop")"
  one "round trip, 99 %" ms "$(sed -n 's/.*percentile \([0-9.e+-]*\) ms.*/\1/p' "$dir/loop")" ""
}
work="10,000 neurons in a closed loop, ${t} s"
loop
work="the same beside $(nproc) busy programs"
for p in $(seq "$(nproc)"); do
  sh -c 'while :; do :; done' &
  busy="$busy $!"
done
loop
for p in $busy; do kill "$p" 2> /dev/null || true; done
busy=

# Three classes, as many signals of each, twice as many in all as the budget has room for.
work="$((3 * flood)) signals in 2 s, half of which the budget takes"
"${PYTHON:-python3}" -c "
import random
random.seed(1)
n = $flood
for i in range(3 * n):
    print('%.1f %d 5 %s' % (100 + 1900 * i / (3 * n), random.randint(1, 8000), ('low', 'normal', 'high')[i % 3]))" > "$dir/flood.txt"
budget=$((3 * flood / 2 / 120))
cat "$dir/flood.txt" | hal9-step -c "$dir/net.yaml" --realtime --frame "$frame" --budget $budget --queue $((3 * flood)) -t 2.1s --stimulus - \
  --stimulus-log "$dir/log" "$dir/net.h9" -o "$dir/spikes.h9" 2> "$dir/told"
cat "$dir/told" >&2
hal9-view --metrics "$dir/spikes.h9" > "$dir/metrics"
balanced
# of each class: delivered in the step that it asked for, from the log, beside what the run says of itself
"${PYTHON:-python3}" - "$dir/flood.txt" "$dir/log" > "$dir/classes" <<'P'
import collections, sys
wanted, got = collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter)
name = {'0': 'low', '128': 'normal', '255': 'high'}
for line in open(sys.argv[1]):
    t, i, _, p = line.split()
    wanted[p][t, i] += 1
for line in open(sys.argv[2]):
    t, i, _, p = line.split()
    got[name[p]]['%.1f' % float(t), i] += 1
for p in ('high', 'normal', 'low'):
    n = sum(wanted[p].values())
    print(p, 100 * sum((wanted[p] & got[p]).values()) / n, 100 * sum(got[p].values()) / n)
P
while read -r class on_time delivered; do
  note=$(sed -n "s/.*: signals $class *//p" "$dir/told")
  one "$class on time" % "$on_time" "$note"
  one "$class delivered" % "$delivered" ""
done < "$dir/classes"

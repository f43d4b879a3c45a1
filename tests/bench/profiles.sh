#!/bin/sh
# Profiles of settings: networks of 50 to 50,000 neurons with every profile, by turns. Measured is what the settings
# reach: connections found by hal9-index; building and simulating a second in hal9-step, spikes recorded. Start of the
# processes and reading are left out: they are alike for all. Ratios are to the median of the best profile by name; the
# note has that of the least times, which other work on the machine disturbs less.
set -eu
. "$(dirname "$0")/rows.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
runs=9 time=1s v=$(hal9_version) sizes="50 500 5000 50000"
[ -z "${QUICK:-}" ] || { runs=3 time=200ms sizes="50 500 5000"; }
sizes=${SIZES:-$sizes} runs=${RUNS:-$runs} time=${TIME:-$time}
unset HAL9_THREADS
names="small medium large massive"
network() { # network N: one neuron in 100 um cubed, about 48 others within 230 um, at about 110 Hz
  e=$(awk -v n="$1" 'BEGIN {print 100 * n ^ (1 / 3)}')
  cat << Y
populations:
  exc: {count: $(($1 * 4 / 5)), model: iaf_psc_exp, layout: {type: box, extent: [$e um, $e um, $e um]}}
  inh: {count: $(($1 / 5)), model: iaf_psc_exp, layout: {type: box, extent: [$e um, $e um, $e um]}}
connections:
  - {source: exc, target: '*', rule: radius, radius: 230 um, weight: 60 pA, delay: 1.5 ms}
  - {source: inh, target: '*', rule: radius, radius: 230 um, weight: -300 pA, delay: 1 ms}
simulation:
  seed: 3
  stimuli:
    - {type: poisson, target: '*', rate: 8 kHz, weight: 60 pA}
Y
}
value() { sed -n "s/^$2[^ ]* //p" "$1"; }
one() { # one N PROFILE: seconds that connecting, building and simulating took, appended to files of figures
  hal9-index -q --profile="$2" -c "$dir/$1.yaml" --metrics "$dir/m" "$dir/$1.h9" -o "$dir/net.h9"
  connect=$(value "$dir/m" 'hal9_stage_seconds_total{program="hal9-index",stage="connect"}')
  hal9-step -q --profile="$2" -c "$dir/$1.yaml" -t "$time" --metrics "$dir/m" "$dir/net.h9" -o "$dir/s.h9"
  echo "$connect" >> "$dir/f.$1.$2.connect"
  for s in build simulate; do value "$dir/m" "hal9_step_${s}_seconds" >> "$dir/f.$1.$2.$s"; done
  awk -v a="$connect" -v b="$(value "$dir/m" hal9_step_build_seconds)" -v c="$(value "$dir/m" hal9_step_simulate_seconds)" \
    'BEGIN {print a + b + c}' >> "$dir/f.$1.$2.all"
  value "$dir/m" hal9_step_threads > "$dir/threads.$1.$2"
  hal9-view --hash "$dir/s.h9" >> "$dir/hashes.$1"
}
for n in $sizes; do
  network "$n" > "$dir/$n.yaml"
  hal9-gen -c "$dir/$n.yaml" -o "$dir/$n.h9"
  for i in $(seq "$runs"); do for p in auto $names; do one "$n" "$p"; done; done
  [ "$(sort -u "$dir/hashes.$n" | wc -l)" = 1 ] || { echo "spikes of $n neurons differ between profiles" >&2; exit 1; }
  for f in connect build simulate all; do
    for p in $names; do echo "$(median "$dir/f.$n.$p.$f") $p"; done | sort -g | head -n 1 > "$dir/best"
    for p in $names; do sort -g "$dir/f.$n.$p.$f" | head -n 1; done | sort -g | head -n 1 > "$dir/least"
    read -r best name < "$dir/best"
    for p in auto $names; do
      note="$(sort -g "$dir/f.$n.$p.$f" | awk -v b="$(cat "$dir/least")" 'NR == 1 {printf "least %.3g times the least", $1 / b}')"
      [ "$p" != "$name" ] || note="the best by name; $note"
      row profiles "$n neurons" "--profile=$p" "$v" "$(cat "$dir/threads.$n.$p")" "$f" s "$dir/f.$n.$p.$f" \
        "$(awk -v a="$(median "$dir/f.$n.$p.$f")" -v b="$best" 'BEGIN {printf "%.3g", a / b}')" "$note"
    done
  done
done

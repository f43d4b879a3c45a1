#!/bin/sh
# Plastic synapses beside static ones on the same network and the same spikes: the rates of learning are too small
# to be seen in them. Excitatory synapses of the Vogels-Abbott network with currents; by turns, on one thread, so
# that no waiting is in the figures.
set -eu
. "$(dirname "$0")/rows.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=20000 time=2s runs=5 v=$(hal9_version)
[ -z "${QUICK:-}" ] || { n=4000; runs=3; }
n=${N:-$n} runs=${RUNS:-$runs}
y=examples/vogels-abbott-cuba.yaml
kinds="static drawn tsodyks2 additive multiplicative triplet power"
synapse() {
  case $1 in
    tsodyks2) echo "{model: tsodyks2_synapse, U: 1, u: 1, tau_rec: 1e-9, tau_fac: 0}" ;;
    additive) echo "{model: stdp_synapse, Wmax: 100, lambda: 1e-9, mu_plus: 0, mu_minus: 0}" ;;
    multiplicative) echo "{model: stdp_synapse, Wmax: 100, lambda: 1e-9, mu_plus: 1, mu_minus: 1}" ;;
    power) echo "{model: stdp_synapse, Wmax: 100, lambda: 1e-9, mu_plus: 0.4, mu_minus: 0.4}" ;;
    triplet) echo "{model: stdp_triplet_synapse, Wmax: 100, Aplus: 1e-9, Aminus: 1e-9, Aplus_triplet: 1e-9, Aminus_triplet: 1e-9}" ;;
    *) echo static ;;
  esac
}
for k in $kinds; do
  sed "/source: exc/s/delay: 0.8 ms}/delay: 0.8 ms, synapse: $(synapse $k)}/" $y > "$dir/$k.yaml"
  [ $k != drawn ] || sed -i '/source: exc/s/weight: [^,]*,/weight: {normal: {mean: w_exc * C_m \/ tau_m, sd: 0.001 pA}},/' "$dir/$k.yaml"
  hal9-gen -c "$dir/$k.yaml" --set N="$n" | hal9-index -c "$dir/$k.yaml" --set N="$n" --defer -o "$dir/$k.h9"
done
for i in $(seq $runs); do
  for k in $kinds; do
    hal9-step -@1 -t $time --transient 200ms --profile "$dir/$k.h9" 2> "$dir/profile" > "$dir/out.h9"
    awk '$1 == "events" { print $6 }' "$dir/profile" >> "$dir/f.$k.deliver"
    awk '$1 == "simulate" { print $4 }' "$dir/profile" >> "$dir/f.$k.whole"
    awk '$1 == "signals" { print $3 }' "$dir/profile" > "$dir/rate.$k"
  done
done
for k in $kinds; do
  times_static() { awk -v a="$(median "$dir/f.$k.$1")" -v b="$(median "$dir/f.static.$1")" 'BEGIN { printf "%.3g", a / b }'; }
  work="CUBA, $n neurons, $k synapses"
  row plastic "$work" hal9 "$v" 1 delivery "ns an event" "$dir/f.$k.deliver" "" "$(times_static deliver) times static; $(cat "$dir/rate.$k") Hz"
  row plastic "$work" hal9 "$v" 1 simulation RTF "$dir/f.$k.whole" "" "$(times_static whole) times static"
done

#!/bin/sh
# What a synaptic event, an update of a neuron and a Poisson draw cost, in nanoseconds of one thread, as the network
# grows with the inputs of a neuron unchanged, and as rates rise with the network unchanged. An event's cost is all
# that spikes cause: taking them up and handing them over, waiting included, and adding the weights.
#   SIZES, RATES: neurons and Hz; INPUTS: in-degree; RUNS; AT: neurons whose rates rise, and Hz where the network grows
set -eu
. "$(dirname "$0")/rows.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
y=tests/bench/scaling.yaml v=$(hal9_version) t=${THREADS:-1}
t=${t%% *}
sizes="10000 30000 100000 300000 1000000 3000000 10000000" rates="1 2 5 10 20 50" at="100000 10" runs=3
[ -z "${QUICK:-}" ] || { sizes="10000 100000" rates="1 50" at="10000 10" runs=2; }
sizes=${SIZES-$sizes} rates=${RATES-$rates} at=${AT:-$at} runs=${RUNS:-$runs} inputs=${INPUTS:-100}

metric() { awk -v m="step.$1" '$1 == m {printf "%.4g", $2}' "$dir/m"; }
# measure NEURONS HZ
measure() {
  n=$1 hz=$2 work="$1 neurons, $inputs inputs, $2 Hz"
  set -- -c $y --set N="$n" --set K="$inputs" --set rate="${hz}Hz"
  hal9-gen "$@" | hal9-index "$@" --defer -f -o "$dir/net.h9"
  if ! hal9-step "$@" -@ "$t" -t 20ms --dry-run "$dir/net.h9" |
    awk '$1 == "bytes" {need = $2} $1 == "available" {exit !(1.3 * need < $2)}'; then
    printf 'scaling\t%s\thal9\t%s\t%s\t\t\t\t\t\t0\t\tskipped: too little memory\n' "$work" "$v" "$t"
    return
  fi
  # some hundred million updates a run, but two seconds at most, and one run of what takes long
  time=$(awk -v n="$n" 'BEGIN {s = 2e4 / n; print (s > 2 ? 2 : s < 0.1 ? 0.1 : s) "s"}')
  r=$runs
  [ "$n" -le 1000000 ] || r=1
  rm -f "$dir"/f.*
  for i in $(seq "$r"); do
    hal9-step "$@" -@ "$t" -t "$time" -f -o "$dir/s.h9" "$dir/net.h9"
    hal9-view --metrics "$dir/s.h9" > "$dir/m"
    awk -v n="$n" -v dir="$dir" '{m[substr($1, 6)] = $2}
      END {
        # ns of one thread; steps from the real-time factor, transient included
        t = m["threads"] * 1e9
        updates = n * m["simulate_s"] / m["real_time_factor"] / 1e-4
        print (m["deliver_s"] + m["exchange_s"]) * t / m["events"] > dir "/f.event"
        print m["update_s"] * t / updates > dir "/f.update"
        print m["drive_s"] * t / updates > dir "/f.draw"
        print m["build_s"] * t / m["connections"] > dir "/f.build"
        print m["connection_bytes"] / m["connections"] > dir "/f.bytes"
        print m["signals"] / updates / 1e-4 > dir "/hz"
      }' "$dir/m"
    for f in event update draw build bytes; do cat "$dir/f.$f" >> "$dir/f.$f.all"; done
  done
  # the drive sets the rate: another one means that something else was measured
  awk -v want="$hz" -v work="$work" '{
    if ($1 > 0.9 * want && $1 < 1.1 * want) exit 0
    print work ": " $1 " Hz, expected " want " Hz" > "/dev/stderr"
    exit 1
  }' "$dir/hz"
  note="$(awk '{printf "%.4g", $1}' "$dir/hz") Hz, real-time factor $(metric real_time_factor), peak $(metric peak_rss_bytes) bytes"
  row scaling "$work" hal9 "$v" "$t" event ns "$dir/f.event.all" "" "$note"
  row scaling "$work" hal9 "$v" "$t" update ns "$dir/f.update.all" "" ""
  row scaling "$work" hal9 "$v" "$t" draw ns "$dir/f.draw.all" "" ""
  row scaling "$work" hal9 "$v" "$t" "building a synapse" ns "$dir/f.build.all" "" ""
  row scaling "$work" hal9 "$v" "$t" "a synapse" B "$dir/f.bytes.all" "" ""
}
for n in $sizes; do measure "$n" "${at#* }"; done
for hz in $rates; do
  # where the curves cross, once is enough
  case " $sizes " in *" ${at% *} "*) [ "$hz" != "${at#* }" ] || continue ;; esac
  measure "${at% *}" "$hz"
done

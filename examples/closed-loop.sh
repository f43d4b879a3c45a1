#!/bin/sh
# closed-loop.sh [SECONDS [CONTROLLER...]]: a network by the clock and a controller, in a loop through a named pipe.
# Needs the programs on the PATH (make puts them in build/bin).
#
# Spikes flow from hal9-step to the controller, stimuli back. Without CONTROLLER it is the shell's, below: each time ten
# neurons that it watches have been silent for 20 ms, it excites them. A controller in C, with a rate that it holds and
# probes that measure the loop, is closed_loop.c beside this file:
#
#   cc -O2 -o closed_loop closed_loop.c $(pkg-config --cflags --libs hal9)
#   sh closed-loop.sh 5 ./closed_loop exc 20 probe
#
# Expected: on an idle machine nearly every frame of 5 ms met (FRAME=16.67 gives those of a display), and 5 ms, one frame,
# for a round trip: what answers a frame's spikes is in time for the next.
set -eu
seconds=${1:-2}
[ $# = 0 ] || shift
frame=${FRAME:-5}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cat > "$dir/net.yaml" <<'Y'
populations:
  exc:   {count: 800, model: iaf_psc_exp}
  inh:   {count: 200, model: iaf_psc_exp}
  probe: {count: 1, model: parrot_neuron}
connections:
  - {source: exc, target: [exc, inh], rule: fixed_indegree, number: 40, weight: 30 pA, delay: 1.5 ms}
  - {source: inh, target: [exc, inh], rule: fixed_indegree, number: 10, weight: -150 pA, delay: 1 ms}
simulation:
  stimuli:
    - {type: poisson, target: [exc, inh], rate: 8 kHz, weight: 20 pA}
Y
hal9-gen -c "$dir/net.yaml" | hal9-index -c "$dir/net.yaml" -o "$dir/net.h9"

# Spikes of ten neurons as lines "step id"; a step is 0.1 ms.
controller() {
  hal9-view --signals --id 1-10,1001 --no-header | {
    last=0
    echo "now 1001 1 high" # the probe's spike comes back, and goes round again
    while read -r step id; do
      case $id in
        1001) echo "now 1001 1 high" ;;
        *) last=$step ;;
      esac
      if [ $((step - last)) -gt 200 ]; then
        for i in 1 2 3 4 5 6 7 8 9 10; do echo "now $i 600"; done
        last=$step
      fi
    done
  }
}
[ $# != 0 ] || set -- controller

mkfifo "$dir/back"
hal9-step -c "$dir/net.yaml" --realtime --frame "$frame" -t "${seconds}s" --stimulus "$dir/back" "$dir/net.h9" |
  tee "$dir/spikes.h9" | "$@" > "$dir/back"

echo "Spikes, and the activity:"
hal9-stats "$dir/spikes.h9"

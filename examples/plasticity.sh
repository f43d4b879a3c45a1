#!/bin/sh
# plasticity.sh [OUT_DIR]: two pictures of plastic synapses, from pairs and trains of spikes through the real programs.
#
# stdp-window.png: the change of the weight by 60 pairs, one a second, over the time between the two spikes: additive
# all-to-all pairs with the time constants of Froemke & Dan (2002, Nature 416:433-438), 13.3 and 34.5 ms, beside the
# two exponentials.
# short-term.png: potentials under ten spikes at 20 Hz and one half a second later, through a depressing and a
# facilitating synapse (Tsodyks, Pawelzik & Markram 1998, Neural Computation 10:821-835), and the stationary weight
# over the rate beside its closed form.
#
# Needs gnuplot, as hal9-plot does. Data stay beside the pictures (*.tsv).
set -eu
out=${1:-.}
mkdir -p "$out"
cd "$out"

# ---- the window: neuron i of 201 pairs has its postsynaptic spike (i - 101) / 2 ms after the other ----
cat > window.yaml <<'Y'
populations:
  pre: {count: 201, model: parrot_neuron}
  post: {count: 201, model: parrot_neuron}
connections:
  - source: pre
    target: post
    rule: one_to_one
    receptor: 1            # a parrot does not repeat what comes here
    weight: 50
    delay: 0.1 ms
    trace: true
    synapse: {model: stdp_synapse, tau_plus: 13.3 ms, tau_minus: 34.5 ms, lambda: 0.005, alpha: 0.5,
              mu_plus: 0, mu_minus: 0, Wmax: 200}
simulation: {duration: 62 s}
Y
awk 'BEGIN {
  for (k = 1; k <= 60; k++) {                      # pairs at 1 Hz; the delay of 0.1 ms is dendritic
    for (i = 1; i <= 201; i++) if (i < 101) printf "%.1f %d\n", k * 1000 - 0.1 + (i - 101) / 2, 201 + i
    for (i = 1; i <= 201; i++) printf "%.1f %d\n", k * 1000, i
    for (i = 1; i <= 201; i++) if (i > 101) printf "%.1f %d\n", k * 1000 - 0.1 + (i - 101) / 2, 201 + i
  }
  for (i = 1; i <= 201; i++) printf "61500 %d\n", i # shows what came of it
}' > pairs.txt
hal9-gen -c window.yaml | hal9-index -c window.yaml |
  hal9-step -@1 -c window.yaml --stimulus pairs.txt --trace-synapses window-trace.tsv -o window.h9 -
awk -F '\t' 'NR > 1 { w[$2] = $6 } END { for (i = 1; i <= 201; i++) print (i - 101) / 2 "\t" w[i] - 50 }' \
  window-trace.tsv > window.tsv

# ---- short-term plasticity: one train, three synapses, each onto a neuron of its own ----
cat > short-term.yaml <<'Y'
parameters: {tau_rec_d: 800 ms, tau_rec_f: 130 ms, tau_fac: 530 ms}
populations:
  train: {count: 1, model: parrot_neuron}
  depressing: {count: 1, model: iaf_psc_exp, params: {tau_m: 40 ms, tau_syn_ex: 3 ms, V_th: 0 mV}}
  facilitating: {count: 1, model: iaf_psc_exp, params: {tau_m: 60 ms, tau_syn_ex: 1.5 ms, V_th: 0 mV}}
  rates: {count: 40, model: parrot_neuron}
  silent: {count: 40, model: iaf_psc_exp}
connections:
  - {source: train, target: depressing, rule: one_to_one, weight: 250 pA, delay: 1 ms, trace: true,
     synapse: {model: tsodyks2_synapse, U: 0.5, u: 0.5, tau_rec: tau_rec_d, tau_fac: 0 ms}}
  - {source: train, target: facilitating, rule: one_to_one, weight: 1540 pA, delay: 1 ms, trace: true,
     synapse: {model: tsodyks2_synapse, U: 0.03, u: 0.03, tau_rec: tau_rec_f, tau_fac: tau_fac}}
  - {source: rates, target: silent, rule: one_to_one, weight: 1 pA, delay: 1 ms, trace: true,
     synapse: {model: tsodyks2_synapse, U: 0.5, u: 0.5, tau_rec: tau_rec_d, tau_fac: 0 ms}}
  - {source: rates, target: silent, rule: one_to_one, weight: 1 pA, delay: 1 ms, trace: true,
     synapse: {model: tsodyks2_synapse, U: 0.03, u: 0.03, tau_rec: tau_rec_f, tau_fac: tau_fac}}
simulation:
  duration: 1.3 s
  stimuli:
    - {type: spikes, target: train, times: [100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 1050], weight: 1}
Y
awk 'BEGIN { for (f = 1; f <= 40; f++) for (k = 1; k <= 20 * f; k++) { t = k * 1000 / (2 * f); printf "%.1f %d\n", t, 3 + f } }' |
  sort -n > rates.txt # 2, 4 ... 80 Hz
hal9-gen -c short-term.yaml | hal9-index -c short-term.yaml -o short-term.net.h9
hal9-step -@1 -c short-term.yaml --record V_m@depressing --record V_m@facilitating --trace-synapses trains-trace.tsv \
  -o short-term.h9 short-term.net.h9
hal9-view --states --columns time,id,value short-term.h9 > potentials.tsv
hal9-step -@1 -c short-term.yaml -t 10.1s --stimulus rates.txt --trace-synapses rates-trace.tsv -o rates.h9 short-term.net.h9
awk -F '\t' 'NR > 1 && $2 > 1 { w[$2 - 3, $4] = $5 }
  END { for (f = 1; f <= 40; f++) print 2 * f "\t" w[f, 3] "\t" w[f, 4] }' rates-trace.tsv > stationary.tsv

command -v gnuplot > no-gnuplot 2>&1 || { echo "plasticity.sh: gnuplot is not installed: no pictures, only data" >&2; exit 0; }
rm -f no-gnuplot
gnuplot <<'G'
set terminal pngcairo noenhanced size 900,600 font "sans,13"
set output "stdp-window.png"
set title "60 pairs of spikes, one a second"
set xlabel "postsynaptic minus presynaptic spike (ms)"
set ylabel "change of the weight (%)"
set xzeroaxis; set yzeroaxis; set grid; set key bottom right
up(t) = 60 * 0.005 * 200 * exp(-t / 13.3) / 50 * 100
down(t) = -60 * 0.5 * 0.005 * 200 * exp(t / 34.5) / 50 * 100
plot [-50:50] (x > 0 ? up(x) : NaN) lw 2 lc rgb "#D55E00" title "facilitation, 13.3 ms", \
  (x < 0 ? down(x) : NaN) lw 2 lc rgb "#0072B2" title "depression, 34.5 ms", \
  "window.tsv" using 1:($2 / 50 * 100) every 4 pt 7 ps 0.8 lc rgb "#333333" title "hal9"
set output "short-term.png"
set terminal pngcairo noenhanced size 900,900 font "sans,13"
set multiplot layout 3,1
set title "Depressing synapse: U 0.5, tau_rec 800 ms"
set xlabel "time (ms)"; set ylabel "potential (mV)"; unset key; set autoscale
plot "potentials.tsv" using ($2 == 2 ? $1 : NaN):3 with lines lw 2 lc rgb "#0072B2"
set title "Facilitating synapse: U 0.03, tau_rec 130 ms, tau_fac 530 ms"
plot "potentials.tsv" using ($2 == 3 ? $1 : NaN):3 with lines lw 2 lc rgb "#D55E00"
set title "Stationary efficacy"
set xlabel "rate (Hz)"; set ylabel "share of the weight"; set key top right
e(f) = exp(-1000 / (f * 800)); stationary(f) = 0.5 * (1 - e(f)) / (1 - 0.5 * e(f))
u(f) = 0.03 / (1 - 0.97 * exp(-1000 / (f * 530))); r(f) = exp(-1000 / (f * 130))
facilitated(f) = u(f) * (1 - r(f)) / (1 - (1 - u(f)) * r(f))
plot [0:80] stationary(x) lw 2 lc rgb "#0072B2" title "depressing, closed form", \
  facilitated(x) lw 2 lc rgb "#D55E00" title "facilitating, closed form", \
  "stationary.tsv" using 1:2 pt 7 ps 0.8 lc rgb "#333333" title "hal9", "stationary.tsv" using 1:3 pt 7 ps 0.8 lc rgb "#333333" notitle
unset multiplot
G

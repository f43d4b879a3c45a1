# Steps cost no system call: ten times as many of them need no more calls than the first, on one thread and on
# two that meet at a barrier. Authority: the kernel's own count (strace -c). A processor that is taken away makes
# a waiting thread yield, and then sleep for a while, so that calls of sched_yield and, with two threads, of futex tell
# about the machine, and are left out.

setup() {
  cd "$BATS_TEST_TMPDIR"
  strace -f -c -o probe true 2> /dev/null || skip "strace may not trace here"
  cat > net.yaml <<'Y'
populations:
  e: {count: 800, model: iaf_psc_exp, layout: {type: box, extent: [300 um, 300 um]}}
  i: {count: 200, model: iaf_psc_exp, layout: {type: box, extent: [300 um, 300 um]}}
connections:
  - {source: e, target: [e, i], rule: fixed_indegree, number: 80, weight: {normal: {mean: 20 pA, sd: 2 pA}}, delay: {uniform: {low: 0.5 ms, high: 2 ms}}}
  - {source: i, target: [e, i], rule: fixed_indegree, number: 20, weight: -100 pA, delay: 0.8 ms}
simulation:
  stimuli: [{type: poisson, target: [e, i], rate: 8 kHz, weight: 60 pA}]
Y
  hal9-gen -q -c net.yaml | hal9-index -q -c net.yaml --defer -o net.h9
}

calls() { # calls THREADS TIME: system calls in all, but those of a thread that waits for another
  strace -f -c -U calls,name -o count hal9-step -q -c net.yaml -@ "$1" -t "$2" --record-spikes no -o out.h9 net.h9
  hal9-view --metrics out.h9 | awk '$1 == "step.signals" && $2 < 100 {exit 1}'
  awk -v threads="$1" '$1 + 0 > 0 && $2 != "sched_yield" && (threads == 1 || $2 != "futex") && $2 != "total" {n += $1}
    END {print n + 0}' count
}

@test "system calls of 200 ms and of 2 s on one thread" {
  few=$(calls 1 200ms)
  many=$(calls 1 2s)
  echo "$few calls, then $many"
  [ "$few" -gt 20 ]
  [ $((many - few)) -lt 40 ]
}

@test "system calls of 200 ms and of 2 s on two threads" {
  few=$(calls 2 200ms)
  many=$(calls 2 2s)
  echo "$few calls, then $many"
  [ "$few" -gt 20 ]
  [ $((many - few)) -lt 40 ]
}

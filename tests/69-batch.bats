# Batches of spikes: --batch-size, --batch-wait, --batch-urgent, --latency. Authorities: hal9-step(1); the same spikes
# without the options. Sizes are read from the tags of the stream by tests/tools/parse-stream.py, which knows hal9-stream(5)
# alone.

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_FILE_TMPDIR"
  cat > net.yaml <<'Y'
populations:
  exc: {count: 800, model: iaf_psc_exp}
  inh: {count: 200, model: iaf_psc_exp}
connections:
  - {source: exc, target: '*', rule: fixed_indegree, number: 40, weight: 60 pA, delay: 1.5 ms}
  - {source: inh, target: '*', rule: fixed_indegree, number: 10, weight: -300 pA, delay: 1 ms}
simulation:
  seed: 3
  stimuli:
    - {type: poisson, target: '*', rate: 8 kHz, weight: 60 pA}
Y
  hal9-gen -c net.yaml | hal9-index -c net.yaml -o net.h9
  hal9-step -c net.yaml -t 300ms --no-metrics net.h9 -o plain.h9
  hal9-view --signals plain.h9 > plain.txt
}
setup() { cd "$BATS_FILE_TMPDIR"; }

# Signals of each batch.
sizes() { "$PYTHON" "$BATS_TEST_DIRNAME/tools/parse-stream.py" "$1" | awk '$2 == "signals" {print $6}'; }
spikes_of() { hal9-view --signals "$1"; }
metric() { hal9-view "$1" | awk -v n="step.$2" '$1 == n {print $2}'; }

@test "every setting: the same spikes, and a stream that is whole" {
  [ "$(wc -l < plain.txt)" -gt 2000 ]
  for o in "--latency low" "--latency normal" "--latency high" "--batch-size 1" "--batch-size 37" \
           "--batch-wait 0" "--batch-wait 2ms" "--batch-urgent 5" "--batch-size 100 --batch-urgent 150 --batch-wait 1"; do
    hal9-step -c net.yaml -t 300ms $o net.h9 -o got.h9
    spikes_of got.h9 | cmp - plain.txt
    hal9-view --check got.h9
  done
}

@test "without the options: the bytes of every run, a batch for each 100 ms" {
  hal9-step -c net.yaml -t 300ms --no-metrics -@ 1 net.h9 | cmp - plain.h9
  [ "$(sizes plain.h9 | wc -l)" = 3 ]
}

@test "--batch-size: none larger unless it is one step, none smaller unless the next step would not fit or time ran out" {
  for n in 1 10 100 1000; do
    hal9-step -c net.yaml -t 300ms --batch-size $n net.h9 -o got.h9
    hal9-view --signals --columns step --no-header plain.h9 | uniq -c | awk '{print $1, $2}' > steps.txt
    sizes got.h9 > sizes.txt
    "$PYTHON" - $n <<'P'
import sys
n = int(sys.argv[1])
steps = [int(l.split()[0]) for l in open('steps.txt')]
sizes = [int(l) for l in open('sizes.txt')]
assert sum(sizes) == sum(steps)
at = 0
short = 0
for size in sizes:
    held = []
    while sum(held) < size:
        held.append(steps[at]); at += 1
    assert sum(held) == size, 'a step is cut'
    assert size <= n or len(held) == 1, (size, held)
    if at < len(steps) and size + steps[at] <= n: short += 1
# a shorter batch: one ended by 100 ms without being full, and the last
assert short <= 3, short
P
  done
}

@test "--batch-size and --batch-urgent alone: equal bytes for any number of threads" {
  hal9-step -c net.yaml -t 300ms --no-metrics -@ 1 --batch-size 50 --batch-urgent 70 net.h9 -o a.h9
  hal9-step -c net.yaml -t 300ms --no-metrics -@ 3 --batch-size 50 --batch-urgent 70 net.h9 -o b.h9
  cmp a.h9 b.h9
  ! cmp -s a.h9 plain.h9
}

@test "the metrics count batches as they stand in the stream" {
  hal9-step -c net.yaml -t 300ms --batch-size 20 --batch-urgent 30 net.h9 -o got.h9
  sizes got.h9 > sizes.txt
  [ "$(metric got.h9 batches)" = "$(wc -l < sizes.txt)" ]
  [ "$(metric got.h9 batch_largest)" = "$(sort -n sizes.txt | tail -n 1)" ]
  [ "$(metric got.h9 batches_urgent)" -gt 0 ]
  [ "$(metric got.h9 batches_waited)" = 0 ]
  hal9-step -c net.yaml -t 300ms --batch-wait 0 net.h9 -o got.h9
  [ "$(metric got.h9 batches_waited)" -gt 10 ]
  [ "$(metric got.h9 batches_full)" = 0 ]
  # one step at least between batches, one exchange interval of 1 ms at most
  [ "$(metric got.h9 batches)" -ge "$(metric got.h9 batches_waited)" ]
}

@test "--latency is its three settings; single options come before it, in any order" {
  hal9-step -c net.yaml -t 100ms --no-metrics --latency high --batch-wait 100000 net.h9 -o a.h9
  hal9-step -c net.yaml -t 100ms --no-metrics --batch-wait 100000 --batch-size 1000 --batch-urgent 10000 net.h9 -o b.h9
  hal9-step -c net.yaml -t 100ms --no-metrics --batch-wait 100000 --latency high net.h9 -o c.h9
  cmp a.h9 b.h9
  cmp a.h9 c.h9
}

@test "a reader has a batch when it ends, not when the run does" {
  # half a second of simulated time after the first spikes would take seconds: the reader has them long before and leaves
  mkfifo pipe.h9
  hal9-step -c net.yaml -t 1000s --batch-wait 0 net.h9 > pipe.h9 2> err.txt &
  pid=$!
  timeout 60 hal9-view --signals --head 5 --no-header pipe.h9 > head.txt
  run wait $pid
  [ "$(head -n 5 plain.txt)" = "$(cat head.txt)" ]
  [ ! -s err.txt ]
}

@test "hal9-view --signals shows a live pipe's signals before it ends" {
  # what the first half of a stream has is there while the second half is still to come
  hal9-step -c net.yaml -t 300ms --batch-size 10 net.h9 -o small.h9
  mkfifo half.h9
  hal9-view --signals --no-header half.h9 > shown.txt & pid=$!
  exec 9> half.h9
  head -c $(($(stat -c %s small.h9) / 2)) small.h9 >&9
  for _ in $(seq 500); do [ "$(wc -l < shown.txt)" -gt 500 ] && break; sleep 0.01; done
  n=$(wc -l < shown.txt)
  echo "$n shown"
  [ "$n" -gt 500 ]
  tail -c +$(($(stat -c %s small.h9) / 2 + 1)) small.h9 >&9
  exec 9>&-
  wait $pid
  cmp shown.txt plain.txt
}

@test "no spikes: a batch for each 100 ms all the same, and one for the rest" {
  hal9-gen -n 20 | hal9-index --radius 10um > quiet.h9
  hal9-step -t 250ms --latency low quiet.h9 -o got.h9
  [ "$(sizes got.h9 | tr '\n' ' ')" = "0 0 0 " ]
}

@test "hal9-convert --batch-size: tables in batches of whole steps, strengths and priorities with them" {
  "$PYTHON" -c "
import random; random.seed(2)
print('time,neuron,strength,priority')
for i in range(3000): print('%.1f,%d,%g,%d' % (random.randint(1, 900) / 10, random.randint(1, 500), random.randint(1, 99) / 4, random.randint(0, 255)))" > table.csv
  hal9-convert --from csv --ids compact --signals table.csv -o whole.h9
  hal9-convert --from csv --ids compact --signals table.csv --batch-size 12 -o cut.h9
  hal9-view --check cut.h9
  hal9-view --signals --columns step,id,strength,priority whole.h9 > want.txt
  [ "$(wc -l < want.txt)" = 3000 ]
  hal9-view --signals --columns step,id,strength,priority cut.h9 | cmp - want.txt
  [ "$(sizes whole.h9 | wc -l)" = 1 ]
  # by hand: steps are gathered while they fit
  cut -f 1 want.txt | uniq -c | awk '{n = $1} held && held + n > 12 {print held; held = 0} {held += n} END {print held}' > hand.txt
  sizes cut.h9 | cmp - hand.txt
  run hal9-convert --from csv --signals table.csv --batch-size 0 -o x.h9
  [ "$status" = 64 ]
}

@test "wrong values are refused with 64 and say what was expected" {
  for o in --batch-size=0 --batch-size=x --batch-urgent=-1 --batch-wait=-1 --batch-wait=1Hz --latency=medium; do
    run hal9-step -t 1ms $o net.h9 -o got.h9
    echo "$o: $status $output"
    [ "$status" = 64 ]
    [[ "$output" == *"${o%%=*}: found '${o#*=}'"*", expected "* ]]
  done
}

# --metrics FILE and what hal9-stats makes of metrics. Authorities: the text exposition format of Prometheus as
# tests/tools/parse-metrics.py reads it, knowing nothing of hal9; what hal9-view counts in the streams; frames counted by
# hand from the simulated time.

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_FILE_TMPDIR"
  cat > net.yaml <<'Y'
populations:
  exc: {count: 400, model: iaf_psc_exp}
  inh: {count: 100, model: iaf_psc_exp}
connections:
  - {source: exc, target: '*', rule: fixed_indegree, number: 40, weight: 60 pA, delay: 1.5 ms}
  - {source: inh, target: '*', rule: fixed_indegree, number: 10, weight: -300 pA, delay: 1 ms}
simulation:
  seed: 3
  transient: 50 ms
  duration: 450 ms
  stimuli:
    - {type: poisson, target: '*', rate: 8 kHz, weight: 60 pA}
Y
  hal9-gen -c net.yaml --metrics gen.prom -o neurons.h9
  hal9-index -c net.yaml --metrics index.prom neurons.h9 -o net.h9
  hal9-step -c net.yaml --metrics step.prom net.h9 -o spikes.h9
  hal9-stats --metrics stats.prom --json spikes.h9 > stats.json
  hal9-view --metrics=view.prom --signals spikes.h9 > signals.txt
  printf 'source,target\n1,2\n2,3\n3,1\n' | hal9-convert --from csv --connections /dev/stdin --metrics convert.prom -o made.h9
  hal9-plot raster --metrics plot.prom -o raster.png spikes.h9
}
setup() { cd "$BATS_FILE_TMPDIR"; }

# value FILE NAME [LABELS]: a sample's value.
value() { "$PYTHON" "$BATS_TEST_DIRNAME/tools/parse-metrics.py" "$1" "$2" "${3:-}"; }

@test "every program's file is well formed, ended with status 0, and has a stage for all its time" {
  for p in gen index step stats view convert plot; do
    "$PYTHON" "$BATS_TEST_DIRNAME/tools/parse-metrics.py" $p.prom
    [ "$(value $p.prom hal9_running program=hal9-$p)" = 0 ]
    [ "$(value $p.prom hal9_exit_status program=hal9-$p)" = 0 ]
    "$PYTHON" - $p.prom "$BATS_TEST_DIRNAME/tools" <<'P'
import importlib.machinery, sys
m = importlib.machinery.SourceFileLoader("m", sys.argv[2] + "/parse-metrics.py").load_module()
s = m.parse(sys.argv[1])
stages = sum(v for (n, l), v in s.items() if n == "hal9_stage_seconds_total")
[all] = [v for (n, l), v in s.items() if n == "hal9_elapsed_seconds"]
assert abs(stages - all) < 1e-6 * (1 + all), (stages, all)
P
    [ ! -e $p.prom.partial ]
  done
}

@test "every program has the options" {
  for p in gen index step stats view plot convert; do
    hal9-$p --help | grep -q -e '--metrics=FILE'
    hal9-$p --help | grep -q -e '--metrics-interval=TIME'
  done
}

@test "records counted are those that hal9-view counts" {
  hal9-gen -n 500 --metrics placed.prom | hal9-index --k-nearest 3 --metrics near.prom | hal9-view --check
  [ "$(value placed.prom hal9_records_total direction=written,kind=neurons)" = 500 ]
  [ "$(value near.prom hal9_records_total direction=read,kind=neurons)" = 500 ]
  [ "$(value near.prom hal9_records_total direction=written,kind=connections)" = 1500 ]
  [ "$(value index.prom hal9_records_total direction=written,kind=connections)" = "$(hal9-view --connections --count net.h9)" ]
  [ "$(value step.prom hal9_records_total direction=read,kind=connections)" = 25000 ]
  [ "$(value step.prom hal9_records_total direction=written,kind=signals)" = "$(wc -l < signals.txt)" ]
  [ "$(value view.prom hal9_records_total direction=read,kind=signals)" = "$(wc -l < signals.txt)" ]
  [ "$(value step.prom hal9_neurons)" = 500 ]
}

@test "bytes counted are the sizes of the files" {
  [ "$(value gen.prom hal9_written_bytes_total)" = "$(stat -c %s neurons.h9)" ]
  [ "$(value index.prom hal9_read_bytes_total)" = "$(stat -c %s neurons.h9)" ]
  [ "$(value index.prom hal9_written_bytes_total)" = "$(stat -c %s net.h9)" ]
  [ "$(value step.prom hal9_written_bytes_total)" = "$(stat -c %s spikes.h9)" ]
  [ "$(value stats.prom hal9_read_bytes_total)" = "$(stat -c %s spikes.h9)" ]
  [ "$(value stats.prom hal9_written_bytes_total)" = "$(stat -c %s stats.json)" ]
}

@test "steps, simulated time, signals and events of the simulation: those of the metrics block" {
  hal9-view --metrics spikes.h9 > block.tsv
  [ "$(value step.prom hal9_steps_total)" = 5000 ]
  [ "$(value step.prom hal9_simulated_seconds_total)" = 0.5 ]
  for n in signals events; do
    want=$(awk -v n=step.$n '$1 == n {print $2}' block.tsv)
    [ "$want" -gt 100 ]
    case $n in signals) name=hal9_signals_total ;; *) name=hal9_synaptic_events_total ;; esac
    [ "$(value step.prom $name)" = "$want" ]
    [ "$(value step.prom hal9_step_$n)" = "$want" ]
  done
  awk '$1 == "step.simulate_s" {print $2}' block.tsv | grep -q .
  "$PYTHON" - "$(value step.prom hal9_step_simulate_seconds)" "$(awk '$1 == "step.simulate_s" {print $2}' block.tsv)" <<'P'
import sys
a, b = map(float, sys.argv[1:])
assert a > 0 and abs(a / b - 1) < 1e-3, (a, b)
P
}

@test "phases of the simulation: those of the metrics block, but for the part of an estimate" {
  for p in deliver update drive exchange output; do
    "$PYTHON" - "$(value step.prom hal9_simulate_seconds_total phase=$p)" "$(value step.prom hal9_step_${p}_seconds)" <<'P'
import sys
a, b = map(float, sys.argv[1:])
assert a > 0 and abs(a / b - 1) < 0.05, (a, b)  # 31 or 32 of 500 intervals are timed
P
  done
}

@test "frames: 50 ms of transient hold 3, 450 ms 27; each met or missed, and in the histogram" {
  met=$(value step.prom hal9_frames_total result=met) missed=$(value step.prom hal9_frames_total result=missed)
  [ $((met + missed)) = 30 ]
  [ "$(value step.prom hal9_frame_seconds_count)" = 30 ]
  [ "$(value step.prom hal9_frame_seconds_bucket le=+Inf)" = 30 ]
  "$PYTHON" -c 'import json,sys
p = json.load(open("stats.json"))["performance"]
assert p["frames_met"] == int(sys.argv[1]) and p["frames_missed"] == int(sys.argv[2]), p
assert p["is_real_time"] == (sys.argv[2] == "0"), p
assert 0 < p["frame_median_s"] <= p["frame_99_s"] <= p["frame_longest_s"], p
' "$met" "$missed"
}

@test "a frame shorter than a step is a step; what is left over is no frame but counted" {
  hal9-gen -n 10 --dt 20ms | hal9-index --k-nearest 1 --delay 20ms > slow.h9
  hal9-step -t 200ms --metrics slow.prom slow.h9 > /dev/null
  [ "$(($(value slow.prom hal9_frames_total result=met) + $(value slow.prom hal9_frames_total result=missed)))" = 10 ]
  hal9-step -c net.yaml --transient 0ms -t 40ms --metrics rest.prom net.h9 > /dev/null
  [ "$(($(value rest.prom hal9_frames_total result=met) + $(value rest.prom hal9_frames_total result=missed)))" = 2 ]
  [ "$(value rest.prom hal9_steps_total)" = 400 ]
}

@test "what hal9-stats derives: recomputed from the metrics block" {
  hal9-view --metrics spikes.h9 > block.tsv
  hal9-stats --tsv spikes.h9 > stats.tsv
  hal9-stats spikes.h9 > stats.txt
  "$PYTHON" - <<'P'
import json
m = {k: float(v) for k, v in (l.split() for l in open("block.tsv"))}
p = json.load(open("stats.json"))["performance"]
all = m["step.build_s"] + m["step.simulate_s"]
want = {"time_per_neuron_s": all / 500, "signals_per_neuron": m["step.signals"] / 500, "neurons_per_ms": 500 / (1e3 * all),
        "biological_s_per_s": 0.5 / m["step.simulate_s"], "events_per_s": m["step.events"] / m["step.simulate_s"]}
for k, v in want.items():
    assert abs(p[k] / v - 1) < 1e-3, (k, p[k], v)
tsv = {f[3]: f[4] for f in (l.rstrip("\n").split("\t") for l in open("stats.tsv")) if f[1] == "performance"}
for k, v in p.items():
    assert abs(float(tsv[k]) - v) <= 1e-6 * abs(v), k
P
  for line in 'time a neuron, us' 'signals a neuron' 'efficiency, neurons a ms' 'efficiency, biol. s a s' 'frames of 16.67 ms met' \
              'frames missed' 'real time at 60 FPS'; do
    grep -q "^  $line  *[0-9yn]" stats.txt
  done
}

@test "streams without measurements, or without a frame, are reported without frames" {
  hal9-step -c net.yaml --no-metrics net.h9 -o without.h9
  hal9-step -c net.yaml -t 10ms --transient 0ms net.h9 -o short.h9
  hal9-stats --tsv net.h9 without.h9 > none.tsv
  ! grep -qw performance none.tsv
  hal9-stats --tsv short.h9 > short.tsv
  grep -qw neurons_per_ms short.tsv
  ! grep -qE 'frame|is_real_time' short.tsv
}

@test "the file is replaced while the program runs, whole each time, with counters that only grow" {
  mkfifo held
  hal9-step -c net.yaml -t 20ms --transient 0ms --metrics live.prom --metrics-interval 20ms - < held > live.h9 &
  pid=$!
  exec 8> held
  head -c 2000 net.h9 >&8
  for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    sleep 0.02
    [ ! -e live.prom ] || { "$PYTHON" "$BATS_TEST_DIRNAME/tools/parse-metrics.py" live.prom; cp live.prom live.$i; }
  done
  [ "$(value live.prom hal9_running)" = 1 ]
  [ "$(value live.prom hal9_read_bytes_total)" = 2000 ]
  tail -c +2001 net.h9 >&8
  exec 8>&-
  wait $pid
  [ "$(value live.prom hal9_running)" = 0 ]
  [ "$(value live.prom hal9_read_bytes_total)" = "$(stat -c %s net.h9)" ]
  "$PYTHON" - live.15 live.prom "$BATS_TEST_DIRNAME/tools" <<'P'
import importlib.machinery, sys
m = importlib.machinery.SourceFileLoader("m", sys.argv[3] + "/parse-metrics.py").load_module()
a, b = m.parse(sys.argv[1]), m.parse(sys.argv[2])
for (n, l), v in a.items():
    if n.endswith("_total"):
        assert b[n, l] >= v, (n, l, v, b[n, l])
assert [v for (n, l), v in b.items() if n == "hal9_elapsed_seconds"] > [v for (n, l), v in a.items() if n == "hal9_elapsed_seconds"]
P
}

@test "metrics do not reach the stream" {
  hal9-step -c net.yaml --no-metrics net.h9 -o a.h9
  hal9-step -c net.yaml --no-metrics --metrics a.prom --metrics-interval 0.01 net.h9 -o b.h9
  cmp a.h9 b.h9
  hal9-gen -c net.yaml | cmp - neurons.h9
}

@test "a run that fails says so in its last text" {
  head -c 3000 net.h9 > cut.h9
  run -65 hal9-step -c net.yaml --metrics failed.prom cut.h9 -o none.h9
  [ "$(value failed.prom hal9_exit_status)" = 65 ]
  [ ! -e none.h9 ]
}

@test "mistakes: each told with what was found and what is expected" {
  mkfifo pipe
  for f in - pipe /dev/null . ''; do
    run -64 hal9-stats --metrics "$f" spikes.h9
    [[ "$output" == "hal9-stats: --metrics: found '$f', expected the name of a file, which is replaced again and again" ]]
  done
  run -64 hal9-gen -n 5 --metrics x.h9 -o x.h9
  [[ "$output" == "hal9-gen: --metrics: found 'x.h9', which --output names, too" ]]
  run -74 hal9-gen -n 5 --metrics nowhere/m -o x.h9
  [[ "$output" == *"--metrics: nowhere/m: cannot create: found no folder 'nowhere', make it first (mkdir -p): No such file or directory"* ]]
  [ ! -e x.h9 ]
  for t in 0 1ms -1 2d 1um soon; do
    run -64 hal9-gen -n 5 --metrics m --metrics-interval=$t -o x.h9
    [[ "$output" == *"--metrics-interval: found '$t'"*", expected "* ]]
  done
}

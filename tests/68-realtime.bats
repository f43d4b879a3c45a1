# hal9-step by the clock: frames, live stimuli, priorities, accounts, clean ends. Authorities: hal9-step(1); neurons that
# repeat their input; the same network without the clock; a replay of the log of what was delivered.

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_FILE_TMPDIR"
  cat > relay.yaml <<'Y'
populations:
  a: {count: 400, model: parrot_neuron}
  b: {count: 50, model: iaf_psc_exp}
Y
  hal9-gen -c relay.yaml -o relay.h9
  cat > net.yaml <<'Y'
populations:
  exc: {count: 400, model: iaf_psc_exp}
connections:
  - {source: exc, target: exc, rule: fixed_indegree, number: 20, weight: 40 pA, delay: 1.5 ms}
simulation:
  seed: 3
  transient: 20 ms
  stimuli:
    - {type: poisson, target: exc, rate: 8 kHz, weight: 60 pA}
Y
  hal9-gen -c net.yaml | hal9-index -c net.yaml -o net.h9
}
setup() { cd "$BATS_FILE_TMPDIR"; rm -f out.h9 log.txt err.txt; }

spikes() { hal9-view --signals --no-header "$1"; }
metric() { hal9-view "$1" | awk -v n="step.$2" '$1 == n {print $2}'; }
# in = delivered + deferred + refused, of the stream's measurements and of each line on standard error
balanced() {
  hal9-view "$1" | awk '$1 ~ /stimuli_/ {v[$1] = $2} END {
    exit !("step.stimuli_in" in v && v["step.stimuli_in"] == v["step.stimuli_delivered"] + v["step.stimuli_deferred"] + v["step.stimuli_refused"])}'
  awk '/: signals/ {lines++; if ($4 != $7 + $10 + $13) bad = 1; if ($3 != "all") sum += $4; else all = $4}
    END {exit !(lines && !bad && (lines == 1 || sum == all))}' "$2"
}

@test "the spikes are those without the clock: no stimuli, a file, for any frame, thread and factor" {
  hal9-step -c net.yaml -t 200ms net.h9 | spikes - > want.txt
  [ "$(wc -l < want.txt)" -gt 300 ]
  for o in "--realtime" "--realtime=0.5 --frame 1ms" "--realtime=0.1 --frame 7.77ms -@ 1" "--realtime=2 --latency normal"; do
    hal9-step -c net.yaml -t 200ms $o net.h9 -o out.h9 2> err.txt
    spikes out.h9 | cmp - want.txt
    hal9-view --check out.h9
  done
  # times 1 to 300 ms, 400 neurons, ten of each
  awk 'BEGIN {for (t = 1; t <= 300; t++) for (i = 0; i < 10; i++) print t, (t * 7 + i * 13) % 400 + 1, 100, (t + i) % 256}' > in.txt
  hal9-step -c net.yaml -t 200ms --stimulus in.txt net.h9 | spikes - > want.txt
  hal9-step -c net.yaml -t 200ms --realtime=0.2 --stimulus in.txt net.h9 -o out.h9 2> err.txt
  spikes out.h9 | cmp - want.txt
  balanced out.h9 err.txt
  # those of the transient are not the clock's; the rest was delivered in its frame
  [ "$(metric out.h9 stimuli_in)" = 2000 ]
  [ "$(metric out.h9 stimuli_delivered)" = 2000 ]
}

@test "a frame for each 1000/60 ms, in --frame and FACTOR's other lengths; all are counted" {
  hal9-step -t 200ms --realtime relay.h9 -o out.h9 2> err.txt
  [ "$(metric out.h9 realtime_frames)" = 12 ]
  hal9-step -t 200ms --realtime=0.25 --frame 5ms relay.h9 -o out.h9 2> err.txt
  [ "$(metric out.h9 realtime_frames)" = 10 ]
  [ "$(metric out.h9 realtime_frame_s)" = 0.005 ]
  grep -q "hal9-step: frames  *10 of 5 ms, [0-9]* missed; largest lag" err.txt
  grep -q "hal9-step: jitter  *median" err.txt
  # the clock: 100 ms take 100 ms or more, 50 ms where a second takes half of one
  begin=$(date +%s%N)
  hal9-step -t 100ms --realtime --frame 100ms --stimulus /dev/null relay.h9 -o out.h9 -q
  hal9-step -t 1s --realtime=0.5 relay.h9 -o out.h9 -q
  [ $((($(date +%s%N) - begin) / 1000000)) -ge 480 ]
}

@test "signals from a pipe: now, past and future ones, as text; the log replays to the same spikes" {
  { echo '# id 1 now, id 2 for 300 ms, id 3 for a time that is over, id 4 for after the end'
    echo 'now 1'; echo '300,2'; echo '-5 3'; echo '100000 4'; sleep 0.5; echo 'now 5 1 high'; printf 'now 6 nan nan'; } |
    hal9-step -t 1s --realtime --stimulus - --stimulus-log log.txt relay.h9 -o out.h9 2> err.txt
  spikes out.h9 | cut -f 2 | sort -n | tr '\n' ' ' > ids.txt
  [ "$(cat ids.txt)" = "1 2 3 5 6 " ]
  [ "$(spikes out.h9 | awk '$2 == 2 {print $1}')" = 3000 ]
  # 1 and 3 in the first frame after they came, in order of arrival
  cut -f 2 log.txt | tr '\n' ' ' > order.txt
  [ "$(cat order.txt)" = "1 3 2 5 6 " ]
  [ "$(cut -f 4 log.txt | tr '\n' ' ')" = "128 128 128 255 128 " ]
  balanced out.h9 err.txt
  [ "$(metric out.h9 stimuli_late)" = 1 ]
  [ "$(metric out.h9 stimuli_deferred)" = 1 ]
  grep -q "1 for later than the end" err.txt
  hal9-step -t 1s --stimulus log.txt relay.h9 | spikes - | cmp - <(spikes out.h9)
}

@test "into a network that lives: what was delivered by the clock, given again, gives the same spikes" {
  { for i in $(seq 40); do printf 'now %d 900\nnow %d -300 low\n' $((i * 7)) $((i * 3)); sleep 0.005; done; } |
    hal9-step -c net.yaml -t 300ms --realtime --frame 4ms --stimulus - --stimulus-log log.txt net.h9 -o out.h9 2> err.txt
  balanced out.h9 err.txt
  [ "$(metric out.h9 stimuli_delivered)" -gt 10 ]
  hal9-step -c net.yaml -t 300ms --stimulus log.txt net.h9 | spikes - > again.txt
  spikes out.h9 | cmp - again.txt
  ! cmp -s again.txt <(hal9-step -c net.yaml -t 300ms net.h9 | spikes -)
}

@test "a stream from a pipe, with its strengths and priorities, and one made by hal9-step while it is read" {
  awk 'BEGIN {for (i = 1; i <= 200; i++) print i, i, 2, i % 256}' > in.txt
  printf 'step\tid\tstrength\tpriority\n' > table.tsv
  awk 'BEGIN {for (i = 1; i <= 200; i++) printf "%d\t%d\t%g\t%d\n", i * 5, i, 2, (i * 37) % 256}' >> table.tsv
  hal9-step -t 120ms --realtime=0.5 relay.h9 --stimulus in.txt --stimulus-log log.txt -o text.h9 2> err.txt
  hal9-step -t 120ms relay.h9 --stimulus in.txt -o in.h9
  cat in.h9 | hal9-step -t 120ms --realtime --stimulus - --stimulus-log log.txt relay.h9 -o out.h9 2> err.txt
  [ "$(spikes out.h9 | cut -f 2 | sort -n)" = "$(spikes in.h9 | cut -f 2 | sort -n)" ]
  balanced out.h9 err.txt
  hal9-step -t 200ms --realtime --stimulus in.txt relay.h9 2> /dev/null |
    hal9-step --realtime --stimulus - relay.h9 -o out.h9 2> err.txt
  [ "$(spikes out.h9 | cut -f 2 | sort -n | uniq -c | wc -l)" = 200 ]
  balanced out.h9 err.txt
}

@test "order of delivery: time, then priority, then arrival" {
  # all come long before their time
  "$PYTHON" -c "
import random; random.seed(4)
for i in range(300): print(random.choice(['500', '500.1', '501']), random.randint(1, 400), i + 1, random.choice([0, 7, 64, 128, 200, 255]))" > in.txt
  cat in.txt | hal9-step -t 510ms --realtime --stimulus - --stimulus-log log.txt relay.h9 -o out.h9 2> err.txt
  # weights onto neurons that count are 1: the id and the arrival tell who is who
  "$PYTHON" - <<'P'
rows = [l.split() for l in open('in.txt')]
want = sorted(rows, key=lambda r: (float(r[0]), -int(r[3])))  # stable: by arrival
got = [l.split() for l in open('log.txt')]
assert len(got) == 300
for w, g in zip(want, got): assert (float(w[0]), w[1], w[3]) == (float(g[0]), g[1], g[3]), (w, g)
P
  balanced out.h9 err.txt
}

@test "a budget: all high ones in time, normal before low ones, each deferred one accounted for" {
  for i in $(seq 1000); do echo "300 $((i % 400 + 1)) 1 low"; echo "300 $((i % 400 + 1)) 1 high"; echo "300 $((i % 400 + 1))"; done > in.txt
  cat in.txt | hal9-step --realtime --budget 90 -t 0.6s --stimulus - --stimulus-log log.txt relay.h9 -o out.h9 2> err.txt
  cat err.txt
  balanced out.h9 err.txt
  # all come long before their time: in the frame of 300 ms all high ones; then 90 a frame, the normal ones first
  grep -q "signals high  *1000 in = 1000 delivered + 0 deferred + 0 refused$" err.txt
  grep -q "signals normal  *1000 in = 1000 delivered + 0 deferred + 0 refused; 1000 delivered later than wanted$" err.txt
  [ "$(metric out.h9 stimuli_in)" = 3000 ]
  [ "$(metric out.h9 stimuli_delivered)" = "$(wc -l < log.txt)" ]
  "$PYTHON" - <<'P'
rows = [(float(t), int(p)) for t, _, _, p in (l.split() for l in open('log.txt'))]
assert all(t == 300 for t, p in rows if p == 255)
frames = {}
for t, p in rows: frames.setdefault(t, []).append(p)
assert all(sum(p < 255 for p in f) <= 90 for f in frames.values()), 'a frame over its budget'
low = [t for t, p in rows if p == 0]
assert len(low) <= 18 * 90 - 1000 and (not low or min(low) >= max(t for t, p in rows if p == 128)), 'low before normal'
P
}

@test "a full queue refuses the lowest, and counts it" {
  { for i in $(seq 500); do echo "5000 $((i % 400 + 1)) 1 low"; done
    for i in $(seq 60); do echo "100 $i 1 high"; done; } |
    hal9-step --realtime --queue 100 -t 0.2s --stimulus - --stimulus-log log.txt relay.h9 -o out.h9 2> err.txt
  cat err.txt
  balanced out.h9 err.txt
  # what is for much later waits in the pipe once the queue is half full: then nothing needs to be refused
  [ "$(metric out.h9 stimuli_backlog)" -le 100 ]
  { for i in $(seq 500); do echo "400 $((i % 400 + 1)) 1 low"; done
    for i in $(seq 60); do echo "400 $i 1 high"; done; } |
    hal9-step --realtime --queue 100 -t 0.5s --stimulus - --stimulus-log log.txt relay.h9 -o out.h9 2> err.txt
  cat err.txt
  balanced out.h9 err.txt
  grep -q "signals high  *60 in = 60 delivered + 0 deferred + 0 refused$" err.txt
  grep -q "signals low  *500 in = 40 delivered + 0 deferred + 460 refused$" err.txt
}

@test "several inputs: a file, standard input and open descriptors are merged by time" {
  printf '100 1\n300 1\n' > one.txt
  { printf '200 2\n400 2\n'; } |
    hal9-step -t 600ms --realtime --stimulus one.txt --stimulus - --stimulus fd:3 --stimulus /dev/fd/4 \
      --stimulus-log log.txt relay.h9 -o out.h9 3< <(printf '150 3\n') 4< <(printf '250 4\n350 4\n') 2> err.txt
  [ "$(cut -f 2 log.txt | tr '\n' ' ')" = "1 3 2 4 1 4 2 " ]
  [ "$(spikes out.h9 | awk '{print $1 "/" $2}' | tr '\n' ' ')" = "1000/1 1500/3 2000/2 2500/4 3000/1 3500/4 4000/2 " ]
  # without the clock, too; and text through a pipe
  printf '200 2\n400 2\n' | hal9-step -t 600ms --stimulus one.txt --stimulus - --stimulus fd:3 --stimulus /dev/fd/4 relay.h9 \
    3< <(printf '150 3\n') 4< <(printf '250 4\n350 4\n') | spikes - | cmp - <(spikes out.h9)
  run hal9-step -t 60ms --stimulus - --stimulus fd:0 relay.h9 -o x.h9
  [ "$status" = 64 ]
  run hal9-step -t 60ms --stimulus fd:77 relay.h9 -o x.h9
  [ "$status" = 66 ]
}

@test "without -t: until the stimuli end; the end's time is in the provenance" {
  { for i in 1 2 3; do echo "now $i"; sleep 0.05; done; echo "400 4"; } |
    hal9-step --realtime --stimulus - relay.h9 -o out.h9 2> err.txt
  [ "$(spikes out.h9 | cut -f 2 | tr '\n' ' ')" = "1 2 3 4 " ]
  hal9-view --check out.h9
  hal9-view --tsv --signals --columns step --no-header out.h9 | tail -n 1 | grep -qx 4000
  balanced out.h9 err.txt
}

@test "SIGINT and SIGTERM end the stream whole, with status 0; a file appears under its name" {
  for s in INT TERM; do
    rm -f out.h9
    # a shell ignores SIGINT in what it puts into the background, the tests themselves perhaps: it starts with the default
    "$PYTHON" - $s <<'P'
import os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
p = subprocess.Popen(['hal9-step', '-c', 'net.yaml', '--realtime', '--stimulus', '-', '--stimulus-weight', '1', 'net.h9', '-o', 'out.h9'],
                     stdin=subprocess.PIPE, stderr=subprocess.PIPE)
for _ in range(1000):  # until it runs
    if os.path.exists('out.h9.partial') and os.path.getsize("out.h9.partial") > 12000: break
    time.sleep(0.02)
p.send_signal(getattr(signal, 'SIG' + sys.argv[1]))
err = p.stderr.read().decode()
assert p.wait() == 0, (p.returncode, err)
P
    hal9-view --check out.h9
    [ ! -e out.h9.partial ]
    [ "$(metric out.h9 realtime_frames)" -gt 2 ]
    # the beginning of a longer recording
    spikes out.h9 > part.txt
    last=$(tail -n 1 part.txt | cut -f 1)
    hal9-step -c net.yaml -t $((last / 10 - 19))ms net.h9 | spikes - | awk -v last="$last" '$1 <= last' | cmp - part.txt
  done
}

@test "without --realtime SIGTERM ends the program at once: no stream, no file" {
  "$PYTHON" - <<'P'
import signal, subprocess, time
p = subprocess.Popen(['hal9-step', '-c', 'net.yaml', '-t', '1000s', 'net.h9', '-o', 'out.h9'])
time.sleep(0.3)
p.send_signal(signal.SIGTERM)
assert p.wait() == -signal.SIGTERM
P
  [ ! -e out.h9 ]
}

@test "a reader that leaves ends it quietly; so does a writer, whose mistake is told by line" {
  run --separate-stderr bash -c 'set -o pipefail; hal9-step -c net.yaml --realtime net.h9 | head -c 5000 > /dev/null'
  [ "$status" = 141 ]
  [ -z "$stderr" ]
  run bash -c 'printf "now 1\nnow 9999\n" | hal9-step -t 10s --realtime --stimulus - relay.h9 -o out.h9'
  [ "$status" = 65 ]
  [[ "$output" == *"standard input:2: neuron 9999, expected 1 to 450"* ]]
  [ ! -e out.h9 ]
  run bash -c 'head -c 100000 /dev/zero | tr "\0" 7 | hal9-step -t 10s --realtime --stimulus - relay.h9 -o out.h9'
  [ "$status" = 65 ]
  [[ "$output" == *"a line of more than 65536 bytes"* ]]
  hal9-step -t 10ms relay.h9 | head -c 400 > cut.h9
  run bash -c 'cat cut.h9 | hal9-step -t 10s --realtime --stimulus - relay.h9 -o out.h9'
  [ "$status" = 65 ]
  [[ "$output" == *"truncated"* ]]
}

@test "closed loop: the shell's controller and one in C hold their loops, with a latency told by both" {
  run sh "$BATS_TEST_DIRNAME/../examples/closed-loop.sh" 1
  echo "$output"
  [ "$status" = 0 ]
  [[ "$output" == *"latency        from stimulus to spike: median"* ]]
  [[ "$output" == *"frames         200 of 5 ms"* ]]
  [[ "$output" == *"Activity: "*" spikes in 1000 ms"* ]]
  gcc -std=gnu11 -O2 -Wall -Werror -I"$BATS_TEST_DIRNAME/../libcore/whole" -o closed_loop "$BATS_TEST_DIRNAME/../examples/closed_loop.c" \
    "$BATS_TEST_DIRNAME/../${BUILD:-build}/lib/libhal9.a" -fopenmp -lyaml -lzstd -lxxhash -lm
  run sh "$BATS_TEST_DIRNAME/../examples/closed-loop.sh" 2 ./closed_loop exc 20 probe
  echo "$output"
  [ "$status" = 0 ]
  [[ "$output" =~ "closed_loop: "([0-9]+)" round trips, median "[0-9.]+" ms, 99th percentile "[0-9.]+" ms; rate "([0-9.]+)" Hz of 20 Hz" ]]
  # without the controller the rate is below 8 Hz
  "$PYTHON" -c "import sys; assert int(sys.argv[1]) > 20 and 10 < float(sys.argv[2]) < 30, sys.argv" "${BASH_REMATCH[@]:1}"
}

@test "closed loop: it ends from the controller's side, from the simulation's and by a signal, and nothing is left" {
  mkfifo back 2> /dev/null || true
  # the controller leaves after five probes: the simulation dies of SIGPIPE, quietly
  set +o pipefail
  hal9-step -t 1000s --realtime --frame 2 --stimulus back relay.h9 2> err.txt | ./closed_loop a 0 a 5 > back 2> loop.txt
  codes="${PIPESTATUS[*]}"
  [ "$codes" = "141 0" ]
  grep -q "closed_loop: 5 round trips" loop.txt
  [ ! -s err.txt ]
  # without -t and its output elsewhere, the end of the stimuli is the end
  hal9-step --realtime --frame 2 --stimulus back relay.h9 -o out.h9 2> err.txt & pid=$!
  { echo 'now 1'; sleep 0.1; echo 'now 2'; } > back
  wait $pid
  [ "$(spikes out.h9 | cut -f 2 | tr '\n' ' ')" = "1 2 " ]
  # SIGTERM: the controller has a whole stream and ends as if it were the end
  hal9-step --realtime --frame 2 --stimulus back --stimulus-log log.txt relay.h9 2> err.txt > >(./closed_loop a 0 a > back 2> loop.txt; echo $? > code.txt) & pid=$!
  for _ in $(seq 1000); do [ -s log.txt.partial ] && break; sleep 0.01; done # until the first probe was delivered
  kill -TERM $pid
  wait $pid
  for _ in $(seq 500); do [ -s code.txt ] && break; sleep 0.01; done
  [ "$(cat code.txt)" = 0 ]
  grep -q "round trips" loop.txt
  grep -q "frames " err.txt
}

@test "wrong options are refused with 64 and say what was expected" {
  for o in --realtime=0 --realtime=x --realtime=-1 "--realtime --frame=0" "--realtime --frame=0.05ms" "--realtime --budget=0" \
           "--realtime --queue=0" "--frame=5" "--budget=5" "--queue=5" "--stimulus-log=x" \
           "--realtime --weights w%.h9 --weights-every 5ms"; do
    run hal9-step -t 10ms $o relay.h9 -o out.h9
    echo "$o: $status $output"
    [ "$status" = 64 ]
  done
  run hal9-step -t 10ms --budget=5 relay.h9 -o out.h9
  [[ "$output" == *"--budget goes with --realtime"* ]]
  run hal9-step -t 10ms --realtime=0 relay.h9 -o out.h9
  [[ "$output" == *"--realtime: found '0', expected seconds"* ]]
}

# hal9-run. Authorities: an undisturbed run of the same experiment, the programs called by hand, Python's own reading of the files.
bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR"
  cp "$BATS_TEST_DIRNAME/../examples/brunel.yaml" net.yaml
}
# experiment NAME LINES: net.yaml with a section experiment
experiment() {
  { cat net.yaml; printf '\nexperiment:\n'; printf '%s\n' "$2" | sed 's/^/  /'; } > "$1"
}
# all files but the job log, with their contents
contents() { (cd "$1" && find . -type f ! -name joblog.tsv ! -name .lock -print0 | sort -z | xargs -0 sha256sum; find . | grep -v '^./partial' | sort); }

@test "a sweep of 24 runs: folders, table, seeds and streams as by hand" {
  experiment e.yaml 'grid:
  g: [3, 4, 5, 6]
  eta: {from: 1, to: 4, steps: 6}
  order: [50]
outputs: [spikes.h9, statistics.json]
summary: {rate: activity.populations.exc.rate_hz, cv: activity.populations.1.cv_isi}'
  hal9-run -c e.yaml -o sweep > out
  [ "$(wc -l < out)" = 25 ]
  cmp out sweep/summary.txt
  [ "$(ls sweep/runs | wc -l)" = 24 ]
  # one run by hand, as run.json says it
  d='sweep/runs/g=5,eta=2.2,order=50,repeat=1'
  seed=$(jq .seed "$d/run.json")
  o=(-c net.yaml --set g=5 --set eta=2.2 --set order=50 --seed "$seed")
  hal9-gen "${o[@]}" | hal9-index "${o[@]}" | hal9-step "${o[@]}" --no-metrics -o hand.h9
  cmp <(hal9-view --signals hand.h9) <(hal9-view --signals "$d/spikes.h9")
  cmp "$d/experiment.yaml" e.yaml
  "$PYTHON" - <<'P'
import csv, json, os
rows = list(csv.DictReader(open('sweep/runs.tsv'), delimiter='\t'))
assert len(rows) == 24 and len({r['seed'] for r in rows}) == 24
assert [(float(r['g']), float(r['eta'])) for r in rows] == [(g, round(1 + 0.6 * i, 9)) for g in (3, 4, 5, 6) for i in range(6)]
for r in rows:
    s = json.load(open(f"sweep/runs/{r['run']}/statistics.json"))
    p = s['activity']['populations']
    assert float(r['rate']) == p[0]['rate_hz'] and float(r['cv']) == p[1]['cv_isi'], r
# the manifest lists every file, with its size
listed = {l.split('\t')[2].rstrip('\n'): int(l.split('\t')[1]) for l in open('sweep/manifest.tsv')}
there = {os.path.relpath(os.path.join(d, f), 'sweep') for d, _, fs in os.walk('sweep') for f in fs}
assert there - set(listed) == {'manifest.tsv', 'joblog.tsv', '.lock'} | {f for f in there if f.startswith('runs/') and f.endswith('/manifest.tsv')}, there - set(listed)
assert all(os.path.getsize('sweep/' + f) == n for f, n in listed.items())
P
  hash=$(xxhsum -H2 "$d/spikes.h9" 2> /dev/null | cut -d ' ' -f 1) || hash=
  [ -z "$hash" ] || grep -q "$hash.*spikes.h9" "$d/manifest.tsv"
}

@test "the job log has the columns of GNU parallel, a line a stage" {
  experiment e.yaml 'pipelines: {a: "true", b: "echo {g} > x"}
grid: {g: [1, 2]}'
  hal9-run -c e.yaml -o f -j 1 > /dev/null
  [ "$(head -n 1 f/joblog.tsv)" = "$(printf 'Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand')" ]
  [ "$(awk -F '\t' 'NR > 1 {print NF, $1, $2, $7, $8}' f/joblog.tsv)" = "$(printf '9 1 : 0 0\n9 2 : 0 0\n9 3 : 0 0\n9 4 : 0 0')" ]
}

@test "killed with SIGKILL at three moments and gone on with: the same folder, byte for byte" {
  experiment e.yaml 'grid:
  g: [3, 4, 5, 6]
  eta: {from: 1, to: 4, steps: 6}
  order: [200]
summary: {rate: activity.populations.exc.rate_hz}'
  hal9-run -c e.yaml -o undisturbed > want
  contents undisturbed > want.files
  killed=0
  for runs in 2 9 17; do
    hal9-run -c e.yaml -o sweep > /dev/null 2>&1 &
    pid=$!
    for _ in $(seq 3000); do
      [ "$(ls sweep/runs 2> /dev/null | wc -l)" -lt $runs ] || break
      sleep 0.005
    done
    if kill -KILL $pid 2> /dev/null; then killed=$((killed + 1)); fi
    wait $pid || true
    [ ! -e sweep/runs.tsv ]
    [ ! -e sweep/manifest.tsv ]
    # what is there under its final name is whole
    for d in sweep/runs/*/; do hal9-view --check "$d/spikes.h9"; done
  done
  [ $killed = 3 ]
  before=$(ls sweep/runs | wc -l)
  [ "$before" -lt 24 ]
  hal9-run -c e.yaml -o sweep -v > out 2> err
  grep -q "$((24 - before)) of 24 runs to do" err
  cmp want out
  contents sweep > got.files
  diff want.files got.files
}

@test "no command outlives a killed hal9-run" {
  experiment e.yaml 'pipelines: "echo $$ > pid; sleep 1000 | sleep 1000"'
  hal9-run -c e.yaml -o f > /dev/null 2>&1 &
  pid=$!
  for _ in $(seq 500); do [ ! -s f/partial/repeat=1/pid ] || break; sleep 0.01; done
  job=$(cat f/partial/repeat=1/pid)
  kill -0 -- "-$job"
  kill -KILL $pid
  wait $pid || true
  for _ in $(seq 500); do kill -0 -- "-$job" 2> /dev/null || break; sleep 0.01; done
  run ! kill -0 -- "-$job"
}

@test "SIGTERM ends it with a word; the same command goes on" {
  experiment e.yaml 'pipelines: "[ {g} = 1 ] || [ -e ../../../go ] || sleep 1000; echo {g} > x"
grid: {g: [1, 2]}'
  hal9-run -c e.yaml -o f > /dev/null 2> err &
  pid=$!
  for _ in $(seq 500); do [ ! -d f/runs/g=1,repeat=1 ] || break; sleep 0.01; done
  kill -TERM $pid
  rc=0
  wait $pid || rc=$?
  [ $rc = 143 ]
  grep -q "stopped with 1 of 2 runs done; the same command goes on" err
  touch go
  hal9-run -c e.yaml -o f > /dev/null
  [ "$(cat f/runs/g=2,repeat=1/x)" = 2 ]
}

@test "a rerun does nothing; a value more runs that alone; new statistics leave the streams" {
  base='outputs: [spikes.h9, statistics.json]
summary: {rate: activity.populations.exc.rate_hz}'
  experiment e.yaml "grid: {g: [4, 5], order: [50]}
$base"
  hal9-run -c e.yaml -o f > /dev/null
  find f -type f -printf '%p %T@ %i\n' | sort > before
  hal9-run -c e.yaml -o f -v > /dev/null 2> err
  grep -q "0 of 2 runs to do" err
  find f -type f -printf '%p %T@ %i\n' | sort | diff before -
  experiment e.yaml "grid: {g: [4, 5, 6], order: [50]}
$base"
  hal9-run -c e.yaml -o f -v > /dev/null 2> err
  grep -q "1 of 3 runs to do" err
  [ "$(wc -l < f/runs.tsv)" = 4 ]
  # statistics over other windows: hal9-stats again, hal9-step not
  lines=$(wc -l < f/joblog.tsv)
  inode=$(stat -c %i f/runs/g=4,order=50,repeat=1/spikes.h9)
  printf '\nstatistics: {start: 500 ms}\n' >> net.yaml
  experiment e.yaml "grid: {g: [4, 5, 6], order: [50]}
$base"
  hal9-run -c e.yaml -o f > /dev/null
  [ "$(stat -c %i f/runs/g=4,order=50,repeat=1/spikes.h9)" = "$inode" ]
  [ "$(tail -n +$((lines + 1)) f/joblog.tsv | grep -c '/statistics;')" = 3 ]
  run ! grep -q '/simulate;' <(tail -n +$((lines + 1)) f/joblog.tsv)
  # the network itself: all again
  sed -i 's/^  J: 0.1 mV/  J: 0.11 mV/' e.yaml
  hal9-run -c e.yaml -o f -v > /dev/null 2> err
  grep -q "3 of 3 runs to do" err
}

@test "a damaged result is made again; --redo makes all again; --only some" {
  experiment e.yaml 'grid: {g: [4, 5], order: [50]}
repeats: 2
summary: {rate: activity.populations.exc.rate_hz}'
  hal9-run -c e.yaml -o f > /dev/null
  contents f > want
  printf x >> f/runs/g=4,order=50,repeat=2/spikes.h9
  hal9-run -c e.yaml -o f -v > /dev/null 2> err
  grep -q "1 of 4 runs to do" err
  contents f | diff want -
  hal9-run -c e.yaml -o f -v --redo --only g=4.0 > /dev/null 2> err
  grep -q "2 of 4 runs to do" err
  contents f | diff want -
  hal9-run -c e.yaml -o g --only g=5 --only repeat=2 > out 2> err
  [ "$(ls g/runs)" = g=5,order=50,repeat=2 ]
  [ ! -e g/runs.tsv ]
  grep -q "1 of 4 runs are finished" err
  run -64 hal9-run -c e.yaml -o g --only h=5
  [[ "$output" == *"no such parameter"* ]]
  run -64 hal9-run -c e.yaml -o g --only g=7
  [[ "$output" == *"no point has that value"* ]]
}

@test "seeds do not depend on the order of runs, on -j or on other points" {
  experiment e.yaml 'grid: {g: [4, 5, 6], order: [50]}
repeats: 2'
  hal9-run -c e.yaml -o one -j 1 > /dev/null
  hal9-run -c e.yaml -o two -j 4 > /dev/null
  diff <(contents one) <(contents two)
  experiment f.yaml 'grid: {g: [6, 4], order: [50]}
repeats: 3'
  hal9-run -c f.yaml --dry-run | grep 'g=4.*repeat=2' | grep -o 'seed [0-9]*' | sort -u > a
  jq -r '"seed \(.seed)"' one/runs/g=4,order=50,repeat=2/run.json | diff - a
  experiment g.yaml 'grid: {g: [4], order: [50]}
seed: 2'
  run ! grep -q "$(cut -d ' ' -f 2 a)" <(hal9-run -c g.yaml --dry-run)
}

@test "list and sample: points as given, or drawn from the seed within their bounds" {
  experiment e.yaml 'list: [{g: 4, eta: 1}, {eta: 2, g: 5}]'
  [ "$(hal9-run -c e.yaml --dry-run | cut -f 1 | sort -u)" = "$(printf 'g=4,eta=1,repeat=1\ng=5,eta=2,repeat=1')" ]
  experiment e.yaml 'sample: {n: 400, g: {from: 3, to: 6}, eta: {from: 0.01, to: 100, log: true}}
seed: 7
pipelines: "true {g}"'
  hal9-run -c e.yaml --dry-run > a
  hal9-run -c e.yaml --dry-run | cmp - a
  "$PYTHON" - <<'P'
import re, math
from scipy import stats
names = {l.split('\t')[0] for l in open('a')}
g = [float(re.search('g=([^,]*)', n)[1]) for n in names]
eta = [math.log10(float(re.search('eta=([^,]*)', n)[1])) for n in names]
assert len(g) == 400 and min(g) >= 3 and max(g) <= 6
assert stats.kstest(g, 'uniform', (3, 3)).pvalue > 1e-4 and stats.kstest(eta, 'uniform', (-2, 4)).pvalue > 1e-4
assert abs(stats.pearsonr(g, eta)[0]) < 0.25
P
}

@test "a failed run is told, kept aside and tried again; --halt stops the rest" {
  experiment e.yaml 'pipelines: "echo {g} >> ../../../log; [ {g} != 2 ] || { echo no luck >&2; exit 3; }; echo {g} > x"
grid: {g: [1, 2, 3]}'
  run --separate-stderr -3 hal9-run -c e.yaml -o f -j 1 --retries 2
  [[ "$stderr" == *"run g=2,repeat=1: simulate ended with status 3: no luck (see f/failed/g=2,repeat=1)"* ]]
  [[ "$stderr" == *"1 of 3 runs failed"* ]]
  [ "$(cat log)" = "$(printf '1\n2\n2\n2\n3')" ]
  [ "$(ls f/runs)" = "$(printf 'g=1,repeat=1\ng=3,repeat=1')" ]
  [ ! -e f/runs.tsv ]
  rm log
  run -3 hal9-run -c e.yaml -o h -j 1 --halt soon,fail=1
  [ "$(cat log)" = "$(printf '1\n2')" ]
  experiment e.yaml 'pipelines: "[ {g} != 2 ] || { sleep 0.3; exit 3; }; sleep 1000"
grid: {g: [1, 2, 3]}'
  run -3 hal9-run -c e.yaml -o i -j 3 --halt now,fail=1
  # by a signal, and by a pipeline's first command
  experiment e.yaml 'pipelines: "kill -SEGV $$"'
  run -139 hal9-run -c e.yaml -o k
  [[ "$output" == *"ended by signal 11"* ]]
  experiment e.yaml 'pipelines: "hal9-gen -n 10 --no-such | cat > x"'
  run -64 hal9-run -c e.yaml -o l
  [[ "$output" == *"unrecognized option"* || "$output" == *"Try"* ]]
}

@test "an output that no pipeline leaves is a failure; other files go" {
  experiment e.yaml 'pipelines: "echo 1 > x; echo 2 > y"
outputs: [x, z]'
  run -65 hal9-run -c e.yaml -o f
  [[ "$output" == *"no pipeline left the output z"* ]]
  [ ! -e f/runs/repeat=1 ]
  experiment e.yaml 'pipelines: {one: "echo 1 > x; echo 2 > y", two: "cat x y > z"}
outputs: [x, z]'
  hal9-run -c e.yaml -o g
  [ "$(ls g/runs/repeat=1)" = "$(printf 'experiment.yaml\nmanifest.tsv\nrun.json\nx\nz')" ]
}

@test "inputs are linked in, and a change in one makes results old" {
  echo 1 > data.txt
  experiment e.yaml 'pipelines: "cat data.txt > x"
inputs: data.txt'
  hal9-run -c e.yaml -o f
  [ "$(cat f/runs/repeat=1/x)" = 1 ]
  echo 2 > data.txt
  hal9-run -c e.yaml -o f
  [ "$(cat f/runs/repeat=1/x)" = 2 ]
  [ -z "$(find f -type l)" ]
  rm data.txt
  run -66 hal9-run -c e.yaml -o f
  [[ "$output" == *"inputs: data.txt"* ]]
}

@test "memory holds runs back: by the experiment's word, by --dry-run of hal9-step" {
  experiment e.yaml 'pipelines: "mkdir -p ../../../at; touch ../../../at/{g}; ls ../../../at | wc -l >> ../../../most; sleep 0.2; rm ../../../at/{g}"
memory: 1000e6
grid: {g: [1, 2, 3, 4, 5, 6]}'
  hal9-run -c e.yaml -o f -j 6 --memory 2G > /dev/null
  [ "$(sort -n most | tail -n 1)" = 2 ]
  run -71 hal9-run -c e.yaml -o h --memory 900M
  [[ "$output" == *"takes about 1e+09 bytes of memory"* ]]
  experiment e.yaml 'grid: {order: [2500]}'
  run -71 hal9-run -c e.yaml -o i --memory 40M
  [[ "$output" == *"bytes of memory"* ]]
}

@test "mistakes are told before anything runs, by file, line and column" {
  experiment e.yaml 'grid: {gg: [1, 2]}'
  run -78 hal9-run -c e.yaml -o f
  [[ "$output" == *"e.yaml:"*": gg: expected a name of the section parameters"*"did you mean 'g'?"* ]]
  experiment e.yaml 'grid: {g: [1, oops]}'
  run -64 hal9-run -c e.yaml -o f
  [[ "$output" == *"--set g=oops"* ]]
  experiment e.yaml 'grid: {g: [1]}
list: [{g: 1}]'
  run -78 hal9-run -c e.yaml -o f
  [[ "$output" == *"expected one of them"* ]]
  experiment e.yaml 'grid: {g: [1, 1]}'
  run -78 hal9-run -c e.yaml -o f
  [[ "$output" == *"is there twice"* ]]
  experiment e.yaml 'pipeline: x'
  run -78 hal9-run -c e.yaml -o f
  [[ "$output" == *"did you mean 'pipelines'?"* ]]
  experiment e.yaml 'summary: {rate: activity.populations.nobody.rate_hz}
grid: {order: [50]}'
  run -65 hal9-run -c e.yaml -o f
  [[ "$output" == *"summary rate: "*"has no number at activity.populations.nobody.rate_hz"* ]]
  experiment e.yaml 'plots: [{file: a.png, x: g, y: eta, value: rate}]
grid: {g: [1]}'
  run -78 hal9-run -c e.yaml -o g
  [[ "$output" == *"y: found 'eta', expected a parameter of this experiment"* ]]
  run -78 hal9-run -c net.yaml -o f
  [[ "$output" == *"has no section experiment"* ]]
  run -64 hal9-run
  [[ "$output" == *"expected -c FILE"* ]]
  mkdir other; touch other/mine
  experiment e.yaml 'pipelines: "true"'
  run -74 hal9-run -c e.yaml -o other
  [[ "$output" == *"is no folder of hal9-run"* ]]
  for o in --halt=later --memory=much --jobs=0 --retries=x --only=g; do run -64 hal9-run -c e.yaml $o; done
}

@test "two at once on one folder: the second is refused" {
  experiment e.yaml 'pipelines: "touch ../../../up; sleep 1000"'
  hal9-run -c e.yaml -o f > /dev/null 2>&1 &
  pid=$!
  for _ in $(seq 500); do [ ! -e up ] || break; sleep 0.01; done
  run -74 hal9-run -c e.yaml -o f
  kill $pid
  wait $pid || true
  [[ "$output" == *"another hal9-run works there"* ]]
}

@test "pictures of the sweep: drawn once, again when the table changes, and part of the manifest" {
  experiment e.yaml 'grid: {g: [4, 5], eta: [1, 2], order: [50]}
summary: {rate: activity.populations.exc.rate_hz}
plots: [{file: rate.png, x: g, y: eta, value: rate}, {file: line.svg, x: eta, value: rate}]'
  hal9-run -c e.yaml -o f > /dev/null
  file f/rate.png | grep -q 'PNG image data'
  grep -q '</svg>' f/line.svg
  grep -q 'rate.png$' f/manifest.tsv
  stat -c '%Y %i' f/rate.png > before
  hal9-run -c e.yaml -o f > /dev/null
  stat -c '%Y %i' f/rate.png | cmp - before
  sed -i 's/g: \[4, 5\]/g: [4, 5, 6]/' e.yaml
  hal9-run -c e.yaml -o f > /dev/null
  [ "$(stat -c '%Y %i' f/rate.png)" != "$(cat before)" ]
}

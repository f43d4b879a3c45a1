# Formats of other programs in hal9-convert. Authority: sample files written here as those programs print them (printf formats of
# NEST's recording_backend_ascii.cpp, Auryn's SpikeMonitor, BMTK's CSV writer), and Python: int, float, csv, json, decimal.

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR"
  ROOT=$BATS_TEST_DIRNAME/..
}
spikes() { hal9-view --signals "$@" | tr '\t\n' ' ;'; }
refused() { # refused STATUS TEXT ARGUMENTS...: the message holds TEXT, nothing is left under the output's name
  local want=$1 text=$2
  shift 2
  rm -f refused.h9
  run hal9-convert "$@" -o refused.h9
  echo "$output"
  [ "$status" = "$want" ]
  [[ "$output" == *"$text"* ]]
  [ ! -e refused.h9 ]
}
# Three populations, 2-D, with weak and strong drive: some 400 spikes of all.
recorded() {
  cat > net.yaml <<'Y'
populations:
  e: {count: 60, model: iaf_psc_exp, params: {I_e: {uniform: {low: 380 pA, high: 480 pA}}}}
  i: {count: 20, model: iaf_psc_exp, params: {I_e: 420 pA}}
  x: {count: 9, model: iaf_psc_exp, params: {I_e: 400 pA}}
Y
  hal9-gen -c net.yaml | hal9-step -t 150ms --no-metrics -o s.h9
}

@test "NEST's .dat: files of two threads, either header, times or steps with offsets" {
  printf '# NEST version: 3.6.0\n# RecordingBackendASCII version: 2\nsender\ttime_ms\n3\t1.200\n1\t0.500\n' > a.dat
  printf '# NEST version: 3.0\n# RecordingBackendASCII version: 2\n# sender\ttime_step\ttime_offset\n7\t13\t0.000\n2\t14\t0.100\n' > b.dat
  hal9-convert --from nest --signals a.dat --signals b.dat -o s.h9
  hal9-view --check s.h9
  [ "$(spikes s.h9)" = "5 1;12 3;13 2;13 7;" ] # step 14 less 0.1 ms is step 13
  printf '# NEST version: 3.6.0\n# RecordingBackendASCII version: 2\nsender\ttime_ms\tV_m\n3\t1.200\t-70.000\n' > v.dat
  run --separate-stderr hal9-convert --from nest --signals v.dat -o v.h9
  [[ "$stderr" == *"v.dat: column 3 (V_m) is not taken over"* ]]
  hal9-convert --to nest --signals out.dat s.h9
  printf '%s\t%s\n' 1 0.5 3 1.2 2 1.3 7 1.3 | diff - <(tail -n +4 out.dat)
  "$PYTHON" -c '
import re
l = open("out.dat").read().split("\n")
assert re.match(r"# NEST version: (\d+\.\d+\.\d+)", l[0]) and re.match(r"# RecordingBackendASCII version: 2$", l[1])
assert l[2] == "sender\ttime_ms"'
  hal9-convert --to nest --time-unit step --signals - s.h9 | hal9-convert --from nest --signals - -o t.h9
  cmp <(hal9-view --signals s.h9) <(hal9-view --signals t.h9)
}

@test "gdf and Auryn's ras: no header, ms or s, ids from 1 or 0, a tab at the end, floats for ids" {
  printf '2\t0.300\t\n1\t0.200\t\n' > nest2.gdf
  hal9-convert --from gdf --signals nest2.gdf -o g.h9
  [ "$(spikes g.h9)" = "2 1;3 2;" ]
  printf '2\t4\t0.100\n1\t2\t0.000\n' > steps.gdf
  [ "$(hal9-convert --from gdf --time-unit step --signals steps.gdf | hal9-view --signals | tr '\t\n' ' ;')" = "2 1;3 2;" ]
  printf '%f %u\n' 0.0002 0 0.0003 1 > auryn.ras
  hal9-convert --from auryn --signals auryn.ras -o r.h9
  cmp <(hal9-view --signals g.h9) <(hal9-view --signals r.h9)
  printf '1.000000000000000000e+00 2.000000000000000111e-01\n2.0 0.3\n' | hal9-convert --from gdf --signals - -o f.h9
  cmp <(hal9-view --signals g.h9) <(hal9-view --signals f.h9)
  [ "$(hal9-convert --to auryn --signals - g.h9 | tr '\n' ';')" = "0.0002 0;0.0003 1;" ]
  [ "$(hal9-convert --to gdf --signals - g.h9 | tr '\t\n' ' ;')" = "1 0.2;2 0.3;" ]
  [ "$(hal9-convert --to gdf --id-base 0 --signals - g.h9 | tr '\t\n' ' ;')" = "0 0.2;1 0.3;" ]
}

@test "BMTK's CSV: columns in any order, ids in populations, with and without the network" {
  recorded
  hal9-convert --to bmtk --signals b.csv s.h9 2> note
  "$PYTHON" - <<'P'
import subprocess
first = {"e": 1, "i": 61, "x": 81}
rows = [l.split() for l in open("b.csv")]
assert rows[0] == ["timestamps", "population", "node_ids"]
got = [(round(float(t) * 10), int(n) + first[p]) for t, p, n in rows[1:]]
assert all(float(t) == round(float(t) * 10) / 10 for t, p, n in rows[1:])
want = [tuple(map(int, l.split())) for l in subprocess.check_output(["hal9-view", "--signals", "s.h9"], text=True).split("\n") if l]
assert got == want and len(want) > 200
with open("c.csv", "w") as f:
    f.write("node_ids population timestamps\n")
    for t, p, n in reversed(rows[1:]): f.write(f"{n} {p} {float(t):.3f}\n")
P
  for f in b c; do
    hal9-convert --from bmtk --network s.h9 --signals $f.csv -o $f.h9
    cmp <(hal9-view --signals s.h9) <(hal9-view --signals $f.h9)
  done
  run --separate-stderr hal9-convert --from bmtk --signals b.csv -o d.h9
  [[ "$stderr" == *"population x is taken to have 9 neurons"*"--network"* ]]
  hal9-convert --to bmtk --signals - d.h9 | cmp - b.csv
}

@test "every format of signals brings a recording back, to the step, with the network's neurons" {
  recorded
  for f in tsv csv nest gdf auryn bmtk; do
    hal9-convert --to $f --signals $f.txt s.h9 2> /dev/null
    for t in 1 3; do hal9-convert --from $f --network s.h9 --stop 150ms --signals $f.txt -@ $t -o $f.$t.h9; done
    cmp $f.1.h9 $f.3.h9
    hal9-view --diff s.h9 $f.1.h9 > diff || { cat diff; false; }
    cmp <(hal9-view --signals s.h9) <(hal9-view --signals $f.1.h9)
  done
}

@test "a network's labels: numbers stay what neurons are called, other labels become ids and are told" {
  printf '%s\n' label,x 900,0 17,1 4000000000,2 > n.csv
  printf '%s\n' time,neuron 0.2,17 0.3,4000000000 > s.csv
  hal9-convert --from csv --ids text --neurons n.csv --signals s.csv -o a.h9
  [ "$(hal9-convert --to gdf --signals - a.h9 | tr '\t\n' ' ;')" = "17 0.2;4000000000 0.3;" ]
  hal9-convert --to gdf --signals - a.h9 | hal9-convert --from gdf --network a.h9 --signals - -o b.h9
  cmp <(hal9-view --signals a.h9) <(hal9-view --signals b.h9)
  printf '17\t0.2\n18\t0.3\n' > bad.gdf
  refused 65 "bad.gdf:2: column 1 (neuron): found '18', which is no neuron of a.h9" --from gdf --network a.h9 --signals bad.gdf
  sed -i 's/^900/anna/' n.csv
  hal9-convert --from csv --ids text --neurons n.csv --signals s.csv -o c.h9
  run --separate-stderr hal9-convert --to gdf --signals - c.h9
  [ "$(echo "$output" | tr '\t\n' ' ;')" = "2 0.2;3 0.3;" ]
  [[ "$stderr" == *"have labels, which format gdf cannot hold"* ]]
}

@test "time units: what is declared, what contradicts it, what lies between steps" {
  printf 'time,neuron\n200,1\n300,2\n' > s.csv
  [ "$(hal9-convert --from csv --time-unit us --signals s.csv | hal9-view --signals | tr '\t\n' ' ;')" = "2 1;3 2;" ]
  [ "$(hal9-convert --from csv --time-unit step --signals s.csv | hal9-view --signals | tr '\t\n' ' ;')" = "200 1;300 2;" ]
  [ "$(hal9-convert --from csv --time-unit s --dt 1ms --signals s.csv | hal9-view --signals | tr '\t\n' ' ;')" = "200000 1;300000 2;" ]
  printf 'time_ms,neuron\n200,1\n' > ms.csv
  refused 65 "ms.csv:1: column 1 (time_ms): is in ms, but --time-unit is us" --from csv --time-unit us --signals ms.csv
  refused 64 "--time-unit: found us, but times of format nest are in ms" --from nest --time-unit us --signals s.csv
  hal9-convert --from csv --signals ms.csv -o s.h9
  for u in "s time_s 0.2" "us time_us 200000" "step step 2000" "ms time_ms 200"; do
    set -- $u
    [ "$(hal9-convert --to tsv --time-unit $1 --signals - s.h9 | tr '\t\n' ' ;')" = "$2 neuron;$3 1;" ]
    hal9-convert --to tsv --time-unit $1 --signals - s.h9 | hal9-convert --from tsv --signals - | hal9-view --signals | cmp - <(hal9-view --signals s.h9)
  done
  printf '1\t0.25\n' > off.gdf
  refused 65 "off.gdf:1: column 2 (time): found 0.25 ms, which is between steps, expected a multiple of dt, 0.1 ms; or give --round" --from gdf --signals off.gdf
  [ "$(hal9-convert --from gdf --round --signals off.gdf -q | hal9-view --signals | tr '\t\n' ' ;')" = "3 1;" ]
  [ "$(hal9-convert --from gdf --dt 0.05ms --signals off.gdf | hal9-view --signals | tr '\t\n' ' ;')" = "5 1;" ]
}

@test "mistakes in lists of spikes: file, line, what was found and what was expected" {
  printf '# NEST version: 3.6.0\n# RecordingBackendASCII version: 3\nsender\ttime_ms\n' > x.dat
  refused 65 "x.dat:2: found version '3' of the layout, expected 2" --from nest --signals x.dat
  printf '# NEST version: 3.6.0\n1\t0.5\n' > x.dat
  refused 65 "x.dat:2: found '1', expected the names of the columns" --from nest --signals x.dat
  printf '# NEST version: 3.6.0\n' > x.dat
  refused 65 "x.dat: ends before the names" --from nest --signals x.dat
  printf 'sender\ttime_ms\n1\t0.5\n1\n' > x.dat
  refused 65 "x.dat:3: found 1 cells, expected 2" --from nest --signals x.dat
  printf '1\t0.5\n\n# a comment\n0\t0.5\n' > x.gdf
  refused 65 "x.gdf:4: column 1 (neuron): found '0', expected an id from 1" --from gdf --signals x.gdf
  printf '1\t0.5\n1\t0.5\t3\n' > x.gdf
  refused 65 "x.gdf:2: found 3 cells, expected 2: id and time" --from gdf --signals x.gdf
  printf '1\tnan\n' > x.gdf
  refused 65 "x.gdf:1: column 2 (time): found 'nan'" --from gdf --signals x.gdf
  printf '1\t0.5\0\n' > x.gdf
  refused 65 "x.gdf:1: holds a zero byte" --from gdf --signals x.gdf
  printf '0.1 -1\n' > x.ras
  refused 65 "x.ras:1: column 2 (neuron): found '-1', expected an id from 0" --from auryn --signals x.ras
  printf 'timestamps node_ids\n0.1 1\n' > x.csv
  refused 65 "x.csv:1: found 'timestamps ...', expected the names timestamps, population and node_ids" --from bmtk --signals x.csv
  printf 'timestamps population node_ids\n0.1 e -1\n' > x.csv
  refused 65 "x.csv:2: column 3 (node_ids): found '-1', expected a number from 0" --from bmtk --signals x.csv
  hal9-gen -n 5 -o n.h9
  printf 'timestamps population node_ids\n0.1 neurons 4\n0.1 neurons 5\n' > x.csv
  refused 65 "x.csv:3: column 3 (node_ids): found '5', expected a number from 0 to 4, a neuron of population neurons" --from bmtk --network n.h9 --signals x.csv
  printf 'timestamps population node_ids\n0.1 pyr 4\n' > x.csv
  refused 65 "x.csv:2: column 2 (population): there is no population 'pyr', expected neurons" --from bmtk --network n.h9 --signals x.csv
  refused 64 "--neurons: format nest has signals only" --from nest --neurons x.csv
  refused 64 "--dt: found 0.5 ms, but dt of n.h9 is 0.1 ms" --from bmtk --network n.h9 --dt 0.5ms --signals x.csv
}

# A network with positions, values, all encodings of weights, labels where $1 is "labels".
net() {
  cat > net.yaml <<'Y'
populations:
  e: {count: 300, model: iaf_psc_exp, layout: {type: box, extent: [300 um, 200 um]}, params: {C_m: 240 pF}, state: {V_m: {uniform: {low: -70 mV, high: -55 mV}}}}
  i: {count: 80, model: iaf_psc_alpha, layout: {type: box, extent: [300 um, 200 um]}, params: {I_e: 10.1 pA}}
connections:
  - {source: e, target: [e, i], rule: pairwise_bernoulli, p: 0.1, weight: {normal: {mean: 40 pA, sd: 8 pA}}, delay: {uniform: {low: 0.5 ms, high: 3 ms}}}
  - {source: i, target: [e, i], rule: fixed_indegree, number: 12, weight: -160.3 pA, delay: 1 ms}
  - {source: i, target: e, rule: fixed_indegree, number: 2, weight: {lognormal: {mu: 1, sigma: 3}}, delay: 1 ms}
Y
  hal9-gen -c net.yaml | hal9-index -c net.yaml -o net.h9
}
same_network() { # same_network A B: neurons and connections alike, to the last bit of weights
  cmp <(hal9-view --tsv "$1") <(hal9-view --tsv "$2")
  cmp <("$PYTHON" "$ROOT/tests/tools/read_stream.py" connections "$1" | cut -d ' ' -f 1,2,4 | sort) \
    <("$PYTHON" "$ROOT/tests/tools/read_stream.py" connections "$2" | cut -d ' ' -f 1,2,4 | sort)
}

@test "ndjson, npy, npz: networks there and back again, every bit; Python reads the same" {
  net
  hal9-convert --to csv --neurons n.csv --connections c.csv -q net.h9
  for f in ndjson npy npz; do
    hal9-convert --to $f --neurons n.$f --connections c.$f net.h9 -q
    for t in 1 3; do hal9-convert --from $f --neurons n.$f --connections c.$f -@ $t -o $f.$t.h9 2> note; done
    [ ! -s note ]
    cmp $f.1.h9 $f.3.h9
    same_network net.h9 $f.1.h9
  done
  "$PYTHON" - <<'P'
import csv, json, numpy as np
for part in "nc":
    want = list(csv.DictReader(open(part + ".csv")))
    js = [json.loads(l) for l in open(part + ".ndjson")]
    a, z = np.load(part + ".npy"), np.load(part + ".npz")
    assert a.dtype.names == tuple(want[0]) == tuple(js[0]) == tuple(z.files), (a.dtype, z.files)
    assert len(a) == len(js) == len(want)
    for k in want[0]:
        col = [r[k] for r in want]
        kind = a.dtype[k].kind
        conv = {"U": str, "u": int, "f": a.dtype[k].type}[kind]
        col = np.array([conv(v) for v in col])
        got = np.array([np.nan if r[k] is None else r[k] for r in js]).astype(a.dtype[k])
        eq = lambda x: np.array_equal(x, col, equal_nan=kind == "f")
        assert eq(a[k]) and eq(z[k]) and eq(got), k
assert a.dtype["weight_pA"] == "<f8" and a.dtype["source"] == "<u4"
P
}

@test "ndjson, npy, npz: signals with strengths and priorities, labels of all kinds, and those NumPy writes itself" {
  printf '%s\n' time,neuron,strength,priority 0.2,b,-1e-300,0 0.3,ä€😀,0.1,3 1234567.8,b,2,255 > s.csv
  hal9-convert --from csv --signals s.csv -o s.h9
  for f in ndjson npy npz; do
    hal9-convert --to $f --signals - s.h9 > s.$f
    hal9-convert --from $f --signals - -o $f.h9 < s.$f
    hal9-view --diff s.h9 $f.h9
    cmp <(hal9-view --signals --columns time,label,strength,priority s.h9) <(hal9-view --signals --columns time,label,strength,priority $f.h9)
  done
  "$PYTHON" - <<'P'
import json, numpy as np
a, z = np.load("s.npy"), np.load("s.npz")
assert list(a["time_ms"]) == list(z["time_ms"]) == [0.2, 0.3, 1234567.8]
assert list(a["neuron"]) == list(z["neuron"]) == ["b", "ä€😀", "b"]
assert list(a["strength"]) == [-1e-300, 0.1, 2] and list(a["priority"]) == [0, 3, 255]
assert [json.loads(l)["neuron"] for l in open("s.ndjson")] == ["b", "ä€😀", "b"]
np.save("t.npy", np.array([(5, 1, 2.5), (7, 3, 0.1)], dtype=[("step", ">i2"), ("id", "<i8"), ("strength", ">f8")]))
np.savez("t.npz", step=np.array([5, 7], ">u4"), id=np.array(["1", "3"]), strength=np.array([2.5, 0.1]))
np.save("plain.npy", np.array([[0.5, 1], [0.7, 3]]))
np.save("f4.npy", np.array([(1000.1, 1)], dtype=[("time_ms", "<f4"), ("neuron", "u1")]))
np.save("bytes.npy", np.array([(0.1, b"x y")], dtype=[("time_ms", "<f8"), ("neuron", "S8")]))
np.save("v1.npy", np.zeros((0,), dtype=[("time", "<f8"), ("neuron", "<u4")]))
np.save("pos.npy", np.array([[0.5, 1], [0.7, 3]], dtype="<f4"))
with open("t.ndjson", "w") as f:
    for d in ({"id": "1", "step": 5, "strength": 2.5}, {"step": 7, "strength": 0.1, "id": "3"}): f.write(json.dumps(d) + "\n")
P
  for f in npy npz ndjson; do
    hal9-convert --from $f --signals t.$f | hal9-view --signals --columns step,id,strength | tr '\t\n' ' ;' > got
    [ "$(cat got)" = "5 1 2.5;7 3 0.1;" ]
  done
  [ "$(hal9-convert --from npy --signals plain.npy | hal9-view --signals | tr '\t\n' ' ;')" = "5 1;7 3;" ]
  [ "$(hal9-convert --from npy --signals f4.npy | hal9-view --signals | tr '\t\n' ' ;')" = "10001 1;" ]
  [ "$(hal9-convert --from npy --signals bytes.npy | hal9-view --labels | tr '\t\n' ' ;')" = "1 x y;" ]
  hal9-convert --from npy --neurons pos.npy | hal9-convert --to csv --neurons - -q | cut -d, -f 1-3 | tr '\n' ' ' > got
  [ "$(cat got)" = "label,x_um,y_um 1,0.5,1 2,0.7,3 " ]
}

@test "archives: Python's zipfile finds them whole, damage is found, deflate and damaged headers are refused" {
  printf 'time,neuron\n0.2,1\n0.3,2\n' | hal9-convert --from csv --signals - -o s.h9
  hal9-convert --to npz --signals s.npz s.h9
  "$PYTHON" - <<'P'
import zipfile, numpy as np
z = zipfile.ZipFile("s.npz")
assert z.testzip() is None and z.namelist() == ["time_ms.npy", "neuron.npy"]
raw = bytearray(open("s.npz", "rb").read())
at = raw.index(np.float64(0.3).tobytes())
raw[at] ^= 1
open("bad.npz", "wb").write(raw)
open("short.npz", "wb").write(raw[:-30])
np.savez_compressed("deflated.npz", time=np.zeros(3), neuron=np.zeros(3, "u4"))
np.savez("uneven.npz", time=np.zeros(3), neuron=np.zeros(2, "u4"))
np.save("one.npy", np.zeros(3))
np.save("complex.npy", np.zeros(3, dtype=[("time", "<c16"), ("neuron", "u4")]))
np.save("f.npy", np.asfortranarray([[0.1, 1], [0.2, 2]]))
np.save("sub.npy", np.zeros(3, dtype=[("time", "<f8", (2,)), ("neuron", "u4")]))
np.save("cut.npy", np.ones(3, dtype=[("time", "<f8"), ("neuron", "u4")]))
raw = open("cut.npy", "rb").read()
open("cut.npy", "wb").write(raw[:-13])
open("cut2.npy", "wb").write(raw[:20])
P
  refused 65 "bad.npz: time_ms.npy: is damaged: its checksum is" --from npz --signals bad.npz
  refused 65 "short.npz: is no archive of NumPy's" --from npz --signals short.npz
  refused 65 "member 'time.npy' is compressed, expected one that is stored: numpy.savez" --from npz --signals deflated.npz
  refused 65 "uneven.npz: neuron.npy: found 2 rows, expected 3, as time has" --from npz --signals uneven.npz
  refused 65 "one.npy: found an array of one dimension, expected records" --from npy --signals one.npy
  refused 65 "expected integers, floats of 4 or 8 bytes, or texts" --from npy --signals complex.npy
  refused 65 "f.npy: lies in the order of Fortran" --from npy --signals f.npy
  refused 65 "sub.npy: its header: found '," --from npy --signals sub.npy
  refused 65 "cut.npy:2: ends within its rows, expected 3 of them" --from npy --signals cut.npy
  refused 65 "cut2.npy: ends in its header" --from npy --signals cut2.npy
  refused 65 "is no array of numpy.save" --from npy --signals s.npz
  : > empty
  refused 66 "empty: is empty, expected an array" --from npy --signals empty
  refused 66 "empty: is empty, expected an archive" --from npz --signals empty
}

@test "ndjson: mistakes are told with their line" {
  try() { # try TEXT JSON...
    local text=$1
    shift
    printf '%s\n' "$@" > x.ndjson
    refused 65 "x.ndjson:$text" --from ndjson --signals x.ndjson
  }
  ok='{"time": 1, "neuron": 1}'
  try "2: found '[1]}', expected a number, a string or null" "$ok" '{"time": 1, "neuron": [1]}'
  try "2: found 'the end of the line', expected ',' or '}' behind a value" "$ok" '{"time": 1'
  try "1: found '[1, 2]', expected an object" '[1, 2]'
  try "1: key 'time' again, expected each once" '{"time": 1, "time": 2}'
  try "2: no key 'neuron', which the first object has" "$ok" '{"time": 1}'
  try "2: key 'x', which the first object has not" "$ok" '{"time": 1, "neuron": 1, "x": 2}'
  try "1: found '\\ud800\"" '{"neuron": "\ud800", "time": 2}'
  try "1: found 'x', expected one object a line" "$ok x"
  try "3: column 1 (time): found '2e', expected a number" "$ok" '' '{"time": 2e, "neuron": 1}'
  try "1: column 2 (tme): unknown; did you mean 'time'?" '{"neuron": 1, "tme": 1, "step": 3}'
  try "1: column 1 (time): found 'nan', expected a finite number" '{"time": null, "neuron": 1}'
}

@test "PyNN's lists: written as PyNN reads them, read back to the last bit; nA, and uS for conductances" {
  net
  for s in e i; do for t in e i; do
    hal9-convert --to pynn --source $s --target $t --connections $s$t.txt net.h9 2> note
  done; done
  grep -q "connections of other populations are not taken" note
  "$PYTHON" "$ROOT/tests/tools/read_stream.py" connections net.h9 > want.tsv
  "$PYTHON" - <<'P'
import collections, decimal, numpy as np
first, count, want = {"e": 1, "i": 301}, {"e": 300, "i": 80}, collections.Counter()
for l in open("want.tsv"):
    s, t, w, d = l.split()
    want[int(s), int(t), decimal.Decimal(w) / 1000, float(d) / 10] += 1
got = collections.Counter()
for s in "ei":
    for t in "ei":
        name = s + t + ".txt"
        key, value = open(name).readline()[1:].strip().split("=")
        assert key.strip() == "columns" and eval(value) == ["i", "j", "weight", "delay"]
        a = np.loadtxt(name, ndmin=2)  # as PyNN's StandardTextFile reads
        if not a.size: continue
        assert a[:, 0].max() < count[s] and a[:, 1].max() < count[t] and a[:, :2].min() == 0
        for l in open(name):
            if l[0] == "#": continue
            i, j, w, d = l.split()
            got[int(i) + first[s], int(j) + first[t], decimal.Decimal(w), float(d)] += 1
assert got == want and len(got) > 5000
P
  for s in e i; do for t in e i; do
    hal9-convert --from pynn --network net.h9 --source $s --target $t --connections $s$t.txt -o $s$t.h9 2> note
    grep -q "net.h9: its own connections are not taken over" note
    hal9-convert --to csv --source $s --target $t --connections - net.h9 -q | sort > a
    hal9-convert --to csv --source $s --target $t --connections - $s$t.h9 -q | sort | cmp - a
  done; done
  hal9-gen -n 3 --model iaf_cond_exp -o cond.h9
  printf '# columns = ("i", "j", "delay", "weight", "U")\n0.0 1.0 0.5 0.0023 7\n2 0 1.5 -1e-05 7\n' > uS.txt
  run --separate-stderr hal9-convert --from pynn --network cond.h9 --connections uS.txt -o c.h9
  [[ "$stderr" == *"column 5 (U) is not taken over"* ]]
  [ "$(hal9-view --connections --columns source,target,weight,delay c.h9 | tr '\t\n' ' ;')" = "1 2 2.3 0.5;3 1 -0.01 1.5;" ]
  printf '0 1 0.0023 0.5\n' | hal9-convert --from pynn --connections - | hal9-view --connections | tr '\t' ' ' > got
  [ "$(cat got)" = "1 2 2.3 0.5" ]
}

@test "Matrix Market: scipy reads what is written; what scipy and Auryn write is read, symmetric and patterns too" {
  net
  hal9-convert --to mtx --connections all.mtx net.h9 2> note
  grep -q 'delays from 0.5 to 3 ms are lost in format mtx' note
  hal9-convert --to mtx --source i --target e --connections - net.h9 > ie.mtx 2> note
  grep -q 'the delay of 1 ms is not in format mtx: read it with --delay 1ms' note
  "$PYTHON" "$ROOT/tests/tools/read_stream.py" connections net.h9 > want.tsv
  "$PYTHON" - <<'P'
import numpy as np, scipy.io, scipy.sparse as sp
w = np.loadtxt("want.tsv")
m = scipy.io.mmread("all.mtx")
assert m.shape == (380, 380) and m.nnz == len(w)
order = lambda i, j, v: sorted(zip(i, j, v))
assert order(m.row + 1, m.col + 1, m.data) == order(w[:, 0], w[:, 1], w[:, 2])
ie = scipy.io.mmread("ie.mtx")
assert ie.shape == (80, 300)
part = w[(w[:, 0] > 300) & (w[:, 1] <= 300)]
assert order(ie.row + 301, ie.col + 1, ie.data) == order(*part[:, :3].T)
r = np.random.default_rng(3)
a = sp.random(50, 60, 0.1, random_state=3, data_rvs=r.standard_normal).tocoo()
scipy.io.mmwrite("a.mtx", a, comment="a comment\n% another", precision=17)
s = sp.random(40, 40, 0.1, random_state=4).tocsr(); s = (s + s.T).tocoo()
scipy.io.mmwrite("s.mtx", s, symmetry="symmetric", precision=17)
k = sp.random(40, 40, 0.1, random_state=5).tocsr(); k = (k - k.T).tocoo()
scipy.io.mmwrite("k.mtx", k, symmetry="skew-symmetric", precision=17)
scipy.io.mmwrite("p.mtx", sp.coo_matrix(a != 0), field="pattern")
scipy.io.mmwrite("d.mtx", sp.coo_matrix((np.arange(1, 6), (np.arange(5), np.arange(5)[::-1]))))
for name in ("a", "s", "k", "p", "d"):
    m = scipy.io.mmread(name + ".mtx").tocoo()
    with open(name + ".want", "w") as f:
        f.write("%d\n" % max(m.shape))
        for i, j, v in sorted(zip(m.row + 1, m.col + 1, m.data)): f.write("%d %d %r\n" % (i, j, 7.5 if name == "p" else float(v)))
P
  for f in a s k p d; do
    hal9-convert --from mtx --weight 7.5 --delay 2ms --connections $f.mtx -o $f.h9
    { hal9-view --labels --count $f.h9 > /dev/null; hal9-convert --to csv --neurons - -q $f.h9 | tail -n +2 | wc -l; } > got
    hal9-convert --to csv --connections - -q $f.h9 | tail -n +2 > rows
    grep -vq ',2$' rows && false
    "$PYTHON" -c '
for i, j, v in sorted((int(a), int(b), float(c)) for a, b, c, d in (l.split(",") for l in open("rows"))): print(i, j, repr(v))' >> got
    cmp got $f.want
  done
  hal9-convert --from mtx --network net.h9 --source i --target e --delay 1ms --connections ie.mtx -o ie.h9 -q
  cmp <(hal9-convert --to csv --source i --target e --connections - -q net.h9 | sort) <(hal9-convert --to csv --source i --target e --connections - -q ie.h9 | sort)
  printf '%%%%MatrixMarket matrix coordinate real general\n%% Auryn\n%%\n4 3 2\n1 3 0.500000\n4 1 0.250000\n' > auryn.wmat
  [ "$(hal9-convert --from mtx --connections auryn.wmat | hal9-view --connections | cut -f 1-3 | tr '\t\n' ' ;')" = "1 3 0.5;4 1 0.25;" ]
}

@test "mistakes in lists of PyNN and in matrices: file, line, what was found and what was expected" {
  hal9-gen -n 5 -o n.h9
  try() { # try FORMAT TEXT LINE...
    local f=$1 text=$2
    shift 2
    printf '%s\n' "$@" > x
    refused 65 "$text" --from $f --network n.h9 --connections x
  }
  banner='%%MatrixMarket matrix coordinate real general'
  try mtx "x:1: found '1 2 3', expected %%MatrixMarket matrix coordinate" '1 2 3'
  try mtx "x:1: found a matrix array real general, expected" '%%MatrixMarket matrix array real general'
  try mtx "x:1: found a matrix coordinate complex general, expected" '%%MatrixMarket matrix coordinate complex general'
  try mtx "x:3: found '6', expected rows, a number of sources, at most 5" "$banner" % '6 5 1'
  try mtx "x:2: found 3 rows and 4 columns, expected a square matrix" '%%MatrixMarket matrix coordinate real symmetric' '3 4 1'
  try mtx "x:3: found '0', expected a row from 1 to 5" "$banner" '5 5 1' '0 1 1'
  try mtx "x:3: found '4', expected a column from 1 to 3" "$banner" '5 3 1' '1 4 1'
  try mtx "x:4: found more than 1 entries" "$banner" '5 5 1' '1 1 1' '1 2 1'
  try mtx "x: ends after 1 entries, expected 2" "$banner" '5 5 2' '1 1 1'
  try mtx "x:3: found 2 numbers, expected row, column and value" "$banner" '5 5 1' '1 1'
  try mtx "x:3: found 'x', expected a number" "$banner" '5 5 1' '1 1 x'
  try mtx "column 3 (weight): found 'inf', expected a finite number" "$banner" '5 5 1' '1 1 inf'
  try mtx "x: ends before its line of sizes" "$banner"
  try pynn "x:2: found 3 numbers, expected 4" '# columns = ["i", "j", "weight", "delay"]' '0 1 2'
  try pynn "x:1: found 5 numbers, expected i, j, weight and delay" '0 1 2 3 4'
  try pynn "x:2: column 1 (source): found '5', expected an id from 0 to 4, a neuron of --network" '0 1 2 1' '5 1 2 1'
  try pynn "x:1: column 4 (delay_ms): found 0.25 ms, which is between steps" '0 1 2 0.25'
  try pynn "x:1: no column 'target'" '# columns = ["i", "weight"]' '0 1'
  refused 64 "--id-base: a matrix counts from 1" --from mtx --id-base 0 --connections x
  refused 64 "--signals: format pynn has connections only" --from pynn --signals x
  printf 'label,population\na,e\nb,i\n' > n.csv
  hal9-convert --from csv --neurons n.csv -o two.h9
  echo '0 0 1 1' > x
  refused 64 "a list of PyNN joins two populations: expected --source and --target" --from pynn --network two.h9 --connections x
  refused 65 "--source: there is no population 'ee'" --from pynn --network two.h9 --source ee --target i --connections x
  refused 65 "found '1', expected a number from 0 to 0, a neuron of population e" --from pynn --network two.h9 --source e --target i --connections <(echo 1 0 1 1)
}

@test "signals beyond what memory keeps: sorted as numpy sorts them, labels and populations too, in the memory of the first ones" {
  printf 'populations:\n  a: {count: 3000, model: parrot_neuron}\n  b: {count: 2000, model: parrot_neuron}\n' > net.yaml
  hal9-gen -c net.yaml -o net.h9
  "$PYTHON" - <<'P'
import numpy as np
r = np.random.default_rng(1)
for n, f in ((2200000, "less"), (4300000, "more")):
    a = np.empty(n, [("step", "<u4"), ("neuron", "<u2")])
    a["step"], a["neuron"] = r.integers(1, 500000, n), r.integers(1, 5001, n)
    np.save(f + ".npy", a)
a = np.load("less.npy")
np.savez("labels.npz", step=a["step"], neuron=a["neuron"].astype("U4"))
P
  for f in less more; do
    hal9-convert --from npy --network net.h9 --signals $f.npy -v -o $f.h9 2> note
    sed -n 's/.*peak memory \([0-9]*\).*/\1/p' note > $f.peak
  done
  echo "peaks: $(cat less.peak) and $(cat more.peak) MiB"
  [ "$(cat more.peak)" -lt $(($(cat less.peak) * 5 / 4 + 10)) ]
  hal9-convert --to npy --time-unit step --signals back.npy more.h9
  hal9-convert --from npz --ids text --signals labels.npz -o labels.h9
  hal9-convert --to npz --time-unit step --signals labels.back.npz labels.h9
  "$PYTHON" - <<'P'
import numpy as np
a, b = np.load("more.npy"), np.load("back.npy")
a = a[np.lexsort((a["neuron"], a["step"]))]
assert np.array_equal(a["step"], b["step"]) and np.array_equal(a["neuron"], b["neuron"])
a, z = np.load("less.npy"), np.load("labels.back.npz")
a = a[np.lexsort((a["neuron"], a["step"]))]
id = z["neuron"].astype(np.int64)
assert np.array_equal(z["step"], a["step"])
assert np.array_equal(np.sort(z["step"].astype(np.int64) * 10000 + id), a["step"].astype(np.int64) * 10000 + a["neuron"])
P
  hal9-convert --to bmtk --signals b.csv less.h9
  hal9-convert --from bmtk --signals b.csv -o b.h9 -q
  hal9-convert --to bmtk --signals - b.h9 > c.csv
  cmp <(LC_ALL=C sort b.csv) <(LC_ALL=C sort c.csv)
}

@test "files of all formats with bytes changed, lost, put in and cut off: read, or refused with a message; never worse" {
  cat > fuzz.py <<'P'
import random, subprocess
random.seed(5)
call = lambda *a: subprocess.run(["hal9-convert", *a], capture_output=True, timeout=60)
open("n.csv", "w").write("label,x,population,model,C_m[pF]\n1,0,e,iaf_psc_exp,250\n2,1,e,iaf_psc_exp,250.5\n3,2,i,iaf_psc_alpha,200\n")
open("c.csv", "w").write("source,target,weight_pA,delay_ms\n1,2,0.25,1\n2,3,-1.5,2.5\n3,1,7,0.1\n")
open("s.csv", "w").write("time,neuron\n0.2,1\n0.3,3\n12.5,2\n")
assert call("--from", "csv", "--neurons", "n.csv", "--connections", "c.csv", "--signals", "s.csv", "-o", "net.h9").returncode == 0
cases = [(f, part, []) for f in ("csv", "ndjson", "npy", "npz") for part in ("neurons", "connections", "signals")]
cases += [(f, "signals", []) for f in ("nest", "gdf", "auryn", "bmtk")]
cases += [("mtx", "connections", []), ("pynn", "connections", ["--source", "e", "--target", "i"])]
seen = set()
for form, part, more in cases:
    assert call("--to", form, "--" + part, "whole", *more, "net.h9").returncode == 0
    whole = open("whole", "rb").read()
    for k in range(25):
        b = bytearray(whole)
        for _ in range(random.choice((1, 1, 2, 5))):
            i, op = random.randrange(len(b) + 1), random.randrange(5)
            if op == 0: b[i:i + 1] = bytes([random.randrange(256)])
            elif op == 1: b[i:i + 1] = bytes([random.choice(b"0123456789-.eE,\t\n\"'[]{}()#% ")])
            elif op == 2: del b[i:i + random.randrange(1, 9)]
            elif op == 3: b[i:i] = random.choice((whole[i:i + 8], b"\xff" * 4, b"\0"))
            else: del b[i:]
        open("changed", "wb").write(b)
        net = ["--network", "net.h9", *more] if part != "neurons" and (more or k % 2) else []
        r = call("--from", form, "--" + part, "changed", *net, "-o", "out.h9", "-f")
        seen.add(r.returncode)
        assert r.returncode == 0 or (r.returncode in (64, 65, 66) and r.stderr), (form, part, k, bytes(b), r)
assert {0, 65} <= seen
P
  "$PYTHON" fuzz.py
}

# examples/read_stream.py, a reader written from hal9-stream(5) alone. Authority: hal9-view's text of the same streams.

setup_file() {
  set -o pipefail
  cd "$BATS_FILE_TMPDIR"
  export EXAMPLE=$BATS_TEST_DIRNAME/../examples/read_stream.py
  cat > net.yaml <<'Y'
populations:
  a: {count: 400, model: iaf_psc_exp, layout: {type: ball, extent: 300 um}, state: {V_m: {uniform: {low: -70 mV, high: -55 mV}}}}
  b: {count: 200, model: iaf_psc_exp, layout: {type: ball, extent: 300 um}}
  c: {count: 70000, model: parrot_neuron}
connections:
  - {source: a, target: [a, b], rule: fixed_indegree, number: 20, weight: {normal: {mean: 25 pA, sd: 5 pA}}, delay: {uniform: {low: 0.5 ms, high: 30 ms}}}
  - {source: b, target: [a, b], rule: fixed_outdegree, number: 50, weight: -75 pA * 2, delay: 1 ms}
  - {source: b, target: c, rule: fixed_outdegree, number: 50, weight: 2, delay: 1 ms}
  - {source: c, target: a, rule: fixed_total_number, number: 3000, weight: {lognormal: {mu: 1, sigma: 3}}, delay: 150 ms}
  - {source: a, target: c, rule: fixed_outdegree, number: 3, weight: {normal: {mean: 2, sd: 0}}, delay: 1 ms}
simulation:
  stimuli:
    - {type: poisson, target: [a, b], rate: 8 kHz, weight: 22 pA}
Y
  hal9-gen -c net.yaml | hal9-index -c net.yaml -o net.h9
  hal9-step -c net.yaml -t 300ms net.h9 -o spikes.h9
}

setup() {
  set -o pipefail
  cd "$BATS_FILE_TMPDIR"
}

same() { # same WHAT FILE MODE: numbers as 32-bit floats; connections source by source, as their groups of blocks are not
  "$PYTHON" "$EXAMPLE" "$1" "$2" > got
  hal9-view "${@:3}" --no-header "$2" > want
  [ "$(wc -l < got)" -gt 100 ]
  "$PYTHON" - <<'P'
def rows(name):
    return [line.rstrip("\n").split("\t") for line in open(name)]
import numpy as np
got, want = rows("got"), rows("want")
assert len(got) == len(want), (len(got), len(want))
if len(got[0]) == 4:
    got.sort(key=lambda row: int(row[0]))
for g, w in zip(zip(*got), zip(*want)):
    try:
        assert np.array_equal(np.array(g, np.float32), np.array(w, np.float32))
    except ValueError:
        assert g == w  # names
P
}

@test "neurons: ids, populations, positions and values as hal9-view shows them" {
  for p in a b; do # the values that vary: V_m of a
    columns=id,population,x,y,z; [ $p = b ] || columns+=,V_m
    hal9-view --tsv --no-header --population $p --columns $columns net.h9 > want
    "$PYTHON" "$EXAMPLE" neurons net.h9 | awk -F '\t' -v p=$p '$2 == p' > got
    [ -s got ]
    "$PYTHON" - <<'P'
import numpy as np
got, want = ([line.split() for line in open(n)] for n in ("got", "want"))
assert len(got) == len(want)
for g, w in zip(got, want):
    assert g[:2] == w[:2] and np.array_equal(np.float32(g[2:]), np.float32(w[2:])), (g, w)
P
  done
}

@test "connections of all weight encodings and widths, in order" {
  same connections net.h9 --connections
  # a network that plasticity left: weights in f64
  cat > plastic.yaml <<'Y'
populations: {a: {count: 50, model: iaf_psc_exp}}
connections:
  - {source: a, target: a, rule: fixed_indegree, number: 10, weight: 300 pA, delay: 1 ms, synapse: {model: stdp_synapse, Wmax: 1000 pA}}
simulation:
  stimuli: [{type: poisson, target: a, rate: 8 kHz, weight: 22 pA}]
Y
  hal9-gen -c plastic.yaml | hal9-index -c plastic.yaml | hal9-step -c plastic.yaml -t 200ms --weights w.h9 > /dev/null
  same connections w.h9 --connections
  PYTHONPATH=$(dirname "$EXAMPLE") "$PYTHON" -c '
from read_stream import Stream
found = [{p["encoding"] for p in Stream(f).projections()} for f in ("net.h9", "w.h9")]
widths = {len(str(p["neurons"])) for p in Stream("net.h9").populations}
assert found == [{0, 1, 2}, {3}] and widths == {3, 5}, found'
}

@test "signals: steps and ids, batch after batch; strengths and priorities" {
  same signals spikes.h9 --signals
  printf 't_s,id,strength,priority\n0.5,a,2.5,7\n0.25,b,-1,255\n' > s.csv
  hal9-convert --from csv --signals s.csv --ids text -o strong.h9
  PYTHONPATH=$(dirname "$EXAMPLE") "$PYTHON" - <<'P'
from read_stream import Stream
s = Stream("strong.h9")
got = [(b["step"][i] * s.dt, b["strength"][i], b["priority"][i]) for b in s.signals() for i in range(len(b["id"]))]
assert got == [(250, -1, 255), (500, 2.5, 7)], got
s, end = Stream("spikes.h9"), 0
for batch in s.signals():
    assert batch["from"] == end and (batch["step"] > end).all() and (batch["step"] <= batch["to"]).all()
    end = batch["to"]
assert end == 3000 and s.dt == 0.1, (end, s.dt)
P
}

@test "a file that is cut anywhere, or damaged where it is read, is refused" {
  size=$(stat -c %s spikes.h9)
  for at in 0 15 40 $((size / 2)) $((size - 1)); do
    head -c $at spikes.h9 > cut.h9
    run "$PYTHON" "$EXAMPLE" signals cut.h9
    [ "$status" = 1 ]
    [[ "$output" == *"read_stream.py: cut.h9: "* ]]
  done
  "$PYTHON" - "$size" <<'P'
import os, subprocess, sys
data = bytearray(open("spikes.h9", "rb").read())
at = data.index(b"\x06\0\0\0", 100) + 60  # inside the first frame of signals
data[at] ^= 1
open("flipped.h9", "wb").write(data)
P
  run "$PYTHON" "$EXAMPLE" signals flipped.h9
  [ "$status" = 1 ]
  [[ "$output" == *"damaged"* ]]
}

# hal9-stats of networks. Authority: numpy over the connections and positions that hal9-view prints.

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_FILE_TMPDIR"
  cat > net.yaml <<'Y'
populations:
  exc: {count: 300, model: iaf_psc_exp, layout: {type: box, extent: [400 um, 300 um, 200 um]}}
  inh: {count: 80, model: iaf_psc_delta, layout: {type: ball, extent: 200 um}}
  src: {count: 20, model: parrot_neuron}
connections:
  - {name: local, source: exc, target: exc, rule: pairwise_bernoulli, p: 0.3, kernel: {gaussian: {sigma: 80 um}}, periodic: true,
     weight: {normal: {mean: 50 pA, sd: 10 pA, min: 0 pA}}, delay: 0.5 ms + distance / (200 um/ms)}
  - {source: exc, target: inh, rule: fixed_indegree, number: 12, weight: {lognormal: {mu: 0, sigma: 2}}, delay: {uniform: {low: 1 ms, high: 150 ms}}}
  - {source: inh, target: [exc, inh], rule: radius, radius: 90 um, weight: -7, delay: 0.8 ms}
  - {source: src, target: '*', rule: all_to_all, weight: 1.5, delay: 1.25 ms}
  - {source: inh, target: src, rule: fixed_total_number, number: 0}
Y
  hal9-gen -c net.yaml -o neurons.h9
  hal9-index -c net.yaml -o net.h9 neurons.h9
  hal9-index -c net.yaml --defer -o rules.h9 neurons.h9
  hal9-view --connections net.h9 > connections.txt
  hal9-view --tsv --no-header --columns id,population,x,y,z net.h9 > neurons.txt
  cat > judge.py <<'P'
import json, sys
import numpy as np
net = json.load(open(sys.argv[1]))["network"]
c = np.loadtxt("connections.txt")
source, target, weight, delay = c[:, 0].astype(int), c[:, 1].astype(int), c[:, 2], c[:, 3]
pos = {}
for l in open("neurons.txt"):
    f = l.rstrip("\n").split("\t")
    pos[int(f[0])] = [float(v) if v not in ("", "-", "nan") else np.nan for v in f[2:5]]
x = np.array([pos[i] for i in sorted(pos)])
ranges = {"exc": (1, 300), "inh": (301, 80), "src": (381, 20)}
assert net["neurons"] == 400 and net["connections"] == len(c) and net["dt_ms"] == 0.1 and net["seed"] == 1
def same(a, b, tolerance, what):
    if b is None: assert a is None, (what, a)
    else: assert a is not None and abs(a - b) <= tolerance * max(1e-300, abs(b)), (what, a, b)
models = {"exc": "iaf_psc_exp", "inh": "iaf_psc_delta", "src": "parrot_neuron"}
for p in net["populations"]:
    lo, n = ranges[p["name"]]
    assert (p["count"], p["first_id"], p["model"]) == (n, lo, models[p["name"]])
    for key, ids in (("indegree", target), ("outdegree", source)):
        d = np.bincount(ids, minlength=401)[lo:lo + n]
        same(p[key + "_mean"], d.mean(), 1e-12, key)
        same(p[key]["sd"], d.std(ddof=1), 1e-9, key)
        assert p[key]["n"] == n and np.allclose(p[key]["quantiles"], np.quantile(d, np.arange(11) / 10)), (key, p[key])
def who(ids, name):
    lo, n = ranges[name]
    return (ids >= lo) & (ids < lo + n)
rules = [("exc", "exc", "pairwise_bernoulli"), ("exc", "inh", "fixed_indegree"), ("inh", "exc", "radius"), ("inh", "inh", "radius"),
         ("src", "exc", "all_to_all"), ("src", "inh", "all_to_all"), ("src", "src", "all_to_all"), ("inh", "src", "fixed_total_number")]
assert [(q["source"], q["target"], q["rule"]) for q in net["projections"]] == rules
assert net["projections"][0]["name"] == "local" and "name" not in net["projections"][1]
size = np.array([400.0, 300.0, 200.0])
for q in net["projections"]:
    k = who(source, q["source"]) & who(target, q["target"])
    n = int(k.sum())
    assert q["connections"] == n, q
    for key, v in (("weight", weight[k]), ("delay_ms", delay[k])):
        if n == 0:
            assert all(q[key][m] is None for m in ("mean", "sd", "min", "max")), q[key]
            continue
        for m, want in (("mean", v.mean()), ("min", v.min()), ("max", v.max())): same(q[key][m], want, 1e-6, (q, key, m))
        assert abs(q[key]["sd"] - v.std(ddof=1)) <= 1e-6 * max(1, abs(v).max()), (q[key], v.std(ddof=1))
    steps, many = np.unique(np.minimum(np.rint(delay[k] / 0.1).astype(int), 1023), return_counts=True)
    assert {int(a): b for a, b in q["delay_steps"].items()} == dict(zip(steps.tolist(), many.tolist())), q["delay_steps"]
    if "src" in (q["source"], q["target"]) or n == 0:
        assert "distance_um" not in q
        continue
    d = x[target[k] - 1] - x[source[k] - 1]
    if q["source"] == q["target"] == "exc": d -= size * np.rint(d / size)
    r = np.sqrt((d ** 2).sum(axis=1))
    for m, want in (("mean", r.mean()), ("sd", r.std(ddof=1)), ("min", r.min()), ("max", r.max())):
        assert abs(q["distance_um"][m] - want) < 1e-3, (q["distance_um"], m, want) # positions are printed with 7 digits
    gap = np.diff(np.sort(r)).max()
    assert np.abs(np.array(q["distance_quantiles_um"]) - np.quantile(r, np.arange(11) / 10)).max() < gap + np.sqrt((size ** 2).sum()) / 4096
print("judged", len(c), "connections")
P
}
setup() { cd "$BATS_FILE_TMPDIR"; }

@test "degrees, weights, delays, distances of a network that is written out" {
  hal9-stats --json net.h9 > "$BATS_TEST_TMPDIR/s.json"
  "$PYTHON" judge.py "$BATS_TEST_TMPDIR/s.json"
}

@test "the same of a network that is given by its rules" {
  hal9-stats --json rules.h9 > "$BATS_TEST_TMPDIR/s.json"
  "$PYTHON" judge.py "$BATS_TEST_TMPDIR/s.json"
  diff <(hal9-stats --json net.h9 | grep -v -e stream_bytes -e '"stream"') <(grep -v -e stream_bytes -e '"stream"' "$BATS_TEST_TMPDIR/s.json")
}

@test "the same output for 1 to 4 threads and other vector instructions, written out or not" {
  for f in net.h9 rules.h9; do
    hal9-stats --json -@ 1 $f > "$BATS_TEST_TMPDIR/1"
    for t in 2 3 4; do hal9-stats --json -@ $t $f | diff - "$BATS_TEST_TMPDIR/1"; done
    HAL9_SIMD=scalar hal9-stats --json $f | diff - "$BATS_TEST_TMPDIR/1"
    HAL9_THREADS=3 hal9-stats --json $f | diff - "$BATS_TEST_TMPDIR/1"
  done
}

@test "--quick expects connections instead of drawing them" {
  hal9-stats --json --quick rules.h9 > "$BATS_TEST_TMPDIR/q.json"
  hal9-stats --json rules.h9 > "$BATS_TEST_TMPDIR/s.json"
  "$PYTHON" - "$BATS_TEST_TMPDIR" <<'P'
import json, sys
q, s = (json.load(open(f"{sys.argv[1]}/{n}.json"))["network"] for n in "qs")
assert "connections" not in q and "projections" not in q and "indegree" not in q["populations"][0]
assert abs(q["connections_expected"] - s["connections"]) < 0.1 * s["connections"], (q["connections_expected"], s["connections"])
P
  hal9-stats --quick rules.h9 | grep -q 'about [0-9]* connections'
  diff <(hal9-stats --quick net.h9) <(hal9-stats net.h9) # what is written out is counted as always
  hal9-gen -n 100 | hal9-index --k-nearest 7 --defer | hal9-stats --quick --tsv | grep -P 'connections_expected\t700$'
}

@test "text and TSV tell the same as JSON" {
  hal9-stats --json net.h9 > "$BATS_TEST_TMPDIR/s.json"
  hal9-stats --tsv net.h9 > "$BATS_TEST_TMPDIR/tsv"
  hal9-stats net.h9 > "$BATS_TEST_TMPDIR/text"
  cd "$BATS_TEST_TMPDIR"
  "$PYTHON" - <<'P'
import json
n = json.load(open("s.json"))["network"]
t = {tuple(l.split("\t")[1:4]): float(l.split("\t")[4]) for l in list(open("tsv"))[1:]}
assert t["network", "", "neurons"] == 400 and t["network", "", "connections"] == n["connections"]
lines = [l.split() for l in open("text")]
for p in n["populations"]:
    for k in ("indegree", "outdegree"):
        assert abs(t["network", p["name"], k + "_mean"] - p[k]["mean"]) < 1e-6 and abs(t["network", p["name"], k + "_sd"] - p[k]["sd"]) < 1e-6
    row = next(l for l in lines if l[:2] == [p["name"], p["model"]])
    want = [p["count"]] + [v for k in ("indegree", "outdegree") for v in (p[k]["mean"], p[k]["sd"], p[k]["quantiles"][0], p[k]["quantiles"][10])]
    assert all(abs(float(a) - b) <= 0.0051 for a, b in zip(row[2:], want, strict=True)), (row, want)
for q in n["projections"]:
    row = next(l for l in lines if l[:3] == [q["source"], q["target"], q["rule"]])
    assert int(row[3]) == q["connections"]
    want = [q["weight"]["mean"], q["weight"]["sd"], q["delay_ms"]["mean"], q["delay_ms"]["sd"], q["delay_ms"]["max"]]
    for a, b in zip(row[4:9], want): assert (a == "-" and b is None) or abs(float(a) - b) <= max(0.0051, 1e-4 * abs(b)), (row, want)
P
}

@test "--population leaves out other populations and projections between them" {
  hal9-stats --json --population src net.h9 > "$BATS_TEST_TMPDIR/s.json"
  "$PYTHON" -c 'import json; n = json.load(open("'"$BATS_TEST_TMPDIR"'/s.json"))["network"]
assert [p["name"] for p in n["populations"]] == ["src"] and len(n["projections"]) == 4 and all("src" in (q["source"], q["target"]) for q in n["projections"])
assert n["neurons"] == 400'
}

@test "neurons alone; a network of one neuron; no connections at all" {
  hal9-stats neurons.h9 > "$BATS_TEST_TMPDIR/out"
  grep -q '^Network: 400 neurons in 3 populations, dt' "$BATS_TEST_TMPDIR/out"
  hal9-gen -n 1 | hal9-index --radius 1um --autapses | hal9-stats --json > "$BATS_TEST_TMPDIR/one.json"
  "$PYTHON" -c 'import json; n = json.load(open("'"$BATS_TEST_TMPDIR"'/one.json"))["network"]; p = n["populations"][0]
assert n["connections"] == 1 and p["indegree"]["mean"] == 1 and p["indegree"]["sd"] is None and n["projections"][0]["distance_um"]["max"] == 0, n'
  hal9-gen -n 10 | hal9-index --radius 0.001um | hal9-stats --json | grep -q '"connections": 0,'
}

@test "damaged and cut networks print nothing" {
  size=$(stat -c %s net.h9)
  for n in $((size / 2)) $((size - 60)) $((size - 1)); do
    head -c $n net.h9 > "$BATS_TEST_TMPDIR/cut.h9"
    run --separate-stderr -65 hal9-stats "$BATS_TEST_TMPDIR/cut.h9"
    [ -z "$output" ]
  done
  "$PYTHON" - net.h9 "$BATS_TEST_TMPDIR/bad.h9" <<'P'
import sys
b = bytearray(open(sys.argv[1], "rb").read()); b[len(b) // 2] ^= 16; open(sys.argv[2], "wb").write(b)
P
  run --separate-stderr -65 hal9-stats --json "$BATS_TEST_TMPDIR/bad.h9"
  [ -z "$output" ]
}

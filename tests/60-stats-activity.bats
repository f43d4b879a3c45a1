# hal9-stats of activity. Authority: numpy over the spikes that hal9-view prints, by the definitions in hal9-stats(1).

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_FILE_TMPDIR"
  cat > net.yaml <<'Y'
parameters: {w: 60 pA}
populations:
  exc: {count: 240, model: iaf_psc_exp, params: {I_e: {uniform: {low: 0 pA, high: 300 pA}}}}
  inh: {count: 60, model: iaf_psc_exp}
  mute: {count: 5, model: iaf_psc_exp}
connections:
  - {source: exc, target: [exc, inh], rule: pairwise_bernoulli, p: 0.1, weight: w, delay: {normal: {mean: 1.5 ms, sd: 0.5 ms, min: 0.1 ms}}}
  - {source: inh, target: [exc, inh], rule: pairwise_bernoulli, p: 0.1, weight: -6 * w, delay: 0.8 ms}
simulation:
  duration: 3 s
  transient: 100 ms
  stimuli:
    - {type: poisson, target: [exc, inh], rate: 2500 Hz, weight: w}
Y
  hal9-gen -c net.yaml | hal9-index -c net.yaml | hal9-step -c net.yaml --no-metrics -o spikes.h9
  hal9-view --signals spikes.h9 > spikes.txt
  cat > judge.py <<'P'
# judge.py STATS.json [name=value...]: recomputes every number of the activity.
import json, sys
import numpy as np
o = dict(start=100.0, stop=3100.0, bin=2.0, sync=3.0, fano=100.0, sample=250, least=10, psth=0.0)
for a in sys.argv[2:]:
    k, v = a.split("=")
    o[k] = type(o[k])(v)
dt = 0.1
steps = lambda ms: max(1, int(np.floor(ms / dt + 0.5)))
step, neuron = np.loadtxt("spikes.txt", dtype=np.int64).T
first, last = round(o["start"] / dt), round(o["stop"] / dt)
keep = (step > first) & (step <= last)
step, neuron = step[keep] - first, neuron[keep]
total = last - first
got = json.load(open(sys.argv[1]))["activity"]
assert got["start_ms"] == o["start"] and abs(got["duration_ms"] - total * dt) < 1e-9, got
assert got["signals"] == len(step)
worst = {}
def same(name, a, b, tolerance=1e-9):
    if b is None or (isinstance(b, float) and np.isnan(b)):
        assert a is None, (name, a, b)
        return
    assert a is not None and abs(a - b) <= tolerance * max(1, abs(b)), (name, a, b)
def counts(t, width):  # of complete bins
    n = total // width
    return np.bincount((t - 1) // width, minlength=n + 1)[:n].astype(float)
def mean(v): return float(np.mean(v)) if len(v) else None
ids = {"exc": (1, 240), "inh": (241, 60), "mute": (301, 5)}
for p in got["populations"]:
    lo, n = ids[p["name"]]
    trains = [step[neuron == i] for i in range(lo, lo + n)]
    rates = np.array([len(t) for t in trains]) / (total * dt / 1000)
    assert p["count"] == n and p["signals"] == sum(map(len, trains))
    same("rate", p["rate_hz"], rates.mean())
    same("sd", p["rate_sd_hz"], rates.std(ddof=1))
    for q, v in zip(p["rate_quantiles_hz"], np.quantile(rates, np.arange(11) / 10)): same("quantile", q, v)
    same("silent", p["silent_fraction"], np.mean(rates == 0))
    busy = [t for t in trains if len(t) >= max(3, o["least"])]
    isi = [np.diff(t) for t in busy]
    cv = [i.std(ddof=1) / i.mean() for i in isi]
    lv = [3 / (len(i) - 1) * np.sum(((i[1:] - i[:-1]) / (i[1:] + i[:-1])) ** 2) for i in isi]
    same("cv", p["cv_isi"], mean(cv))
    assert p["cv_isi_distribution"]["n"] == len(cv)
    same("cv sd", p["cv_isi_distribution"]["sd"], np.std(cv, ddof=1) if len(cv) > 1 else None)
    same("lv", p["lv"], mean(lv))
    windows = [counts(t, steps(o["fano"])) for t in busy]
    fano = [c.var(ddof=1) / c.mean() for c in windows if len(c) > 1 and c.sum() > 0]
    same("fano", p["fano"], mean(fano))
    all_spikes = np.sort(np.concatenate(trains))
    c = counts(all_spikes, steps(o["sync"]))
    same("synchrony", p["synchrony"], c.var(ddof=1) / c.mean() if len(c) > 1 and c.sum() else None)
    fired = [t for t in trains if len(t)]
    assert p["correlation_neurons"] == min(len(fired), o["sample"]), (p["correlation_neurons"], len(fired))
    m = [counts(t, steps(o["bin"])) for t in fired]
    m = [c for c in m if len(c) and c.std() > 0]
    if len(m) > 1:
        r = np.corrcoef(m)[np.triu_indices(len(m), 1)]
        if len(fired) <= o["sample"]:  # then the sample is all of them
            same("correlation", p["correlation"], r.mean(), 1e-8)
            same("correlation sd", p["correlation_sd"], r.std(ddof=1) if len(r) > 1 else None, 1e-7)
        else:  # the mean over a sample of pairs: within six standard errors, generously by neurons
            assert abs(p["correlation"] - r.mean()) < 6 * r.std() / np.sqrt(o["sample"]), (p["correlation"], r.mean())
    if o["psth"]:
        assert p["psth"] == counts(all_spikes, steps(o["psth"])).astype(int).tolist()
    else:
        assert "psth" not in p
print("judged", len(step), "spikes")
P
}
setup() { cd "$BATS_FILE_TMPDIR"; }

stats() { hal9-stats --json "$@" spikes.h9 > "$BATS_TEST_TMPDIR/s.json"; }
judge() { "$PYTHON" judge.py "$BATS_TEST_TMPDIR/s.json" "$@"; }

@test "rates, CV, LV, Fano factor, correlation, synchrony with the defaults" {
  stats
  judge
  "$PYTHON" -c 'import json; p = json.load(open("'"$BATS_TEST_TMPDIR"'/s.json"))["activity"]["populations"]
assert p[0]["signals"] > 3000 and p[1]["signals"] > 500 and p[2]["signals"] == 0, p # enough to judge by
assert p[2]["cv_isi"] is None and p[2]["correlation"] is None and p[2]["synchrony"] is None and p[2]["silent_fraction"] == 1'
}

@test "--start, --stop, alone and together, on and off the grid of bins" {
  stats --start 1s; judge start=1000
  stats --stop 1234.5; judge stop=1234.5
  stats --start 500.3ms --stop 2.7011s; judge start=500.3 stop=2701.1
  stats --start 0 --stop 1h1 2> /dev/null && return 1
  stats --start 1ms --stop 99s; judge # what was not recorded is not counted as silence
}

@test "--bin, --sync-bin, --fano-window, --psth" {
  stats --bin 7 --sync-bin 1.1ms --fano-window 333.3 --psth=12.3ms
  judge bin=7 sync=1.1 fano=333.3 psth=12.3
  stats --psth; judge psth=5
  stats --bin 4s --sync-bin 4s --fano-window 4s; judge bin=4000 sync=4000 fano=4000 # no complete bin
}

@test "--min-spikes" {
  stats --min-spikes 3; judge least=3
  stats --min-spikes 40; judge least=40
  stats --min-spikes 100000; judge least=100000
}

@test "--sample takes so many neurons, chosen by the seed" {
  stats --sample 20; judge sample=20
  one=$(grep '"correlation"' "$BATS_TEST_TMPDIR/s.json" | head -n 1)
  stats --sample 20 --seed 1; [ "$one" = "$(grep '"correlation"' "$BATS_TEST_TMPDIR/s.json" | head -n 1)" ]
  stats --sample 20 --seed 2; [ "$one" != "$(grep '"correlation"' "$BATS_TEST_TMPDIR/s.json" | head -n 1)" ]
  judge sample=20
}

@test "the section statistics of the configuration is the default, options come before it" {
  cat > "$BATS_TEST_TMPDIR/s.yaml" <<'Y'
parameters: {from: 1 s}
statistics: {start: from, stop: 2.5 s, bin: 5 ms, psth_bin: 20 ms, correlation_sample: 300, min_spikes: 5}
Y
  stats -c "$BATS_TEST_TMPDIR/s.yaml" --psth; judge start=1000 stop=2500 bin=5 psth=20 sample=300 least=5
  stats -c "$BATS_TEST_TMPDIR/s.yaml" --set from=500ms --stop 2s --bin 2 --min-spikes 10 --sample 250; judge start=500 stop=2000
}

@test "--population prints those, and names one that is not there" {
  stats --population inh,mute; judge
  [ "$(grep -c '"rate_hz"' "$BATS_TEST_TMPDIR/s.json")" = 2 ]
  run --separate-stderr -65 hal9-stats --population ihn spikes.h9
  [[ "$stderr" == *"spikes.h9: there is no population 'ihn'; did you mean 'inh'?"* ]]
  [ -z "$output" ]
}

@test "text, TSV and JSON tell the same numbers" {
  hal9-stats spikes.h9 > "$BATS_TEST_TMPDIR/text"
  hal9-stats --tsv --psth=100ms spikes.h9 > "$BATS_TEST_TMPDIR/tsv"
  hal9-stats --json --psth=100ms spikes.h9 > "$BATS_TEST_TMPDIR/s.json"
  cd "$BATS_TEST_TMPDIR"
  "$PYTHON" - <<'P'
import json
j = json.load(open("s.json"))
rows = [l.rstrip("\n").split("\t") for l in open("tsv")]
assert rows[0] == ["stream", "section", "population", "statistic", "value"] and all(len(r) == 5 and r[0] == "spikes.h9" for r in rows[1:])
t = {(r[1], r[2], r[3]): r[4] for r in rows[1:]}
text = open("text").read().split("Activity:")[1].split("\n")
table = {l.split()[0]: l.replace(" %", "").split()[1:] for l in text[2:5]}
for p in j["activity"]["populations"]:
    n = p["name"]
    for k in ["rate_hz", "rate_sd_hz", "silent_fraction", "cv_isi", "lv", "fano", "correlation", "synchrony"]:
        v = t["activity", n, k]
        assert (v == "" and p[k] is None) or abs(float(v) - p[k]) <= 1e-8 * abs(p[k]), (n, k, v, p[k])
    assert [int(t["activity", n, f"psth_{i}"]) for i in range(30)] == p["psth"] and ("activity", n, "psth_30") not in t
    want = [p["count"], p["rate_hz"], p["rate_sd_hz"], p["rate_quantiles_hz"][5], 100 * p["silent_fraction"], p["cv_isi"], p["lv"], p["fano"], p["correlation"], p["synchrony"]]
    for a, b in zip(table[n], want, strict=True):
        assert (a == "-" and b is None) or abs(float(a) - b) < 0.06, (n, a, b)
assert float(t["activity", "", "signals"]) == j["activity"]["signals"] and float(t["network", "", "neurons"]) == 305
P
}

@test "the same output for 1 to 4 threads, from a file and from a pipe, and with progress shown" {
  hal9-stats --json -@ 1 spikes.h9 > "$BATS_TEST_TMPDIR/1"
  for t in 2 3 4; do hal9-stats --json -@ $t spikes.h9 | diff - "$BATS_TEST_TMPDIR/1"; done
  cat spikes.h9 | hal9-stats --json | sed 's/"standard input"/"spikes.h9"/' | diff - "$BATS_TEST_TMPDIR/1"
  hal9-stats --json - < spikes.h9 | sed 's/"standard input"/"spikes.h9"/' | diff - "$BATS_TEST_TMPDIR/1"
  hal9-stats --json --progress always spikes.h9 2> "$BATS_TEST_TMPDIR/err" | diff - "$BATS_TEST_TMPDIR/1"
  hal9-stats --json --progress never -q -v spikes.h9 2>&1 | diff - "$BATS_TEST_TMPDIR/1"
}

@test "several files: one report each; -o keeps them when all are good" {
  hal9-gen -n 3 -o "$BATS_TEST_TMPDIR/three.h9"
  hal9-stats spikes.h9 "$BATS_TEST_TMPDIR/three.h9" > "$BATS_TEST_TMPDIR/out"
  [ "$(grep -c '^Network: ' "$BATS_TEST_TMPDIR/out")" = 2 ]
  grep -q '^spikes.h9$' "$BATS_TEST_TMPDIR/out"
  hal9-stats --tsv spikes.h9 spikes.h9 | grep -c '^stream' | grep -qx 1
  hal9-stats --json -o "$BATS_TEST_TMPDIR/both.json" spikes.h9 spikes.h9
  "$PYTHON" -c 'import json; s = open("'"$BATS_TEST_TMPDIR"'/both.json").read(); d = json.JSONDecoder(); a, n = d.raw_decode(s); b, m = d.raw_decode(s[n:].lstrip()); assert a == b and a["stream"] == "spikes.h9"'
  run -66 hal9-stats --json -o "$BATS_TEST_TMPDIR/never.json" spikes.h9 nowhere.h9
  [ ! -e "$BATS_TEST_TMPDIR/never.json" ]
}

@test "a stream that is cut anywhere prints nothing and exits with 65" {
  size=$(stat -c %s spikes.h9)
  for form in "" --json --tsv; do
    for n in 1 11 100 $((size / 3)) $((size / 2)) $((size - 100)) $((size - 1)); do
      head -c "$n" spikes.h9 > "$BATS_TEST_TMPDIR/cut.h9"
      run --separate-stderr -65 hal9-stats $form "$BATS_TEST_TMPDIR/cut.h9"
      [ -z "$output" ] && [[ "$stderr" == *"cut.h9"* ]]
    done
  done
  run --separate-stderr -66 hal9-stats /dev/null
  run --separate-stderr -66 hal9-stats .
  [ -z "$output" ]
  echo 'hello, this is text' > "$BATS_TEST_TMPDIR/text.h9"
  run --separate-stderr -65 hal9-stats "$BATS_TEST_TMPDIR/text.h9"
}

@test "mistakes in options: 64, with what was found and expected" {
  for o in --start=-1 --start=3mV --stop=0 --bin=0 --bin=x --sync-bin=-2ms --fano-window=0 --psth=0 --sample=1 --sample=2001 --sample=2.5 \
      --min-spikes=2 --min-spikes=x --seed=-1 --threads=0 --progress=maybe --nonsense; do
    run --separate-stderr hal9-stats "$o" spikes.h9
    echo "$o: $status $stderr"
    [ "$status" = 64 ] && [ -z "$output" ] && [[ "$stderr" == *"${o%%=*}"* ]]
  done
  run --separate-stderr -64 hal9-stats --start 2s --stop 1s spikes.h9
  [[ "$stderr" == *"--start 2000 ms is not before --stop 1000 ms"* ]]
  run --separate-stderr -78 hal9-stats -c /dev/null spikes.h9
  run --separate-stderr -66 hal9-stats -c nowhere.yaml spikes.h9
  run --separate-stderr -64 hal9-stats --set a=1 spikes.h9
}

@test "measurements of the run, where the stream has them" {
  hal9-stats --json spikes.h9 | grep -q performance && return 1
  hal9-gen -c net.yaml | hal9-index -c net.yaml | hal9-step -c net.yaml -t 200ms --transient 0 -@ 2 -o "$BATS_TEST_TMPDIR/m.h9"
  hal9-stats --json "$BATS_TEST_TMPDIR/m.h9" > "$BATS_TEST_TMPDIR/m.json"
  hal9-view --metrics "$BATS_TEST_TMPDIR/m.h9" > "$BATS_TEST_TMPDIR/m.tsv"
  "$PYTHON" - "$BATS_TEST_TMPDIR" <<'P'
import json, sys
d = sys.argv[1]
j = json.load(open(d + "/m.json"))
m = dict(l.rstrip("\n").split("\t")[-2:] for l in open(d + "/m.tsv"))
p = j["performance"]
assert p["threads"] == 2 and p["simulate_s"] > 0 and p["signals"] == j["activity"]["signals"], (p, j["activity"])
measured = [k for k in p if "step." + k in m]  # what follows from them: 66-metrics.bats
assert len(measured) >= 12, p
for k in measured: assert abs(float(m["step." + k]) - p[k]) <= 1e-9 * abs(p[k]), (k, p[k], m)
P
  hal9-stats "$BATS_TEST_TMPDIR/m.h9" | grep -q 'real-time factor'
}

@test "without signals there is no activity; a run without spikes has rates of 0" {
  hal9-gen -n 5 --layout none -o "$BATS_TEST_TMPDIR/n.h9"
  hal9-stats "$BATS_TEST_TMPDIR/n.h9" | grep -q Activity && return 1
  hal9-step -t 100ms "$BATS_TEST_TMPDIR/n.h9" | hal9-stats --json > "$BATS_TEST_TMPDIR/n.json"
  "$PYTHON" -c 'import json; a = json.load(open("'"$BATS_TEST_TMPDIR"'/n.json"))["activity"]; p = a["populations"][0]
assert a["duration_ms"] == 100 and a["signals"] == 0 and p["rate_hz"] == 0 and p["silent_fraction"] == 1 and p["cv_isi"] is None, a'
}

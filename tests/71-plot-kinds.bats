# Kinds of pictures of hal9-plot. Authority: numpy on what hal9-view prints, and hal9-stats, for the data in the scripts
# that gnuplot draws from; the pictures' own pixels and points.

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_FILE_TMPDIR"
  cat > net.yaml <<'Y'
populations:
  exc: {count: 160, model: iaf_psc_exp, layout: {type: box, extent: [400 um, 300 um, 200 um]}}
  inh: {count: 40, model: iaf_psc_exp, layout: {type: box, extent: [400 um, 300 um, 200 um]}}
connections:
  - {source: exc, target: '*', rule: pairwise_bernoulli, p: 0.3, kernel: {gaussian: {sigma: 120 um}}, weight: 10 pA, delay: 0.5 ms + distance / (0.3 mm/ms)}
  - {source: inh, target: '*', rule: fixed_indegree, number: 7, weight: -20 pA, delay: 1.5 ms}
simulation:
  duration: 1 s
  stimuli: [{type: poisson, target: '*', rate: 6 kHz, weight: 45 pA}]
Y
  hal9-gen -c net.yaml | hal9-index -c net.yaml -o net.h9
  hal9-step -c net.yaml --record 'V_m@exc[1:3]/0.5ms' -o spikes.h9 net.h9
  hal9-view --signals spikes.h9 > spikes.txt
  hal9-view --tsv --columns id,x,y,z net.h9 > neurons.txt
  hal9-view --connections --columns source,target,delay net.h9 > connections.txt
  hal9-stats --json --seed 1 spikes.h9 > stats.json
  hal9-gen -c net.yaml | hal9-step -t 100ms -o quiet.h9
  cat > "$BATS_FILE_TMPDIR/data.py" <<'P'
import json, re
import numpy as np
def block(script, name):
    text = re.search(rf"\${name} << EOD\n(.*?)EOD", open(script).read(), re.S)[1]
    return np.array([l.split("\t") for l in text.split("\n")[:-1]], float)
def here(name):
    import os
    return os.path.join(os.environ["BATS_FILE_TMPDIR"], name)
step, neuron = np.loadtxt(here("spikes.txt"), dtype=int).T
place = np.array([l.split() for l in open(here("neurons.txt")) if l[0].isdigit()], float)
link = np.array([l.split() for l in open(here("connections.txt")) if l[0].isdigit()], float)
stats = json.load(open(here("stats.json")))["activity"]["populations"]
populations = [(1, 160), (161, 200)]
def spikes_of(i): return step[neuron == i]
P
  export PYTHONPATH=$BATS_FILE_TMPDIR PYTHONDONTWRITEBYTECODE=1
  # colours of a PNG's pixels, by zlib and the filters of RFC 2083
  cat > colours.py <<'P'
import struct, sys, zlib
import numpy as np
b = open(sys.argv[1], "rb").read()
at, data = 8, b""
while at < len(b):
    n, kind = struct.unpack(">I4s", b[at:at + 8])
    if kind == b"IHDR": w, h, depth, colour = struct.unpack(">IIBB", b[at + 8:at + 18])
    if kind == b"IDAT": data += b[at + 8:at + 8 + n]
    at += 12 + n
assert depth == 8 and colour in (2, 6)
size = 3 if colour == 2 else 4
raw = np.frombuffer(zlib.decompress(data), np.uint8).reshape(h, 1 + w * size)
prior = np.zeros(w * size, np.uint8)
seen = set()
ink = 0
for row in raw:
    f, line = row[0], row[1:].astype(np.uint8)
    if f == 2: line = line + prior
    elif f != 0:
        out = bytearray(w * size); p = bytes(prior); l = bytes(line)
        for i in range(w * size):
            a = out[i - size] if i >= size else 0; u = p[i]; c = p[i - size] if i >= size else 0
            if f == 1: v = a
            elif f == 3: v = (a + u) // 2
            else:
                e = a + u - c; pa, pb, pc = abs(e - a), abs(e - u), abs(e - c)
                v = a if pa <= pb and pa <= pc else u if pb <= pc else c
            out[i] = (l[i] + v) & 255
        line = np.frombuffer(bytes(out), np.uint8)
    prior = line
    pixels = line.reshape(w, size)[:, :3]
    ink += int((pixels.sum(axis=1) < 700).sum())
    seen |= set(map(bytes, np.unique(pixels, axis=0)))
print(w, h, len(seen), ink)
P
}
setup() {
  mkdir -p "$BATS_TEST_TMPDIR/tmp"
  export TMPDIR=$BATS_TEST_TMPDIR/tmp
  cd "$BATS_TEST_TMPDIR"
  in=$BATS_FILE_TMPDIR
  printf 'g\teta\trate_hz\n4\t1\t8.5\n4\t2\t31\n5\t1\t3\n5\t2\t19\n' > runs.tsv
}
teardown() { [ -z "$(ls -A "$BATS_TEST_TMPDIR/tmp")" ]; }

plot() { # KIND OPTIONS...: with the file that the kind draws
  kind=$1; shift
  case $kind in
  network | degrees | distances) hal9-plot $kind "$@" "$in/net.h9" ;;
  frames) hal9-plot $kind --network "$in/net.h9" "$@" "$in/spikes.h9" ;;
  heatmap) hal9-plot $kind --x g --y eta --value rate_hz "$@" runs.tsv ;;
  *) hal9-plot $kind "$@" "$in/spikes.h9" ;;
  esac
}
kinds="raster rates isi correlation trace network degrees distances frames heatmap"

@test "every kind as PNG: of the right size, with ink and colours" {
  for kind in $kinds; do
    plot $kind --size 480x300 -o $kind.png > out 2> err
    [ ! -s out ] && [ ! -s err ]
    read -r w h colours ink < <("$PYTHON" "$in/colours.py" $kind.png)
    echo "$kind: $w x $h, $colours colours, $ink pixels"
    [ "$w" = 480 ] && [ "$h" = 300 ] && [ "$colours" -gt 20 ] && [ "$ink" -gt 1500 ]
  done
}

@test "every kind as SVG and PDF, of the right size" {
  for kind in $kinds; do
    plot $kind --size 900x600 -o $kind.svg
    grep -q 'width="900" height="600"' $kind.svg
    "$PYTHON" -c 'import sys, xml.dom.minidom as m; assert len(m.parse(sys.argv[1]).getElementsByTagName("path")) > 5' $kind.svg
    plot $kind --size 900x600 -o $kind.pdf
    file $kind.pdf | grep -q 'PDF document'
    tail -c 8 $kind.pdf | grep -q '%%EOF'
    [ "$(stat -c %s $kind.pdf)" -gt 4000 ]
  done
}

@test "an SVG raster has a point for each spike; a network one for each neuron" {
  hal9-plot raster --time 100ms..200ms -o r.svg "$in/spikes.h9"
  [ "$(grep -o "<use xlink:href='#gpPt6'" r.svg | wc -l)" = "$(awk '$1 > 1000 && $1 <= 2000' "$in/spikes.txt" | wc -l)" ]
  hal9-plot network --projection xy -o n.svg "$in/net.h9"
  [ "$(grep -o "<use xlink:href='#gpPt6'" n.svg | wc -l)" = 200 ]
}

@test "the raster's rates and its density are numpy's" {
  hal9-plot raster --density --bin 10ms --time 100ms..900ms --script s.gp -o r.png "$in/spikes.h9"
  "$PYTHON" - <<'P'
from data import *
for k, (lo, hi) in enumerate(populations):
    rate = block("s.gp", f"rate{k}")
    t = step[(neuron >= lo) & (neuron <= hi) & (step > 1000) & (step <= 9000)]
    want = np.bincount((t - 1001) // 100, minlength=80) / (hi - lo + 1) / 0.01
    assert np.allclose(rate[:, 1], want, rtol=1e-6) and np.allclose(rate[:, 0], 105 + 10 * np.arange(80))
density = block("s.gp", "density")
# 160 lines for 200 neurons, the second population's 32 at the bottom; columns of 2^n steps
columns = density.shape[1]
width = next(2**n for n in range(20) if -(-8000 // 2**n) == columns)
assert density.shape[0] == 160 and columns > 160
want = np.zeros(density.shape)
for k, (lo, hi) in enumerate(populations):
    n, lines, base = hi - lo + 1, (128, 32)[k], (32, 0)[k]
    of = np.arange(n) * lines // n
    for i in range(n):
        t = spikes_of(lo + i)
        t = t[(t > 1000) & (t <= 9000)] - 1001
        np.add.at(want[base + lines - 1 - of[i]], t // width, 1 / np.sum(of == of[i]))
edges = np.minimum(np.arange(1, columns + 1) * width, 8000) - np.arange(columns) * width
want /= edges * 1e-4
assert np.allclose(density, want, rtol=1e-4)
P
  hal9-plot raster --density --population inh --neurons 20 --script s.gp -o r.png "$in/spikes.h9"
  grep -q 'Rates of 30 of 40 neurons' s.gp
}

@test "more spikes than dots can show become a density, by themselves" {
  sed 's/duration: 1 s/duration: 4 s/; s/6 kHz/30 kHz/' "$in/net.yaml" > busy.yaml
  hal9-gen -c busy.yaml | hal9-index -c busy.yaml --defer | hal9-step -c busy.yaml -o busy.h9
  [ "$(hal9-view --signals --count busy.h9)" -gt 60000 ]
  hal9-plot raster --time 0s..4s --script s.gp -o r.png busy.h9
  grep -q '^\$density' s.gp
  run ! grep -q '^\$spikes' s.gp
  hal9-plot raster --time 0s..100ms --script s.gp -o r.png busy.h9
  grep -q '^\$spikes' s.gp
}

@test "intervals and their CV: numpy's, and the mean of hal9-stats" {
  hal9-plot isi --bin 5ms --script s.gp -o i.png "$in/spikes.h9"
  hal9-plot isi --script own.gp -o i.png "$in/spikes.h9"
  "$PYTHON" - <<'P'
from data import *
cvs = {}
for k, (lo, hi) in enumerate(populations):
    intervals = [np.diff(spikes_of(i)) for i in range(lo, hi + 1)]
    cv = np.array([np.std(d, ddof=1) / np.mean(d) for d in intervals if len(d) >= 9])
    cvs[k] = cv
    assert abs(np.mean(cv) - stats[k]["cv_isi"]) < 1e-9
    all_ = np.concatenate(intervals)
    for script, fixed in (("s.gp", True), ("own.gp", False)):
        isi = block(script, f"isi{k}")
        width = isi[1, 0] - isi[0, 0]
        assert not fixed or abs(width - 5) < 1e-9
        want = np.bincount((all_ - 1) // round(width * 10), minlength=len(isi))[:len(isi)] / len(all_) * 100
        assert np.allclose(isi[:, 1], want, rtol=1e-6), (k, script)
        bars = block(script, f"cv{k}")
        w = bars[1, 0] - bars[0, 0]
        want = np.bincount(np.minimum(cv / w, 80).astype(int), minlength=81) / len(cv) * 100
        # a CV on a bin's edge may fall either way
        assert np.abs(bars[:, 1] - want).sum() <= 2 / len(cv) * 100 + 1e-6
mean = np.mean(np.concatenate([cvs[0], cvs[1]]))
assert f"mean CV {mean:.3f}" in open("s.gp").read()
P
}

@test "correlations: the mean of hal9-stats, coefficients and lags numpy's" {
  hal9-plot correlation --script s.gp -o c.png "$in/spikes.h9"
  "$PYTHON" - <<'P'
from data import *
counts = np.zeros((200, 500))
np.add.at(counts, (neuron - 1, (step - 1) // 20), 1)
pairs, total = 0, 0.0
for k, (lo, hi) in enumerate(populations):
    active = [i for i in range(lo - 1, hi) if counts[i].sum() > 0] # fewer than the sample of 250: all
    c = np.corrcoef(counts[active])[np.triu_indices(len(active), 1)]
    assert abs(c.mean() - stats[k]["correlation"]) < 1e-9
    got = block("s.gp", f"pairs{k}")
    assert abs(got[:, 1].sum() - 100) < 1e-4
    assert abs((got[:, 0] * got[:, 1]).sum() / 100 - c.mean()) < got[1, 0] - got[0, 0]
    pairs += len(c); total += c.sum()
assert f"mean of pairs {total / pairs:.4f}" in open("s.gp").read()
of = [counts[lo - 1:hi].sum(axis=0) for lo, hi in populations]
of = [v - v.mean() for v in of]
for i, (a, b) in enumerate([(0, 0), (1, 1), (0, 1)]):
    got = block("s.gp", f"lags{i}")
    norm = np.sqrt((of[a] ** 2).sum() * (of[b] ** 2).sum())
    for lag, r in zip(range(-50, 51), got[:, 1]):
        x, y = (of[a][:500 - lag], of[b][lag:]) if lag >= 0 else (of[a][-lag:], of[b][:500 + lag])
        if a == b and lag == 0: assert np.isnan(r)
        else: assert abs(r - (x * y).sum() / norm) < 1e-7, (i, lag)
    assert np.allclose(got[:, 0], np.arange(-50, 51) * 2)
P
}

@test "degrees, distances and delays: numpy's" {
  hal9-plot degrees --script d.gp -o d.png "$in/net.h9"
  hal9-plot distances --script s.gp -o s.png "$in/net.h9"
  "$PYTHON" - <<'P'
from data import *
source, target, delay = link.T
at = place[:, 1:4]
assert len(place) == 200 and len(link) > 2000
distance = np.linalg.norm(at[source.astype(int) - 1] - at[target.astype(int) - 1], axis=1)
for k, (lo, hi) in enumerate(populations):
    for name, ends in (("in", target), ("out", source)):
        degree = np.bincount(ends.astype(int), minlength=201)[lo:hi + 1]
        got = block("d.gp", f"{name}{k}")
        width = got[1, 0] - got[0, 0]
        low = got[0, 0] - (width / 2 if width > 1 else 0)
        want = np.bincount(((degree - low) // width).astype(int), minlength=len(got))
        assert (got[:, 1] == want).all(), (name, k)
    of = (source >= lo) & (source <= hi)
    got = block("s.gp", f"distance{k}")
    width = got[1, 0] - got[0, 0]
    want = np.histogram(distance[of], np.append(got[:, 0] - width / 2, got[-1, 0] + width / 2))[0] / of.sum() * 100
    # positions are rounded where they are printed: one on an edge may fall either way
    assert np.abs(got[:, 1] - want).sum() <= 4 / of.sum() * 100 + 1e-6 and abs(got[:, 1].sum() - 100) < 1e-4
    got = block("s.gp", f"delay{k}")
    width = got[1, 0] - got[0, 0]
    want = np.histogram(delay[of], np.append(got[:, 0] - width / 2, got[-1, 0] + width / 2))[0] / of.sum() * 100
    assert np.allclose(got[:, 1], want, atol=1e-5)
assert f"{len(link)} connections, mean distance {distance.mean():.4g} um" in open("s.gp").read()
P
}

@test "a network shows all connections of a neuron of each population, where they are" {
  for projection in xy xz yz 3d; do
    hal9-plot network --projection $projection --script n.gp -o n.svg "$in/net.h9"
    "$PYTHON" - <<'P'
from data import *
got = block("n.gp", "links")
at = place[:, 1:4].astype(np.float32)
for k, (lo, hi) in enumerate(populations):
    mine = got[got[:, 6] == k]
    i = [int(j) for j in range(lo, hi + 1) if np.allclose(at[j - 1], mine[0, :3], atol=1e-3)]
    assert len(i) == 1
    targets = link[link[:, 0] == i[0], 1].astype(int)
    want = np.sort(at[targets - 1] - at[i[0] - 1], axis=0)
    assert len(mine) == len(targets) > 0 and np.allclose(np.sort(mine[:, 3:6], axis=0), want, atol=2e-3)
P
  done
  grep -q '^splot' n.gp
  hal9-plot network --projection yz --script n.gp -o n.svg "$in/net.h9"
  grep -q "set xlabel 'y (um)'" n.gp
  grep -q "set ylabel 'z (um)'" n.gp
  hal9-plot network --seed 2 --script m.gp -o n.svg "$in/net.h9"
  run ! diff -q n.gp m.gp
}

@test "frames of activity over space: numpy's; a GIF has as many" {
  for p in "xy 0 1" "xz 0 2" "yz 1 2"; do
    read -r projection a b <<< "$p"
    hal9-plot frames --network "$in/net.h9" --projection $projection --time 100ms..400ms --bin 100ms --script f.gp -o f.png "$in/spikes.h9"
    A=$a B=$b "$PYTHON" - <<'P'
from data import *
import os
a, b = int(os.environ["A"]), int(os.environ["B"])
side = np.array([400, 300, 200.0])
cell = max(max(side[a], side[b]) / 40, np.sqrt(side[a] * side[b] * 4 / 200))
nx, ny = [min(40, int(np.ceil(side[k] / cell - 1e-9))) for k in (a, b)]
x = np.minimum(((place[:, 1 + a] + side[a] / 2) / cell).astype(int), nx - 1)
y = np.minimum(((place[:, 1 + b] + side[b] / 2) / cell).astype(int), ny - 1)
neurons = np.zeros((ny, nx)); np.add.at(neurons, (y, x), 1)
for k in range(3):
    got = block("f.gp", f"frame{k}")
    of = neuron[(step > 1000 + 1000 * k) & (step <= 2000 + 1000 * k)] - 1
    want = np.zeros((ny, nx)); np.add.at(want, (y[of], x[of]), 1)
    with np.errstate(invalid="ignore"): want = want / neurons / 0.1
    assert got.shape == want.shape and np.allclose(got, want, rtol=1e-4, equal_nan=True)
assert "$frame3" not in open("f.gp").read()
P
  done
  hal9-plot frames --network "$in/net.h9" --frames 7 --time 0s..700ms -o f.gif "$in/spikes.h9"
  "$PYTHON" - <<'P'
b = open("f.gif", "rb").read()
assert b[:6] == b"GIF89a" and int.from_bytes(b[6:8], "little") == 1200 and int.from_bytes(b[8:10], "little") == 700
table = lambda flags: 3 << ((flags & 7) + 1) if flags & 128 else 0
at, images = 13 + table(b[10]), 0
while b[at] != 0x3b: # the blocks of the GIF89a specification
    if b[at] == 0x2c: at, images = at + 11 + table(b[at + 9]), images + 1
    else: at += 2
    while b[at]: at += 1 + b[at]
    at += 1
assert images == 7 and at == len(b) - 1
P
}

@test "pictures of nothing say so" {
  says() { # TEXT KIND OPTIONS...
    want=$1; shift
    hal9-plot "$@" --script q.gp -o q.png "$quiet" 2> err
    [ ! -s err ]
    file q.png | grep -q '1200 x 700'
    grep -q "$want" q.gp
  }
  quiet=$in/quiet.h9
  [ "$(hal9-view --signals --count "$quiet")" = 0 ]
  says "no spikes" raster
  says "no neuron spiked twice" isi
  says "no neuron with 10 spikes" isi
  says "too few spikes" correlation
  says "no spikes" frames --network "$in/net.h9"
  hal9-plot raster --density -o d.png "$quiet"
  hal9-plot rates -o d.png "$quiet"
  hal9-gen -c "$in/net.yaml" | hal9-plot network -o n.png # neurons without connections
}

@test "what cannot be drawn: 65, and what is missing" {
  refused() { # TEXT ARGUMENTS...
    want=$1; shift
    run --separate-stderr -65 hal9-plot "$@" -o never.png
    echo "$stderr"
    [ -z "$output" ] && [ ! -e never.png ] && [[ "$stderr" == *"$want"* ]]
  }
  refused "holds no spikes, intervals need" isi "$in/net.h9"
  refused "holds no spikes, correlations need" correlation "$in/net.h9"
  refused "holds no spikes, frames need" frames "$in/net.h9"
  refused "holds no connections, degrees need" degrees "$in/spikes.h9"
  refused "holds no connections, distances need" distances "$in/spikes.h9"
  refused "holds no positions of neurons: name the network's stream with --network" frames "$in/spikes.h9"
  hal9-gen -n 200 -o other.h9
  refused "other populations than the stream" frames --network other.h9 "$in/spikes.h9"
  sed 's/, layout: {[^}]*}//; s/, kernel: {[^}]*}}//; s/delay: 0.5.*}/delay: 1 ms}/' "$in/net.yaml" > plain.yaml
  hal9-gen -c plain.yaml | hal9-index -c plain.yaml -o plain.h9
  refused "no positions to project" network --projection xy plain.h9
  refused "no connections between neurons that have positions" distances plain.h9
  refused "correlations need two bins of 800 ms" correlation --bin 800ms "$in/spikes.h9"
  refused "longer than the time recorded" frames --network "$in/net.h9" --bin 2s "$in/spikes.h9"
  for kind in isi frames; do refused "nothing of the time to draw" $kind --network "$in/net.h9" --time 2s..3s "$in/spikes.h9"; done
  for kind in isi correlation degrees distances; do refused "no population 'nobody'" $kind --population nobody "$([ ${kind:0:1} = d ] && echo "$in/net.h9" || echo "$in/spikes.h9")"; done
}

@test "pictures of all kinds do not depend on the number of threads" {
  for kind in $kinds; do
    plot $kind -@ 1 --script 1.gp -o p.svg
    plot $kind -@ 3 --script 3.gp -o p.svg
    cmp 1.gp 3.gp
  done
}

@test "mistakes on the command line: 64" {
  for o in "raster -o never.gif" "network --projection zz -o never.png" "frames --projection 3d -o never.png" "frames --frames 0 -o never.png" \
      "frames --frames 401 -o never.png" "isi --format gif -o -"; do
    run --separate-stderr -64 hal9-plot $o "$in/spikes.h9"
    [ -z "$output" ] && [ ! -e never.png ] && [ ! -e never.gif ]
  done
}

@test "a million spikes make a picture in the memory of a hundred thousand" {
  cat > many.yaml <<'Y'
populations: {many: {count: 20000, model: parrot_neuron}}
simulation: {duration: 1 s, stimuli: [{type: poisson, target: many, rate: 50 Hz, weight: 1}]}
Y
  hal9-gen -c many.yaml > many.n.h9
  hal9-step -c many.yaml -o million.h9 many.n.h9
  hal9-step -c many.yaml -t 100ms -o tenth.h9 many.n.h9
  n=$(hal9-view --signals --count million.h9)
  [ "$n" -gt 950000 ] && [ "$n" -lt 1050000 ]
  "$PYTHON" - <<'P'
import resource, subprocess
def peak(name, *options):
    subprocess.run(["hal9-plot", "raster", "-@", "1", "--neurons", "20000", "--script", name + ".gp", "-o", name + ".png", *options, name + ".h9"], check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
small = peak("tenth")
large = peak("million") # the greatest of all children so far
assert large < 1.3 * small, (small, large)
P
  grep -q '^\$density' million.gp
  [ "$(stat -c %s million.gp)" -lt 2000000 ]
  "$PYTHON" - "$n" <<'P'
import sys
from data import *
density = block("million.gp", "density")
lines, columns = density.shape
width = next(2**n for n in range(20) if -(-10000 // 2**n) == columns)
edges = (np.minimum(np.arange(1, columns + 1) * width, 10000) - np.arange(columns) * width) * 1e-4
assert abs((density * edges).sum() * 20000 / lines / int(sys.argv[1]) - 1) < 1e-3 # all spikes are in it
P
}

@test "thirty populations with long names: those that are named do not touch, and can be told apart" {
  cd "$BATS_TEST_TMPDIR"
  { echo "populations:"
    for i in $(seq 30); do echo "  a_long_name_of_population_$i: {count: 5, model: iaf_psc_exp, params: {I_e: 600 pA}}"; done
  } > many.yaml
  hal9-gen -c many.yaml | hal9-step -t 100ms -o many.h9
  for kind in raster rates isi; do
    hal9-plot $kind --script $kind.gp -o $kind.png many.h9
    "$PYTHON" - $kind.gp $kind <<'P'
import re, sys
names = re.findall(r"set label '(a\S*?)' at (\w+) (-?[\d.]+), (?:graph|screen) (-?[\d.]+)", open(sys.argv[1]).read().replace("\\_", "_"))
assert 4 <= len(names) <= 14, names
assert len({n[0] for n in names}) == len(names), names
assert all(len(n[0]) <= 16 for n in names), names
if sys.argv[2] == "raster":
    at = sorted(float(n[3]) for n in names)
    assert min(b - a for a, b in zip(at, at[1:])) > 0.075, at
if sys.argv[2] == "isi":
    assert len({n[3] for n in names}) <= 2, names
P
  done
}

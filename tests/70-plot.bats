# hal9-plot. Authority: file(1) for the pictures; hal9-view and numpy for the data in the scripts that
# gnuplot draws from.

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_FILE_TMPDIR"
  cat > net.yaml <<'Y'
populations:
  exc: {count: 200, model: iaf_psc_exp, layout: {type: box, extent: [400 um, 300 um, 200 um]}}
  it's_in: {count: 50, model: iaf_psc_exp, layout: {type: box, extent: [400 um, 300 um, 200 um]}}
connections:
  - {source: '*', target: '*', rule: pairwise_bernoulli, p: 0.1, weight: 10 pA}
simulation:
  duration: 1500 ms
  stimuli: [{type: poisson, target: '*', rate: 5 kHz, weight: 40 pA}]
Y
  hal9-gen -c net.yaml -o neurons.h9
  hal9-index -c net.yaml -o net.h9 neurons.h9
  hal9-step -c net.yaml -o spikes.h9 --record 'V_m@exc[1:12]/0.5ms' --record 'mean(V_m)@*/1ms' net.h9
  sed 's/, layout: {[^}]*}//' net.yaml > plain.yaml
  hal9-gen -c plain.yaml | hal9-index -c plain.yaml --defer -o plain.h9
  hal9-gen -n 50 --layout disk --extent 1mm -o sheet.h9
  hal9-view --signals spikes.h9 > spikes.txt
}
setup() {
  mkdir -p "$BATS_TEST_TMPDIR/tmp"
  export TMPDIR=$BATS_TEST_TMPDIR/tmp
  cd "$BATS_TEST_TMPDIR"
  in=$BATS_FILE_TMPDIR
}
# Whatever happened, nothing is left in the directory for temporary files.
teardown() { [ -z "$(ls -A "$BATS_TEST_TMPDIR/tmp")" ]; }

whole() { # FILE FORMAT WIDTH HEIGHT
  case $2 in
  png) file "$1" | grep -q "PNG image data, $3 x $4,"; "$PYTHON" -c 'import sys; b = open(sys.argv[1], "rb").read(); assert b[-8:-4] == b"IEND"' "$1" ;;
  svg) file "$1" | grep -q 'SVG'; grep -q "width=\"$3\" height=\"$4\"" "$1"; "$PYTHON" -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$1" ;;
  pdf) file "$1" | grep -q 'PDF document'; tail -c 8 "$1" | grep -q '%%EOF'
    # pdfcairo counts points, 72 an inch; sizes are hundredths of an inch
    "$PYTHON" -c 'import re, sys, zlib
b = open(sys.argv[1], "rb").read()
text = b + b"".join(zlib.decompressobj().decompress(s) for s in re.findall(rb"stream\r?\n(.*?)endstream", b, re.S) if s[:1] == b"x")
box = [float(v) for v in re.search(rb"/MediaBox\s*\[\s*([^\]]*)\]", text)[1].split()]
assert abs(box[2] - 0.72 * float(sys.argv[2])) <= 1 and abs(box[3] - 0.72 * float(sys.argv[3])) <= 1, box' "$1" "$3" "$4" ;;
  esac
}

@test "every kind in every format, of the right type and size" {
  for kind in raster rates trace network; do
    for format in png svg pdf; do
      f=$in/spikes.h9; [ $kind = network ] && f=$in/net.h9
      hal9-plot $kind -o $kind.$format "$f" > out 2> err
      [ ! -s out ] && [ ! -s err ]
      whole $kind.$format $format 1200 700
      hal9-plot $kind --size 640x480 -o small.$format "$f"
      whole small.$format $format 640 480
    done
  done
}

@test "the picture shows what is there: more ink for spikes than for none" {
  # distinct colours of the populations (blue 0072B2, vermilion D55E00) are among the pixels
  hal9-plot raster -o r.svg "$in/spikes.h9"
  grep -qi '#\?0072B2\|rgb( *0, *114, *178)' r.svg
  grep -qi '#\?D55E00\|rgb(213, *94, *0)' r.svg
  hal9-plot raster --population exc -o e.svg "$in/spikes.h9"
  run ! grep -qi '#\?D55E00\|rgb(213, *94, *0)' e.svg
}

@test "a raster holds every spike of its time, each once" {
  hal9-plot raster --time 200ms..700ms --script s.gp -o r.png "$in/spikes.h9"
  want=$(awk '$1 > 2000 && $1 <= 7000' "$in/spikes.txt" | wc -l)
  [ "$(sed -n '/^\$spikes <</,/^EOD/p' s.gp | grep -vc -e EOD)" = "$want" ]
  [ "$want" -gt 100 ]
  sed -n '/^\$spikes <</,/^EOD/p' s.gp | grep -v EOD | awk -F '\t' '$1 <= 200 || $1 > 700 || $2 < 1 || $2 > 250 { exit 1 }'
  # rows: 50 of the second population at the bottom, 200 of the first above
  sed -n '/^\$spikes <</,/^EOD/p' s.gp | grep -v EOD | awk -F '\t' '($3 == 1) != ($2 <= 50) { exit 1 }'
  hal9-plot raster --script d.gp -o r.png "$in/spikes.h9" # the first second by default
  [ "$(sed -n '/^\$spikes <</,/^EOD/p' d.gp | grep -vc EOD)" = "$(awk '$1 <= 10000' "$in/spikes.txt" | wc -l)" ]
}

@test "rates over time are those that the spikes give" {
  hal9-plot rates --bin 20ms --time 100ms..1100ms --script s.gp -o r.png "$in/spikes.h9"
  "$PYTHON" - "$in/spikes.txt" <<'P'
import re, sys
import numpy as np
step, neuron = np.loadtxt(sys.argv[1], dtype=int).T
text = open("s.gp").read()
for k, (lo, n) in enumerate([(1, 200), (201, 50)]):
    got = np.array([l.split("\t") for l in re.search(rf"\$rate{k} << EOD\n(.*?)EOD", text, re.S)[1].split("\n")[:-1]], dtype=float)
    t = step[(neuron >= lo) & (neuron < lo + n) & (step > 1000) & (step <= 11000)]
    want = np.bincount((t - 1001) // 200, minlength=50) / n / 0.02
    assert got.shape == (50, 2) and np.allclose(got[:, 1], want, rtol=1e-6) and np.allclose(got[:, 0], 110 + 20 * np.arange(50)), k
P
}

@test "a trace: the samples of the first neurons, their spikes, the means" {
  hal9-plot trace --time 100ms..400ms --script s.gp -o t.png "$in/spikes.h9"
  hal9-view --states --time 99.9..400 --id 3 --columns time,value "$in/spikes.h9" > want
  awk '/^\$line2 /{ on = 1; next } /^EOD/{ on = 0 } on { printf "%s\t%.5f\n", $1, $2 }' s.gp > got
  [ -s got ]
  awk '{ printf "%s\t%.5f\n", $1, $2 }' want | cmp - got
  awk '/^\$spikes2 /{ on = 1; next } /^EOD/{ on = 0 } on' s.gp > got
  [ -s got ]
  awk '$2 == 3 && $1 >= 1000 && $1 <= 4000 { printf "%.10g\n", $1 / 10 }' "$in/spikes.txt" | cmp - got
  [ "$(grep -c '^\$line' s.gp)" -eq 12 ]
  hal9-plot trace --neurons 2 --script s.gp -o t.png "$in/spikes.h9"
  [ "$(grep -c '^\$line' s.gp)" -eq 4 ]
}

@test "--neurons draws a sample by the seed, with 30 of small populations" {
  hal9-plot raster --neurons 100 --script a.gp -o a.png "$in/spikes.h9"
  hal9-plot raster --neurons 100 --seed 1 --script b.gp -o a.png "$in/spikes.h9"
  hal9-plot raster --neurons 100 --seed 2 --script c.gp -o a.png "$in/spikes.h9"
  diff a.gp b.gp
  run ! diff -q a.gp c.gp
  grep -q 'Spikes of 110 of 250 neurons' a.gp # 80 of 200, and 30 rather than 20 of 50
  hal9-plot network --neurons 100 --script n.gp -o n.png "$in/net.h9"
  [ "$(sed -n '/^\$place0 <</,/^EOD/p' n.gp | grep -vc EOD)" = 80 ]
}

@test "a network: positions, degrees, or a matrix where there are no positions; a sheet of neurons alone" {
  hal9-plot network --script n.gp -o n.png "$in/net.h9"
  [ "$(sed -n '/^\$place0 <</,/^EOD/p' n.gp | grep -vc EOD)" = 200 ]
  total=$(hal9-view --connections --count "$in/net.h9")
  grep -q "250 neurons, $total connections" n.gp
  [ "$(sed -n '/^\$indegree <</,/^EOD/p' n.gp | grep -v EOD | awk '{ n += $2 } END { print n }')" = 250 ]
  hal9-plot network --script m.gp -o m.png "$in/plain.h9"
  whole m.png png 1200 700
  sed -n '/^\$matrix <</,/^EOD/p' m.gp | grep -v EOD > matrix
  [ "$(wc -l < matrix)" = 4 ]
  awk '{ n += $3 * ($2 == 0 ? 200 : 50) } END { exit n < 5000 || n > 7500 }' matrix # 250 * 250 * 0.1 = 6250 connections
  hal9-plot network -o s.svg "$in/sheet.h9"
  whole s.svg svg 1200 700
}

@test "--script keeps a script that gnuplot runs, to the same picture or another" {
  for kind in raster rates trace network; do
    hal9-plot $kind --title "Bob's \"title\" \$x #1 %d \\n" --script s.gp -o "it's a picture.svg" "$in/$([ $kind = network ] && echo net || echo spikes).h9"
    mv "it's a picture.svg" first.svg
    grep -q "Bob's" first.svg
    gnuplot s.gp
    diff first.svg "it's a picture.svg"
    gnuplot -e "picture='other.svg'" s.gp
    diff first.svg other.svg
  done
}

@test "--format, standard output, standard input, capital endings" {
  hal9-plot raster -o - --format svg < "$in/spikes.h9" > a.svg
  whole a.svg svg 1200 700
  hal9-plot raster -o picture.x --format PDF - < "$in/spikes.h9"
  whole picture.x pdf 1200 700
  hal9-plot raster -o A.PNG "$in/spikes.h9"
  whole A.PNG png 1200 700
  cat "$in/spikes.h9" | hal9-plot rates -o b.png
  whole b.png png 1200 700
}

@test "pictures do not depend on the number of threads" {
  for kind in raster rates trace network; do
    f=$in/spikes.h9; [ $kind = network ] && f=$in/plain.h9
    hal9-plot $kind -@ 1 -o 1.svg "$f"
    hal9-plot $kind -@ 4 -o 4.svg "$f"
    diff 1.svg 4.svg
  done
}

@test "a run without spikes still has pictures" {
  hal9-gen -n 5 --layout none | hal9-step -t 100ms -o quiet.h9
  for kind in raster rates; do
    hal9-plot $kind -o q.png quiet.h9
    whole q.png png 1200 700
  done
}

@test "nothing to draw: 65, and no picture" {
  refused() { # TEXT ARGUMENTS...
    want=$1; shift
    run --separate-stderr -65 hal9-plot "$@" -o never.png
    echo "$stderr"
    [ -z "$output" ] && [ ! -e never.png ] && [[ "$stderr" == *"$want"* ]]
  }
  refused "holds no spikes, a raster needs the output of hal9-step" raster "$in/net.h9"
  refused "holds no recorded state" trace "$in/net.h9"
  refused "holds no spikes, rates need the output of hal9-step" rates "$in/net.h9"
  hal9-gen -n 5 --layout none -o none.h9
  refused "neither positions nor connections" network none.h9
  refused "no population 'nobody'" raster --population nobody "$in/spikes.h9"
  refused "no population 'nobody'" rates --population exc,nobody "$in/spikes.h9"
  refused "no population 'nobody'" network --population nobody "$in/net.h9"
  refused "nothing of the time to draw" raster --time 2s..3s "$in/spikes.h9"
  refused "nothing of the time to draw" rates --time 2s.. "$in/spikes.h9"
  refused "longer than" rates --bin 2s "$in/spikes.h9"
  head -c 4000 "$in/spikes.h9" > cut.h9
  for kind in raster rates trace network; do refused "cut.h9" $kind cut.h9; done
  run --separate-stderr -66 hal9-plot raster -o never.png nowhere.h9
  run --separate-stderr -66 hal9-plot raster -o never.png /dev/null
  [ ! -e never.png ]
}

@test "mistakes on the command line: 64, and no picture" {
  for o in "" "raster" "pie -o never.png" "raster -o never.gif" "raster -o never" "raster -o -" "raster -o never.png --size 10x10" "raster -o never.png --size 640" \
      "raster -o never.png --size 640x480x3" "raster -o never.png --format gif" "raster -o never.png --time 3" "raster -o never.png --time 2s..1s" \
      "raster -o never.png --time 1mV.." "rates -o never.png --bin 0" "rates -o never.png --bin x" "raster -o never.png --neurons 0" "raster -o never.png --neurons 1.5" \
      "raster -o never.png --nonsense" "raster -o never.png --set a=1" "raster -o never.png a.h9 b.h9"; do
    run --separate-stderr hal9-plot $o < "$in/spikes.h9"
    echo "$o: $status $stderr"
    [ "$status" = 64 ] && [ -z "$output" ] && [[ "$stderr" == hal9-plot:* ]]
  done
  [ ! -e never.png ]
}

@test "without gnuplot: 71, how to get it, and no picture; the script is kept" {
  plot=$(command -v hal9-plot)
  mkdir empty
  run --separate-stderr env PATH="$PWD/empty" "$plot" raster -o never.png --script s.gp "$in/spikes.h9"
  [ "$status" = 71 ] && [ -z "$output" ] && [ ! -e never.png ]
  [[ "$stderr" == *"gnuplot is not installed; on Debian: apt-get install gnuplot-nox"* ]]
  gnuplot s.gp # elsewhere
  whole never.png png 1200 700
}

@test "a gnuplot that fails: 70 with what it said; a directory that is not there: 74" {
  mkdir bad
  printf '#!/bin/sh\necho "terminal type unknown" >&2\nexit 1\n' > bad/gnuplot
  chmod +x bad/gnuplot
  PATH=$PWD/bad:$PATH run --separate-stderr hal9-plot raster -o never.png "$in/spikes.h9"
  [ "$status" = 70 ] && [ ! -e never.png ] && [[ "$stderr" == *"terminal type unknown"* ]]
  run --separate-stderr -74 hal9-plot raster -o nowhere/never.png "$in/spikes.h9"
  run --separate-stderr -74 hal9-plot raster -o /dev/full --format png "$in/spikes.h9"
  TMPDIR=$PWD/nowhere run --separate-stderr hal9-plot raster -o never.png "$in/spikes.h9"
  [ "$status" = 74 ] && [ ! -e never.png ]
}

@test "a picture that was there stays when the new one fails" {
  echo old > there.png
  run -65 hal9-plot raster -o there.png "$in/net.h9"
  [ "$(cat there.png)" = old ]
}

@test "a signal leaves nothing behind" {
  mkfifo pipe
  env --default-signal hal9-plot raster -o never.png pipe &
  p=$!
  exec 7> pipe # the program waits for the stream now
  for i in $(seq 100); do [ -n "$(ls -A tmp)" ] && break; sleep 0.05; done
  kill -TERM $p
  wait $p || status=$?
  exec 7>&-
  [ "$status" = 143 ]
  [ -z "$(ls -A tmp)" ] && [ ! -e never.png ]
}

sweep() { # a table of runs: 3 x 4 parameters, 3 repeats, some without a result
  "$PYTHON" - <<'P'
import numpy as np
rng = np.random.default_rng(1)
with open("runs.tsv", "w") as f:
    f.write("run\tg\tregime\teta\trate_hz\n# a comment\n")
    rows = [(g, r, eta) for eta in ("0.9", "10", "2", "4") for g, r in (("5", "AI"), ("3.0", "SR"), ("4.5", "SI")) for _ in range(3)]
    for i, (g, r, eta) in enumerate(rows):
        v = ["", "nan", f"{rng.normal(10, 3):.6f}"][2 if i > 3 else i % 2]  # none at the first place, two at the second
        f.write(f"{i}\t{g if i % 2 else float(g)}\t{r}\t{eta}\t{v}\n")
P
}

@test "a heat map: means of repeats at their places, numpy's" {
  sweep
  hal9-plot heatmap --x g --y eta --value rate_hz --script s.gp -o m.png runs.tsv
  whole m.png png 1200 700
  "$PYTHON" - <<'P'
import re
import numpy as np
text = open("s.gp").read()
got = np.array([l.split("\t") for l in re.search(r"\$map << EOD\n(.*?)EOD", text, re.S)[1].split("\n")[:-1]], float)
rows = [l.rstrip("\n").split("\t") for l in open("runs.tsv") if l[0] != "#"][1:]
gs, etas = [3, 4.5, 5], [0.9, 2, 4, 10]
assert len(got) == 12
missing = 0
for x, y, v in got:
    of = [float(r[4] or "nan") for r in rows if float(r[1]) == gs[int(x)] and float(r[3]) == etas[int(y)]]
    of = [u for u in of if u == u]
    missing += not of
    assert (not of and np.isnan(v)) or abs(v - np.mean(of)) < 1e-8, (x, y, v, of)
assert missing == 1 and "means of up to 3 runs" in text
P
  gnuplot -e "picture='again.png'" s.gp
  cmp m.png again.png
  hal9-plot heatmap --x regime --y eta --value rate_hz --script s.gp -o m.svg runs.tsv # words in the table's order
  whole m.svg svg 1200 700
  grep -q "set xtics scale 0 ('AI' 0, 'SR' 1, 'SI' 2)" s.gp
  tr '\t' ',' < runs.tsv > runs.csv
  hal9-plot heatmap --x g --y eta --value rate_hz --script c.gp -o m.pdf runs.csv
  whole m.pdf pdf 1200 700
  hal9-plot heatmap --x g --y eta --value rate_hz --script d.gp -o m.png < runs.tsv
  [ "$(sed -n '/^\$map/,/^EOD/p' c.gp)" = "$(sed -n '/^\$map/,/^EOD/p' d.gp)" ]
}

@test "a sweep of one parameter: mean and range, numpy's" {
  sweep
  hal9-plot heatmap --x eta --value rate_hz --script s.gp -o l.png runs.tsv
  whole l.png png 1200 700
  "$PYTHON" - <<'P'
import re
import numpy as np
got = np.array([l.split("\t") for l in re.search(r"\$line << EOD\n(.*?)EOD", open("s.gp").read(), re.S)[1].split("\n")[:-1]], float)
rows = [l.rstrip("\n").split("\t") for l in open("runs.tsv") if l[0] != "#"][1:]
want = []
for eta in (0.9, 2, 4, 10):
    v = np.array([float(r[4] or "nan") for r in rows if float(r[3]) == eta])
    want.append([eta, np.nanmean(v), np.nanmin(v), np.nanmax(v)])
assert np.allclose(got, want, rtol=1e-8), (got, want)
P
}

@test "tables that cannot be drawn: 65 with the place, and no picture" {
  sweep
  refused() { # TEXT ARGUMENTS...
    want=$1; shift
    run --separate-stderr -65 hal9-plot heatmap "$@" -o never.png
    echo "$stderr"
    [ -z "$output" ] && [ ! -e never.png ] && [[ "$stderr" == *"$want"* ]]
  }
  refused "runs.tsv: --value: no column 'rate_h'; did you mean 'rate_hz'?" --x g --y eta --value rate_h runs.tsv
  refused "runs.tsv: --y: no column 'nothing', expected one of run, g, regime, eta, rate_hz" --x g --y nothing --value rate_hz runs.tsv
  refused "runs.tsv:3: column 3 (regime): found 'AI', expected a number" --x g --y eta --value regime runs.tsv
  head -1 runs.tsv > head.tsv
  refused "head.tsv: holds column names but no rows" --x g --y eta --value rate_hz head.tsv
  head -4 runs.tsv > none.tsv
  refused "none.tsv: column 'rate_hz' holds no number in any row" --x g --y eta --value rate_hz none.tsv
  printf 'g\tv\n1\t2\t3\n' > wide.tsv
  refused "wide.tsv:2: found 3 cells, expected 2" --x g --value v wide.tsv
  { printf 'g\tv\n'; seq 1001 | sed 's/$/\t1/'; } > many.tsv
  refused "more than 1000 different values" --x g --value v many.tsv
  run --separate-stderr -66 hal9-plot heatmap --x g --value v -o never.png nowhere.tsv
  for o in "heatmap" "heatmap --x g" "heatmap --value v" "raster --x g" "rates --value v"; do
    run --separate-stderr -64 hal9-plot $o -o never.png runs.tsv
    [[ "$stderr" == *--x* ]] && [ ! -e never.png ]
  done
}

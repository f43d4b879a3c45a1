# Pictures with letters by hal9-plot --term. Authority: the SVG that gnuplot makes of the kept script, whose points are
# looked for among the braille dots (Unicode 15, block 2800); lightness of the colours of viridis, which rises evenly.

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_FILE_TMPDIR"
  cat > net.yaml <<'Y'
populations:
  exc: {count: 160, model: iaf_psc_exp, layout: {type: box, extent: [400 um, 300 um, 200 um]}}
  inh: {count: 40, model: iaf_psc_exp, layout: {type: box, extent: [400 um, 300 um, 200 um]}}
connections:
  - {source: '*', target: '*', rule: pairwise_bernoulli, p: 0.05, weight: 10 pA}
simulation:
  duration: 500 ms
  stimuli: [{type: poisson, target: '*', rate: 6 kHz, weight: 45 pA}]
Y
  hal9-gen -c net.yaml | hal9-index -c net.yaml -o net.h9
  hal9-step -c net.yaml --record 'V_m@exc[1:3]/0.5ms' -o spikes.h9 net.h9
}
setup() {
  mkdir -p "$BATS_TEST_TMPDIR/tmp"
  export TMPDIR=$BATS_TEST_TMPDIR/tmp LC_ALL=C.UTF-8
  unset COLUMNS LINES NO_COLOR COLORTERM
  cd "$BATS_TEST_TMPDIR"
  in=$BATS_FILE_TMPDIR
  printf 'g\teta\tv\n' > runs.tsv
  for g in 1 2 3 4; do for eta in 1 2; do printf '%s\t%s\t%s\n' $g $eta $((g + 4 * (eta - 1))); done; done >> runs.tsv
}
teardown() { [ -z "$(ls -A "$BATS_TEST_TMPDIR/tmp")" ]; }

plot() { # KIND OPTIONS...
  kind=$1; shift
  case $kind in
  network | degrees | distances) hal9-plot $kind "$@" "$in/net.h9" ;;
  frames) hal9-plot $kind --network "$in/net.h9" "$@" "$in/spikes.h9" ;;
  heatmap) hal9-plot $kind --x g --y eta --value v "$@" runs.tsv ;;
  *) hal9-plot $kind "$@" "$in/spikes.h9" ;;
  esac
}
fits() { # FILE COLUMNS LINES: so many lines, none longer, some nearly as long; some of it braille
  "$PYTHON" - "$@" <<'P'
import sys
lines = open(sys.argv[1], encoding="utf-8").read().split("\n")[:-1]
assert len(lines) == int(sys.argv[3]), len(lines)
longest = max(map(len, lines))
assert 0.8 * int(sys.argv[2]) < longest <= int(sys.argv[2]), longest
assert sum("\u2800" < c <= "\u28ff" for l in lines for c in l) > 40
P
}

@test "every kind, in the size asked for; without colours where there is no terminal" {
  for kind in raster rates isi correlation trace network degrees distances frames heatmap; do
    plot $kind --term=100x30 > $kind.txt 2> err
    [ ! -s err ]
    fits $kind.txt 100 30
    run ! grep -q $'\033' $kind.txt
    plot $kind --term > $kind.txt
    fits $kind.txt 80 23
    COLUMNS=60 LINES=21 plot $kind --term -o $kind.txt
    fits $kind.txt 60 20
  done
}

@test "titles, axes and names are letters; maps are dense where values are high" {
  plot raster --term --title 'Mine & "yours" <1>' > r.txt
  grep -q 'Mine & "yours" <1>' r.txt
  grep -q 'time (ms)' r.txt
  grep -q '^ *exc' r.txt
  plot heatmap --term=80x24 > h.txt
  "$PYTHON" - <<'P'
import re
lines = open("h.txt", encoding="utf-8").read().split("\n")
shades = " .:-=+*#%@"
rows = []
for y in ("1", "2"): # eta: the letters of the four places, left to right
    inside = next(m for m in (re.search(rf"(?:^|\s){y} ?[\u2800-\u28ff]([^\u2800-\u28ff]+)", l) for l in lines) if m)[1]
    cells = [inside[int((i + 0.5) * len(inside) / 4)] for i in range(4)]
    rows.append([shades.index(c) for c in cells])
flat = rows[0] + rows[1] # values 1 to 8
assert flat == sorted(flat) and flat[0] < flat[3] < flat[7] and flat[0] <= 1 and flat[7] >= 8, rows
P
}

@test "each spike is among the dots, where gnuplot has it" {
  hal9-plot raster --term=120x40 --time 100ms..300ms --script s.gp "$in/spikes.h9" > r.txt
  gnuplot -e "picture='r.svg'" s.gp
  "$PYTHON" - <<'P'
import re
lines = open("r.txt", encoding="utf-8").read().split("\n")
points = [tuple(map(float, m)) for m in re.findall(r"<use xlink:href='#gpPt6' transform='translate\(([\d.]+),([\d.]+)\)", open("r.svg").read())]
bits = {(0, 0): 1, (0, 1): 2, (0, 2): 4, (1, 0): 8, (1, 1): 16, (1, 2): 32, (0, 3): 64, (1, 3): 128}
assert len(points) > 300
hidden = 0
for x, y in points:
    column, row, dot = int(x // 10), int(y // 20), (int(x // 5) % 2, int(y // 5) % 4)
    c = ord(lines[row][column]) if column < len(lines[row]) else 32
    if c <= 0x2800: hidden += 1 # a letter may stand there
    else: assert c - 0x2800 & bits[dot], (x, y)
assert hidden < 5
P
}

@test "a terminal: its size, colours; none with NO_COLOR or TERM=dumb; a pipe has none" {
  command -v script > /dev/null || skip "no script(1)"
  in_terminal() { script -qec "stty cols 100 rows 31; $1" /dev/null < /dev/null | tr -d '\r' > out; }
  in_terminal "TERM=xterm hal9-plot raster --term $in/spikes.h9"
  grep -q $'\033\[0;38;5;25m' out # 0072B2, the first population's
  [ "$(wc -l < out)" = 30 ]
  sed 's/\x1b\[[0-9;]*m//g' out > plain
  fits plain 100 30
  in_terminal "TERM=xterm hal9-plot heatmap --x g --y eta --value v --term runs.tsv"
  grep -q ';48;5;' out
  in_terminal "COLORTERM=truecolor TERM=xterm hal9-plot raster --term $in/spikes.h9"
  grep -q $'\033\[0;38;2;0;114;178m' out
  in_terminal "NO_COLOR=1 TERM=xterm hal9-plot raster --term $in/spikes.h9"
  run ! grep -q $'\033' out
  fits out 100 30
  in_terminal "TERM=dumb hal9-plot raster --term $in/spikes.h9"
  run ! grep -q $'\033' out
  in_terminal "TERM=xterm hal9-plot raster --term $in/spikes.h9 | cat"
  run ! grep -q $'\033' out
}

@test "ASCII where the locale is not UTF-8" {
  for kind in raster heatmap trace; do
    LC_ALL=C plot $kind --term > a.txt
    [ "$(LC_ALL=C tr -d '\n -~' < a.txt | wc -c)" = 0 ]
    [ "$(wc -l < a.txt)" = 23 ]
  done
  env -u LC_ALL -u LC_CTYPE LANG=en_US.UTF-8 hal9-plot raster --term "$in/spikes.h9" > u.txt
  fits u.txt 80 23
}

@test "mistakes: 64; no gnuplot: 71" {
  for o in "--term=10x10" "--term=100" "--term=100x30x2" "--term=501x30" "--term --size 100x100" "--term --format png"; do
    run --separate-stderr -64 hal9-plot raster $o "$in/spikes.h9"
    [ -z "$output" ] && [[ "$stderr" == *--term* ]]
  done
  mkdir empty
  plot=$(command -v hal9-plot)
  run --separate-stderr -71 env PATH="$PWD/empty" "$plot" raster --term "$in/spikes.h9"
  [ -z "$output" ] && [[ "$stderr" == *"apt-get install gnuplot-nox"* ]]
}

# The cookbook hal9-examples(7): each recipe, by its title, runs in a folder of its own that has the files made at the
# beginning, and leaves what the text says. Authorities: closed forms (said at each), counts by awk and Python, the text.

commands() { # commands TITLE: those of a recipe, indented, as lines are that were copied from the page in a terminal
  "$PYTHON" "$TOP/tests/tools/transcript.py" script "$BOOK" --section "$1" | sed '/^printf .@@/d; s/^/           /'
}

setup_file() {
  cd "$BATS_TEST_DIRNAME/.."
  export TOP=$PWD BOOK=$BATS_FILE_TMPDIR/book.md FILES=$BATS_FILE_TMPDIR/files
  "$PYTHON" tests/tools/man-examples --markdown man/hal9-examples.7 > "$BOOK"
  mkdir "$FILES"
  cd "$FILES"
  cp "$TOP"/examples/microcircuit.yaml .
  commands DESCRIPTION | bash -e -o pipefail > /dev/null
}

setup() { # runs the recipe that is called as the test is
  cp -r "$FILES" "$BATS_TEST_TMPDIR/at"
  cd "$BATS_TEST_TMPDIR/at"
  case $BATS_TEST_DESCRIPTION in
    the\ book*) return ;;
    On\ from*) commands 'Weights over time' | bash -e -o pipefail > /dev/null ;; # "the recipe above"
  esac
  commands "$BATS_TEST_DESCRIPTION" > recipe.sh
  [ -s recipe.sh ]
  cat recipe.sh
  timeout 60 bash -e -o pipefail recipe.sh > out 2> err || { cat out err; return 1; }
  cat out err
  # notes of what a table cannot hold are no mistakes
  ! grep -v '^hal9-convert: note: ' err
}

is() { # is PROGRAM [FILE]: whether an awk program ends well on what was printed, or on FILE; FS is its -F
  awk -F "${FS:- }" "$1" "${2:-out}"
}

@test "the book's recipes are all tested, under their titles" {
  n=0
  while read -r title; do
    grep -qF "@test \"$title\" {" "$BATS_TEST_FILENAME" || { echo "no test: $title"; return 1; }
    n=$((n + 1))
  done < <(sed -n 's/^## //p' "$BOOK" | grep -v '^DESCRIPTION$')
  [ "$n" -ge 20 ]
  grep -c '^@test "' "$BATS_TEST_FILENAME"
  [ "$(grep -c '^@test "' "$BATS_TEST_FILENAME")" = $((n + 1)) ]
}

@test "Somata that keep their distance" {
  # a pair at 12 um or more, and among 2000 in that ball one that is hardly more
  is 'END { exit !(NR == 1 && $3 >= 12 && $3 < 12.5 && $1 != $2) }'
}

@test "A lattice out of true" {
  # a spacing of 10 um, places at -145, -135 ... 145, each neuron within 2.5 um of its own
  is 'NR > 1 { i = NR - 2; x = -145 + 10 * (i % 30); y = -145 + 10 * int(i / 30)
        if (($2 - x) ^ 2 > 2.5001 ^ 2 || ($3 - y) ^ 2 > 2.5001 ^ 2) bad = 1; if ($2 != x) moved++ }
      END { exit !(NR == 901 && !bad && moved > 800) }' lattice.tsv
}

@test "Positions from elsewhere" {
  # the chord of 3 degrees of a circle of 200 um: 400 sin(1.5 degrees) = 10.471 um; neighbours on both sides
  is '{ d = $1 - $2; if (d < 0) d = -d; if (d != 1 && d != 119) bad = 1; if ($3 < 10.45 || $3 > 10.49) bad = 1 }
      END { exit bad || NR != 4 }'
  [ "$(hal9-view --connections --count ring.h9)" = 240 ]
}

@test "A laboratory's tables" {
  # a neuron at 500 pA reaches the threshold after tau ln(RI / (RI - 15 mV)) = 10 ln 4 = 13.9 ms, then every
  # 15.9 ms; the synapse takes 1.5 ms to the other and makes it fire within 2 ms
  FS=, is 'NR == 1 && $0 != "time_ms,neuron" { bad = 1 }
    $2 == "anna" { if ($1 < 13.8 + 15.9 * n || $1 > 14.1 + 15.9 * n) bad = 1; n++; at = $1 }
    $2 == "bert" { if ($1 < at + 1.5 || $1 > at + 3.5) bad = 1; m++ }
    END { exit bad || n != 3 || m != 3 }'
}

@test "Every neuron has its inputs" {
  [ "$(cat out)" = "100 1000" ]
}

@test "How far connections reach" {
  # the mean of a Rayleigh distribution, sigma sqrt(pi / 2): 75.2 um and 112.8 um, a little less in a finite sheet
  is '$1 == "exc" && $2 > 73.5 && $2 < 76 { n++ } $1 == "inh" && $2 > 109 && $2 < 114 { n++ } END { exit n != 2 }'
}

@test "A network's size before it is made" {
  # connections by the published formula (see 80-examples.bats); some 4 bytes each and more for neurons
  is 'NR == 1 && $1 != 298880968 { bad = 1 } NR == 2 && ($1 < 4e8 || $1 > 4e9) { bad = 1 } END { exit bad || NR != 2 }'
}

@test "Rules instead of connections" {
  # --diff says nothing; the rules take less than a quarter of the room
  is '$2 == "rules.h9" { a = $1 } $2 == "net.h9" { b = $1 } END { exit !(NR == 3 && a > 0 && 4 * a < b) }'
  [ "$(hal9-view --projections rules.h9 | grep -c rule)" -ge 1 ]
}

@test "The nearest neurons of a place" {
  # by brute force over the table of neurons
  hal9-view --tsv --columns id,x,y --population inh --no-header neurons.h9 |
    awk '{ print $1, sqrt($2 ^ 2 + $3 ^ 2) }' | sort -k2g | head -n 5 > brute
  paste -d ' ' <(tr '\t' ' ' < out) brute > both
  is '$1 != $3 || ($2 - $4) ^ 2 > 1e-6 { bad = 1 } END { exit bad || NR != 5 }' both
}

@test "How crowded it is" {
  hal9-view --tsv --columns x,y --no-header neurons.h9 > at.txt
  read -r mean most < out
  "$PYTHON" - "$mean" "$most" <<'P'
import sys
import numpy as np
at = np.loadtxt("at.txt")
n = (((at[:, None] - at[None]) ** 2).sum(2) <= 50 ** 2).sum(1) - 1
print(n.mean(), n.max(), sys.argv)
assert abs(n.mean() - float(sys.argv[1])) < 1e-3 and n.max() == int(sys.argv[2])
P
}

@test "A part of the sheet" {
  # a twenty-fifth of the area: some 40 of 1000 neurons; each is there, and no other fired there
  hal9-view --tsv --columns id,x,y --no-header neurons.h9 |
    awk '$2 >= 0 && $2 <= 100 && $3 >= 0 && $3 <= 100 { print $1 }' > inside
  hal9-view --signals --columns id spikes.h9 | sort -n | uniq -c | awk 'NR == FNR { in_[$1]; next } $2 in in_' inside - |
    diff - out
  is 'END { exit !(NR > 20 && NR < 60) }'
}

@test "The cortical microcircuit, small" {
  # eight populations in the order of the paper; excitatory layer 2/3 and 6 the slowest, inhibition faster (Potjans
  # & Diesmann 2014, figure 6)
  [ "$(cut -d ' ' -f 1 out | tr '\n' ' ')" = "L23E L23I L4E L4I L5E L5I L6E L6I " ]
  is '{ r[$1] = $2 } END { exit !(r["L23E"] < 2 && r["L6E"] < 2 && r["L23E"] < r["L23I"] && r["L5E"] < r["L5I"] &&
      r["L6E"] < r["L6I"] && r["L5I"] < 20) }'
}

@test "Rate over current in one run" {
  # closed form: T = t_ref + tau ln(RI / (RI - 15 mV)), R = tau / C = 0.04 mV/pA, tau 10 ms, t_ref 2 ms; the number of
  # periods in a second, the first without the refractory time
  is '$1 != 280 + 20 * NR { bad = 1 }
      { v = 0.04 * $1; want = 0; if (v > 15) { t = 10 * log(v / (v - 15)); want = int((1000 - t) / (t + 2)) + 1 }
        d = $2 - want; if (d < -1 || d > 1) { print "at", $1, "pA", $2, "expected", want; bad = 1 } }
      END { exit bad || NR != 21 }'
}

@test "Spikes of your own as input" {
  # inputs at 10, 20 ... 190 ms: 19 spikes of each of the five, none of others
  [ "$(tr -s ' ' < out)" = "$(for i in 1 2 3 4 5; do echo " 19 $i"; done)" ]
}

@test "Poisson input of a changing rate" {
  # 1000 neurons, 100 ms: 1000 spikes, then 4000, within five standard deviations of a Poisson number
  is '{ want = NR <= 5 ? 1000 : 4000; if (($1 - want) ^ 2 > 25 * want) bad = 1; n[$1] }
      END { for (i in n) k++; exit bad || NR != 10 || k < 5 }'
}

@test "A step of current" {
  # bins 5 to 8 are those of the current: every one has more spikes than any other from the second on
  is 'NR >= 5 && NR <= 8 { if (!low || $1 < low) low = $1; next } NR > 1 && $1 > high { high = $1 }
      END { exit !(NR == 12 && low > 2 * high) }'
}

@test "Potentials of ten neurons" {
  # 100 samples of 10 neurons, between the resting potential less what inhibition brings and the threshold of -55 mV
  is '{ n[$2]++; if ($3 < -95 || $3 > -55) bad = 1 } $1 != int($1) { bad = 1 }
      END { for (i in n) { k++; if (n[i] != 100) bad = 1 } exit bad || k != 10 }' potentials.tsv
  [ "$("$PYTHON" "$TOP/tests/tools/png.py" potentials.png | cut -d ' ' -f 1,2)" = "1200 700" ]
}

@test "A population's mean potential and rate" {
  # rates of 50 windows, whose mean is that of all spikes of the same time
  hal9-view --signals --population exc --time 0..500 --count spikes.h9 > n
  awk 'NR == FNR { n = $1; next } { sum += $2; if ($1 != 10 * FNR) bad = 1 }
      END { exit bad || FNR != 50 || (sum / 50 - n / 800 / 0.5) ^ 2 > 1e-6 }' n out
}

@test "Other noise, the same network" {
  # three numbers, all different, within a fifth of each other
  is '{ n[$1]; if (!low || $1 < low) low = $1; if ($1 > high) high = $1 }
      END { for (i in n) k++; exit !(NR == 3 && k == 3 && high < 1.2 * low) }'
}

@test "Weights over time" {
  # from equal weights of 30 pA on their spread grows
  tr -d '[]' < out > rows
  FS=, is '{ if ($1 != 500 * NR || $3 <= sd || $2 < 15 || $2 > 60) bad = 1; sd = $3 } END { exit bad || NR != 4 }' rows
}

@test "On from learned weights" {
  # the network of 2000 ms has later weights: the same pairs, other weights; and the run began with the weights of the file
  is '/rate_hz/ { r = $NF > 20 } !/rate_hz/ { n++; if ($3 == $4) bad = 1 } END { exit bad || !r || n != 5 }'
  hal9-view --connections --columns source,target,delay w2000.h9 > a
  hal9-view --connections --columns source,target,delay later.h9 | cmp - a
  ! hal9-view --diff --connections w2000.h9 later.h9
  hal9-step -c stdp.yaml -t 0.1ms --weights none.h9 w2000.h9 > /dev/null
  hal9-view --diff --connections w2000.h9 none.h9
}

@test "Rates by population" {
  # spikes by population counted by awk
  hal9-view --signals --columns population --time 500.. spikes.h9 | sort | uniq -c > n
  paste n out > both
  is '{ size = $2 == "exc" ? 800 : 200; if ($2 != $3 || ($1 / size / 1.5 - $4) ^ 2 > 1e-9 || $6 > 0.1) bad = 1 }
      END { exit bad || NR != 2 }' both
}

@test "How irregular neurons fire" {
  hal9-view --signals --columns population,id,time spikes.h9 > s.txt
  "$PYTHON" - <<'P'
import collections, statistics as st
times = collections.defaultdict(list)
for line in open("s.txt"):
    p, i, t = line.split()
    times[p, int(i)].append(float(t))
for line in open("out"):
    p, cv = line.split()
    every = []
    for (q, _), t in times.items():
        if q == p and len(t) >= 10:
            isi = [b - a for a, b in zip(t, t[1:])]
            every.append(st.stdev(isi) / st.mean(isi))
    print(p, cv, st.mean(every))
    assert abs(float(cv) - st.mean(every)) < 1e-6
P
  [ "$(wc -l < out)" = 2 ]
}

@test "The intervals themselves" {
  # one fewer than spikes for each neuron that fired, all longer than the refractory time of 2 ms
  hal9-view --signals --id 1-100 --columns id spikes.h9 | awk '{ n++; if (!seen[$1]++) k++ } END { print n - k }' > want
  [ "$(wc -l < intervals.txt)" = "$(cat want)" ]
  is '$1 <= 2 { bad = 1 } END { exit bad }' intervals.txt
}

@test "The busiest neurons" {
  hal9-view --signals --columns id spikes.h9 | sort -n | uniq -c | sort -k1,1nr -k2,2n | head -n 5 |
    awk '{ print $2, $1 }' | diff - <(awk '{ print $1, $3 }' out)
}

@test "Rasters" {
  read -r w h colours ink < <("$PYTHON" "$TOP/tests/tools/png.py" raster.png)
  [ "$w $h" = "1200 700" ]
  awk -v c="$colours" -v i="$ink" 'BEGIN { exit !(c > 100 && i > 0.02 && i < 0.9) }'
  "$PYTHON" - <<'P'
rows = open("out", encoding="utf-8").read().rstrip("\n").split("\n")
assert len(rows) <= 30 and max(map(len, rows)) <= 100
assert sum(0x2801 <= ord(c) <= 0x28ff for r in rows for c in r) > 200
assert any("exc" in r for r in rows) and any("time (ms)" in r for r in rows)
P
}

@test "Activity that moves" {
  # GIF89a: width and height of the screen, and a descriptor ',' for each of 20 frames behind its graphic control
  "$PYTHON" - <<'P'
import re, struct
b = open("moves.gif", "rb").read()
assert b[:6] == b"GIF89a" and struct.unpack("<HH", b[6:10]) == (500, 400)
assert len(re.findall(rb"\x21\xf9\x04....\x00\x2c", b, re.S)) == 20
P
}

@test "Some neurons of many" {
  # nearly every neuron fires in two seconds
  is 'END { exit !(NR == 1 && $1 > 45 && $1 <= 50) }'
  hal9-view --signals --sample 50 --columns id spikes.h9 | sort -u > a
  hal9-view --tsv --sample 50 --columns id --no-header neurons.h9 | sort > b
  [ -z "$(comm -23 a b)" ]
}

@test "For a spreadsheet or Python" {
  [ "$(wc -l < neurons.csv)" = 1001 ]
  [ "$(wc -l < connections.csv)" = 100001 ]
  [ "$(wc -l < spikes.csv)" = $(($(hal9-view --signals --count spikes.h9) + 1)) ]
  grep -q '^time_ms,neuron' out
  # back again: the same network
  hal9-convert --from csv --ids compact --neurons neurons.csv --connections connections.csv -o again.h9
  hal9-view --connections --columns source,target,weight,delay net.h9 | sort > a
  hal9-view --connections --columns source,target,weight,delay again.h9 | sort | cmp - a
}

@test "Keep it and use it" {
  # what was kept is what went through: as many spikes as the statistics saw, and the network that is made without tee
  hal9-view --diff kept.h9 net.h9
  n=$(hal9-view --signals --count activity.h9)
  FS='\t' is '/^[0-9]+\t/ { sum += $4 } /: ok, / { ok++ }
    $1 == 200 { end++ } END { print sum > "sum"; exit ok != 2 || end != 2 || NR != 11 }'
  [ "$(cat sum)" = "$n" ]
}

@test "Where two runs part" {
  # the first line where the lists of spikes differ
  hal9-step -c net.yaml -t 2s --seed 2 net.h9 | hal9-view --signals > b
  hal9-view --signals spikes.h9 | paste - b | awk '$1 != $3 || $2 != $4 { print NR, $1, $2, $3, $4; exit }' > first
  read -r at s1 i1 s2 i2 < first
  grep -q "signal $at: step $s1 (.* ms), id $i1 .*| step $s2 (.* ms), id $i2 " out
  [ "$(tail -n 2 out | tr '\n' ' ')" = "differ alike " ]
}

@test "Apart and together again" {
  [ ! -s out ]
  [ $(($(hal9-view --signals --count e.h9) + $(hal9-view --signals --count i.h9))) = \
    "$(hal9-view --signals --count both.h9)" ]
  [ "$(hal9-view --signals --count i.h9)" -gt 0 ]
}

@test "Trials one after another" {
  # the rate of both is the mean of the two
  n=$(($(hal9-view --signals --population exc --count one.h9) + $(hal9-view --signals --population exc --count two.h9)))
  FS='\t' is "\$4 == \"duration_ms\" && \$5 == 1000 { d = 1 }
    \$4 == \"rate_hz\" && \$3 == \"exc\" { r = \$5 } END { exit !(d && (r - $n / 800) ^ 2 < 1e-9) }"
}

@test "How a file came to be" {
  [ "$(cut -f 1 out | tr '\n' ' ')" = "program hal9-gen hal9-index hal9-step " ]
  grep -q $'^hal9-step\t-c net.yaml -t 2000ms' out
}

@test "A sweep in the shell" {
  # stronger inhibition, lower rates
  FS='\t' is 'NR > 1 { if ($1 != 2 * (NR - 1) || (NR > 2 && $2 >= before)) bad = 1; before = $2 }
    END { exit bad || NR != 6 }' sweep.tsv
  "$PYTHON" -c '
rows = open("out", encoding="utf-8").read().rstrip("\n").split("\n")
assert len(rows) <= 20 and max(map(len, rows)) <= 60 and sum(0x2801 <= ord(c) <= 0x28ff for r in rows for c in r) > 50'
}

@test "A sweep that can be resumed" {
  is 'NR == 1 && $1 != "g" { bad = 1 } NR > 1 { n++; r[$1 " " $2] = $5 }
    END { exit bad || n != 4 || r["4 80"] <= r["8 80"] || r["8 80"] <= r["8 60"] }'
  cmp out again.txt
  # nothing was run again: a line for each of the two pipelines of four runs
  [ "$(ls -d plane*)" = $'plane\nplane.yaml' ]
  [ "$(ls plane/runs | wc -l)" = 4 ]
  [ "$(tail -n +2 plane/joblog.tsv | wc -l)" = 8 ]
}

@test "How fast it is" {
  FS='\t' is '$1 != NR || $2 <= 0 || $3 < 1000 { bad = 1 } END { exit bad || NR != 2 }'
}

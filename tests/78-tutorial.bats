# The tutorial of hal9(7): its commands, one after the other in one folder, print what is shown under them and leave the
# pictures that it speaks of. Authority: the page itself, the PNG specification, counts by awk.

setup_file() {
  cd "$BATS_TEST_DIRNAME/.."
  export TOP=$PWD AT=$BATS_FILE_TMPDIR/at
  "$PYTHON" tests/tools/man-examples --markdown man/hal9.7 > "$BATS_FILE_TMPDIR/page.md"
  mkdir "$AT"
  # indented, as lines are that were copied from the page in a terminal
  "$PYTHON" tests/tools/transcript.py script "$BATS_FILE_TMPDIR/page.md" | sed 's/^/           /' > "$BATS_FILE_TMPDIR/typed.sh"
  (
    cd "$AT"
    timeout 100 bash -e -o pipefail ../typed.sh > ../printed.txt 2> ../said.txt
    echo $? > ../status
  ) || :
}

setup() { cd "$AT"; }

@test "the tutorial's commands run in one folder, from an empty one on" {
  cat ../said.txt
  [ "$(cat ../status)" = 0 ]
  # a live run tells of its frames; nothing else is said
  ! grep -vE '^hal9-step: (frames|jitter|signals|backlog|latency) ' ../said.txt
  for p in gen index step stats view plot run; do grep -q "hal9-$p" ../typed.sh; done
}

@test "they print what the tutorial shows" {
  run "$PYTHON" "$TOP/tests/tools/transcript.py" compare ../page.md ../printed.txt
  echo "$output"
  [ "$status" = 0 ]
  [ "$output" = "9 displays compared" ]
}

@test "every picture of the tutorial is a PNG of 1200 x 700; five of them looked at are drawn in colours" {
  for p in $(grep -oE '[a-z]+\.png' ../typed.sh | sort -u); do
    [ -s "$p" ] || p=sweep/$p
    [ "$(file -b "$p" | grep -oE '[0-9]+ x [0-9]+')" = "1200 x 700" ]
    n=$((n + 1))
  done
  [ "$n" = 8 ]
  for p in raster network touch potentials sweep/silent; do
    read -r w h colours ink < <("$PYTHON" "$TOP/tests/tools/png.py" $p.png)
    echo "$p: $w x $h, $colours colours, $ink not background"
    [ "$colours" -gt 50 ]
    awk -v i="$ink" 'BEGIN { exit !(i > 0.01 && i < 0.9) }'
  done
}

@test "the current in the middle makes spikes there and hardly any elsewhere" {
  # within 100 um of the middle and beyond 300 um, in the 100 ms of the current, with and without it
  for f in spikes touched; do
    hal9-view --signals --near 0,0,100 --network sheet.h9 --time 300..400 --count $f.h9
    hal9-view --signals --region x=..-300 --network sheet.h9 --time 300..400 --count $f.h9
  done > n
  cat n
  awk '{ n[NR] = $1 } END { exit !(n[3] > 4 * n[1] && n[4] < 1.5 * n[2] && n[4] > n[2] / 1.5) }' n
}

@test "the echo repeated ten inputs" {
  [ "$(grep -cP '^[0-9]+\t1$' ../printed.txt)" = 10 ]
}

@test "the sweep's folder is finished: the same command runs nothing" {
  before=$(wc -l < sweep/joblog.tsv)
  run hal9-run -c sweep.yaml -o sweep
  [ "$status" = 0 ]
  [ "$(wc -l < sweep/joblog.tsv)" = "$before" ]
  [ "$(ls sweep/runs | wc -l)" = 9 ]
}

@test "what is shown in a terminal is what ran: each line of tutorial and cookbook can be copied from the page" {
  for m in hal9 hal9-examples; do
    mandoc -T utf8 "$TOP/man/$m.7" | col -bx > ../shown.txt
    "$PYTHON" "$TOP/tests/tools/man-examples" "$TOP/man/$m.7" | sed '/^$/d; s/^/           /' > ../copied.txt
    [ "$(wc -l < ../copied.txt)" -gt 80 ]
    run grep -vxFf ../shown.txt ../copied.txt
    echo "$m: not shown as it stands: $output"
    [ "$status" = 1 ]
  done
}

# Manuals: linted, complete against --help, and their examples run. Authority: mandoc and the programs.

setup() { cd "$BATS_TEST_DIRNAME/.."; }

@test "mandoc finds nothing to warn of in any manual" {
  for m in man/*.[1-9]; do
    run mandoc -T lint -W warning "$m"
    echo "$m: $output"
    [ -z "$output" ]
  done
}

@test "every program and format has its manual, and every manual is listed in hal9(7)" {
  for c in cmd/hal9-*.c; do [ -f "man/$(basename "$c" .c).1" ]; done
  for m in hal9-stream.5 hal9-config.5 hal9-rules.7 hal9-models.7 hal9.7; do [ -f "man/$m" ]; done
  for m in man/hal9-*.[157]; do
    n=$(basename "$m"); grep -q "^\.Xr ${n%.*} ${n##*.}" man/hal9.7 || { echo "$n"; return 1; }
  done
}

@test "every option that --help shows stands in the manual" {
  bad=0
  for c in cmd/hal9-*.c; do
    n=$(basename "$c" .c)
    mandoc -T ascii "man/$n.1" | col -b > "$BATS_TEST_TMPDIR/$n.txt"
    for o in $("$PYTHON" tests/tools/help.py options "$n" | cut -f 2 | sed "s/^/--/" | sort -u); do
      grep -qe "$o" "$BATS_TEST_TMPDIR/$n.txt" || { echo "$n: $o is not in its manual"; bad=1; }
    done
  done
  [ $bad = 0 ]
}

@test "every long option in a manual's OPTIONS is known to the program" {
  bad=0
  for c in cmd/hal9-*.c; do
    n=$(basename "$c" .c)
    "$n" --help > "$BATS_TEST_TMPDIR/help"
    for o in $(sed -nE 's/^\.It .*Fl -([a-z][a-z-]+).*/--\1/p' "man/$n.1" | sort -u); do
      grep -qe "$o" "$BATS_TEST_TMPDIR/help" || { echo "$n: $o is in the manual, not in --help"; bad=1; }
    done
  done
  [ $bad = 0 ]
}

@test "the examples of the manuals run" {
  bad=0
  for m in man/*.[1-9]; do
    dir=$BATS_TEST_TMPDIR/$(basename "$m")
    mkdir -p "$dir"
    cp examples/*.yaml "$dir"
    "$PYTHON" tests/tools/man-examples "$m" > "$dir/script.sh"
    [ -s "$dir/script.sh" ] || continue
    (
      cd "$dir"
      sh "$OLDPWD/tests/tools/man-examples-setup"
      timeout 120 bash -e -o pipefail script.sh > out.txt 2> err.txt
    ) || { echo "$m: $(tail -n 3 "$dir/err.txt")"; cat "$dir/script.sh"; bad=1; }
  done
  [ $bad = 0 ]
}

# hal9-view --check and --hash: good streams are told, damage of every kind is found and named. Authority: damage done
# by hand.

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_DIRNAME/.."
  S=$BATS_TEST_TMPDIR/sample.h9
  T=$BATS_TEST_TMPDIR
  "$BUILD/unit/codec" "$S" 3
}

@test "a good stream: one line with counts and the content hash" {
  run hal9-view --check "$S"
  [ "$status" = 0 ]
  hash=$(hal9-view --hash "$S")
  [[ "$hash" =~ ^[0-9a-f]{32}$ ]]
  [[ "$output" =~ ^"$S: ok, 21 blocks, 303 neurons, 4 projections, "[0-9]+" connections, "[0-9]+" signals, 6 samples, 3 labels, hash $hash"$ ]]
  [ "$(hal9-view --check < "$S")" = "standard input${output#"$S"}" ]
  [ "$hash" = "$("$PYTHON" tests/tools/parse-stream.py "$S" | sed -n 's/^content //p')" ]
}

@test "the hash is of the content: another seed differs, several files have names" {
  "$BUILD/unit/codec" "$T/other.h9" 4
  run hal9-view --hash "$S" "$T/other.h9"
  [ "$status" = 0 ]
  [ "${lines[0]#*  }" = "$S" ]
  [ "${lines[0]%% *}" != "${lines[1]%% *}" ]
}

@test "every good file is told, the bad one named, the status is 65" {
  head -c 3000 "$S" > "$T/cut.h9"
  run --separate-stderr hal9-view --check "$S" "$T/cut.h9" "$S"
  [ "$status" = 65 ]
  [ "${#lines[@]}" = 2 ]
  [[ "$stderr" == "hal9-view: $T/cut.h9: "*truncated* ]]
}

@test "cut after any byte, every 61st, and near each end" {
  size=$(wc -c < "$S")
  list=$( (seq 0 20; seq 21 61 $((size - 20)); seq $((size - 20)) $((size - 1))) )
  mkdir "$T/cuts"
  for n in $list; do head -c "$n" "$S" > "$T/cuts/$n.h9"; done
  run --separate-stderr hal9-view --check "$T"/cuts/*.h9
  [ "$status" != 0 ]
  [ -z "$output" ]
  for n in $list; do
    echo "$stderr" | grep -qE "^hal9-view: $T/cuts/$n.h9: .*(truncated|is empty|is not a hal9 stream)" || { echo "$n"; return 1; }
  done
  run hal9-view --check "$T/cuts/0.h9"; [ "$status" = 66 ]
  run hal9-view --check "$T/cuts/15.h9"; [ "$status" = 65 ]
  run hal9-view --check "$T/cuts/$((size - 1)).h9"; [ "$status" = 65 ]
}

@test "a flipped bit anywhere, every 37th byte" {
  "$PYTHON" - "$S" "$T" <<'P'
import os, sys
data = open(sys.argv[1], "rb").read()
os.mkdir(sys.argv[2] + "/flips")
for i in list(range(0, 40)) + list(range(40, len(data), 37)) + list(range(len(data) - 40, len(data))):
    b = bytearray(data)
    b[i] ^= 1 << i % 8
    open("%s/flips/%d.h9" % (sys.argv[2], i), "wb").write(b)
P
  run --separate-stderr hal9-view --check "$T"/flips/*.h9
  [ "$status" = 65 ]
  [ -z "$output" ]
  n=$(ls "$T/flips" | wc -l)
  [ "$n" -gt 250 ]
  [ "$(echo "$stderr" | grep -cE "^hal9-view: $T/flips/[0-9]+.h9: .")" = "$n" ]
}

@test "the other modes find cut streams, too" {
  head -c -400 "$S" > "$T/cut.h9"
  for mode in '' --hash --tsv --signals --connections --projections --provenance --metrics '--count --signals'; do
    run hal9-view $mode "$T/cut.h9"
    [ "$status" = 65 ]
    [[ "$output" == *"cut.h9: "*truncated* ]]
  done
}

@test "foreign files, directories, missing files" {
  echo hello > "$T/text"
  gzip -c "$S" > "$T/gz"
  : > "$T/empty"
  run hal9-view "$T/text"; [ "$status" = 65 ]; [[ "$output" == *"$T/text: is not a hal9 stream"* ]]
  run hal9-view "$T/gz"; [ "$status" = 65 ]; [[ "$output" == *gzip* ]]
  run hal9-view "$T/empty"; [ "$status" = 66 ]; [[ "$output" == *"is empty"* ]]
  run hal9-view "$T"; [ "$status" = 66 ]; [[ "$output" == *"is a directory"* ]]
  run hal9-view "$T/missing"; [ "$status" = 66 ]; [[ "$output" == *"No such file"* ]]
}

@test "progress of a check when asked for" {
  run --separate-stderr hal9-view --check --progress always "$S"
  [ "$status" = 0 ]
  [ "${#lines[@]}" = 1 ]
  [[ "$stderr" == *"hal9-view: "*" MB"* ]]
  run --separate-stderr hal9-view --check --progress never "$S"
  [ -z "$stderr" ]
}

# The container as hal9-stream(5) describes it. Authority: a reader written from the manual alone
# (tests/tools/parse-stream.py), the zstd program and libxxhash.

setup() {
  cd "$BATS_TEST_DIRNAME/.."
  S=$BATS_TEST_TMPDIR/sample.h9
  "$BUILD/unit/stream" "$S"
}

@test "a reader written from the manual understands every byte" {
  run "$PYTHON" tests/tools/parse-stream.py "$S"
  echo "$output"
  [ "$status" = 0 ]
  [ "$(echo "$output" | grep -c ' connections ')" = 2 ]
  [[ "${lines[-1]}" == content\ * ]]
}

@test "that reader finds a changed byte" {
  for at in 5 20 44 70000 -1 -100; do
    "$PYTHON" -c '
import sys
b = bytearray(open(sys.argv[1], "rb").read())
b[int(sys.argv[2])] ^= 4
open(sys.argv[3], "wb").write(b)' "$S" "$at" "$BATS_TEST_TMPDIR/bad.h9"
    run "$PYTHON" tests/tools/parse-stream.py "$BATS_TEST_TMPDIR/bad.h9"
    [ "$status" != 0 ]
  done
}

@test "zstd tests the whole file and passes over tags" {
  zstd -q -t "$S"
  zstd -q -dc "$S" > "$BATS_TEST_TMPDIR/raw"
  # 14 payload heads, 12 bodies of 70000 + 7 i bytes, the index of 16 + 12 * 32, the end block of 312
  [ "$(wc -c < "$BATS_TEST_TMPDIR/raw")" = $((14 * 16 + 12 * 70000 + 7 * 66 + 16 + 12 * 32 + 312)) ]
}

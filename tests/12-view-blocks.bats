# hal9-view --blocks: where blocks lie and what they are of. Authority: a reader of the container written from
# hal9-stream(5) alone (tests/tools/parse-stream.py), libxxhash, and damage done by hand.

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_DIRNAME/.."
  S=$BATS_TEST_TMPDIR/sample.h9
  T=$BATS_TEST_TMPDIR
  "$BUILD/unit/codec" "$S" 3
}

@test "offsets, kinds, counts and sizes are those of the independent reader, whatever the threads" {
  "$PYTHON" tests/tools/parse-stream.py "$S" | grep -E '^[0-9]+ [a-z]+ [0-9]+ ' | awk '{print $1, $2, $3, $4 + 32, $5, $6}' > "$T/want"
  [ "$(wc -l < "$T/want")" = 21 ]
  hal9-view --blocks --no-header --columns block,kind,offset,stored,raw,count "$S" | tr '\t' ' ' | diff "$T/want" -
  hal9-view --blocks -@ 1 "$S" > "$T/one"
  for n in 2 5; do hal9-view --blocks -@ $n "$S" | cmp - "$T/one"; done
  hal9-view --blocks < "$S" | cmp - "$T/one"
  [ "$(hal9-view --blocks --count "$S")" = 21 ]
  [ "$(hal9-view --blocks --head 3 --no-header "$S" | wc -l)" = 3 ]
}

@test "ranges are those of the records" {
  hal9-view --blocks --columns kind,of,range,first,last --no-header "$S" > "$T/got"
  grep -qx "$(printf 'neurons\tmany\tid\t4\t303')" "$T/got"
  grep -qx "$(printf 'connections\tmany>few\tid\t204\t303')" "$T/got"
  grep -qx "$(printf 'labels\t\tid\t2\t40')" "$T/got"
  [ "$(grep "^labels" "$T/got" | cut -f 4,5)" = "$(hal9-view --labels --columns id "$S" | sed -n '1p;$p' | paste -sd '\t')" ]
  # batches of signals follow each other without gaps, and hold their signals
  awk -F '\t' '$1 == "signals" { if (n++ && $4 != last + 1) bad = 1; last = $5 } END { exit bad || n != 3 }' "$T/got"
  hal9-view --signals "$S" | awk -F '\t' '$1 < 11 || $1 > 310 { bad = 1 } END { exit bad }'
  [ "$(grep -c '^state' "$T/got")" = 1 ]
  [ "$(grep '^state' "$T/got" | cut -f 2-)" = "$(printf 'V_m\tstep\t20\t30')" ]
  [ "$(hal9-view --states --columns step "$S" | sort -nu | sed -n '1p;$p' | paste -sd ' ')" = "20 30" ]
  grep -qx "$(printf 'provenance\thal9-index\t\tnan\tnan')" "$T/got"
  hal9-view --blocks --ndjson "$S" > "$T/json"
  [ "$(jq -r 'select(.kind == "neurons") | [.of, .range, .first, .last] | @csv' < "$T/json" | tail -n 1)" = '"many","id",4,303' ]
  [ "$(jq -r 'select(.kind == "end") | .digest == "" and .first == null' < "$T/json")" = true ]
}

@test "the digests make the content hash" {
  hal9-view --blocks --no-header --columns kind,digest "$S" > "$T/digests"
  "$PYTHON" - "$T/digests" "$(hal9-view --hash "$S")" <<'P'
import ctypes, ctypes.util, struct, sys
class H(ctypes.Structure): _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]
x = ctypes.CDLL(ctypes.util.find_library("xxhash") or "libxxhash.so.0")
x.XXH3_128bits.argtypes, x.XXH3_128bits.restype = [ctypes.c_char_p, ctypes.c_size_t], H
b = b""
for line in open(sys.argv[1]):
    kind, digest = line.rstrip("\n").split("\t")
    if kind not in ("metrics", "index", "end"):
        b += struct.pack("<QQ", int(digest[16:], 16), int(digest[:16], 16))
h = x.XXH3_128bits(b, len(b))
assert "%016x%016x" % (h.high, h.low) == sys.argv[2]
P
}

@test "a damaged or cut stream is shown as far as it goes, in a file, too" {
  hal9-view --blocks "$S" > "$T/whole"
  at=$(awk '$3 == "signals" { print $2; exit }' "$T/whole")
  n=$(awk '$3 == "signals" { print $1; exit }' "$T/whole")
  for cut in $((at + 5)) $((at + 40)); do
    head -c "$cut" "$S" > "$T/cut.h9"
    run --separate-stderr hal9-view --blocks "$T/cut.h9"
    [ "$status" = 65 ]
    [ "$output" = "$(head -n $((n + 1)) "$T/whole")" ]
    [[ "$stderr" == "hal9-view: $T/cut.h9: block $n "*"at byte $at: truncated: "* ]]
  done
  cp "$S" "$T/bad.h9"
  printf 'x' | dd of="$T/bad.h9" bs=1 seek=$((at + 60)) conv=notrunc status=none
  run --separate-stderr hal9-view --blocks -@ 3 -o "$T/out" "$T/bad.h9"
  [ "$status" = 65 ]
  head -n $((n + 1)) "$T/whole" | cmp - "$T/out"
  [[ "$stderr" == *"block $n (signals) at byte $at: damaged: its tag states the check "* ]]
  run hal9-view --blocks "$T/whole"; [ "$status" = 65 ]; [[ "$output" == *"is not a hal9 stream"* ]]
  : > "$T/empty"; run hal9-view --blocks "$T/empty"; [ "$status" = 66 ]
}

@test "what makes no sense with it is refused" {
  for o in "--population few" "--id 3" "--signals" "--time 0..5" "--columns ratoi"; do
    run hal9-view --blocks $o "$S"; [ "$status" = 64 ]
  done
  [[ "$output" == *"did you mean 'ratio'"* ]]
}

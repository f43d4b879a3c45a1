# A first-time user's ten minutes: README.md read from the top, its commands typed as they stand, nothing else at hand.
# Authority: README.md itself (what it says is printed), the PNG specification, and rates counted by awk and NumPy.

setup_file() {
  cd "$BATS_TEST_DIRNAME/.."
  export TOP=$PWD BIN=$PWD/$BUILD/bin
  case $BUILD in /*) BIN=$BUILD/bin ;; esac
  # What a user has after make: the checkout's build, examples and manuals, and the system's own programs.
  export HOME_=$BATS_FILE_TMPDIR/hal9
  mkdir -p "$HOME_/build"
  ln -s "$BIN" "$HOME_/build/bin"
  ln -s "$TOP/examples" "$TOP/man" "$HOME_"
  "$PYTHON" tests/tools/transcript.py script README.md --section Start --section 'ten minutes' > "$HOME_/typed.sh"
  (
    cd "$HOME_"
    env -i PATH=/usr/bin:/bin HOME="$HOME_" LC_ALL=C.UTF-8 bash -e -o pipefail typed.sh > printed.txt 2> said.txt
    echo $? > status
  ) || :
}

setup() { cd "$HOME_"; }

@test "the commands of README.md run one after the other and say nothing on standard error" {
  cat said.txt
  [ "$(cat status)" = 0 ]
  [ ! -s said.txt ]
  # what ran is what stands there: the path is set by README's own line
  [ "$(grep -c '^export PATH="$PWD/build/bin:$PATH"$' typed.sh)" = 1 ]
  [ "$(grep -c '^hal9-' typed.sh)" -ge 10 ]
}

@test "they print what README.md says" {
  run "$PYTHON" "$TOP/tests/tools/transcript.py" compare "$TOP/README.md" printed.txt \
    --section Start --section 'ten minutes'
  echo "$output"
  [ "$status" = 0 ]
  [ "$output" = "2 displays compared" ]
  # and a display that is not printed is noticed
  sed 's/^Activity: 35827/Activity: 35828/' "$TOP/README.md" > other.md
  run "$PYTHON" "$TOP/tests/tools/transcript.py" compare other.md printed.txt --section Start --section 'ten minutes'
  [ "$status" = 1 ]
}

@test "pictures of the user's own network: PNG of 1200 x 700, drawn in colour, not the same" {
  for p in raster patches bumps; do
    read -r w h colours ink < <("$PYTHON" "$TOP/tests/tools/png.py" sheet/$p.png)
    echo "$p: $w x $h, $colours colours, $ink not background"
    [ "$w $h" = "1200 700" ]
    [ "$colours" -gt 200 ]
    awk -v i="$ink" 'BEGIN { exit !(i > 0.02 && i < 0.9) }'
  done
  ! cmp -s sheet/patches.png sheet/bumps.png
}

@test "the raster in the terminal has braille dots, the names of the populations and no colour codes" {
  awk '/^@@/ {at++} {block[at] = block[at] $0 "\n"} END {for (i in block) if (block[i] ~ /Spikes of/) printf "%s", block[i]}' \
    printed.txt > raster.txt
  grep -q 'exc' raster.txt
  grep -q 'inh' raster.txt
  [ "$(grep -cP '[\x{2801}-\x{28ff}]' raster.txt)" -ge 10 ]
  ! grep -q $'\e' raster.txt
}

@test "patches wander and bumps stand still, as README.md says of the pictures" {
  export PATH=$BIN:$PATH
  cd sheet
  for n in "" 4; do
    hal9-view --tsv --columns x,y --no-header sheet$n.h9 > at$n.txt
    hal9-view --signals --columns time,id spikes$n.h9 > when$n.txt
  done
  "$PYTHON" - <<'P'
import numpy as np
def maps(n):
    """Spikes in 10 x 10 squares of the sheet, in ten windows of 50 ms of the second half."""
    at = np.loadtxt(f"at{n}.txt"); t, who = np.loadtxt(f"when{n}.txt").T
    who = who.astype(int) - 1
    cell = np.clip((at + 500) // 100, 0, 9).astype(int) @ [10, 1]
    out = np.zeros((10, 100))
    late = t > 500
    np.add.at(out, (np.minimum((t[late] - 500.01) // 50, 9).astype(int), cell[who[late]]), 1)
    return out, np.bincount(who, minlength=len(at))
for n, low, high in (("", -0.3, 0.4), ("4", 0.6, 1)):
    m, count = maps(n)
    c = np.corrcoef(m)
    c = np.mean([c[i, i + 5] for i in range(5)])  # the same squares a quarter of a second later
    print("g", n or 8, "correlation of maps", c, "silent", (count == 0).mean(), "fastest", count.max())
    assert low <= c <= high
    if n:
        assert (count == 0).mean() > 0.25 and (count[count > 0] >= 100).mean() > 0.15
P
}

@test "the first command of README.md, at a fiftieth of its size, simulates eight populations" {
  cd "$BATS_FILE_TMPDIR/hal9"
  "$PYTHON" "$TOP/tests/tools/transcript.py" script "$TOP/README.md" --section '' |
    sed 's|-c examples/microcircuit.yaml|& --set scale=0.02|; s|-c examples/microcircuit.yaml|& --set scale=0.02|2' > head.sh
  [ "$(grep -o 'scale=0.02' head.sh | wc -l)" = 3 ]
  run env -i PATH="$BIN:/usr/bin:/bin" bash -e -o pipefail head.sh
  echo "$output"
  [ "$status" = 0 ]
  [ "$(grep -cE '^  L(23|4|5|6)[EI] .* [0-9.]+ %' <<< "$output")" = 8 ]
}

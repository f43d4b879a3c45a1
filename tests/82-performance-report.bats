# examples/performance-report.sh at toy size: every section is there and adds up. Authority: arithmetic; no time is asserted.
bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_TEST_DIRNAME/.."
  mkdir -p "$BATS_FILE_TMPDIR/b"
  ln -s "$(realpath "${BUILD:-build}/bin")" "$(realpath "${BUILD:-build}/lib")" "$BATS_FILE_TMPDIR/b/"
  export BUILD=$BATS_FILE_TMPDIR/b
  RUNS=2 SIZES="100 1000 5000" PAIRS="100 1000 3000" IDS=10000 LABELS=5000 TIME=1 LONG=2s \
    examples/performance-report.sh --quick --markdown > "$BATS_FILE_TMPDIR/report" 2> "$BATS_FILE_TMPDIR/err"
}
setup() { R=$BATS_FILE_TMPDIR/report; }

@test "every row of the table of systems has its section, with figures in it" {
  cat "$R"
  [ "$(grep -c '^## ' "$R")" = 9 ]
  for s in 'Networks' 'Compact ids' 'Sharding' 'Batches' 'Pools' 'Priorities' 'By the clock' 'Metrics' 'Settings'; do
    awk -v s="## $s" 'index($0, s) == 1 {on = 1; next} /^## / {on = 0} on && /[0-9]/ {n++} END {exit !n}' "$R"
  done
  [ ! -s "$BATS_FILE_TMPDIR/err" ]
}

@test "tables are whole: as many cells in every line, no empty ones but where nothing was compared" {
  awk '/^\|/ {n = gsub(/\|/, "|"); if (was && n != was) exit 1; was = n; next} {was = 0}' "$R"
  grep -E '^\| (100|1000) ' "$R" | head -n 2 | awk -F '|' '{for (i = 2; i < NF; i++) if ($i !~ /[0-9]/) exit 1}'
}

@test "accounts add up: in = delivered + deferred + refused; high signals are all on time; nothing is allocated while it runs" {
  [ "$(grep -c '[0-9] in = ' "$R")" = 3 ]
  sed -n 's/.* \([0-9]*\) in = \([0-9]*\) delivered + \([0-9]*\) deferred + \([0-9]*\) refused.*/\1 \2 \3 \4/p' "$R" | awk '$1 != $2 + $3 + $4 || !$1 {exit 1}'
  grep -qE '^\| high \| 100 \| 100 \|' "$R"
  grep -qE '^Allocations of 2s beyond those of 1 s: 0 ' "$R"
  # 32 bits in place of 128, as allocated
  grep -E '^\| 10000 ' "$R" | head -n 1 | awk -F '|' '{exit !($4 / $3 < 0.26)}'
}

@test "a wrong option, and a folder that has no sources" {
  cd "$BATS_TEST_DIRNAME/.."
  run -64 examples/performance-report.sh --fast
  mkdir -p "$BATS_TEST_TMPDIR/x/examples"
  cp examples/performance-report.sh "$BATS_TEST_TMPDIR/x/examples/"
  run -66 "$BATS_TEST_TMPDIR/x/examples/performance-report.sh"
  [[ "$output" == *"run it from a source tree"* ]]
  examples/performance-report.sh --help | grep -q -- --markdown
}

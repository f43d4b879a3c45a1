# On a terminal: what is asked for instead of waiting, no binary data, progress on standard error only, NO_COLOR.
# Authority: pseudo-terminals of util-linux's script.

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_FILE_TMPDIR"
  sh "$BATS_TEST_DIRNAME/tools/man-examples-setup"
}
setup() {
  cd "$BATS_FILE_TMPDIR"
  script -qec true /dev/null > /dev/null 2>&1 || skip "no pseudo-terminals here"
  export TERM=xterm
}

# terminal COMMAND: its standard streams are a terminal; prints what it shows, lines apart where it returns to their begin
terminal() { script -qec "$1" /dev/null < /dev/null | tr '\r' '\n'; }

@test "a program alone on a terminal says what to do, and ends" {
  for p in gen index step stats view plot convert run; do
    run terminal "timeout 5 hal9-$p"
    echo "hal9-$p: $status: $output"
    [ "$status" = 0 ] # of tr
    [[ "$output" == "hal9-$p: "*" or "* ]]
    [[ "$output" == *expected* || "$output" == *"as in 'hal9-gen -n 100 | hal9-view'"* ]]
    run ! script -qec "timeout 5 hal9-$p" /dev/null < /dev/null > /dev/null
  done
  run terminal 'timeout 5 hal9-step -t 1'
  [[ "$output" == *"standard input: is a terminal, expected a stream: name a file, or pipe one in (--help has examples)"* ]]
}

@test "binary data is not written to a terminal" {
  for command in 'hal9-gen -n 10' 'hal9-index --radius 30 neurons.h9' 'hal9-step -t 1 net.h9' 'hal9-view --cat spikes.h9' \
    'hal9-plot raster -o - --format png spikes.h9' 'hal9-convert --from csv --neurons nothing.csv'; do
    run terminal "timeout 5 $command"
    echo "$command: $output"
    [[ "$output" == *terminal* ]]
    [[ "$output" != *P*NG* && "$output" != *nothing.csv* ]]
  done
}

@test "progress: on a terminal alone, on standard error, with rate and time left, wiped at the end" {
  # a run by the clock takes as long as it says
  terminal 'hal9-step -q --realtime -t 2.3s -o x.h9 net.h9' > quiet
  script -qec 'hal9-step --realtime -t 2.5s -o x.h9 net.h9' typed < /dev/null > shown
  tr '\r' '\n' < shown > lines
  cat lines
  grep -qE '^hal9-step: [0-9.]+ of 2500 ms +[0-9]+ %  [0-9]+ s left  RTF [0-9.]+' lines
  grep -q $'^\033\\[K' lines
  run ! grep -q ' of ' quiet
  # elsewhere than on a terminal: only when asked for; standard output has data alone
  hal9-step --realtime -t 2.2s net.h9 2> said > data.h9
  run ! grep -q ' of .* left' said
  hal9-view --check data.h9
  [ -z "$(TERM=dumb terminal 'hal9-step --realtime -t 2.2s -o x.h9 net.h9' | grep ' left')" ]
  hal9-gen -n 300000 > many.h9
  hal9-index --radius 20um --progress always many.h9 2> said > data.h9
  tr '\r' '\n' < said | grep -E '^hal9-index: [0-9.e+]+ of [0-9.e+]+ connections +[0-9]+ %  [0-9.e+]+/s  [0-9]+ s left'
  hal9-gen -n 3000000 --progress always 2>&1 > /dev/null | tr '\r' '\n' |
    grep -E '^hal9-gen: [0-9.e+]+ of 3e\+06 neurons +[0-9]+ %  [0-9.e+]+ neurons/s  [0-9]+ s left'
}

@test "NO_COLOR: no colour anywhere; a picture in the terminal has some without it" {
  colour=$'\033\\[[0-9;]*[1-9][0-9;]*m'
  terminal 'hal9-plot raster --term spikes.h9' | grep -q "$colour"
  for command in 'hal9-plot raster --term spikes.h9' 'hal9-plot rates --term spikes.h9' 'hal9-stats spikes.h9' 'hal9-view net.h9' \
    'hal9-view --follow spikes.h9' 'hal9-stats --live spikes.h9' 'hal9-step --help' 'hal9-step --nonsense' 'hal9-view --check --progress always net.h9'; do
    for off in NO_COLOR=1 TERM=dumb; do
      env "$off" script -qec "$command" /dev/null < /dev/null > shown || [ "$command" = "hal9-step --nonsense" ]
      echo "$off $command"
      [ -s shown ]
      run ! grep -q "$colour" shown
    done
  done
  # and none where the output is no terminal
  hal9-plot raster --term spikes.h9 > shown
  run ! grep -q $'\033' shown
}

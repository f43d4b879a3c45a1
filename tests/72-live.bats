#!/usr/bin/env bats
# hal9-stats --live and hal9-view --follow. Authority: the same counted in awk from hal9-view --signals; a
# pseudo-terminal (util-linux's script) for what is drawn.

setup() {
  cd "$BATS_TEST_TMPDIR"
  cat > net.yaml <<'Y'
populations:
  exc: {count: 80, model: iaf_psc_exp}
  inh: {count: 20, model: parrot_neuron}
simulation:
  duration: 1.05 s
  transient: 100 ms
  stimuli:
    - {type: poisson, target: exc, rate: 9 kHz, weight: 40 pA}
    - {type: poisson, target: inh, rate: 30 Hz, weight: 1}
Y
  hal9-gen -c net.yaml | hal9-step -c net.yaml -o s.h9
}

@test "lines of --live are the rates of each window, the last one as long as it was" {
  hal9-stats --live=200ms s.h9 > lines
  [ "$(head -n 1 lines)" = "time_ms	population	rate_hz	spikes" ]
  hal9-view --signals --columns time,population s.h9 > spikes
  awk -F '\t' 'NR == FNR { w = int(($1 - 100 - 1e-6) / 200); n[w, $2]++; next }
    FNR > 1 { w = int(($1 - 100 - 1e-6) / 200); d = $1 - 100 - 200 * w; size = $2 == "exc" ? 80 : 20
      if ($4 != n[w, $2] + 0 || ($3 - $4 / size / d * 1000) ^ 2 > 1e-6) { print; exit 1 } k++ }
    END { if (k != 12) { print k " lines"; exit 1 } }' spikes lines
}

@test "lines of --follow are the signals, and come while the stream flows" {
  hal9-view --follow s.h9 > lines
  hal9-view --signals --columns time,id s.h9 | cmp - lines
  mkfifo in
  hal9-view --follow in > seen &
  pid=$!
  exec 9> in
  head -c $(($(wc -c < s.h9) / 2)) s.h9 >&9
  for i in $(seq 100); do [ -s seen ] && break; sleep 0.05; done
  [ -s seen ]
  kill -0 $pid
  exec 9>&-
  ! wait $pid
}

@test "a stream that breaks off is an error, after what it had" {
  head -c $(($(wc -c < s.h9) / 2)) s.h9 > half.h9
  run hal9-stats --live half.h9
  [ "$status" = 65 ]
  [[ "$output" == *exc* ]] && [[ "$output" == *truncated* || "$output" == *ends* || "$output" == *"cut"* ]]
}

@test "on a terminal both draw in place" {
  script -qec true /dev/null > out 2>&1 < /dev/null || skip "no pseudo-terminal"
  script -qec "stty cols 100 rows 20; hal9-stats --live s.h9" /dev/null < /dev/null | tr -d '\r' > out
  grep -q 'population  .*Hz now .*Hz mean' out
  grep -q '^inh .*#' out
  script -qec "stty cols 100 rows 20; hal9-view --follow s.h9" /dev/null < /dev/null | tr -d '\r' > out
  [ "$(grep -c '' out)" -ge 10 ]
  grep -q '^exc ' out
  grep -q 'to 1150 ms, 10 ms a column' out
  ! tr -d '\r\n' < out | sed 's/\x1b\[[0-9]*[AK]//g' | grep -q $'\x1b'
}

@test "what does not go together is refused; a stream without signals shows nothing" {
  run hal9-stats --live --json s.h9
  [ "$status" = 64 ]
  run hal9-view --follow --head 3 s.h9
  [ "$status" = 64 ]
  run hal9-stats --live=0 s.h9
  [ "$status" = 64 ]
  run hal9-view --follow=-1ms s.h9
  [ "$status" = 64 ]
  hal9-gen -n 3 -o n.h9
  [ "$(hal9-stats --live n.h9 | wc -l)" = 1 ]
  [ -z "$(hal9-view --follow n.h9)" ]
}

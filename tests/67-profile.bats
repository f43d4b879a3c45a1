# --profile. Authorities: the bytes of one run in all the others; what the programs do, in strace's and the stream's own
# numbers; the table in hal9-step(1), copied here.

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_FILE_TMPDIR"
  for n in 50 99 100 999 1000 9999 10000; do make_network $n; done
}
setup() { cd "$BATS_FILE_TMPDIR"; }

# Neurons in a box, each connected to about 20 others nearby; connections left to their rules.
make_network() {
  cat > $1.yaml <<Y
populations:
  n: {count: $1, model: iaf_psc_exp, layout: {type: box, extent: [$1 um, 100 um, 100 um]}}
connections:
  - {source: n, target: n, rule: radius, radius: 30 um, weight: {normal: {mean: 40 pA, sd: 10 pA}}, delay: 1 ms}
  - {source: n, target: n, rule: k_nearest, number: 3, weight: -50 pA, delay: 1.5 ms}
simulation:
  stimuli: [{type: poisson, target: n, rate: 9 kHz, weight: 60 pA}]
Y
  hal9-gen -c $1.yaml -o $1.n.h9
  hal9-index -c $1.yaml --defer $1.n.h9 -o $1.d.h9
}

chosen() { # chosen N [OPTION...]: what hal9-step -v says of its settings
  local n=$1
  shift
  hal9-step -v -c $n.yaml -t 1ms "$@" $n.d.h9 -o settings.h9 2>&1 | sed -n 's/^hal9-step: profile //p'
}

@test "auto looks at the number of neurons" {
  [[ "$(chosen 50)" == "small (auto, 50 neurons): "* ]]
  [[ "$(chosen 99)" == "small (auto, 99 neurons): "* ]]
  [[ "$(chosen 100)" == "medium (auto, 100 neurons): "* ]]
  [[ "$(chosen 999)" == "medium (auto, 999 neurons): "* ]]
  [[ "$(chosen 1000)" == "large (auto, 1000 neurons): "* ]]
  [[ "$(chosen 9999 --profile=auto)" == "large (auto, 9999 neurons): "* ]]
  [[ "$(chosen 10000)" == "massive (auto, 10000 neurons): "* ]]
}

@test "the settings are those of the table" {
  unset HAL9_THREADS
  p=$(nproc) q=$((p < 4 ? p : 4))
  s() { [ "$1" = 1 ] && echo "1 thread" || echo "$1 threads"; }
  run chosen 1000 --profile=small
  [ "$output" = "small (asked for, 1000 neurons): no index, live signals at once, no pools, 1 tile a thread, 1 thread" ]
  run chosen 1000 --profile=medium
  [ "$output" = "medium (asked for, 1000 neurons): index with 20 neurons a cell, live signals in batches of 10, pools for 1000 signals, 1 tile a thread, 1 thread" ]
  run chosen 1000 --profile=large
  [ "$output" = "large (asked for, 1000 neurons): index with 10 neurons a cell, live signals in batches of 100, pools for 10000 signals, 1 tile a thread, 1 thread" ]
  [[ "$(chosen 9999)" == *", 1 tile a thread, $(s $q)" ]]
  run chosen 1000 --profile=massive
  [ "$output" = "massive (asked for, 1000 neurons): index with 10 neurons a cell, live signals in batches of 1000, pools for 65536 signals, tiles by the cache, $(s $p)" ]
  run chosen 50
  [[ "$output" == *"live signals at once"* ]]
  run chosen 1000
  [[ "$output" == *"live signals at once"* ]]
  run hal9-index -v --profile=small -c 1000.yaml 1000.n.h9 -o index.h9
  [[ "${lines[0]}" == "hal9-index: profile small (asked for, 1000 neurons): no index, "* ]]
}

@test "threads that are given come before the profile's, by option and by environment" {
  [[ "$(chosen 50 -@ 3)" == *", 3 threads as given" ]]
  [[ "$(HAL9_THREADS=2 chosen 50)" == *", 2 threads as given" ]]
  hal9-view --metrics settings.h9 | grep -qx $'step.threads\t2'
}

@test "connections: the same bytes with every profile" {
  for n in 50 1000; do
    hal9-index -c $n.yaml $n.n.h9 -o want.h9
    [ "$(hal9-view --connections --count want.h9)" -gt $((6 * n)) ]
    for p in auto small medium large massive; do hal9-index --profile=$p -c $n.yaml $n.n.h9 | cmp - want.h9; done
    hal9-index --brute-force -c $n.yaml $n.n.h9 | cmp - want.h9
  done
  hal9-index --query radius=40um --all 1000.n.h9 > want.txt
  for p in small medium massive; do hal9-index --profile=$p --query radius=40um --all 1000.n.h9 | cmp - want.txt; done
}

@test "spikes: the same bytes with every profile, connections made by rule or read" {
  for n in 50 1000; do
    hal9-index -c $n.yaml $n.n.h9 -o rows.h9
    hal9-step --no-metrics -c $n.yaml -t 300ms -@ 1 $n.d.h9 -o want.h9
    [ "$(hal9-view --signals --count want.h9)" -gt $((2 * n)) ]
    for p in auto small medium large massive; do
      hal9-step --no-metrics --profile=$p -c $n.yaml -t 300ms $n.d.h9 | cmp - want.h9
      hal9-step --profile=$p -c $n.yaml -t 300ms rows.h9 -o got.h9
      [ "$(hal9-view --signals got.h9 | cksum)" = "$(hal9-view --signals want.h9 | cksum)" ]
    done
  done
}

@test "simulation.profile of the configuration; the option comes before it" {
  sed 's/^simulation:/&\n  profile: large/' 50.yaml > with.yaml
  hal9-step -v -c with.yaml -t 1ms 50.d.h9 -o got.h9 2>&1 | grep -q '^hal9-step: profile large (asked for'
  hal9-step -v -c with.yaml --profile=medium -t 1ms 50.d.h9 -o got.h9 2>&1 | grep -q '^hal9-step: profile medium (asked for'
  hal9-step -v -c with.yaml --profile=auto -t 1ms 50.d.h9 -o got.h9 2>&1 | grep -q '^hal9-step: profile small (auto'
  hal9-index -v -c with.yaml 50.n.h9 -o got.h9 2>&1 | grep -q '^hal9-index: profile large (asked for'
  sed 's/^simulation:/&\n  profile: huge/' 50.yaml > wrong.yaml
  run -78 hal9-step -c wrong.yaml -t 1ms 50.d.h9 -o got.h9
  [[ "$output" == *"wrong.yaml:7:12: profile: found 'huge', expected auto, small, medium, large or massive"* ]]
}

@test "a name as a word of its own, before and behind the network; a file of that name is a file" {
  want=$(chosen 1000 --profile=medium)
  [ "$(chosen 1000 --profile medium)" = "$want" ]
  hal9-step -v -c 1000.yaml -t 1ms 1000.d.h9 -o got.h9 --profile medium 2>&1 | grep -qxF "hal9-step: profile $want"
  hal9-step -v 1000.d.h9 --profile medium -c 1000.yaml -t 1ms -o got.h9 2>&1 | grep -qxF "hal9-step: profile $want"
  cp 50.d.h9 large
  hal9-step -v -c 50.yaml -t 1ms -o got.h9 --profile large 2> err
  grep -q '^hal9-step: profile small (auto' err
  grep -q '^deliver ' err
  rm large
}

@test "without a name: timings, from hal9-index, too" {
  hal9-step --profile -c 50.yaml -t 1ms 50.d.h9 -o got.h9 2> err
  grep -q '^deliver ' err
  hal9-index --profile -c 50.yaml 50.n.h9 -o got.h9 2> err
  grep -qE '^read +[0-9.]+ s +[0-9.]+ %$' err
  grep -qE '^connect +[0-9.]+ s +[0-9.]+ %$' err
  for p in hal9-step hal9-index; do
    run -64 $p --profile=huge -c 50.yaml 50.d.h9 -o got.h9
    [[ "${lines[0]}" == "$p: --profile: found 'huge', expected auto, small, medium, large or massive" ]]
  done
}

@test "metrics name the profile" {
  hal9-step -c 1000.yaml -t 1ms --metrics m.prom 1000.d.h9 -o got.h9
  hal9-view --metrics got.h9 | grep -qx $'step.profile\t3'
  grep -qF 'hal9_profile_info{program="hal9-step",profile="large",chosen="auto"} 1' m.prom
  hal9-index --profile=small -c 50.yaml --metrics m.prom 50.n.h9 -o got.h9
  grep -qF 'hal9_profile_info{program="hal9-index",profile="small",chosen="given"} 1' m.prom
}

@test "live: a profile that was asked for batches as the latency of its size, auto sends at once" {
  sizes() { "$PYTHON" "$BATS_TEST_DIRNAME/tools/parse-stream.py" "$1" | awk '$2 == "signals" {print $6}'; }
  live() { hal9-step -q -c 1000.yaml --realtime=4 -t 200ms "$@" 1000.d.h9 -o live.h9; hal9-view --signals live.h9 > live.txt; }
  full() { hal9-view --metrics live.h9 | awk '$1 == "step.batches_full" {print $2}'; }
  hal9-step -c 1000.yaml -t 200ms 1000.d.h9 -o want.h9
  hal9-view --signals want.h9 > want.txt
  live
  cmp live.txt want.txt
  at_once=$(sizes live.h9 | wc -l)
  [ "$at_once" -gt 150 ] # one for each exchange interval of 1 ms, at least
  [ "$(full)" = 0 ]
  for p in medium large massive; do
    live --profile=$p
    cmp live.txt want.txt
    [ "$(full)" -gt 0 ]
  done
  [ "$(sizes live.h9 | wc -l)" -lt $((at_once / 2)) ] # about 1,000 in each
  live --profile=small
  [ "$(full)" = 0 ]
  live --profile=massive --batch-size 5 --batch-urgent 5
  [ "$(sizes live.h9 | sort -n | tail -n 1)" -lt 100 ]
}

@test "pools: room for recorded spikes is taken before the first step" {
  strace -f -o probe hal9-step --version > /dev/null 2>&1 || skip "strace may not trace here"
  export MALLOC_MMAP_THRESHOLD_=131072
  room() { strace -f -e trace=mmap,brk,mremap -o calls hal9-step -q --no-metrics -@ 1 -c 1000.yaml -t 100ms "$@" 1000.d.h9 -o got.h9; }
  # 65,536 spikes of 8 bytes are a mapping each for the list, its copy, and the steps of a batch
  room --profile=medium
  few=$(grep -cE 'mmap\(NULL, 528384,' calls) || true
  room --profile=massive
  many=$(grep -cE 'mmap\(NULL, 528384,' calls)
  echo "$few mappings, then $many"
  [ $((many - few)) = 3 ]
}

# hal9-view --cat and --merge: recordings joined into streams. Authority: the recording that was cut up before, and
# sort(1) over the signals' text.

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_TEST_DIRNAME/.."
  "$BUILD/unit/codec" "$BATS_FILE_TMPDIR/s.h9" 3
  cd "$BATS_FILE_TMPDIR"
  cat > net.yaml <<'Y'
populations:
  exc: {count: 200, model: iaf_psc_exp, layout: {type: box, extent: [200 um, 200 um]}}
  inh: {count: 50, model: iaf_psc_exp, layout: {type: box, extent: [200 um, 200 um]}}
connections:
  - {source: exc, target: [exc, inh], rule: fixed_indegree, number: 10, weight: 60 pA, delay: 1.5 ms}
simulation:
  duration: 100 ms
  stimuli: [{type: poisson, target: [exc, inh], rate: 15 kHz, weight: 60 pA}]
Y
  hal9-gen -c net.yaml | hal9-index -c net.yaml -o net.h9
  hal9-step -c net.yaml -o all.h9 net.h9
  hal9-step -c net.yaml --seed 9 -o other.h9 net.h9
  for r in ..30 30..60.5 60.5..; do hal9-view --cat --time $r all.h9 -o "part$r.h9"; done
  hal9-view --signals all.h9 > all.txt
}
setup() { cd "$BATS_FILE_TMPDIR"; T=$BATS_TEST_TMPDIR; }
signals() { hal9-view --signals "$@"; }
content() { hal9-view --blocks --no-header --columns kind,digest "$@" | grep -v '^provenance\|^index\|^end\|^metrics'; }

@test "a recording cut in three and concatenated is the recording, block by block" {
  [ "$(wc -l < all.txt)" -gt 500 ]
  hal9-view --cat part..30.h9 part30..60.5.h9 part60.5...h9 -o "$T/cat.h9"
  hal9-view --check "$T/cat.h9"
  signals "$T/cat.h9" | cmp - all.txt
  hal9-view --cat < all.h9 > "$T/one.h9"
  diff <(content "$T/one.h9") <(content "$T/cat.h9")
  signals --count part30..60.5.h9 | grep -qx "$(awk '$1 > 300 && $1 <= 605' all.txt | wc -l)"
  hal9-stats --json "$T/cat.h9" > "$T/a"; hal9-stats --json all.h9 > "$T/b"
  diff <(jq .activity "$T/a") <(jq .activity "$T/b")
}

@test "batches depend on the signals alone: inputs batched otherwise give the same blocks" {
  hal9-view --cat --batch-size 7 all.h9 -o "$T/small.h9"
  [ "$(content "$T/small.h9" | grep -c signals)" -gt 50 ]
  signals "$T/small.h9" | cmp - all.txt
  diff <(hal9-view --cat "$T/small.h9" | content) <(hal9-view --cat all.h9 | content)
  diff <(hal9-view --merge "$T/small.h9" | content) <(hal9-view --cat all.h9 | content)
  # a batch ends with the step that fills it
  hal9-view --blocks --no-header --columns kind,count "$T/small.h9" | awk '$1 == "signals" && ++n && $2 < 7 { few++ } END { exit few > 1 }'
}

@test "merge: parts of neurons, of time in any order, two runs; for any number of threads" {
  hal9-view --cat --population exc all.h9 -o "$T/exc.h9"
  hal9-view --cat --population inh all.h9 -o "$T/inh.h9"
  hal9-view --merge "$T/inh.h9" "$T/exc.h9" -o "$T/both.h9"
  signals "$T/both.h9" | cmp - all.txt
  hal9-view --merge part60.5...h9 part30..60.5.h9 part..30.h9 | signals | cmp - all.txt
  hal9-view --merge -@ 1 all.h9 other.h9 -o "$T/1.h9"
  for n in 2 5; do hal9-view --merge -@ $n all.h9 other.h9 | cmp - "$T/1.h9"; done
  hal9-view --check "$T/1.h9"
  sort -m -k1,1n -k2,2n all.txt <(signals other.h9) | cmp - <(signals "$T/1.h9")
  hal9-view --merge all.h9 - < other.h9 | cmp - "$T/1.h9"
}

@test "selections narrow what is joined" {
  hal9-view --merge --population inh --time 20..50 --sample 20 all.h9 other.h9 -o "$T/some.h9"
  diff <(signals --population inh --time 20..50 --sample 20 all.h9 other.h9 | sort) <(signals "$T/some.h9" | sort)
  [ "$(hal9-view --blocks --no-header --columns kind,first,last "$T/some.h9" | grep signals)" = "$(printf 'signals\t201\t500')" ]
  hal9-view --cat --near 0,0,50 --network net.h9 all.h9 | signals | cmp - <(signals --near 0,0,50 --network net.h9 all.h9)
}

@test "states go with the signals" {
  hal9-view --cat s.h9 -o "$T/cat.h9"
  hal9-view --states s.h9 > "$T/want"; [ -s "$T/want" ]
  hal9-view --states "$T/cat.h9" | diff "$T/want" -
  id=$(awk '{ print $4; exit }' "$T/want")
  hal9-view --cat --id "$id" s.h9 | hal9-view --states | diff <(hal9-view --states --id "$id" s.h9) -
  hal9-view --cat --time 2..3 s.h9 | hal9-view --states | diff <(hal9-view --states --time 2..3 s.h9) -
  diff <(hal9-view --labels s.h9) <(hal9-view --labels "$T/cat.h9")
}

@test "--shift adds to times; provenance tells all parents, shared ancestors once" {
  hal9-view --cat --shift 0,100ms all.h9 other.h9 -o "$T/long.h9"
  diff <(cat all.txt; signals other.h9 | awk -v OFS='\t' '{ print $1 + 1000, $2 }') <(signals "$T/long.h9")
  hal9-view --merge --shift -10,-10 all.h9 other.h9 | signals | diff - <(hal9-view --merge all.h9 other.h9 | signals | awk -v OFS='\t' '{ print $1 - 100, $2 }')
  hal9-view --provenance --no-header --columns program "$T/long.h9" | paste -sd ' ' > "$T/programs"
  [ "$(cat "$T/programs")" = "hal9-gen hal9-index hal9-step hal9-step hal9-view" ]
  [ "$(hal9-view --provenance --no-header --columns parents "$T/long.h9" | tail -n 1)" = "$(hal9-view --hash all.h9 other.h9 | cut -c 1-32 | paste -sd ,)" ]
  [ "$(hal9-view --provenance --no-header --columns options "$T/long.h9" | tail -n 1)" = "--cat --shift 0,100ms" ]
}

@test "what does not go together is refused, naming both, and leaves no file" {
  fails() { want=$1; shift; run hal9-view "$@" -o "$T/out.h9"; [ "$status" = 64 ] && [[ "$output" == *"$want"* ]] && [ ! -e "$T/out.h9" ] || { echo "$*: $status $output"; return 1; }; }
  fails "part60.5...h9: its recording begins at 60.5 ms, expected 30 ms, where that of part..30.h9 ended: there is a gap" --cat part..30.h9 part60.5...h9
  fails "they overlap" --cat part30..60.5.h9 part..30.h9
  fails "nothing was recorded between 30 and 60.5 ms" --merge part..30.h9 part60.5...h9
  fails "net.h9: holds no recording of signals" --merge all.h9 net.h9
  fails "nothing was recorded then; the recording ends at 100 ms" --cat --time 200.. all.h9
  fails "expected one for each of 2 streams" --cat --shift 3 all.h9 other.h9
  fails "expected a whole number of steps" --cat --shift 0.05 all.h9
  fails "one standard input" --merge - -
  fails "expected at most 8 at once" --merge all.h9 all.h9 all.h9 all.h9 all.h9 all.h9 all.h9 all.h9 all.h9
  fails "writes a stream: no columns" --merge --columns id all.h9
  fails "is possible" --merge --cat all.h9
  fails "goes with --cat or --merge" --signals --shift 3 all.h9
  sed 's/count: 200/count: 201/' net.yaml > "$T/more.yaml"
  hal9-gen -c "$T/more.yaml" | hal9-index -c "$T/more.yaml" | hal9-step -c "$T/more.yaml" -t 10ms -o "$T/more.h9"
  fails "found population 'exc' of 201 iaf_psc_exp, expected 'exc' of 200 iaf_psc_exp as in all.h9" --merge all.h9 "$T/more.h9"
  hal9-gen -c net.yaml --dt 0.2 | hal9-index -c net.yaml | hal9-step -c net.yaml -t 10ms -o "$T/dt.h9"
  fails "found dt 0.2" --merge all.h9 "$T/dt.h9"
  head -c 3000 all.h9 > "$T/cut.h9"
  run hal9-view --merge other.h9 "$T/cut.h9" -o "$T/out.h9"; [ "$status" = 65 ]; [[ "$output" == *cut.h9*truncated* ]]; [ ! -e "$T/out.h9" ]
}

@test "strengths and priorities are kept, and not mixed with none" {
  printf 'time\tneuron\tstrength\tpriority\n1\ta\t2.5\t3\n1\tb\t-1\t0\n2\ta\t0.5\t1\n' > "$T/in.tsv"
  hal9-convert --from tsv --signals "$T/in.tsv" -o "$T/strong.h9"
  hal9-view --merge "$T/strong.h9" "$T/strong.h9" | signals --columns time,id,strength,priority > "$T/got"
  signals --columns time,id,strength,priority "$T/strong.h9" | awk '{ print; print }' | diff - "$T/got"
  printf 'time\tneuron\n1\ta\n2\tb\n' > "$T/plain.tsv"
  hal9-convert --from tsv --signals "$T/plain.tsv" -o "$T/plain.h9"
  run hal9-view --merge "$T/strong.h9" "$T/plain.h9"
  [ "$status" = 64 ]; [[ "$output" == *"plain.h9: found signals without strengths, expected some as in $T/strong.h9"* ]]
  hal9-view --cat --shift 0,2 "$T/strong.h9" "$T/plain.h9" | signals --columns time,id,strength > "$T/got"
  printf '1\t1\t2.5\n1\t2\t-1\n2\t1\t0.5\n3\t1\tnan\n4\t2\tnan\n' | diff - "$T/got"
}

@test "a full disk is told, a closed pipe is not" {
  for m in --cat --merge; do
    run bash -c "hal9-view $m all.h9 > /dev/full"; [ "$status" = 74 ]; [[ "$output" == *"No space left"* ]]
    run bash -c "set -o pipefail; hal9-view $m --batch-size 1 -@ 2 all.h9 all.h9 --shift 0,100 | head -c 20 | wc -c"
    [ "$output" = 20 ]; [ "$status" = 0 ] || [ "$status" = 141 ]
  done
}

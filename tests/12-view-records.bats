# hal9-view's records. Authority: a reader written from hal9-stream(5) alone (tests/tools/read_stream.py), and the
# values that tests/unit/codec.c puts into its sample.

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_DIRNAME/.."
  S=$BATS_TEST_TMPDIR/sample.h9
  T=$BATS_TEST_TMPDIR
  "$BUILD/unit/codec" "$S" 3
}
independent() { "$PYTHON" tests/tools/read_stream.py "$1" "$S"; }

@test "header, populations and projections are those of the independent reader" {
  independent head > "$T/want"
  [ "$(sed -n 1p "$T/want")" = "3 0.1 3 -50.0 -50.0 0.0 50.0 50.0 20.0 303 2" ]
  [ "$(sed -n 2p "$T/want")" = "few iaf_psc_exp 1 3 1 C_m=250.0 V_m=varies" ]
  hal9-view "$S" > "$T/got"
  grep -q 'dt 0.1 ms, seed 3, 3 dimensions: x -50 .. 50, y -50 .. 50, z 0 .. 20 um' "$T/got"
  grep -qE '^  few +iaf_psc_exp +3 +1 \.\. 3 +placed, C_m 250, V_m varies$' "$T/got"
  grep -qE '^  many +iaf_psc_exp +300 +4 \.\. 303 +C_m 251, V_m varies$' "$T/got"
  hal9-view --projections --no-header --columns projection,source,target,rule,number "$S" | tr '\t' ' ' > "$T/got"
  diff <(tail -n +4 "$T/want") "$T/got"
  [ "$(wc -l < "$T/got")" = 4 ]
}

@test "neurons agree bit for bit with the independent reader" {
  independent neurons > "$T/want"
  hal9-view --tsv --no-header "$S" > "$T/got"
  "$PYTHON" - "$T/want" "$T/got" <<'P'
import struct, sys
want, got = ([line.rstrip("\n").split("\t") for line in open(f)] for f in sys.argv[1:])
assert len(want) == len(got) == 303
for w, g in zip(want, got):
    assert w[:2] == g[:2]
    values = [v for v in g[2:] if v != "nan"]
    assert len(values) == len(w) - 2 == (4 if w[1] == "few" else 1), (w, g)
    for bits, text in zip(w[2:], values):
        assert struct.pack("<f", float(text)) == struct.pack("<I", int(bits, 16)), (bits, text)
P
}

@test "connections agree with the independent reader: exact weights, delays, order" {
  independent connections > "$T/want"
  hal9-view --connections --columns source,target,weight,delay_steps "$S" > "$T/got"
  "$PYTHON" - "$T/want" "$T/got" <<'P'
import struct, sys
want, got = ([line.split() for line in open(f)] for f in sys.argv[1:])
assert len(want) == len(got) > 500
f32 = lambda v: struct.pack("<f", float(v))
for w, g in zip(want, got):
    assert (w[0], w[1], w[3]) == (g[0], g[1], g[3]) and f32(w[2]) == f32(g[2]), (w, g)
P
  # delays in ms are steps times 0.1, printed exactly
  hal9-view --connections "$S" | cut -f 4 > "$T/ms"
  "$PYTHON" -c '
import sys
from decimal import Decimal
for a, b in zip(open(sys.argv[1]), open(sys.argv[2])):
    assert Decimal(a.strip()) == Decimal(b.split()[3]) / 10, (a, b)' "$T/ms" "$T/got"
}

@test "signals agree with the independent reader" {
  independent signals | grep -v batch > "$T/want"
  hal9-view --signals "$S" > "$T/got"
  cmp "$T/want" "$T/got"
  [ "$(wc -l < "$T/got")" -gt 500 ]
  [ "$(independent signals | grep batch | tr '\n' ' ')" = "batch 10 110 batch 110 210 batch 210 310 " ]
  # strengths and priorities of the last batch; none elsewhere
  independent strengths > "$T/want"
  hal9-view --signals --columns step,id,strength,priority "$S" > "$T/got"
  "$PYTHON" - "$T/want" "$T/got" <<'P'
import sys
want, got = ([line.split() for line in open(f)] for f in sys.argv[1:])
assert len(want) == len(got)
for w, g in zip(want, got):
    assert w[:2] + w[3:] == g[:2] + g[3:] and (w[2] == g[2] == "nan" or float(w[2]) == float(g[2])), (w, g)
assert any(g[2] != "nan" for g in got) and any(g[2] == "nan" for g in got)
P
  hal9-view --signals --columns step,time,population,id --head 1 --header "$S" > "$T/got"
  [ "$(head -n 1 "$T/got")" = $'step\ttime\tpopulation\tid' ]
  [[ "$(tail -n 1 "$T/got")" == 11$'\t'1.1$'\t'* ]]
}

@test "provenance and metrics" {
  independent provenance > "$T/want"
  hal9-view --provenance --no-header --columns program,seed,options,parents "$S" | diff "$T/want" -
  [ "$(hal9-view --provenance --no-header --columns label "$S" | head -n 1)" = "try 1" ]
  [ "$(hal9-view --metrics "$S")" = $'step.simulate_s\t1.25\nstep.threads\t2' ]
  hal9-view "$S" | grep -q 'from 0123456789abcdeffedcba9876543210'
}

@test "columns: chosen, in order, constants and defaults of the model, mistakes named with the nearest" {
  hal9-view --columns C_m,id,t_ref,model --id 3-4 "$S" > "$T/got"
  [ "$(cat "$T/got")" = $'C_m\tid\tt_ref\tmodel\n250\t3\t2\tiaf_psc_exp\n251\t4\t2\tiaf_psc_exp' ]
  run hal9-view --tsv --columns id,V_n "$S"
  [ "$status" = 64 ]; [[ "$output" == *"no column 'V_n'; did you mean 'V_m'"* ]]
  run hal9-view --signals --columns stepp "$S"
  [ "$status" = 64 ]; [[ "$output" == *"did you mean 'step'"* ]]
  run hal9-view --signals --columns a,,b "$S"
  [ "$status" = 64 ]
}

@test "distance is that of the somata, nan without positions" {
  hal9-view --connections --population few --columns source,target,distance "$S" > "$T/got"
  hal9-view --tsv --no-header --columns id,x,y,z --population few "$S" > "$T/where"
  "$PYTHON" - "$T/got" "$T/where" <<'P'
import math, sys
where = {r[0]: tuple(map(float, r[1:])) for r in (l.split() for l in open(sys.argv[2]))}
n = 0
for s, t, d in (l.split() for l in open(sys.argv[1])):
    if t in where:
        assert abs(float(d) - math.dist(where[s], where[t])) <= 1e-5 * (1 + float(d)); n += 1
    else: assert d == "nan"
assert n > 5
P
}

@test "selection by population, id and time" {
  hal9-view --signals "$S" > "$T/all"
  hal9-view --signals --population many "$S" | cmp - <(awk '$2 >= 4' "$T/all")
  hal9-view --signals --id 300-,7,2-5 "$S" | cmp - <(awk '$2 >= 300 || $2 == 7 || ($2 >= 2 && $2 <= 5)' "$T/all")
  hal9-view --signals --time 5ms..25ms "$S" | cmp - <(awk '$1 > 50 && $1 <= 250' "$T/all")
  hal9-view --signals --time '..0.0221 s' "$S" | cmp - <(awk '$1 <= 221' "$T/all")
  hal9-view --signals --time 22.1.. --population few "$S" | cmp - <(awk '$1 > 221 && $2 <= 3' "$T/all")
  hal9-view --connections "$S" > "$T/all"
  hal9-view --connections --id 2,200-210 "$S" | cmp - <(awk '$1 == 2 || ($1 >= 200 && $1 <= 210)' "$T/all")
  hal9-view --connections --population few "$S" | cmp - <(awk '$1 <= 3' "$T/all")
  [ "$(hal9-view --tsv --no-header --id 3-5,303 "$S" | cut -f 1 | tr '\n' ' ')" = "3 4 5 303 " ]
  run hal9-view --tsv --population fev "$S"
  [ "$status" = 65 ]; [[ "$output" == *"no population 'fev'; did you mean 'few'"* ]]
  for bad in 0 5-3 1-x 4294967295 1,,2 ''; do
    run hal9-view --id "$bad" "$S"; [ "$status" = 64 ]
  done
  for bad in 5 5mV.. 7ms..6ms x..y; do
    run hal9-view --signals --time "$bad" "$S"; [ "$status" = 64 ]
  done
  run hal9-view --connections --time 1.. "$S"
  [ "$status" = 64 ]; [[ "$output" == *"give --signals"* ]]
}

@test "--head and --count" {
  [ "$(hal9-view --signals --head 3 "$S" | wc -l)" = 3 ]
  hal9-view --connections "$S" > "$T/all"
  hal9-view --connections --head 37 "$S" | cmp - <(head -n 37 "$T/all")
  [ "$(hal9-view --connections --head 0 "$S" | wc -c)" = 0 ]
  [ "$(hal9-view --tsv --head 4 "$S" | wc -l)" = 5 ]
  [ "$(hal9-view --tsv --count "$S")" = 303 ]
  [ "$(hal9-view --count --population few "$S")" = 3 ]
  [ "$(hal9-view --connections --count "$S")" = "$(wc -l < "$T/all")" ]
  [ "$(hal9-view --connections --count < "$S")" = "$(wc -l < "$T/all")" ]
  [ "$(cat "$S" | hal9-view --connections --count)" = "$(wc -l < "$T/all")" ]
  [ "$(hal9-view --connections --count --id 2 "$S")" = "$(awk '$1 == 2' "$T/all" | wc -l)" ]
  [ "$(hal9-view --signals --count "$S")" = "$(hal9-view --signals "$S" | wc -l)" ]
  [ "$(hal9-view --signals --count --time 0..20 "$S")" = "$(hal9-view --signals --time 0..20 "$S" | wc -l)" ]
  [ "$(hal9-view --projections --count "$S")" = 4 ]
}

@test "NDJSON holds what TSV holds" {
  for mode in --tsv --signals --connections --projections --provenance --metrics; do
    hal9-view $mode --header "$S" > "$T/tsv"
    hal9-view $mode --ndjson "$S" > "$T/json"
    "$PYTHON" - "$T/tsv" "$T/json" <<'P'
import csv, json, sys
rows = list(csv.reader(open(sys.argv[1]), delimiter="\t", quoting=csv.QUOTE_NONE))
objects = [json.loads(l) for l in open(sys.argv[2])]
assert len(objects) == len(rows) - 1 > 0
for r, o in zip(rows[1:], objects):
    assert list(o) == rows[0]
    for text, v in zip(r, o.values()):
        if v is None: assert text == "nan"
        elif isinstance(v, bool): assert text == ("yes" if v else "no")
        elif isinstance(v, str): assert text == v
        else: assert float(text) == float(v), (text, v)
P
  done
  hal9-view --ndjson --head 1 "$S" | jq -e '.id == 1 and .population == "few"'
}

@test "any number of threads gives the same text" {
  for mode in --tsv --signals --connections; do
    hal9-view $mode -@ 1 "$S" > "$T/one"
    hal9-view $mode -@ 4 "$S" | cmp - "$T/one"
  done
}

@test "several files, standard input, an output file" {
  hal9-view --signals "$S" > "$T/one"
  hal9-view --signals "$S" - < "$S" | cmp - <(cat "$T/one" "$T/one")
  hal9-view --tsv -o "$T/out" "$S" "$S"
  [ "$(grep -c population "$T/out")" = 1 ]
  [ "$(wc -l < "$T/out")" = 607 ]
  run hal9-view --tsv -o "$T/none/out" "$S"
  [ "$status" = 74 ]
}

@test "a reader that stops early ends it quietly" {
  run bash -c "set -o pipefail; hal9-view --connections '$S' '$S' '$S' '$S' '$S' '$S' '$S' '$S' '$S' '$S' '$S' '$S' '$S' '$S' | head -n 1"
  [ "$status" = 141 ] || [ "$status" = 0 ]
  [ "${#lines[@]}" = 1 ]
}

@test "one mode at a time, a whole check without selections" {
  run hal9-view --signals --connections "$S"
  [ "$status" = 64 ]; [[ "$output" == *"only one of"* ]]
  run hal9-view --check --head 3 "$S"
  [ "$status" = 64 ]
}

@test "a terminal is not read" {
  script -qec true /dev/null > /dev/null 2>&1 || skip "no pseudo-terminals here"
  run script -qec 'hal9-view --tsv' /dev/null
  [[ "$output" == *"nothing to read: name a stream file, or pipe one in"* ]]
}

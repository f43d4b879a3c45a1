# hal9-convert. Authority: tables written here by hand or by Python, whose own uuid, csv and struct modules say what they mean;
# the independent reader of streams (tests/tools/read_stream.py); and networks that went through tables and must simulate the same.

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR"
  ROOT=$BATS_TEST_DIRNAME/..
  printf '%s\n' label,x,y,population anna,0,0,exc bert,50.5,0,inh cleo,0,-50,exc > n.csv
  printf '%s\n' pre,post,weight_pA,delay_ms cleo,anna,-3,0.5 anna,bert,10.5,1.5 anna,bert,2,1 bert,cleo,4,1 > c.csv
  printf '%s\n' time,neuron 0.3,bert 0.2,cleo 0.2,anna > s.csv
}
from() { hal9-convert --from csv "$@"; }
refused() { # refused STATUS TEXT ARGUMENTS...: the message holds TEXT, nothing is left under the output's name
  local want=$1 text=$2
  shift 2
  rm -f refused.h9
  run hal9-convert "$@" -o refused.h9
  echo "$output"
  [ "$status" = "$want" ]
  [[ "$output" == *"$text"* ]]
  [ ! -e refused.h9 ]
}

@test "three cells by name: ids by population and line, connections in canonical order, signals by time" {
  from --neurons n.csv --connections c.csv --signals s.csv -o a.h9
  hal9-view --check a.h9
  [ "$(hal9-view --labels a.h9 | tr '\t\n' ' ;')" = "1 anna;2 cleo;3 bert;" ]
  [ "$(hal9-view --tsv --no-header --labels a.h9 | tr '\t\n' ' ;')" = "1 anna exc 0 0;2 cleo exc 0 -50;3 bert inh 50.5 0;" ]
  hal9-view --connections --columns source,target,weight,delay,source_label,target_label a.h9 > got
  diff - got <<T
1	3	2	1	anna	bert
1	3	10.5	1.5	anna	bert
2	1	-3	0.5	cleo	anna
3	2	4	1	bert	cleo
T
  [ "$(hal9-view --signals --labels --columns time,label a.h9 | tr '\t\n' ' ;')" = "0.2 anna;0.2 cleo;0.3 bert;" ]
  [ "$(hal9-view --labels --ndjson --columns name,label,population --id 2 a.h9)" = '{"name":"N00000002","label":"cleo","population":"exc"}' ]
  [ "$(hal9-view --labels --id N00000002-N00000003 --columns label a.h9 | tr '\n' ' ')" = "cleo bert " ]
  [ "$(hal9-view --labels --count a.h9)" = 3 ]
}

@test "the same bytes for 1 to 8 threads; ids in the order of first appearance" {
  "$PYTHON" - <<'P'
import random, uuid
random.seed(2)
ids = [str(uuid.UUID(int=random.getrandbits(128))) for _ in range(3000)]
with open("c.tsv", "w") as f:
    f.write("source\ttarget\tweight\tdelay\n")
    for i in range(60000):
        f.write("%s\t%s\t%g\t%g\n" % (random.choice(ids), random.choice(ids).upper(), random.gauss(0, 50), 0.1 * random.randint(1, 50)))
first = {}
for line in open("c.tsv"):
    for u in line.split("\t")[:2]:
        if len(u) == 36: first.setdefault(u.lower(), len(first) + 1)
with open("want", "w") as f:
    for u, i in first.items(): f.write("%d\t%s\n" % (i, u))
P
  for t in 1 2 3 8; do hal9-convert --from tsv --connections c.tsv -@ $t -o $t.h9; done
  hal9-view --labels 1.h9 | cmp - want
  for t in 2 3 8; do cmp 1.h9 $t.h9; done
  hal9-view --check 1.h9
  [ "$(hal9-view --connections --count 1.h9)" = 60000 ]
}

@test "a UUID takes 16 bytes in a labels block, in the order of its digits" {
  printf '%s\n' id 6ba7b810-9dad-11d1-80b4-00c04fd430c8 01234567-89AB-cdef-0123-456789abcdef > u.csv
  from --neurons u.csv --ids uuid -o u.h9
  zstd -dcq u.h9 > raw
  "$PYTHON" - <<'P'
import struct, uuid
raw, at, seen = open("raw", "rb").read(), 0, []
while at < len(raw):
    kind, length, count = struct.unpack_from("<IIQ", raw, at)
    if kind == 10: seen.append((count, raw[at + 16:at + 16 + length]))
    at += 16 + length
(count, body), = seen
assert count == 2 and len(body) == 8 + 32
assert struct.unpack_from("<BBHI", body) == (1, 0, 0, 1)
assert uuid.UUID(bytes=body[8:24]) == uuid.NAMESPACE_DNS
assert uuid.UUID(bytes=body[24:]) == uuid.UUID("0123456789abcdef0123456789abcdef")
P
  [ "$(hal9-view --labels --columns label u.h9 | tail -n 1)" = 01234567-89ab-cdef-0123-456789abcdef ]
}

@test "labels go through hal9-index and hal9-step, and come out in stats and tables" {
  "$PYTHON" -c '
import uuid
print("label\tx\ty\tI_e[pA]\tpopulation")
for i in range(50): print(uuid.uuid5(uuid.NAMESPACE_DNS, str(i)), i * 10, 0, 380 + i if i < 49 else 2000, "a" if i < 30 else "b", sep="\t")' > n.tsv
  hal9-convert --from tsv --neurons n.tsv | hal9-index --radius 25um --weight 10 | hal9-step -t 200ms -o s.h9
  diff <(hal9-view --labels --columns label s.h9) <(tail -n +2 n.tsv | cut -f 1)
  busy=$(tail -n 1 n.tsv | cut -f 1) # the one with the strongest current
  hal9-stats --top 3 s.h9 > t
  grep -q '50 neurons are called by UUIDs' t
  grep -qE "^  N00000032 +b +[0-9]+ +[0-9.]+  $busy$" t
  hal9-stats --json --top 50 s.h9 > j
  hal9-convert --to tsv --signals spikes.tsv s.h9 -q
  "$PYTHON" - <<'P'
import collections, csv, json
spikes = collections.Counter(r["neuron"] for r in csv.DictReader(open("spikes.tsv"), delimiter="\t"))
stats = json.load(open("j"))
assert stats["network"]["labels"] == 50
assert {t["label"]: t["signals"] for t in stats["top"]} == dict(spikes) and len(spikes) > 10
assert [t["signals"] for t in stats["top"]] == sorted(spikes.values(), reverse=True)
assert all(t["name"] == "N%08x" % t["id"] and abs(t["rate_hz"] - 5 * t["signals"]) < 1e-9 for t in stats["top"])
P
  hal9-stats --tsv --top 1 s.h9 | grep -q "top.b.$busy"
  hal9-step -t 200ms --no-metrics <(hal9-convert --from tsv --neurons n.tsv | hal9-index --radius 25um --weight 10) | hal9-view --check
}

@test "a network through tables simulates spike for spike as before: rules, values, all encodings of weights" {
  cat > net.yaml <<'Y'
populations:
  e: {count: 300, model: iaf_psc_exp, layout: {type: box, extent: [300 um, 200 um, 100 um]}, params: {C_m: 240 pF}, state: {V_m: {uniform: {low: -70 mV, high: -55 mV}}}}
  i: {count: 80, model: iaf_psc_alpha, params: {I_e: 10 pA}}
connections:
  - {source: e, target: [e, i], rule: pairwise_bernoulli, p: 0.1, weight: {normal: {mean: 40 pA, sd: 8 pA}}, delay: {uniform: {low: 0.5 ms, high: 3 ms}}}
  - {source: i, target: [e, i], rule: fixed_indegree, number: 12, weight: -160 pA, delay: 1 ms}
  - {source: i, target: e, rule: fixed_indegree, number: 2, weight: {lognormal: {mu: 1, sigma: 3}}, delay: 1 ms}
simulation:
  stimuli:
    - {type: poisson, target: [e, i], rate: 9 kHz, weight: 40 pA}
Y
  hal9-gen -c net.yaml | hal9-index -c net.yaml -o net.h9
  for f in tsv csv; do
    hal9-convert --to $f --neurons n.$f --connections c.$f net.h9 2> note
    grep -q 'the rules of 5 projections become the connections' note
    grep -q '1 projections are between the same populations as others, and joined' note
    hal9-convert --from $f --neurons n.$f --connections c.$f -o back.$f.h9 2> note
    [ ! -s note ]
  done
  cmp <(hal9-view --tsv net.h9) <(hal9-view --tsv back.tsv.h9)
  "$PYTHON" "$ROOT/tests/tools/read_stream.py" connections net.h9 | cut -d ' ' -f 1,2,4 | sort > a
  "$PYTHON" "$ROOT/tests/tools/read_stream.py" connections back.csv.h9 | cut -d ' ' -f 1,2,4 | sort > b
  cmp a b
  hal9-step -c net.yaml -t 200ms net.h9 | hal9-view --signals > a
  for f in tsv csv; do hal9-step -c net.yaml -t 200ms back.$f.h9 | hal9-view --signals | cmp - a; done
  [ "$(wc -l < a)" -gt 500 ]
}

@test "weights keep every bit: multiples, floats, doubles" {
  "$PYTHON" - <<'P'
import struct
f32 = lambda v: struct.unpack("<f", struct.pack("<f", v))[0]
sets = {"multiples": [0.1 * k for k in (1, -3, 7, 300)] + [0.1 * 0], "halves": [0.5, -17.25, 3], "floats": [f32(0.1), f32(1e-20), f32(-1e20)],
        "doubles": [0.1, 1e-300, -1.7976931348623157e308, 3.0]}
for name, v in sets.items():
    with open(name + ".csv", "w") as f:
        f.write("source,target,weight\n")
        for i, w in enumerate(v): f.write("n%d,n0,%r\n" % (i, w))
P
  for s in multiples halves floats doubles; do
    from --connections $s.csv -o $s.h9
    hal9-view --check $s.h9
    hal9-convert --to csv --connections $s.back.csv -q $s.h9
    "$PYTHON" - $s <<'P'
import csv, sys
a, b = ([(r[0], float(r[2])) for r in list(csv.reader(open(sys.argv[1] + x)))[1:]] for x in (".csv", ".back.csv"))
assert sorted(a) == sorted(b), (a, b)
P
  done
}

@test "units in names: bracket, underscore; the model's values; a unit that does not fit" {
  printf 'label,x [mm],V_m[V],model\na,0.5,-0.06,iaf_psc_exp\nb,1,-0.065,iaf_psc_exp\n' > n.csv
  printf 'source,target,weight (nA),delay_us\na,b,0.5,1500\n' > c.csv
  printf 't_s,id,strength,priority\n0.5,a,2.5,7\n0.25,b,-1,255\n' > s.csv
  from --neurons n.csv --connections c.csv --signals s.csv -o a.h9
  [ "$(hal9-view --tsv --no-header --columns x,V_m a.h9 | tr '\t\n' ' ;')" = "500 -60;1000 -65;" ]
  [ "$(hal9-view --connections a.h9 | tr '\t' ' ')" = "1 2 500 1.5" ]
  [ "$(hal9-view --signals --columns time,id,strength,priority a.h9 | tr '\t\n' ' ;')" = "250 2 -1 255;500 1 2.5 7;" ]
  hal9-convert --to csv --signals - -q a.h9 > back
  [ "$(cat back)" = $'time_ms,neuron,strength,priority\n250,b,-1,255\n500,a,2.5,7' ]
  printf 'source,target,weight_mV\na,b,1\n' > c.csv
  refused 65 "weights are in mV, but model iaf_psc_exp of population 'neurons' takes pA" --from csv --neurons n.csv --connections c.csv
  printf 'time_mV,neuron\n1,a\n' > s.csv
  refused 65 "s.csv:1: column 1 (time_mV): found unit 'mV', expected ms" --from csv --signals s.csv
}

@test "compact ids: numbers or N%08x are the ids themselves; text keeps any numbers" {
  printf 'id,population\n3,b\nN00000001,a\n2,a\n' > n.csv
  from --neurons n.csv -o a.h9
  [ "$(hal9-view --labels --count a.h9)" = 0 ]
  [ "$(hal9-view --tsv --no-header a.h9 | tr '\t\n' ' ;')" = "1 a;2 a;3 b;" ]
  printf 'id,population\n1,a\n2,b\n3,a\n' > n.csv
  refused 65 "n.csv:2: id 2 is not of population 'a'; expected the ids of a population to follow each other" --from csv --neurons n.csv
  printf 'id\n1\n7\n' > n.csv
  refused 65 "n.csv:3: found id 7, expected 1 to 2" --from csv --neurons n.csv
  from --neurons n.csv --ids text -o t.h9
  [ "$(hal9-view --labels t.h9 | tr '\t\n' ' ;')" = "1 1;2 7;" ]
  printf 'id\n1\n1\n' > n.csv
  refused 65 "n.csv:3: found id 1 again, first in line 2" --from csv --neurons n.csv
  printf 'id\n1\nx\n' > n.csv
  refused 65 "n.csv:3: column 1 (id): found 'x', expected an id from 1 to 4294967294, as the first label is one" --from csv --neurons n.csv
}

@test "mistakes in tables: file, line, column, what was found and what was expected" {
  : > empty.csv
  refused 66 "empty.csv: is empty, expected a line of column names" --from csv --neurons empty.csv
  printf 'label,x\n' > n.csv
  refused 65 "n.csv: holds no neurons" --from csv --neurons n.csv
  printf 'x,y\n1,2\n' > n.csv
  refused 65 "n.csv:1: no column 'label', expected it" --from csv --neurons n.csv
  printf 'label,y\na,2\n' > n.csv
  refused 65 "n.csv:1: column 'y' without 'x'" --from csv --neurons n.csv
  printf 'label,x,x\na,2,3\n' > n.csv
  refused 65 "n.csv:1: columns 2 and 3 are both called 'x'" --from csv --neurons n.csv
  printf 'label,x\na,2\nb\n' > n.csv
  refused 65 "n.csv:3: found 1 cells, expected 2, one for each name in line 1" --from csv --neurons n.csv
  printf 'label,x\na,2\nb,two\n' > n.csv
  refused 65 "n.csv:3: column 2 (x): found 'two', expected a number" --from csv --neurons n.csv
  printf 'label,x\na,2\nb,nan\n' > n.csv
  refused 65 "n.csv:3: found nan for x, expected a finite number, as others of population 'neurons' have" --from csv --neurons n.csv
  printf 'label,x\na,inf\n' > n.csv
  refused 65 "n.csv:2: column 2 (x): found 'inf', expected a finite number" --from csv --neurons n.csv
  printf '# cells\nlabel\na\nb\n\na\n' > n.csv
  refused 65 "n.csv:6: column 1 (label): found 'a' again, first in line 3" --from csv --neurons n.csv
  printf 'label\n"a\n' > n.csv
  refused 65 "n.csv:2: a quoted cell does not end" --from csv --neurons n.csv
  printf 'label,popluation\na,b\n' > n.csv
  refused 65 "column 2 (popluation): unknown; did you mean 'population'?" --from csv --neurons n.csv
  printf 'label,model\na,iaf\n' > n.csv
  refused 65 "n.csv:2: found model 'iaf', expected one of" --from csv --neurons n.csv
  printf 'label,C_m\na,-5\n' > n.csv
  refused 65 "n.csv:2: found C_m = -5" --from csv --neurons n.csv
  printf 'label\n6ba7b810-9dad-11d1-80b4-00c04fd430c8\n6ba7b810-9dad-11d1-80b4-00c04fd430cg\n' > n.csv
  refused 65 "n.csv:3: column 1 (label): found '6ba7b810-9dad-11d1-80b4-00c04fd430cg', expected a UUID" --from csv --neurons n.csv
  refused 65 "n.csv:3: column 1 (label): found '6ba7b810-9dad-11d1-80b4-00c04fd430cg', expected a UUID" --from csv --neurons n.csv --ids uuid
  from --neurons n.csv --ids text | hal9-view --check
}

@test "mistakes in lists: unknown neurons, delays and times out of range, nan" {
  printf 'source,target\nanna,dora\n' > c.csv
  refused 65 "c.csv:2: column 2 (target): found 'dora', which is no neuron of n.csv" --from csv --neurons n.csv --connections c.csv
  printf 'source,target,delay\nanna,bert,1\nanna,bert,0\n' > c.csv
  refused 65 "c.csv:3: column 3 (delay): found 0 ms, expected 0.1 to 6553.5 ms" --from csv --neurons n.csv --connections c.csv
  printf 'source,target,weight\nanna,bert,nan\n' > c.csv
  refused 65 "c.csv:2: column 3 (weight): found 'nan', expected a finite number" --from csv --neurons n.csv --connections c.csv
  printf 'source,wieght\nanna,2\n' > c.csv
  refused 65 "c.csv:1: no column 'target'" --from csv --neurons n.csv --connections c.csv
  printf 'source,target,wieght\nanna,bert,2\n' > c.csv
  refused 65 "column 3 (wieght): unknown; did you mean 'weight'?" --from csv --neurons n.csv --connections c.csv
  refused 65 "a signal at 0.3 ms, expected later than --start, 0 ms, and not later than --stop, 0.2 ms" --from csv --signals s.csv --stop 0.2ms
  printf 'time,neuron\n1e300,anna\n' > s.csv
  refused 65 "s.csv:2: column 1 (time): found 1e+300 ms" --from csv --signals s.csv
}

@test "what is lost is told: rounded times, digits, columns, parts of a stream; -q says nothing" {
  printf 'time,neuron,note\n0.25,a,x\n0.31,a,y\n' > s.csv
  run --separate-stderr from --round --signals s.csv -o s.h9
  [ "$status" = 0 ]
  [[ "$stderr" == *"s.csv: 2 times are no multiples of dt, 0.1 ms, and are rounded, by up to 0.05 ms"* ]]
  [[ "$stderr" == *"s.csv: column 3 (note) is not taken over"* ]]
  printf 'label,x\na,0.1234567891\nb,0.5\n' > n.csv
  run --separate-stderr from --neurons n.csv -o n.h9
  [[ "$stderr" == *"n.csv: 1 coordinates have more digits than a 32-bit float holds"* ]]
  run --separate-stderr from --neurons n.csv -o n.h9 -q
  [ -z "$stderr" ]
  hal9-gen -n 20 --dt 0.5 --seed 9 | hal9-index --radius 500um | hal9-step -t 20ms -o s.h9
  run --separate-stderr hal9-convert --to tsv --neurons n.tsv s.h9
  [[ "$stderr" == *"dt is 0.5 ms"*"--dt 0.5ms"* ]]
  [[ "$stderr" == *"--seed 9"* ]]
  [[ "$stderr" == *"holds no positions"* ]]
}

@test "the recording's time: --start and --stop, and what the note says brings it back" {
  hal9-gen -n 5 --param 'I_e=400 pA' | hal9-index --radius 1um | hal9-step -t 100ms --transient 50ms -o s.h9
  hal9-convert --to csv --signals s.csv s.h9 2> note
  grep -q 'read its table with --start 50ms --stop 150ms' note
  from --signals s.csv --start 50ms --stop 150ms -o back.h9
  hal9-stats --json back.h9 | grep -q '"duration_ms": 100,'
  cmp <(hal9-view --signals s.h9) <(hal9-view --signals back.h9)
}

@test "labels that need quotes, and neurons without a label" {
  printf 'label\n"a,b"\n"say ""hi"""\n#x\nplain\n' | sed 's/^#x/"#x"/' > n.csv
  from --neurons n.csv -o a.h9
  hal9-convert --to csv --neurons - a.h9 -q | cut -d, -f 1-2 > got
  for f in csv tsv; do
    hal9-convert --to $f --neurons b.$f -q a.h9
    hal9-convert --from $f --neurons b.$f -o b.h9
    cmp <(hal9-view --labels a.h9) <(hal9-view --labels b.h9)
  done
  [ "$(hal9-view --labels --ndjson --columns label --id 2 a.h9)" = '{"label":"say \"hi\""}' ]
  (cd "$ROOT" && "$BUILD/unit/codec" "$BATS_TEST_TMPDIR/some.h9" 3) # ids 2, 9 and 40 of 303 have labels
  hal9-convert --to tsv --neurons n.tsv -q some.h9
  [ "$(sed -n '2p;3p' n.tsv | cut -f 1 | tr '\n' ' ')" = "N00000001 a " ]
}

@test "the command line: what does not go together, where tables come from" {
  run hal9-convert --formats
  [[ "$output" == *"tsv"*"read, write"* ]]
  refused 64 "found neither --from nor --to" --neurons n.csv
  refused 64 "one side is hal9" --from csv --to tsv --neurons n.csv
  refused 64 "found no tables" --from csv
  refused 64 "--from: found 'cvs', expected a format that --formats lists; did you mean 'csv'?" --from cvs --neurons n.csv
  refused 64 "only one table can be standard input" --from csv --neurons - --signals -
  refused 64 "--ids: found 'uid', expected uuid, text, compact or auto" --from csv --ids uid --neurons n.csv
  refused 64 "--model: there is no model 'iaf' (hal9-models(7)), expected one of " --from csv --model iaf --neurons n.csv
  run hal9-convert --to csv --ids text --neurons x.csv
  [ "$status" = 64 ]
  [[ "$output" == *"--ids goes with --from"* ]]
  refused 66 "nowhere.csv" --from csv --neurons nowhere.csv
  from --neurons - < n.csv | hal9-convert --to tsv --neurons - -q | grep -q '^bert'
  printf '%s\n' pre,post anna,bert > c.csv
  from --neurons n.csv --population p --model iaf_cond_exp --ids text --weight 2 --delay 3ms --connections c.csv -v -o v.h9 2>&1 | grep -q '3 labels in 3 places, 0 waits'
  hal9-convert --to csv --signals lost.csv v.h9 2>&1 | grep -q 'holds no signals'
  [ ! -e lost.csv ]
}

# SONATA both ways. Authority: a reader of the files written from the developer guide with h5py (tests/tools/sonata.py), which
# checks every field; tables that hal9-view and hal9-convert make of the same streams; circuits made by h5py as other tools
# write them.

bats_require_minimum_version 1.5.0

setup_file() {
  "$PYTHON" -c 'import h5py' 2> /dev/null || return 0
  cd "$BATS_FILE_TMPDIR"
  cat > net.yaml <<'Y'
populations:
  exc:
    count: 600
    model: iaf_psc_exp
    params: {C_m: 200.5 pF, tau_m: 12.3 ms}
    state: {V_m: {normal: {mean: -60 mV, sd: 5 mV}}}
    layout: {type: box, extent: [400 um, 300 um]}
  inh: {count: 150, model: iaf_psc_alpha, layout: {type: box, extent: [400 um, 300 um]}}
  far: {count: 20, model: parrot_neuron}
connections:
  - {source: exc, target: [exc, inh], rule: pairwise_bernoulli, p: 0.3, kernel: {gaussian: {sigma: 90 um}},
     weight: {normal: {mean: 20 pA, sd: 2 pA}}, delay: 0.5 ms + distance / (0.3 mm/ms)}
  - {source: exc, target: exc, rule: fixed_indegree, number: 3, weight: 11.3 pA, delay: 0.7 ms,
     synapse: {model: tsodyks2_synapse, U: 0.45}, name: second}
  - {source: inh, target: [exc, inh], rule: fixed_indegree, number: 10, weight: -100.1 pA, delay: 0.8 ms}
  - {source: far, target: exc, rule: fixed_indegree, number: 2, weight: {lognormal: {mu: 1, sigma: 2}}, delay: 2 ms}
simulation:
  stimuli:
    - {type: poisson, target: [exc, inh], rate: 8 kHz, weight: 40 pA}
    - {type: poisson, target: far, rate: 20 Hz, weight: 1}
Y
  hal9-gen -c net.yaml --seed 7 | hal9-index -c net.yaml -o net.h9
  hal9-step -c net.yaml -t 200ms --record 'V_m@exc[1:5]/0.5ms' -o run.h9 net.h9
  hal9-convert --to sonata -o circuit net.h9 2> told
  hal9-convert --to sonata -o circuit run.h9 2>> told
}

setup() {
  hal9-convert --formats | grep -q '^sonata .*circuit' || skip "made without HDF5"
  "$PYTHON" -c 'import h5py' 2> /dev/null || skip "h5py is not installed"
  cd "$BATS_FILE_TMPDIR"
}

sonata() { "$PYTHON" "$BATS_TEST_DIRNAME/tools/sonata.py" "$@"; }

@test "written: nodes as the guide has them, and those of the stream" {
  sonata nodes circuit/circuit_config.json | sort > nodes.txt
  hal9-convert -q --to csv --neurons cells.csv net.h9
  "$PYTHON" - <<'P'
import csv, numpy as np
got = [l.split() for l in open("nodes.txt")]
want = list(csv.DictReader(open("cells.csv")))
assert len(got) == len(want) == 770
first = {"exc": 1, "inh": 601, "far": 751}
row = {int(r["label"]): r for r in want}
for g in got:
    r = row[first[g[0]] + int(g[1])]
    assert r["population"] == g[0] and r["model"] == g[5], g
    for k, v in zip(("x_um", "y_um"), g[2:4]):
        assert v == "-" if g[0] == "far" else np.float32(v) == np.float32(r[k]), (g, r)
    values = dict(p.split("=") for p in g[6:])
    for k, v in r.items():
        name = k.split("[")[0]
        if k.endswith("]") and v != "nan": assert np.float32(values[name]) == np.float32(v), (name, g, r)
    if g[0] == "inh": assert values["C_m"] == "250" and values["V_th"] == "-55", values  # what the model has by itself
P
}

@test "written: edges with both indices, and those of the stream" {
  sonata edges circuit/circuit_config.json > edges.txt
  hal9-convert -q --to csv --connections links.csv net.h9
  "$PYTHON" - <<'P'
import csv
def place(i):
    i = int(i)
    return f"exc {i - 1}" if i <= 600 else f"inh {i - 601}" if i <= 750 else f"far {i - 751}"
want = sorted(f"{place(r['source'])} {place(r['target'])} {float(r['weight_pA']):.15g} {float(r['delay_ms']):.9g}"
              for r in csv.DictReader(open("links.csv")))
got = [l.rstrip("\n") for l in open("edges.txt")]
assert len(want) > 20000 and got == want, next((a, b) for a, b in zip(got, want) if a != b)
P
  grep -q '"102.json"\|102.json' circuit/network/exc_exc_edge_types.csv
  [ "$(jq .U circuit/components/synapses/102.json)" = 0.45 ]
  [ "$(jq .run.dt circuit/simulation_config.json)" = 0.1 ]
}

@test "written: spikes and a report as the guide has them, and those of the stream" {
  sonata spikes circuit/output/spikes.h5 | sort > spikes.txt
  hal9-convert -q --to bmtk --signals - run.h9 | awk 'NR > 1 {print $1, $2, $3}' | sort > want.txt
  [ "$(wc -l < spikes.txt)" -gt 1000 ]
  "$PYTHON" - <<'P'
read = lambda f: sorted((float(a), b, int(c)) for a, b, c in (l.split() for l in open(f)))
assert read("spikes.txt") == read("want.txt")
P
  sonata report circuit/output/V_m.h5 > report.txt
  hal9-view --states run.h9 > states.txt
  "$PYTHON" - <<'P'
got = sorted((float(t), int(i) + 1, float(v)) for t, p, i, v in (l.split() for l in open("report.txt")))
want = sorted((float(t), int(i), float(v)) for t, _, p, i, v in (l.rstrip("\n").split("\t") for l in open("states.txt")))
assert len(got) == len(want) == 2000
assert all(a[:2] == b[:2] and abs(a[2] - b[2]) < 1e-5 for a, b in zip(got, want))
P
}

@test "read back: the same network to the bit, and the same spikes" {
  hal9-convert --from sonata circuit -o back.h9
  hal9-convert -q --to csv --neurons a.csv --connections a-links.csv net.h9
  hal9-convert -q --to csv --neurons b.csv --connections b-links.csv back.h9
  cmp a.csv b.csv
  sort a-links.csv > a.txt
  sort b-links.csv > b.txt
  cmp a.txt b.txt
  [ "$(hal9-view --json back.h9 | jq -c '[.dt_ms, .seed]')" = "$(hal9-view --json net.h9 | jq -c '[.dt_ms, .seed]')" ]
  for f in net back; do
    for precision in single double; do
      hal9-step -c net.yaml --precision $precision -t 200ms $f.h9 | hal9-view --signals - | sha256sum > $f.$precision
    done
  done
  cmp net.single back.single
  cmp net.double back.double
  hal9-view back.h9 | grep -q 'tsodyks2_synapse U=0.45'
  # connections given one by one, with delays that differ; then nothing changes any more
  hal9-convert -q --to sonata -o again back.h9
  hal9-convert -q --from sonata again -o back2.h9
  hal9-convert -q --to csv --connections - back2.h9 | sort | cmp - a.txt
  hal9-convert -q --to sonata -o third back2.h9
  diff -r again third
}

@test "Brunel's network: read back, it spikes the same" {
  E=$BATS_TEST_DIRNAME/../examples/brunel.yaml
  hal9-gen -c "$E" --set order=250 | hal9-index -c "$E" --set order=250 --defer -o brunel.h9
  hal9-convert -q --to sonata -o brunel brunel.h9
  hal9-convert -q --from sonata brunel/circuit_config.json -o brunel-back.h9
  for f in brunel brunel-back; do
    hal9-step -c "$E" --set order=250 -t 100ms $f.h9 | hal9-view --signals - > $f.txt
  done
  [ "$(wc -l < brunel.txt)" -gt 1000 ]
  cmp brunel.txt brunel-back.txt
}

@test "spikes and reports read back: by the circuit, by a network, alone" {
  hal9-view --signals run.h9 > want.txt
  hal9-view --states run.h9 > states.txt
  hal9-convert --from sonata circuit --signals circuit/output/spikes.h5 --states circuit/output/V_m.h5 -o all.h9
  hal9-convert --from sonata --network net.h9 --signals circuit/output/spikes.h5 --states circuit/output/V_m.h5 -o some.h9
  for f in all some; do
    hal9-view --signals $f.h9 | cmp - want.txt
    hal9-view --states $f.h9 | cmp - states.txt
  done
  hal9-view --json all.h9 | jq -e '.projections | length > 4'
  hal9-convert --from sonata --signals circuit/output/spikes.h5 -o alone.h9 2> told.txt
  grep -q 'population exc is taken to have 600 neurons' told.txt
  hal9-view --signals alone.h9 | awk -F '\t' '{print $1}' | cmp - <(awk -F '\t' '{print $1}' want.txt)
  hal9-convert --to sonata --signals only.h5 run.h9
  [ "$(sonata spikes only.h5 | wc -l)" = "$(wc -l < want.txt)" ]
}

@test "what is lost is told" {
  grep -q 'rules of 6 projections' told
  grep -q "synapse models of 1 projections" told
  hal9-step -c net.yaml -t 50ms --record 'mean(V_m)@exc' net.h9 | hal9-convert --to sonata -o means 2> told.txt
  grep -q 'samples of means' told.txt
}

make_foreign() { # as BMTK writes: several types and groups, one index of another name, CSV with quotes, manifest with variables
  "$PYTHON" - "$1" <<'P'
import h5py, json, numpy as np, os, sys
d = sys.argv[1]
os.makedirs(d + "/net/models", exist_ok=True)
json.dump({"manifest": {"$BASE": ".", "$NET": "$BASE/net"}, "components": {"point_neuron_models_dir": "$NET/models"},
           "networks": {"nodes": [{"nodes_file": "$NET/v1_nodes.h5", "node_types_file": "$NET/v1_types.csv"},
                                  {"nodes_file": "${NET}/lgn_nodes.h5", "node_types_file": "$NET/lgn_types.csv"}],
                        "edges": [{"edges_file": "$NET/edges.h5", "edge_types_file": "$NET/edge_types.csv"}]}},
          open(d + "/circuit_config.json", "w"))
json.dump({"V_th": -50.25, "C_m": 100.0, "note": "text"}, open(d + "/net/models/a.json", "w"))
open(d + "/net/v1_types.csv", "w").write('node_type_id pop_name model_type model_template dynamics_params\n'
    '501 "an e" point_neuron nest:iaf_psc_alpha a.json\n502 i point_process nest:iaf_psc_exp NULL\n')
open(d + "/net/lgn_types.csv", "w").write("node_type_id model_type model_template dynamics_params\n7 virtual NULL NULL\n")
with h5py.File(d + "/net/v1_nodes.h5", "w") as f:
    g = f.create_group("nodes/v1")
    g["node_id"] = np.array([3, 0, 1, 2, 4], "u8")       # not in order
    g["node_type_id"] = np.array([501, 501, 502, 501, 502], "i4")
    g["node_group_id"] = np.array([0, 0, 1, 0, 1], "i2")
    g["node_group_index"] = np.array([2, 1, 0, 0, 1], "i4")
    g["0/x"], g["0/y"], g["0/z"] = [1.5, 2.5, 3.5], [0.25, 0.5, 0.75], [9., 8., 7.]
    g["0/dynamics_params/tau_m"] = [11., 12., 13.]
    g["0/tuning"] = [1., 2., 3.]
    g["1/positions"] = np.array([[10., 20., 30.], [40., 50., 60.]])
with h5py.File(d + "/net/lgn_nodes.h5", "w") as f:
    f["nodes/lgn/node_type_id"] = np.full(3, 7)
open(d + "/net/edge_types.csv", "w").write("edge_type_id target_query delay syn_weight model_template\n"
    "1 \"pop_name=='an e'\" 1.5 2.25 static_synapse\n2 NULL 2.0 NULL exp2syn\n")
with h5py.File(d + "/net/edges.h5", "w") as f:
    g = f.create_group("edges/lgn_to_v1")
    g["source_node_id"], g["target_node_id"] = np.array([0, 1, 2, 2], "i8"), np.array([3, 4, 0, 0], "i8")
    g["source_node_id"].attrs["node_population"] = "lgn"
    g["target_node_id"].attrs["node_population"] = np.bytes_("v1")
    g["edge_type_id"] = [1, 2, 1, 2]
    g["edge_group_id"], g["edge_group_index"] = [0, 1, 0, 1], [0, 1, 1, 0]
    g["0/nsyns"] = [3, 4]
    g["1/syn_weight"] = [5.5, -7.25]
    g["indices/target_to_source/node_id_to_range"] = np.array([[0, 2]])
P
}

@test "circuits as others write them" {
  make_foreign other
  hal9-convert --from sonata other -o other.h9 2> told.txt
  hal9-convert -q --to csv --neurons n.csv --connections c.csv other.h9
  cat > want.csv <<'C'
label,x_um,y_um,z_um,population,model,C_m[pF],tau_m[ms],V_th[mV]
1,2.5,0.5,8,v1_501,iaf_psc_alpha,100,12,-50.25
2,1.5,0.25,9,v1_501,iaf_psc_alpha,100,11,-50.25
3,3.5,0.75,7,v1_501,iaf_psc_alpha,100,13,-50.25
4,10,20,30,v1_502,iaf_psc_exp,nan,nan,nan
5,40,50,60,v1_502,iaf_psc_exp,nan,nan,nan
6,nan,nan,nan,lgn,parrot_neuron,nan,nan,nan
7,nan,nan,nan,lgn,parrot_neuron,nan,nan,nan
8,nan,nan,nan,lgn,parrot_neuron,nan,nan,nan
C
  diff want.csv n.csv
  # lgn 0 -> v1 3, 1 -> 4, 2 -> 0 twice; weights times nsyns
  printf '%s\n' 6,3,6.75,1.5 7,5,-7.25,2 8,1,5.5,2 8,1,9,1.5 > want.csv
  tail -n +2 c.csv | sort | diff want.csv -
  grep -q 'note, which is not taken over' told.txt
  grep -q '/nodes/v1/0/tuning: is not taken over' told.txt
  grep -q "synapse model 'exp2syn' is not of hal9-synapses(7)" told.txt
}

damaged() { # damaged WORDS PYTHON: what other with a change comes to
  make_foreign bad
  "$PYTHON" -c "
import h5py, json, os
d = 'bad/'
$2"
  run -65 hal9-convert --from sonata bad -o bad.h9
  echo "$output" | grep -qF -- "$1" || { echo "expected: $1"; echo "$output"; return 1; }
  [ ! -e bad.h9 ]
  rm -rf bad
}

@test "damaged circuits: 65 with the place, and no stream" {
  damaged "bad/circuit_config.json:" "open(d + 'circuit_config.json', 'a').write('}{'); s = open(d + 'circuit_config.json').read(); open(d + 'circuit_config.json', 'w').write(s.replace('{', '[', 1))"
  damaged "NOWHERE, which the manifest does not have" "s = open(d + 'circuit_config.json').read(); open(d + 'circuit_config.json', 'w').write(s.replace('\$NET/edges', '\$NOWHERE/edges'))"
  damaged "which leads back to itself" "s = open(d + 'circuit_config.json').read(); open(d + 'circuit_config.json', 'w').write(s.replace('\$BASE/net', '\$NET/net'))"
  damaged "v1_nodes.h5: is no whole HDF5 file" "open(d + 'net/v1_nodes.h5', 'r+b').write(b'no')"
  damaged "v1_nodes.h5: is no whole HDF5 file" "os.truncate(d + 'net/v1_nodes.h5', 3000)"
  damaged "/nodes/v1/node_id: row 4: found 2 again" "f = h5py.File(d + 'net/v1_nodes.h5', 'a'); f['nodes/v1/node_id'][4] = 2"
  damaged "type 77 is not in" "f = h5py.File(d + 'net/v1_nodes.h5', 'a'); f['nodes/v1/node_type_id'][4] = 77"
  damaged "found 3 values, expected a list of 5" "f = h5py.File(d + 'net/v1_nodes.h5', 'a'); del f['nodes/v1/node_group_id']; f['nodes/v1/node_group_id'] = [0, 0, 0]"
  damaged "a node is at 9" "f = h5py.File(d + 'net/v1_nodes.h5', 'a'); f['nodes/v1/node_group_index'][0] = 9"
  damaged "v1_types.csv:2: found 4 values, expected 5" "s = open(d + 'net/v1_types.csv').read(); open(d + 'net/v1_types.csv', 'w').write(s.replace(' a.json', ''))"
  damaged "a quote is not closed" "s = open(d + 'net/v1_types.csv').read(); open(d + 'net/v1_types.csv', 'w').write(s.replace('an e\"', 'an e'))"
  damaged "did you mean iaf_psc_alpha?" "s = open(d + 'net/v1_types.csv').read(); open(d + 'net/v1_types.csv', 'w').write(s.replace('psc_alpha', 'psc_alpa'))"
  damaged "expected point_neuron or virtual" "s = open(d + 'net/v1_types.csv').read(); open(d + 'net/v1_types.csv', 'w').write(s.replace('point_process', 'biophysical'))"
  damaged "V_th" "json.dump({'V_th': -90.0}, open(d + 'net/models/a.json', 'w'))"
  damaged "edge 1: found 9, expected 0 to 4, a node of v1" "f = h5py.File(d + 'net/edges.h5', 'a'); f['edges/lgn_to_v1/target_node_id'][1] = 9"
  damaged "edge 1: found -1" "f = h5py.File(d + 'net/edges.h5', 'a'); f['edges/lgn_to_v1/source_node_id'][1] = -1"
  damaged "found 'nobody', expected a population" "f = h5py.File(d + 'net/edges.h5', 'a'); f['edges/lgn_to_v1/source_node_id'].attrs['node_population'] = 'nobody'"
  damaged "type 9 is not in" "f = h5py.File(d + 'net/edges.h5', 'a'); f['edges/lgn_to_v1/edge_type_id'][1] = 9"
  damaged "holds 2 values, but edge 1 is at 5" "f = h5py.File(d + 'net/edges.h5', 'a'); f['edges/lgn_to_v1/edge_group_index'][1] = 5"
  damaged "expected 1 to 65,535 steps" "s = open(d + 'net/edge_types.csv').read(); open(d + 'net/edge_types.csv', 'w').write(s.replace('1.5 2.25', '0 2.25'))"
  damaged "between steps" "s = open(d + 'net/edge_types.csv').read(); open(d + 'net/edge_types.csv', 'w').write(s.replace('1.5 2.25', '1.55 2.25'))"
}

@test "damaged spikes and reports: 65 with the place" {
  cp circuit/output/spikes.h5 spikes.h5
  bad() {
    cp circuit/output/$1.h5 broken.h5
    "$PYTHON" -c "
import h5py
f = h5py.File('broken.h5', 'a')
$3"
    run -65 hal9-convert --from sonata --network net.h9 --$4 broken.h5 -o bad.h9
    echo "$output" | grep -qF -- "$2" || { echo "expected: $2"; echo "$output"; return 1; }
    [ ! -e bad.h9 ]
  }
  bad spikes "expected one of net.h9" "f.move('spikes/exc', 'spikes/nobody')" signals
  bad spikes "found node 600, expected 0 to 599" "f['spikes/exc/node_ids'][3] = 600" signals
  bad spikes "expected lists of one length" "f['spikes/exc/node_ids'].resize((3,))" signals
  bad spikes "expected ms, s or us" "f['spikes/exc/timestamps'].attrs['units'] = 'days'" signals
  bad spikes "which is between steps" "f['spikes/exc/timestamps'][0] = 0.123" signals
  bad V_m "expected one element a node" "f['report/exc/mapping/index_pointers'][2] = 3" states
  bad V_m "a node is in it twice" "f['report/exc/mapping/node_ids'][2] = 3" states
  bad V_m "expected a multiple of dt" "f['report/exc/mapping/time'][2] = 0.55" states
  bad V_m "expected a finite number" "f['report/exc/data'][2, 2] = float('nan')" states
  run -66 hal9-convert --from sonata nowhere.json
  run -66 hal9-convert --from sonata --network net.h9 --signals nowhere.h5 -o x.h9
  hal9-convert --from sonata --network net.h9 --round --signals <(:) 2> /dev/null && return 1
  return 0
}

@test "times in seconds, files as they were before, rounding" {
  "$PYTHON" - <<'P'
import h5py
with h5py.File("old.h5", "w") as f:
    f["spikes/timestamps"], f["spikes/gids"] = [0.0012, 0.00346], [4, 2]
    f["spikes/timestamps"].attrs["units"] = "s"
P
  run -65 hal9-convert --from sonata --population cells --signals old.h5 -o old.h9
  hal9-convert -q --from sonata --population cells --round --signals old.h5 -o old.h9
  [ "$(hal9-view --signals old.h9 | tr '\t\n' ' ;')" = "12 5;35 3;" ]
}

@test "a disk that is full, a folder that cannot be: no half circuit; mistakes on the command line: 64" {
  run -74 hal9-convert -q --to sonata -o /dev/null/circuit net.h9
  echo occupied > occupied
  run -74 hal9-convert -q --to sonata -o occupied net.h9
  [ "$(cat occupied)" = occupied ]
  run -64 hal9-convert --to sonata net.h9
  [[ "$output" == *"expected -o FOLDER, or --signals FILE"* ]]
  run -64 hal9-convert --from sonata -o x.h9
  run -64 hal9-convert --to sonata --neurons x.csv -o dir net.h9
  run -64 hal9-convert --from csv --states x.h5
  run -64 hal9-convert --from sonata --states x.h5 --signals y.h5
  head -c 3000 net.h9 > cut.h9
  run -65 hal9-convert -q --to sonata -o half cut.h9
  [ ! -e half/circuit_config.json ]
}

@test "three million connections in seconds of memory that fits" {
  hal9-gen -c "$BATS_TEST_DIRNAME/../examples/microcircuit.yaml" --set scale=0.1 | hal9-index -c "$BATS_TEST_DIRNAME/../examples/microcircuit.yaml" --set scale=0.1 --defer -o column.h9
  hal9-convert -q --to sonata -o column column.h9
  hal9-convert -q --from sonata column -o column-back.h9
  [ "$(hal9-view --json column-back.h9 | jq '[.blocks[]? | select(.kind == "connections") | .records] | add')" -gt 2900000 ] ||
    [ "$(hal9-view column-back.h9 | awk '$1 == "connections" {print $3}')" -gt 2900000 ]
}

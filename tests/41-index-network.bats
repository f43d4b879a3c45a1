# Networks by hal9-index. Authorities: queries of the same neurons, the deferred form, testing every pair.

setup() {
  T=$BATS_TEST_TMPDIR
  hal9-gen -n 2000 --layout ball --extent 400um --seed 5 -o "$T/n.h9"
}

@test "--radius and --k-nearest connect what the queries list" {
  hal9-index --radius 40um --weight 2.5 --delay 1.5ms -o "$T/r.h9" "$T/n.h9"
  hal9-view --connections "$T/r.h9" > "$T/r.tsv"
  hal9-index --query radius=40um --all "$T/n.h9" | cut -f1,2 | cmp - <(cut -f1,2 "$T/r.tsv")
  [ "$(cut -f3,4 "$T/r.tsv" | sort -u)" = "2.5	1.5" ]
  hal9-index --k-nearest 7 -o "$T/k.h9" "$T/n.h9"
  hal9-index --query k=7 --all "$T/n.h9" | cut -f1,2 | sort -n -k1,1 -k2,2 | cmp - <(hal9-view --connections "$T/k.h9" | cut -f1,2)
  [ "$(hal9-view --connections "$T/k.h9" | cut -f3,4 | sort -u)" = "1	1" ]
}

@test "--periodic and --autapses" {
  hal9-index --radius 40um --periodic -o "$T/p.h9" "$T/n.h9"
  hal9-index --query radius=40um --periodic --all "$T/n.h9" | cut -f1,2 | cmp - <(hal9-view --connections "$T/p.h9" | cut -f1,2)
  hal9-index --radius 40um --autapses -o "$T/a.h9" "$T/n.h9"
  hal9-index --radius 40um -o "$T/b.h9" "$T/n.h9"
  [ "$(hal9-view --connections --count "$T/a.h9")" = $(($(hal9-view --connections --count "$T/b.h9") + 2000)) ]
}

@test "the same bytes for 1, 2, 3 and 4 threads and without the index" {
  hal9-index --radius 40um -@ 1 -o "$T/1.h9" "$T/n.h9"
  for t in 2 3 4; do
    hal9-index --radius 40um -@ $t -o "$T/$t.h9" "$T/n.h9"
    cmp "$T/1.h9" "$T/$t.h9"
  done
  hal9-index --radius 40um --brute-force -o "$T/b.h9" "$T/n.h9"
  cmp "$T/1.h9" "$T/b.h9"
}

@test "--defer: small, and expands to the same connections" {
  hal9-index --radius 40um -o "$T/m.h9" "$T/n.h9"
  hal9-index --radius 40um --defer -o "$T/d.h9" "$T/n.h9"
  [ $(($(stat -c %s "$T/d.h9") * 2)) -lt "$(stat -c %s "$T/m.h9")" ]
  cmp <(hal9-view --connections "$T/m.h9") <(hal9-view --connections "$T/d.h9")
  hal9-view --check "$T/d.h9" "$T/m.h9"
}

@test "--dry-run counts without building; as text and JSON" {
  cat > "$T/net.yaml" <<'Y'
populations:
  a: {count: 100, model: iaf_psc_exp}
  b: {count: 50, model: iaf_psc_exp}
connections:
  - {source: a, target: b, rule: fixed_indegree, number: 10}
  - {source: b, target: a, rule: all_to_all}
  - {source: a, target: a, rule: pairwise_bernoulli, p: 0.5, autapses: false}
Y
  hal9-gen -c "$T/net.yaml" -o "$T/ab.h9"
  hal9-index -c "$T/net.yaml" --dry-run --json "$T/ab.h9" > "$T/dry.json"
  # 50 * 10, 50 * 100, 100 * 99 / 2
  [ "$(jq -c '[.neurons, .connections, (.projections | map(.connections))]' "$T/dry.json")" = "[150,10450,[500,5000,4950]]" ]
  run hal9-index -c "$T/net.yaml" --dry-run "$T/ab.h9"
  [ "$status" = 0 ]
  [[ "$output" == *"10450 connections"* ]]
}

@test "--seed changes the choice, the same seed repeats it" {
  cat > "$T/net.yaml" <<'Y'
populations: {a: {count: 100, model: iaf_psc_exp}}
connections: [{source: a, target: a, rule: fixed_indegree, number: 5}]
Y
  hal9-gen -c "$T/net.yaml" -o "$T/a.h9"
  for s in 1 2 1; do hal9-index -c "$T/net.yaml" --seed $s "$T/a.h9" | hal9-view --connections | cksum; done > "$T/sums"
  [ "$(sed -n 1p "$T/sums")" = "$(sed -n 3p "$T/sums")" ]
  [ "$(sed -n 1p "$T/sums")" != "$(sed -n 2p "$T/sums")" ]
}

@test "what it refuses: connected streams, other networks, no positions, impossible rules, nothing to do" {
  hal9-index --radius 40um -o "$T/m.h9" "$T/n.h9"
  run hal9-index --radius 40um -o "$T/x.h9" "$T/m.h9"
  [ "$status" = 65 ]
  [[ "$output" == *"expected neurons alone"* ]]
  hal9-index --radius 40um --defer -o "$T/d.h9" "$T/n.h9"
  run hal9-index --radius 40um -o "$T/x.h9" "$T/d.h9"
  [ "$status" = 65 ]
  printf 'populations: {neurons: {count: 1999, model: iaf_psc_exp}}\nconnections: [{source: neurons, target: neurons, rule: one_to_one}]\n' > "$T/other.yaml"
  run hal9-index -c "$T/other.yaml" -o "$T/x.h9" "$T/n.h9"
  [ "$status" = 65 ]
  [[ "$output" == *"2000 neurons"* ]]
  hal9-gen -n 10 --layout none -o "$T/flat.h9"
  run hal9-index --radius 40um -o "$T/x.h9" "$T/flat.h9"
  echo "$output"
  [ "$status" = 78 ] || [ "$status" = 65 ]
  [[ "$output" == *"position"* ]]
  run hal9-index --query k=3 --id 1 "$T/flat.h9"
  [ "$status" = 65 ]
  printf 'populations: {neurons: {count: 2000, model: iaf_psc_exp}}\nconnections: [{source: neurons, target: neurons, rule: fixed_indegree, number: 2001, multapses: false}]\n' > "$T/much.yaml"
  run timeout 10 hal9-index -c "$T/much.yaml" -o "$T/x.h9" "$T/n.h9"
  echo "$output"
  [ "$status" = 78 ]
  [ ! -e "$T/x.h9" ]
  for o in "" "--radius 3 --k-nearest 4" "--radius 3 -c $T/much.yaml" "--k-nearest 0" "--radius 3mV" "--radius 3 --delay 0" "--radius 3 --weight 3mV" \
    "--weight 3 -c $T/much.yaml" "--periodic -c $T/much.yaml" "--json --radius 3" "--radius 3 --set a=1"; do
    run hal9-index $o -o "$T/x.h9" "$T/n.h9"
    echo "$o: $status $output"
    [ "$status" = 64 ]
  done
}

@test "--query --stream: the answers as connections" {
  cat > "$T/two.yaml" <<'Y'
populations:
  a: {count: 500, model: iaf_psc_exp, layout: {type: box, extent: 200 um}}
  b: {count: 5000, model: iaf_psc_delta, layout: {type: box, extent: 200 um}}
Y
  hal9-gen -c "$T/two.yaml" -o "$T/two.h9"
  for q in radius=20 k=6; do
    for p in "" "--population b"; do
      hal9-index --query $q $p --all --stream -o "$T/q.h9" "$T/two.h9"
      hal9-view --check "$T/q.h9"
      hal9-view --connections "$T/q.h9" | cut -f1,2 | sort -n -k1,1 -k2,2 > "$T/got"
      hal9-index --query $q $p --all "$T/two.h9" | cut -f1,2 | sort -n -k1,1 -k2,2 | cmp - "$T/got"
      [ -s "$T/got" ]
    done
  done
  hal9-index --query k=6 --id 3 --id 700 --stream "$T/two.h9" | hal9-view --connections | cut -f1 | sort -n | uniq -c | awk '{print $2, $1}' > "$T/ids"
  [ "$(paste -sd, "$T/ids")" = "3 6,700 6" ]
  hal9-step -t 1ms -o "$T/s.h9" "$T/q.h9"
  for o in "--query k=3 --at 1,2,3 --stream" "--query box=1,2 --stream" "--query k=3 --all --stream --counts" "--stream --radius 3"; do
    run hal9-index $o -o "$T/x.h9" "$T/two.h9"
    echo "$o: $status $output"
    [ "$status" = 64 ]
  done
}

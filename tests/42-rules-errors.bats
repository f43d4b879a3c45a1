# Demands that cannot be met are errors at once, with what was asked and what there is.

refused() { # refused TEXT CONNECTION: the message holds TEXT
  cat >"$BATS_TEST_TMPDIR/n.yaml" <<YAML
populations:
  exc: {count: 80, model: iaf_psc_exp, layout: {type: box, extent: [1 mm, 1 mm]}}
  inh: {count: 20, model: iaf_psc_exp, layout: {type: box, extent: [1 mm, 1 mm]}}
connections:
  - {source: exc, $2, weight: 1 pA, delay: 1 ms}
simulation: {dt: 0.1 ms}
YAML
  code=0
  hal9-gen -c "$BATS_TEST_TMPDIR/n.yaml" >"$BATS_TEST_TMPDIR/g.h9" 2>"$BATS_TEST_TMPDIR/err" || code=$?
  if [ $code = 0 ]; then
    timeout 20 hal9-index -c "$BATS_TEST_TMPDIR/n.yaml" "$BATS_TEST_TMPDIR/g.h9" >"$BATS_TEST_TMPDIR/out.h9" 2>"$BATS_TEST_TMPDIR/err" || code=$?
  fi
  cat "$BATS_TEST_TMPDIR/err"
  [ $code = 78 ]
  grep -qF "$1" "$BATS_TEST_TMPDIR/err"
}

@test "more different sources than exist" { refused "80 of 80" "target: inh, rule: fixed_indegree, number: 81, multapses: false"; }
@test "all others and one more" { refused "79 of 80" "target: exc, rule: fixed_indegree, number: 80, multapses: false, autapses: false"; }
@test "more pairs than exist" { refused "1600" "target: inh, rule: fixed_total_number, number: 1601, multapses: false"; }
@test "one_to_one of unequal populations" { refused "equal counts" "target: inh, rule: one_to_one"; }
@test "a mask that holds too few: projection, neuron, asked and available" {
  refused "available" "target: inh, rule: fixed_outdegree, number: 20, multapses: false, mask: {sphere: {radius: 200 um}}"
  grep -q "neuron [0-9]*: 20 different partners asked, [0-9]* available" "$BATS_TEST_TMPDIR/err"
}
@test "symmetric between two populations" { refused "symmetric" "target: inh, rule: all_to_all, symmetric: true"; }

# One network, whatever the way: threads, forms of the stream, grid or every pair.

setup() {
  cat >"$BATS_TEST_TMPDIR/n.yaml" <<'YAML'
populations:
  exc: {count: 800, model: iaf_psc_exp, layout: {type: box, extent: [1 mm, 1 mm, 0.3 mm]}}
  inh: {count: 200, model: iaf_psc_exp, layout: {type: box, extent: [1 mm, 1 mm, 0.3 mm]}}
connections:
  - {source: exc, target: [exc, inh], rule: fixed_total_number, number: 20000, weight: {normal: {mean: 20 pA, sd: 2 pA, min: 0 pA}}, delay: {normal: {mean: 1.5 ms, sd: 0.75 ms, min: 0.1 ms}}}
  - {source: inh, target: exc, rule: fixed_indegree, number: 40, multapses: false, weight: -90 pA, delay: 0.8 ms}
  - {source: exc, target: exc, rule: pairwise_bernoulli, p: 0.2, kernel: {gaussian: {sigma: 100 um}}, periodic: true, weight: 20 pA, delay: 0.5 ms + distance / (300 um/ms)}
  - {source: exc, target: inh, rule: fixed_outdegree, number: 5, multapses: false, kernel: {exponential: {tau: 80 um}}, mask: {sphere: {radius: 350 um}, anchor: [30 um, 0 um, 0 um]}, weight: 20 pA, delay: 1 ms}
  - {source: inh, target: inh, rule: k_nearest, number: 6, symmetric: true, weight: -90 pA, delay: 1 ms}
  - {source: exc, target: exc, rule: radius, radius: 60 um, weight: {lognormal: {mu: 1, sigma: 2}}, delay: 1 ms}
simulation: {dt: 0.1 ms, seed: 3}
YAML
  hal9-gen -c "$BATS_TEST_TMPDIR/n.yaml" >"$BATS_TEST_TMPDIR/gen.h9"
  hal9-index -@ 1 -c "$BATS_TEST_TMPDIR/n.yaml" "$BATS_TEST_TMPDIR/gen.h9" >"$BATS_TEST_TMPDIR/one.h9"
}

@test "the same bytes from 1, 2, 3 and 4 threads" {
  for n in 2 3 4; do
    hal9-index -@ $n -c "$BATS_TEST_TMPDIR/n.yaml" "$BATS_TEST_TMPDIR/gen.h9" | cmp - "$BATS_TEST_TMPDIR/one.h9"
  done
}

@test "the same bytes at every SIMD level of this processor" {
  for level in scalar sse avx2 avx512; do
    HAL9_SIMD=$level hal9-index -c "$BATS_TEST_TMPDIR/n.yaml" "$BATS_TEST_TMPDIR/gen.h9" >"$BATS_TEST_TMPDIR/l.h9" 2>"$BATS_TEST_TMPDIR/err" ||
      { [ $? = 64 ] && grep -q HAL9_SIMD "$BATS_TEST_TMPDIR/err" && continue; }
    cmp "$BATS_TEST_TMPDIR/l.h9" "$BATS_TEST_TMPDIR/one.h9"
  done
}

@test "the same connections by the grid and by looking at every pair" {
  hal9-index --brute-force -c "$BATS_TEST_TMPDIR/n.yaml" "$BATS_TEST_TMPDIR/gen.h9" >"$BATS_TEST_TMPDIR/brute.h9"
  hal9-view --connections "$BATS_TEST_TMPDIR/one.h9" >"$BATS_TEST_TMPDIR/a"
  hal9-view --connections "$BATS_TEST_TMPDIR/brute.h9" >"$BATS_TEST_TMPDIR/b"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/a")" -gt 60000 ]
  cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
}

@test "the same connections materialised and deferred" {
  hal9-index --defer -c "$BATS_TEST_TMPDIR/n.yaml" "$BATS_TEST_TMPDIR/gen.h9" >"$BATS_TEST_TMPDIR/deferred.h9"
  [ "$(wc -c <"$BATS_TEST_TMPDIR/deferred.h9")" -lt "$(($(wc -c <"$BATS_TEST_TMPDIR/one.h9") / 4))" ]
  hal9-view --connections "$BATS_TEST_TMPDIR/one.h9" >"$BATS_TEST_TMPDIR/a"
  hal9-view --connections "$BATS_TEST_TMPDIR/deferred.h9" >"$BATS_TEST_TMPDIR/b"
  cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
}

@test "another seed gives another network" {
  hal9-index --seed 4 -c "$BATS_TEST_TMPDIR/n.yaml" "$BATS_TEST_TMPDIR/gen.h9" >"$BATS_TEST_TMPDIR/other.h9"
  hal9-view --connections "$BATS_TEST_TMPDIR/one.h9" >"$BATS_TEST_TMPDIR/a"
  hal9-view --connections "$BATS_TEST_TMPDIR/other.h9" >"$BATS_TEST_TMPDIR/b"
  ! cmp -s "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
}

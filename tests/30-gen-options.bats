# hal9-gen: every option through the program. Authorities: closed forms (counts, borders, lattices by hand),
# numpy and scipy for distributions, the program itself for independence of threads.

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR"
  set -o pipefail
}

tsv() { hal9-view --tsv --no-header --columns "$@"; }
py() { "$PYTHON" -c "import sys, numpy as np; from scipy import stats; d = np.loadtxt(sys.stdin, ndmin=2); $1"; }

@test "count, ids and default box of 1 mm" {
  hal9-gen -n 5000 -o a.h9
  tsv id,x,y,z a.h9 | py 'assert (d[:,0] == np.arange(1, 5001)).all(); assert abs(d[:,1:]).max() <= 500 and abs(d[:,1:]).max() > 495
for i in 1, 2, 3: assert stats.kstest(d[:,i], "uniform", (-500, 1000)).pvalue > 1e-3'
}

@test "every layout obeys --extent and --center" {
  for l in box ball sphere ellipsoid grid blob column; do
    hal9-gen -n 2000 --layout $l --extent 0.1mm --center 1000,2mm,-50um -o $l.h9
    tsv x,y,z $l.h9 | py 'c = d - [1000, 2000, -50]; assert len(d) == 2000 and abs(c).max() <= 50.001 and abs(c).max() > 40' || { echo $l; return 1; }
  done
  hal9-gen -n 2000 --layout disk --extent 100 --center 1,2 -o disk.h9
  tsv x,y disk.h9 | py 'r = np.hypot(*(d - [1, 2]).T) / 50; assert r.max() <= 1.0001 and stats.kstest(r**2, "uniform").pvalue > 1e-3'
}

@test "one, two and three lengths and --dimensions" {
  hal9-gen -n 100 --extent 10,20 -o 2.h9
  tsv x,y 2.h9 | py 'assert abs(d[:,0]).max() <= 5 and 9 < abs(d[:,1]).max() <= 10'
  hal9-gen -n 100 --extent 10,20,40 -o 3.h9
  tsv x,y,z 3.h9 | py 'assert 18 < abs(d[:,2]).max() <= 20'
  hal9-gen -n 100 --extent 10 --dimensions 1 -o 1.h9
  tsv x 1.h9 | py 'assert d.shape == (100, 1) and 4 < abs(d).max() <= 5'
  hal9-gen -n 10 --extent 10,20 --dry-run | grep -q 'dimensions 2'
}

@test "layout none makes neurons without positions" {
  hal9-gen -n 7 --layout none -o n.h9
  [ "$(tsv id n.h9 | wc -l)" = 7 ]
  hal9-gen -n 7 --layout none --dry-run | grep -q 'dimensions 0'
  run -64 hal9-gen -n 7 --layout none --extent 10
}

@test "grid: lattice by hand, and --jitter within its bounds" {
  hal9-gen -n 8 --layout grid --extent 2 -o g.h9
  tsv x,y,z g.h9 | py 'assert (d == np.array([[x, y, z] for z in (-.5, .5) for y in (-.5, .5) for x in (-.5, .5)])).all()'
  hal9-gen -n 1000 --layout grid --extent 10 --jitter 0.25 -o j.h9
  tsv x j.h9 | py 's = d[:,0] - (np.arange(1000) % 10 - 4.5); assert abs(s).max() <= .2501 and stats.kstest(s, "uniform", (-.25, .5)).pvalue > 1e-3'
}

@test "blob: --spread; column: --round" {
  hal9-gen -n 3000 --layout blob --spread 10,20,30 -o b.h9
  tsv x,y,z b.h9 | py '
for i, s in enumerate((10, 20, 30)): assert stats.kstest(d[:,i], "norm", (0, s)).pvalue > 1e-3'
  hal9-gen -n 3000 --layout column --round --extent 100,500 -o c.h9
  tsv x,y,z c.h9 | py 'assert stats.kstest(np.hypot(d[:,0], d[:,1])**2 / 2500, "uniform").pvalue > 1e-3
assert stats.kstest(d[:,2], "uniform", (-250, 500)).pvalue > 1e-3'
}

@test "--min-distance by scipy's tree; what cannot fit is an error at once" {
  hal9-gen -n 5000 --extent 200um --min-distance 6um -o m.h9
  tsv x,y,z m.h9 | py 'from scipy.spatial import cKDTree
n = cKDTree(d).query(d, 2)[0][:,1]; assert len(d) == 5000 and n.min() >= 6 - 1e-4 and n.min() < 6.1'
  run -78 hal9-gen -n 100000 --extent 200um --min-distance 20um -o never.h9
  [[ "$output" == *"densest packing"* ]]
  [ ! -e never.h9 ]
  [ ! -e never.h9.partial ]
}

@test "--positions: order, count, dimensions; mistakes by line" {
  printf '# soma\n1 2 3\n4,5,6\n\n-7\t8 9.5 # last\n' > p.txt
  hal9-gen --positions p.txt -o p.h9
  tsv id,x,y,z p.h9 | py 'assert (d == [[1, 1, 2, 3], [2, 4, 5, 6], [3, -7, 8, 9.5]]).all()'
  run -78 hal9-gen --positions p.txt -n 4 -o x.h9
  [[ "$output" == *"holds 3 positions, expected 4"* ]]
  echo '1 2 oops' >> p.txt
  run -65 hal9-gen --positions p.txt -o x.h9
  [[ "$output" == *"p.txt:6: found 'oops'"* ]]
  run -66 hal9-gen --positions missing.txt -o x.h9
  [ ! -e x.h9 ]
}

@test "--model, --name, --param: quantities, bare numbers, expressions of position" {
  hal9-gen -n 100 --model iaf_psc_exp --name exc --extent 100 --param 'C_m=0.2 nF' --param V_m=-60 \
    --param 'E_L=-70 mV + 0.1 mV/um * x' -o p.h9
  tsv x,E_L p.h9 | py 'assert abs(d[:,1] - (-70 + .1 * d[:,0])).max() < 1e-4'
  hal9-gen -n 100 --name exc --dry-run | grep -q '^exc '
  run -64 hal9-gen -n 1 --param Cm=200 -o x.h9
  [[ "$output" == *"did you mean 'C_m'?"* ]]
  run -64 hal9-gen -n 1 --param 'C_m=200 mV' -o x.h9
  [[ "$output" == *"expected pF"* ]]
  run -64 hal9-gen -n 1 --model iaf_psc_expo -o x.h9
  [[ "$output" == *"did you mean 'iaf_psc_exp'?"* ]]
  run -64 hal9-gen -n 1 --param V_m=1 --param V_m=2 -o x.h9
  run -78 hal9-gen -n 1 --param C_m=-5 -o x.h9
  [[ "$output" == *"C_m = -5 pF: expected a value above 0"* ]]
  run -78 hal9-gen -n 100 --param 'C_m=1 pF/um * x' -o x.h9
  [[ "$output" == *"population 'neurons': neuron "*"C_m = -"* ]]
  run -78 hal9-gen -n 1 --param V_th=-80 -o x.h9
  [[ "$output" == *"V_reset"* ]]
}

@test "--seed and --dt reach the stream; same seed, same bytes; other seed, other bytes" {
  hal9-gen -n 1000 --seed 7 --dt 0.25ms -o a.h9
  hal9-gen -n 1000 --seed 0x7 --dt 0.25 -o b.h9
  hal9-gen -n 1000 --seed 8 --dt 0.25 -o c.h9
  cmp a.h9 b.h9
  run ! cmp -s a.h9 c.h9
  hal9-gen -n 1 --seed 7 --dt 0.25ms --dry-run | grep -q 'dt 0.25 ms, seed 7'
}

@test "same bytes for 1, 2, 3 and 4 threads, to a file or a pipe, with and without a minimum distance" {
  for extra in "" "--min-distance 3um"; do
    hal9-gen -n 200000 --layout ball $extra -@ 1 -o 1.h9
    for t in 2 3 4; do hal9-gen -n 200000 --layout ball $extra -@ $t | cmp - 1.h9; done
  done
  HAL9_THREADS=3 hal9-gen -n 200000 --layout ball --min-distance 3um | cmp - 1.h9
}

@test "the same neurons whatever comes after them" {
  hal9-gen -n 1000 --layout ball -o a.h9
  hal9-gen -n 70000 --layout ball -o b.h9
  diff <(tsv id,x,y,z a.h9) <(tsv id,x,y,z b.h9 | head -n 1000)
}

@test "--dry-run writes no stream and counts right" {
  hal9-gen -n 1000000 --layout ball --dry-run -o never.h9 > out
  grep -q '^neurons .* 1000000 .*ball .* 12 *12000000$' out
  [ ! -e never.h9 ]
}

@test "--level, --label, -q, -v, --progress" {
  hal9-gen -n 100000 --level 1 -o 1.h9
  hal9-gen -n 100000 --level 15 -o 15.h9
  diff <(tsv id,x,y,z 1.h9 | md5sum) <(tsv id,x,y,z 15.h9 | md5sum)
  run ! cmp -s 1.h9 15.h9
  hal9-gen -n 10 --label 'my own words' -o l.h9
  hal9-view l.h9 | grep -q 'my own words'
  [ -z "$(hal9-gen -n 10 -q -v -o q.h9 2>&1)" ]
  hal9-gen -n 10 -v -o q.h9 2>&1 | grep -q '10 neurons in 1 population,'
  hal9-gen -n 1000000 --progress always -o p.h9 2>&1 | grep -q 'neurons'
  [ -z "$(hal9-gen -n 1000000 --progress never -o p.h9 2>&1)" ]
}

@test "a terminal gets no binary data, unless forced with -f" {
  script -qec true /dev/null > /dev/null 2>&1 || skip "no pseudo-terminals here"
  script -qec "hal9-gen -n 10" /dev/null > out < /dev/null || true
  grep -q 'terminal' out
  script -qec "hal9-gen -f -n 10" /dev/null < /dev/null > forced
  [ "$(wc -c < forced)" -gt 200 ]
}

@test "misuse: exit 64 with a reason and no output" {
  for args in "" "-n 0" "-n 4294967295" "-n x" "-n 5 --layout bal" "-n 5 --extent -3" "-n 5 --extent 3mV" "-n 5 --extent 1,2,3,4" \
    "-n 5 --dimensions 4" "-n 5 --jitter 0.1" "-n 5 --round" "-n 5 --spread 3" "-n 5 --layout disk --dimensions 3" "-n 5 --dt 0" \
    "-n 5 --dt 1mV" "-n 5 extra" "-n 5 -c net.yaml" "--set a=1 -n 5" "-n 5 --param C_m" "-n 5 --unknown" "-n 5 --min-distance -1" \
    "-n 5 --layout box --positions f" "-n 5 --center 1,2,3,4" "-n 5 --seed -1" "-n 5 --name a@b" "-n 5 --layout file"; do
    run -64 hal9-gen $args -o never.h9
    [ -n "$output" ]
    [ ! -e never.h9 ]
    [ ! -e never.h9.partial ]
  done
}

@test "full disk and closed pipe" {
  run -74 bash -c 'hal9-gen -n 1000000 > /dev/full'
  [[ "$output" == *"hal9-gen: standard output"* ]]
  run bash -c 'hal9-gen -n 1000000 | head -c 100 > /dev/null; exit ${PIPESTATUS[0]}'
  [ "$status" = 141 ]
  [ -z "$output" ]
}

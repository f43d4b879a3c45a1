# Neighbour queries. Authority: scipy's cKDTree on the positions that hal9-view prints, and testing every pair.

setup() {
  T=$BATS_TEST_TMPDIR
  hal9-gen -n 3000 --layout ball --extent 500um --seed 3 -o "$T/ball.h9"
  hal9-gen -n 2000 --layout box --extent 300um,200um --dimensions 2 --seed 4 -o "$T/sheet.h9"
}

scipy() { # scipy NEURONS WHAT VALUE [periodic]: compares the answers on standard input
  local columns=x,y,z
  [ "$1" = ball ] || columns=x,y
  hal9-view --tsv --no-header --columns $columns "$T/$1.h9" > "$T/$1.tsv"
  "$PYTHON" - "$T/$1.tsv" "$2" "$3" "${4:-}" "$T/answer" <<'P'
import sys
import numpy as np
from scipy.spatial import cKDTree
pos = np.loadtxt(sys.argv[1]).astype(np.float32).astype(float)
what, value, periodic = sys.argv[2], float(sys.argv[3]), sys.argv[4]
if periodic:
    width = np.array([300.0, 200.0])
    pos = pos + width / 2
    pos[pos >= width] -= 1e-9  # the far border is the near one
    tree = cKDTree(pos, boxsize=width)
else:
    tree = cKDTree(pos)
got = np.loadtxt(sys.argv[5], ndmin=2)
n = len(pos)
if what == "counts":
    want = tree.query_ball_point(pos, value, return_length=True) - 1
    assert np.array_equal(got[:, 0], np.arange(1, n + 1))
    assert np.array_equal(got[:, 1], want), np.flatnonzero(got[:, 1] != want)[:5]
elif what == "radius":
    want = sorted((i + 1, j + 1) for i, l in enumerate(tree.query_ball_point(pos, value)) for j in l if j != i)
    assert [(int(a), int(b)) for a, b in got[:, :2]] == want
    d = np.linalg.norm(pos[got[:, 0].astype(int) - 1] - pos[got[:, 1].astype(int) - 1], axis=1)
    assert periodic or np.allclose(got[:, 2], d, rtol=0, atol=1e-9)
else:
    d, j = tree.query(pos, int(value) + 1)
    assert np.array_equal(got[:, 1].reshape(n, -1), j[:, 1:] + 1)
    assert np.allclose(got[:, 2].reshape(n, -1), d[:, 1:], rtol=0, atol=1e-9)
print(len(got), "answers agree")
P
}

@test "radius: counts and lists of every neuron as scipy finds them" {
  hal9-index --query radius=40um --all --counts "$T/ball.h9" > "$T/answer"
  scipy ball counts 40
  hal9-index --query radius=25 --all "$T/ball.h9" > "$T/answer"
  scipy ball radius 25
  hal9-index --query radius=30 --all "$T/sheet.h9" > "$T/answer"
  scipy sheet radius 30
}

@test "radius, periodic: counts and lists as scipy with a periodic box" {
  hal9-index --query radius=30um --periodic --all --counts "$T/sheet.h9" > "$T/answer"
  scipy sheet counts 30 periodic
  hal9-index --query radius=20um --periodic --all "$T/sheet.h9" > "$T/answer"
  scipy sheet radius 20 periodic
}

@test "the 16 nearest of every neuron as scipy finds them" {
  hal9-index --query k=16 --all "$T/ball.h9" > "$T/answer"
  scipy ball nearest 16
  hal9-index --query k=1 --all "$T/sheet.h9" > "$T/answer"
  scipy sheet nearest 1
}

@test "every kind of question: the grid answers as testing every pair does, for any threads" {
  for q in radius=0 radius=60 radius=2000 k=1 k=40 k=5000; do
    for p in "" --periodic; do
      hal9-index --query $q $p --id 1 --id 777 --at 10,20,30 --at 1000,0,0 "$T/ball.h9" > "$T/grid"
      hal9-index --query $q $p --id 1 --id 777 --at 10,20,30 --at 1000,0,0 --brute-force "$T/ball.h9" > "$T/brute"
      cmp "$T/grid" "$T/brute"
      [ $q = radius=0 ] || [ -s "$T/grid" ]
    done
  done
  for t in 1 2 3 4; do hal9-index --query k=3 --all -@ $t "$T/ball.h9" | cksum; done | sort -u > "$T/sums"
  [ "$(wc -l < "$T/sums")" = 1 ]
}

@test "box: the neurons between its borders, by hand from the positions" {
  hal9-index --query box=-50um,-60,-70,80,90,100 "$T/ball.h9" | cut -f2 > "$T/got"
  hal9-view --tsv --no-header --columns id,x,y,z "$T/ball.h9" |
    awk '$2 >= -50 && $2 <= 80 && $3 >= -60 && $3 <= 90 && $4 >= -70 && $4 <= 100 {print $1}' > "$T/want"
  [ -s "$T/want" ]
  cmp "$T/got" "$T/want"
  [ "$(hal9-index --query box=-50,80 --counts "$T/ball.h9")" = "0	$(hal9-view --tsv --no-header --columns x "$T/ball.h9" | awk '$1 >= -50 && $1 <= 80' | wc -l)" ]
}

@test "--population looks among its neurons only; ids stay those of the network" {
  cat > "$T/two.yaml" <<'Y'
populations:
  a: {count: 300, model: iaf_psc_exp, layout: {type: box, extent: 100 um}}
  b: {count: 300, model: iaf_psc_exp, layout: {type: box, extent: 100 um}}
Y
  hal9-gen -c "$T/two.yaml" -o "$T/two.h9"
  hal9-index --query k=5 --id 7 --population b "$T/two.h9" > "$T/got"
  [ "$(wc -l < "$T/got")" = 5 ]
  awk '$2 < 301 {exit 1}' "$T/got"
  hal9-index --query k=600 --id 7 "$T/two.h9" | awk '$2 > 300' | head -n 5 | cmp - "$T/got"
  run hal9-index --query k=5 --id 7 --population c "$T/two.h9"
  [ "$status" = 65 ]
}

@test "questions that make no sense are refused with 64 and say what to do" {
  for o in "--query k=0 --all" "--query radius=-1 --all" "--query radius=3mV --all" "--query sphere=3 --all" "--query k=3" \
    "--query box=1,2,3 --counts" "--query box=5,1" "--query box=1,5 --all" "--query k=3 --id 0" "--query k=3 --at 1,2,3,4" \
    "--query k=3 --all --id 3" "--query k=3 --id 3001" "--at 1,2,3 --radius 3" "--counts --radius 3"; do
    run hal9-index $o "$T/ball.h9"
    echo "$o: $status $output"
    [ "$status" = 64 ]
  done
}

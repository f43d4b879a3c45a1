# hal9-view's selection by place and by sample. Authority: awk over the positions that --tsv shows, and the laws of
# sampling (binomial spread, subsets).

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_FILE_TMPDIR"
  cat > net.yaml <<'Y'
populations:
  exc: {count: 400, model: iaf_psc_exp, layout: {type: box, extent: [200 um, 200 um, 100 um]}}
  plain: {count: 20, model: iaf_psc_exp}
  inh: {count: 100, model: iaf_psc_exp, layout: {type: box, extent: [200 um, 200 um, 100 um]}}
connections:
  - {source: exc, target: [exc, inh], rule: fixed_indegree, number: 10, weight: 80 pA, delay: 1.5 ms}
  - {source: inh, target: exc, rule: radius, radius: 30 um, weight: -300 pA, delay: 0.8 ms}
  - {source: plain, target: exc, rule: fixed_indegree, number: 2, weight: 80 pA, delay: 1.5 ms}
simulation:
  duration: 50 ms
  stimuli: [{type: poisson, target: [exc, inh, plain], rate: 20 kHz, weight: 80 pA}]
Y
  hal9-gen -c net.yaml | hal9-index -c net.yaml -o net.h9
  hal9-step -c net.yaml -o spikes.h9 net.h9
  hal9-view --tsv --no-header --columns id,x,y,z,population net.h9 > positions
}
setup() { cd "$BATS_FILE_TMPDIR"; T=$BATS_TEST_TMPDIR; }

# ids CONDITION: of x, y, z
ids() { awk -F '\t' "\$2 != \"nan\" { id = \$1; x = \$2; y = \$3; z = \$4; p = \$5; if ($1) print id }" positions; }

@test "a region: borders included, open sides, several add up, all other selections narrow" {
  see() { hal9-view --columns id --no-header "$@" net.h9; }
  see --region 'x=0..500,y=..20' > "$T/got"; ids 'x >= 0 && x <= 500 && y <= 20' | diff - "$T/got"; [ -s "$T/got" ]
  see --region 'x=-0.05mm..0.05mm,z=10um..' > "$T/got"; ids 'x >= -50 && x <= 50 && z >= 10' | diff - "$T/got"; [ -s "$T/got" ]
  see --region 'x=..-50' --region 'x=50..' > "$T/got"; ids 'x <= -50 || x >= 50' | diff - "$T/got"; [ -s "$T/got" ]
  see --region 'x=0..' --population inh --id 430-470 > "$T/got"
  ids 'x >= 0 && p == "inh" && id >= 430 && id <= 470' | diff - "$T/got"; [ -s "$T/got" ]
  # a border that is a neuron's own coordinate includes it
  read -r id x _ < positions
  [ "$(see --region "x=$x..$x")" = "$id" ]
  [ "$(see --region 'x=..' --count)" = 500 ] # those that have a place
}

@test "near a place: a ball, a disc through the depth, several, with a region" {
  see() { hal9-view --columns id --no-header "$@" net.h9; }
  see --near 10,0,5,40 > "$T/got"; ids '(x-10)^2 + y^2 + (z-5)^2 <= 1600' | diff - "$T/got"; [ -s "$T/got" ]
  see --near 10,0,40um > "$T/got"; ids '(x-10)^2 + y^2 <= 1600' | diff - "$T/got"; [ -s "$T/got" ]
  see --near 0,0,30 --near 50,50,30 --region z=0.. > "$T/got"
  ids '(x^2 + y^2 <= 900 || (x-50)^2 + (y-50)^2 <= 900) && z >= 0' | diff - "$T/got"; [ -s "$T/got" ]
}

@test "senders and sources: signals with --network, connections, from pipes, for any number of threads" {
  ids 'x^2 + y^2 <= 2500' > "$T/ids"
  hal9-view --signals spikes.h9 | awk 'NR == FNR { in_[$1]; next } $2 in in_' "$T/ids" - > "$T/want"
  [ "$(wc -l < "$T/want")" -gt 20 ]
  hal9-view --signals --near 0,0,50 --network net.h9 spikes.h9 | diff "$T/want" -
  hal9-view --signals --near 0,0,50 --network <(cat net.h9) < spikes.h9 | diff "$T/want" -
  hal9-view --signals --near 0,0,50 --network net.h9 --count spikes.h9 spikes.h9 | sort -u | grep -qx "$(wc -l < "$T/want")"
  hal9-view --connections net.h9 | awk 'NR == FNR { in_[$1]; next } $1 in in_' "$T/ids" - > "$T/want"
  for n in 1 3; do cat net.h9 | hal9-view --connections --near 0,0,50 -@ $n | diff "$T/want" -; done
  [ "$(hal9-view --connections --near 0,0,50 --count net.h9)" = "$(wc -l < "$T/want")" ]
}

@test "a sample of N: so many, by id and seed alone, one within the larger, the same for all kinds" {
  see() { hal9-view --columns id --no-header "$@" net.h9; }
  see --sample 20 > "$T/20"; see --sample 60 > "$T/60"
  [ "$(wc -l < "$T/20")" = 20 ]; [ "$(wc -l < "$T/60")" = 60 ]
  [ -z "$(comm -23 <(sort "$T/20") <(sort "$T/60"))" ]
  see --sample 20 --seed 7 > "$T/other"; ! cmp -s "$T/20" "$T/other"
  [ "$(see --sample 1000 --count)" = 520 ]
  see --sample 20 --population inh > "$T/inh"; [ "$(wc -l < "$T/inh")" = 20 ]; awk '$1 <= 420 { exit 1 }' "$T/inh"
  see --sample 7 --region x=0.. > "$T/region"; [ -z "$(comm -23 <(sort "$T/region") <(ids 'x >= 0' | sort))" ]; [ "$(wc -l < "$T/region")" = 7 ]
  # the sample of a half is the sample of the whole where that lies in the half: ranks are by id
  see --sample 520 --id 1-300 > "$T/half"; [ "$(wc -l < "$T/half")" = 300 ]
  hal9-view --connections --sample 20 --columns source net.h9 | uniq > "$T/sources"
  diff <(comm -12 <(sort "$T/20") <(hal9-view --connections --columns source net.h9 | sort -u)) <(sort "$T/sources")
  hal9-view --signals --sample 20 --columns id spikes.h9 | sort -u > "$T/senders"
  diff <(comm -12 <(sort "$T/20") <(hal9-view --signals --columns id spikes.h9 | sort -u)) "$T/senders"
}

@test "a share: binomial, one within the larger, uniform over ids" {
  hal9-gen -n 40000 -o "$T/many.h9"
  see() { hal9-view --columns id --no-header "$@" "$T/many.h9"; }
  see --sample 5% > "$T/5"; see --sample 12.5% > "$T/12"
  # 5 standard deviations: sqrt(40000 p (1 - p))
  n=$(wc -l < "$T/5"); [ "$n" -ge 1782 ]; [ "$n" -le 2218 ]
  n=$(wc -l < "$T/12"); [ "$n" -ge 4669 ]; [ "$n" -le 5331 ]
  [ -z "$(comm -23 <(sort "$T/5") <(sort "$T/12"))" ]
  low=$(awk '$1 <= 20000' "$T/12" | wc -l); [ "$low" -ge 2335 ]; [ "$low" -le 2665 ]
  [ "$(see --sample 100% --count)" = 40000 ]
  # N and a share take the same neurons first
  see --sample "$(wc -l < "$T/5")" | cmp - "$T/5"
}

@test "mistakes are named" {
  fails() { want=$1; shift; run hal9-view "$@"; [ "$status" = 64 ] && [[ "$output" == *"$want"* ]] || { echo "$*: $status $output"; return 1; }; }
  fails "expected ranges of x, y and z" --region '' net.h9
  fails "expected ranges of x, y and z" --region 'x=1..2,' net.h9
  fails "expected ranges of x, y and z" --region 'x=1..2,x=3..4' net.h9
  fails "expected ranges of x, y and z" --region 'w=1..2' net.h9
  fails "expected the lower one first" --region 'x=2..1' net.h9
  fails "expected a quantity in um" --region 'x=2ms..' net.h9
  fails "expected X,Y,R or X,Y,Z,R" --near 5 net.h9
  fails "expected X,Y,R or X,Y,Z,R" --near 1,2,3,4,5 net.h9
  fails "a radius of at least 0" --near 1,2,-3 net.h9
  fails "expected a number of neurons above 0" --sample 0 net.h9
  fails "expected a number of neurons above 0" --sample 101% net.h9
  fails "expected a number of neurons above 0" --sample some net.h9
  fails "name the network's stream with --network" --signals --region x=0.. spikes.h9
  fails "--network tells where neurons are" --network net.h9 spikes.h9
  fails "only --population selects projections" --projections --sample 3 net.h9
  fails "--population, --id, --region" --provenance --sample 3 net.h9
  hal9-gen -n 30 -o "$T/other.h9"
  fails "expected 400 of 'exc'" --signals --region x=0.. --network "$T/other.h9" spikes.h9
  printf 'populations: {a: {count: 3, model: iaf_psc_exp, layout: {type: box, extent: [10 um, 10 um]}}}' > "$T/flat.yaml"
  hal9-gen -c "$T/flat.yaml" -o "$T/flat.h9"
  fails "has 2 dimensions" --region z=0.. "$T/flat.h9"
  fails "has 2 dimensions" --near 0,0,0,1 "$T/flat.h9"
  printf 'populations: {a: {count: 3, model: iaf_psc_exp}}' > "$T/none.yaml"
  hal9-gen -c "$T/none.yaml" -o "$T/none.h9"
  fails "no population has positions" --region x=0.. "$T/none.h9"
  head -c 900 net.h9 > "$T/cut.h9"
  run hal9-view --near 0,0,1 "$T/cut.h9"; [ "$status" = 65 ]; [[ "$output" == *truncated* ]]
}

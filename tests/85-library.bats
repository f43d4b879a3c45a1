# libhal9 from outside: installed, linked as shared and as static library. Authority: hal9-view's text of what was read and
# what was written, hal9-step's spikes from the written network, nm for what is exported.

root() { (cd "$BATS_TEST_DIRNAME/.." && pwd); }

setup_file() {
  set -o pipefail
  cd "$BATS_FILE_TMPDIR"
  make -s -C "$BATS_TEST_DIRNAME/.." install BUILD="${BUILD:-build}" DESTDIR="$PWD/root" PREFIX=/opt/h9 > /dev/null
  export INSTALLED=$PWD/root/opt/h9
  export PKG_CONFIG_PATH=$INSTALLED/lib/pkgconfig LD_LIBRARY_PATH=$INSTALLED/lib
  cat > net.yaml <<'Y'
populations:
  exc: {count: 300, model: iaf_psc_exp, layout: {type: box, extent: [400 um, 400 um, 100 um]}, state: {V_m: {uniform: {low: -70 mV, high: -55 mV}}}}
  inh: {count: 80, model: iaf_psc_exp, layout: {type: box, extent: [400 um, 400 um, 100 um]}, params: {tau_m: 12 ms}}
  relay: {count: 20, model: parrot_neuron}
connections:
  - {source: exc, target: [exc, inh], rule: fixed_indegree, number: 30, weight: {normal: {mean: 25 pA, sd: 5 pA}}, delay: {uniform: {low: 0.5 ms, high: 3 ms}}}
  - {source: inh, target: [exc, inh], rule: pairwise_bernoulli, p: 0.2, weight: -75 pA, delay: 1 ms}
  - {source: relay, target: exc, rule: fixed_outdegree, number: 10, weight: {lognormal: {mu: 1, sigma: 3}}, delay: 1.5 ms}
simulation:
  stimuli:
    - {type: poisson, target: [exc, inh], rate: 8 kHz, weight: 22 pA}
    - {type: poisson, target: [relay], rate: 20 Hz, weight: 1}
  record: ['V_m@exc[1:50]/1ms', 'mean(V_m)@inh/2ms', spikes]
Y
  hal9-gen -c net.yaml | hal9-index -c net.yaml -o net.h9
  hal9-gen -c net.yaml | hal9-index -c net.yaml --defer -o deferred.h9
  hal9-step -c net.yaml -t 300ms net.h9 -o spikes.h9
  gcc -std=c11 -Wall -Wextra -Werror -o copy "$BATS_TEST_DIRNAME/data/library_copy.c" $(flags --libs)
  gcc -std=c11 -Wall -Wextra -Werror -o copy_static "$BATS_TEST_DIRNAME/data/library_copy.c" $(static_flags)
}

flags() { pkg-config --define-variable=prefix="$INSTALLED" --cflags "$@" hal9; }
# pkg-config prefers the shared one where both are; the archive by its name, then what it needs
static_flags() { echo "$(flags) $INSTALLED/lib/libhal9.a $(pkg-config --define-variable=prefix="$INSTALLED" --static --libs hal9 | sed 's/-lhal9 //')"; }

setup() {
  set -o pipefail
  cd "$BATS_FILE_TMPDIR"
}

all_text() { # all_text FILE: every record that hal9-view shows
  for what in neurons connections signals states labels; do
    local o=--$what
    [ $what = neurons ] && o=--tsv
    echo "== $what"
    hal9-view $o "$1" || echo none
  done
}

@test "the shared library exports hal9_ and nothing else, all that hal9.h declares, under its soname" {
  so=$INSTALLED/lib/libhal9.so.0
  nm -D --defined-only "$so" | awk '$2 != "A" {sub(/@.*/, "", $3); print $3}' | sort > exported
  [ -s exported ]
  run grep -v '^hal9_' exported
  [ "$status" = 1 ]
  sed -n 's/^HAL9_API .*[ *]\(hal9_[a-z_]*\)(.*/\1/p' "$INSTALLED/include/hal9.h" | sort > declared
  [ "$(wc -l < declared)" -gt 25 ]
  diff declared exported
  readelf -d "$so" | grep -q 'SONAME.*\[libhal9.so.0\]'
  [ "$(readlink "$INSTALLED/lib/libhal9.so")" = libhal9.so.0 ]
  readelf -d copy | grep -q 'NEEDED.*\[libhal9.so.0\]'
  run readelf -d copy_static
  [[ "$output" != *libhal9* ]]
}

@test "hal9.h is C11 and C++11 without warnings, alone" {
  echo '#include <hal9.h>' > alone.c
  gcc -std=c11 -Wall -Wextra -Wpedantic -Wstrict-prototypes -Werror -c -o alone.o alone.c $(flags)
  if command -v g++ > /dev/null; then g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -x c++ -c -o alone.o alone.c $(flags); fi
}

@test "a network copied record by record is the same network: text, spikes; shared and static, threads or none" {
  all_text net.h9 > want
  [ "$(wc -l < want)" -gt 15000 ]
  for how in "./copy 31 1" "./copy 31 0" "./copy_static 31 3"; do
    $how < net.h9 > copy.h9 2> hash
    hal9-view --check copy.h9
    all_text copy.h9 | diff -q want -
    [ "$(cat hash)" = "$(hal9-view --hash net.h9)" ]
  done
  hal9-step -c net.yaml -t 300ms copy.h9 -o again.h9
  diff <(hal9-view --signals spikes.h9) <(hal9-view --signals again.h9)
  [ "$(hal9-view --signals again.h9 | wc -l)" -gt 100 ]
}

@test "connections of a deferred network are made while reading, as hal9-index makes them" {
  ./copy 31 1 < deferred.h9 > copy.h9
  diff -q <(hal9-view --connections net.h9) <(hal9-view --connections copy.h9)
}

@test "header and populations given one by one make the same stream" {
  ./copy 31 1 < net.h9 > like.h9
  ./copy 31 1 fresh < net.h9 > fresh.h9
  cmp like.h9 fresh.h9
}

@test "signals, states and labels are copied; kinds that were not asked for are not" {
  ./copy 31 1 < spikes.h9 > copy.h9
  hal9-view --check copy.h9
  diff -q <(all_text spikes.h9) <(all_text copy.h9)
  [ "$(hal9-view --states copy.h9 | wc -l)" -gt 2000 ]
  ./copy 8 1 < spikes.h9 > states.h9
  [ "$(hal9-view --signals states.h9 | wc -l)" = 0 ]
  diff -q <(hal9-view --states spikes.h9) <(hal9-view --states states.h9)
  printf 'id\tx\nb-7\t1\na-3\t2\n' > table.tsv
  hal9-convert --from tsv --neurons table.tsv --ids text -o labelled.h9
  ./copy 31 1 < labelled.h9 > copy.h9
  [ "$(hal9-view --labels copy.h9 | wc -l)" = 2 ]
  diff -q <(all_text labelled.h9) <(all_text copy.h9)
}

@test "provenance: the entries of the input, then our own with the input's hash" {
  ./copy 31 1 < spikes.h9 > copy.h9
  hal9-view --provenance spikes.h9 > before
  hal9-view --provenance copy.h9 > after
  diff before <(head -n -1 after)
  tail -n 1 after | grep -q "copy.*$(hal9-view --hash spikes.h9)"
}

@test "a cut or damaged input: its status and text, and no whole output" {
  size=$(stat -c %s net.h9)
  for at in 0 10 100 $((size / 2)) $((size - 1)); do
    run bash -c "head -c $at net.h9 | ./copy 31 1 > broken.h9"
    [ "$status" = $([ $at = 0 ] && echo 66 || echo 65) ]
    [[ "$output" == "copy: standard input: "* ]]
    run hal9-view --check broken.h9
    [ "$status" != 0 ]
  done
  for at in 20 $((size / 3)) $((size - 20)); do
    cp net.h9 flipped.h9
    printf '\x55' | dd of=flipped.h9 bs=1 seek=$at conv=notrunc status=none
    cmp -s net.h9 flipped.h9 && continue
    run bash -c "./copy 31 1 < flipped.h9 > broken.h9"
    [ "$status" = 65 ]
    run hal9-view --check broken.h9
    [ "$status" != 0 ]
  done
}

@test "the programs of hal9(3) compile, run and say what they should" {
  "$PYTHON" - "$BATS_TEST_DIRNAME/../man/hal9.3" <<'P'
import re, sys
text = open(sys.argv[1]).read()
text = text[text.index(".Sh EXAMPLES"):]
shell = []
for body in re.findall(r"\.Bd -literal[^\n]*\n(.*?)\.Ed", text, re.S):
    body = body.replace(r"\e", "\\").replace(r"\&", "").replace(r"\-", "-")
    name = re.match(r"/\* (\w+\.c) \*/", body)
    if name:
        open(name[1], "w").write(body)
    else:
        shell.append(body)
open("manual.sh", "w").writelines(shell)
assert len(shell) == 2, shell
P
  sed -i "s|pkg-config|pkg-config --define-variable=prefix=$INSTALLED|" manual.sh
  CFLAGS= bash -e -o pipefail manual.sh > out.txt
  cat out.txt
  gcc -std=c11 -Wall -Wextra -Werror -o rates rates.c $(flags --libs)
  gcc -std=c11 -Wall -Wextra -Werror -o ring ring.c $(flags --libs)
  # rates: of three populations over 300 ms
  for p in exc:300 inh:80 relay:20; do
    n=$(hal9-view --signals --population "${p%:*}" spikes.h9 | wc -l)
    grep -qx "$(printf '%s\t%.3f' "${p%:*}" "$(awk "BEGIN {print $n / ${p#*:} / 0.3}")")" out.txt
  done
  # the ring: from 1 ms on neuron 1, 2, ... each 2 ms later
  grep -E '^[0-9]+	[0-9]+$' out.txt > fired
  [ "$(wc -l < fired)" -ge 45 ]
  awk 'NR == 1 {first = $1} $2 != (NR - 1) % 10 + 1 || $1 != first + 20 * (NR - 1) {exit 1}' fired
}

@test "example filter.c: at most fifty lines; a population's signals, delayed, as hal9-view selects them; shared and static" {
  src=$BATS_TEST_DIRNAME/../examples/filter.c
  [ "$(wc -l < "$src")" -le 50 ]
  cmp "$src" "$INSTALLED/share/hal9/examples/filter.c"
  gcc -std=c11 -Wall -Wextra -Werror -o filter "$src" $(flags --libs) -lm
  gcc -std=c11 -Wall -Wextra -Werror -o filter_static "$src" $(static_flags)
  for f in ./filter ./filter_static; do
    hal9-step -c net.yaml -t 300ms net.h9 | $f exc 2.5 > filtered.h9
    hal9-view --check filtered.h9
    diff <(hal9-view --signals --population exc spikes.h9 | awk '{print $1 + 25 "\t" $2}') <(hal9-view --signals filtered.h9)
    [ "$(hal9-view --signals filtered.h9 | wc -l)" -gt 50 ]
    hal9-view --provenance filtered.h9 | tail -n 1 | grep -q 'exc 2.5'
  done
  hal9-stats filtered.h9 > /dev/null
}

@test "example filter.c: a damaged or cut input ends it with 65 and leaves no whole output; a wrong population with 64" {
  for at in 50 $(($(stat -c %s spikes.h9) / 2)) $(($(stat -c %s spikes.h9) - 1)); do
    run bash -c "head -c $at spikes.h9 | ./filter exc 5 > broken.h9"
    [ "$status" = 65 ]
    [[ "$output" == "filter: standard input: "* ]]
    run hal9-view --check broken.h9
    [ "$status" != 0 ]
  done
  run bash -c './filter nobody 5 < spikes.h9 > broken.h9'
  [ "$status" = 64 ]
  # nobody reads on: the filter ends by SIGPIPE or after its output, and quietly
  run bash -c './filter exc 5 < spikes.h9 | head -c 10 | wc -c'
  [ "$output" = 10 ]
  run bash -c './filter exc 5 < spikes.h9 > /dev/full'
  [ "$status" = 74 ]
}

@test "example hal9.py: the library through ctypes reads as hal9-view does, and filters" {
  export HAL9_LIBRARY=$INSTALLED/lib/libhal9.so.0
  py=$BATS_TEST_DIRNAME/../examples/hal9.py
  diff -q <("$PYTHON" "$py" signals < spikes.h9) <(hal9-view --signals spikes.h9)
  "$PYTHON" "$py" connections < net.h9 > got
  hal9-view --connections net.h9 > want
  "$PYTHON" -c 'import numpy as np; g, w = np.loadtxt("got"), np.loadtxt("want"); assert len(g) > 10000 and np.allclose(g, w, rtol=1e-7, atol=0)'
  "$PYTHON" "$py" thin 0.5 < spikes.h9 > thin.h9
  hal9-view --check thin.h9
  all=$(hal9-view --signals spikes.h9 | wc -l) some=$(hal9-view --signals thin.h9 | wc -l)
  [ "$some" -gt 0 ]; [ "$some" -lt "$all" ]
  # what is kept is all of each neuron that is kept
  diff <(hal9-view --signals --id "$(hal9-view --signals thin.h9 | cut -f 2 | sort -un | paste -sd ,)" spikes.h9) <(hal9-view --signals thin.h9)
  run bash -c "head -c 1500 spikes.h9 | '$PYTHON' '$py' thin 0.5 > broken.h9"
  [ "$status" = 65 ]
  [[ "$output" == "hal9.py: standard input: "*"truncated"* ]]
  run hal9-view --check broken.h9
  [ "$status" != 0 ]
}

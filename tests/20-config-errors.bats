# Mistakes in configuration files, through hal9-gen: all in one run, each at its place, the right exit status.
# Authority: hal9-config(5); places are counted by hand in the files below.

bats_require_minimum_version 1.5.0
setup() { cd "$BATS_TEST_TMPDIR"; }

gen() { hal9-gen -c net.yaml "$@"; }
# Runs with a time limit: hostile files must neither hang nor crash. The status must be one of sysexits.
hostile() {
  run --separate-stderr timeout 20 hal9-gen -c net.yaml --dry-run
  echo "status $status: $stderr"
  [ "$status" = "${1:-78}" ]
  [ -z "$output" ]
  [[ "$stderr" == hal9-gen:\ net.yaml* ]]
  [ "${#stderr}" -lt 20000 ]
}

@test "all mistakes in one run, sorted, with file, line, column, key; exit 78 and no output" {
  cat > net.yaml <<'Y'
parameters: {scale: 1, w: 1 pA + 1 mV}
populations:
  exc:
    count: 100 * scael
    modle: iaf_psc_exp
    model: iaf_psc_exp
    params: {C_m: 250 mV, V_reset: -50 mV, V_th: -60 mV}
  inh: {count: 0, model: iaf_psc_exp, layout: {type: bax, extent: 1 mm}}
conections: []
simulation:
  dt: -0.1 ms
  record_spikes: maybe
statistics: {min_spikes: 1.5}
Y
  run --separate-stderr -78 gen -o never.h9
  [ -z "$output" ] && [ ! -e never.h9 ] && [ ! -e never.h9.partial ]
  echo "$stderr"
  for want in "1:32: w: '+' between pA and mV" "4:18: count: unknown name 'scael'; did you mean 'scale'?" \
      "5:5: modle: unknown key of population exc; did you mean 'model'?" \
      "7:19: C_m: found '250 mV', which is in mV, expected a number or a quantity in pF" \
      "8:16: count: found 0, expected 1 to 4294967294" \
      "8:54: type: unknown layout 'bax'; did you mean 'box'?" \
      "9:1: conections: unknown key of the configuration; did you mean 'connections'?" \
      "11:7: dt: found -0.1 ms" "12:18: record_spikes: found 'maybe', expected true or false" \
      "13:26: min_spikes: found 1.5, expected"; do
    [[ "$stderr" == *"hal9-gen: net.yaml:$want"* ]] || { echo "missing: $want"; return 1; }
  done
  echo "$stderr" | sed -E 's/.*net.yaml:([0-9]+):.*/\1/' | sort -nc # in order of place
}

@test "more mistakes than anyone reads are counted" {
  { echo 'populations:'; echo '  a: {count: 1, model: iaf_psc_exp}'; echo 'simulation:'; for i in $(seq 80); do echo "  key$i: 1"; done; } > net.yaml
  run --separate-stderr -78 gen --dry-run
  [ "$(grep -c 'unknown key' <<< "$stderr")" -le 50 ]
  [[ "$stderr" == *"... and "*" more"* ]]
}

@test "a file that is not there, or a directory: 66" {
  run --separate-stderr -66 hal9-gen -c nowhere.yaml -o never.h9
  [[ "$stderr" == *"nowhere.yaml"*"No such file"* ]]
  run --separate-stderr -66 hal9-gen -c . -o never.h9
  [[ "$stderr" == *"is a directory, expected a YAML file"* ]]
  [ ! -e never.h9 ]
}

@test "--set: unknown parameter, nonsense, no value: 64" {
  printf 'parameters: {scale: 1}\npopulations: {a: {count: 10 * scale, model: iaf_psc_exp}}\n' > net.yaml
  run --separate-stderr -64 gen --dry-run --set scael=2
  [[ "$stderr" == *"--set scael=2: net.yaml has no parameter 'scael'; did you mean 'scale'?"* ]]
  run --separate-stderr -64 gen --dry-run --set 'scale=2 +'
  [[ "$stderr" == *"--set scale=2 +: "* ]]
  run --separate-stderr -64 gen --dry-run --set scale=
  run --separate-stderr -64 gen --dry-run --set scale
  [[ "$stderr" == *"expected NAME=VALUE"* ]]
  run --separate-stderr -64 gen --dry-run --set =3
  run --separate-stderr -78 gen --dry-run --set scale=0.05 # 0.5 neurons: the file's rule, not the option's
  [[ "$stderr" == *"net.yaml:2:26: count: found 0.5, expected 1 to"* ]]
  gen --dry-run --set scale=2 --set scale=3 | grep -q '^a *30 ' # the last one counts
}

@test "units are converted into the model's" {
  cat > net.yaml <<'Y'
parameters: {tau: 0.02 s, R: 80 MOhm}
populations:
  a:
    count: 2
    model: iaf_psc_exp
    params: {C_m: tau / R, tau_m: tau, tau_syn_ex: 500 us, t_ref: 2, I_e: 0.3 nA, E_L: -0.065 V, V_reset: -65 mV, V_th: -50}
    state: {V_m: -65000 uV}
    layout: {type: box, extent: [1 mm, 0.2 cm, 500 µm], center: [1 mm, 0, 0]}
Y
  gen -o a.h9
  hal9-view --tsv --no-header --columns C_m,tau_m,tau_syn_ex,t_ref,I_e,E_L,V_reset,V_th,V_m --head 1 a.h9 > got
  printf '250 20 0.5 2 300 -65 -65 -50 -65\n' > want # tau / R = 20 ms / 0.08 GOhm = 250 pF
  diff <(tr '\t' ' ' < got) want
}

@test "a quantity of another dimension, NaN and infinity are refused where they make no sense" {
  for count in '3 mV' '0 / 0' inf '1e300' '-5' '2.5' '"7"' '[1]' '{a: 1}' "''" '~x' '1 +' 'sqrt(-1)' 'log(0)' '10 ** 40'; do
    printf 'populations: {a: {count: %s, model: iaf_psc_exp}}\n' "$count" > net.yaml
    hostile
    [[ "$stderr" == *"net.yaml:1:"*"count: "* ]]
  done
}

@test "an empty file, comments only, another thing than a map" {
  : > net.yaml; hostile; [[ "$stderr" == *"is empty"* ]]
  printf '# nothing\n' > net.yaml; hostile; [[ "$stderr" == *"is empty"* ]]
  printf -- '- a\n' > net.yaml; hostile; [[ "$stderr" == *"1:1: the configuration: found a list"* ]]
  printf 'just text\n' > net.yaml; hostile
  printf 'a: 1\n---\nb: 1\n' > net.yaml; hostile; [[ "$stderr" == *"second document"* ]]
}

@test "binary files: random bytes, zero bytes, a stream, a picture's head" {
  for seed in 1 2 3 4 5 6 7 8; do
    "$PYTHON" -c "import random; random.seed($seed); open('net.yaml', 'wb').write(random.randbytes(4096))"
    hostile
  done
  head -c 65536 /dev/zero > net.yaml; hostile
  printf 'parameters: {a: "\\0"}\n' > net.yaml; hostile
  hal9-gen -n 10 -o net.yaml; hostile; [[ "$stderr" == *"is a hal9 stream, expected a YAML file"* ]]
  printf '\x89PNG\r\n\x1a\n\0\0\0\rIHDR' > net.yaml; hostile
}

@test "invalid UTF-8, and a UTF-16 file" {
  printf 'parameters: {a: 1}\npopulations: {\xff\xfe: {count: 1, model: iaf_psc_exp}}\n' > net.yaml; hostile
  printf 'populations: {a: {count: 1, model: "\xc3\x28"}}\n' > net.yaml; hostile
  printf 'populations: {a: {count: 1, model: "\xed\xa0\x80"}}\n' > net.yaml; hostile # a surrogate
  printf 'populations: {a: {count: 1, model: iaf_psc_exp}}\n' | iconv -t UTF-16 > net.yaml; hostile
}

@test "tabs as indentation, open brackets, open quotes, unknown anchors" {
  printf 'populations:\n\ta: {count: 1, model: iaf_psc_exp}\n' > net.yaml; hostile; [[ "$stderr" == *"net.yaml:2:1: "* ]]
  printf 'populations: {a: {count: 1\n' > net.yaml; hostile
  printf 'populations: {a: {count: "1\n' > net.yaml; hostile
  printf 'populations: *p\n' > net.yaml; hostile; [[ "$stderr" == *"net.yaml:1:14: *p: no such anchor"* ]]
  printf 'populations: &p {a: *p}\n' > net.yaml; hostile # into itself
  printf 'populations: {<<: 3}\n' > net.yaml; hostile; [[ "$stderr" == *"<<"* ]]
}

@test "deep nesting: of lists, of maps, of parentheses, of signs, of parameters" {
  "$PYTHON" -c 'print("experiment: " + "[" * 100000)' > net.yaml; hostile; [[ "$stderr" == *"nested too deeply"* ]]
  "$PYTHON" -c 'print("experiment: " + "{a: " * 100000)' > net.yaml; hostile; [[ "$stderr" == *"nested too deeply"* ]]
  "$PYTHON" -c 'print("\n".join(" " * i + "a:" for i in range(5000)))' > net.yaml; hostile
  "$PYTHON" -c 'print("parameters: {a: " + "(" * 100000 + "}")' > net.yaml; hostile; [[ "$stderr" == *"nested too deeply"* ]]
  "$PYTHON" -c 'print("parameters: {a: " + "-" * 100000 + "1}")' > net.yaml; hostile; [[ "$stderr" == *"nested too deeply"* ]]
  "$PYTHON" -c 'print("parameters: {a: " + "2^" * 100000 + "1}")' > net.yaml; hostile
  "$PYTHON" -c 'print("parameters: {a: " + "1 if 0 else " * 100000 + "1}")' > net.yaml; hostile
  "$PYTHON" -c 'print("parameters:\n" + "".join(f"  p{i}: p{i + 1}\n" for i in range(20000)) + "  p20000: p0")' > net.yaml
  hostile; [[ "$stderr" == *"depends on itself"* ]]
}

@test "aliases of aliases stay small, and so do merges of merges" {
  { echo 'experiment:'; echo '  grid:'; echo '    l0: &l0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]'
    for i in $(seq 60); do p=$((i - 1)); echo "    l$i: &l$i [*l$p, *l$p, *l$p, *l$p, *l$p, *l$p, *l$p, *l$p]"; done
    echo 'populations: {a: {count: 1, model: iaf_psc_exp}}'; } > net.yaml
  run timeout 20 hal9-gen -c net.yaml --dry-run
  [ "$status" = 78 ] # lists of lists are no values; refused at once
  # nested lists of merges of the same maps: every level doubles what a naive reader would walk
  { echo 'experiment:'; echo '  grid:'; echo '    m0: &m0 {a: 1}'
    for i in $(seq 40); do p=$((i - 1)); echo "    m$i: &m$i [*m$p, *m$p]"; done
    echo '    all: {<<: *m40}'; echo 'populations: {a: {count: 1, model: iaf_psc_exp}}'; } > net.yaml
  run timeout 20 hal9-gen -c net.yaml --dry-run
  echo "$status $output"
  [ "$status" = 78 ]
}

@test "many keys and long names are read or refused, not crashed on" {
  "$PYTHON" -c 'print("parameters:\n" + "".join(f"  p{i}: {i}\n" for i in range(3000)) + "populations: {a: {count: p2999, model: iaf_psc_exp}}")' > net.yaml
  hal9-gen -c net.yaml --dry-run | grep -q '^a *2999 '
  "$PYTHON" -c 'print("populations: {" + "n" * 100000 + ": {count: 1, model: iaf_psc_exp}}")' > net.yaml; hostile
  "$PYTHON" -c 'print("populations: {a: {count: 1, model: " + "m" * 100000 + "}}")' > net.yaml; hostile
  "$PYTHON" -c 'print("populations: {a: {count: 1 " + "+ 1 " * 100000 + ", model: iaf_psc_exp}}")' > net.yaml
  run timeout 20 hal9-gen -c net.yaml --dry-run
  [ "$status" = 0 ] || [ "$status" = 78 ]
}

@test "names that would break tables and shells are refused; control characters do not reach the terminal" {
  for name in "'a b'" "'a,b'" '"a\tb"' "'*'" "''"; do
    printf 'populations: {%s: {count: 1, model: iaf_psc_exp}}\n' "$name" > net.yaml; hostile
  done
  printf 'populations: {a: {count: 1, model: "\\e[31mred"}}\n' > net.yaml; hostile
  [[ "$stderr" != *$'\e'* ]]
}

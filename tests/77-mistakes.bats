# The commonest mistakes, made: each message names what was found, what was expected and what to do next, and the exit
# status is that of sysexits(3). Authority: the commands themselves, /dev/full, a pseudo-terminal of util-linux's script.

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_FILE_TMPDIR"
  sh "$BATS_TEST_DIRNAME/tools/man-examples-setup"
  echo hello > hello.txt
  : > empty.h9
  gzip -c net.h9 > net.gz
  head -c 1000 net.h9 > cut.h9
  size=$(stat -c %s net.h9)
  { head -c $((size / 2)) net.h9; printf '\377\0\377'; tail -c +$((size / 2 + 4)) net.h9; } > flipped.h9
  mkdir folder
}
setup() { cd "$BATS_FILE_TMPDIR"; }

# made STATUS COMMAND TEXT...: the command ends so, writes no data, and says all that
made() {
  want=$1 command=$2
  shift 2
  run --separate-stderr timeout 20 bash -o pipefail -c "$command"
  echo "$command: $status: $stderr"
  [ "$status" = "$want" ]
  [ -z "$output" ]
  [[ "$stderr" == hal9-* ]]
  for text in "$@"; do [[ "$stderr" == *"$text"* ]]; done
  [ ! -e never.h9 ]
}

@test "a misspelt option, one of another program, one that is missing its value" {
  made 64 'hal9-step --transiant 5 net.h9' "unknown option --transiant" "did you mean --transient?" --help
  made 64 'hal9-index --radis=30 neurons.h9' "did you mean --radius?"
  made 64 'hal9-step --radis 30 net.h9' "did you mean --radius of hal9-index?"
  made 64 'hal9-step --radius 30 net.h9' "unknown option --radius; it belongs to hal9-index"
  made 64 'hal9-stats --dt 1 spikes.h9' "it belongs to hal9-gen: the time step travels with the stream"
  made 64 'hal9-gen -n 5 -x' "unknown option -x"
  made 64 'hal9-gen --nonsense' "unknown option --nonsense"
  run timeout 5 hal9-gen -n
  [ "$status" = 64 ]; [[ "$output" == *"option requires an argument"* ]]
  # after -- there are no options, and a file may be called like a unit
  made 66 'hal9-view -- --radius' "--radius: cannot open"
  cp net.h9 ms
  hal9-view --hash ms
  rm ms
}

@test "what the table of other programs' options says is so" {
  sed -nE 's/^    \{"([a-z-]+)", "(hal9-[a-z]+)".*/\1 \2/p' "$BATS_TEST_DIRNAME/../libcore/whole/options_mistakes.c" > table
  [ "$(wc -l < table)" -gt 20 ]
  while read -r option program; do
    "$PYTHON" "$BATS_TEST_DIRNAME/tools/help.py" options "$program" | cut -f 2 | grep -qxe "$option"
  done < table
}

@test "units: apart from the number, unknown, of another dimension, an equals sign" {
  made 64 'hal9-index --radius 30 um neurons.h9' "found 'um' by itself" "as 30um, or in quotes, as '30 um'"
  made 64 'hal9-step -t 100 ms net.h9' "found 'ms' by itself" "as 100ms"
  made 64 'hal9-step -t 100mV net.h9' "--time: found '100mV' (which is in mV), expected a quantity in ms such as '1 ms'"
  made 64 'hal9-step -t 100sec net.h9' "('sec' is no unit)" "expected a quantity in ms"
  made 64 'hal9-step -t=100 net.h9' "without '='"
  made 64 'hal9-index --radius neurons.h9' "--radius: found 'neurons.h9', expected a quantity in um"
  made 64 'hal9-gen -n 10 --param tau_m=3pA' "tau_m: found '3pA' in pA, expected ms"
  made 64 'hal9-gen -n 1,000' "--number: found '1,000', expected a whole number"
  made 64 'hal9-step -t 0 net.h9' "--time: found '0', expected a time above 0"
  hal9-gen -n 1e3 --dry-run | grep -q ' 1000 '
  made 64 'hal9-gen -n 1.5e0' "expected a whole number"
}

@test "a configuration: misspelt key, model, population, parameter; unit of another dimension; tabs; not YAML" {
  sed 's/delay:/dely:/' net.yaml > bad.yaml
  made 78 'hal9-gen -c bad.yaml' "bad.yaml:6:" "dely: unknown key" "did you mean 'delay'?"
  sed 's/iaf_psc_exp/iaf_psc_ex/; s/source: inh/source: inn/' net.yaml > bad.yaml
  made 78 'hal9-gen -c bad.yaml' "unknown model 'iaf_psc_ex'; did you mean 'iaf_psc_exp'?" \
    "no population 'inn'; did you mean 'inh'?"
  sed 's/weight: w,/weight: ww,/; s/: 8 kHz/: 8 kmV/' net.yaml > bad.yaml
  made 78 'hal9-gen -c bad.yaml' "unknown name 'ww'; did you mean 'w'?" "bad.yaml:11:" kmV
  sed 's/duration: 500 ms/duration: 500 mV/; s/extent: \[500 um/extent: [500 ms/' net.yaml > bad.yaml
  made 78 'hal9-gen -c bad.yaml' "duration: found '500 mV', which is in mV, expected" "extent: found '500 ms', which is in ms"
  printf 'populations:\n\texc: {count: 10}\n' > bad.yaml
  made 78 'hal9-gen -c bad.yaml' "bad.yaml:2:1:" "a tab?"
  made 78 'hal9-gen -c net.gz' "net.gz: is not YAML text"
  made 78 'hal9-gen -c net.h9' "net.h9: is a hal9 stream, expected a YAML file"
  made 78 'hal9-gen -c hello.txt' "found 'hello', expected a map"
  made 64 'hal9-gen -c net.yaml --set nn=5' "net.yaml has no parameter 'nn'; did you mean 'n'?"
  made 64 'hal9-gen -n 5 --set n=5' "expected -c FILE with it"
  for command in 'hal9-view -c bad.yaml net.h9' 'hal9-stats -c bad.yaml net.h9' 'hal9-plot network -c bad.yaml -o never.h9 --format png net.h9'; do
    made 78 "$command" "bad.yaml:2:1:"
  done
}

@test "a misspelt population, model, parameter, variable, column, kind of picture" {
  made 65 'hal9-stats --population ecx spikes.h9' "there is no population 'ecx'; did you mean 'exc'?"
  made 65 'hal9-stats --population nobody spikes.h9' "there is no population 'nobody', expected one of exc, inh"
  made 65 'hal9-view --population ecx spikes.h9' "did you mean 'exc'?"
  made 65 'hal9-plot raster --population ecx -o never.h9 --format png spikes.h9' "did you mean 'exc'?"
  made 65 'hal9-step -t 1 --record V_m@ecx net.h9' "did you mean 'exc'?"
  made 65 'hal9-index --query k=1 --id 1 --population ecx neurons.h9' "did you mean 'exc'?"
  made 64 'hal9-gen -n 5 --model iaf_psc_exq' "did you mean 'iaf_psc_exp'?"
  made 64 'hal9-gen -n 5 --model neuron' "there is no model 'neuron'" "expected one of iaf_psc_exp"
  made 64 'hal9-gen -n 5 --param tau_n=3' "model iaf_psc_exp has no parameter 'tau_n'; did you mean 'tau_m'?"
  made 64 'hal9-gen -n 5 --layout bal' "did you mean 'ball'?"
  made 64 'hal9-step -t 1 --record V_n net.h9' "did you mean 'V_m'?"
  made 64 'hal9-view --columns idd net.h9' "did you mean 'id'?"
  made 64 'hal9-plot rastr -o never.h9 spikes.h9' "did you mean 'raster'?"
  made 64 'hal9-plot spikes.h9 -o never.h9' "as in 'hal9-plot raster -o raster.png spikes.h9'"
}

@test "input: no such file, no such folder, a folder, empty, something else than a stream" {
  for program in 'hal9-index --radius 30' 'hal9-step -t 1' hal9-stats hal9-view 'hal9-view --check' 'hal9-view --hash' 'hal9-plot raster --term' \
    'hal9-convert --to csv --neurons -'; do
    made 66 "$program nat.h9" "nat.h9: cannot open: No such file or directory; did you mean 'net.h9'?"
    made 66 "$program nowhere/net.h9" "there is no folder 'nowhere'"
    made 66 "$program folder" "folder: is a directory, expected a file"
    made 66 "$program empty.h9" "empty.h9: is empty, expected a hal9 stream: did the program that writes it fail?"
    made 65 "$program net.yaml" "net.yaml: is not a hal9 stream: it looks like text (a configuration is given with -c"
    made 65 "$program net.gz" "gzip data, to be unpacked by gunzip"
    made 65 "$program cut.h9" "truncated: the input ends at byte 1000" "make it again"
    made 65 "$program flipped.h9" "flipped.h9: block" damaged "make or copy it again"
  done
  made 66 'hal9-gen -c nett.yaml' "did you mean 'net.yaml'?"
  made 66 'hal9-gen -c net.yml' "did you mean 'net.yaml'?"
}

@test "a pipe: the program before failed, was killed, is missing, is the wrong one" {
  made 66 'hal9-gen -c nett.yaml | hal9-index -c net.yaml | hal9-step -c net.yaml -o never.h9' \
    "hal9-gen: nett.yaml: cannot open" "hal9-step: standard input: is empty, expected a hal9 stream: did the program that writes it fail?"
  made 65 '(hal9-gen -n 1000000 & sleep 0.05; kill -9 $!) 2>/dev/null | head -c 100 | hal9-view --check' "standard input:" truncated "make it again"
  made 65 'hal9-gen -c net.yaml | hal9-step -c net.yaml -o never.h9' "standard input: has no connections, but net.yaml describes some" \
    "expected hal9-index -c net.yaml before hal9-step"
  made 65 'hal9-step -t 10 -o never.h9 spikes.h9' "spikes.h9: is a recording, expected a network, as hal9-index writes it"
  made 65 'hal9-index -c net.yaml -o never.h9 net.h9' "net.h9: holds connections, expected neurons alone, as hal9-gen writes them"
  made 65 'hal9-stats --start 100ms net.h9' "net.h9: holds no spikes, --start expects some: hal9-step writes them"
  made 65 'hal9-plot raster --term net.h9' "holds no spikes, a raster needs the output of hal9-step"
  made 64 'hal9-step -o never.h9 net.h9' "how long to simulate is not given: use -t TIME"
  made 64 'hal9-index -o never.h9 neurons.h9' "found nothing to do, expected -c FILE, --radius"
  made 64 'hal9-gen' "found nothing to make, expected -c FILE or -n N"
  made 64 'hal9-run' "no configuration, expected -c FILE"
  # a run without a spike is told of, not refused
  run --separate-stderr hal9-step -t 10 -o silent.h9 net.h9
  [ "$status" = 0 ]; [[ "$stderr" == *"note: no neuron fired, nothing drives them: stimuli come with -c FILE or --stimulus" ]]
  [ -z "$(hal9-step -q -t 10 -o silent.h9 net.h9 2>&1)" ]
}

@test "output: a full disk, a folder that is not there or not to be written to, a folder, a closed descriptor" {
  for command in 'hal9-gen -n 1000' 'hal9-index --radius 60um neurons.h9' 'hal9-step -c net.yaml net.h9' 'hal9-stats spikes.h9' \
    'hal9-view spikes.h9' 'hal9-view --json spikes.h9' 'hal9-view --signals spikes.h9' 'hal9-view --connections net.h9' \
    'hal9-plot raster -o - --format png spikes.h9' 'hal9-convert --to csv --signals - spikes.h9' 'hal9-gen -n 10 --dry-run' \
    'hal9-gen -n 10 --dry-run --json' 'hal9-step -t 1 --dry-run net.h9' 'hal9-step -t 1 --dry-run --json net.h9' \
    'hal9-index --radius 3 --dry-run neurons.h9' 'hal9-index --query k=3 --all neurons.h9' \
    "hal9-run -c $BATS_TEST_DIRNAME/../examples/brunel-sweep.yaml --dry-run"; do
    made 74 "$command > /dev/full" "No space left on device"
  done
  made 74 'hal9-stats spikes.h9 > /dev/full' "standard output: cannot write"
  made 74 'hal9-gen -n 10 -o nowhere/never.h9' "found no folder 'nowhere', make it first (mkdir -p)"
  made 74 'hal9-gen -n 10 -o folder' "folder: expected the name of a file to write: Is a directory"
  made 74 'hal9-gen -n 10 -o /sys/never.h9' "/sys/never.h9: cannot create: the folder '/sys' cannot be written to"
  made 74 'hal9-gen -n 10 >&-' "standard output:"
  made 64 'hal9-plot raster spikes.h9' "where to? expected -o PICTURE.png"
  made 64 'hal9-plot raster -o never.jpg spikes.h9' "found 'never.jpg', expected a name that ends in .png"
}

@test "a network too large for the memory: how much it would take, and what is there" {
  made 71 'hal9-gen -n 1e6 | hal9-index --radius 1mm --defer | hal9-step -t 1 -o never.h9' "1000000 neurons" \
    "GB of memory" "GB are available: expected a smaller network"
}

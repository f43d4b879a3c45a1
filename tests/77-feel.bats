# Options alike in all programs, and --help that teaches. Authority: the table below; the examples' own exit status.

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_TEST_DIRNAME/.."
  export TOP=$PWD
  "$PYTHON" tests/tools/help.py options $(programs) > "$BATS_FILE_TMPDIR/options"
}
setup() { cd "$BATS_TEST_TMPDIR"; }
programs() { for c in "$BATS_TEST_DIRNAME"/../cmd/hal9-*.c; do basename "$c" .c; done; }

@test "one table: what an option is called, what it takes, which programs have it" {
  # option, letter, argument, the programs that have it ("all", or without hal9-), text where it is the same in all
  cat > table <<'T'
config	c	FILE	all	Read the experiment's YAML file (hal9-config(5))
set	-	NAME=VALUE	all	Override a parameter of the configuration (repeatable)
seed	-	N	all	Seed of all random numbers, decimal or 0x hexadecimal
threads	@	N	all	Threads (default: HAL9_THREADS, else the processors there are)
output	o	FILE	all	Write to FILE, which appears when it is complete
quiet	q	-	all	Say nothing but errors
verbose	v	-	all	Say more (repeatable)
progress	-	auto|always|never	all	When to show progress (default: auto)
version	V	-	all	Print program version
help	?	-	all	Give this help list
force	f	-	all	Write binary data to a terminal
label	-	TEXT	all	Keep TEXT in the stream's provenance
level	-	N	all	Compression level of zstd, -50 to 19 (default: 1)
metrics-interval	-	TIME	all	Replace that FILE every TIME (default: 1 s)
time	t	TIME	step
time	t	FROM..TO	plot stats view
dt	-	TIME	convert gen
json	-	-	gen index run stats step view
dry-run	-	-	gen index run step
T
  # Those without: dt is the stream's after hal9-gen; hal9-plot draws and hal9-convert writes tables, and print no summary;
  # what is not simulated or recorded has no time; hal9-stats, -view, -plot and -convert make nothing that takes long to know.
  n=0
  while IFS=$'\t' read -r option letter argument with text; do
    n=$((n + 1))
    [ "$with" != all ] || with=$(programs | sed s/hal9-// | paste -sd ' ')
    awk -F '\t' -v OFS='\t' -v o="$option" -v l="$letter" -v a="$argument" \
      '$2 == o && (o != "time" || $4 == a) {sub("hal9-", "", $1); print $1, $3, $4, $5}' "$BATS_FILE_TMPDIR/options" > found
    got=$(cut -f 1 found | sort | paste -sd ' ')
    echo "$option: $got"
    [ "$got" = "$with" ]
    cut -f 2,3 found | sort -u | diff <(printf '%s\t%s\n' "$letter" "$argument") -
    [ -z "$text" ] || cut -f 4 found | sort -u | diff <(echo "$text") -
  done < table
  [ "$n" = 19 ]
}

@test "an option's letter is its own in all programs, and a letter names one option" {
  [ "$(wc -l < "$BATS_FILE_TMPDIR/options")" -gt 250 ]
  awk -F '\t' '{if ($2 in l && l[$2] != $3) {print "--" $2 " is -" $3 " and -" l[$2]; bad = 1} l[$2] = $3}
    $3 != "-" {if ($3 in o && o[$3] != $2) {print "-" $3 " is --" $2 " and --" o[$3]; bad = 1} o[$3] = $2}
    END {exit bad}' "$BATS_FILE_TMPDIR/options"
}

@test "--help: a line of what it does, examples, options in groups, defaults, and the manual at the end" {
  for p in $(programs); do
    "$p" --help > help
    sed '/^Usage:/,/^[A-Z]/ {/^Usage:/d; /^ /d}' help > page
    echo "$p: $(sed -n 1p page)"
    sed -n 1p page | grep -qE '^[A-Z].*[.]$'
    [ -z "$(sed -n 2p page)" ]
    [ "$(sed -n 3p page)" = "Examples:" ]
    grep -qE '^ [A-Z].*:$' page
    [ "$(grep -ciE '\(default' page)" -ge 4 ]
    [ "$(tail -n 1 page)" = "Manual: man $p. To begin: man hal9." ]
    run ! grep -qE '.{80}' page
  done
}

@test "the examples of --help work as they stand, one after the other, in a folder with the shipped examples" {
  for p in $(programs); do
    mkdir "$p"
    cp "$TOP"/examples/*.yaml "$p"
    "$PYTHON" "$TOP/tests/tools/help.py" examples "$p" > "$p.sh"
    [ "$(wc -l < "$p.sh")" -ge 2 ]
    (cd "$p" && while read -r line; do
      echo "$p: $line"
      bash -e -o pipefail -c "$line" < /dev/null > printed
      [ -s printed ] || [[ "$line" == *' > '* || "$line" == *' -o '* || "$line" == *'--to csv'* ]]
    done < "../$p.sh")
  done
  for f in gen/neurons index/net step/spikes stats/spikes view/neurons plot/spikes convert/new; do
    hal9-view --check "hal9-$f.h9"
  done
  cmp <(hal9-view --connections --columns source,target,weight,delay hal9-convert/net.h9 | sort) \
      <(hal9-view --connections --columns source,target,weight,delay hal9-convert/new.h9 | sort)
}

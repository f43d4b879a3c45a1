# hal9-config(5) against the programs: its examples are read, its tables are complete.
# Authority: hal9-gen, and the tables of keys in libcore/whole/config*.c.

setup() {
  cd "$BATS_TEST_DIRNAME/.."
  man=man/hal9-config.5
}

@test "every YAML example of the manual is a file that hal9-gen and the rest can read" {
  "$PYTHON" - "$man" "$BATS_TEST_TMPDIR" <<'P'
import re, sys
text, folder = open(sys.argv[1], encoding="utf-8").read(), sys.argv[2]
blocks = re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", text, re.M | re.S)
assert len(blocks) >= 7, len(blocks)
for i, b in enumerate(blocks):
    assert "populations:" in b, b
    open(f"{folder}/{i:02}.yaml", "w").write(b.replace(r"\e", "\\").replace(r"\-", "-"))
P
  for f in "$BATS_TEST_TMPDIR"/*.yaml; do
    echo "$f"; cat "$f"
    hal9-gen -c "$f" --dry-run
    hal9-gen -c "$f" -o "$f.h9"
    if grep -q '^connections:' "$f"; then hal9-index -c "$f" -o "$f.net.h9" "$f.h9"; fi
  done
}

@test "every key that the programs know stands in the manual" {
  mandoc -T ascii "$man" | col -b > "$BATS_TEST_TMPDIR/text"
  "$PYTHON" - "$BATS_TEST_TMPDIR/text" libcore/whole/config*.c <<'P'
import re, sys
words = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", open(sys.argv[1]).read()))
keys = set()
for path in sys.argv[2:]:
    source = open(path).read()
    for table in re.findall(r"h9_config_key [^;]*?\[\] = \{(.*?)\};", source, re.S):
        keys |= set(re.findall(r'\{"(\w+)",\s+(?:NULL|"[^"]*"),\s+(?:true|false)\}', table))
    for table in re.findall(r"(?:kernel_forms|dist_forms|rule_forms)\[\] = \{(.*?)\n\};", source, re.S):
        keys |= set(re.findall(r'"(\w{2,})"', table)) | set(re.findall(r'"(p)"', table))
    for table in re.findall(r"keys\[\] = \{(.*?)\},\s*\w+\[\]", source, re.S):
        keys |= set(re.findall(r'\{"(\w+)"', table))
assert len(keys) > 70, sorted(keys)
missing = sorted(k for k in keys if k not in words)
assert not missing, missing
P
}

@test "every layout, rule, function and unit is in the manual" {
  mandoc -T utf8 "$man" | col -b > "$BATS_TEST_TMPDIR/text"
  "$PYTHON" - "$BATS_TEST_TMPDIR/text" <<'P'
import re, sys
text = open(sys.argv[1]).read()
words = set(re.findall(r"[A-Za-z_%][A-Za-z0-9_/]*", text))
read = lambda p: open(p).read()
names = set(re.findall(r'"(\w+)"', re.search(r"names\[H9_LAYOUTS\] = \{(.*?)\};", read("libcore/model/layout.c"), re.S)[1])) - {"none"}
names |= set(re.findall(r'\{"(\w+)", OP_', read("libcore/format/expr.c")))
names |= set(re.findall(r'\{"([^"]+)", \{-?\d', re.search(r"table\[\] = \{(.*?)\n\};", read("libcore/format/units.c"), re.S)[1]))
names |= set(re.findall(r"\[H9_RULE_\w+\] = \"(\w+)\"", read("libcore/format/network.c"))) - {"explicit"} # no rule of files
assert len(names) > 70, sorted(names)
missing = sorted(n for n in names if n not in words)
assert not missing, missing
P
}

@test "defaults in the manual are the programs'" {
  cd "$BATS_TEST_TMPDIR"
  printf 'populations:\n  a: {count: 3, model: iaf_psc_exp}\n  b: {count: 3, model: iaf_psc_exp, layout: {type: blob, spread: 10 um}}\nconnections:\n  - {source: a, target: a, rule: all_to_all}\n' > d.yaml
  hal9-gen -c d.yaml --dry-run | tee out
  grep -q 'dt 0.1 ms, seed 1' out
  hal9-gen -c d.yaml | hal9-index -c d.yaml -o d.h9
  [ "$(hal9-view --connections --count d.h9)" = 9 ] # autapses by default
  hal9-view --connections d.h9 | awk '$3 != 1 || $4 != 1 { exit 1 }' # weight and delay 1
}

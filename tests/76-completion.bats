# Completion in bash and zsh. Authority: --help, and the shells themselves.

bats_require_minimum_version 1.5.0

setup() { cd "$BATS_TEST_DIRNAME/.."; T=$BATS_TEST_TMPDIR; C=$PWD/$BUILD/completions; case $BUILD in /*) C=$BUILD/completions ;; esac; }
programs() { for c in cmd/hal9-*.c; do basename "$c" .c; done; }
# offers PROGRAM WORD...: what bash offers for the last word, a line each
offers() {
  (cd "$T" && env -i PATH="$PATH" bash --norc -c '
    . "$1/bash/$2"
    shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    f=$(complete -p "$1" | sed "s/.*-F \([^ ]*\) .*/\1/"); "$f" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    [ ${#COMPREPLY[@]} = 0 ] || printf "%s\n" "${COMPREPLY[@]}"' - "$C" "$@")
}

@test "the build has what the programs say" {
  for p in $(programs); do
    "$p" --completion=bash | cmp - "$C/bash/$p"
    "$p" --completion=zsh | cmp - "$C/zsh/_$p"
  done
  run hal9-gen --completion=fish; [ "$status" = 64 ]; [[ "$output" == *"expected bash or zsh"* ]]
  run hal9-gen --completion=bash; [ "$status" = 0 ]
  ! hal9-gen --help | grep -qe --completion # of no use while one works
  run --separate-stderr bash -c 'hal9-gen --completion=bash > /dev/full'; [ "$status" = 74 ]; [[ "$stderr" == *"No space left"* ]]
}

@test "bash offers every long and short option of --help, and no other" {
  for p in $(programs); do
    "$p" --help | grep -oE '^ +(-[^ ,], )?--[a-z][a-z-]*' | grep -oE -e '--.*' | sort -u > "$T/want"
    [ "$(wc -l < "$T/want")" -gt 15 ]
    offers "$p" -- | grep -e '^--' | sort -u | diff "$T/want" - || { echo "$p"; return 1; }
    "$p" --help | grep -oE '^ +-[^- ?,]' | grep -oE -e '-.$' | sort -u > "$T/want"
    offers "$p" - | grep -xE -e '-.' | sort -u | diff "$T/want" - || { echo "$p"; return 1; }
  done
}

@test "bash completes by prefix, and values behind an equals sign or a space" {
  [ "$(offers hal9-view --che)" = --check ]
  [ "$(offers hal9-view --signals --pro | paste -sd ' ')" = "--projections --provenance --progress" ]
  [ "$(offers hal9-step --progress '' | paste -sd ' ')" = "auto always never" ]
  [ "$(offers hal9-step --progress al)" = always ]
  [ "$(offers hal9-step --progress = al)" = always ] # as bash splits it
  [ "$(offers hal9-step --progress = | wc -l)" = 3 ]
  [ "$(offers hal9-step --progress=n)" = never ] # where it does not
  [ "$(offers hal9-step --precision d)" = double ]
  [ "$(offers hal9-step --latency = '' | paste -sd ' ')" = "low normal high" ]
  [ "$(offers hal9-gen --layout s)" = sphere ]
  [ "$(offers hal9-plot r | paste -sd ' ')" = "raster rates" ]
  diff <(offers hal9-convert --from '' | sort) <(hal9-convert --formats | cut -d ' ' -f 1 | grep -v '^hal9$' | sort)
  [ -z "$(offers hal9-view --seed '')" ]
  [ -z "$(offers hal9-view --nonsense)" ]
}

@test "bash offers files where files belong, names with spaces included" {
  touch "$T/net.h9" "$T/two words.h9"
  [ "$(offers hal9-view n)" = net.h9 ]
  [ "$(offers hal9-view tw)" = "two words.h9" ]
  [ "$(offers hal9-view --check -o n)" = net.h9 ]
  [ "$(offers hal9-view --output n)" = net.h9 ]
  [ "$(offers hal9-gen --config = n)" = net.h9 ]
  [ "$(offers hal9-view --metrics = n)" = net.h9 ]
  [ "$(offers hal9-view --metrics n)" = net.h9 ] # a mode there: an operand follows
  [ -z "$(offers hal9-view --follow = n)" ]
  [ "$(offers hal9-view -- --che)" = "" ]
  [ "$(offers hal9-view -- n)" = net.h9 ]
  [ "$(offers hal9-view --seed -- n)" = net.h9 ]
  [ -z "$(offers hal9-gen n)" ] # takes no operands
}

@test "zsh takes the scripts: syntax, every option, values, files" {
  command -v zsh > "$T/zsh" || skip "there is no zsh"
  script -qec true /dev/null > /dev/null 2>&1 < /dev/null || skip "no pseudo-terminals here"
  for p in $(programs); do
    zsh -f -n "$C/zsh/_$p"
    # what _arguments would get, a word a line
    zsh -f -c '_arguments() { print -rl -- "$@" }; . "$1"' - "$C/zsh/_$p" > "$T/words"
    [ "$(sed -n 1,2p "$T/words" | paste -sd ' ')" = "-s -S" ]
    "$p" --help | grep -oE '^ +(-[^ ,], )?--[a-z][a-z-]*' | grep -oE -e '--.*' | sort -u > "$T/want"
    sed -nE 's/^\*(--[a-z-]*[a-z]).*/\1/p' "$T/words" | sort -u | diff "$T/want" - || { echo "$p"; return 1; }
    "$p" --help | grep -oE '^ +-[^- ?,]' | grep -oE -e '-.$' | sort -u > "$T/want"
    sed -nE 's/^\*(-[^-]).*/\1/p' "$T/words" | sort -u | diff "$T/want" - || { echo "$p"; return 1; }
    grep -qxF '*--progress=[When to show progress (default\: auto)]:value:(auto always never)' "$T/words"
    grep -qE '^\*--output=\[.*\]:FILE:_files$' "$T/words"
  done
  grep -qxF '*:FILE:_files' "$T/words"
}

@test "zsh finds and runs them, as a user's shell does" {
  command -v zsh > "$T/zsh" || skip "there is no zsh"
  script -qec true /dev/null > /dev/null 2>&1 < /dev/null || skip "no pseudo-terminals here"
  # a terminal of zsh's own: types a line and a tab, shows what the line became
  cat > "$T/type.zsh" <<'Z'
zmodload zsh/zpty
zpty shell zsh -f -i
read_until() { local chunk all=; repeat 200; do zpty -rt shell chunk && all+=$chunk || sleep 0.05; [[ $all == *$1* ]] && return 0; done; print -r -- "$all"; return 1 }
zpty -w shell "PS1=; unsetopt zle_bracketed_paste; fpath=($1 \$fpath); autoload -U compinit; compinit -u -D; echo re''ady"
read_until ready || exit 1
for line want in 'hal9-view --chec' '--check' 'hal9-step --precision dou' 'double' 'hal9-step --progress=alw' 'always'; do
  zpty -w -n shell "$line"$'\t'
  read_until "$want" || exit 1
  zpty -w -n shell $'\C-u'
done
Z
  TERM=xterm timeout 60 zsh -f "$T/type.zsh" "$C/zsh"
}

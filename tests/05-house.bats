# The house: install, library and header use from outside, help. Authority: the commands themselves.

setup() {
  cd "$BATS_TEST_DIRNAME/.."
  B=${BUILD:-build}
}

@test "make help lists the targets" {
  run make -s help
  [ "$status" = 0 ]
  for t in all demo check bench install clean; do [[ "$output" == *"make $t "* ]]; done
}

@test "make install puts programs, manuals, library, headers and .pc under DESTDIR and PREFIX" {
  make -s install BUILD="$B" DESTDIR="$BATS_TEST_TMPDIR/root" PREFIX=/opt/h9 >/dev/null
  r=$BATS_TEST_TMPDIR/root/opt/h9
  for c in cmd/hal9-*.c; do
    n=$(basename "$c" .c)
    [ -x "$r/bin/$n" ]
    [ -f "$r/share/man/man1/$n.1" ]
    [ -s "$r/share/bash-completion/completions/$n" ]; [ -s "$r/share/zsh/site-functions/_$n" ]
  done
  [ -f "$r/lib/libhal9.a" ]; [ -f "$r/lib/libhal9.so" ]; [ -f "$r/lib/pkgconfig/hal9.pc" ]
  [ -f "$r/include/hal9.h" ]; [ -f "$r/include/hal9/model/model.h" ]
  [ -f "$r/share/hal9/examples/microcircuit.yaml" ]
  [ -f "$r/share/man/man5/hal9-stream.5" ]; [ -f "$r/share/man/man7/hal9.7" ]

  # a program of somebody else's that counts the neurons of a stream through the installed library
  cat > "$BATS_TEST_TMPDIR/count.c" <<'C'
#include <hal9.h>
#include <stdio.h>
int main(void) {
  hal9_reader *r;
  int rc = hal9_open(&r, NULL, HAL9_NEURONS, 1);
  if (rc == 0) printf("%u neurons\n", hal9_reader_header(r)->neurons);
  while (rc >= 0 && (rc = hal9_next(r)) > 0) {}
  if (rc < 0) fprintf(stderr, "%s\n", hal9_error());
  hal9_close(r);
  return -rc;
}
C
  export PKG_CONFIG_PATH=$r/lib/pkgconfig
  gcc -std=c11 -o "$BATS_TEST_TMPDIR/count" "$BATS_TEST_TMPDIR/count.c" \
    $(pkg-config --define-variable=prefix="$r" --cflags --libs hal9)
  hal9-gen -n 123 > "$BATS_TEST_TMPDIR/n.h9"
  LD_LIBRARY_PATH=$r/lib run "$BATS_TEST_TMPDIR/count" < "$BATS_TEST_TMPDIR/n.h9"
  [ "$output" = "123 neurons" ]
  make -s uninstall BUILD="$B" DESTDIR="$BATS_TEST_TMPDIR/root" PREFIX=/opt/h9 >/dev/null
  [ -z "$(find "$r" -type f)" ]
}

@test "every program: --version, --usage, --help on stdout with exit 0; a wrong option exits 64 on stderr" {
  for c in cmd/hal9-*.c; do
    n=$(basename "$c" .c)
    for o in --version --usage --help; do
      "$n" $o > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err"
      [ -s "$BATS_TEST_TMPDIR/out" ]
      [ ! -s "$BATS_TEST_TMPDIR/err" ]
    done
    run "$n" --no-such-option
    [ "$status" = 64 ]
    "$n" --no-such-option > "$BATS_TEST_TMPDIR/out" 2>/dev/null || true
    [ ! -s "$BATS_TEST_TMPDIR/out" ]
  done
}

@test "the shared options are refused with 64 when malformed" {
  for o in --seed=x --seed=-1 -@0 --threads=two --level=99 --progress=often --set=novalue --set==1; do
    run hal9-gen -n 1 -o "$BATS_TEST_TMPDIR/x.h9" $o
    echo "$o: $status $output"
    [ "$status" = 64 ]
  done
  HAL9_THREADS=none run hal9-gen -n 1 -o "$BATS_TEST_TMPDIR/x.h9"
  [ "$status" = 64 ]
}

@test "--label travels in the provenance; -q -v --level --progress do not change the content" {
  hal9-gen -n 10 --label 'my run' -o "$BATS_TEST_TMPDIR/a.h9"
  run hal9-view --provenance "$BATS_TEST_TMPDIR/a.h9"
  [[ "$output" == *"my run"* ]]
  hal9-gen -n 10 -o "$BATS_TEST_TMPDIR/b.h9"
  hal9-gen -n 10 -q --level 9 --progress never -o "$BATS_TEST_TMPDIR/c.h9"
  hal9-gen -n 10 -v --progress always -o "$BATS_TEST_TMPDIR/d.h9" 2>/dev/null
  cmp "$BATS_TEST_TMPDIR/b.h9" "$BATS_TEST_TMPDIR/d.h9"
  [ "$(hal9-view --hash "$BATS_TEST_TMPDIR/b.h9")" = "$(hal9-view --hash "$BATS_TEST_TMPDIR/c.h9")" ]
}

@test "-o leaves nothing under the final name when the program fails" {
  printf 'rubbish' > "$BATS_TEST_TMPDIR/bad.h9"
  run hal9-index --radius 10um -o "$BATS_TEST_TMPDIR/never.h9" "$BATS_TEST_TMPDIR/bad.h9"
  [ "$status" = 65 ]
  [ ! -e "$BATS_TEST_TMPDIR/never.h9" ]
  [ -z "$(ls "$BATS_TEST_TMPDIR" | grep partial || true)" ]
}

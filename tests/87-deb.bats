# make deb: packages that hold what make install installs, depend on what is linked, and work where they are unpacked.
# Authority: dpkg's tools, the project's own tests run with the unpacked programs.

setup_file() {
  cd "$BATS_TEST_DIRNAME/.."
  export DEB_LEVEL=1 # of compression
  make -s deb BUILD="${BUILD:-build}" > "$BATS_FILE_TMPDIR/list"
  export DEBS=$BATS_FILE_TMPDIR ROOT=$BATS_FILE_TMPDIR/root
  for d in $(cat "$DEBS/list"); do dpkg-deb -x "$d" "$ROOT"; done
}

deb() { grep "/$1_" "$DEBS/list"; }
setup() { cd "$BATS_TEST_DIRNAME/.."; }

@test "three packages; together they hold all that make install installs, each file once" {
  [ "$(wc -l < "$DEBS/list")" = 3 ]
  make -s install BUILD="${BUILD:-build}" DESTDIR="$BATS_TEST_TMPDIR/all" PREFIX=/usr LIBDIR="/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)" > /dev/null
  (cd "$BATS_TEST_TMPDIR/all" && find . ! -type d | sed 's|\(/man/.*\)|\1.gz|; s|/zsh/site-functions/|/zsh/vendor-completions/|') | sort > want
  for d in $(cat "$DEBS/list"); do dpkg-deb --fsys-tarfile "$d" | tar -t | grep -v '/$'; done | grep -v '/usr/share/doc/' | sort > "$BATS_TEST_TMPDIR/got"
  mv want "$BATS_TEST_TMPDIR/want"
  diff "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/got"
  for p in hal9 libhal9-0 libhal9-dev; do
    for f in copyright changelog.Debian.gz; do [ -s "$ROOT/usr/share/doc/$p/$f" ]; done
    grep -q '^License: Expat' "$ROOT/usr/share/doc/$p/copyright"
    zcat "$ROOT/usr/share/doc/$p/changelog.Debian.gz" | dpkg-parsechangelog -l - -S Version | grep -qx "$(dpkg-deb -f "$(deb "$p")" Version)"
  done
}

@test "all belongs to root, nobody else writes; programs are stripped and run by all" {
  for d in $(cat "$DEBS/list"); do
    run bash -c "dpkg-deb -c '$d' | grep -vE '^(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x|lrwxrwxrwx) root/root '"
    [ -z "$output" ]
    (cd "$ROOT" && dpkg-deb --ctrl-tarfile "$d" | tar -xO ./md5sums | md5sum -c --quiet)
  done
  for f in "$ROOT"/usr/bin/hal9-*; do
    [ -x "$f" ]
    run file "$f"
    [[ "$output" == *", stripped"* ]]
  done
}

@test "dependencies name the packages of every library that is linked, and of the shared library" {
  for d in hal9 libhal9-0; do
    depends=$(dpkg-deb -f "$(deb $d)" Depends)
    objects=$(dpkg-deb --fsys-tarfile "$(deb $d)" | tar -t | grep -E 'usr/bin/.|\.so\.0$')
    for so in $(cd "$ROOT" && readelf -d $objects | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | sort -u); do
      p=$(dpkg -S "*/$(dpkg-architecture -qDEB_HOST_MULTIARCH)/$so" | sed 's/:.*//' | sort -u)
      echo "$so: $p"
      [[ "$depends" == *"$p"* ]]
    done
  done
  [[ "$(dpkg-deb -f "$(deb libhal9-dev)" Depends)" == "libhal9-0 (= $(dpkg-deb -f "$(deb libhal9-0)" Version))" ]]
  dpkg-deb --ctrl-tarfile "$(deb libhal9-0)" | tar -xO ./shlibs | grep -qx 'libhal9 0 libhal9-0'
}

@test "lintian, where it is there, finds no error" {
  command -v lintian > /dev/null || skip "no lintian"
  lintian --fail-on error $(cat "$DEBS/list")
}

@test "the same sources make the same packages" {
  before=$(sha256sum $(cat "$DEBS/list"))
  make -s deb BUILD="${BUILD:-build}" > /dev/null
  [ "$before" = "$(sha256sum $(cat "$DEBS/list"))" ]
}

@test "the project's tests pass with the unpacked programs" {
  [ "$(PATH=$ROOT/usr/bin:$PATH command -v hal9-step)" = "$ROOT/usr/bin/hal9-step" ]
  # in an environment of its own: this is a bats inside a bats
  run env -i PATH="${PATH//"$BATS_LIBEXEC:"/}" HOME="$HOME" BUILD="${BUILD:-build}" PYTHON="$PYTHON" PROGRAMS="$ROOT/usr/bin" OUT="$BATS_TEST_TMPDIR/out" sh tests/tools/check 12-view-pipeline 12-view-select 41-index 86-python
  echo "$output"
  [ "$status" = 0 ]
  [[ "$output" == *" passed, 0 failed"* ]]
  MANPATH=$ROOT/usr/share/man man -w hal9-step hal9-stream hal9-config | grep -q "$ROOT"
  MANPATH=$ROOT/usr/share/man man -w 3 hal9 | grep -q "$ROOT"
}

@test "a program of somebody else's is compiled with the unpacked library, both ways, and filters" {
  lib=$ROOT/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
  export PKG_CONFIG_LIBDIR=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$ROOT LD_LIBRARY_PATH=$lib PATH=$ROOT/usr/bin:$PATH
  export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
  cd "$BATS_TEST_TMPDIR"
  example=$ROOT/usr/share/hal9/examples/filter.c
  gcc -o filter "$example" $(pkg-config --cflags --libs hal9) -lm
  gcc -o filter_static "$example" $(pkg-config --cflags hal9) "$lib/libhal9.a" -fopenmp -lyaml -lzstd -lxxhash -lm
  hal9-gen -n 50 --param I_e=400 | hal9-step -t 100ms -o s.h9
  for f in ./filter ./filter_static; do
    $f neurons 5 < s.h9 > f.h9
    hal9-view --check f.h9
    [ "$(hal9-view --signals f.h9 | wc -l)" = "$(hal9-view --signals s.h9 | wc -l)" ]
  done
  [ "$(hal9-view --signals f.h9 | wc -l)" -gt 50 ]
}

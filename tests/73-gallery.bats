# The contact sheet that ships. Authority: file(1) for types and sizes, the list of kinds in the program's own help.

@test "make gallery: a picture of every kind, on one sheet like the one that ships" {
  cd "$BATS_TEST_DIRNAME/.."
  T=$BATS_TEST_TMPDIR
  sh examples/gallery.sh "$(dirname "$(command -v hal9-plot)")" "$T/out" "$T/sheet.png" > "$T/said"
  grep -q '^12 pictures' "$T/said"
  kinds=$(hal9-plot --help | grep -o 'raster|.*heatmap' | tr '|' '\n')
  [ "$(echo "$kinds" | wc -l)" = 10 ]
  for kind in $kinds; do
    file "$T"/out/*-"$kind".png > "$T/of"
    cat "$T/of"
    ! grep -v 'PNG image data, 440 x 294,' "$T/of"
  done
  size=$(file "$T/sheet.png" | grep -o '[0-9]* x [0-9]*')
  [ "$size" = "1320 x 1176" ]
  file examples/gallery.png | grep -q "$size"
  [ "$(stat -c %s examples/gallery.png)" -lt 500000 ]
  grep -q 'examples/gallery.png' README.md
}

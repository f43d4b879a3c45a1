#!/bin/sh
# gallery.sh BIN_DIR OUT_DIR SHEET.png: every type of picture, from the examples, and all of them on one sheet.
# Networks are small: the whole takes about half a minute.
set -eu
bin=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
sheet=$3
here=$(cd "$(dirname "$0")" && pwd)
PATH=$bin:$PATH
wide=440 high=294 columns=3
size=${wide}x$high

# A sheet of cortex with travelling activity, its network and a second of its spikes.
set -- -c "$here/spatial.yaml" --set scale=0.25
hal9-gen "$@" | hal9-index "$@" --defer -o "$out/sheet.h9"
hal9-step "$@" -o "$out/sheet-spikes.h9" "$out/sheet.h9"
# Brunel's network where it fires asynchronously and irregularly, with two neurons' potentials.
set -- -c "$here/brunel.yaml" --set order=500
hal9-gen "$@" | hal9-index "$@" --defer |
  hal9-step "$@" -t 3s --record 'V_m@exc[1:2]/0.2ms' -o "$out/brunel-spikes.h9"
# The cortical microcircuit at a tenth: eight populations without places.
set -- -c "$here/microcircuit.yaml" --set scale=0.1
hal9-gen "$@" | hal9-index "$@" --defer -o "$out/microcircuit.h9"
hal9-step "$@" -t 1s -o "$out/microcircuit-spikes.h9" "$out/microcircuit.h9"
# A sweep: relative inhibition and external drive in Brunel's network, one row a run.
printf 'g\teta\trate_hz\n' > "$out/sweep.tsv"
for g in 3 4 4.5 5 6 8; do
  for eta in 0.9 1.5 2 3 4; do
    set -- -c "$here/brunel.yaml" --set order=1000 --set g=$g --set eta=$eta
    rate=$(hal9-gen "$@" | hal9-index "$@" --defer | hal9-step "$@" -t 300ms |
      hal9-stats --tsv --population exc | awk -F '\t' '$4 == "rate_hz" { print $5 }')
    printf '%s\t%s\t%s\n' "$g" "$eta" "$rate" >> "$out/sweep.tsv"
  done
done

n=0
draw() { # KIND OPTIONS...: the next picture
  n=$((n + 1))
  hal9-plot "$@" --size $size -o "$out/$(printf %02d $n)-$1.png"
}
draw raster "$out/microcircuit-spikes.h9"
draw raster --density --title 'A density where dots would hide one another' "$out/sheet-spikes.h9"
draw rates --bin 25ms "$out/microcircuit-spikes.h9"
draw isi "$out/microcircuit-spikes.h9"
draw correlation "$out/brunel-spikes.h9"
draw trace --time 300ms..380ms "$out/brunel-spikes.h9"
draw network --title 'Positions, and connections of a few neurons' "$out/sheet.h9"
draw network --title 'Connections between populations' "$out/microcircuit.h9"
draw degrees "$out/sheet.h9"
draw distances "$out/sheet.h9"
draw frames --network "$out/sheet.h9" --time 300ms..400ms "$out/sheet-spikes.h9"
draw heatmap --x g --y eta --value rate_hz --title 'A sweep of 30 runs' "$out/sweep.tsv"

rows=$(((n + columns - 1) / columns))
{
  echo "set terminal pngcairo size $((wide * columns)),$((high * rows))"
  echo "set output '$out/gallery.png'"
  echo "unset border; unset tics; unset key; set xrange [-0.5:$wide-0.5]; set yrange [-0.5:$high-0.5]"
  echo "set multiplot"
  k=0
  for picture in "$out"/[0-9][0-9]-*.png; do
    echo "set lmargin at screen $((k % columns)) / $columns.0; set rmargin at screen $((k % columns + 1)) / $columns.0"
    echo "set tmargin at screen 1 - $((k / columns)) / $rows.0; set bmargin at screen 1 - $((k / columns + 1)) / $rows.0"
    echo "plot '$picture' binary filetype=png with rgbimage"
    k=$((k + 1))
  done
  echo "unset multiplot"
} > "$out/gallery.gp"
gnuplot -d "$out/gallery.gp"
mv "$out/gallery.png" "$sheet"
echo "$n pictures: $out; all of them: $sheet"

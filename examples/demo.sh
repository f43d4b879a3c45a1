#!/bin/sh
# demo.sh BIN_DIR OUT_DIR: the cortical microcircuit from its YAML file to a table and two pictures.
# At full scale where 3 GB of memory are free, else at a tenth.
set -eu
bin=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
PATH=$bin:$PATH
free_kb=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
scale=1
[ "${free_kb:-0}" -ge 3000000 ] || scale=0.1
yaml=$here/microcircuit.yaml

echo "The cortical microcircuit of Potjans & Diesmann (2014), scale $scale, one second of activity:"
echo "  hal9-gen -c microcircuit.yaml | hal9-index -c microcircuit.yaml --defer |"
echo "    hal9-step -c microcircuit.yaml -t 1s > spikes.h9"
echo
hal9-gen -c "$yaml" --set scale=$scale |
  hal9-index -c "$yaml" --set scale=$scale --defer -o "$out/network.h9"
hal9-step -c "$yaml" --set scale=$scale -t 1s -o "$out/spikes.h9" "$out/network.h9"
hal9-stats "$out/spikes.h9"
hal9-plot raster -o "$out/raster.png" "$out/spikes.h9"
hal9-plot rates -o "$out/rates.png" "$out/spikes.h9"

echo
echo "Published mean rates at full scale, in Hz:"
echo "  L23E 0.86  L23I 2.80  L4E 4.45  L4I 5.93  L5E 7.59  L5I 8.64  L6E 1.09  L6I 7.88"
echo
echo "Pictures:  $out/raster.png  $out/rates.png"
echo "Streams:   $out/network.h9 (the network)  $out/spikes.h9 (its activity)"
echo "Look in:   $bin/hal9-view $out/spikes.h9"
echo "Go on:     a network of your own by README.md or the tutorial, man -l man/hal9.7"

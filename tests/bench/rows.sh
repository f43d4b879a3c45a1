# Sourced by sections: files of figures, one a line, to the rows that all sections print (README.md).
tab=$(printf '\t')
# row SECTION WORK PROGRAM VERSION THREADS FIGURE UNIT FILE RATIO NOTE
row() {
  sort -g "$8" | awk -v OFS='\t' -v a="$1$tab$2$tab$3$tab$4$tab$5$tab$6$tab$7" -v ratio="$9" -v note="${10}" '
    {v[NR] = $1}
    END {m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
      print a, sprintf("%.4g", m), sprintf("%.4g", v[1]), sprintf("%.4g", v[NR]), NR, ratio, note}'
}
median() { sort -g "$1" | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
# ratio FILE OF_HAL9: medians, above 1 where hal9 is faster
ratio() { awk -v a="$(median "$1")" -v b="$(median "$2")" 'BEGIN {printf "%.3g", a / b}'; }
hal9_version() { hal9-step --version | awk 'NR == 1 {print $NF}'; }
# seconds FILE COMMAND...: wall seconds of one run, appended; its output in FILE.out
seconds() {
  seconds_file=$1; shift
  seconds_from=$(date +%s%N); "$@" > "$seconds_file.out"; seconds_to=$(date +%s%N)
  awk -v a="$seconds_from" -v b="$seconds_to" 'BEGIN {printf "%.4f\n", (b - a) / 1e9}' >> "$seconds_file"
}

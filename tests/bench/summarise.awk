# Lines of runs (README.md) to rows: medians, extremes, and the ratio to hal9's median with as many threads, which
# is printed only where both simulated the same regime: rates within 10 %.
#   awk -v section=NAME -f summarise.awk RUNS
# A line "skipped<TAB>PEER<TAB>WORK<TAB>REASON" becomes a row that says so.
function sort(v, n,   i, j, x) {
  for (i = 2; i <= n; i++) {
    x = v[i]
    for (j = i - 1; j >= 1 && v[j] > x; j--) v[j + 1] = v[j]
    v[j + 1] = x
  }
}
function middle(v, n) { return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2 }
BEGIN {
  FS = OFS = "\t"
  if (!within) within = 0.1
}
/^#/ || NF == 0 { next }
$1 == "skipped" {
  k = "skipped" SUBSEP $2 SUBSEP $3
  if (!(k in seen)) { seen[k] = 1; order[++rows] = k; reason[k] = $4 }
  next
}
NF != 9 || $6 + 0 <= 0 || $7 !~ /^[0-9.eE+-]+$/ || $7 + 0 <= 0 {
  k = "bad" SUBSEP $1 SUBSEP $4
  if (!(k in seen)) { seen[k] = 1; order[++rows] = k; reason[k] = "not understood: " $0; gsub(/\t/, " ", reason[k]) }
  next
}
{ # peer version network size threads seconds wall rate cv
  k = $3 "-" $4 SUBSEP $1 SUBSEP $5
  if (!(k in n)) order[++rows] = k
  n[k]++
  value[k, n[k]] = $7 / $6
  version[k] = $2
  rate[k] += $8
  cv[k] += $9
}
END {
  for (r = 1; r <= rows; r++) {
    k = order[r]
    if (!(k in n)) continue
    delete v
    for (i = 1; i <= n[k]; i++) v[i] = value[k, i]
    sort(v, n[k])
    median[k] = middle(v, n[k]); low[k] = v[1]; high[k] = v[n[k]]
    rate[k] /= n[k]; cv[k] /= n[k]
  }
  for (r = 1; r <= rows; r++) {
    k = order[r]
    split(k, part, SUBSEP)
    if (!(k in n)) {
      print section, part[3], part[2], "", "", "", "", "", "", "", 0, "", (part[1] == "bad" ? "" : "skipped: ") reason[k]
      continue
    }
    ratio = ""
    note = sprintf("%.2f Hz, CV %.2f", rate[k], cv[k])
    h = part[1] SUBSEP "hal9" SUBSEP part[3]
    if (part[2] != "hal9" && !(h in n)) note = note "; no run of hal9 to compare with"
    else if (part[2] != "hal9") {
      d = rate[h] > 0 ? rate[k] / rate[h] - 1 : 1
      if (d <= within && d >= -within) ratio = sprintf("%.3g", median[k] / median[h])
      else note = sprintf("regime differs: %.2f Hz, hal9 %.2f Hz", rate[k], rate[h])
    }
    printf "%s\t%s\t%s\t%s\t%s\tRTF\t1\t%.4g\t%.4g\t%.4g\t%d\t%s\t%s\n", section, part[1], part[2], version[k], part[3],
      median[k], low[k], high[k], n[k], ratio, note
    # the best of the peers beside the best of hal9, whatever the number of threads
    if (part[2] == "hal9") {
      if (!(part[1] in own) || median[k] < own[part[1]]) { own[part[1]] = median[k]; own_is[part[1]] = part[3] }
      if (!(part[1] in listed)) { listed[part[1]] = 1; work[++works] = part[1] }
    } else if (ratio != "" && (!(part[1] in best) || median[k] < best[part[1]])) {
      best[part[1]] = median[k]; best_is[part[1]] = part[3]; best_of[part[1]] = part[2]
      best_version[part[1]] = version[k]
    }
  }
  for (i = 1; i <= works; i++) if (work[i] in best)
    printf "%s\t%s\t%s\t%s\t\tbest RTF\t1\t%.4g\t\t\t\t%.3g\tthreads: %s against %s of hal9\n", section, work[i], best_of[work[i]],
      best_version[work[i]], best[work[i]], best[work[i]] / own[work[i]], best_is[work[i]], own_is[work[i]]
}

/* Correlation: of the counts of pairs of neurons, and of the populations' counts at lags of time. */
#include "plot.h"
#include "report.h"

#include <math.h>
#include <stdlib.h>

enum { BARS = 60, LAGS = 50, CURVES = 6, NAME = 12 };

/* Pairs in bins of their coefficient, from `low` on; in percent. */
static void coefficients(const h9_activity_population *a, uint32_t k, double low, double width,
                         FILE *script) {
  uint64_t bar[2 * BARS] = {0};
  for (size_t i = 0; i < a->n_pairs; i++) {
    double at = floor((a->pair[i] - low) / width);
    bar[at < 0 ? 0 : at < 2 * BARS ? (size_t)at : 2 * BARS - 1]++;
  }
  fprintf(script, "$pairs%u << EOD\n", k);
  for (int i = 0; i < 2 * BARS; i++)
    fprintf(script, "%.8g\t%.8g\n", low + (i + 0.5) * width,
            a->n_pairs ? (double)bar[i] / (double)a->n_pairs * 100 : NAN);
  fputs("EOD\n", script);
}

/* Pearson's coefficient of the counts of a, and those of b `lag` bins later: means and variances of the whole
 * time. */
static double at_lag(const h9_activity_population *a, const h9_activity_population *b, int lag) {
  size_t n = a->n_psth, from = lag < 0 ? (size_t)-lag : 0, to = lag > 0 ? n - (size_t)lag : n;
  double ma = 0, mb = 0, va = 0, vb = 0, sum = 0;
  for (size_t i = 0; i < n; i++) ma += (double)a->psth[i], mb += (double)b->psth[i];
  ma /= (double)n;
  mb /= (double)n;
  for (size_t i = 0; i < n; i++) {
    va += ((double)a->psth[i] - ma) * ((double)a->psth[i] - ma);
    vb += ((double)b->psth[i] - mb) * ((double)b->psth[i] - mb);
  }
  for (size_t i = from; i < to; i++)
    sum += ((double)a->psth[i] - ma) * ((double)b->psth[(size_t)((ptrdiff_t)i + lag)] - mb);
  return va > 0 && vb > 0 ? sum / sqrt(va * vb) : NAN;
}

typedef struct curve {
  uint32_t a, b;
  bool any;
} curve;

/* Each population with itself and the later ones, as many as one can tell apart. */
static int choose_curves(const h9_plot *p, const h9_network *net, curve *c) {
  int n = 0;
  for (uint32_t gap = 0; gap < net->n_populations; gap++)
    for (uint32_t a = 0; a + gap < net->n_populations && n < CURVES; a++)
      if (h9_plot_shows(p, net->populations[a].name) && h9_plot_shows(p, net->populations[a + gap].name))
        c[n++] = (curve){a, a + gap, false};
  return n;
}

static void write_curves(const h9_stream_report *s, curve *c, int n, double width, FILE *script) {
  for (int i = 0; i < n; i++) {
    const h9_activity_population *a = &s->population[c[i].a], *b = &s->population[c[i].b];
    int lags = (int)fmin(LAGS, (double)a->n_psth - 1);
    fprintf(script, "$lags%d << EOD\n", i);
    for (int l = -lags; l <= lags; l++) {
      double r = at_lag(a, b, l);
      if (c[i].a == c[i].b && l == 0) r = NAN; /* 1 by definition: it would flatten the rest */
      else c[i].any |= !isnan(r);
      fprintf(script, "%.10g\t%.8g\n", l * width, r);
    }
    fputs("EOD\n", script);
  }
}

static void draw_curves(const h9_plot *p, const h9_network *net, const curve *c, int n, FILE *script) {
  bool any = false;
  for (int i = 0; i < n; i++) any |= c[i].any;
  if (!any) {
    h9_plot_nothing(script, "too few spikes");
    return;
  }
  double font = h9_plot_small(p);
  fprintf(script,
          "set key at screen 0.975, screen 0.9 right top horizontal maxcols 2 samplen 1 font ',%.3g'\nplot ",
          font);
  for (int i = 0; i < n; i++) {
    fprintf(script, "%s$lags%d using 1:2 with lines lw 1.3 dt %d lc '%s' title '", i ? ", \\\n  " : "", i,
            c[i].a == c[i].b ? 1 : 2, h9_plot_colour(c[i].a == c[i].b ? c[i].a : c[i].a + c[i].b + 3));
    h9_plot_name(script, net->populations[c[i].a].name, 7);
    if (c[i].a != c[i].b) {
      fputs(", ", script);
      h9_plot_name(script, net->populations[c[i].b].name, 7);
    }
    fputs("'", script);
  }
  fputs("\n", script);
}

static void draw_pairs(const h9_plot *p, const h9_stream_report *s, FILE *script) {
  const h9_network *net = &s->net;
  bool some = false;
  for (uint32_t k = 0; k < net->n_populations; k++) {
    if (!h9_plot_shows(p, net->populations[k].name) || s->population[k].n_pairs == 0) continue;
    fprintf(script, "%s$pairs%u using 1:2 with histeps lw 1.3 lc '%s'", some ? ", \\\n  " : "plot ", k,
            h9_plot_colour(k));
    some = true;
  }
  if (some) fputs("\n", script);
  else h9_plot_nothing(script, "too few spikes");
}

static int ascending(const void *a, const void *b) {
  const double *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

/* The middle 99 percent of each population's coefficients. */
static int range_of(const h9_plot *p, const h9_stream_report *s, double *low, double *high, h9_error *e) {
  *low = *high = 0;
  for (uint32_t k = 0; k < s->net.n_populations; k++) {
    const h9_activity_population *a = &s->population[k];
    if (!h9_plot_shows(p, s->net.populations[k].name) || a->n_pairs == 0) continue;
    double *v = malloc(a->n_pairs * sizeof *v);
    if (!v) return h9_fail_memory(e, a->n_pairs * sizeof *v, "correlations");
    for (size_t i = 0; i < a->n_pairs; i++) v[i] = a->pair[i];
    qsort(v, a->n_pairs, sizeof *v, ascending);
    *low = fmin(*low, v[a->n_pairs / 200]);
    *high = fmax(*high, v[a->n_pairs - 1 - a->n_pairs / 200]);
    free(v);
  }
  return H9_OK;
}

int h9_plot_correlation(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) {
  double bin = isnan(p->bin) ? 2 : p->bin;
  h9_report_options o = {.activity = {.start = p->from,
                                      .stop = p->to,
                                      .bin = bin,
                                      .sync_bin = 3,
                                      .fano_window = 100,
                                      .psth_bin = bin,
                                      .sample = p->neurons ? p->neurons : 250,
                                      .min_spikes = 10,
                                      .pairs = true,
                                      .seed = p->seed},
                         .quick = true,
                         .threads = p->threads};
  h9_stream_report s;
  int rc = h9_stream_report_make(&s, fd, name, &o, NULL, NULL, e);
  if (rc) return rc;
  const h9_network *net = &s.net;
  rc = s.has_activity
           ? h9_plot_check(p, net, name, e)
           : h9_fail(e, H9_EDATA, "%s: holds no spikes, correlations need the output of hal9-step", name);
  double width = fmax(1, floor(bin / net->dt + 0.5)) * net->dt, low = 0, high = 0;
  if (rc == H9_OK && s.duration < 2 * width)
    rc =
        h9_fail(e, H9_EDATA, "%s: records %.9g ms of the time to draw, correlations need two bins of %.9g ms",
                name, s.duration, width);
  if (rc == H9_OK) rc = range_of(p, &s, &low, &high, e);
  if (rc) {
    h9_stream_report_release(&s);
    return rc;
  }
  double bar = h9_plot_round(fmax(high - low, 1e-3), BARS / 2), sum = 0;
  size_t pairs = 0;
  low = floor(low / bar) * bar;
  for (uint32_t k = 0; k < net->n_populations; k++) {
    if (!h9_plot_shows(p, net->populations[k].name)) continue;
    coefficients(&s.population[k], k, low, bar, script);
    if (s.population[k].n_pairs) sum += s.population[k].correlation * (double)s.population[k].n_pairs;
    pairs += s.population[k].n_pairs;
  }
  curve c[CURVES];
  int curves = choose_curves(p, net, c);
  write_curves(&s, c, curves, width, script);
  h9_plot_begin(p, script);
  if (pairs)
    h9_plot_multiplot(p, script, "Correlation of counts in %g ms: mean of pairs %.4f", width,
                      sum / (double)pairs);
  else h9_plot_multiplot(p, script, "Correlation of counts in %g ms", width);
  h9_plot_names(p, net, 0.3, 0.895, 0.5, NAME, script);
  h9_plot_panel(script, 0.13, 0.48, 0.17, 0.8);
  fprintf(script,
          "unset key\nset xlabel 'coefficient of a pair'\nset ylabel '%% of pairs, bins of %g' offset 0.6,0\n"
          "set xrange [%.8g:%.8g]\nset xtics %g\nset yrange [0:*]\n",
          bar, low, high + bar, h9_plot_round(high + bar - low, 4));
  draw_pairs(p, &s, script);
  fputs("unset label\nset yrange [*:*]\n", script);
  h9_plot_panel(script, 0.64, 0.97, 0.17, 0.74);
  double reach = width * fmin(LAGS, floor(s.duration / width + 1e-9) - 1);
  fprintf(script,
          "set xlabel 'lag (ms)'\nset ylabel 'populations, coefficient' offset 0.8,0\nset xrange "
          "[%.8g:%.8g]\nset xtics %g\n"
          "set xzeroaxis lc '#999999'\nset yzeroaxis lc '#999999'\n",
          -reach, reach, h9_plot_round(2 * reach, 4));
  draw_curves(p, net, c, curves, script);
  fputs("unset multiplot\n", script);
  h9_stream_report_release(&s);
  return H9_OK;
}

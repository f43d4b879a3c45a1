/* Rates: of each population over time, and how they are distributed over its neurons. */
#include "plot.h"
#include "report.h"

#include <math.h>
#include <string.h>

enum { POINTS = 1000, TERMINAL_POINTS = 100, NAME = 14, TURNED_NAME = 9, NAMES = 8 };

/* Left the rates over time, right the boxes, whose names tell the colours. */
static void draw(const h9_plot *p, const h9_stream_report *s, double bin, uint32_t shown, double highest,
                 FILE *script) {
  const h9_network *net = &s->net;
  int letters = h9_plot_name_width(p, net, NAME);
  bool turned = (double)shown * (letters + 1) > 20;
  h9_plot_multiplot(p, script, "Rates of %u population%s, bins of %g ms", shown, shown == 1 ? "" : "s", bin);
  h9_plot_panel(script, 0.12, 0.6, turned ? 0.25 : 0.17, 0.88);
  fprintf(script,
          "set xlabel 'time (ms)'\nset ylabel 'rate (spikes/s)' offset 0.5,0\nset xrange [%.10g:%.10g]\nset "
          "yrange "
          "[0:%s]\nset xtics %g\nunset key\nplot ",
          s->from, s->from + s->duration, highest > 0 ? "*" : "1", h9_plot_round(s->duration, 5));
  bool some = false;
  for (uint32_t k = 0; k < net->n_populations; k++)
    if (h9_plot_shows(p, net->populations[k].name)) {
      fprintf(script, "%s$rate%u using 1:2 with lines lw 1 lc '%s'", some ? ", \\\n  " : "", k,
              h9_plot_colour(k));
      some = true;
    }
  fputs("\n", script);
  h9_plot_panel(script, 0.72, turned ? 0.945 : 0.98, turned ? 0.25 : 0.17, 0.74);
  fprintf(script,
          "unset label 100\nset xrange [0.4:%u.6]\nunset xlabel\nset ylabel 'rates of neurons (/s)'\nset "
          "boxwidth 0.6\n"
          "set style fill solid 0.35\nunset xtics\n",
          shown);
  uint32_t at = 0, each = (shown + NAMES - 1) / NAMES; /* of more names than there is room for, every so many-th */
  for (uint32_t k = 0; k < net->n_populations; k++)
    if (h9_plot_shows(p, net->populations[k].name) && at++ % each == 0) {
      fputs("set label '", script);
      h9_plot_name(script, net->populations[k].name, turned ? TURNED_NAME : NAME);
      fprintf(script, "' at first %u, graph -0.06 %s textcolor rgb '%s'\n", at,
              turned ? "rotate by -45 left" : "center", h9_plot_colour(k));
    }
  double font = h9_plot_small(p);
  fprintf(script,
          "set label 'box 20 to 80 %%,' at graph 0.5, graph 1.19 center font ',%.3g'\nset label 'whiskers 10 "
          "to 90 %%,' at "
          "graph 0.5, graph 1.12 center font ',%.3g'\nset label 'bar median, dot mean' at graph 0.5, graph "
          "1.05 center font ',%.3g'\nplot ",
          font, font, font);
  some = false;
  for (uint32_t k = 0; k < net->n_populations; k++)
    if (h9_plot_shows(p, net->populations[k].name)) {
      fprintf(script,
              "%s$box%u using 1:2:3:4:5 with candlesticks whiskerbars 0.5 lc '%s', $box%u using 1:6:6:6:6 "
              "with candlesticks lw 1.6 lc 'black', $box%u using 1:7 with points pt 7 ps %.3g lc 'black'",
              some ? ", \\\n  " : "", k, h9_plot_colour(k), k, k, h9_plot_scale(p));
      some = true;
    }
  fputs("\nunset multiplot\n", script);
}

int h9_plot_rates(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) {
  double bin = isnan(p->bin) ? 5 : p->bin;
  h9_report_options o = {.activity = {.start = p->from,
                                      .stop = p->to,
                                      .bin = 2,
                                      .sync_bin = 3,
                                      .fano_window = 100,
                                      .psth_bin = bin,
                                      .sample = 2,
                                      .min_spikes = 10,
                                      .seed = p->seed},
                         .quick = true,
                         .threads = p->threads};
  h9_stream_report s;
  int rc = h9_stream_report_make(&s, fd, name, &o, NULL, NULL, e);
  if (rc) return rc;
  const h9_network *net = &s.net;
  rc = s.has_activity ? h9_plot_check(p, net, name, e)
                      : h9_fail(e, H9_EDATA, "%s: holds no spikes, rates need the output of hal9-step", name);
  if (rc) {
    h9_stream_report_release(&s);
    return rc;
  }
  double dt = net->dt, width = fmax(1, floor(bin / dt + 0.5)) * dt;
  size_t bins = (size_t)(s.duration / width + 1e-9),
         every = bins / (p->format == H9_PLOT_TERMINAL ? TERMINAL_POINTS : POINTS) +
                 1; /* no more points than pixels */
  if (bins == 0) {
    if (s.duration > 0)
      rc = h9_fail(e, H9_EDATA, "%s: a bin of %.9g ms is longer than the %.9g ms recorded", name, width,
                   s.duration);
    else rc = h9_fail(e, H9_EDATA, "%s: records nothing of the time to draw", name);
    h9_stream_report_release(&s);
    return rc;
  }
  uint32_t shown = 0;
  double highest = 0;
  for (uint32_t k = 0; k < net->n_populations; k++) {
    const h9_activity_population *a = &s.population[k];
    if (!h9_plot_shows(p, net->populations[k].name)) continue;
    shown++;
    fprintf(script, "$rate%u << EOD\n", k);
    for (size_t i = 0; i + every <= bins; i += every) {
      uint64_t n = 0;
      for (size_t j = i; j < i + every && j < a->n_psth; j++) n += a->psth[j];
      double rate = (double)n / net->populations[k].count / (width * (double)every) * 1000;
      highest = fmax(highest, rate);
      fprintf(script, "%.10g\t%.8g\n", s.from + ((double)i + (double)every / 2) * width, rate);
    }
    const double *d = a->rate.decile;
    fprintf(script, "EOD\n$box%u << EOD\n%u\t%.8g\t%.8g\t%.8g\t%.8g\t%.8g\t%.8g\nEOD\n", k, shown, d[2], d[1],
            d[9], d[8], d[5], a->rate.mean);
  }
  h9_plot_begin(p, script);
  draw(p, &s, width * (double)every, shown, highest, script);
  h9_stream_report_release(&s);
  return H9_OK;
}

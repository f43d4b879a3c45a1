/* Rates: of each population over time, and how they are distributed over its neurons. */
#include "plot.h"
#include "report.h"

#include <math.h>
#include <string.h>

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
  size_t bins = (size_t)(s.duration / width + 1e-9), every = bins / 1000 + 1; /* no more points than pixels */
  if (bins == 0) {
    if (s.duration > 0)
      rc = h9_fail(e, H9_EDATA, "%s: a bin of %.9g ms is longer than the %.9g ms recorded", name, width,
                   s.duration);
    else rc = h9_fail(e, H9_EDATA, "%s: records nothing of the time to draw", name);
    h9_stream_report_release(&s);
    return rc;
  }
  uint32_t shown = 0;
  for (uint32_t k = 0; k < net->n_populations; k++) {
    const h9_activity_population *a = &s.population[k];
    if (!h9_plot_shows(p, net->populations[k].name)) continue;
    shown++;
    fprintf(script, "$rate%u << EOD\n", k);
    for (size_t i = 0; i + every <= bins; i += every) {
      uint64_t n = 0;
      for (size_t j = i; j < i + every && j < a->n_psth; j++) n += a->psth[j];
      fprintf(script, "%.10g\t%.8g\n", s.from + ((double)i + (double)every / 2) * width,
              (double)n / net->populations[k].count / (width * (double)every) * 1000);
    }
    const double *d = a->rate.decile;
    fprintf(script, "EOD\n$box%u << EOD\n%u\t%.8g\t%.8g\t%.8g\t%.8g\t%.8g\t%.8g\nEOD\n", k, shown, d[2], d[1],
            d[9], d[8], d[5], a->rate.mean);
  }
  h9_plot_begin(p, script);
  fputs("set multiplot", script);
  if (p->title) {
    fputs(" title '", script);
    h9_plot_text(script, p->title);
    fputs("'", script);
  }
  fprintf(
      script,
      "\nset lmargin at screen 0.08\nset rmargin at screen 0.62\nset bmargin at screen 0.12\nset tmargin at "
      "screen 0.87\n"
      "set xlabel 'time (ms)'\nset ylabel 'rate (spikes/s), bins of %g ms'\nset xrange [%.10g:%.10g]\nset "
      "yrange [0:*]\nset key at screen 0.35, screen 0.965 center top horizontal samplen 1.5 width 1\nplot ",
      width * (double)every, s.from, s.from + s.duration);
  bool some = false;
  for (uint32_t k = 0; k < net->n_populations; k++)
    if (h9_plot_shows(p, net->populations[k].name)) {
      fprintf(script, "%s$rate%u using 1:2 with lines lw 1.4 lc '%s' title '", some ? ", \\\n  " : "", k,
              h9_plot_colour(k));
      h9_plot_text(script, net->populations[k].name);
      fputs("'", script);
      some = true;
    }
  fprintf(script,
          "\nset lmargin at screen 0.72\nset rmargin at screen 0.97\nunset key\nset xrange [0.4:%u.6]\nset "
          "xlabel 'population'\n"
          "set ylabel 'rate of a neuron (spikes/s)'\nset boxwidth 0.6\nset style fill solid 0.35\nset xtics "
          "scale 0 %s(",
          shown, shown > 4 ? "rotate by -45 " : "");
  uint32_t at = 0;
  for (uint32_t k = 0; k < net->n_populations; k++)
    if (h9_plot_shows(p, net->populations[k].name)) {
      fputs(at ? ", '" : "'", script);
      h9_plot_text(script, net->populations[k].name);
      fprintf(script, "' %u", ++at);
    }
  fputs(")\nset label 1 'box 20-80 %, whiskers 10-90 %,' at graph 0.5, graph 1.09 center font ',10'\nset "
        "label 2 'bar median, dot mean' at graph 0.5, graph 1.04 center font ',10'\nplot ",
        script);
  some = false;
  for (uint32_t k = 0; k < net->n_populations; k++)
    if (h9_plot_shows(p, net->populations[k].name)) {
      fprintf(script,
              "%s$box%u using 1:2:3:4:5 with candlesticks whiskerbars 0.5 lc '%s', $box%u using 1:6:6:6:6 "
              "with candlesticks lw 2 lc 'black', "
              "$box%u using 1:7 with points pt 7 ps 0.7 lc 'black'",
              some ? ", \\\n  " : "", k, h9_plot_colour(k), k, k);
      some = true;
    }
  fputs("\nunset multiplot\n", script);
  h9_stream_report_release(&s);
  return H9_OK;
}

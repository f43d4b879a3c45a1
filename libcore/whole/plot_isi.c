/* Irregularity: how the inter-spike intervals are distributed, and their coefficients of variation over
 * neurons. */
#include "plot.h"
#include "report.h"

#include <math.h>
#include <stdlib.h>

enum { BARS = 80, NAME = 12 };

/* Upper end of the least bin that leaves at most a hundredth of the intervals of all populations beyond it.
 */
static size_t most_intervals(const h9_plot *p, const h9_stream_report *s) {
  uint64_t all = 0, seen = 0;
  size_t longest = 0, k = 0;
  for (uint32_t q = 0; q < s->net.n_populations; q++) {
    if (!h9_plot_shows(p, s->net.populations[q].name)) continue;
    for (size_t i = 0; i < s->population[q].n_isi; i++) all += s->population[q].isi[i];
    if (s->population[q].n_isi > longest) longest = s->population[q].n_isi;
  }
  for (; k < longest && seen < all - all / 100; k++)
    for (uint32_t q = 0; q < s->net.n_populations; q++)
      if (h9_plot_shows(p, s->net.populations[q].name) && k < s->population[q].n_isi)
        seen += s->population[q].isi[k];
  return k;
}

/* Share of a population's intervals in each bar, over the bar's width. */
static void intervals(const h9_stream_report *s, uint32_t q, double fine, size_t every, size_t bars,
                      FILE *script) {
  const h9_activity_population *a = &s->population[q];
  uint64_t all = 0;
  for (size_t i = 0; i < a->n_isi; i++) all += a->isi[i];
  fprintf(script, "$isi%u << EOD\n", q);
  for (size_t b = 0; b < bars; b++) {
    uint64_t n = 0;
    for (size_t i = b * every; i < (b + 1) * every && i < a->n_isi; i++) n += a->isi[i];
    fprintf(script, "%.10g\t%.8g\n", ((double)b + 0.5) * (double)every * fine,
            all ? (double)n / (double)all * 100 : NAN);
  }
  fputs("EOD\n", script);
}

/* Neurons in bins of their CV. */
static uint64_t irregularity(const h9_stream_report *s, uint32_t q, double width, FILE *script) {
  const h9_population *pop = &s->net.populations[q];
  uint64_t bar[BARS + 1] = {0}, n = 0;
  for (uint32_t i = 0; i < pop->count; i++) {
    double cv = h9_activity_cv(s->activity, pop->first + i);
    if (isnan(cv)) continue;
    n++;
    bar[cv / width < BARS ? (size_t)(cv / width) : BARS]++;
  }
  fprintf(script, "$cv%u << EOD\n", q);
  for (int i = 0; i <= BARS; i++)
    fprintf(script, "%.8g\t%.8g\n", (i + 0.5) * width, n ? (double)bar[i] / (double)n * 100 : NAN);
  fputs("EOD\n", script);
  return n;
}

static void draw_lines(const h9_plot *p, const h9_network *net, const char *data, bool any,
                       const char *nothing, FILE *script) {
  if (!any) {
    h9_plot_nothing(script, nothing);
    return;
  }
  bool some = false;
  fputs("plot ", script);
  for (uint32_t k = 0; k < net->n_populations; k++) {
    if (!h9_plot_shows(p, net->populations[k].name)) continue;
    fprintf(script, "%s$%s%u using 1:2 with histeps lw 1.3 lc '%s'", some ? ", \\\n  " : "", data, k,
            h9_plot_colour(k));
    some = true;
  }
  fputs("\n", script);
}

int h9_plot_isi(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) {
  h9_report_options o = {.activity = {.start = p->from,
                                      .stop = p->to,
                                      .bin = 2,
                                      .sync_bin = 3,
                                      .fano_window = 100,
                                      .isi_bin = isnan(p->bin) ? 1e-9 : p->bin, /* a step, or as asked for */
                                      .sample = 2,
                                      .min_spikes = 10,
                                      .seed = p->seed},
                         .quick = true,
                         .threads = p->threads};
  h9_stream_report s;
  int rc = h9_stream_report_make(&s, fd, name, &o, NULL, NULL, e);
  if (rc) return rc;
  const h9_network *net = &s.net;
  rc = s.has_activity
           ? h9_plot_check(p, net, name, e)
           : h9_fail(e, H9_EDATA, "%s: holds no spikes, intervals need the output of hal9-step", name);
  if (rc == H9_OK && !(s.duration > 0))
    rc = h9_fail(e, H9_EDATA, "%s: records nothing of the time to draw", name);
  if (rc) {
    h9_stream_report_release(&s);
    return rc;
  }
  double fine = isnan(p->bin) ? net->dt : fmax(1, floor(p->bin / net->dt + 0.5)) * net->dt, high = 0;
  size_t most = most_intervals(p, &s), every = 1, bars = most;
  if (isnan(p->bin) && most) { /* a round number of steps */
    every = (size_t)fmax(1, floor(h9_plot_round((double)most * net->dt, BARS / 2) / net->dt + 0.5));
    bars = (most + every - 1) / every;
  }
  uint64_t neurons = 0;
  double cv = 0;
  for (uint32_t k = 0; k < net->n_populations; k++)
    if (h9_plot_shows(p, net->populations[k].name) && s.population[k].cv.n)
      high = fmax(high, fmax(s.population[k].cv.decile[9] * 1.3,
                             s.population[k].cv.decile[10] < 2 ? s.population[k].cv.decile[10] : 0));
  high = fmax(1.2, high);
  for (uint32_t k = 0; k < net->n_populations; k++) {
    if (!h9_plot_shows(p, net->populations[k].name)) continue;
    intervals(&s, k, fine, every, bars, script);
    uint64_t n = irregularity(&s, k, h9_plot_round(high, BARS / 2), script);
    if (n) cv += s.population[k].cv.mean * (double)n;
    neurons += n;
  }
  h9_plot_begin(p, script);
  if (neurons) h9_plot_multiplot(p, script, "Inter-spike intervals; mean CV %.3f", cv / (double)neurons);
  else h9_plot_multiplot(p, script, "Inter-spike intervals");
  h9_plot_names(p, net, 0.5, 0.895, 0.94, NAME, script);
  h9_plot_panel(script, 0.12, 0.53, 0.17, 0.83);
  fprintf(script,
          "unset key\nset xlabel 'interval (ms)'\nset ylabel '%% of intervals, bins of %g ms' offset "
          "0.6,0\nset xrange [0:%.10g]\n"
          "set yrange [0:*]\n",
          fine * (double)every, bars ? (double)(bars * every) * fine : 1);
  if (bars) fprintf(script, "set xtics %g\n", h9_plot_round((double)(bars * every) * fine, 5));
  draw_lines(p, net, "isi", bars > 0, "no neuron spiked twice", script);
  fputs("unset label\n", script);
  h9_plot_panel(script, 0.65, 0.97, 0.17, 0.83);
  fprintf(script,
          "set xlabel 'CV of a neuron'\nset ylabel '%% of neurons, bins of %g' offset 0.6,0\nset xrange "
          "[0:%.4g]\nset xtics %g\nset yrange [0:*]\n",
          h9_plot_round(high, BARS / 2), high, h9_plot_round(high, 4));
  draw_lines(p, net, "cv", neurons > 0, "no neuron with 10 spikes", script);
  fputs("unset multiplot\n", script);
  h9_stream_report_release(&s);
  return H9_OK;
}

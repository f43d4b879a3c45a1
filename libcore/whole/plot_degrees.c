/* Distributions over a network's connections: in- and out-degrees of the neurons of each population,
 * distances and delays of the connections that leave it. */
#include "plot.h"
#include "report.h"

#include <math.h>
#include <stdlib.h>

enum { BARS = 50, NAME = 12 };

static int read_network(const h9_plot *p, h9_stream_report *s, int fd, const char *name, const char *what,
                        h9_error *e) {
  h9_report_options o = {.activity = {.start = NAN,
                                      .stop = NAN,
                                      .bin = 2,
                                      .sync_bin = 3,
                                      .fano_window = 100,
                                      .sample = 2,
                                      .min_spikes = 10,
                                      .seed = p->seed},
                         .threads = p->threads};
  int rc = h9_stream_report_make(s, fd, name, &o, NULL, NULL, e);
  if (rc != H9_OK) return rc;
  rc = h9_plot_check(p, &s->net, name, e);
  if (rc == H9_OK && !s->expanded)
    rc = h9_fail(e, H9_EDATA, "%s: holds no connections, %s need the output of hal9-index", name, what);
  if (rc != H9_OK) h9_stream_report_release(s);
  return rc;
}

static void draw(const h9_plot *p, const h9_network *net, const char *data, FILE *script) {
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

/* Neurons of each population in bins of their degree: from the least, since degrees often lie far from 0. */
static double degrees(const h9_plot *p, const h9_stream_report *s, const uint32_t *degree, const char *data,
                      double *low, double *high, FILE *script) {
  const h9_network *net = &s->net;
  uint32_t least = UINT32_MAX, most = 0;
  for (uint32_t k = 0; k < net->n_populations; k++) {
    const h9_population *q = &net->populations[k];
    for (uint32_t i = 0; h9_plot_shows(p, q->name) && i < q->count; i++) {
      uint32_t d = degree[q->first - 1 + i];
      least = d < least ? d : least;
      most = d > most ? d : most;
    }
  }
  if (least > most) least = most;
  double width = fmax(1, h9_plot_round(most - least + 1.0, BARS));
  if (least < width * BARS / 2) least = 0;
  *low = floor(least / width - 1) * width;
  if (*low < 0) *low = 0;
  size_t bars = (size_t)((most - *low) / width) + 2;
  uint64_t *bar = calloc(bars, sizeof *bar);
  for (uint32_t k = 0; bar && k < net->n_populations; k++) {
    const h9_population *q = &net->populations[k];
    if (!h9_plot_shows(p, q->name)) continue;
    for (size_t b = 0; b < bars; b++) bar[b] = 0;
    for (uint32_t i = 0; i < q->count; i++) bar[(size_t)((degree[q->first - 1 + i] - *low) / width)]++;
    fprintf(script, "$%s%u << EOD\n", data, k);
    for (size_t b = 0; b < bars; b++)
      fprintf(script, "%.8g\t%llu\n", *low + ((double)b + (width > 1 ? 0.5 : 0)) * width,
              (unsigned long long)bar[b]);
    fputs("EOD\n", script);
  }
  free(bar);
  *low -= width > 1 ? 0 : 0.5;
  *high = *low + (double)bars * width;
  return width;
}

static void axes(const char *label, const char *of, double width, double low, double high, FILE *script) {
  fprintf(script,
          "set xlabel '%s'\nset ylabel '%s, bins of %g' offset 1,0\nset xrange [%.8g:%.8g]\nset xtics %g\n",
          label, of, width, low, high, fmax(width < 1 ? 0 : 1, h9_plot_round(high - low, 4)));
}

int h9_plot_degrees(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) {
  h9_stream_report s;
  int rc = read_network(p, &s, fd, name, "degrees", e);
  if (rc != H9_OK) return rc;
  double low[2], high[2], width[2];
  width[0] = degrees(p, &s, s.connection_stats.indegree, "in", &low[0], &high[0], script);
  width[1] = degrees(p, &s, s.connection_stats.outdegree, "out", &low[1], &high[1], script);
  h9_plot_begin(p, script);
  h9_plot_multiplot(p, script, "%u neurons, %.0f connections", s.net.n_neurons, s.connections);
  h9_plot_names(p, &s.net, 0.5, 0.895, 0.94, NAME, script);
  fputs("unset key\nset yrange [0:*]\n", script);
  h9_plot_panel(script, 0.14, 0.49, 0.17, 0.82);
  axes("in-degree", "neurons", width[0], low[0], high[0], script);
  draw(p, &s.net, "in", script);
  fputs("unset label\n", script);
  h9_plot_panel(script, 0.635, 0.975, 0.17, 0.82);
  axes("out-degree", "neurons", width[1], low[1], high[1], script);
  draw(p, &s.net, "out", script);
  fputs("unset multiplot\n", script);
  h9_stream_report_release(&s);
  return H9_OK;
}

/* Counts of fine bins, all of one width, gathered into some `BARS` round ones; in percent, a population a
 * block. */
typedef struct fine {
  const char *data;
  size_t n;            /* fine bins */
  double width, first; /* of a fine bin; the value of bin 0 */
  uint64_t *count;     /* [n_populations][n] */
} fine;

static int fine_new(fine *f, const h9_network *net, h9_error *e) {
  f->count = calloc((size_t)net->n_populations * f->n + 1, sizeof *f->count);
  return f->count ? H9_OK
                  : h9_fail_memory(e, (size_t)net->n_populations * f->n * sizeof *f->count, "distributions");
}

static double coarse(const h9_plot *p, const h9_network *net, const fine *f, double *high, FILE *script) {
  size_t most = 0;
  for (uint32_t k = 0; k < net->n_populations; k++)
    for (size_t i = 0; i < f->n; i++)
      if (f->count[(size_t)k * f->n + i] && i + 1 > most) most = i + 1;
  size_t every = (size_t)fmax(1, floor(h9_plot_round((double)most * f->width, BARS) / f->width + 0.5)),
         bars = most / every + 1;
  for (uint32_t k = 0; k < net->n_populations; k++) {
    const uint64_t *c = f->count + (size_t)k * f->n;
    uint64_t all = 0;
    for (size_t i = 0; i < f->n; i++) all += c[i];
    if (!h9_plot_shows(p, net->populations[k].name)) continue;
    fprintf(script, "$%s%u << EOD\n", f->data, k);
    for (size_t b = 0; b < bars; b++) {
      uint64_t n = 0;
      for (size_t i = b * every; i < (b + 1) * every && i < f->n; i++) n += c[i];
      fprintf(script, "%.8g\t%.8g\n", f->first + ((double)b + 0.5) * (double)every * f->width,
              all ? (double)n / (double)all * 100 : NAN);
    }
    fputs("EOD\n", script);
  }
  *high = f->first + (double)(bars * every) * f->width;
  return (double)every * f->width;
}

/* Distances and delays by the population that connections leave. */
int h9_plot_distances(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) {
  h9_stream_report s;
  int rc = read_network(p, &s, fd, name, "distances", e);
  if (rc != H9_OK) return rc;
  const h9_network *net = &s.net;
  const h9_netstats *c = &s.connection_stats;
  fine distance = {.data = "distance", .n = H9_NETSTATS_DISTANCES, .width = c->reach / H9_NETSTATS_DISTANCES},
       delay = {.data = "delay", .n = H9_NETSTATS_DELAYS, .width = net->dt, .first = -net->dt / 2};
  double measured = 0, sum = 0;
  rc = fine_new(&distance, net, e);
  if (rc == H9_OK) rc = fine_new(&delay, net, e);
  for (uint32_t k = 0; k < net->n_projections && rc == H9_OK; k++) {
    const h9_projection_stats *q = &c->projection[k];
    uint32_t from = net->projections[k].source;
    if (!h9_plot_shows(p, net->populations[from].name)) continue;
    for (size_t i = 0; i < distance.n && q->distance.n > 0; i++)
      distance.count[from * distance.n + i] += q->distances[i];
    for (size_t i = 0; i < delay.n; i++) delay.count[from * delay.n + i] += q->delays[i];
    measured += q->distance.n;
    sum += q->distance.sum;
  }
  if (rc == H9_OK && measured == 0)
    rc = h9_fail(e, H9_EDATA,
                 "%s: no connections between neurons that have positions, distances cannot be told", name);
  if (rc == H9_OK) {
    double high[2],
        width[2] = {coarse(p, net, &distance, &high[0], script), coarse(p, net, &delay, &high[1], script)};
    h9_plot_begin(p, script);
    h9_plot_multiplot(p, script, "%.0f connections, mean distance %.4g um", measured, sum / measured);
    h9_plot_names(p, net, 0.5, 0.895, 0.94, NAME, script);
    fputs("unset key\nset yrange [0:*]\n", script);
    h9_plot_panel(script, 0.12, 0.49, 0.17, 0.82);
    axes("distance (um)", "% of connections", h9_plot_round(width[0] * 0.99, 1), 0, high[0], script);
    draw(p, net, "distance", script);
    fputs("unset label\n", script);
    h9_plot_panel(script, 0.61, 0.975, 0.17, 0.82);
    axes("delay (ms)", "% of connections", width[1], 0, high[1], script);
    draw(p, net, "delay", script);
    fputs("unset multiplot\n", script);
  }
  free(distance.count);
  free(delay.count);
  h9_stream_report_release(&s);
  return rc;
}

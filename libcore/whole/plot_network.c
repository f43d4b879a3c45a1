/* A network: where its neurons lie (or, without places, how strongly its populations connect), and its
 * degrees. */
#include "plot.h"
#include "report.h"

#include <math.h>
#include <stdlib.h>

enum { NEURONS = 20000, BARS = 60 };

static int positions(const h9_plot *p, const h9_network *net, FILE *script, h9_error *e) {
  uint32_t *rank = calloc((size_t)net->n_neurons + 1, sizeof *rank),
           *chosen = calloc((size_t)net->n_populations + 1, sizeof *chosen);
  int rc = rank && chosen ? h9_plot_choose(p, net, p->neurons ? p->neurons : NEURONS, rank, chosen, e)
                          : h9_fail_memory(e, net->n_neurons * 4, "positions");
  for (uint32_t k = 0; k < net->n_populations && rc == H9_OK; k++) {
    const h9_population *q = &net->populations[k];
    if (!chosen[k] || !q->placed) continue;
    fprintf(script, "$place%u << EOD\n", k);
    for (uint32_t i = q->first - 1; i < q->first - 1 + q->count; i++)
      if (rank[i])
        fprintf(script, "%.7g\t%.7g\t%.7g\n", net->x[i], net->y ? net->y[i] : 0, net->z ? net->z[i] : 0);
    fputs("EOD\n", script);
  }
  free(rank);
  free(chosen);
  return rc;
}

/* One projection onto the plane of x and y or x and z, between two edges of the picture. */
static void plot_plane(const h9_plot *p, const h9_network *net, int column, double left, double right,
                       FILE *script) {
  double wide = (net->hi[0] - net->lo[0]) / 4, step = 1; /* 1, 2 or 5 times a power of ten */
  while (step * 10 <= wide) step *= 10;
  step *= wide >= 5 * step ? 5 : wide >= 2 * step ? 2 : 1;
  fprintf(script, "set xtics %g\n", step);
  fprintf(script,
          "set lmargin at screen %g\nset rmargin at screen %g\nset size ratio -1\nset xlabel 'x (um)'\nset "
          "ylabel '%s'\nplot ",
          left, right,
          column == 3   ? "z (um)"
          : column == 2 ? "y (um)"
                        : "");
  bool some = false;
  for (uint32_t k = 0; k < net->n_populations; k++) {
    const h9_population *q = &net->populations[k];
    if (!q->placed || !h9_plot_shows(p, q->name)) continue;
    fprintf(script,
            "%s$place%u using 1:%d with points pt 7 ps 0.2 lc '%s' notitle, NaN with points pt 7 ps 1 lc "
            "'%s' title '",
            some ? ", \\\n  " : "", k, column, h9_plot_colour(k), h9_plot_colour(k));
    h9_plot_text(script, q->name);
    fputs("'", script);
    some = true;
  }
  fputs("\nset size noratio\nunset key\n", script);
}

/* Populations by colour; three dimensions are seen from above and from the side. */
static void plot_positions(const h9_plot *p, const h9_network *net, double right, FILE *script) {
  fputs("set key at screen 0.5, screen 0.955 center top horizontal samplen 1\n", script);
  if (net->dimensions < 3) {
    plot_plane(p, net, 2, 0.08, right, script);
    return;
  }
  double width = (right - 0.09 - 0.09) / 2;
  plot_plane(p, net, 2, 0.09, 0.09 + width, script);
  plot_plane(p, net, 3, 0.18 + width, right, script);
}

/* Connections a neuron of the target gets from each source, as a matrix of colours. */
static void matrix(const h9_stream_report *s, FILE *script) {
  const h9_network *net = &s->net;
  uint32_t n = net->n_populations;
  double *m = calloc((size_t)n * n, sizeof *m);
  if (!m) return;
  for (uint32_t k = 0; k < net->n_projections; k++) {
    const h9_projection *q = &net->projections[k];
    m[(size_t)q->target * n + q->source] +=
        (double)s->connection_stats.projection[k].connections / net->populations[q->target].count;
  }
  fputs("$matrix << EOD\n", script);
  for (uint32_t t = 0; t < n; t++)
    for (uint32_t c = 0; c < n; c++) fprintf(script, "%u\t%u\t%.8g\n", c, t, m[(size_t)t * n + c]);
  fputs("EOD\n", script);
  free(m);
}

static void plot_matrix(const h9_stream_report *s, FILE *script) {
  const h9_network *net = &s->net;
  uint32_t n = net->n_populations;
  fprintf(script,
          "set xlabel 'source population'\nset ylabel 'target population'\nset xrange [-0.5:%g]\nset yrange "
          "[%g:-0.5]\nset size ratio 1\n"
          "set cblabel 'inputs of a target neuron'\nset cbrange [0:*]\nset palette defined (0 '#FFFFFF', 0.4 "
          "'#56B4E9', 1 '#00304F')\nunset key\n",
          n - 0.5, n - 0.5);
  for (int axis = 0; axis < 2; axis++) {
    fprintf(script, "set %stics scale 0 %s(", axis ? "y" : "x", !axis && n > 4 ? "rotate by -45 " : "");
    for (uint32_t k = 0; k < n; k++) {
      fputs(k ? ", '" : "'", script);
      h9_plot_text(script, net->populations[k].name);
      fprintf(script, "' %u", k);
    }
    fputs(")\n", script);
  }
  fputs("plot $matrix using 1:2:3 with image\nset size noratio\nset xtics autofreq norotate\nset ytics "
        "autofreq\nset yrange [*:*]\nset xrange [*:*]\n",
        script);
}

static void histogram(const uint32_t *degree, uint32_t n, const char *name, double width, FILE *script) {
  uint64_t bar[BARS + 1] = {0};
  for (uint32_t i = 0; i < n; i++) {
    double k = degree[i] / width;
    bar[k < BARS ? (int)k : BARS]++;
  }
  fprintf(script, "$%s << EOD\n", name);
  for (int i = 0; i <= BARS; i++)
    fprintf(script, "%.8g\t%llu\n", (i + 0.5) * width, (unsigned long long)bar[i]);
  fputs("EOD\n", script);
}

int h9_plot_network(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) {
  h9_report_options o = {.activity = {.start = NAN,
                                      .stop = NAN,
                                      .bin = 2,
                                      .sync_bin = 3,
                                      .fano_window = 100,
                                      .sample = 2,
                                      .min_spikes = 10,
                                      .seed = 1},
                         .threads = p->threads};
  h9_stream_report s;
  int rc = h9_stream_report_make(&s, fd, name, &o, NULL, NULL, e);
  if (rc) return rc;
  const h9_network *net = &s.net;
  bool placed = net->x && net->dimensions > 0, degrees = s.expanded;
  rc = h9_plot_check(p, net, name, e);
  if (rc == H9_OK && !placed && !degrees)
    rc = h9_fail(e, H9_EDATA, "%s: has neither positions nor connections, nothing to draw", name);
  if (rc == H9_OK && placed) rc = positions(p, net, script, e);
  if (rc) {
    h9_stream_report_release(&s);
    return rc;
  }
  double width = 1;
  if (degrees) {
    uint32_t most = 0;
    for (uint32_t i = 0; i < net->n_neurons; i++) {
      if (s.connection_stats.indegree[i] > most) most = s.connection_stats.indegree[i];
      if (s.connection_stats.outdegree[i] > most) most = s.connection_stats.outdegree[i];
    }
    width = fmax(1, ceil((most + 1.0) / BARS));
    histogram(s.connection_stats.indegree, net->n_neurons, "indegree", width, script);
    histogram(s.connection_stats.outdegree, net->n_neurons, "outdegree", width, script);
    if (!placed) matrix(&s, script);
  }
  h9_plot_begin(p, script);
  fputs("set multiplot title '", script);
  if (p->title) h9_plot_text(script, p->title);
  else if (degrees) fprintf(script, "%u neurons, %.0f connections", net->n_neurons, s.connections);
  else fprintf(script, "%u neurons", net->n_neurons);
  fputs("'\n", script);
  double right = degrees ? placed && net->dimensions == 3 ? 0.7 : 0.56 : 0.96;
  fprintf(script,
          "set lmargin at screen 0.12\nset rmargin at screen %g\nset bmargin at screen 0.14\nset tmargin at "
          "screen 0.88\n",
          right);
  if (placed) plot_positions(p, net, right, script);
  else plot_matrix(&s, script);
  if (degrees)
    fprintf(script,
            "set lmargin at screen 0.79\nset rmargin at screen 0.98\nset xlabel 'connections of a "
            "neuron'\nset ylabel 'neurons (bins of %g)'\n"
            "set xrange [0:*]\nset yrange [0:*]\nset xtics autofreq rotate by -45\nset ytics autofreq\nset "
            "offsets 0, 0, graph 0.2, 0\nset key default inside top right opaque samplen 2\n"
            "plot $indegree using 1:2 with histeps lw 2 lc '%s' title 'in-degree', $outdegree using 1:2 with "
            "histeps lw 2 dt 2 lc '%s' title 'out-degree'\n",
            width, h9_plot_colour(0), h9_plot_colour(1));
  fputs("unset multiplot\n", script);
  h9_stream_report_release(&s);
  return H9_OK;
}

/* A network: where its neurons lie, seen in a plane or in space, with the connections of a few (or, without
 * places, how strongly its populations connect), and its degrees. */
#include "plot.h"
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NEURONS = 8000, TERMINAL_NEURONS = 500, FOLLOWED = 1, LINKS = 3000, TERMINAL_LINKS = 150, BARS = 60, NAME = 12 };

static double coordinate(const h9_network *net, int axis, uint32_t i) {
  const float *x = axis == 0 ? net->x : axis == 1 ? net->y : net->z;
  return x ? x[i] : 0;
}

static int positions(const h9_plot *p, const h9_network *net, FILE *script, h9_error *e) {
  uint32_t *rank = calloc((size_t)net->n_neurons + 1, sizeof *rank),
           *chosen = calloc((size_t)net->n_populations + 1, sizeof *chosen);
  int rc = rank && chosen ? h9_plot_choose(p, net,
                                           p->neurons                      ? p->neurons
                                           : p->format == H9_PLOT_TERMINAL ? TERMINAL_NEURONS
                                                                           : NEURONS,
                                           rank, chosen, e)
                          : h9_fail_memory(e, net->n_neurons * 4, "positions");
  for (uint32_t k = 0; k < net->n_populations && rc == H9_OK; k++) {
    const h9_population *q = &net->populations[k];
    if (!chosen[k] || !q->placed) continue;
    fprintf(script, "$place%u << EOD\n", k);
    for (uint32_t i = q->first - 1; i < q->first - 1 + q->count; i++)
      if (rank[i])
        fprintf(script, "%.7g\t%.7g\t%.7g\n", coordinate(net, 0, i), coordinate(net, 1, i),
                coordinate(net, 2, i));
    fputs("EOD\n", script);
  }
  free(rank);
  free(chosen);
  return rc;
}

/* Connections of the neurons followed: where they come from, by how much they go on, the source's population.
 * Of more than LINKS every so many. */
static void links(const h9_plot *p, const h9_stream_report *s, FILE *script) {
  const h9_network *net = &s->net;
  const h9_netstats *c = &s->connection_stats;
  size_t every = c->n_links / (p->format == H9_PLOT_TERMINAL ? TERMINAL_LINKS : LINKS) + 1, k = 0;
  fputs("$links << EOD\n", script);
  for (size_t i = 0; i < c->n_links; i++) {
    uint32_t from = h9_network_population_of(net, c->link[i].source),
             to = h9_network_population_of(net, c->link[i].target);
    const h9_population *a = &net->populations[from], *b = &net->populations[to];
    if (!a->placed || !b->placed || !h9_plot_shows(p, a->name) || !h9_plot_shows(p, b->name) || k++ % every)
      continue;
    double at[3], by[3];
    for (int axis = 0; axis < 3; axis++) {
      at[axis] = coordinate(net, axis, c->link[i].source - 1);
      by[axis] = coordinate(net, axis, c->link[i].target - 1) - at[axis];
    }
    fprintf(script, "%.7g\t%.7g\t%.7g\t%.7g\t%.7g\t%.7g\t%u\n", at[0], at[1], at[2], by[0], by[1], by[2],
            from);
  }
  if (k == 0) fputs("NaN\tNaN\tNaN\tNaN\tNaN\tNaN\t0\n", script);
  fputs("EOD\n", script);
}

/* Two axes of space have no tics near the corners, where they would meet. */
static void set_axis(const h9_network *net, char letter, int axis, bool inner, FILE *script) {
  double lo = net->lo[axis], hi = net->hi[axis];
  if (!(hi > lo)) lo -= 1, hi += 1;
  double step = h9_plot_round(hi - lo, 4), margin = inner ? 0.1 * (hi - lo) : 0;
  fprintf(script, "set %crange [%.7g:%.7g]\nset %ctics %.7g, %g, %.7g\nset %clabel '%c (um)'\n", letter, lo,
          hi, letter, ceil((lo + margin) / step) * step, step, hi - margin, letter, "xyz"[axis]);
}

/* The places and connections, each population in its colour; `columns` are those of the data for each axis.
 */
static void plot_places(const h9_plot *p, const h9_stream_report *s, const int *axis, int axes,
                        FILE *script) {
  const h9_network *net = &s->net;
  bool some = false;
  double size = (net->n_neurons > 2000 ? 0.25 : 0.45) * h9_plot_scale(p);
  fputs(axes == 3 ? "splot " : "plot ", script);
  for (uint32_t k = 0; k < net->n_populations; k++) {
    const h9_population *q = &net->populations[k];
    if (!q->placed || !h9_plot_shows(p, q->name)) continue;
    fprintf(script, "%s$place%u using %d:%d", some ? ", \\\n  " : "", k, axis[0] + 1, axis[1] + 1);
    if (axes == 3) fprintf(script, ":%d", axis[2] + 1);
    fprintf(script, " with points pt 7 ps %.3g lc rgb '%s%s'", size,
            s->connection_stats.n_links ? "#90" : "#", h9_plot_colour(k) + 1);
    some = true;
  }
  for (uint32_t k = 0; k < net->n_populations && s->connection_stats.n_links; k++) {
    if (!net->populations[k].placed || !h9_plot_shows(p, net->populations[k].name)) continue;
    fprintf(script, ", \\\n  $links using ($7==%u?$%d:NaN):%d", k, axis[0] + 1, axis[1] + 1);
    if (axes == 3) fprintf(script, ":%d", axis[2] + 1);
    fprintf(script, ":%d:%d", axis[0] + 4, axis[1] + 4);
    if (axes == 3) fprintf(script, ":%d", axis[2] + 4);
    fprintf(script, " with vectors nohead lw 0.5 lc rgb '%s'", h9_plot_colour(k));
  }
  fputs(some ? "\n" : "NaN notitle\n", script);
}

/* One plane, x to the right where it is in it, or a view from a corner. */
static void plot_positions(const h9_plot *p, const h9_stream_report *s, double right, FILE *script) {
  const h9_network *net = &s->net;
  static const int planes[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 2, 0}, {0, 1, 2}};
  enum h9_plot_projection to = p->projection;
  if (to == H9_PLOT_OWN) to = net->dimensions < 3 ? H9_PLOT_XY : H9_PLOT_SPACE;
  const int *axis = planes[to];
  if (to == H9_PLOT_SPACE) {
    double low = INFINITY, high = 0;
    for (int k = 0; k < 3; k++) {
      low = fmin(low, net->hi[k] - net->lo[k]);
      high = fmax(high, net->hi[k] - net->lo[k]);
    }
    bool cube = high < 4 * low; /* one scale for all axes: gnuplot then looks at the panel's width alone */
    double wide = cube ? (low < high / 2 ? 0.42 : 0.31) * fmin(1, (double)p->height / p->width * 1200 / 700)
                       : right - 0.15,
           middle = right / 2 + 0.05;
    h9_plot_panel(script, middle - wide / 2, middle + wide / 2, cube ? 0.2 : 0.1, cube ? 0.8 : 0.87);
    for (int k = 0; k < 3; k++) set_axis(net, "xyz"[k], k, k < 2, script);
    fprintf(script,
            "set view 65, 35\nset xyplane 0\nset border 4095 lw 0.5 lc '#777777'\nset xtics textcolor "
            "'black'\nset ytics textcolor 'black'\nset ztics textcolor 'black'\nset xlabel offset 0,-0.8\n"
            "set ylabel offset 1,-0.8\nset zlabel rotate by 90 offset -1.2,0\nset xtics offset 0,-0.3\nset "
            "ytics offset 0,-0.3\n%s",
            cube ? "set view equal xyz\n" : "");
    plot_places(p, s, axis, 3, script);
    fputs("set border 3 lw 1 lc 'black'\nset xtics offset 0,0\nset ytics offset 0,0\nset xlabel offset "
          "0,0\nset ylabel offset 0,0\n",
          script);
    return;
  }
  h9_plot_panel(script, right > 0.8 ? 0.3 : 0.14, right - 0.01, 0.17, 0.82);
  set_axis(net, 'x', axis[0], false, script);
  set_axis(net, 'y', axis[1], false, script);
  fputs("set size ratio -1\n", script);
  plot_places(p, s, axis, 2, script);
  fputs("set size noratio\n", script);
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

static void plot_matrix(const h9_plot *p, const h9_stream_report *s, FILE *script) {
  const h9_network *net = &s->net;
  uint32_t n = net->n_populations;
  int letters = h9_plot_name_width(p, net, NAME);
  bool turned = (letters + 1) * n > 20;
  h9_plot_panel(script, 0.06 + 1.06 * h9_plot_letter(p) * letters, 0.47, turned ? 0.12 + 0.02 * letters : 0.2,
                0.88);
  fprintf(script,
          "set xlabel 'source'%s\nset ylabel 'target' offset %g,0\nset xrange [-0.5:%g]\nset yrange "
          "[%g:-0.5]\nset border 15\n"
          "set cblabel 'inputs of a neuron' offset 0.2,0\nset cbrange [0:*]\nunset key\n",
          turned ? " offset 0,-0.8" : "", 0.5, n - 0.5, n - 0.5);
  h9_plot_palette(script);
  for (int axis = 0; axis < 2; axis++) {
    fprintf(script, "set %stics scale 0 %s(", axis ? "y" : "x", !axis && turned ? "rotate by -60 " : "");
    for (uint32_t k = 0; k < n; k++) {
      fputs(k ? ", '" : "'", script);
      h9_plot_name(script, net->populations[k].name, NAME);
      fprintf(script, "' %u", k);
    }
    fputs(")\n", script);
  }
  fputs("plot $matrix using 1:2:3 with image pixels\nset xtics norotate scale 0.6\nset ytics scale 0.6\nset "
        "border 3\n"
        "set xlabel offset 0,0\nset ylabel offset 0,0\n",
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

static void plot_degrees(const h9_plot *p, double width, uint32_t most, FILE *script) {
  h9_plot_panel(script, 0.78, 0.975, 0.17, 0.74);
  fprintf(
      script,
      "set xlabel 'degree'\nset ylabel 'neurons, bins of %g' offset 1.2,0\nset xrange [0:%g]\nset yrange "
      "[0:*]\n"
      "set xtics %g norotate\nset ytics autofreq\nset key at screen 0.98, screen 0.86 right top samplen 1\n"
      "plot $indegree using 1:2 with histeps lw 1.5 lc '%s' title 'in', $outdegree using 1:2 with "
      "histeps lw 1.5 dt 2 lc '%s' title 'out'\n",
      width, fmax(1, most), h9_plot_round(fmax(1, most), 2.5), h9_plot_colour(0), h9_plot_colour(1));
  (void)p;
}

int h9_plot_network(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) {
  h9_report_options o = {.activity = {.start = NAN,
                                      .stop = NAN,
                                      .bin = 2,
                                      .sync_bin = 3,
                                      .fano_window = 100,
                                      .sample = 2,
                                      .min_spikes = 10,
                                      .seed = p->seed},
                         .follow = FOLLOWED,
                         .threads = p->threads};
  h9_stream_report s;
  int rc = h9_stream_report_make(&s, fd, name, &o, NULL, NULL, e);
  if (rc) return rc;
  const h9_network *net = &s.net;
  bool placed = net->x && net->dimensions > 0, degrees = s.expanded;
  rc = h9_plot_check(p, net, name, e);
  if (rc == H9_OK && !placed && !degrees)
    rc = h9_fail(e, H9_EDATA, "%s: has neither positions nor connections, nothing to draw", name);
  if (rc == H9_OK && !placed && p->projection != H9_PLOT_OWN)
    rc = h9_fail(e, H9_EDATA, "%s: its neurons have no positions to project", name);
  if (rc == H9_OK && placed) rc = positions(p, net, script, e);
  if (rc) {
    h9_stream_report_release(&s);
    return rc;
  }
  double width = 1;
  uint32_t most = 0;
  if (degrees) {
    for (uint32_t i = 0; i < net->n_neurons; i++) {
      if (s.connection_stats.indegree[i] > most) most = s.connection_stats.indegree[i];
      if (s.connection_stats.outdegree[i] > most) most = s.connection_stats.outdegree[i];
    }
    width = fmax(1, ceil((most + 1.0) / BARS));
    histogram(s.connection_stats.indegree, net->n_neurons, "indegree", width, script);
    histogram(s.connection_stats.outdegree, net->n_neurons, "outdegree", width, script);
    if (placed) links(p, &s, script);
    else matrix(&s, script);
  }
  h9_plot_begin(p, script);
  if (degrees) h9_plot_multiplot(p, script, "%u neurons, %.0f connections", net->n_neurons, s.connections);
  else h9_plot_multiplot(p, script, "%u neurons", net->n_neurons);
  fputs("unset key\n", script);
  if (placed) {
    h9_plot_names(p, net, degrees ? 0.34 : 0.5, 0.89, degrees ? 0.64 : 0.94, NAME, script);
    plot_positions(p, &s, degrees ? 0.66 : 0.97, script);
  } else plot_matrix(p, &s, script);
  fputs("unset label\n", script);
  if (degrees) plot_degrees(p, width, most, script);
  fputs("unset multiplot\n", script);
  h9_stream_report_release(&s);
  return H9_OK;
}

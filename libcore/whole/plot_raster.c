/* Spike raster: a dot a spike, populations in bands from the top, and the populations' rates below. More
 * spikes than pixels could show are binned: colour tells the rate at a place and time. */
#include "plot.h"

#include "../base/memory.h"
#include "../model/activity.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  NEURONS = 2000,
  WINDOW_MS = 1000,
  DOTS = 60000,
  COLUMNS = 320,
  TERMINAL_COLUMNS = 60,
  LINES = 160,
  TERMINAL_LINES = 40,
  TERMINAL_NEURONS = 120,
  LEAST_LINES = 5,
  POINTS = 400,
  NAME = 14
};

typedef struct raster {
  const h9_plot *p;
  h9_network net;
  uint32_t *rank, *chosen, *base; /* base: rows below a population's band */
  uint32_t rows;
  h9_step first, last; /* shown: first < step <= last */
  h9_step from, to;    /* recorded */
  bool begun;
  uint64_t spikes; /* of the neurons chosen */
  h9_activity *activity;
  double bin; /* of the rates, ms; `every` of them are drawn as one */
  size_t every;
  double highest, bright; /* rates: of the line, and that the brightest colour stands for */
  /* Binned: lines of neurons, columns of steps, which double in width as time goes on. */
  uint32_t *lines, *line_base, n_lines;
  h9_step column;
  uint32_t most;   /* columns: half of those at most */
  uint32_t *count; /* [2 * most][n_lines] */
} raster;

static h9_step step_of(double ms, double dt) {
  return (h9_step)fmax(-0x1p60, fmin(0x1p60, floor(ms / dt + 0.5)));
}

static int begin(raster *r, h9_step from, h9_error *e) {
  double dt = r->net.dt;
  r->begun = true;
  r->from = from;
  r->first = isnan(r->p->from) ? from : step_of(r->p->from, dt);
  if (r->first < from) r->first = from;
  r->last = isnan(r->p->to) ? r->first + (h9_step)(WINDOW_MS / dt) : step_of(r->p->to, dt);
  double window = (double)(r->last - r->first) * dt;
  r->bin = isnan(r->p->bin) ? fmin(5, h9_plot_round(window, 200)) : r->p->bin;
  r->bin = fmax(1, floor(r->bin / dt + 0.5)) * dt;
  h9_activity_options o = {.start = (double)r->first * dt,
                           .stop = (double)r->last * dt,
                           .bin = 2,
                           .sync_bin = 3,
                           .fano_window = 100,
                           .psth_bin = r->bin,
                           .sample = 2,
                           .min_spikes = 10,
                           .seed = r->p->seed};
  return h9_activity_new(&r->activity, &r->net, &o, e);
}

static void halve(raster *r) {
  for (uint32_t c = 0; c < r->most; c++)
    for (uint32_t l = 0; l < r->n_lines; l++)
      r->count[(size_t)c * r->n_lines + l] =
          r->count[(size_t)2 * c * r->n_lines + l] + r->count[((size_t)2 * c + 1) * r->n_lines + l];
  memset(r->count + (size_t)r->most * r->n_lines, 0, (size_t)r->most * r->n_lines * sizeof *r->count);
  r->column *= 2;
}

/* Neurons are binned whole lines at a time: line l of n has those whose rank times n over the count is l. */
static uint32_t line_of(const raster *r, uint32_t pop, uint32_t rank) {
  return (uint32_t)((uint64_t)(rank - 1) * r->lines[pop] / r->chosen[pop]);
}

static int add_batch(raster *r, const h9_signals *s, FILE *script, h9_error *e) {
  double dt = r->net.dt;
  int rc = r->begun ? H9_OK : begin(r, s->from, e);
  if (rc == H9_OK) rc = h9_activity_add(r->activity, s, e);
  if (rc != H9_OK) return rc;
  r->to = s->to;
  uint32_t pop = 0;
  for (size_t i = 0; i < s->n; i++) {
    if (s->step[i] <= r->first || s->step[i] > r->last) continue;
    uint32_t k = s->id[i] - 1, rank = r->rank[k];
    if (!rank) continue;
    const h9_population *q = &r->net.populations[pop];
    if (k < q->first - 1 || k - (q->first - 1) >= q->count) pop = h9_network_population_of(&r->net, s->id[i]);
    if (r->spikes++ < DOTS)
      fprintf(script, "%.10g\t%u\t%u\n", (double)s->step[i] * dt, r->base[pop] + r->chosen[pop] - rank + 1,
              pop);
    h9_step t = s->step[i] - r->first - 1;
    while (t / r->column >= 2 * r->most) halve(r);
    uint32_t line = r->line_base[pop] + r->lines[pop] - 1 - line_of(r, pop, rank);
    r->count[(size_t)(t / r->column) * r->n_lines + line]++;
  }
  return H9_OK;
}

/* Rows and lines for the populations, the first on top. Without a number from the user, dots are of a sample
 * that fits the picture; the density is of all neurons. */
static int share_out(raster *r, const char *name, h9_error *e) {
  size_t n = (size_t)r->net.n_neurons + 1, m = (size_t)r->net.n_populations + 1;
  int rc = h9_plot_check(r->p, &r->net, name, e);
  if (rc != H9_OK) return rc;
  r->rank = calloc(n, sizeof *r->rank);
  r->chosen = calloc(m, sizeof *r->chosen);
  r->base = calloc(m, sizeof *r->base);
  r->lines = calloc(m, sizeof *r->lines);
  r->line_base = calloc(m, sizeof *r->line_base);
  if (!r->rank || !r->chosen || !r->base || !r->lines || !r->line_base)
    return h9_fail_memory(e, n * 4, "a raster");
  bool terminal = r->p->format == H9_PLOT_TERMINAL; /* it has fewer dots */
  uint32_t most = r->p->neurons   ? r->p->neurons
                  : r->p->density ? UINT32_MAX
                  : terminal      ? TERMINAL_NEURONS
                                  : NEURONS;
  rc = h9_plot_choose(r->p, &r->net, most, r->rank, r->chosen, e);
  uint64_t all = 0;
  for (uint32_t k = 0; k < r->net.n_populations; k++) all += r->chosen[k];
  for (uint32_t k = r->net.n_populations; k-- > 0;) {
    uint32_t lines =
        (uint32_t)((uint64_t)(terminal ? TERMINAL_LINES : LINES) * r->chosen[k] / (all ? all : 1));
    r->lines[k] = lines < LEAST_LINES ? (terminal ? 1 + lines : LEAST_LINES) : lines;
    if (r->lines[k] > r->chosen[k]) r->lines[k] = r->chosen[k];
    r->base[k] = r->rows;
    r->line_base[k] = r->n_lines;
    r->rows += r->chosen[k];
    r->n_lines += r->lines[k];
  }
  r->column = 1;
  r->most = terminal ? TERMINAL_COLUMNS : COLUMNS;
  r->count = calloc((size_t)2 * r->most * (r->n_lines + 1), sizeof *r->count);
  if (rc == H9_OK && !r->count) rc = h9_fail_memory(e, (size_t)8 * r->most * r->n_lines, "a raster");
  return rc;
}

static int read_all(raster *r, int fd, const char *name, FILE *script, h9_error *e) {
  h9_reader *reader = NULL;
  h9_block b = {0};
  h9_signals s = {0};
  int rc = h9_reader_open(&reader, fd, name,
                          H9_WANT_ALL & ~(UINT32_C(1) << H9_BLOCK_NEURONS) &
                              ~(UINT32_C(1) << H9_BLOCK_CONNECTIONS),
                          r->p->threads, e);
  if (rc == H9_OK) rc = h9_network_read(reader, &r->net, false, &b, e);
  if (rc == H9_OK || rc == H9_EOF) {
    int bad = share_out(r, name, e);
    if (bad) rc = bad;
  }
  while (rc == H9_OK) {
    if (b.kind == H9_BLOCK_SIGNALS && b.body) {
      rc = h9_signals_decode(&b, r->net.n_neurons, &s, e);
      if (rc) rc = h9_reader_fail_at(reader, &b, e);
      else rc = add_batch(r, &s, script, e);
    }
    if (rc == H9_OK) rc = h9_reader_next(reader, &b, e);
  }
  h9_signals_release(&s);
  h9_reader_close(reader);
  if (rc != H9_EOF) return rc;
  if (!r->begun)
    return h9_fail(e, H9_EDATA, "%s: holds no spikes, a raster needs the output of hal9-step", name);
  if (r->first >= r->to || r->last <= r->from)
    return h9_fail(e, H9_EDATA, "%s: records %.9g to %.9g ms, nothing of the time to draw", name,
                   (double)r->from * r->net.dt, (double)r->to * r->net.dt);
  if (r->to < r->last) r->last = r->to;
  return H9_OK;
}

/* Rates of the populations by the activity's own counts; of more than POINTS bins several are one. */
static int write_rates(raster *r, FILE *script, h9_error *e) {
  const h9_network *net = &r->net;
  double from = h9_activity_from(r->activity);
  h9_activity_population *result = calloc((size_t)net->n_populations + 1, sizeof *result);
  int rc = result ? h9_activity_finish(r->activity, result, e) : h9_fail_memory(e, sizeof *result, "rates");
  for (uint32_t k = 0; rc == H9_OK && k < net->n_populations; k++) {
    if (!r->chosen[k]) continue;
    r->every = result[k].n_psth / POINTS + 1;
    fprintf(script, "$rate%u << EOD\n", k);
    for (size_t i = 0; i + r->every <= result[k].n_psth; i += r->every) {
      uint64_t n = 0;
      for (size_t j = i; j < i + r->every; j++) n += result[k].psth[j];
      double rate = (double)n / net->populations[k].count / (r->bin * (double)r->every) * 1000;
      r->highest = fmax(r->highest, rate);
      fprintf(script, "%.10g\t%.8g\n", from + ((double)i + (double)r->every / 2) * r->bin, rate);
    }
    if (result[k].n_psth == 0) fprintf(script, "%.10g\tNaN\n", from);
    fputs("EOD\n", script);
  }
  free(result);
  return rc;
}

static int ascending(const void *a, const void *b) {
  const float *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

/* A matrix of rates, a row a line from the bottom. The brightest colour is for the highest 200th of them, so
 * that a few bright places do not darken all others. */
static int write_density(raster *r, FILE *script, h9_error *e) {
  size_t n_cells = 0;
  while (r->last - r->first > 2 * r->most * r->column) halve(r); /* for the time after the last spike */
  float *cell = malloc((size_t)2 * r->most * (r->n_lines + 1) * sizeof *cell);
  if (!cell) return h9_fail_memory(e, (size_t)2 * r->most * r->n_lines * sizeof *cell, "a raster");
  uint32_t columns = (uint32_t)((r->last - r->first + r->column - 1) / r->column);
  fputs("$density << EOD\n", script);
  for (uint32_t k = r->net.n_populations; k-- > 0;)
    for (uint32_t l = r->lines[k]; l-- > 0;) {
      uint64_t n = r->chosen[k], of = r->lines[k], low = (l * n + of - 1) / of,
               high = ((l + 1) * n + of - 1) / of;
      uint32_t line = r->line_base[k] + r->lines[k] - 1 - l;
      for (uint32_t c = 0; c < columns; c++) {
        h9_step begin = (h9_step)c * r->column, end = begin + r->column;
        if (end > r->last - r->first) end = r->last - r->first;
        double seconds = (double)(end - begin) * r->net.dt / 1000;
        double rate = r->count[(size_t)c * r->n_lines + line] / (double)(high - low) / seconds;
        fprintf(script, c ? "\t%.5g" : "%.5g", rate);
        cell[n_cells++] = (float)rate;
      }
      fputs("\n", script);
    }
  fputs("EOD\n", script);
  qsort(cell, n_cells, sizeof *cell, ascending);
  r->bright = n_cells ? cell[n_cells - 1 - n_cells / 200] : 0;
  free(cell);
  return H9_OK;
}

/* The populations' names at the middle of their bands, moved apart where they would touch; of more than there is room
 * for, those that leave `apart` between them. */
static void write_names(const raster *r, const uint32_t *base, const uint32_t *height, double rows,
                        FILE *script) {
  uint32_t n = 0, *pop = calloc((size_t)r->net.n_populations + 1, sizeof *pop);
  double *at = calloc((size_t)r->net.n_populations + 1, sizeof *at);
  double apart = 0.078; /* of the panel's height */
  for (uint32_t k = r->net.n_populations; pop && at && k-- > 0;)
    if (r->chosen[k]) {
      at[n] = (base[k] + height[k] / 2.0) / rows;
      pop[n++] = k;
    }
  bool crowded = apart * n > 1;
  double top = 1 - apart / 4, below = -1;
  for (uint32_t i = 1; i < n && !crowded; i++) at[i] = fmax(at[i], at[i - 1] + apart);
  for (uint32_t i = n; i-- > 0 && !crowded; top = at[i] - apart) at[i] = fmin(at[i], top);
  for (uint32_t i = 0; i < n; i++) {
    if (crowded && at[i] < below + apart) continue;
    below = at[i];
    fputs("set label '", script);
    h9_plot_name(script, r->net.populations[pop[i]].name, NAME);
    fprintf(script, "' at graph -0.012, graph %.4f right textcolor rgb '%s'\n", at[i],
            h9_plot_colour(pop[i]));
  }
  free(pop);
  free(at);
}

static void plot_spikes(const raster *r, const uint32_t *base, bool density, FILE *script) {
  double dt = r->net.dt, rows = density ? r->n_lines : r->rows;
  fprintf(script, "set xrange [%.10g:%.10g]\nset yrange [0:%g]\nunset key\nunset ytics\nset format x ''\n",
          (double)r->first * dt, (double)r->last * dt, rows > 0 ? rows : 1);
  write_names(r, base, density ? r->lines : r->chosen, rows > 0 ? rows : 1, script);
  for (uint32_t k = 0; k < r->net.n_populations; k++)
    if (r->chosen[k] && base[k])
      fprintf(script, "set arrow from graph 0, first %u to graph 1, first %u nohead front lw %g lc '%s'\n",
              base[k], base[k], density ? 0.8 : 0.5, density ? "white" : "#999999");
  if (density) {
    double w = (double)r->column * dt;
    h9_plot_palette(script);
    fprintf(script, "set cblabel 'rate (spikes/s)' offset 0.6,0\nset cbrange [0:%.5g]\nset cbtics %g\n",
            r->bright > 0 ? r->bright : 1, r->bright > 0 ? h9_plot_round(r->bright, 5) : 1);
    fprintf(script, "plot $density matrix using (%.10g+$1*%.10g):($2+0.5):3 with %s\n",
            (double)r->first * dt + w / 2, w, h9_plot_image(r->p));
  } else if (r->spikes == 0) h9_plot_nothing(script, "no spikes");
  else {
    /* smaller dots where there are more of them */
    double size = (r->spikes > 15000 ? 0.3 : r->spikes > 3000 ? 0.42 : 0.6) * h9_plot_scale(r->p);
    bool some = false;
    fputs("plot ", script);
    for (uint32_t k = 0; k < r->net.n_populations; k++)
      if (r->chosen[k]) {
        fprintf(script, "%s$spikes using ($3==%u?$1:NaN):($2-0.5) with points pt 7 ps %.3g lc '%s'",
                some ? ", \\\n  " : "", k, size, h9_plot_colour(k));
        some = true;
      }
    fputs("\n", script);
  }
  fputs("unset label\nunset arrow\n", script);
}

static void plot_rates(const raster *r, FILE *script) {
  bool some = false;
  fprintf(
      script,
      "set format x '%%g'\nset xlabel 'time (ms)' offset 0,0.2\nset ylabel 'rate (/s)'\nset yrange [0:*]\n"
      "set ytics nomirror %g\nset label 98 'bins of %g ms' at graph 0.995, graph 1.0 right font "
      "',%.3g'\nplot ",
      r->highest > 0 ? h9_plot_round(r->highest, 3) : 1, r->bin * (double)r->every, h9_plot_small(r->p));
  for (uint32_t k = 0; k < r->net.n_populations; k++)
    if (r->chosen[k]) {
      fprintf(script, "%s$rate%u using 1:2 with lines lw 1 lc '%s'", some ? ", \\\n  " : "", k,
              h9_plot_colour(k));
      some = true;
    }
  fputs("\nunset multiplot\n", script);
}

static int draw(raster *r, FILE *script, h9_error *e) {
  int rc = H9_OK;
  uint64_t all = 0, chosen = 0;
  bool density = r->p->density || r->spikes > DOTS;
  for (uint32_t k = 0; k < r->net.n_populations; k++)
    if (r->chosen[k]) all += r->net.populations[k].count, chosen += r->chosen[k];
  if (density) { /* the dots written so far are not wanted */
    if (fflush(script) || fseek(script, 0, SEEK_SET) || ftruncate(fileno(script), 0))
      return h9_fail_sys(e, H9_EIO, errno, "a script for gnuplot");
    rc = write_density(r, script, e);
  }
  if (rc == H9_OK) rc = write_rates(r, script, e);
  if (rc != H9_OK) return rc;
  h9_plot_begin(r->p, script);
  const char *what = density ? "Rates" : "Spikes";
  if (chosen < all)
    h9_plot_multiplot(r->p, script, "%s of %llu of %llu neurons", what, (unsigned long long)chosen,
                      (unsigned long long)all);
  else h9_plot_multiplot(r->p, script, "%s of %llu neurons", what, (unsigned long long)all);
  int width = h9_plot_name_width(r->p, &r->net, NAME);
  double left = fmax(0.12, 0.03 + 1.06 * h9_plot_letter(r->p) * width), right = density ? 0.82 : 0.955;
  h9_plot_panel(script, left, right, 0.41, 0.9);
  fputs("set ylabel offset 0.6,0\n", script);
  plot_spikes(r, density ? r->line_base : r->base, density, script);
  h9_plot_panel(script, left, right, 0.175, 0.37);
  plot_rates(r, script);
  return H9_OK;
}

int h9_plot_raster(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) {
  raster r = {.p = p};
  fputs("$spikes << EOD\n", script);
  int rc = read_all(&r, fd, name, script, e);
  fputs("EOD\n", script);
  if (rc == H9_OK) rc = draw(&r, script, e);
  h9_activity_free(r.activity);
  free(r.rank);
  free(r.chosen);
  free(r.base);
  free(r.lines);
  free(r.line_base);
  free(r.count);
  h9_network_release(&r.net);
  return rc;
}

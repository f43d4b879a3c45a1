/* Activity over space: the rates of the neurons in the cells of a plane, frame by frame. A sheet shows all
 * frames side by side; an animation one after another. */
#include "plot.h"

#include "../base/io.h"
#include "../base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FRAMES = 10, CELLS = 40, WINDOW_MS = 100 };

typedef struct film {
  const h9_plot *p;
  h9_network net;
  h9_network located;       /* of --network */
  const h9_network *places; /* the one that has positions */
  int axis[2];
  uint32_t n_cells[2], frames;
  double lo[2], cell;   /* um */
  uint32_t *of;         /* [n_neurons] 1 + cell of each; 0: not shown */
  uint32_t *neurons;    /* [cells] */
  uint32_t *count;      /* [frames][cells] */
  h9_step first, width; /* of the first frame, later than `first` */
  h9_step from, to;     /* recorded */
  bool begun;
  uint64_t spikes;
} film;

static const float *along(const h9_network *net, int axis) {
  return axis == 0 ? net->x : axis == 1 ? net->y : net->z;
}

/* Positions of the network in another stream, which must be of the same populations. */
static int read_places(film *f, h9_error *e) {
  const char *shown;
  int fd;
  h9_reader *r = NULL;
  h9_block b = {0};
  f->places = &f->net;
  if (!f->p->network) return H9_OK;
  int rc = h9_input_open(f->p->network, &fd, &shown, e);
  if (rc != H9_OK) return rc;
  rc = h9_reader_open(&r, fd, shown, H9_WANT_ALL & ~(UINT32_C(1) << H9_BLOCK_CONNECTIONS), f->p->threads, e);
  if (rc == H9_OK) rc = h9_network_read(r, &f->located, true, &b, e);
  h9_reader_close(r);
  if (fd != STDIN_FILENO) close(fd);
  if (rc != H9_OK && rc != H9_EOF) return rc;
  f->places = &f->located;
  bool same = f->located.n_populations == f->net.n_populations;
  for (uint32_t k = 0; same && k < f->net.n_populations; k++)
    same = f->located.populations[k].count == f->net.populations[k].count &&
           strcmp(f->located.populations[k].name, f->net.populations[k].name) == 0;
  return same ? H9_OK
              : h9_fail(e, H9_EDATA, "--network: %s has other populations than the stream to draw",
                        f->p->network);
}

/* Square cells, at most CELLS along the longer side, and no more than leave some neurons in each. */
static int lay_out(film *f, const char *name, h9_error *e) {
  static const int planes[][2] = {{0, 1}, {0, 2}, {1, 2}};
  int rc = h9_plot_check(f->p, &f->net, name, e);
  if (rc == H9_OK) rc = read_places(f, e);
  if (rc != H9_OK) return rc;
  const h9_network *net = f->places;
  if (f->p->network) name = f->p->network;
  if (!net->x && !f->p->network)
    return h9_fail(e, H9_EDATA, "%s: holds no positions of neurons: name the network's stream with --network",
                   name);
  if (!net->x || net->dimensions < 2)
    return h9_fail(
        e, H9_EDATA,
        "%s: its neurons do not lie in a plane or space, frames need positions of two or three dimensions",
        name);
  memcpy(f->axis, planes[f->p->projection == H9_PLOT_OWN ? H9_PLOT_XY : f->p->projection], sizeof f->axis);
  if ((f->axis[1] == 2) && net->dimensions < 3)
    return h9_fail(e, H9_EDATA, "%s: has two dimensions, expected --projection xy", name);
  double side[2];
  uint64_t shown = 0;
  for (uint32_t k = 0; k < net->n_populations; k++)
    if (net->populations[k].placed && h9_plot_shows(f->p, net->populations[k].name))
      shown += net->populations[k].count;
  if (!shown) return h9_fail(e, H9_EDATA, "%s: the populations to draw have no positions", name);
  for (int k = 0; k < 2; k++) {
    f->lo[k] = net->lo[f->axis[k]];
    side[k] = fmax(net->hi[f->axis[k]] - f->lo[k], 1e-3);
  }
  f->cell = fmax(fmax(side[0], side[1]) / CELLS, sqrt(side[0] * side[1] * 4 / (double)shown));
  size_t cells = 1;
  for (int k = 0; k < 2; k++) {
    f->n_cells[k] = (uint32_t)fmin(CELLS, fmax(1, ceil(side[k] / f->cell - 1e-9)));
    cells *= f->n_cells[k];
  }
  f->frames = f->p->frames ? f->p->frames : FRAMES;
  f->of = calloc((size_t)net->n_neurons + 1, sizeof *f->of);
  f->neurons = calloc(cells, sizeof *f->neurons);
  f->count = calloc(cells * f->frames, sizeof *f->count);
  if (!f->of || !f->neurons || !f->count)
    return h9_fail_memory(e, cells * f->frames * sizeof *f->count, "frames");
  for (uint32_t q = 0; q < net->n_populations; q++) {
    const h9_population *pop = &net->populations[q];
    if (!pop->placed || !h9_plot_shows(f->p, pop->name)) continue;
    for (uint32_t i = pop->first - 1; i < pop->first - 1 + pop->count; i++) {
      uint32_t at[2];
      for (int k = 0; k < 2; k++) {
        double c = floor((along(net, f->axis[k])[i] - f->lo[k]) / f->cell);
        at[k] = c < 0 ? 0 : c < f->n_cells[k] ? (uint32_t)c : f->n_cells[k] - 1;
      }
      f->of[i] = 1 + at[1] * f->n_cells[0] + at[0];
      f->neurons[f->of[i] - 1]++;
    }
  }
  return H9_OK;
}

static h9_step step_of(double ms, double dt) {
  return (h9_step)fmax(-0x1p60, fmin(0x1p60, floor(ms / dt + 0.5)));
}

static void begin(film *f, h9_step from) {
  const h9_plot *p = f->p;
  double dt = f->net.dt;
  f->begun = true;
  f->from = from;
  f->first = isnan(p->from) ? from : step_of(p->from, dt);
  double window = isnan(p->to) ? WINDOW_MS : p->to - (double)f->first * dt;
  double width = isnan(p->bin) ? window / f->frames : p->bin;
  f->width = (h9_step)fmax(1, floor(width / dt + 0.5));
  if (!isnan(p->bin) && !isnan(p->to)) { /* as many frames as there is time for */
    double most = ceil(window / width - 1e-9);
    if (most < f->frames) f->frames = most < 1 ? 1 : (uint32_t)most;
  }
}

static void add_batch(film *f, const h9_signals *s) {
  size_t cells = (size_t)f->n_cells[0] * f->n_cells[1];
  if (!f->begun) begin(f, s->from);
  f->to = s->to;
  for (size_t i = 0; i < s->n; i++) {
    uint32_t c = f->of[s->id[i] - 1];
    h9_step t = s->step[i] - f->first - 1;
    if (!c || t < 0 || t / f->width >= f->frames) continue;
    f->count[(size_t)(t / f->width) * cells + c - 1]++;
    f->spikes++;
  }
}

static int read_all(film *f, int fd, const char *name, h9_error *e) {
  h9_reader *r = NULL;
  h9_block b = {0};
  h9_signals s = {0};
  int rc =
      h9_reader_open(&r, fd, name, H9_WANT_ALL & ~(UINT32_C(1) << H9_BLOCK_CONNECTIONS), f->p->threads, e);
  if (rc == H9_OK) rc = h9_network_read(r, &f->net, true, &b, e);
  if (rc == H9_OK || rc == H9_EOF) {
    int bad = lay_out(f, name, e);
    if (bad) rc = bad;
  }
  while (rc == H9_OK) {
    if (b.kind == H9_BLOCK_SIGNALS && b.body) {
      rc = h9_signals_decode(&b, f->net.n_neurons, &s, e);
      if (rc) rc = h9_reader_fail_at(r, &b, e);
      else add_batch(f, &s);
    }
    if (rc == H9_OK) rc = h9_reader_next(r, &b, e);
  }
  h9_signals_release(&s);
  h9_reader_close(r);
  if (rc != H9_EOF) return rc;
  if (!f->begun)
    return h9_fail(e, H9_EDATA, "%s: holds no spikes, frames need the output of hal9-step", name);
  h9_step end = f->first + (h9_step)f->frames * f->width;
  if (f->first >= f->to || end <= f->from)
    return h9_fail(e, H9_EDATA, "%s: records %.9g to %.9g ms, nothing of the time to draw", name,
                   (double)f->from * f->net.dt, (double)f->to * f->net.dt);
  uint32_t recorded = (uint32_t)((f->to - f->first) / f->width); /* a frame that the end cuts is left out */
  if (recorded < 1)
    return h9_fail(e, H9_EDATA, "%s: a frame of %.9g ms is longer than the time recorded", name,
                   (double)f->width * f->net.dt);
  if (recorded < f->frames) f->frames = recorded;
  return H9_OK;
}

static int ascending(const void *a, const void *b) {
  const float *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

/* A matrix of rates a frame; cells without neurons hold none. The brightest colour is for the highest 200th.
 */
static int write_frames(const film *f, double *bright, FILE *script, h9_error *e) {
  size_t cells = (size_t)f->n_cells[0] * f->n_cells[1], n = 0;
  float *all = malloc(cells * f->frames * sizeof *all);
  if (!all) return h9_fail_memory(e, cells * f->frames * sizeof *all, "frames");
  double seconds = (double)f->width * f->net.dt / 1000;
  for (uint32_t k = 0; k < f->frames; k++) {
    fprintf(script, "$frame%u << EOD\n", k);
    for (size_t c = 0; c < cells; c++) {
      if (c) fputs(c % f->n_cells[0] ? "\t" : "\n", script);
      if (!f->neurons[c]) {
        fputs("NaN", script);
        continue;
      }
      double rate = f->count[(size_t)k * cells + c] / (double)f->neurons[c] / seconds;
      fprintf(script, "%.6g", rate);
      all[n++] = (float)rate;
    }
    fputs("\nEOD\n", script);
  }
  qsort(all, n, sizeof *all, ascending);
  *bright = n ? all[n - 1 - n / 200] : 0;
  if (!(*bright > 0)) *bright = n && all[n - 1] > 0 ? all[n - 1] : 1;
  free(all);
  return H9_OK;
}

static void one_frame(const film *f, uint32_t k, FILE *script) {
  double c = f->cell;
  fprintf(script, "plot $frame%u matrix using (%.7g+$1*%.7g):(%.7g+$2*%.7g):3 with %s\n", k, f->lo[0] + c / 2,
          c, f->lo[1] + c / 2, c, h9_plot_image(f->p));
}

static void when(const film *f, uint32_t k, char *text, size_t size) {
  double dt = f->net.dt, from = (double)(f->first + (h9_step)k * f->width) * dt;
  snprintf(text, size, "%.6g to %.6g ms", from, from + (double)f->width * dt);
}

static void axes(const film *f, double bright, FILE *script) {
  double hi[2] = {f->lo[0] + f->cell * f->n_cells[0], f->lo[1] + f->cell * f->n_cells[1]};
  h9_plot_palette(script);
  fprintf(script,
          "unset key\nset border 15\nset xrange [%.7g:%.7g]\nset yrange [%.7g:%.7g]\nset cbrange "
          "[0:%.5g]\nset cbtics %g\n"
          "set cblabel 'rate (spikes/s)' offset 0.9,0\nset size ratio -1\n"
          "set object 1 rectangle from graph 0, graph 0 to graph 1, graph 1 behind fillcolor '#DDDDDD' "
          "fillstyle solid noborder\n",
          f->lo[0], hi[0], f->lo[1], hi[1], bright, h9_plot_round(bright, 5));
}

/* Columns and rows of frames, such that frames are large; the scale of colours stands to the right of all. */
static void draw_sheet(const film *f, double bright, FILE *script) {
  const h9_plot *p = f->p;
  double ratio = (double)f->n_cells[1] / f->n_cells[0] * p->width / p->height, best = 0;
  const double left = 0.115, right = 0.855, bottom = 0.15, top = 0.91, line = 0.06;
  uint32_t columns = 1;
  for (uint32_t c = 1; c <= f->frames; c++) {
    uint32_t rows = (f->frames + c - 1) / c;
    double w = fmin((right - left) / c - 0.012, ((top - bottom) / rows - line) / ratio);
    if (w > best) best = w, columns = c;
  }
  uint32_t rows = (f->frames + columns - 1) / columns;
  if (best <= 0) best = 0.01;
  double high = best * ratio, dx = best + 0.012, dy = high + line;
  double x0 = left + (right - left - columns * dx) / 2, y0 = top - (top - bottom - rows * dy) / 2;
  double font = h9_plot_small(p) * fmin(1, best / 0.14);
  char text[64];
  h9_plot_multiplot(p, script,
                    f->spikes ? "Activity in frames of %.6g ms" : "Activity in frames of %.6g ms: no spikes",
                    (double)f->width * f->net.dt);
  axes(f, bright, script);
  fputs("set xtics scale 0.3\nset ytics scale 0.3\n", script);
  for (uint32_t k = 0; k < f->frames; k++) {
    uint32_t column = k % columns, row = k / columns;
    bool lowest = row == rows - 1 || k + columns >= f->frames, corner = lowest && column == 0;
    double x = x0 + column * dx, y = y0 - row * dy - line;
    h9_plot_panel(script, x, x + best, y - high, y);
    when(f, k, text, sizeof text);
    fprintf(script, "set label 1 '%s' at graph 0.5, screen %.4f center font ',%.3g'\n",
            k ? strstr(text, "to ") : text, y + 0.022, font);
    if (corner)
      fprintf(script,
              "set format '%%g'\nset xtics %g font ',%.3g'\nset ytics %g font ',%.3g'\nset xlabel '%c (um)' "
              "offset 0,0.5 font ',%.3g'\nset ylabel '%c (um)' offset 1,0 font ',%.3g'\n",
              h9_plot_round(f->cell * f->n_cells[0], 3.2), font, h9_plot_round(f->cell * f->n_cells[1], 3.2),
              font, "xyz"[f->axis[0]], font, "xyz"[f->axis[1]], font);
    else fputs("set format ''\nunset xtics\nunset ytics\nunset xlabel\nunset ylabel\n", script);
    if (k == 0) fprintf(script, "set format cb '%%g'\nset colorbox user origin 0.87, 0.2 size 0.02, 0.6\n");
    one_frame(f, k, script);
    fputs("unset label\nunset colorbox\n", script);
  }
  fputs("unset multiplot\n", script);
}

static void draw_film(const film *f, double bright, FILE *script) {
  char text[64];
  axes(f, bright, script);
  fprintf(script, "set xlabel '%c (um)'\nset ylabel '%c (um)'\n", "xyz"[f->axis[0]], "xyz"[f->axis[1]]);
  for (uint32_t k = 0; k < f->frames; k++) {
    when(f, k, text, sizeof text);
    if (f->p->title) h9_plot_title(f->p, script, "%s", "");
    else h9_plot_title(f->p, script, "%s", text);
    one_frame(f, k, script);
  }
}

int h9_plot_frames(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) {
  film f = {.p = p};
  double bright = 0;
  int rc = read_all(&f, fd, name, e);
  if (rc == H9_OK) rc = write_frames(&f, &bright, script, e);
  if (rc == H9_OK) {
    h9_plot_begin(p, script);
    if (p->format == H9_PLOT_GIF) draw_film(&f, bright, script);
    else draw_sheet(&f, bright, script);
  }
  free(f.of);
  free(f.neurons);
  free(f.count);
  h9_network_release(&f.located);
  h9_network_release(&f.net);
  return rc;
}

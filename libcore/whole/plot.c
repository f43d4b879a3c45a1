#include "plot.h"
#include "plot_terminal.h"

#include "../base/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                      "#E69F00", "#56B4E9", "#000000", "#B8A800"};

const char *h9_plot_colour(uint32_t population) {
  return colours[population % (sizeof colours / sizeof colours[0])];
}

void h9_plot_text(FILE *script, const char *text) {
  for (; *text; text++) {
    if (*text == '\'') fputc('\'', script);
    if (*text != '\n' && *text != '\r') fputc(*text, script);
  }
}

double h9_plot_scale(const h9_plot *p) { return fmin(p->width / 1200.0, p->height / 700.0); }

/* Letters of the same size: terminals count them in different units. */
static double letters(const h9_plot *p) {
  if (p->format == H9_PLOT_TERMINAL) return 16; /* a letter a cell */
  return h9_plot_scale(p) * (p->format == H9_PLOT_SVG ? 28 : p->format == H9_PLOT_PDF ? 16.5 : 22);
}
double h9_plot_small(const h9_plot *p) { return 0.78 * letters(p); }

double h9_plot_letter(const h9_plot *p) {
  return p->format == H9_PLOT_TERMINAL ? (double)H9_TERMINAL_CELL_X / p->width
                                       : 18.6 * h9_plot_scale(p) / p->width;
}
const char *h9_plot_image(const h9_plot *p) {
  return p->format == H9_PLOT_TERMINAL ? "image pixels" : "image";
}

void h9_plot_begin(const h9_plot *p, FILE *script) {
  double k = h9_plot_scale(p);
  if (p->format == H9_PLOT_PDF)
    fprintf(script,
            "set terminal pdfcairo noenhanced size %gin,%gin fontscale 1 font 'DejaVu Sans,%.3g' linewidth "
            "%.3g\n",
            p->width / 100.0, p->height / 100.0, letters(p), 1.5 * k);
  else if (p->format == H9_PLOT_SVG || p->format == H9_PLOT_TERMINAL)
    fprintf(
        script,
        "set terminal svg noenhanced size %d,%d font 'DejaVu Sans,%.3g' linewidth %.3g background 'white'\n",
        p->width, p->height, letters(p), 1.7 * k);
  else if (p->format == H9_PLOT_GIF) /* letters are bitmaps of one width or outlines found by their name */
    fprintf(script,
            "set terminal gif animate delay 12 loop 0 noenhanced size %d,%d font 'DejaVu Sans,%.3g' "
            "linewidth %.3g\n",
            p->width, p->height, letters(p), 1.7 * k);
  else
    fprintf(script, "set terminal pngcairo noenhanced size %d,%d font 'DejaVu Sans,%.3g' linewidth %.3g\n",
            p->width, p->height, letters(p), 1.7 * k);
  fputs("if (!exists('picture')) picture = '", script); /* a kept script draws to the name it was asked for */
  h9_plot_text(script, p->output);
  fputs("'\nset output picture\nset encoding utf8\nset border 3 lw 1\nset tics out nomirror scale 0.6\nset "
        "datafile "
        "separator '\\t'\n",
        script);
}

void h9_plot_palette(FILE *script) {
  /* viridis, of S. van der Walt & N. Smith (2015, https://bids.github.io/colormap/), at its ninths */
  static const char *const at[] = {"#440154", "#482878", "#3E4989", "#31688E", "#26828E",
                                   "#1F9E89", "#35B779", "#6DCD59", "#B4DE2C", "#FDE725"};
  fputs("set palette defined (", script);
  for (int i = 0; i < 10; i++) fprintf(script, "%s%d '%s'", i ? ", " : "", i, at[i]);
  fputs(")\n", script);
}

void h9_plot_title(const h9_plot *p, FILE *script, const char *form, ...) {
  char text[1024];
  va_list a;
  va_start(a, form);
  vsnprintf(text, sizeof text, form, a);
  va_end(a);
  fputs("set title '", script);
  h9_plot_text(script, p->title ? p->title : text);
  fputs("'\n", script);
}

void h9_plot_multiplot(const h9_plot *p, FILE *script, const char *form, ...) {
  char text[1024];
  va_list a;
  va_start(a, form);
  vsnprintf(text, sizeof text, form, a);
  va_end(a);
  fputs("set multiplot\nset label 100 '", script);
  h9_plot_text(script, p->title ? p->title : text);
  fputs("' at screen 0.5, screen 0.955 center\n", script);
}

void h9_plot_panel(FILE *script, double left, double right, double bottom, double top) {
  fprintf(script,
          "set lmargin at screen %.4g\nset rmargin at screen %.4g\nset bmargin at screen %.4g\nset tmargin "
          "at screen %.4g\n",
          left, right, bottom, top);
}

void h9_plot_nothing(FILE *script, const char *text) {
  fputs("set yrange [0:1]\nunset ytics\nset label 99 '", script);
  h9_plot_text(script, text);
  fputs("' at graph 0.5, graph 0.5 center\nplot NaN notitle\nunset label 99\nset ytics nomirror\n", script);
}

double h9_plot_round(double range, double most) {
  double least = range / most, step = least > 0 ? pow(10, floor(log10(least))) : 1;
  return step >= least ? step : 2 * step >= least ? 2 * step : 5 * step >= least ? 5 * step : 10 * step;
}

/* Bytes of the first `most` characters of UTF-8. */
static size_t cut(const char *name, int most) {
  size_t n = 0;
  for (int k = 0; name[n] && k < most; k++)
    for (n++; ((unsigned char)name[n] & 0xC0) == 0x80;) n++;
  return n;
}

void h9_plot_name(FILE *script, const char *name, int most) {
  char text[H9_NAME_MAX + 8];
  if (name[cut(name, most)]) { /* the end often tells names apart, so the middle goes */
    const char *tail = name;
    size_t head = cut(name, most - 1 - most / 3);
    while (tail[cut(tail, most / 3)]) tail += cut(tail, 1);
    snprintf(text, sizeof text, "%.*s\u2026%s", (int)head, name, tail);
  } else snprintf(text, sizeof text, "%s", name);
  h9_plot_text(script, text);
}

static int characters(const char *name, int most) {
  int n = 0;
  while (n < most && name[cut(name, n)]) n++;
  return n;
}

int h9_plot_name_width(const h9_plot *p, const h9_network *net, int most) {
  int longest = 0;
  for (uint32_t k = 0; k < net->n_populations; k++) {
    const char *name = net->populations[k].name;
    int n = characters(name, most);
    if (h9_plot_shows(p, name) && n > longest) longest = n;
  }
  return longest;
}

bool h9_plot_shows(const h9_plot *p, const char *population) {
  if (!p->only) return true;
  for (const char *const *n = p->only; *n; n++)
    if (strcmp(*n, population) == 0) return true;
  return false;
}

int h9_plot_check(const h9_plot *p, const h9_network *net, const char *name, h9_error *e) {
  for (const char *const *n = p->only; n && *n; n++)
    if (h9_network_named(net, *n, e) < 0) return h9_fail_at(e, "%s", name);
  return H9_OK;
}

void h9_plot_names(const h9_plot *p, const h9_network *net, double x, double y, double wide, int most,
                   FILE *script) {
  enum { GAP = 2, NAMED_LINES = 2, MORE = 8 };
  const double letter = h9_plot_letter(p),
               line = p->format == H9_PLOT_TERMINAL
                          ? (double)H9_TERMINAL_CELL_Y / p->height
                          : 35 * h9_plot_scale(p) / p->height; /* of letters as h9_plot_begin has them */
  int room = (int)(wide / letter), n_names = 0, lines = 0;
  for (uint32_t k = 0; k < net->n_populations; k++) n_names += h9_plot_shows(p, net->populations[k].name);
  if (n_names < 2) return;
  for (uint32_t k = 0, end; k < net->n_populations; k = end) {
    int used = 0;
    for (end = k; end < net->n_populations; end++) { /* as many as a line holds */
      const char *name = net->populations[end].name;
      int n = h9_plot_shows(p, name) ? characters(name, most) + GAP : 0;
      if (used + n + (lines + 1 == NAMED_LINES ? MORE : 0) > room && used > 0) break;
      used += n;
    }
    double at = x - letter * (used - GAP) / 2;
    for (; k < end; k++) {
      const char *name = net->populations[k].name;
      if (!h9_plot_shows(p, name)) continue;
      fputs("set label '", script);
      h9_plot_name(script, name, most);
      fprintf(script, "' at screen %.4f, screen %.4f left textcolor rgb '%s'\n", at, y, h9_plot_colour(k));
      at += letter * (characters(name, most) + GAP);
      n_names--;
    }
    y -= line;
    if (++lines < NAMED_LINES || n_names == 0) continue;
    fprintf(script, "set label 'and %d' at screen %.4f, screen %.4f left\n", n_names, at, y + line);
    return;
  }
}

static int ascending(const void *a, const void *b) {
  const uint64_t *x = a, *y = b;
  return (x[0] > y[0]) - (x[0] < y[0]);
}
static int by_index(const void *a, const void *b) {
  const uint64_t *x = a, *y = b;
  return (x[1] > y[1]) - (x[1] < y[1]);
}

int h9_plot_choose(const h9_plot *p, const h9_network *net, uint32_t most, uint32_t *rank, uint32_t *chosen,
                   h9_error *e) {
  enum { LEAST = 30 };
  uint64_t shown = 0;
  for (uint32_t k = 0; k < net->n_populations; k++)
    if (h9_plot_shows(p, net->populations[k].name)) shown += net->populations[k].count;
  for (uint32_t k = 0; k < net->n_populations; k++) {
    const h9_population *q = &net->populations[k];
    chosen[k] = 0;
    if (!h9_plot_shows(p, q->name)) continue;
    uint64_t n = shown <= most ? q->count : (uint64_t)((double)most * q->count / (double)shown + 0.5);
    if (n < LEAST) n = LEAST;
    if (n > q->count) n = q->count;
    uint64_t(*key)[2] = malloc((size_t)q->count * sizeof *key);
    if (!key) return h9_fail_memory(e, (size_t)q->count * sizeof *key, "a choice of neurons");
    h9_key seed = h9_key_make(p->seed, H9_PURPOSE_SAMPLE, k);
    for (uint32_t i = 0; i < q->count; i++) {
      h9_ctr c = h9_philox(seed, i, 1, 0, 0);
      key[i][0] = (uint64_t)c.v[0] << 32 | c.v[1];
      key[i][1] = i;
    }
    if (n < q->count) qsort(key, q->count, sizeof *key, ascending);
    qsort(key, n, sizeof *key, by_index); /* those chosen keep the order of their ids */
    for (uint64_t i = 0; i < n; i++) rank[q->first - 1 + key[i][1]] = (uint32_t)i + 1;
    chosen[k] = (uint32_t)n;
    free(key);
  }
  return H9_OK;
}

/* Pictures as gnuplot scripts that hold their data. Axes carry units; populations have the colours of
 * Okabe & Ito (2008, https://jfly.uni-koeln.de/color/), which people with any colour vision tell apart. */
#ifndef H9_WHOLE_PLOT_H
#define H9_WHOLE_PLOT_H

#include "../format/codec.h"
#include <stdio.h>

enum h9_plot_format { H9_PLOT_PNG, H9_PLOT_SVG, H9_PLOT_PDF };

typedef struct h9_plot {
  enum h9_plot_format format;
  int width, height;       /* pixels (pdf: hundredths of an inch) */
  const char *title;       /* NULL: the plot's own */
  const char *output;      /* file that gnuplot writes unless its variable `picture` names another */
  const char *const *only; /* populations to show; NULL: all */
  double from, to;         /* ms; NaN: the plot's choice */
  double bin;              /* ms; NaN: the plot's choice */
  uint32_t neurons;        /* most neurons to show; 0: the plot's choice */
  const char *x, *y, *value; /* columns of a table; NULL: none */
  uint64_t seed;           /* of the choice of neurons */
  int threads;
} h9_plot;

/* Each reads the stream on fd to its end and writes the script. H9_EDATA when the stream has nothing to show.
 */
int h9_plot_raster(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) H9_UNUSED_RESULT;
int h9_plot_rates(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) H9_UNUSED_RESULT;
int h9_plot_trace(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) H9_UNUSED_RESULT;
int h9_plot_network(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) H9_UNUSED_RESULT;
/* Reads a table with a line of column names from the file called `name` (NULL: standard input) instead; fd is unused. */
int h9_plot_heatmap(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) H9_UNUSED_RESULT;

/* ---- shared by the above ---- */

/* Terminal, output, fonts, colours. Letters and lines grow with the picture: at 85 mm, a column's width, letters
 * have 6 points. */
void h9_plot_begin(const h9_plot *p, FILE *script);
/* How large the picture is against one of 1200 x 700: point sizes are multiplied by it. */
double h9_plot_scale(const h9_plot *p);
/* The map of colours for `with image` and the like: viridis, even in lightness to any colour vision. */
void h9_plot_palette(FILE *script);
/* "set title 'TEXT'", that of the user or the given one. */
H9_PRINTF(3, 4) void h9_plot_title(const h9_plot *p, FILE *script, const char *form, ...);
const char *h9_plot_colour(uint32_t population);
/* Text for a quoted gnuplot string without enhanced mode: ' doubled. */
void h9_plot_text(FILE *script, const char *text);
/* Whether a population is to be shown; h9_plot_check finds names in `only` that the network lacks. */
bool h9_plot_shows(const h9_plot *p, const char *population);
int h9_plot_check(const h9_plot *p, const h9_network *net, const char *name, h9_error *e) H9_UNUSED_RESULT;
/* A seeded choice of `most` of the neurons shown, every population in proportion but with at least
 * 30 where it has them: rank[id - 1] counts from 1 within the population, 0: not chosen. */
int h9_plot_choose(const h9_plot *p, const h9_network *net, uint32_t most, uint32_t *rank, uint32_t *chosen,
                   h9_error *e) H9_UNUSED_RESULT;

#endif

/* Pictures as gnuplot scripts that hold their data. Axes carry units; populations have the colours of
 * Okabe & Ito (2008, https://jfly.uni-koeln.de/color/), which people with any colour vision tell apart. */
#ifndef H9_WHOLE_PLOT_H
#define H9_WHOLE_PLOT_H

#include "../format/codec.h"
#include <stdio.h>

enum h9_plot_format {
  H9_PLOT_PNG,
  H9_PLOT_SVG,
  H9_PLOT_PDF,
  H9_PLOT_GIF /* animated: frames only */,
  H9_PLOT_TERMINAL /* an SVG for h9_terminal_draw */
};

enum h9_plot_projection {
  H9_PLOT_XY,
  H9_PLOT_XZ,
  H9_PLOT_YZ,
  H9_PLOT_SPACE,
  H9_PLOT_OWN /* the plot's choice */
};

typedef struct h9_plot {
  enum h9_plot_format format;
  int width, height;       /* pixels (pdf: hundredths of an inch) */
  const char *title;       /* NULL: the plot's own */
  const char *output;      /* file that gnuplot writes unless its variable `picture` names another */
  const char *const *only; /* populations to show; NULL: all */
  double from, to;         /* ms; NaN: the plot's choice */
  double bin;              /* ms; NaN: the plot's choice */
  bool density;            /* raster: rates by colour, whatever the number of spikes */
  uint32_t neurons;        /* most neurons to show; 0: the plot's choice */
  enum h9_plot_projection projection;
  const char *network;       /* stream that has the positions; NULL: the one drawn */
  uint32_t frames;           /* most frames; 0: the plot's choice */
  const char *x, *y, *value; /* columns of a table; NULL: none */
  uint64_t seed;             /* of the choice of neurons */
  int threads;
} h9_plot;

/* Each reads the stream on fd to its end and writes the script. H9_EDATA when the stream has nothing to show.
 */
int h9_plot_raster(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) H9_UNUSED_RESULT;
int h9_plot_rates(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) H9_UNUSED_RESULT;
int h9_plot_trace(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) H9_UNUSED_RESULT;
int h9_plot_network(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) H9_UNUSED_RESULT;
int h9_plot_isi(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) H9_UNUSED_RESULT;
int h9_plot_correlation(const h9_plot *p, int fd, const char *name, FILE *script,
                        h9_error *e) H9_UNUSED_RESULT;
int h9_plot_frames(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) H9_UNUSED_RESULT;
int h9_plot_degrees(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) H9_UNUSED_RESULT;
int h9_plot_distances(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) H9_UNUSED_RESULT;
/* Reads a table with a line of column names from the file called `name` (NULL: standard input) instead; fd is
 * unused. */
int h9_plot_heatmap(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) H9_UNUSED_RESULT;

/* ---- shared by the above ---- */

/* Terminal, output, fonts, colours. Letters and lines grow with the picture: at 85 mm, a column's width,
 * letters have 6 points. */
void h9_plot_begin(const h9_plot *p, FILE *script);
/* How large the picture is against one of 1200 x 700: point sizes are multiplied by it. */
double h9_plot_scale(const h9_plot *p);
/* Size of small letters, for `font ',SIZE'`. */
double h9_plot_small(const h9_plot *p);
/* Width of a letter on average, in parts of the picture. */
double h9_plot_letter(const h9_plot *p);
/* "image", or "image pixels" where cells are to be drawn one by one. */
const char *h9_plot_image(const h9_plot *p);
/* The map of colours for `with image` and the like: viridis, even in lightness to any colour vision. */
void h9_plot_palette(FILE *script);
/* "set title 'TEXT'", that of the user or the given one. */
H9_PRINTF(3, 4) void h9_plot_title(const h9_plot *p, FILE *script, const char *form, ...);
const char *h9_plot_colour(uint32_t population);
/* Text for a quoted gnuplot string without enhanced mode: ' doubled. */
void h9_plot_text(FILE *script, const char *text);
/* The same, of a name, shortened to `most` characters. */
void h9_plot_name(FILE *script, const char *name, int most);
/* Characters of the longest name of a population that is shown, at most `most`. */
int h9_plot_name_width(const h9_plot *p, const h9_network *net, int most);
/* Names of the populations shown, in their colours, centred at x and from y on down, in lines no longer than
 * `wide` (all in parts of the picture). They are labels, in two lines at most; how many are left out stands behind. */
void h9_plot_names(const h9_plot *p, const h9_network *net, double x, double y, double wide, int most,
                   FILE *script);
/* A panel of a picture of several, by its edges in parts of the picture. */
void h9_plot_panel(FILE *script, double left, double right, double bottom, double top);
/* The line above all panels of a multiplot, by user or form. */
H9_PRINTF(3, 4) void h9_plot_multiplot(const h9_plot *p, FILE *script, const char *form, ...);
/* A panel that holds nothing but what it says. Its range of x must be set; that of y is 0 to 1 from then on.
 */
void h9_plot_nothing(FILE *script, const char *text);
/* A round width, 1, 2 or 5 times a power of ten, that makes at most `most` pieces of a range. */
double h9_plot_round(double range, double most);
/* Whether a population is to be shown; h9_plot_check finds names in `only` that the network lacks. */
bool h9_plot_shows(const h9_plot *p, const char *population);
int h9_plot_check(const h9_plot *p, const h9_network *net, const char *name, h9_error *e) H9_UNUSED_RESULT;
/* A seeded choice of `most` of the neurons shown, every population in proportion but with at least
 * 30 where it has them: rank[id - 1] counts from 1 within the population, 0: not chosen. */
int h9_plot_choose(const h9_plot *p, const h9_network *net, uint32_t most, uint32_t *rank, uint32_t *chosen,
                   h9_error *e) H9_UNUSED_RESULT;

#endif

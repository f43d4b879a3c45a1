/* Where somata lie: layouts of populations and the placing of their neurons.
 *
 * A position is a pure function of (seed, population, index of the neuron in it): the same for any
 * number of threads, and, but for the grid layout (whose spacing follows from the count), the same
 * however many neurons come after it. With a minimum distance it also depends on the neurons before. */
#ifndef H9_MODEL_LAYOUT_H
#define H9_MODEL_LAYOUT_H

#include "../base/status.h"

enum h9_layout_type {
  H9_LAYOUT_NONE, H9_LAYOUT_BOX, H9_LAYOUT_BALL, H9_LAYOUT_SPHERE, H9_LAYOUT_DISK, H9_LAYOUT_ELLIPSOID,
  H9_LAYOUT_GRID, H9_LAYOUT_BLOB, H9_LAYOUT_COLUMN, H9_LAYOUT_FILE, H9_LAYOUTS,
};
const char *h9_layout_name(enum h9_layout_type t);
int h9_layout_parse(const char *name); /* -1: none of that name */

/* Where a population's somata lie. Lengths in um. Zero-initialised = not placed. */
typedef struct h9_layout {
  enum h9_layout_type type;
  int dimensions;      /* 1, 2, 3; 0: as the extents given, or what the type has (file: its columns) */
  double extent[3];    /* full widths; ball and sphere: diameter in [0]; disk: diameter in [0], the
                          disk lies in the x-y plane (2-D); ellipsoid: full axes; column: x, y widths (or
                          diameter when `round`) and [2] = height; file: the domain, 0: what the file spans */
  double center[3];
  bool round;          /* column with circular section */
  double jitter;       /* grid: uniform displacement within +- jitter * spacing, 0 .. 1 */
  double spread[3];    /* blob: standard deviations */
  double min_distance; /* between somata of this population and of those generated before it; 0: free */
  char *file;          /* positions: text, one neuron a line, x [y [z]] between spaces, tabs or commas, um;
                          # begins a comment */
} h9_layout;

/* Fills in what was left out. n_extent, n_spread: how many of each were given (0 .. 3).
 * dimensions 0: n_extent where that is 2 or 3, else 2 for disk, else 3 (file: left 0). One extent counts for
 * every dimension; a column given two takes them as width and height. A blob without spread takes a
 * sixth of the extent; without extent, ten times the spread. Then checks as h9_layout_check. */
int h9_layout_complete(h9_layout *l, int n_extent, int n_spread, h9_error *e) H9_UNUSED_RESULT;
/* H9_ECONFIG with "KEY: found ..., expected ..." when a value is missing or makes no sense. */
int h9_layout_check(const h9_layout *l, h9_error *e) H9_UNUSED_RESULT;
/* The box it declares: center +- extent / 2 (not for files without extent: h9_layout_adopt).
 * Dimensions it does not have are 0 wide at the center. */
void h9_layout_bounds(const h9_layout *l, double lo[3], double hi[3]);

/* A file of positions, read whole. */
typedef struct h9_points_file {
  int dimensions; /* columns */
  uint32_t n;
  float *xyz;     /* [3 * n]; columns it lacks are 0 */
  uint64_t *line; /* [n] where each stood */
  double lo[3], hi[3]; /* what it spans */
} h9_points_file;
/* H9_ENOINPUT, or H9_EDATA with "FILE:LINE: ...". */
int h9_points_file_read(h9_points_file *f, const char *path, h9_error *e) H9_UNUSED_RESULT;
void h9_points_file_release(h9_points_file *f);

/* Fits a completed file layout to what the file holds: dimensions, and where no extent is given, extent and
 * center. H9_ECONFIG when the columns are not its dimensions or a point lies outside its extent. */
int h9_layout_adopt(h9_layout *l, const h9_points_file *f, h9_error *e) H9_UNUSED_RESULT;

/* Places the populations of one network, in order. */
typedef struct h9_placer h9_placer;
int h9_placer_new(h9_placer **pl, uint64_t seed, h9_error *e) H9_UNUSED_RESULT;
/* Begins population number `p` of `count` neurons; `l` was completed and outlives it, as do `name` and
 * `points` (of a file layout, else NULL). `keep`: a later population has a minimum distance,
 * so these points are remembered (16 bytes each). H9_ECONFIG when so many cannot be placed that
 * far apart, or the file of positions does not hold that many. */
int h9_placer_begin(h9_placer *pl, uint32_t p, const char *name, const h9_layout *l,
                    const h9_points_file *points, uint32_t count, bool keep, h9_error *e) H9_UNUSED_RESULT;
/* Positions of its neurons [first, first + n), um, all three coordinates (those the layout lacks are
 * the center's). Any thread, concurrently and in any order; but one call after the other in
 * order of `first` where h9_placer_in_order says so. H9_ECONFIG when no place is left. */
int h9_placer_place(h9_placer *pl, uint32_t first, uint32_t n, float *x, float *y, float *z,
                    h9_error *e) H9_UNUSED_RESULT;
bool h9_placer_in_order(const h9_placer *pl);
void h9_placer_free(h9_placer *pl);

#endif

/* Uniform grid of cells over points: radius, box and k-nearest queries, open or periodic.
 *
 * Points are f32 coordinates in um. A pair is within a radius when the distance computed in double
 * from the f32 coordinates (minimum image when periodic) is <= the radius: results equal brute
 * force exactly, points on cell borders included. The grid holds its own sorted copy. Clumped points are no
 * harm: cells that hold too many are split further; memory is proportional to the number of points. */
#ifndef H9_MODEL_GRID_H
#define H9_MODEL_GRID_H

#include "../base/status.h"

typedef struct h9_grid h9_grid;

typedef struct h9_grid_options {
  int dimensions;      /* 1, 2, 3; missing coordinates count as 0 */
  bool periodic;       /* wraps in lo..hi (coordinates must lie inside, hi may equal lo's image) */
  double lo[3], hi[3]; /* um; the domain; only used when periodic */
  double cell;         /* um; 0: from density, about `per_cell` points a cell */
  double per_cell;     /* 0: ten */
  int threads;
} h9_grid_options;

/* Builds in O(n). x, y, z are read during the call only; y, z may be NULL below that dimension.
 * Point i is reported as i. H9_ESYSTEM, or H9_EDATA for a coordinate that is not finite or, when
 * periodic, outside the domain. n may be 0. */
int h9_grid_build(h9_grid **g, const float *x, const float *y, const float *z, uint32_t n,
                  const h9_grid_options *o, h9_error *e) H9_UNUSED_RESULT;
void h9_grid_free(h9_grid *g);

/* A result list a caller reuses; arrays grow and belong to the list. */
typedef struct h9_hits {
  uint32_t n;
  size_t cap;
  uint32_t *index;
  double *d2; /* squared distance, um^2 */
} h9_hits;
void h9_hits_release(h9_hits *h);

/* All points within `radius` of (x, y, z), sorted by index. Any thread, concurrently. */
int h9_grid_radius(const h9_grid *g, double x, double y, double z, double radius, h9_hits *hits,
                   h9_error *e) H9_UNUSED_RESULT;
/* The same in the order of cells, unsorted: for those who need no order. */
int h9_grid_around(const h9_grid *g, double x, double y, double z, double radius, h9_hits *hits,
                   h9_error *e) H9_UNUSED_RESULT;
/* How many, without listing them. */
uint32_t h9_grid_count(const h9_grid *g, double x, double y, double z, double radius);
/* The k nearest, ties by lower index, sorted by (distance, index); fewer when there are fewer.
 * `except`: an index never reported (the neuron itself), UINT32_MAX for none. */
int h9_grid_nearest(const h9_grid *g, double x, double y, double z, uint32_t k, uint32_t except,
                    h9_hits *hits, h9_error *e) H9_UNUSED_RESULT;
/* All points inside the box, borders included, sorted by index; d2 is unset. Open boundaries. */
int h9_grid_box(const h9_grid *g, const double lo[3], const double hi[3], h9_hits *hits,
                h9_error *e) H9_UNUSED_RESULT;

/* Hands out, run by run, the points of all cells that the box [low, high] meets: all points in the box, some
 * beside it, each once, wrapped where the grid is periodic (the box may reach out of the domain or be
 * infinite). Coordinates are in the grid's order, those below the dimension zeros. */
typedef int (*h9_grid_take)(void *ctx, const uint32_t *index, const float *x, const float *y, const float *z,
                            uint32_t n, h9_error *e);
int h9_grid_runs(const h9_grid *g, const double low[3], const double high[3], h9_grid_take take, void *ctx,
                 h9_error *e) H9_UNUSED_RESULT;

/* Every point of the grid asks, with the threads of the grid's options: many times faster than one by one. */
/* counts[i]: points within `radius` of point i, itself left out; as h9_grid_count less one. */
int h9_grid_counts_all(const h9_grid *g, double radius, uint32_t counts[], h9_error *e) H9_UNUSED_RESULT;
/* Calls `answer` once for each point, concurrently and in no order, with those within `radius` as h9_grid_around has
 * them, unsorted, or with its k nearest as h9_grid_nearest has them; the point itself left out. `hits` belong to the caller.
 * Non-zero stops and is returned. */
typedef int (*h9_grid_answer)(void *ctx, uint32_t point, const h9_hits *hits, h9_error *e);
int h9_grid_radius_all(const h9_grid *g, double radius, h9_grid_answer answer, void *ctx,
                       h9_error *e) H9_UNUSED_RESULT;
int h9_grid_nearest_all(const h9_grid *g, uint32_t k, h9_grid_answer answer, void *ctx,
                        h9_error *e) H9_UNUSED_RESULT;

/* The same by testing every point; the authority the grid is compared with. */
typedef struct h9_points {
  const float *x, *y, *z;
  uint32_t n;
  h9_grid_options o;
} h9_points;
int h9_brute_radius(const h9_points *p, double x, double y, double z, double radius, h9_hits *hits,
                    h9_error *e) H9_UNUSED_RESULT;
int h9_brute_nearest(const h9_points *p, double x, double y, double z, uint32_t k, uint32_t except,
                     h9_hits *hits, h9_error *e) H9_UNUSED_RESULT;
int h9_brute_box(const h9_points *p, const double lo[3], const double hi[3], h9_hits *hits,
                 h9_error *e) H9_UNUSED_RESULT;

/* Squared distance of two points and displacement from (x, y, z) to point b, by the same arithmetic
 * as the queries (minimum image when periodic). */
double h9_displacement(const h9_grid_options *o, const double from[3], const double to[3], double d[3]);

#endif

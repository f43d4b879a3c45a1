/* index_core POSITIONS THREADS RADIUS K: as nanoflann, by hal9's grid: prints seconds of building, of
 * counting all neighbours within RADIUS of every point, and of finding the K nearest others of every point;
 * the mean count and the mean distance of the K-th. As in that peer, the memory of the neighbours found is
 * used again for the next point. */
#include "../../libcore/base/clock.h"
#include "../../libcore/model/grid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int keep(void *ctx, uint32_t point, const h9_hits *hits, h9_error *e) {
  double *furthest = ctx;
  (void)e;
  furthest[point] = hits->n ? sqrt(hits->d2[hits->n - 1]) : 0;
  return H9_OK;
}

static double now(void) { return (double)h9_clock_ns() / 1e9; }

int main(int argc, char **argv) {
  enum { MOST = 10000000 };
  if (argc != 5) return 64;
  FILE *f = fopen(argv[1], "r");
  float *c[3];
  uint32_t n = 0;
  double radius = atof(argv[3]), sum = 0, far = 0;
  uint32_t k_nearest = (uint32_t)atoi(argv[4]);
  h9_grid_options o = {.dimensions = 3, .threads = atoi(argv[2])};
  h9_grid *g = NULL;
  h9_error e;
  for (int k = 0; k < 3; k++)
    if (!(c[k] = malloc(MOST * sizeof(float)))) return 71;
  if (!f) return 66;
  while (n < MOST && fscanf(f, "%f %f %f", &c[0][n], &c[1][n], &c[2][n]) == 3) n++;
  fclose(f);
  uint32_t *counts = malloc(n * sizeof *counts);
  double *furthest = malloc(n * sizeof *furthest);
  if (!counts || !furthest) return 71;
  double t0 = now();
  if (h9_grid_build(&g, c[0], c[1], c[2], n, &o, &e)) return 70;
  double t1 = now();
  if (h9_grid_counts_all(g, radius, counts, &e)) return 70;
  double t2 = now();
  if (h9_grid_nearest_all(g, k_nearest, keep, furthest, &e)) return 70;
  double t3 = now();
  for (uint32_t i = 0; i < n; i++) sum += counts[i], far += furthest[i];
  printf("%.6f %.6f %.6f %.4f %.4f\n", t1 - t0, t2 - t1, t3 - t2, sum / n, far / n);
}

/* index_core POSITIONS THREADS RADIUS K: as nanoflann_peer, by hal9's grid: prints seconds of building, of
 * counting all neighbours within RADIUS of every point, and of finding the K nearest others of every point;
 * and the mean count. */
#include "../../libcore/base/clock.h"
#include "../../libcore/model/grid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct nearest {
  uint32_t k, *index;
  double *d2;
} nearest;
static int keep(void *ctx, uint32_t point, const h9_hits *hits, h9_error *e) {
  nearest *r = ctx;
  (void)e;
  memcpy(r->index + (size_t)point * r->k, hits->index, hits->n * sizeof *r->index);
  memcpy(r->d2 + (size_t)point * r->k, hits->d2, hits->n * sizeof *r->d2);
  return H9_OK;
}

static double now(void) { return (double)h9_clock_ns() / 1e9; }

int main(int argc, char **argv) {
  enum { MOST = 10000000 };
  if (argc != 5) return 64;
  FILE *f = fopen(argv[1], "r");
  float *c[3];
  uint32_t n = 0;
  double radius = atof(argv[3]), sum = 0;
  nearest r = {.k = (uint32_t)atoi(argv[4])};
  h9_grid_options o = {.dimensions = 3, .threads = atoi(argv[2])};
  h9_grid *g = NULL;
  h9_error e;
  for (int k = 0; k < 3; k++)
    if (!(c[k] = malloc(MOST * sizeof(float)))) return 71;
  if (!f) return 66;
  while (n < MOST && fscanf(f, "%f %f %f", &c[0][n], &c[1][n], &c[2][n]) == 3) n++;
  fclose(f);
  uint32_t *counts = malloc(n * sizeof *counts);
  r.index = malloc((size_t)n * r.k * sizeof *r.index);
  r.d2 = malloc((size_t)n * r.k * sizeof *r.d2);
  if (!counts || !r.index || !r.d2) return 71;
  memset(r.index, 0,
         (size_t)n * r.k * sizeof *r.index); /* the search is timed, not the memory's first touch */
  memset(r.d2, 0, (size_t)n * r.k * sizeof *r.d2);
  double t0 = now();
  if (h9_grid_build(&g, c[0], c[1], c[2], n, &o, &e)) return 70;
  double t1 = now();
  if (h9_grid_counts_all(g, radius, counts, &e)) return 70;
  double t2 = now();
  if (h9_grid_nearest_all(g, r.k, keep, &r, &e)) return 70;
  double t3 = now();
  for (uint32_t i = 0; i < n; i++) sum += counts[i];
  printf("%.6f %.6f %.6f %.4f\n", t1 - t0, t2 - t1, t3 - t2, sum / n);
}

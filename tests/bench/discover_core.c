/* discover_core NEURONS THREADS RADIUS MODE: the work of a network's first moments, in one process and in memory: neurons created (ids
 * and places, one in a cube of 10 um), indexed, all neighbours of every one found and listed, one round of signals in which every
 * neuron tells all its neighbours. MODE grid: by the index; brute: by testing every pair. Prints seconds of creating, indexing, discovering and the
 * round, neighbours a neuron, and the sum of what the neurons were told, which must be the number of neighbours. */
#include "../../libcore/base/clock.h"
#include "../../libcore/base/memory.h"
#include "../../libcore/base/parallel.h"
#include "../../libcore/base/rng.h"
#include "../../libcore/model/grid.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PART = 256 }; /* neurons of one piece of work */

typedef struct work {
  uint32_t n;
  double side;
  float *place[3];
  h9_id *id;
  h9_points points;
  double radius;
  h9_region lists;     /* all neighbours found */
  atomic_size_t used;  /* of it, in neighbours */
  size_t *begin;       /* [n] of each neuron's */
  uint32_t *count;     /* [n] neighbours of each */
  uint32_t *told;
  h9_hits hits[64];
} work;

static void create(void *ctx, uint64_t p, int me) {
  work *w = ctx;
  h9_key key = h9_key_make(1, H9_PURPOSE_POSITION, 0);
  (void)me;
  for (uint32_t i = (uint32_t)p * PART; i < w->n && i < (p + 1) * PART; i++) {
    h9_ctr d = h9_philox(key, i, 0, 0, 0);
    w->id[i] = i + 1;
    for (int k = 0; k < 3; k++) w->place[k][i] = (float)(h9_uniform32(d.v[k]) * w->side);
  }
}

static int keep(void *ctx, uint32_t point, const h9_hits *hits, h9_error *e) {
  work *w = ctx;
  size_t at = atomic_fetch_add_explicit(&w->used, hits->n, memory_order_relaxed);
  if ((at + hits->n) * sizeof(uint32_t) > w->lists.reserved) return h9_fail(e, H9_ESYSTEM, "too many neighbours");
  memcpy((uint32_t *)w->lists.base + at, hits->index, hits->n * sizeof(uint32_t));
  w->begin[point] = at;
  w->count[point] = hits->n;
  return H9_OK;
}

static void by_pairs(void *ctx, uint64_t p, int me) {
  work *w = ctx;
  h9_hits *h = &w->hits[me];
  h9_error e;
  for (uint32_t i = (uint32_t)p * PART; i < w->n && i < (p + 1) * PART; i++) {
    if (h9_brute_radius(&w->points, (double)w->place[0][i], (double)w->place[1][i], (double)w->place[2][i], w->radius, h, &e)) exit(71);
    uint32_t n = 0;
    for (uint32_t k = 0; k < h->n; k++) {
      h->index[n] = h->index[k];
      n += h->index[k] != i; /* itself is none */
    }
    h->n = n;
    if (keep(w, i, h, &e)) exit(71);
  }
}

/* By one thread: as signals are summed in a fixed order. */
static void tell(work *w) {
  for (uint32_t i = 0; i < w->n; i++) {
    const uint32_t *to = (const uint32_t *)w->lists.base + w->begin[i];
    for (uint32_t k = w->count[i]; k; k--) w->told[*to++]++;
  }
}

static double now(void) { return (double)h9_clock_ns() * 1e-9; }

int main(int argc, char **argv) {
  if (argc != 5) return 64;
  work w = {.n = (uint32_t)atof(argv[1]), .radius = atof(argv[3])};
  int threads = atoi(argv[2]);
  bool brute = strcmp(argv[4], "brute") == 0;
  uint64_t parts = (w.n + PART - 1) / PART, all = 0, told = 0;
  h9_error e;
  if (!w.n || threads < 1 || threads > 64) return 64;
  w.side = 10 * cbrt(w.n);
  double t0 = now();
  w.id = h9_alloc(w.n, sizeof *w.id);
  for (int k = 0; k < 3; k++)
    if (!(w.place[k] = h9_alloc(w.n, sizeof(float)))) return 71;
  if (!w.id) return 71;
  h9_parallel_each(threads, parts, create, &w);
  double t1 = now();
  h9_grid_options o = {.dimensions = 3, .threads = threads};
  w.points = (h9_points){.x = w.place[0], .y = w.place[1], .z = w.place[2], .n = w.n, .o = o};
  h9_grid *grid = NULL;
  if (!brute && h9_grid_build(&grid, w.place[0], w.place[1], w.place[2], w.n, &o, &e)) return 70;
  double t2 = now();
  w.begin = h9_alloc(w.n, sizeof *w.begin);
  w.count = h9_alloc(w.n, sizeof *w.count);
  if (!w.begin || !w.count || h9_region_open(&w.lists, ((size_t)w.n + 16) * 1024, &e)) return 71;
  if (brute) h9_parallel_each(threads, parts, by_pairs, &w);
  else if (h9_grid_radius_all(grid, w.radius, keep, &w, &e)) return 70;
  double t3 = now();
  if (!(w.told = h9_alloc(w.n, sizeof *w.told))) return 71;
  tell(&w);
  double t4 = now();
  for (uint32_t i = 0; i < w.n; i++) all += w.count[i], told += w.told[i];
  printf("%.9f %.9f %.9f %.9f %.4f %llu\n", t1 - t0, t2 - t1, t3 - t2, t4 - t3, (double)all / w.n, (unsigned long long)told);
  return all == told ? 0 : 1;
}

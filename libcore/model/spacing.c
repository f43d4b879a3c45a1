/* Random sequential addition ("dart throwing") with a hashed grid. Densities at which it jams:
 * Renyi 1958 for the line; Torquato, Uche & Stillinger 2006 (Phys. Rev. E 74:061308) for 2 and 3 dimensions.
 */
#include "spacing.h"

#include "../base/memory.h"

#include <math.h>
#include <stdlib.h>

/* A point and the chain it hangs in lie together: a look at it costs one cache line. */
typedef struct point {
  float x, y, z;
  uint32_t next; /* UINT32_MAX ends a chain */
} point;

struct h9_spacing {
  point *points;
  size_t n;     /* points of all populations so far, this one's included */
  size_t begin; /* where this population begins */
  double distance, cell;
  uint32_t *head; /* of the chain of each hashed cell */
  uint64_t mask;
};

int h9_spacing_new(h9_spacing **s, h9_error *e) {
  *s = calloc(1, sizeof **s);
  return *s ? H9_OK : h9_fail_memory(e, sizeof **s, "minimum distances");
}

void h9_spacing_free(h9_spacing *s) {
  if (!s) return;
  free(s->head);
  free(s->points);
  free(s);
}

static uint64_t hash_cell(const h9_spacing *s, int64_t i, int64_t j, int64_t k) {
  uint64_t h = (uint64_t)i * UINT64_C(0x9E3779B97F4A7C15) ^ (uint64_t)j * UINT64_C(0xC2B2AE3D27D4EB4F) ^
               (uint64_t)k * UINT64_C(0x165667B19E3779F9);
  h ^= h >> 29;
  h *= UINT64_C(0xBF58476D1CE4E5B9);
  return (h >> 32) & s->mask;
}

static int64_t cell_of(const h9_spacing *s, double v) { return (int64_t)floor(v / s->cell); }

static void chain(h9_spacing *s, size_t i) {
  point *p = &s->points[i];
  uint64_t h = hash_cell(s, cell_of(s, p->x), cell_of(s, p->y), cell_of(s, p->z));
  p->next = s->head[h];
  s->head[h] = (uint32_t)i;
}

int h9_spacing_extend(h9_spacing *s, uint32_t count, double distance, h9_error *e) {
  s->begin = s->n;
  s->n += count;
  point *points = realloc(s->points, s->n * sizeof *points);
  if (!points) return h9_fail_memory(e, s->n * sizeof *points, "positions kept for minimum distances");
  s->points = points;
  free(s->head);
  s->head = NULL;
  s->distance = distance;
  if (distance == 0) return H9_OK;
  /* Twice the distance: a neighbourhood then meets 3.4 cells on average, few points in each. The
   * lower bound keeps cell numbers of coordinates up to 1e9 um far inside 64 bits. */
  s->cell = 2 * distance > 1e-6 ? 2 * distance : 1e-6;
  uint64_t size = 1024;
  while (size < s->n) size *= 2;
  s->mask = size - 1;
  s->head = malloc(size * sizeof(uint32_t));
  if (!s->head) return h9_fail_memory(e, size * sizeof(uint32_t), "cells for minimum distances");
  for (uint64_t i = 0; i < size; i++) s->head[i] = UINT32_MAX;
  for (size_t i = 0; i < s->begin; i++) chain(s, i);
  return H9_OK;
}

/* Cells that v - d .. v + d meets along one axis, the one of v first. */
static int meets(const h9_spacing *s, double v, int64_t out[3]) {
  int n = 1;
  out[0] = cell_of(s, v);
  if (cell_of(s, v - s->distance) < out[0]) out[n++] = out[0] - 1;
  if (cell_of(s, v + s->distance) > out[0]) out[n++] = out[0] + 1;
  return n;
}

/* Most attempts fail in a dense network, and mostly by a point of the same cell: it comes first. */
bool h9_spacing_free_at(const h9_spacing *s, const float p[3]) {
  double d2 = s->distance * s->distance, x = p[0], y = p[1], z = p[2];
  int64_t i[3], j[3], k[3];
  int ni = meets(s, x, i), nj = meets(s, y, j), nk = meets(s, z, k);
  for (int a = 0; a < ni; a++)
    for (int b = 0; b < nj; b++)
      for (int c = 0; c < nk; c++)
        for (uint32_t q = s->head[hash_cell(s, i[a], j[b], k[c])]; q != UINT32_MAX; q = s->points[q].next) {
          const point *o = &s->points[q];
          double dx = o->x - x, dy = o->y - y, dz = o->z - z;
          if (dx * dx + dy * dy + dz * dz < d2) return false;
        }
  return true;
}

void h9_spacing_put(h9_spacing *s, uint32_t index, const float p[3]) {
  size_t i = s->begin + index;
  s->points[i] = (point){p[0], p[1], p[2], UINT32_MAX};
  if (s->head) chain(s, i);
}

/* What is possible */

static const double PI = 0x1.921fb54442d18p+1;
static const double densest[4] = {0, 1, 0.9069, 0.7405};
static const double jammed[4] = {0, 0.7476, 0.5470, 0.3841};
/* where one attempt in ten thousand still succeeds */
static const double practical[4] = {0, 0.72, 0.50, 0.33};

/* How many balls of diameter d of the given density have their centers in the layout. All those balls
 * lie in the layout widened by d, which gives bounds; balls at random do not use that border
 * fully: half of it describes them. */
static double room(const h9_layout *l, double d, const double density[4]) {
  double w[3], lo[3], hi[3];
  int n = l->dimensions;
  h9_layout_bounds(l, lo, hi);
  for (int i = 0; i < 3; i++) w[i] = hi[i] - lo[i] + (density == practical ? 0.5 * d : d);
  double v = 1;
  for (int i = 0; i < n; i++) v *= w[i];
  bool oval = l->type == H9_LAYOUT_BALL || l->type == H9_LAYOUT_DISK || l->type == H9_LAYOUT_ELLIPSOID;
  if (l->type == H9_LAYOUT_SPHERE) {
    v = PI * (n == 3 ? w[0] * w[0] : w[0]);
    n--;
  } else if (l->type == H9_LAYOUT_COLUMN && l->round) v *= PI / 4;
  else if (oval) v *= n == 3 ? PI / 6 : n == 2 ? PI / 4 : 1;
  double ball = n == 3 ? PI / 6 * d * d * d : n == 2 ? PI / 4 * d * d : d;
  return density[n] * v / ball;
}

/* The distance at which random placement can be expected to hold `count`. */
static double reachable(const h9_layout *l, uint32_t count) {
  double lo = 0, hi = l->min_distance;
  for (int i = 0; i < 60; i++) {
    double mid = 0.5 * (lo + hi);
    if (room(l, mid, practical) >= count) lo = mid;
    else hi = mid;
  }
  return lo;
}

int h9_spacing_possible(const h9_layout *l, uint32_t count, h9_error *e) {
  if (l->type == H9_LAYOUT_FILE) return H9_OK;
  double packed = room(l, l->min_distance, densest), random = room(l, l->min_distance, jammed);
  /* chance and borders move small numbers by more than they do large ones */
  bool lattice = l->type == H9_LAYOUT_GRID;
  if (count <= packed && (lattice || count < 100 || count <= 1.15 * random)) return H9_OK;
  return h9_fail(
      e, H9_ECONFIG,
      "min_distance: %u neurons at least %.6g um apart do not fit into this %s: the densest packing holds "
      "about %.0f, placing at random about %.0f; expected fewer neurons, or a distance below %.4g um",
      count, l->min_distance, h9_layout_name(l->type), packed, room(l, l->min_distance, practical),
      reachable(l, count));
}

int h9_spacing_fail(const h9_layout *l, const char *name, uint32_t index, uint32_t count, uint32_t attempts,
                    h9_error *e) {
  return h9_fail(
      e, H9_ECONFIG,
      "population '%s': neuron %u of %u found no place at least %.6g um from all others in %u attempt%s; a "
      "%s like this one, empty, holds about %.0f placed at random; expected fewer neurons, or a distance "
      "below %.4g um",
      name, index + 1, count, l->min_distance, attempts, attempts == 1 ? "" : "s", h9_layout_name(l->type),
      room(l, l->min_distance, practical), reachable(l, count));
}

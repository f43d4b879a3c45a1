/* Layouts: names, completion, checks, and positions of neurons keyed by their index. */
#include "layout.h"

#include "../base/mathfn.h"
#include "../base/memory.h"
#include "../base/rng.h"
#include "spacing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Beyond a kilometre a float resolves less than 64 um. */
static const double COORDINATE_MAX = 1e9;

static const char *const names[H9_LAYOUTS] = {"none",      "box",  "ball", "sphere", "disk",
                                              "ellipsoid", "grid", "blob", "column", "file"};

const char *h9_layout_name(enum h9_layout_type t) { return (unsigned)t < H9_LAYOUTS ? names[t] : "unknown"; }

int h9_layout_parse(const char *name) {
  for (int i = 0; i < H9_LAYOUTS; i++)
    if (strcmp(names[i], name) == 0) return i;
  return -1;
}

/* Completion and checks */

static bool is_round(const h9_layout *l) {
  return l->type == H9_LAYOUT_BALL || l->type == H9_LAYOUT_SPHERE || l->type == H9_LAYOUT_DISK;
}

int h9_layout_complete(h9_layout *l, int n_extent, int n_spread, h9_error *e) {
  if (l->type == H9_LAYOUT_NONE) return H9_OK;
  int given = n_extent ? n_extent : n_spread;
  if (l->dimensions == 0 && l->type != H9_LAYOUT_FILE) {
    if (l->type == H9_LAYOUT_DISK) l->dimensions = 2;
    else if (l->type == H9_LAYOUT_COLUMN || is_round(l) || given < 2) l->dimensions = 3;
    else l->dimensions = given;
  }
  int d = l->dimensions ? l->dimensions : 3;
  if (n_extent > 1 && is_round(l))
    return h9_fail(e, H9_ECONFIG, "extent: found %d lengths, expected one, the diameter of the %s", n_extent,
                   names[l->type]);
  if (l->type == H9_LAYOUT_COLUMN && n_extent == 2) {
    l->extent[2] = l->extent[1];
    l->extent[1] = l->extent[0];
  } else if (n_extent == 1) {
    for (int i = 1; i < d && i < 3; i++) l->extent[i] = l->extent[0];
  } else if (n_extent && n_extent != d)
    return h9_fail(e, H9_ECONFIG, "extent: found %d lengths, expected 1 or %d for %d dimensions", n_extent, d,
                   d);
  if (l->type == H9_LAYOUT_BLOB) {
    if (n_spread == 1)
      for (int i = 1; i < d && i < 3; i++) l->spread[i] = l->spread[0];
    else if (n_spread && n_spread != d)
      return h9_fail(e, H9_ECONFIG, "spread: found %d lengths, expected 1 or %d for %d dimensions", n_spread,
                     d, d);
    for (int i = 0; i < d && i < 3; i++) {
      if (n_spread == 0) l->spread[i] = l->extent[i] / 6;
      if (n_extent == 0) l->extent[i] = 10 * l->spread[i];
    }
  }
  return h9_layout_check(l, e);
}

int h9_layout_check(const h9_layout *l, h9_error *e) {
  const char *t = h9_layout_name(l->type);
  if ((unsigned)l->type >= H9_LAYOUTS)
    return h9_fail(e, H9_ECONFIG, "type: found number %d, expected a layout", l->type);
  if (l->type == H9_LAYOUT_NONE) return H9_OK;
  int low = 1, high = 3;
  if (l->type == H9_LAYOUT_DISK) low = high = 2;
  else if (l->type == H9_LAYOUT_COLUMN) low = 3;
  else if (l->type == H9_LAYOUT_SPHERE) low = 2;
  else if (l->type == H9_LAYOUT_FILE) low = 0;
  if (l->dimensions < low || l->dimensions > high) {
    if (low == high)
      return h9_fail(e, H9_ECONFIG, "dimensions: found %d, expected %d for layout %s", l->dimensions, low, t);
    return h9_fail(e, H9_ECONFIG, "dimensions: found %d, expected %d to %d for layout %s", l->dimensions, low,
                   high, t);
  }
  /* a sheet or line inside a higher dimension is fine, a point is not */
  bool flat = l->type == H9_LAYOUT_BOX || l->type == H9_LAYOUT_GRID || l->type == H9_LAYOUT_FILE;
  double widest = 0;
  for (int i = 0; i < l->dimensions; i++) {
    double w = l->extent[i];
    if (is_round(l)) w = l->extent[0];
    if (!(w >= 0) || (!flat && w == 0) || w > 2 * COORDINATE_MAX)
      return h9_fail(e, H9_ECONFIG, "extent: found %.9g um, expected a length above 0 and at most 2e9 um", w);
    if (w > widest) widest = w;
    if (l->type == H9_LAYOUT_BLOB && !(l->spread[i] > 0 && l->spread[i] <= COORDINATE_MAX))
      return h9_fail(e, H9_ECONFIG, "spread: found %.9g um, expected a length above 0 and at most 1e9 um",
                     l->spread[i]);
  }
  if (widest == 0 && l->type != H9_LAYOUT_FILE)
    return h9_fail(e, H9_ECONFIG, "extent: found 0 um in every dimension, expected a length above 0");
  for (int i = 0; i < 3; i++)
    if (!(fabs(l->center[i]) <= COORDINATE_MAX))
      return h9_fail(e, H9_ECONFIG, "center: found %.9g um, expected at most 1e9 um either way",
                     l->center[i]);
  if (!(l->jitter >= 0 && l->jitter <= 1))
    return h9_fail(e, H9_ECONFIG, "jitter: found %.9g, expected 0 to 1", l->jitter);
  if (l->jitter > 0 && l->type != H9_LAYOUT_GRID)
    return h9_fail(e, H9_ECONFIG, "jitter: found with layout %s, expected only with layout grid", t);
  if (l->round && l->type != H9_LAYOUT_COLUMN)
    return h9_fail(e, H9_ECONFIG, "round: found with layout %s, expected only with layout column", t);
  if (!(l->min_distance >= 0 && l->min_distance <= COORDINATE_MAX))
    return h9_fail(e, H9_ECONFIG, "min_distance: found %.9g um, expected 0 to 1e9 um", l->min_distance);
  if (l->type == H9_LAYOUT_FILE && !l->file)
    return h9_fail(e, H9_ECONFIG, "file: is missing, expected the name of a file of positions");
  if (l->type != H9_LAYOUT_FILE && l->file)
    return h9_fail(e, H9_ECONFIG, "file: found with layout %s, expected only with layout file", t);
  return H9_OK;
}

int h9_layout_adopt(h9_layout *l, const h9_points_file *f, h9_error *e) {
  if (l->dimensions && l->dimensions != f->dimensions)
    return h9_fail(e, H9_ECONFIG, "dimensions: found %d, but %s has %d coordinates a line", l->dimensions,
                   l->file, f->dimensions);
  l->dimensions = f->dimensions;
  double lo[3], hi[3];
  if (l->extent[0] == 0 && l->extent[1] == 0 && l->extent[2] == 0) {
    for (int i = 0; i < f->dimensions; i++) {
      l->center[i] = 0.5 * (f->lo[i] + f->hi[i]);
      l->extent[i] = f->hi[i] - f->lo[i];
      while (l->center[i] - 0.5 * l->extent[i] > f->lo[i] || l->center[i] + 0.5 * l->extent[i] < f->hi[i])
        l->extent[i] = nextafter(l->extent[i], INFINITY); /* rounding must leave no point outside */
    }
    return H9_OK;
  }
  h9_layout_bounds(l, lo, hi);
  for (uint32_t j = 0; j < f->n; j++)
    for (int i = 0; i < f->dimensions; i++) {
      double v = f->xyz[(size_t)3 * j + i];
      if (v < lo[i] || v > hi[i])
        return h9_fail(e, H9_ECONFIG,
                       "%s:%llu: found %c = %.9g um, expected %.9g to %.9g um, the layout's extent", l->file,
                       (unsigned long long)f->line[j], "xyz"[i], v, lo[i], hi[i]);
    }
  return H9_OK;
}

void h9_layout_bounds(const h9_layout *l, double lo[3], double hi[3]) {
  for (int i = 0; i < 3; i++) {
    double w = i >= l->dimensions ? 0 : l->extent[i];
    if (i < l->dimensions && (is_round(l) || (l->type == H9_LAYOUT_COLUMN && l->round && i == 1)))
      w = l->extent[0];
    lo[i] = l->center[i] - 0.5 * w;
    hi[i] = l->center[i] + 0.5 * w;
    if (i >= l->dimensions) lo[i] = hi[i] = (float)l->center[i]; /* where its neurons are put */
  }
}

/* Placing */

struct h9_placer {
  uint64_t seed;
  h9_key key;
  const h9_layout *l;
  const h9_points_file *points;
  const char *name;
  uint32_t count;
  double lo[3], hi[3], half[3]; /* bounds; half widths */
  uint32_t lattice[3];          /* grid: points an axis */
  double below[3], mass[3];     /* blob: normal distribution between the bounds */
  h9_spacing *spacing;
  bool remember;
};

int h9_placer_new(h9_placer **pl, uint64_t seed, h9_error *e) {
  *pl = calloc(1, sizeof **pl);
  if (!*pl) return h9_fail_memory(e, sizeof **pl, "placing neurons");
  (*pl)->seed = seed;
  int code = h9_spacing_new(&(*pl)->spacing, e);
  if (code != H9_OK) {
    free(*pl);
    *pl = NULL;
  }
  return code;
}

void h9_placer_free(h9_placer *pl) {
  if (!pl) return;
  h9_spacing_free(pl->spacing);
  free(pl);
}

bool h9_placer_in_order(const h9_placer *pl) { return pl->l->min_distance > 0; }

/* Lattice of at least n points with nearly the same spacing along every axis: the thinnest axis
 * first, so that the last one can make up for all rounding. */
static void lattice(const h9_layout *l, uint32_t n, uint32_t m[3]) {
  int order[3] = {0, 1, 2}, d = l->dimensions;
  for (int i = 0; i < d; i++)
    for (int j = i + 1; j < d; j++)
      if (l->extent[order[j]] < l->extent[order[i]]) {
        int t = order[i];
        order[i] = order[j];
        order[j] = t;
      }
  m[0] = m[1] = m[2] = 1;
  uint64_t left = n;
  for (int i = 0; i < d; i++) {
    int axis = order[i], rest = d - i;
    double w = l->extent[axis];
    if (w == 0) continue;
    if (rest == 1) {
      m[axis] = (uint32_t)left;
      break;
    }
    double volume = w;
    for (int j = i + 1; j < d; j++) volume *= l->extent[order[j]];
    double k = floor(w / h9_pow(volume / (double)left, 1.0 / rest) + 0.5);
    m[axis] = k < 1 ? 1 : k > (double)left ? (uint32_t)left : (uint32_t)k;
    left = (left + m[axis] - 1) / m[axis];
  }
}

int h9_placer_begin(h9_placer *pl, uint32_t p, const char *name, const h9_layout *l,
                    const h9_points_file *points, uint32_t count, bool keep, h9_error *e) {
  pl->l = l;
  pl->name = name;
  pl->count = count;
  pl->points = points;
  pl->key = h9_key_make(pl->seed, H9_PURPOSE_POSITION, p);
  pl->remember = keep || l->min_distance > 0;
  h9_layout_bounds(l, pl->lo, pl->hi);
  for (int i = 0; i < 3; i++) pl->half[i] = 0.5 * (pl->hi[i] - pl->lo[i]);
  if (l->type == H9_LAYOUT_GRID) lattice(l, count, pl->lattice);
  if (l->type == H9_LAYOUT_BLOB)
    for (int i = 0; i < l->dimensions; i++) {
      pl->below[i] = h9_normal_cdf(-pl->half[i] / l->spread[i]);
      pl->mass[i] = 1 - 2 * pl->below[i];
    }
  if (l->type == H9_LAYOUT_FILE) {
    if (!points) return h9_fail(e, H9_EINTERNAL, "population '%s': its file of positions was not read", name);
    if (points->n != count)
      return h9_fail(e, H9_ECONFIG, "population '%s': %s holds %u positions, expected %u, one a neuron", name,
                     l->file, points->n, count);
  }
  if (l->min_distance > 0) {
    int code = h9_spacing_possible(l, count, e);
    if (code != H9_OK) return h9_fail_at(e, "population '%s'", name);
  }
  return pl->remember ? h9_spacing_extend(pl->spacing, count, l->min_distance, e) : H9_OK;
}

static double centred(h9_draws *d) { return 2 * h9_uniform32(h9_draw32(d)) - 1; }

/* Uniform in the unit ball of n dimensions, by rejection. */
static double in_ball(h9_draws *d, int n, double c[3]) {
  for (;;) {
    double s = 0;
    for (int i = 0; i < n; i++) {
      c[i] = centred(d);
      s += c[i] * c[i];
    }
    if (s <= 1 && s > 0) return s;
  }
}

/* The neuron's position at its n-th attempt, relative to the center. */
static void candidate(const h9_placer *pl, uint32_t index, uint32_t attempt, double c[3]) {
  const h9_layout *l = pl->l;
  h9_draws d = h9_draws_make(pl->key, index, attempt, 0);
  c[0] = c[1] = c[2] = 0;
  switch (l->type) {
  case H9_LAYOUT_BOX:
    for (int i = 0; i < l->dimensions; i++) c[i] = centred(&d) * pl->half[i];
    break;
  case H9_LAYOUT_BALL:
  case H9_LAYOUT_DISK:
  case H9_LAYOUT_ELLIPSOID:
    in_ball(&d, l->dimensions, c);
    for (int i = 0; i < l->dimensions; i++) c[i] *= pl->half[i];
    break;
  case H9_LAYOUT_SPHERE: { /* Marsaglia 1972, Ann. Math. Stat. 43:645; on a circle, von Neumann's double angle
                            */
    double a[3], s = in_ball(&d, 2, a);
    if (l->dimensions == 2) {
      c[0] = (a[0] * a[0] - a[1] * a[1]) / s * pl->half[0];
      c[1] = 2 * a[0] * a[1] / s * pl->half[0];
    } else {
      double f = 2 * sqrt(1 - s);
      c[0] = a[0] * f * pl->half[0];
      c[1] = a[1] * f * pl->half[0];
      c[2] = (1 - 2 * s) * pl->half[0];
    }
    break;
  }
  case H9_LAYOUT_COLUMN:
    if (l->round) in_ball(&d, 2, c);
    else c[0] = centred(&d), c[1] = centred(&d);
    c[0] *= pl->half[0];
    c[1] *= pl->half[1];
    c[2] = centred(&d) * pl->half[2];
    break;
  case H9_LAYOUT_BLOB:
    for (int i = 0; i < l->dimensions; i++)
      c[i] = h9_normal_quantile(pl->below[i] + h9_draw_uniform(&d) * pl->mass[i]) * l->spread[i];
    break;
  case H9_LAYOUT_GRID: {
    uint32_t rest = index;
    for (int i = 0; i < l->dimensions; i++) {
      uint32_t m = pl->lattice[i], at = rest % m;
      rest /= m;
      double step = 2 * pl->half[i] / m;
      c[i] = ((double)at + 0.5) * step - pl->half[i];
      if (l->jitter > 0) {
        c[i] += centred(&d) * l->jitter * step;
        if (c[i] > pl->half[i]) c[i] = 2 * pl->half[i] - c[i]; /* folded back at the border */
        if (c[i] < -pl->half[i]) c[i] = -2 * pl->half[i] - c[i];
      }
    }
    break;
  }
  default:
    break;
  }
}

/* Rounds to float without leaving lo .. hi. */
static float settle(double v, double lo, double hi) {
  float f = (float)v;
  if ((double)f > hi) f = nextafterf(f, -INFINITY);
  if ((double)f < lo) f = nextafterf(f, INFINITY);
  return f;
}

static void position(const h9_placer *pl, uint32_t index, uint32_t attempt, float out[3]) {
  if (pl->points) {
    for (int i = 0; i < 3; i++)
      out[i] = i < pl->points->dimensions ? pl->points->xyz[(size_t)3 * index + i] : (float)pl->l->center[i];
    return;
  }
  double c[3];
  candidate(pl, index, attempt, c);
  for (int i = 0; i < 3; i++) {
    double v = pl->l->center[i] + c[i];
    out[i] = i < pl->l->dimensions ? settle(v, pl->lo[i], pl->hi[i]) : (float)pl->l->center[i];
  }
}

int h9_placer_place(h9_placer *pl, uint32_t first, uint32_t n, float *x, float *y, float *z, h9_error *e) {
  const h9_layout *l = pl->l;
  bool apart = l->min_distance > 0;
  bool fixed = pl->points || (l->type == H9_LAYOUT_GRID && l->jitter == 0);
  uint32_t attempts = fixed ? 1 : H9_SPACING_ATTEMPTS;
  for (uint32_t i = 0; i < n; i++) {
    float p[3];
    uint32_t tries = 0;
    do position(pl, first + i, tries++, p);
    while (apart && !h9_spacing_free_at(pl->spacing, p) && tries < attempts);
    if (apart && tries == attempts && !h9_spacing_free_at(pl->spacing, p)) {
      if (pl->points)
        return h9_fail(e, H9_ECONFIG,
                       "population '%s': %s:%llu: neuron %u lies nearer than %.9g um to one before it",
                       pl->name, l->file, (unsigned long long)pl->points->line[first + i], first + i + 1,
                       l->min_distance);
      return h9_spacing_fail(l, pl->name, first + i, pl->count, attempts, e);
    }
    if (pl->remember) h9_spacing_put(pl->spacing, first + i, p);
    x[i] = p[0];
    y[i] = p[1];
    z[i] = p[2];
  }
  return H9_OK;
}

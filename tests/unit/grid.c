/* The grid against testing every pair by an independent loop, on 200 random clouds made to be awkward: points
 * on cell borders, duplicates, lines, clusters, huge coordinates, periodic wraps, radii beyond half the
 * domain. */
#include "../../libcore/base/rng.h"
#include "../../libcore/model/grid.h"
#include "tap.h"

enum { MOST = 400 };

typedef struct cloud {
  uint32_t n;
  float c[3][MOST];
  h9_grid_options o;
} cloud;

static h9_draws draws;
static double uniform(void) { return h9_draw_uniform(&draws); }
static uint32_t below(uint32_t n) { return h9_draw_below(&draws, n); }

static void make(cloud *p, int kind) {
  static const double scales[] = {1, 100, 1e-3, 1e6, 1e30};
  double scale = scales[kind / 8 % 5];
  p->n = kind % 17 == 0 ? 0 : kind % 23 == 0 ? 1 : 20 + below(MOST - 20);
  p->o = (h9_grid_options){.dimensions = 1 + kind % 3, .periodic = kind % 2, .threads = 1 + kind % 4};
  for (int k = 0; k < 3; k++) p->o.lo[k] = -scale, p->o.hi[k] = scale * (1 + k);
  if (kind % 5 == 0) p->o.cell = scale * (0.05 + uniform());
  for (uint32_t i = 0; i < p->n; i++)
    for (int k = 0; k < 3; k++) {
      double w = p->o.hi[k] - p->o.lo[k], x;
      switch (kind / 3 % 6) {
      case 0:
        x = p->o.lo[k] + w * below(9) / 8;
        break; /* on a lattice: cell borders */
      case 1:
        x = p->o.lo[k] + w * (k == 0 ? uniform() : 0.25);
        break; /* on a line */
      case 2:
        x = p->o.lo[k] + w * (0.5 + 0.01 * (uniform() - 0.5) * (i % 4 ? 1 : 90));
        break; /* a cluster and strays */
      case 3:
        x = p->o.lo[k] + w * 0.5;
        break; /* all in one place */
      default:
        x = p->o.lo[k] + w * uniform();
      }
      float f = (float)x;
      if (f < (float)p->o.lo[k]) f = (float)p->o.lo[k];
      if (f > (float)p->o.hi[k]) f = (float)p->o.hi[k];
      p->c[k][i] = i > 10 && kind % 7 == 0 && i % 5 == 0 ? p->c[k][i - 7] : f; /* duplicates */
    }
}

/* The definition, written again: minimum image, double arithmetic. */
static double distance2(const cloud *p, const double at[3], uint32_t i) {
  double sum = 0;
  for (int k = 0; k < p->o.dimensions; k++) {
    double d = (double)p->c[k][i] - at[k], w = p->o.hi[k] - p->o.lo[k];
    if (p->o.periodic) {
      if (d > w / 2) d -= w;
      else if (d < -w / 2) d += w;
    }
    sum += d * d;
  }
  return sum;
}

static int check_radius(const cloud *p, const h9_grid *g, const double at[3], double r, h9_hits *h,
                        h9_hits *b) {
  h9_error e;
  h9_points pts = {p->c[0], p->c[1], p->c[2], p->n, p->o};
  if (h9_grid_radius(g, at[0], at[1], at[2], r, h, &e) ||
      h9_brute_radius(&pts, at[0], at[1], at[2], r, b, &e))
    return 0;
  uint32_t n = 0;
  for (uint32_t i = 0; i < p->n; i++) {
    double d2 = distance2(p, at, i);
    if (!(d2 <= r * r)) continue;
    if (n >= h->n || h->index[n] != i || h->d2[n] != d2) return 0;
    n++;
  }
  return n == h->n && n == h9_grid_count(g, at[0], at[1], at[2], r) && b->n == n &&
         (n == 0 || memcmp(b->index, h->index, n * sizeof *h->index) == 0);
}

static int check_nearest(const cloud *p, const h9_grid *g, const double at[3], uint32_t k, uint32_t except,
                         h9_hits *h, h9_hits *b) {
  h9_error e;
  h9_points pts = {p->c[0], p->c[1], p->c[2], p->n, p->o};
  if (h9_grid_nearest(g, at[0], at[1], at[2], k, except, h, &e) ||
      h9_brute_nearest(&pts, at[0], at[1], at[2], k, except, b, &e))
    return 0;
  static char used[MOST];
  memset(used, 0, sizeof used);
  if (except < p->n) used[except] = 1;
  uint32_t n = 0;
  for (; n < k; n++) { /* the nearest not taken yet, the lowest index of equals */
    uint32_t best = UINT32_MAX;
    double least = INFINITY;
    for (uint32_t i = 0; i < p->n; i++)
      if (!used[i] && distance2(p, at, i) < least) least = distance2(p, at, i), best = i;
    if (best == UINT32_MAX) break;
    used[best] = 1;
    if (n >= h->n || h->index[n] != best || h->d2[n] != least) return 0;
  }
  return n == h->n && b->n == n && (n == 0 || memcmp(b->index, h->index, n * sizeof *h->index) == 0);
}

static int check_box(const cloud *p, const h9_grid *g, const double lo[3], const double hi[3], h9_hits *h,
                     h9_hits *b) {
  h9_error e;
  h9_points pts = {p->c[0], p->c[1], p->c[2], p->n, p->o};
  if (h9_grid_box(g, lo, hi, h, &e) || h9_brute_box(&pts, lo, hi, b, &e)) return 0;
  uint32_t n = 0;
  for (uint32_t i = 0; i < p->n; i++) {
    int in = 1;
    for (int k = 0; k < p->o.dimensions; k++) in = in && p->c[k][i] >= lo[k] && p->c[k][i] <= hi[k];
    if (!in) continue;
    if (n >= h->n || h->index[n] != i || n >= b->n || b->index[n] != i) return 0;
    n++;
  }
  return n == h->n && n == b->n;
}

/* Each point's answer of nearest_all. */
typedef struct book {
  const cloud *p;
  const h9_grid *g;
  uint32_t k, asked[MOST];
  int bad;
} book;
static int enter(void *ctx, uint32_t point, const h9_hits *hits, h9_error *e) {
  book *b = ctx;
  h9_hits own = {0};
  int good =
      point < b->p->n &&
      !h9_grid_nearest(b->g, b->p->c[0][point], b->p->c[1][point], b->p->c[2][point], b->k, point, &own, e) &&
      own.n == hits->n &&
      (own.n == 0 || (memcmp(own.index, hits->index, own.n * sizeof *own.index) == 0 &&
                      memcmp(own.d2, hits->d2, own.n * sizeof *own.d2) == 0));
  h9_hits_release(&own);
#pragma omp critical(book)
  {
    if (point < MOST) b->asked[point]++;
    b->bad += !good;
  }
  return H9_OK;
}

/* Each point's answer of radius_all, against every pair: each within the radius once, with its distance. */
typedef struct ball {
  const cloud *p;
  double r;
  uint32_t asked[MOST];
  int bad;
} ball;
static int enclose(void *ctx, uint32_t point, const h9_hits *hits, h9_error *e) {
  ball *b = ctx;
  static _Thread_local unsigned char seen[MOST];
  uint32_t n = 0;
  int good = point < b->p->n;
  (void)e;
  memset(seen, 0, sizeof seen);
  for (uint32_t k = 0; k < hits->n && good; k++) good = hits->index[k] < b->p->n && hits->index[k] != point && !seen[hits->index[k]]++;
  if (good) {
    const double at[3] = {b->p->c[0][point], b->p->c[1][point], b->p->c[2][point]};
    for (uint32_t j = 0; j < b->p->n; j++) n += j != point && distance2(b->p, at, j) <= b->r * b->r;
    for (uint32_t k = 0; k < hits->n; k++) good = good && hits->d2[k] == distance2(b->p, at, hits->index[k]);
  }
#pragma omp critical(ball)
  {
    if (point < MOST) b->asked[point]++;
    b->bad += !good || n != hits->n;
  }
  return H9_OK;
}

/* All points at once: counts as by every pair, the nearest as those of single questions. */
static int check_all(const cloud *p, const h9_grid *g, double r, uint32_t k) {
  static uint32_t counts[MOST];
  h9_error e;
  memset(counts, 255, sizeof counts);
  if (h9_grid_counts_all(g, r, counts, &e)) return 0;
  for (uint32_t i = 0; i < p->n; i++) {
    const double at[3] = {p->c[0][i], p->c[1][i], p->c[2][i]};
    uint32_t n = 0;
    for (uint32_t j = 0; j < p->n; j++) n += j != i && distance2(p, at, j) <= r * r;
    if (counts[i] != n) return 0;
  }
  book b = {.p = p, .g = g, .k = k};
  if (h9_grid_nearest_all(g, k, enter, &b, &e) || b.bad) return 0;
  for (uint32_t i = 0; i < p->n; i++)
    if (b.asked[i] != 1) return 0;
  static ball c;
  c = (ball){.p = p, .r = r};
  if (h9_grid_radius_all(g, r, enclose, &c, &e) || c.bad) return 0;
  for (uint32_t i = 0; i < p->n; i++)
    if (c.asked[i] != 1) return 0;
  return 1;
}

int main(void) {
  static cloud p;
  h9_hits h = {0}, b = {0};
  h9_error e;
  draws = h9_draws_make(h9_key_make(99, H9_PURPOSE_SAMPLE, 0), 0, 0, 0);
  for (int kind = 0; kind < 200; kind++) {
    h9_grid *g;
    make(&p, kind);
    if (h9_grid_build(&g, p.c[0], p.c[1], p.c[2], p.n, &p.o, &e) != H9_OK) {
      ok(0, "cloud %d: %s", kind, e.text);
      continue;
    }
    int good = 1;
    for (int q = 0; q < 12 && good; q++) {
      double at[3], w = p.o.hi[0] - p.o.lo[0], lo[3], hi[3];
      uint32_t self = UINT32_MAX;
      for (int k = 0; k < 3; k++) at[k] = p.o.lo[k] + (p.o.hi[k] - p.o.lo[k]) * uniform();
      if (p.n && q % 2) {
        self = below(p.n);
        for (int k = 0; k < 3; k++) at[k] = p.c[k][self];
      } else if (!p.o.periodic && q % 3 == 0) at[0] += 3 * w; /* from outside */
      double r = q == 0 ? 0 : q == 1 ? 5 * w : q == 2 ? w / 8 : w * uniform() * uniform();
      good = good && check_radius(&p, g, at, r, &h, &b);
      if (q < 6) good = good && check_all(&p, g, r, q == 0 ? 1 : q == 1 ? p.n + 3 : q == 2 ? 0 : 1 + below(40));
      if (self != UINT32_MAX && p.n > 1) { /* a radius that ends exactly on a point */
        double d = sqrt(distance2(&p, at, (self + 1) % p.n));
        good = good && check_radius(&p, g, at, d, &h, &b) && (q > 5 || check_all(&p, g, d, 3));
      }
      good = good && check_nearest(&p, g, at, q == 3   ? p.n + 10
                                   : q == 4 ? 0
                                            : 1 + below(q < 6 ? 20 : 120),
                                   q % 4 == 1 ? self : UINT32_MAX, &h, &b);
      for (int k = 0; k < 3; k++) {
        double a = p.o.lo[k] + (p.o.hi[k] - p.o.lo[k]) * below(9) / 8,
               c = p.o.lo[k] + (p.o.hi[k] - p.o.lo[k]) * uniform();
        lo[k] = fmin(a, c);
        hi[k] = q == 5 ? INFINITY : fmax(a, c);
      }
      good = good && check_box(&p, g, lo, hi, &h, &b);
    }
    if (!good || kind % 20 == 19)
      ok(good, "clouds up to %d: radius, counts, nearest, box and all at once as by every pair", kind + 1);
    h9_grid_free(g);
  }
  h9_grid *g;
  float x[2] = {0, NAN};
  h9_grid_options o = {.dimensions = 1, .threads = 1};
  ok(h9_grid_build(&g, x, NULL, NULL, 2, &o, &e) == H9_EDATA && strstr(e.text, "not finite"),
     "NaN is refused: %s", e.text);
  x[1] = 3;
  o.periodic = true;
  o.hi[0] = 2;
  ok(h9_grid_build(&g, x, NULL, NULL, 2, &o, &e) == H9_EDATA && strstr(e.text, "point 2"),
     "a point outside a periodic domain: %s", e.text);
  h9_hits_release(&h);
  h9_hits_release(&b);
  return done();
}

/* Points in clumps within clumps, with strays far away, and places far from all points. Authority: every
 * pair, by an independent loop. */
#include "../../libcore/base/rng.h"
#include "../../libcore/model/grid.h"
#include "tap.h"

enum { N = 2000, K = 12 };

static float c[3][N];
static h9_grid_options o;
static h9_draws draws;
static double uniform(void) { return h9_draw_uniform(&draws); }

static double distance2(const double at[3], uint32_t i) {
  double sum = 0;
  for (int k = 0; k < o.dimensions; k++) {
    double d = (double)c[k][i] - at[k], w = o.hi[k] - o.lo[k];
    if (o.periodic) {
      if (d > w / 2) d -= w;
      else if (d < -w / 2) d += w;
    }
    sum += d * d;
  }
  return sum;
}

/* A clump of a few um at one of `clumps` places, at the borders of the domain, too; one in 500 anywhere. */
static void make(uint32_t clumps, double half) {
  double place[8][3];
  for (int k = 0; k < 3; k++) {
    o.lo[k] = -half;
    o.hi[k] = half;
    for (int i = 0; i < 8; i++) place[i][k] = i == 0 ? (k == 1 ? half : -half) : half * (2 * uniform() - 1);
  }
  for (uint32_t i = 0; i < N; i++) {
    uint32_t at = h9_draw_below(&draws, clumps);
    double size = i % 3 ? 4 : 0.05;
    for (int k = 0; k < 3; k++) {
      double x = i % 500 == 7 ? half * (2 * uniform() - 1) : place[at][k] + size * (uniform() - 0.5);
      if (o.periodic && x >= half) x -= 2 * half;
      if (o.periodic && x < -half) x += 2 * half;
      if (o.periodic && (x >= half || (float)x >= (float)half)) x = 0;
      c[k][i] = (float)x;
    }
    if (i % 40 == 1)
      for (int k = 0; k < 3; k++) c[k][i] = c[k][i - 1];
  }
}

static uint32_t nearest[N][K];
static int note(void *ctx, uint32_t point, const h9_hits *hits, h9_error *e) {
  (void)ctx, (void)e;
  for (uint32_t i = 0; i < K; i++) nearest[point][i] = i < hits->n ? hits->index[i] : UINT32_MAX;
  return H9_OK;
}

/* The nearest of point i by every pair. */
static void nearest_of(uint32_t i, uint32_t found[K]) {
  const double at[3] = {c[0][i], c[1][i], c[2][i]};
  double best[K];
  uint32_t n = 0;
  for (uint32_t j = 0; j < N; j++) {
    double d2 = distance2(at, j);
    if (j == i || (n == K && d2 >= best[K - 1])) continue;
    uint32_t k = n < K ? n++ : K - 1;
    for (; k > 0 && best[k - 1] > d2; k--) best[k] = best[k - 1], found[k] = found[k - 1];
    best[k] = d2;
    found[k] = j;
  }
}

typedef struct box {
  uint8_t seen[N];
  int bad;
} box;
static int see(void *ctx, const uint32_t *index, const float *x, const float *y, const float *z, uint32_t n,
               h9_error *e) {
  box *b = ctx;
  (void)e;
  for (uint32_t i = 0; i < n; i++)
    b->bad += b->seen[index[i]]++ || x[i] != c[0][index[i]] || (o.dimensions > 1 && y[i] != c[1][index[i]]) ||
              (o.dimensions > 2 && z[i] != c[2][index[i]]);
  return H9_OK;
}

static int check(const h9_grid *g, double r) {
  static uint32_t counts[N];
  h9_hits h = {0};
  h9_error e;
  int good = h9_grid_counts_all(g, r, counts, &e) == H9_OK &&
             h9_grid_nearest_all(g, K, note, NULL, &e) == H9_OK;
  for (uint32_t i = 0; i < N && good; i++) {
    const double at[3] = {c[0][i], c[1][i], c[2][i]};
    uint32_t n = 0, found[K], same = 0;
    for (uint32_t j = 0; j < N; j++) n += distance2(at, j) <= r * r;
    good = counts[i] == n - 1 && h9_grid_count(g, at[0], at[1], at[2], r) == n;
    nearest_of(i, found);
    good = good && memcmp(found, nearest[i], sizeof found) == 0;
    if (!good || i % 16) continue;
    good = h9_grid_radius(g, at[0], at[1], at[2], r, &h, &e) == H9_OK && h.n == n;
    for (uint32_t j = 0; j < N && good; j++)
      if (distance2(at, j) <= r * r) good = h.index[same++] == j;
    good = good && h9_grid_nearest(g, at[0], at[1], at[2], K, i, &h, &e) == H9_OK &&
           memcmp(found, h.index, sizeof found) == 0;
    /* the points of a box come once each, those beside it may */
    static box b;
    double low[3], high[3];
    memset(&b, 0, sizeof b);
    for (int k = 0; k < 3; k++) low[k] = at[k] - r, high[k] = at[k] + r;
    good = good && h9_grid_runs(g, low, high, see, &b, &e) == H9_OK && !b.bad;
    for (uint32_t j = 0; j < N && good; j++)
      if (distance2(at, j) <= r * r) good = b.seen[j];
  }
  h9_hits_release(&h);
  return good;
}

int main(void) {
  h9_grid *g;
  h9_error e;
  draws = h9_draws_make(h9_key_make(5, H9_PURPOSE_SAMPLE, 1), 0, 0, 0);
  for (int kind = 0; kind < 12; kind++) {
    o = (h9_grid_options){.dimensions = 3 - kind % 3, .periodic = kind / 3 % 2, .threads = 1 + kind % 4};
    make(kind < 6 ? 1 : 8, kind % 2 ? 1e4 : 300);
    if (kind % 4 == 2) o.cell = 1e9; /* one cell */
    static const double radii[] = {0.03, 0.7, 40};
    if (h9_grid_build(&g, c[0], c[1], c[2], N, &o, &e) != H9_OK) {
      ok(0, "%s", e.text);
      continue;
    }
    int good = 1;
    for (int i = 0; i < 3; i++) good = good && check(g, radii[i]);
    ok(good, "%d clump(s), %d dimensions, %s: as by every pair", kind < 6 ? 1 : 8, o.dimensions,
       o.periodic ? "periodic" : "open");
    h9_grid_free(g);
  }
  /* Distances from so far away are rounded to many um: points on either side of the limit are within it. */
  uint32_t wrong = 0, beyond = 0;
  o = (h9_grid_options){.dimensions = 3, .threads = 1};
  for (uint32_t n = 50; n <= N; n += 50) {
    for (uint32_t i = 0; i < n; i++)
      for (int k = 0; k < 3; k++) c[k][i] = (float)(100 * uniform() - 50);
    if (h9_grid_build(&g, c[0], c[1], c[2], n, &o, &e) != H9_OK) {
      ok(0, "%s", e.text);
      continue;
    }
    for (double far = 1e15; far < 2e18; far *= 10) {
      const double at[3] = {far, 0, 0};
      uint32_t within = 0;
      for (uint32_t i = 0; i < n; i++) {
        bool near_enough = distance2(at, i) <= far * far;
        within += near_enough;
        beyond += near_enough && c[0][i] < 0;
      }
      wrong += within != h9_grid_count(g, far, 0, 0, far);
    }
    h9_grid_free(g);
  }
  ok(beyond > 0 && wrong == 0, "from far away: %u points within by rounding, %u counts wrong", beyond, wrong);
  return done();
}

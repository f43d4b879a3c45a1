/* Layouts: distributions of coordinates against closed forms (Kolmogorov-Smirnov, fixed seed, with a
 * wrong size that must fail), lattices by hand, minimum distances by brute force. */
#include "../../libcore/model/layout.h"
#include "fit.h"
#include "tap.h"
#include <unistd.h>

enum { N = 50000 };
static float x[N], y[N], z[N];
static double v[N];
static h9_error e;

static double uniform_cdf(double t, const void *w) {
  const double *lh = w;
  return fmin(fmax((t - lh[0]) / (lh[1] - lh[0]), 0), 1);
}
static double normal_cdf(double t, const void *sd) {
  return 0.5 * erfc(-t / *(const double *)sd * M_SQRT1_2);
}

/* v[] is uniform in lo..hi, and the test would see 3 % more room. */
static void is_uniform(double lo, double hi, const char *what) {
  double right[2] = {lo, hi}, wrong[2] = {lo, hi + 0.03 * (hi - lo)};
  double p = ks_p(v, N, uniform_cdf, right), q = ks_p(v, N, uniform_cdf, wrong);
  ok(p > 0.001 && q < 1e-6, "%s: uniform in %g..%g, p = %.3g (and %.2g for 3 %% more)", what, lo, hi, p, q);
}

static int place(h9_layout *l, int n_extent, uint64_t seed, uint32_t population, uint32_t n) {
  h9_placer *pl = NULL;
  int code = h9_layout_complete(l, n_extent, l->spread[0] > 0, &e);
  if (code == H9_OK) code = h9_placer_new(&pl, seed, &e);
  if (code == H9_OK) code = h9_placer_begin(pl, population, "test", l, NULL, n, false, &e);
  if (code == H9_OK) code = h9_placer_place(pl, 0, n, x, y, z, &e);
  h9_placer_free(pl);
  return code;
}

static int all_inside(const h9_layout *l, uint32_t n) {
  double lo[3], hi[3];
  h9_layout_bounds(l, lo, hi);
  for (uint32_t i = 0; i < n; i++) {
    float p[3] = {x[i], y[i], z[i]};
    for (int j = 0; j < 3; j++)
      if (p[j] < lo[j] || p[j] > hi[j]) return 0;
  }
  return 1;
}

static void angles(const double c[3], const char *what, int sphere) {
  char text[80];
  for (int i = 0; i < N; i++) v[i] = atan2(y[i] - c[1], x[i] - c[0]);
  snprintf(text, sizeof text, "%s: azimuth", what);
  is_uniform(-M_PI, M_PI, text);
  if (!sphere) return;
  for (int i = 0; i < N; i++)
    v[i] = (z[i] - c[2]) / sqrt(pow(x[i] - c[0], 2) + pow(y[i] - c[1], 2) + pow(z[i] - c[2], 2));
  snprintf(text, sizeof text, "%s: cosine of the polar angle", what);
  is_uniform(-1, 1, text);
}

static void shapes(void) {
  for (int d = 1; d <= 3; d++) {
    h9_layout l = {
        .type = H9_LAYOUT_BOX, .dimensions = d, .extent = {100, 200, 0.3}, .center = {5, -7, 1000}};
    char what[32];
    ok(place(&l, d, 1, 0, N) == H9_OK && all_inside(&l, N), "box of %d dimensions: inside", d);
    float *axis[3] = {x, y, z};
    for (int a = 0; a < 3; a++) {
      if (a >= d) {
        int same = 1;
        for (int i = 0; i < N; i++) same &= axis[a][i] == (float)l.center[a];
        ok(same, "box of %d dimensions: axis %d stays at the center", d, a);
        continue;
      }
      for (int i = 0; i < N; i++) v[i] = axis[a][i];
      if (a == 2) continue; /* 0.3 um at 1000 um: steps of float show */
      snprintf(what, sizeof what, "box, axis %d of %d", a, d);
      is_uniform(l.center[a] - l.extent[a] / 2, l.center[a] + l.extent[a] / 2, what);
    }
  }
  h9_layout ball = {.type = H9_LAYOUT_BALL, .extent = {1000}, .center = {10, 20, 30}};
  ok(place(&ball, 1, 2, 0, N) == H9_OK && ball.dimensions == 3 && all_inside(&ball, N), "ball: inside");
  for (int i = 0; i < N; i++)
    v[i] = pow(sqrt(pow(x[i] - 10, 2) + pow(y[i] - 20, 2) + pow(z[i] - 30, 2)) / 500, 3);
  is_uniform(0, 1, "ball: radius cubed");
  angles(ball.center, "ball", 1);
  h9_layout ball2 = {.type = H9_LAYOUT_BALL, .dimensions = 2, .extent = {1000}},
            disk = {.type = H9_LAYOUT_DISK, .extent = {1000}};
  h9_layout *flat[2] = {&ball2, &disk};
  for (int k = 0; k < 2; k++) {
    ok(place(flat[k], 1, 3, 0, N) == H9_OK && all_inside(flat[k], N) && flat[k]->dimensions == 2,
       "%s in 2 dimensions: inside", h9_layout_name(flat[k]->type));
    for (int i = 0; i < N; i++) v[i] = ((double)x[i] * x[i] + (double)y[i] * y[i]) / 250000;
    is_uniform(0, 1, "disk: radius squared");
    angles(disk.center, "disk", 0);
  }
  h9_layout ell = {.type = H9_LAYOUT_ELLIPSOID, .extent = {1000, 400, 200}};
  ok(place(&ell, 3, 4, 0, N) == H9_OK && all_inside(&ell, N), "ellipsoid: inside");
  for (int i = 0; i < N; i++) x[i] /= 500, y[i] /= 200, z[i] /= 100;
  for (int i = 0; i < N; i++) v[i] = pow(sqrt(pow(x[i], 2) + pow(y[i], 2) + pow(z[i], 2)), 3);
  is_uniform(0, 1, "ellipsoid: scaled radius cubed");
  angles(disk.center, "ellipsoid", 1);
  h9_layout sphere = {.type = H9_LAYOUT_SPHERE, .extent = {1000}, .center = {1, 2, 3}};
  ok(place(&sphere, 1, 5, 0, N) == H9_OK && all_inside(&sphere, N), "sphere: inside its box");
  double worst = 0;
  for (int i = 0; i < N; i++)
    worst = fmax(worst, fabs(sqrt(pow(x[i] - 1, 2) + pow(y[i] - 2, 2) + pow(z[i] - 3, 2)) - 500));
  ok(worst < 1e-4, "sphere: all on the surface, worst %g um", worst);
  angles(sphere.center, "sphere", 1);
  h9_layout ring = {.type = H9_LAYOUT_SPHERE, .dimensions = 2, .extent = {1000}};
  ok(place(&ring, 1, 6, 0, N) == H9_OK, "circle");
  worst = 0;
  for (int i = 0; i < N; i++) worst = fmax(worst, fabs(hypot(x[i], y[i]) - 500));
  ok(worst < 1e-4, "circle: all on the line, worst %g um", worst);
  angles(ring.center, "circle", 0);
  for (int r = 0; r < 2; r++) {
    h9_layout col = {.type = H9_LAYOUT_COLUMN, .round = r, .extent = {300, 1200}, .center = {0, 0, 600}};
    ok(place(&col, 2, 7, 0, N) == H9_OK && all_inside(&col, N) && col.extent[2] == 1200 &&
           col.extent[1] == 300,
       "column: inside");
    for (int i = 0; i < N; i++) v[i] = z[i];
    is_uniform(0, 1200, "column: depth");
    for (int i = 0; i < N; i++) v[i] = r ? ((double)x[i] * x[i] + (double)y[i] * y[i]) / 22500 : x[i];
    is_uniform(r ? 0 : -150, r ? 1 : 150, r ? "round column: radius squared" : "column: x");
    for (int i = 0; i < N; i++) v[i] = y[i];
    if (r) angles(disk.center, "round column", 0);
    else is_uniform(-150, 150, "column: y");
  }
  h9_layout blob = {.type = H9_LAYOUT_BLOB, .spread = {50, 100, 20}, .center = {0, 0, 0}};
  blob.dimensions = 3;
  blob.spread[1] = blob.spread[2] = 0; /* one value for all axes */
  ok(place(&blob, 0, 8, 0, N) == H9_OK && all_inside(&blob, N) && blob.extent[2] == 500,
     "blob: inside ten standard deviations");
  float *axis[3] = {x, y, z};
  for (int a = 0; a < 3; a++) {
    for (int i = 0; i < N; i++) v[i] = axis[a][i];
    double sd = 50, wrong = 53, p = ks_p(v, N, normal_cdf, &sd), q = ks_p(v, N, normal_cdf, &wrong);
    ok(p > 0.001 && q < 1e-6, "blob, axis %d: normal of 50 um, p = %.3g (and %.2g for 53)", a, p, q);
  }
  h9_layout narrow = {.type = H9_LAYOUT_BLOB, .spread = {1000}, .extent = {10}, .dimensions = 1};
  ok(place(&narrow, 1, 8, 0, N) == H9_OK && all_inside(&narrow, N), "blob cut by its extent: inside");
  for (int i = 0; i < N; i++) v[i] = x[i];
  is_uniform(-5, 5, "blob cut far inside its spread is flat");
}

static void grids(void) {
  h9_layout g = {.type = H9_LAYOUT_GRID, .dimensions = 3, .extent = {10, 20, 30}};
  ok(place(&g, 3, 1, 0, 6000) == H9_OK && all_inside(&g, 6000), "grid: inside");
  int bad = 0;
  for (int i = 0; i < 6000; i++)
    bad += x[i] != i % 10 - 4.5f || y[i] != i / 10 % 20 - 9.5f || z[i] != i / 200 - 14.5f;
  ok(bad == 0, "grid: 6000 neurons in 10 x 20 x 30 um stand 1 um apart, x first");
  ok(place(&g, 3, 1, 0, 6001) == H9_OK && all_inside(&g, 6001), "grid: one more still fits");
  bad = 0;
  for (int i = 1; i < 6001; i++) bad += x[i] == x[i - 1] && y[i] == y[i - 1] && z[i] == z[i - 1];
  ok(bad == 0, "grid: all in different places");
  h9_layout thin = {.type = H9_LAYOUT_GRID, .dimensions = 3, .extent = {1000, 1000, 1e-6}};
  ok(place(&thin, 3, 1, 0, 10000) == H9_OK && x[0] == -495 && y[9999] == 495 && z[5] == 0,
     "grid: a sheet gets one layer");
  h9_layout line = {.type = H9_LAYOUT_GRID, .dimensions = 1, .extent = {100}};
  ok(place(&line, 1, 1, 0, 4) == H9_OK && x[0] == -37.5f && x[3] == 37.5f,
     "grid: 4 neurons on a line of 100 um");
  h9_layout j = {.type = H9_LAYOUT_GRID, .dimensions = 2, .extent = {100, 100}, .jitter = 0.25};
  ok(place(&j, 2, 1, 0, 40000) == H9_OK && all_inside(&j, 40000), "grid with jitter: inside");
  double most = 0, mean = 0;
  for (int i = 0; i < 40000; i++) {
    double d = x[i] - ((i % 200 + 0.5) * 0.5 - 50);
    most = fmax(most, fabs(d));
    mean += d * d / 40000;
  }
  ok(most <= 0.125001 && most > 0.1249,
     "grid with jitter 0.25: at most a quarter of the spacing of 0.5 um, found %g", most);
  near(mean, 0.125 * 0.125 / 3, 0.0001, "grid with jitter: variance of a uniform displacement");
  j.jitter = 1;
  ok(place(&j, 2, 1, 0, 40000) == H9_OK && all_inside(&j, 40000), "grid with jitter 1 stays inside");
}

static void keyed(void) {
  static float x2[N], y2[N], z2[N];
  int bad = 0;
  for (int type = H9_LAYOUT_BOX; type < H9_LAYOUT_FILE; type++) {
    h9_layout l = {.type = (enum h9_layout_type)type, .extent = {500, 0, 0}};
    if (type == H9_LAYOUT_GRID) continue;
    if (place(&l, 1, 9, 3, 1000) != H9_OK) bad++;
    h9_placer *pl;
    if (h9_placer_new(&pl, 9, &e) != H9_OK ||
        h9_placer_begin(pl, 3, "test", &l, NULL, 1500, false, &e) != H9_OK) {
      bad++;
      continue;
    }
    /* from the end, in uneven pieces, with 500 more after them */
    for (int at = 1500; at > 0;) {
      int n = at < 77 ? at : 77;
      at -= n;
      if (h9_placer_place(pl, (uint32_t)at, (uint32_t)n, x2 + at, y2 + at, z2 + at, &e) != H9_OK) bad++;
    }
    bad += memcmp(x, x2, 4000) || memcmp(y, y2, 4000) || memcmp(z, z2, 4000);
    h9_placer_free(pl);
  }
  ok(bad == 0, "every layout but the grid: position depends on seed, population and index alone");
  h9_layout l = {.type = H9_LAYOUT_BOX, .extent = {500}};
  int code = place(&l, 1, 9, 3, 1000);
  memcpy(x2, x, sizeof x);
  code |= place(&l, 1, 9, 4, 1000);
  int other = memcmp(x, x2, 4000) != 0;
  code |= place(&l, 1, 10, 3, 1000);
  ok(code == H9_OK && other && memcmp(x, x2, 4000) != 0, "another population or seed: other positions");
}

static double nearest(uint32_t from, uint32_t n) {
  double d = INFINITY;
  for (uint32_t i = from; i < n; i++)
    for (uint32_t j = 0; j < i; j++)
      d = fmin(d, pow((double)x[i] - x[j], 2) + pow((double)y[i] - y[j], 2) + pow((double)z[i] - z[j], 2));
  return sqrt(d);
}

static void distances(void) {
  static const struct {
    int dimensions;
    double d;
  } c[] = {{1, 0.05}, {2, 2.0}, {3, 7.5}};
  for (int i = 0; i < 3; i++) {
    h9_layout l = {
        .type = H9_LAYOUT_BOX, .dimensions = c[i].dimensions, .extent = {100}, .min_distance = c[i].d};
    ok(place(&l, 1, 1, 0, 1000) == H9_OK && all_inside(&l, 1000),
       "minimum distance in %d dimensions: placed%s%s", c[i].dimensions, e.code ? ": " : "",
       e.code ? e.text : "");
    double got = nearest(1, 1000);
    ok(got >= c[i].d && got < 1.2 * c[i].d, "nearest pair by brute force: %g um, at least %g", got, c[i].d);
  }
  /* two populations: the second keeps away from the first, which was placed freely */
  h9_layout a = {.type = H9_LAYOUT_BALL, .extent = {100}},
            b = {.type = H9_LAYOUT_BOX, .extent = {80}, .min_distance = 3};
  h9_placer *pl = NULL;
  int code = h9_layout_complete(&a, 1, 0, &e) | h9_layout_complete(&b, 1, 0, &e) | h9_placer_new(&pl, 5, &e);
  if (!code)
    code = h9_placer_begin(pl, 0, "a", &a, NULL, 1000, true, &e) | h9_placer_place(pl, 0, 1000, x, y, z, &e);
  if (!code) code = h9_placer_begin(pl, 1, "b", &b, NULL, 1000, false, &e);
  ok(!code && h9_placer_in_order(pl), "in order when there is a minimum distance");
  for (uint32_t i = 0; i < 1000 && !code; i += 250)
    code = h9_placer_place(pl, i, 250, x + 1000 + i, y + 1000 + i, z + 1000 + i, &e);
  h9_placer_free(pl);
  ok(!code && nearest(1000, 2000) >= 3 && nearest(1, 1000) < 3,
     "a later population keeps its distance from earlier ones");
  /* attempt 0 is the free position, so that sparse networks hardly change */
  h9_layout far = {.type = H9_LAYOUT_BOX, .extent = {1000}}, apart = far;
  apart.min_distance = 20;
  static float free_x[1000];
  code = place(&far, 1, 3, 0, 1000);
  memcpy(free_x, x, sizeof free_x);
  code |= place(&apart, 1, 3, 0, 1000);
  int same = 0;
  for (int i = 0; i < 1000; i++) same += x[i] == free_x[i];
  ok(code == H9_OK && same > 950 && same < 1000,
     "minimum distance moves only those who need it: %d of 1000 stay", same);

  h9_layout dense = {.type = H9_LAYOUT_BOX, .extent = {100}, .min_distance = 30};
  code = place(&dense, 1, 1, 0, 1000);
  ok(code == H9_ECONFIG && strstr(e.text, "densest packing") && strstr(e.text, "1000 neurons"),
     "too dense at once: %s", e.text);
  /* random addition jams at a density of 0.384: 331 balls of 15 um in a cube of 115 um */
  dense.min_distance = 15;
  code = place(&dense, 1, 1, 0, 340);
  ok(code == H9_ECONFIG && strstr(e.text, "attempts") && strstr(e.text, "neuron 2"), "jammed: %s", e.text);
  h9_layout lattice = {.type = H9_LAYOUT_GRID, .extent = {100}, .min_distance = 9.99};
  ok(place(&lattice, 1, 1, 0, 1000) == H9_OK, "a grid 10 um apart keeps 9.99 um");
  lattice.min_distance = 10.01;
  code = place(&lattice, 1, 1, 0, 1000);
  ok(code == H9_ECONFIG && strstr(e.text, "neuron 2 "), "but not 10.01 um: %s", e.text);
}

static int completes(h9_layout l, int n_extent, const char *complaint) {
  e.text[0] = 0;
  int code = h9_layout_complete(&l, n_extent, 0, &e);
  return ok(code == H9_ECONFIG && strstr(e.text, complaint), "refused: %s", e.text);
}

static void mistakes(void) {
  completes((h9_layout){.type = H9_LAYOUT_BOX}, 0, "extent");
  completes((h9_layout){.type = H9_LAYOUT_BOX, .extent = {-1}}, 1, "extent");
  completes((h9_layout){.type = H9_LAYOUT_BOX, .extent = {NAN}}, 1, "extent");
  completes((h9_layout){.type = H9_LAYOUT_BOX, .dimensions = 3, .extent = {1, 2}}, 2, "2 lengths");
  completes((h9_layout){.type = H9_LAYOUT_BALL, .extent = {1, 2}}, 2, "diameter");
  completes((h9_layout){.type = H9_LAYOUT_DISK, .dimensions = 3, .extent = {1}}, 1, "dimensions");
  completes((h9_layout){.type = H9_LAYOUT_COLUMN, .dimensions = 2, .extent = {1}}, 1, "dimensions");
  completes((h9_layout){.type = H9_LAYOUT_SPHERE, .dimensions = 1, .extent = {1}}, 1, "dimensions");
  completes((h9_layout){.type = H9_LAYOUT_BOX, .extent = {1}, .jitter = 0.1}, 1, "jitter");
  completes((h9_layout){.type = H9_LAYOUT_GRID, .extent = {1}, .jitter = 1.5}, 1, "jitter");
  completes((h9_layout){.type = H9_LAYOUT_BOX, .extent = {1}, .min_distance = -1}, 1, "min_distance");
  completes((h9_layout){.type = H9_LAYOUT_BOX, .extent = {1}, .center = {INFINITY}}, 1, "center");
  completes((h9_layout){.type = H9_LAYOUT_FILE}, 0, "file");
  for (int i = 0; i < H9_LAYOUTS; i++)
    if (h9_layout_parse(h9_layout_name((enum h9_layout_type)i)) != i) ok(0, "layout %d keeps its name", i);
  ok(h9_layout_parse("bax") == -1, "unknown layout name");
}

static const char *path;
static int read_text(h9_points_file *f, const char *text) {
  FILE *out = fopen(path, "w");
  if (!out) return -1;
  fputs(text, out);
  fclose(out);
  return h9_points_file_read(f, path, &e);
}

static void files(void) {
  char name[] = "/tmp/h9-layout-XXXXXX";
  int fd = mkstemp(name);
  if (fd < 0) return;
  close(fd);
  path = name;
  h9_points_file f;
  int code = read_text(&f, "# x y z\n1 2 3\n\n -4.5,5e1\t6 # soma\r\n7;8;9");
  ok(code == H9_OK && f.n == 3 && f.dimensions == 3 && f.xyz[3] == -4.5f && f.xyz[4] == 50 && f.xyz[8] == 9 &&
         f.line[1] == 4,
     "positions: spaces, tabs, commas, comments, last line without newline");
  h9_layout l = {.type = H9_LAYOUT_FILE, .file = name};
  h9_placer *pl = NULL;
  code = h9_layout_complete(&l, 0, 0, &e) | h9_layout_adopt(&l, &f, &e);
  double lo[3], hi[3];
  h9_layout_bounds(&l, lo, hi);
  ok(!code && l.dimensions == 3 && lo[0] == -4.5 && hi[0] == 7 && lo[1] == 2 && hi[1] == 50,
     "the file's own span is the domain");
  code |= h9_placer_new(&pl, 1, &e) | h9_placer_begin(pl, 0, "f", &l, &f, 3, false, &e) |
          h9_placer_place(pl, 1, 2, x, y, z, &e);
  ok(!code && x[0] == -4.5f && z[1] == 9, "placed as the file says");
  code = h9_placer_begin(pl, 0, "f", &l, &f, 4, false, &e);
  ok(code == H9_ECONFIG && strstr(e.text, "holds 3 positions, expected 4"), "wrong count: %s", e.text);
  h9_layout near_ = l;
  near_.min_distance = 12;
  code = h9_placer_begin(pl, 0, "f", &near_, &f, 3, false, &e);
  if (!code) code = h9_placer_place(pl, 0, 3, x, y, z, &e);
  ok(code == H9_ECONFIG && strstr(e.text, ":5: neuron 3"), "too near: %s", e.text);
  h9_layout tight = {.type = H9_LAYOUT_FILE, .file = name, .extent = {20}, .center = {0, 0, 0}};
  code = h9_layout_complete(&tight, 1, 0, &e);
  if (!code) code = h9_layout_adopt(&tight, &f, &e);
  ok(code == H9_ECONFIG && strstr(e.text, ":4: found y = 50"), "outside the extent: %s", e.text);
  h9_placer_free(pl);
  h9_points_file_release(&f);
  static const char *const bad[][2] = {{"1 2\n1 2 3\n", ":2: found 3 coordinates, expected 2"},
                                       {"1 2 3 4\n", "'4'"},
                                       {"1 nan\n", "'nan'"},
                                       {"1 1e10\n", "'1e10'"},
                                       {"1 2x\n", "'2x'"},
                                       {"# nothing\n", "no positions"},
                                       {"", "no positions"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ok(read_text(&f, bad[i][0]) == H9_EDATA && strstr(e.text, bad[i][1]), "refused: %s", e.text);
  unlink(name);
  ok(h9_points_file_read(&f, name, &e) == H9_ENOINPUT, "no file: %s", e.text);
}

/* FNV-1a over positions of every layout: published networks depend on these bits. */
static void known(void) {
  uint64_t h = UINT64_C(0xcbf29ce484222325);
  int code = H9_OK;
  for (int type = H9_LAYOUT_BOX; type < H9_LAYOUT_FILE; type++) {
    h9_layout l = {.type = (enum h9_layout_type)type, .extent = {500}, .center = {0.1, -3, 1e3}};
    if (type == H9_LAYOUT_GRID) l.jitter = 0.5;
    if (type == H9_LAYOUT_BOX) l.min_distance = 25;
    code |= place(&l, 1, 42, 1, 2000);
    const float *axis[3] = {x, y, z};
    for (int a = 0; a < 3; a++)
      for (int i = 0; i < 2000; i++) {
        uint32_t u;
        memcpy(&u, &axis[a][i], 4);
        for (int b = 0; b < 4; b++) h = (h ^ (u >> (8 * b) & 255)) * UINT64_C(0x100000001b3);
      }
  }
  ok(code == H9_OK && h == UINT64_C(0x39e43f8d30114efe), "known answer: hash of 16,000 positions is %016llx",
     (unsigned long long)h);
}

int main(void) {
  shapes();
  known();
  grids();
  keyed();
  distances();
  mistakes();
  files();
  return done();
}

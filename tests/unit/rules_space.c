/* Spatial rules against plain loops over all pairs, distance laws against closed forms. */
#include "netkit.h"

enum { N = 2500 };
#define L 1000.0
static uint32_t out[N], in[N];

static double apart(const kit *k, uint32_t a, uint32_t b, bool periodic, double d[3]) {
  const float *axis[3] = {k->net.x, k->net.y, k->net.z};
  double d2 = 0;
  for (int i = 0; i < 3; i++) {
    d[i] = axis[i] ? (double)axis[i][b] - (double)axis[i][a] : 0;
    if (periodic && i < k->net.dimensions) d[i] -= L * floor(d[i] / L + 0.5);
    d2 += d[i] * d[i];
  }
  return sqrt(d2);
}
/* Connections as a matrix of counts. */
static unsigned char *matrix(const kit_list *l, uint32_t n) {
  unsigned char *m = calloc(n, n);
  for (size_t i = 0; i < l->n; i++) m[l->at[i].source * (size_t)n + l->at[i].target]++;
  return m;
}

static void radius(int dimensions, bool periodic, bool autapses) {
  kit k;
  kit_init(&k, 21);
  kit_population(&k, "a", 900);
  kit_place(&k, dimensions, L);
  double r = dimensions == 1 ? 20 : dimensions == 2 ? 80 : 200;
  h9_projection *p = kit_projection(&k, H9_RULE_RADIUS, 0, 0, r);
  p->periodic = periodic;
  p->autapses = autapses;
  kit_list l = kit_all(&k);
  unsigned char *m = matrix(&l, 900);
  size_t wrong = 0;
  for (uint32_t i = 0; i < 900; i++)
    for (uint32_t j = 0; j < 900; j++) {
      double d[3];
      bool want = (i != j || autapses) && apart(&k, i, j, periodic, d) <= r;
      wrong += m[i * 900 + j] != want;
    }
  ok(wrong == 0 && l.ordered && l.n > 2000, "radius, %d-D, %s%s: %zu connections, the very pairs", dimensions,
     periodic ? "periodic" : "open", autapses ? ", autapses" : "", l.n);
  if (!autapses) {
    double expected = h9_projection_expected(&k.net, p);
    near(expected, (double)l.n, 1e-6, "expected number, every neuron looked at");
  }
  free(m);
  kit_list_free(&l);
  kit_free(&k);
}

static void nearest(bool symmetric) {
  enum { M = 500, K = 7 };
  kit k;
  kit_init(&k, 22);
  kit_population(&k, "a", M);
  kit_place(&k, 2, L);
  h9_projection *p = kit_projection(&k, H9_RULE_K_NEAREST, 0, 0, K);
  p->autapses = p->multapses = false;
  p->periodic = true;
  p->symmetric = symmetric;
  h9_dist_release(&p->weight);
  p->weight = kit_dist(H9_DIST_NORMAL, 10, 3);
  kit_list l = kit_all(&k);
  unsigned char *m = matrix(&l, M), *want = calloc(M, M);
  for (uint32_t i = 0; i < M; i++)
    for (uint32_t j = 0; j < M; j++) {
      double d[3], mine = apart(&k, i, j, true, d);
      int before = 0;
      for (uint32_t o = 0; o < M; o++) before += o != i && (apart(&k, i, o, true, d) < mine);
      if (i != j && before < K) {
        want[i * M + j] = 1;
        if (symmetric) want[j * M + i] = 1;
      }
    }
  ok(memcmp(m, want, M * M) == 0 && l.ordered, "k_nearest%s: the very pairs (%zu)",
     symmetric ? ", symmetric: those found from either side, once" : "", l.n);
  if (symmetric) {
    double *w = calloc(M * M, sizeof *w);
    bool equal = true;
    for (size_t i = 0; i < l.n; i++) w[l.at[i].source * M + l.at[i].target] = l.at[i].weight;
    for (uint32_t i = 0; i < M; i++)
      for (uint32_t j = 0; j < M; j++) equal &= w[i * M + j] == w[j * M + i];
    ok(equal, "both directions have one weight");
    free(w);
  }
  free(m);
  free(want);
  kit_list_free(&l);
  kit_free(&k);
}

/* Distribution functions of the distance of joined pairs in the plane: proportional to f(d) d. */
static double plane_gaussian(double d, double s) { return 1 - exp(-d * d / (2 * s * s)); }
static double plane_exponential(double d, double t) { return 1 - (1 + d / t) * exp(-d / t); }
static double plane_linear(double d, double r) { return 3 * d * d / (r * r) - 2 * d * d * d / (r * r * r); }
static double plane_step(double d, double r) { return d * d / (r * r); }

static void kernel(const char *what, enum h9_rule rule, int type, double a, double (*cdf)(double, double),
                   double number, double p, bool multapses, double ring) {
  kit k;
  kit_init(&k, 23);
  kit_population(&k, "a", N);
  kit_place(&k, 2, L);
  h9_projection *q = kit_projection(&k, rule, 0, 0, number);
  q->autapses = false;
  q->multapses = multapses;
  q->periodic = true;
  q->kernel.type = (uint8_t)type;
  q->kernel.arg[0] = a;
  q->kernel.scale = p;
  q->mask.type = H9_MASK_SPHERE;
  q->mask.arg[0] = 450;
  kit_list l = kit_all(&k);
  double *u = malloc(l.n * sizeof *u), *v = malloc(l.n * sizeof *v),
         all = cdf(fmin(450, type == H9_KERNEL_LINEAR || type == H9_KERNEL_STEP ? a : 450), a), d[3];
  double far = type == H9_KERNEL_LINEAR || type == H9_KERNEL_STEP ? a : 450;
  bool near_enough = true;
  for (size_t i = 0; i < l.n; i++) {
    double x = apart(&k, l.at[i].source, l.at[i].target, true, d);
    near_enough &= x <= far;
    u[i] = cdf(x, a) / all;
    v[i] = fmin(1, cdf(x, a * 1.1) /
                       cdf(type == H9_KERNEL_LINEAR || type == H9_KERNEL_STEP ? a * 1.1 : 450, a * 1.1));
  }
  double good = ks_p(u, l.n), bad = ks_p(v, l.n);
  ok(l.ordered && near_enough && l.n > 5000 && good > KIT_GOOD,
     "%s: distances follow f(d) d (KS p = %.3g, %zu connections)", what, good, l.n);
  ok(bad < KIT_WRONG, "%s: the test rejects a kernel 10 %% wider (p = %.3g)", what, bad);
  if (rule == H9_RULE_PAIRWISE_BERNOULLI || rule == H9_RULE_PAIRWISE_POISSON) {
    double mean = (N - 1) / (L * L) * p * ring * all * N * (rule == H9_RULE_PAIRWISE_POISSON ? number : 1);
    near(((double)l.n - mean) / sqrt(mean), 0, 5,
         "number of connections beside density times the kernel's integral, in sd");
    double expected = h9_projection_expected(&k.net, q);
    near(expected / (double)l.n, 1, 0.05, "expected number from a sample");
  } else {
    kit_degrees(&l, 0, out, N, in, N);
    bool fixed = true;
    for (uint32_t i = 0; i < N; i++)
      fixed &= (rule == H9_RULE_FIXED_INDEGREE ? in : out)[i] == (uint32_t)number;
    ok(fixed, "%s: the degree is exact", what);
  }
  free(u);
  free(v);
  kit_list_free(&l);
  kit_free(&k);
}

/* Two of three partners drawn one after the other by weight: probabilities of the pairs by hand. */
static void successive(void) {
  enum { S = 30000 };
  static float x[S + 3], y[S + 3];
  kit k;
  kit_init(&k, 24);
  kit_population(&k, "a", S);
  kit_population(&k, "b", 3);
  k.net.dimensions = 2;
  k.net.x = x;
  k.net.y = y;
  k.pop[0].placed = k.pop[1].placed = true;
  for (int i = 0; i < 3; i++) x[S + i] = (float)(50 * (i + 1));
  h9_projection *p = kit_projection(&k, H9_RULE_FIXED_OUTDEGREE, 0, 1, 2);
  p->multapses = false;
  p->kernel.type = H9_KERNEL_EXPONENTIAL;
  p->kernel.arg[0] = 60;
  kit_list l = kit_all(&k);
  double seen[3] = {0}, expected[3], w[3], sum = 0;
  for (int i = 0; i < 3; i++) sum += w[i] = exp(-50.0 * (i + 1) / 60);
  for (int out_ = 0; out_ < 3; out_++) { /* the pair that leaves `out_` out */
    int a = (out_ + 1) % 3, b = (out_ + 2) % 3;
    expected[out_] = S * (w[a] / sum * w[b] / (sum - w[a]) + w[b] / sum * w[a] / (sum - w[b]));
  }
  for (size_t i = 0; i + 1 < l.n; i += 2) seen[3 - l.at[i].target - l.at[i + 1].target]++;
  double pv = chi_square_p(seen, expected, 3, 1);
  ok(pv > KIT_GOOD, "weighted draws without replacement: pairs as successive draws give them (p = %.3g)", pv);
  for (int i = 0; i < 3; i++) expected[i] = S * (1 - w[i] / sum) / 2;
  pv = chi_square_p(seen, expected, 3, 1);
  ok(pv < KIT_WRONG, "the test rejects pairs as if drawn independently (p = %.3g)", pv);
  k.net.x = k.net.y = NULL;
  kit_list_free(&l);
  kit_free(&k);
}

/* With p = 1 a mask joins all it holds; the masks are written out here anew. */
static void masks(void) {
  const char *names[] = {"", "sphere, anchored", "box, turned", "ellipsoid, turned and tilted",
                         "doughnut, anchored"};
  for (int type = H9_MASK_SPHERE; type <= H9_MASK_DOUGHNUT; type++)
    for (int way = 0; way < 3; way++) { /* by source, by source periodic, by target */
      kit k;
      kit_init(&k, 25);
      kit_population(&k, "a", 700);
      kit_population(&k, "b", 600);
      kit_place(&k, 3, L);
      h9_projection *p = kit_projection(&k, H9_RULE_PAIRWISE_BERNOULLI, 0, 1, 0);
      p->multapses = false;
      p->periodic = way == 1;
      const double args[5][6] = {{0}, {180}, {-150, -80, -60, 150, 120, 200}, {500, 300, 200}, {90, 210}};
      memcpy(p->mask.arg, args[type], sizeof args[type]);
      p->mask.type = (uint8_t)type;
      double az = type == H9_MASK_BOX || type == H9_MASK_ELLIPSOID ? 0.6 : 0,
             po = type == H9_MASK_ELLIPSOID ? 0.9 : 0, an[3] = {60, -40, 25};
      memcpy(p->mask.anchor, an, sizeof an);
      p->mask.azimuth = az;
      p->mask.polar = po;
      if (way == 2) { /* every neuron in the mask, asked as a degree that none can exceed: the error tells */
        p->rule = H9_RULE_FIXED_INDEGREE;
        p->number = 650;
      }
      h9_error e = {0};
      kit_list l;
      int rc = kit_expand(&k, (h9_rowsource_options){.threads = 2}, &l, &e);
      unsigned char *m = calloc(700, 600);
      for (size_t i = 0; i < l.n; i++) m[l.at[i].source * 600 + l.at[i].target]++;
      size_t wrong = 0, all = 0, first = 0;
      for (uint32_t t = 0; t < 600; t++)
        for (uint32_t s = 0; s < 700; s++) {
          double d[3], q[3];
          apart(&k, s, 700 + t, false, d);
          for (int i = 0; i < 3; i++) {
            q[i] = (way == 2 ? -d[i] : d[i]) - an[i];
            if (way == 1) q[i] -= L * floor(q[i] / L + 0.5);
          }
          if (type == H9_MASK_BOX)
            for (int i = 0; i < 3; i++) q[i] -= 0.5 * (args[type][i] + args[type][i + 3]);
          if (type == H9_MASK_BOX && way == 1)
            for (int i = 0; i < 3; i++) q[i] -= L * floor(q[i] / L + 0.5);
          double u = q[0] * cos(az) + q[1] * sin(az), v = q[1] * cos(az) - q[0] * sin(az);
          double f[3] = {u * cos(po) - q[2] * sin(po), v, u * sin(po) + q[2] * cos(po)},
                 r = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2]);
          bool in_it = type == H9_MASK_SPHERE     ? r <= 180
                       : type == H9_MASK_DOUGHNUT ? r > 90 && r <= 210
                       : type == H9_MASK_BOX
                           ? fabs(f[0]) <= 150 && fabs(f[1]) <= 100 && fabs(f[2]) <= 130
                           : pow(f[0] / 250, 2) + pow(f[1] / 150, 2) + pow(f[2] / 100, 2) <= 1;
          wrong += m[s * 600 + t] != in_it;
          all += in_it;
          first += t == 0 && in_it;
        }
      if (way < 2) {
        ok(rc == H9_OK && wrong == 0 && all > 1000, "%s%s: all pairs within and no others (%zu)", names[type],
           way ? ", periodic" : "", all);
      } else {
        char want[100];
        snprintf(want, sizeof want, "neuron 701: 650 different partners asked, %zu available", first);
        ok(rc == H9_ECONFIG && strstr(e.text, want), "%s: too few neurons are named: %s", names[type],
           e.text);
      }
      free(m);
      kit_list_free(&l);
      kit_free(&k);
    }
}

static void nobody(void) {
  kit k;
  kit_init(&k, 26);
  kit_population(&k, "a", 50);
  kit_place(&k, 2, L);
  h9_projection *p = kit_projection(&k, H9_RULE_FIXED_OUTDEGREE, 0, 0, 3);
  p->autapses = false;
  p->kernel.type = H9_KERNEL_STEP;
  p->kernel.arg[0] = 1e-3;
  h9_error e = {0};
  kit_list l;
  ok(kit_expand(&k, (h9_rowsource_options){.threads = 2}, &l, &e) == H9_ECONFIG &&
         strstr(e.text, "neuron 1: 3 connections asked, 0 available"),
     "nobody within reach, though multapses are allowed: %s", e.text);
  kit_free(&k);
}

int main(void) {
  radius(1, false, false);
  radius(2, true, false);
  radius(2, false, true);
  radius(3, false, false);
  radius(3, true, true);
  nearest(false);
  nearest(true);
  const double tau = 6.283185307179586, s = 80;
  kernel("bernoulli gaussian", H9_RULE_PAIRWISE_BERNOULLI, H9_KERNEL_GAUSSIAN, s, plane_gaussian, 0, 0.2,
         false, tau * s * s);
  kernel("bernoulli exponential", H9_RULE_PAIRWISE_BERNOULLI, H9_KERNEL_EXPONENTIAL, 50, plane_exponential, 0,
         0.3, false, tau * 50 * 50);
  kernel("bernoulli linear", H9_RULE_PAIRWISE_BERNOULLI, H9_KERNEL_LINEAR, 200, plane_linear, 0, 0.2, false,
         tau * 200 * 200 / 6);
  kernel("bernoulli step", H9_RULE_PAIRWISE_BERNOULLI, H9_KERNEL_STEP, 150, plane_step, 0, 0.1, false,
         tau * 150 * 150 / 2);
  kernel("poisson gaussian", H9_RULE_PAIRWISE_POISSON, H9_KERNEL_GAUSSIAN, s, plane_gaussian, 0.3, 1, true,
         tau * s * s);
  kernel("indegree gaussian", H9_RULE_FIXED_INDEGREE, H9_KERNEL_GAUSSIAN, s, plane_gaussian, 6, 1, true, 0);
  kernel("outdegree exponential", H9_RULE_FIXED_OUTDEGREE, H9_KERNEL_EXPONENTIAL, 60, plane_exponential, 6, 1,
         true, 0);
  kernel("outdegree step, no multapses", H9_RULE_FIXED_OUTDEGREE, H9_KERNEL_STEP, 200, plane_step, 6, 1,
         false, 0);
  kernel("indegree linear, no multapses", H9_RULE_FIXED_INDEGREE, H9_KERNEL_LINEAR, 300, plane_linear, 3, 1,
         false, 0);
  successive();
  masks();
  nobody();
  return done();
}

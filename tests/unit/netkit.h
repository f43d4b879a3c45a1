/* Small networks for tests of the connection rules, all their connections in one list, and the
 * statistics they are judged by. */
#ifndef H9_TESTS_NETKIT_H
#define H9_TESTS_NETKIT_H

#include "../../libcore/model/rowsource.h"
#include "tap.h"

enum { KIT_POPULATIONS = 4, KIT_PROJECTIONS = 16 };

typedef struct kit {
  h9_network net;
  h9_population pop[KIT_POPULATIONS];
  h9_projection proj[KIT_PROJECTIONS];
} kit;

__attribute__((unused)) static void kit_init(kit *k, uint64_t seed) {
  memset(k, 0, sizeof *k);
  k->net.dt = 0.1;
  k->net.seed = seed;
  k->net.populations = k->pop;
  k->net.projections = k->proj;
}
__attribute__((unused)) static uint32_t kit_population(kit *k, const char *name, uint32_t count) {
  uint32_t i = k->net.n_populations++;
  k->pop[i] = (h9_population){.name = (char *)(uintptr_t)name,
                              .model = (char *)(uintptr_t) "iaf_psc_exp",
                              .first = k->net.n_neurons + 1,
                              .count = count};
  k->net.n_neurons += count;
  return i;
}
__attribute__((unused)) static h9_dist kit_dist(enum h9_dist_type type, double a, double b) {
  h9_dist d = {.type = (uint8_t)type, .min = -INFINITY, .max = INFINITY};
  if (h9_expr_constant(&d.a, a) != H9_OK || h9_expr_constant(&d.b, b) != H9_OK) exit(71);
  return d;
}
/* A projection of `rule` with weight 1 and delay 1 ms; autapses and multapses allowed. */
__attribute__((unused)) static h9_projection *kit_projection(kit *k, enum h9_rule rule, uint32_t source,
                                                             uint32_t target, double number) {
  h9_projection *p = &k->proj[k->net.n_projections++];
  *p = (h9_projection){.name = (char *)(uintptr_t) "",
                       .synapse = (char *)(uintptr_t) "static",
                       .source = source,
                       .target = target,
                       .rule = (uint8_t)rule,
                       .autapses = true,
                       .multapses = true,
                       .number = number};
  p->kernel.scale = 1;
  p->kernel.cutoff = INFINITY;
  p->weight = kit_dist(H9_DIST_EXPRESSION, 1, 0);
  p->delay = kit_dist(H9_DIST_EXPRESSION, 1, 0);
  return p;
}
/* Uniform positions in [lo, hi) of as many dimensions. */
__attribute__((unused)) static void kit_place(kit *k, int dimensions, double width) {
  h9_network *net = &k->net;
  float **axis[3] = {&net->x, &net->y, &net->z};
  h9_key key = h9_key_make(net->seed, H9_PURPOSE_POSITION, 0);
  net->dimensions = dimensions;
  for (int a = 0; a < dimensions; a++) {
    *axis[a] = malloc(net->n_neurons * sizeof(float));
    net->lo[a] = -width / 2;
    net->hi[a] = width / 2;
    for (uint32_t i = 0; i < net->n_neurons; i++)
      (*axis[a])[i] =
          (float)((h9_uniform32(h9_philox(key, i, (uint32_t)a, 0, 0).v[0]) - 0.5) * width * 0.9999999);
  }
  for (uint32_t i = 0; i < net->n_populations; i++) k->pop[i].placed = true;
}

typedef struct kit_connection {
  uint32_t projection, source, target, delay;
  double weight;
} kit_connection;
typedef struct kit_list {
  const h9_network *net;
  size_t n, cap;
  kit_connection *at;
  uint64_t groups;
  bool ordered; /* groups, rows and connections came in canonical order */
  uint64_t last_group;
} kit_list;

typedef struct kit_part {
  size_t n;
  kit_connection *at;
  bool ordered;
} kit_part;
__attribute__((unused)) static int kit_work(void *ctx, int worker, const h9_group *g, void **slot,
                                            h9_error *e) {
  kit_list *l = ctx;
  kit_part *part = calloc(1, sizeof *part);
  size_t n = 0;
  (void)worker, (void)e;
  for (uint32_t i = 0; i < g->n_rows; i++) n += g->rows[i].n;
  part->at = malloc((n + 1) * sizeof *part->at);
  part->ordered = true;
  for (uint32_t i = 0; i < g->n_rows; i++) {
    const h9_rows *r = &g->rows[i];
    const h9_projection *p = &l->net->projections[r->projection];
    part->ordered &= r->first == g->first && r->n_rows == g->n && r->start[r->n_rows] == r->n &&
                     p->source == g->population && (i == 0 || g->rows[i - 1].projection < r->projection);
    for (uint32_t k = 0; k < r->n_rows; k++)
      for (uint64_t c = r->start[k]; c < r->start[k + 1]; c++) {
        double w = p->weight_encoding == H9_WEIGHT_CONSTANT ? h9_dist_constant(&p->weight)
                   : p->weight_encoding == H9_WEIGHT_I16    ? r->weight[c] * p->quantum
                                                            : (double)r->weight_f[c];
        if (c > r->start[k]) {
          bool same = r->delay[c] == r->delay[c - 1] && r->target[c] == r->target[c - 1];
          part->ordered &= r->delay[c] > r->delay[c - 1] ||
                           (r->delay[c] == r->delay[c - 1] && r->target[c] >= r->target[c - 1]);
          if (same && part->n) part->ordered &= w >= part->at[part->n - 1].weight;
        }
        part->at[part->n++] = (kit_connection){r->projection, r->first + k, r->target[c], r->delay[c], w};
      }
  }
  *slot = part;
  return H9_OK;
}
__attribute__((unused)) static int kit_emit(void *ctx, const h9_group *g, void *slot, h9_error *e) {
  kit_list *l = ctx;
  kit_part *part = slot;
  (void)e;
  l->ordered &= part->ordered && g->ordinal == l->groups;
  l->groups++;
  if (l->n + part->n > l->cap) {
    l->cap = 2 * (l->n + part->n);
    l->at = realloc(l->at, l->cap * sizeof *l->at);
  }
  if (part->n) memcpy(l->at + l->n, part->at, part->n * sizeof *part->at);
  l->n += part->n;
  free(part->at);
  free(part);
  return H9_OK;
}

__attribute__((unused)) static void kit_list_free(kit_list *l) {
  free(l->at);
  *l = (kit_list){0};
}
__attribute__((unused)) static void kit_free(kit *k) {
  for (uint32_t i = 0; i < k->net.n_projections; i++) {
    h9_dist_release(&k->proj[i].weight);
    h9_dist_release(&k->proj[i].delay);
    h9_expr_release(&k->proj[i].kernel.expr);
  }
  free(k->net.x);
  free(k->net.y);
  free(k->net.z);
}

/* Plans and expands; the status is returned, the list is empty on failure. */
__attribute__((unused)) static int kit_expand(kit *k, h9_rowsource_options o, kit_list *l, h9_error *e) {
  h9_rowsource *s = NULL;
  *l = (kit_list){.net = &k->net, .ordered = true};
  int rc = h9_projections_plan(&k->net, e);
  if (rc == H9_OK) rc = h9_rowsource_expand(&s, &k->net, &o, e);
  if (rc == H9_OK) rc = h9_rowsource_run(s, kit_work, kit_emit, l, e);
  h9_rowsource_free(s);
  if (rc != H9_OK) l->n = 0;
  return rc;
}
__attribute__((unused)) static kit_list kit_all(kit *k) {
  h9_error e = {0};
  kit_list l;
  h9_rowsource_options o = {.threads = 2};
  if (kit_expand(k, o, &l, &e) != H9_OK) printf("# %s\n", e.text);
  return l;
}
__attribute__((unused)) static bool kit_equal(const kit_list *a, const kit_list *b) {
  if (a->n != b->n || a->groups != b->groups) return false;
  for (size_t i = 0; i < a->n; i++)
    if (a->at[i].projection != b->at[i].projection || a->at[i].source != b->at[i].source ||
        a->at[i].target != b->at[i].target || a->at[i].delay != b->at[i].delay ||
        a->at[i].weight != b->at[i].weight)
      return false;
  return true;
}

/* Regularised upper incomplete gamma function Q(a, x): series below a + 1, continued fraction above
 * (Abramowitz & Stegun 6.5.29, 6.5.31). */
__attribute__((unused)) static double gamma_q(double a, double x) {
  if (x <= 0) return 1;
  double front = exp(-x + a * log(x) - lgamma(a));
  if (x < a + 1) {
    double sum = 1 / a, term = sum;
    for (int n = 1; n < 10000 && term > sum * 1e-16; n++) sum += term *= x / (a + n);
    return 1 - front * sum;
  }
  double f = 1e-300, c = 1e300, d = 0, b = x + 1 - a;
  c = b;
  d = 1 / b;
  f = d;
  for (int i = 1; i < 10000; i++) {
    double an = -i * (i - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    f *= d * c;
    if (fabs(d * c - 1) < 1e-15) break;
  }
  return front * f;
}
/* P of Pearson's chi-square of counts against expectations; cells expecting less than 5 are joined
 * with their neighbours. `fitted` is 1 when the totals are made equal. */
__attribute__((unused)) static double chi_square_p(const double *seen, const double *expected, size_t n,
                                                   int fitted) {
  double x2 = 0, s = 0, m = 0, last_s = 0, last_m = 0;
  int cells = 0;
  for (size_t i = 0; i < n; i++) {
    s += seen[i];
    m += expected[i];
    if (m >= 5) {
      if (cells) x2 += (last_s - last_m) * (last_s - last_m) / last_m;
      last_s = s, last_m = m, cells++;
      s = m = 0;
    }
  }
  last_s += s;
  last_m += m;
  x2 += (last_s - last_m) * (last_s - last_m) / last_m;
  return gamma_q(0.5 * (cells - fitted), 0.5 * x2);
}
/* P of a histogram of `count` values (0 .. most) against a probability law. */
__attribute__((unused)) static double histogram_p(const uint32_t *value, size_t count, uint32_t most,
                                                  double (*law)(double k, const void *), const void *arg) {
  double *seen = calloc(most + 2, sizeof *seen), *expected = calloc(most + 2, sizeof *expected), all = 0;
  for (size_t i = 0; i < count; i++) seen[value[i] > most ? most + 1 : value[i]]++;
  for (uint32_t k = 0; k <= most; k++) all += expected[k] = count * law(k, arg);
  expected[most + 1] = count - all > 0 ? count - all : 0;
  double p = chi_square_p(seen, expected, most + 2, 1);
  free(seen);
  free(expected);
  return p;
}
/* P of Kolmogorov and Smirnov's statistic: sorted values' own distribution function u. */
static int kit_double_order(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}
__attribute__((unused)) static double ks_p(double *u, size_t n) {
  double d = 0, p = 0;
  qsort(u, n, sizeof *u, kit_double_order);
  for (size_t i = 0; i < n; i++) d = fmax(d, fmax((i + 1.0) / n - u[i], u[i] - (double)i / n));
  double t = (sqrt((double)n) + 0.12 + 0.11 / sqrt((double)n)) * d;
  for (int k = 1; k <= 100; k++) p += (k % 2 ? 2 : -2) * exp(-2.0 * k * k * t * t);
  return p < 0 ? 0 : p > 1 ? 1 : p;
}
/* How often each source and target occurs in one projection. */
__attribute__((unused)) static void kit_degrees(const kit_list *l, uint32_t projection, uint32_t *out,
                                                uint32_t n_out, uint32_t *in, uint32_t n_in) {
  memset(out, 0, n_out * sizeof *out);
  memset(in, 0, n_in * sizeof *in);
  for (size_t i = 0; i < l->n; i++)
    if (l->at[i].projection == projection) out[l->at[i].source]++, in[l->at[i].target]++;
}
/* Closed forms for histogram_p. */
typedef struct law {
  double a, b, n;
} law;
__attribute__((unused)) static double law_binomial(double k,
                                                   const void *arg) { /* n trials of probability a */
  const law *l = arg;
  if (k > l->n) return 0;
  return exp(lgamma(l->n + 1) - lgamma(k + 1) - lgamma(l->n - k + 1) + k * log(l->a) +
             (l->n - k) * log1p(-l->a));
}
__attribute__((unused)) static double
law_hypergeometric(double k, const void *arg) { /* k of a good among a + b, n drawn */
  const law *l = arg;
  if (k > l->a || l->n - k > l->b || k > l->n) return 0;
  return exp(lgamma(l->a + 1) - lgamma(k + 1) - lgamma(l->a - k + 1) + lgamma(l->b + 1) -
             lgamma(l->n - k + 1) - lgamma(l->b - l->n + k + 1) - lgamma(l->a + l->b + 1) + lgamma(l->n + 1) +
             lgamma(l->a + l->b - l->n + 1));
}
__attribute__((unused)) static double law_poisson(double k, const void *arg) { /* mean a */
  const law *l = arg;
  return exp(k * log(l->a) - l->a - lgamma(k + 1));
}
/* A good result lies inside; a wrong law must not. */
#define KIT_GOOD 1e-3
#define KIT_WRONG 1e-9

#endif

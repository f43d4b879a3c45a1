/* Weights and delays of connections against h9_dist_cdf, whose own authority is tests/unit/dist.c. */
#include "netkit.h"

enum { N = 400 };

/* P of chi-square of the connections' values k * unit against the law of `d`, cells of `step` units
 * from low to high; what lies outside joins the end cells. */
static double values_p(const kit_list *l, bool delay, const h9_dist *d, double unit, int low, int high,
                       int step) {
  int cells = (high - low) / step + 1;
  double *seen = calloc((size_t)cells, sizeof *seen), *expected = calloc((size_t)cells, sizeof *expected),
         below = 0;
  for (size_t i = 0; i < l->n; i++) {
    int k = delay ? (int)l->at[i].delay : (int)floor(l->at[i].weight / unit + 0.5);
    int c = (k - low) / step;
    if (k < low) c = 0;
    seen[c >= cells ? cells - 1 : c]++;
  }
  for (int c = 0; c < cells; c++) {
    double upto = c + 1 == cells ? 1 : h9_dist_cdf(d, (low + (c + 1) * step - 0.5) * unit);
    expected[c] = (upto - below) * (double)l->n;
    below = upto;
  }
  double p = chi_square_p(seen, expected, (size_t)cells, 1);
  free(seen);
  free(expected);
  return p;
}

static void weights(const char *what, h9_dist d, h9_dist wrong, double low, double high, enum h9_rule rule,
                    double number) {
  kit k;
  kit_init(&k, 77);
  kit_population(&k, "a", N);
  h9_projection *p = kit_projection(&k, rule, 0, 0, number);
  if (rule == H9_RULE_PAIRWISE_BERNOULLI) p->kernel.scale = number;
  h9_dist_release(&p->weight);
  p->weight = d;
  kit_list l = kit_all(&k);
  int lo = (int)floor(low / p->quantum), hi = (int)floor(high / p->quantum), step = (hi - lo) / 100 + 1;
  double good = values_p(&l, false, &d, p->quantum, lo, hi, step),
         bad = values_p(&l, false, &wrong, p->quantum, lo, hi, step);
  ok(l.ordered && p->weight_encoding == H9_WEIGHT_I16 && l.n > 10000,
     "%s: 16-bit multiples of %g, %zu connections", what, p->quantum, l.n);
  ok(good > KIT_GOOD && bad < KIT_WRONG, "%s: weights follow the law (p = %.3g; a wrong one: %.3g)", what,
     good, bad);
  h9_dist_release(&wrong);
  kit_list_free(&l);
  kit_free(&k);
}

static void delays(const char *what, h9_dist d, h9_dist wrong, int high, enum h9_rule rule, double number) {
  kit k;
  kit_init(&k, 78);
  kit_population(&k, "a", N);
  h9_projection *p = kit_projection(&k, rule, 0, 0, number);
  h9_dist_release(&p->delay);
  p->delay = d;
  kit_list l = kit_all(&k);
  double good = values_p(&l, true, &d, 0.1, 1, high, 1), bad = values_p(&l, true, &wrong, 0.1, 1, high, 1);
  ok(good > KIT_GOOD && bad < KIT_WRONG, "%s: delays follow the law in steps (p = %.3g; a wrong one: %.3g)",
     what, good, bad);
  h9_dist_release(&wrong);
  kit_list_free(&l);
  kit_free(&k);
}

static h9_dist between(h9_dist d, double min, double max) {
  d.min = min;
  d.max = max;
  return d;
}

/* Values in F32 one by one: KS against the law. */
static void wide(void) {
  kit k;
  kit_init(&k, 79);
  kit_population(&k, "a", N);
  h9_projection *p = kit_projection(&k, H9_RULE_FIXED_INDEGREE, 0, 0, 50);
  h9_dist_release(&p->weight);
  p->weight = kit_dist(H9_DIST_LOGNORMAL, 1, 2);
  kit_list l = kit_all(&k);
  double *u = malloc(l.n * sizeof *u), *v = malloc(l.n * sizeof *v);
  h9_dist wrong = kit_dist(H9_DIST_LOGNORMAL, 1.05, 2);
  for (size_t i = 0; i < l.n; i++) {
    u[i] = h9_dist_cdf(&p->weight, l.at[i].weight);
    v[i] = h9_dist_cdf(&wrong, l.at[i].weight);
  }
  double good = ks_p(u, l.n), bad = ks_p(v, l.n);
  ok(l.ordered && p->weight_encoding == H9_WEIGHT_F32, "a wide lognormal is held in F32, in canonical order");
  ok(good > KIT_GOOD && bad < KIT_GOOD, "lognormal weights follow the law (KS p = %.3g; a wrong one: %.3g)",
     good, bad);
  free(u);
  free(v);
  h9_dist_release(&wrong);
  kit_list_free(&l);
  kit_free(&k);
}

int main(void) {
  const double inf = INFINITY;
  weights("normal", kit_dist(H9_DIST_NORMAL, 87.8, 8.78), kit_dist(H9_DIST_NORMAL, 88.2, 8.78), 60, 115,
          H9_RULE_FIXED_TOTAL_NUMBER, 100000);
  weights("normal, truncated at 0", between(kit_dist(H9_DIST_NORMAL, 5, 8), 0, inf),
          kit_dist(H9_DIST_NORMAL, 5, 8), 0, 30, H9_RULE_FIXED_INDEGREE, 100);
  weights("negative normal", between(kit_dist(H9_DIST_NORMAL, -351.2, 35.1), -inf, 0),
          kit_dist(H9_DIST_NORMAL, -349, 35.1), -480, -230, H9_RULE_FIXED_OUTDEGREE, 200);
  weights("uniform", kit_dist(H9_DIST_UNIFORM, -1, 3), kit_dist(H9_DIST_UNIFORM, -1, 3.1), -1, 3,
          H9_RULE_PAIRWISE_BERNOULLI, 0.3);
  weights("exponential", kit_dist(H9_DIST_EXPONENTIAL, 2, 0), kit_dist(H9_DIST_EXPONENTIAL, 2.1, 0), 0, 14,
          H9_RULE_ALL_TO_ALL, 0);
  weights("lognormal", kit_dist(H9_DIST_LOGNORMAL, 0, 0.3), kit_dist(H9_DIST_LOGNORMAL, 0.02, 0.3), 0.3, 3,
          H9_RULE_PAIRWISE_POISSON, 0.5);
  delays("normal from one step", between(kit_dist(H9_DIST_NORMAL, 1.5, 0.75), 0.1, inf),
         between(kit_dist(H9_DIST_NORMAL, 1.5, 0.75), 0.3, inf), 45, H9_RULE_FIXED_TOTAL_NUMBER, 100000);
  delays("uniform", kit_dist(H9_DIST_UNIFORM, 0.5, 4), kit_dist(H9_DIST_UNIFORM, 0.6, 4), 42,
         H9_RULE_FIXED_INDEGREE, 100);
  delays("normal clipped to a step", kit_dist(H9_DIST_NORMAL, 0.3, 0.3),
         between(kit_dist(H9_DIST_NORMAL, 0.3, 0.3), 0.1, inf), 14, H9_RULE_ALL_TO_ALL, 0);
  wide();
  return done();
}

/* one_to_one, all_to_all, pairwise_bernoulli and pairwise_poisson without space: exact sets, and
 * counts against closed forms. */
#include "netkit.h"

enum { NS = 1300, NT = 1100 };
static uint32_t out[NS], in[NS];

static void exact(void) {
  kit k;
  kit_init(&k, 3);
  kit_population(&k, "a", 50);
  kit_population(&k, "b", 50);
  kit_population(&k, "c", 7);
  h9_projection *one = kit_projection(&k, H9_RULE_ONE_TO_ONE, 0, 1, 0);
  h9_projection *all = kit_projection(&k, H9_RULE_ALL_TO_ALL, 1, 2, 0);
  h9_projection *self = kit_projection(&k, H9_RULE_ALL_TO_ALL, 2, 2, 0);
  self->autapses = false;
  kit_list l = kit_all(&k);
  size_t n[3] = {0};
  bool good = l.ordered;
  for (size_t i = 0; i < l.n; i++) {
    kit_connection c = l.at[i];
    size_t m = n[c.projection]++;
    if (c.projection == 0) good &= c.source == m && c.target == m;
    if (c.projection == 1) good &= c.source == m / 7 && c.target == m % 7;
    if (c.projection == 2) good &= c.source == m / 6 && c.target == m % 6 + (m % 6 >= m / 6);
    good &= c.delay == 10 && c.weight == 1;
  }
  ok(good && n[0] == 50 && n[1] == 350 && n[2] == 42,
     "one_to_one, all_to_all and all_to_all without autapses: the very pairs");
  near(h9_projection_expected(&k.net, one), 50, 0, "expected of one_to_one");
  near(h9_projection_expected(&k.net, all), 350, 0, "expected of all_to_all");
  near(h9_projection_expected(&k.net, self), 42, 0, "expected of all_to_all without autapses");
  kit_list_free(&l);
  kit_free(&k);
}

static void bernoulli(double p, bool same, bool autapses) {
  kit k;
  kit_init(&k, 17);
  kit_population(&k, "a", same ? NS : NS);
  kit_population(&k, "b", NT);
  h9_projection *q = kit_projection(&k, H9_RULE_PAIRWISE_BERNOULLI, 0, same ? 0 : 1, 0);
  q->kernel.scale = p;
  q->autapses = autapses;
  q->multapses = false;
  kit_list l = kit_all(&k);
  uint32_t nt = same ? NS : NT;
  kit_degrees(&l, 0, out, NS, in, nt);
  bool once = l.ordered, self = false;
  for (size_t i = 0; i < l.n; i++) {
    once &= i == 0 || l.at[i].source != l.at[i - 1].source || l.at[i].target > l.at[i - 1].target;
    self |= same && l.at[i].source == l.at[i].target;
  }
  int off = same && !autapses;
  ok(once && (autapses || !self), "p = %g%s%s: no pair twice%s", p, same ? ", onto itself" : "",
     autapses ? "" : ", no autapses", off ? ", none with itself" : "");
  double po = histogram_p(out, NS, nt, law_binomial, &(law){p, 0, nt - off});
  double pi = histogram_p(in, nt, NS, law_binomial, &(law){p, 0, NS - off});
  ok(po > KIT_GOOD && pi > KIT_GOOD, "degrees are binomial (closed form, p = %.3g out, %.3g in)", po, pi);
  double pw =
      histogram_p(out, NS, nt, law_binomial, &(law){p * 1.15 > 0.999 ? p * 0.9 : p * 1.15, 0, nt - off});
  ok(pw < KIT_GOOD, "the test rejects another probability (p = %.3g)", pw);
  near(h9_projection_expected(&k.net, q), p * NS * (nt - off), 1e-6, "expected number");
  kit_list_free(&l);
  kit_free(&k);
}

static void ends(void) {
  kit k;
  kit_init(&k, 1);
  kit_population(&k, "a", 30);
  h9_projection *q = kit_projection(&k, H9_RULE_PAIRWISE_BERNOULLI, 0, 0, 0);
  q->kernel.scale = 0;
  kit_list l = kit_all(&k);
  ok(l.n == 0 && l.ordered, "p = 0: none");
  kit_list_free(&l);
  q->kernel.scale = 1;
  l = kit_all(&k);
  ok(l.n == 900, "p = 1: all");
  kit_list_free(&l);
  kit_free(&k);
}

static void poisson(void) {
  kit k;
  kit_init(&k, 29);
  kit_population(&k, "a", 400);
  h9_projection *q = kit_projection(&k, H9_RULE_PAIRWISE_POISSON, 0, 0, 0.4);
  q->autapses = false;
  kit_list l = kit_all(&k);
  static uint32_t pair[400 * 400], some[400 * 399];
  memset(pair, 0, sizeof pair);
  for (size_t i = 0; i < l.n; i++) pair[l.at[i].source * 400 + l.at[i].target]++;
  bool self = false;
  size_t n = 0;
  for (uint32_t i = 0; i < 400 * 400; i++)
    if (i / 400 == i % 400) self |= pair[i] != 0;
    else some[n++] = pair[i];
  double pp = histogram_p(some, n, 30, law_poisson, &(law){0.4, 0, 0});
  double pw = histogram_p(some, n, 30, law_poisson, &(law){0.42, 0, 0});
  ok(pp > KIT_GOOD && !self,
     "pairwise_poisson: connections a pair are Poisson (closed form, p = %.3g), no autapses", pp);
  ok(pw < KIT_WRONG, "the test rejects another mean (p = %.3g)", pw);
  kit_degrees(&l, 0, out, 400, in, 400);
  double po = histogram_p(out, 400, 400, law_poisson, &(law){0.4 * 399, 0, 0}),
         pi = histogram_p(in, 400, 400, law_poisson, &(law){0.4 * 399, 0, 0});
  ok(po > KIT_GOOD && pi > KIT_GOOD, "degrees are Poisson (closed form, p = %.3g out, %.3g in)", po, pi);
  kit_list_free(&l);
  kit_free(&k);
}

/* Every mirrored connection is there once, with the same weight and delay, and pairs i < j are
 * joined independently. */
static void symmetric(void) {
  enum { N = 600 };
  kit k;
  kit_init(&k, 31);
  kit_population(&k, "a", N);
  h9_projection *q = kit_projection(&k, H9_RULE_PAIRWISE_BERNOULLI, 0, 0, 0);
  q->kernel.scale = 0.1;
  q->autapses = false;
  q->symmetric = true;
  h9_dist_release(&q->weight);
  q->weight = kit_dist(H9_DIST_NORMAL, 10, 2);
  h9_dist_release(&q->delay);
  q->delay = kit_dist(H9_DIST_UNIFORM, 1, 5);
  kit_list l = kit_all(&k);
  kit_connection *at = calloc((size_t)N * N, sizeof *at);
  bool once = l.ordered, mirror = true;
  for (size_t i = 0; i < l.n; i++) {
    kit_connection *c = &at[l.at[i].source * N + l.at[i].target];
    once &= c->delay == 0 && l.at[i].source != l.at[i].target;
    *c = l.at[i];
  }
  size_t upper = 0;
  for (uint32_t i = 0; i < N; i++)
    for (uint32_t j = i + 1; j < N; j++) {
      kit_connection a = at[i * N + j], b = at[j * N + i];
      mirror &= a.delay == b.delay && a.weight == b.weight;
      upper += a.delay != 0;
    }
  ok(once && mirror, "symmetric: mirrored with equal weight and delay, each once (%zu pairs)", upper);
  double pairs = N * (N - 1) / 2.0, z = (upper - 0.1 * pairs) / sqrt(pairs * 0.09);
  ok(fabs(z) < 4, "symmetric: number of pairs is binomial (z = %.2f)", z);
  kit_degrees(&l, 0, out, N, in, N);
  double po = histogram_p(out, N, N, law_binomial, &(law){0.1, 0, N - 1});
  ok(po > KIT_GOOD, "symmetric: degrees are binomial (closed form, p = %.3g)", po);
  free(at);
  kit_list_free(&l);
  q->rule = H9_RULE_ALL_TO_ALL;
  l = kit_all(&k);
  ok(l.n == N * (N - 1) && l.ordered, "symmetric all_to_all: every ordered pair once");
  kit_list_free(&l);
  kit_free(&k);
}

int main(void) {
  exact();
  bernoulli(0.1, false, true);
  bernoulli(0.02, true, false);
  bernoulli(0.93, true, true);
  bernoulli(0.001, false, true);
  ends();
  poisson();
  symmetric();
  return done();
}

/* fixed_indegree and fixed_outdegree without space: the fixed side exactly, the other against the
 * binomial law (the hypergeometric one is a sum of independent Bernoulli draws here). */
#include "netkit.h"

enum { N = 1200, M = 900, K = 60 };
static uint32_t out[N], in[N];

static void degree(enum h9_rule rule, bool multapses, bool autapses, bool same) {
  kit k;
  kit_init(&k, 5);
  kit_population(&k, "a", N);
  kit_population(&k, "b", M);
  h9_projection *p = kit_projection(&k, rule, 0, same ? 0 : 1, K);
  p->multapses = multapses;
  p->autapses = autapses;
  kit_list l = kit_all(&k);
  uint32_t nt = same ? N : M, owners = rule == H9_RULE_FIXED_INDEGREE ? nt : N,
           pool = rule == H9_RULE_FIXED_INDEGREE ? N : nt;
  kit_degrees(&l, 0, out, N, in, nt);
  uint32_t *fixed = rule == H9_RULE_FIXED_INDEGREE ? in : out,
           *drawn = rule == H9_RULE_FIXED_INDEGREE ? out : in;
  bool exact = l.ordered && l.n == (size_t)owners * K, self = false, twice = false;
  for (uint32_t i = 0; i < owners; i++) exact &= fixed[i] == K;
  for (size_t i = 0; i < l.n; i++) {
    self |= same && l.at[i].source == l.at[i].target;
    twice |= i > 0 && l.at[i].source == l.at[i - 1].source && l.at[i].target == l.at[i - 1].target;
  }
  bool no_self = same && !autapses;
  ok(exact && twice == multapses && (!no_self || !self), "%s %d%s%s: exact, autapses and multapses as told",
     rule == H9_RULE_FIXED_INDEGREE ? "indegree" : "outdegree", K, multapses ? "" : ", no multapses",
     no_self ? ", no autapses" : "");
  /* with: sum of owners * K draws of 1 / size; without: each owner takes it with K / size */
  double size = pool - (no_self ? 1 : 0), who = owners - (no_self ? 1 : 0);
  law l1 = multapses ? (law){1 / size, 0, who * K} : (law){K / size, 0, who};
  double good = histogram_p(drawn, pool, 400, law_binomial, &l1);
  l1.a *= 1.1;
  double bad = histogram_p(drawn, pool, 400, law_binomial, &l1);
  ok(good > KIT_GOOD && bad < KIT_WRONG,
     "the other degrees are binomial (closed form, p = %.3g; 10 %% off: %.3g)", good, bad);
  near(h9_projection_expected(&k.net, p), (double)owners * K, 0, "expected number");
  kit_list_free(&l);
  kit_free(&k);
}

/* Every subset equally likely: pairs of partners (i, j) of 7, 3 drawn, must come equally often. */
static void subsets(void) {
  kit k;
  kit_init(&k, 8);
  kit_population(&k, "a", 60000);
  kit_population(&k, "b", 7);
  h9_projection *p = kit_projection(&k, H9_RULE_FIXED_OUTDEGREE, 0, 1, 3);
  p->multapses = false;
  kit_list l = kit_all(&k);
  double seen[35] = {0}, expected[35];
  int number[128], n = 0;
  for (int s = 0; s < 128; s++) number[s] = __builtin_popcount((unsigned)s) == 3 ? n++ : -1;
  for (size_t i = 0; i + 2 < l.n; i += 3) {
    int s = 1 << l.at[i].target | 1 << l.at[i + 1].target | 1 << l.at[i + 2].target;
    if (number[s] >= 0) seen[number[s]]++;
  }
  for (int i = 0; i < 35; i++) expected[i] = 60000 / 35.0;
  double pv = chi_square_p(seen, expected, 35, 1);
  ok(n == 35 && pv > KIT_GOOD, "each of the 35 subsets of 3 of 7 equally often (p = %.3g)", pv);
  kit_list_free(&l);
  kit_free(&k);
}

static void refused(void) {
  kit k;
  h9_error e = {0};
  kit_list l;
  kit_init(&k, 8);
  kit_population(&k, "exc", 100);
  h9_projection *p = kit_projection(&k, H9_RULE_FIXED_INDEGREE, 0, 0, 100);
  p->multapses = p->autapses = false;
  ok(kit_expand(&k, (h9_rowsource_options){.threads = 2}, &l, &e) == H9_ECONFIG && strstr(e.text, "exc") &&
         strstr(e.text, "99"),
     "more different sources than exist: %s", e.text);
  p->number = 99;
  ok(kit_expand(&k, (h9_rowsource_options){.threads = 2}, &l, &e) == H9_OK && l.n == 9900,
     "all others is possible");
  kit_list_free(&l);
  p->number = 2.5;
  ok(kit_expand(&k, (h9_rowsource_options){.threads = 2}, &l, &e) == H9_ECONFIG && strstr(e.text, "2.5"),
     "a broken number: %s", e.text);
  p->number = -1;
  ok(kit_expand(&k, (h9_rowsource_options){.threads = 2}, &l, &e) == H9_ECONFIG, "a negative number: %s",
     e.text);
  p->number = NAN;
  ok(kit_expand(&k, (h9_rowsource_options){.threads = 2}, &l, &e) == H9_ECONFIG, "no number at all: %s",
     e.text);
  kit_free(&k);
}

int main(void) {
  for (int i = 0; i < 2; i++) {
    enum h9_rule r = i ? H9_RULE_FIXED_OUTDEGREE : H9_RULE_FIXED_INDEGREE;
    degree(r, true, true, false);
    degree(r, false, true, false);
    degree(r, true, false, true);
    degree(r, false, false, true);
  }
  subsets();
  refused();
  return done();
}

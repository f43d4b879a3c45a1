/* fixed_total_number: the total exactly, counts of sources and targets against the multinomial and
 * the multivariate hypergeometric law. */
#include "netkit.h"

#include "../../libcore/model/rules.h"

int main(void) {
  enum { NS = 1500, NT = 1200 };
  static uint32_t out[NS], in[NS];
  kit k;
  kit_list l;

  kit_init(&k, 11);
  kit_population(&k, "a", NS);
  kit_population(&k, "b", NT);
  h9_projection *p = kit_projection(&k, H9_RULE_FIXED_TOTAL_NUMBER, 0, 1, 30000);
  l = kit_all(&k);
  ok(l.n == 30000 && l.ordered, "the total is exact: %zu, in canonical order", l.n);
  kit_degrees(&l, 0, out, NS, in, NT);
  double po = histogram_p(out, NS, 100, law_binomial, &(law){1.0 / NS, 0, 30000});
  double pi = histogram_p(in, NT, 100, law_binomial, &(law){1.0 / NT, 0, 30000});
  ok(po > KIT_GOOD, "out-degrees are binomial (closed form, chi-square p = %.3g)", po);
  ok(pi > KIT_GOOD, "in-degrees are binomial (closed form, chi-square p = %.3g)", pi);
  double pw = histogram_p(out, NS, 100, law_binomial, &(law){1.0 / NS, 0, 27000});
  ok(pw < KIT_WRONG, "the test rejects a total 10 %% off (p = %.3g)", pw);
  near(h9_projection_expected(&k.net, p), 30000, 0, "expected number");

  kit_list_free(&l);
  kit_free(&k);
  kit_init(&k, 12);
  kit_population(&k, "a", NS);
  p = kit_projection(&k, H9_RULE_FIXED_TOTAL_NUMBER, 0, 0, 1500000);
  p->multapses = p->autapses = false;
  l = kit_all(&k);
  ok(l.n == 1500000 && l.ordered, "without multapses and autapses: the total is exact: %zu", l.n);
  unsigned char *pair = calloc(NS, NS);
  bool twice = false, self = false;
  for (size_t i = 0; i < l.n; i++) {
    unsigned char *c = &pair[l.at[i].source * (size_t)NS + l.at[i].target];
    twice |= *c;
    *c = 1;
    self |= l.at[i].source == l.at[i].target;
  }
  ok(!twice && !self, "no pair twice, no neuron onto itself");
  kit_degrees(&l, 0, out, NS, in, NS);
  law h = {NS - 1, (NS - 1) * (double)(NS - 1), 1500000};
  po = histogram_p(out, NS, NS, law_hypergeometric, &h);
  pi = histogram_p(in, NS, NS, law_hypergeometric, &h);
  ok(po > KIT_GOOD, "out-degrees are hypergeometric (closed form, p = %.3g)", po);
  ok(pi > KIT_GOOD, "in-degrees are hypergeometric (closed form, p = %.3g)", pi);
  pw = histogram_p(out, NS, NS, law_binomial, &(law){1.0 / NS, 0, 1500000});
  ok(pw < KIT_WRONG, "the test rejects the binomial law of repeated draws (p = %.3g)", pw);

  /* the sampler alone, far from and near its ends */
  h9_key key = h9_key_make(5, H9_PURPOSE_SPLIT, 0);
  const struct {
    uint64_t good, bad, n;
  } cases[] = {{10, 15, 8}, {3, 1000, 500}, {1000, 1000, 1990}, {40, 2, 30}, {500000, 1500000, 1000}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    enum { N = 20000 };
    static uint32_t v[N];
    for (uint32_t i = 0; i < N; i++) {
      h9_draws d = h9_draws_make(key, i, (uint32_t)c, 0);
      v[i] = (uint32_t)h9_draw_hypergeometric(&d, cases[c].good, cases[c].bad, cases[c].n);
    }
    double q = histogram_p(v, N, 2000, law_hypergeometric, &(law){cases[c].good, cases[c].bad, cases[c].n});
    ok(q > KIT_GOOD, "hypergeometric(%llu, %llu, %llu) against its closed form (p = %.3g)",
       (unsigned long long)cases[c].good, (unsigned long long)cases[c].bad, (unsigned long long)cases[c].n,
       q);
  }

  /* as many as there are pairs: all of them */
  free(pair);
  kit_list_free(&l);
  kit_free(&k);
  kit_init(&k, 13);
  kit_population(&k, "a", 40);
  p = kit_projection(&k, H9_RULE_FIXED_TOTAL_NUMBER, 0, 0, 40 * 39);
  p->multapses = p->autapses = false;
  l = kit_all(&k);
  kit_degrees(&l, 0, out, 40, in, 40);
  bool full = l.n == 40 * 39;
  for (int i = 0; i < 40; i++) full &= out[i] == 39 && in[i] == 39;
  ok(full, "all pairs where the total leaves no choice");
  kit_list_free(&l);
  h9_error e = {0};
  p->number++;
  ok(kit_expand(&k, (h9_rowsource_options){.threads = 1}, &l, &e) == H9_ECONFIG && strstr(e.text, "1561") &&
         strstr(e.text, "1560"),
     "one more is refused: %s", e.text);
  kit_list_free(&l);
  kit_free(&k);
  return done();
}

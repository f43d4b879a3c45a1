/* One network, however it is expanded: numbers of threads, memory, grid or brute force. */
#include "netkit.h"

static void build(kit *k) {
  kit_init(k, 99);
  kit_population(k, "a", 1500);
  kit_population(k, "b", 700);
  kit_population(k, "alone", 10);
  kit_population(k, "c", 900);
  kit_place(k, 2, 1000);
  kit_projection(k, H9_RULE_FIXED_TOTAL_NUMBER, 0, 1, 300000);
  kit_projection(k, H9_RULE_FIXED_INDEGREE, 0, 3, 400);
  kit_projection(k, H9_RULE_FIXED_INDEGREE, 1, 1, 100)->multapses = false;
  h9_projection *p = kit_projection(k, H9_RULE_PAIRWISE_BERNOULLI, 3, 0, 0);
  p->kernel.type = H9_KERNEL_GAUSSIAN;
  p->kernel.scale = 0.4;
  p->kernel.arg[0] = 60;
  p->periodic = true;
  p = kit_projection(k, H9_RULE_FIXED_INDEGREE, 3, 3, 20);
  p->mask.type = H9_MASK_ELLIPSOID;
  p->mask.arg[0] = 500;
  p->mask.arg[1] = 300;
  p->mask.azimuth = 0.5;
  p->mask.anchor[0] = 30;
  p->multapses = false;
  p->periodic = true;
  p = kit_projection(k, H9_RULE_PAIRWISE_POISSON, 1, 1, 0.2);
  p->symmetric = true;
  p = kit_projection(k, H9_RULE_K_NEAREST, 0, 0, 9);
  p->autapses = p->multapses = false;
  p->symmetric = true;
  p = kit_projection(k, H9_RULE_RADIUS, 3, 3, 40);
  p->autapses = false;
  p = kit_projection(k, H9_RULE_FIXED_OUTDEGREE, 0, 0, 11);
  p->kernel.type = H9_KERNEL_EXPONENTIAL;
  p->kernel.arg[0] = 90;
  p = kit_projection(k, H9_RULE_FIXED_TOTAL_NUMBER, 1, 3, 90000);
  p->multapses = false;
  for (uint32_t i = 0; i < k->net.n_projections; i++) {
    h9_projection *q = &k->proj[i];
    h9_dist_release(&q->weight);
    q->weight = i % 3 == 2 ? kit_dist(H9_DIST_LOGNORMAL, 0, 2) : kit_dist(H9_DIST_NORMAL, 50, 5);
    h9_dist_release(&q->delay);
    q->delay = kit_dist(H9_DIST_UNIFORM, 0.5, 3);
  }
}

typedef struct stopper {
  uint64_t at;
  int seen;
} stopper;
static int stop_work(void *ctx, int worker, const h9_group *g, void **slot, h9_error *e) {
  stopper *s = ctx;
  (void)worker, (void)slot;
  return g->ordinal >= s->at ? h9_fail(e, H9_EIO, "group %llu", (unsigned long long)g->ordinal) : H9_OK;
}
static int count_emit(void *ctx, const h9_group *g, void *slot, h9_error *e) {
  (void)g, (void)slot, (void)e;
  ((stopper *)ctx)->seen++;
  return H9_OK;
}

int main(void) {
  kit k;
  kit_list one, l;
  h9_error e = {0};
  build(&k);
  int rc = kit_expand(&k, (h9_rowsource_options){.threads = 1}, &one, &e);
  ok(rc == H9_OK && one.ordered && one.n > 900000 && one.groups > 4,
     "one thread: %zu connections in %llu groups, canonical order %s", one.n, (unsigned long long)one.groups,
     e.text);
  for (int t = 2; t <= 4; t++) {
    ok(kit_expand(&k, (h9_rowsource_options){.threads = t}, &l, &e) == H9_OK && kit_equal(&one, &l),
       "%d threads: the same", t);
    kit_list_free(&l);
  }
  const uint64_t memory[] = {1, 300000, 3000000};
  for (size_t i = 0; i < 3; i++) {
    ok(kit_expand(&k, (h9_rowsource_options){.threads = 2, .memory = memory[i]}, &l, &e) == H9_OK &&
           kit_equal(&one, &l),
       "%llu bytes of memory: the same", (unsigned long long)memory[i]);
    kit_list_free(&l);
  }
  ok(kit_expand(&k, (h9_rowsource_options){.threads = 3, .memory = 1000000, .brute_force = true}, &l, &e) ==
             H9_OK &&
         kit_equal(&one, &l),
     "brute force: the same");
  kit_list_free(&l);
  const char *const levels[] = {"scalar", "sse", "avx2", "avx512"};
  for (int i = 0; i < 4; i++) {
    setenv("HAL9_SIMD", levels[i], 1);
    int got = kit_expand(&k, (h9_rowsource_options){.threads = 2}, &l, &e);
    if (got == H9_EUSAGE) printf("ok %d - # SKIP %s\n", ++tap_n, e.text);
    else ok(got == H9_OK && kit_equal(&one, &l), "HAL9_SIMD=%s: the same", levels[i]);
    kit_list_free(&l);
  }
  unsetenv("HAL9_SIMD");
  double expected = 0;
  for (uint32_t i = 0; i < k.net.n_projections; i++) expected += h9_projection_expected(&k.net, &k.proj[i]);
  near(expected / (double)one.n, 1, 0.03, "expected numbers beside what came");
  k.net.seed++;
  ok(kit_expand(&k, (h9_rowsource_options){.threads = 2}, &l, &e) == H9_OK && !kit_equal(&one, &l) &&
         l.n != one.n,
     "another seed: another network");
  kit_list_free(&l);
  k.net.seed--;

  h9_rowsource *s = NULL;
  rc = h9_rowsource_expand(&s, &k.net, &(h9_rowsource_options){.threads = 3}, &e);
  for (int round = 0; round < 2 && rc == H9_OK; round++) {
    kit_list again = {.net = &k.net, .ordered = true};
    rc = h9_rowsource_run(s, kit_work, kit_emit, &again, &e);
    ok(rc == H9_OK && kit_equal(&one, &again), "run %d over the same source: the same", round + 1);
    kit_list_free(&again);
  }
  stopper st = {3, 0};
  rc = h9_rowsource_run(s, stop_work, count_emit, &st, &e);
  ok(rc == H9_EIO && st.seen == 3 && strcmp(e.text, "group 3") == 0,
     "the first failure stops the run and is the one told: '%s' after %d groups", e.text, st.seen);
  h9_rowsource_free(s);
  kit_list_free(&one);
  kit_free(&k);
  return done();
}

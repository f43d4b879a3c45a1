/* Every form of synapse delivers the weights of the rule's own rows: sums at each target, by brute force, for
 * drawn (16-bit), constant and wide weights, rows longer than a segment can count, and tilings. And a running
 * simulation allocates nothing. */
#include "simkit.h"

enum { TARGETS = 1500, SPIKES = 3 };

typedef struct sums {
  const h9_network *net;
  double sum[TARGETS];
} sums;

static int add(void *ctx, int worker, const h9_group *g, void **slot, h9_error *e) {
  sums *s = ctx;
  (void)worker, (void)slot, (void)e;
  for (uint32_t k = 0; k < g->n_rows; k++) {
    const h9_rows *rows = &g->rows[k];
    const h9_projection *p = &s->net->projections[rows->projection];
    for (uint64_t c = 0; c < rows->n; c++) {
      double w = p->weight_encoding == H9_WEIGHT_CONSTANT ? h9_dist_constant(&p->weight)
                 : p->weight_encoding == H9_WEIGHT_I16    ? rows->weight[c] * p->quantum
                                                          : (double)rows->weight_f[c];
      s->sum[rows->target[c]] += w * SPIKES;
    }
  }
  return H9_OK;
}

/* Targets integrate without leak or threshold, so V_m is the sum of all weights that arrived. */
static void check(const char *what, h9_dist weight, h9_dist delay, uint32_t sources, double outdegree,
                  int threads, int tiles) {
  static kit k;
  static sums want;
  kit_init(&k, 21);
  uint32_t a = kit_population(&k, "a", "parrot_neuron", sources),
           b = kit_population(&k, "b", "iaf_psc_delta", TARGETS);
  kit_value(&k, b, "tau_m", 1e12);
  kit_value(&k, b, "V_th", 1e9);
  kit_value(&k, b, "E_L", 0);
  kit_value(&k, b, "V_m", 0);
  h9_projection *p = kit_projection(&k, H9_RULE_FIXED_OUTDEGREE, a, b, outdegree, 0, 1);
  kit_set(&p->weight, weight);
  kit_set(&p->delay, delay);
  h9_spike in[64 * SPIKES];
  for (uint32_t i = 0; i < sources * SPIKES; i++) in[i] = h9_spike_make(1 + i / sources, i % sources);
  int rc = kit_begin(&k, threads, tiles);
  if (rc == H9_OK) {
    h9_sim_inject(k.sim, in, sources * SPIKES);
    rc = h9_sim_run(k.sim, 200, &k.e);
  }
  memset(&want, 0, sizeof want);
  want.net = &k.net;
  h9_rowsource *source = NULL;
  h9_rowsource_options ro = {.threads = 1};
  if (rc == H9_OK) rc = h9_rowsource_expand(&source, &k.net, &ro, &k.e);
  if (rc == H9_OK) rc = h9_rowsource_run(source, add, NULL, &want, &k.e);
  h9_rowsource_free(source);
  double worst = 0, scale = 0;
  for (uint32_t i = 0; i < TARGETS && rc == H9_OK; i++) {
    worst = fmax(worst, fabs(h9_sim_state(k.sim, k.pop[b].first + i, "V_m") - want.sum[i]));
    scale = fmax(scale, fabs(want.sum[i]));
  }
  kit_end(&k);
  ok(rc == H9_OK && scale > 0 && worst <= 1e-6 * scale,
     "%s, %d threads, %d tiles: %llu synapses, worst error %.2g of %.4g mV", what, threads, tiles,
     (unsigned long long)k.stats.connections, worst, scale);
  kit_release(&k);
}

static void forms(int threads, int tiles) {
  const double inf = INFINITY;
  check("drawn", kit_dist(H9_DIST_NORMAL, 1, 0.3, -inf, inf), kit_dist(H9_DIST_UNIFORM, 0.1, 9, -inf, inf),
        40, 700, threads, tiles);
  check("constant", kit_constant(0.1), kit_dist(H9_DIST_UNIFORM, 0.1, 0.4, -inf, inf), 40, 700, threads,
        tiles);
  check("constant, sparse", kit_constant(-0.7), kit_dist(H9_DIST_UNIFORM, 0.1, 9, -inf, inf), 40, 50, threads,
        tiles);
  check("wide", kit_dist(H9_DIST_LOGNORMAL, 0, 2, -inf, inf), kit_dist(H9_DIST_UNIFORM, 0.1, 9, -inf, inf),
        40, 700, threads, tiles);
  check("drawn, long rows", kit_dist(H9_DIST_NORMAL, 1, 0.3, -inf, inf), kit_constant(1), 2, 200000, threads,
        tiles);
  check("constant, long rows", kit_constant(0.25), kit_constant(1), 2, 200000, threads, tiles);
  check("wide, long rows", kit_dist(H9_DIST_LOGNORMAL, 0, 2, -inf, inf), kit_constant(1), 2, 200000, threads,
        tiles);
}

#ifndef __SANITIZE_ADDRESS__
/* The C library's allocator, counted. */
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_memalign(size_t alignment, size_t n);
static long allocations;
void *malloc(size_t n) {
  __atomic_fetch_add(&allocations, 1, __ATOMIC_RELAXED);
  return __libc_malloc(n);
}
void *calloc(size_t n, size_t size) {
  __atomic_fetch_add(&allocations, 1, __ATOMIC_RELAXED);
  return __libc_calloc(n, size);
}
void *realloc(void *p, size_t n) {
  __atomic_fetch_add(&allocations, 1, __ATOMIC_RELAXED);
  return __libc_realloc(p, n);
}
void *aligned_alloc(size_t alignment, size_t n) {
  __atomic_fetch_add(&allocations, 1, __ATOMIC_RELAXED);
  return __libc_memalign(alignment, n);
}

static void steady_state(void) {
  static kit k;
  kit_init(&k, 2);
  uint32_t a = kit_population(&k, "a", "iaf_psc_delta", 2000);
  kit_projection(&k, H9_RULE_FIXED_INDEGREE, a, a, 100, -0.5, 1.5);
  kit_poisson(&k, a, 9000, 0.2);
  h9_sim_options o = {.threads = 2, .seed = 1};
  h9_rowsource_options ro = {.threads = 2};
  h9_rowsource *source = NULL;
  int rc = h9_projections_plan(&k.net, &k.e);
  if (rc == H9_OK) rc = h9_sim_make(&k.sim, &k.net, &k.config, &o, &k.e);
  if (rc == H9_OK) rc = h9_rowsource_expand(&source, &k.net, &ro, &k.e);
  if (rc == H9_OK) rc = h9_sim_build(k.sim, source, &k.e);
  h9_rowsource_free(source);
  if (rc == H9_OK) rc = h9_sim_run(k.sim, 100, &k.e);
  long before = allocations;
  if (rc == H9_OK) rc = h9_sim_run(k.sim, 3000, &k.e);
  long during = allocations - before;
  kit_end(&k);
  ok(rc == H9_OK && k.stats.spikes > 1000 && during == 0, "%ld allocations in 3000 steps, %llu spikes",
     during, (unsigned long long)k.stats.spikes);
  kit_release(&k);
}
#else
static void steady_state(void) {}
#endif

/* The bound of a tile's sums, against sums over the rule's rows. */
static void bound(void) {
  static kit k;
  static sums want;
  kit_init(&k, 5);
  uint32_t a = kit_population(&k, "a", "parrot_neuron", 30),
           b = kit_population(&k, "b", "iaf_psc_delta", TARGETS);
  h9_projection *p = kit_projection(&k, H9_RULE_FIXED_OUTDEGREE, a, b, 1000, 0, 1);
  kit_set(&p->weight, kit_dist(H9_DIST_NORMAL, 1, 0.1, 0, INFINITY));
  kit_set(&p->delay, kit_dist(H9_DIST_UNIFORM, 0.1, 90, -INFINITY, INFINITY));
  p = kit_projection(&k, H9_RULE_FIXED_OUTDEGREE, a, b, 2000, 0, 1);
  kit_set(&p->weight, kit_constant(0.5));
  h9_tiling tiling = {0};
  h9_delayrows rows = {0};
  h9_rowsource *source = NULL;
  h9_rowsource_options ro = {.threads = 1};
  uint32_t counts[2] = {30, TARGETS}, receptors[2] = {1, 1};
  uint64_t most = 0;
  double wide = -1;
  int rc = h9_projections_plan(&k.net, &k.e);
  double q = k.proj[0].quantum;
  h9_form form[2] = {{.kind = H9_RECORD_NARROW, .given = true},
                     {.kind = H9_RECORD_CONSTANT, .weight = (int32_t)(0.5 / q)}};
  if (rc == H9_OK) rc = h9_tiling_make(&tiling, counts, receptors, 2, 1, 1, &k.e);
  if (rc == H9_OK) rc = h9_rowsource_expand(&source, &k.net, &ro, &k.e);
  if (rc == H9_OK) rc = h9_delayrows_build(&rows, &k.net, &tiling, form, source, 1, 90000, &k.e);
  if (rc == H9_OK) rc = h9_delayrows_bound(&rows, 0, &most, &wide, &k.e);
  memset(&want, 0, sizeof want);
  want.net = &k.net;
  if (rc == H9_OK) rc = h9_rowsource_run(source, add, NULL, &want, &k.e);
  double largest = 0;
  for (int i = 0; i < TARGETS; i++) largest = fmax(largest, want.sum[i] / SPIKES);
  ok(rc == H9_OK, "bound: runs %s", k.e.text);
  near((double)most, largest / q, 0.5, "largest sum of weights onto a neuron, in quanta");
  h9_rowsource_free(source);
  if (rc == H9_OK) h9_delayrows_release(&rows);
  h9_tiling_release(&tiling);
  kit_release(&k);
}

int main(void) {
  bound();
  forms(1, 1);
  forms(2, 3);
  steady_state();
  return done();
}

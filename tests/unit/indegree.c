/* The bound of in-degrees against networks made by the rules: never below the largest that occurs, and, for
 * neurons evenly spread, not far above it. Even and crowded places, 2-D and 3-D, open and periodic. */
#include "../../libcore/model/indegree.h"
#include "simkit.h"

enum { N = 4000 };

static int count(void *ctx, int worker, const h9_group *g, void **slot, h9_error *e) {
  uint32_t *in = ctx;
  (void)worker, (void)slot, (void)e;
  for (uint32_t k = 0; k < g->n_rows; k++)
    for (uint64_t c = 0; c < g->rows[k].n; c++) in[g->rows[k].target[c]]++;
  return H9_OK;
}

static void place(kit *k, int dimensions, bool crowded) {
  static float at[3][N];
  uint64_t r = 88172645463325252u;
  for (int d = 0; d < 3; d++)
    for (int i = 0; i < N; i++) {
      r ^= r << 13, r ^= r >> 7, r ^= r << 17;
      double u = (double)(r >> 11) * 0x1p-53;
      at[d][i] = (float)(1000 * (crowded ? u * u * u : u) - 500);
    }
  k->net.x = at[0];
  k->net.y = at[1];
  k->net.z = dimensions > 2 ? at[2] : NULL;
  k->net.dimensions = dimensions;
  for (int d = 0; d < 3; d++) {
    k->net.lo[d] = d < dimensions ? -500 : 0;
    k->net.hi[d] = d < dimensions ? 500 : 0;
  }
  k->pop[0].placed = true;
}

static void check(const char *what, enum h9_rule rule, double number, double scale, double reach, int mask,
                  int dimensions, bool crowded, bool periodic, bool symmetric) {
  static kit k;
  static uint32_t in[N];
  kit_init(&k, 3);
  uint32_t a = kit_population(&k, "a", "iaf_psc_exp", N);
  h9_projection *p = kit_projection(&k, rule, a, a, number, 1, 1);
  place(&k, dimensions, crowded);
  p->kernel.scale = scale;
  p->periodic = periodic;
  p->symmetric = symmetric;
  p->multapses = false;
  if (mask == H9_MASK_SPHERE) {
    p->mask.type = H9_MASK_SPHERE;
    p->mask.arg[0] = reach;
  } else if (mask == H9_MASK_BOX) {
    p->mask.type = H9_MASK_BOX;
    for (int d = 0; d < 3; d++) p->mask.arg[d] = -reach, p->mask.arg[d + 3] = reach / (d + 1);
    p->mask.azimuth = 0.7;
  } else if (rule == H9_RULE_PAIRWISE_BERNOULLI && reach > 0) {
    p->kernel.type = H9_KERNEL_GAUSSIAN;
    p->kernel.arg[0] = reach;
  }
  h9_rowsource *source = NULL;
  h9_rowsource_options ro = {.threads = 1};
  int rc = h9_projections_plan(&k.net, &k.e);
  if (rc == H9_OK) rc = h9_rowsource_expand(&source, &k.net, &ro, &k.e);
  memset(in, 0, sizeof in);
  if (rc == H9_OK) rc = h9_rowsource_run(source, count, NULL, in, &k.e);
  uint32_t most = 0;
  for (int i = 0; i < N; i++)
    if (in[i] > most) most = in[i];
  bool certain;
  double bound = h9_indegree_bound(&k.net, p, &certain);
  ok(rc == H9_OK && most > 0 && bound >= most && (crowded || bound <= 25 * most + 200) &&
         certain == (rule != H9_RULE_K_NEAREST),
     "%s: at most %u, bound %.0f %s", what, most, bound, k.e.text);
  h9_rowsource_free(source);
  kit_release(&k);
}

int main(void) {
  const enum h9_rule bernoulli = H9_RULE_PAIRWISE_BERNOULLI;
  check("pairs anywhere", bernoulli, 0, 0.1, 0, 0, 2, false, false, false);
  check("pairs in a disc", bernoulli, 0, 1, 60, H9_MASK_SPHERE, 2, false, false, false);
  check("pairs in a disc, periodic", bernoulli, 0, 1, 60, H9_MASK_SPHERE, 2, false, true, false);
  check("pairs in a disc, crowded", bernoulli, 0, 0.5, 60, H9_MASK_SPHERE, 2, true, false, false);
  check("pairs in a disc, symmetric", bernoulli, 0, 0.5, 60, H9_MASK_SPHERE, 2, true, false, true);
  check("pairs in a wide disc", bernoulli, 0, 0.5, 400, H9_MASK_SPHERE, 2, false, true, false);
  check("pairs in a ball", bernoulli, 0, 1, 120, H9_MASK_SPHERE, 3, false, false, false);
  check("pairs in a turned box", bernoulli, 0, 1, 80, H9_MASK_BOX, 2, true, true, false);
  check("pairs by a gaussian", bernoulli, 0, 1, 20, 0, 2, false, false, false);
  check("pairs by a gaussian, crowded", bernoulli, 0, 1, 20, 0, 3, true, false, false);
  check("within a radius", H9_RULE_RADIUS, 50, 1, 0, 0, 2, true, true, false);
  check("nearest", H9_RULE_K_NEAREST, 10, 1, 0, 0, 2, false, false, false);
  check("nearest, crowded", H9_RULE_K_NEAREST, 10, 1, 0, 0, 3, true, false, false);
  check("in-degree", H9_RULE_FIXED_INDEGREE, 30, 1, 0, 0, 2, false, false, false);
  check("out-degree", H9_RULE_FIXED_OUTDEGREE, 30, 1, 120, H9_MASK_SPHERE, 2, false, false, false);
  return done();
}

/* Weights, delays and kernels that are expressions of the place: against the same formulas in libm. */
#include "netkit.h"

enum { N = 1200 };
#define L 1000.0

static h9_expr formula(const char *text) {
  const h9_dim um = {0, 0, 0, 1};
  const char *const names[] = {"distance", "dx", "dy", "dz", "x", "y", "z"};
  h9_symbol s[7];
  for (int i = 0; i < 7; i++) s[i] = (h9_symbol){names[i], {0, um}, i};
  h9_expr x = {0};
  h9_dim dim;
  size_t at;
  h9_error e = {0};
  if (h9_expr_compile(&x, text, s, 7, &dim, &at, &e) != H9_OK) {
    printf("# %s: %s\n", text, e.text);
    exit(70);
  }
  return x;
}
static void set(h9_expr *x, const char *text) {
  h9_expr_release(x);
  *x = formula(text);
}
static double axis_apart(const float *v, uint32_t a, uint32_t b, bool periodic) {
  double d = (double)v[b] - (double)v[a];
  return periodic ? d - L * floor(d / L + 0.5) : d;
}

static void delays(bool periodic, enum h9_rule rule) {
  kit k;
  kit_init(&k, 41);
  kit_population(&k, "a", N);
  kit_population(&k, "b", 300);
  kit_place(&k, 2, L);
  h9_projection *p = kit_projection(&k, rule, 0, 1, rule == H9_RULE_FIXED_TOTAL_NUMBER ? 20000 : 15);
  p->periodic = periodic;
  set(&p->delay.a, "0.5 ms + distance / (300 um/ms)");
  set(&p->weight.a, "0.01 * dx / (1 um) + 0.001 * y / (1 um)");
  kit_list l = kit_all(&k);
  size_t wrong = 0, wide = 0;
  for (size_t i = 0; i < l.n; i++) {
    uint32_t a = l.at[i].source, b = N + l.at[i].target;
    double dx = axis_apart(k.net.x, a, b, periodic), dy = axis_apart(k.net.y, a, b, periodic);
    double steps = (0.5 + sqrt(dx * dx + dy * dy) / 300) / 0.1, w = 0.01 * dx + 0.001 * (double)k.net.y[b];
    wrong += fabs(l.at[i].delay - steps) > 0.5 + 1e-9;
    wide += fabs(l.at[i].weight - w) > 1e-6 * (1 + fabs(w));
  }
  ok(l.ordered && l.n > 4000 && wrong == 0, "delay = offset + distance / velocity%s, %s: %zu connections",
     periodic ? ", periodic" : "", h9_rule_name(rule), l.n);
  ok(wide == 0 && p->weight_encoding == H9_WEIGHT_F32, "weight by dx and the target's y");
  kit_list_free(&l);
  kit_free(&k);
}

static void spread(bool bounded) {
  kit k;
  kit_init(&k, 42);
  kit_population(&k, "a", N);
  kit_place(&k, 3, L);
  h9_projection *p = kit_projection(&k, H9_RULE_FIXED_OUTDEGREE, 0, 0, 20);
  h9_dist_release(&p->weight);
  p->weight = kit_dist(H9_DIST_NORMAL, 0, 3);
  set(&p->weight.a, "50 + distance / (20 um)");
  if (bounded) {
    p->weight.min = -200;
    p->weight.max = 400;
  }
  kit_list l = kit_all(&k);
  double *u = malloc(l.n * sizeof *u), *v = malloc(l.n * sizeof *v);
  for (size_t i = 0; i < l.n; i++) {
    uint32_t a = l.at[i].source, b = l.at[i].target;
    double dx = axis_apart(k.net.x, a, b, false), dy = axis_apart(k.net.y, a, b, false),
           dz = axis_apart(k.net.z, a, b, false);
    double mean = 50 + sqrt(dx * dx + dy * dy + dz * dz) / 20;
    u[i] = 0.5 * erfc(-(l.at[i].weight - mean) / 3 / sqrt(2));
    v[i] = 0.5 * erfc(-(l.at[i].weight - mean) / 3.2 / sqrt(2));
  }
  double good = ks_p(u, l.n), bad = ks_p(v, l.n);
  ok(p->weight_encoding == (bounded ? H9_WEIGHT_I16 : H9_WEIGHT_F32),
     "a mean that depends on distance is held in %s", bounded ? "16 bits within its bounds" : "F32");
  ok(l.ordered && good > KIT_GOOD && bad < KIT_GOOD,
     "weights are normal about it (KS p = %.3g; another sd: %.3g)", good, bad);
  free(u);
  free(v);
  kit_list_free(&l);
  kit_free(&k);
}

/* The same kernel as a name and as an expression joins the same pairs. */
static void kernels(void) {
  kit k;
  kit_init(&k, 43);
  kit_population(&k, "a", N);
  kit_place(&k, 2, L);
  h9_projection *p = kit_projection(&k, H9_RULE_PAIRWISE_BERNOULLI, 0, 0, 0);
  p->kernel.type = H9_KERNEL_GAUSSIAN;
  p->kernel.arg[0] = 80;
  p->kernel.scale = 0.6;
  p->kernel.cutoff = 300;
  p->periodic = true;
  kit_list a = kit_all(&k), b;
  p->kernel.type = H9_KERNEL_EXPRESSION;
  set(&p->kernel.expr, "exp(-distance^2 / (2 * (80 um)^2))");
  b = kit_all(&k);
  ok(a.n > 5000 && kit_equal(&a, &b), "gaussian as a name and as an expression: the same pairs");
  kit_list_free(&b);
  set(&p->kernel.expr, "1 if dx > 0 um else 0");
  p->kernel.scale = 1;
  b = kit_all(&k);
  size_t wrong = 0;
  for (size_t i = 0; i < b.n; i++) wrong += !(axis_apart(k.net.x, b.at[i].source, b.at[i].target, true) > 0);
  ok(wrong == 0 && b.n > 5000, "an expression of dx looks from source to target");
  kit_list_free(&b);
  p->rule = H9_RULE_FIXED_INDEGREE;
  p->number = 5;
  p->multapses = false;
  b = kit_all(&k);
  wrong = 0;
  for (size_t i = 0; i < b.n; i++) wrong += !(axis_apart(k.net.x, b.at[i].source, b.at[i].target, true) < 0);
  ok(wrong == 0 && b.n == 5 * N, "for fixed_indegree it looks from target to source");
  kit_list_free(&b);
  set(&p->kernel.expr, "log(0 * distance / (1 um) - 1)");
  h9_error e = {0};
  ok(kit_expand(&k, (h9_rowsource_options){.threads = 2}, &b, &e) == H9_ECONFIG &&
         strstr(e.text, "neuron 1:"),
     "a kernel that is not a number: %s", e.text);
  kit_list_free(&a);
  kit_list_free(&b);
  kit_free(&k);
}

static void too_late(void) {
  kit k;
  kit_init(&k, 44);
  kit_population(&k, "a", 50);
  kit_place(&k, 2, L);
  h9_projection *p = kit_projection(&k, H9_RULE_ALL_TO_ALL, 0, 0, 0);
  set(&p->delay.a, "0.5 ms + distance / (0.01 um/ms)");
  h9_error e = {0};
  kit_list l;
  int rc = kit_expand(&k, (h9_rowsource_options){.threads = 2}, &l, &e);
  ok(rc == H9_ECONFIG && strstr(e.text, "65535"), "a delay that grows too long on the way: %s", e.text);
  kit_free(&k);
}

int main(void) {
  delays(false, H9_RULE_FIXED_TOTAL_NUMBER);
  delays(true, H9_RULE_FIXED_INDEGREE);
  delays(true, H9_RULE_K_NEAREST);
  spread(false);
  spread(true);
  kernels();
  too_late();
  return done();
}

/* Checks that rules can be met, and chooses how weights are held. */
#include "rowsource.h"
#include "rules.h"

#include "../base/mathfn.h"

#include <math.h>
#include <stdlib.h>

static int whole(const h9_network *net, uint32_t i, const char *what, double most, h9_error *e) {
  char text[400];
  double v = net->projections[i].number;
  if (!(v >= 0) || v != floor(v) || v > most)
    return h9_fail(e, H9_ECONFIG, "%s: %s is %g, expected a whole number from 0 to %.0f",
                   h9_projection_text(net, i, text), what, v, most);
  return H9_OK;
}

static int check_kernel(const h9_network *net, uint32_t i, h9_error *e) {
  const h9_projection *p = &net->projections[i];
  const h9_kernel *k = &p->kernel;
  char text[400];
  h9_projection_text(net, i, text);
  bool probability = p->rule == H9_RULE_PAIRWISE_BERNOULLI;
  if (!isfinite(k->scale) || k->scale < 0 || (probability && k->type == H9_KERNEL_CONSTANT && k->scale > 1))
    return h9_fail(e, H9_ECONFIG, "%s: %s is %g, expected %s", text,
                   probability ? "probability p" : "the kernel's scale", k->scale,
                   probability ? "0 to 1" : "0 or more");
  const char *bad = NULL;
  double value = 0;
  switch (k->type) {
  case H9_KERNEL_GAUSSIAN:
    if (!(k->arg[0] > 0)) bad = "sigma", value = k->arg[0];
    break;
  case H9_KERNEL_EXPONENTIAL:
    if (!(k->arg[0] > 0)) bad = "tau", value = k->arg[0];
    break;
  case H9_KERNEL_GAMMA:
    if (!(k->arg[0] > 0)) bad = "kappa", value = k->arg[0];
    else if (!(k->arg[1] > 0)) bad = "theta", value = k->arg[1];
    break;
  case H9_KERNEL_GABOR:
    if (!(k->arg[0] > 0)) bad = "sigma", value = k->arg[0];
    else if (!(k->arg[1] > 0)) bad = "lambda", value = k->arg[1];
    break;
  case H9_KERNEL_LINEAR:
  case H9_KERNEL_STEP:
    if (!(k->arg[0] > 0)) bad = "range", value = k->arg[0];
    break;
  case H9_KERNEL_CONSTANT:
  case H9_KERNEL_EXPRESSION:
    break;
  default:
    return h9_fail(e, H9_ECONFIG, "%s: unknown kernel %u", text, k->type);
  }
  if (bad) return h9_fail(e, H9_ECONFIG, "%s: kernel: %s is %g, expected more than 0", text, bad, value);
  if (!(k->cutoff > 0))
    return h9_fail(e, H9_ECONFIG, "%s: kernel: cutoff is %g um, expected more than 0", text, k->cutoff);
  return H9_OK;
}

static int check_mask(const h9_network *net, uint32_t i, h9_error *e) {
  const h9_mask *m = &net->projections[i].mask;
  char text[400];
  const char *bad = NULL;
  switch (m->type) {
  case H9_MASK_NONE:
    break;
  case H9_MASK_SPHERE:
    if (!(m->arg[0] > 0) || !isfinite(m->arg[0])) bad = "sphere: expected a radius above 0";
    break;
  case H9_MASK_BOX: /* infinite along directions that are free */
    for (int k = 0; k < 3; k++)
      if (!(m->arg[k] <= m->arg[k + 3])) bad = "box: expected lower corner below upper corner";
    break;
  case H9_MASK_ELLIPSOID:
    for (int k = 0; k < (net->dimensions < 3 ? net->dimensions : 3); k++)
      if (!(m->arg[k] > 0)) bad = "ellipsoid: expected axes above 0";
    break;
  case H9_MASK_DOUGHNUT:
    if (!(m->arg[0] >= 0) || !(m->arg[1] > m->arg[0]) || !isfinite(m->arg[1]))
      bad = "doughnut: expected 0 <= inner < outer radius";
    break;
  default:
    bad = "unknown kind";
    break;
  }
  for (int k = 0; k < 3 && !bad; k++)
    if (!isfinite(m->anchor[k])) bad = "expected a finite anchor";
  if (bad) return h9_fail(e, H9_ECONFIG, "%s: mask: %s", h9_projection_text(net, i, text), bad);
  return H9_OK;
}

/* The most different partners an owner can have. */
static int enough(const h9_network *net, uint32_t i, const char *what, h9_error *e) {
  const h9_projection *p = &net->projections[i];
  bool by_target = p->rule == H9_RULE_FIXED_INDEGREE;
  const h9_population *pool = &net->populations[by_target ? p->source : p->target];
  bool no_self = p->source == p->target && !p->autapses;
  uint32_t most = pool->count - (no_self ? 1 : 0);
  char text[400];
  bool distinct = !p->multapses || p->rule == H9_RULE_K_NEAREST;
  if (p->number > 0 && (most == 0 || (distinct && p->number > most)))
    return h9_fail(e, H9_ECONFIG, "%s: %s %.0f asks for more different neurons than '%s' has: %u of %u%s",
                   h9_projection_text(net, i, text), what, p->number, pool->name, most, pool->count,
                   no_self ? ", a neuron itself left out (autapses: false)" : "");
  return H9_OK;
}

static int check_rule(const h9_network *net, uint32_t i, h9_error *e) {
  const h9_projection *p = &net->projections[i];
  const h9_population *a = &net->populations[p->source], *b = &net->populations[p->target];
  bool same = p->source == p->target;
  char text[400];
  h9_projection_text(net, i, text);
  int rc = H9_OK;
  if (p->symmetric && !same)
    return h9_fail(e, H9_ECONFIG,
                   "%s: symmetric: the mirrored connections would leave '%s', expected one population as "
                   "source and target",
                   text, b->name);
  if (p->symmetric && (p->rule == H9_RULE_FIXED_INDEGREE || p->rule == H9_RULE_FIXED_OUTDEGREE ||
                       p->rule == H9_RULE_FIXED_TOTAL_NUMBER))
    return h9_fail(e, H9_ECONFIG,
                   "%s: symmetric: mirrored connections would change the fixed number; expected all_to_all, "
                   "pairwise_bernoulli, "
                   "pairwise_poisson, radius or k_nearest",
                   text);
  switch (p->rule) {
  case H9_RULE_ONE_TO_ONE:
    if (a->count != b->count)
      rc = h9_fail(e, H9_ECONFIG, "%s: '%s' has %u neurons and '%s' %u, expected equal counts", text, a->name,
                   a->count, b->name, b->count);
    else if (same && !p->autapses)
      rc = h9_fail(e, H9_ECONFIG, "%s: every connection is an autapse, but autapses are not allowed", text);
    break;
  case H9_RULE_ALL_TO_ALL:
  case H9_RULE_PAIRWISE_BERNOULLI:
    break;
  case H9_RULE_PAIRWISE_POISSON:
    if (!(p->number >= 0) || p->number > 1e6)
      rc = h9_fail(e, H9_ECONFIG, "%s: mean number of connections a pair is %g, expected 0 to 1e6", text,
                   p->number);
    else if (!p->multapses)
      rc = h9_fail(
          e, H9_ECONFIG,
          "%s: joins pairs several times by its nature, expected multapses: true (or pairwise_bernoulli)",
          text);
    break;
  case H9_RULE_FIXED_INDEGREE:
    rc = whole(net, i, "indegree", UINT32_MAX, e);
    if (rc == H9_OK) rc = enough(net, i, "indegree", e);
    break;
  case H9_RULE_FIXED_OUTDEGREE:
    rc = whole(net, i, "outdegree", UINT32_MAX, e);
    if (rc == H9_OK) rc = enough(net, i, "outdegree", e);
    break;
  case H9_RULE_K_NEAREST:
    rc = whole(net, i, "k", UINT32_MAX, e);
    if (rc == H9_OK) rc = enough(net, i, "k", e);
    break;
  case H9_RULE_FIXED_TOTAL_NUMBER: {
    rc = whole(net, i, "total number", 0x1p52, e);
    double pairs = (double)a->count * (b->count - (same && !p->autapses ? 1 : 0));
    if (rc == H9_OK && p->number > 0 && (pairs == 0 || (!p->multapses && p->number > pairs)))
      rc = h9_fail(e, H9_ECONFIG,
                   "%s: %.0f connections asked, but there are only %.0f pairs without repeating one", text,
                   p->number, pairs);
    break;
  }
  case H9_RULE_RADIUS:
    if (!(p->number > 0) || !isfinite(p->number))
      rc = h9_fail(e, H9_ECONFIG, "%s: radius is %g um, expected more than 0", text, p->number);
    break;
  case H9_RULE_EXPLICIT:
    return H9_OK;
  default:
    return h9_fail(e, H9_ECONFIG, "%s: unknown rule %u", text, p->rule);
  }
  if (rc == H9_OK) rc = check_kernel(net, i, e);
  if (rc == H9_OK) rc = check_mask(net, i, e);
  if (rc != H9_OK) return rc;
  if (!h9_rule_is_spatial(p)) return H9_OK;
  if (p->rule == H9_RULE_ONE_TO_ONE || p->rule == H9_RULE_FIXED_TOTAL_NUMBER)
    return h9_fail(e, H9_ECONFIG, "%s: takes no kernel and no mask", text);
  if ((p->rule == H9_RULE_RADIUS || p->rule == H9_RULE_K_NEAREST) &&
      (p->kernel.type != H9_KERNEL_CONSTANT || p->mask.type != H9_MASK_NONE))
    return h9_fail(e, H9_ECONFIG, "%s: takes no kernel and no mask; use pairwise_bernoulli with a mask",
                   text);
  if (!a->placed || !b->placed || net->dimensions < 1)
    return h9_fail(e, H9_ECONFIG, "%s: needs positions, but '%s' has none", text,
                   a->placed ? b->name : a->name);
  return H9_OK;
}

static int check_values(const h9_network *net, uint32_t i, h9_error *e) {
  const h9_projection *p = &net->projections[i];
  char text[400];
  h9_projection_text(net, i, text);
  if (h9_dist_check(&p->weight, e) != H9_OK) return h9_fail_at(e, "%s: weight", text);
  if (h9_dist_check(&p->delay, e) != H9_OK) return h9_fail_at(e, "%s: delay", text);
  if (h9_dist_is_constant(&p->weight) && !isfinite(h9_dist_constant(&p->weight)))
    return h9_fail(e, H9_ECONFIG, "%s: weight is %g, expected a finite number", text,
                   h9_dist_constant(&p->weight));
  uint32_t used = p->weight.a.variables | p->weight.b.variables | p->delay.a.variables | p->delay.b.variables;
  const h9_population *a = &net->populations[p->source], *b = &net->populations[p->target];
  if (used && (!a->placed || !b->placed || net->dimensions < 1))
    return h9_fail(e, H9_ECONFIG, "%s: weight or delay depends on positions, but '%s' has none", text,
                   a->placed ? b->name : a->name);
  return H9_OK;
}

/* How fine the multiples must be beside the spread of a distribution. */
static double finest(const h9_dist *d) {
  double low, high;
  if (d->type == H9_DIST_EXPRESSION || !h9_expr_is_constant(&d->a)) {
    return h9_dist_bounds(d, &low, &high) ? (high - low) / 4096 : 0;
  }
  double a = h9_expr_eval(&d->a, NULL), b = d->type == H9_DIST_EXPONENTIAL ? 0
                                            : h9_expr_is_constant(&d->b)   ? h9_expr_eval(&d->b, NULL)
                                                                           : 0;
  switch (d->type) {
  case H9_DIST_UNIFORM:
    return (b - a) / 256;
  case H9_DIST_NORMAL:
    return b / 32;
  case H9_DIST_LOGNORMAL:
    return h9_exp(a) * b / 32;
  default:
    return fabs(a) / 128;
  }
}

typedef struct share { /* of one projection in the choice of its target's quantum */
  uint32_t projection;
  double most;   /* largest |weight| */
  double finest; /* coarsest quantum it can bear; 0 for constants */
  bool constant, takes_part;
} share;

/* The greatest common divisor of constants, where each is a small multiple of it; 0: there is none. */
static double common_value(const share *s, size_t n, const h9_network *net) {
  double least = INFINITY;
  for (size_t i = 0; i < n; i++)
    if (s[i].most > 0 && s[i].most < least) least = s[i].most;
  if (isinf(least)) return 1;
  for (int m = 1; m <= 64; m++) {
    double q = least / m;
    bool all = true;
    for (size_t i = 0; i < n && all; i++) {
      double w = h9_dist_constant(&net->projections[s[i].projection].weight), k = floor(w / q + 0.5);
      all = fabs(k) <= 1024 && fabs(k * q - w) <= 4e-16 * fabs(w);
    }
    if (all) return q;
  }
  return 0;
}

static double power_of_two_for(double most) {
  if (!(most > 0)) return 1;
  int x;
  frexp(most / 32766, &x);
  return ldexp(1, x);
}

/* Chooses the quantum of all projections in `s`, which share one (target population, receptor). */
static void choose_quantum(h9_network *net, share *s, size_t n) {
  bool all_constant = true;
  for (size_t i = 0; i < n; i++) all_constant &= s[i].constant;
  double q = all_constant ? common_value(s, n, net) : 0;
  while (q == 0) {
    size_t big = n, tight = n;
    for (size_t i = 0; i < n; i++)
      if (s[i].takes_part && (big == n || s[i].most > s[big].most)) big = i;
    double now = big == n ? 1 : power_of_two_for(s[big].most);
    for (size_t i = 0; i < n && tight == n; i++)
      if (s[i].takes_part && !s[i].constant && now > s[i].finest) tight = i;
    if (tight == n) q = now;
    /* One too wide for any 16-bit form leaves; a large constant does not coarsen the others; else the
     * one whose values are too small beside the largest takes the wide form. */
    else if (s[big].constant) s[big].takes_part = false;
    else if (now > s[big].finest) s[big].takes_part = false;
    else s[tight].takes_part = false;
  }
  for (size_t i = 0; i < n; i++) {
    h9_projection *p = &net->projections[s[i].projection];
    p->quantum = q;
    p->weight_encoding = s[i].constant ? H9_WEIGHT_CONSTANT : s[i].takes_part ? H9_WEIGHT_I16 : H9_WEIGHT_F32;
  }
}

static int by_target(const void *a, const void *b, void *ctx) {
  const h9_projection *p = ctx;
  const h9_projection *x = &p[((const share *)a)->projection], *y = &p[((const share *)b)->projection];
  if (x->target != y->target) return x->target < y->target ? -1 : 1;
  if (x->receptor != y->receptor) return x->receptor < y->receptor ? -1 : 1;
  return x < y ? -1 : x > y;
}

static int quanta(h9_network *net, h9_error *e) {
  uint32_t n = net->n_projections;
  share *s = calloc(n ? n : 1, sizeof *s);
  if (!s) return h9_fail_memory(e, n * sizeof *s, "projections");
  for (uint32_t i = 0; i < n; i++) {
    const h9_dist *w = &net->projections[i].weight;
    double low, high;
    bool known = h9_dist_bounds(w, &low, &high);
    s[i] = (share){.projection = i, .constant = h9_dist_is_constant(w)};
    if (s[i].constant) s[i].most = fabs(h9_dist_constant(w));
    else if (known) s[i].most = fmax(fabs(low), fabs(high)), s[i].finest = finest(w);
    s[i].takes_part = s[i].constant || (known && s[i].finest > 0);
  }
  qsort_r(s, n, sizeof *s, by_target, net->projections);
  for (uint32_t i = 0, k; i < n; i = k) {
    const h9_projection *p = &net->projections[s[i].projection];
    for (k = i; k < n; k++) {
      const h9_projection *o = &net->projections[s[k].projection];
      if (o->target != p->target || o->receptor != p->receptor) break;
    }
    choose_quantum(net, s + i, k - i);
  }
  free(s);
  return H9_OK;
}

int h9_projection_check(const h9_network *net, uint32_t projection, h9_error *e) {
  int rc = check_rule(net, projection, e);
  return rc == H9_OK ? check_values(net, projection, e) : rc;
}

int h9_projections_plan(h9_network *net, h9_error *e) {
  for (uint32_t i = 0; i < net->n_projections; i++) {
    h9_projection *p = &net->projections[i];
    if (p->source >= net->n_populations || p->target >= net->n_populations)
      return h9_fail(e, H9_EDATA, "projection %u: population %u, expected below %u", i + 1,
                     p->source >= net->n_populations ? p->source : p->target, net->n_populations);
    int rc = h9_projection_check(net, i, e);
    if (rc != H9_OK) return rc;
  }
  int rc = quanta(net, e);
  /* Delays that cannot be held show when the samplers are made. */
  for (uint32_t i = 0; rc == H9_OK && i < net->n_projections; i++) {
    h9_projection *p = &net->projections[i];
    double low, high;
    char text[400];
    if (!h9_dist_bounds(&p->delay, &low, &high)) continue;
    double last = floor(high / net->dt + 0.5), first = floor(low / net->dt + 0.5);
    if (last > H9_DELAY_MAX || last < 1 || (h9_dist_is_constant(&p->delay) && first < 1))
      rc = h9_fail(
          e, H9_ECONFIG, "%s: delays from %g to %g ms are %g to %g steps of %g ms, expected 1 to %u steps%s",
          h9_projection_text(net, i, text), low, high, first, last, net->dt, H9_DELAY_MAX,
          last > H9_DELAY_MAX && !h9_dist_is_constant(&p->delay) ? "; give the distribution a max" : "");
  }
  return rc;
}

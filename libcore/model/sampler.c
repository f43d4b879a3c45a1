#include "sampler.h"

#include "../base/mathfn.h"
#include "../base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *h9_projection_text(const h9_network *net, uint32_t projection, char out[400]) {
  const h9_projection *p = &net->projections[projection];
  const char *from = p->source < net->n_populations ? net->populations[p->source].name : "?";
  const char *to = p->target < net->n_populations ? net->populations[p->target].name : "?";
  const char *rule = h9_rule_name(p->rule);
  if (p->name && p->name[0])
    snprintf(out, 400, "projection %u '%.100s' (%.100s -> %.100s, %s)", projection + 1, p->name, from, to,
             rule ? rule : "?");
  else
    snprintf(out, 400, "projection %u (%.100s -> %.100s, %s)", projection + 1, from, to, rule ? rule : "?");
  return out;
}

int h9_table16_build(h9_table16 *t, const double *weights, const uint16_t *value, uint32_t n) {
  h9_alias a = {0};
  if (h9_alias_build(&a, weights, n) != H9_OK) return H9_ESYSTEM;
  t->at = malloc((size_t)n * sizeof *t->at);
  if (t->at) {
    t->n = n;
    for (uint32_t i = 0; i < n; i++) t->at[i] = (h9_alias16){a.accept[i], value[i], value[a.other[i]]};
  }
  h9_alias_release(&a);
  return t->at ? H9_OK : H9_ESYSTEM;
}
void h9_table16_release(h9_table16 *t) {
  free(t->at);
  *t = (h9_table16){0};
}

static bool constant_parameters(const h9_dist *d) {
  if (!h9_expr_is_constant(&d->a)) return false;
  bool two = d->type == H9_DIST_UNIFORM || d->type == H9_DIST_NORMAL || d->type == H9_DIST_LOGNORMAL;
  return !two || h9_expr_is_constant(&d->b);
}

/* Beyond 8.3 standard deviations a normal variate has a probability of 1e-16. */
#define TAIL_SD 8.3

bool h9_dist_bounds(const h9_dist *d, double *low, double *high) {
  double lo = -INFINITY, hi = INFINITY;
  if (h9_dist_is_constant(d)) {
    *low = *high = h9_dist_constant(d);
    return true;
  }
  if (d->type != H9_DIST_EXPRESSION && constant_parameters(d)) {
    double a = h9_expr_eval(&d->a, NULL), b = 0;
    if (d->type == H9_DIST_UNIFORM || d->type == H9_DIST_NORMAL || d->type == H9_DIST_LOGNORMAL)
      b = h9_expr_eval(&d->b, NULL);
    switch (d->type) {
    case H9_DIST_UNIFORM:
      lo = a, hi = b;
      break;
    case H9_DIST_NORMAL:
      lo = a - TAIL_SD * b, hi = a + TAIL_SD * b;
      break;
    case H9_DIST_LOGNORMAL:
      lo = h9_exp(a - TAIL_SD * b), hi = h9_exp(a + TAIL_SD * b);
      break;
    case H9_DIST_EXPONENTIAL:
      lo = fmin(0, 37 * a), hi = fmax(0, 37 * a);
      break;
    default:
      break;
    }
    /* A truncation far out in a tail keeps only what lies behind it: then the tail is no bound. */
    if (d->min > hi || d->max < lo) lo = -INFINITY, hi = INFINITY;
    else if (h9_dist_cdf(d, hi) < 1 - 1e-12 || h9_dist_cdf(d, lo) > 1e-12) {
      if (d->type != H9_DIST_UNIFORM) lo = -INFINITY, hi = INFINITY;
    }
  }
  if (d->min > lo) lo = d->min;
  if (d->max < hi) hi = d->max;
  *low = lo;
  *high = hi;
  return isfinite(lo) && isfinite(hi);
}

/* A table over the integers k in [low, high], k meaning values in ((k - 1/2) unit, (k + 1/2) unit];
 * what lies outside is joined to the ends. Values are stored xor `bias`. */
static int table_of_dist(h9_table16 *t, const h9_dist *d, double unit, int32_t low, int32_t high,
                         uint32_t bias, h9_error *e) {
  uint32_t n = (uint32_t)(high - low) + 1;
  double *w = malloc(n * sizeof *w);
  uint16_t *v = malloc(n * sizeof *v);
  int rc = H9_OK;
  if (!w || !v) rc = h9_fail_memory(e, n * (sizeof *w + sizeof *v), "a table of weights or delays");
  else {
    double below = 0;
    for (uint32_t i = 0; i < n; i++) {
      double upto = i + 1 == n ? 1 : h9_dist_cdf(d, ((double)low + i + 0.5) * unit);
      w[i] = upto > below ? upto - below : 0;
      below = upto > below ? upto : below;
      v[i] = (uint16_t)((uint32_t)(low + (int32_t)i) ^ bias);
    }
    uint32_t from = 0, to = n;
    while (from + 1 < to && w[from] == 0) from++;
    while (to > from + 1 && w[to - 1] == 0) to--;
    if (h9_table16_build(t, w + from, v + from, to - from) != H9_OK)
      rc = h9_fail_memory(e, n * sizeof *t->at, "a table of weights or delays");
  }
  free(w);
  free(v);
  return rc;
}

static int delay_open(h9_sampler *s, h9_error *e) {
  const h9_dist *d = &s->p->delay;
  double dt = s->net->dt;
  char text[400];
  if (h9_dist_is_constant(d)) {
    double steps = floor(h9_dist_constant(d) / dt + 0.5);
    if (!(steps >= 1 && steps <= H9_DELAY_MAX))
      return h9_fail(e, H9_ECONFIG, "%s: delay of %g ms is %g steps of %g ms, expected 1 to %u steps",
                     h9_projection_text(s->net, s->projection, text), h9_dist_constant(d), steps, dt,
                     H9_DELAY_MAX);
    s->delay_constant = (uint16_t)steps;
    s->delay_most = (uint32_t)steps;
    return H9_OK;
  }
  double low, high;
  if (!constant_parameters(d) || !h9_dist_bounds(d, &low, &high)) {
    s->delay_drawn = true;
    s->delay_most = H9_DELAY_MAX;
    return H9_OK;
  }
  double first = floor(low / dt + 0.5), last = floor(high / dt + 0.5);
  if (last > H9_DELAY_MAX)
    return h9_fail(
        e, H9_ECONFIG,
        "%s: delays reach %g ms, %g steps of %g ms, expected at most %u steps; give the distribution a max",
        h9_projection_text(s->net, s->projection, text), high, last, dt, H9_DELAY_MAX);
  if (last < 1)
    return h9_fail(e, H9_ECONFIG, "%s: all delays are below half a step of %g ms, expected at least one step",
                   h9_projection_text(s->net, s->projection, text), dt);
  s->delay_most = (uint32_t)last;
  return table_of_dist(&s->delay, d, dt, first < 1 ? 1 : (int32_t)first, (int32_t)last, 0, e);
}

static int weight_open(h9_sampler *s, h9_error *e) {
  const h9_projection *p = s->p;
  char text[400];
  s->weight_constant = H9_WEIGHT_BIAS;
  if (p->weight_encoding == H9_WEIGHT_CONSTANT) {
    if (!h9_dist_is_constant(&p->weight))
      return h9_fail(e, H9_EDATA, "%s: weights vary, but are declared constant",
                     h9_projection_text(s->net, s->projection, text));
    return H9_OK;
  }
  double low, high;
  if (p->weight_encoding == H9_WEIGHT_F32 || !constant_parameters(&p->weight)) {
    s->weight_drawn = true;
    return H9_OK;
  }
  if (!(p->quantum > 0) || !h9_dist_bounds(&p->weight, &low, &high) ||
      fabs(floor(low / p->quantum + 0.5)) > INT16_MAX || fabs(floor(high / p->quantum + 0.5)) > INT16_MAX)
    return h9_fail(e, H9_EDATA, "%s: weights do not fit 16-bit multiples of the quantum %g",
                   h9_projection_text(s->net, s->projection, text), p->quantum);
  s->weight_constant = 0;
  return table_of_dist(&s->weight, &p->weight, p->quantum, (int32_t)floor(low / p->quantum + 0.5),
                       (int32_t)floor(high / p->quantum + 0.5), H9_WEIGHT_BIAS, e);
}

int h9_sampler_open(h9_sampler *s, const h9_network *net, uint32_t projection, h9_error *e) {
  const h9_projection *p = &net->projections[projection];
  *s = (h9_sampler){.net = net, .p = p, .projection = projection, .periodic = p->periodic};
  s->key_weight = h9_key_make(net->seed, H9_PURPOSE_WEIGHT, projection);
  s->key_delay = h9_key_make(net->seed, H9_PURPOSE_DELAY, projection);
  for (int i = 0; i < 3; i++) s->size[i] = net->hi[i] - net->lo[i];
  s->needs_place =
      (p->weight.a.variables | p->weight.b.variables | p->delay.a.variables | p->delay.b.variables) != 0;
  if (s->needs_place && !net->x) {
    char text[400];
    return h9_fail(e, H9_ECONFIG, "%s: weight or delay depends on positions, but the neurons have none",
                   h9_projection_text(net, projection, text));
  }
  int rc = delay_open(s, e);
  if (rc == H9_OK) rc = weight_open(s, e);
  if (rc != H9_OK) {
    h9_sampler_release(s);
    return rc;
  }
  s->fast = !s->weight_drawn && !s->delay_drawn;
  s->uses_words = s->weight.n || s->delay.n;
  return H9_OK;
}

void h9_sampler_release(h9_sampler *s) {
  h9_table16_release(&s->weight);
  h9_table16_release(&s->delay);
}

/* Variables of a connection: displacement from source to target, and the target's position. */
static void place(const h9_sampler *s, uint32_t source, uint32_t target, double vars[H9_VARIABLES]) {
  const h9_network *net = s->net;
  size_t a = net->populations[s->p->source].first - 1 + (size_t)source;
  size_t b = net->populations[s->p->target].first - 1 + (size_t)target;
  const float *axis[3] = {net->x, net->y, net->z};
  double d2 = 0;
  for (int i = 0; i < 3; i++) {
    double from = axis[i] ? axis[i][a] : 0, to = axis[i] ? axis[i][b] : 0, d = to - from;
    if (s->periodic && s->size[i] > 0) {
      if (d > 0.5 * s->size[i]) d -= s->size[i];
      else if (d < -0.5 * s->size[i]) d += s->size[i];
    }
    vars[H9_VAR_DX + i] = d;
    vars[H9_VAR_X + i] = to;
    d2 += d * d;
  }
  vars[H9_VAR_DISTANCE] = sqrt(d2);
}

int h9_sampler_draw(const h9_sampler *s, uint32_t source, uint32_t target, uint32_t id0, uint32_t id1,
                    uint32_t kind, h9_ctr words, uint64_t *record, float *f, h9_error *e) {
  double vars[H9_VARIABLES];
  char text[400];
  uint64_t r = h9_sampler_words(s, words.v[1], words.v[2], words.v[3]);
  const double *at = s->needs_place ? vars : NULL;
  if (s->needs_place) place(s, source, target, vars);
  if (s->delay_drawn) {
    h9_draws d = h9_draws_make(s->key_delay, id0, id1, kind);
    double ms = h9_dist_draw(&s->p->delay, &d, at), steps = floor(ms / s->net->dt + 0.5);
    if (!(steps <= H9_DELAY_MAX) || isinf(steps))
      return h9_fail(e, H9_ECONFIG, "%s: neuron %u: delay of %g ms, expected at most %u steps of %g ms",
                     h9_projection_text(s->net, s->projection, text),
                     s->net->populations[s->p->source].first + source, ms, H9_DELAY_MAX, s->net->dt);
    r = (r & UINT64_C(0xffffffffffff)) | (uint64_t)(steps < 1 ? 1 : steps) << 48;
  }
  if (s->weight_drawn) {
    h9_draws d = h9_draws_make(s->key_weight, id0, id1, kind);
    double w = h9_dist_draw(&s->p->weight, &d, at);
    bool wide = s->p->weight_encoding == H9_WEIGHT_F32;
    double k = wide ? w : floor(w / s->p->quantum + 0.5);
    if (!isfinite(k) || fabs(k) > (wide ? 3e38 : INT16_MAX))
      return h9_fail(e, H9_ECONFIG, "%s: neuron %u: weight of %g does not fit, give it a min and a max",
                     h9_projection_text(s->net, s->projection, text),
                     s->net->populations[s->p->source].first + source, w);
    if (wide) *f = (float)w;
    else r = (r & ~UINT64_C(0xffff)) | ((uint16_t)(int16_t)k ^ H9_WEIGHT_BIAS);
  }
  *record = r;
  return H9_OK;
}

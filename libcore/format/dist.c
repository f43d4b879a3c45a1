/* Distributions by their quantile functions: every random type reads exactly one uniform of 53 bits,
 * truncated or not, so a draw costs the same whatever the bounds and needs no loop.
 *
 * A truncated draw is the quantile of F(min) + u (F(max) - F(min)). Where the bounds lie in the
 * upper half of a normal distribution its mirror image is used, since F near 1 has no digits left. */
#include "dist.h"
#include "../base/mathfn.h"
#include <math.h>
#include <stdlib.h>

static bool has_b(const h9_dist *d) {
  return d->type == H9_DIST_UNIFORM || d->type == H9_DIST_NORMAL || d->type == H9_DIST_LOGNORMAL;
}

static double clip(double v, double lo, double hi) { return v < lo ? lo : v > hi ? hi : v; }

bool h9_dist_is_constant(const h9_dist *d) {
  if (!h9_expr_is_constant(&d->a)) return false;
  if (d->type == H9_DIST_EXPRESSION) return true;
  if (d->type == H9_DIST_EXPONENTIAL) return h9_expr_eval(&d->a, NULL) == 0;
  if (!h9_expr_is_constant(&d->b)) return false;
  double b = h9_expr_eval(&d->b, NULL);
  return d->type == H9_DIST_UNIFORM ? b == h9_expr_eval(&d->a, NULL) : b == 0;
}

double h9_dist_constant(const h9_dist *d) {
  double a = h9_expr_eval(&d->a, NULL);
  if (d->type == H9_DIST_LOGNORMAL) a = h9_exp(a);
  return clip(a, d->min, d->max);
}

/* Part of the standard normal between lo and hi: what a truncated draw or probability needs. */
typedef struct slice {
  bool mirror;
  double below, mass; /* F(lo), F(hi) - F(lo), both of the mirrored variable where `mirror` */
} slice;

static slice slice_make(double lo, double hi) {
  slice s = {lo > 0, 0, 0};
  if (s.mirror) {
    double t = lo;
    lo = -hi;
    hi = -t;
  }
  s.below = h9_normal_cdf(lo);
  s.mass = h9_normal_cdf(hi) - s.below;
  return s;
}

/* Standard normal between lo and hi; NaN where there is no mass. */
static double normal_between(double lo, double hi, double u) {
  if (lo == -INFINITY && hi == INFINITY) return h9_normal_quantile(u);
  slice s = slice_make(lo, hi);
  if (!(s.mass > 0)) return NAN;
  double z = h9_normal_quantile(s.below + u * s.mass);
  return clip(s.mirror ? -z : z, lo, hi);
}

static double log_bound(double v) { return v > 0 ? h9_log(v) : -INFINITY; }

double h9_dist_draw(const h9_dist *d, h9_draws *draws, const double *vars) {
  double a = h9_expr_eval(&d->a, vars);
  if (d->type == H9_DIST_EXPRESSION) return clip(a, d->min, d->max);
  double b = has_b(d) ? h9_expr_eval(&d->b, vars) : 0, u = h9_draw_uniform(draws);
  switch (d->type) {
  case H9_DIST_UNIFORM: {
    if (!(a <= b)) return NAN;
    double lo = a > d->min ? a : d->min, hi = b < d->max ? b : d->max;
    return lo > hi ? NAN : clip(lo + u * (hi - lo), lo, hi);
  }
  case H9_DIST_NORMAL:
    if (b == 0) return clip(a, d->min, d->max);
    if (!(b > 0)) return NAN;
    return clip(a + b * normal_between((d->min - a) / b, (d->max - a) / b, u), d->min, d->max);
  case H9_DIST_LOGNORMAL:
    if (b == 0) return clip(h9_exp(a), d->min, d->max);
    if (!(b > 0) || d->max <= 0) return NAN;
    return clip(h9_exp(a + b * normal_between((log_bound(d->min) - a) / b, (log_bound(d->max) - a) / b, u)),
                d->min, d->max);
  case H9_DIST_EXPONENTIAL: {
    if (a == 0) return clip(0, d->min, d->max);
    double lo = d->min > 0 ? d->min : 0;
    if (!(a > 0) || d->max <= lo) return NAN;
    double span = d->max == INFINITY ? -1 : h9_expm1(-(d->max - lo) / a);
    return clip(lo - a * h9_log1p(u * span), lo, d->max);
  }
  default:
    return NAN;
  }
}

/* F(v) - F(lo) over F(hi) - F(lo) of the standard normal */
static double normal_part(double v, double lo, double hi) {
  return clip(slice_make(lo, v).mass / slice_make(lo, hi).mass, 0, 1);
}

double h9_dist_cdf(const h9_dist *d, double v) {
  if (h9_dist_is_constant(d)) return v >= h9_dist_constant(d) ? 1 : 0;
  if (v >= d->max) return 1;
  if (v < d->min) return 0;
  double a = h9_expr_eval(&d->a, NULL), b = has_b(d) ? h9_expr_eval(&d->b, NULL) : 0;
  switch (d->type) {
  case H9_DIST_UNIFORM: {
    double lo = a > d->min ? a : d->min, hi = b < d->max ? b : d->max;
    return clip((v - lo) / (hi - lo), 0, 1);
  }
  case H9_DIST_NORMAL:
    return normal_part((v - a) / b, (d->min - a) / b, (d->max - a) / b);
  case H9_DIST_LOGNORMAL:
    if (v <= 0) return 0;
    return normal_part((h9_log(v) - a) / b, (log_bound(d->min) - a) / b, (log_bound(d->max) - a) / b);
  case H9_DIST_EXPONENTIAL: {
    double lo = d->min > 0 ? d->min : 0;
    if (v <= lo) return 0;
    return clip(h9_expm1(-(v - lo) / a) / (d->max == INFINITY ? -1 : h9_expm1(-(d->max - lo) / a)), 0, 1);
  }
  default:
    return NAN;
  }
}

int h9_dist_check(const h9_dist *d, h9_error *e) {
  static const char *const name_a[] = {"the value", "low", "mean", "mu", "mean"};
  static const char *const name_b[] = {"", "high", "sd", "sigma", ""};
  if (d->type >= H9_DIST_TYPES)
    return h9_fail(e, H9_ECONFIG, "distribution type %u is unknown, expected 0 to %d", d->type,
                   H9_DIST_TYPES - 1);
  if (d->min != d->min || d->max != d->max || d->min > d->max || d->min == INFINITY || d->max == -INFINITY)
    return h9_fail(e, H9_ECONFIG, "min is %.9g and max is %.9g, expected min <= max", d->min, d->max);
  bool known_a = h9_expr_is_constant(&d->a), known_b = !has_b(d) || h9_expr_is_constant(&d->b);
  double a = known_a ? h9_expr_eval(&d->a, NULL) : 0, b = has_b(d) && known_b ? h9_expr_eval(&d->b, NULL) : 0;
  if (!isfinite(a)) return h9_fail(e, H9_ECONFIG, "%s is %g, expected a finite number", name_a[d->type], a);
  if (!isfinite(b)) return h9_fail(e, H9_ECONFIG, "%s is %g, expected a finite number", name_b[d->type], b);
  if ((d->type == H9_DIST_NORMAL || d->type == H9_DIST_LOGNORMAL) && b < 0)
    return h9_fail(e, H9_ECONFIG, "%s is %.9g, expected a number >= 0", name_b[d->type], b);
  if (d->type == H9_DIST_EXPONENTIAL && a < 0)
    return h9_fail(e, H9_ECONFIG, "mean is %.9g, expected a number >= 0", a);
  if (!known_a || !known_b || h9_dist_is_constant(d)) return H9_OK;
  if (d->type == H9_DIST_UNIFORM && a > b)
    return h9_fail(e, H9_ECONFIG, "low is %.9g and high is %.9g, expected low <= high", a, b);
  bool mass = true;
  if (d->min == d->max) mass = false;
  else if (d->type == H9_DIST_UNIFORM) mass = d->min < b && d->max > a;
  else if (d->type == H9_DIST_NORMAL) mass = slice_make((d->min - a) / b, (d->max - a) / b).mass > 0;
  else if (d->type == H9_DIST_LOGNORMAL)
    mass = d->max > 0 && slice_make((log_bound(d->min) - a) / b, (log_bound(d->max) - a) / b).mass > 0;
  else if (d->type == H9_DIST_EXPONENTIAL) mass = d->max > 0 && h9_exp(-d->min / a) > 0;
  if (!mass)
    return h9_fail(
        e, H9_ECONFIG,
        "the distribution has no mass between min %.9g and max %.9g, expected bounds that values can meet",
        d->min, d->max);
  return H9_OK;
}

int h9_dist_constant_make(h9_dist *d, double value) {
  *d = (h9_dist){.type = H9_DIST_EXPRESSION, .min = -INFINITY, .max = INFINITY};
  return h9_expr_constant(&d->a, value);
}

int h9_dist_copy(h9_dist *to, const h9_dist *from) {
  *to = (h9_dist){.type = from->type, .min = from->min, .max = from->max};
  int code = h9_expr_copy(&to->a, &from->a);
  if (code == H9_OK && has_b(from)) code = h9_expr_copy(&to->b, &from->b);
  if (code != H9_OK) h9_dist_release(to);
  return code;
}

void h9_dist_release(h9_dist *d) {
  h9_expr_release(&d->a);
  h9_expr_release(&d->b);
  *d = (h9_dist){.type = H9_DIST_EXPRESSION};
}

void h9_dist_encode(const h9_dist *d, h9_buf *b) {
  h9_buf_put8(b, d->type);
  h9_expr_encode(&d->a, b);
  if (has_b(d)) h9_expr_encode(&d->b, b);
  h9_buf_put_f64(b, d->min);
  h9_buf_put_f64(b, d->max);
}

int h9_dist_decode(h9_dist *d, h9_bytes *c, h9_error *e) {
  *d = (h9_dist){.type = h9_bytes_get8(c)};
  if (d->type >= H9_DIST_TYPES)
    return h9_fail(e, H9_EDATA, "distribution type %u is unknown, expected 0 to %d", d->type,
                   H9_DIST_TYPES - 1);
  int code = h9_expr_decode(&d->a, c, e);
  if (code == H9_OK && has_b(d)) code = h9_expr_decode(&d->b, c, e);
  if (code == H9_OK) {
    d->min = h9_bytes_get_f64(c);
    d->max = h9_bytes_get_f64(c);
    if (c->failed) code = h9_fail(e, H9_EDATA, "a distribution is cut short");
    else if (h9_dist_check(d, e) != H9_OK) code = e->code = H9_EDATA;
  }
  if (code != H9_OK) h9_dist_release(d);
  return code;
}

/* Distributions: draws against closed forms (Kolmogorov-Smirnov, fixed seed, with a wrong parameter that
 * must fail), the library's own CDF against libm, checks, and the stream form. */
#include "../../libcore/format/dist.h"
#include "fit.h"
#include "tap.h"

enum { N = 50000 };
static double v[N];
static h9_error e;

static h9_dist make(int type, double a, double b, double min, double max) {
  h9_dist d = {.type = (uint8_t)type, .min = min, .max = max};
  if (h9_expr_constant(&d.a, a) != H9_OK || h9_expr_constant(&d.b, b) != H9_OK) ok(0, "out of memory");
  return d;
}

static h9_draws stream(uint32_t i) { return h9_draws_make(h9_key_make(7, H9_PURPOSE_SAMPLE, 1), i, 0, 0); }

/* Closed forms, by libm and in long double, from the parameters alone. */
static double raw(const h9_dist *d, double x, double a, double b) {
  switch (d->type) {
  case H9_DIST_UNIFORM:
    return fmin(fmax((x - a) / (b - a), 0), 1);
  case H9_DIST_NORMAL:
    return 0.5 * erfc(-(x - a) / b * M_SQRT1_2);
  case H9_DIST_LOGNORMAL:
    return x <= 0 ? 0 : 0.5 * erfc(-(log(x) - a) / b * M_SQRT1_2);
  default:
    return x <= 0 ? 0 : -expm1(-x / a);
  }
}
typedef struct form {
  const h9_dist *d;
  double a, b;
} form;
static double truncated(double x, const void *ctx) {
  const form *f = ctx;
  double lo = f->d->min == -INFINITY ? 0 : raw(f->d, f->d->min, f->a, f->b),
         hi = f->d->max == INFINITY ? 1 : raw(f->d, f->d->max, f->a, f->b);
  return fmin(fmax((raw(f->d, x, f->a, f->b) - lo) / (hi - lo), 0), 1);
}

static void draws(int type, double a, double b, double min, double max, const char *what) {
  h9_dist d = make(type, a, b, min, max);
  int inside = 1, words = 1;
  double worst = 0;
  form f = {&d, a, b};
  for (int i = 0; i < N; i++) {
    h9_draws s = stream((uint32_t)i);
    v[i] = h9_dist_draw(&d, &s, NULL);
    inside &= v[i] >= min && v[i] <= max;
    words &= s.left == 2 && s.next == 1;
    worst = fmax(worst, fabs(h9_dist_cdf(&d, v[i]) - truncated(v[i], &f)));
  }
  double p = ks_p(v, N, truncated, &f);
  /* both parameters 4 % off: whatever the bounds leave of the shape must show it */
  form wrong = {&d, a * 1.04 + (type == H9_DIST_LOGNORMAL) * 0.04, b * 1.04};
  double q = ks_p(v, N, truncated, &wrong);
  ok(p > 0.001 && q < 1e-3 && inside && words,
     "%s: p = %.3g (and %.2g when off by 4 %%), inside bounds, two words a draw", what, p, q);
  ok(worst < 1e-12 && h9_dist_check(&d, &e) == H9_OK, "%s: the CDF agrees with libm within %.2g", what,
     worst);
  ok(h9_dist_cdf(&d, max == INFINITY ? 1e300 : max) == 1 &&
         (min == -INFINITY || h9_dist_cdf(&d, min - 1e-9) == 0),
     "%s: CDF at the ends", what);
  h9_dist_release(&d);
}

static void refuse(h9_dist d, const char *complaint) {
  e.text[0] = 0;
  ok(h9_dist_check(&d, &e) == H9_ECONFIG && strstr(e.text, complaint), "refused: %s", e.text);
  h9_dist_release(&d);
}

static void far_tails(void) {
  /* 10 sd above the mean F is 1 to double precision; the mean of such a tail is known: E = phi(a) / Q(a) */
  h9_dist d = make(H9_DIST_NORMAL, 0, 1, 10, INFINITY);
  double mean = 0;
  for (int i = 0; i < N; i++) {
    h9_draws s = stream((uint32_t)i);
    mean += h9_dist_draw(&d, &s, NULL) / N;
  }
  near(mean, exp(-50) / sqrt(2 * M_PI) / (0.5 * erfc(10 * M_SQRT1_2)), 0.002,
       "normal beyond 10 sd: mean (Mills ratio)");
  near(h9_dist_cdf(&d, 10.1), 1 - erfc(10.1 * M_SQRT1_2) / erfc(10 * M_SQRT1_2), 1e-9,
       "normal beyond 10 sd: CDF");
  h9_dist_release(&d);
  d = make(H9_DIST_NORMAL, 0, 1, -INFINITY, -10);
  mean = 0;
  for (int i = 0; i < N; i++) {
    h9_draws s = stream((uint32_t)i);
    mean -= h9_dist_draw(&d, &s, NULL) / N;
  }
  near(mean, exp(-50) / sqrt(2 * M_PI) / (0.5 * erfc(10 * M_SQRT1_2)), 0.002, "normal below -10 sd: mean");
  h9_dist_release(&d);
}

static void constants(void) {
  h9_dist d, copy;
  h9_draws s = stream(0);
  ok(h9_dist_constant_make(&d, 4.5) == H9_OK && h9_dist_is_constant(&d) && h9_dist_constant(&d) == 4.5 &&
         h9_dist_draw(&d, &s, NULL) == 4.5,
     "a constant");
  ok(s.next == 0 && h9_dist_cdf(&d, 4.4) == 0 && h9_dist_cdf(&d, 4.5) == 1,
     "a constant reads no random number; its CDF is a step");
  ok(h9_dist_copy(&copy, &d) == H9_OK && h9_dist_constant(&copy) == 4.5, "copied");
  h9_dist_release(&copy);
  d.max = 3;
  ok(h9_dist_constant(&d) == 3 && h9_dist_draw(&d, &s, NULL) == 3, "a constant is clipped");
  h9_dist_release(&d);
  d = make(H9_DIST_NORMAL, 2, 0, -INFINITY, INFINITY);
  ok(h9_dist_is_constant(&d) && h9_dist_constant(&d) == 2 && h9_dist_draw(&d, &s, NULL) == 2,
     "normal of sd 0 is its mean");
  h9_dist_release(&d);
  d = make(H9_DIST_LOGNORMAL, 0, 0, -INFINITY, INFINITY);
  ok(h9_dist_is_constant(&d) && h9_dist_constant(&d) == 1, "lognormal of sigma 0 is exp(mu)");
  h9_dist_release(&d);
  d = make(H9_DIST_UNIFORM, 2, 2, -INFINITY, INFINITY);
  ok(h9_dist_is_constant(&d) && h9_dist_constant(&d) == 2, "uniform from 2 to 2 is 2");
  h9_dist_release(&d);
}

static void expressions(void) {
  h9_dim length = {0, 0, 0, 1}, dim;
  h9_symbol x = {"x", {0, length}, H9_VAR_X};
  size_t at;
  h9_dist d = {.type = H9_DIST_NORMAL, .min = -INFINITY, .max = 50};
  int code = h9_expr_compile(&d.a, "2 * x", &x, 1, &dim, &at, &e) |
             h9_expr_compile(&d.b, "x / 10", &x, 1, &dim, &at, &e);
  double vars[H9_VARIABLES] = {0};
  vars[H9_VAR_X] = 20;
  for (int i = 0; i < N && !code; i++) {
    h9_draws s = stream((uint32_t)i);
    v[i] = h9_dist_draw(&d, &s, vars);
  }
  form f = {&d, 40, 2};
  ok(!code && !h9_dist_is_constant(&d) && ks_p(v, N, truncated, &f) > 0.001,
     "parameters that are expressions of position");
  h9_draws s = stream(0);
  vars[H9_VAR_X] = -20;
  ok(!code && isnan(h9_dist_draw(&d, &s, vars)), "a negative sd at some place gives NaN");
  vars[H9_VAR_X] = 0;
  ok(!code && h9_dist_draw(&d, &s, vars) == 0, "sd 0 at some place gives the mean");
  h9_dist_release(&d);
}

static void stream_form(void) {
  h9_buf b = {0};
  for (int t = 0; t < H9_DIST_TYPES; t++) {
    h9_dist d = make(t, 0.5, 2, -1.5, 7);
    h9_dist_encode(&d, &b);
    h9_dist_release(&d);
  }
  h9_bytes c = {.data = b.data, .len = b.len};
  int good = 1;
  for (int t = 0; t < H9_DIST_TYPES; t++) {
    h9_dist d;
    good &= h9_dist_decode(&d, &c, &e) == H9_OK && d.type == t && d.min == -1.5 && d.max == 7 &&
            h9_expr_eval(&d.a, NULL) == 0.5;
    if (good && d.b.n) good &= h9_expr_eval(&d.b, NULL) == 2;
    h9_dist_release(&d);
  }
  ok(good && h9_bytes_left(&c) == 0, "every type survives the stream");
  int refused = 0;
  for (size_t cut = 0; cut < b.len; cut++) {
    h9_bytes part = {.data = b.data, .len = cut};
    int code = H9_OK;
    for (int t = 0; t < H9_DIST_TYPES && code == H9_OK; t++) {
      h9_dist d;
      code = h9_dist_decode(&d, &part, &e);
      if (code == H9_OK) h9_dist_release(&d);
    }
    refused += code == H9_EDATA;
  }
  ok(refused == (int)b.len, "cut at each of %zu bytes: data error", b.len);
  b.data[0] = 9;
  c.at = 0;
  h9_dist d;
  ok(h9_dist_decode(&d, &c, &e) == H9_EDATA && strstr(e.text, "type 9"), "unknown type: %s", e.text);
  h9_buf_release(&b);
}

int main(void) {
  const double inf = INFINITY;
  draws(H9_DIST_UNIFORM, 2, 5, -inf, inf, "uniform");
  draws(H9_DIST_UNIFORM, 2, 5, 3, 10, "uniform, truncated");
  draws(H9_DIST_NORMAL, 10, 2, -inf, inf, "normal");
  draws(H9_DIST_NORMAL, 10, 2, 9, inf, "normal, truncated below");
  draws(H9_DIST_NORMAL, 10, 2, -inf, 9, "normal, truncated above");
  draws(H9_DIST_NORMAL, 10, 2, 12, 15, "normal, upper tail");
  draws(H9_DIST_LOGNORMAL, 1, 0.5, -inf, inf, "lognormal");
  draws(H9_DIST_LOGNORMAL, 1, 0.5, 1, 4, "lognormal, truncated");
  draws(H9_DIST_EXPONENTIAL, 3, 0, -inf, inf, "exponential");
  draws(H9_DIST_EXPONENTIAL, 3, 0, 1, 8, "exponential, truncated");
  draws(H9_DIST_EXPONENTIAL, 3, 0, -5, inf, "exponential, bound below 0");
  far_tails();
  constants();
  expressions();
  refuse(make(H9_DIST_NORMAL, 0, -1, -inf, inf), "sd is -1");
  refuse(make(H9_DIST_NORMAL, NAN, 1, -inf, inf), "mean is nan");
  refuse(make(H9_DIST_NORMAL, 0, 1, 5, 4), "min is 5");
  refuse(make(H9_DIST_NORMAL, 0, 1, 60, inf), "no mass");
  refuse(make(H9_DIST_NORMAL, 0, 1, 2, 2), "no mass");
  refuse(make(H9_DIST_UNIFORM, 3, 2, -inf, inf), "low is 3");
  refuse(make(H9_DIST_UNIFORM, 1, 2, 3, inf), "no mass");
  refuse(make(H9_DIST_LOGNORMAL, 1, -2, -inf, inf), "sigma is -2");
  refuse(make(H9_DIST_LOGNORMAL, 1, 2, -inf, 0), "no mass");
  refuse(make(H9_DIST_EXPONENTIAL, -1, 0, -inf, inf), "mean is -1");
  refuse(make(H9_DIST_EXPONENTIAL, 1, 0, -inf, 0), "no mass");
  refuse(make(H9_DIST_EXPRESSION, INFINITY, 0, -inf, inf), "is inf");
  stream_form();
  return done();
}

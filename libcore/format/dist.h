/* How a value is chosen: a constant, an expression of position or distance, or a distribution
 * whose parameters are such expressions. */
#ifndef H9_FORMAT_DIST_H
#define H9_FORMAT_DIST_H

#include "../base/rng.h"
#include "expr.h"

enum h9_dist_type {
  H9_DIST_EXPRESSION = 0,  /* a = the value (a constant is a constant expression) */
  H9_DIST_UNIFORM = 1,     /* a = low, b = high */
  H9_DIST_NORMAL = 2,      /* a = mean, b = sd */
  H9_DIST_LOGNORMAL = 3,   /* a = mu, b = sigma of the logarithm (of the value in the key's unit) */
  H9_DIST_EXPONENTIAL = 4, /* a = mean */
  H9_DIST_TYPES = 5,
};

typedef struct h9_dist {
  uint8_t type; /* enum h9_dist_type */
  h9_expr a, b; /* in the unit of the key they stand for (not coherent) */
  double min, max; /* -inf, inf: values outside are drawn again (truncation), and an
                      expression's value is clipped */
} h9_dist;

bool h9_dist_is_constant(const h9_dist *d);
double h9_dist_constant(const h9_dist *d); /* of a constant one, clipped */
/* Draws; truncation by inverse CDF, exact, no loop: two words of `draws` for every random type, none for
 * an expression. vars as for h9_expr_eval. NaN where parameters that vary by place are
 * not valid there (sd < 0, low > high, no mass between min and max): the caller names the place. */
double h9_dist_draw(const h9_dist *d, h9_draws *draws, const double *vars);
/* P(value <= v) for constant parameters, truncation included: for tests and alias tables. */
double h9_dist_cdf(const h9_dist *d, double v);
/* Checks parameters that are constant (sd >= 0, low <= high, min < max with mass between, all
 * finite): H9_ECONFIG with the reason. */
int h9_dist_check(const h9_dist *d, h9_error *e) H9_UNUSED_RESULT;
int h9_dist_constant_make(h9_dist *d, double value) H9_UNUSED_RESULT;
int h9_dist_copy(h9_dist *to, const h9_dist *from) H9_UNUSED_RESULT;
void h9_dist_release(h9_dist *d);
/* Stream form: u8 type, expression a, expression b (uniform, normal, lognormal only), f64 min, f64 max.
 * The decoder checks as h9_dist_check does, with H9_EDATA. */
void h9_dist_encode(const h9_dist *d, h9_buf *b);
int h9_dist_decode(h9_dist *d, h9_bytes *c, h9_error *e) H9_UNUSED_RESULT;

#endif

#include "kernel.h"

#include "../base/mathfn.h"

#include <math.h>

#define LN_MILLION 13.815510557964274   /* -log 1e-6 */
#define SIGMAS_TO_1E6 5.256521769756932 /* sqrt(2 log 1e6) */

/* Where d^(kappa-1) exp(-d/theta) falls below 1e-6 of its largest value. */
static double gamma_reach(double kappa, double theta) {
  if (kappa <= 1) return LN_MILLION * theta; /* the power only falls; compared with the exponential alone */
  double peak = (kappa - 1) * theta, low = peak, high = peak + theta;
  double at_peak = (kappa - 1) * (h9_log(peak / theta) - 1);
  while ((kappa - 1) * h9_log(high / theta) - high / theta > at_peak - LN_MILLION) high += high - low + theta;
  for (int i = 0; i < 60; i++) {
    double mid = 0.5 * (low + high);
    if ((kappa - 1) * h9_log(mid / theta) - mid / theta > at_peak - LN_MILLION) low = mid;
    else high = mid;
  }
  return high;
}

void h9_kernel_prepare(h9_kernel_ready *r, const h9_kernel *k) {
  const double *a = k->arg;
  double own = INFINITY;
  *r = (h9_kernel_ready){.k = k, .reach = INFINITY, .norm = 1, .c = 1};
  switch (k->type) {
  case H9_KERNEL_GAUSSIAN:
    own = fmax(0, a[1]) + SIGMAS_TO_1E6 * a[0];
    break;
  case H9_KERNEL_EXPONENTIAL:
    own = LN_MILLION * a[0];
    break;
  case H9_KERNEL_GAMMA:
    own = gamma_reach(a[0], a[1]);
    r->norm = h9_exp(-a[0] * h9_log(a[1]) - h9_lgamma(a[0]));
    break;
  case H9_KERNEL_GABOR:
    /* The envelope is an ellipse with axes sigma across and sigma / |gamma| along the stripes. */
    own = a[4] != 0 ? SIGMAS_TO_1E6 * a[0] / fmin(1, fabs(a[4])) : INFINITY;
    r->c = h9_cos(a[2]);
    r->s = h9_sin(a[2]);
    r->directed = true;
    break;
  case H9_KERNEL_LINEAR:
  case H9_KERNEL_STEP:
    own = r->reach = a[0];
    break;
  case H9_KERNEL_EXPRESSION:
    r->directed = (k->expr.variables & ~(1u << H9_VAR_DISTANCE)) != 0;
    break;
  default:
    break;
  }
  r->reach = fmin(r->reach, k->cutoff);
  r->reach_cut = isinf(k->cutoff) ? own : r->reach;
}

double h9_kernel_value(const h9_kernel_ready *r, double distance, const double d[3], const double at[3]) {
  const double *a = r->k->arg;
  switch (r->k->type) {
  case H9_KERNEL_GAUSSIAN: {
    double z = (distance - a[1]) / a[0];
    return h9_exp(-0.5 * z * z);
  }
  case H9_KERNEL_EXPONENTIAL:
    return h9_exp(-distance / a[0]);
  case H9_KERNEL_GAMMA:
    if (distance == 0) return a[0] > 1 ? 0 : a[0] < 1 ? INFINITY : r->norm;
    return r->norm * h9_exp((a[0] - 1) * h9_log(distance) - distance / a[1]);
  case H9_KERNEL_GABOR: {
    double along = d[0] * r->c + d[1] * r->s, across = d[1] * r->c - d[0] * r->s;
    double wave = h9_cos(6.283185307179586 * across / a[1] + a[3]);
    if (!(wave > 0)) return 0;
    return wave * h9_exp(-(a[4] * a[4] * along * along + across * across) / (2 * a[0] * a[0]));
  }
  case H9_KERNEL_LINEAR:
    return distance < a[0] ? 1 - distance / a[0] : 0;
  case H9_KERNEL_STEP:
    return distance <= a[0] ? 1 : 0;
  case H9_KERNEL_EXPRESSION: {
    double v[H9_VARIABLES] = {0};
    v[H9_VAR_DISTANCE] = distance;
    if (r->directed)
      for (int i = 0; i < 3; i++) {
        v[H9_VAR_DX + i] = d[i];
        v[H9_VAR_X + i] = at[i];
      }
    double f = h9_expr_eval(&r->k->expr, v);
    return f < 0 ? 0 : f;
  }
  default:
    return 1;
  }
}

/* One step of izhikevich, in the two ways of integrating, chosen by the coefficient `consistent`. States: V in
 * mV; the recovery variable U. */
#define H9_STATES(X) X(v) X(u)
#define H9_COEFS(X) X(h) X(a) X(b) X(c) X(d) X(i_e) X(theta) X(least) X(consistent)
#define H9_ONE_RECEPTOR
#define H9_MARKS
#ifdef H9_REAL
#include "kernel_begin.h"
H9_INLINE int h9_step(h9_state *s, const h9_coef *c, const h9_input *in, const int receptors) {
  (void)receptors;
  bool whole = c->consistent != 0;
  real v = s->v, u = s->u, current = in->current + c->i_e, half = c->h * (real)0.5;
  real once = v + (c->h * ((real)0.04 * v * v + 5 * v + 140 - u + current) + in->ex);
  real twice = v + half * ((real)0.04 * v * v + 5 * v + 140 - u + current + in->ex);
  twice = twice + half * ((real)0.04 * twice * twice + 5 * twice + 140 - u + current + in->ex);
  u = u + c->h * c->a * (c->b * (whole ? v : twice) - u);
  v = whole ? once : twice;
  v = v < c->least ? c->least : v;
  bool spike = v >= c->theta;
  s->v = spike ? c->c : v;
  s->u = spike ? u + c->d : u;
  return spike;
}
#include "kernel_end.h"
#endif

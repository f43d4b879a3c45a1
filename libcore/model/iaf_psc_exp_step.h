/* One step of iaf_psc_exp, in the order: potential from the currents of the step before, currents decay,
 * inputs are added, threshold. States: V - E_L, excitatory (or the only) current, inhibitory current. V + (a V
 * + b I + c I_e) rather than P V + ..., I + f I rather than D I: the small coefficients keep their relative
 * precision. */
#define H9_STATES(X) X(v) X(ex) X(in)
#define H9_COEFS(X) X(leak) X(from_ex) X(from_in) X(fade_ex) X(fade_in) X(from_e) X(rest) X(theta) X(reset)
#ifdef H9_REAL
#include "kernel_begin.h"
H9_INLINE int h9_step(h9_state *s, const h9_coef *c, const h9_input *in, const int receptors) {
  real push = c->leak * s->v + c->from_ex * s->ex;
  if (receptors > 1) push = push + c->from_in * s->in;
  s->v = settle(s->v + (push + (c->rest + c->from_e * in->current)));
  s->ex = settle(s->ex + s->ex * c->fade_ex) + in->ex;
  if (receptors > 1) s->in = settle(s->in + s->in * c->fade_in) + in->in;
  return s->v >= c->theta;
}
#include "kernel_end.h"
#endif

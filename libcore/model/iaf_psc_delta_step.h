/* One step of iaf_psc_delta, in the order: leak and constant current, inputs, lower bound, threshold. States:
 * V - E_L; what arrived while refractory and decays until the neuron wakes (0 unless refractory_input). */
#define H9_STATES(X) X(v) X(held)
#define H9_COEFS(X) X(leak) X(from_e) X(rest) X(theta) X(reset) X(least) X(held_decay)
#define H9_ONE_RECEPTOR
#ifdef H9_REAL
#include "kernel_begin.h"
H9_INLINE int h9_step(h9_state *s, const h9_coef *c, const h9_input *in, const int receptors) {
  (void)receptors;
  real push = c->leak * s->v + (c->rest + c->from_e * in->current);
  real v = settle(s->v + push) + (in->ex + s->held);
  s->held = v != v ? settle(c->held_decay * (s->held + in->ex)) : 0;
  s->v = v < c->least ? c->least : v;
  return s->v >= c->theta;
}
#include "kernel_end.h"
#endif

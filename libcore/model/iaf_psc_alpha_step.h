/* One step of iaf_psc_alpha, in the order: potential from the currents of the step before, currents, inputs
 * to the derivatives, lower bound, threshold. States: V - E_L; current and its derivative's part, by
 * receptor. */
#define H9_STATES(X) X(v) X(ex) X(d_ex) X(in) X(d_in)
#define H9_COEFS(X)                                                                                          \
  X(leak)                                                                                                    \
  X(ex_to_v) X(d_ex_to_v) X(in_to_v) X(d_in_to_v) X(fade_ex) X(fade_in) X(d_ex_to_ex) X(d_in_to_in)          \
      X(jump_ex) X(jump_in) X(from_e) X(rest) X(theta) X(reset) X(least)
#ifdef H9_REAL
#include "kernel_begin.h"
H9_INLINE int h9_step(h9_state *s, const h9_coef *c, const h9_input *in, const int receptors) {
  real push = c->leak * s->v + (c->ex_to_v * s->ex + c->d_ex_to_v * s->d_ex);
  if (receptors > 1) push = push + (c->in_to_v * s->in + c->d_in_to_v * s->d_in);
  real v = settle(s->v + (push + (c->rest + c->from_e * in->current)));
  s->ex = settle(s->ex + (c->d_ex_to_ex * s->d_ex + c->fade_ex * s->ex));
  s->d_ex = settle(s->d_ex + s->d_ex * c->fade_ex) + c->jump_ex * in->ex;
  if (receptors > 1) {
    s->in = settle(s->in + (c->d_in_to_in * s->d_in + c->fade_in * s->in));
    s->d_in = settle(s->d_in + s->d_in * c->fade_in) + c->jump_in * in->in;
  }
  s->v = v < c->least ? c->least : v;
  return s->v >= c->theta;
}
#include "kernel_end.h"
#endif

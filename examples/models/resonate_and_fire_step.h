/* One step of resonate_and_fire: the exact solution of a damped oscillator over the step, then inputs, which
 * push x, then the threshold, which y has to reach from below. */
#define H9_STATES(X) X(x) X(y)
#define H9_COEFS(X) X(cosine) X(sine) X(current_x) X(current_y) X(i_e) X(y_th) X(x_reset) X(y_reset)
#define H9_ONE_RECEPTOR
#define H9_MARKS
#ifdef H9_REAL
#include <hal9/model/kernel_begin.h>
H9_INLINE int h9_step(h9_state *s, const h9_coef *c, const h9_input *in, const int receptors) {
  (void)receptors;
  real current = c->i_e + in->current;
  real x = c->cosine * s->x - c->sine * s->y + c->current_x * current;
  real y = c->sine * s->x + c->cosine * s->y + c->current_y * current;
  bool spike = y >= c->y_th;
  s->x = spike ? c->x_reset : settle(x) + in->ex;
  s->y = spike ? c->y_reset : settle(y);
  return spike;
}
#include <hal9/model/kernel_end.h>
#endif

/* One step of the integrate-and-fire neurons with synaptic conductances: with COND_ALPHA these are
 * alpha-shaped, else exponentials. They are known exactly at every time of the step. In single precision the
 * potential is carried by the classical Runge-Kutta method of fourth order; in double precision by a step of
 * the method of Cash and Karp, adaptively where its error estimate asks for it. Then inputs, threshold.
 * States: V - E_L in mV; conductances in nS (alpha: and their derivatives' parts in nS/ms). */
#ifdef COND_ALPHA
#define H9_STATES(X) X(v) X(ex) X(in) X(d_ex) X(d_in)
#else
#define H9_STATES(X) X(v) X(ex) X(in)
#endif
#define H9_COEFS(X)                                                                                          \
  X(h)                                                                                                       \
  X(per_c) X(g_l) X(e_ex) X(e_in) X(half) X(half_ex) X(half_in) X(decay_ex) X(decay_in) X(fade_ex)           \
      X(fade_in) X(jump_ex) X(jump_in) X(i_e) X(theta) X(reset) X(per_tau_ex) X(per_tau_in) X(ex1) X(ex2)    \
          X(ex3) X(ex4) X(ex5) X(in1) X(in2) X(in3) X(in4) X(in5)
#define H9_TWO_RECEPTORS
#ifdef H9_REAL
#ifdef H9_REAL_DOUBLE
#define H9_PRECISE
#endif
#include "kernel_begin.h"

#define UNDER(x)                                                                                             \
  ((x) > c->theta ? c->theta : (x)) /* where V lies above the threshold its slope is that there */
#ifdef COND_ALPHA
#define RISE(x, t) (s->x + (t) * s->d_##x)
#else
#define RISE(x, t) s->x
#endif

/* What follows the potential. */
#define H9_FINISH H9_OF(h9_finish_)
H9_INLINE int H9_FINISH(h9_state *s, const h9_coef *c, const h9_input *in, real v) {
  s->v = v;
#ifdef COND_ALPHA
  real ex = RISE(ex, c->h), inh = RISE(in, c->h);
  s->ex = settle(ex + ex * c->fade_ex);
  s->in = settle(inh + inh * c->fade_in);
  s->d_ex = settle(s->d_ex + s->d_ex * c->fade_ex) + c->jump_ex * in->ex;
  s->d_in = settle(s->d_in + s->d_in * c->fade_in) - c->jump_in * in->in;
#else
  s->ex = settle(s->ex + s->ex * c->fade_ex) + in->ex;
  s->in = settle(s->in + s->in * c->fade_in) - in->in;
#endif
  return s->v >= c->theta;
}

#ifdef H9_REAL_DOUBLE
#include "ode.h"
#define H9_ODE(X) X(v)
H9_ODE_TYPES
H9_INLINE h9_ode h9_slope(h9_ode y, const int stage, real t, const h9_state *s, const h9_coef *c,
                          const h9_input *in) {
  static const real at[6] = {0, 0.2, 0.3, 0.6, 1, 0.875};
  real when = stage < 0 ? t : at[stage < 0 ? 0 : stage] * c->h, v = UNDER(y.v);
  real ex = RISE(ex, when) * H9_STAGE(ex), inh = RISE(in, when) * H9_STAGE(in);
  (void)when;
  h9_ode d = {((c->i_e + in->current) - c->g_l * v - ex * (v - c->e_ex) - inh * (v - c->e_in)) * c->per_c};
  return d;
}
H9_ODE_CODE
H9_INLINE bool h9_event(h9_ode y, const h9_coef *c) {
  (void)y, (void)c;
  return false;
}
H9_ODE_ADAPT
#define TOLERANCE 1e-7 /* mV a step */

H9_INLINE int h9_step(h9_state *s, const h9_coef *c, const h9_input *in, const int receptors) {
  (void)receptors;
  h9_ode y = {s->v}, error;
  y = h9_ode_step(y, true, 0, c->h, s, c, in, &error);
  bool rests = y.v != y.v, easy = (h9_ode_error(error) <= TOLERANCE) | rests;
  int spike = H9_FINISH(s, c, in, y.v);
  return easy ? spike : H9_HARD;
}

static int h9_precise(h9_state *s, const h9_coef *c, const h9_input *in, const int receptors) {
  h9_ode y = {s->v};
  double t = 0;
  (void)receptors;
  (void)h9_ode_adapt(&y, &t, c->h, TOLERANCE, s, c, in);
  return H9_FINISH(s, c, in, y.v);
}
#undef TOLERANCE
#undef H9_ODE
#else
/* Slopes are taken times the step. */
H9_INLINE int h9_step(h9_state *s, const h9_coef *c, const h9_input *in, const int receptors) {
  (void)receptors;
  real v = s->v, scale = c->h * c->per_c, drive = scale * (c->i_e + in->current), leak = scale * c->g_l;
  real ex0 = scale * s->ex, in0 = scale * s->in;
  real ex1 = RISE(ex, c->half) * (scale * c->half_ex), in1 = RISE(in, c->half) * (scale * c->half_in);
  real ex2 = RISE(ex, c->h) * (scale * c->decay_ex), in2 = RISE(in, c->h) * (scale * c->decay_in);
  real f0 = drive + (ex0 * c->e_ex + in0 * c->e_in), g0 = leak + (ex0 + in0);
  real f1 = drive + (ex1 * c->e_ex + in1 * c->e_in), g1 = leak + (ex1 + in1);
  real f2 = drive + (ex2 * c->e_ex + in2 * c->e_in), g2 = leak + (ex2 + in2);
  real k1 = f0 - g0 * UNDER(v);
  real u = v + (real)0.5 * k1, k2 = f1 - g1 * UNDER(u);
  u = v + (real)0.5 * k2;
  real k3 = f1 - g1 * UNDER(u);
  u = v + k3;
  real k4 = f2 - g2 * UNDER(u);
  return H9_FINISH(s, c, in, v + ((k1 + k4) + 2 * (k2 + k3)) * (real)(1.0 / 6));
}
#endif
#undef UNDER
#undef RISE
#undef H9_FINISH
#include "kernel_end.h"
#endif

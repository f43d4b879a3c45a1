/* One step of the adaptive exponential integrate-and-fire neurons: with AEIF_CURRENTS synapses are currents,
 * else conductances. They are known exactly at every time; V and w are carried by one step of the method of
 * Cash and Karp where its error estimate allows, else adaptively in double precision, the spike located in
 * time: V is then reset and w increased within the step. States: V - E_L in mV, w in pA; conductances in nS
 * or currents in pA; steps of the refractory period left. */
#define H9_STATES(X) X(v) X(w) X(ex) X(in) X(rest)
#define H9_COEFS(X)                                                                                          \
  X(h)                                                                                                       \
  X(hold) X(tolerance) X(per_c) X(g_l) X(delta) X(per_delta) X(v_th) X(peak) X(reset) X(a) X(b) X(per_tau_w) \
      X(decay_w) X(i_e) X(e_ex) X(e_in) X(fade_ex) X(fade_in) X(per_tau_ex) X(per_tau_in) X(ex1) X(ex2)      \
          X(ex3) X(ex4) X(ex5) X(in1) X(in2) X(in3) X(in4) X(in5)
#define H9_MARKS
#define H9_PRECISE
#define H9_TWO_RECEPTORS
#ifdef H9_REAL
#include "kernel_begin.h"
#include "ode.h"
#define H9_ODE(X) X(v) X(w)
H9_ODE_TYPES

H9_INLINE h9_ode h9_slope(h9_ode y, const int stage, real t, const h9_state *s, const h9_coef *c,
                          const h9_input *in) {
  real v = y.v > c->peak ? c->peak : y.v;
  real ex = s->ex * H9_STAGE(ex), inh = s->in * H9_STAGE(in);
#ifdef AEIF_CURRENTS
  real synapses = ex - inh;
#else
  real synapses = -(ex * (v - c->e_ex) + inh * (v - c->e_in));
#endif
  real upstroke = c->delta * exponential((v - c->v_th) * c->per_delta);
  h9_ode d;
  d.v = (c->g_l * (upstroke - v) + (synapses + ((c->i_e + in->current) - y.w))) * c->per_c;
  d.w = (c->a * v - y.w) * c->per_tau_w;
  return d;
}
H9_ODE_CODE

H9_INLINE int h9_step(h9_state *s, const h9_coef *c, const h9_input *in, const int receptors) {
  (void)receptors;
  h9_ode y = {s->v, s->w}, error;
  y = h9_ode_step(y, true, 0, c->h, s, c, in, &error);
  bool rests = s->rest > 0;
  real least = sizeof(real) == 4 ? (real)1e-5 : 0, tolerance = c->tolerance < least ? least : c->tolerance;
  bool easy = rests | ((h9_ode_error(error) <= tolerance) & (y.v < c->peak));
  real at = c->a * c->reset;
  s->v = rests ? c->reset : y.v;
  s->w = rests ? at + (s->w - at) * c->decay_w : y.w;
  s->rest = rests ? s->rest - 1 : 0;
  s->ex = settle(s->ex + s->ex * c->fade_ex) + in->ex;
  s->in = settle(s->in + s->in * c->fade_in) - in->in;
  return H9_HARD * (int)!easy;
}

#ifdef H9_REAL_DOUBLE
H9_INLINE bool h9_event(h9_ode y, const h9_coef *c) { return y.v >= c->peak; }
H9_ODE_ADAPT

static int h9_precise(h9_state *s, const h9_coef *c, const h9_input *in, const int receptors) {
  enum { SPIKES_MAX = 62 }; /* in one step; more stop the clock there */
  h9_ode y = {s->v, s->w};
  double t = 0;
  int spikes = 0;
  (void)receptors;
  while (spikes < SPIKES_MAX && h9_ode_adapt(&y, &t, c->h, c->tolerance, s, c, in)) {
    spikes++;
    y.v = c->reset;
    y.w += c->b;
    if (c->hold == 0) continue;
    double at = c->a * c->reset;
    y.w = at + (y.w - at) * exponential(-(c->h - t) * c->per_tau_w);
    s->rest = c->hold;
    break;
  }
  s->v = y.v;
  s->w = y.w;
  s->ex = settle(s->ex + s->ex * c->fade_ex) + in->ex;
  s->in = settle(s->in + s->in * c->fade_in) - in->in;
  return spikes;
}
#endif
#undef H9_ODE
#include "kernel_end.h"
#endif

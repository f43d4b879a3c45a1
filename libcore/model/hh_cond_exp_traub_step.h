/* One step of hh_cond_exp_traub: conductances of synapses are known exactly at every time; V and the gates
 * are carried by one step of the method of Cash and Karp where its error estimate allows, else adaptively in
 * double precision. A spike is a maximum of V above the threshold, outside the refractory period. States: V
 * in mV, gates, conductances in nS, steps of the refractory period left. */
#define H9_STATES(X) X(v) X(m) X(h) X(n) X(ex) X(in) X(rest)
#define H9_COEFS(X)                                                                                          \
  X(dt)                                                                                                      \
  X(hold) X(per_c) X(g_na) X(g_k) X(g_l) X(e_na) X(e_k) X(e_l) X(v_t) X(i_e) X(e_ex) X(e_in) X(fade_ex)      \
      X(fade_in) X(per_tau_ex) X(per_tau_in) X(ex1) X(ex2) X(ex3) X(ex4) X(ex5) X(in1) X(in2) X(in3) X(in4)  \
          X(in5)
#define H9_MARKS
#define H9_PRECISE
#define H9_TWO_RECEPTORS
#ifdef H9_REAL
#include "kernel_begin.h"
#include "ode.h"
#define H9_ODE(X) X(v) X(m) X(h) X(n)
H9_ODE_TYPES

/* x / (exp(x / k) - 1), whose limit at 0 is k */
#define H9_TRAP H9_OF(h9_trap_)
H9_INLINE real H9_TRAP(real x, real per_k) {
  real z = x * per_k, away = z < 0 ? -z : z;
  real near = (1 - z * (real)0.5 + z * z * (real)(1.0 / 12)) / per_k;
  return away < (real)0.01 ? near : x / (exponential(z) - 1);
}

H9_INLINE h9_ode h9_slope(h9_ode y, const int stage, real t, const h9_state *s, const h9_coef *c,
                          const h9_input *in) {
  real ex = s->ex * H9_STAGE(ex), inh = s->in * H9_STAGE(in);
  real v = y.v, u = v - c->v_t;
  real alpha_n = (real)0.032 * H9_TRAP(15 - u, (real)0.2);
  real beta_n = (real)0.5 * exponential((10 - u) * (real)0.025);
  real alpha_m = (real)0.32 * H9_TRAP(13 - u, (real)0.25);
  real beta_m = (real)0.28 * H9_TRAP(u - 40, (real)0.2);
  real alpha_h = (real)0.128 * exponential((17 - u) * (real)(1.0 / 18));
  real beta_h = 4 / (1 + exponential((40 - u) * (real)0.2));
  real na = c->g_na * (y.m * y.m * y.m * y.h) * (v - c->e_na), n2 = y.n * y.n;
  real k = c->g_k * (n2 * n2) * (v - c->e_k), leak = c->g_l * (v - c->e_l);
  real synapses = ex * (v - c->e_ex) + inh * (v - c->e_in);
  h9_ode d;
  d.v = ((c->i_e + in->current) - ((na + k) + (leak + synapses))) * c->per_c;
  d.m = alpha_m - (alpha_m + beta_m) * y.m;
  d.h = alpha_h - (alpha_h + beta_h) * y.h;
  d.n = alpha_n - (alpha_n + beta_n) * y.n;
  return d;
}
H9_ODE_CODE

/* What follows the integration: inputs, and whether V has passed a maximum. */
#define H9_FINISH H9_OF(h9_finish_)
H9_INLINE int H9_FINISH(h9_state *s, const h9_coef *c, const h9_input *in, h9_ode y) {
  bool rests = s->rest > 0, spike = !rests & (y.v >= c->v_t + 30) & (s->v > y.v);
  s->rest = rests ? s->rest - 1 : spike ? c->hold : 0;
  s->v = y.v;
  s->m = y.m;
  s->h = y.h;
  s->n = y.n;
  s->ex = settle(s->ex + s->ex * c->fade_ex) + in->ex;
  s->in = settle(s->in + s->in * c->fade_in) - in->in;
  return spike;
}

H9_INLINE int h9_step(h9_state *s, const h9_coef *c, const h9_input *in, const int receptors) {
  (void)receptors;
  h9_ode y = {s->v, s->m, s->h, s->n}, error;
  y = h9_ode_step(y, true, 0, c->dt, s, c, in, &error);
  bool easy = h9_ode_error(error) <= (sizeof(real) == 4 ? (real)1e-4 : (real)1e-8);
  int spike = H9_FINISH(s, c, in, y);
  return easy ? spike : H9_HARD;
}

#ifdef H9_REAL_DOUBLE
H9_INLINE bool h9_event(h9_ode y, const h9_coef *c) {
  (void)y, (void)c;
  return false;
}
H9_ODE_ADAPT

static int h9_precise(h9_state *s, const h9_coef *c, const h9_input *in, const int receptors) {
  h9_ode y = {s->v, s->m, s->h, s->n};
  double t = 0;
  (void)receptors;
  (void)h9_ode_adapt(&y, &t, c->dt, 1e-8, s, c, in);
  return H9_FINISH(s, c, in, y);
}
#endif
#undef H9_TRAP
#undef H9_FINISH
#undef H9_ODE
#include "kernel_end.h"
#endif

/* Ordinary differential equations of one neuron, between kernel_begin.h and kernel_end.h: one step of the method
 * of Cash & Karp (1990, ACM Trans Math Softw 16:201-222), fifth order with an error estimate of fourth, and in
 * the pass for double an adaptive integration with it.
 *
 * Before: H9_ODE(X), the variables; after this file's types, that is after H9_ODE_TYPES, the model gives
 *
 *   H9_INLINE h9_ode h9_slope(h9_ode y, const int stage, real t, const h9_state *s, const h9_coef *c,
 *                                 const h9_input *in)
 *
 * the derivatives per ms at time t (ms from the begin of the step). In a whole step `stage` is 0 to 5, at 0,
 * 1/5, 3/10, 3/5, 1 and 7/8 of the step, so that what depends on time alone can be had from coefficients; else
 * it is -1. `s` is the state at the begin of the step. H9_ODE_CODE then makes the functions:
 *
 *   h9_ode_step(y, stage_known, t, h, s, c, in, &error)      one step of length h ms
 *   h9_ode_error(error)                                      sum of the absolute errors
 *   h9_ode_adapt(&y, &t, end, tolerance, s, c, in)           double: adaptive, each step's error at most
 *                                                            `tolerance`; true where h9_event(y, c) holds */
#ifndef H9_MODEL_ODE_H
#define H9_MODEL_ODE_H

#define h9_ode H9_OF(h9_ode_)
#define h9_slope H9_OF(h9_slope_)
#define h9_event H9_OF(h9_event_)
#define h9_ode_step H9_OF(h9_ode_step_)
#define h9_ode_error H9_OF(h9_ode_error_)
#define h9_ode_adapt H9_OF(h9_ode_adapt_)

/* exp(-time/tau_x) where a stage of a whole step lies, from coefficients x1 ... x5 (h9_model_stages), else at t. */
#define H9_STAGE(x)                                                                                          \
  (stage < 0    ? exponential(-t * c->per_tau_##x)                                                           \
   : stage == 0 ? 1                                                                                          \
   : stage == 1 ? c->x##1                                                                                    \
   : stage == 2 ? c->x##2                                                                                    \
   : stage == 3 ? c->x##3                                                                                    \
   : stage == 4 ? c->x##4                                                                                    \
                : c->x##5)

#define H9_R(a, b) ((real)(a) / (real)(b))
#define H9_ODE_2(f) .f = y.f + h * (H9_R(1, 5) * k1.f),
#define H9_ODE_3(f) .f = y.f + h * (H9_R(3, 40) * k1.f + H9_R(9, 40) * k2.f),
#define H9_ODE_4(f) .f = y.f + h * (H9_R(3, 10) * k1.f - H9_R(9, 10) * k2.f + H9_R(6, 5) * k3.f),
#define H9_ODE_5(f)                                                                                          \
  .f = y.f + h * ((H9_R(5, 2) * k2.f - H9_R(11, 54) * k1.f) + (H9_R(35, 27) * k4.f - H9_R(70, 27) * k3.f)),
#define H9_ODE_6(f)                                                                                          \
  .f = y.f + h * ((H9_R(1631, 55296) * k1.f + H9_R(175, 512) * k2.f) +                                       \
                  (H9_R(575, 13824) * k3.f + H9_R(44275, 110592) * k4.f) + H9_R(253, 4096) * k5.f),
#define H9_ODE_END(f)                                                                                        \
  .f = y.f + h * ((H9_R(37, 378) * k1.f + H9_R(250, 621) * k3.f) +                                           \
                  (H9_R(125, 594) * k4.f + H9_R(512, 1771) * k6.f)),
#define H9_ODE_ERROR(f)                                                                                      \
  .f = h * ((H9_R(-277, 64512) * k1.f + H9_R(6925, 370944) * k3.f) +                                         \
            (H9_R(-6925, 202752) * k4.f + H9_R(-277, 14336) * k5.f) + H9_R(277, 7084) * k6.f),
#define H9_ODE_SUM(f) sum = sum + (e.f < 0 ? -e.f : e.f); /* NaN stays */

#define H9_ODE_TYPES                                                                                         \
  typedef struct {                                                                                           \
    H9_ODE(H9_FIELD)                                                                                         \
  } h9_ode;

#define H9_ODE_CODE                                                                                          \
  H9_INLINE h9_ode h9_ode_step(h9_ode y, const bool known, real t, real h, const h9_state *s,            \
                                   const h9_coef *c, const h9_input *in, h9_ode *error) {                    \
    h9_ode k1 = h9_slope(y, known ? 0 : -1, t, s, c, in);                                                    \
    h9_ode y2 = {H9_ODE(H9_ODE_2)}, k2 = h9_slope(y2, known ? 1 : -1, t + H9_R(1, 5) * h, s, c, in);         \
    h9_ode y3 = {H9_ODE(H9_ODE_3)}, k3 = h9_slope(y3, known ? 2 : -1, t + H9_R(3, 10) * h, s, c, in);        \
    h9_ode y4 = {H9_ODE(H9_ODE_4)}, k4 = h9_slope(y4, known ? 3 : -1, t + H9_R(3, 5) * h, s, c, in);         \
    h9_ode y5 = {H9_ODE(H9_ODE_5)}, k5 = h9_slope(y5, known ? 4 : -1, t + h, s, c, in);                      \
    h9_ode y6 = {H9_ODE(H9_ODE_6)}, k6 = h9_slope(y6, known ? 5 : -1, t + H9_R(7, 8) * h, s, c, in);         \
    h9_ode end = {H9_ODE(H9_ODE_END)}, e = {H9_ODE(H9_ODE_ERROR)};                                           \
    *error = e;                                                                                              \
    return end;                                                                                              \
  }                                                                                                          \
  H9_INLINE real h9_ode_error(h9_ode e) {                                                                \
    real sum = 0;                                                                                            \
    H9_ODE(H9_ODE_SUM)                                                                                       \
    return sum;                                                                                              \
  }

/* Steps are halved and doubled, no other control. A step that ends in an event is halved until the event is
 * located to EVENT ms. No step is shorter than LEAST ms: what fails there goes on with the error it has. */
#define H9_ODE_ADAPT                                                                                         \
  static bool h9_ode_adapt(h9_ode *y, double *t, double end, double tolerance, const h9_state *s,            \
                           const h9_coef *c, const h9_input *in) {                                           \
    const double EVENT = 1e-11, LEAST = 1e-14;                                                               \
    double h = end - *t;                                                                                     \
    while (end - *t > LEAST) {                                                                               \
      h9_ode e;                                                                                              \
      if (h > end - *t) h = end - *t;                                                                        \
      h9_ode next = h9_ode_step(*y, false, *t, h, s, c, in, &e);                                             \
      double worst = h9_ode_error(e);                                                                        \
      bool event = h9_event(next, c);                                                                        \
      if (h > LEAST && (!(worst <= tolerance) || (event && h > EVENT))) {                                    \
        h *= 0.5;                                                                                            \
        continue;                                                                                            \
      }                                                                                                      \
      *y = next;                                                                                             \
      *t += h;                                                                                               \
      if (event) return true;                                                                                \
      if (worst * 64 < tolerance) h *= 2;                                                                    \
    }                                                                                                        \
    return false;                                                                                            \
  }

#endif

/* Makes the types of one model and one precision; the model's step follows, then kernel_end.h.
 *
 * Before: H9_REAL, float or double; H9_LEVEL, a word for the names; H9_STATES(X) and H9_COEFS(X), the names of
 * the states and coefficients as X(a) X(b) ..., in the order of the columns.
 *
 * After: real; h9_state and h9_coef, structs of those reals; h9_input, what arrived. The step is
 *
 *   H9_INLINE int h9_step(h9_state *s, const h9_coef *c, const h9_input *in, const int receptors)
 *
 * and is vectorized as it stands: no calls but inline ones, choices by ?: rather than if. It returns 0 or
 * H9_SPIKE. With H9_MARKS defined (a model that marks) it may be a number of spikes, at most 255, or 63 where
 * H9_PRECISE is defined, too: then it may also return H9_HARD for a neuron that needs more care: what it did to
 * the state is dropped, and
 *
 *   static int h9_precise(h9_state *s, const h9_coef *c, const h9_input *in, const int receptors)
 *
 * does the step instead, one neuron at a time and in double precision: it is defined once, where H9_REAL_DOUBLE
 * is. The pass for double comes first. H9_ONE_RECEPTOR or
 * H9_TWO_RECEPTORS: the model always has one, or two. */
#include "model.h"
#include "real.h"

#ifndef H9_KERNEL_SET
/* All kernels of a model at a level: the value of an h9_update_set. */
#define H9_KERNEL_FORMS(level, real_)                                                                        \
  {                                                                                                          \
    {h9_one_constant_##level##_##real_, h9_one_column_##level##_##real_},                                    \
        {h9_two_constant_##level##_##real_, h9_two_column_##level##_##real_},                                \
  }
#define H9_KERNEL_SET_(level)                                                                                \
  { H9_KERNEL_FORMS(level, float), H9_KERNEL_FORMS(level, double) }
#define H9_KERNEL_SET(level) H9_KERNEL_SET_(level)
#endif

#define settle H9_PASTE2(h9_settle, H9_REAL)
#define exponential H9_PASTE2(h9_exp, H9_REAL)
#define logarithm H9_PASTE2(h9_log, H9_REAL)
#define H9_PASTE2_(a, b) a##_##b
#define H9_PASTE2(a, b) H9_PASTE2_(a, b)
#define H9_PASTE_(a, b, c) a##_##b##_##c
#define H9_PASTE(a, b, c) H9_PASTE_(a, b, c)
#define H9_OF(name) H9_PASTE(name, H9_LEVEL, H9_REAL)
#define H9_FIELD(name) real name;
#define H9_SPIKE 1
#define H9_HARD 64

#define real H9_REAL
#define h9_state H9_OF(h9_state_)
#define h9_coef H9_OF(h9_coef_)
#define h9_input H9_OF(h9_input_)
#define h9_step H9_OF(h9_step_)
#define h9_precise H9_OF(h9_precise_)

#ifdef H9_REAL_DOUBLE
#undef h9_state_of_double
#undef h9_coef_of_double
#undef h9_input_of_double
#define h9_state_of_double H9_PASTE(h9_state_, H9_LEVEL, double)
#define h9_coef_of_double H9_PASTE(h9_coef_, H9_LEVEL, double)
#define h9_input_of_double H9_PASTE(h9_input_, H9_LEVEL, double)
#endif

typedef struct {
  H9_STATES(H9_FIELD) real unused_;
} h9_state;
typedef struct {
  H9_COEFS(H9_FIELD) real unused_;
} h9_coef;
typedef struct {
  real ex;      /* first receptor: weights above zero, or of both signs where there is one receptor */
  real in;      /* second receptor: weights below zero (and so is their sum) */
  real current; /* pA: what stimuli add to the constant input current */
} h9_input;

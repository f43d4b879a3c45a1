/* One step of iaf_psc_delta, in the order: leak and constant current, inputs, lower bound, threshold. State:
 * V - E_L. Inputs that arrive while the neuron is refractory are lost. */
#include "iaf_psc_delta_kernel.h"
#include "update_body.h"

/* n neurons, at most a grain. */
BODY grain(const h9_update *u, uint32_t from, uint32_t n, int receptors, int columns) {
  float *restrict v = aligned(u->state[0] + from);
  int32_t *restrict in0 = aligned(u->in[0] + from);
  const float *restrict extra0 = aligned(u->extra[0] + from);
  uint32_t at = columns ? from : 0;
  const float *restrict leak = u->coef[DELTA_LEAK] + at, *restrict from_e = u->coef[DELTA_FROM_E] + at,
                        *restrict rest = u->coef[DELTA_REST] + at,
                        *restrict theta = u->coef[DELTA_THETA] + at,
                        *restrict least = u->coef[DELTA_FLOOR] + at;
  float quantum = u->quantum, current = u->current;
  float leak0 = leak[0], drive0 = rest[0] + from_e[0] * current, theta0 = theta[0], least0 = least[0];
  int32_t any = 0;
  (void)receptors;
  VECTOR_OR(any) for (uint32_t i = 0; i < n; i++) {
    float x = v[i], low = columns ? least[i] : least0;
    float push = (columns ? leak[i] : leak0) * x + (columns ? rest[i] + from_e[i] * current : drive0);
    x = settle(x + push) + ((float)in0[i] * quantum + extra0[i]);
    x = x < low ? low : x;
    v[i] = x;
    any |= -(x >= (columns ? theta[i] : theta0));
    in0[i] = 0;
  }
  return any != 0;
}

DEFINE_SET(h9_iaf_psc_delta)

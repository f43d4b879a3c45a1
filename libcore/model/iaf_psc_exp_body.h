/* One step of iaf_psc_exp, in the order: potential from the currents of the step before, currents decay,
 * inputs are added, threshold. State: V - E_L, excitatory (or the only) current, inhibitory current. V + (a V
 * + b I + c I_e) rather than P V + ...: the small coefficients keep their relative precision. */
#include "iaf_psc_exp_kernel.h"
#include "update_body.h"

/* n neurons, at most a grain. */
BODY grain(const h9_update *u, uint32_t from, uint32_t n, int receptors, int columns) {
  float *restrict v = aligned(u->state[0] + from), *restrict ex = aligned(u->state[1] + from),
                  *restrict in = aligned(u->state[2] + from);
  int32_t *restrict in0 = aligned(u->in[0] + from), *restrict in1 =
                                                        aligned((receptors > 1 ? u->in[1] : u->in[0]) + from);
  const float *restrict extra0 = aligned(u->extra[0] + from), *restrict extra1 = aligned(u->extra[1] + from);
  uint32_t at = columns ? from : 0;
  const float *restrict leak = u->coef[EXP_LEAK] + at, *restrict from_ex = u->coef[EXP_FROM_EX] + at,
                        *restrict from_in = u->coef[EXP_FROM_IN] + at,
                        *restrict decay_ex = u->coef[EXP_DECAY_EX] + at,
                        *restrict decay_in = u->coef[EXP_DECAY_IN] + at,
                        *restrict from_e = u->coef[EXP_FROM_E] + at, *restrict rest = u->coef[EXP_REST] + at,
                        *restrict theta = u->coef[EXP_THETA] + at;
  float quantum = u->quantum, current = u->current;
  float leak0 = leak[0], from_ex0 = from_ex[0], from_in0 = from_in[0], decay_ex0 = decay_ex[0],
        decay_in0 = decay_in[0], drive0 = rest[0] + from_e[0] * current, theta0 = theta[0];
  int32_t any = 0;
  VECTOR_OR(any) for (uint32_t i = 0; i < n; i++) {
    float x = v[i], y = ex[i];
    float push = (columns ? leak[i] : leak0) * x + (columns ? from_ex[i] : from_ex0) * y;
    if (receptors > 1) push = push + (columns ? from_in[i] : from_in0) * in[i];
    x = settle(x + (push + (columns ? rest[i] + from_e[i] * current : drive0)));
    v[i] = x;
    any |= -(x >= (columns ? theta[i] : theta0));
    ex[i] = settle(y * (columns ? decay_ex[i] : decay_ex0)) + ((float)in0[i] * quantum + extra0[i]);
    in0[i] = 0;
    if (receptors > 1) {
      in[i] = settle(in[i] * (columns ? decay_in[i] : decay_in0)) + ((float)in1[i] * quantum + extra1[i]);
      in1[i] = 0;
    }
  }
  return any != 0;
}

DEFINE_SET(h9_iaf_psc_exp)

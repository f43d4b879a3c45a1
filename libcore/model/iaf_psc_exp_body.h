/* One step of iaf_psc_exp, in the order: potential from the currents of the step before, threshold, currents decay,
 * inputs are added. State: V - E_L, excitatory (or the only) current, inhibitory current.
 * V + (a V + b I + c I_e) rather than P V + ...: the small coefficients keep their relative precision. */
#include "iaf_psc_exp_kernel.h"
#include "update_body.h"

BODY body(const h9_update *u, int receptors, int columns) {
  uint32_t n = u->n;
  float *restrict v = __builtin_assume_aligned(u->state[0], 64), *restrict ex = __builtin_assume_aligned(u->state[1], 64),
        *restrict in = __builtin_assume_aligned(u->state[2], 64);
  int32_t *restrict in0 = __builtin_assume_aligned(u->in[0], 64),
          *restrict in1 = __builtin_assume_aligned(receptors > 1 ? u->in[1] : u->in[0], 64);
  const float *restrict extra0 = u->extra[0], *restrict extra1 = u->extra[1];
  uint16_t *restrict hold = u->hold;
  uint8_t *restrict spiked = u->spiked;
  const float *restrict c_leak = u->coef[EXP_LEAK], *restrict c_from_ex = u->coef[EXP_FROM_EX],
              *restrict c_from_in = u->coef[EXP_FROM_IN], *restrict c_decay_ex = u->coef[EXP_DECAY_EX],
              *restrict c_decay_in = u->coef[EXP_DECAY_IN], *restrict c_from_e = u->coef[EXP_FROM_E],
              *restrict c_rest = u->coef[EXP_REST], *restrict c_theta = u->coef[EXP_THETA],
              *restrict c_reset = u->coef[EXP_RESET];
  const uint16_t *restrict hold_steps = u->hold_steps;
  float quantum = u->quantum, current = u->current;
  float k_leak = c_leak[0], k_from_ex = c_from_ex[0], k_from_in = c_from_in[0], k_decay_ex = c_decay_ex[0],
        k_decay_in = c_decay_in[0], k_drive = c_rest[0] + c_from_e[0] * current, k_theta = c_theta[0], k_reset = c_reset[0];
  uint16_t k_hold = hold_steps[0];
  VECTOR for (uint32_t i = 0; i < n; i++) {
    float leak = columns ? c_leak[i] : k_leak, from_ex = columns ? c_from_ex[i] : k_from_ex,
          decay_ex = columns ? c_decay_ex[i] : k_decay_ex, theta = columns ? c_theta[i] : k_theta,
          reset = columns ? c_reset[i] : k_reset, drive = columns ? c_rest[i] + c_from_e[i] * current : k_drive;
    uint16_t steps = columns ? hold_steps[i] : k_hold;
    float from_in = columns ? c_from_in[i] : k_from_in, decay_in = columns ? c_decay_in[i] : k_decay_in;
    float x = v[i], y = ex[i], z = receptors > 1 ? in[i] : 0.0f;
    float push = leak * x + from_ex * y;
    if (receptors > 1) push = push + from_in * z;
    push = push + drive;
    uint16_t h = hold[i];
    x = h ? x : settle(x + push);
    h = (uint16_t)(h ? h - 1 : 0);
    int fire = x >= theta;
    v[i] = fire ? reset : x;
    hold[i] = fire ? steps : h;
    spiked[i] = (uint8_t)fire;
    y = settle(y * decay_ex);
    ex[i] = y + ((float)in0[i] * quantum + extra0[i]);
    in0[i] = 0;
    if (receptors > 1) {
      z = settle(z * decay_in);
      in[i] = z + ((float)in1[i] * quantum + extra1[i]);
      in1[i] = 0;
    }
  }
  return any_byte(spiked, n);
}

DEFINE_SET(h9_iaf_psc_exp)

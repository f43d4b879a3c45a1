/* One step of iaf_psc_delta, in the order: leak and constant current, inputs, lower bound, threshold. State: V - E_L.
 * Inputs that arrive while the neuron is refractory are lost. */
#include "iaf_psc_delta_kernel.h"
#include "update_body.h"

BODY body(const h9_update *u, int receptors, int columns) {
  uint32_t n = u->n;
  float *restrict v = __builtin_assume_aligned(u->state[0], 64);
  int32_t *restrict in0 = __builtin_assume_aligned(u->in[0], 64);
  const float *restrict extra0 = u->extra[0];
  uint16_t *restrict hold = u->hold;
  uint8_t *restrict spiked = u->spiked;
  const float *restrict c_leak = u->coef[DELTA_LEAK], *restrict c_from_e = u->coef[DELTA_FROM_E],
              *restrict c_rest = u->coef[DELTA_REST], *restrict c_theta = u->coef[DELTA_THETA],
              *restrict c_reset = u->coef[DELTA_RESET], *restrict c_floor = u->coef[DELTA_FLOOR];
  const uint16_t *restrict hold_steps = u->hold_steps;
  float quantum = u->quantum, current = u->current;
  float k_leak = c_leak[0], k_drive = c_rest[0] + c_from_e[0] * current, k_theta = c_theta[0], k_reset = c_reset[0],
        k_floor = c_floor[0];
  uint16_t k_hold = hold_steps[0];
  (void)receptors;
  VECTOR for (uint32_t i = 0; i < n; i++) {
    float leak = columns ? c_leak[i] : k_leak, theta = columns ? c_theta[i] : k_theta, reset = columns ? c_reset[i] : k_reset,
          least = columns ? c_floor[i] : k_floor, drive = columns ? c_rest[i] + c_from_e[i] * current : k_drive;
    uint16_t steps = columns ? hold_steps[i] : k_hold, h = hold[i];
    float x = v[i], next = settle(x + (leak * x + drive)) + ((float)in0[i] * quantum + extra0[i]);
    next = next < least ? least : next;
    x = h ? x : next;
    h = (uint16_t)(h ? h - 1 : 0);
    int fire = x >= theta;
    v[i] = fire ? reset : x;
    hold[i] = fire ? steps : h;
    spiked[i] = (uint8_t)fire;
    in0[i] = 0;
  }
  return any_byte(spiked, n);
}

DEFINE_SET(h9_iaf_psc_delta)

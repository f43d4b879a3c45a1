/* parrot_neuron: sends on every spike that it receives, in the step in which it arrives, as often as
 * it arrives. Weights of its inputs are ignored. */
#include "cells.h"
#include "model_table.h"

const h9_model h9_model_parrot_neuron = {
    .name = "parrot_neuron",
    .about = "repeats every spike that it receives",
    .weight = H9_MODEL_NUMBER,
    .receptors = 1,
    .n_values = 0,
    .values = NULL,
    .check = NULL,
};

/* Inputs are counted: the quantum is one spike. No more than 255 are sent on in one step. */
static bool step(const h9_update *u) {
  bool any = false;
  for (uint32_t i = 0; i < u->n; i++) {
    float count = (float)u->in[0][i] * u->quantum + u->extra[0][i];
    u->in[0][i] = 0;
    u->count[i] = (uint8_t)(count > 255 ? 255 : count);
    any |= u->count[i] != 0;
  }
  return any;
}

static const h9_update_set *kernels(enum h9_simd level) {
  static const h9_update_set set = {{step, step}, {NULL, NULL}};
  (void)level;
  return &set;
}

const h9_dynamics h9_dynamics_parrot_neuron = {
    .model = "parrot_neuron",
    .v_state = -1,
    .v_shift = -1,
    .t_ref = -1,
    .counts = true,
    .kernels = kernels,
};

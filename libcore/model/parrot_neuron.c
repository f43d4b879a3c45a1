/* parrot_neuron: sends on every spike that it receives, in the step in which it arrives, as often as
 * it arrives. Weights of its inputs are ignored. */
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

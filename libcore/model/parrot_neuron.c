/* parrot_neuron: sends on every spike that it receives, in the step in which it arrives, as often as
 * it arrives. Weights of its inputs are ignored. */
#include "model_table.h"

const h9_model h9_model_parrot_neuron = {
    H9_MODEL_BUILT_IN(parrot_neuron),
    .about = "repeats every spike that it receives",
    .weight = "1",
    .receptors = 1,
    .counts = true,
    .marks = true,
    .v = -1,
    .theta = -1,
    .reset = -1,
    .t_ref = -1,
    .kernels = H9_MODEL_KERNELS(parrot_neuron),
};

/* What the sources of the single models share: their entries of the table, and the units. */
#ifndef H9_MODEL_TABLE_H
#define H9_MODEL_TABLE_H

#include "models.h"
#include <float.h>
#include <math.h>

extern const h9_model h9_model_iaf_psc_exp, h9_model_iaf_psc_delta, h9_model_parrot_neuron;

#define H9_MODEL_MS                                                                                          \
  { "ms", {1, 0, 0, 0}, 1 }
#define H9_MODEL_MV                                                                                          \
  { "mV", {0, 1, 0, 0}, 1 }
#define H9_MODEL_PA                                                                                          \
  { "pA", {0, 0, 1, 0}, 1 }
#define H9_MODEL_PF                                                                                          \
  { "pF", {1, -1, 1, 0}, 1 }
#define H9_MODEL_NUMBER                                                                                      \
  { "", {0, 0, 0, 0}, 1 }

#endif

/* The table of synapse models: names, values with units, defaults and bounds, in the manner of models.h. What
 * they do is in plastic.h and plastic_rules.c. */
#ifndef H9_MODEL_SYNAPSES_H
#define H9_MODEL_SYNAPSES_H

#include "../format/network.h"
#include "model.h"

/* What drives a synapse's weight. */
enum h9_synapse_kind {
  H9_SYNAPSE_STATIC,
  H9_SYNAPSE_TSODYKS2,
  H9_SYNAPSE_TSODYKS,
  H9_SYNAPSE_STDP,
  H9_SYNAPSE_STDP_PL,
  H9_SYNAPSE_NN_SYMM,
  H9_SYNAPSE_NN_RESTR,
  H9_SYNAPSE_NN_PRE_CENTERED,
  H9_SYNAPSE_TRIPLET,
  H9_SYNAPSE_VOGELS,
  H9_SYNAPSE_DOPAMINE,
};

enum { H9_SYNAPSE_VALUES_MAX = 24, H9_SYNAPSE_STATES_MAX = 3 };

typedef struct h9_synapse_model {
  const char *name, *about, *reference;
  enum h9_synapse_kind kind;
  uint32_t n_values;
  const h9_model_value *values; /* a unit of "population" means that the value names one; an initial value of
                                   NaN means that it is not given (vt: that it has to be) */
  uint32_t n_states;
  const char *states[H9_SYNAPSE_STATES_MAX]; /* what traces show beside the weight */
  /* False with the reason in why[size] when values contradict each other. May be NULL. */
  bool (*check)(const double *values, char *why, size_t size);
} h9_synapse_model;

/* NULL when there is none of that name; "static_synapse" is another name of "static". */
const h9_synapse_model *h9_synapse_find(const char *name);
/* The i-th model, NULL past the end. */
const h9_synapse_model *h9_synapse_at(size_t i);
/* Index in m->values, or -1. */
int h9_synapse_value_find(const h9_synapse_model *m, const char *name);
/* The value of that name, which the model has. */
double h9_synapse_value_of(const h9_synapse_model *m, const double *values, const char *name);
/* All values of a projection's synapses in the order of the table; *m the model. H9_EDATA when the model is not
 * known or has no such value, or for one out of bounds or against another. */
int h9_synapse_values(const h9_network *net, const h9_projection *p, const h9_synapse_model **m, double *values,
                      h9_error *e) H9_UNUSED_RESULT;
/* Whether a weight may be had by these synapses: in the range and of the sign that the rule keeps weights to. */
bool h9_synapse_weight_fits(const h9_synapse_model *m, const double *values, double weight, char *why,
                            size_t size);
static inline bool h9_synapse_is_plastic(const h9_synapse_model *m) { return m->kind != H9_SYNAPSE_STATIC; }

#endif

/* The table of neuron models: names, parameters with units, defaults and bounds, state. One entry
 * a model, in a source file of its own with equations and reference. */
#ifndef H9_MODEL_MODELS_H
#define H9_MODEL_MODELS_H

#include "../format/network.h"

enum { H9_MODEL_VALUES_MAX = 48 };

/* A parameter or initial state variable. */
typedef struct h9_model_value {
  const char *name;
  h9_unit unit;      /* the unit a bare number is in */
  double initial;    /* default */
  double low, high;  /* allowed range, ends included; +-inf where free; a low of DBL_MIN means > 0 */
  bool state;        /* initial state (V_m), not parameter */
  const char *about; /* one line */
} h9_model_value;

typedef struct h9_model {
  const char *name, *about;
  h9_unit weight;   /* pA, mV or nS: the unit of weights onto this model */
  uint32_t receptors; /* input slots a neuron needs at most */
  uint32_t n_values;
  const h9_model_value *values;
  /* Checks one neuron's values together (threshold above reset, ...), given in the order of
   * `values`. H9_ECONFIG with the reason. May be NULL. */
  int (*check)(const double *values, h9_error *e);
} h9_model;

/* NULL when there is none of that name. */
const h9_model *h9_model_find(const char *name);
/* The i-th model, NULL past the end. */
const h9_model *h9_model_at(size_t i);
/* Index in model->values, or -1. */
int h9_model_value_find(const h9_model *m, const char *name);

#endif

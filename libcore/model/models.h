/* The table of neuron models: those built in, one source file each, and those loaded from shared objects. */
#ifndef H9_MODEL_MODELS_H
#define H9_MODEL_MODELS_H

#include "../format/network.h"
#include "model.h"

/* NULL when there is none of that name. */
const h9_model *h9_model_find(const char *name);
/* The i-th model, NULL past the end. */
const h9_model *h9_model_at(size_t i);
/* Index in model->values, or -1. */
int h9_model_value_find(const h9_model *m, const char *name);
/* Index in model->recordables, or -1. */
int h9_model_recordable_find(const h9_model *m, const char *name);
/* The unit of that name; "1" is a pure number, whose name is empty. */
h9_unit h9_model_unit(const char *name);
/* One neuron's values, in the order of m->values: each in its range, and all together. H9_ECONFIG. */
int h9_model_check(const h9_model *m, const double *values, h9_error *e) H9_UNUSED_RESULT;

#endif

/* The table of neuron models: those built in, one source file each, and those loaded from shared objects. */
#ifndef H9_MODEL_MODELS_H
#define H9_MODEL_MODELS_H

#include "../format/network.h"
#include "model.h"

/* NULL when there is none of that name. */
const h9_model *h9_model_find(const char *name);
/* The same of a name that the user gave: NULL with H9_EUSAGE, "there is no model 'x'; did you mean 'y'?". */
const h9_model *h9_model_named(const char *name, h9_error *e);
/* The i-th model, NULL past the end. */
const h9_model *h9_model_at(size_t i);
/* Index in model->values, or -1. */
int h9_model_value_find(const h9_model *m, const char *name);
/* Index in model->recordables, or -1. */
int h9_model_recordable_find(const h9_model *m, const char *name);
/* The unit of that name; "1" is a pure number, whose name is empty. */
h9_unit h9_model_unit(const char *name);
/* Adds a model, which lasts as long as the program, to the table. H9_ECONFIG when the name is taken. Not while
 * other threads look for models. */
int h9_model_add(const h9_model *m, h9_error *e) H9_UNUSED_RESULT;
/* The same with the model that a shared object exports (hal9-model(7)), after checking that it keeps to the
 * interface: H9_ESYSTEM when it cannot be loaded, H9_EDATA naming what is wrong with it. *m (may be NULL) is
 * the model. */
int h9_model_load(const char *path, const h9_model **m, h9_error *e) H9_UNUSED_RESULT;

/* One neuron's values, in the order of m->values: each in its range (H9_EDATA), and all together
 * (H9_ECONFIG). */
int h9_model_check(const h9_model *m, const double *values, h9_error *e) H9_UNUSED_RESULT;

#endif

/* Neuron models given by equations (the section `models` of hal9-config(5)): their table of values, and
 * the C text of their steps, which the system's compiler makes kernels of when a network is simulated. */
#ifndef H9_WHOLE_EQUATIONS_H
#define H9_WHOLE_EQUATIONS_H

#include "../model/models.h"

typedef struct h9_assignment { /* target = value; equations: d(target)/dt = value, or a name for a value */
  char *target;
  h9_expr value;
} h9_assignment;

typedef struct h9_equations {
  h9_model model; /* its kernels come with h9_equations_build */
  uint32_t n_params, n_names; /* values that are parameters; named expressions */
  h9_assignment *slope;       /* [n_states], in order of the states; no code: constant between events */
  h9_assignment *name;        /* [n_names], each uses those before it */
  uint32_t n_resets;
  h9_assignment *reset;
  h9_expr threshold; /* a condition */
  h9_expr hold;      /* refractory period, ms, of parameters; no code: none */
  bool *held;        /* [n_states] stands still meanwhile */
  int receive[2];    /* states that weights above and below zero are added to */
  double tolerance;
  h9_model_value *values;
  h9_model_recordable *recordables;
} h9_equations;

/* Variables of expressions are numbered: states, parameters, names; the current of stimuli is the last. */
enum { H9_EQUATIONS_VARIABLES = 250, H9_EQUATIONS_CURRENT = H9_EQUATIONS_VARIABLES - 1 };

/* The C text: a step with its lists, made for kernels in both precisions, and what prepares coefficients. */
int h9_equations_text(const h9_equations *q, h9_buf *out, h9_error *e) H9_UNUSED_RESULT;
/* Compiles and loads the kernels of the model of that name, if it is one given by equations and has none yet.
 * H9_ESYSTEM when there is no compiler. */
int h9_equations_build(const char *model, h9_error *e) H9_UNUSED_RESULT;
/* Hands over a model, for as long as the program runs, and adds it to the table of models. */
int h9_equations_add(h9_equations *q, h9_error *e) H9_UNUSED_RESULT;
/* NULL when there is no such model. */
h9_equations *h9_equations_find(const char *model);
void h9_equations_free(h9_equations *q);

#endif

/* The interface of neuron models: what hal9 asks of one, built in or given as a shared object (hal9-model(7)).
 *
 * A model is a table of named values (parameters and initial states), a function that turns one neuron's
 * values into coefficients and states, and kernels that carry many neurons through one time step. This
 * header needs nothing of hal9 but itself.
 *
 * Order of a step k, from (k-1) dt to k dt: states advance; inputs that arrive at k dt are added; then the
 * threshold is tested. A spike of step k is stamped k dt. */
#ifndef H9_MODEL_MODEL_H
#define H9_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  H9_MODEL_ABI = 1,
  H9_STATES_MAX = 16,
  H9_COEFS_MAX = 64,
  H9_MODEL_VALUES_MAX = 48,
  H9_SLOT_ALIGN = 16,  /* kernels get whole multiples of this many neurons */
  H9_TILE_GRAIN = 128, /* and say for each grain whether any spiked */
};
enum h9_precision { H9_SINGLE, H9_DOUBLE, H9_PRECISIONS };

/* A parameter or initial state variable. */
typedef struct h9_model_value {
  const char *name, *unit; /* unit: what a bare number is in: "ms", "mV", "pA", "nS", "pF", "Hz", "1", ... */
  double initial;          /* default */
  double low, high;        /* allowed range, ends included; +-inf where free; a low of DBL_MIN means > 0 */
  bool state;              /* initial state (V_m), not parameter */
  const char *about;       /* one line */
} h9_model_value;

/* A variable that can be recorded: state column `state`, plus the value of index `shift` (-1: none). */
typedef struct h9_model_recordable {
  const char *name, *unit;
  int state, shift;
} h9_model_recordable;

/* One call of a kernel: n neurons, a multiple of H9_SLOT_ALIGN; arrays of reals (float or double, as the
 * kernel is for), aligned to 64 bytes. */
typedef struct h9_update {
  uint32_t n;
  void *state[H9_STATES_MAX];
  const void *coef[H9_COEFS_MAX]; /* n values each, or one each, as the kernel's form is */
  int32_t *in[2];                 /* summed input by receptor, zeroed by the call; in[1] NULL: one receptor */
  double quantum;                 /* what one unit of it is worth */
  const void *extra[2];           /* further input, n values each, in the weight's unit */
  double current;                 /* pA, added to the constant input current: kernels of constant form */
  const void *currents;           /* the same for each neuron, n values: kernels of column form */
  uint8_t *fired;                 /* out: for each grain of neurons, whether any spiked */
  uint8_t *mark;                  /* out, models that mark: how many spikes each neuron sent */
} h9_update;

/* True when any neuron spiked. A model with a threshold leaves the potential of those at or above it; a
 * model that marks does all that follows a spike itself. */
typedef bool (*h9_update_fn)(const h9_update *u);
/* Kernels by precision, receptors in use - 1, and whether coefficients are columns. */
typedef h9_update_fn h9_update_set[H9_PRECISIONS][2][2];

typedef struct h9_model {
  uint32_t abi;  /* H9_MODEL_ABI */
  uint32_t size; /* sizeof (h9_model) */
  const char *name, *about;
  const char *weight; /* unit of the weights onto this model: "pA", "mV", "nS" or "1" */
  uint32_t receptors; /* 1: inputs of both signs are summed; 2: those below zero go to the second receptor */
  uint32_t n_values, n_recordables, n_states, n_coefs;
  const h9_model_value *values;
  const h9_model_recordable *recordables;
  bool always_double; /* computed in double precision even in a simulation in single precision */
  bool counts; /* inputs are counted, weights ignored */
  bool marks;  /* kernels mark spikes. Otherwise the potential (state `v`) is compared with the coefficient
                  `theta`, set to the coefficient `reset`, and held as NaN meanwhile for the refractory
                  period, value `t_ref` (ms, rounded to steps): NaN stays NaN in a kernel's arithmetic */
  int v, theta, reset, t_ref; /* -1: none */
  /* False with the reason in why[size] when one neuron's values contradict each other (each alone is in its
   * range). May be NULL. */
  bool (*check)(const double *values, char *why, size_t size);
  /* Whether one receptor serves both signs when these values are constants. May be NULL. */
  bool (*merge)(const double *values);
  /* One neuron's coefficients and initial states, zero before, from its values, for time step dt (ms). */
  void (*prepare)(const double *values, double dt, double *coef, double *state);
  /* Kernels for scalar code, SSE 4.2, AVX2, AVX-512; NULL where there is none: the next lower one is taken. */
  const h9_update_set *kernels[4];
} h9_model;

/* What a shared object exports under the name "h9_model_export". */
typedef const h9_model *h9_model_export_fn(void);

#define H9_MODEL_COUNT(a) ((uint32_t)(sizeof(a) / sizeof *(a)))
/* The names of H9_STATES and H9_COEFS as indices S_name and K_name:
 * enum { H9_STATES(H9_MODEL_STATE) STATES }; enum { H9_COEFS(H9_MODEL_COEF) COEFS }; */
#define H9_MODEL_STATE(name) S_##name,
#define H9_MODEL_COEF(name) K_##name,

#endif

/* The neurons of one part (a slice of a population in a tile) as columns, and the kernels that advance them
 * by a step. One kernel call takes the inputs summed by delivery, zeroes them, and says where neurons spiked.
 *
 * A model says which state columns and coefficients it has; values of the population become coefficients
 * here once, in double, and are then held in single precision, once for all neurons or, where
 * a value differs from neuron to neuron, as columns.
 *
 * The refractory period costs nothing per neuron: the potential of a neuron that rests is NaN, which no
 * arithmetic changes and no threshold lets through, until the step in which it wakes puts V_reset there. */
#ifndef H9_MODEL_CELLS_H
#define H9_MODEL_CELLS_H

#include "../base/cpu.h"
#include "models.h"
#include "tiles.h"

enum { H9_STATES_MAX = 4, H9_COEFS_MAX = 12, H9_CHUNK_NEURONS = 1024 };

/* One call: n neurons, a multiple of H9_SLOT_ALIGN; arrays aligned to 64 bytes. */
typedef struct h9_update {
  uint32_t n;
  float *state[H9_STATES_MAX];
  const float *coef[H9_COEFS_MAX]; /* n values each, or one each, as the kernel's form is */
  int32_t *in[2];        /* summed input by receptor, zeroed by the call; in[1] NULL: one receptor */
  float quantum;         /* what one unit of it is worth */
  const float *extra[2]; /* further input, n values each */
  float current;         /* pA, added to the constant input current */
  uint8_t *fired;        /* out: for each grain of neurons, whether any spiked */
  uint8_t *count;        /* out, models that count: how many spikes each neuron sent */
} h9_update;
/* True when any neuron spiked. Those with a threshold leave the potential at or above it. */
typedef bool (*h9_update_fn)(const h9_update *u);

/* Kernels of a model at one level, by [receptors - 1][coefficients are columns]. */
typedef h9_update_fn h9_update_set[2][2];

typedef struct h9_dynamics {
  const char *model;
  uint32_t n_states, n_coefs;
  int v_state, v_shift; /* state column of V_m, and index of the value it is relative to */
  int t_ref;            /* index of the refractory period in ms, -1: none */
  int theta, reset;     /* coefficients: threshold, potential after a spike */
  bool counts;          /* inputs are counted, weights ignored */
  /* Whether one receptor serves both signs when these values are constants. */
  bool (*merge)(const double *values);
  /* One neuron's coefficients and initial states from its values. */
  void (*prepare)(const double *values, double dt, float *coef, float *state);
  /* Kernels at a level. */
  const h9_update_set *(*kernels)(enum h9_simd level);
} h9_dynamics;

/* NULL when there is none of that name. */
const h9_dynamics *h9_dynamics_find(const char *model);

typedef struct h9_cells {
  const h9_dynamics *dynamics;
  h9_update_fn update;
  uint32_t n, padded;
  bool columns; /* coefficients differ from neuron to neuron */
  float *state[H9_STATES_MAX];
  float *coef[H9_COEFS_MAX];
  uint32_t *hold; /* steps of the refractory period; one or columns */
  struct h9_rest {
    uint32_t index, wake;
  } * rest; /* who rests until which step; where hold is one, in order */
  uint32_t rest_first, rest_n;
  double v_shift;        /* V_m = state + this, where it is the same for all */
  float *v_shift_column; /* else these; NULL */
  void *memory;          /* all of the above */
} h9_cells;

/* Values of neuron i of a population, in the order of the model's table: column, constant or default. */
void h9_cells_values(const h9_model *m, const h9_population *p, uint32_t i, double *values);
/* Receptors that a population needs: 1 where both signs share one without changing any result. */
uint32_t h9_cells_receptors(const h9_model *m, const h9_population *p);
/* Neurons [first, first + n) of p. H9_ECONFIG for values that the model refuses. */
int h9_cells_make(h9_cells *c, const h9_population *p, uint32_t first, uint32_t n, uint32_t receptors,
                  double dt, enum h9_simd level, h9_error *e) H9_UNUSED_RESULT;
void h9_cells_release(h9_cells *c);
/* Fills the part of `u` that points into the cells, for n neurons from index `at` (a multiple of
 * H9_SLOT_ALIGN). */
void h9_cells_aim(const h9_cells *c, uint32_t at, uint32_t n, h9_update *u);
/* Lets those who rest until the step before `now` go on. Before the step's update. */
void h9_cells_wake(h9_cells *c, h9_step now);
/* Neurons [at, at + n) that reached the threshold in step `now`: their indices to out (room for n), the
 * potential to V_reset or to rest. Returns how many. */
uint32_t h9_cells_fire(h9_cells *c, uint32_t at, uint32_t n, h9_step now, uint32_t *out);
double h9_cells_v(const h9_cells *c, uint32_t i); /* V_m in mV; NaN for a model without */

extern const h9_dynamics h9_dynamics_iaf_psc_exp, h9_dynamics_iaf_psc_delta, h9_dynamics_parrot_neuron;

#endif

/* The neurons of one part (a slice of a population in a tile) as columns, advanced by their model's kernel. One
 * kernel call takes the inputs summed by delivery, zeroes them, and says where neurons spiked.
 *
 * Values of the population become coefficients here once, in double, and are then held in the precision
 * of the simulation, once for all neurons or, where a value differs from neuron to neuron, as columns.
 *
 * The refractory period of a model with a threshold costs nothing per neuron: the potential of a neuron that
 * rests is NaN, which no arithmetic changes and no threshold lets through, until the step in which it wakes
 * puts V_reset there. */
#ifndef H9_MODEL_CELLS_H
#define H9_MODEL_CELLS_H

#include "../base/cpu.h"
#include "models.h"
#include "tiles.h"

enum { H9_CHUNK_NEURONS = 1024 };

/* How cells are held. */
typedef struct h9_cells_form {
  uint32_t receptors; /* in use */
  double dt;          /* ms */
  enum h9_simd level;
  enum h9_precision precision;
  bool columns; /* coefficients as columns even where all are alike: currents differ from neuron to neuron */
} h9_cells_form;

typedef struct h9_cells {
  const h9_model *model;
  h9_update_fn update;
  enum h9_precision precision;
  uint32_t n, padded;
  bool columns; /* coefficients are columns */
  void *state[H9_STATES_MAX], *coef[H9_COEFS_MAX]; /* reals */
  uint32_t *hold; /* steps of the refractory period; one or columns */
  struct h9_rest {
    uint32_t index, wake;
  } * rest; /* who rests until which step; where hold is one, in order */
  uint32_t rest_first, rest_n;
  double *shift; /* [n_recordables] what is added to the state, where it is the same for all, else see values */
  const h9_population *population;
  uint32_t first; /* index of the first neuron in its population */
  void *memory;   /* all of the above */
} h9_cells;

static inline size_t h9_real_size(enum h9_precision p) { return p == H9_DOUBLE ? sizeof(double) : sizeof(float); }

/* Values of neuron i of a population, in the order of the model's table: column, constant or default. */
void h9_cells_values(const h9_model *m, const h9_population *p, uint32_t i, double *values);
/* Receptors that a population needs: 1 where both signs share one without changing any spike. */
uint32_t h9_cells_receptors(const h9_model *m, const h9_population *p);
/* Bytes a neuron takes, its inputs included: an estimate. */
double h9_cells_bytes(const h9_model *m, const h9_population *p, const h9_cells_form *form);
/* Neurons [first, first + n) of p, which outlives them. H9_ECONFIG for values that the model refuses. */
int h9_cells_make(h9_cells *c, const h9_population *p, uint32_t first, uint32_t n, const h9_cells_form *form,
                  h9_error *e) H9_UNUSED_RESULT;
void h9_cells_release(h9_cells *c);
/* Fills the part of `u` that points into the cells, for n neurons from index `at` (a multiple of
 * H9_SLOT_ALIGN). */
void h9_cells_aim(const h9_cells *c, uint32_t at, uint32_t n, h9_update *u);
/* Lets those who rest until the step before `now` go on. Before the step's update. */
void h9_cells_wake(h9_cells *c, h9_step now);
/* Neurons [at, at + n) that reached the threshold in step `now`: their indices to out (room for n), the
 * potential to V_reset or to rest. Returns how many. */
uint32_t h9_cells_fire(h9_cells *c, uint32_t at, uint32_t n, h9_step now, uint32_t *out);
/* The k-th recordable variable of the model (h9_model_recordable_find) for neuron i, in its unit. */
double h9_cells_state(const h9_cells *c, int k, uint32_t i);

#endif

/* Stimulus generators as pure functions of time: what a rate or current is in a step, and the random numbers
 * of one neuron in it. A step s spans ((s-1) dt, s dt]; functions of time are taken at its end, s dt, as
 * NEST's generators do. */
#ifndef H9_MODEL_GENERATORS_H
#define H9_MODEL_GENERATORS_H

#include "../base/rng.h"
#include "../base/status.h"

/* sin(2 pi f t + phase), f in Hz, t in ms; whole cycles are taken off first, so that long times lose no more
 * than the rounding of f t. */
double h9_gen_sine(double frequency, double phase, double t);

/* A value that is constant between given times: value[k] in steps after[k] < s <= after[k + 1], 0 before. */
typedef struct h9_gen_steps {
  size_t n;
  h9_step *after; /* ascending */
  double *value;
} h9_gen_steps;
double h9_gen_steps_at(const h9_gen_steps *g, h9_step step);
void h9_gen_steps_release(h9_gen_steps *g);

/* Standard normal numbers of the given interval for neurons [first, first + n): each a function of (key,
 * interval, index) alone. */
void h9_gen_normals(h9_key key, uint64_t interval, uint32_t first, uint32_t n, double *out);

/* A Poisson count of neuron `index` in `step` by inversion of one uniform number, for means that differ from
 * neuron to neuron; `none` is exp(-mean). Means above H9_GEN_INVERSION are drawn by h9_draw_poisson. */
#define H9_GEN_INVERSION 16.0
uint32_t h9_gen_poisson(h9_key key, uint64_t step, uint32_t index, double mean, double none);

#endif

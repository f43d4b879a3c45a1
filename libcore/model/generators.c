#include "generators.h"

#include "../base/mathfn.h"

#include <math.h>
#include <stdlib.h>

double h9_gen_sine(double frequency, double phase, double t) {
  double cycles = frequency * (t * 1e-3);
  return h9_sin(6.283185307179586477 * (cycles - floor(cycles)) + phase);
}

double h9_gen_steps_at(const h9_gen_steps *g, h9_step step) {
  size_t lo = 0, hi = g->n; /* the first that begins no earlier than the step's end */
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    if (g->after[mid] < step) lo = mid + 1;
    else hi = mid;
  }
  return lo ? g->value[lo - 1] : 0;
}

void h9_gen_steps_release(h9_gen_steps *g) {
  free(g->after);
  free(g->value);
  *g = (h9_gen_steps){0};
}

/* A block of four words makes the numbers of two neurons, 53 bits each. */
void h9_gen_normals(h9_key key, uint64_t interval, uint32_t first, uint32_t n, double *out) {
  for (uint32_t i = 0; i < n;) {
    uint32_t index = first + i;
    h9_ctr c = h9_philox(key, (uint32_t)interval, index / 2, (uint32_t)(interval >> 32), 0);
    for (uint32_t half = index % 2; half < 2 && i < n; half++)
      out[i++] = h9_normal_quantile(h9_uniform53(c.v[2 * half], c.v[2 * half + 1]));
  }
}

uint32_t h9_gen_poisson(h9_key key, uint64_t step, uint32_t index, double mean, double none) {
  if (mean > H9_GEN_INVERSION) {
    h9_draws d = h9_draws_make(key, (uint32_t)step, index, (uint32_t)(step >> 32));
    return (uint32_t)h9_draw_poisson(&d, mean);
  }
  h9_ctr c = h9_philox(key, (uint32_t)step, index, (uint32_t)(step >> 32), 0);
  double u = h9_uniform53(c.v[0], c.v[1]), term = none;
  uint32_t k = 0;
  for (double sum = term; u >= sum && k < 128; sum += term) term *= mean / ++k;
  return k;
}

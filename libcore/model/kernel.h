/* Distance kernels and masks prepared for use: what depends on parameters only is computed once. */
#ifndef H9_MODEL_KERNEL_H
#define H9_MODEL_KERNEL_H

#include "../format/network.h"

typedef struct h9_kernel_ready {
  const h9_kernel *k;
  double reach;     /* um: 0 beyond it (kernel's own range, the user's cutoff); inf: none */
  double reach_cut; /* um: the same, and where the value falls below 1e-6 of its largest */
  double norm;      /* gamma: 1 / (theta^kappa Gamma(kappa)) */
  double c, s;      /* gabor: cos and sin of theta */
  bool directed;    /* looks at more than the distance */
} h9_kernel_ready;
void h9_kernel_prepare(h9_kernel_ready *r, const h9_kernel *k);
/* f of the kernel, not scaled: >= 0, inf possible for gamma at 0, NaN where an expression is.
 * `d` is the displacement, `at` the position of the partner (both only read when directed). */
double h9_kernel_value(const h9_kernel_ready *r, double distance, const double d[3], const double at[3]);

typedef struct h9_mask_ready {
  const h9_mask *m;
  int dimensions;
  bool turned;
  double ca, sa, cp, sp;  /* cos and sin of azimuth and polar angle */
  double centre[3];       /* of the mask, beside the owner; along free directions the anchor */
  double low[3], high[3]; /* box: beside the centre */
  double half[3];         /* of a box along x, y, z around the centre that holds the mask; inf where free */
  double reach;           /* around the centre; inf without a mask, or where it has no end */
} h9_mask_ready;
void h9_mask_prepare(h9_mask_ready *r, const h9_mask *m, int dimensions);
/* `d`: displacement from the mask's centre. */
bool h9_mask_inside(const h9_mask_ready *r, const double d[3]);

#endif

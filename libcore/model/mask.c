#include "kernel.h"

#include "../base/mathfn.h"

#include <math.h>

void h9_mask_prepare(h9_mask_ready *r, const h9_mask *m, int dimensions) {
  const double *a = m->arg;
  *r = (h9_mask_ready){.m = m, .dimensions = dimensions, .reach = INFINITY};
  for (int i = 0; i < 3; i++) r->half[i] = INFINITY;
  double half2 = 0;
  switch (m->type) {
  case H9_MASK_SPHERE:
    r->reach = a[0];
    break;
  case H9_MASK_DOUGHNUT:
    r->reach = a[1];
    break;
  case H9_MASK_BOX:
    for (int i = 0; i < dimensions; i++) {
      bool ends = isfinite(a[i]) && isfinite(a[i + 3]);
      r->centre[i] = ends ? 0.5 * (a[i] + a[i + 3]) : 0;
      r->low[i] = a[i] - r->centre[i];
      r->high[i] = a[i + 3] - r->centre[i];
      half2 += ends ? r->high[i] * r->high[i] : INFINITY;
    }
    r->reach = sqrt(half2);
    break;
  case H9_MASK_ELLIPSOID:
    r->reach = 0;
    for (int i = 0; i < dimensions; i++) r->reach = fmax(r->reach, 0.5 * a[i]);
    break;
  default:
    return;
  }
  for (int i = 0; i < dimensions; i++) r->centre[i] += m->anchor[i];
  r->turned = (m->type == H9_MASK_BOX || m->type == H9_MASK_ELLIPSOID) && (m->azimuth != 0 || m->polar != 0);
  r->ca = h9_cos(m->azimuth);
  r->sa = h9_sin(m->azimuth);
  r->cp = dimensions == 3 ? h9_cos(m->polar) : 1;
  r->sp = dimensions == 3 ? h9_sin(m->polar) : 0;
  double own[3] = {r->reach, r->reach, r->reach}; /* half extents in the mask's frame */
  for (int i = 0; i < 3 && (m->type == H9_MASK_BOX || m->type == H9_MASK_ELLIPSOID); i++)
    own[i] = i >= dimensions ? 0 : m->type == H9_MASK_BOX ? fmax(-r->low[i], r->high[i]) : 0.5 * a[i];
  const double turn[3][3] = {
      {r->ca * r->cp, -r->sa, r->ca * r->sp}, {r->sa * r->cp, r->ca, r->sa * r->sp}, {-r->sp, 0, r->cp}};
  for (int i = 0; i < 3; i++) {
    r->half[i] = r->turned ? 0 : own[i];
    for (int k = 0; k < 3 && r->turned; k++)
      if (turn[i][k] != 0) r->half[i] += fabs(turn[i][k]) * own[k];
  }
}

bool h9_mask_inside(const h9_mask_ready *r, const double d[3]) {
  const double *a = r->m->arg;
  double p[3] = {d[0], d[1], d[2]};
  if (r->turned) { /* into the mask's frame: back by azimuth about z, then by the polar angle about y */
    double x = d[0] * r->ca + d[1] * r->sa;
    p[1] = d[1] * r->ca - d[0] * r->sa;
    p[0] = x * r->cp - d[2] * r->sp;
    p[2] = x * r->sp + d[2] * r->cp;
  }
  double d2 = 0;
  switch (r->m->type) {
  case H9_MASK_SPHERE:
  case H9_MASK_DOUGHNUT:
    for (int i = 0; i < r->dimensions; i++) d2 += p[i] * p[i];
    return r->m->type == H9_MASK_SPHERE ? d2 <= a[0] * a[0] : d2 <= a[1] * a[1] && d2 > a[0] * a[0];
  case H9_MASK_BOX:
    for (int i = 0; i < r->dimensions; i++)
      if (p[i] < r->low[i] || p[i] > r->high[i]) return false;
    return true;
  case H9_MASK_ELLIPSOID:
    for (int i = 0; i < r->dimensions; i++) d2 += p[i] * p[i] * 4 / (a[i] * a[i]);
    return d2 <= 1;
  default:
    return true;
  }
}

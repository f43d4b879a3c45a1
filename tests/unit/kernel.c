/* Kernels and masks against their formulas in libm and against points worked out by hand. */
#include "netkit.h"

#include "../../libcore/model/kernel.h"

static double value(int type, double a0, double a1, double a2, double a3, double a4, double d, double dx,
                    double dy) {
  h9_kernel k = {.type = (uint8_t)type, .scale = 1, .arg = {a0, a1, a2, a3, a4}, .cutoff = INFINITY};
  h9_kernel_ready r;
  h9_kernel_prepare(&r, &k);
  return h9_kernel_value(&r, d, (double[3]){dx, dy, 0}, (double[3]){0});
}
static double reach_of(int type, double a0, double a1) {
  h9_kernel k = {.type = (uint8_t)type, .scale = 1, .arg = {a0, a1}, .cutoff = INFINITY};
  h9_kernel_ready r;
  h9_kernel_prepare(&r, &k);
  return r.reach_cut;
}
static bool inside(h9_mask m, int dimensions, double x, double y, double z) {
  h9_mask_ready r;
  h9_mask_prepare(&r, &m, dimensions);
  bool in = h9_mask_inside(&r, (double[3]){x - r.centre[0], y - r.centre[1], z - r.centre[2]});
  double far = hypot(hypot(x - r.centre[0], y - r.centre[1]), dimensions > 2 ? z - r.centre[2] : 0);
  if (in && far > r.reach * (1 + 1e-12)) ok(0, "reach %g holds a point at %g", r.reach, far);
  return in;
}

int main(void) {
  double worst = 0;
  for (double d = 0; d < 500; d += 1.7) {
#define WORST(got, want) worst = fmax(worst, fabs((got) - (want)) / (1e-12 + fabs(want)))
    WORST(value(H9_KERNEL_GAUSSIAN, 80, 30, 0, 0, 0, d, 0, 0), exp(-(d - 30) * (d - 30) / (2 * 80 * 80)));
    WORST(value(H9_KERNEL_EXPONENTIAL, 90, 0, 0, 0, 0, d, 0, 0), exp(-d / 90));
    if (d > 0)
      WORST(value(H9_KERNEL_GAMMA, 2.5, 40, 0, 0, 0, d, 0, 0),
            pow(d, 1.5) * exp(-d / 40) / (pow(40, 2.5) * tgamma(2.5)));
    WORST(value(H9_KERNEL_LINEAR, 300, 0, 0, 0, 0, d, 0, 0), fmax(0, 1 - d / 300));
    WORST(value(H9_KERNEL_STEP, 300, 0, 0, 0, 0, d, 0, 0), d <= 300 ? 1.0 : 0.0);
    double dx = d * cos(0.3), dy = d * sin(0.3), th = 0.7, u = dx * cos(th) + dy * sin(th),
           v = -dx * sin(th) + dy * cos(th);
    WORST(value(H9_KERNEL_GABOR, 100, 150, th, 0.4, 0.8, d, dx, dy),
          fmax(0, cos(2 * 3.14159265358979323846 * v / 150 + 0.4)) *
              exp(-(0.64 * u * u + v * v) / (2 * 100 * 100)));
  }
  ok(worst < 1e-9, "kernels equal their formulas in libm (worst relative difference %.2g)", worst);
  near(value(H9_KERNEL_GAUSSIAN, 1, 0, 0, 0, 0, reach_of(H9_KERNEL_GAUSSIAN, 1, 0), 0, 0), 1e-6, 1e-15,
       "gaussian at its cut");
  near(value(H9_KERNEL_EXPONENTIAL, 7, 0, 0, 0, 0, reach_of(H9_KERNEL_EXPONENTIAL, 7, 0), 0, 0), 1e-6, 1e-15,
       "exponential at its cut");
  near(value(H9_KERNEL_GAMMA, 3, 20, 0, 0, 0, reach_of(H9_KERNEL_GAMMA, 3, 20), 0, 0) /
           value(H9_KERNEL_GAMMA, 3, 20, 0, 0, 0, 40, 0, 0),
       1e-6, 1e-13, "gamma at its cut, beside its largest value");

  h9_mask m = {.type = H9_MASK_SPHERE, .arg = {5}};
  ok(inside(m, 3, 3, 4, 0) && !inside(m, 3, 3, 4, 0.1) && inside(m, 2, 3, 4, 9),
     "sphere: border included; a disk in two dimensions");
  m.anchor[0] = 10;
  ok(inside(m, 3, 15, 0, 0) && inside(m, 3, 5, 0, 0) && !inside(m, 3, 4.9, 0, 0), "anchored sphere");
  m = (h9_mask){.type = H9_MASK_DOUGHNUT, .arg = {3, 5}};
  ok(!inside(m, 2, 3, 0, 0) && inside(m, 2, 3.001, 0, 0) && inside(m, 2, 5, 0, 0) &&
         !inside(m, 2, 5.001, 0, 0),
     "doughnut: inner border left out, outer included");
  m = (h9_mask){.type = H9_MASK_BOX, .arg = {-1, -2, -3, 1, 2, 3}};
  ok(inside(m, 3, 1, 2, 3) && inside(m, 3, -1, -2, -3) && !inside(m, 3, 1.01, 0, 0), "box: corners included");
  m.azimuth = 1.5707963267948966;
  ok(inside(m, 3, 1.99, 0.99, 0) && !inside(m, 3, 0.99, 1.01, 0),
     "box turned by 90 degrees about z: x and y exchanged");
  m = (h9_mask){.type = H9_MASK_BOX, .arg = {-1, -2, -3, 1, 2, 3}, .polar = 1.5707963267948966};
  ok(inside(m, 3, 2.99, 0, 0.99) && !inside(m, 3, 0, 0, 1.01), "box tilted by 90 degrees: z along x");
  m = (h9_mask){.type = H9_MASK_BOX, .arg = {0, 0, 0, 4, 2, 2}, .azimuth = 1.5707963267948966};
  ok(inside(m, 2, 2.9, 2.9, 0) && !inside(m, 2, 3.9, 1, 0), "a box turns about its own centre");
  m = (h9_mask){.type = H9_MASK_BOX, .arg = {-1, 2, -INFINITY, 1, 4, INFINITY}};
  ok(inside(m, 3, 0, 3, 1e9) && !inside(m, 3, 0, 4.1, 0) && !inside(m, 3, 1.1, 3, 0),
     "a box without end along z");
  m = (h9_mask){.type = H9_MASK_ELLIPSOID, .arg = {6, 4, 2}};
  ok(inside(m, 3, 3, 0, 0) && inside(m, 3, 0, 2, 0) && inside(m, 3, 0, 0, 1) && !inside(m, 3, 2.9, 1, 0),
     "ellipsoid: full axes 6, 4, 2");
  m.azimuth = 0.78539816339744831;
  ok(inside(m, 3, 2.12, 2.12, 0) && !inside(m, 3, 2.12, -2.12, 0),
     "ellipsoid turned by 45 degrees: long axis between x and y");
  return done();
}

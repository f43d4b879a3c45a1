/* The kernels of wide inputs, compiled once a level: define KERNELS before including. */
#include "real.h"
#include "wide_kernel.h"

enum { BLOCK = 16 };

static void send(const double *weight, const uint16_t *target, uint32_t n, double factor, double scale, int64_t *in,
                 size_t negative) {
  for (uint32_t at = 0; at < n; at += BLOCK) {
    uint32_t m = n - at < BLOCK ? n - at : BLOCK;
    const double *own = weight + at;
    const uint16_t *to = target + at;
    int64_t quanta[BLOCK];
    if (m == BLOCK) {
      H9_VECTOR
      for (int i = 0; i < BLOCK; i++) {
        double v = factor * own[i] * scale;
        quanta[i] = (int64_t)(v + (v < 0 ? -0.5 : 0.5));
      }
      for (int i = 0; i < BLOCK; i++) in[to[i] + (quanta[i] < 0 ? negative : 0)] += quanta[i];
      continue;
    }
    for (uint32_t i = 0; i < m; i++) {
      double v = factor * own[i] * scale;
      int64_t q = (int64_t)(v + (v < 0 ? -0.5 : 0.5));
      in[to[i] + (q < 0 ? negative : 0)] += q;
    }
  }
}

static void take_float(int64_t *wide, uint32_t n, double unit, const float *base, float *out) {
  H9_VECTOR
  for (uint32_t i = 0; i < n; i++) {
    out[i] = base[i] + (float)((double)wide[i] * unit);
    wide[i] = 0;
  }
}

static void take_double(int64_t *wide, uint32_t n, double unit, const double *base, double *out) {
  H9_VECTOR
  for (uint32_t i = 0; i < n; i++) {
    out[i] = base[i] + (double)wide[i] * unit;
    wide[i] = 0;
  }
}

const h9_wide_kernels KERNELS = {send, take_float, take_double};

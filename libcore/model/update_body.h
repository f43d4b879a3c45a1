/* What the update kernels of all models and levels share. A level's file defines LEVEL (its name), and
 * VECTOR_OR(x), a directive for a loop that ORs into x, and includes a model's body. A body is written once
 * as an always-inlined function grain(u, from, n, receptors, columns) of at most a grain of neurons;
 * DEFINE_SET makes the four kernels from it. */
#ifndef H9_MODEL_UPDATE_BODY_H
#define H9_MODEL_UPDATE_BODY_H

#include "cells.h"

#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
#define BODY static inline __attribute__((always_inline)) bool
#define aligned(p) __builtin_assume_aligned(p, 64)

#define DEFINE_KERNEL(name, receptors, columns)                                                              \
  static bool name(const h9_update *u) {                                                                     \
    bool any = false;                                                                                        \
    uint32_t from = 0, n = u->n;                                                                             \
    for (; n - from >= H9_TILE_GRAIN; from += H9_TILE_GRAIN)                                                 \
      any |= u->fired[from / H9_TILE_GRAIN] = grain(u, from, H9_TILE_GRAIN, receptors, columns);             \
    for (uint32_t at = from; at < n; at += H9_SLOT_ALIGN) {                                                  \
      bool here = grain(u, at, H9_SLOT_ALIGN, receptors, columns);                                           \
      u->fired[from / H9_TILE_GRAIN] = (at > from && u->fired[from / H9_TILE_GRAIN]) || here;                \
      any |= here;                                                                                           \
    }                                                                                                        \
    return any;                                                                                              \
  }
#define DEFINE_SET(name)                                                                                     \
  DEFINE_KERNEL(one_constant, 1, 0)                                                                          \
  DEFINE_KERNEL(one_column, 1, 1)                                                                            \
  DEFINE_KERNEL(two_constant, 2, 0)                                                                          \
  DEFINE_KERNEL(two_column, 2, 1)                                                                            \
  const h9_update_set PASTE(name, LEVEL) = {{one_constant, one_column}, {two_constant, two_column}};

/* Currents and potentials that faded this far are zero: nothing that is seen depends on them, and numbers
 * without leading bits would slow every later step. NaN stays. */
static inline float settle(float x) { return __builtin_fabsf(x) < 1e-15f ? 0.0f : x; }

#endif

/* What the update kernels of all models and levels share. A level's file defines LEVEL (its name) and VECTOR (a loop
 * directive) and includes a model's body. A body is written once as an always-inlined function
 * of (u, receptors, columns), from which DEFINE_SET makes the four kernels. */
#ifndef H9_MODEL_UPDATE_BODY_H
#define H9_MODEL_UPDATE_BODY_H

#include "cells.h"

#include <string.h>

#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
#define BODY static inline __attribute__((always_inline)) bool

#define DEFINE_SET(name)                                                                            \
  static bool one_constant(const h9_update *u) { return body(u, 1, 0); }                            \
  static bool one_column(const h9_update *u) { return body(u, 1, 1); }                              \
  static bool two_constant(const h9_update *u) { return body(u, 2, 0); }                            \
  static bool two_column(const h9_update *u) { return body(u, 2, 1); }                              \
  const h9_update_set PASTE(name, LEVEL) = {{one_constant, one_column}, {two_constant, two_column}};


/* Currents and potentials that faded this far are zero: nothing that is seen depends on them, and numbers without
 * leading bits would slow every later step. */
static inline float settle(float x) { return __builtin_fabsf(x) < 1e-15f ? 0.0f : x; }

static inline bool any_byte(const uint8_t *b, uint32_t n) {
  uint64_t any = 0;
  for (uint32_t i = 0; i < n; i += 8) {
    uint64_t w;
    memcpy(&w, b + i, 8);
    any |= w;
  }
  return any != 0;
}

#endif

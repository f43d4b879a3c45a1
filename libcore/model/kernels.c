/* The kernels of one model at one SIMD level: compiled once for each, with H9_MODEL (its name), H9_STEP_FILE
 * (where its step is) and H9_LEVEL given by the build. */
#define H9_REAL double
#define H9_REAL_DOUBLE
#include H9_STEP_FILE
#undef H9_REAL
#undef H9_REAL_DOUBLE
#define H9_REAL float
#include H9_STEP_FILE

#define NAME_(model, level) h9_##model##_##level
#define NAME(model, level) NAME_(model, level)

extern const h9_update_set NAME(H9_MODEL, H9_LEVEL);
const h9_update_set NAME(H9_MODEL, H9_LEVEL) = H9_KERNEL_SET(H9_LEVEL);

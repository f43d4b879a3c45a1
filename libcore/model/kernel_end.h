/* The kernels of one model and precision, around the step defined since kernel_begin.h; then forgets all names,
 * so that the next precision can follow. H9_KERNEL_SET gathers them. */

#define H9_STATE_IN(name) real *restrict name##_ = __builtin_assume_aligned((real *)u->state[k_++] + from, 64);
#define H9_COEF_IN(name)                                                                                     \
  const real *restrict name##_ =                                                                             \
      __builtin_assume_aligned((const real *)u->coef[k_++] + (columns ? from : 0), columns ? 64 : 4);
#define H9_STATE_GET(name) s.name = name##_[i];
#define H9_STATE_PUT(name) name##_[i] = s.name;
#define H9_STATE_KEEP(name) name##_[i] = hard ? name##_[i] : s.name;
#define H9_STATE_NARROW(name) name##_[i] = (real)s.name;
#define H9_COEF_ZERO(name) c.name = *name##_;
#define H9_COEF_ONE(name) c0.name = *name##_;
#define H9_COEF_GET(name) c.name = name##_[i];

/* n neurons, at most a grain; what the neurons of the grain did, or'ed. */
static inline __attribute__((always_inline)) int H9_OF(h9_grain)(const h9_update *u, uint32_t from, uint32_t n,
                                                                 const int receptors, const int columns) {
  int k_ = 0;
  H9_STATES(H9_STATE_IN)
  k_ = 0;
  H9_COEFS(H9_COEF_IN)
  (void)k_;
  int32_t *restrict in0 = __builtin_assume_aligned(u->in[0] + from, 64);
  int32_t *restrict in1 = __builtin_assume_aligned((receptors > 1 ? u->in[1] : u->in[0]) + from, 64);
  const real *restrict extra0 = __builtin_assume_aligned((const real *)u->extra[0] + from, 64);
  const real *restrict extra1 = __builtin_assume_aligned((const real *)u->extra[1] + from, 64);
  const real *restrict currents =
      __builtin_assume_aligned((const real *)(columns ? u->currents : u->extra[0]) + from, 64);
  real quantum = (real)u->quantum, current = (real)u->current;
  h9_coef c0 = {.unused_ = 0};
  if (!columns) {
    H9_COEFS(H9_COEF_ONE)
  }
  int32_t any = 0;
#if defined H9_PRECISE || defined H9_MARKS
  uint8_t *restrict mark = u->mark + from;
#endif
  H9_VECTOR_OR(any) for (uint32_t i = 0; i < n; i++) {
    h9_state s;
    h9_coef c = c0;
    h9_input in;
    H9_STATES(H9_STATE_GET)
    if (columns) {
      H9_COEFS(H9_COEF_GET)
    }
    in.ex = (real)in0[i] * quantum + extra0[i];
    in.in = receptors > 1 ? (real)in1[i] * quantum + extra1[i] : 0;
    in.current = columns ? currents[i] : current;
    int32_t did = h9_step(&s, &c, &in, receptors);
    any |= did;
#ifdef H9_PRECISE
    bool hard = did >= H9_HARD;
    H9_STATES(H9_STATE_KEEP)
#else
    H9_STATES(H9_STATE_PUT)
    in0[i] = 0;
    if (receptors > 1) in1[i] = 0;
#endif
#if defined H9_PRECISE || defined H9_MARKS
    mark[i] = (uint8_t)did;
#endif
  }
#ifdef H9_PRECISE
  if (any >= H9_HARD) {
    any &= H9_HARD - 1;
    for (uint32_t i = 0; i < n; i++) {
      if (mark[i] < H9_HARD) continue;
      h9_state_of_double s = {.unused_ = 0};
      h9_coef_of_double c = {.unused_ = 0};
      h9_input_of_double in;
      H9_STATES(H9_STATE_GET)
      if (columns) {
        H9_COEFS(H9_COEF_GET)
      } else {
        H9_COEFS(H9_COEF_ZERO)
      }
      in.ex = (double)in0[i] * (double)quantum + (double)extra0[i];
      in.in = receptors > 1 ? (double)in1[i] * (double)quantum + (double)extra1[i] : 0;
      in.current = (double)(columns ? currents[i] : current);
      int did = H9_PASTE(h9_precise_, H9_LEVEL, double)(&s, &c, &in, receptors);
      H9_STATES(H9_STATE_NARROW)
      mark[i] = (uint8_t)did;
      any |= did;
    }
  }
  __builtin_memset(in0, 0, n * sizeof *in0);
  if (receptors > 1) __builtin_memset(in1, 0, n * sizeof *in1);
#endif
  return any;
}

#define H9_KERNEL(name, receptors, columns)                                                                  \
  static bool H9_OF(name)(const h9_update *u) {                                                              \
    bool any = false;                                                                                        \
    uint32_t from = 0, n = u->n;                                                                             \
    for (; n - from >= H9_TILE_GRAIN; from += H9_TILE_GRAIN) {                                               \
      bool here = H9_OF(h9_grain)(u, from, H9_TILE_GRAIN, receptors, columns) != 0;                          \
      u->fired[from / H9_TILE_GRAIN] = here;                                                                 \
      any |= here;                                                                                           \
    }                                                                                                        \
    for (uint32_t at = from; at < n; at += H9_SLOT_ALIGN) {                                                  \
      bool here = H9_OF(h9_grain)(u, at, H9_SLOT_ALIGN, receptors, columns) != 0;                            \
      u->fired[from / H9_TILE_GRAIN] = (at > from && u->fired[from / H9_TILE_GRAIN]) || here;                \
      any |= here;                                                                                           \
    }                                                                                                        \
    return any;                                                                                              \
  }
H9_KERNEL(h9_one_constant, 1, 0)
H9_KERNEL(h9_one_column, 1, 1)
#ifndef H9_ONE_RECEPTOR
H9_KERNEL(h9_two_constant, 2, 0)
H9_KERNEL(h9_two_column, 2, 1)
#else /* never called */
static bool H9_OF(h9_two_constant)(const h9_update *u) { return H9_OF(h9_one_constant)(u); }
static bool H9_OF(h9_two_column)(const h9_update *u) { return H9_OF(h9_one_column)(u); }
#endif

#undef H9_ONE_RECEPTOR
#undef H9_MARKS
#undef H9_PRECISE
#undef H9_KERNEL
#undef H9_COEF_GET
#undef H9_COEF_ONE
#undef H9_COEF_ZERO
#undef H9_STATE_NARROW
#undef H9_STATE_KEEP
#undef H9_STATE_PUT
#undef H9_STATE_GET
#undef H9_COEF_IN
#undef H9_STATE_IN
#undef h9_precise
#undef h9_step
#undef h9_input
#undef h9_coef
#undef h9_state
#undef real
#undef settle
#undef exponential
#undef H9_PASTE2
#undef H9_PASTE2_
#undef H9_FIELD
#undef H9_HARD
#undef H9_SPIKE
#undef H9_OF
#undef H9_PASTE
#undef H9_PASTE_
#undef H9_COEFS
#undef H9_STATES

/* The kernels of one model and precision, around the step defined since kernel_begin.h; then forgets all names,
 * so that the next precision can follow. H9_KERNEL_SET gathers them. */

#define h9_columns H9_OF(h9_columns_)
#define H9_COLUMN(name) real *name;
#define H9_COLUMN_CONST(name) const real *name;
#define H9_STATE_AIM(name) a.s.name = __builtin_assume_aligned((real *)u->state[k++] + from, 64);
#define H9_COEF_AIM(name) a.c.name = (const real *)u->coef[k++] + (columns ? from : 0);
#define H9_STATE_GET(name) s.name = a->s.name[i];
#define H9_STATE_PUT(name) a->s.name[i] = s.name;
#define H9_STATE_KEEP(name) a->s.name[i] = hard ? a->s.name[i] : s.name;
#define H9_STATE_NARROW(name) a->s.name[i] = (real)s.name;
#define H9_COEF_GET(name) c.name = a->c.name[columns ? i : 0];
#define H9_COEF_ONE(name) a.one.name = *a.c.name;

/* Where a grain's numbers are. */
typedef struct {
  struct {
    H9_STATES(H9_COLUMN) real *unused_;
  } s;
  struct {
    H9_COEFS(H9_COLUMN_CONST) const real *unused_;
  } c;
  h9_coef one; /* the coefficients where they are the same for all */
  int32_t *in0, *in1;
  const real *extra0, *extra1, *currents;
  real quantum, current;
  int32_t *did; /* what each neuron of the grain did */
} h9_columns;

/* The input of neuron i. */
#define H9_INPUT(type)                                                                                       \
  in.ex = (type)a->in0[i] * (type)a->quantum + (type)a->extra0[i];                                            \
  in.in = receptors > 1 ? (type)a->in1[i] * (type)a->quantum + (type)a->extra1[i] : 0;                        \
  in.current = (type)(columns ? a->currents[i] : a->current)

/* The step of neuron i. A function of its own, so that the loop's vectorizer sees no addresses taken. */
H9_INLINE int H9_OF(h9_neuron)(const h9_columns *a, uint32_t i,
                                                                  const int receptors, const int columns) {
  h9_state s;
  h9_coef c = a->one;
  h9_input in;
  H9_STATES(H9_STATE_GET)
  if (columns) {
    H9_COEFS(H9_COEF_GET)
  }
  H9_INPUT(real);
  int did = h9_step(&s, &c, &in, receptors);
#ifdef H9_PRECISE
  bool hard = did >= H9_HARD;
  H9_STATES(H9_STATE_KEEP)
#else
  H9_STATES(H9_STATE_PUT)
  a->in0[i] = 0;
  if (receptors > 1) a->in1[i] = 0;
#endif
#if defined H9_PRECISE || defined H9_MARKS
  a->did[i] = did;
#endif
  return did;
}

#ifdef H9_PRECISE
/* The same with more care. */
static int H9_OF(h9_neuron_precise)(const h9_columns *a, uint32_t i, const int receptors, const int columns) {
  h9_state_of_double s = {.unused_ = 0};
  h9_coef_of_double c = {.unused_ = 0};
  h9_input_of_double in;
  H9_STATES(H9_STATE_GET)
  H9_COEFS(H9_COEF_GET)
  H9_INPUT(double);
  int did = H9_PASTE(h9_precise_, H9_LEVEL, double)(&s, &c, &in, receptors);
  H9_STATES(H9_STATE_NARROW)
  a->did[i] = did;
  return did;
}
#endif

/* n neurons, at most a grain; what the neurons of the grain did, or'ed. */
H9_INLINE int H9_OF(h9_grain)(const h9_update *u, uint32_t from, uint32_t n,
                                                                 const int receptors, const int columns) {
  h9_columns a;
  int k = 0;
  H9_STATES(H9_STATE_AIM)
  k = 0;
  H9_COEFS(H9_COEF_AIM)
  (void)k;
  a.one = (h9_coef){.unused_ = 0};
  if (!columns) {
    H9_COEFS(H9_COEF_ONE)
  }
  a.in0 = __builtin_assume_aligned(u->in[0] + from, 64);
  a.in1 = __builtin_assume_aligned((receptors > 1 ? u->in[1] : u->in[0]) + from, 64);
  a.extra0 = __builtin_assume_aligned((const real *)u->extra[0] + from, 64);
  a.extra1 = __builtin_assume_aligned((const real *)u->extra[1] + from, 64);
  a.currents = columns ? (const real *)u->currents + from : a.extra0;
  a.quantum = (real)u->quantum;
  a.current = (real)u->current;
#if defined H9_PRECISE || defined H9_MARKS
  _Alignas(64) int32_t did[H9_TILE_GRAIN];
  a.did = did;
#endif
  /* Whole vectors, which the compiler can see: the step is there once, and not again for a remainder. */
  const uint32_t whole = (n + H9_SLOT_ALIGN - 1) / H9_SLOT_ALIGN * H9_SLOT_ALIGN;
  int any = 0;
  H9_VECTOR_OR(any) for (uint32_t i = 0; i < whole; i++) any |= H9_OF(h9_neuron)(&a, i, receptors, columns);
#ifdef H9_PRECISE
  if (any >= H9_HARD) {
    any &= H9_HARD - 1;
    for (uint32_t i = 0; i < n; i++)
      if (did[i] >= H9_HARD) any |= H9_OF(h9_neuron_precise)(&a, i, receptors, columns);
  }
  __builtin_memset(a.in0, 0, n * sizeof *a.in0);
  if (receptors > 1) __builtin_memset(a.in1, 0, n * sizeof *a.in1);
#endif
#ifdef H9_MARKS
  for (uint32_t i = 0; any && i < n; i++) u->mark[from + i] = (uint8_t)did[i];
#endif
  return any;
}

#define H9_KERNEL(name, receptors, columns)                                                                  \
  static bool H9_OF(name)(const h9_update *u) {                                                              \
    bool any = false;                                                                                        \
    for (uint32_t from = 0; from < u->n; from += H9_TILE_GRAIN) {                                            \
      uint32_t n = u->n - from < H9_TILE_GRAIN ? u->n - from : H9_TILE_GRAIN;                                \
      u->fired[from / H9_TILE_GRAIN] = H9_OF(h9_grain)(u, from, n, receptors, columns) != 0;                 \
      any |= u->fired[from / H9_TILE_GRAIN];                                                                 \
    }                                                                                                        \
    return any;                                                                                              \
  }
/* A form that is never called, for a model has either one receptor or two. */
#define H9_KERNEL_NONE(name)                                                                                 \
  static bool H9_OF(name)(const h9_update *u) {                                                              \
    (void)u;                                                                                                 \
    return false;                                                                                            \
  }
#ifdef H9_TWO_RECEPTORS
H9_KERNEL_NONE(h9_one_constant)
H9_KERNEL_NONE(h9_one_column)
#else
H9_KERNEL(h9_one_constant, 1, 0)
H9_KERNEL(h9_one_column, 1, 1)
#endif
#ifdef H9_ONE_RECEPTOR
H9_KERNEL_NONE(h9_two_constant)
H9_KERNEL_NONE(h9_two_column)
#else
H9_KERNEL(h9_two_constant, 2, 0)
H9_KERNEL(h9_two_column, 2, 1)
#endif

#undef H9_KERNEL_NONE
#undef H9_TWO_RECEPTORS
#undef H9_ONE_RECEPTOR
#undef H9_MARKS
#undef H9_PRECISE
#undef H9_KERNEL
#undef H9_INPUT
#undef H9_COEF_ONE
#undef H9_COEF_GET
#undef H9_STATE_NARROW
#undef H9_STATE_KEEP
#undef H9_STATE_PUT
#undef H9_STATE_GET
#undef H9_COEF_AIM
#undef H9_STATE_AIM
#undef H9_COLUMN_CONST
#undef H9_COLUMN
#undef h9_columns
#undef h9_precise
#undef h9_step
#undef h9_input
#undef h9_coef
#undef h9_state
#undef real
#undef settle
#undef exponential
#undef logarithm
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

/* The loop that large networks are built in: connections of one owner to uniformly drawn partners,
 * values from tables. One implementation a SIMD level, all with the same records. */
#ifndef H9_MODEL_DRAWS_KERNEL_H
#define H9_MODEL_DRAWS_KERNEL_H

#include "rules.h"

h9_draws_fill h9_draws_fill_scalar;
h9_draws_pairs h9_draws_pairs_scalar;
#ifdef __x86_64__
h9_draws_fill h9_draws_fill_sse, h9_draws_fill_avx2, h9_draws_fill_avx512;
h9_draws_pairs h9_draws_pairs_sse, h9_draws_pairs_avx2, h9_draws_pairs_avx512;
#endif

#endif

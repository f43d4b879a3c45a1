#include "draws_kernel.h"

#include "../base/cpu.h"

int h9_draws_choose(h9_draws_set *set, h9_error *e) {
  enum h9_simd level;
  int rc = h9_simd_choose(&level, e);
  *set = (h9_draws_set){h9_draws_fill_scalar, h9_draws_pairs_scalar};
  if (rc != H9_OK) return rc;
#ifdef __x86_64__
  const h9_draws_set at[H9_SIMD_LEVELS] = {
      {h9_draws_fill_scalar, h9_draws_pairs_scalar},
      {h9_draws_fill_sse, h9_draws_pairs_sse},
      {h9_draws_fill_avx2, h9_draws_pairs_avx2},
      {h9_draws_fill_avx512, h9_draws_pairs_avx512},
  };
  *set = at[level];
#endif
  return H9_OK;
}

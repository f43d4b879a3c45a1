/* What the Poisson kernels of all levels share. */
#ifndef H9_MODEL_POISSON_KERNEL_H
#define H9_MODEL_POISSON_KERNEL_H

#include "poisson.h"

/* Marks the counter of a draw of further bits. */
#define H9_POISSON_MORE UINT32_C(0x80000000)

/* The count, from the top 16 bits of U and 32 more. */
uint32_t h9_poisson_refine(const h9_poisson *p, uint64_t step, uint32_t index, uint32_t part, uint16_t top);

void h9_poisson_scalar(const h9_poisson *, uint64_t, uint32_t, uint32_t, float, float *);
void h9_poisson_sse(const h9_poisson *, uint64_t, uint32_t, uint32_t, float, float *);
void h9_poisson_avx2(const h9_poisson *, uint64_t, uint32_t, uint32_t, float, float *);
void h9_poisson_avx512(const h9_poisson *, uint64_t, uint32_t, uint32_t, float, float *);

#endif

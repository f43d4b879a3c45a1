/* What the processor can do, and how many threads to use. */
#ifndef H9_BASE_CPU_H
#define H9_BASE_CPU_H

#include "status.h"

enum h9_simd { H9_SIMD_SCALAR, H9_SIMD_SSE, H9_SIMD_AVX2, H9_SIMD_AVX512, H9_SIMD_LEVELS };

/* The highest level that processor and operating system support, lowered by HAL9_SIMD
 * (scalar|sse|avx2|avx512); a level named there that is unknown or unsupported is H9_EUSAGE. */
int h9_simd_choose(enum h9_simd *level, h9_error *e) H9_UNUSED_RESULT;
const char *h9_simd_name(enum h9_simd level);
/* Processors this process may run on (affinity and cgroup quota considered), at least 1. */
int h9_cpu_count(void);

#endif

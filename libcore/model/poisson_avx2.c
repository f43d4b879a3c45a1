#include "poisson_kernel.h"

#ifdef __x86_64__
#define KERNEL h9_poisson_avx2
#define VECTOR _Pragma("omp simd")
#include "poisson_body.h"
#endif

#include "poisson_kernel.h"

#ifdef __x86_64__
#define KERNEL h9_poisson_sse
#define VECTOR _Pragma("omp simd")
#include "poisson_body.h"
#endif

#include "draws_kernel.h"

#ifdef __x86_64__
#define LEVEL avx512
#define VECTOR _Pragma("omp simd")
#include "draws_body.h"
#endif

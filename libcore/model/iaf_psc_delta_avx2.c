#include "iaf_psc_delta_kernel.h"

#ifdef __x86_64__
#define LEVEL avx2
#define VECTOR _Pragma("omp simd")
#include "iaf_psc_delta_body.h"
#endif

#include "iaf_psc_exp_kernel.h"

#ifdef __x86_64__
#define LEVEL avx512
#define VECTOR _Pragma("omp simd")
#include "iaf_psc_exp_body.h"
#endif

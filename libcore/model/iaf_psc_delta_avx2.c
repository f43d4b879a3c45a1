#include "iaf_psc_delta_kernel.h"

#ifdef __x86_64__
#define LEVEL avx2
#define STRING(x) #x
#define VECTOR_OR(x) _Pragma(STRING(omp simd reduction(| : x)))
#include "iaf_psc_delta_body.h"
#endif

#ifdef __x86_64__
#define SET h9_near_sse
#define VECTOR_BYTES 16
#define STRING(x) #x
#define VECTOR_SUM(x) _Pragma(STRING(omp simd reduction(+ : x)))
#define VECTOR_SUM2(x, y) _Pragma(STRING(omp simd reduction(+ : x, y)))
#define VECTOR_OR(x) _Pragma(STRING(omp simd reduction(| : x)))
#include "grid_body.h"
#endif

#ifdef __x86_64__
#define SET h9_near_sse
#define STRING(x) #x
#define VECTOR_SUM(x) _Pragma(STRING(omp simd reduction(+ : x)))
#include "grid_body.h"
#endif

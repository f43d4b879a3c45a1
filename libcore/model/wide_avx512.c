#ifdef __x86_64__
#define KERNELS h9_wide_avx512
#include "wide_body.h"
#endif

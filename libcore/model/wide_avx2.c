#ifdef __x86_64__
#define KERNELS h9_wide_avx2
#include "wide_body.h"
#endif

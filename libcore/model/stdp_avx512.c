#ifdef __x86_64__
#define KERNELS h9_stdp_avx512
#include "stdp_body.h"
#endif

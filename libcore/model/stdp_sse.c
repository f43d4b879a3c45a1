#ifdef __x86_64__
#define KERNELS h9_stdp_sse
#include "stdp_body.h"
#endif

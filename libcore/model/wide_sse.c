#ifdef __x86_64__
#define KERNELS h9_wide_sse
#include "wide_body.h"
#endif

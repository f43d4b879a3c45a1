#define COND_ALPHA
#include "cond_body.h"
#undef COND_ALPHA

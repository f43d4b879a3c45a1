#define LEVEL scalar
#define VECTOR_OR(x)
#include "iaf_psc_delta_body.h"

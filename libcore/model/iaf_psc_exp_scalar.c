#define LEVEL scalar
#define VECTOR_OR(x)
#include "iaf_psc_exp_body.h"

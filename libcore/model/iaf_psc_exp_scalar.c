#define LEVEL scalar
#define VECTOR
#include "iaf_psc_exp_body.h"

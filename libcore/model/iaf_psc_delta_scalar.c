#define LEVEL scalar
#define VECTOR
#include "iaf_psc_delta_body.h"

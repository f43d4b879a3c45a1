#define KERNEL h9_poisson_scalar
#define VECTOR
#include "poisson_body.h"

#define KERNEL h9_draws_fill_scalar
#define VECTOR
#include "draws_body.h"

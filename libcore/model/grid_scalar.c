#define SET h9_near_scalar
#define VECTOR_SUM(x)
#include "grid_body.h"

#define SET h9_near_scalar
#define VECTOR_BYTES 16
#define VECTOR_SUM(x)
#define VECTOR_SUM2(x, y)
#define VECTOR_OR(x)
#include "grid_body.h"

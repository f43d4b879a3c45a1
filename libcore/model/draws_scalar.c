#define LEVEL scalar
#define VECTOR
#include "draws_body.h"

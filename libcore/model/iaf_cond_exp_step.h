#include "cond_body.h"

#define AEIF_CURRENTS
#include "aeif_body.h"
#undef AEIF_CURRENTS

#include "aeif_body.h"

#ifndef H9_MODEL_IAF_PSC_DELTA_KERNEL_H
#define H9_MODEL_IAF_PSC_DELTA_KERNEL_H

#include "cells.h"

/* Coefficients: LEAK exp(-h/tau_m) - 1; FROM_E mV per pA of constant current; REST FROM_E * I_e; THETA, RESET
 * and FLOOR (V_min) relative to E_L. */
enum { DELTA_LEAK, DELTA_FROM_E, DELTA_REST, DELTA_THETA, DELTA_RESET, DELTA_FLOOR, DELTA_COEFS };

extern const h9_update_set h9_iaf_psc_delta_scalar, h9_iaf_psc_delta_sse, h9_iaf_psc_delta_avx2,
    h9_iaf_psc_delta_avx512;

#endif

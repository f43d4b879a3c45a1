#ifndef H9_MODEL_IAF_PSC_EXP_KERNEL_H
#define H9_MODEL_IAF_PSC_EXP_KERNEL_H

#include "cells.h"

/* Coefficients, with h the step:
 * LEAK exp(-h/tau_m) - 1; FROM_EX, FROM_IN mV per pA of a synaptic current at the start of the step;
 * DECAY_EX, DECAY_IN exp(-h/tau_syn); FROM_E mV per pA of constant current; REST FROM_E * I_e; THETA, RESET
 * relative to E_L. */
enum {
  EXP_LEAK,
  EXP_FROM_EX,
  EXP_FROM_IN,
  EXP_DECAY_EX,
  EXP_DECAY_IN,
  EXP_FROM_E,
  EXP_REST,
  EXP_THETA,
  EXP_RESET,
  EXP_COEFS
};

extern const h9_update_set h9_iaf_psc_exp_scalar, h9_iaf_psc_exp_sse, h9_iaf_psc_exp_avx2,
    h9_iaf_psc_exp_avx512;

#endif

/* Where the time of a simulation went, as text. */
#ifndef H9_WHOLE_PROFILE_H
#define H9_WHOLE_PROFILE_H

#include "../base/bandwidth.h"
#include "sim.h"

#include <stdio.h>

typedef struct h9_profile {
  h9_sim_stats stats;
  uint32_t neurons;
  h9_step steps;
  double dt, load_s;     /* ms; seconds until the first step */
  uint64_t peak_rss;     /* bytes */
  h9_bandwidth measured; /* the machine's; 0: not known */
} h9_profile;

void h9_profile_print(FILE *f, const h9_profile *p);

#endif

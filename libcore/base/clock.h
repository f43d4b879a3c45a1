/* Wall clock for phase timers; never reaches results. */
#ifndef H9_BASE_CLOCK_H
#define H9_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t h9_clock_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

#endif

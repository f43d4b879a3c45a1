/* Widths, limits and "none" values of the toolkit, named once. */
#ifndef H9_BASE_TYPES_H
#define H9_BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A neuron's id: 1 .. H9_ID_MAX over the whole network, contiguous inside a population. */
typedef uint32_t h9_id;
#define H9_ID_NONE UINT32_C(0)
#define H9_ID_MAX UINT32_C(0xfffffffe)

/* Simulated time as a count of steps of dt. 2^62 steps of 0.1 ms are 1.4e10 years. */
typedef int64_t h9_step;

/* A synaptic delay in steps: 1 .. H9_DELAY_MAX. */
#define H9_DELAY_MAX 65535u

/* Populations and projections a network may hold. */
#define H9_POPULATIONS_MAX 65535u
#define H9_PROJECTIONS_MAX 1048575u
/* Length of a population, parameter or model name, terminating zero excluded. */
#define H9_NAME_MAX 255u

#define H9_UNUSED_RESULT __attribute__((warn_unused_result))
#define H9_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

#endif

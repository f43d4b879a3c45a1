/* What the process has done so far: counters that any thread adds to, and how long it was busy with what.
 * Lock-free; read at any time by whoever tells of the progress. Results never depend on them. */
#ifndef H9_BASE_COUNTERS_H
#define H9_BASE_COUNTERS_H

#include "types.h"

#include <stdatomic.h>

enum h9_counter {
  H9_COUNT_READ_BYTES,
  H9_COUNT_WRITTEN_BYTES,
  H9_COUNT_NEURONS, /* of the network, a level rather than a sum */
  H9_COUNT_STEPS,
  H9_COUNT_SIMULATED_NS, /* of the network's time */
  H9_COUNT_SIGNALS,      /* sent by neurons */
  H9_COUNT_EVENTS,       /* that synapses delivered */
  H9_COUNT_DELIVER_NS,   /* parts of a simulation, the mean over its threads, estimated */
  H9_COUNT_UPDATE_NS,
  H9_COUNT_DRIVE_NS,
  H9_COUNT_EXCHANGE_NS,
  H9_COUNT_OUTPUT_NS,
  H9_COUNT_FRAMES_MET, /* frames of simulated time that took no longer on the wall clock */
  H9_COUNT_FRAMES_MISSED,
  H9_COUNTERS
};

/* Blocks of streams and what they hold, by kind. */
enum { H9_COUNT_KINDS = 32 };
enum h9_direction { H9_COUNT_READ, H9_COUNT_WRITTEN, H9_DIRECTIONS };

typedef struct h9_counter_cell { /* a cache line each: threads do not disturb one another */
  _Alignas(64) _Atomic uint64_t value;
} h9_counter_cell;
extern h9_counter_cell h9_counters[H9_COUNTERS];
extern h9_counter_cell h9_counted_blocks[H9_DIRECTIONS][H9_COUNT_KINDS],
    h9_counted_records[H9_DIRECTIONS][H9_COUNT_KINDS];

static inline void h9_count(enum h9_counter c, uint64_t n) {
  atomic_fetch_add_explicit(&h9_counters[c].value, n, memory_order_relaxed);
}
static inline void h9_count_set(enum h9_counter c, uint64_t value) {
  atomic_store_explicit(&h9_counters[c].value, value, memory_order_relaxed);
}
static inline uint64_t h9_counted(const h9_counter_cell *c) {
  return atomic_load_explicit(&c->value, memory_order_relaxed);
}
/* A block of `records`; kinds from H9_COUNT_KINDS on are not counted. */
void h9_count_block(enum h9_direction d, uint32_t kind, uint64_t records);

/* The process is in one stage at a time. */
enum h9_stage {
  H9_STAGE_START,
  H9_STAGE_READ,
  H9_STAGE_GENERATE,
  H9_STAGE_CONNECT,
  H9_STAGE_BUILD,
  H9_STAGE_SIMULATE,
  H9_STAGE_ANALYSE,
  H9_STAGE_DRAW,
  H9_STAGE_WRITE,
  H9_STAGES
};
const char *h9_stage_name(enum h9_stage stage);
/* By the main thread only: what follows is `stage`. The first call starts the clock. */
void h9_stage_enter(enum h9_stage stage);
/* Seconds in each so far, the present one included; the sum of all since the first call. Any thread. */
double h9_stage_seconds(double seconds[H9_STAGES]);

/* Durations: a histogram with four cells an octave, written by one thread, read by any. */
enum { H9_DURATION_CELLS = 41 * 4 }; /* up to 2^41 ns, 37 minutes; longer ones are in the last cell */
typedef struct h9_durations {
  _Atomic uint64_t cell[H9_DURATION_CELLS];
  _Atomic uint64_t n, sum_ns, longest_ns;
} h9_durations;
extern h9_durations h9_frame_durations;
void h9_durations_add(h9_durations *d, uint64_t ns);
/* How many were shorter than 2^octave ns. */
uint64_t h9_durations_below(const h9_durations *d, unsigned octave);
/* Seconds that the part `q` of them did not exceed, at most 25 % too many; NaN when there are none. */
double h9_durations_quantile(const h9_durations *d, double q);

#endif

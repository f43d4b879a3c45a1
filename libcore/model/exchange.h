/* How threads meet and what they tell each other: a barrier, and each thread's spikes of an interval. */
#ifndef H9_MODEL_EXCHANGE_H
#define H9_MODEL_EXCHANGE_H

#include "inflight.h"
#include <stdatomic.h>

/* Sense-reversing barrier that spins, then yields the processor, and sleeps where others want it, so that it is quick
 * where every thread has a processor and costs little where threads or other programs outnumber them. */
typedef struct h9_barrier {
  _Alignas(H9_ALIGN) atomic_uint arrived;
  _Alignas(H9_ALIGN) atomic_uint round;
  atomic_uint sleepers, crowded; /* rounds to sleep in, as other programs want the processors */
  atomic_int raised; /* anyone's wish to stop */
  int stop;          /* what all threads of a round agree on */
  unsigned threads, spins;
} h9_barrier;

void h9_barrier_init(h9_barrier *b, int threads);
/* Any thread: all shall stop after the round in which this is seen. */
void h9_barrier_raise(h9_barrier *b);
/* Waits for all threads; returns whether to stop, the same to every thread of the round. */
bool h9_barrier_wait(h9_barrier *b);

/* A list of spikes in a region, so that it grows without being moved. */
typedef struct h9_spike_list {
  h9_region region;
  h9_spike *spike;
  size_t n, limit;
} h9_spike_list;

int h9_spike_list_open(h9_spike_list *l, size_t limit, h9_error *e) H9_UNUSED_RESULT;
void h9_spike_list_close(h9_spike_list *l);
/* Appends spikes of step `step`, counts[i] of each neuron first + i, i < n. False when full. */
bool h9_spike_list_count(h9_spike_list *l, const uint8_t *counts, uint32_t n, h9_step step, uint32_t first);
/* Appends a spike of each neuron first + index[i], i < n. False when full. */
bool h9_spike_list_add(h9_spike_list *l, const uint32_t *index, uint32_t n, h9_step step, uint32_t first);

#endif

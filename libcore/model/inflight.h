/* Spikes in flight onto the tiles of one share: for every tile and step a list of the segments due in it, and
 * lists of the loose synapses due in it. */
#ifndef H9_MODEL_INFLIGHT_H
#define H9_MODEL_INFLIGHT_H

#include "delayrows.h"

/* Steps ahead that a list of segments exists for: more than H9_ROW_DELTA_MAX. */
enum { H9_INFLIGHT_STEPS = 256 };

typedef struct h9_due {
  uint32_t *at;   /* where the next entry goes; NULL: empty */
  uint32_t first; /* chunk the list begins in */
} h9_due;

typedef struct h9_inflight {
  const uint32_t *directory, *lists;
  uint32_t n_tiles;
  struct h9_inflight_tile {
    const uint32_t *words;
    h9_due due[H9_INFLIGHT_STEPS];
  } * tile;
  h9_due *narrow, *pairs;           /* [n_tiles * loose_steps] loose synapses of one word, of two; or NULL */
  uint32_t loose_steps, loose_bits; /* a power of two; bits of a tile's number */
  int64_t *constant;                /* weights of exact loose synapses, scaled */
  double scale;
  h9_region pool; /* chunks of lists */
  h9_region stack;
  uint32_t *free; /* chunks to be used again, the last one first */
  uint32_t n_free, fresh, limit;
  bool exhausted; /* the pool is used up: what was delivered since is not complete */
} h9_inflight;

/* A spike: step in the high half, index of the neuron (id - 1) in the low half. */
typedef uint64_t h9_spike;
static inline h9_spike h9_spike_make(h9_step step, uint32_t index) { return (uint64_t)step << 32 | index; }

/* `wide_scale`: what 1 becomes in the sums of wide and exact records. */
int h9_inflight_open(h9_inflight *f, const h9_delayrows *rows, uint32_t share, double wide_scale,
                     h9_error *e) H9_UNUSED_RESULT;
void h9_inflight_close(h9_inflight *f);

/* Takes up spikes whose low 32 bits of the step are in the high half; `now` is the next step to be delivered,
 * at most as far ahead of each spike as the least delay. */
void h9_inflight_take(h9_inflight *f, const h9_spike *spikes, size_t n, h9_step now);

/* Adds everything due in step `now` in a tile of the share to the slots and returns how many synapses that
 * was. `wide` may be NULL when no record is wide or exact. Steps of a tile must follow each other. */
uint64_t h9_inflight_deliver(h9_inflight *f, uint32_t tile, h9_step now, int32_t *slots, int64_t *wide);

#endif

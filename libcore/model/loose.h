/* Loose rows: the synapses of one source that lie too thinly for rows by tile and delay, for all tiles of a
 * share together. A loose row is segments, each of one kind of record:
 *
 *   count (bits 0-15), least delay (16-31) | kind (0-1), last (31) | ...
 *     kind 0 narrow:   count words (slot, i16 weight), then count 16-bit keys
 *          1 constant: the weight in int32 quanta, then count words (slot, key)
 *          2 wide:     count times two words (slot, key), float weight
 *          3 exact:    index of the weight, then count words (slot, key)
 *     key: tile of the share << (16 - bits) | delay - least delay, where `bits` hold any tile of the share
 *
 * When a spike is taken up, its whole loose row is read and every synapse put into the list of its tile and
 * step: one word as in a narrow record, or two: slot and how it is meant, value. */
#ifndef H9_MODEL_LOOSE_H
#define H9_MODEL_LOOSE_H

#include "../base/types.h"

/* Lists exist for that many steps ahead, at most. */
enum { H9_LOOSE_DELAY_MAX = 1023 };
#define H9_LOOSE_LAST 0x80000000u

/* The upper half of the first word of a list's two. */
enum h9_loose_meaning { H9_LOOSE_FLOAT = 0, H9_LOOSE_QUANTA = 1, H9_LOOSE_INDEX = 2 };

static inline uint32_t h9_loose_bits(uint32_t tiles_per_share) {
  uint32_t bits = 0;
  while (bits < 16 && tiles_per_share > 1u << bits) bits++;
  return bits;
}
/* Words of a segment, its two header words included. */
static inline uint64_t h9_loose_words(uint32_t count, uint32_t kind) {
  switch (kind) {
  case 0:
    return 2 + (uint64_t)count + (count + 1) / 2;
  case 2:
    return 2 + 2 * (uint64_t)count;
  default:
    return 3 + (uint64_t)count;
  }
}

#endif

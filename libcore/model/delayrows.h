/* Synapses in memory: for every source and tile one row, ordered by delay, cut into segments.
 *
 * A row is a run of 32-bit words in its tile's region, found by its offset (0: the row is empty):
 *
 *   head | segment | segment | ...        segment: header, then `count` records
 *
 *   header: bits 0-15 count, 16-17 kind, 18-25 delta, 26-31 lines
 *     kind   0 narrow: one word a record, slot in the low half, weight in the high half: i16 quanta of the
 *              target population
 *            1 constant: one word, the weight of all (int32 quanta), then two slots a word
 *            2 wide: two words a record, slot and float weight
 *     delta  steps from this segment's delay to the next one's; 0: the next segment is due in the same step;
 *            255: the row ends here
 *     lines  how many cache lines the segments due next span (63: or more), to fetch them ahead
 *
 * The head is a header without records: its delta is the first delay. A gap of more than 254 steps is bridged
 * by empty segments. So a spike in flight is one 32-bit offset in the list of the step in which it is due
 * next, and nothing but the row itself says where it goes from there.
 *
 * Narrow and constant records are summed in int32, wide ones in int64 (after scaling by a power of two): sums
 * are associative, so no order of delivery, tiling or number of threads shows in the result. */
#ifndef H9_MODEL_DELAYROWS_H
#define H9_MODEL_DELAYROWS_H

#include "../base/memory.h"
#include "rowsource.h"
#include "tiles.h"

enum h9_record_kind { H9_RECORD_NARROW = 0, H9_RECORD_CONSTANT = 1, H9_RECORD_WIDE = 2 };
enum { H9_ROW_DELTA_MAX = 254, H9_ROW_DELTA_END = 255, H9_ROW_LINES_MAX = 63, H9_ROW_COUNT_MAX = 65535 };

static inline uint32_t h9_row_header(uint32_t count, uint32_t kind, uint32_t delta, uint32_t lines) {
  return count | kind << 16 | delta << 18 | lines << 26;
}

/* How one projection's connections are held. */
typedef struct h9_form {
  uint8_t kind;   /* enum h9_record_kind */
  bool given;     /* weights come with the rows (I16 or F32); else `weight` or `value` holds for all */
  bool f32;       /* given as floats, else as i16 */
  int32_t weight; /* narrow and constant: in quanta of the target population */
  float value;    /* wide: the constant weight */
  float unit;     /* wide, given as i16: what one unit is worth */
} h9_form;

typedef struct h9_delayrows {
  const h9_tiling *tiling;
  uint32_t n_sources;
  h9_region *words;              /* [n_tiles] uint32_t words */
  h9_region offsets;             /* uint32_t [n_tiles][n_sources] */
  uint64_t records;              /* synapses held */
  uint64_t bytes;                /* of words in use, offsets included */
  double weight_max;             /* largest |weight| of a wide record */
  uint32_t delay_min, delay_max; /* in use; 0 when there is no synapse */
} h9_delayrows;

static inline const uint32_t *h9_delayrows_words(const h9_delayrows *d, uint32_t tile) {
  return (const uint32_t *)(const void *)d->words[tile].base;
}
static inline const uint32_t *h9_delayrows_offsets(const h9_delayrows *d, uint32_t tile) {
  return (const uint32_t *)(const void *)d->offsets.base + (size_t)tile * d->n_sources;
}

/* Runs the source to its end and builds all rows, on `threads` workers (those the source was made with).
 * forms[n_projections]. `expected` synapses decide how much address space is reserved. `tiling`
 * outlives the rows. */
int h9_delayrows_build(h9_delayrows *d, const h9_network *net, const h9_tiling *tiling, const h9_form *forms,
                       h9_rowsource *source, int threads, double expected, h9_error *e) H9_UNUSED_RESULT;
/* The largest sum of |weight|, in quanta, of the narrow and constant records onto one slot of a tile. */
int h9_delayrows_bound(const h9_delayrows *d, uint32_t tile, uint64_t *most, h9_error *e) H9_UNUSED_RESULT;
void h9_delayrows_release(h9_delayrows *d);

#endif

/* Synapses in memory: for every source and tile one row, ordered by delay, cut into segments.
 *
 * A row is a run of 32-bit words in its tile's region:
 *
 *   head | segment | segment | ...        segment: header, then `count` records
 *
 *   header: bits 0-15 count, 16-17 kind, 18-25 delta, 26-31 lines
 *     kind   0 narrow: one word a record, slot in the low half, weight in the high half: i16 quanta of the
 *              target population
 *            1 constant: one word, the weight of all (int32 quanta), then two slots a word
 *            2 wide: two words a record, slot and float weight
 *            3 exact: two words, the weight of all (double, low word first), then two slots a word
 *     delta  steps from this segment's delay to the next one's; 0: the next segment is due in the same step;
 *            255: the row ends here
 *     lines  how many cache lines the segments due next span (63: or more), to fetch them ahead
 *
 * The head is a header without records: its delta is the first delay. A gap of more than 254 steps is bridged
 * by empty segments. So a spike in flight is one 32-bit offset in the list of the step in which it is due
 * next, and nothing but the row itself says where it goes from there.
 *
 * Where a source has too few synapses in a tile for that to pay, they lie loose: in one row for all tiles of
 * a share (loose.h), from which they are handed to their tiles when the spike is taken up. Which form a
 * synapse has follows from counted row lengths, tile by tile.
 *
 * Each share has a directory, a word for every source: 0, no row; the offset of its row, where the
 * share is one tile; or H9_ENTRY_LIST | half the offset, in the share's own region, of
 *
 *   bits 0-15 number of tiles, 16-30 how many cache lines this spans (32767: or more), 31 a loose row follows
 *   for each tile: its number in the share, offset of the row; the loose row
 *
 * so that a spike costs a tile that has no row for it nothing.
 *
 * Narrow and constant records are summed in int32, wide and exact ones in int64 (after scaling by a power of
 * two): sums are associative, so no form, order of delivery, tiling or number of threads shows in the result.
 */
#ifndef H9_MODEL_DELAYROWS_H
#define H9_MODEL_DELAYROWS_H

#include "../base/memory.h"
#include "rowsource.h"
#include "tiles.h"

enum h9_record_kind { H9_RECORD_NARROW = 0, H9_RECORD_CONSTANT = 1, H9_RECORD_WIDE = 2, H9_RECORD_EXACT = 3 };
enum { H9_ROW_DELTA_MAX = 254, H9_ROW_DELTA_END = 255, H9_ROW_LINES_MAX = 63, H9_ROW_COUNT_MAX = 65535 };
/* Connections in a tile, and on average in a segment, below which they lie loose. */
enum { H9_ROW_LEAST = 8, H9_SEGMENT_LEAST = 4 };
#define H9_ENTRY_LIST 0x80000000u
#define H9_LIST_LOOSE 0x80000000u

static inline uint32_t h9_row_header(uint32_t count, uint32_t kind, uint32_t delta, uint32_t lines) {
  return count | kind << 16 | delta << 18 | lines << 26;
}
/* Words of a segment's records. */
static inline uint32_t h9_row_words(uint32_t count, uint32_t kind) {
  if (count == 0) return 0;
  switch (kind) {
  case H9_RECORD_CONSTANT:
    return 1 + (count + 1) / 2;
  case H9_RECORD_WIDE:
    return 2 * count;
  case H9_RECORD_EXACT:
    return 2 + (count + 1) / 2;
  default:
    return count;
  }
}

/* How one projection's connections are held. */
typedef struct h9_form {
  uint8_t kind;   /* enum h9_record_kind */
  bool given;     /* weights come with the rows (I16 or F32); else `weight` or `value` holds for all */
  bool f32, f64;  /* given as floats, as doubles; else as i16 */
  int32_t weight; /* narrow and constant: in quanta of the target population */
  double value;   /* exact: the constant weight */
  float unit;     /* wide, given as i16: what one unit is worth */
} h9_form;

typedef struct h9_delayrows {
  const h9_tiling *tiling;
  uint32_t n_sources;
  h9_region *words;    /* [n_tiles] uint32_t words */
  h9_region *lists;    /* [n_shares] uint32_t words: lists of tiles, loose rows */
  h9_region directory; /* uint32_t [n_shares][n_sources] */
  double *constant;    /* [n_projections] weights of exact loose synapses */
  uint32_t n_constants;
  uint64_t records;              /* synapses held */
  uint64_t loose;                /* of them, those in loose rows */
  uint64_t bytes;                /* of words in use, directory included */
  double weight_max;             /* largest |weight| of a wide or exact record */
  uint32_t delay_min, delay_max; /* in use; 0 when there is no synapse */
  uint32_t loose_delay_max;
} h9_delayrows;

static inline const uint32_t *h9_delayrows_words(const h9_delayrows *d, uint32_t tile) {
  return (const uint32_t *)(const void *)d->words[tile].base;
}
static inline const uint32_t *h9_delayrows_lists(const h9_delayrows *d, uint32_t share) {
  return (const uint32_t *)(const void *)d->lists[share].base;
}
static inline const uint32_t *h9_delayrows_directory(const h9_delayrows *d, uint32_t share) {
  return (const uint32_t *)(const void *)d->directory.base + (size_t)share * d->n_sources;
}

/* Runs the source to its end and builds all rows, on `threads` workers (those the source was made with).
 * forms[n_projections]. `expected` synapses decide how much address space is reserved. `tiling`
 * outlives the rows. */
int h9_delayrows_build(h9_delayrows *d, const h9_network *net, const h9_tiling *tiling, const h9_form *forms,
                       h9_rowsource *source, int threads, double expected, h9_error *e) H9_UNUSED_RESULT;
void h9_delayrows_release(h9_delayrows *d);

/* One synapse, as it is held. */
typedef struct h9_held {
  uint32_t source, tile, slot, delay; /* source: index in the network; tile: in the tiling */
  bool wide, loose;
  int32_t quanta; /* not wide: weight in quanta of the target population */
  double value;   /* wide: weight */
} h9_held;
typedef void (*h9_held_fn)(void *ctx, const h9_held *h);
/* Calls `see` with every synapse of a share, by source. */
void h9_delayrows_visit(const h9_delayrows *d, uint32_t share, h9_held_fn see, void *ctx);
/* The largest sums onto one slot of the share's tiles: of |weight| in quanta, of narrow and constant
 * records, and of |weight| of wide and exact ones. */
int h9_delayrows_bound(const h9_delayrows *d, uint32_t share, uint64_t *quanta, double *wide,
                       h9_error *e) H9_UNUSED_RESULT;

#endif

/* Recordings joined into one stream: one after another, or by time. What is selected of them is written. */
#ifndef H9_WHOLE_JOIN_H
#define H9_WHOLE_JOIN_H

#include "../format/codec.h"
#include "select.h"

enum { H9_JOIN_MAX = 8 }; /* streams: so many parents has a provenance entry */

typedef struct h9_join {
  bool merge; /* by time; else one begins where the one before ended */
  h9_select *select;
  const double *shift; /* ms added to the times of each stream; n_shift 0: nothing */
  size_t n_shift;
  uint64_t batch; /* signals after which a batch ends, with its step */
  int threads;
  /* filled: */
  uint32_t n_parents;
  h9_hash parent[H9_JOIN_MAX];
  uint64_t seed;             /* of the first stream */
  uint64_t signals, samples; /* written */
} h9_join;

/* Reads the streams at `path` ("-", or NULL for the only one: standard input) to their ends and writes head,
 * batches of signals, state and the provenance of all, entries that several have once; the caller's own and
 * the end follow. Batches depend on the signals alone, not on those of the inputs. H9_EUSAGE where the
 * streams do not go together. */
int h9_join_write(h9_join *j, char *const *path, size_t n, h9_writer *w, h9_error *e) H9_UNUSED_RESULT;

#endif

/* A whole stream checked: every block decompressed and decoded, on all threads, and what blocks say about
 * each other. */
#ifndef H9_WHOLE_CHECK_H
#define H9_WHOLE_CHECK_H

#include "../format/codec.h"
#include "options.h"

typedef struct h9_check_result {
  uint64_t blocks; /* index and end included */
  uint64_t records[H9_BLOCK_KINDS];
  uint32_t neurons, projections;
  h9_hash hash;
} h9_check_result;

/* H9_OK, or the first error in the order of the stream, naming file, block and place. `progress`, shown in MB
 * of `total` bytes (0: unknown), may be NULL. */
int h9_stream_check(int fd, const char *name, int threads, h9_progress *progress, uint64_t total,
                    h9_check_result *r, h9_error *e) H9_UNUSED_RESULT;

/* The order of connections and signals blocks, which single blocks cannot tell. Zero-initialise. */
typedef struct h9_sequence {
  bool connections, signals; /* begun */
  uint32_t population, source, n, projection; /* the next expected */
  h9_step to;
} h9_sequence;
/* Takes connections and signals blocks (with bodies) in order; ignores others. H9_EDATA. */
int h9_sequence_step(h9_sequence *s, const h9_network *net, const h9_block *b, h9_error *e) H9_UNUSED_RESULT;
/* At the end: every source of every materialised projection had its row. */
int h9_sequence_end(const h9_sequence *s, const h9_network *net, h9_error *e) H9_UNUSED_RESULT;

#endif

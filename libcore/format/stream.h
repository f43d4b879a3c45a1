/* The hal9 stream: blocks in zstd frames, as hal9-stream(5) lays down byte by byte.
 *
 * A reader hands out whole decompressed blocks in order; a writer takes whole blocks. Both work on
 * several threads and in bounded memory; bytes written do not depend on the number of threads.
 * Blocks the caller does not want are verified (by the hash of the compressed bytes) but not
 * decompressed. What a block's body means is in codec.h. */
#ifndef H9_FORMAT_STREAM_H
#define H9_FORMAT_STREAM_H

#include "../base/bytes.h"
#include "../base/hash.h"
#include "../base/status.h"

#define H9_STREAM_VERSION 1

enum h9_block_kind {
  H9_BLOCK_HEADER = 1,      /* first, once */
  H9_BLOCK_POPULATIONS = 2, /* second, once */
  H9_BLOCK_NEURONS = 3,     /* columns of a range of one population; count = neurons */
  H9_BLOCK_PROJECTIONS = 4, /* the rules; once, after all neurons; count = projections */
  H9_BLOCK_CONNECTIONS = 5, /* rows of a source range of one projection; count = connections */
  H9_BLOCK_SIGNALS = 6,     /* batch of spikes; count = signals */
  H9_BLOCK_STATE = 7,       /* recorded state variables; count = samples */
  H9_BLOCK_METRICS = 8,     /* measurements of one program; not part of the content hash */
  H9_BLOCK_PROVENANCE = 9,  /* one program's entry */
  H9_BLOCK_LABELS = 10,     /* map from ids to labels */
  H9_BLOCK_INDEX = 11,      /* where each block lies; not part of the content hash */
  H9_BLOCK_END = 12,        /* last, once */
  H9_BLOCK_KINDS = 13,
};
/* "neurons", "connections", ... or "unknown". */
const char *h9_block_kind_name(uint32_t kind);

/* Largest decompressed block: a writer splits, a reader refuses. */
#define H9_BLOCK_BYTES_MAX (UINT32_C(1) << 26)

typedef struct h9_block {
  uint32_t kind;      /* enum h9_block_kind; unknown kinds of a known version are an error */
  uint64_t count;     /* records, as the kind defines */
  const unsigned char *body; /* len bytes, valid until the next call with the same reader;
                                NULL for a block that was verified but not wanted */
  size_t len;
  uint64_t ordinal;   /* 0 for the header */
  uint64_t offset;    /* of its first byte in the stream file */
  size_t stored;      /* bytes it takes there, tag included */
  h9_hash digest;     /* of kind, length, count and body; 0 where there is no body */
} h9_block;

typedef struct h9_reader h9_reader;

/* Opens the stream on fd (not owned) and checks magic and version. `name` is used in every error
 * ("net.h9: block 7 (connections): ...") and copied. `wanted` is a bit mask of 1u << kind to
 * decompress; header, populations, projections, provenance and end are always decompressed.
 * `threads`: that many workers run ahead of the caller; 1: none, the caller's thread does the
 * work inside h9_reader_next; <= 0: as many as there are processors. With workers, input is read
 * ahead of what was asked for, but what a live pipe delivers is handed out as it comes.
 * Errors, each with its own text: H9_ENOINPUT empty input ("is empty"), terminal; H9_EDATA not a
 * hal9 stream, other version (names found and expected), damaged, truncated. */
int h9_reader_open(h9_reader **r, int fd, const char *name, uint32_t wanted, int threads,
                   h9_error *e) H9_UNUSED_RESULT;
#define H9_WANT_ALL UINT32_C(0xffffffff)
/* The same without workers for an input whose first bytes were read already (head, n_head at most 8), and that may be given
 * up from another thread: when the descriptor `wake` becomes readable, what waits fails with H9_EIO; -1: nothing does that. */
int h9_reader_open_begun(h9_reader **r, int fd, const char *name, uint32_t wanted, const void *head, size_t n_head,
                         int wake, h9_error *e) H9_UNUSED_RESULT;
/* The next block, H9_OK; H9_EOF after an end block whose counts and hashes hold and nothing
 * behind it; else H9_EDATA or H9_EIO. The header block comes out first. INDEX and END are
 * checked but not handed out. */
int h9_reader_next(h9_reader *r, h9_block *b, h9_error *e) H9_UNUSED_RESULT;
/* From now on INDEX and END are handed out, too, as what they take: END without a body, as the last before H9_EOF. */
void h9_reader_hand_all(h9_reader *r);
/* Takes the body of the block last handed out over: it stays valid until free(b->body). b->body
 * moves. */
void h9_reader_keep(h9_reader *r, h9_block *b);
/* "NAME: block N (KIND): " before e->text; for decoders of bodies. Returns e->code. */
int h9_reader_fail_at(const h9_reader *r, const h9_block *b, h9_error *e);
const char *h9_reader_name(const h9_reader *r);
/* Content hash of the whole stream and totals by kind; meaningful after H9_EOF. The content hash
 * is read from the end block, and verified when every block was wanted. */
h9_hash h9_reader_hash(const h9_reader *r);
uint64_t h9_reader_count(const h9_reader *r, enum h9_block_kind kind);  /* records seen so far */
/* Blocks of the kind seen so far; *bytes: what they take in the stream, tags included. END is not counted. */
uint64_t h9_reader_blocks(const h9_reader *r, enum h9_block_kind kind, uint64_t *bytes);
uint64_t h9_reader_bytes(const h9_reader *r);                          /* compressed bytes seen so far */
void h9_reader_close(h9_reader *r);

typedef struct h9_writer h9_writer;
/* `level`: zstd's, -50..19; 0 means the default of 1. `name` is used in every error. `threads`: as
 * for the reader. Blocks are written as soon as they are compressed: nothing waits for more. */
int h9_writer_open(h9_writer **w, int fd, const char *name, int level, int threads,
                   h9_error *e) H9_UNUSED_RESULT;
/* Writes one block; takes the buffer's bytes over and leaves it empty. Blocks come out in the order
 * of the calls. The bytes may still be on their way when it returns; see h9_writer_flush. Fails
 * with H9_EIO (also for an earlier block), H9_ESYSTEM, or H9_EINTERNAL for a block that is
 * too large or out of order. */
int h9_writer_block(h9_writer *w, enum h9_block_kind kind, uint64_t count, h9_buf *body,
                    h9_error *e) H9_UNUSED_RESULT;
/* Copies a block read elsewhere (it must have been wanted). */
int h9_writer_copy(h9_writer *w, const h9_block *b, h9_error *e) H9_UNUSED_RESULT;
/* Returns when all blocks given so far were handed to the kernel. */
int h9_writer_flush(h9_writer *w, h9_error *e) H9_UNUSED_RESULT;
/* Index and end block, then flush. Only this makes a whole stream. Releases w in every case. */
int h9_writer_close(h9_writer *w, h9_error *e) H9_UNUSED_RESULT;
/* Content hash of what was written so far by this writer (all blocks that count). */
h9_hash h9_writer_hash(h9_writer *w);
uint64_t h9_writer_bytes(const h9_writer *w);
/* Releases without an end block: what was written will be found truncated. */
void h9_writer_abort(h9_writer *w);

#endif

/* What reader and writer of a stream share: the prologue, tags, the order of blocks, and the
 * ledger from which index and end blocks follow. hal9-stream(5) shows the bytes. */
#ifndef H9_FORMAT_STREAM_PARTS_H
#define H9_FORMAT_STREAM_PARTS_H

#include "stream.h"
#include "stream_frame.h"

enum {
  H9_PROLOGUE_BYTES = 16,
  H9_TAG_BYTES = 32,
  H9_KINDS_ROOM = 16, /* kinds the end block has room for */
  H9_INDEX_ENTRY_BYTES = 32,
  H9_INDEX_ENTRIES_MAX = 1 << 16, /* a longer stream has several index blocks */
  H9_END_BODY = 16 + 16 + 3 * 8 + 2 * 8 * H9_KINDS_ROOM,
  H9_END_FRAME = 4 + 1 + 2 + 3 + H9_PAYLOAD_HEAD + H9_END_BODY + 4,
};

/* A skippable zstd frame with "hal9" and the version. */
void h9_prologue_put(unsigned char out[H9_PROLOGUE_BYTES]);
/* Checks `got` bytes of a file's beginning; the texts say what was found. H9_ENOINPUT, H9_EDATA. */
int h9_prologue_check(const unsigned char *in, size_t got, h9_error *e) H9_UNUSED_RESULT;

/* The tag before each block: a skippable zstd frame. */
typedef struct h9_tag {
  uint32_t frame_len, kind;
  uint64_t count;
  uint32_t frame_check; /* low word of XXH3-64 of the frame */
} h9_tag;
void h9_tag_put(const h9_tag *t, unsigned char out[H9_TAG_BYTES]);
int h9_tag_get(h9_tag *t, const unsigned char in[H9_TAG_BYTES], h9_error *e) H9_UNUSED_RESULT;
uint32_t h9_frame_check(const void *frame, size_t len);

void h9_payload_head(unsigned char out[H9_PAYLOAD_HEAD], uint32_t kind, uint32_t body, uint64_t count);
/* Whether blocks of that kind belong to the content hash. */
bool h9_kind_is_content(uint32_t kind);

/* Which blocks may follow which. Zero-initialise. */
typedef struct h9_order {
  bool header, populations, projections, end;
  uint32_t other; /* kind of the first block behind populations and labels; 0: none yet */
} h9_order;
/* H9_EDATA with what was expected; else notes the kind. */
int h9_order_step(h9_order *o, uint32_t kind, h9_error *e) H9_UNUSED_RESULT;

/* Account of the blocks so far, in order. */
typedef struct h9_ledger {
  uint64_t blocks; /* ordinal of the next one */
  uint64_t offset; /* of the next one */
  uint64_t records[H9_KINDS_ROOM], number[H9_KINDS_ROOM];
  uint64_t bytes[H9_KINDS_ROOM]; /* tags and frames */
  h9_hasher *content;
  h9_buf entries;       /* of blocks since the last index block */
  uint64_t first_entry; /* ordinal of the first of them */
  uint64_t last_index;  /* offset of the last index block, 0: none */
} h9_ledger;
int h9_ledger_open(h9_ledger *l) H9_UNUSED_RESULT; /* H9_OK, H9_ESYSTEM */
/* A block that is not END; digest may be NULL when unknown. H9_OK, H9_ESYSTEM. */
int h9_ledger_add(h9_ledger *l, const h9_tag *t, size_t body, const h9_hash *digest) H9_UNUSED_RESULT;
uint32_t h9_ledger_entries(const h9_ledger *l); /* those since the last index block */
/* Body of the index block that would come next. */
void h9_ledger_index(const h9_ledger *l, h9_buf *body);
void h9_ledger_close(h9_ledger *l);

/* The end block's one form, tag included. */
void h9_end_put(const h9_ledger *l, h9_hash content, h9_hash raw,
                unsigned char out[H9_TAG_BYTES + H9_END_FRAME]);
/* The content hash that an end block's frame states. */
h9_hash h9_end_content(const unsigned char frame[H9_END_FRAME]);
/* Says which field of two end blocks' frames differs first. Returns H9_EDATA. */
int h9_end_differs(const unsigned char found[H9_END_FRAME], const unsigned char expected[H9_END_FRAME],
                   h9_error *e);

/* What to do about an input that ends too early. */
#define H9_CUT_ADVICE "; what wrote it was interrupted, or the copy is not whole: make it again"

#endif

/* One zstd frame of a stream: the only file that knows zstd. Every frame is of one canonical shape
 * (single segment, content size in its shortest form, content checksum, no dictionary), so a frame
 * says what memory it needs before any is taken. */
#ifndef H9_FORMAT_STREAM_FRAME_H
#define H9_FORMAT_STREAM_FRAME_H

#include "../base/status.h"
#include "stream.h"

/* What is compressed: a head of 16 bytes (kind, body length, count), then the body. */
enum { H9_PAYLOAD_HEAD = 16, H9_FRAME_HEAD_MIN = 6, H9_FRAME_HEAD_MAX = 9 };
#define H9_PAYLOAD_MAX (H9_BLOCK_BYTES_MAX + H9_PAYLOAD_HEAD)
/* No payload compresses to more: zstd's bound is n + n / 256 for large n. */
#define H9_FRAME_MAX (H9_PAYLOAD_MAX + (H9_PAYLOAD_MAX >> 8) + 1024)

size_t h9_frame_bound(size_t payload); /* room for the frame of a payload of that size */

/* State of one thread that compresses (level: -50..19) or decompresses. NULL when out of memory. */
typedef struct h9_packer h9_packer;
h9_packer *h9_packer_new(int level);
void h9_packer_free(h9_packer *p);
int h9_frame_pack(h9_packer *p, const void *payload, size_t n, void *frame, size_t room, size_t *len,
                  h9_error *e) H9_UNUSED_RESULT;

typedef struct h9_unpacker h9_unpacker;
h9_unpacker *h9_unpacker_new(void);
void h9_unpacker_free(h9_unpacker *u);
/* Reads the frame's header: the payload's size, between H9_PAYLOAD_HEAD and H9_PAYLOAD_MAX. H9_EDATA. */
int h9_frame_measure(const unsigned char *frame, size_t len, size_t *payload, h9_error *e) H9_UNUSED_RESULT;
/* Decompresses one whole measured frame into exactly n bytes. H9_EDATA. */
int h9_frame_unpack(h9_unpacker *u, const unsigned char *frame, size_t len, void *payload, size_t n,
                    h9_error *e) H9_UNUSED_RESULT;

#endif

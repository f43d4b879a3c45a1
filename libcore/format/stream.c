#include "stream_parts.h"

#include "../base/memory.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

/* Skippable zstd frames (RFC 8878, 3.1.2): a decompressor passes over them. */
#define MAGIC_PROLOGUE UINT32_C(0x184D2A59)
#define MAGIC_TAG UINT32_C(0x184D2A50)
#define MAGIC_ZSTD UINT32_C(0xFD2FB528)
#define MAGIC_HAL9 UINT32_C(0x396C6168) /* "hal9" */

static const char *const kind_names[H9_BLOCK_KINDS] = {
    "unknown", "header",  "populations", "neurons", "projections", "connections", "signals",
    "state",   "metrics", "provenance",  "labels",  "index",       "end"};

const char *h9_block_kind_name(uint32_t kind) { return kind_names[kind < H9_BLOCK_KINDS ? kind : 0]; }


bool h9_kind_is_content(uint32_t kind) {
  return kind != H9_BLOCK_METRICS && kind != H9_BLOCK_INDEX && kind != H9_BLOCK_END;
}

/* ---- hashes ---- */

static void hash_put(unsigned char *p, h9_hash h) {
  h9_store64(p, h.lo);
  h9_store64(p + 8, h.hi);
}
static h9_hash hash_get(const unsigned char *p) { return (h9_hash){h9_load64(p + 8), h9_load64(p)}; }

/* ---- prologue ---- */

void h9_prologue_put(unsigned char out[H9_PROLOGUE_BYTES]) {
  h9_store32(out, MAGIC_PROLOGUE);
  h9_store32(out + 4, H9_PROLOGUE_BYTES - 8);
  h9_store32(out + 8, MAGIC_HAL9);
  h9_store32(out + 12, H9_STREAM_VERSION);
}

/* What a file that is not a stream looks like. */
static const char *looks_like(const unsigned char *p, size_t n) {
  static const struct {
    const char *magic;
    unsigned char len;
    const char *text;
  } known[] = {
      {"\x1f\x8b", 2, "gzip data, to be unpacked by gunzip"},
      {"\x28\xb5\x2f\xfd", 4, "plain zstd data, not written by hal9"},
      {"\xfd"
       "7zXZ",
       5, "xz data"},
      {"BZh", 3, "bzip2 data"},
      {"PK\x03\x04", 4, "a zip archive"},
      {"\x89HDF\r\n\x1a\n", 8, "an HDF5 file (SONATA?); see hal9-convert(1)"},
      {"\x89PNG", 4, "a PNG picture"},
      {"%PDF", 4, "a PDF document"},
      {"\x7f"
       "ELF",
       4, "a program"},
      {"\x93NUMPY", 6, "a numpy array"},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (n >= known[i].len && memcmp(p, known[i].magic, known[i].len) == 0) return known[i].text;
  if (n >= 4 && (h9_load32(p) & 0xfffffff0u) == MAGIC_TAG) return "zstd data without a stream's beginning";
  bool text = true;
  for (size_t i = 0; i < n; i++)
    if (p[i] < 0x20 && !isspace(p[i])) text = false;
  return text ? "text (a configuration is given with -c, tables are made a stream by hal9-convert)" : "something else";
}

int h9_prologue_check(const unsigned char *in, size_t got, h9_error *e) {
  unsigned char want[H9_PROLOGUE_BYTES];
  h9_prologue_put(want);
  if (got == 0) return h9_fail(e, H9_ENOINPUT, "is empty, expected a hal9 stream: did the program that writes it fail?");
  size_t fixed = got < 12 ? got : 12; /* all but the version */
  if (memcmp(in, want, fixed) != 0)
    return h9_fail(e, H9_EDATA, "is not a hal9 stream: it looks like %s", looks_like(in, got));
  if (got < H9_PROLOGUE_BYTES)
    return h9_fail(e, H9_EDATA, "is truncated: it ends after %zu bytes, inside its beginning" H9_CUT_ADVICE, got);
  uint32_t version = h9_load32(in + 12);
  if (version != H9_STREAM_VERSION)
    return h9_fail(e, H9_EDATA, "is a stream of version %" PRIu32 ", this program reads %d", version,
                   H9_STREAM_VERSION);
  return H9_OK;
}

/* ---- tags ---- */

uint32_t h9_frame_check(const void *frame, size_t len) { return (uint32_t)XXH3_64bits(frame, len); }

void h9_tag_put(const h9_tag *t, unsigned char out[H9_TAG_BYTES]) {
  h9_store32(out, MAGIC_TAG);
  h9_store32(out + 4, H9_TAG_BYTES - 8);
  h9_store32(out + 8, t->frame_len);
  h9_store32(out + 12, t->kind);
  h9_store64(out + 16, t->count);
  h9_store32(out + 24, t->frame_check);
  h9_store32(out + 28, h9_frame_check(out, 28));
}

int h9_tag_get(h9_tag *t, const unsigned char in[H9_TAG_BYTES], h9_error *e) {
  uint32_t found = h9_load32(in + 28), computed = h9_frame_check(in, 28);
  if (h9_load32(in) != MAGIC_TAG || h9_load32(in + 4) != H9_TAG_BYTES - 8)
    return h9_fail(e, H9_EDATA, "damaged: no tag is where a block should begin");
  if (found != computed)
    return h9_fail(e, H9_EDATA, "damaged tag: its check is %08" PRIx32 ", its bytes give %08" PRIx32, found,
                   computed);
  *t = (h9_tag){h9_load32(in + 8), h9_load32(in + 12), h9_load64(in + 16), h9_load32(in + 24)};
  if (t->kind == 0 || t->kind >= H9_BLOCK_KINDS)
    return h9_fail(e, H9_EDATA, "unknown kind %" PRIu32 ", expected 1 to %d", t->kind, H9_BLOCK_KINDS - 1);
  if (t->kind == H9_BLOCK_END && t->frame_len != H9_END_FRAME)
    return h9_fail(e, H9_EDATA, "end block of %" PRIu32 " bytes, expected %d", t->frame_len, H9_END_FRAME);
  if (t->frame_len < H9_FRAME_HEAD_MIN || t->frame_len > H9_FRAME_MAX)
    return h9_fail(e, H9_EDATA, "tag promises %" PRIu32 " compressed bytes, expected %d to %lu", t->frame_len,
                   H9_FRAME_HEAD_MIN, (unsigned long)H9_FRAME_MAX);
  return H9_OK;
}

void h9_payload_head(unsigned char out[H9_PAYLOAD_HEAD], uint32_t kind, uint32_t body, uint64_t count) {
  h9_store32(out, kind);
  h9_store32(out + 4, body);
  h9_store64(out + 8, count);
}

/* ---- order ---- */

int h9_order_step(h9_order *o, uint32_t kind, h9_error *e) {
  const char *name = h9_block_kind_name(kind);
  if (o->end) return h9_fail(e, H9_EDATA, "a block of %s comes after the end block", name);
  if (!o->header && kind != H9_BLOCK_HEADER)
    return h9_fail(e, H9_EDATA, "the first block is of %s, expected the header", name);
  if (o->header && !o->populations && kind != H9_BLOCK_POPULATIONS)
    return h9_fail(e, H9_EDATA, "the second block is of %s, expected populations", name);
  if ((kind == H9_BLOCK_HEADER && o->header) || (kind == H9_BLOCK_POPULATIONS && o->populations) ||
      (kind == H9_BLOCK_PROJECTIONS && o->projections))
    return h9_fail(e, H9_EDATA, "a second block of %s, expected one", name);
  if (kind == H9_BLOCK_NEURONS && o->projections)
    return h9_fail(e, H9_EDATA, "a block of neurons comes after the projections");
  if (kind == H9_BLOCK_CONNECTIONS && !o->projections)
    return h9_fail(e, H9_EDATA, "a block of connections comes before the projections");
  if (kind == H9_BLOCK_LABELS && o->other)
    return h9_fail(e, H9_EDATA, "a block of labels comes after one of %s, expected right behind the populations",
                   h9_block_kind_name(o->other));
  if (o->populations && kind != H9_BLOCK_LABELS && kind != H9_BLOCK_INDEX && !o->other) o->other = kind;
  if (kind == H9_BLOCK_HEADER) o->header = true;
  if (kind == H9_BLOCK_POPULATIONS) o->populations = true;
  if (kind == H9_BLOCK_PROJECTIONS) o->projections = true;
  if (kind == H9_BLOCK_END) o->end = true;
  return H9_OK;
}

/* ---- ledger ---- */

int h9_ledger_open(h9_ledger *l) {
  *l = (h9_ledger){.offset = H9_PROLOGUE_BYTES, .content = h9_hasher_new()};
  return l->content ? H9_OK : H9_ESYSTEM;
}

void h9_ledger_close(h9_ledger *l) {
  h9_hasher_free(l->content);
  h9_buf_release(&l->entries);
  l->content = NULL;
}

uint32_t h9_ledger_entries(const h9_ledger *l) { return (uint32_t)(l->entries.len / H9_INDEX_ENTRY_BYTES); }

int h9_ledger_add(h9_ledger *l, const h9_tag *t, size_t body, const h9_hash *digest) {
  if (t->kind == H9_BLOCK_INDEX) { /* an index block closes one list and is in none */
    l->last_index = l->offset;
    l->entries.len = 0;
    l->first_entry = l->blocks + 1;
  } else {
    unsigned char *p = h9_buf_extend(&l->entries, H9_INDEX_ENTRY_BYTES);
    if (!p) return H9_ESYSTEM;
    h9_store64(p, l->offset);
    h9_store64(p + 8, t->count);
    h9_store32(p + 16, t->frame_len);
    h9_store32(p + 20, (uint32_t)body);
    h9_store32(p + 24, t->kind);
    h9_store32(p + 28, 0);
  }
  if (digest && h9_kind_is_content(t->kind)) {
    unsigned char d[16];
    hash_put(d, *digest);
    h9_hasher_add(l->content, d, sizeof d);
  }
  l->records[t->kind] += t->count;
  l->number[t->kind]++;
  l->bytes[t->kind] += H9_TAG_BYTES + (uint64_t)t->frame_len;
  l->blocks++;
  l->offset += H9_TAG_BYTES + (uint64_t)t->frame_len;
  return H9_OK;
}

void h9_ledger_index(const h9_ledger *l, h9_buf *body) {
  h9_buf_put64(body, l->first_entry);
  h9_buf_put64(body, l->last_index);
  h9_buf_put(body, l->entries.data, l->entries.len);
}

/* ---- end block ---- */

enum { END_HEAD = 4 + 1 + 2 + 3, END_BODY_AT = END_HEAD + H9_PAYLOAD_HEAD };

void h9_end_put(const h9_ledger *l, h9_hash content, h9_hash raw,
                unsigned char out[H9_TAG_BYTES + H9_END_FRAME]) {
  unsigned char *f = out + H9_TAG_BYTES, *body = f + END_BODY_AT;
  const uint32_t payload = H9_PAYLOAD_HEAD + H9_END_BODY;
  h9_payload_head(f + END_HEAD, H9_BLOCK_END, H9_END_BODY, l->blocks);
  hash_put(body, content);
  hash_put(body + 16, raw);
  h9_store64(body + 32, l->blocks);
  h9_store64(body + 40, l->offset);
  h9_store64(body + 48, l->last_index);
  for (int k = 0; k < H9_KINDS_ROOM; k++) {
    h9_store64(body + 56 + 16 * k, l->number[k]);
    h9_store64(body + 64 + 16 * k, l->records[k]);
  }
  /* One raw block in a zstd frame, so that there is one form whatever zstd's version and level:
   * single segment with a two-byte content size and a checksum. */
  h9_store32(f, MAGIC_ZSTD);
  f[4] = 0x64;
  h9_store16(f + 5, (uint16_t)(payload - 256));
  uint32_t block = payload << 3 | 1;
  h9_store16(f + 7, (uint16_t)block);
  f[9] = (unsigned char)(block >> 16);
  h9_store32(f + H9_END_FRAME - 4, (uint32_t)XXH64(f + END_HEAD, payload, 0));
  h9_tag tag = {H9_END_FRAME, H9_BLOCK_END, l->blocks, h9_frame_check(f, H9_END_FRAME)};
  h9_tag_put(&tag, out);
}

h9_hash h9_end_content(const unsigned char frame[H9_END_FRAME]) { return hash_get(frame + END_BODY_AT); }

int h9_end_differs(const unsigned char found[H9_END_FRAME], const unsigned char expected[H9_END_FRAME],
                   h9_error *e) {
  const unsigned char *f = found + END_BODY_AT, *x = expected + END_BODY_AT;
  char a[33], b[33];
  if (memcmp(found, expected, END_BODY_AT) != 0)
    return h9_fail(e, H9_EDATA, "the end block is not of its one form");
  static const char *const numbers[] = {"blocks", "bytes", "the last index block's offset"};
  for (int i = 0; i < 3; i++)
    if (memcmp(f + 32 + 8 * i, x + 32 + 8 * i, 8) != 0)
      return h9_fail(e, H9_EDATA, "the end block states %" PRIu64 " for %s, found %" PRIu64,
                     h9_load64(f + 32 + 8 * i), numbers[i], h9_load64(x + 32 + 8 * i));
  for (int k = 0; k < H9_KINDS_ROOM; k++)
    if (memcmp(f + 56 + 16 * k, x + 56 + 16 * k, 16) != 0)
      return h9_fail(e, H9_EDATA,
                     "the end block states %" PRIu64 " blocks of %s with %" PRIu64 " records, found %" PRIu64
                     " with %" PRIu64,
                     h9_load64(f + 56 + 16 * k), h9_block_kind_name((uint32_t)k), h9_load64(f + 64 + 16 * k),
                     h9_load64(x + 56 + 16 * k), h9_load64(x + 64 + 16 * k));
  const char *which = NULL;
  if (memcmp(f, x, 16) != 0) {
    which = "content";
    h9_hash_text(hash_get(f), a);
    h9_hash_text(hash_get(x), b);
  } else if (memcmp(f + 16, x + 16, 16) != 0) {
    which = "stream";
    h9_hash_text(hash_get(f + 16), a);
    h9_hash_text(hash_get(x + 16), b);
  }
  if (!which) return h9_fail(e, H9_EDATA, "the end block's own checksum does not hold");
  return h9_fail(e, H9_EDATA, "the end block states the %s hash %s, the blocks give %s", which, a, b);
}

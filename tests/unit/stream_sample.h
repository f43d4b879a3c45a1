/* A small stream with every kind of block, for the tests of the container. Bodies are only bytes
 * here: the container does not look into them. */
#ifndef H9_TESTS_STREAM_SAMPLE_H
#define H9_TESTS_STREAM_SAMPLE_H

#include "../../libcore/base/io.h"
#include "../../libcore/format/stream_parts.h"
#include "tap.h"

#include <sys/mman.h>
#include <unistd.h>

static uint64_t random_state;
__attribute__((unused)) static uint32_t random32(void) { /* splitmix64: only to make test data */
  uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return (uint32_t)((z ^ z >> 31) >> 32);
}

static const enum h9_block_kind plan[] = {H9_BLOCK_HEADER,      H9_BLOCK_POPULATIONS, H9_BLOCK_LABELS,
                                          H9_BLOCK_NEURONS,     H9_BLOCK_NEURONS,     H9_BLOCK_PROJECTIONS,
                                          H9_BLOCK_CONNECTIONS, H9_BLOCK_CONNECTIONS, H9_BLOCK_SIGNALS,
                                          H9_BLOCK_STATE,       H9_BLOCK_METRICS,     H9_BLOCK_PROVENANCE};
enum { PLAN = sizeof plan / sizeof plan[0] };

/* Body of block i: half noise, half repetition. */
static void fill_body(h9_buf *b, uint32_t i, size_t len) {
  random_state = i;
  unsigned char *p = h9_buf_extend(b, len);
  for (size_t k = 0; k < len; k++)
    p[k] = k % 64 < 32 ? (unsigned char)random32() : (unsigned char)(i + k / 64);
}

static int give(h9_writer *w, enum h9_block_kind kind, uint32_t i, size_t len, h9_error *e) {
  h9_buf b = {0};
  fill_body(&b, i, len);
  return h9_writer_block(w, kind, i + 1, &b, e);
}

static int temporary(void) { return memfd_create("stream", MFD_CLOEXEC); }

/* Writes the plan to a temporary file, block i with len + 7 i bytes. */
static int write_plan(size_t len, int level, int threads, h9_hash *hash) {
  int fd = temporary();
  h9_writer *w;
  h9_error e = {0};
  if (h9_writer_open(&w, fd, "test.h9", level, threads, &e) != H9_OK) return -1;
  for (uint32_t i = 0; i < PLAN; i++)
    if (give(w, plan[i], i, len + 7 * i, &e) != H9_OK) return -1;
  if (hash) *hash = h9_writer_hash(w);
  if (h9_writer_close(w, &e) != H9_OK) return -1;
  return fd;
}

/* Reads all of fd from its start as a plan of that `len`: H9_EOF when whole. *n: blocks handed
 * out. *good: whether all of those were as written, or not wanted. */
static int read_plan(int fd, size_t len, uint32_t wanted, int threads, uint32_t *n, bool *good, h9_error *e) {
  h9_reader *r;
  h9_block b;
  *n = 0;
  *good = true;
  e->code = H9_OK;
  e->text[0] = 0;
  lseek(fd, 0, SEEK_SET);
  int code = h9_reader_open(&r, fd, "test.h9", wanted, threads, e);
  if (code != H9_OK) return code;
  while ((code = h9_reader_next(r, &b, e)) == H9_OK) {
    uint32_t i = (*n)++;
    h9_buf want = {0};
    if (i < PLAN) fill_body(&want, i, len + 7 * i);
    *good = *good && i < PLAN && b.kind == (uint32_t)plan[i] && b.count == i + 1 && b.ordinal == i &&
            b.len == want.len && (!b.body || !b.len || memcmp(b.body, want.data, b.len) == 0) &&
            (b.body || !(wanted >> b.kind & 1));
    h9_buf_release(&want);
  }
  h9_reader_close(r);
  return code;
}

/* All bytes of a file. */
__attribute__((unused)) static h9_buf contents(int fd) {
  h9_buf b = {0};
  h9_error e;
  size_t got, n = (size_t)lseek(fd, 0, SEEK_END);
  lseek(fd, 0, SEEK_SET);
  if (h9_read_full(fd, h9_buf_extend(&b, n), n, &got, &e) != H9_OK || got != n) b.failed = true;
  return b;
}
/* A file of those bytes. */
__attribute__((unused)) static int file_of(const void *p, size_t n) {
  int fd = temporary();
  h9_error e;
  return h9_write_full(fd, p, n, &e) == H9_OK ? fd : -1;
}
/* Makes fd hold exactly those bytes. */
__attribute__((unused)) static void refill(int fd, const void *p, size_t n) {
  if (ftruncate(fd, 0) != 0 || pwrite(fd, p, n, 0) != (ssize_t)n) abort();
}

#endif

/* The byte container: what is written comes back; damage of every kind is found and named. */
#include "../../libcore/base/io.h"
#include "../../libcore/format/stream_parts.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUIET(x) (void)!(x)

static uint64_t random_state;
static uint32_t random32(void) { /* splitmix64: only to make test data */
  uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return (uint32_t)((z ^ z >> 31) >> 32);
}

static int temporary(void) { return memfd_create("stream", MFD_CLOEXEC); }

/* Body of block i: half noise, half repetition. */
static void fill_body(h9_buf *b, uint32_t i, size_t len) {
  random_state = i;
  unsigned char *p = h9_buf_extend(b, len);
  for (size_t k = 0; k < len; k++) p[k] = k % 64 < 32 ? (unsigned char)random32() : (unsigned char)(i + k / 64);
}

static int give(h9_writer *w, enum h9_block_kind kind, uint32_t i, size_t len, h9_error *e) {
  h9_buf b = {0};
  fill_body(&b, i, len);
  return h9_writer_block(w, kind, i + 1, &b, e);
}

static const enum h9_block_kind plan[] = {
    H9_BLOCK_HEADER,      H9_BLOCK_POPULATIONS, H9_BLOCK_NEURONS, H9_BLOCK_NEURONS, H9_BLOCK_PROJECTIONS,
    H9_BLOCK_CONNECTIONS, H9_BLOCK_CONNECTIONS, H9_BLOCK_SIGNALS, H9_BLOCK_STATE,   H9_BLOCK_METRICS,
    H9_BLOCK_LABELS,      H9_BLOCK_PROVENANCE};
enum { PLAN = sizeof plan / sizeof plan[0] };

/* Writes the plan with blocks of about `len` bytes; returns the descriptor, at its end. */
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

/* Reads all of fd; H9_EOF when good. *n: blocks handed out. */
static int read_all(int fd, uint32_t wanted, int threads, uint32_t *n, h9_error *e) {
  h9_reader *r;
  h9_block b;
  *n = 0;
  e->code = H9_OK;
  e->text[0] = 0;
  lseek(fd, 0, SEEK_SET);
  int code = h9_reader_open(&r, fd, "test.h9", wanted, threads, e);
  if (code != H9_OK) return code;
  while ((code = h9_reader_next(r, &b, e)) == H9_OK) ++*n;
  h9_reader_close(r);
  return code;
}

static void round_trip(int threads, int level, size_t len) {
  h9_hash hash;
  h9_error e = {0};
  int fd = write_plan(len, level, threads, &hash), good = 1;
  h9_reader *r;
  h9_block b;
  lseek(fd, 0, SEEK_SET);
  if (!ok(h9_reader_open(&r, fd, "test.h9", H9_WANT_ALL, threads, &e) == H9_OK, "opens: %s", e.text)) return;
  uint32_t i = 0;
  int code;
  while ((code = h9_reader_next(r, &b, &e)) == H9_OK) {
    h9_buf want = {0};
    fill_body(&want, i, len + 7 * i);
    good = good && i < PLAN && b.kind == (uint32_t)plan[i] && b.count == i + 1 && b.ordinal == i &&
           b.len == want.len && memcmp(b.body, want.data, b.len) == 0;
    h9_buf_release(&want);
    i++;
  }
  ok(code == H9_EOF && good && i == PLAN, "level %d, %d threads, blocks of %zu bytes: what was written comes back %s",
     level, threads, len, code == H9_EOF ? "" : e.text);
  h9_hash got = h9_reader_hash(r);
  ok(got.hi == hash.hi && got.lo == hash.lo, "writer and reader agree on the content hash");
  ok(h9_reader_bytes(r) == (uint64_t)lseek(fd, 0, SEEK_END), "the reader counts the file's bytes");
  h9_reader_close(r);
  close(fd);
}

int main(void) {
  for (int t = 1; t <= 4; t++) round_trip(t, t == 3 ? 19 : t == 4 ? -50 : 0, t == 2 ? 300000 : 100 * (size_t)t);
  uint32_t n;
  h9_error e;
  int fd = write_plan(40, 0, 1, NULL);
  ok(read_all(fd, H9_WANT_ALL, 1, &n, &e) == H9_EOF, "reads %s", e.text);
  ok(read_all(fd, 0, 2, &n, &e) == H9_EOF && n == PLAN, "reads unwanted %s", e.text);
  close(fd);
  return done();
}

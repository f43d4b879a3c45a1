/* stream_core STREAM THREADS LEVEL OUT: reads all blocks of a stream into memory, then prints the seconds that
 * writing them to OUT took and those of reading them back, every block decompressed and verified. */
#include "../../libcore/base/clock.h"
#include "../../libcore/format/stream.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST = 1 << 16 };

static double now(void) { return (double)h9_clock_ns() / 1e9; }

static int fail(const h9_error *e) {
  fprintf(stderr, "stream_core: %s\n", e->text);
  return e->code ? e->code : 70;
}

/* Reads to the end; keeps the blocks in `block` unless NULL. */
static int read_all(const char *path, int threads, h9_block *block, size_t *n, h9_error *e) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return h9_fail(e, H9_ENOINPUT, "%s: cannot be opened", path);
  h9_reader *r;
  h9_block b;
  int rc = h9_reader_open(&r, fd, path, H9_WANT_ALL, threads, e);
  if (rc != H9_OK) return rc;
  while ((rc = h9_reader_next(r, &b, e)) == H9_OK && *n < MOST) {
    if (block) h9_reader_keep(r, &b), block[*n] = b;
    ++*n;
  }
  h9_reader_close(r);
  close(fd);
  return rc == H9_EOF ? H9_OK : rc == H9_OK ? h9_fail(e, H9_EDATA, "%s: more than %d blocks", path, MOST) : rc;
}

static int write_all(const char *path, int threads, int level, const h9_block *block, size_t n, h9_error *e) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (fd < 0) return h9_fail(e, H9_EIO, "%s: cannot be written", path);
  h9_writer *w;
  int rc = h9_writer_open(&w, fd, path, level, threads, e);
  if (rc != H9_OK) return rc;
  for (size_t i = 0; i < n && rc == H9_OK; i++) rc = h9_writer_copy(w, &block[i], e);
  if (rc == H9_OK) rc = h9_writer_close(w, e);
  else h9_writer_abort(w);
  close(fd);
  return rc;
}

int main(int argc, char **argv) {
  static h9_block block[MOST];
  h9_error e = {0};
  size_t n = 0, again = 0;
  if (argc != 5) return 64;
  int threads = atoi(argv[2]), level = atoi(argv[3]);
  if (read_all(argv[1], threads, block, &n, &e) != H9_OK) return fail(&e);
  double t0 = now();
  if (write_all(argv[4], threads, level, block, n, &e) != H9_OK) return fail(&e);
  double t1 = now();
  if (read_all(argv[4], threads, NULL, &again, &e) != H9_OK) return fail(&e);
  double t2 = now();
  if (again != n) return h9_fail(&e, H9_EDATA, "%zu blocks written, %zu read", n, again), fail(&e);
  printf("%.6f %.6f\n", t1 - t0, t2 - t1);
}

/* Memory that runs out: each allocation of writing and reading a stream is made to fail in turn,
 * alone or with all after it. Nothing may crash, hang, leak a wrong byte or pass for whole.
 * Authority: the bytes given to the writer. */
#include "stream_sample.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
int main(void) {
  (void)write_plan, (void)read_plan;
  ok(1, "memory faults are injected where no sanitizer owns malloc # skip");
  return done();
}
#else

/* The counter runs down to 0 at the allocation that fails; LONG_MAX: none does. */
static atomic_long until = LONG_MAX;
static atomic_bool and_after;

static bool fails(void) {
  long n = atomic_fetch_sub(&until, 1);
  bool now = n == 0 || (n < 0 && and_after);
  if (now) errno = ENOMEM;
  return now;
}
static void arm(long n, bool after) {
  and_after = after;
  until = n;
}

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *malloc(size_t n) { return fails() ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t size) { return fails() ? NULL : __libc_calloc(n, size); }
void *realloc(void *p, size_t n) { return fails() ? NULL : __libc_realloc(p, n); }

static h9_error e;

static int write_some(int fd, int threads) {
  h9_writer *w;
  int code = h9_writer_open(&w, fd, "out.h9", 1, threads, &e);
  if (code != H9_OK) return code;
  for (uint32_t i = 0; i < PLAN && code == H9_OK; i++) {
    h9_buf b = {0};
    unsigned char *p = h9_buf_extend(&b, 3000 + 7 * i);
    if (p) {
      h9_buf same = {.data = p, .cap = b.len};
      fill_body(&same, i, b.len);
    }
    code = h9_writer_block(w, plan[i], i + 1, &b, &e);
  }
  if (code == H9_OK) return h9_writer_close(w, &e);
  h9_writer_abort(w);
  return code;
}

static void writing(int threads, bool after) {
  int fd = temporary(), bad = 0, failed = 0;
  long k = 0;
  for (int code = H9_ESYSTEM; k < 2000; k++) {
    lseek(fd, 0, SEEK_SET);
    if (ftruncate(fd, 0) != 0) abort();
    arm(k, after);
    code = write_some(fd, threads);
    long left = until;
    arm(LONG_MAX, false);
    uint32_t n;
    bool good;
    if (code == H9_OK) bad += read_plan(fd, 3000, H9_WANT_ALL, 1, &n, &good, &e) != H9_EOF || !good;
    else {
      failed++;
      bad += code != H9_ESYSTEM || !strstr(e.text, "memory");
      if (code != H9_ESYSTEM) printf("# allocation %ld: %d %s\n", k, code, e.text);
      code = read_plan(fd, 3000, H9_WANT_ALL, 1, &n, &good, &e);
      bad += code == H9_EOF || !good;
    }
    if (left > 0) break; /* nothing was left to fail */
  }
  ok(bad == 0 && failed > 5 && k < 2000,
     "writing, %d threads: of %ld allocations failing%s, %d were fatal and said so", threads, k,
     after ? " with all after them" : "", failed);
  close(fd);
}

static int read_some(int fd, int threads, uint32_t *n) {
  h9_reader *r;
  h9_block b;
  *n = 0;
  lseek(fd, 0, SEEK_SET);
  int code = h9_reader_open(&r, fd, "in.h9", H9_WANT_ALL, threads, &e);
  if (code != H9_OK) return code;
  while ((code = h9_reader_next(r, &b, &e)) == H9_OK) {
    bool good = b.kind == (uint32_t)plan[*n] && b.len == 3000 + 7 * *n;
    if (!good) code = H9_EINTERNAL;
    ++*n;
  }
  h9_reader_close(r);
  return code;
}

static void reading(int threads, bool after) {
  int fd = write_plan(3000, 1, 1, NULL), bad = 0, failed = 0;
  long k = 0;
  for (; k < 2000; k++) {
    uint32_t n;
    arm(k, after);
    int code = read_some(fd, threads, &n);
    long left = until;
    arm(LONG_MAX, false);
    failed += code != H9_EOF;
    if ((code != H9_EOF && (code != H9_ESYSTEM || !strstr(e.text, "memory"))) ||
        (code == H9_EOF && n != PLAN)) {
      bad++;
      printf("# allocation %ld: %d %s\n", k, code, e.text);
    }
    if (left > 0) break;
  }
  ok(bad == 0 && failed > 5 && k < 2000,
     "reading, %d threads: of %ld allocations failing%s, %d were fatal and said so", threads, k,
     after ? " with all after them" : "", failed);
  close(fd);
}

int main(void) {
  alarm(50); /* a hang ends the test */
  for (int threads = 1; threads <= 3; threads += 2)
    for (int after = 0; after < 2; after++) {
      writing(threads, after);
      reading(threads, after);
    }
  return done();
}
#endif

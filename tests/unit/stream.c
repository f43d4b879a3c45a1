/* The byte container: what is written comes back, the same bytes for any number of threads, live
 * pipes, failing outputs. Authority: the bytes given to the writer. */
#include "stream_sample.h"

#include "../../libcore/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static h9_error e; /* large: not on the stack */

static void round_trip(int threads, int level, size_t len) {
  h9_hash hash;
  int fd = write_plan(len, level, threads, &hash);
  bool good = true;
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
           b.len == want.len && b.body && (b.len == 0 || memcmp(b.body, want.data, b.len) == 0);
    h9_buf_release(&want);
    i++;
  }
  ok(code == H9_EOF && good && i == PLAN,
     "level %d, %d threads, blocks of %zu bytes: what was written comes back %s", level, threads, len,
     code == H9_EOF ? "" : e.text);
  h9_hash got = h9_reader_hash(r);
  ok(got.hi == hash.hi && got.lo == hash.lo, "writer and reader agree on the content hash");
  ok(h9_reader_bytes(r) == (uint64_t)lseek(fd, 0, SEEK_END), "the reader counts the file's bytes");
  ok(h9_reader_count(r, H9_BLOCK_NEURONS) == 4 + 5 && h9_reader_count(r, H9_BLOCK_STATE) == 10,
     "and its records");
  ok(h9_reader_next(r, &b, &e) == H9_EOF, "the end stays the end");
  h9_reader_close(r);
  close(fd);
}

static void same_bytes(void) {
  for (int level = -5; level <= 9; level += 7) {
    h9_hash h1, h;
    int one = write_plan(50000, level, 1, &h1);
    h9_buf a = contents(one);
    close(one);
    for (int t = 2; t <= 5; t++) {
      int fd = write_plan(50000, level, t, &h);
      h9_buf c = contents(fd);
      ok(a.len == c.len && memcmp(a.data, c.data, a.len) == 0, "level %d: %d threads write the bytes of one",
         level, t);
      h9_buf_release(&c);
      close(fd);
    }
    int other = write_plan(50000, 3, 1, &h);
    ok(h.hi == h1.hi && h.lo == h1.lo, "the content hash does not depend on the level");
    close(other);
    h9_buf_release(&a);
  }
}

/* Copies a stream's blocks, leaving one kind out; returns the content hash. */
static h9_hash copy(int from, int to, uint32_t without, int threads) {
  h9_reader *r;
  h9_writer *w;
  h9_block b;
  lseek(from, 0, SEEK_SET);
  if (h9_reader_open(&r, from, "a", H9_WANT_ALL, threads, &e) != H9_OK) abort();
  if (h9_writer_open(&w, to, "b", 1, threads, &e) != H9_OK) abort();
  int code;
  while ((code = h9_reader_next(r, &b, &e)) == H9_OK)
    if (b.kind != without && h9_writer_copy(w, &b, &e) != H9_OK) abort();
  h9_hash h = h9_writer_hash(w);
  if (h9_writer_close(w, &e) != H9_OK) abort();
  h9_reader_close(r);
  return h;
}

static void copying(void) {
  h9_hash h0;
  int a = write_plan(3000, 1, 1, &h0), b = temporary(), c = temporary(), d = temporary();
  h9_hash h1 = copy(a, b, 0, 2), h2 = copy(a, c, H9_BLOCK_METRICS, 1), h3 = copy(a, d, H9_BLOCK_LABELS, 1);
  h9_buf x = contents(a), y = contents(b);
  ok(x.len == y.len && memcmp(x.data, y.data, x.len) == 0, "a copy has the same bytes");
  ok(h1.lo == h0.lo && h2.lo == h0.lo && h2.hi == h0.hi, "metrics are no part of the content hash");
  ok(h3.lo != h0.lo, "labels are");
  h9_buf_release(&x);
  h9_buf_release(&y);
  close(a), close(b), close(c), close(d);
}

static void keeping(int threads) {
  int fd = write_plan(500, 1, 1, NULL);
  h9_reader *r;
  h9_block b, kept[PLAN];
  uint32_t n = 0;
  lseek(fd, 0, SEEK_SET);
  if (h9_reader_open(&r, fd, "a", H9_WANT_ALL, threads, &e) != H9_OK) abort();
  while (h9_reader_next(r, &b, &e) == H9_OK) {
    h9_reader_keep(r, &b);
    kept[n++] = b;
  }
  h9_reader_close(r);
  bool good = n == PLAN;
  for (uint32_t i = 0; i < n; i++) {
    h9_buf want = {0};
    fill_body(&want, i, 500 + 7 * i);
    good = good && kept[i].len == want.len && memcmp(kept[i].body, want.data, want.len) == 0;
    h9_buf_release(&want);
    free((void *)(uintptr_t)kept[i].body);
  }
  ok(good, "kept bodies outlive the reader, %d threads", threads);
  close(fd);
}

/* The header and populations blocks every stream needs. */
static h9_writer *begun(int fd, int threads) {
  h9_writer *w;
  if (h9_writer_open(&w, fd, "out.h9", 1, threads, &e) != H9_OK) return NULL;
  if (give(w, H9_BLOCK_HEADER, 0, 10, &e) != H9_OK || give(w, H9_BLOCK_POPULATIONS, 1, 10, &e) != H9_OK) {
    h9_writer_abort(w);
    return NULL;
  }
  return w;
}

static void misuse(void) {
  int fd = temporary();
  h9_writer *w = begun(fd, 2);
  h9_buf big = {0};
  h9_buf_extend(&big, (size_t)H9_BLOCK_BYTES_MAX + 1);
  ok(h9_writer_block(w, H9_BLOCK_NEURONS, 1, &big, &e) == H9_EINTERNAL && !big.data, "too large: %s", e.text);
  ok(give(w, H9_BLOCK_CONNECTIONS, 1, 10, &e) == H9_EINTERNAL, "out of order: %s", e.text);
  ok(give(w, H9_BLOCK_END, 1, 10, &e) == H9_EINTERNAL, "not the caller's: %s", e.text);
  ok(give(w, H9_BLOCK_NEURONS, 2, 10, &e) == H9_OK, "the writer goes on after a refusal");
  h9_block unread = {.kind = H9_BLOCK_NEURONS};
  ok(h9_writer_copy(w, &unread, &e) == H9_EINTERNAL, "unread block: %s", e.text);
  h9_writer_abort(w);
  uint32_t n;
  bool good;
  ok(read_plan(fd, 10, H9_WANT_ALL, 1, &n, &good, &e) == H9_EDATA && strstr(e.text, "truncated"),
     "an abandoned stream is truncated: %s", e.text);
  close(fd);
  fd = temporary();
  ok(h9_writer_open(&w, fd, "o", 20, 1, &e) == H9_EUSAGE &&
         h9_writer_open(&w, fd, "o", -51, 1, &e) == H9_EUSAGE,
     "level: %s", e.text);
  if (h9_writer_open(&w, fd, "o", 0, 1, &e) != H9_OK) abort();
  ok(h9_writer_close(w, &e) == H9_EINTERNAL, "nothing written: %s", e.text);
  close(fd);
}

/* Writes until something fails; the failure must stay. */
static void failing_output(int fd, int threads, int err, const char *what) {
  h9_writer *w = NULL;
  int code = h9_writer_open(&w, fd, "out.h9", 1, threads, &e);
  for (uint32_t i = 0; i < 2000 && code == H9_OK; i++)
    code = give(w, i == 0 ? H9_BLOCK_HEADER : i == 1 ? H9_BLOCK_POPULATIONS : H9_BLOCK_NEURONS, i, 20000, &e);
  ok(code == H9_EIO && e.sys == err && strncmp(e.text, "out.h9: cannot write: ", 22) == 0,
     "%s, %d threads: %s", what, threads, e.text);
  if (!w) return;
  ok(h9_writer_flush(w, &e) == H9_EIO && e.sys == err, "it stays failed");
  ok(h9_writer_close(w, &e) == H9_EIO && e.sys == err, "and does not close as whole");
}

static void failures(void) {
  signal(SIGPIPE, SIG_IGN);
  for (int t = 1; t <= 3; t += 2) {
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC), p[2];
    failing_output(full, t, ENOSPC, "a full device");
    close(full);
    if (pipe(p) != 0) abort();
    close(p[0]);
    failing_output(p[1], t, EPIPE, "a closed pipe");
    close(p[1]);
  }
  /* A file that may not grow on: as a disk that fills half way. */
  for (int t = 1; t <= 3; t += 2) {
    struct rlimit old, small;
    getrlimit(RLIMIT_FSIZE, &old);
    small = (struct rlimit){300000, old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    char path[] = "/tmp/hal9-stream-XXXXXX";
    int fd = mkstemp(path);
    unlink(path);
    setrlimit(RLIMIT_FSIZE, &small);
    failing_output(fd, t, EFBIG, "a file that may not grow");
    setrlimit(RLIMIT_FSIZE, &old);
    close(fd);
  }
  /* The reader leaves after a while: the failure comes from a worker. */
  int p[2];
  if (pipe(p) != 0) abort();
  pid_t child = fork();
  if (child == 0) {
    static char sink[100000];
    close(p[1]);
    size_t got;
    _exit(h9_read_full(p[0], sink, sizeof sink, &got, &e) != H9_OK);
  }
  close(p[0]);
  failing_output(p[1], 2, EPIPE, "a reader that leaves");
  close(p[1]);
  waitpid(child, NULL, 0);
  signal(SIGPIPE, SIG_DFL);
}

/* What was flushed can be read while the writer still lives; closing a reader that waits for
 * input does not hang. */
static void live(int threads) {
  int p[2];
  if (pipe(p) != 0) abort();
  h9_writer *w = begun(p[1], threads);
  h9_reader *r;
  h9_block b;
  ok(w && h9_writer_flush(w, &e) == H9_OK, "flushed");
  alarm(20); /* a hang ends the test */
  bool good = h9_reader_open(&r, p[0], "live", H9_WANT_ALL, threads, &e) == H9_OK;
  good = good && h9_reader_next(r, &b, &e) == H9_OK && b.kind == H9_BLOCK_HEADER;
  good = good && h9_reader_next(r, &b, &e) == H9_OK && b.kind == H9_BLOCK_POPULATIONS;
  for (uint32_t i = 0; i < 20 && good; i++) {
    good = give(w, H9_BLOCK_SIGNALS, i, 100, &e) == H9_OK && h9_writer_flush(w, &e) == H9_OK;
    good = good && h9_reader_next(r, &b, &e) == H9_OK && b.kind == H9_BLOCK_SIGNALS && b.count == i + 1;
  }
  ok(good, "a live pipe is live, %d threads", threads);
  h9_reader_close(r);
  h9_writer_abort(w);
  alarm(0);
  close(p[0]), close(p[1]);
  ok(1, "a reader closes while its input stays open");
}

/* The writer dies half way: good blocks come out first, then the truncation. */
static void dying_writer(int threads) {
  int p[2];
  if (pipe(p) != 0) abort();
  h9_writer *w = begun(p[1], threads);
  for (uint32_t i = 0; i < 5; i++)
    if (give(w, H9_BLOCK_SIGNALS, i, 200, &e) != H9_OK) abort();
  if (h9_writer_flush(w, &e) != H9_OK) abort();
  h9_writer_abort(w);
  close(p[1]);
  h9_reader *r;
  h9_block b;
  uint32_t n = 0;
  int code = h9_reader_open(&r, p[0], "pipe", H9_WANT_ALL, threads, &e);
  while (code == H9_OK && (code = h9_reader_next(r, &b, &e)) == H9_OK) n++;
  ok(n == 7 && code == H9_EDATA && strstr(e.text, "pipe: block 7 at byte "), "%u blocks, then %s", n, e.text);
  h9_reader_close(r);
  close(p[0]);
}

static void terminal(void) {
  int m = posix_openpt(O_RDWR | O_NOCTTY);
  h9_reader *r;
  if (m < 0 || grantpt(m) != 0 || unlockpt(m) != 0) {
    ok(1, "no terminal to be had # skip");
    return;
  }
  int s = open(ptsname(m), O_RDWR | O_NOCTTY);
  ok(h9_reader_open(&r, s, "tty", H9_WANT_ALL, 1, &e) == H9_ENOINPUT && strstr(e.text, "tty: is a terminal"),
     "%s", e.text);
  close(s), close(m);
}

/* More blocks than one index block lists. */
static void long_stream(int threads) {
  enum { MANY = 140000 };
  int fd = temporary();
  h9_writer *w = begun(fd, threads);
  bool good = true;
  for (uint32_t i = 0; i < MANY && good; i++) {
    h9_buf b = {0};
    h9_buf_put32(&b, i);
    good = h9_writer_block(w, H9_BLOCK_SIGNALS, 2, &b, &e) == H9_OK;
  }
  good = good && h9_writer_close(w, &e) == H9_OK;
  ok(good, "%d blocks written", MANY);
  h9_buf s = contents(fd);
  size_t end = s.len - H9_TAG_BYTES - H9_END_FRAME;
  const unsigned char *body = s.data + end + H9_TAG_BYTES + 10 + H9_PAYLOAD_HEAD;
  ok(h9_load64(body + 56 + 16 * H9_BLOCK_INDEX) == 3 &&
         h9_load64(body + 64 + 16 * H9_BLOCK_INDEX) == MANY + 2 && h9_load64(body + 32) == MANY + 2 + 3,
     "three index blocks list them");
  h9_tag t;
  ok(h9_tag_get(&t, s.data + h9_load64(body + 48), &e) == H9_OK && t.kind == H9_BLOCK_INDEX,
     "the end block leads to the last index block");
  h9_buf_release(&s);
  h9_reader *r;
  h9_block b;
  uint32_t n = 0;
  lseek(fd, 0, SEEK_SET);
  int code = h9_reader_open(&r, fd, "long", 1u << H9_BLOCK_SIGNALS, threads, &e);
  while (code == H9_OK && (code = h9_reader_next(r, &b, &e)) == H9_OK)
    if (n++ >= 2) good = good && b.len == 4 && h9_load32(b.body) == n - 3;
  ok(good && code == H9_EOF && n == MANY + 2 && h9_reader_count(r, H9_BLOCK_SIGNALS) == 2 * (uint64_t)MANY,
     "and all are read, %d threads", threads);
  h9_reader_close(r);
  close(fd);
}

/* A large stream through a pipe in little memory. */
static void bounded(uint32_t mebibytes) {
  int p[2];
  if (pipe(p) != 0) abort();
  pid_t child = fork();
  if (child == 0) {
    close(p[0]);
    h9_writer *w = begun(p[1], 2);
    for (uint32_t i = 0; i < mebibytes; i++) {
      h9_buf b = {0};
      memset(h9_buf_extend(&b, 1 << 20), (int)i, 1 << 20);
      for (size_t k = 0; k < 1 << 20; k += 97) b.data[k] = (unsigned char)k;
      if (h9_writer_block(w, H9_BLOCK_SIGNALS, 1, &b, &e) != H9_OK) _exit(1);
    }
    if (h9_writer_close(w, &e) != H9_OK) _exit(1);
    _exit(h9_memory_peak_rss() > (SANITIZED ? UINT64_MAX : UINT64_C(100) << 20));
  }
  close(p[1]);
  h9_reader *r;
  h9_block b;
  uint64_t bytes = 0;
  int status, code = h9_reader_open(&r, p[0], "pipe", H9_WANT_ALL, 2, &e);
  while (code == H9_OK && (code = h9_reader_next(r, &b, &e)) == H9_OK) bytes += b.len;
  h9_reader_close(r);
  close(p[0]);
  waitpid(child, &status, 0);
  ok(code == H9_EOF && bytes > (uint64_t)mebibytes << 20, "%u MiB passed through a pipe", mebibytes);
  ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the writer within 100 MiB");
  if (!SANITIZED) ok(h9_memory_peak_rss() < UINT64_C(100) << 20, "the reader within 100 MiB");
}

/* With an argument: writes a sample stream to that file, for tests that look at the bytes. */
int main(int argc, char **argv) {
  if (argc == 2) {
    h9_output o;
    int fd = write_plan(70000, 1, 2, NULL);
    h9_buf s = contents(fd);
    close(fd);
    bool fine = h9_output_open(&o, argv[1], false, &e) == H9_OK &&
                h9_write_full(o.fd, s.data, s.len, &e) == H9_OK && h9_output_commit(&o, &e) == H9_OK;
    h9_buf_release(&s);
    return fine ? 0 : 1;
  }
  /* First, while the process is small: peak memory only grows. */
  bounded(getenv("SOAK") ? 102400 : 512);
  for (int t = 1; t <= 4; t++)
    round_trip(t, t == 3 ? 19 : t == 4 ? -50 : 0, t == 2 ? 300000 : 100 * (size_t)t);
  round_trip(2, 0, 0);
  same_bytes();
  copying();
  keeping(1);
  keeping(3);
  misuse();
  failures();
  live(1);
  live(3);
  dying_writer(1);
  dying_writer(4);
  terminal();
  long_stream(1);
  long_stream(3);
  ok(strcmp(h9_block_kind_name(6), "signals") == 0 && strcmp(h9_block_kind_name(99), "unknown") == 0,
     "kinds have names");
  char text[33];
  h9_hash_text((h9_hash){1, UINT64_C(0xfedcba9876543210)}, text);
  ok(strcmp(text, "0000000000000001fedcba9876543210") == 0, "hash as text");
  /* xxhsum 0.8.1: `printf '' | xxhsum -H2` */
  h9_hash_text(h9_hash_of("", 0), text);
  ok(strcmp(text, "99aa06d3014798d86001c324468d497f") == 0, "XXH3-128 of nothing is the published value");
  return done();
}

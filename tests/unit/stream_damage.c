/* Damaged streams. Authority: the stream as written; whatever is done to it must be found, at the
 * block where it was done, and no block may come out other than it went in. */
#include "stream_sample.h"

enum { LEN = 20 };
static const uint32_t some = 1u << H9_BLOCK_SIGNALS;

/* Offset of block i's tag, and the number of blocks, index and end included. */
static size_t starts[PLAN + 2];
static int n_blocks;

static void find_starts(const h9_buf *s) {
  size_t at = H9_PROLOGUE_BYTES;
  h9_error e;
  for (n_blocks = 0; at < s->len; n_blocks++) {
    h9_tag t;
    if (h9_tag_get(&t, s->data + at, &e) != H9_OK) break;
    starts[n_blocks] = at;
    at += H9_TAG_BYTES + (size_t)t.frame_len;
  }
}
static int block_at(size_t offset) {
  int i = -1;
  while (i + 1 < n_blocks && starts[i + 1] <= offset) i++;
  return i;
}

/* The number after "block ", or -1. */
static int block_named(const char *text) {
  const char *p = strstr(text, ": block ");
  return p ? atoi(p + 8) : -1;
}

/* One damaged file: the verdict must be `code`, name block `where` (-1: none) and hold `word`. */
static bool found(int fd, uint32_t wanted, int threads, int code, int where, const char *word) {
  uint32_t n;
  bool good;
  static h9_error e;
  int got = read_plan(fd, LEN, wanted, threads, &n, &good, &e);
  bool fine = got == code && e.code == code && good && strncmp(e.text, "test.h9: ", 9) == 0 &&
              block_named(e.text) == where && (int)n <= (where < 0 ? 0 : where) &&
              (!word || strstr(e.text, word));
  if (!fine)
    printf("# code %d, expected %d at block %d: %s%s\n", got, code, where, e.text,
           good ? "" : " (wrong bytes)");
  return fine;
}

static void cuts(const h9_buf *s, uint32_t wanted, int threads) {
  int bad = 0, fd = file_of(s->data, s->len);
  for (size_t n = s->len; n-- > 0;) {
    if (ftruncate(fd, (off_t)n) != 0) bad++;
    int where = n < H9_PROLOGUE_BYTES ? -1 : block_at(n);
    bool ours = n > 0;
    bad += !found(fd, wanted, threads, ours ? H9_EDATA : H9_ENOINPUT, where, ours ? "truncated" : "is empty");
  }
  close(fd);
  ok(bad == 0, "cut after each of %zu bytes, %s blocks wanted, %d threads: named truncated at its block",
     s->len, wanted == H9_WANT_ALL ? "all" : "some", threads);
}

static void flips(const h9_buf *s, uint32_t wanted, int threads, size_t step) {
  int bad = 0, fd = file_of(s->data, s->len);
  for (size_t i = 0; i < s->len; i += step)
    for (int bit = 0; bit < 8; bit++) {
      unsigned char c = s->data[i] ^ (unsigned char)(1 << bit);
      if (pwrite(fd, &c, 1, (off_t)i) != 1) bad++;
      bad += !found(fd, wanted, threads, H9_EDATA, block_at(i), NULL);
      if (pwrite(fd, s->data + i, 1, (off_t)i) != 1) bad++;
    }
  uint32_t n;
  bool good;
  static h9_error e;
  ok(bad == 0 && read_plan(fd, LEN, wanted, threads, &n, &good, &e) == H9_EOF,
     "each bit of every %s byte of %zu flipped, %s blocks wanted, %d threads: found at its block",
     step == 1 ? "" : "few", s->len, wanted == H9_WANT_ALL ? "all" : "some", threads);
  close(fd);
}

/* ---- streams whose checks hold but whose contents do not ---- */

/* A tag and a frame around `payload`, with true checks, appended to `out`. */
static void append_block(h9_buf *out, uint32_t kind, uint64_t count, const void *payload, size_t n) {
  static unsigned char frame[4096];
  h9_packer *p = h9_packer_new(1);
  h9_error e;
  size_t len = 0;
  if (h9_frame_pack(p, payload, n, frame, sizeof frame, &len, &e) != H9_OK) abort();
  h9_packer_free(p);
  h9_tag t = {(uint32_t)len, kind, count, h9_frame_check(frame, len)};
  h9_tag_put(&t, h9_buf_extend(out, H9_TAG_BYTES));
  h9_buf_put(out, frame, len);
}
static void append_body(h9_buf *out, uint32_t kind, uint64_t count, const void *body, size_t n) {
  unsigned char payload[4096];
  h9_payload_head(payload, kind, (uint32_t)n, count);
  memcpy(payload + H9_PAYLOAD_HEAD, body, n);
  append_block(out, kind, count, payload, H9_PAYLOAD_HEAD + n);
}
static void begin(h9_buf *out, int blocks) {
  out->len = 0;
  h9_prologue_put(h9_buf_extend(out, H9_PROLOGUE_BYTES));
  if (blocks > 0) append_body(out, H9_BLOCK_HEADER, 1, "h", 1);
  if (blocks > 1) append_body(out, H9_BLOCK_POPULATIONS, 1, "p", 1);
}
/* Recomputes the checks of the tag at `at`. */
static void mend(h9_buf *s, size_t at, bool frame) {
  unsigned char *t = s->data + at;
  uint32_t len = h9_load32(t + 8);
  if (frame && at + H9_TAG_BYTES + len <= s->len) h9_store32(t + 24, h9_frame_check(t + H9_TAG_BYTES, len));
  h9_store32(t + 28, h9_frame_check(t, 28));
}

static void verdict(const h9_buf *s, const char *what, int code, const char *word) {
  h9_reader *r = NULL;
  h9_block b;
  static h9_error e;
  for (int threads = 1; threads <= 2; threads++) {
    int fd = file_of(s->data, s->len);
    lseek(fd, 0, SEEK_SET);
    e.code = 0;
    e.text[0] = 0;
    int got = h9_reader_open(&r, fd, "x.h9", H9_WANT_ALL, threads, &e);
    while (got == H9_OK) got = h9_reader_next(r, &b, &e);
    int again = r ? h9_reader_next(r, &b, &e) : got;
    h9_reader_close(r);
    close(fd);
    ok(got == code && again == code && strstr(e.text, word) && strncmp(e.text, "x.h9: ", 6) == 0, "%s: %s",
       what, e.text);
  }
}

static void foreign(void) {
  static const struct {
    const char *bytes;
    size_t n;
    const char *word;
  } files[] = {
      {"\x1f\x8b\x08\0\0\0\0\0\0\x03zzzzzzzz", 18, "gzip"},
      {"\x28\xb5\x2f\xfd\x04\x58\x19\0\0abc", 12, "plain zstd"},
      {"\x89HDF\r\n\x1a\n\0\0\0\0\0\0\0\0", 16, "HDF5"},
      {"populations:\n  a: {count: 3}\n", 30, "text"},
      {"\xce\xb1\n", 3, "text"},
      {"\0\0\0\0", 4, "something else"},
      {"\x50\x2a\x4d\x18\x08\0\0\0abcdefgh", 16, "without a stream's beginning"},
      {"x", 1, "text"},
  };
  h9_buf s = {0};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    s.len = 0;
    h9_buf_put(&s, files[i].bytes, files[i].n - (files[i].word[0] == 't' && files[i].n > 20));
    verdict(&s, "foreign file", H9_EDATA, files[i].word);
  }
  begin(&s, 0);
  s.data[12] = 3;
  verdict(&s, "future version", H9_EDATA, "is a stream of version 3, this program reads 1");
  s.len = 0;
  verdict(&s, "empty file", H9_ENOINPUT, "is empty");
  h9_buf_release(&s);
}

static void crafted(const h9_buf *whole) {
  h9_buf s = {0};
  begin(&s, 0);
  append_body(&s, H9_BLOCK_POPULATIONS, 1, "p", 1);
  verdict(&s, "no header", H9_EDATA, "the first block is of populations, expected the header");
  begin(&s, 1);
  append_body(&s, H9_BLOCK_SIGNALS, 1, "p", 1);
  verdict(&s, "no populations", H9_EDATA, "the second block is of signals");
  begin(&s, 2);
  append_body(&s, H9_BLOCK_HEADER, 1, "p", 1);
  verdict(&s, "two headers", H9_EDATA, "block 2 (header) at byte");
  begin(&s, 2);
  append_body(&s, H9_BLOCK_CONNECTIONS, 1, "p", 1);
  verdict(&s, "connections first", H9_EDATA, "before the projections");
  begin(&s, 2);
  append_body(&s, H9_BLOCK_PROJECTIONS, 1, "p", 1);
  append_body(&s, H9_BLOCK_NEURONS, 1, "p", 1);
  verdict(&s, "neurons last", H9_EDATA, "after the projections");
  begin(&s, 2);
  append_body(&s, 13, 1, "p", 1);
  verdict(&s, "unknown kind", H9_EDATA, "unknown kind 13");
  begin(&s, 2);
  append_body(&s, H9_BLOCK_END, 2, "p", 1);
  verdict(&s, "odd end block", H9_EDATA, "end block of ");
  begin(&s, 2);
  append_block(&s, H9_BLOCK_LABELS, 1, "p", 1);
  verdict(&s, "payload without head", H9_EDATA, "zstd frame of 1 bytes");
  unsigned char payload[64] = {0};
  h9_payload_head(payload, H9_BLOCK_LABELS, 48, 2);
  begin(&s, 2);
  append_block(&s, H9_BLOCK_LABELS, 1, payload, 64);
  verdict(&s, "tag and payload differ", H9_EDATA, "disagree");
  begin(&s, 2);
  append_body(&s, H9_BLOCK_INDEX, 2, payload, 16);
  verdict(&s, "index without entries", H9_EDATA, "head does not fit");
  begin(&s, 2);
  append_body(&s, H9_BLOCK_INDEX, 3, payload, 16);
  verdict(&s, "index of too many", H9_EDATA, "the index lists 3 blocks, 2 came before it");

  /* The sample stream, changed so that only a deeper check can tell. */
  size_t index = starts[PLAN], end = starts[PLAN + 1];
  s.len = 0;
  h9_buf_put(&s, whole->data, end);
  h9_ledger l;
  if (h9_ledger_open(&l) != H9_OK) abort();
  verdict(&s, "no end block", H9_EDATA, "after a block of index, without an end block");
  s.len = index;
  h9_end_put(&l, (h9_hash){0, 0}, (h9_hash){0, 0}, h9_buf_extend(&s, H9_TAG_BYTES + H9_END_FRAME));
  verdict(&s, "no index", H9_EDATA, "listed in no index block");
  static const struct {
    size_t at;
    const char *word;
  } fields[] = {{0, "content hash"}, {16, "stream hash"},      {32, "for blocks, found 13"},
                {40, "for bytes"},   {48, "last index block"}, {56 + 16 * 6 + 8, "blocks of signals"}};
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    s.len = 0;
    h9_buf_put(&s, whole->data, whole->len);
    s.data[end + H9_TAG_BYTES + 10 + H9_PAYLOAD_HEAD + fields[i].at] ^= 1;
    mend(&s, end, true);
    verdict(&s, "end block with a wrong field", H9_EDATA, fields[i].word);
  }
  s.len = 0;
  h9_buf_put(&s, whole->data, whole->len);
  s.data[s.len - 1] ^= 1;
  mend(&s, end, true);
  verdict(&s, "end block's checksum", H9_EDATA, "own checksum");
  s.data[s.len - 1] ^= 1;
  s.data[end + 16] ^= 1;
  mend(&s, end, true);
  verdict(&s, "end block's tag", H9_EDATA, "its tag states");

  /* Frames in forms that zstd accepts and a stream does not. */
  for (int i = 0; i < 4; i++) {
    s.len = 0;
    h9_buf_put(&s, whole->data, whole->len);
    s.data[starts[2] + H9_TAG_BYTES + 4] ^= (unsigned char)(i == 0   ? 0x20
                                                            : i == 1 ? 0x04
                                                            : i == 2 ? 0x01
                                                                     : 0x10);
    mend(&s, starts[2], true);
    verdict(&s, "frame header of another form", H9_EDATA, "is not of a stream's form");
  }
  s.len = 0;
  h9_buf_put(&s, whole->data, whole->len);
  h9_store32(s.data + starts[2] + 8, 0x7fffffff);
  mend(&s, starts[2], false);
  verdict(&s, "tag promising 2 GiB", H9_EDATA, "tag promises 2147483647 compressed bytes");
  h9_store32(s.data + starts[2] + 8, 60000000);
  mend(&s, starts[2], false);
  verdict(&s, "tag promising more than there is", H9_EDATA, "truncated");
  s.len = 0;
  h9_buf_put(&s, whole->data, whole->len);
  h9_buf_put8(&s, 0);
  verdict(&s, "one byte too many", H9_EDATA, "trailing bytes follow the end block");
  s.len--;
  h9_buf_put(&s, whole->data, whole->len);
  verdict(&s, "two streams joined", H9_EDATA, "another stream follows");
  h9_ledger_close(&l);
  h9_buf_release(&s);
}

/* Seeded mutations: some bytes changed, cut out, doubled or moved; in half of the cases checks are
 * mended afterwards so that the change reaches what lies behind them. The stream hash must find
 * every one. */
static void mutations(const h9_buf *whole, int rounds) {
  h9_buf s = {0};
  int bad = 0, fd = temporary(), same = 0;
  for (int round = 0; round < rounds; round++) {
    random_state = (uint64_t)round * 977 + 5;
    s.len = 0;
    h9_buf_put(&s, whole->data, whole->len);
    for (uint32_t k = random32() % 4 + 1; k > 0; k--) {
      size_t at = random32() % s.len, n = random32() % 40 + 1;
      if (n > s.len - at) n = s.len - at;
      switch (random32() % 5) {
      case 0:
        s.data[at] = (unsigned char)random32();
        break;
      case 1:
        h9_store32(s.data + (at & ~(size_t)3) % (s.len - 4), random32() % 3 ? random32() : UINT32_MAX);
        break;
      case 2:
        memmove(s.data + at, s.data + at + n, s.len - at - n), s.len -= s.len - n > 64 ? n : 0;
        break;
      case 3:
        memset(s.data + at, 0, n);
        break;
      case 4: /* doubled */
        h9_buf_extend(&s, n);
        memmove(s.data + at + n, s.data + at, s.len - at - n);
        break;
      }
    }
    if (round % 2)
      for (int i = 0; i < n_blocks; i++)
        if (starts[i] + H9_TAG_BYTES <= s.len) mend(&s, starts[i], true);
    if (s.len == whole->len && memcmp(s.data, whole->data, s.len) == 0) {
      same++;
      continue;
    }
    refill(fd, s.data, s.len);
    uint32_t n;
    bool good;
    static h9_error e;
    int code = read_plan(fd, LEN, round % 3 ? H9_WANT_ALL : some, round % 64 == 0 ? 2 : 1, &n, &good, &e);
    if (code != H9_EDATA && code != H9_ENOINPUT) {
      bad++;
      printf("# mutation %d gave %d: %s\n", round, code, e.text);
    }
  }
  ok(bad == 0 && same < rounds / 4, "%d random mutations found (%d changed nothing)", rounds, same);
  close(fd);
  h9_buf_release(&s);
}

int main(void) {
  int fd = write_plan(LEN, 0, 1, NULL);
  h9_buf whole = contents(fd);
  close(fd);
  find_starts(&whole);
  ok(n_blocks == PLAN + 2, "the sample has %d blocks", n_blocks);
  cuts(&whole, H9_WANT_ALL, 1);
  cuts(&whole, some, 1);
  cuts(&whole, H9_WANT_ALL, 2);
  flips(&whole, H9_WANT_ALL, 1, 1);
  flips(&whole, some, 1, 1);
  flips(&whole, H9_WANT_ALL, 3, 17);
  foreign();
  crafted(&whole);
  mutations(&whole, getenv("SOAK") ? 500000 : 6000);
  h9_buf_release(&whole);
  return done();
}

/* Bodies that make no sense in containers that are whole: every byte of every body changed, every cut, blocks
 * left out, repeated and swapped. Authority: a change is either other data or refused with the block's
 * number; never anything else. Run with SANITIZE=address,undefined it also shows that no decoder reads past
 * its bytes. */
#include "../../libcore/whole/check.h"
#include "codec_sample.h"
#include "tap.h"

#include <sys/mman.h>
#include <unistd.h>

typedef struct saved { uint32_t kind; uint64_t count; h9_buf body; } saved;
static saved block[64];
static uint32_t n_blocks;

static void load(void) {
  int fd = memfd_create("sample", 0);
  h9_reader *r;
  h9_block b;
  h9_error e = {0};
  if (sample_write(fd, 9) != 0) exit(99);
  lseek(fd, 0, SEEK_SET);
  if (h9_reader_open(&r, fd, "sample", H9_WANT_ALL, 1, &e) != H9_OK) exit(99);
  while (h9_reader_next(r, &b, &e) == H9_OK) {
    block[n_blocks] = (saved){b.kind, b.count, {0}};
    h9_buf_put(&block[n_blocks++].body, b.body, b.len);
  }
  h9_reader_close(r);
  close(fd);
}

/* Writes the blocks in the order given, block `at` with another body, and checks the whole; H9_EINTERNAL
 * where the writer refused the order. */
static int try_blocks(const uint32_t *order, uint32_t n, uint32_t at, const h9_buf *other, uint64_t count,
                      h9_error *e) {
  int fd = memfd_create("damaged", 0);
  h9_writer *w;
  h9_check_result result;
  *e = (h9_error){0};
  int rc = h9_writer_open(&w, fd, "damaged", 1, 1, e);
  for (uint32_t i = 0; i < n && rc == H9_OK; i++) {
    const saved *s = &block[order[i]];
    const h9_buf *body = i == at ? other : &s->body;
    h9_buf copy = {0};
    h9_buf_put(&copy, body->data, body->len);
    rc = h9_writer_block(w, (enum h9_block_kind)s->kind, i == at ? count : s->count, &copy, e);
    h9_buf_release(&copy);
  }
  if (rc != H9_OK) h9_writer_abort(w);
  else rc = h9_writer_close(w, e);
  lseek(fd, 0, SEEK_SET);
  if (rc == H9_OK) rc = h9_stream_check(fd, "damaged", 1, NULL, 0, &result, e);
  close(fd);
  return rc;
}

static uint32_t straight[64];

/* A change is other data (accepted) or refused by name. */
static bool fair(int rc, const h9_error *e) {
  return rc == H9_OK || (rc == H9_EDATA && strncmp(e->text, "damaged: ", 9) == 0 && strlen(e->text) > 15);
}

static void bytes_of(uint32_t i) {
  h9_buf other = {0};
  h9_error e;
  uint32_t odd = 0, refused = 0, cut = 0, cuts = 0;
  const h9_buf *body = &block[i].body;
  size_t stride = body->len > 800 ? body->len / 400 : 1;
  for (size_t k = 0; k < body->len; k += k < 64 ? 1 : stride) {
    for (int j = 0; j < 2; j++) {
      other.len = 0;
      h9_buf_put(&other, body->data, body->len);
      other.data[k] = j == 0                  ? other.data[k] ^ (unsigned char)(1 << random32() % 8)
                      : other.data[k] == 0xff ? 0
                                              : 0xff;
      int rc = try_blocks(straight, n_blocks, i, &other, block[i].count, &e);
      odd += !fair(rc, &e);
      if (!fair(rc, &e)) printf("# byte %zu: %d %s\n", k, rc, e.text);
      refused += rc == H9_EDATA;
    }
    other.len = 0;
    h9_buf_put(&other, body->data, k);
    int rc = try_blocks(straight, n_blocks, i, &other, block[i].count, &e);
    cuts++;
    cut += rc == H9_EDATA && fair(rc, &e);
  }
  ok(odd == 0 && cut == cuts,
     "block %u (%s): %u changes refused, the others are other data; all %u cuts refused", i,
     h9_block_kind_name(block[i].kind), refused, cuts);
  uint32_t counts = 0;
  static const uint64_t wrong[] = {0, 2, 1000000, UINT32_MAX, UINT64_MAX, UINT64_C(1) << 62};
  for (size_t j = 0; j < 6; j++) {
    uint64_t c = wrong[j] == block[i].count ? 7 : wrong[j];
    int rc = try_blocks(straight, n_blocks, i, body, c, &e);
    counts += rc == H9_EDATA && fair(rc, &e);
  }
  ok(counts == 6, "block %u (%s): all wrong counts refused: %s", i, h9_block_kind_name(block[i].kind),
     e.text);
  h9_buf_release(&other);
}

/* Blocks in an order that single blocks cannot know to be wrong. */
static void order_of(const char *what, uint32_t a, uint32_t b, int how, const char *text) {
  uint32_t order[64], n = 0;
  for (uint32_t i = 0; i < n_blocks; i++) {
    if (how == 0 && i == a) continue;                   /* left out */
    order[n++] = how == 2 ? i == a ? b : i == b ? a : i : i; /* swapped */
    if (how == 1 && i == a) order[n++] = i;             /* repeated */
  }
  h9_error e;
  int rc = try_blocks(order, n, UINT32_MAX, NULL, 0, &e);
  ok(rc == H9_EDATA && strstr(e.text, text), "%s: %s", what, e.text);
}

static uint32_t nth(uint32_t kind, uint32_t n) {
  for (uint32_t i = 0; i < n_blocks; i++)
    if (block[i].kind == kind && n-- == 0) return i;
  exit(99);
}

int main(void) {
  h9_error e;
  load();
  for (uint32_t i = 0; i < 64; i++) straight[i] = i;
  ok(n_blocks == 19 && try_blocks(straight, n_blocks, UINT32_MAX, NULL, 0, &e) == H9_OK,
     "the sample is whole %s", e.text);
  uint32_t c0 = nth(H9_BLOCK_CONNECTIONS, 0), s0 = nth(H9_BLOCK_SIGNALS, 0), n0 = nth(H9_BLOCK_NEURONS, 0);
  order_of("connections: first block left out", c0, 0, 0,
           "of projection 2, expected at most 3 from source 1 on of projection 1");
  order_of("connections: last block left out", c0 + 5, 0, 0,
           "connections end before source 201 of population 'many' in projection 4");
  order_of("connections: a block twice", c0 + 2, 0, 1, "expected exactly 200");
  order_of("connections: the last twice", c0 + 5, 0, 1, "connections after those of the last source");
  order_of("connections: swapped", c0 + 2, c0 + 3, 2,
           "of projection 4, expected at most 300 from source 1 on of projection 3");
  order_of("signals: a batch left out", s0 + 1, 0, 0, "a batch after step 210, expected one after step 110");
  order_of("signals: a batch twice", s0, 0, 1, "a batch after step 10, expected one after step 110");
  order_of("neurons: first left out", n0, 0, 0, "neuron 1 of population 'many', expected neuron 1 of 'few'");
  order_of("neurons: last left out", n0 + 1, 0, 0, "neurons end before neuron 1 of population 'many'");
  order_of("neurons: swapped", n0, n0 + 1, 2, "expected neuron 1 of 'few'");
  order_of("neurons: the last twice", n0 + 1, 0, 1, "neurons after the last one");
  for (uint32_t kind = 1; kind < H9_BLOCK_INDEX; kind++) bytes_of(nth(kind, 0));
  bytes_of(nth(H9_BLOCK_CONNECTIONS, 3));
  for (uint32_t i = 0; i < n_blocks; i++) h9_buf_release(&block[i].body);
  return done();
}

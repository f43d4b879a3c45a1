/* Block bodies: what is encoded comes back, every accepted body has one form, damage is named.
 * Authority: the values put in; hand-computed bytes; and that decode(encode) is the identity both ways. */
#include "../../libcore/format/codec.h"
#include "../../libcore/format/codec_parts.h"
#include "codec_sample.h"
#include "tap.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TINY, MIDDLE, WIDE_POP, POPULATIONS };
static const uint32_t counts[POPULATIONS] = {5, 700, 70000};

/* Three populations, targets of one, two and four bytes, each weight encoding. */
static void network_make(h9_network *net) {
  static const char *const names[POPULATIONS] = {"tiny", "middle", "wide"};
  *net = (h9_network){.dt = 0.1, .seed = 42, .lo = {-1, -2, 0}, .hi = {1, 2, 0}, .dimensions = 2,
                      .n_populations = POPULATIONS, .n_projections = 9};
  net->populations = calloc(POPULATIONS, sizeof *net->populations);
  net->projections = calloc(9, sizeof *net->projections);
  for (uint32_t i = 0; i < POPULATIONS; i++) {
    h9_population *p = &net->populations[i];
    *p = (h9_population){.name = strdup(names[i]),
                         .model = strdup("iaf_psc_exp"),
                         .first = net->n_neurons + 1,
                         .count = counts[i],
                         .placed = i != MIDDLE,
                         .n_values = 2};
    p->values = calloc(2, sizeof *p->values);
    p->values[0] = (h9_value){.name = strdup("C_m"), .constant = 250};
    p->values[1] =
        (h9_value){.name = strdup("V_m"), .varies = i != WIDE_POP, .constant = i == WIDE_POP ? -60 : 0};
    net->n_neurons += counts[i];
    for (uint32_t k = 0; k < 3; k++) projection_make(&net->projections[3 * i + k], k, i, (uint8_t)k);
  }
}

static void network_columns(h9_network *net) {
  net->x = calloc(net->n_neurons, sizeof(float));
  net->y = calloc(net->n_neurons, sizeof(float));
  for (uint32_t i = 0; i < POPULATIONS; i++) {
    h9_population *p = &net->populations[i];
    for (uint32_t k = 0; k < p->count; k++) {
      if (p->placed) net->x[p->first - 1 + k] = (float)random32() * 0x1p-31f - 1;
      if (p->placed) net->y[p->first - 1 + k] = (float)random32() * 0x1p-30f - 2;
    }
    if (!p->values[1].varies) continue;
    p->values[1].column = calloc(p->count, sizeof(float));
    for (uint32_t k = 0; k < p->count; k++) p->values[1].column[k] = -70 + (float)(random32() % 1000) / 50;
  }
}

static bool same_bytes(const void *a, const void *b, size_t n) { return n == 0 || memcmp(a, b, n) == 0; }

static bool rows_equal(const h9_network *net, const h9_rows *a, const h9_rows *b) {
  uint8_t encoding = net->projections[a->projection].weight_encoding;
  return a->projection == b->projection && a->first == b->first && a->n_rows == b->n_rows && a->n == b->n &&
         memcmp(a->start, b->start, (a->n_rows + 1) * sizeof *a->start) == 0 &&
         same_bytes(a->target, b->target, a->n * sizeof *a->target) &&
         same_bytes(a->delay, b->delay, a->n * sizeof *a->delay) &&
         (encoding != H9_WEIGHT_I16 || same_bytes(a->weight, b->weight, a->n * 2)) &&
         (encoding != H9_WEIGHT_F32 || same_bytes(a->weight_f, b->weight_f, a->n * 4));
}

static h9_block block_of(enum h9_block_kind kind, uint64_t count, const h9_buf *b) {
  return (h9_block){.kind = kind, .count = count, .body = b->data, .len = b->len};
}

static void test_rows(const h9_network *net) {
  h9_rows r = {0}, back = {0};
  h9_error e = {0};
  for (uint32_t p = 0; p < net->n_projections; p++) {
    uint32_t sources = net->populations[net->projections[p].source].count;
    bool same = true;
    for (int trial = 0; trial < 4; trial++) {
      uint32_t n_rows = 1 + random32() % (sources < 60 ? sources : 60),
               first = random32() % (sources - n_rows + 1);
      rows_make(net, p, first, n_rows, trial == 0 ? 0 : 60, &r);
      h9_buf b = {0};
      same &= h9_rows_encode(net, &r, &b) == H9_OK;
      h9_block k = block_of(H9_BLOCK_CONNECTIONS, r.n, &b);
      same &= h9_rows_decode(net, &k, &back, &e) == H9_OK && rows_equal(net, &r, &back);
      h9_buf_release(&b);
    }
    ok(same, "rows of projection %u (target width %d, weights %u) come back %s", p,
       h9_width_for(counts[p / 3] - 1), net->projections[p].weight_encoding, e.text);
  }
  h9_rows_release(&r);
  h9_rows_release(&back);
}

/* Projection 1 (middle to tiny, i16), sources 3 and 4 (from 0): by hand from hal9-stream(5). */
static void test_rows_golden(const h9_network *net) {
  static const unsigned char want[] = {
      1, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 1, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0,
      2, 15, 2, 0xad, 2, 1,   /* row 0: two segments; delay 15, 2 connections; 301 later, 1 */
      1, 1, 1,                /* row 1: one segment: delay 1, 1 connection */
      0, 4, 2, 1,             /* targets 0, 4 | 2 | 1 as differences */
      0x01, 0xff, 0x34, 0x00, /* low bytes of weights 1, -1, 0x1234, 0 */
      0x00, 0xff, 0x12, 0x00,
  };
  uint64_t start[] = {0, 3, 4};
  uint32_t target[] = {0, 4, 2, 1};
  uint16_t delay[] = {15, 15, 316, 1};
  int16_t weight[] = {1, -1, 0x1234, 0};
  float unused[4] = {0};
  h9_rows r = {1, 3, 2, 4, start, target, delay, weight, unused, 3, 4, NULL, 0};
  h9_buf b = {0};
  int rc = h9_rows_encode(net, &r, &b);
  ok(rc == H9_OK && b.len == sizeof want && memcmp(b.data, want, sizeof want) == 0,
     "a connections body has the bytes computed by hand (%zu of %zu)", b.len, sizeof want);
  h9_buf_release(&b);
}

/* Puts `bytes` in place of those at `at` and expects the text. */
static void rows_refuse(const h9_network *net, const h9_buf *b, uint64_t count, size_t at, const char *bytes,
                        size_t n, const char *text) {
  h9_buf c = {0};
  h9_rows r = {0};
  h9_error e = {0};
  h9_buf_put(&c, b->data, b->len);
  memcpy(c.data + at, bytes, n);
  h9_block k = block_of(H9_BLOCK_CONNECTIONS, count, &c);
  int rc = h9_rows_decode(net, &k, &r, &e);
  ok(rc == H9_EDATA && strstr(e.text, text), "refused: '%s' (%s)", text, e.text);
  h9_buf_release(&c);
  h9_rows_release(&r);
}

static void test_rows_refused(h9_network *net) {
  uint64_t start[] = {0, 3};
  uint32_t target[] = {1, 1, 2};
  uint16_t delay[] = {5, 5, 9};
  int16_t weight[] = {1, 2, 3};
  float unused[3] = {0};
  h9_rows r = {1, 3, 1, 3, start, target, delay, weight, unused, 2, 3, NULL, 0};
  h9_buf b = {0};
  if (h9_rows_encode(net, &r, &b) != H9_OK) exit(99);
  /* body: 24 bytes, then 2 5 2 4 1 | 1 0 2 | weights */
  rows_refuse(net, &b, 3, 0, "\x09", 1, "projection 9, expected below 9");
  rows_refuse(net, &b, 3, 4, "\xbc\x02", 2, "1 rows from source 706 on, expected sources 6 to 705");
  rows_refuse(net, &b, 3, 12, "\x02", 1, "targets of 2 bytes and weight encoding 1, expected 1 and 1");
  rows_refuse(net, &b, 3, 13, "\x02", 1, "weight encoding 2");
  rows_refuse(net, &b, 3, 25, "\x00", 1, "source 9: delay of 0 steps after one of 0");
  rows_refuse(net, &b, 3, 26, "\x04", 1,
              "source 9: delay 5 steps: 4 connections, expected 1 to the block's other 3");
  rows_refuse(net, &b, 3, 26, "\x00", 1, "0 connections");
  rows_refuse(net, &b, 3, 29, "\x05", 1, "delay 5 steps: target 6, expected 1 to 5");
  rows_refuse(net, &b, 3, 24, "\x01", 1, "with 2 bytes left");
  rows_refuse(net, &b, 3, 24, "\x03", 1, "segment 3 of 3 is cut");
  rows_refuse(net, &b, 3, 32, "\x05", 1, "source 9: target 2: its weights do not ascend");
  rows_refuse(net, &b, 4, 0, "\x01", 1, "4 connections of 3");
  rows_refuse(net, &b, UINT64_MAX / 3, 0, "\x01", 1, "connections of 3");
  net->projections[1].materialised = false;
  rows_refuse(net, &b, 3, 0, "\x01", 1, "deferred");
  net->projections[1].materialised = true;
  h9_buf_release(&b);
}

static void test_signals(void) {
  h9_signals s = {.from = 100, .to = 5000}, back = {0};
  h9_error e = {0};
  for (uint32_t most = 200, i = 0; i < 3; i++, most *= 300) {
    s.n = 0;
    bool fine = true;
    for (h9_step t = 101; t <= 5000; t += 1 + random32() % 300)
      for (uint32_t id = 1 + random32() % (most / 8); id <= most; id += random32() % (most / 8))
        fine &= h9_signals_add(&s, t, id) == H9_OK;
    h9_buf b = {0};
    h9_signals_encode(&s, &b);
    h9_block k = block_of(H9_BLOCK_SIGNALS, s.n, &b);
    fine &= h9_signals_decode(&k, most, &back, &e) == H9_OK && back.n == s.n && back.from == 100 &&
            back.to == 5000;
    ok(fine && memcmp(back.step, s.step, s.n * 8) == 0 && memcmp(back.id, s.id, s.n * 4) == 0,
       "%zu signals of ids up to %u come back %s", s.n, most, e.text);
    uint32_t highest = 0;
    for (size_t j = 0; j < s.n; j++) highest = s.id[j] > highest ? s.id[j] : highest;
    ok(h9_signals_decode(&k, highest - 1, &back, &e) == H9_EDATA && strstr(e.text, "expected 1 to"),
       "an id above the last neuron is refused: %s", e.text);
    h9_buf_release(&b);
  }
  static const unsigned char want[] = {100, 0, 0, 0, 0,    0, 0, 0, 0x88, 0x13, 0, 0, 0, 0, 0,
                                       0,   2, 0, 0, 0,    5, 0, 0, 0,    2,    0, 0, 0, 0, 0,
                                       0,   0, 1, 2, 0xac, 2, 1, 7, 7,    1,    0, 1, 2};
  s.n = 0; /* 101: 7, 263 (7 + 256); 401: 513 */
  if (h9_signals_add(&s, 101, 7) || h9_signals_add(&s, 101, 270) || h9_signals_add(&s, 401, 513)) exit(99);
  h9_buf b = {0};
  h9_signals_encode(&s, &b);
  ok(b.len == sizeof want && memcmp(b.data, want, sizeof want) == 0,
     "a signals body has the bytes computed by hand");
  h9_block k = block_of(H9_BLOCK_SIGNALS, 3, &b);
  b.data[32] = 0;
  ok(h9_signals_decode(&k, 600, &back, &e) == H9_EDATA && strstr(e.text, "a step 0 after 100"), "refused: %s",
     e.text);
  b.data[32] = 1;
  b.data[8] = 0x90, b.data[9] = 1;
  ok(h9_signals_decode(&k, 600, &back, &e) == H9_EDATA && strstr(e.text, "within 101 to 400"), "refused: %s",
     e.text);
  h9_buf_release(&b);
  /* the same with strengths 1, -2.5 and 0.1 of 4 bytes, and with priorities 9, 0, 255 */
  static const unsigned char tail[] = {0, 0, 0xcd, 0, 0, 0xcc, 0x80, 0x20, 0xcc, 0x3f, 0xc0, 0x3d, 9, 0, 255};
  const double strength[] = {1, -2.5, (double)0.1f};
  h9_signals strong = {.from = 100, .to = 5000, .strength_bytes = 4, .prioritised = true};
  for (int i = 0; i < 3; i++)
    if (h9_signals_add_strong(&strong, s.step[i], s.id[i], strength[i], i == 1 ? 0 : i ? 255 : 9)) exit(99);
  h9_signals_encode(&strong, &b);
  ok(b.len == sizeof want + sizeof tail && b.data[25] == 4 && b.data[26] == 1 &&
         memcmp(b.data + 27, want + 27, sizeof want - 27) == 0 &&
         memcmp(b.data + sizeof want, tail, sizeof tail) == 0,
     "strengths and priorities have the bytes computed by hand");
  k = block_of(H9_BLOCK_SIGNALS, 3, &b);
  ok(h9_signals_decode(&k, 600, &back, &e) == H9_OK && back.strength_bytes == 4 && back.prioritised &&
         memcmp(back.strength, strength, sizeof strength) == 0 && memcmp(back.priority, strong.priority, 3) == 0,
     "and come back");
  b.data[sizeof want + 9] = 0x7f, b.data[sizeof want + 6] = 0x80;
  ok(h9_signals_decode(&k, 600, &back, &e) == H9_EDATA && strstr(e.text, "signal 1: its strength"), "refused: %s",
     e.text);
  b.data[25] = 5;
  ok(h9_signals_decode(&k, 600, &back, &e) == H9_EDATA && strstr(e.text, "strengths of 5 bytes"), "refused: %s",
     e.text);
  h9_buf_release(&b);
  strong.strength_bytes = 8;
  strong.strength[2] = 0.1;
  h9_signals_encode(&strong, &b);
  k = block_of(H9_BLOCK_SIGNALS, 3, &b);
  ok(h9_signals_decode(&k, 600, &back, &e) == H9_OK && back.strength_bytes == 8 && back.strength[2] == 0.1,
     "strengths of 8 bytes keep every bit");
  h9_buf_release(&b);
  h9_signals_release(&strong);
  s.n = 0;
  s.to = 100;
  h9_signals_encode(&s, &b);
  k = block_of(H9_BLOCK_SIGNALS, 0, &b);
  ok(h9_signals_decode(&k, 600, &back, &e) == H9_OK && back.n == 0 && back.to == 100,
     "an empty batch comes back");
  h9_buf_release(&b);
  h9_signals_release(&s);
  h9_signals_release(&back);
}

/* A series of a group has one sample a time and no neurons. */
static void test_state_group(void) {
  double sample[] = {1, -2.5, 3};
  h9_error e = {0};
  h9_state s = {(char *)"mean(V_m)", (char *)"mV", (char *)"exc[1:10]", 5, 5, 3, 0, NULL, sample, true}, back;
  h9_buf b = {0};
  int rc = h9_state_encode(&s, &b);
  h9_block k = block_of(H9_BLOCK_STATE, 3, &b);
  rc |= h9_state_decode(&k, 10, &back, &e);
  ok(rc == H9_OK && strcmp(back.of, "exc[1:10]") == 0 && back.n_ids == 0 && h9_state_width(&back) == 1 &&
         memcmp(back.sample, sample, sizeof sample) == 0,
     "samples of a group come back: %s", e.text);
  h9_state_release(&back);
  h9_buf_release(&b);
}

static void test_state(void) {
  h9_id id[] = {2, 9, 4000000000u};
  double sample[] = {1, -2.5, 3, 4, 5, 0.1};
  h9_error e = {0};
  for (int wide = 0; wide < 2; wide++) {
    h9_state s = {(char *)"V_m", (char *)"mV", (char *)"", -5, 10, 2, 3, id, sample, wide}, back;
    h9_buf b = {0};
    int rc = h9_state_encode(&s, &b);
    h9_block k = block_of(H9_BLOCK_STATE, 6, &b);
    rc |= h9_state_decode(&k, 4000000000u, &back, &e);
    bool same = rc == H9_OK && strcmp(back.variable, "V_m") == 0 && strcmp(back.unit, "mV") == 0 &&
                back.first == -5 && back.interval == 10 && back.n_times == 2 && back.n_ids == 3 &&
                memcmp(back.id, id, sizeof id) == 0;
    for (int i = 0; same && i < 6; i++)
      same = back.sample[i] == (wide ? sample[i] : (double)(float)sample[i]);
    ok(same, "recorded state in f%d comes back %s", wide ? 64 : 32, e.text);
    h9_state_release(&back);
    ok(h9_state_decode(&k, 3999999999u, &back, &e) == H9_EDATA && strstr(e.text, "id 4000000000"),
       "refused: %s", e.text);
    h9_buf_release(&b);
  }
}

static void test_labels(void) {
  h9_error e = {0};
  h9_id id[] = {2, 9, 4000000000u};
  uint64_t at[] = {0, 2, 7};
  h9_labels l = {.n = 3, .id = id, .bytes = (unsigned char *)"a\0b\xc3\xa4r\0xyz", .at = at}, back = {0};
  char text[256] = "";
  h9_buf b = {0};
  int rc = h9_labels_encode(&l, 0, 3, &b);
  h9_block k = block_of(H9_BLOCK_LABELS, 3, &b);
  rc |= h9_labels_decode(&k, H9_ID_MAX, &back, &e);
  *h9_labels_text(&back, 9, text) = 0;
  ok(rc == H9_OK && back.n == 3 && strcmp(text, "b\xc3\xa4r") == 0 && back.id[2] == id[2] &&
         h9_labels_text(&back, 10, text) == text && h9_labels_text(&back, 1, text) == text,
     "labels of listed ids come back %s", e.text);
  ok(h9_labels_decode(&k, H9_ID_MAX, &back, &e) == H9_EDATA && strstr(e.text, "ids from 2 on, expected 4000000001"),
     "blocks in order: %s", e.text);
  h9_labels_release(&back);
  h9_store32(b.data + 4, 10);
  h9_store32(b.data + 8, 10);
  ok(h9_labels_decode(&k, H9_ID_MAX, &back, &e) == H9_EDATA && strstr(e.text, "id 9, expected 11"),
     "refused: %s", e.text);
  h9_labels_release(&back);
  b.len = 0;
  /* the UUID of namespace DNS, RFC 9562; two blocks that follow each other become one run of ids */
  unsigned char uuid[64] = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
  for (int i = 16; i < 64; i++) uuid[i] = (unsigned char)(i * 37);
  h9_labels u = {.n = 4, .first = 7, .uuid = true, .bytes = uuid};
  for (uint32_t from = 0; from < 4; from += 3) {
    rc = h9_labels_encode(&u, from, from ? 1 : 3, &b);
    ok(rc == H9_OK && b.len == 8 + 16 * (from ? 1 : 3), "UUIDs take 16 bytes each");
    k = block_of(H9_BLOCK_LABELS, from ? 1 : 3, &b);
    rc = h9_labels_decode(&k, 10, &back, &e);
    b.len = 0;
  }
  *h9_labels_text(&back, 7, text) = 0;
  ok(rc == H9_OK && back.n == 4 && !back.id && back.first == 7 && memcmp(back.bytes, uuid, 64) == 0 &&
         strcmp(text, "6ba7b810-9dad-11d1-80b4-00c04fd430c8") == 0,
     "UUIDs come back %s", e.text);
  h9_labels_release(&back);
  rc = h9_labels_encode(&u, 0, 4, &b);
  k = block_of(H9_BLOCK_LABELS, 4, &b);
  ok(h9_labels_decode(&k, 9, &back, &e) == H9_EDATA && strstr(e.text, "ids from 7 on, expected 1 to 9"),
     "more than there are neurons: %s", e.text);
  h9_labels_release(&back);
  h9_buf_release(&b);
}

static void test_uuid(void) {
  unsigned char a[16], b[16];
  char text[37] = "";
  *h9_uuid_text(text, (const unsigned char *)"\x01\x23\x45\x67\x89\xab\xcd\xef\xfe\xdc\xba\x98\x76\x54\x32\x10") = 0;
  ok(strcmp(text, "01234567-89ab-cdef-fedc-ba9876543210") == 0 && h9_uuid_parse(text, 36, a) &&
         h9_uuid_parse("01234567-89AB-CDEF-FEDC-BA9876543210", 36, b) && memcmp(a, b, 16) == 0,
     "a UUID and its text");
  int taken = 0;
  for (int i = 0; i < 36; i++) {
    char bad[37];
    memcpy(bad, text, 37);
    bad[i] = bad[i] == '-' ? '0' : 'g';
    taken += h9_uuid_parse(bad, 36, b);
    bad[i] = '-';
    taken += text[i] != '-' && h9_uuid_parse(bad, 36, b);
  }
  ok(taken == 0 && !h9_uuid_parse(text, 35, b), "malformed ones are refused");
}

/* ---- whole streams ---- */

static int stream_write(const h9_network *net, bool neurons, h9_error *e) {
  int fd = memfd_create("codec", 0);
  h9_writer *w;
  h9_provenance pr = {.program = (char *)"hal9-gen", .version = (char *)"1", .options = (char *)"-n 5",
                      .label = (char *)"", .seed = 7, .output_of_parents = {{1, 2}}, .n_parents = 1};
  h9_metrics m = {0};
  h9_metrics_set(&m, "step.simulate_s", 1.25);
  if (h9_writer_open(&w, fd, "t.h9", 1, 1, e) || h9_network_write_head(w, net, e)) return -1;
  if (neurons && h9_network_write_neurons(w, net, e)) return -1;
  if (h9_projections_write(w, net, e) || h9_metrics_write(w, "hal9-step", &m, e) ||
      h9_provenance_write(w, &pr, e) || h9_writer_close(w, e))
    return -1;
  lseek(fd, 0, SEEK_SET);
  return fd;
}

static void test_stream(const h9_network *net) {
  h9_error e = {0};
  h9_network back;
  h9_reader *r;
  h9_block b;
  int fd = stream_write(net, true, &e);
  ok(fd >= 0, "a network is written %s", e.text);
  int rc = h9_reader_open(&r, fd, "t.h9", H9_WANT_ALL, 1, &e);
  if (rc == H9_OK) rc = h9_network_read(r, &back, true, &b, &e);
  ok(rc == H9_EOF, "and read to its end: %d %s", rc, e.text);
  ok(back.dt == net->dt && back.seed == 42 && memcmp(back.lo, net->lo, 24) == 0 &&
         memcmp(back.hi, net->hi, 24) == 0 && back.dimensions == 2 && back.n_neurons == net->n_neurons,
     "header");
  bool same = back.n_populations == 3 && h9_network_is_loaded(&back);
  for (uint32_t i = 0; same && i < 3; i++) {
    const h9_population *p = &net->populations[i], *q = &back.populations[i];
    same = strcmp(p->name, q->name) == 0 && strcmp(q->model, "iaf_psc_exp") == 0 && p->first == q->first &&
           p->count == q->count && p->placed == q->placed && q->n_values == 2 &&
           q->values[0].constant == 250 && p->values[1].varies == q->values[1].varies &&
           p->values[1].constant == q->values[1].constant &&
           (!p->values[1].varies || memcmp(p->values[1].column, q->values[1].column, p->count * 4) == 0);
  }
  ok(same, "populations, values and columns");
  ok(memcmp(back.x, net->x, net->n_neurons * 4) == 0 && memcmp(back.y, net->y, net->n_neurons * 4) == 0 &&
         !back.z,
     "positions");
  same = back.n_projections == net->n_projections;
  for (uint32_t i = 0; same && i < net->n_projections; i++) {
    const h9_projection *p = &net->projections[i], *q = &back.projections[i];
    same = p->source == q->source && p->target == q->target && p->rule == q->rule && q->multapses &&
           q->materialised && !q->symmetric && q->number == 3 && q->quantum == 0.25 &&
           p->weight_encoding == q->weight_encoding &&
           h9_dist_is_constant(&p->weight) == h9_dist_is_constant(&q->weight) &&
           q->kernel.cutoff == (double)INFINITY;
  }
  ok(same, "projections");
  ok(back.n_provenance == 1 && strcmp(back.provenance[0].options, "-n 5") == 0 &&
         back.provenance[0].seed == 7 && back.provenance[0].output_of_parents[0].lo == 2,
     "provenance");
  ok(h9_metrics_get(&back.metrics, "step.simulate_s") == 1.25, "metrics");
  ok(h9_network_population_of(&back, 5) == 0 && h9_network_population_of(&back, 6) == 1 &&
         h9_network_population_of(&back, 705) == 1 && h9_network_population_of(&back, back.n_neurons) == 2,
     "the population of an id");
  h9_reader_close(r);
  h9_network_release(&back);
  close(fd);

  fd = stream_write(net, false, &e);
  rc = h9_reader_open(&r, fd, "t.h9", H9_WANT_ALL, 1, &e);
  if (rc == H9_OK) rc = h9_network_read(r, &back, true, &b, &e);
  ok(rc == H9_EOF && !h9_network_is_loaded(&back), "without neurons: described, not loaded %s", e.text);
  h9_reader_close(r);
  h9_network_release(&back);
  close(fd);
}

/* A neurons block left out, repeated or out of order. */
static void test_neurons_order(const h9_network *net) {
  h9_error e = {0};
  h9_neurons_order o = {0};
  bool fine =
      h9_neurons_follow(net, &o, 0, 0, 5, &e) == H9_OK && h9_neurons_follow(net, &o, 1, 0, 400, &e) == H9_OK;
  ok(fine && h9_neurons_complete(net, &o, &e) == H9_EDATA &&
         strstr(e.text, "before neuron 401 of population 'middle'"),
     "incomplete: %s", e.text);
  ok(h9_neurons_follow(net, &o, 1, 500, 100, &e) == H9_EDATA &&
         strstr(e.text, "neuron 501 of population 'middle', expected neuron 401"),
     "gap: %s", e.text);
  fine = h9_neurons_follow(net, &o, 1, 400, 300, &e) == H9_OK &&
         h9_neurons_follow(net, &o, 2, 0, 70000, &e) == H9_OK && h9_neurons_complete(net, &o, &e) == H9_OK;
  ok(fine, "complete");
  ok(h9_neurons_follow(net, &o, 2, 0, 1, &e) == H9_EDATA && strstr(e.text, "after the last"), "too many: %s",
     e.text);
}

/* ---- every flipped byte and every cut of a body ---- */

/* Decodes a body of a kind and encodes what came out; -1 where it was refused. */
static int again(h9_network *net, const h9_block *b, h9_buf *out) {
  h9_error e = {0};
  int rc = H9_OK;
  if (b->kind == H9_BLOCK_CONNECTIONS) {
    static h9_rows r;
    rc = h9_rows_decode(net, b, &r, &e);
    if (rc == H9_OK) rc = h9_rows_encode(net, &r, out);
  } else if (b->kind == H9_BLOCK_SIGNALS) {
    static h9_signals s;
    rc = h9_signals_decode(b, net->n_neurons, &s, &e);
    if (rc == H9_OK) h9_signals_encode(&s, out);
  } else if (b->kind == H9_BLOCK_STATE) {
    h9_state s;
    rc = h9_state_decode(b, net->n_neurons, &s, &e);
    if (rc == H9_OK) rc = h9_state_encode(&s, out);
    h9_state_release(&s);
  } else if (b->kind == H9_BLOCK_LABELS) {
    h9_labels l = {0};
    rc = h9_labels_decode(b, net->n_neurons, &l, &e);
    if (rc == H9_OK) rc = h9_labels_encode(&l, 0, l.n, out);
    h9_labels_release(&l);
  }
  if (rc != H9_OK && (rc != H9_EDATA || !*e.text)) return -2;
  return rc == H9_OK ? 0 : -1;
}

static void damage(h9_network *net, enum h9_block_kind kind, uint64_t count, h9_buf *b, const char *what) {
  uint32_t refused = 0, other_form = 0, odd = 0, accepted = 0;
  h9_buf out = {0};
  for (size_t i = 0; i < b->len; i++)
    for (int bit = 0; bit < 8; bit++) {
      b->data[i] ^= (unsigned char)(1 << bit);
      /* An exact copy, so that a sanitizer sees a read past the end. */
      unsigned char *copy = malloc(b->len);
      memcpy(copy, b->data, b->len);
      h9_block k = {.kind = kind, .count = count, .body = copy, .len = b->len};
      out.len = 0;
      int rc = again(net, &k, &out);
      odd += rc == -2;
      refused += rc == -1;
      accepted += rc == 0;
      other_form += rc == 0 && (out.len != b->len || memcmp(out.data, b->data, b->len) != 0);
      free(copy);
      b->data[i] ^= (unsigned char)(1 << bit);
    }
  uint32_t cut_accepted = 0;
  for (size_t i = 0; i < b->len; i++) {
    unsigned char *copy = malloc(i + 1);
    memcpy(copy, b->data, i);
    h9_block k = {.kind = kind, .count = count, .body = copy, .len = i};
    cut_accepted += again(net, &k, &out) != -1;
    free(copy);
  }
  ok(odd == 0 && other_form == 0 && refused > 0,
     "%s: of %zu flipped bits %u make no sense, %u are other data in its one form", what, b->len * 8, refused,
     accepted);
  ok(cut_accepted == 0, "%s: all %zu cuts are refused", what, b->len);
  h9_buf_release(&out);
}

static void test_damage(h9_network *net) {
  h9_buf b = {0};
  h9_rows r = {0};
  static const char *const names[] = {"connections, constant weights", "connections, i16 weights",
                                      "connections, f32 weights"};
  for (uint32_t p = 3; p < 6; p++) {
    rows_make(net, p, 1, 4, 12, &r);
    if (h9_rows_encode(net, &r, &b) != H9_OK) exit(99);
    damage(net, H9_BLOCK_CONNECTIONS, r.n, &b, names[p - 3]);
    h9_buf_release(&b);
  }
  h9_rows_release(&r);
  h9_signals s = {.from = 0, .to = 1000};
  for (h9_step t = 3; t < 1000; t += 1 + random32() % 200)
    for (uint32_t id = 1 + random32() % 100; id < 705; id += random32() % 300)
      if (h9_signals_add(&s, t, id) != H9_OK) exit(99);
  h9_signals_encode(&s, &b);
  damage(net, H9_BLOCK_SIGNALS, s.n, &b, "signals");
  h9_buf_release(&b);
  s.n = 0;
  s.strength_bytes = 4;
  s.prioritised = true;
  for (h9_step t = 3; t < 1000; t += 1 + random32() % 200)
    if (h9_signals_add_strong(&s, t, 1 + (uint32_t)t % 700, 0.5 * (double)t, (uint8_t)t) != H9_OK) exit(99);
  h9_signals_encode(&s, &b);
  damage(net, H9_BLOCK_SIGNALS, s.n, &b, "signals with strengths");
  h9_buf_release(&b);
  h9_signals_release(&s);
  h9_id id[] = {2, 9, 40};
  double sample[] = {1, -2.5, 3, 4, 5, 0.5};
  h9_state state = {(char *)"V_m", (char *)"mV", (char *)"", 0, 10, 2, 3, id, sample, false};
  if (h9_state_encode(&state, &b) != H9_OK) exit(99);
  damage(net, H9_BLOCK_STATE, 6, &b, "state");
  h9_buf_release(&b);
  uint64_t at[] = {0, 2, 6};
  h9_labels l = {.n = 3, .id = id, .bytes = (unsigned char *)"a\0bcd\0ef", .at = at};
  if (h9_labels_encode(&l, 0, 3, &b) != H9_OK) exit(99);
  damage(net, H9_BLOCK_LABELS, 3, &b, "labels");
  h9_buf_release(&b);
}

static void test_names(void) {
  bool same = true;
  for (unsigned i = 1; i < H9_RULES; i++)
    same &= h9_rule_parse(h9_rule_name((enum h9_rule)i)) == (enum h9_rule)i;
  ok(same && h9_rule_parse("nothing") == 0, "names of rules lead back to them");
}

int main(int argc, char **argv) {
  if (argc > 1) { /* a sample for the tests of programs: `codec FILE [seed]` */
    int fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0666);
    return fd < 0 || sample_write(fd, argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
  }
  h9_network net;
  network_make(&net);
  test_names();
  test_rows(&net);
  test_rows_golden(&net);
  test_rows_refused(&net);
  test_signals();
  test_state_group();
  test_state();
  test_labels();
  test_uuid();
  test_neurons_order(&net);
  test_damage(&net);
  network_columns(&net);
  test_stream(&net);
  h9_network_release(&net);
  return done();
}

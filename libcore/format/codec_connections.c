/* Connections: the rows of one projection for one range of its sources.
 *
 * A row is cut into segments of equal delay; a segment's targets are ascending, so their differences
 * are small numbers that fill few bits of a fixed width. Segments (varints), differences and
 * weights (byte planes) lie apart: each compresses by its own statistics, and the loops below run
 * over plain arrays. */
#include "codec_parts.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { HEAD = 24, WIDTH_AT = 12, ENCODING_AT = 13, SEGMENT_BYTES_AT = 16, RESERVED_AT = 20 };

static inline unsigned char *varint_put(unsigned char *p, uint32_t v) {
  for (; v >= 0x80; v >>= 7) *p++ = (unsigned char)(v | 0x80);
  *p++ = (unsigned char)v;
  return p;
}

/* The segments of one row to `out` (at most 1 + 2 varints a connection); differences of targets to d. */
static unsigned char *row_encode(const h9_rows *r, uint32_t row, unsigned char *out, uint32_t *d) {
  uint64_t at = r->start[row], end = r->start[row + 1];
  uint32_t segments = 0, before = 0;
  for (uint64_t i = at; i < end; i++) segments += i == at || r->delay[i] != r->delay[i - 1];
  out = varint_put(out, segments);
  while (at < end) {
    uint64_t first = at;
    uint32_t delay = r->delay[at], last = 0;
    for (; at < end && r->delay[at] == delay; at++) {
      d[at] = r->target[at] - last;
      last = r->target[at];
    }
    out = varint_put(out, delay - before);
    out = varint_put(out, (uint32_t)(at - first));
    before = delay;
  }
  return out;
}

int h9_rows_encode(const h9_network *net, const h9_rows *rows, h9_buf *b) {
  const h9_projection *p = &net->projections[rows->projection];
  int width = h9_width_for(net->populations[p->target].count - 1);
  size_t head = b->len, n = rows->n;
  uint32_t part[1024], *d = part;
  unsigned char *h = h9_buf_extend(b, HEAD);
  if (!h) return H9_ESYSTEM;
  memset(h, 0, HEAD);
  h9_store32(h, rows->projection);
  h9_store32(h + 4, rows->first);
  h9_store32(h + 8, rows->n_rows);
  h[WIDTH_AT] = (unsigned char)width;
  h[ENCODING_AT] = p->weight_encoding;
  /* Differences first, in the bytes that end as planes: both sections are laid out in one buffer. */
  size_t most = (size_t)rows->n_rows * 5;
  h9_buf work = {0};
  if (n > sizeof part / sizeof *part) d = (uint32_t *)(void *)h9_buf_extend(&work, n * sizeof *d);
  for (uint32_t i = 0; i < rows->n_rows; i++) { /* at most 3 + 5 bytes a segment */
    uint64_t at = rows->start[i], end = rows->start[i + 1];
    for (uint64_t k = at; k < end; k++) most += (k == at || rows->delay[k] != rows->delay[k - 1]) ? 8 : 0;
  }
  unsigned char *segments = h9_buf_extend(b, most);
  if (!segments || !d) {
    h9_buf_release(&work);
    b->failed = true;
    return H9_ESYSTEM;
  }
  unsigned char *out = segments;
  for (uint32_t i = 0; i < rows->n_rows; i++) out = row_encode(rows, i, out, d);
  b->len = (size_t)(out - b->data);
  h9_store32(b->data + head + SEGMENT_BYTES_AT, (uint32_t)(out - segments));
  h9_planes_put(b, d, n, width);
  h9_buf_release(&work);
  if (p->weight_encoding == H9_WEIGHT_I16) {
    unsigned char *w = h9_buf_extend(b, n * 2);
    if (w) h9_planes_put16(w, (const uint16_t *)rows->weight, n);
  } else if (p->weight_encoding == H9_WEIGHT_F32) {
    unsigned char *w = h9_buf_extend(b, n * 4);
    if (w) h9_planes_put_f32(w, rows->weight_f, n);
  } else if (p->weight_encoding == H9_WEIGHT_F64) {
    unsigned char *w = h9_buf_extend(b, n * 8);
    if (w) h9_planes_put_f64(w, rows->weight_d, n);
  }
  return b->failed ? H9_ESYSTEM : H9_OK;
}

int h9_rows_peek(const h9_block *b, uint32_t *projection, uint32_t *first, uint32_t *n_rows, h9_error *e) {
  h9_bytes c;
  int rc = h9_body_begin(b, &c, e);
  if (rc != H9_OK) return rc;
  *projection = h9_bytes_get32(&c);
  *first = h9_bytes_get32(&c);
  *n_rows = h9_bytes_get32(&c);
  return b->len < HEAD ? h9_fail(e, H9_EDATA, "%zu bytes, expected at least %d", b->len, HEAD) : H9_OK;
}

typedef struct place { /* for messages */
  const h9_network *net;
  const h9_rows *rows;
  uint32_t row;
} place;

/* "projection 3 ('exc' to 'inh'), source 900: " before the text. */
static int fail_in(const place *at, h9_error *e) {
  char text[600];
  h9_projection_describe(at->net, at->rows->projection, text);
  const h9_population *source = &at->net->populations[at->net->projections[at->rows->projection].source];
  h9_fail_at(e, "%s: source %u", text, source->first + at->rows->first + at->row);
  return H9_EDATA;
}

static int segment_fail(const place *at, uint32_t delay, uint64_t target, h9_error *e) {
  const h9_population *p = &at->net->populations[at->net->projections[at->rows->projection].target];
  h9_fail(e, H9_EDATA, "delay %u steps: target %llu, expected %u to %u", delay,
          (unsigned long long)(p->first + target), p->first, p->first + p->count - 1);
  return fail_in(at, e);
}

/* Differences in r->target become targets, delays are filled in. */
static int rows_expand(const h9_network *net, const unsigned char *s, const unsigned char *end, h9_rows *r,
                       h9_error *e) {
  const h9_projection *p = &net->projections[r->projection];
  const uint32_t count = net->populations[p->target].count;
  uint64_t at = 0, n = r->n;
  place here = {net, r, 0};
  r->start[0] = 0;
  for (uint32_t row = 0; row < r->n_rows; row++) {
    uint32_t segments, delay = 0, step, k;
    here.row = row;
    if (!h9_varint32(&s, end, &segments)) {
      h9_fail(e, H9_EDATA, "its number of segments is cut or damaged");
      return fail_in(&here, e);
    }
    for (uint32_t i = 0; i < segments; i++) {
      if (!h9_varint32(&s, end, &step) || !h9_varint32(&s, end, &k)) {
        h9_fail(e, H9_EDATA, "segment %u of %u is cut or damaged", i + 1, segments);
        return fail_in(&here, e);
      }
      if (step == 0 || step > H9_DELAY_MAX - delay) {
        h9_fail(e, H9_EDATA, "delay of %llu steps after one of %u, expected more, at most %u",
                (unsigned long long)delay + step, delay, H9_DELAY_MAX);
        return fail_in(&here, e);
      }
      delay += step;
      if (k == 0 || k > n - at) {
        h9_fail(e, H9_EDATA, "delay %u steps: %u connections, expected 1 to the block's other %llu", delay, k,
                (unsigned long long)(n - at));
        return fail_in(&here, e);
      }
      uint32_t *t = r->target + at;
      uint16_t *d = r->delay + at;
      uint64_t sum = 0;
      for (uint32_t j = 0; j < k; j++) {
        sum += t[j];
        t[j] = (uint32_t)sum;
      }
      for (uint32_t j = 0; j < k; j++) d[j] = (uint16_t)delay;
      if (sum >= count) return segment_fail(&here, delay, sum, e);
      at += k;
    }
    r->start[row + 1] = at;
  }
  if (at != n || s != end)
    return h9_fail(e, H9_EDATA, "rows of %llu connections with %zu bytes left, expected %llu with 0",
                   (unsigned long long)at, (size_t)(end - s), (unsigned long long)n);
  return H9_OK;
}

static int weight_fail(const h9_network *net, const h9_rows *r, uint64_t i, const char *what, h9_error *e) {
  place here = {net, r, 0};
  while (r->start[here.row + 1] <= i) here.row++;
  const h9_population *t = &net->populations[net->projections[r->projection].target];
  h9_fail(e, H9_EDATA, "target %u: %s", t->first + r->target[i], what);
  return fail_in(&here, e);
}

/* Of several connections of one pair and delay, weights ascend. */
static bool descends(const h9_rows *r, uint8_t encoding, uint64_t i) {
  if (r->target[i] != r->target[i - 1] || r->delay[i] != r->delay[i - 1]) return false;
  return encoding == H9_WEIGHT_F64   ? r->weight_d[i] < r->weight_d[i - 1]
         : encoding == H9_WEIGHT_F32 ? r->weight_f[i] < r->weight_f[i - 1]
                                     : r->weight[i] < r->weight[i - 1];
}

static int weights_check(const h9_network *net, const h9_rows *r, uint8_t encoding, h9_error *e) {
  uint64_t bad = 0;
  if (encoding == H9_WEIGHT_F32) {
    for (uint64_t i = 0; i < r->n; i++) bad |= !(fabsf(r->weight_f[i]) <= FLT_MAX);
    for (uint64_t i = 0; bad && i < r->n; i++)
      if (!isfinite(r->weight_f[i])) return weight_fail(net, r, i, "its weight is not finite", e);
    for (uint64_t i = 1; i < r->n; i++)
      bad |= r->target[i] == r->target[i - 1] && r->delay[i] == r->delay[i - 1] &&
             r->weight_f[i] < r->weight_f[i - 1];
  } else if (encoding == H9_WEIGHT_F64) {
    for (uint64_t i = 0; i < r->n; i++)
      if (!isfinite(r->weight_d[i])) return weight_fail(net, r, i, "its weight is not finite", e);
    for (uint64_t i = 1; i < r->n; i++) bad |= descends(r, encoding, i);
  } else {
    const int16_t *w = r->weight;
    const uint32_t *t = r->target;
    for (uint64_t i = 1; i < r->n; i++) bad |= (uint64_t)((t[i] == t[i - 1]) & (w[i] < w[i - 1]));
  }
  if (!bad) return H9_OK;
  for (uint32_t row = 0; row < r->n_rows; row++) /* neighbours in different rows do not count */
    for (uint64_t i = r->start[row] + 1; i < r->start[row + 1]; i++)
      if (descends(r, encoding, i))
        return weight_fail(net, r, i, "its weights do not ascend", e);
  return H9_OK;
}

int h9_rows_decode(const h9_network *net, const h9_block *b, h9_rows *r, h9_error *e) {
  int rc = h9_rows_peek(b, &r->projection, &r->first, &r->n_rows, e);
  if (rc != H9_OK) return rc;
  if (r->projection >= net->n_projections)
    return h9_fail(e, H9_EDATA, "projection %u, expected below %u", r->projection, net->n_projections);
  const h9_projection *p = &net->projections[r->projection];
  const h9_population *source = &net->populations[p->source];
  char text[600];
  h9_projection_describe(net, r->projection, text);
  if (!p->materialised) return h9_fail(e, H9_EDATA, "%s: its connections are deferred, expected none", text);
  if (r->first >= source->count || r->n_rows == 0 || r->n_rows > source->count - r->first)
    return h9_fail(e, H9_EDATA, "%s: %u rows from source %u on, expected sources %u to %u", text, r->n_rows,
                   source->first + r->first, source->first, source->first + source->count - 1);
  int width = b->body[WIDTH_AT], expected = h9_width_for(net->populations[p->target].count - 1);
  uint8_t encoding = b->body[ENCODING_AT];
  if (width != expected || encoding != p->weight_encoding || h9_load16(b->body + 14) ||
      h9_load32(b->body + RESERVED_AT))
    return h9_fail(e, H9_EDATA, "%s: targets of %d bytes and weight encoding %u, expected %d and %u", text,
                   width, encoding, expected, p->weight_encoding);
  static const size_t weight_bytes[] = {
      [H9_WEIGHT_CONSTANT] = 0, [H9_WEIGHT_I16] = 2, [H9_WEIGHT_F32] = 4, [H9_WEIGHT_F64] = 8};
  size_t each = (size_t)width + weight_bytes[encoding];
  size_t segments = h9_load32(b->body + SEGMENT_BYTES_AT), left = b->len - HEAD;
  if (segments > left || (left - segments) / each != b->count || (left - segments) % each ||
      r->n_rows > segments)
    return h9_fail(e, H9_EDATA, "%s: %zu bytes for %u rows, %zu of segments, %llu connections of %zu", text,
                   b->len, r->n_rows, segments, (unsigned long long)b->count, each);
  r->n = b->count;
  if (h9_rows_reserve(r, r->n_rows, r->n) != H9_OK ||
      (encoding == H9_WEIGHT_F64 && h9_rows_reserve_doubles(r, r->n) != H9_OK))
    return h9_fail_memory(e, r->n * 12 + (size_t)r->n_rows * 8, "connections");
  const unsigned char *s = b->body + HEAD, *planes = s + segments, *weights = planes + r->n * (size_t)width;
  h9_planes_get(planes, r->n, width, r->target);
  rc = rows_expand(net, s, s + segments, r, e);
  if (rc != H9_OK || encoding == H9_WEIGHT_CONSTANT) return rc;
  if (encoding == H9_WEIGHT_I16) h9_planes_get16(weights, r->n, (uint16_t *)r->weight);
  else if (encoding == H9_WEIGHT_F32) h9_planes_get_f32(weights, r->n, r->weight_f);
  else h9_planes_get_f64(weights, r->n, r->weight_d);
  return weights_check(net, r, encoding, e);
}

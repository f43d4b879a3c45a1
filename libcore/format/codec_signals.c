/* Signals: a batch of spikes, in order of (step, id). */
#include "codec_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 32, STEPS_AT = 16, STEP_BYTES_AT = 20, WIDTH_AT = 24, STRENGTH_AT = 25, PRIORITY_AT = 26 };
/* Steps of a stream lie between these, so that differences never overflow. */
#define STEP_MAX (INT64_C(1) << 62)

/* Grows all arrays together. */
static int grow(h9_signals *s, size_t need) {
  if (need <= s->cap && (s->strength || !s->strength_bytes) && (s->priority || !s->prioritised)) return H9_OK;
  size_t cap = s->cap + s->cap / 2 < 1024 ? 1024 : s->cap + s->cap / 2;
  if (cap < need) cap = need;
  if (cap > SIZE_MAX / sizeof *s->step) return H9_ESYSTEM;
  if (s->strength_bytes || s->strength) {
    double *strength = realloc(s->strength, cap * sizeof *strength);
    if (!strength) return H9_ESYSTEM;
    s->strength = strength;
  }
  if (s->prioritised || s->priority) {
    uint8_t *priority = realloc(s->priority, cap);
    if (!priority) return H9_ESYSTEM;
    s->priority = priority;
  }
  h9_step *step = realloc(s->step, cap * sizeof *step);
  if (!step) return H9_ESYSTEM;
  s->step = step;
  h9_id *id = realloc(s->id, cap * sizeof *id);
  if (!id) return H9_ESYSTEM;
  s->id = id;
  s->cap = cap;
  return H9_OK;
}

int h9_signals_reserve(h9_signals *s, size_t n) { return grow(s, n); }

int h9_signals_add_strong(h9_signals *s, h9_step step, h9_id id, double strength, uint8_t priority) {
  if (grow(s, s->n + 1) != H9_OK) return H9_ESYSTEM;
  if (s->strength_bytes) s->strength[s->n] = strength;
  if (s->prioritised) s->priority[s->n] = priority;
  s->step[s->n] = step;
  s->id[s->n++] = id;
  return H9_OK;
}

int h9_signals_add(h9_signals *s, h9_step step, h9_id id) { return h9_signals_add_strong(s, step, id, 0, 0); }

void h9_signals_release(h9_signals *s) {
  free(s->step);
  free(s->id);
  free(s->strength);
  free(s->priority);
  *s = (h9_signals){0};
}

/* Byte planes of the strengths, lowest bytes first. */
static void put_strengths(const h9_signals *s, unsigned char *out) {
  for (size_t i = 0; i < s->n; i++) {
    float narrow = (float)s->strength[i];
    uint32_t low;
    uint64_t bits;
    memcpy(&low, &narrow, 4);
    memcpy(&bits, &s->strength[i], 8);
    if (s->strength_bytes == 4) bits = low;
    for (int k = 0; k < s->strength_bytes; k++) out[(size_t)k * s->n + i] = (unsigned char)(bits >> (8 * k));
  }
}

/* False at the first that is no finite number; *at tells which. */
static bool get_strengths(const unsigned char *p, h9_signals *s, size_t *at) {
  for (size_t i = 0; i < s->n; i++) {
    uint64_t bits = 0;
    for (int k = 0; k < s->strength_bytes; k++) bits |= (uint64_t)p[(size_t)k * s->n + i] << (8 * k);
    uint32_t low = (uint32_t)bits;
    float narrow;
    memcpy(&narrow, &low, 4);
    memcpy(&s->strength[i], &bits, 8);
    if (s->strength_bytes == 4) s->strength[i] = (double)narrow;
    *at = i;
    if (!isfinite(s->strength[i])) return false;
  }
  return true;
}

void h9_signals_encode(const h9_signals *s, h9_buf *b) {
  size_t head = b->len;
  unsigned char *h = h9_buf_extend(b, HEAD);
  if (!h) return;
  memset(h, 0, HEAD);
  h9_store64(h, (uint64_t)s->from);
  h9_store64(h + 8, (uint64_t)s->to);
  size_t steps_at = b->len;
  uint32_t steps = 0, most = 0;
  h9_step before = s->from;
  for (size_t i = 0, k; i < s->n; i = k) {
    uint32_t last = 0;
    for (k = i; k < s->n && s->step[k] == s->step[i]; k++) {
      if (s->id[k] - last > most) most = s->id[k] - last;
      last = s->id[k];
    }
    h9_buf_put_varint(b, (uint64_t)(s->step[i] - before));
    h9_buf_put_varint(b, k - i);
    before = s->step[i];
    steps++;
  }
  if (b->failed) return;
  int width = h9_width_for(most);
  h9_store32(b->data + head + STEPS_AT, steps);
  h9_store32(b->data + head + STEP_BYTES_AT, (uint32_t)(b->len - steps_at));
  b->data[head + WIDTH_AT] = (unsigned char)width;
  b->data[head + STRENGTH_AT] = s->strength_bytes;
  b->data[head + PRIORITY_AT] = s->prioritised;
  unsigned char *out = h9_buf_extend(b, s->n * (size_t)width);
  if (!out) return;
  uint32_t last = 0;
  for (size_t i = 0; i < s->n; i++) {
    uint32_t d = i > 0 && s->step[i] == s->step[i - 1] ? s->id[i] - last : s->id[i];
    last = s->id[i];
    for (int k = 0; k < width; k++) out[(size_t)k * s->n + i] = (unsigned char)(d >> (8 * k));
  }
  if (s->strength_bytes && (out = h9_buf_extend(b, s->n * s->strength_bytes))) put_strengths(s, out);
  if (s->prioritised && s->n) h9_buf_put(b, s->priority, s->n);
}

static bool varint64(const unsigned char **p, const unsigned char *end, uint64_t *v) {
  const unsigned char *q = *p;
  uint64_t x = 0;
  for (int shift = 0; q < end && shift < 63; shift += 7) { /* nine bytes: below 2^63 */
    unsigned char byte = *q++;
    x |= (uint64_t)(byte & 0x7f) << shift;
    if (byte & 0x80) continue;
    *v = x;
    *p = q;
    return byte != 0 || shift == 0;
  }
  return false;
}

/* Steps and ids from the section of steps at `s` and the differences in out->id. */
static int expand(const unsigned char *s, const unsigned char *end, uint32_t steps, uint32_t n_neurons,
                  h9_signals *out, h9_error *e) {
  h9_step step = out->from;
  size_t at = 0;
  for (uint32_t i = 0; i < steps; i++) {
    uint64_t later, k;
    if (!varint64(&s, end, &later) || !varint64(&s, end, &k))
      return h9_fail(e, H9_EDATA, "step %u of %u is cut or damaged", i + 1, steps);
    if (later == 0 || later > (uint64_t)(out->to - step))
      return h9_fail(e, H9_EDATA, "a step %llu after %lld, expected 1 to %lld after it, within %lld to %lld",
                     (unsigned long long)later, (long long)step, (long long)(out->to - step),
                     (long long)out->from + 1, (long long)out->to);
    step += (h9_step)later;
    if (k == 0 || k > out->n - at)
      return h9_fail(e, H9_EDATA, "step %lld: %llu signals, expected 1 to the block's other %zu",
                     (long long)step, (unsigned long long)k, out->n - at);
    uint64_t id = 0;
    for (size_t j = at; j < at + k; j++) {
      id += out->id[j];
      out->id[j] = (h9_id)id;
      out->step[j] = step;
    }
    if (id > n_neurons || out->id[at] == H9_ID_NONE)
      return h9_fail(e, H9_EDATA, "step %lld: ids %u to %llu, expected 1 to %u", (long long)step, out->id[at],
                     (unsigned long long)id, n_neurons);
    at += k;
  }
  if (at != out->n || s != end)
    return h9_fail(e, H9_EDATA, "%zu signals with %zu bytes left, expected %zu with 0", at, (size_t)(end - s),
                   out->n);
  return H9_OK;
}

int h9_signals_decode(const h9_block *b, uint32_t n_neurons, h9_signals *s, h9_error *e) {
  h9_bytes c;
  int rc = h9_body_begin(b, &c, e);
  if (rc != H9_OK) return rc;
  if (b->len < HEAD) return h9_fail(e, H9_EDATA, "%zu bytes, expected at least %d", b->len, HEAD);
  h9_step from = (h9_step)h9_load64(b->body), to = (h9_step)h9_load64(b->body + 8);
  if (from < -STEP_MAX || to > STEP_MAX || from > to)
    return h9_fail(e, H9_EDATA, "from step %lld to %lld, expected ascending within +-2^62", (long long)from,
                   (long long)to);
  uint32_t steps = h9_load32(b->body + STEPS_AT), step_bytes = h9_load32(b->body + STEP_BYTES_AT);
  int width = b->body[WIDTH_AT], strength = b->body[STRENGTH_AT], priority = b->body[PRIORITY_AT];
  size_t left = b->len - HEAD;
  for (int i = PRIORITY_AT + 1; i < HEAD; i++)
    if (b->body[i]) return h9_fail(e, H9_EDATA, "reserved byte %d is 0x%02x, expected 0", i, b->body[i]);
  if (width != 1 && width != 2 && width != 4)
    return h9_fail(e, H9_EDATA, "ids of %d bytes, expected 1, 2 or 4", width);
  if ((strength != 0 && strength != 4 && strength != 8) || priority > 1)
    return h9_fail(e, H9_EDATA, "strengths of %d bytes and priorities of %d, expected 0, 4 or 8 and 0 or 1",
                   strength, priority);
  size_t each = (size_t)(width + strength + priority);
  if (step_bytes > left || (left - step_bytes) / each != b->count || (left - step_bytes) % each)
    return h9_fail(e, H9_EDATA, "%zu bytes, %u of steps, for %llu signals of %zu", b->len, step_bytes,
                   (unsigned long long)b->count, each);
  s->from = from;
  s->to = to;
  s->n = 0;
  s->strength_bytes = (uint8_t)strength;
  s->prioritised = priority;
  if (grow(s, b->count) != H9_OK) return h9_fail_memory(e, b->count * 21, "signals");
  s->n = b->count;
  const unsigned char *p = b->body + HEAD + step_bytes;
  size_t bad = 0;
  h9_planes_get(p, s->n, width, s->id);
  p += s->n * (size_t)width;
  if (strength && !get_strengths(p, s, &bad))
    return h9_fail(e, H9_EDATA, "signal %zu: its strength is not a finite number", bad + 1);
  if (priority && s->n) memcpy(s->priority, p + s->n * (size_t)strength, s->n);
  return expand(b->body + HEAD, b->body + HEAD + step_bytes, steps, n_neurons, s, e);
}

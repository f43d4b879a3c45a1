#include "inflight.h"

#include <string.h>

/* A list is a chain of chunks: 63 entries, then the next chunk's number. */
enum { CHUNK = 64, TAKE = 64, AHEAD = 4 };
#define POOL_BYTES (UINT64_C(1) << 33)

int h9_inflight_open(h9_inflight *f, const h9_delayrows *rows, uint32_t tile, h9_error *e) {
  memset(f, 0, sizeof *f);
  f->words = h9_delayrows_words(rows, tile);
  f->offsets = h9_delayrows_offsets(rows, tile);
  f->fresh = 1; /* chunk 0 means "none" */
  f->limit = (uint32_t)(POOL_BYTES / (CHUNK * sizeof(uint32_t)));
  return h9_region_open(&f->pool, POOL_BYTES, e);
}

void h9_inflight_close(h9_inflight *f) { h9_region_close(&f->pool); }

static inline uint32_t *chunk_at(const h9_inflight *f, uint32_t i) {
  return (uint32_t *)(void *)f->pool.base + (size_t)i * CHUNK;
}

static uint32_t chunk_new(h9_inflight *f) {
  uint32_t i = f->free;
  if (i) f->free = chunk_at(f, i)[CHUNK - 1];
  else if (f->fresh < f->limit) i = f->fresh++;
  else f->exhausted = true; /* chunk 0 takes the entry: nobody reads it */
  return i;
}

static inline void push(h9_inflight *f, h9_step step, uint32_t entry) {
  struct h9_due *d = &f->due[(uint64_t)step % H9_INFLIGHT_STEPS];
  uint32_t *at = d->at;
  if (!at) {
    d->first = chunk_new(f);
    at = chunk_at(f, d->first);
  } else if (((uintptr_t)at / sizeof *at) % CHUNK == CHUNK - 1) {
    uint32_t next = chunk_new(f);
    *at = next;
    at = chunk_at(f, next);
  }
  *at = entry;
  d->at = at + 1;
}

/* Towards the second-level cache: what is due next is not read before the next step. */
static inline void fetch(const uint32_t *p, uint32_t lines) {
  const char *c = (const char *)p;
  for (uint32_t i = 0; i < lines; i++) __builtin_prefetch(c + (size_t)i * 64, 0, 2);
}

/* Towards the first-level cache: the segment whose turn comes after a few others. */
static inline void approach(const uint32_t *p) {
  const char *c = (const char *)p;
  __builtin_prefetch(c, 0, 3);
  __builtin_prefetch(c + 64, 0, 3);
  __builtin_prefetch(c + 128, 0, 3);
}

void h9_inflight_take(h9_inflight *f, const h9_spike *spikes, size_t n, h9_step now) {
  for (size_t i = 0; i < n; i += TAKE) {
    uint32_t offset[TAKE], step[TAKE];
    size_t m = 0;
    for (size_t k = i; k < n && k < i + TAKE; k++) {
      uint32_t o = f->offsets[(uint32_t)spikes[k]];
      offset[m] = o;
      step[m] = (uint32_t)(spikes[k] >> 32);
      __builtin_prefetch(f->words + o, 0, 2);
      m += o != 0;
    }
    for (size_t k = 0; k < m; k++) {
      uint32_t h = f->words[offset[k]];
      int32_t ago = (int32_t)((uint32_t)now - step[k]); /* 1 ... the least delay */
      fetch(f->words + offset[k] + 1, h >> 26);
      push(f, now + (int32_t)(h >> 18 & 255) - ago, offset[k] + 1);
    }
  }
}

/* Sums are taken in unsigned words: rows that break their own rule's bounds wrap around, no worse. */
static inline const uint32_t *add_narrow(const uint32_t *p, uint32_t n, uint32_t *slots) {
  const uint32_t *end = p + n;
  for (; end - p >= 4; p += 4) {
    uint32_t a = p[0], b = p[1], c = p[2], d = p[3];
    slots[a & 0xffff] += (uint32_t)((int32_t)a >> 16);
    slots[b & 0xffff] += (uint32_t)((int32_t)b >> 16);
    slots[c & 0xffff] += (uint32_t)((int32_t)c >> 16);
    slots[d & 0xffff] += (uint32_t)((int32_t)d >> 16);
  }
  for (; p < end; p++) slots[*p & 0xffff] += (uint32_t)((int32_t)*p >> 16);
  return p;
}

static inline const uint32_t *add_constant(const uint32_t *p, uint32_t n, uint32_t *slots) {
  uint32_t w = *p++;
  for (; n >= 4; n -= 4, p += 2) {
    uint32_t a = p[0], b = p[1];
    slots[a & 0xffff] += w;
    slots[a >> 16] += w;
    slots[b & 0xffff] += w;
    slots[b >> 16] += w;
  }
  for (; n >= 2; n -= 2, p++) {
    slots[*p & 0xffff] += w;
    slots[*p >> 16] += w;
  }
  if (n) slots[*p++ & 0xffff] += w;
  return p;
}

static inline int64_t to_quanta(double v) { /* nearest, halves away from zero */
  return (int64_t)(v + (v < 0 ? -0.5 : 0.5));
}

static const uint32_t *add_wide(const uint32_t *p, uint32_t n, int64_t *wide, double scale) {
  for (; n; n--, p += 2) {
    float w;
    memcpy(&w, &p[1], 4);
    wide[p[0]] += to_quanta((double)w * scale);
  }
  return p;
}

uint64_t h9_inflight_deliver(h9_inflight *f, h9_step now, int32_t *inputs, int64_t *wide, double wide_scale) {
  uint32_t *slots = (uint32_t *)inputs;
  struct h9_due *d = &f->due[(uint64_t)now % H9_INFLIGHT_STEPS];
  const uint32_t *words = f->words, *stop = d->at;
  uint64_t events = 0;
  if (!stop) return 0;
  d->at = NULL;
  for (uint32_t c = d->first; c;) {
    uint32_t *chunk = chunk_at(f, c);
    const uint32_t *end = stop > chunk && stop <= chunk + CHUNK - 1 ? stop : chunk + CHUNK - 1;
    for (const uint32_t *entry = chunk; entry < end; entry++) {
      const uint32_t *p = words + *entry;
      approach(words + entry[entry + AHEAD < end ? AHEAD : 0]);
      uint32_t h, delta;
      do {
        h = *p++;
        uint32_t n = h & 0xffff, kind = h >> 16 & 3;
        delta = h >> 18 & 255;
        events += n;
        if (kind == H9_RECORD_NARROW) p = add_narrow(p, n, slots);
        else if (kind == H9_RECORD_CONSTANT) p = add_constant(p, n, slots);
        else p = add_wide(p, n, wide, wide_scale);
      } while (delta == 0);
      if (delta == H9_ROW_DELTA_END) continue;
      push(f, now + delta, (uint32_t)(p - words));
      fetch(p, h >> 26);
    }
    uint32_t next = end == stop ? 0 : chunk[CHUNK - 1];
    chunk[CHUNK - 1] = f->free;
    f->free = c;
    c = next;
  }
  return events;
}

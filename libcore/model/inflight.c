#include "inflight.h"

#include "loose.h"

#include <stdlib.h>
#include <string.h>

/* A list is a chain of chunks: the next chunk's number, then 63 entries or 31 of two words. */
enum { CHUNK = 64, TAKE = 64, AHEAD = 4, SOON = 4, LINE_WORDS = 16, LIST_LINES_MAX = 24 };
#define POOL_BYTES (UINT64_C(1) << 34)

static inline int64_t to_quanta(double v) { /* nearest, halves away from zero */
  return (int64_t)(v + (v < 0 ? -0.5 : 0.5));
}

/* Lists for loose synapses, and their exact weights. */
static int open_loose(h9_inflight *f, const h9_delayrows *rows, h9_error *e) {
  if (rows->loose == 0) return H9_OK;
  f->loose_steps = 1;
  while (f->loose_steps <= rows->loose_delay_max) f->loose_steps *= 2;
  f->loose_bits = h9_loose_bits(f->n_tiles);
  size_t lists = (size_t)f->n_tiles * f->loose_steps;
  f->narrow = h9_alloc(lists, sizeof *f->narrow);
  f->pairs = h9_alloc(lists, sizeof *f->pairs);
  f->constant = h9_alloc(rows->n_constants, sizeof *f->constant);
  if (!f->narrow || !f->pairs || !f->constant)
    return h9_fail_memory(e, lists * 2 * sizeof *f->narrow, "lists of synapses in flight");
  for (uint32_t i = 0; i < rows->n_constants; i++) f->constant[i] = to_quanta(rows->constant[i] * f->scale);
  return H9_OK;
}

int h9_inflight_open(h9_inflight *f, const h9_delayrows *rows, uint32_t share, double wide_scale,
                     h9_error *e) {
  memset(f, 0, sizeof *f);
  f->n_tiles = h9_tiling_per_share(rows->tiling);
  f->directory = h9_delayrows_directory(rows, share);
  f->lists = h9_delayrows_lists(rows, share);
  f->scale = wide_scale;
  f->tile = h9_alloc(f->n_tiles, sizeof *f->tile);
  if (!f->tile) return h9_fail_memory(e, f->n_tiles * sizeof *f->tile, "spikes in flight");
  for (uint32_t t = 0; t < f->n_tiles; t++)
    f->tile[t].words = h9_delayrows_words(rows, share * f->n_tiles + t);
  f->fresh = 1; /* chunk 0 means "none" */
  f->limit = (uint32_t)(POOL_BYTES / (CHUNK * sizeof(uint32_t)));
  int rc = open_loose(f, rows, e);
  if (rc == H9_OK) rc = h9_region_open(&f->pool, POOL_BYTES, e);
  if (rc == H9_OK) rc = h9_region_open(&f->stack, POOL_BYTES / CHUNK, e);
  f->free = (uint32_t *)(void *)f->stack.base;
  return rc;
}

void h9_inflight_close(h9_inflight *f) {
  h9_region_close(&f->pool);
  h9_region_close(&f->stack);
  free(f->tile);
  free(f->narrow);
  free(f->pairs);
  free(f->constant);
  memset(f, 0, sizeof *f);
}

static inline uint32_t *chunk_at(const h9_inflight *f, uint32_t i) {
  return (uint32_t *)(void *)f->pool.base + (size_t)i * CHUNK;
}

static uint32_t chunk_new(h9_inflight *f) {
  if (f->n_free) {
    if (f->n_free > SOON) __builtin_prefetch(chunk_at(f, f->free[f->n_free - 1 - SOON]), 1, 3);
    return f->free[--f->n_free];
  }
  if (f->fresh < f->limit) return f->fresh++;
  f->exhausted = true; /* chunk 0 takes the entry: nobody reads it */
  return 0;
}
static inline void chunk_free(h9_inflight *f, uint32_t i) { f->free[f->n_free++] = i; }

/* Where the next entry of `words` words (1 or 2) goes; the first word of a chunk is the next one's number. */
static inline uint32_t *room(h9_inflight *f, h9_due *d, uint32_t words) {
  uint32_t *at = d->at;
  if (!at) {
    d->first = chunk_new(f);
    at = chunk_at(f, d->first) + words;
  } else if (((uintptr_t)at / sizeof *at) % CHUNK == 0) {
    uint32_t next = chunk_new(f);
    at[-CHUNK] = next;
    at = chunk_at(f, next) + words;
  }
  d->at = at + words;
  return at;
}

static inline void push(h9_inflight *f, struct h9_inflight_tile *t, h9_step step, uint32_t entry) {
  *room(f, &t->due[(uint64_t)step % H9_INFLIGHT_STEPS], 1) = entry;
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

static inline void take_row(h9_inflight *f, struct h9_inflight_tile *t, uint32_t offset, h9_step now,
                            int32_t ago) {
  uint32_t h = t->words[offset];
  fetch(t->words + offset + 1, h >> 26);
  push(f, t, now + (int32_t)(h >> 18 & 255) - ago, offset + 1);
}

static inline void put_pair(h9_inflight *f, h9_due *d, uint32_t slot, uint32_t meaning, uint32_t value) {
  uint32_t *at = room(f, d, 2);
  at[0] = slot | meaning << 16;
  at[1] = value;
}

/* Hands out a loose row; `base`: the spike's step. */
static void take_loose(h9_inflight *f, const uint32_t *p, uint32_t base) {
  const uint32_t shift = 16 - f->loose_bits, steps = f->loose_steps, late = (1u << shift) - 1;
  for (bool last = false; !last;) {
    uint32_t n = p[0] & 0xffff, first = base + (p[0] >> 16), kind = p[1] & 3;
    last = p[1] & H9_LOOSE_LAST;
    const uint32_t *r = p + 2 + (kind & 1);
#define LIST(lists, key)                                                                                     \
  (&f->lists[(size_t)((key) >> shift) * steps + ((first + ((key)&late)) & (steps - 1))])
    if (kind == H9_RECORD_NARROW) {
      const unsigned char *keys = (const unsigned char *)&r[n];
      for (uint32_t i = 0; i < n; i++) {
        uint16_t key;
        memcpy(&key, keys + 2 * (size_t)i, sizeof key);
        *room(f, LIST(narrow, (uint32_t)key), 1) = r[i];
      }
    } else if (kind == H9_RECORD_WIDE) {
      for (uint32_t i = 0; i < n; i++)
        put_pair(f, LIST(pairs, r[2 * i] >> 16), r[2 * i] & 0xffff, H9_LOOSE_FLOAT, r[2 * i + 1]);
    } else if (kind == H9_RECORD_CONSTANT && (int32_t)p[2] == (int16_t)p[2]) {
      for (uint32_t i = 0; i < n; i++) *room(f, LIST(narrow, r[i] >> 16), 1) = (r[i] & 0xffff) | p[2] << 16;
    } else {
      uint32_t meaning = kind == H9_RECORD_CONSTANT ? H9_LOOSE_QUANTA : H9_LOOSE_INDEX;
      for (uint32_t i = 0; i < n; i++) put_pair(f, LIST(pairs, r[i] >> 16), r[i] & 0xffff, meaning, p[2]);
    }
#undef LIST
    p += h9_loose_words(n, kind);
  }
}

/* Spikes of sources whose entry is a list: first the lists on their way to the cache, then the rows' heads.
 */
static void take_lists(h9_inflight *f, const uint32_t *entry, const uint32_t *step, size_t n, h9_step now) {
  for (size_t k = 0; k < n; k++) {
    const uint32_t *p = f->lists + (size_t)(entry[k] & ~H9_ENTRY_LIST) * 2;
    uint32_t head = *p, lines = head >> 16 & 0x7fff;
    fetch(p + LINE_WORDS, (lines < LIST_LINES_MAX ? lines : LIST_LINES_MAX) - 1);
    for (uint32_t i = 0; i < (head & 0xffff); i++)
      __builtin_prefetch(f->tile[p[1 + 2 * i]].words + p[2 + 2 * i], 0, 2);
  }
  for (size_t k = 0; k < n; k++) {
    const uint32_t *p = f->lists + (size_t)(entry[k] & ~H9_ENTRY_LIST) * 2;
    uint32_t head = *p++;
    int32_t ago = (int32_t)((uint32_t)now - step[k]);
    for (uint32_t i = head & 0xffff; i; i--, p += 2) take_row(f, &f->tile[p[0]], p[1], now, ago);
    if (head & H9_LIST_LOOSE) take_loose(f, p, step[k]);
  }
}

void h9_inflight_take(h9_inflight *f, const h9_spike *spikes, size_t n, h9_step now) {
  for (size_t i = 0; i < n; i += TAKE) {
    uint32_t offset[TAKE], step[TAKE], list[TAKE], list_step[TAKE];
    size_t m = 0, lists = 0;
    for (size_t k = i; k < n && k < i + TAKE; k++) {
      uint32_t o = f->directory[(uint32_t)spikes[k]], s = (uint32_t)(spikes[k] >> 32);
      if (o & H9_ENTRY_LIST) {
        __builtin_prefetch(f->lists + (size_t)(o & ~H9_ENTRY_LIST) * 2, 0, 2);
        list[lists] = o;
        list_step[lists++] = s;
        continue;
      }
      offset[m] = o;
      step[m] = s;
      __builtin_prefetch(f->tile->words + o, 0, 2);
      m += o != 0;
    }
    for (size_t k = 0; k < m; k++) /* the step before `now` is 1 ... the least delay ago */
      take_row(f, f->tile, offset[k], now, (int32_t)((uint32_t)now - step[k]));
    if (lists) take_lists(f, list, list_step, lists, now);
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

static const uint32_t *add_wide(const uint32_t *p, uint32_t n, int64_t *wide, double scale) {
  for (; n; n--, p += 2) {
    float w;
    memcpy(&w, &p[1], 4);
    wide[p[0]] += to_quanta((double)w * scale);
  }
  return p;
}

static const uint32_t *add_exact(const uint32_t *p, uint32_t n, int64_t *wide, double scale) {
  double value;
  memcpy(&value, p, sizeof value);
  int64_t w = to_quanta(value * scale);
  for (p += 2; n >= 2; n -= 2, p++) {
    wide[*p & 0xffff] += w;
    wide[*p >> 16] += w;
  }
  if (n) wide[*p++ & 0xffff] += w;
  return p;
}

static void add_pairs(const h9_inflight *f, const uint32_t *p, uint32_t words, uint32_t *slots,
                      int64_t *wide) {
  for (const uint32_t *end = p + words; p < end; p += 2) {
    uint32_t slot = p[0] & 0xffff, meaning = p[0] >> 16;
    if (meaning == H9_LOOSE_FLOAT) add_wide(p, 1, wide, f->scale);
    else if (meaning == H9_LOOSE_QUANTA) slots[slot] += p[1];
    else wide[slot] += f->constant[p[1]];
  }
}

static inline void fetch_chunk(const uint32_t *chunk) {
  for (int i = 0; i < CHUNK / LINE_WORDS; i++) __builtin_prefetch(chunk + (size_t)i * LINE_WORDS, 0, 3);
}

/* Empties a list of loose synapses, `words` words each. */
static uint64_t deliver_loose(h9_inflight *f, h9_due *d, uint32_t words, uint32_t *slots, int64_t *wide) {
  const uint32_t *stop = d->at;
  uint64_t events = 0;
  d->at = NULL;
  for (uint32_t c = d->first; c;) {
    const uint32_t *chunk = chunk_at(f, c), *full = chunk + CHUNK, *from = chunk + words;
    bool last = stop > chunk && stop <= full;
    uint32_t n = (uint32_t)((last ? stop : full) - from), next = last ? 0 : *chunk;
    if (next) fetch_chunk(chunk_at(f, next));
    if (words == 1) add_narrow(from, n, slots);
    else add_pairs(f, from, n, slots, wide);
    events += n / words;
    chunk_free(f, c);
    c = next;
  }
  return events;
}

uint64_t h9_inflight_deliver(h9_inflight *f, uint32_t tile, h9_step now, int32_t *inputs, int64_t *wide) {
  uint32_t *slots = (uint32_t *)inputs;
  struct h9_inflight_tile *t = &f->tile[tile];
  h9_due *d = &t->due[(uint64_t)now % H9_INFLIGHT_STEPS];
  const uint32_t *words = t->words, *stop = d->at;
  uint64_t events = 0;
  if (f->narrow) {
    size_t i = (size_t)tile * f->loose_steps + ((uint64_t)now & (f->loose_steps - 1));
    if (f->narrow[i].at) events += deliver_loose(f, &f->narrow[i], 1, slots, wide);
    if (f->pairs[i].at) events += deliver_loose(f, &f->pairs[i], 2, slots, wide);
  }
  if (!stop) return events;
  d->at = NULL;
  for (uint32_t c = d->first; c;) {
    const uint32_t *chunk = chunk_at(f, c);
    const uint32_t *end = stop > chunk && stop <= chunk + CHUNK ? stop : chunk + CHUNK;
    for (const uint32_t *entry = chunk + 1; entry < end; entry++) {
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
        else if (kind == H9_RECORD_WIDE) p = add_wide(p, n, wide, f->scale);
        else p = add_exact(p, n, wide, f->scale);
      } while (delta == 0);
      if (delta == H9_ROW_DELTA_END) continue;
      push(f, t, now + delta, (uint32_t)(p - words));
      fetch(p, h >> 26);
    }
    uint32_t next = end == stop ? 0 : *chunk;
    chunk_free(f, c);
    c = next;
  }
  return events;
}

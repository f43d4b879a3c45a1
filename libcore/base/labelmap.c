#include "labelmap.h"

#include "clock.h"
#include "memory.h"
#include "uuid.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
  CHUNK_BITS = 14,         /* entries a chunk: 384 KB */
  TAKEN = 256,             /* entries that a thread takes at a time */
  ARENA_BYTES = 1 << 18,
  SLOTS_LEAST = 1 << 10,
};
#define CHUNK (UINT32_C(1) << CHUNK_BITS)
#define CHUNKS (UINT32_C(1) << (32 - CHUNK_BITS))

typedef struct entry {
  uint64_t a, b;         /* the UUID; or a pointer to the text, and its length */
  atomic_uint_least64_t first; /* least position plus 1; 0: not an entry */
} entry;

/* A slot holds 32 bits of the label's hash above the entry's number plus 1; 0: empty. */
typedef atomic_uint_least64_t slot;

typedef struct shard {
  _Alignas(H9_ALIGN) pthread_mutex_t lock;
  slot *slots;
  uint64_t mask, used;
} shard;

typedef struct arena { struct arena *next; size_t used, size; char text[]; } arena;

typedef struct member { /* what one thread owns */
  _Alignas(H9_ALIGN) uint32_t next, left; /* entries taken */
  arena *texts;
  uint64_t labels, adds, waits, waited_ns, bytes;
} member;

struct h9_labelmap {
  enum h9_labelmap_kind kind;
  bool uuid;
  int threads, shards;
  shard *shard;
  member *member;
  atomic_uint_least64_t taken; /* entries given to threads */
  _Atomic(entry *) *chunk;     /* [CHUNKS] */
  uint32_t *order, *rank;      /* rank to entry, entry to rank */
  uint64_t ranked;
};

/* ---- making and releasing ---- */

int h9_labelmap_new(h9_labelmap **out, enum h9_labelmap_kind kind, bool uuid, int threads, h9_error *e) {
  h9_labelmap *m = calloc(1, sizeof *m);
  *out = m;
  if (!m) return h9_fail_memory(e, sizeof *m, "labels");
  *m = (h9_labelmap){.kind = kind, .uuid = uuid, .threads = threads};
  m->shards = kind == H9_LABELMAP_SHARDED ? H9_LABELMAP_SHARDS : 1;
  m->shard = h9_alloc((size_t)m->shards, sizeof *m->shard);
  m->member = h9_alloc((size_t)threads, sizeof *m->member);
  m->chunk = calloc(CHUNKS, sizeof *m->chunk);
  bool whole = m->shard && m->member && m->chunk;
  for (int i = 0; i < m->shards && m->shard; i++) {
    shard *s = &m->shard[i];
    pthread_mutex_init(&s->lock, NULL);
    s->slots = calloc(SLOTS_LEAST, sizeof *s->slots);
    s->mask = SLOTS_LEAST - 1;
    whole &= s->slots != NULL;
  }
  if (whole) return H9_OK;
  h9_labelmap_free(m);
  *out = NULL;
  return h9_fail_memory(e, CHUNKS * sizeof *m->chunk, "labels");
}

void h9_labelmap_free(h9_labelmap *m) {
  if (!m) return;
  for (int i = 0; i < m->shards && m->shard; i++) {
    pthread_mutex_destroy(&m->shard[i].lock);
    free(m->shard[i].slots);
  }
  for (int i = 0; i < m->threads && m->member; i++)
    for (arena *a = m->member[i].texts, *next; a; a = next) {
      next = a->next;
      free(a);
    }
  uint64_t chunks = (atomic_load(&m->taken) + CHUNK - 1) >> CHUNK_BITS;
  for (uint64_t i = 0; i < chunks && m->chunk; i++) free(atomic_load(&m->chunk[i]));
  free(m->chunk);
  free(m->shard);
  free(m->member);
  free(m->order);
  free(m->rank);
  free(m);
}

/* ---- entries ---- */

static entry *at(const h9_labelmap *m, uint32_t i) {
  return atomic_load_explicit(&m->chunk[i >> CHUNK_BITS], memory_order_acquire) + (i & (CHUNK - 1));
}

static bool same(const h9_labelmap *m, uint32_t i, const void *label, size_t len) {
  const entry *x = at(m, i);
  if (m->uuid) return memcmp(&x->a, label, H9_UUID_BYTES) == 0;
  return x->b == len && memcmp((const char *)(uintptr_t)x->a, label, len) == 0;
}

/* The least position stays. */
static void seen(entry *x, uint64_t position) {
  uint64_t old = atomic_load_explicit(&x->first, memory_order_relaxed);
  while (old > position + 1 && !atomic_compare_exchange_weak_explicit(&x->first, &old, position + 1, memory_order_relaxed,
                                                                      memory_order_relaxed))
    continue;
}

static bool take_entries(h9_labelmap *m, member *t) {
  uint64_t first = atomic_fetch_add_explicit(&m->taken, TAKEN, memory_order_relaxed);
  if (first + TAKEN > UINT32_MAX - 1) {
    atomic_fetch_sub_explicit(&m->taken, TAKEN, memory_order_relaxed);
    return false;
  }
  _Atomic(entry *) *chunk = &m->chunk[first >> CHUNK_BITS];
  if (!atomic_load_explicit(chunk, memory_order_acquire)) {
    entry *mine = calloc(CHUNK, sizeof *mine), *none = NULL;
    if (!mine) return false;
    if (!atomic_compare_exchange_strong_explicit(chunk, &none, mine, memory_order_acq_rel, memory_order_acquire)) free(mine);
    else t->bytes += CHUNK * sizeof *mine;
  }
  t->next = (uint32_t)first;
  t->left = TAKEN;
  return true;
}

/* Room for a text; the last one given is taken back by giving it up again. */
static char *text_room(member *t, size_t len) {
  if (!t->texts || t->texts->size - t->texts->used < len) {
    arena *a = malloc(sizeof *a + ARENA_BYTES);
    if (!a) return NULL;
    *a = (arena){.next = t->texts, .size = ARENA_BYTES};
    t->texts = a;
    t->bytes += sizeof *a + ARENA_BYTES;
  }
  char *p = t->texts->text + t->texts->used;
  t->texts->used += len;
  return p;
}

/* A new entry of the thread, not yet in a table: counted by keep(), or given up by drop(). */
static uint32_t make(h9_labelmap *m, member *t, const void *label, size_t len, uint64_t position) {
  if (t->left == 0 && !take_entries(m, t)) return H9_LABELMAP_NONE;
  entry *x = at(m, t->next);
  if (m->uuid) memcpy(&x->a, label, H9_UUID_BYTES);
  else {
    char *p = text_room(t, len);
    if (!p) return H9_LABELMAP_NONE;
    memcpy(p, label, len);
    x->a = (uintptr_t)p;
    x->b = len;
  }
  atomic_store_explicit(&x->first, position + 1, memory_order_relaxed);
  return t->next;
}

static void keep(member *t) {
  t->next++;
  t->left--;
  t->labels++;
}

static void drop(h9_labelmap *m, member *t, size_t len) {
  atomic_store_explicit(&at(m, t->next)->first, 0, memory_order_relaxed);
  if (!m->uuid) t->texts->used -= len;
}

/* ---- tables ---- */

static int grow(shard *s, uint64_t capacity, h9_error *e) {
  slot *slots = calloc(capacity, sizeof *slots);
  if (!slots) return e ? h9_fail_memory(e, capacity * sizeof *slots, "labels") : H9_ESYSTEM;
  for (uint64_t i = 0; s->used && i <= s->mask; i++) {
    uint64_t v = atomic_load_explicit(&s->slots[i], memory_order_relaxed);
    if (!v) continue;
    uint64_t k = (v >> 32) & (capacity - 1);
    while (atomic_load_explicit(&slots[k], memory_order_relaxed)) k = (k + 1) & (capacity - 1);
    atomic_store_explicit(&slots[k], v, memory_order_relaxed);
  }
  free(s->slots);
  s->slots = slots;
  s->mask = capacity - 1;
  return H9_OK;
}

int h9_labelmap_reserve(h9_labelmap *m, uint64_t n, h9_error *e) {
  if (m->kind != H9_LABELMAP_FREE) return H9_OK; /* those grow under their locks */
  shard *s = m->shard;
  s->used = 0;
  for (int i = 0; i < m->threads; i++) s->used += m->member[i].labels;
  if (n > UINT32_MAX - s->used) n = UINT32_MAX - s->used;
  uint64_t capacity = s->mask + 1;
  while (capacity < 2 * (s->used + n)) capacity *= 2;
  return capacity > s->mask + 1 ? grow(s, capacity, e) : H9_OK;
}

static uint32_t add_locked(h9_labelmap *m, member *t, shard *s, const void *label, size_t len, uint32_t hash,
                           uint64_t position) {
  if (pthread_mutex_trylock(&s->lock) != 0) {
    uint64_t begun = h9_clock_ns();
    t->waits++;
    pthread_mutex_lock(&s->lock);
    t->waited_ns += h9_clock_ns() - begun;
  }
  uint32_t found = H9_LABELMAP_NONE;
  if (2 * s->used <= s->mask || grow(s, 2 * (s->mask + 1), NULL) == H9_OK) {
    uint64_t i = hash & s->mask, v;
    while ((v = atomic_load_explicit(&s->slots[i], memory_order_relaxed)) &&
           (v >> 32 != hash || !same(m, (uint32_t)v - 1, label, len)))
      i = (i + 1) & s->mask;
    if (v) {
      found = (uint32_t)v - 1;
      seen(at(m, found), position);
    } else if ((found = make(m, t, label, len, position)) != H9_LABELMAP_NONE) {
      atomic_store_explicit(&s->slots[i], (uint64_t)hash << 32 | (found + 1), memory_order_relaxed);
      s->used++;
      keep(t);
    }
  }
  pthread_mutex_unlock(&s->lock);
  return found;
}

static uint32_t add_free(h9_labelmap *m, member *t, const void *label, size_t len, uint32_t hash, uint64_t position) {
  shard *s = m->shard;
  uint32_t mine = H9_LABELMAP_NONE;
  uint64_t i = hash & s->mask;
  for (uint64_t tried = 0; tried <= s->mask; tried++, i = (i + 1) & s->mask) {
    uint64_t v = atomic_load_explicit(&s->slots[i], memory_order_acquire);
    if (!v) {
      if (mine == H9_LABELMAP_NONE && (mine = make(m, t, label, len, position)) == H9_LABELMAP_NONE) return mine;
      if (atomic_compare_exchange_strong_explicit(&s->slots[i], &v, (uint64_t)hash << 32 | (mine + 1), memory_order_release,
                                                  memory_order_acquire)) {
        keep(t);
        return mine;
      }
      t->waits++; /* v is what the other thread put there */
    }
    if (v >> 32 != hash || !same(m, (uint32_t)v - 1, label, len)) continue;
    if (mine != H9_LABELMAP_NONE) drop(m, t, len);
    seen(at(m, (uint32_t)v - 1), position);
    return (uint32_t)v - 1;
  }
  if (mine != H9_LABELMAP_NONE) drop(m, t, len);
  return H9_LABELMAP_NONE;
}

static shard *shard_of(const h9_labelmap *m, uint64_t hash) { return &m->shard[(hash >> 32) % (unsigned)m->shards]; }

uint32_t h9_labelmap_add(h9_labelmap *m, int thread, const void *label, size_t len, uint64_t position) {
  member *t = &m->member[thread];
  uint64_t hash = XXH3_64bits(label, len);
  t->adds++;
  if (m->kind == H9_LABELMAP_FREE) return add_free(m, t, label, len, (uint32_t)hash, position);
  return add_locked(m, t, shard_of(m, hash), label, len, (uint32_t)hash, position);
}

uint32_t h9_labelmap_find(const h9_labelmap *m, const void *label, size_t len) {
  uint64_t hash = XXH3_64bits(label, len), v;
  const shard *s = shard_of(m, hash);
  for (uint64_t i = hash & UINT32_MAX & s->mask; (v = atomic_load_explicit(&s->slots[i], memory_order_acquire));
       i = (i + 1) & s->mask)
    if (v >> 32 == (uint32_t)hash && same(m, (uint32_t)v - 1, label, len)) return (uint32_t)v - 1;
  return H9_LABELMAP_NONE;
}

/* ---- what is in it ---- */

uint64_t h9_labelmap_first(const h9_labelmap *m, uint32_t i) {
  return atomic_load_explicit(&at(m, i)->first, memory_order_relaxed) - 1;
}

const void *h9_labelmap_label(const h9_labelmap *m, uint32_t i, size_t *len) {
  const entry *x = at(m, i);
  *len = m->uuid ? H9_UUID_BYTES : (size_t)x->b;
  return m->uuid ? (const void *)&x->a : (const void *)(uintptr_t)x->a;
}

void h9_labelmap_stats_get(const h9_labelmap *m, h9_labelmap_stats *s) {
  *s = (h9_labelmap_stats){.bytes = sizeof *m + ((atomic_load(&m->taken) >> CHUNK_BITS) + 1) * sizeof *m->chunk};
  for (int i = 0; i < m->shards; i++) s->bytes += (m->shard[i].mask + 1) * sizeof(slot) + sizeof(shard);
  for (int i = 0; i < m->threads; i++) {
    const member *t = &m->member[i];
    s->labels += t->labels;
    s->adds += t->adds;
    s->waits += t->waits;
    s->waited_ns += t->waited_ns;
    s->bytes += t->bytes + sizeof *t;
  }
  s->bytes += m->order ? m->ranked * sizeof *m->order : 0;
}

/* ---- ranks ---- */

typedef struct placed { uint64_t first; uint32_t entry; } placed;

/* By some bits of the position at a time, lowest first: stable, so a round costs n. */
static void sort(placed **v, placed **spare, size_t n, uint64_t most) {
  enum { BITS = 11, MANY = 1 << BITS };
  for (int shift = 0; shift < 64 && most >> shift; shift += BITS) {
    uint32_t count[MANY + 1] = {0};
    for (size_t i = 0; i < n; i++) count[((*v)[i].first >> shift & (MANY - 1)) + 1]++;
    for (size_t i = 0; i < MANY; i++) count[i + 1] += count[i];
    for (size_t i = 0; i < n; i++) (*spare)[count[(*v)[i].first >> shift & (MANY - 1)]++] = (*v)[i];
    placed *swap = *v;
    *v = *spare;
    *spare = swap;
  }
}

int h9_labelmap_rank(h9_labelmap *m, h9_error *e) {
  uint64_t taken = atomic_load(&m->taken), most = 0;
  h9_labelmap_stats s;
  h9_labelmap_stats_get(m, &s);
  placed *v = malloc((s.labels + 1) * sizeof *v), *spare = malloc((s.labels + 1) * sizeof *v);
  uint32_t *order = malloc((s.labels + 1) * sizeof *order), *rank = malloc((taken + 1) * sizeof *rank);
  free(m->order);
  free(m->rank);
  m->order = order;
  m->rank = rank;
  m->ranked = s.labels;
  size_t n = 0;
  bool room = v && spare && order && rank;
  for (uint64_t i = 0; room && i < taken; i++) {
    const entry *chunk = atomic_load(&m->chunk[i >> CHUNK_BITS]);
    uint64_t first = chunk ? atomic_load_explicit(&chunk[i & (CHUNK - 1)].first, memory_order_relaxed) : 0;
    if (!first || n == s.labels) continue;
    v[n++] = (placed){first, (uint32_t)i};
    most = first > most ? first : most;
  }
  if (room) sort(&v, &spare, n, most);
  for (size_t i = 0; room && i < n; i++) {
    order[i] = v[i].entry;
    rank[v[i].entry] = (uint32_t)i;
  }
  free(v);
  free(spare);
  return room ? H9_OK : h9_fail_memory(e, (s.labels + 1) * 2 * sizeof *v + taken * sizeof *rank, "labels");
}

uint32_t h9_labelmap_entries(const h9_labelmap *m) { return (uint32_t)atomic_load(&m->taken); }
uint32_t h9_labelmap_entry(const h9_labelmap *m, uint32_t rank) { return m->order[rank]; }
uint32_t h9_labelmap_rank_of(const h9_labelmap *m, uint32_t i) { return m->rank[i]; }

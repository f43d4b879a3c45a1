/* Labels to compact ids. Authority: a list made by one thread that compares every label with all before it
 * (brute force), and, for large maps, labels whose order of first appearance is known by construction. */
#include "../../libcore/base/labelmap.h"
#include "../../libcore/base/parallel.h"
#include "../../libcore/base/uuid.h"
#include "tap.h"

#include <stdatomic.h>

enum { MOST = 40000 };
static const char *const kinds[] = {"one lock", "16 locks", "lock-free"};

/* Label k of a universe, as bytes; texts have 1 to 40 of them. */
static size_t spell(bool uuid, uint32_t k, char *p) {
  uint64_t z = (k + 1) * UINT64_C(0x9e3779b97f4a7c15);
  if (uuid) {
    uint64_t y = (z ^ z >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    memcpy(p, &z, 8);
    memcpy(p + 8, &y, 8);
    return 16;
  }
  size_t n = (size_t)sprintf(p, "%x", k);
  for (size_t most = k % 40; n < most;) p[n++] = 'x';
  return n;
}

/* The input: label[i] stands at position 3 i + 1. */
typedef struct input {
  bool uuid;
  uint32_t n, *label, *entry; /* entry: what add said */
  h9_labelmap *map;
  atomic_uint bad;
} input;

static void part(void *ctx, int me, int n) {
  input *in = ctx;
  char p[64];
  /* single labels in turn, backwards: the same label is met by several threads, in any order of positions */
  for (uint32_t i = (uint32_t)me; i < in->n; i += (uint32_t)n) {
    uint32_t k = in->n - 1 - i;
    size_t len = spell(in->uuid, in->label[k], p);
    in->entry[k] = h9_labelmap_add(in->map, me, p, len, (uint64_t)k * 3 + 1);
    if (in->entry[k] == H9_LABELMAP_NONE) in->bad++;
  }
}

static uint32_t by_hand(const input *in, uint32_t *first, uint32_t *rank) {
  uint32_t distinct = 0;
  for (uint32_t i = 0; i < in->n; i++) {
    uint32_t k = 0;
    while (k < distinct && in->label[first[k]] != in->label[i]) k++;
    if (k == distinct) first[distinct++] = i;
    rank[i] = k;
  }
  return distinct;
}

static bool same(input *in, const uint32_t *first, const uint32_t *rank, uint32_t distinct) {
  h9_error e = {0};
  h9_labelmap_stats s;
  char p[64];
  size_t len;
  if (in->bad || h9_labelmap_rank(in->map, &e) != H9_OK) return false;
  h9_labelmap_stats_get(in->map, &s);
  bool good = s.labels == distinct && s.adds == in->n;
  for (uint32_t i = 0; i < in->n && good; i++) good = h9_labelmap_rank_of(in->map, in->entry[i]) == rank[i];
  for (uint32_t k = 0; k < distinct && good; k++) {
    uint32_t entry = h9_labelmap_entry(in->map, k);
    size_t n = spell(in->uuid, in->label[first[k]], p);
    const void *label = h9_labelmap_label(in->map, entry, &len);
    good = len == n && memcmp(label, p, n) == 0 && h9_labelmap_first(in->map, entry) == (uint64_t)first[k] * 3 + 1 &&
           h9_labelmap_find(in->map, p, n) == entry;
  }
  size_t n = spell(in->uuid, 4000000000u, p);
  return good && h9_labelmap_find(in->map, p, n) == H9_LABELMAP_NONE;
}

/* `universe` labels, drawn 6,000 times. */
static void against_brute_force(bool uuid, uint32_t universe) {
  enum { N = 6000 };
  static uint32_t label[N], entry[N], first[N], rank[N];
  uint64_t z = universe;
  for (uint32_t i = 0; i < N; i++) {
    z = z * UINT64_C(6364136223846793005) + 1442695040888963407u;
    label[i] = (uint32_t)(z >> 33) % universe;
  }
  input in = {.uuid = uuid, .n = N, .label = label, .entry = entry};
  uint32_t distinct = by_hand(&in, first, rank);
  for (int kind = 0; kind < 3; kind++) {
    int good = 0;
    for (int threads = 1; threads <= 8; threads++) {
      h9_error e = {0};
      in.bad = 0;
      if (h9_labelmap_new(&in.map, (enum h9_labelmap_kind)kind, uuid, threads, &e) != H9_OK ||
          h9_labelmap_reserve(in.map, N, &e) != H9_OK)
        break;
      h9_parallel(threads, part, &in);
      good += same(&in, first, rank, distinct);
      h9_labelmap_free(in.map);
    }
    ok(good == 8, "%s: %u %s in %d: the ids of brute force for 1 to 8 threads", kinds[kind], distinct,
       uuid ? "UUIDs" : "texts", N);
  }
}

/* Rounds with new and old labels; the lock-free map grows between them. */
static void in_rounds(enum h9_labelmap_kind kind) {
  static uint32_t label[MOST], entry[MOST];
  h9_error e = {0};
  input in = {.label = label, .entry = entry};
  bool good = h9_labelmap_new(&in.map, kind, false, 4, &e) == H9_OK;
  for (uint32_t n = 10; n <= MOST && good; n *= 4) {
    in.n = n;
    for (uint32_t i = 0; i < n; i++) label[i] = i / 2; /* each twice */
    good = h9_labelmap_reserve(in.map, n, &e) == H9_OK;
    h9_parallel(4, part, &in);
    good &= !in.bad && h9_labelmap_rank(in.map, &e) == H9_OK;
    for (uint32_t i = 0; i < n && good; i++) good = h9_labelmap_rank_of(in.map, entry[i]) == i / 2;
  }
  ok(good, "%s: filled in rounds, each label keeps its first place", kinds[kind]);
  h9_labelmap_free(in.map);
}

static void one_thread_never_waits(enum h9_labelmap_kind kind) {
  static uint32_t label[2000], entry[2000];
  h9_error e = {0};
  h9_labelmap_stats s = {0};
  input in = {.n = 2000, .label = label, .entry = entry};
  for (uint32_t i = 0; i < in.n; i++) label[i] = i;
  if (h9_labelmap_new(&in.map, kind, false, 1, &e) != H9_OK || h9_labelmap_reserve(in.map, in.n, &e) != H9_OK) return;
  h9_parallel(1, part, &in);
  h9_labelmap_stats_get(in.map, &s);
  ok(s.waits == 0 && s.labels == 2000 && s.bytes > 2000 * (24 + 8), "%s: one thread never waits; %llu bytes", kinds[kind],
     (unsigned long long)s.bytes);
  h9_labelmap_free(in.map);
}

static void without_room(void) {
  static uint32_t label[MOST], entry[MOST];
  h9_error e = {0};
  input in = {.n = MOST, .label = label, .entry = entry};
  for (uint32_t i = 0; i < in.n; i++) label[i] = i;
  if (h9_labelmap_new(&in.map, H9_LABELMAP_FREE, true, 2, &e) != H9_OK) return;
  in.uuid = true;
  h9_parallel(2, part, &in);
  h9_labelmap_stats s;
  h9_labelmap_stats_get(in.map, &s);
  ok(in.bad == in.n - s.labels && s.labels < in.n, "lock-free, no room made: %u of %u refused, the rest is there", in.bad,
     in.n);
  h9_labelmap_free(in.map);
}

int main(void) {
  static const uint32_t universes[] = {3, 100, 1000000};
  for (int u = 0; u < 2; u++)
    for (int i = 0; i < 3; i++) against_brute_force(u, universes[i]);
  for (int kind = 0; kind < 3; kind++) {
    in_rounds((enum h9_labelmap_kind)kind);
    one_thread_never_waits((enum h9_labelmap_kind)kind);
  }
  without_room();
  return done();
}

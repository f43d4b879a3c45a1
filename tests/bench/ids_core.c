/* What compact ids save, and what sharing their map costs.
 *   ids_core memory N: an array of the UUIDs of N neurons and one of their ids, both filled: prints the bytes that malloc
 *     gave for each (mallinfo2), the bytes that became resident (/proc/self/statm), and those of the map between them.
 *   ids_core contention KIND THREADS DISTINCT TIMES: DISTINCT UUIDs, each added TIMES in a random order by THREADS
 *     threads at once; KIND 0 one lock, 1 sixteen, 2 none: prints seconds, operations, waits, and seconds
 *     that all threads together waited for locks.
 * Ids are checked against the UUIDs in both. */
#include "../../libcore/base/clock.h"
#include "../../libcore/base/labelmap.h"
#include "../../libcore/base/parallel.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct uuid { unsigned char byte[16]; } uuid;

static uint64_t state = 1;
static uint64_t random64(void) { /* splitmix64 */
  uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}
static void draw(uuid *u) { /* version 4 */
  for (int i = 0; i < 16; i += 8) {
    uint64_t z = random64();
    memcpy(u->byte + i, &z, 8);
  }
  u->byte[6] = (unsigned char)((u->byte[6] & 0x0f) | 0x40);
  u->byte[8] = (unsigned char)((u->byte[8] & 0x3f) | 0x80);
}

static size_t allocated(void) {
  struct mallinfo2 m = mallinfo2();
  return m.uordblks + m.hblkhd;
}
static size_t resident(void) {
  unsigned long size = 0, pages = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  if (!f || fscanf(f, "%lu %lu", &size, &pages) != 2) exit(71);
  fclose(f);
  return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static int memory(uint32_t n) {
  h9_error e = {0};
  h9_labelmap *m;
  resident(); /* what reading it takes itself is there now */
  size_t a0 = allocated(), r0 = resident();
  uuid *neuron = malloc(n * sizeof *neuron);
  if (!neuron) return 71;
  for (uint32_t i = 0; i < n; i++) draw(&neuron[i]);
  size_t a1 = allocated(), r1 = resident();
  if (h9_labelmap_new(&m, H9_LABELMAP_FREE, true, 1, &e) != H9_OK || h9_labelmap_reserve(m, n, &e) != H9_OK) return 71;
  for (uint32_t i = 0; i < n; i++)
    if (h9_labelmap_add(m, 0, &neuron[i], sizeof neuron[i], i) == H9_LABELMAP_NONE) return 71;
  if (h9_labelmap_rank(m, &e) != H9_OK) return 71;
  size_t a2 = allocated(), r2 = resident();
  uint32_t *id = malloc(n * sizeof *id);
  if (!id) return 71;
  for (uint32_t i = 0; i < n; i++) id[i] = h9_labelmap_rank_of(m, h9_labelmap_find(m, &neuron[i], sizeof neuron[i])) + 1;
  size_t a3 = allocated(), r3 = resident(), len;
  for (uint32_t i = 0; i < n; i++) /* and back */
    if (id[i] != i + 1 || memcmp(h9_labelmap_label(m, h9_labelmap_entry(m, id[i] - 1), &len), &neuron[i], 16) != 0) return 70;
  printf("%u %zu %zu %zu %zu %zu\n", n, a1 - a0, r1 - r0, a3 - a2, r3 - r2, a2 - a1);
  h9_labelmap_free(m);
  free(neuron);
  free(id);
  return 0;
}

typedef struct work {
  h9_labelmap *map;
  const uuid *label;
  const uint32_t *order; /* [n] which label */
  uint32_t n;
  atomic_uint next, failed;
  pthread_barrier_t start;
  uint64_t begun;
} work;
enum { TAKEN = 1024 };

static void member(void *ctx, int me, int n) {
  work *w = ctx;
  (void)n;
  pthread_barrier_wait(&w->start);
  if (me == 0) w->begun = h9_clock_ns();
  for (uint32_t from; (from = atomic_fetch_add(&w->next, TAKEN)) < w->n;)
    for (uint32_t i = from; i < w->n && i < from + TAKEN; i++)
      if (h9_labelmap_add(w->map, me, &w->label[w->order[i]], sizeof *w->label, i) == H9_LABELMAP_NONE) w->failed++;
}

static int contention(int kind, int threads, uint32_t distinct, uint32_t times) {
  h9_error e = {0};
  work w = {.n = distinct * times};
  uuid *label = malloc(distinct * sizeof *label);
  uint32_t *order = malloc(w.n * sizeof *order);
  if (!label || !order) return 71;
  for (uint32_t i = 0; i < distinct; i++) draw(&label[i]);
  for (uint32_t i = 0; i < w.n; i++) order[i] = i % distinct;
  for (uint32_t i = w.n - 1; i > 0; i--) {
    uint32_t k = (uint32_t)(random64() % (i + 1)), swap = order[i];
    order[i] = order[k];
    order[k] = swap;
  }
  w.label = label;
  w.order = order;
  if (h9_labelmap_new(&w.map, (enum h9_labelmap_kind)kind, true, threads, &e) != H9_OK) return 71;
  if (h9_labelmap_reserve(w.map, distinct, &e) != H9_OK) return 71;
  pthread_barrier_init(&w.start, NULL, (unsigned)threads);
  if (h9_parallel(threads, member, &w) != threads || w.failed) return 71;
  double seconds = (double)(h9_clock_ns() - w.begun) * 1e-9;
  h9_labelmap_stats s;
  h9_labelmap_stats_get(w.map, &s);
  if (s.labels != distinct || h9_labelmap_rank(w.map, &e) != H9_OK) return 70;
  unsigned char *seen = calloc(distinct, 1);
  for (uint32_t i = 0, rank = 0; seen && i < w.n; i++) { /* ids by first appearance */
    if (seen[order[i]]) continue;
    seen[order[i]] = 1;
    if (h9_labelmap_rank_of(w.map, h9_labelmap_find(w.map, &label[order[i]], 16)) != rank++) return 70;
  }
  printf("%.6f %llu %llu %.6f\n", seconds, (unsigned long long)s.adds, (unsigned long long)s.waits, (double)s.waited_ns * 1e-9);
  free(seen);
  free(label);
  free(order);
  h9_labelmap_free(w.map);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "memory") == 0) return memory((uint32_t)atoi(argv[2]));
  if (argc == 6 && strcmp(argv[1], "contention") == 0)
    return contention(atoi(argv[2]), atoi(argv[3]), (uint32_t)atoi(argv[4]), (uint32_t)atoi(argv[5]));
  return 64;
}

/* pools_core SIGNALS HELD WITH: SIGNALS pass through a queue that holds about HELD at once, ordered by time, priority and arrival. WITH pool: the
 * library's, which took all its memory at once; malloc: a node of its own for every signal, freed when it is delivered, in a heap of pointers, otherwise the
 * same order. Prints nanoseconds a signal and a sum of what came out in which order, which must be alike. */
#include "../../libcore/base/clock.h"
#include "../../libcore/base/rng.h"
#include "../../libcore/model/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static h9_queued make(uint64_t i, int64_t step) {
  h9_ctr d = h9_philox(h9_key_make(1, H9_PURPOSE_SAMPLE, 0), (uint32_t)i, 0, 0, 0);
  return (h9_queued){.step = step + 1 + d.v[0] % 64, .weight = 1, .index = d.v[1], .priority = (uint8_t)d.v[2], .arrival = i};
}

static h9_queued **heap;
static size_t n_heap;
static bool before(const h9_queued *a, const h9_queued *b) {
  if (a->step != b->step) return a->step < b->step;
  if (h9_class_of(a->priority) != h9_class_of(b->priority)) return h9_class_of(a->priority) > h9_class_of(b->priority);
  if (a->priority != b->priority) return a->priority > b->priority;
  return a->arrival < b->arrival;
}
static void push(h9_queued *x) {
  size_t i = n_heap++;
  for (; i && before(x, heap[(i - 1) / 2]); i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
  heap[i] = x;
}
static h9_queued *pop(void) {
  h9_queued *top = heap[0], *x = heap[--n_heap];
  size_t i = 0;
  for (size_t k; (k = 2 * i + 1) < n_heap; i = k) {
    if (k + 1 < n_heap && before(heap[k + 1], heap[k])) k++;
    if (!before(heap[k], x)) break;
    heap[i] = heap[k];
  }
  heap[i] = x;
  return top;
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  uint64_t n = strtoull(argv[1], NULL, 10), held = strtoull(argv[2], NULL, 10), sum = 0, out_n = 0;
  bool pool = strcmp(argv[3], "pool") == 0;
  uint64_t a_step = held / 32 ? held / 32 : 1; /* put in at each step, for one of the next 64 */
  h9_queue q;
  h9_error e;
  if (h9_queue_open(&q, (uint32_t)(4 * held + 1024), &e)) return 71;
  h9_queued *out = malloc((4 * held + 1024) * sizeof *out);
  heap = malloc((4 * held + 1024) * sizeof *heap);
  if (!out || !heap) return 71;
  uint64_t begun = h9_clock_ns();
  int64_t step = 0;
  for (uint64_t i = 0; i < n; step++) {
    for (uint64_t k = 0; k < a_step && i < n; k++, i++) {
      h9_queued s = make(i, step);
      if (pool) {
        if (!h9_queue_put(&q, &s)) return 1;
      } else {
        h9_queued *own = malloc(sizeof *own);
        if (!own) return 71;
        *own = s;
        push(own);
      }
    }
    size_t got = 0;
    if (pool) got = h9_queue_take(&q, step + 1, UINT64_MAX, true, out);
    else
      for (; n_heap && heap[0]->step <= step + 1; got++) {
        h9_queued *own = pop();
        out[got] = *own;
        free(own);
      }
    for (size_t k = 0; k < got; k++) sum = sum * 31 + out[k].index;
    out_n += got;
  }
  printf("%.3f %llu %llu\n", (double)(h9_clock_ns() - begun) / (double)n, (unsigned long long)out_n, (unsigned long long)sum);
  h9_queue_close(&q);
  return 0;
}

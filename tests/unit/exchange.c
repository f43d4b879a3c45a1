/* The barrier at which threads meet. Authority: what a barrier is. Behind round r every thread finds that all have added r
 * times, and all leave in the round that anyone wished to be the last. */
#include "../../libcore/model/exchange.h"
#include "tap.h"

#include <pthread.h>
#include <time.h>

enum { THREADS = 7, ROUNDS = 3000, LAST = 2345 };

enum pace { EVEN, CROWDED, LATE }; /* LATE: now and then one of them comes late */

static struct {
  h9_barrier barrier;
  enum pace pace;
  int threads, last; /* last: the round in which one wishes to stop */
  atomic_uint sum;
} shared;

typedef struct worker {
  pthread_t thread;
  int self, rounds, wrong;
} worker;

static void *work(void *arg) {
  worker *w = arg;
  bool stop = false;
  while (w->rounds < ROUNDS && !stop) {
    if (shared.pace == LATE && w->rounds % 100 == w->self)
      nanosleep(&(struct timespec){.tv_nsec = 300000}, NULL);
    if (shared.pace == CROWDED && w->self == 0) atomic_store(&shared.barrier.crowded, 1000);
    atomic_fetch_add_explicit(&shared.sum, 1, memory_order_relaxed);
    w->rounds++;
    (void)h9_barrier_wait(&shared.barrier);
    unsigned sum = atomic_load_explicit(&shared.sum, memory_order_relaxed);
    w->wrong += sum != (unsigned)(w->rounds * shared.threads);
    if (w->rounds == shared.last && w->self == 1) h9_barrier_raise(&shared.barrier);
    stop = h9_barrier_wait(&shared.barrier); /* before the next one adds */
  }
  return NULL;
}

static void meet(enum pace pace, int threads, int last, const char *what) {
  worker w[THREADS];
  int started = 0, wrong = 0, apart = 0;
  shared.pace = pace;
  shared.threads = threads;
  shared.last = last;
  atomic_init(&shared.sum, 0);
  h9_barrier_init(&shared.barrier, threads);
  for (int i = 0; i < threads; i++) {
    w[i] = (worker){.self = i};
    started += pthread_create(&w[i].thread, NULL, work, &w[i]) == 0;
  }
  if (!ok(started == threads, "%s: %d threads", what, threads)) return; /* those that wait end with the program */
  for (int i = 0; i < threads; i++) pthread_join(w[i].thread, NULL);
  for (int i = 0; i < threads; i++) wrong += w[i].wrong, apart += w[i].rounds != (last ? last : ROUNDS);
  ok(wrong == 0, "%s: nobody leaves before the last one came (%d times)", what, wrong);
  ok(apart == 0 && atomic_load(&shared.barrier.sleepers) == 0, "%s: all end in the same round, and none sleeps", what);
}

int main(void) {
  meet(EVEN, 1, 0, "alone");
  meet(EVEN, 2, 0, "two");
  meet(EVEN, THREADS, LAST, "more than processors");
  meet(CROWDED, 2, 0, "two that sleep");
  meet(CROWDED, THREADS, LAST, "many that sleep");
  meet(LATE, 2, 0, "two, one late");
  meet(LATE, THREADS, LAST, "many, one late");
  return done();
}

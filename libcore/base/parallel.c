#include "parallel.h"

#include "thread.h"

#include <stdatomic.h>
#include <stdlib.h>

typedef struct team {
  void (*body)(void *ctx, int me, int n);
  void *ctx;
  pthread_mutex_t lock;
  pthread_cond_t open;
  int n; /* 0: the others are still being started */
  atomic_int taken;
} team;

static void *member(void *data) {
  team *t = data;
  pthread_mutex_lock(&t->lock);
  while (t->n == 0) pthread_cond_wait(&t->open, &t->lock);
  pthread_mutex_unlock(&t->lock);
  t->body(t->ctx, atomic_fetch_add(&t->taken, 1), t->n);
  return NULL;
}

int h9_parallel(int threads, void (*body)(void *ctx, int me, int n), void *ctx) {
  int others = threads > 1 ? threads - 1 : 0;
  pthread_t few[64], *thread = others <= 64 ? few : malloc((size_t)others * sizeof *thread);
  if (others == 0 || !thread) {
    body(ctx, 0, 1);
    return 1;
  }
  team t = {.body = body, .ctx = ctx};
  pthread_mutex_init(&t.lock, NULL);
  pthread_cond_init(&t.open, NULL);
  atomic_init(&t.taken, 1);
  others = h9_threads_start(thread, others, member, &t);
  pthread_mutex_lock(&t.lock);
  t.n = others + 1;
  pthread_cond_broadcast(&t.open);
  pthread_mutex_unlock(&t.lock);
  body(ctx, 0, t.n);
  h9_threads_join(thread, others);
  pthread_cond_destroy(&t.open);
  pthread_mutex_destroy(&t.lock);
  if (thread != few) free(thread);
  return t.n;
}

typedef struct each {
  void (*body)(void *ctx, uint64_t i, int me);
  void *ctx;
  uint64_t count;
  atomic_uint_least64_t next;
} each;

static void take(void *ctx, int me, int n) {
  each *e = ctx;
  (void)n;
  for (uint64_t i; (i = atomic_fetch_add_explicit(&e->next, 1, memory_order_relaxed)) < e->count;)
    e->body(e->ctx, i, me);
}

void h9_parallel_each(int threads, uint64_t count, void (*body)(void *ctx, uint64_t i, int me), void *ctx) {
  each e = {.body = body, .ctx = ctx, .count = count};
  atomic_init(&e.next, 0);
  h9_parallel(count < (uint64_t)threads ? (int)count : threads, take, &e);
}

#include "exchange.h"

#include "../base/clock.h"
#include "../base/cpu.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
  SPINS = 4000,         /* some 50 us: longer than threads with a processor each part */
  SLICE_NS = 500000,    /* who yields for longer has given a time slice to another program */
  ROUNDS_CROWDED = 1024 /* until it is tried again */
};

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

void h9_barrier_init(h9_barrier *b, int threads) {
  atomic_init(&b->arrived, 0);
  atomic_init(&b->round, 0);
  atomic_init(&b->sleepers, 0);
  atomic_init(&b->crowded, 0);
  atomic_init(&b->raised, 0);
  b->stop = 0;
  b->threads = (unsigned)threads;
  b->spins = threads > h9_cpu_count() ? 0 : SPINS;
}

void h9_barrier_raise(h9_barrier *b) { atomic_store_explicit(&b->raised, 1, memory_order_relaxed); }

/* Either the sleeper sees the new round or the last one sees the sleeper: both orders are sequentially consistent. */
static void sleep_through(h9_barrier *b, unsigned round) {
  atomic_fetch_add(&b->sleepers, 1);
  (void)syscall(SYS_futex, &b->round, FUTEX_WAIT_PRIVATE, round, NULL, NULL, 0);
  atomic_fetch_sub(&b->sleepers, 1);
}

/* Yielding costs little where nobody else wants the processor; else a whole time slice, each time, and a sleeper, who comes
 * back when it is woken, is better off. */
static void wait_longer(h9_barrier *b, unsigned round) {
  if (atomic_load_explicit(&b->crowded, memory_order_relaxed)) {
    sleep_through(b, round);
    return;
  }
  uint64_t before = h9_clock_ns();
  sched_yield();
  if (h9_clock_ns() - before > SLICE_NS) atomic_store_explicit(&b->crowded, ROUNDS_CROWDED, memory_order_relaxed);
}

/* By the last one of a round. */
static void begin_round(h9_barrier *b, unsigned round) {
  unsigned crowded = atomic_load_explicit(&b->crowded, memory_order_relaxed);
  if (crowded) atomic_store_explicit(&b->crowded, crowded - 1, memory_order_relaxed);
  atomic_store(&b->round, round);
  if (atomic_load(&b->sleepers)) (void)syscall(SYS_futex, &b->round, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

bool h9_barrier_wait(h9_barrier *b) {
  unsigned round = atomic_load_explicit(&b->round, memory_order_relaxed);
  if (atomic_fetch_add_explicit(&b->arrived, 1, memory_order_acq_rel) + 1 == b->threads) {
    b->stop = atomic_load_explicit(&b->raised, memory_order_relaxed);
    atomic_store_explicit(&b->arrived, 0, memory_order_relaxed);
    begin_round(b, round + 1);
    return b->stop;
  }
  for (unsigned spin = 0; atomic_load_explicit(&b->round, memory_order_acquire) == round; spin++)
    if (spin < b->spins) relax();
    else wait_longer(b, round);
  return b->stop;
}

int h9_spike_list_open(h9_spike_list *l, size_t limit, h9_error *e) {
  *l = (h9_spike_list){.limit = limit};
  int rc = h9_region_open(&l->region, limit * sizeof *l->spike, e);
  l->spike = (h9_spike *)(void *)l->region.base;
  return rc;
}

void h9_spike_list_close(h9_spike_list *l) {
  h9_region_close(&l->region);
  *l = (h9_spike_list){0};
}

bool h9_spike_list_count(h9_spike_list *l, const uint8_t *counts, uint32_t n, h9_step step, uint32_t first) {
  for (uint32_t i = 0; i < n; i++)
    for (uint8_t m = counts[i]; m; m--) {
      if (l->n == l->limit) return false;
      l->spike[l->n++] = h9_spike_make(step, first + i);
    }
  return true;
}

bool h9_spike_list_add(h9_spike_list *l, const uint32_t *index, uint32_t n, h9_step step, uint32_t first) {
  if (l->limit - l->n < n) return false;
  for (uint32_t i = 0; i < n; i++) l->spike[l->n++] = h9_spike_make(step, first + index[i]);
  return true;
}

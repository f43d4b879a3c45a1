/* Compute threads: every member runs once with its own number, every piece of work is done once, whatever the
 * numbers of threads and of pieces; teams inside teams. */
#include "../../libcore/base/parallel.h"
#include "tap.h"

#include <stdatomic.h>

enum { MOST = 200, PIECES = 5000 };

static atomic_int members[MOST], pieces[PIECES], wrong;

static void member(void *ctx, int me, int n) {
  int asked = *(const int *)ctx;
  if (n > asked || me < 0 || me >= n) atomic_fetch_add(&wrong, 1);
  else atomic_fetch_add(&members[me], 1);
}
static void piece(void *ctx, uint64_t i, int me) {
  if (me < 0 || me >= *(const int *)ctx) atomic_fetch_add(&wrong, 1);
  atomic_fetch_add(&pieces[i], 1);
}

static void team(int threads) {
  atomic_store(&wrong, 0);
  for (int i = 0; i < MOST; i++) atomic_store(&members[i], 0);
  int n = h9_parallel(threads, member, &threads), once = 0, more = 0;
  for (int i = 0; i < MOST; i++) {
    once += atomic_load(&members[i]) == 1;
    more += atomic_load(&members[i]) > 1;
  }
  ok(n >= 1 && n <= (threads > 1 ? threads : 1) && once == n && more == 0 && atomic_load(&wrong) == 0,
     "%d threads: %d ran, each once", threads, n);
}

static void work(int threads, uint64_t count) {
  atomic_store(&wrong, 0);
  for (int i = 0; i < PIECES; i++) atomic_store(&pieces[i], 0);
  h9_parallel_each(threads, count, piece, &threads);
  uint64_t once = 0, sum = 0;
  for (int i = 0; i < PIECES; i++) {
    once += (uint64_t)i < count && atomic_load(&pieces[i]) == 1;
    sum += (uint64_t)atomic_load(&pieces[i]);
  }
  ok(once == count && sum == count && atomic_load(&wrong) == 0, "%llu pieces on %d threads",
     (unsigned long long)count, threads);
}

static void inner(void *ctx, uint64_t i, int me) {
  static int two = 2;
  (void)ctx, (void)me;
  if (h9_parallel(2, member, &two) < 1) atomic_fetch_add(&wrong, (int)i + 1);
}

int main(void) {
  team(1);
  team(2);
  team(7);
  team(100);
  work(1, PIECES);
  work(3, PIECES);
  work(8, 3);
  work(4, 1);
  work(4, 0);
  for (int i = 0; i < MOST; i++) atomic_store(&members[i], 0);
  h9_parallel_each(3, 50, inner, NULL);
  ok(atomic_load(&members[0]) == 50 && atomic_load(&wrong) == 0, "50 teams inside a team");
  return done();
}

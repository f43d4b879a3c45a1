#include "bandwidth.h"

#include "clock.h"
#include "memory.h"
#include "parallel.h"

enum { PASSES = 6, LEAST = 1 << 16 }; /* elements */

typedef struct probe {
  double *a, *b, *c;
  size_t n; /* elements of each */
  enum { FILL, READ, TRIAD } what;
  uint64_t sum[64]; /* of the first so many threads, so that reading is not left out */
} probe;

/* Three streams at once: one alone does not keep enough lines on their way. */
static uint64_t read_all(const uint64_t *restrict p, const uint64_t *restrict q, const uint64_t *restrict r,
                         size_t n) {
  uint64_t s[4] = {0};
  for (size_t i = 0; i + 4 <= n; i += 4)
    for (size_t k = 0; k < 4; k++) s[k] += p[i + k] ^ q[i + k] ^ r[i + k];
  return s[0] + s[1] + s[2] + s[3];
}
static const uint64_t *words(const double *p) { return (const uint64_t *)(const void *)p; }

static void pass(void *ctx, int me, int n) {
  probe *p = ctx;
  size_t from = p->n / (size_t)n * (size_t)me, to = me == n - 1 ? p->n : from + p->n / (size_t)n;
  double *restrict a = p->a;
  const double *restrict b = p->b, *restrict c = p->c;
  switch (p->what) {
  case FILL:
    for (size_t i = from; i < to; i++) p->a[i] = p->b[i] = p->c[i] = (double)i;
    break;
  case READ:
    p->sum[me % 64] = read_all(words(p->a + from), words(p->b + from), words(p->c + from), to - from);
    break;
  case TRIAD:
    for (size_t i = from; i < to; i++) a[i] = b[i] + 3.0 * c[i];
    break;
  }
}

static size_t memory_to_use(void) {
  size_t bytes = (size_t)512 << 20;
  uint64_t available = h9_memory_available();
  return bytes < available / 4 ? bytes : (size_t)(available / 4);
}

static double best(probe *p, int what, int threads) {
  double most = 0;
  p->what = what;
  for (int i = 0; i < PASSES; i++) {
    uint64_t begin = h9_clock_ns();
    h9_parallel(threads, pass, p);
    double ns = (double)(h9_clock_ns() - begin);
    double rate = ns > 0 ? (double)(p->n * 3 * sizeof *p->a) / ns * 1e9 : 0;
    if (rate > most) most = rate;
  }
  return most;
}

int h9_bandwidth_measure(int threads, h9_bandwidth *b, h9_error *e) {
  *b = (h9_bandwidth){0};
  probe p = {.n = memory_to_use() / (3 * sizeof(double)) / H9_ALIGN * H9_ALIGN};
  if (p.n < LEAST)
    return h9_fail(e, H9_ESYSTEM, "%zu bytes of memory can be spared, expected at least %zu to measure bandwidth",
                   p.n * 3 * sizeof(double), (size_t)LEAST * 3 * sizeof(double));
  h9_region r;
  int rc = h9_region_open(&r, 3 * p.n * sizeof(double), e);
  if (rc != H9_OK) return rc;
  p.a = (double *)(void *)r.base;
  p.b = p.a + p.n;
  p.c = p.b + p.n;
  p.what = FILL;
  h9_parallel(threads, pass, &p);
  b->bytes = 3 * p.n * sizeof(double);
  b->read = best(&p, READ, threads);
  b->triad = best(&p, TRIAD, threads);
  h9_region_close(&r);
  return H9_OK;
}

/* The queue of waiting signals, and the histogram. Authority: hand-computed orders; brute force over random puts and takes
 * (a list, sorted each time); exact quantiles of sorted values. */
#include "../../libcore/base/histogram.h"
#include "../../libcore/model/queue.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static h9_queued signal_of(h9_step step, uint8_t priority, uint32_t index) {
  return (h9_queued){.step = step, .priority = priority, .index = index, .weight = index};
}

static void order(void) {
  h9_error e = {0};
  h9_queue q;
  h9_queued out[16], s;
  ok(h9_queue_open(&q, 16, &e) == H9_OK, "a queue of 16");
  const struct {
    h9_step step;
    uint8_t priority;
  } in[] = {{7, 128}, {3, 0}, {3, 255}, {9, 255}, {3, 200}, {3, 255}, {7, 128}, {-5, 0}};
  for (uint32_t i = 0; i < 8; i++) s = signal_of(in[i].step, in[i].priority, i), (void)h9_queue_put(&q, &s);
  size_t n = h9_queue_take(&q, 8, UINT64_MAX, true, out);
  static const uint32_t want[] = {7, 2, 5, 4, 1, 0, 6}; /* 7 is late: for step 1 */
  bool same = n == 7 && out[0].step == 1;
  for (size_t i = 0; i < n; i++) same &= out[i].index == want[i];
  ok(same && q.n == 1 && q.now == 8, "by time, then priority, then arrival; what is for later stays");
  s = signal_of(2, 255, 8);
  (void)h9_queue_put(&q, &s);
  n = h9_queue_take(&q, 9, 0, false, out);
  ok(n == 2 && out[0].step == 9 && out[1].step == 9 && out[0].index == 3 && out[1].index == 8 && q.n == 0 &&
         q.account[H9_CLASS_HIGH].late == 1 && q.account[H9_CLASS_LOW].late == 1,
     "a signal whose time is over is for the next step, behind those of its time that came before");
  h9_queue_close(&q);
}

static void budget(void) {
  h9_error e = {0};
  h9_queue q;
  h9_queued out[16], s;
  int rc = h9_queue_open(&q, 16, &e);
  static const uint8_t priority[] = {0, 128, 255, 0, 128, 255};
  for (uint32_t i = 0; i < 6; i++) s = signal_of(1 + i / 3, priority[i], i), (void)h9_queue_put(&q, &s);
  size_t n = h9_queue_take(&q, 2, 3, true, out);
  ok(rc == H9_OK && n == 3 && out[0].index == 2 && out[1].index == 1 && out[2].index == 5,
     "of six with a budget of three: both high ones and the first normal one");
  ok(h9_queue_due(&q, H9_CLASS_LOW, 2) == 2 && h9_queue_due(&q, H9_CLASS_NORMAL, 2) == 1, "two low ones and a normal one wait");
  n = h9_queue_take(&q, 4, 10, false, out);
  ok(n == 1 && out[0].index == 4 && out[0].step == 3, "without the low ones: the normal one, in the next step");
  n = h9_queue_take(&q, 6, 1, true, out);
  ok(n == 1 && out[0].index == 0 && out[0].step == 5, "then the low ones, one by one");
  n = h9_queue_take(&q, 8, 1, true, out);
  ok(n == 1 && out[0].index == 3 && q.account[H9_CLASS_LOW].put_off == 2 && q.account[H9_CLASS_LOW].delivered == 2,
     "each counted as put off");
  for (uint32_t i = 0; i < 3; i++) s = signal_of(9, 255, i), (void)h9_queue_put(&q, &s);
  n = h9_queue_take(&q, 9, 1, true, out);
  ok(n == 3, "high ones go beyond the budget");
  h9_queue_close(&q);
}

static void full(void) {
  h9_error e = {0};
  h9_queue q;
  h9_queued out[4], s;
  int rc = h9_queue_open(&q, 4, &e);
  static const uint8_t priority[] = {0, 0, 128, 0};
  for (uint32_t i = 0; i < 4; i++) s = signal_of(5, priority[i], i), rc |= !h9_queue_put(&q, &s);
  ok(rc == H9_OK && q.n == 4, "four of four");
  s = signal_of(5, 10, 4);
  ok(!h9_queue_put(&q, &s) && q.account[H9_CLASS_LOW].refused == 1, "a fifth low one is refused");
  s = signal_of(5, 255, 5);
  bool taken = h9_queue_put(&q, &s);
  s = signal_of(5, 128, 6);
  taken &= h9_queue_put(&q, &s);
  s = signal_of(5, 255, 7);
  taken &= h9_queue_put(&q, &s);
  ok(taken && q.n == 4 && q.account[H9_CLASS_LOW].refused == 4, "higher ones take the place of the three low ones");
  s = signal_of(5, 128, 8);
  ok(!h9_queue_put(&q, &s) && q.account[H9_CLASS_NORMAL].refused == 1, "a normal one that of no normal one");
  size_t n = h9_queue_take(&q, 5, 9, true, out);
  ok(n == 4 && out[0].index == 5 && out[1].index == 7 && out[2].index == 2 && out[3].index == 6, "what is left, in order");
  h9_queue_close(&q);
}

enum { ROUNDS = 400, LIMIT = 50 };

static int by_order(const void *a, const void *b) {
  const h9_queued *x = a, *y = b;
  if (x->step != y->step) return x->step < y->step ? -1 : 1;
  if (x->priority != y->priority) return x->priority > y->priority ? -1 : 1;
  return x->arrival < y->arrival ? -1 : 1;
}

/* What a queue without bound of memory or care would do. */
static size_t brute_take(h9_queued *list, size_t *n, h9_step now, h9_step to, uint64_t most, bool low, h9_queued *out) {
  size_t m = 0, kept = 0;
  qsort(list, *n, sizeof *list, by_order);
  bool *go = calloc(*n + 1, sizeof *go);
  for (int c = H9_CLASS_HIGH; go && c >= 0; c--)
    for (size_t i = 0; i < *n; i++)
      if ((int)h9_class_of(list[i].priority) == c && list[i].step <= to && (c == H9_CLASS_HIGH || m < most) &&
          (c != H9_CLASS_LOW || low))
        go[i] = true, m++;
  m = 0;
  for (size_t i = 0; go && i < *n; i++)
    if (go[i]) out[m++] = list[i], out[m - 1].step = list[i].step > now ? list[i].step : now + 1;
    else list[kept++] = list[i];
  free(go);
  *n = kept;
  return m;
}

static void any(void) {
  h9_error e = {0};
  h9_queue q;
  static h9_queued out[LIMIT], want[LIMIT], list[LIMIT];
  size_t n = 0;
  bool same = h9_queue_open(&q, LIMIT, &e) == H9_OK, balanced = true, bounded = true;
  srand(7);
  for (int round = 0; round < ROUNDS; round++) {
    h9_step now = q.now;
    for (int k = rand() % 20; k > 0 && q.n < LIMIT; k--) {
      h9_queued s = signal_of(now - 3 + rand() % 20, (uint8_t)(rand() % 256), (uint32_t)rand());
      uint64_t arrival = q.arrivals;
      same &= h9_queue_put(&q, &s);
      list[n] = s;
      list[n].arrival = arrival;
      if (s.step <= now) list[n].step = now + 1;
      n++;
    }
    h9_step to = now + rand() % 8;
    uint64_t most = (uint64_t)rand() % 15;
    bool low = rand() % 3 != 0;
    size_t got = h9_queue_take(&q, to, most, low, out), m = brute_take(list, &n, now, to, most, low, want);
    same &= got == m && q.n == n;
    for (size_t i = 0; i < got && i < m; i++)
      same &= out[i].step == want[i].step && out[i].arrival == want[i].arrival && out[i].index == want[i].index;
    for (size_t i = 1; i < got; i++) same &= out[i].step >= out[i - 1].step;
    uint64_t in = 0, rest = q.n;
    for (int c = 0; c < H9_CLASSES; c++) in += q.account[c].in, rest += q.account[c].delivered + q.account[c].refused;
    balanced &= in == rest && in == q.arrivals;
    bounded &= q.n <= LIMIT && q.largest <= LIMIT;
  }
  ok(same, "400 rounds of puts and takes as a sorted list does them");
  ok(balanced, "at any time: in = delivered + held + refused");
  ok(bounded && q.largest > 20, "never more than there is room for");
  /* the same when it is full all the time: only the account */
  for (int i = 0; i < 100000; i++) {
    h9_queued s = signal_of(q.now + rand() % 5, (uint8_t)(rand() % 256), 1);
    (void)h9_queue_put(&q, &s);
    if (i % 70 == 0) (void)h9_queue_take(&q, q.now + 1, 10, i % 3 == 0, out);
  }
  uint64_t in = 0, rest = q.n, high = q.account[H9_CLASS_HIGH].in;
  for (int c = 0; c < H9_CLASSES; c++) in += q.account[c].in, rest += q.account[c].delivered + q.account[c].refused;
  ok(in == rest && q.account[H9_CLASS_LOW].refused > 0 && high > 0, "and when it overflows all the time");
  h9_queue_close(&q);
}

static int by_value(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static void histogram(void) {
  enum { N = 20000 };
  static h9_histogram h;
  static uint64_t v[N];
  ok(h9_histogram_quantile(&h, 0.5) == 0, "no values: 0");
  srand(3);
  for (int i = 0; i < N; i++) {
    v[i] = (uint64_t)rand() >> rand() % 31;
    h9_histogram_add(&h, v[i]);
  }
  h9_histogram_add(&h, UINT64_MAX);
  qsort(v, N, sizeof *v, by_value);
  double worst = 0;
  for (int k = 1; k < 100; k++) {
    double got = h9_histogram_quantile(&h, k / 100.0), want = (double)v[(size_t)(k / 100.0 * (N + 1)) - 1];
    double error = fabs(got - want) / (want > 64 ? want : 64);
    if (error > worst) worst = error;
  }
  ok(worst < 0.017, "quantiles of 20,000 values within 1.6 %% (%.3f)", worst);
  ok(h.largest == UINT64_MAX && h.n == N + 1 && h9_histogram_quantile(&h, 1) > 1.8e19, "and the largest 64 bits hold");
}

int main(void) {
  order();
  budget();
  full();
  any();
  histogram();
  return done();
}

/* Powers of exp(-dt / tau) are taken in numbers of twice the length (Dekker 1971): their error stays far below that
 * of the double they are rounded to. */
#include "decay.h"

#include <math.h>
#include <stdlib.h>

typedef struct twice {
  double high, low;
} twice;

static twice normal(double a, double b) { /* |a| >= |b| or a == 0 */
  double s = a + b;
  return (twice){s, b - (s - a)};
}

static twice product(double a, double b) { /* exact */
  const double split = 134217729; /* 2^27 + 1 */
  double p = a * b, t = split * a, ah = t - (t - a), al = a - ah;
  t = split * b;
  double bh = t - (t - b), bl = b - bh;
  return (twice){p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}

static twice times(twice a, twice b) {
  twice p = product(a.high, b.high);
  return normal(p.high, p.low + (a.high * b.low + a.low * b.high));
}

static twice plus(twice a, twice b) {
  double s = a.high + b.high, v = s - a.high, err = (a.high - (s - v)) + (b.high - v);
  return normal(s, err + a.low + b.low);
}

static twice over(twice a, double b) {
  double q = a.high / b;
  twice p = product(q, b);
  return normal(q, ((a.high - p.high) - p.low + a.low) / b);
}

/* exp(-x) for x >= 0: a Taylor series at x / 2^n, squared n times. */
static twice exp_minus(twice x) {
  int n = 0;
  for (; x.high > 0x1p-6; n++) x = (twice){x.high / 2, x.low / 2};
  twice term = {1, 0}, sum = {1, 0};
  for (int i = 1; i <= 16; i++) {
    term = over(times(term, (twice){-x.high, -x.low}), i);
    sum = plus(sum, term);
  }
  for (; n > 0; n--) sum = times(sum, sum);
  return sum;
}

int h9_decay_make(h9_decay *d, double dt, double tau, h9_error *e) {
  enum { EXPONENT_MOST = 746, BITS_MOST = 16 }; /* exp(-746) is 0 */
  double steps = EXPONENT_MOST * (tau / dt) + 1;
  uint32_t last = steps < UINT32_MAX ? (uint32_t)steps : UINT32_MAX;
  *d = (h9_decay){.bits = 1};
  while (d->bits < BITS_MOST && UINT64_C(1) << 2 * d->bits < last) d->bits++;
  uint32_t n_low = 1u << d->bits;
  d->n_high = (last >> d->bits) + 2;
  d->low = malloc(n_low * sizeof *d->low);
  d->high = malloc(d->n_high * sizeof *d->high);
  if (!d->low || !d->high) {
    h9_decay_release(d);
    return h9_fail_memory(e, ((size_t)n_low + d->n_high) * sizeof *d->low, "decays");
  }
  twice one = exp_minus(over((twice){dt, 0}, tau)), power = {1, 0};
  for (uint32_t k = 0; k < n_low; k++, power = times(power, one)) d->low[k] = power.high;
  twice many = power;
  power = (twice){1, 0};
  for (uint32_t k = 0; k < d->n_high; k++) {
    d->high[k] = power.high;
    power = power.high > 0x1p-960 ? times(power, many) : (twice){power.high * many.high, 0};
  }
  if (last < UINT32_MAX) d->high[d->n_high - 1] = 0; /* and of all beyond */
  return H9_OK;
}

void h9_decay_release(h9_decay *d) {
  free(d->low);
  free(d->high);
  *d = (h9_decay){0};
}

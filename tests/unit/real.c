/* Functions of models' steps (libcore/model/real.h): errors in units of the last place, over the ranges and within
 * the bounds that the header states. Authority: expl and logl of the C library, which have 64 bits on x86-64 and
 * more elsewhere. */
#include "../../libcore/model/real.h"
#include <float.h>
#include "tap.h"

/* |got - want| in units of the last place of a number of so many bits at `want`; a wrong sign or NaN is infinite. */
static double ulps(long double got, long double want, int bits, int least_exponent) {
  int e;
  if (!(fabsl(got) <= LDBL_MAX)) return INFINITY;
  (void)frexpl(want, &e);
  if (e < least_exponent) e = least_exponent;
  return (double)(fabsl(got - want) / ldexpl(1, e - bits));
}
static double ulps_float(float got, long double want) { return ulps(got, want, FLT_MANT_DIG, FLT_MIN_EXP); }
static double ulps_double(double got, long double want) { return ulps(got, want, DBL_MANT_DIG, DBL_MIN_EXP); }

static uint64_t word(uint64_t n) { /* splitmix64 (Steele, Lea & Flood 2014): the n-th of a sequence */
  n = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
  n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
  return n ^ n >> 31;
}
/* Between low and high: every other one uniform, every other one on a logarithmic scale about 0. */
static double point(uint64_t n, double low, double high) {
  double u = (double)(word(n) >> 11) * 0x1p-53, at = low + u * (high - low);
  return n & 1 ? at : at * exp2(-50 * (double)(word(~n) >> 11) * 0x1p-53);
}

enum { MANY = 2000000 };

static void exponentials(void) {
  double worst = 0, at = 0, worst_d = 0, at_d = 0;
  for (uint64_t n = 0; n < MANY; n++) {
    float x = (float)point(n, -87, 88);
    double e = ulps_float(h9_exp_float(x), expl(x));
    if (!(e <= worst)) worst = e, at = x;
    double y = point(n, -708, 709);
    e = ulps_double(h9_exp_double(y), expl(y));
    if (!(e <= worst_d)) worst_d = e, at_d = y;
  }
  ok(worst <= 2, "exp, float, [-87, 88]: worst error %.3f ulp, at %a", worst, at);
  ok(worst_d <= 2, "exp, double, [-708, 709]: worst error %.3f ulp, at %a", worst_d, at_d);
  ok(worst > 0.5 && worst_d > 0.5, "errors of more than half an ulp are seen: the measure is not blind");
}

static void edges(void) {
  ok(h9_exp_float(0) == 1 && h9_exp_double(0) == 1, "exp 0 is 1");
  ok(h9_exp_float(-1e30f) == h9_exp_float(-87) && h9_exp_float(-INFINITY) == h9_exp_float(-87),
     "exp, float: below the range it is that of -87");
  ok(h9_exp_float(1e30f) == h9_exp_float(88) && h9_exp_float(INFINITY) == h9_exp_float(88),
     "exp, float: above the range it is that of 88");
  ok(h9_exp_double(-1e300) == h9_exp_double(-708) && h9_exp_double(-INFINITY) == h9_exp_double(-708),
     "exp, double: below the range it is that of -708");
  ok(h9_exp_double(1e300) == h9_exp_double(709) && h9_exp_double(INFINITY) == h9_exp_double(709),
     "exp, double: above the range it is that of 709");
  ok(h9_exp_float(-87) >= FLT_MIN && h9_exp_double(-708) >= DBL_MIN, "the least results are normal numbers");
  ok(isfinite(h9_exp_float(88)) && isfinite(h9_exp_double(709)), "the greatest results are finite");
  ok(isnan(h9_exp_float(NAN)) && isnan(h9_exp_double(NAN)), "exp of NaN is NaN");
  ok(h9_log_float(1) == 0 && h9_log_double(1) == 0, "log 1 is 0");
}

static void logarithms(void) {
  double worst = 0, at = 0, worst_d = 0, at_d = 0, near_1 = 0, near_1d = 0;
  for (uint64_t n = 0; n < MANY; n++) {
    float x = ldexpf(1 + (float)(word(n) >> 41) * 0x1p-23f, (int)(word(~n) % 253) - 126);
    double e = ulps_float(h9_log_float(x), logl(x));
    if (!(e <= worst)) worst = e, at = x;
    double y = ldexp(1 + (double)(word(n) >> 12) * 0x1p-52, (int)(word(~n) % 2045) - 1022);
    e = ulps_double(h9_log_double(y), logl(y));
    if (!(e <= worst_d)) worst_d = e, at_d = y;
    /* about 1, where the logarithm vanishes: from 1/2 to 2 */
    x = (float)exp2(point(n, -1, 1));
    if (x != 1) near_1 = fmax(near_1, ulps_float(h9_log_float(x), logl(x)));
    y = exp2(point(n, -1, 1));
    if (y != 1) near_1d = fmax(near_1d, ulps_double(h9_log_double(y), logl(y)));
  }
  ok(worst <= 3, "log, float, normal numbers: worst error %.3f ulp, at %a", worst, at);
  ok(worst_d <= 3, "log, double, normal numbers: worst error %.3f ulp, at %a", worst_d, at_d);
  ok(near_1 <= 3, "log, float, from 1/2 to 2: worst error %.3f ulp", near_1);
  ok(near_1d <= 3, "log, double, from 1/2 to 2: worst error %.3f ulp", near_1d);
}

static void settled(void) {
  ok(h9_settle_float(1e-15f) == 1e-15f && h9_settle_float(-3) == -3, "settle, float: numbers stay");
  ok(h9_settle_float(9.9e-16f) == 0 && h9_settle_float(-1e-40f) == 0, "settle, float: what faded is 0");
  ok(h9_settle_double(1e-30) == 1e-30 && h9_settle_double(-3) == -3, "settle, double: numbers stay");
  ok(h9_settle_double(9.9e-31) == 0 && h9_settle_double(-1e-310) == 0, "settle, double: what faded is 0");
  ok(isnan(h9_settle_float(NAN)) && isnan(h9_settle_double(NAN)), "settle: NaN stays");
  ok(isinf(h9_settle_float(INFINITY)) && isinf(h9_settle_double(-INFINITY)), "settle: infinities stay");
}

int main(void) {
  exponentials();
  edges();
  logarithms();
  settled();
  return done();
}

/* Elementary functions: errors against the 64-bit-mantissa functions of libm, special values by
 * C11 annex F, and a hash of results that notices any change of bits on any machine. */
#include "../../libcore/base/mathfn.h"
#include "../../libcore/base/rng.h"
#include "tap.h"
#include <float.h>

static h9_key key;
static uint32_t counter;

static double uniform(double lo, double hi) {
  h9_ctr c = h9_philox(key, counter++, 0, 0, 0);
  return lo + (hi - lo) * h9_uniform53(c.v[0], c.v[1]);
}

/* distance in units of the last place of the true value */
static double ulps(double got, long double want) {
  if (got == (double)want) return fabs((double)(got - want)) == 0 ? 0 : 0.5;
  int e;
  frexpl(want, &e);
  if (e < -1021) e = -1021;
  return (double)(fabsl((long double)got - want) / ldexpl(1, e - 53));
}

static double worst(double (*f)(double), long double (*g)(long double), double lo, double hi, int n) {
  double w = 0;
  for (int i = 0; i < n; i++) {
    double x = uniform(lo, hi), u = ulps(f(x), g((long double)x));
    if (!(u <= w)) w = u;
  }
  return w;
}

static void check(double (*f)(double), long double (*g)(long double), double lo, double hi, double limit,
                  const char *name) {
  double w = worst(f, g, lo, hi, 100000);
  ok(w <= limit, "%s on [%g, %g]: worst %.3f ulp, at most %g", name, lo, hi, w, limit);
}

static long double erfcl_(long double x) { return erfcl(x); }
static double log_of_exp2(double x) { return h9_log(exp2(x)); }
static long double log_of_exp2l(long double x) { return logl((long double)exp2((double)x)); }

static void errors(void) {
  check(h9_exp, expl, -745, 709.7, 2, "exp");
  check(h9_exp, expl, -1, 1, 2, "exp");
  check(h9_expm1, expm1l, -40, 40, 4, "expm1");
  check(h9_expm1, expm1l, -1, 1, 4, "expm1");
  check(h9_expm1, expm1l, -1e-5, 1e-5, 4, "expm1");
  check(h9_log, logl, 0, 10, 2, "log");
  check(h9_log, logl, 0.9, 1.1, 2, "log");
  check(log_of_exp2, log_of_exp2l, -1074, 1023, 2, "log of 2^x");
  check(h9_log1p, log1pl, -0.999, 10, 4, "log1p");
  check(h9_log1p, log1pl, -1e-4, 1e-4, 4, "log1p");
  check(h9_sin, sinl, -1e5, 1e5, 4, "sin");
  check(h9_sin, sinl, -4, 4, 4, "sin");
  check(h9_cos, cosl, -1e5, 1e5, 4, "cos");
  check(h9_cos, cosl, -4, 4, 4, "cos");
  check(h9_tanh, tanhl, -20, 20, 8, "tanh");
  check(h9_tanh, tanhl, -0.1, 0.1, 8, "tanh");
  check(h9_erf, erfl, -6, 6, 4, "erf");
  double w = 0;
  for (int i = 0; i < 100000; i++) {
    double x = uniform(-6, 26);
    w = fmax(w, (double)fabsl(h9_erfc(x) / erfcl_(x) - 1));
  }
  ok(w <= 1e-13, "erfc on [-6, 26]: relative error %.3g, at most 1e-13", w);
  w = 0;
  for (int i = 0; i < 100000; i++) {
    double x = i & 1 ? uniform(3, 100) : exp2(uniform(-60, 300));
    if (fabs(x - 1) < 0.3 || fabs(x - 2) < 0.3) continue;
    w = fmax(w, (double)fabsl(h9_lgamma(x) / lgammal(x) - 1));
  }
  ok(w <= 1e-13, "lgamma: relative error %.3g, at most 1e-13", w);
  w = 0;
  for (int i = 0; i < 100000; i++) {
    double x = exp2(uniform(-300, 300)), y = uniform(-700, 700) / log(x);
    w = fmax(w, ulps(h9_pow(x, y), powl(x, y)));
  }
  ok(w <= 16, "pow, wide: worst %.3f ulp, at most 16", w);
  w = 0;
  for (int i = 0; i < 100000; i++) {
    double x = uniform(0.5, 2), y = uniform(-900, 900);
    w = fmax(w, ulps(h9_pow(x, y), powl(x, y)));
  }
  ok(w <= 16, "pow, bases near 1: worst %.3f ulp, at most 16", w);
  w = 0;
  for (int i = 0; i < 100000; i++) {
    double x = uniform(-20, 20), y = floor(uniform(-200, 200));
    w = fmax(w, ulps(h9_pow(x, y), powl(x, y)));
  }
  ok(w <= 4, "pow, whole exponents: worst %.3f ulp, at most 4", w);
  w = 0;
  for (int i = 0; i < 200000; i++) {
    double x = uniform(-1, 1) * exp2(uniform(-20, 20)), y = uniform(-1, 1) * exp2(uniform(-20, 20));
    w = fmax(w, ulps(h9_atan2(y, x), atan2l(y, x)));
  }
  ok(w <= 4, "atan2: worst %.3f ulp, at most 4", w);
  /* the quantile inverts the distribution, whose error is known from above */
  w = 0;
  for (int i = 0; i < 100000; i++) {
    double p = i & 1 ? uniform(0, 1) : exp2(uniform(-1000, -1)), z = h9_normal_quantile(p);
    long double q = 0.5L * erfcl(-z * 0.70710678118654752440L);
    /* relative error of the quantile = error of p over its condition number */
    long double density = expl(-0.5L * z * z) * 0.39894228040143267794L;
    w = fmax(w, (double)(fabsl(q - p) / density / fmaxl(fabsl(z), 1)));
  }
  ok(w <= 1e-15, "normal_quantile: error relative to max(|z|, 1) %.3g, at most 1e-15", w);
  near(h9_normal_quantile(0.975), 1.959963984540054, 1e-15, "97.5 % point (tables)");
  near(h9_normal_cdf(-3), 0.0013498980316300946, 1e-17, "P(z < -3) (tables)");
}

static void special(void) {
  ok(h9_exp(-INFINITY) == 0 && h9_exp(INFINITY) == INFINITY && h9_exp(0) == 1 && isnan(h9_exp(NAN)),
     "exp: limits");
  ok(h9_exp(-745.2) == 0 && h9_exp(-745) > 0 && h9_exp(709.8) == INFINITY && h9_exp(709.78) < INFINITY,
     "exp: ends of the range");
  ok(h9_log(0) == -INFINITY && isnan(h9_log(-1)) && h9_log(1) == 0 && h9_log(INFINITY) == INFINITY &&
         isnan(h9_log(NAN)),
     "log: limits");
  ok(h9_log1p(-1) == -INFINITY && isnan(h9_log1p(-2)) && h9_log1p(0) == 0 && h9_log1p(INFINITY) == INFINITY,
     "log1p: limits");
  ok(h9_expm1(-INFINITY) == -1 && h9_expm1(INFINITY) == INFINITY && h9_expm1(0) == 0, "expm1: limits");
  ok(h9_tanh(INFINITY) == 1 && h9_tanh(-INFINITY) == -1 && h9_tanh(0) == 0 && isnan(h9_tanh(NAN)),
     "tanh: limits");
  ok(h9_sin(0) == 0 && h9_cos(0) == 1 && isnan(h9_sin(INFINITY)) && isnan(h9_cos(NAN)) && isnan(h9_sin(1e17)),
     "sin, cos: limits");
  ok(h9_erfc(INFINITY) == 0 && h9_erfc(-INFINITY) == 2 && h9_erf(INFINITY) == 1 && h9_erf(-INFINITY) == -1,
     "erf, erfc: limits");
  ok(h9_lgamma(0) == INFINITY && isnan(h9_lgamma(-1)) && fabs(h9_lgamma(1)) < 1e-14 &&
         fabs(h9_lgamma(2)) < 1e-14,
     "lgamma: zeros and poles");
  ok(h9_normal_quantile(0) == -INFINITY && h9_normal_quantile(1) == INFINITY &&
         isnan(h9_normal_quantile(2)) && h9_normal_quantile(0.5) == 0,
     "normal_quantile: limits");
  static const double v[] = {-INFINITY, -DBL_MAX, -3, -2,  -1.5, -1, -0.5,    -DBL_MIN, -0.0, 0.0,
                             DBL_MIN,   0.5,      1,  1.5, 2,    3,  DBL_MAX, INFINITY, NAN};
  int n = sizeof v / sizeof *v, bad = 0;
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      double got = h9_pow(v[i], v[j]), want = pow(v[i], v[j]);
      int same = isnan(want)   ? isnan(got)
                 : got == want ? signbit(got) == signbit(want)
                               : fabs(got / want - 1) < 1e-14;
      if (!same && bad++ < 5) printf("# pow(%g, %g) = %g, want %g\n", v[i], v[j], got, want);
      got = h9_atan2(v[i], v[j]), want = atan2(v[i], v[j]);
      same = isnan(want) ? isnan(got) : fabs(got - want) <= 1e-15 && signbit(got) == signbit(want);
      if (!same && bad++ < 5) printf("# atan2(%g, %g) = %g, want %g\n", v[i], v[j], got, want);
    }
  ok(bad == 0, "pow and atan2 at zeros, infinities and NaN as C11 annex F says");
  bad = 0;
  for (int b = 2; b <= 10; b++) {
    double p = 1;
    for (int k = 0; p <= 0x1p53; k++, p *= b) bad += h9_pow(b, k) != p;
  }
  ok(bad == 0, "pow: whole powers of 2 to 10 are exact up to 2^53");
  ok(h9_pow(4, 0.5) == 2 && h9_pow(2, -3) == 0.125 && h9_pow(2, -1074) == 0x1p-1074 && h9_pow(-2, 3) == -8,
     "pow: exact cases");
}

static uint64_t mix(uint64_t h, double v) {
  uint64_t u;
  memcpy(&u, &v, 8);
  if (v != v) u = 1; /* the payload of a NaN is the machine's */
  for (int i = 0; i < 8; i++) h = (h ^ (u >> (8 * i) & 255)) * UINT64_C(0x100000001b3);
  return h;
}

static uint64_t hash(void) {
  uint64_t h = UINT64_C(0xcbf29ce484222325);
  counter = 1000000000;
  for (int i = 0; i < 50000; i++) {
    double u = uniform(0, 1), x = uniform(-745, 709), y = uniform(-10, 10), z = uniform(0, 50);
    h = mix(h, h9_exp(x));
    h = mix(h, h9_expm1(y));
    h = mix(h, h9_log(z));
    h = mix(h, h9_log(u));
    h = mix(h, h9_log1p(u - 0.5));
    h = mix(h, h9_pow(z, y));
    h = mix(h, h9_pow(y, floor(z)));
    h = mix(h, h9_sin(x * 100));
    h = mix(h, h9_cos(y));
    h = mix(h, h9_tanh(y));
    h = mix(h, h9_erf(y));
    h = mix(h, h9_erfc(y));
    h = mix(h, h9_lgamma(z));
    h = mix(h, h9_normal_cdf(y));
    h = mix(h, h9_normal_quantile(u));
    h = mix(h, h9_atan2(y, x));
  }
  return h;
}

int main(int argc, char **argv) {
  key = h9_key_make(1, H9_PURPOSE_SAMPLE, 77);
  if (argc > 1) {
    printf("%016llx\n", (unsigned long long)hash());
    return 0;
  }
  errors();
  special();
  uint64_t h = hash();
  ok(h == UINT64_C(0x483e15864b85ba47), "known answer: hash of 800,000 results is %016llx",
     (unsigned long long)h);
  /* once more where libm and libc may not use FMA and AVX2 */
  char command[4096], line[64] = "";
  snprintf(command, sizeof command,
           "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2_Usable,-FMA_Usable,-AVX2,-FMA,-FMA4 '%s' hash", argv[0]);
  FILE *p = popen(command, "r");
  if (!p || !fgets(line, sizeof line, p)) strcpy(line, "no output");
  if (p) pclose(p);
  ok(strtoull(line, NULL, 16) == h, "the same bits with FMA and AVX2 masked");
  return done();
}

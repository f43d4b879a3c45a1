/* Elementary functions whose results are the same bits on every machine, SIMD level and libm:
 * only + - * / sqrt and comparisons of IEEE doubles, in a fixed order, no contraction.
 * Wherever a function value reaches a network or a spike train these are used, not <math.h>
 * (whose exp and log differ with the processor's features). Errors stated are measured against
 * a 64-bit-mantissa libm over the domain, by tests/unit/mathfn.c. */
#ifndef H9_BASE_MATHFN_H
#define H9_BASE_MATHFN_H

double h9_exp(double x);   /* error <= 2 ulp; 0 below -745.2, inf above 709.78 */
double h9_expm1(double x); /* error <= 4 ulp */
double h9_log(double x);   /* error <= 2 ulp; -inf at 0, NaN below */
double h9_log1p(double x); /* error <= 4 ulp */
double h9_pow(double x, double y); /* error <= 16 ulp for |y log x| <= 700; x < 0 with integral y allowed;
                                      exact where y is whole, |y| <= 256 and the result a double */
double h9_sin(double x);   /* error <= 4 ulp for |x| <= 1e5; NaN beyond 2^50 */
double h9_cos(double x);
double h9_tanh(double x);  /* error <= 8 ulp */
double h9_erf(double x);   /* error <= 4 ulp */
double h9_erfc(double x);  /* relative error <= 1e-13 for x <= 26 */
double h9_lgamma(double x); /* x > 0; relative error <= 1e-13 away from its zeros */
double h9_normal_cdf(double z);
/* Quantile of the standard normal, p in (0, 1): Wichura 1988, algorithm AS 241, PPND16 (1e-16). */
double h9_normal_quantile(double p);
double h9_atan2(double y, double x); /* error <= 4 ulp */

#endif

/* Tests in C print TAP: `ok 1 - text`. A test program is a list of `is(...)`/`ok(...)` and ends
 * with `return done();`. */
#ifndef H9_TESTS_TAP_H
#define H9_TESTS_TAP_H

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_n, tap_bad;

__attribute__((format(printf, 2, 3), unused)) static int ok(int good, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  printf("%sok %d - ", good ? "" : "not ", ++tap_n);
  vprintf(fmt, ap);
  putchar('\n');
  va_end(ap);
  if (!good) tap_bad++;
  fflush(stdout);
  return good;
}
/* |got - want| <= tolerance; NaN fails */
__attribute__((unused)) static int near(double got, double want, double tolerance, const char *what) {
  return ok(fabs(got - want) <= tolerance, "%s: got %.17g, want %.17g +- %g", what, got, want, tolerance);
}
__attribute__((unused)) static int done(void) {
  printf("1..%d\n", tap_n);
  return tap_bad ? 1 : 0;
}

#endif

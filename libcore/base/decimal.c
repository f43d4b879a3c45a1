#include "decimal.h"

#include <stdlib.h>
#include <string.h>

/* Powers of ten that a double holds exactly. */
static const double ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                             1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static bool slow(const char *p, size_t len, double *v) {
  if (len == 0 || strspn(p, "+-.0123456789eEinfatyINFATY") != len) return false;
  char *end;
  *v = strtod(p, &end);
  return end == p + len;
}

/* Clinger (1990), How to read floating point numbers accurately: digits below 2^53 times or over an exact power of ten
 * is rounded once, so it is the nearest double. */
bool h9_decimal_parse(const char *p, size_t len, double *v) {
  const char *s = p, *end = p + len;
  bool minus = s < end && *s == '-';
  if (s < end && (*s == '-' || *s == '+')) s++;
  uint64_t m = 0;
  int digits = 0, scale = 0, seen = 0;
  for (; s < end && (unsigned)(*s - '0') < 10; s++, seen++) {
    m = m * 10 + (unsigned)(*s - '0');
    digits += m > 0;
    if (digits > 18) return slow(p, len, v);
  }
  if (s < end && *s == '.')
    for (s++; s < end && (unsigned)(*s - '0') < 10; s++, seen++, scale--) {
      m = m * 10 + (unsigned)(*s - '0');
      digits += m > 0;
      if (digits > 18) return slow(p, len, v);
    }
  if (!seen) return slow(p, len, v);
  if (s < end && (*s == 'e' || *s == 'E')) {
    bool below = ++s < end && *s == '-';
    if (s < end && (*s == '-' || *s == '+')) s++;
    int x = 0;
    const char *first = s;
    for (; s < end && (unsigned)(*s - '0') < 10; s++)
      if ((x = x * 10 + (*s - '0')) > 400) return slow(p, len, v);
    if (s == first) return false;
    scale += below ? -x : x;
  }
  if (s != end) return false;
  if (m > UINT64_C(1) << 53 || scale < -22 || scale > 22) return slow(p, len, v);
  double d = scale < 0 ? (double)m / ten[-scale] : (double)m * ten[scale];
  *v = minus ? -d : d;
  return true;
}

bool h9_whole_parse(const char *p, size_t len, uint64_t most, uint64_t *v) {
  uint64_t m = 0;
  if (len == 0 || len > 19) return false;
  for (size_t i = 0; i < len; i++) {
    if ((unsigned)(p[i] - '0') > 9) return false;
    m = m * 10 + (unsigned)(p[i] - '0');
  }
  *v = m;
  return m <= most;
}

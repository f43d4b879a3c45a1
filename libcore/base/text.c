#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                            "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

char *h9_text_u64(char *p, uint64_t v) {
  char t[20], *q = t + sizeof t;
  while (v >= 100) {
    q -= 2;
    memcpy(q, pairs + 2 * (v % 100), 2);
    v /= 100;
  }
  if (v >= 10) {
    q -= 2;
    memcpy(q, pairs + 2 * v, 2);
  } else *--q = (char)('0' + v);
  size_t n = (size_t)(t + sizeof t - q);
  memcpy(p, q, n);
  return p + n;
}

char *h9_text_i64(char *p, int64_t v) {
  if (v >= 0) return h9_text_u64(p, (uint64_t)v);
  *p++ = '-';
  return h9_text_u64(p, 0 - (uint64_t)v);
}

static const double tens[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                              1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/* whole / 10^decimals, without zeros at the end. */
static char *fixed(char *p, uint64_t whole, int decimals) {
  uint64_t scale = (uint64_t)tens[decimals], part = whole % scale;
  p = h9_text_u64(p, whole / scale);
  if (part == 0) return p;
  while (part % 10 == 0) {
    part /= 10;
    decimals--;
  }
  *p++ = '.';
  for (int i = decimals - 1; i >= 0; i--) {
    p[i] = (char)('0' + part % 10);
    part /= 10;
  }
  return p + decimals;
}

static char *not_finite(char *p, double v) {
  const char *s = isnan(v) ? "nan" : v > 0 ? "inf" : "-inf";
  size_t n = strlen(s);
  memcpy(p, s, n);
  return p + n;
}

/* Whether the double lies exactly between two floats, where rounding it tells nothing about its decimal. */
static bool between_floats(double v) {
  uint64_t u;
  memcpy(&u, &v, 8);
  return (u & UINT64_C(0x1fffffff)) == UINT64_C(0x10000000);
}

char *h9_text_f32(char *p, float v) {
  if (!isfinite(v)) return not_finite(p, v);
  double a = fabs((double)v);
  if (signbit(v)) *p++ = '-';
  if (a == 0) {
    *p++ = '0';
    return p;
  }
  if (a >= 1e-4 && a < 1e9) { /* the fewest decimals that read back */
    for (int k = 0; k <= 13; k++) {
      double scaled = rint(a * tens[k]);
      if (scaled > 4e15) break;
      double back = scaled / tens[k]; /* both exact, so this is the double nearest to the decimal */
      if ((float)back == (float)a && !between_floats(back)) return fixed(p, (uint64_t)scaled, k);
    }
  }
  for (int digits = 1; digits <= 9; digits++) {
    int n = snprintf(p, H9_TEXT_MAX - 1, "%.*g", digits, a);
    if (digits == 9 || strtof(p, NULL) == (float)a) return p + n;
  }
  return p;
}

char *h9_text_f64(char *p, double v) {
  if (!isfinite(v)) return not_finite(p, v);
  double a = fabs(v);
  if (signbit(v)) *p++ = '-';
  if (a == 0) {
    *p++ = '0';
    return p;
  }
  if (a >= 1e-4 && a < 1e9)
    for (int k = 0; k <= 6; k++) {
      double scaled = rint(a * tens[k]);
      if (scaled / tens[k] == a) return fixed(p, (uint64_t)scaled, k);
    }
  for (int digits = 7; digits <= 17; digits++) {
    int n = snprintf(p, H9_TEXT_MAX - 1, "%.*g", digits, a);
    if (digits == 17 || strtod(p, NULL) == a) return p + n;
  }
  return p;
}

h9_multiple h9_multiple_of(double unit) {
  h9_multiple m = {.unit = unit};
  for (int k = 0; k <= 12; k++) {
    double scaled = rint(unit * tens[k]);
    if (scaled >= 1 && scaled < 1e9 && scaled / tens[k] == unit) {
      m.whole = (uint64_t)scaled;
      m.decimals = k;
      break;
    }
  }
  return m;
}

char *h9_text_multiple(char *p, const h9_multiple *m, int64_t n) {
  uint64_t a = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
  if (m->whole == 0 || a > UINT64_MAX / m->whole) return h9_text_f64(p, (double)n * m->unit);
  if (n < 0) *p++ = '-';
  return fixed(p, a * m->whole, m->decimals);
}

char *h9_text_id(char *p, h9_id id) {
  static const char hex[] = "0123456789abcdef";
  *p++ = 'N';
  for (int shift = 28; shift >= 0; shift -= 4) *p++ = hex[id >> shift & 15];
  return p;
}

bool h9_id_parse(const char *p, size_t len, h9_id *id) {
  uint64_t v = 0;
  bool hex = len == 9 && *p == 'N';
  if (len == 0 || len > 10) return false;
  for (size_t i = hex; i < len; i++) {
    unsigned c = (unsigned char)p[i];
    unsigned digit = c - '0' < 10 ? c - '0' : hex && c - 'a' < 6 ? c - 'a' + 10 : 99;
    if (digit == 99) return false;
    v = v * (hex ? 16 : 10) + digit;
  }
  *id = (h9_id)v;
  return v >= 1 && v <= H9_ID_MAX;
}

#include "expr.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* One of the unit is up / down coherent units: two numbers, so that powers of ten stay exact. */
static const struct simple {
  const char *name;
  h9_dim dim;
  double up, down;
} table[] = {
    {"s", {1, 0, 0, 0}, 1e3, 1},         {"ms", {1, 0, 0, 0}, 1, 1},
    {"us", {1, 0, 0, 0}, 1, 1e3},        {"ns", {1, 0, 0, 0}, 1, 1e6},
    {"min", {1, 0, 0, 0}, 6e4, 1},       {"V", {0, 1, 0, 0}, 1e3, 1},
    {"mV", {0, 1, 0, 0}, 1, 1},          {"uV", {0, 1, 0, 0}, 1, 1e3},
    {"A", {0, 0, 1, 0}, 1e12, 1},        {"mA", {0, 0, 1, 0}, 1e9, 1},
    {"uA", {0, 0, 1, 0}, 1e6, 1},        {"nA", {0, 0, 1, 0}, 1e3, 1},
    {"pA", {0, 0, 1, 0}, 1, 1},          {"fA", {0, 0, 1, 0}, 1, 1e3},
    {"S", {0, -1, 1, 0}, 1e9, 1},        {"mS", {0, -1, 1, 0}, 1e6, 1},
    {"uS", {0, -1, 1, 0}, 1e3, 1},       {"nS", {0, -1, 1, 0}, 1, 1},
    {"pS", {0, -1, 1, 0}, 1, 1e3},       {"F", {1, -1, 1, 0}, 1e12, 1},
    {"uF", {1, -1, 1, 0}, 1e6, 1},       {"nF", {1, -1, 1, 0}, 1e3, 1},
    {"pF", {1, -1, 1, 0}, 1, 1},         {"fF", {1, -1, 1, 0}, 1, 1e3},
    {"Ohm", {0, 1, -1, 0}, 1, 1e9},      {"kOhm", {0, 1, -1, 0}, 1, 1e6},
    {"MOhm", {0, 1, -1, 0}, 1, 1e3},     {"GOhm", {0, 1, -1, 0}, 1, 1},
    {"m", {0, 0, 0, 1}, 1e6, 1},         {"cm", {0, 0, 0, 1}, 1e4, 1},
    {"mm", {0, 0, 0, 1}, 1e3, 1},        {"um", {0, 0, 0, 1}, 1, 1},
    {"nm", {0, 0, 0, 1}, 1, 1e3},        {"Hz", {-1, 0, 0, 0}, 1, 1e3},
    {"kHz", {-1, 0, 0, 0}, 1, 1},        {"MHz", {-1, 0, 0, 0}, 1e3, 1},
    {"spikes/s", {-1, 0, 0, 0}, 1, 1e3}, {"%", {0, 0, 0, 0}, 1, 1e2},
    {"rad", {0, 0, 0, 0}, 1, 1},         {"deg", {0, 0, 0, 0}, 3.14159265358979323846, 180},
};

static bool word_char(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* A prefix u may be written with either micro sign of Unicode. */
static size_t match(const char *s, const char *name) {
  size_t n = 0;
  if (name[0] == 'u' &&
      (memcmp(s, "\xc2\xb5", strnlen(s, 2)) == 0 || memcmp(s, "\xce\xbc", strnlen(s, 2)) == 0) && *s) {
    n = 2;
    name++;
  }
  size_t k = strlen(name);
  if (strncmp(s + n, name, k) != 0) return 0;
  n += k;
  return word_char(s[n - 1]) && word_char(s[n]) ? 0 : n;
}

static const struct simple *simple_parse(const char *s, size_t *len) {
  const struct simple *best = NULL;
  *len = 0;
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    size_t n = match(s, table[i].name);
    if (n > *len) {
      *len = n;
      best = &table[i];
    }
  }
  return best;
}

/* An optional ^ and a whole exponent. */
static int exponent_parse(const char *s, size_t *len) {
  *len = 0;
  if (*s != '^') return 1;
  const char *p = s + 1;
  int sign = *p == '-' ? -1 : 1, v = 0;
  if (*p == '-') p++;
  if (!isdigit((unsigned char)*p)) return 1;
  for (; isdigit((unsigned char)*p); p++)
    if (v < 100) v = v * 10 + (*p - '0');
  if (v > 9 || *p == '.') return 1;
  *len = (size_t)(p - s);
  return sign * v;
}

static void times(double *up, double *down, h9_dim *dim, const struct simple *u, int power) {
  for (int i = 0; i < (power < 0 ? -power : power); i++) {
    *up *= power < 0 ? u->down : u->up;
    *down *= power < 0 ? u->up : u->down;
  }
  dim->time = (int8_t)(dim->time + power * u->dim.time);
  dim->voltage = (int8_t)(dim->voltage + power * u->dim.voltage);
  dim->current = (int8_t)(dim->current + power * u->dim.current);
  dim->length = (int8_t)(dim->length + power * u->dim.length);
}

bool h9_unit_scale(const char *s, size_t *len, double *up, double *down, h9_dim *dim) {
  size_t n, m, at;
  const struct simple *u = simple_parse(s, &n);
  if (!u) return false;
  *up = *down = 1;
  *dim = (h9_dim){0};
  int power = exponent_parse(s + n, &m);
  times(up, down, dim, u, power);
  at = n + m;
  for (int factors = 1; factors < 6; factors++) {
    size_t p = at + strspn(s + at, " \t");
    if (s[p] != '*' && s[p] != '/') break;
    int sign = s[p] == '/' ? -1 : 1;
    p++;
    p += strspn(s + p, " \t");
    u = simple_parse(s + p, &n);
    if (!u) break;
    power = exponent_parse(s + p + n, &m);
    times(up, down, dim, u, sign * power);
    at = p + n + m;
  }
  *len = at;
  return true;
}

const h9_unit h9_unit_ms = {"ms", {1, 0, 0, 0}, 1}, h9_unit_um = {"um", {0, 0, 0, 1}, 1},
              h9_unit_pa = {"pA", {0, 0, 1, 0}, 1}, h9_unit_hz = {"Hz", {-1, 0, 0, 0}, 1000},
              h9_unit_one = {"", {0, 0, 0, 0}, 1};

bool h9_unit_parse(const char *s, size_t *len, h9_unit *u) {
  double up, down;
  if (!h9_unit_scale(s, len, &up, &down, &u->dim)) return false;
  u->name = "";
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    if (strlen(table[i].name) == *len && strncmp(s, table[i].name, *len) == 0) u->name = table[i].name;
  u->per_coherent = down / up;
  return true;
}

void h9_dim_text(h9_dim d, char *out, size_t size) {
  static const struct {
    h9_dim dim;
    const char *name;
  } known[] = {{{0, 0, 0, 0}, "a pure number"},
               {{1, 0, 0, 0}, "ms"},
               {{0, 1, 0, 0}, "mV"},
               {{0, 0, 1, 0}, "pA"},
               {{0, 0, 0, 1}, "um"},
               {{0, -1, 1, 0}, "nS"},
               {{1, -1, 1, 0}, "pF"},
               {{-1, 0, 0, 0}, "kHz"},
               {{0, 1, -1, 0}, "GOhm"}};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (h9_dim_equal(d, known[i].dim)) {
      snprintf(out, size, "%s", known[i].name);
      return;
    }
  static const char *const base[4] = {"ms", "mV", "pA", "um"};
  int8_t p[4] = {d.time, d.voltage, d.current, d.length};
  size_t at = 0;
  out[0] = 0;
  for (int sign = 1; sign >= -1; sign -= 2)
    for (int i = 0; i < 4; i++) {
      int power = sign * p[i];
      if (power <= 0 || at >= size) continue;
      at += (size_t)snprintf(out + at, size - at, "%s%s", sign < 0 ? (at ? "/" : "1/") : (at ? " " : ""),
                             base[i]);
      if (power > 1 && at < size) at += (size_t)snprintf(out + at, size - at, "^%d", power);
    }
}

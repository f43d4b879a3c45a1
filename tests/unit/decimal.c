/* Numbers and ids from text. Authority: the C library's strtod, bit for bit; forms by hand. */
#include "../../libcore/base/decimal.h"
#include "../../libcore/base/text.h"
#include "tap.h"

static uint64_t state = 1;
static uint64_t random64(void) {
  uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static bool as_strtod(const char *text) {
  double v = 0, want = strtod(text, NULL);
  return h9_decimal_parse(text, strlen(text), &v) && memcmp(&v, &want, sizeof v) == 0;
}

/* Digits, a point somewhere, sometimes an exponent. */
static void draw(char *p) {
  int digits = 1 + (int)(random64() % 22), point = (int)(random64() % 24), sign = (int)(random64() % 3);
  if (sign) *p++ = sign == 1 ? '-' : '+';
  for (int i = 0; i < digits; i++) {
    if (i == point) *p++ = '.';
    *p++ = (char)('0' + (random64() % 4 ? random64() % 10 : 0));
  }
  *p = 0;
  if (random64() % 2) sprintf(p, "%c%d", random64() % 2 ? 'e' : 'E', (int)(random64() % 700) - 350);
}

int main(void) {
  char text[64];
  int good = 0, n = 200000;
  for (int i = 0; i < n; i++) {
    draw(text);
    bool same = as_strtod(text);
    if (!same && good == i) ok(0, "'%s'", text);
    good += same;
  }
  ok(good == n, "%d numbers as strtod reads them", n);
  for (int i = good = 0; i < n; i++) { /* the shortest forms of any bits come back */
    uint64_t u = random64();
    double v, back;
    memcpy(&v, &u, sizeof v);
    if (!isfinite(v)) v = (double)i / 10;
    char *end = h9_text_f64(text, v);
    *end = 0;
    good += h9_decimal_parse(text, (size_t)(end - text), &back) && back == v;
  }
  ok(good == n, "what h9_text_f64 writes comes back");
  static const char *const numbers[] = {"0", "-0", ".5", "5.", "1e22", "1e23", "9007199254740993", "4.9e-324", "1e309", "inf", "-INF", "nan", "00012.50"};
  for (size_t i = good = 0; i < sizeof numbers / sizeof *numbers; i++) {
    double v, want = strtod(numbers[i], NULL);
    good += h9_decimal_parse(numbers[i], strlen(numbers[i]), &v) && (v == want || (v != v && want != want)) && signbit(v) == signbit(want);
  }
  ok(good == sizeof numbers / sizeof *numbers, "borders, zeros, infinities, nan");
  static const char *const others[] = {"", "-", ".", "e5", "1e", "1e+", "1.2.3", "1 ", " 1", "0x10", "1,5", "12a", "--1", "1e5.0", "nanny", "infinit"};
  for (size_t i = good = 0; i < sizeof others / sizeof *others; i++) {
    double v;
    good += !h9_decimal_parse(others[i], strlen(others[i]), &v);
  }
  ok(good == sizeof others / sizeof *others, "what is no number is none");
  uint64_t w;
  ok(h9_whole_parse("255", 3, 255, &w) && w == 255 && !h9_whole_parse("256", 3, 255, &w) && !h9_whole_parse("-1", 2, 255, &w) &&
         !h9_whole_parse("", 0, 255, &w) && !h9_whole_parse("1.0", 3, 255, &w) && !h9_whole_parse("99999999999999999999", 20, UINT64_MAX, &w),
     "whole numbers up to a limit");
  h9_id id;
  *h9_text_id(text, 42) = 0;
  ok(strcmp(text, "N0000002a") == 0 && h9_id_parse(text, 9, &id) && id == 42 && h9_id_parse("42", 2, &id) && id == 42 &&
         h9_id_parse("4294967294", 10, &id) && id == H9_ID_MAX && h9_id_parse("Nfffffffe", 9, &id) && id == H9_ID_MAX,
     "ids as numbers and as N%%08x");
  static const char *const no_ids[] = {"", "0", "N00000000", "4294967295", "Nffffffff", "N0000002A", "N2a", "n0000002a", "-1", "1.5", "N0000002ab", "99999999999"};
  for (size_t i = good = 0; i < sizeof no_ids / sizeof *no_ids; i++) good += !h9_id_parse(no_ids[i], strlen(no_ids[i]), &id);
  ok(good == sizeof no_ids / sizeof *no_ids, "what is no id is none");
  return done();
}

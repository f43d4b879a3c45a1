#include "uuid.h"

/* Values of hexadecimal digits, plus 1. */
static const unsigned char digit[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16};
static const unsigned char place[H9_UUID_BYTES] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

bool h9_uuid_parse(const char *text, size_t len, unsigned char uuid[H9_UUID_BYTES]) {
  const unsigned char *s = (const unsigned char *)text;
  if (len != H9_UUID_TEXT || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-') return false;
  unsigned bad = 0;
  for (int i = 0; i < H9_UUID_BYTES; i++) {
    unsigned hi = digit[s[place[i]]], lo = digit[s[place[i] + 1]];
    bad |= (hi == 0) | (lo == 0);
    uuid[i] = (unsigned char)((hi - 1) << 4 | ((lo - 1) & 15));
  }
  return !bad;
}

char *h9_uuid_text(char *p, const unsigned char uuid[H9_UUID_BYTES]) {
  static const char hex[] = "0123456789abcdef";
  for (int i = 0; i < H9_UUID_BYTES; i++) {
    p[place[i]] = hex[uuid[i] >> 4];
    p[place[i] + 1] = hex[uuid[i] & 15];
  }
  p[8] = p[13] = p[18] = p[23] = '-';
  return p + H9_UUID_TEXT;
}

/* Canonical order of a row: by delay, then target, then weight. A record is one 64-bit number in
 * that order, so a row is sorted by counting passes over the digits that its delays and targets
 * use, lowest first; equal (delay, target), rare, are put in order of weight at the end. */
#include "rules.h"

#include <string.h>

static int bits_of(uint64_t v) {
  int n = 0;
  while (v) n++, v >>= 1;
  return n;
}

static void insertion(uint64_t *r, size_t n) {
  for (size_t i = 1; i < n; i++) {
    uint64_t x = r[i];
    size_t j = i;
    for (; j > 0 && r[j - 1] > x; j--) r[j] = r[j - 1];
    r[j] = x;
  }
}

enum { DIGIT = 8, DIGITS = 1 << DIGIT, PASSES = 6 };

/* Counts of `passes` digits in one reading. */
static inline __attribute__((always_inline)) void count(const uint64_t *r, size_t n, const int *shift,
                                                        int passes, uint32_t at[][DIGITS]) {
  for (size_t i = 0; i < n; i++)
    for (int p = 0; p < passes; p++) at[p][r[i] >> shift[p] & (DIGITS - 1)]++;
}

/* One stable pass; false when all have one digit and nothing was moved. */
static bool pass(const uint64_t *from, const float *from_f, uint64_t *to, float *to_f, size_t n, int shift,
                 uint32_t *at) {
  if (at[from[0] >> shift & (DIGITS - 1)] == n) return false;
  uint32_t sum = 0;
  for (int d = 0; d < DIGITS; d++) {
    uint32_t c = at[d];
    at[d] = sum;
    sum += c;
  }
  if (from_f)
    for (size_t i = 0; i < n; i++) {
      uint32_t k = at[from[i] >> shift & (DIGITS - 1)]++;
      to[k] = from[i];
      to_f[k] = from_f[i];
    }
  else
    for (size_t i = 0; i < n; i++) to[at[from[i] >> shift & (DIGITS - 1)]++] = from[i];
  return true;
}

/* Weights of equal (delay, target). */
static void ties(uint64_t *record, float *f, size_t n) {
  for (size_t i = 1; i < n; i++)
    for (size_t j = i; j > 0 && record[j - 1] >> 16 == record[j] >> 16 &&
                       (record[j - 1] > record[j] || (f && f[j - 1] > f[j]));
         j--) {
      uint64_t r = record[j];
      record[j] = record[j - 1];
      record[j - 1] = r;
      if (f) {
        float x = f[j];
        f[j] = f[j - 1];
        f[j - 1] = x;
      }
    }
}

void h9_row_sort(uint64_t *record, float *f, uint64_t *tmp, float *tmp_f, size_t n, uint32_t partners,
                 uint32_t delay_most) {
  size_t rising = 1;
  while (rising < n && record[rising - 1] >> 16 <= record[rising] >> 16) rising++;
  if (rising >= n) {
    ties(record, f, n);
    return;
  }
  if (n <= 24 && !f) {
    insertion(record, n);
    return;
  }
  int shift[PASSES], passes = 0;
  for (int b = 0; b < bits_of(partners - 1); b += DIGIT) shift[passes++] = 16 + b;
  for (int b = 0; b < bits_of(delay_most); b += DIGIT) shift[passes++] = 48 + b;
  uint32_t at[PASSES][DIGITS];
  memset(at, 0, (size_t)passes * sizeof *at);
  if (passes == 2) count(record, n, shift, 2, at);
  else if (passes == 3) count(record, n, shift, 3, at);
  else count(record, n, shift, passes, at);
  uint64_t *a = record, *b = tmp;
  float *af = f, *bf = f ? tmp_f : NULL;
  for (int p = 0; p < passes; p++) {
    if (!pass(a, af, b, bf, n, shift[p], at[p])) continue;
    uint64_t *t = a;
    a = b;
    b = t;
    float *tf = af;
    af = bf;
    bf = tf;
  }
  if (a != record) {
    memcpy(record, a, n * sizeof *record);
    if (f) memcpy(f, af, n * sizeof *f);
  }
  ties(record, f, n);
}

size_t h9_row_unpack(const h9_compiled *c, const uint64_t *record, const float *f, size_t n, h9_rows *rows,
                     uint64_t at) {
  uint32_t *target = rows->target + at;
  uint16_t *delay = rows->delay + at;
  if (c->dedupe) {
    size_t k = 0;
    int16_t *w = rows->weight + at;
    for (size_t i = 0; i < n; i++) {
      if (i > 0 && record[i] >> 16 == record[i - 1] >> 16) continue;
      target[k] = h9_record_partner(record[i]);
      delay[k] = (uint16_t)(record[i] >> 48);
      if (f) rows->weight_f[at + k] = f[i];
      else w[k] = (int16_t)((record[i] & 0xffff) ^ H9_WEIGHT_BIAS);
      k++;
    }
    return k;
  }
  for (size_t i = 0; i < n; i++) {
    target[i] = h9_record_partner(record[i]);
    delay[i] = (uint16_t)(record[i] >> 48);
  }
  if (f) memcpy(rows->weight_f + at, f, n * sizeof *f);
  else if (c->p->weight_encoding == H9_WEIGHT_I16) {
    int16_t *w = rows->weight + at;
    for (size_t i = 0; i < n; i++) w[i] = (int16_t)((record[i] & 0xffff) ^ H9_WEIGHT_BIAS);
  }
  return n;
}

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

enum { DIGIT = 8, DIGITS = 1 << DIGIT };

/* One stable pass over DIGIT bits at `shift`. */
static void pass(const uint64_t *from, const float *from_f, uint64_t *to, float *to_f, size_t n, int shift) {
  uint32_t at[DIGITS] = {0};
  for (size_t i = 0; i < n; i++) at[from[i] >> shift & (DIGITS - 1)]++;
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
}

void h9_row_sort(uint64_t *record, float *f, uint64_t *tmp, float *tmp_f, size_t n, uint32_t partners) {
  if (n < 2) return;
  uint64_t used = 0, first = record[0];
  bool sorted = true;
  for (size_t i = 1; i < n; i++) {
    used |= record[i] ^ first;
    sorted &= record[i - 1] <= record[i];
  }
  if (sorted && !f) return;
  if (n <= 16 && !f) {
    insertion(record, n);
    return;
  }
  (void)partners;
  uint64_t *a = record, *b = tmp;
  float *af = f, *bf = f ? tmp_f : NULL;
  const int range[2][2] = {{16, 48}, {48, 64}}; /* target, delay */
  for (int k = 0; k < 2; k++) {
    int low = range[k][0], top = bits_of(k ? used : used & UINT64_C(0xffffffffffff));
    for (int shift = low; shift < top; shift += DIGIT) {
      if (!(used >> shift & (DIGITS - 1))) continue;
      pass(a, af, b, bf, n, shift);
      uint64_t *t = a;
      a = b;
      b = t;
      float *tf = af;
      af = bf;
      bf = tf;
    }
  }
  if (a != record) {
    memcpy(record, a, n * sizeof *record);
    if (f) memcpy(f, af, n * sizeof *f);
  }
  for (size_t i = 1; i < n; i++) { /* multapses with one delay: by weight */
    size_t j = i;
    for (; j > 0 && record[j - 1] >> 16 == record[j] >> 16 &&
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

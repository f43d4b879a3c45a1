/* Numbers to text, fast, for tables of millions of rows. Each writes at `p` without a closing zero, at most
 * H9_TEXT_MAX characters, and returns where it ended. */
#ifndef H9_BASE_TEXT_H
#define H9_BASE_TEXT_H

#include "types.h"

enum { H9_TEXT_MAX = 32 };

char *h9_text_u64(char *p, uint64_t v);
char *h9_text_i64(char *p, int64_t v);
/* The shortest decimal that reads back as the same number; "nan", "inf", "-inf". */
char *h9_text_f32(char *p, float v);
char *h9_text_f64(char *p, double v);

/* An id where it must be told from a count: "N0000002a". */
char *h9_text_id(char *p, h9_id id);
/* A whole number from 1 to H9_ID_MAX, or that form; false where the text is neither. */
bool h9_id_parse(const char *p, size_t len, h9_id *id);

/* Multiples of a step that is a short decimal, such as dt = 0.1 ms, print exactly: 3 steps are 0.3, never
 * 0.30000000000000004. */
typedef struct h9_multiple {
  double unit;
  uint64_t whole; /* unit = whole / 10^decimals; 0 where it is no such number */
  int decimals;
} h9_multiple;
h9_multiple h9_multiple_of(double unit);
char *h9_text_multiple(char *p, const h9_multiple *m, int64_t n);

#endif

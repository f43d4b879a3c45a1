/* Numbers from text, fast and exact. */
#ifndef H9_BASE_DECIMAL_H
#define H9_BASE_DECIMAL_H

#include "types.h"

/* The double nearest to the decimal number p[0 .. len), which a zero must follow; "nan" and "inf" in any case are
 * numbers, hexadecimal ones are not. False where it is no number, whole. */
bool h9_decimal_parse(const char *p, size_t len, double *v);
/* A whole number of decimal digits only; false where it is none or above `most`. */
bool h9_whole_parse(const char *p, size_t len, uint64_t most, uint64_t *v);

#endif

/* Universally unique identifiers (RFC 9562): 16 bytes, and their text of 36 characters. */
#ifndef H9_BASE_UUID_H
#define H9_BASE_UUID_H

#include "types.h"

enum { H9_UUID_BYTES = 16, H9_UUID_TEXT = 36 };

/* "6ba7b810-9dad-11d1-80b4-00c04fd430c8", digits of either case; false where the text is none. */
bool h9_uuid_parse(const char *text, size_t len, unsigned char uuid[H9_UUID_BYTES]);
/* Writes the text in lower case, without a closing zero; returns where it ended. */
char *h9_uuid_text(char *p, const unsigned char uuid[H9_UUID_BYTES]);

#endif

/* JSON written as it comes: commas, indentation and escapes are kept right here. */
#ifndef H9_BASE_JSON_H
#define H9_BASE_JSON_H

#include "bytes.h"

typedef struct h9_json {
  h9_buf out; /* the text so far; out.failed when memory ran out */
  int depth;
  bool some[16]; /* whether the level has a member already */
} h9_json;

/* `key` NULL inside a list. At most 15 levels. */
void h9_json_begin(h9_json *j, const char *key, char bracket); /* '{' or '[' */
void h9_json_end(h9_json *j, char bracket);                    /* '}' or ']' */
void h9_json_number(h9_json *j, const char *key, double v);    /* null for NaN and infinities */
void h9_json_whole(h9_json *j, const char *key, uint64_t v);
void h9_json_truth(h9_json *j, const char *key, bool v);
void h9_json_text(h9_json *j, const char *key,
                  const char *v); /* control characters escaped; bytes that are no UTF-8 become U+FFFD */
/* The text alone, in quotes. */
void h9_json_escape(h9_buf *b, const char *v);
/* Bytes of the UTF-8 character at s, where a zero follows the text (RFC 3629: shortest form, no surrogates, up to
 * U+10FFFF); 0: none. */
int h9_utf8(const unsigned char *s);

#endif

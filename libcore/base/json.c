#include "json.h"

#include "text.h"

#include <math.h>

int h9_utf8(const unsigned char *s) {
  int n = s[0] < 0x80                   ? 1
          : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
          : (s[0] & 0xf0) == 0xe0       ? 3
          : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                        : 0;
  for (int i = 1; i < n; i++)
    if ((s[i] & 0xc0) != 0x80) return 0;
  if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) || (s[0] == 0xf0 && s[1] < 0x90) ||
      (s[0] == 0xf4 && s[1] >= 0x90))
    return 0;
  return n;
}

void h9_json_escape(h9_buf *b, const char *s) {
  h9_buf_put8(b, '"');
  for (int n = 0; *s; s += n ? n : 1) {
    unsigned char c = (unsigned char)*s;
    n = h9_utf8((const unsigned char *)s);
    if (c == '"' || c == '\\') {
      h9_buf_put8(b, '\\');
      h9_buf_put8(b, c);
    } else if (c < 0x20) {
      static const char hex[] = "0123456789abcdef";
      h9_buf_put(b, "\\u00", 4);
      h9_buf_put8(b, (uint8_t)hex[c >> 4]);
      h9_buf_put8(b, (uint8_t)hex[c & 15]);
    } else if (n) h9_buf_put(b, s, (size_t)n);
    else h9_buf_put(b, "\xef\xbf\xbd", 3);
  }
  h9_buf_put8(b, '"');
}

static void line(h9_json *j) {
  h9_buf_put8(&j->out, '\n');
  for (int i = 0; i < j->depth; i++) h9_buf_put(&j->out, "  ", 2);
}

static void member(h9_json *j, const char *key) {
  if (j->depth > 0) {
    if (j->some[j->depth]) h9_buf_put8(&j->out, ',');
    line(j);
  }
  j->some[j->depth] = true;
  if (key) {
    h9_json_escape(&j->out, key);
    h9_buf_put(&j->out, ": ", 2);
  }
}

void h9_json_begin(h9_json *j, const char *key, char bracket) {
  member(j, key);
  h9_buf_put8(&j->out, (uint8_t)bracket);
  if (j->depth < 15) j->depth++;
  j->some[j->depth] = false;
}

void h9_json_end(h9_json *j, char bracket) {
  bool some = j->some[j->depth];
  if (j->depth > 0) j->depth--;
  if (some) line(j);
  h9_buf_put8(&j->out, (uint8_t)bracket);
  if (j->depth == 0) h9_buf_put8(&j->out, '\n');
}

void h9_json_number(h9_json *j, const char *key, double v) {
  char t[H9_TEXT_MAX];
  member(j, key);
  if (isfinite(v)) h9_buf_put(&j->out, t, (size_t)(h9_text_f64(t, v) - t));
  else h9_buf_put(&j->out, "null", 4);
}

void h9_json_whole(h9_json *j, const char *key, uint64_t v) {
  char t[H9_TEXT_MAX];
  member(j, key);
  h9_buf_put(&j->out, t, (size_t)(h9_text_u64(t, v) - t));
}

void h9_json_truth(h9_json *j, const char *key, bool v) {
  member(j, key);
  h9_buf_put(&j->out, v ? "true" : "false", v ? 4 : 5);
}

void h9_json_text(h9_json *j, const char *key, const char *v) {
  member(j, key);
  h9_json_escape(&j->out, v);
}

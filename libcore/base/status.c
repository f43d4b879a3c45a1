#include "status.h"

#include <stdio.h>
#include <string.h>

static void mask_controls(char *s) {
  for (; *s; s++)
    if (((unsigned char)*s < 0x20 && *s != '\n') || *s == 0x7f) *s = '?';
}

int h9_fail(h9_error *e, int code, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(e->text, sizeof e->text, fmt, ap);
  va_end(ap);
  mask_controls(e->text);
  e->code = code;
  e->sys = 0;
  return code;
}

int h9_fail_sys(h9_error *e, int code, int err, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(e->text, sizeof e->text, fmt, ap);
  va_end(ap);
  size_t n = strlen(e->text);
  snprintf(e->text + n, sizeof e->text - n, ": %s", strerror(err));
  mask_controls(e->text);
  e->code = code;
  e->sys = err;
  return code;
}

int h9_fail_at(h9_error *e, const char *fmt, ...) {
  char old[sizeof e->text];
  memcpy(old, e->text, sizeof old);
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(e->text, sizeof e->text, fmt, ap);
  va_end(ap);
  size_t n = strlen(e->text);
  snprintf(e->text + n, sizeof e->text - n, ": %s", old);
  mask_controls(e->text);
  return e->code;
}

int h9_fail_memory(h9_error *e, size_t bytes, const char *what) {
  return h9_fail(e, H9_ESYSTEM, "out of memory (%zu bytes for %s)", bytes, what);
}

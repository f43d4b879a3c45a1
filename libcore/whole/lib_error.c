/* Versions and errors of the stable interface. */
#include "lib_parts.h"

#include <errno.h>
#include <stdio.h>

static _Thread_local char text[sizeof((h9_error *)0)->text];

int hal9_api_version(void) { return HAL9_API_VERSION; }
const char *hal9_version(void) { return H9_VERSION; }
const char *hal9_error(void) { return text; }

int h9_lib_failed(const h9_error *e) {
  snprintf(text, sizeof text, "%s", e->text);
  if (e->sys) errno = e->sys;
  return e->code > H9_EOF ? -e->code : HAL9_EINTERNAL;
}

int h9_lib_fail(int code, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  return code;
}

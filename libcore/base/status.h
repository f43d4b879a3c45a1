/* Status codes and error texts. libcore never prints or exits: a function that can fail returns
 * an h9_status and writes the reason into the caller's h9_error. The codes are the process exit
 * codes of every hal9 program (sysexits), so a command ends with `return error.code`. */
#ifndef H9_BASE_STATUS_H
#define H9_BASE_STATUS_H

#include "types.h"
#include <stdarg.h>

enum h9_status {
  H9_OK = 0,
  H9_EOF = 1,       /* nothing left; not an error, never an exit code */
  H9_EUSAGE = 64,   /* command line */
  H9_EDATA = 65,    /* input is damaged or not what it should be */
  H9_ENOINPUT = 66, /* input cannot be opened, is empty or is a terminal */
  H9_EINTERNAL = 70,
  H9_ESYSTEM = 71, /* out of memory, no thread, no subprocess */
  H9_EIO = 74,
  H9_ECONFIG = 78, /* configuration file */
};

typedef struct h9_error {
  int code;         /* an h9_status; H9_OK while nothing failed */
  int sys;          /* errno of the failed call, or 0; EPIPE on output means "die quietly" */
  char text[8192];  /* one or more lines without trailing newline, control characters masked */
} h9_error;

/* Sets code and text (control characters except newline masked as '?') and returns `code`. */
H9_PRINTF(3, 4) int h9_fail(h9_error *e, int code, const char *fmt, ...);
/* The same, with ": strerror(err)" appended and e->sys set. */
H9_PRINTF(4, 5) int h9_fail_sys(h9_error *e, int code, int err, const char *fmt, ...);
/* Puts "prefix: " before the text: file and place are added by the layer that knows them.
 * Returns e->code. */
H9_PRINTF(2, 3) int h9_fail_at(h9_error *e, const char *fmt, ...);
/* "out of memory (N bytes for WHAT)" with H9_ESYSTEM. */
int h9_fail_memory(h9_error *e, size_t bytes, const char *what);

#endif

/* Activity while it flows: rates of the populations, or a raster, from each batch of signals as it is read. On a
 * terminal a picture that is drawn anew in place; else lines that say the same. */
#ifndef H9_WHOLE_WATCH_H
#define H9_WHOLE_WATCH_H

#include "../format/codec.h"

enum h9_watch_kind { H9_WATCH_RATES, H9_WATCH_RASTER };

typedef struct h9_watch_options {
  enum h9_watch_kind kind;
  double window;      /* ms of the stream's time: that rates are of; a column of the raster */
  bool terminal;      /* draw in place, at most ten times a second */
  int columns, lines; /* of the terminal */
} h9_watch_options;

/* Whether `fd` is a terminal, and its size. */
void h9_watch_size(h9_watch_options *o, int fd);

/* Reads the stream to its end; `write` gets pieces of text as they arise, and may stop the run by non-zero. What a
 * stream that breaks off had so far is written before its error is returned. */
int h9_watch_run(int fd, const char *name, const h9_watch_options *o,
                int (*write)(void *ctx, const h9_buf *text, h9_error *e), void *ctx, h9_error *e) H9_UNUSED_RESULT;

#endif

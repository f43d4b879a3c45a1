/* Connections blocks from a source of rows: workers encode, one writes in the order of the groups. */
#ifndef H9_WHOLE_CONNECTIONS_H
#define H9_WHOLE_CONNECTIONS_H

#include "../format/codec.h"
#include "../model/rowsource.h"

typedef struct h9_connections {
  h9_writer *writer;
  const h9_network *net; /* as it is written; rows of projections that it defers are left out */
  /* Puts what is written into `rows`, whose weight_d is its own; called on any worker. NULL: rows stand. */
  int (*change)(void *ctx, h9_rows *rows, h9_error *e);
  void (*progress)(void *ctx, double done); /* called in order; may be NULL */
  void *ctx;
  double done; /* connections written */
} h9_connections;
int h9_connections_write(h9_connections *c, h9_rowsource *source, h9_error *e) H9_UNUSED_RESULT;

#endif

/* A simulation's network with the weights that its plastic synapses have now, as a stream: what hal9-step takes. */
#ifndef H9_WHOLE_WEIGHTS_H
#define H9_WHOLE_WEIGHTS_H

#include "../format/stream.h"
#include "sim.h"

typedef struct h9_weights {
  const h9_network *net; /* of the simulation, as it was read */
  int fd;                /* its stream, read to the end; a file, which is read again where it has connections */
  const char *name;      /* of that */
  int threads, level;
  bool force;
  const char *path;             /* NULL: standard output */
  const h9_provenance *own;     /* the entry of this run */
} h9_weights;

/* Projections with plastic synapses are written connection by connection, weights in double precision; others as
 * they came. */
int h9_weights_write(const h9_weights *w, const h9_sim *sim, h9_error *e) H9_UNUSED_RESULT;

#endif

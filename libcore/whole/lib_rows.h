/* Connections that come in order of their sources become the groups of rows that a stream has. */
#ifndef H9_WHOLE_LIB_ROWS_H
#define H9_WHOLE_LIB_ROWS_H

#include "../format/codec.h"
#include "hal9.h"

typedef struct h9_edge h9_edge;

typedef struct h9_grouping {
  uint32_t population, first; /* of the sources; what comes before it is written */
  uint32_t last;              /* row of the last connection taken */
  h9_edge *edge;              /* [n] of rows from `first` on */
  size_t n, cap;
  h9_rows rows;
  uint32_t *leaving, n_leaving; /* projections that leave the population; n_leaving: of `listed` */
  uint32_t listed;              /* population + 1; 0: none yet */
} h9_grouping;

/* Zero-initialise; projections must not change between calls. H9_EUSAGE for what cannot be. */
int h9_grouping_add(h9_grouping *g, h9_writer *w, const h9_network *net, const hal9_connections *c,
                    h9_error *e) H9_UNUSED_RESULT;
/* Writes what is left, up to the last source of the network. */
int h9_grouping_finish(h9_grouping *g, h9_writer *w, const h9_network *net, h9_error *e) H9_UNUSED_RESULT;
void h9_grouping_release(h9_grouping *g);

#endif

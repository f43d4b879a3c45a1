/* The first place where two streams part, in the network's terms. How they are stored does not count: the
 * sizes of blocks, connections or the rules they follow from, compression. */
#ifndef H9_WHOLE_DIFF_H
#define H9_WHOLE_DIFF_H

#include "../format/codec.h"
#include "select.h"

/* Parts, in the order in which they are compared. */
enum h9_diff_part {
  H9_DIFF_HEAD = 1,    /* header, populations, labels */
  H9_DIFF_NEURONS = 2, /* positions, values */
  H9_DIFF_PROJECTIONS = 4,
  H9_DIFF_CONNECTIONS = 8,
  H9_DIFF_SIGNALS = 16,
  H9_DIFF_STATES = 32,
  H9_DIFF_CONTENT = 63,
  H9_DIFF_PROVENANCE = 64,
  H9_DIFF_METRICS = 128,
};

typedef struct h9_diff {
  unsigned parts;
  h9_select *select; /* of neurons, signals, states, connections; needs streams of the same populations */
  int threads;
  bool differ;      /* found */
  char where[2048]; /* "signal 12: step 30 (3 ms), id 7 (exc[3]) | step 31 (3.1 ms), id 2 (exc[2])" */
  /* its own: */
  const char *name[2];
  h9_network net[2];
} h9_diff;

/* Both inputs can be read again from their start (h9_input_hold) and are there. H9_OK or an error. */
int h9_diff_run(h9_diff *d, const int fd[2], const char *const name[2], h9_error *e) H9_UNUSED_RESULT;

/* ---- its parts ---- */

/* Says where, once; returns H9_EOF: found. */
H9_PRINTF(2, 3) int h9_diff_found(h9_diff *d, const char *fmt, ...);
/* "17 (exc[3])" of stream k. */
enum { H9_DIFF_NEURON_TEXT = 320 };
char *h9_diff_neuron(const h9_diff *d, int k, h9_id id, char text[H9_DIFF_NEURON_TEXT]);
/* Each H9_OK: alike; H9_EOF: found; else an error. */
int h9_diff_heads(h9_diff *d, h9_error *e) H9_UNUSED_RESULT;
int h9_diff_neurons(h9_diff *d, h9_error *e) H9_UNUSED_RESULT;
int h9_diff_projections(h9_diff *d, h9_error *e) H9_UNUSED_RESULT;
/* From the readers, whose next unread blocks are b[k] unless ended[k]. */
int h9_diff_connections(h9_diff *d, h9_reader *r[2], h9_block b[2], bool ended[2],
                        h9_error *e) H9_UNUSED_RESULT;
int h9_diff_signals(h9_diff *d, h9_reader *r[2], h9_error *e) H9_UNUSED_RESULT; /* from their starts */
int h9_diff_states(h9_diff *d, h9_reader *r[2], h9_error *e) H9_UNUSED_RESULT;

#endif

/* Block bodies: network structures to bytes and back, as hal9-stream(5) specifies them.
 * Encoders fill a buffer (check buf.failed once); decoders bound every length, count and id
 * before memory is taken, and report H9_EDATA with what was found and expected. */
#ifndef H9_FORMAT_CODEC_H
#define H9_FORMAT_CODEC_H

#include "network.h"
#include "rows.h"

/* Header and populations blocks. */
int h9_network_write_head(h9_writer *w, const h9_network *net, h9_error *e) H9_UNUSED_RESULT;
/* A neurons block for neurons [first, first + n) of population p: positions (f32 x, y, z as the
 * network has dimensions) and one f32 column for each value that varies, in the order of p's
 * values. columns[] hold n values each. */
int h9_neurons_write(h9_writer *w, const h9_network *net, uint32_t p, uint32_t first, uint32_t n,
                     const float *x, const float *y, const float *z, const float *const *columns, h9_error *e) H9_UNUSED_RESULT;
/* All neurons of a loaded network in blocks of at most 65,536. */
int h9_network_write_neurons(h9_writer *w, const h9_network *net, h9_error *e) H9_UNUSED_RESULT;
int h9_projections_write(h9_writer *w, const h9_network *net, h9_error *e) H9_UNUSED_RESULT;

/* Reads the head and then blocks until something that is not part of the network's description
 * comes: returns H9_OK with *b that block (connections, signals, state, ...), or H9_EOF. Fills
 * `net`; positions and columns only when `columns`. Provenance entries met are appended. */
int h9_network_read(h9_reader *r, h9_network *net, bool columns, h9_block *b, h9_error *e) H9_UNUSED_RESULT;
/* Applies one later block (provenance) to the network; ignores the rest. */
int h9_network_absorb(h9_reader *r, h9_network *net, const h9_block *b, h9_error *e) H9_UNUSED_RESULT;
/* Decodes one neurons block by hand, for programs that stream: x,y,z and columns point into
 * arrays of b->count floats owned by `n` until the next decode or release. */
typedef struct h9_neurons {
  uint32_t population, first, n, n_columns;
  const float *x, *y, *z;
  const float **columns; /* in the order of the population's varying values */
  void *memory;
  size_t capacity;
} h9_neurons;
int h9_neurons_decode(const h9_network *net, const h9_block *b, h9_neurons *n, h9_error *e) H9_UNUSED_RESULT;
void h9_neurons_release(h9_neurons *n);

/* Connections: one block for the rows of one projection and a range of sources. */
int h9_rows_encode(const h9_network *net, const h9_rows *rows, h9_buf *b) H9_UNUSED_RESULT;
int h9_rows_decode(const h9_network *net, const h9_block *b, h9_rows *rows, h9_error *e) H9_UNUSED_RESULT;
/* The projection and first source of a connections block without decoding the rest. */
int h9_rows_peek(const h9_block *b, uint32_t *projection, uint32_t *first, uint32_t *n_rows, h9_error *e) H9_UNUSED_RESULT;

/* Signals: spikes in order of (step, id). A batch holds whatever the caller gathered.
 * step is the time of the spike: a spike at step s happened at time s * dt. */
typedef struct h9_signals {
  h9_step from, to; /* the batch holds every recorded spike with from < step <= to; batches of one
                       run follow each other without gaps, empty ones included, so that the last
                       one's `to` is the end of the recording and the first one's `from` its start */
  size_t n, cap;
  h9_step *step;
  h9_id *id;
} h9_signals;
/* Appends; H9_OK or H9_ESYSTEM. */
int h9_signals_add(h9_signals *s, h9_step step, h9_id id) H9_UNUSED_RESULT;
void h9_signals_release(h9_signals *s);
void h9_signals_encode(const h9_signals *s, h9_buf *b); /* order (step, id) required */
int h9_signals_decode(const h9_block *b, uint32_t n_neurons, h9_signals *s, h9_error *e) H9_UNUSED_RESULT;

int h9_metrics_write(h9_writer *w, const char *program, const h9_metrics *m, h9_error *e) H9_UNUSED_RESULT;
int h9_metrics_decode(const h9_block *b, char program[64], h9_metrics *m, h9_error *e) H9_UNUSED_RESULT;
int h9_provenance_write(h9_writer *w, const h9_provenance *p, h9_error *e) H9_UNUSED_RESULT;
int h9_provenance_decode(const h9_block *b, h9_provenance *p, h9_error *e) H9_UNUSED_RESULT;
void h9_provenance_release(h9_provenance *p);

#endif

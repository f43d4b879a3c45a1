/* Block bodies: network structures to bytes and back, as hal9-stream(5) specifies them.
 * Encoders fill a buffer (check buf.failed once); decoders bound every length, count and id
 * before memory is taken, and report H9_EDATA with what was found and expected. */
#ifndef H9_FORMAT_CODEC_H
#define H9_FORMAT_CODEC_H

#include "network.h"
#include "rows.h"

/* Whether header and populations, or projections, are such as a reader takes: H9_EDATA, or out of memory. */
int h9_network_check_head(const h9_network *net, h9_error *e) H9_UNUSED_RESULT;
int h9_projections_check(const h9_network *net, h9_error *e) H9_UNUSED_RESULT;
/* Header, populations and labels blocks. */
int h9_network_write_head(h9_writer *w, const h9_network *net, h9_error *e) H9_UNUSED_RESULT;
/* A neurons block for neurons [first, first + n) of population p: positions (f32 x, y, z as the
 * network has dimensions) and one f32 column for each value that varies, in the order of p's
 * values. columns[] hold n values each. */
int h9_neurons_write(h9_writer *w, const h9_network *net, uint32_t p, uint32_t first, uint32_t n,
                     const float *x, const float *y, const float *z, const float *const *columns,
                     h9_error *e) H9_UNUSED_RESULT;
/* All neurons of a loaded network in blocks of at most 65,536. */
int h9_network_write_neurons(h9_writer *w, const h9_network *net, h9_error *e) H9_UNUSED_RESULT;
int h9_projections_write(h9_writer *w, const h9_network *net, h9_error *e) H9_UNUSED_RESULT;

/* Header and populations only: the stream's first two blocks; labels follow. */
int h9_network_read_head(h9_reader *r, h9_network *net, h9_error *e) H9_UNUSED_RESULT;
/* The same from blocks that were read already, one after the other into a network that begins zeroed. */
int h9_network_decode_head(const h9_block *b, h9_network *net, h9_error *e) H9_UNUSED_RESULT;
/* Reads the labels behind the head, if there are any, into net->labels (passes over them where the reader does not
 * want them): H9_OK with *b the block after them, or H9_EOF. */
int h9_network_read_labels(h9_reader *r, h9_network *net, h9_block *b, h9_error *e) H9_UNUSED_RESULT;
/* Reads the head and then blocks until something that is not part of the network's description
 * comes: returns H9_OK with *b that block (connections, signals, state, ...), or H9_EOF. Fills
 * `net`; positions and columns only when `columns` (then neurons must be wanted of the reader); a
 * stream without neurons blocks leaves them NULL (h9_network_is_loaded). Provenance entries and
 * metrics met are kept in `net`, labels where the reader was to decompress them. */
int h9_network_read(h9_reader *r, h9_network *net, bool columns, h9_block *b, h9_error *e) H9_UNUSED_RESULT;
/* The same behind h9_network_read_head; what `net` holds stays when it fails, too. */
int h9_network_read_rest(h9_reader *r, h9_network *net, bool columns, h9_block *b, h9_error *e) H9_UNUSED_RESULT;
/* Applies one later block (provenance, metrics) to the network; ignores the rest. */
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
/* Columns point into memory of `n`. H9_EDATA for a range outside its population or a value that is
 * not finite. */
int h9_neurons_decode(const h9_network *net, const h9_block *b, h9_neurons *n, h9_error *e) H9_UNUSED_RESULT;
void h9_neurons_release(h9_neurons *n);
/* Neurons blocks come in order of ids and cover every population that has columns, or there are none
 * at all. Zero-initialise; give each block, then ask at the end. */
typedef struct h9_neurons_order { uint32_t population, next; bool begun; } h9_neurons_order;
int h9_neurons_follow(const h9_network *net, h9_neurons_order *o, uint32_t population, uint32_t first,
                      uint32_t n, h9_error *e) H9_UNUSED_RESULT;
int h9_neurons_complete(const h9_network *net, const h9_neurons_order *o, h9_error *e) H9_UNUSED_RESULT;
/* Floats a neuron of the population has in neurons blocks: coordinates and varying values. */
uint32_t h9_population_columns(const h9_network *net, const h9_population *p);

/* Fills net->projections, which must be empty. */
int h9_projections_decode(h9_network *net, const h9_block *b, h9_error *e) H9_UNUSED_RESULT;

/* Connections: one block for the rows of one projection and a range of sources. */
int h9_rows_encode(const h9_network *net, const h9_rows *rows, h9_buf *b) H9_UNUSED_RESULT;
int h9_rows_decode(const h9_network *net, const h9_block *b, h9_rows *rows, h9_error *e) H9_UNUSED_RESULT;
/* The projection and first source of a connections block without decoding the rest. */
int h9_rows_peek(const h9_block *b, uint32_t *projection, uint32_t *first, uint32_t *n_rows,
                 h9_error *e) H9_UNUSED_RESULT;

/* Signals: spikes in order of (step, id). A batch holds whatever the caller gathered.
 * step is the time of the spike: a spike at step s happened at time s * dt. */
typedef struct h9_signals {
  h9_step from, to; /* the batch holds every recorded spike with from < step <= to; batches of one
                       run follow each other without gaps, empty ones included, so that the last
                       one's `to` is the end of the recording and the first one's `from` its start */
  size_t n, cap;
  h9_step *step;
  h9_id *id;
  uint8_t strength_bytes; /* of a strength in the stream: 0 none, 4 or 8 */
  bool prioritised;       /* each has a priority */
  double *strength;       /* [n] finite; what a signal weighs, as whom it goes to takes it */
  uint8_t *priority;      /* [n] */
} h9_signals;
/* Appends; H9_OK or H9_ESYSTEM. */
/* Room for n in all. */
int h9_signals_reserve(h9_signals *s, size_t n) H9_UNUSED_RESULT;
int h9_signals_add(h9_signals *s, h9_step step, h9_id id) H9_UNUSED_RESULT;
/* The same with what `s` says that its signals have. */
int h9_signals_add_strong(h9_signals *s, h9_step step, h9_id id, double strength,
                          uint8_t priority) H9_UNUSED_RESULT;
void h9_signals_release(h9_signals *s);
void h9_signals_encode(const h9_signals *s, h9_buf *b); /* order (step, id) required */
int h9_signals_decode(const h9_block *b, uint32_t n_neurons, h9_signals *s, h9_error *e) H9_UNUSED_RESULT;

int h9_metrics_write(h9_writer *w, const char *program, const h9_metrics *m, h9_error *e) H9_UNUSED_RESULT;
int h9_metrics_decode(const h9_block *b, char program[64], h9_metrics *m, h9_error *e) H9_UNUSED_RESULT;
int h9_provenance_write(h9_writer *w, const h9_provenance *p, h9_error *e) H9_UNUSED_RESULT;
int h9_provenance_decode(const h9_block *b, h9_provenance *p, h9_error *e) H9_UNUSED_RESULT;
void h9_provenance_release(h9_provenance *p);
bool h9_provenance_same(const h9_provenance *a, const h9_provenance *b);

/* Recorded state: one variable of some neurons at regular times. */
typedef struct h9_state {
  char *variable, *unit; /* "V_m", "mV" */
  char *of;              /* "": samples of neurons; else the group that each sample is of, without ids */
  h9_step first;         /* of the first sample */
  uint32_t interval;     /* steps between samples, >= 1 */
  uint32_t n_times, n_ids;
  h9_id *id;             /* [n_ids] ascending */
  double *sample;        /* [n_times * width], time by time; width is n_ids, 1 for a group */
  bool wide;             /* f64 in the stream, else f32 */
} h9_state;
static inline uint32_t h9_state_width(const h9_state *s) { return s->of && *s->of ? 1 : s->n_ids; }
int h9_state_encode(const h9_state *s, h9_buf *b) H9_UNUSED_RESULT; /* H9_ESYSTEM */
int h9_state_decode(const h9_block *b, uint32_t n_neurons, h9_state *s, h9_error *e) H9_UNUSED_RESULT;
void h9_state_release(h9_state *s);

/* Labels [from, from + n) of l as the body of a block. */
int h9_labels_encode(const h9_labels *l, uint32_t from, uint32_t n, h9_buf *b) H9_UNUSED_RESULT; /* H9_ESYSTEM */
/* All of l in blocks of at most 65,536. */
int h9_labels_write(h9_writer *w, const h9_labels *l, h9_error *e) H9_UNUSED_RESULT;
/* Appends the block's labels to l, which begins zeroed: blocks come in order of ids, all of one form. */
int h9_labels_decode(const h9_block *b, uint32_t n_neurons, h9_labels *l, h9_error *e) H9_UNUSED_RESULT;

/* Decodes a block of any kind that may follow the head and forgets it: what a check of a whole stream
 * does, on any thread. `scratch` is reused from call to call. Projections are not decoded
 * here: h9_projections_decode does that once. */
typedef struct h9_check_scratch {
  h9_neurons neurons;
  h9_rows rows;
  h9_signals signals;
} h9_check_scratch;
int h9_block_check(const h9_network *net, const h9_block *b, h9_check_scratch *scratch,
                   h9_error *e) H9_UNUSED_RESULT;
void h9_check_scratch_release(h9_check_scratch *s);

#endif

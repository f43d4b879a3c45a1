/* libhal9: reading and writing streams of spiking networks. The stable interface; hal9(3) tells it with
 * examples.
 *
 * All names begin with hal9_ or HAL9_. Nothing else of the library is exported by libhal9.so, and what this
 * header declares keeps its meaning and its binary form as long as HAL9_API_VERSION and the library's soname
 * stay.
 *
 * Units. Times are steps of the stream's dt, which is in ms: a signal at step s happened at s * dt ms.
 * Positions are in um. Parameters and states are in the unit of their model, hal9-models(7); weights in that
 * of the target's model: pA, mV, nS or 1. Neurons have ids from 1 on, over the whole network; each population
 * has the ids from its first on without gaps. Populations and projections are numbered from 0.
 *
 * Errors. A function that can fail returns an int: below 0 when it failed, one of the HAL9_E codes; the text
 * is then that of hal9_error(), until the next failure in the same thread. The negated code is an exit status
 * as the programs of hal9 have it: `return -code;` ends a filter as the others end. A reader or writer that
 * failed goes on failing the same way.
 *
 * Ownership. What a reader hands out belongs to the reader: names, populations and projections until
 * hal9_close, records until the next hal9_next. A writer copies what it is given. Two threads may use two
 * handles, but not one at a time.
 *
 * Structures are handed out by the library or filled by the caller, member by member behind `= {0}`, so that
 * members not known to the caller are 0. Pointers marked "or NULL" may be NULL, others never are. */
#ifndef HAL9_H
#define HAL9_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined __GNUC__
#define HAL9_API __attribute__((visibility("default")))
#else
#define HAL9_API
#endif

/* ---- version ---- */

/* Of this header. The library's own, hal9_api_version(), may be higher: what was added does not matter to
 * programs that do not know of it. Another soname is needed where it is not so. */
#define HAL9_API_VERSION 1
HAL9_API int hal9_api_version(void);
/* Of the release, such as "0.1.0". */
HAL9_API const char *hal9_version(void);

/* ---- errors ---- */

enum hal9_code {
  HAL9_END = 0,        /* of hal9_next: the stream is whole, and was read to its end */
  HAL9_EUSAGE = -64,   /* a wrong argument: an id that there is not, records out of order */
  HAL9_EDATA = -65,    /* the stream is damaged, truncated, of another version or none */
  HAL9_ENOINPUT = -66, /* it cannot be opened, is empty or is a terminal */
  HAL9_EINTERNAL = -70,
  HAL9_ESYSTEM = -71, /* out of memory, no thread */
  HAL9_EIO = -74,     /* reading or writing failed; errno is set, EPIPE: nobody reads the output */
  HAL9_ECONFIG = -78  /* a rule of the stream cannot be met */
};

/* What failed last in this thread: one or more lines without newline at the end, which name file, place, what
 * was found and what was expected. "" where nothing failed. Valid until the next failure in this thread. */
HAL9_API const char *hal9_error(void);

/* ---- what a stream says ---- */

typedef struct hal9_header {
  double dt; /* ms */
  uint64_t seed;
  double low[3], high[3]; /* corners of the domain, um; periodic boundaries wrap by high - low */
  uint32_t dimensions;    /* of positions: 1 to 3; 0: no population has any */
  uint32_t neurons;       /* in all: ids are 1 to neurons */
  uint32_t populations;
  uint32_t reserved;
} hal9_header;

/* A parameter or initial state of a population, or a parameter of a projection's synapses, by the model's
 * name for it. Those that are not listed have the model's default. */
typedef struct hal9_value {
  const char *name;
  double constant; /* where column is below 0 */
  int32_t column;  /* its place in hal9_neurons.columns, from 0; -1: the same for all */
  uint32_t reserved;
} hal9_value;

typedef struct hal9_population {
  const char *name, *model;
  uint32_t first, count; /* id of the first neuron; neurons, at least 1 */
  int32_t placed;        /* its neurons have positions */
  uint32_t n_values;
  const hal9_value *values; /* [n_values] */
} hal9_population;

/* How a projection's weights are kept. */
enum hal9_weights {
  HAL9_WEIGHTS_CONSTANT = 0, /* all are hal9_projection.weight */
  HAL9_WEIGHTS_I16 = 1,      /* whole multiples of quantum, -32768 to 32767 */
  HAL9_WEIGHTS_F32 = 2,
  HAL9_WEIGHTS_F64 = 3
};

typedef struct hal9_projection {
  const char *name;        /* may be "" */
  const char *synapse;     /* "static", or a model of hal9-synapses(7) */
  const char *rule;        /* "fixed_indegree", ..., "explicit" */
  uint32_t source, target; /* populations */
  int32_t deferred;        /* the stream has the rule only; hal9_next makes the connections */
  int32_t weights;         /* enum hal9_weights */
  double weight;           /* constant; NAN where they differ */
  double quantum;          /* of HAL9_WEIGHTS_I16; else 1 */
  double delay;            /* ms; NAN where they differ */
  double receptor;         /* 0: by the sign of the weight */
  int32_t periodic;        /* distances wrap at the domain's borders */
  uint32_t n_values;
  const hal9_value *values; /* [n_values] of the synapse model */
} hal9_projection;

typedef struct hal9_provenance { /* what one program did to make the stream */
  const char *program, *version, *options, *label;
  uint64_t seed;
  uint32_t parents; /* streams that it read */
  uint32_t reserved;
} hal9_provenance;

/* ---- records, as arrays of n ---- */

typedef struct hal9_neurons { /* some of one population, in order of ids */
  uint32_t population;
  uint32_t first; /* id of the first */
  uint32_t n;
  uint32_t n_columns;     /* values of the population that are columns */
  const float *x, *y, *z; /* um; or NULL: as far as the header has dimensions and the population is placed */
  const float *const *columns; /* [n_columns] of n each, in the order of the population's values */
} hal9_neurons;

/* In order of source; of one source in order of projection, delay, target, weight. */
typedef struct hal9_connections {
  uint64_t n;
  const uint32_t *projection;      /* numbers of projections */
  const uint32_t *source, *target; /* ids */
  const uint16_t *delay;           /* steps, at least 1 */
  const double *weight;
} hal9_connections;

/* In order of step, then id: all that were recorded with from < step <= to. The next batch begins where this
 * one ends. */
typedef struct hal9_signals {
  int64_t from, to;
  uint64_t n;
  const int64_t *step;
  const uint32_t *id;      /* of the neuron */
  const double *strength;  /* weight of each; or NULL: connections weigh them */
  const uint8_t *priority; /* 255 the highest; or NULL */
} hal9_signals;

typedef struct hal9_states {   /* samples of one variable at regular times */
  const char *variable, *unit; /* "V_m", "mV" */
  const char *group; /* "": samples of neurons; else what they are of, such as "exc[1:100]" for mean(V_m) */
  int64_t first;     /* step of the first sample */
  uint32_t interval; /* steps between samples, at least 1 */
  uint32_t n_times;
  uint32_t n_ids;       /* neurons; 0 for a group */
  int32_t wide;         /* the stream has 64-bit floats, else 32-bit ones */
  const uint32_t *id;   /* [n_ids] ascending; or NULL for a group */
  const double *sample; /* [n_times][n_ids, for a group 1] */
} hal9_states;

/* ---- reading ---- */

typedef struct hal9_reader hal9_reader;

/* As a mask: what hal9_next is to hand out; each alone: what it handed out. */
enum hal9_kind {
  HAL9_NEURONS = 1,
  HAL9_CONNECTIONS = 2, /* positions are read, too, for rules in space */
  HAL9_SIGNALS = 4,
  HAL9_STATES = 8,
  HAL9_LABELS = 16, /* keeps them for hal9_reader_label; never handed out */
  HAL9_ALL = 31
};

/* Opens the stream in the file `path` (NULL or "-": standard input) and reads its header and populations.
 * What is not in `kinds` is checked for damage, but not decompressed. `threads` decompress ahead: 1: none,
 * the caller's own does it when asked, and hands out what a live pipe brings as it comes; 0: as many as there
 * are processors. 0, or below 0 with *r NULL. Release with hal9_close. */
HAL9_API int hal9_open(hal9_reader **r, const char *path, unsigned kinds, int threads);
/* The same from an open descriptor, which stays the caller's; `name` is for errors and copied. */
HAL9_API int hal9_open_fd(hal9_reader **r, int fd, const char *name, unsigned kinds, int threads);
/* NULL is let be. */
HAL9_API void hal9_close(hal9_reader *r);

HAL9_API const hal9_header *hal9_reader_header(const hal9_reader *r);
/* NULL behind the last. */
HAL9_API const hal9_population *hal9_reader_population(const hal9_reader *r, uint32_t i);
/* Known from the first hal9_next on. NULL behind the last. */
HAL9_API const hal9_projection *hal9_reader_projection(const hal9_reader *r, uint32_t i);
/* Those met so far: all after HAL9_END. In order of time; NULL behind the last. Valid until the
 * next call with the same reader. */
HAL9_API const hal9_provenance *hal9_reader_provenance(hal9_reader *r, uint32_t i);
/* The name of measurement i that is in the stream, such as "step.simulate_s", and *value; those met so far:
 * all after HAL9_END. NULL behind the last. */
HAL9_API const char *hal9_reader_metric(const hal9_reader *r, uint32_t i, double *value);
/* What the neuron is called elsewhere, "" where it has no label; known from the first hal9_next on. Valid
 * until the next call with the same reader. */
HAL9_API const char *hal9_reader_label(hal9_reader *r, uint32_t id);

/* Reads on: the kind of what came, or HAL9_END, or below 0. Neurons come first, then connections, then
 * signals and states as they are in the stream. Only HAL9_END says that the stream was whole: what came
 * before is good, but may not be all. Populations without positions and columns have no neurons records. */
HAL9_API int hal9_next(hal9_reader *r);
/* What the last hal9_next handed out; NULL when it was of another kind. */
HAL9_API const hal9_neurons *hal9_get_neurons(const hal9_reader *r);
HAL9_API const hal9_connections *hal9_get_connections(const hal9_reader *r);
HAL9_API const hal9_signals *hal9_get_signals(const hal9_reader *r);
HAL9_API const hal9_states *hal9_get_states(const hal9_reader *r);
/* The content hash as 32 hexadecimal digits, after HAL9_END; "" before. */
HAL9_API const char *hal9_reader_hash(const hal9_reader *r);

/* ---- writing ---- */

typedef struct hal9_writer hal9_writer;

/* Begins a stream in the file `path` (NULL or "-": standard output), which gets its name when hal9_finish has
 * made it whole. program, version and options (those that shape the result, may be "") go into its
 * provenance. `level` is zstd's, -50 to 19; 0: the default. `threads` as for hal9_open; the stream is the
 * same for any number. A terminal is refused. */
HAL9_API int hal9_create(hal9_writer **w, const char *path, const char *program, const char *version,
                         const char *options, int level, int threads);
/* The same to an open descriptor, which stays the caller's. */
HAL9_API int hal9_create_fd(hal9_writer **w, int fd, const char *name, const char *program,
                            const char *version, const char *options, int level, int threads);

/* First what the stream is about: like another, or by hal9_set_header and then hal9_add_population for each.
 */

/* Header, populations and labels (where they are read) of r, and r as a parent in the provenance. r must be
 * at HAL9_END when hal9_finish is called, and open until then. */
HAL9_API int hal9_set_like(hal9_writer *w, hal9_reader *r);
/* Of *h neurons and populations are not looked at: they follow from the populations added. */
HAL9_API int hal9_set_header(hal9_writer *w, const hal9_header *h);
/* Of *p first is not looked at, of its values column matters by its sign: those not below 0 are columns, in
 * order. */
HAL9_API int hal9_add_population(hal9_writer *w, const hal9_population *p);
/* A stream that is another parent (at most 8); as for hal9_set_like. */
HAL9_API int hal9_add_parent(hal9_writer *w, hal9_reader *r);

/* Then its records, in the order neurons, projections, connections, signals and states. Each of these returns
 * 0, or below 0 with HAL9_EUSAGE when an id, order or number is not as it must be. */

/* In order of ids, and when any, then all of every population that is placed or has columns. */
HAL9_API int hal9_write_neurons(hal9_writer *w, const hal9_neurons *n);
/* All before the first connections; source and target are numbers of populations. Its rule becomes "explicit"
 * and it is not deferred, whatever *p says; NAN as weight or delay is allowed where connections tell. */
HAL9_API int hal9_add_projection(hal9_writer *w, const hal9_projection *p);
/* In order of source over all calls; those of one source in any order. Weights are checked to be what the
 * projection's encoding holds: with HAL9_WEIGHTS_CONSTANT they are not looked at (weight may be NULL when all
 * are). */
HAL9_API int hal9_write_connections(hal9_writer *w, const hal9_connections *c);
/* One batch. from must be where the last one ended; in order of step and id. */
HAL9_API int hal9_write_signals(hal9_writer *w, const hal9_signals *s);
HAL9_API int hal9_write_states(hal9_writer *w, const hal9_states *s);

/* Ends the stream: nothing else makes it whole. Closes and releases w in every case, failed or not. */
HAL9_API int hal9_finish(hal9_writer *w);
/* Releases w without making the stream whole; a file does not appear. NULL is let be. */
HAL9_API void hal9_abandon(hal9_writer *w);

#ifdef __cplusplus
}
#endif
#endif

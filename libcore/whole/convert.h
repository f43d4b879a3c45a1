/* Streams from other forms, and other forms from streams.
 *
 * A format is one struct of functions in a file of its own, listed in convert.c. Its reader fills an h9_import, which
 * becomes a stream by h9_import_write; its writer is given a stream. What a form cannot hold is told in notes. */
#ifndef H9_WHOLE_CONVERT_H
#define H9_WHOLE_CONVERT_H

#include "../base/labelmap.h"
#include "../format/codec.h"

enum h9_ids { H9_IDS_AUTO, H9_IDS_UUID, H9_IDS_TEXT, H9_IDS_COMPACT };
enum h9_part { H9_PART_NEURONS, H9_PART_CONNECTIONS, H9_PART_SIGNALS, H9_PARTS };

/* What times are counted in, where the other form does not say. */
enum h9_time_unit { H9_TIME_DEFAULT, H9_TIME_MS, H9_TIME_S, H9_TIME_US, H9_TIME_STEPS };

typedef struct h9_convert_options {
  const char *path[H9_PARTS]; /* files of the other form; NULL: not converted */
  const char *folder;        /* that holds, or is to hold, all of it; NULL: none */
  const char *const *more_signals; /* further files of signals to read */
  int n_more_signals;
  const char *const *states; /* files of recorded state to read */
  int n_states;
  enum h9_time_unit time_unit; /* DEFAULT: the format's */
  bool id_base_0;            /* neurons that are called by numbers are counted from 0 */
  bool base_given;           /* that was said; else it is the format's */
  bool round;                /* times between steps are rounded; else they are refused */
  const char *source, *target; /* populations: their connections, by index in them; NULL: all, by id */
  const char *network;       /* a stream that the neurons are of; NULL: none */
  enum h9_ids ids;
  double dt;                 /* ms */
  bool dt_given, seed_given;
  uint64_t seed;
  const char *population, *model; /* of neurons that are given none */
  double weight, delay;      /* where a table has none: in the model's unit, ms; NaN: not given */
  double start, stop;        /* ms, of the recording; NaN: from 0 to the last signal */
  uint64_t batch;            /* signals of the largest batch; 0: as many as suit */
  int threads;
} h9_convert_options;

/* Neurons as they are read, a row each, in the input's order. */
typedef struct h9_neuron_rows {
  const char *name; /* of the input, for messages */
  size_t n;
  const uint64_t *line;
  const uint32_t *id; /* what h9_import_label gave */
  const h9_labelmap *populations, *models; /* NULL: all are of the one in the options */
  const uint32_t *population, *model;      /* entries */
  int dimensions;
  uint32_t n_values;
  const double *number[3 + 64]; /* coordinates in um, then values; NaN: none */
  const char *number_name[3 + 64];
} h9_neuron_rows;

typedef struct h9_import_edge {
  double weight;
  uint32_t target; /* id */
  uint16_t delay;  /* steps */
  uint16_t kind; /* a class; where there are none, of the target's population, settled by h9_import_write */
} h9_import_edge;

/* Connections of one sort onto one population: from each population they are a projection. */
typedef struct h9_import_class {
  uint32_t target; /* population */
  char *name, *synapse;
  uint32_t n_values;
  h9_synapse_value *values;
} h9_import_class;

typedef struct h9_import_signal {
  h9_step step;
  uint32_t id;
  uint32_t priority : 8, population : 24; /* population: an entry, where ids count in populations and are not settled */
  double strength;
} h9_import_signal;

/* A network and activity on their way into a stream. Until labels are settled, "ids" are entries of `labels`. */
typedef struct h9_import {
  h9_convert_options *o; /* dt and seed may come with what is read */
  h9_buf notes; /* lines */
  h9_labelmap *labels; /* NULL: ids are compact */
  enum h9_ids ids;
  bool settled;      /* labels became ids */
  h9_id *id_of;      /* [entry] */
  h9_labelmap *local; /* names of populations that signals count their neurons in; NULL: there are none */
  bool known;         /* the neurons are another stream's */
  int n_files;       /* of signals, so far */
  bool has_neurons;   /* they were read with what there is to know of each */
  uint32_t least_neurons; /* what a table says that there are, compact ids or not */
  h9_network net;
  /* connections */
  bool has_connections, weight_given; /* weight_given: its unit */
  char weight_unit[16];
  h9_dim weight_dim;
  size_t n_edges, cap_edges, cap_sources;
  uint32_t *source; /* [n_edges] id */
  h9_import_edge *edge;
  uint32_t n_classes; /* 0: one for each population, of static synapses */
  size_t cap_classes;
  h9_import_class *classes;
  /* signals */
  bool has_signals, strong, prioritised;
  bool raw; /* their ids are entries of labels, or count in populations that are entries: they came before all was settled */
  uint64_t n_all_signals;
  h9_step first, last;           /* of them */
  uint32_t largest_id, *most;    /* most: [cap_most] by population, where ids count there */
  size_t cap_most;
  size_t n_signals, cap_signals, next_signal; /* in memory */
  h9_import_signal *signal;
  struct h9_spill *spill;        /* the others; NULL: there are none */
  /* recorded state */
  size_t n_states, cap_states;
  h9_state *state;
} h9_import;

void h9_import_release(h9_import *m);
H9_PRINTF(2, 3) void h9_note(h9_buf *notes, const char *fmt, ...); /* a line */

/* Whether it can name a population. */
bool h9_import_is_name(const char *text, size_t len);
/* Chooses the form of ids by the first label when it is not given; H9_EDATA. */
int h9_import_begin_labels(h9_import *m, const char *text, size_t len, h9_error *e) H9_UNUSED_RESULT;
/* Adds a label by a thread: its entry (or, of compact ids, the id) in *id. H9_EDATA without a place: malformed. */
int h9_import_label(h9_import *m, int thread, const char *text, size_t len, uint64_t position, uint32_t *id,
                    h9_error *e) H9_UNUSED_RESULT;
/* The id of neuron `text` of population p, counted there; not settled: counted from 1. */
int h9_import_index(const h9_import *m, int p, const char *text, size_t len, uint32_t *id, h9_error *e) H9_UNUSED_RESULT;
/* Takes the neurons of the stream o->network, and its dt and seed where o (the import's own) has none. numbers: labels
 * that are no numbers are of no use. */
int h9_import_network(h9_import *m, h9_convert_options *o, bool numbers, h9_error *e) H9_UNUSED_RESULT;
/* Makes the network's neurons of rows: ids by population, in a population by row; or as they are given, where ids are
 * compact. H9_EDATA with line and name. */
int h9_import_take_neurons(h9_import *m, const h9_neuron_rows *r, h9_error *e) H9_UNUSED_RESULT;
/* The id of a label that must be known: after h9_import_settle. */
int h9_import_find(const h9_import *m, const char *text, size_t len, uint32_t *id, h9_error *e) H9_UNUSED_RESULT;
/* Without a table of neurons: all labels become neurons of one population, ids in the order of first appearance. */
int h9_import_settle(h9_import *m, h9_error *e) H9_UNUSED_RESULT;
/* Labels in the order of ids into net.labels; `entry` of each id - 1. */
int h9_import_keep_labels(h9_import *m, const uint32_t *entry, h9_error *e) H9_UNUSED_RESULT;

/* Writes all as a stream: head, labels, neurons, projections, connections, signals, states. */
int h9_import_write(h9_import *m, h9_writer *w, h9_error *e) H9_UNUSED_RESULT;

struct h9_listing;
struct h9_listing_row;
typedef struct h9_format {
  const char *name, *about;
  char separator;
  bool numbers;              /* neurons are called by numbers only */
  bool indices;              /* neurons are called by ids or places in a population only, whatever their labels */
  bool no_delays;            /* of connections */
  bool local_ids;            /* ids of signals count in a population */
  bool id_base_0;            /* numbers count from 0 unless it is said otherwise */
  bool binary;               /* nothing for a terminal */
  bool unicode;              /* texts are in UTF-8 */
  bool folders;              /* is a folder of files */
  bool plain;                /* signals are times and neurons only */
  enum h9_time_unit time;    /* what times are counted in unless it is said otherwise */
  uint8_t times;             /* bit H9_TIME_*: what may be said; 0: anything */
  uint8_t parts;             /* bit H9_PART_*: it has */
  /* Reads o->path[] into m; NULL: cannot be read. */
  int (*read)(const struct h9_format *f, h9_import *m, h9_error *e);
  /* Writes the stream on fd to o->path[]; NULL: cannot be written. */
  int (*write)(const struct h9_format *f, const h9_convert_options *o, int fd, const char *name, h9_buf *notes,
               h9_error *e);
  /* For h9_export_tables; NULL: as tables are. Columns of connections or signals; what stands before n rows; a row. */
  int (*columns)(struct h9_listing *c, enum h9_part part, h9_error *e);
  void (*header)(const struct h9_listing *c, enum h9_part part, uint64_t n, h9_buf *b);
  void (*row)(const struct h9_listing *c, enum h9_part part, const struct h9_listing_row *r, h9_buf *b);
  bool counted; /* what stands before the rows says how many there are: they wait in a temporary file until all are there */
  /* Writes n rows that lie in `from` to `to`; NULL: header, rows. */
  int (*finish)(const struct h9_listing *c, enum h9_part part, uint64_t n, int from, int to, h9_error *e);
} h9_format;
extern const h9_format h9_format_tsv, h9_format_csv, h9_format_nest, h9_format_gdf, h9_format_auryn, h9_format_bmtk,
    h9_format_ndjson, h9_format_npy, h9_format_npz, h9_format_pynn, h9_format_mtx, h9_format_sonata;
/* The formats besides the stream; NULL behind the last one. */
const h9_format *h9_format_at(size_t i);
const h9_format *h9_format_find(const char *name);

#endif

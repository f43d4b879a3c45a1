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

typedef struct h9_convert_options {
  const char *path[H9_PARTS]; /* files of the other form; NULL: not converted */
  enum h9_ids ids;
  double dt;                 /* ms */
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
  uint16_t population; /* of the target; settled by h9_import_write */
} h9_import_edge;

typedef struct h9_import_signal {
  h9_step step;
  uint32_t id;
  uint8_t priority;
  double strength;
} h9_import_signal;

/* A network and activity on their way into a stream. Until labels are settled, "ids" are entries of `labels`. */
typedef struct h9_import {
  const h9_convert_options *o;
  h9_buf notes; /* lines */
  h9_labelmap *labels; /* NULL: ids are compact */
  enum h9_ids ids;
  bool settled;      /* labels became ids */
  h9_id *id_of;      /* [entry] */
  h9_network net;
  /* connections */
  bool has_connections, weight_given; /* weight_given: its unit */
  char weight_unit[16];
  h9_dim weight_dim;
  size_t n_edges, cap_edges, cap_sources;
  uint32_t *source; /* [n_edges] id */
  h9_import_edge *edge;
  /* signals */
  bool has_signals, strong, prioritised;
  size_t n_signals, cap_signals;
  h9_import_signal *signal;
} h9_import;

void h9_import_release(h9_import *m);
H9_PRINTF(2, 3) void h9_note(h9_buf *notes, const char *fmt, ...); /* a line */

/* Chooses the form of ids by the first label when it is not given; H9_EDATA. */
int h9_import_begin_labels(h9_import *m, const char *text, size_t len, h9_error *e) H9_UNUSED_RESULT;
/* Adds a label by a thread: its entry (or, of compact ids, the id) in *id. H9_EDATA without a place: malformed. */
int h9_import_label(h9_import *m, int thread, const char *text, size_t len, uint64_t position, uint32_t *id,
                    h9_error *e) H9_UNUSED_RESULT;
/* Makes the network's neurons of rows: ids by population, in a population by row; or as they are given, where ids are
 * compact. H9_EDATA with line and name. */
int h9_import_take_neurons(h9_import *m, const h9_neuron_rows *r, h9_error *e) H9_UNUSED_RESULT;
/* The id of a label that must be known: after h9_import_settle. */
int h9_import_find(const h9_import *m, const char *text, size_t len, uint32_t *id, h9_error *e) H9_UNUSED_RESULT;
/* Without a table of neurons: all labels become neurons of one population, ids in the order of first appearance. */
int h9_import_settle(h9_import *m, h9_error *e) H9_UNUSED_RESULT;
/* Labels in the order of ids into net.labels; `entry` of each id - 1. */
int h9_import_keep_labels(h9_import *m, const uint32_t *entry, h9_error *e) H9_UNUSED_RESULT;

/* Writes all as a stream: head, labels, neurons, projections, connections, signals. */
int h9_import_write(h9_import *m, h9_writer *w, h9_error *e) H9_UNUSED_RESULT;

typedef struct h9_format {
  const char *name, *about;
  char separator;
  /* Reads o->path[] into m; NULL: cannot be read. */
  int (*read)(const struct h9_format *f, h9_import *m, h9_error *e);
  /* Writes the stream on fd to o->path[]; NULL: cannot be written. */
  int (*write)(const struct h9_format *f, const h9_convert_options *o, int fd, const char *name, h9_buf *notes,
               h9_error *e);
} h9_format;
extern const h9_format h9_format_tsv, h9_format_csv;
/* The formats besides the stream; NULL behind the last one. */
const h9_format *h9_format_at(size_t i);
const h9_format *h9_format_find(const char *name);

/* Tables of text: all of them; convert_neurons.c, convert_lists.c: one. */
int h9_import_tables(const h9_format *f, h9_import *m, h9_error *e) H9_UNUSED_RESULT;
int h9_import_neurons(h9_import *m, const char *path, char separator, h9_error *e) H9_UNUSED_RESULT;
int h9_import_connections(h9_import *m, const char *path, char separator, h9_error *e) H9_UNUSED_RESULT;
int h9_import_signals(h9_import *m, const char *path, char separator, h9_error *e) H9_UNUSED_RESULT;
/* convert_export.c */
int h9_export_tables(const h9_format *f, const h9_convert_options *o, int fd, const char *name, h9_buf *notes,
                     h9_error *e) H9_UNUSED_RESULT;

#endif

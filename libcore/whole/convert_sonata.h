/* SONATA, the format of networks and their activity of the Allen Institute and the Blue Brain Project (Dai et
 * al. 2020, PLoS Comput Biol 16:e1007696; the developer guide of its repository): HDF5 files of nodes, edges,
 * spikes and reports, tables of their types as CSV, configurations as JSON. What hal9 makes of each is told
 * in hal9-convert(1). */
#ifndef H9_WHOLE_CONVERT_SONATA_H
#define H9_WHOLE_CONVERT_SONATA_H

#include "../base/io.h"
#include "convert_parts.h"
#include "hdf5.h"

#define H9_SONATA_MAGIC UINT32_C(0x0A7A)
/* Attributes that only hal9 knows: of a population of nodes, corners of the network's domain, um; of a
 * report's data, what was recorded. */
#define H9_SONATA_LOW "hal9_domain_low"
#define H9_SONATA_HIGH "hal9_domain_high"
#define H9_SONATA_VARIABLE "hal9_variable"

/* ---- configurations: convert_sonata_config.c ---- */

typedef struct h9_sonata_config {
  struct h9_sonata_file {
    char *h5, *types; /* types: NULL where there is no table */
  } * nodes, *edges;
  size_t n_nodes, n_edges;
  char *neurons, *synapses; /* folders of parameters; NULL: the configuration's own */
  char *folder;
  double dt;    /* ms; NaN: not told */
  int64_t seed; /* -1: not told */
} h9_sonata_config;
/* path: a configuration of a simulation or of a circuit, or a folder with one. H9_ENOINPUT, H9_EDATA with
 * file and place. */
int h9_sonata_config_read(h9_sonata_config *c, const char *path, h9_error *e) H9_UNUSED_RESULT;
void h9_sonata_config_release(h9_sonata_config *c);

/* Parameters of a JSON file in file order. */
typedef struct h9_sonata_params {
  size_t n;
  struct h9_sonata_param {
    char *name, *text; /* text: where it is no number; "" for lists and objects */
    double value;
  } * param;
} h9_sonata_params;
int h9_sonata_params_read(h9_sonata_params *p, const char *folder, const char *file,
                          h9_error *e) H9_UNUSED_RESULT;
void h9_sonata_params_release(h9_sonata_params *p);

/* ---- tables of types: convert_sonata_types.c ---- */

/* Cells between blanks, in quotes where blanks are in them. */
typedef struct h9_sonata_types {
  char *path, *text;
  size_t n_columns, n; /* rows */
  const char **cell;   /* [1 + n][n_columns]: names of columns, then rows */
  uint64_t *line;      /* [1 + n] */
  int64_t *id;         /* [n] */
} h9_sonata_types;
/* `key`: the column of ids, as "node_type_id". H9_EDATA with file and line. */
int h9_sonata_types_read(h9_sonata_types *t, const char *path, const char *key, h9_error *e) H9_UNUSED_RESULT;
void h9_sonata_types_release(h9_sonata_types *t);
size_t h9_sonata_types_find(const h9_sonata_types *t, int64_t id); /* row; SIZE_MAX: none */
/* NULL where there is no such column, or no value in it. */
const char *h9_sonata_types_get(const h9_sonata_types *t, size_t row, const char *column);
/* *there: it has a value. H9_EDATA where it is no number. */
int h9_sonata_types_number(const h9_sonata_types *t, size_t row, const char *column, double *v, bool *there,
                           h9_error *e) H9_UNUSED_RESULT;

/* ---- reading ---- */

/* The nodes of a population, which may be several populations of hal9: one for each type. */
typedef struct h9_sonata_nodes {
  char *name;
  uint32_t n;
  h9_id *id; /* [n] by node_id */
} h9_sonata_nodes;

typedef struct h9_sonata_import {
  h9_import *m;
  h9_sonata_config config;
  bool has_domain;
  size_t n_nodes, cap_nodes;
  h9_sonata_nodes *nodes;
} h9_sonata_import;

int h9_sonata_read_nodes(h9_sonata_import *x, h9_error *e) H9_UNUSED_RESULT; /* convert_sonata_nodes.c */
int h9_sonata_read_edges(h9_sonata_import *x, h9_error *e) H9_UNUSED_RESULT; /* convert_sonata_edges.c */
/* Spikes of the neurons of x->nodes, or of m's network where populations have its names.
 * convert_sonata_spikes.c */
int h9_sonata_read_spikes(h9_sonata_import *x, const char *path, h9_error *e) H9_UNUSED_RESULT;
/* Recorded state of the same: the variable is called as the file is, unless that tells.
 * convert_sonata_reports.c */
int h9_sonata_read_report(h9_sonata_import *x, const char *path, h9_error *e) H9_UNUSED_RESULT;
/* Whose activity the group `where` of a file holds, by the name of the population; NULL: there is none. */
typedef struct h9_sonata_who {
  const h9_sonata_nodes *nodes;    /* of a circuit; or NULL, and then */
  const h9_population *population; /* of a network, or NULL, and then */
  uint32_t entry;                  /* of m->local */
} h9_sonata_who;
int h9_sonata_who_is(h9_sonata_import *x, const h9_h5 *h5, const char *where, const char *name,
                     h9_sonata_who *who, h9_error *e) H9_UNUSED_RESULT;
const h9_sonata_nodes *h9_sonata_nodes_find(const h9_sonata_import *x, const char *name);

/* ---- writing ---- */

/* A file in the making: under its name only when it is whole. */
typedef struct h9_sonata_out {
  h9_output out;
  h9_h5 h5;
} h9_sonata_out;
/* Makes the folders above it; version and magic are in it. */
int h9_sonata_out_open(h9_sonata_out *o, const char *path, h9_error *e) H9_UNUSED_RESULT;
int h9_sonata_out_close(h9_sonata_out *o, h9_error *e) H9_UNUSED_RESULT; /* whole; released in every case */
void h9_sonata_out_drop(h9_sonata_out *o);
/* A text file at folder/name; *path (may be NULL) is not needed. */
int h9_sonata_put_text(const char *folder, const char *name, const h9_buf *text,
                       h9_error *e) H9_UNUSED_RESULT;
H9_PRINTF(1, 2) char *h9_sonata_path(const char *fmt, ...); /* NULL: out of memory */

int h9_sonata_write_nodes(const h9_network *net, const char *folder, h9_buf *notes, const char *name,
                          h9_error *e) H9_UNUSED_RESULT;
/* From the connections that follow in the reader, whose next block is *block. */
int h9_sonata_write_edges(h9_network *net, h9_reader *r, h9_block *block, bool *ended, const char *folder,
                          int threads, h9_buf *notes, const char *name, h9_error *e) H9_UNUSED_RESULT;
int h9_sonata_write_config(const h9_network *net, const char *folder, h9_error *e) H9_UNUSED_RESULT;

/* Spikes to one file, states to one each in a folder (NULL: they are let be), as they come. */
typedef struct h9_sonata_activity h9_sonata_activity;
int h9_sonata_activity_new(h9_sonata_activity **a, const h9_network *net, const char *spikes,
                           const char *folder, h9_error *e) H9_UNUSED_RESULT;
int h9_sonata_activity_signals(h9_sonata_activity *a, const h9_signals *s, h9_error *e) H9_UNUSED_RESULT;
int h9_sonata_activity_state(h9_sonata_activity *a, const h9_state *s, h9_error *e) H9_UNUSED_RESULT;
/* Ends the files when rc is H9_OK, else drops them; frees a; returns rc or what went wrong. */
int h9_sonata_activity_end(h9_sonata_activity *a, int rc, h9_buf *notes, const char *name,
                           h9_error *e) H9_UNUSED_RESULT;

/* Steps as ms: the number next to the decimal, as dt * 3 is not 0.3. */
typedef struct h9_sonata_clock {
  double dt, per_ms; /* per_ms: steps in a ms, 0 where that is no whole number */
} h9_sonata_clock;
static inline h9_sonata_clock h9_sonata_clock_of(double dt) {
  double per = (double)(int64_t)(1 / dt + 0.5);
  return (h9_sonata_clock){dt, per >= 1 && 1 / per == dt ? per : 0};
}
static inline double h9_sonata_ms(const h9_sonata_clock *c, h9_step step) {
  return c->per_ms > 0 ? (double)step / c->per_ms : (double)step * c->dt;
}

#endif

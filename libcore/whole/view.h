/* Looking into streams: records as rows of a table, one file a kind of record. */
#ifndef H9_WHOLE_VIEW_H
#define H9_WHOLE_VIEW_H

#include "../format/codec.h"
#include "select.h"
#include "table.h"

typedef struct h9_view {
  int threads;
  bool json, header, count;
  bool labels;         /* the mode's own columns and labels */
  char **columns;      /* asked for; n_columns 0: the mode's own choice */
  uint32_t n_columns;
  uint64_t head;       /* at most so many rows of each stream; UINT64_MAX: all */
  h9_select select;
  int fd;              /* output */
  h9_buf out;
  uint64_t rows;       /* of this stream so far */
  bool headed;         /* the header line is out */
} h9_view;

/* Each reads one stream from `fd` to its end, or until enough rows came out. H9_OK or an error. */
int h9_view_neurons(h9_view *v, int fd, const char *name, h9_error *e) H9_UNUSED_RESULT;
int h9_view_signals(h9_view *v, int fd, const char *name, h9_error *e) H9_UNUSED_RESULT;
int h9_view_states(h9_view *v, int fd, const char *name, h9_error *e) H9_UNUSED_RESULT;
int h9_view_connections(h9_view *v, int fd, const char *name, h9_error *e) H9_UNUSED_RESULT;
int h9_view_projections(h9_view *v, int fd, const char *name, h9_error *e) H9_UNUSED_RESULT;
int h9_view_provenance(h9_view *v, int fd, const char *name, h9_error *e) H9_UNUSED_RESULT;
int h9_view_labels(h9_view *v, int fd, const char *name, h9_error *e) H9_UNUSED_RESULT;
int h9_view_blocks(h9_view *v, int fd, const char *name, h9_error *e) H9_UNUSED_RESULT;
int h9_view_metrics(h9_view *v, int fd, const char *name, h9_error *e) H9_UNUSED_RESULT;
/* What is in the stream, for people. */
int h9_view_summary(h9_view *v, int fd, const char *name, h9_error *e) H9_UNUSED_RESULT;
/* The same as JSON, appended to v->out, of a stream that was read to its end. */
int h9_view_summary_json(h9_view *v, const h9_network *net, const h9_reader *r, const char *name,
                         h9_error *e) H9_UNUSED_RESULT;
void h9_view_release(h9_view *v);

/* ---- shared by the above ---- */

/* A column that a mode knows. */
typedef struct h9_view_column { const char *name; int code; } h9_view_column;

/* Codes of the columns asked for (or of `own`, names with commas between) in code[]; a name not in `known`
 * gets `other` when that is not negative, else H9_EUSAGE with the nearest. *names points to the n names, to
 * be freed with h9_view_names_free. */
int h9_view_columns(const h9_view *v, const char *own, const h9_view_column *known, size_t n_known, int other,
                    char ***names, int *code, uint32_t *n, h9_error *e) H9_UNUSED_RESULT;
void h9_view_names_free(char **names, uint32_t n);
/* Prepares the table and writes the header line once. */
int h9_view_begin(h9_view *v, h9_table *t, char *const *names, uint32_t n, h9_error *e) H9_UNUSED_RESULT;
/* Room for `bytes` more at the end of the output; NULL (H9_ESYSTEM or H9_EIO in *e) when there is none. The
 * caller sets v->out.len by h9_view_took. */
char *h9_view_room(h9_view *v, size_t bytes, h9_error *e);
static inline void h9_view_took(h9_view *v, const char *end) {
  v->out.len = (size_t)(end - (const char *)v->out.data);
}
/* Writes what was gathered, all of it or when it is much. */
int h9_view_flush(h9_view *v, bool all, h9_error *e) H9_UNUSED_RESULT;
/* --count's line. */
int h9_view_put_count(h9_view *v, uint64_t n, h9_error *e) H9_UNUSED_RESULT;
/* One text as it stands in a cell, for names that come often. Freed by the caller; NULL: no memory */
char *h9_view_cell_text(const h9_table *t, const char *text);
/* What a neuron is called, as a cell; empty (null in JSON) where it has no label. Takes at most H9_VIEW_LABEL bytes. */
enum { H9_VIEW_LABEL = 2 * (H9_NAME_MAX + 1) };
char *h9_view_label(const h9_table *t, const h9_labels *l, h9_id id, char *p);
/* "fixed_indegree 10 gaussian(sigma=100,mean=0)"; "normal(mean=1.5,sd=0.75)" or a number. */
void h9_view_rule_text(h9_buf *b, const h9_projection *p);
void h9_view_dist_text(h9_buf *b, const h9_dist *d);
/* Values given for the synapses of p: "tau_plus=20 lambda=0.01". */
void h9_view_synapse_text(h9_buf *b, const h9_network *net, const h9_projection *p, const char *between);

#endif

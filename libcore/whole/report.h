/* What hal9-stats finds out about one stream, and its forms: tables for people, JSON, TSV. */
#ifndef H9_WHOLE_REPORT_H
#define H9_WHOLE_REPORT_H

#include "../base/json.h"
#include "../model/activity.h"
#include "../model/netstats.h"

typedef struct h9_report_options {
  h9_activity_options activity;
  bool quick; /* connections counted by expectation, not one by one */
  uint32_t follow; /* of each population, neurons whose outgoing connections are kept */
  uint32_t top; /* how many of the most active neurons are listed */
  int threads;
} h9_report_options;

typedef struct h9_state_summary { /* of a recorded variable of a population or group */
  char *variable, *unit, *group;
  uint64_t n; /* samples */
  double mean, m2, low, high;
} h9_state_summary;
double h9_state_summary_sd(const h9_state_summary *x);

typedef struct h9_stream_report {
  char *name;
  h9_network net;
  uint64_t stream_bytes;
  bool has_connections, expanded;   /* expanded: counted one by one */
  double connections;               /* or expected */
  h9_netstats connection_stats;     /* when expanded */
  h9_summary *indegree, *outdegree; /* [n_populations], when expanded */
  bool has_activity;
  uint32_t top;
  double from, duration; /* ms */
  uint64_t signals;
  h9_activity *activity;              /* owns the PSTHs */
  h9_activity_population *population; /* [n_populations] */
  uint32_t n_states;
  h9_state_summary *state;
} h9_stream_report;

/* Called now and then while reading; done is in bytes. */
typedef void (*h9_report_progress)(void *ctx, double done);

/* Reads the stream on fd to its end. */
int h9_stream_report_make(h9_stream_report *s, int fd, const char *name, const h9_report_options *o,
                          h9_report_progress progress, void *ctx, h9_error *e) H9_UNUSED_RESULT;
void h9_stream_report_release(h9_stream_report *s);

/* report_state.c: samples of a block later than `after`, not later than `until` (ms). */
int h9_stream_report_state(h9_stream_report *s, const h9_state *d, double after, double until,
                           h9_error *e) H9_UNUSED_RESULT;
void h9_stream_report_state_release(h9_stream_report *s);

/* report_top.c: the most active neurons of the populations in `only`. */
void h9_stream_report_top_text(const h9_stream_report *s, const char *const *only, h9_buf *out);
void h9_stream_report_top_json(const h9_stream_report *s, const char *const *only, h9_json *j);
void h9_stream_report_top_tsv(const h9_stream_report *s, const char *const *only, h9_buf *out);

/* report_performance.c: what the metrics of the stream say of the run that made it. */
void h9_stream_report_performance_text(const h9_stream_report *s, h9_buf *out);
void h9_stream_report_performance_json(const h9_stream_report *s, h9_json *j);
void h9_stream_report_performance_tsv(const h9_stream_report *s, h9_buf *out);

/* Each appends to *out (check out->failed). only: population names to print, NULL: all. */
void h9_stream_report_text(const h9_stream_report *s, const char *const *only, h9_buf *out);
void h9_stream_report_json(const h9_stream_report *s, const char *const *only, h9_json *j);
void h9_stream_report_tsv(const h9_stream_report *s, const char *const *only, h9_buf *out);

#endif

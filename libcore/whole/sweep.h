/* What all runs of an experiment say together: a row a run, and means over repeats. */
#ifndef H9_WHOLE_SWEEP_H
#define H9_WHOLE_SWEEP_H

#include "../base/bytes.h"
#include "../base/json.h"
#include "experiment.h"

typedef struct h9_sweep {
  const h9_plan *p;
  size_t n_columns;
  char **column;   /* names of figures: the summary's, or by default each population's rate and irregularity */
  char **path;     /* where they stand in statistics.json */
  double *value;   /* [n runs][n_columns]; NaN: there is none */
  bool *there;     /* [n runs]: finished */
} h9_sweep;

/* Takes figures from statistics.json in the folder of a finished run. H9_EDATA: no such place there. */
int h9_sweep_open(h9_sweep *s, const h9_plan *p, h9_error *e) H9_UNUSED_RESULT;
int h9_sweep_add(h9_sweep *s, size_t run, const char *folder, h9_error *e) H9_UNUSED_RESULT;
void h9_sweep_release(h9_sweep *s);
/* Tab-separated: run, parameters, repeat, seed, figures; a row a finished run. */
int h9_sweep_table(const h9_sweep *s, h9_buf *out, h9_error *e) H9_UNUSED_RESULT;
/* For people: a line a point, means (and standard deviations) over repeats. */
int h9_sweep_summary(const h9_sweep *s, h9_buf *out, h9_error *e) H9_UNUSED_RESULT;
/* For programs: a list of points, with parameters as they were written, "runs", means and, over repeats, "NAME_sd". */
void h9_sweep_json(const h9_sweep *s, h9_json *j);

#endif

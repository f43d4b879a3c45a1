/* Named measurements that a program keeps and the stream's metrics block carries. */
#ifndef H9_BASE_METRICS_H
#define H9_BASE_METRICS_H

#include "status.h"

/* Names are dotted, lower case, with the unit last: "step.simulate_s", "step.signals",
 * "index.build_s", "step.peak_rss_bytes", "step.threads", "step.real_time_factor". */
typedef struct h9_metric {
  char name[64];
  double value;
} h9_metric;

typedef struct h9_metrics {
  h9_metric item[64];
  uint32_t n;
} h9_metrics;

/* Sets or overwrites; silently keeps the first 64 names. */
void h9_metrics_set(h9_metrics *m, const char *name, double value);
/* NaN when there is none of that name. */
double h9_metrics_get(const h9_metrics *m, const char *name);

#endif

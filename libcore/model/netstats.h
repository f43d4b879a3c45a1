/* Statistics of a network's connections, gathered from a row source on all its workers. Sums of
 * whole numbers are exact; others are added in the order of the groups, so that results do not depend
 * on the number of threads. */
#ifndef H9_MODEL_NETSTATS_H
#define H9_MODEL_NETSTATS_H

#include "rowsource.h"
#include "summary.h"

/* Moments of a quantity over the connections of a projection. */
typedef struct h9_moments {
  double n, sum, squares, min, max;
} h9_moments;
double h9_moments_mean(const h9_moments *m); /* NaN when empty */
double h9_moments_sd(const h9_moments *m);   /* n - 1 */

typedef struct h9_projection_stats {
  uint64_t connections;
  h9_moments weight, delay, distance; /* model's unit, ms, um; distance empty where a side is not placed */
  uint64_t *delays; /* [H9_NETSTATS_DELAYS] connections of each delay in steps; the last: that and longer
                       (moments know them exactly) */
  uint64_t *distances; /* [H9_NETSTATS_DISTANCES] connections of each distance, up to `reach`; NULL: not placed */
  double distance_decile[11]; /* within a 4096th of the greatest distance possible; NaN when empty */
} h9_projection_stats;
enum { H9_NETSTATS_DELAYS = 1024, H9_NETSTATS_DISTANCES = 4096 };

typedef struct h9_link {
  h9_id source, target;
} h9_link;

typedef struct h9_netstats {
  uint64_t connections;
  h9_projection_stats *projection; /* [n_projections] */
  uint32_t *indegree, *outdegree;  /* [n_neurons] */
  uint32_t n_projections;
  double reach;  /* the greatest distance possible, um */
  h9_link *link; /* [n_links] connections of the neurons followed, by source and target */
  size_t n_links;
} h9_netstats;

/* Runs the source to its end. `threads` as the source was made with. `follow`: flags of neurons [n_neurons] whose
 * outgoing connections are kept, NULL: none. */
int h9_netstats_gather(h9_netstats *s, const h9_network *net, h9_rowsource *source, const bool *follow, int threads,
                       h9_error *e) H9_UNUSED_RESULT;
void h9_netstats_release(h9_netstats *s);

#endif

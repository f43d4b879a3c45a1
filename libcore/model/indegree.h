/* How many connections of a projection one neuron can receive, before any is made. */
#ifndef H9_MODEL_INDEGREE_H
#define H9_MODEL_INDEGREE_H

#include "../format/network.h"

/* Most connections of `p` onto one target. Random numbers are bounded ten standard deviations above
 * their mean (a probability below 1e-20), connections by distance by the largest number of sources in any
 * window that holds what a neuron can reach. INFINITY where nothing is known. *certain: false where ties of
 * distances could break it. */
double h9_indegree_bound(const h9_network *net, const h9_projection *p, bool *certain);

#endif

/* Plastic projections: synapses whose weight sent changes with the spikes on both sides of them.
 *
 * They are held apart from the delay rows, in doubles. A tile holds for every plastic projection the synapses onto
 * its neurons: for every source a row of segments, one a delay, in arrays of weights and targets. A presynaptic
 * spike is taken up by every thread, which advances its own copy of the source's traces, and leaves a record of what
 * the synapses need of them; each segment is processed in the step in which it is due:
 *
 *   t the spike's step, t' that of the source's spike before it (0 at first), a and d the axonal and dendritic
 *   part of the delay: postsynaptic spikes p that arrive at the synapse after t' + a and not after t + a,
 *   that is t' + a < p + d <= t + a, facilitate, one after the other; then the trace of those that arrive before
 *   t + a depresses; then the weight is sent.
 *
 * Whatever changes a weight is so a function of the spike trains alone. What is sent is summed as int64 after
 * scaling by a power of two: neither threads nor tiles show in the result.
 *
 * The postsynaptic spikes of a tile lie in one log for each projection; every entry has the traces after the spike
 * and the place of the neuron's spike before it. A log that has grown long is swept: all synapses take up what
 * has arrived, and it is forgotten. For all rules but that of dopamine this is the same arithmetic at another time;
 * dopamine's synapses are swept at fixed times. */
#ifndef H9_MODEL_PLASTIC_H
#define H9_MODEL_PLASTIC_H

#include "exchange.h"
#include "synapses.h"

typedef struct h9_plastic h9_plastic;

/* A presynaptic spike processed by one synapse of a traced projection. */
typedef struct h9_plastic_event {
  uint32_t step, projection, source, target; /* step of emission; source and target: indices in the network */
  uint32_t order;                            /* among those that are otherwise equal: of a step, as they came */
  double sent, weight, state[H9_SYNAPSE_STATES_MAX];
} h9_plastic_event;

/* *out NULL when no projection is plastic. `net` (planned) and `tiling` outlive it. H9_EDATA for values that the
 * synapse model refuses. */
int h9_plastic_make(h9_plastic **out, const h9_network *net, const h9_tiling *tiling, h9_error *e) H9_UNUSED_RESULT;
void h9_plastic_free(h9_plastic *p);
bool h9_plastic_has(const h9_plastic *p, uint32_t projection); /* p may be NULL */
/* Of the projection's weights: 1 some may be above 0, 2 some below. */
unsigned h9_plastic_signs(const h9_plastic *p, uint32_t projection);
/* Expected bytes for `expected` synapses of the projection. */
double h9_plastic_bytes(const h9_plastic *p, uint32_t projection, double expected);

/* Building: begin, then rows from the row source's workers, then finish. `expected[n_projections]` synapses, 0 where
 * not known. */
int h9_plastic_begin(h9_plastic *p, const double *expected, int workers, h9_error *e) H9_UNUSED_RESULT;
int h9_plastic_build(void *plastic, int worker, const h9_group *g, void **slot, h9_error *e) H9_UNUSED_RESULT;
int h9_plastic_finish(h9_plastic *p, h9_error *e) H9_UNUSED_RESULT;
typedef struct h9_plastic_size {
  uint64_t synapses, bytes;
  uint32_t delay_min, delay_max; /* steps; 0: no synapse */
  double bound;                  /* of the sum of all |weights| onto one neuron */
} h9_plastic_size;
h9_plastic_size h9_plastic_size_of(const h9_plastic *p);
void h9_plastic_scale(h9_plastic *p, double wide_scale);

/* A thread takes up spikes, in any order but that each source's ascend, of the interval before step `now`; then
 * settles. */
void h9_plastic_take(h9_plastic *p, int share, const h9_spike *spikes, size_t n);
void h9_plastic_settle(h9_plastic *p, int share, h9_step now);
/* Adds what is due in step `now` in a tile to the inputs and returns how many synapses that was. */
uint64_t h9_plastic_deliver(h9_plastic *p, uint32_t tile, h9_step now, int parity, int32_t *slots, int64_t *wide);
/* Spikes of a tile's neurons of one population in step `now`, all of them. */
void h9_plastic_post(h9_plastic *p, uint32_t tile, uint32_t population, h9_step now, const h9_spike *spikes,
                     size_t n);
/* H9_ESYSTEM when the share ran out of memory, H9_EDATA when a weight outgrew what sums can hold. */
int h9_plastic_failed(const h9_plastic *p, int share, h9_error *e) H9_UNUSED_RESULT;
/* Events of traced projections that a share processed in an interval, in no order; the list is emptied. */
const h9_plastic_event *h9_plastic_events(h9_plastic *p, int share, int parity, size_t *n);
bool h9_plastic_traced(const h9_plastic *p);
/* No projection is traced. */
void h9_plastic_untrace(h9_plastic *p);
/* By step, projection, source, target; where these are equal the order stays. */
void h9_plastic_events_sort(h9_plastic_event *v, size_t n);

/* Puts the present weights into rows of a plastic projection (weight_d), in canonical order. */
int h9_plastic_weights(const h9_plastic *p, h9_rows *rows, h9_error *e) H9_UNUSED_RESULT;

#endif

/* What traced synapses did, as lines of text separated by tabs: one for every presynaptic spike that a synapse
 * processed, under a line of names: step (of the spike's emission), source and target (ids), projection (from 1),
 * w_sent and weight (in the unit of the target's model), and the states of the synapse models right after it, empty
 * where a model has no such state. */
#ifndef H9_WHOLE_SYNAPSE_TRACE_H
#define H9_WHOLE_SYNAPSE_TRACE_H

#include "../base/io.h"
#include "../format/network.h"
#include "../model/plastic.h"

typedef struct h9_synapse_trace {
  const h9_network *net;
  h9_output out;
  h9_buf text;
  uint32_t n_columns;
  const char *column[32]; /* names of states */
  h9_step from;           /* spikes of this step and before are not shown */
} h9_synapse_trace;

/* `path` "-" is standard output. `net` outlives it. */
int h9_synapse_trace_open(h9_synapse_trace *t, const h9_network *net, const char *path, h9_step from,
                          h9_error *e) H9_UNUSED_RESULT;
int h9_synapse_trace_add(h9_synapse_trace *t, const h9_plastic_event *v, size_t n, h9_error *e) H9_UNUSED_RESULT;
/* The file has its name only after it. */
int h9_synapse_trace_close(h9_synapse_trace *t, h9_error *e) H9_UNUSED_RESULT;
void h9_synapse_trace_abandon(h9_synapse_trace *t); /* after close: nothing */

#endif

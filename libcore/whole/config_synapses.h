/* The synapses of a connection in the configuration; not for others. */
#ifndef H9_WHOLE_CONFIG_SYNAPSES_H
#define H9_WHOLE_CONFIG_SYNAPSES_H

#include "config_parts.h"

/* The synapse model of the projection that `entry` describes, and its values; weight and delay were read before.
 * weight_unit: that of the target's model. */
bool h9_config_read_synapse(h9_config_reader *r, const h9_node *entry, const char *weight_unit,
                            h9_projection *p);

#endif

/* Makes the neurons of a network: positions by layout, parameters and initial state by distribution,
 * block by block in bounded memory. */
#ifndef H9_WHOLE_GENERATE_H
#define H9_WHOLE_GENERATE_H

#include "../format/codec.h"
#include "config.h"
#include "options.h"

enum { H9_GENERATE_BLOCK = 65536 }; /* neurons */

typedef struct h9_generator h9_generator;

/* Prepares `net` (populations named, of known models, with counts and first ids; seed and dt set):
 * reads files of positions, fills in each population's `placed` and `values`, and the network's
 * dimensions and domain. `pops` (one a population, layouts completed) and `net` outlive the generator.
 * H9_ECONFIG, H9_EDATA, H9_ENOINPUT naming the population; H9_ESYSTEM. */
int h9_generator_new(h9_generator **g, h9_network *net, h9_population_config *pops,
                     h9_error *e) H9_UNUSED_RESULT;
/* Makes all neurons in order of their ids on `threads` threads and writes them as neurons blocks;
 * populations with neither positions nor varying values need none. H9_ECONFIG naming
 * population, neuron, value and what was expected when one is not valid. `progress` may be NULL. */
int h9_generator_write(h9_generator *g, h9_writer *w, int threads, h9_progress *progress,
                       h9_error *e) H9_UNUSED_RESULT;
void h9_generator_free(h9_generator *g);

/* Bytes that one neuron of a population takes in the stream before compression. */
size_t h9_generator_neuron_bytes(const h9_network *net, uint32_t population);

#endif

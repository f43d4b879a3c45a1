/* A simulation: a network with its synapses as delay rows, advanced step by step on several threads.
 *
 * Results depend on the network, the stimuli and the seed alone: not on threads, tiles or SIMD level. A spike
 * at step s is stamped with the end of the step, time s * dt; its weight is added to the target at the end of
 * step s + delay. */
#ifndef H9_WHOLE_SIM_H
#define H9_WHOLE_SIM_H

#include "../model/inflight.h"
#include "../model/plastic.h"
#include "config.h"
#include "frames.h"
#include "record.h"
#include "stimulus_file.h"

typedef struct h9_sim_options {
  int threads;
  int tiles_per_thread; /* 0: chosen */
  uint64_t seed;        /* of the drive */
  /* States, coefficients and inputs of neurons in double precision; weights and their sums exact to 2^-50 of
   * the largest weight. */
  bool precision_double;
  /* Called by one thread, in order, with every batch of spikes, sorted by (step, id), empty ones
   * included; NULL: spikes are not recorded. Non-zero stops the run. */
  int (*batch)(void *ctx, const h9_signals *s, h9_error *e);
  /* Called by one thread with what synapses of traced projections processed, an interval at a time, in order; NULL:
   * nothing is traced. */
  int (*trace)(void *ctx, const h9_plastic_event *v, size_t n, h9_error *e);
  /* Called by one thread every few hundred steps; may be NULL. */
  void (*progress)(void *ctx, h9_step now);
  /* What is recorded besides; NULL: nothing, and all spikes. Outlives the simulation. */
  const h9_record *state;
  /* Called with its samples after the batch that they belong to, item by item. Needed with `state`. */
  int (*sample)(void *ctx, const h9_state *s, h9_error *e);
  void *ctx;
  const h9_stimulus_file *stimulus_files; /* spikes from outside, beside the configuration's; kept by the caller */
  uint32_t n_stimulus_files;
  bool live; /* inputs that are no regular files are live: see stimulus_file.h */
  h9_step batch_steps; /* longest batch of spikes and samples; 0: 100 ms */
  h9_step spike_steps; /* longest batch of spikes, where that is shorter; 0: as above */
  h9_step record_from; /* spikes after this step are recorded */
  size_t spike_room;   /* recorded spikes that there is room for from the beginning */
  bool keep_receptors; /* synaptic variables are recorded: both signs keep a receptor of their own */
} h9_sim_options;

typedef struct h9_sim_estimate {
  double connections; /* expected */
  double row_bytes, neuron_bytes, bytes;
  uint32_t tiles;
} h9_sim_estimate;

typedef struct h9_sim_stats {
  uint32_t threads, tiles;
  uint64_t connections, row_bytes, neuron_bytes;
  uint32_t delay_min, delay_max;     /* steps */
  uint64_t spikes, recorded, events; /* so far; transient included (not in recorded) */
  double build_s, simulate_s;
  /* Parts of simulate_s, mean over threads, measured in every sixteenth interval. */
  double deliver_s, update_s, drive_s, exchange_s, output_s;
  h9_frames frames;
} h9_sim_stats;

typedef struct h9_sim h9_sim;

/* Checks models, parameters and stimuli, chooses tiles and forms. `net` (planned) and `c` outlive the
 * simulation; `c` may be NULL: no stimuli. H9_ECONFIG, H9_ESYSTEM. */
int h9_sim_make(h9_sim **s, const h9_network *net, const h9_simulation_config *c, const h9_sim_options *o,
                h9_error *e) H9_UNUSED_RESULT;
void h9_sim_estimated(const h9_sim *s, h9_sim_estimate *out);
/* Builds the rows from `source` (made with the same number of threads) and the neurons. */
int h9_sim_build(h9_sim *s, h9_rowsource *source, h9_error *e) H9_UNUSED_RESULT;
/* Spikes (full step << 32 is not kept: steps below 2^32) that the given neurons send besides their own,
 * sorted by (step, index); outlives the simulation. */
void h9_sim_inject(h9_sim *s, const h9_spike *spikes, size_t n);
/* Advances by `steps`. May be called again. */
int h9_sim_run(h9_sim *s, h9_step steps, h9_error *e) H9_UNUSED_RESULT;
/* Opens the inputs of spikes from outside: the options' and the configuration's; they are read as time goes on.
 * H9_ENOINPUT, H9_EDATA. */
int h9_sim_stimuli_open(h9_sim *s, const h9_simulation_config *c, h9_error *e) H9_UNUSED_RESULT;
/* Their inputs, of the simulation's. */
uint32_t h9_sim_stimulus_inputs(const h9_sim *s, h9_stimulus_input ***in);
/* Instead of being read, spikes from outside come from `arrive` from now on: it appends those of steps up to `to` that it
 * has not given yet. Called by one thread. */
typedef int (*h9_arrive_fn)(void *ctx, h9_step to, h9_event_list *list, h9_error *e);
void h9_sim_feed_by(h9_sim *s, h9_arrive_fn arrive, void *ctx);
/* After the last run: what is left to read of streams of stimuli, and the content hashes of those that ended. */
int h9_sim_stimuli_finish(h9_sim *s, h9_hash *hash, uint32_t most, uint32_t *n, h9_error *e) H9_UNUSED_RESULT;
h9_step h9_sim_now(const h9_sim *s);        /* steps done */
/* A recordable variable of the neuron's model, in its unit; NaN where the model has none of that name. */
double h9_sim_state(const h9_sim *s, h9_id id, const char *variable);
bool h9_sim_is_plastic(const h9_sim *s, uint32_t projection);
bool h9_sim_is_traced(const h9_sim *s); /* whether any projection is */
/* Puts the present weights into rows of a projection, where its synapses are plastic: weight_d; *plastic says so. */
int h9_sim_weights(const h9_sim *s, h9_rows *rows, bool *plastic, h9_error *e) H9_UNUSED_RESULT;
void h9_sim_stats_get(const h9_sim *s, h9_sim_stats *out);
void h9_sim_free(h9_sim *s);

#endif

/* One YAML file for all programs, checked whole against the schema of hal9-config(5). Every mistake of
 * a run is collected, one line each: "FILE:LINE:COLUMN: key: what is wrong, what was expected". */
#ifndef H9_WHOLE_CONFIG_H
#define H9_WHOLE_CONFIG_H

#include "../format/network.h"
#include "../format/yaml.h"
#include "../model/layout.h"
#include "../model/models.h"
#include "experiment.h"
#include "options.h"

typedef struct h9_population_config {
  h9_layout layout;
  uint32_t n_values;
  char **value_name;
  h9_dist *value; /* in the model's unit; expressions may use x, y, z */
} h9_population_config;

enum h9_stimulus_type {
  H9_STIMULUS_POISSON,
  H9_STIMULUS_DC,
  H9_STIMULUS_SINUSOIDAL_POISSON,
  H9_STIMULUS_SPIKES,
  H9_STIMULUS_AC,
  H9_STIMULUS_STEP_CURRENT,
  H9_STIMULUS_NOISE,
  H9_STIMULI,
};
/* Values that may differ from neuron to neuron. */
enum h9_stimulus_value {
  H9_STIMULUS_RATE,      /* Hz a neuron, all its sources together */
  H9_STIMULUS_WEIGHT,    /* target model's weight unit */
  H9_STIMULUS_AMPLITUDE, /* pA; Hz of a rate */
  H9_STIMULUS_OFFSET,    /* pA */
  H9_STIMULUS_MEAN,      /* pA */
  H9_STIMULUS_STD,       /* pA */
  H9_STIMULUS_VALUES,
};
typedef struct h9_stimulus {
  enum h9_stimulus_type type;
  uint32_t target; /* population */
  uint32_t first, last, every; /* neurons of it, by index from 0: first, first + every, ... last; every 0: all */
  double rate, weight, amplitude, offset, mean, std; /* constants */
  h9_dist *drawn[H9_STIMULUS_VALUES]; /* of the same, where not constant; NULL: constant */
  double frequency, phase;            /* Hz, radians */
  double interval;                    /* ms: noise */
  size_t n_times;
  double *times, *values; /* ms, ascending; Hz, pA or weights. Spikes: values NULL: `weight` */
  char *file;             /* spikes; then target is not used: `targets` says who may be met */
  bool *targets;          /* [n_populations] */
  double start, stop;     /* ms; stop inf: to the end */
  uint32_t line, column;
} h9_stimulus;

typedef struct h9_simulation_config {
  double duration;  /* ms; NaN: not given */
  double transient; /* ms, 0 */
  bool record_spikes, precision_double;
  int profile;      /* enum h9_profile_name of tuning.h */
  uint32_t n_stimuli;
  h9_stimulus *stimuli;
  uint32_t n_record;
  char **record;    /* texts, see record.h */
  const char *file; /* name of the configuration, for messages; NULL: none */
} h9_simulation_config;

typedef struct h9_statistics_config {
  double start, stop;          /* ms; NaN: all */
  double bin;                  /* ms, count bins of correlation (2) and Fano factor */
  double psth_bin;             /* ms */
  uint32_t correlation_sample; /* neurons a population (250) */
  uint32_t min_spikes;         /* of a neuron for its CV (10) */
} h9_statistics_config;

typedef struct h9_config {
  h9_yaml yaml;
  h9_network
      net; /* dt, seed, populations (names, models, counts, first ids), projections (unplanned), domain */
  bool has_populations, has_connections, has_simulation, seed_given, dt_given;
  h9_population_config *populations; /* [net.n_populations] */
  h9_simulation_config simulation;
  h9_statistics_config statistics;
  h9_experiment *experiment; /* NULL when absent */
} h9_config;

/* Reads, overrides parameters by `set` ("name=expression"; unknown names are errors), checks all
 * sections. H9_ENOINPUT, H9_ECONFIG (text holds every mistake, a line each, at most 50), H9_EUSAGE for a
 * bad --set. Without -c a program calls h9_config_init for the defaults. */
int h9_config_read(h9_config *c, const char *path, const char *const *set, size_t n_set,
                   h9_error *e) H9_UNUSED_RESULT;
/* For a program that uses nothing of it: reads the file of -c, where there is one, and says what is wrong in it. */
int h9_config_check(const h9_options *o, h9_error *e) H9_UNUSED_RESULT;
void h9_config_init(h9_config *c);
void h9_config_release(h9_config *c);
void h9_stimulus_release(h9_stimulus *s);
/* When the network comes from a stream rather than from the file (hal9-index, hal9-step): checks that the
 * file's populations, as far as it has any, are the stream's (name, model, count), and resolves
 * projections and stimuli against them. */
int h9_config_match(const h9_config *c, const h9_network *stream, const char *stream_name,
                    h9_error *e) H9_UNUSED_RESULT;

#endif

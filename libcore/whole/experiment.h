/* Batch experiments: what the section `experiment` of a configuration asks for, and the runs that follow from it.
 *
 * An experiment is a list of points (a value for each of its parameters) times repeats; each run passes through the
 * same stages, command lines for bash, in a folder of its own. See hal9-run(1) and hal9-config(5). */
#ifndef H9_WHOLE_EXPERIMENT_H
#define H9_WHOLE_EXPERIMENT_H

#include "../base/hash.h"
#include "../format/yaml.h"

/* Names of files: letters, digits and . _ + - = , without a slash. */
typedef struct h9_pipeline {
  char *name, *command;
  bool statistics; /* calls hal9-stats: depends on the section of that name */
} h9_pipeline;

typedef struct h9_figure {
  char *name, *path; /* path: names and list elements (by number or `name`) in statistics.json, with dots */
} h9_figure;

typedef struct h9_picture {
  char *file, *kind, *x, *y, *value; /* of hal9-plot; y NULL: one parameter */
} h9_picture;

typedef struct h9_experiment {
  char *name;
  size_t n_stages, n_parameters, n_points, n_outputs, n_inputs, n_summaries, n_pictures;
  h9_pipeline *stage;
  char **parameter;  /* names */
  bool *configured;  /* [n_parameters] a parameter of the configuration, which goes with --set */
  char **value;      /* [n_points][n_parameters] as written */
  char **output;     /* files that every run must leave; none: whatever it leaves */
  char **input;      /* files that the commands read */
  h9_figure *summary;
  h9_picture *picture;
  uint64_t repeats, seed;
  double memory;     /* bytes a run takes; NaN: to be estimated */
} h9_experiment;

void h9_experiment_release(h9_experiment *x);

/* A run of an experiment. */
typedef struct h9_run {
  size_t point;
  uint64_t repeat, seed; /* repeat from 1 */
  char *name;            /* "g=3,eta=0.9,repeat=1": its folder */
  char **command;        /* [n_stages], all names filled in */
  h9_hash *key;          /* [n_stages] of all that shapes the stage's result: equal keys, equal results */
} h9_run;

typedef struct h9_plan {
  const h9_experiment *x;
  size_t n;
  h9_run *run; /* point by point, repeat by repeat */
  h9_hash config[2]; /* of the configuration without its experiment; [0]: and without statistics */
} h9_plan;

/* The name under which a run's commands find the configuration. */
#define H9_RUN_CONFIG "experiment.yaml"

/* Makes all runs. `root` is the configuration's tree (for its hash). Reads the inputs (for theirs). The same for any order of
 * runs: seeds depend on the experiment's seed, the point's values and the repeat alone. H9_ECONFIG, H9_ENOINPUT, H9_ESYSTEM. */
int h9_plan_make(h9_plan *p, const h9_experiment *x, const h9_node *root, h9_error *e) H9_UNUSED_RESULT;
void h9_plan_release(h9_plan *p);
/* The texts NAME=VALUE of a point's configured parameters, for h9_config_read: n_parameters at most; the caller frees each. */
int h9_plan_sets(const h9_experiment *x, size_t point, char **set, size_t *n, h9_error *e) H9_UNUSED_RESULT;
/* The command with {c}, {seed}, {repeat}, {run} and {NAME} of parameters filled in, quoted for the shell. NULL: memory. */
char *h9_plan_command(const h9_experiment *x, const h9_run *r, const char *command);

#endif

/* Settings that only speed and memory depend on, as profiles for networks of four sizes. Spikes and
 * connections are the same with all of them. */
#ifndef H9_WHOLE_TUNING_H
#define H9_WHOLE_TUNING_H

#include "batcher.h"
#include "config.h"
#include "options.h"

enum h9_profile_name {
  H9_PROFILE_AUTO,
  H9_PROFILE_SMALL,
  H9_PROFILE_MEDIUM,
  H9_PROFILE_LARGE,
  H9_PROFILE_MASSIVE,
  H9_PROFILES
};
/* "auto" and so on; -1: none of them. */
int h9_profile_named(const char *text);
const char *h9_profile_text(enum h9_profile_name name);

typedef struct h9_tuning {
  enum h9_profile_name name;
  bool automatic; /* chosen by the network's size */
  bool index;     /* look for neighbours with the spatial index, not among all neurons */
  double cell;    /* points of a cell of the index */
  uint32_t batch; /* signals of a batch where they are sent as they happen; 0: none */
  uint32_t pool;  /* recorded signals that there is room for before the first step; 0: made as they come */
  uint32_t tiles; /* of a thread; 0: by the cache */
  int threads;    /* at most; 0: any number */
  uint32_t each;  /* neurons that a thread should have, to the nearest; 0: any number */
} h9_tuning;

h9_tuning h9_tuning_choose(enum h9_profile_name name, uint32_t neurons);
/* Of signals that are sent as they happen: at once, or, with a profile that was asked for, the latency
 * setting whose batches are that large. Waiting is nothing to choose for others. */
h9_batch_settings h9_tuning_batches(const h9_tuning *t);

typedef struct h9_tuning_options { /* zeroed: nothing given */
  bool given, timings;             /* timings: --profile without a name */
  enum h9_profile_name name;
} h9_tuning_options;
/* A child of a program's parser; its input is a h9_tuning_options. */
extern const struct argp h9_tuning_argp;

/* The option, else the file's simulation.profile (c may be NULL), else auto. Lowers o->threads unless they
 * were given. */
h9_tuning h9_tuning_settle(const h9_tuning_options *t, const h9_config *c, uint32_t neurons, h9_options *o);
/* "profile large (auto, 5000 neurons): index with 10 neurons a cell, ..." without a newline; tiles and
 * threads are those that came out. */
void h9_tuning_print(const h9_tuning *t, uint32_t neurons, const h9_options *o, FILE *f);
/* "step.profile" and so on. */
void h9_tuning_measure(const h9_tuning *t, const char *prefix, h9_metrics *m);

#endif

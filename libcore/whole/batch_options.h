/* The options of programs that write signals: how they are batched. */
#ifndef H9_WHOLE_BATCH_OPTIONS_H
#define H9_WHOLE_BATCH_OPTIONS_H

#include "batcher.h"
#include <argp.h>

typedef struct h9_batch_options { /* zeroed: nothing given */
  int latency;                    /* 1 + enum h9_batch_latency; 0: not given */
  bool size_given, urgent_given, wait_given;
  h9_batch_settings given;
} h9_batch_options;

/* A child of a program's parser; its input is a h9_batch_options. */
extern const struct argp h9_batch_argp;
/* What the options say: single values come before --latency, that before `otherwise`, what the program would do
 * without options. */
h9_batch_settings h9_batch_resolve(const h9_batch_options *o, const h9_batch_settings *otherwise);

#endif

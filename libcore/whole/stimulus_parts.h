/* What the sources of given spikes share. */
#ifndef H9_WHOLE_STIMULUS_PARTS_H
#define H9_WHOLE_STIMULUS_PARTS_H

#include "stimulus_file.h"

#include <stdio.h>

struct h9_stimulus_input {
  const h9_stimulus_file *f;
  const h9_network *net;
  const char *name;
  int fd;
  bool ended, regular, live;
  h9_step last; /* step of the latest spike or batch */
  bool *counts; /* [n_populations]: weights do not matter */
  /* text */
  FILE *text;
  char *line;
  size_t line_cap;
  uint64_t lines;
  h9_event held; /* read, but later than asked for */
  bool holds;
  char *came; /* live: bytes of lines */
  size_t came_n, came_cap;
  /* stream */
  h9_reader *reader;
  h9_network described; /* the stream's populations */
  double ratio;         /* steps of the network in one of the stream; 0: as many */
  h9_signals batch;
  h9_block block; /* where the batch stood */
  size_t at;      /* next one of the batch */
};

/* Whether a stream begins so: a skippable frame of zstd. Text does not begin with these letters. */
static inline bool h9_stimulus_begins_stream(unsigned char first) { return first >= 0x50 && first <= 0x5f; }

/* Reads the head of a stream through in->reader. */
int h9_stimulus_begin_stream(h9_stimulus_input *in, h9_error *e) H9_UNUSED_RESULT;
/* A spike of a line without its end, if there is one; the place is added. */
int h9_stimulus_parse(h9_stimulus_input *in, char *line, size_t len, bool *any, h9_event *v, h9_error *e) H9_UNUSED_RESULT;
/* The next batch of a stream. H9_EOF. */
int h9_stimulus_next_batch(h9_stimulus_input *in, h9_error *e) H9_UNUSED_RESULT;
/* Spike `i` of the batch. */
int h9_stimulus_of_batch(h9_stimulus_input *in, size_t i, h9_event *v, h9_error *e) H9_UNUSED_RESULT;
/* Appends a spike, unless its time lies outside of the stimulus'. */
int h9_stimulus_append(const h9_stimulus_input *in, h9_event v, h9_event_list *list, h9_error *e) H9_UNUSED_RESULT;

#endif

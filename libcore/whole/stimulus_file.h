/* Spikes given from outside, read as simulated time goes on: a stream of signals, or text.
 *
 * Text has a line a spike, "TIME ID [WEIGHT [PRIORITY]]", in ms, in order of time, between spaces, tabs or commas, with
 * comments behind '#'. A stream's steps are converted where its step differs from the network's.
 *
 * An input may be live: what comes through a pipe is taken as it comes, whatever its time, which in text may be "now". */
#ifndef H9_WHOLE_STIMULUS_FILE_H
#define H9_WHOLE_STIMULUS_FILE_H

#include "../format/codec.h"
#include "../model/queue.h"

/* A spike that arrives from outside at the end of a step. */
typedef struct h9_event {
  h9_step step;
  uint32_t index; /* id - 1 */
  uint8_t priority; /* 255 the highest */
  double weight;
} h9_event;

typedef struct h9_event_list {
  h9_event *event;
  size_t n, cap;
} h9_event_list;

typedef struct h9_stimulus_file {
  const char *path;     /* "-": standard input */
  double weight;        /* of spikes that have none; NaN: they must have one */
  const bool *targets;  /* [n_populations] who may be met; NULL: all */
  h9_step after, until; /* spikes of other steps are passed over */
  bool text_pipe;       /* what is no regular file is text, whatever it begins with */
  bool live;            /* what is no regular file is taken as it comes */
} h9_stimulus_file;

typedef struct h9_stimulus_input h9_stimulus_input;
/* Opens, and reads the head of a stream. `net` and `f` outlive the input. H9_ENOINPUT, H9_EDATA. */
int h9_stimulus_input_open(h9_stimulus_input **in, const h9_stimulus_file *f, const h9_network *net,
                           h9_error *e) H9_UNUSED_RESULT;
/* Appends all spikes up to step `to` that were not read before; waits for them. Unweighted spikes onto models
 * that count weigh 1. H9_EDATA names file and place. */
int h9_stimulus_input_read(h9_stimulus_input *in, h9_step to, h9_event_list *list,
                           h9_error *e) H9_UNUSED_RESULT;
/* After the last step: reads a stream to its end, which proves it whole; but where it comes from a pipe and
 * goes on with spikes, stops there. */
int h9_stimulus_input_finish(h9_stimulus_input *in, h9_error *e) H9_UNUSED_RESULT;
/* Content hash of a stream that was read to its end. */
bool h9_stimulus_input_hash(const h9_stimulus_input *in, h9_hash *h);
void h9_stimulus_input_close(h9_stimulus_input *in);
bool h9_stimulus_input_ended(const h9_stimulus_input *in);

/* Live inputs. */
bool h9_stimulus_input_is_live(const h9_stimulus_input *in);
/* Waits for more, then appends all that came, whatever its time: a batch of a stream, lines of a text. Fails with H9_EIO
 * when the descriptor `wake` becomes readable. H9_EOF. */
int h9_stimulus_input_more(h9_stimulus_input *in, int wake, h9_event_list *list, h9_error *e) H9_UNUSED_RESULT;

#endif

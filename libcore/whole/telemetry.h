/* --metrics FILE: what the process has done so far, in the text format of Prometheus, written every interval
 * by a thread of its own, which reads counters and nothing else, and at the end. */
#ifndef H9_WHOLE_TELEMETRY_H
#define H9_WHOLE_TELEMETRY_H

#include "../base/bytes.h"
#include "../base/counters.h"
#include "../base/metrics.h"
#include "options.h"

/* Starts the clock of the stages and, where the options ask for it, the writing: the file is made at once.
 * Once a process. H9_EUSAGE, H9_EIO, H9_ESYSTEM. */
int h9_telemetry_begin(const h9_options *o, const char *program, h9_error *e) H9_UNUSED_RESULT;
/* What the last file says besides: "step.simulate_s" becomes hal9_step_simulate_seconds. By the main thread.
 */
void h9_telemetry_measured(const h9_metrics *m);
/* The profile of settings in use; static texts. Any time, by any thread. */
void h9_telemetry_profile(const char *name, bool automatic);
/* Writes the last file with the exit status `rc`, and returns it, or H9_EIO when there was none but the file
 * could not be written. Without begin: does nothing. */
int h9_telemetry_end(int rc, h9_error *e) H9_UNUSED_RESULT;

/* The text as it is now. `running`: without an exit status. */
typedef struct h9_telemetry_state {
  const char *program;
  double begun_unix_s;
  const h9_metrics *measured; /* may be NULL */
  const char *profile;        /* may be NULL */
  bool profile_auto;
  bool running;
  int exit_status;
} h9_telemetry_state;
void h9_telemetry_text(const h9_telemetry_state *t, h9_buf *out);

#endif

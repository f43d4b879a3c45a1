/* Frames: simulated time cut into pieces of a sixtieth of a second, each met when it took no longer on the
 * wall clock. The clock is looked at once a frame, after the interval in which it ends. */
#ifndef H9_WHOLE_FRAMES_H
#define H9_WHOLE_FRAMES_H

#include "../base/metrics.h"
#include "../base/types.h"

#define H9_FRAME_MS (1000.0 / 60)

typedef struct h9_frames {                /* zeroed: nothing simulated yet */
  double dt;                              /* ms */
  h9_step from, to;                       /* the present frame's steps: after `from`; `to` ends it */
  h9_step told;                           /* steps that the process's counters have */
  uint64_t frame;                         /* its number */
  uint64_t begun_ns, idle_ns, stopped_ns; /* idle: between runs */
  uint64_t met, missed;
} h9_frames;

/* Steps after `now` are about to be simulated, the first or the next ones: the clock stands still in between.
 */
void h9_frames_begin(h9_frames *f, h9_step now, double dt);
/* Nothing follows step `now` for a while. */
void h9_frames_stop(h9_frames *f, h9_step now);
void h9_frames_end(h9_frames *f, h9_step now);
static inline void h9_frames_reach(h9_frames *f, h9_step now) {
  if (now >= f->to) h9_frames_end(f, now);
}
/* "step.frames_met" and so on, of the whole process. */
void h9_frames_measure(const h9_frames *f, const char *prefix, h9_metrics *m);

#endif

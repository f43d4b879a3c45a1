#include "frames.h"

#include "../base/clock.h"
#include "../base/counters.h"

#include <math.h>
#include <stdio.h>

/* A frame ends with the step that its time is nearest to. */
static h9_step end_of(const h9_frames *f, uint64_t frame) {
  h9_step steps = (h9_step)floor((double)frame * H9_FRAME_MS / f->dt + 0.5);
  return f->first + steps;
}

void h9_frames_begin(h9_frames *f, h9_step now, double dt) {
  f->dt = dt;
  f->first = f->from = now;
  f->frame = 1;
  f->idle_ns = 0;
  f->to = end_of(f, 1) > now ? end_of(f, 1) : now + 1;
  f->begun_ns = h9_clock_ns();
}

/* Steps that the process's counters do not have yet. */
static uint64_t count(h9_frames *f, h9_step now) {
  uint64_t simulated = (uint64_t)((double)(now - f->from) * f->dt * 1e6);
  h9_count(H9_COUNT_STEPS, (uint64_t)(now - f->from));
  h9_count(H9_COUNT_SIMULATED_NS, simulated);
  f->from = now;
  return simulated;
}

void h9_frames_stop(h9_frames *f, h9_step now) { (void)count(f, now); }

void h9_frames_end(h9_frames *f, h9_step now) {
  uint64_t clock = h9_clock_ns(), took = clock - f->begun_ns;
  took -= f->idle_ns < took ? f->idle_ns : took;
  bool met = took <= count(f, now);
  *(met ? &f->met : &f->missed) += 1;
  h9_count(met ? H9_COUNT_FRAMES_MET : H9_COUNT_FRAMES_MISSED, 1);
  h9_durations_add(&h9_frame_durations, took);
  f->begun_ns = clock;
  f->idle_ns = 0;
  while ((f->to = end_of(f, f->frame)) <= now) f->frame++;
}

void h9_frames_measure(const h9_frames *f, const char *prefix, h9_metrics *m) {
  const h9_durations *d = &h9_frame_durations;
  const struct {
    const char *name;
    double value;
  } item[] = {{"frames_met", (double)f->met},
              {"frames_missed", (double)f->missed},
              {"frame_median_s", h9_durations_quantile(d, 0.5)},
              {"frame_99_s", h9_durations_quantile(d, 0.99)},
              {"frame_longest_s", (double)d->longest_ns * 1e-9}};
  for (size_t i = 0; i < sizeof item / sizeof *item; i++) {
    char name[64];
    if (f->met + f->missed == 0 && i > 1) break;
    snprintf(name, sizeof name, "%s.%s", prefix, item[i].name);
    h9_metrics_set(m, name, item[i].value);
  }
}

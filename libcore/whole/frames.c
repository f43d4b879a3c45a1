#include "frames.h"

#include "../base/clock.h"
#include "../base/counters.h"

#include <math.h>
#include <stdio.h>

/* A frame ends with the step that its time is nearest to. */
static h9_step end_of(const h9_frames *f, uint64_t frame) {
  return (h9_step)floor((double)frame * H9_FRAME_MS / f->dt + 0.5);
}

static uint64_t ns_of(const h9_frames *f, h9_step from, h9_step to) {
  return (uint64_t)((double)(to - from) * f->dt * 1e6);
}

/* Into the process's counters. */
static void tell(h9_frames *f, h9_step now) {
  h9_count(H9_COUNT_STEPS, (uint64_t)(now - f->told));
  h9_count(H9_COUNT_SIMULATED_NS, ns_of(f, f->told, now));
  f->told = now;
}

static void next_frame(h9_frames *f, h9_step now, uint64_t clock) {
  f->from = now;
  f->begun_ns = clock;
  f->idle_ns = 0;
  while ((f->to = end_of(f, f->frame)) <= now) f->frame++;
}

void h9_frames_begin(h9_frames *f, h9_step now, double dt) {
  uint64_t clock = h9_clock_ns();
  if (f->stopped_ns) f->idle_ns += clock - f->stopped_ns;
  else {
    f->dt = dt;
    f->told = now;
    next_frame(f, now, clock);
  }
}

void h9_frames_stop(h9_frames *f, h9_step now) {
  tell(f, now);
  f->stopped_ns = h9_clock_ns();
}

void h9_frames_end(h9_frames *f, h9_step now) {
  uint64_t clock = h9_clock_ns(), took = clock - f->begun_ns;
  took -= f->idle_ns < took ? f->idle_ns : took;
  bool met = took <= ns_of(f, f->from, now);
  *(met ? &f->met : &f->missed) += 1;
  h9_count(met ? H9_COUNT_FRAMES_MET : H9_COUNT_FRAMES_MISSED, 1);
  h9_durations_add(&h9_frame_durations, took);
  tell(f, now);
  next_frame(f, now, clock);
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

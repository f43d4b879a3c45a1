/* What the sources of the simulation share. */
#ifndef H9_WHOLE_SIM_PARTS_H
#define H9_WHOLE_SIM_PARTS_H

#include "../model/cells.h"
#include "../model/exchange.h"
#include "../model/generators.h"
#include "../model/plastic.h"
#include "../model/poisson.h"
#include "../model/wide_kernel.h"
#include "frames.h"
#include "sim.h"

/* A number alike for all neurons or a column, by index from the first chosen neuron on. */
typedef struct h9_sim_value {
  double constant;
  double *column;
} h9_sim_value;
static inline double h9_sim_value_at(const h9_sim_value *v, uint32_t i) { return v->column ? v->column[i] : v->constant; }

/* How a rate or current goes with time: base + gain * f(t). */
enum h9_sim_shape { H9_SHAPE_CONSTANT, H9_SHAPE_STEPS, H9_SHAPE_SINE, H9_SHAPE_NOISE };
typedef struct h9_sim_course {
  enum h9_sim_shape shape;
  double frequency, phase;
  h9_gen_steps steps;
} h9_sim_course;

/* Which neurons of the population, by index, and when: in steps after < s <= until. */
typedef struct h9_sim_chosen {
  uint32_t first, last, every;
  bool all;
  h9_step after, until;
} h9_sim_chosen;

typedef struct h9_sim_drive { /* a Poisson stimulus onto a population */
  h9_sim_chosen chosen;
  h9_sim_course course;
  h9_sim_value rate, amplitude, weight; /* Hz, Hz; as the target takes it */
  h9_poisson poisson;                   /* of a constant rate alike for all */
  h9_key key;
  double *none;        /* exp(-mean) of rates that differ from neuron to neuron but not in time */
  bool own;            /* rates differ from neuron to neuron */
  uint32_t number;     /* of the stimulus */
  uint32_t table;      /* course in time, alike for all: which of the threads' tables */
} h9_sim_drive;

typedef struct h9_sim_current { /* a current onto a population */
  h9_sim_chosen chosen;
  h9_sim_course course;
  h9_sim_value base, gain; /* pA */
  bool own;                /* differs from neuron to neuron */
  h9_key key;              /* noise: */
  h9_step every;           /* steps that a value is held */
  double *held;            /* [last - first + 1] */
} h9_sim_current;

typedef struct h9_sim_train { /* spikes into every chosen neuron at the same times */
  h9_sim_chosen chosen;
  size_t n;
  h9_step *step;      /* ascending, each once */
  double *up, *down;  /* sums of weights above and below 0 */
  h9_sim_value scale; /* of both */
} h9_sim_train;

typedef struct h9_sim_population {
  const h9_model *model;
  enum h9_precision precision;
  uint32_t receptors;
  double quantum; /* of the int32 inputs */
  unsigned wide;  /* has int64 inputs, too: 1 of weights above 0, 2 below */
  bool recorded;  /* some of its state or its rate is */
  bool own_currents; /* the current from stimuli differs from neuron to neuron */
  uint32_t n_drives, n_currents, n_trains;
  h9_sim_drive *drives;
  h9_sim_current *currents;
  h9_sim_train *trains;
} h9_sim_population;

typedef struct h9_sim_tile {
  int32_t *slots;
  int64_t *wide;   /* NULL: no wide record in the network */
  h9_cells *cells; /* [n_populations] */
  int owner;
} h9_sim_tile;

/* As many numbers as a chunk has neurons, in the precision of the simulation. */
typedef union h9_reals {
  float s[H9_CHUNK_NEURONS];
  double d[H9_CHUNK_NEURONS];
} h9_reals;

/* Spikes from outside that arrive in the present interval. */
typedef struct h9_sim_feed {
  uint32_t n;
  h9_stimulus_file *file;
  h9_stimulus_input **input;
  h9_arrive_fn arrive; /* NULL: they are read */
  void *ctx;
  h9_event_list list; /* by step, neuron and weight */
} h9_sim_feed;

enum h9_phase {
  H9_PHASE_DELIVER,
  H9_PHASE_UPDATE,
  H9_PHASE_DRIVE,
  H9_PHASE_EXCHANGE,
  H9_PHASE_OUTPUT,
  H9_PHASES
};

typedef struct h9_sim_thread {
  _Alignas(H9_ALIGN) h9_reals extra[2]; /* further input by receptor */
  _Alignas(H9_ALIGN) h9_reals currents;
  _Alignas(H9_ALIGN) float drawn[H9_CHUNK_NEURONS];
  double sum[H9_CHUNK_NEURONS];
  h9_poisson *table; /* of drives whose rate changes with time: of the rate `table_mean` */
  double *table_mean;
  _Alignas(H9_ALIGN) uint8_t mark[H9_CHUNK_NEURONS];
  uint8_t fired[H9_CHUNK_NEURONS / H9_TILE_GRAIN];
  h9_spike_list sent[2]; /* by parity of the interval */
  h9_inflight inflight;  /* onto its tiles */
  uint64_t events, spikes;
  uint64_t told_events, told_spikes, told_ns[H9_PHASES]; /* of these, in the process's counters */
  uint64_t phase_ns[H9_PHASES];
  int rc;
  h9_error error;
} h9_sim_thread;

/* Gathers spikes and hands out sorted batches. */
typedef struct h9_sim_record {
  h9_plastic_event *event;
  size_t n_events, event_cap;
  h9_spike *key, *scratch;
  size_t n, cap, scratch_cap;
  h9_step from, sampled; /* ends of what was handed out of spikes and samples */
  h9_signals batch;
  uint64_t recorded;
} h9_sim_record;

typedef struct h9_sim_series h9_sim_series;

struct h9_sim {
  const h9_network *net;
  h9_sim_options o;
  enum h9_simd level;
  enum h9_precision precision;
  h9_sim_population *populations;
  h9_form *forms; /* [n_projections] */
  bool any_wide;
  bool check_sums; /* rules alone do not bound the inputs: look at the rows */
  uint32_t *receptors; /* [n_populations] */
  size_t most_sent;    /* spikes of a thread in an interval */
  h9_tiling tiling;
  h9_sim_estimate estimate;
  double *expected; /* [n_projections] synapses */
  h9_delayrows rows;
  h9_plastic *plastic; /* NULL: every synapse is static */
  h9_plastic_size plastic_size;
  bool built;
  double wide_scale;
  h9_sim_tile *tiles;
  h9_sim_thread *threads;
  h9_poisson_fn poisson;
  const h9_wide_kernels *wide_kernels;
  uint32_t n_tables;
  h9_barrier barrier;
  h9_step interval; /* steps between exchanges */
  h9_step now;
  uint64_t intervals, timed_intervals;
  h9_frames frames;
  const h9_spike *inject;
  size_t n_inject, injected;
  h9_sim_feed feed;
  h9_sim_record record;
  uint8_t *keep; /* [n_neurons] whose spikes are recorded; NULL: all */
  uint32_t n_series;
  h9_sim_series *series;
  bool any_rate;
  double build_s, simulate_s;
  uint64_t neuron_bytes;
};

/* sim_plan.c: forms and quanta of all projections. */
int h9_sim_plan_forms(h9_sim *s, h9_error *e) H9_UNUSED_RESULT;

/* sim_stimuli.c: stimuli of all populations. */
int h9_sim_plan_stimuli(h9_sim *s, const h9_simulation_config *c, h9_error *e) H9_UNUSED_RESULT;
void h9_sim_stimuli_release(h9_sim_population *t);
h9_step h9_sim_step_of(double ms, double dt); /* the nearest, 0 to 2^40 */

/* sim_feed.c */
void h9_sim_feed_close(h9_sim_feed *f);
/* By one thread, before the interval that ends with step `to`. */
int h9_sim_feed_read(h9_sim_feed *f, h9_step to, h9_error *e) H9_UNUSED_RESULT;
/* Adds what arrives in step `now` at neurons [first, first + count) of the network (by index) to the further
 * inputs, arrays for n >= count neurons. */
void h9_sim_feed_add(const h9_sim *s, const h9_sim_population *t, h9_sim_thread *th, h9_step now,
                     uint32_t first, uint32_t n, uint32_t count, const void *extra[2]);

/* sim_drive.c: what stimuli do in a step to neurons [first, first + n) of a population, n at most a chunk. */
int h9_sim_drive_open(const h9_sim *s, h9_sim_thread *th, h9_error *e) H9_UNUSED_RESULT;
void h9_sim_drive_close(h9_sim_thread *th);
/* *extra as an array of the thread's own that can be added to: n neurons. */
void h9_sim_own_extra(h9_reals *own, const void **extra, uint32_t n, enum h9_precision p);
/* Poisson input and spikes, onto the extra inputs; n is a whole number of slots. */
void h9_sim_draw_drive(const h9_sim *s, const h9_sim_population *t, h9_sim_thread *th, h9_step now,
                       uint32_t first, uint32_t n, const void *extra[2]);
/* The current that is alike for all neurons. */
double h9_sim_common_current(const h9_sim *s, const h9_sim_population *t, h9_step now);
/* All currents neuron by neuron, for kernels of column form: `common` and the others; `count` of the n are no
 * padding. */
const void *h9_sim_fill_currents(const h9_sim *s, const h9_sim_population *t, h9_sim_thread *th, h9_step now,
                                 double common, uint32_t first, uint32_t n, uint32_t count);

/* sim_state.c: opened after the build; taken by the owner of a tile after the update of a part in step `now`;
 * counted and flushed by one thread after the exchange. */
int h9_sim_state_open(h9_sim *s, h9_error *e) H9_UNUSED_RESULT;
void h9_sim_state_take(h9_sim *s, const h9_cells *c, const h9_part *part, uint32_t population, h9_step now);
void h9_sim_state_count(h9_sim *s, const h9_spike_list *list, h9_step to);
int h9_sim_state_flush(h9_sim *s, h9_step to, h9_error *e) H9_UNUSED_RESULT;
void h9_sim_state_close(h9_sim *s);

/* sim_record.c */
int h9_sim_record_reserve(h9_sim *s, size_t spikes, h9_error *e) H9_UNUSED_RESULT;
int h9_sim_record_take(h9_sim *s, const h9_spike_list *list, h9_error *e) H9_UNUSED_RESULT;
int h9_sim_record_flush(h9_sim *s, h9_step to, h9_error *e) H9_UNUSED_RESULT;
/* What traced synapses processed in an interval, to the option's function. */
int h9_sim_record_trace(h9_sim *s, int parity, h9_error *e) H9_UNUSED_RESULT;
void h9_sim_record_release(h9_sim_record *r);

#endif

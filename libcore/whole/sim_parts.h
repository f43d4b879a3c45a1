/* What the sources of the simulation share. */
#ifndef H9_WHOLE_SIM_PARTS_H
#define H9_WHOLE_SIM_PARTS_H

#include "../model/cells.h"
#include "../model/exchange.h"
#include "../model/poisson.h"
#include "sim.h"

typedef struct h9_sim_drive { /* a Poisson stimulus onto a population */
  h9_poisson poisson;
  double weight;
  int receptor;
  h9_step after, until; /* active in steps after < s <= until */
} h9_sim_drive;

typedef struct h9_sim_current { /* a direct current onto a population */
  double amplitude;
  h9_step after, until;
} h9_sim_current;

typedef struct h9_sim_population {
  const h9_model *model;
  uint32_t receptors;
  double quantum; /* of the int32 inputs */
  bool wide;      /* has int64 inputs, too */
  bool own_currents; /* the current from stimuli differs from neuron to neuron */
  uint32_t n_drives, n_currents;
  h9_sim_drive *drives;
  h9_sim_current *currents;
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
  _Alignas(H9_ALIGN) uint8_t mark[H9_CHUNK_NEURONS];
  uint8_t fired[H9_CHUNK_NEURONS / H9_TILE_GRAIN];
  h9_spike_list sent[2]; /* by parity of the interval */
  h9_inflight inflight;  /* onto its tiles */
  uint64_t events, spikes;
  uint64_t phase_ns[H9_PHASES];
  int rc;
  h9_error error;
} h9_sim_thread;

/* Gathers spikes and hands out sorted batches. */
typedef struct h9_sim_record {
  h9_spike *key, *scratch;
  size_t n, cap, scratch_cap;
  h9_step from;
  h9_signals batch;
  uint64_t recorded;
} h9_sim_record;

struct h9_sim {
  const h9_network *net;
  h9_sim_options o;
  enum h9_simd level;
  enum h9_precision precision;
  h9_sim_population *populations;
  h9_form *forms; /* [n_projections] */
  bool any_wide;
  uint32_t *receptors; /* [n_populations] */
  h9_tiling tiling;
  h9_sim_estimate estimate;
  h9_delayrows rows;
  bool built;
  double wide_scale;
  h9_sim_tile *tiles;
  h9_sim_thread *threads;
  h9_poisson_fn poisson;
  h9_barrier barrier;
  h9_step interval; /* steps between exchanges */
  h9_step now;
  uint64_t intervals, timed_intervals;
  const h9_spike *inject;
  size_t n_inject, injected;
  h9_sim_record record;
  double build_s, simulate_s;
  uint64_t neuron_bytes;
};

/* sim_plan.c: forms and quanta of all projections; stimuli of all populations. */
int h9_sim_plan_forms(h9_sim *s, h9_error *e) H9_UNUSED_RESULT;
int h9_sim_plan_stimuli(h9_sim *s, const h9_simulation_config *c, h9_error *e) H9_UNUSED_RESULT;

/* sim_record.c */
int h9_sim_record_take(h9_sim *s, const h9_spike_list *list, h9_error *e) H9_UNUSED_RESULT;
int h9_sim_record_flush(h9_sim *s, h9_step to, h9_error *e) H9_UNUSED_RESULT;
void h9_sim_record_release(h9_sim_record *r);

#endif

/* What the sources of the plastic projections share. */
#ifndef H9_MODEL_PLASTIC_PARTS_H
#define H9_MODEL_PLASTIC_PARTS_H

#include "decay.h"
#include "plastic.h"
#include "stdp_kernel.h"
#include "wide_kernel.h"

#include <stdatomic.h>

typedef struct h9_plastic_rule {
  uint32_t projection;
  const h9_synapse_model *model;
  enum h9_synapse_kind kind;
  double values[H9_SYNAPSE_VALUES_MAX]; /* of the model's table */
  uint32_t first_source, n_sources;     /* index in the network */
  uint32_t population;                  /* target */
  uint32_t first_target;                /* index in the network */
  bool traced, counts, silent;          /* counts: targets count inputs; silent: they take none */
  bool post, own;                       /* has postsynaptic logs; a state of each synapse's own */
  bool many;                            /* synapses are done many at a time, in this form: */
  enum h9_stdp_form form;
  uint32_t rebase_every; /* steps */
  double rebase_plus, rebase_minus;
  bool dendritic_given;
  uint32_t axonal, dendritic; /* steps; dendritic when given: else what axonal leaves */
  /* what the rules read in their loops */
  double lambda, depress; /* lambda; alpha lambda */
  double mu_plus, mu_minus, w_max, size, plus, minus, plus3, minus3;
  double b, tau_c, tau_n, taus, w_min;
  double bound; /* of |weight| */
  h9_decay pre, pre3, post1, post3; /* traces; of short-term plasticity: recovery, psc, facilitation */
  h9_decay c, n;
  uint32_t vt_first, vt_n, vt_delay; /* index of the first and number of the modulating neurons; steps */
  uint32_t sweep_every;              /* steps; 0: when a log is long */
  uint32_t delay_min, delay_max, dendritic_max;
  uint64_t synapses;
} h9_plastic_rule;

/* What a spike leaves for its synapses. */
typedef struct h9_plastic_record {
  uint32_t step, last; /* the spike's, the one's before */
  uint32_t before;     /* number of the source's record before this */
  uint32_t source;
  double s[4]; /* STDP: trace at `last`; long trace now; both after the spike.
                  Short-term: factor of the weight, then u, x, y */
} h9_plastic_record;

typedef struct h9_plastic_source {
  uint32_t last, record;
  double s[3];
} h9_plastic_source;

/* A release of dopamine: n right after it. */
typedef struct h9_plastic_release {
  uint32_t step, count;
  double n;
} h9_plastic_release;

typedef struct h9_plastic_state { /* of a share and rule */
  h9_plastic_source *source;      /* [n_sources] */
  h9_plastic_record *record;      /* a ring; numbers from tail to head */
  uint32_t tail, head, cap;
  h9_plastic_release *release; /* ascending; the first one is the start */
  size_t n_releases, releases_cap;
} h9_plastic_state;

typedef struct h9_plastic_segment {
  uint32_t first, n; /* synapses [first, first + n) */
  uint16_t delay;
  uint16_t more; /* another one follows in the row */
} h9_plastic_segment;

typedef struct h9_plastic_row {
  uint32_t segment, n; /* n 0: no row */
} h9_plastic_row;

/* A postsynaptic spike; `before`: 1 + place of the neuron's spike before, 0: none */
typedef struct h9_post_spike {
  uint32_t step, before, local, pad;
  double k, k3; /* traces right after it */
} h9_post_spike;

typedef struct h9_plastic_due {
  struct h9_plastic_entry {
    uint32_t segment, record;
  } * entry;
  size_t n, cap;
} h9_plastic_due;

typedef struct h9_plastic_part { /* of a tile and rule */
  h9_region weight, target, own, segments, rows; /* double, uint16_t, double, segment, row */
  atomic_uint_least64_t used, used_segments;
  uint64_t limit;
  h9_plastic_due *due; /* [due_mask + 1] by step */
  uint32_t due_mask;
  h9_stdp_post *post; /* [part->n] */
  h9_stdp_past *past; /* [part->n] */
  uint32_t *last;     /* [part->n] 1 + place of the latest spike in the log, 0: none */
  uint32_t base;      /* step that the factors in `post` are relative to */
  h9_post_spike *log;
  size_t log_n, log_cap, log_limit;
  int64_t swept; /* what arrived at synapses until then is taken up */
} h9_plastic_part;

static inline double *h9_plastic_weight(const h9_plastic_part *p) { return (double *)(void *)p->weight.base; }
static inline uint16_t *h9_plastic_target(const h9_plastic_part *p) { return (uint16_t *)(void *)p->target.base; }
static inline double *h9_plastic_own(const h9_plastic_part *p) { return (double *)(void *)p->own.base; }
static inline h9_plastic_segment *h9_plastic_segments(const h9_plastic_part *p) {
  return (h9_plastic_segment *)(void *)p->segments.base;
}
static inline h9_plastic_row *h9_plastic_rows(const h9_plastic_part *p) {
  return (h9_plastic_row *)(void *)p->rows.base;
}

typedef struct h9_plastic_share {
  h9_plastic_state *state; /* [n_rules] */
  struct h9_plastic_events {
    h9_plastic_event *v;
    size_t n, cap;
  } events[2];
  uint32_t *window; /* places in the log */
  size_t window_cap;
  uint32_t *left; /* of a segment, synapses to be done one by one */
  size_t left_cap;
  bool no_memory;
  uint32_t outgrown; /* 1 + projection */
} h9_plastic_share;

typedef struct h9_plastic_worker { /* building */
  uint32_t *count, *segments, *last, *touched;
  uint64_t *at, *segment_at;
  uint64_t synapses;
} h9_plastic_worker;

struct h9_plastic {
  const h9_network *net;
  const h9_tiling *tiling;
  uint32_t n_rules;
  h9_plastic_rule *rule;
  uint32_t *rule_of; /* [n_projections], UINT32_MAX: none */
  h9_plastic_part *part; /* [n_tiles * n_rules] */
  h9_plastic_share *share; /* [n_shares] */
  h9_plastic_worker *worker;
  int n_workers;
  double scale;
  const h9_stdp_kernels *kernels;
  const h9_wide_kernels *wide;
};

static inline h9_plastic_part *h9_plastic_part_of(const h9_plastic *p, uint32_t tile, uint32_t rule) {
  return &p->part[(size_t)tile * p->n_rules + rule];
}
static inline uint32_t h9_plastic_dendritic(const h9_plastic_rule *r, uint32_t delay) {
  return r->dendritic_given ? r->dendritic : delay - r->axonal;
}

/* plastic_rules.c. A segment of n synapses whose row's delay is `delay`; returns nothing. */
typedef struct h9_plastic_job {
  h9_plastic *p;
  const h9_plastic_rule *r;
  h9_plastic_part *part;
  h9_plastic_share *share;
  const h9_plastic_state *state;
  const h9_part *slots;       /* where the targets' inputs are */
  const h9_plastic_segment *segment;
  const h9_plastic_record *record;
  int32_t *in;
  int64_t *wide;
  int parity;
} h9_plastic_job;
void h9_plastic_process(const h9_plastic_job *j);
/* The segment's synapses take up what arrived by `until` after spike `record` (as the source's record): no spike is
 * sent. */
void h9_plastic_catch_up(const h9_plastic_job *j, uint32_t last, double trace, int64_t until);

#endif

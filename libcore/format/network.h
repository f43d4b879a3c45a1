/* A network in memory: what the header, populations, neurons and projections blocks describe. */
#ifndef H9_FORMAT_NETWORK_H
#define H9_FORMAT_NETWORK_H

#include "../base/metrics.h"
#include "../base/uuid.h"
#include "dist.h"
#include "stream.h"

/* A named model parameter or initial state variable of a population: one constant, or a column. */
typedef struct h9_value {
  char *name;      /* the model's name for it, e.g. "V_m" */
  double constant; /* in the model's unit; used when column is NULL */
  float *column;   /* count values, owned; NULL: constant */
  bool varies;     /* the populations block says that neurons blocks carry a column */
} h9_value;

typedef struct h9_population {
  char *name, *model;
  h9_id first;    /* id of its first neuron; populations follow each other without gaps */
  uint32_t count; /* >= 1 */
  bool placed;    /* neurons have positions */
  uint32_t n_values;
  h9_value *values; /* those that differ from the model's defaults */
} h9_population;

enum h9_rule {
  H9_RULE_ONE_TO_ONE = 1,
  H9_RULE_ALL_TO_ALL,
  H9_RULE_PAIRWISE_BERNOULLI,
  H9_RULE_PAIRWISE_POISSON,
  H9_RULE_FIXED_INDEGREE,
  H9_RULE_FIXED_OUTDEGREE,
  H9_RULE_FIXED_TOTAL_NUMBER,
  H9_RULE_RADIUS,
  H9_RULE_K_NEAREST,
  H9_RULE_EXPLICIT, /* given connection by connection (a converted network): cannot be deferred */
  H9_RULES,
};
const char *h9_rule_name(enum h9_rule r);
/* 0 when there is none of that name. */
enum h9_rule h9_rule_parse(const char *name);

/* Distance kernels: the probability (pairwise rules) or relative weight (degree rules) of a pair.
 * With d the distance, p = scale * f(d) clipped to [0, 1] for probabilities:
 * constant 1; gaussian exp(-(d-mean)^2 / (2 sigma^2)); exponential exp(-d / tau);
 * gamma d^(kappa-1) exp(-d/theta) / (theta^kappa Gamma(kappa)); linear max(0, 1 - d/range) ;
 * step 1 up to range, else 0;
 * gabor gaussian envelope in the plane times a cosine (NEST's spatial_distributions.gabor):
 *   with dx' = dx cos(theta) + dy sin(theta), dy' = -dx sin(theta) + dy cos(theta):
 *   max(0, cos(2 pi dy' / lambda + psi)) exp(-(gamma^2 dx'^2 + dy'^2) / (2 sigma^2));
 * expression: any h9_expr of distance, dx, dy, dz. */
enum h9_kernel_type {
  H9_KERNEL_CONSTANT = 0, H9_KERNEL_GAUSSIAN, H9_KERNEL_EXPONENTIAL, H9_KERNEL_GAMMA, H9_KERNEL_GABOR,
  H9_KERNEL_LINEAR, H9_KERNEL_STEP, H9_KERNEL_EXPRESSION, H9_KERNELS,
};
const char *h9_kernel_name(unsigned type);
typedef struct h9_kernel {
  uint8_t type;
  double scale;   /* p at the peak (the rule's `p`); 1 for degree rules; of an explicit rule whose number is known the
                     most connections onto one neuron */
  double arg[5];  /* gaussian: sigma, mean; exponential: tau; gamma: kappa, theta;
                     gabor: sigma, lambda, theta, psi, gamma; linear, step: range. um, radians */
  double cutoff;  /* um: pairs further apart are never joined; inf: none. A gaussian etc. without a
                     mask is cut where its relative value falls below 1e-6 unless the user says otherwise */
  h9_expr expr;
} h9_kernel;

/* Masks: where targets may lie, relative to the source (or sources relative to the target for
 * fixed_indegree), after moving by `anchor` and rotating. */
enum h9_mask_type {
  H9_MASK_NONE = 0,
  H9_MASK_SPHERE,
  H9_MASK_BOX,
  H9_MASK_ELLIPSOID,
  H9_MASK_DOUGHNUT,
  H9_MASKS
};
const char *h9_mask_name(unsigned type);
typedef struct h9_mask {
  uint8_t type;
  double arg[6];    /* sphere: radius; box: lo x,y,z, hi x,y,z; ellipsoid: full axes x,y,z (major,
                       minor, polar); doughnut: inner, outer radius. um; inner excluded, other
                        borders included */
  double anchor[3]; /* um, added to the pool neuron's reference point */
  double azimuth, polar; /* rotation, radians: about z, then tilt of z (as in NEST) */
} h9_mask;

enum h9_weight_encoding {
  H9_WEIGHT_CONSTANT = 0, /* the projection's weight expression is constant: no column */
  H9_WEIGHT_I16 = 1,      /* i16 multiples of quantum */
  H9_WEIGHT_F32 = 2,
  H9_WEIGHT_F64 = 3, /* weights that plasticity left */
};

/* A value of a projection's synapse model that was given, by the model's name for it. */
typedef struct h9_synapse_value {
  char *name;
  double value; /* in the model's unit; of a population its index */
} h9_synapse_value;

/* One projection: how one population connects to another. */
typedef struct h9_projection {
  char *name;    /* may be "" */
  char *synapse; /* synapse model: "static" */
  uint32_t source, target; /* indices of populations */
  uint8_t rule;            /* enum h9_rule */
  bool autapses, multapses, symmetric, periodic, materialised;
  double number;  /* indegree, outdegree, total number, k; poisson: mean a pair; radius rule: um; explicit: how many
                     there are, 0 where it is not known */
  h9_kernel kernel; /* pairwise_bernoulli: kernel.scale is p */
  h9_mask mask;
  h9_dist weight; /* in the unit of the target model's input (pA, mV or nS) */
  h9_dist delay;  /* ms; rounded to steps, at least one step */
  uint8_t weight_encoding;
  double quantum; /* > 0: what one unit of an I16 weight is worth; the same for all projections
                     onto one (target population, receptor) */
  double receptor; /* 0: by the sign of the weight */
  uint32_t n_synapse_values;
  h9_synapse_value *synapse_values;
  bool trace; /* every presynaptic spike processed is of interest (hal9-step --trace-synapses) */
} h9_projection;

typedef struct h9_provenance {
  char *program, *version, *options; /* options: those that shape the result, as one line */
  char *label;                       /* the user's, or "" */
  uint64_t seed;
  h9_hash output_of_parents[8]; /* content hashes of the inputs */
  uint32_t n_parents;
} h9_provenance;

/* What neurons are called elsewhere: texts, or UUIDs. */
typedef struct h9_labels {
  uint32_t n;           /* 0: there are none */
  bool uuid;
  h9_id first;          /* label i is of neuron first + i ... */
  h9_id *id;            /* ... unless their ids are listed: [n], ascending */
  unsigned char *bytes; /* 16 each; or texts of 1 to H9_NAME_MAX bytes with a zero behind each */
  uint64_t *at;         /* [n] where each text begins */
  size_t len, cap_bytes, cap_at, cap_id; /* bytes filled; what there is room for */
} h9_labels;
h9_id h9_labels_id(const h9_labels *l, uint32_t i);
/* Writes the text of label i, or that of neuron `id`, which may have none, at p, where there is room for
 * H9_NAME_MAX + 1; returns where it ended. */
char *h9_labels_put(const h9_labels *l, uint32_t i, char *p);
char *h9_labels_text(const h9_labels *l, h9_id id, char *p);
void h9_labels_release(h9_labels *l);

typedef struct h9_network {
  double dt;     /* ms */
  uint64_t seed;
  double lo[3], hi[3]; /* um: the domain the layouts declare; periodic wrap uses hi - lo */
  int dimensions;      /* 0 none placed, 1, 2 or 3 */
  uint32_t n_neurons;
  uint32_t n_populations;
  h9_population *populations;
  h9_labels labels;
  float *x, *y, *z; /* um, [n_neurons], index id - 1; NULL where not loaded or not placed */
  uint32_t n_projections;
  h9_projection *projections;
  uint32_t n_provenance;
  h9_provenance *provenance;
  h9_metrics metrics; /* of the metrics blocks met while reading */
} h9_network;

void h9_network_release(h9_network *net); /* releases the contents, not the struct */
void h9_network_forget_projections(h9_network *net); /* releases them: there are none then */
/* Index of the population of that name, or -1. */
int h9_network_find(const h9_network *net, const char *name);
/* The same of a name that the user gave: -1 with H9_EDATA, "there is no population 'x'; did you mean 'y'?". */
int h9_network_named(const h9_network *net, const char *name, h9_error *e);
/* Index of the population holding `id` (1..n_neurons). */
uint32_t h9_network_population_of(const h9_network *net, h9_id id);
/* Positions of every placed population and columns of every varying value are in memory. A stream
 * of signals describes its populations without them. */
bool h9_network_is_loaded(const h9_network *net);
const h9_value *h9_population_value(const h9_population *p, const char *name); /* NULL: default */

#endif

#include "synapses.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define POSITIVE DBL_MIN, INFINITY
#define NOT_NEGATIVE 0, INFINITY
#define FINITE -INFINITY, INFINITY

/* Where along a connection its synapse lies, for the rules that compare times at the synapse. */
#define VALUES_DELAY                                                                                         \
  {"axonal_delay", "ms", 0, NOT_NEGATIVE, false, "part of the delay between source and synapse"},            \
      {"dendritic_delay", "ms", NAN, POSITIVE, false,                                                        \
       "part of the delay between synapse and target (default: what axonal_delay leaves)"}
#define VALUES_KPLUS {"Kplus", "1", 0, NOT_NEGATIVE, true, "trace of presynaptic spikes"}
#define VALUES_TAU_MINUS                                                                                     \
  {"tau_minus", "ms", 20, POSITIVE, false, "time constant of the trace of postsynaptic spikes"}

static const h9_model_value tsodyks2_values[] = {
    {"U", "1", 0.5, 0, 1, false, "release probability that a spike adds"},
    {"tau_rec", "ms", 800, POSITIVE, false, "time constant of recovery from depression"},
    {"tau_fac", "ms", 0, NOT_NEGATIVE, false, "time constant of facilitation; 0: none"},
    {"u", "1", 0.5, 0, 1, true, "release probability"},
    {"x", "1", 1, 0, 1, true, "share of the resources that is available"},
};
static const h9_model_value tsodyks_values[] = {
    {"U", "1", 0.5, 0, 1, false, "release probability that a spike adds"},
    {"tau_psc", "ms", 3, POSITIVE, false, "time constant of the synaptic current"},
    {"tau_fac", "ms", 0, NOT_NEGATIVE, false, "time constant of facilitation; 0: none"},
    {"tau_rec", "ms", 800, POSITIVE, false, "time constant of recovery from depression"},
    {"x", "1", 1, 0, 1, true, "share of the resources that is available"},
    {"y", "1", 0, 0, 1, true, "share that is active"},
    {"u", "1", 0, 0, 1, true, "release probability"},
};
#define VALUES_GUETIG                                                                                        \
  {"tau_plus", "ms", 20, POSITIVE, false, "time constant of the trace of presynaptic spikes"},               \
      {"lambda", "1", 0.01, NOT_NEGATIVE, false, "step size"},                                               \
      {"alpha", "1", 1, NOT_NEGATIVE, false, "depression relative to facilitation"},                         \
      {"mu_plus", "1", 1, NOT_NEGATIVE, false, "exponent of the weight in facilitation"},                    \
      {"mu_minus", "1", 1, NOT_NEGATIVE, false, "exponent of the weight in depression"},                     \
      {"Wmax", "weight", 100, FINITE, false, "largest weight"}, VALUES_TAU_MINUS
static const h9_model_value stdp_values[] = {VALUES_GUETIG, VALUES_KPLUS, VALUES_DELAY};
static const h9_model_value nn_values[] = {VALUES_GUETIG, VALUES_DELAY};
static const h9_model_value pl_values[] = {
    {"tau_plus", "ms", 20, POSITIVE, false, "time constant of the trace of presynaptic spikes"},
    {"lambda", "1", 0.1, NOT_NEGATIVE, false, "step size"},
    {"alpha", "1", 1, NOT_NEGATIVE, false, "depression relative to facilitation"},
    {"mu", "1", 0.4, NOT_NEGATIVE, false, "exponent of the weight in facilitation"},
    VALUES_TAU_MINUS,
    VALUES_KPLUS,
    VALUES_DELAY,
};
static const h9_model_value triplet_values[] = {
    {"tau_plus", "ms", 16.8, POSITIVE, false, "time constant of the short presynaptic trace"},
    {"tau_plus_triplet", "ms", 101, POSITIVE, false, "time constant of the long presynaptic trace"},
    {"Aplus", "weight", 5e-10, NOT_NEGATIVE, false, "facilitation by pairs"},
    {"Aminus", "weight", 7e-3, NOT_NEGATIVE, false, "depression by pairs"},
    {"Aplus_triplet", "weight", 6.2e-3, NOT_NEGATIVE, false, "facilitation by triplets"},
    {"Aminus_triplet", "weight", 2.3e-4, NOT_NEGATIVE, false, "depression by triplets"},
    {"Wmax", "weight", 100, FINITE, false, "largest weight"},
    VALUES_TAU_MINUS,
    {"tau_minus_triplet", "ms", 110, POSITIVE, false, "time constant of the long postsynaptic trace"},
    VALUES_KPLUS,
    {"Kplus_triplet", "1", 0, NOT_NEGATIVE, true, "long trace of presynaptic spikes"},
    VALUES_DELAY,
};
static const h9_model_value vogels_values[] = {
    {"tau", "ms", 20, POSITIVE, false, "time constant of the trace of presynaptic spikes"},
    {"alpha", "1", 0.12, NOT_NEGATIVE, false, "depression by every presynaptic spike, in units of eta"},
    {"eta", "weight", 0.001, NOT_NEGATIVE, false, "learning rate"},
    {"Wmax", "weight", 1, FINITE, false, "largest weight"},
    VALUES_TAU_MINUS,
    VALUES_KPLUS,
    VALUES_DELAY,
};
static const h9_model_value dopamine_values[] = {
    {"vt", "population", NAN, NOT_NEGATIVE, false, "population whose spikes release dopamine"},
    {"vt_delay", "ms", 1, NOT_NEGATIVE, false, "from a spike of that population to its release"},
    {"A_plus", "1", 1, FINITE, false, "weight of pairs pre before post in the eligibility"},
    {"A_minus", "1", 1.5, FINITE, false, "weight of pairs post before pre"},
    {"tau_plus", "ms", 20, POSITIVE, false, "time constant of the trace of presynaptic spikes"},
    {"tau_c", "ms", 1000, POSITIVE, false, "time constant of the eligibility"},
    {"tau_n", "ms", 200, POSITIVE, false, "time constant of the dopamine"},
    {"b", "1", 0, FINITE, false, "baseline of the dopamine"},
    {"Wmin", "weight", 0, FINITE, false, "smallest weight"},
    {"Wmax", "weight", 200, FINITE, false, "largest weight"},
    VALUES_TAU_MINUS,
    VALUES_KPLUS,
    {"c", "1", 0, FINITE, true, "eligibility"},
    {"n", "1", 0, FINITE, true, "dopamine concentration"},
    VALUES_DELAY,
};

static double value(const char *name, const h9_model_value *table, uint32_t n, const double *values) {
  for (uint32_t i = 0; i < n; i++)
    if (strcmp(table[i].name, name) == 0) return values[i];
  return NAN;
}

static bool check_wmax(const double *values, const h9_model_value *table, uint32_t n, char *why, size_t size) {
  if (value("Wmax", table, n, values) != 0) return true;
  snprintf(why, size, "Wmax is 0, expected another number");
  return false;
}
static bool check_stdp(const double *values, char *why, size_t size) {
  return check_wmax(values, stdp_values, H9_MODEL_COUNT(stdp_values), why, size);
}
static bool check_nn(const double *values, char *why, size_t size) {
  return check_wmax(values, nn_values, H9_MODEL_COUNT(nn_values), why, size);
}
static bool check_triplet(const double *values, char *why, size_t size) {
  return check_wmax(values, triplet_values, H9_MODEL_COUNT(triplet_values), why, size);
}
static bool check_vogels(const double *values, char *why, size_t size) {
  return check_wmax(values, vogels_values, H9_MODEL_COUNT(vogels_values), why, size);
}
static bool check_dopamine(const double *values, char *why, size_t size) {
  double low = value("Wmin", dopamine_values, H9_MODEL_COUNT(dopamine_values), values);
  double high = value("Wmax", dopamine_values, H9_MODEL_COUNT(dopamine_values), values);
  if (low < high) return true;
  snprintf(why, size, "Wmin is %.9g and Wmax %.9g, expected Wmin below Wmax", low, high);
  return false;
}
static bool check_tsodyks(const double *values, char *why, size_t size) {
  uint32_t n = H9_MODEL_COUNT(tsodyks_values);
  double x = value("x", tsodyks_values, n, values), y = value("y", tsodyks_values, n, values);
  double psc = value("tau_psc", tsodyks_values, n, values), rec = value("tau_rec", tsodyks_values, n, values);
  if (x + y > 1) {
    snprintf(why, size, "x is %.9g and y %.9g, expected at most 1 together", x, y);
    return false;
  }
  if (psc != rec) return true;
  snprintf(why, size, "tau_psc and tau_rec are both %.9g ms, expected them to differ", psc);
  return false;
}

#define VALUES(array) .n_values = H9_MODEL_COUNT(array), .values = array

static const h9_synapse_model table[] = {
    {.name = "static", .about = "constant weight", .reference = "", .kind = H9_SYNAPSE_STATIC},
    {.name = "tsodyks2_synapse", .about = "short-term depression and facilitation of the weight",
     .reference = "Tsodyks & Markram 1997; Fuhrmann et al. 2002; Maass & Markram 2002",
     .kind = H9_SYNAPSE_TSODYKS2, VALUES(tsodyks2_values), .n_states = 2, .states = {"u", "x"}},
    {.name = "tsodyks_synapse", .about = "the same with resources that stay active for a time constant",
     .reference = "Tsodyks, Uziel & Markram 2000", .kind = H9_SYNAPSE_TSODYKS, VALUES(tsodyks_values),
     .n_states = 3, .states = {"u", "x", "y"}, .check = check_tsodyks},
    {.name = "stdp_synapse", .about = "pairs of spikes, all to all; additive to multiplicative",
     .reference = "Guetig et al. 2003", .kind = H9_SYNAPSE_STDP, VALUES(stdp_values), .n_states = 1,
     .states = {"Kplus"}, .check = check_stdp},
    {.name = "stdp_synapse_hom", .about = "the same rule under the name of NEST's form with common parameters",
     .reference = "Guetig et al. 2003", .kind = H9_SYNAPSE_STDP, VALUES(stdp_values), .n_states = 1,
     .states = {"Kplus"}, .check = check_stdp},
    {.name = "stdp_pl_synapse_hom", .about = "pairs, all to all; facilitation by a power of the weight",
     .reference = "Morrison, Aertsen & Diesmann 2007", .kind = H9_SYNAPSE_STDP_PL, VALUES(pl_values),
     .n_states = 1, .states = {"Kplus"}},
    {.name = "stdp_nn_symm_synapse", .about = "pairs of nearest neighbours, symmetric",
     .reference = "Morrison, Diesmann & Gerstner 2008, figure 7A", .kind = H9_SYNAPSE_NN_SYMM,
     VALUES(nn_values), .check = check_nn},
    {.name = "stdp_nn_restr_synapse", .about = "pairs of nearest neighbours, restricted",
     .reference = "Morrison, Diesmann & Gerstner 2008, figure 7C", .kind = H9_SYNAPSE_NN_RESTR,
     VALUES(nn_values), .check = check_nn},
    {.name = "stdp_nn_pre_centered_synapse", .about = "pairs of nearest neighbours around presynaptic spikes",
     .reference = "Izhikevich & Desai 2003; Morrison, Diesmann & Gerstner 2008, figure 7B",
     .kind = H9_SYNAPSE_NN_PRE_CENTERED, VALUES(stdp_values), .n_states = 1, .states = {"Kplus"},
     .check = check_stdp},
    {.name = "stdp_triplet_synapse", .about = "pairs and triplets, all to all",
     .reference = "Pfister & Gerstner 2006", .kind = H9_SYNAPSE_TRIPLET, VALUES(triplet_values),
     .n_states = 2, .states = {"Kplus", "Kplus_triplet"}, .check = check_triplet},
    {.name = "vogels_sprekeler_synapse", .about = "symmetric window and depression by every presynaptic spike",
     .reference = "Vogels et al. 2011", .kind = H9_SYNAPSE_VOGELS, VALUES(vogels_values), .n_states = 1,
     .states = {"Kplus"}, .check = check_vogels},
    {.name = "stdp_dopamine_synapse", .about = "pairs make an eligibility that dopamine turns into weight",
     .reference = "Izhikevich 2007; Potjans, Morrison & Diesmann 2010", .kind = H9_SYNAPSE_DOPAMINE,
     VALUES(dopamine_values), .n_states = 3, .states = {"Kplus", "c", "n"}, .check = check_dopamine},
};

const h9_synapse_model *h9_synapse_at(size_t i) {
  return i < sizeof table / sizeof *table ? &table[i] : NULL;
}

const h9_synapse_model *h9_synapse_find(const char *name) {
  if (strcmp(name, "static_synapse") == 0) return &table[0];
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (strcmp(table[i].name, name) == 0) return &table[i];
  return NULL;
}

int h9_synapse_value_find(const h9_synapse_model *m, const char *name) {
  for (uint32_t i = 0; i < m->n_values; i++)
    if (strcmp(m->values[i].name, name) == 0) return (int)i;
  return -1;
}

double h9_synapse_value_of(const h9_synapse_model *m, const double *values, const char *name) {
  return value(name, m->values, m->n_values, values);
}

int h9_synapse_values(const h9_network *net, const h9_projection *p, const h9_synapse_model **out, double *values,
                      h9_error *e) {
  const h9_synapse_model *m = *out = h9_synapse_find(p->synapse);
  if (!m)
    return h9_fail(e, H9_EDATA, "found synapse model '%s', expected one of hal9-synapses(7)", p->synapse);
  for (uint32_t i = 0; i < m->n_values; i++) values[i] = m->values[i].initial;
  for (uint32_t k = 0; k < p->n_synapse_values; k++) {
    const h9_synapse_value *g = &p->synapse_values[k];
    int i = h9_synapse_value_find(m, g->name);
    if (i < 0) return h9_fail(e, H9_EDATA, "%s has no value '%s'", m->name, g->name);
    const h9_model_value *v = &m->values[i];
    double high = strcmp(v->unit, "population") == 0 ? net->n_populations - 1 : v->high;
    if (!(g->value >= v->low && g->value <= high) || isinf(g->value))
      return h9_fail(e, H9_EDATA, "%s is %.9g, expected %s%.9g to %.9g", v->name, g->value,
                     v->low == DBL_MIN ? "more than " : "", v->low == DBL_MIN ? 0 : v->low, high);
    values[i] = g->value;
  }
  for (uint32_t i = 0; i < m->n_values; i++)
    if (strcmp(m->values[i].unit, "population") == 0 && isnan(values[i]))
      return h9_fail(e, H9_EDATA, "%s is missing: %s", m->values[i].name, m->values[i].about);
  if (m->kind >= H9_SYNAPSE_STDP && h9_synapse_value_of(m, values, "axonal_delay") != 0 &&
      !isnan(h9_synapse_value_of(m, values, "dendritic_delay")))
    return h9_fail(e, H9_EDATA, "found axonal_delay and dendritic_delay, expected one: the rest is the other");
  char why[256] = "";
  if (m->check && !m->check(values, why, sizeof why)) return h9_fail(e, H9_EDATA, "%s", why);
  return H9_OK;
}

bool h9_synapse_weight_fits(const h9_synapse_model *m, const double *values, double w, char *why, size_t size) {
  if (m->kind < H9_SYNAPSE_STDP) return true;
  if (m->kind == H9_SYNAPSE_STDP_PL) {
    if (w >= 0) return true;
    snprintf(why, size, "weight %.9g, expected 0 or more", w);
    return false;
  }
  double high = h9_synapse_value_of(m, values, "Wmax"), low = 0;
  if (m->kind == H9_SYNAPSE_DOPAMINE) low = h9_synapse_value_of(m, values, "Wmin");
  if (high < low) { /* weights below 0: their size is what grows */
    double t = low;
    low = high;
    high = t;
  }
  if (w >= low && w <= high) return true;
  snprintf(why, size, "weight %.9g, expected %.9g to %.9g (Wmax)", w, low, high);
  return false;
}

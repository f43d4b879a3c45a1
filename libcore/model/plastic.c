/* Rules compiled from the network, and their release. */
#include "models.h"
#include "plastic_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double get(const h9_plastic_rule *r, const char *name) {
  return h9_synapse_value_of(r->model, r->values, name);
}

static uint32_t steps_of(double ms, double dt) {
  double s = floor(ms / dt + 0.5);
  return s < H9_DELAY_MAX ? (uint32_t)s : (uint32_t)H9_DELAY_MAX + 1; /* more than any delay */
}

static int decay(h9_decay *d, const h9_network *net, const h9_plastic_rule *r, const char *name, h9_error *e) {
  double tau = get(r, name);
  return tau > 0 ? h9_decay_make(d, net->dt, tau, e) : H9_OK; /* 0: there is none */
}

static int compile_short(h9_plastic_rule *r, const h9_network *net, h9_error *e) {
  int rc = decay(&r->pre, net, r, "tau_rec", e);
  if (rc == H9_OK) rc = decay(&r->post3, net, r, "tau_fac", e);
  if (rc == H9_OK && r->kind == H9_SYNAPSE_TSODYKS) rc = decay(&r->pre3, net, r, "tau_psc", e);
  return rc;
}

static int compile_dopamine(h9_plastic_rule *r, const h9_network *net, h9_error *e) {
  const h9_population *vt = &net->populations[(uint32_t)get(r, "vt")];
  double every = floor(1000 / net->dt + 0.5);
  r->own = true;
  r->vt_first = vt->first - 1;
  r->vt_n = vt->count;
  r->vt_delay = steps_of(get(r, "vt_delay"), net->dt);
  if (r->vt_delay < r->axonal)
    return h9_fail(e, H9_EDATA, "vt_delay is %.9g ms, expected at least the axonal delay", get(r, "vt_delay"));
  r->plus = get(r, "A_plus");
  r->minus = get(r, "A_minus");
  r->b = get(r, "b");
  r->tau_c = get(r, "tau_c");
  r->tau_n = get(r, "tau_n");
  r->taus = (r->tau_c + r->tau_n) / (r->tau_c * r->tau_n);
  r->w_min = get(r, "Wmin");
  r->sweep_every = every < 1 ? 1 : every > 0x1p30 ? 1u << 30 : (uint32_t)every;
  int rc = decay(&r->c, net, r, "tau_c", e);
  return rc == H9_OK ? decay(&r->n, net, r, "tau_n", e) : rc;
}

static int compile_stdp(h9_plastic_rule *r, const h9_network *net, h9_error *e) {
  double dendritic = get(r, "dendritic_delay");
  r->post = true;
  r->axonal = steps_of(get(r, "axonal_delay"), net->dt);
  r->dendritic_given = !isnan(dendritic);
  if (r->dendritic_given) r->dendritic = steps_of(dendritic, net->dt);
  if (r->dendritic_given && r->dendritic < 1)
    return h9_fail(e, H9_EDATA, "dendritic_delay is %.9g ms, expected at least a step of %.9g ms", dendritic, net->dt);
  int rc = decay(&r->pre, net, r, r->kind == H9_SYNAPSE_VOGELS ? "tau" : "tau_plus", e);
  if (rc == H9_OK) rc = decay(&r->post1, net, r, "tau_minus", e);
  if (rc != H9_OK) return rc;
  if (r->kind != H9_SYNAPSE_STDP_PL) r->w_max = get(r, "Wmax");
  switch (r->kind) {
  case H9_SYNAPSE_STDP_PL:
    r->lambda = get(r, "lambda");
    r->depress = get(r, "alpha") * r->lambda;
    r->mu_plus = get(r, "mu");
    return H9_OK;
  case H9_SYNAPSE_TRIPLET:
    r->plus = get(r, "Aplus");
    r->minus = get(r, "Aminus");
    r->plus3 = get(r, "Aplus_triplet");
    r->minus3 = get(r, "Aminus_triplet");
    rc = decay(&r->pre3, net, r, "tau_plus_triplet", e);
    return rc == H9_OK ? decay(&r->post3, net, r, "tau_minus_triplet", e) : rc;
  case H9_SYNAPSE_VOGELS:
    r->plus = get(r, "eta");
    r->minus = get(r, "alpha") * r->plus;
    return H9_OK;
  case H9_SYNAPSE_DOPAMINE:
    return compile_dopamine(r, net, e);
  default:
    r->lambda = get(r, "lambda");
    r->depress = get(r, "alpha") * r->lambda;
    r->mu_plus = get(r, "mu_plus");
    r->mu_minus = get(r, "mu_minus");
    r->own = r->kind == H9_SYNAPSE_NN_PRE_CENTERED;
    return H9_OK;
  }
}

/* Rules whose arithmetic the kernels have; time constants below two steps would need factors out of range. */
static void choose_form(h9_plastic_rule *r, double dt) {
  enum { FADE = 32 }; /* time constants from base to base */
  bool first = r->kind == H9_SYNAPSE_NN_RESTR;
  switch (r->kind) {
  case H9_SYNAPSE_STDP:
  case H9_SYNAPSE_NN_SYMM:
  case H9_SYNAPSE_NN_RESTR:
    if (r->mu_plus == 0 && r->mu_minus == 0) r->form = first ? H9_STDP_FIRST_ADDITIVE : H9_STDP_ADDITIVE;
    else if (r->mu_plus == 1 && r->mu_minus == 1)
      r->form = first ? H9_STDP_FIRST_MULTIPLICATIVE : H9_STDP_MULTIPLICATIVE;
    else r->form = first ? H9_STDP_FIRST_POWER : H9_STDP_POWER;
    break;
  case H9_SYNAPSE_STDP_PL:
    r->form = H9_STDP_POWER_OF_WEIGHT;
    break;
  case H9_SYNAPSE_TRIPLET:
    r->form = H9_STDP_ADDITIVE;
    break;
  case H9_SYNAPSE_VOGELS:
    r->form = H9_STDP_SYMMETRIC;
    break;
  default:
    return;
  }
  double plus = get(r, r->kind == H9_SYNAPSE_VOGELS ? "tau" : "tau_plus"), minus = get(r, "tau_minus");
  double steps = floor(FADE * (plus < minus ? plus : minus) / dt);
  r->rebase_every = steps < 0x1p30 ? (uint32_t)steps : 1u << 30;
  r->many = !r->counts && r->rebase_every >= 2 * FADE;
  if (!r->many) return;
  r->rebase_plus = 1 / h9_decay_at(&r->pre, r->rebase_every);
  r->rebase_minus = h9_decay_at(&r->post1, r->rebase_every);
}

static int compile(h9_plastic *p, h9_plastic_rule *r, uint32_t projection, h9_error *e) {
  const h9_network *net = p->net;
  const h9_projection *j = &net->projections[projection];
  r->projection = projection;
  int rc = h9_synapse_values(net, j, &r->model, r->values, e);
  if (rc != H9_OK) return rc;
  r->kind = r->model->kind;
  r->first_source = net->populations[j->source].first - 1;
  r->n_sources = net->populations[j->source].count;
  r->population = j->target;
  r->first_target = net->populations[j->target].first - 1;
  r->traced = j->trace;
  const h9_model *target = h9_model_find(net->populations[j->target].model);
  r->counts = target && target->counts;
  r->silent = r->counts && j->receptor == 1;
  r->delay_min = UINT32_MAX;
  rc = r->kind >= H9_SYNAPSE_STDP ? compile_stdp(r, net, e) : compile_short(r, net, e);
  if (rc == H9_OK) choose_form(r, net->dt);
  return rc;
}

/* Of one share: sources as they begin. */
static int state_make(h9_plastic_state *s, const h9_plastic_rule *r, h9_error *e) {
  s->source = h9_alloc(r->n_sources, sizeof *s->source);
  if (!s->source) return h9_fail_memory(e, r->n_sources * sizeof *s->source, "traces of sources");
  double first[3] = {0};
  if (r->kind == H9_SYNAPSE_TSODYKS2 || r->kind == H9_SYNAPSE_TSODYKS) {
    first[0] = get(r, "u");
    first[1] = get(r, "x");
    if (r->kind == H9_SYNAPSE_TSODYKS) first[2] = get(r, "y");
  } else {
    if (h9_synapse_value_find(r->model, "Kplus") >= 0) first[0] = get(r, "Kplus");
    if (r->kind == H9_SYNAPSE_TRIPLET) first[1] = get(r, "Kplus_triplet");
  }
  for (uint32_t i = 0; i < r->n_sources; i++) {
    s->source[i].record = UINT32_MAX;
    memcpy(s->source[i].s, first, sizeof first);
  }
  if (r->kind != H9_SYNAPSE_DOPAMINE) return H9_OK;
  if (h9_grow(&s->release, &s->releases_cap, 64, sizeof *s->release) != H9_OK)
    return h9_fail_memory(e, 64 * sizeof *s->release, "dopamine");
  s->release[s->n_releases++] = (h9_plastic_release){0, 0, get(r, "n")};
  return H9_OK;
}

static int make_shares(h9_plastic *p, h9_error *e) {
  uint32_t shares = p->tiling->n_shares;
  p->share = h9_alloc(shares, sizeof *p->share);
  if (!p->share) return h9_fail_memory(e, shares * sizeof *p->share, "plastic synapses");
  for (uint32_t k = 0; k < shares; k++) {
    p->share[k].state = calloc(p->n_rules, sizeof *p->share[k].state);
    if (!p->share[k].state) return h9_fail_memory(e, p->n_rules * sizeof *p->share->state, "plastic synapses");
    for (uint32_t i = 0; i < p->n_rules; i++) {
      int rc = state_make(&p->share[k].state[i], &p->rule[i], e);
      if (rc != H9_OK) return rc;
    }
  }
  return H9_OK;
}

int h9_plastic_make(h9_plastic **out, const h9_network *net, const h9_tiling *tiling, h9_error *e) {
  *out = NULL;
  uint32_t n = 0;
  for (uint32_t i = 0; i < net->n_projections; i++) {
    const h9_synapse_model *m = h9_synapse_find(net->projections[i].synapse);
    if (!m)
      return h9_fail(e, H9_EDATA, "projection %u: found synapse model '%s', expected one of hal9-synapses(7)", i + 1,
                     net->projections[i].synapse);
    n += h9_synapse_is_plastic(m);
  }
  enum h9_simd level;
  if (n == 0) return H9_OK;
  int rc = h9_simd_choose(&level, e);
  if (rc != H9_OK) return rc;
  h9_plastic *p = calloc(1, sizeof *p);
  if (!p) return h9_fail_memory(e, sizeof *p, "plastic synapses");
  p->net = net;
  p->tiling = tiling;
  p->kernels = h9_stdp_choose(level);
  p->wide = h9_wide_choose(level);
  p->rule = calloc(n, sizeof *p->rule);
  p->rule_of = malloc(((size_t)net->n_projections + 1) * sizeof *p->rule_of);
  p->part = calloc((size_t)n * tiling->n_tiles, sizeof *p->part);
  rc = p->rule && p->rule_of && p->part
               ? H9_OK
               : h9_fail_memory(e, (size_t)n * tiling->n_tiles * sizeof *p->part, "plastic synapses");
  for (uint32_t i = 0; rc == H9_OK && i < net->n_projections; i++) {
    bool plastic = h9_synapse_is_plastic(h9_synapse_find(net->projections[i].synapse));
    p->rule_of[i] = plastic ? p->n_rules : UINT32_MAX;
    if (!plastic) continue;
    rc = compile(p, &p->rule[p->n_rules++], i, e);
    if (rc != H9_OK) h9_fail_at(e, "projection %u", i + 1);
  }
  if (rc == H9_OK) rc = make_shares(p, e);
  if (rc != H9_OK) h9_plastic_free(p);
  else *out = p;
  return rc;
}

static void part_release(h9_plastic_part *t) {
  h9_region_close(&t->weight);
  h9_region_close(&t->target);
  h9_region_close(&t->own);
  h9_region_close(&t->segments);
  h9_region_close(&t->rows);
  for (uint32_t i = 0; t->due && i <= t->due_mask; i++) free(t->due[i].entry);
  free(t->due);
  free(t->post);
  free(t->past);
  free(t->last);
  free(t->log);
}

void h9_plastic_free(h9_plastic *p) {
  if (!p) return;
  for (uint32_t i = 0; p->part && i < p->tiling->n_tiles * p->n_rules; i++) part_release(&p->part[i]);
  for (uint32_t k = 0; p->share && k < p->tiling->n_shares; k++) {
    h9_plastic_share *s = &p->share[k];
    for (uint32_t i = 0; s->state && i < p->n_rules; i++) {
      free(s->state[i].source);
      free(s->state[i].record);
      free(s->state[i].release);
    }
    free(s->state);
    for (int i = 0; i < 2; i++) free(s->events[i].v);
    free(s->window);
    free(s->left);
  }
  for (uint32_t i = 0; p->rule && i < p->n_rules; i++) {
    h9_plastic_rule *r = &p->rule[i];
    h9_decay *all[] = {&r->pre, &r->pre3, &r->post1, &r->post3, &r->c, &r->n};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) h9_decay_release(all[k]);
  }
  for (int i = 0; p->worker && i < p->n_workers; i++) {
    h9_plastic_worker *w = &p->worker[i];
    free(w->count);
    free(w->segments);
    free(w->last);
    free(w->touched);
    free(w->at);
    free(w->segment_at);
  }
  free(p->worker);
  free(p->share);
  free(p->part);
  free(p->rule);
  free(p->rule_of);
  free(p);
}

bool h9_plastic_has(const h9_plastic *p, uint32_t projection) {
  return p && p->rule_of[projection] != UINT32_MAX;
}

double h9_plastic_bytes(const h9_plastic *p, uint32_t projection, double expected) {
  const h9_plastic_rule *r = &p->rule[p->rule_of[projection]];
  const h9_network *net = p->net;
  double tiles = p->tiling->n_tiles, targets = net->populations[r->population].count;
  double delays = h9_dist_is_constant(&net->projections[projection].delay) ? 1 : 40;
  double segments = delays * tiles * r->n_sources;
  double logs = r->post ? (double)(sizeof(h9_stdp_post) + sizeof(h9_stdp_past) + sizeof(uint32_t)) * targets +
                              (double)sizeof(h9_post_spike) * (8 * targets + 4096 * tiles + expected / 16)
                        : 0;
  return expected * (10 + (r->own ? 8 : 0)) + logs +
         (segments < expected ? segments : expected) * (double)sizeof(h9_plastic_segment) +
         tiles * r->n_sources * (double)sizeof(h9_plastic_row) +
         p->tiling->n_shares * r->n_sources * (double)sizeof(h9_plastic_source);
}

unsigned h9_plastic_signs(const h9_plastic *p, uint32_t projection) {
  const h9_plastic_rule *r = &p->rule[p->rule_of[projection]];
  const h9_dist *weight = &p->net->projections[projection].weight;
  if (r->kind == H9_SYNAPSE_STDP_PL) return 1;
  if (r->kind == H9_SYNAPSE_DOPAMINE) return (r->w_max > 0) | (unsigned)(r->w_min < 0) << 1;
  if (r->post) return r->w_max > 0 ? 1 : 2;
  if (!h9_dist_is_constant(weight)) return 3;
  return h9_dist_constant(weight) < 0 ? 2 : 1;
}

bool h9_plastic_traced(const h9_plastic *p) {
  for (uint32_t i = 0; p && i < p->n_rules; i++)
    if (p->rule[i].traced) return true;
  return false;
}

void h9_plastic_untrace(h9_plastic *p) {
  for (uint32_t i = 0; i < p->n_rules; i++) p->rule[i].traced = false;
}

void h9_plastic_scale(h9_plastic *p, double wide_scale) { p->scale = wide_scale; }

int h9_plastic_failed(const h9_plastic *p, int share, h9_error *e) {
  const h9_plastic_share *s = &p->share[share];
  if (s->outgrown)
    return h9_fail(e, H9_EDATA, "projection %u: a weight grew beyond 2^20 times the largest at the start",
                   s->outgrown);
  return s->no_memory ? h9_fail_memory(e, 0, "spikes of plastic synapses") : H9_OK;
}

const h9_plastic_event *h9_plastic_events(h9_plastic *p, int share, int parity, size_t *n) {
  struct h9_plastic_events *v = &p->share[share].events[parity];
  *n = v->n;
  v->n = 0;
  return v->v;
}

static int by_place(const void *a, const void *b) {
  const h9_plastic_event *x = a, *y = b;
  if (x->step != y->step) return x->step < y->step ? -1 : 1;
  if (x->projection != y->projection) return x->projection < y->projection ? -1 : 1;
  if (x->source != y->source) return x->source < y->source ? -1 : 1;
  if (x->target != y->target) return x->target < y->target ? -1 : 1;
  return x->order < y->order ? -1 : x->order > y->order;
}

void h9_plastic_events_sort(h9_plastic_event *v, size_t n) {
  for (size_t i = 0; i < n; i++) v[i].order = (uint32_t)i;
  if (n) qsort(v, n, sizeof *v, by_place);
}

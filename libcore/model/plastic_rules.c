/* What synapses do when a presynaptic spike is due. Times are those at the synapse: a postsynaptic spike of step p
 * counts for a presynaptic one of step t when p <= hi = t - (dendritic - axonal delay), and for the one before it
 * when p <= lo. */
#include "plastic_parts.h"

#include "../base/mathfn.h"

#include <math.h>
#include <stdlib.h>

#define INLINE static inline __attribute__((always_inline))

INLINE int64_t to_quanta(double v) { return (int64_t)(v + (v < 0 ? -0.5 : 0.5)); }

/* The window of a segment. */
typedef struct window {
  uint32_t lo, hi;    /* spikes lo < p <= hi */
  uint32_t done;      /* of those, p <= done were taken up by a sweep */
  uint32_t offset;    /* p + offset - last: steps from the spike before to p, at the synapse */
  uint32_t dendritic, axonal;
  uint32_t last;
  int64_t until;
} window;

static uint32_t at_least_0(int64_t v) { return v > 0 ? (uint32_t)v : 0; }

static window window_of(const h9_plastic_job *j, uint32_t last, int64_t until) {
  window w = {.last = last, .until = until, .dendritic = h9_plastic_dendritic(j->r, j->segment->delay)};
  w.axonal = j->segment->delay - w.dendritic;
  int64_t ahead = (int64_t)w.dendritic - w.axonal;
  w.lo = at_least_0((int64_t)last - ahead);
  w.hi = at_least_0(until - w.dendritic);
  w.done = at_least_0(j->part->swept - w.dendritic);
  w.offset = (uint32_t)ahead - last;
  return w;
}

/* A neuron's spikes in a window: places in the log, latest first. */
typedef struct found {
  uint32_t n;
  const h9_post_spike *before; /* the latest one strictly before hi; NULL: none */
} found;

static found look(const h9_plastic_job *j, uint32_t local, const window *w) {
  h9_plastic_share *s = j->share;
  found f = {0};
  uint32_t k = j->part->last[local];
  for (; k && j->part->log[k - 1].step > w->hi; k = j->part->log[k - 1].before) {}
  for (; k; k = j->part->log[k - 1].before) {
    const h9_post_spike *v = &j->part->log[k - 1];
    if (!f.before && v->step < w->hi) f.before = v;
    if (v->step <= w->lo) break;
    if (h9_grow(&s->window, &s->window_cap, f.n + 1, sizeof *s->window) != H9_OK) {
      s->no_memory = true;
      break;
    }
    s->window[f.n++] = k - 1;
  }
  return f;
}

static double power(double x, double mu) { return mu == 0 ? 1 : mu == 1 ? x : h9_pow(x, mu); }

INLINE double facilitate(const h9_plastic_rule *r, enum h9_synapse_kind kind, double w, double k, double k3) {
  double v;
  switch (kind) {
  case H9_SYNAPSE_STDP_PL:
    return w + r->lambda * power(w, r->mu_plus) * k;
  case H9_SYNAPSE_TRIPLET:
  case H9_SYNAPSE_VOGELS:
    v = fabs(w) + (kind == H9_SYNAPSE_VOGELS ? r->plus * k : k * (r->plus + r->plus3 * k3));
    return copysign(v < fabs(r->w_max) ? v : r->w_max, r->w_max);
  default:
    v = w / r->w_max + r->lambda * power(1 - w / r->w_max, r->mu_plus) * k;
    return v < 1 ? v * r->w_max : r->w_max;
  }
}

INLINE double depress(const h9_plastic_rule *r, enum h9_synapse_kind kind, double w, double k, double k3) {
  double v;
  switch (kind) {
  case H9_SYNAPSE_STDP_PL:
    v = w - r->depress * w * k;
    return v > 0 ? v : 0;
  case H9_SYNAPSE_TRIPLET:
  case H9_SYNAPSE_VOGELS:
    v = fabs(w) - (kind == H9_SYNAPSE_VOGELS ? r->minus : k * (r->minus + r->minus3 * k3));
    return copysign(v > 0 ? v : 0, r->w_max);
  default:
    v = w / r->w_max - r->depress * power(w / r->w_max, r->mu_minus) * k;
    return v > 0 ? v * r->w_max : 0;
  }
}

/* Weight under dopamine n and eligibility c from synapse time t0 to t1 (Izhikevich 2007, equations 1 to 3, solved
 * piece by piece: both decay exponentially between releases): dw/dt = c (n - b), and c decayed to t1. */
static double flow(const h9_plastic_rule *r, double w, double c, double n, double ms) {
  w -= c * (n / r->taus * h9_expm1(-r->taus * ms) - r->b * r->tau_c * h9_expm1(-ms / r->tau_c));
  return w < r->w_min ? r->w_min : w > r->w_max ? r->w_max : w;
}

static double dopamine(const h9_plastic_job *j, double w, double *c, uint32_t t0, uint32_t t1) {
  const h9_plastic_rule *r = j->r;
  const h9_plastic_release *v = j->state->release;
  double dt = j->p->net->dt;
  size_t lo = 0, hi = j->state->n_releases; /* v[lo] is the last release up to t0 */
  if (t1 <= t0) return w;
  while (hi - lo > 1) {
    size_t mid = lo + (hi - lo) / 2;
    if (v[mid].step <= t0) lo = mid;
    else hi = mid;
  }
  uint32_t at = t0;
  double n = v[lo].n * h9_decay_at(&r->n, t0 - v[lo].step);
  for (size_t k = lo + 1;; k++) {
    bool end = k >= j->state->n_releases || v[k].step > t1;
    uint32_t to = end ? t1 : v[k].step;
    w = flow(r, w, *c * h9_decay_at(&r->c, at - t0), n, (to - at) * dt);
    if (end) break;
    at = to;
    n = v[k].n;
  }
  *c *= h9_decay_at(&r->c, t1 - t0);
  return w;
}

/* What a synapse has of its own: a trace of presynaptic spikes or an eligibility. `due`: a spike of step `step` is
 * sent; else what arrived is taken up. */
INLINE double change(const h9_plastic_job *j, enum h9_synapse_kind kind, const window *w, uint32_t local,
                     double weight, double *own, bool due, double trace) {
  const h9_plastic_rule *r = j->r;
  found f = look(j, local, w);
  const h9_post_spike *log = j->part->log;
  const uint32_t *place = j->share->window;
  double k = 0;
  uint32_t from = 0;
  if (kind == H9_SYNAPSE_DOPAMINE) { /* the time that weight and eligibility are of */
    from = w->last ? w->last + w->axonal : 0;
    if (j->part->swept > from) from = (uint32_t)j->part->swept;
  }
  if (kind == H9_SYNAPSE_NN_RESTR || kind == H9_SYNAPSE_NN_PRE_CENTERED) { /* the first spike of the window only */
    const h9_post_spike *v = f.n ? &log[place[f.n - 1]] : NULL;
    if (v && v->step > w->done) {
      k = h9_decay_at(&r->pre, v->step + w->offset);
      weight = facilitate(r, kind, weight, kind == H9_SYNAPSE_NN_RESTR ? k : *own * k, 0);
      if (kind == H9_SYNAPSE_NN_PRE_CENTERED) *own = 0;
    }
  } else {
    for (uint32_t i = f.n; i-- > 0;) {
      const h9_post_spike *v = &log[place[i]];
      if (v->step <= w->done) continue;
      k = h9_decay_at(&r->pre, v->step + w->offset);
      if (kind == H9_SYNAPSE_DOPAMINE) {
        weight = dopamine(j, weight, own, from, v->step + w->dendritic);
        from = v->step + w->dendritic;
        *own += r->plus * (trace * k);
      } else weight = facilitate(r, kind, weight, kind == H9_SYNAPSE_NN_SYMM ? k : trace * k, v->k3 - 1);
    }
  }
  if (!due) return kind == H9_SYNAPSE_DOPAMINE ? dopamine(j, weight, own, from, (uint32_t)w->until) : weight;
  double minus = 0;
  if (f.before) {
    minus = h9_decay_at(&r->post1, w->hi - f.before->step);
    if (kind != H9_SYNAPSE_NN_SYMM && kind != H9_SYNAPSE_NN_RESTR && kind != H9_SYNAPSE_NN_PRE_CENTERED)
      minus *= f.before->k;
  }
  switch (kind) {
  case H9_SYNAPSE_NN_RESTR:
    return f.n ? depress(r, kind, weight, minus, 0) : weight;
  case H9_SYNAPSE_NN_PRE_CENTERED:
    *own = *own * h9_decay_at(&r->pre, j->record->step - w->last) + 1;
    return depress(r, kind, weight, minus, 0);
  case H9_SYNAPSE_VOGELS:
    return depress(r, kind, facilitate(r, kind, weight, minus, 0), 0, 0);
  case H9_SYNAPSE_DOPAMINE:
    weight = dopamine(j, weight, own, from, (uint32_t)w->until);
    *own -= r->minus * minus;
    return weight;
  default:
    return depress(r, kind, weight, minus, j->record->s[1]);
  }
}

static void trace_event(const h9_plastic_job *j, uint32_t local, double sent, double weight, double own) {
  struct h9_plastic_events *v = &j->share->events[j->parity];
  const h9_plastic_rule *r = j->r;
  if (h9_grow(&v->v, &v->cap, v->n + 1, sizeof *v->v) != H9_OK) {
    j->share->no_memory = true;
    return;
  }
  h9_plastic_event *e = &v->v[v->n++];
  const double *s = j->record->s;
  *e = (h9_plastic_event){.step = j->record->step, .projection = r->projection, .sent = sent, .weight = weight};
  e->source = r->first_source + j->record->source;
  e->target = r->first_target + j->slots->first + local;
  switch (r->kind) {
  case H9_SYNAPSE_TSODYKS2:
  case H9_SYNAPSE_TSODYKS:
    for (int i = 0; i < 3; i++) e->state[i] = s[1 + i];
    return;
  case H9_SYNAPSE_NN_PRE_CENTERED:
    e->state[0] = own;
    return;
  case H9_SYNAPSE_DOPAMINE: {
    uint32_t at = j->record->step + j->segment->delay - h9_plastic_dendritic(r, j->segment->delay);
    size_t k = j->state->n_releases - 1;
    while (k > 0 && j->state->release[k].step > at) k--;
    e->state[1] = own;
    e->state[2] = j->state->release[k].n * h9_decay_at(&r->n, at - j->state->release[k].step);
    break;
  }
  default:
    e->state[1] = s[3];
  }
  e->state[0] = s[2];
}

/* Hands the weight to its neuron. */
INLINE void send(const h9_plastic_job *j, uint32_t local, double weight) {
  uint32_t slot = j->slots->slot + local;
  if (j->r->counts) j->in[slot] += !j->r->silent;
  else j->wide[slot + (weight < 0 ? j->slots->stride : 0)] += to_quanta(weight * j->p->scale);
}

static void run_short(const h9_plastic_job *j) {
  const h9_plastic_segment *g = j->segment;
  const double *weight = h9_plastic_weight(j->part) + g->first, factor = j->record->s[0];
  const uint16_t *target = h9_plastic_target(j->part) + g->first;
  if (!j->r->counts)
    j->p->wide->send(weight, target, g->n, factor, j->p->scale, j->wide + j->slots->slot, j->slots->stride);
  for (uint32_t i = 0; i < g->n && j->r->counts; i++) send(j, target[i], factor * weight[i]);
  for (uint32_t i = 0; i < g->n && j->r->traced; i++) trace_event(j, target[i], factor * weight[i], weight[i], 0);
}

/* Synapse i of the segment. */
INLINE void run_one(const h9_plastic_job *j, enum h9_synapse_kind kind, const window *w, uint32_t i, bool due,
                    double trace) {
  const h9_plastic_segment *g = j->segment;
  double *weight = h9_plastic_weight(j->part) + g->first + i;
  double *own = j->r->own ? h9_plastic_own(j->part) + g->first + i : NULL;
  uint32_t local = h9_plastic_target(j->part)[g->first + i];
  *weight = change(j, kind, w, local, *weight, own, due, trace);
  if (due) send(j, local, *weight);
}

static double relative(const h9_decay *d, int64_t steps) { /* exp(-steps dt / tau), steps of any sign */
  return steps < 0 ? 1 / h9_decay_at(d, (uint32_t)-steps) : h9_decay_at(d, (uint32_t)steps);
}

/* The whole segment by a kernel; returns how many synapses are left, in share->left. */
static uint32_t run_many(const h9_plastic_job *j, const window *w, bool due, double trace) {
  enum { REBASES = 8 };
  const h9_plastic_rule *r = j->r;
  const h9_plastic_segment *g = j->segment;
  h9_plastic_share *share = j->share;
  int64_t base = j->part->base;
  bool negative = r->w_max < 0;
  if (h9_grow(&share->left, &share->left_cap, g->n, sizeof *share->left) != H9_OK) {
    share->no_memory = true;
    return 0;
  }
  h9_stdp s = {.post = j->part->post,
               .past = j->part->past,
               .target = h9_plastic_target(j->part) + g->first,
               .weight = h9_plastic_weight(j->part) + g->first,
               .n = g->n,
               .lo = w->lo > w->done ? w->lo : w->done,
               .hi = w->hi,
               .due = due,
               .plus = trace * r->lambda,
               .minus = r->depress,
               .top = fabs(r->w_max),
               .mu_plus = r->mu_plus,
               .mu_minus = r->mu_minus,
               .sign = negative ? -1 : 1,
               .scale = j->p->scale,
               .in = j->wide + j->slots->slot + (negative ? j->slots->stride : 0),
               .left = share->left};
  s.old = base - s.lo > REBASES * (int64_t)r->rebase_every;
  switch (r->kind) {
  case H9_SYNAPSE_NN_SYMM:
  case H9_SYNAPSE_NN_RESTR:
    s.plus = r->lambda;
    break;
  case H9_SYNAPSE_TRIPLET:
    s.plus = trace / s.top;
    s.minus = due ? (r->minus + r->minus3 * j->record->s[1]) / s.top : 0;
    break;
  case H9_SYNAPSE_VOGELS:
    s.plus = trace * r->plus / s.top;
    s.minus = r->plus / s.top;
    s.less = r->minus;
    break;
  default:
    break;
  }
  s.plus *= relative(&r->pre, base + w->dendritic - w->axonal - w->last);
  s.minus *= relative(&r->post1, (int64_t)w->hi - base);
  return j->p->kernels->form[r->form](&s);
}

/* All synapses of the segment; `until`: synapse time. */
INLINE void run(const h9_plastic_job *j, enum h9_synapse_kind kind, bool due, uint32_t last, double trace,
                int64_t until) {
  const h9_plastic_segment *g = j->segment;
  const window w = window_of(j, last, until);
  double *weight = h9_plastic_weight(j->part) + g->first;
  bool first = kind == H9_SYNAPSE_NN_RESTR; /* of the whole window, though it may have been swept */
  if (j->r->many && !(first && w.done > w.lo)) {
    uint32_t left = run_many(j, &w, due, trace);
    for (uint32_t i = 0; i < left; i++) run_one(j, kind, &w, j->share->left[i], due, trace);
  } else
    for (uint32_t i = 0; i < g->n; i++) run_one(j, kind, &w, i, due, trace);
  if (kind == H9_SYNAPSE_STDP_PL)
    for (uint32_t i = 0; i < g->n; i++)
      if (weight[i] > j->r->bound) {
        j->share->outgrown = j->r->projection + 1;
        weight[i] = j->r->bound;
      }
  if (!due || !j->r->traced) return;
  const uint16_t *target = h9_plastic_target(j->part) + g->first;
  const double *own = j->r->own ? h9_plastic_own(j->part) + g->first : NULL;
  for (uint32_t i = 0; i < g->n; i++) trace_event(j, target[i], weight[i], weight[i], own ? own[i] : 0);
}

static void run_kind(const h9_plastic_job *j, bool due, uint32_t last, double trace, int64_t until) {
#define RUN(k) case k: run(j, k, due, last, trace, until); return
  switch (j->r->kind) {
    RUN(H9_SYNAPSE_STDP);
    RUN(H9_SYNAPSE_STDP_PL);
    RUN(H9_SYNAPSE_NN_SYMM);
    RUN(H9_SYNAPSE_NN_RESTR);
    RUN(H9_SYNAPSE_NN_PRE_CENTERED);
    RUN(H9_SYNAPSE_TRIPLET);
    RUN(H9_SYNAPSE_VOGELS);
    RUN(H9_SYNAPSE_DOPAMINE);
  default:
    return;
  }
#undef RUN
}

void h9_plastic_process(const h9_plastic_job *j) {
  const h9_plastic_record *v = j->record;
  if (!j->r->post) {
    run_short(j);
    return;
  }
  uint32_t dendritic = h9_plastic_dendritic(j->r, j->segment->delay);
  run_kind(j, true, v->last, v->s[0], (int64_t)v->step + j->segment->delay - dendritic);
}

void h9_plastic_catch_up(const h9_plastic_job *j, uint32_t last, double trace, int64_t until) {
  run_kind(j, false, last, trace, until);
}

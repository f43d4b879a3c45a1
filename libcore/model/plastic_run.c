/* Taking up spikes, handing out what is due, noting postsynaptic spikes, sweeping. */
#include "plastic_parts.h"

#include "../base/mathfn.h"

#include <stdlib.h>
#include <string.h>

static h9_plastic_record *record_at(const h9_plastic_state *s, uint32_t number) {
  return &s->record[number & (s->cap - 1)];
}
static bool record_held(const h9_plastic_state *s, uint32_t number) {
  return number - s->tail < s->head - s->tail;
}

/* The next record, or NULL without memory. */
static h9_plastic_record *record_new(h9_plastic_state *s, uint32_t *number) {
  if (s->head - s->tail == s->cap) {
    uint32_t cap = s->cap ? 2 * s->cap : 1024;
    h9_plastic_record *grown = malloc(cap * sizeof *grown);
    if (!grown) return NULL;
    for (uint32_t i = s->tail; i != s->head; i++) grown[i & (cap - 1)] = *record_at(s, i);
    free(s->record);
    s->record = grown;
    s->cap = cap;
  }
  *number = s->head++;
  return record_at(s, *number);
}

static void advance_tsodyks2(const h9_plastic_rule *r, double *s, uint32_t dt, bool first, double *factor) {
  double U = h9_synapse_value_of(r->model, r->values, "U"), u = s[0], x = s[1];
  if (!first) {
    double recovery = h9_decay_at(&r->pre, dt);
    double stays = r->post3.low ? h9_decay_at(&r->post3, dt) : 0;
    x = 1 + (x - x * u - 1) * recovery;
    u = U + u * (1 - U) * stays;
  }
  s[0] = u;
  s[1] = x;
  *factor = x * u;
}

static void advance_tsodyks(const h9_plastic_rule *r, double step, double *s, uint32_t dt, double *factor) {
  double U = h9_synapse_value_of(r->model, r->values, "U"), u = s[0], x = s[1], y = s[2];
  double rec = h9_synapse_value_of(r->model, r->values, "tau_rec"), h = dt * step;
  double psc = h9_synapse_value_of(r->model, r->values, "tau_psc");
  double recovered = h9_expm1(-h / rec), gone = h9_expm1(-h / psc), z = 1 - x - y;
  u *= r->post3.low ? h9_decay_at(&r->post3, dt) : 0;
  x += (recovered * rec - gone * psc) / (psc - rec) * y - recovered * z;
  y *= h9_decay_at(&r->pre3, dt);
  u += U * (1 - u);
  double dy = u * x;
  s[0] = u;
  s[1] = x - dy;
  s[2] = y + dy;
  *factor = dy;
}

static void advance(const h9_plastic_rule *r, double dt_ms, h9_plastic_source *s, h9_plastic_record *v) {
  uint32_t dt = v->step - v->last;
  switch (r->kind) {
  case H9_SYNAPSE_TSODYKS2:
  case H9_SYNAPSE_TSODYKS:
    if (r->kind == H9_SYNAPSE_TSODYKS2) advance_tsodyks2(r, s->s, dt, v->last == 0, &v->s[0]);
    else advance_tsodyks(r, dt_ms, s->s, dt, &v->s[0]);
    memcpy(v->s + 1, s->s, 3 * sizeof *s->s);
    return;
  case H9_SYNAPSE_TRIPLET:
    v->s[1] = s->s[1] * h9_decay_at(&r->pre3, dt);
    v->s[3] = s->s[1] = v->s[1] + 1;
    break;
  default:
    v->s[1] = v->s[3] = 0;
  }
  v->s[0] = s->s[0];
  v->s[2] = s->s[0] = s->s[0] * h9_decay_at(&r->pre, dt) + 1;
}

static void push(h9_plastic_share *share, h9_plastic_part *part, uint32_t step, uint32_t segment, uint32_t record) {
  h9_plastic_due *d = &part->due[step & part->due_mask];
  if (d->n == d->cap && h9_grow(&d->entry, &d->cap, d->n + 16, sizeof *d->entry) != H9_OK) {
    share->no_memory = true;
    return;
  }
  __builtin_prefetch(&h9_plastic_segments(part)[segment]);
  d->entry[d->n].segment = segment;
  d->entry[d->n++].record = record;
}

static void take_spike(h9_plastic *p, uint32_t share, uint32_t rule, uint32_t index, uint32_t step) {
  const h9_plastic_rule *r = &p->rule[rule];
  h9_plastic_share *own = &p->share[share];
  h9_plastic_state *s = &own->state[rule];
  h9_plastic_source *source = &s->source[index];
  uint32_t number, per = h9_tiling_per_share(p->tiling);
  h9_plastic_record *v = record_new(s, &number);
  if (!v) {
    own->no_memory = true;
    return;
  }
  v->step = step;
  v->last = source->last;
  v->before = source->record;
  v->source = index;
  advance(r, p->net->dt, source, v);
  source->last = step;
  source->record = number;
  for (uint32_t t = share * per; t < (share + 1) * per; t++) {
    h9_plastic_part *part = h9_plastic_part_of(p, t, rule);
    const h9_plastic_row *row = &h9_plastic_rows(part)[index];
    if (row->n) push(own, part, step + h9_plastic_segments(part)[row->segment].delay, row->segment, number);
  }
}

/* A release among those that are there, by time, and what follows from it. */
static void take_release(const h9_plastic_rule *r, h9_plastic_share *share, h9_plastic_state *s, uint32_t step) {
  if (h9_grow(&s->release, &s->releases_cap, s->n_releases + 1, sizeof *s->release) != H9_OK) {
    share->no_memory = true;
    return;
  }
  size_t k = s->n_releases;
  while (k > 1 && s->release[k - 1].step >= step) k--;
  if (k == s->n_releases || s->release[k].step != step) {
    memmove(&s->release[k + 1], &s->release[k], (s->n_releases++ - k) * sizeof *s->release);
    s->release[k] = (h9_plastic_release){step, 0, 0};
  }
  s->release[k].count++;
  for (; k < s->n_releases; k++) {
    const h9_plastic_release *b = &s->release[k - 1];
    s->release[k].n = b->n * h9_decay_at(&r->n, s->release[k].step - b->step) + s->release[k].count / r->tau_n;
  }
}

void h9_plastic_take(h9_plastic *p, int share, const h9_spike *spikes, size_t n) {
  for (uint32_t i = 0; i < p->n_rules; i++) {
    const h9_plastic_rule *r = &p->rule[i];
    bool dopamine = r->kind == H9_SYNAPSE_DOPAMINE;
    for (size_t k = 0; k < n; k++) {
      uint32_t index = (uint32_t)spikes[k], step = (uint32_t)(spikes[k] >> 32);
      if (index - r->first_source < r->n_sources) take_spike(p, (uint32_t)share, i, index - r->first_source, step);
      if (dopamine && index - r->vt_first < r->vt_n)
        take_release(r, &p->share[share], &p->share[share].state[i], step + r->vt_delay);
    }
  }
}

/* Forgets releases that every tile of the share has taken up but for the last of them. */
static void forget_releases(h9_plastic *p, uint32_t share, uint32_t rule, h9_plastic_state *s) {
  enum { MANY = 1024 };
  uint32_t per = h9_tiling_per_share(p->tiling);
  int64_t swept = INT64_MAX;
  if (s->n_releases < MANY) return;
  for (uint32_t t = share * per; t < (share + 1) * per; t++) {
    const h9_plastic_part *part = h9_plastic_part_of(p, t, rule);
    if (part->used && part->swept < swept) swept = part->swept;
  }
  size_t k = 0;
  while (k + 1 < s->n_releases && s->release[k + 1].step <= swept) k++;
  memmove(s->release, s->release + k, (s->n_releases - k) * sizeof *s->release);
  s->n_releases -= k;
}

void h9_plastic_settle(h9_plastic *p, int share, h9_step now) {
  for (uint32_t i = 0; i < p->n_rules; i++) {
    h9_plastic_state *s = &p->share[share].state[i];
    while (s->tail != s->head && (h9_step)record_at(s, s->tail)->step + p->rule[i].delay_max < now) s->tail++;
    if (p->rule[i].kind == H9_SYNAPSE_DOPAMINE) forget_releases(p, (uint32_t)share, i, s);
  }
}

/* Keeps of the log what arrives at a synapse after `until`, and each neuron's latest spike before that. */
static void shorten(const h9_plastic_rule *r, h9_plastic_part *part, uint32_t n_targets, int64_t until) {
  int64_t line = until - r->dendritic_max;
  for (uint32_t i = 0; i < n_targets; i++) {
    uint32_t k = part->last[i];
    while (k && part->log[k - 1].step > line) k = part->log[k - 1].before;
    if (k) part->log[k - 1].pad = 1;
    part->last[i] = 0;
  }
  size_t n = 0;
  for (size_t k = 0; k < part->log_n; k++) {
    h9_post_spike v = part->log[k];
    if (v.step <= line && !v.pad) continue;
    v.pad = 0;
    v.before = part->last[v.local];
    part->log[n] = v;
    part->last[v.local] = (uint32_t)++n;
  }
  part->log_n = n;
  if (2 * n > part->log_limit) part->log_limit = 2 * n;
}

/* After step `now`: every synapse takes up what arrives until `until`, before which no spike is in flight. */
static void sweep(h9_plastic_job *j, h9_step now, int64_t until) {
  const h9_plastic_rule *r = j->r;
  for (uint32_t i = 0; i < r->n_sources; i++) {
    const h9_plastic_row *row = &h9_plastic_rows(j->part)[i];
    for (uint32_t k = 0; k < row->n; k++) {
      const h9_plastic_source *source = &j->state->source[i];
      uint32_t last = source->last, number = source->record;
      double trace = source->s[0];
      j->segment = &h9_plastic_segments(j->part)[row->segment + k];
      while (record_held(j->state, number)) { /* back to the last spike that the segment has processed */
        const h9_plastic_record *v = record_at(j->state, number);
        if ((h9_step)v->step + j->segment->delay <= now) break;
        last = v->last;
        trace = v->s[0];
        number = v->before;
      }
      h9_plastic_catch_up(j, last, trace, until);
    }
  }
  j->part->swept = until;
  shorten(r, j->part, j->slots->n, until);
}

static bool sweep_is_due(const h9_plastic_rule *r, const h9_plastic_part *part, h9_step now) {
  int64_t until = now - r->dendritic_max;
  if (until <= part->swept) return false;
  return r->sweep_every ? until % r->sweep_every == 0 : part->log_n >= part->log_limit;
}

/* Segments are far apart; their first lines are asked for before their turn, those of the next step before the
 * neurons are updated. */
enum { AHEAD = 3, LINES = 12, SOON = 32 };
/* Inline: the compiler takes a call that only prefetches for one without effect. */
static inline __attribute__((always_inline)) void fetch(const h9_plastic_part *part, uint32_t segment) {
  const h9_plastic_segment *g = &h9_plastic_segments(part)[segment];
  const double *weight = h9_plastic_weight(part) + g->first;
  const uint16_t *target = h9_plastic_target(part) + g->first;
  for (uint32_t i = 0; i < g->n && i < 8 * LINES; i += 8) __builtin_prefetch(weight + i, 1);
  for (uint32_t i = 0; i < g->n && i < 8 * LINES; i += 32) __builtin_prefetch(target + i);
}

uint64_t h9_plastic_deliver(h9_plastic *p, uint32_t tile, h9_step now, int parity, int32_t *in, int64_t *wide) {
  uint32_t share = tile / h9_tiling_per_share(p->tiling);
  uint64_t events = 0;
  for (uint32_t i = 0; i < p->n_rules; i++) {
    h9_plastic_part *part = h9_plastic_part_of(p, tile, i);
    const h9_plastic_rule *r = &p->rule[i];
    if (part->used == 0) continue;
    h9_plastic_job j = {.p = p, .r = r, .part = part, .share = &p->share[share], .in = in, .wide = wide, .parity = parity};
    j.state = &j.share->state[i];
    j.slots = h9_tiling_part(p->tiling, tile, r->population);
    if (r->many && now - part->base >= r->rebase_every) {
      p->kernels->rebase(part->post, part->past, j.slots->n, r->rebase_plus, r->rebase_minus);
      part->base += r->rebase_every;
    }
    if (r->post && sweep_is_due(r, part, now - 1)) sweep(&j, now - 1, now - 1 - r->dendritic_max);
    h9_plastic_due *d = &part->due[(uint32_t)now & part->due_mask];
    for (size_t k = 0; k < d->n; k++) {
      struct h9_plastic_entry v = d->entry[k];
      if (k + AHEAD >= SOON && k + AHEAD < d->n) fetch(part, d->entry[k + AHEAD].segment);
      j.segment = &h9_plastic_segments(part)[v.segment];
      j.record = record_at(j.state, v.record);
      if (j.segment->more)
        push(j.share, part, j.record->step + j.segment[1].delay, v.segment + 1, v.record);
      h9_plastic_process(&j);
      events += j.segment->n;
    }
    d->n = 0;
    d = &part->due[(uint32_t)(now + 1) & part->due_mask];
    for (size_t k = 0; k < d->n && k < SOON; k++) fetch(part, d->entry[k].segment);
  }
  return events;
}

/* A neuron's spike among its latest, with the factors that the kernels use. */
static void note_latest(const h9_plastic_rule *r, h9_stdp_post *post, h9_stdp_past *past, uint32_t base,
                        const h9_post_spike *s) {
  bool nearest = r->kind == H9_SYNAPSE_NN_SYMM || r->kind == H9_SYNAPSE_NN_RESTR;
  uint32_t since = s->step - base;
  memmove(post->step + 1, post->step, 3 * sizeof *post->step);
  memmove(post->facilitate + 1, post->facilitate, 2 * sizeof *post->facilitate);
  memmove(post->depress + 1, post->depress, 2 * sizeof *post->depress);
  post->step[0] = s->step;
  post->facilitate[0] = h9_decay_at(&r->pre, since);
  if (r->kind == H9_SYNAPSE_TRIPLET) post->facilitate[0] *= r->plus + r->plus3 * (s->k3 - 1);
  memmove(past->step + 1, past->step, (H9_STDP_PAST - 1) * sizeof *past->step);
  memmove(past->facilitate + 1, past->facilitate, (H9_STDP_PAST - 1) * sizeof *past->facilitate);
  past->step[0] = s->step;
  past->facilitate[0] = post->facilitate[0];
  post->depress[0] = (nearest ? 1 : s->k) / h9_decay_at(&r->post1, since);
}

void h9_plastic_post(h9_plastic *p, uint32_t tile, uint32_t population, h9_step now, const h9_spike *spikes,
                     size_t n) {
  if (n == 0) return;
  for (uint32_t i = 0; i < p->n_rules; i++) {
    const h9_plastic_rule *r = &p->rule[i];
    h9_plastic_part *part = h9_plastic_part_of(p, tile, i);
    if (!r->post || r->population != population || part->used == 0) continue;
    h9_plastic_share *share = &p->share[tile / h9_tiling_per_share(p->tiling)];
    uint32_t first = r->first_target + h9_tiling_part(p->tiling, tile, population)->first;
    if (h9_grow(&part->log, &part->log_cap, part->log_n + n, sizeof *part->log) != H9_OK) {
      share->no_memory = true;
      return;
    }
    for (size_t k = 0; k < n; k++) {
      uint32_t local = (uint32_t)spikes[k] - first, *last = &part->last[local];
      const h9_post_spike *before = *last ? &part->log[*last - 1] : NULL;
      h9_post_spike *s = &part->log[part->log_n++];
      uint32_t dt = before ? (uint32_t)now - before->step : 0;
      *s = (h9_post_spike){.step = (uint32_t)now, .before = *last, .local = local};
      s->k = (before ? before->k * h9_decay_at(&r->post1, dt) : 0) + 1;
      if (r->kind == H9_SYNAPSE_TRIPLET) s->k3 = (before ? before->k3 * h9_decay_at(&r->post3, dt) : 0) + 1;
      *last = (uint32_t)part->log_n;
      if (r->many) note_latest(r, &part->post[local], &part->past[local], part->base, s);
    }
  }
}

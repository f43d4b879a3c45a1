/* Recording of state: every thread puts the samples of its own neurons into rings that hold a little more than
 * a batch, and one thread hands them out at the end of each batch. Sums over neurons are taken in whole numbers,
 * so that their order does not show. */
#include "sim_parts.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Fixed point of sums: values of a variable relative to `zero`, below 2^20 of its unit; squares below 2^30. */
#define SUM_SCALE 0x1p20
#define SQUARE_SCALE 0x1p10

typedef struct h9_sim_sum {
  atomic_int_least64_t sum, square;
} h9_sim_sum;

struct h9_sim_series { /* one item */
  const h9_record_item *item;
  uint32_t n;       /* neurons */
  uint64_t slots;   /* of the ring: samples, steps for sums, intervals for rates */
  double *sample;   /* [slots * n]: values of neurons */
  h9_sim_sum *sum;  /* [slots]: means, deviations */
  uint64_t *spikes; /* [slots]: rates */
  double zero;
  h9_step done; /* samples up to this step were handed out */
  h9_state out;
  size_t out_cap;
};

static bool by_step(const h9_record_item *i) { return i->what == H9_RECORD_MEAN || i->what == H9_RECORD_SD; }

static int open_series(h9_sim *s, h9_sim_series *x, const h9_record_item *item, h9_error *e) {
  *x = (h9_sim_series){.item = item, .n = h9_record_count(item), .done = s->o.record_from};
  uint64_t steps = (uint64_t)(s->o.batch_steps + 3 * s->interval);
  x->slots = by_step(item) ? steps + (uint64_t)item->interval : steps / (uint64_t)item->interval + 3;
  size_t bytes = x->slots * (item->what == H9_RECORD_STATE ? x->n * sizeof *x->sample : sizeof *x->sum);
  if (item->what == H9_RECORD_STATE) x->sample = calloc(x->slots * x->n, sizeof *x->sample);
  else if (item->what == H9_RECORD_RATE) x->spikes = calloc(x->slots, sizeof *x->spikes);
  else x->sum = calloc(x->slots, sizeof *x->sum);
  if (!x->sample && !x->sum && !x->spikes) return h9_fail_memory(e, bytes, "recorded state");
  h9_state *o = &x->out;
  bool each = item->what == H9_RECORD_STATE;
  o->variable = item->variable;
  o->unit = (char *)(uintptr_t)item->unit;
  o->of = each ? (char *)(uintptr_t) "" : item->of;
  o->interval = (uint32_t)item->interval;
  o->wide = s->populations[item->population].precision == H9_DOUBLE || !each;
  o->n_ids = each ? x->n : 0;
  if (!each) return H9_OK;
  o->id = calloc(x->n, sizeof *o->id);
  if (!o->id) return h9_fail_memory(e, x->n * sizeof *o->id, "recorded state");
  for (uint32_t i = 0; i < x->n; i++)
    o->id[i] = s->net->populations[item->population].first + item->first + i * item->every;
  return H9_OK;
}

/* The longest batch whose samples stay small. */
static void limit_batch(h9_sim *s) {
  double a_step = 0;
  for (uint32_t i = 0; i < s->o.state->n; i++) {
    const h9_record_item *item = &s->o.state->item[i];
    if (item->what == H9_RECORD_STATE) a_step += 8.0 * h9_record_count(item) / (double)item->interval;
  }
  double steps = a_step > 0 ? 0x1p25 / a_step : 0x1p25;
  if (steps < (double)s->o.batch_steps) s->o.batch_steps = steps < 1 ? 1 : (h9_step)steps;
}

int h9_sim_state_open(h9_sim *s, h9_error *e) {
  const h9_record *r = s->o.state;
  if (!r) return H9_OK;
  limit_batch(s);
  if (r->chosen_spikes) {
    s->keep = calloc((size_t)s->net->n_neurons + 1, 1);
    if (!s->keep) return h9_fail_memory(e, s->net->n_neurons, "what to record");
  }
  s->series = calloc((size_t)r->n + 1, sizeof *s->series);
  if (!s->series) return h9_fail_memory(e, r->n * sizeof *s->series, "what to record");
  for (uint32_t i = 0; i < r->n; i++) {
    const h9_record_item *item = &r->item[i];
    uint32_t base = s->net->populations[item->population].first - 1;
    if (item->what == H9_RECORD_SPIKES) {
      for (uint32_t k = item->first; k <= item->last; k += item->every) s->keep[base + k] = 1;
      continue;
    }
    h9_sim_series *x = &s->series[s->n_series++];
    int rc = open_series(s, x, item, e);
    if (rc != H9_OK) return rc;
    if (by_step(item)) {
      const h9_population *p = &s->net->populations[item->population];
      const h9_model *m = s->populations[item->population].model;
      x->zero = h9_sim_state(s, p->first + item->first, m->recordables[item->recordable].name);
    }
    s->populations[item->population].recorded = true;
    s->any_rate |= item->what == H9_RECORD_RATE;
  }
  return H9_OK;
}

void h9_sim_state_close(h9_sim *s) {
  for (uint32_t i = 0; i < s->n_series; i++) {
    free(s->series[i].sample);
    free(s->series[i].sum);
    free(s->series[i].spikes);
    free(s->series[i].out.id);
    free(s->series[i].out.sample);
  }
  free(s->series);
  free(s->keep);
}

/* The first chosen neuron of the part, as a place in the selection; where it lies in the part in *at. */
static uint32_t first_in_part(const h9_record_item *i, const h9_part *part, uint32_t *at) {
  uint32_t k = part->first <= i->first ? 0 : (part->first - i->first + i->every - 1) / i->every;
  *at = i->first + k * i->every - part->first;
  return k;
}

void h9_sim_state_take(h9_sim *s, const h9_cells *c, const h9_part *part, uint32_t population, h9_step now) {
  if (now <= s->o.record_from) return;
  for (uint32_t q = 0; q < s->n_series; q++) {
    h9_sim_series *x = &s->series[q];
    const h9_record_item *i = x->item;
    if (i->population != population || i->what == H9_RECORD_RATE) continue;
    if (i->what == H9_RECORD_STATE && now % i->interval != 0) continue;
    uint32_t at, k = first_in_part(i, part, &at), end = part->n;
    if (i->what == H9_RECORD_STATE) {
      double *to = x->sample + (uint64_t)(now / i->interval) % x->slots * x->n;
      for (; k < x->n && at < end; k++, at += i->every) to[k] = h9_cells_state(c, i->recordable, at);
      continue;
    }
    int64_t sum = 0, square = 0;
    for (; k < x->n && at < end; k++, at += i->every) {
      double v = h9_cells_state(c, i->recordable, at) - x->zero;
      sum += llround(v * SUM_SCALE);
      square += llround(v * v * SQUARE_SCALE);
    }
    h9_sim_sum *to = &x->sum[(uint64_t)now % x->slots];
    atomic_fetch_add_explicit(&to->sum, sum, memory_order_relaxed);
    atomic_fetch_add_explicit(&to->square, square, memory_order_relaxed);
  }
}

/* Spikes of an interval, for rates. By one thread. */
void h9_sim_state_count(h9_sim *s, const h9_spike_list *list, h9_step to) {
  for (size_t k = 0; k < list->n; k++) {
    uint32_t index = (uint32_t)list->spike[k], p = h9_network_population_of(s->net, index + 1);
    h9_step step = to - (int32_t)((uint32_t)to - (uint32_t)(list->spike[k] >> 32));
    if (step <= s->o.record_from || !s->populations[p].recorded) continue;
    index -= s->net->populations[p].first - 1;
    for (uint32_t q = 0; q < s->n_series; q++) {
      h9_sim_series *x = &s->series[q];
      const h9_record_item *i = x->item;
      if (i->what != H9_RECORD_RATE || i->population != p || index < i->first || index > i->last ||
          (index - i->first) % i->every != 0)
        continue;
      x->spikes[(uint64_t)((step - 1) / i->interval) % x->slots]++;
    }
  }
}

/* The value of a group for the interval that ends in step `at`. */
static double group_value(const h9_sim *s, h9_sim_series *x, h9_step at) {
  const h9_record_item *i = x->item;
  if (i->what == H9_RECORD_RATE) {
    uint64_t *n = &x->spikes[(uint64_t)((at - 1) / i->interval) % x->slots];
    double rate = (double)*n / x->n / ((double)i->interval * s->net->dt * 1e-3);
    *n = 0;
    return rate;
  }
  double total = 0;
  uint32_t steps = 0;
  for (h9_step t = at - i->interval + 1; t <= at; t++) {
    h9_sim_sum *from = &x->sum[(uint64_t)t % x->slots];
    double mean = (double)atomic_load_explicit(&from->sum, memory_order_relaxed) / SUM_SCALE / x->n;
    double square = (double)atomic_load_explicit(&from->square, memory_order_relaxed) / SQUARE_SCALE / x->n;
    atomic_store_explicit(&from->sum, 0, memory_order_relaxed);
    atomic_store_explicit(&from->square, 0, memory_order_relaxed);
    if (t <= s->o.record_from) continue;
    double variance = square - mean * mean;
    total += i->what == H9_RECORD_MEAN ? x->zero + mean : sqrt(variance > 0 ? variance : 0);
    steps++;
  }
  return steps ? total / steps : 0;
}

static int hand_out(h9_sim *s, h9_sim_series *x, h9_step to, h9_error *e) {
  const h9_record_item *i = x->item;
  h9_state *o = &x->out;
  h9_step first = (x->done / i->interval + 1) * i->interval;
  if (first > to) return H9_OK;
  o->first = first;
  o->n_times = (uint32_t)((to - first) / i->interval + 1);
  size_t width = i->what == H9_RECORD_STATE ? x->n : 1, n = o->n_times * width;
  if (h9_grow(&o->sample, &x->out_cap, n, sizeof *o->sample) != H9_OK)
    return h9_fail_memory(e, n * sizeof *o->sample, "recorded state");
  for (uint32_t k = 0; k < o->n_times; k++) {
    h9_step at = first + k * i->interval;
    if (i->what == H9_RECORD_STATE)
      memcpy(o->sample + k * width, x->sample + (uint64_t)(at / i->interval) % x->slots * x->n,
             width * sizeof *o->sample);
    else o->sample[k] = group_value(s, x, at);
  }
  x->done = first + (o->n_times - 1) * i->interval;
  return s->o.sample(s->o.ctx, o, e);
}

int h9_sim_state_flush(h9_sim *s, h9_step to, h9_error *e) {
  int rc = H9_OK;
  for (uint32_t q = 0; q < s->n_series && rc == H9_OK; q++) rc = hand_out(s, &s->series[q], to, e);
  return rc;
}

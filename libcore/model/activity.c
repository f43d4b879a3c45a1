#include "activity.h"

#include "../base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct neuron {
  uint32_t spikes;
  uint32_t last_interval; /* steps, saturating */
  h9_step last;
  uint64_t intervals;    /* sum, steps */
  double squares, lv;    /* of intervals */
  uint64_t window;       /* index of the Fano window of the last spike */
  uint32_t in_window;    /* spikes in it */
  uint32_t slot;         /* 1 + place in the population's sample; 0: not in it */
  double window_squares; /* of earlier windows' counts */
} neuron;

/* Neurons whose counts are correlated: twice the sample, since some may stay silent. */
typedef struct sample {
  uint32_t n;
  uint32_t *member; /* neurons, index from 0 over the network, in shuffled order */
  uint32_t *count;  /* [n] in the current bin */
  uint32_t *active; /* slots with a count */
  uint32_t n_active;
  double *sum, *products; /* [n], [n * n] over complete bins, upper triangle and diagonal */
} sample;

typedef struct population {
  uint64_t spikes;
  sample sample;
  uint64_t sync_bin, sync_count; /* bin being filled */
  double sync_sum, sync_squares;
  uint64_t *psth;
  size_t n_psth, cap_psth;
  uint64_t *isi;
  size_t n_isi, cap_isi;
  double *pair;
} population;

struct h9_activity {
  const h9_network *net;
  h9_activity_options o;
  h9_step start, stop, end; /* analysed: start < step <= stop; end: what was seen of it */
  bool begun;
  uint64_t bin, sync, window, psth, isi; /* steps */
  uint64_t current_bin;
  uint64_t signals;
  neuron *neuron;
  population *population;
};

static uint64_t steps(double ms, double dt) {
  double s = floor(ms / dt + 0.5);
  return s < 1 ? 1 : s < 0x1p62 ? (uint64_t)s : UINT64_C(1) << 62;
}
static h9_step step_of(double ms, double dt) {
  double s = floor(ms / dt + 0.5);
  return s > -0x1p62 ? s < 0x1p62 ? (h9_step)s : INT64_C(1) << 62 : -(INT64_C(1) << 62);
}

static int by_key(const void *a, const void *b) {
  const uint64_t *x = a, *y = b;
  if (x[0] != y[0]) return x[0] < y[0] ? -1 : 1;
  return (x[1] > y[1]) - (x[1] < y[1]);
}

static int choose_sample(h9_activity *a, uint32_t p, h9_error *e) {
  const h9_population *pop = &a->net->populations[p];
  sample *s = &a->population[p].sample;
  uint64_t(*key)[2] = malloc((size_t)pop->count * sizeof *key);
  if (!key) return h9_fail_memory(e, (size_t)pop->count * sizeof *key, "sampling");
  h9_key k = h9_key_make(a->o.seed, H9_PURPOSE_SAMPLE, p);
  for (uint32_t i = 0; i < pop->count; i++) {
    h9_ctr c = h9_philox(k, i, 0, 0, 0);
    key[i][0] = (uint64_t)c.v[0] << 32 | c.v[1];
    key[i][1] = i;
  }
  qsort(key, pop->count, sizeof *key, by_key);
  uint64_t n = 2 * (uint64_t)a->o.sample; /* the reserve for those that stay silent */
  s->n = (uint32_t)(n < pop->count ? n : pop->count);
  s->member = calloc(s->n, sizeof *s->member);
  s->count = calloc(s->n, sizeof *s->count);
  s->active = calloc(s->n, sizeof *s->active);
  s->sum = calloc(s->n, sizeof *s->sum);
  s->products = calloc((size_t)s->n * s->n, sizeof *s->products);
  bool good = s->member && s->count && s->active && s->sum && s->products;
  for (uint32_t i = 0; good && i < s->n; i++) {
    s->member[i] = pop->first - 1 + (uint32_t)key[i][1];
    a->neuron[s->member[i]].slot = i + 1;
  }
  free(key);
  return good ? H9_OK : h9_fail_memory(e, (size_t)s->n * s->n * 8, "correlations");
}

int h9_activity_new(h9_activity **out, const h9_network *net, const h9_activity_options *o, h9_error *e) {
  h9_activity *a = *out = calloc(1, sizeof *a);
  if (!a) return h9_fail_memory(e, sizeof *a, "statistics");
  a->net = net;
  a->o = *o;
  if (a->o.sample > H9_ACTIVITY_SAMPLE_MAX) a->o.sample = H9_ACTIVITY_SAMPLE_MAX;
  a->bin = steps(o->bin, net->dt);
  a->sync = steps(o->sync_bin, net->dt);
  a->window = steps(o->fano_window, net->dt);
  a->psth = o->psth_bin > 0 ? steps(o->psth_bin, net->dt) : 0;
  a->isi = o->isi_bin > 0 ? steps(o->isi_bin, net->dt) : 0;
  a->neuron = calloc((size_t)net->n_neurons + 1, sizeof *a->neuron);
  a->population = calloc((size_t)net->n_populations + 1, sizeof *a->population);
  int rc = a->neuron && a->population
               ? H9_OK
               : h9_fail_memory(e, net->n_neurons * sizeof *a->neuron, "statistics of neurons");
  for (uint32_t p = 0; p < net->n_populations && rc == H9_OK; p++) rc = choose_sample(a, p, e);
  if (rc) {
    h9_activity_free(a);
    *out = NULL;
  }
  return rc;
}

/* Takes the counts of a complete bin into sums and products. */
static void close_bin(h9_activity *a, bool keep) {
  for (uint32_t p = 0; p < a->net->n_populations; p++) {
    sample *s = &a->population[p].sample;
    for (uint32_t i = 0; i < s->n_active; i++) {
      uint32_t u = s->active[i];
      if (keep) s->sum[u] += s->count[u];
      for (uint32_t j = 0; keep && j <= i; j++) {
        uint32_t v = s->active[j], low = u < v ? u : v, high = u < v ? v : u;
        s->products[(size_t)low * s->n + high] += (double)s->count[u] * s->count[v];
      }
    }
    for (uint32_t i = 0; i < s->n_active; i++) s->count[s->active[i]] = 0;
    s->n_active = 0;
  }
}

static void close_sync(population *p) {
  p->sync_sum += (double)p->sync_count;
  p->sync_squares += (double)p->sync_count * (double)p->sync_count;
  p->sync_count = 0;
}

static int count_interval(const h9_activity *a, population *p, uint64_t interval, h9_error *e) {
  uint64_t k = interval ? (interval - 1) / a->isi : 0;
  if (k >= H9_ACTIVITY_ISI_MAX) k = H9_ACTIVITY_ISI_MAX - 1;
  if (k >= p->n_isi) {
    if (h9_grow(&p->isi, &p->cap_isi, k + 1, sizeof *p->isi) != H9_OK)
      return h9_fail_memory(e, k * 8, "intervals");
    memset(p->isi + p->n_isi, 0, (k + 1 - p->n_isi) * sizeof *p->isi);
    p->n_isi = k + 1;
  }
  p->isi[k]++;
  return H9_OK;
}

static int spike(h9_activity *a, h9_step step, uint32_t i, uint32_t pop, h9_error *e) {
  uint64_t t = (uint64_t)(step - a->start) - 1; /* steps since the first analysed one */
  neuron *n = &a->neuron[i];
  population *p = &a->population[pop];
  a->signals++;
  p->spikes++;
  if (n->spikes++) {
    uint64_t interval = (uint64_t)(step - n->last);
    n->intervals += interval;
    n->squares += (double)interval * (double)interval;
    if (n->last_interval) {
      double x = (double)interval, y = n->last_interval, r = x + y > 0 ? (x - y) / (x + y) : 0;
      n->lv += 3 * r * r;
    }
    n->last_interval = interval < UINT32_MAX ? (uint32_t)interval : UINT32_MAX;
    if (a->isi) {
      int rc = count_interval(a, p, interval, e);
      if (rc) return rc;
    }
  }
  n->last = step;
  uint64_t window = t / a->window;
  if (window != n->window) {
    n->window_squares += (double)n->in_window * n->in_window;
    n->window = window;
    n->in_window = 0;
  }
  n->in_window++;
  if (t / a->bin != a->current_bin) {
    close_bin(a, true);
    a->current_bin = t / a->bin;
  }
  if (n->slot) {
    sample *s = &p->sample;
    if (s->count[n->slot - 1]++ == 0) s->active[s->n_active++] = n->slot - 1;
  }
  if (t / a->sync != p->sync_bin) {
    close_sync(p);
    p->sync_bin = t / a->sync;
  }
  p->sync_count++;
  if (a->psth) {
    size_t k = (size_t)(t / a->psth), old = p->n_psth;
    if (k >= old) {
      if (h9_grow(&p->psth, &p->cap_psth, k + 1, sizeof *p->psth) != H9_OK)
        return h9_fail_memory(e, k * 8, "a PSTH");
      memset(p->psth + old, 0, (k + 1 - old) * sizeof *p->psth);
      p->n_psth = k + 1;
    }
    p->psth[k]++;
  }
  return H9_OK;
}

int h9_activity_add(h9_activity *a, const h9_signals *s, h9_error *e) {
  double dt = a->net->dt;
  if (!a->begun) {
    a->begun = true;
    a->start = s->from;
    a->stop = INT64_MAX;
    if (!isnan(a->o.start) && step_of(a->o.start, dt) > a->start) a->start = step_of(a->o.start, dt);
    if (!isnan(a->o.stop)) a->stop = step_of(a->o.stop, dt);
    a->end = a->start;
  }
  uint32_t pop = 0;
  for (size_t i = 0; i < s->n; i++) {
    if (s->step[i] <= a->start || s->step[i] > a->stop) continue;
    uint32_t k = s->id[i] - 1;
    const h9_population *p = &a->net->populations[pop];
    if (k < p->first - 1 || k - (p->first - 1) >= p->count) pop = h9_network_population_of(a->net, s->id[i]);
    int rc = spike(a, s->step[i], k, pop, e);
    if (rc) return rc;
  }
  h9_step to = s->to < a->stop ? s->to : a->stop;
  if (to > a->end) a->end = to;
  return H9_OK;
}

static bool has_intervals(const h9_activity *a, const neuron *n) {
  return n->spikes >= a->o.min_spikes && n->spikes >= 3;
}

static double cv_of(const neuron *n) {
  double k = n->spikes - 1, mean = (double)n->intervals / k;
  return mean > 0 ? sqrt(fmax(0, (n->squares - k * mean * mean) / (k - 1))) / mean : NAN;
}

/* Fano factor of one neuron; NaN when there are too few windows or spikes in them. */
static double fano_of(const neuron *n, uint64_t windows) {
  uint64_t total = n->spikes;
  double squares = n->window_squares;
  if (n->window < windows) squares += (double)n->in_window * n->in_window;
  else total -= n->in_window; /* in the window that the end cuts */
  if (windows < 2 || total == 0) return NAN;
  double mean = (double)total / (double)windows;
  return (squares - (double)windows * mean * mean) / (double)(windows - 1) / mean;
}

static void correlate(const h9_activity *a, const sample *s, double bins, h9_activity_population *r) {
  uint32_t chosen[H9_ACTIVITY_SAMPLE_MAX], n = 0; /* places of those that spiked */
  for (uint32_t i = 0; i < s->n && n < a->o.sample; i++)
    if (a->neuron[s->member[i]].spikes) chosen[n++] = i;
  r->correlation = r->correlation_sd = NAN;
  r->correlation_neurons = n;
  double sum = 0, squares = 0, pairs = 0;
  for (uint32_t i = 0; i < n; i++)
    for (uint32_t j = i + 1; j < n; j++) {
      uint32_t u = chosen[i], v = chosen[j]; /* u < v */
      double mu = s->sum[u] / bins, mv = s->sum[v] / bins;
      double vu = s->products[(size_t)u * s->n + u] / bins - mu * mu,
             vv = s->products[(size_t)v * s->n + v] / bins - mv * mv;
      if (!(vu > 0 && vv > 0)) continue;
      double c = (s->products[(size_t)u * s->n + v] / bins - mu * mv) / sqrt(vu * vv);
      sum += c;
      squares += c * c;
      pairs++;
      if (r->pair) r->pair[r->n_pairs++] = c;
    }
  if (pairs > 0) r->correlation = sum / pairs;
  if (pairs > 1) r->correlation_sd = sqrt(fmax(0, (squares - sum * sum / pairs) / (pairs - 1)));
}

int h9_activity_finish(h9_activity *a, h9_activity_population *results, h9_error *e) {
  uint64_t total = (uint64_t)(a->end - a->start), windows = total / a->window, bins = total / a->bin,
           syncs = total / a->sync;
  double seconds = (double)total * a->net->dt / 1000;
  uint32_t most = 0;
  for (uint32_t p = 0; p < a->net->n_populations; p++)
    if (a->net->populations[p].count > most) most = a->net->populations[p].count;
  double *v = malloc(((size_t)most + 1) * sizeof *v);
  if (!v) return h9_fail_memory(e, most * sizeof *v, "statistics");
  close_bin(a, a->current_bin < bins);
  for (uint32_t p = 0; p < a->net->n_populations; p++) {
    h9_activity_population *r = &results[p];
    population *q = &a->population[p];
    uint32_t first = a->net->populations[p].first - 1, count = a->net->populations[p].count, silent = 0;
    const neuron *n = a->neuron + first;
    if (a->psth) {
      size_t complete = (size_t)(total / a->psth);
      if (h9_grow(&q->psth, &q->cap_psth, complete + 1, sizeof *q->psth) != H9_OK) {
        free(v);
        return h9_fail_memory(e, complete * 8, "a PSTH");
      }
      for (; q->n_psth < complete; q->n_psth++) q->psth[q->n_psth] = 0;
      q->n_psth = complete; /* the bin that the end cuts is left out */
    }
    *r = (h9_activity_population){
        .spikes = q->spikes, .psth = q->psth, .n_psth = q->n_psth, .isi = q->isi, .n_isi = q->n_isi};
    if (a->o.pairs) {
      size_t n_of = q->sample.n < a->o.sample ? q->sample.n : a->o.sample;
      r->pair = q->pair = malloc((n_of * n_of / 2 + 1) * sizeof *q->pair);
      if (!q->pair) {
        free(v);
        return h9_fail_memory(e, n_of * n_of * 4, "correlations");
      }
    }
    size_t m = 0;
    for (uint32_t i = 0; i < count; i++) {
      v[m++] = (double)n[i].spikes / seconds;
      silent += n[i].spikes == 0;
    }
    r->rate = h9_summary_of(v, total ? m : 0);
    r->silent = (double)silent / count;
    m = 0;
    for (uint32_t i = 0; i < count; i++)
      if (has_intervals(a, &n[i])) v[m++] = cv_of(&n[i]);
    r->cv = h9_summary_of(v, m);
    m = 0;
    for (uint32_t i = 0; i < count; i++)
      if (has_intervals(a, &n[i])) v[m++] = n[i].lv / (n[i].spikes - 2);
    r->lv = h9_summary_of(v, m);
    m = 0;
    for (uint32_t i = 0; i < count; i++) {
      double f = n[i].spikes >= a->o.min_spikes ? fano_of(&n[i], windows) : NAN;
      if (!isnan(f)) v[m++] = f;
    }
    r->fano = h9_summary_of(v, m);
    if (q->sync_bin < syncs) close_sync(q);
    double mean = q->sync_sum / (double)syncs;
    r->synchrony = syncs > 1 && mean > 0
                       ? (q->sync_squares - (double)syncs * mean * mean) / (double)(syncs - 1) / mean
                       : NAN;
    correlate(a, &q->sample, (double)bins, r);
  }
  free(v);
  return H9_OK;
}

uint32_t h9_activity_spikes(const h9_activity *a, h9_id id) { return a->neuron[id - 1].spikes; }
double h9_activity_cv(const h9_activity *a, h9_id id) {
  const neuron *n = &a->neuron[id - 1];
  return has_intervals(a, n) ? cv_of(n) : NAN;
}
uint64_t h9_activity_signals(const h9_activity *a) { return a->signals; }
double h9_activity_from(const h9_activity *a) { return (double)a->start * a->net->dt; }
double h9_activity_duration(const h9_activity *a) { return (double)(a->end - a->start) * a->net->dt; }

void h9_activity_free(h9_activity *a) {
  if (!a) return;
  for (uint32_t p = 0; a->population && p < a->net->n_populations; p++) {
    sample *s = &a->population[p].sample;
    free(s->member);
    free(s->count);
    free(s->active);
    free(s->sum);
    free(s->products);
    free(a->population[p].psth);
    free(a->population[p].isi);
    free(a->population[p].pair);
  }
  free(a->population);
  free(a->neuron);
  free(a);
}

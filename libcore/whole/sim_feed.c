/* Spikes from outside, interval by interval: one thread reads what arrives in the interval from all inputs
 * and sorts it; then every thread finds those of its neurons. */
#include "sim_parts.h"

#include <math.h>
#include <stdlib.h>

int h9_sim_stimuli_open(h9_sim *s, const h9_simulation_config *c, h9_error *e) {
  h9_sim_feed *f = &s->feed;
  uint32_t most = s->o.n_stimulus_files + (c ? c->n_stimuli : 0);
  double dt = s->net->dt;
  f->file = calloc((size_t)most + 1, sizeof *f->file);
  f->input = calloc((size_t)most + 1, sizeof *f->input);
  if (!f->file || !f->input) return h9_fail_memory(e, most * sizeof *f->file, "stimuli");
  for (uint32_t i = 0; i < most; i++) {
    const h9_stimulus *x = i < s->o.n_stimulus_files ? NULL : &c->stimuli[i - s->o.n_stimulus_files];
    h9_stimulus_file *to = &f->file[f->n];
    if (!x) *to = s->o.stimulus_files[i];
    else if (!x->file) continue;
    else
      *to = (h9_stimulus_file){.path = x->file,
                               .weight = x->weight,
                               .targets = x->targets,
                               .after = h9_sim_step_of(x->start, dt),
                               .until = h9_sim_step_of(x->stop, dt),
                               .text_pipe = true};
    to->live = s->o.live;
    int rc = h9_stimulus_input_open(&f->input[f->n], to, s->net, e);
    if (rc != H9_OK) return rc;
    f->n++;
  }
  return H9_OK;
}

uint32_t h9_sim_stimulus_inputs(const h9_sim *s, h9_stimulus_input ***in) {
  *in = s->feed.input;
  return s->feed.n;
}

void h9_sim_feed_by(h9_sim *s, h9_arrive_fn arrive, void *ctx) {
  s->feed.arrive = arrive;
  s->feed.ctx = ctx;
}

void h9_sim_feed_close(h9_sim_feed *f) {
  for (uint32_t i = 0; i < f->n; i++) h9_stimulus_input_close(f->input[i]);
  free(f->input);
  free(f->file);
  free(f->list.event);
}

/* By step, neuron and weight: the order and number of inputs do not show in sums. */
static int by_place(const void *a, const void *b) {
  const h9_event *x = a, *y = b;
  if (x->step != y->step) return x->step < y->step ? -1 : 1;
  if (x->index != y->index) return x->index < y->index ? -1 : 1;
  return (x->weight > y->weight) - (x->weight < y->weight);
}

int h9_sim_stimuli_finish(h9_sim *s, h9_hash *hash, uint32_t most, uint32_t *n, h9_error *e) {
  *n = 0;
  for (uint32_t i = 0; i < s->feed.n; i++) {
    int rc = h9_stimulus_input_finish(s->feed.input[i], e);
    if (rc != H9_OK) return rc;
    if (*n < most && h9_stimulus_input_hash(s->feed.input[i], &hash[*n])) ++*n;
  }
  return H9_OK;
}

static bool in_order(const h9_event_list *l) {
  for (size_t i = 1; i < l->n; i++)
    if (by_place(&l->event[i - 1], &l->event[i]) > 0) return false;
  return true;
}

int h9_sim_feed_read(h9_sim_feed *f, h9_step to, h9_error *e) {
  int rc = H9_OK;
  f->list.n = 0;
  if (f->arrive) rc = f->arrive(f->ctx, to, &f->list, e);
  for (uint32_t i = 0; !f->arrive && i < f->n && rc == H9_OK; i++)
    rc = h9_stimulus_input_read(f->input[i], to, &f->list, e);
  if (rc != H9_OK) return rc;
  if (!in_order(&f->list)) qsort(f->list.event, f->list.n, sizeof *f->list.event, by_place);
  return H9_OK;
}

/* The first event that is not before (step, index). */
static size_t find(const h9_event_list *l, h9_step step, uint32_t index) {
  size_t lo = 0, hi = l->n;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    const h9_event *v = &l->event[mid];
    if (v->step < step || (v->step == step && v->index < index)) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

void h9_sim_feed_add(const h9_sim *s, const h9_sim_population *t, h9_sim_thread *th, h9_step now,
                     uint32_t first, uint32_t n, uint32_t count, const void *extra[2]) {
  const h9_event_list *l = &s->feed.list;
  bool split = t->receptors > 1;
  for (size_t i = find(l, now, first); i < l->n;) {
    const h9_event *v = &l->event[i];
    if (v->step != now || v->index >= first + count) return;
    double sum[2] = {0, 0}; /* weights of each sign, in ascending order */
    uint32_t at = v->index - first;
    for (; i < l->n && l->event[i].step == now && l->event[i].index == v->index; i++)
      sum[l->event[i].weight < 0] += l->event[i].weight;
    for (int down = 0; down < 2; down++) {
      int r = split && down;
      if (sum[down] == 0) continue;
      h9_sim_own_extra(&th->extra[r], &extra[r], (n + H9_TILE_GRAIN - 1) / H9_TILE_GRAIN * H9_TILE_GRAIN,
                       t->precision);
      if (t->precision == H9_DOUBLE) th->extra[r].d[at] += sum[down];
      else th->extra[r].s[at] += (float)sum[down];
    }
  }
}

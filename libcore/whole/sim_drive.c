/* What stimuli do in a step: Poisson and given spikes onto the further inputs, currents. */
#include "sim_parts.h"

#include "../base/mathfn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static inline bool active(const h9_sim_chosen *c, h9_step now) { return now > c->after && now <= c->until; }

int h9_sim_drive_open(const h9_sim *s, h9_sim_thread *th, h9_error *e) {
  th->table = h9_alloc(s->n_tables, sizeof *th->table);
  th->table_mean = h9_alloc(s->n_tables, sizeof *th->table_mean);
  if (!th->table || !th->table_mean) return h9_fail_memory(e, s->n_tables * sizeof *th->table, "stimuli");
  for (uint32_t k = 0; k < s->n_tables; k++) th->table_mean[k] = NAN;
  return H9_OK;
}

void h9_sim_drive_close(h9_sim_thread *th) {
  free(th->table);
  free(th->table_mean);
}

void h9_sim_own_extra(h9_reals *own, const void **extra, uint32_t n, enum h9_precision p) {
  if (*extra == own) return;
  memcpy(own, *extra, n * h9_real_size(p));
  *extra = own;
}

/* What the gain of a course is multiplied by. */
static double course_at(const h9_sim_course *c, double dt, h9_step now) {
  switch (c->shape) {
  case H9_SHAPE_STEPS:
    return h9_gen_steps_at(&c->steps, now);
  case H9_SHAPE_SINE:
    return h9_gen_sine(c->frequency, c->phase, (double)now * dt);
  default:
    return 1;
  }
}

/* The chosen ones of neurons [first, first + n): [*from, *to) in steps of c->every. */
static bool overlap(const h9_sim_chosen *c, uint32_t first, uint32_t n, uint32_t *from, uint32_t *to) {
  uint64_t lo = c->first, hi = (uint64_t)first + n;
  if (lo < first) lo += (first - lo + c->every - 1) / c->every * c->every;
  if (hi > (uint64_t)c->last + 1) hi = (uint64_t)c->last + 1;
  *from = (uint32_t)lo;
  *to = (uint32_t)hi;
  return lo < hi;
}

static inline void add_one(h9_reals *own, uint32_t i, double count, double weight, enum h9_precision p) {
  if (p == H9_DOUBLE) own->d[i] += count * weight;
  else own->s[i] += (float)weight * (float)count;
}

/* The table of the drive's rate in this step; NULL: no spikes. */
static const h9_poisson *table_of(const h9_sim *s, h9_sim_thread *th, const h9_sim_drive *d, h9_step now) {
  if (d->course.shape == H9_SHAPE_CONSTANT) return &d->poisson;
  double f = course_at(&d->course, s->net->dt, now);
  double rate = d->course.shape == H9_SHAPE_STEPS ? f : d->rate.constant + d->amplitude.constant * f;
  double mean = rate * s->net->dt * 1e-3;
  if (!(mean > 0)) return NULL;
  if (mean != th->table_mean[d->table]) {
    h9_poisson_make(&th->table[d->table], mean, s->o.seed, d->number);
    th->table_mean[d->table] = mean;
  }
  return &th->table[d->table];
}

/* Counts of neurons whose rates differ, to th->drawn. */
static void draw_own(const h9_sim *s, h9_sim_thread *th, const h9_sim_drive *d, h9_step now, uint32_t first,
                     uint32_t from, uint32_t to) {
  double per_step = s->net->dt * 1e-3, f = course_at(&d->course, s->net->dt, now);
  bool sine = d->course.shape == H9_SHAPE_SINE;
  for (uint32_t i = from; i < to; i += d->chosen.every) {
    uint32_t k = i - d->chosen.first;
    double rate = h9_sim_value_at(&d->rate, k);
    if (sine) rate += h9_sim_value_at(&d->amplitude, k) * f;
    double mean = rate * per_step;
    th->drawn[i - first] =
        mean > 0 ? (float)h9_gen_poisson(d->key, (uint64_t)now, i, mean, d->none ? d->none[k] : h9_exp(-mean))
                 : 0;
  }
}

static void add_drive(const h9_sim *s, const h9_sim_population *t, h9_sim_thread *th, const h9_sim_drive *d,
                      h9_step now, uint32_t first, uint32_t n, const void *extra[2]) {
  uint32_t grains = (n + H9_TILE_GRAIN - 1) / H9_TILE_GRAIN, drawn = grains * H9_TILE_GRAIN, from, to;
  if (!active(&d->chosen, now) || !overlap(&d->chosen, first, n, &from, &to)) return;
  bool split = t->receptors > 1;
  double alike = d->weight.constant;
  if (d->own) draw_own(s, th, d, now, first, from, to);
  else {
    const h9_poisson *table = table_of(s, th, d, now);
    if (!table) return;
    if (d->chosen.all && !d->weight.column && t->precision == H9_SINGLE) {
      int receptor = split && alike < 0;
      h9_sim_own_extra(&th->extra[receptor], &extra[receptor], drawn, t->precision);
      s->poisson(table, (uint64_t)now, first / H9_TILE_GRAIN, grains, (float)alike, th->extra[receptor].s);
      return;
    }
    uint32_t g = (from - first) / H9_TILE_GRAIN, g_end = (to - 1 - first) / H9_TILE_GRAIN + 1;
    float *out = th->drawn + g * H9_TILE_GRAIN;
    memset(out, 0, (g_end - g) * H9_TILE_GRAIN * sizeof *out);
    s->poisson(table, (uint64_t)now, first / H9_TILE_GRAIN + g, g_end - g, 1, out);
  }
  for (int r = 0; r <= split; r++)
    if (d->weight.column || (split && alike < 0) == r)
      h9_sim_own_extra(&th->extra[r], &extra[r], drawn, t->precision);
  for (uint32_t i = from; i < to; i += d->chosen.every) {
    double weight = h9_sim_value_at(&d->weight, i - d->chosen.first);
    add_one(&th->extra[split && weight < 0], i - first, (double)th->drawn[i - first], weight, t->precision);
  }
}

static void add_train(const h9_sim_population *t, h9_sim_thread *th, const h9_sim_train *x, h9_step now,
                      uint32_t first, uint32_t n, const void *extra[2]) {
  size_t lo = 0, hi = x->n;
  uint32_t from, to, drawn = (n + H9_TILE_GRAIN - 1) / H9_TILE_GRAIN * H9_TILE_GRAIN;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    if (x->step[mid] < now) lo = mid + 1;
    else hi = mid;
  }
  if (lo == x->n || x->step[lo] != now || !overlap(&x->chosen, first, n, &from, &to)) return;
  bool split = t->receptors > 1;
  for (int r = 0; r <= split; r++) h9_sim_own_extra(&th->extra[r], &extra[r], drawn, t->precision);
  for (uint32_t i = from; i < to; i += x->chosen.every) {
    double scale = h9_sim_value_at(&x->scale, i - x->chosen.first);
    for (int down = 0; down < 2; down++) {
      double weight = (down ? x->down[lo] : x->up[lo]) * scale;
      if (weight != 0) add_one(&th->extra[split && weight < 0], i - first, 1, weight, t->precision);
    }
  }
}

void h9_sim_draw_drive(const h9_sim *s, const h9_sim_population *t, h9_sim_thread *th, h9_step now,
                       uint32_t first, uint32_t n, const void *extra[2]) {
  for (uint32_t k = 0; k < t->n_drives; k++) add_drive(s, t, th, &t->drives[k], now, first, n, extra);
  for (uint32_t k = 0; k < t->n_trains; k++) add_train(t, th, &t->trains[k], now, first, n, extra);
}

double h9_sim_common_current(const h9_sim *s, const h9_sim_population *t, h9_step now) {
  double current = 0;
  for (uint32_t k = 0; k < t->n_currents; k++) {
    const h9_sim_current *c = &t->currents[k];
    if (!c->own && active(&c->chosen, now))
      current += c->base.constant + c->gain.constant * course_at(&c->course, s->net->dt, now);
  }
  return current;
}

/* New values of [from, to) at the beginning of an interval. */
static void renew_noise(const h9_sim_current *c, h9_step now, uint32_t from, uint32_t to) {
  uint64_t since = (uint64_t)(now - c->chosen.after - 1), every = (uint64_t)c->every;
  if (since % every == 0)
    h9_gen_normals(c->key, since / every, from, to - from, c->held + (from - c->chosen.first));
}

const void *h9_sim_fill_currents(const h9_sim *s, const h9_sim_population *t, h9_sim_thread *th, h9_step now,
                                 double common, uint32_t first, uint32_t n, uint32_t count) {
  double *sum = t->precision == H9_DOUBLE ? th->currents.d : th->sum;
  for (uint32_t i = 0; i < n; i++) sum[i] = common;
  for (uint32_t k = 0; t->own_currents && k < t->n_currents; k++) {
    const h9_sim_current *c = &t->currents[k];
    uint32_t from, to;
    if (!c->own || !active(&c->chosen, now) || !overlap(&c->chosen, first, count, &from, &to)) continue;
    if (c->held) renew_noise(c, now, from, to);
    double f = course_at(&c->course, s->net->dt, now);
    for (uint32_t i = from; i < to; i += c->chosen.every) {
      uint32_t j = i - c->chosen.first;
      double gain = h9_sim_value_at(&c->gain, j) * (c->held ? c->held[j] : f);
      sum[i - first] += h9_sim_value_at(&c->base, j) + gain;
    }
  }
  if (t->precision == H9_SINGLE)
    for (uint32_t i = 0; i < n; i++) th->currents.s[i] = (float)sum[i];
  return &th->currents;
}

/* Planning of stimuli: from the configuration to drives, currents and spike trains of each population. */
#include "sim_parts.h"

#include "../base/mathfn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_STEP = 1 };

typedef struct planner {
  h9_sim *s;
  const h9_simulation_config *c;
  uint32_t number; /* of the stimulus */
  const h9_stimulus *x;
  h9_sim_population *t;
  h9_error *e;
} planner;

/* "FILE:LINE:COLUMN: " or "stimulus N: " before the text. */
static int refuse(const planner *p) {
  p->e->code = H9_ECONFIG;
  if (!p->c->file) return h9_fail_at(p->e, "stimulus %u", p->number + 1);
  return h9_fail_at(p->e, "%s:%u:%u", p->c->file, p->x->line, p->x->column);
}

h9_step h9_sim_step_of(double ms, double dt) {
  double k = floor(ms / dt + 0.5);
  return k < 0 ? 0 : k > 0x1p40 ? (h9_step)1 << 40 : (h9_step)k;
}

static h9_sim_chosen chosen_of(const planner *p) {
  const h9_stimulus *x = p->x;
  double dt = p->s->net->dt;
  uint32_t count = p->s->net->populations[x->target].count;
  h9_sim_chosen c = {x->first,
                     x->last,
                     x->every,
                     x->every == 0,
                     h9_sim_step_of(x->start, dt),
                     isinf(x->stop) ? INT64_MAX : h9_sim_step_of(x->stop, dt)};
  if (c.all) c = (h9_sim_chosen){0, count - 1, 1, true, c.after, c.until};
  return c;
}

/* A value of the stimulus for the chosen neurons, within low..high. */
static int make_value(const planner *p, enum h9_stimulus_value which, double constant, double low,
                      double high, h9_sim_value *v) {
  static const char *const name[] = {"rate", "weight", "amplitude", "offset", "mean", "std"};
  const h9_dist *d = p->x->drawn[which];
  const h9_network *net = p->s->net;
  const h9_population *pop = &net->populations[p->x->target];
  h9_sim_chosen c = chosen_of(p);
  *v = (h9_sim_value){.constant = constant};
  if (!d) return H9_OK;
  size_t n = (size_t)c.last - c.first + 1;
  v->column = h9_alloc(n, sizeof *v->column);
  if (!v->column) return h9_fail_memory(p->e, n * sizeof *v->column, "stimuli");
  bool placed = pop->placed && net->x;
  double vars[H9_VARIABLES] = {0};
  if (!placed && (d->a.variables || d->b.variables)) {
    h9_fail(p->e, H9_ECONFIG, "%s: uses positions, but the neurons of population '%s' have none",
                   name[which], pop->name);
    return refuse(p);
  }
  h9_key key = h9_key_make(p->s->o.seed, H9_PURPOSE_STIMULUS, p->number);
  for (uint32_t i = c.first; i <= c.last && i >= c.first; i += c.every) {
    size_t at = (size_t)pop->first - 1 + i;
    if (placed) {
      vars[H9_VAR_X] = net->x[at];
      vars[H9_VAR_Y] = net->y ? net->y[at] : 0;
      vars[H9_VAR_Z] = net->z ? net->z[at] : 0;
    }
    h9_draws draws = h9_draws_make(key, i, 0, (uint32_t)which);
    double u = h9_dist_draw(d, &draws, vars);
    if (!(u >= low && u <= high) || isinf(u)) {
      if (isinf(low))
        h9_fail(p->e, H9_ECONFIG, "%s: %.9g for neuron %u of '%s', expected a finite number",
                       name[which], u, i + 1, pop->name);
      else
        h9_fail(p->e, H9_ECONFIG, "%s: %.9g for neuron %u of '%s', expected %g to %g", name[which], u,
                       i + 1, pop->name, low, high);
      return refuse(p);
    }
    v->column[i - c.first] = u;
  }
  return H9_OK;
}

static double most(const h9_sim_value *v, const h9_sim_chosen *c) {
  double m = fabs(v->constant);
  for (uint64_t k = 0; v->column && k <= c->last - c->first; k += c->every)
    if (fabs(v->column[k]) > m) m = fabs(v->column[k]);
  return m;
}

/* times and values of the stimulus as steps. */
static int make_steps(const planner *p, h9_gen_steps *g) {
  const h9_stimulus *x = p->x;
  g->after = malloc((x->n_times + 1) * sizeof *g->after);
  g->value = malloc((x->n_times + 1) * sizeof *g->value);
  if (!g->after || !g->value) return h9_fail_memory(p->e, x->n_times * 16, "stimuli");
  for (size_t i = 0; i < x->n_times; i++) {
    h9_step after = h9_sim_step_of(x->times[i], p->s->net->dt);
    if (g->n && g->after[g->n - 1] == after) g->n--; /* within one step: the later one counts */
    g->after[g->n] = after;
    g->value[g->n++] = x->values[i];
  }
  return H9_OK;
}

static void release_value(h9_sim_value *v) { free(v->column); }

static void release_drive(h9_sim_drive *d) {
  h9_gen_steps_release(&d->course.steps);
  release_value(&d->rate);
  release_value(&d->amplitude);
  release_value(&d->weight);
  free(d->none);
}

static int fill_drive(planner *p, h9_sim_drive *d) {
  const h9_stimulus *x = p->x;
  double dt = p->s->net->dt, each = dt * 1e-3;
  bool sine = x->type == H9_STIMULUS_SINUSOIDAL_POISSON, steps = x->n_times > 0;
  *d = (h9_sim_drive){.chosen = chosen_of(p), .number = p->number};
  d->course = (h9_sim_course){sine    ? H9_SHAPE_SINE
                              : steps ? H9_SHAPE_STEPS
                                      : H9_SHAPE_CONSTANT,
                              x->frequency,
                              x->phase,
                              {0}};
  d->key = h9_key_make(p->s->o.seed, H9_PURPOSE_DRIVE, p->number);
  int rc = make_value(p, H9_STIMULUS_RATE, x->rate, 0, 1e12, &d->rate);
  if (rc == H9_OK && sine)
    rc = make_value(p, H9_STIMULUS_AMPLITUDE, x->amplitude, -1e12, 1e12, &d->amplitude);
  if (rc == H9_OK && p->t->model->counts) d->weight.constant = 1;
  else if (rc == H9_OK) rc = make_value(p, H9_STIMULUS_WEIGHT, x->weight, -INFINITY, INFINITY, &d->weight);
  if (rc == H9_OK && steps) rc = make_steps(p, &d->course.steps);
  if (rc != H9_OK) return rc;
  double top = most(&d->rate, &d->chosen) + most(&d->amplitude, &d->chosen);
  for (size_t i = 0; i < d->course.steps.n; i++)
    if (d->course.steps.value[i] > top) top = d->course.steps.value[i];
  if (!(top * each <= 1e6)) {
    h9_fail(p->e, H9_ECONFIG, "rate: found %g Hz, expected 0 to %g Hz (a million spikes a step)", top,
                   1e9 / dt);
    return refuse(p);
  }
  d->own = d->rate.column || d->amplitude.column;
  if (!d->own && d->course.shape == H9_SHAPE_CONSTANT)
    h9_poisson_make(&d->poisson, d->rate.constant * dt * 1e-3, p->s->o.seed, p->number);
  else if (!d->own) d->table = p->s->n_tables++;
  else if (!sine) {
    size_t n = (size_t)d->chosen.last - d->chosen.first + 1;
    d->none = h9_alloc(n, sizeof *d->none);
    if (!d->none) return h9_fail_memory(p->e, n * sizeof *d->none, "stimuli");
    for (size_t k = 0; k < n; k += d->chosen.every) d->none[k] = h9_exp(-(d->rate.column[k] * each));
  }
  return H9_OK;
}

static int add_drive(planner *p) {
  h9_sim_population *t = p->t;
  const h9_stimulus *x = p->x;
  if (x->type == H9_STIMULUS_POISSON && !x->drawn[H9_STIMULUS_RATE] && !x->n_times && x->rate == 0)
    return H9_OK;
  h9_sim_drive *grown = h9_alloc(t->n_drives + 1, sizeof *grown);
  if (!grown) return h9_fail_memory(p->e, sizeof *grown, "stimuli");
  if (t->n_drives) memcpy(grown, t->drives, t->n_drives * sizeof *grown);
  free(t->drives);
  t->drives = grown;
  int rc = fill_drive(p, &grown[t->n_drives]);
  if (rc == H9_OK) t->n_drives++;
  else release_drive(&grown[t->n_drives]);
  return rc;
}

static void release_current(h9_sim_current *c) {
  h9_gen_steps_release(&c->course.steps);
  release_value(&c->base);
  release_value(&c->gain);
  free(c->held);
}

static int fill_noise(planner *p, h9_sim_current *c) {
  const h9_stimulus *x = p->x;
  double dt = p->s->net->dt, steps = floor(x->interval / dt + 0.5);
  if (steps < 1 || steps > 0x1p40 || fabs(steps * dt - x->interval) > 1e-6 * dt * (1 + steps * 1e-6)) {
    h9_fail(p->e, H9_ECONFIG, "every: found %.9g ms, expected a whole number of steps of %.9g ms",
                   x->interval, dt);
    return refuse(p);
  }
  c->every = (h9_step)steps;
  c->key = h9_key_make(p->s->o.seed, H9_PURPOSE_NOISE, p->number);
  size_t n = (size_t)c->chosen.last - c->chosen.first + 1;
  c->held = h9_alloc(n, sizeof *c->held);
  return c->held ? H9_OK : h9_fail_memory(p->e, n * sizeof *c->held, "stimuli");
}

static int fill_current(planner *p, h9_sim_current *c) {
  const h9_stimulus *x = p->x;
  *c = (h9_sim_current){.chosen = chosen_of(p)};
  c->course = (h9_sim_course){H9_SHAPE_CONSTANT, x->frequency, x->phase, {0}};
  int rc = H9_OK;
  switch (x->type) {
  case H9_STIMULUS_NOISE:
    c->course.shape = H9_SHAPE_NOISE;
    rc = make_value(p, H9_STIMULUS_MEAN, x->mean, -INFINITY, INFINITY, &c->base);
    if (rc == H9_OK) rc = make_value(p, H9_STIMULUS_STD, x->std, 0, INFINITY, &c->gain);
    if (rc == H9_OK) rc = fill_noise(p, c);
    break;
  case H9_STIMULUS_AC:
    c->course.shape = H9_SHAPE_SINE;
    rc = make_value(p, H9_STIMULUS_OFFSET, x->offset, -INFINITY, INFINITY, &c->base);
    if (rc == H9_OK) rc = make_value(p, H9_STIMULUS_AMPLITUDE, x->amplitude, -INFINITY, INFINITY, &c->gain);
    break;
  case H9_STIMULUS_STEP_CURRENT:
    c->course.shape = H9_SHAPE_STEPS;
    c->gain.constant = 1;
    rc = make_steps(p, &c->course.steps);
    break;
  default:
    rc = make_value(p, H9_STIMULUS_AMPLITUDE, x->amplitude, -INFINITY, INFINITY, &c->gain);
  }
  c->own = !c->chosen.all || c->held || c->base.column || c->gain.column;
  p->t->own_currents |= c->own;
  return rc;
}

static int add_current(planner *p) {
  h9_sim_population *t = p->t;
  h9_sim_current *grown = realloc(t->currents, (t->n_currents + 1) * sizeof *grown);
  if (!grown) return h9_fail_memory(p->e, sizeof *grown, "stimuli");
  t->currents = grown;
  int rc = fill_current(p, &grown[t->n_currents]);
  if (rc == H9_OK) t->n_currents++;
  else release_current(&grown[t->n_currents]);
  return rc;
}

typedef struct event {
  h9_step step;
  double weight;
} event;

/* By weight within a step: sums do not show the order of the list. */
static int by_step(const void *a, const void *b) {
  const event *x = a, *y = b;
  if (x->step != y->step) return x->step < y->step ? -1 : 1;
  return (x->weight > y->weight) - (x->weight < y->weight);
}

static int fill_train(planner *p, h9_sim_train *r, event *v) {
  const h9_stimulus *x = p->x;
  bool counts = p->t->model->counts;
  *r = (h9_sim_train){.chosen = chosen_of(p), .scale.constant = 1};
  int rc = H9_OK;
  if (!counts && !x->values)
    rc = make_value(p, H9_STIMULUS_WEIGHT, x->weight, -INFINITY, INFINITY, &r->scale);
  r->step = malloc((x->n_times + 1) * sizeof *r->step);
  r->up = calloc(x->n_times + 1, sizeof *r->up);
  r->down = calloc(x->n_times + 1, sizeof *r->down);
  if (rc == H9_OK && (!r->step || !r->up || !r->down))
    return h9_fail_memory(p->e, x->n_times * 24, "stimuli");
  if (rc != H9_OK) return rc;
  for (size_t i = 0; i < x->n_times; i++) {
    v[i] = (event){h9_sim_step_of(x->times[i], p->s->net->dt), counts || !x->values ? 1 : x->values[i]};
    if (v[i].step < LEAST_STEP) {
      h9_fail(p->e, H9_ECONFIG,
                     "times: found %.9g ms, expected spikes that arrive at the end of a step of %.9g ms",
                     x->times[i], p->s->net->dt);
      return refuse(p);
    }
  }
  qsort(v, x->n_times, sizeof *v, by_step);
  for (size_t i = 0; i < x->n_times; i++) {
    if (v[i].step <= r->chosen.after || v[i].step > r->chosen.until) continue;
    if (r->n == 0 || r->step[r->n - 1] != v[i].step) r->step[r->n++] = v[i].step;
    *(v[i].weight < 0 ? &r->down[r->n - 1] : &r->up[r->n - 1]) += v[i].weight;
  }
  return H9_OK;
}

static void release_train(h9_sim_train *r) {
  free(r->step);
  free(r->up);
  free(r->down);
  release_value(&r->scale);
}

static int add_train(planner *p) {
  h9_sim_population *t = p->t;
  h9_sim_train *grown = realloc(t->trains, (t->n_trains + 1) * sizeof *grown);
  if (!grown) return h9_fail_memory(p->e, sizeof *grown, "stimuli");
  t->trains = grown;
  event *scratch = malloc((p->x->n_times + 1) * sizeof *scratch);
  int rc = scratch ? fill_train(p, &grown[t->n_trains], scratch)
                   : h9_fail_memory(p->e, p->x->n_times * sizeof *scratch, "stimuli");
  if (rc == H9_OK) t->n_trains++;
  else if (scratch) release_train(&grown[t->n_trains]);
  free(scratch);
  return rc;
}

int h9_sim_plan_stimuli(h9_sim *s, const h9_simulation_config *c, h9_error *e) {
  int rc = H9_OK;
  for (uint32_t i = 0; c && i < c->n_stimuli && rc == H9_OK; i++) {
    const h9_stimulus *x = &c->stimuli[i];
    if (x->file) continue;
    if (x->target >= s->net->n_populations)
      return h9_fail(e, H9_ECONFIG, "stimulus %u: target population %u, expected below %u", i + 1, x->target,
                     s->net->n_populations);
    planner p = {s, c, i, x, &s->populations[x->target], e};
    switch (x->type) {
    case H9_STIMULUS_POISSON:
    case H9_STIMULUS_SINUSOIDAL_POISSON:
      rc = add_drive(&p);
      break;
    case H9_STIMULUS_SPIKES:
      rc = add_train(&p);
      break;
    default:
      rc = add_current(&p);
    }
  }
  return rc;
}

void h9_sim_stimuli_release(h9_sim_population *t) {
  for (uint32_t k = 0; k < t->n_drives; k++) release_drive(&t->drives[k]);
  for (uint32_t k = 0; k < t->n_currents; k++) release_current(&t->currents[k]);
  for (uint32_t k = 0; k < t->n_trains; k++) release_train(&t->trains[k]);
  free(t->drives);
  free(t->currents);
  free(t->trains);
}

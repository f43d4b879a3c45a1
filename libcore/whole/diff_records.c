/* Recordings compared: signals as one sequence, whatever their batches; samples series by series. */
#include "diff.h"

#include "../base/memory.h"
#include "../base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- signals ---- */

typedef struct flow {
  const h9_diff *d;
  int k;
  h9_reader *r;
  h9_signals g;
  size_t at;
  bool begun, ended;
  h9_step from;
} flow;

static bool chosen(const flow *f) {
  const h9_select *s = f->d->select;
  const h9_signals *g = &f->g;
  return (!s->timed || (g->step[f->at] > s->after_step && g->step[f->at] <= s->until_step)) &&
         h9_select_has(s, &f->d->net[0], g->id[f->at]);
}

/* Up to the next signal that is looked at, or the end. */
static int move(flow *f, h9_error *e) {
  for (; !f->ended; f->at++) {
    while (f->at >= f->g.n) {
      h9_block b;
      int rc = h9_reader_next(f->r, &b, e);
      f->ended = rc == H9_EOF;
      if (f->ended) return H9_OK;
      if (rc != H9_OK) return rc;
      if (b.kind != H9_BLOCK_SIGNALS) continue;
      rc = h9_signals_decode(&b, f->d->net[f->k].n_neurons, &f->g, e);
      if (rc == H9_EDATA) h9_reader_fail_at(f->r, &b, e);
      if (rc != H9_OK) return rc;
      if (!f->begun) f->from = f->g.from;
      f->begun = true;
      f->at = 0;
    }
    if (chosen(f)) return H9_OK;
  }
  return H9_OK;
}

static double strength(const flow *f) { return f->g.strength_bytes ? f->g.strength[f->at] : NAN; }
static int priority(const flow *f) { return f->g.prioritised ? f->g.priority[f->at] : -1; }

static char *signal_text(const flow *f, bool strong, bool prioritised, char text[700]) {
  char id[H9_DIFF_NEURON_TEXT], ms[H9_TEXT_MAX + 1], s[H9_TEXT_MAX + 16] = "", p[32] = "";
  h9_multiple dt = h9_multiple_of(f->d->net[f->k].dt);
  if (f->ended) {
    *h9_text_multiple(ms, &dt, f->g.to) = 0;
    snprintf(text, 700, "none up to the end, step %lld (%s ms)", (long long)f->g.to, ms);
    return text;
  }
  *h9_text_multiple(ms, &dt, f->g.step[f->at]) = 0;
  if (strong && f->g.strength_bytes) *h9_text_f64(stpcpy(s, ", strength "), strength(f)) = 0;
  else if (strong) strcpy(s, ", no strength");
  if (prioritised && f->g.prioritised) snprintf(p, sizeof p, ", priority %d", priority(f));
  else if (prioritised) strcpy(p, ", no priority");
  snprintf(text, 700, "step %lld (%s ms), id %s%s%s", (long long)f->g.step[f->at], ms,
           h9_diff_neuron(f->d, f->k, f->g.id[f->at], id), s, p);
  return text;
}

/* When recordings began and ended; where a time is selected, they need not reach alike. */
static int spans(h9_diff *d, const flow f[2], bool end) {
  char s[2][H9_TEXT_MAX + 1];
  h9_step step[2];
  if (d->select->timed) return H9_OK;
  for (int k = 0; k < 2; k++) {
    h9_multiple dt = h9_multiple_of(d->net[k].dt);
    step[k] = end ? f[k].g.to : f[k].from;
    *h9_text_multiple(s[k], &dt, step[k]) = 0;
    if (!f[k].begun) strcpy(s[k], "none");
  }
  if (f[0].begun == f[1].begun && (step[0] == step[1] || !f[0].begun)) return H9_OK;
  return h9_diff_found(d, "%s of the recording of signals in ms: %s | %s", end ? "end" : "begin", s[0], s[1]);
}

static int compare(h9_diff *d, flow f[2], h9_error *e) {
  for (uint64_t number = 1;; number++) {
    for (int k = 0; k < 2; k++) {
      int rc = move(&f[k], e);
      if (rc != H9_OK) return rc;
    }
    if (number == 1 && spans(d, f, false) != H9_OK) return H9_EOF;
    if (f[0].ended && f[1].ended) return spans(d, f, true);
    bool same = !f[0].ended && !f[1].ended, strong = false, prioritised = false;
    if (same) {
      same = f[0].g.step[f[0].at] == f[1].g.step[f[1].at] && f[0].g.id[f[0].at] == f[1].g.id[f[1].at];
      double a = strength(&f[0]), b = strength(&f[1]);
      strong = !(a == b || (isnan(a) && isnan(b)));
      prioritised = priority(&f[0]) != priority(&f[1]);
    }
    if (!same || strong || prioritised) {
      char s[700], t[700];
      return h9_diff_found(d, "signal %llu: %s | %s", (unsigned long long)number,
                           signal_text(&f[0], strong, prioritised, s),
                           signal_text(&f[1], strong, prioritised, t));
    }
    f[0].at++;
    f[1].at++;
  }
}

int h9_diff_signals(h9_diff *d, h9_reader *r[2], h9_error *e) {
  flow f[2] = {{.d = d, .k = 0, .r = r[0]}, {.d = d, .k = 1, .r = r[1]}};
  int rc = compare(d, f, e);
  h9_signals_release(&f[0].g);
  h9_signals_release(&f[1].g);
  return rc;
}

/* ---- states ---- */

/* One variable of some neurons, or of a group. Samples that only one stream has shown yet wait: the blocks of
 * several series may follow each other otherwise there. */
typedef struct series {
  char *variable, *unit, *of;
  h9_id *id;
  uint32_t n_ids;
  struct samples {
    h9_step *step; /* [n], from `at` on not compared */
    double *value; /* [n * width] */
    size_t n, at, cap_step, cap_value;
  } side[2];
} series;

typedef struct all_series {
  series *one;
  size_t n, cap;
} all_series;

static uint32_t width_of(const series *s) { return s->n_ids ? s->n_ids : 1; }

static series *series_of(all_series *a, const h9_state *s) {
  const char *of = s->of ? s->of : "";
  for (size_t i = 0; i < a->n; i++) {
    series *t = &a->one[i];
    if (t->n_ids == s->n_ids && strcmp(t->variable, s->variable) == 0 && strcmp(t->unit, s->unit) == 0 &&
        strcmp(t->of, of) == 0 && (s->n_ids == 0 || memcmp(t->id, s->id, s->n_ids * sizeof *t->id) == 0))
      return t;
  }
  if (h9_grow(&a->one, &a->cap, a->n + 1, sizeof *a->one) != H9_OK) return NULL;
  series *t = &a->one[a->n];
  *t = (series){
      .variable = h9_strdup(s->variable), .unit = h9_strdup(s->unit), .of = h9_strdup(of), .n_ids = s->n_ids};
  t->id = malloc(s->n_ids * sizeof *t->id + 1);
  a->n++;
  if (!t->variable || !t->unit || !t->of || !t->id) return NULL;
  if (s->n_ids) memcpy(t->id, s->id, s->n_ids * sizeof *t->id);
  return t;
}

static void series_release(all_series *a) {
  for (size_t i = 0; i < a->n; i++) {
    series *t = &a->one[i];
    free(t->variable);
    free(t->unit);
    free(t->of);
    free(t->id);
    for (int k = 0; k < 2; k++) {
      free(t->side[k].step);
      free(t->side[k].value);
    }
  }
  free(a->one);
}

/* Puts a block's samples behind those that wait. */
static int hold(series *t, int k, const h9_state *s) {
  struct samples *p = &t->side[k];
  uint32_t width = width_of(t);
  if (p->at > 0) { /* what was compared goes */
    memmove(p->step, p->step + p->at, (p->n - p->at) * sizeof *p->step);
    memmove(p->value, p->value + p->at * width, (p->n - p->at) * width * sizeof *p->value);
    p->n -= p->at;
    p->at = 0;
  }
  size_t need = p->n + s->n_times;
  if (h9_grow(&p->step, &p->cap_step, need, sizeof *p->step) != H9_OK ||
      h9_grow(&p->value, &p->cap_value, need * width, sizeof *p->value) != H9_OK)
    return H9_ESYSTEM;
  for (uint32_t i = 0; i < s->n_times; i++) {
    p->step[p->n] = s->first + (h9_step)i * s->interval;
    memcpy(p->value + p->n++ * width, s->sample + (size_t)i * width, width * sizeof *p->value);
  }
  return H9_OK;
}

/* "V_m of 17 (exc[3])", "mean(V_m) of exc[1:100]" */
static char *series_text(const h9_diff *d, const series *t, uint32_t i, char text[1024]) {
  char n[H9_DIFF_NEURON_TEXT];
  if (t->n_ids) snprintf(text, 1024, "%.300s of neuron %s", t->variable, h9_diff_neuron(d, 0, t->id[i], n));
  else snprintf(text, 1024, "%.300s of %.300s", t->variable, t->of);
  return text;
}

/* What both sides of a series have. */
static int match(h9_diff *d, series *t) {
  struct samples *a = &t->side[0], *b = &t->side[1];
  uint32_t width = width_of(t);
  char text[1024], x[H9_TEXT_MAX + 1], y[H9_TEXT_MAX + 1], ms[H9_TEXT_MAX + 1];
  h9_multiple dt = h9_multiple_of(d->net[0].dt);
  for (; a->at < a->n && b->at < b->n; a->at++, b->at++) {
    h9_step step = a->step[a->at];
    if (step != b->step[b->at])
      return h9_diff_found(d, "state: %s: step of a sample: %lld | %lld", series_text(d, t, 0, text),
                           (long long)step, (long long)b->step[b->at]);
    for (uint32_t i = 0; i < width; i++) {
      double v = a->value[a->at * width + i], w = b->value[b->at * width + i];
      if (v == w || (isnan(v) && isnan(w))) continue;
      bool narrow = (v == (double)(float)v || isnan(v)) && (w == (double)(float)w || isnan(w));
      *(narrow ? h9_text_f32(x, (float)v) : h9_text_f64(x, v)) = 0;
      *(narrow ? h9_text_f32(y, (float)w) : h9_text_f64(y, w)) = 0;
      *h9_text_multiple(ms, &dt, step) = 0;
      return h9_diff_found(d, "state at step %lld (%s ms): %s: %s | %s", (long long)step, ms,
                           series_text(d, t, i, text), x, y);
    }
  }
  return H9_OK;
}

/* A sample that the other stream, which ended, does not have. */
static int left_over(h9_diff *d, const series *t) {
  for (int k = 0; k < 2; k++) {
    char text[1024], at[48];
    const struct samples *p = &t->side[k];
    if (p->at == p->n) continue;
    snprintf(at, sizeof at, "step %lld", (long long)p->step[p->at]);
    return h9_diff_found(d, "state: %s: next sample: %s | %s", series_text(d, t, 0, text), k ? "none" : at,
                         k ? at : "none");
  }
  return H9_OK;
}

/* The next block of state of stream k, and what can be compared then. */
static int step(h9_diff *d, all_series *all, h9_reader *r, int k, bool ended[2], h9_error *e) {
  h9_block b;
  h9_state s = {0};
  series *t = NULL;
  int rc = H9_OK;
  do rc = h9_reader_next(r, &b, e);
  while (rc == H9_OK && b.kind != H9_BLOCK_STATE);
  ended[k] = rc == H9_EOF;
  if (rc != H9_OK) return ended[k] ? H9_OK : rc;
  rc = h9_state_decode(&b, d->net[k].n_neurons, &s, e);
  if (rc != H9_OK) return rc == H9_EDATA ? h9_reader_fail_at(r, &b, e) : rc;
  h9_select_state(d->select, &d->net[0], &s);
  if (s.n_times > 0 && h9_state_width(&s) > 0) {
    t = series_of(all, &s);
    rc = t ? hold(t, k, &s) : H9_ESYSTEM;
    if (rc != H9_OK) h9_fail_memory(e, (size_t)b.count * sizeof(double), "samples");
  }
  h9_state_release(&s);
  if (rc != H9_OK || !t) return rc;
  rc = match(d, t);
  return rc == H9_OK && ended[!k] ? left_over(d, t) : rc;
}

static int compare_states(h9_diff *d, all_series *all, h9_reader *r[2], h9_error *e) {
  bool ended[2] = {false, false};
  int rc = H9_OK;
  while (rc == H9_OK && (!ended[0] || !ended[1]))
    for (int k = 0; k < 2 && rc == H9_OK; k++)
      if (!ended[k]) rc = step(d, all, r[k], k, ended, e);
  for (size_t i = 0; i < all->n && rc == H9_OK; i++) rc = left_over(d, &all->one[i]);
  return rc;
}

int h9_diff_states(h9_diff *d, h9_reader *r[2], h9_error *e) {
  all_series all = {0};
  int rc = compare_states(d, &all, r, e);
  series_release(&all);
  return rc;
}

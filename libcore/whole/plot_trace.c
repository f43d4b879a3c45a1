/* Traces: recorded state over time, a panel a variable, with the neurons' spikes above their potentials. */
#include "plot.h"

#include "../base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 10, PANELS = 6, POINTS = 20000 };

typedef struct line { /* of one neuron, or one group */
  char *variable, *unit, *name;
  h9_id id; /* 0: a group */
  uint32_t panel;
  size_t n, cap_t, cap_v, n_spikes, cap_s;
  double *t, *v, *spike;
} line;

typedef struct traces {
  const h9_plot *p;
  h9_network net;
  line *line;
  size_t n;
  uint32_t panels;
  const char *panel[PANELS]; /* variables, of the lines */
  double from, to;
} traces;

static line *line_of(traces *s, const h9_state *d, h9_id id, h9_error *e) {
  uint32_t panel = 0, on_panel = 0, most = s->p->neurons ? s->p->neurons : LINES;
  for (size_t i = 0; i < s->n; i++) {
    line *x = &s->line[i];
    if (strcmp(x->variable, d->variable) != 0) continue;
    if (x->id == id && (id || strcmp(x->name, d->of) == 0)) return x;
    on_panel++;
  }
  while (panel < s->panels && strcmp(s->panel[panel], d->variable) != 0) panel++;
  if (on_panel >= most || panel == PANELS) return NULL;
  line *grown = realloc(s->line, (s->n + 1) * sizeof *grown);
  if (!grown) {
    h9_fail_memory(e, sizeof *grown, "traces");
    return NULL;
  }
  s->line = grown;
  line *x = &grown[s->n];
  char name[H9_NAME_MAX + 32];
  const h9_population *q = id ? &s->net.populations[h9_network_population_of(&s->net, id)] : NULL;
  if (q) snprintf(name, sizeof name, "%s %u", q->name, id - q->first + 1);
  else snprintf(name, sizeof name, "%s", d->of);
  *x = (line){.variable = h9_strdup(d->variable),
              .unit = h9_strdup(d->unit),
              .name = h9_strdup(name),
              .id = id,
              .panel = panel};
  s->n++;
  if (!x->variable || !x->unit || !x->name) {
    h9_fail_memory(e, sizeof *x, "traces");
    return NULL;
  }
  if (panel == s->panels) s->panel[s->panels++] = x->variable;
  return x;
}

static int take_state(traces *s, const h9_state *d, h9_error *e) {
  uint32_t width = h9_state_width(d);
  for (uint32_t i = 0; i < width; i++) {
    h9_id id = d->n_ids ? d->id[i] : 0;
    if (id && !h9_plot_shows(s->p, s->net.populations[h9_network_population_of(&s->net, id)].name)) continue;
    line *x = line_of(s, d, id, e);
    if (!x && e->code != H9_OK) return e->code;
    if (!x) break;
    for (uint32_t k = 0; k < d->n_times; k++) {
      double t = ((double)d->first + (double)k * d->interval) * s->net.dt;
      if (isnan(s->from)) s->from = t;
      if (isnan(s->to)) s->to = s->from + 1000;
      if (t < s->from || t > s->to) continue;
      if (h9_grow(&x->t, &x->cap_t, x->n + 1, sizeof *x->t) != H9_OK ||
          h9_grow(&x->v, &x->cap_v, x->n + 1, sizeof *x->v) != H9_OK)
        return h9_fail_memory(e, x->n * sizeof *x->t, "traces");
      x->t[x->n] = t;
      x->v[x->n++] = d->sample[(size_t)k * width + i];
    }
  }
  return H9_OK;
}

/* Spikes of the neurons seen so far: signals come before the states of the same time, so all are kept that
 * may be wanted; the first neurons are known from the first states on. */
static int take_signals(traces *s, const h9_signals *g, h9_error *e) {
  for (size_t k = 0; k < g->n; k++)
    for (size_t i = 0; i < s->n; i++) {
      line *x = &s->line[i];
      if (x->id != g->id[k] || strcmp(x->variable, "V_m") != 0) continue;
      if (h9_grow(&x->spike, &x->cap_s, x->n_spikes + 1, sizeof *x->spike) != H9_OK)
        return h9_fail_memory(e, x->n_spikes * sizeof *x->spike, "traces");
      x->spike[x->n_spikes++] = (double)g->step[k] * s->net.dt;
    }
  return H9_OK;
}

/* A batch of signals waits for the states behind it, so that the first ones find their neurons. */
static int read_all(traces *s, h9_reader *r, h9_error *e) {
  h9_signals waiting = {0};
  h9_block b;
  int rc = h9_network_read_head(r, &s->net, e);
  if (rc == H9_OK) rc = h9_plot_check(s->p, &s->net, h9_reader_name(r), e);
  while (rc == H9_OK && (rc = h9_reader_next(r, &b, e)) == H9_OK) {
    if (b.kind == H9_BLOCK_SIGNALS) {
      rc = take_signals(s, &waiting, e);
      if (rc == H9_OK) rc = h9_signals_decode(&b, s->net.n_neurons, &waiting, e);
    } else if (b.kind == H9_BLOCK_STATE) {
      h9_state d = {0};
      rc = h9_state_decode(&b, s->net.n_neurons, &d, e);
      if (rc == H9_OK) rc = take_state(s, &d, e);
      h9_state_release(&d);
    }
    if (rc == H9_EDATA) h9_reader_fail_at(r, &b, e);
  }
  if (rc == H9_EOF) rc = take_signals(s, &waiting, e);
  h9_signals_release(&waiting);
  return rc;
}

static void write_data(const traces *s, FILE *f) {
  for (size_t i = 0; i < s->n; i++) {
    const line *x = &s->line[i];
    size_t every = x->n / POINTS + 1;
    fprintf(f, "$line%zu << EOD\n", i);
    for (size_t k = 0; k < x->n; k += every) fprintf(f, "%.10g\t%.8g\n", x->t[k], x->v[k]);
    fprintf(f, "EOD\n$spikes%zu << EOD\n", i);
    for (size_t k = 0; k < x->n_spikes; k++)
      if (x->spike[k] >= s->from && x->spike[k] <= s->to) fprintf(f, "%.10g\n", x->spike[k]);
    fputs("EOD\n", f);
  }
}

static bool has_spikes(const traces *s, const line *x) {
  for (size_t k = 0; k < x->n_spikes; k++)
    if (x->spike[k] >= s->from && x->spike[k] <= s->to) return true;
  return false;
}

/* A round step that makes at most five tics of the range. */
static double tic(const traces *s, uint32_t panel) {
  double low = INFINITY, high = -INFINITY;
  for (size_t i = 0; i < s->n; i++)
    for (size_t k = 0; s->line[i].panel == panel && k < s->line[i].n; k++) {
      low = fmin(low, s->line[i].v[k]);
      high = fmax(high, s->line[i].v[k]);
    }
  return h9_plot_round(high - low, s->panels > 3 ? 2 : s->panels > 1 ? 3 : 4);
}

static void write_panel(const traces *s, uint32_t panel, FILE *f) {
  const char *unit = "", *variable = s->panel[panel];
  uint32_t at = 0;
  for (size_t i = 0; i < s->n; i++)
    if (s->line[i].panel == panel) unit = s->line[i].unit;
  double top = 0.91, bottom = 0.17, high = (top - bottom) / s->panels;
  fprintf(f, "set tmargin at screen %.4f\nset bmargin at screen %.4f\n", top - high * panel - 0.01,
          top - high * (panel + 1) + (panel + 1 < s->panels ? 0.03 : 0));
  fprintf(f, "set xrange [%.10g:%.10g]\n", s->from, s->to);
  fputs(panel + 1 < s->panels ? "unset xlabel\nset format x ''\n"
                              : "set xlabel 'time (ms)'\nset format x '%g'\n",
        f);
  fputs("set ylabel '", f);
  h9_plot_text(f, variable);
  if (strcmp(unit, "1") != 0 && *unit) {
    fputs("'.\"\\n\".'(", f);
    h9_plot_text(f, unit);
    fputs(")", f);
  }
  fprintf(f, "' offset -0.2,0\nset ytics %g", tic(s, panel));
  bool marked = false;
  for (size_t i = 0; i < s->n; i++) marked |= s->line[i].panel == panel && has_spikes(s, &s->line[i]);
  fprintf(f, "\nset offsets 0, 0, graph %g, 0", marked ? 0.25 : 0.03); /* room for the marks of spikes */
  fputs("\nset key at graph 1.02, graph 0.5 left center Left reverse vertical samplen 0.7\nplot ", f);
  for (size_t i = 0; i < s->n; i++) {
    const line *x = &s->line[i];
    if (x->panel != panel) continue;
    fprintf(f, "%s$line%zu using 1:2 with lines lw 1 lc '%s' title '", at ? ", \\\n  " : "", i,
            h9_plot_colour(at));
    h9_plot_name(f, x->name, 14);
    fputs("'", f);
    if (has_spikes(s, x))
      fprintf(f, ", \\\n  $spikes%zu using 1:(%g) axes x1y2 with points pt 11 ps %.3g lc '%s' notitle", i,
              0.99 - 0.03 * (at % 8), 1.1 * h9_plot_scale(s->p), h9_plot_colour(at));
    at++;
  }
  fputs("\n", f);
}

int h9_plot_trace(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) {
  traces s = {.p = p, .from = p->from, .to = p->to};
  h9_reader *r;
  int rc = h9_reader_open(&r, fd, name, 1u << H9_BLOCK_STATE | 1u << H9_BLOCK_SIGNALS, p->threads, e);
  if (rc != H9_OK) return rc;
  rc = read_all(&s, r, e);
  h9_reader_close(r);
  bool any = false;
  for (size_t i = 0; i < s.n; i++) any |= s.line[i].n > 0;
  if (rc == H9_OK && !any)
    rc = h9_fail(e, H9_EDATA,
                 "%s: holds no recorded state of the time and neurons to draw; see --record of hal9-step(1)",
                 name);
  if (rc == H9_OK) {
    double last = s.from;
    for (size_t i = 0; i < s.n; i++)
      if (s.line[i].n && s.line[i].t[s.line[i].n - 1] > last) last = s.line[i].t[s.line[i].n - 1];
    if (isnan(p->to) && last < s.to) s.to = last;
    if (!(s.to > s.from)) s.to = s.from + s.net.dt;
    write_data(&s, script);
    h9_plot_begin(p, script);
    h9_plot_multiplot(p, script, s.panels == 1 ? "Recorded %s" : "Recorded %s and more", s.panel[0]);
    int letters = 0;
    for (size_t i = 0; i < s.n; i++)
      letters = strlen(s.line[i].name) > 14 ? 14 : (int)fmax(letters, (double)strlen(s.line[i].name));
    fprintf(script, "set lmargin at screen 0.15\nset rmargin at screen %.3g\nset y2range [0:1]\n",
            0.9 - 1.06 * h9_plot_letter(p) * letters);
    for (uint32_t k = 0; k < s.panels; k++) {
      write_panel(&s, k, script);
      fputs("unset label 100\n", script);
    }
    fputs("unset multiplot\n", script);
  }
  for (size_t i = 0; i < s.n; i++) {
    free(s.line[i].variable);
    free(s.line[i].unit);
    free(s.line[i].name);
    free(s.line[i].t);
    free(s.line[i].v);
    free(s.line[i].spike);
  }
  free(s.line);
  h9_network_release(&s.net);
  return rc;
}

/* The forms of a report. */
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool chosen(const char *const *only, const char *name) {
  if (!only) return true;
  for (; *only; only++)
    if (strcmp(*only, name) == 0) return true;
  return false;
}

static void put(h9_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(h9_buf *b, const char *fmt, ...) {
  char t[1024];
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(t, sizeof t, fmt, ap);
  va_end(ap);
  h9_buf_put(b, t, n < (int)sizeof t ? (size_t)n : sizeof t - 1);
}

/* A number for people: a few digits, '-' where there is none. */
static void cell(h9_buf *b, int width, int decimals, double v) {
  if (isnan(v)) put(b, " %*s", width, "-");
  else put(b, " %*.*f", width, decimals, v);
}

static void cell_general(h9_buf *b, int width, double v) {
  if (isnan(v)) put(b, " %*s", width, "-");
  else put(b, " %*.5g", width, v);
}

static int name_width(const h9_stream_report *s) {
  int w = 10;
  for (uint32_t p = 0; p < s->net.n_populations; p++) {
    int n = (int)strlen(s->net.populations[p].name);
    w = n > w ? n : w;
  }
  return w < 32 ? w : 32;
}

static void network_text(const h9_stream_report *s, const char *const *only, h9_buf *b, int w) {
  const h9_network *net = &s->net;
  put(b, "Network: %u neurons in %u population%s", net->n_neurons, net->n_populations,
      net->n_populations == 1 ? "" : "s");
  if (s->has_connections)
    put(b, ", %s%.0f connections in %u projection%s", s->expanded ? "" : "about ", s->connections,
        net->n_projections, net->n_projections == 1 ? "" : "s");
  put(b, ", dt %g ms, seed %llu\n", net->dt, (unsigned long long)net->seed);
  if (net->labels.n) put(b, "  %u neurons are called by %s\n", net->labels.n, net->labels.uuid ? "UUIDs" : "labels");
  put(b, "  %-*s %-16s %10s", w, "population", "model", "neurons");
  if (s->expanded)
    put(b, " %9s %9s %7s %7s %9s %9s %7s %7s", "in-degree", "sd", "min", "max", "out-degr.", "sd", "min",
        "max");
  put(b, "\n");
  for (uint32_t p = 0; p < net->n_populations; p++) {
    const h9_population *q = &net->populations[p];
    if (!chosen(only, q->name)) continue;
    put(b, "  %-*s %-16s %10u", w, q->name, q->model, q->count);
    for (int k = 0; s->expanded && k < 2; k++) {
      const h9_summary *d = k ? &s->outdegree[p] : &s->indegree[p];
      cell(b, 9, 2, d->mean);
      cell(b, 9, 2, d->sd);
      cell(b, 7, 0, d->decile[0]);
      cell(b, 7, 0, d->decile[10]);
    }
    put(b, "\n");
  }
  if (!s->expanded) return;
  put(b, "\n  %-*s %-*s %-18s %12s %10s %10s %8s %8s %8s %9s %9s\n", w, "source", w, "target", "rule",
      "connections", "weight", "sd", "delay ms", "sd", "max", "dist. um", "median");
  for (uint32_t k = 0; k < net->n_projections; k++) {
    const h9_projection *p = &net->projections[k];
    const h9_projection_stats *q = &s->connection_stats.projection[k];
    const char *source = net->populations[p->source].name, *target = net->populations[p->target].name;
    if (!chosen(only, source) && !chosen(only, target)) continue;
    put(b, "  %-*s %-*s %-18s %12llu", w, source, w, target, h9_rule_name(p->rule),
        (unsigned long long)q->connections);
    cell_general(b, 10, h9_moments_mean(&q->weight));
    cell_general(b, 10, h9_moments_sd(&q->weight));
    cell(b, 8, 3, h9_moments_mean(&q->delay));
    cell(b, 8, 3, h9_moments_sd(&q->delay));
    cell(b, 8, 2, q->delay.n > 0 ? q->delay.max : NAN);
    cell(b, 9, 2, h9_moments_mean(&q->distance));
    cell(b, 9, 2, q->distance.n > 0 ? q->distance_decile[5] : NAN);
    put(b, "\n");
  }
  put(b, "  In the stream: %.4g MB", (double)s->stream_bytes / 1e6);
  if (s->connections > 0) put(b, ", %.3g bytes a connection", (double)s->stream_bytes / s->connections);
  put(b, "; in hal9-step: about %.4g MB\n", (4.3 * s->connections + 40.0 * net->n_neurons) / 1e6);
}

static void activity_text(const h9_stream_report *s, const char *const *only, h9_buf *b, int w) {
  put(b, "Activity: %llu spikes in %.9g ms (from %.9g ms)\n", (unsigned long long)s->signals, s->duration,
      s->from);
  put(b, "  %-*s %9s %9s %9s %9s %7s %7s %7s %7s %9s %9s\n", w, "population", "neurons", "rate Hz", "sd",
      "median", "silent", "CV ISI", "LV", "Fano", "correl.", "synchrony");
  for (uint32_t p = 0; p < s->net.n_populations; p++) {
    const h9_activity_population *a = &s->population[p];
    const h9_population *q = &s->net.populations[p];
    if (!chosen(only, q->name)) continue;
    put(b, "  %-*s %9u", w, q->name, q->count);
    cell(b, 9, 3, a->rate.mean);
    cell(b, 9, 3, a->rate.sd);
    cell(b, 9, 3, a->rate.decile[5]);
    put(b, " %5.1f %%", 100 * a->silent);
    cell(b, 7, 3, a->cv.mean);
    cell(b, 7, 3, a->lv.mean);
    cell(b, 7, 3, a->fano.mean);
    cell(b, 9, 5, a->correlation);
    cell(b, 9, 3, a->synchrony);
    put(b, "\n");
  }
}

static void state_text(const h9_stream_report *s, h9_buf *b) {
  int w = 8, g = 5;
  for (uint32_t i = 0; i < s->n_states; i++) {
    int v = (int)strlen(s->state[i].variable), of = (int)strlen(s->state[i].group);
    w = v > w ? v : w;
    g = of > g ? of : g;
  }
  put(b, "Recorded state\n  %-*s %-*s %-5s %12s %14s %14s %14s %14s\n", w, "variable", g, "group", "unit", "samples",
      "mean", "sd", "least", "greatest");
  for (uint32_t i = 0; i < s->n_states; i++) {
    const h9_state_summary *x = &s->state[i];
    put(b, "  %-*s %-*s %-5s %12llu", w, x->variable, g, x->group, x->unit, (unsigned long long)x->n);
    const double v[4] = {x->n ? x->mean : NAN, h9_state_summary_sd(x), x->n ? x->low : NAN, x->n ? x->high : NAN};
    for (int k = 0; k < 4; k++) cell_general(b, 14, v[k]);
    put(b, "\n");
  }
}

void h9_stream_report_text(const h9_stream_report *s, const char *const *only, h9_buf *out) {
  int w = name_width(s);
  network_text(s, only, out, w);
  if (s->has_activity) {
    put(out, "\n");
    activity_text(s, only, out, w);
    h9_stream_report_top_text(s, only, out);
  }
  if (s->n_states) {
    put(out, "\n");
    state_text(s, out);
  }
  if (s->net.metrics.n) {
    put(out, "\n");
    h9_stream_report_performance_text(s, out);
  }
}

static void summary_json(h9_json *j, const char *key, const h9_summary *s) {
  h9_json_begin(j, key, '{');
  h9_json_whole(j, "n", s->n);
  h9_json_number(j, "mean", s->mean);
  h9_json_number(j, "sd", s->sd);
  h9_json_begin(j, "quantiles", '[');
  for (int i = 0; i <= 10; i++) h9_json_number(j, NULL, s->decile[i]);
  h9_json_end(j, ']');
  h9_json_end(j, '}');
}

static void moments_json(h9_json *j, const char *key, const h9_moments *m) {
  h9_json_begin(j, key, '{');
  h9_json_number(j, "mean", h9_moments_mean(m));
  h9_json_number(j, "sd", h9_moments_sd(m));
  h9_json_number(j, "min", m->n > 0 ? m->min : NAN);
  h9_json_number(j, "max", m->n > 0 ? m->max : NAN);
  h9_json_end(j, '}');
}

static void network_json(const h9_stream_report *s, const char *const *only, h9_json *j) {
  const h9_network *net = &s->net;
  h9_json_begin(j, "network", '{');
  h9_json_whole(j, "neurons", net->n_neurons);
  if (net->labels.n) h9_json_whole(j, "labels", net->labels.n);
  if (s->has_connections)
    h9_json_number(j, s->expanded ? "connections" : "connections_expected", s->connections);
  h9_json_number(j, "dt_ms", net->dt);
  h9_json_whole(j, "seed", net->seed);
  h9_json_whole(j, "stream_bytes", s->stream_bytes);
  h9_json_begin(j, "populations", '[');
  for (uint32_t p = 0; p < net->n_populations; p++) {
    const h9_population *q = &net->populations[p];
    if (!chosen(only, q->name)) continue;
    h9_json_begin(j, NULL, '{');
    h9_json_text(j, "name", q->name);
    h9_json_text(j, "model", q->model);
    h9_json_whole(j, "count", q->count);
    h9_json_whole(j, "first_id", q->first);
    if (s->expanded) {
      h9_json_number(j, "indegree_mean", s->indegree[p].mean);
      h9_json_number(j, "outdegree_mean", s->outdegree[p].mean);
      summary_json(j, "indegree", &s->indegree[p]);
      summary_json(j, "outdegree", &s->outdegree[p]);
    }
    h9_json_end(j, '}');
  }
  h9_json_end(j, ']');
  if (s->expanded) {
    h9_json_begin(j, "projections", '[');
    for (uint32_t k = 0; k < net->n_projections; k++) {
      const h9_projection *p = &net->projections[k];
      const h9_projection_stats *q = &s->connection_stats.projection[k];
      const char *source = net->populations[p->source].name, *target = net->populations[p->target].name;
      if (!chosen(only, source) && !chosen(only, target)) continue;
      h9_json_begin(j, NULL, '{');
      if (p->name && p->name[0]) h9_json_text(j, "name", p->name);
      h9_json_text(j, "source", source);
      h9_json_text(j, "target", target);
      h9_json_text(j, "rule", h9_rule_name(p->rule));
      h9_json_whole(j, "connections", q->connections);
      moments_json(j, "weight", &q->weight);
      moments_json(j, "delay_ms", &q->delay);
      h9_json_begin(j, "delay_steps", '{');
      for (int d = 1; d < H9_NETSTATS_DELAYS; d++) {
        char t[16];
        snprintf(t, sizeof t, "%d", d);
        if (q->delays[d]) h9_json_whole(j, t, q->delays[d]);
      }
      h9_json_end(j, '}');
      if (q->distance.n > 0) {
        moments_json(j, "distance_um", &q->distance);
        h9_json_begin(j, "distance_quantiles_um", '[');
        for (int i = 0; i <= 10; i++) h9_json_number(j, NULL, q->distance_decile[i]);
        h9_json_end(j, ']');
      }
      h9_json_end(j, '}');
    }
    h9_json_end(j, ']');
  }
  h9_json_end(j, '}');
}

static void activity_json(const h9_stream_report *s, const char *const *only, h9_json *j) {
  h9_json_begin(j, "activity", '{');
  h9_json_number(j, "start_ms", s->from);
  h9_json_number(j, "duration_ms", s->duration);
  h9_json_whole(j, "signals", s->signals);
  h9_json_begin(j, "populations", '[');
  for (uint32_t p = 0; p < s->net.n_populations; p++) {
    const h9_activity_population *a = &s->population[p];
    const h9_population *q = &s->net.populations[p];
    if (!chosen(only, q->name)) continue;
    h9_json_begin(j, NULL, '{');
    h9_json_text(j, "name", q->name);
    h9_json_whole(j, "count", q->count);
    h9_json_whole(j, "signals", a->spikes);
    h9_json_number(j, "rate_hz", a->rate.mean);
    h9_json_number(j, "rate_sd_hz", a->rate.sd);
    h9_json_begin(j, "rate_quantiles_hz", '[');
    for (int i = 0; i <= 10; i++) h9_json_number(j, NULL, a->rate.decile[i]);
    h9_json_end(j, ']');
    h9_json_number(j, "silent_fraction", a->silent);
    h9_json_number(j, "cv_isi", a->cv.mean);
    summary_json(j, "cv_isi_distribution", &a->cv);
    h9_json_number(j, "lv", a->lv.mean);
    h9_json_number(j, "fano", a->fano.mean);
    h9_json_number(j, "correlation", a->correlation);
    h9_json_number(j, "correlation_sd", a->correlation_sd);
    h9_json_whole(j, "correlation_neurons", a->correlation_neurons);
    h9_json_number(j, "synchrony", a->synchrony);
    if (a->psth) {
      h9_json_begin(j, "psth", '[');
      for (size_t i = 0; i < a->n_psth; i++) h9_json_whole(j, NULL, a->psth[i]);
      h9_json_end(j, ']');
    }
    h9_json_end(j, '}');
  }
  h9_json_end(j, ']');
  h9_json_end(j, '}');
}

void h9_stream_report_json(const h9_stream_report *s, const char *const *only, h9_json *j) {
  h9_json_begin(j, NULL, '{');
  h9_json_whole(j, "hal9_stats", 1);
  h9_json_text(j, "stream", s->name);
  network_json(s, only, j);
  if (s->has_activity) {
    activity_json(s, only, j);
    h9_stream_report_top_json(s, only, j);
  }
  if (s->n_states) {
    h9_json_begin(j, "state", '[');
    for (uint32_t i = 0; i < s->n_states; i++) {
      const h9_state_summary *x = &s->state[i];
      h9_json_begin(j, NULL, '{');
      h9_json_text(j, "variable", x->variable);
      h9_json_text(j, "group", x->group);
      h9_json_text(j, "unit", x->unit);
      h9_json_whole(j, "samples", x->n);
      h9_json_number(j, "mean", x->n ? x->mean : NAN);
      h9_json_number(j, "sd", h9_state_summary_sd(x));
      h9_json_number(j, "least", x->n ? x->low : NAN);
      h9_json_number(j, "greatest", x->n ? x->high : NAN);
      h9_json_end(j, '}');
    }
    h9_json_end(j, ']');
  }
  if (s->net.metrics.n) h9_stream_report_performance_json(s, j);
  h9_json_end(j, '}');
}

static void row(const h9_stream_report *s, h9_buf *b, const char *section, const char *name, const char *what,
                double v) {
  if (isnan(v)) put(b, "%s\t%s\t%s\t%s\t\n", s->name, section, name, what);
  else put(b, "%s\t%s\t%s\t%s\t%.9g\n", s->name, section, name, what, v);
}

void h9_stream_report_tsv(const h9_stream_report *s, const char *const *only, h9_buf *out) {
  const h9_network *net = &s->net;
  row(s, out, "network", "", "neurons", net->n_neurons);
  if (net->labels.n) row(s, out, "network", "", "labels", net->labels.n);
  if (s->has_connections)
    row(s, out, "network", "", s->expanded ? "connections" : "connections_expected", s->connections);
  for (uint32_t p = 0; p < net->n_populations; p++) {
    const char *name = net->populations[p].name;
    if (!chosen(only, name)) continue;
    row(s, out, "network", name, "count", net->populations[p].count);
    if (s->expanded) {
      row(s, out, "network", name, "indegree_mean", s->indegree[p].mean);
      row(s, out, "network", name, "indegree_sd", s->indegree[p].sd);
      row(s, out, "network", name, "outdegree_mean", s->outdegree[p].mean);
      row(s, out, "network", name, "outdegree_sd", s->outdegree[p].sd);
    }
  }
  if (s->has_activity) {
    row(s, out, "activity", "", "duration_ms", s->duration);
    row(s, out, "activity", "", "signals", (double)s->signals);
    for (uint32_t p = 0; p < net->n_populations; p++) {
      const h9_activity_population *a = &s->population[p];
      const char *name = net->populations[p].name;
      if (!chosen(only, name)) continue;
      row(s, out, "activity", name, "rate_hz", a->rate.mean);
      row(s, out, "activity", name, "rate_sd_hz", a->rate.sd);
      row(s, out, "activity", name, "silent_fraction", a->silent);
      row(s, out, "activity", name, "cv_isi", a->cv.mean);
      row(s, out, "activity", name, "lv", a->lv.mean);
      row(s, out, "activity", name, "fano", a->fano.mean);
      row(s, out, "activity", name, "correlation", a->correlation);
      row(s, out, "activity", name, "synchrony", a->synchrony);
      for (size_t i = 0; i < a->n_psth; i++) {
        char t[32];
        snprintf(t, sizeof t, "psth_%zu", i);
        row(s, out, "activity", name, t, (double)a->psth[i]);
      }
    }
  }
  h9_stream_report_top_tsv(s, only, out);
  for (uint32_t i = 0; i < s->n_states; i++) {
    const h9_state_summary *x = &s->state[i];
    static const char *const what[4] = {"mean", "sd", "least", "greatest"};
    const double v[4] = {x->n ? x->mean : NAN, h9_state_summary_sd(x), x->n ? x->low : NAN, x->n ? x->high : NAN};
    for (int k = 0; k < 4; k++) {
      char name[2 * H9_NAME_MAX];
      snprintf(name, sizeof name, "%s_%s", x->variable, what[k]);
      row(s, out, "state", x->group, name, v[k]);
    }
  }
  h9_stream_report_performance_tsv(s, out);
}

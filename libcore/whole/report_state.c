/* Recorded state, summarised: one line for every variable of a population or group. */
#include "report.h"

#include "../base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static h9_state_summary *find(h9_stream_report *s, const char *variable, const char *unit, const char *group,
                              h9_error *e) {
  for (uint32_t i = 0; i < s->n_states; i++)
    if (strcmp(s->state[i].variable, variable) == 0 && strcmp(s->state[i].group, group) == 0) return &s->state[i];
  h9_state_summary *grown = realloc(s->state, (s->n_states + 1) * sizeof *grown);
  if (!grown) {
    h9_fail_memory(e, sizeof *grown, "statistics");
    return NULL;
  }
  s->state = grown;
  h9_state_summary *x = &grown[s->n_states];
  *x = (h9_state_summary){.variable = h9_strdup(variable), .unit = h9_strdup(unit), .group = h9_strdup(group),
                          .low = INFINITY, .high = -INFINITY};
  s->n_states++;
  if (x->variable && x->unit && x->group) return x;
  h9_fail_memory(e, sizeof *grown, "statistics");
  return NULL;
}

/* Welford 1962, Technometrics 4:419. */
static void take(h9_state_summary *x, double v) {
  x->n++;
  double d = v - x->mean;
  x->mean += d / (double)x->n;
  x->m2 += d * (v - x->mean);
  if (v < x->low) x->low = v;
  if (v > x->high) x->high = v;
}

int h9_stream_report_state(h9_stream_report *s, const h9_state *d, double after, double until, h9_error *e) {
  uint32_t width = h9_state_width(d);
  for (uint32_t i = 0; i < width; i++) {
    const h9_population *p = d->n_ids ? &s->net.populations[h9_network_population_of(&s->net, d->id[i])] : NULL;
    h9_state_summary *x = find(s, d->variable, d->unit, p ? p->name : d->of, e);
    if (!x) return e->code;
    for (uint32_t k = 0; k < d->n_times; k++) {
      double t = ((double)d->first + (double)k * d->interval) * s->net.dt;
      if (t <= after || t > until) continue;
      take(x, d->sample[(size_t)k * width + i]);
    }
  }
  return H9_OK;
}

double h9_state_summary_sd(const h9_state_summary *x) { return x->n > 1 ? sqrt(x->m2 / (double)(x->n - 1)) : NAN; }

void h9_stream_report_state_release(h9_stream_report *s) {
  for (uint32_t i = 0; i < s->n_states; i++) {
    free(s->state[i].variable);
    free(s->state[i].unit);
    free(s->state[i].group);
  }
  free(s->state);
}

/* Spike raster: a dot a spike, populations in bands from the top. */
#include "plot.h"

#include <math.h>
#include <stdlib.h>

enum { NEURONS = 2000, WINDOW_MS = 1000 };

typedef struct raster {
  const h9_plot *p;
  h9_network net;
  uint32_t *rank, *chosen, *base; /* base: rows below a population's band */
  uint32_t rows;
  h9_step first, last; /* shown: first < step <= last */
  h9_step from, to;    /* recorded */
  bool begun;
  uint64_t dots;
} raster;

static h9_step step_of(double ms, double dt) {
  return (h9_step)fmax(-0x1p60, fmin(0x1p60, floor(ms / dt + 0.5)));
}

static int add_batch(raster *r, const h9_signals *s, FILE *script) {
  double dt = r->net.dt;
  if (!r->begun) {
    r->begun = true;
    r->from = s->from;
    r->first = isnan(r->p->from) ? s->from : step_of(r->p->from, dt);
    r->last = isnan(r->p->to) ? r->first + (h9_step)(WINDOW_MS / dt) : step_of(r->p->to, dt);
  }
  r->to = s->to;
  uint32_t pop = 0;
  for (size_t i = 0; i < s->n; i++) {
    if (s->step[i] <= r->first || s->step[i] > r->last) continue;
    uint32_t k = s->id[i] - 1, rank = r->rank[k];
    if (!rank) continue;
    const h9_population *q = &r->net.populations[pop];
    if (k < q->first - 1 || k - (q->first - 1) >= q->count) pop = h9_network_population_of(&r->net, s->id[i]);
    fprintf(script, "%.10g\t%u\t%u\n", (double)s->step[i] * dt, r->base[pop] + r->chosen[pop] - rank + 1,
            pop);
    r->dots++;
  }
  return H9_OK;
}

static int read_all(raster *r, int fd, const char *name, FILE *script, h9_error *e) {
  h9_reader *reader = NULL;
  h9_block b = {0};
  h9_signals s = {0};
  int rc = h9_reader_open(&reader, fd, name,
                          H9_WANT_ALL & ~(UINT32_C(1) << H9_BLOCK_NEURONS) &
                              ~(UINT32_C(1) << H9_BLOCK_CONNECTIONS),
                          r->p->threads, e);
  if (rc == H9_OK) rc = h9_network_read(reader, &r->net, false, &b, e);
  if (rc == H9_OK || rc == H9_EOF) {
    int bad = h9_plot_check(r->p, &r->net, name, e);
    size_t n = (size_t)r->net.n_neurons + 1, m = (size_t)r->net.n_populations + 1;
    r->rank = calloc(n, sizeof *r->rank);
    r->chosen = calloc(m, sizeof *r->chosen);
    r->base = calloc(m, sizeof *r->base);
    if (!bad && (!r->rank || !r->chosen || !r->base)) bad = h9_fail_memory(e, n * 4, "a raster");
    if (!bad)
      bad = h9_plot_choose(r->p, &r->net, r->p->neurons ? r->p->neurons : NEURONS, r->rank, r->chosen, e);
    if (bad) rc = bad;
  }
  for (uint32_t k = rc <= H9_EOF ? r->net.n_populations : 0; k-- > 0;) { /* the first population on top */
    r->base[k] = r->rows;
    r->rows += r->chosen[k];
  }
  while (rc == H9_OK) {
    if (b.kind == H9_BLOCK_SIGNALS && b.body) {
      rc = h9_signals_decode(&b, r->net.n_neurons, &s, e);
      if (rc) rc = h9_reader_fail_at(reader, &b, e);
      else rc = add_batch(r, &s, script);
    }
    if (rc == H9_OK) rc = h9_reader_next(reader, &b, e);
  }
  h9_signals_release(&s);
  h9_reader_close(reader);
  if (rc != H9_EOF) return rc;
  if (!r->begun)
    return h9_fail(e, H9_EDATA, "%s: holds no spikes, a raster needs the output of hal9-step", name);
  if (r->first >= r->to || r->last <= r->from)
    return h9_fail(e, H9_EDATA, "%s: records %.9g to %.9g ms, nothing of the time to draw", name,
                   (double)r->from * r->net.dt, (double)r->to * r->net.dt);
  if (isnan(r->p->to) && r->to < r->last) r->last = r->to;
  return H9_OK;
}

int h9_plot_raster(const h9_plot *p, int fd, const char *name, FILE *script, h9_error *e) {
  raster r = {.p = p};
  fputs("$spikes << EOD\n", script);
  int rc = read_all(&r, fd, name, script, e);
  fputs("EOD\n", script);
  if (rc == H9_OK) {
    uint64_t all = 0, chosen = 0;
    h9_plot_begin(p, script);
    for (uint32_t k = 0; k < r.net.n_populations; k++)
      if (r.chosen[k]) all += r.net.populations[k].count, chosen += r.chosen[k];
    fputs("set title '", script);
    if (p->title) h9_plot_text(script, p->title);
    else if (chosen < all)
      fprintf(script, "Spikes of %llu of %llu neurons", (unsigned long long)chosen, (unsigned long long)all);
    else fprintf(script, "Spikes of %llu neurons", (unsigned long long)all);
    fprintf(script, "'\nset xlabel 'time (ms)'\nset xrange [%.10g:%.10g]\nset yrange [0.5:%u.5]\nunset key\n",
            (double)r.first * r.net.dt, (double)r.last * r.net.dt, r.rows ? r.rows : 1);
    fputs("set ytics scale 0 (", script);
    bool some = false;
    for (uint32_t k = 0; k < r.net.n_populations; k++)
      if (r.chosen[k]) {
        fputs(some ? ", '" : "'", script);
        h9_plot_text(script, r.net.populations[k].name);
        fprintf(script, "' %g", r.base[k] + r.chosen[k] / 2.0 + 0.5);
        some = true;
      }
    fputs(")\n", script);
    for (uint32_t k = 0; k < r.net.n_populations; k++)
      if (r.chosen[k] && r.base[k])
        fprintf(script,
                "set arrow from graph 0, first %u.5 to graph 1, first %u.5 nohead lw 0.6 lc '#999999'\n",
                r.base[k], r.base[k]);
    /* smaller dots where there are more of them */
    double size = r.dots > 60000 ? 0.12 : r.dots > 15000 ? 0.2 : r.dots > 3000 ? 0.3 : 0.45;
    fputs("plot ", script);
    some = false;
    for (uint32_t k = 0; k < r.net.n_populations; k++)
      if (r.chosen[k]) {
        fprintf(script, "%s$spikes using ($3==%u?$1:NaN):2 with points pt 7 ps %g lc '%s'",
                some ? ", \\\n  " : "", k, size, h9_plot_colour(k));
        some = true;
      }
    fputs("\n", script);
  }
  free(r.rank);
  free(r.chosen);
  free(r.base);
  h9_network_release(&r.net);
  return rc;
}

/* Statistics of connections. Authority: the same numbers computed over the list of all connections, and
 * closed forms where a rule fixes them. */
#include "../../libcore/model/netstats.h"
#include "netkit.h"

static void build(kit *k) {
  kit_init(k, 4);
  kit_population(k, "a", 400);
  kit_population(k, "b", 100);
  kit_population(k, "far", 30);
  kit_place(k, 2, 1000);
  k->pop[2].placed = false; /* no distances from or to these */
  kit_projection(k, H9_RULE_ONE_TO_ONE, 1, 1, 0);
  kit_projection(k, H9_RULE_FIXED_INDEGREE, 0, 1, 25);
  kit_projection(k, H9_RULE_PAIRWISE_BERNOULLI, 0, 0, 0)->kernel.scale = 0.05;
  h9_projection *p = kit_projection(k, H9_RULE_PAIRWISE_BERNOULLI, 1, 0, 0);
  p->kernel.scale = 0.1;
  p->periodic = true;
  kit_projection(k, H9_RULE_ALL_TO_ALL, 2, 1, 0);
  p = kit_projection(k, H9_RULE_FIXED_TOTAL_NUMBER, 0, 1, 0); /* none */
  h9_dist_release(&k->proj[1].weight);
  k->proj[1].weight = kit_dist(H9_DIST_NORMAL, -50, 5); /* 16 bits */
  h9_dist_release(&k->proj[2].weight);
  k->proj[2].weight = kit_dist(H9_DIST_LOGNORMAL, 0, 3); /* single precision */
  h9_dist_release(&k->proj[2].delay);
  k->proj[2].delay = kit_dist(H9_DIST_UNIFORM, 1, 300); /* up to 3000 steps, more than there are counts */
  h9_dist_release(&k->proj[3].delay);
  k->proj[3].delay = kit_dist(H9_DIST_EXPONENTIAL, 2, 0);
}

static h9_netstats gather(kit *k, int threads) {
  h9_netstats s;
  h9_error e = {0};
  h9_rowsource *source = NULL;
  h9_rowsource_options o = {.threads = threads};
  if (h9_projections_plan(&k->net, &e) || h9_rowsource_expand(&source, &k->net, &o, &e) ||
      h9_netstats_gather(&s, &k->net, source, NULL, threads, &e)) {
    printf("# %s\n", e.text);
    exit(70);
  }
  h9_rowsource_free(source);
  return s;
}

static void same(const h9_moments *m, const double *v, size_t n, double tolerance, uint32_t projection,
                 const char *what) {
  double mean = 0, squares = 0, low = INFINITY, high = -INFINITY;
  for (size_t i = 0; i < n; i++) mean += v[i] / (double)n;
  for (size_t i = 0; i < n; i++)
    squares += (v[i] - mean) * (v[i] - mean), low = fmin(low, v[i]), high = fmax(high, v[i]);
  double sd = sqrt(squares / ((double)n - 1)), scale = fmax(fabs(mean), sd);
  if (n == 0) {
    ok(m->n == 0 && isnan(h9_moments_mean(m)) && isnan(h9_moments_sd(m)), "projection %u: no %s", projection,
       what);
    return;
  }
  ok(m->n == (double)n && fabs(h9_moments_mean(m) - mean) <= tolerance * scale &&
         fabs(h9_moments_sd(m) - sd) <= fmax(tolerance, 1e-7) * scale && m->min == low && m->max == high,
     "projection %u: %s: mean %g, sd %g, %g to %g", projection, what, mean, sd, low, high);
}

int main(void) {
  kit k;
  build(&k);
  h9_netstats s = gather(&k, 2);
  kit_list l = kit_all(&k);
  uint32_t *in = calloc(k.net.n_neurons, sizeof *in), *out = calloc(k.net.n_neurons, sizeof *out);
  double *w = malloc(l.n * sizeof *w), *d = malloc(l.n * sizeof *d), *r = malloc(l.n * sizeof *r);
  for (size_t i = 0; i < l.n; i++) {
    const h9_projection *p = &k.proj[l.at[i].projection];
    out[k.pop[p->source].first - 1 + l.at[i].source]++;
    in[k.pop[p->target].first - 1 + l.at[i].target]++;
  }
  ok(s.connections == l.n, "%zu connections", l.n);
  ok(memcmp(in, s.indegree, k.net.n_neurons * sizeof *in) == 0, "in-degrees");
  ok(memcmp(out, s.outdegree, k.net.n_neurons * sizeof *out) == 0, "out-degrees");
  for (uint32_t q = 0; q < k.net.n_projections; q++) {
    const h9_projection *p = &k.proj[q];
    size_t n = 0, m = 0;
    uint64_t delays[H9_NETSTATS_DELAYS] = {0};
    for (size_t i = 0; i < l.n; i++) {
      if (l.at[i].projection != q) continue;
      w[n] = l.at[i].weight;
      delays[l.at[i].delay < H9_NETSTATS_DELAYS ? l.at[i].delay : H9_NETSTATS_DELAYS - 1]++;
      d[n++] = l.at[i].delay * k.net.dt;
      size_t a = k.pop[p->source].first - 1 + l.at[i].source, b = k.pop[p->target].first - 1 + l.at[i].target;
      double dx = fabs((double)k.net.x[a] - (double)k.net.x[b]),
             dy = fabs((double)k.net.y[a] - (double)k.net.y[b]);
      if (p->periodic) dx = fmin(dx, 1000 - dx), dy = fmin(dy, 1000 - dy);
      if (k.pop[p->source].placed && k.pop[p->target].placed) r[m++] = sqrt(dx * dx + dy * dy);
    }
    const h9_projection_stats *t = &s.projection[q];
    ok(t->connections == n, "projection %u: %zu connections", q, n);
    ok(memcmp(delays, t->delays, sizeof delays) == 0, "projection %u: delays one by one", q);
    same(&t->weight, w, n, 1e-12, q, "weight");
    same(&t->delay, d, n, 1e-12, q, "delay");
    if (m) { /* a difference of coordinates rounds in the last place */
      h9_moments x = t->distance;
      double low = INFINITY, high = 0;
      for (size_t i = 0; i < m; i++) low = fmin(low, r[i]), high = fmax(high, r[i]);
      ok(fabs(x.min - low) < 1e-9 && fabs(x.max - high) < 1e-9, "projection %u: distances from %g to %g", q,
         low, high);
      x.min = low, x.max = high;
      same(&x, r, m, 1e-9, q, "distance");
      h9_summary exact = h9_summary_of(r, m);
      double worst = 0, cell = sqrt(2) * 1000 / H9_NETSTATS_DISTANCES;
      for (int i = 0; i <= 10; i++) worst = fmax(worst, fabs(t->distance_decile[i] - exact.decile[i]));
      /* order statistics are not interpolated in the counts: allow the widest gap between neighbours */
      double gap = 0;
      for (size_t i = 1; i < m; i++) gap = fmax(gap, r[i] - r[i - 1]);
      ok(worst <= cell + (m > 1000 ? 2 : gap),
         "projection %u: deciles of distance, off by up to %g um, cells of %g um", q, worst, cell);
    } else ok(t->distance.n == 0 && isnan(t->distance_decile[5]), "projection %u: no distances", q);
  }
  ok(s.projection[0].connections == 100 && s.projection[1].connections == 2500 &&
         s.projection[4].connections == 3000 && s.projection[5].connections == 0,
     "what the rules fix");
  ok(s.projection[0].distance.max == 0, "one_to_one onto itself: distance 0");
  ok(s.projection[2].delays[H9_NETSTATS_DELAYS - 1] > 1000 && s.projection[2].delay.max > 250,
     "delays beyond the counts are in the moments");
  for (int threads = 1; threads <= 4; threads++) {
    h9_netstats t = gather(&k, threads);
    int good = memcmp(t.indegree, s.indegree, k.net.n_neurons * 4) == 0 &&
               memcmp(t.outdegree, s.outdegree, k.net.n_neurons * 4) == 0;
    for (uint32_t q = 0; q < k.net.n_projections; q++) {
      const h9_projection_stats *a = &s.projection[q], *b = &t.projection[q];
      good = good && memcmp(&a->weight, &b->weight, sizeof a->weight) == 0 &&
             memcmp(&a->delay, &b->delay, sizeof a->delay) == 0 &&
             memcmp(&a->distance, &b->distance, sizeof a->distance) == 0 &&
             memcmp(a->delays, b->delays, H9_NETSTATS_DELAYS * 8) == 0 &&
             memcmp(a->distance_decile, b->distance_decile, sizeof a->distance_decile) == 0;
    }
    ok(good, "the same bits with %d threads", threads);
    h9_netstats_release(&t);
  }
  h9_netstats_release(&s);
  kit_list_free(&l);
  kit_free(&k);
  free(in);
  free(out);
  free(w);
  free(d);
  free(r);
  return done();
}

/* Brunel's (2000) network of 5,000 iaf_psc_delta neurons against NEST 3.10.0-post0.dev0: mean rate, CV of
 * inter-spike intervals, and variance over mean of the population's spike counts in 1 ms, three seeds each
 * there. */
#include "simkit.h"

typedef struct reference {
  double g, eta, rate[3], cv[3], synchrony[3];
} reference;
static const reference references[] = {
    {3, 2, {98.6494, 98.5342, 98.6202}, {0.0575, 0.0574, 0.0576}, {16.8036, 21.5004, 14.8488}},
    {5, 2, {45.6534, 45.6398, 45.6692}, {0.1086, 0.1082, 0.1084}, {23.1078, 25.0646, 21.767}},
    {6, 4, {80.1722, 80.1972, 80.1882}, {0.1083, 0.1073, 0.108}, {31.6327, 29.5858, 34.6174}},
    {4.5, 0.9, {5.018, 4.8932, 5.0348}, {0.3501, 0.4673, 0.3645}, {29.7924, 21.7274, 28.0031}},
};
enum { NE = 4000, NI = 1000, N = NE + NI, FROM = 2000, TO = 12000 };

static double mean3(const double *v) { return (v[0] + v[1] + v[2]) / 3; }
static double spread3(const double *v) { return fmax(fmax(v[0], v[1]), v[2]) - fmin(fmin(v[0], v[1]), v[2]); }

static void run(const reference *r) {
  static kit k;
  kit_init(&k, 12);
  uint32_t e = kit_population(&k, "exc", "iaf_psc_delta", NE),
           i = kit_population(&k, "inh", "iaf_psc_delta", NI);
  for (uint32_t p = 0; p < 2; p++) {
    static const struct {
      const char *name;
      double value;
    } values[] = {
        {"tau_m", 20}, {"t_ref", 2}, {"E_L", 0}, {"V_reset", 0}, {"V_th", 20}, {"C_m", 1}, {"V_m", 0},
    };
    for (size_t v = 0; v < sizeof values / sizeof *values; v++)
      kit_value(&k, p, values[v].name, values[v].value);
    kit_projection(&k, H9_RULE_FIXED_INDEGREE, e, p, 400, 0.1, 1.5);
    kit_projection(&k, H9_RULE_FIXED_INDEGREE, i, p, 100, -r->g * 0.1, 1.5);
    kit_poisson(&k, p, r->eta * 1e4, 0.1);
  }
  if (!ok(kit_run(&k, 2, 0, TO) == H9_OK, "g %g eta %g: runs", r->g, r->eta)) return;
  static double last[N], sum[N], sum2[N];
  static uint32_t count[N], bins[(TO - FROM) / 10];
  memset(last, 0, sizeof last);
  memset(sum, 0, sizeof sum);
  memset(sum2, 0, sizeof sum2);
  memset(count, 0, sizeof count);
  memset(bins, 0, sizeof bins);
  double spikes = 0;
  for (size_t s = 0; s < k.n; s++) {
    uint32_t step = (uint32_t)(k.spikes[s] >> 32), id = (uint32_t)k.spikes[s] - 1;
    if (step <= FROM) continue;
    spikes++;
    bins[(step - FROM - 1) / 10]++;
    if (count[id]++) {
      sum[id] += step - last[id];
      sum2[id] += (step - last[id]) * (step - last[id]);
    }
    last[id] = step;
  }
  double cv = 0, n_cv = 0, b = 0, b2 = 0, n_bins = (TO - FROM) / 10;
  for (int id = 0; id < N; id++) {
    if (count[id] < 10) continue;
    double n = count[id] - 1, m = sum[id] / n;
    cv += sqrt((sum2[id] - n * m * m) / (n - 1)) / m;
    n_cv++;
  }
  for (int t = 0; t < n_bins; t++) {
    b += bins[t];
    b2 += (double)bins[t] * bins[t];
  }
  double rate = spikes / N / ((TO - FROM) * 1e-4), mean = b / n_bins, quiet = r->eta < 1;
  char what[64];
  snprintf(what, sizeof what, "g %g eta %g: rate in Hz", r->g, r->eta);
  near(rate, mean3(r->rate), quiet ? 0.05 * mean3(r->rate) : 0.01 * mean3(r->rate), what);
  if (!quiet) {
    snprintf(what, sizeof what, "g %g eta %g: CV", r->g, r->eta);
    near(n_cv ? cv / n_cv : 0, mean3(r->cv), 0.01, what);
  }
  snprintf(what, sizeof what, "g %g eta %g: variance over mean in 1 ms", r->g, r->eta);
  near((b2 / n_bins - mean * mean) / mean, mean3(r->synchrony), 2 * spread3(r->synchrony), what);
  ok(k.stats.connections == (uint64_t)N * 500, "g %g eta %g: %llu synapses", r->g, r->eta,
     (unsigned long long)k.stats.connections);
  kit_release(&k);
}

int main(void) {
  for (size_t i = 0; i < sizeof references / sizeof *references; i++) run(&references[i]);
  return done();
}

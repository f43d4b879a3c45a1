/* The simulation as a whole: the same spikes for all threads, tilings and SIMD levels; every synapse of every
 * spike delivered, and at the right step; stimuli on and off; runs in pieces. */
#include "simkit.h"

static uint64_t hash(const kit *k) {
  uint64_t h = 1469598103934665603u;
  for (size_t i = 0; i < k->n; i++) h = (h ^ k->spikes[i]) * 1099511628211u;
  return h;
}

/* Two populations of iaf_psc_exp: drawn weights and delays, constant ones, wide (log-normal) ones, values
 * that differ from neuron to neuron. */
static void mixed(kit *k, bool merged, bool wide) {
  kit_init(k, 5);
  uint32_t e = kit_population(k, "e", "iaf_psc_exp", 801), i = kit_population(k, "i", "iaf_psc_exp", 203),
           d = kit_population(k, "d", "iaf_psc_delta", 150);
  for (uint32_t p = 0; p < 2; p++) {
    kit_value(k, p, "tau_syn_ex", 0.5);
    kit_value(k, p, "tau_syn_in", merged ? 0.5 : 0.7);
  }
  static float column[801];
  for (int n = 0; n < 801; n++) column[n] = -68 + 0.01f * (float)n;
  kit_value(k, e, "V_m", 0)->column = column;
  static float tau[203];
  for (int n = 0; n < 203; n++) tau[n] = 9 + 0.01f * (float)n;
  kit_value(k, i, "tau_m", 0)->column = tau;
  h9_projection *p = kit_projection(k, H9_RULE_FIXED_TOTAL_NUMBER, e, i, 20000, 0, 0);
  kit_set(&p->weight, kit_dist(H9_DIST_NORMAL, 90, 9, 0, INFINITY));
  kit_set(&p->delay, kit_dist(H9_DIST_NORMAL, 1.5, 0.75, 0.1, INFINITY));
  p = kit_projection(k, H9_RULE_FIXED_INDEGREE, i, e, 40, 0, 0);
  kit_set(&p->weight, kit_dist(H9_DIST_NORMAL, -350, 35, -INFINITY, 0));
  kit_set(&p->delay,
          kit_dist(H9_DIST_UNIFORM, 0.3, 60, -INFINITY, INFINITY)); /* gaps of more than 254 steps */
  kit_projection(k, H9_RULE_PAIRWISE_BERNOULLI, e, e, 0, 50, 0.8)->kernel.scale = 0.1;
  kit_projection(k, H9_RULE_FIXED_INDEGREE, i, i, 30, -80.3, 1.1);
  kit_projection(k, H9_RULE_FIXED_INDEGREE, e, d, 30, 0.5, 30.5); /* a first delay of 305 steps */
  if (wide) {
    p = kit_projection(k, H9_RULE_FIXED_INDEGREE, d, e, 20, 0, 0.5);
    kit_set(&p->weight, kit_dist(H9_DIST_LOGNORMAL, 1, 1.5, -INFINITY, INFINITY));
    kit_projection(k, H9_RULE_FIXED_INDEGREE, d, i, 20, 11, 0.5);
  }
  kit_poisson(k, e, 16000, 88);
  kit_poisson(k, i, 15000, 88);
  kit_poisson(k, i, 1000, -40);
  kit_poisson(k, d, 8000, 0.5);
}

static void invariance(bool merged, bool wide) {
  static kit k;
  uint64_t want = 0, spikes = 0;
  static const struct {
    int threads, tiles;
    const char *level;
  } cases[] = {
      {1, 1, "scalar"}, {1, 3, "sse"},  {2, 1, "avx2"}, {2, 2, "avx512"},
      {3, 1, "scalar"}, {4, 2, "avx2"}, {7, 1, "sse"},
  };
  mixed(&k, merged, wide);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    setenv("HAL9_SIMD", cases[i].level, 1);
    int rc = kit_run(&k, cases[i].threads, cases[i].tiles, 3000);
    if (rc == H9_EUSAGE && i) continue; /* a level this processor lacks */
    if (i == 0) {
      want = hash(&k);
      spikes = k.n;
      ok(rc == H9_OK && spikes > 1000, "%s, %s: %zu spikes, %llu synapses",
         merged ? "merged" : "two receptors", wide ? "wide" : "narrow", k.n,
         (unsigned long long)k.stats.connections);
    } else {
      ok(rc == H9_OK && k.n == spikes && hash(&k) == want,
         "%d threads, %d tiles each, %s: %zu spikes, the same", cases[i].threads, cases[i].tiles,
         cases[i].level, k.n);
    }
  }
  unsetenv("HAL9_SIMD");
  kit_release(&k);
}

static int collect(void *ctx_, int worker, const h9_group *g, void **slot, h9_error *e) {
  struct {
    const h9_spike *in;
    uint16_t (*want)[700];
    uint64_t out[40];
  } *ctx = ctx_;
  (void)worker, (void)slot, (void)e;
  for (uint32_t k = 0; k < g->n_rows; k++)
    for (uint32_t r = 0; r < g->n; r++) {
      const h9_rows *rows = &g->rows[k];
      uint32_t from = g->first + r;
      ctx->out[from] += rows->start[r + 1] - rows->start[r];
      for (int i = 0; i < 200; i++)
        if ((uint32_t)ctx->in[i] == from)
          for (uint64_t c = rows->start[r]; c < rows->start[r + 1]; c++)
            ctx->want[(ctx->in[i] >> 32) + rows->delay[c]][rows->target[c]]++;
    }
  return H9_OK;
}

/* Parrots show when each synapse delivers: every spike of a source comes out at step + delay, once a synapse.
 */
static void every_synapse(int threads, int tiles) {
  static kit k;
  kit_init(&k, 8);
  uint32_t a = kit_population(&k, "a", "parrot_neuron", 40),
           b = kit_population(&k, "b", "parrot_neuron", 700);
  h9_projection *p = kit_projection(&k, H9_RULE_FIXED_TOTAL_NUMBER, a, b, 30000, 0, 0);
  kit_set(&p->weight, kit_dist(H9_DIST_NORMAL, 5, 2, -INFINITY, INFINITY));
  kit_set(&p->delay, kit_dist(H9_DIST_EXPONENTIAL, 20, 0, 0.1, 400)); /* to 4,000 steps */
  enum { SPIKES = 200, STEPS = 9000 };
  h9_spike in[SPIKES];
  for (int i = 0; i < SPIKES; i++) in[i] = h9_spike_make(1 + i * 20 + i % 3, (uint32_t)(i * 7 % 40));
  int rc = kit_begin(&k, threads, tiles);
  if (rc == H9_OK) {
    h9_sim_inject(k.sim, in, SPIKES);
    rc = h9_sim_run(k.sim, STEPS, &k.e);
  }
  kit_end(&k);
  ok(rc == H9_OK, "parrots: run");
  /* brute force from the rule's own rows */
  static uint16_t want[STEPS + 1][700], got[STEPS + 1][700];
  memset(want, 0, sizeof want);
  memset(got, 0, sizeof got);
  h9_rowsource *source;
  h9_rowsource_options ro = {.threads = 1};
  struct {
    const h9_spike *in;
    uint16_t (*want)[700];
    uint64_t out[40];
  } ctx = {in, want, {0}};
  if (h9_rowsource_expand(&source, &k.net, &ro, &k.e) != H9_OK) return;
  rc = h9_rowsource_run(source, collect, NULL, &ctx, &k.e);
  h9_rowsource_free(source);
  uint64_t events = 0;
  for (int i = 0; i < SPIKES; i++) events += ctx.out[(uint32_t)in[i]];
  for (size_t i = 0; i < k.n; i++)
    if ((uint32_t)k.spikes[i] > 40) got[k.spikes[i] >> 32][(uint32_t)k.spikes[i] - 41]++;
  ok(memcmp(want, got, sizeof want) == 0,
     "%d threads, %d tiles: each of %llu synaptic events arrives in its step", threads, tiles,
     (unsigned long long)events);
  ok(k.stats.events == events, "events counted: %llu, sum of out-degrees of the spikes: %llu",
     (unsigned long long)k.stats.events, (unsigned long long)events);
  kit_release(&k);
}

/* A run in pieces equals one run. */
static void pieces(void) {
  static kit k;
  mixed(&k, true, false);
  int rc = kit_run(&k, 2, 1, 1000);
  uint64_t want = hash(&k);
  size_t n = k.n;
  if (rc == H9_OK) rc = kit_begin(&k, 2, 1);
  for (int i = 0; i < 1000 && rc == H9_OK; i += 125) rc = h9_sim_run(k.sim, 125, &k.e);
  kit_end(&k);
  ok(rc == H9_OK && k.n == n && hash(&k) == want, "eight runs of 125 steps equal one of 1000 (%zu spikes)",
     n);
  kit_release(&k);
}

/* A Poisson stimulus onto parrots shows its counts: none outside its time, the right mean inside. */
static void start_stop(void) {
  static kit k;
  kit_init(&k, 3);
  uint32_t p = kit_population(&k, "p", "parrot_neuron", 1000);
  kit_poisson(&k, p, 500, 1);
  k.stimulus[0].start = 20;
  k.stimulus[0].stop = 70;
  int rc = kit_run(&k, 1, 1, 1000);
  size_t outside = 0;
  for (size_t i = 0; i < k.n; i++) outside += (k.spikes[i] >> 32) <= 200 || (k.spikes[i] >> 32) > 700;
  ok(rc == H9_OK && outside == 0, "no spike of a stimulus outside its time");
  near((double)k.n, 1000 * 500 * 0.05, 5 * sqrt(25000), "spikes inside");
  kit_release(&k);
}

/* A direct current from step 101 to 300: the closed form of the potential. */
static void direct_current(void) {
  static kit k;
  kit_init(&k, 3);
  uint32_t p = kit_population(&k, "p", "iaf_psc_exp", 3);
  kit_value(&k, p, "V_th", 100);
  k.stimulus[k.config.n_stimuli++] =
      (h9_stimulus){.type = H9_STIMULUS_DC, .target = p, .amplitude = 375, .start = 10, .stop = 30};
  double v[4];
  int rc = kit_begin(&k, 1, 1);
  static const h9_step upto[4] = {100, 101, 300, 400};
  for (int i = 0; i < 4 && rc == H9_OK; i++) {
    rc = h9_sim_run(k.sim, upto[i] - h9_sim_now(k.sim), &k.e);
    v[i] = h9_sim_state(k.sim, 2, "V_m");
  }
  ok(rc == H9_OK, "direct current: runs");
  double top = 375 * 10 / 250.0, full = top * (1 - exp(-2));
  near(v[0], -70, 0, "before");
  near(v[1], -70 + top * (1 - exp(-0.01)), 1e-5, "after its first step");
  near(v[2], -70 + full, 1e-5, "at its end");
  near(v[3], -70 + full * exp(-1), 1e-5, "10 ms later");
  kit_end(&k);
  kit_release(&k);
}

static void refusals(void) {
  static kit k;
  kit_init(&k, 3);
  uint32_t p = kit_population(&k, "p", "iaf_psc_exp", 3);
  kit_value(&k, p, "V_reset", -50);
  ok(kit_run(&k, 1, 1, 10) == H9_ECONFIG && strstr(k.e.text, "V_reset"), "V_reset above V_th is refused: %s",
     k.e.text);
  k.value[p][0].name = kit_text("V_rest");
  ok(kit_run(&k, 1, 1, 10) == H9_EDATA && strstr(k.e.text, "V_rest"), "an unknown value is refused: %s",
     k.e.text);
  k.value[p][0] = (h9_value){.name = kit_text("tau_m"), .constant = NAN};
  ok(kit_run(&k, 1, 1, 10) == H9_EDATA && strstr(k.e.text, "tau_m"), "NaN is refused: %s", k.e.text);
  k.pop[p].model = kit_text("iaf");
  ok(kit_run(&k, 1, 1, 10) == H9_EDATA && strstr(k.e.text, "iaf"), "an unknown model is refused: %s",
     k.e.text);
  kit_release(&k);
}

int main(void) {
  invariance(true, false);
  invariance(false, false);
  invariance(true, true);
  invariance(false, true);
  every_synapse(1, 1);
  every_synapse(2, 3);
  pieces();
  start_stop();
  direct_current();
  refusals();
  return done();
}

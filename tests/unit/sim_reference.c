/* Single neurons driven by given spike trains, against traces and spikes recorded in NEST
 * (tests/data/reference). */
#include "simkit.h"

enum { WORD = 1 << 16 };

typedef struct reference {
  char model[64];
  kit k;
  h9_spike *in;
  size_t n_in, cap_in;
  uint32_t *spikes;
  size_t n_spikes, cap_spikes;
  double *trace;
  size_t n_trace, cap_trace;
  int every;
  char names[KIT_VALUES][64];
} reference;

static int by_time(const void *a, const void *b) {
  const h9_spike *x = a, *y = b;
  return *x < *y ? -1 : *x > *y;
}

/* Population 0 is the neuron; each input train comes from a parrot neuron of its own. */
static int load(reference *r, const char *name) {
  char path[256], word[WORD];
  snprintf(path, sizeof path, "tests/data/reference/%s.txt", name);
  FILE *f = fopen(path, "r");
  if (!f) return 0;
  kit_init(&r->k, 1);
  int in_value = 0, more = fscanf(f, "%63s", word) == 1;
  while (more) {
    if (strcmp(word, "model") == 0) {
      if (fscanf(f, "%63s", r->model) != 1) return 0;
      kit_population(&r->k, "neuron", r->model, 1);
      more = fscanf(f, "%63s", word) == 1;
    } else if (strcmp(word, "value") == 0) {
      double v;
      if (fscanf(f, "%63s %lf", r->names[in_value], &v) != 2) return 0;
      kit_value(&r->k, 0, r->names[in_value++], v);
      more = fscanf(f, "%63s", word) == 1;
    } else if (strcmp(word, "input") == 0) {
      double weight, delay;
      if (fscanf(f, "%lf %lf", &weight, &delay) != 2) return 0;
      uint32_t p = kit_population(&r->k, "train", "parrot_neuron", 1);
      kit_projection(&r->k, H9_RULE_ALL_TO_ALL, p, 0, 0, weight, delay * 0.1);
      while ((more = fscanf(f, "%63s", word) == 1) && word[0] <= '9') {
        if (h9_grow(&r->in, &r->cap_in, r->n_in + 1, sizeof *r->in) != H9_OK) return 0;
        r->in[r->n_in++] = h9_spike_make(atol(word), p);
      }
    } else if (strcmp(word, "spikes") == 0) {
      while ((more = fscanf(f, "%63s", word) == 1) && word[0] <= '9') {
        if (h9_grow(&r->spikes, &r->cap_spikes, r->n_spikes + 1, sizeof *r->spikes) != H9_OK) return 0;
        r->spikes[r->n_spikes++] = (uint32_t)atol(word);
      }
    } else if (strcmp(word, "trace") == 0) {
      if (fscanf(f, "%d", &r->every) != 1) return 0;
      while ((more = fscanf(f, "%63s", word) == 1)) {
        if (h9_grow(&r->trace, &r->cap_trace, r->n_trace + 1, sizeof *r->trace) != H9_OK) return 0;
        r->trace[r->n_trace++] = atof(word);
      }
    } else {
      return 0;
    }
  }
  fclose(f);
  qsort(r->in, r->n_in, sizeof *r->in, by_time);
  return r->n_trace > 0;
}

static void check(const char *name, double tolerance) {
  static reference r;
  memset(&r, 0, sizeof r);
  if (!ok(load(&r, name), "%s: reference loads", name)) return;
  if (!ok(kit_begin(&r.k, 1, 1) == H9_OK, "%s: builds", name)) return;
  h9_sim_inject(r.k.sim, r.in, r.n_in);
  double worst = 0;
  int rc = H9_OK;
  for (size_t i = 0; i < r.n_trace && rc == H9_OK; i++) {
    rc = h9_sim_run(r.k.sim, r.every, &r.k.e);
    worst = fmax(worst, fabs(h9_sim_state(r.k.sim, 1, "V_m") - r.trace[i]));
  }
  if (rc == H9_OK) rc = h9_sim_run(r.k.sim, 10000 - h9_sim_now(r.k.sim), &r.k.e);
  ok(rc == H9_OK, "%s: runs", name);
  ok(worst <= tolerance, "%s: V_m at %zu times: worst deviation %.3g mV, tolerance %g", name, r.n_trace,
     worst, tolerance);
  size_t n = 0, same = 0;
  for (size_t i = 0; i < r.k.n; i++)
    if ((uint32_t)r.k.spikes[i] == 1) {
      same += n < r.n_spikes && r.spikes[n] == r.k.spikes[i] >> 32;
      n++;
    }
  ok(n == r.n_spikes && same == n, "%s: %zu spikes, expected %zu; %zu at the same step", name, n, r.n_spikes,
     same);
  kit_end(&r.k);
  kit_release(&r.k);
  free(r.in);
  free(r.spikes);
  free(r.trace);
}

int main(void) {
  check("iaf_psc_exp", 2e-5);
  check("iaf_psc_exp_tau_equal", 2e-5);
  check("iaf_psc_delta", 2e-5);
  return done();
}

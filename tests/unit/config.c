/* The configuration: what a good file means, and that every mistake of a bad one is named at its place.
 * Authority: hal9-config(5), places counted by hand in the texts below. */
#include "../../libcore/whole/config.h"
#include "tap.h"

#include <unistd.h>

static char path[] = "/tmp/h9-config-XXXXXX";

static int read_text(h9_config *c, const char *text, const char *const *set, size_t n_set, h9_error *e) {
  FILE *f = fopen(path, "w");
  if (!f) exit(1);
  fputs(text, f);
  fclose(f);
  return h9_config_read(c, path, set, n_set, e);
}

/* Every line of `says` must be a line of the message (file name left out). */
static void wrong(const char *what, const char *text, int code, const char *says) {
  h9_config c;
  h9_error e = {0};
  int rc = read_text(&c, text, NULL, 0, &e);
  int good = rc == code;
  char want[512], all[9000];
  snprintf(all, sizeof all, "\n%s\n", e.text);
  for (const char *line = says; *line;) {
    size_t n = strcspn(line, "\n");
    snprintf(want, sizeof want, "\n%s:%.*s", path, (int)n, line);
    good = good && strstr(all, want);
    line += n + (line[n] == '\n');
  }
  ok(good, "%s (%d): %s", what, rc, e.text[0] ? "" : "no message");
  for (const char *s = e.text; !good && *s;) {
    size_t n = strcspn(s, "\n");
    printf("# %.*s\n", (int)n, s);
    s += n + (s[n] == '\n');
  }
  if (rc == H9_OK) h9_config_release(&c);
}

#define POPULATIONS                                                                                          \
  "populations:\n  a: {count: 10, model: iaf_psc_exp}\n  b: {count: 20, model: iaf_psc_delta}\n"

int main(void) {
  int fd = mkstemp(path);
  if (fd < 0) return 1;
  close(fd);
  h9_config c;
  h9_error e = {0};

  int rc =
      read_text(&c,
                "parameters: {scale: 0.1, w: 87.8 pA, n: round(1000 * scale), late: early + 1, early: 2}\n"
                "populations:\n"
                "  exc:\n"
                "    count: n\n"
                "    model: iaf_psc_exp\n"
                "    params: &p {C_m: 0.25 nF, tau_m: 10, I_e: 0.1 * x * 1 pA / (1 um)}\n"
                "    state: {V_m: {normal: {mean: -58 mV, sd: 10, max: -50 mV}}}\n"
                "    layout: {type: box, extent: [1 mm, 500 um, 20]}\n"
                "  inh: {count: 25, model: iaf_psc_delta}\n"
                "connections:\n"
                "  - {source: [exc, inh], target: exc, rule: fixed_indegree, number: 10 * late, weight: w}\n"
                "  - &x {source: exc, target: inh, rule: pairwise_bernoulli, p: 10 %, weight: 0.1 mV, delay: "
                "0.5 ms + distance / (300 um/ms)}\n"
                "  - {<<: *x, p: 0.2, symmetric: false, kernel: {gaussian: {sigma: 0.1 mm}}, mask: "
                "{doughnut: {inner: 10 um, outer: 90}}}\n"
                "simulation:\n"
                "  {dt: 0.2 ms, seed: 18446744073709551615, duration: 1 s, transient: 10,\n"
                "   stimuli: [{type: poisson, target: '*', rate: 8 Hz * 1000, weight: 1}, {type: dc, target: "
                "inh, amplitude: 1 nA, start: 5}]}\n"
                "statistics: {bin: 1 ms, min_spikes: 5}\n"
                "experiment: {grid: {scale: [1, 2]}}\n",
                (const char *const[]){"scale=0.2", "early=3"}, 2, &e);
  if (!ok(rc == H9_OK, "a good file: %s", e.text)) return done();
  const h9_network *n = &c.net;
  ok(n->n_populations == 2 && n->populations[0].count == 200 && n->populations[1].first == 201 &&
         n->n_neurons == 225,
     "counts, with --set scale=0.2");
  ok(n->dt == 0.2 && n->seed == UINT64_MAX && c.simulation.duration == 1000 && c.simulation.transient == 10,
     "times and seed");
  const h9_population_config *p = &c.populations[0];
  ok(p->n_values == 4 && strcmp(p->value_name[0], "C_m") == 0 && h9_dist_constant(&p->value[0]) == 250,
     "0.25 nF is 250 pF");
  double vars[H9_VARIABLES] = {[H9_VAR_X] = 50};
  near(h9_expr_eval(&p->value[2].a, vars), 5, 1e-12, "an expression of x");
  ok(p->value[3].type == H9_DIST_NORMAL && p->value[3].max == -50 && h9_expr_eval(&p->value[3].b, NULL) == 10,
     "a truncated normal");
  ok(p->layout.type == H9_LAYOUT_BOX && p->layout.extent[0] == 1000 && p->layout.extent[2] == 20 &&
         n->dimensions == 3 && n->lo[0] == -500 && n->hi[1] == 250,
     "layout and domain");
  ok(n->n_projections == 4 && n->projections[0].number == 40 && n->projections[1].source == 1,
     "a list of sources: one projection each");
  ok(n->projections[2].kernel.scale == 0.1 && n->projections[3].kernel.scale == 0.2 &&
         n->projections[3].kernel.type == H9_KERNEL_GAUSSIAN && n->projections[3].kernel.arg[0] == 100,
     "merge keys and kernels");
  vars[H9_VAR_DISTANCE] = 150;
  near(h9_expr_eval(&n->projections[3].delay.a, vars), 1, 1e-12, "a delay by distance");
  ok(n->projections[3].mask.type == H9_MASK_DOUGHNUT && n->projections[3].mask.arg[1] == 90, "a mask");
  ok(n->projections[0].multapses && n->projections[0].autapses && !n->projections[2].multapses,
     "defaults of the rules");
  ok(c.simulation.n_stimuli == 3 && c.simulation.stimuli[0].rate == 8000 &&
         c.simulation.stimuli[2].amplitude == 1000 && c.simulation.stimuli[2].target == 1 &&
         isinf(c.simulation.stimuli[2].stop),
     "stimuli");
  ok(c.statistics.bin == 1 && c.statistics.min_spikes == 5 && c.statistics.psth_bin == 5, "statistics");
  h9_network other = *n;
  h9_population pops[2] = {n->populations[0], n->populations[1]};
  other.populations = pops;
  ok(h9_config_match(&c, &other, "net.h9", &e) == H9_OK, "matches itself");
  pops[1].count = 26;
  ok(h9_config_match(&c, &other, "net.h9", &e) == H9_EDATA && strstr(e.text, "has 26 neurons"),
     "a count that differs: %s", e.text);
  h9_config_release(&c);

  wrong("unknown keys, nearest known", "populatoins: {}\nsimulation: {durration: 1 s}\n", H9_ECONFIG,
        "1:1: populatoins: unknown key of the configuration; did you mean 'populations'?\n2:14: durration: "
        "unknown key");
  wrong("all mistakes in one run",
        "populations:\n  a: {count: 10.5, model: iaf_psc_exq, params: {C_m: 1}}\n  b: {count: 5 mV, model: "
        "iaf_psc_exp,"
        " params: {C_m: -1 pF, tau_n: 2, V_m: -60 mV}, state: {V_m: 3 pA}}\n",
        H9_ECONFIG,
        "2:14: count: found 10.5, expected a whole number\n2:27: model: unknown model 'iaf_psc_exq'; did you "
        "mean 'iaf_psc_exp'?\n"
        "3:14: count: found '5 mV', which is in mV\n3:54: C_m: found -1 pF, expected more than 0\n"
        "3:61: tau_n: unknown value of model iaf_psc_exp; did you mean 'tau_m'?\n3:71: V_m: belongs under "
        "state\n"
        "3:98: V_m: found '3 pA', which is in pA");
  wrong("values that do not go together",
        "populations:\n  a: {count: 1, model: iaf_psc_exp, params: {V_th: -80 mV}}\n", H9_ECONFIG,
        "2:45: population a: V_reset is -70 mV, expected less than V_th");
  wrong("a parameter in a circle", "parameters: {a: b, b: a}\n", H9_ECONFIG, "1:17: a: depends on itself");
  wrong("a parameter named like a unit", "parameters: {ms: 1, exp: 2, '3x': 1}\n", H9_ECONFIG,
        "1:14: ms: is a unit\n1:21: exp: is a function\n1:29: 3x: expected a name");
  wrong("an unknown name in an expression",
        "parameters: {scale: 1}\npopulations: {a: {count: 10 * scael, model: iaf_psc_exp}}\n", H9_ECONFIG,
        "2:31: count: unknown name 'scael'; did you mean 'scale'?");
  wrong("connections",
        POPULATIONS
        "connections:\n  - {source: a, target: c, rule: fixed_indegree, number: 3}\n"
        "  - {source: a, target: b, rule: fixed_indegre, number: 3}\n  - {source: a, target: b, rule: "
        "radius, number: 3}\n"
        "  - {source: a, target: b, rule: pairwise_bernoulli, p: 1.5}\n  - {source: a, target: b, rule: "
        "one_to_one, weight: 3 pA}\n"
        "  - {source: a, target: b, rule: one_to_one, delay: 0 ms}\n  - {source: a, rule: one_to_one}\n"
        "  - {source: a, target: b, rule: all_to_all, kernel: {gausian: {sigma: 1}}}\n"
        "  - {source: a, target: b, rule: all_to_all, weight: {normal: {mean: 1}}}\n",
        H9_ECONFIG,
        "5:25: target: no population 'c'\n6:34: rule: unknown rule 'fixed_indegre'; did you mean "
        "'fixed_indegree'?\n"
        "7:50: number: is not a key of rule radius, which takes radius\n7:5: radius: is missing\n8:57: p: "
        "found 1.5, expected 0 to 1\n"
        "9:54: weight: found '3 pA', which is in pA, expected a number or a quantity in mV\n10:53: delay: "
        "found 0 ms, expected\n"
        "11:5: target: is missing\n12:55: kernel: unknown kernel 'gausian'; did you mean 'gaussian'?\n13:63: "
        "sd: is missing");
  wrong("stimuli",
        POPULATIONS
        "simulation:\n  stimuli:\n    - {type: poison, target: a}\n    - {type: dc, target: a, rate: 3}\n"
        "    - {type: poisson, target: a, rate: -1 Hz, weight: 1}\n    - {type: dc, target: a, amplitude: 1, "
        "start: 5, stop: 5}\n",
        H9_ECONFIG,
        "6:14: type: unknown stimulus 'poison'\n7:7: amplitude: is missing\n7:35: rate: is not a key of "
        "stimulus dc\n"
        "8:40: rate: found -1 Hz\n9:7: stop: is 5 ms, expected later than start");
  wrong("an empty file", "", H9_ECONFIG, " is empty");
  wrong("a list at the top", "- a\n", H9_ECONFIG, "1:1: the configuration: found a list");
  wrong("a key given twice", "simulation: {dt: 1}\nsimulation: {}\n", H9_ECONFIG,
        "2:1: simulation: given twice, first at line 1");
  wrong("an unknown anchor", "parameters: *p\n", H9_ECONFIG, "1:13: *p: no such anchor");
  wrong("a tab", "parameters:\n\ta: 1\n", H9_ECONFIG, "2:1: ");
  wrong("open brackets", "parameters: {a: 1\n", H9_ECONFIG, "2:1: ");
  wrong("a second document", "parameters: {}\n---\nparameters: {}\n", H9_ECONFIG,
        "2:1: found a second document");
  wrong("NaN", "parameters: {a: 0 / 0}\n", H9_ECONFIG, "1:17: a: is not a number");
  rc = read_text(&c, "parameters: {a: 1}\n", (const char *const[]){"b=2"}, 1, &e);
  ok(rc == H9_EUSAGE && strstr(e.text, "no parameter 'b'"), "--set of an unknown name: %s", e.text);
  rc = read_text(&c, "parameters: {a: 1}\n", (const char *const[]){"a=2 +"}, 1, &e);
  ok(rc == H9_EUSAGE && strstr(e.text, "--set a=2 +: "), "--set of nonsense: %s", e.text);
  rc = h9_config_read(&c, "/no/such/file.yaml", NULL, 0, &e);
  ok(rc == H9_ENOINPUT, "a missing file: %s", e.text);
  rc = h9_config_read(&c, "/tmp", NULL, 0, &e);
  ok(rc == H9_ENOINPUT, "a directory: %s", e.text);
  /* aliases are shared, so a billion laughs stays small */
  char laughs[4000] =
      "parameters: {a: 1}\nexperiment:\n  list:\n    l0: &l0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 30; i++) {
    char line[200];
    snprintf(line, sizeof line, "    l%d: &l%d [*l%d, *l%d, *l%d, *l%d]\n", i, i, i - 1, i - 1, i - 1, i - 1);
    strcat(laughs, line);
  }
  rc = read_text(&c, laughs, NULL, 0, &e);
  ok(rc == H9_ECONFIG && strstr(e.text, "list: found a map, expected a list"), "aliases of aliases are no list: %.100s", e.text);
  rc = h9_config_read(&c, "examples/microcircuit.yaml", NULL, 0, &e);
  if (ok(rc == H9_OK, "the microcircuit reads: %s", rc ? e.text : "")) {
    double total = 0;
    for (uint32_t i = 0; i < c.net.n_projections; i++) total += c.net.projections[i].number;
    ok(c.net.n_neurons == 77169 && total == 298880968, "%u neurons, %.0f synapses by the published formula",
       c.net.n_neurons, total);
    near(h9_expr_eval(&c.net.projections[0].weight.a, NULL), 87.8, 0.05,
         "weight of 0.15 mV in pA (Potjans & Diesmann 2014, table 5)");
    h9_config_release(&c);
  }
  unlink(path);
  return done();
}

#include "config_parts.h"
#include "record.h"
#include "tuning.h"

#include "../base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const h9_config_key file_keys[] = {{"parameters", NULL, false}, {"models", NULL, false},  {"populations", NULL, false},
                                          {"connections", NULL, false}, {"simulation", NULL, false},
                                          {"statistics", NULL, false},  {"experiment", NULL, false}};
static const h9_config_key simulation_keys[] = {{"dt", "ms", false},
                                                {"seed", "", false},
                                                {"duration", "ms", false},
                                                {"transient", "ms", false},
                                                {"record_spikes", NULL, false},
                                                {"precision", NULL, false},
                                                {"profile", NULL, false},
                                                {"record", NULL, false},
                                                {"stimuli", NULL, false}};
static const h9_config_key statistics_keys[] = {{"start", "ms", false},
                                                {"stop", "ms", false},
                                                {"bin", "ms", false},
                                                {"psth_bin", "ms", false},
                                                {"correlation_sample", "", false},
                                                {"min_spikes", "", false}};
/* Parameters: named expressions over each other, resolved in order of need. */
typedef struct parameter {
  const char *name, *text;
  const h9_node *node; /* where its value stands; NULL: given by --set */
  enum { UNSEEN, OPEN, RESOLVED, FAILED } state;
} parameter;

typedef struct parameters {
  h9_config_reader *r;
  parameter *p;
  size_t n;
  h9_error *set_error; /* the first mistake in a --set */
} parameters;

static const char *const reserved[] = {"distance", "dx",    "dy",   "dz",    "x",   "y",    "z",     "pi",
                                       "e",        "inf",   "if",   "else",  "exp", "log",  "log10", "sqrt",
                                       "abs",      "floor", "ceil", "round", "min", "max",  "pow",   "sin",
                                       "cos",      "tan",   "tanh", "atan2", "erf", "sign", "clip"};

/* NULL, or why the name cannot be a parameter's. */
static const char *bad_name(const char *name) {
  if (!isalpha((unsigned char)name[0]) && name[0] != '_') return "expected a name that begins with a letter";
  for (const char *s = name; *s; s++)
    if (!isalnum((unsigned char)*s) && *s != '_') return "expected a name of letters, digits and _";
  for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
    if (strcmp(reserved[i], name) == 0) return "is a function, constant or variable; choose another name";
  h9_unit u;
  size_t len;
  if (h9_unit_parse(name, &len, &u) && len == strlen(name)) return "is a unit; choose another name";
  return NULL;
}

static void parameter_mistake(parameters *ps, const parameter *p, size_t at, const char *text) {
  if (p->node) {
    h9_node place = *p->node;
    if (!strchr(p->text, '\n')) place.column += (uint32_t)at;
    h9_config_mistake(ps->r, &place, p->name, "%s", text);
  } else if (ps->set_error->code == H9_OK)
    h9_fail(ps->set_error, H9_EUSAGE, "--set %s=%s: %s", p->name, p->text, text);
}

static bool resolve(parameters *ps, parameter *p, int depth) {
  if (p->state == RESOLVED) return true;
  if (p->state == FAILED) return false;
  if (p->state == OPEN || depth > 500) {
    parameter_mistake(ps, p, 0, "depends on itself");
    p->state = FAILED;
    return false;
  }
  p->state = OPEN;
  for (const char *s = p->text; *s;) { /* what it names comes first */
    if (!isalpha((unsigned char)*s) && *s != '_') {
      s++;
      continue;
    }
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    for (size_t i = 0; i < ps->n; i++)
      if (strlen(ps->p[i].name) == n && strncmp(ps->p[i].name, s, n) == 0 &&
          !resolve(ps, &ps->p[i], depth + 1)) {
        p->state = FAILED;
        return false;
      }
    s += n;
  }
  h9_config_reader *r = ps->r;
  h9_expr x;
  h9_dim dim;
  size_t at;
  h9_error e = {0};
  if (p->state == FAILED) return false; /* found in a circle below */
  if (h9_expr_compile(&x, p->text, r->symbol, r->n_symbols, &dim, &at, &e) != H9_OK) {
    parameter_mistake(ps, p, at, e.text);
    p->state = FAILED;
    return false;
  }
  double v = h9_expr_eval(&x, NULL);
  h9_expr_release(&x);
  p->state = FAILED;
  if (isnan(v)) parameter_mistake(ps, p, 0, "is not a number (NaN)");
  else if (h9_grow(&r->symbol, &r->cap_symbols, r->n_symbols + 1, sizeof *r->symbol) != H9_OK)
    r->out_of_memory = true;
  else {
    r->symbol[r->n_symbols++] = (h9_symbol){p->name, {v, dim}, -1};
    p->state = RESOLVED;
  }
  return p->state == RESOLVED;
}

static int read_parameters(h9_config_reader *r, const h9_node *n, const char *const *set, size_t n_set,
                           h9_error *e) {
  char t[100], hint[300];
  h9_error set_error = {0};
  size_t count = n && n->type == H9_NODE_MAP ? n->n : 0;
  if (n && n->type != H9_NODE_MAP && !(n->type == H9_NODE_SCALAR && n->text[0] == 0))
    h9_config_mistake(r, n, "parameters", "found %s, expected a map of names and numbers",
                      h9_config_found(n, t, sizeof t));
  parameters ps = {.r = r, .p = calloc(count + 1, sizeof *ps.p), .set_error = &set_error};
  const char **names = calloc(count + 1, sizeof *names);
  if (!ps.p || !names) r->out_of_memory = true;
  for (size_t i = 0; i < count && !r->out_of_memory; i++) {
    const char *why = bad_name(n->key[i]->text);
    if (why) h9_config_mistake(r, n->key[i], n->key[i]->text, "%s", why);
    else if (n->item[i]->type != H9_NODE_SCALAR)
      h9_config_mistake(r, n->item[i], n->key[i]->text, "found %s, expected a number or expression",
                        h9_config_found(n->item[i], t, sizeof t));
    else {
      names[ps.n] = n->key[i]->text;
      ps.p[ps.n++] = (parameter){n->key[i]->text, n->item[i]->text, n->item[i], UNSEEN};
    }
  }
  for (size_t s = 0; s < n_set && set_error.code == H9_OK && !r->out_of_memory; s++) {
    const char *eq = strchr(set[s], '=');
    size_t len = eq ? (size_t)(eq - set[s]) : 0;
    parameter *p = NULL;
    for (size_t i = 0; i < ps.n; i++)
      if (len && strlen(ps.p[i].name) == len && strncmp(ps.p[i].name, set[s], len) == 0) p = &ps.p[i];
    if (p) {
      p->text = eq + 1;
      p->node = NULL;
      continue;
    }
    char name[100];
    snprintf(name, sizeof name, "%.*s", (int)(len < 90 ? len : 90), set[s]);
    h9_fail(&set_error, H9_EUSAGE, "--set %s: %s has no parameter '%s'%s", set[s], r->c->yaml.name,
                   name, h9_config_hint(name, names, ps.n, hint, sizeof hint));
  }
  for (size_t i = 0; i < ps.n && set_error.code == H9_OK; i++) (void)resolve(&ps, &ps.p[i], 0);
  free(ps.p);
  free(names);
  if (set_error.code != H9_OK) {
    *e = set_error;
    return e->code;
  }
  return H9_OK;
}

/* A list of texts, or one. */
static void read_record(h9_config_reader *r, const h9_node *n) {
  h9_simulation_config *s = &r->c->simulation;
  h9_record checked = {0};
  size_t many = n->type == H9_NODE_LIST ? n->n : 1;
  s->record = calloc(many + 1, sizeof *s->record);
  if (!s->record) r->out_of_memory = true;
  for (size_t i = 0; s->record && i < many; i++) {
    const h9_node *one = n->type == H9_NODE_LIST ? n->item[i] : n;
    const char *text = h9_config_text(r, one, "record");
    h9_error e = {0};
    if (!text) continue;
    if (h9_record_add(&checked, text, &r->c->net, &e) != H9_OK) h9_config_mistake(r, one, "record", "%s", e.text);
    else if (!(s->record[s->n_record] = h9_strdup(text))) r->out_of_memory = true;
    else s->n_record++;
  }
  h9_record_release(&checked);
}

void h9_config_read_simulation(h9_config_reader *r, const h9_node *n) {
  h9_config *c = r->c;
  if (!H9_CONFIG_KEYS(r, n, n, "simulation", simulation_keys) && n->type != H9_NODE_MAP) return;
  c->has_simulation = true;
  const h9_node *dt = h9_node_get(n, "dt"), *seed = h9_node_get(n, "seed");
  c->dt_given = dt && h9_config_number(r, dt, "dt", &h9_unit_ms, 1e-6, 1000, &c->net.dt);
  double s = 0;
  char *end = NULL;
  errno = 0; /* a plain whole number keeps all its 64 bits; anything else is an expression */
  unsigned long long plain = seed && seed->type == H9_NODE_SCALAR && isdigit((unsigned char)seed->text[0])
                                 ? strtoull(seed->text, &end, 0)
                                 : 0;
  if (end && !*end && !errno) {
    c->net.seed = plain;
    c->seed_given = true;
  } else if (seed && h9_config_whole(r, seed, "seed", 0, 0x1p53, &s)) {
    c->net.seed = (uint64_t)s;
    c->seed_given = true;
  }
  (void)h9_config_number(r, h9_node_get(n, "duration"), "duration", &h9_unit_ms, 0, 1e15,
                         &c->simulation.duration);
  (void)h9_config_number(r, h9_node_get(n, "transient"), "transient", &h9_unit_ms, 0, 1e15,
                         &c->simulation.transient);
  const h9_node *precision = h9_node_get(n, "precision");
  const char *word = precision ? h9_config_text(r, precision, "precision") : NULL;
  if (word && strcmp(word, "double") != 0 && strcmp(word, "single") != 0)
    h9_config_mistake(r, precision, "precision", "found '%s', expected single or double", word);
  c->simulation.precision_double = word && strcmp(word, "double") == 0;
  const h9_node *profile = h9_node_get(n, "profile");
  word = profile ? h9_config_text(r, profile, "profile") : NULL;
  int named = word ? h9_profile_named(word) : H9_PROFILE_AUTO;
  if (named < 0)
    h9_config_mistake(r, profile, "profile", "found '%s', expected auto, small, medium, large or massive", word);
  else c->simulation.profile = named;
  (void)h9_config_bool(r, h9_node_get(n, "record_spikes"), "record_spikes", &c->simulation.record_spikes);
}

void h9_config_read_statistics(h9_config_reader *r, const h9_node *n) {
  h9_statistics_config *s = &r->c->statistics;
  if (!H9_CONFIG_KEYS(r, n, n, "statistics", statistics_keys) && n->type != H9_NODE_MAP) return;
  double sample = s->correlation_sample, spikes = s->min_spikes;
  (void)h9_config_number(r, h9_node_get(n, "start"), "start", &h9_unit_ms, 0, DBL_MAX, &s->start);
  (void)h9_config_number(r, h9_node_get(n, "stop"), "stop", &h9_unit_ms, 0, DBL_MAX, &s->stop);
  (void)h9_config_number(r, h9_node_get(n, "bin"), "bin", &h9_unit_ms, DBL_MIN, DBL_MAX, &s->bin);
  (void)h9_config_number(r, h9_node_get(n, "psth_bin"), "psth_bin", &h9_unit_ms, DBL_MIN, DBL_MAX,
                         &s->psth_bin);
  (void)h9_config_whole(r, h9_node_get(n, "correlation_sample"), "correlation_sample", 2, 2000, &sample);
  (void)h9_config_whole(r, h9_node_get(n, "min_spikes"), "min_spikes", 3, 1e9, &spikes);
  s->correlation_sample = (uint32_t)sample;
  s->min_spikes = (uint32_t)spikes;
}

void h9_config_init(h9_config *c) {
  *c = (h9_config){
      .net = {.dt = 0.1, .seed = 1},
      .simulation = {.duration = NAN, .record_spikes = true},
      .statistics = {
          .start = NAN, .stop = NAN, .bin = 2, .psth_bin = 5, .correlation_sample = 250, .min_spikes = 10}};
}

static int by_place(const void *a, const void *b) {
  const struct h9_config_mistake *x = a, *y = b;
  if (x->line != y->line) return x->line < y->line ? -1 : 1;
  return (x->column > y->column) - (x->column < y->column);
}

enum { MISTAKES_SHOWN = 50 };

/* All mistakes as one error text, in order of place, each only once (a list of targets repeats them). */
static int report(h9_config_reader *r, h9_error *e) {
  qsort(r->mistake, r->n_mistakes, sizeof *r->mistake, by_place);
  char *text = malloc(sizeof e->text);
  if (!text) return h9_fail_memory(e, sizeof e->text, "messages");
  size_t len = 0, shown = 0, left = 0;
  text[0] = 0;
  for (size_t i = 0; i < r->n_mistakes; i++) {
    struct h9_config_mistake *m = &r->mistake[i];
    if (i && m->line == m[-1].line && m->column == m[-1].column && strcmp(m->text, m[-1].text) == 0) continue;
    size_t need = strlen(r->c->yaml.name) + strlen(m->text) + 32;
    if (shown == MISTAKES_SHOWN || len + need + 40 > sizeof e->text) {
      left++;
      continue;
    }
    len += (size_t)snprintf(text + len, sizeof e->text - len, "%s%s:%u:%u: %s", shown ? "\n" : "",
                            r->c->yaml.name, m->line, m->column, m->text);
    shown++;
  }
  if (left) snprintf(text + len, sizeof e->text - len, "\n... and %zu more", left);
  h9_fail(e, H9_ECONFIG, "%s", text);
  free(text);
  return H9_ECONFIG;
}

static void set_domain(h9_config *c) {
  bool any = false;
  for (uint32_t i = 0; i < c->net.n_populations; i++) {
    const h9_layout *l = &c->populations[i].layout;
    double lo[3], hi[3];
    if (l->type == H9_LAYOUT_NONE || l->type == H9_LAYOUT_FILE) continue;
    h9_layout_bounds(l, lo, hi);
    if (l->dimensions > c->net.dimensions) c->net.dimensions = l->dimensions;
    for (int k = 0; k < 3; k++) {
      if (!any || lo[k] < c->net.lo[k]) c->net.lo[k] = lo[k];
      if (!any || hi[k] > c->net.hi[k]) c->net.hi[k] = hi[k];
    }
    any = true;
  }
}

int h9_config_read(h9_config *c, const char *path, const char *const *set, size_t n_set, h9_error *e) {
  h9_config_init(c);
  int rc = h9_yaml_read(&c->yaml, path, e);
  if (rc) return rc;
  c->simulation.file = c->yaml.name;
  h9_config_reader r = {.c = c};
  const h9_node *root = c->yaml.root, *n;
  if (!root)
    rc = h9_fail(e, H9_ECONFIG, "%s: is empty, expected sections such as populations and connections", path);
  else if (H9_CONFIG_KEYS(&r, root, root, "the configuration", file_keys) || root->type == H9_NODE_MAP) {
    rc = read_parameters(&r, h9_node_get(root, "parameters"), set, n_set, e);
    if (rc == H9_OK) {
      if ((n = h9_node_get(root, "models"))) h9_config_read_models(&r, n);
      if ((n = h9_node_get(root, "simulation"))) h9_config_read_simulation(&r, n);
      if ((n = h9_node_get(root, "populations"))) h9_config_read_populations(&r, n);
      if ((n = h9_node_get(root, "connections"))) h9_config_read_connections(&r, n);
      if ((n = h9_node_get(h9_node_get(root, "simulation"), "stimuli"))) h9_config_read_stimuli(&r, n);
      if ((n = h9_node_get(h9_node_get(root, "simulation"), "record"))) read_record(&r, n);
      if ((n = h9_node_get(root, "statistics"))) h9_config_read_statistics(&r, n);
      if ((n = h9_node_get(root, "experiment"))) h9_config_read_experiment(&r, n);
      set_domain(c);
    }
  }
  if (rc == H9_OK && r.out_of_memory) rc = h9_fail_memory(e, 0, "the configuration");
  if (rc == H9_OK && r.n_mistakes) rc = report(&r, e);
  for (size_t i = 0; i < r.n_mistakes; i++) free(r.mistake[i].text);
  free(r.mistake);
  free(r.symbol);
  if (rc) h9_config_release(c);
  return rc;
}

void h9_config_release(h9_config *c) {
  for (uint32_t i = 0; c->populations && i < c->net.n_populations; i++) {
    h9_population_config *p = &c->populations[i];
    for (uint32_t k = 0; k < p->n_values; k++) {
      free(p->value_name[k]);
      h9_dist_release(&p->value[k]);
    }
    free(p->value_name);
    free(p->value);
    free(p->layout.file);
  }
  free(c->populations);
  for (uint32_t i = 0; i < c->simulation.n_stimuli; i++) h9_stimulus_release(&c->simulation.stimuli[i]);
  free(c->simulation.stimuli);
  for (uint32_t i = 0; i < c->simulation.n_record; i++) free(c->simulation.record[i]);
  free(c->simulation.record);
  h9_experiment_release(c->experiment);
  h9_network_release(&c->net);
  h9_yaml_release(&c->yaml);
  h9_config_init(c);
}

int h9_config_match(const h9_config *c, const h9_network *stream, const char *stream_name, h9_error *e) {
  if (!c->has_populations) return H9_OK;
  const char *file = c->yaml.name;
  if (c->net.n_populations != stream->n_populations)
    return h9_fail(e, H9_EDATA, "%s: has %u populations, %s describes %u; are they of one network?",
                   stream_name, stream->n_populations, file, c->net.n_populations);
  for (uint32_t i = 0; i < c->net.n_populations; i++) {
    const h9_population *a = &c->net.populations[i], *b = &stream->populations[i];
    if (strcmp(a->name, b->name) != 0)
      return h9_fail(e, H9_EDATA, "%s: population %u is '%s', in %s it is '%s'", stream_name, i + 1, b->name,
                     file, a->name);
    if (strcmp(a->model, b->model) != 0)
      return h9_fail(e, H9_EDATA, "%s: population %s is of model %s, in %s of %s", stream_name, b->name,
                     b->model, file, a->model);
    if (a->count != b->count)
      return h9_fail(e, H9_EDATA,
                     "%s: population %s has %u neurons, in %s %u; were --set and the file the same?",
                     stream_name, b->name, b->count, file, a->count);
  }
  return H9_OK;
}

int h9_config_check(const h9_options *o, h9_error *e) {
  h9_config c;
  if (!o->config) return H9_OK;
  int rc = h9_config_read(&c, o->config, o->set, o->n_set, e);
  if (rc == H9_OK) h9_config_release(&c);
  return rc;
}

/* simulation.stimuli: what each type takes, and which neurons it goes to. */
#include "config_parts.h"
#include "select.h"

#include "../base/memory.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const h9_config_key stimulus_keys[] = {
    {"type", NULL, true},       {"target", NULL, false}, {"rate", "Hz", false}, {"weight", "", false},
    {"amplitude", "pA", false}, {"start", "ms", false},  {"stop", "ms", false}, {"times", "ms", false},
    {"rates", "Hz", false},     {"weights", "", false},  {"file", NULL, false}, {"amplitudes", "pA", false},
    {"offset", "pA", false},    {"mean", "pA", false},   {"std", "pA", false},  {"frequency", "Hz", false},
    {"phase", "", false},       {"every", "ms", false}};

/* Keys of a type beside type, target, start and stop; those it needs first. */
static const struct form {
  const char *name, *needs[3], *takes[6];
} forms[H9_STIMULI] = {
    [H9_STIMULUS_POISSON] = {"poisson", {"weight"}, {"rate", "times", "rates"}},
    [H9_STIMULUS_DC] = {"dc", {"amplitude"}, {0}},
    [H9_STIMULUS_SINUSOIDAL_POISSON] = {"sinusoidal_poisson",
                                        {"rate", "weight", "frequency"},
                                        {"amplitude", "phase"}},
    [H9_STIMULUS_SPIKES] = {"spikes", {0}, {"times", "weight", "weights", "file"}},
    [H9_STIMULUS_AC] = {"ac", {"amplitude", "frequency"}, {"offset", "phase"}},
    [H9_STIMULUS_STEP_CURRENT] = {"step_current", {"times", "amplitudes"}, {0}},
    [H9_STIMULUS_NOISE] = {"noise", {"std"}, {"mean", "every"}},
};

void h9_stimulus_release(h9_stimulus *s) {
  for (int k = 0; k < H9_STIMULUS_VALUES; k++) {
    if (s->drawn[k]) h9_dist_release(s->drawn[k]);
    free(s->drawn[k]);
  }
  free(s->times);
  free(s->values);
  free(s->file);
  free(s->targets);
  *s = (h9_stimulus){0};
}

static bool in_form(const struct form *f, const char *key) {
  static const char *const all[] = {"type", "target", "start", "stop"};
  for (int i = 0; i < 4; i++)
    if (strcmp(all[i], key) == 0) return true;
  for (int i = 0; i < 3 && f->needs[i]; i++)
    if (strcmp(f->needs[i], key) == 0) return true;
  for (int i = 0; i < 6 && f->takes[i]; i++)
    if (strcmp(f->takes[i], key) == 0) return true;
  return false;
}

/* The type of an entry whose keys are those of the type; -1: noted. */
static int read_type(h9_config_reader *r, const h9_node *n) {
  char t[100], hint[300];
  const char *names[H9_STIMULI];
  const h9_node *type = h9_node_get(n, "type");
  const char *name = h9_config_text(r, type, "type");
  if (!name) return -1;
  int found = -1;
  for (int i = 0; i < H9_STIMULI; i++) {
    names[i] = forms[i].name;
    if (strcmp(name, names[i]) == 0) found = i;
  }
  if (found < 0) {
    h9_config_mistake(r, type, "type",
                      "unknown stimulus %s%s (known: poisson, dc, sinusoidal_poisson, spikes, ac, "
                      "step_current, noise)",
                      h9_config_found(type, t, sizeof t),
                      h9_config_hint(name, names, H9_STIMULI, hint, sizeof hint));
    return -1;
  }
  const struct form *f = &forms[found];
  bool good = true;
  for (int i = 0; i < 3 && f->needs[i]; i++)
    if (!h9_node_get(n, f->needs[i]))
      h9_config_mistake(r, n, f->needs[i], "is missing, stimulus %s needs it", name), good = false;
  for (size_t i = 0; i < n->n; i++)
    if (!in_form(f, n->key[i]->text))
      h9_config_mistake(r, n->item[i], n->key[i]->text, "is not a key of stimulus %s", name), good = false;
  return good ? found : -1;
}

/* A list of numbers, or one; *n tells how many. */
static bool read_list(h9_config_reader *r, const h9_node *n, const char *key, const h9_unit *unit, double low,
                      double **v, size_t *many) {
  bool list = n->type == H9_NODE_LIST, good = true;
  *many = list ? n->n : 1;
  *v = calloc(*many + 1, sizeof **v);
  if (!*v) {
    r->out_of_memory = true;
    return false;
  }
  if (*many == 0) h9_config_mistake(r, n, key, "found an empty list, expected numbers"), good = false;
  for (size_t i = 0; i < *many && r->n_mistakes < 200; i++)
    good = h9_config_number(r, list ? n->item[i] : n, key, unit, low, DBL_MAX, &(*v)[i]) && good;
  return good;
}

/* `times`, ascending (spikes: not descending), and beside it the list `key`, where there is one, as long. */
static bool read_times(h9_config_reader *r, const h9_node *n, const char *key, const h9_unit *unit,
                       double low, h9_stimulus *s) {
  const h9_node *times = h9_node_get(n, "times"), *values = h9_node_get(n, key);
  bool ties = s->type == H9_STIMULUS_SPIKES;
  if (!times) return true;
  bool good = read_list(r, times, "times", &h9_unit_ms, 0, &s->times, &s->n_times);
  for (size_t i = 1; i < s->n_times && good; i++)
    if (!(ties ? s->times[i] >= s->times[i - 1] : s->times[i] > s->times[i - 1])) {
      h9_config_mistake(r, times->type == H9_NODE_LIST ? times->item[i] : times, "times",
                        "found %.9g ms after %.9g ms, expected ascending times", s->times[i],
                        s->times[i - 1]);
      good = false;
    }
  size_t many = s->n_times;
  if (values) good = read_list(r, values, key, unit, low, &s->values, &many) && good;
  if (values && many != s->n_times) {
    h9_config_mistake(r, values, key, "found %zu numbers for %zu times", many, s->n_times);
    good = false;
  }
  return good;
}

/* A constant, which goes to *constant, or what is drawn for every neuron. */
static bool read_value(h9_config_reader *r, const h9_node *n, const char *key, const h9_unit *unit,
                       double low, double high, double *constant, h9_dist **drawn) {
  const h9_node *at = h9_node_get(n, key);
  h9_dist d;
  if (!at) return true;
  if (!h9_config_dist(r, at, key, unit, H9_PLACE_POINT, &d)) return false;
  if (h9_dist_is_constant(&d) && at->type != H9_NODE_MAP) {
    h9_dist_release(&d);
    return h9_config_number(r, at, key, unit, low, high, constant);
  }
  *drawn = malloc(sizeof **drawn);
  if (*drawn) {
    **drawn = d;
    return true;
  }
  h9_dist_release(&d);
  r->out_of_memory = true;
  return false;
}

static bool missing(h9_config_reader *r, const h9_node *n, const char *key, const char *why) {
  h9_config_mistake(r, n, key, "is missing, %s", why);
  return false;
}

/* What only one of two ways to say it may have. */
static bool read_choices(h9_config_reader *r, const h9_node *n, int type) {
  const h9_node *times = h9_node_get(n, "times"), *rates = h9_node_get(n, "rates");
  const h9_node *file = h9_node_get(n, "file"), *weights = h9_node_get(n, "weights");
  if (type == H9_STIMULUS_POISSON) {
    if (!h9_node_get(n, "rate") == !times)
      return missing(r, n, "rate", "stimulus poisson needs it, or times and rates, and not both"), false;
    if (!times != !rates) return missing(r, n, times ? "rates" : "times", "times and rates belong together");
  }
  if (type != H9_STIMULUS_SPIKES) return true;
  if (!file == !times) return missing(r, n, "times", "stimulus spikes needs it, or file, and not both");
  if (file && weights) {
    h9_config_mistake(r, weights, "weights", "belongs to times, found it beside file");
    return false;
  }
  if (!file && !h9_node_get(n, "weight") == !weights)
    return missing(r, n, "weight", "stimulus spikes needs it, or weights, and not both");
  return true;
}

static bool read_numbers(h9_config_reader *r, const h9_node *n, const h9_model *m, h9_stimulus *s) {
  h9_unit weight = m ? h9_model_unit(m->weight) : (h9_unit){"", {0}, 1};
  bool hertz = s->type == H9_STIMULUS_SINUSOIDAL_POISSON;
  const h9_unit *amplitude = hertz ? &h9_unit_hz : &h9_unit_pa;
  double *c[H9_STIMULUS_VALUES] = {&s->rate, &s->weight, &s->amplitude, &s->offset, &s->mean, &s->std};
  const struct {
    const char *key;
    const h9_unit *unit;
    double low, high;
  } values[H9_STIMULUS_VALUES] = {{"rate", &h9_unit_hz, 0, 1e12},
                                  {"weight", &weight, -DBL_MAX, DBL_MAX},
                                  {"amplitude", amplitude, -DBL_MAX, DBL_MAX},
                                  {"offset", &h9_unit_pa, -DBL_MAX, DBL_MAX},
                                  {"mean", &h9_unit_pa, -DBL_MAX, DBL_MAX},
                                  {"std", &h9_unit_pa, 0, DBL_MAX}};
  bool good = true;
  for (int k = 0; k < H9_STIMULUS_VALUES; k++)
    good =
        read_value(r, n, values[k].key, values[k].unit, values[k].low, values[k].high, c[k], &s->drawn[k]) &&
        good;
  good = h9_config_number(r, h9_node_get(n, "frequency"), "frequency", &h9_unit_hz, 0, 1e9, &s->frequency) &&
         good;
  good = h9_config_number(r, h9_node_get(n, "phase"), "phase", &h9_unit_one, -1e6, 1e6, &s->phase) && good;
  s->interval = 1;
  good =
      h9_config_number(r, h9_node_get(n, "every"), "every", &h9_unit_ms, DBL_MIN, 1e9, &s->interval) && good;
  if (s->type == H9_STIMULUS_POISSON) good = read_times(r, n, "rates", &h9_unit_hz, 0, s) && good;
  if (s->type == H9_STIMULUS_STEP_CURRENT)
    good = read_times(r, n, "amplitudes", &h9_unit_pa, -DBL_MAX, s) && good;
  if (s->type == H9_STIMULUS_SPIKES) good = read_times(r, n, "weights", &weight, -DBL_MAX, s) && good;
  good = h9_config_number(r, h9_node_get(n, "start"), "start", &h9_unit_ms, 0, DBL_MAX, &s->start) && good;
  good = h9_config_number(r, h9_node_get(n, "stop"), "stop", &h9_unit_ms, 0, INFINITY, &s->stop) && good;
  if (good && !(s->start < s->stop)) {
    h9_config_mistake(r, n, "stop", "is %.9g ms, expected later than start (%.9g ms)", s->stop, s->start);
    good = false;
  }
  return good;
}

/* Who is meant: a population and which of its neurons. */
typedef struct chosen {
  uint32_t population, first, last, every; /* every 0: all */
} chosen;

typedef struct target_list {
  chosen *t;
  size_t n, cap;
} target_list;

static bool add_target(h9_config_reader *r, target_list *l, chosen t) {
  if (h9_grow(&l->t, &l->cap, l->n + 1, sizeof *l->t) != H9_OK) {
    r->out_of_memory = true;
    return false;
  }
  l->t[l->n++] = t;
  return true;
}

static void read_target(h9_config_reader *r, const h9_node *n, target_list *l) {
  const h9_network *net = &r->c->net;
  const char *name = h9_config_text(r, n, "target"), *open;
  if (!name) return;
  int p = h9_network_find(net, name);
  size_t len = strlen(name);
  if (p >= 0 || len < 2 || name[len - 1] != ']' || !(open = strrchr(name, '['))) {
    h9_node *one = (h9_node *)(uintptr_t)n;
    uint32_t *index = calloc(net->n_populations + 1, sizeof *index);
    uint32_t many = index ? h9_config_populations(r, one, "target", index) : 0;
    if (!index) r->out_of_memory = true;
    for (uint32_t i = 0; i < many; i++) {
      uint32_t count = net->populations[index[i]].count;
      if (!add_target(r, l, (chosen){index[i], 0, count ? count - 1 : 0, 0})) break;
    }
    free(index);
    return;
  }
  char base[H9_NAME_MAX + 1];
  snprintf(base, sizeof base, "%.*s", (int)(open - name), name);
  h9_node part = {.type = H9_NODE_SCALAR, .line = n->line, .column = n->column, .text = base};
  target_list whole = {0};
  read_target(r, &part, &whole);
  for (size_t i = 0; i < whole.n; i++) {
    chosen t = whole.t[i];
    uint32_t count = net->populations[t.population].count;
    if (count == 0) continue; /* noted where it stands */
    if (h9_range_parse(open, count, &t.first, &t.last, &t.every)) (void)add_target(r, l, t);
    else
      h9_config_mistake(
          r, n, "target",
          "found '%.80s', expected neurons of %.80s such as [5], [1:100] or [1:100:3], from 1 to %u", name,
          net->populations[t.population].name, count);
  }
  free(whole.t);
}

static void read_targets(h9_config_reader *r, const h9_node *n, target_list *l) {
  char t[100];
  if (n->type == H9_NODE_SCALAR) {
    read_target(r, n, l);
    return;
  }
  if (n->type == H9_NODE_MAP || n->n == 0) {
    h9_config_mistake(r, n, "target", "found %s, expected a population or a list of them",
                      n->type == H9_NODE_MAP ? h9_config_found(n, t, sizeof t) : "an empty list");
    return;
  }
  for (size_t i = 0; i < n->n; i++) {
    size_t before = l->n;
    read_target(r, n->item[i], l);
    for (size_t k = before; k < l->n; k++)
      for (size_t j = 0; j < before; j++)
        if (l->t[j].population == l->t[k].population && (l->t[j].every == 0 || l->t[k].every == 0)) {
          h9_config_mistake(r, n->item[i], "target", "population '%.80s' is listed twice",
                            r->c->net.populations[l->t[k].population].name);
          l->n = before;
          return;
        }
  }
}

static bool keep(h9_config_reader *r, h9_stimulus *s) {
  h9_simulation_config *c = &r->c->simulation;
  h9_stimulus *grown = realloc(c->stimuli, (c->n_stimuli + 1) * sizeof *grown);
  if (!grown) {
    h9_stimulus_release(s);
    r->out_of_memory = true;
    return false;
  }
  c->stimuli = grown;
  grown[c->n_stimuli++] = *s;
  return true;
}

/* Spikes of a file say themselves where they go: one stimulus for all targets. */
static void read_file(h9_config_reader *r, const h9_node *n, const target_list *l) {
  h9_stimulus s = {
      .type = H9_STIMULUS_SPIKES, .stop = INFINITY, .weight = NAN, .line = n->line, .column = n->column};
  const h9_node *file = h9_node_get(n, "file");
  uint32_t populations = r->c->net.n_populations;
  const h9_model *m = NULL;
  bool good = true;
  for (size_t i = 0; i < l->n; i++) {
    const char *model = r->c->net.populations[l->t[i].population].model;
    const h9_model *other = model ? h9_model_find(model) : NULL;
    if (l->t[i].every) {
      h9_config_mistake(r, h9_node_get(n, "target"), "target",
                        "found chosen neurons, expected whole populations: the file says which neurons");
      good = false;
    }
    if (m && other && !m->counts && !other->counts && strcmp(m->weight, other->weight) != 0 &&
        h9_node_get(n, "weight")) {
      h9_config_mistake(r, h9_node_get(n, "weight"), "weight",
                        "is in %s for some targets and in %s for others, expected targets of one unit",
                        m->weight, other->weight);
      good = false;
    }
    if (other && (!other->counts || !m)) m = other;
  }
  if (file->type != H9_NODE_SCALAR || !file->text[0]) {
    h9_config_mistake(r, file, "file", "expected the name of a file of spikes");
    good = false;
  }
  good = read_numbers(r, n, m, &s) && good;
  if (s.drawn[H9_STIMULUS_WEIGHT]) {
    h9_config_mistake(r, h9_node_get(n, "weight"), "weight", "expected a constant beside file");
    good = false;
  }
  s.targets = calloc(populations + 1, sizeof *s.targets);
  s.file = h9_strdup(file->type == H9_NODE_SCALAR ? file->text : "");
  if (!s.targets || !s.file) r->out_of_memory = true;
  else
    for (size_t i = 0; i < l->n; i++) s.targets[l->t[i].population] = true;
  if (good && !r->out_of_memory) (void)keep(r, &s);
  else h9_stimulus_release(&s);
}

static void read_stimulus(h9_config_reader *r, const h9_node *n, int type, const target_list *l) {
  const h9_network *net = &r->c->net;
  for (size_t k = 0; k < l->n && !r->out_of_memory; k++) {
    const chosen *t = &l->t[k];
    const char *model = net->populations[t->population].model;
    const h9_model *m = model ? h9_model_find(model) : NULL;
    if (!m) continue;
    h9_stimulus s = {.type = (enum h9_stimulus_type)type,
                     .target = t->population,
                     .first = t->first,
                     .last = t->last,
                     .every = t->every,
                     .stop = INFINITY,
                     .line = n->line,
                     .column = n->column};
    if (read_numbers(r, n, m, &s)) (void)keep(r, &s);
    else h9_stimulus_release(&s);
  }
}

void h9_config_read_stimuli(h9_config_reader *r, const h9_node *n) {
  char t[100];
  if (n->type != H9_NODE_LIST) {
    h9_config_mistake(r, n, "stimuli", "found %s, expected a list of maps", h9_config_found(n, t, sizeof t));
    return;
  }
  for (size_t i = 0; i < n->n && !r->out_of_memory; i++) {
    const h9_node *entry = n->item[i],
                  *target = entry->type == H9_NODE_MAP ? h9_node_get(entry, "target") : NULL;
    target_list l = {0};
    if (!H9_CONFIG_KEYS(r, entry, n, "stimuli", stimulus_keys)) continue;
    int type = read_type(r, entry);
    if (type < 0 || !read_choices(r, entry, type)) continue;
    const h9_node *file = type == H9_STIMULUS_SPIKES ? h9_node_get(entry, "file") : NULL;
    if (target) read_targets(r, target, &l);
    else if (file)
      for (uint32_t p = 0; p < r->c->net.n_populations; p++) (void)add_target(r, &l, (chosen){p, 0, 0, 0});
    else h9_config_mistake(r, entry, "target", "is missing, stimuli needs it");
    if (file && l.n) read_file(r, entry, &l);
    else read_stimulus(r, entry, type, &l);
    free(l.t);
  }
}

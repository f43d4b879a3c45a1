/* The section `experiment`. */
#include "config_parts.h"
#include "experiment.h"

#include "../base/memory.h"
#include "../base/mathfn.h"
#include "../base/rng.h"
#include "../base/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const h9_config_key experiment_keys[] = {
    {"name", NULL, false},    {"pipelines", NULL, false}, {"grid", NULL, false},   {"list", NULL, false},
    {"sample", NULL, false},  {"repeats", "", false},     {"seed", "", false},     {"outputs", NULL, false},
    {"inputs", NULL, false},  {"summary", NULL, false},   {"plots", NULL, false},  {"memory", "", false}};
static const h9_config_key range_keys[] = {
    {"from", "", true}, {"to", "", true}, {"steps", "", false}, {"log", NULL, false}, {"unit", NULL, false}};
static const h9_config_key plot_keys[] = {
    {"file", NULL, true}, {"kind", NULL, false}, {"x", NULL, true}, {"y", NULL, false}, {"value", NULL, true}};

enum { MOST_POINTS = 1000000, MOST_STAGES = 32 };

static const char default_simulate[] =
    "hal9-gen {c} | hal9-index {c} --defer | hal9-step {c} --no-metrics -o spikes.h9";
static const char default_statistics[] = "hal9-stats {c} --json spikes.h9 > statistics.json";

static char *copy(h9_config_reader *r, const char *text) {
  char *s = text ? h9_strdup(text) : NULL;
  if (text && !s) r->out_of_memory = true;
  return s;
}

/* A name of a file in a run's folder, or NULL (noted). */
static const char *file_name(h9_config_reader *r, const h9_node *n, const char *key) {
  const char *t = h9_config_text(r, n, key);
  if (!t) return NULL;
  if (*t && t[0] != '.' && strlen(t) < 200 &&
      strspn(t, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-=") == strlen(t))
    return t;
  h9_config_mistake(r, n, key, "found '%s', expected a name of letters, digits and . _ + - = that does not begin with a dot", t);
  return NULL;
}

static void *room(h9_config_reader *r, size_t n, size_t size) {
  void *p = calloc(n + 1, size);
  if (!p) r->out_of_memory = true;
  return p;
}

/* A list of texts, or one. */
static char **texts(h9_config_reader *r, const h9_node *n, const char *key, bool names, size_t *count) {
  *count = 0;
  if (!n) return NULL;
  size_t many = n->type == H9_NODE_LIST ? n->n : 1;
  char **list = room(r, many, sizeof *list);
  for (size_t i = 0; list && i < many; i++) {
    const h9_node *one = n->type == H9_NODE_LIST ? n->item[i] : n;
    const char *t = names ? file_name(r, one, key) : h9_config_text(r, one, key);
    if (t) list[(*count)++] = copy(r, t);
  }
  return list;
}

static void add_stage(h9_config_reader *r, h9_experiment *x, const char *name, const char *command) {
  x->stage[x->n_stages++] = (h9_pipeline){copy(r, name), copy(r, command), strstr(command, "hal9-stats") != NULL};
}

static void read_stages(h9_config_reader *r, h9_experiment *x, const h9_node *n) {
  size_t many = n && n->type == H9_NODE_MAP ? n->n : 1;
  char t[100];
  if (!(x->stage = room(r, many + 1, sizeof *x->stage))) return;
  if (n && n->type == H9_NODE_LIST) {
    h9_config_mistake(r, n, "pipelines", "found %s, expected a command line or a map of names and command lines",
                      h9_config_found(n, t, sizeof t));
    return;
  }
  if (many > MOST_STAGES) {
    h9_config_mistake(r, n, "pipelines", "found %zu, expected at most %d", many, MOST_STAGES);
    return;
  }
  if (!n) add_stage(r, x, "simulate", default_simulate);
  else if (n->type == H9_NODE_SCALAR) {
    const char *command = h9_config_text(r, n, "pipelines");
    if (command) add_stage(r, x, "simulate", command);
  }
  bool own = false;
  for (size_t i = 0; n && n->type == H9_NODE_MAP && i < n->n; i++) {
    const char *name = file_name(r, n->key[i], "pipelines"), *command = h9_config_text(r, n->item[i], n->key[i]->text);
    if (!name || !command) continue;
    own |= strcmp(name, "statistics") == 0;
    add_stage(r, x, name, command);
  }
  bool spikes = false; /* hal9-step's stream under its usual name: statistics follow by themselves */
  for (size_t i = 0; i < x->n_stages; i++)
    spikes |= x->stage[i].command && strstr(x->stage[i].command, "spikes.h9") != NULL;
  if (!own && spikes) add_stage(r, x, "statistics", default_statistics);
}

/* Whether a name is a parameter of the file, or stands as {name} in a command; else a mistake. */
static bool known_parameter(h9_config_reader *r, const h9_experiment *x, const h9_node *at, bool *configured) {
  const char *name = at->text;
  const h9_node *parameters = h9_node_get(r->c->yaml.root, "parameters");
  char hint[300], braces[300];
  if ((*configured = h9_node_get(parameters, name) != NULL)) return true;
  snprintf(braces, sizeof braces, "{%s}", name);
  for (size_t i = 0; i < x->n_stages; i++)
    if (x->stage[i].command && strstr(x->stage[i].command, braces)) {
      for (const char *const *w = (const char *const[]){"c", "seed", "repeat", "run", NULL}; *w; w++)
        if (strcmp(*w, name) == 0) {
          h9_config_mistake(r, at, name, "{%s} stands for something else in commands, expected another name", name);
          return false;
        }
      return true;
    }
  const char **names = calloc((parameters ? parameters->n : 0) + 1, sizeof *names);
  size_t n = 0;
  for (size_t i = 0; names && parameters && parameters->type == H9_NODE_MAP && i < parameters->n; i++)
    names[n++] = parameters->key[i]->text;
  h9_config_mistake(r, at, name, "expected a name of the section parameters, or one that a pipeline uses as %s%s", braces,
                    names ? h9_config_hint(name, names, n, hint, sizeof hint) : "");
  free(names);
  return false;
}

typedef struct axis {
  size_t n;
  char **value;
} axis;

static char *number_text(h9_config_reader *r, double v, const char *unit) {
  char t[100];
  snprintf(t, sizeof t, "%.12g%s%s", v, unit ? " " : "", unit ? unit : "");
  return copy(r, t);
}

typedef struct range {
  double from, to, steps;
  bool log;
  const char *unit;
} range;

static bool read_range(h9_config_reader *r, const h9_node *n, const char *name, bool steps, range *g) {
  *g = (range){.steps = 0};
  if (!H9_CONFIG_KEYS(r, n, n, name, range_keys)) return false;
  const h9_node *count = h9_node_get(n, "steps"), *unit = h9_node_get(n, "unit"), *log = h9_node_get(n, "log");
  if (steps != (count != NULL)) {
    h9_config_mistake(r, n, name, steps ? "steps is missing, expected how many values from `from` to `to`"
                                        : "found steps, expected from and to alone: `n` values are drawn");
    return false;
  }
  bool ok = h9_config_number(r, h9_node_get(n, "from"), "from", &h9_unit_one, -DBL_MAX, DBL_MAX, &g->from);
  ok &= h9_config_number(r, h9_node_get(n, "to"), "to", &h9_unit_one, -DBL_MAX, DBL_MAX, &g->to);
  if (count) ok &= h9_config_whole(r, count, "steps", 1, MOST_POINTS, &g->steps);
  if (log) ok &= h9_config_bool(r, log, "log", &g->log);
  if (unit) ok &= (g->unit = h9_config_text(r, unit, "unit")) != NULL;
  if (ok && g->log && !(g->from > 0 && g->to > 0)) {
    h9_config_mistake(r, n, name, "found from %g to %g, expected both above 0 with log", g->from, g->to);
    return false;
  }
  return ok;
}

/* Part w of the way, in [0, 1]. */
static double within(const range *g, double w) {
  if (w >= 1) return g->to;
  return g->log ? h9_exp(h9_log(g->from) + w * (h9_log(g->to) - h9_log(g->from))) : g->from + w * (g->to - g->from);
}

static void read_axis(h9_config_reader *r, const h9_node *n, const char *name, axis *a) {
  if (n->type == H9_NODE_MAP) {
    range g;
    if (!read_range(r, n, name, true, &g)) return;
    a->n = (size_t)g.steps;
    if (!(a->value = room(r, a->n, sizeof *a->value))) return;
    for (size_t i = 0; i < a->n; i++)
      a->value[i] = number_text(r, within(&g, a->n > 1 ? (double)i / (double)(a->n - 1) : 0), g.unit);
  } else
    a->value = texts(r, n, name, false, &a->n);
}

/* Names of parameters from the keys of a map; false where one is none. */
static bool read_names(h9_config_reader *r, h9_experiment *x, const h9_node *map, size_t skip) {
  x->parameter = room(r, map->n, sizeof *x->parameter);
  x->configured = room(r, map->n, sizeof *x->configured);
  if (!x->parameter || !x->configured) return false;
  bool ok = true;
  for (size_t i = 0; i < map->n; i++) {
    if (i == skip) continue;
    ok &= known_parameter(r, x, map->key[i], &x->configured[x->n_parameters]);
    x->parameter[x->n_parameters++] = copy(r, map->key[i]->text);
  }
  return ok;
}

static void set_points(h9_config_reader *r, h9_experiment *x, size_t n) {
  x->n_points = n;
  if (x->n_parameters && !(x->value = room(r, n * x->n_parameters, sizeof *x->value))) x->n_points = 0;
}

static void read_grid(h9_config_reader *r, h9_experiment *x, const h9_node *n) {
  if (n->type != H9_NODE_MAP || !read_names(r, x, n, SIZE_MAX)) {
    char t[100];
    if (n->type != H9_NODE_MAP)
      h9_config_mistake(r, n, "grid", "found %s, expected a map of parameters and their values", h9_config_found(n, t, sizeof t));
    return;
  }
  axis *a = room(r, n->n, sizeof *a);
  if (!a) return;
  double all = 1;
  for (size_t k = 0; k < n->n; k++) {
    read_axis(r, n->item[k], n->key[k]->text, &a[k]);
    all *= (double)a[k].n;
  }
  if (all > MOST_POINTS) h9_config_mistake(r, n, "grid", "found %.0f points, expected at most %d", all, MOST_POINTS);
  else set_points(r, x, (size_t)all);
  for (size_t i = 0; i < x->n_points; i++) { /* the last parameter varies fastest */
    size_t rest = i;
    for (size_t k = n->n; k-- > 0; rest /= a[k].n) x->value[i * n->n + k] = copy(r, a[k].value[rest % a[k].n]);
  }
  for (size_t k = 0; k < n->n; k++) {
    for (size_t i = 0; i < a[k].n; i++) free(a[k].value[i]);
    free(a[k].value);
  }
  free(a);
}

static void read_list(h9_config_reader *r, h9_experiment *x, const h9_node *n) {
  char t[100];
  if (n->type != H9_NODE_LIST || !n->n || n->item[0]->type != H9_NODE_MAP) {
    h9_config_mistake(r, n, "list", "found %s, expected a list of maps of parameters and values", h9_config_found(n, t, sizeof t));
    return;
  }
  const h9_node *first = n->item[0];
  if (!read_names(r, x, first, SIZE_MAX)) return;
  set_points(r, x, n->n);
  for (size_t i = 0; i < x->n_points; i++) {
    const h9_node *one = n->item[i];
    bool same = one->type == H9_NODE_MAP && one->n == first->n;
    for (size_t k = 0; same && k < first->n; k++) {
      const h9_node *v = h9_node_get(one, first->key[k]->text);
      if (!v) same = false;
      else x->value[i * x->n_parameters + k] = copy(r, h9_config_text(r, v, first->key[k]->text));
    }
    if (!same) {
      h9_config_mistake(r, one, "list", "has other parameters than the first, expected the same ones");
      return;
    }
  }
}

/* Values drawn uniformly (log: uniformly on a logarithmic scale), each by parameter's place and point. */
static void read_sample(h9_config_reader *r, h9_experiment *x, const h9_node *n) {
  char t[100];
  double many = 0;
  size_t skip = SIZE_MAX;
  for (size_t i = 0; n->type == H9_NODE_MAP && i < n->n; i++)
    if (strcmp(n->key[i]->text, "n") == 0) skip = i;
  if (skip == SIZE_MAX || n->n < 2) {
    h9_config_mistake(r, n, "sample", "found %s, expected a map of n and parameters with from and to",
                      n->type == H9_NODE_MAP ? "a map without them" : h9_config_found(n, t, sizeof t));
    return;
  }
  if (!h9_config_whole(r, n->item[skip], "n", 1, MOST_POINTS, &many) || !read_names(r, x, n, skip)) return;
  set_points(r, x, (size_t)many);
  for (size_t i = 0, k = 0; i < n->n && x->n_points; i++) {
    range g;
    if (i == skip) continue;
    if (!read_range(r, n->item[i], n->key[i]->text, false, &g)) {
      x->n_points = 0;
      return;
    }
    h9_key key = h9_key_make(x->seed, H9_PURPOSE_EXPERIMENT, (uint32_t)k);
    for (size_t p = 0; p < x->n_points; p++) {
      h9_ctr d = h9_philox(key, (uint32_t)p, 0, 0, 1);
      x->value[p * x->n_parameters + k] = number_text(r, within(&g, h9_uniform53(d.v[0], d.v[1])), g.unit);
    }
    k++;
  }
}

static void read_points(h9_config_reader *r, h9_experiment *x, const h9_node *n) {
  static const char *const ways[] = {"grid", "list", "sample"};
  const h9_node *way[3];
  int given = 0, which = 0;
  for (int i = 0; i < 3; i++)
    if ((way[i] = h9_node_get(n, ways[i]))) {
      given++;
      which = i;
    }
  if (given > 1) h9_config_mistake(r, way[which], ways[which], "found beside another of grid, list and sample, expected one of them");
  else if (!given) x->n_points = 1;
  else if (which == 0) read_grid(r, x, way[0]);
  else if (which == 1) read_list(r, x, way[1]);
  else read_sample(r, x, way[2]);
}

static void read_summary(h9_config_reader *r, h9_experiment *x, const h9_node *n) {
  char t[100];
  if (!n) return;
  if (n->type != H9_NODE_MAP) {
    h9_config_mistake(r, n, "summary", "found %s, expected a map of names and places in statistics.json, such as rate: activity.populations.exc.rate_hz",
                      h9_config_found(n, t, sizeof t));
    return;
  }
  if (!(x->summary = room(r, n->n, sizeof *x->summary))) return;
  for (size_t i = 0; i < n->n; i++) {
    const char *name = file_name(r, n->key[i], "summary"), *path = h9_config_text(r, n->item[i], n->key[i]->text);
    bool taken = name && (strcmp(name, "run") == 0 || strcmp(name, "repeat") == 0 || strcmp(name, "seed") == 0);
    for (size_t k = 0; name && k < x->n_parameters; k++) taken |= strcmp(name, x->parameter[k]) == 0;
    if (taken) h9_config_mistake(r, n->key[i], name, "is a column of the table already, expected another name");
    else if (name && path) x->summary[x->n_summaries++] = (h9_figure){copy(r, name), copy(r, path)};
  }
}

/* A column of the table of runs. */
static char *column(h9_config_reader *r, const h9_experiment *x, const h9_node *n, const char *key, bool parameter) {
  const char *t = n ? h9_config_text(r, n, key) : NULL, *names[66], *hint;
  char said[300];
  size_t count = 0;
  if (!t) return NULL;
  for (size_t i = 0; parameter && i < x->n_parameters && count < 64; i++) names[count++] = x->parameter[i];
  for (size_t i = 0; !parameter && i < x->n_summaries && count < 64; i++) names[count++] = x->summary[i].name;
  if (parameter) names[count++] = "repeat";
  for (size_t i = 0; i < count; i++)
    if (strcmp(names[i], t) == 0) return copy(r, t);
  hint = h9_config_hint(t, names, count, said, sizeof said);
  h9_config_mistake(r, n, key, "found '%s', expected %s%s", t, parameter ? "a parameter of this experiment" : "a name of its summary", hint);
  return NULL;
}

static void read_plots(h9_config_reader *r, h9_experiment *x, const h9_node *n) {
  char t[100];
  if (!n) return;
  if (n->type != H9_NODE_LIST) {
    h9_config_mistake(r, n, "plots", "found %s, expected a list of maps with file, x, y and value", h9_config_found(n, t, sizeof t));
    return;
  }
  if (!(x->picture = room(r, n->n, sizeof *x->picture))) return;
  for (size_t i = 0; i < n->n; i++) {
    const h9_node *one = n->item[i], *kind = h9_node_get(one, "kind");
    if (!H9_CONFIG_KEYS(r, one, one, "a plot", plot_keys)) continue;
    h9_picture *p = &x->picture[x->n_pictures++];
    p->file = copy(r, file_name(r, h9_node_get(one, "file"), "file"));
    p->kind = copy(r, kind ? h9_config_text(r, kind, "kind") : "heatmap");
    p->x = column(r, x, h9_node_get(one, "x"), "x", true);
    p->y = column(r, x, h9_node_get(one, "y"), "y", true);
    p->value = column(r, x, h9_node_get(one, "value"), "value", false);
    if (p->kind && strcmp(p->kind, "heatmap") != 0)
      h9_config_mistake(r, kind, "kind", "found '%s', expected heatmap; other pictures are made by pipelines", p->kind);
  }
}

void h9_config_read_experiment(h9_config_reader *r, const h9_node *n) {
  h9_experiment *x = r->c->experiment = calloc(1, sizeof *x);
  double repeats = 1, seed = 1;
  if (!x) {
    r->out_of_memory = true;
    return;
  }
  x->memory = NAN;
  if (!(n->type == H9_NODE_SCALAR && n->text[0] == 0) && !H9_CONFIG_KEYS(r, n, n, "experiment", experiment_keys) &&
      n->type != H9_NODE_MAP)
    return;
  const h9_node *name = h9_node_get(n, "name");
  if (name) x->name = copy(r, file_name(r, name, "name"));
  (void)h9_config_whole(r, h9_node_get(n, "repeats"), "repeats", 1, MOST_POINTS, &repeats);
  (void)h9_config_whole(r, h9_node_get(n, "seed"), "seed", 0, 0x1p53, &seed);
  (void)h9_config_number(r, h9_node_get(n, "memory"), "memory", &h9_unit_one, 0, 0x1p60, &x->memory);
  x->repeats = (uint64_t)repeats;
  x->seed = (uint64_t)seed;
  read_stages(r, x, h9_node_get(n, "pipelines"));
  read_points(r, x, n);
  x->output = texts(r, h9_node_get(n, "outputs"), "outputs", true, &x->n_outputs);
  x->input = texts(r, h9_node_get(n, "inputs"), "inputs", false, &x->n_inputs);
  read_summary(r, x, h9_node_get(n, "summary"));
  read_plots(r, x, h9_node_get(n, "plots"));
  if ((double)x->n_points * repeats > MOST_POINTS)
    h9_config_mistake(r, n, "experiment", "found %.0f runs, expected at most %d", (double)x->n_points * repeats, MOST_POINTS);
}

static void free_texts(char **t, size_t n) {
  for (size_t i = 0; t && i < n; i++) free(t[i]);
  free(t);
}

void h9_experiment_release(h9_experiment *x) {
  if (!x) return;
  free(x->name);
  for (size_t i = 0; i < x->n_stages; i++) {
    free(x->stage[i].name);
    free(x->stage[i].command);
  }
  free(x->stage);
  free_texts(x->value, x->n_points * x->n_parameters);
  free_texts(x->parameter, x->n_parameters);
  free(x->configured);
  free_texts(x->output, x->n_outputs);
  free_texts(x->input, x->n_inputs);
  for (size_t i = 0; i < x->n_summaries; i++) {
    free(x->summary[i].name);
    free(x->summary[i].path);
  }
  free(x->summary);
  for (size_t i = 0; i < x->n_pictures; i++) {
    free(x->picture[i].file);
    free(x->picture[i].kind);
    free(x->picture[i].x);
    free(x->picture[i].y);
    free(x->picture[i].value);
  }
  free(x->picture);
  free(x);
}

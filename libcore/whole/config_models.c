/* The section `models`: neuron models given by equations, with units checked in every line. */
#include "config_parts.h"
#include "equations.h"

#include "../base/memory.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const h9_config_key model_keys[] = {
    {"about", NULL, false},  {"equations", NULL, true}, {"threshold", NULL, true}, {"reset", NULL, false},
    {"refractory", "ms", false}, {"hold", NULL, false}, {"inputs", NULL, false},   {"parameters", NULL, false},
    {"state", NULL, true},   {"tolerance", "", false}};
static const h9_config_key input_keys[] = {{"excitatory", NULL, false}, {"inhibitory", NULL, false}};

typedef struct variable {
  char *name;
  h9_dim dim;
} variable;

typedef struct reading {
  h9_config_reader *r;
  const h9_node *model;
  h9_equations *q;
  variable variable[H9_EQUATIONS_VARIABLES]; /* states, parameters, names: as expressions number them */
  uint32_t n;
  bool good;
} reading;

/* A line of a text of several: where it is in the file, for mistakes. */
typedef struct line {
  h9_node at;
  char text[1024];
} line;

static void mistake(reading *g, const h9_node *at, const char *key, const char *what) {
  h9_config_mistake(g->r, at, key, "%s", what);
  g->good = false;
}

static bool is_name(const char *s) {
  if (!isalpha((unsigned char)*s) && *s != '_') return false;
  for (; *s; s++)
    if (!isalnum((unsigned char)*s) && *s != '_') return false;
  return true;
}

static void dim_name(h9_dim d, char *out, size_t size) {
  h9_dim_text(d, out, size);
}

static int find(const reading *g, const char *name) {
  for (uint32_t i = 0; i < g->n; i++)
    if (strcmp(g->variable[i].name, name) == 0) return (int)i;
  return -1;
}

static bool add_variable(reading *g, const h9_node *at, const char *key, const char *name, h9_dim dim) {
  char what[300];
  if (!is_name(name) || strlen(name) > 48) snprintf(what, sizeof what, "found '%.80s', expected letters, digits and '_', at most 48", name);
  else if (find(g, name) >= 0 || strcmp(name, "I_stim") == 0 || strcmp(name, "rest") == 0)
    snprintf(what, sizeof what, "the name '%.80s' is taken", name);
  else if (g->n + 1 >= H9_EQUATIONS_VARIABLES) snprintf(what, sizeof what, "more than %d names", H9_EQUATIONS_VARIABLES - 1);
  else {
    char *copy = h9_strdup(name);
    if (!copy) g->r->out_of_memory = true;
    else g->variable[g->n++] = (variable){copy, dim};
    return copy != NULL;
  }
  mistake(g, at, key, what);
  return false;
}

/* Compiles over all variables so far; `dim` is what it is in. `column` of the text in its line. */
static bool compile(reading *g, const line *l, uint32_t column, const char *key, const char *text, h9_expr *x, h9_dim *dim) {
  h9_symbol symbol[H9_EQUATIONS_VARIABLES + 1];
  for (uint32_t i = 0; i < g->n; i++) symbol[i] = (h9_symbol){g->variable[i].name, {0, g->variable[i].dim}, (int)i};
  symbol[g->n] = (h9_symbol){"I_stim", {0, {0, 0, 1, 0}}, H9_EQUATIONS_CURRENT};
  size_t at = 0;
  h9_error e = {0};
  if (h9_expr_compile(x, text, symbol, g->n + 1, dim, &at, &e) == H9_OK) return true;
  h9_node where = l->at;
  where.column += column + (uint32_t)at;
  mistake(g, &where, key, e.text);
  return false;
}

/* The next line that has more than blanks and a comment; false at the end. */
static bool next_line(const h9_node *n, const char **at, uint32_t *number, line *l) {
  bool block = strchr(n->text, '\n') != NULL;
  while (**at) {
    size_t len = strcspn(*at, "\n");
    const char *from = *at, *end = from + len;
    ++*number;
    *at = end + (*end == '\n');
    const char *comment = memchr(from, '#', len);
    if (comment) end = comment;
    while (from < end && isspace((unsigned char)*from)) from++;
    while (end > from && isspace((unsigned char)end[-1])) end--;
    if (from == end || (size_t)(end - from) >= sizeof l->text) continue;
    l->at = *n;
    if (block) l->at.line = n->line + *number, l->at.column = 1;
    snprintf(l->text, sizeof l->text, "%.*s", (int)(end - from), from);
    return true;
  }
  return false;
}

/* "left = right" with the left side trimmed; *column of the right side. */
static char *split(reading *g, line *l, const char *key, uint32_t *column) {
  char *eq = l->text;
  while ((eq = strchr(eq, '=')) && (eq[1] == '=' || (eq > l->text && strchr("<>!=", eq[-1])))) eq += 1 + (eq[1] == '=');
  if (!eq) {
    mistake(g, &l->at, key, "expected a line such as dv/dt = (E_L - v)/tau, or NAME = VALUE");
    return NULL;
  }
  char *end = eq;
  while (end > l->text && isspace((unsigned char)end[-1])) end--;
  *eq = 0;
  *end = 0;
  eq++;
  while (isspace((unsigned char)*eq)) eq++;
  *column = (uint32_t)(eq - l->text);
  return eq;
}

/* ---- values ---- */

static bool constant(reading *g, const h9_node *n, const char *key, h9_quantity *v) {
  h9_expr x = {0};
  size_t at = 0;
  h9_error e = {0};
  const char *text = h9_config_text(g->r, n, key);
  if (!text) return g->good = false;
  if (h9_expr_compile(&x, text, g->r->symbol, g->r->n_symbols, &v->dim, &at, &e) != H9_OK) {
    h9_node where = *n;
    where.column += (uint32_t)at;
    mistake(g, &where, key, e.text);
    return false;
  }
  v->value = h9_expr_eval(&x, NULL);
  h9_expr_release(&x);
  return true;
}

/* A name of the unit that reads back. */
static bool unit_name(h9_dim d, char *out, size_t size) {
  h9_dim_text(d, out, size);
  if (h9_dim_equal(d, (h9_dim){0, 0, 0, 0})) snprintf(out, size, "1");
  for (char *c = out; *c; c++)
    if (*c == ' ') *c = '*';
  h9_unit u = h9_model_unit(out);
  return h9_dim_equal(u.dim, d) && u.per_coherent == 1;
}

static void add_values(reading *g, const h9_node *map, bool state) {
  const char *section = state ? "state" : "parameters";
  h9_equations *q = g->q;
  if (!map) return;
  if (map->type != H9_NODE_MAP) {
    mistake(g, map, section, "expected a map of names to values");
    return;
  }
  for (size_t i = 0; i < map->n; i++) {
    const char *name = map->key[i]->text;
    h9_quantity v;
    char unit[64];
    uint32_t states = state ? q->model.n_values - q->n_params : 0;
    if (!constant(g, map->item[i], name, &v)) continue;
    if (!unit_name(v.dim, unit, sizeof unit)) {
      mistake(g, map->item[i], name, "is in a unit that has no short name; expected a product or quotient of ms, mV, pA, nS, pF");
      continue;
    }
    if (q->model.n_values == H9_MODEL_VALUES_MAX || (state && states == H9_STATES_MAX - 1)) {
      mistake(g, map->key[i], name, "more values than a model can have: 48, among them 15 states");
      return;
    }
    if (!add_variable(g, map->key[i], section, name, v.dim)) continue;
    h9_model_value *to = &q->values[q->model.n_values++];
    *to = (h9_model_value){h9_strdup(name), h9_strdup(unit), v.value, -INFINITY, INFINITY, state,
                           h9_strdup(state ? "at the start" : "parameter")};
    if (!to->name || !to->unit || !to->about) g->r->out_of_memory = true;
    if (!state) q->n_params++;
  }
}

/* ---- equations ---- */

/* The variable of "dNAME/dt", or NULL. */
static const char *derivative_of(char *left) {
  size_t n = strlen(left);
  if (left[0] != 'd' || n < 5 || strcmp(left + n - 3, "/dt") != 0) return NULL;
  left[n - 3] = 0;
  return left + 1;
}

static void check_dim(reading *g, const line *l, uint32_t column, const char *key, h9_dim found, h9_dim want) {
  if (h9_dim_equal(found, want)) return;
  char a[64], b[64], what[300];
  dim_name(found, a, sizeof a);
  dim_name(want, b, sizeof b);
  snprintf(what, sizeof what, "found %s, expected %s", a, b);
  h9_node where = l->at;
  where.column += column;
  mistake(g, &where, key, what);
}

static int state_of(const reading *g, const char *name) {
  int k = find(g, name);
  return k >= 0 && k < (int)g->q->model.n_states - 1 ? k : -1;
}

static void unknown_state(reading *g, const h9_node *at, const char *key, const char *name) {
  const char *known[H9_STATES_MAX];
  char hint[200], what[300];
  for (uint32_t i = 0; i + 1 < g->q->model.n_states; i++) known[i] = g->q->slope[i].target;
  snprintf(what, sizeof what, "there is no state variable '%.80s'%s", name,
           h9_config_hint(name, known, g->q->model.n_states - 1, hint, sizeof hint));
  mistake(g, at, key, what);
}

static void read_equations(reading *g, const h9_node *n) {
  h9_equations *q = g->q;
  const char *text = h9_config_text(g->r, n, "equations");
  uint32_t number = 0, column;
  line l;
  if (!text) {
    g->good = false;
    return;
  }
  q->name = calloc(H9_EQUATIONS_VARIABLES, sizeof *q->name);
  if (!q->name) {
    g->r->out_of_memory = true;
    return;
  }
  while (next_line(n, &text, &number, &l)) {
    char *right = split(g, &l, "equations", &column);
    if (!right) continue;
    const char *of = derivative_of(l.text);
    int k = of ? state_of(g, of) : -1;
    h9_expr x = {0};
    h9_dim dim;
    if (of && k < 0) {
      unknown_state(g, &l.at, "equations", of);
      continue;
    }
    if (of && q->slope[k].value.n) {
      mistake(g, &l.at, of, "has a second equation");
      continue;
    }
    if (!compile(g, &l, column, l.text, right, &x, &dim)) continue;
    if (of) {
      h9_dim want = g->variable[k].dim;
      want.time--;
      check_dim(g, &l, column, of, dim, want);
      q->slope[k].value = x;
      continue;
    }
    if (!add_variable(g, &l.at, "equations", l.text, dim)) {
      h9_expr_release(&x);
      continue;
    }
    q->name[q->n_names].target = h9_strdup(l.text);
    q->name[q->n_names++].value = x;
    if (!q->name[q->n_names - 1].target) g->r->out_of_memory = true;
  }
}

static void read_reset(reading *g, const h9_node *n) {
  h9_equations *q = g->q;
  uint32_t number = 0, column;
  line l;
  const char *text = n ? h9_config_text(g->r, n, "reset") : NULL;
  if (!text) return;
  q->reset = calloc(H9_STATES_MAX * 2, sizeof *q->reset);
  if (!q->reset) {
    g->r->out_of_memory = true;
    return;
  }
  while (next_line(n, &text, &number, &l)) {
    char *right = split(g, &l, "reset", &column);
    h9_expr x = {0};
    h9_dim dim;
    if (!right) continue;
    int k = state_of(g, l.text);
    if (k < 0) {
      unknown_state(g, &l.at, "reset", l.text);
      continue;
    }
    if (q->n_resets == H9_STATES_MAX * 2) {
      mistake(g, &l.at, "reset", "more than 32 lines");
      return;
    }
    if (!compile(g, &l, column, l.text, right, &x, &dim)) continue;
    check_dim(g, &l, column, l.text, dim, g->variable[k].dim);
    q->reset[q->n_resets].target = h9_strdup(l.text);
    q->reset[q->n_resets++].value = x;
    if (!q->reset[q->n_resets - 1].target) g->r->out_of_memory = true;
  }
}

/* Those named, else those that the reset sets. */
static void read_hold(reading *g, const h9_node *n) {
  h9_equations *q = g->q;
  if (!n) {
    for (uint32_t i = 0; i < q->n_resets; i++) q->held[state_of(g, q->reset[i].target)] = true;
    return;
  }
  size_t many = n->type == H9_NODE_LIST ? n->n : 1;
  for (size_t i = 0; i < many; i++) {
    const h9_node *one = n->type == H9_NODE_LIST ? n->item[i] : n;
    const char *name = h9_config_text(g->r, one, "hold");
    int k = name ? state_of(g, name) : -1;
    if (name && k < 0) unknown_state(g, one, "hold", name);
    else if (name) q->held[k] = true;
  }
}

static void read_inputs(reading *g, const h9_node *n) {
  h9_equations *q = g->q;
  static const char *const which[2] = {"excitatory", "inhibitory"};
  q->receive[0] = q->receive[1] = -1;
  q->model.weight = h9_strdup("1");
  q->model.receptors = 1;
  if (!n) return;
  if (n->type == H9_NODE_MAP && !H9_CONFIG_KEYS(g->r, n, n, "inputs", input_keys)) g->good = false;
  for (int i = 0; i < 2; i++) {
    const h9_node *one = n->type == H9_NODE_MAP ? h9_node_get(n, which[i]) : n;
    const char *name = one ? h9_config_text(g->r, one, "inputs") : NULL;
    if (!name) continue;
    int k = state_of(g, name);
    if (k < 0) unknown_state(g, one, "inputs", name);
    else q->receive[i] = k;
  }
  int a = q->receive[0], b = q->receive[1];
  if (a >= 0 && b >= 0 && !h9_dim_equal(g->variable[a].dim, g->variable[b].dim))
    mistake(g, n, "inputs", "the variables that weights are added to differ in their units");
  if (a < 0 && b < 0) return;
  free((char *)(uintptr_t)q->model.weight);
  char unit[64];
  (void)unit_name(g->variable[a >= 0 ? a : b].dim, unit, sizeof unit);
  q->model.weight = h9_strdup(unit);
  q->model.receptors = a == b ? 1 : 2;
  if (a == b) q->receive[1] = -1;
}

static void read_conditions(reading *g, const h9_node *m) {
  h9_equations *q = g->q;
  const h9_node *n = h9_node_get(m, "threshold"), *refractory = h9_node_get(m, "refractory");
  const char *text = h9_config_text(g->r, n, "threshold");
  h9_dim dim;
  line l = {.at = *n};
  if (text && compile(g, &l, 0, "threshold", text, &q->threshold, &dim)) check_dim(g, &l, 0, "threshold", dim, (h9_dim){0, 0, 0, 0});
  if (text && !strpbrk(text, "<>")) mistake(g, n, "threshold", "expected a condition such as v >= V_th");
  q->tolerance = 1e-7;
  if (!h9_config_number(g->r, h9_node_get(m, "tolerance"), "tolerance", &h9_unit_one, 1e-13, 1e-2, &q->tolerance)) g->good = false;
  if (!refractory) return;
  l.at = *refractory;
  text = h9_config_text(g->r, refractory, "refractory");
  if (text && compile(g, &l, 0, "refractory", text, &q->hold, &dim)) {
    check_dim(g, &l, 0, "refractory", dim, (h9_dim){1, 0, 0, 0});
    uint32_t states = q->model.n_states - 1;
    for (uint32_t i = 0; i < q->hold.n; i++)
      if (q->hold.code[i].op == 2 && (q->hold.code[i].arg < states || q->hold.code[i].arg >= states + q->n_params)) {
        mistake(g, refractory, "refractory", "expected a time made of parameters alone");
        return;
      }
  }
}

static void finish(reading *g, const char *name, const h9_node *m) {
  h9_equations *q = g->q;
  h9_model *o = &q->model;
  const h9_node *about = h9_node_get(m, "about");
  const char *text = about ? h9_config_text(g->r, about, "about") : "given by equations";
  q->recordables = calloc(o->n_states, sizeof *q->recordables);
  o->about = h9_strdup(text ? text : "");
  o->name = h9_strdup(name);
  if (!q->recordables || !o->about || !o->name || !o->weight) {
    g->r->out_of_memory = true;
    return;
  }
  /* states stand behind the parameters in the table, before them among variables */
  for (uint32_t i = 0; i + 1 < o->n_states; i++)
    q->recordables[i] = (h9_model_recordable){q->slope[i].target, q->values[q->n_params + i].unit, (int)i, -1};
  o->abi = H9_MODEL_ABI;
  o->size = sizeof *o;
  o->values = q->values;
  o->recordables = q->recordables;
  o->n_recordables = o->n_states - 1;
  o->n_coefs = q->n_params + 2;
  o->marks = true;
  o->v = o->theta = o->reset = o->t_ref = -1;
}

static void read_model(h9_config_reader *r, const char *name, const h9_node *at, const h9_node *m) {
  if (!H9_CONFIG_KEYS(r, m, at, name, model_keys)) return;
  h9_equations *q = calloc(1, sizeof *q);
  reading *g = calloc(1, sizeof *g);
  if (!q || !g || !(q->values = calloc(H9_MODEL_VALUES_MAX + 1, sizeof *q->values))) {
    r->out_of_memory = true;
    free(g);
    h9_equations_free(q);
    return;
  }
  *g = (reading){.r = r, .model = m, .q = q, .good = true};
  if (!is_name(name) || strlen(name) > 48) mistake(g, at, name, "expected a name of letters, digits and '_'");
  /* parameters come first in the table; as variables states do */
  add_values(g, h9_node_get(m, "parameters"), false);
  uint32_t params = g->n;
  add_values(g, h9_node_get(m, "state"), true);
  uint32_t states = g->n - params;
  variable turned[H9_EQUATIONS_VARIABLES];
  for (uint32_t i = 0; i < g->n; i++) turned[i < params ? states + i : i - params] = g->variable[i];
  memcpy(g->variable, turned, g->n * sizeof *turned);
  q->model.n_states = states + 1;
  q->slope = calloc(states + 1, sizeof *q->slope);
  q->held = calloc(states + 1, sizeof *q->held);
  if (!q->slope || !q->held) r->out_of_memory = true;
  for (uint32_t i = 0; i < states && q->slope; i++)
    if (!(q->slope[i].target = h9_strdup(g->variable[i].name))) r->out_of_memory = true;
  if (states == 0) mistake(g, h9_node_get(m, "state"), "state", "expected at least one state variable with its initial value");
  if (g->good && !r->out_of_memory) {
    read_equations(g, h9_node_get(m, "equations"));
    read_reset(g, h9_node_get(m, "reset"));
    read_hold(g, h9_node_get(m, "hold"));
    read_inputs(g, h9_node_get(m, "inputs"));
    read_conditions(g, m);
    finish(g, name, m);
  }
  h9_error e = {0};
  for (uint32_t i = 0; i < g->n; i++) free(g->variable[i].name);
  bool good = g->good && !r->out_of_memory;
  free(g);
  if (good && h9_equations_add(q, &e) == H9_OK) return;
  if (good) h9_config_mistake(r, at, name, "%s", e.text);
  h9_equations_free(q);
}

void h9_config_read_models(h9_config_reader *r, const h9_node *n) {
  if (n->type != H9_NODE_MAP) {
    h9_config_mistake(r, n, "models", "expected a map of names to models");
    return;
  }
  for (size_t i = 0; i < n->n; i++) read_model(r, n->key[i]->text, n->key[i], n->item[i]);
}

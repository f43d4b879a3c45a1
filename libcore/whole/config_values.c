/* Values of the configuration: numbers with units, expressions, distributions, names; and the
 * collecting of mistakes. */
#include "config_parts.h"

#include "../base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void h9_config_mistake(h9_config_reader *r, const h9_node *at, const char *key, const char *fmt, ...) {
  char text[1024];
  int n = key ? snprintf(text, sizeof text, "%.200s: ", key) : 0;
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(text + n, sizeof text - (size_t)n, fmt, ap);
  va_end(ap);
  char *copy = h9_strdup(text);
  if (!copy || h9_grow(&r->mistake, &r->cap_mistakes, r->n_mistakes + 1, sizeof *r->mistake) != H9_OK) {
    free(copy);
    r->out_of_memory = true;
    return;
  }
  r->mistake[r->n_mistakes++] = (struct h9_config_mistake){at ? at->line : 0, at ? at->column : 0, copy};
}

const char *h9_config_found(const h9_node *n, char *out, size_t size) {
  if (n->type == H9_NODE_MAP) return "a map";
  if (n->type == H9_NODE_LIST) return "a list";
  snprintf(out, size, "'%.80s'", n->text);
  return out;
}

const char *h9_config_hint(const char *word, const char *const *names, size_t n, char *out, size_t size) {
  const char *near = h9_nearest_name(word, names, n);
  out[0] = 0;
  if (near) snprintf(out, size, "; did you mean '%s'?", near);
  return out;
}

bool h9_config_keys(h9_config_reader *r, const h9_node *map, const h9_node *at, const char *what,
                    const h9_config_key *keys, size_t n) {
  char t[100], hint[300];
  if (!map || map->type != H9_NODE_MAP) {
    h9_config_mistake(r, map ? map : at, what, "found %s, expected a map of keys and values",
                      map ? h9_config_found(map, t, sizeof t) : "nothing");
    return false;
  }
  const char *names[64];
  for (size_t k = 0; k < n && k < 64; k++) names[k] = keys[k].name;
  bool good = true;
  for (size_t i = 0; i < map->n; i++) {
    bool known = false;
    for (size_t k = 0; k < n; k++) known = known || strcmp(map->key[i]->text, keys[k].name) == 0;
    if (known) continue;
    char all[400] = "";
    for (size_t k = 0, len = 0; k < n && len < sizeof all; k++)
      len += (size_t)snprintf(all + len, sizeof all - len, "%s%s", k ? ", " : "", keys[k].name);
    h9_config_mistake(r, map->key[i], map->key[i]->text, "unknown key of %s%s (known: %s)", what,
                      h9_config_hint(map->key[i]->text, names, n, hint, sizeof hint), all);
    good = false;
  }
  for (size_t k = 0; k < n; k++)
    if (keys[k].required && !h9_node_get(map, keys[k].name)) {
      h9_config_mistake(r, map, keys[k].name, "is missing, %s needs it", what);
      good = false;
    }
  return good;
}

/* Adds the variables of a place behind the parameters, for one compilation. */
static size_t allow(h9_config_reader *r, enum h9_config_place place) {
  static const struct {
    const char *name;
    int variable;
    enum h9_config_place place;
  } all[] = {{"distance", H9_VAR_DISTANCE, H9_PLACE_PAIR},
             {"dx", H9_VAR_DX, H9_PLACE_PAIR},
             {"dy", H9_VAR_DY, H9_PLACE_PAIR},
             {"dz", H9_VAR_DZ, H9_PLACE_PAIR},
             {"x", H9_VAR_X, H9_PLACE_POINT},
             {"y", H9_VAR_Y, H9_PLACE_POINT},
             {"z", H9_VAR_Z, H9_PLACE_POINT}};
  size_t n = r->n_symbols;
  if (place == H9_PLACE_NONE ||
      h9_grow(&r->symbol, &r->cap_symbols, n + H9_VARIABLES, sizeof *r->symbol) != H9_OK)
    return n;
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if (all[i].place & place) r->symbol[n++] = (h9_symbol){all[i].name, {0, h9_unit_um.dim}, all[i].variable};
  return n;
}

bool h9_config_expr(h9_config_reader *r, const h9_node *n, const char *key, const h9_unit *unit,
                    enum h9_config_place place, h9_expr *x) {
  char t[100], want[80];
  snprintf(want, sizeof want, unit->name[0] ? "a number or a quantity in %s" : "a number%s", unit->name);
  if (n->type != H9_NODE_SCALAR || n->quoted) {
    h9_config_mistake(r, n, key, "found %s%s, expected %s", n->quoted ? "the quoted text " : "",
                      h9_config_found(n, t, sizeof t), want);
    return false;
  }
  h9_error e = {0};
  h9_dim dim;
  size_t at;
  if (n->text[0] == 0) {
    h9_config_mistake(r, n, key, "is empty, expected %s", want);
    return false;
  }
  if (h9_expr_compile(x, n->text, r->symbol, allow(r, place), &dim, &at, &e) != H9_OK) {
    h9_node place_of = *n;
    if (strlen(n->text) < 1000 && !strchr(n->text, '\n')) place_of.column += (uint32_t)at;
    h9_config_mistake(r, &place_of, key, "%s", e.text);
    return false;
  }
  bool pure = h9_dim_equal(dim, (h9_dim){0});
  if (!pure && !h9_dim_equal(dim, unit->dim)) {
    h9_dim_text(dim, t, sizeof t);
    h9_config_mistake(r, n, key, "found '%.80s', which is in %s, expected %s", n->text, t, want);
    h9_expr_release(x);
    return false;
  }
  if (!pure && h9_expr_scale(x, unit->per_coherent, &e) != H9_OK) {
    h9_config_mistake(r, n, key, "%s", e.text);
    h9_expr_release(x);
    return false;
  }
  return true;
}

bool h9_config_number(h9_config_reader *r, const h9_node *n, const char *key, const h9_unit *unit, double low,
                      double high, double *value) {
  if (!n) return true;
  h9_expr x;
  if (!h9_config_expr(r, n, key, unit, H9_PLACE_NONE, &x)) return false;
  double v = h9_expr_eval(&x, NULL);
  h9_expr_release(&x);
  const char *u = unit->name[0] ? " " : "";
  if (isnan(v) || v < low || v > high || (isinf(v) && isinf(low) && isinf(high))) {
    bool positive = low > 0 && low < 1e-300;
    if (isinf(high) && positive)
      h9_config_mistake(r, n, key, "found %.10g%s%s, expected more than 0", v, u, unit->name);
    else if (isinf(low) && isinf(high))
      h9_config_mistake(r, n, key, "found %.10g, expected a finite number%s%s", v, u, unit->name);
    else if (isinf(high))
      h9_config_mistake(r, n, key, "found %.10g%s%s, expected at least %.10g", v, u, unit->name, low);
    else
      h9_config_mistake(r, n, key, "found %.10g%s%s, expected %.10g to %.10g", v, u, unit->name,
                        positive ? 0 : low, high);
    return false;
  }
  *value = v;
  return true;
}

bool h9_config_whole(h9_config_reader *r, const h9_node *n, const char *key, double low, double high,
                     double *value) {
  if (!n) return true;
  double v = 0;
  if (!h9_config_number(r, n, key, &h9_unit_one, low, high, &v)) return false;
  double whole = floor(v + 0.5);
  if (fabs(v - whole) > 1e-9 * fmax(1, fabs(whole))) {
    h9_config_mistake(r, n, key, "found %.9g, expected a whole number; round(%.60s) makes one", v, n->text);
    return false;
  }
  *value = whole;
  return true;
}

bool h9_config_bool(h9_config_reader *r, const h9_node *n, const char *key, bool *value) {
  if (!n) return true;
  char t[100];
  static const char *const yes[] = {"true", "yes", "on", "True", "TRUE"}, *const no[] = {"false", "no", "off",
                                                                                         "False", "FALSE"};
  if (n->type == H9_NODE_SCALAR && !n->quoted)
    for (int i = 0; i < 5; i++) {
      if (strcmp(n->text, yes[i]) == 0) return *value = true, true;
      if (strcmp(n->text, no[i]) == 0) return *value = false, true;
    }
  h9_config_mistake(r, n, key, "found %s, expected true or false", h9_config_found(n, t, sizeof t));
  return false;
}

const char *h9_config_text(h9_config_reader *r, const h9_node *n, const char *key) {
  char t[100];
  if (n && n->type == H9_NODE_SCALAR && n->text[0] && strlen(n->text) <= H9_NAME_MAX) return n->text;
  if (n) h9_config_mistake(r, n, key, "found %s, expected a name", h9_config_found(n, t, sizeof t));
  return NULL;
}

bool h9_config_vector(h9_config_reader *r, const h9_node *n, const char *key, const h9_unit *unit, double *v,
                      int most, int *given) {
  *given = 0;
  if (!n) return true;
  if (n->type != H9_NODE_LIST) {
    *given = 1;
    return h9_config_number(r, n, key, unit, -INFINITY, INFINITY, v);
  }
  if (n->n < 1 || n->n > (size_t)most) {
    h9_config_mistake(r, n, key, "found a list of %zu, expected 1 to %d numbers", n->n, most);
    return false;
  }
  bool good = true;
  for (size_t i = 0; i < n->n; i++)
    good = h9_config_number(r, n->item[i], key, unit, -INFINITY, INFINITY, &v[i]) && good;
  *given = (int)n->n;
  return good;
}

/* The numbers of a lognormal are of the logarithm: pure. */
static const struct dist_form {
  const char *name;
  uint8_t type;
  const char *a, *b;
  bool logarithm;
} dist_forms[] = {
    {"uniform", H9_DIST_UNIFORM, "low", "high", false},
    {"normal", H9_DIST_NORMAL, "mean", "sd", false},
    {"lognormal", H9_DIST_LOGNORMAL, "mu", "sigma", true},
    {"exponential", H9_DIST_EXPONENTIAL, "mean", NULL, false},
};

bool h9_config_dist(h9_config_reader *r, const h9_node *n, const char *key, const h9_unit *unit,
                    enum h9_config_place place, h9_dist *d) {
  *d = (h9_dist){.type = H9_DIST_EXPRESSION, .min = -INFINITY, .max = INFINITY};
  if (n->type != H9_NODE_MAP) return h9_config_expr(r, n, key, unit, place, &d->a);
  static const char *const names[] = {"uniform", "normal", "lognormal", "exponential"};
  char hint[300];
  if (n->n != 1) {
    h9_config_mistake(
        r, n, key, "found a map of %zu keys, expected one of uniform, normal, lognormal, exponential", n->n);
    return false;
  }
  const struct dist_form *f = NULL;
  for (size_t i = 0; i < 4; i++)
    if (strcmp(dist_forms[i].name, n->key[0]->text) == 0) f = &dist_forms[i];
  if (!f) {
    h9_config_mistake(r, n->key[0], key,
                      "unknown distribution '%.80s'%s (known: uniform, normal, lognormal, exponential)",
                      n->key[0]->text, h9_config_hint(n->key[0]->text, names, 4, hint, sizeof hint));
    return false;
  }
  d->type = f->type;
  h9_config_key keys[4] = {{f->a, unit->name, true},
                           {"min", unit->name, false},
                           {"max", unit->name, false},
                           {f->b, unit->name, true}};
  const h9_node *m = n->item[0];
  if (!h9_config_keys(r, m, n->key[0], f->name, keys, f->b ? 4 : 3)) return false;
  const h9_unit *inner = f->logarithm ? &h9_unit_one : unit;
  bool good = h9_config_expr(r, h9_node_get(m, f->a), f->a, inner, place, &d->a);
  if (f->b) good = h9_config_expr(r, h9_node_get(m, f->b), f->b, inner, place, &d->b) && good;
  good = h9_config_number(r, h9_node_get(m, "min"), "min", unit, -INFINITY, INFINITY, &d->min) && good;
  good = h9_config_number(r, h9_node_get(m, "max"), "max", unit, -INFINITY, INFINITY, &d->max) && good;
  h9_error e = {0};
  if (good && h9_dist_check(d, &e) != H9_OK) {
    h9_config_mistake(r, n->key[0], key, "%s", e.text);
    good = false;
  }
  if (!good) h9_dist_release(d);
  return good;
}

uint32_t h9_config_populations(h9_config_reader *r, const h9_node *n, const char *key, uint32_t *index) {
  const h9_network *net = &r->c->net;
  char t[100], hint[300];
  uint32_t found = 0;
  if (!n) return 0;
  if (n->type == H9_NODE_SCALAR && strcmp(n->text, "*") == 0) {
    for (uint32_t i = 0; i < net->n_populations; i++) index[found++] = i;
    return found;
  }
  if (n->type == H9_NODE_MAP || (n->type == H9_NODE_LIST && n->n == 0)) {
    h9_config_mistake(r, n, key, "found %s, expected a population or a list of them",
                      n->type == H9_NODE_MAP ? h9_config_found(n, t, sizeof t) : "an empty list");
    return 0;
  }
  size_t many = n->type == H9_NODE_LIST ? n->n : 1;
  for (size_t i = 0; i < many; i++) {
    const h9_node *item = n->type == H9_NODE_LIST ? n->item[i] : n;
    const char *name = h9_config_text(r, item, key);
    if (!name) continue;
    int p = h9_network_find(net, name);
    if (p < 0) {
      const char **names = calloc(net->n_populations + 1, sizeof *names);
      for (uint32_t k = 0; names && k < net->n_populations; k++) names[k] = net->populations[k].name;
      h9_config_mistake(r, item, key, "no population '%.80s'%s", name,
                        names ? h9_config_hint(name, names, net->n_populations, hint, sizeof hint) : "");
      free(names);
      continue;
    }
    bool twice = false;
    for (uint32_t k = 0; k < found; k++) twice = twice || index[k] == (uint32_t)p;
    if (twice) h9_config_mistake(r, item, key, "population '%.80s' is listed twice", name);
    else index[found++] = (uint32_t)p;
  }
  return found;
}

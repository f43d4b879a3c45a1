/* What the files of the configuration share; not for others. */
#ifndef H9_WHOLE_CONFIG_PARTS_H
#define H9_WHOLE_CONFIG_PARTS_H

#include "config.h"

/* A key of a map. `unit` names the unit of a number; NULL: not a number. */
typedef struct h9_config_key {
  const char *name;
  const char *unit;
  bool required;
} h9_config_key;

typedef struct h9_config_reader {
  h9_config *c;
  h9_symbol *symbol; /* parameters resolved so far, then the variables a place allows */
  size_t n_symbols, cap_symbols;
  struct h9_config_mistake {
    uint32_t line, column;
    char *text;
  } * mistake;
  size_t n_mistakes, cap_mistakes;
  bool out_of_memory;
} h9_config_reader;

/* Variables allowed at a place, added to the parameters. */
enum h9_config_place {
  H9_PLACE_NONE,
  H9_PLACE_PAIR,                                        /* distance, dx, dy, dz */
  H9_PLACE_POINT,                                       /* x, y, z */
  H9_PLACE_CONNECTION = H9_PLACE_PAIR | H9_PLACE_POINT, /* x, y, z of the target */
};

/* Notes "key: ..." at a node's place; reading goes on. */
H9_PRINTF(4, 5)
void h9_config_mistake(h9_config_reader *r, const h9_node *at, const char *key, const char *fmt, ...);
/* "a map", "a list", "'text'" */
const char *h9_config_found(const h9_node *n, char *out, size_t size);

/* Checks that `map` is one (else false), that it has no unknown key and all required ones. `what`
 * names it in messages ("population exc"). */
bool h9_config_keys(h9_config_reader *r, const h9_node *map, const h9_node *at, const char *what,
                    const h9_config_key *keys, size_t n);
#define H9_CONFIG_KEYS(r, map, at, what, keys)                                                               \
  h9_config_keys(r, map, at, what, keys, sizeof(keys) / sizeof((keys)[0]))

/* A constant number in `unit` within [low, high]; false (and noted) when it is not one. n NULL: untouched,
 * true. */
bool h9_config_number(h9_config_reader *r, const h9_node *n, const char *key, const h9_unit *unit, double low,
                      double high, double *value);
/* The same, whole within 1e-9. */
bool h9_config_whole(h9_config_reader *r, const h9_node *n, const char *key, double low, double high,
                     double *value);
bool h9_config_bool(h9_config_reader *r, const h9_node *n, const char *key, bool *value);
/* Text of a scalar, or NULL (noted). */
const char *h9_config_text(h9_config_reader *r, const h9_node *n, const char *key);
/* One number or a list of up to `most`; *given tells how many. */
bool h9_config_vector(h9_config_reader *r, const h9_node *n, const char *key, const h9_unit *unit, double *v,
                      int most, int *given);
/* An expression, which may use the variables of the place. */
bool h9_config_expr(h9_config_reader *r, const h9_node *n, const char *key, const h9_unit *unit,
                    enum h9_config_place place, h9_expr *x);
/* A constant, expression or distribution. */
bool h9_config_dist(h9_config_reader *r, const h9_node *n, const char *key, const h9_unit *unit,
                    enum h9_config_place place, h9_dist *d);
/* "; did you mean 'x'?" or "". */
const char *h9_config_hint(const char *word, const char *const *names, size_t n, char *out, size_t size);
/* Populations a node names: one name, a list, or '*'. Returns how many were put into index (of
 * net.n_populations places). */
uint32_t h9_config_populations(h9_config_reader *r, const h9_node *n, const char *key, uint32_t *index);

void h9_config_read_populations(h9_config_reader *r, const h9_node *n);
void h9_config_read_connections(h9_config_reader *r, const h9_node *n);
void h9_config_read_models(h9_config_reader *r, const h9_node *n);
void h9_config_read_simulation(h9_config_reader *r, const h9_node *n);
void h9_config_read_stimuli(h9_config_reader *r, const h9_node *n);
void h9_config_read_statistics(h9_config_reader *r, const h9_node *n);
void h9_config_read_experiment(h9_config_reader *r, const h9_node *n);

#endif

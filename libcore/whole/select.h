/* Which neurons and times a program looks at: --population, --id and --time. */
#ifndef H9_WHOLE_SELECT_H
#define H9_WHOLE_SELECT_H

#include "../format/network.h"

typedef struct h9_id_range { h9_id first, last; } h9_id_range;

typedef struct h9_select {
  char **name;         /* populations; n_names 0: all */
  size_t n_names;
  h9_id_range *range;  /* ascending, apart; n_ranges 0: all */
  size_t n_ranges;
  bool timed;
  double after, until; /* ms: after < time <= until */
  /* for one network, by h9_select_resolve: */
  bool *population;    /* [n_populations]; NULL: all */
  h9_step after_step, until_step;
} h9_select;

/* Each may come several times and adds; H9_EUSAGE with the reason, H9_ESYSTEM. */
int h9_select_populations(h9_select *s, const char *text, h9_error *e) H9_UNUSED_RESULT; /* "exc,inh" */
int h9_select_ids(h9_select *s, const char *text, h9_error *e) H9_UNUSED_RESULT; /* "1-100,205,300-" */
int h9_select_time(h9_select *s, const char *text,
                   h9_error *e) H9_UNUSED_RESULT; /* "100ms..1s", "..1s", "0.5 s.." */
/* Finds the populations in the network, and the steps of the times. H9_EUSAGE names the nearest. */
int h9_select_resolve(h9_select *s, const h9_network *net, h9_error *e) H9_UNUSED_RESULT;
void h9_select_release(h9_select *s);

/* Neurons of a population of `count`: "[3]", "[1:100]", "[1:100:3]", "[:100]", "[5:]", counted from 1, ends
 * included; to indices from 0: first, first + every, ... last. False where it is none of these. */
bool h9_range_parse(const char *text, uint32_t count, uint32_t *first, uint32_t *last, uint32_t *every);

bool h9_select_has_id(const h9_select *s, h9_id id); /* by ranges only */
static inline bool h9_select_is_all(const h9_select *s) { return s->n_names == 0 && s->n_ranges == 0; }
static inline bool h9_select_has_population(const h9_select *s, uint32_t p) {
  return !s->population || s->population[p];
}
static inline bool h9_select_has(const h9_select *s, const h9_network *net, h9_id id) {
  return (!s->n_ranges || h9_select_has_id(s, id)) &&
         (!s->population || s->population[h9_network_population_of(net, id)]);
}

#endif

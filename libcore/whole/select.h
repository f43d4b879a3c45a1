/* Which neurons and times a program looks at: --population, --id, --region, --near, --sample and --time. */
#ifndef H9_WHOLE_SELECT_H
#define H9_WHOLE_SELECT_H

#include "../format/codec.h"

typedef struct h9_id_range {
  h9_id first, last;
} h9_id_range;

typedef struct h9_select_box {
  double lo[3], hi[3];
  bool axis[3];
} h9_select_box; /* um, borders included; axes given */
typedef struct h9_select_place {
  double at[3], radius;
  int dimensions;
} h9_select_place; /* um; coordinates given */

typedef struct h9_select {
  char **name; /* populations; n_names 0: all */
  size_t n_names;
  h9_id_range *range; /* ascending, apart; n_ranges 0: all */
  size_t n_ranges;
  h9_select_box *region; /* in any of them; none: everywhere */
  size_t n_regions;
  h9_select_place *near; /* near any of them */
  size_t n_near;
  const char *network; /* whose stream holds the positions; NULL: the one looked at. Not owned */
  bool sampled;
  double share;  /* of the neurons otherwise selected */
  uint64_t most; /* so many of them; 0: any number */
  uint64_t seed;
  bool timed;
  double after, until; /* ms: after < time <= until */
  /* for one network, by h9_select_resolve: */
  bool *population; /* [n_populations]; NULL: all */
  h9_step after_step, until_step;
  uint64_t *chosen; /* bit id - 1: by place, sample and what is above; NULL: all */
  /* by h9_select_locate: */
  h9_network located;
  uint64_t *inside; /* bit id - 1 */
  uint32_t n_inside;
} h9_select;

/* Each may come several times and adds; H9_EUSAGE with the reason, H9_ESYSTEM. */
int h9_select_populations(h9_select *s, const char *text, h9_error *e) H9_UNUSED_RESULT; /* "exc,inh" */
int h9_select_ids(h9_select *s, const char *text, h9_error *e) H9_UNUSED_RESULT; /* "1-100,205,300-" */
int h9_select_time(h9_select *s, const char *text,
                   h9_error *e) H9_UNUSED_RESULT; /* "100ms..1s", "..1s", "0.5 s.." */
int h9_select_region(h9_select *s, const char *text, h9_error *e) H9_UNUSED_RESULT; /* "x=0..500,y=..200" */
int h9_select_near(h9_select *s, const char *text, h9_error *e) H9_UNUSED_RESULT;   /* "X,Y[,Z],R" */
/* "1%": each neuron with that probability, by its id and the seed; "100": so many, those of lowest rank. The
 * last holds. */
int h9_select_sample(h9_select *s, const char *text, h9_error *e) H9_UNUSED_RESULT;
/* Before each input is looked at, where places are selected: reads positions from `network`, or from the
 * input, which is then at its start again (a pipe is copied; *fd changes). */
int h9_select_locate(h9_select *s, int *fd, const char *name, int threads, h9_error *e) H9_UNUSED_RESULT;
/* Finds the populations in the network, and the steps of the times. H9_EUSAGE names the nearest. */
int h9_select_resolve(h9_select *s, const h9_network *net, h9_error *e) H9_UNUSED_RESULT;
/* Leaves the samples of the neurons and times selected, which may be none; those of groups stay only where all
 * neurons are selected. */
void h9_select_state(const h9_select *s, const h9_network *net, h9_state *d);
void h9_select_release(h9_select *s);

/* Neurons of a population of `count`: "[3]", "[1:100]", "[1:100:3]", "[:100]", "[5:]", counted from 1, ends
 * included; to indices from 0: first, first + every, ... last. False where it is none of these. */
bool h9_range_parse(const char *text, uint32_t count, uint32_t *first, uint32_t *last, uint32_t *every);

bool h9_select_has_id(const h9_select *s, h9_id id); /* by ranges only */
int h9_select_choose(h9_select *s, const h9_network *net,
                     h9_error *e) H9_UNUSED_RESULT; /* a part of h9_select_resolve */
/* Neither place nor sample nor ids tell neurons of a population apart. */
static inline bool h9_select_is_whole(const h9_select *s) {
  return s->n_ranges == 0 && s->n_regions == 0 && s->n_near == 0 && !s->sampled;
}
static inline bool h9_select_is_all(const h9_select *s) { return s->n_names == 0 && h9_select_is_whole(s); }
static inline bool h9_select_has_population(const h9_select *s, uint32_t p) {
  return !s->population || s->population[p];
}
static inline bool h9_select_has(const h9_select *s, const h9_network *net, h9_id id) {
  if (s->chosen) return s->chosen[(id - 1) >> 6] >> ((id - 1) & 63) & 1;
  return (!s->n_ranges || h9_select_has_id(s, id)) &&
         (!s->population || s->population[h9_network_population_of(net, id)]);
}

#endif

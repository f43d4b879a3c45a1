/* Where a network's connections come from, as one thing: expanded from the rules (deferred), or
 * decoded from a stream's connections blocks (materialised). Either way the consumer sees
 * the same groups: for a range of sources of one population, the rows of every projection
 * that leaves it, in canonical order.
 *
 * The groups are fixed by the network alone (never by threads or memory), ordered by first source
 * id, and cover all neurons of all populations that have an outgoing projection. */
#ifndef H9_MODEL_ROWSOURCE_H
#define H9_MODEL_ROWSOURCE_H

#include "../format/codec.h"

typedef struct h9_group {
  uint64_t ordinal;
  uint32_t population; /* of the sources */
  uint32_t first, n;   /* sources [first, first + n) in that population */
  uint32_t n_rows;     /* projections below */
  const h9_rows *rows; /* [n_rows], by projection index; each covers exactly first .. first + n */
} h9_group;

typedef struct h9_rowsource h9_rowsource;

typedef struct h9_rowsource_options {
  int threads;
  uint64_t memory;   /* bytes it may use for its own tables and buffers; 0: a fifth of what is available */
  double per_cell;   /* points of a cell of the grid; 0: ten */
  bool brute_force;  /* spatial rules without the grid: the authority for tests, same result */
} h9_rowsource_options;

/* Completes projections before anything is expanded: checks that every rule can be met (populations
 * large enough without autapses / multapses, spatial rules on placed populations, degrees inside
 * masks checked while expanding), H9_ECONFIG naming the projection, found and expected;
 * and chooses weight_encoding and quantum of each from the weight distributions of all onto one
 * (target population, receptor): the common value where all are constants that are small multiples of
 * one, else a power of two that holds the largest; distributions too wide or too fine for it take F32.
 * A constant is a multiple of the quantum in the first case only, and may exceed 32,767 of them. */
int h9_projections_plan(h9_network *net, h9_error *e) H9_UNUSED_RESULT;

/* Expected number of connections of one projection (which lies in net->projections), for --dry-run:
 * exact for rules with fixed numbers, the mean for pairwise ones; where it depends on positions, an
 * estimate from at most 1000 neurons evenly spread over the ids. NaN when it cannot be told (positions
 * not loaded). Of H9_RULE_EXPLICIT what its writer said; 0: nothing. */
double h9_projection_expected(const h9_network *net, const h9_projection *p);

/* Expands by rule. `net` needs positions where rules are spatial, and outlives the source. */
int h9_rowsource_expand(h9_rowsource **s, const h9_network *net, const h9_rowsource_options *o,
                        h9_error *e) H9_UNUSED_RESULT;
/* Decodes from `r`, whose next unread block is *first (as h9_network_read left it). Projections of
 * the network that are not materialised in the stream are expanded and joined in. Blocks
 * that follow the connections are left: *first is then the first of them, or *ended is set. */
int h9_rowsource_read(h9_rowsource **s, h9_network *net, h9_reader *r, h9_block *first, bool *ended,
                      const h9_rowsource_options *o, h9_error *e) H9_UNUSED_RESULT;

/* Runs over all groups once. `work` is called concurrently (worker 0 .. threads - 1), in any order,
 * rows valid during the call; `emit`, if not NULL, is then called in the order of
 * groups, one at a time, with what `work` left in *slot (one pointer a group, initially NULL) and
 * g->rows NULL. A non-zero return of either stops the run and is returned: that of the first failing
 * group, for any number of threads; slots of groups behind it are not emitted. A source that expands can
 * be run again; one that reads cannot. */
typedef int (*h9_group_work)(void *ctx, int worker, const h9_group *g, void **slot, h9_error *e);
typedef int (*h9_group_emit)(void *ctx, const h9_group *g, void *slot, h9_error *e);
/* Rows of the projections for which which[projection] holds go to `work` (with worker 0 .. threads - 1) instead; the
 * groups of the run have the others. */
void h9_rowsource_divert(h9_rowsource *s, const bool *which, h9_group_work work, void *ctx);
int h9_rowsource_run(h9_rowsource *s, h9_group_work work, h9_group_emit emit, void *ctx,
                     h9_error *e) H9_UNUSED_RESULT;
/* The same by one group after another, instead of a run: the next one with its rows, valid until the next call. H9_EOF after
 * the last. */
int h9_rowsource_next(h9_rowsource *s, h9_group *g, h9_error *e) H9_UNUSED_RESULT;
void h9_rowsource_free(h9_rowsource *s);

#endif

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
  bool brute_force;  /* spatial rules without the grid: the authority for tests, same result */
} h9_rowsource_options;

/* Completes projections before anything is expanded: checks that every rule can be met (populations
 * large enough without autapses / multapses, spatial rules on placed populations, degrees inside
 * masks checked while expanding), H9_ECONFIG naming the projection, found and expected;
 * and chooses weight_encoding and quantum of each from the weight distributions of all. */
int h9_projections_plan(h9_network *net, h9_error *e) H9_UNUSED_RESULT;

/* Expected number of connections of one projection (exact for rules with fixed numbers), and bytes
 * that a materialised network needs in hal9-step; for --dry-run. */
double h9_projection_expected(const h9_network *net, const h9_projection *p);

/* Expands by rule. `net` needs positions where rules are spatial, and outlives the source. */
int h9_rowsource_expand(h9_rowsource **s, const h9_network *net, const h9_rowsource_options *o, h9_error *e) H9_UNUSED_RESULT;
/* Decodes from `r`, whose next unread block is *first (as h9_network_read left it). Projections of
 * the network that are not materialised in the stream are expanded and joined in. Blocks
 * that follow the connections are left: *first is then the first of them, or *ended is set. */
int h9_rowsource_read(h9_rowsource **s, h9_network *net, h9_reader *r, h9_block *first, bool *ended,
                      const h9_rowsource_options *o, h9_error *e) H9_UNUSED_RESULT;

/* Runs over all groups once. `work` is called concurrently (worker 0 .. threads - 1), in any order,
 * rows valid during the call; `emit`, if not NULL, is then called in the order of
 * groups, one at a time, with what `work` left in *slot (one pointer a group, initially NULL). A
 * non-zero return of either stops the run and is returned. */
typedef int (*h9_group_work)(void *ctx, int worker, const h9_group *g, void **slot, h9_error *e);
typedef int (*h9_group_emit)(void *ctx, const h9_group *g, void *slot, h9_error *e);
int h9_rowsource_run(h9_rowsource *s, h9_group_work work, h9_group_emit emit, void *ctx, h9_error *e) H9_UNUSED_RESULT;
void h9_rowsource_free(h9_rowsource *s);

#endif

/* The row source's inside, shared by its files. */
#ifndef H9_MODEL_ROWSOURCE_PARTS_H
#define H9_MODEL_ROWSOURCE_PARTS_H

#include "rowsource.h"
#include "rules.h"

#include <pthread.h>

typedef struct h9_leaving {
  uint32_t *projection; /* that leave this population, by index */
  uint32_t n;
  bool from_blocks; /* some are materialised: groups are the blocks' */
} h9_leaving;

typedef struct h9_range {
  uint32_t population, first, n;
} h9_range;

/* A group to be made: its range, and the blocks of its materialised projections. */
typedef struct h9_task {
  h9_range range;
  h9_block *block; /* bodies owned */
  uint32_t n, cap;
} h9_task;

struct h9_rowsource {
  const h9_network *net;
  int threads;
  uint64_t memory, to_keep; /* to_keep: what may still be kept of connections counted */
  bool ran;
  h9_leaving *leaving; /* [n_populations] */
  uint32_t *leaving_projections, most_leaving;
  h9_grids grids;
  h9_compiled *compiled; /* [n_projections], of those made by rule */
  h9_scatter *scatter;   /* [n_projections], c NULL where nothing is gathered */
  h9_scratch *scratch;   /* [threads] */
  h9_range *range;       /* groups made by rule */
  size_t n_ranges, range_cap;
  const bool *diverted; /* [n_projections]; NULL: none */
  h9_group_work divert;
  void *divert_ctx;
  /* reading */
  h9_reader *reader;
  h9_block *block; /* the next one, as long as !block_used */
  bool *ended;
  uint32_t n_materialised;
  uint32_t at_population, at_source;
  size_t at_range;
  /* group by group */
  uint64_t next, gathered; /* the next group, and the first whose rows are not gathered yet */
  h9_task task;
  h9_rows *rows; /* [most_leaving] */
};

/* The group `ordinal`, in order; H9_EOF after the last. Called under the lock. */
int h9_task_take(h9_rowsource *s, uint64_t ordinal, h9_task *t, h9_error *e) H9_UNUSED_RESULT;
/* Decodes the task's i-th block. */
int h9_task_decode(h9_rowsource *s, const h9_task *t, uint32_t i, h9_rows *rows,
                   h9_error *e) H9_UNUSED_RESULT;
void h9_task_drop(h9_task *t); /* frees the bodies */
void h9_task_release(h9_task *t);
/* The rows of a group by rule or from its blocks. */
int h9_group_make(h9_rowsource *s, int worker, const h9_task *t, h9_rows *rows, h9_error *e) H9_UNUSED_RESULT;
/* The groups from `g` on, up to *end, whose gathered connections fit the memory together; fills them. */
int h9_groups_gather(h9_rowsource *s, uint64_t g, uint64_t *end, h9_error *e) H9_UNUSED_RESULT;
/* After the last group: no further connections may follow. */
int h9_rowsource_finish(h9_rowsource *s, h9_error *e) H9_UNUSED_RESULT;

#endif

/* Groups of rows one after another, for a caller that asks. */
#include "rowsource_parts.h"

#include <stdlib.h>

int h9_rowsource_next(h9_rowsource *s, h9_group *g, h9_error *e) {
  s->ran = true;
  if (!s->rows && !(s->rows = calloc(s->most_leaving + 1, sizeof *s->rows)))
    return h9_fail_memory(e, s->most_leaving * sizeof *s->rows, "rows of connections");
  h9_task_drop(&s->task);
  int rc = h9_task_take(s, s->next, &s->task, e);
  if (rc == H9_EOF && s->reader) rc = h9_rowsource_finish(s, e);
  else if (rc == H9_OK) {
    if (!s->reader && s->next >= s->gathered) rc = h9_groups_gather(s, s->next, &s->gathered, e);
    if (rc == H9_OK) rc = h9_group_make(s, 0, &s->task, s->rows, e);
    *g = (h9_group){.ordinal = s->next++,
                    .population = s->task.range.population,
                    .first = s->task.range.first,
                    .n = s->task.range.n,
                    .n_rows = s->leaving[s->task.range.population].n,
                    .rows = s->rows};
    return rc;
  }
  return rc == H9_OK ? H9_EOF : rc;
}

/* Rows of rules whose draws belong to targets (fixed_indegree), or that are mirrored (symmetric):
 * the connections of all owners are generated, and those whose source lies in the range held
 * are gathered by source. A first run counts every source's connections, so that ranges are cut to
 * the memory allowed; each range then takes one run more. Sorting makes the order in which the
 * workers arrive irrelevant. */
#include "rules.h"

#include <omp.h>
#include <stdlib.h>

enum { BATCH = 64 }; /* owners handed out together */

typedef struct gather {
  h9_scatter *s;
  uint32_t low, n;  /* sources kept */
  uint64_t *cursor; /* NULL: count only */
} gather;

static inline void put(const gather *g, uint32_t source, uint64_t record, const float *f) {
  if (!g->cursor) {
    __atomic_fetch_add(&g->s->count[source], 1, __ATOMIC_RELAXED);
    return;
  }
  uint32_t i = source - g->low;
  if (i >= g->n) return;
  uint64_t at = __atomic_fetch_add(&g->cursor[i], 1, __ATOMIC_RELAXED);
  g->s->record[at] = record;
  if (f) g->s->f[at] = *f;
}

static int owner_run(const gather *g, h9_scratch *w, uint32_t owner, h9_error *e) {
  const h9_compiled *c = g->s->c;
  w->n = 0;
  int rc = c->generate(c, w, owner, e);
  if (rc != H9_OK) return rc;
  for (size_t i = 0; i < w->n; i++) {
    uint32_t partner = h9_record_partner(w->record[i]);
    const float *f = c->wide ? w->f + i : NULL;
    uint32_t source = c->by_target ? partner : owner, target = c->by_target ? owner : partner;
    put(g, source, h9_record_with(w->record[i], target), f);
    if (c->p->symmetric && source != target) put(g, target, h9_record_with(w->record[i], source), f);
  }
  return H9_OK;
}

/* Of several failures the one of the first batch is reported: batches are handed out in order,
 * so it is the same for any number of threads. */
static int run(const gather *g, h9_scratch *scratch, int threads, h9_error *e) {
  const h9_compiled *c = g->s->c;
  uint32_t batches = (uint32_t)(((uint64_t)c->n_owner + BATCH - 1) / BATCH), next = 0, failed = UINT32_MAX;
  int rc = H9_OK;
#pragma omp parallel num_threads(threads)
  {
    h9_scratch *w = &scratch[omp_get_thread_num()];
    h9_error mine = {0};
    for (;;) {
      uint32_t b = __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED);
      if (b >= batches || b > __atomic_load_n(&failed, __ATOMIC_RELAXED)) break;
      uint32_t first = b * BATCH, n = c->n_owner - first < BATCH ? c->n_owner - first : BATCH;
      int r = c->begin ? c->begin(c, w, first, n, &mine) : H9_OK;
      for (uint32_t i = 0; r == H9_OK && i < n; i++) r = owner_run(g, w, first + i, &mine);
      if (r == H9_OK) continue;
#pragma omp critical(h9_scatter_failed)
      if (b < failed) {
        __atomic_store_n(&failed, b, __ATOMIC_RELAXED);
        rc = r;
        *e = mine;
      }
      break;
    }
  }
  return rc;
}

int h9_scatter_open(h9_scatter *s, const h9_compiled *c, h9_scratch *scratch, int threads, h9_error *e) {
  *s = (h9_scatter){.c = c};
  s->count = calloc(c->n_source, sizeof *s->count);
  if (!s->count) return h9_fail_memory(e, (size_t)c->n_source * sizeof *s->count, "connection counts");
  gather g = {s, 0, c->n_source, NULL};
  return run(&g, scratch, threads, e);
}

uint64_t h9_scatter_bytes(const h9_scatter *s, uint32_t first, uint32_t n) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < n; i++) sum += s->count[first + i];
  return sum * (s->c->wide ? 12 : 8) + (uint64_t)n * 16;
}

int h9_scatter_fill(h9_scatter *s, h9_scratch *scratch, int threads, uint32_t first, uint32_t n,
                    h9_error *e) {
  free(s->start);
  free(s->record);
  free(s->f);
  s->record = NULL;
  s->f = NULL;
  s->first = first;
  s->n = n;
  s->start = malloc(((size_t)n + 1) * sizeof *s->start);
  uint64_t *cursor = malloc(((size_t)n + 1) * sizeof *cursor);
  uint64_t sum = 0;
  int rc = H9_OK;
  if (s->start && cursor) {
    for (uint32_t i = 0; i <= n; i++) {
      s->start[i] = cursor[i] = sum;
      if (i < n) sum += s->count[first + i];
    }
    s->record = malloc((sum ? sum : 1) * sizeof *s->record);
    if (s->c->wide) s->f = malloc((sum ? sum : 1) * sizeof *s->f);
  }
  if (!s->record || (s->c->wide && !s->f)) rc = h9_fail_memory(e, sum * 12, "connections gathered by source");
  else {
    gather g = {s, first, n, cursor};
    rc = run(&g, scratch, threads, e);
  }
  free(cursor);
  return rc;
}

int h9_scatter_rows(const h9_scatter *s, h9_scratch *scratch, uint32_t first, uint32_t n, h9_rows *rows,
                    h9_error *e) {
  uint64_t a = s->start[first - s->first], b = s->start[first - s->first + n];
  rows->projection = s->c->index;
  rows->first = first;
  rows->n_rows = n;
  rows->n = 0;
  if (h9_rows_reserve(rows, n, b - a) != H9_OK) return h9_fail_memory(e, (b - a) * 8, "rows of connections");
  rows->start[0] = 0;
  for (uint32_t i = 0; i < n; i++) {
    uint64_t at = s->start[first - s->first + i];
    size_t m = (size_t)(s->start[first - s->first + i + 1] - at);
    scratch->n = 0;
    int rc = h9_scratch_reserve(scratch, m, e);
    if (rc != H9_OK) return rc;
    float *f = s->f ? s->f + at : NULL;
    h9_row_sort(s->record + at, f, scratch->sorted, scratch->sorted_f, m, s->c->n_target,
                s->c->sampler.delay_most);
    rows->n += h9_row_unpack(s->c, s->record + at, f, m, rows, rows->n);
    rows->start[i + 1] = rows->n;
  }
  return H9_OK;
}

void h9_scatter_release(h9_scatter *s) {
  free(s->count);
  free(s->start);
  free(s->record);
  free(s->f);
  *s = (h9_scatter){0};
}

/* Rows of rules whose draws belong to targets (fixed_indegree), or that are mirrored (symmetric):
 * the connections of all owners are generated, and those whose source lies in the range held
 * are gathered by source. A first run counts every source's connections, so that ranges are cut to
 * the memory allowed; each range then takes one run more.
 *
 * Each worker has a fixed part of the owners and its own place in every row, so that no two of them
 * write to one counter. Sorting makes the order inside a row irrelevant. */
#include "../base/parallel.h"
#include "rules.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 64 }; /* owners begun together */

typedef struct gather {
  h9_scatter *s;
  uint32_t low, n; /* sources kept */
  bool fill;       /* else count */
  uint32_t *at;    /* [parts][n]: counts, or where in its row a part writes next */
} gather;

static inline void put(const gather *g, uint32_t *at, uint32_t source, uint64_t record, const float *f) {
  uint32_t i = source - g->low;
  if (i >= g->n) return;
  uint32_t k = at[i]++;
  if (!g->fill) return;
  g->s->record[g->s->start[i] + k] = record;
  if (f) g->s->f[g->s->start[i] + k] = *f;
}

static void owner_put(const gather *g, uint32_t *at, uint32_t owner, const uint64_t *record,
                      const float *values, size_t n) {
  const h9_compiled *c = g->s->c;
  for (size_t i = 0; i < n; i++) {
    uint32_t partner = h9_record_partner(record[i]);
    const float *f = values ? values + i : NULL;
    uint32_t source = c->by_target ? partner : owner, target = c->by_target ? owner : partner;
    put(g, at, source, h9_record_with(record[i], target), f);
    if (c->p->symmetric && source != target) put(g, at, target, h9_record_with(record[i], source), f);
  }
}

/* Remembers the owner's connections for the next run; without a word when there is no room: they can be
 * generated again. */
static void keep(h9_kept *k, const h9_scratch *w, bool wide, uint32_t owner_in_part) {
  size_t each = sizeof *k->record + (wide ? sizeof *k->f : 0);
  bool room = k->limit / each >= k->n + w->n;
  if (room && k->n + w->n > k->cap) {
    size_t cap = 2 * (k->n + w->n);
    uint64_t *r = realloc(k->record, cap * sizeof *r);
    if (r) k->record = r;
    float *f = wide ? realloc(k->f, cap * sizeof *f) : NULL;
    if (f) k->f = f;
    room = r && (f || !wide);
    if (room) k->cap = cap;
  }
  if (!room) {
    k->limit = 0;
    return;
  }
  if (w->n) memcpy(k->record + k->n, w->record, w->n * sizeof *w->record);
  if (w->n && wide) memcpy(k->f + k->n, w->f, w->n * sizeof *w->f);
  k->n += w->n;
  k->end[owner_in_part] = k->n;
}

static void kept_drop(h9_scatter *s) {
  for (int p = 0; s->kept && p < s->parts; p++) {
    free(s->kept[p].record);
    free(s->kept[p].f);
    free(s->kept[p].end);
  }
  free(s->kept);
  s->kept = NULL;
}

typedef struct gathering {
  const gather *g;
  h9_scratch *scratch;
  pthread_mutex_t lock;
  uint64_t failed; /* the first owner that did */
  int rc;
  h9_error *e;
} gathering;

/* The p-th part of the owners. */
static void run_part(void *ctx, uint64_t p, int me) {
  gathering *all = ctx;
  const gather *g = all->g;
  const h9_compiled *c = g->s->c;
  const uint64_t parts = (uint64_t)g->s->parts;
  h9_scratch *w = &all->scratch[me];
  uint32_t *at = g->at + p * g->n;
  h9_error mine = {0};
  uint64_t owner = c->n_owner * p / parts;
  const uint64_t first = owner, end = c->n_owner * (p + 1) / parts;
  h9_kept *kept = g->s->kept ? &g->s->kept[p] : NULL;
  int r = H9_OK;
  for (uint64_t batch = owner; r == H9_OK && batch < end; batch = owner) {
    uint64_t n = end - batch < BATCH ? end - batch : BATCH;
    if (kept && g->fill) {
      for (; owner < batch + n; owner++) {
        size_t i = (size_t)(owner - first), from = i ? kept->end[i - 1] : 0;
        owner_put(g, at, (uint32_t)owner, kept->record + from, c->wide ? kept->f + from : NULL,
                  kept->end[i] - from);
      }
      continue;
    }
    if (c->begin) r = c->begin(c, w, (uint32_t)batch, (uint32_t)n, &mine);
    for (; r == H9_OK && owner < batch + n; owner++) {
      w->n = 0;
      if ((r = c->generate(c, w, (uint32_t)owner, &mine)) != H9_OK) break;
      owner_put(g, at, (uint32_t)owner, w->record, c->wide ? w->f : NULL, w->n);
      if (kept && kept->limit) keep(kept, w, c->wide, (uint32_t)(owner - first));
    }
  }
  if (r == H9_OK) return;
  pthread_mutex_lock(&all->lock);
  if (owner < all->failed) {
    all->failed = owner;
    all->rc = r;
    *all->e = mine;
  }
  pthread_mutex_unlock(&all->lock);
}

/* The failure told is that of the first owner, for any number of parts. */
static int run(const gather *g, h9_scratch *scratch, h9_error *e) {
  gathering all = {.g = g, .scratch = scratch, .failed = UINT64_MAX, .rc = H9_OK, .e = e};
  pthread_mutex_init(&all.lock, NULL);
  h9_parallel_each(g->s->parts, (uint64_t)g->s->parts, run_part, &all);
  pthread_mutex_destroy(&all.lock);
  return all.rc;
}

/* Where it takes long to find the connections, those counted are kept: `memory` bytes of them, or none. */
static void kept_open(h9_scatter *s, uint64_t memory) {
  s->kept = calloc((size_t)s->parts, sizeof *s->kept);
  for (int p = 0; s->kept && p < s->parts; p++) {
    s->kept[p].limit = memory / (uint64_t)s->parts;
    s->kept[p].end = malloc(((size_t)s->c->n_owner / (size_t)s->parts + 2) * sizeof *s->kept[p].end);
    if (!s->kept[p].end) s->kept[p].limit = 0;
  }
}

int h9_scatter_open(h9_scatter *s, const h9_compiled *c, h9_scratch *scratch, int threads, uint64_t *memory,
                    h9_error *e) {
  *s = (h9_scatter){.c = c, .parts = threads};
  if (c->space) kept_open(s, *memory);
  size_t all = (size_t)c->n_source * (size_t)threads;
  s->count = calloc(all, sizeof *s->count);
  if (!s->count) return h9_fail_memory(e, all * sizeof *s->count, "connection counts");
  gather g = {s, 0, c->n_source, false, s->count};
  int rc = run(&g, scratch, e);
  uint64_t bytes = 0;
  bool whole = s->kept != NULL;
  for (int p = 0; s->kept && p < s->parts; p++) {
    whole = whole && s->kept[p].limit;
    bytes += s->kept[p].cap * (c->wide ? 12 : 8);
  }
  if (!whole) kept_drop(s);
  else *memory -= bytes < *memory ? bytes : *memory;
  char text[400];
  for (uint32_t i = 0; rc == H9_OK && i < c->n_source; i++)
    if (h9_scatter_bytes(s, i, 1) / 8 > UINT32_MAX)
      rc = h9_fail(e, H9_ECONFIG, "%s: neuron %u: more than %u connections in a row",
                   h9_projection_text(c->net, c->index, text), c->net->populations[c->p->source].first + i,
                   UINT32_MAX);
  return rc;
}

static uint64_t row_length(const h9_scatter *s, uint32_t source) {
  uint64_t sum = 0;
  for (int p = 0; p < s->parts; p++) sum += s->count[(size_t)p * s->c->n_source + source];
  return sum;
}

uint64_t h9_scatter_bytes(const h9_scatter *s, uint32_t first, uint32_t n) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < n; i++) sum += row_length(s, first + i);
  return sum * (s->c->wide ? 12 : 8) + (uint64_t)n * (8 + 4 * (uint64_t)s->parts);
}

static void drop_records(h9_scatter *s) {
  h9_region_close(&s->records);
  h9_region_close(&s->fs);
  s->record = NULL;
  s->f = NULL;
}

int h9_scatter_fill(h9_scatter *s, h9_scratch *scratch, uint32_t first, uint32_t n, h9_error *e) {
  free(s->start);
  drop_records(s);
  s->first = first;
  s->n = n;
  s->start = malloc(((size_t)n + 1) * sizeof *s->start);
  uint32_t *at = malloc(((size_t)n + 1) * (size_t)s->parts * sizeof *at);
  uint64_t sum = 0;
  int rc = H9_OK;
  if (s->start && at) {
    for (uint32_t i = 0; i < n; i++) {
      uint32_t in_row = 0;
      s->start[i] = sum;
      for (int p = 0; p < s->parts; p++) {
        at[(size_t)p * n + i] = in_row;
        in_row += s->count[(size_t)p * s->c->n_source + first + i];
      }
      sum += in_row;
    }
    s->start[n] = sum;
    rc = h9_region_open(&s->records, sum * sizeof *s->record, e);
    if (rc == H9_OK && s->c->wide) rc = h9_region_open(&s->fs, sum * sizeof *s->f, e);
    s->record = (uint64_t *)(void *)s->records.base;
    s->f = (float *)(void *)s->fs.base;
  } else {
    rc = h9_fail_memory(e, (size_t)n * 16, "connections gathered by source");
  }
  if (rc == H9_OK && n > 0) {
    gather g = {s, first, n, true, at};
    rc = run(&g, scratch, e);
  }
  free(at);
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
  kept_drop(s);
  free(s->count);
  free(s->start);
  drop_records(s);
  *s = (h9_scatter){0};
}

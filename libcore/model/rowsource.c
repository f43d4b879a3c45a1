#include "rowsource.h"

#include "../base/parallel.h"
#include "rowsource_parts.h"

#include <stdlib.h>

enum {
  GROUP_CONNECTIONS = 1 << 18, /* expected in a group */
  GROUP_ROWS = 65536,          /* at most */
  WINDOW = 4,                  /* groups a worker may be ahead of the next to be emitted */
};

static int leaving_list(h9_rowsource *s, h9_error *e) {
  const h9_network *net = s->net;
  s->leaving = calloc(net->n_populations ? net->n_populations : 1, sizeof *s->leaving);
  s->leaving_projections =
      malloc((net->n_projections ? net->n_projections : 1) * sizeof *s->leaving_projections);
  if (!s->leaving || !s->leaving_projections) return h9_fail_memory(e, net->n_projections * 8, "projections");
  for (uint32_t i = 0; i < net->n_projections; i++) s->leaving[net->projections[i].source].n++;
  uint32_t *at = s->leaving_projections;
  for (uint32_t i = 0; i < net->n_populations; i++) {
    s->leaving[i].projection = at;
    at += s->leaving[i].n;
    if (s->leaving[i].n > s->most_leaving) s->most_leaving = s->leaving[i].n;
    s->leaving[i].n = 0;
  }
  for (uint32_t i = 0; i < net->n_projections; i++) {
    h9_leaving *l = &s->leaving[net->projections[i].source];
    l->projection[l->n++] = i;
  }
  return H9_OK;
}

/* Ranges of one population's sources of about GROUP_CONNECTIONS expected connections. */
static int groups_of(h9_rowsource *s, uint32_t population, h9_error *e) {
  const h9_leaving *l = &s->leaving[population];
  uint32_t count = s->net->populations[population].count;
  double expected = 0;
  for (uint32_t i = 0; i < l->n; i++) {
    double x;
    int rc = h9_compiled_expected(&s->compiled[l->projection[i]], &s->scratch[0], &x, e);
    if (rc != H9_OK) return rc;
    expected += x;
  }
  double rows = GROUP_CONNECTIONS / (expected / count + 1e-9);
  uint32_t n = rows >= GROUP_ROWS ? GROUP_ROWS : rows <= 1 ? 1 : (uint32_t)rows;
  for (uint32_t first = 0; first < count; first += n) {
    if (h9_grow(&s->range, &s->range_cap, s->n_ranges + 1, sizeof *s->range) != H9_OK)
      return h9_fail_memory(e, (s->n_ranges + 1) * sizeof *s->range, "groups of rows");
    s->range[s->n_ranges++] = (h9_range){population, first, count - first < n ? count - first : n};
    if (count - first <= n) break;
  }
  return H9_OK;
}

static int open_common(h9_rowsource **out, const h9_network *net, const h9_rowsource_options *o,
                       h9_error *e) {
  h9_rowsource *s = calloc(1, sizeof *s);
  if (!s) return h9_fail_memory(e, sizeof *s, "a source of rows");
  *out = s;
  s->net = net;
  s->threads = o->threads > 0 ? o->threads : 1;
  s->memory = o->memory ? o->memory : h9_memory_available() / 5;
  s->to_keep = s->memory / 2;
  s->grids = (h9_grids){.threads = s->threads, .brute = o->brute_force, .per_cell = o->per_cell};
  s->scratch = calloc((size_t)s->threads, sizeof *s->scratch);
  s->compiled = calloc(net->n_projections + 1, sizeof *s->compiled);
  s->scatter = calloc(net->n_projections + 1, sizeof *s->scatter);
  if (!s->scratch || !s->compiled || !s->scatter)
    return h9_fail_memory(e, net->n_projections * (sizeof *s->compiled + sizeof *s->scatter), "projections");
  for (uint32_t i = 0; i < net->n_projections; i++) {
    const h9_projection *p = &net->projections[i];
    if (p->source >= net->n_populations || p->target >= net->n_populations)
      return h9_fail(e, H9_EDATA, "projection %u: population %u, expected below %u", i + 1,
                     p->source >= net->n_populations ? p->source : p->target, net->n_populations);
  }
  return leaving_list(s, e);
}

static int compile_one(h9_rowsource *s, uint32_t i, h9_error *e) {
  int rc = h9_compile(&s->compiled[i], s->net, i, &s->grids, e);
  if (rc == H9_OK && s->compiled[i].scatter)
    rc = h9_scatter_open(&s->scatter[i], &s->compiled[i], s->scratch, s->threads, &s->to_keep, e);
  return rc;
}

int h9_rowsource_expand(h9_rowsource **out, const h9_network *net, const h9_rowsource_options *o,
                        h9_error *e) {
  *out = NULL;
  h9_rowsource *s = NULL;
  int rc = open_common(&s, net, o, e);
  for (uint32_t i = 0; rc == H9_OK && i < net->n_projections; i++) rc = compile_one(s, i, e);
  for (uint32_t i = 0; rc == H9_OK && i < net->n_populations; i++)
    if (s->leaving[i].n) rc = groups_of(s, i, e);
  if (rc != H9_OK) h9_rowsource_free(s);
  else *out = s;
  return rc;
}

int h9_rowsource_read(h9_rowsource **out, h9_network *net, h9_reader *r, h9_block *first, bool *ended,
                      const h9_rowsource_options *o, h9_error *e) {
  *out = NULL;
  h9_rowsource *s = NULL;
  int rc = open_common(&s, net, o, e);
  if (rc == H9_OK) {
    s->reader = r;
    s->block = first;
    s->ended = ended;
    for (uint32_t i = 0; rc == H9_OK && i < net->n_projections; i++) {
      if (net->projections[i].materialised) {
        s->n_materialised++;
        continue;
      }
      rc = compile_one(s, i, e);
      /* The blocks' ranges are not known beforehand: hold every source's connections. */
      if (rc == H9_OK && s->scatter[i].c)
        rc = h9_scatter_fill(&s->scatter[i], s->scratch, 0, s->compiled[i].n_source, e);
    }
    for (uint32_t i = 0; rc == H9_OK && i < net->n_populations; i++) {
      bool any = false;
      for (uint32_t k = 0; k < s->leaving[i].n; k++)
        any |= net->projections[s->leaving[i].projection[k]].materialised;
      s->leaving[i].from_blocks = any;
      if (s->leaving[i].n && !any) rc = groups_of(s, i, e);
    }
  }
  if (rc != H9_OK) h9_rowsource_free(s);
  else *out = s;
  return rc;
}

void h9_rowsource_free(h9_rowsource *s) {
  if (!s) return;
  for (uint32_t i = 0; s->compiled && i < s->net->n_projections; i++) h9_compiled_release(&s->compiled[i]);
  for (uint32_t i = 0; s->scatter && i < s->net->n_projections; i++) h9_scatter_release(&s->scatter[i]);
  for (int i = 0; s->scratch && i < s->threads; i++) h9_scratch_release(&s->scratch[i]);
  h9_grids_release(&s->grids);
  free(s->compiled);
  free(s->scatter);
  free(s->scratch);
  free(s->leaving);
  free(s->leaving_projections);
  free(s->range);
  h9_task_release(&s->task);
  for (uint32_t i = 0; s->rows && i < s->most_leaving; i++) h9_rows_release(&s->rows[i]);
  free(s->rows);
  free(s);
}

/* What the workers share while they run. */
typedef struct crew {
  h9_rowsource *s;
  h9_group_work work;
  h9_group_emit emit;
  void *ctx;
  pthread_mutex_t lock;
  pthread_cond_t moved;
  uint64_t next, end; /* ordinals handed out; UINT64_MAX: until the blocks end */
  uint64_t emitted;
  bool emitting, stop;
  uint64_t failed; /* ordinal of the first group that failed */
  int rc;
  h9_error *e;
  struct done {
    bool done;
    h9_range range;
    uint32_t n_rows;
    void *slot;
  } * ring;
  uint64_t ring_n;
} crew;

static void failure(crew *c, uint64_t ordinal, int rc, const h9_error *e) {
  c->stop = true;
  if (c->rc != H9_OK && c->failed <= ordinal) return;
  c->failed = ordinal;
  c->rc = rc;
  *c->e = *e;
}

/* Hands finished groups to `emit` in order; called and left with the lock held. */
static void emit_ready(crew *c, h9_error *mine) {
  if (c->emitting) return;
  c->emitting = true;
  while (c->ring[c->emitted % c->ring_n].done && c->emitted < c->failed) {
    struct done d = c->ring[c->emitted % c->ring_n];
    c->ring[c->emitted % c->ring_n].done = false;
    if (c->emit) {
      h9_group g = {.ordinal = c->emitted,
                    .population = d.range.population,
                    .first = d.range.first,
                    .n = d.range.n,
                    .n_rows = d.n_rows};
      pthread_mutex_unlock(&c->lock);
      int rc = c->emit(c->ctx, &g, d.slot, mine);
      pthread_mutex_lock(&c->lock);
      if (rc != H9_OK) failure(c, c->emitted, rc, mine);
    }
    c->emitted++;
    pthread_cond_broadcast(&c->moved);
  }
  c->emitting = false;
}

int h9_group_make(h9_rowsource *s, int worker, const h9_task *t, h9_rows *rows, h9_error *e) {
  const h9_leaving *l = &s->leaving[t->range.population];
  for (uint32_t i = 0, block = 0; i < l->n; i++) {
    uint32_t p = l->projection[i];
    int rc;
    if (s->reader && s->net->projections[p].materialised) rc = h9_task_decode(s, t, block++, &rows[i], e);
    else if (s->scatter[p].c)
      rc = h9_scatter_rows(&s->scatter[p], &s->scratch[worker], t->range.first, t->range.n, &rows[i], e);
    else rc = h9_compiled_rows(&s->compiled[p], &s->scratch[worker], t->range.first, t->range.n, &rows[i], e);
    if (rc != H9_OK) return rc;
  }
  return H9_OK;
}

void h9_rowsource_divert(h9_rowsource *s, const bool *which, h9_group_work work, void *ctx) {
  s->diverted = which;
  s->divert = work;
  s->divert_ctx = ctx;
}

/* The group's work; rows diverted go elsewhere first. `parted`: as many rows again. */
static int work_on(crew *c, int worker, h9_group *g, h9_rows *parted, void **slot, h9_error *e) {
  const h9_rowsource *s = c->s;
  if (!s->diverted) return c->work(c->ctx, worker, g, slot, e);
  uint32_t n = g->n_rows, away = 0, here = 0;
  for (uint32_t i = 0; i < n; i++) away += s->diverted[g->rows[i].projection];
  for (uint32_t i = 0, at = 0; i < n; i++)
    parted[s->diverted[g->rows[i].projection] ? at++ : away + here++] = g->rows[i];
  g->rows = parted;
  g->n_rows = away;
  int rc = away ? s->divert(s->divert_ctx, worker, g, slot, e) : H9_OK;
  g->rows = parted + away;
  g->n_rows = here;
  return rc == H9_OK ? c->work(c->ctx, worker, g, slot, e) : rc;
}

static void crew_member(void *ctx, int worker, int workers) {
  crew *c = ctx;
  (void)workers;
  h9_rowsource *s = c->s;
  h9_error mine = {0};
  h9_task task = {0};
  h9_rows *rows = calloc(s->most_leaving + 1, sizeof *rows);
  h9_rows *parted = calloc(s->most_leaving + 1, sizeof *parted); /* shallow copies */
  pthread_mutex_lock(&c->lock);
  if (!rows || !parted)
    failure(c, c->next, h9_fail_memory(&mine, s->most_leaving * sizeof *rows, "rows of connections"), &mine);
  for (;;) {
    while (!c->stop && c->next < c->end && c->next >= c->emitted + c->ring_n)
      pthread_cond_wait(&c->moved, &c->lock);
    if (c->stop || c->next >= c->end) break;
    uint64_t ordinal = c->next;
    int rc = h9_task_take(s, ordinal, &task, &mine);
    if (rc == H9_EOF) {
      c->end = ordinal;
      break;
    }
    c->next++;
    h9_group g = {.ordinal = ordinal,
                  .population = task.range.population,
                  .first = task.range.first,
                  .n = task.range.n,
                  .n_rows = s->leaving[task.range.population].n,
                  .rows = rows};
    void *slot = NULL;
    if (rc == H9_OK) {
      pthread_mutex_unlock(&c->lock);
      rc = h9_group_make(s, worker, &task, rows, &mine);
      h9_task_drop(&task);
      if (rc == H9_OK) rc = work_on(c, worker, &g, parted, &slot, &mine);
      pthread_mutex_lock(&c->lock);
    }
    if (rc != H9_OK) failure(c, ordinal, rc, &mine);
    c->ring[ordinal % c->ring_n] = (struct done){true, task.range, g.n_rows, slot};
    emit_ready(c, &mine);
  }
  pthread_cond_broadcast(&c->moved);
  pthread_mutex_unlock(&c->lock);
  h9_task_release(&task);
  for (uint32_t i = 0; rows && i < s->most_leaving; i++) h9_rows_release(&rows[i]);
  free(rows);
  free(parted);
}

int h9_groups_gather(h9_rowsource *s, uint64_t g, uint64_t *end, h9_error *e) {
  uint64_t bytes = 0, k = g;
  for (; k < s->n_ranges; k++) {
    const h9_range *r = &s->range[k];
    const h9_leaving *l = &s->leaving[r->population];
    for (uint32_t i = 0; i < l->n; i++)
      if (s->scatter[l->projection[i]].c)
        bytes += h9_scatter_bytes(&s->scatter[l->projection[i]], r->first, r->n);
    if (bytes > s->memory && k > g) break;
  }
  for (uint32_t p = 0; p < s->net->n_projections; p++) {
    h9_scatter *x = &s->scatter[p];
    if (!x->c) continue;
    uint32_t low = UINT32_MAX, n = 0;
    for (uint64_t i = g; i < k; i++)
      if (s->range[i].population == s->net->projections[p].source) {
        if (low == UINT32_MAX) low = s->range[i].first;
        n = s->range[i].first + s->range[i].n - low;
      }
    int rc = h9_scatter_fill(x, s->scratch, low == UINT32_MAX ? 0 : low, n, e);
    if (rc != H9_OK) return rc;
  }
  *end = k;
  return H9_OK;
}

int h9_rowsource_run(h9_rowsource *s, h9_group_work work, h9_group_emit emit, void *ctx, h9_error *e) {
  if (s->reader && s->ran) return h9_fail(e, H9_EINTERNAL, "connections of a stream can be read once only");
  s->ran = true;
  crew c = {.s = s, .work = work, .emit = emit, .ctx = ctx, .failed = UINT64_MAX, .e = e};
  c.ring_n = (uint64_t)s->threads * WINDOW;
  c.ring = calloc(c.ring_n, sizeof *c.ring);
  if (!c.ring) return h9_fail_memory(e, c.ring_n * sizeof *c.ring, "groups of rows");
  pthread_mutex_init(&c.lock, NULL);
  pthread_cond_init(&c.moved, NULL);
  do {
    uint64_t end = UINT64_MAX;
    if (!s->reader && (c.rc = h9_groups_gather(s, c.next, &end, e)) != H9_OK) break;
    c.end = end;
    h9_parallel(s->threads, crew_member, &c);
  } while (c.rc == H9_OK && !s->reader && c.next < s->n_ranges);
  if (c.rc == H9_OK && s->reader) c.rc = h9_rowsource_finish(s, e);
  pthread_cond_destroy(&c.moved);
  pthread_mutex_destroy(&c.lock);
  free(c.ring);
  return c.rc;
}

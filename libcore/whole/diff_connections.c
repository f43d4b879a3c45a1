/* Connections compared: both networks' rows, read or made by rule, meet as two sequences. Each comes from a
 * thread of its own, a few groups ahead of the comparison. */
#include "diff.h"

#include "../base/text.h"
#include "../base/thread.h"
#include "../model/rowsource.h"

#include <stdio.h>
#include <stdlib.h>

/* One connection. */
typedef struct item {
  uint32_t projection;
  h9_id source, target;
  uint32_t delay; /* steps */
  double weight;
} item;

/* Those of a group. All hang together, since those of a run that stops early are never emitted. */
typedef struct part {
  item *item;
  size_t n;
  struct part *next;
} part;

enum { RING = 4 };

typedef struct side {
  h9_diff *d;
  int k;
  h9_rowsource *rows;
  h9_error e;
  int rc;
  part *all;        /* guarded by the lock, as what follows */
  part *ring[RING]; /* emitted, not compared yet */
  uint64_t in, out;
  bool done, stop;
  pthread_mutex_t lock;
  pthread_cond_t moved;
} side;

static double weight_of(const h9_projection *p, const h9_rows *r, uint64_t i) {
  switch (p->weight_encoding) {
  case H9_WEIGHT_I16:
    return r->weight[i] * p->quantum;
  case H9_WEIGHT_F32:
    return (double)r->weight_f[i];
  case H9_WEIGHT_F64:
    return r->weight_d[i];
  default:
    return h9_dist_constant(&p->weight);
  }
}

static int work(void *ctx, int worker, const h9_group *g, void **slot, h9_error *e) {
  side *s = ctx;
  const h9_network *net = &s->d->net[s->k];
  h9_id first = net->populations[g->population].first + g->first;
  uint64_t n = 0;
  (void)worker;
  for (uint32_t j = 0; j < g->n_rows; j++) n += g->rows[j].n;
  part *t = calloc(1, sizeof *t);
  if (!t) return h9_fail_memory(e, sizeof *t, "connections");
  pthread_mutex_lock(&s->lock);
  t->next = s->all;
  s->all = t;
  pthread_mutex_unlock(&s->lock);
  *slot = t;
  t->item = malloc((n + 1) * sizeof *t->item);
  if (!t->item) return h9_fail_memory(e, n * sizeof *t->item, "connections");
  for (uint32_t k = 0; k < g->n; k++) {
    if (!h9_select_has(s->d->select, &s->d->net[0], first + k)) continue;
    for (uint32_t j = 0; j < g->n_rows; j++) {
      const h9_rows *r = &g->rows[j];
      const h9_projection *p = &net->projections[r->projection];
      for (uint64_t i = r->start[k]; i < r->start[k + 1]; i++)
        t->item[t->n++] = (item){r->projection, first + k, net->populations[p->target].first + r->target[i],
                                 r->delay[i], weight_of(p, r, i)};
    }
  }
  return H9_OK;
}

static int emit(void *ctx, const h9_group *g, void *slot, h9_error *e) {
  side *s = ctx;
  (void)g, (void)e;
  pthread_mutex_lock(&s->lock);
  while (s->in - s->out == RING && !s->stop) pthread_cond_wait(&s->moved, &s->lock);
  bool stop = s->stop;
  if (!stop) s->ring[s->in++ % RING] = slot;
  pthread_cond_broadcast(&s->moved);
  pthread_mutex_unlock(&s->lock);
  return stop ? H9_EOF : H9_OK;
}

static void *produce(void *data) {
  side *s = data;
  s->rc = h9_rowsource_run(s->rows, work, emit, s, &s->e);
  pthread_mutex_lock(&s->lock);
  s->done = true;
  pthread_cond_broadcast(&s->moved);
  pthread_mutex_unlock(&s->lock);
  return NULL;
}

static void forget(part *t) {
  free(t->item);
  t->item = NULL;
  t->n = 0;
}

/* The next part that holds something; NULL at the end. */
static part *next_part(side *s) {
  for (;;) {
    pthread_mutex_lock(&s->lock);
    while (s->in == s->out && !s->done) pthread_cond_wait(&s->moved, &s->lock);
    part *t = s->in > s->out ? s->ring[s->out++ % RING] : NULL;
    pthread_cond_broadcast(&s->moved);
    pthread_mutex_unlock(&s->lock);
    if (!t || t->n > 0) return t;
    forget(t);
  }
}

static char *text_of(const h9_diff *d, int k, const item *c, char text[900]) {
  char s[H9_DIFF_NEURON_TEXT], t[H9_DIFF_NEURON_TEXT], w[H9_TEXT_MAX + 1], l[H9_TEXT_MAX + 1];
  h9_multiple dt = h9_multiple_of(d->net[k].dt);
  *h9_text_f64(w, c->weight) = 0;
  if (c->weight == (double)(float)c->weight) *h9_text_f32(w, (float)c->weight) = 0;
  *h9_text_multiple(l, &dt, c->delay) = 0;
  snprintf(text, 900, "%s -> %s, projection %u, weight %s, delay %s ms", h9_diff_neuron(d, k, c->source, s),
           h9_diff_neuron(d, k, c->target, t), c->projection + 1, w, l);
  return text;
}

/* Where they part: `number` counts the connections compared. */
static int parted(h9_diff *d, uint64_t number, const item *a, const item *b) {
  char s[900] = "none", t[900] = "none";
  if (a) text_of(d, 0, a, s);
  if (b) text_of(d, 1, b, t);
  return h9_diff_found(d, "connection %llu: %s | %s", (unsigned long long)number, s, t);
}

static int compare(h9_diff *d, side s[2]) {
  part *t[2] = {NULL, NULL};
  size_t at[2] = {0, 0};
  for (uint64_t number = 1;; number++) {
    const item *c[2];
    for (int k = 0; k < 2; k++) {
      if (t[k] && at[k] == t[k]->n) {
        forget(t[k]);
        t[k] = NULL;
      }
      if (!t[k]) {
        at[k] = 0;
        t[k] = next_part(&s[k]);
      }
      if (!t[k] && s[k].rc != H9_OK) return H9_OK; /* a failure is no end: the caller tells it */
      c[k] = t[k] ? &t[k]->item[at[k]++] : NULL;
    }
    const item *a = c[0], *b = c[1];
    if (!a && !b) return H9_OK;
    if (!a || !b || a->projection != b->projection || a->source != b->source || a->target != b->target ||
        a->delay != b->delay || a->weight != b->weight)
      return parted(d, number, a, b);
  }
}

static void stop(side *s) {
  pthread_mutex_lock(&s->lock);
  s->stop = true;
  pthread_cond_broadcast(&s->moved);
  pthread_mutex_unlock(&s->lock);
}

/* Two that follow from the same rules, of the same network by the same seed, are the same. */
static bool both_deferred(const h9_diff *d) {
  unsigned before = H9_DIFF_HEAD | H9_DIFF_NEURONS | H9_DIFF_PROJECTIONS;
  bool deferred = (d->parts & before) == before;
  for (int k = 0; k < 2; k++)
    for (uint32_t p = 0; p < d->net[k].n_projections; p++) deferred &= !d->net[k].projections[p].materialised;
  return deferred && h9_select_is_all(d->select);
}

int h9_diff_connections(h9_diff *d, h9_reader *r[2], h9_block b[2], bool ended[2], h9_error *e) {
  if ((d->net[0].n_projections == 0 && d->net[1].n_projections == 0) || both_deferred(d)) return H9_OK;
  side s[2];
  pthread_t thread[2];
  int rc = H9_OK, begun = 0;
  for (int k = 0; k < 2; k++) {
    h9_rowsource_options o = {.threads = d->threads > 1 ? d->threads / 2 : 1};
    s[k] = (side){.d = d, .k = k};
    pthread_mutex_init(&s[k].lock, NULL);
    pthread_cond_init(&s[k].moved, NULL);
    if (rc == H9_OK) rc = h9_rowsource_read(&s[k].rows, &d->net[k], r[k], &b[k], &ended[k], &o, e);
  }
  for (int k = 0; k < 2 && rc == H9_OK; k++, begun++)
    if (h9_threads_start(&thread[k], 1, produce, &s[k]) != 1) {
      rc = h9_fail(e, H9_ESYSTEM, "cannot start a thread");
      break;
    }
  if (rc == H9_OK) rc = compare(d, s);
  for (int k = 0; k < begun; k++) {
    stop(&s[k]);
    h9_threads_join(&thread[k], 1);
  }
  for (int k = 0; k < 2; k++) {
    if (rc == H9_OK && s[k].rc != H9_OK && s[k].rc != H9_EOF) {
      *e = s[k].e;
      rc = e->code;
    }
    for (part *t = s[k].all, *next; t; t = next) {
      next = t->next;
      free(t->item);
      free(t);
    }
    if (s[k].rows) h9_rowsource_free(s[k].rows);
    pthread_mutex_destroy(&s[k].lock);
    pthread_cond_destroy(&s[k].moved);
  }
  return rc;
}

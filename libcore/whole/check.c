#include "check.h"

#include "../base/parallel.h"

#include <pthread.h>
#include <stdlib.h>

/* ---- order ---- */

/* The materialised projection at or after `p` that leaves `population`; n_projections: none. */
static uint32_t leaving(const h9_network *net, uint32_t population, uint32_t p) {
  while (p < net->n_projections &&
         !(net->projections[p].materialised && net->projections[p].source == population))
    p++;
  return p;
}

/* Moves on to the next expected block: s->projection may be n_projections, s->source at its end. */
static void settle(h9_sequence *s, const h9_network *net) {
  while (s->population < net->n_populations) {
    s->projection = leaving(net, s->population, s->projection);
    if (s->projection < net->n_projections && s->source < net->populations[s->population].count) return;
    if (s->projection >= net->n_projections && s->n > 0) { /* the range is done */
      s->source += s->n;
      s->n = 0;
      s->projection = 0;
      continue;
    }
    s->population++;
    s->source = s->n = s->projection = 0;
  }
}

static int connections_step(h9_sequence *s, const h9_network *net, const h9_block *b, h9_error *e) {
  uint32_t projection, first, n;
  int rc = h9_rows_peek(b, &projection, &first, &n, e);
  if (rc != H9_OK) return rc;
  s->connections = true;
  settle(s, net);
  if (s->population >= net->n_populations)
    return h9_fail(e, H9_EDATA, "connections after those of the last source of the last population");
  const h9_population *p = &net->populations[s->population];
  uint32_t left = p->count - s->source;
  if (projection != s->projection || first != s->source || n == 0 || n > left || (s->n > 0 && n != s->n))
    return h9_fail(e, H9_EDATA,
                   "sources %u to %llu of projection %u, expected %s %u from source %u on of projection %u "
                   "(population '%s')",
                   first + 1, (unsigned long long)first + n, projection + 1, s->n > 0 ? "exactly" : "at most",
                   s->n > 0 ? s->n : left, s->source + 1, s->projection + 1, p->name);
  s->n = n;
  s->projection++;
  return H9_OK;
}

static int signals_step(h9_sequence *s, const h9_block *b, h9_error *e) {
  if (!b->body || b->len < 16) return H9_OK; /* its decoder says so */
  h9_step from = (h9_step)h9_load64(b->body), to = (h9_step)h9_load64(b->body + 8);
  if (s->signals && from != s->to)
    return h9_fail(e, H9_EDATA,
                   "a batch after step %lld, expected one after step %lld, where the last one ended",
                   (long long)from, (long long)s->to);
  s->signals = true;
  s->to = to;
  return H9_OK;
}

int h9_sequence_step(h9_sequence *s, const h9_network *net, const h9_block *b, h9_error *e) {
  if (b->kind == H9_BLOCK_CONNECTIONS) return connections_step(s, net, b, e);
  if (b->kind == H9_BLOCK_SIGNALS) return signals_step(s, b, e);
  return H9_OK;
}

int h9_sequence_end(const h9_sequence *s, const h9_network *net, h9_error *e) {
  h9_sequence at = *s;
  settle(&at, net);
  if (at.population >= net->n_populations) return H9_OK;
  return h9_fail(e, H9_EDATA, "connections end before source %u of population '%s' in projection %u",
                 at.source + 1, net->populations[at.population].name, at.projection + 1);
}

/* ---- the check ---- */

typedef struct checker {
  h9_reader *reader;
  h9_network net;
  h9_progress *progress;
  double total; /* MB */
  pthread_mutex_t lock; /* guards the reader and what follows */
  h9_neurons_order neurons;
  h9_sequence sequence;
  bool stop;
  uint64_t failed; /* ordinal of the first block that is wrong */
  h9_error *failure;
} checker;

static void fail_block(checker *c, uint64_t ordinal, const h9_error *e) {
  c->stop = true;
  if (ordinal >= c->failed) return;
  c->failed = ordinal;
  *c->failure = *e;
}

/* What must be seen in order. */
static int step_order(checker *c, const h9_block *b, h9_error *e) {
  int rc = H9_OK;
  if (b->kind == H9_BLOCK_PROJECTIONS) rc = h9_projections_decode(&c->net, b, e);
  if (b->kind == H9_BLOCK_NEURONS && b->len >= 16) {
    uint32_t population = h9_load32(b->body), first = h9_load32(b->body + 4);
    if (population < c->net.n_populations && b->count <= UINT32_MAX)
      rc = h9_neurons_follow(&c->net, &c->neurons, population, first, (uint32_t)b->count, e);
  }
  return rc == H9_OK ? h9_sequence_step(&c->sequence, &c->net, b, e) : rc;
}

/* Takes the next block; called and left with the lock held. H9_EOF: no more. */
static int take(checker *c, h9_block *b, h9_check_scratch *scratch, h9_error *e) {
  if (c->stop) return H9_EOF;
  if (c->progress)
    h9_progress_show(c->progress, (double)h9_reader_bytes(c->reader) * 1e-6, c->total, "MB", NULL);
  int rc = h9_reader_next(c->reader, b, e);
  if (rc != H9_OK) {
    if (rc != H9_EOF) fail_block(c, UINT64_MAX - 1, e);
    c->stop = true;
    return H9_EOF;
  }
  if (step_order(c, b, e) != H9_OK) {
    /* A block that makes no sense by itself says more than its place. */
    h9_error own = {0};
    if (h9_block_check(&c->net, b, scratch, &own) != H9_OK) *e = own;
    if (e->code == H9_EDATA) h9_reader_fail_at(c->reader, b, e);
    fail_block(c, b->ordinal, e);
    return H9_EOF;
  }
  h9_reader_keep(c->reader, b);
  return H9_OK;
}

static void member(void *ctx, int me, int n) {
  checker *c = ctx;
  (void)me, (void)n;
  h9_check_scratch scratch = {0};
  h9_error e = {0};
  h9_block b;
  pthread_mutex_lock(&c->lock);
  while (take(c, &b, &scratch, &e) == H9_OK) {
    pthread_mutex_unlock(&c->lock);
    int rc = h9_block_check(&c->net, &b, &scratch, &e);
    if (rc == H9_EDATA) h9_reader_fail_at(c->reader, &b, &e);
    free((void *)b.body);
    pthread_mutex_lock(&c->lock);
    if (rc != H9_OK) fail_block(c, b.ordinal, &e);
  }
  pthread_mutex_unlock(&c->lock);
  h9_check_scratch_release(&scratch);
}

static int run(checker *c, const char *name, int threads, h9_error *e) {
  int rc = h9_network_read_head(c->reader, &c->net, e);
  if (rc != H9_OK) return rc;
  h9_parallel(threads, member, c);
  if (c->failed != UINT64_MAX) return e->code;
  rc = h9_neurons_complete(&c->net, &c->neurons, e);
  if (rc == H9_OK) rc = h9_sequence_end(&c->sequence, &c->net, e);
  if (rc != H9_OK) h9_fail_at(e, "%s", name);
  return rc;
}

int h9_stream_check(int fd, const char *name, int threads, h9_progress *progress, uint64_t total,
                    h9_check_result *r, h9_error *e) {
  checker c = {.progress = progress, .total = (double)total * 1e-6, .failed = UINT64_MAX, .failure = e};
  *r = (h9_check_result){0};
  int rc = h9_reader_open(&c.reader, fd, name, H9_WANT_ALL, threads, e);
  if (rc != H9_OK) return rc;
  pthread_mutex_init(&c.lock, NULL);
  rc = run(&c, name, threads, e);
  pthread_mutex_destroy(&c.lock);
  r->neurons = c.net.n_neurons;
  r->projections = c.net.n_projections;
  r->blocks = 1; /* the end block */
  for (uint32_t k = 1; k < H9_BLOCK_KINDS; k++) {
    uint64_t bytes;
    r->records[k] = h9_reader_count(c.reader, (enum h9_block_kind)k);
    r->blocks += h9_reader_blocks(c.reader, (enum h9_block_kind)k, &bytes);
  }
  r->hash = h9_reader_hash(c.reader);
  h9_network_release(&c.net);
  h9_reader_close(c.reader);
  return rc;
}

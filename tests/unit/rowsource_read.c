/* Connections read back from a stream equal those expanded; streams that hold something else are
 * refused by name. */
#include "netkit.h"

#include <unistd.h>

static void build(kit *k) {
  kit_init(k, 4);
  kit_population(k, "a", 1500);
  kit_population(k, "b", 600);
  kit_population(k, "silent", 5);
  kit_projection(k, H9_RULE_FIXED_TOTAL_NUMBER, 0, 1, 400000);
  kit_projection(k, H9_RULE_FIXED_INDEGREE, 1, 0, 60);
  kit_projection(k, H9_RULE_PAIRWISE_BERNOULLI, 0, 0, 0)->kernel.scale = 0.1;
  kit_projection(k, H9_RULE_FIXED_OUTDEGREE, 1, 1, 3);
  h9_dist_release(&k->proj[0].weight);
  k->proj[0].weight = kit_dist(H9_DIST_NORMAL, 50, 5);
  h9_dist_release(&k->proj[1].weight);
  k->proj[1].weight = kit_dist(H9_DIST_LOGNORMAL, 0, 3);
  h9_dist_release(&k->proj[0].delay);
  k->proj[0].delay = kit_dist(H9_DIST_UNIFORM, 0.5, 30);
  for (int i = 0; i < 4; i++) k->proj[i].materialised = true;
}

enum fault { NONE, NO_BLOCK, SWAPPED, TWICE, ENDS_EARLY, OVERLAP };
typedef struct output {
  h9_network *net;
  h9_writer *w;
  enum fault fault;
  uint64_t blocks;
} output;
typedef struct bodies {
  uint32_t n;
  h9_buf body[4];
  uint64_t count[4];
} bodies;

static int encode(void *ctx, int worker, const h9_group *g, void **slot, h9_error *e) {
  output *o = ctx;
  bodies *b = calloc(1, sizeof *b);
  (void)worker, (void)e;
  b->n = g->n_rows;
  for (uint32_t j = 0, i = 0; j < g->n_rows; j++) {
    h9_rows r = g->rows[j];
    if (!o->net->projections[r.projection].materialised) {
      b->n--;
      continue;
    }
    b->count[i] = r.n;
    if (o->fault == OVERLAP && g->ordinal == 1 && i == 0) r.first--;
    if (h9_rows_encode(o->net, &r, &b->body[i++]) != H9_OK) return H9_ESYSTEM;
  }
  *slot = b;
  return H9_OK;
}
static int put(void *ctx, const h9_group *g, void *slot, h9_error *e) {
  output *o = ctx;
  bodies *b = slot;
  int rc = H9_OK;
  for (uint32_t k = 0; k < b->n; k++) {
    uint32_t i = o->fault == SWAPPED && g->ordinal == 1 && b->n == 2 ? 1 - k : k;
    bool skip = (o->fault == NO_BLOCK && o->blocks == 2) || (o->fault == ENDS_EARLY && o->blocks >= 3);
    bool again = o->fault == TWICE && g->ordinal == 0 && k == 1;
    if (again) {
      h9_buf copy = {0};
      h9_buf_put(&copy, b->body[i].data, b->body[i].len);
      if (rc == H9_OK) rc = h9_writer_block(o->w, H9_BLOCK_CONNECTIONS, b->count[i], &copy, e);
      h9_buf_release(&copy);
    }
    if (!skip && rc == H9_OK) rc = h9_writer_block(o->w, H9_BLOCK_CONNECTIONS, b->count[i], &b->body[i], e);
    o->blocks++;
    h9_buf_release(&b->body[i]);
  }
  free(b);
  return rc;
}

/* Writes the network to an unnamed file, then reads it into `l`. */
static int through(kit *k, enum fault fault, int threads, kit_list *l, h9_error *e) {
  FILE *f = tmpfile();
  int fd = fileno(f);
  output o = {.net = &k->net, .fault = fault};
  h9_rowsource *s = NULL;
  h9_rowsource_options opt = {.threads = 2};
  *l = (kit_list){.ordered = true};
  int rc = h9_projections_plan(&k->net, e);
  if (rc == H9_OK) rc = h9_writer_open(&o.w, fd, "net.h9", 1, 2, e);
  if (rc == H9_OK) rc = h9_network_write_head(o.w, &k->net, e);
  if (rc == H9_OK) rc = h9_projections_write(o.w, &k->net, e);
  if (rc == H9_OK) rc = h9_rowsource_expand(&s, &k->net, &opt, e);
  if (rc == H9_OK) rc = h9_rowsource_run(s, encode, put, &o, e);
  h9_rowsource_free(s);
  if (rc == H9_OK) rc = h9_writer_close(o.w, e);
  if (rc != H9_OK) {
    printf("# writing: %s\n", e->text);
    exit(70);
  }
  lseek(fd, 0, SEEK_SET);
  h9_network net = {0};
  h9_reader *r = NULL;
  h9_block b;
  bool ended = false;
  opt.threads = threads;
  s = NULL;
  rc = h9_reader_open(&r, fd, "net.h9", H9_WANT_ALL, threads, e);
  if (rc == H9_OK) rc = h9_network_read(r, &net, true, &b, e);
  if (rc == H9_EOF) ended = true, rc = H9_OK;
  l->net = &net;
  if (rc == H9_OK) rc = h9_rowsource_read(&s, &net, r, &b, &ended, &opt, e);
  if (rc == H9_OK) rc = h9_rowsource_run(s, kit_work, kit_emit, l, e);
  if (rc == H9_OK && !ended) rc = h9_fail(e, H9_EDATA, "not at the end");
  h9_rowsource_free(s);
  h9_reader_close(r);
  h9_network_release(&net);
  l->net = NULL;
  fclose(f);
  return rc;
}

int main(void) {
  kit k;
  kit_list want, l;
  h9_error e = {0};
  build(&k);
  want = kit_all(&k);
  ok(want.n > 500000 && want.groups > 3, "%zu connections in %llu groups", want.n,
     (unsigned long long)want.groups);
  for (int t = 1; t <= 4; t += 3) {
    int rc = through(&k, NONE, t, &l, &e);
    ok(rc == H9_OK && l.ordered && kit_equal(&want, &l),
       "read back by %d threads: the same connections in the same groups %s", t, e.text);
    kit_list_free(&l);
  }
  const char *const names[] = {"",
                               "a block left out",
                               "two projections exchanged",
                               "a block twice",
                               "the end missing",
                               "an overlapping range"};
  for (int f = NO_BLOCK; f <= OVERLAP; f++) {
    e.text[0] = 0;
    int rc = through(&k, (enum fault)f, 2, &l, &e);
    ok(rc == H9_EDATA && strstr(e.text, "net.h9"), "%s: %s", names[f], e.text);
    kit_list_free(&l);
  }
  e.text[0] = 0;
  for (int deferred = 0; deferred < 4; deferred++) {
    for (int i = 0; i < 4; i++) k.proj[i].materialised = i != deferred;
    if (deferred == 3) k.proj[1].materialised = false; /* nothing of population b in the stream */
    int rc = through(&k, NONE, 2, &l, &e);
    ok(rc == H9_OK && l.ordered && kit_equal(&want, &l),
       "projection %d expanded, the others read: the same %s", deferred + 1, e.text);
    kit_list_free(&l);
  }
  kit_list_free(&want);
  kit_free(&k);
  return done();
}

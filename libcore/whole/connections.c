#include "connections.h"

#include <stdlib.h>

typedef struct encoded {
  uint32_t n;
  struct {
    h9_buf body;
    uint64_t count;
  } block[];
} encoded;

static int encode(const h9_connections *c, const h9_rows *rows, h9_buf *body, h9_error *e) {
  h9_rows mine = *rows;
  mine.weight_d = NULL;
  mine.double_cap = 0;
  int rc = c->change ? c->change(c->ctx, &mine, e) : H9_OK;
  const h9_rows *shown = mine.weight_d ? &mine : rows;
  if (rc == H9_OK && (h9_rows_encode(c->net, shown, body) != H9_OK || body->failed))
    rc = h9_fail_memory(e, rows->n * 4, "connections");
  free(mine.weight_d);
  return rc;
}

static int encode_group(void *ctx, int worker, const h9_group *g, void **slot, h9_error *e) {
  const h9_connections *c = ctx;
  (void)worker;
  encoded *x = *slot = calloc(1, sizeof *x + g->n_rows * sizeof x->block[0]);
  if (!x) return h9_fail_memory(e, g->n_rows * sizeof x->block[0], "connections");
  for (uint32_t k = 0; k < g->n_rows; k++) {
    if (!c->net->projections[g->rows[k].projection].materialised) continue;
    uint32_t i = x->n++;
    x->block[i].count = g->rows[k].n;
    int rc = encode(c, &g->rows[k], &x->block[i].body, e);
    if (rc != H9_OK) return rc;
  }
  return H9_OK;
}

static int emit_group(void *ctx, const h9_group *g, void *slot, h9_error *e) {
  h9_connections *c = ctx;
  encoded *x = slot;
  int rc = H9_OK;
  (void)g;
  for (uint32_t k = 0; k < x->n; k++) {
    if (rc == H9_OK)
      rc = h9_writer_block(c->writer, H9_BLOCK_CONNECTIONS, x->block[k].count, &x->block[k].body, e);
    c->done += (double)x->block[k].count;
    h9_buf_release(&x->block[k].body);
  }
  free(x);
  if (c->progress) c->progress(c->ctx, c->done);
  return rc;
}

int h9_connections_write(h9_connections *c, h9_rowsource *source, h9_error *e) {
  return h9_rowsource_run(source, encode_group, emit_group, c, e);
}

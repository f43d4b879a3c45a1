#include "weights.h"

#include "../base/io.h"
#include "connections.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct job {
  const h9_weights *w;
  const h9_sim *sim;
  h9_network out; /* the same network, its projections as they are written */
  h9_reader *reader;
  h9_block block;
  bool ended;
} job;

static int change(void *ctx, h9_rows *rows, h9_error *e) {
  const job *j = ctx;
  bool plastic;
  return h9_sim_weights(j->sim, rows, &plastic, e);
}

static int projections(job *j, h9_error *e) {
  const h9_network *net = j->w->net;
  j->out = *net;
  j->out.projections = malloc((net->n_projections + 1) * sizeof *net->projections);
  if (!j->out.projections) return h9_fail_memory(e, net->n_projections * sizeof *net->projections, "projections");
  for (uint32_t i = 0; i < net->n_projections; i++) {
    h9_projection *p = &j->out.projections[i];
    *p = net->projections[i];
    if (!h9_sim_is_plastic(j->sim, i)) continue;
    p->materialised = true;
    p->weight_encoding = H9_WEIGHT_F64;
  }
  return H9_OK;
}

/* The connections once more: made by the rules, or read again. */
static int open_rows(job *j, h9_rowsource **source, h9_error *e) {
  const h9_weights *w = j->w;
  h9_rowsource_options o = {.threads = w->threads};
  bool read = false;
  for (uint32_t i = 0; i < w->net->n_projections; i++) read |= w->net->projections[i].materialised;
  if (!read) return h9_rowsource_expand(source, w->net, &o, e);
  if (lseek(w->fd, 0, SEEK_SET) != 0) return h9_fail_sys(e, H9_EIO, errno, "%s: cannot be read again", w->name);
  h9_network again = {0};
  int rc = h9_reader_open(&j->reader, w->fd, w->name, 1u << H9_BLOCK_CONNECTIONS, w->threads, e);
  if (rc == H9_OK) rc = h9_network_read(j->reader, &again, false, &j->block, e);
  if (rc == H9_EOF || (rc == H9_OK && j->block.kind != H9_BLOCK_CONNECTIONS))
    rc = h9_fail(e, H9_EDATA, "%s: has changed since it was read first", w->name);
  h9_network_release(&again);
  if (rc != H9_OK) return rc;
  return h9_rowsource_read(source, (h9_network *)w->net, j->reader, &j->block, &j->ended, &o, e);
}

static int write_blocks(job *j, h9_writer *writer, h9_error *e) {
  const h9_weights *w = j->w;
  h9_rowsource *source = NULL;
  h9_connections c = {.writer = writer, .net = &j->out, .change = change, .ctx = j};
  int rc = h9_network_write_head(writer, &j->out, e);
  if (rc == H9_OK && h9_network_is_loaded(w->net)) rc = h9_network_write_neurons(writer, &j->out, e);
  if (rc == H9_OK) rc = h9_projections_write(writer, &j->out, e);
  if (rc == H9_OK) rc = open_rows(j, &source, e);
  if (rc == H9_OK) rc = h9_connections_write(&c, source, e);
  h9_rowsource_free(source);
  for (uint32_t i = 0; i < w->net->n_provenance && rc == H9_OK; i++)
    rc = h9_provenance_write(writer, &w->net->provenance[i], e);
  return rc == H9_OK ? h9_provenance_write(writer, w->own, e) : rc;
}

int h9_weights_write(const h9_weights *w, const h9_sim *sim, h9_error *e) {
  job j = {.w = w, .sim = sim};
  h9_output out;
  h9_writer *writer = NULL;
  int rc = h9_output_open(&out, w->path, w->force, e);
  if (rc != H9_OK) return rc;
  rc = projections(&j, e);
  if (rc == H9_OK)
    rc = h9_writer_open(&writer, out.fd, w->path ? w->path : "standard output", w->level, w->threads, e);
  if (rc == H9_OK) rc = write_blocks(&j, writer, e);
  if (rc == H9_OK) {
    rc = h9_writer_close(writer, e);
    writer = NULL;
  }
  if (writer) h9_writer_abort(writer);
  if (j.reader) h9_reader_close(j.reader);
  free(j.out.projections);
  if (rc == H9_OK) return h9_output_commit(&out, e);
  h9_output_abandon(&out);
  return rc;
}

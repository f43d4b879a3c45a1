/* SONATA both ways: which files, in which order. Without HDF5 and Jansson the format is there by name only.
 */
#include "convert.h"

#ifdef H9_SONATA
#include "convert_sonata.h"

#include "../base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const h9_sonata_nodes *h9_sonata_nodes_find(const h9_sonata_import *x, const char *name) {
  for (size_t i = 0; i < x->n_nodes; i++)
    if (strcmp(x->nodes[i].name, name) == 0) return &x->nodes[i];
  return NULL;
}

static int read_circuit(h9_sonata_import *x, h9_error *e) {
  h9_import *m = x->m;
  int rc = h9_sonata_config_read(&x->config, m->o->folder, e);
  if (rc == H9_OK && !m->o->dt_given && !isnan(x->config.dt)) m->o->dt = x->config.dt;
  if (rc == H9_OK && !m->o->seed_given && x->config.seed >= 0) m->o->seed = (uint64_t)x->config.seed;
  if (rc == H9_OK) rc = h9_sonata_read_nodes(x, e);
  if (rc == H9_OK) rc = h9_sonata_read_edges(x, e);
  m->has_neurons = true;
  return rc;
}

static int read_all(const h9_format *f, h9_import *m, h9_error *e) {
  h9_sonata_import x = {.m = m};
  const char *first = m->o->path[H9_PART_SIGNALS];
  (void)f;
  int rc = m->o->folder ? read_circuit(&x, e) : H9_OK;
  if (rc == H9_OK && first) rc = h9_sonata_read_spikes(&x, first, e);
  for (int i = 0; i < m->o->n_more_signals && rc == H9_OK; i++)
    rc = h9_sonata_read_spikes(&x, m->o->more_signals[i], e);
  if (rc == H9_OK && m->local) rc = h9_import_settle(m, e);
  else if (rc == H9_OK && !m->settled && !m->known)
    rc = h9_fail(e, H9_EDATA, "%s: holds no spikes: whose it is to be, --network FILE tells", first);
  for (int i = 0; i < m->o->n_states && rc == H9_OK; i++) rc = h9_sonata_read_report(&x, m->o->states[i], e);
  for (size_t i = 0; i < x.n_nodes; i++) {
    free(x.nodes[i].name);
    free(x.nodes[i].id);
  }
  free(x.nodes);
  h9_sonata_config_release(&x.config);
  return rc;
}

/* Blocks of activity, to the end of the stream. */
static int write_activity(h9_reader *r, h9_network *net, h9_block *b, bool ended, const char *spikes,
                          const char *folder, bool *any, h9_buf *notes, const char *name, h9_error *e) {
  h9_sonata_activity *a = NULL;
  h9_signals s = {0};
  h9_state state = {0};
  int rc = h9_sonata_activity_new(&a, net, spikes, folder, e);
  while (rc == H9_OK && !ended) {
    *any |= b->kind == H9_BLOCK_SIGNALS;
    if (b->kind == H9_BLOCK_SIGNALS) {
      rc = h9_signals_decode(b, net->n_neurons, &s, e);
      if (rc == H9_OK) rc = h9_sonata_activity_signals(a, &s, e);
    } else if (b->kind == H9_BLOCK_STATE) {
      h9_state_release(&state);
      rc = h9_state_decode(b, net->n_neurons, &state, e);
      if (rc == H9_OK) rc = h9_sonata_activity_state(a, &state, e);
    }
    if (rc == H9_EDATA) rc = h9_reader_fail_at(r, b, e);
    if (rc == H9_OK) rc = h9_reader_next(r, b, e);
    ended = rc == H9_EOF;
    if (ended) rc = H9_OK;
  }
  h9_signals_release(&s);
  h9_state_release(&state);
  return h9_sonata_activity_end(a, rc, notes, name, e);
}

static int write_all(const h9_format *f, const h9_convert_options *o, int fd, const char *name, h9_buf *notes,
                     h9_error *e) {
  h9_reader *r = NULL;
  h9_network net = {0};
  h9_block b = {0};
  bool ended = false, any = false;
  char *spikes = NULL, *output = NULL;
  const char *file = o->path[H9_PART_SIGNALS];
  (void)f;
  int rc = h9_reader_open(&r, fd, name, H9_WANT_ALL, o->threads, e);
  if (rc == H9_OK) rc = h9_network_read(r, &net, true, &b, e);
  ended = rc == H9_EOF;
  if (ended) rc = H9_OK;
  bool network = o->folder && rc == H9_OK &&
                 (net.n_projections || !(b.kind == H9_BLOCK_SIGNALS || b.kind == H9_BLOCK_STATE) || ended);
  if (rc == H9_OK && o->folder) {
    spikes = h9_sonata_path("%s/output/spikes.h5", o->folder);
    output = h9_sonata_path("%s/output", o->folder);
    if (!spikes || !output) rc = h9_fail_memory(e, 256, "names");
  }
  if (rc == H9_OK && network && !h9_network_is_loaded(&net))
    h9_note(notes, "%s: holds no positions and no values of single neurons", name);
  if (rc == H9_OK && network) rc = h9_sonata_write_nodes(&net, o->folder, notes, name, e);
  if (rc == H9_OK && network)
    rc = h9_sonata_write_edges(&net, r, &b, &ended, o->folder, o->threads, notes, name, e);
  if (rc == H9_OK)
    rc = write_activity(r, &net, &b, ended, file ? file : spikes, output, &any, notes, name, e);
  if (rc == H9_OK && file && !any) rc = h9_fail(e, H9_EDATA, "%s: holds no signals for %s", name, file);
  if (rc == H9_OK && network)
    rc = h9_sonata_write_config(&net, o->folder, e); /* last: what leads to the files */
  h9_network_release(&net);
  h9_reader_close(r);
  free(spikes);
  free(output);
  return rc;
}

#else

static int absent(h9_error *e) {
  return h9_fail(e, H9_ESYSTEM,
                 "sonata: this hal9-convert was made without HDF5: install libhdf5-dev and libjansson-dev, "
                 "then make again");
}

static int read_all(const h9_format *f, h9_import *m, h9_error *e) {
  (void)f, (void)m;
  return absent(e);
}

static int write_all(const h9_format *f, const h9_convert_options *o, int fd, const char *name, h9_buf *notes,
                     h9_error *e) {
  (void)f, (void)o, (void)fd, (void)name, (void)notes;
  return absent(e);
}
#endif

const h9_format h9_format_sonata = {.name = "sonata",
                                    .about =
#ifdef H9_SONATA
                                        "a circuit: a folder of HDF5, CSV and JSON; or spikes",
#else
                                        "not in this build: needs libhdf5-dev, libjansson-dev",
#endif
                                    .folders = true,
                                    .plain = true,
                                    .parts = 1 << H9_PART_SIGNALS,
                                    .read = read_all,
                                    .write = write_all};

#include "synapse_trace.h"

#include <stdio.h>
#include <string.h>

static int column_of(const h9_synapse_trace *t, const char *name) {
  for (uint32_t i = 0; i < t->n_columns; i++)
    if (strcmp(t->column[i], name) == 0) return (int)i;
  return -1;
}

static int flush(h9_synapse_trace *t, size_t least, h9_error *e) {
  if (t->text.failed) return h9_fail_memory(e, t->text.len, "traces of synapses");
  if (t->text.len < least) return H9_OK;
  int rc = h9_write_full(t->out.fd, t->text.data, t->text.len, e);
  t->text.len = 0;
  return rc;
}

int h9_synapse_trace_open(h9_synapse_trace *t, const h9_network *net, const char *path, h9_step from, h9_error *e) {
  *t = (h9_synapse_trace){.net = net, .from = from};
  int rc = h9_output_open(&t->out, path, true, e);
  if (rc != H9_OK) return rc;
  static const char head[] = "step\tsource\ttarget\tprojection\tw_sent\tweight";
  h9_buf_put(&t->text, head, sizeof head - 1);
  for (uint32_t i = 0; i < net->n_projections; i++) {
    if (!net->projections[i].trace) continue;
    const h9_synapse_model *m = h9_synapse_find(net->projections[i].synapse);
    for (uint32_t k = 0; k < m->n_states; k++) {
      if (column_of(t, m->states[k]) >= 0 || t->n_columns == sizeof t->column / sizeof *t->column) continue;
      t->column[t->n_columns++] = m->states[k];
      h9_buf_put(&t->text, "\t", 1);
      h9_buf_put(&t->text, m->states[k], strlen(m->states[k]));
    }
  }
  h9_buf_put(&t->text, "\n", 1);
  return flush(t, 0, e);
}

static void add(h9_synapse_trace *t, const h9_plastic_event *v) {
  const h9_synapse_model *m = h9_synapse_find(t->net->projections[v->projection].synapse);
  char line[160];
  int n = snprintf(line, sizeof line, "%u\t%u\t%u\t%u\t%.17g\t%.17g", v->step, v->source + 1, v->target + 1,
                   v->projection + 1, v->sent, v->weight);
  h9_buf_put(&t->text, line, (size_t)n);
  for (uint32_t c = 0; c < t->n_columns; c++) {
    line[0] = 0;
    for (uint32_t k = 0; k < m->n_states; k++)
      if (strcmp(m->states[k], t->column[c]) == 0) snprintf(line, sizeof line, "%.17g", v->state[k]);
    h9_buf_put(&t->text, "\t", 1);
    h9_buf_put(&t->text, line, strlen(line));
  }
  h9_buf_put(&t->text, "\n", 1);
}

int h9_synapse_trace_add(h9_synapse_trace *t, const h9_plastic_event *v, size_t n, h9_error *e) {
  enum { PIECE = 1 << 16 };
  int rc = H9_OK;
  for (size_t i = 0; i < n && rc == H9_OK; i++) {
    if ((h9_step)v[i].step <= t->from) continue;
    add(t, &v[i]);
    rc = flush(t, PIECE, e);
  }
  return rc;
}

int h9_synapse_trace_close(h9_synapse_trace *t, h9_error *e) {
  int rc = flush(t, 0, e);
  if (rc == H9_OK) rc = h9_output_commit(&t->out, e);
  if (rc == H9_OK) h9_buf_release(&t->text);
  else h9_synapse_trace_abandon(t);
  t->net = NULL;
  return rc;
}

void h9_synapse_trace_abandon(h9_synapse_trace *t) {
  if (!t->net) return;
  h9_output_abandon(&t->out);
  h9_buf_release(&t->text);
  t->net = NULL;
}

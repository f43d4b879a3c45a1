#include "diff.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int h9_diff_found(h9_diff *d, const char *fmt, ...) {
  va_list ap;
  if (d->differ) return H9_EOF;
  va_start(ap, fmt);
  vsnprintf(d->where, sizeof d->where, fmt, ap);
  va_end(ap);
  d->differ = true;
  return H9_EOF;
}

char *h9_diff_neuron(const h9_diff *d, int k, h9_id id, char text[H9_DIFF_NEURON_TEXT]) {
  const h9_network *net = &d->net[k];
  const h9_population *p =
      id >= 1 && id <= net->n_neurons ? &net->populations[h9_network_population_of(net, id)] : NULL;
  if (p) snprintf(text, H9_DIFF_NEURON_TEXT, "%u (%.*s[%u])", id, H9_NAME_MAX, p->name, id - p->first + 1);
  else snprintf(text, H9_DIFF_NEURON_TEXT, "%u", id);
  return text;
}

static int provenance(h9_diff *d) {
  const h9_network *a = &d->net[0], *b = &d->net[1];
  for (uint32_t i = 0; i < a->n_provenance && i < b->n_provenance; i++) {
    const h9_provenance *p = &a->provenance[i], *q = &b->provenance[i];
    const char *const s[4] = {p->program, p->version, p->options, p->label};
    const char *const t[4] = {q->program, q->version, q->options, q->label};
    static const char *const name[4] = {"program", "version", "options", "label"};
    for (int k = 0; k < 4; k++)
      if (strcmp(s[k], t[k]) != 0)
        return h9_diff_found(d, "provenance entry %u: %s: %s | %s", i + 1, name[k], s[k], t[k]);
    if (p->seed != q->seed)
      return h9_diff_found(d, "provenance entry %u: seed: %llu | %llu", i + 1, (unsigned long long)p->seed,
                           (unsigned long long)q->seed);
    for (uint32_t k = 0; k < p->n_parents || k < q->n_parents; k++) {
      char x[33] = "none", y[33] = "none";
      if (k < p->n_parents) h9_hash_text(p->output_of_parents[k], x);
      if (k < q->n_parents) h9_hash_text(q->output_of_parents[k], y);
      if (strcmp(x, y) != 0)
        return h9_diff_found(d, "provenance entry %u: parent %u: %s | %s", i + 1, k + 1, x, y);
    }
  }
  if (a->n_provenance != b->n_provenance)
    return h9_diff_found(d, "provenance: entries: %u | %u", a->n_provenance, b->n_provenance);
  return H9_OK;
}

static int metrics(h9_diff *d) {
  const h9_metrics *a = &d->net[0].metrics, *b = &d->net[1].metrics;
  for (int side = 0; side < 2; side++) {
    const h9_metrics *m = side ? b : a;
    for (uint32_t i = 0; i < m->n; i++) {
      double x = h9_metrics_get(a, m->item[i].name), y = h9_metrics_get(b, m->item[i].name);
      if (x == y || (isnan(x) && isnan(y))) continue;
      return h9_diff_found(d, "metric %s: %.17g | %.17g", m->item[i].name, x, y);
    }
  }
  return H9_OK;
}

/* A selection speaks of one network's neurons. */
static int select_check(const h9_diff *d, h9_error *e) {
  const h9_network *a = &d->net[0], *b = &d->net[1];
  bool same = a->n_populations == b->n_populations;
  for (uint32_t i = 0; same && i < a->n_populations; i++)
    same = a->populations[i].count == b->populations[i].count &&
           strcmp(a->populations[i].name, b->populations[i].name) == 0;
  if (same || h9_select_is_all(d->select)) return H9_OK;
  return h9_fail(e, H9_EUSAGE,
                 "%s and %s: have other populations, expected the same ones for a selection of neurons",
                 d->name[0], d->name[1]);
}

/* To the ends, which tell that nothing is missing; learns what comes last. */
static int finish(h9_diff *d, h9_reader *r[2], h9_block b[2], bool ended[2], bool has[2][H9_BLOCK_KINDS],
                  h9_error *e) {
  for (int k = 0; k < 2; k++) {
    int rc = ended[k] ? H9_EOF : H9_OK;
    while (rc == H9_OK) {
      has[k][b[k].kind] = true;
      rc = h9_network_absorb(r[k], &d->net[k], &b[k], e);
      if (rc == H9_OK) rc = h9_reader_next(r[k], &b[k], e);
    }
    if (rc != H9_EOF) return rc;
  }
  return H9_OK;
}

/* What is compared before signals and states; these need the streams again. */
static int first_pass(h9_diff *d, const int fd[2], bool has[2][H9_BLOCK_KINDS], h9_error *e) {
  h9_reader *r[2] = {NULL, NULL};
  h9_block b[2];
  bool ended[2] = {false, false};
  bool columns = d->parts & (H9_DIFF_NEURONS | H9_DIFF_CONNECTIONS);
  uint32_t wanted = 1u << H9_BLOCK_LABELS | 1u << H9_BLOCK_METRICS;
  if (columns) wanted |= 1u << H9_BLOCK_NEURONS;
  if (d->parts & H9_DIFF_CONNECTIONS) wanted |= 1u << H9_BLOCK_CONNECTIONS;
  int rc = H9_OK, threads = d->threads > 1 ? d->threads / 2 : 1;
  for (int k = 0; k < 2 && rc == H9_OK; k++) {
    rc = h9_reader_open(&r[k], fd[k], d->name[k], wanted, threads, e);
    if (rc == H9_OK) rc = h9_network_read(r[k], &d->net[k], columns, &b[k], e);
    ended[k] = rc == H9_EOF;
    if (ended[k]) rc = H9_OK;
  }
  if (rc == H9_OK) rc = select_check(d, e);
  if (rc == H9_OK) rc = h9_select_resolve(d->select, &d->net[0], e);
  if (rc == H9_OK && d->parts & H9_DIFF_HEAD) rc = h9_diff_heads(d, e);
  if (rc == H9_OK && d->parts & H9_DIFF_NEURONS) rc = h9_diff_neurons(d, e);
  if (rc == H9_OK && d->parts & H9_DIFF_PROJECTIONS) rc = h9_diff_projections(d, e);
  if (rc == H9_OK && d->parts & H9_DIFF_CONNECTIONS) rc = h9_diff_connections(d, r, b, ended, e);
  if (rc == H9_OK) rc = finish(d, r, b, ended, has, e);
  h9_reader_close(r[0]);
  h9_reader_close(r[1]);
  return rc;
}

typedef int (*later)(h9_diff *d, h9_reader *r[2], h9_error *e);

static int pass(h9_diff *d, const int fd[2], uint32_t wanted, later compare, h9_error *e) {
  h9_reader *r[2] = {NULL, NULL};
  int rc = H9_OK, threads = d->threads > 1 ? d->threads / 2 : 1;
  for (int k = 0; k < 2 && rc == H9_OK; k++) {
    if (lseek(fd[k], 0, SEEK_SET) != 0) rc = h9_fail(e, H9_EIO, "%s: cannot go back", d->name[k]);
    else rc = h9_reader_open(&r[k], fd[k], d->name[k], 1u << wanted, threads, e);
  }
  if (rc == H9_OK) rc = compare(d, r, e);
  h9_reader_close(r[0]);
  h9_reader_close(r[1]);
  return rc;
}

int h9_diff_run(h9_diff *d, const int fd[2], const char *const name[2], h9_error *e) {
  bool has[2][H9_BLOCK_KINDS] = {{0}};
  d->name[0] = name[0];
  d->name[1] = name[1];
  d->net[0] = d->net[1] = (h9_network){0};
  d->differ = false;
  int rc = first_pass(d, fd, has, e);
  if (rc == H9_OK && d->parts & H9_DIFF_SIGNALS && (has[0][H9_BLOCK_SIGNALS] || has[1][H9_BLOCK_SIGNALS]))
    rc = pass(d, fd, H9_BLOCK_SIGNALS, h9_diff_signals, e);
  if (rc == H9_OK && d->parts & H9_DIFF_STATES && (has[0][H9_BLOCK_STATE] || has[1][H9_BLOCK_STATE]))
    rc = pass(d, fd, H9_BLOCK_STATE, h9_diff_states, e);
  if (rc == H9_OK && d->parts & H9_DIFF_PROVENANCE) rc = provenance(d);
  if (rc == H9_OK && d->parts & H9_DIFF_METRICS) rc = metrics(d);
  h9_network_release(&d->net[0]);
  h9_network_release(&d->net[1]);
  return rc == H9_EOF ? H9_OK : rc;
}

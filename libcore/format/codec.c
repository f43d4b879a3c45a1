/* Header and populations, and the reading of a network's description block by block. */
#include "../base/counters.h"
#include "codec_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- header ---- */

enum { HEADER_BYTES = 80 };

static void header_encode(const h9_network *net, h9_buf *b) {
  h9_buf_put32(b, 0);
  h9_buf_put32(b, (uint32_t)net->dimensions);
  h9_buf_put_f64(b, net->dt);
  h9_buf_put64(b, net->seed);
  for (int i = 0; i < 3; i++) h9_buf_put_f64(b, net->lo[i]);
  for (int i = 0; i < 3; i++) h9_buf_put_f64(b, net->hi[i]);
  h9_count_set(H9_COUNT_NEURONS, net->n_neurons);
  h9_buf_put32(b, net->n_neurons);
  h9_buf_put32(b, net->n_populations);
}

static int header_decode(const h9_block *b, h9_network *net, h9_error *e) {
  h9_bytes c;
  int rc = h9_body_begin(b, &c, e);
  if (rc != H9_OK) return rc;
  if (b->len != HEADER_BYTES || b->count != 1)
    return h9_fail(e, H9_EDATA, "%zu bytes with count %llu, expected %d with 1", b->len,
                   (unsigned long long)b->count, HEADER_BYTES);
  uint32_t flags = h9_bytes_get32(&c), dimensions = h9_bytes_get32(&c);
  if (flags != 0) return h9_fail(e, H9_EDATA, "reserved bits are 0x%x, expected 0", flags);
  if (dimensions > 3) return h9_fail(e, H9_EDATA, "%u dimensions, expected 0 to 3", dimensions);
  net->dimensions = (int)dimensions;
  net->dt = h9_bytes_get_f64(&c);
  if (!(net->dt > 0) || !isfinite(net->dt))
    return h9_fail(e, H9_EDATA, "dt of %g ms, expected more than 0", net->dt);
  net->seed = h9_bytes_get64(&c);
  for (int i = 0; i < 3; i++) net->lo[i] = h9_bytes_get_f64(&c);
  for (int i = 0; i < 3; i++) net->hi[i] = h9_bytes_get_f64(&c);
  for (int i = 0; i < 3; i++)
    if (!isfinite(net->lo[i]) || !isfinite(net->hi[i]) || net->lo[i] > net->hi[i])
      return h9_fail(e, H9_EDATA, "domain from %g to %g um along %c, expected low before high", net->lo[i],
                     net->hi[i], "xyz"[i]);
  net->n_neurons = h9_bytes_get32(&c);
  uint32_t n = h9_bytes_get32(&c);
  if (net->n_neurons > H9_ID_MAX || n > net->n_neurons || n > H9_POPULATIONS_MAX ||
      (n == 0) != (net->n_neurons == 0))
    return h9_fail(e, H9_EDATA, "%u neurons in %u populations, expected 0 to %u in at most %u, none empty",
                   net->n_neurons, n, H9_ID_MAX, H9_POPULATIONS_MAX);
  h9_count_set(H9_COUNT_NEURONS, net->n_neurons);
  net->n_populations = n; /* memory is taken by the populations block */
  return h9_body_end(&c, "header", e);
}

/* ---- populations ---- */

enum { PLACED = 1, VARIES = 1 };

static void populations_encode(const h9_network *net, h9_buf *b) {
  for (uint32_t i = 0; i < net->n_populations; i++) {
    const h9_population *p = &net->populations[i];
    h9_buf_put_name(b, p->name);
    h9_buf_put_name(b, p->model);
    h9_buf_put32(b, p->first);
    h9_buf_put32(b, p->count);
    h9_buf_put8(b, p->placed ? PLACED : 0);
    h9_buf_put8(b, 0);
    h9_buf_put16(b, (uint16_t)p->n_values);
    for (uint32_t k = 0; k < p->n_values; k++) {
      const h9_value *v = &p->values[k];
      h9_buf_put_name(b, v->name);
      h9_buf_put8(b, v->varies ? VARIES : 0);
      h9_buf_put_f64(b, v->varies ? 0 : v->constant);
    }
  }
}

static int values_decode(h9_bytes *c, h9_population *p, h9_error *e) {
  uint32_t n = h9_bytes_get16(c);
  if (c->failed || n > h9_bytes_left(c) / 11)
    return h9_fail(e, H9_EDATA, "%u values do not fit the block", n);
  p->values = calloc(n + 1, sizeof *p->values);
  if (!p->values) return h9_fail_memory(e, (n + 1) * sizeof *p->values, "values");
  p->n_values = n;
  for (uint32_t k = 0; k < n; k++) {
    h9_value *v = &p->values[k];
    v->name = h9_bytes_get_name(c);
    uint8_t flags = h9_bytes_get8(c);
    v->constant = h9_bytes_get_f64(c);
    if (c->failed || !h9_name_is_fine(v->name))
      return h9_fail(e, H9_EDATA, "value %u is cut or has no name", k + 1);
    if (flags > VARIES || !isfinite(v->constant) || (flags == VARIES && v->constant != 0))
      return h9_fail(e, H9_EDATA, "value %s: flags 0x%x with %g, expected a finite constant, or 1 with 0",
                     v->name, flags, v->constant);
    v->varies = flags == VARIES;
    for (uint32_t j = 0; j < k; j++)
      if (strcmp(p->values[j].name, v->name) == 0)
        return h9_fail(e, H9_EDATA, "value %s comes twice", v->name);
  }
  return H9_OK;
}

static int population_decode(h9_bytes *c, h9_population *p, uint64_t first, const h9_network *net,
                             h9_error *e) {
  p->name = h9_bytes_get_name(c);
  p->model = h9_bytes_get_name(c);
  p->first = h9_bytes_get32(c);
  p->count = h9_bytes_get32(c);
  uint8_t flags = h9_bytes_get8(c), reserved = h9_bytes_get8(c);
  if (c->failed || !h9_name_is_fine(p->name) || !h9_name_is_fine(p->model))
    return h9_fail(e, H9_EDATA, "cut, or without a name or a model that can be shown");
  if (p->first != first)
    return h9_fail(e, H9_EDATA, "first id %u, expected %llu", p->first, (unsigned long long)first);
  if (p->count == 0 || p->count > net->n_neurons - (first - 1))
    return h9_fail(e, H9_EDATA, "%u neurons, expected 1 to %llu of the header's %u", p->count,
                   (unsigned long long)(net->n_neurons - (first - 1)), net->n_neurons);
  if (flags > PLACED || reserved)
    return h9_fail(e, H9_EDATA, "flags 0x%x 0x%x, expected 0 or 1 and 0", flags, reserved);
  p->placed = flags & PLACED;
  if (p->placed && net->dimensions == 0)
    return h9_fail(e, H9_EDATA, "it has positions, the header says 0 dimensions");
  return values_decode(c, p, e);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int names_differ(const h9_network *net, h9_error *e) {
  const char **name = malloc((net->n_populations + 1) * sizeof *name);
  if (!name) return h9_fail_memory(e, net->n_populations * sizeof *name, "names");
  for (uint32_t i = 0; i < net->n_populations; i++) name[i] = net->populations[i].name;
  qsort(name, net->n_populations, sizeof *name, by_name);
  int rc = H9_OK;
  for (uint32_t i = 1; i < net->n_populations && rc == H9_OK; i++)
    if (strcmp(name[i - 1], name[i]) == 0)
      rc = h9_fail(e, H9_EDATA, "two populations are called '%s'", name[i]);
  free(name);
  return rc;
}

/* The smallest population's bytes: two names of one letter, numbers, no values. */
enum { POPULATION_BYTES_MIN = 3 + 3 + 8 + 4 };

static int populations_decode(const h9_block *b, h9_network *net, h9_error *e) {
  h9_bytes c;
  int rc = h9_body_begin(b, &c, e);
  uint32_t n = net->n_populations;
  net->n_populations = 0;
  if (rc != H9_OK) return rc;
  if (b->count != n || n > b->len / POPULATION_BYTES_MIN)
    return h9_fail(e, H9_EDATA, "%llu populations in %zu bytes, the header says %u",
                   (unsigned long long)b->count, b->len, n);
  net->populations = calloc(n + 1, sizeof *net->populations);
  if (!net->populations) return h9_fail_memory(e, (n + 1) * sizeof *net->populations, "populations");
  net->n_populations = n;
  uint64_t first = 1;
  for (uint32_t i = 0; i < n; i++) {
    rc = population_decode(&c, &net->populations[i], first, net, e);
    if (rc != H9_OK) {
      h9_fail_at(e, "population %u", i + 1);
      return rc;
    }
    first += net->populations[i].count;
  }
  if (first - 1 != net->n_neurons)
    return h9_fail(e, H9_EDATA, "%llu neurons in all, the header says %u", (unsigned long long)first - 1,
                   net->n_neurons);
  rc = h9_body_end(&c, "populations", e);
  return rc == H9_OK ? names_differ(net, e) : rc;
}

int h9_network_check_head(const h9_network *net, h9_error *e) {
  h9_buf b = {0};
  h9_network again = {0};
  header_encode(net, &b);
  h9_block block = {.kind = H9_BLOCK_HEADER, .count = 1, .body = b.data, .len = b.len};
  int rc = b.failed ? h9_fail_memory(e, HEADER_BYTES, "a header") : header_decode(&block, &again, e);
  if (rc != H9_OK) again.n_populations = 0;
  b.len = 0;
  populations_encode(net, &b);
  block = (h9_block){.kind = H9_BLOCK_POPULATIONS, .count = net->n_populations, .body = b.data, .len = b.len};
  if (rc == H9_OK)
    rc = b.failed ? h9_fail_memory(e, b.len, "populations") : populations_decode(&block, &again, e);
  h9_network_release(&again);
  h9_buf_release(&b);
  return rc;
}

int h9_network_write_head(h9_writer *w, const h9_network *net, h9_error *e) {
  h9_buf b = {0};
  header_encode(net, &b);
  int rc = h9_body_write(w, H9_BLOCK_HEADER, 1, &b, e);
  if (rc != H9_OK) return rc;
  populations_encode(net, &b);
  rc = h9_body_write(w, H9_BLOCK_POPULATIONS, net->n_populations, &b, e);
  return rc == H9_OK ? h9_labels_write(w, &net->labels, e) : rc;
}

/* ---- reading ---- */

static int next_of(h9_reader *r, uint32_t kind, h9_block *b, h9_error *e) {
  int rc = h9_reader_next(r, b, e);
  if (rc == H9_EOF || (rc == H9_OK && b->kind != kind))
    return h9_fail(e, H9_EDATA, "%s: %s, expected %s", h9_reader_name(r),
                   rc == H9_EOF ? "the stream ends" : h9_block_kind_name(b->kind), h9_block_kind_name(kind));
  return rc;
}

int h9_network_read_head(h9_reader *r, h9_network *net, h9_error *e) {
  h9_block b;
  *net = (h9_network){0};
  int rc = next_of(r, H9_BLOCK_HEADER, &b, e);
  if (rc != H9_OK) return rc;
  rc = header_decode(&b, net, e);
  if (rc != H9_OK) net->n_populations = 0;
  if (rc == H9_EDATA) h9_reader_fail_at(r, &b, e);
  if (rc == H9_OK) rc = next_of(r, H9_BLOCK_POPULATIONS, &b, e);
  if (rc == H9_OK) {
    rc = populations_decode(&b, net, e);
    if (rc == H9_EDATA) h9_reader_fail_at(r, &b, e);
  } else net->n_populations = 0;
  if (rc != H9_OK) h9_network_release(net);
  return rc;
}

int h9_network_decode_head(const h9_block *b, h9_network *net, h9_error *e) {
  int rc = b->kind == H9_BLOCK_HEADER ? header_decode(b, net, e) : populations_decode(b, net, e);
  if (rc != H9_OK) h9_network_release(net);
  return rc;
}

static int provenance_add(h9_network *net, const h9_block *b, h9_error *e) {
  h9_provenance p = {0};
  int rc = h9_provenance_decode(b, &p, e);
  if (rc != H9_OK) return rc;
  h9_provenance *grown = realloc(net->provenance, (net->n_provenance + 1) * sizeof *grown);
  if (!grown) {
    h9_provenance_release(&p);
    return h9_fail_memory(e, (net->n_provenance + 1) * sizeof *grown, "provenance");
  }
  net->provenance = grown;
  net->provenance[net->n_provenance++] = p;
  return H9_OK;
}

static int metrics_add(h9_network *net, const h9_block *b, h9_error *e) {
  char program[64];
  h9_metrics m;
  int rc = h9_metrics_decode(b, program, &m, e);
  if (rc == H9_OK)
    for (uint32_t i = 0; i < m.n; i++) h9_metrics_set(&net->metrics, m.item[i].name, m.item[i].value);
  return rc;
}

int h9_network_absorb(h9_reader *r, h9_network *net, const h9_block *b, h9_error *e) {
  int rc = H9_OK;
  if (b->kind == H9_BLOCK_PROVENANCE) rc = provenance_add(net, b, e);
  if (b->kind == H9_BLOCK_METRICS && b->body) rc = metrics_add(net, b, e);
  if (rc == H9_EDATA) h9_reader_fail_at(r, b, e);
  return rc;
}

static int columns_take(h9_network *net, h9_error *e) {
  size_t n = net->n_neurons;
  float **axis[3] = {&net->x, &net->y, &net->z};
  bool any = false;
  for (uint32_t i = 0; i < net->n_populations; i++) any |= net->populations[i].placed;
  for (int k = 0; any && k < net->dimensions; k++)
    if (!(*axis[k] = calloc(n, sizeof(float)))) return h9_fail_memory(e, n * sizeof(float), "positions");
  for (uint32_t i = 0; i < net->n_populations; i++) {
    h9_population *p = &net->populations[i];
    for (uint32_t k = 0; k < p->n_values; k++)
      if (p->values[k].varies && !(p->values[k].column = calloc(p->count, sizeof(float))))
        return h9_fail_memory(e, p->count * sizeof(float), p->values[k].name);
  }
  return H9_OK;
}

static void columns_store(h9_network *net, const h9_neurons *n) {
  h9_population *p = &net->populations[n->population];
  size_t at = p->first - 1 + (size_t)n->first;
  const float *from[3] = {n->x, n->y, n->z};
  float *to[3] = {net->x, net->y, net->z};
  for (int k = 0; k < 3; k++)
    if (from[k]) memcpy(to[k] + at, from[k], n->n * sizeof(float));
  for (uint32_t k = 0, column = 0; k < p->n_values; k++)
    if (p->values[k].varies)
      memcpy(p->values[k].column + n->first, n->columns[column++], n->n * sizeof(float));
}

static int neurons_load(h9_network *net, const h9_block *b, h9_neurons *n, h9_neurons_order *order,
                        h9_error *e) {
  int rc = h9_neurons_decode(net, b, n, e);
  if (rc == H9_OK && !order->begun) rc = columns_take(net, e);
  if (rc == H9_OK) rc = h9_neurons_follow(net, order, n->population, n->first, n->n, e);
  if (rc == H9_OK) columns_store(net, n);
  return rc;
}

int h9_network_read(h9_reader *r, h9_network *net, bool columns, h9_block *b, h9_error *e) {
  int rc = h9_network_read_head(r, net, e);
  if (rc == H9_OK) rc = h9_network_read_rest(r, net, columns, b, e);
  if (rc != H9_OK && rc != H9_EOF) h9_network_release(net);
  return rc;
}

int h9_network_read_rest(h9_reader *r, h9_network *net, bool columns, h9_block *b, h9_error *e) {
  int rc;
  h9_neurons n = {0};
  h9_neurons_order order = {0};
  while ((rc = h9_reader_next(r, b, e)) == H9_OK) {
    if (b->kind == H9_BLOCK_NEURONS) {
      if (columns) rc = neurons_load(net, b, &n, &order, e);
    } else if (b->kind == H9_BLOCK_PROJECTIONS) rc = h9_projections_decode(net, b, e);
    else if (b->kind == H9_BLOCK_PROVENANCE) rc = provenance_add(net, b, e);
    else if (b->kind == H9_BLOCK_METRICS) rc = b->body ? metrics_add(net, b, e) : H9_OK;
    else if (b->kind != H9_BLOCK_LABELS) break;
    else if (b->body) rc = h9_labels_decode(b, net->n_neurons, &net->labels, e);
    if (rc != H9_OK) {
      if (rc == H9_EDATA) h9_reader_fail_at(r, b, e);
      break;
    }
  }
  h9_neurons_release(&n);
  if ((rc == H9_OK || rc == H9_EOF) && h9_neurons_complete(net, &order, e) != H9_OK) {
    h9_fail_at(e, "%s", h9_reader_name(r));
    rc = e->code;
  }
  return rc;
}

/* ---- checking ---- */

int h9_block_check(const h9_network *net, const h9_block *b, h9_check_scratch *s, h9_error *e) {
  switch (b->kind) {
  case H9_BLOCK_NEURONS: return h9_neurons_decode(net, b, &s->neurons, e);
  case H9_BLOCK_CONNECTIONS: return h9_rows_decode(net, b, &s->rows, e);
  case H9_BLOCK_SIGNALS: return h9_signals_decode(b, net->n_neurons, &s->signals, e);
  case H9_BLOCK_METRICS: {
    char program[64];
    h9_metrics m;
    return h9_metrics_decode(b, program, &m, e);
  }
  case H9_BLOCK_PROVENANCE: {
    h9_provenance p = {0};
    int rc = h9_provenance_decode(b, &p, e);
    h9_provenance_release(&p);
    return rc;
  }
  case H9_BLOCK_STATE: {
    h9_state state = {0};
    int rc = h9_state_decode(b, net->n_neurons, &state, e);
    h9_state_release(&state);
    return rc;
  }
  case H9_BLOCK_LABELS: {
    h9_labels labels = {0};
    int rc = h9_labels_decode(b, net->n_neurons, &labels, e);
    h9_labels_release(&labels);
    return rc;
  }
  default: return H9_OK;
  }
}

void h9_check_scratch_release(h9_check_scratch *s) {
  h9_neurons_release(&s->neurons);
  h9_rows_release(&s->rows);
  h9_signals_release(&s->signals);
}

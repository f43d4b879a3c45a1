/* Reading through the stable interface: hal9.h says what each function does. */
#include "lib_parts.h"

#include "../base/io.h"
#include "../base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

enum { NEURONS_AT_ONCE = 1 << 16 };

/* ---- what the stream says ---- */

static void values_show(const h9_value *v, uint32_t n, hal9_value *to) {
  int32_t column = 0;
  for (uint32_t k = 0; k < n; k++)
    to[k] = (hal9_value){v[k].name, v[k].constant, v[k].varies ? column++ : -1, 0};
}

static int head_show(hal9_reader *r, h9_error *e) {
  const h9_network *net = &r->net;
  r->header = (hal9_header){.dt = net->dt,
                            .seed = net->seed,
                            .dimensions = (uint32_t)net->dimensions,
                            .neurons = net->n_neurons,
                            .populations = net->n_populations};
  memcpy(r->header.low, net->lo, sizeof net->lo);
  memcpy(r->header.high, net->hi, sizeof net->hi);
  size_t n = 0, at = 0, most = 0;
  for (uint32_t i = 0; i < net->n_populations; i++) {
    n += net->populations[i].n_values;
    if (net->populations[i].n_values > most) most = net->populations[i].n_values;
  }
  r->population = calloc(net->n_populations + (size_t)1, sizeof *r->population);
  r->value = calloc(n + 1, sizeof *r->value);
  r->column = calloc(most + 1, sizeof *r->column);
  if (!r->population || !r->value || !r->column)
    return h9_fail_memory(e, n * sizeof *r->value, "populations");
  for (uint32_t i = 0; i < net->n_populations; i++) {
    const h9_population *p = &net->populations[i];
    values_show(p->values, p->n_values, r->value + at);
    r->population[i] =
        (hal9_population){p->name, p->model, p->first, p->count, p->placed, p->n_values, r->value + at};
    at += p->n_values;
  }
  return H9_OK;
}

static double constant_of(const h9_dist *d) {
  return h9_dist_is_constant(d) ? h9_dist_constant(d) : (double)NAN;
}

static int projections_show(hal9_reader *r, h9_error *e) {
  const h9_network *net = &r->net;
  size_t n = 0, at = 0;
  for (uint32_t i = 0; i < net->n_projections; i++) n += net->projections[i].n_synapse_values;
  r->projection = calloc(net->n_projections + (size_t)1, sizeof *r->projection);
  r->synapse_value = calloc(n + 1, sizeof *r->synapse_value);
  if (!r->projection || !r->synapse_value)
    return h9_fail_memory(e, net->n_projections * sizeof *r->projection, "projections");
  for (uint32_t i = 0; i < net->n_projections; i++) {
    const h9_projection *p = &net->projections[i];
    for (uint32_t k = 0; k < p->n_synapse_values; k++)
      r->synapse_value[at + k] = (hal9_value){p->synapse_values[k].name, p->synapse_values[k].value, -1, 0};
    r->projection[i] = (hal9_projection){.name = p->name,
                                         .synapse = p->synapse,
                                         .rule = h9_rule_name((enum h9_rule)p->rule),
                                         .source = p->source,
                                         .target = p->target,
                                         .deferred = !p->materialised,
                                         .weights = p->weight_encoding,
                                         .weight = constant_of(&p->weight),
                                         .quantum = p->weight_encoding == H9_WEIGHT_I16 ? p->quantum : 1,
                                         .delay = constant_of(&p->delay),
                                         .receptor = p->receptor,
                                         .periodic = p->periodic,
                                         .n_values = p->n_synapse_values,
                                         .values = r->synapse_value + at};
    at += p->n_synapse_values;
  }
  return H9_OK;
}

int h9_lib_settle(hal9_reader *r, h9_error *e) {
  if (r->settled) return H9_OK;
  bool columns = r->kinds & (HAL9_NEURONS | HAL9_CONNECTIONS);
  int rc = h9_network_read_rest(r->in, &r->net, columns, &r->block, e);
  if (rc != H9_OK && rc != H9_EOF) return rc;
  r->settled = true;
  r->ended = rc == H9_EOF;
  r->pending = !r->ended;
  return projections_show(r, e);
}

/* ---- opening ---- */

static int open_network(hal9_reader *r, int fd, const char *name, h9_error *e) {
  uint32_t wanted = 1u << H9_BLOCK_METRICS;
  if (r->kinds & (HAL9_NEURONS | HAL9_CONNECTIONS)) wanted |= 1u << H9_BLOCK_NEURONS;
  if (r->kinds & HAL9_CONNECTIONS) wanted |= 1u << H9_BLOCK_CONNECTIONS;
  if (r->kinds & HAL9_SIGNALS) wanted |= 1u << H9_BLOCK_SIGNALS;
  if (r->kinds & HAL9_STATES) wanted |= 1u << H9_BLOCK_STATE;
  if (r->kinds & HAL9_LABELS) wanted |= 1u << H9_BLOCK_LABELS;
  int rc = h9_reader_open(&r->in, fd, name, wanted, r->threads, e);
  if (rc == H9_OK) rc = h9_network_read_head(r->in, &r->net, e);
  return rc == H9_OK ? head_show(r, e) : rc;
}

static int open_with(hal9_reader **out, int fd, bool own, const char *name, unsigned kinds, int threads) {
  h9_error e = {0};
  hal9_reader *r = calloc(1, sizeof *r);
  if (!r) {
    if (own) close(fd);
    (void)!h9_fail_memory(&e, sizeof *r, "a reader");
    return h9_lib_failed(&e);
  }
  r->fd = own ? fd : -1;
  r->kinds = kinds;
  r->threads = threads;
  if (open_network(r, fd, name, &e) != H9_OK) {
    hal9_close(r);
    return h9_lib_failed(&e);
  }
  *out = r;
  return 0;
}

static int arguments_check(unsigned kinds, int threads) {
  if (kinds & ~(unsigned)HAL9_ALL)
    return h9_lib_fail(HAL9_EUSAGE, "kinds: found 0x%x, expected of HAL9_ALL, 0x%x", kinds,
                       (unsigned)HAL9_ALL);
  if (threads < 0) return h9_lib_fail(HAL9_EUSAGE, "threads: found %d, expected 0 or more", threads);
  return 0;
}

int hal9_open(hal9_reader **r, const char *path, unsigned kinds, int threads) {
  h9_error e = {0};
  const char *shown;
  int fd;
  *r = NULL;
  int rc = arguments_check(kinds, threads);
  if (rc < 0) return rc;
  if (h9_input_open(path, &fd, &shown, &e) != H9_OK) return h9_lib_failed(&e);
  return open_with(r, fd, fd != STDIN_FILENO, shown, kinds, threads);
}

int hal9_open_fd(hal9_reader **r, int fd, const char *name, unsigned kinds, int threads) {
  *r = NULL;
  int rc = arguments_check(kinds, threads);
  return rc < 0 ? rc : open_with(r, fd, false, name, kinds, threads);
}

void hal9_close(hal9_reader *r) {
  if (!r) return;
  h9_rowsource_free(r->rows);
  if (r->in) h9_reader_close(r->in);
  if (r->fd >= 0) close(r->fd);
  h9_network_release(&r->net);
  h9_signals_release(&r->signals_in);
  h9_state_release(&r->states_in);
  free(r->population);
  free(r->projection);
  free(r->value);
  free(r->synapse_value);
  free(r->column);
  free(r->source);
  free(r->target);
  free(r->of);
  free(r->delay);
  free(r->weight);
  free(r);
}

/* ---- records ---- */

/* H9_EOF: no more. */
static int neurons_next(hal9_reader *r) {
  const h9_network *net = &r->net;
  for (; r->at_population < net->n_populations; r->at_population++, r->at_neuron = 0) {
    const h9_population *p = &net->populations[r->at_population];
    if (r->at_neuron == p->count || h9_population_columns(net, p) == 0) continue;
    uint32_t left = p->count - r->at_neuron, n = left < NEURONS_AT_ONCE ? left : NEURONS_AT_ONCE, columns = 0;
    size_t at = p->first - 1 + (size_t)r->at_neuron;
    for (uint32_t k = 0; k < p->n_values; k++)
      if (p->values[k].varies) r->column[columns++] = p->values[k].column + r->at_neuron;
    r->neurons = (hal9_neurons){.population = r->at_population,
                                .first = p->first + r->at_neuron,
                                .n = n,
                                .n_columns = columns,
                                .x = p->placed && net->x ? net->x + at : NULL,
                                .y = p->placed && net->y ? net->y + at : NULL,
                                .z = p->placed && net->z ? net->z + at : NULL,
                                .columns = r->column};
    r->at_neuron += n;
    return H9_OK;
  }
  return H9_EOF;
}

static int room(hal9_reader *r, size_t n, h9_error *e) {
  if (n <= r->cap) return H9_OK;
  size_t cap = r->cap + r->cap / 2 > n ? r->cap + r->cap / 2 : n;
  struct {
    void **p;
    size_t size;
  } part[] = {{(void **)&r->source, 4},
              {(void **)&r->target, 4},
              {(void **)&r->of, 4},
              {(void **)&r->delay, 2},
              {(void **)&r->weight, 8}};
  r->cap = 0;
  for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
    free(*part[i].p);
    *part[i].p = malloc(cap * part[i].size);
    if (!*part[i].p) return h9_fail_memory(e, cap * part[i].size, "connections");
  }
  r->cap = cap;
  return H9_OK;
}

/* Rows [from, to) of a projection, from place `at` on. */
static void take(hal9_reader *r, const h9_rows *rows, uint64_t from, uint64_t to, h9_id source, size_t at) {
  const h9_projection *p = &r->net.projections[rows->projection];
  h9_id target = r->net.populations[p->target].first;
  double constant = p->weight_encoding == H9_WEIGHT_CONSTANT ? h9_dist_constant(&p->weight) : 0;
  for (uint64_t i = from; i < to; i++, at++) {
    r->source[at] = source;
    r->target[at] = target + rows->target[i];
    r->of[at] = rows->projection;
    r->delay[at] = rows->delay[i];
    r->weight[at] = p->weight_encoding == H9_WEIGHT_I16   ? rows->weight[i] * p->quantum
                    : p->weight_encoding == H9_WEIGHT_F32 ? (double)rows->weight_f[i]
                    : p->weight_encoding == H9_WEIGHT_F64 ? rows->weight_d[i]
                                                          : constant;
  }
}

/* A group's connections, source by source, of each its projections in order. H9_EOF: no more. */
static int connections_next(hal9_reader *r, h9_error *e) {
  h9_group g;
  uint64_t n = 0;
  int rc = H9_OK;
  if (!r->rows) {
    h9_rowsource_options o = {.threads = 1};
    if (!r->pending) r->ended = true;
    rc = h9_rowsource_read(&r->rows, &r->net, r->in, &r->block, &r->ended, &o, e);
  }
  while (rc == H9_OK && n == 0) {
    rc = h9_rowsource_next(r->rows, &g, e);
    for (uint32_t k = 0; rc == H9_OK && k < g.n_rows; k++) n += g.rows[k].n;
  }
  if (rc == H9_OK) rc = room(r, n, e);
  if (rc != H9_OK) return rc;
  h9_id first = r->net.populations[g.population].first + g.first;
  size_t at = 0;
  for (uint32_t i = 0; i < g.n; i++)
    for (uint32_t k = 0; k < g.n_rows; k++) {
      const h9_rows *rows = &g.rows[k];
      take(r, rows, rows->start[i], rows->start[i + 1], first + i, at);
      at += rows->start[i + 1] - rows->start[i];
    }
  r->connections = (hal9_connections){n, r->of, r->source, r->target, r->delay, r->weight};
  return H9_OK;
}

/* The pending block; *kind 0 when there is nothing in it to hand out. */
static int block_take(hal9_reader *r, int *kind, h9_error *e) {
  const h9_block *b = &r->block;
  int rc = H9_OK;
  if (!b->body) return H9_OK;
  if (b->kind == H9_BLOCK_SIGNALS && r->kinds & HAL9_SIGNALS) {
    h9_signals *s = &r->signals_in;
    rc = h9_signals_decode(b, r->net.n_neurons, s, e);
    r->signals = (hal9_signals){s->from,
                                s->to,
                                s->n,
                                s->step,
                                s->id,
                                s->strength_bytes ? s->strength : NULL,
                                s->prioritised ? s->priority : NULL};
    *kind = HAL9_SIGNALS;
  } else if (b->kind == H9_BLOCK_STATE && r->kinds & HAL9_STATES) {
    h9_state *s = &r->states_in;
    h9_state_release(s);
    rc = h9_state_decode(b, r->net.n_neurons, s, e);
    r->states = (hal9_states){.variable = s->variable,
                              .unit = s->unit,
                              .group = s->of,
                              .first = s->first,
                              .interval = s->interval,
                              .n_times = s->n_times,
                              .n_ids = s->n_ids,
                              .wide = s->wide,
                              .id = s->of && *s->of ? NULL : s->id,
                              .sample = s->sample};
    *kind = HAL9_STATES;
  } else return h9_network_absorb(r->in, &r->net, b, e);
  return rc == H9_EDATA ? h9_reader_fail_at(r->in, b, e) : rc;
}

static int next(hal9_reader *r, int *kind, h9_error *e) {
  int rc = h9_lib_settle(r, e);
  if (rc == H9_OK && r->kinds & HAL9_NEURONS && h9_network_is_loaded(&r->net) && neurons_next(r) == H9_OK) {
    *kind = HAL9_NEURONS;
    return H9_OK;
  }
  if (rc == H9_OK && r->kinds & HAL9_CONNECTIONS && r->net.n_projections && !r->rows_done) {
    rc = connections_next(r, e);
    if (rc == H9_OK) *kind = HAL9_CONNECTIONS;
    if (rc != H9_EOF) return rc;
    r->rows_done = true;
    r->pending = !r->ended;
    rc = H9_OK;
  }
  while (rc == H9_OK && !r->ended && *kind == 0) {
    if (!r->pending) {
      rc = h9_reader_next(r->in, &r->block, e);
      r->ended = rc == H9_EOF;
      if (rc != H9_OK) break;
    }
    r->pending = false;
    rc = block_take(r, kind, e);
  }
  return rc == H9_EOF ? H9_OK : rc;
}

int hal9_next(hal9_reader *r) {
  int kind = 0;
  r->handed = 0;
  if (!r->failed && next(r, &kind, &r->error) != H9_OK) r->failed = 1;
  if (r->failed) return h9_lib_failed(&r->error);
  r->handed = kind;
  if (kind == 0) h9_hash_text(h9_reader_hash(r->in), r->hash);
  return kind;
}

/* ---- what was read ---- */

const hal9_header *hal9_reader_header(const hal9_reader *r) { return &r->header; }
const hal9_population *hal9_reader_population(const hal9_reader *r, uint32_t i) {
  return i < r->net.n_populations ? &r->population[i] : NULL;
}
const hal9_projection *hal9_reader_projection(const hal9_reader *r, uint32_t i) {
  return r->projection && i < r->net.n_projections ? &r->projection[i] : NULL;
}
const hal9_neurons *hal9_get_neurons(const hal9_reader *r) {
  return r->handed == HAL9_NEURONS ? &r->neurons : NULL;
}
const hal9_connections *hal9_get_connections(const hal9_reader *r) {
  return r->handed == HAL9_CONNECTIONS ? &r->connections : NULL;
}
const hal9_signals *hal9_get_signals(const hal9_reader *r) {
  return r->handed == HAL9_SIGNALS ? &r->signals : NULL;
}
const hal9_states *hal9_get_states(const hal9_reader *r) {
  return r->handed == HAL9_STATES ? &r->states : NULL;
}
const char *hal9_reader_hash(const hal9_reader *r) { return r->hash; }

const char *hal9_reader_metric(const hal9_reader *r, uint32_t i, double *value) {
  if (i >= r->net.metrics.n) return NULL;
  *value = r->net.metrics.item[i].value;
  return r->net.metrics.item[i].name;
}
const char *hal9_reader_label(hal9_reader *r, uint32_t id) {
  *h9_labels_text(&r->net.labels, id, r->label) = 0;
  return r->label;
}
const hal9_provenance *hal9_reader_provenance(hal9_reader *r, uint32_t i) {
  if (i >= r->net.n_provenance) return NULL;
  const h9_provenance *p = &r->net.provenance[i];
  r->provenance = (hal9_provenance){p->program, p->version, p->options, p->label, p->seed, p->n_parents, 0};
  return &r->provenance;
}

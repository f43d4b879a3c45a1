/* Writing through the stable interface: hal9.h says what each function does. */
#include "lib_parts.h"

#include "../base/io.h"
#include "../base/memory.h"
#include "lib_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEP_MAX (INT64_C(1) << 62)
enum { NEURONS_AT_ONCE = 1 << 16, SIGNALS_AT_ONCE = 1 << 20, SAMPLES_AT_ONCE = 1 << 22, PARENTS_MAX = 8 };

/* Where the stream is; what comes next is of the same stage or a later one. */
enum stage { BEGUN, NAMED, HEADED, NEURONS, PROJECTIONS, CONNECTIONS, RECORDS };

struct hal9_writer {
  h9_output out;
  bool theirs; /* out.fd is the caller's */
  h9_writer *to;
  h9_error error; /* the first, given again */
  enum stage stage;
  h9_network net;
  bool like; /* populations and labels of `net` are the first parent's */
  size_t population_cap, projection_cap;
  hal9_reader *parent[PARENTS_MAX];
  uint32_t n_parents;
  char *program, *version, *options;
  h9_neurons_order order;
  h9_grouping grouping;
  bool recording; /* `recorded` is known */
  h9_step recorded;
};

/* ---- opening and releasing ---- */

static void release(hal9_writer *w) {
  if (w->to) h9_writer_abort(w->to);
  h9_output_abandon(&w->out);
  h9_grouping_release(&w->grouping);
  if (w->like) {
    w->net.populations = NULL;
    w->net.labels = (h9_labels){0};
  }
  h9_network_release(&w->net);
  free(w->program);
  free(w->version);
  free(w->options);
  free(w);
}

/* A text that fits the stream's names. */
static char *copy_name(const char *s, const char *what, h9_error *e) {
  char *copy = NULL;
  if (!s || strlen(s) > H9_NAME_MAX)
    (void)!h9_fail(e, H9_EUSAGE, "%s: found %s, expected a text of at most %u bytes", what,
                   s ? "a longer text" : "NULL", H9_NAME_MAX);
  else if (!(copy = h9_strdup(s))) (void)!h9_fail_memory(e, strlen(s), what);
  return copy;
}

static int begin(hal9_writer *w, const char *name, const char *program, const char *version,
                 const char *options, int level, int threads, h9_error *e) {
  if (level < -50 || level > 19) return h9_fail(e, H9_EUSAGE, "level: found %d, expected -50 to 19", level);
  if (threads < 0) return h9_fail(e, H9_EUSAGE, "threads: found %d, expected 0 or more", threads);
  if (!program || !*program) return h9_fail(e, H9_EUSAGE, "program: expected a name");
  if (!(w->program = copy_name(program, "program", e)) || !(w->version = copy_name(version, "version", e)))
    return e->code;
  if (!(w->options = h9_strdup(options ? options : ""))) return h9_fail_memory(e, strlen(options), "options");
  return h9_writer_open(&w->to, w->out.fd, name, level, threads, e);
}

/* `name` NULL: the file `path`, else the descriptor fd. */
static int create(hal9_writer **out, const char *path, int fd, const char *name, const char *program,
                  const char *version, const char *options, int level, int threads) {
  h9_error e = {0};
  hal9_writer *w = calloc(1, sizeof *w);
  int rc = H9_OK;
  *out = NULL;
  if (!w) {
    (void)!h9_fail_memory(&e, sizeof *w, "a writer");
    return h9_lib_failed(&e);
  }
  w->out.fd = fd;
  w->theirs = name != NULL;
  if (!name) {
    rc = h9_output_open(&w->out, path, false, &e);
    name = w->out.path ? w->out.path : "standard output";
  }
  if (rc == H9_OK) rc = begin(w, name, program, version, options, level, threads, &e);
  if (rc != H9_OK) {
    release(w);
    return h9_lib_failed(&e);
  }
  *out = w;
  return 0;
}

int hal9_create(hal9_writer **w, const char *path, const char *program, const char *version,
                const char *options, int level, int threads) {
  return create(w, path, -1, NULL, program, version, options, level, threads);
}

int hal9_create_fd(hal9_writer **w, int fd, const char *name, const char *program, const char *version,
                   const char *options, int level, int threads) {
  return create(w, NULL, fd, name ? name : "output", program, version, options, level, threads);
}

void hal9_abandon(hal9_writer *w) {
  if (w) release(w);
}

/* ---- what each function does before and after ---- */

static const char *const stage_name[] = {
    "nothing",     "header and populations", "header and populations", "neurons", "projections",
    "connections", "signals or states"};

static int fail(hal9_writer *w, h9_error *e) {
  if (e->code == H9_EDATA) e->code = H9_EUSAGE; /* what a reader would not take */
  if (w->error.code == H9_OK) w->error = *e;
  return h9_lib_failed(&w->error);
}

/* Writes the head when the first record comes. */
static int head(hal9_writer *w, h9_error *e) {
  if (w->stage == BEGUN) return h9_fail(e, H9_EUSAGE, "expected hal9_set_like or hal9_set_header first");
  if (w->stage != NAMED) return H9_OK;
  int rc = h9_network_check_head(&w->net, e);
  if (rc == H9_OK) rc = h9_network_write_head(w->to, &w->net, e);
  if (rc == H9_OK) w->stage = HEADED;
  return rc;
}

/* On to a stage: what the stages between still have to write. */
static int advance(hal9_writer *w, enum stage to, h9_error *e) {
  int rc = head(w, e);
  if (rc == H9_OK && w->stage > to)
    rc = h9_fail(e, H9_EUSAGE, "%s after %s, expected the order neurons, projections, connections, records",
                 stage_name[to], stage_name[w->stage]);
  if (rc == H9_OK && w->stage == NEURONS && to > NEURONS) rc = h9_neurons_complete(&w->net, &w->order, e);
  if (rc == H9_OK && w->stage == PROJECTIONS && to > PROJECTIONS) {
    rc = h9_projections_check(&w->net, e);
    if (rc == H9_OK) rc = h9_projections_write(w->to, &w->net, e);
  }
  if (rc == H9_OK && to > CONNECTIONS && (w->stage == PROJECTIONS || w->stage == CONNECTIONS))
    rc = h9_grouping_finish(&w->grouping, w->to, &w->net, e);
  if (rc == H9_OK) w->stage = to;
  return rc;
}

/* ---- what the stream is about ---- */

static int add_parent(hal9_writer *w, hal9_reader *r, h9_error *e) {
  if (w->n_parents == PARENTS_MAX) return h9_fail(e, H9_EUSAGE, "expected at most %d parents", PARENTS_MAX);
  w->parent[w->n_parents++] = r;
  return H9_OK;
}

static int set_like(hal9_writer *w, hal9_reader *r, h9_error *e) {
  if (w->stage != BEGUN) return h9_fail(e, H9_EUSAGE, "expected hal9_set_like before anything else");
  if (r->failed || h9_lib_settle(r, &r->error) != H9_OK) {
    r->failed = 1;
    *e = r->error;
    return e->code;
  }
  const h9_network *net = &r->net;
  w->net = (h9_network){.dt = net->dt,
                        .seed = net->seed,
                        .dimensions = net->dimensions,
                        .n_neurons = net->n_neurons,
                        .n_populations = net->n_populations,
                        .populations = net->populations,
                        .labels = net->labels};
  memcpy(w->net.lo, net->lo, sizeof net->lo);
  memcpy(w->net.hi, net->hi, sizeof net->hi);
  w->like = true;
  w->stage = NAMED;
  int rc = add_parent(w, r, e);
  return rc == H9_OK ? head(w, e) : rc;
}

int hal9_set_like(hal9_writer *w, hal9_reader *r) {
  h9_error e = {0};
  if (w->error.code) return h9_lib_failed(&w->error);
  if (set_like(w, r, &e) == H9_OK) return 0;
  if (e.code != H9_EDATA) return fail(w, &e);
  w->error = e; /* the input's */
  return h9_lib_failed(&e);
}

int hal9_set_header(hal9_writer *w, const hal9_header *h) {
  h9_error e = {0};
  if (w->error.code) return h9_lib_failed(&w->error);
  if (w->stage != BEGUN) {
    (void)!h9_fail(&e, H9_EUSAGE, "expected hal9_set_header before anything else");
    return fail(w, &e);
  }
  w->net =
      (h9_network){.dt = h->dt, .seed = h->seed, .dimensions = h->dimensions < 4 ? (int)h->dimensions : 4};
  memcpy(w->net.lo, h->low, sizeof h->low);
  memcpy(w->net.hi, h->high, sizeof h->high);
  w->stage = NAMED;
  return 0;
}

static int add_population(hal9_writer *w, const hal9_population *p, h9_error *e) {
  h9_network *net = &w->net;
  if (w->stage != NAMED || w->like)
    return h9_fail(e, H9_EUSAGE, "expected hal9_add_population behind hal9_set_header and before any record");
  if (p->count == 0 || p->count > H9_ID_MAX - net->n_neurons)
    return h9_fail(e, H9_EUSAGE, "found %u neurons, expected 1 to %u", p->count, H9_ID_MAX - net->n_neurons);
  if (net->n_populations == H9_POPULATIONS_MAX || p->n_values > UINT16_MAX)
    return h9_fail(e, H9_EUSAGE, "expected at most %u populations of at most %u values", H9_POPULATIONS_MAX,
                   UINT16_MAX);
  if (h9_grow(&net->populations, &w->population_cap, net->n_populations + (size_t)1,
              sizeof *net->populations) != H9_OK)
    return h9_fail_memory(e, net->n_populations * sizeof *net->populations, "populations");
  h9_population *q = &net->populations[net->n_populations++];
  *q = (h9_population){.first = net->n_neurons + 1, .count = p->count, .placed = p->placed};
  net->n_neurons += p->count;
  if (!(q->name = copy_name(p->name, "name of a population", e)) ||
      !(q->model = copy_name(p->model, "model of a population", e)))
    return e->code;
  if (!(q->values = calloc(p->n_values + (size_t)1, sizeof *q->values)))
    return h9_fail_memory(e, p->n_values * sizeof *q->values, "values");
  for (uint32_t i = 0; i < p->n_values; i++) {
    h9_value *v = &q->values[q->n_values++];
    v->varies = p->values[i].column >= 0;
    v->constant = v->varies ? 0 : p->values[i].constant;
    if (!(v->name = copy_name(p->values[i].name, "name of a value", e))) return e->code;
  }
  return H9_OK;
}

int hal9_add_population(hal9_writer *w, const hal9_population *p) {
  h9_error e = {0};
  if (w->error.code) return h9_lib_failed(&w->error);
  return add_population(w, p, &e) == H9_OK ? 0 : fail(w, &e);
}

int hal9_add_parent(hal9_writer *w, hal9_reader *r) {
  h9_error e = {0};
  if (w->error.code) return h9_lib_failed(&w->error);
  return add_parent(w, r, &e) == H9_OK ? 0 : fail(w, &e);
}

/* ---- neurons ---- */

static bool finite_all(const float *v, uint32_t n) {
  uint32_t i = 0;
  while (i < n && isfinite(v[i])) i++;
  return i == n;
}

static int write_neurons(hal9_writer *w, const hal9_neurons *n, h9_error *e) {
  int rc = advance(w, NEURONS, e);
  if (rc != H9_OK || n->n == 0) return rc;
  const h9_network *net = &w->net;
  if (n->population >= net->n_populations)
    return h9_fail(e, H9_EUSAGE, "found population %u, expected below %u", n->population, net->n_populations);
  const h9_population *p = &net->populations[n->population];
  const float *axis[3] = {n->x, n->y, n->z};
  uint32_t coordinates = p->placed ? (uint32_t)net->dimensions : 0,
           columns = h9_population_columns(net, p) - coordinates;
  if (n->n_columns != columns || (columns && !n->columns))
    return h9_fail(e, H9_EUSAGE, "population '%s': found %u columns, expected %u", p->name, n->n_columns,
                   columns);
  if (coordinates + columns == 0)
    return h9_fail(e, H9_EUSAGE,
                   "population '%s' has neither positions nor columns, expected no neurons of it", p->name);
  if (n->first < p->first || n->first - p->first >= p->count || n->n > p->count - (n->first - p->first))
    return h9_fail(e, H9_EUSAGE,
                   "population '%s': found neurons from %u on, %u of them, expected within %u to %u", p->name,
                   n->first, n->n, p->first, p->first + p->count - 1);
  for (uint32_t i = 0; i < coordinates + columns; i++) {
    const float *v = i < coordinates ? axis[i] : n->columns[i - coordinates];
    if (!v || !finite_all(v, n->n))
      return h9_fail(e, H9_EUSAGE, "population '%s': %s %u is %s, expected finite numbers", p->name,
                     i < coordinates ? "coordinate" : "column", i < coordinates ? i : i - coordinates,
                     v ? "not finite" : "NULL");
  }
  const float **moved = malloc((columns + (size_t)1) * sizeof *moved);
  if (!moved) return h9_fail_memory(e, columns * sizeof *moved, "columns");
  uint32_t first = n->first - p->first;
  for (uint32_t at = 0, k; at < n->n && rc == H9_OK; at += k) {
    k = n->n - at < NEURONS_AT_ONCE ? n->n - at : NEURONS_AT_ONCE;
    for (uint32_t i = 0; i < columns; i++) moved[i] = n->columns[i] + at;
    rc = h9_neurons_follow(net, &w->order, n->population, first + at, k, e);
    if (rc == H9_OK)
      rc = h9_neurons_write(w->to, net, n->population, first + at, k, coordinates > 0 ? n->x + at : NULL,
                            coordinates > 1 ? n->y + at : NULL, coordinates > 2 ? n->z + at : NULL, moved, e);
  }
  free(moved);
  return rc;
}

int hal9_write_neurons(hal9_writer *w, const hal9_neurons *n) {
  h9_error e = {0};
  if (w->error.code) return h9_lib_failed(&w->error);
  return write_neurons(w, n, &e) == H9_OK ? 0 : fail(w, &e);
}

/* ---- projections and connections ---- */

static int add_projection(hal9_writer *w, const hal9_projection *p, h9_error *e) {
  h9_network *net = &w->net;
  int rc = advance(w, PROJECTIONS, e);
  if (rc != H9_OK) return rc;
  if (net->n_projections == H9_PROJECTIONS_MAX)
    return h9_fail(e, H9_EUSAGE, "expected at most %u projections", H9_PROJECTIONS_MAX);
  if (p->weights < HAL9_WEIGHTS_CONSTANT || p->weights > HAL9_WEIGHTS_F64)
    return h9_fail(e, H9_EUSAGE, "weights: found %d, expected of enum hal9_weights", p->weights);
  if (p->weights == HAL9_WEIGHTS_CONSTANT && !isfinite(p->weight))
    return h9_fail(e, H9_EUSAGE, "weight: found %g, expected a finite number, for all connections have it",
                   p->weight);
  if (h9_grow(&net->projections, &w->projection_cap, net->n_projections + (size_t)1,
              sizeof *net->projections) != H9_OK)
    return h9_fail_memory(e, net->n_projections * sizeof *net->projections, "projections");
  h9_projection *q = &net->projections[net->n_projections++];
  *q = (h9_projection){.source = p->source,
                       .target = p->target,
                       .rule = H9_RULE_EXPLICIT,
                       .autapses = true,
                       .multapses = true,
                       .periodic = p->periodic,
                       .materialised = true,
                       .kernel = {.scale = 1, .cutoff = INFINITY},
                       .weight_encoding = (uint8_t)p->weights,
                       .quantum = p->weights == HAL9_WEIGHTS_I16 ? p->quantum : 1,
                       .receptor = p->receptor};
  if (!(q->name = copy_name(p->name, "name of a projection", e)) ||
      !(q->synapse = copy_name(p->synapse, "synapse of a projection", e)))
    return e->code;
  if (h9_dist_constant_make(&q->weight, isnan(p->weight) ? 0 : p->weight) != H9_OK ||
      h9_dist_constant_make(&q->delay, isnan(p->delay) ? net->dt : p->delay) != H9_OK ||
      !(q->synapse_values = calloc(p->n_values + (size_t)1, sizeof *q->synapse_values)))
    return h9_fail_memory(e, sizeof *q, "a projection");
  for (uint32_t i = 0; i < p->n_values; i++) {
    h9_synapse_value *v = &q->synapse_values[q->n_synapse_values++];
    v->value = p->values[i].constant;
    if (!(v->name = copy_name(p->values[i].name, "name of a synapse's value", e))) return e->code;
  }
  return H9_OK;
}

int hal9_add_projection(hal9_writer *w, const hal9_projection *p) {
  h9_error e = {0};
  if (w->error.code) return h9_lib_failed(&w->error);
  return add_projection(w, p, &e) == H9_OK ? 0 : fail(w, &e);
}

static int write_connections(hal9_writer *w, const hal9_connections *c, h9_error *e) {
  int rc = advance(w, CONNECTIONS, e);
  if (rc == H9_OK && c->n > 0 && w->net.n_projections == 0)
    return h9_fail(e, H9_EUSAGE, "expected hal9_add_projection before connections");
  return rc == H9_OK ? h9_grouping_add(&w->grouping, w->to, &w->net, c, e) : rc;
}

int hal9_write_connections(hal9_writer *w, const hal9_connections *c) {
  h9_error e = {0};
  if (w->error.code) return h9_lib_failed(&w->error);
  return write_connections(w, c, &e) == H9_OK ? 0 : fail(w, &e);
}

/* ---- signals and states ---- */

static int check_signals(const hal9_writer *w, const hal9_signals *s, uint8_t *bytes, h9_error *e) {
  if (s->from < -STEP_MAX || s->to > STEP_MAX || s->from > s->to)
    return h9_fail(e, H9_EUSAGE, "a batch from step %lld to %lld, expected ascending within +-2^62",
                   (long long)s->from, (long long)s->to);
  if (w->recording && s->from != w->recorded)
    return h9_fail(e, H9_EUSAGE, "a batch from step %lld, expected %lld, where the last one ended",
                   (long long)s->from, (long long)w->recorded);
  *bytes = s->strength ? 4 : 0;
  for (uint64_t i = 0; i < s->n; i++) {
    if (s->step[i] <= s->from || s->step[i] > s->to || s->id[i] < 1 || s->id[i] > w->net.n_neurons)
      return h9_fail(e, H9_EUSAGE,
                     "signal %llu: found step %lld of neuron %u, expected %lld to %lld of neurons 1 to %u",
                     (unsigned long long)i, (long long)s->step[i], s->id[i], (long long)s->from + 1,
                     (long long)s->to, w->net.n_neurons);
    if (i && (s->step[i] < s->step[i - 1] || (s->step[i] == s->step[i - 1] && s->id[i] < s->id[i - 1])))
      return h9_fail(
          e, H9_EUSAGE,
          "signal %llu: found step %lld of neuron %u behind step %lld of neuron %u, expected in order",
          (unsigned long long)i, (long long)s->step[i], s->id[i], (long long)s->step[i - 1], s->id[i - 1]);
    if (!s->strength) continue;
    if (!isfinite(s->strength[i]))
      return h9_fail(e, H9_EUSAGE, "signal %llu: found strength %g, expected a finite number",
                     (unsigned long long)i, s->strength[i]);
    if ((double)(float)s->strength[i] != s->strength[i]) *bytes = 8;
  }
  return H9_OK;
}

static int write_signals(hal9_writer *w, const hal9_signals *s, h9_error *e) {
  uint8_t bytes = 0;
  int rc = advance(w, RECORDS, e);
  if (rc == H9_OK) rc = check_signals(w, s, &bytes, e);
  h9_step from = s->from;
  uint64_t at = 0;
  while (rc == H9_OK) { /* in parts of whole steps */
    uint64_t n = s->n - at < SIGNALS_AT_ONCE ? s->n - at : SIGNALS_AT_ONCE;
    while (at + n < s->n && s->step[at + n] == s->step[at + n - 1]) n++;
    h9_signals part = {.from = from,
                       .to = at + n < s->n ? s->step[at + n - 1] : s->to,
                       .n = n,
                       .step = (h9_step *)(uintptr_t)(s->step + at),
                       .id = (h9_id *)(uintptr_t)(s->id + at),
                       .strength_bytes = bytes,
                       .prioritised = s->priority != NULL,
                       .strength = bytes ? (double *)(uintptr_t)(s->strength + at) : NULL,
                       .priority = s->priority ? (uint8_t *)(uintptr_t)(s->priority + at) : NULL};
    h9_buf b = {0};
    h9_signals_encode(&part, &b);
    rc = b.failed ? h9_fail_memory(e, n * 16, "signals") : h9_writer_block(w->to, H9_BLOCK_SIGNALS, n, &b, e);
    h9_buf_release(&b);
    from = part.to;
    at += n;
    if (at == s->n) break;
  }
  w->recording = true;
  w->recorded = s->to;
  return rc;
}

int hal9_write_signals(hal9_writer *w, const hal9_signals *s) {
  h9_error e = {0};
  if (w->error.code) return h9_lib_failed(&w->error);
  return write_signals(w, s, &e) == H9_OK ? 0 : fail(w, &e);
}

static int check_states(const hal9_writer *w, const hal9_states *s, bool grouped, uint64_t samples,
                        h9_error *e) {
  if (!s->variable || !*s->variable || !s->unit || s->interval == 0)
    return h9_fail(e, H9_EUSAGE, "states: expected a variable, a unit and an interval of at least 1");
  if (grouped && s->n_ids)
    return h9_fail(e, H9_EUSAGE, "states of a group: found %u neurons, expected none", s->n_ids);
  for (uint32_t i = 0; i < s->n_ids; i++) {
    uint32_t low = i ? s->id[i - 1] + 1 : 1;
    if (s->id[i] < low || s->id[i] > w->net.n_neurons)
      return h9_fail(e, H9_EUSAGE, "states: found neuron %u, expected %u to %u", s->id[i], low,
                     w->net.n_neurons);
  }
  for (uint64_t i = 0; i < samples; i++)
    if (!isfinite(s->wide ? s->sample[i] : (double)(float)s->sample[i]))
      return h9_fail(e, H9_EUSAGE, "states: sample %llu is %g, expected a finite number",
                     (unsigned long long)i, s->sample[i]);
  return H9_OK;
}

static int write_states(hal9_writer *w, const hal9_states *s, h9_error *e) {
  bool grouped = s->group && *s->group;
  uint32_t width = grouped ? 1 : s->n_ids;
  int rc = advance(w, RECORDS, e);
  if (rc == H9_OK) rc = check_states(w, s, grouped, (uint64_t)s->n_times * width, e);
  uint32_t most = width && width < SAMPLES_AT_ONCE ? SAMPLES_AT_ONCE / width : 1;
  h9_state x = {.interval = s->interval, .n_ids = s->n_ids, .id = (h9_id *)(uintptr_t)s->id, .wide = s->wide};
  if (rc == H9_OK && (!(x.variable = copy_name(s->variable, "a variable", e)) ||
                      !(x.unit = copy_name(s->unit, "a unit", e)) ||
                      !(x.of = copy_name(grouped ? s->group : "", "a group", e))))
    rc = e->code;
  for (uint32_t at = 0; rc == H9_OK && width > 0 && at < s->n_times; at += x.n_times) {
    h9_buf b = {0};
    x.n_times = s->n_times - at < most ? s->n_times - at : most;
    x.first = s->first + (h9_step)at * s->interval;
    x.sample = (double *)(uintptr_t)(s->sample + (size_t)at * width);
    if (h9_state_encode(&x, &b) != H9_OK) rc = h9_fail_memory(e, b.len, "samples");
    else rc = h9_writer_block(w->to, H9_BLOCK_STATE, (uint64_t)x.n_times * width, &b, e);
    h9_buf_release(&b);
  }
  free(x.variable);
  free(x.unit);
  free(x.of);
  return rc;
}

int hal9_write_states(hal9_writer *w, const hal9_states *s) {
  h9_error e = {0};
  if (w->error.code) return h9_lib_failed(&w->error);
  return write_states(w, s, &e) == H9_OK ? 0 : fail(w, &e);
}

/* ---- the end ---- */

/* What the parents say of themselves, each entry once, then our own. */
static int write_provenance(hal9_writer *w, h9_error *e) {
  h9_provenance own = {.program = w->program,
                       .version = w->version,
                       .options = w->options,
                       .label = (char[]){""},
                       .seed = w->net.seed};
  int rc = H9_OK;
  for (uint32_t k = 0; k < w->n_parents && rc == H9_OK; k++) {
    const hal9_reader *r = w->parent[k];
    if (!*r->hash)
      return h9_fail(e, H9_EUSAGE, "%s: expected to be read to its end before hal9_finish",
                     h9_reader_name(r->in));
    for (uint32_t i = 0; i < r->net.n_provenance && rc == H9_OK; i++) {
      bool known = false;
      for (uint32_t j = 0; j < k && !known; j++)
        for (uint32_t l = 0; l < w->parent[j]->net.n_provenance && !known; l++)
          known = h9_provenance_same(&r->net.provenance[i], &w->parent[j]->net.provenance[l]);
      if (!known) rc = h9_provenance_write(w->to, &r->net.provenance[i], e);
    }
    own.output_of_parents[own.n_parents++] = h9_reader_hash(r->in);
  }
  return rc == H9_OK ? h9_provenance_write(w->to, &own, e) : rc;
}

static int finish(hal9_writer *w, h9_error *e) {
  int rc = advance(w, RECORDS, e);
  if (rc == H9_OK) rc = write_provenance(w, e);
  if (rc != H9_OK) return rc;
  h9_writer *to = w->to;
  w->to = NULL;
  rc = h9_writer_close(to, e);
  return rc == H9_OK && !w->theirs ? h9_output_commit(&w->out, e) : rc;
}

int hal9_finish(hal9_writer *w) {
  h9_error e = {0};
  int rc = 0;
  if (w->error.code) rc = h9_lib_failed(&w->error);
  else if (finish(w, &e) != H9_OK) rc = fail(w, &e);
  release(w);
  return rc;
}

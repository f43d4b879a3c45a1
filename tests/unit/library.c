/* The library's interface where it is used wrongly: each mistake is told with HAL9_EUSAGE and a text, the
 * writer goes on failing, and no file appears. What it takes is read again as it was given. Authority:
 * hal9.h's own words. */
#include "../../libcore/whole/hal9.h"
#include "tap.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static char path[64];
static const hal9_value values[] = {{"tau_m", 12, -1, 0}, {"V_m", 0, 0, 0}};
static const hal9_header header = {
    .dt = 0.1, .seed = 7, .low = {0, 0, 0}, .high = {10, 10, 0}, .dimensions = 2};
static const hal9_population placed = {"a", "iaf_psc_exp", 0, 4, 1, 2, values},
                             plain = {"b", "parrot_neuron", 0, 2, 0, 0, NULL};
static const float xs[4] = {1, 2, 3, 4}, vs[4] = {-70, -60, -50, -65};
static const float *const columns[1] = {vs};
static const hal9_neurons neurons = {0, 1, 4, 1, xs, xs, NULL, columns};
static const hal9_projection joined = {.name = "p",
                                       .synapse = "static",
                                       .source = 0,
                                       .target = 1,
                                       .weights = HAL9_WEIGHTS_I16,
                                       .weight = NAN,
                                       .quantum = 0.5,
                                       .delay = NAN};

/* A writer with both populations. */
static hal9_writer *begin(void) {
  hal9_writer *w = NULL;
  if (hal9_create(&w, path, "test", "1", "x", 0, 1) || hal9_set_header(w, &header) ||
      hal9_add_population(w, &placed) || hal9_add_population(w, &plain))
    return NULL;
  return w;
}

/* The mistake was told, is told again, and leaves nothing. */
static void refused(hal9_writer *w, int rc, const char *text, const char *what) {
  ok(rc == HAL9_EUSAGE && strstr(hal9_error(), text), "%s: %d '%s'", what, rc, hal9_error());
  const hal9_signals none = {0};
  ok(hal9_write_signals(w, &none) == rc && hal9_finish(w) == rc && access(path, F_OK) != 0,
     "%s: nothing after it", what);
}

static hal9_connections one(const uint32_t *projection, const uint32_t *source, const uint32_t *target,
                            const uint16_t *delay, const double *weight) {
  return (hal9_connections){1, projection, source, target, delay, weight};
}

static void mistakes_of_records(void) {
  const struct {
    uint32_t projection, source, target;
    uint16_t delay;
    double weight;
    const char *text;
  } bad[] = {
      {1, 1, 5, 1, 1, "projection 1"},          {0, 5, 5, 1, 1, "sources 1 to 4"},
      {0, 1, 4, 1, 1, "targets 5 to 6"},        {0, 1, 5, 0, 1, "delay of 0"},
      {0, 1, 5, 1, 0.25, "times the quantum"},  {0, 1, 5, 1, NAN, "weight nan"},
      {0, 1, 5, 1, 16384, "times the quantum"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    hal9_writer *w = begin();
    const hal9_connections c =
        one(&bad[i].projection, &bad[i].source, &bad[i].target, &bad[i].delay, &bad[i].weight);
    int rc = hal9_write_neurons(w, &neurons) || hal9_add_projection(w, &joined)
                 ? 1
                 : hal9_write_connections(w, &c);
    refused(w, rc, bad[i].text, "a connection");
  }
  const int64_t step[2] = {5, 5};
  const uint32_t id[2] = {2, 1}, seven = 7;
  const hal9_signals disorder = {0, 10, 2, step, id, NULL, NULL}, early = {5, 10, 1, step, id, NULL, NULL},
                     nobody = {0, 10, 1, step, &seven, NULL, NULL},
                     backwards = {3, 2, 0, NULL, NULL, NULL, NULL}, gap = {11, 12, 0, NULL, NULL, NULL, NULL},
                     good = {0, 10, 1, step, id, NULL, NULL};
  const struct {
    const hal9_signals *s;
    const char *text;
  } wrong[] = {{&disorder, "expected in order"},
               {&early, "expected 6 to 10"},
               {&nobody, "neuron 7"},
               {&backwards, "ascending"}};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    hal9_writer *w = begin();
    refused(w, hal9_write_signals(w, wrong[i].s), wrong[i].text, "signals");
  }
  hal9_writer *w = begin();
  refused(w, hal9_write_signals(w, &good) ? 1 : hal9_write_signals(w, &gap), "expected 10",
          "a gap between batches");
  w = begin();
  refused(w, hal9_write_signals(w, &good) ? 1 : hal9_write_neurons(w, &neurons), "neurons after signals",
          "neurons after signals");
  const double sample = INFINITY;
  const hal9_states state = {
      .variable = "V_m", .unit = "mV", .interval = 1, .n_times = 1, .n_ids = 1, .id = id, .sample = &sample};
  w = begin();
  refused(w, hal9_write_states(w, &state), "sample 0", "an infinite sample");
}

static void mistakes_of_the_head(void) {
  hal9_writer *w;
  ok(hal9_create(&w, path, "", "1", "", 0, 1) == HAL9_EUSAGE && !w, "a program without name: %s",
     hal9_error());
  ok(hal9_create(&w, path, "t", "1", "", 20, 1) == HAL9_EUSAGE && !w, "level 20: %s", hal9_error());
  ok(hal9_create(&w, "/nowhere/x.h9", "t", "1", "", 0, 1) == HAL9_EIO && !w, "a folder that is not there: %s",
     hal9_error());
  ok(hal9_create(&w, path, "t", "1", "", 0, 1) == 0, "a writer");
  refused(w, hal9_write_neurons(w, &neurons), "first", "records before the header");
  w = begin();
  refused(w, hal9_add_population(w, &placed) ? 1 : hal9_write_neurons(w, &neurons),
          "two populations are called 'a'", "a name twice");
  w = begin();
  refused(w, hal9_set_header(w, &header), "hal9_set_header", "two headers");
  hal9_header still = header;
  still.dt = 0;
  ok(hal9_create(&w, path, "t", "1", "", 0, 1) == 0 && hal9_set_header(w, &still) == 0, "a header");
  refused(w, hal9_write_neurons(w, &neurons), "dt of 0", "dt of 0");
  const hal9_neurons half = {0, 1, 2, 1, xs, xs, NULL, columns}, flat = {0, 1, 4, 1, xs, NULL, NULL, columns},
                     few = {0, 1, 4, 0, xs, xs, NULL, NULL};
  w = begin();
  refused(w, hal9_write_neurons(w, &half) ? 1 : hal9_add_projection(w, &joined), "population 'a'",
          "neurons that lack");
  w = begin();
  refused(w, hal9_write_neurons(w, &flat), "coordinate 1 is NULL", "a coordinate that lacks");
  w = begin();
  refused(w, hal9_write_neurons(w, &few), "0 columns, expected 1", "a column that lacks");
  hal9_projection off = joined;
  off.target = 2;
  w = begin();
  int rc = hal9_write_neurons(w, &neurons) || hal9_add_projection(w, &off);
  const hal9_signals none = {0};
  refused(w, rc ? rc : hal9_write_signals(w, &none), "population 2", "a population that is not there");
  hal9_reader *r;
  ok(hal9_open(&r, "/nowhere/x.h9", HAL9_ALL, 1) == HAL9_ENOINPUT && !r, "no input: %s", hal9_error());
  ok(hal9_open(&r, path, 32, 1) == HAL9_EUSAGE && !r, "a kind that is none: %s", hal9_error());
  ok(hal9_open(&r, path, HAL9_ALL, -1) == HAL9_EUSAGE && !r, "threads below 0: %s", hal9_error());
}

/* Connections out of order within a source, over a sparse population of several groups. */
static void round_trip(void) {
  enum { N = 200000 };
  const hal9_population big = {"a", "parrot_neuron", 0, N, 0, 0, NULL};
  const uint32_t projection[5] = {0, 1, 0, 0, 1}, source[5] = {3, 3, 3, 150000, 150000},
                 target[5] = {N, 1, 2, 1, N};
  const uint16_t delay[5] = {9, 2, 9, 1, 65535};
  const double weight[5] = {1.5, 0.1, -2, 16383.5, 1e300};
  const uint32_t want_target[5] = {2, N, 1, 1, N};
  const double want_weight[5] = {-2, 1.5, 0.1, 16383.5, 1e300};
  const hal9_connections c = {5, projection, source, target, delay, weight};
  hal9_projection p = joined, q = joined;
  p.target = q.target = 0;
  q.weights = HAL9_WEIGHTS_F64;
  hal9_writer *w;
  hal9_header flat = header;
  flat.dimensions = 0;
  int rc = hal9_create(&w, path, "test", "1", "", 0, 1) || hal9_set_header(w, &flat) ||
           hal9_add_population(w, &big) || hal9_add_projection(w, &p) || hal9_add_projection(w, &q) ||
           hal9_write_connections(w, &c) || hal9_finish(w);
  ok(rc == 0, "connections are written: %s", hal9_error());
  hal9_reader *r;
  ok(hal9_open(&r, path, HAL9_ALL, 1) == 0, "and read");
  uint64_t n = 0;
  int same = 1;
  while ((rc = hal9_next(r)) == HAL9_CONNECTIONS) {
    const hal9_connections *g = hal9_get_connections(r);
    for (uint64_t i = 0; i < g->n; i++, n++)
      same &= n < 5 && g->source[i] == source[n] && g->target[i] == want_target[n] &&
              g->weight[i] == want_weight[n];
  }
  ok(rc == HAL9_END && n == 5 && same, "as they were given, in order: %d, %llu", rc, (unsigned long long)n);
  ok(strlen(hal9_reader_hash(r)) == 32 && strcmp(hal9_reader_provenance(r, 0)->program, "test") == 0 &&
         !hal9_reader_provenance(r, 1),
     "with a hash and who made it");
  hal9_writer *like;
  ok(hal9_next(r) == HAL9_END, "the end stays the end");
  ok(hal9_create(&like, "/dev/null", "t", "1", "", 0, 1) == 0 && hal9_set_like(like, r) == 0 &&
         hal9_finish(like) == 0,
     "a stream like it");
  hal9_close(r);
  ok(hal9_open(&r, path, HAL9_ALL, 1) == 0 && hal9_create(&like, "/dev/null", "t", "1", "", 0, 1) == 0 &&
         hal9_set_like(like, r) == 0 && hal9_finish(like) == HAL9_EUSAGE &&
         strstr(hal9_error(), "read to its end"),
     "a parent that was not read to its end: %s", hal9_error());
  hal9_close(r);
  unlink(path);
}

int main(void) {
  snprintf(path, sizeof path, "/tmp/h9-library-%d.h9", (int)getpid());
  ok(hal9_api_version() == HAL9_API_VERSION && *hal9_version() && !*hal9_error(),
     "versions, and no error yet");
  mistakes_of_the_head();
  mistakes_of_records();
  round_trip();
  return done();
}

/* hal9-step: simulates a network stream and writes the spikes as a stream of signals.
 *
 * Reads neurons and connections (materialised or deferred), builds the synapses as delay rows, advances them
 * for the transient and the recorded time, and writes what was sent in the latter. */
#include "../libcore/base/clock.h"
#include "../libcore/base/memory.h"
#include "../libcore/format/codec.h"
#include "../libcore/whole/batch_options.h"
#include "../libcore/whole/options.h"
#include "../libcore/whole/telemetry.h"
#include "../libcore/whole/profile.h"
#include "../libcore/whole/realtime.h"
#include "../libcore/whole/sim.h"
#include "../libcore/whole/synapse_trace.h"
#include "../libcore/whole/tuning.h"
#include "../libcore/whole/weights.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "hal9-step"

typedef struct settings {
  h9_options o;
  double time, transient; /* ms; NaN: not given */
  int record;             /* -1: not given */
  const char **what;      /* --record, in order */
  uint32_t n_what;
  int precision; /* -1: not given, 0 single, 1 double */
  const char **stimulus;
  uint32_t n_stimuli;
  double stimulus_weight; /* NaN: not given */
  const char *weights, *trace; /* files; NULL: none */
  double weights_every;        /* ms; NaN: at the end only */
  bool dry_run, json, no_metrics;
  h9_tuning_options tuning;
  uint64_t tiles;
  h9_batch_options batch;
  h9_realtime_options realtime;
} settings;

static const char doc[] =
    "Simulate the network of a stream and write its spikes as a stream.\n\n"
    "Examples:\n"
    "  hal9-gen -c brunel.yaml | hal9-index -c brunel.yaml --defer |\n"
    "    hal9-step -c brunel.yaml -t 200ms > spikes.h9\n"
    "  hal9-gen -n 1000 --param I_e=400pA | hal9-index --radius 60um |\n"
    "    hal9-step -t 1s | hal9-stats\v"
    "Without FILE, standard input is read. Times without a unit are in ms. Stimuli, and times that are not given here, come "
    "from the section 'simulation' of the file given with -c.";

enum {
  OPT_TRANSIENT = 0x2000,
  OPT_RECORD,
  OPT_DRY_RUN,
  OPT_JSON,
  OPT_NO_METRICS,
  OPT_TILES,
  OPT_RECORD_STATE,
  OPT_PRECISION,
  OPT_STIMULUS,
  OPT_STIMULUS_WEIGHT,
  OPT_WEIGHTS,
  OPT_WEIGHTS_EVERY,
  OPT_TRACE_SYNAPSES
};

static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "What to simulate:", 1},
    {"time", 't', "TIME", 0, "Simulate and record TIME of the network's time", 0},
    {"transient", OPT_TRANSIENT, "TIME", 0, "Simulate TIME before that without recording", 0},
    {"record-spikes", OPT_RECORD, "yes|no", 0, "Whether to write the spikes (default: yes)", 0},
    {"stimulus", OPT_STIMULUS, "FILE|-|fd:N", 0,
     "Feed the spikes of FILE (a stream of signals, or text; - is standard input, fd:N an open descriptor) into the "
     "neurons that they name; may be repeated",
     0},
    {"stimulus-weight", OPT_STIMULUS_WEIGHT, "NUMBER", 0,
     "Weight of the spikes of --stimulus that have none, in the unit of the target's model", 0},
    {"record", OPT_RECORD_STATE, "WHAT", 0,
     "Record state, as V_m@exc[1:100]/0.5ms, mean(V_m)@exc/1ms or rate@exc/5ms, or the spikes of some "
     "neurons, as "
     "spikes@exc[1:100] (repeatable)",
     0},
    {"weights", OPT_WEIGHTS, "FILE", 0,
     "Write the network with the weights that its plastic synapses have at the end to FILE, a stream like the input",
     0},
    {"weights-every", OPT_WEIGHTS_EVERY, "TIME", 0,
     "Write one each TIME of the recorded time, too; a % in FILE's name becomes the time in ms", 0},
    {"trace-synapses", OPT_TRACE_SYNAPSES, "FILE", 0,
     "Write to FILE, as text, what each synapse of the projections with 'trace: true' did at every spike", 0},
    {0, 0, 0, 0, "How:", 2},
    {"precision", OPT_PRECISION, "single|double", 0, "Precision of the neurons' states (default: single)", 0},
    {"dry-run", OPT_DRY_RUN, 0, 0, "Print counts and memory, build nothing", 0},
    {"json", OPT_JSON, 0, 0, "With --dry-run: as JSON", 0},
    {"no-metrics", OPT_NO_METRICS, 0, 0, "Leave measurements out of the stream: equal runs give equal bytes",
     0},
    {"tiles", OPT_TILES, "N", 0, "Cut each thread's neurons into N tiles (default: chosen from the cache)",
     0},
    {0, 0, 0, 0, 0, 0},
};

static double time_option(struct argp_state *state, const char *option, const char *arg, double least) {
  h9_error e = {0};
  double v;
  h9_option_try(state, h9_option_quantity(option, arg, &h9_unit_ms, &v, &e), &e);
  if (!(v >= least) || !(v < 1e12))
    argp_error(state, "%s: found '%s', expected a time %s, below 1e12 ms", option, arg,
               least > 0 ? "above 0" : "of 0 or more");
  return v;
}

static error_t add_stimulus(settings *s, const char *path, struct argp_state *state) {
  int fd = h9_input_descriptor(path);
  for (uint32_t i = 0; i < s->n_stimuli; i++)
    if (fd >= 0 && h9_input_descriptor(s->stimulus[i]) == fd)
      argp_error(state, "--stimulus: found '%s' and '%s', but each descriptor can be read once", s->stimulus[i], path);
  const char **grown = realloc(s->stimulus, (s->n_stimuli + 1) * sizeof *grown);
  if (!grown) return ENOMEM;
  s->stimulus = grown;
  grown[s->n_stimuli++] = path;
  return 0;
}

/* Standard input holds one thing. */
static void check_inputs(const settings *s, struct argp_state *state) {
  bool network = !s->o.n_operand || strcmp(s->o.operand[0], "-") == 0;
  for (uint32_t i = 0; i < s->n_stimuli && network; i++)
    if (h9_input_descriptor(s->stimulus[i]) == STDIN_FILENO)
      argp_error(state, "--stimulus -: standard input is the network's, expected the network as FILE");
}

/* Standard output takes one thing, each file one state. */
static void check_outputs(const settings *s, struct argp_state *state) {
  const char *const names[] = {s->o.output, s->weights, s->trace};
  int standard = 0;
  for (int i = 0; i < 3; i++)
    standard += names[i] ? strcmp(names[i], "-") == 0 : i == 0;
  if (standard > 1)
    argp_error(state, "standard output takes one thing: give the spikes, --weights or --trace-synapses a FILE (-o FILE)");
  if (isnan(s->weights_every)) return;
  if (s->realtime.on) argp_error(state, "--weights-every writes what takes long, expected without --realtime");
  if (!s->weights) argp_error(state, "--weights-every goes with --weights FILE");
  const char *mark = strchr(s->weights, '%');
  if (!mark || strchr(mark + 1, '%'))
    argp_error(state, "--weights: found '%s', expected one %% in the name, for the time: --weights-every writes many",
               s->weights);
}

static error_t parse(int key, char *arg, struct argp_state *state) {
  settings *s = state->input;
  h9_error e = {0};
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &s->o;
    state->child_inputs[1] = &s->batch;
    state->child_inputs[2] = &s->realtime;
    state->child_inputs[3] = &s->tuning;
    break;
  case 't':
    s->time = time_option(state, "--time", arg, 1e-9);
    break;
  case OPT_TRANSIENT:
    s->transient = time_option(state, "--transient", arg, 0);
    break;
  case OPT_RECORD:
    if (strcmp(arg, "yes") == 0) s->record = 1;
    else if (strcmp(arg, "no") == 0) s->record = 0;
    else argp_error(state, "--record-spikes: found '%s', expected yes or no", arg);
    break;
  case OPT_RECORD_STATE: {
    const char **grown = realloc(s->what, (s->n_what + 1) * sizeof *grown);
    if (!grown) return ENOMEM;
    s->what = grown;
    s->what[s->n_what++] = arg;
    break;
  }
  case OPT_PRECISION:
    if (strcmp(arg, "double") == 0) s->precision = 1;
    else if (strcmp(arg, "single") == 0) s->precision = 0;
    else argp_error(state, "--precision: found '%s', expected single or double", arg);
    break;
  case OPT_STIMULUS:
    return add_stimulus(s, arg, state);
  case OPT_STIMULUS_WEIGHT: {
    char *end;
    s->stimulus_weight = strtod(arg, &end);
    if (end == arg || *end || !isfinite(s->stimulus_weight))
      argp_error(state, "--stimulus-weight: found '%s', expected a number", arg);
    break;
  }
  case OPT_WEIGHTS:
    s->weights = arg;
    break;
  case OPT_WEIGHTS_EVERY:
    s->weights_every = time_option(state, "--weights-every", arg, 1e-9);
    break;
  case OPT_TRACE_SYNAPSES:
    s->trace = arg;
    break;
  case OPT_DRY_RUN:
    s->dry_run = true;
    break;
  case OPT_JSON:
    s->json = true;
    break;
  case OPT_NO_METRICS:
    s->no_metrics = true;
    break;
  case OPT_TILES:
    h9_option_try(state, h9_option_whole("--tiles", arg, 1, 1024, &s->tiles, &e), &e);
    break;
  case ARGP_KEY_ARG:
    if (s->o.n_operand) argp_error(state, "found a second input '%s', expected one network stream", arg);
    if (h9_options_operand(&s->o, arg) != H9_OK) return ENOMEM;
    break;
  case ARGP_KEY_END:
    if (s->json && !s->dry_run) argp_error(state, "--json goes with --dry-run");
    check_inputs(s, state);
    check_outputs(s, state);
    break;
  default:
    return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

static const struct argp_child children[] = {{&h9_options_argp, 0, 0, 0},
                                             {&h9_batch_argp, 0, 0, 0},
                                             {&h9_realtime_argp, 0, 0, 0},
                                             {&h9_tuning_argp, 0, 0, 0},
                                             {0, 0, 0, 0}};
static const struct argp parser = {option_table, parse, "[FILE]", doc, children, 0, 0};

/* The run */

typedef struct run {
  settings *s;
  h9_config config;
  bool configured;
  h9_network net;
  h9_reader *reader;
  int fd;
  h9_block block; /* the next one of the input */
  bool ended;
  h9_stimulus_file *stimulus; /* [n_stimuli] of the settings */
  h9_hash parents[8];
  uint32_t n_parents;
  h9_sim *sim;
  double dt, duration, transient; /* ms */
  h9_step steps, transient_steps;
  bool record, precision_double, keep_receptors;
  h9_record what;
  h9_synapse_trace trace;
  h9_writer *writer;
  h9_batcher batcher;
  h9_realtime *realtime; /* NULL: as fast as it goes */
  h9_tuning tuning;
  uint64_t begun_ns;
  double load_s, output_s;
  h9_progress progress;
} run;

static int open_network(run *r, h9_error *e) {
  const char *shown;
  settings *s = r->s;
  int rc = h9_input_open(s->o.n_operand ? s->o.operand[0] : NULL, &r->fd, &shown, e);
  uint32_t wanted = 1u << H9_BLOCK_NEURONS | 1u << H9_BLOCK_CONNECTIONS | 1u << H9_BLOCK_LABELS;
  if (rc == H9_OK && s->weights) rc = h9_input_hold(&r->fd, shown, e); /* its connections are read again */
  if (rc == H9_OK) rc = h9_reader_open(&r->reader, r->fd, shown, wanted, s->o.threads, e);
  if (rc == H9_OK) rc = h9_network_read(r->reader, &r->net, true, &r->block, e);
  r->ended = rc == H9_EOF;
  if (rc == H9_EOF) rc = H9_OK;
  bool recording = !r->ended && (r->block.kind == H9_BLOCK_SIGNALS || r->block.kind == H9_BLOCK_STATE);
  if (rc == H9_OK && (recording || !h9_network_is_loaded(&r->net)))
    rc = h9_fail(e, H9_EDATA, "%s: is a recording, expected a network, as hal9-index writes it", shown);
  return rc;
}

/* Programs in the wrong order: the configuration has rules, but nobody followed them. */
static int check_indexed(const run *r, h9_error *e) {
  if (!r->configured || r->config.net.n_projections == 0 || r->net.n_projections) return H9_OK;
  return h9_fail(e, H9_EDATA, "%s: has no connections, but %s describes some: expected hal9-index -c %s before hal9-step",
                 h9_reader_name(r->reader), r->s->o.config, r->s->o.config);
}

/* A run without a spike is seldom meant. */
static void note_silence(const run *r) {
  h9_sim_stats t;
  h9_sim_stats_get(r->sim, &t);
  if (t.spikes || r->what.n) return;
  fprintf(stderr, "%s: note: no neuron fired%s%s\n", PROGRAM, r->net.n_projections ? "" : ", there are no connections (hal9-index)",
          r->configured || r->s->n_stimuli ? "" : ", nothing drives them: stimuli come with -c FILE or --stimulus");
}

static h9_step to_steps(double ms, double dt) { return (h9_step)floor(ms / dt + 0.5); }

/* Until the stimuli end, or a signal comes. */
static int settle_endless(run *r, h9_error *e) {
  r->duration = 0; /* known when it is over */
  r->transient_steps = to_steps(r->transient, r->dt);
  if (r->transient_steps >= (h9_step)UINT32_MAX / 2)
    return h9_fail(e, H9_EUSAGE, "--transient: found %g ms, expected less than 2^31 steps", r->transient);
  return H9_OK;
}

static int settle_times(run *r, h9_error *e) {
  const settings *s = r->s;
  const h9_simulation_config *c = r->configured ? &r->config.simulation : NULL;
  r->dt = r->net.dt;
  r->duration = !isnan(s->time) ? s->time : c ? c->duration : NAN;
  r->transient = !isnan(s->transient) ? s->transient : c ? c->transient : 0;
  r->precision_double = s->precision >= 0 ? s->precision : c ? c->precision_double : false;
  r->record = s->record >= 0 ? s->record : c ? c->record_spikes : true;
  if (isnan(r->duration)) {
    if (s->dry_run) r->duration = 0;
    else if (s->realtime.on) return settle_endless(r, e);
    else
      return h9_fail(
          e, H9_EUSAGE,
          "how long to simulate is not given: use -t TIME, or duration in the section 'simulation'");
  }
  r->steps = to_steps(r->duration, r->dt);
  r->transient_steps = to_steps(r->transient, r->dt);
  if (r->steps < 1 && !s->dry_run)
    return h9_fail(e, H9_EUSAGE, "the time to simulate, %g ms, is less than a step of %g ms", r->duration,
                   r->dt);
  if (r->steps + r->transient_steps >= (h9_step)UINT32_MAX)
    return h9_fail(e, H9_EUSAGE, "%g ms are %lld steps, expected less than 2^32", r->duration + r->transient,
                   (long long)(r->steps + r->transient_steps));
  return H9_OK;
}

static int write_batch(void *ctx, const h9_signals *signals, h9_error *e) {
  run *r = ctx;
  h9_buf b = {0};
  h9_signals_encode(signals, &b);
  if (b.failed) {
    h9_buf_release(&b);
    return h9_fail_memory(e, b.len, "signals");
  }
  int rc = h9_writer_block(r->writer, H9_BLOCK_SIGNALS, signals->n, &b, e);
  h9_buf_release(&b);
  if (rc == H9_OK && r->realtime) h9_realtime_sent(r->realtime, signals);
  return rc;
}

/* Spikes of an interval, or what the simulation gathered where no batches are asked for. */
static int take_spikes(void *ctx, const h9_signals *signals, h9_error *e) {
  run *r = ctx;
  return h9_batcher_add(&r->batcher, signals, h9_clock_ns(), e);
}

static int write_samples(void *ctx, const h9_state *state, h9_error *e) {
  run *r = ctx;
  h9_buf b = {0};
  size_t n = (size_t)state->n_times * h9_state_width(state);
  int rc = h9_state_encode(state, &b) == H9_OK ? h9_writer_block(r->writer, H9_BLOCK_STATE, n, &b, e)
                                               : h9_fail_memory(e, b.len, "samples");
  h9_buf_release(&b);
  return rc;
}

/* What is recorded besides all spikes: options come before the file. */
static int settle_record(run *r, h9_error *e) {
  const settings *s = r->s;
  const h9_simulation_config *c = r->configured ? &r->config.simulation : NULL;
  int rc = H9_OK;
  for (uint32_t i = 0; i < s->n_what && rc == H9_OK; i++) {
    rc = h9_record_add(&r->what, s->what[i], &r->net, e);
    if (rc != H9_OK) h9_fail_at(e, "--record");
  }
  for (uint32_t i = 0; c && s->n_what == 0 && i < c->n_record && rc == H9_OK; i++)
    rc = h9_record_add(&r->what, c->record[i], &r->net, e);
  if (r->what.chosen_spikes) r->record = true;
  for (uint32_t i = 0; i < r->what.n; i++) {
    const h9_model *m = h9_model_find(r->net.populations[r->what.item[i].population].model);
    int k = r->what.item[i].recordable;
    r->keep_receptors |= k >= 0 && m->recordables[k].state != m->v;
  }
  return rc;
}

static int write_trace(void *ctx, const h9_plastic_event *v, size_t n, h9_error *e) {
  run *r = ctx;
  return h9_synapse_trace_add(&r->trace, v, n, e);
}

static void show_progress(void *ctx, h9_step now) {
  run *r = ctx;
  char extra[32];
  double done = (double)now * r->dt, wall = (double)(h9_clock_ns() - r->begun_ns) * 1e-6;
  snprintf(extra, sizeof extra, "RTF %.2f", done > 0 ? wall / done : 0);
  h9_progress_show(&r->progress, done, r->steps ? r->transient + r->duration : 0, "ms", extra);
}

static int make(run *r, h9_error *e) {
  const settings *s = r->s;
  h9_sim_options o = {
      .threads = s->o.threads,
      .tiles_per_thread = (int)(s->tiles ? s->tiles : r->tuning.tiles),
      .spike_room = r->tuning.pool,
      .seed = s->o.seed_given ? s->o.seed : r->net.seed,
      .batch = r->record ? take_spikes : NULL,
      .progress = show_progress,
      .ctx = r,
      .trace = s->trace ? write_trace : NULL,
      .record_from = r->transient_steps,
      .precision_double = r->precision_double,
      .keep_receptors = r->keep_receptors,
      .state = r->what.n ? &r->what : NULL,
      .sample = write_samples,
      .n_stimulus_files = s->n_stimuli,
      .live = s->realtime.on,
  };
  h9_batch_settings live = h9_tuning_batches(&r->tuning);
  h9_batch_settings batch = h9_batch_resolve(&s->batch, s->realtime.on ? &live : &H9_BATCH_NONE);
  enum { LONGEST_MS = 100 };
  h9_batcher_open(&r->batcher, &batch, to_steps(LONGEST_MS, r->dt), write_batch, r);
  if (h9_batch_gathers(&batch)) o.spike_steps = 1; /* every interval */
  r->stimulus = calloc((size_t)s->n_stimuli + 1, sizeof *r->stimulus);
  if (!r->stimulus) return h9_fail_memory(e, s->n_stimuli * sizeof *r->stimulus, "stimuli");
  for (uint32_t i = 0; i < s->n_stimuli; i++)
    r->stimulus[i] =
        (h9_stimulus_file){.path = s->stimulus[i], .weight = s->stimulus_weight, .until = INT64_MAX};
  o.stimulus_files = r->stimulus;
  const h9_simulation_config *c = r->configured ? &r->config.simulation : NULL;
  bool deferred = true;
  for (uint32_t i = 0; i < r->net.n_projections; i++) deferred &= !r->net.projections[i].materialised;
  int rc = deferred ? h9_projections_plan(&r->net, e) : H9_OK;
  if (rc == H9_OK) rc = h9_sim_make(&r->sim, &r->net, c, &o, e);
  if (rc != H9_OK && rc != H9_ECONFIG) h9_fail_at(e, "%s", h9_reader_name(r->reader));
  if (rc == H9_OK && !s->dry_run) rc = h9_sim_stimuli_open(r->sim, c, e);
  if (rc == H9_OK && !s->dry_run && s->realtime.on)
    rc = h9_realtime_open(&r->realtime, &s->realtime, r->sim, &r->net, &r->batcher, e);
  return rc;
}

/* What is asked of synapses needs synapses that have it. */
static int check_plastic(const run *r, h9_error *e) {
  const settings *s = r->s;
  bool plastic = false;
  for (uint32_t i = 0; i < r->net.n_projections; i++) plastic |= h9_sim_is_plastic(r->sim, i);
  if (s->weights && !plastic)
    return h9_fail(e, H9_EUSAGE, "--weights: no projection has plastic synapses, expected one: see hal9-config(5)");
  if (s->trace && !h9_sim_is_traced(r->sim))
    return h9_fail(e, H9_EUSAGE,
                   "--trace-synapses: found no projection with plastic synapses and 'trace: true', expected one");
  return H9_OK;
}

static void print_estimate(const run *r) {
  h9_sim_estimate x;
  h9_sim_estimated(r->sim, &x);
  printf("neurons      %14u\n", r->net.n_neurons);
  printf("populations  %14u\n", r->net.n_populations);
  printf("connections  %14.0f\n", x.connections);
  printf("steps        %14lld of %g ms\n", (long long)(r->steps + r->transient_steps), r->dt);
  printf("threads      %14d\n", r->s->o.threads);
  printf("tiles        %14u\n", x.tiles);
  printf("bytes        %14.0f (%.2f a connection)\n", x.bytes,
         x.connections > 0 ? x.bytes / x.connections : 0);
  printf("available    %14.0f\n", (double)h9_memory_available());
}

static int print_estimate_json(const run *r, h9_error *e) {
  h9_sim_estimate x;
  h9_json j = {0};
  h9_sim_estimated(r->sim, &x);
  h9_json_begin(&j, NULL, '{');
  h9_json_whole(&j, "neurons", r->net.n_neurons);
  h9_json_whole(&j, "populations", r->net.n_populations);
  h9_json_number(&j, "connections", x.connections);
  h9_json_whole(&j, "steps", (uint64_t)(r->steps + r->transient_steps));
  h9_json_number(&j, "dt_ms", r->dt);
  h9_json_whole(&j, "threads", (uint64_t)r->s->o.threads);
  h9_json_whole(&j, "tiles", x.tiles);
  h9_json_number(&j, "memory_bytes", x.bytes);
  h9_json_number(&j, "memory_available_bytes", (double)h9_memory_available());
  h9_json_end(&j, '}');
  return h9_json_print(&j, stdout, e);
}

static int check_memory(const run *r, h9_error *e) {
  h9_sim_estimate x;
  h9_sim_estimated(r->sim, &x);
  double room = (double)h9_memory_available();
  if (x.bytes <= room) return H9_OK;
  return h9_fail(e, H9_ESYSTEM,
                 "%u neurons and %.4g connections need about %.3g GB of memory, %.3g GB are available: expected a smaller "
                 "network (hal9-index --dry-run tells where its connections are)",
                 r->net.n_neurons, x.connections, x.bytes * 1e-9, room * 1e-9);
}

/* Builds from the rules or from the connections blocks, then reads the input to its end, which proves it
 * whole. */
static int build(run *r, h9_error *e) {
  /* Gathering connections by source takes a part of what the synapses will; more gains little. */
  enum { GATHER_LEAST = 64 << 20 };
  h9_sim_estimate x;
  h9_sim_estimated(r->sim, &x);
  h9_rowsource_options o = {.threads = r->s->o.threads,
                            .brute_force = !r->tuning.index,
                            .per_cell = r->tuning.cell,
                            .memory = x.bytes > 5.0 * GATHER_LEAST ? (uint64_t)(x.bytes / 5) : GATHER_LEAST};
  h9_rowsource *source = NULL;
  bool rows = !r->ended && r->block.kind == H9_BLOCK_CONNECTIONS;
  int rc = rows ? h9_rowsource_read(&source, &r->net, r->reader, &r->block, &r->ended, &o, e)
                : h9_rowsource_expand(&source, &r->net, &o, e);
  if (rc == H9_OK) rc = h9_sim_build(r->sim, source, e);
  h9_rowsource_free(source);
  while (rc == H9_OK && !r->ended) {
    rc = h9_network_absorb(r->reader, &r->net, &r->block, e);
    if (rc == H9_OK) rc = h9_reader_next(r->reader, &r->block, e);
    if (rc == H9_EOF) {
      r->ended = true;
      rc = H9_OK;
    }
  }
  return rc;
}

static void measure(const run *r, h9_metrics *m) {
  h9_sim_stats t;
  h9_sim_stats_get(r->sim, &t);
  double biological = (double)h9_sim_now(r->sim) * r->dt * 1e-3;
  h9_metrics_set(m, "step.real_time_factor", t.simulate_s / biological);
  h9_metrics_set(m, "step.build_s", t.build_s);
  h9_metrics_set(m, "step.load_s", r->load_s);
  h9_metrics_set(m, "step.simulate_s", t.simulate_s);
  h9_metrics_set(m, "step.deliver_s", t.deliver_s);
  h9_metrics_set(m, "step.update_s", t.update_s);
  h9_metrics_set(m, "step.drive_s", t.drive_s);
  h9_metrics_set(m, "step.exchange_s", t.exchange_s);
  h9_metrics_set(m, "step.output_s", t.output_s);
  h9_metrics_set(m, "step.events", (double)t.events);
  h9_metrics_set(m, "step.signals", (double)t.spikes);
  h9_metrics_set(m, "step.connections", (double)t.connections);
  h9_metrics_set(m, "step.connection_bytes", (double)t.row_bytes);
  h9_metrics_set(m, "step.peak_rss_bytes", (double)h9_memory_peak_rss());
  h9_metrics_set(m, "step.threads", t.threads);
  h9_metrics_set(m, "step.tiles", t.tiles);
  h9_metrics_set(m, "step.neurons", r->net.n_neurons);
  h9_metrics_set(m, "step.simulated_s", biological);
  h9_tuning_measure(&r->tuning, "step", m);
  h9_frames_measure(&t.frames, "step", m);
  if (r->realtime) h9_realtime_measure(r->realtime, m);
  if (r->record) h9_batcher_measure(&r->batcher, "step", m);
}

/* The machine's bandwidth is measured last: the simulation does not see it. */
static void print_profile(const run *r) {
  h9_profile p = {.neurons = r->net.n_neurons,
                  .steps = h9_sim_now(r->sim),
                  .dt = r->dt,
                  .load_s = r->load_s,
                  .peak_rss = h9_memory_peak_rss()};
  h9_error e = {0};
  h9_sim_stats_get(r->sim, &p.stats);
  int rc = h9_bandwidth_measure(r->s->o.threads, &p.measured, &e);
  h9_profile_print(stderr, &p);
  if (rc != H9_OK) fprintf(stderr, "bandwidth  not measured: %s\n", e.text);
}

/* The options that shape the result after `time` ms, for the provenance. */
static void shaping(const run *r, double time, h9_buf *b) {
  const settings *s = r->s;
  char text[64];
  h9_shaping_begin(b, &s->o);
  snprintf(text, sizeof text, "%.17gms", time);
  h9_shaping_put(b, "-t", text);
  snprintf(text, sizeof text, "%.17gms", r->transient);
  h9_shaping_put(b, "--transient", text);
  for (uint32_t i = 0; i < s->n_what; i++) h9_shaping_put(b, "--record", s->what[i]);
  for (uint32_t i = 0; i < s->n_stimuli; i++) h9_shaping_put(b, "--stimulus", s->stimulus[i]);
  if (!isnan(s->stimulus_weight)) {
    snprintf(text, sizeof text, "%.17g", s->stimulus_weight);
    h9_shaping_put(b, "--stimulus-weight", text);
  }
  if (s->realtime.on) {
    snprintf(text, sizeof text, "--realtime=%.17g", s->realtime.factor);
    h9_shaping_put(b, text, NULL);
  }
  if (!r->record) h9_shaping_put(b, "--record-spikes", "no");
  if (r->precision_double) h9_shaping_put(b, "--precision", "double");
  h9_shaping_end(b, &s->o);
}

static int make_provenance(const run *r, double time, h9_provenance *own, h9_error *e) {
  const settings *s = r->s;
  h9_buf options = {0};
  shaping(r, time, &options);
  return h9_provenance_own(own, PROGRAM, &options, &s->o, s->o.seed_given ? s->o.seed : r->net.seed, r->parents, r->n_parents,
                           e);
}

/* The network as it is `done` steps after the transient. A stimulus is no parent before its end is read. */
static int write_weights(run *r, h9_step done, h9_error *e) {
  const settings *s = r->s;
  double time = (double)done * r->dt;
  const char *mark = isnan(s->weights_every) ? NULL : strchr(s->weights, '%');
  int before = mark ? (int)(mark - s->weights) : 0;
  size_t size = strlen(s->weights) + 40;
  char *path = malloc(size);
  if (!path) return h9_fail_memory(e, size, "a file's name");
  if (mark) snprintf(path, size, "%.*s%.12g%s", before, s->weights, time, mark + 1);
  else snprintf(path, size, "%s", s->weights);
  h9_provenance own = {0};
  int rc = make_provenance(r, time, &own, e);
  h9_weights w = {.net = &r->net,
                  .fd = r->fd,
                  .name = h9_reader_name(r->reader),
                  .threads = s->o.threads,
                  .level = s->o.level,
                  .force = s->o.force,
                  .path = path,
                  .own = &own};
  if (rc == H9_OK) rc = h9_weights_write(&w, r->sim, e);
  h9_provenance_release(&own);
  free(path);
  return rc;
}

static volatile sig_atomic_t asked_to_end;
static void end_soon(int signal_number) {
  (void)signal_number;
  asked_to_end = 1;
}

/* By the clock: SIGINT and SIGTERM end the recording behind the present frame; a second one ends the program. */
static int simulate_paced(run *r, h9_error *e) {
  struct sigaction ask = {.sa_handler = end_soon, .sa_flags = SA_RESETHAND}, was;
  static const int numbers[] = {SIGINT, SIGTERM};
  for (int i = 0; i < 2; i++) /* what is ignored stays so, as for a job in the background */
    if (sigaction(numbers[i], NULL, &was) == 0 && was.sa_handler != SIG_IGN) (void)sigaction(numbers[i], &ask, NULL);
  int rc = h9_realtime_run(r->realtime, r->steps, &asked_to_end, e);
  if (rc == H9_OK) rc = h9_realtime_finish(r->realtime, e);
  r->steps = h9_sim_now(r->sim) - r->transient_steps;
  r->duration = (double)r->steps * r->dt;
  return rc;
}

static int simulate_recorded(run *r, h9_error *e) {
  if (r->realtime) return simulate_paced(r, e);
  double every = r->s->weights_every;
  h9_step done = 0;
  int rc = H9_OK;
  for (int64_t k = 1; rc == H9_OK && done < r->steps; k++) {
    h9_step to = isnan(every) || (double)k * every >= r->duration ? r->steps : to_steps((double)k * every, r->dt);
    if (to <= done) continue;
    rc = h9_sim_run(r->sim, to - done, e);
    done = to;
    if (rc == H9_OK && r->s->weights && done < r->steps) rc = write_weights(r, done, e);
  }
  return rc;
}

static int simulate(run *r, h9_error *e) {
  const settings *s = r->s;
  int rc = s->trace ? h9_synapse_trace_open(&r->trace, &r->net, s->trace, r->transient_steps, e) : H9_OK;
  h9_stage_enter(H9_STAGE_SIMULATE);
  r->begun_ns = h9_clock_ns();
  r->parents[0] = h9_reader_hash(r->reader);
  r->n_parents = 1;
  h9_progress_begin(&r->progress, &s->o, PROGRAM, stderr);
  if (rc == H9_OK && r->transient_steps) rc = h9_sim_run(r->sim, r->transient_steps, e);
  if (rc == H9_OK) rc = simulate_recorded(r, e);
  if (rc == H9_OK) rc = h9_batcher_flush(&r->batcher, h9_clock_ns(), e);
  h9_progress_end(&r->progress);
  uint32_t more = 0;
  if (rc == H9_OK) rc = h9_sim_stimuli_finish(r->sim, r->parents + 1, 7, &more, e);
  r->n_parents += more;
  if (rc == H9_OK && s->weights) rc = write_weights(r, r->steps, e);
  if (rc == H9_OK && s->trace) rc = h9_synapse_trace_close(&r->trace, e);
  h9_synapse_trace_abandon(&r->trace);
  return rc;
}

static int write_tail(run *r, h9_error *e) {
  const settings *s = r->s;
  h9_provenance own = {0};
  h9_metrics m = {0};
  int rc = H9_OK;
  h9_stage_enter(H9_STAGE_WRITE);
  measure(r, &m);
  h9_telemetry_measured(&m);
  if (!s->no_metrics) {
    rc = h9_metrics_write(r->writer, PROGRAM, &m, e);
  }
  for (uint32_t i = 0; i < r->net.n_provenance && rc == H9_OK; i++)
    rc = h9_provenance_write(r->writer, &r->net.provenance[i], e);
  if (rc == H9_OK) rc = make_provenance(r, r->duration, &own, e);
  if (rc == H9_OK) rc = h9_provenance_write(r->writer, &own, e);
  h9_provenance_release(&own);
  return rc;
}

static int write_stream(run *r, h9_error *e) {
  const settings *s = r->s;
  h9_output out;
  int rc = h9_stream_open(&out, &r->writer, &s->o, 1, e);
  if (rc != H9_OK) return rc;
  rc = h9_network_write_head(r->writer, &r->net, e);
  if (rc == H9_OK) rc = build(r, e);
  r->load_s = (double)(h9_clock_ns() - r->begun_ns) * 1e-9;
  if (rc == H9_OK) rc = simulate(r, e);
  if (rc == H9_OK) rc = write_tail(r, e);
  return h9_stream_close(&out, r->writer, rc, e);
}

static void print_realtime(const run *r) {
  h9_buf b = {0};
  h9_realtime_report(r->realtime, &b);
  for (const char *line = (const char *)b.data, *end; b.len && line < (const char *)b.data + b.len; line = end + 1) {
    end = memchr(line, '\n', b.len - (size_t)(line - (const char *)b.data));
    if (!end) break;
    fprintf(stderr, "%s: %.*s\n", PROGRAM, (int)(end - line), line);
  }
  h9_buf_release(&b);
}

static void print_summary(const run *r) {
  fprintf(stderr, "%s: ", PROGRAM);
  h9_tuning_print(&r->tuning, r->net.n_neurons, &r->s->o, stderr);
  fputc('\n', stderr);
  h9_sim_stats t;
  h9_sim_stats_get(r->sim, &t);
  double biological = (double)h9_sim_now(r->sim) * r->dt * 1e-3;
  fprintf(stderr,
          "%s: %g s simulated in %.3g s (real-time factor %.3g), %" PRIu64
          " spikes, %.3g Hz a neuron, peak memory %.1f MiB\n",
          PROGRAM, biological, t.simulate_s, t.simulate_s / biological, t.spikes,
          (double)t.spikes / biological / r->net.n_neurons, (double)h9_memory_peak_rss() / 1048576);
}

static int step(settings *s, h9_error *e) {
  run r = {.s = s, .fd = -1, .begun_ns = h9_clock_ns()};
  int rc = H9_OK;
  if (s->o.config) {
    rc = h9_config_read(&r.config, s->o.config, s->o.set, s->o.n_set, e);
    r.configured = rc == H9_OK;
  }
  h9_stage_enter(H9_STAGE_READ);
  if (rc == H9_OK) rc = open_network(&r, e);
  h9_stage_enter(H9_STAGE_BUILD);
  if (rc == H9_OK && r.configured) rc = h9_config_match(&r.config, &r.net, h9_reader_name(r.reader), e);
  if (rc == H9_OK) rc = check_indexed(&r, e);
  if (rc == H9_OK) {
    r.tuning = h9_tuning_settle(&s->tuning, r.configured ? &r.config : NULL, r.net.n_neurons, &s->o);
    rc = settle_times(&r, e);
  }
  if (rc == H9_OK) rc = settle_record(&r, e);
  if (rc == H9_OK) rc = make(&r, e);
  if (rc == H9_OK) rc = check_plastic(&r, e);
  if (rc == H9_OK && s->json) rc = print_estimate_json(&r, e);
  else if (rc == H9_OK && s->dry_run) print_estimate(&r);
  else if (rc == H9_OK) {
    rc = check_memory(&r, e);
    if (rc == H9_OK) rc = write_stream(&r, e);
    if (rc == H9_OK && r.realtime && !s->o.quiet) print_realtime(&r);
    if (rc == H9_OK && s->tuning.timings) print_profile(&r);
    if (rc == H9_OK && s->o.verbose && !s->o.quiet) print_summary(&r);
    if (rc == H9_OK && !s->o.quiet) note_silence(&r);
  }
  if (rc == H9_OK && fflush(stdout)) rc = h9_fail_sys(e, H9_EIO, errno, "standard output: cannot write");
  h9_realtime_free(r.realtime);
  h9_sim_free(r.sim);
  h9_batcher_close(&r.batcher);
  free(r.stimulus);
  if (r.reader) h9_reader_close(r.reader);
  if (r.fd > STDIN_FILENO) close(r.fd);
  h9_network_release(&r.net);
  h9_record_release(&r.what);
  if (r.configured) h9_config_release(&r.config);
  return rc;
}

int main(int argc, char **argv) {
  settings s = {.time = NAN, .transient = NAN, .stimulus_weight = NAN, .weights_every = NAN, .record = -1, .precision = -1};
  h9_options_init(&s.o);
  argp_parse(&parser, argc, argv, 0, NULL, &s);
  h9_error e = {0};
  int rc = h9_telemetry_begin(&s.o, PROGRAM, &e);
  if (rc == H9_OK) rc = h9_telemetry_end(step(&s, &e), &e);
  if (rc != H9_OK) rc = h9_report(stderr, PROGRAM, &e);
  h9_options_release(&s.o);
  free(s.stimulus);
  free(s.what);
  return rc;
}

/* hal9-index: connections by rule, and questions about neighbours. Reads neurons; writes the network: the
 * neurons, the projections and, unless they are deferred, the connections. */
#include "../libcore/base/memory.h"
#include "../libcore/base/json.h"
#include "../libcore/model/rowsource.h"
#include "../libcore/whole/config.h"
#include "../libcore/whole/connections.h"
#include "../libcore/whole/options.h"
#include "../libcore/whole/telemetry.h"
#include "../libcore/whole/tuning.h"
#include "../libcore/whole/query.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char program[] = "hal9-index";
static const char doc[] =
    "Connect the neurons of a stream by rules or by distance, or find neighbours.\n\n"
    "Examples:\n"
    "  hal9-gen -n 10000 | hal9-index --radius 60um > net.h9\n"
    "  hal9-gen -n 10000 | hal9-index --query k=5 --at 0,0,0\n"
    "  hal9-gen -c brunel.yaml | hal9-index -c brunel.yaml --dry-run\v"
    "Without FILE, standard input is read. Lengths without a unit are in um, times in ms.";

enum {
  OPT_RADIUS = 0x2000,
  OPT_NEAREST,
  OPT_WEIGHT,
  OPT_DELAY,
  OPT_PERIODIC,
  OPT_AUTAPSES,
  OPT_DEFER,
  OPT_DRY_RUN,
  OPT_JSON,
  OPT_BRUTE,
  OPT_QUERY,
  OPT_AT,
  OPT_ID,
  OPT_ALL,
  OPT_COUNTS,
  OPT_POPULATION,
  OPT_STREAM,
};

static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "Connections without a configuration, between all populations:", 1},
    {"radius", OPT_RADIUS, "LENGTH", 0, "Connect each neuron to all others within LENGTH", 0},
    {"k-nearest", OPT_NEAREST, "K", 0, "Connect each neuron to the K nearest of each population", 0},
    {"weight", OPT_WEIGHT, "W", 0, "Their weight, in the target model's unit (default: 1)", 0},
    {"delay", OPT_DELAY, "TIME", 0, "Their delay (default: 1 ms)", 0},
    {"autapses", OPT_AUTAPSES, 0, 0, "A neuron is its own neighbour, too", 0},
    {"periodic", OPT_PERIODIC, 0, 0, "Space wraps around at the borders of the domain (also for --query)", 0},
    {0, 0, 0, 0, "What is written:", 2},
    {"defer", OPT_DEFER, 0, 0, "Write the rules, not the connections: readers expand them alike", 0},
    {"dry-run", OPT_DRY_RUN, 0, 0, "Print how many connections and how much memory it would be", 0},
    {"json", OPT_JSON, 0, 0, "With --dry-run: as JSON", 0},
    {"brute-force", OPT_BRUTE, 0, 0, "Do without the spatial index: slow, the same result", 0},
    {0, 0, 0, 0, "Questions, answered as text:", 3},
    {"query", OPT_QUERY, "WHAT", 0, "radius=LENGTH, k=K or box=LOWEST,HIGHEST (x,y,z each)", 0},
    {"at", OPT_AT, "X,Y,Z", 0, "Ask for this place (repeatable)", 0},
    {"id", OPT_ID, "N", 0, "Ask for this neuron (repeatable)", 0},
    {"all", OPT_ALL, 0, 0, "Ask for every neuron", 0},
    {"counts", OPT_COUNTS, 0, 0, "Print how many neighbours, not which", 0},
    {"stream", OPT_STREAM, 0, 0, "Answer with a stream: each neuron that asks is connected to its neighbours",
     0},
    {"population", OPT_POPULATION, "NAME", 0, "Look among the neurons of this population only", 0},
    {0, 0, 0, 0, 0, 0},
};

typedef struct settings {
  h9_options o;
  h9_tuning_options tuning;
  const char *radius, *nearest, *weight, *delay, *query, *population;
  bool autapses, periodic, defer, dry_run, json, brute, all, counts, stream;
  h9_id *id;
  double (*at)[3];
  size_t n_id, cap_id, n_at, cap_at;
} settings;

static error_t parse_option(int key, char *arg, struct argp_state *state) {
  settings *s = state->input;
  h9_error e = {0};
  uint64_t n;
  double v;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &s->o;
    state->child_inputs[1] = &s->tuning;
    break;
  case OPT_RADIUS: /* --weight's unit is known with the network only */
    h9_option_try(state, h9_option_quantity("--radius", arg, &h9_unit_um, &v, &e), &e);
    s->radius = arg;
    break;
  case OPT_NEAREST:
    h9_option_try(state, h9_option_whole("--k-nearest", arg, 1, H9_ID_MAX, &n, &e), &e);
    s->nearest = arg;
    break;
  case OPT_WEIGHT:
    s->weight = arg;
    break;
  case OPT_DELAY:
    h9_option_try(state, h9_option_quantity("--delay", arg, &h9_unit_ms, &v, &e), &e);
    s->delay = arg;
    break;
  case OPT_AUTAPSES:
    s->autapses = true;
    break;
  case OPT_PERIODIC:
    s->periodic = true;
    break;
  case OPT_DEFER:
    s->defer = true;
    break;
  case OPT_DRY_RUN:
    s->dry_run = true;
    break;
  case OPT_JSON:
    s->json = true;
    break;
  case OPT_BRUTE:
    s->brute = true;
    break;
  case OPT_QUERY:
    s->query = arg;
    break;
  case OPT_ALL:
    s->all = true;
    break;
  case OPT_COUNTS:
    s->counts = true;
    break;
  case OPT_STREAM:
    s->stream = true;
    break;
  case OPT_POPULATION:
    s->population = arg;
    break;
  case OPT_ID:
    h9_option_try(state, h9_option_whole("--id", arg, 1, H9_ID_MAX, &n, &e), &e);
    if (h9_grow(&s->id, &s->cap_id, s->n_id + 1, sizeof *s->id) != H9_OK) return ENOMEM;
    s->id[s->n_id++] = (h9_id)n;
    break;
  case OPT_AT:
    if (h9_grow(&s->at, &s->cap_at, s->n_at + 1, sizeof *s->at) != H9_OK) return ENOMEM;
    h9_option_try(state, h9_query_point("--at", arg, s->at[s->n_at++], &e), &e);
    break;
  case ARGP_KEY_ARG:
    if (s->o.n_operand) argp_error(state, "found a second file, '%s', expected at most one", arg);
    return h9_options_operand(&s->o, arg) == H9_OK ? 0 : ENOMEM;
  case ARGP_KEY_END: {
    int ways = (s->o.config && !s->query) + (s->radius != NULL) + (s->nearest != NULL) + (s->query != NULL);
    if (ways == 0)
      argp_error(state, "found nothing to do, expected -c FILE, --radius, --k-nearest or --query");
    if (ways > 1) argp_error(state, "-c, --radius, --k-nearest and --query exclude each other");
    if (!s->radius && !s->nearest && (s->weight || s->delay || s->autapses))
      argp_error(
          state,
          "--weight, --delay and --autapses go with --radius or --k-nearest; a configuration has its own");
    if (s->o.config && s->periodic)
      argp_error(state, "--periodic goes without -c: a configuration says 'periodic: true' at its rules");
    if (!s->query && (s->n_at || s->n_id || s->all || s->counts || s->population || s->stream))
      argp_error(state, "--at, --id, --all, --counts, --population and --stream go with --query");
    if (s->stream && s->counts) argp_error(state, "--stream and --counts exclude each other");
    if (s->all && s->n_id) argp_error(state, "--all and --id exclude each other");
    if (s->json && !s->dry_run) argp_error(state, "--json goes with --dry-run");
    break;
  }
  default:
    return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

static const struct argp_child children[] = {{&h9_options_argp, 0, 0, 10}, {&h9_tuning_argp, 0, 0, 0}, {0, 0, 0, 0}};
static const struct argp parser = {option_table, parse_option, "[FILE]", doc, children, 0, 0};

/* One run: what is read, and what becomes of it. */
typedef struct run {
  const settings *s;
  h9_options o; /* with the threads that the tuning leaves */
  h9_tuning tuning;
  const char *name;
  h9_network net;
  h9_hash parent;
  h9_config config;
  h9_progress progress;
  h9_writer *writer;
  double expected, done;
} run;

static int read_neurons(run *r, h9_error *e) {
  const settings *s = r->s;
  int fd;
  h9_reader *reader = NULL;
  h9_block b;
  int rc = h9_input_open(s->o.n_operand ? s->o.operand[0] : NULL, &fd, &r->name, e);
  if (rc) return rc;
  rc = h9_reader_open(&reader, fd, r->name, H9_WANT_ALL, s->o.threads, e);
  if (rc == H9_OK) rc = h9_network_read(reader, &r->net, true, &b, e);
  /* a query takes any network, and looks past what it does not need */
  while (rc == H9_OK && s->query) {
    rc = h9_network_absorb(reader, &r->net, &b, e);
    if (rc == H9_OK) rc = h9_reader_next(reader, &b, e);
  }
  if (rc == H9_OK)
    rc = h9_fail(e, H9_EDATA, "%s: holds %s, expected neurons alone, as hal9-gen writes them", r->name,
                 h9_block_kind_name(b.kind));
  if (rc == H9_EOF) {
    rc = H9_OK;
    r->parent = h9_reader_hash(reader);
    if (r->net.n_projections && !s->query)
      rc = h9_fail(e, H9_EDATA,
                   "%s: has connection rules already, expected neurons alone, as hal9-gen writes them",
                   r->name);
  }
  h9_reader_close(reader);
  if (fd != STDIN_FILENO) close(fd);
  return rc;
}

/* Projections between all populations, as the options say. */
static int neighbours(run *r, h9_error *e) {
  const settings *s = r->s;
  h9_network *net = &r->net;
  double reach = 0, delay = 1;
  uint64_t k = 0;
  int rc = s->radius ? h9_option_quantity("--radius", s->radius, &h9_unit_um, &reach, e)
                     : h9_option_whole("--k-nearest", s->nearest, 1, H9_ID_MAX, &k, e);
  if (rc == H9_OK && s->delay) rc = h9_option_quantity("--delay", s->delay, &h9_unit_ms, &delay, e);
  if (rc) return rc;
  if (!(reach >= 0))
    return h9_fail(e, H9_EUSAGE, "--radius: found '%s', expected a length of at least 0", s->radius);
  if (!(delay >= net->dt / 2 && delay <= H9_DELAY_MAX * net->dt))
    return h9_fail(e, H9_EUSAGE,
                   "--delay: found %.9g ms, expected %.9g to %.9g ms (one step to %u steps of dt)", delay,
                   net->dt, H9_DELAY_MAX * net->dt, H9_DELAY_MAX);
  uint64_t many = (uint64_t)net->n_populations * net->n_populations;
  if (many > H9_PROJECTIONS_MAX)
    return h9_fail(e, H9_EDATA, "%s: %u populations make %llu pairs, expected at most %u", r->name,
                   net->n_populations, (unsigned long long)many, H9_PROJECTIONS_MAX);
  net->projections = calloc(many, sizeof *net->projections);
  if (!net->projections) return h9_fail_memory(e, many * sizeof *net->projections, "projections");
  for (uint32_t a = 0; a < net->n_populations; a++)
    for (uint32_t b = 0; b < net->n_populations; b++) {
      h9_projection *p = &net->projections[net->n_projections++];
      const h9_model *m = h9_model_find(net->populations[b].model);
      double weight = 1;
      if (!m)
        return h9_fail(e, H9_EDATA, "%s: population %s is of model '%s', which this program does not know",
                       r->name, net->populations[b].name, net->populations[b].model);
      h9_unit unit = h9_model_unit(m->weight);
      if (s->weight && (rc = h9_option_quantity("--weight", s->weight, &unit, &weight, e))) return rc;
      *p = (h9_projection){.source = a,
                           .target = b,
                           .rule = s->radius ? H9_RULE_RADIUS : H9_RULE_K_NEAREST,
                           .autapses = s->autapses,
                           .periodic = s->periodic,
                           .number = s->radius ? reach : (double)k,
                           .kernel = {.scale = 1, .cutoff = INFINITY}};
      p->name = h9_strdup("");
      p->synapse = h9_strdup("static");
      if (!p->name || !p->synapse || h9_dist_constant_make(&p->weight, weight) != H9_OK ||
          h9_dist_constant_make(&p->delay, delay) != H9_OK)
        return h9_fail_memory(e, sizeof *p, "projections");
    }
  return H9_OK;
}

static int configured(run *r, h9_error *e) {
  const settings *s = r->s;
  int rc = h9_config_read(&r->config, s->o.config, s->o.set, s->o.n_set, e);
  if (rc) return rc;
  if (!r->config.has_connections)
    return h9_fail(e, H9_ECONFIG, "%s: has no section 'connections', expected one", s->o.config);
  rc = h9_config_match(&r->config, &r->net, r->name, e);
  if (rc) return rc;
  if (r->config.dt_given && r->config.net.dt != r->net.dt)
    return h9_fail(e, H9_EDATA, "%s: dt is %.9g ms, in %s %.9g ms", r->name, r->net.dt, s->o.config,
                   r->config.net.dt);
  r->net.projections = r->config.net.projections; /* moved */
  r->net.n_projections = r->config.net.n_projections;
  r->config.net.projections = NULL;
  r->config.net.n_projections = 0;
  return H9_OK;
}

/* Bytes that hal9-step holds for a synapse of the projection, and for a neuron. */
static double synapse_bytes(const h9_projection *p) {
  return p->weight_encoding == H9_WEIGHT_F32 ? 8.3 : 4.3;
}
enum { NEURON_BYTES = 40 };

static int dry_run(run *r, h9_error *e) {
  const h9_network *net = &r->net;
  double total = 0, memory = (double)NEURON_BYTES * net->n_neurons;
  h9_json j = {0};
  bool json = r->s->json;
  double *expected = calloc((size_t)net->n_projections + 1, sizeof *expected);
  if (!expected) return h9_fail_memory(e, net->n_projections * sizeof *expected, "expected numbers");
  for (uint32_t k = 0; k < net->n_projections; k++) {
    expected[k] = h9_projection_expected(net, &net->projections[k]);
    total += expected[k];
    memory += expected[k] * synapse_bytes(&net->projections[k]);
  }
  if (json) {
    h9_json_begin(&j, NULL, '{');
    h9_json_whole(&j, "neurons", net->n_neurons);
    h9_json_number(&j, "connections", total);
    h9_json_number(&j, "memory_bytes", memory);
    h9_json_begin(&j, "projections", '[');
  } else printf("%-16s %-16s %-20s %16s\n", "source", "target", "rule", "connections");
  for (uint32_t k = 0; k < net->n_projections; k++) {
    const h9_projection *p = &net->projections[k];
    const char *source = net->populations[p->source].name, *target = net->populations[p->target].name;
    if (!json) {
      printf("%-16s %-16s %-20s %16.0f\n", source, target, h9_rule_name(p->rule), expected[k]);
      continue;
    }
    h9_json_begin(&j, NULL, '{');
    h9_json_text(&j, "source", source);
    h9_json_text(&j, "target", target);
    h9_json_text(&j, "rule", h9_rule_name(p->rule));
    h9_json_number(&j, "connections", expected[k]);
    h9_json_end(&j, '}');
  }
  free(expected);
  if (json) {
    h9_json_end(&j, ']');
    h9_json_end(&j, '}');
    return h9_json_print(&j, stdout, e);
  }
  printf("%u neurons, %.0f connections (expected), about %.4g MB in hal9-step\n", net->n_neurons, total, memory / 1e6);
  return fflush(stdout) ? h9_fail_sys(e, H9_EIO, errno, "standard output: cannot write") : H9_OK;
}

static void show(void *ctx, double done) {
  run *r = ctx;
  r->done = done;
  h9_progress_show(&r->progress, done, r->expected, "connections", NULL);
}

static int write_connections(run *r, h9_error *e) {
  h9_rowsource *source = NULL;
  h9_rowsource_options o = {
      .threads = r->o.threads, .brute_force = r->s->brute || !r->tuning.index, .per_cell = r->tuning.cell};
  r->expected = 0;
  for (uint32_t k = 0; r->progress.on && k < r->net.n_projections; k++)
    r->expected += h9_projection_expected(&r->net, &r->net.projections[k]);
  int rc = h9_rowsource_expand(&source, &r->net, &o, e);
  h9_connections c = {.writer = r->writer, .net = &r->net, .progress = show, .ctx = r};
  if (rc == H9_OK) rc = h9_connections_write(&c, source, e);
  h9_rowsource_free(source);
  return rc;
}

static int write_provenance(run *r, h9_error *e) {
  const settings *s = r->s;
  h9_buf b = {0};
  int rc = H9_OK;
  char id[16];
  h9_shaping_begin(&b, &s->o);
  if (s->radius) h9_shaping_put(&b, "--radius", s->radius);
  if (s->nearest) h9_shaping_put(&b, "--k-nearest", s->nearest);
  if (s->weight) h9_shaping_put(&b, "--weight", s->weight);
  if (s->delay) h9_shaping_put(&b, "--delay", s->delay);
  if (s->autapses) h9_shaping_put(&b, "--autapses", NULL);
  if (s->query) h9_shaping_put(&b, "--query", s->query);
  if (s->all) h9_shaping_put(&b, "--all", NULL);
  for (size_t i = 0; i < s->n_id; i++) {
    snprintf(id, sizeof id, "%u", s->id[i]);
    h9_shaping_put(&b, "--id", id);
  }
  if (s->population) h9_shaping_put(&b, "--population", s->population);
  if (s->periodic) h9_shaping_put(&b, "--periodic", NULL);
  if (s->defer) h9_shaping_put(&b, "--defer", NULL);
  h9_shaping_end(&b, &s->o);
  for (uint32_t i = 0; i < r->net.n_provenance && rc == H9_OK; i++)
    rc = h9_provenance_write(r->writer, &r->net.provenance[i], e);
  if (rc == H9_OK) rc = h9_stream_sign(r->writer, program, &b, &s->o, r->net.seed, &r->parent, 1, e);
  h9_buf_release(&b);
  return rc;
}

/* With a query, the connections are its answers. */
static int write_network(run *r, const h9_query *q, h9_error *e) {
  const settings *s = r->s;
  h9_output out;
  for (uint32_t k = 0; k < r->net.n_projections; k++) r->net.projections[k].materialised = !s->defer;
  int rc = h9_stream_open(&out, &r->writer, &s->o, r->o.threads, e);
  if (rc) return rc;
  h9_progress_begin(&r->progress, &s->o, program, stderr);
  rc = h9_network_write_head(r->writer, &r->net, e);
  if (rc == H9_OK) rc = h9_network_write_neurons(r->writer, &r->net, e);
  if (rc == H9_OK && q) rc = h9_query_connect(q, &r->net, r->writer, e);
  if (rc == H9_OK && !q) rc = h9_projections_write(r->writer, &r->net, e);
  if (rc == H9_OK && !q && !s->defer) rc = write_connections(r, e);
  h9_progress_end(&r->progress);
  if (rc == H9_OK) rc = write_provenance(r, e);
  rc = h9_stream_close(&out, r->writer, rc, e);
  if (rc == H9_OK && s->o.verbose && !s->o.quiet)
    fprintf(stderr, "%s: %.0f connections%s, peak memory %.1f MiB\n", program, r->done,
            s->defer ? " written (deferred)" : "", (double)h9_memory_peak_rss() / 1048576);
  return rc;
}

static int ask(run *r, h9_query *q, h9_error *e) {
  const settings *s = r->s;
  h9_output out;
  q->counts = s->counts;
  q->brute_force = s->brute || !r->tuning.index;
  q->periodic = s->periodic;
  q->all = s->all;
  q->n_id = s->n_id;
  q->id = s->id;
  q->n_at = s->n_at;
  q->at = (const double(*)[3])s->at;
  q->threads = r->o.threads;
  q->per_cell = r->tuning.cell;
  q->population = -1;
  if (s->population && (q->population = h9_network_named(&r->net, s->population, e)) < 0)
    return h9_fail_at(e, "%s", r->name);
  if (s->stream) {
    if (r->net.n_projections)
      return h9_fail(e, H9_EDATA, "%s: has connection rules already, --stream expects neurons alone",
                     r->name);
    return write_network(r, q, e);
  }
  int rc = h9_output_open(&out, s->o.output, true, e);
  if (rc) return rc;
  rc = h9_query_answer(q, &r->net, out.fd, e);
  if (rc == H9_OK) return h9_output_commit(&out, e);
  h9_output_abandon(&out);
  return rc;
}

static void print_tuning(const run *r) {
  fprintf(stderr, "%s: ", program);
  h9_tuning_print(&r->tuning, r->net.n_neurons, &r->o, stderr);
  fputc('\n', stderr);
}

static void print_timings(void) {
  double seconds[H9_STAGES], all = h9_stage_seconds(seconds);
  for (int i = 0; i < H9_STAGES; i++)
    if (seconds[i] > 0)
      fprintf(stderr, "%-10s %10.3f s %7.1f %%\n", h9_stage_name((enum h9_stage)i), seconds[i], 100 * seconds[i] / all);
  fprintf(stderr, "%-10s %10.3f s\nmemory     %10.4g bytes at the peak\n", "all", all, (double)h9_memory_peak_rss());
}

static int work(const settings *s, h9_error *e) {
  run r = {.s = s, .o = s->o};
  h9_query q = {0};
  h9_config_init(&r.config);
  int rc = s->query ? h9_query_parse(&q, s->query, e) : H9_OK;
  if (rc == H9_OK && s->query && q.type != H9_QUERY_BOX && !s->all && !s->n_id && !s->n_at)
    rc = h9_fail(e, H9_EUSAGE, "--query: who asks? expected --at X,Y,Z, --id N or --all");
  if (rc == H9_OK && s->query && q.type == H9_QUERY_BOX && (s->all || s->n_id || s->n_at))
    rc = h9_fail(e, H9_EUSAGE, "--query box: asks by itself, expected no --at, --id or --all");
  if (rc == H9_OK && !s->query && !s->dry_run) rc = h9_stream_refuse_terminal(&s->o, e);
  h9_stage_enter(H9_STAGE_READ);
  if (rc == H9_OK) rc = read_neurons(&r, e);
  h9_stage_enter(H9_STAGE_CONNECT);
  if (rc == H9_OK && s->o.seed_given) r.net.seed = s->o.seed;
  if (rc == H9_OK && !s->query) rc = s->o.config ? configured(&r, e) : neighbours(&r, e);
  if (rc == H9_OK) r.tuning = h9_tuning_settle(&s->tuning, &r.config, r.net.n_neurons, &r.o);
  if (rc == H9_OK && s->o.verbose && !s->o.quiet) print_tuning(&r);
  if (rc == H9_OK && s->query) rc = ask(&r, &q, e);
  else if (rc == H9_OK) {
    if (rc == H9_OK) rc = h9_projections_plan(&r.net, e);
    if (rc == H9_OK) rc = s->dry_run ? dry_run(&r, e) : write_network(&r, NULL, e);
  }
  if (rc == H9_OK && s->tuning.timings) print_timings();
  h9_config_release(&r.config);
  h9_network_release(&r.net);
  return rc;
}

int main(int argc, char **argv) {
  settings s = {0};
  h9_error e = {0};
  h9_options_init(&s.o);
  argp_parse(&parser, argc, argv, 0, 0, &s);
  int rc = h9_telemetry_begin(&s.o, program, &e);
  if (rc == H9_OK) rc = h9_telemetry_end(work(&s, &e), &e);
  if (rc) rc = h9_report(stderr, program, &e);
  free(s.id);
  free(s.at);
  h9_options_release(&s.o);
  return rc;
}

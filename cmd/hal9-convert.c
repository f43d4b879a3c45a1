/* hal9-convert: a stream from tables, and tables from a stream. Labels of any kind become compact ids, and come back. */
#include "../libcore/base/clock.h"
#include "../libcore/base/io.h"
#include "../libcore/base/memory.h"
#include "../libcore/model/models.h"
#include "../libcore/whole/config.h"
#include "../libcore/whole/convert.h"
#include "../libcore/whole/options.h"
#include "../libcore/whole/telemetry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "hal9-convert"
/* As completions list them. */
#define FORMATS "tsv|csv|ndjson|npy|npz|nest|gdf|auryn|bmtk|pynn|mtx|sonata"

static const char doc[] =
    "Make a stream of tables of neurons, connections, signals, or tables of one.\n\n"
    "Examples:\n"
    "  hal9-gen -n 1000 | hal9-index --radius 100um > net.h9\n"
    "  hal9-convert --to csv --neurons cells.csv --connections edges.csv net.h9\n"
    "  hal9-convert --from csv --neurons cells.csv --connections edges.csv > new.h9\v"
    "One side is a stream, the other one of the formats that --formats explains. Neurons may be called by UUIDs or any other "
    "labels: they get ids in the order of first appearance, and the stream keeps what they were called. Times without a unit "
    "are in ms.";

enum {
  OPT_FROM = 0x2000,
  OPT_TO,
  OPT_FORMATS,
  OPT_STATES,
  OPT_NEURONS,
  OPT_CONNECTIONS,
  OPT_SIGNALS,
  OPT_TIME_UNIT,
  OPT_ID_BASE,
  OPT_SOURCE,
  OPT_TARGET,
  OPT_IDS, /* from here on: options that go with --from only */
  OPT_NETWORK,
  OPT_DT,
  OPT_ROUND,
  OPT_POPULATION,
  OPT_WEIGHT,
  OPT_DELAY,
  OPT_START,
  OPT_BATCH_SIZE,
  OPT_STOP,
};

static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "What:", 1},
    {"from", OPT_FROM, FORMATS, 0, "Read this form (default: hal9)", 0},
    {"to", OPT_TO, FORMATS, 0, "Write this form (default: hal9)", 0},
    {"formats", OPT_FORMATS, 0, 0, "List the formats", 0},
    {"neurons", OPT_NEURONS, "FILE", 0, "Table of neurons: label, x, y, z, population, model, values", 0},
    {"connections", OPT_CONNECTIONS, "FILE", 0, "Table of connections: source, target, weight, delay", 0},
    {"signals", OPT_SIGNALS, "FILE", 0, "Table of signals: time, neuron, strength, priority; several times to read several", 0},
    {"states", OPT_STATES, "FILE", 0, "Reports of recorded state to read (sonata); several times to read several", 0},
    {"time-unit", OPT_TIME_UNIT, "ms|s|us|step", 0, "What times are in where the other form does not say", 0},
    {"id-base", OPT_ID_BASE, "0|1", 0, "Number of the first neuron where neurons are called by numbers", 0},
    {"source", OPT_SOURCE, "POPULATION", 0, "Connections of these sources, which are numbers in their population", 0},
    {"target", OPT_TARGET, "POPULATION", 0, "Connections onto these targets, which are numbers in their population", 0},
    {0, 0, 0, 0, "From tables:", 2},
    {"ids", OPT_IDS, "auto|uuid|text|compact", 0, "What labels are; compact: numbers, that are the ids (default: auto, as the first one is)", 0},
    {"network", OPT_NETWORK, "FILE", 0, "A stream that the neurons are of", 0},
    {"dt", OPT_DT, "TIME", 0, "Time step of the stream (default: 0.1 ms, or the network's)", 0},
    {"round", OPT_ROUND, 0, 0, "Round times and delays to steps of dt, which otherwise are refused", 0},
    {"population", OPT_POPULATION, "NAME", 0, "Population of neurons that are in none (default: neurons)", 0},
    {"weight", OPT_WEIGHT, "NUMBER", 0, "Weight where there is no column of it, in the target's unit (default: 1)", 0},
    {"delay", OPT_DELAY, "TIME", 0, "Delay where there is no column of it (default: 1 ms)", 0},
    {"start", OPT_START, "TIME", 0, "When the recording of signals began (default: 0)", 0},
    {"stop", OPT_STOP, "TIME", 0, "When it ended (default: at the last signal)", 0},
    {"batch-size", OPT_BATCH_SIZE, "N", 0, "Write signals in batches of at most N, whole steps (default: 65536)", 0},
    {0, 0, 0, 0, 0, 0},
};

typedef struct settings {
  h9_options o;
  h9_convert_options c;
  const h9_format *from, *to; /* NULL: a stream */
  const char *ids;
  const char **more; /* files of signals behind the first */
  const char **states;
  size_t cap_more, cap_states;
  const char *alone; /* the first option given that only goes with tables as input */
} settings;

static const char *const units[] = {"", "ms", "s", "us", "step"}; /* by enum h9_time_unit */

/* Options */

static const h9_format *format(const char *option, const char *arg, struct argp_state *state) {
  const h9_format *f = h9_format_find(arg);
  if (f || strcmp(arg, "hal9") == 0) return f;
  const char *names[32] = {"hal9"};
  size_t n = 1;
  for (; n < 32 && h9_format_at(n - 1); n++) names[n] = h9_format_at(n - 1)->name;
  h9_error e;
  h9_fail(&e, H9_EUSAGE, "%s: found '%.80s', expected a format that --formats lists", option, arg);
  h9_fail_near(&e, arg, names, n, false);
  argp_error(state, "%s", e.text);
  return NULL;
}

static void list_formats(void) {
  printf("%-8s %-12s %s\n", "hal9", "read, write", "a stream, hal9-stream(5)");
  for (size_t i = 0; h9_format_at(i); i++) {
    const h9_format *f = h9_format_at(i);
    printf("%-8s %-12s %s\n", f->name, f->read && f->write ? "read, write" : f->read ? "read" : "write", f->about);
  }
}

static int add_signals(settings *s, const char *path) {
  if (!s->c.path[H9_PART_SIGNALS]) {
    s->c.path[H9_PART_SIGNALS] = path;
    return H9_OK;
  }
  if (h9_grow(&s->more, &s->cap_more, (size_t)s->c.n_more_signals + 1, sizeof *s->more) != H9_OK) return H9_ESYSTEM;
  s->more[s->c.n_more_signals++] = path;
  s->c.more_signals = s->more;
  return H9_OK;
}

static bool parse_time_unit(settings *s, const char *arg) {
  for (int i = 1; i < 5; i++)
    if (strcmp(arg, units[i]) == 0) s->c.time_unit = (enum h9_time_unit)i;
  return s->c.time_unit != H9_TIME_DEFAULT && strcmp(arg, units[s->c.time_unit]) == 0;
}

static int parse_ids(settings *s, const char *arg) {
  static const char *const names[] = {"auto", "uuid", "text", "compact"};
  for (int i = 0; i < 4; i++)
    if (strcmp(arg, names[i]) == 0) {
      s->c.ids = (enum h9_ids)i;
      s->ids = arg;
      return H9_OK;
    }
  return H9_EUSAGE;
}

/* What the format has and leaves open. */
static void settle_form(settings *s, const h9_format *f, struct argp_state *state) {
  static const char *const parts[H9_PARTS] = {"neurons", "connections", "signals"};
  h9_convert_options *c = &s->c;
  for (int i = 0; i < H9_PARTS; i++)
    if (c->path[i] && !(f->parts & 1 << i))
      argp_error(state, "--%s: format %s has %s only", parts[i], f->name,
                 f->parts & 1 << H9_PART_SIGNALS ? "signals" : "connections");
  if (c->time_unit != H9_TIME_DEFAULT && f->times && !(f->times & 1 << c->time_unit))
    argp_error(state, "--time-unit: found %s, but times of format %s are in %s", units[c->time_unit], f->name, units[f->time]);
  if (s->to && c->n_more_signals) argp_error(state, "--signals: found '%s' too, expected one file to write", s->more[0]);
  if (c->network && c->path[H9_PART_NEURONS]) argp_error(state, "--neurons and --network: expected one of them");
  if ((c->source || c->target) && !c->path[H9_PART_CONNECTIONS])
    argp_error(state, "--source and --target go with --connections");
  if (s->from && (c->source || c->target) && !c->network && !c->path[H9_PART_NEURONS])
    argp_error(state, "--source and --target name populations of --network or --neurons: give one of them");
  if (s->from && c->time_unit == H9_TIME_DEFAULT) c->time_unit = f->time;
  if (f == &h9_format_mtx && c->base_given) argp_error(state, "--id-base: a matrix counts from 1");
  if (f->indices) c->ids = H9_IDS_COMPACT;
  if (s->from && f->numbers && !c->network && c->ids == H9_IDS_AUTO) c->ids = H9_IDS_COMPACT;
  if (s->from && !c->base_given) c->id_base_0 = f->id_base_0;
}

/* A folder with everything is read by its name, and written to -o; spikes also alone. */
static void settle_folder(settings *s, const h9_format *f, struct argp_state *state) {
  h9_convert_options *c = &s->c;
  if (s->from) c->folder = s->o.n_operand ? s->o.operand[0] : NULL;
  else c->folder = s->o.output;
  if (!c->folder && !c->path[H9_PART_SIGNALS] && !c->n_states)
    argp_error(state, s->from ? "found nothing to read, expected a folder or configuration of format %s, or --signals FILE"
                              : "found nowhere to write format %s, expected -o FOLDER, or --signals FILE", f->name);
  if (c->n_states && (s->to || (!c->folder && !c->network)))
    argp_error(state, s->to ? "--states: recorded state is written to the folder of -o"
                            : "--states: whose state is it? Give the folder, or --network FILE");
  if (c->folder && c->network) argp_error(state, "--network: the folder has neurons of its own");
}

/* What is left to decide when all options are known. */
static void settle(settings *s, struct argp_state *state) {
  int standard = 0, any = 0;
  for (int i = 0; i < H9_PARTS; i++) {
    any += s->c.path[i] != NULL;
    standard += s->c.path[i] && strcmp(s->c.path[i], "-") == 0;
  }
  for (int i = 0; i < s->c.n_more_signals; i++) standard += strcmp(s->more[i], "-") == 0;
  if (s->from && s->to)
    argp_error(state, "one side is hal9: convert by way of a stream, as in '%s --from %s ... | %s --to %s ...'", PROGRAM,
               s->from->name, PROGRAM, s->to->name);
  if (!s->from && !s->to) argp_error(state, "found neither --from nor --to, expected one of them with another format than hal9 (--formats)");
  const h9_format *form = s->from ? s->from : s->to;
  if (form->folders) settle_folder(s, form, state);
  else if (s->c.n_states) argp_error(state, "--states: format %s has no recorded state", form->name);
  else if (!any) argp_error(state, "found no tables, expected --neurons, --connections or --signals with FILE");
  if (standard > 1) argp_error(state, "only one table can be standard %s", s->from ? "input" : "output");
  if (s->from && s->o.n_operand && !form->folders)
    argp_error(state, "found '%s', but tables are named by options", s->o.operand[0]);
  if (s->o.n_operand > 1) argp_error(state, "found '%s', expected one stream", s->o.operand[1]);
  if (s->to && s->o.output && !form->folders)
    argp_error(state, "-o names a stream to write; tables are named by --neurons, --connections, --signals");
  if (s->to && s->alone) argp_error(state, "--%s goes with --from", s->alone);
  if (s->from && !s->from->read) argp_error(state, "format %s can be written only", s->from->name);
  if (s->to && !s->to->write) argp_error(state, "format %s can be read only", s->to->name);
  settle_form(s, form, state);
  s->c.threads = s->o.threads;
  if (s->o.seed_given) s->c.seed = s->o.seed, s->c.seed_given = true;
  if (s->o.model) s->c.model = s->o.model;
}

static error_t parse_option(int key, char *arg, struct argp_state *state) {
  settings *s = state->input;
  h9_error e = {0};
  int rc = H9_OK;
  for (const struct argp_option *t = option_table; !s->alone && key >= OPT_IDS && key <= OPT_STOP; t++)
    if (t->key == key) s->alone = t->name;
  switch (key) {
  case ARGP_KEY_INIT: state->child_inputs[0] = &s->o; break;
  case OPT_FROM: s->from = format("--from", arg, state); break;
  case OPT_TO: s->to = format("--to", arg, state); break;
  case OPT_FORMATS: list_formats(); exit(fflush(stdout) ? H9_EIO : 0);
  case OPT_NEURONS: s->c.path[H9_PART_NEURONS] = arg; break;
  case OPT_CONNECTIONS: s->c.path[H9_PART_CONNECTIONS] = arg; break;
  case OPT_SIGNALS: rc = add_signals(s, arg); break;
  case OPT_STATES:
    rc = h9_grow(&s->states, &s->cap_states, (size_t)s->c.n_states + 1, sizeof *s->states);
    if (rc == H9_OK) s->states[s->c.n_states++] = arg, s->c.states = s->states;
    break;
  case OPT_TIME_UNIT:
    if (!parse_time_unit(s, arg)) argp_error(state, "--time-unit: found '%s', expected ms, s, us or step", arg);
    break;
  case OPT_ID_BASE:
    if (strcmp(arg, "0") != 0 && strcmp(arg, "1") != 0) argp_error(state, "--id-base: found '%s', expected 0 or 1", arg);
    s->c.id_base_0 = *arg == '0';
    s->c.base_given = true;
    break;
  case OPT_SOURCE: s->c.source = arg; break;
  case OPT_TARGET: s->c.target = arg; break;
  case OPT_ROUND: s->c.round = true; break;
  case OPT_NETWORK: s->c.network = arg; break;
  case OPT_IDS:
    if (parse_ids(s, arg) != H9_OK) argp_error(state, "--ids: found '%s', expected uuid, text, compact or auto", arg);
    break;
  case OPT_DT:
    rc = h9_option_time("--dt", arg, false, &s->c.dt, &e);
    s->c.dt_given = true;
    break;
  case OPT_POPULATION:
    if (!*arg || strlen(arg) > H9_NAME_MAX || strpbrk(arg, " \t\n@[]:,"))
      argp_error(state, "--population: found '%s', expected a name without spaces and @ [ ] : ,", arg);
    s->c.population = arg;
    break;
  case OPT_WEIGHT: rc = h9_option_quantity("--weight", arg, &h9_unit_one, &s->c.weight, &e); break;
  case OPT_DELAY: rc = h9_option_quantity("--delay", arg, &h9_unit_ms, &s->c.delay, &e); break;
  case OPT_BATCH_SIZE: rc = h9_option_whole("--batch-size", arg, 1, 1u << 24, &s->c.batch, &e); break;
  case OPT_START: rc = h9_option_quantity("--start", arg, &h9_unit_ms, &s->c.start, &e); break;
  case OPT_STOP: rc = h9_option_quantity("--stop", arg, &h9_unit_ms, &s->c.stop, &e); break;
  case ARGP_KEY_ARG: rc = h9_options_operand(&s->o, arg); break;
  case ARGP_KEY_SUCCESS: settle(s, state); break;
  default: return ARGP_ERR_UNKNOWN;
  }
  h9_option_try(state, rc, &e);
  return 0;
}

static const struct argp_child children[] = {{&h9_options_argp, 0, 0, 10}, {0, 0, 0, 0}};
static const struct argp parser = {option_table, parse_option, "[FILE]", doc, children, 0, 0};

/* Work */

/* What was lost, line by line. */
static void tell(const settings *s, const h9_buf *notes) {
  for (size_t i = 0; i < notes->len && !s->o.quiet;) {
    const char *line = (const char *)notes->data + i, *end = memchr(line, '\n', notes->len - i);
    fprintf(stderr, "%s: note: %.*s\n", PROGRAM, (int)(end - line), line);
    i += (size_t)(end - line) + 1;
  }
}

/* The options that shape the result, for the provenance. */
static void shaping(const settings *s, h9_buf *b) {
  static const char *const parts[H9_PARTS] = {"--neurons", "--connections", "--signals"};
  const double v[] = {s->c.dt, s->c.weight, s->c.delay, s->c.start, s->c.stop};
  static const char *const names[] = {"--dt", "--weight", "--delay", "--start", "--stop"};
  char number[32];
  h9_shaping_begin(b, &s->o);
  h9_shaping_put(b, "--from", s->from->name);
  if (s->c.folder) h9_shaping_put(b, s->c.folder, NULL);
  for (int i = 0; i < H9_PARTS; i++)
    if (s->c.path[i]) h9_shaping_put(b, parts[i], s->c.path[i]);
  for (int i = 0; i < s->c.n_more_signals; i++) h9_shaping_put(b, "--signals", s->more[i]);
  for (int i = 0; i < s->c.n_states; i++) h9_shaping_put(b, "--states", s->states[i]);
  if (s->c.time_unit != s->from->time) h9_shaping_put(b, "--time-unit", units[s->c.time_unit]);
  if (s->c.base_given) h9_shaping_put(b, "--id-base", s->c.id_base_0 ? "0" : "1");
  if (s->c.network) h9_shaping_put(b, "--network", s->c.network);
  if (s->c.source) h9_shaping_put(b, "--source", s->c.source);
  if (s->c.target) h9_shaping_put(b, "--target", s->c.target);
  if (s->c.round) h9_shaping_put(b, "--round", "yes");
  if (s->ids) h9_shaping_put(b, "--ids", s->ids);
  h9_shaping_put(b, "--population", s->c.population);
  h9_shaping_put(b, "--model", s->c.model);
  for (int i = 0; i < 5; i++) {
    if (isnan(v[i])) continue;
    snprintf(number, sizeof number, "%.17g", v[i]);
    h9_shaping_put(b, names[i], number);
  }
  h9_shaping_end(b, &s->o);
}

static int write_stream(const settings *s, h9_import *m, h9_error *e) {
  h9_output out;
  h9_writer *w;
  h9_buf text = {0};
  int rc = h9_stream_open(&out, &w, &s->o, s->o.threads, e);
  if (rc != H9_OK) return rc;
  rc = h9_import_write(m, w, e);
  shaping(s, &text);
  if (rc == H9_OK) rc = h9_stream_sign(w, PROGRAM, &text, &s->o, s->c.seed, NULL, 0, e);
  h9_buf_release(&text);
  return h9_stream_close(&out, w, rc, e);
}

static int import(settings *s, h9_error *e) {
  h9_import m = {.o = &s->c};
  uint64_t begun = h9_clock_ns();
  if (h9_stream_refuse_terminal(&s->o, e) != H9_OK) return e->code;
  h9_stage_enter(H9_STAGE_READ);
  int rc = s->c.network ? h9_import_network(&m, &s->c, s->from->numbers, e) : H9_OK;
  if (rc == H9_OK) rc = s->from->read(s->from, &m, e);
  double read_s = (double)(h9_clock_ns() - begun) * 1e-9;
  h9_stage_enter(H9_STAGE_WRITE);
  if (rc == H9_OK) rc = write_stream(s, &m, e);
  tell(s, &m.notes);
  if (rc == H9_OK && s->o.verbose && !s->o.quiet) {
    h9_labelmap_stats t = {0};
    if (m.labels) h9_labelmap_stats_get(m.labels, &t);
    fprintf(stderr, "%s: %u neurons, %zu connections, %llu signals read in %.3g s", PROGRAM, m.net.n_neurons, m.n_edges,
            (unsigned long long)m.n_all_signals, read_s);
    if (m.labels)
      fprintf(stderr, "; %llu labels in %llu places, %llu waits, %.1f MiB for the map", (unsigned long long)t.labels,
              (unsigned long long)t.adds, (unsigned long long)t.waits, (double)t.bytes / 1048576);
    fprintf(stderr, "; peak memory %.1f MiB\n", (double)h9_memory_peak_rss() / 1048576);
  }
  h9_import_release(&m);
  return rc;
}

static int export(const settings *s, h9_error *e) {
  h9_buf notes = {0};
  int fd;
  const char *name;
  int rc = h9_input_open(s->o.n_operand ? s->o.operand[0] : NULL, &fd, &name, e);
  if (rc != H9_OK) return rc;
  h9_stage_enter(H9_STAGE_WRITE);
  rc = s->to->write(s->to, &s->c, fd, name, &notes, e);
  if (fd != STDIN_FILENO) close(fd);
  tell(s, &notes);
  h9_buf_release(&notes);
  return rc;
}

int main(int argc, char **argv) {
  settings s = {.c = {.dt = 0.1, .seed = 1, .population = "neurons", .model = "iaf_psc_exp", .weight = NAN, .delay = NAN, .start = NAN, .stop = NAN}};
  h9_error e = {0};
  h9_options_init(&s.o);
  s.o.model_names = true;
  argp_parse(&parser, argc, argv, 0, NULL, &s);
  int rc = h9_model_named(s.c.model, &e) ? H9_OK : h9_fail_at(&e, "--model");
  if (rc == H9_OK) rc = h9_telemetry_begin(&s.o, PROGRAM, &e);
  if (rc == H9_OK) rc = h9_config_check(&s.o, &e);
  if (rc == H9_OK) rc = h9_telemetry_end(s.from ? import(&s, &e) : export(&s, &e), &e);
  if (rc != H9_OK) rc = h9_report(stderr, PROGRAM, &e);
  h9_options_release(&s.o);
  free(s.more);
  free(s.states);
  return rc;
}

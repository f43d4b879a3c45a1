/* hal9-view: look inside a stream: what it holds, whether it is whole, its records as text. */
#include "../libcore/base/io.h"
#include "../libcore/whole/check.h"
#include "../libcore/whole/config.h"
#include "../libcore/whole/diff.h"
#include "../libcore/whole/join.h"
#include "../libcore/whole/watch.h"
#include "../libcore/whole/options.h"
#include "../libcore/whole/telemetry.h"
#include "../libcore/whole/view.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char program[] = "hal9-view";

enum mode { SUMMARY, CHECK, HASH, NEURONS, SIGNALS, STATES, CONNECTIONS, PROJECTIONS, PROVENANCE, METRICS, LABELS, BLOCKS, CAT, MERGE, FOLLOW, DIFF };

enum {
  OPT_CHECK = 0x2000,
  OPT_HASH,
  OPT_TSV,
  OPT_NDJSON,
  OPT_JSON,
  OPT_SIGNALS,
  OPT_STATES,
  OPT_CONNECTIONS,
  OPT_PROJECTIONS,
  OPT_PROVENANCE,
  OPT_METRICS,
  OPT_LABELS,
  OPT_BLOCKS,
  OPT_DIFF,
  OPT_CAT,
  OPT_MERGE,
  OPT_SHIFT,
  OPT_BATCH_SIZE,
  OPT_COLUMNS,
  OPT_HEADER,
  OPT_NO_HEADER,
  OPT_HEAD,
  OPT_COUNT,
  OPT_POPULATION,
  OPT_ID,
  OPT_REGION,
  OPT_NEAR,
  OPT_NETWORK,
  OPT_SAMPLE,
  OPT_TIME,
  OPT_FOLLOW,
};

static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "What to show (default: a summary of the stream):", 1},
    {"check", OPT_CHECK, 0, 0, "Decode every block; say what is wrong and where", 0},
    {"hash", OPT_HASH, 0, 0, "The content hash", 0},
    {"tsv", OPT_TSV, 0, 0, "Neurons as tab-separated values", 0},
    {"signals", OPT_SIGNALS, 0, 0, "Signals: step, id", 0},
    {"states", OPT_STATES, 0, 0, "Recorded state: time, variable, group, id, value", 0},
    {"connections", OPT_CONNECTIONS, 0, 0, "Connections: source, target, weight, delay in ms", 0},
    {"projections", OPT_PROJECTIONS, 0, 0, "Projections: the rules", 0},
    {"provenance", OPT_PROVENANCE, 0, 0, "Which programs made the stream, from what", 0},
    {"metrics", OPT_METRICS, "FILE", OPTION_ARG_OPTIONAL, "Measurements of the programs: name, value; =FILE means the FILE below", 0},
    {"labels", OPT_LABELS, 0, 0, "What neurons are called elsewhere: id, label; with another mode, a column of it", 0},
    {"blocks", OPT_BLOCKS, 0, 0, "Blocks of the file: offset, kind, count, sizes, range, digest", 0},
    {"follow", OPT_FOLLOW, "TIME", OPTION_ARG_OPTIONAL,
     "While the stream flows: a raster in the terminal, a column TIME (default: 10 ms); else time and id of each signal", 0},
    {"diff", OPT_DIFF, 0, 0, "The first place where two streams part, in the network's terms; with other modes: only these", 0},
    {"cat", OPT_CAT, 0, 0, "A stream again: recordings of signals and states, one after another", 0},
    {"merge", OPT_MERGE, 0, 0, "A stream again: recordings of signals and states, merged by time", 0},
    {0, 0, 0, 0, "How:", 2},
    {"json", OPT_JSON, 0, 0, "The summary as JSON, one document a stream", 0},
    {"ndjson", OPT_NDJSON, 0, 0, "A JSON object a line instead of tab-separated values", 0},
    {"columns", OPT_COLUMNS, "NAME,...", 0, "Show these columns in this order", 0},
    {"header", OPT_HEADER, 0, 0, "Begin with a line of column names", 0},
    {"no-header", OPT_NO_HEADER, 0, 0, "Do not, where it is the default", 0},
    {"head", OPT_HEAD, "N", 0, "Show at most N records of each stream", 0},
    {"count", OPT_COUNT, 0, 0, "Show only how many records there are", 0},
    {"shift", OPT_SHIFT, "TIME,...", 0, "Add to the times of each stream that is joined", 0},
    {"batch-size", OPT_BATCH_SIZE, "N", 0, "Join signals into batches of N, up to the end of the step (default: 65536)", 0},
    {0, 0, 0, 0, "Which:", 3},
    {"population", OPT_POPULATION, "NAME,...", 0, "Neurons, senders, sources of these populations", 0},
    {"id", OPT_ID, "A-B,C,...", 0, "Neurons, senders, sources with these ids", 0},
    {"region", OPT_REGION, "AXIS=A..B,...", 0, "Neurons, senders, sources in this region, in um", 0},
    {"near", OPT_NEAR, "X,Y[,Z],R", 0, "Those within R um of this place", 0},
    {"network", OPT_NETWORK, "FILE", 0, "Take positions from this stream, where the one shown has none", 0},
    {"sample", OPT_SAMPLE, "N|P%", 0, "N of them, or P percent: always the same, by id and --seed", 0},
    {"time", OPT_TIME, "FROM..TO", 0, "Signals and states later than FROM, not later than TO", 0},
    {0, 't', 0, OPTION_ALIAS, 0, 0},
    {0, 0, 0, 0, 0, 0},
};

typedef struct arguments {
  h9_options common;
  unsigned modes; /* bits of those given */
  enum mode mode;
  unsigned parts; /* of --diff */
  bool tsv, json;
  int header; /* -1: as the mode has it */
  const char *window; /* of --follow */
  h9_view view;
  h9_buf chosen; /* the options that shape a joined stream, for the provenance */
  double *shift;
  size_t n_shift;
  uint64_t batch;
} arguments;

/* The mode that the options given make; --diff takes others as what it compares. */
static void set_mode(arguments *a, struct argp_state *state) {
  static const struct {
    enum mode mode;
    unsigned part;
  } parts[] = {{SIGNALS, H9_DIFF_SIGNALS},         {STATES, H9_DIFF_STATES},         {CONNECTIONS, H9_DIFF_CONNECTIONS},
               {PROJECTIONS, H9_DIFF_PROJECTIONS}, {PROVENANCE, H9_DIFF_PROVENANCE}, {METRICS, H9_DIFF_METRICS}};
  unsigned left = a->modes & ~(1u << DIFF);
  if (a->modes & 1u << DIFF) {
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
      a->parts |= left >> parts[i].mode & 1 ? parts[i].part : 0;
      left &= ~(1u << parts[i].mode);
    }
    if (a->tsv) a->parts |= H9_DIFF_NEURONS;
    if (!(a->parts & H9_DIFF_CONTENT)) a->parts |= H9_DIFF_CONTENT;
    if (left)
      argp_error(state, "--diff compares what --tsv, --signals, --states, --connections, --projections, --provenance and "
                        "--metrics show, and goes with no other mode");
    a->tsv = false;
    left = 1u << DIFF;
  }
  if (left & (left - 1))
    argp_error(state,
               "only one of --check, --hash, --signals, --states, --connections, --projections, --provenance, --metrics, "
               "--blocks, --cat, --merge and --follow is possible");
  while (left >>= 1) a->mode = (enum mode)((int)a->mode + 1);
}

static void add_columns(arguments *a, const char *text, struct argp_state *state) {
  for (const char *at = text;; at++) {
    size_t n = strcspn(at, ",");
    if (n == 0) argp_error(state, "--columns: found '%s', expected names with commas between", text);
    if (a->view.n_columns == H9_TABLE_COLUMNS_MAX)
      argp_error(state, "--columns: more than %d", H9_TABLE_COLUMNS_MAX);
    char **grown = realloc(a->view.columns, (a->view.n_columns + 1) * sizeof *grown);
    if (!grown || !(grown[a->view.n_columns] = strndup(at, n)))
      argp_failure(state, H9_ESYSTEM, 0, "out of memory");
    a->view.columns = grown;
    a->view.n_columns++;
    at += n;
    if (!*at) return;
  }
}

static int add_shifts(arguments *a, const char *text, h9_error *e) {
  size_t most = 1;
  int n = 0;
  for (const char *at = text; *at; at++) most += *at == ',';
  double *grown = realloc(a->shift, (a->n_shift + most) * sizeof *grown);
  if (!grown) return h9_fail_memory(e, (a->n_shift + most) * sizeof *grown, "--shift");
  a->shift = grown;
  int rc = h9_option_quantities("--shift", text, &h9_unit_ms, (int)most, a->shift + a->n_shift, &n, e);
  a->n_shift += (size_t)n;
  return rc;
}

/* What is left to decide when all options are known. */
static void settle(arguments *a, struct argp_state *state) {
  h9_view *v = &a->view;
  set_mode(a, state);
  bool table = a->tsv || v->json || v->count || v->n_columns || a->header >= 0 || v->head != UINT64_MAX ||
               !h9_select_is_all(&v->select);
  if (a->json && (a->modes || table || v->labels))
    argp_error(state, "--json shows the summary, records come as JSON by --ndjson");
  if (a->mode == SUMMARY && v->labels && !a->tsv) a->mode = LABELS;
  if (a->mode == SUMMARY && table) a->mode = NEURONS;
  if (a->mode == FOLLOW && (table || v->labels || a->common.n_operand > 1))
    argp_error(state, "--follow shows one stream as it flows: no columns, no selection, no form of a table");
  if ((a->mode == CHECK || a->mode == HASH) && (table || v->labels))
    argp_error(state, "--%s looks at whole streams: no columns, no selection, no form of a table",
               a->mode == CHECK ? "check" : "hash");
  bool joins = a->mode == CAT || a->mode == MERGE;
  if (a->mode == DIFF && (v->json || v->count || v->n_columns || a->header >= 0 || v->head != UINT64_MAX || v->labels))
    argp_error(state, "--diff tells one place: no columns, no form of a table");
  if (a->mode == DIFF && a->common.n_operand != 2)
    argp_error(state, "--diff: found %zu streams, expected two", a->common.n_operand);
  if (a->mode == DIFF && strcmp(a->common.operand[0], "-") == 0 && strcmp(a->common.operand[1], "-") == 0)
    argp_error(state, "--diff: found '-' twice, but there is one standard input");
  if (joins && (a->tsv || v->json || v->count || v->n_columns || a->header >= 0 || v->head != UINT64_MAX || v->labels))
    argp_error(state, "--%s writes a stream: no columns, no form of a table", a->mode == CAT ? "cat" : "merge");
  if (!joins && (a->n_shift || a->batch)) argp_error(state, "--%s goes with --cat or --merge", a->n_shift ? "shift" : "batch-size");
  if (v->select.timed && a->mode != SIGNALS && a->mode != STATES && !joins && a->mode != DIFF)
    argp_error(state, "--time selects signals or states: give --signals or --states, too");
  if ((a->mode == PROVENANCE || a->mode == METRICS || a->mode == BLOCKS) && !h9_select_is_all(&v->select))
    argp_error(state, "--population, --id, --region, --near and --sample select neurons, signals, states, connections and labels");
  if (a->mode == PROJECTIONS && !h9_select_is_whole(&v->select))
    argp_error(state, "only --population selects projections");
  if (v->select.network && !v->select.n_regions && !v->select.n_near)
    argp_error(state, "--network tells where neurons are: give --region or --near, too");
  v->json |= a->json;
  v->select.seed = a->common.seed_given ? a->common.seed : 1;
  if (a->common.n_operand == 0 && isatty(STDIN_FILENO))
    argp_error(state,
               "nothing to read: name a stream file, or pipe one in, as in 'hal9-gen -n 100 | hal9-view'");
}

static error_t parse_option(int key, char *arg, struct argp_state *state) {
  arguments *a = state->input;
  h9_error e = {0};
  int rc = H9_OK;
  bool chooses = (key >= OPT_POPULATION && key <= OPT_TIME) || key == OPT_SHIFT || key == OPT_BATCH_SIZE;
  for (const struct argp_option *t = option_table; chooses && (t->name || t->doc); t++)
    if (t->key == key) {
      char name[32];
      snprintf(name, sizeof name, "--%s", t->name);
      h9_shaping_put(&a->chosen, name, arg);
    }
  switch (key) {
  case 't': return parse_option(OPT_TIME, arg, state);
  case ARGP_KEY_INIT: state->child_inputs[0] = &a->common; break;
  case OPT_CHECK: a->modes |= 1u << CHECK; break;
  case OPT_HASH: a->modes |= 1u << HASH; break;
  case OPT_TSV: a->tsv = true; break;
  case OPT_JSON: a->json = true; break;
  case OPT_NDJSON: a->view.json = true; break;
  case OPT_SIGNALS: a->modes |= 1u << SIGNALS; break;
  case OPT_STATES: a->modes |= 1u << STATES; break;
  case OPT_CONNECTIONS: a->modes |= 1u << CONNECTIONS; break;
  case OPT_PROJECTIONS: a->modes |= 1u << PROJECTIONS; break;
  case OPT_PROVENANCE: a->modes |= 1u << PROVENANCE; break;
  case OPT_METRICS:
    if (arg) a->common.metrics = arg;
    else a->modes |= 1u << METRICS;
    break;
  case OPT_LABELS: a->view.labels = true; break;
  case OPT_BLOCKS: a->modes |= 1u << BLOCKS; break;
  case OPT_DIFF: a->modes |= 1u << DIFF; break;
  case OPT_CAT: a->modes |= 1u << CAT; break;
  case OPT_MERGE: a->modes |= 1u << MERGE; break;
  case OPT_SHIFT: rc = add_shifts(a, arg, &e); break;
  case OPT_BATCH_SIZE: rc = h9_option_whole("--batch-size", arg, 1, 1u << 22, &a->batch, &e); break;
  case OPT_FOLLOW:
    a->modes |= 1u << FOLLOW;
    a->window = arg;
    break;
  case OPT_COLUMNS: add_columns(a, arg, state); break;
  case OPT_HEADER: a->header = 1; break;
  case OPT_NO_HEADER: a->header = 0; break;
  case OPT_HEAD: rc = h9_option_whole("--head", arg, 0, UINT64_MAX - 1, &a->view.head, &e); break;
  case OPT_COUNT: a->view.count = true; break;
  case OPT_POPULATION: rc = h9_select_populations(&a->view.select, arg, &e); break;
  case OPT_ID: rc = h9_select_ids(&a->view.select, arg, &e); break;
  case OPT_REGION: rc = h9_select_region(&a->view.select, arg, &e); break;
  case OPT_NEAR: rc = h9_select_near(&a->view.select, arg, &e); break;
  case OPT_NETWORK: a->view.select.network = arg; break;
  case OPT_SAMPLE: rc = h9_select_sample(&a->view.select, arg, &e); break;
  case OPT_TIME: rc = h9_select_time(&a->view.select, arg, &e); break;
  case ARGP_KEY_ARG: rc = h9_options_operand(&a->common, arg); break;
  case ARGP_KEY_END: settle(a, state); break;
  default: return ARGP_ERR_UNKNOWN;
  }
  h9_option_try(state, rc, &e);
  return 0;
}

static const char doc[] =
    "Look into streams: a summary, a check of every block, or records as text.\n\n"
    "Examples:\n"
    "  hal9-gen -n 1000 > neurons.h9\n"
    "  hal9-view neurons.h9\n"
    "  hal9-view --columns id,x,y,z --head 5 neurons.h9\n"
    "  hal9-view --check neurons.h9\v"
    "Without FILE, or where it is -, standard input is read. Neurons, projections, provenance and blocks begin with a line of "
    "column names; signals, states, connections, metrics and labels are data only, as awk and friends like it. Lengths "
    "without a unit are in um, times in ms.";
static const struct argp_child children[] = {{&h9_options_argp, 0, 0, 0}, {0}};
static const struct argp argp = {option_table, parse_option, "[FILE...]", doc, children, 0, 0};

H9_PRINTF(2, 3) static void say(h9_buf *b, const char *fmt, ...) {
  char text[256];
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  h9_buf_put(b, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}
static void say_name(h9_buf *b, const char *name) {
  static const h9_table plain = {0};
  h9_table_put_text(&plain, b, name);
}

/* "net.h9: ok, 12 blocks, 1000 neurons, 2 projections, 34 connections, hash ..." */
static int check(arguments *a, int fd, const char *name, h9_error *e) {
  static const enum h9_block_kind kinds[] = {H9_BLOCK_CONNECTIONS, H9_BLOCK_SIGNALS, H9_BLOCK_STATE,
                                             H9_BLOCK_LABELS};
  static const char *const words[] = {"connections", "signals", "samples", "labels"};
  h9_check_result r;
  struct stat st;
  h9_progress progress;
  uint64_t total = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
  h9_progress_begin(&progress, &a->common, program, stderr);
  int rc = h9_stream_check(fd, name, a->common.threads, &progress, total, &r, e);
  h9_progress_end(&progress);
  if (rc != H9_OK) return rc;
  char hash[33];
  h9_hash_text(r.hash, hash);
  h9_buf *b = &a->view.out;
  say_name(b, name);
  say(b, ": ok, %llu blocks, %u neurons", (unsigned long long)r.blocks, r.neurons);
  if (r.projections) say(b, ", %u projections", r.projections);
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (r.records[kinds[i]]) say(b, ", %llu %s", (unsigned long long)r.records[kinds[i]], words[i]);
  say(b, ", hash %s\n", hash);
  return h9_view_flush(&a->view, true, e);
}

/* The end block states it; with several streams their names follow. */
static int hash(arguments *a, int fd, const char *name, h9_error *e) {
  h9_reader *r;
  h9_block b;
  char text[33];
  int rc = h9_reader_open(&r, fd, name, 0, a->common.threads, e);
  if (rc != H9_OK) return rc;
  while ((rc = h9_reader_next(r, &b, e)) == H9_OK) continue;
  h9_hash_text(h9_reader_hash(r), text);
  h9_reader_close(r);
  if (rc != H9_EOF) return rc;
  say(&a->view.out, "%s%s", text, a->common.n_operand > 1 ? "  " : "");
  if (a->common.n_operand > 1) say_name(&a->view.out, name);
  say(&a->view.out, "\n");
  return h9_view_flush(&a->view, true, e);
}

static int write_text(void *ctx, const h9_buf *text, h9_error *e) {
  const arguments *a = ctx;
  return h9_write_full(a->view.fd, text->data, text->len, e);
}

static int follow(arguments *a, int fd, const char *name, h9_error *e) {
  h9_watch_options o = {.kind = H9_WATCH_RASTER, .window = 10};
  h9_watch_size(&o, a->view.fd);
  int rc = a->window ? h9_option_time("--follow", a->window, false, &o.window, e) : H9_OK;
  return rc == H9_OK ? h9_watch_run(fd, name, &o, write_text, a, e) : rc;
}

static int show(arguments *a, int fd, const char *name, h9_error *e) {
  h9_view *v = &a->view;
  switch (a->mode) {
  case CHECK: return check(a, fd, name, e);
  case HASH: return hash(a, fd, name, e);
  case NEURONS: return h9_view_neurons(v, fd, name, e);
  case SIGNALS: return h9_view_signals(v, fd, name, e);
  case STATES: return h9_view_states(v, fd, name, e);
  case CONNECTIONS: return h9_view_connections(v, fd, name, e);
  case PROJECTIONS: return h9_view_projections(v, fd, name, e);
  case PROVENANCE: return h9_view_provenance(v, fd, name, e);
  case METRICS: return h9_view_metrics(v, fd, name, e);
  case BLOCKS: return h9_view_blocks(v, fd, name, e);
  case LABELS: return h9_view_labels(v, fd, name, e);
  case FOLLOW: return follow(a, fd, name, e);
  default: return h9_view_summary(v, fd, name, e);
  }
}

/* One input; rows that came before an error are shown. */
static int view_one(arguments *a, const char *path, h9_error *e) {
  int fd;
  const char *name;
  int rc = h9_input_open(path, &fd, &name, e);
  if (rc != H9_OK) return rc;
  h9_stage_enter(H9_STAGE_READ);
  rc = h9_select_locate(&a->view.select, &fd, name, a->common.threads, e);
  if (rc == H9_OK) rc = show(a, fd, name, e);
  if (fd != STDIN_FILENO) close(fd);
  h9_error late = {0};
  if (rc != H9_OK && h9_view_flush(&a->view, true, &late) != H9_OK && late.sys) *e = late;
  return rc;
}

/* The options that shape the joined stream, for the provenance. */
static void shaping(const arguments *a, h9_buf *text) {
  h9_shaping_put(text, a->mode == CAT ? "--cat" : "--merge", NULL);
  if (a->chosen.len) {
    h9_buf_put8(text, ' ');
    h9_buf_put(text, a->chosen.data, a->chosen.len);
  }
  h9_shaping_end(text, &a->common);
  text->failed |= a->chosen.failed;
}

/* --cat and --merge. */
static int join(arguments *a, h9_error *e) {
  const h9_options *o = &a->common;
  h9_join j = {.merge = a->mode == MERGE,
               .select = &a->view.select,
               .shift = a->shift,
               .n_shift = a->n_shift,
               .batch = a->batch ? a->batch : 65536,
               .threads = o->threads};
  h9_output out;
  h9_writer *w;
  h9_buf text = {0};
  int rc = h9_stream_open(&out, &w, o, o->threads, e);
  if (rc != H9_OK) return rc;
  h9_stage_enter(H9_STAGE_READ);
  rc = h9_join_write(&j, o->operand, o->n_operand, w, e);
  shaping(a, &text);
  if (rc == H9_OK) rc = h9_stream_sign(w, program, &text, o, j.seed, j.parent, j.n_parents, e);
  h9_buf_release(&text);
  rc = h9_stream_close(&out, w, rc, e);
  if (rc == H9_OK && o->verbose && !o->quiet)
    fprintf(stderr, "%s: %llu signals, %llu samples of %u streams\n", program, (unsigned long long)j.signals,
            (unsigned long long)j.samples, j.n_parents);
  return rc;
}

/* "a.h9 b.h9 differ: signal 7: ...": 1, as cmp(1) and diff(1) have it; 0 where they do not. */
static int diff(arguments *a, h9_error *e) {
  h9_diff d = {.parts = a->parts, .select = &a->view.select, .threads = a->common.threads};
  h9_output out;
  int fd[2] = {-1, -1}, rc = H9_OK;
  const char *name[2];
  h9_stage_enter(H9_STAGE_READ);
  for (int i = 0; i < 2 && rc == H9_OK; i++) {
    rc = h9_input_open(a->common.operand[i], &fd[i], &name[i], e);
    if (rc == H9_OK) rc = h9_input_hold(&fd[i], name[i], e);
  }
  if (rc == H9_OK) rc = h9_select_locate(d.select, &fd[0], name[0], a->common.threads, e);
  if (rc == H9_OK) rc = h9_diff_run(&d, fd, name, e);
  for (int i = 0; i < 2; i++)
    if (fd[i] > STDIN_FILENO) close(fd[i]);
  if (rc != H9_OK || (a->common.quiet && !a->common.output)) return rc != H9_OK ? rc : d.differ;
  rc = h9_output_open(&out, a->common.output, true, e);
  if (rc != H9_OK) return rc;
  a->view.fd = out.fd;
  if (d.differ) {
    say_name(&a->view.out, name[0]);
    say(&a->view.out, " ");
    say_name(&a->view.out, name[1]);
    say(&a->view.out, " differ: ");
    say_name(&a->view.out, d.where);
    say(&a->view.out, "\n");
  }
  rc = h9_view_flush(&a->view, true, e);
  if (rc == H9_OK) rc = h9_output_commit(&out, e);
  else h9_output_abandon(&out);
  return rc == H9_OK ? d.differ : rc;
}

/* All other modes, input by input. */
static int view_all(arguments *a, h9_error *e) {
  h9_output out = {.fd = -1};
  int code = h9_output_open(&out, a->common.output, true, e);
  if (code != H9_OK) return h9_report(stderr, program, e);
  a->view.fd = out.fd;
  size_t n = a->common.n_operand ? a->common.n_operand : 1;
  for (size_t i = 0; i < n; i++) {
    h9_error mine = {0};
    if (view_one(a, a->common.n_operand ? a->common.operand[i] : NULL, &mine) == H9_OK) continue;
    h9_fail_output(&a->common, &mine);
    int reported = h9_report(stderr, program, &mine);
    if (code == H9_OK) code = reported;
    if (mine.code == H9_EIO || mine.code == H9_EUSAGE) break;
  }
  /* A report of what is wrong is whole even where a stream is not. */
  if (code != H9_OK && a->mode != CHECK && a->mode != BLOCKS) h9_output_abandon(&out);
  else if (h9_output_commit(&out, e) != H9_OK) code = h9_report(stderr, program, e);
  return code;
}

int main(int argc, char **argv) {
  arguments a = {.header = -1, .view = {.head = UINT64_MAX}};
  h9_error e = {0};
  h9_options_init(&a.common);
  argp_parse(&argp, argc, argv, 0, NULL, &a);
  a.view.threads = a.common.threads;
  a.view.header =
      a.header >= 0 ? a.header : a.tsv || a.mode == NEURONS || a.mode == PROJECTIONS || a.mode == PROVENANCE || a.mode == BLOCKS;
  int code = h9_telemetry_begin(&a.common, program, &e);
  if (code == H9_OK) code = h9_config_check(&a.common, &e);
  if (code != H9_OK) h9_report(stderr, program, &e);
  else if (a.mode != CAT && a.mode != MERGE && a.mode != DIFF) code = view_all(&a, &e);
  else {
    code = a.mode == DIFF ? diff(&a, &e) : join(&a, &e);
    if (e.code != H9_OK) code = h9_report(stderr, program, &e);
  }
  if (code == H9_OK) h9_tell_cost(&a.common, program, stderr);
  h9_view_release(&a.view);
  h9_options_release(&a.common);
  h9_buf_release(&a.chosen);
  free(a.shift);
  int before = code;
  code = h9_telemetry_end(code, &e);
  return code == before ? code : h9_report(stderr, program, &e);
}

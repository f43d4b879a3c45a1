#include "options.h"

#include "completion.h"
#include "options_mistakes.h"

#include "../base/clock.h"
#include "../base/cpu.h"
#include "../base/memory.h"
#include "../model/models.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char h9_version[] = H9_VERSION;
const char *argp_program_version = "hal9 " H9_VERSION;
error_t argp_err_exit_status = H9_EUSAGE;

enum { OPT_SET = 0x1000, OPT_SEED, OPT_PROGRESS, OPT_LEVEL, OPT_LABEL, OPT_MODEL, OPT_METRICS, OPT_METRICS_INTERVAL, OPT_COMPLETION };

static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "Options of all hal9 programs:", 10},
    {"config", 'c', "FILE", 0, "Read the experiment's YAML file (hal9-config(5))", 0},
    {"set", OPT_SET, "NAME=VALUE", 0, "Override a parameter of the configuration (repeatable)", 0},
    {"seed", OPT_SEED, "N", 0, "Seed of all random numbers, decimal or 0x hexadecimal", 0},
    {"threads", '@', "N", 0, "Threads (default: HAL9_THREADS, else the processors there are)", 0},
    {"model", OPT_MODEL, "FILE", 0, "Load a neuron model from a shared object, ./NAME.so (repeatable)", 0},
    {"output", 'o', "FILE", 0, "Write to FILE, which appears when it is complete", 0},
    {"force", 'f', 0, 0, "Write binary data to a terminal", 0},
    {"level", OPT_LEVEL, "N", 0, "Compression level of zstd, -50 to 19 (default: 1)", 0},
    {"label", OPT_LABEL, "TEXT", 0, "Keep TEXT in the stream's provenance", 0},
    {"metrics", OPT_METRICS, "FILE", 0, "Keep counters and timers in FILE, in the text format of Prometheus", 0},
    {"metrics-interval", OPT_METRICS_INTERVAL, "TIME", 0, "Replace that FILE every TIME (default: 1 s)", 0},
    {"progress", OPT_PROGRESS, "auto|always|never", 0, "When to show progress (default: auto)", 0},
    {"quiet", 'q', 0, 0, "Say nothing but errors", 0},
    {"verbose", 'v', 0, 0, "Say more (repeatable)", 0},
    {0, 'h', 0, OPTION_HIDDEN, 0, 0},
    {"completion", OPT_COMPLETION, "bash|zsh", OPTION_HIDDEN, 0, 0},
    {0, 0, 0, 0, 0, 0},
};

/* A path has a slash, as for the dynamic linker. */
static error_t add_model(h9_options *o, const char *arg, struct argp_state *state) {
  h9_error e = {0};
  const h9_model *m;
  if (!strchr(arg, '/')) {
    if (!o->model_names)
      argp_error(state, "--model: found '%s', expected the path of a shared object, such as ./%s.so", arg, arg);
    o->model = arg;
    return 0;
  }
  if (h9_model_load(arg, &m, &e) != H9_OK) argp_failure(state, e.code, 0, "--model: %s", e.text);
  const char **file = realloc(o->model_file, (o->n_model_files + 1) * sizeof *file);
  if (!file) return ENOMEM;
  o->model_file = file;
  o->model_file[o->n_model_files++] = arg;
  o->model = m->name;
  return 0;
}

/* Of the wall clock: a bare number is in seconds. */
static error_t interval(h9_options *o, const char *arg, struct argp_state *state) {
  static const h9_unit seconds = {"s", {1, 0, 0, 0}, 1e-3};
  h9_error e = {0};
  h9_option_try(state, h9_option_quantity("--metrics-interval", arg, &seconds, &o->metrics_interval_s, &e), &e);
  if (!(o->metrics_interval_s >= 0.01 && o->metrics_interval_s <= 86400))
    argp_error(state, "--metrics-interval: found '%s', expected 10 ms to 86400 s", arg);
  return 0;
}

/* Says it and leaves, as argp does for --help and --version. */
static void complete(const char *shell, struct argp_state *state) {
  h9_buf b = {0};
  const char *slash = strrchr(state->name, '/');
  int rc = h9_completion_put(&b, shell, slash ? slash + 1 : state->name, state->root_argp);
  if (rc == H9_EUSAGE) argp_error(state, "--completion: found '%s', expected bash or zsh", shell);
  if (rc != H9_OK) argp_failure(state, rc, 0, "out of memory");
  bool good = fwrite(b.data, 1, b.len, state->out_stream) == b.len && fflush(state->out_stream) == 0;
  h9_buf_release(&b);
  if (!good) argp_failure(state, H9_EIO, errno, "output");
  argp_state_help(state, state->out_stream, ARGP_HELP_EXIT_OK);
}

static error_t parse_option(int key, char *arg, struct argp_state *state) {
  h9_options *o = state->input;
  uint64_t n;
  switch (key) {
  case ARGP_KEY_INIT:
    (void)setenv("ARGP_HELP_FMT", "no-dup-args-note", 0);
    return h9_options_mistakes(state) == H9_OK ? 0 : ENOMEM;
  case 'h': argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP); break;
  case 'c': o->config = arg; break;
  case OPT_SET: {
    if (!strchr(arg, '=') || *arg == '=') argp_error(state, "--set: found '%s', expected NAME=VALUE", arg);
    const char **set = realloc(o->set, (o->n_set + 1) * sizeof *set);
    if (!set) return ENOMEM;
    o->set = set;
    o->set[o->n_set++] = arg;
    break;
  }
  case OPT_SEED:
    if (h9_option_u64(arg, &o->seed)) argp_error(state, "--seed: found '%s', expected a whole number", arg);
    o->seed_given = true;
    break;
  case '@':
    if (h9_option_u64(arg, &n) || n < 1 || n > 1024)
      argp_error(state, "--threads: found '%s', expected a whole number from 1 to 1024", arg);
    o->threads = (int)n;
    o->threads_given = true;
    break;
  case 'o': o->output = arg; break;
  case 'f': o->force = true; break;
  case OPT_LEVEL: {
    char *end;
    long level = strtol(arg, &end, 10);
    if (!*arg || *end || level < -50 || level > 19)
      argp_error(state, "--level: found '%s', expected a whole number from -50 to 19", arg);
    o->level = (int)level;
    break;
  }
  case OPT_LABEL: o->label = arg; break;
  case OPT_METRICS: o->metrics = arg; break;
  case OPT_METRICS_INTERVAL: return interval(o, arg, state);
  case OPT_MODEL: return add_model(o, arg, state);
  case OPT_PROGRESS:
    if (strcmp(arg, "auto") == 0) o->progress = H9_PROGRESS_AUTO;
    else if (strcmp(arg, "always") == 0) o->progress = H9_PROGRESS_ALWAYS;
    else if (strcmp(arg, "never") == 0) o->progress = H9_PROGRESS_NEVER;
    else argp_error(state, "--progress: found '%s', expected auto, always or never", arg);
    break;
  case OPT_COMPLETION: complete(arg, state); break;
  case 'q': o->quiet = true; break;
  case 'v': o->verbose++; break;
  case ARGP_KEY_END:
    if (o->n_set && !o->config) argp_error(state, "--set overrides a parameter of a configuration, expected -c FILE with it");
    if (o->threads == 0) {
      const char *env = getenv("HAL9_THREADS");
      if (env && *env) {
        if (h9_option_u64(env, &n) || n < 1 || n > 1024)
          argp_error(state, "HAL9_THREADS: found '%s', expected a whole number from 1 to 1024", env);
        o->threads = (int)n;
        o->threads_given = true;
      } else o->threads = h9_cpu_count();
    }
    break;
  default: return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

/* Every --help ends with where more is told. */
static char *help(int key, const char *text, void *input) {
  (void)input;
  char *end;
  if (key != ARGP_KEY_HELP_POST_DOC) return (char *)(uintptr_t)text;
  if (asprintf(&end,
               "Values are single words: 30um, or '30 um' in quotes. The YAML files of the examples come with hal9, in "
               "share/hal9/examples.\n\nManual: man %s. To begin: man hal9.",
               program_invocation_short_name) < 0)
    return NULL;
  return end;
}

const struct argp h9_options_argp = {.options = option_table, .parser = parse_option, .doc = "\v ", .help_filter = help};

void h9_options_init(h9_options *o) { *o = (h9_options){.metrics_interval_s = 1, .begun_ns = h9_clock_ns()}; }

void h9_options_release(h9_options *o) {
  free(o->set);
  free(o->model_file);
  free(o->operand);
  *o = (h9_options){0};
}

int h9_options_operand(h9_options *o, char *arg) {
  char **operand = realloc(o->operand, (o->n_operand + 1) * sizeof *operand);
  if (!operand) return H9_ESYSTEM;
  o->operand = operand;
  o->operand[o->n_operand++] = arg;
  return H9_OK;
}

void h9_progress_begin(h9_progress *p, const h9_options *o, const char *program, FILE *out) {
  *p = (h9_progress){.out = out, .program = program, .mode = o->progress};
  p->begun_ns = p->last_ns = h9_clock_ns();
  const char *term = getenv("TERM");
  bool able = isatty(fileno(out)) && !(term && strcmp(term, "dumb") == 0);
  p->on = p->mode == H9_PROGRESS_ALWAYS || (p->mode == H9_PROGRESS_AUTO && !o->quiet && able);
}

static void put_rate(FILE *out, double done, double spent, const char *unit) {
  int n = (int)strcspn(unit, " ");
  if (spent > 0) fprintf(out, "  %.3g%s%.*s/s", done / spent, n < 9 ? " " : "", n < 9 ? n : 0, unit);
}

/* "12 s left", "3:20 left", "1:02:03 left" */
static void put_left(FILE *out, double seconds) {
  enum { SHORT = 100 };
  uint64_t s = seconds < 1e12 ? (uint64_t)(seconds + 0.5) : (uint64_t)1e12;
  if (s < SHORT) fprintf(out, "  %" PRIu64 " s left", s);
  else if (s < 3600) fprintf(out, "  %" PRIu64 ":%02" PRIu64 " left", s / 60, s % 60);
  else fprintf(out, "  %" PRIu64 ":%02" PRIu64 ":%02" PRIu64 " left", s / 3600, s / 60 % 60, s % 60);
}

void h9_progress_show(h9_progress *p, double done, double total, const char *unit, const char *extra) {
  if (!p->on) return;
  uint64_t now = h9_clock_ns();
  uint64_t patience = p->mode == H9_PROGRESS_ALWAYS ? 0 : UINT64_C(2000000000);
  if (now - p->begun_ns < patience || (p->drawn && now - p->last_ns < UINT64_C(100000000))) return;
  p->last_ns = now;
  p->drawn = true;
  double spent = (double)(now - p->begun_ns) * 1e-9;
  fprintf(p->out, "\r%s: ", p->program);
  if (total > 0) {
    double part = done < total ? done / total : 1;
    fprintf(p->out, "%.6g of %.6g %s  %3.0f %%", done, total, unit, 100 * part);
    if (!extra) put_rate(p->out, done, spent, unit);
    if (part > 0.01) put_left(p->out, spent / part - spent);
  } else {
    fprintf(p->out, "%.6g %s  %.0f s", done, unit, spent);
    if (!extra) put_rate(p->out, done, spent, unit);
  }
  fprintf(p->out, "%s%s\033[K", extra ? "  " : "", extra ? extra : "");
  fflush(p->out);
}

void h9_progress_end(h9_progress *p) {
  if (p->drawn) {
    fputs("\r\033[K", p->out);
    fflush(p->out);
  }
  p->on = p->drawn = false;
}

int h9_fail_output(const h9_options *o, h9_error *e) {
  if (e->code != H9_EIO || strncmp(e->text, "cannot write", 12) != 0) return e->code;
  return h9_fail_at(e, "%s", o->output && strcmp(o->output, "-") != 0 ? o->output : "standard output");
}

void h9_tell_cost(const h9_options *o, const char *program, FILE *err) {
  if (o->verbose && !o->quiet)
    fprintf(err, "%s: %.3g s, peak memory %.1f MiB\n", program, (double)(h9_clock_ns() - o->begun_ns) * 1e-9,
            (double)h9_memory_peak_rss() / 1048576);
}

int h9_json_print(h9_json *j, FILE *out, h9_error *e) {
  int rc = j->out.failed ? h9_fail_memory(e, j->out.len, "JSON") : H9_OK;
  if (rc == H9_OK && (fwrite(j->out.data, 1, j->out.len, out) != j->out.len || fflush(out)))
    rc = h9_fail_sys(e, H9_EIO, errno, "standard output: cannot write");
  h9_buf_release(&j->out);
  return rc;
}

int h9_report(FILE *err, const char *program, const h9_error *e) {
  if (e->sys == EPIPE) {
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
  }
  for (const char *line = e->text; *line;) {
    size_t n = strcspn(line, "\n");
    fprintf(err, "%s: %.*s\n", program, (int)n, line);
    line += n + (line[n] == '\n');
  }
  return e->code;
}

/* hal9-stats: statistics of networks, activity and performance. */
#include "../libcore/whole/config.h"
#include "../libcore/whole/watch.h"
#include "../libcore/whole/options.h"
#include "../libcore/whole/telemetry.h"
#include "../libcore/whole/report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char program[] = "hal9-stats";
static const char doc[] =
    "Print statistics of streams: of the network, of its activity, of the run.\n\n"
    "Examples:\n"
    "  hal9-gen -n 10000 | hal9-index --radius 60um | hal9-stats\n"
    "  hal9-gen -c brunel.yaml | hal9-index -c brunel.yaml --defer |\n"
    "    hal9-step -c brunel.yaml -t 200ms > spikes.h9\n"
    "  hal9-stats --population exc,inh --start 100ms spikes.h9\v"
    "Without FILE, standard input is read. Of the network: degrees, weights, delays, distances; of activity: rates, "
    "irregularity, synchrony. Times without a unit are in ms.";

enum {
  OPT_JSON = 0x2000,
  OPT_TSV,
  OPT_QUICK,
  OPT_START,
  OPT_STOP,
  OPT_BIN,
  OPT_SAMPLE,
  OPT_MIN_SPIKES,
  OPT_POPULATION,
  OPT_PSTH,
  OPT_SYNC,
  OPT_FANO,
  OPT_TOP,
  OPT_LIVE
};

static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "What is printed:", 1},
    {"json", OPT_JSON, 0, 0, "Print JSON, one document a stream", 1},
    {"tsv", OPT_TSV, 0, 0, "Print one statistic a line: stream, section, population, statistic, value", 1},
    {"quick", OPT_QUICK, 0, 0, "Do not expand a deferred network: expected numbers only", 1},
    {"top", OPT_TOP, "N", 0, "List the N neurons with the most spikes, by id and label", 1},
    {"live", OPT_LIVE, "TIME", OPTION_ARG_OPTIONAL,
     "While the stream flows: each population's rate, of every TIME of the stream (default: 100 ms)", 1},
    {0, 0, 0, 0, "Of activity:", 2},
    {"time", 't', "FROM..TO", 0, "Analyse activity of this time, as --start and --stop", 2},
    {"start", OPT_START, "TIME", 0, "Analyse activity from TIME", 2},
    {"stop", OPT_STOP, "TIME", 0, "Analyse activity up to TIME", 2},
    {"bin", OPT_BIN, "TIME", 0, "Bin of correlations (default: 2 ms)", 2},
    {"sync-bin", OPT_SYNC, "TIME", 0, "Bin of the synchrony index (default: 3 ms)", 2},
    {"fano-window", OPT_FANO, "TIME", 0, "Window of the Fano factor (default: 100 ms)", 2},
    {"psth", OPT_PSTH, "TIME", OPTION_ARG_OPTIONAL,
     "With --json or --tsv: counts of each population in bins of TIME (default: 5 ms)", 2},
    {"sample", OPT_SAMPLE, "N", 0, "Neurons a population whose correlations are taken (default: 250)", 2},
    {"min-spikes", OPT_MIN_SPIKES, "N", 0, "Spikes a neuron must have for its CV, LV and Fano factor (default: 10)",
     2},
    {"population", OPT_POPULATION, "NAME[,NAME...]", 0, "Print these populations only", 2},
    {0, 0, 0, 0, 0, 0},
};

typedef struct arguments {
  h9_options common;
  enum { TEXT, JSON, TSV } form;
  const char *time, *start, *stop, *bin, *sync, *fano, *psth, *sample, *min_spikes, *top;
  bool quick, with_psth, live;
  const char *window; /* of --live */
  char *population;
} arguments;

static error_t parse_option(int key, char *arg, struct argp_state *state) {
  arguments *a = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &a->common;
    break;
  case OPT_JSON:
    a->form = JSON;
    break;
  case OPT_TSV:
    a->form = TSV;
    break;
  case OPT_QUICK:
    a->quick = true;
    break;
  case 't':
    a->time = arg;
    break;
  case OPT_START:
    a->start = arg;
    break;
  case OPT_STOP:
    a->stop = arg;
    break;
  case OPT_BIN:
    a->bin = arg;
    break;
  case OPT_SYNC:
    a->sync = arg;
    break;
  case OPT_FANO:
    a->fano = arg;
    break;
  case OPT_PSTH:
    a->with_psth = true, a->psth = arg;
    break;
  case OPT_TOP:
    a->top = arg;
    break;
  case OPT_LIVE:
    a->live = true, a->window = arg;
    break;
  case OPT_SAMPLE:
    a->sample = arg;
    break;
  case OPT_MIN_SPIKES:
    a->min_spikes = arg;
    break;
  case OPT_POPULATION:
    a->population = arg;
    break;
  case ARGP_KEY_END:
    if (a->live && (a->form != TEXT || a->top || a->population || a->time || a->start || a->stop || a->with_psth))
      argp_error(state, "--live shows all populations as the stream flows: it goes with no other statistic or form");
    if (a->live && a->common.n_operand > 1) argp_error(state, "--live looks at one stream, found %zu", a->common.n_operand);
    break;
  case ARGP_KEY_ARG:
    return h9_options_operand(&a->common, arg) == H9_OK ? 0 : ENOMEM;
  default:
    return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

static const struct argp_child children[] = {{&h9_options_argp, 0, 0, 10}, {0, 0, 0, 0}};
static const struct argp argp = {option_table, parse_option, "[FILE...]", doc, children, 0, 0};

static int time_option(const char *name, const char *text, bool positive, double *ms, h9_error *e) {
  return text ? h9_option_time(name, text, !positive, ms, e) : H9_OK;
}

/* Defaults, then the file's statistics section, then options. */
static int settle(const arguments *a, h9_report_options *o, h9_error *e) {
  h9_config c;
  h9_config_init(&c);
  int rc = a->common.config ? h9_config_read(&c, a->common.config, a->common.set, a->common.n_set, e) : H9_OK;
  if (rc) return rc;
  h9_activity_options *t = &o->activity;
  *t = (h9_activity_options){.start = c.statistics.start,
                             .stop = c.statistics.stop,
                             .bin = c.statistics.bin,
                             .sync_bin = 3,
                             .fano_window = 100,
                             .psth_bin = a->with_psth ? c.statistics.psth_bin : 0,
                             .sample = c.statistics.correlation_sample,
                             .min_spikes = c.statistics.min_spikes,
                             .seed = a->common.seed_given ? a->common.seed : 1};
  h9_config_release(&c);
  o->quick = a->quick;
  o->threads = a->common.threads;
  uint64_t n;
  if ((a->time && (rc = h9_option_range("--time", a->time, &h9_unit_ms, &t->start, &t->stop, e))) ||
      (rc = time_option("--start", a->start, false, &t->start, e)) ||
      (rc = time_option("--stop", a->stop, true, &t->stop, e)) ||
      (rc = time_option("--bin", a->bin, true, &t->bin, e)) ||
      (rc = time_option("--sync-bin", a->sync, true, &t->sync_bin, e)) ||
      (rc = time_option("--fano-window", a->fano, true, &t->fano_window, e)) ||
      (rc = time_option("--psth", a->psth, true, &t->psth_bin, e)))
    return rc;
  if (a->top) {
    if ((rc = h9_option_whole("--top", a->top, 1, 1000, &n, e))) return rc;
    o->top = (uint32_t)n;
  }
  if (a->sample) {
    if ((rc = h9_option_whole("--sample", a->sample, 2, H9_ACTIVITY_SAMPLE_MAX, &n, e))) return rc;
    t->sample = (uint32_t)n;
  }
  if (a->min_spikes) {
    if ((rc = h9_option_whole("--min-spikes", a->min_spikes, 3, 1000000000, &n, e))) return rc;
    t->min_spikes = (uint32_t)n;
  }
  if (!isnan(t->start) && !isnan(t->stop) && !(t->start < t->stop))
    return h9_fail(e, H9_EUSAGE, "--start %g ms is not before --stop %g ms", t->start, t->stop);
  return H9_OK;
}

typedef struct reading {
  h9_progress progress;
  double total; /* bytes; 0: unknown */
} reading;

static void show(void *ctx, double done) {
  reading *r = ctx;
  h9_progress_show(&r->progress, done / 1e6, r->total / 1e6, "MB", NULL);
}

static int one_stream(const arguments *a, const h9_report_options *o, const char *path,
                      const char *const *only, h9_json *json, h9_buf *text, h9_error *e) {
  int fd;
  const char *shown;
  h9_stream_report report;
  reading progress = {0};
  struct stat st;
  int rc = h9_input_open(path, &fd, &shown, e);
  if (rc) return rc;
  h9_stage_enter(H9_STAGE_ANALYSE);
  if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) progress.total = (double)st.st_size;
  h9_progress_begin(&progress.progress, &a->common, program, stderr);
  rc = h9_stream_report_make(&report, fd, shown, o, show, &progress, e);
  h9_progress_end(&progress.progress);
  if (fd != STDIN_FILENO) close(fd);
  if (rc) return rc;
  for (const char *const *p = only; p && *p; p++)
    if (h9_network_named(&report.net, *p, e) < 0) rc = h9_fail_at(e, "%s", shown);
  const char *asked = a->time         ? "--time"
                      : a->start      ? "--start"
                      : a->stop       ? "--stop"
                      : a->bin        ? "--bin"
                      : a->sync       ? "--sync-bin"
                      : a->fano       ? "--fano-window"
                      : a->with_psth  ? "--psth"
                      : a->sample     ? "--sample"
                      : a->min_spikes ? "--min-spikes"
                      : a->top        ? "--top"
                                      : NULL;
  if (rc == H9_OK && asked && !report.has_activity)
    rc = h9_fail(e, H9_EDATA, "%s: holds no spikes, %s expects some: hal9-step writes them", shown, asked);
  if (rc == H9_OK) {
    if (a->form == JSON) h9_stream_report_json(&report, only, json);
    else if (a->form == TSV) h9_stream_report_tsv(&report, only, text);
    else {
      if (a->common.n_operand > 1) {
        h9_buf_put(text, shown, strlen(shown));
        h9_buf_put(text, "\n", 1);
      }
      h9_stream_report_text(&report, only, text);
    }
  }
  h9_stream_report_release(&report);
  return rc;
}

static int write_text(void *ctx, const h9_buf *text, h9_error *e) {
  const h9_output *out = ctx;
  return h9_write_full(out->fd, text->data, text->len, e);
}

static int live(const arguments *a, h9_output *out, h9_error *e) {
  h9_watch_options o = {.kind = H9_WATCH_RATES, .window = 100};
  int fd;
  const char *shown;
  h9_watch_size(&o, out->fd);
  int rc = time_option("--live", a->window, true, &o.window, e);
  if (rc == H9_OK) rc = h9_input_open(a->common.n_operand ? a->common.operand[0] : NULL, &fd, &shown, e);
  if (rc != H9_OK) return rc;
  h9_stage_enter(H9_STAGE_ANALYSE);
  rc = h9_watch_run(fd, shown, &o, write_text, out, e);
  if (fd != STDIN_FILENO) close(fd);
  return rc;
}

int main(int argc, char **argv) {
  arguments a = {0};
  h9_error e = {0};
  h9_options_init(&a.common);
  argp_parse(&argp, argc, argv, 0, 0, &a);
  h9_report_options o = {0};
  int rc = h9_telemetry_begin(&a.common, program, &e);
  if (rc == H9_OK) rc = settle(&a, &o, &e);
  const char **only = rc == H9_OK && a.population ? h9_option_names(a.population) : NULL;
  h9_output out = {.fd = -1};
  if (rc == H9_OK) rc = h9_output_open(&out, a.common.output, true, &e);
  size_t n = a.common.n_operand ? a.common.n_operand : 1;
  bool opened = rc == H9_OK;
  if (rc == H9_OK && a.live) rc = live(&a, &out, &e);
  for (size_t i = 0; i < n && rc == H9_OK && !a.live; i++) {
    h9_json json = {0};
    h9_buf text = {0};
    rc = one_stream(&a, &o, a.common.n_operand ? a.common.operand[i] : NULL, only, &json, &text, &e);
    const h9_buf *b = a.form == JSON ? &json.out : &text;
    if (rc == H9_OK && b->failed) rc = h9_fail_memory(&e, b->len, "the report");
    const char *before = a.form == TSV && i == 0 ? "stream\tsection\tpopulation\tstatistic\tvalue\n"
                         : a.form == TEXT && i   ? "\n"
                                                 : "";
    if (rc == H9_OK) rc = h9_write_full(out.fd, before, strlen(before), &e);
    if (rc == H9_OK) rc = h9_write_full(out.fd, b->data, b->len, &e);
    h9_buf_release(&json.out);
    h9_buf_release(&text);
  }
  h9_stage_enter(H9_STAGE_WRITE);
  if (opened && rc == H9_OK) rc = h9_output_commit(&out, &e);
  else if (opened) h9_output_abandon(&out);
  rc = h9_telemetry_end(rc, &e);
  if (rc != H9_OK) h9_fail_output(&a.common, &e);
  else h9_tell_cost(&a.common, program, stderr);
  free(only);
  h9_options_release(&a.common);
  return rc ? h9_report(stderr, program, &e) : 0;
}

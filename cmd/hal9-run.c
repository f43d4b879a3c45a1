/* hal9-run: batch experiments. Plans the runs of a configuration's section `experiment`, runs what is not done yet in parallel,
 * and gathers what all runs say. A folder holds what is finished; a run killed half way is done again from its last whole stage. */
#include "../libcore/base/clock.h"
#include "../libcore/base/io.h"
#include "../libcore/base/memory.h"
#include "../libcore/whole/config.h"
#include "../libcore/whole/jobs.h"
#include "../libcore/whole/options.h"
#include "../libcore/whole/result.h"
#include "../libcore/whole/sweep.h"
#include "../libcore/whole/telemetry.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char program[] = "hal9-run";
static const char doc[] =
    "Run an experiment: its pipelines for every point of a sweep, in parallel.\n\n"
    "Examples:\n"
    "  hal9-run -c brunel-sweep.yaml --dry-run\n"
    "  hal9-run -c brunel-sweep.yaml -o sweep --only g=5 --only eta=2\v"
    "The points are those of the configuration's grid, list or sample. Results go into a folder, which is the experiment's "
    "name, or the configuration's without .yaml, or -o FOLDER; a table of all points is printed. What is finished there is "
    "recognised by its content and not run again: the same command goes on after an interruption.";

enum { OPT_DRY_RUN = 0x2000, OPT_MEMORY, OPT_RETRIES, OPT_HALT, OPT_ONLY, OPT_REDO, OPT_JSON };
static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "What is run, and how much at once:", 1},
    {"jobs", 'j', "N", 0, "Run at most N at once (default: the processors there are, or --threads)", 1},
    {"memory", OPT_MEMORY, "SIZE", 0, "Start a run only where all together need at most SIZE, such as 8G (default: what is available)", 1},
    {"retries", OPT_RETRIES, "N", 0, "Run a failed one again, up to N times (default: 0)", 1},
    {"halt", OPT_HALT, "never|soon,fail=N|now,fail=N", 0,
     "When N have failed: start no more (soon), or end those that run, too (now) (default: never)", 1},
    {"only", OPT_ONLY, "NAME=VALUE", 0, "Only points with that value; repeat=N: only that repeat (repeatable)", 1},
    {"redo", OPT_REDO, 0, 0, "Run what is finished, too", 1},
    {"json", OPT_JSON, 0, 0, "Print the table of points as JSON", 1},
    {"dry-run", OPT_DRY_RUN, 0, 0, "Print the command lines of what would be run", 1},
    {0, 0, 0, 0, 0, 0},
};

enum halt { HALT_NEVER, HALT_SOON, HALT_NOW };

typedef struct settings {
  h9_options o;
  uint64_t jobs, retries, halt_at;
  double memory; /* bytes; NaN: what is available */
  enum halt halt;
  bool redo, dry_run, json;
  const char **only;
  size_t n_only;
} settings;

/* Where a run stands. */
typedef struct task {
  size_t run;
  pid_t pid;       /* 0: not running */
  size_t stage;    /* the one that runs, or comes next */
  uint64_t tries;  /* begun */
  double memory;
  double begun_unix;
  uint64_t begun_ns;
  int status;      /* of wait, of the stage that failed */
  enum { WAITING, RUNNING, FINISHED, FAILED } state;
} task;

typedef struct work {
  const settings *s;
  h9_config config;
  h9_plan plan;
  char folder[PATH_MAX / 2];
  int lock, log;
  h9_jobs jobs;
  task *task;
  size_t n, n_finished, n_failed, n_running; /* of this call */
  uint64_t seq;
  double *point_memory; /* NaN: not asked yet */
  h9_progress progress;
} work;

/* Options */

static error_t parse_option(int key, char *arg, struct argp_state *state) {
  settings *s = state->input;
  h9_error e = {0};
  int rc = H9_OK;
  char *end;
  switch (key) {
  case ARGP_KEY_INIT: state->child_inputs[0] = &s->o; break;
  case 'j': rc = h9_option_whole("--jobs", arg, 1, 1024, &s->jobs, &e); break;
  case OPT_RETRIES: rc = h9_option_whole("--retries", arg, 0, 1000, &s->retries, &e); break;
  case OPT_MEMORY: {
    static const char units[] = "kMGT";
    s->memory = strtod(arg, &end);
    const char *unit = *end ? strchr(units, *end == 'K' ? 'k' : *end) : NULL;
    if (unit) {
      for (const char *u = units; u <= unit; u++) s->memory *= 1024;
      end++;
      if (strcmp(end, "B") == 0 || strcmp(end, "iB") == 0) end += strlen(end);
    }
    if (end == arg || *end || !(s->memory > 0) || s->memory > 0x1p60)
      argp_error(state, "--memory: found '%s', expected a size such as 500M or 8G", arg);
    break;
  }
  case OPT_HALT:
    if (strcmp(arg, "never") == 0) s->halt = HALT_NEVER;
    else {
      const char *at = strstr(arg, ",fail=");
      s->halt = at && strncmp(arg, "soon,", 5) == 0 ? HALT_SOON : HALT_NOW;
      if (!at || (s->halt == HALT_NOW && strncmp(arg, "now,", 4) != 0) || h9_option_whole("--halt", at + 6, 1, 1000000, &s->halt_at, &e) != H9_OK)
        argp_error(state, "--halt: found '%s', expected never, soon,fail=N or now,fail=N", arg);
    }
    break;
  case OPT_ONLY: {
    const char **more = realloc(s->only, (s->n_only + 1) * sizeof *more);
    if (!more) argp_failure(state, H9_ESYSTEM, 0, "out of memory");
    s->only = more;
    if (!strchr(arg, '=') || *arg == '=') argp_error(state, "--only: found '%s', expected NAME=VALUE", arg);
    s->only[s->n_only++] = arg;
    break;
  }
  case OPT_REDO: s->redo = true; break;
  case OPT_JSON: s->json = true; break;
  case OPT_DRY_RUN: s->dry_run = true; break;
  case ARGP_KEY_ARG:
    if (s->o.config) argp_error(state, "found '%s' beside -c %s, expected one configuration", arg, s->o.config);
    s->o.config = arg;
    break;
  case ARGP_KEY_SUCCESS:
    if (s->json && s->dry_run) argp_error(state, "--json is the form of the results, which --dry-run does not make");
    if (!s->o.config) argp_error(state, "no configuration, expected -c FILE with a section experiment");
    if (s->o.seed_given) argp_error(state, "--seed: the runs' seeds follow from experiment: seed, which is in the configuration");
    break;
  default: return ARGP_ERR_UNKNOWN;
  }
  h9_option_try(state, rc, &e);
  return 0;
}

static const struct argp_child children[] = {{&h9_options_argp, 0, 0, 10}, {0, 0, 0, 0}};
static const struct argp parser = {option_table, parse_option, "[FILE]", doc, children, 0, 0};

/* Plan */

/* The configuration as every run will find it: a mistake in any is told before the first starts. */
static int check_points(work *w, h9_error *e) {
  const h9_experiment *x = w->config.experiment;
  char **set = calloc(x->n_parameters + w->s->o.n_set + 1, sizeof *set);
  int rc = set ? H9_OK : h9_fail_memory(e, 0, "parameters");
  for (size_t p = 0; p < x->n_points && rc == H9_OK; p++) {
    size_t n = 0;
    rc = h9_plan_sets(x, p, set, &n, e);
    h9_config c;
    if (rc == H9_OK && (rc = h9_config_read(&c, w->s->o.config, (const char *const *)set, n, e)) == H9_OK) h9_config_release(&c);
    for (size_t i = 0; i < n; i++) free(set[i]);
  }
  free(set);
  return rc;
}

/* The parameter that --only names: its number, n_parameters for the repeat, or above that: none. */
static size_t only_parameter(const h9_experiment *x, const char *only) {
  size_t len = strcspn(only, "="), k = 0;
  while (k < x->n_parameters && !(strlen(x->parameter[k]) == len && strncmp(x->parameter[k], only, len) == 0)) k++;
  return k < x->n_parameters || (len == 6 && strncmp(only, "repeat", 6) == 0) ? k : k + 1;
}

/* Whether a run has that value; numbers are compared as numbers. */
static bool fits(const h9_experiment *x, const h9_run *r, const char *only) {
  char repeat[32], *e1, *e2;
  const char *found = repeat, *asked = strchr(only, '=') + 1;
  size_t k = only_parameter(x, only);
  snprintf(repeat, sizeof repeat, "%llu", (unsigned long long)r->repeat);
  if (k < x->n_parameters) found = x->value[r->point * x->n_parameters + k];
  double a = strtod(found, &e1), b = strtod(asked, &e2);
  if (e1 != found && e2 != asked && strcmp(e1, e2) == 0) return fabs(a - b) <= 1e-12 * fabs(a);
  return strcmp(found, asked) == 0;
}

static bool wanted(const work *w, const h9_run *r) {
  for (size_t i = 0; i < w->s->n_only; i++)
    if (!fits(w->plan.x, r, w->s->only[i])) return false;
  return true;
}

static int unknown_parameter(const work *w, const char *only, h9_error *e) {
  const h9_experiment *x = w->plan.x;
  const char **names = calloc(x->n_parameters + 1, sizeof *names);
  char *name = strndup(only, strcspn(only, "="));
  for (size_t k = 0; names && k < x->n_parameters; k++) names[k] = x->parameter[k];
  if (names) names[x->n_parameters] = "repeat";
  h9_fail(e, H9_EUSAGE, "--only %s: %s has no such parameter in its experiment", only, w->s->o.config);
  if (names && name) h9_fail_near(e, name, names, x->n_parameters + 1, true);
  free(names);
  free(name);
  return e->code;
}

static int check_only(const work *w, h9_error *e) {
  for (size_t i = 0; i < w->s->n_only; i++) {
    const char *only = w->s->only[i];
    bool any = false;
    if (only_parameter(w->plan.x, only) > w->plan.x->n_parameters)
      return unknown_parameter(w, only, e);
    for (size_t r = 0; r < w->plan.n && !any; r++) any = fits(w->plan.x, &w->plan.run[r], only);
    if (!any) return h9_fail(e, H9_EUSAGE, "--only %s: no point has that value", only);
  }
  return H9_OK;
}

static void place(const work *w, char out[PATH_MAX], const char *below, const char *name) {
  if (snprintf(out, PATH_MAX, "%s/%s%s%s", w->folder, below, *name ? "/" : "", name) >= PATH_MAX) out[0] = 0;
}

static int make_folder(const char *path, h9_error *e) {
  if (mkdir(path, 0777) == 0 || errno == EEXIST) return H9_OK;
  return h9_fail_sys(e, H9_EIO, errno, "%s", path);
}

/* The experiment's folder: new, or one of ours, and no other hal9-run's at the moment. */
static int open_folder(work *w, h9_error *e) {
  char path[PATH_MAX];
  place(w, path, ".lock", "");
  bool ours = access(path, F_OK) == 0;
  if (mkdir(w->folder, 0777) && errno != EEXIST) return h9_fail_sys(e, H9_EIO, errno, "%s", w->folder);
  if (!ours && rmdir(w->folder)) /* not empty */
    return h9_fail(e, H9_EIO, "%s: exists and is no folder of hal9-run; name another one with -o", w->folder);
  if (!ours && mkdir(w->folder, 0777)) return h9_fail_sys(e, H9_EIO, errno, "%s", w->folder);
  if ((w->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666)) < 0) return h9_fail_sys(e, H9_EIO, errno, "%s", path);
  for (int i = 0; flock(w->lock, LOCK_EX | LOCK_NB); i++) { /* what a killed one left running ends within moments */
    if (i == 50) return h9_fail(e, H9_EIO, "%s: another hal9-run works there", w->folder);
    nanosleep(&(struct timespec){0, 100000000}, NULL);
  }
  static const char *const below[] = {"runs", "partial"};
  int rc = H9_OK;
  for (int i = 0; i < 2 && rc == H9_OK; i++) {
    place(w, path, below[i], "");
    rc = make_folder(path, e);
  }
  place(w, path, "joblog.tsv", "");
  if (rc == H9_OK && (w->log = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) < 0) rc = h9_fail_sys(e, H9_EIO, errno, "%s", path);
  char part[4096];
  size_t got = rc == H9_OK;
  while (rc == H9_OK && got) { /* numbers go on */
    rc = h9_read_full(w->log, part, sizeof part, &got, e);
    for (size_t i = 0; i < got; i++) w->seq += part[i] == '\n';
  }
  if (w->seq) w->seq--;
  if (rc == H9_OK && lseek(w->log, 0, SEEK_END) == 0) {
    static const char head[] = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";
    rc = h9_write_full(w->log, head, sizeof head - 1, e);
  }
  return rc;
}

/* Runs */

/* A command's standard output, NUL-terminated, or false. Only for estimates. */
static bool ask(const char *command, const char *folder, char *out, size_t size) {
  char script[PATH_MAX + 64 + 4096];
  if (snprintf(script, sizeof script, "cd '%s' && { %s; } 2> /dev/null", folder, command) >= (int)sizeof script) return false;
  FILE *f = popen(script, "r");
  if (!f) return false;
  size_t n = fread(out, 1, size - 1, f);
  out[n] = 0;
  return pclose(f) == 0;
}

/* Bytes that a run takes: by the experiment's word, else by hal9-step --dry-run and half as much again; 0: unknown. */
static double estimate(work *w, const h9_run *r, const char *folder) {
  const h9_experiment *x = w->plan.x;
  char said[8192];
  const char *s;
  double bytes = 0;
  if (!isnan(x->memory)) return x->memory;
  if (!isnan(w->point_memory[r->point])) return w->point_memory[r->point];
  bool simulates = false;
  for (size_t i = 0; i < x->n_stages; i++) simulates |= strstr(x->stage[i].command, "hal9-step") != NULL;
  char *command = simulates ? h9_plan_command(x, r, "hal9-gen {c} | hal9-index {c} --defer | hal9-step {c} --dry-run") : NULL;
  if (command && ask(command, folder, said, sizeof said) && (s = strstr(said, "\nbytes"))) bytes = strtod(s + 6, NULL) * 1.5 + 0x1p25;
  free(command);
  return w->point_memory[r->point] = bytes;
}

/* The folder in which a run goes on: from what an interrupted one left, or what is finished, or nothing. */
static int begin_run(work *w, task *t, h9_error *e) {
  const h9_run *r = &w->plan.run[t->run];
  char partial[PATH_MAX], whole[PATH_MAX], failed[PATH_MAX];
  place(w, partial, "partial", r->name);
  place(w, whole, "runs", r->name);
  place(w, failed, "failed", r->name);
  int rc = h9_result_remove(failed, e);
  size_t here = w->s->redo || t->tries ? 0 : h9_result_done(partial, &w->plan, r), there = w->s->redo ? 0 : h9_result_done(whole, &w->plan, r);
  t->stage = here >= there ? here : there;
  if (rc == H9_OK && here && here >= there) rc = h9_result_trim(partial, &w->plan, r, here, e);
  else if (rc == H9_OK) {
    rc = h9_result_remove(partial, e);
    if (rc == H9_OK && there) rc = h9_result_adopt(whole, partial, &w->plan, r, there, e);
    else if (rc == H9_OK) rc = make_folder(partial, e);
  }
  if (rc == H9_OK) rc = h9_result_furnish(partial, &w->plan, w->s->o.config, e);
  return rc;
}

static int start_stage(work *w, task *t, h9_error *e) {
  const h9_experiment *x = w->plan.x;
  char partial[PATH_MAX], out[256], err[256];
  place(w, partial, "partial", w->plan.run[t->run].name);
  snprintf(out, sizeof out, "%s.out", x->stage[t->stage].name);
  snprintf(err, sizeof err, "%s.err", x->stage[t->stage].name);
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  t->begun_unix = (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
  t->begun_ns = h9_clock_ns();
  return h9_jobs_start(&w->jobs, w->plan.run[t->run].command[t->stage], partial, out, err, &t->pid, e);
}

/* The finished folder under its name, in place of an older one. */
static int commit_run(work *w, task *t, h9_error *e) {
  char partial[PATH_MAX], whole[PATH_MAX];
  const char *name = w->plan.run[t->run].name;
  place(w, partial, "partial", name);
  place(w, whole, "runs", name);
  int rc = h9_result_finish(partial, &w->plan, &w->plan.run[t->run], e);
  if (rc == H9_OK && access(whole, F_OK) == 0) {
    if (renameat2(AT_FDCWD, partial, AT_FDCWD, whole, RENAME_EXCHANGE)) rc = h9_fail_sys(e, H9_EIO, errno, "%s", whole);
    else rc = h9_result_remove(partial, e);
  } else if (rc == H9_OK && rename(partial, whole))
    rc = h9_fail_sys(e, H9_EIO, errno, "%s", whole);
  return rc;
}

static int write_log(work *w, const task *t, int status, h9_error *e) {
  const h9_run *r = &w->plan.run[t->run];
  size_t len = strlen(r->command[t->stage]) + strlen(r->name) + 400;
  char *line = malloc(len);
  if (!line) return h9_fail_memory(e, len, "the job log");
  int n = snprintf(line, len, "%llu\t:\t%.3f\t%10.3f\t0\t0\t%d\t%d\t: %s/%s; ", (unsigned long long)++w->seq, t->begun_unix,
                   (double)(h9_clock_ns() - t->begun_ns) * 1e-9, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                   WIFSIGNALED(status) ? WTERMSIG(status) : 0, r->name, w->plan.x->stage[t->stage].name);
  for (const char *s = r->command[t->stage]; *s; s++) line[n++] = *s == '\n' || *s == '\t' ? ' ' : *s;
  while (n && line[n - 1] == ' ') n--;
  line[n++] = '\n';
  int rc = h9_write_full(w->log, line, (size_t)n, e);
  free(line);
  return rc;
}

/* The last line that a stage said on its standard error. */
static void last_words(const char *path, char *out, size_t size) {
  FILE *f = fopen(path, "r");
  char line[2000];
  out[0] = 0;
  while (f && fgets(line, sizeof line, f))
    if (line[0] != '\n') snprintf(out, size, "%.*s", (int)strcspn(line, "\n"), line);
  if (f) fclose(f);
}

/* A run that failed moves to failed/ with what it said. */
static int fail_run(work *w, task *t, const char *why, h9_error *e) {
  const h9_run *r = &w->plan.run[t->run];
  char partial[PATH_MAX], failed[PATH_MAX], err[PATH_MAX + 256], words[2000];
  place(w, partial, "partial", r->name);
  place(w, failed, "failed", "");
  int rc = make_folder(failed, e);
  place(w, failed, "failed", r->name);
  if (rc == H9_OK && rename(partial, failed)) rc = h9_fail_sys(e, H9_EIO, errno, "%s", failed);
  snprintf(err, sizeof err, "%s/%s.err", failed, w->plan.x->stage[t->stage].name);
  last_words(err, words, sizeof words);
  h9_progress_end(&w->progress);
  fprintf(stderr, "%s: run %s: %s%s%s (see %s)\n", program, r->name, why, *words ? ": " : "", words, failed);
  t->state = FAILED;
  w->n_failed++;
  return rc;
}

static int stage_ended(work *w, task *t, int status, h9_error *e) {
  const h9_experiment *x = w->plan.x;
  const h9_run *r = &w->plan.run[t->run];
  char partial[PATH_MAX], why[400];
  place(w, partial, "partial", r->name);
  t->pid = 0;
  int rc = write_log(w, t, status, e);
  if (rc != H9_OK) return rc;
  if (status == 0) {
    h9_error own = {0};
    rc = h9_result_keep(partial, &w->plan, r, t->stage, e);
    if (rc == H9_OK && ++t->stage < x->n_stages) return start_stage(w, t, e);
    if (rc != H9_OK) return rc;
    w->n_running--;
    rc = commit_run(w, t, &own);
    if (rc == H9_OK) {
      t->state = FINISHED;
      w->n_finished++;
      return H9_OK;
    }
    if (rc != H9_EDATA) {
      *e = own;
      return rc;
    }
    t->stage--;
    t->status = H9_EDATA << 8;
    return fail_run(w, t, own.text, e);
  }
  w->n_running--;
  if (t->tries <= w->s->retries) {
    t->state = WAITING;
    return H9_OK;
  }
  t->status = status;
  if (WIFSIGNALED(status)) snprintf(why, sizeof why, "%s ended by signal %d (%s)", x->stage[t->stage].name, WTERMSIG(status), strsignal(WTERMSIG(status)));
  else snprintf(why, sizeof why, "%s ended with status %d", x->stage[t->stage].name, WEXITSTATUS(status));
  return fail_run(w, t, why, e);
}

static void end_all(work *w) {
  for (size_t i = 0; i < w->n; i++)
    if (w->task[i].pid) {
      h9_jobs_end(&w->jobs, w->task[i].pid);
      w->task[i].pid = 0;
      w->task[i].state = WAITING;
    }
  w->n_running = 0;
}

/* Starts what fits. */
static int start_some(work *w, double memory, uint64_t jobs, h9_error *e) {
  double used = 0;
  for (size_t i = 0; i < w->n; i++)
    if (w->task[i].state == RUNNING) used += w->task[i].memory;
  for (size_t i = 0; i < w->n && w->n_running < jobs; i++) {
    task *t = &w->task[i];
    const h9_run *r = &w->plan.run[t->run];
    char partial[PATH_MAX];
    if (t->state != WAITING) continue;
    int rc = H9_OK;
    if (!t->memory) {
      place(w, partial, "partial", r->name);
      if ((rc = begin_run(w, t, e)) != H9_OK) return rc;
      t->memory = estimate(w, r, partial);
      if (t->memory > memory)
        return h9_fail(e, H9_ESYSTEM, "run %s takes about %.3g bytes of memory, there are %.3g (--memory)", r->name, t->memory, memory);
    } else if (t->tries && (rc = begin_run(w, t, e)) != H9_OK)
      return rc;
    if (w->n_running && used + t->memory > memory) break; /* in the order of the plan */
    used += t->memory;
    t->tries++;
    t->state = RUNNING;
    w->n_running++;
    if (t->stage == w->plan.x->n_stages) { /* an interrupted one that only had to be named */
      w->n_running--;
      if ((rc = commit_run(w, t, e)) != H9_OK) return rc;
      t->state = FINISHED;
      w->n_finished++;
    } else if ((rc = start_stage(w, t, e)) != H9_OK)
      return rc;
  }
  return H9_OK;
}

static int run_all(work *w, h9_error *e) {
  uint64_t processors = (uint64_t)w->s->o.threads, jobs = w->s->jobs ? w->s->jobs : processors;
  double memory = isnan(w->s->memory) ? (double)h9_memory_available() * 0.9 : w->s->memory;
  char threads[32], extra[100];
  sigset_t set;
  if (jobs > w->n) jobs = w->n;
  snprintf(threads, sizeof threads, "%llu", (unsigned long long)(processors > jobs ? processors / jobs : 1));
  setenv("HAL9_THREADS", threads, 1);
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  sigprocmask(SIG_BLOCK, &set, NULL);
  int rc = h9_jobs_open(&w->jobs, _exit, e), caught = 0;
  h9_progress_begin(&w->progress, &w->s->o, program, stderr);
  bool more = true;
  while (rc == H9_OK) {
    bool halted = w->s->halt != HALT_NEVER && w->n_failed >= w->s->halt_at;
    if (halted && w->s->halt == HALT_NOW) end_all(w);
    more = !halted;
    if (more && (rc = start_some(w, memory, jobs, e)) != H9_OK) break;
    if (!w->n_running) break;
    int status;
    pid_t pid = h9_jobs_wait(&w->jobs, 200, &status, &caught);
    if (caught) break;
    for (size_t i = 0; pid && rc == H9_OK && i < w->n; i++)
      if (w->task[i].pid == pid) rc = stage_ended(w, &w->task[i], status, e);
    snprintf(extra, sizeof extra, "%zu running%s", w->n_running, w->n_failed ? ", some failed" : "");
    h9_progress_show(&w->progress, (double)(w->n_finished + w->n_failed), (double)w->n, "runs", extra);
  }
  h9_progress_end(&w->progress);
  end_all(w);
  h9_jobs_close(&w->jobs);
  if (caught) {
    fprintf(stderr, "%s: stopped with %zu of %zu runs done; the same command goes on\n", program, w->n_finished, w->n);
    signal(caught, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(caught);
  }
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  return rc;
}

/* All runs together */

static bool same_file(const char *path, const h9_buf *text) {
  h9_hash h;
  uint64_t bytes;
  h9_error e;
  return !text->failed && h9_hash_file(path, &h, &bytes, &e) == H9_OK && bytes == text->len && h9_hash_equal(h, h9_hash_of(text->data, text->len));
}

static int put_new(work *w, const char *name, const h9_buf *text, bool *changed, h9_error *e) {
  char path[PATH_MAX];
  place(w, path, name, "");
  if (same_file(path, text)) return H9_OK;
  *changed = true;
  return h9_result_put(w->folder, name, text, e);
}

static int draw(work *w, const h9_picture *p, bool anew, h9_error *e) {
  char path[PATH_MAX];
  place(w, path, p->file, "");
  if (!anew && access(path, F_OK) == 0) return H9_OK;
  char *argv[20] = {"hal9-plot", p->kind, "--x", p->x, "--value", p->value, "-o", p->file, "runs.tsv", NULL};
  if (p->y) {
    argv[9] = "--y";
    argv[10] = p->y;
    argv[11] = NULL;
  }
  pid_t pid = fork();
  if (pid < 0) return h9_fail_sys(e, H9_ESYSTEM, errno, "hal9-plot");
  if (pid == 0) {
    if (chdir(w->folder)) _exit(H9_EIO);
    execvp(argv[0], argv);
    _exit(127);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return status == 0 ? H9_OK : h9_fail(e, H9_ESYSTEM, "%s: hal9-plot could not draw it", p->file);
}

static int list_file(work *w, const char *name, h9_buf *b, h9_error *e) {
  char path[PATH_MAX], text[33], line[400];
  h9_hash h;
  uint64_t bytes;
  place(w, path, name, "");
  int rc = h9_hash_file(path, &h, &bytes, e);
  if (rc != H9_OK) return rc;
  h9_hash_text(h, text);
  int n = snprintf(line, sizeof line, "%s\t%llu\t%s\n", text, (unsigned long long)bytes, name);
  h9_buf_put(b, line, (size_t)n);
  return H9_OK;
}

/* Takes away what speaks of all runs, since some are not done. */
static void withdraw(work *w) {
  static const char *const names[] = {H9_RESULT_MANIFEST, "runs.tsv", "summary.txt"};
  char path[PATH_MAX];
  for (int i = 0; i < 3; i++) {
    place(w, path, names[i], "");
    (void)unlink(path);
  }
  for (size_t i = 0; i < w->plan.x->n_pictures; i++) {
    place(w, path, w->plan.x->picture[i].file, "");
    (void)unlink(path);
  }
}

static int gather(work *w, bool whole, h9_error *e) {
  const h9_experiment *x = w->plan.x;
  h9_sweep s;
  h9_buf table = {0}, summary = {0}, list = {0};
  char path[PATH_MAX], prefix[PATH_MAX];
  bool changed = false;
  int rc = h9_sweep_open(&s, &w->plan, e);
  if (rc != H9_OK) return rc;
  for (size_t i = 0; i < w->plan.n && rc == H9_OK; i++) {
    place(w, path, "runs", w->plan.run[i].name);
    if (h9_result_done(path, &w->plan, &w->plan.run[i]) < x->n_stages) continue;
    rc = h9_sweep_add(&s, i, path, e);
    snprintf(prefix, sizeof prefix, "runs/%.4000s/", w->plan.run[i].name);
    if (rc == H9_OK) rc = h9_result_list(path, prefix, &list, e);
  }
  if (rc == H9_OK) rc = h9_sweep_table(&s, &table, e);
  if (rc == H9_OK) rc = h9_sweep_summary(&s, &summary, e);
  h9_json json = {0};
  if (rc == H9_OK && w->s->json) {
    h9_sweep_json(&s, &json);
    rc = h9_json_print(&json, stdout, e);
  } else if (rc == H9_OK && fwrite(summary.data, 1, summary.len, stdout) != summary.len) rc = h9_fail_sys(e, H9_EIO, errno, "standard output: cannot write");
  if (rc == H9_OK && fflush(stdout)) rc = h9_fail_sys(e, H9_EIO, errno, "standard output: cannot write");
  if (rc == H9_OK && whole) rc = put_new(w, "runs.tsv", &table, &changed, e);
  if (rc == H9_OK && whole) rc = put_new(w, "summary.txt", &summary, &changed, e);
  for (size_t i = 0; i < x->n_pictures && whole && rc == H9_OK; i++) rc = draw(w, &x->picture[i], changed, e);
  if (rc == H9_OK && whole) rc = list_file(w, "runs.tsv", &list, e);
  if (rc == H9_OK && whole) rc = list_file(w, "summary.txt", &list, e);
  for (size_t i = 0; i < x->n_pictures && whole && rc == H9_OK; i++) rc = list_file(w, x->picture[i].file, &list, e);
  if (rc == H9_OK && whole) rc = put_new(w, H9_RESULT_MANIFEST, &list, &changed, e);
  h9_buf_release(&table);
  h9_buf_release(&summary);
  h9_buf_release(&list);
  h9_sweep_release(&s);
  return rc;
}

/* The programs beside this one come first. */
static int find_programs(h9_error *e) {
  char self[PATH_MAX];
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  const char *path = getenv("PATH");
  if (n <= 0) return H9_OK;
  self[n] = 0;
  *strrchr(self, '/') = 0;
  size_t len = strlen(self) + (path ? strlen(path) : 0) + 2;
  char *all = malloc(len);
  if (!all) return h9_fail_memory(e, len, "PATH");
  snprintf(all, len, "%s:%s", self, path ? path : "/usr/bin:/bin");
  setenv("PATH", all, 1);
  free(all);
  return H9_OK;
}

static void print_plan(const work *w) {
  for (size_t i = 0; i < w->n; i++) {
    const h9_run *r = &w->plan.run[w->task[i].run];
    for (size_t s = 0; s < w->plan.x->n_stages; s++) printf("%s\t%s\t%s\n", r->name, w->plan.x->stage[s].name, r->command[s]);
  }
}

static int choose_tasks(work *w, h9_error *e) {
  char whole[PATH_MAX];
  w->task = calloc(w->plan.n + 1, sizeof *w->task);
  w->point_memory = malloc((w->plan.x->n_points + 1) * sizeof *w->point_memory);
  if (!w->task || !w->point_memory) return h9_fail_memory(e, w->plan.n * sizeof *w->task, "runs");
  for (size_t i = 0; i < w->plan.x->n_points; i++) w->point_memory[i] = NAN;
  for (size_t i = 0; i < w->plan.n; i++) {
    place(w, whole, "runs", w->plan.run[i].name);
    if (!wanted(w, &w->plan.run[i])) continue;
    if (!w->s->redo && h9_result_done(whole, &w->plan, &w->plan.run[i]) == w->plan.x->n_stages) continue;
    w->task[w->n++] = (task){.run = i};
  }
  return H9_OK;
}

static int work_on(work *w, h9_error *e) {
  const settings *s = w->s;
  if (s->o.n_set) return h9_fail(e, H9_EUSAGE, "--set %s: an experiment's parameters are in its configuration, so that the folder tells them all", s->o.set[0]);
  int rc = h9_config_read(&w->config, s->o.config, NULL, 0, e);
  if (rc != H9_OK) return rc;
  const h9_experiment *x = w->config.experiment;
  if (!x) return h9_fail(e, H9_ECONFIG, "%s: has no section experiment, which hal9-run is told by (hal9-config(5))", s->o.config);
  if ((rc = check_points(w, e)) != H9_OK) return rc;
  if ((rc = h9_plan_make(&w->plan, x, w->config.yaml.root, e)) != H9_OK) return rc;
  if ((rc = check_only(w, e)) != H9_OK) return rc;
  const char *base = strrchr(s->o.config, '/');
  base = base ? base + 1 : s->o.config;
  if (s->o.output) snprintf(w->folder, sizeof w->folder, "%s", s->o.output);
  else if (x->name) snprintf(w->folder, sizeof w->folder, "%s", x->name);
  else snprintf(w->folder, sizeof w->folder, "%.*s.runs", (int)(strcspn(base, ".") ? strcspn(base, ".") : 1), base);
  if (s->dry_run) {
    if ((rc = choose_tasks(w, e)) == H9_OK) print_plan(w);
    return rc == H9_OK && fflush(stdout) ? h9_fail_sys(e, H9_EIO, errno, "standard output: cannot write") : rc;
  }
  if ((rc = find_programs(e)) != H9_OK || (rc = open_folder(w, e)) != H9_OK || (rc = choose_tasks(w, e)) != H9_OK) return rc;
  if (s->o.verbose) fprintf(stderr, "%s: %zu of %zu runs to do in %s\n", program, w->n, w->plan.n, w->folder);
  if (w->n) {
    withdraw(w);
    if ((rc = run_all(w, e)) != H9_OK) return rc;
  }
  char path[PATH_MAX];
  size_t there = 0;
  for (size_t i = 0; i < w->plan.n; i++) {
    place(w, path, "runs", w->plan.run[i].name);
    there += h9_result_done(path, &w->plan, &w->plan.run[i]) == x->n_stages;
  }
  bool whole = there == w->plan.n;
  if (whole) {
    h9_error ignored = {0};
    place(w, path, "partial", "");
    (void)!h9_result_remove(path, &ignored);
    place(w, path, "failed", "");
    (void)!h9_result_remove(path, &ignored);
  }
  if ((rc = gather(w, whole, e)) != H9_OK) return rc;
  if (!whole && !s->o.quiet)
    fprintf(stderr, "%s: %zu of %zu runs are finished; runs.tsv, pictures and manifest follow when all are\n", program, there, w->plan.n);
  for (size_t i = 0; i < w->n; i++) /* the first in the plan's order */
    if (w->task[i].state == FAILED) return h9_fail(e, WIFEXITED(w->task[i].status) ? WEXITSTATUS(w->task[i].status) : 128 + WTERMSIG(w->task[i].status), "%zu of %zu runs failed", w->n_failed, w->n);
  return H9_OK;
}

int main(int argc, char **argv) {
  settings s = {.memory = NAN};
  work w = {.s = &s, .lock = -1, .log = -1};
  h9_error e = {0};
  h9_options_init(&s.o);
  argp_parse(&parser, argc, argv, 0, NULL, &s);
  int rc = h9_telemetry_begin(&s.o, program, &e);
  if (rc == H9_OK) rc = h9_telemetry_end(work_on(&w, &e), &e);
  if (rc != H9_OK) rc = h9_report(stderr, program, &e);
  h9_plan_release(&w.plan);
  h9_config_release(&w.config);
  free(w.task);
  free(w.point_memory);
  free(s.only);
  if (w.log >= 0) close(w.log);
  if (w.lock >= 0) close(w.lock);
  h9_options_release(&s.o);
  return rc;
}

#include "tuning.h"

#include "telemetry.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A thread costs a meeting in every exchange interval, and must save more than that: two overtake one between
 * 2,000 and 5,000 neurons (tests/bench/profiles.sh), on a machine that is idle. */
static const h9_tuning profiles[H9_PROFILES] = {
    [H9_PROFILE_SMALL] = {.index = false, .cell = 0, .batch = 0, .pool = 0, .tiles = 1, .threads = 1},
    [H9_PROFILE_MEDIUM] = {.index = true, .cell = 20, .batch = 10, .pool = 1000, .tiles = 1, .threads = 1},
    [H9_PROFILE_LARGE] =
        {.index = true, .cell = 10, .batch = 100, .pool = 10000, .tiles = 1, .threads = 4, .each = 2000},
    [H9_PROFILE_MASSIVE] =
        {.index = true, .cell = 10, .batch = 1000, .pool = 65536, .tiles = 0, .threads = 0},
};

static const char *const names[H9_PROFILES] = {"auto", "small", "medium", "large", "massive"};

int h9_profile_named(const char *text) {
  for (int i = 0; i < H9_PROFILES; i++)
    if (strcmp(text, names[i]) == 0) return i;
  return -1;
}

const char *h9_profile_text(enum h9_profile_name name) {
  return (unsigned)name < H9_PROFILES ? names[name] : "unknown";
}

h9_tuning h9_tuning_choose(enum h9_profile_name name, uint32_t neurons) {
  bool automatic = name == H9_PROFILE_AUTO;
  if (automatic)
    name = neurons < 100     ? H9_PROFILE_SMALL
           : neurons < 1000  ? H9_PROFILE_MEDIUM
           : neurons < 10000 ? H9_PROFILE_LARGE
                             : H9_PROFILE_MASSIVE;
  h9_tuning t = profiles[name];
  t.name = name;
  t.automatic = automatic;
  return t;
}

h9_batch_settings h9_tuning_batches(const h9_tuning *t) {
  for (int i = 0; !t->automatic && i < H9_LATENCIES; i++)
    if (h9_batch_preset[i].size == t->batch) return h9_batch_preset[i];
  return (h9_batch_settings){0, 0, 0};
}

enum { OPT_PROFILE = 0x4000 };

static const struct argp_option option_table[] = {
    {"profile", OPT_PROFILE, "auto|small|medium|large|massive", OPTION_ARG_OPTIONAL,
     "Settings for networks of a size: small (below 100 neurons), medium (below 1,000), large (below "
     "10,000), massive, or "
     "auto (default); without a name: print on standard error where the time went",
     2},
    {0, 0, 0, 0, 0, 0},
};

/* A name may also stand behind the option as a word of its own, unless there is a file that is called so. */
static const char *next_word(struct argp_state *state) {
  const char *word = state->next < state->argc ? state->argv[state->next] : NULL;
  if (!word || h9_profile_named(word) < 0 || access(word, F_OK) == 0) return NULL;
  state->next++;
  return word;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
  h9_tuning_options *o = state->input;
  if (key != OPT_PROFILE) return ARGP_ERR_UNKNOWN;
  const char *word = arg ? arg : next_word(state);
  if (!word) {
    o->timings = true;
    return 0;
  }
  int name = h9_profile_named(word);
  if (name < 0)
    argp_error(state, "--profile: found '%s', expected auto, small, medium, large or massive", word);
  o->given = true;
  o->name = (enum h9_profile_name)name;
  return 0;
}

const struct argp h9_tuning_argp = {option_table, parse, NULL, NULL, NULL, NULL, NULL};

/* How many threads are worth while; 0: any number. */
static int threads_of(const h9_tuning *t, uint32_t neurons) {
  uint32_t n = t->each ? (neurons + t->each / 2) / t->each : (uint32_t)t->threads;
  if (t->each && n < 1) n = 1;
  return n < (uint32_t)t->threads ? (int)n : t->threads;
}

h9_tuning h9_tuning_settle(const h9_tuning_options *o, const h9_config *c, uint32_t neurons,
                           h9_options *shared) {
  enum h9_profile_name name = o->given ? o->name
                              : c      ? (enum h9_profile_name)c->simulation.profile
                                       : H9_PROFILE_AUTO;
  h9_tuning t = h9_tuning_choose(name, neurons);
  int threads = threads_of(&t, neurons);
  if (!shared->threads_given && threads > 0 && shared->threads > threads) shared->threads = threads;
  h9_telemetry_profile(h9_profile_text(t.name), t.automatic);
  return t;
}

void h9_tuning_print(const h9_tuning *t, uint32_t neurons, const h9_options *o, FILE *f) {
  fprintf(f, "profile %s (%s%u neurons): ", h9_profile_text(t->name), t->automatic ? "auto, " : "asked for, ",
          neurons);
  if (t->index) fprintf(f, "index with %.0f neurons a cell", t->cell);
  else fprintf(f, "no index");
  if (h9_tuning_batches(t).size) fprintf(f, ", live signals in batches of %u", t->batch);
  else fprintf(f, ", live signals at once");
  if (t->pool) fprintf(f, ", pools for %u signals", t->pool);
  else fprintf(f, ", no pools");
  if (t->tiles) fprintf(f, ", %u tile%s a thread", t->tiles, t->tiles == 1 ? "" : "s");
  else fprintf(f, ", tiles by the cache");
  fprintf(f, ", %d thread%s%s", o->threads, o->threads == 1 ? "" : "s", o->threads_given ? " as given" : "");
}

void h9_tuning_measure(const h9_tuning *t, const char *prefix, h9_metrics *m) {
  char name[64];
  snprintf(name, sizeof name, "%s.profile", prefix);
  h9_metrics_set(m, name, t->name);
}

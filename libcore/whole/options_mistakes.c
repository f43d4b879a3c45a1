/* A look at the whole command line before argp reads it, for mistakes that can be told better than argp does. */
#include "options_mistakes.h"

#include "option_list.h"

#include "../format/expr.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Options that one program has and others are asked for by mistake. */
static const struct {
  const char *option, *program, *why;
} elsewhere[] = {
    {"dt", "hal9-gen", "the time step travels with the stream"},
    {"number", "hal9-gen", NULL},
    {"layout", "hal9-gen", NULL},
    {"extent", "hal9-gen", NULL},
    {"positions", "hal9-gen", "positions travel with the neurons"},
    {"param", "hal9-gen", "a neuron's parameters travel with it"},
    {"radius", "hal9-index", NULL},
    {"k-nearest", "hal9-index", NULL},
    {"weight", "hal9-index", NULL},
    {"delay", "hal9-index", NULL},
    {"defer", "hal9-index", NULL},
    {"query", "hal9-index", NULL},
    {"transient", "hal9-step", NULL},
    {"time", "hal9-step", NULL},
    {"stimulus", "hal9-step", NULL},
    {"record", "hal9-step", NULL},
    {"realtime", "hal9-step", NULL},
    {"check", "hal9-view", NULL},
    {"diff", "hal9-view", NULL},
    {"signals", "hal9-view", NULL},
    {"connections", "hal9-view", NULL},
    {"head", "hal9-view", NULL},
    {"bin", "hal9-stats", NULL},
    {"json", "hal9-stats", NULL},
    {"term", "hal9-plot", NULL},
    {"title", "hal9-plot", NULL},
    {"neurons", "hal9-convert", NULL},
    {"jobs", "hal9-run", NULL},
};
enum { ELSEWHERE = sizeof elsewhere / sizeof *elsewhere };

static const char *nearest(const char *name, const h9_option_list *all) {
  const char **names = calloc(all->n + 1, sizeof *names);
  size_t n = 0;
  for (size_t i = 0; names && i < all->n; i++)
    if (all->one[i].name && !all->one[i].hidden) names[n++] = all->one[i].name;
  const char *near = names ? h9_nearest_name(name, names, n) : NULL;
  free(names);
  return near;
}

static int find_elsewhere(const char *name) {
  for (int i = 0; i < ELSEWHERE; i++)
    if (strcmp(elsewhere[i].option, name) == 0) return i;
  return -1;
}

static void unknown_long(const h9_option_list *all, const char *word, struct argp_state *state) {
  char name[64];
  snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
  int at = find_elsewhere(name);
  if (at >= 0) {
    const char *why = elsewhere[at].why;
    argp_error(state, "unknown option --%s; it belongs to %s%s%s", name, elsewhere[at].program, why ? ": " : "",
               why ? why : "");
  }
  const char *near = nearest(name, all), *names[ELSEWHERE];
  if (near) argp_error(state, "unknown option --%s; did you mean --%s?", name, near);
  for (int i = 0; i < ELSEWHERE; i++) names[i] = elsewhere[i].option;
  near = h9_nearest_name(name, names, ELSEWHERE);
  if (near)
    argp_error(state, "unknown option --%s; did you mean --%s of %s?", name, near, elsewhere[find_elsewhere(near)].program);
  argp_error(state, "unknown option --%s", name);
}

/* Whether getopt refused a long option because it knows none that begins so; of an ambiguous one, and of one whose
 * argument is wrong, argp speaks well. */
static bool is_unknown(const h9_option_list *all, const char *name) {
  size_t len = strcspn(name, "=");
  for (size_t i = 0; i < all->n; i++)
    if (all->one[i].name && strncmp(all->one[i].name, name, len) == 0) return false;
  return len > 0;
}

static void unknown_letter(const h9_option_list *all, int letter, struct argp_state *state) {
  for (size_t i = 0; i < all->n; i++)
    if (all->one[i].letter == letter) return; /* its argument is missing, which argp tells */
  argp_error(state, "unknown option -%c", letter);
}

/* "--radius 30 um": the second word would be taken for a file. */
static void check_operand(const char *word, struct argp_state *state) {
  h9_unit unit;
  size_t len;
  if (!h9_unit_parse(word, &len, &unit) || word[len] || access(word, F_OK) == 0) return;
  const char *number = "30";
  for (int i = 2; i < state->argc; i++)
    if (state->argv[i] == word && strspn(state->argv[i - 1], "0123456789.+-e") == strlen(state->argv[i - 1])) number = state->argv[i - 1];
  argp_error(state, "found '%s' by itself; a quantity is one word, as %s%s, or in quotes, as '%s %s'", word, number, word,
             number, word);
}

/* What getopt is given by argp: the long options, closed by zeros, and the letters. */
static void describe(const h9_option_list *all, struct option *table, char *letters) {
  for (size_t i = 0; i < all->n; i++) {
    const h9_known_option *o = &all->one[i];
    int takes = !o->arg ? no_argument : o->optional ? optional_argument : required_argument;
    if (o->name) *table++ = (struct option){o->name, takes, NULL, 1};
    if (!o->letter) continue;
    *letters++ = o->letter;
    for (int k = 0; k < takes; k++) *letters++ = ':';
  }
}

/* Leaves at the first mistake; what is not one for us ends the look, since argp ends there, too. */
static void look(const h9_option_list *all, const struct option *table, const char *letters, char **argv,
                 struct argp_state *state) {
  opterr = optind = 0;
  for (int c; (c = getopt_long(state->argc, argv, letters, table, NULL)) != -1;) {
    const char *word = argv[optind - 1];
    if (c != '?') continue;
    if (optopt > 1) unknown_letter(all, optopt, state);
    else if (strncmp(word, "--", 2) == 0 && is_unknown(all, word + 2)) unknown_long(all, word + 2, state);
    return;
  }
  for (int i = optind; i < state->argc; i++) check_operand(argv[i], state);
}

int h9_options_mistakes(struct argp_state *state) {
  h9_option_list all = {0};
  int rc = h9_option_list_gather(&all, state->root_argp);
  if (!state->name && state->argc) { /* argp sets it later */
    char *slash = strrchr(state->argv[0], '/');
    state->name = slash ? slash + 1 : state->argv[0];
  }
  size_t n = (size_t)state->argc;
  char **argv = calloc(n + 1, sizeof *argv); /* a copy, since getopt moves operands to the end */
  struct option *table = calloc(all.n + 1, sizeof *table);
  char *letters = calloc(3 * all.n + 1, 1);
  if (rc == H9_OK && argv && table && letters) {
    memcpy(argv, state->argv, n * sizeof *argv);
    describe(&all, table, letters);
    look(&all, table, letters, argv, state);
  } else rc = H9_ESYSTEM;
  free(argv);
  free(table);
  free(letters);
  free(all.one);
  return rc;
}

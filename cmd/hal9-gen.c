/* hal9-gen: makes the neurons of a network. Populations come from the configuration (-c) or, one of
 * them, from options; out comes a stream of header, populations, neurons and provenance. */
#include "../libcore/base/io.h"
#include "../libcore/base/json.h"
#include "../libcore/base/memory.h"
#include "../libcore/whole/generate.h"
#include "../libcore/whole/options.h"
#include "../libcore/whole/telemetry.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "hal9-gen"

static const char doc[] =
    "Make the neurons of a network: populations, positions, parameters, state.\n\n"
    "Examples:\n"
    "  hal9-gen -n 1000 --layout ball --extent 500um > neurons.h9\n"
    "  hal9-gen -n 1000 | hal9-index --radius 100um | hal9-stats\n"
    "  hal9-gen -c brunel.yaml > neurons.h9\v"
    "Populations are those of the configuration (-c), or one that the options describe. Lengths without a unit are in um, "
    "times in ms.";

enum {
  OPT_LAYOUT = 0x2000,
  OPT_EXTENT,
  OPT_CENTER,
  OPT_DIMENSIONS,
  OPT_NAME,
  OPT_PARAM,
  OPT_DT,
  OPT_JITTER,
  OPT_SPREAD,
  OPT_ROUND,
  OPT_MIN_DISTANCE,
  OPT_POSITIONS,
  OPT_DRY_RUN,
  OPT_JSON,
};

static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "A population without a configuration:", 1},
    {"number", 'n', "N", 0, "Neurons, 1 to 4294967294", 0},
    {"layout", OPT_LAYOUT, "box|ball|sphere|disk|ellipsoid|grid|blob|column|none", 0,
     "Where neurons lie (default: box)", 0},
    {"extent", OPT_EXTENT, "LENGTH[,LENGTH[,LENGTH]]", 0, "Full widths, or the diameter (default: 1 mm)", 0},
    {"center", OPT_CENTER, "X[,Y[,Z]]", 0, "Middle of the layout (default: 0,0,0)", 0},
    {"dimensions", OPT_DIMENSIONS, "1|2|3", 0, "Dimensions of the layout (default: by layout and extent)", 0},
    {"jitter", OPT_JITTER, "X", 0, "grid: shift each neuron by up to X spacings, 0 to 1", 0},
    {"spread", OPT_SPREAD, "LENGTH[,LENGTH[,LENGTH]]", 0, "blob: standard deviations", 0},
    {"round", OPT_ROUND, 0, 0, "column: circular section", 0},
    {"min-distance", OPT_MIN_DISTANCE, "LENGTH", 0, "Least distance between somata", 0},
    {"positions", OPT_POSITIONS, "FILE", 0, "Read positions from a text file: x y z a line, in um", 0},
    {"name", OPT_NAME, "NAME", 0, "Name of the population (default: neurons)", 0},
    {"param", OPT_PARAM, "NAME=VALUE", 0,
     "Parameter or initial state of the model; may use x, y, z (repeatable)", 0},
    {0, 0, 0, 0, "The network:", 2},
    {"dt", OPT_DT, "TIME", 0, "Time step of the simulation (default: the configuration's, else 0.1 ms)", 0},
    {"dry-run", OPT_DRY_RUN, 0, 0, "Print what would be made, make nothing", 0},
    {"json", OPT_JSON, 0, 0, "With --dry-run: as JSON", 0},
    {0, 0, 0, 0, 0, 0},
};

typedef struct settings {
  h9_options o;
  h9_layout layout;
  int layout_type; /* -1: not given */
  int n_extent, n_center, n_spread;
  const char *alone; /* the first option given that only goes without -c */
  uint64_t number;
  const char *name;
  char **param;
  size_t n_param;
  double dt; /* ms; NaN: not given */
  bool dry_run, json;
  h9_error error;
} settings;

/* Options */

static int parse_layout(settings *s, const char *arg) {
  s->layout_type = h9_layout_parse(arg);
  if (s->layout_type >= 0 && s->layout_type != H9_LAYOUT_FILE) return H9_OK;
  const char *known[H9_LAYOUTS];
  for (int i = 0; i < H9_LAYOUTS; i++) known[i] = h9_layout_name((enum h9_layout_type)i);
  if (s->layout_type == H9_LAYOUT_FILE)
    return h9_fail(&s->error, H9_EUSAGE, "--layout: found 'file', expected --positions FILE");
  h9_fail(&s->error, H9_EUSAGE, "--layout: found '%.80s'", arg);
  return h9_fail_near(&s->error, arg, known, H9_LAYOUT_FILE, true);
}

static int add_param(settings *s, char *arg) {
  if (!strchr(arg, '=') || *arg == '=')
    return h9_fail(&s->error, H9_EUSAGE, "--param: found '%s', expected NAME=VALUE", arg);
  char **p = realloc(s->param, (s->n_param + 1) * sizeof *p);
  if (!p) return h9_fail_memory(&s->error, (s->n_param + 1) * sizeof *p, "options");
  s->param = p;
  s->param[s->n_param++] = arg;
  return H9_OK;
}

static int parse_own(settings *s, int key, char *arg) {
  h9_error *e = &s->error;
  uint64_t n;
  switch (key) {
  case 'n':
    return h9_option_whole("--number", arg, 1, H9_ID_MAX, &s->number, e);
  case OPT_LAYOUT:
    return parse_layout(s, arg);
  case OPT_EXTENT:
    return h9_option_quantities("--extent", arg, &h9_unit_um, 3, s->layout.extent, &s->n_extent, e);
  case OPT_CENTER:
    return h9_option_quantities("--center", arg, &h9_unit_um, 3, s->layout.center, &s->n_center, e);
  case OPT_SPREAD:
    return h9_option_quantities("--spread", arg, &h9_unit_um, 3, s->layout.spread, &s->n_spread, e);
  case OPT_DIMENSIONS: {
    int code = h9_option_whole("--dimensions", arg, 1, 3, &n, e);
    if (code == H9_OK) s->layout.dimensions = (int)n;
    return code;
  }
  case OPT_JITTER:
    return h9_option_quantity("--jitter", arg, &h9_unit_one, &s->layout.jitter, e);
  case OPT_ROUND:
    s->layout.round = true;
    return H9_OK;
  case OPT_MIN_DISTANCE:
    return h9_option_quantity("--min-distance", arg, &h9_unit_um, &s->layout.min_distance, e);
  case OPT_POSITIONS:
    s->layout.file = arg;
    return H9_OK;
  case OPT_NAME:
    s->name = arg;
    return H9_OK;
  case OPT_PARAM:
    return add_param(s, arg);
  default:
    return H9_OK;
  }
}

static error_t parse_option(int key, char *arg, struct argp_state *state) {
  settings *s = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &s->o;
    return 0;
  case ARGP_KEY_ARG:
    argp_error(state, "found '%s', but hal9-gen reads no files but those of -c and --positions", arg);
    return 0;
  case OPT_DRY_RUN:
    s->dry_run = true;
    return 0;
  case OPT_JSON:
    s->json = true;
    return 0;
  case OPT_DT:
    h9_option_try(state, h9_option_time("--dt", arg, false, &s->dt, &s->error), &s->error);
    return 0;
  case 'n':
  case OPT_LAYOUT:
  case OPT_EXTENT:
  case OPT_CENTER:
  case OPT_DIMENSIONS:
  case OPT_NAME:
  case OPT_PARAM:
  case OPT_JITTER:
  case OPT_SPREAD:
  case OPT_ROUND:
  case OPT_MIN_DISTANCE:
  case OPT_POSITIONS:
    for (const struct argp_option *t = option_table; !s->alone; t++)
      if (t->key == key) s->alone = t->name;
    h9_option_try(state, parse_own(s, key, arg), &s->error);
    return 0;
  case ARGP_KEY_END:
    if (s->json && !s->dry_run) argp_error(state, "--json goes with --dry-run");
    if (s->o.config && s->o.model && !s->o.n_model_files) s->alone = "model";
    if (s->o.config && s->alone)
      argp_error(state, "--%s describes a population, but -c names a configuration with its own", s->alone);
    if (!s->o.config && s->number == 0 && !s->layout.file)
      argp_error(state, "found nothing to make, expected -c FILE or -n N");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_child children[] = {{&h9_options_argp, 0, 0, 0}, {0, 0, 0, 0}};
static const struct argp parser = {option_table, parse_option, 0, doc, children, 0, 0};

/* The population that options describe, put where the configuration's would be */

static int make_value(const char *arg, const h9_model *m, h9_population_config *p, h9_error *e) {
  size_t len = strcspn(arg, "=");
  if (len > H9_NAME_MAX)
    return h9_fail(e, H9_EUSAGE, "--param: found a name of %zu bytes, expected at most %u", len, H9_NAME_MAX);
  char name[H9_NAME_MAX + 1];
  memcpy(name, arg, len);
  name[len] = 0;
  const char *text = arg + len + 1;
  int at = h9_model_value_find(m, name);
  if (at < 0) {
    const char *known[H9_MODEL_VALUES_MAX];
    uint32_t n = m->n_values < H9_MODEL_VALUES_MAX ? m->n_values : H9_MODEL_VALUES_MAX;
    for (uint32_t i = 0; i < n; i++) known[i] = m->values[i].name;
    h9_fail(e, H9_EUSAGE, "--param: model %s has no parameter '%s'", m->name, name);
    return h9_fail_near(e, name, known, n, true);
  }
  for (uint32_t i = 0; i < p->n_values; i++)
    if (strcmp(p->value_name[i], name) == 0) return h9_fail(e, H9_EUSAGE, "--param: %s is given twice", name);
  const h9_dim length = {0, 0, 0, 1};
  const h9_symbol place[] = {
      {"x", {0, length}, H9_VAR_X}, {"y", {0, length}, H9_VAR_Y}, {"z", {0, length}, H9_VAR_Z}};
  const h9_unit unit = h9_model_unit(m->values[at].unit), *u = &unit;
  h9_dist *d = &p->value[p->n_values];
  *d = (h9_dist){.type = H9_DIST_EXPRESSION, .min = -INFINITY, .max = INFINITY};
  h9_dim dim;
  size_t where = 0;
  h9_error why = {0};
  if (h9_expr_compile(&d->a, text, place, 3, &dim, &where, &why) != H9_OK)
    return h9_fail(e, why.code == H9_ESYSTEM ? H9_ESYSTEM : H9_EUSAGE,
                   "--param: %s: at character %zu of '%s': %s", name, where + 1, text, why.text);
  p->value_name[p->n_values++] = h9_strdup(name);
  if (!p->value_name[p->n_values - 1]) return h9_fail_memory(e, len, "a name");
  bool bare = h9_dim_equal(dim, (h9_dim){0, 0, 0, 0}) && !h9_dim_equal(dim, u->dim);
  if (!bare && !h9_dim_equal(dim, u->dim)) {
    char found[64];
    h9_dim_text(dim, found, sizeof found);
    return h9_fail(e, H9_EUSAGE, "--param: %s: found '%s' in %s, expected %s", name, text, found,
                   u->name[0] ? u->name : "a number");
  }
  return bare ? H9_OK : h9_expr_scale(&d->a, u->per_coherent, e);
}

static int name_check(const char *name, h9_error *e) {
  size_t len = strlen(name);
  if (len == 0 || len > H9_NAME_MAX)
    return h9_fail(e, H9_EUSAGE, "--name: found %zu bytes, expected 1 to %u", len, H9_NAME_MAX);
  for (size_t i = 0; i < len; i++)
    if ((unsigned char)name[i] <= ' ' || name[i] == 0x7f || strchr("@[]:,", name[i]))
      return h9_fail(e, H9_EUSAGE, "--name: found '%s', expected a name without spaces and @ [ ] : ,", name);
  return H9_OK;
}

static int single_population(settings *s, h9_config *c, h9_error *e) {
  const char *model_name = s->o.model ? s->o.model : "iaf_psc_exp", *name = s->name ? s->name : "neurons";
  const h9_model *m = h9_model_named(model_name, e);
  if (!m) return h9_fail_at(e, "--model");
  int code = name_check(name, e);
  if (code != H9_OK) return code;
  h9_layout *l = &s->layout;
  if (l->file && s->layout_type >= 0)
    return h9_fail(e, H9_EUSAGE, "--positions: found with --layout, expected one of them");
  l->type = l->file               ? H9_LAYOUT_FILE
            : s->layout_type >= 0 ? (enum h9_layout_type)s->layout_type
                                  : H9_LAYOUT_BOX;
  if (l->type == H9_LAYOUT_NONE &&
      (s->n_extent || s->n_center || s->n_spread || l->dimensions || l->min_distance > 0))
    return h9_fail(e, H9_EUSAGE, "--layout none: found with an option of a layout, expected none of them");
  if (s->n_spread && l->type != H9_LAYOUT_BLOB)
    return h9_fail(e, H9_EUSAGE, "--spread: found with layout %s, expected only with layout blob",
                   h9_layout_name(l->type));
  if (s->n_extent == 0 && l->type != H9_LAYOUT_FILE && !(l->type == H9_LAYOUT_BLOB && s->n_spread)) {
    l->extent[0] = 1000;
    s->n_extent = 1;
  }
  if (h9_layout_complete(l, s->n_extent, s->n_spread, e) != H9_OK) {
    char option[80]; /* "min_distance: found" becomes "--min-distance: found" */
    size_t len = strcspn(e->text, ":");
    if (len >= sizeof option) return e->code;
    for (size_t i = 0; i < len; i++) option[i] = e->text[i] == '_' ? '-' : e->text[i];
    option[len] = 0;
    char *rest = h9_strdup(e->text + len);
    if (!rest) return h9_fail_memory(e, strlen(e->text), "a message");
    h9_fail(e, H9_EUSAGE, "--%s%s", option, rest);
    free(rest);
    return e->code;
  }
  uint64_t n = s->number;
  if (n == 0) { /* as many as the file holds */
    h9_points_file f;
    code = h9_points_file_read(&f, l->file, e);
    if (code != H9_OK) return code;
    n = f.n;
    h9_points_file_release(&f);
  }
  h9_network *net = &c->net;
  net->populations = calloc(1, sizeof *net->populations);
  c->populations = calloc(1, sizeof *c->populations);
  if (!net->populations || !c->populations)
    return h9_fail_memory(e, sizeof *net->populations, "a population");
  net->n_populations = 1;
  net->n_neurons = (uint32_t)n;
  h9_population *p = &net->populations[0];
  *p = (h9_population){
      .name = h9_strdup(name), .model = h9_strdup(model_name), .first = 1, .count = (uint32_t)n};
  h9_population_config *pc = &c->populations[0];
  pc->layout = *l;
  pc->layout.file = l->file ? h9_strdup(l->file) : NULL;
  pc->value_name = calloc(s->n_param + 1, sizeof *pc->value_name);
  pc->value = calloc(s->n_param + 1, sizeof *pc->value);
  if (!p->name || !p->model || !pc->value_name || !pc->value)
    return h9_fail_memory(e, sizeof *p, "a population");
  for (size_t i = 0; i < s->n_param && code == H9_OK; i++) code = make_value(s->param[i], m, pc, e);
  return code;
}

/* The options that shape the result, in a fixed order, for the provenance */

static void put_lengths(h9_buf *b, const char *name, const double *v, int n) {
  char text[96];
  int at = 0;
  for (int i = 0; i < n; i++)
    at += snprintf(text + at, sizeof text - (size_t)at, "%s%.17g", i ? "," : "", v[i]);
  if (n) h9_shaping_put(b, name, text);
}

static void shaping(const settings *s, const h9_config *c, h9_buf *b) {
  const h9_layout *l = &s->layout;
  char number[32];
  h9_shaping_begin(b, &s->o);
  if (!s->o.config) {
    snprintf(number, sizeof number, "%u", c->net.n_neurons);
    h9_shaping_put(b, "-n", number);
    if (l->file) h9_shaping_put(b, "--positions", l->file);
    else h9_shaping_put(b, "--layout", h9_layout_name(l->type));
    int d = l->type == H9_LAYOUT_NONE ? 0 : l->type == H9_LAYOUT_FILE ? 3 * (s->n_extent > 0) : l->dimensions;
    if (l->type == H9_LAYOUT_BALL || l->type == H9_LAYOUT_SPHERE || l->type == H9_LAYOUT_DISK) d = 1;
    put_lengths(b, "--extent", l->extent, d);
    if (s->n_center) put_lengths(b, "--center", l->center, 3);
    if (l->dimensions) {
      snprintf(number, sizeof number, "%d", l->dimensions);
      h9_shaping_put(b, "--dimensions", number);
    }
    if (l->jitter > 0) put_lengths(b, "--jitter", &l->jitter, 1);
    if (l->type == H9_LAYOUT_BLOB) put_lengths(b, "--spread", l->spread, l->dimensions);
    if (l->round) h9_shaping_put(b, "--round", NULL);
    if (l->min_distance > 0) put_lengths(b, "--min-distance", &l->min_distance, 1);
    h9_shaping_put(b, "--model", c->net.populations[0].model);
    h9_shaping_put(b, "--name", c->net.populations[0].name);
    for (size_t i = 0; i < s->n_param; i++) h9_shaping_put(b, "--param", s->param[i]);
  }
  if (!isnan(s->dt)) put_lengths(b, "--dt", &s->dt, 1);
  h9_shaping_end(b, &s->o);
}

/* Work */

static int dry_run(const h9_network *net, const h9_population_config *pops, h9_error *e) {
  double bytes = 0;
  int wide = 10;
  for (uint32_t i = 0; i < net->n_populations; i++) {
    int len = (int)strlen(net->populations[i].name);
    if (len > wide) wide = len;
  }
  printf("%-*s %12s  %-20s %-10s %14s %14s\n", wide, "population", "neurons", "model", "layout",
         "bytes/neuron", "bytes");
  for (uint32_t i = 0; i < net->n_populations; i++) {
    const h9_population *p = &net->populations[i];
    size_t each = h9_generator_neuron_bytes(net, i);
    bytes += (double)each * p->count;
    printf("%-*s %12u  %-20s %-10s %14zu %14.0f\n", wide, p->name, p->count, p->model,
           h9_layout_name(pops[i].layout.type), each, (double)each * p->count);
  }
  printf("%-*s %12u  %-20s %-10s %14s %14.0f\n", wide, "total", net->n_neurons, "", "", "", bytes);
  printf("dimensions %d, dt %g ms, seed %llu", net->dimensions, net->dt, (unsigned long long)net->seed);
  for (int i = 0; i < net->dimensions; i++) printf(", %c %g to %g um", "xyz"[i], net -> lo[i], net -> hi[i]);
  printf("\n");
  return fflush(stdout) ? h9_fail_sys(e, H9_EIO, errno, "standard output: cannot write") : H9_OK;
}

static int dry_run_json(const h9_network *net, const h9_population_config *pops, h9_error *e) {
  h9_json j = {0};
  double bytes = 0;
  h9_json_begin(&j, NULL, '{');
  h9_json_begin(&j, "populations", '[');
  for (uint32_t i = 0; i < net->n_populations; i++) {
    const h9_population *p = &net->populations[i];
    size_t each = h9_generator_neuron_bytes(net, i);
    bytes += (double)each * p->count;
    h9_json_begin(&j, NULL, '{');
    h9_json_text(&j, "name", p->name);
    h9_json_whole(&j, "neurons", p->count);
    h9_json_text(&j, "model", p->model);
    h9_json_text(&j, "layout", h9_layout_name(pops[i].layout.type));
    h9_json_whole(&j, "bytes_per_neuron", each);
    h9_json_end(&j, '}');
  }
  h9_json_end(&j, ']');
  h9_json_whole(&j, "neurons", net->n_neurons);
  h9_json_number(&j, "bytes", bytes);
  h9_json_whole(&j, "dimensions", (uint64_t)net->dimensions);
  h9_json_number(&j, "dt_ms", net->dt);
  h9_json_whole(&j, "seed", net->seed);
  h9_json_end(&j, '}');
  return h9_json_print(&j, stdout, e);
}

static int write_stream(const settings *s, h9_config *c, h9_generator *g, h9_error *e) {
  h9_output out;
  h9_writer *w;
  h9_progress progress;
  h9_buf text = {0};
  int code = h9_stream_open(&out, &w, &s->o, s->o.threads, e);
  if (code != H9_OK) return code;
  code = h9_network_write_head(w, &c->net, e);
  if (code == H9_OK) {
    h9_progress_begin(&progress, &s->o, PROGRAM, stderr);
    code = h9_generator_write(g, w, s->o.threads, &progress, e);
    h9_progress_end(&progress);
  }
  if (code == H9_OK) {
    shaping(s, c, &text);
    code = h9_stream_sign(w, PROGRAM, &text, &s->o, c->net.seed, NULL, 0, e);
  }
  return h9_stream_close(&out, w, code, e);
}

static int generate(settings *s, h9_error *e) {
  h9_config c;
  h9_generator *g = NULL;
  int code;
  if (s->o.config) {
    code = h9_config_read(&c, s->o.config, s->o.set, s->o.n_set, e);
    if (code != H9_OK) return code;
    if (!c.has_populations || c.net.n_populations == 0)
      code = h9_fail(e, H9_ECONFIG, "%s: has no populations, expected a section 'populations'", s->o.config);
  } else {
    h9_config_init(&c);
    code = single_population(s, &c, e);
  }
  if (s->o.seed_given) c.net.seed = s->o.seed;
  if (!isnan(s->dt)) c.net.dt = s->dt;
  if (code == H9_OK) code = h9_generator_new(&g, &c.net, c.populations, e);
  h9_stage_enter(H9_STAGE_GENERATE);
  if (code == H9_OK) code = s->dry_run ? (s->json ? dry_run_json : dry_run)(&c.net, c.populations, e) : write_stream(s, &c, g, e);
  if (code == H9_OK && s->o.verbose && !s->o.quiet)
    fprintf(stderr, "%s: %u neurons in %u population%s, peak memory %.1f MiB\n", PROGRAM, c.net.n_neurons,
            c.net.n_populations, c.net.n_populations == 1 ? "" : "s", (double)h9_memory_peak_rss() / 1048576);
  h9_generator_free(g);
  h9_config_release(&c);
  return code;
}

int main(int argc, char **argv) {
  settings s = {.layout_type = -1, .dt = NAN};
  h9_options_init(&s.o);
  s.o.model_names = true;
  argp_parse(&parser, argc, argv, 0, NULL, &s);
  h9_error e = {0};
  int code = h9_telemetry_begin(&s.o, PROGRAM, &e);
  if (code == H9_OK) code = h9_telemetry_end(generate(&s, &e), &e);
  if (code != H9_OK) code = h9_report(stderr, PROGRAM, &e);
  free(s.param);
  h9_options_release(&s.o);
  return code;
}

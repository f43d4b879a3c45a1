/* hal9-plot: pictures of streams, through gnuplot. */
#include "../libcore/base/memory.h"
#include "../libcore/whole/config.h"
#include "../libcore/whole/gnuplot.h"
#include "../libcore/whole/options.h"
#include "../libcore/whole/telemetry.h"
#include "../libcore/whole/plot.h"
#include "../libcore/whole/plot_terminal.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char program[] = "hal9-plot";
static const char doc[] =
    "Draw a stream, or a table of runs: to a PNG, SVG or PDF, or in the terminal.\n\n"
    "Examples:\n"
    "  hal9-gen -c brunel.yaml | hal9-index -c brunel.yaml --defer |\n"
    "    hal9-step -c brunel.yaml -t 200ms > spikes.h9\n"
    "  hal9-plot raster --term spikes.h9\n"
    "  hal9-plot rates -o rates.png spikes.h9\n\n"
    "  raster       a dot a spike, and the rates below\n"
    "  rates        of populations over time, and their distribution\n"
    "  isi          inter-spike intervals and their CV\n"
    "  correlation  of counts: pairs of neurons, populations at lags\n"
    "  trace        recorded state over time\n"
    "  network      positions, connections of a few neurons, degrees\n"
    "  degrees      in- and out-degrees of each population\n"
    "  distances    of connections, and their delays\n"
    "  frames       activity over space, frame by frame\n"
    "  heatmap      a value over one or two parameters of a sweep\v"
    "Without FILE, standard input is read. The picture's name ends in .png, .svg or .pdf (frames: or .gif); '-' "
    "writes to standard output, in --format. Times without a unit are in ms.";
#define KINDS "raster, rates, isi, correlation, trace, network, degrees, distances, frames or heatmap"

enum {
  OPT_FORMAT = 0x2000,
  OPT_TERM,
  OPT_SIZE,
  OPT_TITLE,
  OPT_SCRIPT,
  OPT_POPULATION,
 
  OPT_BIN,
  OPT_NEURONS,
  OPT_DENSITY,
  OPT_PROJECTION,
  OPT_FRAMES,
  OPT_NETWORK,
  OPT_X,
  OPT_Y,
  OPT_VALUE
};

static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "The picture:", 1},
    {"format", OPT_FORMAT, "png|svg|pdf|gif", 0, "Format of the picture (default: by its name)", 1},
    {"term", OPT_TERM, "WxH", OPTION_ARG_OPTIONAL,
     "Draw with letters, to the terminal (default size: its own, or 80x23)", 1},
    {"size", OPT_SIZE, "WxH", 0, "Size in pixels; pdf: hundredths of an inch (default: 1200x700)", 1},
    {"title", OPT_TITLE, "TEXT", 0, "Title of the picture", 1},
    {"script", OPT_SCRIPT, "FILE", 0, "Keep the gnuplot script, with its data, in FILE", 1},
    {0, 0, 0, 0, "What is drawn:", 2},
    {"population", OPT_POPULATION, "NAME[,NAME...]", 0, "Draw these populations only", 2},
    {"time", 't', "FROM..TO", 0,
     "Draw this time (raster, trace: the first second by default; frames: the first 100 ms)", 2},
    {"bin", OPT_BIN, "TIME", 0,
     "Width of bins: of rates (default: 5 ms), intervals, counts that are correlated (default: 2 ms), frames", 2},
    {"density", OPT_DENSITY, 0, 0, "raster: rates by colour, of all neurons, however few the spikes", 2},
    {"neurons", OPT_NEURONS, "N", 0,
     "raster, network: draw at most about N neurons, chosen by --seed (default: 2,000; 8,000); correlation: of each "
     "population "
     "(default: 250); trace: the first N (default: 10)",
     2},
    {"projection", OPT_PROJECTION, "xy|xz|yz|3d", 0, "network: the plane that is seen, or space", 2},
    {"frames", OPT_FRAMES, "N", 0, "frames: how many (default: 10)", 2},
    {"network", OPT_NETWORK, "FILE", 0,
     "frames: take positions from this stream, where the one drawn has none", 2},
    {0, 0, 0, 0, "A table of runs:", 3},
    {"x", OPT_X, "COLUMN", 0, "heatmap: parameter along the x axis", 3},
    {"y", OPT_Y, "COLUMN", 0, "heatmap: parameter along the y axis; without it, a line over x", 3},
    {"value", OPT_VALUE, "COLUMN", 0, "heatmap: what is shown, the mean of runs with the same parameters", 3},
    {0, 0, 0, 0, 0, 0},
};

typedef int (*maker)(const h9_plot *, int, const char *, FILE *, h9_error *);
static const struct kind {
  const char *name;
  maker make;
  bool table; /* it reads a table, not a stream */
} kinds[] = {{"raster", h9_plot_raster, false},
             {"rates", h9_plot_rates, false},
             {"trace", h9_plot_trace, false},
             {"network", h9_plot_network, false},
             {"frames", h9_plot_frames, false},
             {"isi", h9_plot_isi, false},
             {"correlation", h9_plot_correlation, false},
             {"degrees", h9_plot_degrees, false},
             {"distances", h9_plot_distances, false},
             {"heatmap", h9_plot_heatmap, true}};

typedef struct settings {
  h9_options o;
  h9_plot plot;
  const struct kind *kind;
  int format; /* -1: by name */
  const char *script;
  char *population;
  bool sized; /* by --size */
  bool term;
  h9_terminal terminal; /* columns 0: its own size */
} settings;

static int parse_time(settings *s, const char *arg, h9_error *e) {
  int rc = h9_option_range("--time", arg, &h9_unit_ms, &s->plot.from, &s->plot.to, e);
  if (rc == H9_OK && !isnan(s->plot.from) && !isnan(s->plot.to) && !(s->plot.from < s->plot.to))
    return h9_fail(e, H9_EUSAGE, "--time: found '%s', expected a time FROM before TO", arg);
  return rc;
}

static int format_of(const char *text) {
  static const char *const names[] = {"png", "svg", "pdf", "gif"};
  for (int i = 0; i < 4; i++)
    if (strcasecmp(text, names[i]) == 0) return i;
  return -1;
}

static error_t parse_option(int key, char *arg, struct argp_state *state) {
  settings *s = state->input;
  h9_error e = {0};
  uint64_t n;
  int used = 0;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &s->o;
    break;
  case OPT_FORMAT:
    if ((s->format = format_of(arg)) < 0)
      argp_error(state, "--format: found '%s', expected png, svg, pdf or gif", arg);
    break;
  case OPT_SIZE:
    s->sized = true;
    if (sscanf(arg, "%dx%d%n", &s->plot.width, &s->plot.height, &used) != 2 || arg[used] ||
        s->plot.width < 100 || s->plot.height < 100 || s->plot.width > 20000 || s->plot.height > 20000)
      argp_error(state, "--size: found '%s', expected WIDTHxHEIGHT from 100x100 to 20000x20000", arg);
    break;
  case OPT_TERM:
    s->term = true;
    if (arg && (sscanf(arg, "%dx%d%n", &s->terminal.columns, &s->terminal.lines, &used) != 2 || arg[used] ||
                s->terminal.columns < 40 || s->terminal.lines < 12 || s->terminal.columns > 500 ||
                s->terminal.lines > 200))
      argp_error(state, "--term: found '%s', expected COLUMNSxLINES from 40x12 to 500x200", arg);
    break;
  case OPT_TITLE:
    s->plot.title = arg;
    break;
  case OPT_SCRIPT:
    s->script = arg;
    break;
  case OPT_POPULATION:
    s->population = arg;
    break;
  case 't':
    h9_option_try(state, parse_time(s, arg, &e), &e);
    break;
  case OPT_BIN:
    h9_option_try(state, h9_option_time("--bin", arg, false, &s->plot.bin, &e), &e);
    break;
  case OPT_NEURONS:
    h9_option_try(state, h9_option_whole("--neurons", arg, 1, 10000000, &n, &e), &e);
    s->plot.neurons = (uint32_t)n;
    break;
  case OPT_DENSITY:
    s->plot.density = true;
    break;
  case OPT_FRAMES:
    h9_option_try(state, h9_option_whole("--frames", arg, 1, 400, &n, &e), &e);
    s->plot.frames = (uint32_t)n;
    break;
  case OPT_NETWORK:
    s->plot.network = arg;
    break;
  case OPT_PROJECTION:
    for (size_t i = 0; i < 4; i++) {
      static const char *const names[] = {"xy", "xz", "yz", "3d"};
      if (strcasecmp(arg, names[i]) == 0) {
        s->plot.projection = (enum h9_plot_projection)i;
        return 0;
      }
    }
    argp_error(state, "--projection: found '%s', expected xy, xz, yz or 3d", arg);
    break;
  case OPT_X:
    s->plot.x = arg;
    break;
  case OPT_Y:
    s->plot.y = arg;
    break;
  case OPT_VALUE:
    s->plot.value = arg;
    break;
  case ARGP_KEY_ARG:
    if (!s->kind) {
      for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, arg) == 0) s->kind = &kinds[i];
      if (!s->kind) {
        const char *names[sizeof kinds / sizeof kinds[0]];
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) names[i] = kinds[i].name;
        const char *near = h9_nearest_name(arg, names, sizeof kinds / sizeof kinds[0]);
        if (near) argp_error(state, "found '%s', expected a kind of picture; did you mean '%s'?", arg, near);
        argp_error(state, "found '%s', expected " KINDS " first, as in '%s raster -o raster.png spikes.h9'", arg, program);
      }
      break;
    }
    if (s->o.n_operand) argp_error(state, "found a second file, '%s', expected at most one", arg);
    return h9_options_operand(&s->o, arg) == H9_OK ? 0 : ENOMEM;
  case ARGP_KEY_END:
    if (!s->kind) {
      argp_error(state, "what to draw? expected " KINDS);
      break;
    }
    if (s->plot.projection == H9_PLOT_SPACE && s->kind->make == h9_plot_frames)
      argp_error(state, "frames: found --projection 3d, expected xy, xz or yz");
    if (s->kind->table && (!s->plot.x || !s->plot.value))
      argp_error(state, "%s: which columns? expected --x COLUMN --y COLUMN --value COLUMN", s->kind->name);
    if (!s->kind->table && (s->plot.x || s->plot.y || s->plot.value))
      argp_error(state, "%s: --x, --y and --value are columns of a table, expected with heatmap",
                 s->kind->name);
    if (s->term) {
      if (s->format >= 0 || s->sized)
        argp_error(
            state,
            "--term draws with letters: it goes with neither --format nor --size, but takes =COLUMNSxLINES");
      s->format = H9_PLOT_TERMINAL;
    }
    if (!s->o.output && !s->term) {
      argp_error(state, "where to? expected -o PICTURE.png, .svg or .pdf, or --term");
      break;
    }
    if (s->format < 0) {
      const char *dot = strrchr(s->o.output, '.');
      if (!dot || (s->format = format_of(dot + 1)) < 0)
        argp_error(state, "-o: found '%s', expected a name that ends in .png, .svg or .pdf, or --format",
                   s->o.output);
    }
    if (s->format == H9_PLOT_GIF && s->kind->make != h9_plot_frames)
      argp_error(state, "%s: a GIF is an animation, expected with frames", s->kind->name);
    break;
  default:
    return ARGP_ERR_UNKNOWN;
  }
  return 0;
}

static const struct argp_child children[] = {{&h9_options_argp, 0, 0, 10}, {0, 0, 0, 0}};
static const struct argp parser = {
    option_table,
    parse_option,
    "raster|rates|isi|correlation|trace|network|degrees|distances|frames|heatmap -o PICTURE [FILE]",
    doc,
    children,
    0,
    0};

static int copy_out(const char *from, int fd, h9_error *e) {
  char chunk[65536];
  FILE *f = fopen(from, "rb");
  if (!f) return h9_fail(e, H9_EINTERNAL, "gnuplot made no picture");
  int rc = H9_OK;
  for (size_t n; rc == H9_OK && (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
    rc = h9_write_full(fd, chunk, n, e);
  fclose(f);
  return rc;
}

/* What lies in the directory of its own, for a signal that ends the program. */
static char dir[2048], script[2100], picture[2100];

static void tidy(void) {
  unlink(script);
  unlink(picture);
  rmdir(dir);
}

static void die(int sig) {
  tidy();
  signal(sig, SIG_DFL);
  raise(sig);
}

static int letters_out(const settings *s, int fd, h9_error *e) {
  h9_buf text = {0};
  int rc = h9_terminal_draw(&s->terminal, picture, &text, e);
  if (rc == H9_OK) rc = h9_write_full(fd, text.data, text.len, e);
  h9_buf_release(&text);
  return rc;
}

/* Script and picture are made in a directory of their own; the picture is copied to its place when it is
 * whole. */
static int draw(settings *s, h9_error *e) {
  const char *shown = s->o.n_operand ? s->o.operand[0] : NULL;
  int fd = -1;
  static const char *const named[] = {"plot.png", "plot.svg", "plot.pdf", "plot.gif", "plot.svg"};
  bool to_stdout = !s->o.output || strcmp(s->o.output, "-") == 0;
  s->plot.output = to_stdout || s->term ? named[s->format] : s->o.output;
  int rc = s->kind->table ? H9_OK : h9_input_open(shown, &fd, &shown, e);
  if (rc) return rc;
  h9_stage_enter(H9_STAGE_ANALYSE);
  FILE *f = fopen(script, "w");
  if (!f) rc = h9_fail_sys(e, H9_EIO, errno, "%s", script);
  else {
    rc = s->kind->make(&s->plot, fd, shown, f, e);
    if (fclose(f) && rc == H9_OK) rc = h9_fail_sys(e, H9_EIO, errno, "%s", script);
  }
  if (fd >= 0 && fd != STDIN_FILENO) close(fd);
  h9_output out;
  if (rc == H9_OK && s->script) {
    rc = h9_output_open(&out, s->script, true, e);
    if (rc == H9_OK && (rc = copy_out(script, out.fd, e))) h9_output_abandon(&out);
    else if (rc == H9_OK) rc = h9_output_commit(&out, e);
  }
  h9_stage_enter(H9_STAGE_DRAW);
  if (rc == H9_OK) rc = h9_gnuplot_run(script, picture, e);
  if (rc == H9_OK) {
    rc = h9_output_open(&out, to_stdout ? NULL : s->o.output, s->o.force || s->term, e);
    if (rc == H9_OK && (rc = s->term ? letters_out(s, out.fd, e) : copy_out(picture, out.fd, e)))
      h9_output_abandon(&out);
    else if (rc == H9_OK) rc = h9_output_commit(&out, e);
  }
  return rc;
}

int main(int argc, char **argv) {
  settings s = {
      .format = -1,
      .plot = {.projection = H9_PLOT_OWN, .width = 1200, .height = 700, .from = NAN, .to = NAN, .bin = NAN}};
  h9_error e = {0};
  h9_options_init(&s.o);
  argp_parse(&parser, argc, argv, 0, 0, &s);
  s.plot.format = (enum h9_plot_format)s.format;
  if (s.term) {
    h9_terminal own;
    h9_terminal_look(&own, s.o.output && strcmp(s.o.output, "-") != 0 ? -1 : STDOUT_FILENO);
    if (s.terminal.columns) own.columns = s.terminal.columns, own.lines = s.terminal.lines;
    s.terminal = own;
    s.plot.width = own.columns * H9_TERMINAL_CELL_X;
    s.plot.height = own.lines * H9_TERMINAL_CELL_Y;
  }
  s.plot.threads = s.o.threads;
  s.plot.seed = s.o.seed_given ? s.o.seed : 1;
  const char **only = NULL;
  if (s.population) s.plot.only = only = h9_option_names(s.population);
  const char *tmp = getenv("TMPDIR");
  snprintf(dir, sizeof dir, "%s/hal9-plot.XXXXXX", tmp && *tmp ? tmp : "/tmp");
  int rc = h9_telemetry_begin(&s.o, program, &e);
  if (rc == H9_OK) rc = h9_config_check(&s.o, &e);
  if (rc == H9_OK && !mkdtemp(dir)) rc = h9_fail_sys(&e, H9_EIO, errno, "%s", dir);
  else if (rc == H9_OK) {
    snprintf(script, sizeof script, "%s/plot.gp", dir);
    snprintf(picture, sizeof picture, "%s/picture", dir);
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
      if (signal(ends[i], die) == SIG_IGN) signal(ends[i], SIG_IGN);
    signal(SIGPIPE, SIG_IGN); /* the write fails instead, and h9_report dies by the signal after tidying */
    rc = draw(&s, &e);
    tidy();
  }
  rc = h9_telemetry_end(rc, &e);
  if (rc != H9_OK) h9_fail_output(&s.o, &e);
  else h9_tell_cost(&s.o, program, stderr);
  free(only);
  h9_options_release(&s.o);
  return rc ? h9_report(stderr, program, &e) : 0;
}

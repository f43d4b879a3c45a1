/* Options that all programs share: one argp child, one meaning. Also what every command does around
 * them: opening inputs and outputs, progress, provenance of the effective options. */
#ifndef H9_WHOLE_OPTIONS_H
#define H9_WHOLE_OPTIONS_H

#include "../base/io.h"
#include "../base/json.h"
#include "../format/network.h"
#include <argp.h>
#include <stdio.h>

enum h9_progress_mode { H9_PROGRESS_AUTO, H9_PROGRESS_ALWAYS, H9_PROGRESS_NEVER };

typedef struct h9_options {
  const char *config;  /* -c, --config FILE; NULL: none */
  const char **set;    /* --set NAME=VALUE, in order given */
  size_t n_set;
  bool seed_given;
  uint64_t seed;       /* --seed N, decimal or 0x */
  bool threads_given;  /* by flag or HAL9_THREADS */
  int threads;         /* -@, --threads N: flag, else HAL9_THREADS, else processors; >= 1 */
  const char *output;  /* -o, --output FILE; NULL: standard output */
  bool force;          /* -f: binary to a terminal */
  bool quiet;          /* -q */
  int verbose;         /* -v, repeatable */
  enum h9_progress_mode progress; /* --progress auto|always|never */
  int level;           /* --level N: zstd level, 0 = default */
  const char *model;   /* --model: the name of the last model given; NULL: none */
  bool model_names;    /* set by a program whose --model takes the name of a known model, too */
  const char **model_file; /* the shared objects loaded, in order */
  size_t n_model_files;
  const char *metrics; /* --metrics FILE; NULL: none */
  double metrics_interval_s;
  const char *label;   /* --label TEXT: kept in the provenance */
  uint64_t begun_ns;   /* when h9_options_init was called */
  char **operand;      /* file operands, where the program takes any */
  size_t n_operand;
} h9_options;

/* Put into a program's `children`; its parser gets the h9_options as input via state->child_inputs[i]. */
extern const struct argp h9_options_argp;
void h9_options_init(h9_options *o);
void h9_options_release(h9_options *o);
/* For the program's ARGP_KEY_ARG: collects an operand. H9_OK or H9_ESYSTEM. */
int h9_options_operand(h9_options *o, char *arg) H9_UNUSED_RESULT;

/* Also what --version prints (argp_program_version is set here for every program). */
extern const char h9_version[];

/* Whole-number, positive-number and length parsers for options: "30um" or "30 um", a bare number in the
 * option's own unit. H9_EUSAGE with "--radius: found 'x', expected a length such as 30um". */
int h9_option_quantity(const char *option, const char *text, const h9_unit *unit, double *value, h9_error *e) H9_UNUSED_RESULT;
int h9_option_whole(const char *option, const char *text, uint64_t low, uint64_t high, uint64_t *value, h9_error *e) H9_UNUSED_RESULT;
int h9_option_u64(const char *text, uint64_t *v) H9_UNUSED_RESULT; /* decimal, 0x or 1e6; H9_EUSAGE without a message */
/* In ms, above 0 or, with `zero`, of at least 0. */
int h9_option_time(const char *option, const char *text, bool zero, double *ms, h9_error *e) H9_UNUSED_RESULT;
/* In a parser: leaves with the message where rc is an error. */
void h9_option_try(struct argp_state *state, int rc, const h9_error *e);
/* "exc,inh": pointers into the text, which is cut, closed by NULL; to be freed. NULL: no memory. */
const char **h9_option_names(char *text);
/* 1 to `most` quantities with commas between; *n says how many. */
int h9_option_quantities(const char *option, const char *text, const h9_unit *unit, int most, double *v, int *n,
                         h9_error *e) H9_UNUSED_RESULT;
/* "FROM..TO", "FROM..", "..TO": what is left out is left as it is. */
int h9_option_range(const char *option, const char *text, const h9_unit *unit, double *from, double *to,
                    h9_error *e) H9_UNUSED_RESULT;

/* Progress on a terminal: "hal9-gen: 32000 of 100000 neurons  32 %  16000 neurons/s  4 s left"; `extra` stands for the rate,
 * at the end. Drawn at most ten
 * times a second, from two seconds on (or at once with H9_PROGRESS_ALWAYS), cleared at the end. */
typedef struct h9_progress {
  FILE *out;
  const char *program;
  bool on, drawn;
  enum h9_progress_mode mode;
  uint64_t begun_ns, last_ns;
} h9_progress;
void h9_progress_begin(h9_progress *p, const h9_options *o, const char *program, FILE *out);
/* done of total (total 0: unknown) in `unit` ("ms", "neurons", "connections"); `extra` may be NULL. */
void h9_progress_show(h9_progress *p, double done, double total, const char *unit, const char *extra);
void h9_progress_end(h9_progress *p);

/* Provenance entry of this run: `shaping` lists the options that shape the result, canonical. */
int h9_provenance_make(h9_provenance *p, const char *program, const char *shaping, const h9_options *o,
                       uint64_t seed, const h9_hash *parents, uint32_t n_parents, h9_error *e) H9_UNUSED_RESULT;

/* Gathers the shaping options as one line: -c and --set, then the program's own ("NAME VALUE", or NAME
 * alone), then --seed and a closing zero. */
void h9_shaping_begin(h9_buf *b, const h9_options *o);
void h9_shaping_put(h9_buf *b, const char *name, const char *value);
void h9_shaping_end(h9_buf *b, const h9_options *o);

/* Says where, of a write that failed; e->code. */
int h9_fail_output(const h9_options *o, h9_error *e);
/* The same of gathered options, which are released. */
int h9_provenance_own(h9_provenance *p, const char *program, h9_buf *shaping, const h9_options *o, uint64_t seed,
                      const h9_hash *parents, uint32_t n_parents, h9_error *e) H9_UNUSED_RESULT;
/* A program's own stream, by -o, -f and --level: opened; signed with the provenance, which comes last; closed. Where rc
 * is an error already it is given up, and rc returned. */
int h9_stream_open(h9_output *out, h9_writer **w, const h9_options *o, int threads, h9_error *e) H9_UNUSED_RESULT;
int h9_stream_sign(h9_writer *w, const char *program, h9_buf *shaping, const h9_options *o, uint64_t seed,
                   const h9_hash *parents, uint32_t n_parents, h9_error *e) H9_UNUSED_RESULT;
int h9_stream_close(h9_output *out, h9_writer *w, int rc, h9_error *e) H9_UNUSED_RESULT;
/* Before anything is computed: H9_EUSAGE where binary data would go to a terminal. */
int h9_stream_refuse_terminal(const h9_options *o, h9_error *e) H9_UNUSED_RESULT;

/* With -v: how long the program took, and its memory. */
void h9_tell_cost(const h9_options *o, const char *program, FILE *err);

/* Writes what was gathered and releases it. */
int h9_json_print(h9_json *j, FILE *out, h9_error *e) H9_UNUSED_RESULT;

/* Prints "program: text" (each line) to `err` and returns the exit code; dies quietly
 * (restores SIGPIPE's default and raises it) when the output was a closed pipe. */
int h9_report(FILE *err, const char *program, const h9_error *e);

#endif

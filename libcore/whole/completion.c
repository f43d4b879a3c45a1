#include "completion.h"

#include "option_list.h"

#include "../base/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef h9_known_option choice;

typedef struct options {
  h9_option_list all;
  bool files;        /* operands are files */
  const char *words; /* the first operand is one of these, a|b|c; n_words long, 0: of none */
  size_t n_words;
} options;

/* The values that an argument's name of n characters lists: "low|normal|high" is such a name, "N|P%" and
 * "FILE|-" are not. */
static bool lists_values(const char *arg, size_t n) {
  bool bar = false;
  for (const char *p = arg; p && p < arg + n; p++) {
    if (*p != '|' && *p != '-' && !islower((unsigned char)*p) && !isdigit((unsigned char)*p)) return false;
    bar |= *p == '|';
  }
  return bar;
}
static bool has_values(const choice *o) { return o->arg && lists_values(o->arg, strlen(o->arg)); }
static bool is_file(const char *arg) { return arg && strstr(arg, "FILE"); }

/* What the operands are, of the parser or its children. */
static void find_operands(options *all, const struct argp *a) {
  size_t word = a->args_doc ? strcspn(a->args_doc, " ") : 0;
  all->files |= is_file(a->args_doc);
  if (word && lists_values(a->args_doc, word)) {
    all->words = a->args_doc;
    all->n_words = word;
  }
  for (const struct argp_child *c = a->children; c && c->argp; c++) find_operands(all, c->argp);
}

static void put(h9_buf *b, const char *text) { h9_buf_put(b, text, strlen(text)); }

static void put_values(h9_buf *b, const char *arg, size_t n) {
  for (const char *p = arg; p < arg + n; p++) h9_buf_put8(b, *p == '|' ? ' ' : (uint8_t)*p);
}

/* ---- bash ---- */

/* "_hal9_view" */
static void put_function(h9_buf *b, const char *program) {
  h9_buf_put8(b, '_');
  for (const char *p = program; *p; p++) h9_buf_put8(b, *p == '-' ? '_' : (uint8_t)*p);
}

static void put_case(h9_buf *b, const choice *o) {
  put(b, "    ");
  if (o->name) {
    put(b, "--");
    put(b, o->name);
  }
  if (o->letter) {
    put(b, o->name ? "|-" : "-");
    h9_buf_put8(b, (uint8_t)o->letter);
  }
  put(b, ") ");
  if (o->optional) put(b, "$given && "); /* its value stands behind an equals sign, or is none */
  if (has_values(o)) {
    put(b, "{ mapfile -t COMPREPLY < <(compgen -W '");
    put_values(b, o->arg, strlen(o->arg));
    put(b, "' -- \"$cur\"); return; } ;;\n");
  } else if (is_file(o->arg))
    put(b, "{ compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return; } "
           ";;\n");
  else put(b, "return ;;\n");
}

static void put_bash(h9_buf *b, const char *program, const options *all) {
  put(b, "# bash completion for ");
  put(b, program);
  put(b, ", made by its option --completion=bash\n");
  put_function(b, program);
  put(b,
      "() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev= given=false i\n"
      "  ((COMP_CWORD > 0)) && prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
      "  COMPREPLY=()\n"
      "  # bash splits --option=value at the equals sign\n"
      "  if [[ $cur == '=' ]]; then given=true cur=\n"
      "  elif [[ $prev == '=' ]] && ((COMP_CWORD > 1)); then given=true prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
      "  elif [[ $cur == --*=* ]]; then given=true prev=${cur%%=*} cur=${cur#*=}\n"
      "  fi\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do # behind -- there are operands only\n"
      "    if [[ ${COMP_WORDS[i]} == -- ]]; then prev= given=false; break; fi\n"
      "  done\n"
      "  case $prev in\n");
  for (size_t i = 0; i < all->all.n; i++)
    if (all->all.one[i].arg) put_case(b, &all->all.one[i]);
  put(b, "  esac\n"
         "  $given && return\n"
         "  if [[ $cur == -* ]] && ((i >= COMP_CWORD)); then\n"
         "    mapfile -t COMPREPLY < <(compgen -W '");
  for (size_t i = 0; i < all->all.n; i++) {
    const choice *o = &all->all.one[i];
    if (o->name) {
      put(b, i ? " --" : "--");
      put(b, o->name);
    }
    if (!o->letter || o->letter == '?') continue; /* a pattern to the shell, and --help says the same */
    put(b, i || o->name ? " -" : "-");
    h9_buf_put8(b, (uint8_t)o->letter);
  }
  put(b, "' -- \"$cur\")\n");
  if (all->files)
    put(b, "  else\n"
           "    compopt -o filenames 2>/dev/null\n"
           "    mapfile -t COMPREPLY < <(");
  if (all->files && all->n_words) {
    put(b, "compgen -W '");
    put_values(b, all->words, all->n_words);
    put(b, "' -- \"$cur\"; ");
  }
  if (all->files) put(b, "compgen -f -- \"$cur\")\n");
  put(b, "  fi\n}\ncomplete -F ");
  put_function(b, program);
  h9_buf_put8(b, ' ');
  put(b, program);
  h9_buf_put8(b, '\n');
}

/* ---- zsh ---- */

/* Within single quotes, where brackets and colons end a part of a specification. */
static void put_quoted(h9_buf *b, const char *text) {
  for (const char *p = text; *p; p++) {
    if (*p == '\'') put(b, "'\\'");
    else if (strchr("[]:\\", *p)) h9_buf_put8(b, '\\');
    h9_buf_put8(b, *p == '\n' ? ' ' : (uint8_t)*p);
  }
}

/* '*'{-o+,--output=}'[Write to FILE]:FILE:_files' */
static void put_specification(h9_buf *b, const choice *o) {
  put(b, " \\\n    '*'");
  bool both = o->name && o->letter && o->letter != '?';
  if (both) h9_buf_put8(b, '{');
  if (o->letter && o->letter != '?') {
    h9_buf_put8(b, '-');
    h9_buf_put8(b, (uint8_t)o->letter);
    if (o->arg) put(b, o->optional ? "-" : "+");
  }
  if (both) h9_buf_put8(b, ',');
  if (o->name) {
    put(b, "--");
    put(b, o->name);
    if (o->arg) put(b, o->optional ? "=-" : "=");
  }
  if (both) h9_buf_put8(b, '}');
  put(b, "'[");
  put_quoted(b, o->doc);
  h9_buf_put8(b, ']');
  if (o->arg) {
    put(b, o->optional ? "::" : ":");
    put_quoted(b, has_values(o) ? "value" : o->arg);
    h9_buf_put8(b, ':');
    if (has_values(o)) {
      h9_buf_put8(b, '(');
      put_values(b, o->arg, strlen(o->arg));
      h9_buf_put8(b, ')');
    } else put(b, is_file(o->arg) ? "_files" : " ");
  }
  h9_buf_put8(b, '\'');
}

static void put_zsh(h9_buf *b, const char *program, const options *all) {
  put(b, "#compdef ");
  put(b, program);
  put(b, "\n# zsh completion for ");
  put(b, program);
  put(b, ", made by its option --completion=zsh\n_arguments -s -S");
  for (size_t i = 0; i < all->all.n; i++) put_specification(b, &all->all.one[i]);
  if (all->n_words) {
    put(b, " \\\n    '1:what:(");
    put_values(b, all->words, all->n_words);
    put(b, ")'");
  }
  if (all->files) put(b, " \\\n    '*:FILE:_files'");
  h9_buf_put8(b, '\n');
}

int h9_completion_put(h9_buf *b, const char *shell, const char *program, const struct argp *root) {
  options all = {0};
  bool bash = strcmp(shell, "bash") == 0;
  if (!bash && strcmp(shell, "zsh") != 0) return H9_EUSAGE;
  find_operands(&all, root);
  int rc = h9_option_list_gather(&all.all, root);
  size_t n = 0;
  for (size_t i = 0; i < all.all.n; i++)
    if (!all.all.one[i].hidden) all.all.one[n++] = all.all.one[i];
  all.all.n = n;
  if (bash) put_bash(b, program, &all);
  else put_zsh(b, program, &all);
  free(all.all.one);
  return b->failed ? H9_ESYSTEM : rc;
}

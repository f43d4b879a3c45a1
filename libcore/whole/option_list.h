/* All options that a program knows, its own and those of its children, gathered from its argp tables. */
#ifndef H9_WHOLE_OPTION_LIST_H
#define H9_WHOLE_OPTION_LIST_H

#include "../base/status.h"
#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct h9_known_option {
  const char *name; /* NULL: none */
  char letter;      /* 0: none */
  const char *arg;  /* NULL: takes none */
  bool optional, hidden;
  const char *doc;
} h9_known_option;

typedef struct h9_option_list {
  h9_known_option *one;
  size_t n, cap;
} h9_option_list;

/* Appends the options of a parser and its children; a program's own come first and hide a child's of the same
 * name. The texts are the tables'. H9_OK or H9_ESYSTEM; free `one`. */
int h9_option_list_gather(h9_option_list *all, const struct argp *a) H9_UNUSED_RESULT;

#endif

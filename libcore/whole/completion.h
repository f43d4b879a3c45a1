/* Completion of a program's options in interactive shells, made from its argp tables. */
#ifndef H9_WHOLE_COMPLETION_H
#define H9_WHOLE_COMPLETION_H

#include "../base/bytes.h"
#include <argp.h>

/* Appends the script for `shell` ("bash", "zsh") of the program with this parser, its children included. What
 * an option takes follows from its argument's name: "low|normal|high" are the values, FILE is a file,
 * anything else is left to the user. H9_OK, H9_EUSAGE for another shell, H9_ESYSTEM. */
int h9_completion_put(h9_buf *b, const char *shell, const char *program,
                      const struct argp *root) H9_UNUSED_RESULT;

#endif

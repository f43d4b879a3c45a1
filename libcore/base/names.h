/* Names that the user gave and that are not there: the nearest one that is. */
#ifndef H9_BASE_NAMES_H
#define H9_BASE_NAMES_H

#include "status.h"
#include <stddef.h>

/* Nearest of `names` to `word` by edit distance, or NULL when none is near. */
const char *h9_nearest_name(const char *word, const char *const *names, size_t n);
/* Puts behind the text of an error about `word` the nearest name, "; did you mean 'x'?", or where none is near and
 * `list` is true, the names: ", expected one of a, b". Returns e->code. */
int h9_fail_near(h9_error *e, const char *word, const char *const *names, size_t n, bool list);
/* A file that cannot be opened: H9_ENOINPUT with the reason, and where it is not there, which folder is not, or which
 * file has nearly its name. */
int h9_fail_open(h9_error *e, const char *path, int err);

#endif

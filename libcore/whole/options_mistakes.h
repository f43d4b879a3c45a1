/* Mistakes on a command line that are told better before argp finds them: a misspelt option, one of another program,
 * a unit that stands apart from its number. */
#ifndef H9_WHOLE_OPTIONS_MISTAKES_H
#define H9_WHOLE_OPTIONS_MISTAKES_H

#include "../base/status.h"
#include <argp.h>

/* Looks at all arguments, with the options of all tables; leaves through argp_error where it finds a mistake. H9_OK or
 * H9_ESYSTEM. */
int h9_options_mistakes(struct argp_state *state) H9_UNUSED_RESULT;

#endif

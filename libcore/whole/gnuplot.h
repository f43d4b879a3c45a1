/* Runs gnuplot on a script, as a subprocess. */
#ifndef H9_WHOLE_GNUPLOT_H
#define H9_WHOLE_GNUPLOT_H

#include "../base/status.h"

/* Waits for `gnuplot SCRIPT` with the file to draw in gnuplot's variable `picture`. H9_ESYSTEM when there is no gnuplot (saying how to get it) or it cannot be started,
 * H9_EINTERNAL with the first lines of its complaints when it fails. */
int h9_gnuplot_run(const char *script, const char *picture, h9_error *e) H9_UNUSED_RESULT;

#endif

/* Pictures for a terminal: gnuplot's SVG drawn with letters, braille dots and coloured blocks. */
#ifndef H9_WHOLE_PLOT_TERMINAL_H
#define H9_WHOLE_PLOT_TERMINAL_H

#include "../base/bytes.h"
#include "../base/status.h"

enum { H9_TERMINAL_CELL_X = 10, H9_TERMINAL_CELL_Y = 20 }; /* units of the SVG that a letter covers */

typedef struct h9_terminal {
  int columns, lines;
  bool colour;  /* escape sequences for 256 colours, */
  bool exact;   /* or for all 24 bits of them */
  bool unicode; /* braille and blocks, in UTF-8 */
} h9_terminal;

/* What descriptor `fd` can show: its size, or COLUMNS and LINES of the environment, or 80 x 24, less a line
 * for the prompt; colours on a terminal unless NO_COLOR is set or TERM is "dumb"; braille in a UTF-8 locale.
 */
void h9_terminal_look(h9_terminal *t, int fd);

/* Appends the lines of the SVG in the file `path`, whose size is `columns` and `lines` times that of a cell.
 */
int h9_terminal_draw(const h9_terminal *t, const char *path, h9_buf *out, h9_error *e) H9_UNUSED_RESULT;

#endif

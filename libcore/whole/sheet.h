/* Text tables with a line of column names, read in rounds whose parts several threads take.
 *
 * Cells stand between tabs or commas and may be quoted ("a ""b"" c"), not over line ends. Lines that are empty or begin with
 * '#' are passed over. Memory is that of a round, whatever the table's length. */
#ifndef H9_WHOLE_SHEET_H
#define H9_WHOLE_SHEET_H

#include "../format/network.h"

enum { H9_SHEET_COLUMNS_MAX = 128, H9_SHEET_PARTS_MAX = 64 };

typedef struct h9_cell { const char *text; size_t len; } h9_cell; /* a zero follows */

typedef struct h9_sheet_part {
  const struct h9_sheet *sheet;
  char *at, *end;
  uint64_t line;  /* number of the line at `at`, from 1 */
  uint64_t lines; /* in the part */
  uint64_t row_line; /* number of the line that the last row stood in */
} h9_sheet_part;

/* What is no text table, but reads as one. */
typedef struct h9_sheet_source {
  void *ctx;
  const char *name; /* of the file, for messages */
  /* Fills room bytes, or fewer at the end only. Lines of the text are those of the file, or rows of it. */
  int (*read)(void *ctx, char *to, size_t room, size_t *got, h9_error *e);
  uint64_t first_line; /* number of the line of names: 0 where it is none of the file's */
} h9_sheet_source;

typedef struct h9_sheet {
  const char *name; /* of the file, for messages */
  char separator;
  uint32_t n_columns;
  char *column[H9_SHEET_COLUMNS_MAX];
  uint64_t header_line;
  h9_sheet_part part[H9_SHEET_PARTS_MAX]; /* of the round */
  uint32_t n_parts;
  /* reading */
  const h9_sheet_source *source; /* NULL: fd */
  int fd;
  bool own_fd, ended;
  char *window;
  size_t len, used; /* bytes in the window; of those, handed out */
  uint64_t next_line;
} h9_sheet;

/* Opens and reads the line of names. "-": standard input. H9_ENOINPUT, H9_EDATA: empty, names missing or twice. */
int h9_sheet_open(h9_sheet *s, const char *path, char separator, h9_error *e) H9_UNUSED_RESULT;
/* The same of a source, which outlives the sheet; tabs stand between. */
int h9_sheet_open_source(h9_sheet *s, const h9_sheet_source *source, h9_error *e) H9_UNUSED_RESULT;
void h9_sheet_close(h9_sheet *s);
/* The next round to s->part[0 .. n_parts); H9_EOF. */
int h9_sheet_next(h9_sheet *s, h9_error *e) H9_UNUSED_RESULT;
/* The next row of a part, one cell for each column; H9_EOF. Different parts may be taken by different threads. */
int h9_sheet_row(h9_sheet_part *p, h9_cell *cells, h9_error *e) H9_UNUSED_RESULT;
/* The first row of the round, which stays to be taken; cells lie in *memory, to be freed. H9_EOF: only comments, or a
 * row that is wrong. */
int h9_sheet_peek(const h9_sheet *s, char **memory, h9_cell *cells, h9_error *e) H9_UNUSED_RESULT;
/* "file:12: column 'x': " before the text; returns the code. */
int h9_sheet_fail_at(const h9_sheet_part *p, uint32_t column, h9_error *e);

/* A column that a reader knows. */
typedef struct h9_sheet_known {
  const char *name, *also; /* its name, and others with '|' between, or NULL */
  const char *unit;        /* that values are taken in; NULL: it has none */
} h9_sheet_known;
/* Where a known column stands: -1 where it is not. Values times `up` over `down` are in the known unit (a coherent one); `unit` is
 * what the name said behind an underscore or in brackets, for the caller to judge where known's is "". */
typedef struct h9_sheet_place { int column; double up, down; char unit[16]; } h9_sheet_place;
/* Finds known columns; other[] gets the rest. H9_EDATA: twice, or a unit that does not fit. */
int h9_sheet_match(const h9_sheet *s, const h9_sheet_known *known, size_t n_known, h9_sheet_place *place,
                   uint32_t *other, uint32_t *n_others, h9_error *e) H9_UNUSED_RESULT;
/* A number of a cell, in the known unit; nan is one. H9_EDATA with the place, for what is no number. */
int h9_sheet_number(const h9_sheet_part *p, const h9_cell *cells, const h9_sheet_place *place, double *v,
                    h9_error *e) H9_UNUSED_RESULT;
/* The same, finite. */
int h9_sheet_finite(const h9_sheet_part *p, const h9_cell *cells, const h9_sheet_place *place, double *v,
                    h9_error *e) H9_UNUSED_RESULT;
/* up and down of a unit such as "mV" in coherent ones; false where there is none of that name. */
bool h9_sheet_unit(const char *text, double *up, double *down, h9_dim *dim);

#endif

/* Lists of numbers in text that become rows of a sheet: what the formats of other programs share. */
#ifndef H9_WHOLE_CONVERT_TEXT_H
#define H9_WHOLE_CONVERT_TEXT_H

#include "convert_parts.h"

enum { H9_TEXT_COLUMNS = 64 };

/* A text line by line. */
typedef struct h9_lines {
  const char *name;
  int fd;
  bool own_fd, ended;
  char *window;
  size_t len, used;
  uint64_t line; /* number of the line that came last, from 1 */
} h9_lines;
int h9_lines_open(h9_lines *l, const char *path, h9_error *e) H9_UNUSED_RESULT;
void h9_lines_close(h9_lines *l);
/* The next line without its end, which may be changed; a zero follows. H9_EOF. */
int h9_lines_next(h9_lines *l, char **line, size_t *len, h9_error *e) H9_UNUSED_RESULT;
/* H9_EDATA with file and line. */
H9_PRINTF(3, 4) int h9_lines_fail(const h9_lines *l, h9_error *e, const char *fmt, ...);

typedef struct h9_text {
  h9_lines lines;
  /* Makes rows of a line; the names come first (h9_text_header), then for each line a row or an empty one. */
  int (*take)(struct h9_text *t, char *line, size_t len, h9_buf *out, h9_error *e);
  int (*end)(struct h9_text *t, h9_buf *out, h9_error *e); /* behind the last one; may be NULL */
  /* lists of numbers */
  int n_columns, least; /* of a row: the most, the fewest (then with the short header) */
  const char *header, *short_header, *expected;
  struct {
    bool is_id;
    int power;
  } column[H9_TEXT_COLUMNS]; /* power: numbers times ten to it */
  /* what the formats keep */
  bool begun; /* the names are out */
  int stage;
  uint64_t rows, n_rows; /* so far; that there should be */
  char names[4096];
  h9_import *m;
  void *own; /* freed with the rest */
  /* what goes out */
  h9_buf out;
  size_t given;
  bool ended;
  h9_sheet_source source;
} h9_text;
int h9_text_open(h9_text **t, const char *path, h9_error *e) H9_UNUSED_RESULT;
/* first_line: 1 where the names are in the text, 0 where they are made. */
int h9_text_sheet(h9_text *t, uint64_t first_line, h9_sheet *s, h9_error *e) H9_UNUSED_RESULT;
void h9_text_close(void *t);

/* Cells between blanks, a zero behind each; how many there are, of which at most `most` are kept. */
int h9_text_split(char *line, size_t len, h9_cell *cells, int most);
void h9_text_header(h9_text *t, const char *names, h9_buf *out); /* instead of all lines until now */
void h9_text_row(const h9_text *t, h9_buf *out, const h9_cell *cells, int n);
void h9_text_utf8(h9_buf *b, uint32_t character); /* by its number */
/* The decimal number `text`, a zero behind it, times 10^power: exactly. */
void h9_text_scaled(h9_buf *b, const char *text, size_t len, int power);
/* take and end of a list without names. */
int h9_text_numbers(h9_text *t, char *line, size_t len, h9_buf *out, h9_error *e) H9_UNUSED_RESULT;
int h9_text_numbers_end(h9_text *t, h9_buf *out, h9_error *e) H9_UNUSED_RESULT;

#endif

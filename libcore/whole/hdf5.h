/* HDF5 files: as much of the library as the formats of others need, with hal9's errors.
 *
 * Paths are absolute within the file. Numbers are converted between what the file has and the caller's types;
 * ids are read as int64_t, so that a negative one is seen. */
#ifndef H9_WHOLE_HDF5_H
#define H9_WHOLE_HDF5_H

#include "../base/status.h"

typedef struct h9_h5 {
  int64_t id;
  char *path;
} h9_h5;

enum h9_h5_type { H9_H5_U32, H9_H5_U64, H9_H5_I64, H9_H5_F32, H9_H5_F64 };

/* H9_ENOINPUT; H9_EDATA when it is no HDF5 file. */
int h9_h5_open(h9_h5 *f, const char *path, h9_error *e) H9_UNUSED_RESULT;
int h9_h5_create(h9_h5 *f, const char *path, h9_error *e) H9_UNUSED_RESULT;
/* Releases f in every case; H9_EIO when what was written is not all in the file. A file not open is let be.
 */
int h9_h5_close(h9_h5 *f, h9_error *e) H9_UNUSED_RESULT;

/* ---- writing: H9_EIO ---- */

int h9_h5_group(h9_h5 *f, const char *path, h9_error *e) H9_UNUSED_RESULT; /* with those above it */
int h9_h5_put_text(h9_h5 *f, const char *path, const char *attribute, const char *text,
                   h9_error *e) H9_UNUSED_RESULT;
/* n values; 0: one, not as a list. */
int h9_h5_put_numbers(h9_h5 *f, const char *path, const char *attribute, enum h9_h5_type type, const void *v,
                      uint32_t n, h9_error *e) H9_UNUSED_RESULT;
/* Which of n names, whose values are 0 to n - 1. */
int h9_h5_put_enum(h9_h5 *f, const char *path, const char *attribute, const char *const *names, int n,
                   int which, h9_error *e) H9_UNUSED_RESULT;
int h9_h5_link(h9_h5 *f, const char *path, const char *other, h9_error *e) H9_UNUSED_RESULT; /* a hard link */

/* A dataset that grows by rows. */
typedef struct h9_h5_column {
  h9_h5 *file;
  int64_t id;
  enum h9_h5_type type;
  uint32_t width; /* 0: a list; else of a row */
  uint64_t n, waiting;
  char *path;
  unsigned char *buffer;
} h9_h5_column;
/* Groups above it are made. */
int h9_h5_column_open(h9_h5_column *c, h9_h5 *f, const char *path, enum h9_h5_type type, uint32_t width,
                      h9_error *e) H9_UNUSED_RESULT;
/* n rows of the column's type. */
int h9_h5_column_add(h9_h5_column *c, const void *rows, uint64_t n, h9_error *e) H9_UNUSED_RESULT;
/* Writes what waits and closes it; one that is not open is let be. */
int h9_h5_column_close(h9_h5_column *c, h9_error *e) H9_UNUSED_RESULT;
/* Forgets it without. */
void h9_h5_column_drop(h9_h5_column *c);

/* ---- reading: H9_EDATA naming file and place ---- */

bool h9_h5_has(const h9_h5 *f, const char *path);
/* Names of a group's members in order; *names and each of them is the caller's. */
int h9_h5_members(const h9_h5 *f, const char *path, char ***names, size_t *n, h9_error *e) H9_UNUSED_RESULT;
void h9_h5_members_release(char **names, size_t n);
/* An attribute's text, or the name of its enumerated value; *there: it is. */
int h9_h5_get_text(const h9_h5 *f, const char *path, const char *attribute, char *text, size_t room,
                   bool *there, h9_error *e) H9_UNUSED_RESULT;
/* n numbers of an attribute. */
int h9_h5_get_numbers(const h9_h5 *f, const char *path, const char *attribute, double *v, uint32_t n,
                      bool *there, h9_error *e) H9_UNUSED_RESULT;

/* A dataset of numbers. */
typedef struct h9_h5_array {
  int64_t id;
  char *where;      /* FILE:PATH */
  uint64_t n;       /* rows */
  uint32_t width;   /* 0: a list; else of a row */
  bool whole, wide; /* of integers; of 64 bits */
} h9_h5_array;
/* H9_EDATA where it is not, or no list or table of numbers. */
int h9_h5_array_open(h9_h5_array *a, const h9_h5 *f, const char *path, h9_error *e) H9_UNUSED_RESULT;
/* Rows [from, from + n) to `to`. */
int h9_h5_array_read(const h9_h5_array *a, enum h9_h5_type type, uint64_t from, uint64_t n, void *to,
                     h9_error *e) H9_UNUSED_RESULT;
void h9_h5_array_close(h9_h5_array *a);
/* A list of exactly n numbers, read whole into memory that is the caller's. Ids must be integers. */
int h9_h5_list(const h9_h5 *f, const char *path, enum h9_h5_type type, uint64_t n, void **to,
               h9_error *e) H9_UNUSED_RESULT;

#endif

/* NumPy's arrays: what writing and reading of .npy and .npz share. The layout is that of NumPy's manual,
 * numpy.lib.format. */
#ifndef H9_WHOLE_CONVERT_NPY_H
#define H9_WHOLE_CONVERT_NPY_H

#include "convert_listing.h"

/* A field of a record, or an array of its own. */
typedef struct h9_npy_field {
  char name[H9_NAME_MAX + 20];
  char type;     /* 'i', 'u', 'f', 'b'; 'S': bytes, 'U': characters of four bytes */
  bool swapped;  /* most significant byte first */
  uint32_t size; /* bytes */
  uint64_t at;   /* in a record; in the file */
} h9_npy_field;

/* What a header says. */
typedef struct h9_npy_head {
  uint32_t n_fields; /* 0: no records, but elements of the type of field[0] */
  bool fortran;
  int dimensions;
  uint64_t shape[2];
  uint32_t record; /* bytes of a record, or of an element */
  h9_npy_field field[H9_SHEET_COLUMNS_MAX];
} h9_npy_head;

/* The field that a column of a listing becomes. */
void h9_npy_field_of(const h9_listing *c, const h9_listing_column *column, h9_npy_field *f);
/* The header of n rows, of records of all fields or, with n_fields 0, of the field alone. */
void h9_npy_head_put(const h9_npy_field *f, uint32_t n_fields, uint64_t n, h9_buf *b);
/* Parses what stands behind its length. H9_EDATA without a place. */
int h9_npy_head_parse(h9_npy_head *h, const char *text, size_t len, h9_error *e) H9_UNUSED_RESULT;
int h9_npy_read(const h9_format *f, h9_import *m, h9_error *e) H9_UNUSED_RESULT; /* as h9_format.read */

/* convert_zip.c: archives without compression. */
typedef struct h9_zip_member {
  char name[H9_NAME_MAX + 24];
  uint64_t at, size; /* of its data */
  uint32_t crc;
} h9_zip_member;
uint32_t h9_crc32(uint32_t crc, const void *p, size_t n);
/* What stands before a member's data, and behind all of them. */
void h9_zip_begin(const h9_zip_member *m, h9_buf *b);
void h9_zip_end(const h9_zip_member *m, uint32_t n, uint64_t at, h9_buf *b); /* m[].at: of its data */
/* Members of an open file, at most `most`; H9_EDATA: no archive, or compressed. */
int h9_zip_list(int fd, const char *name, h9_zip_member *m, uint32_t most, uint32_t *n,
                h9_error *e) H9_UNUSED_RESULT;

#endif

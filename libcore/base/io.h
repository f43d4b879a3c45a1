/* File descriptors: whole reads and writes through EINTR and short counts, inputs and outputs
 * opened the way a Unix filter should. */
#ifndef H9_BASE_IO_H
#define H9_BASE_IO_H

#include "status.h"

/* Reads until n bytes or end of file; *got tells how many. H9_OK or H9_EIO. */
int h9_read_full(int fd, void *p, size_t n, size_t *got, h9_error *e) H9_UNUSED_RESULT;
/* Writes all n bytes. H9_EIO with e->sys = errno (EPIPE included: SIGPIPE is left to the program). */
int h9_write_full(int fd, const void *p, size_t n, h9_error *e) H9_UNUSED_RESULT;

/* The open descriptor that an input's name stands for: "-" is 0, "fd:N" and names in /dev/fd, /proc/self/fd or links to
 * them are N; -1: none. */
int h9_input_descriptor(const char *path);
/* Opens a named input, "-" or NULL meaning standard input; names of descriptors are duplicated. The name to use in messages is
 * returned in *shown ("standard input" or the path; not owned). H9_ENOINPUT when it cannot be
 * opened, is a directory, or is a terminal (binary input). */
int h9_input_open(const char *path, int *fd, const char **shown, h9_error *e) H9_UNUSED_RESULT;

/* Whether reading may have to wait for what is yet to come: anything but a regular file. */
bool h9_input_live(int fd);

/* A file without a name in $TMPDIR or /tmp, to write and read. */
int h9_temporary_open(int *fd, h9_error *e) H9_UNUSED_RESULT;
/* Writes to `to` what is left in `from`. */
int h9_copy_full(int from, int to, h9_error *e) H9_UNUSED_RESULT;

/* Makes *fd one that can be read again from its start: what comes from a pipe is copied into a file without a name in
 * $TMPDIR or /tmp, and *fd becomes that (the old one is closed unless it is standard input). `shown` is its name. */
int h9_input_hold(int *fd, const char *shown, h9_error *e) H9_UNUSED_RESULT;

/* An output that appears under its final name only when it is complete: a named file is written
 * as PATH.partial and renamed by h9_output_commit; standard output, devices, FIFOs and names of open
 * descriptors (/dev/fd/N and links to them) are written directly. */
typedef struct h9_output {
  int fd;
  char *path, *partial; /* path: NULL for standard output; partial: NULL when written directly */
} h9_output;
/* "-" or NULL: standard output. H9_EIO when it cannot be made; H9_EUSAGE when it is a terminal and
 * not `force`. */
int h9_output_open(h9_output *o, const char *path, bool force, h9_error *e) H9_UNUSED_RESULT;
/* Syncs nothing, closes (checked) and renames. Releases `o` in every case. */
int h9_output_commit(h9_output *o, h9_error *e) H9_UNUSED_RESULT;
/* Closes and removes the partial file. */
void h9_output_abandon(h9_output *o);

#endif

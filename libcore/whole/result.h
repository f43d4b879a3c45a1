/* A run's folder: which of its stages are done, by content. The file `manifest.tsv` in it names each stage with its key, and each file
 * with the stage that left it, its hash and its length. A stage is done where its key and those of the stages before are as planned
 * and the files are as they were left. */
#ifndef H9_WHOLE_RESULT_H
#define H9_WHOLE_RESULT_H

#include "../base/bytes.h"
#include "experiment.h"

#define H9_RESULT_MANIFEST "manifest.tsv"

/* How many stages are done there, from the first one; 0 where there is no such folder. */
size_t h9_result_done(const char *folder, const h9_plan *p, const h9_run *r);
/* Leaves what the first `done` stages left, and nothing else. */
int h9_result_trim(const char *folder, const h9_plan *p, const h9_run *r, size_t done, h9_error *e) H9_UNUSED_RESULT;
/* Makes folder `to` with what the first `done` stages left in `from` (by links). */
int h9_result_adopt(const char *from, const char *to, const h9_plan *p, const h9_run *r, size_t done, h9_error *e) H9_UNUSED_RESULT;
/* Links inputs to their names there, and writes the configuration. */
int h9_result_furnish(const char *folder, const h9_plan *p, const char *config, h9_error *e) H9_UNUSED_RESULT;
/* Stage s has ended well: what it left. Empty files of its standard output and error go. */
int h9_result_keep(const char *folder, const h9_plan *p, const h9_run *r, size_t s, h9_error *e) H9_UNUSED_RESULT;
/* All stages have: outputs are there, other files go, run.json and the configuration are added. H9_EDATA: an output is missing. */
int h9_result_finish(const char *folder, const h9_plan *p, const h9_run *r, h9_error *e) H9_UNUSED_RESULT;
/* Removes a folder with all that is in it; none is none. */
int h9_result_remove(const char *folder, h9_error *e) H9_UNUSED_RESULT;
/* The lines of the manifest for the whole experiment: hash, bytes, name behind `prefix`. */
int h9_result_list(const char *folder, const char *prefix, h9_buf *out, h9_error *e) H9_UNUSED_RESULT;
/* A file as bytes put together, which appears when it is whole. */
int h9_result_put(const char *folder, const char *name, const h9_buf *text, h9_error *e) H9_UNUSED_RESULT;

#endif

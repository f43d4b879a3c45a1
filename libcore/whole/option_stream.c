/* A program's own stream: opened as the options say, signed with the provenance, closed whole or not at all. */
#include "options.h"

#include "../base/memory.h"
#include "../format/codec.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

int h9_provenance_make(h9_provenance *p, const char *program, const char *shaping, const h9_options *o,
                       uint64_t seed, const h9_hash *parents, uint32_t n_parents, h9_error *e) {
  *p = (h9_provenance){.program = h9_strdup(program),
                       .version = h9_strdup(h9_version),
                       .options = h9_strdup(shaping),
                       .label = h9_strdup(o->label ? o->label : ""),
                       .seed = seed};
  if (!p->program || !p->version || !p->options || !p->label)
    return h9_fail_memory(e, strlen(shaping), "provenance");
  uint32_t room = sizeof p->output_of_parents / sizeof p->output_of_parents[0];
  for (uint32_t i = 0; i < n_parents && i < room; i++) p->output_of_parents[p->n_parents++] = parents[i];
  return H9_OK;
}

void h9_shaping_put(h9_buf *b, const char *name, const char *value) {
  if (b->len) h9_buf_put8(b, ' ');
  h9_buf_put(b, name, strlen(name));
  if (!value) return;
  h9_buf_put8(b, ' ');
  h9_buf_put(b, value, strlen(value));
}

void h9_shaping_begin(h9_buf *b, const h9_options *o) {
  if (o->config) h9_shaping_put(b, "-c", o->config);
  for (size_t i = 0; i < o->n_set; i++) h9_shaping_put(b, "--set", o->set[i]);
  for (size_t i = 0; i < o->n_model_files; i++) h9_shaping_put(b, "--model", o->model_file[i]);
}

void h9_shaping_end(h9_buf *b, const h9_options *o) {
  char seed[32];
  snprintf(seed, sizeof seed, "%" PRIu64, o->seed);
  if (o->seed_given) h9_shaping_put(b, "--seed", seed);
  h9_buf_put8(b, 0);
}

int h9_provenance_own(h9_provenance *p, const char *program, h9_buf *shaping, const h9_options *o, uint64_t seed,
                      const h9_hash *parents, uint32_t n_parents, h9_error *e) {
  int rc = shaping->failed
               ? h9_fail_memory(e, shaping->len, "provenance")
               : h9_provenance_make(p, program, (const char *)shaping->data, o, seed, parents, n_parents, e);
  h9_buf_release(shaping);
  return rc;
}

int h9_stream_sign(h9_writer *w, const char *program, h9_buf *shaping, const h9_options *o, uint64_t seed,
                   const h9_hash *parents, uint32_t n_parents, h9_error *e) {
  h9_provenance own = {0};
  int rc = h9_provenance_own(&own, program, shaping, o, seed, parents, n_parents, e);
  if (rc == H9_OK) rc = h9_provenance_write(w, &own, e);
  h9_provenance_release(&own);
  return rc;
}

int h9_stream_open(h9_output *out, h9_writer **w, const h9_options *o, int threads, h9_error *e) {
  *w = NULL;
  int rc = h9_output_open(out, o->output, o->force, e);
  if (rc != H9_OK) return rc;
  rc = h9_writer_open(w, out->fd, o->output ? o->output : "standard output", o->level, threads, e);
  if (rc != H9_OK) h9_output_abandon(out);
  return rc;
}

int h9_stream_close(h9_output *out, h9_writer *w, int rc, h9_error *e) {
  if (rc == H9_OK) rc = h9_writer_close(w, e);
  else h9_writer_abort(w);
  if (rc == H9_OK) return h9_output_commit(out, e);
  h9_output_abandon(out);
  return rc;
}

int h9_stream_refuse_terminal(const h9_options *o, h9_error *e) {
  if (o->output || o->force || !isatty(STDOUT_FILENO)) return H9_OK;
  return h9_fail(e, H9_EUSAGE, "standard output is a terminal: write to a file with -o or >, into a pipe, or force with -f");
}

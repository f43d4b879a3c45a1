/* Copies a stream through libhal9, record by record: copy KINDS THREADS < in > out. What a reader sees of the
 * copy must be what it sees of the original. With `fresh` as third argument header and populations are given
 * one by one. */
#include <hal9.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define TRY(call)                                                                                            \
  do {                                                                                                       \
    if ((rc = (call)) < 0) goto failed;                                                                      \
  } while (0)

int main(int argc, char **argv) {
  hal9_reader *in = NULL;
  hal9_writer *out = NULL;
  int rc, begun = 0, threads = argc > 2 ? atoi(argv[2]) : 1;
  TRY(hal9_open(&in, "-", argc > 1 ? (unsigned)atoi(argv[1]) : HAL9_ALL, threads));
  TRY(hal9_create(&out, "-", "copy", "1", "", 3, threads));
  if (argc > 3) {
    const hal9_population *p;
    TRY(hal9_set_header(out, hal9_reader_header(in)));
    for (uint32_t i = 0; (p = hal9_reader_population(in, i)); i++) TRY(hal9_add_population(out, p));
    TRY(hal9_add_parent(out, in));
  } else TRY(hal9_set_like(out, in));
  while ((rc = hal9_next(in)) > 0) {
    const hal9_projection *p;
    int kind = rc;
    if (kind == HAL9_CONNECTIONS && !begun++)
      for (uint32_t i = 0; (p = hal9_reader_projection(in, i)); i++) TRY(hal9_add_projection(out, p));
    if (kind == HAL9_NEURONS) TRY(hal9_write_neurons(out, hal9_get_neurons(in)));
    if (kind == HAL9_CONNECTIONS) TRY(hal9_write_connections(out, hal9_get_connections(in)));
    if (kind == HAL9_SIGNALS) TRY(hal9_write_signals(out, hal9_get_signals(in)));
    if (kind == HAL9_STATES) TRY(hal9_write_states(out, hal9_get_states(in)));
  }
  if (rc < 0) goto failed;
  rc = hal9_finish(out);
  out = NULL;
  if (rc < 0) goto failed;
  fprintf(stderr, "%s\n", hal9_reader_hash(in));
  hal9_close(in);
  return 0;
failed:
  fprintf(stderr, "copy: %s\n", hal9_error());
  hal9_abandon(out);
  hal9_close(in);
  return -rc;
}

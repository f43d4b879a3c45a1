/* What reader and writer of the library's stable interface share. */
#ifndef H9_WHOLE_LIB_PARTS_H
#define H9_WHOLE_LIB_PARTS_H

#include "../model/rowsource.h"
#include "hal9.h"

/* Keeps the error's text for hal9_error and returns the code of the interface. */
int h9_lib_failed(const h9_error *e);
H9_PRINTF(2, 3) int h9_lib_fail(int code, const char *fmt, ...);

struct hal9_reader {
  h9_reader *in;
  int fd; /* owned; -1: the caller's */
  unsigned kinds;
  int threads, failed; /* failed: the code, to be given again */
  h9_error error;
  h9_network net;
  h9_block block; /* the next one, where `pending` */
  bool settled, pending, ended;
  uint32_t at_population, at_neuron;
  h9_rowsource *rows;
  bool rows_done;
  int handed; /* enum hal9_kind */
  hal9_header header;
  hal9_population *population;
  hal9_projection *projection;
  hal9_value *value, *synapse_value; /* of all */
  hal9_neurons neurons;
  const float **column;
  hal9_connections connections;
  uint32_t *source, *target, *of;
  uint16_t *delay;
  double *weight;
  size_t cap;
  h9_signals signals_in;
  hal9_signals signals;
  h9_state states_in;
  hal9_states states;
  hal9_provenance provenance;
  char hash[33], label[H9_NAME_MAX + 1];
};

/* Reads what the stream says of its network before the records, where it has not been read yet. H9_OK or an
 * error. */
int h9_lib_settle(hal9_reader *r, h9_error *e) H9_UNUSED_RESULT;

#endif

/* filter: keeps the signals of one population and delays them, from stream to stream.
 *
 *   cc -o filter filter.c $(pkg-config --cflags --libs hal9) -lm
 *   hal9-step -t 1s net.h9 | ./filter exc 5 | hal9-stats
 *
 * hal9(3) tells of each function. A damaged input ends it with the status that programs of hal9 have for that,
 * and the output then has no end block: whoever reads it finds that it is not whole. */
#include <hal9.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The signals of p in a batch, in place of all; steps later. */
static int pass(hal9_writer *out, const hal9_signals *in, const hal9_population *p, int64_t steps) {
  int64_t *step = malloc((in->n + 1) * sizeof *step);
  uint32_t *id = malloc((in->n + 1) * sizeof *id);
  hal9_signals kept = {.from = in->from + steps, .to = in->to + steps, .step = step, .id = id};
  for (uint64_t i = 0; step && id && i < in->n; i++) {
    if (in->id[i] - p->first >= p->count) continue;
    step[kept.n] = in->step[i] + steps;
    id[kept.n++] = in->id[i];
  }
  int rc = step && id ? hal9_write_signals(out, &kept) : HAL9_ESYSTEM;
  free(step);
  free(id);
  return rc;
}

int main(int argc, char **argv) {
  hal9_reader *in = NULL;
  hal9_writer *out = NULL;
  const hal9_population *p = NULL;
  char options[600];
  if (argc != 3) return fprintf(stderr, "usage: filter POPULATION MS < stream > stream\n"), -HAL9_EUSAGE;
  snprintf(options, sizeof options, "%.255s %.40s", argv[1], argv[2]);
  int rc = hal9_open(&in, NULL, HAL9_SIGNALS | HAL9_LABELS, 1);
  for (uint32_t i = 0; rc == 0 && (p = hal9_reader_population(in, i)) && strcmp(p->name, argv[1]) != 0;) i++;
  if (rc == 0 && !p) return fprintf(stderr, "filter: there is no population '%s'\n", argv[1]), -HAL9_EUSAGE;
  if (rc == 0) rc = hal9_create(&out, NULL, "filter", "1", options, 0, 1);
  if (rc == 0) rc = hal9_set_like(out, in);
  int64_t steps = rc == 0 ? llrint(atof(argv[2]) / hal9_reader_header(in)->dt) : 0;
  while (rc == 0 && (rc = hal9_next(in)) == HAL9_SIGNALS) rc = pass(out, hal9_get_signals(in), p, steps);
  if (rc == HAL9_END) rc = hal9_finish(out);
  else hal9_abandon(out);
  if (rc < 0) fprintf(stderr, "filter: %s\n", hal9_error());
  hal9_close(in);
  return -rc;
}

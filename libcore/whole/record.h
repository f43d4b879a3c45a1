/* What a simulation records, from texts such as "V_m@exc[1:100]/0.5ms".
 *
 *   spikes[@GROUP]                      spikes of the group; without any of these, of all neurons
 *   VARIABLE[,VARIABLE...]@GROUP[/T]    state variables of each neuron of the group, every T (default: each step)
 *   mean(VARIABLE)@GROUP[/T]            their mean over the group and the steps of T
 *   sd(VARIABLE)@GROUP[/T]              the standard deviation over the group, averaged over the steps of T
 *   rate@GROUP[/T]                      spikes a neuron and second in T, in Hz
 *
 * GROUP is a population, one with neurons chosen ("exc[5]", "exc[1:100]", "exc[1:100:3]"), or "*", all that have
 * the variable. */
#ifndef H9_WHOLE_RECORD_H
#define H9_WHOLE_RECORD_H

#include "../model/models.h"

enum h9_record_what { H9_RECORD_SPIKES, H9_RECORD_STATE, H9_RECORD_MEAN, H9_RECORD_SD, H9_RECORD_RATE };

typedef struct h9_record_item { /* one variable of one population */
  enum h9_record_what what;
  uint32_t population, first, last, every; /* neurons first, first + every, ... last, from 0 */
  int recordable;                          /* index in the model's table; -1: spikes, rate */
  h9_step interval;                        /* steps */
  char *variable, *of;                     /* "mean(V_m)"; the group's name, such as "exc[1:100]" */
  const char *unit;
} h9_record_item;

typedef struct h9_record {
  uint32_t n;
  h9_record_item *item;
  bool chosen_spikes; /* some items say whose spikes are recorded */
} h9_record;

static inline uint32_t h9_record_count(const h9_record_item *i) { return (i->last - i->first) / i->every + 1; }

/* Appends what `text` asks for. H9_EUSAGE with what was found and expected and the nearest name. */
int h9_record_add(h9_record *r, const char *text, const h9_network *net, h9_error *e) H9_UNUSED_RESULT;
void h9_record_release(h9_record *r);

#endif

/* Rows of neurons, connections and signals on their way out: which columns a form has, and what stands in
 * them. */
#ifndef H9_WHOLE_CONVERT_LISTING_H
#define H9_WHOLE_CONVERT_LISTING_H

#include "convert_parts.h"

#include "../base/text.h"

enum h9_listing_kind {
  H9_SHOWS_LABEL, /* what a neuron is called: in a table of neurons, of a source, of a target, of a signal */
  H9_SHOWS_SOURCE,
  H9_SHOWS_TARGET,
  H9_SHOWS_NEURON,
  H9_SHOWS_X,
  H9_SHOWS_Y,
  H9_SHOWS_Z,
  H9_SHOWS_POPULATION,
  H9_SHOWS_MODEL,
  H9_SHOWS_VALUE,
  H9_SHOWS_WEIGHT,
  H9_SHOWS_DELAY,
  H9_SHOWS_TIME,
  H9_SHOWS_OFFSET, /* 0: signals are at steps */
  H9_SHOWS_STRENGTH,
  H9_SHOWS_PRIORITY,
};

enum h9_listing_is { H9_IS_TEXT, H9_IS_WHOLE, H9_IS_FLOAT, H9_IS_DOUBLE, H9_IS_TIME };

typedef struct h9_listing_column {
  enum h9_listing_kind kind;
  enum h9_listing_is is; /* what all its cells can be; texts of at most `widest` bytes */
  size_t widest;
  int power;                   /* numbers are times 10 to it */
  char name[H9_NAME_MAX + 20]; /* with its unit */
  const char *value;           /* of a model's value: the model's name for it */
} h9_listing_column;

typedef struct h9_listing {
  const h9_format *f;
  const h9_convert_options *o;
  const h9_network *net;
  bool loaded, labels; /* labels: neurons are called by them */
  int source, target;  /* populations that connections count in; -1: ids */
  uint32_t base;       /* the first neuron's number */
  h9_multiple dt;      /* in the unit of times; 1 where that is the step */
  uint32_t n[H9_PARTS];
  h9_listing_column *column[H9_PARTS];
  size_t cap[H9_PARTS];
} h9_listing;

/* What a row shows: which of these, is up to its columns. */
typedef struct h9_listing_row {
  h9_id id, target;                /* neuron or source */
  const h9_population *population; /* of the neuron, or of the source */
  double weight, strength;
  h9_step step; /* time or delay */
  uint8_t priority;
} h9_listing_row;

typedef struct h9_listing_value {
  enum h9_listing_is is;
  uint64_t whole;
  double number; /* of FLOAT, DOUBLE */
  h9_step step;  /* of TIME */
  size_t len;
  const char *text;
  char room[H9_NAME_MAX + 1];
} h9_listing_value;

/* Everything but the columns of signals, which are known with the first batch. H9_EUSAGE: populations that
 * are not. */
int h9_listing_begin(h9_listing *c, const h9_format *f, const h9_convert_options *o, const h9_network *net,
                     h9_buf *notes, const char *name, h9_error *e) H9_UNUSED_RESULT;
int h9_listing_signals(h9_listing *c, bool strong, bool prioritised, h9_error *e) H9_UNUSED_RESULT;
void h9_listing_release(h9_listing *c);
/* For formats with columns of their own. */
H9_PRINTF(5, 6)
int h9_listing_add(h9_listing *c, enum h9_part part, enum h9_listing_kind kind, h9_error *e, const char *fmt,
                   ...);
enum h9_time_unit h9_listing_time(const h9_listing *c);  /* what times are counted in: not DEFAULT */
const char *h9_listing_weight_unit(const h9_listing *c); /* that the models of all targets share, or "" */

void h9_listing_get(const h9_listing *c, const h9_listing_column *column, const h9_listing_row *r,
                    h9_listing_value *v);
/* The value as text: numbers so that they read back as the same. */
void h9_listing_text(const h9_listing *c, const h9_listing_value *v, h9_buf *b);
/* Names, and a row, with f->separator between: what formats that have no way of their own do. */
void h9_listing_names(const h9_listing *c, enum h9_part part, h9_buf *b);
void h9_listing_put(const h9_listing *c, enum h9_part part, const h9_listing_row *r, h9_buf *b);

#endif

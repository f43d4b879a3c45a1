/* Questions about neighbours, answered with the grid as text. */
#ifndef H9_WHOLE_QUERY_H
#define H9_WHOLE_QUERY_H

#include "../format/codec.h"

enum h9_query_type { H9_QUERY_RADIUS, H9_QUERY_NEAREST, H9_QUERY_BOX };

typedef struct h9_query {
  enum h9_query_type type;
  double radius; /* um */
  uint32_t k;
  double lo[3], hi[3]; /* um, box */
  bool counts, brute_force, periodic;
  double per_cell; /* points of a cell of the index; 0: ten */
  int population;    /* only neurons of this one are found; -1: of all */
  bool all;          /* every neuron asks */
  size_t n_id, n_at; /* else these neurons and places do; a box asks by itself */
  const h9_id *id;
  const double (*at)[3]; /* um */
  int threads;
} h9_query;

/* "radius=30um", "k=16", "box=lox,loy,loz,hix,hiy,hiz": fills type and numbers. H9_EUSAGE. */
int h9_query_parse(h9_query *q, const char *text, h9_error *e) H9_UNUSED_RESULT;
/* "x,y,z": one to three lengths between commas. H9_EUSAGE naming `option`. */
int h9_query_point(const char *option, const char *text, double v[3], h9_error *e) H9_UNUSED_RESULT;

/* Writes the answers to fd, tab between columns, one neighbour a line: id of who asks (0: a place or box), id
 * of the neighbour, distance in um; with `counts` id and how many. In order of the questions; neighbours by
 * id for radius and box, by distance for nearest. A neuron is not its own neighbour. */
int h9_query_answer(const h9_query *q, const h9_network *net, int fd, h9_error *e) H9_UNUSED_RESULT;

/* The answers to neurons that ask (not to places or boxes) as connections from each to its neighbours, of
 * weight 1 and a delay of one step: sets the network's projections, one of rule `explicit` for each pair of
 * populations, and writes projections and connections blocks. H9_EUSAGE for other questions. */
int h9_query_connect(const h9_query *q, h9_network *net, h9_writer *w, h9_error *e) H9_UNUSED_RESULT;

#endif

/* A small stream that holds a block of every kind, with known shape and random numbers. */
#ifndef H9_TESTS_CODEC_SAMPLE_H
#define H9_TESTS_CODEC_SAMPLE_H

#include "../../libcore/format/codec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t random_state = 1;
static uint32_t random32(void) { /* splitmix64: only to make test data */
  uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return (uint32_t)((z ^ z >> 31) >> 32);
}

static void projection_make(h9_projection *p, uint32_t source, uint32_t target, uint8_t encoding) {
  *p = (h9_projection){.name = strdup("a"),
                       .synapse = strdup("static"),
                       .source = source,
                       .target = target,
                       .rule = H9_RULE_FIXED_INDEGREE,
                       .autapses = true,
                       .multapses = true,
                       .materialised = true,
                       .number = 3,
                       .weight_encoding = encoding,
                       .quantum = 0.25};
  p->kernel.scale = 1;
  p->kernel.cutoff = INFINITY;
  int bad = h9_dist_constant_make(&p->weight, 1.5) || h9_dist_constant_make(&p->delay, 2);
  if (encoding != H9_WEIGHT_CONSTANT) {
    p->weight.type = H9_DIST_NORMAL;
    bad |= h9_expr_constant(&p->weight.b, 0.5);
  }
  if (bad) exit(99);
}

typedef struct triple { uint32_t target; uint16_t delay; int16_t weight; } triple;
static int by_order(const void *a, const void *b) {
  const triple *x = a, *y = b;
  if (x->delay != y->delay) return x->delay < y->delay ? -1 : 1;
  if (x->target != y->target) return x->target < y->target ? -1 : 1;
  return x->weight < y->weight ? -1 : x->weight > y->weight;
}

/* n_rows rows of up to `most` connections, in canonical order, some targets twice. */
static void rows_make(const h9_network *net, uint32_t projection, uint32_t first, uint32_t n_rows,
                      uint32_t most, h9_rows *r) {
  uint32_t count = net->populations[net->projections[projection].target].count;
  r->projection = projection;
  r->first = first;
  r->n_rows = n_rows;
  r->n = 0;
  triple *t = calloc(most + 1, sizeof *t);
  if (h9_rows_reserve(r, n_rows, (uint64_t)n_rows * most) != H9_OK) exit(99);
  r->start[0] = 0;
  for (uint32_t row = 0; row < n_rows; row++) {
    uint32_t k = row % 7 == 3 ? 0 : random32() % (most + 1);
    for (uint32_t i = 0; i < k; i++)
      t[i] = (triple){random32() % count,
                      (uint16_t)(row % 5 == 4 ? 1 + random32() % 65535 : 1 + random32() % 20),
                      (int16_t)(random32() & 0xffff)};
    qsort(t, k, sizeof *t, by_order);
    for (uint32_t i = 0; i < k; i++, r->n++) {
      r->target[r->n] = t[i].target;
      r->delay[r->n] = t[i].delay;
      r->weight[r->n] = t[i].weight;
      r->weight_f[r->n] = (float)t[i].weight * 0.37f;
    }
    r->start[row + 1] = r->n;
  }
  free(t);
}

/* Two populations (3 placed in 3-D, 300 not), the four projections between them with each encoding of
 * weights, signals, state, labels. */
static int sample_body(h9_writer *w, h9_network *net, h9_error *e) {
  static const uint8_t encodings[4] = {H9_WEIGHT_CONSTANT, H9_WEIGHT_I16, H9_WEIGHT_F32, H9_WEIGHT_I16};
  h9_rows r = {0};
  h9_buf b = {0};
  h9_id labelled[] = {2, 9, 40};
  uint64_t at[] = {0, 2, 13};
  net->labels = (h9_labels){.n = 3, .id = labelled, .bytes = (unsigned char *)"a\0b \"quoted\"\0c", .at = at};
  int rc = h9_network_write_head(w, net, e);
  net->labels = (h9_labels){0};
  if (rc == H9_OK) rc = h9_network_write_neurons(w, net, e);
  net->n_projections = 4;
  for (uint32_t i = 0; i < 4; i++) {
    projection_make(&net->projections[i], i / 2, i % 2, encodings[i]);
    net->projections[i].rule = H9_RULE_EXPLICIT;
  }
  if (rc == H9_OK) rc = h9_projections_write(w, net, e);
  for (uint32_t population = 0; population < 2; population++)
    for (uint32_t first = 0; first < net->populations[population].count; first += 200)
      for (uint32_t p = 2 * population; p < 2 * population + 2 && rc == H9_OK; p++) {
        uint32_t left = net->populations[population].count - first;
        rows_make(net, p, first, left < 200 ? left : 200, population ? 2 : 9, &r);
        rc = h9_rows_encode(net, &r, &b);
        if (rc == H9_OK) rc = h9_writer_block(w, H9_BLOCK_CONNECTIONS, r.n, &b, e);
      }
  h9_rows_release(&r);
  h9_signals g = {.from = 10, .to = 110};
  for (h9_step t = 11; rc == H9_OK && t <= 310; t++) {
    if (t > g.to) { /* three batches, the second empty */
      h9_signals_encode(&g, &b);
      rc = h9_writer_block(w, H9_BLOCK_SIGNALS, g.n, &b, e);
      g.from = g.to;
      g.to += 100;
      g.n = 0;
      g.strength_bytes = g.to == 310 ? 8 : 0; /* the last has strengths and priorities */
      g.prioritised = g.to == 310;
    }
    for (uint32_t id = 1 + random32() % 97; (t <= 110 || t > 210) && id <= net->n_neurons;
         id += 1 + random32() % 97)
      if (h9_signals_add_strong(&g, t, id, 0.1 * id - (double)t, (uint8_t)id) != H9_OK) return H9_ESYSTEM;
  }
  h9_signals_encode(&g, &b);
  if (rc == H9_OK) rc = h9_writer_block(w, H9_BLOCK_SIGNALS, g.n, &b, e);
  h9_signals_release(&g);
  h9_id id[] = {2, 9, 40};
  double sample[] = {1, -2.5, 3, 4, 5, 0.5};
  h9_state state = {(char *)"V_m", (char *)"mV", (char *)"", 20, 10, 2, 3, id, sample, false};
  if (rc == H9_OK) rc = h9_state_encode(&state, &b);
  if (rc == H9_OK) rc = h9_writer_block(w, H9_BLOCK_STATE, 6, &b, e);
  return rc;
}

/* 0 when all is written. */
static int sample_write(int fd, uint64_t seed) {
  h9_network net = {
      .dt = 0.1, .seed = seed, .lo = {-50, -50, 0}, .hi = {50, 50, 20}, .dimensions = 3, .n_populations = 2};
  h9_error e = {0};
  h9_writer *w;
  random_state = seed;
  net.populations = calloc(2, sizeof *net.populations);
  net.projections = calloc(4, sizeof *net.projections);
  for (uint32_t i = 0; i < 2; i++) {
    h9_population *p = &net.populations[i];
    *p = (h9_population){.name = strdup(i ? "many" : "few"),
                         .model = strdup("iaf_psc_exp"),
                         .first = net.n_neurons + 1,
                         .count = i ? 300 : 3,
                         .placed = i == 0,
                         .n_values = 2};
    p->values = calloc(2, sizeof *p->values);
    p->values[0] = (h9_value){.name = strdup("C_m"), .constant = 250 + i};
    p->values[1] = (h9_value){.name = strdup("V_m"), .varies = true, .column = calloc(300, sizeof(float))};
    for (uint32_t k = 0; k < p->count; k++)
      p->values[1].column[k] = -70 + (float)(random32() % 100000) * 1e-4f;
    net.n_neurons += p->count;
  }
  net.x = calloc(net.n_neurons, sizeof(float));
  net.y = calloc(net.n_neurons, sizeof(float));
  net.z = calloc(net.n_neurons, sizeof(float));
  for (uint32_t k = 0; k < 3; k++) {
    net.x[k] = (float)random32() * 0x1p-32f * 100 - 50;
    net.y[k] = (float)random32() * 0x1p-32f * 100 - 50;
    net.z[k] = (float)random32() * 0x1p-32f * 20;
  }
  h9_provenance pr = {.program = (char *)"hal9-gen",
                      .version = (char *)"1",
                      .options = (char *)"-n 5",
                      .label = (char *)"try 1",
                      .seed = seed};
  h9_metrics m = {0};
  h9_metrics_set(&m, "step.simulate_s", 1.25);
  h9_metrics_set(&m, "step.threads", 2);
  int rc = h9_writer_open(&w, fd, "sample", 0, 1, &e);
  if (rc != H9_OK) return 1;
  rc = sample_body(w, &net, &e);
  if (rc == H9_OK) rc = h9_metrics_write(w, "hal9-step", &m, &e);
  if (rc == H9_OK) rc = h9_provenance_write(w, &pr, &e);
  pr.program = (char *)"hal9-index";
  pr.options = (char *)"";
  pr.label = (char *)"";
  pr.n_parents = 1;
  pr.output_of_parents[0] = (h9_hash){0x0123456789abcdef, 0xfedcba9876543210};
  if (rc == H9_OK) rc = h9_provenance_write(w, &pr, &e);
  if (rc == H9_OK) rc = h9_writer_close(w, &e);
  if (rc != H9_OK) fprintf(stderr, "%s\n", e.text);
  h9_network_release(&net);
  return rc != H9_OK;
}

#endif

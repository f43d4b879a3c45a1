/* Weights and delays of connections. Distributions with constant parameters become alias tables
 * over the values a connection can hold (multiples of the quantum, steps), with probabilities
 * from differences of the exact distribution function, so that a connection costs three random
 * words and two loads. Everything else (expressions of distance, weights in F32) is drawn one by one. */
#ifndef H9_MODEL_SAMPLER_H
#define H9_MODEL_SAMPLER_H

#include "../format/network.h"

/* One column of an alias table over 16-bit values: both outcomes beside the threshold. */
typedef struct h9_alias16 {
  uint32_t accept;
  uint16_t own, other;
} h9_alias16;
typedef struct h9_table16 {
  uint32_t n;
  h9_alias16 *at;
} h9_table16;
/* Table over value[i] with weights[i]; H9_OK or H9_ESYSTEM. */
int h9_table16_build(h9_table16 *t, const double *weights, const uint16_t *value,
                     uint32_t n) H9_UNUSED_RESULT;
void h9_table16_release(h9_table16 *t);
/* Without a branch, which would be missed as often as not. */
static inline uint16_t h9_alias16_pick(h9_alias16 e, uint32_t b) {
  return (uint16_t)(e.own ^ ((e.own ^ e.other) & -(uint32_t)(b >= e.accept)));
}
/* From two words: probabilities exact to 2^-32 of a column. */
static inline uint16_t h9_table16_draw(const h9_table16 *t, uint32_t a, uint32_t b) {
  return h9_alias16_pick(t->at[h9_below(a, t->n)], b);
}
/* From one word: the fraction behind the column's number decides; probabilities exact to 2^-32. */
static inline uint16_t h9_table16_draw1(const h9_table16 *t, uint32_t a) {
  uint64_t m = (uint64_t)a * t->n;
  return h9_alias16_pick(t->at[m >> 32], (uint32_t)m);
}

/* Weights travel in records as (uint16_t)weight ^ H9_WEIGHT_BIAS, so that unsigned order is weight order. */
#define H9_WEIGHT_BIAS 0x8000u

typedef struct h9_sampler {
  const h9_network *net;
  const h9_projection *p;
  uint32_t projection;
  bool fast;                      /* both parts constant or tables: h9_sampler_words suffices */
  bool uses_words;                /* a table wants random words */
  bool weight_drawn, delay_drawn; /* which parts need h9_dist_draw */
  bool needs_place;               /* some expression uses distance or positions */
  bool periodic;
  uint32_t delay_most;      /* no delay is longer */
  uint16_t delay_constant;  /* 0 beside a table */
  uint16_t weight_constant; /* biased; 0 beside a table */
  h9_table16 weight, delay; /* n == 0: none */
  h9_key key_weight, key_delay;
  double size[3]; /* of the domain, for the minimum image */
} h9_sampler;

/* `net` outlives the sampler. H9_ECONFIG when a delay can exceed H9_DELAY_MAX steps. */
int h9_sampler_open(h9_sampler *s, const h9_network *net, uint32_t projection, h9_error *e) H9_UNUSED_RESULT;
void h9_sampler_release(h9_sampler *s);

/* delay << 48 | biased weight, from three words; only where s->fast. */
static inline uint64_t h9_sampler_words(const h9_sampler *s, uint32_t a, uint32_t b, uint32_t c) {
  uint64_t w = s->weight.n ? h9_table16_draw(&s->weight, a, b) : s->weight_constant;
  uint64_t d = s->delay.n ? h9_table16_draw1(&s->delay, c) : s->delay_constant;
  return d << 48 | w;
}
/* The same for any sampler: source and target are indices in their populations; (id0, id1, kind)
 * names the connection. *f is set where weights are F32. H9_ECONFIG for a value that does not fit. */
int h9_sampler_draw(const h9_sampler *s, uint32_t source, uint32_t target, uint32_t id0, uint32_t id1,
                    uint32_t kind, h9_ctr words, uint64_t *record, float *f, h9_error *e) H9_UNUSED_RESULT;

/* Smallest and largest value that matters: tails below 1e-16 are left out. false: not known
 * (parameters depend on the place and there are no finite min and max). */
bool h9_dist_bounds(const h9_dist *d, double *low, double *high);
/* "projection 3 (exc -> inh, fixed_indegree)" for messages. */
const char *h9_projection_text(const h9_network *net, uint32_t projection, char out[400]);

#endif

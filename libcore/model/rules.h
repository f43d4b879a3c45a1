/* Connection rules, compiled for expansion: what the row source is made of. Not for consumers, who
 * see rowsource.h only.
 *
 * Every rule is a function `generate` of an owner: the neuron whose draws it makes (a source, or a
 * target for rules by target). It appends the owner's connections as records, in any order, each
 * fully determined by (seed, projection, owner, draw or partner). Where rows can be made from
 * that directly (owner = source, not symmetric) they are; otherwise scatter.c gathers the records
 * of all owners by source. */
#ifndef H9_MODEL_RULES_H
#define H9_MODEL_RULES_H

#include "../base/memory.h"
#include "../format/rows.h"
#include "grid.h"
#include "sampler.h"

/* delay << 48 | partner << 16 | biased weight: unsigned order is the canonical order of a row. */
static inline uint32_t h9_record_partner(uint64_t r) { return (uint32_t)(r >> 16); }
static inline uint64_t h9_record_with(uint64_t r, uint32_t partner) {
  return (r & UINT64_C(0xffff00000000ffff)) | (uint64_t)partner << 16;
}

/* What the third word of the counter means; never renumber. */
enum h9_draw_kind {
  H9_DRAW_INDEXED = 0, /* (owner, draw): partner, weight, weight, delay */
  H9_DRAW_PAIR = 1,    /* (owner, partner): acceptance, weight, weight, delay */
  H9_DRAW_SKIP = 2,    /* (owner, draw): skips of sparse pairwise rules */
  H9_DRAW_COUNT = 3,   /* (owner): how many */
  H9_DRAW_KEY = 4, /* (owner, partner): keys of weighted draws without replacement; spatial draws with it */
};

/* One worker's memory for the connections being generated. */
typedef struct h9_scratch {
  uint64_t *record;
  float *f; /* beside the records where weights are F32 */
  size_t n, cap;
  uint64_t *sorted; /* cap: the sort's other half */
  float *sorted_f;
  uint64_t *bits; /* one bit a pool neuron, all clear between calls */
  uint32_t bits_n;
  uint32_t *count; /* of each owner of the range begun (fixed_total_number) */
  uint32_t count_first;
  size_t count_cap;
  h9_hits hits;
  double *place; /* [3] displacement of each candidate */
  size_t place_cap;
  double *cumulative; /* per candidate */
  uint32_t *chosen;
  size_t cumulative_cap, chosen_cap;
} h9_scratch;
void h9_scratch_release(h9_scratch *s);
/* Room for `more` further records. */
int h9_scratch_reserve(h9_scratch *s, size_t more, h9_error *e) H9_UNUSED_RESULT;

/* Records 0 .. n - 1 of `owner` with partners drawn uniformly below `size`, those from `self` on moved
 * up by one (draws_*.c: one implementation a SIMD level, all with the same records). */
typedef void h9_draws_fill(h9_key key, const h9_sampler *s, uint32_t owner, uint32_t n, uint32_t size,
                           uint32_t self, uint64_t *out);

/* First words of the numbers of pairs (owner, partner[i]). */
typedef void h9_draws_pairs(h9_key key, uint32_t owner, const uint32_t *partner, uint32_t n, uint32_t *word);
typedef struct h9_draws_set {
  h9_draws_fill *fill;
  h9_draws_pairs *pairs;
} h9_draws_set;
int h9_draws_choose(h9_draws_set *set, h9_error *e) H9_UNUSED_RESULT;

typedef struct h9_space h9_space;
typedef struct h9_rule_compiled h9_compiled;
struct h9_rule_compiled {
  const h9_network *net;
  const h9_projection *p;
  uint32_t index; /* of the projection */
  uint32_t n_source, n_target, n_owner, n_pool;
  bool by_target; /* owners are targets, the pool sources */
  bool no_self;   /* owner and pool population are one and autapses are not allowed */
  bool half;      /* symmetric pair rules: only partners not below the owner */
  bool wide;      /* weights in F32 */
  bool scatter;   /* rows must be gathered */
  bool dedupe;    /* equal neighbours of a row are one connection */
  h9_key key, key_split;
  h9_sampler sampler;
  h9_table16 skip; /* pairwise_bernoulli: gaps below skip_n; the value skip_n: go on */
  uint32_t skip_n;
  h9_space *space; /* spatial rules */
  h9_draws_set draws;
  int (*begin)(const h9_compiled *c, h9_scratch *s, uint32_t first, uint32_t n,
               h9_error *e); /* may be NULL */
  int (*generate)(const h9_compiled *c, h9_scratch *s, uint32_t owner, h9_error *e);
};

/* Grids of pool populations, shared by the projections of one source. */
typedef struct h9_grids {
  uint32_t n;
  struct h9_grid_entry {
    uint32_t population;
    bool periodic;
    h9_grid *grid;
  } * entry;
  int threads;
  bool brute;
  double per_cell;
} h9_grids;
void h9_grids_release(h9_grids *g);

/* Whether the rule can be met and its values make sense: asked again of networks that come from a stream. */
int h9_projection_check(const h9_network *net, uint32_t projection, h9_error *e) H9_UNUSED_RESULT;
/* The rule alone, without weights and delays: enough for h9_compiled_expected. */
int h9_compile_rule(h9_compiled *c, const h9_network *net, uint32_t projection, h9_grids *grids,
                    h9_error *e) H9_UNUSED_RESULT;
int h9_compile(h9_compiled *c, const h9_network *net, uint32_t projection, h9_grids *grids,
               h9_error *e) H9_UNUSED_RESULT;
void h9_compiled_release(h9_compiled *c);
/* Fills `rows` with the rows of sources [first, first + n) of a rule that needs no gathering. */
int h9_compiled_rows(const h9_compiled *c, h9_scratch *s, uint32_t first, uint32_t n, h9_rows *rows,
                     h9_error *e) H9_UNUSED_RESULT;

/* Expected connections of the whole projection; estimated from a sample of owners for spatial rules. */
int h9_compiled_expected(const h9_compiled *c, h9_scratch *s, double *expected, h9_error *e) H9_UNUSED_RESULT;

/* The rules (rules_*.c) set begin and generate. */
int h9_rules_pairs(h9_compiled *c, h9_error *e) H9_UNUSED_RESULT;
int h9_rules_degree(h9_compiled *c, h9_error *e) H9_UNUSED_RESULT;
int h9_rules_space(h9_compiled *c, h9_grids *grids, h9_error *e) H9_UNUSED_RESULT;
void h9_space_free(h9_space *s);
/* Whether kernel, mask or rule look at positions. */
bool h9_rule_is_spatial(const h9_projection *p);
/* Expected connections of one owner; spatial rules only. */
int h9_space_expected(const h9_compiled *c, h9_scratch *s, uint32_t owner, double *expected,
                      h9_error *e) H9_UNUSED_RESULT;

/* Counts of fixed_total_number for owners [first, first + n) (rules_split.c). */
int h9_split_counts(const h9_compiled *c, uint32_t first, uint32_t n, uint32_t *count,
                    h9_error *e) H9_UNUSED_RESULT;
/* Successes among `draws` drawn without replacement from `good` + `bad`. */
uint64_t h9_draw_hypergeometric(h9_draws *d, uint64_t good, uint64_t bad, uint64_t draws);

/* Sorts records (and f, where not NULL) of one row into canonical order; partners are below
 * `partners`, delays at most delay_most. tmp arrays hold n elements; the result is in record and f. */
void h9_row_sort(uint64_t *record, float *f, uint64_t *tmp, float *tmp_f, size_t n, uint32_t partners,
                 uint32_t delay_most);
/* Appends a sorted row to rows->target.. at `at`, duplicates dropped when `dedupe`; returns how many. */
size_t h9_row_unpack(const h9_compiled *c, const uint64_t *record, const float *f, size_t n, h9_rows *rows,
                     uint64_t at);

/* The connections of one part of the owners, in order. */
typedef struct h9_kept {
  uint64_t limit; /* bytes it may take; 0: given up */
  size_t n, cap;
  uint64_t *record;
  float *f;
  size_t *end; /* per owner: where its records end */
} h9_kept;
/* Records gathered by source (scatter.c). */
typedef struct h9_scatter {
  const h9_compiled *c;
  int parts;         /* of the owners, each gathered by one worker */
  uint32_t *count;   /* [parts][n_source] connections of each source, counted once */
  h9_kept *kept;     /* [parts], or NULL: generated again for each range */
  uint32_t first, n; /* sources held now */
  uint64_t *start;   /* [n + 1] */
  h9_region records, fs; /* written in no order: on huge pages */
  uint64_t *record;
  float *f;
} h9_scatter;
/* *memory: bytes that may be kept between runs; lessened by what is. */
int h9_scatter_open(h9_scatter *s, const h9_compiled *c, h9_scratch *scratch, int threads, uint64_t *memory,
                    h9_error *e) H9_UNUSED_RESULT;
/* Bytes that holding sources [first, first + n) takes. */
uint64_t h9_scatter_bytes(const h9_scatter *s, uint32_t first, uint32_t n);
int h9_scatter_fill(h9_scatter *s, h9_scratch *scratch, uint32_t first, uint32_t n,
                    h9_error *e) H9_UNUSED_RESULT;
int h9_scatter_rows(const h9_scatter *s, h9_scratch *scratch, uint32_t first, uint32_t n, h9_rows *rows,
                    h9_error *e) H9_UNUSED_RESULT;
void h9_scatter_release(h9_scatter *s);

/* The number of a pair; where only its values would be drawn from it and they are constant, none. */
static inline h9_ctr h9_rule_pair(const h9_compiled *c, uint32_t owner, uint32_t partner) {
  if (!c->sampler.uses_words) return (h9_ctr){{0}};
  return h9_philox(c->key, owner, partner, H9_DRAW_PAIR, 0);
}
/* Appends one connection of `owner` to its `partner`. */
static inline int h9_rule_emit(const h9_compiled *c, h9_scratch *s, uint32_t owner, uint32_t partner,
                               uint32_t id1, uint32_t kind, h9_ctr words, h9_error *e) {
  uint64_t r;
  if (c->sampler.fast) r = h9_sampler_words(&c->sampler, words.v[1], words.v[2], words.v[3]);
  else {
    uint32_t a = c->by_target ? partner : owner, b = c->by_target ? owner : partner;
    int rc = h9_sampler_draw(&c->sampler, a, b, owner, id1, kind, words, &r, c->wide ? s->f + s->n : NULL, e);
    if (rc != H9_OK) return rc;
  }
  s->record[s->n++] = r | (uint64_t)partner << 16;
  return H9_OK;
}

#endif

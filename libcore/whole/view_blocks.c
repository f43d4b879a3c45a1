/* Blocks as rows: where each lies, what it takes, what it is of. */
#include "view.h"

#include "../base/io.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK, OFFSET, KIND, COUNT, STORED, RAW, RATIO, OF, RANGE, FIRST, LAST, DIGEST };
static const h9_view_column known[] = {{"block", BLOCK}, {"offset", OFFSET}, {"kind", KIND},
                                       {"count", COUNT}, {"stored", STORED}, {"raw", RAW},
                                       {"ratio", RATIO}, {"of", OF},         {"range", RANGE},
                                       {"first", FIRST}, {"last", LAST},     {"digest", DIGEST}};

typedef struct blocks {
  h9_view *v;
  h9_network net;
  h9_table table;
  char **names;
  int code[H9_TABLE_COLUMNS_MAX];
  uint32_t n;
} blocks;

/* What a block is of, as far as its body tells; one that makes no sense has none. */
typedef struct extent {
  const char *range; /* "id", "step"; "" where neither */
  int64_t first, last;
  char of[2 * H9_NAME_MAX + 3];
} extent;

static void ids_of(extent *x, const h9_network *net, uint32_t population, uint32_t first, uint64_t n) {
  if (population >= net->n_populations || !net->populations || n == 0) return;
  const h9_population *p = &net->populations[population];
  x->range = "id";
  x->first = (int64_t)p->first + first;
  x->last = x->first + (int64_t)n - 1;
}

static void of_connections(extent *x, const h9_network *net, const h9_block *b, h9_error *e) {
  uint32_t projection, first, n;
  if (h9_rows_peek(b, &projection, &first, &n, e) != H9_OK || projection >= net->n_projections) return;
  const h9_projection *p = &net->projections[projection];
  ids_of(x, net, p->source, first, n);
  snprintf(x->of, sizeof x->of, "%s>%s", net->populations[p->source].name, net->populations[p->target].name);
}

static void of_state(extent *x, const h9_network *net, const h9_block *b, h9_error *e) {
  h9_state s = {0};
  if (h9_state_decode(b, net->n_neurons, &s, e) != H9_OK) return;
  snprintf(x->of, sizeof x->of, "%s", s.variable);
  x->range = "step";
  x->first = s.first;
  x->last = s.first + (int64_t)(s.n_times ? s.n_times - 1 : 0) * s.interval;
  h9_state_release(&s);
}

static void of_labels(extent *x, const h9_network *net, const h9_block *b, h9_error *e) {
  h9_labels l = {0};
  if (h9_labels_decode(b, net->n_neurons, &l, e) == H9_OK && l.n) {
    x->range = "id";
    x->first = h9_labels_id(&l, 0);
    x->last = h9_labels_id(&l, l.n - 1);
  }
  h9_labels_release(&l);
}

static void of_program(extent *x, const h9_block *b, h9_error *e) {
  h9_provenance p = {0};
  h9_metrics m;
  if (b->kind == H9_BLOCK_METRICS) {
    if (h9_metrics_decode(b, x->of, &m, e) != H9_OK) *x->of = 0;
  } else if (h9_provenance_decode(b, &p, e) == H9_OK) {
    snprintf(x->of, sizeof x->of, "%s", p.program);
    h9_provenance_release(&p);
  }
}

static extent extent_of(const h9_network *net, const h9_block *b) {
  extent x = {.range = ""};
  h9_error e = {0}; /* --check tells what is wrong inside a block */
  switch (b->kind) {
  case H9_BLOCK_NEURONS:
    if (b->len < 16) break;
    ids_of(&x, net, h9_load32(b->body), h9_load32(b->body + 4), b->count);
    if (*x.range) snprintf(x.of, sizeof x.of, "%s", net->populations[h9_load32(b->body)].name);
    break;
  case H9_BLOCK_CONNECTIONS:
    of_connections(&x, net, b, &e);
    break;
  case H9_BLOCK_SIGNALS:
    if (b->len < 16) break;
    x.range = "step"; /* after `from`, up to `to` */
    x.first = (int64_t)(h9_load64(b->body) + 1);
    x.last = (int64_t)h9_load64(b->body + 8);
    break;
  case H9_BLOCK_STATE:
    of_state(&x, net, b, &e);
    break;
  case H9_BLOCK_LABELS:
    of_labels(&x, net, b, &e);
    break;
  case H9_BLOCK_METRICS:
  case H9_BLOCK_PROVENANCE:
    of_program(&x, b, &e);
    break;
  default:
    break;
  }
  return x;
}

static void put_row(blocks *s, const h9_block *b, const extent *x) {
  const h9_table *t = &s->table;
  h9_buf *out = &s->v->out;
  char digest[33] = "";
  if (b->body) h9_hash_text(b->digest, digest);
  for (uint32_t k = 0; k < s->n; k++) {
    h9_table_put(t, k, out);
    switch (s->code[k]) {
    case BLOCK:
      h9_table_put_i64(out, (int64_t)b->ordinal);
      break;
    case OFFSET:
      h9_table_put_i64(out, (int64_t)b->offset);
      break;
    case KIND:
      h9_table_put_text(t, out, h9_block_kind_name(b->kind));
      break;
    case COUNT:
      h9_table_put_i64(out, (int64_t)b->count);
      break;
    case STORED:
      h9_table_put_i64(out, (int64_t)b->stored);
      break;
    case RAW:
      h9_table_put_i64(out, (int64_t)b->len);
      break;
    case RATIO:
      h9_table_put_f64(t, out, rint(1e3 * (double)b->len / (double)b->stored) / 1e3);
      break;
    case OF:
      h9_table_put_text(t, out, x->of);
      break;
    case RANGE:
      h9_table_put_text(t, out, x->range);
      break;
    case FIRST:
    case LAST:
      if (*x->range) h9_table_put_i64(out, s->code[k] == FIRST ? x->first : x->last);
      else h9_table_put_f64(t, out, NAN);
      break;
    default:
      h9_table_put_text(t, out, digest);
    }
  }
  h9_table_put_end(t, out);
}

/* What later blocks are told by: populations and projections. Head and projections that make no sense end it.
 */
static int learn(blocks *s, const h9_reader *r, const h9_block *b, h9_error *e) {
  int rc = H9_OK;
  if (b->kind == H9_BLOCK_HEADER || b->kind == H9_BLOCK_POPULATIONS)
    rc = h9_network_decode_head(b, &s->net, e);
  if (b->kind == H9_BLOCK_PROJECTIONS) rc = h9_projections_decode(&s->net, b, e);
  return rc == H9_EDATA ? h9_reader_fail_at(r, b, e) : rc;
}

static int all_of(blocks *s, h9_reader *r, int fd, h9_error *e) {
  h9_view *v = s->v;
  h9_block b;
  int rc = h9_view_columns(v, "block,offset,kind,count,stored,raw,ratio,of,range,first,last,digest", known,
                           sizeof known / sizeof known[0], -1, &s->names, s->code, &s->n, e);
  if (rc == H9_OK) rc = h9_view_begin(v, &s->table, s->names, s->n, e);
  while (rc == H9_OK && v->rows < v->head && (rc = h9_reader_next(r, &b, e)) == H9_OK) {
    rc = learn(s, r, &b, e);
    v->rows++;
    if (v->count) continue;
    extent x = extent_of(&s->net, &b);
    put_row(s, &b, &x); /* one that could not be learnt from is shown, too */
    h9_error late = {0};
    if (h9_view_flush(v, h9_input_live(fd), &late) != H9_OK && rc == H9_OK) {
      *e = late;
      rc = e->code;
    }
  }
  if (rc != H9_OK && rc != H9_EOF) return rc;
  return v->count ? h9_view_put_count(v, v->rows, e) : h9_view_flush(v, true, e);
}

int h9_view_blocks(h9_view *v, int fd, const char *name, h9_error *e) {
  blocks s = {.v = v};
  h9_reader *r;
  int rc = h9_reader_open(&r, fd, name, H9_WANT_ALL, v->threads, e);
  if (rc != H9_OK) return rc;
  h9_reader_hand_all(r);
  rc = all_of(&s, r, fd, e);
  h9_view_names_free(s.names, s.n);
  h9_table_release(&s.table);
  h9_network_release(&s.net);
  h9_reader_close(r);
  return rc;
}

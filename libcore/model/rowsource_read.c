/* Groups from a stream's connections blocks. A group is the blocks of all materialised projections
 * that leave one population, for one range of its sources, in order of projections; ranges
 * follow each other without gaps. Anything else is damage or an unfinished network. */
#include "rowsource_parts.h"

#include <stdlib.h>

static int advance(h9_rowsource *s, h9_error *e) {
  int rc = h9_reader_next(s->reader, s->block, e);
  if (rc != H9_EOF) return rc;
  *s->ended = true;
  return H9_OK;
}

/* Takes the next block into the task; it must hold `projection`, from at_source on. */
static int take_block(h9_rowsource *s, h9_task *t, uint32_t projection, h9_error *e) {
  char text[400];
  h9_projection_text(s->net, projection, text);
  if (*s->ended || s->block->kind != H9_BLOCK_CONNECTIONS)
    return h9_fail(e, H9_EDATA, "%s: connections end with %s, expected those of %s from source %u on",
                   h9_reader_name(s->reader), *s->ended ? "the stream" : h9_block_kind_name(s->block->kind),
                   text, s->at_source + 1);
  uint32_t found, first, n;
  int rc = h9_rows_peek(s->block, &found, &first, &n, e);
  if (rc != H9_OK) return h9_reader_fail_at(s->reader, s->block, e);
  uint32_t left = s->net->populations[t->range.population].count - s->at_source;
  if (found != projection || first != s->at_source || n == 0 || n > left || (t->n > 0 && n != t->range.n)) {
    h9_fail(e, H9_EDATA, "sources %u to %llu of projection %u, expected %s %u sources from %u on of %s",
            first + 1, (unsigned long long)first + n, found + 1, t->n > 0 ? "exactly" : "at most",
            t->n > 0 ? t->range.n : left, s->at_source + 1, text);
    return h9_reader_fail_at(s->reader, s->block, e);
  }
  t->range.n = n;
  if (t->n == t->cap) {
    uint32_t cap = t->cap ? 2 * t->cap : 8;
    h9_block *b = realloc(t->block, cap * sizeof *b);
    if (!b) return h9_fail_memory(e, cap * sizeof *b, "connections blocks");
    t->block = b;
    t->cap = cap;
  }
  h9_reader_keep(s->reader, s->block);
  t->block[t->n++] = *s->block;
  return advance(s, e);
}

int h9_task_take(h9_rowsource *s, uint64_t ordinal, h9_task *t, h9_error *e) {
  if (!s->reader) {
    if (ordinal >= s->n_ranges) return H9_EOF;
    t->range = s->range[ordinal];
    return H9_OK;
  }
  while (
      s->at_population < s->net->n_populations &&
      (s->leaving[s->at_population].n == 0 || s->at_source >= s->net->populations[s->at_population].count)) {
    s->at_population++;
    s->at_source = 0;
  }
  if (s->at_population >= s->net->n_populations) return H9_EOF;
  const h9_leaving *l = &s->leaving[s->at_population];
  if (!l->from_blocks) t->range = s->range[s->at_range++];
  else {
    t->range = (h9_range){s->at_population, s->at_source, 0};
    for (uint32_t i = 0; i < l->n; i++) {
      if (!s->net->projections[l->projection[i]].materialised) continue;
      int rc = take_block(s, t, l->projection[i], e);
      if (rc != H9_OK) {
        h9_task_drop(t);
        return rc;
      }
    }
  }
  s->at_source += t->range.n;
  return H9_OK;
}

int h9_task_decode(h9_rowsource *s, const h9_task *t, uint32_t i, h9_rows *rows, h9_error *e) {
  int rc = h9_rows_decode(s->net, &t->block[i], rows, e);
  if (rc == H9_EDATA) h9_reader_fail_at(s->reader, &t->block[i], e);
  return rc;
}

void h9_task_drop(h9_task *t) {
  for (uint32_t i = 0; i < t->n; i++) free((void *)t->block[i].body);
  t->n = 0;
}
void h9_task_release(h9_task *t) {
  h9_task_drop(t);
  free(t->block);
  *t = (h9_task){0};
}

int h9_rowsource_finish(h9_rowsource *s, h9_error *e) {
  if (*s->ended || s->block->kind != H9_BLOCK_CONNECTIONS) return H9_OK;
  h9_fail(e, H9_EDATA,
          "connections after the last source of the last projection that has them in the stream");
  return h9_reader_fail_at(s->reader, s->block, e);
}

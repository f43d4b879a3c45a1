/* Small blocks: provenance, metrics, recorded state. */
#include "codec_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- texts longer than a name ---- */

enum { TEXT_MAX = 1 << 20 };

static void text_put(h9_buf *b, const char *s) {
  size_t n = s ? strlen(s) : 0;
  if (n > TEXT_MAX) n = TEXT_MAX;
  h9_buf_put32(b, (uint32_t)n);
  h9_buf_put(b, s, n);
}

static char *text_get(h9_bytes *c) {
  uint32_t n = h9_bytes_get32(c);
  if (n > TEXT_MAX) c->failed = true;
  const unsigned char *p = h9_bytes_take(c, n);
  char *s = NULL;
  if (!p || memchr(p, 0, n) || !(s = malloc((size_t)n + 1))) {
    c->failed = true;
    return NULL;
  }
  memcpy(s, p, n);
  s[n] = 0;
  return s;
}

/* ---- provenance ---- */

enum { PARENTS_MAX = 8 };

int h9_provenance_write(h9_writer *w, const h9_provenance *p, h9_error *e) {
  h9_buf b = {0};
  h9_buf_put_name(&b, p->program);
  h9_buf_put_name(&b, p->version);
  text_put(&b, p->options);
  text_put(&b, p->label);
  h9_buf_put64(&b, p->seed);
  h9_buf_put32(&b, p->n_parents);
  for (uint32_t i = 0; i < p->n_parents; i++) {
    h9_buf_put64(&b, p->output_of_parents[i].lo);
    h9_buf_put64(&b, p->output_of_parents[i].hi);
  }
  return h9_body_write(w, H9_BLOCK_PROVENANCE, 1, &b, e);
}

int h9_provenance_decode(const h9_block *b, h9_provenance *p, h9_error *e) {
  h9_bytes c;
  int rc = h9_body_begin(b, &c, e);
  if (rc != H9_OK) return rc;
  *p = (h9_provenance){0};
  if (b->count != 1) return h9_fail(e, H9_EDATA, "%llu entries, expected 1", (unsigned long long)b->count);
  p->program = h9_bytes_get_name(&c);
  p->version = h9_bytes_get_name(&c);
  p->options = text_get(&c);
  p->label = text_get(&c);
  p->seed = h9_bytes_get64(&c);
  p->n_parents = h9_bytes_get32(&c);
  if (p->n_parents > PARENTS_MAX) {
    rc = h9_fail(e, H9_EDATA, "%u parents, expected at most %d", p->n_parents, PARENTS_MAX);
    h9_provenance_release(p);
    return rc;
  }
  for (uint32_t i = 0; i < p->n_parents; i++) {
    p->output_of_parents[i].lo = h9_bytes_get64(&c);
    p->output_of_parents[i].hi = h9_bytes_get64(&c);
  }
  rc = h9_body_end(&c, "provenance", e);
  if (rc == H9_OK && !h9_name_is_fine(p->program))
    rc = h9_fail(e, H9_EDATA, "its program has no name that can be shown");
  if (rc != H9_OK) h9_provenance_release(p);
  return rc;
}

void h9_provenance_release(h9_provenance *p) {
  free(p->program);
  free(p->version);
  free(p->options);
  free(p->label);
  *p = (h9_provenance){0};
}

bool h9_provenance_same(const h9_provenance *a, const h9_provenance *b) {
  return a->seed == b->seed && a->n_parents == b->n_parents && strcmp(a->program, b->program) == 0 &&
         strcmp(a->version, b->version) == 0 && strcmp(a->options, b->options) == 0 &&
         strcmp(a->label, b->label) == 0 &&
         memcmp(a->output_of_parents, b->output_of_parents, a->n_parents * sizeof *a->output_of_parents) == 0;
}

/* ---- metrics ---- */

int h9_metrics_write(h9_writer *w, const char *program, const h9_metrics *m, h9_error *e) {
  h9_buf b = {0};
  h9_buf_put_name(&b, program);
  for (uint32_t i = 0; i < m->n; i++) {
    h9_buf_put_name(&b, m->item[i].name);
    h9_buf_put_f64(&b, m->item[i].value);
  }
  return h9_body_write(w, H9_BLOCK_METRICS, m->n, &b, e);
}

/* A name into a fixed array; false where it does not fit or cannot be shown. */
static bool name_copy(h9_bytes *c, char out[64]) {
  char *s = h9_bytes_get_name(c);
  bool fine = s && strlen(s) < 64 && h9_name_is_fine(s);
  snprintf(out, 64, "%s", fine ? s : "");
  free(s);
  return fine;
}

int h9_metrics_decode(const h9_block *b, char program[64], h9_metrics *m, h9_error *e) {
  h9_bytes c;
  int rc = h9_body_begin(b, &c, e);
  if (rc != H9_OK) return rc;
  const uint32_t most = sizeof m->item / sizeof m->item[0];
  m->n = 0;
  if (b->count > most)
    return h9_fail(e, H9_EDATA, "%llu measurements, expected at most %u", (unsigned long long)b->count, most);
  if (!name_copy(&c, program)) return h9_fail(e, H9_EDATA, "its program has no name of at most 63 letters");
  for (uint32_t i = 0; i < b->count; i++) {
    if (!name_copy(&c, m->item[i].name))
      return h9_fail(e, H9_EDATA, "measurement %u has no name of at most 63 letters", i + 1);
    m->item[i].value = h9_bytes_get_f64(&c);
  }
  m->n = (uint32_t)b->count;
  return h9_body_end(&c, "metrics", e);
}

/* Neuron ids in ascending order. */
static int ids_get(h9_bytes *c, h9_id *id, uint32_t n, uint32_t n_neurons, h9_error *e) {
  h9_bytes_get_u32s(c, id, n);
  for (uint32_t i = 0; i < n; i++) {
    h9_id low = i ? id[i - 1] + 1 : 1;
    if (id[i] < low || id[i] > n_neurons)
      return h9_fail(e, H9_EDATA, "id %u, expected %u to %u", id[i], low, n_neurons);
  }
  return H9_OK;
}

/* ---- state ---- */

enum { WIDE = 1 };

int h9_state_encode(const h9_state *s, h9_buf *b) {
  size_t n = (size_t)s->n_times * h9_state_width(s);
  h9_buf_put_name(b, s->variable);
  h9_buf_put_name(b, s->unit);
  h9_buf_put_name(b, s->of ? s->of : "");
  h9_buf_put64(b, (uint64_t)s->first);
  h9_buf_put32(b, s->interval);
  h9_buf_put32(b, s->n_times);
  h9_buf_put32(b, s->n_ids);
  h9_buf_put32(b, s->wide ? WIDE : 0);
  h9_buf_put_u32s(b, s->id, s->n_ids);
  unsigned char *out = h9_buf_extend(b, n * (s->wide ? 8 : 4));
  for (size_t i = 0; out && i < n; i++) {
    float narrow = (float)s->sample[i];
    if (s->wide) h9_store_f64(out + 8 * i, s->sample[i]);
    else memcpy(out + 4 * i, &narrow, 4);
  }
  return b->failed ? H9_ESYSTEM : H9_OK;
}

static int state_decode(h9_bytes *c, uint64_t count, uint32_t n_neurons, h9_state *s, h9_error *e) {
  s->variable = h9_bytes_get_name(c);
  s->unit = h9_bytes_get_name(c);
  s->of = h9_bytes_get_name(c);
  s->first = (h9_step)h9_bytes_get64(c);
  s->interval = h9_bytes_get32(c);
  s->n_times = h9_bytes_get32(c);
  s->n_ids = h9_bytes_get32(c);
  uint32_t flags = h9_bytes_get32(c);
  if (c->failed || !h9_name_is_fine(s->variable))
    return h9_fail(e, H9_EDATA, "cut, or without a variable's name");
  if (s->interval == 0 || flags > WIDE)
    return h9_fail(e, H9_EDATA, "%s: interval %u and flags 0x%x, expected 1 or more and 0 or 1", s->variable,
                   s->interval, flags);
  s->wide = flags & WIDE;
  if (s->of && *s->of && s->n_ids)
    return h9_fail(e, H9_EDATA, "%s of %s: found %u neurons, expected none", s->variable, s->of, s->n_ids);
  uint64_t n = (uint64_t)s->n_times * h9_state_width(s);
  size_t each = s->wide ? 8 : 4, left = h9_bytes_left(c);
  if (n != count || s->n_ids > left / 4 || n > left / each || left != (size_t)s->n_ids * 4 + n * each)
    return h9_fail(e, H9_EDATA, "%s: %zu bytes for %u times of %u neurons, %llu samples", s->variable, left,
                   s->n_times, s->n_ids, (unsigned long long)count);
  s->id = malloc(((size_t)s->n_ids + 1) * sizeof *s->id);
  s->sample = malloc((n + 1) * sizeof *s->sample);
  if (!s->id || !s->sample)
    return h9_fail_memory(e, s->n_ids * sizeof *s->id + n * sizeof *s->sample, "samples");
  int rc = ids_get(c, s->id, s->n_ids, n_neurons, e);
  if (rc != H9_OK) return rc;
  const unsigned char *in = h9_bytes_take(c, n * each);
  for (uint64_t i = 0; i < n; i++) {
    float narrow;
    if (s->wide) s->sample[i] = h9_load_f64(in + 8 * i);
    else {
      memcpy(&narrow, in + 4 * i, 4);
      s->sample[i] = (double)narrow;
    }
    if (!isfinite(s->sample[i]))
      return h9_fail(e, H9_EDATA, "%s: sample %llu is not finite", s->variable, (unsigned long long)(i + 1));
  }
  return h9_body_end(c, "samples", e);
}

int h9_state_decode(const h9_block *b, uint32_t n_neurons, h9_state *s, h9_error *e) {
  h9_bytes c;
  *s = (h9_state){0};
  int rc = h9_body_begin(b, &c, e);
  if (rc == H9_OK) rc = state_decode(&c, b->count, n_neurons, s, e);
  if (rc != H9_OK) h9_state_release(s);
  return rc;
}

void h9_state_release(h9_state *s) {
  free(s->variable);
  free(s->unit);
  free(s->of);
  free(s->id);
  free(s->sample);
  *s = (h9_state){0};
}

/* Neurons: columns of a range of one population. */
#include "codec_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NEURONS_HEAD = 16, NEURONS_A_BLOCK = 65536 };

uint32_t h9_population_columns(const h9_network *net, const h9_population *p) {
  uint32_t n = p->placed ? (uint32_t)net->dimensions : 0;
  for (uint32_t i = 0; i < p->n_values; i++) n += p->values[i].varies;
  return n;
}

int h9_neurons_write(h9_writer *w, const h9_network *net, uint32_t p, uint32_t first, uint32_t n,
                     const float *x, const float *y, const float *z, const float *const *columns,
                     h9_error *e) {
  h9_buf b = {0};
  const h9_population *pop = &net->populations[p];
  const float *axis[3] = {x, y, z};
  uint32_t n_columns = h9_population_columns(net, pop),
           coordinates = pop->placed ? (uint32_t)net->dimensions : 0;
  h9_buf_put32(&b, p);
  h9_buf_put32(&b, first);
  h9_buf_put32(&b, n_columns);
  h9_buf_put32(&b, 0);
  for (uint32_t k = 0; k < n_columns; k++)
    h9_buf_put_f32s(&b, k < coordinates ? axis[k] : columns[k - coordinates], n);
  return h9_body_write(w, H9_BLOCK_NEURONS, n, &b, e);
}

int h9_network_write_neurons(h9_writer *w, const h9_network *net, h9_error *e) {
  int rc = H9_OK;
  for (uint32_t p = 0; rc == H9_OK && p < net->n_populations; p++) {
    const h9_population *pop = &net->populations[p];
    uint32_t n_columns = h9_population_columns(net, pop), step = NEURONS_A_BLOCK;
    if (n_columns == 0) continue;
    const float **columns = malloc((pop->n_values + 1) * sizeof *columns);
    if (!columns) return h9_fail_memory(e, pop->n_values * sizeof *columns, "columns");
    while (step > 1 && (uint64_t)step * n_columns * sizeof(float) > H9_BLOCK_BYTES_MAX / 2) step /= 2;
    for (uint32_t first = 0, n; rc == H9_OK && first < pop->count; first += n) {
      n = pop->count - first < step ? pop->count - first : step;
      size_t at = pop->first - 1 + (size_t)first;
      for (uint32_t k = 0, c = 0; k < pop->n_values; k++)
        if (pop->values[k].varies) columns[c++] = pop->values[k].column + first;
      rc = h9_neurons_write(w, net, p, first, n, net->x ? net->x + at : NULL, net->y ? net->y + at : NULL,
                            net->z ? net->z + at : NULL, columns, e);
    }
    free(columns);
  }
  return rc;
}

static bool all_finite(const float *v, size_t n, size_t *where) {
  uint32_t bad = 0;
  for (size_t i = 0; i < n; i++) { /* exponent all ones: no branch, so that it runs in vectors */
    uint32_t u;
    memcpy(&u, &v[i], 4);
    bad |= (u & UINT32_C(0x7f800000)) == UINT32_C(0x7f800000);
  }
  if (!bad) return true;
  for (*where = 0; isfinite(v[*where]);) ++*where;
  return false;
}

int h9_neurons_decode(const h9_network *net, const h9_block *b, h9_neurons *n, h9_error *e) {
  h9_bytes c;
  int rc = h9_body_begin(b, &c, e);
  if (rc != H9_OK) return rc;
  uint32_t population = h9_bytes_get32(&c), first = h9_bytes_get32(&c), n_columns = h9_bytes_get32(&c),
           reserved = h9_bytes_get32(&c);
  if (c.failed) return h9_fail(e, H9_EDATA, "%zu bytes, expected at least %d", b->len, NEURONS_HEAD);
  if (population >= net->n_populations)
    return h9_fail(e, H9_EDATA, "population %u, expected below %u", population, net->n_populations);
  const h9_population *p = &net->populations[population];
  uint32_t expected = h9_population_columns(net, p);
  if (n_columns != expected || reserved)
    return h9_fail(e, H9_EDATA, "population '%s': %u columns (reserved 0x%x), expected %u (0)", p->name,
                   n_columns, reserved, expected);
  if (n_columns == 0 || b->count == 0)
    return h9_fail(e, H9_EDATA, "population '%s': %llu neurons of %u columns, expected at least one of each",
                   p->name, (unsigned long long)b->count, n_columns);
  if (first >= p->count || b->count > p->count - first)
    return h9_fail(e, H9_EDATA, "population '%s': neurons %u to %llu, expected within 1 to %u", p->name,
                   first + 1, (unsigned long long)first + b->count, p->count);
  if (h9_bytes_left(&c) / 4 / n_columns != b->count || h9_bytes_left(&c) != b->count * 4 * n_columns)
    return h9_fail(e, H9_EDATA, "population '%s': %zu bytes for %llu neurons of %u columns, expected %llu",
                   p->name, h9_bytes_left(&c), (unsigned long long)b->count, n_columns,
                   (unsigned long long)b->count * 4 * n_columns);
  uint32_t coordinates = p->placed ? (uint32_t)net->dimensions : 0;
  size_t pointers = (n_columns - coordinates + 1) * sizeof(float *), need = h9_bytes_left(&c);
  if (pointers + need > n->capacity) {
    free(n->memory);
    n->capacity = 0;
    n->memory = malloc(pointers + need);
    if (!n->memory) return h9_fail_memory(e, pointers + need, "neurons");
    n->capacity = pointers + need;
  }
  n->columns = n->memory;
  float *at = (float *)((char *)n->memory + pointers);
  memcpy(at, b->body + NEURONS_HEAD, need);
  n->population = population;
  n->first = first;
  n->n = (uint32_t)b->count;
  n->n_columns = n_columns - coordinates;
  n->x = coordinates > 0 ? at : NULL;
  n->y = coordinates > 1 ? at + n->n : NULL;
  n->z = coordinates > 2 ? at + 2 * (size_t)n->n : NULL;
  for (uint32_t k = 0; k < n->n_columns; k++) n->columns[k] = at + (size_t)(coordinates + k) * n->n;
  size_t where;
  if (!all_finite(at, (size_t)n->n * n_columns, &where))
    return h9_fail(e, H9_EDATA, "neuron %u: column %zu holds %g, expected a finite number",
                   (uint32_t)(p->first + first + where % n->n), where / n->n + 1, (double)at[where]);
  return H9_OK;
}

void h9_neurons_release(h9_neurons *n) {
  free(n->memory);
  *n = (h9_neurons){0};
}

/* Past populations that are finished or have no columns. */
static void order_settle(const h9_network *net, h9_neurons_order *o) {
  while (o->population < net->n_populations &&
         (o->next >= net->populations[o->population].count ||
          h9_population_columns(net, &net->populations[o->population]) == 0)) {
    o->population++;
    o->next = 0;
  }
}

int h9_neurons_follow(const h9_network *net, h9_neurons_order *o, uint32_t population, uint32_t first,
                      uint32_t n, h9_error *e) {
  o->begun = true;
  order_settle(net, o);
  if (o->population >= net->n_populations)
    return h9_fail(e, H9_EDATA, "neurons after the last one of the last population");
  if (population != o->population || first != o->next)
    return h9_fail(e, H9_EDATA, "neuron %u of population '%s', expected neuron %u of '%s'", first + 1,
                   net->populations[population].name, o->next + 1, net->populations[o->population].name);
  o->next += n;
  return H9_OK;
}

int h9_neurons_complete(const h9_network *net, const h9_neurons_order *o, h9_error *e) {
  h9_neurons_order at = *o;
  order_settle(net, &at);
  if (!o->begun || at.population >= net->n_populations) return H9_OK;
  return h9_fail(e, H9_EDATA, "neurons end before neuron %u of population '%s'", at.next + 1,
                 net->populations[at.population].name);
}

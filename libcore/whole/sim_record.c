/* Recording: spikes of an interval are appended as they come, and sorted by (step, id) once a batch. */
#include "sim_parts.h"

#include <stdlib.h>
#include <string.h>

int h9_sim_record_reserve(h9_sim *s, size_t spikes, h9_error *e) {
  h9_sim_record *r = &s->record;
  if (!s->o.batch || !spikes) return H9_OK;
  if (h9_grow(&r->key, &r->cap, spikes, sizeof *r->key) != H9_OK ||
      h9_grow(&r->scratch, &r->scratch_cap, spikes, sizeof *r->scratch) != H9_OK ||
      h9_signals_reserve(&r->batch, spikes) != H9_OK)
    return h9_fail_memory(e, spikes * sizeof *r->key, "recorded spikes");
  return H9_OK;
}

int h9_sim_record_take(h9_sim *s, const h9_spike_list *list, h9_error *e) {
  h9_sim_record *r = &s->record;
  if (!s->o.batch) return H9_OK;
  uint32_t after = (uint32_t)s->o.record_from;
  if (h9_grow(&r->key, &r->cap, r->n + list->n, sizeof *r->key) != H9_OK)
    return h9_fail_memory(e, (r->n + list->n) * sizeof *r->key, "recorded spikes");
  for (size_t i = 0; i < list->n; i++)
    if ((int32_t)((uint32_t)(list->spike[i] >> 32) - after) > 0 &&
        (!s->keep || s->keep[(uint32_t)list->spike[i]]))
      r->key[r->n++] = list->spike[i];
  return H9_OK;
}

/* By the bytes that differ, least first. */
static int sort_keys(h9_sim_record *r, h9_error *e) {
  if (h9_grow(&r->scratch, &r->scratch_cap, r->n, sizeof *r->scratch) != H9_OK)
    return h9_fail_memory(e, r->n * sizeof *r->scratch, "recorded spikes");
  uint64_t differ = 0;
  for (size_t i = 1; i < r->n; i++) differ |= r->key[i] ^ r->key[0];
  for (int shift = 0; shift < 64; shift += 8) {
    if ((differ >> shift & 255) == 0) continue;
    size_t at[256] = {0}, sum = 0;
    for (size_t i = 0; i < r->n; i++) at[r->key[i] >> shift & 255]++;
    for (int b = 0; b < 256; b++) {
      size_t c = at[b];
      at[b] = sum;
      sum += c;
    }
    for (size_t i = 0; i < r->n; i++) r->scratch[at[r->key[i] >> shift & 255]++] = r->key[i];
    h9_spike *k = r->key;
    r->key = r->scratch;
    r->scratch = k;
    size_t cap = r->cap;
    r->cap = r->scratch_cap;
    r->scratch_cap = cap;
  }
  return H9_OK;
}

int h9_sim_record_flush(h9_sim *s, h9_step to, h9_error *e) {
  h9_sim_record *r = &s->record;
  if (to <= r->from) return H9_OK;
  if (!s->o.batch) {
    r->from = to;
    return H9_OK;
  }
  int rc = sort_keys(r, e);
  r->batch.n = 0;
  r->batch.from = r->from;
  r->batch.to = to;
  for (size_t i = 0; i < r->n && rc == H9_OK; i++) {
    h9_step step = to - (int32_t)((uint32_t)to - (uint32_t)(r->key[i] >> 32));
    if (h9_signals_add(&r->batch, step, (uint32_t)r->key[i] + 1) != H9_OK)
      rc = h9_fail_memory(e, r->n * 12, "recorded spikes");
  }
  r->recorded += r->n;
  r->n = 0;
  r->from = to;
  return rc == H9_OK ? s->o.batch(s->o.ctx, &r->batch, e) : rc;
}

int h9_sim_record_trace(h9_sim *s, int parity, h9_error *e) {
  h9_sim_record *r = &s->record;
  r->n_events = 0;
  for (int k = 0; k < s->o.threads; k++) {
    size_t n;
    const h9_plastic_event *v = h9_plastic_events(s->plastic, k, parity, &n);
    if (n == 0) continue;
    if (h9_grow(&r->event, &r->event_cap, r->n_events + n, sizeof *r->event) != H9_OK)
      return h9_fail_memory(e, (r->n_events + n) * sizeof *r->event, "traces of synapses");
    memcpy(r->event + r->n_events, v, n * sizeof *v);
    r->n_events += n;
  }
  h9_plastic_events_sort(r->event, r->n_events);
  return r->n_events ? s->o.trace(s->o.ctx, r->event, r->n_events, e) : H9_OK;
}

void h9_sim_record_release(h9_sim_record *r) {
  free(r->key);
  free(r->event);
  free(r->scratch);
  h9_signals_release(&r->batch);
  *r = (h9_sim_record){0};
}

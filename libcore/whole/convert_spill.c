/* Signals of an import in the order of time, however many there are: what does not fit in memory is sorted in
 * runs, which wait in a temporary file and are merged (D. E. Knuth, The Art of Computer Programming, 3, 2nd
 * edition, 1998, 5.4). */
#include "convert_parts.h"

#include "../base/io.h"
#include "../base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IN_MEMORY = 1 << 21, AT_ONCE = 4096 }; /* signals; those of a run that are read at once */

typedef struct run {
  uint64_t at, end; /* signals of the file that are yet to be read */
  uint32_t n, used; /* in memory */
  h9_import_signal *some;
} run;

struct h9_spill {
  int fd;
  uint64_t n;
  uint32_t n_runs, in_heap;
  size_t cap_runs;
  run *run;
  uint32_t *heap; /* runs, that of the earliest signal first */
  /* the signals of a step */
  h9_import_signal *step;
  size_t n_step, used, cap_step;
};

static int by_step(const void *a, const void *b) {
  const h9_import_signal *x = a, *y = b;
  return (x->step > y->step) - (x->step < y->step);
}

static int by_time(const void *a, const void *b) {
  const h9_import_signal *x = a, *y = b;
  if (x->step != y->step) return x->step < y->step ? -1 : 1;
  if (x->id != y->id) return x->id < y->id ? -1 : 1;
  if (x->priority != y->priority) return x->priority > y->priority ? -1 : 1;
  return (x->strength > y->strength) - (x->strength < y->strength);
}

static void sort(h9_import_signal *s, size_t n, int (*compare)(const void *, const void *)) {
  for (size_t i = 1; i < n; i++)
    if (compare(&s[i - 1], &s[i]) > 0) {
      qsort(s, n, sizeof *s, compare);
      return;
    }
}

/* ---- on the way in ---- */

/* What must be known of signals that memory no longer holds. */
static int look(h9_import *m, size_t from, h9_error *e) {
  for (size_t i = from; i < m->n_signals; i++) {
    const h9_import_signal *s = &m->signal[i];
    if (s->step < m->first || m->n_all_signals == 0) m->first = s->step;
    if (s->step > m->last || m->n_all_signals == 0) m->last = s->step;
    m->n_all_signals++;
    if (!m->raw || !m->local) {
      m->largest_id = s->id > m->largest_id ? s->id : m->largest_id;
      continue;
    }
    size_t before = m->cap_most;
    if (h9_grow(&m->most, &m->cap_most, s->population + (size_t)1, sizeof *m->most) != H9_OK)
      return h9_fail_memory(e, sizeof *m->most, "populations");
    memset(m->most + before, 0, (m->cap_most - before) * sizeof *m->most);
    if (s->id > m->most[s->population]) m->most[s->population] = s->id;
  }
  return H9_OK;
}

static int spill(h9_import *m, h9_error *e) {
  struct h9_spill *x = m->spill;
  if (!x) {
    x = m->spill = calloc(1, sizeof *x);
    if (!x) return h9_fail_memory(e, sizeof *x, "signals");
    x->fd = -1;
    int rc = h9_temporary_open(&x->fd, e);
    if (rc != H9_OK) return rc;
  }
  if (h9_grow(&x->run, &x->cap_runs, x->n_runs + (size_t)1, sizeof *x->run) != H9_OK)
    return h9_fail_memory(e, sizeof *x->run, "signals");
  sort(m->signal, m->n_signals, by_step);
  int rc = h9_write_full(x->fd, m->signal, m->n_signals * sizeof *m->signal, e);
  if (rc != H9_OK) return h9_fail_at(e, "a temporary file");
  x->run[x->n_runs++] = (run){.at = x->n, .end = x->n + m->n_signals};
  x->n += m->n_signals;
  m->n_signals = 0;
  return H9_OK;
}

int h9_import_signals_added(h9_import *m, size_t n, h9_error *e) {
  m->raw = !m->settled;
  int rc = look(m, m->n_signals - n, e);
  return rc == H9_OK && m->n_signals >= IN_MEMORY ? spill(m, e) : rc;
}

/* ---- on the way out ---- */

static h9_id settled_id(const h9_import *m, const h9_import_signal *s) {
  if (!m->raw) return s->id;
  if (m->local) return m->net.populations[h9_labelmap_rank_of(m->local, s->population)].first + s->id - 1;
  return m->labels ? m->id_of[s->id] : s->id;
}

static int fill(struct h9_spill *x, run *r, h9_error *e) {
  uint64_t n = r->end - r->at < AT_ONCE ? r->end - r->at : AT_ONCE;
  size_t bytes = n * sizeof *r->some;
  for (size_t done = 0; done < bytes;) {
    ssize_t got = pread(x->fd, (char *)r->some + done, bytes - done, (off_t)(r->at * sizeof *r->some + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return h9_fail_sys(e, H9_EIO, got ? errno : EIO, "a temporary file: cannot read");
    done += (size_t)got;
  }
  r->at += n;
  r->n = (uint32_t)n;
  r->used = 0;
  return H9_OK;
}

static h9_step earliest(const struct h9_spill *x, uint32_t k) {
  const run *r = &x->run[x->heap[k]];
  return r->some[r->used].step;
}

static void sift(struct h9_spill *x, uint32_t k) {
  for (uint32_t child; (child = 2 * k + 1) < x->in_heap; k = child) {
    if (child + 1 < x->in_heap && earliest(x, child + 1) < earliest(x, child)) child++;
    if (earliest(x, k) <= earliest(x, child)) return;
    uint32_t other = x->heap[k];
    x->heap[k] = x->heap[child];
    x->heap[child] = other;
  }
}

int h9_import_signals_begin(h9_import *m, h9_error *e) {
  struct h9_spill *x = m->spill;
  m->next_signal = 0;
  if (!x) {
    for (size_t i = 0; i < m->n_signals; i++) m->signal[i].id = settled_id(m, &m->signal[i]);
    sort(m->signal, m->n_signals, by_time);
    return H9_OK;
  }
  int rc = H9_OK;
  if (m->n_signals) rc = spill(m, e);
  free(m->signal);
  m->signal = NULL;
  m->cap_signals = 0;
  x->heap = rc == H9_OK ? malloc(x->n_runs * sizeof *x->heap) : NULL;
  if (rc == H9_OK && !x->heap) rc = h9_fail_memory(e, x->n_runs * sizeof *x->heap, "signals");
  for (uint32_t i = 0; i < x->n_runs && rc == H9_OK; i++) {
    x->run[i].some = malloc(AT_ONCE * sizeof *x->run[i].some);
    rc = x->run[i].some ? fill(x, &x->run[i], e)
                        : h9_fail_memory(e, AT_ONCE * sizeof *x->run[i].some, "signals");
    x->heap[x->in_heap++] = i;
  }
  for (uint32_t k = x->in_heap / 2; k-- > 0 && rc == H9_OK;) sift(x, k);
  return rc;
}

/* All signals of the next step, with ids, in their order. */
static int next_step(h9_import *m, h9_error *e) {
  struct h9_spill *x = m->spill;
  if (x->in_heap == 0) return H9_EOF;
  h9_step step = earliest(x, 0);
  x->n_step = x->used = 0;
  while (x->in_heap > 0 && earliest(x, 0) == step) {
    run *r = &x->run[x->heap[0]];
    int rc = H9_OK;
    while (r->used < r->n && r->some[r->used].step == step && rc == H9_OK) {
      if (h9_grow(&x->step, &x->cap_step, x->n_step + 1, sizeof *x->step) != H9_OK)
        return h9_fail_memory(e, x->n_step * sizeof *x->step, "signals");
      h9_import_signal *s = &x->step[x->n_step++];
      *s = r->some[r->used++];
      s->id = settled_id(m, s);
      if (r->used == r->n && r->at < r->end) rc = fill(x, r, e);
    }
    if (rc != H9_OK) return rc;
    if (r->used == r->n) x->heap[0] = x->heap[--x->in_heap];
    sift(x, 0);
  }
  sort(x->step, x->n_step, by_time);
  return H9_OK;
}

int h9_import_signals_next(h9_import *m, const h9_import_signal **s, h9_error *e) {
  struct h9_spill *x = m->spill;
  if (!x) {
    if (m->next_signal == m->n_signals) return H9_EOF;
    *s = &m->signal[m->next_signal++];
    return H9_OK;
  }
  int rc = x->used == x->n_step ? next_step(m, e) : H9_OK;
  if (rc == H9_OK) *s = &x->step[x->used++];
  return rc;
}

void h9_spill_free(struct h9_spill *x) {
  if (!x) return;
  if (x->fd >= 0) close(x->fd);
  for (uint32_t i = 0; i < x->n_runs; i++) free(x->run[i].some);
  free(x->run);
  free(x->heap);
  free(x->step);
  free(x);
}

#include "join.h"

#include "../base/io.h"
#include "../base/memory.h"
#include "../base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Steps of a stream lie between these. */
#define STEP_MAX (INT64_C(1) << 62)

/* A stream that is read. */
typedef struct source {
  int fd;
  const char *name;
  h9_reader *reader;
  h9_network net;
  h9_block first; /* behind the head, where `held` */
  bool held, begun, ended;
  h9_signals batch;    /* times shifted */
  size_t at;           /* the next of it */
  h9_step shift, from; /* of the whole recording */
} source;

typedef struct joiner {
  h9_join *j;
  h9_writer *writer;
  source s[H9_JOIN_MAX];
  size_t n;       /* of the streams */
  h9_signals out; /* the batch being filled */
  h9_step to;     /* recorded so far */
  bool begun, strong, prioritised, formed;
  const char *form_of; /* the stream that tells whether signals have strengths and priorities */
  h9_provenance *entry;
  uint32_t n_entries;
} joiner;

/* ---- opening ---- */

static int same_network(const h9_network *a, const h9_network *b, const char *first, const char *name,
                        h9_error *e) {
  if (a->dt != b->dt)
    return h9_fail(e, H9_EUSAGE, "%s: found dt %.17g ms, expected %.17g ms as in %s", name, b->dt, a->dt,
                   first);
  if (a->n_populations != b->n_populations)
    return h9_fail(e, H9_EUSAGE, "%s: found %u populations, expected %u as in %s", name, b->n_populations,
                   a->n_populations, first);
  for (uint32_t i = 0; i < a->n_populations; i++) {
    const h9_population *p = &a->populations[i], *q = &b->populations[i];
    if (p->count != q->count || strcmp(p->name, q->name) != 0 || strcmp(p->model, q->model) != 0)
      return h9_fail(e, H9_EUSAGE, "%s: found population '%s' of %u %s, expected '%s' of %u %s as in %s",
                     name, q->name, q->count, q->model, p->name, p->count, p->model, first);
  }
  return H9_OK;
}

static int shift_of(const h9_join *j, size_t i, double dt, h9_step *steps, h9_error *e) {
  *steps = 0;
  if (j->n_shift == 0) return H9_OK;
  double s = j->shift[i] / dt, near = rint(s);
  if (fabs(s - near) > 1e-6 || fabs(near) > 0x1p60)
    return h9_fail(e, H9_EUSAGE, "--shift: found %.17g ms, expected a whole number of steps of %.17g ms",
                   j->shift[i], dt);
  *steps = (h9_step)near;
  return H9_OK;
}

/* Opens stream i and reads its head. */
static int open_source(joiner *m, size_t i, const char *path, int threads, h9_error *e) {
  source *s = &m->s[i];
  int rc = h9_input_open(path, &s->fd, &s->name, e);
  if (rc != H9_OK) {
    s->fd = -1;
    return rc;
  }
  if (i == 0) rc = h9_select_locate(m->j->select, &s->fd, s->name, threads, e);
  if (rc == H9_OK)
    rc = h9_reader_open(&s->reader, s->fd, s->name,
                        1u << H9_BLOCK_SIGNALS | 1u << H9_BLOCK_STATE | 1u << H9_BLOCK_LABELS, threads, e);
  if (rc == H9_OK) rc = h9_network_read_head(s->reader, &s->net, e);
  if (rc == H9_OK && i > 0) rc = same_network(&m->s[0].net, &s->net, m->s[0].name, s->name, e);
  if (rc == H9_OK) rc = shift_of(m->j, i, s->net.dt, &s->shift, e);
  if (rc == H9_OK) rc = h9_network_read_labels(s->reader, &s->net, &s->first, e);
  s->held = rc == H9_OK;
  if (rc == H9_EOF)
    rc = h9_fail(e, H9_EUSAGE, "%s: holds no recording of signals, expected a stream as hal9-step writes it",
                 s->name);
  if (rc != H9_OK || i > 0) return rc;
  m->j->seed = s->net.seed;
  rc = h9_select_resolve(m->j->select, &s->net, e);
  return rc == H9_OK ? h9_network_write_head(m->writer, &s->net, e) : rc;
}

static void close_source(source *s) {
  if (s->reader) h9_reader_close(s->reader);
  if (s->fd > STDIN_FILENO) close(s->fd);
  h9_signals_release(&s->batch);
  s->reader = NULL;
  s->fd = -1;
}

/* ---- what is not signals ---- */

/* Takes an entry over, unless a stream before had it. */
static int keep_entry(joiner *m, h9_provenance *p, h9_error *e) {
  for (uint32_t i = 0; i < m->n_entries; i++) {
    if (h9_provenance_same(&m->entry[i], p)) {
      h9_provenance_release(p);
      return H9_OK;
    }
  }
  h9_provenance *grown = realloc(m->entry, (m->n_entries + 1) * sizeof *grown);
  if (!grown) {
    h9_provenance_release(p);
    return h9_fail_memory(e, (m->n_entries + 1) * sizeof *grown, "provenance");
  }
  m->entry = grown;
  m->entry[m->n_entries++] = *p;
  return H9_OK;
}

static int put_state(joiner *m, const source *s, const h9_block *b, h9_error *e) {
  h9_state d = {0};
  h9_buf body = {0};
  int rc = h9_state_decode(b, s->net.n_neurons, &d, e);
  if (rc != H9_OK) return rc == H9_EDATA ? h9_reader_fail_at(s->reader, b, e) : rc;
  d.first += s->shift;
  h9_select_state(m->j->select, &m->s[0].net, &d);
  uint64_t n = (uint64_t)d.n_times * h9_state_width(&d);
  if (n > 0) {
    if (h9_state_encode(&d, &body) != H9_OK) rc = h9_fail_memory(e, body.len, "state");
    else rc = h9_writer_block(m->writer, H9_BLOCK_STATE, n, &body, e);
    m->j->samples += n;
  }
  h9_buf_release(&body);
  h9_state_release(&d);
  return rc;
}

/* ---- batches ---- */

/* The batch so far, as all signals up to step `to`. */
static int flush(joiner *m, h9_step to, h9_error *e) {
  h9_buf body = {0};
  m->out.to = to;
  h9_signals_encode(&m->out, &body);
  m->j->signals += m->out.n;
  int rc = h9_writer_block(m->writer, H9_BLOCK_SIGNALS, m->out.n, &body, e);
  m->out.n = 0;
  m->out.from = to;
  m->out.strength_bytes = 0;
  return rc;
}

/* ---- reading ---- */

/* Signals of a batch all have strengths, or none; the same for priorities. One after another such batches may
 * change, but not side by side, where both would have signals in the same step. */
static int form(joiner *m, const source *s, h9_error *e) {
  const h9_signals *g = &s->batch;
  bool strong = g->strength_bytes > 0, other_strength = m->formed && m->strong != strong;
  if (other_strength || (m->formed && m->prioritised != g->prioritised)) {
    if (m->j->merge && m->n > 1)
      return h9_fail(e, H9_EUSAGE, "%s: found signals %s %s, expected %s as in %s", s->name,
                     (other_strength ? strong : g->prioritised) ? "with" : "without",
                     other_strength ? "strengths" : "priorities",
                     (other_strength ? strong : g->prioritised) ? "none" : "some", m->form_of);
    if (m->out.n > 0 && flush(m, m->out.step[m->out.n - 1], e) != H9_OK) return e->code;
  }
  m->strong = strong;
  m->prioritised = g->prioritised;
  m->form_of = s->name;
  m->formed = true;
  return H9_OK;
}

/* Times as the result has them; follows the batch before. */
static int take_batch(joiner *m, source *s, const h9_block *b, h9_error *e) {
  h9_step before = s->batch.to;
  int rc = h9_signals_decode(b, s->net.n_neurons, &s->batch, e);
  h9_signals *g = &s->batch;
  if (rc != H9_OK) return rc == H9_EDATA ? h9_reader_fail_at(s->reader, b, e) : rc;
  if (llabs(g->from + s->shift) > STEP_MAX || llabs(g->to + s->shift) > STEP_MAX)
    return h9_fail(e, H9_EUSAGE, "%s: --shift moves it beyond the steps that a stream can have", s->name);
  g->from += s->shift;
  g->to += s->shift;
  for (size_t i = 0; i < g->n && s->shift; i++) g->step[i] += s->shift;
  if (s->begun && g->from != before) {
    h9_fail(e, H9_EDATA, "a batch after step %lld, expected one after step %lld, where the last one ended",
            (long long)(g->from - s->shift), (long long)(before - s->shift));
    return h9_reader_fail_at(s->reader, b, e);
  }
  if (!s->begun) s->from = g->from;
  s->begun = true;
  s->at = 0;
  return g->n > 0 ? form(m, s, e) : H9_OK;
}

/* Up to the next batch of signals, or the end. */
static int advance(joiner *m, source *s, h9_error *e) {
  h9_block b = s->first;
  int rc = s->held ? H9_OK : h9_reader_next(s->reader, &b, e);
  s->held = false;
  for (; rc == H9_OK; rc = rc == H9_OK ? h9_reader_next(s->reader, &b, e) : rc) {
    if (b.kind == H9_BLOCK_SIGNALS) return take_batch(m, s, &b, e);
    if (b.kind == H9_BLOCK_STATE) rc = put_state(m, s, &b, e);
    if (b.kind != H9_BLOCK_PROVENANCE) continue;
    h9_provenance p = {0};
    rc = h9_provenance_decode(&b, &p, e);
    if (rc == H9_EDATA) h9_reader_fail_at(s->reader, &b, e);
    if (rc == H9_OK) rc = keep_entry(m, &p, e);
  }
  if (rc != H9_EOF) return rc;
  s->ended = true;
  m->j->parent[s - m->s] = h9_reader_hash(s->reader);
  if (!s->begun)
    return h9_fail(e, H9_EUSAGE,
                   "%s: holds no recording of signals, expected a stream as hal9-step writes it", s->name);
  return H9_OK;
}

/* ---- joining ---- */

static int put_signal(joiner *m, source *s, h9_error *e) {
  const h9_select *sel = m->j->select;
  const h9_signals *g = &s->batch;
  size_t i = s->at++;
  h9_signals *o = &m->out;
  if (sel->timed && (g->step[i] <= sel->after_step || g->step[i] > sel->until_step)) return H9_OK;
  if (!h9_select_has(sel, &m->s[0].net, g->id[i])) return H9_OK;
  if (o->n >= m->j->batch && o->step[o->n - 1] != g->step[i] && flush(m, o->step[o->n - 1], e) != H9_OK)
    return e->code;
  if (g->strength_bytes > o->strength_bytes) o->strength_bytes = g->strength_bytes;
  o->prioritised = g->prioritised;
  if (h9_signals_add_strong(o, g->step[i], g->id[i], g->strength_bytes ? g->strength[i] : 0,
                            g->prioritised ? g->priority[i] : 0) != H9_OK)
    return h9_fail_memory(e, o->n * 21, "signals");
  return H9_OK;
}

/* The source of the next signal not after `to`: by step, id, then the order of the streams. NULL: none */
static source *next_of(source *s, size_t n, h9_step to) {
  source *best = NULL;
  for (size_t i = 0; i < n; i++) {
    const h9_signals *g = &s[i].batch;
    if (s[i].at >= g->n || g->step[s[i].at] > to) continue;
    if (!best || g->step[s[i].at] < best->batch.step[best->at] ||
        (g->step[s[i].at] == best->batch.step[best->at] && g->id[s[i].at] < best->batch.id[best->at]))
      best = &s[i];
  }
  return best;
}

static void time_text(const joiner *m, h9_step step, char text[H9_TEXT_MAX + 1]) {
  h9_multiple dt = h9_multiple_of(m->s[0].net.dt);
  *h9_text_multiple(text, &dt, step) = 0;
}

/* All of n streams that are open, from m->to on. */
static int run(joiner *m, source *s, size_t n, h9_error *e) {
  for (;;) {
    h9_step to = INT64_MAX, next = INT64_MAX;
    bool covered = false;
    for (size_t i = 0; i < n; i++) {
      if (s[i].ended) continue;
      if (s[i].batch.to < to) to = s[i].batch.to;
      if (s[i].from < next) next = s[i].from;
      covered |= s[i].from <= m->to;
    }
    if (to == INT64_MAX) return H9_OK;
    if (!covered) {
      char a[H9_TEXT_MAX + 1], b[H9_TEXT_MAX + 1];
      time_text(m, m->to, a);
      time_text(m, next, b);
      return h9_fail(e, H9_EUSAGE,
                     "nothing was recorded between %s and %s ms: the streams do not meet (see --shift)", a,
                     b);
    }
    int rc = H9_OK;
    for (source *one; rc == H9_OK && (one = next_of(s, n, to));) rc = put_signal(m, one, e);
    if (to > m->to) m->to = to;
    for (size_t i = 0; i < n && rc == H9_OK; i++)
      if (!s[i].ended && s[i].batch.to <= to && s[i].at >= s[i].batch.n) rc = advance(m, &s[i], e);
    if (rc != H9_OK) return rc;
  }
}

static void begin_at(joiner *m, h9_step from) {
  const h9_select *sel = m->j->select;
  m->to = from;
  m->out.from = sel->timed && sel->after_step > from ? sel->after_step : from;
  m->begun = true;
}

static int merge(joiner *m, char *const *path, h9_error *e) {
  int threads = m->j->threads / (int)m->n;
  h9_step from = INT64_MAX;
  int rc = H9_OK;
  for (size_t i = 0; i < m->n && rc == H9_OK; i++) {
    rc = open_source(m, i, path[i], threads > 1 ? threads : 1, e);
    if (rc == H9_OK) rc = advance(m, &m->s[i], e);
    if (rc == H9_OK && m->s[i].from < from) from = m->s[i].from;
  }
  if (rc != H9_OK) return rc;
  begin_at(m, from);
  return run(m, m->s, m->n, e);
}

static int concatenate(joiner *m, char *const *path, h9_error *e) {
  int rc = H9_OK;
  for (size_t i = 0; i < m->n && rc == H9_OK; i++) {
    source *s = &m->s[i];
    rc = open_source(m, i, path[i], m->j->threads, e);
    if (rc == H9_OK) rc = advance(m, s, e);
    if (rc != H9_OK) return rc;
    if (i == 0) begin_at(m, s->from);
    else if (s->from != m->to) {
      char a[H9_TEXT_MAX + 1], b[H9_TEXT_MAX + 1];
      time_text(m, s->from, a);
      time_text(m, m->to, b);
      return h9_fail(e, H9_EUSAGE,
                     "%s: its recording begins at %s ms, expected %s ms, where that of %s ended: %s (see %s)",
                     s->name, a, b, m->s[i - 1].name, s->from > m->to ? "there is a gap" : "they overlap",
                     s->from > m->to ? "--shift" : "--merge and --shift");
    }
    rc = run(m, s, 1, e);
    close_source(s);
  }
  return rc;
}

static int finish(joiner *m, h9_error *e) {
  const h9_select *sel = m->j->select;
  h9_step to = sel->timed && sel->until_step < m->to ? sel->until_step : m->to;
  if (m->out.from > to || (sel->timed && m->out.from >= to && m->out.n == 0 && m->j->signals == 0)) {
    char a[H9_TEXT_MAX + 1];
    time_text(m, m->to, a);
    return h9_fail(e, H9_EUSAGE, "--time: nothing was recorded then; the recording ends at %s ms", a);
  }
  int rc = H9_OK;
  if (m->out.n > 0 || m->out.from < to || m->j->signals == 0) rc = flush(m, to, e);
  for (uint32_t i = 0; i < m->n_entries && rc == H9_OK; i++)
    rc = h9_provenance_write(m->writer, &m->entry[i], e);
  return rc;
}

int h9_join_write(h9_join *j, char *const *path, size_t n, h9_writer *w, h9_error *e) {
  static char *const standard_input[] = {NULL};
  if (n == 0) {
    path = standard_input;
    n = 1;
  }
  if (n > H9_JOIN_MAX)
    return h9_fail(e, H9_EUSAGE, "found %zu streams, expected at most %d at once: join what a first run made",
                   n, H9_JOIN_MAX);
  if (j->n_shift && j->n_shift != n)
    return h9_fail(e, H9_EUSAGE, "--shift: found %zu times, expected one for each of %zu streams", j->n_shift,
                   n);
  size_t standard = 0;
  for (size_t i = 0; i < n && n > 1; i++) standard += strcmp(path[i], "-") == 0;
  if (standard > 1)
    return h9_fail(e, H9_EUSAGE, "found '-' %zu times, but there is one standard input", standard);
  joiner m = {.j = j, .writer = w, .n = n};
  j->n_parents = (uint32_t)n;
  for (size_t i = 0; i < n; i++) m.s[i].fd = -1;
  int rc = j->merge ? merge(&m, path, e) : concatenate(&m, path, e);
  if (rc == H9_OK) rc = finish(&m, e);
  for (size_t i = 0; i < n; i++) {
    close_source(&m.s[i]);
    h9_network_release(&m.s[i].net);
  }
  for (uint32_t i = 0; i < m.n_entries; i++) h9_provenance_release(&m.entry[i]);
  free(m.entry);
  h9_signals_release(&m.out);
  return rc;
}

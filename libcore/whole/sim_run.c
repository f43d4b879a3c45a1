/* The loop. In an interval, the least delay at most, no spike can act: every thread takes up the spikes that
 * all sent in the interval before, then carries its tiles through the steps, and all meet once. */
#include "sim_parts.h"

#include "../base/clock.h"
#include "../base/counters.h"
#include "../base/parallel.h"

#include <string.h>

enum { TIMED_EVERY = 16, PROGRESS_EVERY = 256 };

typedef struct lap {
  bool on;
  uint64_t at, *phase_ns;
} lap;
static inline void lap_end(lap *l, enum h9_phase p) {
  if (!l->on) return;
  uint64_t now = h9_clock_ns();
  l->phase_ns[p] += now - l->at;
  l->at = now;
}

static const _Alignas(H9_ALIGN) h9_reals no_extra;

/* Moves the wide inputs of one receptor into the extra input. */
static void add_wide(const h9_sim *s, enum h9_precision precision, int64_t *wide, uint32_t n, h9_reals *own,
                     const void **extra) {
  double unit = 1 / s->wide_scale;
  if (precision == H9_DOUBLE) s->wide_kernels->take_double(wide, n, unit, *extra, own->d);
  else s->wide_kernels->take_float(wide, n, unit, *extra, own->s);
  *extra = own;
}

/* Spikes of the chunk of n neurons from `at` on; `first`: index of the part's first neuron in the network. */
static bool send(h9_cells *cells, h9_sim_thread *th, uint32_t at, uint32_t n, h9_step now, uint32_t first,
                 h9_spike_list *sent) {
  bool room = true;
  if (at + n > cells->n) n = cells->n - at; /* without padding */
  for (uint32_t k = 0; k < n; k += H9_TILE_GRAIN) {
    uint32_t index[H9_TILE_GRAIN], m = n - k < H9_TILE_GRAIN ? n - k : H9_TILE_GRAIN;
    if (!th->fired[k / H9_TILE_GRAIN]) continue;
    if (cells->model->marks) {
      room &= h9_spike_list_count(sent, th->mark + k, m, now, first + at + k);
      continue;
    }
    m = h9_cells_fire(cells, at + k, m, now, index);
    room &= h9_spike_list_add(sent, index, m, now, first);
  }
  return room;
}

static bool update_part(h9_sim *s, h9_sim_tile *tile, h9_sim_thread *th, uint32_t t, uint32_t p, h9_step now,
                        h9_spike_list *sent, lap *l) {
  const h9_part *part = h9_tiling_part(&s->tiling, t, p);
  h9_cells *cells = &tile->cells[p];
  const h9_sim_population *pop = &s->populations[p];
  double current = pop->n_currents ? h9_sim_common_current(s, pop, now) : 0;
  uint32_t net_first = s->net->populations[p].first - 1 + part->first;
  bool room = true;
  size_t before = sent->n;
  if (cells->rest_n) h9_cells_wake(cells, now);
  for (uint32_t at = 0; at < cells->padded; at += H9_CHUNK_NEURONS) {
    uint32_t n = cells->padded - at < H9_CHUNK_NEURONS ? cells->padded - at : H9_CHUNK_NEURONS;
    uint32_t slot = part->slot + at;
    h9_update u = {.quantum = pop->quantum, .current = current, .fired = th->fired, .mark = th->mark};
    u.extra[0] = u.extra[1] = &no_extra;
    if (cells->columns)
      u.currents = h9_sim_fill_currents(s, pop, th, now, current, part->first + at, n,
                                        at + n < cells->n ? n : cells->n - at);
    if (pop->n_drives || pop->n_trains || s->feed.list.n) {
      h9_sim_draw_drive(s, pop, th, now, part->first + at, n, u.extra);
      if (s->feed.list.n)
        h9_sim_feed_add(s, pop, th, now, net_first + at, n, at + n < cells->n ? n : cells->n - at, u.extra);
      lap_end(l, H9_PHASE_DRIVE);
    }
    if (pop->wide && (!part->stride || pop->wide & 1))
      add_wide(s, pop->precision, tile->wide + slot, n, &th->extra[0], &u.extra[0]);
    if (part->stride && pop->wide & 2)
      add_wide(s, pop->precision, tile->wide + slot + part->stride, n, &th->extra[1], &u.extra[1]);
    u.in[0] = tile->slots + slot;
    u.in[1] = part->stride ? tile->slots + slot + part->stride : NULL;
    h9_cells_aim(cells, at, n, &u);
    if (cells->update(&u)) room &= send(cells, th, at, n, now, net_first, sent);
    lap_end(l, H9_PHASE_UPDATE);
  }
  if (s->plastic) h9_plastic_post(s->plastic, t, p, now, sent->spike + before, sent->n - before);
  return room;
}

static void stop_with(h9_sim *s, h9_sim_thread *th, int rc) {
  if (th->rc == H9_OK) th->rc = rc;
  h9_barrier_raise(&s->barrier);
}

static void run_tile(h9_sim *s, h9_sim_thread *th, uint32_t t, int parity, h9_step from, h9_step to, lap *l) {
  h9_sim_tile *tile = &s->tiles[t];
  uint32_t number = t % h9_tiling_per_share(&s->tiling);
  bool room = true;
  for (h9_step now = from + 1; now <= to; now++) {
    th->events += h9_inflight_deliver(&th->inflight, number, now, tile->slots, tile->wide);
    if (s->plastic) th->events += h9_plastic_deliver(s->plastic, t, now, parity, tile->slots, tile->wide);
    lap_end(l, H9_PHASE_DELIVER);
    for (uint32_t p = 0; p < s->net->n_populations; p++)
      if (tile->cells[p].n) {
        room &= update_part(s, tile, th, t, p, now, &th->sent[parity], l);
        if (s->populations[p].recorded)
          h9_sim_state_take(s, &tile->cells[p], h9_tiling_part(&s->tiling, t, p), p, now);
      }
  }
  if (!room)
    stop_with(s, th, h9_fail(&th->error, H9_EINTERNAL, "more spikes in one interval than there is room for"));
  if (th->inflight.exhausted)
    stop_with(s, th, h9_fail(&th->error, H9_ESYSTEM, "more spikes in flight than there is room for"));
}

/* Spikes given from outside. */
static void send_injected(h9_sim *s, h9_sim_thread *th, h9_spike_list *list, h9_step to) {
  for (; s->injected < s->n_inject && (h9_step)(s->inject[s->injected] >> 32) <= to; s->injected++) {
    if (list->n == list->limit) {
      stop_with(s, th,
                h9_fail(&th->error, H9_EDATA, "more spikes given for one interval than there is room for"));
      return;
    }
    list->spike[list->n++] = s->inject[s->injected];
  }
}

static void record(h9_sim *s, h9_sim_thread *th, int parity, h9_step to, bool last) {
  enum { BATCH = 1 << 16 };
  for (int k = 0; k < s->o.threads && th->rc == H9_OK; k++) {
    if (s->any_rate) h9_sim_state_count(s, &s->threads[k].sent[parity], to);
    int rc = h9_sim_record_take(s, &s->threads[k].sent[parity], &th->error);
    if (rc != H9_OK) stop_with(s, th, rc);
  }
  if (th->rc == H9_OK && (last || s->record.n >= BATCH || to - s->record.from >= s->o.spike_steps)) {
    bool samples = last || s->record.n >= BATCH || to - s->record.sampled >= s->o.batch_steps;
    int rc = h9_sim_record_flush(s, to, &th->error);
    if (rc == H9_OK && s->n_series && samples) rc = h9_sim_state_flush(s, to, &th->error);
    if (samples) s->record.sampled = to;
    if (rc != H9_OK) stop_with(s, th, rc);
  }
}

/* One thread waits for what comes from outside, then all go on. Whether to stop. */
static bool feed(h9_sim *s, h9_sim_thread *th, int me, h9_step to) {
  if (me == 0) {
    int rc = h9_sim_feed_read(&s->feed, to, &th->error);
    if (rc != H9_OK) stop_with(s, th, rc);
  }
  return h9_barrier_wait(&s->barrier);
}

_Static_assert(H9_COUNT_OUTPUT_NS - H9_COUNT_DELIVER_NS == (int)H9_PHASE_OUTPUT, "counters in the order of the phases");

/* What the thread did since it last told; of its phases it knows those of one interval in so many. */
static void tell(h9_sim_thread *th, int threads) {
  for (int p = 0; p < H9_PHASES; p++) {
    h9_count((enum h9_counter)(H9_COUNT_DELIVER_NS + p), (th->phase_ns[p] - th->told_ns[p]) * TIMED_EVERY / (unsigned)threads);
    th->told_ns[p] = th->phase_ns[p];
  }
  h9_count(H9_COUNT_SIGNALS, th->spikes - th->told_spikes);
  h9_count(H9_COUNT_EVENTS, th->events - th->told_events);
  th->told_spikes = th->spikes;
  th->told_events = th->events;
}

static void settle(h9_sim *s, h9_sim_thread *th, int me, h9_step now) {
  h9_plastic_settle(s->plastic, me, now);
  int rc = h9_plastic_failed(s->plastic, me, &th->error);
  if (rc != H9_OK) stop_with(s, th, rc);
}

static void run_thread(h9_sim *s, int me, h9_step end) {
  h9_sim_thread *th = &s->threads[me];
  h9_step from = s->now;
  bool stop = false;
  for (uint64_t i = s->intervals; from < end && !stop; i++) {
    h9_step to = end - from < s->interval ? end : from + s->interval;
    int parity = (int)(i & 1);
    lap l = {i % TIMED_EVERY == TIMED_EVERY / 2, 0, th->phase_ns};
    if (l.on) l.at = h9_clock_ns();
    th->sent[parity].n = 0;
    if (s->feed.n) {
      if (feed(s, th, me, to)) return;
      lap_end(&l, H9_PHASE_DRIVE);
    }
    if (me == 0) send_injected(s, th, &th->sent[parity], to);
    for (int k = 0; s->plastic && k < s->o.threads; k++)
      h9_plastic_take(s->plastic, me, s->threads[k].sent[!parity].spike, s->threads[k].sent[!parity].n);
    if (s->plastic) settle(s, th, me, from + 1);
    for (int k = 0; k < s->o.threads; k++)
      h9_inflight_take(&th->inflight, s->threads[k].sent[!parity].spike, s->threads[k].sent[!parity].n,
                       from + 1);
    lap_end(&l, H9_PHASE_EXCHANGE);
    for (uint32_t t = 0; t < s->tiling.n_tiles; t++)
      if (s->tiles[t].owner == me) run_tile(s, th, t, parity, from, to, &l);
    th->spikes += th->sent[parity].n;
    stop = h9_barrier_wait(&s->barrier);
    lap_end(&l, H9_PHASE_EXCHANGE);
    if (me == 0) {
      if (s->o.batch || s->n_series) record(s, th, parity, to, to == end);
      if (s->o.trace && s->plastic && th->rc == H9_OK) {
        int rc = h9_sim_record_trace(s, parity, &th->error);
        if (rc != H9_OK) stop_with(s, th, rc);
      }
      if (s->o.progress && i % PROGRESS_EVERY == 0) s->o.progress(s->o.ctx, to);
      s->timed_intervals += l.on;
      h9_frames_reach(&s->frames, to);
      lap_end(&l, H9_PHASE_OUTPUT);
    }
    if (l.on || to == end) tell(th, s->o.threads);
    from = to;
  }
}

typedef struct course {
  h9_sim *s;
  h9_step end;
} course;

static void run_member(void *ctx, int me, int n) {
  const course *c = ctx;
  if (n == c->s->o.threads) run_thread(c->s, me, c->end); /* a limit of the user's may leave fewer */
}

int h9_sim_run(h9_sim *s, h9_step steps, h9_error *e) {
  h9_step end = s->now + steps;
  uint64_t begin = h9_clock_ns();
  if (end >= (h9_step)UINT32_MAX)
    return h9_fail(e, H9_EUSAGE, "%lld steps, expected less than 2^32", (long long)end);
  course c = {s, end};
  h9_frames_begin(&s->frames, s->now, s->net->dt);
  if (h9_parallel(s->o.threads, run_member, &c) < s->o.threads)
    return h9_fail(e, H9_ESYSTEM, "%d threads could not be had", s->o.threads);
  s->intervals += (uint64_t)((steps + s->interval - 1) / s->interval);
  s->now = end;
  h9_frames_stop(&s->frames, end);
  s->simulate_s += (double)(h9_clock_ns() - begin) * 1e-9;
  for (int k = 0; k < s->o.threads; k++)
    if (s->threads[k].rc != H9_OK) {
      *e = s->threads[k].error;
      return s->threads[k].rc;
    }
  return H9_OK;
}

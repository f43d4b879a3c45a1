#include "counters.h"

#include "clock.h"

#include <math.h>

h9_counter_cell h9_counters[H9_COUNTERS];
h9_counter_cell h9_counted_blocks[H9_DIRECTIONS][H9_COUNT_KINDS],
    h9_counted_records[H9_DIRECTIONS][H9_COUNT_KINDS];
h9_durations h9_frame_durations;

void h9_count_block(enum h9_direction d, uint32_t kind, uint64_t records) {
  if (kind >= H9_COUNT_KINDS) return;
  atomic_fetch_add_explicit(&h9_counted_blocks[d][kind].value, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&h9_counted_records[d][kind].value, records, memory_order_relaxed);
}

/* Stages. One thread writes, others must see stage, its begin and the sums of the others together: they read
 * again when `turn`, odd while the writer is at it, has changed meanwhile. */
static struct {
  _Atomic unsigned turn;
  _Atomic int now; /* 1 + enum h9_stage; 0: not begun */
  _Atomic uint64_t since_ns, spent_ns[H9_STAGES];
} stages;

const char *h9_stage_name(enum h9_stage stage) {
  static const char *const names[H9_STAGES] = {"start",    "read",    "generate", "connect", "build",
                                               "simulate", "analyse", "draw",     "write"};
  return (unsigned)stage < H9_STAGES ? names[stage] : "unknown";
}

void h9_stage_enter(enum h9_stage stage) {
  uint64_t now = h9_clock_ns();
  int before = stages.now;
  stages.turn++;
  if (before) stages.spent_ns[before - 1] += now - stages.since_ns;
  stages.since_ns = now;
  stages.now = 1 + (int)stage;
  stages.turn++;
}

double h9_stage_seconds(double seconds[H9_STAGES]) {
  uint64_t spent[H9_STAGES], since, sum = 0;
  unsigned turn;
  int now;
  do {
    turn = stages.turn;
    for (int i = 0; i < H9_STAGES; i++) spent[i] = stages.spent_ns[i];
    since = stages.since_ns;
    now = stages.now;
  } while (turn & 1 || turn != stages.turn);
  if (now) {
    uint64_t here = h9_clock_ns();
    spent[now - 1] += here > since ? here - since : 0;
  }
  for (int i = 0; i < H9_STAGES; i++) {
    seconds[i] = (double)spent[i] * 1e-9;
    sum += spent[i];
  }
  return (double)sum * 1e-9;
}

/* Durations: cell 4 k + j holds those from (4 + j) 2^(k - 2) ns on, for k >= 2; below 4 ns all are in cell 7.
 */
static unsigned cell_of(uint64_t ns) {
  if (ns < 4) return 7;
  unsigned octave = 63 - (unsigned)__builtin_clzll(ns);
  unsigned cell = 4 * octave + (unsigned)(ns >> (octave - 2) & 3);
  return cell < H9_DURATION_CELLS ? cell : H9_DURATION_CELLS - 1;
}

static void bump(_Atomic uint64_t *c, uint64_t by) { /* one writer: no need to lock the bus */
  atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + by, memory_order_relaxed);
}

void h9_durations_add(h9_durations *d, uint64_t ns) {
  bump(&d->cell[cell_of(ns)], 1);
  bump(&d->n, 1);
  bump(&d->sum_ns, ns);
  if (ns > d->longest_ns) d->longest_ns = ns;
}

uint64_t h9_durations_below(const h9_durations *d, unsigned octave) {
  uint64_t n = 0;
  for (unsigned i = 0; i < 4 * octave && i < H9_DURATION_CELLS; i++) n += d->cell[i];
  return n;
}

double h9_durations_quantile(const h9_durations *d, double q) {
  uint64_t n = 0, before = 0;
  for (unsigned i = 0; i < H9_DURATION_CELLS; i++) n += d->cell[i];
  if (n == 0) return (double)NAN;
  double longest = (double)d->longest_ns * 1e-9, rank = q * (double)n;
  for (unsigned i = 0; i < H9_DURATION_CELLS - 1; i++) {
    before += d->cell[i];
    if ((double)before >= rank && d->cell[i]) {
      double end = ldexp(5 + i % 4, (int)(i / 4) - 2) * 1e-9;
      return end < longest ? end : longest;
    }
  }
  return longest;
}

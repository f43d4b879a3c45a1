/* Rows in memory against the rule's own rows, by brute force: which synapses are held (read back by
 * h9_delayrows_visit), and what arrives where and when as spikes of several steps are taken up and delivered.
 * Networks dense and thin, with every kind of record, many tiles and few. */
#include "simkit.h"

enum { SOURCES = 700, TARGETS = 3000, STEPS = 48, INTERVAL = 2 };

typedef struct synapse {
  uint32_t source, target, delay, negative;
  double weight;
} synapse;

typedef struct list {
  const h9_network *net;
  const h9_form *forms;
  const h9_tiling *tiling;
  synapse *s;
  size_t n, cap;
  uint64_t loose;
} list;

static void append(list *l, synapse s) {
  if (h9_grow(&l->s, &l->cap, l->n + 1, sizeof *l->s) != H9_OK) exit(71);
  l->s[l->n++] = s;
}

/* Narrow and constant weights count in quanta, others as they are. */
static int want(void *ctx, int worker, const h9_group *g, void **slot, h9_error *e) {
  list *l = ctx;
  (void)worker, (void)slot, (void)e;
  for (uint32_t k = 0; k < g->n_rows; k++) {
    const h9_rows *rows = &g->rows[k];
    const h9_form *f = &l->forms[rows->projection];
    const h9_population *from = &l->net->populations[g->population],
                        *to = &l->net->populations[l->net->projections[rows->projection].target];
    for (uint32_t r = 0; r < g->n; r++)
      for (uint64_t c = rows->start[r]; c < rows->start[r + 1]; c++) {
        double w = f->f32     ? (double)rows->weight_f[c]
                   : f->given ? rows->weight[c] * (f->kind == H9_RECORD_WIDE ? (double)f->unit : 1)
                   : f->kind == H9_RECORD_EXACT ? f->value
                                                : f->weight;
        append(l, (synapse){from->first - 1 + g->first + r, to->first - 1 + rows->target[c], rows->delay[c],
                            w < 0, w});
      }
  }
  return H9_OK;
}

/* The neuron, and whether it is its second receptor, of a slot. */
static uint32_t neuron_of(const list *l, uint32_t tile, uint32_t slot, uint32_t *second) {
  for (uint32_t p = 0; p < l->net->n_populations; p++) {
    const h9_part *part = h9_tiling_part(l->tiling, tile, p);
    for (*second = 0; *second < 2; ++*second) {
      uint32_t at = part->slot + *second * part->stride;
      if (slot >= at && slot < at + part->n)
        return l->net->populations[p].first - 1 + part->first + slot - at;
      if (part->stride == 0) break;
    }
  }
  return UINT32_MAX;
}

static void have(void *ctx, const h9_held *h) {
  list *l = ctx;
  uint32_t second = 0, target = neuron_of(l, h->tile, h->slot, &second);
  append(l, (synapse){h->source, target, h->delay, second, h->wide ? h->value : h->quanta});
  l->loose += h->loose;
}

static int by_all(const void *a, const void *b) {
  const synapse *x = a, *y = b;
  if (x->source != y->source) return x->source < y->source ? -1 : 1;
  if (x->target != y->target) return x->target < y->target ? -1 : 1;
  if (x->delay != y->delay) return x->delay < y->delay ? -1 : 1;
  return (x->weight > y->weight) - (x->weight < y->weight);
}

static bool same(const list *a, const list *b) {
  bool equal = a->n == b->n;
  for (size_t i = 0; i < a->n && equal; i++)
    equal = by_all(&a->s[i], &b->s[i]) == 0 && a->s[i].negative == b->s[i].negative;
  return equal;
}

/* Some neurons spike in some steps; every step's sums are compared, slot by slot. Returns events wrong. */
static long play(const list *l, const h9_delayrows *d, double scale, uint64_t *events, h9_error *e) {
  uint32_t n = l->net->n_neurons, delays = d->delay_max, span = STEPS + delays + 1 + INTERVAL;
  static uint8_t spiked[STEPS + 1][SOURCES + TARGETS];
  double *sum = calloc((size_t)span * n * 2, sizeof *sum);
  int32_t *slots = h9_alloc(H9_TILE_SLOTS_MAX, sizeof *slots);
  int64_t *wide = h9_alloc(H9_TILE_SLOTS_MAX, sizeof *wide);
  long wrong = 0;
  uint64_t due = 0;
  if (!sum || !slots || !wide) exit(71);
  for (uint32_t s = 1; s <= STEPS; s++)
    for (uint32_t i = 0; i < n; i++) spiked[s][i] = (i * 7919 + s * 104729) % 101 < 3;
  for (size_t i = 0; i < l->n; i++)
    for (uint32_t s = 1; s <= STEPS; s++)
      if (spiked[s][l->s[i].source]) {
        const synapse *x = &l->s[i];
        sum[((size_t)(s + x->delay) * n + x->target) * 2 + x->negative] += x->weight;
        due++;
      }
  *events = 0;
  for (uint32_t share = 0; share < d->tiling->n_shares; share++) {
    h9_inflight f;
    if (h9_inflight_open(&f, d, share, scale, e) != H9_OK) return -1;
    for (uint32_t from = 0; from + INTERVAL < span; from += INTERVAL) {
      h9_spike spikes[INTERVAL * (SOURCES + TARGETS)];
      size_t m = 0;
      for (uint32_t s = from; s > 0 && s + INTERVAL > from && s <= STEPS; s--)
        for (uint32_t i = 0; i < n; i++)
          if (spiked[s][i]) spikes[m++] = h9_spike_make(s, i);
      h9_inflight_take(&f, spikes, m, from + 1);
      for (uint32_t t = 0; t < f.n_tiles; t++)
        for (uint32_t now = from + 1; now <= from + INTERVAL; now++) {
          *events += h9_inflight_deliver(&f, t, now, slots, wide);
          for (uint32_t p = 0; p < l->net->n_populations; p++) {
            const h9_part *part = h9_tiling_part(d->tiling, share * f.n_tiles + t, p);
            for (uint32_t i = 0; i < part->n; i++)
              for (uint32_t k = 0; k <= (part->stride != 0); k++) {
                uint32_t at = part->slot + i + k * part->stride;
                double
                    got = slots[at] + (double)wide[at] / scale,
                    expected =
                        sum[((size_t)now * n + l->net->populations[p].first - 1 + part->first + i) * 2 + k];
                if (part->stride == 0)
                  expected +=
                      sum[((size_t)now * n + l->net->populations[p].first - 1 + part->first + i) * 2 + 1];
                wrong += fabs(got - expected) > 1e-9 * (fabs(expected) + 1) + 64 / scale;
                slots[at] = 0;
                wide[at] = 0;
              }
          }
        }
    }
    wrong += f.exhausted;
    h9_inflight_close(&f);
  }
  wrong += *events != due;
  free(sum);
  free(slots);
  free(wide);
  return wrong;
}

typedef struct recipe {
  const char *what;
  double outdegree;             /* of each of two projections */
  double delay_low, delay_high; /* ms */
  enum h9_record_kind kind;
  int threads, per_thread;
  int receptors;
  int loose; /* 1: all of it, 0: none, -1: some */
} recipe;

static void check(const recipe *c) {
  static kit k;
  kit_init(&k, 77);
  uint32_t a = kit_population(&k, "a", "iaf_psc_exp", SOURCES),
           b = kit_population(&k, "b", "iaf_psc_exp", TARGETS);
  for (int i = 0; i < 2; i++) {
    h9_projection *p =
        kit_projection(&k, H9_RULE_FIXED_OUTDEGREE, a, i ? a : b, c->outdegree, i ? 1.5 : -0.25, 1);
    kit_set(&p->delay, c->delay_low == c->delay_high
                           ? kit_constant(c->delay_low)
                           : kit_dist(H9_DIST_UNIFORM, c->delay_low, c->delay_high, -INFINITY, INFINITY));
    if (c->kind == H9_RECORD_NARROW)
      kit_set(&p->weight, kit_dist(H9_DIST_NORMAL, i ? 1 : -1, 0.5, -INFINITY, INFINITY));
    if (c->kind == H9_RECORD_WIDE)
      kit_set(&p->weight, kit_dist(H9_DIST_LOGNORMAL, 0, 2, -INFINITY, INFINITY));
  }
  h9_tiling tiling = {0};
  h9_delayrows rows = {0};
  h9_rowsource *source = NULL;
  h9_rowsource_options ro = {.threads = c->threads};
  uint32_t counts[2] = {SOURCES, TARGETS}, receptors[2] = {(uint32_t)c->receptors, (uint32_t)c->receptors};
  int rc = h9_projections_plan(&k.net, &k.e);
  h9_form form[2];
  for (int i = 0; i < 2; i++)
    form[i] = (h9_form){.kind = (uint8_t)c->kind,
                        .given = c->kind == H9_RECORD_NARROW || c->kind == H9_RECORD_WIDE,
                        .f32 = c->kind == H9_RECORD_WIDE,
                        .weight = c->kind == H9_RECORD_CONSTANT ? (i ? 70000 : -6) : 0,
                        .value = i ? 0.1 : -1.7e-3};
  list w = {.net = &k.net, .forms = form, .tiling = &tiling}, h = w;
  if (rc == H9_OK) rc = h9_tiling_make(&tiling, counts, receptors, 2, c->threads, c->per_thread, &k.e);
  if (rc == H9_OK) rc = h9_rowsource_expand(&source, &k.net, &ro, &k.e);
  double expected = 2 * c->outdegree * SOURCES;
  if (rc == H9_OK) rc = h9_delayrows_build(&rows, &k.net, &tiling, form, source, c->threads, expected, &k.e);
  h9_rowsource_free(source);
  ro.threads = 1;
  if (rc == H9_OK) rc = h9_rowsource_expand(&source, &k.net, &ro, &k.e);
  if (rc == H9_OK) rc = h9_rowsource_run(source, want, NULL, &w, &k.e);
  for (uint32_t i = 0; i < tiling.n_shares && rc == H9_OK; i++) h9_delayrows_visit(&rows, i, have, &h);
  uint64_t loose = h.loose;
  qsort(w.s, w.n, sizeof *w.s, by_all);
  qsort(h.s, h.n, sizeof *h.s, by_all);
  if (receptors[0] == 1)
    for (size_t i = 0; i < h.n; i++) h.s[i].negative = h.s[i].weight < 0;
  ok(rc == H9_OK && w.n == (size_t)expected && rows.records == w.n && loose == rows.loose && same(&w, &h),
     "%s, %d x %d tiles: %zu synapses are held, %zu expected, %llu of them loose %s", c->what, c->threads,
     c->per_thread, h.n, w.n, (unsigned long long)loose, k.e.text);
  ok(c->loose > 0    ? loose == w.n
     : c->loose == 0 ? loose == 0
                     : loose > 0 && loose < w.n,
     "%s: form follows counts", c->what);
  uint64_t events = 0;
  int x;
  frexp(rows.weight_max * (double)rows.records, &x);
  long wrong = rc == H9_OK ? play(&w, &rows, ldexp(1, 62 - x), &events, &k.e) : -1;
  ok(wrong == 0 && events > 1000, "%s: %llu events, %ld sums wrong", c->what, (unsigned long long)events,
     wrong);
  if (rc == H9_OK) h9_delayrows_release(&rows);
  h9_rowsource_free(source);
  h9_tiling_release(&tiling);
  free(w.s);
  free(h.s);
  kit_release(&k);
}

int main(void) {
  const recipe all[] = {
      {"dense, drawn", 600, 0.2, 1, H9_RECORD_NARROW, 2, 1, 2, 0},
      {"dense, constant", 600, 0.5, 0.5, H9_RECORD_CONSTANT, 2, 3, 1, 0},
      {"dense, wide", 600, 0.2, 1, H9_RECORD_WIDE, 1, 2, 2, 0},
      {"dense, exact", 600, 0.2, 1, H9_RECORD_EXACT, 2, 1, 2, 0},
      {"thin, drawn", 30, 0.2, 5, H9_RECORD_NARROW, 2, 11, 2, 1},
      {"thin, one delay", 60, 1.5, 1.5, H9_RECORD_NARROW, 3, 13, 1, -1},
      {"thin, constant", 30, 0.2, 5, H9_RECORD_CONSTANT, 2, 11, 2, 1},
      {"thin, wide", 30, 0.2, 5, H9_RECORD_WIDE, 3, 7, 1, 1},
      {"thin, exact", 30, 0.2, 5, H9_RECORD_EXACT, 2, 11, 2, 1},
      {"thin, one tile", 30, 0.2, 9, H9_RECORD_CONSTANT, 1, 1, 2, 1},
      {"thin, long delays", 20, 0.2, 160, H9_RECORD_NARROW, 2, 5, 2, 0},
      {"uneven, drawn", 90, 0.2, 1, H9_RECORD_NARROW, 2, 2, 2, -1},
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) check(&all[i]);
  return done();
}

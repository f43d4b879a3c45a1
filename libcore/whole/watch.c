#include "watch.h"

#include "../base/clock.h"
#include "../format/stream.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { FRAME_NS = 100000000, LABEL = 10, TEXT = 65536 };
static const char shades[] = " .:-=+*#%@";

typedef struct watch {
  const h9_watch_options *o;
  h9_network net;
  h9_signals batch;
  h9_buf text;
  h9_step window, from, next; /* steps a window; the recording's start; end of the present window */
  uint64_t *total, *now, *last; /* [n_populations] spikes: in all, in this window, in the last whole one */
  uint32_t *row, rows;          /* raster: first row of each population, [n_populations + 1] */
  uint32_t *cell, width;        /* raster: [rows * width] counts, column after column in a ring */
  uint64_t column;              /* columns begun */
  int drawn;                    /* lines on the terminal */
  uint64_t drawn_ns;
} watch;

H9_PRINTF(2, 3) static void say(h9_buf *b, const char *form, ...) {
  char line[512];
  va_list a;
  va_start(a, form);
  int n = vsnprintf(line, sizeof line, form, a);
  va_end(a);
  h9_buf_put(b, line, n < 0 ? 0 : (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

/* Rows for populations by their sizes, at least one each. */
static int share_rows(watch *l, h9_error *e) {
  const h9_network *net = &l->net;
  uint32_t n = net->n_populations, room = l->o->lines > 3 ? (uint32_t)l->o->lines - 3 : 1;
  l->row = calloc((size_t)n + 1, sizeof *l->row);
  l->width = l->o->columns > LABEL + 10 ? (uint32_t)l->o->columns - LABEL - 2 : 10;
  if (!l->row) return h9_fail_memory(e, n * sizeof *l->row, "rows");
  for (uint32_t p = 0; p < n; p++) {
    double rows = floor((double)room * net->populations[p].count / net->n_neurons);
    if (rows > net->populations[p].count) rows = net->populations[p].count;
    l->row[p + 1] = l->row[p] + (rows < 1 ? 1 : (uint32_t)rows);
  }
  l->rows = l->row[n];
  l->cell = calloc((size_t)l->rows * l->width, sizeof *l->cell);
  return l->cell ? H9_OK : h9_fail_memory(e, (size_t)l->rows * l->width * sizeof *l->cell, "a raster");
}

static int begin(watch *l, h9_error *e) {
  uint32_t n = l->net.n_populations;
  double steps = floor(l->o->window / l->net.dt + 0.5);
  l->window = steps < 1 ? 1 : steps < 0x1p40 ? (h9_step)steps : (h9_step)1 << 40;
  l->total = calloc((size_t)n + 1, sizeof *l->total);
  l->now = calloc((size_t)n + 1, sizeof *l->now);
  l->last = calloc((size_t)n + 1, sizeof *l->last);
  if (!l->total || !l->now || !l->last) return h9_fail_memory(e, n * sizeof *l->now, "populations");
  return l->o->kind == H9_WATCH_RASTER ? share_rows(l, e) : H9_OK;
}

static double hertz(const watch *l, uint32_t p, uint64_t spikes, h9_step steps) {
  double s = (double)steps * l->net.dt * 1e-3;
  return s > 0 ? (double)spikes / s / l->net.populations[p].count : 0;
}

static void rates_head(watch *l) {
  if (!l->o->terminal) say(&l->text, "time_ms\tpopulation\trate_hz\tspikes\n");
}

static void rates_line(watch *l, h9_step at, h9_step steps, const uint64_t *spikes) {
  for (uint32_t p = 0; p < l->net.n_populations; p++)
    say(&l->text, "%.10g\t%s\t%.4f\t%llu\n", (double)at * l->net.dt, l->net.populations[p].name,
        hertz(l, p, spikes[p], steps), (unsigned long long)spikes[p]);
}

/* Up to where the picture before began. */
static void go_back(watch *l, int lines) {
  if (l->drawn) say(&l->text, "\033[%dA", l->drawn);
  say(&l->text, "\r");
  l->drawn = lines;
}

static void draw_rates(watch *l, h9_step at) {
  uint32_t n = l->net.n_populations, shown = l->o->lines > 3 && n > (uint32_t)l->o->lines - 3 ? (uint32_t)l->o->lines - 3 : n;
  int bar = l->o->columns > 60 ? l->o->columns - 52 : 8;
  double most = 1;
  for (uint32_t p = 0; p < n; p++) most = fmax(most, hertz(l, p, l->last[p], l->window));
  go_back(l, (int)shown + 2);
  say(&l->text, "%-16s %10s %10s  to %.6g ms\033[K\n", "population", "Hz now", "Hz mean", (double)at * l->net.dt);
  for (uint32_t p = 0; p < shown; p++) {
    double now = hertz(l, p, l->last[p], l->window);
    say(&l->text, "%-16.16s %10.3f %10.3f  ", l->net.populations[p].name, now, hertz(l, p, l->total[p], at - l->from));
    for (int i = 0; i < (int)(now / most * bar + 0.5); i++) say(&l->text, "#");
    say(&l->text, "\033[K\n");
  }
  if (shown < n) say(&l->text, "and %u more\033[K\n", n - shown);
  else say(&l->text, "\033[K\n");
}

static void draw_raster(watch *l, h9_step at) {
  uint32_t most = 1, first = l->column > l->width ? (uint32_t)(l->column % l->width) : 0;
  for (size_t i = 0; i < (size_t)l->rows * l->width; i++)
    if (l->cell[i] > most) most = l->cell[i];
  go_back(l, (int)l->rows + 2);
  for (uint32_t p = 0; p < l->net.n_populations; p++)
    for (uint32_t r = l->row[p]; r < l->row[p + 1]; r++) {
      say(&l->text, "%-*.*s ", LABEL, LABEL, r == l->row[p] ? l->net.populations[p].name : "");
      for (uint32_t k = 0; k < l->width; k++) {
        uint32_t c = l->cell[(size_t)((first + k) % l->width) * l->rows + r];
        /* one spike shows, however many another cell has */
        double shade = c == 0 ? 0 : 1 + (sizeof shades - 3) * (most > 1 ? log(c) / log(most) : 1);
        h9_buf_put(&l->text, &shades[(int)shade], 1);
      }
      say(&l->text, "\033[K\n");
    }
  say(&l->text, "%*s to %.6g ms, %.4g ms a column\033[K\n\033[K\n", LABEL, "", (double)at * l->net.dt,
      (double)l->window * l->net.dt);
}

static void draw(watch *l, h9_step at, bool surely) {
  uint64_t clock = h9_clock_ns();
  if (!l->o->terminal || (!surely && clock - l->drawn_ns < FRAME_NS)) return;
  l->drawn_ns = clock;
  if (l->o->kind == H9_WATCH_RATES) draw_rates(l, at);
  else draw_raster(l, at);
}

/* A window ends at l->next. */
static void turn(watch *l) {
  size_t bytes = l->net.n_populations * sizeof *l->now;
  if (l->o->kind == H9_WATCH_RATES && !l->o->terminal) rates_line(l, l->next, l->window, l->now);
  memcpy(l->last, l->now, bytes);
  memset(l->now, 0, bytes);
  l->next += l->window;
  if (l->o->kind != H9_WATCH_RASTER) return;
  l->column++;
  memset(l->cell + (size_t)(l->column % l->width) * l->rows, 0, l->rows * sizeof *l->cell);
}

static void spike(watch *l, h9_step step, h9_id id) {
  uint32_t p = h9_network_population_of(&l->net, id);
  l->total[p]++;
  l->now[p]++;
  if (l->o->kind != H9_WATCH_RASTER) return;
  if (!l->o->terminal) {
    say(&l->text, "%.10g\t%u\n", (double)step * l->net.dt, id);
    return;
  }
  const h9_population *q = &l->net.populations[p];
  uint32_t r = (uint32_t)((uint64_t)(id - q->first) * (l->row[p + 1] - l->row[p]) / q->count);
  l->cell[(size_t)(l->column % l->width) * l->rows + l->row[p] + r]++;
}

/* Windows that passed without a spike are as good as others, but not more of them than can be seen. */
static int pass(watch *l, h9_step to, int (*write)(void *, const h9_buf *, h9_error *), void *ctx, h9_error *e) {
  while (l->next < to) {
    turn(l);
    if (l->text.len < TEXT) continue;
    int rc = write(ctx, &l->text, e);
    l->text.len = 0;
    if (rc != H9_OK) return rc;
  }
  return H9_OK;
}

static int take(watch *l, bool *begun, int (*write)(void *, const h9_buf *, h9_error *), void *ctx, h9_error *e) {
  const h9_signals *s = &l->batch;
  if (!*begun) {
    *begun = true;
    l->from = s->from;
    l->next = s->from + l->window;
  }
  int rc = H9_OK;
  for (size_t i = 0; i < s->n && rc == H9_OK; i++) {
    rc = pass(l, s->step[i], write, ctx, e);
    spike(l, s->step[i], s->id[i]);
  }
  if (rc == H9_OK) rc = pass(l, s->to, write, ctx, e);
  draw(l, s->to, false);
  if (rc == H9_OK && l->text.failed) rc = h9_fail_memory(e, l->text.len, "text");
  if (rc == H9_OK && l->text.len) rc = write(ctx, &l->text, e);
  l->text.len = 0;
  return rc;
}

void h9_watch_size(h9_watch_options *o, int fd) {
  struct winsize w = {0};
  o->terminal = isatty(fd);
  bool known = o->terminal && ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col && w.ws_row;
  o->columns = known ? w.ws_col : 80;
  o->lines = known ? w.ws_row : 24;
}

int h9_watch_run(int fd, const char *name, const h9_watch_options *o,
                int (*write)(void *ctx, const h9_buf *text, h9_error *e), void *ctx, h9_error *e) {
  watch l = {.o = o};
  h9_reader *r = NULL;
  h9_block b;
  bool begun = false;
  h9_step to = 0;
  int rc = h9_reader_open(&r, fd, name, 1u << H9_BLOCK_SIGNALS, 1, e);
  if (rc == H9_OK) rc = h9_network_read(r, &l.net, false, &b, e);
  bool known = rc == H9_OK || rc == H9_EOF;
  if (known) {
    int made = begin(&l, e);
    if (made != H9_OK) rc = made;
    else if (o->kind == H9_WATCH_RATES) rates_head(&l);
  }
  while (rc == H9_OK) {
    if (b.kind == H9_BLOCK_SIGNALS) {
      rc = h9_signals_decode(&b, l.net.n_neurons, &l.batch, e);
      if (rc != H9_OK) h9_reader_fail_at(r, &b, e);
      else rc = take(&l, &begun, write, ctx, e);
      to = l.batch.to;
    }
    if (rc == H9_OK) rc = h9_reader_next(r, &b, e);
  }
  if (known && begun) {
    h9_step part = to - (l.next - l.window);
    if (o->kind == H9_WATCH_RATES && !o->terminal && part > 0) rates_line(&l, to, part, l.now);
    draw(&l, to, true);
  }
  if (rc == H9_EOF) rc = H9_OK;
  if (l.text.len) {
    h9_error other = {0};
    int wrote = write(ctx, &l.text, rc == H9_OK ? e : &other);
    if (rc == H9_OK) rc = wrote;
  }
  if (r) h9_reader_close(r);
  h9_network_release(&l.net);
  h9_signals_release(&l.batch);
  h9_buf_release(&l.text);
  free(l.total);
  free(l.now);
  free(l.last);
  free(l.row);
  free(l.cell);
  return rc;
}

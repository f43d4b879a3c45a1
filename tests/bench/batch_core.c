/* batch_core COUNT RATE SIZE WAIT URGENT: COUNT signals, RATE a second (0: as fast as they go), each in a step of its own,
 * through the batcher and a stream writer into a pipe, and out of a stream reader at its other end. SIZE, WAIT in ms and
 * URGENT as of hal9-step; SIZE 0: one block a signal, without the batcher.
 * Prints: ns of processor time a signal of the writer, of the reader; median and 99th percentile of the time from signal to
 * reader in ms; batches; signals of the largest. */
#include "../../libcore/base/clock.h"
#include "../../libcore/base/histogram.h"
#include "../../libcore/whole/batcher.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct ends {
  int fd;
  uint64_t count, seen;
  uint64_t *sent_ns; /* [count] */
  h9_histogram late;
  double cpu_s;
  h9_writer *w;
  uint64_t batches, largest;
  h9_error e;
} ends;

static double cpu(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *read_all(void *data) {
  ends *x = data;
  h9_reader *r;
  h9_block b;
  h9_network net = {0};
  h9_signals g = {0};
  double begin = cpu();
  int rc = h9_reader_open(&r, x->fd, "pipe", 1u << H9_BLOCK_SIGNALS, 1, &x->e);
  if (rc == H9_OK) rc = h9_network_read_head(r, &net, &x->e);
  while (rc == H9_OK && (rc = h9_reader_next(r, &b, &x->e)) == H9_OK) {
    if (b.kind != H9_BLOCK_SIGNALS) continue;
    rc = h9_signals_decode(&b, net.n_neurons, &g, &x->e);
    uint64_t now = h9_clock_ns();
    for (size_t i = 0; i < g.n && rc == H9_OK; i++) h9_histogram_add(&x->late, now - x->sent_ns[g.step[i] - 1]);
    x->seen += g.n;
    x->batches += g.n > 0;
    if (g.n > x->largest) x->largest = g.n;
  }
  x->cpu_s = cpu() - begin;
  h9_signals_release(&g);
  h9_network_release(&net);
  return NULL;
}

static int put(void *ctx, const h9_signals *g, h9_error *e) {
  ends *x = ctx;
  h9_buf b = {0};
  h9_signals_encode(g, &b);
  return h9_writer_block(x->w, H9_BLOCK_SIGNALS, g->n, &b, e);
}

/* Writes all; seconds of processor time, or -1. */
static double write_all(ends *x, uint64_t rate, const h9_batch_settings *set, h9_error *e) {
  h9_network net = {.dt = 0.1, .n_neurons = 100000, .n_populations = 1};
  h9_population p = {.name = (char *)"n", .model = (char *)"parrot_neuron", .first = 1, .count = 100000};
  net.populations = &p;
  h9_batcher b;
  h9_batcher_open(&b, set, 0, put, x);
  int rc = h9_network_write_head(x->w, &net, e);
  h9_signals g = {0};
  uint64_t zero = h9_clock_ns();
  double begin = cpu();
  for (uint64_t i = 0; i < x->count && rc == H9_OK; i++) {
    uint64_t now = h9_clock_ns();
    while (rate && now < zero + i * 1000000000 / rate) {
      if (h9_batcher_due(&b) <= now) rc = h9_batcher_poll(&b, now, e);
      struct timespec t = {0, 20000};
      if (zero + i * 1000000000 / rate > now + 100000) nanosleep(&t, NULL);
      now = h9_clock_ns();
    }
    x->sent_ns[i] = now;
    g.n = 0;
    g.from = (h9_step)i;
    g.to = (h9_step)i + 1;
    if (rc == H9_OK) rc = h9_signals_add(&g, g.to, (h9_id)(1 + i * 7919 % 100000));
    if (rc == H9_OK) rc = h9_batcher_add(&b, &g, now, e);
  }
  if (rc == H9_OK) rc = h9_batcher_flush(&b, h9_clock_ns(), e);
  double s = cpu() - begin;
  h9_batcher_close(&b);
  h9_signals_release(&g);
  if (rc == H9_OK) rc = h9_writer_close(x->w, e);
  return rc == H9_OK ? s : -1;
}

int main(int argc, char **argv) {
  if (argc != 6) return 64;
  static ends x;
  h9_error e = {0};
  int fd[2];
  pthread_t t;
  x.count = strtoull(argv[1], NULL, 10);
  uint64_t rate = strtoull(argv[2], NULL, 10);
  h9_batch_settings set = {(uint32_t)atoi(argv[3]), (uint32_t)atoi(argv[5]), atof(argv[4])};
  if (set.size == 0) set = H9_BATCH_NONE;
  x.sent_ns = calloc(x.count + 1, sizeof *x.sent_ns);
  if (!x.sent_ns || pipe(fd) != 0) return 71;
  x.fd = fd[0];
  if (h9_writer_open(&x.w, fd[1], "pipe", 1, 1, &e) != H9_OK || pthread_create(&t, NULL, read_all, &x) != 0) return 71;
  double s = write_all(&x, rate, &set, &e);
  close(fd[1]);
  pthread_join(t, NULL);
  if (s < 0 || x.seen != x.count) {
    fprintf(stderr, "batch_core: %llu of %llu signals: %s%s\n", (unsigned long long)x.seen, (unsigned long long)x.count,
            e.text, x.e.text);
    return 70;
  }
  printf("%.1f %.1f %.4f %.4f %llu %llu\n", s * 1e9 / (double)x.count, x.cpu_s * 1e9 / (double)x.count,
         h9_histogram_quantile(&x.late, 0.5) * 1e-6, h9_histogram_quantile(&x.late, 0.99) * 1e-6,
         (unsigned long long)x.batches, (unsigned long long)x.largest);
  return 0;
}

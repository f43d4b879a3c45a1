/* closed_loop: a controller in a loop with hal9-step by the clock. It reads spikes as a stream on standard input and writes
 * stimuli as text to standard output:
 *
 *   - it holds the mean rate of a population at a target, by a proportional and integral controller that excites neurons
 *     of the population or inhibits them, ten times a frame at most;
 *   - it sends a probe, a spike into a neuron that repeats its input, waits for that neuron's spike, and sends the next:
 *     the time from one to the other is the latency of the whole loop.
 *
 * It ends when the spikes do, when nobody takes the stimuli any more, or after a number of probes. Build and use it (see
 * closed-loop.sh for all of it):
 *
 *   cc -O2 -o closed_loop closed_loop.c $(pkg-config --cflags --libs hal9)
 *   mkfifo back
 *   hal9-step --realtime -t 10s --stimulus back net.h9 | closed_loop exc 20 probe > back
 */
#include <hal9.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PROBES_MAX = 1 << 20 };
#define FILTER 50.0  /* ms over which the rate is averaged */
#define EACH 2.0     /* ms of simulated time between stimuli */
#define WEIGHT 400.0 /* of a stimulus */

typedef struct loop {
  double dt; /* ms */
  const hal9_population *held, *probe;
  double target, rate, integral; /* Hz, Hz, Hz s */
  double acted;                  /* ms of simulated time */
  uint64_t probed_ns, most;
  size_t probes;
  double *latency; /* ms */
  uint32_t seed;
} loop;

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static const hal9_population *population(const hal9_reader *r, const char *name) {
  const hal9_population *p;
  for (uint32_t i = 0; (p = hal9_reader_population(r, i)); i++)
    if (strcmp(p->name, name) == 0) return p;
  fprintf(stderr, "closed_loop: the network has no population '%s'\n", name);
  exit(-HAL9_EUSAGE);
}

static uint32_t random_below(loop *l, uint32_t n) {
  l->seed = l->seed * 1664525 + 1013904223;
  return (uint32_t)((uint64_t)l->seed * n >> 32);
}

static void send_probe(loop *l) {
  printf("now %u 1 high\n", l->probe->first);
  l->probed_ns = now_ns();
}

/* Spikes of the batch, counted and looked through for the probe's. */
static uint64_t look(loop *l, const hal9_signals *g) {
  uint64_t n = 0;
  for (size_t i = 0; i < g->n; i++) {
    n += g->id[i] - l->held->first < l->held->count;
    if (g->id[i] != l->probe->first || !l->probed_ns) continue;
    if (l->probes < PROBES_MAX) l->latency[l->probes++] = (double)(now_ns() - l->probed_ns) * 1e-6;
    l->probed_ns = 0;
  }
  return n;
}

static void control(loop *l, const hal9_signals *g, uint64_t spikes) {
  double ms = (double)(g->to - g->from) * l->dt, now = (double)g->to * l->dt;
  double part = ms < FILTER ? ms / FILTER : 1;
  l->rate += part * ((double)spikes / l->held->count / (ms * 1e-3) - l->rate);
  double error = l->target - l->rate;
  l->integral += error * ms * 1e-3;
  if (now - l->acted < EACH) return;
  double wanted = (0.1 * error + l->integral) * l->held->count / 100;
  int n = wanted > 100 ? 100 : wanted < -100 ? -100 : (int)wanted;
  for (int i = 0; i < abs(n); i++)
    printf("now %u %g\n", l->held->first + random_below(l, l->held->count), n > 0 ? WEIGHT : -WEIGHT);
  l->acted = now;
}

/* Until the stream ends, or standard output does. Below 0: an error. */
static int run(loop *l, hal9_reader *r) {
  int rc = 0;
  send_probe(l);
  while (fflush(stdout) == 0 && l->probes < l->most && (rc = hal9_next(r)) == HAL9_SIGNALS) {
    const hal9_signals *g = hal9_get_signals(r);
    if (g->to > g->from) control(l, g, look(l, g));
    if (!l->probed_ns) send_probe(l);
  }
  return rc;
}

int main(int argc, char **argv) {
  if (argc < 4 || argc > 5) {
    fprintf(stderr, "usage: closed_loop POPULATION HZ PROBE [PROBES] < spikes > stimuli\n");
    return -HAL9_EUSAGE;
  }
  signal(SIGPIPE, SIG_IGN); /* the report comes after it */
  hal9_reader *r;
  static loop l;
  l.target = atof(argv[2]);
  l.most = argc == 5 ? strtoull(argv[4], NULL, 10) : PROBES_MAX;
  l.latency = malloc(PROBES_MAX * sizeof *l.latency);
  if (!l.latency) return -HAL9_ESYSTEM;
  int rc = hal9_open(&r, NULL, HAL9_SIGNALS, 1);
  if (rc == 0) {
    l.dt = hal9_reader_header(r)->dt;
    l.held = population(r, argv[1]);
    l.probe = population(r, argv[3]);
    rc = run(&l, r);
  }
  if (rc < 0) {
    fprintf(stderr, "closed_loop: %s\n", hal9_error());
    return -rc;
  }
  qsort(l.latency, l.probes, sizeof *l.latency, by_size);
  fprintf(stderr, "closed_loop: %zu round trips", l.probes);
  if (l.probes)
    fprintf(stderr, ", median %.3g ms, 99th percentile %.3g ms", l.latency[l.probes / 2], l.latency[l.probes * 99 / 100]);
  fprintf(stderr, "; rate %.3g Hz of %.3g Hz\n", l.rate, l.target);
  hal9_close(r);
  free(l.latency);
  return 0;
}

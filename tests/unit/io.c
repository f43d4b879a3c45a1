/* Files, memory, processors, metrics. Authority: the kernel's own view (stat, /proc, sched). */
#include "../../libcore/base/cgroup.h"
#include "../../libcore/base/cpu.h"
#include "../../libcore/base/io.h"
#include "../../libcore/base/memory.h"
#include "../../libcore/base/metrics.h"
#include "../../libcore/base/thread.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static h9_error e;
static char dir[] = "/tmp/hal9-io-XXXXXX";

static char *in_dir(const char *name) {
  static char path[4][256];
  static int turn;
  turn = (turn + 1) % 4;
  snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
  return path[turn];
}
static bool holds(const char *path, const char *text) {
  char buf[256] = {0};
  int fd = open(path, O_RDONLY);
  size_t got = 0;
  bool fine = fd >= 0 && h9_read_full(fd, buf, sizeof buf - 1, &got, &e) == H9_OK && strcmp(buf, text) == 0;
  if (fd >= 0) close(fd);
  return fine;
}
static bool exists(const char *path) {
  struct stat st;
  return lstat(path, &st) == 0;
}

static volatile sig_atomic_t ticks;
static void tick(int sig) {
  (void)sig;
  ticks++;
}
static void interrupt_often(bool on) {
  struct sigaction a = {.sa_handler = tick}; /* no SA_RESTART: calls fail with EINTR */
  sigaction(SIGALRM, &a, NULL);
  struct itimerval t = {{0, on ? 300 : 0}, {0, on ? 300 : 0}};
  setitimer(ITIMER_REAL, &t, NULL);
}

/* Short counts and interruptions in both directions through a small pipe. */
static void whole_reads(bool waits) {
  enum { N = 3000000 };
  int p[2];
  unsigned char *a = h9_alloc(N, 1), *b = h9_alloc(N, 1);
  for (size_t i = 0; i < N; i++) a[i] = (unsigned char)(i * 31 >> 3);
  if (pipe(p) != 0) abort();
  fcntl(p[1], F_SETPIPE_SZ, 4096);
  if (!waits) {
    fcntl(p[0], F_SETFL, O_NONBLOCK);
    fcntl(p[1], F_SETFL, O_NONBLOCK);
  }
  pid_t child = fork();
  if (child == 0) {
    close(p[0]);
    interrupt_often(true);
    _exit(h9_write_full(p[1], a, N, &e) != H9_OK || (waits && ticks == 0));
  }
  close(p[1]);
  interrupt_often(true);
  size_t got;
  int code = h9_read_full(p[0], b, N, &got, &e), status;
  interrupt_often(false);
  ok(code == H9_OK && got == N && memcmp(a, b, N) == 0, "%d bytes through a %s pipe of one page, interrupted",
     N, waits ? "waiting" : "non-blocking");
  code = h9_read_full(p[0], b, 10, &got, &e);
  ok(code == H9_OK && got == 0, "then the end");
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the writing side too");
  close(p[0]);
  free(a);
  free(b);
}

static void failing_calls(void) {
  char c[10];
  size_t got;
  ok(h9_read_full(-1, c, 1, &got, &e) == H9_EIO && e.sys == EBADF, "%s", e.text);
  int full = open("/dev/full", O_WRONLY);
  ok(h9_write_full(full, c, 10, &e) == H9_EIO && e.sys == ENOSPC, "%s", e.text);
  close(full);
  signal(SIGPIPE, SIG_IGN);
  int p[2];
  if (pipe(p) != 0) abort();
  close(p[0]);
  ok(h9_write_full(p[1], c, 10, &e) == H9_EIO && e.sys == EPIPE, "%s", e.text);
  close(p[1]);
  signal(SIGPIPE, SIG_DFL);
}

static void inputs(void) {
  int fd;
  const char *shown;
  ok(h9_input_open(in_dir("none"), &fd, &shown, &e) == H9_ENOINPUT && fd == -1 && e.sys == ENOENT, "%s",
     e.text);
  ok(h9_input_open(dir, &fd, &shown, &e) == H9_ENOINPUT && strstr(e.text, "is a directory"), "%s", e.text);
  int null = open("/dev/null", O_RDONLY);
  dup2(null, 0);
  close(null);
  ok(h9_input_open("-", &fd, &shown, &e) == H9_OK && fd == 0 && strcmp(shown, "standard input") == 0,
     "standard input");
  int m = posix_openpt(O_RDWR | O_NOCTTY);
  if (m < 0 || grantpt(m) != 0 || unlockpt(m) != 0) {
    ok(1, "no terminal to be had # skip");
    return;
  }
  ok(h9_input_open(ptsname(m), &fd, &shown, &e) == H9_ENOINPUT && strstr(e.text, "is a terminal"), "%s",
     e.text);
  h9_output o;
  ok(h9_output_open(&o, ptsname(m), false, &e) == H9_EUSAGE, "%s", e.text);
  ok(h9_output_open(&o, ptsname(m), true, &e) == H9_OK, "forced onto a terminal");
  h9_output_abandon(&o);
  close(m);
}

static void outputs(void) {
  h9_output o;
  char *a = strdup(in_dir("a")), *partial = strdup(in_dir("a.partial")), *link = strdup(in_dir("link"));
  ok(h9_output_open(&o, a, false, &e) == H9_OK && h9_write_full(o.fd, "one", 3, &e) == H9_OK && !exists(a) &&
         exists(partial),
     "not under its name before it is whole");
  ok(h9_output_commit(&o, &e) == H9_OK && holds(a, "one") && !exists(partial), "then it is");
  ok(h9_output_open(&o, a, false, &e) == H9_OK && h9_write_full(o.fd, "two", 3, &e) == H9_OK, "again");
  h9_output_abandon(&o);
  ok(holds(a, "one") && !exists(partial), "an abandoned output leaves the old file");

  if (chmod(a, 0640) != 0 || symlink("a", link) != 0) abort();
  struct stat st;
  ok(h9_output_open(&o, link, false, &e) == H9_OK && h9_write_full(o.fd, "three", 5, &e) == H9_OK &&
         h9_output_commit(&o, &e) == H9_OK && holds(a, "three") && lstat(link, &st) == 0 &&
         S_ISLNK(st.st_mode),
     "through a symbolic link, which stays");
  ok(stat(a, &st) == 0 && (st.st_mode & 0777) == 0640, "permissions of the replaced file stay");

  int stale = open(partial, O_WRONLY | O_CREAT, 0600);
  if (write(stale, "a long left-over", 16) != 16) abort();
  close(stale);
  ok(h9_output_open(&o, a, false, &e) == H9_OK && h9_write_full(o.fd, "four", 4, &e) == H9_OK &&
         h9_output_commit(&o, &e) == H9_OK && holds(a, "four"),
     "a left-over of an earlier run is replaced");

  ok(h9_output_open(&o, in_dir("no/such"), false, &e) == H9_EIO && e.sys == ENOENT, "%s", e.text);
  ok(h9_output_open(&o, dir, false, &e) == H9_EIO && e.sys == EISDIR, "%s", e.text);
  ok(h9_output_open(&o, "", false, &e) == H9_EUSAGE, "%s", e.text);

  ok(h9_output_open(&o, "/dev/null", false, &e) == H9_OK && !o.partial &&
         h9_write_full(o.fd, "x", 1, &e) == H9_OK && h9_output_commit(&o, &e) == H9_OK &&
         !exists("/dev/null.partial"),
     "/dev/null is written directly");
  char *fifo = strdup(in_dir("fifo"));
  if (mkfifo(fifo, 0600) != 0) abort();
  int r = open(fifo, O_RDWR);
  char c;
  ok(h9_output_open(&o, fifo, false, &e) == H9_OK && !o.partial && h9_write_full(o.fd, "y", 1, &e) == H9_OK &&
         h9_output_commit(&o, &e) == H9_OK && read(r, &c, 1) == 1 && c == 'y',
     "a FIFO is written directly");
  close(r);

  /* Another program's file, already begun: the descriptor's own place is where we write. */
  char name[64], *log = strdup(in_dir("log"));
  int fd = open(log, O_RDWR | O_CREAT, 0600);
  if (write(fd, "head ", 5) != 5) abort();
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  ok(h9_output_open(&o, name, false, &e) == H9_OK && !o.partial &&
         h9_write_full(o.fd, "tail", 4, &e) == H9_OK && h9_output_commit(&o, &e) == H9_OK &&
         holds(log, "head tail"),
     "an open descriptor's name is appended to");
  snprintf(name, sizeof name, "/dev/fd/%d", fd);
  char *alias = strdup(in_dir("alias"));
  if (symlink(name, alias) != 0) abort();
  ok(h9_output_open(&o, alias, false, &e) == H9_OK && !o.partial &&
         h9_write_full(o.fd, "!", 1, &e) == H9_OK && h9_output_commit(&o, &e) == H9_OK &&
         holds(log, "head tail!"),
     "and a link to one, as /dev has for the standard streams");
  ok(h9_output_open(&o, "/dev/fd/9999", false, &e) == H9_EIO && e.sys == EBADF, "%s", e.text);
  close(fd);
  if (rename(a, in_dir("b")) != 0) abort();
  ok(h9_output_open(&o, a, false, &e) == H9_OK && mkdir(a, 0700) == 0 && h9_output_commit(&o, &e) == H9_EIO &&
         !exists(partial),
     "%s", e.text);
  free(a), free(partial), free(link), free(fifo), free(log), free(alias);
}

static void memory(void) {
  ok(h9_alloc(SIZE_MAX / 2, 3) == NULL && h9_alloc(SIZE_MAX, 1) == NULL, "overflow is no memory");
  unsigned char *p = h9_alloc(100, 1), *z = h9_alloc(0, 8);
  bool zero = true;
  for (int i = 0; i < 128; i++) zero = zero && p[i] == 0;
  ok(zero && (uintptr_t)p % H9_ALIGN == 0 && z, "aligned, zeroed to a whole line");
  free(p);
  free(z);
  int *v = NULL;
  size_t cap = 0;
  bool good = true;
  for (size_t i = 0; i < 10000; i++) {
    good = good && h9_grow(&v, &cap, i + 1, sizeof *v) == H9_OK;
    v[i] = (int)i;
  }
  for (size_t i = 0; i < 10000; i++) good = good && v[i] == (int)i;
  ok(good && cap >= 10000 && cap < 20000, "grows by doubling");
  ok(h9_grow(&v, &cap, SIZE_MAX / 2, 8) == H9_ESYSTEM && v[9999] == 9999,
     "a growth that overflows leaves what was");
  free(v);
  h9_region g;
  uint64_t before = h9_memory_peak_rss();
  ok(h9_region_open(&g, (size_t)1 << 36, &e) == H9_OK, "64 GiB of address space");
  g.base[0] = 1;
  g.base[((size_t)1 << 36) - 1] = 2;
  ok(g.base[1 << 20] == 0 && h9_memory_peak_rss() - before < (64u << 20), "costs what is touched");
  h9_region_close(&g);
  ok(!g.base && h9_region_open(&g, SIZE_MAX - 10, &e) == H9_ESYSTEM, "%s", e.text);
  uint64_t available = h9_memory_available(),
           pages = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
  ok(available > 1 << 20 && available <= pages, "memory available %llu within %llu",
     (unsigned long long)available, (unsigned long long)pages);
  ok(before > 100000 && before < pages, "peak of this process");
}

static void cgroup_files(void) {
  char *f = strdup(in_dir("cpu.max"));
  FILE *out = fopen(f, "w");
  fputs("150000 100000\n", out);
  fclose(out);
  out = fopen(in_dir("memory.stat"), "w");
  fputs("anon 5\nfile 6\ninactive_file 4096\n", out);
  fclose(out);
  out = fopen(in_dir("memory.max"), "w");
  fputs("max\n", out);
  fclose(out);
  uint64_t a = 0, b = 0;
  ok(h9_cgroup_pair(dir, "cpu.max", &a, &b) && a == 150000 && b == 100000, "a quota");
  ok(h9_cgroup_number(dir, "memory.stat", "inactive_file", &a) && a == 4096, "a line of memory.stat");
  ok(!h9_cgroup_number(dir, "memory.max", NULL, &a) && !h9_cgroup_number(dir, "gone", NULL, &a),
     "no limit is none");
  free(f);
}

static void processors(void) {
  int n = h9_cpu_count();
  cpu_set_t old, one;
  sched_getaffinity(0, sizeof old, &old);
  ok(n >= 1 && n <= CPU_COUNT(&old), "%d processors", n);
  CPU_ZERO(&one);
  for (int i = 0; i < CPU_SETSIZE; i++)
    if (CPU_ISSET(i, &old)) {
      CPU_SET(i, &one);
      break;
    }
  sched_setaffinity(0, sizeof one, &one);
  ok(h9_cpu_count() == 1 && h9_workers(0) == 1, "one when bound to one");
  sched_setaffinity(0, sizeof old, &old);
  ok(h9_workers(3) == 3 && h9_workers(100000) == H9_WORKERS_MAX,
     "threads asked for are given, within reason");
  enum h9_simd s;
  setenv("HAL9_SIMD", "scalar", 1);
  ok(h9_simd_choose(&s, &e) == H9_OK && s == H9_SIMD_SCALAR, "lowered to scalar");
  setenv("HAL9_SIMD", "mmx", 1);
  ok(h9_simd_choose(&s, &e) == H9_EUSAGE, "%s", e.text);
  unsetenv("HAL9_SIMD");
  ok(h9_simd_choose(&s, &e) == H9_OK && strcmp(h9_simd_name(s), "unknown") != 0, "this machine: %s",
     h9_simd_name(s));
}

static void metrics(void) {
  h9_metrics m = {0};
  char name[100];
  ok(isnan(h9_metrics_get(&m, "step.simulate_s")), "a metric that is not there");
  h9_metrics_set(&m, "step.simulate_s", 1.5);
  h9_metrics_set(&m, "step.threads", 2);
  h9_metrics_set(&m, "step.simulate_s", 2.5);
  ok(m.n == 2 && h9_metrics_get(&m, "step.simulate_s") == 2.5 && h9_metrics_get(&m, "step.threads") == 2,
     "set, overwritten");
  memset(name, 'x', 99);
  name[99] = 0;
  h9_metrics_set(&m, name, 1);
  h9_metrics_set(&m, name, 2);
  ok(m.n == 3 && strlen(m.item[2].name) == 63 && m.item[2].value == 2, "a long name is cut");
  for (int i = 0; i < 100; i++) {
    snprintf(name, sizeof name, "m%d", i);
    h9_metrics_set(&m, name, i);
  }
  ok(m.n == 64 && h9_metrics_get(&m, "m60") == 60 && isnan(h9_metrics_get(&m, "m61")),
     "the first 64 are kept");
}

int main(void) {
  if (!mkdtemp(dir)) abort();
  memory();
  whole_reads(true);
  whole_reads(false);
  failing_calls();
  inputs();
  outputs();
  cgroup_files();
  processors();
  metrics();
  char command[300];
  snprintf(command, sizeof command, "rm -rf %s", dir);
  return system(command) == 0 ? done() : 1;
}

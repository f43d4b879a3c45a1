/* The writing of metrics: by rename, so that a reader sees a whole text or the one before. */
#include "telemetry.h"

#include "../base/io.h"
#include "../base/memory.h"
#include "../base/thread.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct telemetry {
  const char *path; /* NULL: not asked for */
  double interval_s;
  h9_telemetry_state state;
  h9_metrics measured;
  pthread_t thread;
  pthread_mutex_t mu;
  pthread_cond_t wake;
  bool started, stop;
} one = {.mu = PTHREAD_MUTEX_INITIALIZER};

static const char *_Atomic profile;
static atomic_bool profile_auto;

/* Not through h9_write_full: these bytes are no output to be counted. */
static int write_text(int fd, const h9_buf *text, h9_error *e) {
  for (size_t done = 0; done < text->len;) {
    ssize_t n = write(fd, text->data + done, text->len - done);
    if (n > 0) done += (size_t)n;
    else if (n == 0 || errno != EINTR)
      return h9_fail_sys(e, H9_EIO, n ? errno : ENOSPC, "%s: cannot write", one.path);
  }
  return H9_OK;
}

void h9_telemetry_profile(const char *name, bool automatic) {
  atomic_store(&profile_auto, automatic);
  atomic_store(&profile, name);
}

static int write_file(h9_error *e) {
  h9_buf text = {0};
  h9_output out;
  one.state.profile = atomic_load(&profile);
  one.state.profile_auto = atomic_load(&profile_auto);
  h9_telemetry_text(&one.state, &text);
  int rc = text.failed ? h9_fail_memory(e, text.len, "metrics") : h9_output_open(&out, one.path, true, e);
  if (rc == H9_OK) {
    rc = write_text(out.fd, &text, e);
    if (rc == H9_OK) rc = h9_output_commit(&out, e);
    else h9_output_abandon(&out);
  }
  h9_buf_release(&text);
  return rc == H9_OK ? rc : h9_fail_at(e, "--metrics");
}

static void *write_on(void *data) {
  (void)data;
  struct timespec due;
  clock_gettime(CLOCK_MONOTONIC, &due);
  pthread_mutex_lock(&one.mu);
  while (!one.stop) {
    double whole = floor(one.interval_s);
    due.tv_sec += (time_t)whole;
    due.tv_nsec += (long)((one.interval_s - whole) * 1e9);
    if (due.tv_nsec >= 1000000000) due.tv_sec++, due.tv_nsec -= 1000000000;
    while (!one.stop && pthread_cond_timedwait(&one.wake, &one.mu, &due) != ETIMEDOUT) continue;
    if (one.stop) break;
    pthread_mutex_unlock(&one.mu);
    h9_error ignored = {0}; /* room may come back; the last file must succeed */
    if (write_file(&ignored) != H9_OK) ignored.code = H9_OK;
    pthread_mutex_lock(&one.mu);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec > due.tv_sec + 1) due = now; /* the process was stopped: no catching up */
  }
  pthread_mutex_unlock(&one.mu);
  return NULL;
}

static int check_path(const h9_options *o, h9_error *e) {
  struct stat st;
  if (!*o->metrics || strcmp(o->metrics, "-") == 0 || (stat(o->metrics, &st) == 0 && !S_ISREG(st.st_mode)))
    return h9_fail(e, H9_EUSAGE,
                   "--metrics: found '%s', expected the name of a file, which is replaced again and again",
                   o->metrics);
  if (o->output && strcmp(o->output, o->metrics) == 0)
    return h9_fail(e, H9_EUSAGE, "--metrics: found '%s', which --output names, too", o->metrics);
  return H9_OK;
}

int h9_telemetry_begin(const h9_options *o, const char *program, h9_error *e) {
  h9_stage_enter(H9_STAGE_START);
  if (!o->metrics) return H9_OK;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  one.state = (h9_telemetry_state){
      .program = program, .running = true, .begun_unix_s = (double)now.tv_sec + (double)now.tv_nsec * 1e-9};
  int rc = check_path(o, e);
  if (rc != H9_OK) return rc;
  one.path = o->metrics;
  one.interval_s = o->metrics_interval_s;
  rc = write_file(e);
  if (rc == H9_OK) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&one.wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    one.started = h9_threads_start(&one.thread, 1, write_on, NULL) == 1;
    if (!one.started) rc = h9_fail(e, H9_ESYSTEM, "--metrics: no thread to write %s with", o->metrics);
  }
  if (rc != H9_OK) one.path = NULL;
  return rc;
}

void h9_telemetry_measured(const h9_metrics *m) { one.measured = *m; }

int h9_telemetry_end(int rc, h9_error *e) {
  if (!one.path) return rc;
  pthread_mutex_lock(&one.mu);
  one.stop = true;
  pthread_cond_signal(&one.wake);
  pthread_mutex_unlock(&one.mu);
  h9_threads_join(&one.thread, 1);
  one.state.running = false;
  one.state.exit_status = rc;
  one.state.measured = &one.measured;
  h9_error late = {0};
  int written = write_file(&late);
  one.path = NULL;
  if (rc != H9_OK || written == H9_OK) return rc;
  *e = late;
  return written;
}
